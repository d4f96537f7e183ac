// Starts and stops the servers under test: each on a free port of 127.0.0.1, in a temporary
// folder of its own, and gone when this process ends, however it ends (except by SIGKILL).

import { closeSync, existsSync, mkdtempSync, openSync, readFileSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { Control } from "./control.ts";
import { listenerOf, processTree } from "./process_figures.ts";

const PORT_FIRST = 20000;
const PORT_COUNT = 10000;
const START_LIMIT_MS = 300_000;

/** A running server. */
export interface Server {
  port: number;
  /** The process that listens, whose CPU time and memory count. */
  pid: number;
  /** From just before the spawn to the first PONG. */
  startMs: number;
  /** The last lines that the server printed. */
  log(): string;
  stop(): Promise<void>;
}

interface Child {
  process: Bun.Subprocess;
  folder: string;
}

const children = new Set<Child>();

process.on("exit", () => {
  for (const child of children) kill(child);
});
for (const [signal, number] of [
  ["SIGINT", 2],
  ["SIGTERM", 15],
  ["SIGHUP", 1],
] as const) {
  process.on(signal, () => process.exit(128 + number));
}

/**
 * Starts the server of a command line, in which `{port}` stands for the port, and waits until it
 * answers PING with PONG. Throws, with the server's last words, when it does not.
 */
export async function startServer(commandLine: string): Promise<Server> {
  const port = await freePort();
  const words = commandWords(commandLine).map((word) =>
    atRoot(word.replaceAll("{port}", String(port))),
  );
  const folder = mkdtempSync(join(tmpdir(), "rusk-bench-"));
  const logFile = join(folder, "server.log");
  const log = () => readFileSync(logFile, "utf8").trim().split("\n").slice(-5).join("\n");

  const output = openSync(logFile, "w");
  const spawnedMs = performance.now();
  const spawned = spawn(words, folder, output);
  closeSync(output);
  const child = { process: spawned, folder };
  children.add(child);

  if (!(await answersPing(spawned, port, spawnedMs + START_LIMIT_MS))) {
    const lastWords = log();
    await stop(child);
    throw new Error(`no PONG from: ${commandLine}\n${lastWords}`);
  }
  const startMs = performance.now() - spawnedMs;
  const pid = listenerOf(spawned.pid, port);
  return { port, pid, startMs, log, stop: () => stop(child) };
}

/** Runs `work` with servers of these command lines, and stops them whatever happens. */
export async function withServers<T>(
  commandLines: readonly string[],
  work: (...servers: Server[]) => Promise<T>,
): Promise<T> {
  const servers: Server[] = [];
  try {
    for (const line of commandLines) servers.push(await startServer(line));
    return await work(...servers);
  } finally {
    for (const server of servers) await server.stop();
  }
}

/** Splits a command line at blanks; quotes keep blanks (and nothing at all) in a word. */
export function commandWords(commandLine: string): string[] {
  const words = commandLine.match(/(?:"[^"]*"|'[^']*'|[^\s"'])+/g) ?? [];
  return words.map((word) =>
    word.replace(/"([^"]*)"|'([^']*)'/g, (_, double?: string, single?: string) => {
      return double ?? single ?? "";
    }),
  );
}

/** A path relative to where the tool was called becomes absolute: servers run in other folders. */
function atRoot(word: string): string {
  return word.includes("/") && existsSync(word) ? resolve(word) : word;
}

function spawn(words: readonly string[], folder: string, output: number): Bun.Subprocess {
  try {
    return Bun.spawn([...words], { cwd: folder, stdin: "ignore", stdout: output, stderr: output });
  } catch {
    rmSync(folder, { recursive: true, force: true });
    throw new Error(`there is no ${words[0]} to run (make build makes dist/rusk)`);
  }
}

async function freePort(): Promise<number> {
  for (let attempt = 0; attempt < 100; attempt++) {
    const port = PORT_FIRST + Math.floor(Math.random() * PORT_COUNT);
    if (await canListen(port)) return port;
  }
  throw new Error(`no free port from ${PORT_FIRST} to ${PORT_FIRST + PORT_COUNT - 1}`);
}

function canListen(port: number): Promise<boolean> {
  return new Promise((settle) => {
    const probe = createServer();
    probe.once("error", () => settle(false));
    probe.listen(port, "0.0.0.0", () => probe.close(() => settle(true)));
  });
}

async function answersPing(
  spawned: Bun.Subprocess,
  port: number,
  deadlineMs: number,
): Promise<boolean> {
  while (performance.now() < deadlineMs && spawned.exitCode === null && !spawned.killed) {
    if (await pong(port)) return true;
    await Bun.sleep(1);
  }
  return false;
}

async function pong(port: number): Promise<boolean> {
  let control: Control | null = null;
  try {
    control = await Control.open(port);
    return (await control.ask("PING")) === "+PONG";
  } catch {
    return false; // not listening yet
  } finally {
    control?.close();
  }
}

async function stop(child: Child): Promise<void> {
  if (!children.has(child)) return;
  kill(child);
  children.delete(child);
  await child.process.exited;
}

/** SIGKILL, as nothing is to be saved: also for descendants, when the process is a wrapper. */
function kill(child: Child): void {
  for (const pid of processTree(child.process.pid).reverse()) {
    try {
      process.kill(pid, "SIGKILL");
    } catch {
      // it has ended already
    }
  }
  rmSync(child.folder, { recursive: true, force: true });
}
