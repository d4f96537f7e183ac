/**
 * Purpose: carries out steps on both servers and finds the first reply or message, of any
 * connection, in which they differ; then what they are left with.
 */

import { type Piece, received, textOf } from "./canonical.ts";
import { LIBRARIES } from "./plans/scripts.ts";
import type { Side } from "./side.ts";
import type { Step, Words } from "./step.ts";
import type { Stream } from "./stream.ts";

/** The first thing in which the servers differ. */
export interface Difference {
  /** With which step it came; the number of steps, when it showed only afterwards. */
  step: number;
  /** What it is of: the connection, or what was looked at. */
  where: string;
  real: string;
  tested: string;
}

/** Both servers. */
export interface Sides {
  readonly real: Side;
  readonly tested: Side;
}

/** Turns of the servers after a step, and how long to wait for what comes at the end. */
export interface Patience {
  turns: number;
  quietMs: number;
}

/**
 * For the first look; to see whether what that showed was no more than slowness; and for the many
 * trials of shortening. What a client sent while it waited may be carried out a turn later.
 */
export const FIRST: Patience = { turns: 2, quietMs: 0 };
export const AGAIN: Patience = { turns: 5, quietMs: 30 };
export const TRIAL: Patience = { turns: 3, quietMs: 2 };

const NOT_YET = "(nothing)";

/** What both servers are told before a run; nothing expires until somebody looks. */
const RESET: readonly Words[] = [
  ["CLIENT", "UNPAUSE"],
  ["FLUSHALL"],
  ["SCRIPT", "FLUSH"],
  ["FUNCTION", "FLUSH"],
  ["DEBUG", "SET-ACTIVE-EXPIRE", "0"],
  ["CONFIG", "SET", "notify-keyspace-events", ""],
  ["ACL", "SETUSER", "default", "reset", "on", "nopass", "~*", "&*", "+@all"],
  ["ACL", "DELUSER", "alice", "bob"],
  ["ACL", "LOG", "RESET"],
  ["CONFIG", "RESETSTAT"],
];

/** What is looked at in the end; and who is there. */
const LEFT: readonly Words[] = [
  ["DEBUG", "DIGEST"],
  ["PUBSUB", "NUMPAT"],
  ["PUBSUB", "NUMSUB", "c1", "c2", "c.x"],
  ["PUBSUB", "SHARDNUMSUB", "c1", "c2", "c.x"],
  ["ACL", "LIST"],
  ["ACL", "LOG"],
];

/** Carries out the steps, from empty servers on. Throws when the real server fails. */
export async function run(
  sides: Sides,
  steps: readonly Step[],
  patience: Patience,
): Promise<Difference | null> {
  const both = [sides.real, sides.tested];
  await sides.real.settle(2);
  await sides.tested.settle(2);
  await sides.real.ask(...RESET, ["FUNCTION", "LOAD", LIBRARIES.lua]);
  await sides.tested.ask(...RESET, ["FUNCTION", "LOAD", LIBRARIES.js]);
  await alignIds(sides);
  try {
    for (const [index, step] of steps.entries()) {
      const opened = await carryOut(sides, step, patience);
      for (const side of both) side.mark(index);
      if (!opened) return { step: index, where: "connections", real: "", tested: "(ended)" };
    }
    await settle(both, Math.max(2, patience.turns));
    await Bun.sleep(patience.quietMs);
    for (const side of both) side.mark(steps.length);
    return (
      firstDifference(sides, !steps.some(movesInvalidations)) ??
      (await whatIsLeft(sides, steps.length))
    );
  } finally {
    for (const side of both) side.leave();
  }
}

/** False when one server has ended a connection that the other has not. */
async function carryOut(sides: Sides, step: Step, { turns }: Patience): Promise<boolean> {
  const both = [sides.real, sides.tested];
  if (step.kind === "close") {
    for (const side of both) side.close(step.connection);
  } else {
    const isThere = sides.real.has(step.connection);
    if (isThere !== sides.tested.has(step.connection)) return false;
    if (!isThere) {
      await Promise.all(both.map((side) => side.connect(step.connection)));
      await settle(both, 1);
    }
    for (const side of both) side.send(step.connection, step.commands);
  }
  await settle(both, turns);
  if (step.kind === "send" && step.thenMs > 0) {
    await Bun.sleep(step.thenMs);
    await settle(both, turns);
  }
  return true;
}

async function settle(both: readonly Side[], turns: number): Promise<void> {
  await Promise.all(both.map((side) => side.settle(turns)));
}

/** Has both servers give the next client the same number. */
async function alignIds({ real, tested }: Sides): Promise<void> {
  let [a, b] = await Promise.all([real.newId(), tested.newId()]);
  while (a !== b) {
    if (a < b) a = await real.newId();
    else b = await tested.newId();
  }
  for (const side of [real, tested]) side.startAt(a + 1);
}

/**
 * Whether it leaves open where invalidations stand among replies. What was sent behind a command
 * that waited is carried out in another turn than in Redis, and so before or after what is told at
 * the end of turns; and who is told in another's place is told after its reply, not within.
 */
function movesInvalidations(step: Step): boolean {
  if (step.kind !== "send") return false;
  return step.commands.some(
    (words) => /^b[lrz]/i.test(words[0] ?? "") || words.some((word) => MOVING.has(word)),
  );
}

const MOVING = new Set(["BLOCK", "REDIRECT"]);

function firstDifference({ real, tested }: Sides, placesCount: boolean): Difference | null {
  let first: Difference | null = null;
  for (const [index, stream] of real.opened.entries()) {
    const found = compare(stream, tested.opened[index], placesCount);
    if (found !== null && (first === null || found.step < first.step)) first = found;
  }
  return first;
}

function compare(real: Stream, tested: Stream, placesCount: boolean): Difference | null {
  const [a, b] = [real.bytes, tested.bytes];
  const where = `connection ${real.number}`;
  if (!a.equals(b)) {
    const [left, right] = [received(a, placesCount), received(b, placesCount)];
    for (const part of ["replies", "messages", "invalidations"] as const) {
      const found = compareParts([real, left[part]], [tested, right[part]]);
      if (found !== null) return { ...found, where: `${part} of ${where}` };
    }
  }
  if (real.ended === tested.ended) return null;
  return { step: Infinity, where, real: endOf(real), tested: endOf(tested) };
}

type Part = readonly [Stream, readonly Piece[]];

function compareParts([real, left]: Part, [tested, right]: Part): Omit<Difference, "where"> | null {
  const index = firstUnlike(left, right);
  // Whom others have closed may get its last replies, or not.
  const isOver = index === Math.min(left.length, right.length) && real.ended && tested.ended;
  if (index < 0 || isOver) return null;
  const stepAt = (stream: Stream, piece: Piece | undefined) =>
    piece === undefined ? Infinity : stream.stepOf(piece.offset);
  return {
    step: Math.min(stepAt(real, left[index]), stepAt(tested, right[index])),
    real: left[index]?.text ?? endOf(real),
    tested: right[index]?.text ?? endOf(tested),
  };
}

const endOf = (stream: Stream) => (stream.ended ? "(ended)" : NOT_YET);

/** -1 when all are the same. */
function firstUnlike(left: readonly Piece[], right: readonly Piece[]): number {
  const index = left.findIndex(({ text }, at) => text !== right[at]?.text);
  return index < 0 && right.length > left.length ? left.length : index;
}

async function whatIsLeft({ real, tested }: Sides, step: number): Promise<Difference | null> {
  const ids = real.clientIds;
  const looks = ids.length > 0 ? [...LEFT, ["CLIENT", "LIST", "ID", ...ids]] : LEFT;
  const [a, b] = await Promise.all([real.ask(...looks), tested.ask(...looks)]);
  for (const [index, words] of looks.entries()) {
    const [left, right] = [a[index], b[index]].map(textOf);
    if (left === right) continue;
    return { step, where: words.join(" "), real: left, tested: right };
  }
  return null;
}
