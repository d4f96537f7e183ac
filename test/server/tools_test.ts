// Purpose: `rusk export`, `rusk import` and `rusk check-snapshot` (src/server/tools.ts).

import { afterEach, beforeEach, expect, test } from "bun:test";
import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { plain, type Word } from "../client/resp.ts";
import {
  redisBinary,
  ruskCommand,
  type Server,
  startRedis,
  startServer,
} from "../client/server.ts";

const DEBUG = ["--enable-debug-command", "yes"];
const GOLDEN = resolve(import.meta.dir, "../../snapshots/version-1.rusk");

let folder = "";
const servers: Server[] = [];

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "rusk-tools-"));
});

afterEach(async () => {
  for (const server of servers.splice(0)) await server.stop();
  rmSync(folder, { recursive: true, force: true });
});

function rusk(...args: string[]) {
  const [program, ...first] = ruskCommand();
  const { status, stdout, stderr } = spawnSync(program, [...first, ...args], {
    cwd: folder,
    encoding: "utf8",
  });
  return { status, out: stdout, error: stderr };
}

async function ask(server: Server, ...words: Word[]): Promise<unknown> {
  const client = await server.connect();
  const reply = plain(await client.command(...words));
  client.close();
  return reply;
}

async function started(make: typeof startServer, dir = folder): Promise<Server> {
  const server = await make({ args: ["--dir", dir, ...DEBUG] });
  servers.push(server);
  return server;
}

async function filled(): Promise<string> {
  const server = await started(startServer);
  const client = await server.connect();
  await client.command("SET", "string", "value", "PXAT", "7000000000000");
  await client.command("RPUSH", "list", "a", "b");
  await client.command("XADD", "stream", "1-1", "f", "v");
  await client.command("SAVE");
  client.close();
  const digest = String(await ask(server, "DEBUG", "DIGEST"));
  await server.stop();
  servers.pop();
  return digest;
}

test.skipIf(redisBinary() === null)(
  "export for redis-server, and import of what it saves",
  async () => {
    const digest = await filled();
    const { status, out } = rusk("export", "out.rdb", "--dir", folder);
    expect(out).toBe(`3 keys of dump.rdb are in ${join(folder, "out.rdb")}\n`);
    expect(status).toBe(0);
    const bytes = readFileSync(join(folder, "out.rdb"));
    expect(bytes.toString("latin1", 0, 9)).toBe("REDIS0010");

    const other = mkdtempSync(join(tmpdir(), "rusk-tools-"));
    try {
      writeFileSync(join(other, "dump.rdb"), bytes);
      const redis = await started(startRedis, other);
      expect(await ask(redis, "DEBUG", "DIGEST")).toBe(digest);
      await ask(redis, "SET", "new", "key");
      await ask(redis, "SAVE");
      const changed = await ask(redis, "DEBUG", "DIGEST");

      const refused = rusk("import", join(other, "dump.rdb"), "--dir", folder);
      expect(refused.status).toBe(1);
      expect(refused.error).toBe(
        "rusk import: dump.rdb is there already, and is only replaced with --force\n",
      );
      expect(rusk("import", join(other, "dump.rdb"), "--force", "--dir", folder).status).toBe(0);
      expect(readFileSync(join(folder, "dump.rdb")).toString("latin1", 0, 8)).toBe("RUSKSNAP");
      const server = await started(startServer);
      expect(await ask(server, "DEBUG", "DIGEST")).toBe(changed as string);
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
  writeFileSync(join(folder, "broken"), bytes);
  const { status, out, error } = rusk("check-snapshot", "broken");
  expect(error).toStartWith(
    `rusk check-snapshot: ${join(folder, "broken")} cannot be loaded: after `,
  );
  expect(error).toMatch(/\d+ keys: CRC error: a block of the file was altered \(at byte \d+\)\n$/);
  expect(out).toBe("");
  expect(status).toBe(1);
  writeFileSync(join(folder, "broken"), "something else");
  expect(rusk("check-snapshot", "broken").error).toContain("this is no RDB file");
  expect(rusk("check-snapshot", "missing").error).toBe(
    `rusk check-snapshot: ${join(folder, "missing")}: No such file or directory\n`,
  );
});

test("without a file, with a broken one, and with directives that are none", () => {
  expect(rusk("export")).toMatchObject({ status: 1, out: "" });
  expect(rusk("export").error).toStartWith("Usage:\n");
  expect(rusk("export", "out.rdb", "--dir", folder).error).toContain("No such file or directory");
  expect(rusk("import", "missing.rdb", "--dir", folder).status).toBe(1);
  expect(existsSync(join(folder, "dump.rdb"))).toBe(false);
  expect(rusk("check-snapshot", GOLDEN, "--no-such-directive", "1").status).toBe(1);
});

test("who asks for help gets it, which is no error", () => {
  expect(rusk("--help").out).toContain("rusk export <FILE|->");
  for (const word of ["--help", "-h"]) {
    for (const tool of ["export", "import", "check-snapshot", "check-aof"]) {
      const { status, out, error } = rusk(tool, word);
      expect({ status, error }).toEqual({ status: 0, error: "" });
      expect(out).toStartWith("Usage:\n");
      expect(out).toContain(`rusk ${tool} `);
    }
  }
});
