/**
 * One field of a large hash: an entry whose key is the field and whose value is a string value, in
 * place or in a block of its own (string_value.ts). Integers are stored as such.
 *
 * Functions that may move the entry tell its dict, and its hash's deadlines, and return it.
 */
import * as arena from "../arena/arena.ts";
import { NIL, type Ref, segmentOf, u8 } from "../arena/arena.ts";
import { BULK_COPY_SIZE } from "../base/bytes.ts";
import { hashBytes } from "../base/hash.ts";
import { parseSafe } from "../base/numbers.ts";
import { type Range, stage, staging } from "../base/range.ts";
import type { Reply } from "../protocol/reply.ts";
import type { DeadlinesRef } from "../structures/deadline_block.ts";
import * as deadlines from "../structures/deadline_block.ts";
import type { DictRef } from "../structures/dict.ts";
import * as dict from "../structures/dict.ts";
import type { EntryRef } from "../structures/entry.ts";
import * as entry from "../structures/entry.ts";
import * as stringValue from "./string_value.ts";

/** An entry may keep this many unused bytes, and as many again as it uses. */
const ROOM_SLACK = 64;
const EXPIRY_INDEX_SIZE = 4;

/** The integer that the value measured last is, or NaN. */
let measured = Number.NaN;

/** The area that these bytes take as a value; remembers what they are for `fill`. */
function areaFor(bytes: Uint8Array, offset: number, size: number): number {
  measured = parseSafe(bytes, offset, size);
  return Number.isNaN(measured) ? stringValue.areaFor(size) : stringValue.INT_AREA;
}

/** Writes the value measured last to an entry that owns no value. */
function fill(f: EntryRef, bytes: Uint8Array, view: DataView, offset: number, size: number): void {
  if (Number.isNaN(measured)) stringValue.writeBytes(f, bytes, view, offset, size);
  else stringValue.writeInt(f, measured);
}

/** Adds a field that is not there, with its hash and its value; returns it. */
export function add(
  fields: DictRef,
  bytes: Uint8Array,
  view: DataView,
  offset: number,
  size: number,
  fieldHash: number,
  value: Uint8Array,
  valueView: DataView,
  valueOffset: number,
  valueSize: number,
): EntryRef {
  const area = areaFor(value, valueOffset, valueSize);
  const f = entry.create(bytes, view, offset, size, fieldHash, area, false);
  fill(f, value, valueView, valueOffset, valueSize);
  dict.insert(fields, f);
  return f;
}

/** As `add`, with bytes that lie in the arena (not in the same block as is being filled). */
export function addRanges(fields: DictRef, field: Range, value: Range): void {
  stage(field.bytes, field.offset, field.size);
  const fieldHash = hashBytes(staging.bytes, staging.view, 0, field.size);
  const area = areaFor(value.bytes, value.offset, value.size);
  const f = entry.create(staging.bytes, staging.view, 0, field.size, fieldHash, area, false);
  if (Number.isNaN(measured)) stage(value.bytes, value.offset, value.size);
  fill(f, staging.bytes, staging.view, 0, value.size);
  dict.insert(fields, f);
}

/** Changes the value; `times` are the hash's deadlines, or NIL. */
export function write(
  fields: DictRef,
  times: DeadlinesRef,
  f: EntryRef,
  bytes: Uint8Array,
  view: DataView,
  offset: number,
  size: number,
): EntryRef {
  const area = areaFor(bytes, offset, size);
  if (Number.isNaN(measured) && stringValue.overwrite(f, bytes, view, offset, size)) return f;
  stringValue.release(f);
  const home = resized(fields, times, f, area);
  fill(home, bytes, view, offset, size);
  return home;
}

/** Makes the value an integer, a safe one. */
export function writeInteger(
  fields: DictRef,
  times: DeadlinesRef,
  f: EntryRef,
  value: number,
): EntryRef {
  let home = f;
  if (entry.encoding(f) !== stringValue.INT) {
    stringValue.release(f);
    home = resized(fields, times, f, stringValue.INT_AREA);
  }
  stringValue.writeInt(home, value);
  return home;
}

/** Makes room for a value of which nothing is kept. */
function resized(fields: DictRef, times: DeadlinesRef, f: EntryRef, area: number): EntryRef {
  const room = entry.valueRoom(f);
  if (room >= area && room <= area * 2 + ROOM_SLACK) return f;
  return reshaped(fields, times, f, area, 0, entry.hasTtl(f));
}

function reshaped(
  fields: DictRef,
  times: DeadlinesRef,
  f: EntryRef,
  area: number,
  keep: number,
  withTtl: boolean,
): EntryRef {
  const moved = entry.copyShaped(f, area, keep, withTtl);
  dict.replace(fields, f, moved);
  if (entry.hasTtl(moved)) deadlines.relocate(times, moved);
  arena.free(f);
  return moved;
}

/** Makes room for an expiry index behind the value. */
export function withIndex(fields: DictRef, times: DeadlinesRef, f: EntryRef): EntryRef {
  const used = stringValue.areaOf(f);
  if (entry.hasTtl(f) || entry.valueRoom(f) >= used + EXPIRY_INDEX_SIZE) return f;
  return reshaped(fields, times, f, used, used, true);
}

/** A copy that no dict has, with the same expiry index if there is one. */
export function copy(f: EntryRef): EntryRef {
  const area = stringValue.areaOf(f);
  const isBlock = entry.encoding(f) === stringValue.BLOCK;
  // What may be too much to be had comes first.
  const block = isBlock ? arena.alloc(stringValue.size(f)) : (NIL as Ref);
  const twin = entry.replica(f, area, entry.hasTtl(f));
  entry.setStamped(twin);
  if (entry.hasTtl(f)) entry.setExpiryIndex(twin, entry.expiryIndex(f));
  if (isBlock) {
    const { bytes, offset, size } = stringValue.rangeOf(f);
    u8[segmentOf(block)].set(bytes.subarray(offset, offset + size), arena.byteOffset(block));
    stringValue.setBlock(twin, block, size);
  }
  return twin;
}

/** Frees a field that is in no dict. */
export function release(f: EntryRef): void {
  stringValue.release(f);
  entry.release(f);
}

/** Bytes of the blocks of a field. */
export function blockSizes(f: EntryRef): number {
  const keyBlock = entry.keyBlock(f);
  const ofKey = keyBlock === f ? 0 : arena.capacity(keyBlock);
  return arena.capacity(f) + ofKey + stringValue.ownedSize(f);
}

const name: Range = { bytes: new Uint8Array(0), offset: 0, size: 0 };

/** The field's name, borrowed until this is called again or anything changes. */
export function nameOf(f: EntryRef): Range {
  name.bytes = u8[segmentOf(entry.keyBlock(f))];
  name.offset = entry.keyOffset(f);
  name.size = entry.keySize(f);
  return name;
}

/** Replies with the field's name. */
export function replyName(f: EntryRef, to: Reply): void {
  const segment = segmentOf(entry.keyBlock(f));
  const size = entry.keySize(f);
  if (size < BULK_COPY_SIZE) to.bulkWords(arena.i32[segment], entry.keyOffset(f) >>> 2, size);
  else to.bulk(u8[segment], entry.keyOffset(f), size);
}
