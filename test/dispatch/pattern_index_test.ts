// Purpose: the index finds the patterns that match a channel, no others, and none twice; and it
// looks at few of many.

import { expect, test } from "bun:test";
import { latin1 } from "../../src/base/bytes.ts";
import { matchGlob } from "../../src/base/glob.ts";
import { PatternIndex } from "../../src/dispatch/pattern_index.ts";
import type { NamedTopic } from "../../src/dispatch/topics.ts";
import { Topics } from "../../src/dispatch/topics.ts";
import { argsOf } from "../../src/protocol/args.ts";
import { ownCpuMs } from "../client/process.ts";
import { Random } from "../fuzz/random.ts";

const ROUNDS = 300;
const CHANNELS = 20;

/** Patterns that are known, and what is found. */
class World {
  private readonly topics = new Topics();
  private readonly index = new PatternIndex();
  readonly known = new Map<string, NamedTopic>();

  add(pattern: string): void {
    if (this.known.has(pattern)) return;
    const topic = this.topics.add(argsOf([pattern]), 0);
    this.known.set(pattern, topic);
    this.index.add(topic);
  }

  remove(pattern: string): void {
    const topic = this.known.get(pattern);
    if (topic === undefined) return;
    this.known.delete(pattern);
    this.topics.remove(topic);
    this.index.remove(topic);
  }

  found(channel: string): string[] {
    const found: NamedTopic[] = [];
    this.index.match(argsOf(["PUBLISH", channel]), 1, found);
    return found.map(({ name }) => latin1(name, 0, name.length)).sort();
  }
}

test("what it finds is what matches, for random patterns that come and go", () => {
  const random = new Random(15);
  const word = (letters: string, max: number) =>
    Array.from({ length: random.below(max + 1) }, () => letters[random.below(letters.length)]).join(
      "",
    );
  const pattern = () =>
    random.below(4) === 0 ? `${word("ab", 40)}*${word("ab", 3)}` : word("aabb*?[]\\^-", 7);
  const world = new World();
  for (let round = 0; round < ROUNDS; round++) {
    world.add(pattern());
    if (random.below(3) === 0)
      world.remove([...world.known.keys()][random.below(world.known.size)]);
    for (let i = 0; i < CHANNELS; i++) {
      const channel = random.below(3) === 0 ? word("ab*[]\\", 6) : word("ab", 42);
      const expected = [...world.known.keys()].filter((known) => matchGlob(known, channel, false));
      expect([round, channel, world.found(channel)]).toEqual([round, channel, expected.sort()]);
    }
  }
  for (const known of [...world.known.keys()]) world.remove(known);
  expect(world.found("a")).toEqual([]);
});

test("bytes are bytes", () => {
  const world = new World();
  world.add("\xff\x00*");
  world.add("*\x00\xff");
  world.add("");
  world.add("*");
  expect(world.found("\xff\x00\xff")).toEqual(["*", "*\x00\xff", "\xff\x00*"]);
  // As in Redis, where a star does not match an empty name.
  expect(world.found("")).toEqual([""]);
});

test("of many patterns few are looked at", () => {
  const world = new World();
  for (let i = 0; i < 20_000; i++) {
    world.add(`user:${i}:*`);
    world.add(`*:order:${i}`);
  }
  const from = ownCpuMs();
  for (let i = 0; i < 10_000; i++) {
    expect(world.found(`user:${i}:order:${i + 1}`)).toHaveLength(2);
  }
  // Looking at all of them would take a hundred times as long.
  expect(ownCpuMs() - from).toBeLessThan(5000);
});
