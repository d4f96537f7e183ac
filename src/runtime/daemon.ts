/**
 * A server in the background, without a terminal (`daemonize`). A process with threads, as both
 * runtimes' are, cannot go on in a fork: it starts itself once more, and ends.
 */
import { spawn } from "node:child_process";
import process from "node:process";
import { DAEMON_MARK } from "./host.ts";

/** Where the release keeps its program within itself, on Linux and macOS, and on Windows. */
const INSIDE = /^(\/\$bunfs\/|B:[/\\]~BUN[/\\])/;

/**
 * Starts this program again, with the same arguments, in `folder` (where this one was started) and
 * a session of its own, and ends this process. `input` is what it is to read on standard input,
 * null for nothing. Throws when it cannot be started.
 */
export function startDaemon(folder: string, input: string | null): Promise<never> {
  const [, script, ...args] = process.argv;
  const runtimeArgs = INSIDE.test(script) ? [] : [...developmentArgs(), script];
  const child = spawn(process.execPath, [...runtimeArgs, ...args], {
    argv0: process.argv0,
    cwd: folder,
    detached: true,
    env: { ...process.env, [DAEMON_MARK]: "1" },
    stdio: [input === null ? "ignore" : "pipe", "ignore", "ignore"],
  });
  return new Promise((_, fail) => {
    child.on("error", fail);
    if (input === null) child.on("spawn", () => process.exit(0));
    else child.stdin?.end(input, "latin1", () => process.exit(0));
  });
}

const developmentArgs = () => (typeof Bun === "undefined" ? ["run", "-A"] : []);
