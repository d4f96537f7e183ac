/** The end of the process: asked for by SHUTDOWN at once, by a signal at the next timer run. */

import type { LogLevel } from "../base/log.ts";
import type { ShutdownOptions, SnapshotControl } from "../calls/durability.ts";
import { CommandError } from "../protocol/errors.ts";
import type { Progress } from "./progress.ts";

const FAILED = new CommandError("ERR Errors trying to SHUTDOWN. Check logs.");
const NONE = new CommandError("ERR No shutdown in progress.");

/**
 * Nobody presses Ctrl-C twice in less. Two SIGINT that come so close are one: the terminal's, and
 * that of a program between it and the server which passes it on.
 */
const INSISTING_MS = 100;

export interface ShutdownSteps {
  monotonicMs(): number;
  log(level: LogLevel, text: string): void;
  /** Shows the service manager what goes on. */
  status(text: string): void;
  readonly progress: Progress;
  readonly snapshots: Pick<SnapshotControl, "isConfigured" | "save" | "abandon">;
  /** The append-only log: its rewriting is called off; what is left is written. */
  readonly appendLog: { callOff(): void; end(): void };
  /** Stops listening, cleans up and ends the process. */
  leave(options: ShutdownOptions): void;
  /** Ends the process as it is. */
  abandon(): void;
}

export class Shutdown {
  private pending: ShutdownOptions | null = null;
  /** When a SIGINT has asked for it. */
  private interruptedMs: number | null = null;
  private readonly steps: ShutdownSteps;

  constructor(steps: ShutdownSteps) {
    this.steps = steps;
  }

  /**
   * A signal asks for the end, in the way that is configured for it. A second SIGINT insists; a
   * SIGTERM and a SIGINT do not: who watches over a process adds the one to the other.
   */
  signal(name: string, chosen: readonly string[]): void {
    const { steps } = this;
    if (name === "SIGINT") {
      const nowMs = steps.monotonicMs();
      if (this.interruptedMs !== null) {
        if (nowMs - this.interruptedMs < INSISTING_MS) return;
        steps.log("warning", "You insist... exiting now.");
        steps.abandon();
        return;
      }
      this.interruptedMs = nowMs;
    }
    steps.log(
      "warning",
      steps.progress.state === "loading"
        ? "Received shutdown signal during loading, scheduling shutdown."
        : `Received ${name} scheduling shutdown...`,
    );
    this.pending = optionsOf(chosen);
  }

  /** Whether a signal has asked for the end. */
  get isAsked(): boolean {
    return this.pending !== null;
  }

  private forget(): void {
    this.pending = null;
    this.interruptedMs = null;
  }

  /** Leaves now; throws when the last snapshot cannot be written, and it is not forced. */
  run(options: ShutdownOptions): void {
    const { steps } = this;
    this.forget();
    steps.log("warning", "User requested shutdown...");
    if (steps.progress.log === "waiting") {
      // Whatever else there is, a start with the log would find nothing.
      if (!options.force) this.fail("Writing initial AOF, can't exit.");
      steps.log("warning", "Writing initial AOF. Exit anyway.");
    }
    this.callOffAll();
    steps.appendLog.end();
    const { isConfigured } = steps.snapshots;
    const isWanted =
      options.save === "always" || (options.save === "as configured" && isConfigured);
    // While it loads, what there is is not all.
    if (isWanted && steps.progress.state !== "loading") {
      steps.log("notice", "Saving the final RDB snapshot before exiting.");
      steps.status("Saving the final RDB snapshot");
      if (!steps.snapshots.save()) {
        if (!options.force) {
          steps.status("Error trying to save the DB, can't exit.");
          this.fail("Error trying to save the DB, can't exit.");
        }
        steps.log("warning", "Error trying to save the DB. Exit anyway.");
      }
    }
    steps.leave(options);
  }

  /** What is written in the background comes to nothing. */
  private callOffAll(): void {
    const { progress, snapshots, appendLog, log } = this.steps;
    if (progress.saving !== null) {
      log("warning", "There is a child saving an .rdb. Killing it!");
      snapshots.abandon();
    }
    if (progress.rewriting !== null) {
      log("warning", "There is a child rewriting the AOF. Killing it!");
      appendLog.callOff();
    }
  }

  private fail(why: string): never {
    const { steps } = this;
    steps.log("warning", why);
    steps.log(
      "warning",
      "Errors trying to shut down the server. Check the logs for more information.",
    );
    throw FAILED;
  }

  /** From the timer: leaves if a signal has asked for it. */
  check(): void {
    if (this.pending === null) return;
    try {
      this.run(this.pending);
    } catch (error) {
      // The log says why the server stays.
      if (error !== FAILED) throw error;
    }
  }

  /** SHUTDOWN ABORT; throws when there is nothing to abort. */
  abort(): void {
    if (this.pending === null) throw NONE;
    this.forget();
    this.steps.log("warning", "Shutdown manually aborted.");
  }
}

/** The options that the words of shutdown-on-sigint and shutdown-on-sigterm stand for. */
function optionsOf(chosen: readonly string[]): ShutdownOptions {
  const unlessSaved = chosen.includes("nosave") ? "never" : "as configured";
  return {
    save: chosen.includes("save") ? "always" : unlessSaved,
    now: chosen.includes("now"),
    force: chosen.includes("force"),
  };
}
