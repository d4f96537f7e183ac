/** SLOWLOG: shows and empties the slow log. */
import { parseInt64 } from "../../base/numbers.ts";
import type { Call } from "../../calls/call.ts";
import { helpEntry } from "../../calls/help.ts";
import { group } from "../../calls/table.ts";
import { CommandError, wrongSubcommand } from "../../protocol/errors.ts";

const GET_COUNT = 10;

const BAD_COUNT = new CommandError("ERR count should be greater than or equal to -1");

export const slowlogCommands = group("server", {
  SLOWLOG: {
    arity: -2,
    since: "2.2.12",
    complexity: "Depends on subcommand.",
    summary: "Keeps the commands that took long.",
    subcommands: {
      GET: {
        run: slowlogGet,
        arity: -2,
        flags: ["admin", "loading", "stale"],
        args: "[count]",
        since: "2.2.12",
        complexity: "O(N) where N is the number of entries returned",
        summary: "Lists the slowest commands kept, latest first.",
        history: [["4.0.0", "Added client IP address, port and name to the reply."]],
        tips: ["request_policy:all_nodes", "nondeterministic_output"],
      },
      LEN: {
        run: slowlogLen,
        arity: 2,
        flags: ["admin", "loading", "stale"],
        since: "2.2.12",
        complexity: "O(1)",
        summary: "Counts the entries of the slow log.",
        tips: ["request_policy:all_nodes", "response_policy:agg_sum", "nondeterministic_output"],
      },
      RESET: {
        run: slowlogReset,
        arity: 2,
        flags: ["admin", "loading", "stale"],
        since: "2.2.12",
        complexity: "O(N) where N is the number of entries in the slowlog",
        summary: "Empties the slow log.",
        tips: ["request_policy:all_nodes", "response_policy:all_succeeded"],
      },
      HELP: helpEntry("6.2.0"),
    },
  },
});

function slowlogGet(call: Call): void {
  if (call.argc > 3) throw wrongSubcommand(call.args);
  const entries = call.server.figures.slowlog.latest(
    call.argc === 3 ? entryCount(call) : GET_COUNT,
  );
  const { reply } = call;
  reply.array(entries.length);
  for (const entry of entries) {
    reply.array(6);
    reply.integer(entry.id);
    reply.integer(entry.seconds);
    reply.integer(entry.durationUs);
    reply.array(entry.args.length);
    for (const argument of entry.args) reply.bulkText(argument);
    reply.bulkText(entry.peer);
    reply.bulkText(entry.name);
  }
}

/** The count asked for; -1 stands for all. */
function entryCount(call: Call): number {
  const { bytes, start, size } = call.args;
  const count = parseInt64(bytes, start[2], size[2]);
  if (count === null || count < -1n) throw BAD_COUNT;
  return count === -1n ? Infinity : Number(count);
}

function slowlogLen(call: Call): void {
  call.reply.integer(call.server.figures.slowlog.length);
}

function slowlogReset(call: Call): void {
  call.server.figures.slowlog.reset();
  call.reply.ok();
}
