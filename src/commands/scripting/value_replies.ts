/** What a script returns as a reply: docs/scripting.md has the table. */
import { CommandError, inOneLine } from "../../protocol/errors.ts";
import type { Reply } from "../../protocol/reply.ts";
import { KeyVector, LargeInteger, ScriptObject, type ScriptValue } from "../../scripting/value.ts";

const DEPTH_MAX = 128;
const INT64_LIMIT = 2 ** 63;

const TOO_DEEP = new CommandError("ERR script returned arrays that are nested too deeply");
const AN_OBJECT = new CommandError(
  "ERR script returned an object; return an array, a string or JSON.stringify(object)",
);
const NOT_A_NUMBER = new CommandError("ERR script returned a number that is no 64-bit integer");

/**
 * Writes a value. `protocol` is what the script has chosen (redis.setresp). Throws a CommandError
 * when it cannot be a reply; what was written until then is the caller's to take back.
 */
export function writeValue(reply: Reply, value: ScriptValue, protocol: number, depth = 0): void {
  if (typeof value === "string") reply.bulkText(value);
  else if (typeof value === "number") writeNumber(reply, value);
  else if (value === null || value === undefined) reply.nil();
  else if (typeof value === "boolean") writeBoolean(reply, value, protocol);
  else if (depth > DEPTH_MAX) throw TOO_DEEP;
  else if (Array.isArray(value)) {
    reply.array(value.length);
    for (let i = 0; i < value.length; i++) writeValue(reply, value[i], protocol, depth + 1);
  } else if (value instanceof KeyVector) {
    reply.array(value.a.length - 1);
    for (let i = 1; i < value.a.length; i++) reply.bulkText(value.a[i]);
  } else if (value instanceof LargeInteger) {
    if (BigInt.asIntN(64, value.value) !== value.value) throw NOT_A_NUMBER;
    reply.bigint(value.value);
  } else if (value instanceof ScriptObject) writeObject(reply, value as ScriptObject);
  else throw AN_OBJECT;
}

function writeNumber(reply: Reply, value: number): void {
  const whole = Math.trunc(value);
  if (Number.isSafeInteger(whole)) reply.integer(whole === 0 ? 0 : whole);
  else if (whole >= -INT64_LIMIT && whole < INT64_LIMIT) reply.bigint(BigInt(whole));
  else throw NOT_A_NUMBER;
}

function writeBoolean(reply: Reply, value: boolean, protocol: number): void {
  if (protocol === 3) reply.boolean(value);
  else if (value) reply.integer(1);
  else reply.nil();
}

function writeObject(reply: Reply, value: ScriptObject): void {
  if (typeof value.err === "string") reply.error(inOneLine(value.err));
  else if (typeof value.ok === "string") reply.simple(inOneLine(value.ok));
  else throw AN_OBJECT;
}
