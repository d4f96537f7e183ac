/** List commands: the table of all of them, and those that add, read, change and cut. */

import { NIL } from "../../arena/arena.ts";
import type { Call } from "../../calls/call.ts";
import { group } from "../../calls/table.ts";
import { NO_SUCH_KEY, OUT_OF_RANGE, SYNTAX } from "../../protocol/errors.ts";
import * as listValue from "../../values/list_value.ts";
import { Type } from "../../values/types.ts";
import { lmove, lmpop, lpop, rpop, rpoplpush } from "./list_pop.ts";
import { lpos } from "./list_position.ts";

const PUSH_COMPLEXITY =
  "O(1) for each element added, so O(N) to add N elements when the command is called with " +
  "multiple arguments.";

export const listCommands = group("list", {
  LINDEX: {
    run: lindex,
    arity: 3,
    flags: ["readonly"],
    keys: [{ at: 1, flags: ["RO", "access"] }],
    args: "key index:integer",
    since: "1.0.0",
    complexity:
      "O(N) where N is the number of elements to traverse to get to the element at index. This " +
      "makes asking for the first or the last element of the list O(1).",
    summary: "Reads the element at an index.",
  },
  LINSERT: {
    run: linsert,
    arity: 5,
    flags: ["write", "denyoom"],
    keys: [{ at: 1, flags: ["RW", "insert"] }],
    args: "key where:{BEFORE | AFTER} pivot element",
    since: "2.2.0",
    complexity:
      "O(N) where N is the number of elements to traverse before seeing the value pivot. This " +
      "means that inserting somewhere on the left end on the list (head) can be considered O(1) " +
      "and inserting somewhere on the right end (tail) is O(N).",
    summary: "Adds an element next to another.",
  },
  LLEN: {
    run: llen,
    arity: 2,
    flags: ["readonly", "fast"],
    keys: [{ at: 1, flags: ["RO"] }],
    args: "key",
    since: "1.0.0",
    complexity: "O(1)",
    summary: "Counts the elements of a list.",
  },
  LMOVE: {
    run: lmove,
    arity: 5,
    flags: ["write", "denyoom", "replies_first"],
    keys: [
      { at: 1, flags: ["RW", "access", "delete"] },
      { at: 2, flags: ["RW", "insert"] },
    ],
    args: `source destination
      wherefrom:{LEFT | RIGHT}
      whereto:{LEFT | RIGHT}`,
    since: "6.2.0",
    complexity: "O(1)",
    summary: "Moves an element from an end of a list to an end of a list.",
  },
  LMPOP: {
    run: lmpop,
    arity: -4,
    flags: ["write", "shrinking"],
    keys: [{ at: 1, numkeys: 0, first: 1, flags: ["RW", "access", "delete"] }],
    args: `numkeys key ...
      where:{LEFT | RIGHT}
      [COUNT count]`,
    since: "7.0.0",
    complexity:
      "O(N+M) where N is the number of provided keys and M is the number of elements returned.",
    summary: "Takes elements from the first of several lists that has any.",
  },
  LPOP: {
    run: lpop,
    arity: -2,
    flags: ["write", "shrinking", "fast", "replies_first"],
    keys: [{ at: 1, flags: ["RW", "access", "delete"] }],
    args: "key [count@6.2.0]",
    since: "1.0.0",
    complexity: "O(N) where N is the number of elements returned",
    summary: "Takes elements from the head of a list.",
    history: [["6.2.0", "Added the `count` argument."]],
  },
  LPOS: {
    run: lpos,
    arity: -3,
    flags: ["readonly"],
    keys: [{ at: 1, flags: ["RO", "access"] }],
    args: "key element [RANK rank:integer] [COUNT num-matches:integer] [MAXLEN len:integer]",
    since: "6.0.6",
    complexity:
      "O(N) where N is the number of elements in the list, for the average case. When searching " +
      "for elements near the head or the tail of the list, or when the MAXLEN option is " +
      "provided, the command may run in constant time.",
    summary: "Finds where an element lies in a list.",
  },
  LPUSH: {
    run: (call) => push(call, true, false),
    arity: -3,
    flags: ["write", "denyoom", "fast", "replies_first"],
    keys: [{ at: 1, flags: ["RW", "insert"] }],
    args: "key element ...",
    since: "1.0.0",
    complexity: PUSH_COMPLEXITY,
    summary: "Adds elements to the head of a list.",
    history: [["2.4.0", "Accepts multiple `element` arguments."]],
  },
  LPUSHX: {
    run: (call) => push(call, true, true),
    arity: -3,
    flags: ["write", "denyoom", "fast", "replies_first"],
    keys: [{ at: 1, flags: ["RW", "insert"] }],
    args: "key element ...",
    since: "2.2.0",
    complexity: PUSH_COMPLEXITY,
    summary: "Adds elements to the head of a list that exists.",
    history: [["4.0.0", "Accepts multiple `element` arguments."]],
  },
  LRANGE: {
    run: lrange,
    arity: 4,
    flags: ["readonly"],
    keys: [{ at: 1, flags: ["RO", "access"] }],
    args: "key start:integer stop:integer",
    since: "1.0.0",
    complexity:
      "O(S+N) where S is the distance of start offset from HEAD for small lists, from nearest " +
      "end (HEAD or TAIL) for large lists; and N is the number of elements in the specified range.",
    summary: "Reads a range of elements.",
  },
  LREM: {
    run: lrem,
    arity: 4,
    flags: ["write", "shrinking"],
    keys: [{ at: 1, flags: ["RW", "delete"] }],
    args: "key count element",
    since: "1.0.0",
    complexity: "O(N+M) where N is the length of the list and M is the number of elements removed.",
    summary: "Removes elements that are equal to one.",
  },
  LSET: {
    run: lset,
    arity: 4,
    flags: ["write", "denyoom", "replies_first"],
    keys: [{ at: 1, flags: ["RW", "update"] }],
    args: "key index:integer element",
    since: "1.0.0",
    complexity:
      "O(N) where N is the length of the list. Setting either the first or the last element of " +
      "the list is O(1).",
    summary: "Replaces the element at an index.",
  },
  LTRIM: {
    run: ltrim,
    arity: 4,
    flags: ["write", "shrinking"],
    keys: [{ at: 1, flags: ["RW", "delete"] }],
    args: "key start:integer stop:integer",
    since: "1.0.0",
    complexity: "O(N) where N is the number of elements to be removed by the operation.",
    summary: "Keeps a range of elements and removes all others.",
  },
  RPOP: {
    run: rpop,
    arity: -2,
    flags: ["write", "shrinking", "fast", "replies_first"],
    keys: [{ at: 1, flags: ["RW", "access", "delete"] }],
    args: "key [count@6.2.0]",
    since: "1.0.0",
    complexity: "O(N) where N is the number of elements returned",
    summary: "Takes elements from the tail of a list.",
    history: [["6.2.0", "Added the `count` argument."]],
  },
  RPOPLPUSH: {
    run: rpoplpush,
    arity: 3,
    flags: ["write", "denyoom", "replies_first"],
    keys: [
      { at: 1, flags: ["RW", "access", "delete"] },
      { at: 2, flags: ["RW", "insert"] },
    ],
    args: "source destination",
    since: "1.2.0",
    complexity: "O(1)",
    summary: "Moves the last element of a list to the head of a list.",
    deprecated: { since: "6.2.0", replacedBy: "`LMOVE` with the `RIGHT` and `LEFT` arguments" },
  },
  RPUSH: {
    run: (call) => push(call, false, false),
    arity: -3,
    flags: ["write", "denyoom", "fast", "replies_first"],
    keys: [{ at: 1, flags: ["RW", "insert"] }],
    args: "key element ...",
    since: "1.0.0",
    complexity: PUSH_COMPLEXITY,
    summary: "Adds elements to the tail of a list.",
    history: [["2.4.0", "Accepts multiple `element` arguments."]],
  },
  RPUSHX: {
    run: (call) => push(call, false, true),
    arity: -3,
    flags: ["write", "denyoom", "fast", "replies_first"],
    keys: [{ at: 1, flags: ["RW", "insert"] }],
    args: "key element ...",
    since: "2.2.0",
    complexity: PUSH_COMPLEXITY,
    summary: "Adds elements to the tail of a list that exists.",
    history: [["4.0.0", "Accepts multiple `element` arguments."]],
  },
});

const cursor = new listValue.ListCursor();

function push(call: Call, atHead: boolean, mustExist: boolean): void {
  const { db, args, keyspace, reply } = call;
  const { bytes, start, size, count } = args;
  const event = atHead ? "lpush" : "rpush";
  const keyHash = db.hash(args, 1);
  let e = db.writeTyped(args, 1, keyHash, Type.list);
  if (e !== NIL) {
    keyspace.changing(db, e, event);
  } else if (mustExist) {
    reply.integer(0);
    return;
  } else {
    e = listValue.create(db, args, 1, keyHash, event, size[2]);
  }
  let i = count > 3 ? listValue.pushRun(e, atHead, args, 2) : 2;
  for (; i < count; i++) listValue.push(e, atHead, bytes, start[i], size[i]);
  keyspace.dirty += count - 3;
  reply.integer(listValue.count(e));
}

function llen(call: Call): void {
  const e = call.db.readTyped(call.args, 1, Type.list);
  call.reply.integer(e === NIL ? 0 : listValue.count(e));
}

/** An index that counts from the end when negative, as one from the start; it may lie outside. */
const fromStart = (index: number, count: number) => (index < 0 ? index + count : index);

function lindex(call: Call): void {
  const { reply } = call;
  const e = call.db.readTyped(call.args, 1, Type.list);
  if (e === NIL) {
    reply.nil();
    return;
  }
  cursor.seek(e, fromStart(call.integer(2), listValue.count(e)));
  if (cursor.isValid) cursor.reply(reply);
  else reply.nil();
}

function lrange(call: Call): void {
  const first = call.integer(2);
  const last = call.integer(3);
  const { reply } = call;
  const e = call.db.readTyped(call.args, 1, Type.list);
  const count = e === NIL ? 0 : listValue.count(e);
  const from = Math.max(fromStart(first, count), 0);
  const n = Math.max(Math.min(fromStart(last, count), count - 1) - from + 1, 0);
  reply.array(n);
  if (n > 0) listValue.replyRange(e, from, n, reply);
}

function lset(call: Call): void {
  const { db, args, keyspace } = call;
  const e = db.writeTyped(args, 1, db.hash(args, 1), Type.list);
  if (e === NIL) throw NO_SUCH_KEY;
  const count = listValue.count(e);
  const index = fromStart(call.integer(2), count);
  if (index < 0 || index >= count) throw OUT_OF_RANGE;
  keyspace.changing(db, e, "lset");
  listValue.set(e, index, args.bytes, args.start[3], args.size[3]);
  call.reply.ok();
}

function linsert(call: Call): void {
  const { db, args, keyspace, reply } = call;
  const { bytes, start, size } = args;
  const after = call.is(2, "after");
  if (!after && !call.is(2, "before")) throw SYNTAX;
  const e = db.writeTyped(args, 1, db.hash(args, 1), Type.list);
  if (e === NIL) {
    reply.integer(0);
    return;
  }
  cursor.seek(e, 0);
  if (!cursor.find(bytes, start[3], size[3])) {
    reply.integer(-1);
    return;
  }
  keyspace.changing(db, e, "linsert");
  listValue.insert(e, cursor.index + (after ? 1 : 0), bytes, start[4], size[4]);
  reply.integer(listValue.count(e));
}

function lrem(call: Call): void {
  const limit = call.integer(2);
  const { db, args, keyspace, reply } = call;
  const { bytes, start, size } = args;
  const e = db.writeTyped(args, 1, db.hash(args, 1), Type.list);
  let removed = 0;
  if (e !== NIL) {
    const backwards = limit < 0;
    const enough = limit === 0 ? Infinity : Math.abs(limit);
    cursor.seek(e, backwards ? listValue.count(e) - 1 : 0);
    while (removed < enough) {
      const isFound = backwards
        ? cursor.findBack(bytes, start[3], size[3])
        : cursor.find(bytes, start[3], size[3]);
      if (!isFound) break;
      if (removed++ === 0) keyspace.changing(db, e, "lrem");
      cursor.remove();
      if (backwards) cursor.previous();
    }
  }
  if (removed > 0) {
    keyspace.dirty += removed - 1;
    if (listValue.count(e) === 0) db.removeEmpty(e);
  }
  reply.integer(removed);
}

function ltrim(call: Call): void {
  const first = call.integer(2);
  const last = call.integer(3);
  const { db, args, keyspace, reply } = call;
  const e = db.writeTyped(args, 1, db.hash(args, 1), Type.list);
  if (e !== NIL) {
    const count = listValue.count(e);
    const from = Math.max(fromStart(first, count), 0);
    const end = Math.min(fromStart(last, count), count - 1) + 1;
    keyspace.changing(db, e, "ltrim");
    if (from >= end) {
      keyspace.dirty += count - 1;
      db.removeEmpty(e);
    } else {
      keyspace.dirty += count - (end - from) - 1;
      listValue.trimEnd(e, false, count - end);
      listValue.trimEnd(e, true, from);
    }
  }
  reply.ok();
}
