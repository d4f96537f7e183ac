/**
 * Compiles src/ with Bun into one executable.
 *
 *     node_modules/.bin/bun packaging/binary/compile.ts dist/rusk
 *
 * is the binary for this machine, by the Bun that runs.
 */
import { execFileSync } from "node:child_process";
import { mkdirSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { loadModule } from "../../src/structures/load_code/load_module.ts";
import type { Target } from "./targets.ts";

const ROOT = join(import.meta.dir, "../..");

/** What the server starts, and the programs of its workers. */
const ENTRIES = ["src/main.ts", "src/persistence/disk/disk_worker.ts"];

const OPTIONS = [
  "--compile",
  // Keeps the tools (src/tools/tools.ts), and what only they need, out of a server's memory.
  "--splitting",
  // Halves the start-up time.
  "--bytecode",
  "--format=esm",
  // Drops what stands behind `if (DEBUG)`.
  "--minify-syntax",
  "--define",
  "DEBUG=false",
  // A server must not take settings from files where it happens to be started.
  "--no-compile-autoload-dotenv",
  "--no-compile-autoload-bunfig",
];

/** Compiles for a target with its runtime; without one, for this machine. */
export function compile(out: string, target?: Target, runtime?: string): void {
  const path = resolve(out);
  mkdirSync(dirname(path), { recursive: true });
  const other =
    target === undefined || runtime === undefined
      ? []
      : [`--target=${target.bunTarget}`, `--compile-executable-path=${runtime}`];
  const module = JSON.stringify(Buffer.from(loadModule()).toString("base64"));
  const defined = ["--define", `LOAD_MODULE=${module}`];
  const words = ["build", ...OPTIONS, ...defined, ...other, ...ENTRIES, "--outfile", path];
  execFileSync(process.execPath, words, { cwd: ROOT, stdio: ["ignore", "inherit", "inherit"] });
}

if (import.meta.main) compile(process.argv[2] ?? "dist/rusk");
