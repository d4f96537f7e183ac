// What the kernel says about a server's process: CPU time, resident memory, listening socket.
// Linux.

import { dlopen, FFIType, ptr } from "bun:ffi";
import { readdirSync, readFileSync, readlinkSync } from "node:fs";

const libc = dlopen("libc.so.6", {
  clock_gettime: { args: [FFIType.i32, FFIType.ptr], returns: FFIType.i32 },
});
const timespec = new BigInt64Array(2);

/**
 * User and system time that the process (all its threads, also ended ones) has used, in seconds.
 * The sum is that of utime and stime in /proc/PID/stat, whose step of 10 ms is too coarse for short
 * runs: the process's CPU clock counts nanoseconds. Throws when there is no such process.
 */
export function cpuSeconds(pid: number): number {
  // The kernel's encoding of "all CPU time of this process" as a clock: the inverted id, and 2.
  const clock = (~pid << 3) | 2;
  if (libc.symbols.clock_gettime(clock, ptr(timespec)) !== 0) {
    throw new Error(`process ${pid} has no CPU clock: it has ended`);
  }
  return Number(timespec[0]) + Number(timespec[1]) / 1e9;
}

/**
 * CPU time of the process's children that have ended, in seconds, by steps of 10 ms: Redis saves
 * and rewrites its log in those. Throws when there is no such process.
 */
export function childCpuSeconds(pid: number): number {
  const stat = readFileSync(`/proc/${pid}/stat`, "latin1");
  // The name, in parentheses, may hold blanks; see proc(5): cutime and cstime are 16 and 17.
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  return (Number(fields[13]) + Number(fields[14])) / 100;
}

/** Resident memory of the process, in bytes. */
export function residentBytes(pid: number): number {
  const status = readFileSync(`/proc/${pid}/status`, "latin1");
  const kilobytes = /^VmRSS:\s+(\d+) kB/m.exec(status);
  if (kilobytes === null) throw new Error(`process ${pid} has no resident memory: it has ended`);
  return Number(kilobytes[1]) * 1024;
}

/** The process and all that descend from it, parents first. */
export function processTree(pid: number): number[] {
  const tree = [pid];
  for (let index = 0; index < tree.length; index++) {
    tree.push(...childrenOf(tree[index] as number));
  }
  return tree;
}

/** The process that listens on the TCP port: `pid`, or a descendant when `pid` is a wrapper. */
export function listenerOf(pid: number, port: number): number {
  const sockets = new Set(listeningInodes(port).map((inode) => `socket:[${inode}]`));
  const listener = processTree(pid).find((candidate) =>
    openFiles(candidate).some((file) => sockets.has(file)),
  );
  if (listener === undefined) throw new Error(`no process of ${pid} listens on port ${port}`);
  return listener;
}

function childrenOf(pid: number): number[] {
  try {
    return readdirSync(`/proc/${pid}/task`).flatMap((thread) =>
      readFileSync(`/proc/${pid}/task/${thread}/children`, "latin1")
        .split(" ")
        .filter((word) => word !== "")
        .map(Number),
    );
  } catch {
    return []; // it ended meanwhile
  }
}

function listeningInodes(port: number): string[] {
  const LISTEN = "0A";
  const portHex = port.toString(16).toUpperCase().padStart(4, "0");
  const lines = ["/proc/net/tcp", "/proc/net/tcp6"].flatMap((file) =>
    readFileSync(file, "latin1").split("\n").slice(1),
  );
  return lines
    .map((line) => line.trim().split(/\s+/))
    .filter((words) => words[1]?.endsWith(`:${portHex}`) && words[3] === LISTEN)
    .map((words) => words[9] as string);
}

function openFiles(pid: number): string[] {
  try {
    return readdirSync(`/proc/${pid}/fd`).map((fd) => linkTarget(`/proc/${pid}/fd/${fd}`));
  } catch {
    return [];
  }
}

function linkTarget(path: string): string {
  try {
    return readlinkSync(path);
  } catch {
    return ""; // closed since the folder was read
  }
}
