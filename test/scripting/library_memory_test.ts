// Purpose: what a library keeps in its variables from call to call is limited, too
// (src/scripting/library_memory.ts): it begins anew, others do not, and the memory is given back.

import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { LibraryMemory, LibraryUse } from "../../src/scripting/library_memory.ts";
import { MEMORY_QUANTUM } from "../../src/scripting/limits.ts";
import type { Client } from "../client/client.ts";
import { plain, type Word } from "../client/resp.ts";
import { type Server, startServer } from "../client/server.ts";

const MB = 1 << 20;

describe("a server", () => {
  let server: Server;
  let client: Client;

  beforeAll(async () => {
    server = await startServer();
    client = await server.connect();
  });

  afterAll(async () => {
    client?.close();
    await server?.stop();
  });

  async function ask(...words: Word[]): Promise<unknown> {
    const reply = plain(await client.command(...words));
    return reply instanceof Error ? reply.message : reply;
  }

  const residentSize = () =>
    Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${server.pid}/status`, "utf8"))?.[1]) * 1024;

  test.each<[kind: string, body: string, argument: string]>([
    ["strings", "const s = 'x'.repeat(1 << 20) + list.length; s.charCodeAt(9); list.push(s)", ""],
    ["arguments", "list.push(args[1])", "a".repeat(MB)],
    ["numbers", "const a = []; for (let i = 0; i < 131072; i++) a.push(i / 3); list.push(a)", ""],
    ["objects", "for (let i = 0; i < 10000; i++) list.push({i, j: [i], k: {i}})", ""],
    ["closures", "for (let i = 0; i < 5000; i++) { const all = [i]; list.push(() => all) }", ""],
  ])("limits what variables hold: %s", async (_kind, body, argument) => {
    await ask("FUNCTION", "FLUSH");
    await ask(
      "FUNCTION",
      "LOAD",
      `#!js name=grow\nlet list = [];
       redis.registerFunction('grow', (keys, args) => { ${body}; return list.length })`,
    );
    await ask(
      "FUNCTION",
      "LOAD",
      "#!js name=other\nlet n = 0; redis.registerFunction('other', () => ++n)",
    );
    expect(await ask("FCALL", "other", 0)).toBe(1);
    const before = residentSize();
    let most = before;
    let reply: unknown = 0;
    let calls = 0;
    for (; calls < 3000 && typeof reply === "number"; calls++) {
      reply = await ask("FCALL", "grow", 0, argument);
      if (calls % 16 === 0) most = Math.max(most, residentSize());
    }
    expect(reply).toBe(
      "ERR the variables of library 'grow' hold more than script-memory-limit " +
        "(268435456 bytes): it begins anew",
    );
    expect(calls).toBeGreaterThan(100);
    expect(most - before).toBeLessThan(512 * MB);
    expect(await ask("FCALL", "grow", 0, argument)).toBeLessThanOrEqual(10_000);
    expect(await ask("FCALL", "other", 0)).toBe(2);
  });

  test("follows script-memory-limit", async () => {
    await ask("FUNCTION", "FLUSH");
    const code = `#!js name=grow\nlet list = [];
      const add = (s) => { s.charCodeAt(9); return list.push(s) };
      redis.registerFunction('grow', () => add('x'.repeat(1 << 20) + list.length))`;
    await ask("FUNCTION", "LOAD", code);
    const callsUntilError = async () => {
      for (let calls = 1; calls < 1000; calls++) {
        if (typeof (await ask("FCALL", "grow", 0)) !== "number") return calls;
      }
      return 1000;
    };
    expect(await ask("CONFIG", "SET", "script-memory-limit", "64mb")).toBe("OK");
    expect(await callsUntilError()).toBeLessThan(160);
    expect(await ask("CONFIG", "SET", "script-memory-limit", "0")).toBe("OK");
    expect(await callsUntilError()).toBe(1000);
    expect(await ask("CONFIG", "SET", "script-memory-limit", "256mb")).toBe("OK");
    expect(await callsUntilError()).toBeLessThan(200);
  });

  test("limits what libraries hold when they are loaded", async () => {
    await ask("FUNCTION", "FLUSH");
    const codeOf = (i: number) =>
      `#!js name=l${i}\nlet list = [];
       const add = (s) => { s.charCodeAt(9); list.push(s) };
       for (let i = 0; i < 30; i++) add('x'.repeat(1 << 20) + i);
       redis.registerFunction('f${i}', () => list.length)`;
    let reply: unknown = "";
    let count = 0;
    for (; count < 100 && !String(reply).startsWith("ERR"); count++) {
      reply = await ask("FUNCTION", "LOAD", codeOf(count));
    }
    expect(reply).toContain("libraries hold more than script-memory-limit");
    expect(count).toBeLessThan(20);
    expect(await ask("FCALL", "f0", 0)).toBe(30);
    expect(await ask("FUNCTION", "FLUSH")).toBe("OK");
    expect(await ask("FUNCTION", "LOAD", codeOf(0))).toBe("l0");
  });
});

describe("the limit", () => {
  test("counts arguments, runs, and runs that have told nothing", () => {
    const use = new LibraryUse();
    use.begin(1000);
    use.end(500);
    expect(use.recent).toBe(1500);
    use.begin(0);
    use.begin(0);
    expect(use.recent).toBe(1500 + MEMORY_QUANTUM);
    expect(use.isLookDue).toBe(true);
    use.look();
    expect([use.recent, use.total]).toEqual([0, 1500 + MEMORY_QUANTUM]);
  });

  test("is of what is no garbage, and of no one else's", () => {
    let held = 50;
    let garbage = 0;
    let collections = 0;
    let seen = 0;
    const gauge = {
      processSize: () => 1000 + held + garbage,
      valuesSize: () => seen,
      collect: () => {
        garbage = 0;
        seen = held;
        collections++;
      },
    };
    const memory = new LibraryMemory(gauge);
    memory.begin();
    expect(collections).toBe(1);
    // It cannot be above, and then it is not.
    expect(memory.isAbove(100, 100, 100)).toBe(false);
    expect(memory.isAbove(100, 100, 200)).toBe(false);
    expect(collections).toBe(1);
    garbage = 500;
    expect(memory.isAbove(100, 100, 300)).toBe(false);
    expect(collections).toBe(2);
    held = 151;
    expect(memory.isAbove(100, 101, 49)).toBe(false);
    expect(memory.isAbove(100, 0, 50)).toBe(true);
    held = 500;
    // It was let go of, and nothing came of that.
    expect(memory.isAbove(100, 0, Infinity)).toBe(false);
    held = 501;
    expect(memory.isAbove(100, 1, Infinity)).toBe(true);
    held = 100;
    expect(memory.isAbove(100, 1, Infinity)).toBe(false);
  });
});
