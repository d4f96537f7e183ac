/** Runs a script in the engine alone, on a host that has no data. */

import { Execution } from "../../src/scripting/execution.ts";
import { run } from "../../src/scripting/guards/run_state.ts";
import type { ScriptHost } from "../../src/scripting/host.ts";
import { CompileError, compileScript } from "../../src/scripting/script.ts";
import { KeyVector, NO_KEYS, type ScriptValue } from "../../src/scripting/value.ts";
import { ownCpuMs } from "../client/process.ts";

export interface RunOptions {
  args?: string[];
  /** "always" has the script ask for the time, and end a slice, wherever it can. */
  slices?: "one" | "always";
  host?: Partial<ScriptHost>;
}

export interface RunResult {
  value: ScriptValue;
  /** As a reply has it; null if the script ended well. */
  error: string | null;
  /** How many slices it took. */
  sliceCount: number;
  /** CPU time of the longest of them. */
  sliceMsMax: number;
}

export const silentHost: ScriptHost = {
  call: (args) => args,
  now: () => performance.now(),
  memorySize: () => 0,
  collect: () => undefined,
  log: () => undefined,
  setProtocol: () => undefined,
  setReplication: () => undefined,
  mayRun: () => true,
  register: null,
};

/** A command that leaves next to no fuel to the script, as later each look at the clock does. */
const USE_FUEL = "use-fuel";

function littleFuel(): number {
  run.f = 1;
  return 0;
}

/** The result of a script; byte strings in it and of it. */
export function runScript(source: string, options: RunOptions = {}): RunResult {
  const result: RunResult = { value: undefined, error: null, sliceCount: 0, sliceMsMax: 0 };
  const host = { ...silentHost, ...options.host };
  const isSliced = options.slices === "always";
  if (isSliced) {
    const { call } = host;
    host.call = (args) => (args[0] === USE_FUEL ? littleFuel() : call(args));
    host.now = littleFuel;
  }
  try {
    const text = isSliced ? `redis.call("${USE_FUEL}"); ${source}` : source;
    const execution = Execution.ofScript(
      compileScript(text, "script"),
      NO_KEYS,
      new KeyVector(["", ...(options.args ?? [])], "ARGV"),
      host,
    );
    const deadline = isSliced ? Number.NEGATIVE_INFINITY : Number.POSITIVE_INFINITY;
    for (let isOver = false; !isOver; ) {
      const begin = ownCpuMs();
      isOver = execution.step(deadline);
      result.sliceCount++;
      result.sliceMsMax = Math.max(result.sliceMsMax, ownCpuMs() - begin);
    }
    result.value = execution.value;
    result.error = execution.failure?.message ?? null;
  } catch (error) {
    if (!(error instanceof CompileError)) throw error;
    result.error = error.message;
  }
  return result;
}

/** The value of a script that has to end well. */
export function valueOfScript(source: string, ...args: string[]): ScriptValue {
  const { value, error } = runScript(source, { args });
  if (error !== null) throw new Error(`${error}: ${source}`);
  return value;
}

/** What a script that has to fail says. */
export function errorOfScript(source: string, ...args: string[]): string {
  const { value, error } = runScript(source, { args });
  if (error === null) throw new Error(`gives ${JSON.stringify(value)}: ${source}`);
  return error;
}

/** The bytes of a text in UTF-8, each a character. */
export const bytesOf = (text: string): string => Buffer.from(text, "utf8").toString("latin1");
