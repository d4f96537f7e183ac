/** Who has subscribed to what, and the way of a message to them. */
import { isShortage } from "../arena/shortage.ts";
import { type Client, Gate } from "../calls/client.ts";
import type { ClientFeature } from "../calls/client_feature.ts";
import type { PubSub, Topic, TopicKind } from "../calls/pubsub.ts";
import type { Args } from "../protocol/args.ts";
import { MessageFrames, type MessageKind } from "./message_frames.ts";
import { PatternIndex } from "./pattern_index.ts";
import { type NamedTopic, Topics } from "./topics.ts";

const KINDS = ["channel", "pattern", "shard"] as const;

/** What one client has subscribed to. */
interface Subscribed extends Readonly<Record<TopicKind, Set<NamedTopic>>> {
  nameSize: number;
}

export class PubSubHub implements PubSub, ClientFeature {
  private readonly tables: Readonly<Record<TopicKind, Topics>> = {
    channel: new Topics(),
    pattern: new Topics(),
    shard: new Topics(),
  };
  private readonly patterns = new PatternIndex();
  private readonly found: NamedTopic[] = [];
  private readonly subscribed = new Map<Client, Subscribed>();
  private readonly frames2 = new MessageFrames(2);
  private readonly frames3 = new MessageFrames(3);

  get hasSubscribers(): boolean {
    const { channel, pattern } = this.tables;
    return channel.count + pattern.count > 0;
  }

  /** How many channels and patterns of all kinds have subscribers. */
  get nameCount(): number {
    const { channel, pattern, shard } = this.tables;
    return channel.count + pattern.count + shard.count;
  }

  publish(args: Args, channel: number, message: number, mark: number): number {
    if (!this.hasSubscribers) return 0;
    let count = 0;
    const topic = this.tables.channel.find(args, channel);
    if (topic !== null) {
      count += this.send(topic, "message", null, args, channel, message, mark);
    }
    if (this.tables.pattern.count === 0) return count;
    for (const found of this.matching(args, channel)) {
      count += this.send(found, "pmessage", found.name, args, channel, message, mark);
    }
    return count;
  }

  receiverCount(args: Args, channel: number): number {
    let count = this.subscriberCount("channel", args, channel);
    for (const { clients } of this.matching(args, channel)) count += clients.size;
    return count;
  }

  /** The patterns that match a channel, until the next is asked for. */
  private matching(args: Args, channel: number): readonly NamedTopic[] {
    const { found } = this;
    found.length = 0;
    this.patterns.match(args, channel, found);
    return found;
  }

  publishToShard(args: Args, channel: number, message: number, mark: number): number {
    const topic = this.tables.shard.find(args, channel);
    if (topic === null) return 0;
    return this.send(topic, "smessage", null, args, channel, message, mark);
  }

  /**
   * Sends a message to all who have subscribed to a topic; to how many. What it tells of is done,
   * or will be: when there is no memory for it those who do not get it are closed.
   */
  private send(
    { clients }: NamedTopic,
    kind: MessageKind,
    pattern: Uint8Array | null,
    args: Args,
    channel: number,
    message: number,
    mark: number,
  ): number {
    const count = clients.size;
    let written2: MessageFrames | null = null;
    let written3: MessageFrames | null = null;
    for (const client of clients) {
      // Who is gone when the turn ends counts, and nothing is written for it.
      if (client.connection.isDoomed) continue;
      try {
        if (client.protocol === 3) {
          written3 ??= this.frames3.write(kind, pattern, args, channel, message);
          client.connection.deliver(written3.block, written3.from, written3.to, mark);
        } else {
          written2 ??= this.frames2.write(kind, pattern, args, channel, message);
          client.connection.deliver(written2.block, written2.from, written2.to, mark);
        }
      } catch (error) {
        if (!isShortage(error)) throw error;
        client.connection.lacksMemory();
        client.connection.kill();
      }
    }
    return count;
  }

  subscribe(client: Client, kind: TopicKind, args: Args, index: number): number {
    const own = this.own(client);
    const topic = this.tables[kind].find(args, index) ?? this.begin(kind, args, index);
    if (!topic.clients.has(client)) own.nameSize += topic.name.length;
    topic.clients.add(client);
    own[kind].add(topic);
    client.setGate(Gate.subscribed, true);
    client.type = "pubsub";
    return countOf(own, kind);
  }

  unsubscribe(client: Client, kind: TopicKind, args: Args, index: number): number {
    const own = this.subscribed.get(client);
    if (own === undefined) return 0;
    const topic = this.tables[kind].find(args, index);
    if (topic?.clients.has(client)) {
      this.end(client, own, kind, topic);
      if (sizeOf(own) === 0) this.forget(client);
    }
    return countOf(own, kind);
  }

  *unsubscribeAll(client: Client, kind: TopicKind): Generator<{ name: Uint8Array; count: number }> {
    const own = this.subscribed.get(client);
    if (own === undefined) return;
    for (const topic of own[kind]) {
      this.end(client, own, kind, topic);
      if (sizeOf(own) === 0) this.forget(client);
      yield { name: topic.name, count: countOf(own, kind) };
    }
  }

  subscriptionCount(client: Client, kind: TopicKind): number {
    const own = this.subscribed.get(client);
    return own === undefined ? 0 : countOf(own, kind);
  }

  topics(kind: TopicKind): Iterable<Topic> {
    return this.tables[kind].all();
  }

  subscriberCount(kind: TopicKind, args: Args, index: number): number {
    return this.tables[kind].find(args, index)?.clients.size ?? 0;
  }

  topicCount(kind: TopicKind): number {
    return this.tables[kind].count;
  }

  left(client: Client): void {
    const own = this.subscribed.get(client);
    if (own === undefined) return;
    for (const kind of KINDS) for (const topic of own[kind]) this.end(client, own, kind, topic);
    this.forget(client);
  }

  reset(client: Client): void {
    this.left(client);
  }

  private own(client: Client): Subscribed {
    const found = this.subscribed.get(client);
    if (found !== undefined) return found;
    const own = {
      channel: new Set<NamedTopic>(),
      pattern: new Set<NamedTopic>(),
      shard: new Set<NamedTopic>(),
      nameSize: 0,
    };
    this.subscribed.set(client, own);
    client.subscriptions = own;
    return own;
  }

  private begin(kind: TopicKind, args: Args, index: number): NamedTopic {
    const topic = this.tables[kind].add(args, index);
    if (kind === "pattern") this.patterns.add(topic);
    return topic;
  }

  private end(client: Client, own: Subscribed, kind: TopicKind, topic: NamedTopic): void {
    own[kind].delete(topic);
    own.nameSize -= topic.name.length;
    topic.clients.delete(client);
    if (topic.clients.size > 0) return;
    this.tables[kind].remove(topic);
    if (kind === "pattern") this.patterns.remove(topic);
  }

  /** The client has no subscription any more. */
  private forget(client: Client): void {
    this.subscribed.delete(client);
    client.subscriptions = null;
    client.setGate(Gate.subscribed, false);
    if (client.type === "pubsub") client.type = "normal";
  }
}

/** As a client is told: channels and patterns are counted together. */
function countOf({ channel, pattern, shard }: Subscribed, kind: TopicKind): number {
  return kind === "shard" ? shard.size : channel.size + pattern.size;
}

function sizeOf({ channel, pattern, shard }: Subscribed): number {
  return channel.size + pattern.size + shard.size;
}
