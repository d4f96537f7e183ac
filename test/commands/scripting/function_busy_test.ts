// Purpose: a function that runs for longer than busy-reply-threshold, as others see it. All holds
// for the real Redis as well, of a library in Lua that does the same.

import { afterAll, beforeAll, expect, test } from "bun:test";
import type { Client } from "../../client/client.ts";
import { plain, type Word } from "../../client/resp.ts";
import { redisBinary, type Server, startRedis, startServer } from "../../client/server.ts";
import { until } from "../../client/until.ts";

const BODY = [
  "#!js name=l\nredis.registerFunction('spin', () => { for (;;); })",
  "#!lua name=l\nredis.register_function('spin', function() while true do end end)",
];

interface Side {
  readonly server: Server;
  /** Two clients: one waits for its function, the other looks. */
  readonly caller: Client;
  readonly other: Client;
  readonly script: string;
}

const sides: Side[] = [];

beforeAll(async () => {
  const makers = redisBinary() === null ? [startServer] : [startServer, startRedis];
  for (const [index, make] of makers.entries()) {
    const server = await make();
    const caller = await server.connect();
    const other = await server.connect();
    await other.command("CONFIG", "SET", "busy-reply-threshold", 1);
    await other.command("FUNCTION", "LOAD", BODY[index]);
    const script = index === 0 ? "for (;;);" : "while true do end";
    sides.push({ server, caller, other, script });
  }
});

afterAll(async () => {
  for (const { server, caller, other } of sides) {
    caller.close();
    other.close();
    await server.stop();
  }
});

async function ask(client: Client, ...words: Word[]): Promise<unknown> {
  const reply = plain(await client.command(...words));
  return reply instanceof Error ? reply.message : reply;
}

const BUSY = "BUSY Redis is busy running a script. You can only call";

async function untilBusy({ other }: Side): Promise<void> {
  await until("BUSY", async () => String(await ask(other, "PING")).startsWith("BUSY"));
}

test("FUNCTION STATS shows it, FUNCTION KILL ends it", async () => {
  for (const side of sides) {
    const { caller, other } = side;
    const reply = ask(caller, "fcall", "SPIN", 1, "k", "an argument");
    await untilBusy(side);
    expect(await ask(other, "PING")).toBe(`${BUSY} FUNCTION KILL or SHUTDOWN NOSAVE.`);
    expect(await ask(other, "SCRIPT", "KILL")).toBe(`${BUSY} FUNCTION KILL or SHUTDOWN NOSAVE.`);
    expect(await ask(other, "FUNCTION", "LIST")).toStartWith(BUSY);
    const [, shown, , engines] = (await ask(other, "FUNCTION", "STATS")) as unknown[][];
    expect(shown.slice(0, 5)).toEqual([
      "name",
      "spin",
      "command",
      ["fcall", "SPIN", "1", "k", "an argument"],
      "duration_ms",
    ]);
    expect(shown[5]).toBeGreaterThanOrEqual(1);
    expect(engines[1]).toEqual(["libraries_count", 1, "functions_count", 1]);
    expect(await ask(other, "FUNCTION", "KILL")).toBe("OK");
    expect(await reply).toMatch(
      /^ERR Script killed by user with SCRIPT KILL\.\.\. script: spin, on @user_function:\d+\.$/,
    );
    const [, after] = (await ask(other, "FUNCTION", "STATS")) as unknown[];
    expect(after).toBeNull();
  }
});

test("of a script, FUNCTION STATS and KILL say BUSY", async () => {
  for (const side of sides) {
    const { caller, other, script } = side;
    const reply = ask(caller, "EVAL", script, 0);
    await untilBusy(side);
    const busy = `${BUSY} SCRIPT KILL or SHUTDOWN NOSAVE.`;
    expect(await ask(other, "FUNCTION", "STATS")).toBe(busy);
    expect(await ask(other, "FUNCTION", "KILL")).toBe(busy);
    expect(await ask(other, "SCRIPT", "KILL")).toBe("OK");
    expect(await reply).toContain("Script killed by user with SCRIPT KILL...");
  }
});
