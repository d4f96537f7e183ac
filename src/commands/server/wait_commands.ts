/**
 * Commands that wait for copies of what their client has changed: in replicas (WAIT), on disks
 * (WAITAOF). Their timeouts are in ms. There are no replicas yet: none ever confirms anything.
 */

import { timeoutMsOf, waitForKeys } from "../../calls/blocking.ts";
import type { Call, Wait } from "../../calls/call.ts";
import { group } from "../../calls/table.ts";
import { CommandError, NEGATIVE } from "../../protocol/errors.ts";

const NOT_LOCAL_COUNT = new CommandError("ERR value is out of range, value must between 0 and 1");
const NO_LOG = new CommandError(
  "ERR WAITAOF cannot be used when numlocal is set but appendonly is disabled.",
);
const REPLICAS = 0;

export const waitCommands = group("generic", {
  WAIT: {
    run: wait,
    arity: 3,
    flags: ["noscript"],
    acl: ["connection"],
    args: "numreplicas:integer timeout:integer",
    since: "3.0.0",
    complexity: "O(1)",
    summary: "Waits until replicas have this connection's writes.",
    tips: ["request_policy:all_shards", "response_policy:agg_min"],
  },
  WAITAOF: {
    run: waitaof,
    arity: 4,
    flags: ["noscript"],
    acl: ["connection"],
    args: "numlocal:integer numreplicas:integer timeout:integer",
    since: "7.2.0",
    complexity: "O(1)",
    summary: "Waits until this connection's writes are on the disk.",
    tips: ["request_policy:all_shards", "response_policy:agg_min"],
  },
});

/** Neither waits for keys. */
const KEYLESS = { type: 0, serve: () => false } as const;

const replicasWait: Wait = {
  ...KEYLESS,
  giveUp: (call) => call.reply.integer(REPLICAS),
};

function wait(call: Call): void {
  const replicas = call.integer(1);
  const timeoutMs = timeoutMsOf(call, 2);
  if (REPLICAS >= replicas) call.reply.integer(REPLICAS);
  else waitForKeys(call, replicasWait, 0, 0, timeoutMs);
}

const disksWait: Wait = {
  ...KEYLESS,
  giveUp: replyCopies,
  synced(call) {
    if (!hasCopies(call)) return false;
    replyCopies(call);
    return true;
  },
};

function waitaof(call: Call): void {
  const local = call.integer(1);
  if (local < 0 || local > 1) throw NOT_LOCAL_COUNT;
  if (call.integerOr(2, NEGATIVE) < 0) throw NEGATIVE;
  const timeoutMs = timeoutMsOf(call, 3);
  if (hasCopies(call)) replyCopies(call);
  else waitForKeys(call, disksWait, 0, 0, timeoutMs);
}

/** Whether the changes are where they are to be; throws when no log will ever have them. */
function hasCopies(call: Call): boolean {
  const local = call.integer(1);
  if (local > 0 && !call.server.durability.appendLog.isEnabled) throw NO_LOG;
  return localCopies(call) >= local && REPLICAS >= call.integer(2);
}

function replyCopies(call: Call): void {
  call.reply.array(2);
  call.reply.integer(localCopies(call));
  call.reply.integer(REPLICAS);
}

/** 1 when all that the client has changed is in the log on this server's disk. */
function localCopies({ client, server }: Call): number {
  return server.durability.appendLog.isSynced(client.changeMark) ? 1 : 0;
}
