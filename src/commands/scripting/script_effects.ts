/** What a script or function may do, as far as its flags tell before it runs. */
import { type Command, Flag, HiddenFlag } from "../../calls/command.ts";
import type { ServerContext } from "../../calls/server_context.ts";
import type { Args } from "../../protocol/args.ts";
import { CommandError } from "../../protocol/errors.ts";
import { ScriptFlag } from "../../scripting/script_flags.ts";
import { scriptHead } from "../../scripting/script_head.ts";

/** The argument that is the script, its SHA-1, or the function's name. */
const SCRIPT = 1;

/**
 * The flags of a call of EVAL, FCALL and so on. One with a shebang, and every function, says itself
 * what it may; of others the command's flags have to do.
 */
export function scriptEffects(server: ServerContext, command: Command, args: Args): number {
  const { flags } = command;
  const declared = declaredFlags(server, command.name, args);
  if (declared === null) return flags;
  const effects = flags & ~(Flag.stale | Flag.write | Flag.denyoom | HiddenFlag.may_replicate);
  const stale = (declared & ScriptFlag.allow_stale) === 0 ? 0 : Flag.stale;
  if ((declared & ScriptFlag.no_writes) !== 0) return effects | stale;
  const memory = (declared & ScriptFlag.allow_oom) === 0 ? Flag.denyoom : 0;
  return effects | stale | memory | Flag.write;
}

/** Mask of ScriptFlag; null if nothing is said. */
function declaredFlags(
  { scripts, functions }: ServerContext,
  name: string,
  args: Args,
): number | null {
  if (name.startsWith("fcall")) return functions.find(args.text(SCRIPT))?.flags ?? null;
  const { bytes, view } = args;
  const start = args.start[SCRIPT];
  const size = args.size[SCRIPT];
  if (name.startsWith("evalsha")) {
    return scripts.cache.withSha(bytes, view, start, size)?.flags ?? null;
  }
  const known = scripts.cache.withText(bytes, view, start, size);
  return known === null ? flagsOfText(args.text(SCRIPT)) : known.flags;
}

/** A head that is wrong is refused when the script is to run. */
function flagsOfText(text: string): number | null {
  try {
    return scriptHead(text).flags;
  } catch (error) {
    if (error instanceof CommandError) return null;
    throw error;
  }
}
