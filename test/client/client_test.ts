// Purpose: the test client itself: reply bytes, redis-cli's print, transcripts, and the servers it
// starts. What redis-cli prints is asked from redis-cli, where it is installed.

import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { execFileSync } from "node:child_process";
import { formatReply, quoted, typed, typedWords } from "./format.ts";
import { parseReplies, parseReply, plain, type Reply, replyEnd, requestOf } from "./resp.ts";
import { redisBinary, type Server, startRedis } from "./server.ts";
import { readTranscript, session } from "./session.ts";

const bytes = (text: string) => Buffer.from(text, "latin1");
const reply = (text: string) => parseReply(bytes(text)).reply;
const print = (text: string) => formatReply(reply(text));

const EVERY_TYPE = [
  "+OK\r\n",
  "-ERR no\r\n",
  ":-7\r\n",
  "$3\r\na\r\n\r\n",
  "$0\r\n\r\n",
  "$-1\r\n",
  "*-1\r\n",
  "*0\r\n",
  "*2\r\n*1\r\n:1\r\n$1\r\nx\r\n",
  "_\r\n",
  "#t\r\n",
  ",3.5e+20\r\n",
  ",-inf\r\n",
  "(123456789012345678901\r\n",
  "!5\r\nERR x\r\n",
  "=8\r\ntxt:text\r\n",
  "%1\r\n+a\r\n~1\r\n:1\r\n",
  ">2\r\n+a\r\n:1\r\n",
  "|1\r\n+a\r\n:1\r\n+b\r\n",
];

describe("requests", () => {
  test("words are sent as bulk strings, with sizes in bytes", () => {
    expect(requestOf(["SET", "é", 12, Buffer.from([0, 255])]).toString("latin1")).toBe(
      "*4\r\n$3\r\nSET\r\n$2\r\n\xc3\xa9\r\n$2\r\n12\r\n$2\r\n\x00\xff\r\n",
    );
  });
});

describe("replies", () => {
  test.each(EVERY_TYPE)("%j ends where it ends, wherever it is cut", (text) => {
    for (let size = 0; size < text.length; size++) {
      expect(replyEnd(bytes(text.slice(0, size)), 0)).toBe(-1);
    }
    expect(replyEnd(bytes(text), 0)).toBe(text.length);
    expect(replyEnd(bytes(`xx${text}+more`), 2)).toBe(text.length + 2);
  });

  test("push messages are replies of their own, unless they are joined", () => {
    const pushed = bytes(">1\r\n+a\r\n>1\r\n+b\r\n:1\r\n:2\r\n");
    expect(replyEnd(pushed, 0)).toBe(8);
    expect(replyEnd(pushed, 0, true)).toBe(20);
    expect(replyEnd(pushed.subarray(0, 17), 0, true)).toBe(-1);
  });

  test("a parsed reply keeps its type", () => {
    expect(reply("+OK\r\n")).toEqual({ type: "simple", value: "OK" });
    expect(reply(":9223372036854775807\r\n")).toEqual({ type: "integer", value: 2n ** 63n - 1n });
    expect(reply("$-1\r\n")).toEqual({ type: "nil", nil: "bulk" });
    expect(reply("*-1\r\n")).toEqual({ type: "nil", nil: "array" });
    expect(reply("_\r\n")).toEqual({ type: "nil", nil: "null" });
    expect(reply("%1\r\n+a\r\n~1\r\n:1\r\n")).toEqual({
      type: "map",
      value: [
        [
          { type: "simple", value: "a" },
          { type: "set", value: [{ type: "integer", value: 1 }] },
        ],
      ],
    });
    const verbatim: Reply = { type: "verbatim", format: "txt", value: bytes("text") };
    expect(reply("=8\r\ntxt:text\r\n")).toEqual(verbatim);
  });

  test("plain values", () => {
    const replies = parseReplies(
      bytes(":1\r\n$1\r\na\r\n_\r\n*1\r\n#f\r\n,inf\r\n%1\r\n+a\r\n:1\r\n"),
    );
    const values = replies.map(plain);
    expect(values).toEqual([1, "a", null, [false], Infinity, new Map([["a", 1]])]);
  });

  test.each([
    "?1\r\n",
    "hello\r\n",
    ":1x\r\n",
    ":\r\n",
    "$x\r\n",
    "$-2\r\n",
    "$1\r\nabc\r\n",
    "*\r\n",
    "+a\nb\r\n",
    "+a\rb\r\n",
    "#x\r\n",
    "_x\r\n",
    ",1,5\r\n",
  ])("%j is no reply", (text) => {
    expect(() => replyEnd(bytes(text), 0)).toThrow(/at byte \d+/);
  });
});

describe("print", () => {
  test("quotes and escapes", () => {
    expect(quoted(bytes('a"\\\n\r\t\x07\b\x00\xff'))).toBe('"a\\"\\\\\\n\\r\\t\\a\\b\\x00\\xff"');
    expect(typed(bytes("key:1"))).toBe("key:1");
    expect(typed(bytes("a b"))).toBe('"a b"');
    expect(typed(bytes(""))).toBe('""');
    expect(typed(bytes("it's"))).toBe('"it\'s"');
  });

  test("typed words are split as redis-cli does it", () => {
    const split = (line: string) => typedWords(line)?.map((word) => word.toString("latin1"));
    expect(split("  SET k \"a\\x41\\n\\q\\\"\" 'it\\'s \\n'  ")).toEqual([
      "SET",
      "k",
      'aA\nq"',
      "it's \\n",
    ]);
    expect(split('""')).toEqual([""]);
    expect(split("")).toEqual([]);
    expect(split('"a"b')).toBeUndefined();
    expect(split('"a')).toBeUndefined();
    expect(split("é")).toEqual(["\xc3\xa9"]);
  });

  test("scalars", () => {
    expect(print("+OK\r\n")).toBe("OK");
    expect(print("-ERR no\r\n")).toBe("(error) ERR no");
    expect(print(":1\r\n")).toBe("(integer) 1");
    expect(print("$1\r\na\r\n")).toBe('"a"');
    expect(print("$-1\r\n")).toBe("(nil)");
    expect(print(",1.5\r\n")).toBe("(double) 1.5");
    expect(print("#t\r\n")).toBe("(true)");
  });

  test("the text of INFO and its like is not quoted", () => {
    expect(formatReply(reply("$6\r\n# A\r\nb\r\n"), "INFO server")).toBe("# A\r\nb");
    expect(formatReply(reply("$6\r\n# A\r\nb\r\n"), "GET info")).toBe('"# A\\r\\nb"');
  });
});

describe("transcripts", () => {
  test("are read with their connections and indentation", () => {
    const text = `
      > COMMAND INFO get
      1) 1) "get"
         2) (integer) 2
      b> PING
      PONG
    `;
    expect(readTranscript(text)).toEqual([
      { connection: "", line: "COMMAND INFO get", expected: '1) 1) "get"\n   2) (integer) 2' },
      { connection: "b", line: "PING", expected: "PONG" },
    ]);
    expect(() => readTranscript("PONG\n> PING")).toThrow("no command before: PONG");
  });
});

const installed = redisBinary() !== null && Bun.which("redis-cli") !== null;
const why = installed ? "" : " (skipped: redis-server is not installed)";

describe.skipIf(!installed)(`against the real server${why}`, () => {
  let server: Server;
  beforeAll(async () => {
    server = await startRedis({ args: ["--enable-debug-command", "yes"] });
  });
  afterAll(async () => {
    await server?.stop();
  });

  const redisCli = (protocol: number, words: string[]) =>
    execFileSync("redis-cli", ["--no-raw", `-${protocol}`, "-p", String(server.port), ...words], {
      encoding: "utf8",
    }).trimEnd();

  const nested = [
    "redis.setresp(3) return {map={a={1,{2,{}},{3,{4,5}}},b={map={c={}}}}}",
    "redis.setresp(3) return {map={a={set={x=true,y=true}},b={map={c=1,d={map={e=1,f=2}}}}}}",
    "redis.setresp(3) return {{double=1.5},{map={a={7}}},{big_number='123'},false,true}",
    "return {1,2,3,{4,{5,6}},7,8,9,10,11,{'a'}}",
  ];

  test.each([2, 3])("replies are printed as redis-cli prints them, RESP%d", async (protocol) => {
    const client = await server.connect();
    await client.command("HELLO", protocol);
    const kinds = ["string", "integer", "double", "null", "array", "set", "map", "verbatim"];
    const commands = [
      ...[...kinds, "true", "false"].map((kind) => ["DEBUG", "PROTOCOL", kind]),
      ...nested.slice(0, protocol === 3 ? 2 : 4).map((script) => ["EVAL", script, "0"]),
      ["COMMAND", "INFO", "get", "object", "nosuch"],
      ["CONFIG", "GET", "maxmemory*"],
      ["ECHO", '\x01"\\\r\n\t é'],
      ["NOSUCH", "a"],
      ["MEMORY", "DOCTOR"],
    ];
    for (const words of commands) {
      const got = formatReply(await client.command(...words), words.join(" "));
      expect(got.trimEnd()).toBe(redisCli(protocol, words));
    }
    client.close();
  });

  test("a session passes when every reply is as written", async () => {
    await session(
      server,
      `
      > SET board "a\\x00b"
      OK
      > MULTI
      OK
      other> APPEND board ""
      (integer) 3
      > MGET board nosuch
      QUEUED
      > EXEC
      1) 1) "a\\x00b"
         2) (nil)
      > NOSUCH
      (error) ERR unknown command 'NOSUCH', with args beginning with:
      > CONFIG GET databases
      1) "databases"
      2) "16"
    `,
    );
    await server.session('> CONFIG GET databases\n1# "databases" => "16"', { protocol: 3 });
  });

  test("a session that differs shows where", async () => {
    const failed = server.session('> ECHO a\n"a"\n> ECHO b\n"c"');
    await expect(failed).rejects.toThrow('  > ECHO a\n  "a"\n  > ECHO b\n- "c"\n+ "b"');
  });

  test("pipelines, raw bytes and push messages", async () => {
    const client = await server.connect();
    const replies = await client.pipeline([["PING"], ["ECHO", Buffer.from([0, 13, 10])]]);
    expect(replies).toEqual([
      { type: "simple", value: "PONG" },
      { type: "bulk", value: Buffer.from([0, 13, 10]) },
    ]);
    expect((await client.raw("PING\r\n*1\r\n$4\r\nPING\r\n", 2)).toString()).toBe(
      "+PONG\r\n+PONG\r\n",
    );
    await client.command("HELLO", 3);
    expect(plain(await client.command("DEBUG", "PROTOCOL", "push"))).toMatch(/following the push/);
    expect(client.pushesSoFar().map((push) => push.type)).toEqual(["push"]);
    expect((await client.raw("*x\r\n")).toString()).toBe(
      "-ERR Protocol error: invalid multibulk length\r\n",
    );
    expect(client.wire.closed).toBe(true);
    await expect(client.command("PING")).rejects.toThrow("the server closed the connection");
  });

  test("a server that refuses to start says why", async () => {
    await expect(startRedis({ args: ["--nosuch", "1"] })).rejects.toThrow(
      /did not start[\s\S]*nosuch/,
    );
    const refusing = await startRedis({ args: ["--nosuch", "1"], noWait: true });
    expect(await refusing.exited).toBe(1);
    await refusing.stop();
  });
});
