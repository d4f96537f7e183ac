// Purpose: the arena over memory that is mapped: blocks hold what they hold through random
// allocation and freeing, what is given back reads as nothing through old views and comes back
// zero where zeros are promised, and a system that refuses a mapping, or a page, is no obstacle;
// that what another thread faults in ahead is nobody's until it is done, whatever happens
// meanwhile, and how much of that there is.

import { afterAll, afterEach, beforeAll, describe, expect, test } from "bun:test";
import * as arena from "../../src/arena/arena.ts";
import { MappedMemory } from "../../src/arena/mapped_memory.ts";
import { openForeign } from "../../src/runtime/foreign.ts";
import { type Mappings, openMappings } from "../../src/runtime/mappings.ts";
import { Random } from "../fuzz/random.ts";

const MIB = 2 ** 20;
const UNIT = 2 * MIB;
const system = await openMappings(await openForeign());
const mapped = describe.skipIf(system === null);

/** The system's, of which some calls may fail, and those that were made are noted. */
class Watched implements Mappings {
  readonly hugePages = "madvise";
  refuses = false;
  keepsPages = false;
  /** By address: the size. */
  readonly areas = new Map<number, number>();
  readonly advised: boolean[] = [];
  /** Addresses of those whose pages may be huge. */
  readonly dense = new Set<number>();
  givenBack = 0;
  /** Whether another thread can fault pages in, and where it is at it. */
  isAhead = false;
  faulting: { readonly address: number; readonly done: () => void } | null = null;
  map(size: number, alignment: number): number {
    if (this.refuses || system === null) return 0;
    const address = system.map(size, alignment);
    this.areas.set(address, size);
    return address;
  }
  unmap(address: number, size: number): void {
    const [[from, whole]] = [...this.areas].filter(
      ([at, all]) => at <= address && address < at + all,
    );
    expect(address + size).toBe(from + whole);
    this.expectNotFaulting(address, size);
    if (from === address) this.areas.delete(from);
    else this.areas.set(from, address - from);
    system?.unmap(address, size);
  }
  giveBack(address: number, size: number): boolean {
    if (this.keepsPages || system === null) return false;
    this.expectNotFaulting(address, size);
    this.givenBack += size;
    return system.giveBack(address, size);
  }
  adviseHuge(address: number, size: number, mayBeHuge: boolean): void {
    this.advised.push(mayBeHuge);
    if (mayBeHuge) this.dense.add(address);
    else this.dense.delete(address);
    system?.adviseHuge(address, size, mayBeHuge);
  }
  get faultIn(): Mappings["faultIn"] {
    return this.isAhead ? this.startFaulting : null;
  }
  private readonly startFaulting = (address: number, done: () => void): void => {
    expect([address % UNIT, this.faulting]).toEqual([0, null]);
    this.faulting = { address, done };
  };
  /** It writes zeros, all that it may, and tells. False: it was at none. */
  finishFaulting(): boolean {
    const { faulting } = this;
    if (faulting === null) return false;
    this.faulting = null;
    new Uint8Array(this.bufferAt(faulting.address, UNIT)).fill(0);
    faulting.done();
    return true;
  }
  private expectNotFaulting(address: number, size: number): void {
    const at = this.faulting?.address ?? 0;
    expect(at >= address && at < address + size).toBe(false);
  }
  residentSize = (address: number, size: number): number =>
    (system as Mappings).residentSize(address, size);
  bufferAt = (address: number, size: number): ArrayBuffer =>
    (system as Mappings).bufferAt(address, size);
  touch(address: number, size: number): void {
    new Uint8Array(this.bufferAt(address, size)).fill(1);
  }
  /** Bytes in memory of what may lie in huge pages. */
  readySize(): number {
    const dense = [...this.areas].filter(([address]) => this.dense.has(address));
    return dense.reduce((sum, [address, size]) => sum + this.residentSize(address, size), 0);
  }
  get size(): number {
    return [...this.areas.values()].reduce((sum, size) => sum + size, 0);
  }
}

let watched = new Watched();
const waiting: (() => void)[] = [];
const later = (_ms: number, run: () => void) => {
  waiting.push(run);
};

function memory(hasHugePages: boolean, isAhead = false): MappedMemory {
  watched = new Watched();
  watched.isAhead = isAhead;
  return new MappedMemory(watched, hasHugePages, later);
}

function drain(): void {
  while (waiting.length > 0) for (const run of waiting.splice(0)) run();
}

/** Whether all of it is this byte. */
function isAll(bytes: Uint8Array, byte: number): boolean {
  if (bytes[0] !== byte) return false;
  return Buffer.compare(bytes.subarray(1), bytes.subarray(0, -1)) === 0;
}

const bytesOf = (ref: arena.Ref) => {
  const at = arena.byteOffset(ref);
  return arena.u8[arena.segmentOf(ref)].subarray(at, at + arena.capacity(ref));
};

mapped("the arena over mappings", () => {
  const blocks = new Map<arena.Ref, number>();
  const random = new Random(20261130);

  afterEach(() => {
    for (const ref of blocks.keys()) arena.free(ref);
    blocks.clear();
    arena.verify();
  });
  afterAll(() => arena.useMappings(null));

  function alloc(size: number): void {
    const isZeroed = random.below(4) === 0;
    const ref = isZeroed ? arena.allocZeroed(size) : arena.alloc(size);
    if (isZeroed)
      expect(
        bytesOf(ref)
          .subarray(0, size)
          .every((byte) => byte === 0),
      ).toBe(true);
    const byte = ref % 251;
    blocks.set(ref, byte);
    bytesOf(ref).fill(byte);
  }

  function free(ref: arena.Ref): void {
    const byte = blocks.get(ref) as number;
    expect(isAll(bytesOf(ref), byte)).toBe(true);
    blocks.delete(ref);
    arena.free(ref);
  }

  for (const [hasHugePages, isAhead] of [
    [true, false],
    [true, true],
    [false, false],
  ]) {
    test(`blocks hold what they hold, huge pages ${hasHugePages}, ahead ${isAhead}`, () => {
      arena.useMappings(memory(hasHugePages, isAhead));
      const sizes = [70_000, 100_000, 700_000, MIB + 1, 3 * MIB, 6 * MIB + 5, 18 * MIB];
      for (let i = 0; i < 400; i++) {
        const isFull = blocks.size > 120 && random.below(8) > 0;
        if (isFull) free([...blocks.keys()][random.below(blocks.size)]);
        else alloc(sizes[Math.min(random.below(12), random.below(12)) % sizes.length]);
        if (random.below(3) === 0) watched.finishFaulting();
        if (random.below(8) === 0) arena.isPrepared(sizes[4 + random.below(3)]);
        if (random.below(16) === 0) watched.refuses = !watched.refuses;
        if (i % 50 === 0) drain();
      }
      watched.refuses = false;
      expect(watched.advised.includes(true)).toBe(hasHugePages);
      expect(watched.advised).toContain(false);
      for (const ref of [...blocks.keys()]) free(ref);
      while (watched.finishFaulting());
      drain();
      arena.verify();
      // A vacant chunk of each kind, and those in which a class keeps its last slab.
      expect(watched.size).toBeLessThanOrEqual(4 * 64 * MIB);
      expect(watched.givenBack).toBeGreaterThan(0);
    });
  }

  test("old views of what was given back are empty", () => {
    arena.useMappings(memory(true));
    for (const size of [MIB + 8, 3 * MIB, 20 * MIB]) {
      const ref = arena.alloc(size);
      const view = arena.u8[arena.segmentOf(ref)];
      view[5] = 7;
      expect(view[5]).toBe(7);
      arena.free(ref);
      expect([view.length, view[5]]).toEqual([0, undefined as unknown as number]);
    }
    expect(drain()).toBeUndefined();
  });

  test("what the system does not take back is zeroed where zeros are promised", () => {
    arena.useMappings(memory(true));
    watched.keepsPages = true;
    for (let i = 0; i < 3; i++) {
      const ref = arena.allocZeroed(2 * MIB);
      expect(isAll(bytesOf(ref), 0)).toBe(true);
      bytesOf(ref).fill(9);
      arena.free(ref);
    }
  });

  test("where the system maps nothing, the runtime's memory will do", () => {
    arena.useMappings(memory(true));
    watched.refuses = true;
    for (let i = 0; i < 20; i++) alloc(700_000);
    alloc(3 * MIB);
    expect([watched.size, arena.figures().mappedSize]).toEqual([0, 0]);
    watched.refuses = false;
    for (let i = 0; i < 20; i++) alloc(700_000);
    expect(watched.size).toBeGreaterThan(0);
    for (const ref of [...blocks.keys()]) free(ref);
  });
});

mapped("mapped memory", () => {
  beforeAll(() => arena.useMappings(null));

  test("half a huge page stays while the other half is in use", () => {
    const chunks = memory(true);
    const first = chunks.take(MIB, true, false);
    const second = chunks.take(MIB, true, false);
    expect([second - first, first % (64 * MIB)]).toEqual([MIB, 0]);
    chunks.give(first, MIB);
    expect(watched.givenBack).toBe(0);
    expect(chunks.take(MIB, true, false)).toBe(first);
    chunks.give(first, MIB);
    chunks.give(second, MIB);
    expect(watched.givenBack).toBe(2 * MIB);
  });

  test("several pieces begin with a huge page, and half of their last one is used as well", () => {
    const chunks = memory(true);
    const single = chunks.take(MIB, true, false);
    const three = chunks.take(3 * MIB, true, false);
    expect(three - single).toBe(2 * MIB);
    expect(chunks.take(MIB, true, false) - single).toBe(MIB);
    expect(chunks.take(MIB, true, false) - single).toBe(5 * MIB);
    chunks.give(three, 3 * MIB);
    expect(watched.givenBack).toBe(2 * MIB);
  });

  test("small pages are given back one piece at a time, large areas of them by and by", () => {
    const chunks = memory(false);
    const piece = chunks.take(MIB, false, false);
    chunks.give(piece, MIB);
    expect(watched.givenBack).toBe(MIB);
    const before = watched.size;
    const area = chunks.take(100 * MIB, true, false);
    chunks.give(area, 100 * MIB);
    expect(watched.size).toBe(before + 100 * MIB);
    waiting.shift()?.();
    expect(watched.size).toBeLessThan(before + 100 * MIB);
    drain();
    expect(watched.size).toBe(before);
    expect(chunks.mappedSize).toBe(before);
  });

  test("one vacant chunk of a kind stays mapped, no more", () => {
    const chunks = memory(true);
    const taken = Array.from({ length: 9 }, () => chunks.take(16 * MIB, true, false));
    expect(watched.size).toBe(3 * 64 * MIB);
    for (const address of taken) chunks.give(address, 16 * MIB);
    expect(watched.size).toBe(64 * MIB);
  });

  /** What `take` gave that lies in huge pages. */
  const isDense = (address: number) => {
    const [[from]] = [...watched.areas].filter(([at, all]) => at <= address && address < at + all);
    return watched.dense.has(from);
  };
  const takeDense = (chunks: MappedMemory, count: number) =>
    Array.from({ length: count }, () => chunks.take(MIB, true, false));

  test("dense pieces come out of what was faulted in ahead, small ones until there is any", () => {
    const chunks = memory(true, true);
    const pieces = takeDense(chunks, 2);
    expect(pieces.map(isDense)).toEqual([false, false]);
    const coming = watched.faulting?.address;
    expect(watched.finishFaulting()).toBe(true);
    expect(takeDense(chunks, 2)).toEqual([coming, Number(coming) + MIB] as number[]);
    // The next is on its way, and nobody's.
    expect(watched.faulting?.address).toBe(Number(coming) + UNIT);
    expect(takeDense(chunks, 1).map(isDense)).toEqual([false]);
  });

  test("who takes much before any is there waits for huge pages", () => {
    const chunks = memory(true, true);
    expect(takeDense(chunks, 6).map(isDense)).toEqual([false, false, false, false, true, true]);
    const [several] = [chunks.take(4 * MIB, true, false)];
    expect(isDense(several)).toBe(true);
    watched.finishFaulting();
    expect(takeDense(chunks, 3).map(isDense)).toEqual([true, true, false]);
  });

  test("an eighth of dense data is ahead, up to 8 MiB, and goes as they go", () => {
    const chunks = memory(true, true);
    const ready = () => {
      while (watched.finishFaulting());
      return watched.readySize();
    };
    const taken: number[] = [];
    const grow = (count: number) => {
      for (let i = 0; i < count; i++) {
        taken.push(...takeDense(chunks, 1));
        watched.touch(taken[taken.length - 1], MIB);
        while (watched.finishFaulting());
      }
      return ready() - taken.filter(isDense).length * MIB;
    };
    const shrinkTo = (count: number) => {
      for (const address of taken.splice(count).reverse()) chunks.give(address, MIB);
      return ready() - taken.filter(isDense).length * MIB;
    };
    expect(grow(2)).toBeLessThanOrEqual(UNIT + MIB);
    expect(grow(38)).toBeLessThanOrEqual(3 * UNIT);
    expect(grow(40)).toBeGreaterThanOrEqual(4 * UNIT);
    expect(grow(80)).toBeLessThanOrEqual(4 * UNIT + MIB);
    expect(shrinkTo(20)).toBeLessThanOrEqual(UNIT + MIB);
    expect(shrinkTo(0)).toBe(0);
  });

  test("a unit that comes when nothing is left is given back", () => {
    const chunks = memory(true, true);
    const [piece] = takeDense(chunks, 1);
    chunks.give(piece, MIB);
    expect(watched.finishFaulting()).toBe(true);
    expect([watched.faulting, watched.readySize()]).toEqual([null, 0]);
  });

  for (const size of [UNIT, 8 * MIB, 32 * MIB]) {
    test(`a block of ${size / MIB} MiB is prepared, unit by unit`, () => {
      const chunks = memory(true, true);
      for (let at = 0; at < size; at += UNIT) {
        expect([chunks.prepare(size), chunks.prepare(size / 2)]).toEqual([false, false]);
        expect(watched.finishFaulting()).toBe(true);
      }
      expect([chunks.prepare(size), chunks.prepare(size / 2)]).toEqual([true, false]);
      expect(watched.readySize()).toBe(size);
      const address = chunks.take(size, true, true);
      expect(isAll(new Uint8Array(watched.bufferAt(address, size)), 0)).toBe(true);
      // Its time is over, but somebody has it.
      drain();
      chunks.give(address, size);
      while (watched.finishFaulting());
      expect(watched.readySize()).toBe(0);
    });

    test(`a block of ${size / MIB} MiB that is not taken is given back`, () => {
      const chunks = memory(true, true);
      expect(chunks.prepare(size)).toBe(false);
      while (watched.finishFaulting());
      expect(chunks.prepare(size)).toBe(true);
      drain();
      expect(watched.readySize()).toBe(0);
      expect(chunks.prepare(size)).toBe(false);
    });
  }

  test("nothing is prepared where it cannot be, and nobody waits for it", () => {
    for (const chunks of [memory(false, true), memory(true, false)]) {
      expect(chunks.prepare(UNIT)).toBe(true);
    }
    const chunks = memory(true, true);
    watched.refuses = true;
    expect(chunks.prepare(UNIT)).toBe(true);
    expect(takeDense(chunks, 1)).toEqual([0]);
    expect([watched.faulting, watched.size]).toEqual([null, 0]);
  });

  test("another thread of the runtime has a page be there", async () => {
    const mappings = system as Mappings;
    const address = mappings.map(2 * UNIT, UNIT);
    mappings.adviseHuge(address, 2 * UNIT, true);
    let isDone = false;
    const { promise, resolve } = Promise.withResolvers<void>();
    mappings.faultIn?.(address + UNIT, () => {
      isDone = true;
      resolve();
    });
    expect(isDone).toBe(false);
    await promise;
    expect(mappings.residentSize(address, UNIT)).toBe(0);
    expect(mappings.residentSize(address + UNIT, UNIT)).toBeGreaterThan(0);
    expect(isAll(new Uint8Array(mappings.bufferAt(address + UNIT, UNIT)), 0)).toBe(true);
    mappings.unmap(address, 2 * UNIT);
  });
});
