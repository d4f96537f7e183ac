/**
 * The pending entries of a group while it is read, or is written in parts: when and how often each
 * was delivered is told first (by RDB, or by the walk), and which consumer has it later.
 */
import type { StreamId } from "../structures/stream_id.ts";
import { StreamId as Id } from "../structures/stream_id.ts";

const ID_WORDS = 4;

/** Entries of a page: what is large comes page by page, so that no allocation takes long. */
const PAGE_BITS = 10;
const PAGE_SIZE = 1 << PAGE_BITS;
const PAGE_MASK = PAGE_SIZE - 1;

class Page {
  readonly ids = new Int32Array(PAGE_SIZE * ID_WORDS);
  readonly times = new Float64Array(PAGE_SIZE);
  readonly counts = new BigInt64Array(PAGE_SIZE);
  readonly isTaken = new Uint8Array(PAGE_SIZE);
}

/** Reusable; keeps one page. */
export class PendingTable {
  count = 0;
  private taken = 0;
  private readonly pages: Page[] = [];
  private readonly id = new Id();

  /** So many entries follow, which the caller sets in turn. */
  reset(count: number): void {
    this.count = count;
    this.taken = 0;
    this.pages.length = Math.min(1, this.pages.length);
  }

  /** Whether all entries were taken. */
  get isAllTaken(): boolean {
    return this.taken === this.count;
  }

  /** Sets an entry; false when its ID is not above that of the entry before. */
  set(index: number, id: StreamId, timeMs: number, deliveries: bigint): boolean {
    if (index > 0) {
      this.read(index - 1);
      if (this.id.compare(id) >= 0) return false;
    }
    if (index >>> PAGE_BITS === this.pages.length) this.pages.push(new Page());
    const page = this.pageOf(index);
    const i = index & PAGE_MASK;
    const at = i * ID_WORDS;
    page.ids[at] = id.msHigh;
    page.ids[at + 1] = id.msLow;
    page.ids[at + 2] = id.seqHigh;
    page.ids[at + 3] = id.seqLow;
    page.times[i] = timeMs;
    page.counts[i] = deliveries;
    page.isTaken[i] = 0;
    return true;
  }

  private pageOf(index: number): Page {
    return this.pages[index >>> PAGE_BITS];
  }

  /** Takes the ID of an entry. */
  private read(index: number): void {
    this.id.read(this.pageOf(index).ids, (index & PAGE_MASK) * ID_WORDS);
  }

  /** Unix ms of the last delivery, and how many there were. */
  timeAt = (index: number) => this.pageOf(index).times[index & PAGE_MASK];
  countAt = (index: number) => this.pageOf(index).counts[index & PAGE_MASK];

  /** The index of the entry of this ID, which nobody else gets; -1 when there is none. */
  take(id: StreamId): number {
    let from = 0;
    let end = this.count;
    while (from < end) {
      const middle = (from + end) >>> 1;
      this.read(middle);
      const order = this.id.compare(id);
      if (order === 0) {
        const { isTaken } = this.pageOf(middle);
        if (isTaken[middle & PAGE_MASK] === 1) return -1;
        isTaken[middle & PAGE_MASK] = 1;
        this.taken++;
        return middle;
      }
      if (order < 0) from = middle + 1;
      else end = middle;
    }
    return -1;
  }
}
