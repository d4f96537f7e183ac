/**
 * Subscribing and its end. Each command replies a message for every channel or pattern, and what
 * CLIENT REPLY drops does not include messages.
 */
import type { Call } from "../../calls/call.ts";
import type { TopicKind } from "../../calls/pubsub.ts";
import { group } from "../../calls/table.ts";
import { CommandError } from "../../protocol/errors.ts";

const FLAGS = ["pubsub", "noscript", "loading", "stale"] as const;
/** To a cluster a channel of a shard looks like a key. */
const SHARD_CHANNELS = [{ at: 1, last: -1, flags: ["not_key"] }] as const;

export const subscriptionCommands = group("pubsub", {
  PSUBSCRIBE: {
    run: (call) => subscribe(call, "psubscribe", "pattern"),
    arity: -2,
    flags: FLAGS,
    args: "pattern:{pattern} ...",
    since: "2.0.0",
    complexity: "O(N) where N is the number of patterns the client is already subscribed to.",
    summary: "Asks for messages to all channels that match patterns.",
  },
  PUNSUBSCRIBE: {
    run: (call) => unsubscribe(call, "punsubscribe", "pattern"),
    arity: -1,
    flags: FLAGS,
    args: "[pattern ...]",
    since: "2.0.0",
    complexity:
      "O(N+M) where N is the number of patterns the client is already subscribed and M is the " +
      "number of total patterns subscribed in the system (by any client).",
    summary: "Ends subscriptions to patterns.",
  },
  SSUBSCRIBE: {
    run: (call) => subscribe(call, "ssubscribe", "shard"),
    arity: -2,
    flags: FLAGS,
    keys: SHARD_CHANNELS,
    args: "shardchannel ...",
    since: "7.0.0",
    complexity: "O(N) where N is the number of shard channels to subscribe to.",
    summary: "Asks for messages to channels of a shard.",
  },
  SUBSCRIBE: {
    run: (call) => subscribe(call, "subscribe", "channel"),
    arity: -2,
    flags: FLAGS,
    args: "channel ...",
    since: "2.0.0",
    complexity: "O(N) where N is the number of channels to subscribe to.",
    summary: "Asks for messages to channels.",
  },
  SUNSUBSCRIBE: {
    run: (call) => unsubscribe(call, "sunsubscribe", "shard"),
    arity: -1,
    flags: FLAGS,
    keys: SHARD_CHANNELS,
    args: "[shardchannel ...]",
    since: "7.0.0",
    complexity: "O(N) where N is the number of clients already subscribed to a shard channel.",
    summary: "Ends subscriptions to channels of a shard.",
  },
  UNSUBSCRIBE: {
    run: (call) => unsubscribe(call, "unsubscribe", "channel"),
    arity: -1,
    flags: FLAGS,
    args: "[channel ...]",
    since: "2.0.0",
    complexity: "O(N) where N is the number of clients already subscribed to a channel.",
    summary: "Ends subscriptions to channels.",
  },
});

function subscribe(call: Call, word: string, kind: TopicKind): void {
  const { args, client, nested, server } = call;
  // In a transaction a client may begin to listen, but Redis does not let it do so to a shard.
  if (nested && (client.isScript || kind === "shard")) {
    throw new CommandError(`ERR ${word.toUpperCase()} isn't allowed for a DENY BLOCKING client`);
  }
  for (let i = 1; i < args.count; i++) {
    confirm(call, word, i, null, server.pubsub.subscribe(client, kind, args, i));
  }
}

function unsubscribe(call: Call, word: string, kind: TopicKind): void {
  const { args, client, server } = call;
  const { pubsub } = server;
  for (let i = 1; i < args.count; i++) {
    confirm(call, word, i, null, pubsub.unsubscribe(client, kind, args, i));
  }
  if (args.count > 1) return;
  let isAny = false;
  for (const { name, count } of pubsub.unsubscribeAll(client, kind)) {
    isAny = true;
    confirm(call, word, 0, name, count);
  }
  if (!isAny) confirm(call, word, 0, null, pubsub.subscriptionCount(client, kind));
}

/** One message: the name is in an argument, or given; or there is none. */
function confirm(
  call: Call,
  word: string,
  index: number,
  name: Uint8Array | null,
  count: number,
): void {
  const { args, client, reply } = call;
  const from = reply.position;
  reply.push(3);
  reply.bulkText(word);
  if (index > 0) reply.bulk(args.bytes, args.start[index], args.size[index]);
  else if (name !== null) reply.bulkBytes(name);
  else reply.nil();
  reply.integer(count);
  if (client.isSilent) reply.setAside(from);
}
