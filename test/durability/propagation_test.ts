// Purpose: what commands tell the append-only log. The same commands are sent to Rusk and to the
// real Redis, whose logs must hold the same, command by command: random commands of all kinds, and
// scenes of clients that wait, of transactions, databases and times that are over. What Redis 7.0
// has not is held to its form here. A server that loads the log has the data of the one that wrote
// it. PROPAGATION_COMMANDS and SEED make the random part longer, or another.

import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { cpSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { connect } from "../client/client.ts";
import { plain, type Word } from "../client/resp.ts";
import {
  redisBinary,
  type Server,
  type ServerOptions,
  startRedis,
  startServer,
} from "../client/server.ts";
import { until } from "../client/until.ts";
import { type Command, readGrammar } from "../fuzz/grammar.ts";
import { policyOf } from "../fuzz/policies.ts";
import { Random } from "../fuzz/random.ts";
import { type CommandStep, generate } from "../fuzz/sequence.ts";
import { blockOption } from "../fuzz/stream_words.ts";
import { KINDS } from "../persistence/plans.ts";
import { LogTail } from "../server/log_tail.ts";
import { LOG_ARGS, Twins } from "../server/twins.ts";

/** What redis-server of this version has not, or does not tell: each command, and what it tells. */
const LATER: readonly (readonly [command: string, ...told: string[]])[] = [
  ["HSET h a 1 b 2 c 3 d 4", "HSET h a 1 b 2 c 3 d 4"],
  ["HEXPIRE h 100 FIELDS 2 a nosuch", "HPEXPIREAT h TIME FIELDS 2 a nosuch"],
  ["HEXPIRE h 100 NX FIELDS 2 a b", "HPEXPIREAT h TIME NX FIELDS 2 a b"],
  ["HEXPIRE h 100 XX FIELDS 1 c"],
  ["HPEXPIRE h 99999 FIELDS 1 d", "HPEXPIREAT h TIME FIELDS 1 d"],
  ["HEXPIREAT h 9000000000 FIELDS 1 d", "HPEXPIREAT h 9000000000000 FIELDS 1 d"],
  ["hpexpireat h 9000000000000 XX FIELDS 2 a c", "hpexpireat h 9000000000000 XX FIELDS 2 a c"],
  ["HPEXPIREAT h 1 FIELDS 2 a c", "MULTI", "HDEL h a", "HDEL h c", "EXEC"],
  ["HGETEX h EX 100 FIELDS 2 b c", "HPEXPIREAT h TIME FIELDS 2 b c"],
  ["HGETEX h PERSIST FIELDS 2 b c", "HPERSIST h FIELDS 2 b c"],
  ["HGETEX h PERSIST FIELDS 2 b c"],
  ["HGETEX h PXAT 1 FIELDS 2 b c", "HDEL h b"],
  ["HGETEX h FIELDS 1 d"],
  ["HSETEX h FNX EX 100 FIELDS 2 x 1 y 2", "HSETEX h PXAT TIME FIELDS 2 x 1 y 2"],
  ["HSETEX h FNX EX 100 FIELDS 2 x 1 y 2"],
  ["HSETEX h FXX KEEPTTL FIELDS 1 x 5", "HSETEX h FXX KEEPTTL FIELDS 1 x 5"],
  ["HSETEX h PXAT 1 FIELDS 2 x 1 y 2", "MULTI", "HDEL h x", "HDEL h y", "EXEC"],
  ["HPERSIST h FIELDS 2 d nosuch", "HPERSIST h FIELDS 2 d nosuch"],
  ["HGETDEL h FIELDS 2 d nosuch", "HDEL h d nosuch"],
  ["HGETDEL h FIELDS 1 d"],
  ["HSET h a 1 b 2", "HSET h a 1 b 2"],
  ["HPEXPIRE h 1 FIELDS 2 a b", "HPEXPIREAT h TIME FIELDS 2 a b"],
  ["PING", "MULTI", "HDEL h a", "HDEL h b", "EXEC"],
  ["HSET h a 1 b 2", "HSET h a 1 b 2"],
  ["HEXPIRE h 100 FIELDS 1 b", "HPEXPIREAT h TIME FIELDS 1 b"],
  ["MSETEX 2 k v l w NX EX 100", "MSETEX 2 k v l w PXAT TIME"],
  ["MSETEX 1 k v KEEPTTL", "MSETEX 1 k v KEEPTTL"],
  ["DELEX k IFEQ w"],
  ["DELEX k IFEQ v", "DEL k"],
  ["SET l q IFEQ w GET", "SET l q IFEQ w"],
  ["SET l z IFNE get GET", "SET l z IFNE get"],
  ["SET l y IFEQ z EX 100", "SET l y PXAT TIME"],
  ["XADD s 1-1 a b", "XADD s 1-1 a b"],
  ["XADD s 2-1 a b", "XADD s 2-1 a b"],
  ["XGROUP CREATE s g 0", "XGROUP CREATE s g 0"],
  [
    "XREADGROUP GROUP g c COUNT 1 STREAMS s >",
    "XCLAIM s g c 0 1-1 TIME TIME RETRYCOUNT 1 FORCE JUSTID LASTID 1-1",
  ],
  [
    "XREADGROUP GROUP g d CLAIM 0 STREAMS s >",
    "MULTI",
    "XCLAIM s g d 0 1-1 TIME TIME RETRYCOUNT 2 FORCE JUSTID LASTID 1-1",
    "XCLAIM s g d 0 2-1 TIME TIME RETRYCOUNT 1 FORCE JUSTID LASTID 2-1",
    "EXEC",
  ],
  ["XDELEX s KEEPREF IDS 1 1-1", "XDELEX s KEEPREF IDS 1 1-1"],
  ["XREADGROUP GROUP g d CLAIM 99999 STREAMS s >"],
  ["XACKDEL s g DELREF IDS 2 1-1 2-1", "XACKDEL s g DELREF IDS 2 1-1 2-1"],
  ["XACKDEL s g DELREF IDS 2 1-1 2-1"],
  ["BITFIELD b OVERFLOW FAIL SET u8 8 300", "BITFIELD b OVERFLOW FAIL SET u8 8 300"],
  ["BITFIELD b OVERFLOW FAIL SET u8 8 300"],
];

const COMMANDS = Number(process.env.PROPAGATION_COMMANDS ?? 4000);
const SEED = Number(process.env.SEED ?? Math.floor(Math.random() * 2 ** 32));
const LENGTH = 200;
const LIMIT_MS = 600_000;
/** What is to expire within 2 ms has done so then. */
const EXPIRY_WAIT_MS = 8;

/** A BITFIELD whose writes all fail, and which lengthens the string nonetheless. */
function mayTellMore({ args }: CommandStep): boolean {
  return /^bitfield$/i.test(args[0] ?? "") && args.some((word) => /^fail$/i.test(word));
}

function mayWait({ args }: CommandStep): boolean {
  const { blocks = false } = policyOf(args[0]?.toLowerCase() ?? "");
  return blocks === "option" ? blockOption(args) !== undefined : blocks;
}

/** The step's command, and what prepares it and brings both together again after it. */
function withCompany({ args }: CommandStep): string[][] {
  const { prepare, settle } = policyOf(args[0]?.toLowerCase() ?? "");
  const all = [prepare?.(args) ?? null, args, settle?.(args) ?? null];
  return all.filter((words) => words !== null).map((words) => [...words]);
}

/** Whether it gives a key a time that is over: a SCAN that comes to that key removes it. */
function givesPast(args: readonly string[]): boolean {
  const at = args.findIndex((word) => /^(pxat|exat)$/i.test(word));
  const isNamed = /^p?expireat$/i.test(args[0] ?? "");
  const isInMs = /^p/i.test(at < 0 ? (args[0] ?? "") : args[at]);
  const time = Number(args[at < 0 ? 2 : at + 1]) * (isInMs ? 1 : 1000);
  return (isNamed || at >= 0) && time <= Date.now();
}

async function runSteps(twins: Twins, steps: readonly CommandStep[]): Promise<string[]> {
  const found: string[] = [];
  for (const step of steps) {
    if (twins.isWaiting(step.connection)) continue;
    if (step.expires || givesPast(step.args)) for (const word of step.args) twins.over.add(word);
    for (const args of withCompany(step)) {
      await twins.send(step.connection, args, mayWait({ ...step, args }));
      found.push(...(await twins.differences(args)));
      if (twins.isWaiting(step.connection)) break;
    }
    if (step.expires) await Bun.sleep(EXPIRY_WAIT_MS);
  }
  return found;
}

/** Lines are `connection command`, with `?` after a connection whose command waits. */
const SCENES: Readonly<Record<string, readonly string[]>> = {
  "clients that waited are served": [
    ...["1? BLPOP a b 0", "2? BRPOP b 0", "3? BLMPOP 0 2 a b RIGHT COUNT 3", "0 RPUSH a 1 2 3 4 5"],
    ...["0 RPUSH b 1 2", "1? BLMOVE a d LEFT RIGHT 0", "2? BRPOPLPUSH a d 0", "0 RPUSH a 7 8 9"],
    ...["0 DEL a b d", "1? BLMOVE a a LEFT RIGHT 0", "0 LPUSH a x y", "1? BZPOPMIN z y 0"],
    ...["2? BZMPOP 0 1 z MAX COUNT 2", "0 ZADD z 1 a 2 b 3 c 4 d", "1? BZPOPMAX y 0"],
    ...["0 ZUNIONSTORE y 1 z", "0 DEL a", "1? BLPOP a 0", "0 LPUSH o 1", "0 RENAME o a"],
    ...["1? BLMOVE a s LEFT LEFT 0", "0 SET s v", "0 RPUSH a 1"],
  ],
  "who waited is served after the transaction": [
    ...["1? BLPOP a 0", "2? BLPOP a 0", "3? BLPOP b 0", "0 MULTI", "0 RPUSH a 1 2 3", "0 LPOP a"],
    ...["0 SELECT 1", "0 SET k v", "0 SELECT 0", "0 RPUSH b 1", "0 EXEC", "0 LLEN a"],
  ],
  "what is served serves others": [
    ...[
      "1? BLMOVE a b LEFT RIGHT 0",
      "2? BLMOVE b c LEFT RIGHT 0",
      "3? BLPOP c 0",
      "0 RPUSH a 1 2",
    ],
  ],
  "readers of groups": [
    ...["0 XGROUP CREATE s g $ MKSTREAM", "1? XREADGROUP GROUP g ann BLOCK 0 STREAMS s >"],
    ...["2? XREADGROUP GROUP g bob BLOCK 0 NOACK STREAMS s >", "0 XADD s 1-1 a b"],
    ...[
      "0 XADD s 2-1 a b",
      "0 XADD s MAXLEN ~ 1 LIMIT 5 3-* a b",
      "0 XREADGROUP GROUP g ann STREAMS s 0",
    ],
    ...["0 XREADGROUP GROUP g cid COUNT 1 STREAMS s >", "0 XREADGROUP GROUP g dan STREAMS s >"],
    ...["0 XREADGROUP GROUP g eve NOACK STREAMS s >", "0 XREADGROUP GROUP g eve STREAMS s 0"],
    ...["0 XADD s 9-1 a b", "0 XREADGROUP GROUP g fay NOACK STREAMS s >", "0 XDEL s 1-1"],
    ...[
      "0 XCLAIM s g bob 0 1-1 2-1 LASTID 10-1",
      "0 XCLAIM s g bob 0 2-1 JUSTID",
      "0 XACK s g 2-1 3-0",
    ],
    ...[
      "0 XAUTOCLAIM s g ann 0 0",
      "0 XCLAIM s g ann 0 5-5 LASTID 11-1",
      "0 XGROUP SETID s g 2-1 ENTRIESREAD 2",
    ],
    ...[
      "0 XGROUP CREATECONSUMER s g hal",
      "0 XGROUP CREATECONSUMER s g hal",
      "0 XGROUP DELCONSUMER s g bob",
    ],
    ...[
      "0 XSETID s 20-1 ENTRIESADDED 9 MAXDELETEDID 2-1",
      "0 XTRIM s MAXLEN ~ 0",
      "0 XTRIM s MINID = 9",
    ],
    ...[
      "0 XADD s NOMKSTREAM * a b",
      "0 XADD t NOMKSTREAM * a b",
      "0 XGROUP DESTROY s g",
      "0 XGROUP DESTROY s g",
    ],
  ],
  transactions: [
    ...["0 MULTI", "0 SET a 1", "0 EXEC", "0 MULTI", "0 GET a", "0 EXEC", "0 MULTI", "0 EXEC"],
    ...["0 MULTI", "0 SELECT 3", "0 SET a 1 EX 100", "0 SELECT 4", "0 GET a", "0 INCR n", "0 EXEC"],
    ...[
      "0 INCR n",
      "0 WATCH n",
      "1 SET n 5",
      "0 SELECT 0",
      "0 MULTI",
      "0 INCR n",
      "0 EXEC",
      "0 MULTI",
    ],
    ...[
      "0 LPUSH n x",
      "0 SADD s a b",
      "0 SPOP s 5",
      "0 SETNX n 1",
      "0 EXEC",
      "0 MULTI",
      "0 SADD s a b c d e f",
    ],
    ...[
      "0 EXEC",
      "0 MULTI",
      "0 SPOP s 2",
      "0 GETEX n PERSIST",
      "0 EXEC",
      "0 MULTI",
      "0 SET a",
      "0 EXEC",
    ],
  ],
  times: [
    ...[
      "0 SET k v EX 100",
      "0 SET k v KEEPTTL",
      "0 SET k v PX 90000 GET",
      "0 SET k w GET",
      "0 SET k v XX GET",
    ],
    ...[
      "0 SET k v NX GET",
      "0 SET k v NX",
      "0 SET k v EXAT 99999999999",
      "0 SET k v GET PXAT 99999999999999",
    ],
    ...[
      "0 SETEX k 100 v",
      "0 PSETEX k 99999 v",
      "0 GETEX k EX 100",
      "0 GETEX k PERSIST",
      "0 GETEX k PERSIST",
    ],
    ...[
      "0 GETEX k EXAT 99999999999",
      "0 GETEX k",
      "0 EXPIRE k 100 NX",
      "0 EXPIRE k 99 XX",
      "0 EXPIRE k 9 GT",
    ],
    ...[
      "0 PEXPIRE k 99999 LT",
      "0 EXPIREAT k 99999999999 GT",
      "0 pexpireat k 99999999999999",
      "0 PERSIST k",
    ],
    ...[
      "0 PERSIST k",
      "0 GETEX k PXAT 1",
      "0 SET k v",
      "0 EXPIRE k -1",
      "0 SET k v",
      "0 PEXPIREAT k 1",
    ],
    ...[
      "0 SET k v",
      "0 EXPIREAT k 1 NX",
      "0 SET k v",
      "0 SET k w PXAT 1",
      "0 GET k",
      "0 GETSET k v",
    ],
    ...[
      "0 GETDEL k",
      "0 GETDEL k",
      "0 INCRBYFLOAT f 1.5",
      "0 HINCRBYFLOAT h f 1.5",
      "0 HINCRBY h n 5",
    ],
  ],
  "keys that are over": [
    ...[
      "0 SET k v PX 1",
      "0 SET l v PX 1",
      "0 SET m v PX 1",
      "0 SADD s a",
      "0 PEXPIRE s 1",
      "0 GET nosuch",
    ],
    ...["0 PING", "0 GET k", "0 SET l w", "0 MULTI", "0 EXISTS m", "0 SADD s b", "0 EXEC"],
    ...[
      "0 SET k v PX 1",
      "0 CONFIG SET lazyfree-lazy-expire yes",
      "0 PING",
      "0 GET k",
      "0 SET k v",
    ],
    ...["0 EXPIRE k -1", "0 SET k v", "0 GETEX k PXAT 1", "0 CONFIG SET lazyfree-lazy-expire no"],
    // A result of nothing takes the place of what is there, over or not.
    ...[
      "SINTERSTORE k no n",
      "ZUNIONSTORE k 1 no",
      "GEOSEARCHSTORE k no BYRADIUS 1 m FROMLONLAT 1 1",
    ]
      .concat("BITOP OR k no n", "SORT no STORE k", "ZRANGESTORE k no 0 1", "SDIFFSTORE k no")
      .flatMap((store) => ["0 SET k v PX 1", "0 PING", `0 ${store}`]),
  ],
  "whole keys and databases": [
    ...[
      "0 SET a 1",
      "0 MSETNX a 1 b 2",
      "0 MSETNX b 1 c 2",
      "0 COPY a d DB 2",
      "0 COPY a d REPLACE",
      "0 MOVE b 1",
    ],
    ...[
      "0 MOVE b 1",
      "0 RENAME a e",
      "0 RENAMENX e d",
      "0 SWAPDB 0 1",
      "0 SWAPDB 0 0",
      "0 UNLINK b nosuch",
    ],
    ...[
      "0 DEL nosuch",
      "0 FLUSHDB",
      "0 FLUSHDB",
      "0 SELECT 5",
      "0 FLUSHALL ASYNC",
      "0 FLUSHALL",
      "0 RPUSH l 3 1 2",
    ],
    ...[
      "0 SORT l STORE m",
      "0 SORT l",
      "0 SORT nosuch STORE m",
      "0 SORT nosuch STORE m",
      "0 SADD s 1 2 3",
    ],
    ...[
      "0 SUNIONSTORE t s nosuch",
      "0 SINTERSTORE t s nosuch",
      "0 SINTERSTORE t s nosuch",
      "0 SMOVE s t 2",
    ],
    ...[
      "0 ZADD z 1 a 2 b",
      "0 ZADD z 1 a",
      "0 ZRANGESTORE y z 0 0",
      "0 ZMPOP 1 z MIN COUNT 5",
      "0 LMPOP 1 l LEFT",
    ],
    ...[
      "0 GEOADD g NX 13 38 a 15 37 b",
      "0 GEORADIUS g 15 37 200 km STORE q",
      "0 GEOADD g NX 13 38 a",
    ],
    ...[
      "0 GEOSEARCHSTORE q g FROMLONLAT 15 37 BYRADIUS 1 m STOREDIST",
      "0 PFADD p a b",
      "0 PFADD p a",
    ],
    ...[
      "0 PFCOUNT p",
      "0 PFCOUNT p",
      "0 PFMERGE p p",
      "0 BITOP AND x a nosuch",
      "0 SETBIT b 3 1",
      "0 LPOP l 0",
    ],
  ],
};

/** A score of -0 is 0 after a while spent in a small set, as it may be on the way of loading. */
const textOf = (word: Word) => {
  if (word === "-0") return "0";
  return typeof word === "object" ? Buffer.from(word).toString("latin1") : String(word);
};

/** The reply, as a text. */
async function command(server: Server, ...words: string[]): Promise<string> {
  const client = await server.connect();
  const reply = String(plain(await client.command(...words)));
  client.close();
  return reply;
}

const digestOf = (server: Server) => command(server, "DEBUG", "DIGEST");

/** The digest of another server, which loads a copy of the log of this one. */
async function digestAfter(
  { dir }: Server,
  start: (options: ServerOptions) => Promise<Server>,
): Promise<string> {
  const folder = mkdtempSync(join(tmpdir(), "rusk-log-"));
  cpSync(join(dir, "appendonlydir"), join(folder, "appendonlydir"), { recursive: true });
  const other = await start({ args: [...LOG_ARGS, "--dir", folder] });
  const digest = await digestOf(other);
  await other.stop();
  rmSync(folder, { recursive: true, force: true });
  return digest;
}

/** Values of all kinds, in the databases that commands of chance use as well. */
async function fillAll(twins: Twins): Promise<void> {
  await twins.reset();
  const random = new Random(SEED);
  for (const [index, kind] of KINDS.entries()) {
    await twins.send(0, ["SELECT", String(index % 3)]);
    for (const words of kind.plan(random)) {
      const args = words.map((word) => textOf(word));
      await twins.send(
        0,
        args.map((word, i) => (word === "k" && i < 3 ? `k${index}` : word)),
      );
    }
    expect(await twins.differences(["PLAN", kind.name])).toEqual([]);
  }
}

describe.skipIf(redisBinary() === null)("with the real server", () => {
  let twins: Twins;
  let commands: Command[] = [];

  beforeAll(async () => {
    twins = await Twins.start();
    const [real, tested] = [
      await connect(twins.real.subject.server),
      await connect(twins.tested.subject.server),
    ];
    commands = (await readGrammar(real, tested)).filter(
      ({ name }) => policyOf(name).deny === undefined,
    );
    real.close();
    tested.close();
  }, LIMIT_MS);

  afterAll(async () => {
    await twins?.stop();
  });

  test.each(Object.keys(SCENES))("%s", async (name) => {
    await twins.reset();
    const found: string[] = [];
    for (const line of SCENES[name]) {
      const [connection, ...args] = line.split(" ");
      await twins.send(Number.parseInt(connection, 10), args, connection.endsWith("?"));
      if (args[0] === "PING") await Bun.sleep(EXPIRY_WAIT_MS);
      found.push(...(await twins.differences(args)));
    }
    expect(found).toEqual([]);
  });

  test(
    `${COMMANDS} random commands, seed ${SEED}`,
    async () => {
      const found: string[] = [];
      for (let count = 0, index = 0; count < COMMANDS && found.length < 30; index++) {
        await twins.reset();
        const steps = generate(SEED, index, LENGTH, commands)
          .filter((step) => step.kind === "command")
          .filter((step) => !mayTellMore(step));
        found.push(...(await runSteps(twins, steps)));
        count += steps.length;
      }
      expect(found).toEqual([]);
      expect(twins.toldCount).toBeGreaterThan(COMMANDS / 10);
      const { server } = twins.tested.subject;
      await command(server, "DEBUG", "SET-ACTIVE-EXPIRE", "1");
      // Keys that are over go in their time, on both sides.
      const isSame = async () =>
        (await digestAfter(server, startServer)) === (await digestOf(server));
      for (let left = 50; left > 0 && !(await isSame()); left--) await Bun.sleep(100);
      expect(await digestAfter(server, startServer)).toBe(await digestOf(server));
    },
    LIMIT_MS,
  );

  test("servers that load either log have the data of the one that wrote it", async () => {
    await fillAll(twins);
    const { real, tested } = twins;
    const digest = await digestOf(tested.subject.server);
    expect(await digestOf(real.subject.server)).toBe(digest);
    expect(await digestAfter(real.subject.server, startServer)).toBe(digest);
    expect(await digestAfter(tested.subject.server, startServer)).toBe(digest);
    await command(tested.subject.server, "BGREWRITEAOF");
    await until("the end of the rewriting", async () => {
      const text = await command(tested.subject.server, "INFO", "persistence");
      return text.includes("aof_rewrite_in_progress:0") && text.includes("aof_rewrites:1");
    });
    expect(await digestAfter(tested.subject.server, startServer)).toBe(digest);
    expect(await digestAfter(tested.subject.server, startRedis)).toBe(digest);
  });
});

test("what Redis 7.0 has not", async () => {
  const server = await startServer({ args: LOG_ARGS });
  const client = await server.connect();
  const tail = new LogTail(server);
  await client.command("DEBUG", "SET-ACTIVE-EXPIRE", "0");
  for (const [command, ...told] of LATER) {
    await client.command(...command.split(" "));
    if (command === "PING") {
      await Bun.sleep(EXPIRY_WAIT_MS);
      await client.command("HLEN", "h");
    }
    const now = tail.next().map(({ words }) => words.join(" "));
    const isNow = (word: string) => Math.abs(Number(word) - Date.now() - 50_000) < 100_000;
    const timeless = now.map((text) => text.replace(/\d{13}/g, (ms) => (isNow(ms) ? "TIME" : ms)));
    expect([command, ...timeless]).toEqual([command, ...told]);
  }
  client.close();
  expect(await digestAfter(server, startServer)).toBe(await digestOf(server));
  await server.stop();
});
