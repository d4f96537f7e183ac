/**
 * Where the run of a script is and what it has counted: there once, since scripts run one at a
 * time, none inside another. Generated code reads and writes it as `$`; the names that it uses in
 * every loop are short, because a new script's text is parsed before it runs.
 */
import type { ScriptHost } from "../host.ts";
import { FIRST_MEMORY_QUANTUM, FUEL } from "../limits.ts";
import type { ScriptFunction, ScriptValue } from "../value.ts";

export interface RunState {
  /** Fuel: units of work until the clock is looked at. */
  f: number;
  /** Line of the statement that runs, from 1 on. */
  l: number;
  /** Set by what a script cannot catch: no finally of it runs any more. */
  dead: boolean;
  /** Counted bytes until the real figure is looked at. */
  m: number;
  /** Bytes that are counted when `m` comes to 0. */
  counted: number;
  /** The real figure at the first look; -1 before it. */
  memoryBase: number;
  /** When the time slice is over, by the host's clock. */
  deadlineMs: number;
  /** Of the running script; null while none runs. */
  host: ScriptHost | null;
  /** A function that a built-in has left to its caller, with its arguments: see calls.ts. */
  pendingFunction: ScriptFunction | null;
  pendingArguments: ScriptValue[] | null;
}

export const run: RunState = {
  f: FUEL,
  l: 1,
  dead: false,
  m: FIRST_MEMORY_QUANTUM,
  counted: FIRST_MEMORY_QUANTUM,
  memoryBase: -1,
  deadlineMs: 0,
  host: null,
  pendingFunction: null,
  pendingArguments: null,
};

/** Sets what a run counts to its beginning: nothing of the one before is left. */
export function beginRun(): void {
  run.f = FUEL;
  run.l = 1;
  run.dead = false;
  run.m = FIRST_MEMORY_QUANTUM;
  run.counted = FIRST_MEMORY_QUANTUM;
  run.memoryBase = -1;
  run.pendingFunction = null;
  run.pendingArguments = null;
}

/** Lets go of what the run that has ended held. */
export function endRun(): void {
  run.host = null;
  run.pendingFunction = null;
  run.pendingArguments = null;
}

/** What the running script reaches of the server. */
export function theHost(): ScriptHost {
  if (run.host === null) throw new Error("Bug: no script runs");
  return run.host;
}
