/**
 * Purpose: the two directions of the protocol as the tests need them: requests as bytes, and reply
 * bytes as values that keep all that the bytes say (which kind of string, which kind of nil).
 * Written for exactness, and apart from src/, so that an error there is not repeated here.
 *
 * Invariant: a reply that Redis would not send (a wrong type byte, a length that is no number, a
 * missing CRLF) throws ReplyError instead of being read somehow.
 */

/** What a request is made of. Texts are sent as UTF-8, numbers as decimal digits. */
export type Word = string | number | bigint | Uint8Array;

/** A reply, with the type it has on the wire. Doubles keep their text: it is what tests compare. */
export type Reply =
  | { type: "simple" | "error" | "double" | "bignum"; value: string }
  | { type: "integer"; value: number | bigint }
  | { type: "bulk"; value: Buffer }
  | { type: "verbatim"; format: string; value: Buffer }
  | { type: "boolean"; value: boolean }
  | { type: "nil"; nil: "bulk" | "array" | "null" }
  | { type: "array" | "set" | "push"; value: Reply[] }
  | { type: "map" | "attribute"; value: [Reply, Reply][] };

/** The bytes cannot be a reply; `offset` is where that shows. */
export class ReplyError extends Error {
  readonly offset: number;

  constructor(message: string, offset: number) {
    super(`${message} at byte ${offset}`);
    this.offset = offset;
  }
}

const CR = 13;
const LF = 10;
const MINUS = 45;

const Byte = {
  simple: 43, // +
  error: 45, // -
  integer: 58, // :
  bulk: 36, // $
  array: 42, // *
  null: 95, // _
  boolean: 35, // #
  double: 44, // ,
  bignum: 40, // (
  blobError: 33, // !
  verbatim: 61, // =
  map: 37, // %
  set: 126, // ~
  push: 62, // >
  attribute: 124, // |
} as const;

/** A request in the form that clients send: an array of bulk strings. */
export function requestOf(words: readonly Word[]): Buffer {
  const parts: Uint8Array[] = [Buffer.from(`*${words.length}\r\n`)];
  for (const word of words) {
    const bytes = word instanceof Uint8Array ? word : Buffer.from(String(word));
    parts.push(Buffer.from(`$${bytes.length}\r\n`), bytes, Buffer.from("\r\n"));
  }
  return Buffer.concat(parts);
}

/**
 * The offset after the reply that starts at `offset`, or -1 when the bytes end within it. An
 * attribute belongs to the reply after it, and so does a push message with `joinPushes`. Throws
 * ReplyError.
 */
export function replyEnd(bytes: Uint8Array, offset: number, joinPushes = false): number {
  let missing = 1; // replies still to pass, those inside of aggregates included
  let at = offset;
  while (missing > 0) {
    if (at >= bytes.length) return -1;
    const type = bytes[at];
    const lineEnd = endOfLine(bytes, at + 1);
    if (lineEnd < 0) return -1;
    const next = lineEnd + 2;
    if (!joinPushes || type !== Byte.push) missing--;
    switch (type) {
      case Byte.bulk:
      case Byte.blobError:
      case Byte.verbatim: {
        const size = lengthOf(bytes, at + 1, lineEnd);
        at = next;
        if (size < 0) break;
        at += size + 2;
        if (at > bytes.length) return -1;
        if (bytes[at - 2] !== CR || bytes[at - 1] !== LF) throw new ReplyError("no CRLF", at - 2);
        break;
      }
      case Byte.array:
      case Byte.set:
      case Byte.push:
        missing += Math.max(0, lengthOf(bytes, at + 1, lineEnd));
        at = next;
        break;
      case Byte.map:
        missing += 2 * Math.max(0, lengthOf(bytes, at + 1, lineEnd));
        at = next;
        break;
      case Byte.attribute:
        missing += 2 * Math.max(0, lengthOf(bytes, at + 1, lineEnd)) + 1;
        at = next;
        break;
      default:
        checkLine(bytes, at, lineEnd);
        at = next;
    }
  }
  return at;
}

/** Reads the whole reply that starts at `offset`. Throws ReplyError, also when it is not whole. */
export function parseReply(bytes: Buffer, offset = 0): { reply: Reply; end: number } {
  if (replyEnd(bytes, offset) < 0) throw new ReplyError("the reply is not whole", bytes.length);
  const reader = new Reader(bytes, offset);
  return { reply: reader.reply(), end: reader.at };
}

/** Reads bytes that hold whole replies and nothing else. Throws ReplyError. */
export function parseReplies(bytes: Buffer): Reply[] {
  const replies: Reply[] = [];
  for (let at = 0; at < bytes.length; ) {
    const { reply, end } = parseReply(bytes, at);
    replies.push(reply);
    at = end;
  }
  return replies;
}

/**
 * A reply as plain JavaScript: texts, numbers (bigints beyond 2^53), null, arrays, Maps. An error
 * becomes an Error. For tests that do not care how a reply was typed.
 */
export function plain(reply: Reply): unknown {
  switch (reply.type) {
    case "error":
      return new Error(reply.value);
    case "bulk":
    case "verbatim":
      return reply.value.toString();
    case "double":
      return Number(reply.value.replace("inf", "Infinity"));
    case "bignum":
      return BigInt(reply.value);
    case "nil":
      return null;
    case "array":
    case "push":
      return reply.value.map(plain);
    case "set":
      return new Set(reply.value.map(plain));
    case "map":
    case "attribute":
      return new Map(reply.value.map(([key, value]) => [plain(key), plain(value)]));
    default:
      return reply.value;
  }
}

class Reader {
  at: number;
  private readonly bytes: Buffer;

  constructor(bytes: Buffer, offset: number) {
    this.bytes = bytes;
    this.at = offset;
  }

  reply(): Reply {
    const type = this.bytes[this.at];
    const line = this.line();
    switch (type) {
      case Byte.simple:
        return { type: "simple", value: line };
      case Byte.error:
        return { type: "error", value: line };
      case Byte.integer: {
        const value = Number(line);
        return { type: "integer", value: Number.isSafeInteger(value) ? value : BigInt(line) };
      }
      case Byte.bulk:
        return line === "-1"
          ? { type: "nil", nil: "bulk" }
          : { type: "bulk", value: this.blob(line) };
      case Byte.blobError:
        return { type: "error", value: this.blob(line).toString("latin1") };
      case Byte.verbatim: {
        const blob = this.blob(line);
        return { type: "verbatim", format: blob.toString("latin1", 0, 3), value: blob.subarray(4) };
      }
      case Byte.double:
        return { type: "double", value: line };
      case Byte.bignum:
        return { type: "bignum", value: line };
      case Byte.boolean:
        return { type: "boolean", value: line === "t" };
      case Byte.null:
        return { type: "nil", nil: "null" };
      case Byte.array:
        if (line === "-1") return { type: "nil", nil: "array" };
        return { type: "array", value: this.items(line) };
      case Byte.set:
        return { type: "set", value: this.items(line) };
      case Byte.push:
        return { type: "push", value: this.items(line) };
      case Byte.map:
        return { type: "map", value: this.pairs(line) };
      default: {
        this.pairs(line); // an attribute: it describes the reply after it
        return this.reply();
      }
    }
  }

  private line(): string {
    const end = endOfLine(this.bytes, this.at + 1);
    const line = this.bytes.toString("latin1", this.at + 1, end);
    this.at = end + 2;
    return line;
  }

  private blob(size: string): Buffer {
    const start = this.at;
    this.at += Number(size) + 2;
    return this.bytes.subarray(start, this.at - 2);
  }

  private items(count: string): Reply[] {
    return Array.from({ length: Number(count) }, () => this.reply());
  }

  private pairs(count: string): [Reply, Reply][] {
    return Array.from({ length: Number(count) }, () => [this.reply(), this.reply()]);
  }
}

/** The offset of the CRLF that ends the line, or -1. A lone CR or LF has no place in a line. */
function endOfLine(bytes: Uint8Array, offset: number): number {
  for (let at = offset; at < bytes.length; at++) {
    if (bytes[at] === LF) throw new ReplyError("a line feed without CR", at);
    if (bytes[at] !== CR) continue;
    if (at + 1 === bytes.length) return -1;
    if (bytes[at + 1] !== LF) throw new ReplyError("a CR without line feed", at);
    return at;
  }
  return -1;
}

function lengthOf(bytes: Uint8Array, start: number, end: number): number {
  if (end - start === 2 && bytes[start] === MINUS && bytes[start + 1] === 49) return -1;
  let value = 0;
  for (let at = start; at < end; at++) {
    const digit = bytes[at] - 48;
    if (digit < 0 || digit > 9) throw new ReplyError("a length that is no number", at);
    value = value * 10 + digit;
  }
  if (end === start) throw new ReplyError("a length that is no number", start);
  return value;
}

const LINES: Readonly<Record<number, RegExp>> = {
  [Byte.simple]: /^/,
  [Byte.error]: /^/,
  [Byte.integer]: /^-?\d+$/,
  [Byte.double]: /^(-?\d+(\.\d+)?(e[+-]?\d+)?|-?inf|nan|-nan)$/,
  [Byte.bignum]: /^-?\d+$/,
  [Byte.boolean]: /^[tf]$/,
  [Byte.null]: /^$/,
};

function checkLine(bytes: Uint8Array, offset: number, end: number): void {
  const type = bytes[offset];
  if (type === Byte.simple || type === Byte.error) return;
  const form = LINES[type];
  if (form === undefined) throw new ReplyError(`the byte ${type} is no reply type`, offset);
  const text = Buffer.from(bytes.buffer, bytes.byteOffset + offset + 1, end - offset - 1);
  if (!form.test(text.toString("latin1"))) throw new ReplyError("a malformed line", offset);
}
