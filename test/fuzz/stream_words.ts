/**
 * Purpose: arguments of the commands on streams, which mean something only together: IDs near those
 * that the stream has, few groups and consumers, and options that fit each other.
 */

import type { Command } from "./grammar.ts";
import type { Random } from "./random.ts";
import { anyId, anyStream, FUTURE_MS, lastId, nextId, rangeEnd, someIds } from "./stream_ids.ts";
import { make } from "./values.ts";

/** The words after a command's name; the stream's name is `key`. */
type Words = (random: Random, key: string, command: Command) => string[];

/** What makes the words of a command: its stream is one of few, or now and then something else. */
export function streamWords(name: string) {
  return (random: Random, command: Command): string[] =>
    WORDS[name](random, streamKey(random, command), command);
}

/** A command of which the stream is given; it does not wait. */
export function streamLine(random: Random, name: string, key: string): string[] {
  const words = [...name.toUpperCase().split("|"), ...WORDS[name](random, key, PLAIN)];
  return harmlessStream(random, name, words, false);
}

/** Stands for the command where the words do not depend on it. */
const PLAIN: Command = { name: "", words: [], group: "stream", arguments: [], tokens: [] };

function streamKey(random: Random, command: Command): string {
  return random.chance(0.94) ? anyStream(random) : make.key(random, command);
}

const group = (random: Random) =>
  random.chance(0.96)
    ? random.pick(["g1", "g1", "g1", "g1", "g1", "g1", "g1", "g2", "g2", "g2", "g2", "g3"])
    : random.pick(["nosuch", "", "g1 ", "G1", "\xff\0", "stream:1"]);

const consumer = (random: Random) =>
  random.chance(0.96)
    ? random.pick(["c1", "c1", "c2", "c2", "c3", "c4"])
    : random.pick(["nosuch", "", "C1", "c1\0", "c".repeat(70), "g1"]);

/** How many entries: few, so that what is there is met in parts. */
const count = (random: Random) =>
  random.weighted<() => string>([
    [14, () => String(random.between(1, 10))],
    [1, () => make.count(random, PLAIN)],
    [1, () => random.pick(["0", "-1", "100", "1000000", "9223372036854775807", "x"])],
  ])();

/** The words, with a chance. */
const maybe = (random: Random, chance: number, words: () => string[]): string[] =>
  random.chance(chance) ? words() : [];

const maybeCount = (random: Random, chance: number) =>
  maybe(random, chance, () => ["COUNT", count(random)]);

/**
 * How long an entry has been pending, at least. What is pending was delivered during the sequence,
 * or is said to have been (IDLE, TIME) far longer ago: no entry is anywhere near such a limit.
 */
const IDLE_LIMITS = ["500000", "5000000", "100000000000", "10000000000000"];
const minIdle = (random: Random) =>
  random.weighted<() => string>([
    [16, () => "0"],
    [4, () => random.pick(IDLE_LIMITS)],
    [1, () => random.pick(["-1", "9223372036854775807", "9223372036854775808", "x", "", "-0"])],
  ])();

const idle = (random: Random) =>
  random.weighted<() => string>([
    [8, () => random.pick(["0", "1000000", "1000000", "10000000", "10000000", "1000000000000"])],
    [1, () => make.integer(random, PLAIN)],
  ])();

const deliveryTime = (random: Random) =>
  random.weighted<() => string>([
    [8, () => random.pick(["0", "1", "1000000000000", "4102444800000", "-1"])],
    [1, () => make.integer(random, PLAIN)],
  ])();

export function fields(random: Random): string[] {
  const names = random.weighted<() => string[]>([
    [8, () => ["a"]],
    [8, () => ["a", "b"]],
    [2, () => ["b", "a"]],
    [2, () => ["a", "b", "c"]],
    [1, () => ["a", "a"]],
    [1, () => ["", "a"]],
    [2, () => Array.from({ length: random.between(1, 5) }, () => make.element(random, PLAIN))],
    [0.2, () => Array.from({ length: random.pick([20, 64, 150]) }, (_, index) => `f${index}`)],
  ])();
  const words = names.flatMap((name) => [name, fieldValue(random)]);
  return random.chance(0.01) ? words.slice(0, -1) : words;
}

/** Short ones, and now and then one that fills a node. */
const fieldValue = (random: Random) =>
  random.weighted<() => string>([
    [30, () => String(random.between(-20, 300))],
    [10, () => make.element(random, PLAIN)],
    [2, () => random.pick(["x", "ab"]).repeat(random.pick([30, 63, 64, 500, 1000, 2040, 4090]))],
  ])();

function trimming(random: Random, key: string): string[] {
  const byLength = random.chance(0.6);
  const sign = random.pick(["~", "~", "~", "=", "", ""]);
  const threshold = byLength
    ? random.weighted<() => string>([
        [5, () => String(random.between(0, 12))],
        [12, () => String(random.pick([5, 10, 15, 20, 30, 50, 100]))],
        [1, () => make.integer(random, PLAIN)],
      ])()
    : anyId(random, key);
  return [
    byLength ? "MAXLEN" : "MINID",
    ...(sign ? [sign] : []),
    threshold,
    ...maybe(random, sign === "~" ? 0.4 : 0.03, () => [
      "LIMIT",
      random.chance(0.9)
        ? random.pick(["0", "1", "2", "3", "5", "10", "20", "100", "1000"])
        : make.integer(random, PLAIN),
    ]),
  ];
}

function xadd(random: Random, key: string): string[] {
  const options = [
    maybe(random, 0.06, () => ["NOMKSTREAM"]),
    maybe(random, 0.12, () => trimming(random, key)),
  ];
  return [key, ...random.shuffled(options).flat(), nextId(random, key), ...fields(random)];
}

/** Keys and as many IDs, for XREAD and XREADGROUP. */
function streams(
  random: Random,
  key: string,
  command: Command,
  id: (key: string) => string,
): string[] {
  const more = random.weighted([
    [7, 0],
    [3, 1],
    [1, 2],
  ]);
  const keys = [key, ...Array.from({ length: more }, () => streamKey(random, command))];
  const ids = keys.map(id);
  if (random.chance(0.01)) ids.pop();
  return ["STREAMS", ...keys, ...ids];
}

const block = (random: Random) =>
  maybe(random, 0.08, () => [
    "BLOCK",
    random.pick(["0", "0", "0", "0", "0", "1", "2", "10", "-1", "x", "", "100000000000000000000"]),
  ]);

function xread(random: Random, key: string, command: Command): string[] {
  const id = (stream: string) =>
    random.weighted<() => string>([
      [8, () => anyId(random, stream)],
      [4, () => random.pick(["0", "0-0"])],
      [3, () => "$"],
      [0.2, () => ">"],
    ])();
  const options = [maybeCount(random, 0.5), block(random)];
  return [...random.shuffled(options).flat(), ...streams(random, key, command, id)];
}

function xreadgroup(random: Random, key: string, command: Command): string[] {
  const id = (stream: string) =>
    random.weighted<() => string>([
      [13, () => ">"],
      [4, () => random.pick(["0", "0-0"])],
      [3, () => anyId(random, stream)],
      [0.3, () => "$"],
    ])();
  const options = [
    ["GROUP", group(random), consumer(random)],
    maybeCount(random, 0.6),
    block(random),
    maybe(random, 0.1, () => ["NOACK"]),
  ];
  const ordered = random.chance(0.9) ? options : random.shuffled(options);
  return [...ordered.flat(), ...streams(random, key, command, id)];
}

function xclaim(random: Random, key: string): string[] {
  const options = [
    maybe(random, 0.2, () => ["IDLE", idle(random)]),
    maybe(random, 0.15, () => ["TIME", deliveryTime(random)]),
    maybe(random, 0.2, () => [
      "RETRYCOUNT",
      random.chance(0.8) ? String(random.below(20)) : make.integer(random, PLAIN),
    ]),
    maybe(random, 0.35, () => ["FORCE"]),
    maybe(random, 0.25, () => ["JUSTID"]),
    maybe(random, 0.15, () => ["LASTID", anyId(random, key)]),
  ];
  return [
    ...[key, group(random), consumer(random), minIdle(random)],
    ...someIds(random, key),
    ...random.shuffled(options).flat(),
  ];
}

function xautoclaim(random: Random, key: string): string[] {
  const start = random.chance(0.6) ? random.pick(["0", "0-0", "-"]) : rangeEnd(random, key, "-");
  // Of what is not idle for long enough, it looks at ten times as many.
  const isShort = random.chance(0.12);
  const options = [
    isShort ? ["COUNT", "1"] : maybeCount(random, 0.6),
    maybe(random, 0.3, () => ["JUSTID"]),
  ];
  const limit = isShort ? random.pick(IDLE_LIMITS) : minIdle(random);
  return [
    ...[key, group(random), consumer(random), limit, start],
    ...random.shuffled(options).flat(),
  ];
}

function xpending(random: Random, key: string): string[] {
  if (random.chance(0.25)) return [key, group(random)];
  return [
    ...[key, group(random), ...maybe(random, 0.25, () => ["IDLE", minIdle(random)])],
    ...[rangeEnd(random, key, "-"), rangeEnd(random, key, "+"), count(random)],
    ...maybe(random, 0.35, () => [consumer(random)]),
  ];
}

/** Where a group starts, and how many entries it is said to have read. */
const position = (random: Random, key: string) =>
  random.weighted<() => string>([
    [7, () => random.pick(["0", "0-0"])],
    [5, () => "$"],
    [7, () => anyId(random, key)],
    [0.3, () => random.pick(["-", "+", ">", "*"])],
  ])();

const entriesRead = (random: Random) =>
  maybe(random, 0.25, () => [
    "ENTRIESREAD",
    random.chance(0.85) ? String(random.between(-1, 40)) : make.integer(random, PLAIN),
  ]);

function xsetid(random: Random, key: string): string[] {
  const options = [
    maybe(random, 0.7, () => [
      "ENTRIESADDED",
      random.chance(0.85) ? String(random.between(0, 200)) : make.integer(random, PLAIN),
    ]),
    maybe(random, 0.7, () => ["MAXDELETEDID", anyId(random, key)]),
  ];
  const both = options.every((option) => option.length > 0);
  const kept = both || random.chance(0.1) ? options : [];
  return [key, lastId(random, key), ...random.shuffled(kept).flat()];
}

const WORDS: Readonly<Record<string, Words>> = {
  xadd,
  xread,
  xreadgroup,
  xclaim,
  xautoclaim,
  xpending,
  xsetid,
  xlen: (_, key) => [key],
  xrange: (random, key) => [
    ...[key, rangeEnd(random, key, "-"), rangeEnd(random, key, "+")],
    ...maybeCount(random, 0.4),
  ],
  xrevrange: (random, key) => [
    ...[key, rangeEnd(random, key, "+"), rangeEnd(random, key, "-")],
    ...maybeCount(random, 0.4),
  ],
  xdel: (random, key) => [key, ...someIds(random, key)],
  xtrim: (random, key) => [key, ...trimming(random, key)],
  xack: (random, key) => [key, group(random), ...someIds(random, key)],
  "xgroup|create": (random, key) => [
    ...[key, group(random), position(random, key)],
    ...random.shuffled([maybe(random, 0.4, () => ["MKSTREAM"]), entriesRead(random)]).flat(),
  ],
  "xgroup|setid": (random, key) => [
    ...[key, group(random), position(random, key)],
    ...entriesRead(random),
  ],
  "xgroup|destroy": (random, key) => [key, group(random)],
  "xgroup|createconsumer": (random, key) => [key, group(random), consumer(random)],
  "xgroup|delconsumer": (random, key) => [key, group(random), consumer(random)],
  "xinfo|stream": (random, key) => [
    key,
    ...maybe(random, 0.6, () => ["FULL", ...maybeCount(random, 0.5)]),
  ],
  "xinfo|groups": (_, key) => [key],
  "xinfo|consumers": (random, key) => [key, group(random)],
};

/** Commands whose words are made here. */
export const STREAM_COMMANDS: readonly string[] = Object.keys(WORDS);

/**
 * What is sent right before XADD when it leaves the whole ID to the server: it makes the stream one
 * that is ahead of the clock, or fails since it is, or because of what XADD will fail for as well.
 */
export function beforeXadd(args: readonly string[]): string[] | null {
  if (!args.slice(2).includes("*")) return null;
  return ["XADD", args[1], `${FUTURE_MS}-1`, "a", "future"];
}

/**
 * The words of a command with what would depend on the clock replaced: how long something has been
 * pending, compared with a limit it may just have reached, and waits that end at any moment. Some
 * are as well that servers take in one version and not in another.
 *
 * `mayWait`: whether commands may be left waiting at all.
 */
export function harmlessStream(
  random: Random,
  name: string,
  words: readonly string[],
  mayWait: boolean,
): string[] {
  return words.map((word, index) => {
    const number = Number(word.trim() || "x");
    const before = (words[index - 1] ?? "").toLowerCase();
    switch (name) {
      case "xread":
      case "xreadgroup":
        if (/^block$/i.test(word) && !mayWait) return "COUNT";
        if (before === "block" && number > WAIT_SHORT_MS && number < WAIT_LONG_MS) return "0";
        // From version 7.4 on, it is the last entry.
        return name === "xread" && word === "+" ? "$" : word;
      case "xautoclaim":
        // Redis takes memory for as many.
        if (before === "count" && number > COUNT_MOST && number < COUNT_TOO_BIG) return "100";
        return index === 4 ? safeLimit(random, word, number) : word;
      case "xclaim":
        return index === 4 ? safeLimit(random, word, number) : word;
      case "xpending":
        return before === "idle" ? safeLimit(random, word, number) : word;
      default:
        return word;
    }
  });
}

function safeLimit(random: Random, word: string, number: number): string {
  return number > 0 && number < IDLE_MOST ? random.pick(IDLE_LIMITS) : word;
}

const IDLE_MOST = 1e15;
const COUNT_MOST = 70_000;
/** Sizes from here on are refused. */
const COUNT_TOO_BIG = 2 ** 60;
const WAIT_SHORT_MS = 20;
const WAIT_LONG_MS = 1e8;

/** The value of the option BLOCK of XREAD or XREADGROUP, as the server finds it, if it is there. */
export function blockOption(args: readonly string[]): string | undefined {
  let value: string | undefined;
  for (let index = 1; index < args.length; index++) {
    const word = args[index].toLowerCase();
    if (word === "streams") break;
    if (word === "block") value = args[++index];
    else if (word === "count") index++;
    else if (word === "group") index += 2;
  }
  return value;
}
