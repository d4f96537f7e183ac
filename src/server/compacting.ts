/** Compacts memory in slices, when it is worth it (keyspace/compaction.ts). */
import type { Clock } from "../base/clock.ts";
import { SLICE_MS } from "../base/limits.ts";
import { Compaction, type CompactionLimits, LIMITS, wastePercent } from "../keyspace/compaction.ts";
import type { Keyspace } from "../keyspace/keyspace.ts";

/** Per cent of the time that a pass takes, as `active-defrag-cycle-...` say. */
export interface CompactionCycle {
  readonly min: number;
  readonly max: number;
  /** From so much waste on, in per cent of what is used, it is `max`. */
  readonly maxFrom: number;
}

/** For tests, in debug builds: as much as can be moved is, after each turn. */
export const eager = { isOn: false };
const EAGER_LIMITS = { wasteMin: 0, wastePercentMin: 0, changeMin: -1, isEach: true };
/** Steps after one turn. */
const EAGER_STEPS = 100;

export class SlicedCompaction {
  private readonly compaction: Compaction;
  private readonly keyspace: Keyspace;
  private readonly clock: Clock;
  private readonly later: (ms: number, run: () => void) => void;
  /** Whether a script, or loading, is in the midst of something. */
  private readonly isSuspended: () => boolean;
  /** `activedefrag`; a pass that is under way goes on to its end. */
  isOn = false;
  cycle: CompactionCycle = { min: 10, max: 10, maxFrom: 100 };
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

  /** What begins a pass from now on. */
  set limits(limits: Pick<CompactionLimits, "wasteMin" | "wastePercentMin">) {
    if (!eager.isOn) this.compaction.limits = { ...LIMITS, ...limits };
  }

  /** From the timer, while nothing is loaded: begins, or goes on after it had to wait. */
  check(): void {
    if (this.isUnderWay || !(this.isOn || this.compaction.isActive)) return;
    const wasted = wastePercent();
    if (!this.compaction.isDue()) return;
    this.isUnderWay = true;
    // As in Redis what is taken does not fall as the pass goes on.
    this.keyspace.compactingPercent ||= this.percentOf(wasted);
    this.later(0, this.slice);
  }

  /** Per cent of the time, as Redis reckons: the more is wasted, the more it takes. */
  private percentOf(wasted: number): number {
    const { min, max, maxFrom } = this.cycle;
    const from = this.compaction.limits.wastePercentMin;
    if (wasted >= maxFrom || from >= maxFrom) return max;
    return Math.floor(min + ((max - min) * (wasted - from)) / (maxFrom - from));
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
      this.later(SLICE_MS * (100 / keyspace.compactingPercent - 1), this.slice);
      break;
    }
    if (!compaction.isActive) keyspace.compactingPercent = 0;
    keyspace.delays.end("active-defrag-cycle", beganMs);
  };
}
