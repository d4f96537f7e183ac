/**
 * The end of subscriptions. None can be begun yet, so there is none to end, which is what Redis
 * tells a client without any: clients send these when they give a connection back.
 */
import type { Call } from "../../calls/call.ts";
import { group } from "../../calls/table.ts";

const UNSUBSCRIBING = {
  arity: -1,
  flags: ["pubsub", "noscript", "loading", "stale"],
} as const;
/** To a cluster a channel of a shard looks like a key. */
const SHARD_CHANNELS = [{ at: 1, last: -1, flags: ["not_key"] }] as const;

export const subscriptionCommands = group("pubsub", {
  PUNSUBSCRIBE: {
    ...UNSUBSCRIBING,
    run: (call) => unsubscribe(call, "punsubscribe"),
    args: "[pattern ...]",
    since: "2.0.0",
    complexity:
      "O(N+M) where N is the number of patterns the client is already subscribed and M is the " +
      "number of total patterns subscribed in the system (by any client).",
    summary: "Ends subscriptions to patterns.",
  },
  SUNSUBSCRIBE: {
    ...UNSUBSCRIBING,
    run: (call) => unsubscribe(call, "sunsubscribe"),
    keys: SHARD_CHANNELS,
    args: "[shardchannel ...]",
    since: "7.0.0",
    complexity: "O(N) where N is the number of clients already subscribed to a shard channel.",
    summary: "Ends subscriptions to channels of a shard.",
  },
  UNSUBSCRIBE: {
    ...UNSUBSCRIBING,
    run: (call) => unsubscribe(call, "unsubscribe"),
    args: "[channel ...]",
    since: "2.0.0",
    complexity: "O(N) where N is the number of clients already subscribed to a channel.",
    summary: "Ends subscriptions to channels.",
  },
});

/** One message for each channel that is named, or one that names none. */
function unsubscribe({ args, reply, argc }: Call, kind: string): void {
  for (let i = 1; i < Math.max(argc, 2); i++) {
    reply.push(3);
    reply.bulkText(kind);
    if (i < argc) reply.bulk(args.bytes, args.start[i], args.size[i]);
    else reply.nil();
    reply.integer(0);
  }
}
