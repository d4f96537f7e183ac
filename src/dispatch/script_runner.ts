/**
 * Runs scripts, one at a time, as commands inside the one that starts it.
 *
 *   run ──> first slice ──> over
 *               │
 *               │ busy-reply-threshold
 *               v
 *           suspended <───> slice ──> over
 *
 * The first slice is part of the command: nobody sees or does anything between. One that lasts for
 * longer is suspended, and goes on in short slices, between which the event loop has its turns:
 * others are told that the server is busy, and can have the script ended. They neither see nor
 * change data: a script runs alone, however long. What would do so by itself stands still: see
 * `stand` of who has made this.
 */
import { assert } from "../base/assert.ts";
import { BUSY, NOT_BUSY, UNKILLABLE } from "../calls/busy.ts";
import type { CallServer } from "../calls/call.ts";
import type {
  CommandHost,
  ScriptCaller,
  ScriptKind,
  ScriptRun,
  Scripts,
} from "../calls/scripts.ts";
import { ServerCommandHost } from "../commands/scripting/command_host.ts";
import { Undo } from "../keyspace/undo.ts";
import type { Args } from "../protocol/args.ts";
import { CommandError } from "../protocol/errors.ts";
import type { Reply } from "../protocol/reply.ts";
import { fatal } from "../scripting/guards/errors.ts";
import { ScriptCache } from "../scripting/script_cache.ts";
import type { SuspendedTiming } from "./accounts.ts";
import type { Dispatcher } from "./dispatcher.ts";
import { ServerScriptRules } from "./script_rules.ts";
import { SuspendedCommand } from "./suspended_command.ts";

/** How long one that is suspended runs between two turns of the event loop. */
const SLICE_MS = 1;

const KILL_COMMANDS = { script: "SCRIPT KILL", function: "FUNCTION KILL" } as const;
/** Redis says so of functions, too. */
const KILLED = "ERR Script killed by user with SCRIPT KILL...";
const KILLED_BY_FORCE =
  "ERR Script killed by user with SCRIPT KILL FORCE, and what it has done was undone...";
const KILLED_BY_SIGNAL = "ERR Script ended since the server shuts down...";

/** What it needs besides what commands do. */
export interface RunnerParts {
  readonly server: CallServer;
  readonly dispatcher: Dispatcher;
  /** Has `run` called in the next turn of the event loop, when the replies of that have left. */
  nextTurn(run: () => void): void;
  /** What would look at data, or change them, is to stand still, or goes on. */
  stand(isStill: boolean): void;
}

/** The command of a script inside EXEC, while both are suspended. */
interface InnerCommand {
  readonly args: Args;
  timing: SuspendedTiming;
}

/** A script that is to be undone cannot be. */
class NotKept extends Error {
  constructor(cause: unknown) {
    super("there is no memory to keep what an atomic script changes", { cause });
  }
}

export class ScriptRunner implements Scripts {
  running: ScriptRun | null = null;
  isSuspended = false;
  readonly cache = new ScriptCache();
  readonly host: CommandHost;
  readonly undo: Undo;
  /** busy-reply-threshold and script-time-limit, in ms; Infinity for none. */
  thresholdMs = Infinity;
  limitMs = Infinity;
  /** script-undo-limit, in bytes. */
  undoLimit = Infinity;
  private readonly parts: RunnerParts;
  private readonly server: CallServer;
  /** When the script began; monotonic. */
  private startedMs = 0;
  /** The time that its commands see, in Unix ms: it stands still. */
  private nowMs = 0;
  private isKilled = false;
  /** Why, as its client is told. */
  private killMessage = KILLED;
  /** The script has ended, and replied; what it has done may still have to be undone. */
  private hasEnded = false;
  private isUndone = false;
  /** What is suspended: the client's command, and the script's if that is another. */
  private outer: SuspendedCommand | null = null;
  private inner: InnerCommand | null = null;
  /** How the command around the script's goes on when that is over. */
  private goOnAround: ((call: ScriptCaller) => void) | null = null;
  /** What has started a script of a log, while that is not over. */
  private replayed: ScriptCaller | null = null;
  private readonly sliceBound = () => this.slice();

  constructor(parts: RunnerParts) {
    this.parts = parts;
    this.server = parts.server;
    const rules = new ServerScriptRules(parts.dispatcher);
    this.host = new ServerCommandHost(parts.server, rules, () => this.leaveUndo());
    this.undo = new Undo(parts.server.keyspace, parts.server.feed);
  }

  show({ client, args, command }: ScriptCaller): void {
    const { monitors } = this.parts.dispatcher;
    if (monitors.active) monitors.show(client, args, command);
  }

  get command(): Args | null {
    if (!this.isSuspended) return null;
    return this.inner?.args ?? this.outer?.call.args ?? null;
  }

  get elapsedMs(): number {
    return this.server.clock.monotonicMs() - this.startedMs;
  }

  run(caller: ScriptCaller, run: ScriptRun): void {
    this.running = run;
    this.startedMs = this.isLoading
      ? this.server.clock.monotonicMs()
      : this.parts.dispatcher.accounts.startedMs;
    this.isKilled = false;
    this.hasEnded = false;
    if (run.isAtomic || run.mayRunLong) this.undo.begin(run.isAtomic, this.undoLimit);
    const start = caller.reply.position;
    let isOver = false;
    try {
      isOver = this.runAlone(run) && this.settle(run, caller.reply, this.busyFromMs);
    } catch (error) {
      this.conclude();
      throw error;
    }
    if (isOver) return;
    this.warn(run);
    if (this.isLoading) this.replayed = caller;
    else this.suspend(caller, start);
  }

  /** Whether a script is one of a log: it goes on in the loader's turns. */
  private get isLoading(): boolean {
    return this.server.durability.loading !== null;
  }

  /** Whether one of those has been begun, and is not over. */
  get isReplayed(): boolean {
    return this.replayed !== null;
  }

  /** Goes on with it, for a slice; whether it is not over then. */
  goOnReplayed(): boolean {
    const { replayed } = this;
    if (replayed === null) return false;
    try {
      if (!this.goOnScript(replayed)) return true;
    } catch (error) {
      // As where it comes from, perhaps.
      if (!(error instanceof CommandError)) throw error;
    }
    this.replayed = null;
    return false;
  }

  /** When the script is suspended if it is not over. */
  private get busyFromMs(): number {
    return this.startedMs + this.thresholdMs;
  }

  /** The first slice; whether the script is over. */
  private runAlone(run: ScriptRun): boolean {
    const { busyFromMs } = this;
    const limitedMs = this.startedMs + this.limitMs;
    if (this.step(run, Math.min(busyFromMs, limitedMs))) return true;
    if (limitedMs >= busyFromMs) return false;
    return this.endByLimit(run) || this.step(run, busyFromMs);
  }

  /** Has it go on until then; whether it is over. */
  private step(run: ScriptRun, deadlineMs: number): boolean {
    const { server } = this;
    server.enter(run.client, run.inner);
    try {
      return run.execution.step(deadlineMs);
    } finally {
      server.leave(run.client);
    }
  }

  /** Ends one that has lasted for too long, if it may be ended. */
  private endByLimit(run: ScriptRun): boolean {
    if (run.hasWritten && !this.undo.canUndo) return false;
    this.isKilled = true;
    const what = run.hasWritten ? ", and what it has done was undone" : "";
    const message = `Script ended by script-time-limit after ${this.limitMs} ms${what}`;
    run.execution.kill(`ERR ${message}...`);
    this.server.log("warning", `${message}.`);
    return true;
  }

  /** The script is over, whatever has ended it: what it has done stays, or is undone. */
  private conclude(): void {
    this.running = null;
    this.undo.end();
  }

  /**
   * The script has ended: replies, and undoes what it has done, if so it is to be, until
   * `deadlineMs`; whether all is done then.
   */
  private settle(run: ScriptRun, reply: Reply, deadlineMs: number): boolean {
    const { undo, server } = this;
    if (!this.hasEnded) {
      this.hasEnded = true;
      const isWell = run.finish(reply);
      this.isUndone = run.hasWritten && (this.isKilled || (run.isAtomic && !isWell));
      // No reply can tell it: the process ends, and the log has the data as they were.
      if (this.isUndone && undo.problem !== null) throw new NotKept(undo.problem);
    }
    if (this.isUndone && undo.undo(() => server.clock.monotonicMs() >= deadlineMs)) return false;
    this.conclude();
    return true;
  }

  /** What a command of the script has changed was too much to be kept. */
  private leaveUndo(): void {
    const { undo, undoLimit, running } = this;
    if (running?.isAtomic) {
      throw fatal(`ERR This script has changed more than script-undo-limit (${undoLimit} bytes)`);
    }
    undo.giveUp();
  }

  private warn({ kind, name }: ScriptRun): void {
    this.server.log(
      "warning",
      `Slow script detected: still in execution after ${Math.floor(this.elapsedMs)} ` +
        `milliseconds. You can try killing the script using the ${KILL_COMMANDS[kind]} command. ` +
        `Script name is: ${name}.`,
    );
  }

  private suspend(caller: ScriptCaller, start: number): void {
    const { server, parts } = this;
    this.nowMs = server.clock.nowMs;
    this.isSuspended = true;
    if (caller.nested) {
      // Who has the script's command run suspends itself.
      this.inner = { args: caller.args, timing: parts.dispatcher.accounts.suspend() };
    } else {
      this.outer = new SuspendedCommand(server, parts.dispatcher, caller, start);
      this.standStill();
    }
  }

  suspendAround(caller: ScriptCaller, start: number, goOn: (call: ScriptCaller) => void): void {
    const { server, parts, outer } = this;
    this.goOnAround = goOn;
    // One that has been suspended before is told of by itself.
    if (outer !== null) return;
    this.outer = new SuspendedCommand(server, parts.dispatcher, caller, start);
    this.standStill();
  }

  /** The event loop has a turn. */
  private standStill(): void {
    const { server, parts } = this;
    this.server.feed.holdUnit();
    parts.stand(true);
    server.clock.tick();
    parts.nextTurn(this.sliceBound);
  }

  private slice(): void {
    const { server, parts, outer } = this;
    if (DEBUG) assert(outer !== null && this.running !== null, "a script is suspended");
    const waiting = outer as SuspendedCommand;
    this.isSuspended = false;
    parts.stand(false);
    server.clock.goBack(this.nowMs);
    server.feed.goOnWithUnit();
    if (server.feed.active) server.keyspace.unsynced.startLooking();
    const isOver = waiting.goOn(
      () => this.goOn(waiting.call),
      () => this.isSuspended,
    );
    if (isOver) {
      this.outer = null;
      this.inner = null;
      this.goOnAround = null;
      waiting.end();
      parts.dispatcher.serveWaiting(waiting.call.args);
    } else {
      waiting.noteLooks();
      this.standStill();
    }
  }

  /** The script goes on, and what is around it when it is over. */
  private goOn(call: ScriptCaller): void {
    const { inner, goOnAround } = this;
    this.isSuspended = !(inner === null ? this.goOnScript(call) : this.goOnInside(call, inner));
    if (this.isSuspended || goOnAround === null) return;
    this.inner = null;
    this.goOnAround = null;
    goOnAround(call);
  }

  /** The script's command, which is inside another, goes on; whether it is over. */
  private goOnInside(call: ScriptCaller, inner: InnerCommand): boolean {
    const { server } = this;
    const { dispatcher } = this.parts;
    let isOver = true;
    server.enter(call.client, call.reply);
    try {
      dispatcher.resume(inner.timing, call.reply, call.reply.position, () => {
        isOver = this.goOnScript(call);
      });
      if (!isOver) {
        inner.timing = dispatcher.accounts.suspend();
        return false;
      }
      dispatcher.endResumedInner(call.client, inner.args);
      // What follows is at another time.
      server.clock.tick();
      return true;
    } finally {
      server.leave(call.client);
    }
  }

  /** One slice; whether the script is over, and has replied. */
  private goOnScript({ reply }: ScriptCaller): boolean {
    const run = this.running as ScriptRun;
    const { clock, feed } = this.server;
    if (feed.active) feed.tellNothing();
    const deadlineMs = clock.monotonicMs() + SLICE_MS;
    try {
      const isOver =
        this.hasEnded ||
        this.endIfKilled(run) ||
        this.step(run, deadlineMs) ||
        (this.elapsedMs >= this.limitMs && this.endByLimit(run));
      return isOver && this.settle(run, reply, deadlineMs);
    } catch (error) {
      this.conclude();
      throw error;
    }
  }

  /** The server is to be shut down: the script ends if it has written nothing. */
  endHarmless(): void {
    const { running: run } = this;
    if (run === null || run.hasWritten || this.hasEnded) return;
    this.isKilled = true;
    this.killMessage = KILLED_BY_SIGNAL;
  }

  private endIfKilled(run: ScriptRun): boolean {
    if (!this.isKilled) return false;
    run.execution.kill(this.killMessage);
    this.server.log("warning", this.killMessage.replace(/^ERR (.*)\.\.\.$/, "$1."));
    return true;
  }

  kill(kind: ScriptKind, force: boolean): void {
    const { running: run, undo } = this;
    if (run === null) throw NOT_BUSY;
    if (this.hasEnded) return;
    if (run.hasWritten && !(force && undo.canUndo)) throw UNKILLABLE;
    if (run.kind !== kind) throw BUSY[run.kind];
    this.isKilled = true;
    this.killMessage = run.hasWritten ? KILLED_BY_FORCE : KILLED;
  }
}
