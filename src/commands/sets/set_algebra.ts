/**
 * Intersections, unions and differences of sets.
 *
 * Members pass from set to set as they lie in the arena, with the hashes that they have already.
 * What is replied is not stored anywhere first, unless it may be an intset, which comes sorted.
 */
import { ensureMore, NIL } from "../../arena/arena.ts";
import { parseInt64 } from "../../base/numbers.ts";
import type { Call } from "../../calls/call.ts";
import { CommandError, SYNTAX } from "../../protocol/errors.ts";
import type { EntryRef } from "../../structures/entry.ts";
import * as entry from "../../structures/entry.ts";
import type { KeyEvent } from "../../values/key_event.ts";
import * as loose from "../../values/loose.ts";
import { Member } from "../../values/set_member.ts";
import { SetProbe } from "../../values/set_probe.ts";
import * as setValue from "../../values/set_value.ts";
import { INTSET, SetCursor } from "../../values/set_value.ts";
import { thresholds } from "../../values/thresholds.ts";
import { Type } from "../../values/types.ts";

const NUMKEYS = new CommandError("ERR numkeys should be greater than 0");
const TOO_MANY_KEYS = new CommandError("ERR Number of keys can't be greater than number of args");
const NEGATIVE_LIMIT = new CommandError("ERR LIMIT can't be negative");

/** Looking a member up and adding it costs about as much as looking it up so many times. */
const ADD_COST = 4;

/** A result that is packed gets so many bytes at first, and gives back what it does not need. */
const RESULT_ROOM = 240;

/** The sets of the command at hand: those that there are, in order. */
let sets: EntryRef[] = [];
/** Whether some key did not exist, and whether the first was it. */
let anyMissing = false;
let firstMissing = false;
/** Whether an intersection is of two sets for which there is a quicker way. */
let isQuickPair = false;

const cursor = new SetCursor();
const member = new Member();
/** Probes of the sets that are asked, by their index in `sets`; kept for the next command. */
const probes: SetProbe[] = [];

/** Finds the sets of the keys in `count` arguments from `first` on; throws at another type. */
function findSets(call: Call, first: number, count: number): void {
  sets.length = 0;
  anyMissing = false;
  firstMissing = false;
  for (let index = first; index < first + count; index++) {
    const e = call.db.readTyped(call.args, index, Type.set);
    if (e !== NIL) {
      sets.push(e);
      continue;
    }
    anyMissing = true;
    if (index === first) firstMissing = true;
  }
}

const isIntset = (e: EntryRef) => entry.encoding(e) === INTSET;
const largerFirst = (a: EntryRef, b: EntryRef) => setValue.count(b) - setValue.count(a);

/** Orders the sets from the smallest on, each once. */
function smallestFirst(): void {
  if (sets.length > 2) {
    sets = [...new Set(sets)].sort(largerFirst).reverse();
  } else if (sets.length === 2) {
    const [a, b] = sets;
    if (a === b) {
      sets.length = 1;
    } else if (setValue.count(b) <= setValue.count(a)) {
      sets[0] = b;
      sets[1] = a;
    }
  }
}

/** Prepares to ask the set at `index` for the members of another, or of more. */
function startProbe(index: number, from: EntryRef, more: boolean): void {
  while (probes.length <= index) probes.push(new SetProbe());
  probes[index].start(sets[index], setValue.count(from), !more && isIntset(from));
}

/** Whether one of the sets from `first` to before `end` has the member. */
function isInSome(first: number, end: number): boolean {
  for (let i = first; i < end; i++) if (probes[i].has(member)) return true;
  return false;
}

/** Replies with the member that the cursor has come to, or adds it to a result that is not NIL. */
function emit(call: Call, result: EntryRef): void {
  if (result === NIL) {
    cursor.replyMember(call.reply);
    return;
  }
  ensureMore(member.sizeKnown);
  setValue.insertNew(result, member, RESULT_ROOM);
}

export function smembers(call: Call): void {
  const e = call.db.readTyped(call.args, 1, Type.set);
  if (e === NIL) call.reply.set(0);
  else replySet(call, e);
}

function replySet({ reply }: Call, e: EntryRef): void {
  reply.set(setValue.count(e));
  cursor.start(e);
  while (cursor.next()) cursor.replyMember(reply);
}

/** Replies with a loose set, which is gone then. */
function replyLoose(call: Call, loose: EntryRef): void {
  replySet(call, loose);
  call.keyspace.disposeLoose(loose);
}

export function sinter(call: Call): void {
  findSets(call, 1, call.argc - 1);
  if (anyMissing) {
    call.reply.set(0);
    return;
  }
  const mark = call.reply.beginArray();
  const count = intersect(call, NIL as EntryRef);
  call.reply.endSet(mark, count);
}

export function sinterstore(call: Call): void {
  findSets(call, 2, call.argc - 2);
  const result = setValue.createResult();
  if (!anyMissing) intersect(call, result);
  storeResult(call, result, "sinterstore");
}

/** Emits the members that all sets have; returns how many. */
function intersect(call: Call, result: EntryRef): number {
  let count = 0;
  startIntersection();
  if (isQuickPair && result === NIL) {
    for (; cursor.nextCommon(sets[1]); count++) cursor.replyMember(call.reply);
    return count;
  }
  for (; nextInAll(); count++) emit(call, result);
  return count;
}

/** Begins to walk over the smallest set; the others are asked, from the smallest on. */
function startIntersection(): void {
  smallestFirst();
  cursor.start(sets[0]);
  isQuickPair = sets.length === 2 && setValue.isQuickPair(sets[0], sets[1]);
  if (isQuickPair) return;
  for (let i = 1; i < sets.length; i++) startProbe(i, sets[0], false);
}

/** Goes to the next member that all sets have; false when there is none. */
function nextInAll(): boolean {
  if (isQuickPair) {
    if (!cursor.nextCommon(sets[1])) return false;
    cursor.load(member);
    return true;
  }
  while (cursor.next()) {
    cursor.load(member);
    if (isInAllOthers()) return true;
  }
  return false;
}

function isInAllOthers(): boolean {
  for (let i = 1; i < sets.length; i++) if (!probes[i].has(member)) return false;
  return true;
}

export function sintercard(call: Call): void {
  const numkeys = call.integerOr(1, NUMKEYS);
  if (numkeys < 1) throw NUMKEYS;
  if (numkeys > call.argc - 2) throw TOO_MANY_KEYS;
  const limit = limitOf(call, 2 + numkeys);
  findSets(call, 2, numkeys);
  let count = 0;
  if (!anyMissing) {
    startIntersection();
    if (isQuickPair) while (count < limit && cursor.nextCommon(sets[1])) count++;
    else while (count < limit && nextInAll()) count++;
  }
  call.reply.integer(count);
}

/** The LIMIT in the arguments from `first` on: Infinity for none, or 0. */
function limitOf(call: Call, first: number): number {
  let limit = 0;
  for (let i = first; i < call.argc; i += 2) {
    if (!call.is(i, "limit") || i + 1 === call.argc) throw SYNTAX;
    const { bytes, start, size } = call.args;
    const value = parseInt64(bytes, start[i + 1], size[i + 1]);
    if (value === null || value < 0n) throw NEGATIVE_LIMIT;
    limit = Number(value);
  }
  return limit === 0 ? Infinity : limit;
}

export function sunion(call: Call): void {
  findSets(call, 1, call.argc - 1);
  if (mayBeIntset() || !startUnion()) {
    replyLoose(call, sumOf());
    return;
  }
  const mark = call.reply.beginArray();
  const count = unite(call, NIL as EntryRef);
  call.reply.endSet(mark, count);
}

export function sunionstore(call: Call): void {
  findSets(call, 2, call.argc - 2);
  let result: EntryRef;
  if (sets.every(isIntset) || !startUnion()) {
    result = sumOf();
  } else {
    result = setValue.createResult();
    unite(call, result);
  }
  storeResult(call, result, "sunionstore");
}

/** Whether a union may consist of few integers, for all that is quick to see. */
function mayBeIntset(): boolean {
  let total = 0;
  for (const e of sets) {
    total += setValue.count(e);
    if (isIntset(e)) continue;
    cursor.start(e);
    cursor.next();
    cursor.load(member);
    if (!member.isInteger) return false;
  }
  return total <= thresholds.setIntsetEntries || sets.every(isIntset);
}

/**
 * Orders the sets from the largest on, so that what most members are in need not be looked up.
 * False when there are so many sets that it is better to make one of them.
 */
function startUnion(): boolean {
  sets = [...new Set(sets)].sort(largerFirst);
  let total = 0;
  let asked = 0;
  for (let i = 0; i < sets.length; i++) {
    total += setValue.count(sets[i]);
    asked += i * setValue.count(sets[i]);
  }
  return asked <= total * ADD_COST;
}

/** Emits the members of each set that none before it has; returns how many. */
function unite(call: Call, result: EntryRef): number {
  let count = 0;
  let first = 0;
  if (result !== NIL && sets.length > 0) {
    setValue.addAll(sets[0], result);
    count = setValue.count(result);
    first = 1;
  }
  for (let i = first; i < sets.length; i++) {
    if (i > 0) startProbe(i - 1, sets[i], true);
    cursor.start(sets[i]);
    while (cursor.next()) {
      cursor.load(member);
      if (isInSome(0, i)) continue;
      emit(call, result);
      count++;
    }
  }
  return count;
}

/** A loose set of all members. */
function sumOf(): EntryRef {
  const result = setValue.createResult();
  for (const e of sets) setValue.addAll(e, result);
  return result;
}

export function sdiff(call: Call): void {
  findSets(call, 1, call.argc - 1);
  if (isNothingLeft()) {
    call.reply.set(0);
    return;
  }
  const [first] = sets;
  // What may be an intset comes sorted, so that it has to be made first.
  const isStreamed =
    isIntset(first) ||
    setValue.count(first) > thresholds.setIntsetEntries ||
    setValue.isAllText(first);
  if (!isStreamed || !asksOthers()) {
    replyLoose(call, difference(call));
    return;
  }
  const mark = call.reply.beginArray();
  const count = subtract(call, NIL as EntryRef);
  call.reply.endSet(mark, count);
}

export function sdiffstore(call: Call): void {
  findSets(call, 2, call.argc - 2);
  const result = isNothingLeft() ? setValue.createResult() : difference(call);
  storeResult(call, result, "sdiffstore");
}

/** Whether the first set is none, or is taken from itself. */
function isNothingLeft(): boolean {
  return firstMissing || sets.indexOf(sets[0], 1) > 0;
}

/**
 * Whether to look up each member of the first set in the others, rather than to remove each of
 * theirs from a copy of it: as Redis decides it, since a result's encoding can depend on it.
 */
function asksOthers(): boolean {
  const asking = (setValue.count(sets[0]) * sets.length) / 2;
  let removing = 0;
  for (const e of sets) removing += setValue.count(e);
  return Math.floor(asking) <= removing;
}

/** A loose set of the members of the first set that no other has. */
function difference(call: Call): EntryRef {
  const result = setValue.createResult();
  if (asksOthers()) {
    subtract(call, result);
    return result;
  }
  setValue.addAll(sets[0], result);
  for (let i = 1; i < sets.length && setValue.count(result) > 0; i++) {
    cursor.start(sets[i]);
    while (cursor.next()) {
      cursor.load(member);
      setValue.removeMember(result, member);
    }
  }
  return result;
}

/** Whether there is a quicker way to the members of a set that another has not. */
const isQuickDifference = (e: EntryRef, other: EntryRef) =>
  setValue.block(e) !== NIL && setValue.isQuickPair(e, other);

/** Emits the members of the first set that no other has, which are asked from the largest on. */
function subtract(call: Call, result: EntryRef): number {
  const first = sets[0];
  if (result === NIL && sets.length === 2 && isQuickDifference(first, sets[1])) {
    cursor.start(first);
    let missing = 0;
    for (; cursor.nextMissing(sets[1]); missing++) cursor.replyMember(call.reply);
    return missing;
  }
  if (sets.length > 2) sets = [first, ...new Set(sets.slice(1).sort(largerFirst))];
  for (let i = 1; i < sets.length; i++) startProbe(i, first, false);
  let count = 0;
  cursor.start(first);
  while (cursor.next()) {
    cursor.load(member);
    if (isInSome(1, sets.length)) continue;
    emit(call, result);
    count++;
  }
  return count;
}

/**
 * Puts a loose set in the place of the key in argument 1, whatever that holds, and replies with its
 * count; an empty set deletes the key. The loose set is gone then.
 */
export function storeResult(call: Call, result: EntryRef, event: KeyEvent): void {
  const { db, args, keyspace } = call;
  const count = setValue.count(result);
  loose.end();
  if (count > 0) {
    const keyHash = db.hash(args, 1);
    db.vacate(args, 1, keyHash);
    setValue.adopt(db, args, 1, keyHash, event, result);
  } else {
    db.removeUnseen(args, 1);
    keyspace.disposeLoose(result);
  }
  call.reply.integer(count);
}
