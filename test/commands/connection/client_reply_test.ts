// Purpose: CLIENT REPLY in any order with transactions, errors, RESET, empty requests and commands
// that wait: what comes is byte for byte what comes from the real server.

import { afterAll, beforeAll, expect, test } from "bun:test";
import { requestOf } from "../../client/resp.ts";
import { redisBinary, type Server, startRedis, startServer } from "../../client/server.ts";
import { Wire } from "../../client/wire.ts";
import { Random } from "../../fuzz/random.ts";

const SEED = Number(process.env.REPLY_SEED ?? Date.now() % 1e9);
const ROUNDS = Number(process.env.REPLY_ROUNDS ?? 100);
const hasRedis = redisBinary() !== null;

let server: Server;
let redis: Server;

beforeAll(async () => {
  server = await startServer();
  if (hasRedis) redis = await startRedis();
});

afterAll(async () => {
  await server?.stop();
  await redis?.stop();
});

/** Requests without a command. */
const EMPTY = ["\r\n", "\n", "  \r\n", "*0\r\n", "*-1\r\n", "*-5\r\n"];

function bytesOf(command: string): Buffer {
  return EMPTY.includes(command) ? Buffer.from(command) : requestOf(command.split(" "));
}

/** All bytes that come in reply to commands, which are sent at once. */
async function replies(to: Server, commands: readonly string[]): Promise<string> {
  const wire = await Wire.open(to);
  wire.write(Buffer.concat([...commands, "QUIT"].map(bytesOf)));
  return (await wire.rest()).toString("latin1");
}

const bulk = (text: string) => `$${text.length}\r\n${text}\r\n`;
const QUIT_OK = "+OK\r\n";
const QUEUED = "+QUEUED\r\n";

test.each([
  [
    "SKIP twice in a transaction is SKIP once after it",
    ["MULTI", "CLIENT REPLY SKIP", "CLIENT REPLY SKIP", "EXEC", "ECHO g", "ECHO h", "ECHO i"],
    `+OK\r\n${QUEUED}${QUEUED}*2\r\n${bulk("h")}${bulk("i")}`,
  ],
  [
    "SKIP is not called off by ON in the same transaction",
    ["MULTI", "CLIENT REPLY SKIP", "CLIENT REPLY ON", "EXEC", "ECHO g", "ECHO h"],
    `+OK\r\n${QUEUED}${QUEUED}*2\r\n+OK\r\n${bulk("h")}`,
  ],
  ["SKIP after SKIP", ["CLIENT REPLY SKIP", "CLIENT REPLY SKIP", "ECHO a", "ECHO b"], bulk("b")],
  ["ON after SKIP", ["CLIENT REPLY SKIP", "CLIENT REPLY ON", "ECHO a"], `+OK\r\n${bulk("a")}`],
  ...EMPTY.map((empty): [string, string[], string] => [
    `SKIP is for an empty request as well: ${JSON.stringify(empty)}`,
    ["CLIENT REPLY SKIP", empty, "ECHO a", "MULTI", "CLIENT REPLY SKIP", "EXEC", empty, "ECHO b"],
    `${bulk("a")}+OK\r\n${QUEUED}*1\r\n${bulk("b")}`,
  ]),
  [
    "on for a while in a transaction that nobody hears of",
    [
      ...["CLIENT REPLY OFF", "MULTI", "ECHO a", "CLIENT REPLY ON", "ECHO b", "CLIENT REPLY OFF"],
      ...["ECHO c", "EXEC", "ECHO d", "CLIENT REPLY ON"],
    ],
    `+OK\r\n${bulk("b")}+OK\r\n`,
  ],
])("%s", async (_, commands, expected) => {
  expect(await replies(server, commands)).toBe(expected + QUIT_OK);
});

const WORDS = [
  ...["CLIENT REPLY ON", "CLIENT REPLY OFF", "CLIENT REPLY SKIP", "CLIENT REPLY SKIP"],
  ...["MULTI", "EXEC", "MULTI", "EXEC", "DISCARD", "ECHO", "ECHO", "ECHO", "RESET", "NO SUCH"],
  ...["GET", "CLIENT REPLY MAYBE", "HELLO 3", "CLIENT NO-EVICT ON", "BLPOP nothing 0.01"],
  ...["WATCH a", "LRANGE list 0 -1", ...EMPTY],
];

test.skipIf(!hasRedis)(`in any order as the real server (REPLY_SEED=${SEED})`, async () => {
  const random = new Random(SEED);
  for (let round = 0; round < ROUNDS; round++) {
    const commands = Array.from({ length: random.between(3, 25) }, (_, i) => {
      const word = random.pick(WORDS);
      return word === "ECHO" ? `ECHO ${i}` : word;
    });
    commands.push("DISCARD", "CLIENT REPLY ON", "ECHO last", "ECHO very-last");
    const [ours, theirs] = await Promise.all([replies(server, commands), replies(redis, commands)]);
    // What HELLO tells of the server and the client is another matter.
    const plain = (text: string) =>
      text.replaceAll(/%7\r\n\$6\r\nserver.*?modules\r\n\*0\r\n/gs, "H");
    expect(plain(ours), commands.join("; ")).toBe(plain(theirs));
  }
});
