/**
 * One run of a script, in steps: each goes on until the script ends or its time is over. Scripts
 * run one at a time, none inside another: what a run counts (fuel, memory, depth) is there once. To
 * end a script before its end, it is killed: no catch and no finally of it runs.
 */

import { cString } from "../base/words.ts";
import { stringOf } from "./guards/conversion.ts";
import { Fatal, ofHost, Thrown } from "./guards/errors.ts";
import { countedSize } from "./guards/meter.ts";
import { beginRun, endRun, run } from "./guards/run_state.ts";
import type { ScriptHost } from "./host.ts";
import type { LibraryUse } from "./library_memory.ts";
import { MESSAGE_SIZE_MAX } from "./limits.ts";
import type { Script } from "./script.ts";
import {
  type CallResult,
  GeneratorObject,
  type KeyVector,
  NO_ARGUMENTS,
  NO_KEYS,
  type Running,
  type ScriptFunction,
  ScriptObject,
  type ScriptValue,
} from "./value.ts";

/** As ScriptHost.log has it. */
const WARNING = 3;

/** How an error reached the end of a script. */
export interface ScriptFailure {
  /** As a reply begins: with its code, without a position. No CR or LF. */
  readonly message: string;
  /** Whether it is an error object, a command's or the script's own: its text stands as it is. */
  readonly isReply: boolean;
  /** What was thrown, if it is that. */
  readonly value: ScriptValue;
  /** Where, from 1 on. */
  readonly line: number;
  /** The host's error behind it, which is a bug of ours; null if there is none. */
  readonly cause: unknown;
}

/** A script, or a function of a library. */
type ScriptMain = (depth: number, keys: KeyVector, args: KeyVector) => CallResult;

export class Execution {
  /** After `step`: what the script returned, or why it failed. */
  value: ScriptValue;
  failure: ScriptFailure | null = null;
  private readonly main: ScriptMain;
  private keys: KeyVector;
  private args: KeyVector;
  private readonly host: ScriptHost;
  private readonly use: LibraryUse | null;
  /** While it pauses: null before it has begun, and when it has ended. */
  private running: Running | null = null;
  private hasBegun = false;

  private constructor(
    main: ScriptMain,
    keys: KeyVector,
    args: KeyVector,
    host: ScriptHost,
    use: LibraryUse | null,
  ) {
    this.main = main;
    this.keys = keys;
    this.args = args;
    this.host = host;
    this.use = use;
  }

  /** A script with its KEYS and ARGV. */
  static ofScript(script: Script, keys: KeyVector, args: KeyVector, host: ScriptHost): Execution {
    return new Execution(script.main, keys, args, host, null);
  }

  /** A function of a library, which `use` is of. */
  static ofFunction(
    callback: ScriptFunction,
    keys: KeyVector,
    args: KeyVector,
    host: ScriptHost,
    use: LibraryUse,
  ): Execution {
    return new Execution(callback, keys, args, host, use);
  }

  /** Runs until the end, or until `deadlineMs` of the host's time; whether the script has ended. */
  step(deadlineMs: number): boolean {
    const isBeginning = !this.hasBegun;
    if (isBeginning) {
      this.hasBegun = true;
      beginRun();
    }
    run.host = this.host;
    run.deadlineMs = deadlineMs;
    try {
      const isOver = isBeginning ? this.begin() : this.goOn(this.running as Running);
      if (!isOver) return false;
    } catch (error) {
      this.fail(error);
    }
    this.end();
    return true;
  }

  private fail(error: unknown): void {
    this.failure = failureOf(error);
    const { cause, line } = this.failure;
    if (cause === null) return;
    const problem = cause instanceof Error ? (cause.stack ?? cause.message) : String(cause);
    this.host.log(WARNING, `Bug in what a script called at its line ${line}: ${problem}`);
  }

  private begin(): boolean {
    const result = this.main(0, this.keys, this.args);
    if (result instanceof GeneratorObject) {
      this.running = result;
      return this.goOn(result);
    }
    this.value = result;
    return true;
  }

  private goOn(running: Running): boolean {
    const result = running.next();
    if (!result.done) return false;
    this.value = result.value;
    return true;
  }

  /** Ends it from outside, between two steps; the message is as ScriptFailure has it. */
  kill(message: string): void {
    this.failure = { message, isReply: true, value: null, line: run.l, cause: null };
    this.end();
  }

  /** Lets go of all that it holds. */
  private end(): void {
    this.running = null;
    this.keys = NO_KEYS;
    this.args = NO_ARGUMENTS;
    this.use?.end(countedSize());
    endRun();
  }
}

function failureOf(error: unknown): ScriptFailure {
  if (error instanceof Thrown) {
    const { value, line } = error;
    if (value instanceof ScriptObject && typeof value.err === "string") {
      return { message: oneLine(value.err), isReply: true, value, line, cause: null };
    }
    return { message: oneLine(`ERR ${textOf(value)}`), isReply: false, value, line, cause: null };
  }
  const { message, cause } = error instanceof Fatal ? error : endOf(error);
  return { message: oneLine(message), isReply: false, value: null, line: run.l, cause };
}

/** What a script threw may have no text: then its kind has to do. */
function textOf(value: ScriptValue): string {
  try {
    return stringOf(value);
  } catch (error) {
    return error instanceof Thrown ? "script threw a value that is no error" : endOf(error).message;
  }
}

/** The end that an error of the host's means. */
function endOf(error: unknown): Fatal {
  try {
    return new Fatal(`ERR ${stringOf(ofHost(error))}`, null);
  } catch (fatal) {
    return fatal as Fatal;
  }
}

/** Ended by a NUL, as in Redis. */
function oneLine(message: string): string {
  return cString(message.slice(0, MESSAGE_SIZE_MAX)).replace(/[\r\n]/g, " ");
}
