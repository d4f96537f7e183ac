/** What the timer does, `hz` times a second: all that is due without anybody asking for it. */
import type { Clock } from "../base/clock.ts";
import { SLICE_MS } from "../base/limits.ts";
import type { Durability } from "../calls/durability.ts";
import { usedMemory } from "../calls/memory_use.ts";
import type { Config } from "../config/config.ts";
import type { Keyspace } from "../keyspace/keyspace.ts";
import type { HostFacts } from "../runtime/host.ts";
import type { Backlog } from "./backlog.ts";
import type { ClientPause } from "./client_pause.ts";
import type { ClientRegistry } from "./client_registry.ts";
import type { OutputLimits } from "./engine.ts";
import type { Figures } from "./figures.ts";

/** With more clients than a few, it is looked only this often how much memory they take. */
const PEAK_LOOPS = 10;
const FEW_CLIENTS = 500;

/** Whose work it is. */
export interface TimerParts {
  readonly clock: Clock;
  readonly config: Config;
  readonly host: HostFacts;
  readonly keyspace: Keyspace;
  readonly figures: Figures;
  readonly pause: ClientPause;
  readonly clients: ClientRegistry;
  readonly outputLimits: OutputLimits;
  readonly backlog: Backlog;
  readonly tracking: { trim(): void };
  readonly compaction: { check(): void };
  readonly ending: { readonly isAsked: boolean; check(): void };
  readonly namesGone: { check(): void };
  readonly targets: { closeIdle(): void };
  readonly snapshots: { check(): void };
  readonly appendLog: { check(): void };
  readonly durability: Durability;
  readonly scripts: { readonly isSuspended: boolean; endHarmless(): void };
}

export function doTimerWork(parts: TimerParts): void {
  const { clock, config, keyspace, clients } = parts;
  const isLoading = parts.durability.loading !== null;
  const beganMs = keyspace.delays.begin();
  clock.tick();
  // As Redis: while a script is in the midst of it, nothing is begun that looks at data.
  if (!parts.scripts.isSuspended) checkWhatIsDue(parts, isLoading);
  // But one that has written nothing need not be waited for: nobody gets more of it.
  else if (parts.ending.isAsked) parts.scripts.endHarmless();
  parts.targets.closeIdle();
  sampleFigures(parts);
  parts.backlog.warn();
  parts.tracking.trim();
  parts.namesGone.check();
  clients.closeIdle(config.number("timeout"), clock.nowMs);
  if (isLimited(parts.outputLimits)) clients.checkOutputs(clock.nowMs);
  // What is loaded goes to tables that are made for all of it, and are nearly empty until then.
  if (config.flag("activerehashing") && !isLoading) {
    const endMs = clock.monotonicMs() + SLICE_MS;
    while (keyspace.rehashSlice() && clock.monotonicMs() < endMs);
  }
  if (isLoading || parts.scripts.isSuspended) keyspace.delays.end("while-blocked-cron", beganMs);
}

function checkWhatIsDue(parts: TimerParts, isLoading: boolean): void {
  parts.ending.check();
  if (!isLoading) {
    // What is scheduled of the log comes first, as in Redis.
    parts.appendLog.check();
    parts.snapshots.check();
    parts.compaction.check();
  }
  parts.pause.check(parts.clock.nowMs);
}

function sampleFigures(parts: TimerParts): void {
  const { figures, clock } = parts;
  const nowMs = clock.monotonicMs();
  figures.cronLoops++;
  figures.sample(nowMs);
  if (figures.cronLoops % PEAK_LOOPS === 0 || parts.clients.count < FEW_CLIENTS) {
    figures.peakUsedSize = Math.max(figures.peakUsedSize, usedMemory(parts));
  }
}

function isLimited({ normal, pubsub }: OutputLimits): boolean {
  return normal.isConfigured || pubsub.isConfigured;
}
