/**
 * Writes a leaf of a stream (stream_leaf.ts) that is loaded whole: in a buffer, which is copied to
 * a block when all is there.
 *
 *   writer.begin();
 *   writer.add(bytes, offset, size)             for each of the names, if there are any
 *   writer.beginEntries(names);
 *   writer.beginEntry(id, isDeleted, fields);   fields: with names of its own; -1: the leaf's
 *   writer.add(bytes, offset, size)             for each value, or name and value
 *   writer.endEntry();                          …
 *   const leaf = writer.finish();
 */
import { bufferOf } from "../base/ballast.ts";
import { giveBack } from "../base/buffers.ts";
import { BULK_COPY_SIZE, copyBytes } from "../base/bytes.ts";
import { Entries, type LoadCode, loadCode } from "./load_code/load_code.ts";
import * as packed from "./packed.ts";
import * as element from "./packed_element.ts";
import { StreamId } from "./stream_id.ts";
import type { StreamLeafRef } from "./stream_leaf.ts";
import * as streamLeaf from "./stream_leaf.ts";

const FIRST_SIZE = 4096;
/** A buffer beyond this is not kept for the next leaf. */
const KEPT_SIZE_MAX = 1 << 20;
/** What an entry takes before its body, or an element beside its bytes, at most. */
const ROOM = 64;
/** More bytes of entries are not taken over at once. */
const RUN_SIZE_MAX = 64 << 10;
/** The largest integer of one byte. */
const SMALL_MAX = 127;
const WORD = 2 ** 32;

/** To be used for one leaf after the other. */
export class StreamLeafWriter {
  private bytes = new Uint8Array(FIRST_SIZE);
  private view = new DataView(this.bytes.buffer);
  private end = 0;
  private names = 0;
  private entriesAt = 0;
  private live = 0;
  private deleted = 0;
  /** The size of all in a listpack of Redis's, but for its two counters. */
  private packedSize = 0;
  private bodyAt = 0;
  private flags = 0;
  private fields = 0;
  private readonly master = new StreamId();
  private readonly last = new StreamId();
  private readonly id = new StreamId();

  /** Entries so far, deleted ones too: 0 while there is no leaf to finish. */
  get count(): number {
    return this.live + this.deleted;
  }

  begin(): void {
    if (this.bytes.length > KEPT_SIZE_MAX) {
      giveBack(this.bytes);
      this.bytes = new Uint8Array(bufferOf(FIRST_SIZE));
      this.view = new DataView(this.bytes.buffer);
    }
    this.end = 0;
    this.live = 0;
    this.deleted = 0;
    this.packedSize = packed.EMPTY_SIZE;
  }

  /** The names were added, so many. */
  beginEntries(names: number): void {
    this.names = names;
    this.entriesAt = this.end;
    this.packedSize += streamLeaf.packedNamesSize(names);
  }

  beginEntry(id: StreamId, isDeleted: boolean, fields: number): void {
    this.reserve(ROOM);
    const before = this.count === 0 ? null : this.last;
    if (before === null) this.master.copy(id);
    this.id.copy(id);
    this.fields = fields;
    this.flags = streamLeaf.headFlags(isDeleted, fields >= 0);
    // One byte for the size of the body, which nearly always suffices.
    this.bodyAt = 1 + streamLeaf.writeEntryHead(this.bytes, this.end, id, before, this.flags);
    this.end = this.bodyAt;
    if (fields >= 0) this.end = streamLeaf.writeCount(this.bytes, this.end, fields);
    this.last.copy(this.id);
    if (isDeleted) this.deleted++;
    else this.live++;
  }

  /** Adds a name or a value. */
  add(bytes: Uint8Array, offset: number, size: number): void {
    const body = element.measureBody(bytes, offset, size);
    this.reserve(body);
    element.writeBody(this.bytes, this.view, this.end, bytes, offset, size);
    this.end += body;
    this.packedSize += element.spanOf(body);
  }

  /** As `add`, of the decimal form of an integer of 64 bits in two words. */
  addInteger(high: number, low: number): void {
    this.reserve(ROOM);
    this.packedSize += element.wordsSpan(high, low);
    this.end = element.writeInteger(this.bytes, this.end);
  }

  /**
   * As `add`, of `count` elements in a row that are sound and encoded as packed_element.ts would do
   * it, `back` included; returns where they end, or -1 when there are not as many before `end`.
   */
  addElements(bytes: Uint8Array, from: number, end: number, count: number): number {
    let at = from;
    for (let left = count; left > 0; left--) {
      if (at >= end) return -1;
      const body = element.bodySpan(bytes, at);
      this.reserve(body);
      copyBytes(bytes, at, body, this.bytes, this.end);
      this.end += body;
      at += element.spanOf(body);
    }
    this.packedSize += at - from;
    return at;
  }

  endEntry(): void {
    this.reserve(ROOM);
    this.end = streamLeaf.writeBodySize(this.bytes, this.bodyAt, this.end);
    const fields = this.fields < 0 ? this.names : this.fields;
    const hasNames = this.fields >= 0;
    this.packedSize += streamLeaf.packedFrameSize(this.id, this.master, fields, hasNames);
  }

  /**
   * Takes entries over, the leaf's first or those after one that is not deleted, as Redis has them
   * in a listpack: from index `from` up to `end` of bytes that are sound elements, encoded as
   * packed_element.ts would do it; at most `most` of them, with IDs told from `base`. Returns where
   * it stopped; `count`, `copyFirst` and `copyLast` say what has come. It stops at all that is not
   * plain: what is deleted, has names of its own, or is not after the one before; others have to
   * look at that.
   */
  copyEntries(bytes: Uint8Array, from: number, end: number, most: number, base: StreamId): number {
    const last = this.last;
    const told = this.names + streamLeaf.PACKED_FIXED_ELEMENTS;
    if (!this.isNear(base) || told > SMALL_MAX || end - from > RUN_SIZE_MAX) return from;
    if (loadCode !== null && 2 * (end - from) <= loadCode.entries.bytes.length) {
      if (bytes === loadCode.blob.bytes) return this.copyWide(loadCode, from, end, most, base);
    }
    // What an entry takes here is less than twice what it takes there.
    this.reserve(2 * (end - from));
    const to = this.bytes;
    const names = this.names;
    const baseMs = base.msLow >>> 0;
    const baseSeq = base.seqLow >>> 0;
    const isNew = this.count === 0;
    let ms = isNew ? -1 : last.msLow >>> 0;
    let seq = last.seqLow >>> 0;
    let at = from;
    let toAt = this.end;
    let taken = 0;
    while (taken < most && at < end && bytes[at] === streamLeaf.PACKED_SAME_FIELDS) {
      let next = at + 2;
      const msMore = element.smallInteger(bytes, next);
      next += element.smallIntegerSpan(bytes, next);
      const seqMore = element.smallInteger(bytes, next);
      next += element.smallIntegerSpan(bytes, next);
      const newMs = baseMs + msMore;
      const newSeq = baseSeq + seqMore;
      if (msMore === element.NO_SMALL_INTEGER || seqMore === element.NO_SMALL_INTEGER) break;
      if (newMs < 0 || newMs >= WORD || newSeq < 0 || newSeq >= WORD) break;
      if (newMs < ms || (newMs === ms && newSeq <= seq)) break;
      let into =
        ms < 0
          ? streamLeaf.writeFirstHead(to, toAt)
          : streamLeaf.writePlainHead(to, toAt, newMs - ms, newSeq, seq);
      if (ms < 0) this.master.set(base.msHigh, newMs | 0, 0, newSeq | 0);
      const bodyAt = ++into;
      let left = names;
      for (; left > 0 && next < end; left--) {
        const first = bytes[next];
        if (first < SMALL_MAX + 1) {
          to[into++] = first;
          next += 2;
          continue;
        }
        const body = element.bodySpan(bytes, next);
        if (body < BULK_COPY_SIZE) for (let i = 0; i < body; i++) to[into + i] = bytes[next + i];
        else copyBytes(bytes, next, body, to, into);
        into += body;
        next += element.spanOf(body);
      }
      if (left > 0 || next >= end || bytes[next] !== told) break;
      into = streamLeaf.writeBodySize(to, bodyAt, into);
      at = next + 2;
      toAt = into;
      ms = newMs;
      seq = newSeq;
      taken++;
    }
    this.end = toAt;
    this.live += taken;
    this.packedSize += at - from;
    if (taken > 0) last.set(base.msHigh, ms | 0, 0, seq | 0);
    return at;
  }

  /** As `copyEntries`, by WebAssembly, of bytes in a region of it. */
  private copyWide(
    loading: LoadCode,
    from: number,
    end: number,
    most: number,
    base: StreamId,
  ): number {
    const { last, master } = this;
    const isNew = this.count === 0;
    const { entries } = loading;
    const { at } = loading.blob;
    loading.setTrait(Entries.names, this.names);
    loading.setTrait(Entries.baseMs, base.msLow);
    loading.setTrait(Entries.baseSeq, base.seqLow);
    loading.setTrait(Entries.isNew, isNew ? 1 : 0);
    loading.setTrait(Entries.ms, last.msLow);
    loading.setTrait(Entries.seq, last.seqLow);
    loading.setTrait(Entries.toAt, entries.at);
    const stop = loading.code.copyEntries(at + from, at + end, most) - at;
    const taken = loading.trait(Entries.taken);
    if (taken === 0) return from;
    const size = loading.trait(Entries.toAt) - entries.at;
    this.reserve(size);
    copyBytes(entries.bytes, 0, size, this.bytes, this.end);
    this.end += size;
    this.live += taken;
    this.packedSize += stop - from;
    if (isNew) {
      master.set(base.msHigh, loading.trait(Entries.firstMs), 0, loading.trait(Entries.firstSeq));
    }
    last.set(base.msHigh, loading.trait(Entries.ms), 0, loading.trait(Entries.seq));
    return stop;
  }

  /** Whether the ID of the entry that was added last is one that `copyEntries` can go on from. */
  isNear(base: StreamId): boolean {
    if (base.seqHigh !== 0) return false;
    return this.count === 0 || (this.last.msHigh === base.msHigh && this.last.seqHigh === 0);
  }

  /** Takes the ID of the first entry. */
  copyFirst(into: StreamId): void {
    into.copy(this.master);
  }

  /** Takes the ID of the entry that was added last. */
  copyLast(into: StreamId): void {
    into.copy(this.last);
  }

  /** The leaf, which is the caller's. */
  finish(): StreamLeafRef {
    const leaf = streamLeaf.assemble(this.bytes, this.end, this.entriesAt, {
      live: this.live,
      deleted: this.deleted,
      packedSize: this.packedSize,
      names: this.names,
      masterId: this.master,
      lastId: this.last,
    });
    this.begin();
    return leaf;
  }

  private reserve(size: number): void {
    if (this.end + size + ROOM <= this.bytes.length) return;
    const grown = new Uint8Array(bufferOf(2 * (this.end + size + ROOM)));
    grown.set(this.bytes.subarray(0, this.end));
    giveBack(this.bytes);
    this.bytes = grown;
    this.view = new DataView(grown.buffer);
  }
}
