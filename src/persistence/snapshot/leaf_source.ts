/**
 * Reads leaves of streams in a snapshot, which are as structures/stream_leaf.ts tells, entry by
 * entry. Nothing is taken on trust: all functions throw Malformed.
 *
 *   const size = source.open(bytes, view, at, end);
 *   source.text(range)                for each of `names`
 *   source.beginEntries();
 *   while (source.next()) {
 *     source.text(range)              for each value, or name and value: see `fields`
 *     source.endEntry();
 *   }
 */
import type { Range } from "../../base/range.ts";
import * as element from "../../structures/packed_element.ts";
import { StreamId } from "../../structures/stream_id.ts";
import { Head, readWholeId } from "../../structures/stream_leaf.ts";
import { Malformed } from "../rdb/rdb_format.ts";

const IS_DELETED = 1;
const HAS_NAMES = 2;
const FORM_SHIFT = 2;
const FORM_NEXT = 0;
const FORM_LATER = 1;
const FORM_WHOLE = 3;
const VARINT_BITS = 35;

const PASSES_END = "a leaf's element passes its end";

/** To be used for one leaf after the other. */
export class LeafSource {
  /** The number of names that the leaf stores once. */
  names = 0;
  /** The entry that `next` has come to: its ID, and fields with names of its own, or -1. */
  readonly id = new StreamId();
  isDeleted = false;
  fields = -1;
  private bytes: Uint8Array = new Uint8Array(0);
  private view: DataView = new DataView(new ArrayBuffer(0));
  private start = 0;
  private at = 0;
  private end = 0;
  /** Where what is read must end: the leaf, or an entry. */
  private limit = 0;
  private live = 0;
  private deleted = 0;
  private readonly last = new StreamId();

  /** Begins with the leaf at `at`, which ends by `end`; returns its size. */
  open(bytes: Uint8Array, view: DataView, at: number, end: number): number {
    if (end - at <= Head.size) throw new Malformed("a leaf is too short");
    const size = view.getInt32(at, true);
    if (size <= Head.size || size > end - at) throw new Malformed("a leaf passes the end");
    this.bytes = bytes;
    this.view = view;
    this.start = at;
    this.at = at + Head.size;
    this.end = at + size;
    this.limit = this.end;
    this.live = view.getInt32(at + Head.live, true);
    this.deleted = view.getInt32(at + Head.deleted, true);
    this.names = view.getInt32(at + Head.fields, true);
    if (this.names < 0 || this.names > size) throw new Malformed("a leaf's count is none");
    readWholeId(view, at + Head.masterId, this.id);
    readWholeId(view, at + Head.lastId, this.last);
    return size;
  }

  /** The names were read. */
  beginEntries(): void {
    const told = this.view.getInt32(this.start + Head.entriesAt, true);
    if (this.at !== this.start + told) throw new Malformed("a leaf's names have no end");
    if (this.at === this.end) throw new Malformed("an empty leaf");
  }

  /** Goes on to the next entry; false at the end. */
  next(): boolean {
    if (this.at === this.end) {
      this.checkEnd();
      return false;
    }
    const isFirst = this.at === this.start + this.view.getInt32(this.start + Head.entriesAt, true);
    const head = this.byte();
    const form = head >> FORM_SHIFT;
    if (form > FORM_WHOLE || (isFirst && form !== FORM_NEXT)) {
      throw new Malformed("an entry of no known form");
    }
    if (!isFirst) this.readId(form);
    this.isDeleted = (head & IS_DELETED) !== 0;
    if (this.isDeleted) this.deleted--;
    else this.live--;
    const size = this.varint();
    if (size > this.end - this.at) throw new Malformed(PASSES_END);
    this.limit = this.at + size;
    this.fields = -1;
    if ((head & HAS_NAMES) === 0) {
      if (this.names === 0) throw new Malformed("an entry without fields");
      return true;
    }
    this.fields = this.varint();
    if (this.fields === 0 || this.fields > size) throw new Malformed("an entry without fields");
    return true;
  }

  /** All of the entry was read. */
  endEntry(): void {
    if (this.at !== this.limit) throw new Malformed("an entry of another size");
    this.limit = this.end;
  }

  private checkEnd(): void {
    if (this.live !== 0 || this.deleted !== 0) {
      throw new Malformed("a leaf with other counts of entries");
    }
    if (this.id.compare(this.last) !== 0) throw new Malformed("a leaf with another last ID");
  }

  private readId(form: number): void {
    const { id } = this;
    if (form === FORM_WHOLE) {
      if (this.limit - this.at < 16) throw new Malformed(PASSES_END);
      readWholeId(this.view, this.at, id);
      this.at += 16;
    } else if (form === FORM_NEXT) {
      id.increment();
    } else {
      // Modulo 2^32: behind a deleted entry an ID may be lower. Whoever reads it checks the order.
      const msLow = (id.msLow + this.varint()) | 0;
      const seqLow = form === FORM_LATER ? 0 : this.varint();
      id.set(id.msHigh, msLow, 0, seqLow | 0);
    }
  }

  /** The name or value that comes next: its text, until another is read. */
  text(into: Range): void {
    const { bytes, at } = this;
    const body = element.checkedBody(bytes, at, this.limit);
    if (body === 0) throw new Malformed(PASSES_END);
    element.textInto(bytes, at, into);
    this.at += body;
  }

  private byte(): number {
    if (this.at >= this.limit) throw new Malformed(PASSES_END);
    return this.bytes[this.at++];
  }

  /** An unsigned integer of 32 bits, in groups of 7 bits, the lowest first. */
  private varint(): number {
    let value = 0;
    for (let shift = 0; shift < VARINT_BITS; shift += 7) {
      const byte = this.byte();
      value |= (byte & 127) << shift;
      if (byte < 128) return value >>> 0;
    }
    throw new Malformed("a number of no known form");
  }
}
