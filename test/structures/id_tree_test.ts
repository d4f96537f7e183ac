// Purpose: rows by ID against a sorted array of integers, verified after each step: filled in any
// order, searched, walked while other trees are searched, emptied, and freed in slices.

import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import * as arena from "../../src/arena/arena.ts";
import { NIL, SEGMENT_BITS } from "../../src/arena/arena.ts";
import type { TreeRef } from "../../src/structures/btree.ts";
import * as btree from "../../src/structures/btree.ts";
import type { RowRef } from "../../src/structures/id_tree.ts";
import * as idTree from "../../src/structures/id_tree.ts";
import { StreamId } from "../../src/structures/stream_id.ts";
import { Random } from "../fuzz/random.ts";
import { ID_MAX, idAt, idOf, integerOf, randomId } from "./stream_ids.ts";

let before = arena.figures();

beforeEach(() => {
  before = arena.figures();
});

afterEach(() => {
  const after = arena.figures();
  expect(after.blockCount).toBe(before.blockCount);
  expect(after.usedSize).toBe(before.usedSize);
});

const given = new StreamId();
const rowId = new StreamId();

/** The ID of a row, or null. */
function idIn(row: RowRef): bigint | null {
  if (row === NIL) return null;
  rowId.load(row, 0);
  return integerOf(rowId);
}

/** What the test writes into a row: words that are told by its ID. */
const payloadWord = (id: bigint, index: number) =>
  Number(BigInt.asIntN(32, (id ^ (id >> 32n) ^ (id >> 64n)) * 2654435761n)) ^ index;

class Model {
  readonly tree: TreeRef;
  readonly payload: number;
  readonly ids: bigint[] = [];
  readonly cursor = new idTree.IdCursor();

  constructor(payload: number) {
    this.payload = payload;
    this.tree = idTree.create(payload);
  }

  /** How many IDs are before this one. */
  rank(id: bigint): number {
    let low = 0;
    let high = this.ids.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.ids[middle] < id) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  has(id: bigint): boolean {
    return this.ids[this.rank(id)] === id;
  }

  insert(id: bigint): void {
    if (this.has(id)) return;
    const row = idTree.insert(this.tree, idOf(id, given));
    const words = arena.i32[row >>> SEGMENT_BITS];
    const at = idTree.payloadAt(row);
    for (let i = 0; i < this.payload; i++) words[at + i] = payloadWord(id, i);
    this.ids.splice(this.rank(id), 0, id);
    this.checkRow(row, id);
  }

  find(id: bigint): RowRef {
    const row = idTree.find(this.tree, idOf(id, given));
    if (this.has(id)) this.checkRow(row, id);
    else expect(row).toBe(NIL as RowRef);
    return row;
  }

  remove(id: bigint): void {
    const row = this.find(id);
    if (row === NIL) return;
    idTree.removeFound(this.tree, row);
    this.ids.splice(this.rank(id), 1);
  }

  /** Removes the row to which a cursor leads. */
  removeAtCursor(from: bigint): void {
    const { cursor, ids } = this;
    const rank = this.rank(from);
    if (rank < ids.length) cursor.seek(this.tree, idOf(from, given));
    else cursor.seekLast(this.tree);
    const gone = Math.min(rank, ids.length - 1);
    this.checkRow(cursor.row, ids[gone]);
    idTree.removeFound(this.tree, cursor.row);
    ids.splice(gone, 1);
  }

  checkRow(row: RowRef, id: bigint): void {
    if (idIn(row) !== id) throw new Error("the row is of another ID");
    const words = arena.i32[row >>> SEGMENT_BITS];
    const at = idTree.payloadAt(row);
    for (let i = 0; i < this.payload; i++) {
      if (words[at + i] !== payloadWord(id, i)) throw new Error("the payload is another");
    }
  }

  /** Walks `count` rows from an ID on; `between` is called at each. */
  walk(from: bigint, count: number, between?: () => void): void {
    const { cursor } = this;
    let rank = this.rank(from);
    const end = Math.min(this.ids.length, rank + count);
    for (cursor.seek(this.tree, idOf(from, given)); rank < end; rank++, cursor.next()) {
      this.checkRow(cursor.row, this.ids[rank]);
      between?.();
    }
    if (end === this.ids.length) expect(cursor.row).toBe(NIL as RowRef);
  }

  check(): void {
    idTree.verify(this.tree);
    if (btree.count(this.tree) !== this.ids.length) throw new Error("the count is wrong");
  }

  /** Frees the tree, whose size must have been told rightly. */
  end(): void {
    const size = idTree.ownedSize(this.tree);
    const used = arena.usedSize();
    idTree.release(this.tree);
    expect(used - arena.usedSize()).toBe(size);
  }
}

/** IDs in some order, of which no two are the same, all words of them different. */
const ORDERS: Record<string, (i: number, random: Random) => bigint> = {
  ascending: (i) => idAt((0xffff_fff0n << 32n) + 0x7fff_ff00n + BigInt(i), 0x9000_0001_ffff_ff00n),
  "ascending by sequence": (i) => idAt(0x8000_0001_0000_0002n, 0xffff_0000n + BigInt(i)),
  descending: (i) => ID_MAX - (BigInt(i) << 62n) - 5n,
  "at random": (_, random) => randomId(random),
  clustered: (i, random) =>
    idAt(
      BigInt(i % 7) << BigInt(9 * (i % 7)),
      0x8000_0000_0000_0000n - 200n + BigInt(random.below(400)),
    ),
};

describe.each(Object.keys(ORDERS))("%s", (name) => {
  test.each([0, 2, 6])("with %d words of payload", (payload) => {
    const random = new Random(payload + 1);
    const model = new Model(payload);
    model.check();
    for (let i = 0; i < 700; i++) {
      model.insert(ORDERS[name](i, random));
      model.check();
      if (model.ids.length > 0) model.find(random.pick(model.ids) + BigInt(random.between(-1, 1)));
    }
    model.walk(0n, Infinity);
    for (const id of random.shuffled(model.ids).slice(0, 100)) {
      model.walk(id, 70);
      if (id < ID_MAX) model.walk(id + 1n, 1);
    }
    while (model.ids.length > 0) {
      const id = random.chance(0.5) ? random.pick(model.ids) : model.ids[0];
      if (random.chance(0.5)) model.remove(id);
      else model.removeAtCursor(id + BigInt(random.below(2)));
      model.check();
    }
    model.walk(0n, Infinity);
    model.insert(ORDERS[name](1, random));
    model.check();
    model.end();
  });
});

describe.each([1, 2, 3, 4])("random changes, seed %d", (seed) => {
  test("are those of the model", () => {
    const random = new Random(seed);
    const model = new Model(random.pick([0, 2, 4, 6]));
    const order = random.pick(["at random", "clustered"]);
    const near = () =>
      model.ids.length > 0 && random.chance(0.7)
        ? random.pick(model.ids) + BigInt(random.between(-2, 2))
        : ORDERS[order](random.below(1000), random);
    const one = () => BigInt.asUintN(128, near());
    for (let step = 0; step < 4000; step++) {
      const isGrowing = step % 2000 < 1100;
      const kind = random.below(10);
      if (kind < 6 && isGrowing) model.insert(one());
      else if (kind < 6) model.remove(one());
      else if (kind === 6) model.find(one());
      else if (kind === 7) model.walk(one(), random.below(100));
      else if (model.ids.length > 0 && !isGrowing) model.removeAtCursor(one());
      model.check();
    }
    model.walk(0n, Infinity);
    model.end();
  });
});

describe("large trees", () => {
  const ascending = (i: number) => ORDERS.ascending(i, new Random(1));

  test("stay full when they are filled in order", () => {
    const model = new Model(0);
    for (let i = 0; i < 63 * 70; i++) {
      model.insert(ascending(i));
      if (i % 100 === 0) model.check();
    }
    model.check();
    expect(btree.leafCount(model.tree)).toBe(70);
    expect(btree.height(model.tree)).toBe(2);
    model.walk(0n, Infinity);
    model.end();
  });

  test("rows go away from the start, as acknowledged entries do", () => {
    const model = new Model(6);
    for (let i = 0; i < 3000; i++) {
      model.insert(ascending(i));
      if (i >= 1000) model.remove(ascending(i - 1000));
      if (i % 20 === 0) model.check();
    }
    model.check();
    expect(btree.leafCount(model.tree)).toBeLessThan(19);
    model.end();
  });

  test("leaves merge when most rows of each are gone", () => {
    const model = new Model(0);
    for (let i = 0; i < 4000; i++) model.insert(ascending(i));
    for (let i = 0; i < 4000; i++) {
      if (i % 10 !== 0) model.remove(ascending(i));
      if (i % 20 === 0) model.check();
    }
    model.check();
    expect(btree.leafCount(model.tree)).toBeLessThan(400 / 14);
    model.end();
  });

  test("are freed in slices", () => {
    const model = new Model(2);
    for (let i = 0; i < 20_000; i++) model.insert(ascending(i));
    let slices = 1;
    while (idTree.releaseSlice(model.tree)) {
      idTree.verify(model.tree);
      slices++;
    }
    expect(slices).toBeGreaterThan(3);
    expect(slices).toBeLessThan(8);
  });

  test("a tree that was emptied takes little memory", () => {
    const model = new Model(6);
    const empty = idTree.ownedSize(model.tree);
    for (let i = 0; i < 500; i++) model.insert(ascending(i));
    for (let i = 499; i >= 0; i--) model.remove(ascending(i));
    model.check();
    expect(idTree.ownedSize(model.tree)).toBe(empty);
    model.end();
  });
});

describe("cursors", () => {
  test("walk several trees at once, others being searched and changed between", () => {
    const random = new Random(9);
    const models = [0, 2, 4].map((payload) => {
      const model = new Model(payload);
      for (let i = 0; i < 600; i++) model.insert(randomId(random));
      return model;
    });
    const other = new Model(2);
    const disturb = () => {
      const id = randomId(random);
      if (random.chance(0.5)) other.insert(id);
      else other.walk(id, 3);
      for (const model of models) if (random.chance(0.3)) model.find(id);
    };
    const cursors = models.map(() => new idTree.IdCursor());
    for (const [i, model] of models.entries()) cursors[i].seek(model.tree, idOf(0n));
    for (let rank = 0; rank < 600; rank++) {
      for (const [i, model] of models.entries()) {
        if (rank < model.ids.length) model.checkRow(cursors[i].row, model.ids[rank]);
        else expect(cursors[i].row).toBe(NIL as RowRef);
        if (rank % 3 === i) disturb();
        if (cursors[i].row !== NIL) cursors[i].next();
      }
    }
    for (const model of [...models, other]) {
      model.check();
      model.end();
    }
  });

  test("find no row in an empty tree, beyond the last row, and after `clear`", () => {
    const model = new Model(0);
    const { cursor } = model;
    for (const id of [0n, 5n, ID_MAX]) {
      cursor.seek(model.tree, idOf(id));
      expect(idIn(cursor.row)).toBeNull();
    }
    model.insert(ID_MAX - 1n);
    cursor.seek(model.tree, idOf(ID_MAX));
    expect(idIn(cursor.row)).toBeNull();
    model.insert(ID_MAX);
    cursor.seek(model.tree, idOf(ID_MAX));
    expect(idIn(cursor.row)).toBe(ID_MAX);
    cursor.next();
    expect(idIn(cursor.row)).toBeNull();
    cursor.seekLast(model.tree);
    expect(idIn(cursor.row)).toBe(ID_MAX);
    cursor.clear();
    expect(idIn(cursor.row)).toBeNull();
    model.end();
  });
});
