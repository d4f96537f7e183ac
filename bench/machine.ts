// The facts of the machine and the versions that a record of measurements needs.

import { readFileSync } from "node:fs";
import { availableParallelism, cpus, release, totalmem } from "node:os";
import { join } from "node:path";

/** Where and with what the figures were measured. */
export interface Machine {
  cores: number;
  processor: string;
  /** Size of its memory, in GiB. */
  memoryGiB: number;
  kernel: string;
  rusk: string;
  redis: string;
  bun: string;
  deno: string;
}

/** Asks the machine and the tools; a tool that is not there has the version "none". */
export function machineFacts(denoCommand: string): Machine {
  const manifest = join(import.meta.dir, "..", "package.json");
  return {
    cores: availableParallelism(),
    processor: cpus()[0]?.model ?? "unknown",
    memoryGiB: Math.round(totalmem() / 2 ** 30),
    kernel: release(),
    rusk: JSON.parse(readFileSync(manifest, "utf8")).version,
    redis: versionOf("redis-server", /v=([\d.]+)/),
    bun: Bun.version,
    deno: versionOf(denoCommand, /deno ([\d.]+)/),
  };
}

function versionOf(program: string, pattern: RegExp): string {
  try {
    const { stdout } = Bun.spawnSync([program, "--version"]);
    return pattern.exec(stdout.toString())?.[1] ?? "unknown";
  } catch {
    return "none";
  }
}
