// Purpose: the string commands (src/commands/strings/), as sessions under RESP2 and RESP3. All
// but the tests of Redis 8.4 hold for the real Redis as well: RUSK_BINARY=redis-server shows it.

import { afterAll, beforeAll, beforeEach, describe, expect, test } from "bun:test";
import type { Client } from "../../client/client.ts";
import { plain, type Word } from "../../client/resp.ts";
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

const ask = async (...words: Word[]) => plain(await client.command(...words));

describe.each(PROTOCOLS)("RESP%d", (protocol) => {
  const session = (text: string) => server.session(text, { protocol });

  test("GET, SET, STRLEN and GETSET keep any bytes", () =>
    session(`
      > GET nokey
      (nil)
      > SET k "a\\r\\n\\x00\\xff"
      OK
      > GET k
      "a\\r\\n\\x00\\xff"
      > STRLEN k
      (integer) 5
      > SET k ""
      OK
      > GET k
      ""
      > STRLEN k
      (integer) 0
      > SET "" empty
      OK
      > GET ""
      "empty"
      > STRLEN nokey
      (integer) 0
      > GETSET k new
      ""
      > GETSET k 5
      "new"
      > GETSET nokey 1
      (nil)
      > GET k
      "5"
      > GET
      (error) ERR wrong number of arguments for 'get' command
      > GET k k
      (error) ERR wrong number of arguments for 'get' command
      > SET k
      (error) ERR wrong number of arguments for 'set' command
      > STRLEN
      (error) ERR wrong number of arguments for 'strlen' command
      > GETSET k
      (error) ERR wrong number of arguments for 'getset' command
    `));

  test("values are named int, embstr and raw as Redis does", () =>
    session(`
      > SET k 9223372036854775807
      OK
      > OBJECT ENCODING k
      "int"
      > GET k
      "9223372036854775807"
      > STRLEN k
      (integer) 19
      > SET k -9223372036854775808
      OK
      > OBJECT ENCODING k
      "int"
      > GET k
      "-9223372036854775808"
      > SET k 9223372036854775808
      OK
      > OBJECT ENCODING k
      "embstr"
      > GET k
      "9223372036854775808"
      > SET k 9007199254740993
      OK
      > OBJECT ENCODING k
      "int"
      > GET k
      "9007199254740993"
      > SET k -0
      OK
      > OBJECT ENCODING k
      "embstr"
      > SET k 007
      OK
      > OBJECT ENCODING k
      "embstr"
      > SET k +7
      OK
      > OBJECT ENCODING k
      "embstr"
      > SET k 12345678901234567890
      OK
      > OBJECT ENCODING k
      "embstr"
      > SET k 1234567890123456a
      OK
      > OBJECT ENCODING k
      "embstr"
      > SET k 12345678901234567890123456789012345678901234
      OK
      > OBJECT ENCODING k
      "embstr"
      > SET k 123456789012345678901234567890123456789012345
      OK
      > OBJECT ENCODING k
      "raw"
      > INCRBYFLOAT f 3
      "3"
      > OBJECT ENCODING f
      "embstr"
      > APPEND a 12
      (integer) 2
      > OBJECT ENCODING a
      "int"
      > APPEND a 3
      (integer) 3
      > OBJECT ENCODING a
      "raw"
      > INCR a
      (integer) 124
      > OBJECT ENCODING a
      "int"
      > SETRANGE r 0 12
      (integer) 2
      > OBJECT ENCODING r
      "raw"
      > DECR r
      (integer) 11
      > OBJECT ENCODING r
      "int"
    `));

  test("SET NX, XX and GET", () =>
    session(`
      > SET k 1 XX
      (nil)
      > SET k 1 NX
      OK
      > SET k 2 nx
      (nil)
      > SET k 3 xx
      OK
      > GET k
      "3"
      > SET k 4 GET
      "3"
      > SET k 5 NX GET
      "4"
      > SET k 6 GET XX
      "4"
      > GET k
      "6"
      > SET new 1 XX GET
      (nil)
      > EXISTS new
      (integer) 0
      > SET new 1 NX GET
      (nil)
      > GET new
      "1"
      > SET k 1 NX NX
      (nil)
      > SET k 1 NX XX
      (error) ERR syntax error
      > SET k 1 XX NX
      (error) ERR syntax error
      > SET k 1 BOGUS
      (error) ERR syntax error
      > SET k 1 PERSIST
      (error) ERR syntax error
      > SET k 1 GE
      (error) ERR syntax error
      > GET k
      "6"
    `));

  test("SET with times", () =>
    session(`
      > SET k v EX 100
      OK
      > TTL k
      (integer) 100
      > SET k w
      OK
      > TTL k
      (integer) -1
      > SET k v PX 99900
      OK
      > TTL k
      (integer) 100
      > SET k 12 KEEPTTL
      OK
      > TTL k
      (integer) 100
      > SET k v EXAT 33177117420
      OK
      > EXPIRETIME k
      (integer) 33177117420
      > SET k v KEEPTTL GET
      "v"
      > PEXPIRETIME k
      (integer) 33177117420000
      > SET k v pxat 33177117420123
      OK
      > PEXPIRETIME k
      (integer) 33177117420123
      > SET nokey v KEEPTTL
      OK
      > TTL nokey
      (integer) -1
      > SET k v EX 10 EX 20
      OK
      > TTL k
      (integer) 20
      > SET k v NX EX 50
      (nil)
      > TTL k
      (integer) 20
      > SET k v EX 10 PX 10
      (error) ERR syntax error
      > SET k v EX 10 KEEPTTL
      (error) ERR syntax error
      > SET k v KEEPTTL EXAT 1
      (error) ERR syntax error
      > SET k v EX
      (error) ERR syntax error
      > SET k v EX 0
      (error) ERR invalid expire time in 'set' command
      > SET k v PX -1
      (error) ERR invalid expire time in 'set' command
      > SET k v EXAT 0
      (error) ERR invalid expire time in 'set' command
      > SET k v PXAT -9223372036854775808
      (error) ERR invalid expire time in 'set' command
      > SET k v EX 1.5
      (error) ERR value is not an integer or out of range
      > SET k v EX 9223372036854775808
      (error) ERR value is not an integer or out of range
      > SET k v EX 9223372036854775807
      (error) ERR invalid expire time in 'set' command
      > SET k v PX 9223372036854775807
      (error) ERR invalid expire time in 'set' command
      > SET k v NX EX 0
      (error) ERR invalid expire time in 'set' command
      > GET k
      "v"
      > SET k v EXAT 9007199254740
      OK
      > PEXPIRETIME k
      (integer) 9007199254740000
    `));

  test("times beyond 2^53 ms are exact", () =>
    session(`
      > SET k v EXAT 9223372036854775
      OK
      > PEXPIRETIME k
      (integer) 9223372036854775000
      > SET k w KEEPTTL
      OK
      > PEXPIRETIME k
      (integer) 9223372036854775000
      > SET k v PXAT 9223372036854775807
      OK
      > PEXPIRETIME k
      (integer) 9223372036854775807
      > GETEX k PXAT 9007199254740993
      "v"
      > PEXPIRETIME k
      (integer) 9007199254740993
      > SET k ${"x".repeat(5000)} PXAT 9223372036854775805
      OK
      > SET k ${"y".repeat(5000)} PXAT 9223372036854775806
      OK
      > PEXPIRETIME k
      (integer) 9223372036854775806
      > SET k v PXAT 9223372036854775807 GET
      "${"y".repeat(5000)}"
      > PEXPIRETIME k
      (integer) 9223372036854775807
      > SET k v PXAT 5000000000000
      OK
      > PEXPIRETIME k
      (integer) 5000000000000
    `));

  test("a zero byte ends an option's word", () =>
    session(`
      > SET k v "GET\\x00"
      (nil)
      > SET k w "nx\\x00"
      (nil)
      > SET k w "XX\\x00yz" "Get\\x00\\x00"
      "v"
      > SET k w "EXAT\\x00" 33177117420
      OK
      > SET k v "KEEPTTL\\x00"
      OK
      > PEXPIRETIME k
      (integer) 33177117420000
      > GETEX k "PERSIST\\x00"
      "v"
      > GETEX k "PXAT\\x00x" 33177117420123
      "v"
      > SET k w "PX\\x00" 0
      (error) ERR invalid expire time in 'set' command
      > SET k w "EX\\x00"
      (error) ERR syntax error
      > SET k w "\\x00"
      (error) ERR syntax error
      > SET k w ""
      (error) ERR syntax error
      > SET k w EXA 33177117420
      (error) ERR syntax error
    `));

  test("a key set to expire in the past is gone", () =>
    session(`
      > SET k 1
      OK
      > SET k 2 EXAT 1
      OK
      > GET k
      (nil)
      > SET k 2 PXAT 1 GET
      (nil)
      > EXISTS k
      (integer) 0
      > DBSIZE
      (integer) 0
    `));

  test("SETEX, PSETEX and SETNX", () =>
    session(`
      > SETEX k 100 v
      OK
      > TTL k
      (integer) 100
      > PSETEX k 50000 12
      OK
      > TTL k
      (integer) 50
      > GET k
      "12"
      > SETEX k 0 v
      (error) ERR invalid expire time in 'setex' command
      > PSETEX k -1 v
      (error) ERR invalid expire time in 'psetex' command
      > SETEX k abc v
      (error) ERR value is not an integer or out of range
      > SETEX k 9223372036854775807 v
      (error) ERR invalid expire time in 'setex' command
      > PSETEX k 9223372036854775807 v
      (error) ERR invalid expire time in 'psetex' command
      > SETEX k 1
      (error) ERR wrong number of arguments for 'setex' command
      > PSETEX k 1
      (error) ERR wrong number of arguments for 'psetex' command
      > SETNX k v
      (integer) 0
      > SETNX new v
      (integer) 1
      > GET new
      "v"
      > TTL k
      (integer) 50
      > SETNX new
      (error) ERR wrong number of arguments for 'setnx' command
    `));

  test("MSET, MSETNX and MGET", () =>
    session(`
      > MSET a 1 b two a 3
      OK
      > MGET a b nokey
      1) "3"
      2) "two"
      3) (nil)
      > MGET nokey
      1) (nil)
      > MSETNX c 1 b 2
      (integer) 0
      > EXISTS c
      (integer) 0
      > MSETNX c 1 d 2 c 3
      (integer) 1
      > MGET c d
      1) "3"
      2) "2"
      > SETEX a 100 v
      OK
      > MSET a 1
      OK
      > TTL a
      (integer) -1
      > MSET a
      (error) ERR wrong number of arguments for 'mset' command
      > MSET a 1 b
      (error) ERR wrong number of arguments for 'mset' command
      > MSETNX
      (error) ERR wrong number of arguments for 'msetnx' command
      > MSETNX a 1 b
      (error) ERR wrong number of arguments for 'msetnx' command
      > MGET
      (error) ERR wrong number of arguments for 'mget' command
    `));

  test("GETDEL", () =>
    session(`
      > SET k v
      OK
      > GETDEL k
      "v"
      > GETDEL k
      (nil)
      > EXISTS k
      (integer) 0
      > GETDEL
      (error) ERR wrong number of arguments for 'getdel' command
    `));

  test("GETEX", () =>
    session(`
      > GETEX nokey EX abc
      (nil)
      > SET k 12
      OK
      > GETEX k
      "12"
      > TTL k
      (integer) -1
      > GETEX k EX 100
      "12"
      > TTL k
      (integer) 100
      > GETEX k PX 50000
      "12"
      > TTL k
      (integer) 50
      > GETEX k
      "12"
      > TTL k
      (integer) 50
      > GETEX k PERSIST
      "12"
      > TTL k
      (integer) -1
      > GETEX k EXAT 33177117420
      "12"
      > PEXPIRETIME k
      (integer) 33177117420000
      > GETEX k PXAT 33177117420123
      "12"
      > PEXPIRETIME k
      (integer) 33177117420123
      > GETEX k EX 0
      (error) ERR invalid expire time in 'getex' command
      > GETEX k EX abc
      (error) ERR value is not an integer or out of range
      > GETEX k PX -5
      (error) ERR invalid expire time in 'getex' command
      > GETEX k EXAT 9223372036854775807
      (error) ERR invalid expire time in 'getex' command
      > GETEX k EX
      (error) ERR syntax error
      > GETEX k KEEPTTL
      (error) ERR syntax error
      > GETEX k NX
      (error) ERR syntax error
      > GETEX k EX 10 PERSIST
      (error) ERR syntax error
      > GETEX k PERSIST EX 10
      (error) ERR syntax error
      > GETEX k EX 10 PX 10
      (error) ERR syntax error
      > PEXPIRETIME k
      (integer) 33177117420123
      > GETEX k PXAT 1
      "12"
      > EXISTS k
      (integer) 0
      > GETEX
      (error) ERR wrong number of arguments for 'getex' command
    `));

  test("GETRANGE and SUBSTR", () =>
    session(`
      > SET k "Hello World"
      OK
      > GETRANGE k 0 3
      "Hell"
      > GETRANGE k 0 -1
      "Hello World"
      > GETRANGE k -4 -1
      "orld"
      > GETRANGE k 5 3
      ""
      > GETRANGE k 5 5000
      " World"
      > GETRANGE k -5000 10000
      "Hello World"
      > GETRANGE k 0 -100
      "H"
      > GETRANGE k 1 -100
      ""
      > GETRANGE k -100 -99
      "H"
      > GETRANGE k -100 -101
      ""
      > GETRANGE k 11 20
      ""
      > GETRANGE k -9223372036854775807 -9223372036854775808
      ""
      > GETRANGE k -9223372036854775808 -9223372036854775807
      "H"
      > GETRANGE k 9223372036854775806 9223372036854775807
      ""
      > GETRANGE k -9223372036854775808 9223372036854775807
      "Hello World"
      > SUBSTR k 6 -1
      "World"
      > SUBSTR k -1 -3
      ""
      > SET k -1234
      OK
      > GETRANGE k 0 2
      "-12"
      > GETRANGE k -2 -1
      "34"
      > SET k ""
      OK
      > GETRANGE k 0 0
      ""
      > GETRANGE nokey 0 -1
      ""
      > GETRANGE k a 1
      (error) ERR value is not an integer or out of range
      > GETRANGE nokey 1 9223372036854775808
      (error) ERR value is not an integer or out of range
      > GETRANGE k 1
      (error) ERR wrong number of arguments for 'getrange' command
      > SUBSTR nokey 1 b
      (error) ERR value is not an integer or out of range
    `));

  test("APPEND", () =>
    session(`
      > APPEND k ""
      (integer) 0
      > GET k
      ""
      > APPEND k abc
      (integer) 3
      > APPEND k "\\x00def"
      (integer) 7
      > GET k
      "abc\\x00def"
      > SET n 10
      OK
      > APPEND n 24
      (integer) 4
      > GET n
      "1024"
      > EXPIRE n 100
      (integer) 1
      > APPEND n aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa
      (integer) 76
      > TTL n
      (integer) 100
      > GET n
      "1024aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
      > APPEND k
      (error) ERR wrong number of arguments for 'append' command
    `));

  test("SETRANGE", () =>
    session(`
      > SETRANGE k 0 ""
      (integer) 0
      > EXISTS k
      (integer) 0
      > SETRANGE k 3 abc
      (integer) 6
      > GET k
      "\\x00\\x00\\x00abc"
      > SETRANGE k 1 xy
      (integer) 6
      > GET k
      "\\x00xyabc"
      > SETRANGE k 8 ""
      (integer) 6
      > SETRANGE k 8 z
      (integer) 9
      > GET k
      "\\x00xyabc\\x00\\x00z"
      > SET n -1234
      OK
      > SETRANGE n 1 9
      (integer) 5
      > GET n
      "-9234"
      > SETRANGE k -1 a
      (error) ERR offset is out of range
      > SETRANGE k abc a
      (error) ERR value is not an integer or out of range
      > SETRANGE k 9223372036854775807 a
      (error) ERR string exceeds maximum allowed size (proto-max-bulk-len)
      > SETRANGE k 9223372036854775808 a
      (error) ERR value is not an integer or out of range
      > SETRANGE k 536870912 a
      (error) ERR string exceeds maximum allowed size (proto-max-bulk-len)
      > SETRANGE nokey 536870912 ""
      (integer) 0
      > SETRANGE nokey 536870911 ab
      (error) ERR string exceeds maximum allowed size (proto-max-bulk-len)
      > SETRANGE k 1
      (error) ERR wrong number of arguments for 'setrange' command
    `));

  test("strings stay below proto-max-bulk-len", () =>
    session(`
      > CONFIG SET proto-max-bulk-len 1mb
      OK
      > SETRANGE k 1048575 a
      (integer) 1048576
      > APPEND k b
      (error) ERR string exceeds maximum allowed size (proto-max-bulk-len)
      > SETRANGE k 1048576 ""
      (integer) 1048576
      > SETRANGE k 1048576 b
      (error) ERR string exceeds maximum allowed size (proto-max-bulk-len)
      > STRLEN k
      (integer) 1048576
      > GETRANGE k -3 -1
      "\\x00\\x00a"
      > LCS k k LEN
      (error) ERR Insufficient memory, transient memory for LCS exceeds proto-max-bulk-len
      > CONFIG SET proto-max-bulk-len 512mb
      OK
    `));

  test("strings of 1 GiB are the longest: what would make them longer is refused", () =>
    session(`
      > CONFIG SET proto-max-bulk-len 1gb
      OK
      > SETRANGE k 1200000000 x
      (error) ERR string exceeds maximum allowed size (proto-max-bulk-len)
      > SETRANGE k 1073741824 x
      (error) ERR string exceeds maximum allowed size (proto-max-bulk-len)
      > SETBIT k 8589934592 1
      (error) ERR bit offset is not an integer or out of range
      > BITFIELD k SET u8 8589934592 1
      (error) ERR bit offset is not an integer or out of range
      > EXISTS k
      (integer) 0
      > SETRANGE k 1073741800 x
      (integer) 1073741801
      > APPEND k ${"y".repeat(23)}
      (integer) 1073741824
      > APPEND k y
      (error) ERR string exceeds maximum allowed size (proto-max-bulk-len)
      > SETBIT k 8589934591 0
      (integer) 1
      > BITFIELD k SET u8 8589934584 255
      1) (integer) 120
      > GETRANGE k -3 -1
      "yy\\xff"
      > DEL k
      (integer) 1
      > CONFIG SET proto-max-bulk-len 512mb
      OK
    `));

  test("INCR, DECR, INCRBY and DECRBY", () =>
    session(`
      > INCR k
      (integer) 1
      > INCRBY k 9007199254740991
      (integer) 9007199254740992
      > INCR k
      (integer) 9007199254740993
      > DECRBY k 9007199254740990
      (integer) 3
      > DECR k
      (integer) 2
      > INCRBY k 9223372036854775804
      (integer) 9223372036854775806
      > INCR k
      (integer) 9223372036854775807
      > INCRBY k -9223372036854775807
      (integer) 0
      > DECR k
      (integer) -1
      > DECRBY k 9223372036854775807
      (integer) -9223372036854775808
      > DECR k
      (error) ERR increment or decrement would overflow
      > DECRBY k -9223372036854775808
      (error) ERR decrement would overflow
      > GET k
      "-9223372036854775808"
      > DECR new
      (integer) -1
      > INCRBY new2 -9223372036854775808
      (integer) -9223372036854775808
      > DECRBY new3 -5
      (integer) 5
      > SET t abc
      OK
      > INCR t
      (error) ERR value is not an integer or out of range
      > SET t " 1"
      OK
      > INCR t
      (error) ERR value is not an integer or out of range
      > SET t 9223372036854775808
      OK
      > DECR t
      (error) ERR value is not an integer or out of range
      > SET t ""
      OK
      > INCR t
      (error) ERR value is not an integer or out of range
      > INCRBY t abc
      (error) ERR value is not an integer or out of range
      > INCRBY t 1.0
      (error) ERR value is not an integer or out of range
      > INCRBY nokey 9223372036854775808
      (error) ERR value is not an integer or out of range
      > DECRBY nokey x
      (error) ERR value is not an integer or out of range
      > SETEX e 100 5
      OK
      > INCR e
      (integer) 6
      > TTL e
      (integer) 100
      > INCR
      (error) ERR wrong number of arguments for 'incr' command
      > INCRBY k
      (error) ERR wrong number of arguments for 'incrby' command
      > DECRBY k
      (error) ERR wrong number of arguments for 'decrby' command
      > DECR
      (error) ERR wrong number of arguments for 'decr' command
    `));

  test("INCRBYFLOAT", () =>
    session(`
      > INCRBYFLOAT k 10.5
      "10.5"
      > INCRBYFLOAT k 0.1
      "10.6"
      > INCRBYFLOAT k -5.0e3
      "-4989.39999999999999991"
      > INCRBYFLOAT k 4989.4
      "0"
      > INCRBYFLOAT i 3
      "3"
      > INCR i
      (integer) 4
      > INCRBYFLOAT i 1e18
      "1000000000000000004"
      > INCRBYFLOAT h 0x1p-4
      "0.0625"
      > SET k 0.1
      OK
      > INCRBYFLOAT k 0.2
      "0.3"
      > SET k 1e3
      OK
      > INCRBYFLOAT k 1e-17
      "1000"
      > INCRBYFLOAT k 9223372036854775807
      "9223372036854776807"
      > SET k -0.5
      OK
      > INCRBYFLOAT k 0.5
      "0"
      > INCRBYFLOAT k -1e-30
      "0"
      > INCRBYFLOAT k inf
      (error) ERR increment would produce NaN or Infinity
      > INCRBYFLOAT k -infinity
      (error) ERR increment would produce NaN or Infinity
      > INCRBYFLOAT k nan
      (error) ERR value is not a valid float
      > INCRBYFLOAT k 1e5000
      (error) ERR value is not a valid float
      > INCRBYFLOAT k 1e-5000
      (error) ERR value is not a valid float
      > INCRBYFLOAT k " 1"
      (error) ERR value is not a valid float
      > INCRBYFLOAT k "1 "
      (error) ERR value is not a valid float
      > INCRBYFLOAT k ""
      (error) ERR value is not a valid float
      > INCRBYFLOAT k 1e
      (error) ERR value is not a valid float
      > SET k abc
      OK
      > INCRBYFLOAT k 1
      (error) ERR value is not a valid float
      > EXPIRE k 100
      (integer) 1
      > SET k 2 KEEPTTL
      OK
      > INCRBYFLOAT k 1
      "3"
      > TTL k
      (integer) 100
      > INCRBYFLOAT k
      (error) ERR wrong number of arguments for 'incrbyfloat' command
    `));

  test("LCS", () =>
    session(`
      > MSET a ohmytext b mynewtext n 1212
      OK
      > LCS a b
      "mytext"
      > LCS a b LEN
      (integer) 6
      > LCS a b WITHMATCHLEN
      "mytext"
      > LCS n n
      "1212"
      > LCS a nokey
      ""
      > LCS a nokey LEN
      (integer) 0
      > LCS a b LEN IDX
      (error) ERR If you want both the length and indexes, please just use IDX.
      > LCS a b MINMATCHLEN
      (error) ERR syntax error
      > LCS a b MINMATCHLEN x IDX
      (error) ERR value is not an integer or out of range
      > LCS a b BOGUS
      (error) ERR syntax error
      > LCS a
      (error) ERR wrong number of arguments for 'lcs' command
    `));

  test("SET IFEQ and IFNE (Redis 8.4)", () =>
    session(`
      > SET k 1 IFEQ 0
      (nil)
      > EXISTS k
      (integer) 0
      > SET k 1 IFNE 0
      OK
      > SET k 2 IFEQ 1
      OK
      > SET k 3 ifne 2
      (nil)
      > SET k 3 IFEQ 2 GET
      "2"
      > SET k 4 IFEQ 2 GET
      "3"
      > GET k
      "3"
      > SET k text IFNE text EX 100
      OK
      > TTL k
      (integer) 100
      > SET k w IFEQ texT
      (nil)
      > SET k w IFEQ text KEEPTTL
      OK
      > TTL k
      (integer) 100
      > SET nokey 1 IFEQ 1 GET
      (nil)
      > SET k 1 IFEQ
      (error) ERR syntax error
      > SET k 1 IFEQ w NX
      (error) ERR syntax error
      > SET k 1 XX IFNE w
      (error) ERR syntax error
      > SET k 1 IFEQ w IFNE w
      (error) ERR syntax error
    `));

  test("DIGEST, and SET and DELEX by it (Redis 8.4)", () =>
    session(`
      > DIGEST k
      (nil)
      > SET k "Hello world"
      OK
      > DIGEST k
      "b6acb9d84a38ff74"
      > SET i 12345
      OK
      > DIGEST i
      "f34099ede96b5581"
      > SET k one IFDEQ b6acb9d84a38ff75
      (nil)
      > SET k one IFDEQ B6ACB9D84A38FF74 GET
      "Hello world"
      > SET k two IFDEQ b6acb9d84a38ff74
      (nil)
      > SET k "Hello world" IFDNE b6acb9d84a38ff74 EX 100
      OK
      > SET k two ifdne b6acb9d84a38ff74
      (nil)
      > SET k two IFDNE b6acb9d84a38ff7
      (error) ERR must be exactly 16 hexadecimal characters
      > DELEX k IFDNE b6acb9d84a38ff74
      (integer) 0
      > DELEX k IFDEQ 0
      (error) ERR must be exactly 16 hexadecimal characters
      > TTL k
      (integer) 100
      > DELEX k IFDEQ b6acb9d84a38ff74
      (integer) 1
      > DELEX k IFDEQ b6acb9d84a38ff74
      (integer) 0
      > SET new 1 IFDEQ b6acb9d84a38ff74
      (nil)
      > SET new 1 IFDNE b6acb9d84a38ff74
      OK
      > SET new 1 IFDNE b6acb9d84a38ff74 IFDEQ b6acb9d84a38ff74
      (error) ERR syntax error
      > RPUSH list x
      (integer) 1
      > DIGEST list
      (error) WRONGTYPE Operation against a key holding the wrong kind of value
      > SET list x IFDEQ b6acb9d84a38ff74
      (error) WRONGTYPE Operation against a key holding the wrong kind of value
      > DELEX list IFDEQ b6acb9d84a38ff74
      (error) ERR Key should be of string type if conditions are specified
      > DIGEST
      (error) ERR wrong number of arguments for 'digest' command
    `));

  test("DIGEST of a value in any form is that of its bytes", async () => {
    const client = await server.connect();
    const check = async (value: string) => {
      const digest = (Bun.hash.xxHash3(value) as bigint).toString(16).padStart(16, "0");
      expect(plain(await client.command("DIGEST", "k"))).toBe(digest);
    };
    for (const value of ["", "-7", "9223372036854775807", "x".repeat(44), "y".repeat(100_000)]) {
      await client.command("SET", "k", value);
      await check(value);
    }
    await client.command("SET", "k", "grown");
    await client.command("APPEND", "k", " text");
    await check("grown text");
    client.close();
  });

  test("DELEX (Redis 8.4)", () =>
    session(`
      > MSET a 1 b two c 3
      OK
      > DELEX a
      (integer) 1
      > DELEX a
      (integer) 0
      > DELEX b IFEQ one
      (integer) 0
      > DELEX b IFNE two
      (integer) 0
      > DELEX b IFEQ two
      (integer) 1
      > DELEX b IFNE x
      (integer) 0
      > DELEX c ifne 4
      (integer) 1
      > DBSIZE
      (integer) 0
      > SET a 1
      OK
      > DELEX a IFXX 1
      (error) ERR Invalid condition. Use IFEQ, IFNE, IFDEQ, or IFDNE
      > DELEX a IFEQ
      (error) ERR wrong number of arguments for 'delex' command
      > DELEX a IFEQ 1 2
      (error) ERR wrong number of arguments for 'delex' command
    `));

  test("MSETEX (Redis 8.4)", () =>
    session(`
      > MSETEX 2 a 1 b 2 EX 100
      (integer) 1
      > MGET a b
      1) "1"
      2) "2"
      > TTL a
      (integer) 100
      > MSETEX 1 a 3 KEEPTTL
      (integer) 1
      > TTL a
      (integer) 100
      > MSETEX 1 a 4
      (integer) 1
      > TTL a
      (integer) -1
      > MSETEX 2 a 5 c 5 XX
      (integer) 0
      > MSETEX 2 c 5 a 5 NX
      (integer) 0
      > MSETEX 2 c 5 d 6 NX PXAT 33177117420123
      (integer) 1
      > PEXPIRETIME d
      (integer) 33177117420123
      > MSETEX 2 c 7 d 8 px 50000 xx
      (integer) 1
      > MGET a c d
      1) "4"
      2) "7"
      3) "8"
      > MSETEX 1 a 1 "PXAT\\x00" 9223372036854775807
      (integer) 1
      > PEXPIRETIME a
      (integer) 9223372036854775807
      > MSETEX 0 a 1
      (error) ERR invalid numkeys value
      > MSETEX x a 1
      (error) ERR invalid numkeys value
      > MSETEX 2147483648 a 1
      (error) ERR invalid numkeys value
      > MSETEX 2147483647 a 1
      (error) ERR wrong number of key-value pairs
      > MSETEX 2 a 1 b
      (error) ERR wrong number of key-value pairs
      > MSETEX 1 a 1 BOGUS
      (error) ERR syntax error
      > MSETEX 1 a 1 GET
      (error) ERR syntax error
      > MSETEX 1 a 1 NX XX
      (error) ERR syntax error
      > MSETEX 1 a 1 EX 1 KEEPTTL
      (error) ERR syntax error
      > MSETEX 1 a 1 EX 0
      (error) ERR invalid expire time in 'msetex' command
      > MSETEX 1 a
      (error) ERR wrong number of arguments for 'msetex' command
    `));
});

test("times that begin beyond 2^53 ms from now are exact", async () => {
  const far = "4611686018427387904";
  for (const words of [
    ["SET", "k", "v", "PX", far],
    ["PSETEX", "k", far, "v"],
    ["SETEX", "k", "4611686018427387", "v"],
    ["GETEX", "k", "PX", far],
  ]) {
    const beforeMs = BigInt(Date.now());
    await ask(...words);
    const reply = await client.command("PEXPIRETIME", "k");
    const timeMs = reply.type === "integer" ? BigInt(reply.value) : 0n;
    const spentMs = timeMs - beforeMs - (words[0] === "SETEX" ? 4611686018427387000n : BigInt(far));
    expect([words, spentMs >= -1n && spentMs < 1000n]).toEqual([words, true]);
  }
});

test("SET with GET reads the key, in whatever way the word ends", async () => {
  for (const word of ["GET", "get\0", "Get\0x"]) {
    expect(await ask("COMMAND", "GETKEYSANDFLAGS", "SET", "k", "v", word)).toEqual([
      ["k", ["RW", "access", "update"]],
    ]);
  }
});

test("LCS IDX in RESP2", () =>
  server.session(`
      > MSET a ohmytext b mynewtext
      OK
      > LCS a b IDX
      1) "matches"
      2) 1) 1) 1) (integer) 4
               2) (integer) 7
            2) 1) (integer) 5
               2) (integer) 8
         2) 1) 1) (integer) 2
               2) (integer) 3
            2) 1) (integer) 0
               2) (integer) 1
      3) "len"
      4) (integer) 6
      > LCS a b IDX MINMATCHLEN 4
      1) "matches"
      2) 1) 1) 1) (integer) 4
               2) (integer) 7
            2) 1) (integer) 5
               2) (integer) 8
      3) "len"
      4) (integer) 6
      > LCS a b IDX MINMATCHLEN 4 WITHMATCHLEN
      1) "matches"
      2) 1) 1) 1) (integer) 4
               2) (integer) 7
            2) 1) (integer) 5
               2) (integer) 8
            3) (integer) 4
      3) "len"
      4) (integer) 6
      > LCS a b idx withmatchlen minmatchlen -1
      1) "matches"
      2) 1) 1) 1) (integer) 4
               2) (integer) 7
            2) 1) (integer) 5
               2) (integer) 8
            3) (integer) 4
         2) 1) 1) (integer) 2
               2) (integer) 3
            2) 1) (integer) 0
               2) (integer) 1
            3) (integer) 2
      3) "len"
      4) (integer) 6
      > LCS nokey nokey IDX
      1) "matches"
      2) (empty array)
      3) "len"
      4) (integer) 0
    `));

test("LCS IDX in RESP3", () =>
  server.session(
    `
      > MSET a ohmytext b mynewtext
      OK
      > LCS a b IDX
      1# "matches" =>
         1) 1) 1) (integer) 4
               2) (integer) 7
            2) 1) (integer) 5
               2) (integer) 8
         2) 1) 1) (integer) 2
               2) (integer) 3
            2) 1) (integer) 0
               2) (integer) 1
      2# "len" => (integer) 6
      > LCS a b IDX MINMATCHLEN 4 WITHMATCHLEN
      1# "matches" => 1) 1) 1) (integer) 4
               2) (integer) 7
            2) 1) (integer) 5
               2) (integer) 8
            3) (integer) 4
      2# "len" => (integer) 6
      > LCS nokey nokey IDX
      1# "matches" => (empty array)
      2# "len" => (integer) 0
    `,
    { protocol: 3 },
  ));

test("values of every size are kept, overwritten, appended to and read in parts", async () => {
  for (const size of [4093, 4094, 4095, 9000, 5000, 600_000, 400_000, 100, 70_000]) {
    const value = Buffer.alloc(size, `${size}-`).toString();
    expect(await ask("SET", "k", value)).toBe("OK");
    expect(await ask("GET", "k")).toBe(value);
    expect(await ask("APPEND", "k", "tail")).toBe(size + 4);
    expect(await ask("STRLEN", "k")).toBe(size + 4);
    expect(await ask("GETRANGE", "k", 0, size)).toBe(`${value}t`);
    expect(await ask("GETRANGE", "k", -8, -1)).toBe(`${value.slice(-4)}tail`);
    expect(await ask("SET", "k", `${value}+`, "EX", 100, "GET")).toBe(`${value}tail`);
    expect(await ask("GET", "k")).toBe(`${value}+`);
  }
});

test("a string grows by APPEND through all of its forms", async () => {
  let value = "7";
  await ask("SETEX", "k", 1000, value);
  const expiresAt = await ask("PEXPIRETIME", "k");
  while (value.length < 30_000) {
    const added = "x".repeat(1 + Math.floor(value.length / 9));
    value += added;
    expect(await ask("APPEND", "k", added)).toBe(value.length);
    expect(await ask("GET", "k")).toBe(value);
  }
  expect(await ask("PEXPIRETIME", "k")).toBe(expiresAt);
});

test("bytes between the old end and a SETRANGE's offset are zero", async () => {
  for (const at of [30, 3000, 5000, 100_000]) {
    await client.command("FLUSHALL");
    const junk = Array.from({ length: 20 }, (_, i) => ["SET", `junk${i}`, "j".repeat(at + 8)]);
    await client.pipeline(junk);
    await client.command("DEL", ...junk.map(([, key]) => key));
    await ask("SET", "k", "ab");
    expect(await ask("SETRANGE", "k", at, "end")).toBe(at + 3);
    expect(await ask("GET", "k")).toBe(`ab${"\0".repeat(at - 2)}end`);
  }
});
