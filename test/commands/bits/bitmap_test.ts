// Purpose: the bitmap commands but BITFIELD (src/commands/bits/bitmap*.ts), as sessions under RESP2
// and RESP3, and by chance against the real Redis. All but BITOP of Redis 8.2 hold for it as well:
// RUSK_BINARY=redis-server shows it.

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

  test("SETBIT and GETBIT", () =>
    session(`
      > SETBIT k 7 1
      (integer) 0
      > GET k
      "\\x01"
      > SETBIT k 7 0
      (integer) 1
      > SETBIT k 7 0
      (integer) 0
      > GET k
      "\\x00"
      > SETBIT k 1 1
      (integer) 0
      > SETBIT k 33 1
      (integer) 0
      > GET k
      "@\\x00\\x00\\x00@"
      > STRLEN k
      (integer) 5
      > GETBIT k 1
      (integer) 1
      > GETBIT k 2
      (integer) 0
      > GETBIT k 33
      (integer) 1
      > GETBIT k 40
      (integer) 0
      > GETBIT k 4294967295
      (integer) 0
      > GETBIT nokey 5
      (integer) 0
      > SET n 12
      OK
      > GETBIT n 2
      (integer) 1
      > GETBIT n 15
      (integer) 0
      > GETBIT n 16
      (integer) 0
      > OBJECT ENCODING n
      "int"
      > SETBIT n 2 1
      (integer) 1
      > OBJECT ENCODING n
      "raw"
      > GET n
      "12"
      > SET n -9223372036854775808
      OK
      > GETBIT n 2
      (integer) 1
      > SETBIT n 160 1
      (integer) 0
      > GET n
      "-9223372036854775808\\x80"
      > SET s abc
      OK
      > SETBIT s 0 0
      (integer) 0
      > OBJECT ENCODING s
      "raw"
      > SETBIT k -1 1
      (error) ERR bit offset is not an integer or out of range
      > SETBIT k 4294967296 1
      (error) ERR bit offset is not an integer or out of range
      > SETBIT k x 2
      (error) ERR bit offset is not an integer or out of range
      > SETBIT k "" 1
      (error) ERR bit offset is not an integer or out of range
      > SETBIT k #1 1
      (error) ERR bit offset is not an integer or out of range
      > SETBIT k 1 2
      (error) ERR bit is not an integer or out of range
      > SETBIT k 1 -1
      (error) ERR bit is not an integer or out of range
      > SETBIT k 1 x
      (error) ERR bit is not an integer or out of range
      > SETBIT k 1 ""
      (error) ERR bit is not an integer or out of range
      > GETBIT k -1
      (error) ERR bit offset is not an integer or out of range
      > GETBIT k 4294967296
      (error) ERR bit offset is not an integer or out of range
      > GETBIT k x
      (error) ERR bit offset is not an integer or out of range
      > GETBIT k 99999999999999999999
      (error) ERR bit offset is not an integer or out of range
      > GEOADD l 0 0 a
      (integer) 1
      > SETBIT l 1 1
      (error) WRONGTYPE Operation against a key holding the wrong kind of value
      > SETBIT l 1 2
      (error) ERR bit is not an integer or out of range
      > GETBIT l 1
      (error) WRONGTYPE Operation against a key holding the wrong kind of value
      > GETBIT l -1
      (error) ERR bit offset is not an integer or out of range
      > SETBIT k 1
      (error) ERR wrong number of arguments for 'setbit' command
      > GETBIT k
      (error) ERR wrong number of arguments for 'getbit' command
    `));

  test("BITCOUNT", () =>
    session(`
      > BITCOUNT nokey
      (integer) 0
      > BITCOUNT nokey 0 -1 BIT
      (integer) 0
      > BITCOUNT nokey x y z w
      (integer) 0
      > SET s foobar
      OK
      > BITCOUNT s
      (integer) 26
      > BITCOUNT s 0 0
      (integer) 4
      > BITCOUNT s 1 1
      (integer) 6
      > BITCOUNT s 1 1 byte
      (integer) 6
      > BITCOUNT s 5 30 BIT
      (integer) 17
      > BITCOUNT s 0 -1
      (integer) 26
      > BITCOUNT s -2 -1
      (integer) 7
      > BITCOUNT s -100 100
      (integer) 26
      > BITCOUNT s 3 2
      (integer) 0
      > BITCOUNT s 6 10
      (integer) 0
      > BITCOUNT s -1 -2
      (integer) 0
      > BITCOUNT s -1 -2 nonsense
      (integer) 0
      > BITCOUNT s -100 -99
      (integer) 4
      > BITCOUNT s -9223372036854775808 9223372036854775807
      (integer) 26
      > BITCOUNT s -9223372036854775807 -9223372036854775808
      (integer) 0
      > BITCOUNT s -9223372036854775808 -9223372036854775807
      (integer) 4
      > BITCOUNT s -9223372036854775808 9223372036854775807 BIT
      (integer) 26
      > BITCOUNT s 1 1 BIT
      (integer) 1
      > BITCOUNT s 1 2 Bit
      (integer) 2
      > BITCOUNT s -3 -1 bit
      (integer) 1
      > BITCOUNT s -47 -40 bit
      (integer) 4
      > BITCOUNT s 47 48 bit
      (integer) 0
      > BITCOUNT s 48 49 bit
      (integer) 0
      > SET n 1234567
      OK
      > BITCOUNT n
      (integer) 26
      > BITCOUNT n 3 20 BIT
      (integer) 7
      > SET e ""
      OK
      > BITCOUNT e
      (integer) 0
      > BITCOUNT e 0 -1
      (integer) 0
      > BITCOUNT s 1
      (error) ERR syntax error
      > BITCOUNT s 1 2 BITS
      (error) ERR syntax error
      > BITCOUNT s 1 2 "BIT\\x00S"
      (integer) 2
      > BITCOUNT s 1 2 BIT 3
      (error) ERR syntax error
      > BITCOUNT s x 1
      (error) ERR value is not an integer or out of range
      > BITCOUNT s 1 x
      (error) ERR value is not an integer or out of range
      > BITCOUNT s x 1 BITS
      (error) ERR value is not an integer or out of range
      > BITCOUNT s 1 9223372036854775808
      (error) ERR value is not an integer or out of range
      > GEOADD l 0 0 a
      (integer) 1
      > BITCOUNT l
      (error) WRONGTYPE Operation against a key holding the wrong kind of value
      > BITCOUNT l x
      (error) WRONGTYPE Operation against a key holding the wrong kind of value
      > BITCOUNT
      (error) ERR wrong number of arguments for 'bitcount' command
    `));

  test("BITPOS", () =>
    session(`
      > BITPOS nokey 0
      (integer) 0
      > BITPOS nokey 1
      (integer) -1
      > BITPOS nokey 1 0 -1 BIT
      (integer) -1
      > BITPOS nokey 0 x y z w
      (integer) 0
      > SET s "\\xff\\xf0\\x00"
      OK
      > BITPOS s 0
      (integer) 12
      > BITPOS s 1
      (integer) 0
      > BITPOS s 0 1
      (integer) 12
      > BITPOS s 1 1
      (integer) 8
      > BITPOS s 1 2
      (integer) -1
      > BITPOS s 0 2
      (integer) 16
      > BITPOS s 0 0 0
      (integer) -1
      > BITPOS s 0 0 -1
      (integer) 12
      > BITPOS s 1 -1 -1
      (integer) -1
      > BITPOS s 0 -1 -1
      (integer) 16
      > BITPOS s 0 3
      (integer) -1
      > BITPOS s 0 -100 100
      (integer) 12
      > BITPOS s 0 2 1
      (integer) -1
      > BITPOS s 0 5 BIT
      (error) ERR value is not an integer or out of range
      > BITPOS s 0 5 -1 BIT
      (integer) 12
      > BITPOS s 0 5 11 BIT
      (integer) -1
      > BITPOS s 0 5 12 BIT
      (integer) 12
      > BITPOS s 1 5 12 BIT
      (integer) 5
      > BITPOS s 1 12 -1 bit
      (integer) -1
      > BITPOS s 0 -3 -1 bit
      (integer) 21
      > BITPOS s 0 23 23 byte
      (integer) -1
      > BITPOS s 0 24 24 bit
      (integer) -1
      > SET s "\\xff\\xff\\xff"
      OK
      > BITPOS s 0
      (integer) 24
      > BITPOS s 0 1
      (integer) 24
      > BITPOS s 0 1 -1
      (integer) -1
      > BITPOS s 0 1 10
      (integer) -1
      > BITPOS s 0 5 -1 bit
      (integer) -1
      > BITPOS s 0 3
      (integer) -1
      > SET s "\\x00\\x00\\x00"
      OK
      > BITPOS s 1
      (integer) -1
      > BITPOS s 1 0 -1
      (integer) -1
      > SET n 7
      OK
      > BITPOS n 1
      (integer) 2
      > BITPOS n 0 0 -1 BIT
      (integer) 0
      > SET e ""
      OK
      > BITPOS e 0
      (integer) -1
      > BITPOS e 1
      (integer) -1
      > BITPOS e 0 0
      (integer) -1
      > BITPOS e 0 0 -1 bit
      (integer) -1
      > BITPOS s 0 -9223372036854775808 9223372036854775807
      (integer) 0
      > BITPOS s 2
      (error) ERR The bit argument must be 1 or 0.
      > BITPOS s -1
      (error) ERR The bit argument must be 1 or 0.
      > BITPOS s x
      (error) ERR value is not an integer or out of range
      > BITPOS nokey 2
      (error) ERR The bit argument must be 1 or 0.
      > BITPOS s 1 x
      (error) ERR value is not an integer or out of range
      > BITPOS s 1 0 x
      (error) ERR value is not an integer or out of range
      > BITPOS s 1 0 1 nonsense
      (error) ERR syntax error
      > BITPOS s 1 0 x nonsense
      (error) ERR syntax error
      > BITPOS s 1 x 1 nonsense
      (error) ERR value is not an integer or out of range
      > BITPOS s 1 0 1 bit x
      (error) ERR syntax error
      > GEOADD l 0 0 a
      (integer) 1
      > BITPOS l 1
      (error) WRONGTYPE Operation against a key holding the wrong kind of value
      > BITPOS l 2
      (error) ERR The bit argument must be 1 or 0.
      > BITPOS s
      (error) ERR wrong number of arguments for 'bitpos' command
    `));

  test("BITOP", () =>
    session(`
      > SET a "\\x01\\x02\\xff\\x0f"
      OK
      > SET b "\\x03\\x02"
      OK
      > BITOP AND d a b
      (integer) 4
      > GET d
      "\\x01\\x02\\x00\\x00"
      > BITOP or d a b
      (integer) 4
      > GET d
      "\\x03\\x02\\xff\\x0f"
      > BITOP Xor d a b
      (integer) 4
      > GET d
      "\\x02\\x00\\xff\\x0f"
      > BITOP not d a
      (integer) 4
      > GET d
      "\\xfe\\xfd\\x00\\xf0"
      > BITOP NOT d d
      (integer) 4
      > GET d
      "\\x01\\x02\\xff\\x0f"
      > BITOP AND d a nokey
      (integer) 4
      > GET d
      "\\x00\\x00\\x00\\x00"
      > BITOP OR d nokey a nokey
      (integer) 4
      > GET d
      "\\x01\\x02\\xff\\x0f"
      > BITOP AND d a
      (integer) 4
      > GET d
      "\\x01\\x02\\xff\\x0f"
      > BITOP XOR d a a
      (integer) 4
      > GET d
      "\\x00\\x00\\x00\\x00"
      > OBJECT ENCODING d
      "raw"
      > SET n 1
      OK
      > SET m 2
      OK
      > BITOP XOR d n m n
      (integer) 1
      > GET d
      "2"
      > OBJECT ENCODING d
      "raw"
      > TYPE d
      string
      > SET d 1 EX 100
      OK
      > BITOP OR d a
      (integer) 4
      > TTL d
      (integer) -1
      > BITOP OR a a b
      (integer) 4
      > GET a
      "\\x03\\x02\\xff\\x0f"
      > BITOP OR d nokey
      (integer) 0
      > EXISTS d
      (integer) 0
      > BITOP OR d nokey
      (integer) 0
      > SET e ""
      OK
      > SET d x
      OK
      > BITOP NOT d e
      (integer) 0
      > EXISTS d
      (integer) 0
      > GEOADD l 0 0 a
      (integer) 1
      > BITOP OR l a b
      (integer) 4
      > TYPE l
      string
      > GEOADD m2 0 0 a
      (integer) 1
      > BITOP OR d a m2
      (error) WRONGTYPE Operation against a key holding the wrong kind of value
      > BITOP OR d m2 a
      (error) WRONGTYPE Operation against a key holding the wrong kind of value
      > BITOP NOT d m2
      (error) WRONGTYPE Operation against a key holding the wrong kind of value
      > EXISTS d
      (integer) 0
      > BITOP NOT d a b
      (error) ERR BITOP NOT must be called with a single source key.
      > BITOP NOT d m2 m2
      (error) ERR BITOP NOT must be called with a single source key.
      > BITOP NAND d a b
      (error) ERR syntax error
      > BITOP "AND\\x00x" d a
      (integer) 4
      > BITOP OR d
      (error) ERR wrong number of arguments for 'bitop' command
    `));
});

test("BITOP DIFF, DIFF1, ANDOR and ONE (Redis 8.2)", () =>
  server.session(`
      > SET x "\\xf0\\xff\\x01"
      OK
      > SET y "\\x30\\x0f"
      OK
      > SET z "\\x51\\x3c\\x00\\x80"
      OK
      > BITOP DIFF d x y z
      (integer) 4
      > GET d
      "\\x80\\xc0\\x01\\x00"
      > BITOP diff1 d x y z
      (integer) 4
      > GET d
      "\\x01\\x00\\x00\\x80"
      > BITOP ANDOR d x y z
      (integer) 4
      > GET d
      "p?\\x00\\x00"
      > BITOP one d x y z
      (integer) 4
      > GET d
      "\\x81\\xc0\\x01\\x80"
      > BITOP ONE d x
      (integer) 3
      > GET d
      "\\xf0\\xff\\x01"
      > BITOP DIFF d nokey y
      (integer) 2
      > GET d
      "\\x00\\x00"
      > BITOP DIFF1 d nokey y
      (integer) 2
      > GET d
      "0\\x0f"
      > BITOP DIFF d x
      (error) ERR BITOP DIFF must be called with at least two source keys.
      > BITOP diff1 d x
      (error) ERR BITOP DIFF1 must be called with at least two source keys.
      > BITOP andor d x
      (error) ERR BITOP ANDOR must be called with at least two source keys.
    `));

/** The operations byte by byte, on sources padded with zeros. */
const OPERATIONS: Record<string, (bytes: number[]) => number> = {
  AND: (bytes) => bytes.reduce((a, b) => a & b),
  OR: (bytes) => bytes.reduce((a, b) => a | b),
  XOR: (bytes) => bytes.reduce((a, b) => a ^ b),
  NOT: ([x]) => ~x,
  DIFF: ([x, ...rest]) => x & ~rest.reduce((a, b) => a | b),
  DIFF1: ([x, ...rest]) => ~x & rest.reduce((a, b) => a | b),
  ANDOR: ([x, ...rest]) => x & rest.reduce((a, b) => a | b),
  ONE: (bytes) => {
    let once = 0;
    let more = 0;
    for (const byte of bytes) {
      more |= once & byte;
      once |= byte;
    }
    return once & ~more;
  },
};

test("BITOP of strings of all sizes, also onto one of them", () =>
  withSeed(async (random, note) => {
    const is7 = process.env.RUSK_BINARY === "redis-server";
    const names = Object.keys(OPERATIONS).slice(0, is7 ? 4 : undefined);
    for (let round = 0; round < 60; round++) {
      const sizeMax = random.pick([3, 40, 5000, 40_000]);
      const name = random.pick(names);
      const count = name === "NOT" ? 1 : random.between(2, 5);
      const sources = Array.from({ length: count }, () => {
        const bytes = Buffer.alloc(random.below(sizeMax));
        for (let i = 0; i < bytes.length; i++) bytes[i] = random.uint32();
        return bytes;
      });
      for (const [i, bytes] of sources.entries()) await client.command("SET", `s${i}`, bytes);
      const size = Math.max(...sources.map((bytes) => bytes.length));
      const wanted = Buffer.alloc(size);
      for (let at = 0; at < size; at++) {
        wanted[at] = OPERATIONS[name](sources.map((bytes) => bytes[at] ?? 0));
      }
      const to = random.pick(["d", "s0", "s1"]);
      const label = `${note}: ${name} ${to} ${sources.map((bytes) => bytes.length)}`;
      const keys = sources.map((_, i) => `s${i}`);
      expect([label, await ask("BITOP", name, to, ...keys)]).toEqual([label, size]);
      const reply = await client.command("GET", to);
      if (size === 0) expect(reply.type).toBe("nil");
      else
        expect(`${label} ${(reply as { value: Buffer }).value.equals(wanted)}`).toBe(
          `${label} true`,
        );
    }
  }));

test("SETBIT makes a string longer, through all of its forms, and keeps its expiry", async () => {
  const bits = new Set<number>();
  await ask("SETEX", "k", 100, "");
  for (let at = 10; at < 400_000; at = Math.ceil(at * 1.3)) {
    expect(await ask("SETBIT", "k", at, 1)).toBe(0);
    expect(await ask("SETBIT", "k", at, 1)).toBe(1);
    bits.add(at);
    expect(await ask("STRLEN", "k")).toBe(Math.floor(at / 8) + 1);
    expect(await ask("BITCOUNT", "k")).toBe(bits.size);
    expect(await ask("BITPOS", "k", 1)).toBe(10);
    expect(await ask("BITPOS", "k", 1, at - 1, -1, "BIT")).toBe(at);
  }
  for (const at of bits) expect(await ask("SETBIT", "k", at, 0)).toBe(1);
  expect(await ask("BITPOS", "k", 1)).toBe(-1);
  expect(await ask("TTL", "k")).toBe(100);
});

test("only what changes counts as a change", async () => {
  const changes = async (...words: Word[]) => {
    const before = await changeCount();
    await ask(...words);
    return (await changeCount()) - before;
  };
  const steps: [number, Word[]][] = [
    [1, ["SETBIT", "k", 9, 0]],
    [0, ["SETBIT", "k", 9, 0]],
    [1, ["SETBIT", "k", 9, 1]],
    [1, ["SETBIT", "k", 90, 0]],
    [0, ["BITFIELD", "f", "OVERFLOW", "FAIL", "INCRBY", "u8", 0, -1]],
    [0, ["BITFIELD", "f", "INCRBY", "u8", 0, 0, "SET", "u8", 0, 256]],
    [1, ["BITFIELD", "f", "SET", "u8", 0, 0, "SET", "u8", 0, 1, "SET", "u8", 0, 1, "GET", "u8", 0]],
    [3, ["BITFIELD", "f", "SET", "u8", 80, 0, "SET", "u8", 0, 1, "INCRBY", "u8", 0, 0]],
    [0, ["BITFIELD", "f", "OVERFLOW", "FAIL", "SET", "u8", 160, 300]],
    [2, ["BITFIELD", "new", "SET", "u8", 0, 0, "INCRBY", "u8", 0, 0]],
    [0, ["BITFIELD", "none", "GET", "u8", 0]],
    [1, ["BITOP", "NOT", "d", "k"]],
    [1, ["BITOP", "OR", "d", "nokey"]],
    [0, ["BITOP", "OR", "d", "nokey"]],
  ];
  for (const [count, words] of steps)
    expect([await changes(...words), words]).toEqual([count, words]);
});

async function changeCount(): Promise<number> {
  const info = String(await ask("INFO", "persistence"));
  return Number(/rdb_changes_since_last_save:(\d+)/.exec(info)?.[1]);
}

test.skipIf(redisBinary() === null)("random ranges give what the real Redis gives", () =>
  withSeed(async (random, note) => {
    const pair = await Pair.start();
    try {
      for (let round = 0; round < 40; round++) {
        const commands: Word[][] = [["SET", "k", runs(random)]];
        for (let i = 0; i < 60; i++) commands.push(question(random));
        await pair.same(commands, note);
      }
    } finally {
      await pair.stop();
    }
  }),
);

/** Bytes with long runs of zeros and ones; sometimes the digits of an integer. */
function runs(random: Random): Word {
  if (random.chance(0.1)) return random.below(2 ** 31);
  const parts: Buffer[] = [];
  for (let n = random.below(5); n >= 0; n--) {
    const size = random.below(random.pick([3, 40, 3000]));
    parts.push(Buffer.alloc(size, random.pick([0, 255, 0, 255, random.below(256)])));
  }
  return Buffer.concat(parts);
}

function question(random: Random): Word[] {
  const position = () => random.pick([random.between(-60, 60), random.between(-60_000, 60_000)]);
  const unit = () => random.pick([[], ["BYTE"], ["BIT"], ["BIT"]]);
  switch (random.below(5)) {
    case 0:
      return ["BITCOUNT", "k", position(), position(), ...unit()];
    case 1:
      return ["GETBIT", "k", random.below(60_000)];
    case 2:
      return ["BITPOS", "k", random.below(2), position()];
    case 3:
      return random.pick([
        ["BITCOUNT", "k"],
        ["BITPOS", "k", 0],
        ["BITPOS", "k", 1],
      ]);
    default:
      return ["BITPOS", "k", random.below(2), position(), position(), ...unit()];
  }
}
