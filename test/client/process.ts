// Purpose: what the system tells of a process. Tests compare CPU time, not the time of the clock:
// it is nearly the same on an idle machine and on one that is busy with something else.

import { readFileSync } from "node:fs";

/** Ticks of the system's accounting in a second: the same on every Linux. */
const TICKS = 100;

/** CPU time in ms that the process has taken, to 10 ms. */
export function cpuMs(pid: number): number {
  const fields = readFileSync(`/proc/${pid}/stat`, "latin1").split(") ")[1].split(" ");
  return ((Number(fields[11]) + Number(fields[12])) * 1000) / TICKS;
}

/** CPU time in ms that this process has taken. */
export function ownCpuMs(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
}

/** Bytes of memory that the process holds. */
export function residentSize(pid: number): number {
  const status = readFileSync(`/proc/${pid}/status`, "latin1");
  return Number(/VmRSS:\s+(\d+)/.exec(status)?.[1]) * 1024;
}
