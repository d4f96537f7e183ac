// Purpose: whatever a script does, it can be interrupted within a time slice or little more, ended
// for good, and leaves nothing to the next; limits end it where it cannot catch them.

import { describe, expect, test } from "bun:test";
import { Execution } from "../../src/scripting/execution.ts";
import { run } from "../../src/scripting/guards/run_state.ts";
import { seedRandom } from "../../src/scripting/random.ts";
import { compileScript } from "../../src/scripting/script.ts";
import { NO_ARGUMENTS, NO_KEYS, ScriptObject } from "../../src/scripting/value.ts";
import { ownCpuMs } from "../client/process.ts";
import { endless, hoarders, slow } from "./endings.ts";
import { hostWorld, worldChanges } from "./host_world.ts";
import { runScript, silentHost } from "./script_run.ts";

const SLICE_MS = 5;
/** CPU time far above what any slice takes. */
const LONGEST_MS = 3000;

const MB = 2 ** 20;

function started(source: string, host = {}): Execution {
  return Execution.ofScript(compileScript(source, "script"), NO_KEYS, NO_ARGUMENTS, {
    ...silentHost,
    ...host,
  });
}

function fails(args: string[]) {
  const error = new ScriptObject();
  error.err = "ERR failed";
  return args[0] === "FAIL" ? error : "OK";
}

describe("endless scripts are interrupted, and do not go on when they are dropped", () => {
  for (const source of endless) {
    test(source.slice(0, 90), () => {
      const before = hostWorld();
      const called: string[] = [];
      const execution = started(source, {
        call: (args: string[]) => {
          if (args[0] === "REACHED") called.push(args[0]);
          return fails(args);
        },
      });
      for (let slice = 0; slice < 4; slice++) {
        const begin = ownCpuMs();
        expect(execution.step(performance.now() + SLICE_MS)).toBe(false);
        expect(ownCpuMs() - begin).toBeLessThan(LONGEST_MS);
      }
      execution.kill("ERR killed");
      expect(execution.failure?.message).toBe("ERR killed");
      expect(called).toEqual([]);
      expect(worldChanges(before)).toEqual([]);
      expect(run.host).toBe(null);
      expect(runScript("return [1, 2].map((x) => x * 2).join()").value).toBe("2,4");
    });
  }
});

describe("the limit of memory ends a script, and nothing of it runs any more", () => {
  for (const source of hoarders) {
    test(source.slice(0, 90), () => {
      const called: string[] = [];
      let size = 0;
      let collections = 0;
      const { error } = runScript(source, {
        host: {
          call: (args) => {
            called.push(args[0]);
            return "OK";
          },
          memorySize: () => {
            size += 100 * MB;
            return size;
          },
          collect: () => {
            collections++;
          },
        },
      });
      expect(error).toBe("ERR script memory limit exceeded");
      expect(called).toEqual([]);
      expect(collections).toBe(1);
      // The next one may catch again, and has all its memory.
      const next = "try { null.x } catch (e) { return 'caught' } finally { redis.call('F') }";
      const after = runScript(next, { host: { call: (args) => args[0] } });
      expect([after.error, after.value]).toEqual([null, "caught"]);
    });
  }
});

test("what was garbage counts for nothing", () => {
  let size = 0;
  const { error, value } = runScript(
    "let s; for (let i = 0; i < 2000; i++) s = 'x'.repeat(1e6); return s.length",
    {
      host: {
        memorySize: () => {
          size += 60 * MB;
          return size;
        },
        collect: () => {
          size = 0;
        },
      },
    },
  );
  expect([error, value]).toEqual([null, 1e6]);
});

describe("slow built-ins", () => {
  for (const source of slow) {
    test(source.slice(0, 90), () => {
      const { error, sliceMsMax } = runScript(source, { slices: "always" });
      expect(error ?? "").not.toMatch(/internal|stack or a size/);
      expect(sliceMsMax).toBeLessThan(LONGEST_MS);
    });
  }
});

describe("short built-ins count what they do", () => {
  test.each(["redis.sha1hex('a')", "(2 ** 1000).toString(2)", "(1 / 3).toFixed(100)"])(
    "%s has the clock looked at before 20,000 calls",
    (call) => {
      let looks = 0;
      const source = `for (let i = 0; i < 20000; i++) ${call}`;
      runScript(source, { host: { now: () => ++looks } });
      expect(looks).toBeGreaterThan(20);
    },
  );

  test("digits of numbers are memory", () => {
    let looks = 0;
    const source = "for (let i = 0; i < 5000; i++) (2 ** 1000).toString(2)";
    runScript(source, { host: { memorySize: () => ++looks } });
    expect(looks).toBeGreaterThan(0);
  });
});

describe("depth", () => {
  const deepest = [
    "const f = (n) => { try { return f(n + 1) } catch (e) { return redis.call('DEEP', n) } }; f(0)",
    `const f = (n) => { try { return [n].map((x) => f(x + 1)) } catch (e) {
      return redis.call('DEEP', n) } }; f(0)`,
    `const f = (n) => { try { return [2, 1].sort(() => f(n + 1)) } catch (e) {
      return redis.call('DEEP', n) } }; f(0)`,
    `const f = (n) => { try { return [1, 2].reduce((a, b) => f(a + b)) } catch (e) {
      return redis.call('DEEP', n) } }; f(0)`,
    `const f = (n) => { try { return 'a'.replace('a', () => f(n + 1)) } catch (e) {
      return redis.call('DEEP', n) } }; f(0)`,
    `const o = {}; o.at = (n) => { try { return o.at(n + 1) } catch (e) {
      return redis.call('DEEP', n) } }; o.at(0)`,
    `const o = {}; o.map = (...n) => { try { return o.map(...n, 1) } catch (e) {
      return redis.call('DEEP', n.length) } }; o.map()`,
    `const f = (a, b, c, d, e, g, h, i) => { const j = [a, b], k = { a, b, c, d }; let l = 1, m = 2;
      try { return f(b, c, d, e, g, h, i, j) + k.a + l + m } catch (x) {
      return redis.call('DEEP', 1) } }; f(0)`,
    `const l = new Array(7900).fill(1), f = (...r) => redis.call('DEEP', r.length); f(...l)`,
    `const l = new Array(7900).fill(1), f = (n, ...r) => {
      try { return f(n + 1, ...l) } catch (e) { return redis.call('DEEP', n) } }; f(0)`,
    `const l = new Array(7900).fill(1), f = () => redis.call('DEEP', 1);
      try { f(${Array(85).fill("...l").join()}) } catch (e) { f() }`,
  ];
  /** As a command may take it. */
  const stackOf = (frames: number): number => (frames === 0 ? 0 : 1 + stackOf(frames - 1));

  for (const source of deepest) {
    test(`leaves the stack that a command needs: ${source.slice(0, 60)}`, () => {
      const depths: number[] = [];
      const { error } = runScript(source, {
        host: {
          call: (args) => {
            stackOf(2000);
            depths.push(Number(args[1]));
            return "1";
          },
        },
      });
      expect(error).toBe(null);
      expect(depths.length).toBeGreaterThan(0);
    });
  }
});

test("values of a run are let go of at its end", () => {
  const execution = started(
    "const l = []; for (let i = 0; i < 1000; i++) l.push({ i }); throw l[5]",
  );
  expect(execution.step(Number.POSITIVE_INFINITY)).toBe(true);
  expect([run.host, run.pendingFunction, run.pendingArguments]).toEqual([null, null, null]);
});

test("a bug of ours ends the script, which cannot catch it, and is in the log", () => {
  const logged: string[] = [];
  let calls = 0;
  const source =
    "try { redis.call('X') } catch (e) { redis.call('Y') } finally { redis.call('Z') }";
  const { error } = runScript(`1;\n${source}`, {
    host: {
      call: () => {
        calls++;
        throw new Error("a broken invariant");
      },
      log: (level, text) => logged.push(`${level} ${text.split("\n")[0]}`),
    },
  });
  expect(error).toBe("ERR internal error in script runtime");
  expect(calls).toBe(1);
  expect(logged.length).toBe(1);
  expect(logged[0]).toMatch(/^3 Bug in what a script called at its line 2: .*a broken invariant/);
});

test("Math.random has the numbers of its seed", () => {
  const numbers = (seed: number) => {
    seedRandom((count) => new Uint32Array(count).fill(seed));
    const { value } = runScript("return [Math.random(), Math.random(), Math.random()]");
    return value as number[];
  };
  expect(numbers(1)).toEqual(numbers(1));
  expect(numbers(1)).not.toEqual(numbers(2));
  expect(numbers(3).every((number) => number >= 0 && number < 1)).toBe(true);
});

test("Math.random goes on from script to script, and is not the host's", () => {
  const { value: first } = runScript("return [Math.random(), Math.random()].join()");
  const { value: second } = runScript("return [Math.random(), Math.random()].join()");
  expect(first).not.toBe(second);
});
