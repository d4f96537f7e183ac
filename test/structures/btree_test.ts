// Purpose: the counted index against a plain array of leaves, verified after each step: by rank,
// neighbours, leaves that come, go, change and move, with keys (one double, one word) and without.

import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import * as arena from "../../src/arena/arena.ts";
import { NIL, type Ref } from "../../src/arena/arena.ts";
import type { NodeRef, TreeRef } from "../../src/structures/btree.ts";
import * as btree from "../../src/structures/btree.ts";
import { Random } from "../fuzz/random.ts";

/** A leaf is told by its ref, which is a number of the test's own: the tree never looks inside. */
interface Leaf {
  ref: Ref;
  count: number;
  key: number;
}

let before = arena.figures();

beforeEach(() => {
  before = arena.figures();
});

afterEach(() => {
  const after = arena.figures();
  expect(after.blockCount).toBe(before.blockCount);
  expect(after.usedSize).toBe(before.usedSize);
});

class Model {
  readonly leaves: Leaf[];
  readonly tree: TreeRef;
  readonly keyed: boolean;
  private lastRef = 1000;

  constructor(keyed: boolean, elements: number) {
    this.keyed = keyed;
    this.leaves = [{ ref: this.newRef(), count: elements, key: 0 }];
    this.tree = btree.create(keyed ? 1 : 0, keyed ? 1 : 0, this.leaves[0].ref, elements);
  }

  newRef(): Ref {
    return ++this.lastRef as Ref;
  }

  get count(): number {
    return this.leaves.reduce((sum, leaf) => sum + leaf.count, 0);
  }

  /** Leads the path to a leaf (which has elements); checks what is found. */
  seek(index: number, within = 0): void {
    let rank = 0;
    for (let i = 0; i < index; i++) rank += this.leaves[i].count;
    expect(btree.byRank(this.tree, rank + within)).toBe(this.leaves[index].ref);
    expect(btree.before()).toBe(rank);
  }

  private stage(key: number): void {
    btree.keyDoubles[0] = key / 4;
    btree.keyWords[0] = -key;
  }

  insertAfter(index: number, elements: number, key = 0): void {
    this.seek(index);
    const leaf = { ref: this.newRef(), count: elements, key };
    if (this.keyed) this.stage(key);
    btree.insertAfter(this.tree, leaf.ref, elements);
    this.leaves.splice(index + 1, 0, leaf);
  }

  insertBefore(index: number, elements: number): void {
    this.seek(index);
    const leaf = { ref: this.newRef(), count: elements, key: 0 };
    btree.insertBefore(this.tree, leaf.ref, elements);
    this.leaves.splice(index, 0, leaf);
  }

  remove(index: number): void {
    this.seek(index);
    btree.remove(this.tree);
    this.leaves.splice(index, 1);
  }

  addCount(index: number, change: number): void {
    this.seek(index);
    btree.addCount(this.tree, change);
    this.leaves[index].count += change;
  }

  replace(index: number): void {
    this.seek(index);
    const ref = this.newRef();
    btree.replaceLeaf(this.tree, ref);
    this.leaves[index].ref = ref;
  }

  setKey(index: number, key: number): void {
    this.seek(index);
    this.stage(key);
    btree.setKey(this.tree);
    this.leaves[index].key = key;
  }

  check(): void {
    const { tree, leaves } = this;
    let index = 0;
    btree.verify(tree, (ref, elements, node, child) => {
      const leaf = leaves[index];
      if (ref !== leaf.ref || elements !== leaf.count) throw new Error(`leaf ${index} is wrong`);
      if (this.keyed && (node === NIL) !== (index === 0)) throw new Error("a key too many or few");
      if (this.keyed && node !== NIL) this.checkKey(node, child, leaf.key);
      index++;
    });
    if (index !== leaves.length) throw new Error("leaves are missing");
    if (btree.count(tree) !== this.count) throw new Error("the count is wrong");
  }

  private checkKey(node: NodeRef, child: number, key: number): void {
    const segment = arena.segmentOf(node);
    const start = arena.byteOffset(node);
    const double = arena.f64[segment][start / 8 + btree.DOUBLES_AT + child];
    const word = arena.i32[segment][start / 4 + btree.wordsAt(1) + child];
    if (double !== key / 4 || word !== -key) throw new Error("a key is wrong");
  }

  end(): void {
    btree.release(this.tree);
  }
}

test("a tree begins as one leaf, which may be empty", () => {
  const model = new Model(false, 0);
  expect(btree.byRank(model.tree, 0)).toBe(model.leaves[0].ref);
  expect(btree.before()).toBe(0);
  expect(btree.last(model.tree)).toBe(model.leaves[0].ref);
  expect(btree.next(model.tree)).toBe(NIL as Ref);
  expect(btree.previous(model.tree)).toBe(NIL as Ref);
  model.addCount(0, 5);
  model.replace(0);
  model.check();
  expect(btree.height(model.tree)).toBe(0);
  expect(btree.ownedSize(model.tree)).toBe(32);
  model.end();
});

test("any rank is found, and beyond the end the last leaf", () => {
  const random = new Random(1);
  const model = new Model(false, 3);
  for (let i = 0; i < 5000; i++) {
    model.leaves.push({ ref: model.newRef(), count: random.below(4), key: 0 });
    btree.last(model.tree);
    btree.insertAfter(model.tree, model.leaves[i + 1].ref, model.leaves[i + 1].count);
  }
  model.check();
  expect(btree.height(model.tree)).toBe(3);
  let rank = 0;
  for (const [index, leaf] of model.leaves.entries()) {
    for (let within = 0; within < leaf.count; within++, rank++) {
      if (btree.byRank(model.tree, rank) !== leaf.ref) throw new Error(`rank ${rank} is wrong`);
      if (btree.before() !== rank - within) throw new Error(`before ${rank} is wrong`);
    }
    if (index === 5000) expect(btree.last(model.tree)).toBe(leaf.ref);
  }
  expect(btree.byRank(model.tree, rank + 10)).toBe(model.leaves[5000].ref);
  expect(btree.ownedSize(model.tree)).toBe(32 + 512 * (80 + 2 + 1));
  model.end();
});

test("next and previous visit all leaves, and stay at the ends", () => {
  const model = new Model(true, 2);
  for (let i = 0; i < 700; i++) model.insertAfter(i, 1 + (i % 3), i + 1);
  let seen = 0;
  let rank = 0;
  let leaf = btree.first(model.tree);
  for (; leaf !== NIL; leaf = btree.next(model.tree)) {
    expect(leaf).toBe(model.leaves[seen].ref);
    expect(btree.before()).toBe(rank);
    rank += model.leaves[seen++].count;
  }
  expect(seen).toBe(701);
  btree.addCount(model.tree, 1);
  model.leaves[700].count++;
  model.check();
  leaf = btree.last(model.tree);
  for (rank = model.count; leaf !== NIL; leaf = btree.previous(model.tree)) {
    expect(leaf).toBe(model.leaves[--seen].ref);
    rank -= model.leaves[seen].count;
    expect(btree.before()).toBe(rank);
  }
  btree.addCount(model.tree, 1);
  model.leaves[0].count++;
  model.check();
  model.end();
});

test.each(["after", "before"])("nodes stay full when leaves are added %s all others", (side) => {
  const model = new Model(false, 1);
  for (let i = 0; i < 63 * 63 - 1; i++) {
    if (side === "after") model.insertAfter(i, 1);
    else model.insertBefore(0, 1);
  }
  model.check();
  expect(btree.height(model.tree)).toBe(2);
  expect(btree.ownedSize(model.tree)).toBe(32 + 64 * 512);
  model.end();
});

test("steps of a search by key keep the path", () => {
  const model = new Model(true, 1);
  for (let i = 0; i < 4000; i++) model.insertAfter(i, 1, i + 1);
  // Down the last children of all nodes, as a search for a high key would go.
  const { tree } = model;
  let node = btree.root(tree);
  let total = 0;
  for (let level = btree.height(tree); level > 0; level--) {
    const index = btree.childCount(node) - 1;
    total += btree.countBefore(node, index);
    node = btree.descend(level, node, index);
  }
  expect(node as Ref).toBe(model.leaves[4000].ref);
  expect(total).toBe(4000);
  btree.addCount(tree, 7);
  model.leaves[4000].count += 7;
  model.check();
  model.end();
});

describe.each([
  [1, 1, false],
  [2, 5000, false],
  [3, 1, true],
  [4, 5000, true],
])("random changes, seed %d, from %d leaves, keyed %p", (seed, initial, keyed) => {
  test("are those of the model", () => {
    const random = new Random(seed);
    const model = new Model(keyed, 1);
    const { leaves } = model;
    while (leaves.length < initial) model.insertAfter(leaves.length - 1, 1, 8 * leaves.length);
    // Keys between two leaves halve their distance, so they run out after many at one place.
    const keyAfter = (index: number) =>
      index + 1 < leaves.length
        ? (leaves[index].key + leaves[index + 1].key) / 2
        : leaves[index].key + 1;
    const insert = (index: number) => {
      if (!keyed && random.chance(0.5)) model.insertBefore(index, 1 + random.below(5));
      else model.insertAfter(index, 1 + random.below(5), Math.trunc(keyAfter(index)));
    };
    for (let step = 0; step < 6000; step++) {
      const growing = step % 3000 < (initial > 1 ? 500 : 2000) || leaves.length < 3;
      const spot = step % 1000 < 500 ? leaves.length : 1 + random.below(5);
      const index = random.chance(0.7) ? random.below(Math.min(spot, leaves.length)) : 0;
      const kind = random.below(10);
      if (kind < 6) {
        if (growing) insert(index);
        else model.remove(index);
      } else if (kind === 6) {
        model.replace(index);
      } else if (kind === 7) {
        model.addCount(index, 1 - Math.min(leaves[index].count - 1, random.below(4)));
      } else if (keyed && kind === 8) {
        model.setKey(index, leaves[index].key + 1);
      }
      model.check();
    }
    while (leaves.length > 1) {
      model.remove(random.below(leaves.length));
      if (leaves.length % 50 === 0) model.check();
    }
    model.check();
    expect(btree.height(model.tree)).toBe(0);
    model.end();
  });
});
