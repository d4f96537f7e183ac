/** EVAL and EVALSHA, and their read-only variants. */
import type { Call } from "../../calls/call.ts";
import { group } from "../../calls/table.ts";
import { CommandError, NOT_INTEGER } from "../../protocol/errors.ts";
import { Execution } from "../../scripting/execution.ts";
import { CompileError } from "../../scripting/script.ts";
import type { CachedScript } from "../../scripting/script_cache.ts";
import { FIRST_KEY, keyCountOf, textsOf } from "./script_arguments.ts";

const NO_SCRIPT = new CommandError("NOSCRIPT No matching script. Please use EVAL.");
const SHA_SIZE = 40;

const SHARED = { arity: -3, complexity: "Depends on the script that is executed." } as const;
const WRITING = [
  "noscript",
  "stale",
  "skip_monitor",
  "no_mandatory_keys",
  "may_replicate",
] as const;
const READING = ["readonly", "noscript", "stale", "skip_monitor", "no_mandatory_keys"] as const;

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
  const keyCount = keyCountOf(call, NOT_INTEGER);
  run(call, compiled(call, call.text(1), false), keyCount, isReadOnly);
}

function evaluateSha(call: Call, isReadOnly: boolean): void {
  const keyCount = keyCountOf(call, NOT_INTEGER);
  const isSha = call.args.size[1] === SHA_SIZE;
  const script = isSha ? call.server.scripts.cache.find(call.text(1)) : null;
  if (script === null) throw NO_SCRIPT;
  run(call, script, keyCount, isReadOnly);
}

/** The script of a text, compiled now unless it is known. */
export function compiled(call: Call, source: string, isLoaded: boolean): CachedScript {
  try {
    return call.server.scripts.cache.ofSource(source, isLoaded);
  } catch (error) {
    if (!(error instanceof CompileError)) throw error;
    const { line, message } = error;
    throw new CommandError(
      `ERR Error compiling script (new function): user_script:${line}: ${message}`,
    );
  }
}

function run(call: Call, cached: CachedScript, keyCount: number, isReadOnly: boolean): void {
  const { server, feed } = call;
  const { host } = server.scripts;
  // Its commands are told, not that it ran.
  if (feed.active) feed.tellNothing();
  const { sha, script } = cached;
  const { mayRunLong } = script;
  host.begin(call, { kind: "script", name: sha, flags: null, isReadOnly, mayRunLong });
  const keys = textsOf(call, FIRST_KEY, FIRST_KEY + keyCount);
  const args = textsOf(call, FIRST_KEY + keyCount, call.argc);
  const execution = Execution.ofScript(script, keys, args, host);
  server.scripts.run(call, host.runOf(execution));
}
