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

export class Clock {
  /** Unix time in whole ms, as of the last tick. */
  nowMs = 0;
  /** Unix time in whole seconds, as of the last tick. */
  nowSeconds = 0;
  private readonly source: TimeSource;

  constructor(source: TimeSource) {
    this.source = source;
    this.tick();
  }

  /** Reads the wall time anew. */
  tick(): void {
    this.nowMs = this.source.wallMs();
    this.nowSeconds = Math.floor(this.nowMs / 1000);
  }

  /** It is this time again, in Unix ms, until the next tick: for a command that goes on later. */
  goBack(nowMs: number): void {
    this.nowMs = nowMs;
    this.nowSeconds = Math.floor(nowMs / 1000);
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
