/**
 * Purpose: arguments that belong together more closely than a grammar tells, written by hand: the
 * ends of a range and what they count, the clauses of SORT, and elements by the hundred.
 */

import type { Command } from "./grammar.ts";
import type { Random } from "./random.ts";
import { type Generator, make } from "./values.ts";

/** For ZRANGE and ZRANGESTORE: both ends in the form that their mode wants. */
export function rangeByMode(keys: readonly string[]) {
  return (random: Random, command: Command): string[] => {
    const [mode, end] = random.pick<readonly [string, Generator]>([
      ["", make.rank],
      ["BYSCORE", make.scoreEnd],
      ["BYLEX", make.memberEnd],
    ]);
    const options = [
      mode === "" ? [] : [mode],
      random.chance(0.4) ? ["REV"] : [],
      // Only BYSCORE and BYLEX have limits.
      random.chance(mode === "" ? 0.03 : 0.3)
        ? ["LIMIT", make.count(random, command), make.count(random, command)]
        : [],
      // BYLEX has no scores, and neither has what is stored.
      random.chance(keys.length > 1 || mode === "BYLEX" ? 0.03 : 0.4) ? ["WITHSCORES"] : [],
    ];
    return [
      ...keys.map(() => make.zsetKey(random, command)),
      end(random, command),
      end(random, command),
      ...random.shuffled(options).flat(),
    ];
  };
}

/**
 * For SORT. What is sorted by texts that may be equal has no set order among them, so it is never
 * stored; what is not sorted is, since it then is sorted after all.
 */
export function sortWords(random: Random, _example: unknown, command: Command): string[] {
  const prefix = random.pick(["list", "list", "set", "zset", "set", "hash"]);
  const by = random.chance(0.4) ? make.sortPattern(random, command) : null;
  const alpha = random.chance(0.6);
  const mayStore = by === null || !alpha || !by.includes("*");
  const clauses = [
    by === null ? [] : ["BY", by],
    alpha ? ["ALPHA"] : [],
    random.chance(0.3) ? ["LIMIT", make.count(random, command), make.count(random, command)] : [],
    ...Array.from({ length: random.chance(0.3) ? random.between(1, 3) : 0 }, () => [
      "GET",
      make.sortPattern(random, command),
    ]),
    random.chance(0.4) ? [random.pick(["ASC", "DESC", "desc"])] : [],
    random.chance(0.3) && mayStore && command.name === "sort"
      ? ["STORE", `${random.pick(["list", "list", "set"])}:${random.between(1, 4)}`]
      : [],
  ];
  const rest = random.chance(0.02) ? [random.pick(["BY", "LIMIT", "GET", "STORE", "nosuch"])] : [];
  return [`${prefix}:${random.between(1, 4)}`, ...random.shuffled(clauses).flat(), ...rest];
}

/** Keys and values for LCS: two texts that have much in common, and others. */
export const LCS_TEXTS: readonly string[] = [
  ...["lcs:1", "ohmytext", "lcs:2", "mynewtext", "lcs:3", "", "lcs:4", "a"],
  ...["lcs:5", "abcab\0\xffcab\r\n".repeat(20), "lcs:6", "cabba\xff\0cba".repeat(15)],
];

/** For LCS. */
export function lcsWords(random: Random, command: Command): string[] {
  const key = () => `lcs:${random.between(1, 7)}`;
  const options = [
    random.chance(0.3) ? ["LEN"] : [],
    random.chance(0.4) ? ["IDX"] : [],
    random.chance(0.3) ? ["MINMATCHLEN", make.count(random, command)] : [],
    random.chance(0.3) ? ["WITHMATCHLEN"] : [],
  ];
  return [key(), key(), ...random.shuffled(options).flat()];
}

/**
 * A command that makes a large collection, or one of long elements: what is around the sizes at
 * which encodings change.
 */
export function bulkCommand(random: Random, name: string): string[] {
  const [command, prefix, width] = random.pick(BULK[name] ?? []);
  const count = random.pick([5, 60, 127, 128, 129, 200, 511, 512, 513, 600]);
  const long = random.chance(0.2) ? random.pick([60, 63, 64, 65, 100, 3000]) : 0;
  const start = random.below(100);
  const numbers = random.chance(0.4);
  const words: string[] = [];
  for (let index = 0; index < (long > 1000 ? Math.min(count, 20) : count); index++) {
    const text = numbers ? String(start + index * random.between(1, 3)) : `e${start + index}`;
    const element = long > 0 && random.chance(0.02) ? text.padEnd(long, "x") : text;
    if (width === "score") words.push(String(random.between(-50, 50)));
    words.push(element);
    if (width === "value") words.push(random.chance(0.5) ? String(index) : `v${index}`);
  }
  return [command, `${prefix}:${random.between(1, 4)}`, ...words];
}

/** Commands that take many elements, by the name under which they are known to both servers. */
const BULK: Readonly<Record<string, (readonly [string, string, string])[]>> = {
  rpush: [["RPUSH", "list", ""]],
  lpush: [["LPUSH", "list", ""]],
  sadd: [["SADD", "set", ""]],
  hset: [["HSET", "hash", "value"]],
  zadd: [["ZADD", "zset", "score"]],
  pfadd: [["PFADD", "hll", ""]],
};

/** Names for `bulkCommand`. */
export const BULK_NAMES: readonly string[] = Object.keys(BULK);
