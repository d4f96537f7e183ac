/**
 * `make dist`: an archive for each target, SHA256SUMS, and a bill of materials. Who does it again,
 * with the same sources and anywhere, gets the same bytes.
 *
 *     node_modules/.bin/bun packaging/dist.ts [--only linux-x64,linux-arm64] [--out dist] [--fast]
 *
 * Binaries stay in dist/binaries/<target>/, runtimes in dist/runtimes/; archives are in
 * dist/archives/. The time in them is that of the commit, or SOURCE_DATE_EPOCH
 * (https://reproducible-builds.org/specs/source-date-epoch/).
 */
import { execFileSync } from "node:child_process";
import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { parseArgs } from "node:util";
import { RUSK_VERSION } from "../src/base/version.ts";
import { type ArchivedFile, tar, zip } from "./archive/archives.ts";
import { archiveContents, archiveName } from "./archive/contents.ts";
import { bom } from "./archive/sbom.ts";
import { addSum } from "./archive/sums.ts";
import { compile } from "./binary/compile.ts";
import { checkExecutable } from "./binary/executable.ts";
import { BUN_VERSION, runtimePath } from "./binary/runtimes.ts";
import { checkSignature, signed } from "./binary/signature.ts";
import { executableName, TARGETS, type Target, targetOf } from "./binary/targets.ts";

const ROOT = join(import.meta.dir, "..");

/** The best that libdeflate has, which is better than the best of gzip. */
const BEST_LEVEL = 12;

interface Options {
  readonly out: string;
  /** Unix, in seconds. */
  readonly time: number;
  /** Larger archives in less time, for tests. */
  readonly isFast: boolean;
}

/** The binary for a target, having looked whether it is one. */
function binary(target: Target, { out }: Options): Uint8Array {
  const path = join(out, "binaries", target.name, executableName(target));
  compile(path, target, runtimePath(target, join(out, "runtimes")));
  if (target.os === "darwin" && target.cpu === "x64")
    writeFileSync(path, signed(readFileSync(path)));
  const bytes = readFileSync(path);
  checkExecutable(bytes, target);
  if (target.os === "darwin") checkSignature(bytes);
  return bytes;
}

function pack(target: Target, files: readonly ArchivedFile[], { time, isFast }: Options) {
  const name = archiveName(target);
  if (target.os === "win32") {
    return { name: `${name}.zip`, bytes: zip(files, time, isFast ? 1 : 9) };
  }
  const level = isFast ? 1 : BEST_LEVEL;
  const bytes = Bun.gzipSync(tar(files, time), { library: "libdeflate", level });
  return { name: `${name}.tar.gz`, bytes };
}

/** When what is built was written. */
function sourceTime(): number {
  const told = process.env.SOURCE_DATE_EPOCH;
  if (told !== undefined) return Number(told);
  try {
    const words = ["log", "-1", "--format=%ct"];
    return Number(execFileSync("git", words, { cwd: ROOT, encoding: "utf8" }));
  } catch {
    throw new Error("There is no git to tell the time of the commit: set SOURCE_DATE_EPOCH");
  }
}

function dist(targets: readonly Target[], options: Options): void {
  if (Bun.version !== BUN_VERSION) throw new Error(`It takes Bun ${BUN_VERSION} to build`);
  const folder = join(options.out, "archives");
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  const write = (name: string, bytes: Uint8Array) => {
    writeFileSync(join(folder, name), bytes);
    addSum(folder, name);
    console.log(`${name}: ${(bytes.length / 1e6).toFixed(1)} MB`);
  };
  for (const target of targets) {
    const { name, bytes } = pack(target, archiveContents(target, binary(target, options)), options);
    write(name, bytes);
  }
  write(`rusk-${RUSK_VERSION}.cdx.json`, Buffer.from(bom(targets, options.time)));
}

const { values } = parseArgs({
  options: {
    only: { type: "string" },
    out: { type: "string", default: join(ROOT, "dist") },
    fast: { type: "boolean", default: false },
  },
});
dist(values.only === undefined ? TARGETS : values.only.split(",").map(targetOf), {
  out: resolve(values.out),
  time: sourceTime(),
  isFast: values.fast,
});
