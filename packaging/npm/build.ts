/**
 * Makes the npm packages: `rusk`, and one for each binary. The same sources give the same bytes.
 *
 *     node_modules/.bin/bun packaging/npm/build.ts [--out FOLDER] [--fast] [linux-x64=dist/rusk]
 *
 * Without names it takes the binaries that `make dist` has left in dist/binaries/.
 */

import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { parseArgs } from "node:util";
import { RUSK_VERSION } from "../../src/base/version.ts";
import { tar } from "../archive/archives.ts";
import { licensesPage } from "../archive/licenses.ts";
import { executableName, TARGETS, type Target, targetOf } from "../binary/targets.ts";
import { packageName } from "./binary.ts";

const ROOT = resolve(import.meta.dir, "../..");
const BIN = join(ROOT, "node_modules/.bin");
/** As in all packages that npm makes: 1985-10-26, before which some file systems know no time. */
const TIME = 499_162_500;
/** The best that libdeflate has. */
const BEST_LEVEL = 12;

const COMMON = { version: RUSK_VERSION, license: "MIT" };

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
  optionalDependencies: Object.fromEntries(
    TARGETS.map((target) => [packageName(target), RUSK_VERSION]),
  ),
};

/** One implementation for both kinds of modules. */
const ES_MODULE = `import index from "./index.cjs";

export const startRusk = index.startRusk;
`;

/** The bytes of a package's files by their names. */
type Files = Readonly<Record<string, Uint8Array | string>>;

interface Package {
  readonly manifest: { readonly name: string };
  readonly files: Files;
  /** The file that is a program. */
  readonly program: string;
}

function mainPackage(): Package {
  const folder = mkdtempSync(join(tmpdir(), "rusk-npm-build-"));
  try {
    bundle("start_rusk.ts", join(folder, "index.cjs"));
    bundle("command.ts", join(folder, "rusk.cjs"));
    run(join(BIN, "tsc"), ["-p", "packaging/npm/tsconfig.json", "--outDir", folder]);
    const made = (name: string) => readFileSync(join(folder, name), "utf8");
    // Symbol.asyncDispose is in no older library.
    const lib = '/// <reference lib="esnext.disposable" />\n';
    const types = lib + made("npm/start_rusk.d.ts");
    const files = {
      "index.cjs": made("index.cjs"),
      "rusk.cjs": made("rusk.cjs"),
      "index.mjs": ES_MODULE,
      "index.d.ts": types,
      "index.d.cts": types,
      "README.md": readFileSync(join(ROOT, "packaging/npm/README.md")),
    };
    return { manifest: MAIN, files, program: "rusk.cjs" };
  } finally {
    rmSync(folder, { recursive: true });
  }
}

function run(program: string, args: readonly string[]): void {
  execFileSync(program, args, { cwd: ROOT, stdio: ["ignore", "ignore", "inherit"] });
}

function bundle(entry: string, out: string): void {
  const options = ["--target=node", "--format=cjs", "--outfile", out];
  run(join(BIN, "bun"), ["build", join("packaging/npm", entry), ...options]);
}

function binaryPackage(target: Target, binary: string): Package {
  const { os, cpu, libc } = target;
  const program = executableName(target);
  const manifest = {
    name: packageName(target),
    ...COMMON,
    description: `The binary of rusk for ${target.needs}`,
    os: [os],
    cpu: [cpu],
    ...(libc === null ? {} : { libc: [libc] }),
    preferUnplugged: true,
  };
  const files = { [program]: readFileSync(binary), "THIRD_PARTY_LICENSES.txt": licensesPage() };
  return { manifest, files, program };
}

function pack({ manifest, files, program }: Package, out: string, level: GzipLevel): void {
  const all: Files = {
    ...files,
    LICENSE: readFileSync(join(ROOT, "LICENSE")),
    "package.json": `${JSON.stringify(manifest, null, 2)}\n`,
  };
  const archived = Object.entries(all).map(([name, bytes]) => ({
    path: `package/${name}`,
    bytes: Buffer.from(bytes),
    isExecutable: name === program,
  }));
  const packed = Bun.gzipSync(tar(archived, TIME), { library: "libdeflate", level });
  const name = `${manifest.name}-${RUSK_VERSION}.tgz`;
  writeFileSync(join(out, name), packed);
  console.log(`${name}: ${(packed.length / 1e6).toFixed(1)} MB`);
}

type GzipLevel = 1 | 12;

/** The target and the binary that `linux-x64=dist/rusk` names. */
function parsePair(pair: string): readonly [Target, string] {
  const [name, path] = pair.split("=");
  if (path === undefined) throw new Error(`not TARGET=BINARY: ${pair}`);
  return [targetOf(name), resolve(path)];
}

function builtBinaries(): (readonly [Target, string])[] {
  return TARGETS.map((target) => {
    const path = join(ROOT, "dist/binaries", target.name, executableName(target));
    return [target, path] as const;
  }).filter(([, path]) => existsSync(path));
}

const { values, positionals } = parseArgs({
  options: {
    out: { type: "string", default: join(ROOT, "dist/npm") },
    fast: { type: "boolean", default: false },
  },
  allowPositionals: true,
});
const binaries = positionals.length > 0 ? positionals.map(parsePair) : builtBinaries();
const out = resolve(values.out);
const level = values.fast ? 1 : BEST_LEVEL;
rmSync(out, { recursive: true, force: true });
mkdirSync(out, { recursive: true });
pack(mainPackage(), out, level);
for (const [target, path] of binaries) pack(binaryPackage(target, path), out, level);
