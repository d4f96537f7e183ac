/**
 * Purpose: values of every type and encoding as the commands that make them, for tests that carry
 * values between Rusk and the real Redis. Chance comes from the caller.
 */
import type { Word } from "../client/resp.ts";
import type { Random } from "../fuzz/random.ts";

export type Plan = readonly (readonly Word[])[];

/** A way to make a value of the key `k`. */
export interface Kind {
  readonly name: string;
  /** Whether both servers keep it in the same way and order: then payloads are the same. */
  readonly isExact: boolean;
  plan(random: Random): Plan;
}

const FAR_MS = 99_999_999_999_999;

/** A text of words that repeat, or noise, or digits. */
export function textOf(random: Random, sizeMax: number): Buffer {
  const size = random.below(sizeMax + 1);
  const bytes = Buffer.alloc(size);
  const variety = random.pick([1, 2, 4, 26, 256]);
  for (let i = 0; i < size; i++) {
    const copies = i > 20 && random.chance(0.3);
    bytes[i] = copies ? bytes[i - 1 - random.below(20)] : 97 + random.below(variety);
  }
  return bytes;
}

export function integerOf(random: Random): string {
  const bits = random.pick([3, 7, 8, 12, 13, 15, 16, 23, 24, 31, 32, 33, 62, 63]);
  const value = BigInt(random.uint32()) * BigInt(random.uint32());
  const cut = BigInt.asUintN(bits, value);
  return String(random.chance(0.5) ? cut : -cut);
}

const member = (random: Random, sizeMax: number): Word =>
  random.chance(0.4) ? integerOf(random) : textOf(random, sizeMax);

function members(random: Random, count: number, sizeMax: number): Word[] {
  return Array.from({ length: count }, () => member(random, sizeMax));
}

function pairs(random: Random, count: number, sizeMax: number): Word[] {
  return members(random, 2 * count, sizeMax);
}

function scored(random: Random, count: number, sizeMax: number): Word[] {
  const scores = ["0", "-0", "1.5", "-inf", "+inf", "3e100", "1e-9", "9007199254740993", "17"];
  return Array.from({ length: count }, () => {
    const score = random.chance(0.5) ? random.pick(scores) : String(random.uint32() / 1000);
    return [score, member(random, sizeMax)];
  }).flat();
}

function inPieces(command: string, words: Word[], size: number): Plan {
  const plan: Word[][] = [];
  for (let at = 0; at < words.length; at += size) {
    plan.push([command, "k", ...words.slice(at, at + size)]);
  }
  return plan;
}

/** A stream with deleted entries and, if so wanted, groups, consumers and what is pending. */
function streamPlan(random: Random, hasConsumers: boolean): Plan {
  const entries = random.pick([1, 3, 50, 150, 400]);
  const plan: Word[][] = [];
  let ms = random.pick([1, 1_700_000_000_000]);
  const ids: string[] = [];
  for (let i = 0; i < entries; i++) {
    ms += random.pick([0, 1, 5000]);
    const id = `${ms}-${i + 1}`;
    ids.push(id);
    const fields = random.chance(0.8) ? ["a", "b"] : ["c", textOf(random, 10), "d"];
    const names = fields.flatMap((field) => [field, member(random, 30)]);
    plan.push(["XADD", "k", id, ...names]);
  }
  for (const id of ids) if (random.chance(0.1)) plan.push(["XDEL", "k", id]);
  if (random.chance(0.3)) plan.push(["XTRIM", "k", "MAXLEN", entries - random.below(20)]);
  if (random.chance(0.2)) plan.push(["XSETID", "k", `${ms + 9}-9`]);
  for (const group of ["g1", "another group", ""].slice(random.below(3))) {
    plan.push(["XGROUP", "CREATE", "k", group, random.pick(["0", "$", ids[0]])]);
    if (!hasConsumers) continue;
    plan.push(["XGROUP", "CREATECONSUMER", "k", group, "idle"]);
    for (const [i, id] of ids.entries()) {
      if (!random.chance(0.2)) continue;
      const options = ["TIME", 1_600_000_000_000 + i, "RETRYCOUNT", random.below(9), "FORCE"];
      plan.push(["XCLAIM", "k", group, `c${random.below(4)}`, "0", id, ...options]);
    }
  }
  return plan;
}

export const KINDS: readonly Kind[] = [
  { name: "an integer", isExact: true, plan: (r) => [["SET", "k", integerOf(r)]] },
  {
    name: "a string",
    isExact: true,
    plan: (r) => [["SET", "k", textOf(r, r.pick([12, 60, 9000]))]],
  },
  {
    name: "a string made by APPEND",
    isExact: true,
    plan: (r) => [
      ["APPEND", "k", integerOf(r)],
      ["APPEND", "k", textOf(r, 3)],
    ],
  },
  { name: "a large string", isExact: true, plan: (r) => [["SET", "k", textOf(r, 300_000)]] },
  {
    name: "a list pushed to its end",
    isExact: true,
    plan: (r) => inPieces("RPUSH", members(r, 1 + r.pick([5, 300, 3000]), 60), 500),
  },
  {
    name: "a list pushed to its start",
    isExact: false,
    plan: (r) => inPieces("LPUSH", members(r, 1 + r.pick([5, 3000]), 60), 500),
  },
  {
    name: "a list of large elements",
    isExact: true,
    plan: (r) => [["RPUSH", "k", ...members(r, 9, 20_000)]],
  },
  {
    name: "a set of integers",
    isExact: true,
    plan: (r) => [["SADD", "k", ...Array.from({ length: 1 + r.below(500) }, () => integerOf(r))]],
  },
  {
    name: "a set",
    isExact: false,
    plan: (r) => inPieces("SADD", members(r, 1 + r.pick([9, 900]), 90), 500),
  },
  {
    name: "a small sorted set",
    isExact: true,
    plan: (r) => [["ZADD", "k", ...scored(r, 1 + r.below(100), 60)]],
  },
  {
    name: "a large sorted set",
    isExact: true,
    plan: (r) => inPieces("ZADD", scored(r, 600, 90), 500),
  },
  {
    name: "a small hash",
    isExact: true,
    plan: (r) => [["HSET", "k", ...pairs(r, 1 + r.below(200), 60)]],
  },
  { name: "a large hash", isExact: false, plan: (r) => inPieces("HSET", pairs(r, 900, 90), 500) },
  {
    name: "a HyperLogLog",
    isExact: true,
    plan: (r) => [["PFADD", "k", ...members(r, r.pick([3, 900]), 9)]],
  },
  { name: "a stream", isExact: true, plan: (r) => streamPlan(r, false) },
  // When consumers were seen last is not the same in both servers.
  { name: "a stream with consumers", isExact: false, plan: (r) => streamPlan(r, true) },
  {
    name: "an empty stream",
    isExact: false,
    plan: () => [
      ["XADD", "k", "5-5", "a", "b"],
      ["XGROUP", "CREATE", "k", "g", "0"],
      ["XDEL", "k", "5-5"],
    ],
  },
  {
    name: "a key that expires",
    isExact: true,
    plan: () => [["SET", "k", "v", "PXAT", FAR_MS]],
  },
];
