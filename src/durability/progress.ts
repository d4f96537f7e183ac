/**
 * What is in progress: whether the append-only log is on, and which file of all data is being
 * written in the background. Whoever begins, changes or ends one of these asks here and says so
 * here, and nowhere else, so that what cannot go together cannot come about.
 *
 *                    load                        open (a start with the log)
 *        loading <---------- off -----------------------------------> on
 *                ---------->      turn on            base
 *                  loaded      ----------> waiting ----------------->
 *                              <----------         (of a rewriting)
 *                               turn off
 *
 * The log is off, or on, or turned on and waiting for its first base. In each of the three, one
 * file may be written: a snapshot (`save` to `end`) or a base of the log (`rewrite` to `end`, or to
 * `base` if it is the first). It is in progress until its file has its place, or never will: that
 * the walk over the keys has passed all of them does not end it.
 *
 * What is missing in the table may not happen: a log is turned on or off while its base is being
 * written only after that was called off (`end`), and a base that is written while the log is off
 * is none for a log that is turned on meanwhile, since no increment goes with it.
 */
import type { Keyspace } from "../keyspace/keyspace.ts";
import type { BackgroundSave } from "./background_save.ts";

export type LogState = "off" | "waiting" | "on";
type JobKind = "save" | "rewrite";

export type State =
  | "loading"
  | "off"
  | "off, saving"
  | "off, rewriting"
  | "waiting"
  | "waiting, saving"
  | "waiting, rewriting"
  | "on"
  | "on, saving"
  | "on, rewriting";

export type Event =
  | "load"
  | "loaded"
  | "open"
  | "turn on"
  | "turn off"
  | "save"
  | "rewrite"
  | "base"
  | "end";

interface Meaning {
  readonly log: LogState;
  readonly job: JobKind | null;
  readonly next: Partial<Record<Event, State>>;
}

/** Every state, and every transition. */
const STATES: Readonly<Record<State, Meaning>> = {
  loading: { log: "off", job: null, next: { loaded: "off" } },
  off: {
    log: "off",
    job: null,
    next: {
      load: "loading",
      open: "on",
      "turn on": "waiting",
      save: "off, saving",
      rewrite: "off, rewriting",
    },
  },
  "off, saving": {
    log: "off",
    job: "save",
    next: { end: "off", "turn on": "waiting, saving" },
  },
  "off, rewriting": { log: "off", job: "rewrite", next: { end: "off" } },
  waiting: {
    log: "waiting",
    job: null,
    next: { "turn off": "off", save: "waiting, saving", rewrite: "waiting, rewriting" },
  },
  "waiting, saving": {
    log: "waiting",
    job: "save",
    next: { end: "waiting", "turn off": "off, saving" },
  },
  "waiting, rewriting": {
    log: "waiting",
    job: "rewrite",
    next: { end: "waiting", base: "on" },
  },
  on: {
    log: "on",
    job: null,
    next: { "turn off": "off", save: "on, saving", rewrite: "on, rewriting" },
  },
  "on, saving": { log: "on", job: "save", next: { end: "on", "turn off": "off, saving" } },
  "on, rewriting": { log: "on", job: "rewrite", next: { end: "on", base: "on" } },
};

export class Progress {
  /** One is to be begun as soon as nothing stands against it. */
  isSaveScheduled = false;
  isRewriteScheduled = false;
  private now: State = "off";
  private job: BackgroundSave | null = null;
  private readonly keyspace: Keyspace;

  constructor(keyspace: Keyspace) {
    this.keyspace = keyspace;
  }

  get state(): State {
    return this.now;
  }

  get log(): LogState {
    return STATES[this.now].log;
  }

  /** The snapshot that is being written, or null. */
  get saving(): BackgroundSave | null {
    return STATES[this.now].job === "save" ? this.job : null;
  }

  /** The base of the log that is being written, or null. */
  get rewriting(): BackgroundSave | null {
    return STATES[this.now].job === "rewrite" ? this.job : null;
  }

  /**
   * Whether a file can be begun now. One that was called off may have left its walk over the keys
   * behind, which is brought to its end here if that is near.
   */
  isFree(): boolean {
    return this.job === null && this.now !== "loading" && this.keyspace.canWalk();
  }

  /** As `isFree`, without doing anything for it: from the timer. */
  get isIdle(): boolean {
    return this.job === null && this.now !== "loading" && !this.keyspace.isWalked;
  }

  /** The log is turned on or off, or the data are loaded. */
  go(event: Exclude<Event, JobKind | "base" | "end">): void {
    this.enter(event);
  }

  /** A file is begun, when `isFree`. */
  begin(kind: JobKind, job: BackgroundSave): void {
    this.enter(kind);
    this.job = job;
  }

  /** It has its place or never will; `base`: it is one of the log, which is in force. */
  end(event: "end" | "base" = "end"): void {
    this.enter(event);
    this.job = null;
  }

  private enter(event: Event): void {
    const next = STATES[this.now].next[event];
    if (next === undefined) throw new Error(`Bug: "${event}" while ${this.now}`);
    this.now = next;
  }
}
