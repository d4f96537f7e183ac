/**
 * Makes the npm packages: `rusk`, and one with the binary for each platform that is named.
 *
 *   bun packaging/npm/build.ts [--out dist/npm] [--gzip-level 9] linux-x64=dist/rusk ...
 */

import { execFileSync } from "node:child_process";
import {
  chmodSync,
  copyFileSync,
  linkSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { parseArgs } from "node:util";
import { RUSK_VERSION } from "../../src/base/version.ts";
import { binaryName, PLATFORMS, type Platform, packageName } from "./platforms.ts";

const ROOT = resolve(import.meta.dir, "../..");
const BIN = join(ROOT, "node_modules/.bin");

const COMMON = {
  version: RUSK_VERSION,
  license: "MIT",
};

const MAIN = {
  name: "rusk",
  ...COMMON,
  description: "A Redis-compatible server, and servers for tests in one line",
  keywords: ["redis", "server", "test", "testing", "redis-memory-server", "in-memory"],
  engines: { node: ">=18" },
  bin: { rusk: "rusk.cjs" },
  main: "index.cjs",
  types: "index.d.cts",
  exports: {
    ".": {
      import: { types: "./index.d.ts", default: "./index.mjs" },
      require: { types: "./index.d.cts", default: "./index.cjs" },
    },
    "./package.json": "./package.json",
  },
  files: ["*.cjs", "*.mjs", "*.d.ts", "*.d.cts"],
  optionalDependencies: Object.fromEntries(
    PLATFORMS.map((platform) => [packageName(platform), RUSK_VERSION]),
  ),
};

/** One implementation for both kinds of modules. */
const ES_MODULE = `import index from "./index.cjs";

export const startRusk = index.startRusk;
`;

function run(program: string, args: readonly string[], cwd: string): void {
  execFileSync(program, args, { cwd, stdio: ["ignore", "ignore", "inherit"] });
}

function bundle(entry: string, out: string): void {
  const options = ["--target=node", "--format=cjs", "--outfile", out];
  run(join(BIN, "bun"), ["build", join(ROOT, "packaging/npm", entry), ...options], ROOT);
}

/** Writes the folder of the package `rusk`. */
function writeMain(folder: string): void {
  mkdirSync(folder);
  bundle("start_rusk.ts", join(folder, "index.cjs"));
  bundle("command.ts", join(folder, "rusk.cjs"));
  chmodSync(join(folder, "rusk.cjs"), 0o755);
  writeFileSync(join(folder, "index.mjs"), ES_MODULE);
  const types = declarations();
  for (const name of ["index.d.ts", "index.d.cts"]) writeFileSync(join(folder, name), types);
  copyFileSync(join(ROOT, "packaging/npm/README.md"), join(folder, "README.md"));
  writeManifest(folder, MAIN);
}

/** The types of what the package exports. */
function declarations(): string {
  const out = mkdtempSync(join(tmpdir(), "rusk-types-"));
  try {
    run(join(BIN, "tsc"), ["-p", "packaging/npm/tsconfig.json", "--outDir", out], ROOT);
    // Symbol.asyncDispose is in no older library.
    const lib = '/// <reference lib="esnext.disposable" />\n';
    return lib + readFileSync(join(out, "start_rusk.d.ts"), "utf8");
  } finally {
    rmSync(out, { recursive: true });
  }
}

/** Writes the folder of the package with the binary for one platform. */
function writePlatform(folder: string, platform: Platform, binary: string): void {
  mkdirSync(folder);
  const { os, cpu, libc } = platform;
  const name = binaryName(platform);
  try {
    linkSync(binary, join(folder, name));
  } catch {
    copyFileSync(binary, join(folder, name));
  }
  writeManifest(folder, {
    name: packageName(platform),
    ...COMMON,
    description: `The binary of rusk for ${platform.name}`,
    os: [os],
    cpu: [cpu],
    ...(libc === undefined ? {} : { libc: [libc] }),
    files: [name],
    preferUnplugged: true,
  });
}

function writeManifest(folder: string, manifest: object): void {
  copyFileSync(join(ROOT, "LICENSE"), join(folder, "LICENSE"));
  writeFileSync(join(folder, "package.json"), `${JSON.stringify(manifest, null, 2)}\n`);
}

function pack(folder: string, out: string, gzipLevel: string): void {
  const options = ["--destination", out, "--gzip-level", gzipLevel, "--ignore-scripts"];
  run(join(BIN, "bun"), ["pm", "pack", ...options], folder);
}

/** The platform and the binary that `linux-x64=dist/rusk` names. */
function parsePair(pair: string): { platform: Platform; binary: string } {
  const [name, binary] = pair.split("=");
  const platform = PLATFORMS.find((it) => it.name === name);
  if (platform === undefined || binary === undefined) {
    throw new Error(`not PLATFORM=BINARY: ${pair}; platforms: ${PLATFORMS.map((it) => it.name)}`);
  }
  return { platform, binary: resolve(binary) };
}

const { values, positionals } = parseArgs({
  options: {
    out: { type: "string", default: join(ROOT, "dist/npm") },
    "gzip-level": { type: "string", default: "9" },
  },
  allowPositionals: true,
});
const pairs = positionals.map(parsePair);
const out = resolve(values.out);
rmSync(out, { recursive: true, force: true });
mkdirSync(out, { recursive: true });
const packages = join(out, "packages");
mkdirSync(packages);
writeMain(join(packages, "rusk"));
for (const { platform, binary } of pairs) {
  writePlatform(join(packages, packageName(platform)), platform, binary);
}
for (const name of ["rusk", ...pairs.map(({ platform }) => packageName(platform))]) {
  pack(join(packages, name), out, values["gzip-level"]);
}
