/**
 * Purpose: builds payloads of RDB in the forms that Redis 7.0 reads and no longer writes, or does
 * not know yet, from the facts of the format; and gives any payload a right footer.
 */
import { fromLatin1 } from "../../src/base/bytes.ts";
import { Crc64 } from "../../src/persistence/crc64.ts";
import type { Random } from "../fuzz/random.ts";

export type Piece = string | number | Uint8Array;

/** Bytes of texts (latin1), single bytes and bytes. */
export function join(...pieces: readonly Piece[]): Uint8Array {
  const parts = pieces.map((piece) => {
    if (typeof piece === "number") return Uint8Array.of(piece);
    return typeof piece === "string" ? fromLatin1(piece) : piece;
  });
  return Uint8Array.from(Buffer.concat(parts));
}

/** An unsigned integer of so many bytes, the lowest first, or (`big`) the highest first. */
export function integer(value: number | bigint, size: number, big = false): Uint8Array {
  const bytes = new Uint8Array(size);
  let rest = BigInt.asUintN(8 * size, BigInt(value));
  for (let i = 0; i < size; i++, rest >>= 8n) bytes[big ? size - 1 - i : i] = Number(rest & 0xffn);
  return bytes;
}

export function double(value: number): Uint8Array {
  const bytes = new Uint8Array(8);
  new DataView(bytes.buffer).setFloat64(0, value, true);
  return bytes;
}

/** A length in RDB. */
export function length(value: number | bigint): Uint8Array {
  const count = BigInt.asUintN(64, BigInt(value));
  if (count < 64n) return integer(count, 1);
  if (count < 16384n) return integer(count | 0x4000n, 2, true);
  return count < 2n ** 32n
    ? join(0x80, integer(count, 4, true))
    : join(0x81, integer(count, 8, true));
}

/** A string in RDB, as it is. */
export const string = (text: Piece) => {
  const bytes = join(text);
  return join(length(bytes.length), bytes);
};

/** A file with what is given between its first word ("REDIS0009") and its end, without a sum. */
export const rdbFile = (head: string, ...pieces: readonly Piece[]) =>
  join(head, ...pieces, 0xff, new Uint8Array(8));

/** The data of a module, of format 2: an ID of no module, and an integer. */
export const moduleData = () => join(0x81, new Uint8Array(8), "\x02\x05\0");

/** A value with a footer: what RESTORE takes. */
export function payload(version: number, ...pieces: readonly Piece[]): Uint8Array {
  const body = join(...pieces, integer(version, 2));
  const sum = new Crc64();
  sum.update(body, 0, body.length);
  const footer = new Uint8Array(8);
  sum.write(footer, 0);
  return join(body, footer);
}

/** A payload whose value is changed, with a right footer again. */
export const resealed = (bytes: Uint8Array) => payload(10, bytes.subarray(0, bytes.length - 10));

/** What an element is given as: a text, or an integer that is stored as one. */
export type Value = string | number | bigint;

/** A ziplist, whose texts are stored as texts. */
export function ziplist(...values: readonly Value[]): Uint8Array {
  const parts: Uint8Array[] = [];
  let before = 0;
  let tail = 10;
  let size = 10;
  for (const value of values) {
    const told = before < 254 ? integer(before, 1) : join(0xfe, integer(before, 4));
    const part = join(told, ziplistBody(value));
    tail = size;
    size += part.length;
    before = part.length;
    parts.push(part);
  }
  const head = [
    integer(size + 1, 4),
    integer(tail, 4),
    integer(Math.min(values.length, 0xffff), 2),
  ];
  return join(...head, ...parts, 0xff);
}

function ziplistBody(value: Value): Uint8Array {
  if (typeof value === "string") {
    const { length: size } = value;
    if (size < 64) return join(size, value);
    if (size < 16384) return join(0x40 | (size >> 8), size & 0xff, value);
    return join(0x80, integer(size, 4, true), value);
  }
  const number = BigInt(value);
  if (number >= 0n && number <= 12n) return join(0xf1 + Number(number));
  const codes = [
    [0xfe, 1],
    [0xc0, 2],
    [0xf0, 3],
    [0xd0, 4],
    [0xe0, 8],
  ] as const;
  for (const [code, size] of codes) {
    if (BigInt.asIntN(8 * size, number) === number) return join(code, integer(number, size));
  }
  throw new Error("no 64-bit integer");
}

/** A zipmap of fields and values in turn; each value has so many unused bytes behind it. */
export function zipmap(unused: number, ...texts: readonly string[]): Uint8Array {
  const size = ({ length: count }: string) =>
    count < 254 ? integer(count, 1) : join(0xfe, integer(count, 4));
  const parts = texts.map((text, i) =>
    i % 2 === 0 ? join(size(text), text) : join(size(text), unused, text, new Uint8Array(unused)),
  );
  return join(Math.min(texts.length / 2, 254), ...parts, 0xff);
}

/** An intset of integers of so many bytes, in the order given. */
export const intset = (width: number, ...values: readonly (number | bigint)[]) =>
  join(integer(width, 4), integer(values.length, 4), ...values.map((v) => integer(v, width)));

/** A listpack: texts of up to 4095 bytes as texts, integers as integers. */
export function listpack(...values: readonly Value[]): Uint8Array {
  const parts = values.map((value) => {
    const body = listpackBody(value);
    const back = body.length < 128 ? [body.length] : [body.length >> 7, (body.length & 127) | 128];
    return join(body, ...back);
  });
  const size = parts.reduce((sum, part) => sum + part.length, 7);
  return join(integer(size, 4), integer(values.length, 2), ...parts, 0xff);
}

function listpackBody(value: Value): Uint8Array {
  if (typeof value === "string") {
    const { length: size } = value;
    return size < 64 ? join(0x80 | size, value) : join(0xe0 | (size >> 8), size & 0xff, value);
  }
  const number = BigInt(value);
  if (number >= 0n && number < 128n) return integer(number, 1);
  if (number >= -4096n && number < 4096n) return integer(0xc000n | (number & 0x1fffn), 2, true);
  const codes = [
    [0xf1, 2],
    [0xf2, 3],
    [0xf3, 4],
    [0xf4, 8],
  ] as const;
  for (const [code, size] of codes) {
    if (BigInt.asIntN(8 * size, number) === number) return join(code, integer(number, size));
  }
  throw new Error("no 64-bit integer");
}

/** A stream's ID as its 16 bytes. */
export const rawId = (ms: number | bigint, seq: number | bigint) =>
  join(integer(ms, 8, true), integer(seq, 8, true));

/**
 * A payload with some bytes changed: one bit, one byte, some removed, doubled or cut off; the
 * footer is right again.
 */
export function corrupted(random: Random, sound: Uint8Array): Uint8Array {
  const body = Array.from(sound.subarray(0, sound.length - 10));
  for (let times = random.between(1, 3); times > 0; times--) {
    const at = random.below(body.length);
    switch (random.below(6)) {
      case 0:
        body[at] ^= 1 << random.below(8);
        break;
      case 1:
        body[at] = random.pick([0, 1, 0x7f, 0x80, 0x81, 0xc3, 0xf0, 0xf4, 0xfe, 0xff]);
        break;
      case 2:
        body.splice(at, random.between(1, 5));
        break;
      case 3:
        body.splice(at, 0, ...body.slice(at, at + random.between(1, 9)));
        break;
      case 4:
        body[at] = random.below(256);
        break;
      default:
        body.length = Math.max(1, at);
    }
  }
  return resealed(join(Uint8Array.from(body), new Uint8Array(10)));
}
