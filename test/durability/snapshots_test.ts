// Purpose: what a server saves is there when the next one starts: SAVE, shutdowns, DEBUG RELOAD,
// the same file in the real redis-server, and files and folders that are not as they should be; all
// of it in both formats.

import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Client } from "../client/client.ts";
import { plain, type Word } from "../client/resp.ts";
import { redisBinary, type Server, startRedis, startServer } from "../client/server.ts";
import { namesIn, untilInfo } from "../server/folder.ts";

const SAVE_POINTS = ["--save", "3600 1"];
const DEBUG = ["--enable-debug-command", "yes"];

let folder = "";
/** What snapshots are written as. */
let format = "rusk";
const servers: Server[] = [];

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "rusk-snapshots-"));
});

afterEach(async () => {
  for (const server of servers.splice(0)) await server.stop();
  rmSync(folder, { recursive: true, force: true });
});

const file = () => join(folder, "dump.rdb");

async function start(...args: string[]): Promise<Server> {
  const server = await startServer({
    args: ["--dir", folder, "--snapshot-format", format, ...DEBUG, ...args],
  });
  servers.push(server);
  return server;
}

const ask = async (client: Client, ...words: Word[]) => plain(await client.command(...words));

/** Keys of all types, in two databases, with times to live. */
async function fill(client: Client): Promise<void> {
  const lines = [
    ["SET", "string", "value"],
    ["SET", "number", "-17", "PXAT", "7000000000000"],
    ["RPUSH", "list", "a", "b", "3"],
    ["SADD", "intset", "1", "2", "3"],
    ["SADD", "set", "a", "b"],
    ["HSET", "hash", "f", "v", "g", "w"],
    ["ZADD", "zset", "1.5", "one", "-inf", "two"],
    ["XADD", "stream", "5-1", "f", "v", "g", "w"],
    ["XADD", "stream", "6-1", "f", "x", "g", "y"],
    ["XGROUP", "CREATE", "stream", "group", "0"],
    ["XREADGROUP", "GROUP", "group", "consumer", "COUNT", "1", "STREAMS", "stream", ">"],
    ["SELECT", "3"],
    ["SET", "elsewhere", "here"],
    ["SELECT", "0"],
  ];
  for (const line of lines) await client.command(...line);
  for (let i = 0; i < 1000; i++) await client.command("RPUSH", "long", `element:${i}`);
  for (let i = 0; i < 300; i++) await client.command("ZADD", "large", i, `member:${i}`);
}

const digest = (client: Client) => ask(client, "DEBUG", "DIGEST");

describe.each(["rusk", "rdb"])("in the format %s", (chosen) => {
  beforeEach(() => {
    format = chosen;
  });

  test("SAVE, and the next server has all of it", async () => {
    const first = await start();
    const client = await first.connect();
    await fill(client);
    const info = await ask(client, "INFO", "persistence");
    expect(info).toMatch(/rdb_changes_since_last_save:[1-9]\d*\r/);
    expect(await ask(client, "SAVE")).toBe("OK");
    expect(await ask(client, "INFO", "persistence")).toMatch(/rdb_changes_since_last_save:0\r/);
    expect(await ask(client, "INFO", "persistence")).toMatch(/rdb_saves:1\r/);
    const saved = await digest(client);
    client.close();
    const second = await start();
    const reader = await second.connect();
    expect(await digest(reader)).toBe(saved);
    expect(await ask(reader, "PEXPIRETIME", "number")).toBe(7000000000000);
    expect(await ask(reader, "XPENDING", "stream", "group")).toEqual([
      1,
      "5-1",
      "5-1",
      [["consumer", "1"]],
    ]);
    expect(await ask(reader, "INFO", "persistence")).toMatch(/rdb_changes_since_last_save:0\r/);
    expect(namesIn(folder)).toEqual(["dump.rdb"]);
    reader.close();
  });

  test("DEBUG RELOAD keeps everything, and refuses other words", async () => {
    const server = await start();
    const client = await server.connect();
    await fill(client);
    await client.command("HSET", "expiring", "f", "v", "g", "w");
    await client.command("HPEXPIREAT", "expiring", "7000000000000", "FIELDS", "1", "f");
    const before = await digest(client);
    expect(await ask(client, "DEBUG", "RELOAD")).toBe("OK");
    expect(await digest(client)).toBe(before);
    expect(await ask(client, "HPEXPIRETIME", "expiring", "FIELDS", "2", "f", "g")).toEqual([
      7000000000000, -1,
    ]);
    expect(await client.command("DEBUG", "RELOAD", "NOSAVE", "NONSENSE")).toMatchObject({
      type: "error",
      value: "ERR DEBUG RELOAD only supports the MERGE, NOFLUSH and NOSAVE options.",
    });
    client.close();
  });

  test.each(["rusk", "redis"])(
    "DEBUG RELOAD MERGE replaces what the file has: %s",
    async (name) => {
      const server = name === "rusk" ? await start() : await startRedis({ args: DEBUG });
      servers.push(server);
      await server.session(`
    > MSET a 1 b 2
    OK
    > PEXPIRE a 1000000
    (integer) 1
    > DEBUG RELOAD noflush merge
    OK
    > MSET a 3 c 4
    OK
    > RPUSH b x y
    (error) WRONGTYPE Operation against a key holding the wrong kind of value
    > DEL b
    (integer) 1
    > RPUSH b x y
    (integer) 2
    > DEBUG RELOAD NOSAVE NOFLUSH MERGE
    OK
    > MGET a b c
    1) "1"
    2) "2"
    3) "4"
    > PERSIST a
    (integer) 1
    > DEBUG RELOAD NOSAVE MERGE
    OK
    > MGET a b c
    1) "1"
    2) "2"
    3) (nil)
    > FLUSHALL
    OK
    > SET d 5
    OK
    > DEBUG RELOAD NOSAVE NOFLUSH
    OK
    > DBSIZE
    (integer) 3
  `);
    },
  );

  test.each(["rusk", "redis"])("DEBUG RELOAD NOSAVE without a file: %s", async (name) => {
    const server = name === "rusk" ? await start() : await startRedis({ args: DEBUG });
    servers.push(server);
    await server.session(`
    > SET a 1
    OK
    > DEBUG RELOAD NOSAVE
    (error) ERR Error trying to load the RDB dump
    > DBSIZE
    (integer) 0
  `);
  });

  test("DEBUG RELOAD NOFLUSH refuses a file with keys that are there (Redis crashes)", async () => {
    const server = await start();
    await server.session(`
    > SET a 1
    OK
    > DEBUG RELOAD NOFLUSH
    (error) ERR Error trying to load the RDB dump
    > GET a
    "1"
  `);
  });

  test.each([
    ["SHUTDOWN", SAVE_POINTS, true],
    ["SHUTDOWN", ["--save", ""], false],
    ["SHUTDOWN NOSAVE", SAVE_POINTS, false],
    ["SHUTDOWN SAVE", ["--save", ""], true],
  ])("%s with %p", async (line, args, isSaved) => {
    const server = await start(...args);
    const client = await server.connect();
    await client.command("SET", "key", "value");
    client.send(...line.split(" "));
    expect(await server.exited).toBe(0);
    expect(existsSync(file())).toBe(isSaved);
    client.close();
  });

  test("SIGTERM saves where there are save points", async () => {
    const server = await start(...SAVE_POINTS);
    const client = await server.connect();
    await client.command("SET", "key", "value");
    server.signal("SIGTERM");
    expect(await server.exited).toBe(0);
    expect(existsSync(file())).toBe(true);
    client.close();
  });

  test("FLUSHALL empties the file as well where there are save points", async () => {
    const server = await start(...SAVE_POINTS);
    const client = await server.connect();
    await client.command("SET", "key", "value");
    await client.command("SAVE");
    const full = readFileSync(file()).length;
    expect(await ask(client, "FLUSHALL")).toBe("OK");
    expect(readFileSync(file()).length).toBeLessThan(full);
    expect(await ask(client, "INFO", "persistence")).toMatch(/rdb_changes_since_last_save:0\r/);
    client.close();
  });

  test("a file that cannot be written is an error, and no shutdown but by force", async () => {
    const server = await start(...SAVE_POINTS);
    const client = await server.connect();
    await client.command("SET", "key", "value");
    await client.command("SAVE");
    const old = readFileSync(file());
    // A folder in the way of the new file, which also stops root.
    rmSync(file());
    mkdirSync(file());
    writeFileSync(join(file(), "inside"), "");
    expect(await client.command("SAVE")).toMatchObject({ type: "error", value: "ERR" });
    expect(await client.command("SHUTDOWN")).toMatchObject({
      type: "error",
      value: "ERR Errors trying to SHUTDOWN. Check logs.",
    });
    expect(server.log()).toContain("Error trying to save the DB, can't exit.");
    expect(namesIn(folder)).toEqual(["dump.rdb"]);
    rmSync(file(), { recursive: true });
    writeFileSync(file(), old);
    client.send("SHUTDOWN", "FORCE");
    expect(await server.exited).toBe(0);
    client.close();
  });

  test("a file that was cut short or altered is refused, with the place", async () => {
    const server = await start();
    const client = await server.connect();
    await fill(client);
    await client.command("SAVE");
    client.close();
    await server.stop();
    const whole = readFileSync(file());
    const altered = Buffer.from(whole);
    altered[whole.length - 12] ^= 1;
    for (const bytes of [whole.subarray(0, whole.length - 9), altered, Buffer.from("REDIS9999")]) {
      writeFileSync(file(), bytes);
      const refused = await startServer({ args: ["--dir", folder], noWait: true });
      servers.push(refused);
      expect(await refused.exited).toBe(1);
      expect(refused.log()).toMatch(/Can't load dump\.rdb: .* \(at byte \d+\)\./);
    }
  });
});

test.skipIf(redisBinary() === null)("redis-server loads it, and the other way round", async () => {
  const server = await start("--snapshot-format", "rdb");
  const client = await server.connect();
  await fill(client);
  const saved = await digest(client);
  await client.command("SAVE");
  const redis = await startRedis({ args: ["--dir", folder, ...DEBUG] });
  servers.push(redis);
  const other = await redis.connect();
  expect(await digest(other)).toBe(saved);
  await other.command("SET", "new", "one");
  await other.command("SAVE");
  await client.command("CONFIG", "SET", "snapshot-format", "rusk");
  expect(await ask(client, "DEBUG", "RELOAD", "NOSAVE")).toBe("OK");
  expect(await ask(client, "GET", "new")).toBe("one");
  expect(await digest(client)).toBe(await digest(other));
  client.close();
  other.close();
});

describe("the folder of a snapshot", () => {
  test("is the one that the server is in, though it has another name by now", async () => {
    const dir = mkdtempSync(join(tmpdir(), "rusk-folder-"));
    const [before, after] = [join(dir, "before"), join(dir, "after")];
    mkdirSync(before);
    const server = await startServer({ args: ["--dir", before] });
    try {
      const client = await server.connect();
      await client.command("SET", "key", "value");
      renameSync(before, after);
      mkdirSync(before);
      for (const line of ["SAVE", "BGSAVE"]) {
        rmSync(join(after, "dump.rdb"), { force: true });
        await client.command(line);
        await untilInfo(client, "persistence", /rdb_bgsave_in_progress:0/);
        expect({ line, names: namesIn(after) }).toEqual({ line, names: ["dump.rdb"] });
      }
      await client.command("CONFIG", "SET", "appendonly", "yes");
      // While the log is made for the first time, no signal ends the server.
      await untilInfo(client, "persistence", /aof_enabled:1\r[\s\S]*aof_rewrites:1\r/);
      expect(namesIn(after)).toEqual(["appendonlydir", "dump.rdb"]);
      expect(namesIn(before)).toEqual([]);
      client.close();
    } finally {
      await server.stop();
      rmSync(dir, { recursive: true, force: true });
    }
  });

  test("is that of the moment when it was begun", async () => {
    const dir = mkdtempSync(join(tmpdir(), "rusk-folder-"));
    mkdirSync(join(dir, "other"));
    const debug = ["--enable-protected-configs", "yes", "--rdb-key-save-delay", "300000"];
    const server = await startServer({ args: ["--dir", dir, ...debug] });
    try {
      const client = await server.connect();
      await client.command("SET", "key", "value");
      expect(plain(await client.command("BGSAVE"))).toBe("Background saving started");
      expect(plain(await client.command("CONFIG", "SET", "dir", join(dir, "other")))).toBe("OK");
      await untilInfo(client, "persistence", /rdb_bgsave_in_progress:0/);
      expect(namesIn(dir)).toEqual(["dump.rdb", "other"]);
      expect(plain(await client.command("SAVE"))).toBe("OK");
      expect(namesIn(join(dir, "other"))).toEqual(["dump.rdb"]);
      client.close();
    } finally {
      await server.stop();
      rmSync(dir, { recursive: true, force: true });
    }
  });
});
