// Purpose: client-side caching: what clients are told of keys that change, byte by byte, among the
// replies that they get, as Redis does it. A case is steps: who sends which lines at once; `@name`
// in a line is the number of that client.

import { afterAll, afterEach, beforeAll, describe, expect, test } from "bun:test";
import { redisBinary, type Server, startRedis, startServer } from "../../client/server.ts";
import { WireClient } from "../pubsub/wire_client.ts";

type Step = readonly [who: string, ...lines: string[]];

/** After so long nothing more comes of Redis. */
const QUIET_MS = 25;
/** In place of who sends something: nothing is sent for so long. */
const PAUSE = "pause";
const PAUSE_MS = 150;

const THREE = "HELLO 3";
const ON = "CLIENT TRACKING on";
const OFF = "CLIENT TRACKING off";
const INFO = "CLIENT TRACKINGINFO";
const READ_AND_WRITE = `"redis.call('set',KEYS[1],2);return redis.call('get',KEYS[1])"`;

const CASES: Readonly<Record<string, readonly Step[]>> = {
  "a key that was read is told once, after the reply to who has changed it": [
    ["a", THREE, ON],
    ["b", "SET k 1"],
    ["a", "GET k"],
    ["b", "SET k 2", "SET k 3"],
    ["a", "GET k", "SET k 4", "PING"],
    ["a", "MGET k j", "DEL j k", "PING"],
    ["a", "GET k"],
    ["b", "SET k 1"],
  ],
  "RESP2 is told nothing without another client": [
    ["a", ON, "GET k"],
    ["b", "SET k 1"],
    ["a", "SET k 2", THREE, "GET k", "SET k 3"],
  ],
  "several clients are told of one key, and of its name in any database": [
    ["a", THREE, ON, "MGET x y z"],
    ["b", THREE, ON, "SELECT 3", "MGET x y z"],
    ["c", "MSET z 1 y 2 x 3"],
    ["a", "MGET x y z"],
    ["b", "MGET x y z", "DEL z x y"],
    ["a", "MGET x y z"],
    ["b", "SWAPDB 0 3", "SET x 1", "MOVE x 0", "SET y 1", "RENAME y z"],
  ],
  "who has it off is not told, though it is turned on again": [
    ["a", THREE, ON, "GET x", OFF],
    ["b", "SET x 1"],
    ["a", ON, "GET x", OFF, ON],
    ["b", "SET x 1"],
    ["a", "GET x", OFF, "CLIENT TRACKING on BCAST PREFIX q"],
    ["b", "SET x 1"],
    ["a", "RESET", THREE, "GET x"],
    ["b", "SET x 1"],
  ],
  "a transaction is told after its reply": [
    ["a", THREE, ON],
    ["b", "MSET x 1 y 2"],
    ["a", "MGET x y", "MULTI", "INCR x", "GET x", "INCR y", "GET none", "EXEC", "PING"],
    ["b", "INCR x", "SET none 1"],
    ["a", "MULTI", "FLUSHDB", "GET x", "EXEC", "PING"],
    ["b", "SET x 1"],
    ["c", THREE, "MULTI", ON, "GET x", "SET x 2", "EXEC", "MULTI", OFF, "GET x", "EXEC"],
  ],
  NOLOOP: [
    ["a", THREE, "CLIENT TRACKING on NOLOOP"],
    ["a", "GET k", "SET k 4", "PING", "GET k"],
    ["b", "SET k 1"],
    ["a", `EVAL ${READ_AND_WRITE} 1 k`],
    ["b", "SET k 1"],
    ["a", OFF, "CLIENT TRACKING on BCAST NOLOOP", "MSET k 1 j 1"],
    ["b", "MSET k 1 i 1"],
    ["a", "MULTI", "SET k 1", "EXEC", `EVAL ${READ_AND_WRITE} 1 k`],
  ],
  "BCAST tells of prefixes, at once for all that was done at once": [
    ["a", THREE, "CLIENT TRACKING on BCAST PREFIX b: PREFIX a"],
    ["b", "MSET b:2 1 b:1 1 a 1 aa 1 c 1", "PING"],
    ["b", "DEL b:2 b:1", "SET a 2", "PING"],
    ["a", "SET b:9 1", "SET a 1", "PING", INFO],
    ["a", "CLIENT TRACKING on BCAST", INFO, "CLIENT TRACKING on BCAST PREFIX c:", INFO],
    ["b", "SET b:1 1"],
    ["b", "FLUSHALL"],
    ["a", OFF, INFO, "SET a 1"],
  ],
  "OPTIN follows the command, or transaction, after CLIENT CACHING": [
    ["a", THREE, "CLIENT TRACKING on OPTIN", "GET k"],
    ["b", "SET k 1"],
    ["a", "CLIENT CACHING yes", INFO, "CLIENT GETNAME", "GET k", "GET j"],
    ["b", "MSET k 1 j 1"],
    ["a", "CLIENT CACHING yes", "MULTI", "GET k", "GET j", "EXEC", "GET z"],
    ["b", "MSET k 1 j 1 z 1"],
    ["a", "MULTI", "CLIENT CACHING yes", "GET k", "EXEC", INFO],
    ["b", "SET k 1"],
    [
      "a",
      "CLIENT CACHING yes",
      "CLIENT nothing",
      INFO,
      "CLIENT CACHING yes",
      "CLIENT CACHING",
      INFO,
    ],
    ["a", "CLIENT CACHING yes", "nothing", INFO, "CLIENT CACHING yes", "GET", INFO],
    ["a", "CLIENT CACHING no", "CLIENT CACHING maybe", "CLIENT TRACKING on OPTOUT"],
  ],
  "OPTOUT follows all but what comes after CLIENT CACHING": [
    ["a", THREE, "CLIENT TRACKING on OPTOUT", "CLIENT CACHING no", INFO, "GET k", "GET j"],
    ["b", "MSET k 1 j 1"],
    ["a", "CLIENT CACHING yes", "CLIENT CACHING no", "CLIENT TRACKING on OPTOUT NOLOOP", INFO],
    ["a", "CLIENT TRACKING on OPTIN", OFF, "CLIENT CACHING no"],
  ],
  "what cannot be": [
    ["b", "PING"],
    ["a", "CLIENT TRACKING foo", `${ON} FOO`, "CLIENT TRACKING foo BCAST REDIRECT 999999"],
    ["a", `${ON} REDIRECT`, `${ON} REDIRECT x`, `${ON} REDIRECT 0`, `${ON} REDIRECT -1`],
    ["a", `${ON} REDIRECT @b REDIRECT @b`, `${ON} PREFIX x`, `${ON} BCAST PREFIX`],
    ["a", `${ON} BCAST OPTIN`, `${ON} OPTIN OPTOUT`, `${ON} BCAST PREFIX foo PREFIX foobar`],
    ["a", `${ON} BCAST PREFIX foobar PREFIX foo`, `${ON} BCAST PREFIX foo PREFIX foo`],
    ["a", `${ON} BCAST PREFIX foo`, `${ON} BCAST PREFIX bar PREFIX fo`, INFO, ON],
    ["a", `${ON} BCAST PREFIX foo`, `${OFF} BCAST PREFIX x REDIRECT @b`, INFO, "CLIENT GETREDIR"],
    ["a", "CLIENT TRACKING", "CLIENT CACHING yes", "CLIENT CACHING", `${INFO} x`],
    ["a", `${ON} REDIRECT @b`, INFO, ON, "CLIENT GETREDIR", "CLIENT GETREDIR x", "RESET", INFO],
    ["a", `${ON} BCAST PREFIX "a\\r\\nb" PREFIX a`, `${ON} BCAST PREFIX "\\x00" PREFIX "\\x00b"`],
  ],
  "REDIRECT to a client that speaks RESP3": [
    ["b", THREE],
    ["a", `${ON} REDIRECT @b`, "GET k"],
    ["c", "SET k 2"],
    ["a", "GET k", "SET k 4", "PING", "GET k", INFO],
    ["a", "MULTI", "SET k 5", "FLUSHALL", "EXEC"],
    ["b", "QUIT"],
    ["c", "SET k 1"],
    ["a", "GET k"],
    ["c", "SET k 1"],
    ["a", INFO, ON, INFO],
  ],
  "who speaks RESP3 is told that the client to tell is gone": [
    ["b", THREE],
    ["a", THREE, `${ON} REDIRECT @b`, "GET k"],
    ["b", "QUIT"],
    ["a", "SET k 1", "PING", INFO],
  ],
  "REDIRECT to a subscriber that speaks RESP2": [
    ["b", "SUBSCRIBE x"],
    ["a", `${ON} REDIRECT @b`, "GET k"],
    ["c", "SET k 2"],
    ["a", "GET k", "SET k 4", "PING"],
    ["c", "FLUSHALL"],
    ["a", THREE, "FLUSHALL"],
    ["b", "UNSUBSCRIBE"],
    ["a", "GET k"],
    ["c", "SET k 1"],
    ["b", "SSUBSCRIBE y"],
    ["a", "GET k"],
    ["c", "SET k 1"],
    ["b", "SUNSUBSCRIBE", "PSUBSCRIBE __redis__*"],
    ["a", "GET k"],
    ["c", "SET k 1"],
    ["b", THREE],
    ["a", OFF, `${ON} BCAST REDIRECT @b PREFIX k PREFIX j`],
    ["c", "MSET k 1 j 1 k2 2"],
  ],
  "REDIRECT to oneself": [
    ["a", THREE, `${ON} REDIRECT @a`, "GET k"],
    ["a", "SET k 1", "PING", "GET k", "MULTI", "SET k 2", "PING", "EXEC"],
  ],
  "REDIRECT to the client that writes": [
    ["a", THREE, "MSET k 1 z 1"],
    ["b", THREE, `${ON} REDIRECT @a`, "MGET k z", "LRANGE l 0 -1"],
    ["a", "SET k 1", "RPUSH l 1 2 3", "PING"],
    ["b", "MGET k z", "LRANGE l 0 -1"],
    ["a", "MULTI", "LPOP l", "GET k", "SET k 2", "SET z 3", "PING", "EXEC", "PING"],
    ["b", "MGET k z", "LRANGE l 0 -1"],
    ["a", "DEL k", "LPOP l 2", "SETEX z 1000 v", "PING"],
    ["b", "GET k"],
    ["a", "FLUSHALL", "PING"],
    ["a", "RESET", THREE, "PING"],
    ["b", "GET k"],
    ["a", "SET k 1", "PING"],
  ],
  "keys that expire": [
    ["c", "DEBUG SET-ACTIVE-EXPIRE 0"],
    ["a", THREE, ON],
    ["b", THREE, `${ON} BCAST NOLOOP`, "SET k 1 PX 20"],
    ["a", "GET k"],
    [PAUSE],
    ["a", "GET k", "PING"],
    ["c", "SET k 1 PX 20"],
    [PAUSE],
    ["b", "GET k", "PING"],
    ["a", "GET k"],
    ["c", "SET k 1"],
    ["c", "DEBUG SET-ACTIVE-EXPIRE 1", "SET k 1 PX 20"],
    ["a", "GET k"],
    [PAUSE],
    ["a", "PING"],
  ],
  "a script that reads follows the keys that it was given": [
    ["a", THREE, ON, `EVAL "return redis.call('get','x')" 2 k j`],
    ["b", "MSET j 1 k 1 x 1"],
    ["a", `EVAL "return redis.call('set','x',1)" 2 k j`],
    ["b", "MSET j 1 k 1 x 1"],
    ["a", `EVAL_RO "return redis.call('get','x')" 1 k`, `EVAL_RO "return 1" 1 j`],
    ["b", "MSET k 1 j 1"],
    ["a", `EVAL ${READ_AND_WRITE} 1 k`, "PING"],
    ["b", "SET k 2", `EVAL ${READ_AND_WRITE} 1 k`],
    ["a", "GET k"],
    ["b", `EVAL ${READ_AND_WRITE} 1 k`],
    ["a", "MULTI", `EVAL "return redis.call('get','k')" 1 j`, "SET j 1", "EXEC", "PING"],
    ["b", "SET j 2", "SET k 1"],
  ],
  "clients that wait": [
    ["b", "RPUSH l2 x"],
    ["a", THREE, ON, "LRANGE l2 0 -1"],
    ["a", "BLMOVE l1 l2 left left 0"],
    ["b", "RPUSH l1 foo"],
    ["a", "LRANGE l1 0 -1", "BLPOP l1 0"],
    ["b", "RPUSH l1 a"],
    ["a", "XREAD BLOCK 0 STREAMS s $"],
    ["b", "XADD s 1-1 a 1", "XADD s 1-2 a 1"],
    ["a", OFF, `${ON} BCAST NOLOOP`, "BLPOP l1 0"],
    ["b", "RPUSH l1 a"],
    ["a", "BLMOVE l1 l2 left left 0"],
    ["b", "RPUSH l1 foo"],
    ["a", "BZPOPMIN z 0"],
    ["b", "ZADD z 1 a"],
  ],
  "BCAST tells at once what a client does that goes on": [
    ["a", THREE, `${ON} BCAST`],
    ["c", "XREAD BLOCK 0 STREAMS s $", "SET j 1", "BLPOP l 0", "SET i 1"],
    ["b", "XADD s 1-1 f v", "SET k 1"],
    ["b", "RPUSH l 1", "SET k 2"],
  ],
  "BCAST NOLOOP knows who has changed what": [
    ["b", THREE, `${ON} BCAST`],
    ["a", "SET k 1", THREE, `${ON} BCAST NOLOOP`, "SET j 1"],
    ["a", "BLMPOP 0 2 l m RIGHT COUNT 2"],
    ["c", "RPUSH l 1 22"],
    ["a", "BLMOVE l l LEFT RIGHT 0"],
    ["c", "RPUSH l 1 22"],
  ],
  "CLIENT REPLY holds nothing back": [
    ["a", THREE, ON, "GET k", "CLIENT REPLY off"],
    ["b", "SET k 2"],
    ["a", "GET k"],
    ["b", "SET k 3"],
    ["a", "GET k", "SET k 2"],
    ["a", "CLIENT REPLY on", "GET k", "CLIENT REPLY skip", "SET k 3", "PING"],
  ],
  "which commands read": [
    ["a", THREE, ON, "EXISTS k1 k2", "TOUCH k3", "OBJECT ENCODING k4", "TYPE k5", "DUMP k6"],
    ["a", "MEMORY USAGE k7", "TTL k8", "SORT_RO k9 BY w* GET g*", "LCS k10 k11", "PFCOUNT k12"],
    ["a", "SINTERCARD 2 k13 k14", "ZUNION 1 k15", "GETRANGE k16 0 1", "XRANGE k17 - +", "KEYS *"],
    ["a", "BITFIELD_RO k18 GET u8 0", "BITFIELD k19 GET u8 0", "SORT k20", "GETDEL k21"],
    ["a", "GETEX k22", "XREAD STREAMS k23 0", "XPENDING k24 g", "GEORADIUS k25 0 0 1 m"],
    ["a", "GEORADIUS_RO k26 0 0 1 m", "WATCH k27", "SINTERCARD abc k28", "SINTERCARD 3 k29 k30"],
    ["a", "DEBUG OBJECT k31", "ZDIFF 2 k32 k33", "MEMORY USAGE", "XINFO STREAM k34", "LPOS k35 a"],
    ["b", `MSET${Array.from({ length: 35 }, (_, i) => ` k${i + 1} 1`).join("")}`],
  ],
  "INFO and CLIENT": [
    ["b", THREE],
    ["a", THREE, ON, "MGET k1 k2"],
    ["b", `${ON} NOLOOP REDIRECT @a`, "MGET k2 k3"],
    ["c", `${ON} BCAST PREFIX x PREFIX y`, "INFO stats", "INFO clients", "CLIENT INFO"],
    ["a", "CLIENT INFO"],
    ["b", "CLIENT INFO"],
    ["c", "SET k2 1", "INFO stats"],
    ["c", "FLUSHALL ASYNC", OFF, "INFO stats", "INFO clients", "CLIENT INFO"],
    ["a", "QUIT"],
    ["b", "SET k2 1", "CLIENT INFO", "GET k2", "SET k2 1", INFO],
    ["c", "INFO clients"],
  ],
};

const FIELDS = ["tracking_clients", "tracking_total_keys", "tracking_total_items"];

/** Without what is by chance, or of a time; numbers of clients by their names. */
function masked(got: string, ids: ReadonlyMap<string, string>): string {
  let shown = got.replace(/\|\$2\|id\|:\d+/g, "|$2|id|:0");
  shown = shown.replace(/[=$]\d+\|(?:txt:)?# .*?\|\|/g, (section) =>
    FIELDS.map((name) => new RegExp(`${name}:\\d+`).exec(section)?.[0] ?? "").join(" "),
  );
  shown = shown.replace(/[=$]\d+\|(?:txt:)?id=.*?( flags=\w+).*?( redir=-?\d+).*?\n\|/g, "$1$2|");
  for (const [name, id] of ids) {
    shown = shown.replaceAll(
      new RegExp(`(redirect\\||broken\\|:|redir=)(:?)${id}\\|`, "g"),
      `$1$2@${name}|`,
    );
  }
  return shown;
}

/** One server's side of a case. */
class Side {
  readonly clients = new Map<string, WireClient>();
  private readonly ids = new Map<string, string>();
  private readonly port: number;

  constructor(port: number) {
    this.port = port;
  }

  async open(who: string): Promise<void> {
    if (this.clients.has(who)) return;
    const client = await WireClient.open(this.port);
    client.send(["CLIENT ID"]);
    await client.reach(3);
    this.ids.set(who, client.got.slice(1, -1));
    client.got = "";
    this.clients.set(who, client);
  }

  send(who: string, lines: readonly string[]): void {
    const numbered = lines.map((line) =>
      line.replace(/@(\w)/g, (_, name: string) => this.ids.get(name) as string),
    );
    this.clients.get(who)?.send(numbered);
  }

  shown(who: string): string {
    return masked(this.clients.get(who)?.got ?? "", this.ids);
  }

  close(): void {
    for (const client of this.clients.values()) client.close();
  }
}

describe.skipIf(redisBinary() === null)("as from Redis", () => {
  let rusk: Server;
  let redis: Server;
  beforeAll(async () => {
    const args = ["--enable-debug-command", "yes"];
    [rusk, redis] = await Promise.all([startServer({ args }), startRedis({ args })]);
  });
  afterAll(() => Promise.all([rusk.stop(), redis.stop()]));

  async function step(own: Side, theirs: Side, [who, ...lines]: Step): Promise<void> {
    if (who === PAUSE) {
      await Bun.sleep(PAUSE_MS);
      return;
    }
    for (const side of [own, theirs]) side.send(who, lines);
    await Promise.all([...theirs.clients.values()].map((client) => client.quiet(QUIET_MS)));
    for (let left = 40; left > 0; left--) {
      if ([...own.clients.keys()].every((name) => own.shown(name) === theirs.shown(name))) return;
      await Bun.sleep(QUIET_MS);
    }
  }

  for (const [name, steps] of Object.entries(CASES)) {
    test(name, async () => {
      const own = new Side(rusk.port);
      const theirs = new Side(redis.port);
      for (const side of [own, theirs]) {
        for (const [who] of steps) if (who !== PAUSE) await side.open(who);
        await side.open("z");
        side.send("z", ["FLUSHALL"]);
      }
      for (const one of steps) {
        await step(own, theirs, one);
        for (const who of own.clients.keys()) {
          expect(`${one.join(" ")}: ${own.shown(who)}`).toBe(
            `${one.join(" ")}: ${theirs.shown(who)}`,
          );
        }
      }
      own.close();
      theirs.close();
    });
  }
});

describe("on Rusk", () => {
  let rusk: Server;
  beforeAll(async () => {
    rusk = await startServer({ args: ["--enable-debug-command", "yes"] });
  });
  afterAll(() => rusk.stop());

  const opened: WireClient[] = [];
  async function open(...lines: string[]): Promise<WireClient> {
    const client = await WireClient.open(rusk.port);
    opened.push(client);
    await ask(client, "CLIENT ID");
    for (const line of lines) await ask(client, line);
    return client;
  }
  /** What comes for lines that are sent at once, and until nothing more does. */
  async function ask(client: WireClient, ...lines: string[]): Promise<string> {
    client.got = "";
    client.send(lines);
    await client.reach(1);
    await client.quiet(QUIET_MS);
    return client.got;
  }
  afterEach(() => {
    for (const client of opened.splice(0)) client.close();
  });

  const invalidated = (name: string) => `>2|$10|invalidate|*1|$${name.length}|${name}|`;

  test("CLIENT GETREDIR tells who is told", async () => {
    const [one, other] = [await open(), await open()];
    const id = (await ask(other, "CLIENT ID")).slice(1, -1);
    expect(await ask(one, `${ON} REDIRECT ${id}`, "CLIENT GETREDIR")).toBe(`+OK|:${id}|`);
  });

  test("tracking-table-max-keys: what is forgotten is told", async () => {
    const reader = await open(THREE, "CLIENT TRACKING on NOLOOP");
    const other = await open("FLUSHALL", "CONFIG SET tracking-table-max-keys 2");
    expect(await ask(reader, "GET a", "GET b")).toBe("_|_|");
    const got = await ask(reader, "GET c", "PING");
    expect(got).toMatch(/^_\|>2\|\$10\|invalidate\|\*1\|\$1\|[abc]\|\+PONG\|$/);
    expect(await ask(reader, "CONFIG SET tracking-table-max-keys 1")).toMatch(
      /^\+OK\|>2\|\$10\|invalidate\|\*1\|\$1\|[abc]\|$/,
    );
    expect(await ask(other, "INFO stats")).toContain("tracking_total_keys:1|");
    await ask(other, "CONFIG SET tracking-table-max-keys 0");
    const names = Array.from({ length: 1000 }, (_, i) => `key:${i}`);
    await ask(reader, `MGET ${names.join(" ")}`);
    expect(await ask(other, "INFO stats")).toContain("tracking_total_keys:1001|");
    reader.got = "";
    other.send(["CONFIG SET tracking-table-max-keys 100"]);
    for (let left = 100; left > 0 && reader.got.split("invalidate").length < 902; left--) {
      await Bun.sleep(50);
    }
    expect(reader.got.split("invalidate").length).toBe(902);
    await ask(other, "CONFIG SET tracking-table-max-keys 1000000");
  });

  test("hundreds of clients that have read one key are all told, once", async () => {
    const writer = await open();
    const readers = await Promise.all(
      Array.from({ length: 300 }, () => open(THREE, ON, "GET many")),
    );
    for (const reader of readers) reader.got = "";
    await ask(writer, "SET many 1", "SET many 2");
    for (const reader of readers) {
      await reader.reach(1);
      expect(reader.got).toBe(invalidated("many"));
    }
  });

  test("keys with any bytes, and long ones", async () => {
    const reader = await open(THREE, ON);
    const watcher = await open(THREE, `${ON} BCAST PREFIX "\\xff"`);
    const writer = await open();
    const long = `\\xff${"x".repeat(10_000)}`;
    await ask(reader, `MGET "\\x00\\r\\n\\xff" "${long}" ""`);
    reader.got = "";
    watcher.got = "";
    await ask(writer, `MSET "\\x00\\r\\n\\xff" 1 "${long}" 2 "" 3`);
    const shown = `\xff${"x".repeat(10_000)}`;
    const first = invalidated("\x00|\xff").replace("$3", "$4");
    const expected = first + invalidated(shown) + invalidated("");
    await reader.reach(expected.length);
    expect(reader.got).toBe(expected);
    await watcher.reach(shown.length);
    expect(watcher.got).toBe(invalidated(shown));
  });
});
