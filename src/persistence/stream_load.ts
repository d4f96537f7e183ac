/** What loading a stream needs, in whatever format it comes. */
import { copyBytes } from "../base/bytes.ts";
import type { Range } from "../base/range.ts";
import { Args } from "../protocol/args.ts";
import { StreamId } from "../structures/stream_id.ts";
import { Malformed } from "./rdb_format.ts";

const KEPT_ARGS_SIZE = 1 << 20;
const FIRST_ARGS_SIZE = 4096;
const SLACK = 8;

function argsWith(size: number): Args {
  const bytes = new Uint8Array(size + SLACK);
  return new Args(bytes, new DataView(bytes.buffer));
}

/** Names and values on their way to the stream, in a buffer of their own. */
export class Fields {
  args = argsWith(FIRST_ARGS_SIZE);
  #end = 0;
  /** Where the names of a leaf lie, at the start of the buffer. */
  #nameStart = new Int32Array(0);
  #nameSize = new Int32Array(0);
  #namesEnd = 0;

  reset(): void {
    if (this.args.bytes.length > KEPT_ARGS_SIZE) this.args = argsWith(FIRST_ARGS_SIZE);
    this.restart(0);
  }

  /** Forgets all arguments; the bytes up to an offset stay. */
  restart(offset: number): void {
    this.args.count = 0;
    this.#end = offset;
  }

  /** Adds an argument. */
  add({ bytes, offset, size }: Range): void {
    if (this.#end + size + SLACK > this.args.bytes.length) this.#grow(this.#end + size);
    copyBytes(bytes, offset, size, this.args.bytes, this.#end);
    this.args.push(this.#end, size);
    this.#end += size;
  }

  /** Keeps the arguments that there are as the names of a leaf. */
  keepNames(): void {
    const { args } = this;
    this.#nameStart = args.start.slice(0, args.count);
    this.#nameSize = args.size.slice(0, args.count);
    this.#namesEnd = this.#end;
  }

  get nameCount(): number {
    return this.#nameStart.length;
  }

  /** Forgets all arguments, but not the names. */
  restartAfterNames(): void {
    this.restart(this.#namesEnd);
  }

  /** Adds a name of the leaf as an argument. */
  addName(index: number): void {
    this.args.push(this.#nameStart[index], this.#nameSize[index]);
  }

  #grow(size: number): void {
    const old = this.args;
    this.args = argsWith(2 * size);
    this.args.bytes.set(old.bytes.subarray(0, this.#end));
    this.args.start = old.start;
    this.args.size = old.size;
    this.args.count = old.count;
  }
}

/**
 * An entry comes after all before it; but for the deleted ones, which after XSETID may have higher
 * IDs than those that follow, in the same leaf.
 */
export class EntryOrder {
  /** The ID of the leaf's first entry, and of the last that is not deleted, 0-0 before any. */
  readonly #leafFirst = new StreamId();
  readonly #lastLive = new StreamId();

  reset(): void {
    this.#leafFirst.setZero();
    this.#lastLive.setZero();
  }

  /** Takes the next entry; throws when it is out of order. */
  check(id: StreamId, isDeleted: boolean, beginsLeaf: boolean): void {
    const isAfter = id.compare(this.#lastLive) > 0;
    if (beginsLeaf) {
      if (!isAfter || id.compare(this.#leafFirst) <= 0) throw new Malformed("a leaf out of order");
      this.#leafFirst.copy(id);
    } else if (!isDeleted && !(isAfter && id.compare(this.#leafFirst) > 0)) {
      throw new Malformed("an entry out of order");
    }
    if (!isDeleted) this.#lastLive.copy(id);
  }

  /** Throws when a stream cannot have this as its last ID. */
  checkLastId(id: StreamId): void {
    if (id.compare(this.#lastLive) < 0) {
      throw new Malformed("a stream's last ID is before its last entry");
    }
  }
}
