/**
 * Purpose: IDs of stream entries that meet those that are there: a trail of what a sequence has
 * sent to each stream, from which the next ID is continued and earlier ones are taken.
 */

import type { Random } from "./random.ts";
import { from } from "./texts.ts";

interface Id {
  ms: number;
  seq: number;
}

/** What was sent to each stream, oldest first, and the last ID, which XSETID sets as well. */
interface Trail {
  ids: Id[];
  last: Id;
}

/**
 * The time part that streams have before an ID is left to the server: it is ahead of every clock,
 * so that the server goes on from it and both give the same IDs.
 */
export const FUTURE_MS = 99_999_999_999_999;

/** So many of each stream are remembered. */
const REMEMBERED = 400;
/** Of those, the ones that commands are mostly about. */
const RECENT = 40;

/** What a sequence knows of its streams. */
interface Streams {
  trails: Map<string, Trail>;
  /** The stream that most commands are about, and how many of them. */
  favourite: string;
  share: number;
}

/** By the source of chance, of which every sequence has its own. */
const known = new WeakMap<Random, Streams>();

function streamsOf(random: Random): Streams {
  let streams = known.get(random);
  if (streams === undefined) {
    const [favourite, share] = [random.pick(STREAM_KEYS), random.pick([0.3, 0.6, 0.9])];
    streams = { trails: new Map(), favourite, share };
    known.set(random, streams);
  }
  return streams;
}

function trailOf(random: Random, key: string): Trail {
  const { trails } = streamsOf(random);
  let trail = trails.get(key);
  if (trail === undefined) {
    trail = { ids: [], last: { ms: 0, seq: 0 } };
    trails.set(key, trail);
  }
  return trail;
}

/** Keys of streams. */
export const STREAM_KEYS = ["stream:1", "stream:2", "stream:3"];

/** One of the few streams: in some sequences nearly always the same, so that it grows. */
export function anyStream(random: Random): string {
  const { favourite, share } = streamsOf(random);
  return random.chance(share) ? favourite : random.pick(STREAM_KEYS);
}

/** Has IDs of the stream start again from low ones. */
export function forget(random: Random, key: string): void {
  streamsOf(random).trails.delete(key);
}

/** An ID for a new entry: mostly one that continues those of the stream. */
export function nextId(random: Random, key: string): string {
  const trail = trailOf(random, key);
  const { ms, seq } = trail.last;
  // Nothing can be added after some of them: rarely in what a long sequence is about.
  const edges = trail.ids.length < RECENT ? 0.3 : 0.03;
  return random.weighted<() => string>([
    [40, () => added(random, trail, { ms: ms + random.between(1, 3), seq: random.below(3) })],
    [20, () => added(random, trail, { ms, seq: seq + random.between(1, 3) })],
    [6, () => auto(trail, { ms, seq: seq + 1 })],
    [5, () => auto(trail, { ms: ms + random.between(1, 2), seq: 0 })],
    [5, () => added(random, trail, highest(random))],
    [5, () => left(trail)],
    [2, () => existingId(random, key)],
    [1, () => from(random, BAD_IDS)],
    [edges, () => random.pick([...EDGE_IDS, "18446744073709551615-*", "0-*"])],
  ])();
}

/** A last ID for XSETID: mostly one that the stream may have. */
export function lastId(random: Random, key: string): string {
  const trail = trailOf(random, key);
  const { ms, seq } = trail.last;
  return random.weighted<() => string>([
    [6, () => spelt(random, trail.last)],
    [
      6,
      () => {
        trail.last = { ms: ms + random.below(5), seq: seq + random.between(0, 2) };
        return spelt(random, trail.last);
      },
    ],
    [3, () => anyId(random, key)],
  ])();
}

/** An ID that was sent to the stream, or one right beside it. */
export function existingId(random: Random, key: string): string {
  return spelt(random, existing(random, trailOf(random, key)));
}

/** Some IDs, mostly such as follow each other in the stream. */
export function someIds(random: Random, key: string): string[] {
  const { ids } = trailOf(random, key);
  const count = random.weighted<() => number>([
    [12, () => random.between(1, 4)],
    [5, () => random.between(5, 12)],
    [1, () => random.between(20, 70)],
  ])();
  if (random.chance(0.1)) return Array.from({ length: count }, () => anyId(random, key));
  if (ids.length === 0 || random.chance(0.35)) {
    return Array.from({ length: count }, () => existingId(random, key));
  }
  const among = random.chance(0.5) ? RECENT : ids.length;
  const start = Math.max(0, ids.length - random.between(1, among));
  return ids.slice(start, start + count).map((id) => spelt(random, id));
}

/** An ID from which to read, or that may be there. */
export function anyId(random: Random, key: string): string {
  return random.weighted<() => string>([
    [20, () => existingId(random, key)],
    [4, () => random.pick(["0", "0-0", "0-1", "1"])],
    [3, () => String(existing(random, trailOf(random, key)).ms)],
    [1, () => from(random, BAD_IDS)],
    [1, () => random.pick(EDGE_IDS)],
  ])();
}

/** The start of a range, or its end. */
export function rangeEnd(random: Random, key: string, open: "-" | "+"): string {
  return random.weighted<() => string>([
    [9, () => open],
    [9, () => anyId(random, key)],
    [4, () => `(${anyId(random, key)}`],
    [0.5, () => random.pick(["-", "+", "$", ">", "(", "(-", "(+", "((1", "[1", "*", "", "(0-0"])],
    [0.5, () => `(${random.pick(EDGE_IDS)}`],
  ])();
}

function existing(random: Random, { ids, last }: Trail): Id {
  if (ids.length === 0) return { ms: random.below(10), seq: random.below(3) };
  const recent = random.chance(0.6) ? Math.min(RECENT, ids.length) : ids.length;
  const id = ids[ids.length - random.between(1, recent)];
  return random.weighted<() => Id>([
    [16, () => id],
    [1, () => ({ ms: id.ms, seq: id.seq + 1 })],
    [1, () => ({ ms: id.ms, seq: Math.max(0, id.seq - 1) })],
    [1, () => ({ ms: Math.max(0, id.ms - 1), seq: id.seq })],
    [1, () => ({ ms: id.ms + 1, seq: 0 })],
    [1, () => last],
  ])();
}

/** Beyond the IDs of all streams, some of which may have come here by RENAME. */
function highest(random: Random): Id {
  const all = [...streamsOf(random).trails.values()].map(({ last }) => last.ms);
  return { ms: Math.max(0, ...all) + 1, seq: random.below(2) };
}

function added(random: Random, trail: Trail, id: Id): string {
  remember(trail, id);
  return spelt(random, id);
}

/** The server finds the sequence number. */
function auto(trail: Trail, id: Id): string {
  remember(trail, id);
  return `${id.ms}-*`;
}

/** The server finds the ID, in a stream that is ahead of its clock by then. */
function left(trail: Trail): string {
  const { ms, seq } = trail.last;
  if (ms < FUTURE_MS) remember(trail, { ms: FUTURE_MS, seq: 1 });
  remember(trail, ms < FUTURE_MS ? { ms: FUTURE_MS, seq: 2 } : { ms, seq: seq + 1 });
  return "*";
}

function remember(trail: Trail, id: Id): void {
  trail.ids.push(id);
  trail.last = id;
  if (trail.ids.length > REMEMBERED) trail.ids.splice(0, REMEMBERED / 2);
}

function spelt(random: Random, { ms, seq }: Id): string {
  if (seq === 0 && random.chance(0.3)) return String(ms);
  if (random.chance(0.97)) return `${ms}-${seq}`;
  return random.pick([`0${ms}-${seq}`, `${ms}-00${seq}`, `+${ms}-${seq}`, `${ms}-+${seq}`]);
}

/** IDs at the ends of what there is. */
export const EDGE_IDS = [
  ...["0-0", "0-1", "0", "18446744073709551615-18446744073709551615", "18446744073709551615"],
  ...["18446744073709551615-0", "18446744073709551614-18446744073709551615"],
  ...["0-18446744073709551615", "1-18446744073709551615", "9223372036854775807-1"],
  ...["9223372036854775808-9223372036854775808", "2-18446744073709551614"],
];

/** Texts that are no IDs, or hardly. */
export const BAD_IDS = [
  ["", "-", "+", "$", ">", "abc", "1-", "-1", "1-1-1", "1-x", "x-1", "1-**", "*-1", "**", "--"],
  ["1--1", "1 -1", "1- 1", " 1-1", "1-1 ", "1.5-1", "1-1.5", "0x1-1", "1e3-1", "(1-1", "1,1"],
  ["18446744073709551616-1", "1-18446744073709551616", "99999999999999999999999", "-0-1", "1--0"],
  [`${"0".repeat(100)}1-1`, `${"0".repeat(124)}1-1`, `${"0".repeat(125)}1-1`, "1".repeat(300)],
];
