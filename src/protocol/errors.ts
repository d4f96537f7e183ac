/**
 * What a client did wrong, as an error reply. Handlers throw these; the texts are Redis's, since
 * clients match them. The constant ones are built once: throwing one makes no object.
 */
export class CommandError extends Error {
  constructor(message: string) {
    const limit = Error.stackTraceLimit;
    Error.stackTraceLimit = 0;
    super(message);
    Error.stackTraceLimit = limit;
  }

  /** The first word: what INFO errorstats counts by. */
  get code(): string {
    const blank = this.message.indexOf(" ");
    return blank < 0 ? this.message : this.message.slice(0, blank);
  }
}

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
  return new CommandError(`ERR wrong number of arguments for '${name}' command`);
}

/** The reply to a time to expire that is beyond 64 bits, or that the command does not take. */
export function invalidExpireTime(name: string): CommandError {
  return new CommandError(`ERR invalid expire time in '${name}' command`);
}

/** The reply to a subcommand that the container reads for itself and does not know, or not so. */
export function wrongSubcommand(container: string, word: string): CommandError {
  const shown = word.slice(0, 128).replace(/[\r\n]/g, " ");
  return new CommandError(
    `ERR unknown subcommand or wrong number of arguments for '${shown}'. Try ${container} HELP.`,
  );
}

/** A client's own text as error replies show it: in one line, up to a zero byte. */
export function shownText(text: string): string {
  const zero = text.indexOf("\0");
  return (zero < 0 ? text : text.slice(0, zero)).replace(/[\r\n]/g, " ");
}
