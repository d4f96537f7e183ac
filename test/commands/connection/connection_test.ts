// Purpose: what concerns one connection (src/commands/connection/connection_commands.ts): AUTH ECHO
// HELLO PING QUIT RESET SELECT, as sessions under RESP2 and RESP3. They hold for the real Redis as
// well: RUSK_BINARY=redis-server runs them against it.

import { afterAll, beforeAll, beforeEach, describe, expect, test } from "bun:test";
import type { Client } from "../../client/client.ts";
import { plain, requestOf, type Word } from "../../client/resp.ts";
import { type Server, startServer } from "../../client/server.ts";

const PROTOCOLS = [2, 3] as const;

let server: Server;
let client: Client;

beforeAll(async () => {
  server = await startServer();
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

describe.each(PROTOCOLS)("RESP%d", (protocol) => {
  const session = (text: string) => server.session(text, { protocol });

  test("PING replies PONG, or its argument", () =>
    session(String.raw`
      > PING
      PONG
      > ping hello
      "hello"
      > PING ""
      ""
      > PING "a\r\nb"
      "a\r\nb"
      > PING a b
      (error) ERR wrong number of arguments for 'ping' command
    `));

  test("ECHO replies its argument", () =>
    session(String.raw`
      > ECHO hello
      "hello"
      > ECHO ""
      ""
      > ECHO
      (error) ERR wrong number of arguments for 'echo' command
      > ECHO a b
      (error) ERR wrong number of arguments for 'echo' command
      > ECHO "\x00\xff\r\n"
      "\x00\xff\r\n"
    `));

  test("SELECT chooses a database", () =>
    session(`
      > SET k zero
      OK
      > SELECT 1
      OK
      > GET k
      (nil)
      > SELECT 0
      OK
      > GET k
      "zero"
      > SELECT 15
      OK
      > SELECT 15
      OK
      > DBSIZE
      (integer) 0
    `));

  test("SELECT refuses what is no database", () =>
    session(`
      > SELECT 16
      (error) ERR DB index is out of range
      > SELECT -1
      (error) ERR DB index is out of range
      > SELECT one
      (error) ERR value is not an integer or out of range
      > SELECT 1.0
      (error) ERR value is not an integer or out of range
      > SELECT 2147483648
      (error) ERR value is out of range, value must between -2147483648 and 2147483647
      > SELECT -2147483649
      (error) ERR value is out of range, value must between -2147483648 and 2147483647
      > SELECT 99999999999999999999
      (error) ERR value is not an integer or out of range
      > SELECT
      (error) ERR wrong number of arguments for 'select' command
      > SELECT 1 2
      (error) ERR wrong number of arguments for 'select' command
    `));

  test("HELLO refuses versions and options that it does not know", () =>
    session(String.raw`
      > HELLO 4
      (error) NOPROTO unsupported protocol version
      > HELLO 1
      (error) NOPROTO unsupported protocol version
      > HELLO three
      (error) ERR Protocol version is not an integer or out of range
      > HELLO 3.0
      (error) ERR Protocol version is not an integer or out of range
      > HELLO 99999999999999999999
      (error) ERR Protocol version is not an integer or out of range
      > HELLO 3 NOSUCH
      (error) ERR Syntax error in HELLO option 'NOSUCH'
      > HELLO 3 AUTH
      (error) ERR Syntax error in HELLO option 'AUTH'
      > HELLO 3 auth default
      (error) ERR Syntax error in HELLO option 'auth'
      > HELLO 3 setname
      (error) ERR Syntax error in HELLO option 'setname'
      > HELLO 3 SETNAME "two words"
      (error) ERR Client names cannot contain spaces, newlines or special characters.
      > HELLO 3 "a\r\nb"
      (error) ERR Syntax error in HELLO option 'a  b'
      > HELLO AUTH default x
      (error) ERR Protocol version is not an integer or out of range
    `));

  test("HELLO keeps what the options before a wrong one did", () =>
    session(`
      > HELLO 3 SETNAME one NOSUCH
      (error) ERR Syntax error in HELLO option 'NOSUCH'
      > CLIENT GETNAME
      "one"
      > HELLO 4 SETNAME two
      (error) NOPROTO unsupported protocol version
      > CLIENT GETNAME
      "one"
      > HELLO 3 SETNAME two AUTH nobody secret
      (error) WRONGPASS invalid username-password pair or user is disabled.
      > CLIENT GETNAME
      "two"
    `));

  test("AUTH without a password set", () =>
    session(`
      > AUTH default secret
      OK
      > AUTH nobody secret
      (error) WRONGPASS invalid username-password pair or user is disabled.
      > AUTH a b c
      (error) ERR syntax error
      > AUTH
      (error) ERR wrong number of arguments for 'auth' command
    `));

  test("RESET ends a transaction and forgets the database, the name and what is watched", () =>
    session(`
      > SET k 0
      OK
      > CLIENT SETNAME me
      OK
      > SELECT 5
      OK
      > WATCH k
      OK
      > MULTI
      OK
      > SET k 1
      QUEUED
      > RESET
      RESET
      > EXEC
      (error) ERR EXEC without MULTI
      > CLIENT GETNAME
      (nil)
      > GET k
      "0"
      other> SELECT 5
      OK
      other> SET k 2
      OK
      > MULTI
      OK
      > GET k
      QUEUED
      > EXEC
      1) "0"
      > RESET now
      (error) ERR wrong number of arguments for 'reset' command
    `));
});

describe("HELLO", () => {
  const fields = (map: string, protocol: number, id: unknown) =>
    `${map}\r\n$6\r\nserver\r\n$5\r\nredis\r\n$7\r\nversion\r\n$6\r\n7.0.15\r\n` +
    `$5\r\nproto\r\n:${protocol}\r\n$2\r\nid\r\n:${id}\r\n$4\r\nmode\r\n$10\r\nstandalone\r\n` +
    "$4\r\nrole\r\n$6\r\nmaster\r\n$7\r\nmodules\r\n*0\r\n";

  test("chooses the protocol and describes the server in it", async () => {
    const one = await server.connect();
    const id = await ask(one, "CLIENT", "ID");
    for (const [words, map, protocol] of [
      [["HELLO"], "*14", 2],
      [["hello", "3"], "%7", 3],
      [["HELLO"], "%7", 3],
      [["HELLO", "2", "AUTH", "default", "any", "SETNAME", "me"], "*14", 2],
    ] as const) {
      const got = await one.raw(request([...words]), 1);
      expect(got.toString()).toBe(fields(map, protocol, id));
    }
    expect(await ask(one, "CLIENT", "GETNAME")).toBe("me");
    one.close();
  });

  test("leaves the protocol as it is when it fails", async () => {
    const one = await server.connect();
    await one.command("HELLO", 3);
    expect((await one.command("HELLO", 2, "NOSUCH")).type).toBe("error");
    expect((await one.raw(request(["GET", "nosuch"]), 1)).toString()).toBe("_\r\n");
    one.close();
  });
});

test("QUIT replies OK and closes; what was sent after it is not run", async () => {
  const one = await server.connect();
  const sent = request(["SET", "k", "1"], ["QUIT"], ["SET", "k", "2"]);
  expect((await one.raw(sent)).toString()).toBe("+OK\r\n+OK\r\n");
  expect(await ask(client, "GET", "k")).toBe("1");
});

test("QUIT ends a transaction, too, and takes any arguments", async () => {
  const one = await server.connect();
  const sent = request(["MULTI"], ["SET", "k", "1"], ["QUIT", "a", "b"], ["EXEC"]);
  expect((await one.raw(sent)).toString()).toBe("+OK\r\n+QUEUED\r\n+OK\r\n");
  expect(await ask(client, "EXISTS", "k")).toBe(0);
});

test("RESET goes back to RESP2", async () => {
  const one = await server.connect();
  await one.command("HELLO", 3);
  const got = await one.raw(request(["RESET"], ["GET", "nosuch"]), 2);
  expect(got.toString()).toBe("+RESET\r\n$-1\r\n");
  one.close();
});

test("RESET ends MONITOR", async () => {
  const one = await server.connect();
  await one.raw(request(["MONITOR"], ["RESET"]), 2);
  await client.command("PING");
  expect(await ask(one, "PING")).toBe("PONG");
  one.close();
});

test("AUTH with one argument says that no password is set", async () => {
  expect(await ask(client, "AUTH", "secret")).toEqual(
    new Error(
      "ERR AUTH <password> called without any password configured for the default user. " +
        "Are you sure your configuration is correct?",
    ),
  );
});

describe("with requirepass", () => {
  const WRONG = new Error("WRONGPASS invalid username-password pair or user is disabled.");
  const NOAUTH = new Error("NOAUTH Authentication required.");
  let guarded: Server;

  beforeAll(async () => {
    guarded = await startServer({ args: ["--requirepass", "secret"] });
  });
  afterAll(() => guarded?.stop());

  test("nothing but AUTH, HELLO, QUIT and RESET is let through", async () => {
    const one = await guarded.connect();
    expect(await ask(one, "GET", "k")).toEqual(NOAUTH);
    expect(await ask(one, "PING")).toEqual(NOAUTH);
    expect(await ask(one, "MULTI")).toEqual(NOAUTH);
    expect(await ask(one, "CLIENT", "ID")).toEqual(NOAUTH);
    expect(await ask(one, "RESET")).toBe("RESET");
    expect(await ask(one, "HELLO", "4")).toEqual(new Error("NOPROTO unsupported protocol version"));
    const unauthenticated = new Error(
      "NOAUTH HELLO must be called with the client already authenticated, otherwise the " +
        "HELLO AUTH <user> <pass> option can be used to authenticate the client and select the " +
        "RESP protocol version at the same time",
    );
    expect(await ask(one, "HELLO")).toEqual(unauthenticated);
    expect(await ask(one, "HELLO", "3", "SETNAME", "me")).toEqual(unauthenticated);
    expect(await ask(one, "QUIT")).toBe("OK");
  });

  test("AUTH wants the very password, for the user default", async () => {
    const one = await guarded.connect();
    for (const wrong of ["", "s", "secre", "secretsecret", "secret\0"]) {
      expect(await ask(one, "AUTH", wrong)).toEqual(WRONG);
    }
    expect(await ask(one, "AUTH", "Default", "secret")).toEqual(WRONG);
    expect(await ask(one, "AUTH", "default", "wrong")).toEqual(WRONG);
    expect(await ask(one, "PING")).toEqual(NOAUTH);
    expect(await ask(one, "AUTH", "default", "secret")).toBe("OK");
    expect(await ask(one, "PING")).toBe("PONG");
    expect(await ask(one, "AUTH", "wrong")).toEqual(WRONG);
    expect(await ask(one, "PING")).toBe("PONG");
    one.close();
  });

  test("HELLO logs in, and keeps that when an option after it is wrong", async () => {
    const one = await guarded.connect();
    const hello = ["HELLO", "3", "AUTH", "default"];
    expect(await ask(one, ...hello, "wrong", "SETNAME", "me")).toEqual(WRONG);
    expect(await ask(one, "PING")).toEqual(NOAUTH);
    expect(await ask(one, ...hello, "secret", "NOSUCH")).toEqual(
      new Error("ERR Syntax error in HELLO option 'NOSUCH'"),
    );
    expect(await ask(one, "PING")).toBe("PONG");
    expect(await ask(one, "CLIENT", "GETNAME")).toBe(null);
    one.close();
  });

  test("RESET logs out", async () => {
    const one = await guarded.connect();
    expect(await ask(one, "AUTH", "secret")).toBe("OK");
    expect(await ask(one, "RESET")).toBe("RESET");
    expect(await ask(one, "PING")).toEqual(NOAUTH);
    one.close();
  });

  test("AUTH is queued in a transaction", async () => {
    const one = await guarded.connect();
    await one.command("AUTH", "secret");
    await one.command("MULTI");
    expect(await ask(one, "AUTH", "wrong")).toBe("QUEUED");
    expect(await ask(one, "AUTH", "secret")).toBe("QUEUED");
    expect(await ask(one, "EXEC")).toEqual([WRONG, "OK"]);
    one.close();
  });

  test("a password may hold any bytes", async () => {
    const admin = await guarded.connect();
    const bytes = Buffer.from([0xe9, 0, 0xff, 32]);
    await admin.command("AUTH", "secret");
    await admin.command("CONFIG", "SET", "requirepass", bytes);
    const one = await guarded.connect();
    expect(await ask(one, "AUTH", Buffer.from([0xe9]))).toEqual(WRONG);
    expect(await ask(one, "AUTH", bytes)).toBe("OK");
    await admin.command("CONFIG", "SET", "requirepass", "secret");
    admin.close();
    one.close();
  });

  test("CONFIG SET requirepass holds for connections to come", async () => {
    const admin = await guarded.connect();
    await admin.command("AUTH", "secret");
    await admin.command("CONFIG", "SET", "requirepass", "");
    const one = await guarded.connect();
    expect(await ask(one, "PING")).toBe("PONG");
    await admin.command("CONFIG", "SET", "requirepass", "secret");
    expect(await ask(one, "PING")).toBe("PONG");
    const two = await guarded.connect();
    expect(await ask(two, "PING")).toEqual(NOAUTH);
    for (const each of [admin, one, two]) each.close();
  });
});
