// Purpose: the HyperLogLog commands (src/commands/bits/hyperloglog_commands.ts), as sessions under
// RESP2 and RESP3 that hold for the real Redis as well (RUSK_BINARY=redis-server shows it), and by
// chance against it: the bytes of every value must be the same.

import { afterAll, beforeAll, beforeEach, describe, expect, test } from "bun:test";
import type { Client } from "../../client/client.ts";
import { Pair, withSeed } from "../../client/pair.ts";
import { plain, type Word } from "../../client/resp.ts";
import { redisBinary, type Server, startServer } from "../../client/server.ts";
import type { Random } from "../../fuzz/random.ts";

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

const ask = async (...words: Word[]) => plain(await client.command(...words));
describe.each(PROTOCOLS)("RESP%d", (protocol) => {
  const session = (text: string) => server.session(text, { protocol });

  test("PFADD, PFCOUNT and PFMERGE", () =>
    session(`
      > PFADD h a b c
      (integer) 1
      > PFADD h a b c
      (integer) 0
      > PFCOUNT h
      (integer) 3
      > PFADD h d a
      (integer) 1
      > PFCOUNT h
      (integer) 4
      > GETRANGE h 0 15
      "HYLL\\x01\\x00\\x00\\x00\\x04\\x00\\x00\\x00\\x00\\x00\\x00\\x00"
      > PFDEBUG DECODE h
      "Z:7292 v:1,1 Z:1143 v:1,1 Z:4274 v:2,1 Z:3068 v:1,1 Z:603"
      > OBJECT ENCODING h
      "raw"
      > TYPE h
      string
      > STRLEN h
      (integer) 30
      > PFADD h2
      (integer) 1
      > PFADD h2
      (integer) 0
      > GET h2
      "HYLL\\x01\\x00\\x00\\x00\\x00\\x00\\x00\\x00\\x00\\x00\\x00\\x80\\x7f\\xff"
      > PFCOUNT h2
      (integer) 0
      > PFADD h2 c d e f
      (integer) 1
      > PFCOUNT h h2
      (integer) 6
      > PFCOUNT h h2 nokey
      (integer) 6
      > PFCOUNT nokey
      (integer) 0
      > PFCOUNT nokey nokey2
      (integer) 0
      > EXISTS nokey
      (integer) 0
      > PFMERGE u h h2
      OK
      > PFCOUNT u
      (integer) 6
      > GETRANGE u 0 15
      "HYLL\\x01\\x00\\x00\\x00\\x06\\x00\\x00\\x00\\x00\\x00\\x00\\x00"
      > PFDEBUG DECODE u
      "Z:1646 v:1,1 Z:5645 v:1,1 Z:1143 v:1,1 Z:4274 v:2,1 Z:2445 v:1,1 Z:622 v:1,1 Z:603"
      > PFMERGE u h h2
      OK
      > GETRANGE u 0 15
      "HYLL\\x01\\x00\\x00\\x00\\x06\\x00\\x00\\x00\\x00\\x00\\x00\\x80"
      > PFMERGE h nokey h2
      OK
      > PFCOUNT h
      (integer) 6
      > PFMERGE new
      OK
      > GET new
      "HYLL\\x01\\x00\\x00\\x00\\x00\\x00\\x00\\x00\\x00\\x00\\x00\\x80\\x7f\\xff"
      > EXPIRE h 100
      (integer) 1
      > PFADD h x y z
      (integer) 1
      > TTL h
      (integer) 100
      > PFMERGE h h2
      OK
      > TTL h
      (integer) 100
      > PFADD e ""
      (integer) 1
      > PFCOUNT e
      (integer) 1
      > PFADD
      (error) ERR wrong number of arguments for 'pfadd' command
      > PFCOUNT
      (error) ERR wrong number of arguments for 'pfcount' command
      > PFMERGE
      (error) ERR wrong number of arguments for 'pfmerge' command
    `));

  test("a HyperLogLog is a string", () =>
    session(`
      > PFADD h one two
      (integer) 1
      > GET h
      "HYLL\\x01\\x00\\x00\\x00\\x00\\x00\\x00\\x00\\x00\\x00\\x00\\x80X\\xcc\\x80Df\\x80b\\xc9"
      > APPEND h "\\x00"
      (integer) 25
      > PFCOUNT h
      (error) INVALIDOBJ Corrupted HLL object detected
      > PFCOUNT h h
      (error) INVALIDOBJ Corrupted HLL object detected
      > PFADD h three
      (integer) 1
      > SET h "HYLL\\x01\\x00\\x00\\x00\\x01\\x02\\x03\\x04\\x05\\x06\\x07\\x08\\x7f\\xff"
      OK
      > OBJECT ENCODING h
      "embstr"
      > PFCOUNT h
      (integer) 578437695752307201
      > OBJECT ENCODING h
      "raw"
      > SET h "HYLL\\x01\\x00\\x00\\x00\\xff\\xff\\xff\\xff\\xff\\xff\\xff\\x7f\\x7f\\xff"
      OK
      > PFCOUNT h
      (integer) 9223372036854775807
      > SET h "HYLL\\x01\\x00\\x00\\x00\\x01\\x02\\x03\\x00\\x00\\x00\\x00\\x80\\x7f\\xff"
      OK
      > PFCOUNT h
      (integer) 0
      > GET h
      "HYLL\\x01\\x00\\x00\\x00\\x00\\x00\\x00\\x00\\x00\\x00\\x00\\x00\\x7f\\xff"
      > SET h "HYLL\\x01\\x00\\x00\\x00\\x01\\x02\\x03\\x00\\x00\\x00\\x00\\x80\\x7f\\xff\\x84"
      OK
      > PFCOUNT h
      (error) INVALIDOBJ Corrupted HLL object detected
      > PFCOUNT h h
      (error) INVALIDOBJ Corrupted HLL object detected
      > PFMERGE m h
      (error) INVALIDOBJ Corrupted HLL object detected
      > PFDEBUG TODENSE h
      (error) INVALIDOBJ Corrupted HLL object detected
      > PFCOUNT h
      (error) INVALIDOBJ Corrupted HLL object detected
      > SET h "HYLL\\x01\\x00\\x00\\x00\\x01\\x02\\x03\\x00\\x00\\x00\\x00\\x80\\x7f\\xfe"
      OK
      > PFCOUNT h
      (error) INVALIDOBJ Corrupted HLL object detected
      > PFCOUNT h nokey
      (error) INVALIDOBJ Corrupted HLL object detected
      > PFMERGE m h
      (error) INVALIDOBJ Corrupted HLL object detected
      > PFDEBUG TODENSE h
      (error) INVALIDOBJ Corrupted HLL object detected
      > PFDEBUG GETREG h
      (error) INVALIDOBJ Corrupted HLL object detected
      > SET h "HYLL\\x01\\x00\\x00\\x00\\x01\\x02\\x03\\x00\\x00\\x00\\x00\\x80"
      OK
      > PFCOUNT h
      (error) INVALIDOBJ Corrupted HLL object detected
      > PFADD h a
      (error) INVALIDOBJ Corrupted HLL object detected
      > CONFIG SET hll-sparse-max-bytes 0
      OK
      > SET h "HYLL\\x01\\x00\\x00\\x00\\x01\\x02\\x03\\x00\\x00\\x00\\x00\\x00\\x7f\\xfe"
      OK
      > PFADD h a
      (error) INVALIDOBJ Corrupted HLL object detected
      > GET h
      "HYLL\\x01\\x00\\x00\\x00\\x01\\x02\\x03\\x00\\x00\\x00\\x00\\x00\\x7f\\xfe"
      > CONFIG SET hll-sparse-max-bytes 3000
      OK
      > SET h "HYLL\\x02\\x00\\x00\\x00\\x01\\x02\\x03\\x00\\x00\\x00\\x00\\x80\\x7f\\xff"
      OK
      > PFCOUNT h
      (error) WRONGTYPE Key is not a valid HyperLogLog string value.
      > SET h "HYLL\\x00\\x00\\x00\\x00\\x01\\x02\\x03\\x00\\x00\\x00\\x00\\x80\\x7f\\xff"
      OK
      > PFCOUNT h
      (error) WRONGTYPE Key is not a valid HyperLogLog string value.
      > SET h "HYLk\\x01\\x00\\x00\\x00\\x01\\x02\\x03\\x00\\x00\\x00\\x00\\x80\\x7f\\xff"
      OK
      > PFCOUNT h
      (error) WRONGTYPE Key is not a valid HyperLogLog string value.
      > PFADD h a
      (error) WRONGTYPE Key is not a valid HyperLogLog string value.
      > PFCOUNT nokey h
      (error) WRONGTYPE Key is not a valid HyperLogLog string value.
      > PFMERGE m h
      (error) WRONGTYPE Key is not a valid HyperLogLog string value.
      > PFMERGE h m
      (error) WRONGTYPE Key is not a valid HyperLogLog string value.
      > SET n 12
      OK
      > PFADD n a
      (error) WRONGTYPE Key is not a valid HyperLogLog string value.
      > PFCOUNT n
      (error) WRONGTYPE Key is not a valid HyperLogLog string value.
      > GEOADD g 0 0 a
      (integer) 1
      > PFADD g a
      (error) WRONGTYPE Operation against a key holding the wrong kind of value
      > PFCOUNT g
      (error) WRONGTYPE Operation against a key holding the wrong kind of value
      > PFCOUNT nokey g
      (error) WRONGTYPE Operation against a key holding the wrong kind of value
      > PFMERGE d g
      (error) WRONGTYPE Operation against a key holding the wrong kind of value
      > PFMERGE g nokey
      (error) WRONGTYPE Operation against a key holding the wrong kind of value
      > EXISTS d
      (integer) 0
    `));

  test("PFADD of what is known, and PFCOUNT of an estimate that is kept", () =>
    session(`
      > PFADD h a b c
      (integer) 1
      > PFADD h c a
      (integer) 0
      > PFADD h b d a
      (integer) 1
      > PFADD h
      (integer) 0
      > SET known "HYLL\\x01\\x00\\x00\\x00\\xff\\xff\\xff\\xff\\xff\\xff\\xff\\x7f\\x7f\\xff"
      OK
      > OBJECT ENCODING known
      "embstr"
      > PFCOUNT known
      (integer) 9223372036854775807
      > OBJECT ENCODING known
      "raw"
      > PFCOUNT known
      (integer) 9223372036854775807
      > SETRANGE known 8 "\\x00\\x00\\x00\\xf0\\x01\\x00\\x00\\x00"
      (integer) 18
      > PFCOUNT known
      (integer) 8321499136
    `));

  test("PFDEBUG and PFSELFTEST", () =>
    session(`
      > PFADD h a b c
      (integer) 1
      > PFDEBUG DECODE h
      "Z:8436 v:1,1 Z:4274 v:2,1 Z:3068 v:1,1 Z:603"
      > PFDEBUG ENCODING h
      sparse
      > PFDEBUG encoding h
      sparse
      > PFCOUNT h
      (integer) 3
      > PFDEBUG TODENSE h
      (integer) 1
      > PFDEBUG TODENSE h
      (integer) 0
      > PFDEBUG ENCODING h
      dense
      > PFDEBUG DECODE h
      (error) ERR HLL encoding is not sparse
      > PFCOUNT h
      (integer) 3
      > PFADD h a
      (integer) 0
      > PFADD h d
      (integer) 1
      > PFCOUNT h
      (integer) 4
      > STRLEN h
      (integer) 12304
      > PFDEBUG NONSENSE h
      (error) ERR Unknown PFDEBUG subcommand 'NONSENSE'
      > PFDEBUG NONSENSE nokey
      (error) ERR The specified key does not exist
      > PFDEBUG ENCODING nokey
      (error) ERR The specified key does not exist
      > SET s x
      OK
      > PFDEBUG ENCODING s
      (error) WRONGTYPE Key is not a valid HyperLogLog string value.
      > GEOADD g 0 0 a
      (integer) 1
      > PFDEBUG ENCODING g
      (error) WRONGTYPE Operation against a key holding the wrong kind of value
      > PFDEBUG
      (error) ERR wrong number of arguments for 'pfdebug' command
      > PFDEBUG ENCODING
      (error) ERR wrong number of arguments for 'pfdebug' command
      > PFDEBUG ENCODING h h
      (error) ERR wrong number of arguments for 'pfdebug' command
      > PFSELFTEST
      OK
      > PFSELFTEST x
      (error) ERR wrong number of arguments for 'pfselftest' command
    `));

  test("hll-sparse-max-bytes", () =>
    session(`
      > CONFIG SET hll-sparse-max-bytes 30
      OK
      > PFADD h a b c
      (integer) 1
      > PFDEBUG ENCODING h
      sparse
      > PFADD h d e f g h
      (integer) 1
      > PFDEBUG ENCODING h
      dense
      > PFCOUNT h
      (integer) 8
      > CONFIG SET hll-sparse-max-bytes 0
      OK
      > PFADD z
      (integer) 1
      > PFDEBUG ENCODING z
      sparse
      > PFADD z a
      (integer) 1
      > PFDEBUG ENCODING z
      dense
      > PFCOUNT z
      (integer) 1
      > CONFIG SET hll-sparse-max-bytes 3000
      OK
      > PFADD a x
      (integer) 1
      > PFMERGE a z
      OK
      > PFDEBUG ENCODING a
      dense
      > PFCOUNT a
      (integer) 2
      > PFMERGE new z
      OK
      > PFDEBUG ENCODING new
      dense
    `));
});

test("estimates are near, however many elements there are", async () => {
  let seen = 0;
  for (let count = 50; count <= 40_000; count *= 2) {
    while (seen < count) {
      const elements = Array.from({ length: 500 }, () => `element ${seen++}`);
      await client.command("PFADD", "h", ...elements);
    }
    const estimate = Number(await ask("PFCOUNT", "h"));
    expect(Math.abs(estimate - seen) / seen).toBeLessThan(0.04);
  }
  expect(await ask("PFDEBUG", "ENCODING", "h")).toBe("dense");
  expect(await ask("STRLEN", "h")).toBe(12304);
});

test("every register that rises counts as a change", async () => {
  const changes = async (...words: Word[]) => {
    const before = await changeCount();
    await ask(...words);
    return (await changeCount()) - before;
  };
  const steps: [number, Word[]][] = [
    [1, ["PFADD", "a"]],
    [0, ["PFADD", "a"]],
    [3, ["PFADD", "a", "x", "y", "z"]],
    [1, ["PFADD", "a", "x", "y", "q"]],
    [1, ["PFCOUNT", "a"]],
    [0, ["PFCOUNT", "a"]],
    [4, ["PFADD", "b", "x", "y", "z"]],
    [0, ["PFCOUNT", "a", "b"]],
    [1, ["PFMERGE", "c", "a", "b"]],
    [1, ["PFMERGE", "c", "a", "b"]],
    [1, ["PFDEBUG", "GETREG", "c"]],
    [0, ["PFDEBUG", "GETREG", "c"]],
    [2, ["PFADD", "c", "r", "s", "x"]],
    [1, ["PFDEBUG", "TODENSE", "b"]],
  ];
  for (const [count, words] of steps)
    expect([await changes(...words), words]).toEqual([count, words]);
});

test("PFCOUNT changes a key that is watched, when it has to count", async () => {
  const other = await server.connect();
  await client.command("PFADD", "h", "a");
  for (const wanted of [null, ["PONG"]]) {
    await client.command("WATCH", "h");
    await other.command("PFCOUNT", "h");
    await client.command("MULTI");
    await client.command("PING");
    expect(await ask("EXEC")).toEqual(wanted);
  }
  other.close();
});

async function changeCount(): Promise<number> {
  const info = String(await ask("INFO", "persistence"));
  return Number(/rdb_changes_since_last_save:(\d+)/.exec(info)?.[1]);
}

test("a dense one that was read is sent as it was, though it changes before it is", async () => {
  const commands: Word[][] = [
    ["PFADD", "h", "b", "c"],
    ["PFCOUNT", "h"],
    ["PFMERGE", "h", "other"],
  ];
  const run = async (each: (lines: Word[][]) => Promise<unknown[]>) => {
    await ask("FLUSHALL");
    await ask("CONFIG", "SET", "hll-sparse-max-bytes", "0");
    await ask("PFADD", "h", "a");
    await ask("PFADD", "other", "x", "y");
    return each(commands.flatMap((line) => [["GET", "h"], line]).concat([["GET", "h"]]));
  };
  const oneByOne = await run(async (lines) => {
    const replies: unknown[] = [];
    for (const line of lines) replies.push(await ask(...line));
    return replies;
  });
  const together = await run(async (lines) => (await client.pipeline(lines)).map(plain));
  await ask("CONFIG", "SET", "hll-sparse-max-bytes", "3000");
  expect(new Set(oneByOne.filter((reply) => typeof reply === "string")).size).toBe(5);
  expect(together).toEqual(oneByOne);
});

test.skipIf(redisBinary() === null)("bytes are those of the real Redis, through all changes", () =>
  withSeed(async (random, note) => {
    const pair = await Pair.start();
    try {
      for (let round = 0; round < 25; round++) {
        const commands: Word[][] = [
          ["FLUSHALL"],
          [
            "CONFIG",
            "SET",
            "hll-sparse-max-bytes",
            random.pick([0, 20, 100, 3000, 3000, 6000, 16000]),
          ],
        ];
        const range = random.pick([10, 2000, 100_000]);
        for (let i = 0; i < 30; i++) commands.push(...step(random, range));
        await pair.same(commands, note);
      }
    } finally {
      await pair.stop();
    }
  }),
);

/** A command, and what its key holds then. */
function step(random: Random, range: number): Word[][] {
  const key = () => random.pick(["a", "b", "c", "d"]);
  const to = key();
  const elements = Array.from(
    { length: random.below(random.pick([4, 40, 400])) },
    () => "x".repeat(random.below(20)) + random.below(range),
  );
  switch (random.below(8)) {
    case 0:
      return [
        ["PFCOUNT", to],
        ["GET", to],
      ];
    case 1:
      return [["PFCOUNT", to, key(), key()]];
    case 2:
      return [
        ["PFMERGE", to, key(), key()],
        ["GET", to],
      ];
    case 3:
      return random.chance(0.2)
        ? [
            ["PFDEBUG", "TODENSE", to],
            ["GET", to],
          ]
        : [["PFMERGE", to]];
    default:
      return [
        ["PFADD", to, ...elements],
        ["GET", to],
      ];
  }
}

test.skipIf(redisBinary() === null)("what is corrupt is refused where the real Redis does", () =>
  withSeed(async (random, note) => {
    const pair = await Pair.start();
    try {
      for (let round = 0; round < 300; round++) {
        const elements = Array.from({ length: random.below(40) }, () => `${random.below(1000)}`);
        const broken: Word[][] = [
          ["DEL", "h"],
          ["PFADD", "h", ...elements],
        ];
        for (let i = random.between(1, 3); i > 0; i--) {
          const at = random.chance(0.2) ? random.below(20) : random.between(16, 120);
          broken.push(["SETRANGE", "h", at, Buffer.of(random.below(256))]);
        }
        await pair.same(
          [...broken, ["PFCOUNT", "h"], ["PFCOUNT", "h", "h"], ["PFMERGE", "m", "h"]],
          note,
        );
      }
    } finally {
      await pair.stop();
    }
  }),
);
