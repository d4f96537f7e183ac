/**
 * Pub/sub, as commands and what announces something (PUBLISH, key events, scripts) reach it. There
 * are channels, patterns of channels' names, and channels of a shard, which have nothing to do with
 * the others.
 */
import type { Args } from "../protocol/args.ts";
import type { Client } from "./client.ts";

/** What a client can subscribe to. */
export type TopicKind = "channel" | "pattern" | "shard";

/** A channel, or a pattern, that somebody has subscribed to. */
export interface Topic {
  readonly name: Uint8Array;
  /** In the order in which they have subscribed. */
  readonly clients: ReadonlySet<Client>;
}

export interface PubSub {
  /** Whether anybody has subscribed to a channel or pattern: without any a message reaches none. */
  readonly hasSubscribers: boolean;
  /**
   * Sends argument `message` to all who have subscribed to the channel in argument `channel`, or to
   * a pattern of it; to how many, where a client counts once for each of its subscriptions. The
   * message shows changes up to `mark` (Client.shows), and leaves when those may be told of. Who
   * runs the command gets it amid its replies, where that one is now.
   */
  publish(args: Args, channel: number, message: number, mark: number): number;
  /** As `publish`, to a channel of the shard. */
  publishToShard(args: Args, channel: number, message: number, mark: number): number;
  /** To how many a message would go. */
  receiverCount(args: Args, channel: number): number;
  /** Subscribes a client to what an argument names, if it has not; how many it has then. */
  subscribe(client: Client, kind: TopicKind, args: Args, index: number): number;
  /** The opposite. */
  unsubscribe(client: Client, kind: TopicKind, args: Args, index: number): number;
  /** Ends all subscriptions of one kind: of each the name, and how many the client has then. */
  unsubscribeAll(client: Client, kind: TopicKind): Iterable<{ name: Uint8Array; count: number }>;
  /** How many subscriptions a client has; channels and patterns are counted together. */
  subscriptionCount(client: Client, kind: TopicKind): number;
  /** All that somebody has subscribed to of one kind. */
  topics(kind: TopicKind): Iterable<Topic>;
  /** How many have subscribed to what an argument names. */
  subscriberCount(kind: TopicKind, args: Args, index: number): number;
  /** How many topics of one kind there are. */
  topicCount(kind: TopicKind): number;
}
