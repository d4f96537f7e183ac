// Purpose: files that one process has at a time (src/runtime/file_locks.ts): who has one gets it
// again, another process does not, and what is released or left behind is in nobody's way.

import { afterEach, expect, test } from "bun:test";
import { spawn } from "node:child_process";
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  renameSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openFileLocks } from "../../src/runtime/file_locks.ts";

const folders: string[] = [];
const notes: string[] = [];
const locks = await openFileLocks((path, reason) => notes.push(`${path}: ${reason}`));

afterEach(() => {
  locks.release();
  notes.length = 0;
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
});

function newFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), "rusk-locks-"));
  folders.push(folder);
  return folder;
}

const PROGRAM = `
  const { openFileLocks } = await import(process.argv[1]);
  const locks = await openFileLocks(() => {});
  const lock = locks.lock(process.argv[2]);
  process.stdout.write(lock === null ? "refused" : "locked");
  if (lock !== null) await Bun.sleep(600_000);
`;

/** Another process that locks a path, and keeps it until it is killed; what came of it. */
async function another(path: string) {
  const source = join(import.meta.dir, "../../src/runtime/file_locks.ts");
  const child = spawn(process.execPath, ["-e", PROGRAM, source, path], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  const said = new Promise<string>((settle) => {
    child.stdout.once("data", (bytes) => settle(String(bytes)));
  });
  const gone = new Promise<void>((settle) => child.once("exit", () => settle()));
  const end = async () => {
    child.kill("SIGKILL");
    await gone;
  };
  const result = await said;
  if (result === "refused") await gone;
  return { result, end };
}

test("a process has a file again and again, others do not", async () => {
  const folder = newFolder();
  const path = join(folder, "x.lock");
  const lock = locks.lock(path);
  expect(lock).not.toBe(null);
  expect(locks.lock(path)).toBe(lock);
  expect((await another(path)).result).toBe("refused");
  expect(readdirSync(folder)).toEqual(["x.lock"]);
  lock?.release();
  expect(existsSync(path)).toBe(false);
  const other = await another(path);
  expect(other.result).toBe("locked");
  expect(locks.lock(path)).toBe(null);
  await other.end();
  // It has left its file behind, which is nobody's.
  expect(existsSync(path)).toBe(true);
  expect(locks.lock(path)).not.toBe(null);
  expect(notes).toEqual([]);
});

test("a file of the same name in a folder made anew is another one", async () => {
  const folder = newFolder();
  const [data, moved] = [join(folder, "data"), join(folder, "moved")];
  const path = join(data, "x.lock");
  mkdirSync(data);
  const first = locks.lock(path);
  renameSync(data, moved);
  mkdirSync(data);
  const second = locks.lock(path);
  expect(second).not.toBe(first);
  first?.release();
  // It was released once, and that is all: neither does the second one go with it.
  first?.release();
  expect(existsSync(path)).toBe(true);
  expect((await another(path)).result).toBe("refused");
  second?.release();
  expect(existsSync(path)).toBe(false);
});

test("what cannot be locked is told once, and nobody can have it", () => {
  const folder = newFolder();
  const path = join(folder, "nowhere", "x.lock");
  for (let i = 0; i < 2; i++) {
    const lock = locks.lock(path);
    expect(lock).not.toBe(null);
    lock?.release();
  }
  expect(notes).toEqual([`${path}: No such file or directory`]);
  // When it can be, it is.
  mkdirSync(join(folder, "nowhere"));
  locks.lock(path);
  expect(existsSync(path)).toBe(true);
});

test("what a file holds stays", () => {
  const path = join(newFolder(), "x.lock");
  writeFileSync(path, "text");
  const lock = locks.lock(path);
  expect(Bun.file(path).size).toBe(4);
  lock?.release();
});
