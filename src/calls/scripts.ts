/** Scripts as commands and dispatch see them: what is kept, what runs, and what it reaches. */
import type { Args } from "../protocol/args.ts";
import type { CommandError } from "../protocol/errors.ts";
import type { Reply } from "../protocol/reply.ts";
import type { Execution } from "../scripting/execution.ts";
import type { ScriptHost } from "../scripting/host.ts";
import type { ScriptCache } from "../scripting/script_cache.ts";
import type { Client } from "./client.ts";
import type { Command } from "./command.ts";

/** The call that starts a script: a Call, of which scripts need no more than this. */
export interface ScriptCaller {
  readonly args: Args;
  readonly client: Client;
  readonly command: Command;
  readonly reply: Reply;
  /** Whether it is inside another command (EXEC). */
  readonly nested: boolean;
}

/** What a run is of; Redis's messages differ. */
export type ScriptKind = "script" | "function";

/** One run of a script or function, made by the command that starts it. */
export interface ScriptRun {
  readonly execution: Execution;
  readonly kind: ScriptKind;
  /** SHA-1, or the function's name. */
  readonly name: string;
  /**
   * The client that its commands run as: with a database and RESP version of its own, and the
   * caller's permissions.
   */
  readonly client: Client;
  /** Where its commands write to. */
  readonly inner: Reply;
  /** Whether it is undone when it ends with an error. */
  readonly isAtomic: boolean;
  /** It has a loop, recursion or a callback, and writes: it may have to be ended by force. */
  readonly mayRunLong: boolean;
  /** Set when a command with the write flag is run. */
  hasWritten: boolean;
  /**
   * Writes the reply for what `execution.value` or `execution.failure` says; whether that is no
   * error.
   */
  finish(reply: Reply): boolean;
}

/** What is to run: the script or function that a call names. */
export interface ScriptProgram {
  readonly kind: ScriptKind;
  /** SHA-1, or the function's name. */
  readonly name: string;
  /** Mask of ScriptFlag; null: it has no shebang, which leaves it what old scripts may. */
  readonly flags: number | null;
  readonly mayRunLong: boolean;
}

/** What the server has against scripts, and against what they write. */
export interface ScriptRules {
  /** Why it may not start; null if it may. `isReadOnly`: by one of the _RO commands. */
  refuseStart(program: ScriptProgram, isReadOnly: boolean): CommandError | null;
  /** Of one that has started, why it may not run a command, though nothing was written before. */
  refuseCommand(command: Command, program: ScriptProgram): CommandError | null;
}

/** Has scripts run commands. There is one, since no script runs inside another. */
export interface CommandHost extends ScriptHost {
  /**
   * A script is about to run for the client of a call; throws a CommandError when it may not. The
   * execution is then to be made with this host, and given to `runOf`. `isReadOnly`: it was called
   * by one of the _RO commands.
   */
  begin(call: ScriptCaller, program: ScriptProgram, isReadOnly: boolean): void;
  runOf(execution: Execution): ScriptRun;
}

export interface Scripts {
  readonly running: ScriptRun | null;
  /**
   * Whether that one waits for its next turn: it has run for longer than busy-reply-threshold, and
   * others are told so.
   */
  readonly isSuspended: boolean;
  /** While it is: the command that has started it, and for how long it has been running, in ms. */
  readonly command: Args | null;
  readonly elapsedMs: number;
  readonly cache: ScriptCache;
  readonly host: CommandHost;
  /** Shows the command that starts a script to those in MONITOR, before the script's own. */
  show(call: ScriptCaller): void;
  /** Runs it to its end, or has the client wait while it is busy. */
  run(call: ScriptCaller, run: ScriptRun): void;
  /**
   * A command inside which a script was suspended (EXEC) is suspended as well, in all the calls of
   * its client that are inside it: it returns at once. What it has replied is from `start` on. It
   * goes on with `goOn`, in a call of its own that replies elsewhere: there `start` is 0.
   */
  suspendAround(call: ScriptCaller, start: number, goOn: (call: ScriptCaller) => void): void;
  /**
   * SCRIPT KILL, FUNCTION KILL; `force`: also one that has written, which then is undone. Throws a
   * CommandError: NOTBUSY, UNKILLABLE, BUSY.
   */
  kill(kind: ScriptKind, force: boolean): void;
}
