/**
 * Purpose: runs of commands on streams that lead somewhere: a stream that fills and gets groups,
 * consumers that read, lose entries and claim them, and readers that wait for what comes.
 */

import type { Random } from "./random.ts";
import { anyStream, existingId, forget, nextId, STREAM_KEYS } from "./stream_ids.ts";
import { fields, streamLine } from "./stream_words.ts";

/** A command; one that goes on from what was sent before is made when it is its turn. */
export type Line = string[] | (() => string[]);
type Lines = Line[];

/** Has streams begin a new node early, or late. */
export function sizeNodes(random: Random): Lines {
  const most = random.pick(["0", "1", "2", "3", "5", "10", "100"]);
  return [["CONFIG", "SET", "stream-node-max-entries", most]];
}

/**
 * The same by size. It is set before there are streams, and once: when it is lowered under a
 * stream, Redis 7.0.15 may lose the next entry that is larger, and crash. (A new node that grows
 * to where the one before was until it was shrunk counts as in place already: its address is
 * compared with that of the old node, which is free by then.)
 */
export function nodeBytes(random: Random): string[] {
  const most = random.pick(["0", "1", "50", "100", "100", "500", "500", "4096"]);
  return ["CONFIG", "SET", "stream-node-max-bytes", most];
}

/** The streams that sequences are about, most of them with groups. */
export function openStreams(random: Random): Lines {
  const lines: Lines = [];
  for (const key of STREAM_KEYS) {
    for (const group of ["g1", "g2"].filter(() => random.chance(0.8))) {
      lines.push(["XGROUP", "CREATE", key, group, random.pick(["0", "0", "$"]), "MKSTREAM"]);
    }
  }
  return lines;
}

/** A stream with entries, and groups that start somewhere among them. */
export function fillStream(random: Random): Lines {
  const key = anyStream(random);
  const lines: Lines = [];
  const isNew = random.chance(0.2);
  if (isNew) {
    lines.push(["DEL", key]);
    forget(random, key);
  }
  const count = random.pick([3, 8, 8, 20, 20, 40, 40, 110, 210]);
  for (let index = 0; index < count; index++) {
    lines.push(() => ["XADD", key, nextId(random, key), ...fields(random)]);
  }
  const groups = ["g1", "g2", "g3"].filter(() => random.chance(isNew ? 0.8 : 0.15));
  for (const group of groups) {
    const at = random.between(isNew ? 2 : 0, lines.length);
    const start = () => random.pick(["0", "$", "$", existingId(random, key)]);
    lines.splice(at, 0, () => ["XGROUP", "CREATE", key, group, start()]);
  }
  return lines;
}

/** Consumers of a group read, and some of what they have is deleted, acknowledged, or claimed. */
export function workOnStream(random: Random): Lines {
  const key = anyStream(random);
  const group = random.pick(["g1", "g1", "g2"]);
  const lines: Lines = random.chance(0.5) ? [["XGROUP", "CREATE", key, group, "0"]] : [];
  for (let left = random.between(1, 3); left > 0; left--) {
    const count = String(random.pick([1, 2, 3, 5, 10, 30]));
    const consumer = `c${random.between(1, 4)}`;
    lines.push(["XREADGROUP", "GROUP", group, consumer, "COUNT", count, "STREAMS", key, ">"]);
  }
  for (let left = random.between(2, 6); left > 0; left--) {
    const name = random.weighted(WORK);
    if (name === "xreadgroup") {
      const consumer = `c${random.between(1, 4)}`;
      const id = random.pick(["0", ">", existingId(random, key)]);
      lines.push(["XREADGROUP", "GROUP", group, consumer, "STREAMS", key, id]);
    } else if (name === "xack") {
      lines.push(() => ["XACK", key, group, ...streamLine(random, "xdel", key).slice(2)]);
    } else lines.push(() => streamLine(random, name, key));
  }
  return lines;
}

const WORK = [
  [3, "xdel"],
  [1, "xtrim"],
  [3, "xack"],
  [3, "xreadgroup"],
  [3, "xclaim"],
  [3, "xautoclaim"],
  [3, "xpending"],
  [1, "xgroup|delconsumer"],
  [0.5, "xgroup|setid"],
  [0.5, "xgroup|destroy"],
  [1, "xinfo|stream"],
  [1, "xinfo|groups"],
  [1, "xinfo|consumers"],
] as const;

/** What is there before somebody waits, commands that do, what may wake them, and what follows. */
export interface Scene {
  before: Lines;
  wait: () => string[];
  wake: () => string[];
  after: Lines;
}

/** Readers that wait for entries of two streams, with or without a group. */
export function readersWait(random: Random): Scene {
  const [a, b] = ["stream:1", "stream:2"];
  const before: Lines = [];
  if (random.chance(0.15)) {
    before.push(["DEL", a, b]);
    for (const key of [a, b]) forget(random, key);
  }
  const start = random.pick(["$", "$", "$", "0"]);
  for (const key of [a, b]) {
    if (random.chance(0.8)) before.push(["XGROUP", "CREATE", key, "g1", start, "MKSTREAM"]);
    if (random.chance(0.3)) before.push(() => add(random, key));
    if (random.chance(0.3)) before.push(["XGROUP", "SETID", key, "g1", "$"]);
  }
  if (random.chance(0.5)) before.push(() => add(random, "stream:3"));
  if (random.chance(0.5)) before.push(["XGROUP", "CREATE", "stream:3", "g1", "0"]);
  return {
    before,
    wait: () => waitingReader(random, a, b),
    wake: () => (random.chance(0.6) ? add(random, random.pick([a, b])) : change(random, a, b)),
    after: random.chance(0.4) ? openStreams(random) : [],
  };
}

function waitingReader(random: Random, a: string, b: string): string[] {
  const count = random.chance(0.3) ? ["COUNT", String(random.between(1, 3))] : [];
  const noack = random.chance(0.2) ? ["NOACK"] : [];
  const group = ["GROUP", "g1", `c${random.between(1, 3)}`];
  const keys = random.pick([[a], [a], [b], [a, b], [b, a], [a, a]]);
  const all = (id: string) => [...keys, ...keys.map(() => id)];
  return random.weighted<() => string[]>([
    [6, () => ["XREADGROUP", ...group, ...count, "BLOCK", "0", ...noack, "STREAMS", ...all(">")]],
    [4, () => ["XREAD", ...count, "BLOCK", "0", "STREAMS", ...all("$")]],
    [2, () => ["XREAD", ...count, "BLOCK", "0", "STREAMS", a, existingId(random, a)]],
    [0.5, () => ["XREAD", "BLOCK", "0", "STREAMS", "list:1", b, "0", "$"]],
    [0.5, () => ["BLPOP", a, b, "0"]],
  ])();
}

function add(random: Random, key: string): string[] {
  const options = random.weighted([
    [8, []],
    [1, ["NOMKSTREAM"]],
    [1, ["MAXLEN", "0"]],
    [1, ["MAXLEN", "1"]],
    [1, ["MAXLEN", "~", "1"]],
  ]);
  return ["XADD", key, ...options, nextId(random, key), ...fields(random)];
}

/** What else is done to streams for which somebody waits. */
function change(random: Random, a: string, b: string): string[] {
  const [key, other] = random.shuffled([a, b]);
  const replacing = [
    ["DEL", key],
    ["UNLINK", key, other],
    ["RENAME", "stream:3", key],
    ["RENAME", key, other],
    ["RENAME", key, "stream:4"],
    ["COPY", "stream:3", key],
    ["COPY", "stream:3", key, "REPLACE"],
    ["COPY", key, other, "REPLACE"],
    ["MOVE", key, "1"],
    ["EXPIRE", key, "-1"],
    ["SET", key, "string"],
    ["RPUSH", key, "element"],
    ["SORT", "list:3", "BY", "nosort", "STORE", key],
    ["FLUSHDB"],
  ];
  const within = [
    ["XGROUP", "DESTROY", key, "g1"],
    ["XGROUP", "CREATE", key, "g1", "0", "MKSTREAM"],
    ["XGROUP", "SETID", key, "g1", random.pick(["0", "$", existingId(random, key)])],
    ["XGROUP", "DELCONSUMER", key, "g1", "c1"],
    ["XGROUP", "CREATECONSUMER", key, "g1", "c1"],
    ["XREADGROUP", "GROUP", "g1", "c2", "STREAMS", key, ">"],
    ["XDEL", key, existingId(random, key)],
    ["XTRIM", key, "MAXLEN", "0"],
    ["XSETID", key, nextId(random, key)],
    ["XACK", key, "g1", existingId(random, key)],
    ["XCLAIM", key, "g1", "c3", "0", existingId(random, key), "FORCE"],
    ["XAUTOCLAIM", key, "g1", "c1", "0", "0"],
    ["XINFO", "CONSUMERS", key, "g1"],
    ["XPENDING", key, "g1"],
    ["CLIENT", "UNBLOCK", "0"],
  ];
  return random.pick(random.chance(0.3) ? replacing : within);
}
