/**
 * What the variables of a library hold stays from call to call, where no limit of one run sees it.
 * So what its runs have counted adds up; it holds no more than that. When that may be too much, and
 * the process is that large, garbage is collected, after which the real figure is known: of all
 * libraries together, since no engine tells what one of them holds.
 */
import { MEMORY_QUANTUM } from "./limits.ts";

/** What is counted of a library; told of by its runs. */
export class LibraryUse {
  /** Bytes since the last look, and since it was loaded. */
  recent = 0;
  total = 0;
  private isRunning = false;

  /** A run begins, with arguments of so many bytes. */
  begin(argumentsSize: number): void {
    // One that was let go of has told nothing.
    this.recent += argumentsSize + (this.isRunning ? MEMORY_QUANTUM : 0);
    this.isRunning = true;
  }

  /** It is over, and has counted so many bytes. */
  end(countedSize: number): void {
    this.recent += countedSize;
    this.isRunning = false;
  }

  /** Whether it may hold so much more than at the last look that it is time for another. */
  get isLookDue(): boolean {
    return this.recent > MEMORY_QUANTUM;
  }

  /** It is looked at; returns what was counted since the last look. */
  look(): number {
    const { recent } = this;
    this.total += recent;
    this.recent = 0;
    return recent;
  }
}

export interface MemoryGauge {
  /** Bytes of the process without its data. */
  processSize(): number;
  /** Bytes of JavaScript's values, as of when garbage was last collected. */
  valuesSize(): number;
  collect(): void;
}

export class LibraryMemory {
  private readonly gauge: MemoryGauge;
  /** What there is without libraries; -1: not known yet. */
  private baseProcessSize = -1;
  private baseSize = 0;
  /** Of values, after the last collection, and what libraries have counted since. */
  private lastSize = 0;
  private countedSize = 0;
  /** It was told, and not seen yet what came of that: a value that is still on the stack stays. */
  private wasAbove = false;

  constructor(gauge: MemoryGauge) {
    this.gauge = gauge;
  }

  /** A library is about to be loaded. */
  begin(): void {
    if (this.baseProcessSize >= 0) return;
    this.collect();
    this.baseSize = this.lastSize;
    this.baseProcessSize = this.gauge.processSize();
  }

  /**
   * Libraries have counted so many bytes more: whether they hold more than the limit, one that
   * holds `most` bytes at most among them. Who is told so lets go of that one.
   */
  isAbove(limit: number, counted: number, most: number): boolean {
    this.countedSize += counted;
    if (this.wasAbove) this.adjustBase(limit);
    // What is less than half of it all is not what to let go of.
    if (most < limit / 2 || !this.mayBeAbove(limit)) return false;
    this.collect();
    this.wasAbove = this.excess(limit) > 0;
    return this.wasAbove;
  }

  private mayBeAbove(limit: number): boolean {
    if (this.excess(limit) + this.countedSize <= 0) return false;
    return this.gauge.processSize() - this.baseProcessSize > limit;
  }

  /** By how many bytes libraries held more than the limit after the last collection. */
  private excess(limit: number): number {
    return this.lastSize - this.baseSize - limit;
  }

  private collect(): void {
    this.gauge.collect();
    this.lastSize = this.gauge.valuesSize();
    this.countedSize = 0;
  }

  /** One library was let go of: what is still there is held by others than libraries. */
  private adjustBase(limit: number): void {
    this.wasAbove = false;
    this.collect();
    this.baseSize += Math.max(0, this.excess(limit));
  }
}
