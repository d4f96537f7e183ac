/**
 * The commands that count: INCR and its kin on 64-bit integers, INCRBYFLOAT on long doubles.
 * Integers up to 2^53 are counted as doubles, exactly; BigInt serves beyond.
 */
import { NIL } from "../../arena/arena.ts";
import { fromLatin1, latin1 } from "../../base/bytes.ts";
import { addDecimals, SUM_SIZE_MAX } from "../../base/decimal_sum.ts";
import {
  addLongDoubles,
  formatLongDouble,
  type LongDouble,
  NUMBER_SIZE_MAX,
  parseLongDouble,
} from "../../base/long_double.ts";
import { INT64_MAX, INT64_MIN, parseInt64, parseSafe } from "../../base/numbers.ts";
import type { Range } from "../../base/range.ts";
import type { Call } from "../../calls/call.ts";
import * as propagate from "../../calls/propagate.ts";
import { type Args, argsOf } from "../../protocol/args.ts";
import { CommandError, NOT_FLOAT, NOT_INTEGER, OVERFLOW } from "../../protocol/errors.ts";
import type { EntryRef } from "../../structures/entry.ts";
import * as entry from "../../structures/entry.ts";
import * as stringValue from "../../values/string_value.ts";
import { Type } from "../../values/types.ts";

const DECREMENT_OVERFLOW = new CommandError("ERR decrement would overflow");
export const NO_NUMBER = new CommandError("ERR increment would produce NaN or Infinity");

export function incr(call: Call): void {
  add(call, 1);
}

export function decr(call: Call): void {
  add(call, -1);
}

export function incrby(call: Call): void {
  const { bytes, start, size } = call.args;
  const increment = parseSafe(bytes, start[2], size[2]);
  if (!Number.isNaN(increment)) add(call, increment);
  else addBigInt(call, call.int64(2));
}

export function decrby(call: Call): void {
  const { bytes, start, size } = call.args;
  const decrement = parseSafe(bytes, start[2], size[2]);
  if (!Number.isNaN(decrement)) {
    add(call, -decrement);
    return;
  }
  const exact = call.int64(2);
  if (exact === INT64_MIN) throw DECREMENT_OVERFLOW;
  addBigInt(call, -exact);
}

/** Adds a safe integer to the key of argument 1 and replies with the sum. */
function add(call: Call, increment: number): void {
  const { db, args, reply } = call;
  const keyHash = db.hash(args, 1);
  let e = db.writeTyped(args, 1, keyHash, Type.string);
  if (e === NIL) {
    e = db.add(args, 1, keyHash, stringValue.INT_AREA, false, "incrby");
    stringValue.writeInt(e, increment);
    reply.integer(increment);
    return;
  }
  if (stringValue.isSmallInt(e)) {
    const small = stringValue.smallInt(e) + increment;
    if ((small | 0) === small) {
      call.keyspace.changing(db, e, "incrby");
      stringValue.setSmallInt(e, small);
      reply.integer(small);
      return;
    }
  }
  const isInt = entry.encoding(e) === stringValue.INT;
  const sum = (isInt ? stringValue.readInt(e) : spelledInteger(e)) + increment;
  if (!Number.isSafeInteger(sum)) {
    addBigInt(call, BigInt(increment));
    return;
  }
  call.keyspace.changing(db, e, "incrby");
  if (!isInt) e = makeInt(call, e);
  stringValue.writeInt(e, sum);
  reply.integer(sum);
}

/** As `add`, for all integers of 64 bits; throws when the value is none, or the sum. */
function addBigInt(call: Call, increment: bigint): void {
  const { db, args, reply } = call;
  const keyHash = db.hash(args, 1);
  let e = db.writeTyped(args, 1, keyHash, Type.string);
  const sum = (e === NIL ? 0n : exactInteger(e)) + increment;
  if (sum > INT64_MAX || sum < INT64_MIN) throw OVERFLOW;
  if (e === NIL) {
    e = db.add(args, 1, keyHash, stringValue.INT_AREA, false, "incrby");
  } else {
    call.keyspace.changing(db, e, "incrby");
    e = makeInt(call, e);
  }
  stringValue.writeBigInt(e, sum);
  reply.bigint(sum);
}

/** The safe integer that a string spells, or NaN. */
function spelledInteger(e: EntryRef): number {
  const { bytes, offset, size } = stringValue.rangeOf(e);
  return parseSafe(bytes, offset, size);
}

function exactInteger(e: EntryRef): bigint {
  if (entry.encoding(e) === stringValue.INT) return stringValue.readBigInt(e);
  const { bytes, offset, size } = stringValue.rangeOf(e);
  const value = parseInt64(bytes, offset, size);
  if (value === null) throw NOT_INTEGER;
  return value;
}

/** Readies the entry of a string for an integer; it may move. */
function makeInt(call: Call, e: EntryRef): EntryRef {
  return call.db.resize(e, stringValue.INT_AREA, 0);
}

export function incrbyfloat(call: Call): void {
  const { db, args, reply } = call;
  const keyHash = db.hash(args, 1);
  let e = db.writeTyped(args, 1, keyHash, Type.string);
  const value = e === NIL ? NOTHING : stringValue.rangeOf(e);
  const { bytes, view, size: sizes } = sumOf(value, args, 2, NOT_FLOAT);
  const size = sizes[0];
  const area = stringValue.areaFor(size);
  if (e === NIL) {
    e = db.add(args, 1, keyHash, area, false, "incrbyfloat");
  } else {
    call.keyspace.changing(db, e, "incrbyfloat");
    stringValue.release(e);
    e = db.resize(e, area, 0);
  }
  stringValue.writeBytes(e, bytes, view, 0, size);
  reply.bulk(bytes, 0, size);
  if (call.feed.active) {
    const out = propagate.beginCommand(call, "SET", 4);
    out.bulk(bytes, 0, size);
    out.bulkText("KEEPTTL");
  }
}

/** In place of the value of what is not there. */
export const NOTHING: Range = {
  bytes: fromLatin1("0"),
  offset: 0,
  size: 1,
};
/** Where sums are spelled that `addDecimals` knows. */
const quickSum = argsOf([new Uint8Array(SUM_SIZE_MAX)]);

/**
 * The sum of a value and of an argument, as argument 0 of what is returned, which is good until the
 * next sum; throws when one is no number (`otherwise`: the value), or the sum is infinite.
 */
export function sumOf(value: Range, args: Args, index: number, otherwise: Error): Args {
  const { bytes, offset, size } = value;
  const start = args.start[index];
  const increment = args.size[index];
  const sumSize = addDecimals(bytes, offset, size, args.bytes, start, increment, quickSum.bytes);
  if (sumSize > 0) {
    quickSum.size[0] = sumSize;
    return quickSum;
  }
  const sum = addLongDoubles(
    spelledFloat(bytes, offset, size, otherwise),
    spelledFloat(args.bytes, start, increment, NOT_FLOAT),
  );
  if (sum.kind !== "finite") throw NO_NUMBER;
  return argsOf([formatLongDouble(sum)]);
}

/** The number that the bytes spell, maybe infinite; throws `otherwise` when they are none. */
export function spelledFloat(
  bytes: Uint8Array,
  offset: number,
  size: number,
  otherwise: Error,
): LongDouble {
  const value = size > NUMBER_SIZE_MAX ? null : parseLongDouble(latin1(bytes, offset, size));
  if (value === null) throw otherwise;
  return value;
}
