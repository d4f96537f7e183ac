/**
 * String values, in the four forms that an entry can hold:
 *
 *   INT       a signed 64-bit integer as two words, low then high
 *   EMBEDDED  up to 4094 bytes in the entry
 *   GROWN     the same, made by APPEND or SETRANGE: Redis then names it raw whatever its size
 *   BLOCK     {block, size}: longer bytes in a block of their own
 *
 * OBJECT ENCODING calls them int, embstr (up to 44 bytes) and raw, as Redis does.
 *
 * A block that a snapshot still has to read (structures/frozen.ts) is not written to: the string
 * then gets another.
 */
import * as arena from "../arena/arena.ts";
import { i32, type Ref, SEGMENT_BITS, u8 } from "../arena/arena.ts";
import { assert } from "../base/assert.ts";
import { BULK_COPY_SIZE, equalBytes } from "../base/bytes.ts";
import { digitCount, writeInteger } from "../base/numbers.ts";
import { type Args, NO_BLOCK } from "../protocol/args.ts";
import type { Reply } from "../protocol/reply.ts";
import type { EntryRef } from "../structures/entry.ts";
import * as entry from "../structures/entry.ts";
import * as frozen from "../structures/frozen.ts";
import type { ValueHolder } from "./holder.ts";
import { Type } from "./types.ts";
import { xxh3Hex } from "./xxh3.ts";

export const INT = 0;
const EMBEDDED = 1;
export const GROWN = 2;
export const BLOCK = 3;

/** Redis embeds strings up to this size in their object, and shows that as embstr. */
const EMBSTR_SIZE_MAX = 44;
/** The value area of an INT or a BLOCK. */
const PAIR_SIZE = 8;
/** Redis keeps one object for each integer below this, which all its keys share. */
const SHARED_INTEGER_COUNT = 10_000;
/** The value size of an INT made by COPY, which Redis gives an object of its own. */
const UNSHARED = 1;
const WORD = 2 ** 32;
/** A string that grows gets as much again, up to 1 MiB or an eighth of its size. */
const SPARE_SIZE = 1 << 20;
const SPARE_SHIFT = 3;

/** The value area that a string of `size` bytes takes in its entry. */
export function areaFor(size: number): number {
  return size < entry.OUTSIDE_SIZE ? (size + 3) & ~3 : PAIR_SIZE;
}

export const INT_AREA = PAIR_SIZE;

const wordAt = entry.valueWord;

/** Makes the entry's value the integer; the entry has room for INT_AREA. */
export function writeInt(e: EntryRef, value: number): void {
  entry.describe(e, Type.string, INT, 0);
  const words = i32[e >>> SEGMENT_BITS];
  const at = wordAt(e);
  const low = value | 0;
  words[at] = low;
  // Small integers stay int32 throughout; `| 0` takes the low 32 bits of any safe integer.
  words[at + 1] = low === value ? low >> 31 : Math.floor(value / WORD);
  if (DEBUG) assert(Number.isSafeInteger(value), "the integer is not exact: writeBigInt");
}

/** As writeInt, for any signed 64-bit integer. */
export function writeBigInt(e: EntryRef, value: bigint): void {
  entry.describe(e, Type.string, INT, 0);
  const words = i32[e >>> SEGMENT_BITS];
  const at = wordAt(e);
  words[at] = Number(BigInt.asIntN(32, value));
  words[at + 1] = Number(value >> 32n);
}

/** The integer when it is a safe one, else NaN (then ask readBigInt). */
export function readInt(e: EntryRef): number {
  const words = i32[e >>> SEGMENT_BITS];
  const at = wordAt(e);
  const low = words[at];
  const high = words[at + 1];
  if (high === low >> 31) return low;
  const value = high * WORD + (low >>> 0);
  return value <= Number.MAX_SAFE_INTEGER && value >= -Number.MAX_SAFE_INTEGER ? value : NaN;
}

/** Whether the string is an INT of 32 bits, as nearly every counter is; not one made by COPY. */
export function isSmallInt(e: EntryRef): boolean {
  if (entry.encoding(e) !== INT || entry.valueSize(e) === UNSHARED) return false;
  const words = i32[e >>> SEGMENT_BITS];
  const at = wordAt(e);
  return words[at + 1] === words[at] >> 31;
}

/** The value of a small INT. */
export function smallInt(e: EntryRef): number {
  return i32[e >>> SEGMENT_BITS][wordAt(e)];
}

/** Changes an INT to another, of 32 bits. */
export function setSmallInt(e: EntryRef, value: number): void {
  const words = i32[e >>> SEGMENT_BITS];
  const at = wordAt(e);
  words[at] = value;
  words[at + 1] = value >> 31;
}

export function readBigInt(e: EntryRef): bigint {
  const words = i32[e >>> SEGMENT_BITS];
  const at = wordAt(e);
  return (BigInt(words[at + 1]) << 32n) | BigInt(words[at] >>> 0);
}

/** Makes the entry's value these bytes; the entry has room for `areaFor(size)`. */
export function writeBytes(
  e: EntryRef,
  bytes: Uint8Array,
  view: DataView,
  offset: number,
  size: number,
): void {
  if (size < entry.OUTSIDE_SIZE) {
    entry.describe(e, Type.string, EMBEDDED, size);
    entry.copyIn(bytes, view, offset, size, e, entry.valueAt(e));
    return;
  }
  const block = arena.alloc(size);
  entry.copyIn(bytes, view, offset, size, block, 0);
  setBlock(e, block, size);
}

/**
 * As `writeBytes`, of an argument, whose block becomes the value's if it stands apart in one. The
 * command may go on to read it: it is held until the command is over (server/input_blocks.ts).
 */
export function writeArgument(e: EntryRef, args: Args, index: number): void {
  const block = args.blockOf(index) as Ref;
  const size = args.size[index];
  if (block === NO_BLOCK || size < entry.OUTSIDE_SIZE) {
    writeBytes(e, args.bytes, args.view, args.start[index], size);
    return;
  }
  args.isTaken = true;
  frozen.hold(block);
  setBlock(e, block, size);
}

/**
 * Writes the bytes over those of a BLOCK string, if its block has room for them and not far too
 * much; false otherwise.
 */
export function overwrite(
  e: EntryRef,
  bytes: Uint8Array,
  view: DataView,
  offset: number,
  size: number,
): boolean {
  if (entry.encoding(e) !== BLOCK || size < entry.OUTSIDE_SIZE) return false;
  const block = blockOf(e);
  const room = arena.capacity(block);
  if (room < size || room > size * 2 || frozen.isFrozen(block)) return false;
  entry.copyIn(bytes, view, offset, size, block, 0);
  setBlock(e, block, size);
  return true;
}

/**
 * Makes the string longer: the bytes from its old size up to `newSize` are then the caller's to
 * write. There is room to grow on, so that appending byte by byte copies each only a few times.
 * Returns the entry, which may have moved. Redis calls the string raw from here on.
 */
export function grow(db: ValueHolder, e: EntryRef, newSize: number): EntryRef {
  if (newSize >= entry.OUTSIDE_SIZE) return growBlock(db, e, newSize);
  const area = areaFor(newSize);
  let home = e;
  if (entry.encoding(e) === INT) {
    const spelled = rangeOf(e);
    home = db.resize(e, area, 0);
    const at = arena.byteOffset(home) + entry.valueAt(home);
    u8[home >>> SEGMENT_BITS].set(spelled.bytes.subarray(0, spelled.size), at);
  } else if (entry.valueRoom(e) < area) {
    const spacious = Math.min(newSize * 2, entry.OUTSIDE_SIZE - 1);
    home = db.resize(e, areaFor(spacious), areaFor(entry.valueSize(e)));
  }
  entry.describe(home, Type.string, GROWN, newSize);
  return home;
}

function growBlock(db: ValueHolder, e: EntryRef, newSize: number): EntryRef {
  const inBlock = entry.encoding(e) === BLOCK;
  if (hasRoom(e, newSize)) {
    setBlock(e, blockOf(e), newSize);
    return e;
  }
  const { bytes, offset, size: oldSize } = rangeOf(e);
  // What is new may never grow.
  const block = arena.alloc(oldSize === 0 ? newSize : sizeWithSpare(newSize));
  u8[block >>> SEGMENT_BITS].set(bytes.subarray(offset, offset + oldSize), arena.byteOffset(block));
  let home = e;
  if (inBlock) frozen.free(blockOf(e));
  else home = db.resize(e, PAIR_SIZE, 0);
  setBlock(home, block, newSize);
  return home;
}

/** Whether the string can be so long, and written to, in the block that it has. */
function hasRoom(e: EntryRef, newSize: number): boolean {
  if (entry.encoding(e) !== BLOCK) return false;
  const block = blockOf(e);
  return arena.capacity(block) >= newSize && !frozen.isFrozen(block);
}

function sizeWithSpare(size: number): number {
  const spare = Math.min(size, Math.max(SPARE_SIZE, size >>> SPARE_SHIFT));
  return Math.min(size + spare, arena.BLOCK_SIZE_MAX);
}

/**
 * Throws OUT_OF_SPACE unless the string (or none, NIL) can be made one of `newSize` bytes, and
 * written to: to be asked before it is announced that it changes, when a snapshot may want it.
 */
export function ensureRoom(isWalked: boolean, e: EntryRef, newSize: number): void {
  if (e !== arena.NIL && !isWalked && hasRoom(e, newSize)) return;
  arena.ensure(sizeWithSpare(newSize));
}

/** Makes the entry's value the bytes of a block, which the entry then owns. */
export function setBlock(e: EntryRef, block: Ref, size: number): void {
  entry.describe(e, Type.string, BLOCK, 0);
  const words = i32[e >>> SEGMENT_BITS];
  const at = wordAt(e);
  words[at] = block;
  words[at + 1] = size;
}

/** Whether the string's bytes are in a block of their own. */
export const ownsBlock = (e: EntryRef) => entry.encoding(e) === BLOCK;

/** The block of a BLOCK string. */
export function blockOf(e: EntryRef): Ref {
  if (DEBUG) assert(entry.encoding(e) === BLOCK, "the string has no block");
  return i32[e >>> SEGMENT_BITS][wordAt(e)] as Ref;
}

/** The size of the string in bytes: of an INT, of its decimal form. */
export function size(e: EntryRef): number {
  const encoding = entry.encoding(e);
  if (encoding === BLOCK) return i32[e >>> SEGMENT_BITS][wordAt(e) + 1];
  if (encoding !== INT) return entry.valueSize(e);
  const value = readInt(e);
  if (Number.isNaN(value)) return readBigInt(e).toString().length;
  return digitCount(Math.abs(value)) + (value < 0 ? 1 : 0);
}

/** Replies with the string. */
export function reply(e: EntryRef, to: Reply): void {
  const encoding = entry.encoding(e);
  if (encoding === INT) {
    const value = readInt(e);
    if (!Number.isNaN(value)) to.bulkInteger(value);
    else to.bulkText(readBigInt(e).toString());
    return;
  }
  if (encoding === BLOCK) {
    const block = blockOf(e);
    to.bulkOfBlock(u8[block >>> SEGMENT_BITS], arena.byteOffset(block), size(e), block);
    return;
  }
  const length = entry.valueSize(e);
  if (length < BULK_COPY_SIZE) to.bulkWords(i32[e >>> SEGMENT_BITS], wordAt(e), length);
  else to.bulk(u8[e >>> SEGMENT_BITS], wordAt(e) << 2, length);
}

/**
 * A string's bytes as a borrowed range (valid until anything is allocated or written); an INT is
 * spelled into a buffer that the next call uses again.
 */
export const range = { bytes: new Uint8Array(32) as Uint8Array, offset: 0, size: 0 };
const digits = new Uint8Array(32);

export function rangeOf(e: EntryRef): typeof range {
  const encoding = entry.encoding(e);
  if (encoding === INT) {
    const value = readInt(e);
    range.bytes = digits;
    range.offset = 0;
    if (!Number.isNaN(value)) {
      range.size = writeInteger(digits, 0, value);
    } else {
      const text = readBigInt(e).toString();
      for (let i = 0; i < text.length; i++) digits[i] = text.charCodeAt(i);
      range.size = text.length;
    }
    return range;
  }
  const block = encoding === BLOCK ? blockOf(e) : e;
  range.bytes = u8[block >>> SEGMENT_BITS];
  range.offset = encoding === BLOCK ? arena.byteOffset(block) : wordAt(e) << 2;
  range.size = size(e);
  return range;
}

/** The bytes that the value takes in its entry. */
export function areaOf(e: EntryRef): number {
  const encoding = entry.encoding(e);
  return encoding === INT || encoding === BLOCK ? PAIR_SIZE : areaFor(entry.valueSize(e));
}

/** Makes the value of `to`, which has the room, a copy that shares nothing. */
export function duplicate(from: EntryRef, to: EntryRef): void {
  entry.copyValue(from, to, areaOf(from));
  const encoding = entry.encoding(from);
  if (encoding === INT) entry.describe(to, Type.string, INT, UNSHARED);
  if (encoding !== BLOCK) return;
  const { bytes, offset, size } = rangeOf(from);
  const block = arena.alloc(size);
  u8[block >>> SEGMENT_BITS].set(bytes.subarray(offset, offset + size), arena.byteOffset(block));
  setBlock(to, block, size);
}

/** Whether Redis, where it shares integers at all, would hold this value as a shared one. */
export function isSharedInteger(e: EntryRef): boolean {
  if (entry.encoding(e) !== INT || entry.valueSize(e) === UNSHARED) return false;
  const value = readInt(e);
  return value >= 0 && value < SHARED_INTEGER_COUNT;
}

/** Whether the string is these bytes. */
export function equals(e: EntryRef, bytes: Uint8Array, offset: number, size: number): boolean {
  const own = rangeOf(e);
  return own.size === size && equalBytes(own.bytes, own.offset, bytes, offset, size);
}

/** The XXH3 digest of the string, as 16 hexadecimal digits in lower case. */
export function digest(e: EntryRef): string {
  const { bytes, offset, size } = rangeOf(e);
  return xxh3Hex(new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength), offset, size);
}

/** Frees what the value owns outside its entry. */
export function release(e: EntryRef): void {
  if (entry.encoding(e) === BLOCK) frozen.free(blockOf(e));
}

/** As `release`: a string is freed at once. */
export function releaseSlice(e: EntryRef): boolean {
  release(e);
  return false;
}

/** A string is one element. */
export const count = (_: EntryRef) => 1;

/** The bytes of the block that the string owns outside its entry. */
export const ownedSize = (e: EntryRef) =>
  entry.encoding(e) === BLOCK ? arena.capacity(blockOf(e)) : 0;

/** The name that OBJECT ENCODING gives. */
export function encodingName(e: EntryRef): string {
  const encoding = entry.encoding(e);
  if (encoding === INT) return "int";
  return encoding === EMBEDDED && entry.valueSize(e) <= EMBSTR_SIZE_MAX ? "embstr" : "raw";
}
