/**
 * Purpose: what streams tell, with the times in it set apart: they depend on the clock, and may
 * differ by the time in which both servers were told to set them.
 */

import type { Reply } from "../client/resp.ts";

/** A reply with `(time)` in the place of each time, and the times. */
export interface Timed {
  reply: Reply;
  times: readonly bigint[];
}

/**
 * A reply of XINFO. How many nodes a radix tree has says nothing about the data, and so it is left
 * out. So is what later versions, and Rusk, tell about consumers besides.
 */
export function streamInfo(reply: Reply): Timed {
  const times: bigint[] = [];
  return { reply: withoutTimes(reply, times), times };
}

/** A reply of XPENDING. */
export function pendingInfo(reply: Reply): Timed {
  const times: bigint[] = [];
  const extended = reply.type === "array" && reply.value.every(({ type }) => type === "array");
  if (!extended) return { reply, times };
  return { reply: { ...reply, value: reply.value.map((item) => timeAt(item, 2, times)) }, times };
}

/** Names of times, of how long something is idle, and of lists of pending entries. */
const TIMES = new Set(["seen-time", "idle"]);
const LEFT_OUT = new Set(["radix-tree-nodes", "active-time", "inactive"]);
/** Where the time stands in the entries of a group (with consumers) and of a consumer. */
const PENDING = new Set(["pending", "pel"]);
const GROUP_WIDTH = 4;

/** In RESP3 maps, in RESP2 arrays of names and values in turn. */
function withoutTimes(reply: Reply, times: bigint[]): Reply {
  if (reply.type === "map") {
    const pairs = reply.value.filter(([name]) => !LEFT_OUT.has(textOf(name)));
    const value = pairs.map(([name, value]): [Reply, Reply] => [
      name,
      named(textOf(name), value, times),
    ]);
    return { type: "map", value };
  }
  if (reply.type !== "array") return reply;
  if (!isNamed(reply.value)) {
    return { type: "array", value: reply.value.map((item) => withoutTimes(item, times)) };
  }
  const value: Reply[] = [];
  for (let index = 0; index < reply.value.length; index += 2) {
    const name = textOf(reply.value[index]);
    if (LEFT_OUT.has(name)) continue;
    value.push(reply.value[index], named(name, reply.value[index + 1], times));
  }
  return { type: "array", value };
}

function named(name: string, value: Reply, times: bigint[]): Reply {
  if (TIMES.has(name)) return taken(value, times);
  if (name === "groups" || name === "consumers") return withoutTimes(value, times);
  if (!PENDING.has(name) || value.type !== "array") return value;
  const at = (entry: Reply) => {
    const length = entry.type === "array" ? entry.value.length : 0;
    return timeAt(entry, length === GROUP_WIDTH ? 2 : 1, times);
  };
  return { type: "array", value: value.value.map(at) };
}

/** Whether it is a map as RESP2 has it: of a stream, a group or a consumer. */
function isNamed(items: readonly Reply[]): boolean {
  const first = items.length > 0 ? textOf(items[0]) : "";
  return items.length % 2 === 0 && (first === "length" || first === "name");
}

/** The entry with its time taken out. */
function timeAt(entry: Reply, index: number, times: bigint[]): Reply {
  if (entry.type !== "array" || entry.value.length <= index) return entry;
  return { type: "array", value: entry.value.with(index, taken(entry.value[index], times)) };
}

function taken(time: Reply, times: bigint[]): Reply {
  if (time.type !== "integer") return time;
  times.push(BigInt(time.value));
  return { type: "simple", value: "(time)" };
}

function textOf(reply: Reply): string {
  return reply.type === "bulk" ? reply.value.toString("latin1") : "";
}
