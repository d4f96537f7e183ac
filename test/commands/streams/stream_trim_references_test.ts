// XADD and XTRIM with KEEPREF, DELREF and ACKED against a plain model of a stream and its groups,
// in random commands; and what the log makes of them: a server that loads it has the same data.

import { afterAll, beforeAll, expect, test } from "bun:test";
import type { Client } from "../../client/client.ts";
import { plain, type Word } from "../../client/resp.ts";
import { type Server, startServer } from "../../client/server.ts";
import { Random } from "../../fuzz/random.ts";

const SEED = Number(process.env.SEED ?? Math.floor(Math.random() * 2 ** 32));
const STEPS = Number(process.env.TRIM_STEPS ?? 1500);
const GROUPS = ["g", "h"];

interface Group {
  /** The number of the last entry that was read. */
  last: number;
  pending: Set<number>;
}

let server: Server;
let client: Client;
const ask = async (...words: Word[]) => plain(await client.command(...words));

beforeAll(async () => {
  const args = ["--appendonly", "yes", "--save", "", "--enable-debug-command", "yes"];
  server = await startServer({ args: [...args, "--stream-node-max-entries", "4"] });
  client = await server.connect();
});
afterAll(async () => {
  client?.close();
  await server?.stop();
});

/** Entries are numbered from 1, and n has the ID n-0. */
class Model {
  entries: number[] = [];
  added = 0;
  readonly groups = new Map<string, Group>();

  /** Removes what an exact trim removes; how many. */
  trim(condition: string, byLength: boolean, threshold: number): number {
    const groups = [...this.groups.values()];
    const isNeeded = (n: number) => groups.some((g) => n > g.last || g.pending.has(n));
    const isMinding = condition === "ACKED" && groups.length > 0;
    const kept: number[] = [];
    let length = this.entries.length;
    for (const n of this.entries) {
      const isOver = byLength ? length <= threshold : n >= threshold;
      if (isOver || (isMinding && isNeeded(n))) {
        kept.push(n);
        continue;
      }
      length--;
      if (condition === "DELREF") for (const { pending } of groups) pending.delete(n);
    }
    const count = this.entries.length - kept.length;
    this.entries = kept;
    return count;
  }
}

/** What the server has, in the model's terms. */
async function stateOf(model: Model): Promise<unknown> {
  const entries = (await ask("XRANGE", "s", "-", "+")) as [string, string[]][];
  const groups: Record<string, number[]> = {};
  for (const name of model.groups.keys()) {
    const rows = (await ask("XPENDING", "s", name, "-", "+", 100_000)) as [string][];
    groups[name] = rows.map(([id]) => Number.parseInt(id, 10));
  }
  return { entries: entries.map(([id]) => Number.parseInt(id, 10)), groups };
}

function expected(model: Model): unknown {
  const groups: Record<string, number[]> = {};
  for (const [name, { pending }] of model.groups) groups[name] = [...pending].sort((a, b) => a - b);
  return { entries: model.entries, groups };
}

test(`random trims, seed ${SEED}`, async () => {
  const random = new Random(SEED);
  const model = new Model();
  await ask("FLUSHALL");
  const trimWords = (condition: string, byLength: boolean, threshold: number) => [
    ...(random.chance(0.5) ? [condition] : []),
    byLength ? "MAXLEN" : "MINID",
    ...(random.chance(0.5) ? ["="] : []),
    threshold,
  ];
  for (let step = 0; step < STEPS; step++) {
    const kind = random.below(10);
    const name = random.pick(GROUPS);
    const group = model.groups.get(name);
    if (kind < 4 || model.added === 0) {
      model.entries.push(++model.added);
      await ask("XADD", "s", `${model.added}-0`, "n", model.added);
    } else if (kind < 5 && group === undefined) {
      model.groups.set(name, { last: 0, pending: new Set() });
      await ask("XGROUP", "CREATE", "s", name, "0");
    } else if (kind < 6 && group !== undefined) {
      const count = random.between(1, 6);
      const read = model.entries.filter((n) => n > group.last).slice(0, count);
      for (const n of read) group.pending.add(n);
      group.last = read.at(-1) ?? group.last;
      await ask("XREADGROUP", "GROUP", name, "c", "COUNT", count, "STREAMS", "s", ">");
    } else if (kind < 8 && group !== undefined && group.pending.size > 0) {
      const ids = [...group.pending].filter(() => random.chance(0.5));
      if (ids.length === 0) continue;
      for (const n of ids) group.pending.delete(n);
      expect(await ask("XACK", "s", name, ...ids)).toBe(ids.length);
    } else if (kind === 8) {
      const condition = random.pick(["KEEPREF", "DELREF", "ACKED"]);
      const byLength = random.chance(0.5);
      const threshold = random.below(byLength ? 20 : model.added + 2);
      const words = trimWords(condition, byLength, threshold);
      if (!words.includes(condition)) words.push(condition);
      const removed = model.trim(condition, byLength, threshold);
      expect([step, words, await ask("XTRIM", "s", ...words)]).toEqual([step, words, removed]);
    } else {
      // Nearly exact trims depend on where leaves end: only that they stay within bounds is known.
      const before = (await stateOf(model)) as { entries: number[] };
      const limit = random.chance(0.5) ? ["LIMIT", random.below(12)] : [];
      const condition = random.pick(["DELREF", "ACKED"]);
      const byLength = random.chance(0.5);
      const threshold = random.below(byLength ? 20 : model.added + 2);
      const strategy = byLength ? "MAXLEN" : "MINID";
      await ask("XTRIM", "s", condition, strategy, "~", threshold, ...limit);
      const after = (await stateOf(model)) as { entries: number[] };
      model.trim(condition, byLength, threshold);
      const atLeast = new Set(model.entries);
      expect(after.entries.filter((n) => atLeast.has(n))).toEqual(model.entries);
      expect(before.entries.filter((n) => after.entries.includes(n))).toEqual(after.entries);
      model.entries = after.entries;
      // What was removed by DELREF is pending no more; the rest is.
      for (const [each, { pending }] of model.groups) {
        const rows = (await ask("XPENDING", "s", each, "-", "+", 100_000)) as [string][];
        const now = new Set(rows.map(([id]) => Number.parseInt(id, 10)));
        for (const n of now) pending.add(n);
        for (const n of [...pending]) if (!now.has(n)) pending.delete(n);
      }
    }
    if (step % 50 === 0) expect(await stateOf(model)).toEqual(expected(model));
  }
  const digest = await ask("DEBUG", "DIGEST");
  expect(await stateOf(model)).toEqual(expected(model));
  expect(await ask("DEBUG", "LOADAOF")).toBe("OK");
  expect(await ask("DEBUG", "DIGEST")).toBe(digest);
  expect(await stateOf(model)).toEqual(expected(model));
});
