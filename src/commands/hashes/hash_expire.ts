/**
 * Hash commands about fields that expire, of Redis 7.4 and 8.0: their table and handlers.
 * Fields go as keys do: at once for every command, and from memory within milliseconds.
 */

import { NIL } from "../../arena/arena.ts";
import type { Call } from "../../calls/call.ts";
import * as propagate from "../../calls/propagate.ts";
import { group } from "../../calls/table.ts";
import { CommandError, invalidExpireTime, wrongArity } from "../../protocol/errors.ts";
import type { EntryRef } from "../../structures/entry.ts";
import * as hashValue from "../../values/hash_value.ts";
import { ChangeKind } from "../../values/key_event.ts";
import { Type } from "../../values/types.ts";
import { afterChange, findField, replyValue } from "./hash_commands.ts";

const FIELDS = "FIELDS fields:{numfields:integer field ...}";
const CONDITION = "condition:[NX | XX | GT | LT]";
const TIMES = "EX seconds | PX milliseconds | EXAT unix-time-seconds | PXAT unix-time-milliseconds";
const COMPLEXITY = "O(N) where N is the number of specified fields";

export const hashExpireCommands = group("hash", {
  HEXPIRE: {
    run: hexpire,
    arity: -6,
    flags: ["write", "denyoom", "fast"],
    keys: [{ at: 1, flags: ["RW", "update"] }],
    args: `key seconds ${CONDITION} ${FIELDS}`,
    since: "7.4.0",
    complexity: COMPLEXITY,
    summary: "Sets in how many seconds fields of a hash expire.",
  },
  HEXPIREAT: {
    run: hexpireat,
    arity: -6,
    flags: ["write", "denyoom", "fast"],
    keys: [{ at: 1, flags: ["RW", "update"] }],
    args: `key unix-time-seconds ${CONDITION} ${FIELDS}`,
    since: "7.4.0",
    complexity: COMPLEXITY,
    summary: "Sets at which Unix time fields of a hash expire.",
  },
  HEXPIRETIME: {
    run: hexpiretime,
    arity: -5,
    flags: ["readonly", "fast"],
    keys: [{ at: 1, flags: ["RO", "access"] }],
    args: `key ${FIELDS}`,
    since: "7.4.0",
    complexity: COMPLEXITY,
    summary: "Tells at which Unix time fields of a hash expire.",
  },
  HGETDEL: {
    run: hgetdel,
    arity: -5,
    flags: ["write", "shrinking", "fast"],
    keys: [{ at: 1, flags: ["RW", "access", "delete"] }],
    args: `key ${FIELDS}`,
    since: "8.0.0",
    complexity: COMPLEXITY,
    summary: "Reads fields of a hash and removes them.",
  },
  HGETEX: {
    run: hgetex,
    arity: -5,
    flags: ["write", "fast"],
    keys: [
      {
        at: 1,
        flags: ["RW", "access", "update"],
        notes: "RW and UPDATE because it changes the TTL",
      },
    ],
    args: `key expiration:[${TIMES} | PERSIST] ${FIELDS}`,
    since: "8.0.0",
    complexity: COMPLEXITY,
    summary: "Reads fields of a hash and may change when they expire.",
  },
  HPERSIST: {
    run: hpersist,
    arity: -5,
    flags: ["write", "shrinking", "fast"],
    keys: [{ at: 1, flags: ["RW", "update"] }],
    args: `key ${FIELDS}`,
    since: "7.4.0",
    complexity: COMPLEXITY,
    summary: "Keeps fields of a hash from expiring.",
  },
  HPEXPIRE: {
    run: hpexpire,
    arity: -6,
    flags: ["write", "denyoom", "fast"],
    keys: [{ at: 1, flags: ["RW", "update"] }],
    args: `key milliseconds ${CONDITION} ${FIELDS}`,
    since: "7.4.0",
    complexity: COMPLEXITY,
    summary: "Sets in how many milliseconds fields of a hash expire.",
  },
  HPEXPIREAT: {
    run: hpexpireat,
    arity: -6,
    flags: ["write", "denyoom", "fast"],
    keys: [{ at: 1, flags: ["RW", "update"] }],
    args: `key unix-time-milliseconds ${CONDITION} ${FIELDS}`,
    since: "7.4.0",
    complexity: COMPLEXITY,
    summary: "Sets at which Unix time in milliseconds fields of a hash expire.",
  },
  HPEXPIRETIME: {
    run: hpexpiretime,
    arity: -5,
    flags: ["readonly", "fast"],
    keys: [{ at: 1, flags: ["RO", "access"] }],
    args: `key ${FIELDS}`,
    since: "7.4.0",
    complexity: COMPLEXITY,
    summary: "Tells at which Unix time in milliseconds fields of a hash expire.",
  },
  HPTTL: {
    run: hpttl,
    arity: -5,
    flags: ["readonly", "fast"],
    keys: [{ at: 1, flags: ["RO", "access"] }],
    args: `key ${FIELDS}`,
    since: "7.4.0",
    complexity: COMPLEXITY,
    summary: "Tells in how many milliseconds fields of a hash expire.",
    tips: ["nondeterministic_output"],
  },
  HSETEX: {
    run: hsetex,
    arity: -6,
    flags: ["write", "denyoom", "fast"],
    keys: [{ at: 1, flags: ["RW", "update"] }],
    args: `key condition:[FNX | FXX] expiration:[${TIMES} | KEEPTTL]
      FIELDS fields:{numfields:integer data:{field value} ...}`,
    since: "8.0.0",
    complexity: "O(N) where N is the number of fields being set.",
    summary: "Sets fields of a hash, on conditions, and when they expire.",
  },
  HTTL: {
    run: httl,
    arity: -5,
    flags: ["readonly", "fast"],
    keys: [{ at: 1, flags: ["RO", "access"] }],
    args: `key ${FIELDS}`,
    since: "7.4.0",
    complexity: COMPLEXITY,
    summary: "Tells in how many seconds fields of a hash expire.",
    tips: ["nondeterministic_output"],
  },
});

const SECOND_MS = 1000;
/** The latest time that Redis lets a field expire at. */
const TIME_MAX = 2 ** 46 - 1;
const COUNT_MAX = 2 ** 31 - 1;

/** Replies for a field. */
const NO_FIELD = -2;
const NO_DEADLINE = -1;
const NOT_MET = 0;
const DONE = 1;
const REMOVED = 2;

const NEGATIVE_TIME = new CommandError("ERR invalid expire time, must be >= 0");
const NO_FIELDS = new CommandError(
  "ERR Mandatory argument FIELDS is missing or not at the right position",
);
const EXPIRE_COUNT = new CommandError("ERR Parameter `numFields` should be greater than 0");
const FIELD_COUNT = new CommandError("ERR Number of fields must be a positive integer");
const SET_COUNT = new CommandError("ERR invalid number of fields");
const OTHER_COUNT = new CommandError(
  "ERR The `numfields` parameter must match the number of arguments",
);
const ONE_CONDITION = new CommandError("ERR Only one of FXX or FNX arguments can be specified");
const ONE_TIME = new CommandError(
  "ERR Only one of EX, PX, EXAT, PXAT or KEEPTTL arguments can be specified",
);

/** The index of the first field, when FIELDS is argument `at`; the fields are all that follow. */
function firstField(call: Call, at: number, badCount: Error): number {
  if (at + 1 >= call.argc || !call.is(at, "fields")) throw NO_FIELDS;
  const count = call.integerOr(at + 1, badCount);
  if (count < 1) throw badCount;
  if (count !== call.argc - at - 2) throw OTHER_COUNT;
  return at + 2;
}

/** Unix ms of an argument that counts `unitMs` from `baseMs` on. Throws when that is no time. */
function timeAt(call: Call, index: number, unitMs: number, baseMs: number): number {
  const value = call.integer(index);
  if (value < 0) throw NEGATIVE_TIME;
  const timeMs = value * unitMs + baseMs;
  if (timeMs > TIME_MAX) throw invalidExpireTime(call.command.name);
  return timeMs;
}

/** No time was given. */
const NO_TIME = -1;

/** Unix ms as a word like EX and the argument after it say; NO_TIME for any other word. */
function timeOption(call: Call, index: number): number {
  if (call.is(index, "ex")) return timeAfter(call, index, SECOND_MS, call.nowMs);
  if (call.is(index, "px")) return timeAfter(call, index, 1, call.nowMs);
  if (call.is(index, "exat")) return timeAfter(call, index, SECOND_MS, 0);
  return call.is(index, "pxat") ? timeAfter(call, index, 1, 0) : NO_TIME;
}

function timeAfter(call: Call, index: number, unitMs: number, baseMs: number): number {
  if (index + 1 === call.argc) throw wrongArity(call.command.name);
  return timeAt(call, index + 1, unitMs, baseMs);
}

function hexpire(call: Call): void {
  setDeadlines(call, SECOND_MS, call.nowMs);
}

function hexpireat(call: Call): void {
  setDeadlines(call, SECOND_MS, 0);
}

function hpexpire(call: Call): void {
  setDeadlines(call, 1, call.nowMs);
}

function hpexpireat(call: Call): void {
  setDeadlines(call, 1, 0);
}

/** Whether a field with deadline `beforeMs` (or -1) may get another. */
type Condition = (beforeMs: number, timeMs: number) => boolean;

const always: Condition = () => true;
/** A field that does not expire counts as later than any time. */
const CONDITIONS: Readonly<Record<string, Condition>> = {
  nx: (beforeMs) => beforeMs < 0,
  xx: (beforeMs) => beforeMs >= 0,
  gt: (beforeMs, timeMs) => beforeMs >= 0 && timeMs > beforeMs,
  lt: (beforeMs, timeMs) => beforeMs < 0 || timeMs < beforeMs,
};

function conditionAt(call: Call, index: number): Condition {
  for (const word in CONDITIONS) if (call.is(index, word)) return CONDITIONS[word];
  return always;
}

/** `unitMs`: what argument 2 counts; `baseMs`: from when on. */
function setDeadlines(call: Call, unitMs: number, baseMs: number): void {
  const { db, args, reply, argc } = call;
  const e = db.writeTyped(args, 1, db.hash(args, 1), Type.hash);
  const timeMs = timeAt(call, 2, unitMs, baseMs);
  const condition = conditionAt(call, 3);
  const first = firstField(call, condition === always ? 3 : 4, EXPIRE_COUNT);

  reply.array(argc - first);
  let changed = 0;
  for (let i = first; i < argc; i++) {
    const at = findField(e, call, i);
    if (at === 0) {
      reply.integer(NO_FIELD);
    } else if (!condition(hashValue.deadlineOf(e, at), timeMs)) {
      reply.integer(NOT_MET);
    } else {
      expireAt(call, e, i, at, timeMs, changed === 0);
      changed++;
      reply.integer(call.isOver(timeMs) ? REMOVED : DONE);
    }
  }
  if (changed > 0) afterChange(call, e, changed);
  if (changed === 0 || call.isOver(timeMs) || call.command.name === "hpexpireat") return;
  propagateDeadlines(call, timeMs, 3);
}

/** Fields will expire: of the arguments from `from` on, which may begin with a condition. */
function propagateDeadlines(call: Call, timeMs: number, from: number): void {
  if (!call.feed.active) return;
  const out = propagate.beginCommand(call, "HPEXPIREAT", 3 + call.argc - from);
  out.bulkInteger(timeMs);
  propagate.writeArguments(call, out, from, call.argc);
}

/**
 * Lets the field in argument `index`, which is at a place, expire at a time: one that has come
 * removes it. The first change of a call is announced.
 */
function expireAt(
  call: Call,
  e: EntryRef,
  index: number,
  at: hashValue.Place,
  timeMs: number,
  isFirst: boolean,
): void {
  const isOver = call.isOver(timeMs);
  if (isFirst) call.keyspace.changing(call.db, e, isOver ? "hdel" : "hexpire");
  if (isOver) propagateRemoved(call, index);
  if (isOver) hashValue.removeAt(e, at);
  else if (!hashValue.unpackToExpire(e)) hashValue.setDeadline(e, at, timeMs);
  else hashValue.setDeadline(e, hashValue.find(e, call.args, index), timeMs);
}

/** The fields in the arguments from `first` to before `end` were removed. */
function propagateRemoved(call: Call, first: number, end = first + 1): void {
  if (!call.feed.active) return;
  propagate.writeArguments(call, propagate.beginCommand(call, "HDEL", 2 + end - first), first, end);
}

function httl(call: Call): void {
  replyDeadlines(call, SECOND_MS, call.nowMs);
}

function hpttl(call: Call): void {
  replyDeadlines(call, 1, call.nowMs);
}

function hexpiretime(call: Call): void {
  replyDeadlines(call, SECOND_MS, 0);
}

function hpexpiretime(call: Call): void {
  replyDeadlines(call, 1, 0);
}

/** The time of each field since `baseMs`, rounded up. */
function replyDeadlines(call: Call, unitMs: number, baseMs: number): void {
  const { db, args, reply, argc } = call;
  const e = db.readTyped(args, 1, Type.hash);
  const first = firstField(call, 2, FIELD_COUNT);
  reply.array(argc - first);
  for (let i = first; i < argc; i++) {
    const at = findField(e, call, i);
    const timeMs = at === 0 ? NO_DEADLINE : hashValue.deadlineOf(e, at);
    if (at === 0) reply.integer(NO_FIELD);
    else if (timeMs < 0) reply.integer(NO_DEADLINE);
    else reply.integer(Math.ceil((timeMs - baseMs) / unitMs));
  }
}

function hpersist(call: Call): void {
  const { db, args, reply, argc } = call;
  const e = db.writeTyped(args, 1, db.hash(args, 1), Type.hash);
  const first = firstField(call, 2, FIELD_COUNT);
  reply.array(argc - first);
  let changed = 0;
  for (let i = first; i < argc; i++) {
    const at = findField(e, call, i);
    if (at === 0) {
      reply.integer(NO_FIELD);
    } else if (persist(call, e, at, changed === 0)) {
      changed++;
      reply.integer(DONE);
    } else {
      reply.integer(NO_DEADLINE);
    }
  }
  if (changed > 0) afterChange(call, e, changed);
}

/** Whether the field at a place was to expire: it is not any more. The first is announced. */
function persist(call: Call, e: EntryRef, at: hashValue.Place, isFirst: boolean): boolean {
  if (hashValue.deadlineOf(e, at) < 0) return false;
  if (isFirst) call.keyspace.changing(call.db, e, "hpersist");
  hashValue.persist(e, at);
  return true;
}

function hgetdel(call: Call): void {
  const { db, args, reply, argc } = call;
  const e = db.readTyped(args, 1, Type.hash);
  const first = firstField(call, 2, FIELD_COUNT);
  reply.array(argc - first);
  let changed = 0;
  for (let i = first; i < argc; i++) {
    const at = findField(e, call, i);
    replyValue(call, e, at);
    if (at === 0) continue;
    if (changed++ === 0) call.keyspace.changing(db, e, "hdel");
    hashValue.removeAt(e, at);
  }
  if (changed > 0) propagateRemoved(call, first, argc);
  if (changed > 0) afterChange(call, e, changed);
}

function hgetex(call: Call): void {
  const { db, args, reply, argc } = call;
  const e = db.readTyped(args, 1, Type.hash);
  const timeMs = timeOption(call, 2);
  const isPersist = call.is(2, "persist");
  const skipped = timeMs !== NO_TIME ? 2 : Number(isPersist);
  const first = firstField(call, 2 + skipped, FIELD_COUNT);

  reply.array(argc - first);
  let changed = 0;
  for (let i = first; i < argc; i++) {
    const at = findField(e, call, i);
    replyValue(call, e, at);
    if (at === 0) continue;
    if (timeMs !== NO_TIME) {
      expireAt(call, e, i, at, timeMs, changed === 0);
      changed++;
    } else if (isPersist && persist(call, e, at, changed === 0)) {
      changed++;
    }
  }
  if (changed === 0) return;
  afterChange(call, e, changed);
  if (timeMs === NO_TIME) propagatePersisted(call, first - 2);
  else if (!call.isOver(timeMs)) propagateDeadlines(call, timeMs, first - 2);
}

/** Fields will not expire: those of the arguments from `from` on. */
function propagatePersisted(call: Call, from: number): void {
  if (!call.feed.active) return;
  const out = propagate.beginCommand(call, "HPERSIST", 2 + call.argc - from);
  propagate.writeArguments(call, out, from, call.argc);
}

/** What HSETEX was told. */
const given = { fnx: false, fxx: false, keepTtl: false, timeMs: NO_TIME, first: 0 };

function parseSet(call: Call): typeof given {
  given.fnx = false;
  given.fxx = false;
  given.keepTtl = false;
  given.timeMs = NO_TIME;
  for (let i = 2; i < call.argc; i++) {
    if (call.is(i, "fields")) {
      given.first = firstPair(call, i);
      return given;
    }
    if (call.is(i, "fnx") || call.is(i, "fxx")) {
      if (given.fnx || given.fxx) throw ONE_CONDITION;
      given.fnx = call.is(i, "fnx");
      given.fxx = !given.fnx;
    } else if (call.is(i, "keepttl")) {
      if (given.keepTtl || given.timeMs !== NO_TIME) throw ONE_TIME;
      given.keepTtl = true;
    } else {
      if (!isTimeWord(call, i)) throw new CommandError(`ERR unknown argument: ${call.cText(i)}`);
      if (given.keepTtl || given.timeMs !== NO_TIME) throw ONE_TIME;
      given.timeMs = timeOption(call, i++);
    }
  }
  throw wrongArity(call.command.name);
}

function isTimeWord(call: Call, index: number): boolean {
  return (
    call.is(index, "ex") || call.is(index, "px") || call.is(index, "exat") || call.is(index, "pxat")
  );
}

/** The index of the first field, when FIELDS is argument `at`: pairs follow, up to the last. */
function firstPair(call: Call, at: number): number {
  if (at >= call.argc - 3) throw wrongArity(call.command.name);
  const count = call.integerOr(at + 1, SET_COUNT);
  if (count < 1 || count > COUNT_MAX) throw SET_COUNT;
  if (count * 2 !== call.argc - at - 2) throw wrongArity(call.command.name);
  return at + 2;
}

function hsetex(call: Call): void {
  const { db, args, reply, keyspace, argc } = call;
  const { first, fnx, fxx, keepTtl, timeMs } = parseSet(call);
  const keyHash = db.hash(args, 1);
  let e = db.writeTyped(args, 1, keyHash, Type.hash);
  const count = (argc - first) / 2;
  if (fnx || fxx) {
    let existing = 0;
    for (let i = first; e !== NIL && i < argc; i += 2) {
      if (db.field(e, args, i) !== 0) existing++;
    }
    if (existing !== (fnx ? 0 : count)) {
      reply.integer(0);
      return;
    }
  }

  if (e === NIL) e = hashValue.create(db, args, 1, keyHash, "hset");
  else keyspace.changing(db, e, "hset");
  for (let i = first; i < argc; i += 2) {
    const at = keepTtl ? db.field(e, args, i) : 0;
    if (at === 0) hashValue.put(e, args, i, args, i + 1);
    else hashValue.set(e, at, args, i + 1);
  }
  if (timeMs !== NO_TIME) {
    keyspace.changing(db, e, call.isOver(timeMs) ? "hdel" : "hexpire", ChangeKind.uncounted);
    for (let i = first; i < argc; i += 2) {
      const at = db.field(e, args, i);
      if (at !== 0) expireAt(call, e, i, at, timeMs, false);
    }
  }
  afterChange(call, e, count);
  if (timeMs !== NO_TIME && !call.isOver(timeMs)) propagateSet(call, timeMs, first - 2);
  reply.integer(1);
}

/** Fields were set that will expire: those of the arguments from `from` on. */
function propagateSet(call: Call, timeMs: number, from: number): void {
  if (!call.feed.active) return;
  const out = propagate.beginCommand(call, "HSETEX", 4 + call.argc - from);
  out.bulkText("PXAT");
  out.bulkInteger(timeMs);
  propagate.writeArguments(call, out, from, call.argc);
}
