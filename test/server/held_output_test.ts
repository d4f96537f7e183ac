// Purpose: what waits for a socket or for the disk against a plain list: all bytes come in order,
// none that is held back before its mark is safe, whatever the socket takes at once.

import { expect, test } from "bun:test";
import { OutputQueue } from "../../src/server/output_queue.ts";
import { Random } from "../fuzz/random.ts";
import { oneByOne } from "./parts.ts";

/** Bytes that count up from `from`, so that each has its place. */
function bytesFrom(from: number, size: number): Uint8Array {
  return Uint8Array.from({ length: size }, (_, i) => (from + i) % 251);
}

for (const [what, steps, sizeMax, roomMax] of [
  ["small pieces", 3000, 20, 30],
  ["large ones", 300, 40_000, 60_000],
] as const) {
  test(`${what} leave in order, and not before their marks are safe`, () => {
    const seed = Math.floor(Math.random() * 2 ** 32);
    const random = new Random(seed);
    const queue = new OutputQueue();
    /** Bytes added, those among them that may be sent, and those sent. */
    let added = 0;
    let sent = 0;
    /** By mark, up to where bytes wait for it. */
    const waits: { mark: number; end: number }[] = [];
    let mark = 1;
    const wrong: string[] = [];
    const check = (isRight: boolean, problem: string) => {
      if (!isRight) wrong.push(`seed ${seed}: ${problem}`);
    };
    const heldFrom = () => Math.min(added, ...waits.map(({ end }) => end));

    for (let i = 0; i < steps && wrong.length === 0; i++) {
      const size = random.between(1, sizeMax);
      const bytes = bytesFrom(added, size);
      if (random.chance(0.4)) {
        if (random.chance(0.5)) {
          if (random.chance(0.3)) mark++;
          waits.push({ mark, end: added });
          queue.hold(bytes, 0, size, random.chance(0.5), mark);
        } else {
          queue.add(bytes, 0, size, random.chance(0.5));
        }
        added += size;
      } else if (random.chance(0.3)) {
        const safe = random.between(Math.max(0, mark - 2), mark);
        queue.release(safe);
        while (waits.length > 0 && waits[0].mark <= safe) waits.shift();
      } else {
        let room = random.below(roomMax);
        queue.sendTo(
          oneByOne((from, offset, count) => {
            const taken = Math.min(room, count);
            room -= taken;
            for (let j = 0; j < taken; j++) {
              if (from[offset + j] !== (sent + j) % 251)
                check(false, `byte ${sent + j} is another`);
            }
            sent += taken;
            return taken;
          }),
        );
        check(sent <= heldFrom(), `sent ${sent}, though only ${heldFrom()} may be`);
        check(room === 0 || sent === heldFrom(), `sent ${sent} of ${heldFrom()}`);
      }
      check(queue.size === added - sent, `size ${queue.size} of ${added - sent}`);
      check(queue.heldSize === added - heldFrom(), `held ${queue.heldSize}`);
    }
    expect(wrong).toEqual([]);
    queue.clear();
    expect([queue.size, queue.heldSize, queue.pieceCount]).toEqual([0, 0, 0]);
  });
}

test("one small piece is kept for the next reply", () => {
  const queue = new OutputQueue();
  const buffers = new Set<ArrayBufferLike>();
  for (let i = 0; i < 10; i++) {
    queue.hold(bytesFrom(0, 5), 0, 5, false, i + 1);
    queue.release(i + 1);
    queue.sendTo(
      oneByOne((bytes, _, size) => {
        buffers.add(bytes.buffer);
        return size;
      }),
    );
  }
  expect(buffers.size).toBe(1);
  expect(queue.room).toBeLessThan(1024);
});
