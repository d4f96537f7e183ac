// Purpose: GEOSEARCH and GEOSEARCHSTORE (src/commands/places/geo_search.ts), as sessions under
// RESP2 and RESP3 that hold for the real Redis as well (RUSK_BINARY=redis-server shows it), and by
// chance against it: every digit of every reply, and the order, must be the same.

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

  test("GEOSEARCH refuses what it does not know", () =>
    session(`
      > GEOADD g 13.361389 38.115556 Palermo 15.087269 37.502669 Catania
      (integer) 2
      > GEOSEARCH g FROMMEMBER nobody BYRADIUS 200 km
      (error) ERR could not decode requested zset member
      > GEOSEARCH g FROMMEMBER nobody ASC DESC WITHDIST
      (error) ERR could not decode requested zset member
      > GEOSEARCH nokey FROMMEMBER nobody ASC DESC WITHDIST
      (error) ERR exactly one of BYRADIUS and BYBOX can be specified for GEOSEARCH
      > geosearch g ASC DESC WITHDIST WITHHASH WITHCOORD
      (error) ERR exactly one of FROMMEMBER or FROMLONLAT can be specified for geosearch
      > GeoSearch g FROMMEMBER Palermo ASC DESC WITHDIST
      (error) ERR exactly one of BYRADIUS and BYBOX can be specified for GeoSearch
      > GEOSEARCH g FROMMEMBER Palermo FROMLONLAT 1 1 BYRADIUS 1 m
      (error) ERR syntax error
      > GEOSEARCH g FROMLONLAT 1 1 FROMMEMBER Palermo BYRADIUS 1 m
      (error) ERR syntax error
      > GEOSEARCH g FROMMEMBER Palermo BYRADIUS 1 m BYBOX 1 1 m
      (error) ERR syntax error
      > GEOSEARCH g FROMMEMBER Palermo BYBOX 1 1 m BYRADIUS 1 m
      (error) ERR syntax error
      > GEOSEARCH g FROMMEMBER Palermo BYRADIUS x m
      (error) ERR need numeric radius
      > GEOSEARCH g FROMMEMBER Palermo BYRADIUS -1 m
      (error) ERR radius cannot be negative
      > GEOSEARCH g FROMMEMBER Palermo BYRADIUS -0.1 q
      (error) ERR radius cannot be negative
      > GEOSEARCH g FROMMEMBER Palermo BYRADIUS 1 q
      (error) ERR unsupported unit provided. please use M, KM, FT, MI
      > GEOSEARCH g FROMMEMBER Palermo BYBOX x y m
      (error) ERR need numeric width
      > GEOSEARCH g FROMMEMBER Palermo BYBOX 1 y m
      (error) ERR need numeric height
      > GEOSEARCH g FROMMEMBER Palermo BYBOX -1 1 m
      (error) ERR height or width cannot be negative
      > GEOSEARCH g FROMMEMBER Palermo BYBOX 1 -1 m
      (error) ERR height or width cannot be negative
      > GEOSEARCH g FROMMEMBER Palermo BYBOX 1 1 q
      (error) ERR unsupported unit provided. please use M, KM, FT, MI
      > GEOSEARCH g FROMMEMBER Palermo WITHDIST BYBOX 1 1
      (error) ERR syntax error
      > GEOSEARCH g WITHDIST FROMMEMBER Palermo BYRADIUS 1
      (error) ERR syntax error
      > GEOSEARCH g FROMLONLAT 181 1 BYRADIUS 1 m
      (error) ERR invalid longitude,latitude pair 181.000000,1.000000
      > GEOSEARCH g FROMLONLAT x 1 BYRADIUS 1 m
      (error) ERR value is not a valid float
      > GEOSEARCH nokey FROMLONLAT x 1 BYRADIUS 1 m
      (error) ERR value is not a valid float
      > GEOSEARCH nokey FROMMEMBER a BYRADIUS x m
      (error) ERR need numeric radius
      > GEOSEARCH g FROMLONLAT 15 37 BYRADIUS 1 m ANY
      (error) ERR the ANY argument requires COUNT argument
      > GEOSEARCH nokey FROMLONLAT 15 37 BYRADIUS 1 m ANY
      (error) ERR the ANY argument requires COUNT argument
      > GEOSEARCH g FROMLONLAT 15 37 BYRADIUS 1 m COUNT 0
      (error) ERR COUNT must be > 0
      > GEOSEARCH g FROMLONLAT 15 37 BYRADIUS 1 m COUNT -1
      (error) ERR COUNT must be > 0
      > GEOSEARCH g FROMLONLAT 15 37 BYRADIUS 1 m COUNT x
      (error) ERR value is not an integer or out of range
      > GEOSEARCH g FROMLONLAT 15 37 BYRADIUS 1 m COUNT
      (error) ERR syntax error
      > GEOSEARCH g FROMLONLAT 15 37 BYRADIUS 1 m STORE d
      (error) ERR syntax error
      > GEOSEARCH g FROMLONLAT 15 37 BYRADIUS 1 m STOREDIST
      (error) ERR syntax error
      > GEOSEARCH g FROMLONLAT 15 37 BYRADIUS 1 m NONSENSE
      (error) ERR syntax error
      > SET s x
      OK
      > GEOSEARCH s FROMLONLAT x 37 BYRADIUS 1 m
      (error) WRONGTYPE Operation against a key holding the wrong kind of value
      > GEOSEARCHSTORE d s FROMLONLAT 15 37 BYRADIUS 1 m
      (error) WRONGTYPE Operation against a key holding the wrong kind of value
      > GEOSEARCH g FROMMEMBER Palermo
      (error) ERR wrong number of arguments for 'geosearch' command
      > GEOSEARCHSTORE d g FROMMEMBER Palermo BYRADIUS 1
      (error) ERR wrong number of arguments for 'geosearchstore' command
      > GEOSEARCHSTORE d g FROMMEMBER Palermo BYRADIUS 1 km WITHDIST
      (error) ERR GEOSEARCHSTORE is not compatible with WITHDIST, WITHHASH and WITHCOORD options
      > GEOSEARCHSTORE d g FROMMEMBER Palermo BYRADIUS 1 km WITHHASH
      (error) ERR GEOSEARCHSTORE is not compatible with WITHDIST, WITHHASH and WITHCOORD options
      > GEOSEARCHSTORE d g FROMMEMBER Palermo WITHCOORD STOREDIST STOREDIST ASC
      (error) ERR GEOSEARCHSTORE is not compatible with WITHDIST, WITHHASH and WITHCOORD options
      > geosearchstore d g FROMMEMBER Palermo STOREDIST STOREDIST STOREDIST
      (error) ERR exactly one of BYRADIUS and BYBOX can be specified for geosearchstore
      > GEOSEARCHSTORE d nokey FROMMEMBER Palermo BYRADIUS 1 km ANY
      (error) ERR the ANY argument requires COUNT argument
    `));
});

test("GEOSEARCH in RESP2", () =>
  server.session(`
      > GEOADD g 13.36 38.12 Palermo 15.09 37.5 Catania 12.76 38.79 edge1 17.24 38.79 edge2
      (integer) 4
      > GEOSEARCH g FROMLONLAT 15 37 BYRADIUS 200 km ASC
      1) "Catania"
      2) "Palermo"
      > GEOSEARCH g FROMLONLAT 15 37 BYRADIUS 200 km DESC
      1) "Palermo"
      2) "Catania"
      > GEOSEARCH g FROMLONLAT 15 37 BYRADIUS 200 km
      1) "Palermo"
      2) "Catania"
      > GEOSEARCH g FROMLONLAT 15 37 BYBOX 400 400 km ASC WITHCOORD WITHDIST
      1) 1) "Catania"
         2) "56.1810"
         3) 1) "15.08999794721603394"
            2) "37.4999993619508345"
      2) 1) "Palermo"
         2) "190.8543"
         3) 1) "13.35999995470046997"
            2) "38.11999976168862503"
      3) 1) "edge2"
         2) "279.7928"
         3) 1) "17.23999768495559692"
            2) "38.79000007101551972"
      4) 1) "edge1"
         2) "279.7929"
         3) 1) "12.76000052690505981"
            2) "38.79000007101551972"
      > GEOSEARCH g FROMMEMBER Palermo BYBOX 800 300 km DESC WITHHASH
      1) 1) "edge2"
         2) (integer) 3481342658978948
      2) 1) "Catania"
         2) (integer) 3479447193062238
      3) 1) "edge1"
         2) (integer) 3479273022129316
      4) 1) "Palermo"
         2) (integer) 3479099960224609
      > GEOSEARCH g FROMMEMBER Palermo BYBOX 500 300 MI ASC WITHHASH WITHDIST WITHCOORD
      1) 1) "Palermo"
         2) "0.0000"
         3) (integer) 3479099960224609
         4) 1) "13.35999995470046997"
            2) "38.11999976168862503"
      2) 1) "edge1"
         2) "56.5570"
         3) (integer) 3479273022129316
         4) 1) "12.76000052690505981"
            2) "38.79000007101551972"
      3) 1) "Catania"
         2) "103.7245"
         3) (integer) 3479447193062238
         4) 1) "15.08999794721603394"
            2) "37.4999993619508345"
      4) 1) "edge2"
         2) "215.0202"
         3) (integer) 3481342658978948
         4) 1) "17.23999768495559692"
            2) "38.79000007101551972"
      > GEOSEARCH g FROMMEMBER Palermo BYRADIUS 250000 FT ASC WITHDIST
      1) 1) "Palermo"
         2) "0.0000"
      > GEOSEARCH g FROMMEMBER Palermo BYRADIUS 0 m WITHDIST
      1) 1) "Palermo"
         2) "0.0000"
      > GEOSEARCH g FROMMEMBER Palermo BYBOX 0 0 m WITHDIST
      1) 1) "Palermo"
         2) "0.0000"
      > GEOSEARCH g FROMLONLAT 15 37 BYRADIUS 1000 km COUNT 2
      1) "Catania"
      2) "Palermo"
      > GEOSEARCH g FROMLONLAT 15 37 BYRADIUS 1000 km COUNT 2 DESC
      1) "edge1"
      2) "edge2"
      > GEOSEARCH g FROMLONLAT 15 37 BYRADIUS 1000 km COUNT 2 ANY
      1) "Palermo"
      2) "edge1"
      > GEOSEARCH g FROMLONLAT 15 37 BYRADIUS 1000 km COUNT 2 ANY ASC
      1) "Palermo"
      2) "edge1"
      > GEOSEARCH g FROMLONLAT 15 37 BYRADIUS 1000 km COUNT 100
      1) "Catania"
      2) "Palermo"
      3) "edge2"
      4) "edge1"
      > GEOSEARCH g FROMLONLAT 15 37 BYRADIUS 1000 km COUNT 9223372036854775807
      1) "Catania"
      2) "Palermo"
      3) "edge2"
      4) "edge1"
      > GEOSEARCH g FROMLONLAT 15 37 BYRADIUS inf km
      1) "Palermo"
      2) "edge1"
      3) "Catania"
      4) "edge2"
      > GEOSEARCH g FROMLONLAT -15 -37 BYRADIUS 1 m
      (empty array)
      > GEOSEARCH g FROMLONLAT -15 -37 BYRADIUS 1 m WITHDIST
      (empty array)
      > GEOSEARCH nokey FROMLONLAT 15 37 BYRADIUS 200 km
      (empty array)
      > GEOSEARCH nokey FROMMEMBER a BYRADIUS 200 km
      (empty array)
      > GEOSEARCH g BYRADIUS 200 km FROMLONLAT 15 37 WITHDIST ASC
      1) 1) "Catania"
         2) "56.1810"
      2) 1) "Palermo"
         2) "190.8543"
      > GEOSEARCH g FROMMEMBER Palermo FROMMEMBER Catania BYRADIUS 1 km BYRADIUS 2 km
      1) "Catania"
      > GEOSEARCH g FROMLONLAT 15 37 FROMLONLAT 13.361389 38.115556 BYBOX 1 1 km BYBOX 2 2 km
      1) "Palermo"
      > ZADD z 5 a -1 b 1e300 c inf d 1.5 g
      (integer) 5
      > GEOSEARCH z FROMMEMBER a BYRADIUS 1000 km ASC WITHHASH WITHDIST
      1) 1) "a"
         2) "0.0000"
         3) (integer) 5
      2) 1) "g"
         2) "0.0006"
         3) (integer) 1
      > ZADD z 1 ""
      (integer) 1
      > GEOSEARCH z FROMMEMBER "" BYRADIUS 1 m
      1) ""
      2) "g"
      3) "a"
    `));

test("GEOSEARCH in RESP3", () =>
  server.session(
    `
      > GEOADD g 13.36 38.12 Palermo 15.09 37.5 Catania 12.76 38.79 edge1 17.24 38.79 edge2
      (integer) 4
      > GEOSEARCH g FROMLONLAT 15 37 BYRADIUS 200 km ASC
      1) "Catania"
      2) "Palermo"
      > GEOSEARCH g FROMLONLAT 15 37 BYRADIUS 200 km DESC
      1) "Palermo"
      2) "Catania"
      > GEOSEARCH g FROMLONLAT 15 37 BYRADIUS 200 km
      1) "Palermo"
      2) "Catania"
      > GEOSEARCH g FROMLONLAT 15 37 BYBOX 400 400 km ASC WITHCOORD WITHDIST
      1) 1) "Catania"
         2) "56.1810"
         3) 1) (double) 15.08999794721603394
            2) (double) 37.4999993619508345
      2) 1) "Palermo"
         2) "190.8543"
         3) 1) (double) 13.35999995470046997
            2) (double) 38.11999976168862503
      3) 1) "edge2"
         2) "279.7928"
         3) 1) (double) 17.23999768495559692
            2) (double) 38.79000007101551972
      4) 1) "edge1"
         2) "279.7929"
         3) 1) (double) 12.76000052690505981
            2) (double) 38.79000007101551972
      > GEOSEARCH g FROMMEMBER Palermo BYBOX 800 300 km DESC WITHHASH
      1) 1) "edge2"
         2) (integer) 3481342658978948
      2) 1) "Catania"
         2) (integer) 3479447193062238
      3) 1) "edge1"
         2) (integer) 3479273022129316
      4) 1) "Palermo"
         2) (integer) 3479099960224609
      > GEOSEARCH g FROMMEMBER Palermo BYBOX 500 300 MI ASC WITHHASH WITHDIST WITHCOORD
      1) 1) "Palermo"
         2) "0.0000"
         3) (integer) 3479099960224609
         4) 1) (double) 13.35999995470046997
            2) (double) 38.11999976168862503
      2) 1) "edge1"
         2) "56.5570"
         3) (integer) 3479273022129316
         4) 1) (double) 12.76000052690505981
            2) (double) 38.79000007101551972
      3) 1) "Catania"
         2) "103.7245"
         3) (integer) 3479447193062238
         4) 1) (double) 15.08999794721603394
            2) (double) 37.4999993619508345
      4) 1) "edge2"
         2) "215.0202"
         3) (integer) 3481342658978948
         4) 1) (double) 17.23999768495559692
            2) (double) 38.79000007101551972
      > GEOSEARCH g FROMMEMBER Palermo BYRADIUS 250000 FT ASC WITHDIST
      1) 1) "Palermo"
         2) "0.0000"
      > GEOSEARCH g FROMMEMBER Palermo BYRADIUS 0 m WITHDIST
      1) 1) "Palermo"
         2) "0.0000"
      > GEOSEARCH g FROMMEMBER Palermo BYBOX 0 0 m WITHDIST
      1) 1) "Palermo"
         2) "0.0000"
      > GEOSEARCH g FROMLONLAT 15 37 BYRADIUS 1000 km COUNT 2
      1) "Catania"
      2) "Palermo"
      > GEOSEARCH g FROMLONLAT 15 37 BYRADIUS 1000 km COUNT 2 DESC
      1) "edge1"
      2) "edge2"
      > GEOSEARCH g FROMLONLAT 15 37 BYRADIUS 1000 km COUNT 2 ANY
      1) "Palermo"
      2) "edge1"
      > GEOSEARCH g FROMLONLAT 15 37 BYRADIUS 1000 km COUNT 2 ANY ASC
      1) "Palermo"
      2) "edge1"
      > GEOSEARCH g FROMLONLAT 15 37 BYRADIUS 1000 km COUNT 100
      1) "Catania"
      2) "Palermo"
      3) "edge2"
      4) "edge1"
      > GEOSEARCH g FROMLONLAT 15 37 BYRADIUS 1000 km COUNT 9223372036854775807
      1) "Catania"
      2) "Palermo"
      3) "edge2"
      4) "edge1"
      > GEOSEARCH g FROMLONLAT 15 37 BYRADIUS inf km
      1) "Palermo"
      2) "edge1"
      3) "Catania"
      4) "edge2"
      > GEOSEARCH g FROMLONLAT -15 -37 BYRADIUS 1 m
      (empty array)
      > GEOSEARCH g FROMLONLAT -15 -37 BYRADIUS 1 m WITHDIST
      (empty array)
      > GEOSEARCH nokey FROMLONLAT 15 37 BYRADIUS 200 km
      (empty array)
      > GEOSEARCH nokey FROMMEMBER a BYRADIUS 200 km
      (empty array)
      > GEOSEARCH g BYRADIUS 200 km FROMLONLAT 15 37 WITHDIST ASC
      1) 1) "Catania"
         2) "56.1810"
      2) 1) "Palermo"
         2) "190.8543"
      > GEOSEARCH g FROMMEMBER Palermo FROMMEMBER Catania BYRADIUS 1 km BYRADIUS 2 km
      1) "Catania"
      > GEOSEARCH g FROMLONLAT 15 37 FROMLONLAT 13.361389 38.115556 BYBOX 1 1 km BYBOX 2 2 km
      1) "Palermo"
      > ZADD z 5 a -1 b 1e300 c inf d 1.5 g
      (integer) 5
      > GEOSEARCH z FROMMEMBER a BYRADIUS 1000 km ASC WITHHASH WITHDIST
      1) 1) "a"
         2) "0.0000"
         3) (integer) 5
      2) 1) "g"
         2) "0.0006"
         3) (integer) 1
      > ZADD z 1 ""
      (integer) 1
      > GEOSEARCH z FROMMEMBER "" BYRADIUS 1 m
      1) ""
      2) "g"
      3) "a"
    `,
    { protocol: 3 },
  ));

test("GEOSEARCHSTORE in RESP2", () =>
  server.session(`
      > GEOADD g 13.36 38.12 Palermo 15.09 37.5 Catania 12.76 38.79 edge1 17.24 38.79 edge2
      (integer) 4
      > GEOSEARCHSTORE d g FROMLONLAT 15 37 BYBOX 400 400 km
      (integer) 4
      > ZRANGE d 0 -1 WITHSCORES
      1) "Palermo"
      2) "3479099960224609"
      3) "edge1"
      4) "3479273022129316"
      5) "Catania"
      6) "3479447193062238"
      7) "edge2"
      8) "3481342658978948"
      > OBJECT ENCODING d
      "listpack"
      > TYPE d
      zset
      > GEOSEARCHSTORE d g FROMLONLAT 15 37 BYBOX 400 400 km STOREDIST
      (integer) 4
      > ZRANGE d 0 -1 WITHSCORES
      1) "Catania"
      2) "56.180992501447513"
      3) "Palermo"
      4) "190.85428071298594"
      5) "edge2"
      6) "279.79282963192242"
      7) "edge1"
      8) "279.79293988524643"
      > GEOSEARCHSTORE d g FROMLONLAT 15 37 BYRADIUS 200 mi COUNT 2 STOREDIST
      (integer) 2
      > ZRANGE d 0 -1 WITHSCORES
      1) "Catania"
      2) "34.90933705832672"
      3) "Palermo"
      4) "118.5916467079585"
      > SET d x EX 100
      OK
      > GEOSEARCHSTORE d g FROMMEMBER Palermo BYRADIUS 1 m
      (integer) 1
      > TTL d
      (integer) -1
      > TYPE d
      zset
      > GEOSEARCHSTORE d g FROMLONLAT 0 0 BYRADIUS 1 m
      (integer) 0
      > EXISTS d
      (integer) 0
      > SET d x
      OK
      > GEOSEARCHSTORE d nokey FROMLONLAT 0 0 BYRADIUS 1 m
      (integer) 0
      > EXISTS d
      (integer) 0
      > GEOSEARCHSTORE d nokey FROMLONLAT 0 0 BYRADIUS 1 m
      (integer) 0
      > GEOSEARCHSTORE g g FROMLONLAT 15 37 BYRADIUS 200 km
      (integer) 2
      > ZRANGE g 0 -1
      1) "Palermo"
      2) "Catania"
    `));

test("GEOSEARCHSTORE in RESP3", () =>
  server.session(
    `
      > GEOADD g 13.36 38.12 Palermo 15.09 37.5 Catania 12.76 38.79 edge1 17.24 38.79 edge2
      (integer) 4
      > GEOSEARCHSTORE d g FROMLONLAT 15 37 BYBOX 400 400 km
      (integer) 4
      > ZRANGE d 0 -1 WITHSCORES
      1) 1) "Palermo"
         2) (double) 3479099960224609
      2) 1) "edge1"
         2) (double) 3479273022129316
      3) 1) "Catania"
         2) (double) 3479447193062238
      4) 1) "edge2"
         2) (double) 3481342658978948
      > OBJECT ENCODING d
      "listpack"
      > TYPE d
      zset
      > GEOSEARCHSTORE d g FROMLONLAT 15 37 BYBOX 400 400 km STOREDIST
      (integer) 4
      > ZRANGE d 0 -1 WITHSCORES
      1) 1) "Catania"
         2) (double) 56.180992501447513
      2) 1) "Palermo"
         2) (double) 190.85428071298594
      3) 1) "edge2"
         2) (double) 279.79282963192242
      4) 1) "edge1"
         2) (double) 279.79293988524643
      > GEOSEARCHSTORE d g FROMLONLAT 15 37 BYRADIUS 200 mi COUNT 2 STOREDIST
      (integer) 2
      > ZRANGE d 0 -1 WITHSCORES
      1) 1) "Catania"
         2) (double) 34.90933705832672
      2) 1) "Palermo"
         2) (double) 118.5916467079585
      > SET d x EX 100
      OK
      > GEOSEARCHSTORE d g FROMMEMBER Palermo BYRADIUS 1 m
      (integer) 1
      > TTL d
      (integer) -1
      > TYPE d
      zset
      > GEOSEARCHSTORE d g FROMLONLAT 0 0 BYRADIUS 1 m
      (integer) 0
      > EXISTS d
      (integer) 0
      > SET d x
      OK
      > GEOSEARCHSTORE d nokey FROMLONLAT 0 0 BYRADIUS 1 m
      (integer) 0
      > EXISTS d
      (integer) 0
      > GEOSEARCHSTORE d nokey FROMLONLAT 0 0 BYRADIUS 1 m
      (integer) 0
      > GEOSEARCHSTORE g g FROMLONLAT 15 37 BYRADIUS 200 km
      (integer) 2
      > ZRANGE g 0 -1
      1) "Palermo"
      2) "Catania"
    `,
    { protocol: 3 },
  ));

test("what changes counts as a change", async () => {
  const changes = async (...words: Word[]) => {
    const before = await changeCount();
    await ask(...words);
    return (await changeCount()) - before;
  };
  const near = ["FROMLONLAT", 1, 1, "BYRADIUS", 1000, "km"];
  const far = ["FROMLONLAT", 50, 1, "BYRADIUS", 1, "m"];
  const steps: [number, Word[]][] = [
    [2, ["GEOADD", "g", 1, 1, "a", 2, 2, "b"]],
    [1, ["GEOADD", "g", 1, 1, "a", 2, 3, "b"]],
    [0, ["GEOADD", "g", "NX", 1, 2, "a", 2, 4, "b"]],
    [0, ["GEOADD", "g", 1, 1, "a"]],
    [2, ["GEOSEARCHSTORE", "d", "g", ...near]],
    [2, ["GEOSEARCHSTORE", "d", "g", ...near]],
    [1, ["GEOSEARCHSTORE", "d", "g", ...far]],
    [0, ["GEOSEARCHSTORE", "d", "g", ...far]],
    [2, ["GEORADIUS", "g", 1, 1, 1000, "km", "STORE", "d"]],
    [0, ["GEORADIUS", "g", 1, 1, 1000, "km"]],
  ];
  for (const [count, words] of steps)
    expect([await changes(...words), words]).toEqual([count, words]);
});

async function changeCount(): Promise<number> {
  const info = String(await ask("INFO", "persistence"));
  return Number(/rdb_changes_since_last_save:(\d+)/.exec(info)?.[1]);
}

// Deno has sines of its own, whose last digit now and then is not that of the C library.
const isDeno = process.env.RUSK_BINARY?.includes("deno") === true;

test.skipIf(isDeno || redisBinary() === null)(
  "random searches give what the real Redis gives",
  () =>
    withSeed(async (random, note) => {
      const pair = await Pair.start();
      try {
        for (let round = 0; round < 15; round++) {
          const centre: Centre = [random.between(-180, 180), random.between(-85, 85)];
          const spread = random.pick([0.001, 0.1, 3, 30, 180]);
          const count = random.pick([5, 100, 1000]);
          const commands: Word[][] = [["FLUSHALL"]];
          for (let i = 0; i < count; i += 50) {
            commands.push(["GEOADD", "g", ...places(random, centre, spread, 50, i)]);
          }
          for (let i = 0; i < 40; i++) commands.push(...search(random, centre, spread, count));
          await pair.same(commands, note);
        }
      } finally {
        await pair.stop();
      }
    }),
);

type Centre = readonly [longitude: number, latitude: number];

/** A place near a centre, on the map; sometimes one that others have as well, or on an edge. */
function near(random: Random, [longitude, latitude]: Centre, spread: number): Centre {
  const offset = () => (random.uint32() / 2 ** 31 - 1) * spread;
  const wrapped = (value: number, most: number) => Math.max(-most, Math.min(most, value));
  if (random.chance(0.05)) return [Math.round(longitude), Math.round(latitude)];
  if (random.chance(0.01))
    return [random.pick([-180, 180]), random.pick([-85.05112878, 85.05112878])];
  // On one meridian, distances are computed in another way.
  let x = random.chance(0.2) ? longitude : longitude + offset();
  if (x > 180) x -= 360;
  if (x < -180) x += 360;
  return [wrapped(x, 180), wrapped(latitude + offset(), 85.05)];
}

function places(
  random: Random,
  centre: Centre,
  spread: number,
  count: number,
  first: number,
): Word[] {
  return Array.from({ length: count }, (_, i) => [
    ...near(random, centre, spread).map(String),
    `m${first + i}`,
  ]).flat();
}

/** A search, and what it has stored. */
function search(random: Random, centre: Centre, spread: number, count: number): Word[][] {
  const unit = random.pick([
    ["m", 1],
    ["km", 1000],
    ["ft", 0.3048],
    ["mi", 1609.34],
  ] as const);
  // A degree is 111 km.
  const size = () =>
    (spread * 111_000 * random.pick([0.01, 0.3, 1, 2, 5]) * random.uint32()) / 2 ** 32 / unit[1];
  const from = random.chance(0.5)
    ? ["FROMMEMBER", `m${random.below(count)}`]
    : ["FROMLONLAT", ...near(random, centre, spread).map(String)];
  const by = random.chance(0.5)
    ? ["BYRADIUS", String(size()), unit[0]]
    : ["BYBOX", String(size()), String(size()), unit[0]];
  const order = random.pick([[], [], ["ASC"], ["DESC"]]);
  const some = ["COUNT", random.between(1, random.pick([3, 300]))];
  const limit = random.pick([[], [], some, [...some, "ANY"]]);
  const shown = random.pick([[], ["WITHDIST"], ["WITHDIST", "WITHCOORD", "WITHHASH"]]);
  if (random.chance(0.7)) return [["GEOSEARCH", "g", ...from, ...by, ...order, ...limit, ...shown]];
  const storing = random.pick([[], ["STOREDIST"]]);
  return [
    ["GEOSEARCHSTORE", "d", "g", ...from, ...by, ...order, ...limit, ...storing],
    ["ZRANGE", "d", 0, -1, "WITHSCORES"],
    ["GEODIST", "g", `m${random.below(count)}`, `m${random.below(count)}`, unit[0]],
    ["GEOHASH", "g", `m${random.below(count)}`],
  ];
}
