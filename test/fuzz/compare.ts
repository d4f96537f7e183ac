/**
 * Purpose: when two replies count as the same. Bytes must be equal, except for the commands whose
 * entry in policies.ts names one of these comparisons instead, each as tight as it can be.
 * An error reply is compared byte for byte by all of them.
 */

import type { Reply } from "../client/resp.ts";
import { pendingInfo, streamInfo, type Timed } from "./stream_times.ts";

/** What a comparison may take into account. */
export interface Circumstances {
  /** The command, as sent: one character per byte. */
  args: readonly string[];
  /**
   * The time since the sequence began. Both servers ran all of it in that time, so times that
   * they measured or computed since cannot be further apart.
   */
  elapsedMs: number;
  /** How far apart such times may be, if that is less. */
  apartMs?: number;
}

/** Whether the reply of the tested server is as good as that of the real one. */
export type Comparison = (real: Reply, tested: Reply, circumstances: Circumstances) => boolean;

/** Equal in every byte. */
export const exact: Comparison = (real, tested) => canonical(real) === canonical(tested);

/** Of the same type: for replies about the server itself, or left to chance. */
export const sameType: Comparison = (real, tested) =>
  real.type === "error" || tested.type === "error"
    ? exactly(real, tested)
    : real.type === tested.type && nilKind(real) === nilKind(tested);

/** The same elements, in any order: for what comes in the order of a seeded hash table. */
export const anyOrder: Comparison = (real, tested) =>
  isList(real) && isList(tested) && real.type === tested.type
    ? sorted(real.value) === sorted(tested.value)
    : exactly(real, tested);

/** The same pairs, in any order: a map, or an array of names and values in turn. */
export const pairsInAnyOrder: Comparison = (real, tested) =>
  real.type === tested.type ? sortedPairs(real) === sortedPairs(tested) : false;

/** Integers that depend on the clock: equal within the time that the sequence took so far. */
export function withinElapsed(unitMs: number): Comparison {
  return (real, tested, { elapsedMs, apartMs = elapsedMs }) => {
    if (real.type !== "integer" || tested.type !== "integer") return exactly(real, tested);
    // Beyond 2^53, too, a difference of one counts.
    const [a, b] = [BigInt(real.value), BigInt(tested.value)];
    if (a < 0n || b < 0n) return a === b;
    const apart = a > b ? a - b : b - a;
    // One unit more, since both are rounded.
    return Number(apart) <= apartMs / unitMs + 1;
  };
}

/**
 * How long a key was idle. Redis has one object for each small integer, which was last used when
 * any key with that value was; so the other server is held to the time that has passed.
 */
export const idleTime: Comparison = (real, tested, { elapsedMs }) =>
  real.type === "integer" && tested.type === "integer"
    ? Number(tested.value) <= elapsedMs / 1000 + 1
    : exactly(real, tested);

/** A number that may be one less: of references, which in Redis a queued command holds, too. */
export const orOneLess: Comparison = (real, tested) =>
  exactly(real, tested) ||
  (real.type === "integer" &&
    tested.type === "integer" &&
    Number(real.value) === Number(tested.value) + 1);

const NO_ID_LEFT = /^ERR (Elements are too large to be stored|The ID specified in XADD is .*)$/;

/** An ID that cannot follow the last: which of two errors it is may be up to what was before. */
export const noIdLeft: Comparison = (real, tested) =>
  exactly(real, tested) ||
  [real, tested].every((reply) => reply.type === "error" && NO_ID_LEFT.test(reply.value));

/**
 * A step of a scan: the whole set when both did it in one step, else only the form. `args[at]` is
 * the cursor, and `width` elements belong together.
 */
export const scanStep =
  (at: number, width: number): Comparison =>
  (real, tested, { args }) => {
    const [a, b] = [scanReply(real, width), scanReply(tested, width)];
    if (a === null || b === null) return exactly(real, tested);
    if (args[at] !== "0" || a.cursor !== "0" || b.cursor !== "0") return true;
    return JSON.stringify(a.elements) === JSON.stringify(b.elements);
  };

/**
 * Some elements of a collection, chosen by chance: as many, and each once unless the count is
 * negative. When fewer came than were asked for, they are the whole collection.
 */
export const sample: Comparison = (real, tested, { args }) => {
  if (!isList(real) || !isList(tested)) return sameType(real, tested, { args, elapsedMs: 0 });
  if (real.type !== tested.type || real.value.length !== tested.value.length) return false;
  const count = Number(args[2]);
  if (!(count > 0)) return true;
  // With their values, elements are pairs: in RESP2 two replies, in RESP3 an array of two.
  const width = args.length > 3 && real.value.every(({ type }) => type === "bulk") ? 2 : 1;
  const [a, b] = [grouped(real.value, width), grouped(tested.value, width)];
  if (a.length < count) return JSON.stringify(a.sort()) === JSON.stringify(b.sort());
  return new Set(b).size === b.length;
};

/**
 * The reply of SORT. Elements of a set that are not sorted come in the order of a hash table, and
 * so do those whose texts to sort by are equal; with LIMIT that is also a choice among them.
 */
export const sortReply: Comparison = (real, tested, circumstances) => {
  const words = circumstances.args.slice(2).map((word) => word.toLowerCase());
  const by = words.indexOf("by");
  const alpha = words.includes("alpha");
  // All texts end at a zero byte, as in C; only those to be stored are compared whole.
  const isOrdered =
    by < 0
      ? !(alpha && canonical(real).includes("\\u0000"))
      : words[by + 1]?.split("\0")[0].includes("*") && !alpha;
  if (isOrdered || !isList(real) || !isList(tested)) return exactly(real, tested);
  if (words.includes("limit") || words.filter((word) => word === "get").length > 1) {
    return real.type === tested.type && real.value.length === tested.value.length;
  }
  return anyOrder(real, tested, circumstances);
};

/** The reply of DEBUG: of OBJECT, which shows addresses, only that it is one. */
export const debugReply: Comparison = (real, tested, circumstances) =>
  /^(object|htstats-key)$/i.test(circumstances.args[1] ?? "")
    ? sameType(real, tested, circumstances)
    : exactly(real, tested);

/** The reply of a HELP: its header, and HELP itself as the last of the subcommands. */
export const helpFrame: Comparison = (real, tested) =>
  real.type === "array" && tested.type === "array"
    ? helpEnds(real.value) === helpEnds(tested.value)
    : exactly(real, tested);

/** The reply of HELLO, without the connection's number. */
export const hello: Comparison = (real, tested) =>
  withoutNumberAfter("id", canonical(real)) === withoutNumberAfter("id", canonical(tested));

/** The reply of XINFO STREAM or XINFO CONSUMERS. */
export const streamTimes: Comparison = (real, tested, { elapsedMs, apartMs = elapsedMs }) =>
  alikeButForTimes(streamInfo(real), streamInfo(tested), apartMs);

/** The reply of XPENDING; in its extended form the third of each entry is how long it waits. */
export const pendingTimes: Comparison = (real, tested, { elapsedMs, apartMs = elapsedMs }) =>
  alikeButForTimes(pendingInfo(real), pendingInfo(tested), apartMs);

function alikeButForTimes(a: Timed, b: Timed, apartMs: number): boolean {
  return exactly(a.reply, b.reply) && timesAlike(a.times, b.times, apartMs);
}

/** As many times, and none further apart than that. */
export function timesAlike(a: readonly bigint[], b: readonly bigint[], apartMs: number): boolean {
  if (a.length !== b.length) return false;
  return a.every((time, index) => {
    const apart = time > b[index] ? time - b[index] : b[index] - time;
    // One more, since both are rounded.
    return Number(apart) <= apartMs + 1;
  });
}

function exactly(real: Reply, tested: Reply): boolean {
  return canonical(real) === canonical(tested);
}

/** A text that is the same for equal replies. */
function canonical(reply: Reply): string {
  return JSON.stringify(reply, (_, value) => {
    if (typeof value === "bigint") return String(value);
    // Buffers are JSON objects by the time a replacer sees them.
    return value?.type === "Buffer" ? Buffer.from(value.data).toString("latin1") : value;
  });
}

function nilKind(reply: Reply): string {
  return reply.type === "nil" ? reply.nil : "";
}

function isList(reply: Reply): reply is Reply & { value: Reply[] } {
  return reply.type === "array" || reply.type === "set";
}

function sorted(replies: readonly Reply[]): string {
  return JSON.stringify(replies.map(canonical).sort());
}

function helpEnds(lines: readonly Reply[]): string {
  return JSON.stringify([...lines.slice(0, 1), ...lines.slice(-2)].map(canonical));
}

function sortedPairs(reply: Reply): string {
  if (reply.type === "map") {
    return JSON.stringify(reply.value.map((pair) => pair.map(canonical).join()).sort());
  }
  if (reply.type !== "array") return canonical(reply);
  return JSON.stringify(grouped(reply.value, 2).sort());
}

/** A text for every `width` replies. */
function grouped(replies: readonly Reply[], width: number): string[] {
  const groups: string[] = [];
  for (let index = 0; index < replies.length; index += width) {
    groups.push(JSON.stringify(replies.slice(index, index + width).map(canonical)));
  }
  return groups;
}

function scanReply(reply: Reply, width: number): { cursor: string; elements: string[] } | null {
  if (reply.type !== "array" || reply.value.length !== 2) return null;
  const [cursor, elements] = reply.value;
  if (cursor.type !== "bulk" || elements.type !== "array") return null;
  return { cursor: cursor.value.toString(), elements: grouped(elements.value, width).sort() };
}

function withoutNumberAfter(name: string, text: string): string {
  return text.replace(new RegExp(`("${name}"[^0-9]*)\\d+`), "$1n");
}
