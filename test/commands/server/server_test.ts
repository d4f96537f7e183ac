// Commands about the server as a whole: DBSIZE FLUSHALL FLUSHDB LASTSAVE LOLWUT MONITOR ROLE
// SHUTDOWN SWAPDB TIME. (INFO has a file of its own.)

import { afterAll, beforeAll, beforeEach, describe, expect, test } from "bun:test";
import { plain } from "../../client/resp.ts";
import { type Server, startServer } from "../../client/server.ts";

let server: Server;
beforeAll(async () => {
  server = await startServer();
});
afterAll(() => server.stop());
beforeEach(() => server.session("> FLUSHALL\nOK"));

const PROTOCOLS = [2, 3] as const;

describe.each(PROTOCOLS)("RESP%i", (protocol) => {
  const session = (text: string) => server.session(text, { protocol });

  test("DBSIZE counts the keys of the selected database", () =>
    session(`
      > MSET a 1 b 2
      OK
      > DBSIZE
      (integer) 2
      > SELECT 1
      OK
      > DBSIZE
      (integer) 0
      > DBSIZE x
      (error) ERR wrong number of arguments for 'dbsize' command
    `));

  test("FLUSHDB empties the selected database, FLUSHALL all of them", () =>
    session(`
      > MSET a 1 b 2
      OK
      > SELECT 1
      OK
      > SET c 3 EX 100
      OK
      > FLUSHDB ASYNC
      OK
      > DBSIZE
      (integer) 0
      > SELECT 0
      OK
      > DBSIZE
      (integer) 2
      > FLUSHALL SYNC
      OK
      > DBSIZE
      (integer) 0
      > FLUSHDB
      OK
    `));

  test("of a flush, INFO counts the keys as changes; of a SWAPDB one", async () => {
    const client = await server.connect();
    const changes = async (...commands: string[][]) => {
      const counts: number[] = [];
      for (const words of [["PING"], ...commands]) {
        await client.command(...words);
        const [, count] = /rdb_changes_since_last_save:(\d+)/.exec(
          String(plain(await client.command("INFO", "persistence"))),
        ) as RegExpExecArray;
        counts.push(Number(count));
      }
      return counts.slice(1).map((count, index) => count - counts[index]);
    };
    await client.command("FLUSHALL");
    expect(await changes(["FLUSHALL"], ["FLUSHDB"], ["SWAPDB", "0", "0"])).toEqual([0, 0, 1]);
    const three = ["MSET", "a", "1", "b", "2", "c", "3"];
    expect(await changes(three, ["FLUSHDB"])).toEqual([3, 3]);
    expect(await changes(three, ["FLUSHALL"], ["SWAPDB", "0", "1"])).toEqual([3, 3, 1]);
    client.close();
  });

  test("FLUSHALL and FLUSHDB take ASYNC or SYNC, and one of them only", () =>
    session(`
      > FLUSHALL ASYNC SYNC
      (error) ERR syntax error
      > FLUSHALL now
      (error) ERR syntax error
      > FLUSHDB now
      (error) ERR syntax error
      > FLUSHDB async
      OK
    `));

  test("FLUSHALL touches watched keys that exist, and no others", () =>
    session(`
      > SET a 1
      OK
      > WATCH a
      OK
      > FLUSHALL
      OK
      > MULTI
      OK
      > PING
      QUEUED
      > EXEC
      (nil)
      > WATCH a
      OK
      > FLUSHALL
      OK
      > MULTI
      OK
      > PING
      QUEUED
      > EXEC
      1) PONG
    `));

  test("SWAPDB names the first index that is no 32-bit integer", () =>
    session(`
      > SWAPDB a b
      (error) ERR invalid first DB index
      > SWAPDB 0 b
      (error) ERR invalid second DB index
      > SWAPDB -2147483648 b
      (error) ERR invalid second DB index
      > SWAPDB -2147483649 b
      (error) ERR invalid first DB index
      > SWAPDB 2147483647 b
      (error) ERR invalid second DB index
      > SWAPDB 2147483648 b
      (error) ERR invalid first DB index
      > SWAPDB 99 -2147483648
      (error) ERR DB index is out of range
    `));

  test("SWAPDB exchanges the keys of two databases, with their expiry", () =>
    session(`
      > SET a zero
      OK
      > SELECT 1
      OK
      > SET a one
      OK
      > PEXPIREAT a 4102444800000
      (integer) 1
      > SWAPDB 0 1
      OK
      > GET a
      "zero"
      > PEXPIRETIME a
      (integer) -1
      > SELECT 0
      OK
      > GET a
      "one"
      > PEXPIRETIME a
      (integer) 4102444800000
      > SWAPDB 1 1
      OK
    `));

  test("SWAPDB refuses what is no database", () =>
    session(`
      > SWAPDB a 1
      (error) ERR invalid first DB index
      > SWAPDB 0 b
      (error) ERR invalid second DB index
      > SWAPDB 99999999999 1
      (error) ERR invalid first DB index
      > SWAPDB 0 16
      (error) ERR DB index is out of range
      > SWAPDB -1 0
      (error) ERR DB index is out of range
      > SWAPDB 0
      (error) ERR wrong number of arguments for 'swapdb' command
    `));

  test("SWAPDB touches keys watched in either database, if either has them", () =>
    session(`
      other> SELECT 1
      OK
      other> SET theirs 1
      OK
      > WATCH theirs
      OK
      other> SWAPDB 0 1
      OK
      > MULTI
      OK
      > PING
      QUEUED
      > EXEC
      (nil)
      > WATCH nobodys
      OK
      other> SWAPDB 0 1
      OK
      > MULTI
      OK
      > PING
      QUEUED
      > EXEC
      1) PONG
    `));

  test("ROLE is a master without replicas", () =>
    session(`
      > ROLE
      1) "master"
      2) (integer) 0
      3) (empty array)
    `));

  test("LOLWUT ends with the version", () =>
    session(`
      > LOLWUT
      Redis ver. 7.0.15

      > LOLWUT VERSION 4
      Redis ver. 7.0.15

      > LOLWUT VERSION x
      (error) ERR value is not an integer or out of range
      > LOLWUT VERSION 5 x
      (error) ERR value is not an integer or out of range
    `));

  test("SHUTDOWN refuses options that contradict each other", () =>
    session(`
      > SHUTDOWN maybe
      (error) ERR syntax error
      > SHUTDOWN SAVE NOSAVE
      (error) ERR syntax error
      > SHUTDOWN ABORT NOW
      (error) ERR syntax error
      > SHUTDOWN NOSAVE ABORT
      (error) ERR syntax error
      > SHUTDOWN ABORT
      (error) ERR No shutdown in progress.
    `));
});

test("LOLWUT VERSION 5 and 6 draw a picture of the size asked for", async () => {
  const client = await server.connect();
  for (const [version, ...sizes] of [
    [5, 20, 3, 7],
    [6, 20, 7],
  ]) {
    const picture = String(plain(await client.command("LOLWUT", "VERSION", version, ...sizes)));
    const lines = picture.split("\n");
    expect(lines).toHaveLength(7 + 3);
    expect(lines[3].trim().length).toBeGreaterThan(10);
    expect(lines.at(-2)).toBe("Baked twice. Redis ver. 7.0.15");
  }
  client.close();
});

test("TIME tells seconds and microseconds, LASTSAVE the start's second", async () => {
  const client = await server.connect();
  const before = Date.now();
  const [seconds, microseconds] = plain(await client.command("TIME")) as Buffer[];
  const now = Number(seconds) * 1000 + Number(microseconds) / 1000;
  expect(now).toBeGreaterThan(before - 1000);
  expect(now).toBeLessThan(Date.now() + 1000);
  const saved = Number(plain(await client.command("LASTSAVE")));
  expect(saved).toBeGreaterThan(before / 1000 - 60);
  expect(saved).toBeLessThanOrEqual(Math.floor(Date.now() / 1000));
  client.close();
});

test("MONITOR shows the commands of other clients", async () => {
  const monitor = await server.connect();
  const client = await server.connect();
  expect(plain(await monitor.command("MONITOR"))).toBe("OK");
  await client.command("SELECT", 3);
  await client.command("SET", "key", 'a "b"\n');
  await client.command("AUTH", "secret");
  const lines = (await monitor.wire.replies(3)).map(String);
  expect(lines[0]).toMatch(/^\+\d+\.\d{6} \[3 127\.0\.0\.1:\d+\] "SELECT" "3"\r\n$/);
  expect(lines[1]).toMatch(/^\+\d+\.\d{6} \[3 127.*\] "SET" "key" "a \\"b\\"\\n"\r\n$/);
  expect(lines[2]).toEndWith(' "AUTH" "(redacted)"\r\n');
  monitor.close();
  client.close();
});

/** What MONITOR's lines show, without time and client. */
const shownIn = (lines: readonly Uint8Array[]) =>
  lines.map((line) =>
    String(line)
      .replace(/^\+\d.*?\] /, "")
      .trimEnd(),
  );

test("MONITOR shows that a transaction is over whose EXEC is refused", async () => {
  const monitor = await server.connect();
  const client = await server.connect();
  await monitor.command("MONITOR");
  await client.command("MULTI");
  await client.command("EXEC", "argument");
  await client.command("PING");
  const lines = await monitor.wire.replies(3);
  expect(shownIn(lines)).toEqual(['"MULTI"', '"EXEC" "argument"', '"PING"']);
  monitor.close();
  client.close();
});

test("who is in MONITOR leaves keys alone, and is not paused, until RESET", async () => {
  const monitor = await server.connect();
  const client = await server.connect();
  const refusal = new Error("ERR Replica can't interact with the keyspace");
  await monitor.command("MONITOR");
  expect(plain(await monitor.command("GET", "key"))).toEqual(refusal);
  expect(plain(await monitor.command("SET", "key", "1"))).toEqual(refusal);
  await client.command("CLIENT", "PAUSE", 60_000, "ALL");
  expect(plain(await monitor.command("CLIENT", "UNPAUSE"))).toBe("OK");
  expect(plain(await client.command("PING"))).toBe("PONG");
  expect(shownIn(await monitor.wire.replies(1))).toEqual(['"PING"']);
  expect(plain(await monitor.command("RESET"))).toBe("RESET");
  expect(plain(await monitor.command("GET", "key"))).toBe(null);
  client.close();
  monitor.close();
});

test("MONITOR shows nothing while replies are off", async () => {
  const monitor = await server.connect();
  const client = await server.connect();
  monitor.send("CLIENT", "REPLY", "OFF");
  monitor.send("MONITOR");
  monitor.send("PING");
  await client.command("ECHO", "unseen");
  monitor.send("CLIENT", "REPLY", "ON");
  expect(shownIn(await monitor.wire.replies(1))).toEqual(["+OK"]);
  monitor.close();
  client.close();
});

test("MONITOR inside a transaction is refused", () =>
  server.session(`
    > MULTI
    OK
    > MONITOR
    QUEUED
    > EXEC
    1) (error) ERR MONITOR isn't allowed for DENY BLOCKING client
  `));

test("SHUTDOWN ends the server", async () => {
  const other = await startServer();
  const client = await other.connect();
  client.send("SHUTDOWN", "NOSAVE");
  expect(await other.exited).toBe(0);
  client.close();
});
