/** When rewriting the log fails again and again it is not tried at each turn of the timer. */
import type { Clock } from "../base/clock.ts";

/** As Redis: after so many failures a minute is waited for, then two, up to an hour. */
const FAILURES_MAX = 3;
const DELAY_MINUTES_MAX = 60;
const MINUTE_MS = 60_000;
/**
 * While the log has no base at all nothing is kept, and the next attempt is to come as soon as
 * there is room: after a second, or, since a large one has the disk write for nothing, after four
 * times as long as it took, up to a minute.
 */
const URGENT_MS_MIN = 1000;
const URGENT_MS_MAX = MINUTE_MS;
const URGENT_SHARE = 4;

export class RewriteLimit {
  /** Failures in a row. */
  failures = 0;
  private delayMinutes = 0;
  private untilMs = 0;
  private urgentMs = 0;
  private readonly clock: Clock;
  private readonly log: (text: string) => void;

  constructor(clock: Clock, log: (text: string) => void) {
    this.clock = clock;
    this.log = log;
  }

  /** An attempt has failed that took so long. */
  failed(durationMs: number): void {
    this.failures++;
    const delayMs = Math.max(URGENT_MS_MIN, durationMs * URGENT_SHARE);
    this.urgentMs = this.clock.monotonicMs() + Math.min(delayMs, URGENT_MS_MAX);
  }

  /** What has failed before does not count any more. */
  forget(): void {
    this.failures = 0;
    this.delayMinutes = 0;
    this.untilMs = 0;
    this.urgentMs = 0;
  }

  /** Whether the next attempt has to wait; `isUrgent`: there is no base at all. */
  isReached(isUrgent: boolean): boolean {
    const nowMs = this.clock.monotonicMs();
    if (isUrgent) return nowMs < this.urgentMs;
    if (this.failures < FAILURES_MAX) return false;
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
