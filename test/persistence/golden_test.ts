// Purpose: the golden files of snapshots/ load for ever, as what they were made of (golden.ts); and
// the program in docs/snapshot-format.md reads them.

import { afterAll, describe, expect, test } from "bun:test";
import { execFileSync } from "node:child_process";
import {
  copyFileSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { SNAPSHOT_VERSION } from "../../src/persistence/snapshot/snapshot_format.ts";
import { startServer } from "../client/server.ts";
import { asked, GOLDEN_FOLDER, type Golden } from "./golden.ts";

const ROOT = resolve(import.meta.dir, "../..");
const folder = mkdtempSync(join(tmpdir(), "rusk-golden-"));

afterAll(() => rmSync(folder, { recursive: true, force: true }));

const files = readdirSync(GOLDEN_FOLDER).filter((name) => name.endsWith(".rusk"));

test("there is a golden file of each version", () => {
  for (let version = 1; version <= SNAPSHOT_VERSION; version++) {
    expect(files).toContain(`version-${version}.rusk`);
  }
});

describe.each(files)("%s", (name) => {
  const path = join(GOLDEN_FOLDER, name);
  const golden: Golden = JSON.parse(readFileSync(path.replace(".rusk", ".json"), "utf8"));

  test("loads as what it was", async () => {
    copyFileSync(path, join(folder, name));
    const args = ["--dir", folder, "--dbfilename", name, "--enable-debug-command", "yes"];
    const server = await startServer({ args });
    const client = await server.connect();
    expect(await asked(client)).toEqual(golden);
    // And what is saved of it is the same once more.
    await client.command("DEBUG", "RELOAD");
    expect(await asked(client)).toEqual(golden);
    client.close();
    await server.stop();
  });
});

test.each(files)("the program of docs/snapshot-format.md reads %s", (name) => {
  const page = readFileSync(join(ROOT, "docs/snapshot-format.md"), "utf8");
  const program = /```js\n([\s\S]*?)```/.exec(page)?.[1] ?? "";
  // Beside the packages, so that it finds them.
  const script = join(ROOT, "node_modules", `.read-snapshot-${process.pid}.mjs`);
  writeFileSync(script, program);
  try {
    const path = join(GOLDEN_FOLDER, name);
    const lines = execFileSync(process.execPath, [script, path], { encoding: "latin1" })
      .trim()
      .split("\n")
      .map((line) => line.trim());
    expect(lines).toHaveLength(22);
    expect(lines).toContain("0 string ttl:near 7000000000000");
    expect(lines).toContain("0 hash hash:expiring");
    expect(lines).toContain("0 stream stream");
    expect(lines).toContain("15 string elsewhere");
  } finally {
    rmSync(script);
  }
});
