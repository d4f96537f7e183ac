// Purpose: what a socket does not take is kept, offered again as it can be sent, and no more often.

import { describe, expect, test } from "bun:test";
import * as arena from "../../src/arena/arena.ts";
import { fromLatin1, latin1 } from "../../src/base/bytes.ts";
import type { SharedBlock } from "../../src/calls/client.ts";
import { type ByteParts, writeParts } from "../../src/runtime/parts.ts";
import { OutputQueue } from "../../src/server/output_queue.ts";
import * as frozen from "../../src/structures/frozen.ts";
import { Random } from "../fuzz/random.ts";
import { oneByOne } from "./parts.ts";

const MB = 2 ** 20;

/** A socket that takes so many bytes at each call, and then nothing. */
class Sink {
  calls = 0;
  text = "";
  private readonly takes: number[];

  constructor(...takes: number[]) {
    this.takes = takes;
  }

  readonly write = (bytes: Uint8Array, offset: number, size: number): number => {
    if (++this.calls > 1000) throw new Error("it is offered bytes over and over");
    const taken = Math.min(size, this.takes.shift() ?? 0);
    this.text += latin1(bytes, offset, taken);
    return taken;
  };
}

function add(queue: OutputQueue, text: string, mayTake = false): boolean {
  const bytes = fromLatin1(text);
  return queue.add(bytes, 0, bytes.length, mayTake);
}

describe("sending", () => {
  test("a socket that is full is asked once", () => {
    const queue = new OutputQueue();
    add(queue, "abc");
    const sink = new Sink(0);
    expect(queue.sendTo(oneByOne(sink.write))).toBe(false);
    expect(sink.calls).toBe(1);
    expect(queue.size).toBe(3);
  });

  test("one that takes a part is not asked again for the rest", () => {
    const queue = new OutputQueue();
    add(queue, "x".repeat(20_000));
    add(queue, "y".repeat(20_000));
    const sink = new Sink(20_000, 5, 10_000);
    expect(queue.sendTo(oneByOne(sink.write))).toBe(false);
    expect(sink.calls).toBe(2);
    expect(queue.size).toBe(19_995);
    expect(queue.sendTo(oneByOne(new Sink(30_000).write))).toBe(false);
    expect(queue.size).toBe(0);
    expect(queue.pieceCount).toBe(0);
  });

  test("one that takes all is asked again later, so that others get a turn", () => {
    const queue = new OutputQueue();
    for (let i = 0; i < 5; i++)
      expect(queue.add(new Uint8Array(4 * MB), 0, 4 * MB, true)).toBe(true);
    let calls = 0;
    const all = (_bytes: Uint8Array, _offset: number, size: number) => {
      calls++;
      return size;
    };
    expect(queue.sendTo(oneByOne(all))).toBe(true);
    expect(calls).toBe(2);
    expect(queue.sendTo(oneByOne(all))).toBe(true);
    expect(queue.sendTo(oneByOne(all))).toBe(false);
    expect(calls).toBe(5);
    expect(queue.size).toBe(0);
  });

  test("what waits for the disk is not offered", () => {
    const queue = new OutputQueue();
    add(queue, "now");
    const held = fromLatin1("later");
    queue.hold(held, 0, held.length, false, 7);
    const sink = new Sink(3, 100, 100);
    expect(queue.sendTo(oneByOne(sink.write))).toBe(false);
    expect([sink.text, sink.calls]).toEqual(["now", 1]);
    expect(queue.release(6)).toBe(false);
    expect(queue.release(7)).toBe(true);
    queue.sendTo(oneByOne(sink.write));
    expect(sink.text).toBe("nowlater");
  });
});

test("large memory is taken over only where nobody needs it and most of it is wanted", () => {
  const queue = new OutputQueue();
  const bytes = new Uint8Array(4 * MB);
  expect(queue.add(bytes, 0, 3 * MB, false)).toBe(false);
  expect(queue.add(bytes, 0, MB, true)).toBe(false);
  expect(queue.add(bytes.subarray(0, 1000), 0, 1000, true)).toBe(false);
  expect(queue.add(bytes, MB, 3 * MB, true)).toBe(true);
  expect(queue.size).toBe(7 * MB + 1000);
  expect(queue.room).toBeGreaterThanOrEqual(8 * MB);
  queue.clear();
  expect([queue.size, queue.room]).toEqual([0, 0]);
});

test("bytes come in order whatever is added, held and taken", () => {
  const random = new Random(11);
  for (let round = 0; round < 300; round++) {
    const queue = new OutputQueue();
    let mark = 0;
    let expected = "";
    let text = "";
    const write = (bytes: Uint8Array, offset: number, size: number) => {
      const taken = random.chance(0.5) ? size : random.between(0, size);
      text += latin1(bytes, offset, taken);
      return taken;
    };
    for (let step = 0; step < 60; step++) {
      const part = String.fromCharCode(97 + (step % 26)).repeat(random.pick([1, 10, 300, 20_000]));
      const bytes = fromLatin1(part);
      if (random.chance(0.3)) mark++;
      queue.hold(bytes, 0, bytes.length, random.chance(0.5), random.chance(0.5) ? mark : 0);
      expected += part;
      if (random.chance(0.3)) queue.sendTo(oneByOne(write));
      if (random.chance(0.2)) queue.release(random.between(0, mark));
    }
    expect(queue.size).toBe(expected.length - text.length);
    queue.release(mark);
    expect(queue.heldSize).toBe(0);
    while (queue.size > 0) queue.sendTo(oneByOne(write));
    expect(text === expected).toBe(true);
  }
});

describe("bytes of blocks that others send as well", () => {
  const BLOCK_SIZE = 64 << 10;

  const LENT_SIZE = 5000;
  const LENT = "v".repeat(LENT_SIZE);

  /** A value. */
  function lend() {
    const block = arena.alloc(LENT_SIZE);
    const bytes = arena.u8[arena.segmentOf(block)];
    const offset = arena.byteOffset(block);
    bytes.fill(118, offset, offset + LENT_SIZE);
    return { block, bytes, offset };
  }

  /** A block as messages are written to it: anew when nobody needs it. */
  class Writer {
    block: SharedBlock = this.fresh();
    private at = 0;

    private fresh(): SharedBlock {
      return { bytes: new Uint8Array(BLOCK_SIZE), users: 0, isKept: false };
    }

    /** Writes text; returns where it begins. */
    write(text: string): number {
      if (this.block.users === 0 && !this.block.isKept) {
        this.block.bytes.fill(0);
        this.at = 0;
      }
      if (this.at + text.length > BLOCK_SIZE) {
        this.block = this.fresh();
        this.at = 0;
      }
      this.block.bytes.set(fromLatin1(text), this.at);
      this.at += text.length;
      return this.at - text.length;
    }
  }

  test("come in order among others, whatever a socket takes and the disk has", () => {
    const random = new Random(5);
    const { blockCount } = arena.figures();
    const writer = new Writer();
    const queues = Array.from({ length: 3 }, () => ({
      queue: new OutputQueue(),
      all: "",
      got: "",
    }));
    let mark = 0;
    let count = 0;
    for (let step = 0; step < 4000; step++) {
      const text = `${count++}:${"z".repeat(random.below(50) === 0 ? 40_000 : random.below(60))};`;
      const one = queues[random.below(queues.length)];
      const isHeld = random.below(4) === 0 ? ++mark : 0;
      if (random.below(3) === 0) {
        const lent = random.below(3) === 0 ? lend() : null;
        if (lent === null || random.below(2) === 0) {
          const bytes = fromLatin1(text);
          one.queue.hold(bytes, 0, bytes.length, false, isHeld);
          one.all += text;
        }
        if (lent !== null) {
          one.queue.hold(lent.bytes, lent.offset, LENT_SIZE, false, isHeld, lent.block);
          one.all += LENT;
          // Its owner gives it up.
          frozen.free(lent.block);
        }
      } else {
        const from = writer.write(text);
        for (const each of queues) {
          if (each !== one && random.below(2) === 0) continue;
          each.queue.deliver(writer.block, from, from + text.length, isHeld);
          each.all += text;
        }
      }
      if (random.below(5) > 0) continue;
      const safe = mark - random.below(3);
      for (const each of queues) {
        let room = random.below(3) === 0 ? random.below(3000) : 1e9;
        each.queue.release(safe);
        each.queue.sendTo(
          oneByOne((bytes, offset, size) => {
            const taken = Math.min(room, size);
            room -= taken;
            each.got += latin1(bytes, offset, taken);
            return taken;
          }),
        );
        expect(each.all.startsWith(each.got)).toBe(true);
        expect(each.got.length + each.queue.size).toBe(each.all.length);
        expect(each.queue.size).toBeGreaterThanOrEqual(each.queue.heldSize);
        each.all = each.all.slice(each.got.length);
        each.got = "";
      }
      expect(writer.block.users).toBe(0);
    }
    for (const { queue } of queues) queue.clear();
    expect([frozen.heldCount(), arena.figures().blockCount]).toEqual([0, blockCount]);
  });

  test("stay as they are for the others when one who has not sent them is gone", () => {
    const size = 2 * MB;
    const block = { bytes: new Uint8Array(size).fill(98), users: 0, isKept: false };
    const [gone, left] = [new OutputQueue(), new OutputQueue()];
    for (const queue of [gone, left]) {
      queue.deliver(block, 0, size, 0);
      queue.sendTo(oneByOne(() => 0));
    }
    expect([block.users, block.isKept]).toEqual([0, true]);
    gone.clear();
    let count = 0;
    const write = (bytes: Uint8Array, offset: number, taken: number) => {
      for (const byte of bytes.subarray(offset, offset + taken)) count += byte === 98 ? 1 : 0;
      return taken;
    };
    while (left.size > 0) left.sendTo(oneByOne(write));
    expect(count).toBe(size);
  });

  test("are nobody's any more when the queue is emptied", () => {
    const writer = new Writer();
    const queue = new OutputQueue();
    const from = writer.write("abc");
    queue.deliver(writer.block, from, from + 3, 0);
    expect([queue.size, writer.block.users]).toEqual([3, 1]);
    queue.clear();
    expect([queue.size, writer.block.users]).toEqual([0, 0]);
  });
});

test("values that are lent are held until they are sent, and take what they are", () => {
  const size = 100_000;
  const block = arena.alloc(size);
  const bytes = arena.u8[arena.segmentOf(block)];
  const offset = arena.byteOffset(block);
  bytes.fill(97, offset, offset + size);
  const { blockCount } = arena.figures();
  const queue = new OutputQueue();
  for (let i = 0; i < 10; i++) {
    add(queue, "$100000\r\n");
    queue.add(bytes, offset, size, false, block);
    add(queue, "\r\n");
  }
  expect(queue.room).toBeLessThan(10 * size + 20 * 512);
  expect(queue.room).toBeGreaterThanOrEqual(10 * size);
  // Its owner gives it up, and it stays.
  frozen.free(block);
  expect([frozen.heldCount(), arena.figures().blockCount]).toEqual([1, blockCount]);
  let text = "";
  let most = 0;
  const slow = oneByOne((from, at, count) => {
    const taken = Math.min(count, 70_000);
    text += latin1(from, at, taken);
    return taken;
  });
  const writeAll = (parts: ByteParts) => {
    most = Math.max(most, parts.count);
    return writeParts(slow, parts);
  };
  while (queue.size > size * 2) queue.sendTo({ ...slow, writeParts: writeAll });
  expect(most).toBeGreaterThan(20);
  const one = `$100000\r\n${"a".repeat(size)}\r\n`;
  expect(text === one.repeat(10).slice(0, text.length)).toBe(true);
  queue.clear();
  expect([frozen.heldCount(), arena.figures().blockCount]).toEqual([0, blockCount - 1]);
});
