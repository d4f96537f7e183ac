/**
 * Transactions. MULTI opens the client's queue, and the dispatcher fills it; a refused command or
 * a changed watched key makes EXEC fail.
 */

import type { Call, CallServer } from "../../calls/call.ts";
import { type Client, Gate } from "../../calls/client.ts";
import type { ScriptCaller } from "../../calls/scripts.ts";
import { group } from "../../calls/table.ts";
import { Args } from "../../protocol/args.ts";
import type { CommandQueue } from "../../protocol/command_queue.ts";
import { CommandError } from "../../protocol/errors.ts";
import type { Reply } from "../../protocol/reply.ts";

const NESTED_MULTI = new CommandError("ERR MULTI calls can not be nested");
const EXEC_WITHOUT_MULTI = new CommandError("ERR EXEC without MULTI");
const DISCARD_WITHOUT_MULTI = new CommandError("ERR DISCARD without MULTI");
const WATCH_INSIDE_MULTI = new CommandError("ERR WATCH inside MULTI is not allowed");
const ABORTED = new CommandError("EXECABORT Transaction discarded because of previous errors.");

const NO_BYTES = new Uint8Array(0);
const NO_VIEW = new DataView(NO_BYTES.buffer);
/** The arguments of the queued command that runs: there is never more than one EXEC at work. */
const queuedArgs = new Args(NO_BYTES, NO_VIEW);

export const transactionCommands = group("transactions", {
  MULTI: {
    run: multi,
    arity: 1,
    flags: ["noscript", "loading", "stale", "fast", "allow_busy"],
    since: "1.2.0",
    complexity: "O(1)",
    summary: "Begins a transaction.",
  },
  EXEC: {
    run: exec,
    arity: 1,
    flags: ["noscript", "loading", "stale", "skip_slowlog"],
    since: "1.2.0",
    complexity: "Depends on commands in the transaction",
    summary: "Carries out the transaction's commands.",
  },
  DISCARD: {
    run: discard,
    arity: 1,
    flags: ["noscript", "loading", "stale", "fast", "allow_busy"],
    since: "2.0.0",
    complexity: "O(N), when N is the number of queued commands",
    summary: "Drops the transaction's commands.",
  },
  WATCH: {
    run: watch,
    arity: -2,
    flags: ["noscript", "loading", "stale", "fast", "allow_busy"],
    keys: [{ at: 1, last: -1, flags: ["RO"] }],
    args: "key ...",
    since: "2.2.0",
    complexity: "O(1) for every key.",
    summary: "Lets the next transaction fail if one of the keys changes before.",
  },
  UNWATCH: {
    run: unwatch,
    arity: 1,
    flags: ["noscript", "loading", "stale", "fast", "allow_busy"],
    since: "2.2.0",
    complexity: "O(1)",
    summary: "Forgets the watched keys.",
  },
});

function multi(call: Call): void {
  if (call.client.queue !== null) throw NESTED_MULTI;
  call.client.openQueue();
  call.reply.ok();
}

function exec(call: Call): void {
  const { client, keyspace, reply } = call;
  const { queue } = client;
  if (queue === null) throw EXEC_WITHOUT_MULTI;
  const failed = client.queueFailed;
  const changed = keyspace.hasChanged(client);
  keyspace.unwatch(client);
  if (failed || changed) {
    client.closeQueue();
    if (failed) throw ABORTED;
    reply.nilArray();
    return;
  }
  client.setGate(Gate.multi, false);
  const start = reply.position;
  reply.array(queue.count);
  if (client.isSilent) reply.truncate(start);
  queue.rewind();
  runQueue(call, queue, start, call.server);
}

/**
 * Runs the queued commands, all that are left of them, and replies what they do; their replies are
 * from `start` on. A script among them may be suspended, and EXEC with it.
 */
function runQueue(call: ScriptCaller, queue: CommandQueue, start: number, server: CallServer) {
  const { client } = call;
  let endSuspended: ReplyEnd | null = null;
  try {
    endSuspended = runUntilSuspended(call, queue, start, server);
  } finally {
    if (endSuspended === null) endQueue(client);
  }
  if (endSuspended === null) return;
  const end = endSuspended;
  server.scripts.suspendAround(call, start, (later) => {
    end(later.reply);
    runQueue(later, queue, 0, server);
  });
}

/** To be told when the command that is suspended has replied. */
type ReplyEnd = (reply: Reply) => void;

/**
 * Whether one is suspended: else null. What is written once the client is closing, or has turned
 * its replies off, is dropped: that may begin and end with any of the commands.
 */
function runUntilSuspended(
  { client, reply }: ScriptCaller,
  queue: CommandQueue,
  start: number,
  server: CallServer,
): ReplyEnd | null {
  const { scripts } = server;
  server.enter(client, reply);
  try {
    while (queue.next(queuedArgs)) {
      const from = reply.position;
      const wasClosing = client.connection.closing;
      server.execute(client, queuedArgs);
      if (scripts.isSuspended) {
        return (later) => {
          if (wasClosing || client.isSilent) later.truncate(from - start);
        };
      }
      if (wasClosing || client.isSilent) reply.truncate(from);
      reply.putAsideBack();
    }
  } finally {
    server.leave(client);
  }
  return null;
}

/** The transaction is over. */
function endQueue(client: Client): void {
  client.closeQueue();
  queuedArgs.bytes = NO_BYTES;
  queuedArgs.view = NO_VIEW;
}

function discard(call: Call): void {
  const { client } = call;
  if (client.queue === null) throw DISCARD_WITHOUT_MULTI;
  client.closeQueue();
  call.keyspace.unwatch(client);
  call.reply.ok();
}

function watch(call: Call): void {
  const { args, client, db, keyspace } = call;
  if (client.queue !== null) throw WATCH_INSIDE_MULTI;
  // A change seen before cannot be undone by watching more.
  if (!client.dirty) {
    for (let i = 1; i < args.count; i++) keyspace.watch(client, db, args, i);
  }
  call.reply.ok();
}

function unwatch(call: Call): void {
  call.keyspace.unwatch(call.client);
  call.reply.ok();
}
