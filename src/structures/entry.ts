/**
 * An entry: header, key bytes and value in one block. The dict links entries; what the value is
 * depends on the entry's type and encoding and is the owner's business.
 *
 *   0      4      8                          12              16
 *   | next | hash | ttl encoding type        | clock | epoch | key … | value … | expiry index |
 *                 |  1      3      4  12  12 |  31       1   |
 *                   (value size, key size: 12 bits each)
 *
 * next, hash   the chain of a dict's bucket, and the key's hash
 * key size     0 to 4094 bytes in place; 4095: the key area is {block, size}, 8 bytes
 * value size   the owner's 12 bits: the size of a string in place
 * encoding     the owner's; its highest bit says that parts of the value expire by themselves
 * ttl          bit 31, so that a negative word says that the entry expires; then the block's last
 *              four bytes are its index in the database's expiry heap
 * clock        LRU time or LFU counter, as maxmemory-policy says
 * epoch        see `epoch`; elements of collections have a stamp in place of both: see `isStamped`
 * value        begins at the next multiple of 4 after the key
 *
 * Words are copied whole: up to 3 bytes after a key or a value are noise.
 */
import * as arena from "../arena/arena.ts";
import { i32, NIL, type Ref, SEGMENT_BITS, SEGMENT_MASK, u8 } from "../arena/arena.ts";
import { assert } from "../base/assert.ts";
import { BULK_COPY_SIZE, equalBytes, latin1 } from "../base/bytes.ts";
import type { Reply } from "../protocol/reply.ts";

export type EntryRef = Ref<"entry">;

export const HEADER_SIZE = 16;
const SIZE_BITS = 12;
const SIZE_MASK = (1 << SIZE_BITS) - 1;

/** A key or value of this many bytes or more lives in a block of its own. */
export const OUTSIDE_SIZE = SIZE_MASK;

const TYPE_SHIFT = 24;
const ENCODING_SHIFT = 28;
const TTL_BIT = 1 << 31;
/**
 * Encodings with this bit say that parts of the value expire by themselves: with the TTL bit
 * beside it, one look tells that nothing of the entry does.
 */
export const PARTS_EXPIRE = 4;
const PARTS_BIT = PARTS_EXPIRE << ENCODING_SHIFT;
/** The clock is above the bit of the epoch. */
const CLOCK_SHIFT = 1;
const EPOCH_BIT = 1;
/** The bit beside an element's stamp. */
const MARK_BIT = 1 << 31;
/** The words of an entry: next, hash, meta, clock; then the key. */
const HASH = 1;
const META = 2;
const CLOCK = 3;
const KEY = 4;

if (DEBUG) assert(KEY * 4 === HEADER_SIZE, "the key follows the header");

export const next = (e: EntryRef) => i32[e >>> SEGMENT_BITS][(e & SEGMENT_MASK) << 1] as EntryRef;
export const setNext = (e: EntryRef, to: EntryRef) => {
  i32[e >>> SEGMENT_BITS][(e & SEGMENT_MASK) << 1] = to;
};
export const hash = (e: EntryRef) => i32[e >>> SEGMENT_BITS][((e & SEGMENT_MASK) << 1) + HASH];
const meta = (e: EntryRef) => i32[e >>> SEGMENT_BITS][((e & SEGMENT_MASK) << 1) + META];
const setMeta = (e: EntryRef, word: number) => {
  i32[e >>> SEGMENT_BITS][((e & SEGMENT_MASK) << 1) + META] = word;
};
// The runtime's compiler inlines five calls deep: what all commands end in calls nothing itself.
export const type = (e: EntryRef) =>
  (i32[e >>> SEGMENT_BITS][((e & SEGMENT_MASK) << 1) + META] >>> TYPE_SHIFT) & 15;
export const encoding = (e: EntryRef) =>
  (i32[e >>> SEGMENT_BITS][((e & SEGMENT_MASK) << 1) + META] >>> ENCODING_SHIFT) & 7;
export const hasTtl = (e: EntryRef) =>
  i32[e >>> SEGMENT_BITS][((e & SEGMENT_MASK) << 1) + META] < 0;
export const partsExpire = (e: EntryRef) => (meta(e) & PARTS_BIT) !== 0;
/** Whether the entry expires, or parts of it. */
export const isMortal = (e: EntryRef) =>
  (i32[e >>> SEGMENT_BITS][((e & SEGMENT_MASK) << 1) + META] & (TTL_BIT | PARTS_BIT)) !== 0;
/** The owner's 12 bits: for a string in place, its size. */
export const valueSize = (e: EntryRef) => (meta(e) >>> SIZE_BITS) & SIZE_MASK;
export const clock = (e: EntryRef) =>
  i32[e >>> SEGMENT_BITS][((e & SEGMENT_MASK) << 1) + CLOCK] >>> CLOCK_SHIFT;
export const setClock = (e: EntryRef, value: number) => {
  const words = i32[e >>> SEGMENT_BITS];
  const at = ((e & SEGMENT_MASK) << 1) + CLOCK;
  const word = (value << CLOCK_SHIFT) | (words[at] & EPOCH_BIT);
  // Most reads find the clock at this time already: the cache line then stays clean.
  if (words[at] !== word) words[at] = word;
};

/** The bit of a key that tells a snapshot whether it has visited it (persistence/). */
export const epoch = (e: EntryRef) =>
  i32[e >>> SEGMENT_BITS][((e & SEGMENT_MASK) << 1) + CLOCK] & EPOCH_BIT;
export const setEpoch = (e: EntryRef, value: number) => {
  const words = i32[e >>> SEGMENT_BITS];
  const at = ((e & SEGMENT_MASK) << 1) + CLOCK;
  words[at] = (words[at] & ~EPOCH_BIT) | value;
};

/** A key's access clock and epoch, when it is made. */
export const startClock = (e: EntryRef, value: number, ofEpoch: number) => {
  i32[e >>> SEGMENT_BITS][((e & SEGMENT_MASK) << 1) + CLOCK] = (value << CLOCK_SHIFT) | ofEpoch;
};

/**
 * The stamp of what a snapshot has seen of the elements of large collections; who makes an element
 * gives it the stamp as well. Another one begins with each snapshot, so that nothing is cleared.
 */
let stamp = 0;

/** Elements have another stamp from here on: none is stamped. */
export function renewStamp(): void {
  stamp = (stamp + 1) & ~MARK_BIT;
}

/** Whether the element was made, or `setStamped` was called, since the stamp was renewed. */
export const isStamped = (e: EntryRef) =>
  i32[e >>> SEGMENT_BITS][((e & SEGMENT_MASK) << 1) + CLOCK] === stamp;
export const setStamped = (e: EntryRef) => {
  i32[e >>> SEGMENT_BITS][((e & SEGMENT_MASK) << 1) + CLOCK] = stamp;
};

/** A mark on an element that a command uses as it likes, and takes away again. */
export const isMarked = (e: EntryRef) =>
  i32[e >>> SEGMENT_BITS][((e & SEGMENT_MASK) << 1) + CLOCK] < 0;
export const setMarked = (e: EntryRef, isSet: boolean) => {
  const words = i32[e >>> SEGMENT_BITS];
  const at = ((e & SEGMENT_MASK) << 1) + CLOCK;
  words[at] = isSet ? words[at] | MARK_BIT : words[at] & ~MARK_BIT;
};

/** Sets type, encoding and value size; the key and the TTL bit stay. */
export function describe(e: EntryRef, ofType: number, as: number, size: number): void {
  const kept = meta(e) & (SIZE_MASK | TTL_BIT);
  setMeta(e, kept | (ofType << TYPE_SHIFT) | (as << ENCODING_SHIFT) | (size << SIZE_BITS));
}

/** The bytes that a key takes inside its entry. */
function keyArea(keySize: number): number {
  return keySize < OUTSIDE_SIZE ? (keySize + 3) & ~3 : 8;
}

/** The size of a block for a key and a value area of `valueArea` bytes. */
export function blockSize(keySize: number, valueArea: number, withTtl: boolean): number {
  return HEADER_SIZE + keyArea(keySize) + valueArea + (withTtl ? 4 : 0);
}

/**
 * A new entry that owns a copy of the key; not linked, without TTL, of type 0. `valueArea` is the
 * room wanted for the value, `withTtl` whether the room for an expiry index is wanted as well.
 */
export function create(
  bytes: Uint8Array,
  view: DataView,
  offset: number,
  size: number,
  keyHash: number,
  valueArea: number,
  withTtl: boolean,
): EntryRef {
  const e = arena.alloc(blockSize(size, valueArea, withTtl)) as EntryRef;
  const words = i32[e >>> SEGMENT_BITS];
  const at = (e & SEGMENT_MASK) << 1;
  words[at] = NIL;
  words[at + HASH] = keyHash;
  words[at + CLOCK] = stamp;
  if (size >= OUTSIDE_SIZE) {
    words[at + META] = OUTSIDE_SIZE;
    const block = outsideBlock(e, size);
    u8[block >>> SEGMENT_BITS].set(bytes.subarray(offset, offset + size), arena.byteOffset(block));
    words[at + KEY] = block;
    words[at + KEY + 1] = size;
  } else {
    words[at + META] = size;
    copyIn(bytes, view, offset, size, e, HEADER_SIZE);
  }
  return e;
}

/** A block for the key of a new entry, which is freed when there is none. */
function outsideBlock(e: EntryRef, size: number): Ref {
  try {
    return arena.alloc(size);
  } catch (error) {
    arena.free(e);
    throw error;
  }
}

/** Copies bytes from a request into a block, at a multiple of 4; up to 3 bytes more are noise. */
export function copyIn(
  bytes: Uint8Array,
  view: DataView,
  offset: number,
  size: number,
  block: Ref,
  at: number,
): void {
  const segment = block >>> SEGMENT_BITS;
  const start = ((block & SEGMENT_MASK) << 3) + at;
  if (size >= BULK_COPY_SIZE) {
    u8[segment].set(bytes.subarray(offset, offset + size), start);
    return;
  }
  const words = i32[segment];
  let to = start >>> 2;
  for (let from = offset; from < offset + size; from += 4) words[to++] = view.getInt32(from, true);
}

/** Whether a key of so many bytes has room in the place of the entry's, and the value can stay. */
export function fitsKey(e: EntryRef, size: number): boolean {
  const own = meta(e) & SIZE_MASK;
  return own < OUTSIDE_SIZE && size < OUTSIDE_SIZE && keyArea(own) === keyArea(size);
}

/** Gives an entry, which no dict has, another key, which fits. */
export function changeKey(
  e: EntryRef,
  bytes: Uint8Array,
  view: DataView,
  offset: number,
  size: number,
  keyHash: number,
): void {
  const words = i32[e >>> SEGMENT_BITS];
  const at = (e & SEGMENT_MASK) << 1;
  words[at + HASH] = keyHash;
  words[at + META] = (words[at + META] & ~SIZE_MASK) | size;
  copyIn(bytes, view, offset, size, e, HEADER_SIZE);
}

/** Whether the entry's key is these bytes. */
export function keyIs(
  e: EntryRef,
  bytes: Uint8Array,
  view: DataView,
  offset: number,
  size: number,
): boolean {
  return keyMatches(i32[e >>> SEGMENT_BITS], (e & SEGMENT_MASK) << 1, bytes, view, offset, size);
}

/** As `keyIs`, for the entry whose header is at words[at]: a look-up has that at hand. */
export function keyMatches(
  words: Int32Array,
  at: number,
  bytes: Uint8Array,
  view: DataView,
  offset: number,
  size: number,
): boolean {
  const stored = words[at + META] & SIZE_MASK;
  let index = at + KEY;
  if (stored !== size || size === OUTSIDE_SIZE) {
    if (stored !== OUTSIDE_SIZE || words[index + 1] !== size) return false;
    return outsideKeyIs(words[index] as Ref, bytes, offset, size);
  }
  let from = offset;
  const tail = offset + (size & ~3);
  while (from < tail) {
    if (words[index++] !== view.getInt32(from, true)) return false;
    from += 4;
  }
  const rest = size & 3;
  if (rest === 0) return true;
  return ((words[index] ^ view.getInt32(from, true)) & ((1 << (rest << 3)) - 1)) === 0;
}

function outsideKeyIs(block: Ref, bytes: Uint8Array, offset: number, size: number): boolean {
  return equalBytes(u8[block >>> SEGMENT_BITS], arena.byteOffset(block), bytes, offset, size);
}

/** Whether two entries have the same key. */
export function sameKey(a: EntryRef, b: EntryRef): boolean {
  const size = keySize(a);
  if (keySize(b) !== size) return false;
  const block = keyBlock(a);
  if (block !== a) {
    return outsideKeyIs(block, u8[keyBlock(b) >>> SEGMENT_BITS], keyOffset(b), size);
  }
  const words = i32[a >>> SEGMENT_BITS];
  const others = i32[b >>> SEGMENT_BITS];
  let index = ((a & SEGMENT_MASK) << 1) + KEY;
  let other = ((b & SEGMENT_MASK) << 1) + KEY;
  for (let left = size; left >= 4; left -= 4) if (words[index++] !== others[other++]) return false;
  const rest = size & 3;
  return rest === 0 || ((words[index] ^ others[other]) & ((1 << (rest << 3)) - 1)) === 0;
}

export function keySize(e: EntryRef): number {
  const stored = meta(e) & SIZE_MASK;
  if (stored !== OUTSIDE_SIZE) return stored;
  return i32[e >>> SEGMENT_BITS][((e & SEGMENT_MASK) << 1) + KEY + 1];
}

/** The block that holds the key: the entry itself, or the key's own block. */
export function keyBlock(e: EntryRef): Ref {
  if ((meta(e) & SIZE_MASK) !== OUTSIDE_SIZE) return e;
  return i32[e >>> SEGMENT_BITS][((e & SEGMENT_MASK) << 1) + KEY] as Ref;
}

/** Where the key begins in `u8[segmentOf(keyBlock(e))]`. */
export function keyOffset(e: EntryRef): number {
  const block = keyBlock(e);
  return arena.byteOffset(block) + (block === e ? HEADER_SIZE : 0);
}

/** Replies with the key. */
export function replyKey(e: EntryRef, to: Reply): void {
  const words = i32[e >>> SEGMENT_BITS];
  const at = (e & SEGMENT_MASK) << 1;
  const size = words[at + META] & SIZE_MASK;
  if (size < BULK_COPY_SIZE) to.bulkWords(words, at + KEY, size);
  else to.bulk(u8[keyBlock(e) >>> SEGMENT_BITS], keyOffset(e), keySize(e));
}

/** A copy of the key. */
export function keyBytes(e: EntryRef): Uint8Array {
  const offset = keyOffset(e);
  return u8[keyBlock(e) >>> SEGMENT_BITS].slice(offset, offset + keySize(e));
}

/** The key as latin1 text. */
export function keyText(e: EntryRef): string {
  return latin1(u8[keyBlock(e) >>> SEGMENT_BITS], keyOffset(e), keySize(e));
}

/** Where the value begins, in bytes from the start of the entry. */
export function valueAt(e: EntryRef): number {
  return HEADER_SIZE + keyArea(meta(e) & SIZE_MASK);
}

/** The index of the value's first word in `i32` of the entry's segment. */
export function valueWord(e: EntryRef): number {
  const at = (e & SEGMENT_MASK) << 1;
  const size = i32[e >>> SEGMENT_BITS][at + META] & SIZE_MASK;
  return at + KEY + (size < OUTSIDE_SIZE ? (size + 3) >>> 2 : 2);
}

/** The room for a value, in bytes. */
export function valueRoom(e: EntryRef): number {
  return arena.capacity(e) - valueAt(e) - (hasTtl(e) ? 4 : 0);
}

/** The entry's index in its database's expiry heap; only of an entry with a TTL. */
export function expiryIndex(e: EntryRef): number {
  if (DEBUG) assert(hasTtl(e), "the entry has no TTL");
  return i32[e >>> SEGMENT_BITS][((e & SEGMENT_MASK) << 1) + (arena.capacity(e) >>> 2) - 1];
}

/** Records the index; the entry must have the room (`valueRoom`) for it. */
export function setExpiryIndex(e: EntryRef, index: number): void {
  setMeta(e, meta(e) | TTL_BIT);
  i32[e >>> SEGMENT_BITS][((e & SEGMENT_MASK) << 1) + (arena.capacity(e) >>> 2) - 1] = index;
}

export function clearTtl(e: EntryRef): void {
  setMeta(e, meta(e) & ~TTL_BIT);
}

/**
 * A copy in a block of another size: the same header, key and expiry index, and the first `keep`
 * bytes of the value. The old block is for the caller to free, when the dict has the new one.
 */
export function copyShaped(
  e: EntryRef,
  valueArea: number,
  keep: number,
  withTtl: boolean,
): EntryRef {
  const area = keyArea(meta(e) & SIZE_MASK);
  const to = arena.alloc(HEADER_SIZE + area + valueArea + (withTtl ? 4 : 0)) as EntryRef;
  const from = arena.byteOffset(e);
  const kept = u8[e >>> SEGMENT_BITS].subarray(from, from + HEADER_SIZE + area + keep);
  u8[to >>> SEGMENT_BITS].set(kept, arena.byteOffset(to));
  if (hasTtl(e)) setExpiryIndex(to, expiryIndex(e));
  return to;
}

/**
 * A new entry with the key and hash of another: not linked, of type 0, without TTL; with room for
 * a value and an expiry index if so wanted.
 */
export function twin(e: EntryRef, valueArea = 0, withTtl = false): EntryRef {
  const size = keySize(e);
  const to = arena.alloc(blockSize(size, valueArea, withTtl)) as EntryRef;
  const from = i32[e >>> SEGMENT_BITS];
  const words = i32[to >>> SEGMENT_BITS];
  const first = (e & SEGMENT_MASK) << 1;
  const at = (to & SEGMENT_MASK) << 1;
  words[at] = NIL;
  words[at + HASH] = from[first + HASH];
  words[at + META] = from[first + META] & SIZE_MASK;
  words[at + CLOCK] = stamp;
  const end = KEY + (keyArea(size) >> 2);
  for (let i = KEY; i < end; i++) words[at + i] = from[first + i];
  if (size >= OUTSIDE_SIZE) words[at + KEY] = ownKey(e, to, size);
  return to;
}

/**
 * A copy with type, encoding, access clock and the first `valueArea` bytes of the value: not
 * linked, without TTL, though with the room for an expiry index if so wanted. Blocks that the value
 * refers to then have two entries.
 */
export function replica(e: EntryRef, valueArea: number, withTtl: boolean): EntryRef {
  const size = keySize(e);
  const to = arena.alloc(blockSize(size, valueArea, withTtl)) as EntryRef;
  const from = i32[e >>> SEGMENT_BITS];
  const words = i32[to >>> SEGMENT_BITS];
  const first = (e & SEGMENT_MASK) << 1;
  const at = (to & SEGMENT_MASK) << 1;
  const end = KEY + ((keyArea(size) + valueArea) >> 2);
  words[at] = NIL;
  for (let i = HASH; i < end; i++) words[at + i] = from[first + i];
  words[at + META] &= ~TTL_BIT;
  if (size >= OUTSIDE_SIZE) words[at + KEY] = ownKey(e, to, size);
  return to;
}

/** A copy of the key's block, for a new entry, which is freed when there is none. */
function ownKey(e: EntryRef, to: EntryRef, size: number): Ref {
  const own = outsideBlock(to, size);
  const block = keyBlock(e);
  const start = arena.byteOffset(block);
  const bytes = u8[block >>> SEGMENT_BITS].subarray(start, start + size);
  u8[own >>> SEGMENT_BITS].set(bytes, arena.byteOffset(own));
  return own;
}

/**
 * Gives `to` the type and encoding of `from`, and the first `size` bytes of its value: blocks that
 * the value refers to then have two entries.
 */
export function copyValue(from: EntryRef, to: EntryRef, size: number): void {
  describe(to, type(from), encoding(from), valueSize(from));
  const start = arena.byteOffset(from) + valueAt(from);
  const target = arena.byteOffset(to) + valueAt(to);
  if (size >= BULK_COPY_SIZE) {
    const bytes = u8[from >>> SEGMENT_BITS].subarray(start, start + size);
    u8[to >>> SEGMENT_BITS].set(bytes, target);
    return;
  }
  const read = i32[from >>> SEGMENT_BITS];
  const written = i32[to >>> SEGMENT_BITS];
  const shift = (target - start) >> 2;
  for (let i = start >>> 2, end = (start + size + 3) >>> 2; i < end; i++) {
    written[i + shift] = read[i];
  }
}

/** Frees the entry and its key; the value's own blocks are the caller's to free first. */
export function release(e: EntryRef): void {
  const block = keyBlock(e);
  if (block !== e) arena.free(block);
  arena.free(e);
}
