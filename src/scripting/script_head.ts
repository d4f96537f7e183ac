/**
 * What the first line of a script says of it: `#!js flags=no-writes,allow-oom`. Without such a line
 * a script may do what scripts always could. Texts of errors are Redis's.
 */
import { CommandError } from "../protocol/errors.ts";
import { SCRIPT_FLAGS } from "./script_flags.ts";
import { hasShebang, readShebang } from "./shebang.ts";

const ENGINE = "js";
const FLAGS = "flags=";
const UNENDED = new CommandError("ERR Invalid script shebang");
const UNREADABLE = new CommandError("ERR Invalid engine in script shebang");

export interface ScriptHead {
  /** Mask of ScriptFlag; null without such a line. */
  readonly flags: number | null;
}

const NONE: ScriptHead = { flags: null };

/** Throws a CommandError when there is such a line, and it is none that a script can have. */
export function scriptHead(text: string): ScriptHead {
  if (!hasShebang(text)) return NONE;
  const shebang = readShebang(text);
  if (shebang === "unended") throw UNENDED;
  if (shebang === "unreadable") throw UNREADABLE;
  if (shebang.engine !== ENGINE) {
    throw new CommandError(`ERR Unexpected engine in script shebang: #!${shebang.engine}`);
  }
  let flags = 0;
  for (const option of shebang.options) {
    if (!option.startsWith(FLAGS)) {
      throw new CommandError(`ERR Unknown ${ENGINE} shebang option: ${option}`);
    }
    flags |= flagsOf(option.slice(FLAGS.length));
  }
  return { flags };
}

function flagsOf(list: string): number {
  if (list === "") return 0;
  let flags = 0;
  for (const name of list.split(",")) {
    const flag = SCRIPT_FLAGS.get(name);
    if (flag === undefined) {
      throw new CommandError(`ERR Unexpected flag in script shebang: ${name}`);
    }
    flags |= flag;
  }
  return flags;
}
