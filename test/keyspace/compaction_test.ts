// Purpose: blocks that are moved so that slabs can be given back (src/keyspace/compaction.ts): all
// data are as they were, whatever commands and snapshots come between the steps, no block is lost,
// and after many deletions the memory goes back.

import { afterEach, beforeAll, describe, expect, test } from "bun:test";
import * as arena from "../../src/arena/arena.ts";
import { Compaction } from "../../src/keyspace/compaction.ts";
import { SnapshotWalk } from "../../src/persistence/walk/snapshot_walk.ts";
import * as dict from "../../src/structures/dict.ts";
import * as entry from "../../src/structures/entry.ts";
import * as frozen from "../../src/structures/frozen.ts";
import * as stringValue from "../../src/values/string_value.ts";
import { thresholds } from "../../src/values/thresholds.ts";
import { Random } from "../fuzz/random.ts";
import { grammar, LOW, lines, VERIFY } from "../fuzz/shortage.ts";
import { contentsOf } from "../persistence/contents.ts";
import { InnerServer } from "../persistence/inner_server.ts";

const ALWAYS = { wasteMin: 0, wastePercentMin: 0, changeMin: -1, isEach: true };
const WORTH_IT = { wasteMin: 1 << 20, wastePercentMin: 100, changeMin: 0.1, isEach: false };
const SEQUENCES = 8;
const usual = { ...thresholds };
let commands: Awaited<ReturnType<typeof grammar>>;

beforeAll(async () => {
  commands = await grammar();
});

afterEach(() => {
  arena.failAt(Infinity);
  arena.endEmptying();
  arena.verify();
  Object.assign(thresholds, usual);
});

function verify({ keyspace }: InnerServer): void {
  arena.verify();
  for (const db of keyspace.databases) {
    dict.verify(db.keys);
    db.expires.verify();
    dict.each(db.keys, (e) => VERIFY[entry.type(e)](e));
  }
}

const contents = ({ keyspace }: InnerServer) => contentsOf(keyspace.databases);

function end(inner: InnerServer): void {
  inner.keyspace.flushAll();
  while (inner.keyspace.reclaimSlice());
}

function pass(compaction: Compaction): void {
  expect(compaction.isDue()).toBe(true);
  while (compaction.step());
  expect(compaction.isActive).toBe(false);
}

const text = (i: number, size: number) => String(i).padEnd(size, "abcdefgh");

/** One key of each kind of value. */
function fill(inner: InnerServer, i: number): void {
  const numbers = Array.from({ length: 40 }, (_, n) => n);
  inner.run("SET", `s:${i}`, text(i, 40));
  inner.run("SET", `e:${i}`, text(i, 200), "EX", String(1000 + i));
  inner.run("SET", `b:${i}`, text(i, 6000));
  inner.run("SADD", `i:${i}`, ...numbers.map(String));
  inner.run("RPUSH", `l:${i}`, ...numbers.map((n) => text(n, 60)));
  inner.run("HSET", `p:${i}`, "f", text(i, 30), "g", text(i, 20));
  inner.run("HSET", `h:${i}`, ...numbers.flatMap((n) => [`field:${n}`, text(n * i, 90)]));
  inner.run("HSET", `H:${i}`, "long", text(i, 5000), "f", "x".repeat(100));
  inner.run("HEXPIRE", `h:${i}`, "1000", "FIELDS", "2", "field:3", "field:17");
  inner.run("SADD", `S:${i}`, ...numbers.map((n) => text(n, 80)));
  inner.run("ZADD", `z:${i}`, ...numbers.flatMap((n) => [String(n % 7), text(n, 70)]));
  for (let n = 0; n < 12; n++) inner.run("XADD", `x:${i}`, `${n + 1}-1`, "f", text(n, 100));
}

const KINDS = [..."sebilphHSzx"];

describe("after many keys were deleted at random", () => {
  test("all slabs but a few go back, and the data are as they were", () => {
    const random = new Random(7);
    const inner = new InnerServer(1);
    const before = arena.figures();
    for (let i = 0; i < 700; i++) fill(inner, i);
    inner.run("SELECT", "3");
    for (let i = 700; i < 800; i++) fill(inner, i);
    for (let i = 700; i < 800; i++) {
      for (const kind of KINDS) if (random.chance(0.9)) inner.run("DEL", `${kind}:${i}`);
    }
    inner.run("SELECT", "0");
    for (let i = 0; i < 700; i++) {
      for (const kind of KINDS) if (random.chance(0.9)) inner.run("DEL", `${kind}:${i}`);
    }
    while (inner.keyspace.reclaimSlice());
    const wanted = contents(inner);
    const full = arena.figures();
    pass(new Compaction(inner.keyspace, WORTH_IT));
    verify(inner);
    const { blockCount, reservedSize, usedSize } = arena.figures();
    expect(contents(inner)).toEqual(wanted);
    expect([blockCount, usedSize]).toEqual([full.blockCount, full.usedSize]);
    expect(inner.keyspace.stats.movedBlocks).toBeGreaterThan(1000);
    const grown = reservedSize - before.reservedSize;
    // Of each class there is a slab at least.
    expect(grown).toBeLessThan((full.reservedSize - before.reservedSize) * 0.8);
    end(inner);
  });

  test("keys that go while a pass goes on are no reason to leave it at that", () => {
    const inner = new InnerServer(1);
    const before = arena.figures();
    for (let i = 0; i < 20_000; i++) inner.run("SET", `key:${i}`, text(i, 600));
    const deleteSome = (isGone: (i: number) => boolean) => {
      for (let i = 0; i < 20_000; i++) if (isGone(i)) inner.run("DEL", `key:${i}`);
    };
    const full = arena.figures();
    deleteSome((i) => i % 10 < 7);
    const compaction = new Compaction(inner.keyspace, WORTH_IT);
    expect([compaction.isDue(), compaction.step()]).toEqual([true, true]);
    deleteSome((i) => i % 10 < 9);
    while (compaction.step());
    while (compaction.isDue()) while (compaction.step());
    const grown = arena.figures().reservedSize - before.reservedSize;
    expect(grown).toBeLessThan((full.reservedSize - before.reservedSize) * 0.3);
    verify(inner);
    end(inner);
  });

  test("there is no pass for little, nor a second one when nothing has changed", () => {
    const inner = new InnerServer(1);
    expect(new Compaction(inner.keyspace).isDue()).toBe(false);
    const compaction = new Compaction(inner.keyspace, { ...ALWAYS, changeMin: 0.1 });
    inner.run("SET", "key", "value");
    pass(compaction);
    expect(compaction.isDue()).toBe(false);
    end(inner);
  });
});

function* manyLines(seed: number): Generator<readonly string[]> {
  for (let index = 0; index < SEQUENCES; index++) yield* lines(seed, index, commands);
}

for (const seed of [1, 2, 3]) {
  test(`commands and snapshots between the steps make no difference, seed ${seed}`, () => {
    Object.assign(thresholds, LOW);
    const random = new Random(seed);
    const moving = new InnerServer(seed);
    const still = new InnerServer(seed);
    const compaction = new Compaction(moving.keyspace, ALWAYS);
    let walk: SnapshotWalk | null = null;
    let i = 0;
    for (const words of manyLines(seed)) {
      i++;
      expect(moving.run(...words)).toBe(still.run(...words));
      for (let left = random.below(4); left > 0; left--) {
        if (compaction.isDue()) compaction.step();
      }
      if (walk === null && random.chance(0.01)) walk = new SnapshotWalk(moving.keyspace, () => {});
      else if (walk !== null && random.chance(0.3) && !walk.step()) walk = null;
      if (i % 200 === 0) {
        verify(moving);
        expect(contents(moving)).toEqual(contents(still));
      }
    }
    while (walk?.step());
    expect(compaction.passCount).toBeGreaterThan(2);
    expect(moving.keyspace.stats.movedBlocks).toBeGreaterThan(100);
    verify(moving);
    expect(contents(moving)).toEqual(contents(still));
    end(moving);
    end(still);
  });
}

test("what a client is being sent stays where it is, and all else moves", () => {
  const inner = new InnerServer(1);
  for (let i = 0; i < 5; i++) fill(inner, i);
  const blockOf = (key: string) => stringValue.blockOf(inner.keyspace.databases[0].entryOf(key));
  const wanted = contents(inner);
  const [sent, other] = [blockOf("b:1"), blockOf("b:2")];
  const bytes = arena.u8[arena.segmentOf(sent)].slice(arena.byteOffset(sent)).subarray(0, 6000);
  frozen.hold(sent);
  const compaction = new Compaction(inner.keyspace, ALWAYS);
  pass(compaction);
  expect([blockOf("b:1") === sent, blockOf("b:2") === other]).toEqual([true, false]);
  const offset = arena.byteOffset(sent);
  expect(arena.u8[arena.segmentOf(sent)].subarray(offset, offset + 6000)).toEqual(bytes);
  verify(inner);
  frozen.release(sent);
  pass(compaction);
  expect(blockOf("b:1")).not.toBe(sent);
  verify(inner);
  expect(contents(inner)).toEqual(wanted);
  end(inner);
});

test("a pass ends when half of the reserve is gone", () => {
  const inner = new InnerServer(1);
  for (let i = 0; i < 5; i++) fill(inner, i);
  const wanted = contents(inner);
  const compaction = new Compaction(inner.keyspace, ALWAYS);
  expect(compaction.isDue()).toBe(true);
  expect(compaction.step()).toBe(true);
  arena.failAt(-1);
  expect([compaction.step(), compaction.isActive, compaction.isDue()]).toEqual(
    Array(3).fill(false),
  );
  arena.failAt(Infinity);
  verify(inner);
  expect(contents(inner)).toEqual(wanted);
  end(inner);
});
