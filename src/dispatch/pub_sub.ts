/** Who has subscribed to what, and the way of a message to them. */
import { fromLatin1 } from "../base/bytes.ts";
import { globMatch } from "../base/glob.ts";
import { type Client, Gate } from "../calls/client.ts";
import type { ClientFeature } from "../calls/client_feature.ts";
import type { PubSub, Topic, TopicKind } from "../calls/pubsub.ts";
import type { Args } from "../protocol/args.ts";
import { MessageFrames, type Part } from "./message_frames.ts";
import { type NamedTopic, Topics } from "./topics.ts";

const KINDS = ["channel", "pattern", "shard"] as const;

/** What one client has subscribed to. */
interface Subscribed extends Readonly<Record<TopicKind, Set<NamedTopic>>> {
  nameSize: number;
}

const wordPart = (word: string): Part => partOf(fromLatin1(word));
const partOf = (bytes: Uint8Array): Part => ({ bytes, offset: 0, size: bytes.length });

const MESSAGE = wordPart("message");
const PATTERN_MESSAGE = wordPart("pmessage");
const SHARD_MESSAGE = wordPart("smessage");

export class PubSubHub implements PubSub, ClientFeature {
  private readonly tables: Readonly<Record<TopicKind, Topics>> = {
    channel: new Topics(),
    pattern: new Topics(),
    shard: new Topics(),
  };
  private readonly subscribed = new Map<Client, Subscribed>();
  private readonly frames2 = new MessageFrames(2);
  private readonly frames3 = new MessageFrames(3);

  get hasSubscribers(): boolean {
    const { channel, pattern } = this.tables;
    return channel.count + pattern.count > 0;
  }

  publish(args: Args, channel: number, message: number, mark: number): number {
    if (!this.hasSubscribers) return 0;
    const parts = [MESSAGE, argumentPart(args, channel), argumentPart(args, message)];
    let count = 0;
    const topic = this.tables.channel.find(args, channel);
    if (topic !== null) count += this.send(topic, parts, mark);
    if (this.tables.pattern.count === 0) return count;
    const { bytes, start, size } = args;
    for (const pattern of this.tables.pattern.all()) {
      const { name } = pattern;
      const isMatch = globMatch(name, 0, name.length, bytes, start[channel], size[channel], false);
      if (!isMatch) continue;
      count += this.send(pattern, [PATTERN_MESSAGE, partOf(name), parts[1], parts[2]], mark);
    }
    return count;
  }

  publishToShard(args: Args, channel: number, message: number, mark: number): number {
    const topic = this.tables.shard.find(args, channel);
    if (topic === null) return 0;
    const parts = [SHARD_MESSAGE, argumentPart(args, channel), argumentPart(args, message)];
    return this.send(topic, parts, mark);
  }

  /** Sends a message to all who have subscribed to a topic; to how many. */
  private send({ clients }: NamedTopic, parts: readonly Part[], mark: number): number {
    const { frames2, frames3 } = this;
    let isWritten2 = false;
    let isWritten3 = false;
    for (const client of clients) {
      if (client.protocol === 3) {
        if (!isWritten3) frames3.write(parts);
        isWritten3 = true;
        client.connection.deliver(frames3.block, frames3.from, frames3.to, mark);
      } else {
        if (!isWritten2) frames2.write(parts);
        isWritten2 = true;
        client.connection.deliver(frames2.block, frames2.from, frames2.to, mark);
      }
    }
    return clients.size;
  }

  subscribe(client: Client, kind: TopicKind, args: Args, index: number): number {
    const own = this.own(client);
    const table = this.tables[kind];
    const topic = table.find(args, index) ?? table.add(args, index);
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

  private end(client: Client, own: Subscribed, kind: TopicKind, topic: NamedTopic): void {
    own[kind].delete(topic);
    own.nameSize -= topic.name.length;
    topic.clients.delete(client);
    if (topic.clients.size === 0) this.tables[kind].remove(topic);
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

function argumentPart({ bytes, start, size }: Args, index: number): Part {
  return { bytes, offset: start[index], size: size[index] };
}
