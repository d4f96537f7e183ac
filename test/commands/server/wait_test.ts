/**
 * Purpose: commands that wait for copies of what their client has changed: WAIT, and WAITAOF, which
 * Redis has from 7.2 on and is therefore no oracle for here. What is expected of it is from Redis's
 * documentation: an array of two integers, whether this server's log has all that the client
 * changed on its disk (1 or 0), and how many replicas' logs have. It waits until both are as many
 * as asked for, or the time in ms is over (0: for ever). With 1 for this server and no log it
 * fails, also when the log is turned off while it waits. Inside MULTI it tells what is so, and goes
 * on.
 * That it does not come before the sync is in test/durability/append_log_test.ts.
 */

import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import type { Client } from "../../client/client.ts";
import { plain, type Word } from "../../client/resp.ts";
import { redisBinary, type Server, startRedis, startServer } from "../../client/server.ts";
import { until } from "../../client/until.ts";

const PROTOCOLS = [2, 3] as const;
const isRedis = /redis-server/.test(process.env.RUSK_BINARY ?? "");

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

const ask = async (who: Client, ...words: Word[]) => plain(await who.command(...words));

describe.each(PROTOCOLS)("RESP%d", (protocol) => {
  const session = (text: string) => server.session(text, { protocol });

  test("WAIT for no replicas knows at once", () =>
    session(`
      > WAIT 0 0
      (integer) 0
      > WAIT 0 9223372036854775807
      (integer) 0
      > WAIT -1 0
      (integer) 0
      > WAIT -9223372036854775808 0
      (integer) 0
    `));

  test("WAIT for replicas tells that there are none when the time is over", () =>
    session(`
      > WAIT 1 1
      (integer) 0
      > WAIT 9223372036854775807 2
      (integer) 0
      > SET a 1
      OK
      > WAIT 1 20
      (integer) 0
    `));

  test("WAIT waits for ever, and for as long as there are numbers", () =>
    session(`
      a> CLIENT SETNAME first
      OK
      a> WAIT 1 0
      ...
      b> WAIT 1 9223372036854775807
      ...
      c> CLIENT NO-EVICT on
      OK
      c> WAIT 1 100000
      ...
      > PING
      PONG
    `));

  test("WAIT checks the number, then the time, and then nothing more", () =>
    session(`
      > WAIT x x
      (error) ERR value is not an integer or out of range
      > WAIT 9223372036854775808 x
      (error) ERR value is not an integer or out of range
      > WAIT 1.0 0
      (error) ERR value is not an integer or out of range
      > WAIT 0 x
      (error) ERR timeout is not an integer or out of range
      > WAIT 1 9223372036854775808
      (error) ERR timeout is not an integer or out of range
      > WAIT 0 1.5
      (error) ERR timeout is not an integer or out of range
      > WAIT 0 ""
      (error) ERR timeout is not an integer or out of range
      > WAIT 0 -1
      (error) ERR timeout is negative
      > WAIT 1 -1
      (error) ERR timeout is negative
      > WAIT 0
      (error) ERR wrong number of arguments for 'wait' command
      > WAIT 0 0 0
      (error) ERR wrong number of arguments for 'wait' command
    `));

  test("WAIT inside MULTI does not wait", () =>
    session(`
      > MULTI
      OK
      > SET a 1
      QUEUED
      > WAIT 1 0
      QUEUED
      > WAIT 1 -1
      QUEUED
      > EXEC
      1) OK
      2) (integer) 0
      3) (error) ERR timeout is negative
    `));
});

/** A connection that waits in a command, and its number. */
async function waiting(...words: Word[]): Promise<{ one: Client; id: string }> {
  const one = await server.connect();
  const id = String(await ask(one, "CLIENT", "ID"));
  one.send(...words);
  await until("a client that waits", async () => (await flagsOf(id)) === "b");
  return { one, id };
}

async function flagsOf(id: string): Promise<string | undefined> {
  const list = String(await ask(client, "CLIENT", "LIST", "ID", id));
  return / flags=([^ ]*) /.exec(list)?.[1];
}

const blockedClients = async () =>
  /^blocked_clients:(\d+)/m.exec(String(await ask(client, "INFO", "clients")))?.[1];

test("CLIENT UNBLOCK ends WAIT as its time would, or with an error", async () => {
  const { one, id } = await waiting("WAIT", "1", "0");
  expect(await blockedClients()).toBe("1");
  expect(await ask(client, "CLIENT", "UNBLOCK", id)).toBe(1);
  expect(plain(await one.reply())).toBe(0);
  one.send("WAIT", "1", "0");
  await until("a client that waits", async () => (await flagsOf(id)) === "b");
  expect(await ask(client, "CLIENT", "UNBLOCK", id, "ERROR")).toBe(1);
  expect(await one.reply()).toEqual({
    type: "error",
    value: "UNBLOCKED client unblocked via CLIENT UNBLOCK",
  });
  expect(await ask(client, "CLIENT", "UNBLOCK", id)).toBe(0);
  expect(await blockedClients()).toBe("0");
  one.close();
});

test("a client that is gone no longer waits", async () => {
  const { one } = await waiting("WAIT", "1", "0");
  one.close();
  await until("nobody to wait", async () => (await blockedClients()) === "0");
});

test("what follows WAIT in a pipeline comes after it", async () => {
  const one = await server.connect();
  const words = [
    ["SET", "a", "1"],
    ["WAIT", "1", "30"],
    ["WAIT", "2", "30"],
    ["GET", "a"],
  ];
  const beganMs = performance.now();
  expect((await one.pipeline(words)).map(plain)).toEqual(["OK", 0, 0, "1"]);
  expect(performance.now() - beganMs).toBeGreaterThan(55);
  one.close();
});

test.skipIf(redisBinary() === null)("COMMAND INFO and DOCS of WAIT are Redis's", async () => {
  const redis = await startRedis();
  const theirs = await redis.connect();
  const words = ["COMMAND", "INFO", "WAIT"];
  expect(await ask(client, ...words)).toEqual(await ask(theirs, ...words));
  theirs.close();
  await redis.stop();
});

describe.skipIf(isRedis)("WAITAOF", () => {
  let logged: Server;
  let observer: Client;

  beforeAll(async () => {
    logged = await startServer({ args: ["--appendonly", "yes", "--appendfsync", "always"] });
    observer = await logged.connect();
  });

  afterAll(async () => {
    observer?.close();
    await logged?.stop();
  });

  const settings = (...words: Word[]) => observer.command("CONFIG", "SET", ...words);

  describe.each(PROTOCOLS)("RESP%d", (protocol) => {
    const session = (text: string) => logged.session(text, { protocol });

    test("is over when the changes are on the disk", async () => {
      for (const policy of ["always", "everysec"]) {
        await settings("appendfsync", policy);
        await session(`
          > WAITAOF 1 0 0
          1) (integer) 1
          2) (integer) 0
          > SET a 1
          OK
          > WAITAOF 1 0 0
          1) (integer) 1
          2) (integer) 0
          > WAITAOF 0 0 0
          1) (integer) 1
          2) (integer) 0
        `);
      }
    });

    test("under appendfsync no waits until something syncs the log", async () => {
      await settings("appendfsync", "no");
      await session(`
        > SET a 1
        OK
        > WAITAOF 1 0 20
        1) (integer) 0
        2) (integer) 0
        > WAITAOF 0 0 0
        1) (integer) 0
        2) (integer) 0
        other> WAITAOF 1 0 0
        1) (integer) 1
        2) (integer) 0
        > WAITAOF 1 0 0
        ...
        other> BGREWRITEAOF
        Background append only file rewriting started
        <
        1) (integer) 1
        2) (integer) 0
        > SET a 2
        OK
        > WAITAOF 1 0 0
        ...
        other> CONFIG SET appendfsync everysec
        OK
        <
        1) (integer) 1
        2) (integer) 0
      `);
    });

    test("for replicas waits in vain, and tells of the disk all the same", async () => {
      await settings("appendfsync", "always");
      await session(`
        > SET a 1
        OK
        > WAITAOF 1 1 20
        1) (integer) 1
        2) (integer) 0
        > WAITAOF 0 9223372036854775807 1
        1) (integer) 1
        2) (integer) 0
        > WAITAOF 0 1 0
        ...
      `);
    });

    test("inside MULTI tells what is so before the transaction", async () => {
      await settings("appendfsync", "no");
      await session(`
        > MULTI
        OK
        > SET a 1
        QUEUED
        > WAITAOF 1 0 0
        QUEUED
        > WAITAOF 2 0 0
        QUEUED
        > EXEC
        1) OK
        2) 1) (integer) 1
           2) (integer) 0
        3) (error) ERR value is out of range, value must between 0 and 1
        > MULTI
        OK
        > WAITAOF 1 0 0
        QUEUED
        > EXEC
        1) 1) (integer) 0
           2) (integer) 0
      `);
    });

    test("checks numlocal, numreplicas and the time, then whether there is a log", () =>
      session(`
        > WAITAOF x x x
        (error) ERR value is not an integer or out of range
        > WAITAOF 2 x x
        (error) ERR value is out of range, value must between 0 and 1
        > WAITAOF -1 0 0
        (error) ERR value is out of range, value must between 0 and 1
        > WAITAOF 0 x x
        (error) ERR value is out of range, must be positive
        > WAITAOF 0 -1 x
        (error) ERR value is out of range, must be positive
        > WAITAOF 1 0 x
        (error) ERR timeout is not an integer or out of range
        > WAITAOF 1 0 -1
        (error) ERR timeout is negative
        > WAITAOF 1 0
        (error) ERR wrong number of arguments for 'waitaof' command
        > WAITAOF 1 0 0 0
        (error) ERR wrong number of arguments for 'waitaof' command
      `));

    test("without a log tells so where it is asked for", () =>
      server.session(
        `
        > WAITAOF 1 0 x
        (error) ERR timeout is not an integer or out of range
        > WAITAOF 1 0 0
        (error) ERR WAITAOF cannot be used when numlocal is set but appendonly is disabled.
        > WAITAOF 0 0 0
        1) (integer) 0
        2) (integer) 0
        > WAITAOF 0 1 1
        1) (integer) 0
        2) (integer) 0
      `,
        { protocol },
      ));

    test("fails when the log is turned off, and waits for the base of a new one", async () => {
      await settings("appendfsync", "no");
      await session(`
        > SET a 1
        OK
        > WAITAOF 1 0 0
        ...
        remote> WAITAOF 0 1 0
        ...
        other> CONFIG SET appendonly no
        OK
        <
        (error) ERR WAITAOF cannot be used when numlocal is set but appendonly is disabled.
        > SET b 1
        OK
        other> CONFIG SET rdb-key-save-delay 100000
        OK
        other> CONFIG SET appendonly yes
        OK
        > WAITAOF 1 0 1
        1) (integer) 0
        2) (integer) 0
        > WAITAOF 1 0 0
        ...
        other> CONFIG SET rdb-key-save-delay 0
        OK
        <
        1) (integer) 1
        2) (integer) 0
      `);
    });
  });

  test("CLIENT UNBLOCK ends it as its time would", async () => {
    await settings("appendfsync", "no");
    const one = await logged.connect();
    const id = String(await ask(one, "CLIENT", "ID"));
    await one.command("SET", "a", "1");
    one.send("WAITAOF", "1", "0", "0");
    await until(
      "the client to wait",
      async () => (await ask(observer, "CLIENT", "UNBLOCK", id)) === 1,
    );
    expect(plain(await one.reply())).toEqual([0, 0]);
    one.close();
  });

  test("comes after the replies before it, and before those after it", async () => {
    await settings("appendfsync", "always");
    const one = await logged.connect();
    const words = [
      ["INCR", "n"],
      ["WAITAOF", "1", "0", "0"],
      ["INCR", "n"],
      ["DEL", "n"],
    ];
    for (let i = 0; i < 50; i++) {
      expect((await one.pipeline(words)).map(plain)).toEqual([1, [1, 0], 2, 1]);
    }
    one.close();
  });
});
