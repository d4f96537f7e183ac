/** The end of the process by a signal as the system has it, without a report of the runtime's. */
import { constants } from "node:os";
import process from "node:process";
import { type Foreign, type ForeignSignatures, openLibrary } from "./foreign.ts";

const SIGNATURES: ForeignSignatures = {
  signal: { takes: ["int", "long"], returns: "long" },
};
/** SIG_DFL: what the system does. */
const BY_DEFAULT = 0n;
/** The signal arrives within that, or never. */
const ARRIVAL_MS = 1000;

interface Calls {
  signal(number: number, handler: bigint): bigint;
}

export type CrashSignal = "SIGSEGV" | "SIGABRT";

export const signalNumber = (name: CrashSignal) => constants.signals[name];

/** Ends the process; with a core dump where the system makes them. */
export function raiseSignal(foreign: Foreign | null, name: CrashSignal): void {
  const calls = foreign && (openLibrary(foreign, SIGNATURES) as Calls | null);
  calls?.signal(signalNumber(name), BY_DEFAULT);
  process.kill(process.pid, calls === null ? "SIGKILL" : name);
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ARRIVAL_MS);
  process.exit(1);
}
