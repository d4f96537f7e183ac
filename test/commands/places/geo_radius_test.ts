// Purpose: GEORADIUS and its kin (src/commands/places/geo_search.ts), as sessions under RESP2 and
// RESP3 that hold for the real Redis as well: RUSK_BINARY=redis-server shows it.

import { afterAll, beforeAll, beforeEach, test } from "bun:test";
import type { Client } from "../../client/client.ts";
import { type Server, startServer } from "../../client/server.ts";

const NOT_WITH_STORE =
  "(error) ERR STORE option in GEORADIUS is not compatible with " +
  "WITHDIST, WITHHASH and WITHCOORD options";

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

test("GEORADIUS and GEORADIUSBYMEMBER in RESP2", () =>
  server.session(`
      > GEOADD g 13.361389 38.115556 Palermo 15.087269 37.502669 Catania
      (integer) 2
      > GEORADIUS g 15 37 200 km WITHDIST WITHCOORD WITHHASH
      1) 1) "Palermo"
         2) "190.4424"
         3) (integer) 3479099956230698
         4) 1) "13.36138933897018433"
            2) "38.11555639549629859"
      2) 1) "Catania"
         2) "56.4413"
         3) (integer) 3479447370796909
         4) 1) "15.08726745843887329"
            2) "37.50266842333162032"
      > GEORADIUS g 15 37 200 km
      1) "Palermo"
      2) "Catania"
      > GEORADIUS g 15 37 200 km DESC
      1) "Palermo"
      2) "Catania"
      > GEORADIUS g 15 37 200 km COUNT 1
      1) "Catania"
      > GEORADIUS g 15 37 200 km COUNT 1 DESC
      1) "Palermo"
      > GEORADIUS g 15 37 200 km COUNT 1 ANY
      1) "Palermo"
      > GEORADIUS_RO g 15 37 100000 m ASC WITHDIST
      1) 1) "Catania"
         2) "56441.2579"
      > GEORADIUSBYMEMBER g Palermo 200 KM
      1) "Palermo"
      2) "Catania"
      > GEORADIUSBYMEMBER_RO g Palermo 100 mi WITHDIST
      1) 1) "Palermo"
         2) "0.0000"
      > GEORADIUSBYMEMBER g nobody 200 KM
      (error) ERR could not decode requested zset member
      > GEORADIUSBYMEMBER nokey nobody 200 KM
      (empty array)
      > GEORADIUSBYMEMBER nokey nobody x y
      (empty array)
      > GEORADIUSBYMEMBER nokey nobody x y NONSENSE
      (error) ERR syntax error
      > GEORADIUS nokey 1 1 1 m
      (empty array)
      > GEORADIUS nokey 1 1 1 q
      (error) ERR unsupported unit provided. please use M, KM, FT, MI
      > GEORADIUS nokey 1 1 x m
      (error) ERR need numeric radius
      > GEORADIUS g 15 37 200 km STORE d
      (integer) 2
      > ZRANGE d 0 -1 WITHSCORES
      1) "Palermo"
      2) "3479099956230698"
      3) "Catania"
      4) "3479447370796909"
      > GEORADIUS g 15 37 200 km STOREDIST d
      (integer) 2
      > ZRANGE d 0 -1 WITHSCORES
      1) "Catania"
      2) "56.441257870158204"
      3) "Palermo"
      4) "190.44242984775784"
      > GEORADIUS g 15 37 200 km STOREDIST d STORE e
      (integer) 2
      > ZRANGE e 0 -1 WITHSCORES
      1) "Palermo"
      2) "3479099956230698"
      3) "Catania"
      4) "3479447370796909"
      > GEORADIUS g 15 37 200 km STORE x STOREDIST e
      (integer) 2
      > ZRANGE e 0 -1 WITHSCORES
      1) "Catania"
      2) "56.441257870158204"
      3) "Palermo"
      4) "190.44242984775784"
      > EXISTS x
      (integer) 0
      > GEORADIUSBYMEMBER g Palermo 200 km STORE d COUNT 1 DESC
      (integer) 1
      > ZRANGE d 0 -1
      1) "Catania"
      > GEORADIUSBYMEMBER nokey nobody x y STORE d
      (integer) 0
      > EXISTS d
      (integer) 0
      > GEORADIUS g 0 0 1 m STORE e
      (integer) 0
      > EXISTS e
      (integer) 0
      > GEORADIUS g 15 37 200 km STORE
      (error) ERR syntax error
      > GEORADIUS g 15 37 200 km STORE d WITHDIST
      ${NOT_WITH_STORE}
      > GEORADIUS g 15 37 200 km STOREDIST d WITHCOORD
      ${NOT_WITH_STORE}
      > GEORADIUS_RO g 15 37 200 km STORE d
      (error) ERR syntax error
      > GEORADIUSBYMEMBER_RO g Palermo 200 km STOREDIST d
      (error) ERR syntax error
      > GEORADIUS g 15 37 200 km FROMMEMBER Palermo
      (error) ERR syntax error
      > GEORADIUS g 15 37 200 km BYRADIUS 1 m
      (error) ERR syntax error
      > GEORADIUS g 15 37 200 km ANY
      (error) ERR the ANY argument requires COUNT argument
      > GEORADIUS g 15 37 200 km COUNT
      (error) ERR syntax error
      > GEORADIUS g 15 37 -200 km
      (error) ERR radius cannot be negative
      > GEORADIUS g 15 37 x km
      (error) ERR need numeric radius
      > GEORADIUS g 15 37 200 q
      (error) ERR unsupported unit provided. please use M, KM, FT, MI
      > GEORADIUS g 15 x 200 km
      (error) ERR value is not a valid float
      > GEORADIUS g 15 87 200 km
      (error) ERR invalid longitude,latitude pair 15.000000,87.000000
      > GEORADIUS g 15 37 200
      (error) ERR wrong number of arguments for 'georadius' command
      > GEORADIUSBYMEMBER g Palermo 200
      (error) ERR wrong number of arguments for 'georadiusbymember' command
      > SET s x
      OK
      > GEORADIUS s x 37 200 km
      (error) WRONGTYPE Operation against a key holding the wrong kind of value
      > GEORADIUSBYMEMBER s Palermo 200 km
      (error) WRONGTYPE Operation against a key holding the wrong kind of value
      > COMMAND GETKEYS GEORADIUS k 1 1 1 m
      1) "k"
      > COMMAND GETKEYS GEORADIUS k 1 1 1 m WITHDIST store d
      1) "k"
      2) "d"
      > COMMAND GETKEYS GEORADIUS k 1 1 1 m STORE d STOREDIST e
      1) "k"
      2) "d"
      3) "e"
      > COMMAND GETKEYS GEORADIUS k 1 1 1 m STOREDIST d STORE e
      1) "k"
      2) "e"
      3) "d"
      > COMMAND GETKEYS GEORADIUS k 1 1 1 m STORE d STORE e
      1) "k"
      2) "d"
      > COMMAND GETKEYS GEORADIUSBYMEMBER k m 1 m STOREDIST d
      1) "k"
      2) "d"
      > COMMAND GETKEYSANDFLAGS GEORADIUSBYMEMBER k m 1 m STORE d
      1) 1) "k"
         2) 1) RO
            2) access
      2) 1) "d"
         2) 1) OW
            2) update
    `));

test("GEORADIUS and GEORADIUSBYMEMBER in RESP3", () =>
  server.session(
    `
      > GEOADD g 13.361389 38.115556 Palermo 15.087269 37.502669 Catania
      (integer) 2
      > GEORADIUS g 15 37 200 km WITHDIST WITHCOORD WITHHASH
      1) 1) "Palermo"
         2) "190.4424"
         3) (integer) 3479099956230698
         4) 1) (double) 13.36138933897018433
            2) (double) 38.11555639549629859
      2) 1) "Catania"
         2) "56.4413"
         3) (integer) 3479447370796909
         4) 1) (double) 15.08726745843887329
            2) (double) 37.50266842333162032
      > GEORADIUS g 15 37 200 km
      1) "Palermo"
      2) "Catania"
      > GEORADIUS g 15 37 200 km DESC
      1) "Palermo"
      2) "Catania"
      > GEORADIUS g 15 37 200 km COUNT 1
      1) "Catania"
      > GEORADIUS g 15 37 200 km COUNT 1 DESC
      1) "Palermo"
      > GEORADIUS g 15 37 200 km COUNT 1 ANY
      1) "Palermo"
      > GEORADIUS_RO g 15 37 100000 m ASC WITHDIST
      1) 1) "Catania"
         2) "56441.2579"
      > GEORADIUSBYMEMBER g Palermo 200 KM
      1) "Palermo"
      2) "Catania"
      > GEORADIUSBYMEMBER_RO g Palermo 100 mi WITHDIST
      1) 1) "Palermo"
         2) "0.0000"
      > GEORADIUSBYMEMBER g nobody 200 KM
      (error) ERR could not decode requested zset member
      > GEORADIUSBYMEMBER nokey nobody 200 KM
      (empty array)
      > GEORADIUSBYMEMBER nokey nobody x y
      (empty array)
      > GEORADIUSBYMEMBER nokey nobody x y NONSENSE
      (error) ERR syntax error
      > GEORADIUS nokey 1 1 1 m
      (empty array)
      > GEORADIUS nokey 1 1 1 q
      (error) ERR unsupported unit provided. please use M, KM, FT, MI
      > GEORADIUS nokey 1 1 x m
      (error) ERR need numeric radius
      > GEORADIUS g 15 37 200 km STORE d
      (integer) 2
      > ZRANGE d 0 -1 WITHSCORES
      1) 1) "Palermo"
         2) (double) 3479099956230698
      2) 1) "Catania"
         2) (double) 3479447370796909
      > GEORADIUS g 15 37 200 km STOREDIST d
      (integer) 2
      > ZRANGE d 0 -1 WITHSCORES
      1) 1) "Catania"
         2) (double) 56.441257870158204
      2) 1) "Palermo"
         2) (double) 190.44242984775784
      > GEORADIUS g 15 37 200 km STOREDIST d STORE e
      (integer) 2
      > ZRANGE e 0 -1 WITHSCORES
      1) 1) "Palermo"
         2) (double) 3479099956230698
      2) 1) "Catania"
         2) (double) 3479447370796909
      > GEORADIUS g 15 37 200 km STORE x STOREDIST e
      (integer) 2
      > ZRANGE e 0 -1 WITHSCORES
      1) 1) "Catania"
         2) (double) 56.441257870158204
      2) 1) "Palermo"
         2) (double) 190.44242984775784
      > EXISTS x
      (integer) 0
      > GEORADIUSBYMEMBER g Palermo 200 km STORE d COUNT 1 DESC
      (integer) 1
      > ZRANGE d 0 -1
      1) "Catania"
      > GEORADIUSBYMEMBER nokey nobody x y STORE d
      (integer) 0
      > EXISTS d
      (integer) 0
      > GEORADIUS g 0 0 1 m STORE e
      (integer) 0
      > EXISTS e
      (integer) 0
      > GEORADIUS g 15 37 200 km STORE
      (error) ERR syntax error
      > GEORADIUS g 15 37 200 km STORE d WITHDIST
      ${NOT_WITH_STORE}
      > GEORADIUS g 15 37 200 km STOREDIST d WITHCOORD
      ${NOT_WITH_STORE}
      > GEORADIUS_RO g 15 37 200 km STORE d
      (error) ERR syntax error
      > GEORADIUSBYMEMBER_RO g Palermo 200 km STOREDIST d
      (error) ERR syntax error
      > GEORADIUS g 15 37 200 km FROMMEMBER Palermo
      (error) ERR syntax error
      > GEORADIUS g 15 37 200 km BYRADIUS 1 m
      (error) ERR syntax error
      > GEORADIUS g 15 37 200 km ANY
      (error) ERR the ANY argument requires COUNT argument
      > GEORADIUS g 15 37 200 km COUNT
      (error) ERR syntax error
      > GEORADIUS g 15 37 -200 km
      (error) ERR radius cannot be negative
      > GEORADIUS g 15 37 x km
      (error) ERR need numeric radius
      > GEORADIUS g 15 37 200 q
      (error) ERR unsupported unit provided. please use M, KM, FT, MI
      > GEORADIUS g 15 x 200 km
      (error) ERR value is not a valid float
      > GEORADIUS g 15 87 200 km
      (error) ERR invalid longitude,latitude pair 15.000000,87.000000
      > GEORADIUS g 15 37 200
      (error) ERR wrong number of arguments for 'georadius' command
      > GEORADIUSBYMEMBER g Palermo 200
      (error) ERR wrong number of arguments for 'georadiusbymember' command
      > SET s x
      OK
      > GEORADIUS s x 37 200 km
      (error) WRONGTYPE Operation against a key holding the wrong kind of value
      > GEORADIUSBYMEMBER s Palermo 200 km
      (error) WRONGTYPE Operation against a key holding the wrong kind of value
      > COMMAND GETKEYS GEORADIUS k 1 1 1 m
      1) "k"
      > COMMAND GETKEYS GEORADIUS k 1 1 1 m WITHDIST store d
      1) "k"
      2) "d"
      > COMMAND GETKEYS GEORADIUS k 1 1 1 m STORE d STOREDIST e
      1) "k"
      2) "d"
      3) "e"
      > COMMAND GETKEYS GEORADIUS k 1 1 1 m STOREDIST d STORE e
      1) "k"
      2) "e"
      3) "d"
      > COMMAND GETKEYS GEORADIUS k 1 1 1 m STORE d STORE e
      1) "k"
      2) "d"
      > COMMAND GETKEYS GEORADIUSBYMEMBER k m 1 m STOREDIST d
      1) "k"
      2) "d"
      > COMMAND GETKEYSANDFLAGS GEORADIUSBYMEMBER k m 1 m STORE d
      1) 1) "k"
         2) 1~ RO
            2~ access
      2) 1) "d"
         2) 1~ OW
            2~ update
    `,
    { protocol: 3 },
  ));
