/** When rewriting the log fails again and again it is not tried at each turn of the timer. */
import type { Clock } from "../base/clock.ts";

/** As Redis: after so many failures a minute is waited for, then two, up to an hour. */
const FAILURES_MAX = 3;
const DELAY_MINUTES_MAX = 60;
const MINUTE_MS = 60_000;

export class RewriteLimit {
  /** Failures in a row. */
  failures = 0;
  private delayMinutes = 0;
  private untilMs = 0;
  private readonly clock: Clock;
  private readonly log: (text: string) => void;

  constructor(clock: Clock, log: (text: string) => void) {
    this.clock = clock;
    this.log = log;
  }

  failed(): void {
    this.failures++;
  }

  succeeded(): void {
    this.failures = 0;
    this.delayMinutes = 0;
    this.untilMs = 0;
  }

  /** Whether the next attempt has to wait. */
  isReached(): boolean {
    if (this.failures < FAILURES_MAX) return false;
    const nowMs = this.clock.monotonicMs();
    if (this.untilMs > 0) {
      if (nowMs < this.untilMs) return true;
      this.untilMs = 0;
      return false;
    }
    this.delayMinutes = Math.min(this.delayMinutes * 2 || 1, DELAY_MINUTES_MAX);
    this.untilMs = nowMs + this.delayMinutes * MINUTE_MS;
    this.log(
      "Background AOF rewrite has repeatedly failed and triggered the limit, will retry in " +
        `${this.delayMinutes} minutes`,
    );
    return true;
  }
}
