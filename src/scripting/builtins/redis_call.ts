/** redis.call and redis.pcall: a command, run by whoever has the script run. */
import { Thrown } from "../guards/errors.ts";
import { charge, countMemory, touchWhole } from "../guards/meter.ts";
import { run, theHost } from "../guards/run_state.ts";
import { CALL_ARGUMENT_COUNT_MAX, CALL_SIZE_MAX } from "../limits.ts";
import { LargeInteger, ScriptObject, type ScriptValue } from "../value.ts";

const CALL_FUEL = 20;
/** Strings up to here count as little as all others. */
const SHORT_STRING = 256;
const SHORT_REPLY_COST = 32;
const ELEMENT_COST = 16;
const OBJECT_COST = 256;

/** An error that stands as it is, as that of a command does. */
export function replyError(message: string): ScriptObject {
  const error = new ScriptObject();
  error.err = message;
  return error;
}

/** The same, thrown: a script's catch gets the object. */
export function thrownReply(message: string): Thrown {
  return new Thrown(replyError(message), run.l);
}

/**
 * Runs the command that `args` are, which may be changed. An error is thrown by redis.call, and
 * returned by redis.pcall (`isProtected`).
 */
export function callCommand(line: number, args: ScriptValue[], isProtected: boolean): ScriptValue {
  run.l = line;
  const problem = toCommand(args);
  const reply = problem === null ? theHost().call(args as string[]) : replyError(problem);
  if (typeof reply === "string") {
    countMemory(reply.length > SHORT_STRING ? reply.length : SHORT_REPLY_COST);
    run.f -= reply.length >> 8;
  } else if (typeof reply === "object" && reply !== null) {
    if (!isProtected && isError(reply)) throw new Thrown(reply, line);
    countMemory(sizeOf(reply));
  }
  return reply;
}

function isError(reply: ScriptValue): boolean {
  return reply instanceof ScriptObject && typeof (reply as ScriptObject).err === "string";
}

/** About how much memory a reply takes. */
function sizeOf(reply: ScriptValue): number {
  if (typeof reply === "string") return reply.length;
  if (!Array.isArray(reply)) return OBJECT_COST;
  charge(reply.length >> 2);
  let size = OBJECT_COST + ELEMENT_COST * reply.length;
  for (const element of reply) {
    if (typeof element === "string" || Array.isArray(element)) size += sizeOf(element);
  }
  return size;
}

/** Writes arguments as strings, in place; returns what is wrong with them, or null. */
export function toCommand(args: ScriptValue[]): string | null {
  const count = args.length;
  if (count === 0) return "ERR Please specify at least one argument for this redis lib call";
  if (count > CALL_ARGUMENT_COUNT_MAX) {
    return `ERR too many arguments for a command (limit ${CALL_ARGUMENT_COUNT_MAX})`;
  }
  run.f -= CALL_FUEL + count;
  let size = 0;
  for (let index = 0; index < count; index++) {
    let arg = args[index];
    if (typeof arg !== "string") {
      if (typeof arg === "number") {
        if (!Number.isFinite(arg)) return `ERR an argument of a command is ${arg}`;
        arg = `${arg}`;
      } else if (arg instanceof LargeInteger) {
        arg = `${arg.value}`;
      } else {
        return "ERR Lua redis lib command arguments must be strings or integers";
      }
      args[index] = arg;
    }
    if (arg.length > SHORT_STRING) {
      touchWhole(arg);
      size += arg.length;
      if (size > CALL_SIZE_MAX) {
        return `ERR arguments of a command too long (limit ${CALL_SIZE_MAX} bytes)`;
      }
    }
  }
  return null;
}
