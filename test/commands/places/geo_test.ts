// Purpose: the geo commands that are no searches (src/commands/places/geo_commands.ts), as sessions
// under RESP2 and RESP3 that hold for the real Redis as well: RUSK_BINARY=redis-server shows it.

import { afterAll, beforeAll, beforeEach, expect, test } from "bun:test";
import { latin1 } from "../../../src/base/bytes.ts";
import { formatFixed } from "../../../src/base/fixed.ts";
import { writeDistance } from "../../../src/commands/places/geo_arguments.ts";
import type { Client } from "../../client/client.ts";
import { type Server, startServer } from "../../client/server.ts";

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

test("GEOADD in RESP2", () =>
  server.session(`
      > GEOADD g 13.361389 38.115556 Palermo 15.087269 37.502669 Catania
      (integer) 2
      > GEOADD g 13.361389 38.115556 Palermo
      (integer) 0
      > ZSCORE g Palermo
      "3479099956230698"
      > TYPE g
      zset
      > GEOADD g 13.5 38.1 Palermo
      (integer) 0
      > GEOADD g CH 13.6 38.1 Palermo 1 1 new
      (integer) 2
      > GEOADD g NX 1 2 Palermo 3 4 other
      (integer) 1
      > GEOADD g XX 1 2 Palermo 3 4 nobody
      (integer) 0
      > GEOADD g ch xx 1 3 Palermo 3 4 nobody
      (integer) 1
      > GEOADD g nx ch CH 1 3 Palermo 3 4 somebody
      (integer) 1
      > GEOADD g XX 1 2 x
      (integer) 0
      > GEOADD nokey XX 1 2 x
      (integer) 0
      > EXISTS nokey
      (integer) 0
      > GEOADD g NX XX 1 2 x
      (error) ERR syntax error
      > GEOADD g XX NX CH 1 2 x 3
      (error) ERR syntax error
      > GEOADD g CH CH NX
      (error) ERR syntax error
      > GEOADD g 1 2 x 3
      (error) ERR syntax error
      > GEOADD g 1 2 x 3 4
      (error) ERR syntax error
      > GEOADD g BAD 1 2 x
      (error) ERR syntax error
      > GEOADD g x 1 a
      (error) ERR value is not a valid float
      > GEOADD g 1 x a
      (error) ERR value is not a valid float
      > GEOADD g "" 1 a
      (error) ERR value is not a valid float
      > GEOADD g nan 1 a
      (error) ERR value is not a valid float
      > GEOADD g " 1" 1 a
      (error) ERR value is not a valid float
      > GEOADD g inf 2 a
      (error) ERR invalid longitude,latitude pair inf,2.000000
      > GEOADD g 1 -inf a
      (error) ERR invalid longitude,latitude pair 1.000000,-inf
      > GEOADD g 180.000001 2 a
      (error) ERR invalid longitude,latitude pair 180.000001,2.000000
      > GEOADD g 1 85.0512 a
      (error) ERR invalid longitude,latitude pair 1.000000,85.051200
      > GEOADD g 1 2 ok 181 2 a
      (error) ERR invalid longitude,latitude pair 181.000000,2.000000
      > GEOADD g 1e30 2 a
      (error) ERR invalid longitude,latitude pair 1000000000000000019884624838656.000000,2.000000
      > GEOADD g 181.0078125 -1e25 a
      (error) ERR invalid longitude,latitude pair 181.007812,-10000000000000000905969664.000000
      > GEOADD g -181.00781250001 0.00000049 a
      (error) ERR invalid longitude,latitude pair -181.007813,0.000000
      > GEOADD g 181.0234375 0 a
      (error) ERR invalid longitude,latitude pair 181.023438,0.000000
      > ZSCORE g ok
      (nil)
      > GEOADD e 180 85.05112878 ne -180 -85.05112878 sw 180 -85.05112878 se
      (integer) 3
      > GEOADD e -180 85.05112878 nw 0 0 zero
      (integer) 2
      > ZRANGE e 0 -1 WITHSCORES
       1) "sw"
       2) "0"
       3) "zero"
       4) "3377699720527872"
       5) "nw"
       6) "4503599627370496"
       7) "se"
       8) "9007199254740992"
       9) "ne"
      10) "13510798882111488"
      > GEOADD e 0x10 1e1 hex
      (integer) 1
      > ZSCORE e hex
      "3393034985994133"
      > SET s x
      OK
      > GEOADD s 1 2 a
      (error) WRONGTYPE Operation against a key holding the wrong kind of value
      > GEOADD s 181 2 a
      (error) ERR invalid longitude,latitude pair 181.000000,2.000000
      > GEOADD
      (error) ERR wrong number of arguments for 'geoadd' command
      > GEOADD g 1 2
      (error) ERR wrong number of arguments for 'geoadd' command
    `));

test("GEOADD in RESP3", () =>
  server.session(
    `
      > GEOADD g 13.361389 38.115556 Palermo 15.087269 37.502669 Catania
      (integer) 2
      > GEOADD g 13.361389 38.115556 Palermo
      (integer) 0
      > ZSCORE g Palermo
      (double) 3479099956230698
      > TYPE g
      zset
      > GEOADD g 13.5 38.1 Palermo
      (integer) 0
      > GEOADD g CH 13.6 38.1 Palermo 1 1 new
      (integer) 2
      > GEOADD g NX 1 2 Palermo 3 4 other
      (integer) 1
      > GEOADD g XX 1 2 Palermo 3 4 nobody
      (integer) 0
      > GEOADD g ch xx 1 3 Palermo 3 4 nobody
      (integer) 1
      > GEOADD g nx ch CH 1 3 Palermo 3 4 somebody
      (integer) 1
      > GEOADD g XX 1 2 x
      (integer) 0
      > GEOADD nokey XX 1 2 x
      (integer) 0
      > EXISTS nokey
      (integer) 0
      > GEOADD g NX XX 1 2 x
      (error) ERR syntax error
      > GEOADD g XX NX CH 1 2 x 3
      (error) ERR syntax error
      > GEOADD g CH CH NX
      (error) ERR syntax error
      > GEOADD g 1 2 x 3
      (error) ERR syntax error
      > GEOADD g 1 2 x 3 4
      (error) ERR syntax error
      > GEOADD g BAD 1 2 x
      (error) ERR syntax error
      > GEOADD g x 1 a
      (error) ERR value is not a valid float
      > GEOADD g 1 x a
      (error) ERR value is not a valid float
      > GEOADD g "" 1 a
      (error) ERR value is not a valid float
      > GEOADD g nan 1 a
      (error) ERR value is not a valid float
      > GEOADD g " 1" 1 a
      (error) ERR value is not a valid float
      > GEOADD g inf 2 a
      (error) ERR invalid longitude,latitude pair inf,2.000000
      > GEOADD g 1 -inf a
      (error) ERR invalid longitude,latitude pair 1.000000,-inf
      > GEOADD g 180.000001 2 a
      (error) ERR invalid longitude,latitude pair 180.000001,2.000000
      > GEOADD g 1 85.0512 a
      (error) ERR invalid longitude,latitude pair 1.000000,85.051200
      > GEOADD g 1 2 ok 181 2 a
      (error) ERR invalid longitude,latitude pair 181.000000,2.000000
      > GEOADD g 1e30 2 a
      (error) ERR invalid longitude,latitude pair 1000000000000000019884624838656.000000,2.000000
      > GEOADD g 181.0078125 -1e25 a
      (error) ERR invalid longitude,latitude pair 181.007812,-10000000000000000905969664.000000
      > GEOADD g -181.00781250001 0.00000049 a
      (error) ERR invalid longitude,latitude pair -181.007813,0.000000
      > GEOADD g 181.0234375 0 a
      (error) ERR invalid longitude,latitude pair 181.023438,0.000000
      > ZSCORE g ok
      (nil)
      > GEOADD e 180 85.05112878 ne -180 -85.05112878 sw 180 -85.05112878 se
      (integer) 3
      > GEOADD e -180 85.05112878 nw 0 0 zero
      (integer) 2
      > ZRANGE e 0 -1 WITHSCORES
      1) 1) "sw"
         2) (double) 0
      2) 1) "zero"
         2) (double) 3377699720527872
      3) 1) "nw"
         2) (double) 4503599627370496
      4) 1) "se"
         2) (double) 9007199254740992
      5) 1) "ne"
         2) (double) 13510798882111488
      > GEOADD e 0x10 1e1 hex
      (integer) 1
      > ZSCORE e hex
      (double) 3393034985994133
      > SET s x
      OK
      > GEOADD s 1 2 a
      (error) WRONGTYPE Operation against a key holding the wrong kind of value
      > GEOADD s 181 2 a
      (error) ERR invalid longitude,latitude pair 181.000000,2.000000
      > GEOADD
      (error) ERR wrong number of arguments for 'geoadd' command
      > GEOADD g 1 2
      (error) ERR wrong number of arguments for 'geoadd' command
    `,
    { protocol: 3 },
  ));

test("GEOPOS, GEOHASH and GEODIST in RESP2", () =>
  server.session(`
      > GEOADD g 13.361389 38.115556 Palermo 15.087269 37.502669 Catania -5.6 42.6 test
      (integer) 3
      > GEOPOS g Palermo nobody Catania
      1) 1) "13.36138933897018433"
         2) "38.11555639549629859"
      2) (nil)
      3) 1) "15.08726745843887329"
         2) "37.50266842333162032"
      > GEOPOS g
      (empty array)
      > GEOPOS nokey
      (empty array)
      > GEOPOS nokey a b
      1) (nil)
      2) (nil)
      > GEOHASH g Palermo nobody Catania test
      1) "sqc8b49rny0"
      2) (nil)
      3) "sqdtr74hyu0"
      4) "ezs42e44yx0"
      > GEOHASH g
      (empty array)
      > GEOHASH nokey a
      1) (nil)
      > GEODIST g Palermo Catania
      "166274.1516"
      > GEODIST g Palermo Catania m
      "166274.1516"
      > GEODIST g Palermo Catania km
      "166.2742"
      > GEODIST g Palermo Catania MI
      "103.3182"
      > GEODIST g Palermo Catania Ft
      "545518.8700"
      > GEODIST g Catania Palermo ft
      "545518.8700"
      > GEODIST g Palermo Palermo
      "0.0000"
      > GEODIST g Palermo nobody
      (nil)
      > GEODIST g nobody Palermo
      (nil)
      > GEODIST nokey a b
      (nil)
      > GEODIST g Palermo Catania yards
      (error) ERR unsupported unit provided. please use M, KM, FT, MI
      > GEODIST nokey a b yards
      (error) ERR unsupported unit provided. please use M, KM, FT, MI
      > GEODIST g Palermo Catania m m
      (error) ERR syntax error
      > GEODIST g Palermo
      (error) ERR wrong number of arguments for 'geodist' command
      > ZADD z 5 a -1 b 1e300 c inf d 4503599627370496 e 4503599627370495 f
      (integer) 6
      > ZADD z 1.5 g -inf h -1e19 i 1.7e19 j 9.3e18 k
      (integer) 5
      > GEOPOS z a b c d e f g h i j k
       1) 1) "-179.99999731779098511"
          2) "-85.05111990847595393"
       2) 1) "180"
          2) "85.0511287799999991"
       3) 1) "-179.99999731779098511"
          2) "-85.05112751263942528"
       4) 1) "-179.99999731779098511"
          2) "-85.05112751263942528"
       5) 1) "-179.99999731779098511"
          2) "85.0511287799999991"
       6) 1) "179.99999731779098511"
          2) "85.05112751263942528"
       7) 1) "-179.99999731779098511"
          2) "-85.05112497791824921"
       8) 1) "180"
          2) "-85.05112751263942528"
       9) 1) "180"
          2) "-85.05112751263942528"
      10) 1) "180"
          2) "85.0511287799999991"
      11) 1) "180"
          2) "85.0511287799999991"
      > GEOHASH z a b c d e f g h i j k
       1) "00bh0hbj240"
       2) "bp05b5048p0"
       3) "00bh0hbj200"
       4) "00bh0hbj200"
       5) "bp05b5048p0"
       6) "zzpgzgpfxz0"
       7) "00bh0hbj210"
       8) "00bh0hbj200"
       9) "00bh0hbj200"
      10) "bp05b5048p0"
      11) "bp05b5048p0"
      > GEODIST z a b
      "18919843.7433"
      > GEODIST z a c
      "0.8458"
      > GEODIST z e f
      "0.1501"
      > GEOADD e 180 85.05112878 ne -180 -85.05112878 sw 180 -85.05112878 se
      (integer) 3
      > GEOADD e -180 85.05112878 nw 0 0 zero
      (integer) 2
      > GEOPOS e ne sw se nw zero
      1) 1) "180"
         2) "85.0511287799999991"
      2) 1) "-179.99999731779098511"
         2) "-85.05112751263942528"
      3) 1) "180"
         2) "-85.05112751263942528"
      4) 1) "-179.99999731779098511"
         2) "85.0511287799999991"
      5) 1) "0.00000268220901489"
         2) "0.00000126736058093"
      > GEOHASH e ne sw se nw zero
      1) "bp05b5048p0"
      2) "00bh0hbj200"
      3) "00bh0hbj200"
      4) "bp05b5048p0"
      5) "s0000000000"
      > GEODIST e ne sw
      "18919844.5891"
      > GEODIST e ne se km
      "18919.8446"
      > GEODIST e nw ne
      "0.0257"
      > SET s x
      OK
      > GEOPOS s
      (error) WRONGTYPE Operation against a key holding the wrong kind of value
      > GEOPOS s a
      (error) WRONGTYPE Operation against a key holding the wrong kind of value
      > GEOHASH s a
      (error) WRONGTYPE Operation against a key holding the wrong kind of value
      > GEODIST s a b
      (error) WRONGTYPE Operation against a key holding the wrong kind of value
    `));

test("GEOPOS, GEOHASH and GEODIST in RESP3", () =>
  server.session(
    `
      > GEOADD g 13.361389 38.115556 Palermo 15.087269 37.502669 Catania -5.6 42.6 test
      (integer) 3
      > GEOPOS g Palermo nobody Catania
      1) 1) (double) 13.36138933897018433
         2) (double) 38.11555639549629859
      2) (nil)
      3) 1) (double) 15.08726745843887329
         2) (double) 37.50266842333162032
      > GEOPOS g
      (empty array)
      > GEOPOS nokey
      (empty array)
      > GEOPOS nokey a b
      1) (nil)
      2) (nil)
      > GEOHASH g Palermo nobody Catania test
      1) "sqc8b49rny0"
      2) (nil)
      3) "sqdtr74hyu0"
      4) "ezs42e44yx0"
      > GEOHASH g
      (empty array)
      > GEOHASH nokey a
      1) (nil)
      > GEODIST g Palermo Catania
      "166274.1516"
      > GEODIST g Palermo Catania m
      "166274.1516"
      > GEODIST g Palermo Catania km
      "166.2742"
      > GEODIST g Palermo Catania MI
      "103.3182"
      > GEODIST g Palermo Catania Ft
      "545518.8700"
      > GEODIST g Catania Palermo ft
      "545518.8700"
      > GEODIST g Palermo Palermo
      "0.0000"
      > GEODIST g Palermo nobody
      (nil)
      > GEODIST g nobody Palermo
      (nil)
      > GEODIST nokey a b
      (nil)
      > GEODIST g Palermo Catania yards
      (error) ERR unsupported unit provided. please use M, KM, FT, MI
      > GEODIST nokey a b yards
      (error) ERR unsupported unit provided. please use M, KM, FT, MI
      > GEODIST g Palermo Catania m m
      (error) ERR syntax error
      > GEODIST g Palermo
      (error) ERR wrong number of arguments for 'geodist' command
      > ZADD z 5 a -1 b 1e300 c inf d 4503599627370496 e 4503599627370495 f
      (integer) 6
      > ZADD z 1.5 g -inf h -1e19 i 1.7e19 j 9.3e18 k
      (integer) 5
      > GEOPOS z a b c d e f g h i j k
       1) 1) (double) -179.99999731779098511
          2) (double) -85.05111990847595393
       2) 1) (double) 180
          2) (double) 85.0511287799999991
       3) 1) (double) -179.99999731779098511
          2) (double) -85.05112751263942528
       4) 1) (double) -179.99999731779098511
          2) (double) -85.05112751263942528
       5) 1) (double) -179.99999731779098511
          2) (double) 85.0511287799999991
       6) 1) (double) 179.99999731779098511
          2) (double) 85.05112751263942528
       7) 1) (double) -179.99999731779098511
          2) (double) -85.05112497791824921
       8) 1) (double) 180
          2) (double) -85.05112751263942528
       9) 1) (double) 180
          2) (double) -85.05112751263942528
      10) 1) (double) 180
          2) (double) 85.0511287799999991
      11) 1) (double) 180
          2) (double) 85.0511287799999991
      > GEOHASH z a b c d e f g h i j k
       1) "00bh0hbj240"
       2) "bp05b5048p0"
       3) "00bh0hbj200"
       4) "00bh0hbj200"
       5) "bp05b5048p0"
       6) "zzpgzgpfxz0"
       7) "00bh0hbj210"
       8) "00bh0hbj200"
       9) "00bh0hbj200"
      10) "bp05b5048p0"
      11) "bp05b5048p0"
      > GEODIST z a b
      "18919843.7433"
      > GEODIST z a c
      "0.8458"
      > GEODIST z e f
      "0.1501"
      > GEOADD e 180 85.05112878 ne -180 -85.05112878 sw 180 -85.05112878 se
      (integer) 3
      > GEOADD e -180 85.05112878 nw 0 0 zero
      (integer) 2
      > GEOPOS e ne sw se nw zero
      1) 1) (double) 180
         2) (double) 85.0511287799999991
      2) 1) (double) -179.99999731779098511
         2) (double) -85.05112751263942528
      3) 1) (double) 180
         2) (double) -85.05112751263942528
      4) 1) (double) -179.99999731779098511
         2) (double) 85.0511287799999991
      5) 1) (double) 0.00000268220901489
         2) (double) 0.00000126736058093
      > GEOHASH e ne sw se nw zero
      1) "bp05b5048p0"
      2) "00bh0hbj200"
      3) "00bh0hbj200"
      4) "bp05b5048p0"
      5) "s0000000000"
      > GEODIST e ne sw
      "18919844.5891"
      > GEODIST e ne se km
      "18919.8446"
      > GEODIST e nw ne
      "0.0257"
      > SET s x
      OK
      > GEOPOS s
      (error) WRONGTYPE Operation against a key holding the wrong kind of value
      > GEOPOS s a
      (error) WRONGTYPE Operation against a key holding the wrong kind of value
      > GEOHASH s a
      (error) WRONGTYPE Operation against a key holding the wrong kind of value
      > GEODIST s a b
      (error) WRONGTYPE Operation against a key holding the wrong kind of value
    `,
    { protocol: 3 },
  ));

const distanceBytes = new Uint8Array(320);

function distanceText(value: number): string {
  return latin1(distanceBytes, 0, writeDistance(distanceBytes, value));
}

test("distances are rounded as Redis rounds them: as doubles, halves to even", () => {
  expect(distanceText(55418573.58155)).toBe("55418573.5816");
  expect(distanceText(4826453.45765)).toBe("4826453.4576");
  expect(distanceText(0)).toBe("0.0000");
  expect(distanceText(0.00025)).toBe("0.0002");
  expect(distanceText(0.00035)).toBe("0.0004");
  expect(distanceText(12.3)).toBe("12.3000");
  expect(distanceText(1e300)).toHaveLength(306);
});

test("distances that lie between two texts by far are what printf writes", () => {
  for (let i = 0; i < 2000; i++) {
    const value = (i * i * 7919) / 8192 + 2 ** -14;
    expect(distanceText(value)).toBe(formatFixed(value, 4));
  }
  for (const value of [0.0001, 0.5, 9.9999, 9.99996, 10.0004, 999.99999, 2 ** 31 / 1e4, 9e11]) {
    expect(distanceText(value)).toBe(formatFixed(value, 4));
  }
});
