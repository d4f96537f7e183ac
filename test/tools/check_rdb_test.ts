// Purpose: under the name redis-check-rdb the program says what that says of sound files, and with
// the same status where a file is broken (src/tools/check_rdb.ts).

import { beforeEach, expect, test } from "bun:test";
import { spawnSync } from "node:child_process";
import { readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { resolve } from "node:path";
import { binaryCommand } from "../durability/binary.ts";
import { folderOfEachTest } from "../server/folder.ts";

const GOLDEN = resolve(import.meta.dir, "../../snapshots/version-1.rusk");
const REDIS = Bun.which("redis-check-rdb");
const { path, rusk } = folderOfEachTest();

function run(program: string, ...words: string[]) {
  const { status, stdout, stderr } = spawnSync(program, words, { cwd: path() });
  return { status, out: String(stdout), error: String(stderr) };
}

const ours = (...words: string[]) => run(path("redis-check-rdb"), ...words);

beforeEach(() => {
  symlinkSync(resolve(binaryCommand()[0]), path("redis-check-rdb"));
  writeFileSync(path("dump.rdb"), readFileSync(GOLDEN));
  rusk(["export", "sound.rdb"]);
  const sound = readFileSync(path("sound.rdb"));
  writeFileSync(path("unchecked.rdb"), sound.fill(0, sound.length - 8));
  writeFileSync(path("old.rdb"), Buffer.from("REDIS0003\xff", "latin1"));
  // In database 5, a key that expired long ago.
  const past = "REDIS0004\xfe\x05\xfc\x01\0\0\0\0\0\0\0\0\x01k\x01v\xff";
  writeFileSync(path("past.rdb"), Buffer.from(past, "latin1"));
});

test.skipIf(REDIS === null)(
  "sound files, and words of the command line, as redis-check-rdb",
  () => {
    for (const words of [
      ["sound.rdb"],
      ["unchecked.rdb"],
      ["old.rdb"],
      ["past.rdb"],
      ["-v"],
      ["--version"],
      [],
      ["a", "b"],
    ]) {
      expect([words, ours(...words)]).toEqual([words, run("redis-check-rdb", ...words)]);
    }
    const missing = ours("nosuch.rdb");
    expect({ ...missing, error: "" }).toEqual(run("redis-check-rdb", "nosuch.rdb"));
    expect(missing.error).toBe("nosuch.rdb: No such file or directory\n");
  },
);

test("a snapshot in Rusk's own format", () => {
  expect(ours("dump.rdb")).toEqual({
    status: 0,
    out:
      "[offset 0] Checking RDB file dump.rdb\n" +
      `[offset ${readFileSync(GOLDEN).length}] Checksum OK\n` +
      `[offset ${readFileSync(GOLDEN).length}] \\o/ RDB looks OK! \\o/\n` +
      "[info] 22 keys read\n[info] 2 expires\n[info] 0 already expired\n",
    error: "",
  });
});

test("broken files: where, and why", () => {
  const sound = readFileSync(path("sound.rdb"));
  writeFileSync(path("cut.rdb"), sound.subarray(0, 600));
  writeFileSync(path("text"), "something else");
  // In which order keys are written, and so what is cut, is another each time.
  for (const [name, pattern] of [
    ["cut.rdb", /\n--- RDB ERROR DETECTED ---\n\[offset \d+\] .+\n\[info\] \d+ keys read\n/],
    ["text", /\n--- RDB ERROR DETECTED ---\n\[offset 9\] this is no RDB file\n\[info\] 0 keys/],
  ] as const) {
    const { status, out } = ours(name);
    expect(status).toBe(1);
    expect(out).toMatch(pattern);
  }
});
