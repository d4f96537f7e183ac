/** The commands that set keys to strings, and those that do it, or delete, on a condition. */
import { NIL } from "../../arena/arena.ts";
import { parseInt64, parseSafe } from "../../base/numbers.ts";
import type { Call } from "../../calls/call.ts";
import {
  comparisonAt,
  exactExpiry,
  expiryAt,
  NO_EXPIRY,
  Option,
  options,
  parsedExpiry,
  parseOptions,
  TIME_OPTIONS,
} from "../../calls/expire_options.ts";
import * as propagate from "../../calls/propagate.ts";
import { NO_BLOCK } from "../../protocol/args.ts";
import { CommandError, WRONG_TYPE, wrongArity } from "../../protocol/errors.ts";
import type { EntryRef } from "../../structures/entry.ts";
import * as entry from "../../structures/entry.ts";
import type { KeyEvent } from "../../values/key_event.ts";
import * as stringValue from "../../values/string_value.ts";
import { Type } from "../../values/types.ts";

/** Sizes of the texts that parseSafe does not tell from 64-bit integers. */
const LONG_INT_SIZE = 16;
const LONG_INT_SIZE_MAX = 20;
const NINE = 57;
const EXPIRY_INDEX_SIZE = 4;
const NUMKEYS_MAX = 2 ** 31 - 1;

const COMPARISONS = Option.ifeq | Option.ifne | Option.ifdeq | Option.ifdne;
const SET_OPTIONS =
  TIME_OPTIONS | Option.keepttl | Option.nx | Option.xx | COMPARISONS | Option.get;
const MSETEX_OPTIONS = TIME_OPTIONS | Option.keepttl | Option.nx | Option.xx;

const NUMKEYS = new CommandError("ERR invalid numkeys value");
const PAIRS = new CommandError("ERR wrong number of key-value pairs");
const CONDITION = new CommandError("ERR Invalid condition. Use IFEQ, IFNE, IFDEQ, or IFDNE");
const DIGEST_SIZE = 16;
const NO_DIGEST = new CommandError(`ERR must be exactly ${DIGEST_SIZE} hexadecimal characters`);
const NO_STRING = new CommandError("ERR Key should be of string type if conditions are specified");

/**
 * Sets the key in argument `keyIndex` to the string in `valueIndex`. `found` is the key's entry or
 * NIL; `expiry` is Unix ms that were just parsed, NO_EXPIRY or KEEP_EXPIRY; `event` names the
 * change.
 */
export function store(
  call: Call,
  keyIndex: number,
  keyHash: number,
  found: EntryRef,
  valueIndex: number,
  expiry: number,
  event: KeyEvent = "set",
): void {
  const { db, args, keyspace } = call;
  const start = args.start[valueIndex];
  const size = args.size[valueIndex];
  const integer = parseSafe(args.bytes, start, size);
  const safe = !Number.isNaN(integer);
  const isText = size < LONG_INT_SIZE || size > LONG_INT_SIZE_MAX || args.bytes[start] > NINE;
  const long = safe || isText ? null : parseInt64(args.bytes, start, size);
  const area = safe || long !== null ? stringValue.INT_AREA : stringValue.areaFor(size);
  let e = found;
  if (e === NIL) {
    e = db.add(args, keyIndex, keyHash, area, expiry > 0, event);
  } else {
    keyspace.changing(db, e, event);
    if (expiry === NO_EXPIRY) db.clearExpiry(e);
    if (entry.type(e) !== Type.string || entry.encoding(e) === stringValue.BLOCK) {
      const mayOverwrite = long === null && args.blockOf(valueIndex) === NO_BLOCK;
      if (mayOverwrite && isOverwritten(call, e, start, size)) {
        if (expiry > 0) expireAt(call, e, expiry);
        return;
      }
      db.dropValue(e);
    }
    const indexSize = expiry > 0 && !entry.hasTtl(e) ? EXPIRY_INDEX_SIZE : 0;
    e = db.resize(e, area + indexSize, 0);
  }
  if (safe) stringValue.writeInt(e, integer);
  else if (long !== null) stringValue.writeBigInt(e, long);
  else stringValue.writeArgument(e, args, valueIndex);
  if (expiry > 0) expireAt(call, e, expiry);
}

/** Gives the key that was set its time to expire, which has an event of its own. */
function expireAt({ db, keyspace }: Call, e: EntryRef, timeMs: number): void {
  const { events } = keyspace;
  if (events.isOn) events.tell(db, e, "expire");
  db.setExpiry(e, timeMs, exactExpiry(timeMs));
}

/** Whether a large string could take the place of one of about its size. */
function isOverwritten(call: Call, e: EntryRef, start: number, size: number): boolean {
  const { bytes, view } = call.args;
  return entry.type(e) === Type.string && stringValue.overwrite(e, bytes, view, start, size);
}

export function set(call: Call): void {
  if (call.argc > 3) {
    setWithOptions(call);
    return;
  }
  storePair(call, 1, 2);
  call.reply.ok();
}

/** Sets a key to a value as SET without options does. */
function storePair(call: Call, keyIndex: number, valueIndex: number): void {
  const { db, args } = call;
  const keyHash = db.hash(args, keyIndex);
  const found = db.write(args, keyIndex, keyHash);
  store(call, keyIndex, keyHash, found, valueIndex, NO_EXPIRY);
}

function setWithOptions(call: Call): void {
  const { db, args, reply } = call;
  const { mask } = parseOptions(call, 3, SET_OPTIONS);
  const expiry = parsedExpiry(call);
  const withGet = (mask & Option.get) !== 0;

  const keyHash = db.hash(args, 1);
  const found = withGet ? db.readTyped(args, 1, Type.string) : db.write(args, 1, keyHash);
  const met = isMet(call, found);

  if (withGet) replyString(call, found);
  else if (!met) reply.nil();
  if (!met) return;
  store(call, 1, keyHash, found, 2, expiry);
  if (!withGet) reply.ok();
  if (expiry > 0) propagate.setWithExpiry(call, 2, expiry);
  else if (withGet) propagateWithoutGet(call);
}

/** What GET asks for is no change; the word may be there twice, and be what is compared. */
function propagateWithoutGet(call: Call): void {
  if (!call.feed.active) return;
  const isLeftOut = (i: number) => i > 2 && i !== options.comparedIndex && call.is(i, "get");
  let count = 0;
  for (let i = 0; i < call.argc; i++) if (!isLeftOut(i)) count++;
  const out = call.feed.tellInstead(call.db, count);
  for (let i = 0; i < call.argc; i++) if (!isLeftOut(i)) propagate.writeArgument(call, out, i);
}

/** Whether the key's entry (or NIL) meets the parsed condition, if there is one. */
function isMet(call: Call, e: EntryRef): boolean {
  const { mask, comparedIndex } = options;
  if ((mask & COMPARISONS) === 0) return (mask & (e === NIL ? Option.xx : Option.nx)) === 0;
  if (e === NIL) return (mask & (Option.ifne | Option.ifdne)) !== 0;
  if (entry.type(e) !== Type.string) throw WRONG_TYPE;
  return compares(call, e, mask, comparedIndex);
}

/** Whether the string compares with the argument at `index` as one of COMPARISONS asks. */
function compares(call: Call, e: EntryRef, comparison: number, index: number): boolean {
  const { bytes, start, size } = call.args;
  if ((comparison & (Option.ifeq | Option.ifne)) !== 0) {
    const isEqual = stringValue.equals(e, bytes, start[index], size[index]);
    return isEqual === ((comparison & Option.ifeq) !== 0);
  }
  if (size[index] !== DIGEST_SIZE) throw NO_DIGEST;
  const isEqual = call.text(index).toLowerCase() === stringValue.digest(e);
  return isEqual === ((comparison & Option.ifdeq) !== 0);
}

function replyString(call: Call, e: EntryRef): void {
  if (e === NIL) call.reply.nil();
  else stringValue.reply(e, call.reply);
}

export function setnx(call: Call): void {
  const { db, args } = call;
  const keyHash = db.hash(args, 1);
  const found = db.write(args, 1, keyHash);
  if (found === NIL) store(call, 1, keyHash, found, 2, NO_EXPIRY);
  call.reply.truth(found === NIL);
}

export function setex(call: Call): void {
  setUntil(call, expiryAt(call, 2, 1000, true));
}

export function psetex(call: Call): void {
  setUntil(call, expiryAt(call, 2, 1, true));
}

function setUntil(call: Call, expiry: number): void {
  const { db, args } = call;
  const keyHash = db.hash(args, 1);
  store(call, 1, keyHash, db.write(args, 1, keyHash), 3, expiry);
  propagate.setWithExpiry(call, 3, expiry);
  call.reply.ok();
}

export function getset(call: Call): void {
  const { db, args } = call;
  const found = db.readTyped(args, 1, Type.string);
  replyString(call, found);
  store(call, 1, db.hash(args, 1), found, 2, NO_EXPIRY);
  propagate.asCommand(call, "SET", 2);
}

export function mset(call: Call): void {
  requirePairs(call);
  for (let index = 1; index < call.argc; index += 2) storePair(call, index, index + 1);
  call.reply.ok();
}

export function msetnx(call: Call): void {
  requirePairs(call);
  const { db, args } = call;
  for (let index = 1; index < call.argc; index += 2) {
    if (db.write(args, index, db.hash(args, index)) === NIL) continue;
    // Those after it are not looked at: what has expired among them stays, as in Redis.
    call.reply.integer(0);
    return;
  }
  for (let index = 1; index < call.argc; index += 2) storePair(call, index, index + 1);
  call.reply.integer(1);
}

function requirePairs(call: Call): void {
  if ((call.argc & 1) === 0) throw wrongArity(call.command.name);
}

/** How many of every second argument from `first` to before `end` name keys that exist. */
function countExisting(call: Call, first: number, end: number): number {
  const { db, args } = call;
  let count = 0;
  for (let index = first; index < end; index += 2) {
    if (db.write(args, index, db.hash(args, index)) !== NIL) count++;
  }
  return count;
}

export function msetex(call: Call): void {
  const { db, args, reply } = call;
  const { start, size } = args;
  const count = parseSafe(args.bytes, start[1], size[1]);
  if (!(count > 0 && count <= NUMKEYS_MAX)) throw NUMKEYS;
  if (count > (call.argc - 2) / 2) throw PAIRS;
  const end = 2 + count * 2;
  const { mask } = parseOptions(call, end, MSETEX_OPTIONS);
  const expiry = parsedExpiry(call);

  if ((mask & (Option.nx | Option.xx)) !== 0) {
    const wanted = (mask & Option.nx) !== 0 ? 0 : count;
    if (countExisting(call, 2, end) !== wanted) {
      reply.integer(0);
      return;
    }
  }

  for (let index = 2; index < end; index += 2) {
    const keyHash = db.hash(args, index);
    store(call, index, keyHash, db.write(args, index, keyHash), index + 1, expiry);
  }
  if (expiry > 0) propagateUntil(call, end, expiry);
  reply.integer(1);
}

/** As MSETEX with all its pairs, which end before an argument, and a time. */
function propagateUntil(call: Call, end: number, expiry: number): void {
  if (!call.feed.active) return;
  const out = call.feed.tellInstead(call.db, end + 2);
  propagate.writeArguments(call, out, 0, end);
  out.bulkText("PXAT");
  propagate.writeTime(out, expiry, exactExpiry(expiry));
}

export function delex(call: Call): void {
  const { db, args, reply, argc } = call;
  if (argc !== 2 && argc !== 4) throw wrongArity(call.command.name);
  const e = db.write(args, 1, db.hash(args, 1));
  const met = e !== NIL && (argc === 2 || isDeletable(call, e));
  if (met) {
    db.remove(e);
    propagate.deleted(call);
  }
  reply.truth(met);
}

/** Whether the string meets the condition in arguments 2 and 3. */
function isDeletable(call: Call, e: EntryRef): boolean {
  if (entry.type(e) !== Type.string) throw NO_STRING;
  const comparison = comparisonAt(call, 2);
  if (comparison === 0) throw CONDITION;
  return compares(call, e, comparison, 3);
}

export function digest(call: Call): void {
  const e = call.db.readTyped(call.args, 1, Type.string);
  if (e === NIL) call.reply.nil();
  else call.reply.bulkText(stringValue.digest(e));
}
