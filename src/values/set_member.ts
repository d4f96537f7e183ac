/**
 * What may be a member of a set, in the form in which it came: bytes, the key of an entry, or an
 * integer. The other forms are made only when needed, and once: its text, the hash of that, and the
 * integer that it spells.
 */
import { NIL, segmentOf, u8, views } from "../arena/arena.ts";
import { copyBytes } from "../base/bytes.ts";
import { hashBytes } from "../base/hash.ts";
import { parseInt64, parseSafe } from "../base/numbers.ts";
import { stage, staging } from "../base/range.ts";
import type { Args } from "../protocol/args.ts";
import type { EntryRef } from "../structures/entry.ts";
import * as entry from "../structures/entry.ts";
import { spell } from "../structures/intset.ts";
import type { PackedRef } from "../structures/packed.ts";
import * as packed from "../structures/packed.ts";

const WORD = 2 ** 32;
/** The most bytes of an integer's text: a sign and 19 digits. */
const INTEGER_SIZE_MAX = 20;
/** Copies by words may read so many bytes past the end of a text. */
const SLACK = 4;
const NINE = 57;

/** What is known of whether the text is an integer. */
const UNKNOWN = 0;
const INTEGER = 1;
const TEXT = 2;

/**
 * A view over the bytes of a packed element that is a string, whose text ends at `end`; null for an
 * integer, and where copies by words would read beyond the memory.
 */
function viewOf(p: PackedRef, at: number, end: number): DataView | null {
  const view = views[segmentOf(p)];
  return packed.isInteger(p, at) || end + SLACK > view.byteLength ? null : view;
}

/** Reusable. It borrows what it is made of, which must stay until it becomes another. */
export class Member {
  /** The entry of some dict whose key the member is, or NIL. */
  entry = NIL as EntryRef;
  /** The words of the integer that the member is, once `isInteger` has said so. */
  high = 0;
  low = 0;
  /** Where a set that was asked for the member has it, or would have it: see set_value.ts. */
  place = 0;
  /** The text, once `text` was called. */
  bytes: Uint8Array;
  offset = 0;
  size = 0;
  /** The packed set that the member was found in, or NIL, and its position there. */
  packed = NIL as PackedRef;
  at = 0;
  private view: DataView | null = null;
  private hasText = false;
  private hasHash = false;
  private hashValue = 0;
  private form = UNKNOWN;
  private readonly digits = new Uint8Array(INTEGER_SIZE_MAX + SLACK);
  private readonly digitsView = new DataView(this.digits.buffer);

  constructor() {
    this.bytes = this.digits;
  }

  /** Becomes these bytes; `view` is over the same memory, or null where there is none. */
  set(bytes: Uint8Array, view: DataView | null, offset: number, size: number): void {
    this.entry = NIL as EntryRef;
    this.packed = NIL as PackedRef;
    this.form = UNKNOWN;
    this.hasHash = false;
    this.setText(bytes, view, offset, size);
  }

  /** Becomes an argument. */
  setArgument(args: Args, index: number): void {
    this.set(args.bytes, args.view, args.start[index], args.size[index]);
  }

  /** Becomes the key of an entry. */
  setEntry(e: EntryRef): void {
    this.entry = e;
    this.packed = NIL as PackedRef;
    this.form = UNKNOWN;
    this.hasText = false;
  }

  /** Becomes an element of a packed set. */
  setElement(p: PackedRef, at: number): void {
    this.entry = NIL as EntryRef;
    this.packed = p;
    this.at = at;
    this.form = UNKNOWN;
    this.hasText = false;
    this.hasHash = false;
  }

  /** Becomes an integer. */
  setInteger(high: number, low: number): void {
    this.entry = NIL as EntryRef;
    this.packed = NIL as PackedRef;
    this.form = INTEGER;
    this.high = high;
    this.low = low;
    this.hasText = false;
    this.hasHash = false;
  }

  /** The bytes of a long member, of which there may be no text yet; of a short one, or 0. */
  get sizeKnown(): number {
    if (this.entry !== NIL) return entry.keySize(this.entry);
    return this.hasText ? this.size : 0;
  }

  /** Makes the text, if need be: bytes, offset and size. */
  text(): void {
    if (this.hasText) return;
    if (this.entry !== NIL) {
      const bytes = u8[segmentOf(entry.keyBlock(this.entry))];
      this.setText(bytes, null, entry.keyOffset(this.entry), entry.keySize(this.entry));
    } else if (this.packed !== NIL) {
      const { bytes, offset, size } = packed.range(this.packed, this.at);
      this.setText(bytes, viewOf(this.packed, this.at, offset + size), offset, size);
    } else {
      const size = spell(this.high, this.low, this.digits);
      this.setText(this.digits, this.digitsView, 0, size);
    }
  }

  /** As `text`; a DataView over the bytes, which may be moved to a buffer that others use too. */
  viewedText(): DataView {
    this.text();
    if (this.view !== null) return this.view;
    stage(this.bytes, this.offset, this.size);
    this.setText(staging.bytes, staging.view, 0, this.size);
    return staging.view;
  }

  /** Takes the text out of buffers that others use too: it then stays while they do. */
  keep(): void {
    this.text();
    if (this.entry !== NIL) {
      this.hasText = false;
      return;
    }
    this.packed = NIL as PackedRef;
    if (this.view !== null && this.view !== staging.view) return;
    const kept = this.size <= INTEGER_SIZE_MAX ? this.digits : new Uint8Array(this.size + SLACK);
    copyBytes(this.bytes, this.offset, this.size, kept, 0);
    const view = kept === this.digits ? this.digitsView : new DataView(kept.buffer);
    this.setText(kept, view, 0, this.size);
  }

  private setText(bytes: Uint8Array, view: DataView | null, offset: number, size: number): void {
    this.bytes = bytes;
    this.view = view;
    this.offset = offset;
    this.size = size;
    this.hasText = true;
  }

  /** The hash of the text; of an entry's key, the entry has it. */
  get hash(): number {
    if (this.hasHash) return this.hashValue;
    const view = this.viewedText();
    this.hashValue = hashBytes(this.bytes, view, this.offset, this.size);
    this.hasHash = true;
    return this.hashValue;
  }

  /** Whether the text is a signed 64-bit integer as Redis prints it. */
  get isInteger(): boolean {
    if (this.form === UNKNOWN) {
      this.text();
      this.form = this.parse() ? INTEGER : TEXT;
    }
    return this.form === INTEGER;
  }

  private parse(): boolean {
    const { bytes, offset, size } = this;
    if (size === 0 || size > INTEGER_SIZE_MAX || bytes[offset] > NINE) return false;
    const safe = parseSafe(bytes, offset, size);
    if (!Number.isNaN(safe)) {
      this.low = safe | 0;
      this.high = this.low === safe ? this.low >> 31 : Math.floor(safe / WORD);
      return true;
    }
    const value = parseInt64(bytes, offset, size);
    if (value === null) return false;
    this.low = Number(BigInt.asIntN(32, value));
    this.high = Number(value >> 32n);
    return true;
  }
}
