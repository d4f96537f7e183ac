/** Texts of Unicode and of base64, and the bytes that they stand for. */
import { Buffer, isUtf8 } from "node:buffer";

const asBuffer = ({ buffer, byteOffset, length }: Uint8Array) =>
  Buffer.from(buffer, byteOffset, length);

/** The text that bytes are in UTF-8; null when they are none. */
export const textOfUtf8 = (bytes: Uint8Array): string | null =>
  isUtf8(bytes) ? asBuffer(bytes).toString("utf8") : null;

/** The text in UTF-8; a half of a surrogate pair, which cannot be written, throws. */
export function utf8Of(text: string): Uint8Array {
  if (!text.isWellFormed()) throw new Error("a text that is no Unicode");
  return Buffer.from(text, "utf8");
}

export const base64Of = (bytes: Uint8Array): string => asBuffer(bytes).toString("base64");

/** The bytes that a text stands for in base64; null when it is none. */
export function bytesOfBase64(text: string): Uint8Array | null {
  const bytes = Buffer.from(text, "base64");
  return bytes.toString("base64") === text ? bytes : null;
}

// Methods of Buffer that its types do not name; they take any Uint8Array.
const { latin1Slice, latin1Write } = Buffer.prototype as unknown as {
  latin1Slice(start: number, end: number): string;
  latin1Write(text: string, offset: number, size: number): number;
};

/** The text of a run of bytes, a character for each; of one that passes the end, what there is. */
export const latin1Of = (bytes: Uint8Array, offset: number, size: number): string =>
  latin1Slice.call(bytes, Math.min(offset, bytes.length), Math.min(offset + size, bytes.length));

const isBun = typeof Bun !== "undefined";
/** Below this, and on Deno always, a loop is faster than Buffer's method. */
const LOOP_SIZE_MAX = 24;

/** Writes a text whose characters are bytes, for all of which there is room. */
export function putLatin1(bytes: Uint8Array, offset: number, text: string): void {
  const { length } = text;
  if (length > LOOP_SIZE_MAX && isBun) latin1Write.call(bytes, text, offset, length);
  else for (let i = 0; i < length; i++) bytes[offset + i] = text.charCodeAt(i);
}
