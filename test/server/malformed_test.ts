// Purpose: requests that are malformed, or nearly so: what is replied, and whether the connection
// closes, whole and byte by byte. The table holds for the real Redis, which it is tried on as well.

import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { redisBinary, type Server, startRedis, startServer } from "../client/server.ts";
import { Wire } from "../client/wire.ts";

const CLOSES = true;
const PING = Buffer.from("PING\r\n");
/** A frame, all that is replied, and whether the connection closes then. */
const FRAMES: [frame: string, replies: string, closes?: boolean][] = [
  ["*x\r\n", "-ERR Protocol error: invalid multibulk length\r\n", CLOSES],
  ["*3\r\n$3\r\nSET\r\n$x\r\n", "-ERR Protocol error: invalid bulk length\r\n", CLOSES],
  ["*-10\r\nPING\r\n", "+PONG\r\n"],
  ["*0\r\nPING\r\n", "+PONG\r\n"],
  ["*2147483647\r\n", ""],
  ["*2147483648\r\n", "-ERR Protocol error: invalid multibulk length\r\n", CLOSES],
  ["*1024000000000\r\n", "-ERR Protocol error: invalid multibulk length\r\n", CLOSES],
  ["*-9223372036854775808\r\nPING\r\n", "+PONG\r\n"],
  [
    "*-9223372036854775809\r\nPING\r\n",
    "-ERR Protocol error: invalid multibulk length\r\n",
    CLOSES,
  ],
  ["*01\r\n", "-ERR Protocol error: invalid multibulk length\r\n", CLOSES],
  ["*+1\r\n", "-ERR Protocol error: invalid multibulk length\r\n", CLOSES],
  ["* 1\r\n", "-ERR Protocol error: invalid multibulk length\r\n", CLOSES],
  ["*1 \r\n", "-ERR Protocol error: invalid multibulk length\r\n", CLOSES],
  ["*\r\nPING\r\n", "-ERR Protocol error: invalid multibulk length\r\n", CLOSES],
  ["*-0\r\nPING\r\n", "-ERR Protocol error: invalid multibulk length\r\n", CLOSES],
  ["*-\r\n", "-ERR Protocol error: invalid multibulk length\r\n", CLOSES],
  ["*1\rx$4\r\nPING\r\n", "+PONG\r\n"],
  ["*1\r\n$4\rxPINGxx", "+PONG\r\n"],
  ["*1\r\n$4\r\nPINGxxPING\r\n", "+PONG\r\n+PONG\r\n"],
  ["PING\r\n*1\r\nfoo\r\n", "+PONG\r\n-ERR Protocol error: expected '$', got 'f'\r\n", CLOSES],
  ["*1\r\n\r\n$4\r\nPING\r\n", "-ERR Protocol error: expected '$', got ' '\r\n", CLOSES],
  ["*1\r\n\nx\r\n", "-ERR Protocol error: expected '$', got ' '\r\n", CLOSES],
  ["*1\r\n\xff\r\n", "-ERR Protocol error: expected '$', got '\xff'\r\n", CLOSES],
  ["*2\r\n$4\r\nECHO\r\n$-1\r\n", "-ERR Protocol error: invalid bulk length\r\n", CLOSES],
  ["*2\r\n$4\r\nECHO\r\n$536870913\r\n", "-ERR Protocol error: invalid bulk length\r\n", CLOSES],
  ["*2\r\n$4\r\nECHO\r\n$0\r\n\r\n", "$0\r\n\r\n"],
  ["*2\r\n$4\r\nECHO\r\n$00\r\n\r\n", "-ERR Protocol error: invalid bulk length\r\n", CLOSES],
  ["*2\r\n$4\r\nECHO\r\n$1a\r\n", "-ERR Protocol error: invalid bulk length\r\n", CLOSES],
  ["*2\r\n$4\r\nECHO\r\n$+1\r\na\r\n", "-ERR Protocol error: invalid bulk length\r\n", CLOSES],
  ["*2\r\n$4\r\nECHO\r\n:1\r\n", "-ERR Protocol error: expected '$', got ':'\r\n", CLOSES],
  ['PING "a\r\n', "-ERR Protocol error: unbalanced quotes in request\r\n", CLOSES],
  ["PING 'a\r\n", "-ERR Protocol error: unbalanced quotes in request\r\n", CLOSES],
  ['PING "a"b\r\n', "-ERR Protocol error: unbalanced quotes in request\r\n", CLOSES],
  ['SET a "\\x41"\r\nGET a\r\n', "+OK\r\n$1\r\nA\r\n"],
  ["\r\n\r\nPING\r\n", "+PONG\r\n"],
  ["\n\nPING\n", "+PONG\r\n"],
  ["PING\n", "+PONG\r\n"],
  ["  \t PING\r\n", "+PONG\r\n"],
  ["PING\r\r\n", "+PONG\r\n"],
  ["PING a\rb\r\n", "-ERR wrong number of arguments for 'ping' command\r\n"],
  ["PI\x00NG\r\nPING\r\n", ""],
  ["PING a\x00b\r\nPING\r\n", ""],
  ["*1\x00\r\n$4\r\nPING\r\n", ""],
  ["*1\r\n$4\x00\r\nPING\r\n", ""],
  ["*1\r\n$0\r\n\r\nPING\r\n", "-ERR unknown command '', with args beginning with: \r\n+PONG\r\n"],
  [
    "*2\r\n$0\r\n\r\n$1\r\na\r\nPING\r\n",
    "-ERR unknown command '', with args beginning with: 'a' \r\n+PONG\r\n",
  ],
  [
    "*3\r\n$3\r\nSET\r\n$1\r\na\r\n*1\r\n",
    "-ERR Protocol error: expected '$', got '*'\r\n",
    CLOSES,
  ],
  ["*1\r\n:4\r\n", "-ERR Protocol error: expected '$', got ':'\r\n", CLOSES],
  ["*1\r\n$4\r\nQUIT\r\n*x\r\n", "+OK\r\n", CLOSES],
  ["QUIT\r\nPING\r\n", "+OK\r\n", CLOSES],
  ["*1\r\n$9223372036854775808\r\n", "-ERR Protocol error: invalid bulk length\r\n", CLOSES],
  ["*1\r\n$-9223372036854775808\r\n", "-ERR Protocol error: invalid bulk length\r\n", CLOSES],
  ['"PING"\r\n', "+PONG\r\n"],
  ['""\r\nPING\r\n', "-ERR unknown command '', with args beginning with: \r\n+PONG\r\n"],
  ["'' a\r\nPING\r\n", "-ERR unknown command '', with args beginning with: 'a' \r\n+PONG\r\n"],
  ['"P""ING"\r\n', "-ERR Protocol error: unbalanced quotes in request\r\n", CLOSES],
  ["PING\x0bx\r\n", "-ERR unknown command 'PING\x0bx', with args beginning with: \r\n"],
  ["\x0bPING\r\n", "+PONG\r\n"],
  ["*1\n$4\nPING\n", ""],
  ["*-1\r\nPING\r\n", "+PONG\r\n"],
  ["*3\r\n$-1\r\n", "-ERR Protocol error: invalid bulk length\r\n", CLOSES],
  ["PING \\\r\nPING\r\n", "$1\r\n\\\r\n+PONG\r\n"],
  ['ECHO "\\\r\nPING\r\n', "-ERR Protocol error: unbalanced quotes in request\r\n", CLOSES],
];

type Outcome = [replies: string, closes: boolean];

/**
 * All that is replied to a frame in pieces of this size, and whether the connection closes. What is
 * expected says what to wait for; when it has come, what may come besides is looked for.
 */
async function outcome(
  server: Server,
  frame: string,
  size: number,
  [expected, closes]: Outcome,
): Promise<Outcome> {
  const wire = await Wire.open(server);
  const other = await Wire.open(server);
  // Whoever asked later has a reply, and then another: the server has read all that came before.
  const others = async () => {
    for (let i = 0; i < 2; i++) {
      other.write(PING);
      await other.replies(1);
    }
  };
  const bytes = Buffer.from(frame, "latin1");
  for (let at = 0; at < bytes.length; at += size) {
    if (at > 0) await (closes ? others() : Bun.sleep(1));
    // What is sent to a server that has closed makes the system forget its last reply.
    if (wire.closed) break;
    wire.write(bytes.subarray(at, at + size));
  }
  const isAll = (bytes: Buffer) => !closes && bytes.length >= expected.length;
  const awaited = await wire.rest(undefined, isAll);
  await others();
  other.close();
  const besides = await wire.rest(0);
  const { closed } = wire;
  wire.close();
  return [Buffer.concat([awaited, besides]).toString("latin1"), closed];
}

async function expectOutcome(server: Server, frame: string, size: number, expected: Outcome) {
  expect(await outcome(server, frame, size, expected)).toEqual(expected);
}

const servers: [name: string, start: () => Promise<Server>][] = [["Rusk", startServer]];
if (redisBinary() !== null) servers.push(["Redis", startRedis]);

describe.each(servers)("%s", (name, start) => {
  let server: Server;
  beforeAll(async () => {
    server = await start();
  });
  afterAll(async () => {
    await server?.stop();
  });

  test.each([
    ["whole", 100_000],
    ["byte by byte", 1],
  ])("frames that arrive %s", async (_, size) => {
    const tried = FRAMES.map(async ([frame, replies, closes = false]) => {
      const found = await outcome(server, frame, size, [replies, closes]);
      expect([frame, ...found]).toEqual([frame, replies, closes]);
    });
    await Promise.all(tried);
  });

  const tooLong: [string, string, string][] = [
    ["a count", "*", "too big mbulk count string"],
    ["a size", "*1\r\n$", "too big bulk count string"],
    ["an inline command", "1", "too big inline request"],
  ];
  test.each(tooLong)("%s that does not end", async (_, begin, problem) => {
    const frame = begin + "1".repeat(70_000);
    for (const size of [100_000, 7001]) {
      await expectOutcome(server, frame, size, [`-ERR Protocol error: ${problem}\r\n`, true]);
    }
  });

  test.each([
    "POST / HTTP/1.1\r\n\r\nSET a b\r\n",
    "Host: x\r\nSET a b\r\n",
    "*1\r\n$4\r\nPOST\r\n",
  ])(
    "%j, as a web browser sends it, closes without a reply, and nothing more is run",
    async (frame) => {
      await expectOutcome(server, "FLUSHALL\r\n", 100, ["+OK\r\n", false]);
      await expectOutcome(server, frame, 100_000, ["", true]);
      await expectOutcome(server, "EXISTS a\r\n", 100, [":0\r\n", false]);
      expect(server.log()).toContain("Possible SECURITY ATTACK detected");
    },
  );

  test("before authentication counts and sizes are small, after it in one packet not", async () => {
    const admin = await server.connect();
    await admin.command("CONFIG", "SET", "requirepass", "secret");
    const eleven = `*11\r\n$4\r\nMGET\r\n${"$1\r\n?\r\n".repeat(10)}`;
    const large = `*2\r\n$4\r\nECHO\r\n$16385\r\n${"x".repeat(16385)}\r\n`;
    const wrong = "-WRONGPASS invalid username-password pair or user is disabled.";
    const denied = "-NOAUTH Authentication required.\r\n";
    const refusal = (what: string) => `-ERR Protocol error: unauthenticated ${what} length\r\n`;
    const expected: [string, string, boolean][] = [
      [`PING\r\n${eleven}`, denied + refusal("multibulk"), true],
      [large, refusal("bulk"), true],
      [`AUTH no\r\n${eleven}`, `${wrong}\r\n${refusal("multibulk")}`, true],
      [`AUTH secret\r\n${eleven}`, `+OK\r\n*10\r\n${"$-1\r\n".repeat(10)}`, false],
      [`AUTH secret\r\nRESET\r\n${eleven}`, `+OK\r\n+RESET\r\n${refusal("multibulk")}`, true],
      [`AUTH secret\r\n${large}`, `+OK\r\n$16385\r\n${"x".repeat(16385)}\r\n`, false],
    ];
    for (const [frame, replies, closes] of expected) {
      await expectOutcome(server, frame, 100_000, [replies, closes]);
    }
    await admin.command("CONFIG", "SET", "requirepass", "");
    admin.close();
  });

  test.skipIf(name !== "Rusk")("the server has noticed nothing else", async () => {
    expect(server.log()).not.toMatch(/crash|TypeError|RangeError/i);
    await expectOutcome(server, "PING\r\n", 100, ["+PONG\r\n", false]);
  });
});
