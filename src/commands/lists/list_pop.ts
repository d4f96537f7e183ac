/**
 * List commands that take elements from an end: LPOP, RPOP, LMPOP, LMOVE, RPOPLPUSH; and what the
 * blocking ones share with them.
 */

import { ensure, NIL } from "../../arena/arena.ts";
import { stage, staging } from "../../base/range.ts";
import type { Call } from "../../calls/call.ts";
import * as propagate from "../../calls/propagate.ts";
import type { Database } from "../../keyspace/database.ts";
import type { Keyspace } from "../../keyspace/keyspace.ts";
import type { Args } from "../../protocol/args.ts";
import { CommandError, NEGATIVE, SYNTAX, wrongArity } from "../../protocol/errors.ts";
import type { Reply } from "../../protocol/reply.ts";
import type { EntryRef } from "../../structures/entry.ts";
import { ChangeKind } from "../../values/key_event.ts";
import * as listValue from "../../values/list_value.ts";
import { Type } from "../../values/types.ts";

const NUMKEYS = new CommandError("ERR numkeys should be greater than 0");
const COUNT = new CommandError("ERR count should be greater than 0");

/** Whether an argument says LEFT; throws when it says RIGHT neither. */
export function isLeft(call: Call, index: number): boolean {
  if (call.is(index, "left")) return true;
  if (!call.is(index, "right")) throw SYNTAX;
  return false;
}

/** An integer argument of at least `least`; any other throws the error. */
function atLeast(call: Call, index: number, least: number, error: Error): number {
  const value = call.integerOr(index, error);
  if (value < least) throw error;
  return value;
}

/** The command that pops from an end. */
export const popName = (atHead: boolean) => (atHead ? "LPOP" : "RPOP");
const popEvent = (atHead: boolean) => (atHead ? "lpop" : "rpop");
const pushEvent = (atHead: boolean) => (atHead ? "lpush" : "rpush");

/** Pops the element at an end of a list, as a reply; the key may be gone then. */
export function popOne(
  keyspace: Keyspace,
  db: Database,
  e: EntryRef,
  atHead: boolean,
  to: Reply,
): void {
  keyspace.changing(db, e, popEvent(atHead));
  listValue.pop(e, atHead, to);
  if (listValue.count(e) === 0) db.removeEmpty(e);
}

/** Pops up to `limit` elements, at least one, as a reply: an array. The key may be gone then. */
function popSome(
  keyspace: Keyspace,
  db: Database,
  e: EntryRef,
  atHead: boolean,
  limit: number,
  to: Reply,
): void {
  const count = listValue.count(e);
  const n = Math.min(limit, count);
  keyspace.changing(db, e, popEvent(atHead));
  keyspace.dirty += n - 1;
  to.array(n);
  if (atHead) listValue.replyRange(e, 0, n, to);
  else listValue.replyBackwards(e, count - 1, n, to);
  if (n < count) {
    listValue.removeRange(e, atHead ? 0 : count - n, n);
    return;
  }
  db.removeEmpty(e);
}

/** What a leaf takes beside an element that it has for itself, at most. */
const LEAF_OVERHEAD = 1024;

/**
 * Moves an element from an end of a list to an end of the list of the key in an argument, which is
 * made if need be and may be the same; replies with the element. The source may be gone then.
 * Throws, before any change, when the key holds another type.
 */
export function moveElement(
  keyspace: Keyspace,
  db: Database,
  source: EntryRef,
  fromHead: boolean,
  args: Args,
  index: number,
  toHead: boolean,
  to: Reply,
): void {
  const keyHash = db.hash(args, index);
  let target = db.writeTyped(args, index, keyHash, Type.list);
  const { bytes, offset, size } = listValue.end(source, fromHead);
  ensure(size + LEAF_OVERHEAD);
  stage(bytes, offset, size);
  const event = pushEvent(toHead);
  if (target === NIL) target = listValue.create(db, args, index, keyHash, event, size);
  else keyspace.changing(db, target, event);
  keyspace.changing(db, source, popEvent(fromHead), ChangeKind.uncounted);
  listValue.pop(source, fromHead, null);
  listValue.push(target, toHead, staging.bytes, 0, size);
  to.bulk(staging.bytes, 0, size);
  if (listValue.count(source) === 0) db.removeEmpty(source);
}

export const lpop = (call: Call) => pop(call, true);
export const rpop = (call: Call) => pop(call, false);

function pop(call: Call, atHead: boolean): void {
  const { db, args, keyspace, reply, argc } = call;
  if (argc > 3) throw wrongArity(call.command.name);
  const limit = argc === 3 ? atLeast(call, 2, 0, NEGATIVE) : 1;
  const e = db.writeTyped(args, 1, db.hash(args, 1), Type.list);
  if (argc === 2) {
    if (e === NIL) reply.nil();
    else popOne(keyspace, db, e, atHead, reply);
  } else if (e === NIL) {
    reply.nilArray();
  } else if (limit === 0) {
    reply.array(0);
  } else {
    popSome(keyspace, db, e, atHead, limit, reply);
  }
}

/** What the arguments of LMPOP say, after the position of numkeys. */
export const multiPop = { keyIndex: 0, keyCount: 0, atHead: false, limit: 1 };

/**
 * Reads `numkeys key … LEFT|RIGHT [COUNT count]`, the first in argument `index`, into `multiPop`;
 * throws what is wrong with it.
 */
export function parseMultiPop(call: Call, index: number): typeof multiPop {
  const { argc } = call;
  const keyCount = atLeast(call, index, 1, NUMKEYS);
  const where = index + keyCount + 1;
  if (where >= argc) throw SYNTAX;
  const atHead = isLeft(call, where);
  let limit = 1;
  if (where + 1 < argc) {
    if (argc !== where + 3 || !call.is(where + 1, "count")) throw refused(call, where + 1);
    limit = atLeast(call, where + 2, 1, COUNT);
  }
  multiPop.keyIndex = index + 1;
  multiPop.keyCount = keyCount;
  multiPop.atHead = atHead;
  multiPop.limit = limit;
  return multiPop;
}

/** The first thing wrong with options that are more than one COUNT: a bad count comes first. */
function refused(call: Call, index: number): Error {
  if (call.is(index, "count") && index + 1 < call.argc) atLeast(call, index + 1, 1, COUNT);
  return SYNTAX;
}

/** Replies with the key and up to `limit` elements popped from its list. */
export function popKeyed(
  keyspace: Keyspace,
  db: Database,
  e: EntryRef,
  args: Args,
  index: number,
  atHead: boolean,
  limit: number,
  to: Reply,
): void {
  to.array(2);
  to.bulk(args.bytes, args.start[index], args.size[index]);
  popSome(keyspace, db, e, atHead, limit, to);
}

export function lmpop(call: Call): void {
  const { db, args, keyspace, reply } = call;
  const { keyIndex, keyCount, atHead, limit } = parseMultiPop(call, 1);
  for (let i = keyIndex; i < keyIndex + keyCount; i++) {
    const e = db.writeTyped(args, i, db.hash(args, i), Type.list);
    if (e === NIL) continue;
    const count = Math.min(limit, listValue.count(e));
    popKeyed(keyspace, db, e, args, i, atHead, limit, reply);
    propagate.popped(call, popName(atHead), i, count);
    return;
  }
  reply.nilArray();
}

export function lmove(call: Call): void {
  const fromHead = isLeft(call, 3);
  move(call, fromHead, isLeft(call, 4));
}

export function rpoplpush(call: Call): void {
  move(call, false, true);
}

function move(call: Call, fromHead: boolean, toHead: boolean): void {
  const { db, args, keyspace, reply } = call;
  const source = db.writeTyped(args, 1, db.hash(args, 1), Type.list);
  if (source === NIL) reply.nil();
  else moveElement(keyspace, db, source, fromHead, args, 2, toHead, reply);
}
