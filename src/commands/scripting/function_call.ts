/** FCALL and FCALL_RO: functions of libraries. */
import type { Call } from "../../calls/call.ts";
import { group } from "../../calls/table.ts";
import type { Args } from "../../protocol/args.ts";
import { CommandError } from "../../protocol/errors.ts";
import { Execution } from "../../scripting/execution.ts";
import { KeyVector } from "../../scripting/value.ts";
import { FIRST_KEY, keyCountOf, vectorOf } from "./script_arguments.ts";

const NOT_FOUND = new CommandError("ERR Function not found");
const BAD_COUNT = new CommandError("ERR Bad number of keys provided");
const NAME = 1;
const NO_KEYS = new KeyVector([""], "keys");
const NO_ARGUMENTS = new KeyVector([""], "args");

const SHARED = {
  arity: -3,
  args: "function numkeys [key ...] [arg ...]",
  since: "7.0.0",
  complexity: "Depends on the function that is executed.",
} as const;

export const functionCallCommands = group("scripting", {
  FCALL: {
    ...SHARED,
    run: (call) => callFunction(call, false),
    flags: ["noscript", "stale", "skip_monitor", "no_mandatory_keys", "may_replicate", "script"],
    keys: [
      {
        at: 2,
        numkeys: 0,
        first: 1,
        flags: ["RW", "access", "update"],
        notes: "We cannot tell how the keys will be used so we assume the worst, RW and UPDATE",
      },
    ],
    summary: "Calls a function.",
  },
  FCALL_RO: {
    ...SHARED,
    run: (call) => callFunction(call, true),
    flags: ["readonly", "noscript", "stale", "skip_monitor", "no_mandatory_keys", "script"],
    keys: [
      {
        at: 2,
        numkeys: 0,
        first: 1,
        flags: ["RO", "access"],
        notes: "We cannot tell how the keys will be used so we assume the worst, RO and ACCESS",
      },
    ],
    summary: "Calls a function that writes nothing.",
  },
});

function callFunction(call: Call, isReadOnly: boolean): void {
  const { server, feed, keyspace, argc, args } = call;
  const { scripts, functions } = server;
  const { bytes, view, start, size } = args;
  scripts.show(call);
  const found = functions.withName(bytes, view, start[NAME], size[NAME]);
  keyspace.unsynced.lookAtLibraries();
  if (found === null) throw NOT_FOUND;
  const firstArg = FIRST_KEY + keyCountOf(call, BAD_COUNT);
  // Its commands are told, not that it ran.
  if (feed.active) feed.tellNothing();
  const { host } = scripts;
  host.begin(call, found, isReadOnly);
  // Only of what then runs: who is refused has used nothing.
  functions.enter(found, sizeOf(args));
  const keys = firstArg === FIRST_KEY ? NO_KEYS : vectorOf(call, FIRST_KEY, firstArg, "keys");
  const rest = firstArg === argc ? NO_ARGUMENTS : vectorOf(call, firstArg, argc, "args");
  const { callback, library } = found;
  const execution = Execution.ofFunction(callback, keys, rest, host, library.use);
  scripts.run(call, host.runOf(execution));
}

/** Bytes of all arguments. */
function sizeOf({ size, count }: Args): number {
  let sum = 0;
  for (let i = 0; i < count; i++) sum += size[i];
  return sum;
}
