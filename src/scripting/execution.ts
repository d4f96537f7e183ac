/**
 * One run of a script, in steps: each goes on until the script ends or its time is over. Scripts
 * run one at a time, none inside another: what a run counts (fuel, memory, depth) is there once. To
 * end a script, its execution is dropped: no catch and no finally of it runs.
 */
import type { ScriptHost } from "./host.ts";
import { $, FUEL, GI, hostErr, LIM, SObj, Throw, tostr, Vec1 } from "./prototype/runtime.ts";
import type { Script } from "./script.ts";
import type { KeyVector, ScriptFunction, ScriptValue } from "./value.ts";

/** How an error reached the end of a script. */
export interface ScriptFailure {
  /** As a reply begins: with its code, without a position. No CR or LF. */
  readonly message: string;
  /** Whether it is an error object, a command's or the script's own: its text stands as it is. */
  readonly isReply: boolean;
  /** Where, from 1 on. */
  readonly line: number;
}

export class Execution {
  /** After `step`: what the script returned, or why it failed. */
  value: ScriptValue;
  failure: ScriptFailure | null = null;
  private readonly generator: Generator<void, unknown, void>;
  private readonly host: ScriptHost;

  private constructor(generator: Generator<void, unknown, void>, host: ScriptHost) {
    this.generator = generator;
    this.host = host;
  }

  /** A script with its KEYS and ARGV. */
  static ofScript(script: Script, keys: string[], args: string[], host: ScriptHost): Execution {
    const main = script.main(0, vector(keys, "KEYS"), vector(args, "ARGV"));
    return new Execution(main, host);
  }

  /** A function of a library. */
  static ofFunction(
    callback: ScriptFunction,
    keys: string[],
    args: string[],
    host: ScriptHost,
  ): Execution {
    return new Execution(callFunction(callback, vector(keys, "keys"), vector(args, "args")), host);
  }

  /** Runs until the end, or until `deadlineMs` of the host's time; whether the script has ended. */
  step(deadlineMs: number): boolean {
    $.host = this.host;
    $.deadline = deadlineMs;
    try {
      const result = this.generator.next();
      if (!result.done) return false;
      this.value = result.value as ScriptValue;
    } catch (error) {
      this.failure = failureOf(error);
    }
    return true;
  }
}

/** Sets what a run counts to its beginning. */
export function resetMeter(): void {
  Object.assign($, { f: FUEL, m: LIM.memQuantum, l: 1, dead: false, memBase: -1 });
}

function* callFunction(
  callback: ScriptFunction,
  keys: KeyVector,
  args: KeyVector,
): Generator<void, unknown, void> {
  let result = callback(0, keys as unknown as ScriptValue, args as unknown as ScriptValue);
  if (result instanceof GI) result = yield* result as Generator<void, unknown, void>;
  return result;
}

function vector(values: string[], name: string): KeyVector {
  return new Vec1(["", ...values], name) as unknown as KeyVector;
}

function failureOf(error: unknown): ScriptFailure {
  if (error instanceof Throw) {
    const { v, line } = error;
    if (v instanceof SObj && typeof v.err === "string") {
      return { message: v.err, isReply: true, line };
    }
    return { message: `ERR ${tostr(v)}`, isReply: false, line };
  }
  try {
    return { message: `ERR ${tostr(hostErr(error))}`, isReply: false, line: $.l };
  } catch (fatal) {
    return { message: (fatal as { msg: string }).msg, isReply: false, line: $.l };
  }
}
