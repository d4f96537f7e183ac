/** Taking members from an end of sorted sets; what blocks until there are some builds on this. */
import { NIL } from "../../arena/arena.ts";
import type { Call } from "../../calls/call.ts";
import * as propagate from "../../calls/propagate.ts";
import type { Database } from "../../keyspace/database.ts";
import type { Keyspace } from "../../keyspace/keyspace.ts";
import { CommandError, NEGATIVE, SYNTAX } from "../../protocol/errors.ts";
import type { Reply } from "../../protocol/reply.ts";
import type { EntryRef } from "../../structures/entry.ts";
import { Type } from "../../values/types.ts";
import * as zsetValue from "../../values/zset_value.ts";
import { removeRanks } from "./sorted_set_change.ts";

const NO_KEYS = new CommandError("ERR numkeys should be greater than 0");
const NO_COUNT = new CommandError("ERR count should be greater than 0");

/** How members are told with their scores: one after the other, as pairs in RESP3, as pairs. */
export const FLAT = 0;
const BY_PROTOCOL = 1;
export const PAIRED = 2;

/** The command that pops from an end. */
export const popName = (fromMax: boolean) => (fromMax ? "ZPOPMAX" : "ZPOPMIN");

const cursor = new zsetValue.ZsetCursor();

/**
 * Pops `count` members, no more than there are, from the lowest on, or the highest (`fromMax`), and
 * replies with each and its score, in one of the forms above; the array of all of them is the
 * caller's to begin. Deletes a key left without members: the entry is then gone.
 */
export function pop(
  keyspace: Keyspace,
  db: Database,
  e: EntryRef,
  fromMax: boolean,
  count: number,
  reply: Reply,
  form: number,
): void {
  const total = zsetValue.count(e);
  cursor.seek(e, fromMax ? total - 1 : 0);
  for (let left = count; left > 0; left--) {
    if (form === PAIRED) reply.array(2);
    else if (form === BY_PROTOCOL) reply.pair();
    cursor.replyMember(reply);
    cursor.replyScore(reply);
    if (fromMax) cursor.previous();
    else cursor.next();
  }
  const event = fromMax ? "zpopmax" : "zpopmin";
  removeRanks(keyspace, db, e, fromMax ? total - count : 0, count, event);
}

export function zpopmin(call: Call): void {
  popOne(call, false);
}

export function zpopmax(call: Call): void {
  popOne(call, true);
}

function popOne(call: Call, fromMax: boolean): void {
  const { db, args, reply, argc } = call;
  if (argc > 3) throw SYNTAX;
  const wanted = argc === 3 ? positive(call, 2) : 1;
  const e = db.writeTyped(args, 1, db.hash(args, 1), Type.zset);
  const count = e === NIL ? 0 : Math.min(wanted, zsetValue.count(e));
  if (count === 0) {
    reply.array(0);
    return;
  }
  const counted = argc === 3;
  if (counted) reply.pairs(count);
  else reply.array(2);
  pop(call.keyspace, db, e, fromMax, count, reply, counted ? BY_PROTOCOL : FLAT);
}

/** A count from 0 up. */
function positive(call: Call, index: number): number {
  const value = call.integerOr(index, NEGATIVE);
  if (value < 0) throw NEGATIVE;
  return value;
}

/** What ZMPOP and BZMPOP ask for, as `parsePops` read it. */
export const pops = { firstKey: 0, keyCount: 0, fromMax: false, count: 0 };

/** Reads `numkeys key ... MIN | MAX [COUNT count]` from argument `at` on, into `pops`. */
export function parsePops(call: Call, at: number): void {
  const { argc } = call;
  const keyCount = call.integerOr(at, NO_KEYS);
  if (keyCount < 1) throw NO_KEYS;
  const where = at + 1 + keyCount;
  if (where >= argc) throw SYNTAX;
  pops.firstKey = at + 1;
  pops.keyCount = keyCount;
  pops.fromMax = call.is(where, "max");
  if (!pops.fromMax && !call.is(where, "min")) throw SYNTAX;
  pops.count = -1;
  for (let i = where + 1; i < argc; i += 2) {
    if (pops.count !== -1 || i + 1 === argc || !call.is(i, "count")) throw SYNTAX;
    pops.count = call.integerOr(i + 1, NO_COUNT);
    if (pops.count < 1) throw NO_COUNT;
  }
  if (pops.count === -1) pops.count = 1;
}

/** Replies as ZMPOP does, from the set of the key in argument `index`, which is not empty. */
export function popMany(call: Call, e: EntryRef, index: number): void {
  const { db, args, reply } = call;
  const count = Math.min(pops.count, zsetValue.count(e));
  reply.array(2);
  reply.bulk(args.bytes, args.start[index], args.size[index]);
  reply.array(count);
  pop(call.keyspace, db, e, pops.fromMax, count, reply, PAIRED);
  propagate.popped(call, popName(pops.fromMax), index, count);
}

export function zmpop(call: Call): void {
  const { db, args } = call;
  parsePops(call, 1);
  for (let i = 0; i < pops.keyCount; i++) {
    const index = pops.firstKey + i;
    const e = db.writeTyped(args, index, db.hash(args, index), Type.zset);
    if (e === NIL) continue;
    popMany(call, e, index);
    return;
  }
  call.reply.nilArray();
}
