/** When keys expire: EXPIRE and its kin, TTL and its kin, PERSIST. */
import { NIL } from "../../arena/arena.ts";
import { INT64_MAX, INT64_MIN, parseSafe } from "../../base/numbers.ts";
import type { Call } from "../../calls/call.ts";
import * as propagate from "../../calls/propagate.ts";
import { group } from "../../calls/table.ts";
import type { Database } from "../../keyspace/database.ts";
import { CommandError, invalidExpireTime } from "../../protocol/errors.ts";
import type { EntryRef } from "../../structures/entry.ts";

const NX_WITH_OTHERS = new CommandError(
  "ERR NX and XX, GT or LT options at the same time are not compatible",
);
const GT_WITH_LT = new CommandError("ERR GT and LT options at the same time are not compatible");

const SECOND_MS = 1000;
/** Half a second, by which times in seconds are rounded. */
const HALF_MS = 500;

/** Conditions of EXPIRE, as a mask. */
const NX = 1;
const XX = 2;
const GT = 4;
const LT = 8;

const CONDITIONS_ADDED = [["7.0.0", "Added options: `NX`, `XX`, `GT` and `LT`."]] as const;

export const expireCommands = group("generic", {
  EXPIRE: {
    run: expire,
    arity: -3,
    flags: ["write", "fast", "replies_first"],
    keys: [{ at: 1, flags: ["RW", "update"] }],
    args: "key seconds condition:[NX | XX | GT | LT]@7.0.0",
    since: "1.0.0",
    complexity: "O(1)",
    summary: "Lets a key expire after some seconds.",
    history: CONDITIONS_ADDED,
  },
  EXPIREAT: {
    run: expireat,
    arity: -3,
    flags: ["write", "fast", "replies_first"],
    keys: [{ at: 1, flags: ["RW", "update"] }],
    args: "key unix-time-seconds condition:[NX | XX | GT | LT]@7.0.0",
    since: "1.2.0",
    complexity: "O(1)",
    summary: "Lets a key expire at a time in Unix seconds.",
    history: CONDITIONS_ADDED,
  },
  EXPIRETIME: {
    run: expiretime,
    arity: 2,
    flags: ["readonly", "fast"],
    keys: [{ at: 1, flags: ["RO", "access"] }],
    args: "key",
    since: "7.0.0",
    complexity: "O(1)",
    summary: "Tells when a key expires, in Unix seconds.",
  },
  PERSIST: {
    run: persist,
    arity: 2,
    flags: ["write", "shrinking", "fast"],
    keys: [{ at: 1, flags: ["RW", "update"] }],
    args: "key",
    since: "2.2.0",
    complexity: "O(1)",
    summary: "Lets a key no longer expire.",
  },
  PEXPIRE: {
    run: pexpire,
    arity: -3,
    flags: ["write", "fast", "replies_first"],
    keys: [{ at: 1, flags: ["RW", "update"] }],
    args: "key milliseconds condition:[NX | XX | GT | LT]@7.0.0",
    since: "2.6.0",
    complexity: "O(1)",
    summary: "Lets a key expire after some milliseconds.",
    history: CONDITIONS_ADDED,
  },
  PEXPIREAT: {
    run: pexpireat,
    arity: -3,
    flags: ["write", "fast", "replies_first"],
    keys: [{ at: 1, flags: ["RW", "update"] }],
    args: "key unix-time-milliseconds condition:[NX | XX | GT | LT]@7.0.0",
    since: "2.6.0",
    complexity: "O(1)",
    summary: "Lets a key expire at a time in Unix milliseconds.",
    history: CONDITIONS_ADDED,
  },
  PEXPIRETIME: {
    run: pexpiretime,
    arity: 2,
    flags: ["readonly", "fast"],
    keys: [{ at: 1, flags: ["RO", "access"] }],
    args: "key",
    since: "7.0.0",
    complexity: "O(1)",
    summary: "Tells when a key expires, in Unix milliseconds.",
  },
  PTTL: {
    run: pttl,
    arity: 2,
    flags: ["readonly", "fast"],
    keys: [{ at: 1, flags: ["RO", "access"] }],
    args: "key",
    since: "2.6.0",
    complexity: "O(1)",
    summary: "Tells in how many milliseconds a key expires.",
    history: [["2.8.0", "Added the -2 reply."]],
    tips: ["nondeterministic_output"],
  },
  TTL: {
    run: ttl,
    arity: 2,
    flags: ["readonly", "fast"],
    keys: [{ at: 1, flags: ["RO", "access"] }],
    args: "key",
    since: "1.0.0",
    complexity: "O(1)",
    summary: "Tells in how many seconds a key expires.",
    history: [["2.8.0", "Added the -2 reply."]],
    tips: ["nondeterministic_output"],
  },
});

function expire(call: Call): void {
  setExpiry(call, SECOND_MS, call.nowMs);
}

function expireat(call: Call): void {
  setExpiry(call, SECOND_MS, 0);
}

function pexpire(call: Call): void {
  setExpiry(call, 1, call.nowMs);
}

function pexpireat(call: Call): void {
  setExpiry(call, 1, 0);
}

/** `unitMs`: what the argument counts; `baseMs`: from when on. */
function setExpiry(call: Call, unitMs: number, baseMs: number): void {
  const conditions = call.argc > 3 ? conditionsOf(call) : 0;
  const { bytes, start, size } = call.args;
  const timeMs = parseSafe(bytes, start[2], size[2]) * unitMs + baseMs;
  if (Number.isSafeInteger(timeMs)) {
    expireAt(call, conditions, timeMs);
  } else {
    const farMs = farTime(call, BigInt(unitMs), BigInt(baseMs));
    expireAt(call, conditions, Number(farMs), farMs);
  }
}

/** The time where doubles may not be exact. Throws what is to be said of a bad one. */
function farTime(call: Call, unitMs: bigint, baseMs: bigint): bigint {
  const given = call.int64(2);
  if (given > INT64_MAX / unitMs || given < INT64_MIN / unitMs) {
    throw invalidExpireTime(call.command.name);
  }
  const timeMs = given * unitMs + baseMs;
  if (timeMs > INT64_MAX) throw invalidExpireTime(call.command.name);
  return timeMs;
}

function conditionsOf(call: Call): number {
  let conditions = 0;
  for (let i = 3; i < call.argc; i++) {
    if (call.is(i, "nx")) conditions |= NX;
    else if (call.is(i, "xx")) conditions |= XX;
    else if (call.is(i, "gt")) conditions |= GT;
    else if (call.is(i, "lt")) conditions |= LT;
    else throw new CommandError(`ERR Unsupported option ${call.cText(i)}`);
  }
  if ((conditions & NX) !== 0 && conditions !== NX) throw NX_WITH_OTHERS;
  if ((conditions & GT) !== 0 && (conditions & LT) !== 0) throw GT_WITH_LT;
  return conditions;
}

function expireAt(call: Call, conditions: number, timeMs: number, farMs?: bigint): void {
  const { db, keyspace } = call;
  const e = db.write(call.args, 1, db.hash(call.args, 1));
  if (e === NIL || (conditions !== 0 && !allows(conditions, db, e, timeMs, farMs))) {
    call.reply.integer(0);
    return;
  }
  if (call.isOver(timeMs)) {
    db.remove(e);
    propagate.expired(call);
  } else {
    keyspace.changing(db, e, "expire");
    db.setExpiry(e, timeMs, farMs);
    if (call.command.name !== "pexpireat") propagate.expiresAt(call, timeMs, farMs, 3);
  }
  call.reply.integer(1);
}

/** Whether the key may get this time. A key that never expires counts as later than any time. */
function allows(
  conditions: number,
  db: Database,
  e: EntryRef,
  timeMs: number,
  farMs: bigint | undefined,
): boolean {
  const current = db.expiryOf(e);
  if (current < 0) return (conditions & (XX | GT)) === 0;
  if ((conditions & NX) !== 0) return false;
  let difference = timeMs - current;
  const currentFar = db.farExpiryOf(e);
  if (farMs !== undefined || currentFar !== undefined) {
    difference = Number((farMs ?? BigInt(timeMs)) - (currentFar ?? BigInt(current)));
  }
  if ((conditions & GT) !== 0) return difference > 0;
  return (conditions & LT) === 0 || difference < 0;
}

function persist(call: Call): void {
  const { db } = call;
  const e = db.write(call.args, 1, db.hash(call.args, 1));
  const expires = e !== NIL && db.expiryOf(e) >= 0;
  if (expires) {
    call.keyspace.changing(db, e, "persist");
    db.clearExpiry(e);
  }
  call.reply.truth(expires);
}

function ttl(call: Call): void {
  replyTime(call, SECOND_MS, call.nowMs);
}

function pttl(call: Call): void {
  replyTime(call, 1, call.nowMs);
}

function expiretime(call: Call): void {
  replyTime(call, SECOND_MS, 0);
}

function pexpiretime(call: Call): void {
  replyTime(call, 1, 0);
}

/** -2: there is no key; -1: it does not expire; else the time since `baseMs`, rounded. */
function replyTime(call: Call, unitMs: number, baseMs: number): void {
  const { db, reply } = call;
  const e = db.inspect(call.args, 1);
  if (e === NIL) {
    reply.integer(-2);
    return;
  }
  const timeMs = db.expiryOf(e);
  if (timeMs < 0) {
    reply.integer(-1);
    return;
  }
  if (timeMs > Number.MAX_SAFE_INTEGER) {
    const sinceMs = (db.farExpiryOf(e) ?? BigInt(timeMs)) - BigInt(baseMs);
    reply.bigint(unitMs === 1 ? sinceMs : (sinceMs + BigInt(HALF_MS)) / BigInt(unitMs));
    return;
  }
  const sinceMs = timeMs - baseMs;
  reply.integer(unitMs === 1 ? sinceMs : Math.floor((sinceMs + HALF_MS) / unitMs));
}
