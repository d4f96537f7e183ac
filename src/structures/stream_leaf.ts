/**
 * A run of stream entries in one block, in the order of their IDs: a leaf of a stream's tree. The
 * names of the first entry's fields are stored once; entries with the same fields have values only.
 * (Deleted entries may have higher IDs than those after them, if XSETID came between.)
 *
 *   0      4      8         12            16       20          24          40        56
 *   | size | live | deleted | packed size | fields | entriesAt | master ID | last ID | name … |
 *
 *   entry  | head | ID … | body size | (field count) | (name) value … |
 *
 * size         bytes in use, of the block
 * live         entries; deleted: those marked as deleted, which stay where they are
 * packed size  the size that the run would have as Redis stores it (below), less its two counters
 * fields       number of the names, which lie before the first entry, at `entriesAt`
 * master ID    that of the first entry, deleted or not; it is the leaf's key in the tree
 * last ID      that of the last entry, deleted or not
 * head         a byte: whether it is deleted, has names of its own, and how its ID is told (below)
 * ID           told from the ID of the entry before: nothing where the sequence is one more
 *
 * Names and values are bodies of packed elements (packed_element.ts), body sizes and counts numbers
 * in groups of 7 bits, the lowest first.
 *
 * Redis keeps such a run in a listpack, of which each entry takes four more elements, and begins a
 * new one by its size and count. That decides what `XTRIM ~` removes, so leaves begin where Redis's
 * listpacks do, and the size of a listpack that is never made is kept up to date.
 */
import * as arena from "../arena/arena.ts";
import { i32, type Ref, SEGMENT_BITS, SEGMENT_MASK, u8, views } from "../arena/arena.ts";
import { assert } from "../base/assert.ts";
import { copyBytes } from "../base/bytes.ts";
import type { Range } from "../base/range.ts";
import type { Args } from "../protocol/args.ts";
import type { Reply } from "../protocol/reply.ts";
import * as packed from "./packed.ts";
import * as element from "./packed_element.ts";
import { ID_SIZE, StreamId } from "./stream_id.ts";

export type StreamLeafRef = Ref<"stream leaf">;

const SIZE = 0;
const LIVE = 1;
const DELETED = 2;
const PACKED_SIZE = 3;
const FIELDS = 4;
const ENTRIES_AT = 5;
const MASTER_ID = 6;
const LAST_ID = 10;
const HEADER_SIZE = 56;

/** Where some of it lies in a leaf's bytes. */
export const Head = {
  live: 4 * LIVE,
  deleted: 4 * DELETED,
  fields: 4 * FIELDS,
  entriesAt: 4 * ENTRIES_AT,
  masterId: 4 * MASTER_ID,
  lastId: 4 * LAST_ID,
  size: HEADER_SIZE,
} as const;

/** Bits of an entry's head. */
const IS_DELETED = 1;
const HAS_NAMES = 2;
/** How the ID is told: two bits of the head. */
const FORM_SHIFT = 2;
const FORM_MASK = 3;
/** The same ms, and the sequence one more: no bytes. */
const FORM_NEXT = 0;
/** So many ms later, and sequence 0. */
const FORM_LATER = 1;
/** So many ms later (or none), and the sequence, of 32 bits. */
const FORM_APART = 2;
/** The four words of the ID. */
const FORM_WHOLE = 3;

/** The most that the head, the ID and the body size take. */
const HEAD_SIZE_MAX = 1 + ID_SIZE + 5;
/** The most that the body of an element takes beside its bytes. */
const OVERHEAD_MAX = 5;
const VARINT_SIZE_MAX = 5;
/** A leaf that grows doubles up to this size, beyond by an eighth, and not ahead beyond a GiB. */
const DOUBLING_SIZE_MAX = 4096;
const GROWTH_SHIFT = 3;
const GROWN_SIZE_MAX = 2 ** 30;

/** What Redis adds to an entry: flags, two parts of the ID, and the number of elements. */
export const PACKED_FIXED_ELEMENTS = 3;
/** The flags of an entry that is not deleted and has the leaf's names. */
export const PACKED_SAME_FIELDS = 2;
const PACKED_FLAGS_SIZE = 2;
const PACKED_ZERO_SIZE = 2;
/** What an integer of more than 32 bits takes in a listpack. */
const PACKED_WIDE_SIZE = 10;

const wordAt = (leaf: Ref, name: number) =>
  i32[leaf >>> SEGMENT_BITS][((leaf & SEGMENT_MASK) << 1) + name];
const setWordAt = (leaf: Ref, name: number, value: number) => {
  i32[leaf >>> SEGMENT_BITS][((leaf & SEGMENT_MASK) << 1) + name] = value;
};

/** Entries that are not deleted. */
export const liveCount = (leaf: StreamLeafRef) => wordAt(leaf, LIVE);
/** Entries that are marked as deleted. */
export const deletedCount = (leaf: StreamLeafRef) => wordAt(leaf, DELETED);
/** Bytes in use. */
export const size = (leaf: StreamLeafRef) => wordAt(leaf, SIZE);

/** Takes the ID of the first entry, deleted or not. */
export const loadMaster = (leaf: StreamLeafRef, into: StreamId) => into.load(leaf, MASTER_ID);
/** Takes the ID of the last entry, deleted or not. */
export const loadLast = (leaf: StreamLeafRef, into: StreamId) => into.load(leaf, LAST_ID);

/** The bytes of the listpack in which Redis would keep the entries. */
export function packedSize(leaf: StreamLeafRef): number {
  const counters = element.integerSpan(liveCount(leaf)) + element.integerSpan(deletedCount(leaf));
  return wordAt(leaf, PACKED_SIZE) + counters;
}

/** The bytes of the difference of two unsigned 64-bit integers, in words, in a listpack. */
function packedDifferenceSize(
  high: number,
  low: number,
  fromHigh: number,
  fromLow: number,
): number {
  const difference = (low - fromLow) | 0;
  const borrow = low >>> 0 < fromLow >>> 0 ? 1 : 0;
  const top = (high - fromHigh - borrow) | 0;
  return top === difference >> 31 ? element.integerSpan(difference) : PACKED_WIDE_SIZE;
}

const previous = new StreamId();
const master = new StreamId();

/** Where the next byte of a leaf is written or read: an index of its segment's bytes. */
let position = 0;

function writeVarint(bytes: Uint8Array, value: number): void {
  let rest = value;
  while (rest >>> 0 >= 128) {
    bytes[position++] = (rest & 127) | 128;
    rest >>>= 7;
  }
  bytes[position++] = rest;
}

/** An unsigned integer of 32 bits. */
function readVarint(bytes: Uint8Array): number {
  let byte = bytes[position++];
  if (byte < 128) return byte;
  let value = byte & 127;
  for (let shift = 7; byte >= 128; shift += 7) {
    byte = bytes[position++];
    value |= (byte & 127) << shift;
  }
  return value >>> 0;
}

/** What an argument takes at most as a body. */
const bodyBound = (args: Args, index: number) => args.size[index] + OVERHEAD_MAX;

/** What `fields` arguments, every other one from `first` on, take at most as bodies. */
function bodiesBound(args: Args, first: number, fields: number): number {
  let bound = 0;
  for (let i = 0; i < fields; i++) bound += bodyBound(args, first + 2 * i);
  return bound;
}

/** The most bytes that an entry of `fields` pairs can take, with names of its own or without. */
function entryBound(args: Args, first: number, fields: number, ownNames: boolean): number {
  const bound = HEAD_SIZE_MAX + bodiesBound(args, first + 1, fields);
  return ownNames ? bound + VARINT_SIZE_MAX + bodiesBound(args, first, fields) : bound;
}

/**
 * A leaf whose first entry has this ID and these fields: `fields` pairs of a name and a value, from
 * argument `first` on. Its block has room for `room` bytes at least, if they are not too few.
 */
export function create(
  id: StreamId,
  args: Args,
  first: number,
  fields: number,
  room: number,
): StreamLeafRef {
  const names = bodiesBound(args, first, fields);
  const needed = HEADER_SIZE + names + entryBound(args, first, fields, false);
  const leaf = arena.alloc(Math.max(needed, room)) as StreamLeafRef;
  const bytes = u8[leaf >>> SEGMENT_BITS];
  const base = arena.byteOffset(leaf);
  position = base + HEADER_SIZE;
  let packedNames = packed.EMPTY_SIZE + packedNamesSize(fields);
  for (let i = 0; i < fields; i++) packedNames += writeElement(leaf, bytes, args, first + 2 * i);
  setWordAt(leaf, SIZE, position - base);
  setWordAt(leaf, LIVE, 0);
  setWordAt(leaf, DELETED, 0);
  setWordAt(leaf, PACKED_SIZE, packedNames);
  setWordAt(leaf, FIELDS, fields);
  setWordAt(leaf, ENTRIES_AT, position - base);
  id.store(leaf, MASTER_ID);
  return append(leaf, id, args, first, fields);
}

/** What is known of the entries of a leaf. */
export interface LeafTraits {
  readonly live: number;
  readonly deleted: number;
  /** As the header has it. */
  readonly packedSize: number;
  readonly names: number;
  readonly masterId: StreamId;
  readonly lastId: StreamId;
}

/**
 * A leaf of names and entries as they are written in a leaf, `size` bytes from the start of
 * `bytes`, of which the entries begin at `entriesAt`.
 */
export function assemble(
  bytes: Uint8Array,
  size: number,
  entriesAt: number,
  traits: LeafTraits,
): StreamLeafRef {
  const leaf = arena.alloc(HEADER_SIZE + size) as StreamLeafRef;
  copyBytes(bytes, 0, size, u8[leaf >>> SEGMENT_BITS], arena.byteOffset(leaf) + HEADER_SIZE);
  setWordAt(leaf, SIZE, HEADER_SIZE + size);
  setWordAt(leaf, LIVE, traits.live);
  setWordAt(leaf, DELETED, traits.deleted);
  setWordAt(leaf, PACKED_SIZE, traits.packedSize);
  setWordAt(leaf, FIELDS, traits.names);
  setWordAt(leaf, ENTRIES_AT, HEADER_SIZE + entriesAt);
  traits.masterId.store(leaf, MASTER_ID);
  traits.lastId.store(leaf, LAST_ID);
  return leaf;
}

/** Reads an ID that lies at `at`, in a leaf's head or an entry, from bytes of a leaf. */
export function readWholeId(view: DataView, at: number, into: StreamId): void {
  const word = (index: number) => view.getInt32(at + 4 * index, true);
  into.set(word(0), word(1), word(2), word(3));
}

/** A leaf of the bytes of another, which must be sound. */
export function fromBytes(bytes: Uint8Array, offset: number, size: number): StreamLeafRef {
  const leaf = arena.alloc(size) as StreamLeafRef;
  copyBytes(bytes, offset, size, u8[leaf >>> SEGMENT_BITS], arena.byteOffset(leaf));
  return leaf;
}

/** Writes an argument as a body; returns the size of the element in a listpack. */
function writeElement(leaf: Ref, bytes: Uint8Array, args: Args, index: number): number {
  const offset = args.start[index];
  const length = args.size[index];
  const body = element.measureBody(args.bytes, offset, length);
  element.writeBody(bytes, views[leaf >>> SEGMENT_BITS], position, args.bytes, offset, length);
  position += body;
  return element.spanOf(body);
}

/** Whether the fields of an entry, as for `append`, are those that the leaf has the names of. */
function hasNames(leaf: StreamLeafRef, args: Args, first: number, fields: number): boolean {
  if (wordAt(leaf, FIELDS) !== fields) return false;
  const stored = u8[leaf >>> SEGMENT_BITS];
  let at = arena.byteOffset(leaf) + HEADER_SIZE;
  for (let i = first; i < first + 2 * fields; i += 2) {
    if (!element.equals(stored, at, args.bytes, args.start[i], args.size[i])) return false;
    at += element.bodySpan(stored, at);
  }
  return true;
}

/**
 * Adds an entry with an ID above all others that are not deleted: `fields` pairs of a name and a
 * value, from argument `first` on. Returns the leaf, which may have moved.
 */
export function append(
  leaf: StreamLeafRef,
  id: StreamId,
  args: Args,
  first: number,
  fields: number,
): StreamLeafRef {
  const ownNames = !hasNames(leaf, args, first, fields);
  const bound = entryBound(args, first, fields, ownNames);
  const home = reserve(leaf, wordAt(leaf, SIZE) + bound);
  const bytes = u8[home >>> SEGMENT_BITS];
  const base = arena.byteOffset(home);
  const start = base + wordAt(home, SIZE);
  master.load(home, MASTER_ID);
  const isFirst = wordAt(home, LIVE) + wordAt(home, DELETED) === 0;
  if (!isFirst) previous.load(home, LAST_ID);
  writeEntryHead(bytes, start, id, isFirst ? null : previous, headFlags(false, ownNames));
  // The size is not known yet, but how many bytes it takes at most.
  const sizeAt = position;
  const sizeRoom = bound < 128 ? 1 : bound < 16384 ? 2 : VARINT_SIZE_MAX;
  position += sizeRoom;
  const bodyAt = position;
  let packedBody = 0;
  if (ownNames) writeVarint(bytes, fields);
  for (let i = first; i < first + 2 * fields; i++) {
    if (ownNames || (i - first) % 2 === 1) packedBody += writeElement(home, bytes, args, i);
  }
  writePadded(bytes, sizeAt, position - bodyAt, sizeRoom);
  setWordAt(home, SIZE, position - base);
  setWordAt(home, LIVE, wordAt(home, LIVE) + 1);
  const added = packedBody + packedFrameSize(id, master, fields, ownNames);
  setWordAt(home, PACKED_SIZE, wordAt(home, PACKED_SIZE) + added);
  id.store(home, LAST_ID);
  return home;
}

/** The bits of an entry's head, without those that tell how its ID is told. */
export const headFlags = (isDeleted: boolean, hasNames: boolean) =>
  (isDeleted ? IS_DELETED : 0) | (hasNames ? HAS_NAMES : 0);

/**
 * Writes an entry's head with these flags, and its ID, told from that of the entry before, which is
 * changed; null for the first of a leaf. Returns the index after them.
 */
export function writeEntryHead(
  bytes: Uint8Array,
  at: number,
  id: StreamId,
  before: StreamId | null,
  flags: number,
): number {
  position = at + 1;
  const form = before === null ? FORM_NEXT : writeId(bytes, id, before);
  bytes[at] = (form << FORM_SHIFT) | flags;
  return position;
}

/** As `writeEntryHead`, of a leaf's first entry, which is not deleted and has no names. */
export function writeFirstHead(bytes: Uint8Array, at: number): number {
  bytes[at] = FORM_NEXT << FORM_SHIFT;
  return at + 1;
}

/**
 * As `writeEntryHead`, of an entry that is not deleted and has no names, so many ms after the one
 * before. Sequence numbers are of 32 bits.
 */
export function writePlainHead(
  bytes: Uint8Array,
  at: number,
  msLater: number,
  seq: number,
  seqBefore: number,
): number {
  position = at + 1;
  let form = FORM_NEXT;
  if (msLater !== 0 || seq !== seqBefore + 1) {
    writeVarint(bytes, msLater);
    form = seq === 0 ? FORM_LATER : FORM_APART;
    if (seq !== 0) writeVarint(bytes, seq);
  }
  bytes[at] = form << FORM_SHIFT;
  return position;
}

/**
 * Writes the size of an entry's body, which lies from `bodyAt` up to `end`, before it, where one
 * byte was left for it; returns where it ends then.
 */
export function writeBodySize(bytes: Uint8Array, bodyAt: number, end: number): number {
  const size = end - bodyAt;
  if (size < 128) {
    bytes[bodyAt - 1] = size;
    return end;
  }
  const more = writeCount(bytes, end, size) - end - 1;
  bytes.copyWithin(bodyAt + more, bodyAt, end);
  writeCount(bytes, bodyAt - 1, size);
  return end + more;
}

/** Writes an unsigned number of 32 bits, as sizes and counts are; returns the index after it. */
export function writeCount(bytes: Uint8Array, at: number, value: number): number {
  position = at;
  writeVarint(bytes, value);
  return position;
}

/** Writes how an ID follows the one before; returns the form in which. */
function writeId(bytes: Uint8Array, id: StreamId, before: StreamId): number {
  const { msHigh, msLow, seqHigh, seqLow } = id;
  const sameHigh = msHigh === before.msHigh;
  // Modulo 2^32: one before that was deleted may be above.
  const msLater = (msLow - before.msLow) >>> 0;
  if (sameHigh && msLater === 0) {
    // The last sequence number of a ms is followed by the next ms.
    before.increment();
    if (id.compare(before) === 0) return FORM_NEXT;
  }
  if (!sameHigh || seqHigh !== 0) {
    for (let i = 0; i < ID_SIZE; i += 4) {
      const word = i < 8 ? (i === 0 ? msHigh : msLow) : i === 8 ? seqHigh : seqLow;
      for (let shift = 0; shift < 32; shift += 8) bytes[position++] = word >>> shift;
    }
    return FORM_WHOLE;
  }
  writeVarint(bytes, msLater);
  if (seqLow === 0) return FORM_LATER;
  writeVarint(bytes, seqLow >>> 0);
  return FORM_APART;
}

/** Writes a number in so many groups of 7 bits, which are enough. */
function writePadded(bytes: Uint8Array, at: number, value: number, groups: number): void {
  let rest = value;
  for (let i = 0; i < groups - 1; i++) {
    bytes[at + i] = (rest & 127) | 128;
    rest >>>= 7;
  }
  bytes[at + groups - 1] = rest;
}

/** What the number of a leaf's names, and what ends them, take in Redis's listpack. */
export const packedNamesSize = (names: number) => element.integerSpan(names) + PACKED_ZERO_SIZE;

/** What an entry takes in Redis's listpack beside its values and names. */
export function packedFrameSize(
  id: StreamId,
  first: StreamId,
  fields: number,
  ownNames: boolean,
): number {
  const elements = PACKED_FIXED_ELEMENTS + fields + (ownNames ? fields + 1 : 0);
  return (
    PACKED_FLAGS_SIZE +
    packedDifferenceSize(id.msHigh, id.msLow, first.msHigh, first.msLow) +
    packedDifferenceSize(id.seqHigh, id.seqLow, first.seqHigh, first.seqLow) +
    (ownNames ? element.integerSpan(fields) : 0) +
    element.integerSpan(elements)
  );
}

/** Sees that the block has room for so many bytes; returns the leaf, which may have moved. */
function reserve(leaf: StreamLeafRef, needed: number): StreamLeafRef {
  if (needed <= arena.capacity(leaf)) return leaf;
  if (needed <= DOUBLING_SIZE_MAX) return moved(leaf, Math.min(2 * needed, DOUBLING_SIZE_MAX));
  const grown = Math.min(needed + (needed >>> GROWTH_SHIFT), GROWN_SIZE_MAX);
  return moved(leaf, Math.max(needed, grown));
}

/** Gives back what a leaf that gets no more entries does not use; returns it, in its new place. */
export function shrink(leaf: StreamLeafRef): StreamLeafRef {
  const used = wordAt(leaf, SIZE);
  // A huge one stays as it is when there is no memory for both.
  if (used > arena.SEGMENT_SIZE && !arena.canServe(used)) return leaf;
  return arena.capacityFor(used) < arena.capacity(leaf) ? moved(leaf, used) : leaf;
}

function moved(leaf: StreamLeafRef, capacity: number): StreamLeafRef {
  const home = copyInto(leaf, capacity);
  arena.free(leaf);
  return home;
}

/** A copy of the leaf. */
export const copy = (leaf: StreamLeafRef) => copyInto(leaf, wordAt(leaf, SIZE));

function copyInto(leaf: StreamLeafRef, capacity: number): StreamLeafRef {
  const to = arena.alloc(capacity) as StreamLeafRef;
  const from = arena.byteOffset(leaf);
  const bytes = u8[leaf >>> SEGMENT_BITS].subarray(from, from + wordAt(leaf, SIZE));
  u8[to >>> SEGMENT_BITS].set(bytes, arena.byteOffset(to));
  return to;
}

/** A place among the entries of a leaf: reusable, and good until the leaf changes otherwise. */
export class LeafCursor {
  /** The ID of the entry. */
  readonly id = new StreamId();
  private leaf = 0 as StreamLeafRef;
  private bytes = u8[0];
  /** The entry's head, what follows its body size, and the entry after it: indices of bytes. */
  private at = 0;
  private bodyAt = 0;
  private nextAt = 0;
  private end = 0;

  /** Goes to before the first entry. */
  start(leaf: StreamLeafRef): void {
    const base = arena.byteOffset(leaf);
    this.leaf = leaf;
    this.bytes = u8[leaf >>> SEGMENT_BITS];
    this.nextAt = base + wordAt(leaf, ENTRIES_AT);
    this.end = base + wordAt(leaf, SIZE);
    // One less than the first, which is told as the next of it.
    const { id } = this;
    id.load(leaf, MASTER_ID);
    id.seqLow = (id.seqLow - 1) | 0;
    if (id.seqLow === -1) id.seqHigh = (id.seqHigh - 1) | 0;
  }

  /** Where the entry is in its leaf, for `seek`. */
  get place(): number {
    return this.at - arena.byteOffset(this.leaf);
  }

  /** Goes to a place where the cursor was in this leaf, at an entry with this ID. */
  seek(leaf: StreamLeafRef, place: number, id: StreamId): void {
    this.start(leaf);
    this.nextAt = arena.byteOffset(leaf) + place;
    this.advance();
    this.id.copy(id);
  }

  /** Goes on to the next entry that is not deleted; false at the end. */
  next(): boolean {
    while (this.step()) if (!this.isDeleted) return true;
    return false;
  }

  /** Goes on to the next entry, deleted or not; false at the end. */
  step(): boolean {
    if (this.nextAt === this.end) return false;
    this.advance();
    return true;
  }

  private advance(): void {
    const bytes = this.bytes;
    const at = this.nextAt;
    this.at = at;
    const form = (bytes[at] >> FORM_SHIFT) & FORM_MASK;
    position = at + 1;
    if (form === FORM_NEXT) nextSequence(this.id);
    else readId(bytes, form, this.id);
    const bodySize = readVarint(bytes);
    this.bodyAt = position;
    this.nextAt = position + bodySize;
  }

  /** Goes to the last entry, deleted or not: past the others, whose IDs are not looked at. */
  startAtLast(leaf: StreamLeafRef): void {
    this.start(leaf);
    const { bytes, end } = this;
    let last = this.nextAt;
    for (let at = entryEnd(bytes, last); at !== end; at = entryEnd(bytes, at)) last = at;
    this.nextAt = last;
    this.advance();
    this.id.load(leaf, LAST_ID);
  }

  /** Whether the entry is marked as deleted. */
  get isDeleted(): boolean {
    return (this.bytes[this.at] & IS_DELETED) !== 0;
  }

  /** Marks the entry, which is not deleted, as deleted. */
  markDeleted(): void {
    if (DEBUG) assert(!this.isDeleted, "the entry is deleted already");
    this.bytes[this.at] |= IS_DELETED;
    setWordAt(this.leaf, LIVE, wordAt(this.leaf, LIVE) - 1);
    setWordAt(this.leaf, DELETED, wordAt(this.leaf, DELETED) + 1);
  }

  /** Whether the entry has names of its own, not those of the leaf. */
  get hasOwnNames(): boolean {
    return this.hasNames;
  }

  /** The number of the entry's fields. */
  get fieldCount(): number {
    if (!this.hasNames) return wordAt(this.leaf, FIELDS);
    position = this.bodyAt;
    return readVarint(this.bytes);
  }

  /** As `each`, of what the entry itself stores: no names that the leaf has. */
  eachStored(visit: (text: Range, value: number) => void): void {
    const bytes = this.bytes;
    position = this.bodyAt;
    let left = this.hasNames ? 2 * readVarint(bytes) : wordAt(this.leaf, FIELDS);
    for (let at = position; left > 0; left--) {
      visit(element.textInto(bytes, at, shown), valueAt(bytes, at));
      at += element.bodySpan(bytes, at);
    }
  }

  private get hasNames(): boolean {
    return (this.bytes[this.at] & HAS_NAMES) !== 0;
  }

  /** Replies with an array of the entry's names and values in turn. */
  reply(to: Reply): void {
    const bytes = this.bytes;
    const view = views[this.leaf >>> SEGMENT_BITS];
    if (this.hasNames) {
      position = this.bodyAt;
      const elements = 2 * readVarint(bytes);
      to.array(elements);
      let at = position;
      for (let i = 0; i < elements; i++) {
        element.reply(bytes, view, at, to);
        at += element.bodySpan(bytes, at);
      }
      return;
    }
    const fields = wordAt(this.leaf, FIELDS);
    to.array(2 * fields);
    let nameAt = arena.byteOffset(this.leaf) + HEADER_SIZE;
    let valueAt = this.bodyAt;
    for (let i = 0; i < fields; i++) {
      element.reply(bytes, view, nameAt, to);
      element.reply(bytes, view, valueAt, to);
      nameAt += element.bodySpan(bytes, nameAt);
      valueAt += element.bodySpan(bytes, valueAt);
    }
  }

  /**
   * Calls `visit` for each name and each value, in turn: with its text, in the same object each
   * time, and with its value if it is stored as an integer, and a safe one; else NaN. For the cold
   * paths.
   */
  each(visit: (text: Range, value: number) => void): void {
    const bytes = this.bytes;
    const show = (at: number) => {
      visit(element.textInto(bytes, at, shown), valueAt(bytes, at));
      return at + element.bodySpan(bytes, at);
    };
    position = this.bodyAt;
    const hasNames = this.hasNames;
    const fields = hasNames ? readVarint(bytes) : wordAt(this.leaf, FIELDS);
    let nameAt = arena.byteOffset(this.leaf) + HEADER_SIZE;
    let at = position;
    for (let i = 0; i < fields; i++) {
      if (hasNames) at = show(at);
      else nameAt = show(nameAt);
      at = show(at);
    }
  }
}

const shown: Range = { bytes: u8[0], offset: 0, size: 0 };

const valueAt = (bytes: Uint8Array, at: number) =>
  element.isInteger(bytes, at) ? element.integer(bytes, at) : Number.NaN;

/** Where the entry ends that begins at an index of a leaf's bytes. */
function entryEnd(bytes: Uint8Array, start: number): number {
  const form = (bytes[start] >> FORM_SHIFT) & FORM_MASK;
  let at = start + 1;
  if (form === FORM_WHOLE) {
    at += ID_SIZE;
  } else {
    if (form !== FORM_NEXT) while (bytes[at++] >= 128);
    if (form === FORM_APART) while (bytes[at++] >= 128);
  }
  const first = bytes[at];
  if (first < 128) return at + 1 + first;
  position = at;
  const size = readVarint(bytes);
  return position + size;
}

/** The ID with the next sequence number, which wraps round only before a leaf's first entry. */
function nextSequence(id: StreamId): void {
  id.seqLow = (id.seqLow + 1) | 0;
  if (id.seqLow === 0) id.seqHigh = (id.seqHigh + 1) | 0;
}

/** Reads the ID of an entry that is told in one of the longer forms; `id` is the one before. */
function readId(bytes: Uint8Array, form: number, id: StreamId): void {
  if (form === FORM_WHOLE) {
    id.set(readWord(bytes), readWord(bytes), readWord(bytes), readWord(bytes));
    return;
  }
  id.msLow = (id.msLow + readVarint(bytes)) | 0;
  id.seqHigh = 0;
  id.seqLow = form === FORM_APART ? readVarint(bytes) | 0 : 0;
}

function readWord(bytes: Uint8Array): number {
  const at = position;
  position += 4;
  return bytes[at] | (bytes[at + 1] << 8) | (bytes[at + 2] << 16) | (bytes[at + 3] << 24);
}

/** The number of the names that the leaf stores once. */
export const nameCount = (leaf: StreamLeafRef) => wordAt(leaf, FIELDS);

/** Calls `visit` for each of them; the range is the same object each time. */
export function eachName(leaf: StreamLeafRef, visit: (text: Range) => void): void {
  const bytes = u8[leaf >>> SEGMENT_BITS];
  let at = arena.byteOffset(leaf) + HEADER_SIZE;
  for (let left = nameCount(leaf); left > 0; left--) {
    visit(element.textInto(bytes, at, shown));
    at += element.bodySpan(bytes, at);
  }
}

const checked = new LeafCursor();

/** Walks all entries and throws on the first thing that is wrong. For tests. */
export function verify(leaf: StreamLeafRef): void {
  const last = new StreamId();
  const lastLive = new StreamId();
  let live = 0;
  let deleted = 0;
  master.load(leaf, MASTER_ID);
  checked.start(leaf);
  while (checked.step()) {
    const isFirst = live + deleted === 0;
    if (isFirst) assert(checked.id.compare(master) === 0, "the first entry has another ID");
    last.copy(checked.id);
    if (checked.isDeleted) {
      deleted++;
      continue;
    }
    assert(live === 0 || lastLive.compare(checked.id) < 0, "entries out of order");
    lastLive.copy(checked.id);
    live++;
  }
  assert(live === liveCount(leaf), "the count of entries is wrong");
  assert(deleted === deletedCount(leaf), "the count of deleted entries is wrong");
  checked.id.load(leaf, LAST_ID);
  assert(last.compare(checked.id) === 0, "the last entry has another ID");
  assert(size(leaf) <= arena.capacity(leaf), "a leaf larger than its block");
}
