/**
 * One run of a script, in steps: each goes on until the script ends or its time is over. Scripts
 * run one at a time, none inside another: what a run counts (fuel, memory, depth) is there once. To
 * end a script before its end, it is killed: no catch and no finally of it runs.
 */

import { stringOf } from "./guards/conversion.ts";
import { Fatal, ofHost, Thrown } from "./guards/errors.ts";
import { countedSize } from "./guards/meter.ts";
import { beginRun, endRun, run } from "./guards/run_state.ts";
import type { ScriptHost } from "./host.ts";
import type { LibraryUse } from "./library_memory.ts";
import { MESSAGE_SIZE_MAX } from "./limits.ts";
import type { Script } from "./script.ts";
import {
  GeneratorObject,
  KeyVector,
  type Running,
  type ScriptFunction,
  ScriptObject,
  type ScriptValue,
} from "./value.ts";

export { beginRun as resetMeter } from "./guards/run_state.ts";

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

export class Execution {
  /** After `step`: what the script returned, or why it failed. */
  value: ScriptValue;
  failure: ScriptFailure | null = null;
  private readonly host: ScriptHost;
  private readonly use: LibraryUse | null;
  /** Null once it has ended, so that nobody holds its values any longer. */
  private running: Running | null;
  private hasBegun = false;

  private constructor(running: Running, host: ScriptHost, use: LibraryUse | null) {
    this.running = running;
    this.host = host;
    this.use = use;
  }

  /** A script with its KEYS and ARGV. */
  static ofScript(script: Script, keys: string[], args: string[], host: ScriptHost): Execution {
    const main = script.main(0, vector(keys, "KEYS"), vector(args, "ARGV"));
    return new Execution(main as Running, host, null);
  }

  /** A function of a library, which `use` is of. */
  static ofFunction(
    callback: ScriptFunction,
    keys: string[],
    args: string[],
    host: ScriptHost,
    use: LibraryUse,
  ): Execution {
    const running = callFunction(callback, vector(keys, "keys"), vector(args, "args"));
    return new Execution(running, host, use);
  }

  /** Runs until the end, or until `deadlineMs` of the host's time; whether the script has ended. */
  step(deadlineMs: number): boolean {
    if (!this.hasBegun) {
      this.hasBegun = true;
      beginRun();
    }
    run.host = this.host;
    run.deadlineMs = deadlineMs;
    try {
      const result = (this.running as Running).next();
      if (!result.done) return false;
      this.value = result.value;
    } catch (error) {
      this.failure = failureOf(error);
    }
    this.end();
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
    this.use?.end(countedSize());
    endRun();
  }
}

function* callFunction(callback: ScriptFunction, keys: KeyVector, args: KeyVector): Running {
  const result = callback(0, keys, args);
  return result instanceof GeneratorObject ? yield* result : result;
}

function vector(values: string[], name: string): KeyVector {
  return new KeyVector(["", ...values], name);
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

function oneLine(message: string): string {
  return message.slice(0, MESSAGE_SIZE_MAX).replace(/[\r\n]/g, " ");
}
