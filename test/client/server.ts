/**
 * Purpose: starts and stops the servers that the tests talk to: Rusk, and the real Redis to compare
 * with. Each runs on a free port of 127.0.0.1 in a temporary folder of its own, and is gone when
 * the test process ends, however it ends.
 *
 * RUSK_BINARY names what to start instead of the sources under Bun: a path (dist/rusk), or a whole
 * command line (`deno run -A src/main.ts`), taken from the repository's root.
 */

import { type ChildProcess, spawn } from "node:child_process";
import { closeSync, existsSync, mkdtempSync, openSync, readFileSync, rmSync } from "node:fs";
import { createServer, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { type Client, connect } from "./client.ts";
import { type SessionOptions, session } from "./session.ts";

const ROOT = resolve(import.meta.dir, "../..");
const START_LIMIT_MS = 120_000;
const STOP_LIMIT_MS = 60_000;
const START_ATTEMPTS = 5;
/** Below the range from which systems take the ports of outgoing connections. */
const PORT_FIRST = 21_000;
const PORT_COUNT = 11_000;

/** How a server is started. */
export interface ServerOptions {
  /** Arguments after the program; `{port}` and `{dir}` stand for the port and the folder. */
  args?: readonly string[];
  /** The program and its first arguments, instead of Rusk. */
  command?: readonly string[];
  env?: Readonly<Record<string, string>>;
  /** Do not wait for it: for servers that are meant to refuse to start. */
  noWait?: boolean;
}

/** A running server. */
export interface Server {
  readonly host: string;
  readonly port: number;
  readonly pid: number;
  /** Its working folder, removed when it stops. */
  readonly dir: string;
  /** All that it has written to stdout and stderr. */
  log(): string;
  connect(): Promise<Client>;
  /** Runs a transcript, see session.ts. */
  session(text: string, options?: SessionOptions): Promise<void>;
  signal(name: NodeJS.Signals): void;
  /** The exit code, or the signal's name, once it has ended by itself. */
  exited: Promise<number | string>;
  /** Ends it (SIGTERM, then SIGKILL) and removes its folder. */
  stop(): Promise<void>;
}

/** The command line that starts the Rusk under test. */
export function ruskCommand(): string[] {
  const chosen = process.env.RUSK_BINARY;
  if (chosen === undefined || chosen === "") return [process.execPath, join(ROOT, "src/main.ts")];
  return chosen.split(" ").map((word) => (existsSync(join(ROOT, word)) ? join(ROOT, word) : word));
}

/** Where the real redis-server is; null when it is not installed. */
export function redisBinary(): string | null {
  return Bun.which("redis-server");
}

/** Starts Rusk without persistence; arguments of `options` come after and win. */
export function startServer(options: ServerOptions = {}): Promise<Server> {
  return start({ command: ruskCommand(), ...options });
}

/** Starts the real Redis in the same way. Throws when it is not installed. */
export function startRedis(options: ServerOptions = {}): Promise<Server> {
  const binary = redisBinary();
  if (binary === null) throw new Error("redis-server is not installed");
  return start({ command: [binary], ...options });
}

const running = new Set<ChildProcess>();
let undertaker: ChildProcess | null = null;

/**
 * Tells a process that outlives this one what there is: `+` a process or folder, `-` no longer.
 * When its input ends, because this process has ended, it kills and removes what is left: `bun
 * test` runs no exit handlers.
 */
function register(change: "+" | "-", what: number | string | undefined): void {
  if (what === undefined) return;
  undertaker ??= startUndertaker();
  undertaker.stdin?.write(`${change}${what}\n`);
}

const UNDERTAKER = String.raw`
  /^\+/ { left[substr($0, 2)] }
  /^-/ { delete left[substr($0, 2)] }
  END { for (one in left) system(one ~ /^[0-9]+$/ ? "kill -9 " one : "rm -rf \047" one "\047") }
`;

function startUndertaker(): ChildProcess {
  const child = spawn("awk", [UNDERTAKER], {
    stdio: ["pipe", "ignore", "ignore"],
    detached: true, // so that an interrupt from the keyboard does not end it
  });
  child.unref();
  (child.stdin as Partial<Socket> | null)?.unref?.();
  return child;
}

async function start(options: ServerOptions): Promise<Server> {
  for (let attempt = 1; ; attempt++) {
    const server = await startOnce(options);
    if (options.noWait || (await isReady(server))) return server;
    const log = server.log();
    await server.stop();
    // Another process may have taken the port between the search and the start.
    if (/in use|failed listening/i.test(log) && attempt < START_ATTEMPTS) continue;
    throw new Error(`the server did not start: ${options.command?.join(" ")}\n${log}`);
  }
}

async function startOnce(options: ServerOptions): Promise<Server> {
  const port = await freePort();
  const dir = mkdtempSync(join(tmpdir(), "rusk-test-"));
  const [program, ...first] = options.command ?? [];
  const args = ["--port", "{port}", "--save", "", "--appendonly", "no", ...(options.args ?? [])];
  const filled = [...first, ...args].map((word) =>
    word.replaceAll("{port}", String(port)).replaceAll("{dir}", dir),
  );
  const logFile = join(dir, "stdout.log");
  const output = openSync(logFile, "w");
  const env = { ...process.env, ...options.env };
  const child = spawn(program, filled, { cwd: dir, stdio: ["ignore", output, output], env });
  closeSync(output);
  running.add(child);
  register("+", child.pid);
  register("+", dir);
  const exited = new Promise<number | string>((settle) => {
    child.once("exit", (code, signal) => settle(code ?? signal ?? -1));
    child.once("error", (error) => settle(error.message));
  });
  exited.then(() => register("-", child.pid));
  const address = { host: "127.0.0.1", port };
  return {
    ...address,
    pid: child.pid ?? -1,
    dir,
    log: () => (existsSync(logFile) ? readFileSync(logFile, "utf8") : ""),
    connect: () => connect(address),
    session: (text, sessionOptions) => session(address, text, sessionOptions),
    signal: (name) => void child.kill(name),
    exited,
    stop: () => stop(child, exited, dir),
  };
}

/** Waits for a reply to PING, or (a server may listen elsewhere) for the log to say so. */
async function isReady(server: Server): Promise<boolean> {
  let over = false;
  server.exited.then(() => {
    over = true;
  });
  const deadline = performance.now() + START_LIMIT_MS;
  while (!over && performance.now() < deadline) {
    if (await answers(server)) return true;
    if (/ready to accept connections/i.test(server.log())) return !over;
    await Bun.sleep(5);
  }
  return false;
}

async function answers(server: Server): Promise<boolean> {
  let client: Client | null = null;
  try {
    client = await server.connect();
    const reply = await client.command("PING");
    return reply.type !== "error" || !reply.value.startsWith("LOADING");
  } catch {
    return false; // not listening yet
  } finally {
    client?.close();
  }
}

async function stop(child: ChildProcess, exited: Promise<unknown>, dir: string): Promise<void> {
  if (!running.has(child)) return;
  child.kill("SIGTERM");
  const timer = setTimeout(() => child.kill("SIGKILL"), STOP_LIMIT_MS);
  await exited;
  clearTimeout(timer);
  running.delete(child);
  rmSync(dir, { recursive: true, force: true });
  register("-", dir);
}

export async function freePort(): Promise<number> {
  for (let attempt = 0; attempt < 200; attempt++) {
    const port = PORT_FIRST + Math.floor(Math.random() * PORT_COUNT);
    if (await canListen(port)) return port;
  }
  throw new Error(`no free port from ${PORT_FIRST} to ${PORT_FIRST + PORT_COUNT - 1}`);
}

function canListen(port: number): Promise<boolean> {
  return new Promise((settle) => {
    const probe = createServer();
    probe.once("error", () => settle(false));
    probe.listen(port, "127.0.0.1", () => probe.close(() => settle(true)));
  });
}
