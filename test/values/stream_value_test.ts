// Purpose: streams against arrays of nodes that are added to, deleted from and trimmed as Redis
// does: every change is followed by a full verify, and every question is asked of both.

import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import * as arena from "../../src/arena/arena.ts";
import { latin1 } from "../../src/base/bytes.ts";
import { argsOf } from "../../src/protocol/args.ts";
import { Reply } from "../../src/protocol/reply.ts";
import type { EntryRef } from "../../src/structures/entry.ts";
import { StreamId } from "../../src/structures/stream_id.ts";
import * as streamGroup from "../../src/values/stream_group.ts";
import * as stream from "../../src/values/stream_value.ts";
import { thresholds } from "../../src/values/thresholds.ts";
import * as values from "../../src/values/values.ts";
import { Random } from "../fuzz/random.ts";
import { World } from "../keyspace/worlds.ts";
import { ID_MAX, idAt, idOf, integerOf, randomId, SEQ_MAX } from "../structures/stream_ids.ts";
import {
  argsFor,
  type Entry,
  Node,
  sizeOf,
  TEXTS,
  type Texts,
} from "../structures/stream_nodes.ts";

const DEFAULTS = { ...thresholds };
const NODE_SIZE_MAX = 2 ** 30;

let world = new World();
let before = arena.figures();
let models: Model[] = [];

beforeEach(() => {
  world = new World();
  before = arena.figures();
  models = [];
});

afterEach(() => {
  for (const model of models) for (const node of model.nodes) node.release();
  Object.assign(thresholds, DEFAULTS);
  world.verify();
  world.end();
  expect(arena.figures().blockCount).toBe(before.blockCount);
});

function create(key: string): EntryRef {
  const args = argsOf([key]);
  return stream.create(world.db(), args, 0, world.db().hash(args, 0), "xadd");
}

function copyOf(e: EntryRef, key: string): EntryRef {
  const args = argsOf([key]);
  return world.db().copyFrom(world.db(), e, args, 0, world.db().hash(args, 0));
}

function free(e: EntryRef): void {
  world.db().drop(e);
  while (world.keyspace.reclaimSlice());
}

const given = new StreamId();
const found = new StreamId();
const reply = new Reply();
const bulk = (text: string) => `$${text.length}\r\n${text}\r\n`;
const replied = () => latin1(reply.bytes, 0, reply.at);
const replyOf = (texts: Texts) => `*${texts.length}\r\n${texts.map(bulk).join("")}`;

interface Trimming {
  keep?: number;
  minId?: bigint;
  isApproximate?: boolean;
  limit?: number;
}

class Model {
  e: EntryRef;
  nodes: Node[] = [];
  first = 0n;
  last = 0n;
  maxDeleted = 0n;
  added = 0n;
  readonly cursor = new stream.StreamCursor();

  constructor(e: EntryRef) {
    this.e = e;
    models.push(this);
  }

  get live(): Entry[] {
    return this.nodes.flatMap((node) => node.entries.filter((entry) => !entry.isDeleted));
  }

  get length(): number {
    return this.nodes.reduce((sum, node) => sum + node.live, 0);
  }

  add(id: bigint, texts: Texts): void {
    const { e, nodes } = this;
    const size = sizeOf(texts);
    stream.add(e, idOf(id, given), argsFor(texts), 2, texts.length / 2, size);
    const wasEmpty = this.length === 0;
    const { streamNodeBytes, streamNodeEntries } = thresholds;
    const node = nodes[nodes.length - 1];
    const isFull =
      node === undefined ||
      node.size + size >= (streamNodeBytes || NODE_SIZE_MAX) ||
      (streamNodeEntries > 0 && node.entries.length >= streamNodeEntries);
    if (isFull) nodes.push(new Node(id, texts));
    else node.add(id, texts);
    if (wasEmpty) this.first = id;
    this.last = id;
    this.added++;
  }

  setLast(id: bigint): void {
    stream.setLastId(this.e, idOf(id, given));
    this.last = id;
  }

  /** XDEL. */
  remove(id: bigint): void {
    const { e, nodes } = this;
    const index = nodes.findLastIndex((node) => node.master <= id);
    const entry = nodes[index]?.entries.find((one) => one.id === id && !one.isDeleted);
    expect(stream.remove(e, idOf(id, given))).toBe(entry !== undefined);
    if (entry === undefined) return;
    nodes[index].delete(entry);
    if (nodes[index].live === 0) this.drop(index);
    stream.loadMaxDeletedId(e, found);
    if (id > integerOf(found)) stream.setMaxDeletedId(e, given);
    if (id > this.maxDeleted) this.maxDeleted = id;
    stream.renewFirstId(e);
    this.first = this.live[0]?.id ?? 0n;
  }

  private drop(index: number): void {
    const [node] = this.nodes.splice(index, 1);
    node.release();
  }

  trim({ keep, minId, isApproximate = false, limit = 0 }: Trimming): void {
    const { trimming } = stream;
    trimming.byId = minId !== undefined;
    trimming.keep = keep ?? 0;
    idOf(minId ?? 0n, trimming.minId);
    trimming.isApproximate = isApproximate;
    trimming.limit = limit;
    const will = stream.willTrim(this.e);
    const deleted = stream.trim(this.e);
    expect(deleted).toBe(this.trimModel({ keep, minId, isApproximate, limit }));
    expect(will).toBe(deleted > 0);
  }

  /** As streamTrim of Redis. */
  private trimModel({ keep = 0, minId, isApproximate, limit = 0 }: Trimming): number {
    let deleted = 0;
    while (this.nodes.length > 0) {
      if (minId === undefined && this.length <= keep) break;
      const [node] = this.nodes;
      const { live } = node;
      if (limit > 0 && deleted + live > limit) break;
      if (minId === undefined ? this.length - live >= keep : node.last < minId) {
        this.drop(0);
        deleted += live;
        continue;
      }
      if (isApproximate) break;
      for (const entry of node.entries.filter((one) => !one.isDeleted)) {
        if (minId === undefined ? this.length <= keep : entry.id >= minId) break;
        node.delete(entry);
        deleted++;
      }
      break;
    }
    if (deleted > 0 || this.length === 0) this.first = this.live[0]?.id ?? 0n;
    return deleted;
  }

  /** What is told in O(1), after a walk over all. */
  check(): void {
    const { e } = this;
    stream.verify(e);
    if (stream.length(e) !== this.length) throw new Error("the length is wrong");
    if (stream.leafCount(e) !== this.nodes.length) {
      throw new Error(`${stream.leafCount(e)} leaves, not ${this.nodes.length}`);
    }
    stream.loadFirstId(e, found);
    if (integerOf(found) !== this.first) throw new Error("the first ID is wrong");
    stream.loadLastId(e, found);
    if (integerOf(found) !== this.last) throw new Error("the last ID is wrong");
    stream.loadMaxDeletedId(e, found);
    if (integerOf(found) !== this.maxDeleted) throw new Error("the max deleted ID is wrong");
    if (stream.entriesAdded(e) !== this.added) throw new Error("the entries added are wrong");
    const end = this.nodes.findLast((node) => node.live > 0)?.entries.findLast((x) => !x.isDeleted);
    expect(stream.loadLastEntryId(e, found)).toBe(end !== undefined);
    if (end !== undefined && integerOf(found) !== end.id) throw new Error("the end is wrong");
  }

  /** Reads a range, forward or backward; `between` is called at each entry. */
  checkRange(from: bigint, to: bigint, isBackward: boolean, between?: () => void): void {
    const wanted = this.live.filter(({ id }) => id >= from && id <= to);
    if (isBackward) wanted.reverse();
    const { cursor } = this;
    cursor.start(this.e, idOf(from), idOf(to), isBackward);
    for (const entry of wanted) {
      between?.();
      if (!cursor.next()) throw new Error("the range ends early");
      if (integerOf(cursor.id) !== entry.id) throw new Error("another ID");
      this.checkTexts(entry.texts);
    }
    if (cursor.next()) throw new Error("the range ends late");
    if (cursor.next()) throw new Error("the range goes on after its end");
  }

  private checkTexts(texts: Texts): void {
    let index = 0;
    this.cursor.each(({ bytes, offset, size }) => {
      if (latin1(bytes, offset, size) !== texts[index++]) throw new Error("another text");
    });
    if (index !== texts.length) throw new Error("other fields");
    reply.clear();
    this.cursor.reply(reply);
    if (replied() !== replyOf(texts)) throw new Error("another reply");
  }

  checkAll(): void {
    this.checkRange(0n, ID_MAX, false);
    this.checkRange(0n, ID_MAX, true);
  }

  checkHas(id: bigint): void {
    const entry = this.live.find((one) => one.id === id);
    expect(stream.has(this.e, idOf(id, given))).toBe(entry !== undefined);
    if (entry === undefined) return;
    reply.clear();
    stream.replyFound(reply);
    expect(replied()).toBe(replyOf(entry.texts));
  }
}

/** An ID near one that there is, or was. */
function near(random: Random, model: Model): bigint {
  if (random.chance(0.1)) return randomId(random);
  const entries = model.nodes.flatMap((node) => node.entries);
  const id = entries.length === 0 ? model.last : random.pick(entries).id;
  return BigInt.asUintN(128, id + BigInt(random.pick([-1, 0, 0, 0, 1])));
}

/** An ID after the last one. */
function later(random: Random, last: bigint): bigint {
  const ms = last >> 64n;
  return random.weighted([
    [5, last + 1n],
    [3, last + BigInt(1 + random.below(1000))],
    [3, (ms + BigInt(1 + random.below(5000))) << 64n],
    [2, ((ms + 1n) << 64n) + BigInt(random.uint32())],
    [1, last + (1n << 40n)],
    [1, ((ms + 1n) << 64n) + (randomId(random) & SEQ_MAX)],
    [0.3, last + (1n << 96n)],
  ]);
}

function randomTexts(random: Random): Texts {
  const value = () => random.pick(TEXTS.slice(0, random.chance(0.03) ? TEXTS.length : -6));
  if (random.chance(0.75)) return ["name", value(), "temperature", value()];
  return Array.from({ length: 1 + random.below(3) }, () => [
    random.pick(["name", "x"]),
    value(),
  ]).flat();
}

function randomTrimming(random: Random, model: Model): Trimming {
  const isApproximate = random.chance(0.5);
  const limit = isApproximate && random.chance(0.5) ? 1 + random.below(20) : 0;
  if (random.chance(0.5)) return { minId: near(random, model), isApproximate, limit };
  const { length } = model;
  return { keep: Math.max(0, length + random.between(-8, 2)), isApproximate, limit };
}

describe.each([
  ["1 entry a leaf", 4096, 1],
  ["2 entries a leaf", 4096, 2],
  ["3 entries a leaf", 0, 3],
  ["10 entries a leaf", 4096, 10],
  ["leaves of 100 bytes", 100, 0],
  ["leaves of 600 bytes", 600, 50],
  ["one leaf", 0, 0],
])("%s", (_, nodeBytes, nodeEntries) => {
  beforeEach(() => {
    thresholds.streamNodeBytes = nodeBytes;
    thresholds.streamNodeEntries = nodeEntries;
  });

  test.each([1, 2, 3])("random changes, seed %d", (seed) => {
    const random = new Random(seed);
    const model = new Model(create("key"));
    if (seed === 1) model.setLast(idAt(1_700_000_000_000n, 0));
    model.check();
    for (let step = 0; step < 300; step++) {
      const isGrowing = step % 150 < 100;
      const kind = random.below(10);
      if (kind < 4 || (kind < 8 && isGrowing)) {
        model.add(later(random, model.last), randomTexts(random));
      } else if (kind < 7) {
        model.remove(near(random, model));
      } else if (kind < 8 || (isGrowing && random.chance(0.3))) {
        model.trim(randomTrimming(random, model));
      } else {
        model.checkRange(near(random, model), near(random, model), random.chance(0.5));
        model.checkHas(near(random, model));
      }
      model.check();
      if (step % 40 === 0) model.checkAll();
    }
    model.checkAll();
    expect(stream.nodeCount(model.e)).toBeGreaterThan(model.nodes.length);
    model.trim({ keep: 0 });
    model.check();
    model.add(later(random, model.last), ["a", "1"]);
    model.check();
    model.checkAll();
  });

  test("trimmed by every length and every ID, exactly and not", () => {
    const ids = Array.from({ length: 13 }, (_, i) => idAt(5 + (i >> 2), i & 3));
    for (let target = 0; target <= 13; target++) {
      for (const isApproximate of [false, true]) {
        for (const limit of isApproximate ? [0, 1, 4, 9] : [0]) {
          for (const byId of [false, true]) {
            const model = new Model(create("key"));
            for (const id of ids) model.add(id, ["a", "1"]);
            for (const id of [ids[1], ids[6], ids[12]]) model.remove(id);
            const minId = byId ? (ids[target] ?? ID_MAX) : undefined;
            model.trim({ keep: target, minId, isApproximate, limit });
            model.check();
            model.checkAll();
            free(model.e);
          }
        }
      }
    }
  });

  test("emptied from the front, from the back, and from the middle", () => {
    const random = new Random(5);
    for (const order of ["front", "back", "middle"]) {
      const model = new Model(create(order));
      for (let i = 1; i <= 60; i++) model.add(later(random, model.last), ["a", "1", "b", "2"]);
      for (let { live } = model; live.length > 0; { live } = model) {
        const index = order === "front" ? 0 : order === "back" ? live.length - 1 : live.length >> 1;
        model.remove(live[index].id);
        model.check();
        model.checkAll();
      }
      expect(stream.leafCount(model.e)).toBe(0);
    }
  });
});

describe("a leaf that keeps deleted entries only", () => {
  /** Entries 1 to `count`, of which the last was deleted, trimmed by ID to nothing but that. */
  function trimmed(key: string, count: number): Model {
    const model = new Model(create(key));
    for (let i = 1; i <= count; i++) model.add(idAt(i, 0), ["a", String(i)]);
    model.remove(idAt(count, 0));
    model.trim({ minId: idAt(count, 0) });
    model.check();
    expect(stream.length(model.e)).toBe(0);
    expect(stream.leafCount(model.e)).toBe(1);
    return model;
  }

  test("is added to until it is full", () => {
    thresholds.streamNodeEntries = 5;
    const model = trimmed("key", 3);
    model.checkAll();
    for (let i = 4; i < 10; i++) {
      model.add(idAt(i, 0), ["a", String(i)]);
      model.check();
      model.checkAll();
    }
    expect(stream.leafCount(model.e)).toBe(2);
    model.remove(idAt(4, 0));
    model.remove(idAt(5, 0));
    model.check();
    expect(stream.leafCount(model.e)).toBe(1);
  });

  test("stays when there is another after it, and is passed by", () => {
    thresholds.streamNodeEntries = 5;
    const model = trimmed("key", 5);
    for (let i = 6; i < 14; i++) model.add(idAt(i, 0), ["a", String(i)]);
    model.check();
    model.checkAll();
    expect(stream.leafCount(model.e)).toBe(3);
    for (const from of [1, 5, 6, 13]) {
      model.checkRange(idAt(from, 0), idAt(11, 0), true);
      model.checkRange(idAt(from, 0), idAt(11, 0), false);
    }
    const twin = copyOf(model.e, "twin");
    stream.verify(twin);
    expect(stream.leafCount(twin)).toBe(3);
    model.trim({ keep: 7, isApproximate: true });
    model.check();
    expect(stream.leafCount(model.e)).toBe(2);
  });

  test("goes when XSETID lets an entry be added before it", () => {
    const model = new Model(create("key"));
    model.add(idAt(5, 0), ["a", "1"]);
    model.add(idAt(6, 0), ["a", "2"]);
    model.remove(idAt(6, 0));
    model.trim({ minId: idAt(6, 0) });
    model.setLast(idAt(1, 0));
    for (const node of model.nodes.splice(0)) node.release();
    model.add(idAt(2, 0), ["a", "3"]);
    model.check();
    model.checkAll();
  });

  test("goes with the next trim that reaches it", () => {
    for (const trimming of [{ minId: idAt(9, 0) }, { minId: idAt(9, 0), isApproximate: true }]) {
      const model = trimmed("key", 4);
      model.trim({ keep: 0 });
      expect(stream.leafCount(model.e)).toBe(1);
      model.trim(trimming);
      model.check();
      expect(stream.leafCount(model.e)).toBe(0);
      free(model.e);
    }
  });
});

describe("ranges", () => {
  test("any range, both ways, while other streams are searched", () => {
    const random = new Random(11);
    thresholds.streamNodeEntries = 7;
    const model = new Model(create("key"));
    const other = new Model(create("other"));
    for (let i = 0; i < 300; i++) {
      model.add(later(random, model.last), ["a", String(i)]);
      other.add(later(random, other.last), ["a", String(i)]);
      if (random.chance(0.2)) model.remove(near(random, model));
    }
    const second = new stream.StreamCursor();
    second.start(other.e, idOf(0n), idOf(ID_MAX), true);
    let rest = other.live.toReversed();
    const between = () => {
      stream.has(model.e, idOf(near(random, model)));
      stream.has(other.e, idOf(near(random, other)));
      if (!second.next()) {
        second.start(other.e, idOf(0n), idOf(ID_MAX), true);
        rest = other.live.toReversed();
        second.next();
      }
      expect(integerOf(second.id)).toBe(rest.shift()?.id ?? -1n);
    };
    for (let i = 0; i < 150; i++) {
      const from = near(random, model);
      const to = random.chance(0.5) ? near(random, model) : from + BigInt(random.below(5000));
      model.checkRange(from, to < ID_MAX ? to : ID_MAX, random.chance(0.5), between);
    }
  });

  test("of a leaf with more entries than a cursor has places for", () => {
    thresholds.streamNodeEntries = 0;
    thresholds.streamNodeBytes = 0;
    const model = new Model(create("key"));
    const e = model.e;
    for (let i = 1; i <= 1000; i++) {
      stream.add(e, idOf(idAt(1, i), given), argsFor(["a", "1"]), 2, 1, 2);
    }
    const { cursor } = model;
    cursor.start(e, idOf(idAt(1, 3)), idOf(idAt(1, 998)), true);
    for (let i = 998; i >= 3; i--) {
      expect(cursor.next()).toBe(true);
      expect(integerOf(cursor.id)).toBe(idAt(1, i));
    }
    expect(cursor.next()).toBe(false);
  });

  test("of an empty stream, and from behind its end", () => {
    const model = new Model(create("key"));
    model.checkAll();
    model.add(ID_MAX - 1n, ["a", "1"]);
    model.add(ID_MAX, ["a", "1"]);
    model.check();
    model.checkAll();
    model.checkRange(ID_MAX, ID_MAX, false);
    model.checkRange(ID_MAX, ID_MAX, true);
    model.checkRange(ID_MAX, 0n, false);
    model.checkRange(ID_MAX, 0n, true);
    model.remove(ID_MAX);
    model.checkRange(ID_MAX, ID_MAX, false);
    model.checkRange(ID_MAX, ID_MAX, true);
  });
});

describe("memory", () => {
  function filled(key: string, count: number): Model {
    const random = new Random(count);
    const model = new Model(create(key));
    for (let i = 0; i < count; i++) model.add(later(random, model.last), ["name", String(i)]);
    return model;
  }

  test.each([1, 50, 1000])("a copy of %d entries shares nothing", (count) => {
    thresholds.streamNodeEntries = 10;
    const model = filled("key", count);
    if (count > 1) for (const { id } of model.live.slice(20, 45)) model.remove(id);
    const original = model.e;
    model.e = copyOf(original, "twin");
    model.check();
    model.checkAll();
    free(original);
    model.check();
    model.checkAll();
    model.add(later(new Random(count), model.last), ["a", "1"]);
    model.check();
    model.checkAll();
  });

  test("the size is that of what is freed, and of many leaves about that", () => {
    thresholds.streamNodeEntries = 10;
    for (const count of [1, 9, 150, 2000]) {
      const { e } = filled("key", count);
      const size = values.ownedSize(e) + arena.capacity(e);
      const used = arena.usedSize();
      free(e);
      const freed = used - arena.usedSize();
      if (count <= 150) expect(size).toBe(freed);
      else expect(Math.abs(size / freed - 1)).toBeLessThan(0.1);
    }
  });

  test("one large entry makes no room for others like it", () => {
    const e = create("key");
    const large = ["a", "x".repeat(1_000_000)];
    stream.add(e, idOf(idAt(1, 0)), argsFor(large), 2, 1, 1_000_001);
    for (let i = 0; i < 50; i++) {
      stream.add(e, idOf(idAt(2, i)), argsFor(["a", "1"]), 2, 1, 2);
    }
    expect(stream.leafCount(e)).toBe(2);
    expect(values.ownedSize(e)).toBeLessThan(1_200_000);
  });

  test("small entries take little more than what is in them", () => {
    const e = create("key");
    for (let i = 0; i < 10_000; i++) {
      const id = idOf(idAt(1_700_000_000_000 + i, 0), given);
      stream.add(e, id, argsFor(["name", "12345678"]), 2, 1, 12);
    }
    // Head, ID, size and an integer of 32 bits: 8. For 100 of them a header, and slack.
    const used = arena.usedSize();
    free(e);
    expect((used - arena.usedSize()) / 10_000).toBeLessThan(10);
  });

  test("is freed in slices, with groups", () => {
    thresholds.streamNodeEntries = 2;
    const { e, nodes } = filled("key", 600);
    const names = argsOf(["g", "c"]);
    const group = streamGroup.create(stream.madeGroups(e), names, 0, idOf(0n), -1n);
    const consumer = streamGroup.createConsumer(group, names, 1, 5);
    for (let i = 0; i < 12_000; i++) {
      streamGroup.deliver(group, consumer, idOf(idAt(i, 1), given), 5);
    }
    expect(values.count(e)).toBeGreaterThan(nodes.length + 12_000);
    world.db().unlink(e);
    let slices = 1;
    while (stream.releaseSlice(e)) slices++;
    expect(slices).toBeGreaterThan(4);
    expect(slices).toBeLessThan(20);
    arena.free(e);
  });
});

describe("entries added", () => {
  const WORD = 2n ** 32n;

  test.each([
    0n,
    1n,
    WORD - 2n,
    WORD - 1n,
    WORD,
    2n ** 53n,
    2n ** 63n - 2n,
    -1n,
    -WORD,
    -WORD - 1n,
  ])("counted on from %d", (start) => {
    const model = new Model(create("key"));
    stream.setEntriesAdded(model.e, start);
    expect(stream.entriesAdded(model.e)).toBe(start);
    for (let i = 1; i < 4; i++) {
      model.add(idAt(1, i), ["a", "1"]);
      expect(stream.entriesAdded(model.e)).toBe(BigInt.asIntN(64, start + BigInt(i)));
    }
  });

  /** As streamEstimateDistanceFromFirstEverEntry of Redis. */
  function upTo(model: Model, id: bigint): bigint {
    const { length, last, first, maxDeleted } = model;
    const added = stream.entriesAdded(model.e);
    if (added === 0n) return 0n;
    if (length === 0 && id <= last) return added;
    if (id === last) return added;
    if (id > last) return -1n;
    if (maxDeleted === 0n || maxDeleted < first) {
      if (id < first) return added - BigInt(length);
      if (id === first) return added - BigInt(length) + 1n;
    }
    return -1n;
  }

  /** As streamRangeHasTombstones of Redis, to the end. */
  function hasTombstones({ length, first, maxDeleted }: Model, from: bigint): boolean {
    if (length === 0 || maxDeleted === 0n || first > maxDeleted) return false;
    return from <= maxDeleted;
  }

  test.each([0n, 5n, WORD, 2n ** 62n])("up to any ID, %d more of them", (more) => {
    const random = new Random(Number(more % 1000n));
    thresholds.streamNodeEntries = 3;
    for (let round = 0; round < 150; round++) {
      const model = new Model(create("key"));
      for (let i = random.below(12); i > 0; i--) model.add(later(random, model.last), ["a", "1"]);
      for (let i = random.below(5); i > 0; i--) model.remove(near(random, model));
      if (random.chance(0.3)) model.trim(randomTrimming(random, model));
      if (random.chance(0.2)) {
        model.maxDeleted = near(random, model);
        stream.setMaxDeletedId(model.e, idOf(model.maxDeleted));
      }
      if (random.chance(0.2)) {
        model.setLast(BigInt.asUintN(128, model.last + BigInt(random.below(2))));
      }
      if (model.added > 0n) model.added += more;
      stream.setEntriesAdded(model.e, model.added);
      model.check();
      const ids = model.nodes.flatMap((node) => node.entries.map((entry) => entry.id));
      for (const id of [0n, ID_MAX, model.last, model.maxDeleted, ...ids]) {
        for (const one of [id, id + 1n, id - 1n]) {
          if (one < 0n || one > ID_MAX) continue;
          expect(stream.addedUpTo(model.e, idOf(one))).toBe(upTo(model, one));
          expect(stream.hasTombstones(model.e, idOf(one))).toBe(hasTombstones(model, one));
        }
      }
      free(model.e);
    }
  });
});
