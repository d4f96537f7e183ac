/**
 * Purpose: a copy of the tree, in a temporary folder, in which files are changed and tests run. The
 * tree itself is never touched. Servers start from the copy's source: there is no dist/rusk in it.
 */
import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import type { Mutant } from "./sites.ts";

/** A change may make a server take all memory, or fill the disk, that others need, too. */
const FILE_SIZE_MAX_KIB = 8 << 20;
const DATA_SIZE_MAX_KIB = 16 << 20;
/** These take all that the arena may hold, untouched, and more than once before it is collected. */
const WHOLE_ARENA = new Set(["test/arena/arena_test.ts", "test/dispatch/space_gate_test.ts"]);
const WHOLE_ARENA_SIZE_MAX_KIB = 128 << 20;
/** Chance must not decide what is caught: these tests take their seeds from here. */
const SEEDS = { FUZZ_SEED: "1", DURABILITY_SEED: "1", SOAK_SEED: "1", SEED: "1" };
const TYPES_CONFIG = "tsconfig.mutants.json";
const TEST_TIMEOUT_MS = 60_000;

/** How a run of tests ended. */
export type Outcome = "passed" | "failed" | "timed out";

/** See above. */
export class Workspace {
  readonly root = mkdtempSync(join(tmpdir(), "rusk-mutants-"));
  private child: ChildProcess | null = null;

  /** Copies what git knows of a tree, or would. */
  constructor(from: string) {
    const list = ["ls-files", "-z", "-co", "--exclude-standard"];
    const names = execFileSync("git", list, { cwd: from, encoding: "utf8" });
    for (const name of names.split("\0")) {
      if (name === "" || name === "node_modules" || !existsSync(join(from, name))) continue;
      mkdirSync(join(this.root, dirname(name)), { recursive: true });
      cpSync(join(from, name), join(this.root, name));
    }
    symlinkSync(join(from, "node_modules"), join(this.root, "node_modules"));
    const types = { extends: "./tsconfig.json", include: ["src"] };
    writeFileSync(join(this.root, TYPES_CONFIG), JSON.stringify(types));
  }

  read(file: string): string {
    return readFileSync(join(this.root, file), "utf8");
  }

  /** Runs `body` while a change is in the copy. */
  async withChange<T>({ file, start, end, after }: Mutant, body: () => Promise<T>): Promise<T> {
    const text = this.read(file);
    writeFileSync(join(this.root, file), text.slice(0, start) + after + text.slice(end));
    try {
      return await body();
    } finally {
      writeFileSync(join(this.root, file), text);
    }
  }

  /** Whether the type checker accepts src/. */
  async typesHold(): Promise<boolean> {
    const info = join(this.root, "node_modules.tsbuildinfo");
    const options = ["--noEmit", "-p", TYPES_CONFIG, "--incremental", "--tsBuildInfoFile", info];
    return (await this.run(["node_modules/.bin/tsc", ...options], Infinity)) === "passed";
  }

  /** Runs a file of tests until the first one fails, at most for so long. */
  test(file: string, limitMs: number): Promise<Outcome> {
    const limit = ["--bail", "--timeout", String(TEST_TIMEOUT_MS)];
    const dataSizeMaxKib = WHOLE_ARENA.has(file) ? WHOLE_ARENA_SIZE_MAX_KIB : DATA_SIZE_MAX_KIB;
    return this.run([process.execPath, "test", ...limit, `./${file}`], limitMs, dataSizeMaxKib);
  }

  /** Runs a command in a process group of its own, of which nothing is left afterwards. */
  private run(
    command: readonly string[],
    limitMs: number,
    dataSizeMaxKib = DATA_SIZE_MAX_KIB,
  ): Promise<Outcome> {
    const limits = `ulimit -f ${FILE_SIZE_MAX_KIB} -d ${dataSizeMaxKib}; exec "$@"`;
    const child = spawn("bash", ["-c", limits, "bash", ...command], {
      cwd: this.root,
      env: { ...process.env, ...SEEDS, RUSK_BINARY: "" },
      stdio: "ignore",
      detached: true,
    });
    this.child = child;
    return new Promise((settle) => {
      let isLate = false;
      const late = () => {
        isLate = true;
        kill(child);
      };
      const timer = limitMs < Infinity ? setTimeout(late, limitMs) : undefined;
      child.once("close", (code) => {
        clearTimeout(timer);
        kill(child);
        this.child = null;
        settle(isLate ? "timed out" : code === 0 ? "passed" : "failed");
      });
    });
  }

  /** Ends what runs, and removes the copy. */
  remove(): void {
    if (this.child !== null) kill(this.child);
    rmSync(this.root, { recursive: true, force: true });
  }
}

/** Ends a process and all that it has started, but for what went into a group of its own. */
function kill({ pid }: ChildProcess): void {
  try {
    if (pid !== undefined) process.kill(-pid, "SIGKILL");
  } catch {
    // Nothing of the group is left.
  }
}
