// Purpose: MIGRATE (src/commands/keys/migrate_command.ts), from and to Rusk and the real Redis:
// what both must reply is run with each of them as the source; and targets that are down, hang,
// close, or talk nonsense.

import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { readdirSync, readFileSync } from "node:fs";
import { createServer, type Server as NetServer, type Socket } from "node:net";
import { join } from "node:path";
import { withSeed } from "../../client/pair.ts";
import { plain, type Word } from "../../client/resp.ts";
import { redisBinary, type Server, startRedis, startServer } from "../../client/server.ts";
import { KINDS } from "../../persistence/plans.ts";

const hasRedis = redisBinary() !== null;
const ARGS = ["--enable-debug-command", "yes"];
const CLOSED_PORT = 1;
const TIMEOUT_MS = 1000;
const WRONG_PASSWORD = "WRONGPASS invalid username-password pair or user is disabled.";

const servers: Record<string, Server> = {};

beforeAll(async () => {
  servers.rusk = await startServer({ args: ARGS });
  servers.otherRusk = await startServer({ args: ARGS });
  if (!hasRedis) return;
  servers.redis = await startRedis({ args: ARGS });
  servers.otherRedis = await startRedis({ args: ARGS });
});

afterAll(async () => {
  await Promise.all(Object.values(servers).map((server) => server.stop()));
});

const PAIRS: readonly (readonly [string, string])[] = [
  ["rusk", "otherRusk"],
  ...(hasRedis
    ? ([
        ["rusk", "redis"],
        ["redis", "rusk"],
        ["redis", "otherRedis"],
      ] as const)
    : []),
];
const SOURCES = hasRedis ? ["rusk", "redis"] : ["rusk"];

/** Runs commands on a new connection; error replies begin with `-`. */
async function run(server: Server, ...commands: (readonly Word[])[]): Promise<unknown[]> {
  const client = await server.connect();
  try {
    return (await client.pipeline(commands)).map((reply) =>
      reply.type === "error" ? `-${reply.value}` : plain(reply),
    );
  } finally {
    client.close();
  }
}

describe.each(PAIRS)("from %s to %s", (from, to) => {
  /** A session with the source, in which TO stands for the target's address. */
  const session = async (text: string) => {
    await run(servers[to], ["FLUSHALL"], ["CONFIG", "SET", "requirepass", ""]);
    await run(servers[from], ["FLUSHALL"], ["CONFIG", "RESETSTAT"]);
    await servers[from].session(text.replaceAll("TO", `127.0.0.1 ${servers[to].port}`));
  };
  const atTarget = async (...command: Word[]) => (await run(servers[to], command))[0];

  test("MIGRATE moves a key", async () => {
    await session(`
      > SET k v
      OK
      > MIGRATE TO k 9 5000
      OK
      > EXISTS k
      (integer) 0
      > MIGRATE TO k 9 5000
      NOKEY
      > MIGRATE TO "" 9 5000 KEYS
      NOKEY
    `);
    expect(await run(servers[to], ["SELECT", 9], ["GET", "k"])).toEqual(["OK", "v"]);
  });

  test("MIGRATE copies a key, with the time that it has left", async () => {
    await session(`
      > SET k v PX 100000
      OK
      > MIGRATE TO k 0 5000 COPY
      OK
      > GET k
      "v"
      > MIGRATE TO k 0 5000 COPY
      (error) ERR Target instance replied with error: BUSYKEY Target key name already exists.
      > PERSIST k
      (integer) 1
      > MIGRATE TO k 0 5000 REPLACE COPY
      OK
    `);
    expect(await atTarget("TTL", "k")).toBe(-1);
    await session(`
      > SET k v PX 100000
      OK
      > MIGRATE TO k 0 5000
      OK
    `);
    const ttlMs = Number(await atTarget("PTTL", "k"));
    expect(ttlMs).toBeGreaterThan(90_000);
    expect(ttlMs).toBeLessThanOrEqual(100_000);
  });

  test("MIGRATE KEYS moves those that there are, and keeps those that are refused", async () => {
    await session(`
      > MSET a 1 b 2 c 3
      OK
      > MIGRATE TO b 0 5000 COPY
      OK
      > MIGRATE TO "" 0 5000 KEYS a b none c
      (error) ERR Target instance replied with error: BUSYKEY Target key name already exists.
      > EXISTS a
      (integer) 0
      > EXISTS b
      (integer) 1
      > EXISTS c
      (integer) 0
      > MIGRATE TO "" 0 5000 REPLACE KEYS none b
      OK
      > DBSIZE
      (integer) 0
      > SET k 1
      OK
      > MIGRATE TO "" 0 5000 REPLACE KEYS k k
      OK
      > DBSIZE
      (integer) 0
    `);
    expect(await atTarget("MGET", "a", "b", "c", "k")).toEqual(["1", "2", "3", "1"]);
  });

  test("MIGRATE selects the database anew after one was refused", async () => {
    const REFUSED = "(error) ERR Target instance replied with error: ERR DB index is out of range";
    await session(`
      > MSET a 1 b 2 c 3 d 4
      OK
      > MIGRATE TO a 100 5000
      ${REFUSED}
      > MIGRATE TO b 100 5000
      ${REFUSED}
      > EXISTS a b
      (integer) 2
      > MIGRATE TO c 3 5000
      OK
      > MIGRATE TO d 0 5000
      OK
    `);
    expect(await run(servers[to], ["GET", "d"], ["SELECT", 3], ["GET", "c"])).toEqual([
      "4",
      "OK",
      "3",
    ]);
  });

  test("MIGRATE takes no other arguments", () =>
    session(`
      > SET k v
      OK
      > MIGRATE TO k 0
      (error) ERR wrong number of arguments for 'migrate' command
      > MIGRATE TO k 0 5000 NONSENSE
      (error) ERR syntax error
      > MIGRATE TO k 0 5000 AUTH
      (error) ERR syntax error
      > MIGRATE TO k 0 5000 AUTH2 user
      (error) ERR syntax error
      > MIGRATE TO k 0 5000 KEYS a b
      (error) ERR When using MIGRATE KEYS option, the key argument must be set to the empty string
      > MIGRATE TO none x 5000
      (error) ERR value is not an integer or out of range
      > MIGRATE TO none 0 x
      (error) ERR value is not an integer or out of range
      > MIGRATE TO k 99 5000
      (error) ERR Target instance replied with error: ERR DB index is out of range
      > MIGRATE TO k 0 -1 REPLACE
      OK
    `));

  test("MIGRATE AUTH and AUTH2 give the password", async () => {
    await session("> SET k v\nOK");
    await atTarget("CONFIG", "SET", "requirepass", "secret");
    const address = `127.0.0.1 ${servers[to].port}`;
    const client = await servers[to].connect();
    await client.command("AUTH", "secret");
    try {
      await servers[from].session(`
        > MIGRATE ${address} k 0 5000 AUTH wrong
        (error) ERR Target instance replied with error: ${WRONG_PASSWORD}
        > MIGRATE ${address} k 0 5000 AUTH2 nobody secret
        (error) ERR Target instance replied with error: ${WRONG_PASSWORD}
        > EXISTS k
        (integer) 1
        > MIGRATE ${address} k 0 5000 COPY REPLACE AUTH secret
        OK
        > MIGRATE ${address} k 0 5000 REPLACE AUTH wrong AUTH2 default secret
        OK
        > EXISTS k
        (integer) 0
      `);
      expect(plain(await client.command("GET", "k"))).toBe("v");
    } finally {
      await client.command("CONFIG", "SET", "requirepass", "");
      client.close();
    }
  });

  test("MIGRATE in a transaction, and in one that watches the key", () =>
    session(`
      > MSET a 1 b 2
      OK
      other> WATCH a
      OK
      > MULTI
      OK
      > MIGRATE TO a 0 5000
      QUEUED
      > EXISTS a
      QUEUED
      > MIGRATE TO a 0 5000
      QUEUED
      > MIGRATE TO b x 5000
      QUEUED
      > EXEC
      1) OK
      2) (integer) 0
      3) NOKEY
      4) (error) ERR value is not an integer or out of range
      other> MULTI
      OK
      other> PING
      QUEUED
      other> EXEC
      (nil)
    `));

  test("MIGRATE keeps a connection, and shows no password", async () => {
    await session(`
      > MSET a 1 b 2
      OK
      > CONFIG SET slowlog-log-slower-than 0
      OK
      > MIGRATE TO "" 0 5000 COPY AUTH a AUTH2 b c KEYS a b
      (error) ERR Target instance replied with error: ${WRONG_PASSWORD}
      > CONFIG SET slowlog-log-slower-than 10000
      OK
    `);
    const [[entry], stats] = (await run(
      servers[from],
      ["SLOWLOG", "GET", 1],
      ["INFO", "stats"],
    )) as [unknown[][], string];
    const hidden = "(redacted)";
    const auth = ["AUTH", hidden, "AUTH2", hidden, hidden];
    const words = ["127.0.0.1", String(servers[to].port), "", "0", "5000", "COPY", ...auth];
    expect(entry[3]).toEqual(["MIGRATE", ...words, "KEYS", "a", "b"]);
    expect(stats).toMatch(/^migrate_cached_sockets:[12]\r$/m);
  });

  test("nor does it where the password is the last word", async () => {
    await session(`
      > SET a 1
      OK
      > CONFIG SET slowlog-log-slower-than 0
      OK
      > MIGRATE TO a 0 5000 AUTH2 b c
      (error) ERR Target instance replied with error: ${WRONG_PASSWORD}
      > CONFIG SET slowlog-log-slower-than 10000
      OK
    `);
    const [[entry]] = (await run(servers[from], ["SLOWLOG", "GET", 1])) as [unknown[][]];
    const auth = ["AUTH2", "(redacted)", "(redacted)"];
    const words = ["127.0.0.1", String(servers[to].port), "a", "0", "5000", ...auth];
    expect(entry[3]).toEqual(["MIGRATE", ...words]);
  });

  test("MIGRATE carries values of all kinds", async () => {
    await run(servers[to], ["FLUSHALL"]);
    await withSeed(async (random, note) => {
      for (const kind of KINDS) {
        const plan = [["FLUSHALL"], ...kind.plan(random)];
        await run(servers[from], ...plan);
        const digest = await run(servers[from], ["DEBUG", "DIGEST-VALUE", "k"]);
        const move = ["127.0.0.1", servers[to].port, "k", 0, 5000, "REPLACE"];
        const [reply] = await run(servers[from], ["MIGRATE", ...move]);
        expect([note, kind.name, reply]).toEqual([note, kind.name, "OK"]);
        const moved = await run(servers[to], ["DEBUG", "DIGEST-VALUE", "k"]);
        expect([note, kind.name, moved]).toEqual([note, kind.name, digest]);
      }
    });
  });

  test("MIGRATE carries a list of 10 MB", async () => {
    await session("> PING\nPONG");
    const word = Buffer.alloc(1000, "x");
    const push = ["RPUSH", "k", ...Array.from({ length: 100 }, (_, i) => `${i}${word}`)];
    for (let i = 0; i < 10; i++) await run(servers[from], ...Array(10).fill(push));
    const move = ["127.0.0.1", servers[to].port, "k", 0, 10_000];
    expect(await run(servers[from], ["MIGRATE", ...move], ["EXISTS", "k"])).toEqual(["OK", 0]);
    expect(await atTarget("LLEN", "k")).toBe(10_000);
    expect(await atTarget("LINDEX", "k", -1)).toBe(`99${word}`);
  });
});

test.each(SOURCES)("%s tells its log that the keys taken are deleted", async (name) => {
  const start = name === "rusk" ? startServer : startRedis;
  const source = await start({ args: ["--appendonly", "yes", "--appendfsync", "always"] });
  try {
    const target = servers.otherRusk;
    const move = (...words: Word[]) => ["MIGRATE", "127.0.0.1", target.port, "", 0, 5000, ...words];
    await run(target, ["FLUSHALL"], ["SET", "b", "busy"]);
    await run(
      source,
      ["MSET", "a", 1, "b", 2, "c", 3, "d", 4],
      move("COPY", "KEYS", "d"),
      move("KEYS", "a", "b", "none", "c"),
      move("KEYS", "b"),
      ["MULTI"],
      move("REPLACE", "KEYS", "d"),
      ["EXEC"],
    );
    const files = join(source.dir, "appendonlydir");
    const file = readdirSync(files).find((each) => each.endsWith(".incr.aof"));
    const told = readFileSync(join(files, file ?? ""), "latin1");
    const words = told.split("\r\n").filter((line) => !/^[*$]|^$/.test(line));
    expect(words.join(" ")).toBe("SELECT 0 MSET a 1 b 2 c 3 d 4 DEL a c DEL d");
  } finally {
    await source.stop();
  }
});

test("a hash whose fields expire goes to Rusk; Redis 7.0 refuses it, and it stays", async () => {
  const { rusk, otherRusk, redis } = servers;
  const make = [
    ["FLUSHALL"],
    ["HSET", "h", "a", "1", "b", "2"],
    ["HPEXPIREAT", "h", 9_999_999_999_999, "FIELDS", 1, "a"],
  ];
  await run(rusk, ...make);
  if (hasRedis) {
    const [reply, count] = await run(
      rusk,
      ["MIGRATE", "127.0.0.1", redis.port, "h", 0, 5000],
      ["EXISTS", "h"],
    );
    expect(reply).toBe(
      "-ERR Target instance replied with error: ERR DUMP payload version or checksum are wrong",
    );
    expect(count).toBe(1);
  }
  await run(otherRusk, ["FLUSHALL"]);
  await run(rusk, ["MIGRATE", "127.0.0.1", otherRusk.port, "h", 0, 5000]);
  const [times] = await run(otherRusk, ["HPEXPIRETIME", "h", "FIELDS", 2, "a", "b"]);
  expect(times).toEqual([9_999_999_999_999, -1]);
});

/** A target that answers as it is told: `answer` gets each connection's number and what came. */
class FakeTarget {
  connections = 0;
  readonly sent: string[] = [];
  private server: NetServer | null = null;
  private readonly sockets: Socket[] = [];

  async start(answer: (socket: Socket, connection: number) => void): Promise<number> {
    this.server = createServer((socket) => {
      const number = ++this.connections;
      this.sockets.push(socket);
      socket.on("error", () => {});
      socket.on("data", (bytes) => {
        this.sent.push(bytes.toString("latin1"));
        answer(socket, number);
      });
    });
    const server = this.server;
    await new Promise<void>((settle) => server.listen(0, "127.0.0.1", settle));
    return (server.address() as { port: number }).port;
  }

  stop(): void {
    for (const socket of this.sockets) socket.destroy();
    this.server?.close();
  }
}

const WRITING = "-IOERR error or timeout writing to target instance";
const READING = "-IOERR error or timeout reading to target instance";
const CONNECTING = "-IOERR error or timeout connecting to the client";

describe.each(SOURCES)("from %s to a target that", (from) => {
  /** Migrates the keys a and b to a fake target; the reply, and which of them are still there. */
  async function toFake(
    answer: (socket: Socket, connection: number) => void,
    options: readonly Word[] = [],
  ): Promise<{ reply: unknown; left: unknown; fake: FakeTarget }> {
    const fake = new FakeTarget();
    const port = await fake.start(answer);
    try {
      await run(servers[from], ["FLUSHALL"], ["MSET", "a", 1, "b", 2]);
      const move = ["MIGRATE", "127.0.0.1", port, "", 0, TIMEOUT_MS, ...options];
      const [reply] = await run(servers[from], [...move, "KEYS", "a", "b"]);
      const [left] = await run(servers[from], ["MGET", "a", "b"]);
      return { reply, left, fake };
    } finally {
      fake.stop();
    }
  }

  test("is sent AUTH, SELECT and RESTORE", async () => {
    const { fake } = await toFake(() => {}, ["AUTH2", "me", "pw", "REPLACE", "COPY"]);
    const head = "*3\r\n$4\r\nAUTH\r\n$2\r\nme\r\n$2\r\npw\r\n*2\r\n$6\r\nSELECT\r\n$1\r\n0\r\n";
    const [first] = fake.sent;
    expect(first.slice(0, head.length)).toBe(head);
    const rest = first.slice(head.length);
    const one = "*5\r\n$7\r\nRESTORE\r\n$1\r\na\r\n$1\r\n0\r\n$13\r\n\0\xc0\x01\n\0";
    expect(rest.startsWith(one)).toBe(true);
    expect(rest.endsWith("\r\n$7\r\nREPLACE\r\n")).toBe(true);
  });

  test("is not there", async () => {
    await run(servers[from], ["FLUSHALL"], ["SET", "k", "v"]);
    const move = async (host: string, port: Word) =>
      (await run(servers[from], ["MIGRATE", host, port, "k", 0, TIMEOUT_MS]))[0];
    expect(await move("127.0.0.1", CLOSED_PORT)).toEqual(WRITING);
    expect(await move("127.0.0.1", "nonsense")).toEqual(WRITING);
    expect(await move("nosuch.invalid", 1)).toEqual(CONNECTING);
    expect(await move("", 1)).toEqual(CONNECTING);
    expect(await move("127.0.0.1", -1)).toEqual(CONNECTING);
    expect(await run(servers[from], ["GET", "k"])).toEqual(["v"]);
  });

  test("says nothing", async () => {
    const start = performance.now();
    const { reply, left, fake } = await toFake(() => {});
    expect(reply).toEqual(READING);
    expect(left).toEqual(["1", "2"]);
    expect(fake.connections).toBe(1);
    expect(performance.now() - start).toBeGreaterThan(TIMEOUT_MS - 1);
  });

  test("is the server itself", async () => {
    await run(servers[from], ["FLUSHALL"], ["SET", "k", "v"]);
    const move = ["MIGRATE", "127.0.0.1", servers[from].port, "k", 1, TIMEOUT_MS];
    const [reply] = await run(servers[from], move);
    expect(reply).toEqual(READING);
    expect(await run(servers[from], ["GET", "k"])).toEqual(["v"]);
  });

  test("closes: it is tried once more", async () => {
    const { reply, left, fake } = await toFake((socket) => socket.end());
    expect(reply).toEqual(READING);
    expect(left).toEqual(["1", "2"]);
    expect(fake.connections).toBe(2);
  });

  test("closes at first, and then takes the keys", async () => {
    const { reply, left, fake } = await toFake((socket, connection) => {
      if (connection === 1) socket.end();
      else socket.write("+OK\r\n+OK\r\n+OK\r\n");
    });
    expect(reply).toBe("OK");
    expect(left).toEqual([null, null]);
    expect(fake.connections).toBe(2);
  });

  test("closes after the first key", async () => {
    const { reply, left, fake } = await toFake((socket) => socket.end("+OK\r\n+OK\r\n"));
    expect(reply).toEqual(READING);
    expect(left).toEqual([null, "2"]);
    expect(fake.connections).toBe(1);
  });

  test("refuses the first key, and closes or takes the second", async () => {
    const busy = "BUSYKEY no";
    const refusal = `-ERR Target instance replied with error: ${busy}`;
    const closing = await toFake((socket) => socket.end(`+OK\r\n-${busy}\r\n`));
    expect(closing.reply).toEqual(refusal);
    expect(closing.left).toEqual(["1", "2"]);
    const taking = await toFake((socket) => socket.write(`+OK\r\n-${busy}\r\n+OK\r\n`));
    expect(taking.reply).toEqual(refusal);
    expect(taking.left).toEqual(["1", null]);
  });

  test("refuses the password or the database, and does the rest", async () => {
    const no = await toFake(
      (socket) => socket.write("-NO 1\r\n+OK\r\n+OK\r\n+OK\r\n"),
      ["AUTH", "x"],
    );
    expect(no.reply).toBe("-ERR Target instance replied with error: NO 1");
    expect(no.left).toEqual(["1", "2"]);
    const none = await toFake((socket) => socket.write("-NO 2\n+OK\r\n-NO 3\r\n"));
    expect(none.reply).toBe("-ERR Target instance replied with error: NO 2");
    expect(none.left).toEqual(["1", "2"]);
  });

  test("ends a line by a line feed only, or says nothing in it", async () => {
    const lines = await toFake((socket) => socket.write("+\n+\n+x\n"));
    expect(lines.reply).toBe("OK");
    expect(lines.left).toEqual([null, null]);
    const empty = await toFake((socket) => socket.write("+OK\r\n\n"));
    expect(empty.reply).toEqual(READING);
    expect(empty.left).toEqual(["1", "2"]);
  });
});

test("from rusk to a target that is no such server: nothing is lost", async () => {
  const fake = new FakeTarget();
  const port = await fake.start((socket) => socket.write("HTTP/1.1 400 Bad Request\r\n\r\nNo\r\n"));
  await run(servers.rusk, ["FLUSHALL"], ["SET", "k", "v"]);
  const [reply, value] = await run(
    servers.rusk,
    ["MIGRATE", "127.0.0.1", port, "k", 0, TIMEOUT_MS],
    ["GET", "k"],
  );
  fake.stop();
  expect(reply).toEqual(READING);
  expect(value).toBe("v");
});

test("from rusk to a target that never ends its line: the time is over all the same", async () => {
  const fake = new FakeTarget();
  const timers: Timer[] = [];
  const port = await fake.start((socket) => {
    timers.push(setInterval(() => socket.write("-x"), TIMEOUT_MS / 10));
  });
  await run(servers.rusk, ["FLUSHALL"], ["SET", "k", "v"]);
  const move = ["MIGRATE", "127.0.0.1", port, "k", 0, TIMEOUT_MS];
  const [reply] = await run(servers.rusk, move);
  timers.forEach(clearInterval);
  fake.stop();
  expect(reply).toEqual(READING);
});

test("from rusk to a target with a long refusal: its beginning is shown", async () => {
  const fake = new FakeTarget();
  const port = await fake.start((socket) => socket.write(`+OK\r\n-${"x".repeat(100_000)}\r\n`));
  await run(servers.rusk, ["FLUSHALL"], ["SET", "k", "v"]);
  const move = ["MIGRATE", "127.0.0.1", port, "k", 0, TIMEOUT_MS];
  const [reply] = await run(servers.rusk, move);
  fake.stop();
  expect(reply).toBe(`-ERR Target instance replied with error: ${"x".repeat(1022)}`);
});
