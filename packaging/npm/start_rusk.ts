/** Servers for tests: each on a free port, empty, and gone when the process that started it is. */

import { type ChildProcess, spawn } from "node:child_process";
import {
  closeSync,
  existsSync,
  mkdtempSync,
  openSync,
  readFileSync,
  realpathSync,
  rmSync,
} from "node:fs";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { findBinary } from "./binary.ts";
import { freePort } from "./free_port.ts";
import { watchOver } from "./undertaker.ts";

/** Directives of redis.conf by name; `true` is yes, and a list is a directive of several words. */
export type Directives = Readonly<
  Record<string, string | number | boolean | readonly (string | number)[]>
>;

/** How a server is started. Without any, it is empty, on a free port, and saves nothing. */
export interface StartOptions {
  /** Directives (`{ maxmemory: "100mb", appendonly: true }`), or the path of a redis.conf. */
  config?: Directives | string;
  /** Further words of the command line: `["--appendonly", "yes"]`. */
  args?: readonly string[];
  /** An existing folder for the server's files, which stays. Without: one that is removed. */
  dir?: string;
  /** The port. Without: a free one. */
  port?: number;
  /** The program, in place of the binary that is installed with this package. */
  binary?: string;
  /** How long it may take until it is ready, in ms: 30,000 if not said. */
  timeout?: number;
}

/** A server that runs. */
export interface RuskServer {
  /** 127.0.0.1 */
  readonly host: string;
  readonly port: number;
  /** `redis://127.0.0.1:PORT`, as clients take it. */
  readonly url: string;
  readonly pid: number;
  /** The folder of its files. */
  readonly dir: string;
  /** What it has logged so far. */
  log(): string;
  /** Ends it, and removes its folder if it was a temporary one. More than once does no harm. */
  stop(): Promise<void>;
  /** As `stop`: for `await using server = await startRusk()`. */
  [Symbol.asyncDispose](): Promise<void>;
}

const HOST = "127.0.0.1";
const TIMEOUT_MS = 30_000;
const STOP_LIMIT_MS = 10_000;
const POLL_MS = 2;
const ATTEMPTS = 10;

/**
 * Starts a server, and resolves when it answers. It ends by `stop`, or with this process, however
 * that ends. Rejects with what the server has logged if it does not start.
 */
export async function startRusk(options: StartOptions = {}): Promise<RuskServer> {
  for (let attempt = 1; ; attempt++) {
    const port = options.port ?? (await freePort(HOST));
    const server = launch(port, options);
    const problem = await ready(server, options.timeout ?? TIMEOUT_MS);
    if (problem === null) return server.shown;
    const log = server.shown.log();
    await server.shown.stop();
    // Another process may have taken the port between the search and the start.
    const again = options.port === undefined && log.includes("Failed listening on port");
    if (!again || attempt === ATTEMPTS) throw new Error(`Rusk ${problem}\n${log}`.trimEnd());
  }
}

interface Launched {
  readonly child: ChildProcess;
  /** Written by the server once it listens. */
  readonly pidFile: string;
  /** Resolves to how it ended, once it has. */
  readonly ended: Promise<string>;
  readonly shown: RuskServer;
}

function launch(port: number, options: StartOptions): Launched {
  const binary = fromHere(options.binary ?? findBinary());
  const home = realpathSync(mkdtempSync(join(tmpdir(), "rusk-")));
  const dir = options.dir === undefined ? home : realpathSync(options.dir);
  const pidFile = join(home, "rusk.pid");
  const logFile = join(home, "rusk.log");
  const own = { bind: HOST, port, dir, pidfile: pidFile, daemonize: false, logfile: "" };
  const words = [...configured(options), ...(options.args ?? []), ...commandLine(own)];
  const output = openSync(logFile, "w");
  const child = spawn(binary, words, { cwd: dir, stdio: ["ignore", output, output] });
  closeSync(output);
  child.unref();
  const undertaker = watchOver(child.pid, home);
  const ended = new Promise<string>((settle) => {
    child.once("error", (error) => settle(`cannot be run: ${error.message}`));
    child.once("exit", (code, signal) => settle(`has ended: ${signal ?? `exit status ${code}`}`));
  });
  ended.then(undertaker.ended);
  let stopped: Promise<void> | undefined;
  const stop = () => {
    stopped ??= end(child, ended).then(() => {
      rmSync(home, { recursive: true, force: true });
      undertaker.removed();
    });
    return stopped;
  };
  const log = () => (existsSync(logFile) ? readFileSync(logFile, "utf8") : "");
  const url = `redis://${HOST}:${port}`;
  const { pid = 0 } = child;
  const shown = { host: HOST, port, url, pid, dir, log, stop, [DISPOSE]: stop } as RuskServer;
  return { child, pidFile, ended, shown };
}

/** Node 18 has it under another name. */
const DISPOSE: typeof Symbol.asyncDispose =
  Symbol.asyncDispose ?? Symbol.for("nodejs.asyncDispose");

/**
 * What comes first on the command line: the file; or the directives, which errors number from the
 * first one on, and, of what they do not say, what is otherwise than in a file of Redis.
 */
function configured({ config = {} }: StartOptions): string[] {
  if (typeof config === "string") return [resolve(config)];
  const words = commandLine(config);
  const given = new Set(words.map((word) => word.toLowerCase()));
  if (!given.has("--save")) words.push("--save", "");
  if (!given.has("--appendonly")) words.push("--appendonly", "no");
  return words;
}

/** The path of a program for who is in another folder; what has no slash is sought in the PATH. */
const fromHere = (program: string) => (/[/\\]/.test(program) ? resolve(program) : program);

function commandLine(directives: Directives): string[] {
  return Object.entries(directives).flatMap(([name, value]) => {
    if (typeof value === "boolean") return [`--${name}`, value ? "yes" : "no"];
    return [`--${name}`, ...(Array.isArray(value) ? value : [value]).map(String)];
  });
}

/** Waits for the server to answer; else, resolves to what has become of it. */
async function ready(server: Launched, timeoutMs: number): Promise<string | null> {
  let ended: string | null = null;
  server.ended.then((how) => {
    ended = how;
  });
  const deadline = Date.now() + timeoutMs;
  while (ended === null && Date.now() < deadline) {
    // The port alone might be that of another server, which was faster to take it.
    if (existsSync(server.pidFile) && (await answers(server.shown.port))) return ended;
    await new Promise((settle) => setTimeout(settle, POLL_MS));
  }
  return ended ?? `was not ready within ${timeoutMs} ms`;
}

/** Whether PING is answered, and be it by asking for a password; not while data are loaded. */
function answers(port: number): Promise<boolean> {
  return new Promise((settle) => {
    const socket = connect(port, HOST, () => socket.write("PING\r\n"));
    socket.once("data", (bytes) => {
      settle(!bytes.toString("latin1").startsWith("-LOADING"));
      socket.destroy();
    });
    socket.once("error", () => settle(false));
    socket.once("close", () => settle(false));
  });
}

async function end(child: ChildProcess, ended: Promise<string>): Promise<void> {
  child.kill("SIGTERM");
  const timer = setTimeout(() => child.kill("SIGKILL"), STOP_LIMIT_MS);
  await ended;
  clearTimeout(timer);
}
