// Purpose: disks that are full, folders that are gone, and files of other versions: a BGSAVE that
// cannot be written leaves the server running and the old file as it was.

import { afterEach, beforeEach, expect, test } from "bun:test";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Client } from "../client/client.ts";
import { plain, type Word } from "../client/resp.ts";
import { ruskCommand, type Server, startServer } from "../client/server.ts";
import { Random } from "../fuzz/random.ts";
import { namesIn } from "../server/folder.ts";

/** The largest file that the server may write, in blocks of 1024 bytes. */
const FILE_BLOCKS_MAX = 1000;
const FORMATS = ["rusk", "rdb"];

let folder = "";
const servers: Server[] = [];

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "rusk-disk-"));
});

afterEach(async () => {
  for (const server of servers.splice(0)) await server.stop();
  rmSync(folder, { recursive: true, force: true });
});

const file = () => join(folder, "dump.rdb");
const ask = async (client: Client, ...words: Word[]) => plain(await client.command(...words));

async function start(command: string[], ...args: string[]): Promise<Server> {
  const server = await startServer({ command, args: ["--dir", folder, ...args] });
  servers.push(server);
  return server;
}

async function persistence(client: Client): Promise<string> {
  return (await ask(client, "INFO", "persistence")) as string;
}

async function save(client: Client): Promise<string> {
  await client.command("BGSAVE");
  while (/rdb_bgsave_in_progress:1/.test(await persistence(client))) await Bun.sleep(5);
  return /rdb_last_bgsave_status:(\w+)/.exec(await persistence(client))?.[1] ?? "";
}

/** Words that cannot be packed, a megabyte of them and more. */
async function fill(client: Client): Promise<void> {
  const random = new Random(1);
  for (let i = 0; i < 40; i++) {
    const value = Buffer.from(Array.from({ length: 40_000 }, () => random.below(256)));
    await client.command("SET", `key:${i}`, value);
  }
}

test.each(FORMATS)(
  "a file that grows too large, as %s: BGSAVE and SAVE fail, all else goes on",
  async (format) => {
    const limited = ["bash", "-c", `ulimit -f ${FILE_BLOCKS_MAX}; exec "$@"`, "--"];
    const command = [...limited, ...ruskCommand()];
    const server = await start(command, "--save", "3600 1000", "--snapshot-format", format);
    const client = await server.connect();
    await client.command("SET", "key", "value");
    expect(await save(client)).toBe("ok");
    const old = readFileSync(file());
    await fill(client);
    expect(await save(client)).toBe("err");
    expect(server.log()).toContain("/dump.rdb: File too large");
    expect(await ask(client, "GET", "key")).toBe("value");
    expect((await client.command("SET", "key", "other")) as unknown).toMatchObject({
      value: expect.stringMatching(/^MISCONF Redis is configured to save RDB snapshots/),
    });
    expect(await client.command("SAVE")).toMatchObject({ type: "error", value: "ERR" });
    expect(readFileSync(file()).equals(old)).toBe(true);
    expect(namesIn(folder)).toEqual(["dump.rdb"]);
    await client.command("CONFIG", "SET", "stop-writes-on-bgsave-error", "no");
    await client.command("DEL", ...Array.from({ length: 40 }, (_, i) => `key:${i}`));
    expect(await save(client)).toBe("ok");
    client.close();
  },
);

test("a folder that is gone", async () => {
  const inner = join(folder, "inner");
  mkdirSync(inner);
  const server = await start(ruskCommand(), "--dir", inner);
  const client = await server.connect();
  await client.command("SET", "key", "value");
  rmSync(inner, { recursive: true });
  expect(await client.command("BGSAVE")).toMatchObject({ type: "error" });
  expect(await client.command("SAVE")).toMatchObject({ type: "error" });
  expect(server.log()).toContain("No such file or directory");
  client.close();
});

test("the format is changed while the server runs, and either is loaded", async () => {
  const server = await start(ruskCommand(), "--enable-debug-command", "yes");
  const client = await server.connect();
  await client.command("SET", "key", "value");
  for (const [format, magic] of [
    ["rdb", "REDIS0010"],
    ["rusk", "RUSKSNAP\x02"],
  ]) {
    expect(await ask(client, "CONFIG", "SET", "snapshot-format", format)).toBe("OK");
    expect(await save(client)).toBe("ok");
    expect(readFileSync(file()).toString("latin1", 0, 9)).toBe(magic);
    expect(await ask(client, "DEBUG", "RELOAD", "NOSAVE")).toBe("OK");
    expect(await ask(client, "GET", "key")).toBe("value");
  }
  client.close();
});

test("a snapshot of a newer version is refused, and left as it is", async () => {
  writeFileSync(file(), "RUSKSNAP\x09\0\0\0 and more");
  const server = await startServer({ args: ["--dir", folder], noWait: true });
  servers.push(server);
  expect(await server.exited).toBe(1);
  expect(server.log()).toContain(
    "Can't load dump.rdb: the snapshot is of version 9, and this server reads up to version 2: " +
      "it needs a newer Rusk (at byte 0). To look into it: rusk check-snapshot dump.rdb",
  );
  expect(readFileSync(file(), "latin1")).toBe("RUSKSNAP\x09\0\0\0 and more");
});
