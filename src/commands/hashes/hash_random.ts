/** HRANDFIELD: fields of a hash at random. */
import { NIL } from "../../arena/arena.ts";
import type { Call } from "../../calls/call.ts";
import { CommandError, SYNTAX } from "../../protocol/errors.ts";
import type { EntryRef } from "../../structures/entry.ts";
import * as hashValue from "../../values/hash_value.ts";
import { Type } from "../../values/types.ts";

const COUNT_MAX = 2n ** 63n - 1n;
const NOT_COUNT = new CommandError(
  `ERR value is out of range, value must between -${COUNT_MAX} and ${COUNT_MAX}`,
);
const COUNT_TOO_LARGE = new CommandError("ERR value is out of range");

/** Up to this part of the fields, they are drawn until there are enough different ones. */
const DRAWN_PART = 3;
/** A list of more places than this is not kept for the next call. */
const PLACES_KEPT = 1024;
/** So many places are compared with one another; more are looked up in a set. */
const COMPARED_PLACES = 32;

const cursor = new hashValue.HashCursor();

export function hrandfield(call: Call): void {
  const { db, args, reply, argc } = call;
  if (argc === 2) {
    const e = db.readTyped(args, 1, Type.hash);
    if (e === NIL) {
      reply.nil();
      return;
    }
    cursor.seekRandom(e, call.keyspace.randomBelow);
    cursor.replyField(reply);
    return;
  }
  const count = call.integer(2);
  const isExact = Number.isSafeInteger(count);
  if (!isExact && call.int64(2) < -COUNT_MAX) throw NOT_COUNT;
  if (argc > 4 || (argc === 4 && !call.is(3, "withvalues"))) throw SYNTAX;
  const withValues = argc === 4;
  if (withValues && !isExact && isAboveHalf(call.int64(2))) throw COUNT_TOO_LARGE;

  const e = db.readTyped(args, 1, Type.hash);
  if (e === NIL || count === 0) {
    reply.array(0);
    return;
  }
  if (count < 0) replyDraws(call, e, -count, withValues);
  else replyDifferent(call, e, count, withValues);
}

/** Whether twice as many replies, of either sign, are more than 63 bits count. */
const isAboveHalf = (count: bigint) => count > COUNT_MAX / 2n || -count > COUNT_MAX / 2n;

/** Replies with `count` fields, each drawn from all. */
function replyDraws(call: Call, e: EntryRef, count: number, withValues: boolean): void {
  const { randomBelow } = call.keyspace;
  begin(call, count, withValues);
  const total = hashValue.drawsSlowly(e) && count > 1 ? listPlaces(e) : 0;
  for (let left = count; left > 0 && !call.reply.isDiscarding; left--) {
    if (total === 0) cursor.seekRandom(e, randomBelow);
    else cursor.seek(e, places[randomBelow(total)]);
    replyField(call, withValues);
  }
  if (places.length > PLACES_KEPT) places = new Int32Array(PLACES_KEPT);
}

/** Replies with up to `count` different fields, all equally likely. */
function replyDifferent(call: Call, e: EntryRef, count: number, withValues: boolean): void {
  const { randomBelow } = call.keyspace;
  let rest = hashValue.count(e);
  let left = Math.min(count, rest);
  begin(call, left, withValues);
  if (!hashValue.drawsSlowly(e) && left * DRAWN_PART < rest) {
    if (left <= COMPARED_PLACES) drawFew(call, e, left, withValues);
    else drawMany(call, e, left, withValues);
    return;
  }
  // Each field of those that come is taken as likely as are so many of so many.
  cursor.start(e);
  for (; left > 0; rest--) {
    cursor.next();
    if (left < rest && randomBelow(rest) >= left) continue;
    replyField(call, withValues);
    left--;
  }
}

/** Draws so many different fields, by comparing each with those before it. */
function drawFew(call: Call, e: EntryRef, count: number, withValues: boolean): void {
  const { randomBelow } = call.keyspace;
  for (let drawn = 0; drawn < count; ) {
    cursor.seekRandom(e, randomBelow);
    places[drawn] = cursor.place;
    let before = 0;
    while (places[before] !== cursor.place) before++;
    if (before < drawn) continue;
    drawn++;
    replyField(call, withValues);
  }
}

/** As `drawFew`, by a set of those before. */
function drawMany(call: Call, e: EntryRef, count: number, withValues: boolean): void {
  const { randomBelow } = call.keyspace;
  const drawn = new Set<number>();
  while (drawn.size < count) {
    cursor.seekRandom(e, randomBelow);
    if (drawn.has(cursor.place)) continue;
    drawn.add(cursor.place);
    replyField(call, withValues);
  }
}

/** The places of the fields of a hash. */
let places = new Int32Array(PLACES_KEPT);

/** Fills `places`; returns how many there are. */
function listPlaces(e: EntryRef): number {
  const total = hashValue.count(e);
  if (total > places.length) places = new Int32Array(total);
  cursor.start(e);
  for (let i = 0; cursor.next(); i++) places[i] = cursor.place;
  return total;
}

/** Begins the reply of `count` fields. */
function begin({ reply }: Call, count: number, withValues: boolean): void {
  if (withValues) reply.pairs(count);
  else reply.array(count);
}

/** Replies with the field that the cursor is at, and its value if wanted. */
function replyField({ reply }: Call, withValues: boolean): void {
  if (withValues) reply.pair();
  cursor.replyField(reply);
  if (withValues) cursor.replyValue(reply);
}
