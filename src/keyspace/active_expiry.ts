/**
 * The timer's side of expiry: keys are removed within milliseconds of their time though nobody asks
 * for them.
 *
 * A timer is armed for the earliest expiry of any database, and again whenever a key is to expire
 * before that. It removes what is due in slices, the earliest first, and while a slice leaves more,
 * the next one follows as soon as the event loop has served its sockets.
 */
import { SHRINKING_SEGMENTS, segmentsLeft } from "../arena/arena.ts";
import { SLICE_MS } from "../base/limits.ts";
import type { Database } from "./database.ts";
import type { Keyspace } from "./keyspace.ts";

/** Has `run` called in so many ms (0: in this turn or the next); returns what calls it off. */
export type Schedule = (delayMs: number, run: () => void) => () => void;

/** Keys removed between two looks at the clock, which costs about as much as removing one. */
const BATCH_COUNT = 64;
/** Under load some key is always about to expire: this groups them, and wakes up less often. */
const PERIOD_MS = 4;
/** The longest delay, so that a wall clock set forward is noticed. */
const DELAY_MAX_MS = 1000;

export class ActiveExpiry {
  private readonly keyspace: Keyspace;
  private readonly schedule: Schedule;
  private readonly onSlice: (ms: number) => void;
  private cancel: (() => void) | null = null;
  private readonly runBound = () => this.run();

  /**
   * Starts at once, for what the databases hold already; `onSlice` is told how long each took.
   */
  constructor(keyspace: Keyspace, schedule: Schedule, onSlice: (ms: number) => void = () => {}) {
    this.keyspace = keyspace;
    this.schedule = schedule;
    this.onSlice = onSlice;
    keyspace.onEarlierExpiry = (timeMs) => this.arm(timeMs);
    this.armNext();
  }

  /** Turned off, no timer runs, and keys go when they are asked for (DEBUG SET-ACTIVE-EXPIRE). */
  enable(on: boolean): void {
    if (on) this.armNext();
    else this.disarm(-Infinity);
  }

  private run(): void {
    const { keyspace } = this;
    const { clock } = keyspace;
    this.cancel = null;
    clock.tick();
    const isShort = segmentsLeft() <= SHRINKING_SEGMENTS;
    if (!keyspace.mayExpire || keyspace.isReplaying || isShort) {
      this.arm(clock.nowMs + PERIOD_MS);
      return;
    }
    const startMs = clock.monotonicMs();
    const more = this.removeDue(startMs + SLICE_MS);
    this.onSlice(clock.monotonicMs() - startMs);
    if (more) {
      keyspace.stats.expiredInTimeCount++;
      this.arm(clock.nowMs);
    } else {
      this.armNext();
    }
  }

  /** Removes what is due until the monotonic time `endMs`; whether something is left. */
  private removeDue(endMs: number): boolean {
    const { clock } = this.keyspace;
    for (let db = this.dueDatabase(); db !== null; db = this.dueDatabase()) {
      db.expireDue(BATCH_COUNT);
      if (clock.monotonicMs() >= endMs) return this.dueDatabase() !== null;
    }
    return false;
  }

  /** The database whose first key is due, and earlier than any other's; null if none is due. */
  private dueDatabase(): Database | null {
    const db = this.keyspace.firstToExpire();
    return db !== null && db.deadlineMs <= this.keyspace.clock.nowMs ? db : null;
  }

  private armNext(): void {
    const nextMs = this.keyspace.nextExpiry();
    if (nextMs === Infinity) this.disarm(Infinity);
    else this.arm(Math.max(nextMs, this.keyspace.clock.nowMs + PERIOD_MS));
  }

  /** Arms the timer for Unix ms `timeMs`, in place of any other time. */
  private arm(timeMs: number): void {
    const { nowMs } = this.keyspace.clock;
    const delayMs = Math.min(Math.max(timeMs - nowMs, 0), DELAY_MAX_MS);
    this.disarm(nowMs + delayMs);
    this.cancel = this.schedule(delayMs, this.runBound);
  }

  /** Calls the timer off; from then on, expiries before `alarmMs` arm it again. */
  private disarm(alarmMs: number): void {
    this.cancel?.();
    this.cancel = null;
    this.keyspace.alarmMs = alarmMs;
  }
}
