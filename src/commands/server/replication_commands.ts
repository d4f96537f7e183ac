/** REPLICAOF: this server is a master, and stays one until there is replication. */
import { parseInt64 } from "../../base/numbers.ts";
import type { Call } from "../../calls/call.ts";
import { group } from "../../calls/table.ts";
import { CommandError } from "../../protocol/errors.ts";

const BAD_PORT = new CommandError("ERR Invalid master port");
const NO_REPLICATION = new CommandError(
  "ERR There is no replication yet: this server cannot become a replica",
);
const PORT_MAX = 65535n;

const ENTRY = {
  run: replicaof,
  arity: 3,
  flags: ["admin", "noscript", "stale", "no_async_loading"],
  args: "args:{host-port:{host port:integer} | no-one:{NO ONE}}",
  complexity: "O(1)",
  summary: "Makes the server a master; of nobody can it be a replica yet.",
} as const;

export const replicationCommands = group("server", {
  REPLICAOF: { ...ENTRY, since: "5.0.0" },
  SLAVEOF: {
    ...ENTRY,
    since: "1.0.0",
    deprecated: { since: "5.0.0", replacedBy: "`REPLICAOF`" },
  },
});

function replicaof(call: Call): void {
  if (!call.is(1, "no") || !call.is(2, "one")) {
    const { bytes, start, size } = call.args;
    const port = parseInt64(bytes, start[2], size[2]);
    throw port === null || port < 0n || port > PORT_MAX ? BAD_PORT : NO_REPLICATION;
  }
  call.reply.ok();
}
