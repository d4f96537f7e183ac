// Purpose: patterns that are found by what they begin with allow the same as if each were matched
// alone.

import { expect, test } from "bun:test";
import { KeyUse, Pattern } from "../../src/access/pattern.ts";
import { PatternTree } from "../../src/access/pattern_tree.ts";
import { argsOf } from "../../src/protocol/args.ts";
import { Random } from "../fuzz/random.ts";

const CASES = 5000;
const SEED = Date.now() % 1e6;
const USES = [0, KeyUse.read, KeyUse.write, KeyUse.read | KeyUse.write];

const word = (random: Random, letters: string, sizeMax: number): string =>
  Array.from({ length: random.between(0, sizeMax) }, () => random.pick([...letters])).join("");

test(`${CASES} random lists of patterns, seed ${SEED}`, () => {
  const random = new Random(SEED);
  for (let done = 0; done < CASES; done++) {
    const texts = Array.from({ length: random.between(0, 8) }, () => {
      return random.chance(0.5) ? word(random, "ab*", 4) : word(random, "ab*?[]^-\\", 6);
    });
    const patterns = [...new Set(texts)].map((text) => new Pattern(text, random.pick(USES)));
    const tree = new PatternTree(patterns);
    for (let asked = 0; asked < 10; asked++) {
      const text = word(random, "ab*\\", 5);
      const use = random.pick(USES);
      const args = argsOf(["GET", text]);
      const expected = patterns.some(
        (pattern) => (pattern.use & use) === use && pattern.matches(args, 1),
      );
      const shown = `${text} (${use}) by ${patterns.map((each) => `${each.text} (${each.use})`)}`;
      expect(`${shown} ${tree.allows(args, 1, use)}`).toBe(`${shown} ${expected}`);
    }
  }
});
