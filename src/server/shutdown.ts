/** The end of the process: asked for by SHUTDOWN at once, by a signal at the next timer run. */
import type { ShutdownOptions, SnapshotControl } from "../commands/server_context.ts";
import { CommandError } from "../protocol/errors.ts";

const FAILED = new CommandError("ERR Errors trying to SHUTDOWN. Check logs.");
const NONE = new CommandError("ERR No shutdown in progress.");

/**
 * Nobody presses Ctrl-C twice in less. Two SIGINT that come so close are one: the terminal's, and
 * that of a program between it and the server which passes it on.
 */
const INSISTING_MS = 100;

export interface ShutdownSteps {
  monotonicMs(): number;
  log(text: string): void;
  readonly snapshots: Pick<SnapshotControl, "isConfigured" | "save" | "abandon">;
  /** The append-only log: writes what is left, unless it has no base yet, which is false. */
  readonly appendLog: { end(): boolean };
  /** What there is is not all: it must not be saved. */
  isLoading(): boolean;
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
        steps.log("You insist... exiting now.");
        steps.abandon();
        return;
      }
      this.interruptedMs = nowMs;
    }
    steps.log(
      steps.isLoading()
        ? "Received shutdown signal during loading, scheduling shutdown."
        : `Received ${name} scheduling shutdown...`,
    );
    this.pending = optionsOf(chosen);
  }

  private forget(): void {
    this.pending = null;
    this.interruptedMs = null;
  }

  /** Leaves now; throws when the last snapshot cannot be written, and it is not forced. */
  run(options: ShutdownOptions): void {
    const { steps } = this;
    this.forget();
    steps.log("User requested shutdown...");
    const { isConfigured } = steps.snapshots;
    steps.snapshots.abandon();
    if (!steps.appendLog.end() && !options.force) {
      steps.log("Writing initial AOF. Can't exit.");
      throw FAILED;
    }
    const isWanted =
      options.save === "always" || (options.save === "as configured" && isConfigured);
    if (isWanted && !steps.isLoading()) {
      steps.log("Saving the final RDB snapshot before exiting.");
      if (!steps.snapshots.save() && !options.force) {
        steps.log("Error trying to save the DB, can't exit.");
        throw FAILED;
      }
    }
    steps.leave(options);
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
    this.steps.log("Shutdown manually aborted.");
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
