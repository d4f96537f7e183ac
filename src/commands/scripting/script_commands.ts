/** SCRIPT: the cache of scripts, and the script that runs. */
import type { Call } from "../../calls/call.ts";
import { helpEntry } from "../../calls/help.ts";
import { group } from "../../calls/table.ts";
import { CommandError } from "../../protocol/errors.ts";
import { cachedScript, NO_SCRIPT } from "./eval_commands.ts";
import { isForced } from "./script_arguments.ts";

const BAD_FLUSH = new CommandError("ERR SCRIPT FLUSH only support SYNC|ASYNC option");
const NO_DEBUGGER = new CommandError("ERR There is no debugger of scripts");

export const scriptCommands = group("scripting", {
  SCRIPT: {
    arity: -2,
    since: "2.6.0",
    complexity: "Depends on subcommand.",
    summary: "Manages the cache of scripts.",
    subcommands: {
      DEBUG: {
        run: () => {
          throw NO_DEBUGGER;
        },
        arity: 3,
        flags: ["noscript"],
        args: "mode:{YES | SYNC | NO}",
        since: "3.2.0",
        complexity: "O(1)",
        summary: "Fails, since there is no debugger of scripts.",
      },
      EXISTS: {
        run: exists,
        arity: -3,
        flags: ["noscript"],
        args: "sha1 ...",
        since: "2.6.0",
        complexity:
          "O(N) with N being the number of scripts to check (so checking a single script is an " +
          "O(1) operation).",
        summary: "Tells which scripts are in the cache.",
        tips: ["request_policy:all_shards", "response_policy:agg_logical_and"],
      },
      FLUSH: {
        run: flush,
        arity: -2,
        flags: ["noscript"],
        args: "async:[ASYNC | SYNC]@6.2.0",
        since: "2.6.0",
        complexity: "O(N) with N being the number of scripts in cache",
        summary: "Empties the cache.",
        history: [["6.2.0", "Added the `ASYNC` and `SYNC` flushing mode modifiers."]],
        tips: ["request_policy:all_nodes", "response_policy:all_succeeded"],
      },
      HELP: helpEntry("5.0.0"),
      KILL: {
        run: kill,
        arity: -2,
        flags: ["noscript", "allow_busy"],
        args: "[FORCE@9.0.0]",
        since: "2.6.0",
        complexity: "O(1)",
        summary: "Ends the script that runs, and with FORCE undoes what it has changed.",
        tips: ["request_policy:all_shards", "response_policy:one_succeeded"],
      },
      LOAD: {
        run: load,
        arity: 3,
        flags: ["noscript", "stale"],
        args: "script",
        since: "2.6.0",
        complexity: "O(N) with N being the length in bytes of the script body.",
        summary: "Puts a script into the cache.",
        tips: ["request_policy:all_nodes", "response_policy:all_succeeded"],
      },
      SHOW: {
        run: show,
        arity: 3,
        flags: ["noscript"],
        args: "sha1",
        since: "8.0.0",
        complexity: "O(N) with N being the length in bytes of the script body.",
        summary: "Shows the text of a script in the cache.",
      },
    },
  },
});

function exists(call: Call): void {
  const { argc, reply, server } = call;
  const { bytes, view, start, size } = call.args;
  const { cache } = server.scripts;
  reply.array(argc - 2);
  for (let i = 2; i < argc; i++) {
    reply.truth(cache.withSha(bytes, view, start[i], size[i]) !== null);
  }
}

function flush(call: Call): void {
  const isKnown =
    call.argc === 2 || (call.argc === 3 && (call.is(2, "sync") || call.is(2, "async")));
  if (!isKnown) throw BAD_FLUSH;
  call.server.scripts.cache.clear();
  call.reply.ok();
}

function kill(call: Call): void {
  call.server.scripts.kill("script", isForced(call));
  call.reply.ok();
}

function load(call: Call): void {
  const script = cachedScript(call, 2);
  call.server.scripts.cache.keep(script);
  call.reply.bulkText(script.name);
}

/** As Valkey 8 has it. */
function show(call: Call): void {
  const { bytes, view, start, size } = call.args;
  const script = call.server.scripts.cache.withSha(bytes, view, start[2], size[2]);
  if (script === null) throw NO_SCRIPT;
  call.reply.bulkText(script.text);
}
