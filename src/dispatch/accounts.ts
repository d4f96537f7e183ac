/**
 * What commands took: figures by command, the slow log, the latency monitor.
 *
 * A run is of calls since the last reading of the clock, all of one command and one client; of one
 * call only unless the command is brief. So the clock, which costs as much as a GET, is not read
 * for every command of a pipeline: docs/decisions/0003_runs_of_a_command_are_timed_together.md.
 * Of runs of brief commands that follow each other in a pipeline, only some are measured, and tell
 * of all: `CommandStats.isDue`.
 */
import { assert } from "../base/assert.ts";
import type { Clock } from "../base/clock.ts";
import type { Client } from "../calls/client.ts";
import { type Command, Flag, HiddenFlag } from "../calls/command.ts";
import type { ServerFigures } from "../calls/server_figures.ts";
import type { Args } from "../protocol/args.ts";

/**
 * With a slow log threshold below this, or latency monitoring, every command has its own reading
 * of the clock.
 */
const EXACT_TIMING_BELOW_US = 1000;
/** A power of two. */
const MEASURED_SCRIPTS = 16;
/** After a command that took this long, the time that the next ones see is read anew. */
const LONG_US = 1000;

/** The run that a command around those that run now has begun. */
interface OuterRun {
  command: Command | null;
  client: Client | null;
  count: number;
  startMs: number;
  hasGaps: boolean;
  measuresInner: boolean;
}

/** The run of a command that was suspended, of which it is the only one. */
export interface SuspendedTiming {
  readonly command: Command;
  readonly client: Client;
  readonly startMs: number;
}

export class Accounts {
  /** Whether each call has its own reading of the clock, brief or not. */
  isExact = false;
  /** The run: null for none. */
  command: Command | null = null;
  client: Client | null = null;
  /** Its calls. */
  count = 0;
  private startMs = 0;
  private lastReadMs = 0;
  /** Whether the clock was read when the run began, and is to be read at its end. */
  private isMeasured = true;
  /** Whether nothing has run since the clock was read. */
  private isFresh = false;
  private readonly clock: Clock;
  private readonly figures: ServerFigures;
  /** By depth, made once each. */
  private readonly outer: OuterRun[] = [];
  private depth = 0;
  /** Whether the command around those that run does something of its own between them. */
  private hasGaps = false;
  /**
   * Whether brief commands inside the one that runs have readings of the clock, which cost a script
   * more than they do: those of one script in MEASURED_SCRIPTS have, and tell of all.
   */
  measuresInner = true;
  private scriptCount = 0;

  constructor(clock: Clock, figures: ServerFigures) {
    this.clock = clock;
    this.figures = figures;
  }

  /** Takes the thresholds of the slow log and of the latency monitor anew. */
  configure(): void {
    const { slowlog, latency } = this.figures;
    const { thresholdUs } = slowlog;
    this.isExact =
      (thresholdUs >= 0 && thresholdUs < EXACT_TIMING_BELOW_US) || latency.thresholdMs > 0;
  }

  /** Starts the clock for the commands that follow; pairs with `closeRun`. */
  openRun(): void {
    this.lastReadMs = this.clock.monotonicMs();
    this.startMs = this.lastReadMs;
    this.isFresh = true;
  }

  /**
   * What runs now is not what ran before: another command, or another client. Calls with more
   * arguments than the command needs may take any time: they are always measured.
   */
  changeRun(command: Command, client: Client, argumentCount: number): void {
    const isFirst = this.command === null;
    this.closeRun(null);
    this.isMeasured =
      isFirst ||
      this.isExact ||
      this.depth > 0 ||
      (command.flags & HiddenFlag.brief) === 0 ||
      argumentCount > Math.abs(command.arity) ||
      this.figures.commands.isDue(command);
    if (this.isMeasured && !this.isFresh && this.depth === 0) this.openRun();
    this.isFresh = false;
    this.command = command;
    this.client = client;
  }

  /**
   * Reads the clock and shares the time since the last reading among the calls of the run, if there
   * is one. `args` are those of its only call, for the slow log; null when they are gone.
   */
  closeRun(args: Args | null, timeMayPass = true): void {
    const { command } = this;
    if (command === null) return;
    if (!this.isMeasured) {
      this.endUnmeasured();
      return;
    }
    const { count } = this;
    const elapsedUs = this.readClock();
    if (timeMayPass && elapsedUs > LONG_US) this.clock.tick();
    const { commands, slowlog, latency } = this.figures;
    commands.record(command, count, elapsedUs);
    if (count !== 1) return;
    if (latency.thresholdMs > 0 && elapsedUs >= latency.thresholdMs * 1000) {
      const event = (command.flags & Flag.fast) !== 0 ? "fast-command" : "command";
      latency.add(event, elapsedUs / 1000);
    }
    if (args === null || slowlog.thresholdUs < 0 || elapsedUs < slowlog.thresholdUs) return;
    if ((command.flags & Flag.skip_slowlog) === 0) {
      slowlog.record(command, args, Math.round(elapsedUs), this.client as Client);
    }
  }

  /**
   * Accounts for the command that runs, whose client now waits: what it takes is known when it is
   * served. Returns what it took until now, in µs.
   */
  closeBlockedRun(): number {
    const { command } = this;
    if (DEBUG) assert(command !== null && this.count === 1, "a run of one waiting command");
    const elapsedUs = this.readClock();
    this.figures.commands.recordBlocked(command as Command, elapsedUs);
    return elapsedUs;
  }

  /** When the run began; monotonic. */
  get startedMs(): number {
    return this.startMs;
  }

  /** The command that runs is suspended: others run until it goes on. */
  suspend(): SuspendedTiming {
    const { command, client, startMs } = this;
    if (DEBUG) assert(this.count === 1, "a run of one command");
    this.command = null;
    this.count = 0;
    return { command: command as Command, client: client as Client, startMs };
  }

  /** It goes on. All the time since it began is its own, as Redis counts it. */
  resume({ command, client, startMs }: SuspendedTiming): void {
    this.openRun();
    this.command = command;
    this.client = client;
    this.count = 1;
    this.isMeasured = true;
    this.startMs = startMs;
  }

  /** A command that is not run comes between: what follows is another run. */
  breakRun(): void {
    this.closeRun(null);
    this.client = null;
  }

  /** Ends the run: what it took, in µs. */
  private readClock(): number {
    const nowMs = this.clock.monotonicMs();
    const elapsedUs = (nowMs - this.startMs) * 1000;
    this.lastReadMs = nowMs;
    this.startMs = nowMs;
    this.isFresh = true;
    this.command = null;
    this.count = 0;
    return elapsedUs;
  }

  /** Whether the current run is of one command, so that its arguments can be logged. */
  get isSingle(): boolean {
    return this.count === 1;
  }

  /**
   * Commands inside the one that runs have runs of their own until `leave`. The run around them
   * goes on meanwhile: what they take is part of it.
   */
  enter(): void {
    let outer = this.outer[this.depth];
    if (outer === undefined) {
      outer = {
        command: null,
        client: null,
        count: 0,
        startMs: 0,
        hasGaps: false,
        measuresInner: true,
      };
      this.outer.push(outer);
    }
    this.depth++;
    // Most commands inside are where the one before was, as in Dispatcher.run.
    if (outer.command !== this.command) outer.command = this.command;
    if (outer.client !== this.client) outer.client = this.client;
    outer.count = this.count;
    outer.startMs = this.startMs;
    outer.hasGaps = this.hasGaps;
    outer.measuresInner = this.measuresInner;
    // EXEC does nothing of its own between its commands: one begins where the one before ended.
    this.hasGaps = outer.command?.name !== "exec";
    this.measuresInner =
      !this.hasGaps || this.isExact || (this.scriptCount++ & (MEASURED_SCRIPTS - 1)) === 0;
    this.command = null;
    this.count = 0;
    this.startMs = this.lastReadMs;
  }

  /** One of the commands inside begins. */
  beginInner(): void {
    if (this.hasGaps) this.openRun();
  }

  /** Ends a run that was not measured. */
  endUnmeasured(): void {
    const { command } = this;
    if (command === null) return;
    this.figures.commands.recordUnmeasured(command, this.count);
    this.command = null;
    this.count = 0;
  }

  leave(): void {
    const outer = this.outer[--this.depth];
    this.command = outer.command;
    if (this.client !== outer.client) this.client = outer.client;
    this.count = outer.count;
    this.startMs = outer.startMs;
    this.hasGaps = outer.hasGaps;
    this.measuresInner = outer.measuresInner;
  }
}
