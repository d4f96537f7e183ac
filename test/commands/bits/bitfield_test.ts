// Purpose: BITFIELD and BITFIELD_RO (src/commands/bits/bitmap_field.ts), as sessions under RESP2
// and RESP3 that hold for the real Redis as well (RUSK_BINARY=redis-server shows it), and by chance
// against it.

import { afterAll, beforeAll, beforeEach, describe, test } from "bun:test";
import type { Client } from "../../client/client.ts";
import { Pair, withSeed } from "../../client/pair.ts";
import type { Word } from "../../client/resp.ts";
import { redisBinary, type Server, startServer } from "../../client/server.ts";
import type { Random } from "../../fuzz/random.ts";

const PROTOCOLS = [2, 3] as const;

const BAD_TYPE =
  "(error) ERR Invalid bitfield type. Use something like i16 u8. " +
  "Note that u64 is not supported but i64 is.";

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

describe.each(PROTOCOLS)("RESP%d", (protocol) => {
  const session = (text: string) => server.session(text, { protocol });

  test("BITFIELD takes an empty offset for what it is, also of a queued command", () =>
    session(`
      > MULTI
      OK
      > BITFIELD k GET i64 "" #100
      QUEUED
      > BITFIELD k GET i64 "" #
      QUEUED
      > EXEC
      1) (error) ERR bit offset is not an integer or out of range
      2) (error) ERR bit offset is not an integer or out of range
    `));

  test("BITFIELD reads and writes fields wherever they lie", () =>
    session(`
      > BITFIELD k
      (empty array)
      > EXISTS k
      (integer) 0
      > BITFIELD k SET u8 0 255 GET u8 0 GET i8 0
      1) (integer) 0
      2) (integer) 255
      3) (integer) -1
      > GET k
      "\\xff"
      > BITFIELD k GET u4 0 GET u4 4 GET u1 8 GET i16 4 GET u63 7
      1) (integer) 15
      2) (integer) 15
      3) (integer) 0
      4) (integer) -4096
      5) (integer) 4611686018427387904
      > BITFIELD k INCRBY u8 0 10 INCRBY u8 0 -10
      1) (integer) 9
      2) (integer) 255
      > BITFIELD k SET u8 #1 65 SET u8 #2 66 GET u16 #1
      1) (integer) 0
      2) (integer) 0
      3) (integer) 16896
      > GET k
      "\\xffAB"
      > BITFIELD k set i5 3 -7 get i5 3 get u5 3
      1) (integer) -1
      2) (integer) -7
      3) (integer) 25
      > BITFIELD k get u8 1000
      1) (integer) 0
      > STRLEN k
      (integer) 3
      > BITFIELD k set u8 100 0
      1) (integer) 0
      > STRLEN k
      (integer) 14
      > SET n 65
      OK
      > BITFIELD n GET u8 0
      1) (integer) 54
      > OBJECT ENCODING n
      "int"
      > BITFIELD n SET u8 0 54
      1) (integer) 54
      > OBJECT ENCODING n
      "raw"
      > GET n
      "65"
      > BITFIELD_RO n GET u8 0 GET u8 #1 GET i3 5
      1) (integer) 54
      2) (integer) 53
      3) (integer) -2
      > BITFIELD_RO nokey GET u8 0 GET i64 3
      1) (integer) 0
      2) (integer) 0
      > BITFIELD_RO n
      (empty array)
      > BITFIELD_RO nokey OVERFLOW SAT
      (empty array)
      > BITFIELD_RO n OVERFLOW FAIL GET u8 0
      1) (integer) 54
    `));

  test("BITFIELD OVERFLOW", () =>
    session(`
      > BITFIELD k SET u8 0 250
      1) (integer) 0
      > BITFIELD k INCRBY u8 0 10
      1) (integer) 4
      > BITFIELD k OVERFLOW SAT INCRBY u8 0 300 INCRBY u8 0 -600
      1) (integer) 255
      2) (integer) 0
      > BITFIELD k OVERFLOW FAIL INCRBY u8 0 -1 INCRBY u8 0 255 INCRBY u8 0 1
      1) (nil)
      2) (integer) 255
      3) (nil)
      > BITFIELD k OVERFLOW FAIL INCRBY u8 0 1 OVERFLOW WRAP INCRBY u8 0 1
      1) (nil)
      2) (integer) 0
      > BITFIELD k OVERFLOW SAT SET u8 0 256 GET u8 0 SET u8 0 -1 GET u8 0
      1) (integer) 0
      2) (integer) 255
      3) (integer) 255
      4) (integer) 255
      > BITFIELD k OVERFLOW FAIL SET u8 0 256 SET u8 0 -1 SET u8 0 255
      1) (nil)
      2) (nil)
      3) (integer) 255
      > BITFIELD k SET u8 0 -1 GET u8 0 SET u8 0 257 GET u8 0
      1) (integer) 255
      2) (integer) 255
      3) (integer) 255
      4) (integer) 1
      > BITFIELD k SET i8 8 127 INCRBY i8 8 1 INCRBY i8 8 -1
      1) (integer) 0
      2) (integer) -128
      3) (integer) 127
      > BITFIELD k OVERFLOW SAT INCRBY i8 8 100 INCRBY i8 8 -300
      1) (integer) 127
      2) (integer) -128
      > BITFIELD k OVERFLOW FAIL INCRBY i8 8 -1 SET i8 8 128 SET i8 8 -129 SET i8 8 -128
      1) (nil)
      2) (nil)
      3) (nil)
      4) (integer) -128
      > BITFIELD k OVERFLOW SAT SET i8 8 128 GET i8 8 SET i8 8 -129 GET i8 8
      1) (integer) -128
      2) (integer) 127
      3) (integer) 127
      4) (integer) -128
      > BITFIELD k SET i1 16 0 INCRBY i1 16 1 INCRBY i1 16 -1 GET u1 16
      1) (integer) 0
      2) (integer) -1
      3) (integer) 0
      4) (integer) 0
      > BITFIELD fail OVERFLOW FAIL INCRBY u8 0 -1
      1) (nil)
      > GET fail
      "\\x00"
      > BITFIELD fail OVERFLOW FAIL SET u8 100 300 GET u8 0
      1) (nil)
      2) (integer) 0
      > STRLEN fail
      (integer) 14
    `));

  test("BITFIELD with values beyond 2^53", () =>
    session(`
      > BITFIELD k SET i64 0 9223372036854775807 GET i64 0 INCRBY i64 0 1
      1) (integer) 0
      2) (integer) 9223372036854775807
      3) (integer) -9223372036854775808
      > BITFIELD k OVERFLOW SAT INCRBY i64 0 -1 INCRBY i64 0 9223372036854775807
      1) (integer) -9223372036854775808
      2) (integer) -1
      > BITFIELD k OVERFLOW SAT INCRBY i64 0 9223372036854775807
      1) (integer) 9223372036854775806
      > BITFIELD k OVERFLOW FAIL INCRBY i64 0 1 INCRBY i64 0 -9223372036854775808
      1) (integer) 9223372036854775807
      2) (integer) -1
      > BITFIELD k OVERFLOW FAIL INCRBY i64 0 -9223372036854775808
      1) (nil)
      > BITFIELD k GET i64 0 GET u63 0 GET u63 1
      1) (integer) -1
      2) (integer) 9223372036854775807
      3) (integer) 9223372036854775807
      > BITFIELD k SET u63 0 -1 GET u63 0 INCRBY u63 0 1
      1) (integer) 9223372036854775807
      2) (integer) 9223372036854775807
      3) (integer) 0
      > BITFIELD k OVERFLOW SAT SET u63 0 -1 INCRBY u63 0 9223372036854775807
      1) (integer) 0
      2) (integer) 9223372036854775807
      > BITFIELD k OVERFLOW SAT INCRBY u63 0 -9223372036854775808
      1) (integer) 0
      > BITFIELD k OVERFLOW FAIL SET u63 0 -1 INCRBY u63 0 -1 INCRBY u63 0 9223372036854775807
      1) (nil)
      2) (nil)
      3) (integer) 9223372036854775807
      > BITFIELD k SET i54 3 9007199254740993 GET i54 3
      1) (integer) -1
      2) (integer) -9007199254740991
      > BITFIELD k INCRBY i54 3 9007199254740992 INCRBY i54 3 -1
      1) (integer) 1
      2) (integer) 0
      > BITFIELD k SET u53 5 9007199254740991 INCRBY u53 5 1 INCRBY u53 5 -1 GET u53 5
      1) (integer) 1
      2) (integer) 0
      3) (integer) 9007199254740991
      4) (integer) 9007199254740991
      > BITFIELD k SET i53 5 4503599627370495 INCRBY i53 5 1 GET u53 5 INCRBY i53 5 9007199254740991
      1) (integer) -1
      2) (integer) -4503599627370496
      3) (integer) 4503599627370496
      4) (integer) 4503599627370495
      > BITFIELD k SET u40 7 1099511627775 INCRBY u40 7 2 SET u40 7 4398046511103 GET u40 7
      1) (integer) 1099511627775
      2) (integer) 1
      3) (integer) 1
      4) (integer) 1099511627775
      > BITFIELD k OVERFLOW SAT SET i8 0 -9223372036854775808 GET i8 0
      1) (integer) -29
      2) (integer) 127
      > BITFIELD k OVERFLOW SAT SET i8 0 -9223372036854775681 GET i8 0
      1) (integer) 127
      2) (integer) 127
      > BITFIELD k OVERFLOW SAT SET i8 0 -9223372036854775680 GET i8 0
      1) (integer) 127
      2) (integer) -128
      > BITFIELD k OVERFLOW SAT SET i64 0 -9223372036854775808 GET i64 0
      1) (integer) -9151314442816847873
      2) (integer) -9223372036854775808
      > BITFIELD k SET u32 9 4294967295 GET i32 9 INCRBY u32 9 1
      1) (integer) 0
      2) (integer) -1
      3) (integer) 0
      > BITFIELD k SET i33 9 -4294967296 INCRBY i33 9 -1 GET u33 9
      1) (integer) 0
      2) (integer) 4294967295
      3) (integer) 4294967295
      > BITFIELD k GET i64 #2305843009213693952
      1) (integer) -9205357638349488128
    `));

  test("BITFIELD and BITFIELD_RO refuse what they do not know", () =>
    session(`
      > BITFIELD k FOO
      (error) ERR syntax error
      > BITFIELD k GET
      (error) ERR syntax error
      > BITFIELD k GET u8
      (error) ERR syntax error
      > BITFIELD k SET u8 0
      (error) ERR syntax error
      > BITFIELD k INCRBY u8 0
      (error) ERR syntax error
      > BITFIELD k OVERFLOW
      (error) ERR syntax error
      > BITFIELD k OVERFLOW nonsense
      (error) ERR Invalid OVERFLOW type specified
      > BITFIELD k OVERFLOW sat GET x 0
      ${BAD_TYPE}
      > BITFIELD k GET u64 0
      ${BAD_TYPE}
      > BITFIELD k GET i65 0
      ${BAD_TYPE}
      > BITFIELD k GET u0 0
      ${BAD_TYPE}
      > BITFIELD k GET i-1 0
      ${BAD_TYPE}
      > BITFIELD k GET u08 0
      ${BAD_TYPE}
      > BITFIELD k GET "u8\\x00x" 0
      1) (integer) 0
      > BITFIELD k GET U8 0
      ${BAD_TYPE}
      > BITFIELD k GET 8 0
      ${BAD_TYPE}
      > BITFIELD k GET "" 0
      ${BAD_TYPE}
      > BITFIELD k GET i 0
      ${BAD_TYPE}
      > BITFIELD k GET u8 -1
      (error) ERR bit offset is not an integer or out of range
      > BITFIELD k GET u8 x
      (error) ERR bit offset is not an integer or out of range
      > BITFIELD k GET u8 #
      (error) ERR bit offset is not an integer or out of range
      > BITFIELD k GET u8 #-1
      (error) ERR bit offset is not an integer or out of range
      > BITFIELD k GET u8 4294967296
      (error) ERR bit offset is not an integer or out of range
      > BITFIELD k GET u8 4294967295
      1) (integer) 0
      > BITFIELD k GET u8 #536870911
      1) (integer) 0
      > BITFIELD k GET u8 #536870912
      (error) ERR bit offset is not an integer or out of range
      > BITFIELD k GET u8 99999999999999999999
      (error) ERR bit offset is not an integer or out of range
      > BITFIELD k SET u8 x x
      (error) ERR bit offset is not an integer or out of range
      > BITFIELD k SET u8 0 x
      (error) ERR value is not an integer or out of range
      > BITFIELD k SET u8 0 9223372036854775808
      (error) ERR value is not an integer or out of range
      > BITFIELD k SET u8 0 1 GET u8 x
      (error) ERR bit offset is not an integer or out of range
      > EXISTS k
      (integer) 0
      > BITFIELD_RO k SET u8 0 1
      (error) ERR BITFIELD_RO only supports the GET subcommand
      > BITFIELD_RO k GET u8 0 INCRBY u8 0 1
      (error) ERR BITFIELD_RO only supports the GET subcommand
      > BITFIELD_RO k SET u8 0 x
      (error) ERR value is not an integer or out of range
      > BITFIELD_RO k NONSENSE
      (error) ERR syntax error
      > GEOADD l 0 0 a
      (integer) 1
      > BITFIELD l
      (error) WRONGTYPE Operation against a key holding the wrong kind of value
      > BITFIELD l GET u8 0
      (error) WRONGTYPE Operation against a key holding the wrong kind of value
      > BITFIELD l SET u8 0 1
      (error) WRONGTYPE Operation against a key holding the wrong kind of value
      > BITFIELD l SET u8 0 x
      (error) ERR value is not an integer or out of range
      > BITFIELD_RO l GET u8 0
      (error) WRONGTYPE Operation against a key holding the wrong kind of value
      > BITFIELD_RO l SET u8 0 1
      (error) ERR BITFIELD_RO only supports the GET subcommand
      > BITFIELD
      (error) ERR wrong number of arguments for 'bitfield' command
      > BITFIELD_RO
      (error) ERR wrong number of arguments for 'bitfield_ro' command
    `));
});

test.skipIf(redisBinary() === null)("random steps give what the real Redis gives", () =>
  withSeed(async (random, note) => {
    const pair = await Pair.start();
    try {
      for (let round = 0; round < 60; round++) {
        const commands: Word[][] = [["DEL", "k"]];
        if (random.chance(0.2)) commands.push(["SET", "k", random.below(2 ** 31)]);
        for (let i = 0; i < 30; i++) commands.push(bitfield(random), ["GET", "k"]);
        commands.push(["OBJECT", "ENCODING", "k"]);
        await pair.same(commands, note);
      }
    } finally {
      await pair.stop();
    }
  }),
);

function bitfield(random: Random): Word[] {
  const words: Word[] = [];
  for (let n = random.between(1, 5); n > 0; n--) words.push(...step(random));
  const readsOnly = random.chance(0.2);
  return [readsOnly ? "BITFIELD_RO" : "BITFIELD", "k", ...words];
}

function step(random: Random): Word[] {
  const bits = random.pick([1, 8, 32, 33, 52, 53, 54, 63, 64, random.between(1, 64)]);
  const type = `${bits === 64 || random.chance(0.5) ? "i" : "u"}${bits}`;
  const offset = random.pick(["", "#"]) + random.below(random.pick([4, 40]));
  switch (random.below(6)) {
    case 0:
      return ["OVERFLOW", random.pick(["WRAP", "SAT", "FAIL"])];
    case 1:
      return ["GET", type, offset];
    case 2:
    case 3:
      return ["SET", type, offset, amount(random, bits)];
    default:
      return ["INCRBY", type, offset, amount(random, bits)];
  }
}

/** A value that is near a limit of a field of so many bits, or of 64. */
function amount(random: Random, bits: number): string {
  const power = 1n << BigInt(random.pick([bits, bits - 1, 53, 63, random.below(64)]));
  const limit = random.pick([power, -power, 0n]);
  const value = limit + BigInt(random.between(-3, 3));
  return BigInt.asIntN(64, value).toString();
}
