/**
 * What a script returns as a reply. A number is an integer, without its decimals; an object is a
 * reply of a kind that its property names, as error_reply makes one and commands reply in RESP3:
 *
 *   { ok: text } { err: text } { double: number } { map: object } { set: list }
 *   { big_number: digits } { verbatim_string: { format: three letters, string: text } }
 */
import { cString } from "../../base/words.ts";
import { CommandError, inOneLine } from "../../protocol/errors.ts";
import type { Reply } from "../../protocol/reply.ts";
import { KeyVector, LargeInteger, ScriptObject, type ScriptValue } from "../../scripting/value.ts";

const DEPTH_MAX = 128;
/** Elements of a reply, of all its arrays together. */
const COUNT_MAX = 4 << 20;
/** Bytes of a reply, which a list that holds one string many times would pass at once. */
const SIZE_MAX = 512 << 20;
const INT64_LIMIT = 2 ** 63;
const FORMAT_SIZE = 3;

const TOO_DEEP = new CommandError("ERR script returned arrays that are nested too deeply");
const TOO_MANY = new CommandError("ERR script returned too many elements");
const TOO_LARGE = new CommandError("ERR script returned more than 512 MB");
const AN_OBJECT = new CommandError(
  "ERR script returned an object; return an array, a string or JSON.stringify(object)",
);
const A_FUNCTION = new CommandError("ERR script returned a function");
const NO_INTEGER = new CommandError("ERR script returned a number that is no 64-bit integer");

/** Who writes errors, which are counted. */
export interface ErrorReplies {
  /** `error` is the object that says so. */
  writeError(reply: Reply, message: string, error: ScriptValue): void;
}

/** Of the reply that is being written. */
let count = 0;
let start = 0;

/**
 * Writes a value. `protocol` is what the script has chosen (redis.setresp): it decides what
 * booleans are. Throws a CommandError when there is no such reply; what was written until then is
 * the caller's to take back.
 */
export function writeValue(
  reply: Reply,
  value: ScriptValue,
  protocol: number,
  errors: ErrorReplies,
): void {
  count = 0;
  start = reply.position;
  write(reply, value, protocol, errors, 0);
}

function write(
  reply: Reply,
  value: ScriptValue,
  protocol: number,
  errors: ErrorReplies,
  depth: number,
): void {
  if (typeof value === "string") writeText(reply, value);
  else if (typeof value === "number") writeNumber(reply, value);
  else if (value === null || value === undefined) reply.nil();
  else if (typeof value === "boolean") writeBoolean(reply, value, protocol);
  else if (depth > DEPTH_MAX) throw TOO_DEEP;
  else if (Array.isArray(value)) {
    beginList(value.length);
    reply.array(value.length);
    for (let i = 0; i < value.length; i++) write(reply, value[i], protocol, errors, depth + 1);
  } else if (value instanceof KeyVector) {
    beginList(value.a.length - 1);
    reply.array(value.a.length - 1);
    for (let i = 1; i < value.a.length; i++) writeText(reply, value.a[i]);
  } else if (value instanceof LargeInteger) writeLarge(reply, value.value);
  else if (typeof value === "function") throw A_FUNCTION;
  else writeObject(reply, value as ScriptObject, protocol, errors, depth);
}

function beginList(size: number): void {
  count += size;
  if (count > COUNT_MAX) throw TOO_MANY;
}

function writeText(reply: Reply, value: string): void {
  if (reply.position - start + value.length > SIZE_MAX) throw TOO_LARGE;
  reply.bulkText(value);
}

function writeNumber(reply: Reply, value: number): void {
  const whole = Math.trunc(value);
  if (Number.isSafeInteger(whole)) reply.integer(whole === 0 ? 0 : whole);
  else if (whole >= -INT64_LIMIT && whole < INT64_LIMIT) reply.bigint(BigInt(whole));
  else throw NO_INTEGER;
}

function writeLarge(reply: Reply, value: bigint): void {
  if (BigInt.asIntN(64, value) !== value) throw NO_INTEGER;
  reply.bigint(value);
}

function writeBoolean(reply: Reply, value: boolean, protocol: number): void {
  if (protocol === 3) reply.boolean(value);
  else if (value) reply.integer(1);
  else reply.nil();
}

/** The first kind that fits, in Redis's order. */
function writeObject(
  reply: Reply,
  value: ScriptObject,
  protocol: number,
  errors: ErrorReplies,
  depth: number,
): void {
  const { err, ok, double, map, set, big_number: digits, verbatim_string: verbatim } = value;
  if (typeof err === "string") errors.writeError(reply, err, value);
  else if (typeof ok === "string") reply.simple(inOneLine(cString(ok)));
  else if (typeof double === "number") reply.double(double);
  else if (map instanceof ScriptObject) {
    const entries = Object.entries(map as ScriptObject);
    beginList(2 * entries.length);
    reply.map(entries.length);
    for (const [name, member] of entries) {
      writeText(reply, name);
      write(reply, member, protocol, errors, depth + 1);
    }
  } else if (Array.isArray(set) || set instanceof ScriptObject) {
    const members = Array.isArray(set) ? set : Object.keys(set as ScriptObject);
    beginList(members.length);
    reply.set(members.length);
    for (const member of members) write(reply, member, protocol, errors, depth + 1);
  } else if (typeof digits === "string") reply.bigNumber(inOneLine(digits));
  else if (!(verbatim instanceof ScriptObject && writeVerbatim(reply, verbatim as ScriptObject))) {
    throw AN_OBJECT;
  }
}

function writeVerbatim(reply: Reply, { format, string }: ScriptObject): boolean {
  if (typeof format !== "string" || typeof string !== "string") return false;
  reply.verbatim(inOneLine(format).padEnd(FORMAT_SIZE).slice(0, FORMAT_SIZE), string);
  return true;
}
