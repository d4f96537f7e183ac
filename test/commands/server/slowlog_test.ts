// SLOWLOG GET LEN RESET HELP, and what an entry keeps of a command.

import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import type { Client } from "../../client/client.ts";
import { plain } from "../../client/resp.ts";
import { type Server, startServer } from "../../client/server.ts";

let server: Server;
beforeAll(async () => {
  server = await startServer({ args: ["--slowlog-log-slower-than", "-1"] });
});
afterAll(() => server.stop());

type Entry = [id: number, seconds: number, us: number, args: string[], peer: string, name: string];

async function logged(run: (client: Client) => Promise<void>): Promise<Entry[]> {
  const client = await server.connect();
  await client.command("CONFIG", "SET", "slowlog-log-slower-than", 0);
  await client.command("SLOWLOG", "RESET");
  await run(client);
  await client.command("CONFIG", "SET", "slowlog-log-slower-than", -1);
  const entries = plain(await client.command("SLOWLOG", "GET", -1)) as unknown as Entry[];
  client.close();
  return entries.slice(0, -1); // without SLOWLOG RESET itself
}

const wordsOf = (entry: Entry) => [...entry[3]];

describe.each([2, 3] as const)("RESP%i", (protocol) => {
  test("SLOWLOG GET takes a count from -1 on", () =>
    server.session(
      `
      > SLOWLOG RESET
      OK
      > SLOWLOG LEN
      (integer) 0
      > SLOWLOG GET
      (empty array)
      > SLOWLOG GET -1
      (empty array)
      > SLOWLOG GET -2
      (error) ERR count should be greater than or equal to -1
      > SLOWLOG GET x
      (error) ERR count should be greater than or equal to -1
      > SLOWLOG GET 1 2
      (error) ERR unknown subcommand or wrong number of arguments for 'GET'. Try SLOWLOG HELP.
      > SLOWLOG LEN 1
      (error) ERR wrong number of arguments for 'slowlog|len' command
      > SLOWLOG FLUSH
      (error) ERR unknown subcommand 'FLUSH'. Try SLOWLOG HELP.
    `,
      { protocol },
    ));
});

test("an entry tells what took how long, when, and for whom", async () => {
  const entries = await logged(async (client) => {
    await client.command("CLIENT", "SETNAME", "tester");
    await client.command("SET", "key", "value");
    await client.command("GET", "key");
  });
  expect(entries.map(wordsOf)).toEqual([
    ["GET", "key"],
    ["SET", "key", "value"],
    ["CLIENT", "SETNAME", "tester"],
  ]);
  const [last, before] = entries;
  expect(last[0]).toBe(before[0] + 1);
  expect(Math.abs(last[1] - Date.now() / 1000)).toBeLessThan(5);
  expect(last[2]).toBeLessThan(1_000_000);
  expect(last[4]).toMatch(/^127\.0\.0\.1:\d+$/);
  expect(last[5]).toBe("tester");
});

test("only commands that reach the threshold are kept", async () => {
  const client = await server.connect();
  await client.command("CONFIG", "SET", "slowlog-log-slower-than", 10_000_000);
  await client.command("SLOWLOG", "RESET");
  await client.command("SET", "key", "value");
  expect(plain(await client.command("SLOWLOG", "LEN"))).toBe(0);
  client.close();
});

test("an entry keeps 32 arguments, the last one telling how many more there were", async () => {
  const [entry] = await logged(async (client) => {
    await client.command("DEL", ...Array.from({ length: 40 }, (_, i) => `k${i}`));
  });
  expect(entry[3]).toHaveLength(32);
  expect(entry[3][30]).toBe("k29");
  expect(entry[3][31]).toBe("... (10 more arguments)");
});

test("an entry keeps 128 bytes of an argument", async () => {
  const [, cut, whole] = await logged(async (client) => {
    await client.command("SET", "key", "x".repeat(128));
    await client.command("SET", "key", "x".repeat(1000));
    await client.command("PING");
  });
  expect(wordsOf(whole)[2]).toBe("x".repeat(128));
  expect(wordsOf(cut)[2]).toBe(`${"x".repeat(128)}... (872 more bytes)`);
});

test("passwords are hidden", async () => {
  const entries = await logged(async (client) => {
    await client.command("CONFIG", "SET", "masterauth", "secret", "timeout", 0);
    await client.command("AUTH", "wrong");
    await client.command("AUTH", "default", "wrong");
    await client.command("HELLO", 3, "AUTH", "default", "wrong", "SETNAME", "x");
    await client.command("ACL", "SETUSER", "ann", "on", ">secret");
    await client.command("ACL", "DELUSER", "ann");
  });
  expect(entries.map(wordsOf).reverse()).toEqual([
    ["CONFIG", "SET", "masterauth", "(redacted)", "timeout", "0"],
    ["AUTH", "(redacted)"],
    ["AUTH", "(redacted)", "(redacted)"],
    ["HELLO", "3", "AUTH", "(redacted)", "(redacted)", "SETNAME", "x"],
    ["ACL", "SETUSER", "(redacted)", "(redacted)", "(redacted)"],
    ["ACL", "DELUSER", "ann"],
  ]);
});

test("passwords are hidden whatever their commands are called", async () => {
  const names = ["--rename-command", "AUTH", "enter", "--rename-command", "ACL", "users"];
  const renamed = await startServer({ args: [...names, "--slowlog-log-slower-than", "0"] });
  const client = await renamed.connect();
  await client.command("ENTER", "default", "secret");
  await client.command("USERS", "SETUSER", "ann", ">secret");
  const entries = plain(await client.command("SLOWLOG", "GET")) as unknown[][];
  expect(
    entries
      .map((entry) => entry[3])
      .reverse()
      .slice(1),
  ).toEqual([
    ["ENTER", "(redacted)", "(redacted)"],
    ["USERS", "SETUSER", "(redacted)", "(redacted)"],
  ]);
  client.close();
  await renamed.stop();
});

test("slowlog-max-len bounds the log, at once when it is lowered", async () => {
  const client = await server.connect();
  await client.command("CONFIG", "SET", "slowlog-log-slower-than", 0);
  for (let i = 0; i < 20; i++) await client.command("PING");
  await client.command("CONFIG", "SET", "slowlog-log-slower-than", -1, "slowlog-max-len", 7);
  expect(plain(await client.command("SLOWLOG", "LEN"))).toBe(7);
  expect(plain(await client.command("SLOWLOG", "GET"))).toHaveLength(7);
  expect(plain(await client.command("SLOWLOG", "GET", 3))).toHaveLength(3);
  await client.command("CONFIG", "SET", "slowlog-max-len", 128);
  client.close();
});

test("SLOWLOG HELP lists the subcommands", async () => {
  const client = await server.connect();
  const lines = (plain(await client.command("SLOWLOG", "HELP")) as unknown[]).map(String);
  expect(lines[0]).toBe("SLOWLOG <subcommand> [<arg> [value] [opt] ...]. Subcommands are:");
  for (const line of ["GET [<count>]", "LEN", "RESET", "HELP"]) expect(lines).toContain(line);
  client.close();
});
