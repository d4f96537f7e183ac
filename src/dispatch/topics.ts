/**
 * Channels, or patterns, by the bytes of their names: found by a keyed hash, so that clients cannot
 * choose names that collide, and without making an object. All operations are O(1) expected.
 */
import { hashBytes } from "../base/hash.ts";
import type { Client } from "../calls/client.ts";
import type { Topic } from "../calls/pubsub.ts";
import type { Args } from "../protocol/args.ts";

/** A channel or pattern that somebody has subscribed to. */
export class NamedTopic implements Topic {
  readonly name: Uint8Array;
  readonly clients = new Set<Client>();
  readonly hash: number;
  /** Another of the same hash; only the table's. */
  next: NamedTopic | null = null;

  constructor(name: Uint8Array, hash: number) {
    this.name = name;
    this.hash = hash;
  }

  /** Whether an argument names it. */
  isNamed({ bytes, start, size }: Args, index: number): boolean {
    const { name } = this;
    if (name.length !== size[index]) return false;
    const from = start[index];
    for (let i = 0; i < name.length; i++) if (name[i] !== bytes[from + i]) return false;
    return true;
  }
}

export class Topics {
  /** How many there are. */
  count = 0;
  /** The first of each hash. */
  private readonly byHash = new Map<number, NamedTopic>();

  /** The one that an argument names, or null. */
  find(args: Args, index: number): NamedTopic | null {
    if (this.count === 0) return null;
    const hash = hashBytes(args.bytes, args.view, args.start[index], args.size[index]);
    let topic = this.byHash.get(hash) ?? null;
    while (topic !== null && !topic.isNamed(args, index)) topic = topic.next;
    return topic;
  }

  /** Adds one, which is not in here, of the name in an argument. */
  add(args: Args, index: number): NamedTopic {
    const hash = hashBytes(args.bytes, args.view, args.start[index], args.size[index]);
    const topic = new NamedTopic(args.copy(index), hash);
    topic.next = this.byHash.get(hash) ?? null;
    this.byHash.set(hash, topic);
    this.count++;
    return topic;
  }

  /** Takes one out that is in here. */
  remove(topic: NamedTopic): void {
    const { byHash } = this;
    let before: NamedTopic | null = null;
    for (let at = byHash.get(topic.hash) ?? null; at !== topic && at !== null; at = at.next) {
      before = at;
    }
    if (before !== null) before.next = topic.next;
    else if (topic.next !== null) byHash.set(topic.hash, topic.next);
    else byHash.delete(topic.hash);
    this.count--;
  }

  *all(): Generator<NamedTopic> {
    for (const first of this.byHash.values()) {
      for (let topic: NamedTopic | null = first; topic !== null; topic = topic.next) yield topic;
    }
  }
}
