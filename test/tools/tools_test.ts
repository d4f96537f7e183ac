// Purpose: `rusk export`, `rusk import` and `rusk check-snapshot` (src/tools/tools.ts).

import { expect, test } from "bun:test";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { redisBinary, startRedis, startServer } from "../client/server.ts";
import { ask, folderOfEachTest } from "../server/folder.ts";

const GOLDEN = resolve(import.meta.dir, "../../snapshots/version-1.rusk");

const { path, started, rusk: runTool } = folderOfEachTest();
const rusk = (...words: string[]) => runTool(words);

async function filled(): Promise<string> {
  const { server, client } = await started(startServer);
  await client.command("SET", "string", "value", "PXAT", "7000000000000");
  await client.command("RPUSH", "list", "a", "b");
  await client.command("XADD", "stream", "1-1", "f", "v");
  await client.command("SAVE");
  const digest = String(await ask(client, "DEBUG", "DIGEST"));
  client.close();
  await server.stop();
  return digest;
}

test.skipIf(redisBinary() === null)(
  "export for redis-server, and import of what it saves",
  async () => {
    const digest = await filled();
    const { status, out } = rusk("export", "out.rdb", "--dir", path());
    expect(out).toBe(`3 keys of dump.rdb are in ${path("out.rdb")}\n`);
    expect(status).toBe(0);
    const bytes = readFileSync(path("out.rdb"));
    expect(bytes.toString("latin1", 0, 9)).toBe("REDIS0010");

    const other = mkdtempSync(join(tmpdir(), "rusk-tools-"));
    try {
      writeFileSync(join(other, "dump.rdb"), bytes);
      const { client: redis } = await started(startRedis, "--dir", other);
      expect(await ask(redis, "DEBUG", "DIGEST")).toBe(digest);
      await ask(redis, "SET", "new", "key");
      await ask(redis, "SAVE");
      const changed = await ask(redis, "DEBUG", "DIGEST");

      const refused = rusk("import", join(other, "dump.rdb"), "--dir", path());
      expect(refused.status).toBe(1);
      expect(refused.error).toBe(
        "rusk import: dump.rdb is there already, and is only replaced with --force\n",
      );
      expect(rusk("import", join(other, "dump.rdb"), "--force", "--dir", path()).status).toBe(0);
      expect(readFileSync(path("dump.rdb")).toString("latin1", 0, 8)).toBe("RUSKSNAP");
      const { client } = await started(startServer);
      expect(await ask(client, "DEBUG", "DIGEST")).toBe(changed as string);
    } finally {
      rmSync(other, { recursive: true, force: true });
    }
  },
);

test("fields that expire are told of before they stay for good", async () => {
  const { status, error } = rusk(
    "export",
    "out.rdb",
    "--dir",
    join(GOLDEN, ".."),
    "--dbfilename",
    "version-1.rusk",
  );
  expect(error).toContain("Fields of 1 hash expire, which Redis 7.0 does not know");
  expect(status).toBe(0);
});

test("check-snapshot tells what is in a file", () => {
  const { status, out } = rusk("check-snapshot", GOLDEN);
  expect(out).toBe(
    `${GOLDEN} is a snapshot of Rusk's, version 1, ${readFileSync(GOLDEN).length} bytes\n` +
      "keys: 22, in 2 databases; with an expiry: 2\n" +
      "types: string 10, list 2, set 3, zset 2, hash 3, stream 2\n" +
      "It is sound.\n",
  );
  expect(status).toBe(0);
  expect(
    rusk("export", "out.rdb", "--dir", join(GOLDEN, ".."), "--dbfilename", "version-1.rusk").status,
  ).toBe(0);
  const rdb = rusk("check-snapshot", "out.rdb");
  expect(rdb.out).toContain(" is an RDB file, version 10, ");
  expect(rdb.status).toBe(0);
});

test("check-snapshot tells where a file is broken", () => {
  const bytes = readFileSync(GOLDEN);
  bytes[500] ^= 1;
  writeFileSync(path("broken"), bytes);
  const { status, out, error } = rusk("check-snapshot", "broken");
  expect(error).toStartWith(`rusk check-snapshot: ${path("broken")} cannot be loaded: after `);
  expect(error).toMatch(/\d+ keys: CRC error: a block of the file was altered \(at byte \d+\)\n$/);
  expect(out).toBe("");
  expect(status).toBe(1);
  writeFileSync(path("broken"), "something else");
  expect(rusk("check-snapshot", "broken").error).toContain("it is no RDB file");
  expect(rusk("check-snapshot", "missing").error).toBe(
    `rusk check-snapshot: ${path("missing")}: No such file or directory\n`,
  );
});

test("without a file, with a broken one, and with directives that are none", () => {
  expect(rusk("export")).toMatchObject({ status: 1, out: "" });
  expect(rusk("export").error).toStartWith("Usage:\n");
  expect(rusk("export", "out.rdb", "--dir", path()).error).toContain("No such file or directory");
  expect(rusk("import", "missing.rdb", "--dir", path()).status).toBe(1);
  expect(existsSync(path("dump.rdb"))).toBe(false);
  expect(rusk("check-snapshot", GOLDEN, "--no-such-directive", "1").status).toBe(1);
});

test("who asks for help gets it, which is no error", () => {
  expect(rusk("export", "--help").out).toContain("rusk export <FILE|->");
  for (const word of ["--help", "-h"]) {
    for (const tool of ["export", "import", "check-snapshot", "check-aof"]) {
      const { status, out, error } = rusk(tool, word);
      expect({ status, error }).toEqual({ status: 0, error: "" });
      expect(out).toStartWith("Usage:\n");
      expect(out).toContain(`rusk ${tool} `);
    }
  }
});
