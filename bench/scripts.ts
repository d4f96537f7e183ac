// How long scripts take that do much by themselves: ours in JavaScript, Redis's in Lua.

import { Control } from "./control.ts";
import { type Figure, type Pair, SIDES } from "./figure.ts";
import type { Options } from "./options.ts";
import { type Row, rowOf } from "./results.ts";
import { type Server, withServers } from "./servers.ts";
import { median } from "./statistics.ts";

/** The same work in both languages. */
interface Work {
  test: string;
  ours: string;
  theirs: string;
}

const WORKS: readonly Work[] = [
  {
    test: "loop of 1M",
    ours: "let s = 0; for (let i = 0; i < 1000000; i++) s = s + i % 7; return s",
    theirs: "local s = 0; for i = 0, 999999 do s = s + i % 7 end; return s",
  },
  {
    test: "sort of 100k with a comparator",
    ours: `const l = []; let x = 12345;
      for (let i = 0; i < 100000; i++) { x = (x * 1103 + 12345) % 2147483648; l.push(x) }
      l.sort((a, b) => a - b); return l[0]`,
    theirs: `local l = {}; local x = 12345;
      for i = 1, 100000 do x = (x * 1103 + 12345) % 2147483648; l[i] = x end
      table.sort(l, function(a, b) return a < b end); return l[1]`,
  },
  {
    test: "string of 100k pieces",
    ours: "let s = ''; for (let i = 0; i < 100000; i++) s = s + 'x'; return s.length",
    theirs: "local s = ''; for i = 1, 100000 do s = s .. 'x' end; return #s",
  },
  {
    test: "250k calls of a function",
    ours: "function fib(n) { return n < 2 ? n : fib(n - 1) + fib(n - 2) } return fib(25)",
    theirs: `local function fib(n) if n < 2 then return n end; return fib(n - 1) + fib(n - 2) end
      return fib(25)`,
  },
  {
    test: "1000 commands",
    ours: "for (let i = 0; i < 1000; i++) redis.call('INCR', KEYS[1]); return 1",
    theirs: "for i = 1, 1000 do redis.call('INCR', KEYS[1]) end; return 1",
  },
  {
    test: "JSON of 100 KB",
    ours: `const l = [];
      for (let i = 0; i < 2000; i++) l.push({ id: i, name: 'name of ' + i, on: true });
      const s = JSON.stringify(l); return JSON.parse(s).length`,
    theirs: `local l = {};
      for i = 1, 2000 do l[i] = { id = i, name = 'name of ' .. i, on = true } end
      local s = cjson.encode(l); return #cjson.decode(s)`,
  },
];

/** Runs of each go on by turns for so long: the first ones compile, in steps. */
const TEST_MS = 8000;
/** But for scripts that take seconds, of which a few have to do. */
const RUNS_MIN = 3;
/** Of the runs of each, the last ones count. */
const LATE_PART = 1 / 3;

/** The figure `scripts`. */
export const scripts: Figure = {
  name: "scripts",
  summary: "EVAL of scripts that compute: loops, sorting, strings, calls, commands, JSON",
  run(options, progress) {
    return withServers([options.ours, options.theirs], async (ours, theirs) => {
      const rows: Row[] = [];
      const servers = { ours: ours as Server, theirs: theirs as Server };
      for (const work of WORKS) {
        progress(`scripts: ${work.test}`);
        const times = await timesOf(servers, work);
        const name = { figure: "scripts", test: work.test, measure: "time", unit: "ms" };
        rows.push(rowOf(name, lateMedian(times.ours), lateMedian(times.theirs)));
      }
      return { date: options.date, conditions: conditionsOf(options), rows, skipped: [] };
    });
  },
};

function conditionsOf({ ours, theirs }: Options) {
  return { ours, theirs, "ms for each": TEST_MS };
}

/** How long each run took, in ms. */
async function timesOf(servers: Pair<Server>, work: Work): Promise<Pair<number[]>> {
  const times: Pair<number[]> = { ours: [], theirs: [] };
  const controls = {
    ours: await Control.open(servers.ours.port),
    theirs: await Control.open(servers.theirs.port),
  };
  const begin = performance.now();
  while (times.ours.length < RUNS_MIN || performance.now() - begin < TEST_MS) {
    for (const side of SIDES) {
      const sentMs = performance.now();
      await controls[side].must("EVAL", work[side], "1", "key");
      times[side].push(performance.now() - sentMs);
    }
  }
  for (const side of SIDES) controls[side].close();
  return times;
}

function lateMedian(times: number[]): number {
  return median(times.slice(-Math.ceil(times.length * LATE_PART)));
}
