/**
 * Replies of commands as values of a script, read from the bytes that the command wrote:
 *
 *   integer: number, or LargeInteger        bulk: string         no value: null
 *   status: { ok: text }                    error: { err: text } array: array
 *   after redis.setresp(3) also
 *   map: { map: { … } }   set: { set: [ … ] }   double: { double: number }   boolean: boolean
 *   big number: { big_number: digits }   verbatim: { verbatim_string: { format, string } }
 */
import { latin1 } from "../../base/bytes.ts";
import type { Reply } from "../../protocol/reply.ts";
import { LargeInteger, ScriptObject, type ScriptValue } from "../../scripting/value.ts";

const CR = 13;
const MINUS = 45;
const ZERO = 48;
/** "OK\r\n" as `getInt32` reads it. */
const OK_LINE = 0x0a0d4b4f;
/** An integer of as many characters is exact in a number. */
const SAFE_SIZE = 15;

const TYPE = {
  bulk: 36,
  integer: 58,
  simple: 43,
  error: 45,
  array: 42,
  map: 37,
  set: 126,
  double: 44,
  boolean: 35,
  bigNumber: 40,
  verbatim: 61,
  attribute: 124,
} as const;

/** What is read, and where: one reply is read at a time. */
let bytes: Uint8Array = new Uint8Array(0);
let at = 0;

/** The value of the one reply that a writer has, from its beginning on. */
export function replyValue(reply: Reply): ScriptValue {
  if (bytes !== reply.bytes) bytes = reply.bytes;
  const type = bytes[0];
  at = 1;
  if (type === TYPE.bulk) return readBulk();
  if (type === TYPE.integer) return readInteger();
  if (type === TYPE.simple && reply.view.getInt32(1, true) === OK_LINE) return objectOf("ok", "OK");
  at = 0;
  return read();
}

function read(): ScriptValue {
  switch (bytes[at++]) {
    case TYPE.bulk:
      return readBulk();
    case TYPE.integer:
      return readInteger();
    case TYPE.simple:
      return objectOf("ok", readLine());
    case TYPE.error:
      return objectOf("err", readLine());
    case TYPE.array:
      return readArray();
    case TYPE.map:
      return objectOf("map", readMap());
    case TYPE.set:
      return objectOf("set", readArray());
    case TYPE.double:
      return objectOf("double", numberOf(readLine()));
    case TYPE.boolean:
      return readLine() === "t";
    case TYPE.bigNumber:
      return objectOf("big_number", readLine());
    case TYPE.verbatim:
      return objectOf("verbatim_string", readVerbatim());
    case TYPE.attribute:
      // Scripts are not told of it.
      readMap();
      return read();
    default:
      // No value, as RESP3 has it.
      readLine();
      return null;
  }
}

function objectOf(name: string, value: ScriptValue): ScriptObject {
  const made = new ScriptObject();
  made[name] = value;
  return made;
}

function readLine(): string {
  const start = at;
  while (bytes[at] !== CR) at++;
  const line = latin1(bytes, start, at - start);
  at += 2;
  return line;
}

/** The number in a line; about that, where a number cannot be exact. */
function readNumber(): number {
  const isNegative = bytes[at] === MINUS;
  if (isNegative) at++;
  let value = 0;
  for (let byte = bytes[at]; byte !== CR; byte = bytes[++at]) value = value * 10 + byte - ZERO;
  at += 2;
  return isNegative ? -value : value;
}

function readInteger(): ScriptValue {
  const start = at;
  const value = readNumber();
  const size = at - 2 - start;
  if (size <= SAFE_SIZE || Number.isSafeInteger(value)) return value;
  return new LargeInteger(BigInt(latin1(bytes, start, size)));
}

function readBulk(): string | null {
  const size = readNumber();
  if (size < 0) return null;
  const text = latin1(bytes, at, size);
  at += size + 2;
  return text;
}

function readArray(): ScriptValue[] | null {
  const count = readNumber();
  if (count < 0) return null;
  const values: ScriptValue[] = [];
  for (let i = 0; i < count; i++) values.push(read());
  return values;
}

function readMap(): ScriptObject {
  const count = readNumber();
  const made = new ScriptObject();
  for (let i = 0; i < count; i++) {
    const name = nameOf(read());
    made[name] = read();
  }
  return made;
}

/** Names of maps are strings, numbers at most. */
function nameOf(value: ScriptValue): string {
  return typeof value === "number" ? `${value}` : (value as string);
}

function readVerbatim(): ScriptObject {
  const text = readBulk() as string;
  const made = new ScriptObject();
  made.format = text.slice(0, 3);
  made.string = text.slice(4);
  return made;
}

function numberOf(text: string): number {
  if (text === "inf") return Infinity;
  return text === "-inf" ? -Infinity : Number(text);
}
