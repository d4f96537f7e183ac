// Purpose: MULTI, EXEC, DISCARD, WATCH and UNWATCH
// (src/commands/connection/transaction_commands.ts), as sessions under RESP2 and RESP3. They hold
// for the real Redis as well: RUSK_BINARY=redis-server runs them against it.

import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "bun:test";
import type { Client } from "../../client/client.ts";
import { plain, requestOf, type Word } from "../../client/resp.ts";
import { type Server, startServer } from "../../client/server.ts";

const PROTOCOLS = [2, 3] as const;

let server: Server;
let client: Client;

beforeAll(async () => {
  server = await startServer({ args: ["--enable-debug-command", "yes"] });
  client = await server.connect();
});

beforeEach(async () => {
  await client.command("FLUSHALL");
});

afterAll(async () => {
  client?.close();
  await server?.stop();
});

const request = (...commands: Word[][]) => Buffer.concat(commands.map(requestOf));
const ask = async (who: Client, ...words: Word[]) => plain(await who.command(...words));

/** The raw replies to commands sent at once on a connection of their own. */
async function replies(...lines: string[]): Promise<string> {
  const one = await server.connect();
  const commands = lines.map((line) => line.split(" "));
  return (await one.raw(request(...commands, ["QUIT"]))).toString();
}

describe.each(PROTOCOLS)("RESP%d", (protocol) => {
  const session = (text: string) => server.session(text, { protocol });

  test("EXEC replies what the commands of MULTI replied", () =>
    session(`
      > MULTI
      OK
      > SET a 1
      QUEUED
      > INCR a
      QUEUED
      > GETDEL a
      QUEUED
      > GET nosuch
      QUEUED
      > EXEC
      1) OK
      2) (integer) 2
      3) "2"
      4) (nil)
      > EXEC
      (error) ERR EXEC without MULTI
    `));

  test("DISCARD drops the commands", () =>
    session(`
      > DISCARD
      (error) ERR DISCARD without MULTI
      > MULTI
      OK
      > SET k 1
      QUEUED
      > DISCARD
      OK
      > EXISTS k
      (integer) 0
    `));

  test("MULTI, WATCH and a wrong DISCARD inside a transaction", () =>
    session(`
      > MULTI
      OK
      > MULTI
      (error) ERR MULTI calls can not be nested
      > WATCH k
      (error) ERR WATCH inside MULTI is not allowed
      > EXEC
      (empty array)
      > MULTI
      OK
      > DISCARD now
      (error) ERR wrong number of arguments for 'discard' command
      > EXEC
      (error) EXECABORT Transaction discarded because of previous errors.
    `));

  test("a command that is refused when queued aborts the transaction", () =>
    session(`
      > MULTI
      OK
      > SET k
      (error) ERR wrong number of arguments for 'set' command
      > PING
      QUEUED
      > EXEC
      (error) EXECABORT Transaction discarded because of previous errors.
      > EXEC
      (error) ERR EXEC without MULTI
      > MULTI
      OK
      > NOSUCH a
      (error) ERR unknown command 'NOSUCH', with args beginning with: 'a'
      > EXEC
      (error) EXECABORT Transaction discarded because of previous errors.
      > MULTI
      OK
      > CLIENT NOSUCH
      (error) ERR unknown subcommand 'NOSUCH'. Try CLIENT HELP.
      > EXEC
      (error) EXECABORT Transaction discarded because of previous errors.
    `));

  test("a command that fails when run does not", () =>
    session(`
      > SET k word
      OK
      > MULTI
      OK
      > INCR k
      QUEUED
      > SELECT 99
      QUEUED
      > SET k 1 NOSUCH
      QUEUED
      > GET k
      QUEUED
      > EXEC
      1) (error) ERR value is not an integer or out of range
      2) (error) ERR DB index is out of range
      3) (error) ERR syntax error
      4) "word"
    `));

  test("SELECT inside a transaction holds for what follows", () =>
    session(`
      > MULTI
      OK
      > SELECT 2
      QUEUED
      > SET k two
      QUEUED
      > SELECT 3
      QUEUED
      > GET k
      QUEUED
      > EXEC
      1) OK
      2) OK
      3) OK
      4) (nil)
      > GET k
      (nil)
      > SELECT 2
      OK
      > GET k
      "two"
    `));

  test("WATCH lets EXEC fail, once, after another client changed the key", () =>
    session(`
      > SET k 1
      OK
      > WATCH k
      OK
      other> SET k 2
      OK
      > MULTI
      OK
      > GET k
      QUEUED
      > EXEC
      (nil)
      > MULTI
      OK
      > GET k
      QUEUED
      > EXEC
      1) "2"
    `));

  test("WATCH minds the own changes before MULTI, not those of the transaction", () =>
    session(`
      > SET k 1
      OK
      > WATCH k nosuch
      OK
      > MULTI
      OK
      > SET k 2
      QUEUED
      > EXEC
      1) OK
      > WATCH k
      OK
      > SET k 3
      OK
      > MULTI
      OK
      > GET k
      QUEUED
      > EXEC
      (nil)
    `));

  test("WATCH does not mind reads and commands that change nothing", () =>
    session(`
      > SET k 1
      OK
      > WATCH k nosuch
      OK
      other> GET k
      "1"
      other> TOUCH k
      (integer) 1
      other> DEL nosuch
      (integer) 0
      other> EXPIRE nosuch 10
      (integer) 0
      other> SET k 2 NX
      (nil)
      > MULTI
      OK
      > GET k
      QUEUED
      > EXEC
      1) "1"
    `));

  test("UNWATCH, DISCARD and EXEC end the watch", () =>
    session(`
      > SET k 1
      OK
      > WATCH k
      OK
      other> SET k 2
      OK
      > UNWATCH
      OK
      > MULTI
      OK
      > GET k
      QUEUED
      > EXEC
      1) "2"
      > WATCH k
      OK
      > MULTI
      OK
      > DISCARD
      OK
      other> SET k 3
      OK
      > MULTI
      OK
      > GET k
      QUEUED
      > EXEC
      1) "3"
      > MULTI
      OK
      > EXEC
      (empty array)
      > WATCH k
      OK
      > MULTI
      OK
      > UNWATCH
      QUEUED
      other> SET k 6
      OK
      > EXEC
      (nil)
      > MULTI
      OK
      > EXEC
      (empty array)
    `));

  test("WATCH knows the key by its database", () =>
    session(`
      > SELECT 1
      OK
      > WATCH k
      OK
      > SELECT 0
      OK
      other> SET k 1
      OK
      > MULTI
      OK
      > EXEC
      (empty array)
      > SELECT 1
      OK
      > WATCH k
      OK
      > SELECT 0
      OK
      other> SELECT 1
      OK
      other> SET k 1
      OK
      > MULTI
      OK
      > EXEC
      (nil)
    `));

  test("WATCH minds FLUSHDB, FLUSHALL and SWAPDB if the key comes or goes", () =>
    session(`
      > WATCH k
      OK
      other> FLUSHALL
      OK
      > MULTI
      OK
      > EXEC
      (empty array)
      > SET k 1
      OK
      > WATCH k
      OK
      other> FLUSHDB
      OK
      > MULTI
      OK
      > EXEC
      (nil)
      > SET k 1
      OK
      > WATCH k
      OK
      other> FLUSHALL
      OK
      > MULTI
      OK
      > EXEC
      (nil)
      > SET k 1
      OK
      > WATCH k nosuch
      OK
      other> SWAPDB 0 1
      OK
      > MULTI
      OK
      > EXEC
      (nil)
      > WATCH k
      OK
      other> SWAPDB 0 1
      OK
      > MULTI
      OK
      > EXEC
      (nil)
      > WATCH nosuch
      OK
      other> SWAPDB 0 1
      OK
      > MULTI
      OK
      > EXEC
      (empty array)
    `));

  test("WATCH minds expiry commands, RENAME and COPY", () =>
    session(`
      > MSET a 1 b 2
      OK
      > WATCH a
      OK
      other> EXPIRE a 100
      (integer) 1
      > MULTI
      OK
      > EXEC
      (nil)
      > WATCH a
      OK
      other> PERSIST a
      (integer) 1
      > MULTI
      OK
      > EXEC
      (nil)
      > WATCH a c
      OK
      other> RENAME b c
      OK
      > MULTI
      OK
      > EXEC
      (nil)
      > WATCH d
      OK
      other> COPY a d
      (integer) 1
      > MULTI
      OK
      > EXEC
      (nil)
      > WATCH a
      OK
      other> EXPIRE a -1
      (integer) 1
      > MULTI
      OK
      > EXEC
      (nil)
    `));

  test("WATCH needs keys, and UNWATCH takes none", () =>
    session(`
      > WATCH
      (error) ERR wrong number of arguments for 'watch' command
      > UNWATCH k
      (error) ERR wrong number of arguments for 'unwatch' command
    `));
});

describe("replies", () => {
  test("a failed EXEC has no array, as each protocol spells it", async () => {
    for (const [protocol, none] of [
      [2, "*-1\r\n"],
      [3, "_\r\n"],
    ] as const) {
      const one = await server.connect();
      await one.command("HELLO", protocol);
      await one.command("WATCH", "k");
      await client.command("INCR", "k");
      await one.command("MULTI");
      expect((await one.raw(request(["EXEC"]), 1)).toString()).toBe(none);
      one.close();
    }
  });

  test("HELLO inside a transaction changes the protocol of what follows", async () => {
    const got = await replies("MULTI", "GET a", "HELLO 3", "GET a", "HELLO 2", "GET a", "EXEC");
    const shape = got.replace(/[*%](14|7)\r\n.*?modules\r\n\*0\r\n/gs, "<$1>");
    const queued = "+QUEUED\r\n".repeat(5);
    expect(shape).toBe(`+OK\r\n${queued}*5\r\n$-1\r\n<7>_\r\n<14>$-1\r\n+OK\r\n`);
  });

  test("EXEC with arguments ends the transaction", async () => {
    expect(await replies("MULTI", "EXEC now", "EXEC")).toBe(
      "+OK\r\n-EXECABORT Transaction discarded because of: " +
        "wrong number of arguments for 'exec' command\r\n-ERR EXEC without MULTI\r\n+OK\r\n",
    );
  });

  test("QUIT and RESET are not queued", async () => {
    expect(await replies("MULTI", "SET k 1", "RESET", "EXEC")).toBe(
      "+OK\r\n+QUEUED\r\n+RESET\r\n-ERR EXEC without MULTI\r\n+OK\r\n",
    );
    expect(await replies("MULTI", "SET k 1", "QUIT", "EXEC")).toBe("+OK\r\n+QUEUED\r\n+OK\r\n");
    expect(await ask(client, "EXISTS", "k")).toBe(0);
  });

  test("CLIENT REPLY inside EXEC holds from there on", async () => {
    expect(
      await replies("CLIENT REPLY OFF", "MULTI", "PING", "CLIENT REPLY ON", "ECHO a", "EXEC"),
    ).toBe("+OK\r\n$1\r\na\r\n+OK\r\n");
    expect(
      await replies("MULTI", "PING", "CLIENT REPLY OFF", "PING", "EXEC", "PING", "CLIENT REPLY ON"),
    ).toBe("+OK\r\n+QUEUED\r\n+QUEUED\r\n+QUEUED\r\n*3\r\n+PONG\r\n+OK\r\n+OK\r\n");
  });

  test("a client that kills itself inside EXEC still runs the rest", async () => {
    const got = await replies(
      "MULTI",
      "SET k 1",
      "CLIENT KILL SKIPME no LADDR 1.2.3.4:5",
      "CLIENT KILL TYPE normal SKIPME yes ADDR 1.2.3.4:5",
      "INCR k",
      "EXEC",
    );
    expect(got).toEndWith("*4\r\n+OK\r\n:0\r\n:0\r\n:2\r\n+OK\r\n");
    const one = await server.connect();
    const id = String(await ask(one, "CLIENT", "ID"));
    const sent = request(
      ["MULTI"],
      ["CLIENT", "KILL", "ID", id, "SKIPME", "no"],
      ["INCR", "k"],
      ["EXEC"],
      ["INCR", "k"],
    );
    expect((await one.raw(sent)).toString()).toBe("+OK\r\n+QUEUED\r\n+QUEUED\r\n*2\r\n:1\r\n");
    expect(await ask(client, "GET", "k")).toBe("3");
  });
});

describe("the queue", () => {
  test("keeps thousands of commands, and arguments of any bytes and size", async () => {
    const one = await server.connect();
    const big = Buffer.alloc(300_000, "\0\r\n\xff", "latin1");
    for (let round = 0; round < 3; round++) {
      const commands: Word[][] = [["MULTI"], ["SET", "big", big]];
      for (let i = 0; i < 2000; i++) commands.push(["APPEND", `k${i % 10}`, `${i};`]);
      commands.push(["GET", "big"], ["GET", "k7"], ["DEL", "k7"], ["EXEC"]);
      const got = await one.pipeline(commands);
      const last = got.at(-1);
      if (last?.type !== "array") throw new Error("EXEC failed");
      expect(last.value.length).toBe(2004);
      expect(last.value[2001]).toEqual({ type: "bulk", value: big });
      expect(plain(last.value[2002])).toMatch(/^7;17;27;.*;1997;$/);
      expect(plain(last.value[2003])).toBe(1);
    }
    one.close();
  });

  test("of one client has nothing of another's, nor of an earlier one", async () => {
    const [one, two] = [await server.connect(), await server.connect()];
    await one.pipeline([["MULTI"], ["SET", "a", "1"], ["DISCARD"], ["MULTI"], ["PING", "one"]]);
    await two.pipeline([["MULTI"], ["PING", "two"], ["PING", "again"]]);
    expect(await ask(one, "EXEC")).toEqual(["one"]);
    expect(await ask(two, "EXEC")).toEqual(["two", "again"]);
    expect(await ask(client, "EXISTS", "a")).toBe(0);
    one.close();
    two.close();
  });

  test("of a client that goes away is dropped", async () => {
    const one = await server.connect();
    await one.pipeline([["WATCH", "k"], ["MULTI"], ["SET", "k", "1"]]);
    one.close();
    expect(await ask(client, "SET", "a", "1")).toBe("OK");
    expect(await ask(client, "EXISTS", "k")).toBe(0);
  });

  test("is run as one: nothing of others comes between", async () => {
    const [one, two] = [await server.connect(), await server.connect()];
    const block: Word[][] = [["MULTI"], ["INCR", "n"], ["INCR", "n"], ["INCR", "n"], ["EXEC"]];
    const rounds = Array.from({ length: 50 }, () => block).flat();
    const got = await Promise.all([one.pipeline(rounds), two.pipeline(rounds)]);
    for (const reply of got.flat()) {
      if (reply.type !== "array") continue;
      const [a, b, c] = plain(reply) as number[];
      expect([b, c]).toEqual([a + 1, a + 2]);
    }
    expect(await ask(client, "GET", "n")).toBe("300");
    one.close();
    two.close();
  });
});

describe("WATCH and expiry", () => {
  let one: Client;

  beforeEach(async () => {
    one = await server.connect();
    await client.command("DEBUG", "SET-ACTIVE-EXPIRE", 0);
  });
  afterEach(async () => {
    one.close();
    await client.command("DEBUG", "SET-ACTIVE-EXPIRE", 1);
  });

  const exec = async () => {
    await one.command("MULTI");
    await one.command("PING");
    return ask(one, "EXEC");
  };
  /** Makes a key whose time comes within the test, and waits for it. */
  const expire = async (key: string) => {
    await client.command("SET", key, "1", "PX", 20);
    await Bun.sleep(40);
  };
  /** In one write, and for long enough that its time does not come in between. */
  const watchExpiring = () =>
    one.pipeline([
      ["SET", "k", "1", "PX", 300],
      ["WATCH", "k"],
    ]);

  test("a key that expires after WATCH has changed, though nobody has seen it", async () => {
    await watchExpiring();
    await Bun.sleep(320);
    expect(await exec()).toBe(null);
  });

  test("so it has when it is removed in time", async () => {
    await client.command("DEBUG", "SET-ACTIVE-EXPIRE", 1);
    await watchExpiring();
    await Bun.sleep(480);
    expect(await exec()).toBe(null);
  });

  test("a key that had expired before WATCH has not changed when it is removed", async () => {
    for (const removal of [["GET", "k"], ["DEL", "k"], ["FLUSHALL"]]) {
      await expire("k");
      await one.command("WATCH", "k");
      await client.command(...removal);
      expect(await exec()).toEqual(["PONG"]);
    }
    await expire("k");
    await one.command("WATCH", "k");
    expect(await exec()).toEqual(["PONG"]);
  });

  test("but it has when it is made anew", async () => {
    await expire("k");
    await one.command("WATCH", "k");
    await client.command("SET", "k", "2");
    expect(await exec()).toBe(null);
  });

  test("SWAPDB may bring an expired key or take it away", async () => {
    const two = await server.connect();
    await two.command("SELECT", 1);
    await expire("k");
    await two.command("SET", "k", "2");
    await one.command("WATCH", "k");
    await client.command("SWAPDB", 0, 1);
    expect(await exec()).toBe(null);
    await client.command("FLUSHALL");
    await expire("k");
    await one.command("SELECT", 1);
    await one.command("WATCH", "k");
    await client.command("SWAPDB", 0, 1);
    expect(await exec()).toEqual(["PONG"]);
    two.close();
  });
});
