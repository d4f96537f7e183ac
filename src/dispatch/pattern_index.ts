/**
 * Which patterns match a channel, without looking at all of them: each is kept under the literal
 * bytes that it begins with, or those that it ends with if they are more, of which there are at
 * most LITERAL_SIZE_MAX. A channel is looked up by its first bytes in each of the sizes that occur,
 * and by its last; what is found is matched as a whole. That takes time in the number of sizes and
 * of the patterns found, which is all patterns if they have the same literal bytes, or none.
 */
import { copyBytes, equalBytes } from "../base/bytes.ts";
import { globMatch } from "../base/glob.ts";
import { hashBytes } from "../base/hash.ts";
import type { Args } from "../protocol/args.ts";
import type { NamedTopic } from "./topics.ts";

/** More literal bytes would tell few patterns more apart, and every size costs a look-up. */
const LITERAL_SIZE_MAX = 32;

/** Words are read up to so many bytes past the end. */
const PADDING = 4;

const STAR = 42;
const ANY = 63;
const OPEN = 91;
const ESCAPE = 92;

/** Where literal bytes of a pattern are looked at: a view of its own would cost each name much. */
const literalBytes = new Uint8Array(LITERAL_SIZE_MAX + PADDING);
const literalView = new DataView(literalBytes.buffer);

/** Patterns with the same literal bytes at one of their ends. */
class Group {
  readonly literal: Uint8Array;
  readonly hash: number;
  readonly topics = new Set<NamedTopic>();
  /** Another group of the same hash. */
  next: Group | null = null;

  constructor(literal: Uint8Array, hash: number) {
    this.literal = literal;
    this.hash = hash;
  }
}

/** Groups by their literal bytes, all at the same end of a pattern. */
class Groups {
  /** The sizes of literals that occur, and how many groups have each. */
  readonly sizes: number[] = [];
  private readonly counts = new Int32Array(LITERAL_SIZE_MAX + 1);
  private readonly byHash = new Map<number, Group>();

  find(bytes: Uint8Array, view: DataView, offset: number, size: number): Group | null {
    let group = this.byHash.get(hashBytes(bytes, view, offset, size)) ?? null;
    while (group !== null) {
      const { literal } = group;
      if (literal.length === size && equalBytes(literal, 0, bytes, offset, size)) return group;
      group = group.next;
    }
    return null;
  }

  add(topic: NamedTopic, offset: number, size: number): void {
    const { name } = topic;
    copyBytes(name, offset, size, literalBytes, 0);
    let group = this.find(literalBytes, literalView, 0, size);
    if (group === null) {
      const hash = hashBytes(literalBytes, literalView, 0, size);
      group = new Group(name.slice(offset, offset + size), hash);
      group.next = this.byHash.get(group.hash) ?? null;
      this.byHash.set(group.hash, group);
      if (this.counts[size]++ === 0) this.sizes.push(size);
    }
    group.topics.add(topic);
  }

  remove(topic: NamedTopic, offset: number, size: number): void {
    const { name } = topic;
    copyBytes(name, offset, size, literalBytes, 0);
    const group = this.find(literalBytes, literalView, 0, size);
    if (group === null) return;
    group.topics.delete(topic);
    if (group.topics.size === 0) this.removeGroup(group);
  }

  private removeGroup(group: Group): void {
    const { byHash, sizes } = this;
    const size = group.literal.length;
    let before: Group | null = null;
    for (let at = byHash.get(group.hash) ?? null; at !== group && at !== null; at = at.next) {
      before = at;
    }
    if (before !== null) before.next = group.next;
    else if (group.next !== null) byHash.set(group.hash, group.next);
    else byHash.delete(group.hash);
    if (--this.counts[size] === 0) sizes.splice(sizes.indexOf(size), 1);
  }
}

export class PatternIndex {
  private readonly starts = new Groups();
  private readonly ends = new Groups();

  /** Adds a pattern, which is not in here. */
  add(topic: NamedTopic): void {
    const { name } = topic;
    const start = startSize(name);
    const end = endSize(name);
    if (start >= end) this.starts.add(topic, 0, start);
    else this.ends.add(topic, name.length - end, end);
  }

  remove(topic: NamedTopic): void {
    const { name } = topic;
    const start = startSize(name);
    const end = endSize(name);
    if (start >= end) this.starts.remove(topic, 0, start);
    else this.ends.remove(topic, name.length - end, end);
  }

  /** Puts the patterns into `found` that match what an argument names. */
  match({ bytes, view, start, size }: Args, index: number, found: NamedTopic[]): void {
    const offset = start[index];
    const channelSize = size[index];
    for (const literalSize of this.starts.sizes) {
      if (literalSize > channelSize) continue;
      const group = this.starts.find(bytes, view, offset, literalSize);
      if (group !== null) matchGroup(group, bytes, offset, channelSize, found);
    }
    for (const literalSize of this.ends.sizes) {
      if (literalSize > channelSize) continue;
      const group = this.ends.find(bytes, view, offset + channelSize - literalSize, literalSize);
      if (group !== null) matchGroup(group, bytes, offset, channelSize, found);
    }
  }
}

function matchGroup(
  { topics }: Group,
  bytes: Uint8Array,
  offset: number,
  size: number,
  found: NamedTopic[],
): void {
  for (const topic of topics) {
    const { name } = topic;
    if (globMatch(name, 0, name.length, bytes, offset, size, false)) found.push(topic);
  }
}

/** How many bytes stand for themselves at the beginning of a pattern. */
function startSize(pattern: Uint8Array): number {
  const end = Math.min(pattern.length, LITERAL_SIZE_MAX);
  let size = 0;
  while (size < end && !isSpecial(pattern[size])) size++;
  return size;
}

/**
 * And how many at its end: none of a pattern with classes or escapes, in which bytes that follow
 * may mean something else.
 */
function endSize(pattern: Uint8Array): number {
  if (pattern.includes(OPEN) || pattern.includes(ESCAPE)) return 0;
  const end = Math.min(pattern.length, LITERAL_SIZE_MAX);
  let size = 0;
  while (size < end && !isSpecial(pattern[pattern.length - 1 - size])) size++;
  return size;
}

function isSpecial(byte: number): boolean {
  return byte === STAR || byte === ANY || byte === OPEN || byte === ESCAPE;
}
