/** PUBLISH and SPUBLISH; PUBSUB, which tells who listens to what. */
import { globMatch } from "../../base/glob.ts";
import type { Call } from "../../calls/call.ts";
import { helpEntry } from "../../calls/help.ts";
import type { Topic, TopicKind } from "../../calls/pubsub.ts";
import { group } from "../../calls/table.ts";
import type { Keyspace } from "../../keyspace/keyspace.ts";
import { type Args, keptArgs } from "../../protocol/args.ts";
import { wrongSubcommand } from "../../protocol/errors.ts";

const ASKING = ["pubsub", "loading", "stale"] as const;

export const publishCommands = group("pubsub", {
  PUBLISH: {
    run: publish,
    arity: 3,
    flags: ["pubsub", "loading", "stale", "fast", "may_replicate"],
    args: "channel message",
    since: "2.0.0",
    complexity:
      "O(N+M) where N is the number of clients subscribed to the receiving channel and M is the " +
      "total number of subscribed patterns (by any client).",
    summary: "Sends a message to all who listen to a channel.",
  },
  PUBSUB: {
    arity: -2,
    since: "2.8.0",
    complexity: "Depends on subcommand.",
    summary: "Tells what is listened to.",
    subcommands: {
      CHANNELS: {
        run: (call) => channels(call, "channel"),
        arity: -2,
        flags: ASKING,
        args: "[pattern]",
        since: "2.8.0",
        complexity:
          "O(N) where N is the number of active channels, and assuming constant time pattern " +
          "matching (relatively short channels and patterns)",
        summary: "Lists the channels that somebody listens to, all or those of a pattern.",
      },
      NUMPAT: {
        run: countPatterns,
        arity: 2,
        flags: ASKING,
        since: "2.8.0",
        complexity: "O(1)",
        summary: "Counts the patterns that somebody listens to.",
      },
      NUMSUB: {
        run: (call) => countSubscribers(call, "channel"),
        arity: -2,
        flags: ASKING,
        args: "[channel ...]",
        since: "2.8.0",
        complexity: "O(N) for the NUMSUB subcommand, where N is the number of requested channels",
        summary: "Counts who listens to channels; those who do by a pattern are left out.",
      },
      SHARDCHANNELS: {
        run: (call) => channels(call, "shard"),
        arity: -2,
        flags: ASKING,
        args: "[pattern]",
        since: "7.0.0",
        complexity:
          "O(N) where N is the number of active shard channels, and assuming constant time " +
          "pattern matching (relatively short shard channels).",
        summary: "Lists the channels of the shard that somebody listens to.",
      },
      SHARDNUMSUB: {
        run: (call) => countSubscribers(call, "shard"),
        arity: -2,
        flags: ASKING,
        args: "[shardchannel ...]",
        since: "7.0.0",
        complexity:
          "O(N) for the SHARDNUMSUB subcommand, where N is the number of requested shard channels",
        summary: "Counts who listens to channels of the shard.",
      },
      HELP: { ...helpEntry("6.2.0"), acl: [] },
    },
  },
  SPUBLISH: {
    run: publishToShard,
    arity: 3,
    flags: ["pubsub", "loading", "stale", "fast", "may_replicate"],
    keys: [{ at: 1, flags: ["not_key"] }],
    args: "shardchannel message",
    since: "7.0.0",
    complexity: "O(N) where N is the number of clients subscribed to the receiving shard channel.",
    summary: "Sends a message to all who listen to a channel of the shard.",
  },
});

function publish({ args, keyspace, reply, server }: Call): void {
  const { pubsub } = server;
  if (mayBeUndone(keyspace)) {
    reply.integer(pubsub.receiverCount(args, 1));
    sendLater(keyspace, args, (kept, mark) => pubsub.publish(kept, 1, 2, mark));
  } else {
    // Who has made a change may tell of it.
    reply.integer(pubsub.publish(args, 1, 2, keyspace.unsynced.lastMark));
  }
}

function publishToShard({ args, keyspace, reply, server }: Call): void {
  const { pubsub } = server;
  if (mayBeUndone(keyspace)) {
    reply.integer(pubsub.subscriberCount("shard", args, 1));
    sendLater(keyspace, args, (kept, mark) => pubsub.publishToShard(kept, 1, 2, mark));
  } else {
    reply.integer(pubsub.publishToShard(args, 1, 2, keyspace.unsynced.lastMark));
  }
}

/** Whether the script that runs has changed what may be undone: nobody is told of that before. */
function mayBeUndone({ events }: Keyspace): boolean {
  return events.scriptEnd?.hasChanged === true;
}

/** Sends a message when the script has ended, unless it is undone. */
function sendLater(
  { events, unsynced }: Keyspace,
  args: Args,
  send: (kept: Args, mark: number) => void,
): void {
  const kept = keptArgs(args);
  events.scriptEnd?.afterwards(() => send(kept, unsynced.lastMark), kept.bytes.length);
}

function channels(call: Call, kind: TopicKind): void {
  const { args, argc, reply, server } = call;
  if (argc > 3) throw wrongSubcommand(args);
  const mark = reply.beginArray();
  let count = 0;
  for (const { name } of server.pubsub.topics(kind)) {
    if (argc === 3 && !isMatch(args.bytes, args.start[2], args.size[2], name)) continue;
    reply.bulkBytes(name);
    count++;
  }
  reply.endArray(mark, count);
}

function isMatch(pattern: Uint8Array, offset: number, size: number, name: Topic["name"]): boolean {
  return globMatch(pattern, offset, size, name, 0, name.length, false);
}

function countPatterns({ reply, server }: Call): void {
  reply.integer(server.pubsub.topicCount("pattern"));
}

function countSubscribers({ args, argc, reply, server }: Call, kind: TopicKind): void {
  reply.array((argc - 2) * 2);
  for (let i = 2; i < argc; i++) {
    reply.bulk(args.bytes, args.start[i], args.size[i]);
    reply.integer(server.pubsub.subscriberCount(kind, args, i));
  }
}
