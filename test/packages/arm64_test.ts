// Purpose: what is built here for another processor runs there: arm64, in an emulator.

import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { execFileSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { compile } from "../../packaging/binary/compile.ts";
import { checkExecutable } from "../../packaging/binary/executable.ts";
import { runtimePath } from "../../packaging/binary/runtimes.ts";
import { targetOf } from "../../packaging/binary/targets.ts";
import { RUSK_VERSION } from "../../src/base/version.ts";
import { plain } from "../client/resp.ts";
import { startServer } from "../client/server.ts";

const ROOT = join(import.meta.dir, "../..");
const EMULATOR = "qemu-aarch64-static";
/** Debian's C library for arm64, of the package libc6-arm64-cross. */
const LIBRARIES = "/usr/aarch64-linux-gnu";
const TARGET = targetOf("linux-arm64");

const why =
  Bun.which(EMULATOR) === null || !existsSync(LIBRARIES)
    ? " (skipped: it takes Debian's qemu-user-static and libc6-arm64-cross)"
    : "";

describe.skipIf(why !== "")(`the binary for arm64${why}`, () => {
  let work = "";
  let binary = "";

  beforeAll(() => {
    work = mkdtempSync(join(tmpdir(), "rusk-arm64-"));
    binary = join(work, "rusk");
    compile(binary, TARGET, runtimePath(TARGET, join(ROOT, "dist/runtimes")));
  });
  afterAll(() => rmSync(work, { recursive: true }));

  const emulated = () => [EMULATOR, "-L", LIBRARIES, binary];
  const run = (...args: string[]) => {
    const [program = "", ...words] = [...emulated(), ...args];
    return execFileSync(program, words, { encoding: "utf8" });
  };

  test("is for arm64, and tells its version", () => {
    checkExecutable(readFileSync(binary), TARGET);
    expect(run("--version")).toContain(RUSK_VERSION);
  });

  test("serves by its own event loop, keeps a log that is synced, and ends", async () => {
    const log = ["--appendonly", "yes", "--appendfsync", "always"];
    const args = ["--port", "{port}", "--dir", "{dir}", "--save", "", ...log];
    const server = await startServer({ command: emulated(), args });
    try {
      await server.session(`
        > SET key value
        OK
        > EVAL "return KEYS[1] + 1" 1 key
        "key1"
      `);
      const client = await server.connect();
      expect(plain(await client.command("INFO", "server"))).toContain("arm64");
      server.signal("SIGTERM");
      expect(await server.exited).toBe(0);
      const told = run("check-aof", join(server.dir, "appendonlydir/appendonly.aof.manifest"));
      expect(told).toContain("All AOF files and manifest are valid");
    } finally {
      await server.stop();
    }
  });
});
