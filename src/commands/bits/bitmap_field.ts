/**
 * BITFIELD and BITFIELD_RO. All arguments but values are read first, to find all that is wrong with
 * them, and how far the string must reach; then they are carried out step by step. Values are
 * doubles as long as these are exact, and BigInt beyond 2^53.
 */

import { NIL } from "../../arena/arena.ts";
import { parseSafe } from "../../base/numbers.ts";
import type { Call } from "../../calls/call.ts";
import { type ArgumentWords, KeyFlag, type KeyRef } from "../../calls/key_specs.ts";
import * as propagate from "../../calls/propagate.ts";
import { CommandError, SYNTAX } from "../../protocol/errors.ts";
import type { EntryRef } from "../../structures/entry.ts";
import { ChangeKind } from "../../values/key_event.ts";
import * as rawString from "../../values/raw_string.ts";
import * as stringValue from "../../values/string_value.ts";
import { Type } from "../../values/types.ts";
import { bigValue, field, read, setBigValue, setValue, value, write } from "./bit_fields.ts";
import { bitOffset, byteOf } from "./bitmap_offset.ts";

const Step = { get: 0, set: 1, incrby: 2, overflow: 3 } as const;
/** Arguments of a step, with its name. */
const STEP_SIZES = [3, 4, 4, 2] as const;
/** What becomes of a value that does not fit. */
const Overflow = { wrap: 0, saturate: 1, fail: 2 } as const;

const LETTER_I = 105;
const LETTER_U = 117;
const SIGNED_BITS_MAX = 64;
const UNSIGNED_BITS_MAX = 63;
/** Fields of so many bits hold safe integers only. */
const SAFE_BITS = 53;

const BAD_TYPE = new CommandError(
  "ERR Invalid bitfield type. Use something like i16 u8. " +
    "Note that u64 is not supported but i64 is.",
);
const BAD_OVERFLOW = new CommandError("ERR Invalid OVERFLOW type specified");
const READ_ONLY = new CommandError("ERR BITFIELD_RO only supports the GET subcommand");

/** Steps of a command that are kept for the next one, at most. */
const KEPT_STEPS = 1000;

const newStep = () => ({
  kind: 0,
  bits: 0,
  signed: false,
  offset: 0,
  valueIndex: 0,
  overflow: 0,
});

/** What `parsePlan` has read, the first `plan.count` of them: all but OVERFLOW. */
const steps = [newStep()];
/** The one at hand. */
let step = steps[0];

/** What the arguments as a whole ask for. */
const plan = { count: 0, writes: false, size: 0 };

/** The string while its fields are changed. */
const target: { bytes: Uint8Array; offset: number; end: number } = {
  bytes: new Uint8Array(0),
  offset: 0,
  end: 0,
};

export function bitfield(call: Call): void {
  parsePlan(call);
  if (plan.writes) change(call);
  else readOnly(call);
}

export function bitfieldRo(call: Call): void {
  parsePlan(call);
  if (plan.writes) throw READ_ONLY;
  readOnly(call);
}

/** BITFIELD only reads its key if there is nothing but GET. */
export function keyOfBitfield(argumentCount: number, words: ArgumentWords): KeyRef[] {
  const reads = KeyFlag.RO | KeyFlag.access;
  const writes = KeyFlag.RW | KeyFlag.access | KeyFlag.update;
  let index = 2;
  while (index < argumentCount) {
    const isGet = words.is(index, "get");
    const size = isGet ? STEP_SIZES[Step.get] : STEP_SIZES[Step.overflow];
    const isHarmless = isGet || words.is(index, "overflow");
    if (!isHarmless || index + size > argumentCount) return [{ index: 1, flags: writes }];
    index += size;
  }
  return [{ index: 1, flags: reads }];
}

function parsePlan(call: Call): void {
  plan.count = 0;
  plan.writes = false;
  plan.size = 0;
  if (steps.length > KEPT_STEPS) steps.length = KEPT_STEPS;
  let overflow: number = Overflow.wrap;
  for (let index = 2; index < call.argc; ) {
    const kind = stepAt(call, index);
    const next = index + STEP_SIZES[kind];
    if (next > call.argc) throw SYNTAX;
    if (kind === Step.overflow) overflow = overflowAt(call, index + 1);
    else addStep(call, index, kind, overflow);
    index = next;
  }
}

/** Reads the step whose name is at `index`; throws for what is none. */
function addStep(call: Call, index: number, kind: number, overflow: number): void {
  if (plan.count === steps.length) steps.push(newStep());
  step = steps[plan.count++];
  step.kind = kind;
  step.overflow = overflow;
  parseType(call, index + 1);
  step.offset = bitOffset(call, index + 2, step.bits);
  if (kind === Step.get) return;
  step.valueIndex = index + 3;
  plan.writes = true;
  plan.size = Math.max(plan.size, byteOf(step.offset + step.bits - 1) + 1);
  if (Number.isNaN(safeArgument(call, step.valueIndex))) call.int64(step.valueIndex);
}

function stepAt(call: Call, index: number): number {
  if (call.is(index, "get")) return Step.get;
  if (call.is(index, "set")) return Step.set;
  if (call.is(index, "incrby")) return Step.incrby;
  if (call.is(index, "overflow")) return Step.overflow;
  throw SYNTAX;
}

function overflowAt(call: Call, index: number): number {
  if (call.is(index, "wrap")) return Overflow.wrap;
  if (call.is(index, "sat")) return Overflow.saturate;
  if (call.is(index, "fail")) return Overflow.fail;
  throw BAD_OVERFLOW;
}

/** Reads a type such as i16 or u8. A zero byte ends it. */
function parseType(call: Call, index: number): void {
  const { bytes, start, size } = call.args;
  const from = start[index];
  const end = from + size[index];
  let digits = 0;
  while (from + 1 + digits < end && bytes[from + 1 + digits] !== 0) digits++;
  const letter = size[index] > 0 ? bytes[from] : 0;
  const bits = parseSafe(bytes, from + 1, digits);
  const limit = letter === LETTER_I ? SIGNED_BITS_MAX : UNSIGNED_BITS_MAX;
  if (letter !== LETTER_I && letter !== LETTER_U) throw BAD_TYPE;
  if (!(bits >= 1 && bits <= limit)) throw BAD_TYPE;
  step.bits = bits | 0;
  step.signed = letter === LETTER_I;
}

/** An argument that is a safe integer, or NaN. */
function safeArgument(call: Call, index: number): number {
  const { bytes, start, size } = call.args;
  const safe = parseSafe(bytes, start[index], size[index]);
  const small = safe | 0;
  return small === safe ? small : safe;
}

function readOnly(call: Call): void {
  const { reply } = call;
  const e = call.db.readTyped(call.args, 1, Type.string);
  aim(e);
  reply.array(plan.count);
  for (let i = 0; i < plan.count; i++) {
    step = steps[i];
    replyField(call, readField());
  }
}

/** Makes `target` the string of an entry, or an empty one. */
function aim(e: EntryRef): void {
  target.offset = 0;
  target.end = 0;
  if (e === NIL) return;
  const { bytes, offset, size } = stringValue.rangeOf(e);
  target.bytes = bytes;
  target.offset = offset;
  target.end = offset + size;
}

/** Reads the step's field; its value, or NaN when only `bigValue` can tell. */
function readField(): number {
  read(target.bytes, target.offset, target.end, step.offset, step.bits);
  return value(step.bits, step.signed);
}

/** Replies with the field that was read, or with a value that is written to it. */
function replyField(call: Call, safe: number): void {
  if (Number.isNaN(safe)) call.reply.bigint(bigValue(step.bits, step.signed));
  else call.reply.integer(safe);
}

function change(call: Call): void {
  const { db, args, keyspace, reply } = call;
  const keyHash = db.hash(args, 1);
  let e = db.writeTyped(args, 1, keyHash, Type.string);
  const { dirty } = keyspace;
  const size = e === NIL ? 0 : stringValue.size(e);
  stringValue.ensureRoom(call.keyspace.isWalked, e, Math.max(size, plan.size));
  const grows = e === NIL || size < plan.size;
  if (e === NIL) {
    e = rawString.addZeros(db, args, 1, keyHash, plan.size, null);
  } else {
    if (grows) keyspace.changing(db, e, null, ChangeKind.unwatched);
    e = rawString.extend(db, e, plan.size);
  }
  aim(e);

  let changes = 0;
  reply.array(plan.count);
  for (let i = 0; i < plan.count; i++) {
    step = steps[i];
    const old = readField();
    if (step.kind === Step.get) {
      replyField(call, old);
      continue;
    }
    const { high, low } = field;
    if (!makeValue(call, old)) {
      reply.nil();
      continue;
    }
    const isOther = isOtherField(high, low);
    // In a string that has grown, Redis counts every write; not that it has, if all writes fail.
    if ((isOther || grows) && changes++ === 0) {
      keyspace.changing(db, e, "setbit");
      rawString.open(db, e);
      aim(e);
    }
    if (isOther) write(target.bytes, target.offset, step.offset, step.bits);
    if (step.kind === Step.set) {
      field.high = high;
      field.low = low;
    }
    replyField(call, value(step.bits, step.signed));
  }
  keyspace.dirty = dirty + changes;
  // Redis tells nothing when all writes fail, so that the string is shorter after a restart.
  if (grows && changes === 0) propagate.asItCame(call);
}

/** Whether the bits of `field` that count differ from these. */
function isOtherField(high: number, low: number): boolean {
  const { bits } = step;
  const lowDiffers = (low ^ field.low) << (bits < 32 ? 32 - bits : 0);
  if (bits <= 32) return lowDiffers !== 0;
  return lowDiffers !== 0 || (high ^ field.high) << (64 - bits) !== 0;
}

/**
 * Makes `field` the value that the step writes, where `old` was (or, when that is NaN, what `field`
 * holds). False when it does not fit and the step is to fail.
 */
function makeValue(call: Call, old: number): boolean {
  const { bits, signed, valueIndex } = step;
  const given = safeArgument(call, valueIndex);
  const wanted = step.kind === Step.set ? given : old + given;
  // Only here are both the value and the field's limits exact.
  const isSafe = (wanted | 0) === wanted || Number.isSafeInteger(wanted);
  if (isSafe && (bits <= SAFE_BITS || signed || wanted >= 0)) return fit(wanted);
  const exact = call.int64(valueIndex);
  return fitBig(step.kind === Step.set ? exact : bigValue(bits, signed) + exact);
}

/** As `makeValue`, of a safe integer; in a field of more than 53 bits it fits. */
function fit(wanted: number): boolean {
  const { bits, signed } = step;
  let to = wanted;
  if (bits <= SAFE_BITS) {
    const least = signed ? -powerOf2(bits - 1) : 0;
    const most = powerOf2(signed ? bits - 1 : bits) - 1;
    const isOver = wanted > most || isNegativeSet(wanted);
    if (isOver || wanted < least) {
      if (step.overflow === Overflow.fail) return false;
      if (step.overflow === Overflow.saturate) to = isOver ? most : least;
      // Otherwise the low bits are what wraps around.
    }
  }
  setValue(to);
  return true;
}

/** An integer to the engine where it can be. */
const powerOf2 = (bits: number) => (bits < 31 ? 1 << bits : 2 ** bits);

/** SET takes a negative value for an unsigned field to be one of 64 bits, without its sign. */
function isNegativeSet(wanted: number): boolean {
  return !step.signed && step.kind === Step.set && wanted < 0;
}

/** As `fit`, of any integer. */
function fitBig(wanted: bigint): boolean {
  const { bits, signed } = step;
  const range = 1n << BigInt(bits);
  const least = signed ? -range / 2n : 0n;
  const most = least + range - 1n;
  let isOver = wanted > most;
  if (step.kind === Step.set && wanted < least) {
    // Redis compares with the room that is left above the value, in 64 bits: that wraps around.
    isOver = !signed || BigInt.asIntN(64, most - wanted) < 0n;
  }
  let to = wanted;
  if (isOver || wanted < least) {
    if (step.overflow === Overflow.fail) return false;
    if (step.overflow === Overflow.saturate) to = isOver ? most : least;
  }
  setBigValue(to);
  return true;
}
