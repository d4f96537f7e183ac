/**
 * Records of `rusk export --format json` and `msgpack` (docs/records.md): what both formats have in
 * common, and how each of them holds the bytes of a string.
 */
import { base64Of, bytesOfBase64, textOfUtf8, utf8Of } from "../../runtime/texts.ts";

/** What is written, and the newest that is read. */
export const RECORDS_VERSION = 1;

/** What is wrong with a record. */
export class RecordError extends Error {}

/** How strings, which are bytes, stand in records. */
export interface Strings {
  /** The bytes need not last. */
  write(bytes: Uint8Array): unknown;
  /** Throws RecordError. */
  read(value: unknown): Uint8Array;
}

/** A text where the bytes are UTF-8, and an object with them in base64 where they are not. */
export const jsonStrings: Strings = {
  write: (bytes) => textOfUtf8(bytes) ?? { base64: base64Of(bytes) },
  read(value) {
    if (typeof value === "string") return wellFormed(value);
    const base64 = isObject(value) && Object.keys(value).length === 1 ? value.base64 : undefined;
    const bytes = typeof base64 === "string" ? bytesOfBase64(base64) : null;
    if (bytes === null) throw new RecordError(`no string: ${shown(value)}`);
    return bytes;
  },
};

/** Bytes; a text is taken for them in UTF-8. */
export const messageStrings: Strings = {
  // What is given is good until it is asked for the next.
  write: (bytes) => bytes.slice(),
  read(value) {
    if (value instanceof Uint8Array) return value;
    if (typeof value === "string") return wellFormed(value);
    throw new RecordError(`no string: ${shown(value)}`);
  },
};

function wellFormed(text: string): Uint8Array {
  try {
    return utf8Of(text);
  } catch {
    throw new RecordError("a text that is no Unicode");
  }
}

/** An integer of 64 bits, which is a text where a double is not exact for it. */
export const integerIn = (value: number | bigint): number | string =>
  Number.isSafeInteger(Number(value)) ? Number(value) : String(value);

const INTEGER = /^-?\d{1,19}$/;

/** The integer of 64 bits, from `least` on, in a record; throws RecordError. */
export function integerOf(value: unknown, what: string, least: bigint): bigint {
  const isInteger =
    typeof value === "bigint" ||
    (typeof value === "number" && Number.isSafeInteger(value)) ||
    (typeof value === "string" && INTEGER.test(value));
  const integer = isInteger ? BigInt(value as bigint) : null;
  if (integer === null || integer !== BigInt.asIntN(64, integer) || integer < least) {
    throw new RecordError(`no ${what}: ${shown(value)}`);
  }
  return integer;
}

/** The list that a value must be; throws RecordError. */
export function listOf(value: unknown, what: string): readonly unknown[] {
  if (!Array.isArray(value)) throw new RecordError(`no ${what}: ${shown(value)}`);
  return value;
}

/** Scores for which JSON has no number. */
const SCORES: Readonly<Record<string, number>> = { inf: Infinity, "-inf": -Infinity, "-0": -0 };

export function scoreIn(score: number): number | string {
  if (Object.is(score, -0)) return "-0";
  if (Number.isFinite(score)) return score;
  return score > 0 ? "inf" : "-inf";
}

/** The score that stands in a record; throws RecordError. */
export function scoreOf(value: unknown): number {
  const score = typeof value === "string" ? SCORES[value] : value;
  if (typeof score !== "number" || Number.isNaN(score)) {
    throw new RecordError(`no score: ${shown(value)}`);
  }
  return score;
}

/** Whether a value is an object with named fields. */
export const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" &&
  value !== null &&
  !Array.isArray(value) &&
  !(value instanceof Uint8Array);

const SHOWN_SIZE = 60;

/** The beginning of a value, for a message. */
export function shown(value: unknown): string {
  if (typeof value === "bigint") return String(value);
  const text = JSON.stringify(value) ?? "nothing";
  return text.length > SHOWN_SIZE ? `${text.slice(0, SHOWN_SIZE)}…` : text;
}
