/**
 * What the server does by itself, without a client that could be told that there is no memory for
 * it: that is tried again, and the log says so.
 */
import { isShortage } from "../arena/shortage.ts";
import type { Clock } from "../base/clock.ts";
import type { Log } from "../base/log.ts";
import type { EventLoop } from "../runtime/net.ts";

/** What found no memory is tried again after so long, and warned of no more often than that. */
const RETRY_MS = 100;
const WARNING_MS = 30_000;

export class BackgroundWork {
  private readonly clock: Clock;
  private readonly loop: Pick<EventLoop, "later">;
  private readonly log: Log;
  /** When it was last warned of; monotonic. */
  private warnedMs = -Infinity;

  constructor(clock: Clock, loop: Pick<EventLoop, "later">, log: Log) {
    this.clock = clock;
    this.loop = loop;
    this.log = log;
  }

  /**
   * Calls `run` in so many ms, and again if there was no memory for it; returns what calls it off.
   */
  readonly later = (ms: number, run: () => void): (() => void) => {
    let callOff = this.loop.later(ms, () => {
      if (!this.attempt(run)) callOff = this.later(RETRY_MS, run);
    });
    return () => callOff();
  };

  /** Calls `run` now; false when there was no memory for it. */
  attempt(run: () => void): boolean {
    try {
      run();
      return true;
    } catch (error) {
      if (!isShortage(error)) throw error;
      this.warn((error as Error).message);
      return false;
    }
  }

  private warn(reason: string): void {
    const nowMs = this.clock.monotonicMs();
    if (nowMs - this.warnedMs < WARNING_MS) return;
    this.warnedMs = nowMs;
    this.log.add(
      "warning",
      `There is no memory for work in the background, which waits: ${reason}`,
    );
  }
}
