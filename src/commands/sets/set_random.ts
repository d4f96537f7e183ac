/** SPOP and SRANDMEMBER: members of a set at random, each as likely as any other. */

import { NIL } from "../../arena/arena.ts";
import { INT64_MIN } from "../../base/numbers.ts";
import type { Call } from "../../calls/call.ts";
import * as propagate from "../../calls/propagate.ts";
import { CommandError, NEGATIVE, SYNTAX } from "../../protocol/errors.ts";
import type { EntryRef } from "../../structures/entry.ts";
import * as entry from "../../structures/entry.ts";
import { Member } from "../../values/set_member.ts";
import { listAll, listSome, places } from "../../values/set_places.ts";
import * as setValue from "../../values/set_value.ts";
import { PACKED, SetCursor } from "../../values/set_value.ts";
import { Type } from "../../values/types.ts";

const COUNT_RANGE = new CommandError(
  "ERR value is out of range, value must between -9223372036854775807 and 9223372036854775807",
);

/** When at most one in so many of those popped stays, it is those who stay that are moved. */
const STAY_FACTOR = 5;

const cursor = new SetCursor();
const member = new Member();

export function spop(call: Call): void {
  const { db, args, reply, keyspace } = call;
  if (call.argc === 3) {
    popCount(call);
    return;
  }
  if (call.argc > 3) throw SYNTAX;
  const e = db.writeTyped(args, 1, db.hash(args, 1), Type.set);
  if (e === NIL) {
    reply.nil();
    return;
  }
  const place = setValue.randomPlace(e, keyspace.randomBelow);
  setValue.replyAt(e, place, reply);
  propagatePop(call, e, place);
  keyspace.changing(db, e, "spop");
  setValue.removeAt(e, place);
  if (setValue.count(e) === 0) db.removeEmpty(e);
}

/** The member at a place is popped. */
function propagatePop(call: Call, e: EntryRef, place: number): void {
  if (call.feed.active) setValue.replyAt(e, place, propagate.beginCommand(call, "SREM", 3));
}

function popCount(call: Call): void {
  const { db, args, reply, keyspace } = call;
  const count = call.integerOr(2, NEGATIVE);
  if (count < 0) throw NEGATIVE;
  const e = db.writeTyped(args, 1, db.hash(args, 1), Type.set);
  if (e === NIL || count === 0) {
    reply.set(0);
    return;
  }
  const total = setValue.count(e);
  const popped = Math.min(count, total);
  keyspace.changing(db, e, "spop");
  keyspace.dirty += popped - 1;
  reply.set(popped);
  if (popped === total) {
    // Redis looks the key up once more, to reply with all of it.
    keyspace.stats.hits++;
    replyAll(call, e);
    db.removeEmpty(e);
    propagate.deleted(call);
  } else if ((total - popped) * STAY_FACTOR > popped) {
    for (let left = popped; left > 0; left--) {
      const place = setValue.randomPlace(e, keyspace.randomBelow);
      setValue.replyAt(e, place, reply);
      propagatePop(call, e, place);
      setValue.removeAt(e, place);
    }
  } else {
    popMost(call, e, total - popped);
  }
}

/** Pops all but some members, chosen at random, which become a set anew. */
function popMost(call: Call, e: EntryRef, staying: number): void {
  const stay = setValue.createLoose();
  for (let left = staying; left > 0; left--) {
    const place = setValue.randomPlace(e, call.keyspace.randomBelow);
    setValue.loadAt(e, place, member);
    setValue.insertNew(stay, member);
    setValue.removeAt(e, place);
  }
  replyAll(call, e);
  cursor.start(e);
  while (call.feed.active && cursor.next()) propagatePop(call, e, cursor.place);
  call.keyspace.disposeValue(e);
  setValue.takeOver(e, stay);
}

function replyAll({ reply }: Call, e: EntryRef): void {
  cursor.start(e);
  while (cursor.next()) cursor.replyMember(reply);
}

export function srandmember(call: Call): void {
  const { db, args, reply, keyspace } = call;
  if (call.argc === 3) {
    pickCount(call);
    return;
  }
  if (call.argc > 3) throw SYNTAX;
  const e = db.readTyped(args, 1, Type.set);
  if (e === NIL) reply.nil();
  else setValue.replyAt(e, setValue.randomPlace(e, keyspace.randomBelow), reply);
}

function pickCount(call: Call): void {
  const { reply, keyspace } = call;
  const count = call.integer(2);
  if (!Number.isSafeInteger(count) && call.int64(2) === INT64_MIN) throw COUNT_RANGE;
  const e = call.db.readTyped(call.args, 1, Type.set);
  const total = e === NIL ? 0 : setValue.count(e);
  if (total === 0 || count === 0) {
    reply.array(0);
  } else if (count < 0) {
    reply.array(-count);
    pickAny(call, e, -count);
  } else if (count >= total) {
    reply.array(total);
    replyAll(call, e);
  } else {
    reply.array(count);
    listSome(e, count, keyspace.randomBelow);
    for (let i = 0; i < places.count; i++) setValue.replyAt(e, places.at[i], reply);
  }
}

/** Replies with `count` members, the same ones again as chance has it. */
function pickAny(call: Call, e: EntryRef, count: number): void {
  const { reply, keyspace } = call;
  // What is packed is sought from its start or end: it is listed once.
  const isListed = entry.encoding(e) === PACKED && count > 1;
  if (isListed) listAll(e);
  for (let left = count; left > 0 && !reply.isDiscarding; left--) {
    const place = isListed
      ? places.at[keyspace.randomBelow(places.count)]
      : setValue.randomPlace(e, keyspace.randomBelow);
    setValue.replyAt(e, place, reply);
  }
}
