/** CONFIG: reading, changing and writing the configuration. */

import type { Call } from "../../calls/call.ts";
import { helpEntry } from "../../calls/help.ts";
import type { ServerContext } from "../../calls/server_context.ts";
import { group } from "../../calls/table.ts";
import { rewriteConfig } from "../../config/rewrite.ts";
import { CommandError } from "../../protocol/errors.ts";

const NO_FILE = new CommandError("ERR The server is running without a config file");
/** What Redis says of a file without a name. */
const BAD_ADDRESS = "Bad address";
/** What the configuration's host says of a file that does not exist. */
const MISSING = "No such file or directory";

export const configCommands = group("server", {
  CONFIG: {
    arity: -2,
    since: "2.0.0",
    complexity: "Depends on subcommand.",
    summary: "Reads and changes the configuration.",
    subcommands: {
      GET: {
        run: configGet,
        arity: -3,
        flags: ["admin", "noscript", "loading", "stale"],
        args: "parameter:{parameter} ...",
        since: "2.0.0",
        complexity: "O(N) when N is the number of configuration parameters provided",
        summary: "Lists the directives that match patterns, with their values.",
        history: [["7.0.0", "Added the ability to pass multiple pattern parameters in one call"]],
      },
      RESETSTAT: {
        run: configResetstat,
        arity: 2,
        flags: ["admin", "noscript", "loading", "stale"],
        since: "2.0.0",
        complexity: "O(1)",
        summary: "Sets the counters of INFO to zero.",
      },
      REWRITE: {
        run: configRewrite,
        arity: 2,
        flags: ["admin", "noscript", "loading", "stale"],
        since: "2.8.0",
        complexity: "O(1)",
        summary: "Writes the running configuration to its file.",
      },
      SET: {
        run: configSet,
        arity: -4,
        flags: ["admin", "noscript", "loading", "stale"],
        args: "{parameter value} ...",
        since: "2.0.0",
        complexity: "O(N) when N is the number of configuration parameters provided",
        summary: "Changes directives, all or none of them.",
        history: [["7.0.0", "Added the ability to set multiple parameters in one call."]],
        tips: ["request_policy:all_nodes", "response_policy:all_succeeded"],
      },
      HELP: helpEntry("5.0.0"),
    },
  },
});

function configGet(call: Call): void {
  const patterns: string[] = [];
  for (let i = 2; i < call.argc; i++) patterns.push(call.text(i));
  const found = call.server.config.get(patterns);
  call.reply.map(found.length);
  for (const [name, value] of found) {
    call.reply.bulkText(name);
    call.reply.bulkText(value);
  }
}

function configSet(call: Call): void {
  const pairs: string[] = [];
  const names: string[] = [];
  for (let i = 2; i < call.argc; i++) {
    pairs.push(call.text(i));
    if (i % 2 === 0) names.push(pairs[i - 2]);
  }
  const asker = {
    isLocal: call.client.isLocal,
    isLoading: call.server.durability.loading !== null,
  };
  const error = call.server.config.set(pairs, asker);
  if (error !== null) throw new CommandError(error);
  const warning = call.server.config.warningOf(names);
  if (warning !== null) call.server.log("warning", warning);
  call.reply.ok();
}

function configResetstat({ keyspace, reply, server }: Call): void {
  keyspace.resetStats();
  server.figures.reset();
  server.durability.resetFigures();
  server.scripts.cache.evictedCount = 0;
  reply.ok();
}

function configRewrite({ reply, server }: Call): void {
  if (server.config.file === "") throw NO_FILE;
  const reason = rewriteFile(server, false);
  if (reason !== null) {
    server.log("warning", `CONFIG REWRITE failed: ${reason}`);
    throw new CommandError(`ERR Rewriting config file: ${reason}`);
  }
  server.log("notice", "CONFIG REWRITE executed with success.");
  reply.ok();
}

/**
 * Brings the configuration's file up to date, or makes it anew; `all`: with directives that have
 * their defaults, too. Returns why that cannot be, or null.
 */
export function rewriteFile(server: ServerContext, all: boolean): string | null {
  const { config } = server;
  if (config.file === "") return BAD_ADDRESS;
  const options = { all, users: userLines(server) };
  try {
    config.host.writeFile(config.file, rewriteConfig(config, previousText(server), options));
    return null;
  } catch (error) {
    return reasonOf(error);
  }
}

/** What is written of users: those of `aclfile` are there, and not here. */
function userLines({ config, users }: ServerContext): string[] {
  if (config.text("aclfile") !== "") return [];
  return users.sorted().map((user) => `${user.name} ${user.describe()}`);
}

function previousText({ config }: ServerContext): string {
  try {
    return config.host.readFile(config.file);
  } catch (error) {
    if (reasonOf(error) === MISSING) return "";
    throw error;
  }
}

function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
