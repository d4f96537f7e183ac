/**
 * Error replies. Whatever text of a client's they show, they are one line: here is the one place
 * that sees to it.
 */
import { cString } from "../base/words.ts";
import type { Args } from "./args.ts";
import { type Label, label, replyLabel } from "./labels.ts";
import type { Reply } from "./reply.ts";

/**
 * What a client did wrong, as an error reply. Handlers throw these; the texts are Redis's, since
 * clients match them. The constant ones are built once: throwing one makes no object.
 */
export class CommandError extends Error {
  /** The first word: what INFO errorstats counts by. */
  readonly code: string;
  /** As it is sent, when it was replied more than once: most are built once, and come again. */
  private sent: Label | null = null;
  private isKnown = false;

  /** The message may hold text of the client's: line ends at its end go, others become blanks. */
  constructor(message: string) {
    const limit = Error.stackTraceLimit;
    Error.stackTraceLimit = 0;
    super(errorLine(message));
    Error.stackTraceLimit = limit;
    this.code = codeOf(this.message);
  }

  /** Replies with it. */
  replyTo(reply: Reply): void {
    if (this.sent !== null) {
      replyLabel(this.sent, reply);
      return;
    }
    reply.error(this.message);
    if (this.isKnown) this.sent = label(`-${this.message}\r\n`);
    this.isKnown = true;
  }
}

/** What is replied of an error: for those that nobody throws, since an Error is costly to make. */
export interface Problem {
  readonly code: string;
  readonly message: string;
}

/** A problem with a message as CommandError takes it. */
export function problem(text: string): Problem {
  const message = errorLine(text);
  return { code: codeOf(message), message };
}

function codeOf(message: string): string {
  const blank = message.indexOf(" ");
  return blank < 0 ? message : message.slice(0, blank);
}

/** Unknown commands and subcommands, and arguments, are shown up to this many bytes. */
export const SHOWN_SIZE = 128;

export const SYNTAX = new CommandError("ERR syntax error");
export const WRONG_TYPE = new CommandError(
  "WRONGTYPE Operation against a key holding the wrong kind of value",
);
export const NOT_INTEGER = new CommandError("ERR value is not an integer or out of range");
export const NOT_FLOAT = new CommandError("ERR value is not a valid float");
export const NO_SUCH_KEY = new CommandError("ERR no such key");
export const OUT_OF_RANGE = new CommandError("ERR index out of range");
export const SAME_OBJECT = new CommandError("ERR source and destination objects are the same");
export const NEGATIVE = new CommandError("ERR value is out of range, must be positive");
export const OVERFLOW = new CommandError("ERR increment or decrement would overflow");

/** The reply to a call with the wrong number of arguments; `name` as `get` or `config|set`. */
export function wrongArity(name: string): CommandError {
  let error = arityErrors.get(name);
  if (error === undefined) {
    error = new CommandError(`ERR wrong number of arguments for '${name}' command`);
    arityErrors.set(name, error);
  }
  return error;
}

/** Those that were made, by names of commands. */
const arityErrors = new Map<string, CommandError>();

/** The reply to a time to expire that is beyond 64 bits, or that the command does not take. */
export function invalidExpireTime(name: string): CommandError {
  return new CommandError(`ERR invalid expire time in '${name}' command`);
}

/** The reply to a subcommand that the container reads for itself and does not know, or not so. */
export function wrongSubcommand(args: Args): CommandError {
  const shown = cString(args.text(1, SHOWN_SIZE));
  const container = cString(args.text(0)).toUpperCase();
  return new CommandError(
    `ERR unknown subcommand or wrong number of arguments for '${shown}'. Try ${container} HELP.`,
  );
}

/** Text with its line ends as blanks: statuses and errors are one line on the wire. */
export function inOneLine(text: string): string {
  return text.replace(/[\r\n]/g, " ");
}

/** An error's text as it is sent: line ends at its end go, others become blanks. */
export function errorLine(text: string): string {
  return inOneLine(withoutLineEnd(text));
}

/** By hand, since a pattern takes quadratic time for a long text of line ends. */
function withoutLineEnd(text: string): string {
  let size = text.length;
  while (size > 0 && (text[size - 1] === "\r" || text[size - 1] === "\n")) size--;
  return text.slice(0, size);
}
