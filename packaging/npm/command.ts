#!/usr/bin/env node
/** The command `rusk` of the npm package: becomes the binary, with the same arguments. */

import { spawn } from "node:child_process";
import { findBinary } from "./binary.ts";

/** Since Node 22.15, where the system has it. */
type Execve = (file: string, args: readonly string[], env: NodeJS.ProcessEnv) => never;

const args = process.argv.slice(2);
try {
  const binary = findBinary();
  const { execve } = process as { execve?: Execve };
  if (execve === undefined || process.platform === "win32") runAsChild(binary);
  else execve.call(process, binary, [binary, ...args], process.env);
} catch (error) {
  console.error((error as Error).message);
  process.exitCode = 1;
}

/** Where a process cannot become another one: stays until the binary has ended, and ends alike. */
function runAsChild(binary: string): void {
  const child = spawn(binary, args, { stdio: "inherit" });
  // A terminal sends SIGINT to both, and the server takes a second one for impatience.
  process.on("SIGINT", () => {});
  for (const name of ["SIGTERM", "SIGHUP"] as const) process.on(name, () => child.kill(name));
  child.once("error", (error) => {
    console.error(`Rusk did not start: ${error.message}`);
    process.exitCode = 1;
  });
  child.once("exit", (code, signal) => {
    if (signal === null) process.exit(code ?? 1);
    process.removeAllListeners(signal);
    process.kill(process.pid, signal);
  });
}
