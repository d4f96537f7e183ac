/**
 * Purpose: what commands do when memory runs out. A server in this process carries out random
 * commands, and during each of them the arena has nothing left but its reserve from the n-th block
 * on (`failAt`), for every n at which the command is refused for it. A command that is refused must
 * have changed nothing, lost no block, and told the log nothing; one that is not must reply as in a
 * server that has memory, and leave the same data. A third server is fed with what the first tells
 * its log, and has the same data, too.
 */
import * as arena from "../../src/arena/arena.ts";
import { isShortage } from "../../src/arena/shortage.ts";
import type { ChangeCursor } from "../../src/keyspace/change_feed.ts";
import { blocksTo, SnapshotSaver } from "../../src/persistence/snapshot/snapshot_saver.ts";
import { SnapshotWalk } from "../../src/persistence/walk/snapshot_walk.ts";
import * as dict from "../../src/structures/dict.ts";
import * as entry from "../../src/structures/entry.ts";
import * as hashValue from "../../src/values/hash_value.ts";
import * as listValue from "../../src/values/list_value.ts";
import * as setValue from "../../src/values/set_value.ts";
import * as streamValue from "../../src/values/stream_value.ts";
import { thresholds } from "../../src/values/thresholds.ts";
import * as zsetValue from "../../src/values/zset_value.ts";
import type { Client } from "../client/client.ts";
import { parseReply } from "../client/resp.ts";
import { contentsOf } from "../persistence/contents.ts";
import { InnerServer } from "../persistence/inner_server.ts";
import { type Command, readGrammar } from "./grammar.ts";
import { policyOf } from "./policies.ts";
import { Random } from "./random.ts";
import { generate } from "./sequence.ts";

const GROUPS: readonly string[] =
  "string bitmap hash list set sorted-set geo hyperloglog stream generic".split(" ");
/** Of transactions, of which parts may be refused, there is a test of its own. */
const LENGTH = 200;
/** Attempts at one command: no command needs so many blocks aside, of what the fuzzer makes. */
const ATTEMPTS_MAX = 20_000;
const REFUSED = "-OOM ";
/** For `failAt`: memory is short when the command begins. */
const BEFORE = -1;
/** Blocks above this are huge: they are refused, while the reserve holds smaller ones. */
const HUGE_SIZE = arena.SEGMENT_SIZE + 100_000;
/** Values from so few elements on are frozen by a walk. */
const SIZES = { elements: 8, bytes: 400, string: 4200 };

export interface ShortageOptions {
  seed: number;
  /** Attempts at commands in all. */
  cases: number;
  /** Run this sequence of the seed and no other. */
  sequence?: number;
}

export interface ShortageSummary {
  cases: number;
  refused: number;
  /** Commands that were refused at some block, and served at a later one. */
  swept: number;
  /** The names of commands that were refused after they had begun. */
  refusedLate: ReadonlySet<string>;
}

/** Throws on the first thing that is wrong, with the seed, the sequence and the command. */
export async function sweepShortage(options: ShortageOptions): Promise<ShortageSummary> {
  const commands = await grammar();
  const summary = { cases: 0, refused: 0, swept: 0, refusedLate: new Set<string>() };
  const asBefore = { ...thresholds };
  const only = options.sequence;
  for (let index = only ?? 0; !isEnough(summary, options.cases); index++) {
    const run = new Run(options.seed, index, summary);
    try {
      for (const args of lines(options.seed, index, commands)) run.step(args);
      run.end();
    } catch (error) {
      throw new Error(`seed ${options.seed} sequence ${index}: ${run.where}`, { cause: error });
    } finally {
      arena.failAt(Infinity);
      Object.assign(thresholds, asBefore);
    }
    if (only !== undefined) break;
  }
  return summary;
}

/** A short run goes on until it has met what it is about. */
function isEnough({ cases, refused, swept }: ShortageSummary, wanted: number): boolean {
  return cases >= wanted && refused > 0 && swept > 0;
}

/** The commands that work on data and do not wait. */
export async function grammar(): Promise<Command[]> {
  const server = new InnerServer(1);
  const client = {
    command: async (...words: (string | number)[]) =>
      parseReply(Buffer.from(server.run(...words.map(String)), "latin1")).reply,
  } as unknown as Client;
  const known = await readGrammar(client, client);
  return known.filter(({ name, group }) => {
    const { deny, blocks } = policyOf(name);
    const isLeftOut = deny !== undefined || (blocks ?? false) !== false;
    return GROUPS.includes(group) && !isLeftOut && !/^(migrate|wait|waitaof|randomkey)/.test(name);
  });
}

/** What the fuzzer makes, and now and then a command about something large. */
export function* lines(seed: number, index: number, commands: readonly Command[]) {
  const random = new Random(seed, index + 1_000_000);
  for (const step of generate(seed, index, LENGTH, commands)) {
    if (random.chance(0.04)) yield random.pick(LARGE)(random);
    if (step.kind === "command" && step.args[0] !== "HELLO") yield step.args;
  }
}

const key = (type: string, random: Random) => `${type}:${random.between(1, 3)}`;
const long = (random: Random) => "x".repeat(random.pick([70_000, 1_100_000, 1_500_000]));
/** Of a set, sorted set or hash, an element is copied when it changes under a snapshot. */
const wide = (random: Random) => "x".repeat(random.pick([70_000, 900_000]));
const many = (random: Random, make: () => string) =>
  Array.from({ length: random.pick([20, 200, 2000]) }, make);
const member = (random: Random) => `m${random.below(3000)}`;

const LARGE: readonly ((random: Random) => string[])[] = [
  (r) => ["SET", key("string", r), long(r)],
  (r) => ["APPEND", key("string", r), long(r)],
  (r) => ["SETRANGE", key("string", r), String(r.below(2_000_000)), "abc"],
  (r) => ["SETBIT", key("string", r), String(r.below(16_000_000)), "1"],
  (r) => ["BITFIELD", key("string", r), "SET", "u8", String(r.below(16_000_000)), "7"],
  (r) => ["BITOP", "NOT", key("string", r), key("string", r)],
  (r) => ["GETSET", key("string", r), long(r)],
  (r) => ["MSET", key("string", r), long(r), key("string", r), long(r)],
  (r) => ["COPY", key("string", r), key("string", r), "REPLACE"],
  (r) => ["COPY", key("set", r), key("set", r), "REPLACE"],
  (r) => ["COPY", key("list", r), key("list", r), "REPLACE"],
  (r) => ["RENAME", key("string", r), long(r)],
  (r) => ["HSET", key("hash", r), wide(r), "small", "f", wide(r)],
  (r) => ["HSET", key("hash", r), ...many(r, () => member(r)).flatMap((m) => [m, m])],
  (r) => ["RPUSH", key("list", r), "small", long(r), "small", long(r)],
  (r) => ["RPUSH", key("list", r), long(r), "small"],
  (r) => [r.pick(["LPOP", "RPOP"]), key("list", r), String(r.between(1, 3))],
  (r) => ["LMOVE", key("list", r), key("list", r), "RIGHT", "LEFT"],
  (r) => ["RPOPLPUSH", key("list", r), key("list", r)],
  (r) => ["LINSERT", key("list", r), "BEFORE", "small", long(r)],
  (r) => ["LSET", key("list", r), "0", long(r)],
  (r) => ["LTRIM", key("list", r), "-5", "-1"],
  (r) => ["SADD", key("set", r), ...many(r, () => member(r))],
  (r) => ["SADD", key("set", r), wide(r), wide(r)],
  (r) => ["SADD", key("set", r), ...many(r, () => String(r.below(100_000)))],
  (r) => ["SMOVE", key("set", r), key("set", r), member(r)],
  (r) => ["SUNIONSTORE", key("set", r), key("set", r), key("set", r)],
  (r) => ["SINTERSTORE", key("set", r), key("set", r), key("set", r)],
  (r) => ["SDIFFSTORE", key("set", r), key("set", r), key("set", r)],
  (r) => ["SPOP", key("set", r), "500"],
  (r) => ["ZADD", key("zset", r), ...many(r, () => member(r)).flatMap((m, i) => [`${i}`, m])],
  (r) => ["ZADD", key("zset", r), "1", wide(r)],
  (r) => ["ZUNIONSTORE", key("zset", r), "2", key("zset", r), key("set", r)],
  (r) => ["ZINTERSTORE", key("zset", r), "2", key("zset", r), key("set", r)],
  (r) => ["ZDIFFSTORE", key("zset", r), "2", key("zset", r), key("zset", r)],
  (r) => ["ZRANGESTORE", key("zset", r), key("zset", r), "0", "-1"],
  (r) => ["SORT", key("set", r), "ALPHA", "STORE", key("list", r)],
  (r) => ["SORT", key("list", r), "ALPHA", "STORE", key("list", r)],
  (r) => ["XADD", key("stream", r), "*", "field", long(r)],
  (r) => ["PFMERGE", key("hll", r), key("hll", r), key("hll", r)],
  (r) => ["DUMP", key(r.pick(["set", "zset", "hash", "list", "stream", "string"]), r)],
  (r) => ["DEL", key("string", r), key("list", r), key("set", r)],
];

/** Thresholds at which few elements, or many, make a collection another. */
export const LOW: Partial<typeof thresholds> = {
  hashPackedEntries: 4,
  setIntsetEntries: 4,
  setPackedEntries: 4,
  zsetPackedEntries: 4,
  listPackedSize: 3,
  streamNodeEntries: 4,
};

export const VERIFY = [
  () => {},
  listValue.verify,
  setValue.verify,
  zsetValue.verify,
  hashValue.verify,
  streamValue.verify,
];

/** One sequence, in three servers. */
class Run {
  where = "";
  private readonly random: Random;
  private readonly short: InnerServer;
  private readonly ample: InnerServer;
  private readonly fed: InnerServer;
  private readonly summary: ShortageSummary;
  private readonly blocksBefore = arena.figures().blockCount;
  /** What the first server tells. */
  private readonly told: ChangeCursor;
  private walk: SnapshotWalk | null = null;
  private payload = "";

  constructor(seed: number, index: number, summary: ShortageSummary) {
    this.summary = summary;
    this.random = new Random(seed, index + 2_000_000);
    const isLow = this.random.chance(0.6);
    this.short = new InnerServer(seed);
    this.ample = new InnerServer(seed);
    this.fed = new InnerServer(seed);
    if (isLow) Object.assign(thresholds, LOW);
    this.told = this.short.server.feed.attach({ told: () => {} });
    this.fed.keyspace.isReplaying = true;
  }

  step(args: readonly string[]): void {
    const words = this.prepared(args);
    this.where = JSON.stringify(words.map((word) => word.slice(0, 60)));
    this.goOn();
    const reply = this.attempts(words);
    const expected = this.ample.run(...words);
    if (words[0].toUpperCase() === "DUMP" && reply.length > 10) this.keep(reply);
    expectSame(reply, expected, "the reply");
    this.feed();
    if (this.random.chance(0.02)) this.compare();
  }

  /** A payload that DUMP has given comes back now and then. */
  private prepared(args: readonly string[]): string[] {
    if (this.payload === "" || !this.random.chance(0.03)) return [...args];
    return ["RESTORE", `${this.payload.slice(0, 1)}:restored`, "0", this.payload, "REPLACE"];
  }

  private keep(reply: string): void {
    this.payload = reply.slice(reply.indexOf("\n") + 1, -2);
  }

  /** What goes on beside commands: a snapshot, and the freeing of what is gone. */
  private goOn(): void {
    const { keyspace } = this.short;
    if (this.walk === null && this.random.chance(0.03)) this.walk = walkOf(this.short);
    const isOver = this.walk !== null && this.random.chance(0.3) && !this.walk.step();
    if (isOver) this.endWalk();
    if (this.random.chance(0.3)) keyspace.reclaimSlice();
  }

  /** Has the command run at ever later blocks until it is not refused; its reply. */
  private attempts(words: readonly string[]): string {
    const { keyspace } = this.short;
    const first = this.random.weighted<number>([
      [5, BEFORE],
      [5, 0],
      [10, 1],
      [10, this.random.between(2, 30)],
      [1, Infinity],
    ]);
    for (let n = first, attempts = 0; ; n++, attempts++) {
      const { dirty } = keyspace;
      const { blockCount } = arena.figures();
      arena.failAt(n, HUGE_SIZE);
      const reply = this.short.run(...words);
      arena.failAt(Infinity);
      this.summary.cases++;
      if (!reply.startsWith(REFUSED)) {
        if (attempts > 1) this.summary.swept++;
        return reply;
      }
      this.summary.refused++;
      if (n >= 0) (this.summary.refusedLate as Set<string>).add(words[0].toUpperCase());
      if (n === Infinity) throw new Error("refused though there is memory");
      if (keyspace.dirty !== dirty) throw new Error("refused, and counted as a change");
      if (this.told.pendingSize > 0) this.feed();
      if (arena.figures().blockCount > blockCount) throw new Error("refused, and blocks are lost");
      if (this.random.chance(0.002)) this.compare();
      // Not every block of a large result: the first ones, and some later ones.
      if (attempts > 40) n += this.random.below(attempts);
      if (attempts > ATTEMPTS_MAX) throw new Error("refused again and again");
    }
  }

  /** Gives the third server what the first has told. */
  private feed(): void {
    const { told } = this;
    if (told.pendingSize === 0) return;
    const parts: Uint8Array[] = [];
    told.show((bytes, offset, size) => {
      parts.push(bytes.slice(offset, offset + size));
      return false;
    });
    told.taken();
    const replies = this.fed.send(Buffer.concat(parts));
    if (/(^|\r\n)-/.test(replies) && !replies.includes("-BUSYGROUP")) {
      const error = /(?:^|\r\n)(-[A-Z]+ [^\r]*)/.exec(replies)?.[1];
      if (error !== undefined) throw new Error(`the log is refused: ${error}`);
    }
  }

  private compare(): void {
    const wanted = contentsOf(this.ample.keyspace.databases);
    expectSameData(contentsOf(this.short.keyspace.databases), wanted, "the data");
    expectSameData(contentsOf(this.fed.keyspace.databases), wanted, "the data by the log");
    for (const db of this.short.keyspace.databases) {
      dict.verify(db.keys);
      dict.each(db.keys, (e) => VERIFY[entry.type(e)](e));
    }
  }

  private endWalk(): void {
    while (this.walk?.step());
    this.walk = null;
  }

  end(): void {
    this.compare();
    this.endWalk();
    for (const { keyspace } of [this.short, this.ample, this.fed]) {
      for (const db of keyspace.databases) keyspace.flush(db);
      while (keyspace.reclaimSlice());
      for (const { keys } of keyspace.databases) dict.release(keys);
    }
    arena.verify();
    this.where = "at the end";
    if (arena.figures().blockCount !== this.blocksBefore) throw new Error("blocks are lost");
  }
}

/** A walk that saves to nowhere. */
function walkOf(inner: InnerServer): SnapshotWalk {
  const saver = new SnapshotSaver(
    blocksTo(() => {}, false),
    "lru",
  );
  saver.begin([]);
  // Without memory for what it needs of values that change, a snapshot fails, and nothing else.
  const fail = (error: Error) => {
    if (!isShortage(error)) throw error;
    walk.abandon();
  };
  const { keyspace } = inner;
  const walk: SnapshotWalk = new SnapshotWalk(
    keyspace,
    (db, id, e) => {
      saver.select(id);
      saver.entry(db, keyspace, e);
    },
    saver,
    fail,
    SIZES,
  );
  return walk;
}

/** What is deleted of a stream, and leaves: a trim that deletes nothing may take them away. */
const DELETED = /\d+-\d+-\([^)]*\) ?|\| /g;

function expectSameData(
  found: ReadonlyMap<string, string>,
  wanted: ReadonlyMap<string, string>,
  what: string,
): void {
  for (const name of new Set([...found.keys(), ...wanted.keys()])) {
    const shown = (of: ReadonlyMap<string, string>) => of.get(name)?.replace(DELETED, "") ?? "none";
    expectSame(shown(found), shown(wanted), `${what} of ${name}`);
  }
}

function expectSame(found: string, wanted: string, what: string): void {
  if (found === wanted) return;
  const shown = (text: string) => JSON.stringify(text.slice(0, 300));
  throw new Error(`${what} is ${shown(found)}, not ${shown(wanted)}`);
}
