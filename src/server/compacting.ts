/** Compacts memory in slices, when it is worth it (keyspace/compaction.ts). */
import type { Clock } from "../base/clock.ts";
import { SLICE_MS } from "../base/limits.ts";
import { Compaction } from "../keyspace/compaction.ts";
import type { Keyspace } from "../keyspace/keyspace.ts";

/** From slice to slice: a tenth of the time, while there is something to do. */
const PERIOD_MS = 10 * SLICE_MS;
/** As INFO's active_defrag_running tells it. */
const PERCENT = 100 * (SLICE_MS / PERIOD_MS);

/** For tests, in debug builds: as much as can be moved is, after each turn. */
export const eager = { isOn: false };
const EAGER_LIMITS = { wasteMin: 0, usedPartMax: 1, changeMin: -1, isEach: true };
/** Steps after one turn. */
const EAGER_STEPS = 100;

export class SlicedCompaction {
  private readonly compaction: Compaction;
  private readonly keyspace: Keyspace;
  private readonly clock: Clock;
  private readonly later: (ms: number, run: () => void) => void;
  /** Whether a script is in the midst of something. */
  private readonly isSuspended: () => boolean;
  /** `activedefrag`; a pass that is under way goes on to its end. */
  isOn = false;
  private isUnderWay = false;

  constructor(
    keyspace: Keyspace,
    clock: Clock,
    later: (ms: number, run: () => void) => void,
    isSuspended: () => boolean,
  ) {
    this.compaction = new Compaction(keyspace, DEBUG && eager.isOn ? EAGER_LIMITS : undefined);
    this.isSuspended = isSuspended;
    this.keyspace = keyspace;
    this.clock = clock;
    this.later = later;
  }

  /** From the timer, while nothing is loaded: begins, or goes on after it had to wait. */
  check(): void {
    if (this.isUnderWay || !(this.isOn || this.compaction.isActive)) return;
    if (!this.compaction.isDue()) return;
    this.isUnderWay = true;
    this.keyspace.compactingPercent = PERCENT;
    this.later(0, this.slice);
  }

  /** For tests, in debug builds. */
  turnOver(): void {
    if (!eager.isOn || this.isSuspended()) return;
    const { compaction } = this;
    for (let i = 0; i < EAGER_STEPS; i++) {
      if (!compaction.isDue() || !compaction.step()) return;
    }
  }

  private readonly slice = (): void => {
    const { compaction, clock, keyspace } = this;
    const beganMs = keyspace.delays.begin();
    this.isUnderWay = false;
    const endMs = clock.monotonicMs() + SLICE_MS;
    while (!this.isSuspended() && compaction.step()) {
      if (clock.monotonicMs() < endMs) continue;
      this.isUnderWay = true;
      this.later(PERIOD_MS, this.slice);
      break;
    }
    if (!compaction.isActive) keyspace.compactingPercent = 0;
    keyspace.delays.end("active-defrag-cycle", beganMs);
  };
}
