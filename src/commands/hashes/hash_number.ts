/** The hash commands that count: HINCRBY on 64-bit integers, HINCRBYFLOAT on long doubles. */
import { NIL } from "../../arena/arena.ts";
import { isDecimal } from "../../base/decimal_sum.ts";
import { INT64_MAX, INT64_MIN, parseInt64, parseSafe, writeInteger } from "../../base/numbers.ts";
import type { Call } from "../../calls/call.ts";
import * as propagate from "../../calls/propagate.ts";
import { type Args, argsOf } from "../../protocol/args.ts";
import { CommandError, NOT_FLOAT, OVERFLOW } from "../../protocol/errors.ts";
import type { EntryRef } from "../../structures/entry.ts";
import * as hashValue from "../../values/hash_value.ts";
import type { KeyEvent } from "../../values/key_event.ts";
import { Type } from "../../values/types.ts";
import { NOTHING, spelledFloat, sumOf } from "../strings/string_number.ts";

const VALUE_NOT_INTEGER = new CommandError("ERR hash value is not an integer");
const VALUE_NOT_FLOAT = new CommandError("ERR hash value is not a float");
const INFINITE = new CommandError("ERR value is NaN or Infinity");

/** An argument to spell an integer in. */
const spelled = argsOf([new Uint8Array(32)]);

export function hincrby(call: Call): void {
  const { db, args, reply } = call;
  const increment = parseSafe(args.bytes, args.start[3], args.size[3]);
  const exact = Number.isNaN(increment) ? call.int64(3) : 0n;
  const e = db.writeTyped(args, 1, db.hash(args, 1), Type.hash);
  const at = e === NIL ? 0 : db.field(e, args, 2);
  const value = at === 0 ? 0 : hashValue.integer(e, at);
  const sum = value + increment;
  if (!Number.isSafeInteger(sum)) {
    addExactly(call, e, at, Number.isNaN(increment) ? exact : BigInt(increment));
    return;
  }
  if (at === 0) {
    spelled.size[0] = writeInteger(spelled.bytes, 0, sum);
    store(call, e, at, spelled, "hincrby");
  } else {
    call.keyspace.changing(db, e, "hincrby");
    hashValue.setInteger(e, at, sum);
  }
  reply.integer(sum);
}

/** As `hincrby`, for all integers of 64 bits and for texts; throws when one is none, or the sum. */
function addExactly(call: Call, e: EntryRef, at: hashValue.Place, increment: bigint): void {
  let value: bigint | null = 0n;
  if (at !== 0) {
    const { bytes, offset, size } = hashValue.range(e, at);
    value = parseInt64(bytes, offset, size);
  }
  if (value === null) throw VALUE_NOT_INTEGER;
  const sum = value + increment;
  if (sum > INT64_MAX || sum < INT64_MIN) throw OVERFLOW;
  store(call, e, at, argsOf([sum.toString()]), "hincrby");
  call.reply.bigint(sum);
}

export function hincrbyfloat(call: Call): void {
  const { db, args } = call;
  const { bytes, start, size } = args;
  if (!isDecimal(bytes, start[3], size[3])) {
    const increment = spelledFloat(bytes, start[3], size[3], NOT_FLOAT);
    if (increment.kind !== "finite") throw INFINITE;
  }
  const e = db.writeTyped(args, 1, db.hash(args, 1), Type.hash);
  const at = e === NIL ? 0 : db.field(e, args, 2);
  const sum = sumOf(at === 0 ? NOTHING : hashValue.range(e, at), args, 3, VALUE_NOT_FLOAT);
  store(call, e, at, sum, "hincrbyfloat");
  call.reply.bulk(sum.bytes, 0, sum.size[0]);
  if (call.feed.active) {
    const out = propagate.beginCommand(call, "HSET", 4);
    propagate.writeArgument(call, out, 2);
    out.bulk(sum.bytes, 0, sum.size[0]);
  }
}

/** Sets the field of argument 2, at its place or new, to a text: when it expires stays. */
function store(call: Call, e: EntryRef, at: hashValue.Place, text: Args, event: KeyEvent): void {
  const { db, args } = call;
  if (e === NIL) {
    const made = hashValue.create(db, args, 1, db.hash(args, 1), event);
    hashValue.put(made, args, 2, text, 0);
    return;
  }
  call.keyspace.changing(db, e, event);
  if (at === 0) hashValue.put(e, args, 2, text, 0);
  else hashValue.set(e, at, text, 0);
}
