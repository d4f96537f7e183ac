/**
 * Time as everything below main sees it. Wall time stands still while a command runs: `tick` is
 * called once per turn and after anything that took long.
 */
export interface TimeSource {
  /** Unix time in whole ms. */
  wallMs(): number;
  /** Unix time in whole µs. */
  wallUs(): number;
  /** Time since some start in ms, with a fraction; never goes back. */
  monotonicMs(): number;
}

/** In a second; and the most that `Clock.ticks` counts before it begins anew: 194 days. */
export const TICKS_PER_SECOND = 128;
export const TICKS_MASK = 0x7fffffff;

export class Clock {
  /** Unix time in whole ms, as of the last tick. */
  nowMs = 0;
  /** Unix time in whole seconds, as of the last tick. */
  nowSeconds = 0;
  /** The time in ticks of 1/128 s as of the last tick, its lowest 31 bits: see `isFine`. */
  ticks = 0;
  /** The same with all its bits. */
  allTicks = 0;
  /** Whether `ticks` knows parts of a second; else it is that of the second's beginning. */
  private isFine = false;
  private readonly source: TimeSource;

  constructor(source: TimeSource) {
    this.source = source;
    this.tick();
  }

  /** Reads the wall time anew. */
  tick(): void {
    this.goBack(this.source.wallMs());
  }

  /** Has `ticks` know parts of a second. */
  setFine(isFine: boolean): void {
    this.isFine = isFine;
    this.goBack(this.nowMs);
  }

  /** It is this time again, in Unix ms, until the next tick: for a command that goes on later. */
  goBack(nowMs: number): void {
    this.nowMs = nowMs;
    this.nowSeconds = Math.floor(nowMs / 1000);
    const seconds = this.isFine ? nowMs / 1000 : this.nowSeconds;
    this.allTicks = Math.floor(seconds * TICKS_PER_SECOND);
    this.ticks = this.allTicks & TICKS_MASK;
  }

  /** Unix time in µs, read now. */
  wallUs(): number {
    return this.source.wallUs();
  }

  /** Monotonic time in ms, with a fraction, read now. */
  monotonicMs(): number {
    return this.source.monotonicMs();
  }
}
