// Purpose: runs of a listpack's elements, which are passed over at once, against the same elements
// looked at one by one: over sound listpacks, those that a block would store in another way, and
// those that were altered at random.

import { expect, test } from "bun:test";
import { fromLatin1 } from "../../../src/base/bytes.ts";
import { ListpackBuilder } from "../../../src/persistence/rdb/listpack_builder.ts";
import { ListpackCursor } from "../../../src/persistence/rdb/rdb_elements.ts";
import { Malformed } from "../../../src/persistence/rdb/rdb_format.ts";
import { loadCode, makeLoadCode } from "../../../src/structures/load_code/load_code.ts";
import * as element from "../../../src/structures/packed_element.ts";
import { Random } from "../../fuzz/random.ts";

const CASES = Number(process.env.CASES ?? 3000);
const NO_LIMIT = 1 << 30;

/** What a walk has seen: where elements begin that it passed over, and how it ended. */
interface Walk {
  readonly starts: number[];
  end: string;
}

const cursor = new ListpackCursor();

function walk(bytes: Uint8Array, size: number, step: (seen: number[]) => boolean): Walk {
  const seen: Walk = { starts: [], end: "" };
  try {
    cursor.start(bytes, 0, size);
    while (step(seen.starts));
    seen.end = cursor.isExact ? "exact" : "sound";
  } catch (error) {
    if (!(error instanceof Malformed)) throw error;
    seen.end = error.message;
  }
  return seen;
}

function stepOne(seen: number[]): boolean {
  if (!cursor.next()) return false;
  seen.push(cursor.position);
  return true;
}

/** Runs of random limits; between them, one element where a run cannot go on. */
function stepRun(random: Random, starts: readonly number[], seen: number[]): boolean {
  const sizeMax = random.pick([NO_LIMIT, 2000, 200, 20, 2, -1]);
  const countMax = random.pick([NO_LIMIT, 100, 3, 1, 0]);
  const from = cursor.following;
  const count = cursor.run(sizeMax, countMax);
  expect(count).toBeLessThanOrEqual(countMax);
  if (count > 0) expect(cursor.following - from).toBeLessThanOrEqual(sizeMax);
  seen.push(...starts.slice(seen.length, seen.length + count));
  if (seen.length < starts.length) expect(cursor.following).toBe(starts[seen.length]);
  return element.passed.isFull || stepOne(seen);
}

/** The same by WebAssembly, which works on bytes of its own. */
function walkWide(
  bytes: Uint8Array,
  size: number,
  random: Random,
  starts: readonly number[],
): Walk {
  makeLoadCode();
  const blob = loadCode?.blob;
  if (blob === undefined) throw new Error("This runtime has no WebAssembly");
  blob.bytes.set(bytes.subarray(0, size));
  return walk(blob.bytes, size, (seen) => stepRun(random, starts, seen));
}

function randomText(random: Random): string {
  switch (random.below(8)) {
    case 0:
      return String(random.between(-200, 200));
    case 1:
      return String(Math.floor((random.uint32() - 2 ** 31) / 2 ** random.below(32)));
    case 2:
      return String((BigInt(random.uint32()) << 31n) - 2n ** 62n);
    case 3:
      return random.pick(["", "-", "007", "1.5", "12x", "99999999999999999999", "-0", "+1"]);
    case 4:
      return "x".repeat(random.pick([62, 63, 64, 126, 125, 4095, 4096, 20_000]));
    default:
      return random.pick(["a", "element:", "1e"]) + random.below(1000);
  }
}

function randomListpack(random: Random): ListpackBuilder {
  const builder = new ListpackBuilder();
  for (let left = random.below(40); left > 0; left--) {
    const text = fromLatin1(randomText(random));
    builder.addText({ bytes: text, offset: 0, size: text.length });
  }
  builder.finish();
  return builder;
}

/** Alters some bytes, not those of the head. */
function alter(bytes: Uint8Array, size: number, random: Random): void {
  for (let left = random.below(4); left > 0; left--) {
    const at = random.between(6, size - 1);
    bytes[at] = random.pick([random.below(256), bytes[at] ^ 1, 0xff, 0xf1, 0x80, 0xe0, 0]);
  }
}

test("runs pass over the elements that are seen one by one, and fail alike", () => {
  const random = new Random(11);
  const ends = new Map<string, number>();
  for (let i = 0; i < CASES; i++) {
    const { bytes, size } = randomListpack(random);
    if (random.chance(0.7)) alter(bytes, size, random);
    const plain = walk(bytes, size, stepOne);
    const runs = walk(bytes, size, (seen) => stepRun(random, plain.starts, seen));
    expect(runs.end).toBe(plain.end);
    expect(runs.starts).toEqual(plain.starts);
    const wide = walkWide(bytes, size, random, plain.starts);
    expect(wide.end).toBe(plain.end);
    expect(wide.starts).toEqual(plain.starts);
    ends.set(plain.end, (ends.get(plain.end) ?? 0) + 1);
  }
  expect(ends.size).toBeGreaterThan(4);
});
