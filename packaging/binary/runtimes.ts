/**
 * Bun's runtimes for other machines: npm packages, fetched with npm, and used only if they are what
 * runtimes.json says, byte for byte. That one is of this machine, and installed, is not fetched.
 */
import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
} from "node:fs";
import { join } from "node:path";
import committed from "./runtimes.json";
import type { Target } from "./targets.ts";

interface Runtime {
  /** Of the package, as in package-lock.json. */
  readonly integrity: string;
  /** Of the executable in it, in hexadecimal. */
  readonly sha256: string;
}

/** Bun's version, which is the one in package.json. */
export const BUN_VERSION = committed.version;

/** What is expected of the runtime of a target. */
export function runtimeOf(target: Target): Runtime {
  const packages: Readonly<Record<string, Runtime>> = committed.packages;
  const found = packages[target.runtime];
  if (found === undefined) throw new Error(`${target.runtime} is not in runtimes.json`);
  return found;
}

export const sha256 = (bytes: Uint8Array) => createHash("sha256").update(bytes).digest("hex");

/** The path of the runtime for a target: the running Bun, one in `cache`, or fetched into it. */
export function runtimePath(target: Target, cache: string): string {
  const expected = runtimeOf(target).sha256;
  const isExpected = (path: string) => existsSync(path) && sha256(readFileSync(path)) === expected;
  if (isExpected(process.execPath)) return process.execPath;
  const path = join(cache, `${target.runtime.replace("@oven/", "")}-${BUN_VERSION}`);
  if (isExpected(path)) return path;
  mkdirSync(cache, { recursive: true });
  fetchRuntime(target, BUN_VERSION, runtimeOf(target).integrity, path);
  if (!isExpected(path)) {
    rmSync(path);
    throw new Error(`The executable in ${target.runtime} is not the one of runtimes.json`);
  }
  return path;
}

/** Fetches a target's runtime with npm to a path; throws if the package has another integrity. */
export function fetchRuntime(
  target: Target,
  version: string,
  integrity: string,
  path: string,
): void {
  const folder = mkdtempSync(`${path}.`);
  try {
    const packed = packageOf(`${target.runtime}@${version}`, folder);
    checkIntegrity(readFileSync(packed), integrity, target.runtime);
    execFileSync("tar", ["-xzf", packed, "-C", folder]);
    const name = target.os === "win32" ? "bun.exe" : "bun";
    copyFileSync(join(folder, "package/bin", name), path);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** The file of a package of npm, put into an empty folder. */
function packageOf(name: string, folder: string): string {
  execFileSync("npm", ["pack", "--silent", "--pack-destination", folder, name]);
  const [file] = readdirSync(folder);
  if (file === undefined) throw new Error(`npm has not fetched ${name}`);
  return join(folder, file);
}

/** Throws if the bytes are not those of which an integrity (SHA-512, as npm writes it) tells. */
export function checkIntegrity(bytes: Uint8Array, integrity: string, name: string): void {
  const found = `sha512-${createHash("sha512").update(bytes).digest("base64")}`;
  if (found !== integrity) {
    throw new Error(`${name} is not the package that is expected: it is ${found}`);
  }
}
