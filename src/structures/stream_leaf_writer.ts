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
import { giveBack } from "../base/buffers.ts";
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
/** The least number whose body size takes more than a byte. */
const LONG_BODY = 128;

/** To be used for one leaf after the other. */
export class StreamLeafWriter {
  #bytes = new Uint8Array(FIRST_SIZE);
  #view = new DataView(this.#bytes.buffer);
  #end = 0;
  #names = 0;
  #entriesAt = 0;
  #live = 0;
  #deleted = 0;
  /** The size of all in a listpack of Redis's, but for its two counters. */
  #packedSize = 0;
  #bodyAt = 0;
  #flags = 0;
  #fields = 0;
  readonly #master = new StreamId();
  readonly #last = new StreamId();
  readonly #id = new StreamId();

  /** Entries so far, deleted ones too: 0 while there is no leaf to finish. */
  get count(): number {
    return this.#live + this.#deleted;
  }

  begin(): void {
    if (this.#bytes.length > KEPT_SIZE_MAX) {
      giveBack(this.#bytes);
      this.#bytes = new Uint8Array(FIRST_SIZE);
      this.#view = new DataView(this.#bytes.buffer);
    }
    this.#end = 0;
    this.#live = 0;
    this.#deleted = 0;
    this.#packedSize = packed.EMPTY_SIZE;
  }

  /** The names were added, so many. */
  beginEntries(names: number): void {
    this.#names = names;
    this.#entriesAt = this.#end;
    this.#packedSize += streamLeaf.packedNamesSize(names);
  }

  beginEntry(id: StreamId, isDeleted: boolean, fields: number): void {
    this.#reserve(ROOM);
    const before = this.count === 0 ? null : this.#last;
    if (before === null) this.#master.copy(id);
    this.#id.copy(id);
    this.#fields = fields;
    this.#flags = streamLeaf.headFlags(isDeleted, fields >= 0);
    // One byte for the size of the body, which nearly always suffices.
    this.#bodyAt = 1 + streamLeaf.writeEntryHead(this.#bytes, this.#end, id, before, this.#flags);
    this.#end = this.#bodyAt;
    if (fields >= 0) this.#end = streamLeaf.writeCount(this.#bytes, this.#end, fields);
    this.#last.copy(this.#id);
    if (isDeleted) this.#deleted++;
    else this.#live++;
  }

  /** Adds a name or a value. */
  add(bytes: Uint8Array, offset: number, size: number): void {
    const body = element.measureBody(bytes, offset, size);
    this.#reserve(body);
    element.writeBody(this.#bytes, this.#view, this.#end, bytes, offset, size);
    this.#end += body;
    this.#packedSize += element.spanOf(body);
  }

  /** As `add`, of the decimal form of an integer of 64 bits in two words. */
  addInteger(high: number, low: number): void {
    this.#reserve(ROOM);
    this.#packedSize += element.wordsSpan(high, low);
    this.#end = element.writeInteger(this.#bytes, this.#end);
  }

  /** As `add`, of what is encoded as packed_element.ts would do it, `back` included. */
  addEncoded(bytes: Uint8Array, at: number, span: number): void {
    const body = element.bodySpan(bytes, at);
    this.#reserve(body);
    const to = this.#bytes;
    const from = at - this.#end;
    const end = this.#end + body;
    for (let i = this.#end; i < end; i++) to[i] = bytes[from + i];
    this.#end = end;
    this.#packedSize += span;
  }

  endEntry(): void {
    const size = this.#end - this.#bodyAt;
    if (size < LONG_BODY) {
      this.#bytes[this.#bodyAt - 1] = size;
    } else {
      this.#reserve(ROOM);
      const at = streamLeaf.writeCount(this.#bytes, this.#end, size);
      const more = at - this.#end - 1;
      this.#bytes.copyWithin(this.#bodyAt + more, this.#bodyAt, this.#end);
      streamLeaf.writeCount(this.#bytes, this.#bodyAt - 1, size);
      this.#end += more;
    }
    const fields = this.#fields < 0 ? this.#names : this.#fields;
    const hasNames = this.#fields >= 0;
    this.#packedSize += streamLeaf.packedFrameSize(this.#id, this.#master, fields, hasNames);
  }

  /** The leaf, which is the caller's. */
  finish(): StreamLeafRef {
    const leaf = streamLeaf.assemble(this.#bytes, this.#end, this.#entriesAt, {
      live: this.#live,
      deleted: this.#deleted,
      packedSize: this.#packedSize,
      names: this.#names,
      masterId: this.#master,
      lastId: this.#last,
    });
    this.begin();
    return leaf;
  }

  #reserve(size: number): void {
    if (this.#end + size + ROOM <= this.#bytes.length) return;
    const grown = new Uint8Array(2 * (this.#end + size + ROOM));
    grown.set(this.#bytes.subarray(0, this.#end));
    giveBack(this.#bytes);
    this.#bytes = grown;
    this.#view = new DataView(grown.buffer);
  }
}
