/** EVAL and EVALSHA, and their read-only variants. */
import type { Call } from "../../calls/call.ts";
import { group } from "../../calls/table.ts";
import { CommandError, NOT_INTEGER } from "../../protocol/errors.ts";
import { Execution } from "../../scripting/execution.ts";
import { CompileError } from "../../scripting/script.ts";
import type { CachedScript } from "../../scripting/script_cache.ts";
import { NO_ARGUMENTS, NO_KEYS } from "../../scripting/value.ts";
import { FIRST_KEY, keyCountOf, vectorOf } from "./script_arguments.ts";

/** A script is asked for that the cache has not got. */
export const NO_SCRIPT = new CommandError("NOSCRIPT No matching script. Please use EVAL.");
/** The argument that is the script, or its SHA-1. */
const SCRIPT = 1;
const SHA_SIZE = 40;

const SHARED = { arity: -3, complexity: "Depends on the script that is executed." } as const;
const WRITING = [
  "noscript",
  "stale",
  "skip_monitor",
  "no_mandatory_keys",
  "may_replicate",
  "script",
] as const;
const READING = [
  "readonly",
  "noscript",
  "stale",
  "skip_monitor",
  "no_mandatory_keys",
  "script",
] as const;

export const evalCommands = group("scripting", {
  EVAL: {
    ...SHARED,
    run: (call) => evaluate(call, false),
    flags: WRITING,
    keys: [
      {
        at: 2,
        numkeys: 0,
        first: 1,
        flags: ["RW", "access", "update"],
        notes: "We cannot tell how the keys will be used so we assume the worst, RW and UPDATE",
      },
    ],
    args: "script numkeys [key ...] [arg ...]",
    since: "2.6.0",
    summary: "Runs a script.",
  },
  EVALSHA: {
    ...SHARED,
    run: (call) => evaluateSha(call, false),
    flags: WRITING,
    keys: [{ at: 2, numkeys: 0, first: 1, flags: ["RW", "access", "update"] }],
    args: "sha1 numkeys [key ...] [arg ...]",
    since: "2.6.0",
    summary: "Runs a script that the server knows, by its SHA-1.",
  },
  EVAL_RO: {
    ...SHARED,
    run: (call) => evaluate(call, true),
    flags: READING,
    keys: [
      {
        at: 2,
        numkeys: 0,
        first: 1,
        flags: ["RO", "access"],
        notes: "We cannot tell how the keys will be used so we assume the worst, RO and ACCESS",
      },
    ],
    args: "script numkeys [key ...] [arg ...]",
    since: "7.0.0",
    summary: "Runs a script that writes nothing.",
  },
  EVALSHA_RO: {
    ...SHARED,
    run: (call) => evaluateSha(call, true),
    flags: READING,
    keys: [{ at: 2, numkeys: 0, first: 1, flags: ["RO", "access"] }],
    args: "sha1 numkeys [key ...] [arg ...]",
    since: "7.0.0",
    summary: "Runs a script that the server knows, and that writes nothing, by its SHA-1.",
  },
});

function evaluate(call: Call, isReadOnly: boolean): void {
  call.server.scripts.show(call);
  const keyCount = keyCountOf(call, NOT_INTEGER);
  run(call, cachedScript(call, SCRIPT), keyCount, isReadOnly);
}

function evaluateSha(call: Call, isReadOnly: boolean): void {
  const { server, args } = call;
  server.scripts.show(call);
  // Redis looks at the size of an SHA-1 first, and at the rest of it last.
  if (args.size[SCRIPT] !== SHA_SIZE) throw NO_SCRIPT;
  const keyCount = keyCountOf(call, NOT_INTEGER);
  const { bytes, view } = args;
  const script = server.scripts.cache.withSha(bytes, view, args.start[SCRIPT], SHA_SIZE);
  if (script === null) throw NO_SCRIPT;
  run(call, script, keyCount, isReadOnly);
}

/** The script of the text in an argument, compiled now unless it is known. */
export function cachedScript({ server, args }: Call, index: number): CachedScript {
  const { cache } = server.scripts;
  const { bytes, view, start, size } = args;
  try {
    return cache.ofText(bytes, view, start[index], size[index]);
  } catch (error) {
    if (!(error instanceof CompileError)) throw error;
    const { line, message } = error;
    throw new CommandError(
      `ERR Error compiling script (new function): user_script:${line}: ${message}`,
    );
  }
}

function run(call: Call, cached: CachedScript, keyCount: number, isReadOnly: boolean): void {
  const { server, feed, argc } = call;
  const { host, cache } = server.scripts;
  // Its commands are told, not that it ran.
  if (feed.active) feed.tellNothing();
  host.begin(call, cached, isReadOnly);
  const firstArg = FIRST_KEY + keyCount;
  const keys = firstArg === FIRST_KEY ? NO_KEYS : vectorOf(call, FIRST_KEY, firstArg, "KEYS");
  const args = firstArg === argc ? NO_ARGUMENTS : vectorOf(call, firstArg, argc, "ARGV");
  const execution = Execution.ofScript(cache.used(cached), keys, args, host);
  server.scripts.run(call, host.runOf(execution));
}
