/**
 * A chained hash table of entries, all in the arena. It carries the keyspace and large collections.
 *
 *   0        4        8       12      16      20      24
 *   | table0 | table1 | bits0 | bits1 | used0 | used1 | rehash |
 *
 * A table is a block of 2^bits refs to the first entry of each chain. It doubles when entries
 * outnumber slots and halves when fewer than one slot in eight is used. Growing moves a few chains
 * with each change (and in `rehash`, from the server's timer), so no operation takes longer than
 * the longest chains; meanwhile both tables are searched. All operations are O(1) expected.
 */
import * as arena from "../arena/arena.ts";
import { i32, NIL, type Ref, SEGMENT_BITS, SEGMENT_MASK } from "../arena/arena.ts";
import { mayHold } from "../arena/memory_limit.ts";
import { assert } from "../base/assert.ts";
import type { EntryRef } from "./entry.ts";
import * as entry from "./entry.ts";

export type DictRef = Ref<"dict">;

const TABLE0 = 0;
const TABLE1 = 1;
const BITS0 = 2;
const BITS1 = 3;
const USED0 = 4;
const USED1 = 5;
const REHASH = 6;
const DICT_SIZE = 28;

const BITS_MIN = 2;
/** A table is at most 2^27 slots (512 MiB): its block must be one the arena can give. */
const BITS_MAX = 27;
/** Shrink when fewer than one slot in this many is used. */
const SHRINK_FACTOR = 8;
/** Entries for each slot from which on a table grows whatever maxmemory says. */
const CROWDED_LOAD = 1.618;
const SLOT_SIZE = 4;
/** Empty slots that one step of rehashing may pass over, as a bound on its time. */
const EMPTY_VISITS = 10;

/** A new, empty dict, whose table is large enough for so many entries. */
export function create(expected = 0): DictRef {
  const bits = bitsFor(expected);
  const dict = arena.alloc(DICT_SIZE) as DictRef;
  const words = i32[dict >>> SEGMENT_BITS];
  const at = (dict & SEGMENT_MASK) << 1;
  words.fill(0, at, at + DICT_SIZE / 4);
  words[at + TABLE0] = newTable(bits);
  words[at + BITS0] = bits;
  return dict;
}

/** Frees the tables; the entries are the caller's to free before. */
export function release(dict: DictRef): void {
  arena.free(field(dict, TABLE0) as Ref);
  if (field(dict, TABLE1) !== NIL) arena.free(field(dict, TABLE1) as Ref);
  arena.free(dict);
}

export function count(dict: DictRef): number {
  return field(dict, USED0) + field(dict, USED1);
}

/** Slots of both tables, and whether a rehash is going on; for DEBUG HTSTATS and MEMORY STATS. */
export function tableFigures(dict: DictRef) {
  const rehashing = field(dict, TABLE1) !== NIL;
  const slots0 = 1 << field(dict, BITS0);
  const slots1 = rehashing ? 1 << field(dict, BITS1) : 0;
  return { slots0, slots1, used0: field(dict, USED0), used1: field(dict, USED1), rehashing };
}

/** The table of the dict, and the mask of its slots; and, while it is resized, the new one's. */
export const mainTable = (dict: DictRef) => field(dict, TABLE0) as Ref;
export const mainMask = (dict: DictRef) => (1 << field(dict, BITS0)) - 1;
export const otherTable = (dict: DictRef) => field(dict, TABLE1) as Ref;
export const otherMask = (dict: DictRef) => (1 << field(dict, BITS1)) - 1;

/** The bytes of the dict's own blocks, without the entries. */
export function ownedSize(dict: DictRef): number {
  const { slots0, slots1 } = tableFigures(dict);
  return arena.capacity(dict) + SLOT_SIZE * (slots0 + slots1);
}

/** How many chains of a table (0, or 1 while rehashing) have each length, from 0. */
export function chainLengths(dict: DictRef, into: number): number[] {
  const table = field(dict, TABLE0 + into);
  const slots = table === NIL ? 0 : 1 << field(dict, BITS0 + into);
  const counts: number[] = [];
  for (let slot = 0; slot < slots; slot++) {
    let length = 0;
    visitSlot(table, slot, () => length++);
    while (counts.length <= length) counts.push(0);
    counts[length]++;
  }
  return counts;
}

/** The entry of this key, or NIL. `keyHash` is `hashBytes` of the same bytes. */
export function find(
  dict: DictRef,
  bytes: Uint8Array,
  view: DataView,
  offset: number,
  size: number,
  keyHash: number,
): EntryRef {
  const words = i32[dict >>> SEGMENT_BITS];
  const at = (dict & SEGMENT_MASK) << 1;
  let table = words[at + TABLE0];
  let slot = keyHash & ((1 << words[at + BITS0]) - 1);
  for (;;) {
    let e = i32[table >>> SEGMENT_BITS][((table & SEGMENT_MASK) << 1) + slot];
    while (e !== NIL) {
      const header = i32[e >>> SEGMENT_BITS];
      const first = (e & SEGMENT_MASK) << 1;
      if (header[first + 1] === keyHash) {
        if (entry.keyMatches(header, first, bytes, view, offset, size)) return e as EntryRef;
      }
      e = header[first];
    }
    const other = words[at + TABLE1];
    if (other === NIL || other === table) return NIL as EntryRef;
    table = other;
    slot = keyHash & ((1 << words[at + BITS1]) - 1);
  }
}

/** As `find`, in the chain from this entry (or NIL) on: for who has read where it begins. */
export function findInChain(
  first: EntryRef,
  bytes: Uint8Array,
  view: DataView,
  offset: number,
  size: number,
  keyHash: number,
): EntryRef {
  let e = first as number;
  while (e !== NIL) {
    const header = i32[e >>> SEGMENT_BITS];
    const at = (e & SEGMENT_MASK) << 1;
    if (header[at + 1] === keyHash && entry.keyMatches(header, at, bytes, view, offset, size))
      break;
    e = header[at];
  }
  return e as EntryRef;
}

/** The entry with the same key as `other`, which may be another dict's, or NIL. */
export function findSame(dict: DictRef, other: EntryRef): EntryRef {
  const keyHash = entry.hash(other);
  const words = i32[dict >>> SEGMENT_BITS];
  const at = (dict & SEGMENT_MASK) << 1;
  for (let into = 0; into < 2; into++) {
    const table = words[at + TABLE0 + into];
    if (table === NIL) break;
    let e = slotHead(table, keyHash & ((1 << words[at + BITS0 + into]) - 1));
    for (; e !== NIL; e = entry.next(e)) {
      if (entry.hash(e) === keyHash && entry.sameKey(e, other)) return e;
    }
  }
  return NIL as EntryRef;
}

/** Links an entry whose key is not in the dict, and grows the table when it is full. */
export function insert(dict: DictRef, e: EntryRef): void {
  const words = i32[dict >>> SEGMENT_BITS];
  const at = (dict & SEGMENT_MASK) << 1;
  if (words[at + TABLE1] !== NIL) {
    rehashStep(dict);
  } else if (words[at + USED0] >= 1 << words[at + BITS0]) {
    resize(dict, words[at + BITS0] + 1);
  }
  const into = words[at + TABLE1] === NIL ? 0 : 1;
  const mask = (1 << words[at + BITS0 + into]) - 1;
  link(words[at + TABLE0 + into], entry.hash(e) & mask, e);
  words[at + USED0 + into]++;
}

/** Unlinks an entry that is in the dict; the caller then frees it. */
export function remove(dict: DictRef, e: EntryRef): void {
  const words = i32[dict >>> SEGMENT_BITS];
  const at = (dict & SEGMENT_MASK) << 1;
  swapLink(dict, e, entry.next(e));
  if (words[at + TABLE1] !== NIL) rehashStep(dict);
  else shrinkIfSparse(dict);
}

/** Puts `replacement` (same key and hash, and the same `next`) in the place of `e`. */
export function replace(dict: DictRef, e: EntryRef, replacement: EntryRef): void {
  const words = i32[dict >>> SEGMENT_BITS];
  const at = (dict & SEGMENT_MASK) << 1;
  const into = swapLink(dict, e, replacement);
  words[at + USED0 + into]++;
}

/** Moves up to `chains` chains to the new table; true while there is more to move. */
export function rehash(dict: DictRef, chains: number): boolean {
  for (let i = 0; i < chains && field(dict, TABLE1) !== NIL; i++) rehashStep(dict);
  if (field(dict, TABLE1) === NIL) shrinkIfSparse(dict);
  return field(dict, TABLE1) !== NIL;
}

/**
 * Visits the chains of one cursor position and returns the next cursor; 0 begins and ends.
 * An entry that is in the dict during a whole scan is visited at least once: the cursor counts in
 * the slot's bits reversed (P. Noordhuis's algorithm), so slots already visited stay so when the
 * table grows or shrinks. `visit` must not change the dict.
 */
export function scan(dict: DictRef, cursor: number, visit: (e: EntryRef) => void): number {
  return visitPosition(dict, cursor, 0, 0, visit);
}

/** log2 of the slots in a line, which is one of the processor's cache. */
const LINE_BITS = 4;
const LINE_SLOTS = 1 << LINE_BITS;
/** The entries of a table up to this size are in the processor's caches anyway. */
const FETCHED_SLOTS_MIN = 1 << 14;

/**
 * A scan for who passes all of a dict: as `scan`, with the same promise, but cursors are of lines,
 * whose slots follow each other. A table is read in whole cache lines then, in place of one word
 * here and one there, and the entries of a line are fetched together.
 */
export class LineScan {
  private cursor = 0;
  /** The slot of the line that comes next. */
  private slot = 0;
  /** The bits of both tables when the line was begun. */
  private bits = 0;

  /** Visits one slot, which must not change the dict; false when it was the last. */
  step(dict: DictRef, visit: (e: EntryRef) => void): boolean {
    const bits = field(dict, BITS0) | (field(dict, BITS1) << 8);
    // In a table of another size the slots that the line had before may be in more than one.
    if (bits !== this.bits) this.slot = 0;
    this.bits = bits;
    if (this.slot === 0) fetchLine(dict, this.cursor);
    const following = visitPosition(dict, this.cursor, LINE_BITS, this.slot, visit);
    if (++this.slot < LINE_SLOTS) return true;
    this.slot = 0;
    this.cursor = following;
    return following !== 0;
  }
}

/** Visits the slots whose lowest bits are `low`, and whose others are those of the cursor. */
function visitPosition(
  dict: DictRef,
  cursor: number,
  lowBits: number,
  low: number,
  visit: (e: EntryRef) => void,
): number {
  let small = field(dict, TABLE0);
  let smallBits = field(dict, BITS0);
  const other = field(dict, TABLE1);
  if (other === NIL) {
    visitSlot(small, slotAt(cursor, lowBits, low, smallBits), visit);
    return advance(cursor, maskAbove(smallBits, lowBits));
  }
  let large = other;
  let largeBits = field(dict, BITS1);
  if (smallBits > largeBits) {
    [small, large] = [large, small];
    [smallBits, largeBits] = [largeBits, smallBits];
  }
  visitSlot(small, slotAt(cursor, lowBits, low, smallBits), visit);
  const largeMask = maskAbove(largeBits, lowBits);
  const between = largeMask ^ maskAbove(smallBits, lowBits);
  let at = cursor;
  do {
    visitSlot(large, slotAt(at, lowBits, low, largeBits), visit);
    at = advance(at, largeMask);
  } while ((at & between) !== 0);
  return at >>> 0;
}

/** The cursor's bits in a table of so many, when the lowest are not among them. */
const maskAbove = (bits: number, lowBits: number): number => ((1 << bits) - 1) >>> lowBits;

const slotAt = (cursor: number, lowBits: number, low: number, bits: number): number =>
  ((cursor << lowBits) | low) & ((1 << bits) - 1);

/** Calls `visit` for every entry; `visit` must not change the dict. */
export function each(dict: DictRef, visit: (e: EntryRef) => void): void {
  for (let into = 0; into < 2; into++) {
    const table = field(dict, TABLE0 + into);
    if (table === NIL) continue;
    const slots = 1 << field(dict, BITS0 + into);
    for (let slot = 0; slot < slots; slot++) visitSlot(table, slot, visit);
  }
}

/**
 * A walk over all entries without a closure, to be used again and again. The dict must not change
 * until the walk has ended; the entry that `next` gave last may be freed.
 */
export class DictCursor {
  private dict = NIL as DictRef;
  private into = 0;
  private slot = 0;
  private following = NIL as EntryRef;

  /** Begins before the first entry. */
  start(dict: DictRef): void {
    this.dict = dict;
    this.into = 0;
    this.slot = 0;
    this.following = NIL as EntryRef;
  }

  /** The next entry, or NIL at the end. */
  next(): EntryRef {
    let e = this.following;
    while (e === NIL) {
      const table = this.into < 2 ? field(this.dict, TABLE0 + this.into) : NIL;
      if (table === NIL) return NIL as EntryRef;
      const slots = 1 << field(this.dict, BITS0 + this.into);
      const words = i32[table >>> SEGMENT_BITS];
      const first = (table & SEGMENT_MASK) << 1;
      let slot = this.slot;
      while (slot < slots && e === NIL) e = words[first + slot++] as EntryRef;
      this.slot = slot;
      if (e !== NIL) break;
      this.into++;
      this.slot = 0;
    }
    this.following = entry.next(e);
    return e;
  }
}

/**
 * Takes the entries of up to `slots` slots out of a dict that is being thrown away and hands each
 * to `dispose`. Returns false once the dict is empty, and then only `release` may follow.
 */
export function drain(dict: DictRef, slots: number, dispose: (e: EntryRef) => void): boolean {
  for (let left = slots; left > 0; ) {
    const table = field(dict, TABLE0);
    const words = i32[table >>> SEGMENT_BITS];
    const first = (table & SEGMENT_MASK) << 1;
    const end = Math.min(field(dict, REHASH) + left, 1 << field(dict, BITS0));
    for (let slot = field(dict, REHASH); slot < end; slot++, left--) {
      let e = words[first + slot] as EntryRef;
      words[first + slot] = NIL;
      for (; e !== NIL; setField(dict, USED0, field(dict, USED0) - 1)) {
        const following = entry.next(e);
        dispose(e);
        e = following;
      }
    }
    setField(dict, REHASH, end);
    if (end < 1 << field(dict, BITS0)) return true;
    if (field(dict, TABLE1) === NIL) return false;
    finishRehash(dict);
  }
  return true;
}

/**
 * An entry chosen with `random(n)`, which gives an integer below n; NIL when the dict is empty.
 * All are equally likely, at any load and in the midst of a rehash, whose next step this does: a
 * slot and a place in its chain are drawn until there is an entry, from more places than a chain
 * is likely to have (in one that has more, all are chosen a little less often).
 */
export function randomEntry(dict: DictRef, random: (limit: number) => number): EntryRef {
  const total = count(dict);
  if (total === 0) return NIL as EntryRef;
  if (field(dict, TABLE1) !== NIL) rehashStep(dict);
  const into = field(dict, TABLE1) !== NIL && random(total) >= field(dict, USED0) ? 1 : 0;
  const table = field(dict, TABLE0 + into);
  // The slots that a rehash has emptied are those before REHASH.
  const emptied = into === 0 ? field(dict, REHASH) : 0;
  const slots = (1 << field(dict, BITS0 + into)) - emptied;
  const places = placesFor(field(dict, USED0 + into) / slots);
  const words = i32[table >>> SEGMENT_BITS];
  const first = ((table & SEGMENT_MASK) << 1) + emptied;
  for (;;) {
    const head = words[first + random(slots)] as EntryRef;
    if (head === NIL) continue;
    const skip = random(places);
    const e = follower(head, skip);
    if (e === NIL) continue;
    let length = skip + 1;
    for (let after = entry.next(e); after !== NIL; after = entry.next(after)) length++;
    return length <= places ? e : follower(head, random(length));
  }
}

/** Places in a chain, of which there are seldom more when a slot has `load` entries on average. */
function placesFor(load: number): number {
  if (load <= 0.25) return 4;
  return load <= 0.5 ? 5 : 6 * Math.ceil(load);
}

/** The entry `skip` places further in the chain, or NIL; `e` may be NIL. */
function follower(e: EntryRef, skip: number): EntryRef {
  let at = e;
  for (let left = skip; left > 0 && at !== NIL; left--) at = entry.next(at);
  return at;
}

/** What `fetchLine` read, so that it is read; and the entries that it is about to read. */
const fetched = { sum: 0, entries: new Int32Array(LINE_SLOTS) };
/** The second of the cache lines in which a small entry lies. */
const FETCHED_LAST = 15;

/**
 * Reads the first two entries of the chains of a line, so that they are in the processor's cache
 * when they are visited: the reads of these loops are under way together, while those of who
 * visits, one entry after the other, would each wait.
 */
function fetchLine(dict: DictRef, cursor: number): void {
  const bits = field(dict, BITS0);
  if (field(dict, TABLE1) !== NIL || bits < LINE_BITS) return;
  const table = field(dict, TABLE0);
  const at = ((table & SEGMENT_MASK) << 1) + slotAt(cursor, LINE_BITS, 0, bits);
  const slots = i32[table >>> SEGMENT_BITS];
  fetchChains(slots, at);
}

/** Reads the first two entries of the chains of the slots from one on, in a table of many. */
function fetchChains(slots: Int32Array, at: number): void {
  const { entries } = fetched;
  for (let i = 0; i < LINE_SLOTS; i++) entries[i] = slots[at + i];
  let sum = 0;
  for (let depth = 0; depth < 2; depth++) {
    for (let i = 0; i < LINE_SLOTS; i++) {
      const e = entries[i];
      if (e === NIL) continue;
      const words = i32[e >>> SEGMENT_BITS];
      const first = (e & SEGMENT_MASK) << 1;
      sum ^= words[first + FETCHED_LAST];
      entries[i] = words[first];
    }
  }
  fetched.sum = sum;
}

/** Entries of a dict that stand together; `next` tells where those after them begin. */
export class DictSample {
  /** A slot, in a table however large: only its lowest bits count. */
  next = 0;
  count = 0;
  readonly refs: Int32Array;

  /** There is room for so many. */
  constructor(room: number) {
    this.refs = new Int32Array(room);
  }

  /**
   * Takes at least `wanted` entries of the chains that come next, or all that there are; none of a
   * dict that is empty. Hashes are in no order, so what stands together is so by chance, and who
   * goes on taking comes by all. Reads of entries do not wait for each other.
   */
  take(dict: DictRef, wanted: number): void {
    this.count = 0;
    const most = Math.min(wanted, count(dict));
    if (field(dict, TABLE1) !== NIL) rehashStep(dict);
    while (this.count < most) {
      this.takeLine(dict, TABLE0);
      if (field(dict, TABLE1) !== NIL) this.takeLine(dict, TABLE1);
      this.next = (this.next + LINE_SLOTS) | 0;
    }
  }

  /** Takes the heads of a line's chains, then what follows them. */
  private takeLine(dict: DictRef, name: number): void {
    const table = field(dict, name);
    const slots = 1 << field(dict, name + BITS0 - TABLE0);
    const words = i32[table >>> SEGMENT_BITS];
    const first = (table & SEGMENT_MASK) << 1;
    const begin = this.next & (slots - 1) & -LINE_SLOTS;
    const end = Math.min(begin + LINE_SLOTS, slots);
    let from = this.count;
    for (let slot = begin; slot < end; slot++) {
      const e = words[first + slot];
      if (e !== NIL && this.count < this.refs.length) this.refs[this.count++] = e;
    }
    for (; from < this.count && this.count < this.refs.length; from++) {
      const e = entry.next(this.refs[from] as EntryRef);
      if (e !== NIL) this.refs[this.count++] = e;
    }
  }
}

/** Whether `e`, which may be no entry any more, is one of the dict with this hash. */
export function holds(dict: DictRef, e: number, keyHash: number): boolean {
  for (let into = 0; into < 2; into++) {
    const table = field(dict, TABLE0 + into);
    if (table === NIL) break;
    let at = slotHead(table, keyHash & ((1 << field(dict, BITS0 + into)) - 1));
    for (; at !== NIL; at = entry.next(at)) if (at === e) return entry.hash(at) === keyHash;
  }
  return false;
}

/** Walks the whole dict and throws on the first thing that is wrong. For tests. */
export function verify(dict: DictRef): void {
  for (let into = 0; into < 2; into++) {
    const table = field(dict, TABLE0 + into);
    const mask = (1 << field(dict, BITS0 + into)) - 1;
    let seen = 0;
    for (let slot = 0; table !== NIL && slot <= mask; slot++) {
      for (let e = slotHead(table, slot); e !== NIL; e = entry.next(e)) {
        assert((entry.hash(e) & mask) === slot, "an entry in another slot's chain");
        seen++;
      }
    }
    assert(seen === field(dict, USED0 + into), "the count of entries is wrong");
  }
}

const field = (dict: DictRef, name: number) =>
  i32[dict >>> SEGMENT_BITS][((dict & SEGMENT_MASK) << 1) + name];

const setField = (dict: DictRef, name: number, value: number) => {
  i32[dict >>> SEGMENT_BITS][((dict & SEGMENT_MASK) << 1) + name] = value;
};

const newTable = (bits: number): Ref => arena.allocZeroed(SLOT_SIZE << bits);

const slotHead = (table: number, slot: number) =>
  i32[table >>> SEGMENT_BITS][((table & SEGMENT_MASK) << 1) + slot] as EntryRef;

function link(table: number, slot: number, e: EntryRef): void {
  const words = i32[table >>> SEGMENT_BITS];
  const at = ((table & SEGMENT_MASK) << 1) + slot;
  entry.setNext(e, words[at] as EntryRef);
  words[at] = e;
}

/** Makes whatever points to `e` point to `to`, counts one less, and says in which table. */
function swapLink(dict: DictRef, e: EntryRef, to: EntryRef): number {
  const keyHash = entry.hash(e);
  for (let into = 0; into < 2; into++) {
    const table = field(dict, TABLE0 + into);
    if (table === NIL) break;
    const slot = keyHash & ((1 << field(dict, BITS0 + into)) - 1);
    let previous = NIL as EntryRef;
    for (let at = slotHead(table, slot); at !== NIL; at = entry.next(at)) {
      if (at !== e) {
        previous = at;
        continue;
      }
      if (previous !== NIL) entry.setNext(previous, to);
      else i32[table >>> SEGMENT_BITS][((table & SEGMENT_MASK) << 1) + slot] = to;
      setField(dict, USED0 + into, field(dict, USED0 + into) - 1);
      return into;
    }
  }
  throw new Error("Bug: the entry is not in the dict");
}

function bitsFor(entries: number): number {
  let bits = BITS_MIN;
  while (1 << bits < entries && bits < BITS_MAX) bits++;
  return bits;
}

function resize(dict: DictRef, bits: number): void {
  if (bits > BITS_MAX || bits < BITS_MIN) return;
  const size = SLOT_SIZE << bits;
  const slots = 1 << field(dict, BITS0);
  const isCrowded = field(dict, USED0) > slots * CROWDED_LOAD;
  // Nothing is evicted for a table that can wait, as in Redis.
  if (slots < 1 << bits && !isCrowded && !mayHold(size)) return;
  // Chains grow a little longer meanwhile; random places of a new table are touched at once.
  if (!isCrowded && !arena.isPrepared(size)) return;
  // Without memory for another table, the chains grow longer, or stay as short as they are.
  if (size > arena.SEGMENT_SIZE && !arena.canServe(size)) return;
  setField(dict, TABLE1, newTable(bits));
  setField(dict, BITS1, bits);
  setField(dict, REHASH, 0);
}

function shrinkIfSparse(dict: DictRef): void {
  const bits = field(dict, BITS0);
  const used = field(dict, USED0);
  if (bits === BITS_MIN || used * SHRINK_FACTOR >= 1 << bits) return;
  resize(dict, bitsFor(used));
}

function rehashStep(dict: DictRef): void {
  const table = field(dict, TABLE0);
  const words = i32[table >>> SEGMENT_BITS];
  const first = (table & SEGMENT_MASK) << 1;
  const slots = 1 << field(dict, BITS0);
  let slot = field(dict, REHASH);
  const from = slot;
  for (let empty = 0; slot < slots && words[first + slot] === NIL; slot++) {
    if (++empty === EMPTY_VISITS) break;
  }
  if (slot < slots) {
    let e = words[first + slot] as EntryRef;
    words[first + slot] = NIL;
    const target = field(dict, TABLE1);
    const mask = (1 << field(dict, BITS1)) - 1;
    let moved = 0;
    while (e !== NIL) {
      const following = entry.next(e);
      link(target, entry.hash(e) & mask, e);
      moved++;
      e = following;
    }
    setField(dict, USED0, field(dict, USED0) - moved);
    setField(dict, USED1, field(dict, USED1) + moved);
    slot++;
  }
  setField(dict, REHASH, slot);
  if (slot >= slots) finishRehash(dict);
  // The chains of the next line are moved soon, by one change after the other.
  else if ((from ^ slot) >= LINE_SLOTS && slots >= FETCHED_SLOTS_MIN) {
    fetchChains(words, first + (slot & -LINE_SLOTS));
  }
}

function finishRehash(dict: DictRef): void {
  arena.free(field(dict, TABLE0) as Ref);
  setField(dict, TABLE0, field(dict, TABLE1));
  setField(dict, BITS0, field(dict, BITS1));
  setField(dict, USED0, field(dict, USED1));
  setField(dict, TABLE1, NIL);
  setField(dict, BITS1, 0);
  setField(dict, USED1, 0);
  setField(dict, REHASH, 0);
}

function visitSlot(table: number, slot: number, visit: (e: EntryRef) => void): void {
  for (let e = slotHead(table, slot); e !== NIL; ) {
    const following = entry.next(e);
    visit(e);
    e = following;
  }
}

/** The next cursor: adds one to the slot's bits, from the highest down. */
function advance(cursor: number, mask: number): number {
  return reverse((reverse(cursor | ~mask) + 1) | 0) >>> 0;
}

function reverse(word: number): number {
  let w = word;
  w = ((w >>> 1) & 0x55555555) | ((w & 0x55555555) << 1);
  w = ((w >>> 2) & 0x33333333) | ((w & 0x33333333) << 2);
  w = ((w >>> 4) & 0x0f0f0f0f) | ((w & 0x0f0f0f0f) << 4);
  w = ((w >>> 8) & 0x00ff00ff) | ((w & 0x00ff00ff) << 8);
  return (w >>> 16) | (w << 16);
}
