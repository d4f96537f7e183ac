/** Finds the binary for this machine: the one that is named, or that of the package for it. */

import { existsSync } from "node:fs";
import { dirname, join } from "node:path";
import { executableName, TARGETS, type Target } from "../binary/targets.ts";

/**
 * The package that holds the binary for a kind of machine. npm installs only the one that fits: the
 * package `rusk` names all of them as optional dependencies.
 */
export const packageName = (target: Target): string => `rusk-${target.name}`;

/** The path of the binary. RUSK_BINARY comes first. Throws, saying what to do, if there is none. */
export function findBinary(): string {
  const named = process.env.RUSK_BINARY;
  if (named) {
    if (existsSync(named)) return named;
    throw new Error(`RUSK_BINARY names ${named}, which is not there.`);
  }
  const { platform: os, arch: cpu } = process;
  const fitting = TARGETS.filter((it) => it.os === os && it.cpu === cpu);
  if (fitting.length === 0) {
    throw new Error(
      `Rusk has no binary for ${os} on ${cpu}. RUSK_BINARY can name one that you have built.`,
    );
  }
  // Older versions of npm install the packages of both C libraries.
  const target = fitting.find(({ loader }) => existsSync(loader ?? "/")) ?? fitting[0];
  const name = packageName(target);
  try {
    return join(dirname(require.resolve(`${name}/package.json`)), executableName(target));
  } catch {
    throw new Error(
      `Rusk's binary for this machine is in the package ${name}, which is not installed. It is ` +
        "an optional dependency of rusk: install without --omit=optional, on the machine on " +
        "which it is to run; or let RUSK_BINARY name a binary.",
    );
  }
}
