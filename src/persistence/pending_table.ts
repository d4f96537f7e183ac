/**
 * The pending entries of a group while it is read, or is written in parts: when and how often each
 * was delivered is told first (by RDB, or by the walk), and which consumer has it later.
 */
import type { StreamId } from "../structures/stream_id.ts";
import { StreamId as Id } from "../structures/stream_id.ts";

const ID_WORDS = 4;

/** Reusable; grows to the largest group. */
export class PendingTable {
  count = 0;
  #taken = 0;
  #ids = new Int32Array(0);
  #times = new Float64Array(0);
  #counts = new BigInt64Array(0);
  #isTaken = new Uint8Array(0);
  readonly #id = new Id();

  /** Makes room for so many entries, which the caller sets in turn. */
  reset(count: number): void {
    this.count = count;
    this.#taken = 0;
    this.#ids = new Int32Array(count * ID_WORDS);
    this.#times = new Float64Array(count);
    this.#counts = new BigInt64Array(count);
    this.#isTaken = new Uint8Array(count);
  }

  /** Whether all entries were taken. */
  get isAllTaken(): boolean {
    return this.#taken === this.count;
  }

  /** Sets an entry; false when its ID is not above that of the entry before. */
  set(index: number, id: StreamId, timeMs: number, deliveries: bigint): boolean {
    const at = index * ID_WORDS;
    if (index > 0) {
      this.#id.read(this.#ids, at - ID_WORDS);
      if (this.#id.compare(id) >= 0) return false;
    }
    this.#ids[at] = id.msHigh;
    this.#ids[at + 1] = id.msLow;
    this.#ids[at + 2] = id.seqHigh;
    this.#ids[at + 3] = id.seqLow;
    this.#times[index] = timeMs;
    this.#counts[index] = deliveries;
    return true;
  }

  /** Unix ms of the last delivery, and how many there were. */
  timeAt = (index: number) => this.#times[index];
  countAt = (index: number) => this.#counts[index];

  /** The index of the entry of this ID, which nobody else gets; -1 when there is none. */
  take(id: StreamId): number {
    let from = 0;
    let end = this.count;
    while (from < end) {
      const middle = (from + end) >>> 1;
      this.#id.read(this.#ids, middle * ID_WORDS);
      const order = this.#id.compare(id);
      if (order === 0) {
        if (this.#isTaken[middle] === 1) return -1;
        this.#isTaken[middle] = 1;
        this.#taken++;
        return middle;
      }
      if (order < 0) from = middle + 1;
      else end = middle;
    }
    return -1;
  }
}
