/** The process and the machine, for INFO, the log and start-up. */
import { Buffer } from "node:buffer";
import { fstatSync, readFileSync, writeFileSync, writeSync } from "node:fs";
import { arch as architecture, type as osType, release, totalmem } from "node:os";
import process from "node:process";
import type { LockFile } from "./file_locks.ts";
import { bytesOf, type Disk, type HeldFolder } from "./files.ts";
import type { BlockingConnect } from "./net.ts";
import type { CrashSignal } from "./process_end.ts";
import { systemCode } from "./system_error.ts";
import type { LastingWorker } from "./workers.ts";

export { secretWords } from "./secret.ts";

export interface CpuSeconds {
  readonly user: number;
  readonly system: number;
}

/** What can be known of the process and the machine. */
export interface HostFacts {
  readonly pid: number;
  readonly executable: string;
  readonly os: string;
  readonly runtimeName: string;
  readonly supervisor: Pick<SupervisorLink, "name">;
  /** Bytes. */
  residentSize(): number;
  /** As it was up to 100 ms ago, which costs nothing. */
  recentResidentSize(): number;
  /** Of these, bytes of files: of the program and its libraries, which processes share. */
  programSize(): number;
  /** Bytes used by JavaScript's own heap; memory outside it, as the arena's, does not count. */
  heapSize(): number;
  /**
   * Bytes that JavaScript's values took when garbage was last collected, with those of strings;
   * without buffers, of which there are `bufferSize` bytes outside the heap.
   */
  valuesSize(bufferSize: number): number;
  /** Collects what JavaScript's heap holds for nobody. */
  collectGarbage(): void;
  /** As `collectGarbage`, beside what goes on, where the runtime can. */
  collectGarbageLater(): void;
  systemMemorySize(): number;
  /** Seconds of CPU used by the process, and of these by the thread that runs commands. */
  cpuSeconds(): CpuSeconds;
  threadCpuSeconds(): CpuSeconds;
}

/** The service manager that has started the process, if one has. */
export interface SupervisorLink {
  /** As INFO shows it: no, upstart, systemd. */
  readonly name: string;
  /** Shows what the process does. */
  status(text: string): void;
  /** From within what takes long at once: the process is at work. */
  keepAlive(): void;
}

/** The process, the machine and the disk, as the server needs them; main.ts puts it together. */
export interface Host extends HostFacts, Disk {
  readonly supervisor: SupervisorLink;
  /** So many random words for what nobody may guess. */
  secretWords(count: number): Uint32Array;
  /** A file for the disk worker to write, see files.ts. */
  reserveFile(path: string): string;
  /** Starts the disk worker (persistence/disk/disk_worker.ts), see workers.ts. */
  startDiskWorker(
    told: (message: unknown) => void,
    failed: (problem: string) => void,
  ): LastingWorker;
  /** Connects to another server; null where connections cannot be waited for. */
  readonly connect: BlockingConnect | null;
  /** Locks a file until the process ends, see file_locks.ts. */
  readonly lockFile: LockFile;
  /** Holds the folder that relative paths are in, see files.ts. */
  holdFolder(): HeldFolder;
  /** Stops the whole process for so long. */
  sleep(ms: number): void;
  /** Whether there is a process of this number. */
  isRunning(processId: number): boolean;
  /** Ends the process at once. */
  exit(code: number): void;
  /** Ends it as this signal does if nobody minds it. */
  endBySignal(name: CrashSignal): void;
}

const PAGE_SIZE = 4096;

export const pid = process.pid;
/** The command line after the program; bytes, one per character. */
export const args = process.argv.slice(2).map(bytesOf);
/** The name under which the program was started: that of a link to it, where there is one. */
export const startedAs = bytesOf(process.argv0);
export const executable = process.execPath;
export const arch = architecture() === "x64" ? "x86_64" : architecture();
export const os = `${osType()} ${release()} ${arch}`;
/** Bytes; what it was at the start, as Redis has it. */
const machineSize = totalmem();
export const systemMemorySize = () => machineSize;
export const runtimeName =
  typeof Bun === "undefined" ? `deno ${process.versions.deno}` : `bun ${Bun.version}`;

export const wallMs = () => Date.now();

/** The system clock may be set: the finer clock follows it when they are this far apart. */
const DRIFT_MS_MAX = 2;
let originMs = performance.timeOrigin;

/** Unix time in whole µs. */
export function wallUs(): number {
  const wholeMs = Date.now();
  const elapsedMs = performance.now();
  if (Math.abs(originMs + elapsedMs - wholeMs) > DRIFT_MS_MAX) originMs = wholeMs - elapsedMs;
  return Math.floor((originMs + elapsedMs) * 1000);
}

export const monotonicMs = () => performance.now();

/**
 * A figure that is read anew each time, from a file of the system's even where it does not look so:
 * when it cannot be, since no file may be opened, it is what it was last.
 */
function lasting(read: () => number): () => number {
  let last = 0;
  return () => {
    try {
      last = read();
    } catch {
      // A figure that is old is no reason to end.
    }
    return last;
  };
}

/** Redis looks at its memory once in so many ms, and INFO shows what it was then. */
const FIGURE_AGE_MS = 100;

/** A figure that takes long to read: it may be as old as FIGURE_AGE_MS. */
function recent(read: () => number): () => number {
  let last = 0;
  let readMs = -FIGURE_AGE_MS;
  return () => {
    const nowMs = performance.now();
    if (nowMs - readMs >= FIGURE_AGE_MS) {
      last = read();
      readMs = nowMs;
    }
    return last;
  };
}

/** A figure of /proc/self/statm, in bytes. */
const memoryFigure = (index: number) =>
  Number(readFileSync("/proc/self/statm", "latin1").split(" ")[index]) * PAGE_SIZE;

/** Bytes of memory that the process holds. */
export const residentSize = lasting(() => {
  try {
    return memoryFigure(1);
  } catch {
    return process.memoryUsage().rss;
  }
});

/** See HostFacts; 0 where the system does not tell. */
export const programSize = lasting(() => memoryFigure(2));

export const recentResidentSize = recent(residentSize);

/**
 * Until the next collection the heap grows by what is garbage already, and then shrinks: up to here
 * that is no change of what is used.
 */
const HEAP_STEP = 1 << 20;

/** Bytes of JavaScript's own heap; Bun's heapUsed would count the arena's buffers as well. */
const exactHeapSize = recent(lasting(() => process.memoryUsage().heapTotal));
let shownHeapSize = 0;

/** Bytes of JavaScript's own heap, the same until it is by HEAP_STEP another. */
export function heapSize(): number {
  const size = exactHeapSize();
  if (Math.abs(size - shownHeapSize) >= HEAP_STEP) shownHeapSize = size;
  return shownHeapSize;
}

const heapUsedSize = lasting(() => process.memoryUsage().heapUsed);

/** See HostFacts; Bun counts buffers outside the heap as well. */
export function valuesSize(bufferSize: number): number {
  return typeof Bun === "undefined" ? heapUsedSize() : heapUsedSize() - bufferSize;
}

let collector: (() => void) | null = null;

/** Collects what JavaScript's heap holds for nobody, where the runtime lets itself be told to. */
export function collectGarbage(): void {
  collector ??= findCollector();
  collector();
}

/** As `collectGarbage`, beside what goes on, where the runtime can. */
export function collectGarbageLater(): void {
  if (typeof Bun !== "undefined") Bun.gc(false);
}

function findCollector(): () => void {
  if (typeof Bun !== "undefined") return () => Bun.gc(true);
  try {
    // V8 shows it to contexts that are made after it was told to.
    const { setFlagsFromString } = process.getBuiltinModule("node:v8");
    setFlagsFromString("--expose-gc");
    return process.getBuiltinModule("node:vm").runInNewContext("gc");
  } catch {
    return () => {};
  }
}

/** Seconds of CPU that the process has used. */
const inSeconds = ({ user, system }: CpuSeconds) => ({ user: user / 1e6, system: system / 1e6 });

export const cpuSeconds = () => inSeconds(process.cpuUsage());
export const threadCpuSeconds = () => inSeconds(process.threadCpuUsage());

/** How many files the process may have open: connections are files, too. */
export function openFilesMax(): number {
  try {
    const limits = readFileSync("/proc/self/limits", "latin1");
    return Number(/^Max open files\s+(\d+)/m.exec(limits)?.[1] ?? Infinity);
  } catch {
    return Infinity;
  }
}

/**
 * Whether the system refuses memory before it ends processes for want of it: with a limit on the
 * process (`ulimit -v`), or where it promises no more than it has.
 */
export function isMemoryLimited(): boolean {
  try {
    const limits = readFileSync("/proc/self/limits", "latin1");
    const overcommit = readFileSync("/proc/sys/vm/overcommit_memory", "latin1").trim();
    return /^Max address space\s+\d/m.test(limits) || overcommit === NEVER_OVERCOMMITS;
  } catch {
    return false;
  }
}

/** Of a terminal that does not tell. */
const TERMINAL_WIDTH = 80;
const NEVER_OVERCOMMITS = "2";

/** Writes to standard output at once: nothing is lost when the process ends. */
export const writeOut = (text: string) => writeSync(1, Buffer.from(text, "latin1"));

/** Stops everything for so long. */
export function sleep(ms: number): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms);
}

/** Lets what has arrived meanwhile be seen to: a signal, for one. */
export const pause = () => new Promise<void>((resume) => setImmediate(resume));

/** Whether there is a process of this number. */
export function isRunning(processId: number): boolean {
  try {
    process.kill(processId, 0);
    return true;
  } catch (error) {
    return systemCode(error) === "EPERM";
  }
}

export function exit(code: number): never {
  process.exit(code);
}

/** In the environment of a process that is to go on in the background: its starter's number. */
export const DAEMON_STARTER = "RUSK_DAEMON_OF";
/** What the starter waits for; does no harm to a process that does not. */
export const DAEMON_LISTENS = "SIGCONT";

/**
 * Tells who has started this process to go on in the background that it listens; null if nobody
 * has. Its own children are not to hear of it.
 */
export function daemonStarter(): (() => void) | null {
  const starter = Number(process.env[DAEMON_STARTER] ?? 0);
  if (starter === 0) return null;
  delete process.env[DAEMON_STARTER];
  return () => {
    // The starter may have ended, and its number be another's.
    if (process.ppid === starter) process.kill(starter, DAEMON_LISTENS);
  };
}

const OOM_SCORE_FILE = "/proc/self/oom_score_adj";

/** What the kernel adds to the process's score when it looks for one to end; both throw. */
export const readOomScore = () => Number(readFileSync(OOM_SCORE_FILE, "latin1"));
export const writeOomScore = (score: number) => writeFileSync(OOM_SCORE_FILE, `${score}\n`);

/** A variable of the environment, or "" if there is none. */
export const variable = (name: string) => process.env[name] ?? "";

/** Stops the process until somebody has it go on. */
export const stopSelf = () => process.kill(process.pid, "SIGSTOP");

type SignalName = "SIGTERM" | "SIGINT" | "SIGHUP" | "SIGPIPE" | "SIGALRM" | "SIGXFSZ" | "SIGABRT";

export function onSignal(name: SignalName, run: () => void): void {
  process.on(name, run);
}

export function onFailure(report: (error: unknown) => void): void {
  process.on("uncaughtException", report);
  process.on("unhandledRejection", report);
}

export const isTerminal = () => isDevice(1) && process.stdout.isTTY === true;

/** A pipe or a file is known for no terminal without the streams, which take long to load. */
function isDevice(fd: number): boolean {
  try {
    return fstatSync(fd).isCharacterDevice();
  } catch {
    return false;
  }
}

/** The width of the terminal that errors go to, in characters; 0 if they go elsewhere. */
export const terminalWidth = () =>
  process.stderr.isTTY === true ? process.stderr.columns || TERMINAL_WIDTH : 0;
export const writeError = (text: string) => writeSync(2, Buffer.from(text, "latin1"));
