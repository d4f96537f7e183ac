// Purpose: leaves of streams against an array of entries and the listpack that Redis would keep
// them in, verified after each step: IDs and values of all forms, deleted marks, growth, copies.

import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import * as arena from "../../src/arena/arena.ts";
import { latin1 } from "../../src/base/bytes.ts";
import { Reply } from "../../src/protocol/reply.ts";
import { StreamId } from "../../src/structures/stream_id.ts";
import type { StreamLeafRef } from "../../src/structures/stream_leaf.ts";
import * as streamLeaf from "../../src/structures/stream_leaf.ts";
import { Random } from "../fuzz/random.ts";
import { ID_MAX, idAt, idOf, integerOf, randomId, SEQ_MAX } from "./stream_ids.ts";
import { argsFor, type Entry, Node, namesOf, TEXTS, type Texts } from "./stream_nodes.ts";

let before = arena.figures();

beforeEach(() => {
  before = arena.figures();
});

afterEach(() => {
  const after = arena.figures();
  expect(after.blockCount).toBe(before.blockCount);
  expect(after.usedSize).toBe(before.usedSize);
});

const reply = new Reply();
const given = new StreamId();

const bulk = (text: string) => `$${text.length}\r\n${text}\r\n`;
const replyOf = (texts: Texts) => `*${texts.length}\r\n${texts.map(bulk).join("")}`;

/** Names and values at the cursor, which must reply with the same. */
function textsAt(cursor: streamLeaf.LeafCursor): Texts {
  const texts: string[] = [];
  cursor.each(({ bytes, offset, size }) => texts.push(latin1(bytes, offset, size)));
  reply.clear();
  cursor.reply(reply);
  if (latin1(reply.bytes, 0, reply.at) !== replyOf(texts)) throw new Error("another reply");
  return texts;
}

class Model {
  leaf: StreamLeafRef;
  readonly node: Node;

  constructor(id: bigint, texts: Texts, room = 0) {
    this.leaf = streamLeaf.create(idOf(id), argsFor(texts), 2, texts.length / 2, room);
    this.node = new Node(id, texts);
  }

  append(id: bigint, texts: Texts): void {
    idOf(id, given);
    this.leaf = streamLeaf.append(this.leaf, given, argsFor(texts), 2, texts.length / 2);
    this.node.add(id, texts);
  }

  delete(entry: Entry): void {
    const cursor = new streamLeaf.LeafCursor();
    cursor.start(this.leaf);
    while (cursor.next()) if (integerOf(cursor.id) === entry.id) break;
    cursor.markDeleted();
    this.node.delete(entry);
  }

  /** The cheap part: counts, sizes and IDs. */
  check(): void {
    const { leaf, node } = this;
    streamLeaf.verify(leaf);
    const { live } = node;
    if (streamLeaf.liveCount(leaf) !== live) throw new Error("the live count is wrong");
    const deleted = node.entries.length - live;
    if (streamLeaf.deletedCount(leaf) !== deleted) throw new Error("the deleted count is wrong");
    if (streamLeaf.packedSize(leaf) !== node.size) {
      throw new Error(`packed size ${streamLeaf.packedSize(leaf)}, not ${node.size}`);
    }
    streamLeaf.loadMaster(leaf, given);
    if (integerOf(given) !== node.master) throw new Error("the master ID is wrong");
    streamLeaf.loadLast(leaf, given);
    if (integerOf(given) !== node.last) throw new Error("the last ID is wrong");
  }

  /** Reads all entries: by `step` those that are deleted, too, and others by `next`. */
  checkEntries(leaf = this.leaf): void {
    const { entries } = this.node;
    const places: [number, Entry][] = [];
    const cursor = new streamLeaf.LeafCursor();
    cursor.start(leaf);
    for (const entry of entries) {
      expect(cursor.step()).toBe(true);
      this.checkEntry(cursor, entry);
      places.push([cursor.place, entry]);
    }
    expect(cursor.step()).toBe(false);
    cursor.start(leaf);
    for (const entry of entries.filter((one) => !one.isDeleted)) {
      expect(cursor.next()).toBe(true);
      this.checkEntry(cursor, entry);
    }
    expect(cursor.next()).toBe(false);
    for (const [place, entry] of places.reverse()) {
      cursor.seek(leaf, place, idOf(entry.id));
      this.checkEntry(cursor, entry);
    }
    cursor.startAtLast(leaf);
    this.checkEntry(cursor, entries[entries.length - 1]);
    expect(cursor.step()).toBe(false);
    const [place, first] = places[places.length - 1];
    cursor.seek(leaf, place, idOf(first.id));
    // From the first on it goes forward again.
    for (const entry of entries.slice(1)) {
      expect(cursor.step()).toBe(true);
      this.checkEntry(cursor, entry);
    }
  }

  private checkEntry(cursor: streamLeaf.LeafCursor, entry: Entry): void {
    if (integerOf(cursor.id) !== entry.id) throw new Error("another ID");
    if (cursor.isDeleted !== entry.isDeleted) throw new Error("deleted or not");
    const texts = textsAt(cursor);
    if (texts.length !== entry.texts.length) throw new Error("more or less fields");
    for (const [i, text] of texts.entries()) {
      if (text !== entry.texts[i]) throw new Error(`${text} and not ${entry.texts[i]}`);
    }
  }

  end(): void {
    arena.free(this.leaf);
    this.node.release();
  }
}

/** Ways for an ID to follow another, by name; what is beyond the last ID is not used. */
const STEPS: Record<string, (last: bigint, random: Random) => bigint> = {
  "the next sequence": (last) => last + 1n,
  "a sequence of 32 bits": (last, random) => ((last >> 64n) << 64n) + BigInt(random.uint32()),
  "a sequence a little higher": (last, random) => last + BigInt(1 + random.below(300)),
  "a sequence of 64 bits": (last, random) => last + (BigInt(random.uint32()) << 31n),
  "the highest sequence": (last) => last | SEQ_MAX,
  "a later ms, sequence 0": (last, random) =>
    ((last >> 64n) + BigInt(1 + random.below(200))) << 64n,
  "a later ms, any sequence": (last, random) =>
    (((last >> 64n) + BigInt(1 + random.uint32())) << 64n) + (randomId(random) & SEQ_MAX),
  "a later ms, a sequence of 32 bits": (last, random) =>
    (((last >> 64n) + BigInt(1 + random.below(3))) << 64n) + BigInt(random.uint32()),
  "another high word": (last, random) =>
    (((last >> 64n) + (BigInt(1 + random.below(9)) << 32n)) << 64n) + BigInt(random.below(9)),
};

const FIRST_IDS = [0n, 1n, idAt(0, 2n ** 32n - 1n), idAt(5, SEQ_MAX), idAt(5, 2n ** 63n)]
  .concat([idAt(1_700_000_000_000n, 0), idAt(2n ** 32n - 1n, 2n ** 32n - 1n), idAt(2n ** 63n, 7)])
  .concat([idAt(SEQ_MAX, 3), idAt(7, 2n ** 63n - 1n), idAt(1, 127), idAt(2n ** 31n, 2n ** 31n)]);

const FIELDS: Texts[] = [
  ["a", "1"],
  ["name", "x", "temperature", "20"],
  ["5", "1", "70000", "2", "-1", "3"],
];

/** Names and values of an entry: the names are of `base`, more often than not. */
function randomTexts(random: Random, base: Texts): Texts {
  const longest = random.chance(0.02) ? TEXTS.length : TEXTS.length - 6;
  const one = () => TEXTS[random.below(longest)];
  const names = namesOf(base);
  const kind = random.below(10);
  if (kind === 8) names[random.below(names.length)] = one();
  if (kind === 9) names.push(one());
  if (kind === 7 && names.length > 1) names.pop();
  return names.flatMap((name) => [name, one()]);
}

describe.each([1, 2, 3, 4, 5, 6, 7, 8])("random entries, seed %d", (seed) => {
  test("are read back, and of the size that Redis counts", () => {
    const random = new Random(seed);
    for (let round = 0; round < 12; round++) {
      const base = random.pick(FIELDS);
      let last = random.chance(0.7) ? random.pick(FIRST_IDS) : randomId(random);
      const model = new Model(last, randomTexts(random, base), random.pick([0, 500, 4096]));
      model.check();
      const { entries } = model.node;
      const count = random.pick([3, 20, 60]);
      const ways = random.shuffled(Object.keys(STEPS)).slice(0, random.between(1, 9));
      for (let step = 0; step < count; step++) {
        const id = STEPS[random.pick(ways)](last, random);
        if (id > last && id <= ID_MAX) {
          model.append(id, randomTexts(random, base));
          last = id;
        }
        if (random.chance(0.2)) {
          const live = entries.filter((entry) => !entry.isDeleted);
          if (live.length > 0) model.delete(random.pick(live));
        }
        if (random.chance(0.05)) model.leaf = streamLeaf.shrink(model.leaf);
        model.check();
        if (step % 10 === 0) model.checkEntries();
      }
      const twin = streamLeaf.copy(model.leaf);
      streamLeaf.verify(twin);
      model.checkEntries();
      model.checkEntries(twin);
      arena.free(twin);
      model.end();
    }
  });
});

describe("IDs", () => {
  test.each(Object.keys(STEPS))("%s", (way) => {
    const random = new Random(3);
    for (const first of FIRST_IDS) {
      const model = new Model(first, ["a", "1"]);
      for (let i = 0; i < 30; i++) {
        const id = STEPS[way](model.node.last, random);
        if (id <= model.node.last || id > ID_MAX) continue;
        model.append(id, ["a", "1"]);
        model.check();
      }
      model.checkEntries();
      model.end();
    }
  });

  test("differences from the first ID wrap round", () => {
    for (const master of FIRST_IDS) {
      const seq = master & SEQ_MAX;
      const ms = master >> 64n;
      for (const edge of [0n, 1n, 127n, 128n, 4095n, 4096n, 4097n, 2n ** 15n, 2n ** 23n]
        .concat([2n ** 31n, 2n ** 32n, 2n ** 63n])
        .flatMap((one) => [one - 1n, one, one + 1n, -one])) {
        const ids = [
          idAt(ms + 1n, BigInt.asUintN(64, seq + edge)),
          idAt(BigInt.asUintN(64, ms + edge), seq),
        ];
        for (const id of ids) {
          if (id <= master || id > ID_MAX) continue;
          const model = new Model(master, ["a", "1"]);
          model.append(id, ["a", "1"]);
          model.check();
          model.checkEntries();
          model.end();
        }
      }
    }
  });
});

describe("counts", () => {
  test.each([
    ["all live", 0],
    ["nearly all deleted", 0.98],
  ])("of more than 4096 entries, %s", (_, deleted) => {
    const random = new Random(4);
    const model = new Model(idAt(1, 1), ["a", "1"]);
    const cursor = new streamLeaf.LeafCursor();
    let live = 1;
    for (let i = 2; i < 4300; i++) {
      const id = idAt(i, i % 3);
      model.leaf = streamLeaf.append(model.leaf, idOf(id, given), argsFor(["a", "1"]), 2, 1);
      live++;
      if (random.chance(deleted)) {
        cursor.start(model.leaf);
        for (let skip = 0; skip <= (i % 7 === 0 ? 0 : Math.min(live - 1, 3)); skip++) cursor.next();
        cursor.markDeleted();
        live--;
      }
      // The listpack of every state is made in the end only, of the entries that there are.
      const isNear = Math.abs(i - 128) < 2 || Math.abs(i - 4096) < 2 || i === 2000;
      if (isNear) checkSize(model.leaf);
    }
    checkSize(model.leaf);
    model.end();
  });

  /** Checks the packed size against a listpack made of what the leaf has. */
  function checkSize(leaf: StreamLeafRef): void {
    streamLeaf.verify(leaf);
    const cursor = new streamLeaf.LeafCursor();
    cursor.start(leaf);
    let node: Node | undefined;
    const deleted: Entry[] = [];
    while (cursor.step()) {
      if (node === undefined) node = new Node(integerOf(cursor.id), ["a", "1"], true);
      else node.add(integerOf(cursor.id), ["a", "1"]);
      if (cursor.isDeleted) deleted.push(node.entries[node.entries.length - 1]);
    }
    if (node === undefined) throw new Error("a leaf without entries");
    for (const entry of deleted) entry.isDeleted = true;
    node.count();
    expect(streamLeaf.packedSize(leaf)).toBe(node.size);
    node.release();
  }

  test.each([1, 61, 62, 124, 125, 300, 2045, 2046, 4093])("of %d fields", (fields) => {
    const random = new Random(fields);
    const texts = Array.from({ length: 2 * fields }, () => String(random.below(300)));
    const model = new Model(idAt(1, 1), texts);
    model.append(idAt(1, 2), texts);
    model.append(idAt(1, 3), texts.toReversed());
    model.append(idAt(1, 4), texts.slice(2).concat(["a", "b"]));
    model.append(idAt(1, 5), ["a", "b"]);
    model.append(idAt(1, 6), texts);
    model.check();
    model.checkEntries();
    model.end();
  });
});

describe("blocks", () => {
  test("grow by more than is asked for, and shrink to what is used", () => {
    const model = new Model(idAt(1, 0), ["a", "1"]);
    let moves = 0;
    for (let i = 1; i < 2000; i++) {
      const home = model.leaf;
      idOf(idAt(1, i), given);
      model.leaf = streamLeaf.append(home, given, argsFor(["a", "123456"]), 2, 1);
      if (model.leaf !== home) moves++;
    }
    expect(moves).toBeGreaterThan(3);
    expect(moves).toBeLessThan(25);
    const used = streamLeaf.size(model.leaf);
    model.leaf = streamLeaf.shrink(model.leaf);
    expect(arena.capacity(model.leaf)).toBe(arena.capacityFor(used));
    expect(streamLeaf.shrink(model.leaf)).toBe(model.leaf);
    streamLeaf.verify(model.leaf);
    model.end();
  });

  test("have the room that is wished for, or more", () => {
    for (const room of [0, 64, 4096]) {
      const model = new Model(idAt(1, 0), ["a", "x".repeat(1000)], room);
      expect(arena.capacity(model.leaf)).toBeGreaterThanOrEqual(Math.max(room, 1000));
      model.check();
      model.end();
    }
  });

  test("have room for the first names once", () => {
    const model = new Model(idAt(1, 0), ["x".repeat(3000), "y".repeat(3000)]);
    expect(arena.capacity(model.leaf)).toBeLessThanOrEqual(arena.capacityFor(6200));
    model.check();
    model.end();
  });

  test.each([15_000, 17_000, 600_000])("take values of %d bytes", (size) => {
    const texts = ["a", "x".repeat(size), "b", "y"];
    const model = new Model(idAt(1, 0), texts);
    model.append(idAt(2, 0), texts.toReversed());
    model.append(idAt(2, 9), ["a", "1"]);
    model.check();
    model.checkEntries();
    model.end();
  });

  test("a copy shares nothing", () => {
    const model = new Model(idAt(1, 0), ["a", "1"]);
    for (let i = 1; i < 50; i++) model.append(idAt(i, i), ["a", String(i)]);
    const twin = streamLeaf.copy(model.leaf);
    const cursor = new streamLeaf.LeafCursor();
    cursor.start(twin);
    while (cursor.next()) cursor.markDeleted();
    streamLeaf.verify(twin);
    expect(streamLeaf.liveCount(twin)).toBe(0);
    expect(streamLeaf.deletedCount(twin)).toBe(50);
    arena.free(twin);
    model.check();
    model.checkEntries();
    model.end();
  });
});
