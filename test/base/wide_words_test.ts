// Purpose: what 64 bits at a time give against one word after the other.

import { expect, test } from "bun:test";
import { makeWideWords, WIDE_STEP, Wide } from "../../src/base/wide_words.ts";
import { onesIn } from "../../src/commands/bits/bits.ts";
import { withSeed } from "../client/pair.ts";

const PLAIN: Record<Wide, (left: number, right: number) => number> = {
  [Wide.and]: (left, right) => left & right,
  [Wide.or]: (left, right) => left | right,
  [Wide.xor]: (left, right) => left ^ right,
  [Wide.without]: (left, right) => left & ~right,
  [Wide.from]: (left, right) => right & ~left,
  [Wide.flip]: (left) => ~left,
};

test("Both sides are combined, and ones counted, as word by word; the rest stays", () =>
  withSeed(async (random, note) => {
    const wide = makeWideWords();
    if (wide === null) throw new Error("This runtime has no WebAssembly");
    const { left, right } = wide;
    const sizes = [WIDE_STEP, 2 * WIDE_STEP, 512, left.length - WIDE_STEP, left.length];
    for (const count of sizes) {
      for (const how of Object.values(Wide)) {
        for (let i = 0; i < left.length; i++) {
          left[i] = random.pick([0, -1, random.uint32()]);
          right[i] = random.uint32();
        }
        const before = left.slice();
        wide.combine(how, count);
        const wanted = before.map((word, i) => (i < count ? PLAIN[how](word, right[i]) : word));
        expect(`${note} ${how} ${left.findIndex((word, i) => word !== wanted[i])}`).toBe(
          `${note} ${how} -1`,
        );
        const ones = left.subarray(0, count).reduce((sum, word) => sum + onesIn(word), 0);
        expect([note, count, wide.ones(count)]).toEqual([note, count, ones]);
      }
    }
    left.fill(-1);
    expect(wide.ones(left.length)).toBe(left.length * 32);
  }));
