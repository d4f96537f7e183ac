/** Replies of commands as values of a script: read from the bytes that the command wrote. */
import { latin1 } from "../../base/bytes.ts";
import type { Reply } from "../../protocol/reply.ts";
import { LargeInteger, ScriptObject, type ScriptValue } from "../../scripting/value.ts";

const CR = 13;
const MINUS = 45;
/** As many digits are exact in a number. */
const SAFE_DIGITS = 15;

/** What is read: one reply runs at a time. */
let bytes = new Uint8Array(0) as Uint8Array;
let at = 0;

/** The value of the reply that a writer has from its beginning on. */
export function replyValue(reply: Reply): ScriptValue {
  bytes = reply.bytes;
  at = 0;
  return read();
}

function read(): ScriptValue {
  const type = bytes[at++];
  switch (type) {
    case 36: // $
      return readBulk();
    case 58: // :
      return readInteger();
    case 43: // +
      return objectOf("ok", readLine());
    case 45: // -
      return objectOf("err", readLine());
    case 42: // *
      return readArray();
    case 37: // %
      return objectOf("map", readMap());
    case 126: // ~
      return objectOf("set", readSet());
    case 44: // ,
      return objectOf("double", numberOf(readLine()));
    case 35: // #
      return readLine() === "t";
    case 40: // (
      return objectOf("big_number", readLine());
    case 61: // =
      return readVerbatim();
    default:
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

/** The number of a line; of one that is not exact, about that. */
function readNumber(): number {
  const isNegative = bytes[at] === MINUS;
  if (isNegative) at++;
  let value = 0;
  while (bytes[at] !== CR) value = value * 10 + bytes[at++] - 48;
  at += 2;
  return isNegative ? -value : value;
}

function readInteger(): ScriptValue {
  const start = at;
  const value = readNumber();
  if (at - 2 - start <= SAFE_DIGITS || Number.isSafeInteger(value)) return value;
  return new LargeInteger(BigInt(latin1(bytes, start, at - 2 - start)));
}

function readBulk(): ScriptValue {
  const size = readNumber();
  if (size < 0) return null;
  const text = latin1(bytes, at, size);
  at += size + 2;
  return text;
}

function readArray(): ScriptValue {
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
    const name = read();
    made[String(name)] = read();
  }
  return made;
}

function readSet(): ScriptObject {
  const count = readNumber();
  const made = new ScriptObject();
  for (let i = 0; i < count; i++) made[String(read())] = true;
  return made;
}

function readVerbatim(): ScriptObject {
  const text = readBulk() as string;
  const made = new ScriptObject();
  made.format = text.slice(0, 3);
  made.string = text.slice(4);
  return objectOf("verbatim_string", made);
}

function numberOf(text: string): number {
  if (text === "inf") return Infinity;
  return text === "-inf" ? -Infinity : Number(text);
}
