/**
 * A server in the background, without a terminal (`daemonize`). A process with threads, as both
 * runtimes' are, cannot go on in a fork: it starts itself once more, waits until clients can come,
 * so that a script can go on with them, and ends.
 */
import { spawn } from "node:child_process";
import process from "node:process";
import { DAEMON_LISTENS, DAEMON_STARTER } from "./host.ts";

/** Where the release keeps its program within itself, on Linux and macOS, and on Windows. */
const INSIDE = /^(\/\$bunfs\/|B:[/\\]~BUN[/\\])/;

/** Where it takes longer, as on a very busy machine, the starter waits no more. */
const WAIT_MS = 10_000;

/**
 * Starts this program again, with the same arguments, in `folder` (where this one was started) and
 * a session of its own, and ends this process: with status 0 once the other one listens
 * (`daemonStarter`). `input` is what it is to read on standard input, null for nothing. Throws when
 * it cannot be started, or has ended without listening.
 */
export function startDaemon(folder: string, input: string | null): Promise<never> {
  const [, script, ...args] = process.argv;
  const runtimeArgs = INSIDE.test(script) ? [] : [...developmentArgs(), script];
  const end = () => process.exit(0);
  process.on(DAEMON_LISTENS, end);
  const child = spawn(process.execPath, [...runtimeArgs, ...args], {
    argv0: process.argv0,
    cwd: folder,
    detached: true,
    env: { ...process.env, [DAEMON_STARTER]: String(process.pid) },
    stdio: [input === null ? "ignore" : "pipe", "ignore", "ignore"],
  });
  setTimeout(end, WAIT_MS);
  return new Promise((_, fail) => {
    child.on("error", fail);
    child.on("exit", () => fail(new Error("it has ended before it listened, see its log")));
    if (input !== null) child.stdin?.end(input, "latin1");
  });
}

const developmentArgs = () => (typeof Bun === "undefined" ? ["run", "-A"] : []);
