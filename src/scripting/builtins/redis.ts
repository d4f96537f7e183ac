/**
 * The namespace redis, but for call and pcall. What is wrong with arguments is said in Redis's
 * words, and as Redis has it some of it is thrown, some returned.
 */
import { cString } from "../../base/words.ts";
import { stringOf } from "../guards/conversion.ts";
import { charge, countMemory, touchWhole } from "../guards/meter.ts";
import { theHost } from "../guards/run_state.ts";
import { ScriptObject, type ScriptValue } from "../value.ts";
import { ByteWriter } from "./byte_writer.ts";
import { numberArgument } from "./number_argument.ts";
import { replyError, thrownReply, toCommand } from "./redis_call.ts";
import { functionDefinition } from "./register_function.ts";

type RedisFunction = (...values: ScriptValue[]) => ScriptValue;

const VERSION = "7.0.15";
const VERSION_NUMBER = 0x07000f;
const LOG_LEVEL_MAX = 3;
const REPL_ALL = 3;
/** What a library keeps of a function, in bytes. */
const FUNCTION_COST = 1024;

/** The one string that error_reply and status_reply take. */
function theString(values: ScriptValue[]): string | null {
  const [text] = values;
  return values.length === 1 && typeof text === "string" ? text : null;
}

const WRONG_ARGUMENTS = "ERR wrong number or type of arguments";

/**
 * An error's first word is its code, unless it is the only one. As in Redis a NUL ends the text,
 * and CR and LF at both ends of what follows the code go.
 */
function errorReply(...values: ScriptValue[]): ScriptObject {
  const given = theString(values);
  if (given === null) return replyError(WRONG_ARGUMENTS);
  touchWhole(given);
  const text = cString(given.startsWith("-") ? given.slice(1) : given);
  const blank = text.indexOf(" ");
  const code = blank < 0 ? "ERR" : text.slice(0, blank);
  return replyError(`${code} ${withoutLineEnds(text.slice(blank + 1))}`);
}

function withoutLineEnds(text: string): string {
  let from = 0;
  let to = text.length;
  while (from < to && isLineEnd(text[from])) from++;
  while (to > from && isLineEnd(text[to - 1])) to--;
  charge((text.length - (to - from)) >> 2);
  return text.slice(from, to);
}

const isLineEnd = (letter: string): boolean => letter === "\r" || letter === "\n";

function statusReply(...values: ScriptValue[]): ScriptObject {
  const text = theString(values);
  if (text === null) return replyError(WRONG_ARGUMENTS);
  const status = new ScriptObject();
  status.ok = text;
  return status;
}

function log(...values: ScriptValue[]): undefined {
  if (values.length < 2) throw thrownReply("ERR redis.log() requires two arguments or more.");
  const level = Math.trunc(numberArgument(values[0]));
  if (Number.isNaN(level)) throw thrownReply("ERR First argument must be a number (log level).");
  if (level < 0 || level > LOG_LEVEL_MAX) throw thrownReply("ERR Invalid debug level.");
  const text = new ByteWriter();
  for (let index = 1; index < values.length; index++) {
    if (index > 1) text.text(" ");
    text.text(stringOf(values[index]));
  }
  theHost().log(level, text.take());
  return undefined;
}

function setResp(...values: ScriptValue[]): undefined {
  if (values.length !== 1) throw thrownReply("ERR redis.setresp() requires one argument.");
  const version = Math.trunc(numberArgument(values[0]));
  if (version !== 2 && version !== 3) throw thrownReply("ERR RESP version must be 2 or 3.");
  theHost().setProtocol(version);
  return undefined;
}

function setRepl(...values: ScriptValue[]): undefined {
  // Redis's own count of them.
  if (values.length !== 1) throw thrownReply("ERR redis.set_repl() requires two arguments.");
  const mask = Math.trunc(numberArgument(values[0]));
  if (!(mask >= 0 && mask <= REPL_ALL)) {
    throw thrownReply(
      "ERR Invalid replication flags. Use REPL_AOF, REPL_REPLICA, REPL_ALL or REPL_NONE.",
    );
  }
  theHost().setReplication(mask);
  return undefined;
}

function aclCheckCmd(...values: ScriptValue[]): ScriptValue {
  const problem = toCommand(values);
  if (problem !== null) throw thrownReply(problem);
  const answer = theHost().mayRun(values as string[]);
  if (!(answer instanceof ScriptObject)) return answer;
  throw thrownReply(stringOf((answer as ScriptObject).err));
}

/** Tells the library that is being loaded of a function. */
function registerFunction(...values: ScriptValue[]): undefined {
  const { register } = theHost();
  if (register === null) {
    throw thrownReply("ERR redis.register_function can only be called on FUNCTION LOAD command");
  }
  countMemory(FUNCTION_COST);
  const definition = functionDefinition(values);
  if (typeof definition === "string") throw thrownReply(definition);
  register(definition);
  return undefined;
}

const functions: Readonly<Record<string, RedisFunction>> = {
  error_reply: errorReply,
  status_reply: statusReply,
  log,
  setresp: setResp,
  set_repl: setRepl,
  acl_check_cmd: aclCheckCmd,
  register_function: registerFunction,
  // Effects are always what is told on.
  replicate_commands: () => true,
  // There is no debugger: as in a Redis whose debugger is off.
  breakpoint: () => false,
  debug: () => undefined,
};

/** Names as JavaScript writes them, of what Redis writes otherwise. */
const ALIASES: Readonly<Record<string, string>> = {
  errorReply: "error_reply",
  statusReply: "status_reply",
  setResp: "setresp",
  setRepl: "set_repl",
  aclCheckCmd: "acl_check_cmd",
  registerFunction: "register_function",
  replicateCommands: "replicate_commands",
};

export const redisFunctions: Readonly<Record<string, RedisFunction>> = {
  ...functions,
  ...Object.fromEntries(Object.entries(ALIASES).map(([name, of]) => [name, functions[of]])),
};

export const redisConstants: Readonly<Record<string, number | string>> = {
  LOG_DEBUG: 0,
  LOG_VERBOSE: 1,
  LOG_NOTICE: 2,
  LOG_WARNING: 3,
  REPL_NONE: 0,
  REPL_AOF: 1,
  REPL_SLAVE: 2,
  REPL_REPLICA: 2,
  REPL_ALL,
  REDIS_VERSION: VERSION,
  REDIS_VERSION_NUM: VERSION_NUMBER,
};
