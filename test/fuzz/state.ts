/**
 * Purpose: everything that a server holds, as texts to compare: which keys there are, and for each
 * its type, encoding, expiry and value; and the counters that commands leave behind. Differences
 * in these are those that no reply has shown yet.
 */

import { formatReply } from "../client/format.ts";
import type { Reply } from "../client/resp.ts";
import { timesAlike } from "./compare.ts";
import { word } from "./sequence.ts";
import { streamInfo, type Timed } from "./stream_times.ts";
import { CHANGES, infoFields, type Subject } from "./subject.ts";

/** Something both servers have, and how it differs. */
export interface StateDifference {
  /** What kind of thing differs: keys, encoding ... */
  aspect: string;
  /** Which it is. */
  where: string;
  real: string;
  tested: string;
}

interface KeyState {
  type: string;
  encoding: string;
  /** Unix time in ms, or -1. */
  expiresAtMs: bigint;
  value: string;
  /** Those in the value, which may differ as expiry times may. */
  times: readonly bigint[];
}

const DATABASE_COUNT = 16;
const SCAN_COUNT = "1000";

interface Reader {
  command: (key: string) => string[];
  /** How many replies are an element. */
  width: number;
  /** Sets times apart. */
  timed?: (reply: Reply) => Timed;
}

/** How the value of each type is read. */
const READERS: Readonly<Record<string, Reader>> = {
  string: { command: (key) => ["GET", key], width: 1 },
  list: { command: (key) => ["LRANGE", key, "0", "-1"], width: 1 },
  hash: { command: (key) => ["HGETALL", key], width: 2 },
  set: { command: (key) => ["SMEMBERS", key], width: 1 },
  zset: { command: (key) => ["ZRANGE", key, "0", "-1", "WITHSCORES"], width: 2 },
  stream: {
    command: (key) => ["XINFO", "STREAM", key, "FULL", "COUNT", "0"],
    width: 2,
    timed: streamInfo,
  },
};

/** How the value of any other type is. */
const DUMPED: Reader = { command: (key) => ["DUMP", key], width: 1 };

/** The encoding whose order does not count: it is that of a seeded hash table. */
const UNORDERED = '"hashtable"';

/** Compares what both servers hold. Null when it is the same. */
export async function compareState(
  real: Subject,
  tested: Subject,
  apartMs: () => number,
): Promise<StateDifference | null> {
  const [a, b] = await Promise.all([readState(real), readState(tested)]);
  const names = new Set([...a.keys(), ...b.keys()]);
  for (const name of [...names].sort()) {
    const [left, right] = [a.get(name), b.get(name)];
    if (left === undefined || right === undefined) {
      const there = (state: unknown) => (state === undefined ? "(no such key)" : "(exists)");
      return { aspect: "keys", where: name, real: there(left), tested: there(right) };
    }
    for (const aspect of ["type", "value", "encoding"] as const) {
      if (left[aspect] === right[aspect]) continue;
      return { aspect, where: name, real: left[aspect], tested: right[aspect] };
    }
    if (!timesAlike(left.times, right.times, apartMs())) {
      return {
        aspect: "times",
        where: name,
        real: String(left.times),
        tested: String(right.times),
      };
    }
    if (!sameExpiry(left.expiresAtMs, right.expiresAtMs, apartMs())) {
      const [x, y] = [String(left.expiresAtMs), String(right.expiresAtMs)];
      return { aspect: "expiry", where: name, real: x, tested: y };
    }
  }
  return await compareDigests(real, tested);
}

/** The digests of all data: equal when the data are, unless a digest is made in another way. */
async function compareDigests(real: Subject, tested: Subject): Promise<StateDifference | null> {
  const [[a], [b]] = await Promise.all(
    [real, tested].map((subject) => subject.ask([["DEBUG", "DIGEST"]])),
  );
  if (textOf(a) === textOf(b)) return null;
  return { aspect: "digest", where: "all data", real: textOf(a), tested: textOf(b) };
}

/** Both have none, or they are no further apart than the time in which both were set. */
function sameExpiry(a: bigint, b: bigint, apartMs: number): boolean {
  if (a < 0n || b < 0n) return a === b;
  return Number(a > b ? a - b : b - a) <= apartMs + 1;
}

async function readState(subject: Subject): Promise<Map<string, KeyState>> {
  const state = new Map<string, KeyState>();
  const databases = Array.from({ length: DATABASE_COUNT }, (_, index) => String(index));
  const sizes = await subject.ask(databases.flatMap((db) => [["SELECT", db], ["DBSIZE"]]));
  for (const db of databases) {
    if (textOf(sizes[2 * Number(db) + 1]) === "(integer) 0") continue;
    await subject.ask([["SELECT", db]]);
    const keys = await scanAll(subject);
    const size = textOf((await subject.ask([["DBSIZE"]]))[0]);
    state.set(`DBSIZE of database ${db}`, { ...NO_KEY, value: size });
    for (const [key, keyState] of await readKeys(subject, keys)) {
      state.set(`${key} in database ${db}`, keyState);
    }
  }
  await subject.ask([["SELECT", "0"]]);
  return state;
}

const NO_KEY: KeyState = { type: "", encoding: "", expiresAtMs: -1n, value: "", times: [] };

/** All keys of the selected database; each once, even if the scan showed it several times. */
async function scanAll(subject: Subject): Promise<string[]> {
  const keys = new Set<string>();
  let cursor = "0";
  do {
    const [reply] = await subject.ask([["SCAN", cursor, "COUNT", SCAN_COUNT]]);
    if (reply.type !== "array" || reply.value.length !== 2) throw new Error(textOf(reply));
    const [next, found] = reply.value;
    if (next.type !== "bulk" || found.type !== "array") throw new Error(textOf(reply));
    cursor = next.value.toString();
    for (const key of found.value) {
      if (key.type === "bulk") keys.add(key.value.toString("latin1"));
    }
  } while (cursor !== "0");
  return [...keys];
}

async function readKeys(subject: Subject, keys: readonly string[]): Promise<[string, KeyState][]> {
  const about = await subject.ask(
    keys.flatMap((key) => [
      ["TYPE", key],
      ["OBJECT", "ENCODING", key],
      ["PEXPIRETIME", key],
    ]),
  );
  const types = keys.map((_, index) => textOf(about[3 * index]));
  const values = await subject.ask(
    keys.map((key, index) => (READERS[types[index]] ?? DUMPED).command(key)),
  );
  return keys.map((key, index) => {
    const expiry = about[3 * index + 2];
    const encoding = textOf(about[3 * index + 1]);
    const { width, timed } = READERS[types[index]] ?? DUMPED;
    const { reply, times } = timed?.(values[index]) ?? { reply: values[index], times: [] };
    return [
      word(key),
      {
        type: types[index],
        encoding,
        expiresAtMs: expiry.type === "integer" ? BigInt(expiry.value) : -1n,
        value: shownValue(reply, width, encoding === UNORDERED),
        times,
      },
    ];
  });
}

/** A line for each element, sorted where their order does not count. */
function shownValue(reply: Reply, width: number, unordered: boolean): string {
  if (reply.type !== "array") return textOf(reply);
  const lines: string[] = [];
  for (let index = 0; index < reply.value.length; index += width) {
    lines.push(
      reply.value
        .slice(index, index + width)
        .map(textOf)
        .join(" => "),
    );
  }
  return (unordered ? lines.sort() : lines).join("\n");
}

const textOf = (reply: Reply) => formatReply(reply);

/** The lines of INFO stats and INFO persistence that only commands change. */
const COUNTERS =
  /^(keyspace_hits|keyspace_misses|total_error_replies|rdb_changes_since_last_save)$/;
/** A scan looks up the keys it happens to find, and SORT those that its elements name. */
const SCAN_COUNTERS = /^keyspace_(hits|misses)$/;

/** Compares how often commands were called, rejected and failed, and what else they counted. */
export async function compareCounters(
  real: Subject,
  tested: Subject,
  scanned: boolean,
): Promise<StateDifference | null> {
  const [a, b] = await Promise.all([readCounters(real), readCounters(tested)]);
  for (const name of [...new Set([...a.keys(), ...b.keys()])].sort()) {
    if (scanned && SCAN_COUNTERS.test(name)) continue;
    const [left, right] = [a.get(name) ?? "(none)", b.get(name) ?? "(none)"];
    if (left !== right) return { aspect: "counters", where: name, real: left, tested: right };
  }
  return null;
}

async function readCounters(subject: Subject): Promise<Map<string, string>> {
  const sections = ["commandstats", "errorstats", "stats", "persistence"];
  const replies = await subject.ask(sections.map((section) => ["INFO", section]));
  const counters = new Map<string, string>();
  for (const [name, value] of replies.flatMap((reply) => [...infoFields(reply)])) {
    // The fuzzer's own questions, of which a stray CONFIG RESETSTAT may forget some; and what it
    // sends last on a stray connection, which a server may read just when it is closed.
    if (name === "cmdstat_ping" || name === "cmdstat_echo") continue;
    // Times are not compared.
    if (name.startsWith("cmdstat_")) counters.set(name, value.replace(/usec\w*=[^,]*,/g, ""));
    else if (name.startsWith("errorstat_") || COUNTERS.test(name)) counters.set(name, value);
  }
  const changes = Number(counters.get(CHANGES)) - subject.changesAtReset;
  counters.set(CHANGES, String(changes));
  return counters;
}
