/**
 * Loads what there was when the server ended last: the append-only log where it is in use, else the
 * snapshot. In slices, between which clients are told that it goes on.
 */
import type { Clock } from "../base/clock.ts";
import type { Config } from "../config/config.ts";
import type { AppendOnly } from "./append_only.ts";
import type { Loading, Steps } from "./loading.ts";
import type { Progress } from "./progress.ts";
import type { Snapshots } from "./snapshots.ts";

/** Loading goes on for so long at once. */
const SLICE_MS = 10;

export interface StartParts {
  readonly clock: Clock;
  readonly config: Config;
  readonly snapshots: Snapshots;
  readonly appendLog: AppendOnly;
  readonly progress: Progress;
  readonly loading: Loading;
  later(ms: number, run: () => void): void;
  /** Told when loading begins, and when it is over. */
  onLoading(isOn: boolean): void;
}

/** `done` is told what is wrong, or null: at once when there is not even a beginning. */
export function startLoading(parts: StartParts, done: (problem: string | null) => void): void {
  const { config, snapshots, appendLog, progress } = parts;
  const isLogged = config.flag("appendonly");
  snapshots.begin();
  const problem = isLogged ? appendLog.find() : null;
  if (problem !== null) {
    done(problem);
    return;
  }
  progress.go("load");
  const steps = isLogged ? appendLog.load() : snapshots.loadSteps();
  parts.onLoading(true);
  loadSlice(parts, steps, done);
}

function loadSlice(parts: StartParts, steps: Steps, done: (problem: string | null) => void): void {
  const { clock, loading } = parts;
  const endMs = clock.monotonicMs() + SLICE_MS;
  while (!loading.isHeldBack) {
    const { done: isDone, value } = steps.next();
    if (isDone) {
      parts.onLoading(false);
      done(noteLoaded(parts, value));
      return;
    }
    if (clock.monotonicMs() >= endMs) break;
  }
  const pauseMs = loading.isHeldBack ? SLICE_MS : 0;
  parts.later(pauseMs, () => loadSlice(parts, steps, done));
}

/** What is wrong in the end: with what was loaded, or with the log that goes on from there. */
function noteLoaded(parts: StartParts, problem: string | null): string | null {
  const { config, snapshots, appendLog, progress } = parts;
  progress.go("loaded");
  snapshots.noteLoaded();
  return problem === null && config.flag("appendonly") ? appendLog.begin() : problem;
}
