/** MODULE: there are no modules, which LIST says, and nobody can load one. */

import type { Call } from "../../calls/call.ts";
import { helpEntry } from "../../calls/help.ts";
import { group } from "../../calls/table.ts";
import { CommandError } from "../../protocol/errors.ts";

const NOT_LOADED = new CommandError(
  "ERR Error loading the extension. Please check the server logs.",
);
const NOT_UNLOADED = new CommandError("ERR Error unloading module: no such module with that name");
/** What only `enable-module-command` allows to be asked at all. */
const LOADING = {
  flags: ["admin", "noscript", "no_async_loading", "protected"],
  since: "4.0.0",
  complexity: "O(1)",
} as const;

export const moduleCommands = group("server", {
  MODULE: {
    arity: -2,
    since: "4.0.0",
    complexity: "Depends on subcommand.",
    summary: "Lists and loads modules, of which there are none.",
    subcommands: {
      HELP: helpEntry("5.0.0"),
      LIST: {
        run: (call) => call.reply.array(0),
        arity: 2,
        flags: ["admin", "noscript"],
        since: "4.0.0",
        complexity: "O(N) where N is the number of loaded modules.",
        summary: "Lists the modules that are loaded.",
        tips: ["nondeterministic_output_order"],
      },
      LOAD: {
        ...LOADING,
        run: load,
        arity: -3,
        args: "path [arg ...]",
        summary: "Fails, since a module cannot be loaded.",
      },
      LOADEX: {
        ...LOADING,
        run: load,
        arity: -3,
        args: "path [CONFIG configs:{name value}]... [ARGS args:{arg} ...]",
        since: "7.0.0",
        summary: "Fails, since a module cannot be loaded.",
      },
      UNLOAD: {
        ...LOADING,
        run: unload,
        arity: 3,
        args: "name",
        summary: "Fails, since no module is loaded.",
      },
    },
  },
});

function load({ args, server }: Call): never {
  server.log("warning", `Module ${args.text(2)} failed to load: there are no modules`);
  throw NOT_LOADED;
}

function unload({ args, server }: Call): never {
  server.log("warning", `Error unloading module ${args.text(2)}: there are no modules`);
  throw NOT_UNLOADED;
}
