// Purpose: replies far longer than any buffer of the server: they come whole, in every protocol, in
// transactions and to clients that waited; above a client's limit the client goes and nobody else
// notices; what nobody will get takes neither memory nor time.
//
// HUGE_REPLY=1 asks for one of more than 4 GiB as well, for which the machine must have memory.

import { afterAll, afterEach, beforeAll, describe, expect, test } from "bun:test";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { connect } from "node:net";
import type { Client } from "../client/client.ts";
import { plain, requestOf, type Word } from "../client/resp.ts";
import { redisBinary, type Server, startRedis, startServer } from "../client/server.ts";
import { SlowClient } from "../client/slow.ts";
import { until } from "../client/until.ts";
import { Wire } from "../client/wire.ts";

const MB = 2 ** 20;
const COUNT = 12_000;
/** Of each element: COUNT of them are several pieces of a reply. */
const ELEMENT_SIZE = 480;
const LIMIT = "client-output-buffer-limit";
const NO_LIMIT = "normal 0 0 0";

const hasRedis = redisBinary() !== null;

let server: Server;
let admin: Client;
let redis: Server | null = null;

beforeAll(async () => {
  server = await startServer({ args: ["--enable-debug-command", "yes"] });
  admin = await server.connect();
  await fill(server);
  if (hasRedis) {
    redis = await startRedis();
    await fill(redis);
  }
});

afterEach(async () => {
  await admin.command("CONFIG", "SET", LIMIT, NO_LIMIT);
});

afterAll(async () => {
  admin?.close();
  await server?.stop();
  await redis?.stop();
});

const element = (i: number) => `${i}:${"element ".repeat(ELEMENT_SIZE / 8)}`;

/** Collections of every type, with COUNT large elements each. */
async function fill(filled: Server): Promise<void> {
  const client = await filled.connect();
  const all = Array.from({ length: COUNT }, (_, i) => i);
  const calls = (name: string, words: (i: number) => Word[]): Word[][] =>
    all.map((i) => [name, ...words(i)]);
  for (const commands of [
    calls("RPUSH", (i) => ["list", element(i)]),
    calls("SADD", (i) => ["set", element(i)]),
    calls("ZADD", (i) => ["zset", i, element(i)]),
    calls("HSET", (i) => ["hash", `f${i}`, element(i)]),
    calls("XADD", (i) => ["stream", `1-${i + 1}`, "f", element(i)]),
    calls("SET", (i) => [`key:${element(i)}`, "x"]),
    [["XGROUP", "CREATE", "stream", "group", "0"]],
    [["SET", "string", Buffer.alloc(9 * MB, "long string ")]],
  ]) {
    for (let from = 0; from < commands.length; from += 1000) {
      await client.pipeline(commands.slice(from, from + 1000));
    }
  }
  client.close();
}

/** Commands with replies of some 10 MB. */
const LARGE: [name: string, command: Word[], order: "ordered" | "unordered"][] = [
  ["LRANGE", ["LRANGE", "list", 0, -1], "ordered"],
  ["SORT", ["SORT", "list", "BY", "nosort"], "ordered"],
  ["LPOS", ["LRANGE", "list", -COUNT, -2], "ordered"],
  ["ZRANGE", ["ZRANGE", "zset", 0, -1, "WITHSCORES"], "ordered"],
  ["ZRANGEBYSCORE", ["ZRANGEBYSCORE", "zset", "-inf", "+inf"], "ordered"],
  ["ZUNION", ["ZUNION", 1, "zset", "WITHSCORES"], "ordered"],
  ["XRANGE", ["XRANGE", "stream", "-", "+"], "ordered"],
  ["XREVRANGE", ["XREVRANGE", "stream", "+", "-"], "ordered"],
  ["XREAD", ["XREAD", "STREAMS", "stream", "0"], "ordered"],
  ["GET", ["GET", "string"], "ordered"],
  ["MGET", ["MGET", "string", "none", "string"], "ordered"],
  ["ECHO", ["ECHO", Buffer.alloc(6 * MB, "echo ")], "ordered"],
  ["SMEMBERS", ["SMEMBERS", "set"], "unordered"],
  ["SUNION", ["SUNION", "set", "set"], "unordered"],
  ["SINTER", ["SINTER", "set", "set"], "unordered"],
  ["SDIFF", ["SDIFF", "set", "none"], "unordered"],
  ["SRANDMEMBER", ["SRANDMEMBER", "set", COUNT], "unordered"],
  ["HGETALL", ["HGETALL", "hash"], "unordered"],
  ["HVALS", ["HVALS", "hash"], "unordered"],
  ["HRANDFIELD", ["HRANDFIELD", "hash", COUNT, "WITHVALUES"], "unordered"],
  ["KEYS", ["KEYS", "key:*"], "unordered"],
  ["SCAN", ["SCAN", 0, "COUNT", 10_000_000, "MATCH", "key:*"], "unordered"],
  ["SSCAN", ["SSCAN", "set", 0, "COUNT", 10_000_000], "unordered"],
  ["HSCAN", ["HSCAN", "hash", 0, "COUNT", 10_000_000], "unordered"],
  ["ZSCAN", ["ZSCAN", "zset", 0, "COUNT", 10_000_000], "unordered"],
];

/** All bytes that come for these commands, sent at once in one protocol. */
async function bytesOf(from: Server, protocol: number, commands: Word[][]): Promise<Buffer> {
  const all: Word[][] = [["HELLO", protocol], ...commands, ["QUIT"]];
  const chunks: Buffer[] = [];
  const socket = connect(from.port, from.host);
  socket.on("data", (chunk: Buffer) => void chunks.push(chunk));
  socket.write(Buffer.concat(all.map((words) => requestOf(words))));
  await once(socket, "close");
  const bytes = Buffer.concat(chunks);
  // Who the client is, is another matter.
  return bytes.subarray(bytes.indexOf("modules"));
}

/** The lines of a reply, in an order that does not depend on a hash table's. */
const sorted = (bytes: Buffer) => bytes.toString("latin1").split("\r\n").sort().join("\n");

describe.skipIf(!hasRedis).each([2, 3])(
  "a reply of many pieces is the real server's, RESP%d",
  (protocol) => {
    const both = (commands: Word[][]) =>
      Promise.all([server, redis as Server].map((one) => bytesOf(one, protocol, commands)));

    test.each(LARGE)("%s", async (_, command, order) => {
      const [ours, theirs] = await both([command, ["ECHO", "after"]]);
      expect(ours.length).toBeGreaterThan(5 * MB);
      expect(ours.length).toBe(theirs.length);
      const isSame = order === "ordered" ? ours.equals(theirs) : sorted(ours) === sorted(theirs);
      expect(isSame).toBe(true);
    });

    test("many in one transaction, with errors among them", async () => {
      const ordered = LARGE.filter(([, , order]) => order === "ordered").map(
        ([, command]) => command,
      );
      const wrong = ["LRANGE", "hash", 0, -1];
      const transaction = [["MULTI"], ...ordered.flatMap((one) => [one, wrong]), ["EXEC"]];
      const [ours, theirs] = await both([["ECHO", "before"], ...transaction, ["ECHO", "after"]]);
      expect(ours.length).toBeGreaterThan(60 * MB);
      expect(ours.equals(theirs)).toBe(true);
    });

    test("in a transaction of which a part is silent", async () => {
      const [ours, theirs] = await both([
        ["MULTI"],
        ...[
          ["GET", "string"],
          ["CLIENT", "REPLY", "OFF"],
          ["GET", "string"],
        ],
        ...[
          ["LRANGE", "list", 0, -1],
          ["CLIENT", "REPLY", "ON"],
          ["GET", "string"],
        ],
        ["EXEC"],
        ...[
          ["CLIENT", "REPLY", "SKIP"],
          ["GET", "string"],
          ["ECHO", "after"],
        ],
      ]);
      expect(ours.length).toBeGreaterThan(18 * MB);
      expect(ours.equals(theirs)).toBe(true);
    });

    test("to a client that waited", async () => {
      const wait = async (one: Server) => {
        const waiting = await one.connect();
        const writer = await one.connect();
        await waiting.command("HELLO", protocol);
        waiting.send("XREAD", "BLOCK", 0, "STREAMS", "later", "$");
        await until("a client that waits", async () =>
          String(plain(await writer.command("INFO", "clients"))).includes("blocked_clients:1\r"),
        );
        const value = Buffer.alloc(3 * MB, "streamed ");
        await writer.command("MULTI");
        for (let i = 1; i <= 5; i++) await writer.command("XADD", "later", `1-${i}`, "f", value);
        await writer.command("EXEC");
        const [reply] = await waiting.wire.replies(1);
        await writer.command("DEL", "later");
        waiting.close();
        writer.close();
        return reply;
      };
      const [ours, theirs] = await Promise.all([server, redis as Server].map(wait));
      expect(ours.length).toBeGreaterThan(15 * MB);
      expect(ours.equals(theirs)).toBe(true);
    });
  },
);

test("XAUTOCLAIM's reply, whose beginning is written last, comes whole", async () => {
  await admin.command(
    "XREADGROUP",
    "GROUP",
    "group",
    "one",
    "COUNT",
    COUNT,
    "STREAMS",
    "stream",
    ">",
  );
  const reply = plain(
    await admin.command("XAUTOCLAIM", "stream", "group", "two", 0, "0", "COUNT", COUNT),
  ) as [string, [string, string[]][], string[]];
  expect(reply[0]).toBe("0-0");
  expect(reply[1].length).toBe(COUNT);
  expect(reply[1].every(([id, [, value]], i) => id === `1-${i + 1}` && value === element(i))).toBe(
    true,
  );
  expect(reply[2]).toEqual([]);
});

test("large replies that wait for the disk come whole and in order", async () => {
  const args = ["--appendonly", "yes", "--appendfsync", "always"];
  const logged = await startServer({ args });
  const client = await logged.connect();
  const value = Buffer.alloc(9 * MB, "kept on the disk ");
  for (let i = 0; i < 3; i++) await client.command("RPUSH", "list", value);
  const rest = await client.pipeline([
    ["LPOP", "list", 2],
    ["ECHO", "between"],
    ["LPOP", "list"],
    ["ECHO", "after"],
  ]);
  const isValue = (reply: unknown) => Buffer.from(reply as string, "latin1").equals(value);
  const [first, between, last, after] = rest.map((reply) => plain(reply));
  expect((first as string[]).map(isValue)).toEqual([true, true]);
  expect(between).toBe("between");
  expect(isValue(last)).toBe(true);
  expect(after).toBe("after");
  client.close();
  await logged.stop();
});

/** CPU time of the server in ms. */
function cpuMs(): number {
  const fields = readFileSync(`/proc/${server.pid}/stat`, "latin1")
    .replace(/^.*\) /, "")
    .split(" ");
  return (Number(fields[11]) + Number(fields[12])) * 10;
}

function residentSize(): number {
  const status = readFileSync(`/proc/${server.pid}/status`, "latin1");
  return Number(/VmRSS:\s+(\d+)/.exec(status)?.[1]) * 1024;
}

/** All that comes for commands whose client is to be closed: nothing but what is said. */
async function cutOff(commands: Word[][]): Promise<string> {
  const wire = await Wire.open(server);
  wire.write(Buffer.concat([...commands, ["ECHO", "more"]].map((words) => requestOf(words))));
  const bytes = await wire.rest();
  expect(wire.closed).toBe(true);
  return bytes.toString("latin1");
}

const CLOSED = new RegExp(
  String.raw`# Client id=\d+ addr=\S+ .* omem=(\d+) .* cmd=(\S+) .* scheduled to be closed ASAP ` +
    String.raw`for overcoming of output buffer limits\.\n`,
  "g",
);

describe.each([2, 3])("above the client's limit the client is closed, RESP%d", (protocol) => {
  const hello: Word[][] = protocol === 3 ? [["HELLO", 3]] : [];

  test.each(LARGE)("%s, alone and in a transaction", async (name, command) => {
    await admin.command("CONFIG", "SET", LIMIT, `normal ${5 * MB} 0 0`);
    const before = [...server.log().matchAll(CLOSED)].length;
    // What was replied before may have been sent, if the command came in parts.
    expect((await cutOff([...hello, command])).length).toBeLessThan(1000);
    const inside = [["MULTI"], ["INCR", `done:${name}:${protocol}`], command, command];
    const last: Word[][] = [["INCR", `done:${name}:${protocol}`], ["EXEC"]];
    expect((await cutOff([...hello, ...inside, ...last])).length).toBeLessThan(1000);
    expect(plain(await admin.command("GET", `done:${name}:${protocol}`))).toBe("2");
    const lines = [...server.log().matchAll(CLOSED)];
    expect(lines.length).toBe(before + 2);
    expect(lines.at(-1)?.[2]).toBe("exec");
    for (const [, size] of lines) expect(Number(size)).toBeGreaterThan(5 * MB);
  });
});

describe("random elements without end", () => {
  const ENDLESS: Word[][] = [
    ["HRANDFIELD", "hash", -20_000_000],
    ["HRANDFIELD", "hash", -999_999_999],
    ["HRANDFIELD", "hash", -999_999_999, "WITHVALUES"],
    ["SRANDMEMBER", "set", -999_999_999],
    ["ZRANDMEMBER", "zset", -999_999_999],
    ["ZRANDMEMBER", "zset", -999_999_999, "WITHSCORES"],
  ];

  test.each(ENDLESS.map((command) => [command.join(" "), command] as const))(
    "%s stops at the limit",
    async (_, command) => {
      await admin.command("CONFIG", "SET", LIMIT, `normal ${MB} 0 0`);
      const startMs = cpuMs();
      expect(await cutOff([command])).toBe("");
      expect(cpuMs() - startMs).toBeLessThan(1000);
    },
  );

  test.each(ENDLESS.map((command) => [command.join(" "), command] as const))(
    "%s stops where nobody hears of it",
    async (_, command) => {
      const [startMs, startSize] = [cpuMs(), residentSize()];
      const client = await server.connect();
      client.send("CLIENT", "REPLY", "OFF");
      client.send(...command);
      expect(plain(await client.command("CLIENT", "REPLY", "ON"))).toBe("OK");
      expect(plain(await client.command("ECHO", "here"))).toBe("here");
      expect(cpuMs() - startMs).toBeLessThan(1000);
      expect(residentSize() - startSize).toBeLessThan(64 * MB);
      client.close();
    },
  );
});

test("a client over its limit before that was set is closed by the timer", async () => {
  const slow = await SlowClient.open(server.port);
  slow.write(Buffer.concat([requestOf(["GET", "string"]), requestOf(["GET", "string"])]));
  await until("both replies to wait", async () => {
    const list = String(plain(await admin.command("CLIENT", "LIST")));
    return Number(/ omem=(\d+) .* cmd=get /.exec(list)?.[1] ?? 0) > 9 * MB;
  });
  await admin.command("CONFIG", "SET", LIMIT, `normal ${MB} 0 0`);
  const closed = /# Client id=\d+ .* closed for overcoming of output buffer limits\.\n/;
  await until("the client to be closed", () => closed.test(server.log()));
  slow.close();
});

/** The value, and how often it is asked for at once: more than 4 GiB. */
const HUGE_VALUE_SIZE = 16 * MB;
const HUGE_COUNT = 280;

test.skipIf(process.env.HUGE_REPLY !== "1")(
  "a reply of more than 4 GiB comes whole",
  async () => {
    const value = Buffer.alloc(HUGE_VALUE_SIZE, "sixteen MB of it; ");
    await admin.command("SET", "huge", value);
    const head = Buffer.from(`*${HUGE_COUNT}\r\n`);
    const one = Buffer.concat([Buffer.from(`$${value.length}\r\n`), value, Buffer.from("\r\n")]);
    const size = head.length + HUGE_COUNT * one.length;
    expect(size).toBeGreaterThan(2 ** 32);
    const slow = await SlowClient.open(server.port);
    slow.write(requestOf(["MGET", ...Array(HUGE_COUNT).fill("huge")]));
    let at = 0;
    await slow.readTo(size, (bytes) => {
      for (let from = 0; from < bytes.length; ) {
        const [part, offset] =
          at < head.length ? [head, at] : [one, (at - head.length) % one.length];
        const length = Math.min(bytes.length - from, part.length - offset);
        const isSame = part.compare(bytes, from, from + length, offset, offset + length) === 0;
        if (!isSame) throw new Error(`other bytes came at ${at}`);
        from += length;
        at += length;
      }
    });
    expect(at).toBe(size);
    expect(plain(await admin.command("PING"))).toBe("PONG");
    slow.close();
  },
  300_000,
);
