/** List commands that wait for elements: BLPOP, BRPOP, BLMOVE, BRPOPLPUSH, BLMPOP. */
import { NIL } from "../../arena/arena.ts";
import { TIMEOUT_HISTORY, takingWait, timeoutOf, waitForKeys } from "../../calls/blocking.ts";
import type { Call, Wait } from "../../calls/call.ts";
import * as propagate from "../../calls/propagate.ts";
import { group } from "../../calls/table.ts";
import type { EntryRef } from "../../structures/entry.ts";
import * as listValue from "../../values/list_value.ts";
import { Type } from "../../values/types.ts";
import {
  isLeft,
  moveElement,
  multiPop,
  parseMultiPop,
  popKeyed,
  popName,
  popOne,
} from "./list_pop.ts";

export const blockingListCommands = group("list", {
  BLMOVE: {
    run: blmove,
    arity: 6,
    flags: ["write", "denyoom", "noscript", "blocking", "replies_first"],
    keys: [
      { at: 1, flags: ["RW", "access", "delete"] },
      { at: 2, flags: ["RW", "insert"] },
    ],
    args: `source destination
      wherefrom:{LEFT | RIGHT}
      whereto:{LEFT | RIGHT}
      timeout:double`,
    since: "6.2.0",
    complexity: "O(1)",
    summary: "Moves an element from an end of a list to an end of a list, once there is one.",
  },
  BLMPOP: {
    run: blmpop,
    arity: -5,
    flags: ["write", "shrinking", "blocking"],
    keys: [{ at: 2, numkeys: 0, first: 1, flags: ["RW", "access", "delete"] }],
    args: `timeout:double numkeys key ...
      where:{LEFT | RIGHT}
      [COUNT count]`,
    since: "7.0.0",
    complexity:
      "O(N+M) where N is the number of provided keys and M is the number of elements returned.",
    summary: "Takes elements from the first list that has any, or will have.",
  },
  BLPOP: {
    run: (call) => pop(call, blpopWait, true),
    arity: -3,
    flags: ["write", "shrinking", "noscript", "blocking"],
    keys: [{ at: 1, last: -2, flags: ["RW", "access", "delete"] }],
    args: "key ... timeout:double",
    since: "2.0.0",
    complexity: "O(N) where N is the number of provided keys.",
    summary: "Takes the first element of the first list that has any, or will have.",
    history: TIMEOUT_HISTORY,
  },
  BRPOP: {
    run: (call) => pop(call, brpopWait, false),
    arity: -3,
    flags: ["write", "shrinking", "noscript", "blocking"],
    keys: [{ at: 1, last: -2, flags: ["RW", "access", "delete"] }],
    args: "key ... timeout:double",
    since: "2.0.0",
    complexity: "O(N) where N is the number of provided keys.",
    summary: "Takes the last element of the first list that has any, or will have.",
    history: TIMEOUT_HISTORY,
  },
  BRPOPLPUSH: {
    run: brpoplpush,
    arity: 4,
    flags: ["write", "denyoom", "noscript", "blocking", "replies_first"],
    keys: [
      { at: 1, flags: ["RW", "access", "delete"] },
      { at: 2, flags: ["RW", "insert"] },
    ],
    args: "source destination timeout:double",
    since: "2.2.0",
    complexity: "O(1)",
    summary: "Moves the last element of a list to the head of a list, once there is one.",
    deprecated: { since: "6.2.0", replacedBy: "`BLMOVE` with the `RIGHT` and `LEFT` arguments" },
    history: TIMEOUT_HISTORY,
  },
});

type Take = (call: Call, index: number, e: EntryRef) => void;

/**
 * Redis does not count what it takes of a list for a client that has waited, except by BLMPOP,
 * among the changes since the last save; INFO shows their number.
 */
function uncounted(take: Take): Take {
  return (call, index, e) => {
    const { dirty } = call.keyspace;
    take(call, index, e);
    call.keyspace.dirty = dirty;
  };
}

const blpopWait = takingWait(
  Type.list,
  uncounted((call, index, e) => popFrom(call, index, e, true)),
);
const brpopWait = takingWait(
  Type.list,
  uncounted((call, index, e) => popFrom(call, index, e, false)),
);

function pop(call: Call, wait: Wait, atHead: boolean): void {
  const { db, args, argc } = call;
  const timeoutMs = timeoutOf(call, argc - 1);
  for (let i = 1; i < argc - 1; i++) {
    const e = db.writeTyped(args, i, db.hash(args, i), Type.list);
    if (e === NIL) continue;
    popFrom(call, i, e, atHead);
    return;
  }
  waitForKeys(call, wait, 1, argc - 2, timeoutMs);
}

/** Replies with the key in argument `index` and an element popped from its list. */
function popFrom(call: Call, index: number, e: EntryRef, atHead: boolean): void {
  const { db, args, keyspace, reply } = call;
  reply.array(2);
  reply.bulk(args.bytes, args.start[index], args.size[index]);
  popOne(keyspace, db, e, atHead, reply);
  propagate.popped(call, popName(atHead), index, 0);
}

const blmpopWait = takingWait(Type.list, (call, index, e) => {
  parseMultiPop(call, 2);
  popManyFrom(call, index, e);
});

function blmpop(call: Call): void {
  const { db, args } = call;
  const { keyIndex, keyCount } = parseMultiPop(call, 2);
  const timeoutMs = timeoutOf(call, 1);
  for (let i = keyIndex; i < keyIndex + keyCount; i++) {
    const e = db.writeTyped(args, i, db.hash(args, i), Type.list);
    if (e === NIL) continue;
    popManyFrom(call, i, e);
    return;
  }
  waitForKeys(call, blmpopWait, keyIndex, keyCount, timeoutMs);
}

function popManyFrom(call: Call, index: number, e: EntryRef): void {
  const { atHead, limit } = multiPop;
  const count = Math.min(limit, listValue.count(e));
  popKeyed(call.keyspace, call.db, e, call.args, index, atHead, limit, call.reply);
  propagate.popped(call, popName(atHead), index, count);
}

const blmoveWait = takingWait(
  Type.list,
  uncounted((call, _, e) => {
    const [fromHead, toHead] = [isLeft(call, 3), isLeft(call, 4)];
    moveElement(call.keyspace, call.db, e, fromHead, call.args, 2, toHead, call.reply);
    if (call.feed.active) propagateServed(call, fromHead, toHead);
  }),
);

/** As Redis, which has words of its own for the ends when a client has waited. */
function propagateServed(call: Call, fromHead: boolean, toHead: boolean): void {
  const out = propagate.beginCommand(call, "LMOVE", 5);
  propagate.writeArgument(call, out, 2);
  out.bulkText(fromHead ? "left" : "right");
  out.bulkText(toHead ? "left" : "right");
}

const brpoplpushWait = takingWait(
  Type.list,
  uncounted((call, _, e) => moveFrom(call, e, false, true)),
);

function blmove(call: Call): void {
  const fromHead = isLeft(call, 3);
  move(call, blmoveWait, fromHead, isLeft(call, 4), 5);
}

function brpoplpush(call: Call): void {
  move(call, brpoplpushWait, false, true, 3);
}

function move(
  call: Call,
  wait: Wait,
  fromHead: boolean,
  toHead: boolean,
  timeoutIndex: number,
): void {
  const { db, args } = call;
  const timeoutMs = timeoutOf(call, timeoutIndex);
  const e = db.writeTyped(args, 1, db.hash(args, 1), Type.list);
  if (e !== NIL) moveFrom(call, e, fromHead, toHead);
  // As LMOVE would reply; only a client that has waited in vain is told that there is no array.
  else if (call.nested) call.reply.nil();
  else waitForKeys(call, wait, 1, 1, timeoutMs);
}

function moveFrom(call: Call, e: EntryRef, fromHead: boolean, toHead: boolean): void {
  moveElement(call.keyspace, call.db, e, fromHead, call.args, 2, toHead, call.reply);
  const isNamed = call.command.name === "blmove";
  propagate.asCommand(call, isNamed ? "LMOVE" : "RPOPLPUSH", isNamed ? 4 : 2);
}
