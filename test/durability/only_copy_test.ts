// Purpose: the file that a server finds is perhaps the only copy of what is in it. It is refused,
// and stays as it is, when something in it cannot be kept; or it is kept under another name before
// anything takes its place: SAVE, BGSAVE, a shutdown, FLUSHALL, DEBUG RELOAD, BGREWRITEAOF, rusk
// import.

import { describe, expect, test } from "bun:test";
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import type { Client } from "../client/client.ts";
import { redisBinary, ruskCommand, startRedis, startServer } from "../client/server.ts";
import { until } from "../client/until.ts";
import { integer, join as joined, moduleData, rdbFile, string } from "../persistence/payloads.ts";
import { ask, folderOfEachTest, namesIn, untilInfo } from "../server/folder.ts";

const KEY = joined(0, string("k"), string("v"));
/** What a module's key, and what it keeps beside the keys, are in a file. */
const MODULE_KEY = joined(7, string("json"), moduleData());
const MODULE_AUX = joined(0xf7, 0x81, new Uint8Array(8), "\x02\x01", "\x02\x05\0");
const OLD_FUNCTION = joined(0xf6, string("f"), string("LUA"), 0, string("return 1"));

const { path: inFolder, started: startedWith, rusk: runTool } = folderOfEachTest();
const started = (...args: string[]) => startedWith(startServer, ...args);
const rusk = (...words: string[]) => runTool(words);
const path = (name = "dump.rdb") => inFolder(name);
const put = (name: string, bytes: Uint8Array) => writeFileSync(path(name), bytes);
const holds = (name: string, bytes: Uint8Array) =>
  expect(readFileSync(path(name)).equals(bytes)).toBe(true);

describe("a file with what cannot be kept", () => {
  test.each([
    ['key "json" of module AAAAAAAAA', MODULE_KEY],
    ["data of module AAAAAAAAA", MODULE_AUX],
    ['function "f" of a time before Redis 7.0', OLD_FUNCTION],
  ])("%s: refused, or left out and the file kept", async (what, piece) => {
    const file = rdbFile("REDIS0010", KEY, piece);
    put("dump.rdb", file);
    await expect(started()).rejects.toThrow(`it holds ${what}, which cannot be kept here; with `);
    holds("dump.rdb", file);
    for (const format of ["rdb", "rusk"]) {
      put("dump.rdb", file);
      const allowed = ["--load-incomplete", "yes", "--snapshot-format", format];
      const { server, client } = await started(...allowed);
      expect(server.log()).toContain(`The RDB file holds ${what}, which is left out`);
      expect(await ask(client, "GET", "k")).toBe("v");
      expect(namesIn(inFolder())).toEqual(["dump.rdb"]);
      expect(await ask(client, "SAVE")).toBe("OK");
      holds("dump.rdb.found", file);
      expect(await ask(client, "SAVE")).toBe("OK");
      expect(namesIn(inFolder())).toEqual(["dump.rdb", "dump.rdb.found"]);
      client.close();
      await server.stop();
      rmSync(path("dump.rdb.found"));
    }
  });

  test("as the base of a log: refused, or the whole log kept before it is rewritten", async () => {
    const base = rdbFile("REDIS0010", KEY, MODULE_KEY);
    mkdirSync(path("appendonlydir"));
    const manifest =
      "file appendonly.aof.1.base.rdb seq 1 type b\nfile appendonly.aof.1.incr.aof seq 1 type i\n";
    const increment = "*3\r\n$3\r\nSET\r\n$1\r\na\r\n$1\r\n1\r\n";
    put("appendonlydir/appendonly.aof.1.base.rdb", base);
    put("appendonlydir/appendonly.aof.1.incr.aof", Buffer.from(increment));
    put("appendonlydir/appendonly.aof.manifest", Buffer.from(manifest));
    await expect(started("--appendonly", "yes")).rejects.toThrow('it holds key "json" of module');
    holds("appendonlydir/appendonly.aof.1.base.rdb", base);
    const { client, server } = await started(
      ...["--appendonly", "yes", "--load-incomplete", "yes", "--snapshot-format", "rdb"],
    );
    expect(await ask(client, "MGET", "k", "a")).toEqual(["v", "1"]);
    expect(await ask(client, "SET", "b", "2")).toBe("OK");
    await ask(client, "BGREWRITEAOF");
    await untilInfo(client, "persistence", /aof_rewrites:1\r/);
    expect(server.log()).toContain("and is kept in appendonlydir.found");
    const found = "appendonlydir.found/appendonly.aof";
    holds(`${found}.1.base.rdb`, base);
    holds(
      `${found}.1.incr.aof`,
      Buffer.from(
        `${increment}*2\r\n$6\r\nSELECT\r\n$1\r\n0\r\n*3\r\n$3\r\nSET\r\n$1\r\nb\r\n$1\r\n2\r\n`,
      ),
    );
    holds(`${found}.manifest`, Buffer.from(manifest));
    await ask(client, "BGREWRITEAOF");
    await untilInfo(client, "persistence", /aof_rewrites:2\r/);
    expect(namesIn(inFolder()).filter((name) => name.includes("found"))).toHaveLength(1);
    client.close();
  });

  test("DEBUG RELOAD NOSAVE: what could not be loaded is kept before the next save", async () => {
    const { client } = await started();
    expect(await ask(client, "SET", "k", "v")).toBe("OK");
    const broken = Buffer.from("RUSKSNAP and nothing more");
    for (const file of [rdbFile("REDIS0010", KEY, MODULE_KEY), broken]) {
      put("dump.rdb", file);
      expect(await ask(client, "DEBUG", "RELOAD", "NOSAVE")).toBeInstanceOf(Error);
      holds("dump.rdb", file);
      expect(await ask(client, "SAVE")).toBe("OK");
      holds("dump.rdb.found", file);
      rmSync(path("dump.rdb.found"));
    }
    client.close();
  });
});

describe("a file that Redis has written", () => {
  const file = rdbFile("REDIS0010", KEY);
  const ways: [string, (client: Client) => Promise<unknown>][] = [
    ["SAVE", (client) => ask(client, "SAVE")],
    ["BGSAVE", (client) => ask(client, "BGSAVE")],
    ["SHUTDOWN", (client) => ask(client, "SHUTDOWN", "SAVE").catch(() => {})],
    ["FLUSHALL", (client) => ask(client, "FLUSHALL")],
    ["DEBUG RELOAD", (client) => ask(client, "DEBUG", "RELOAD")],
  ];

  test.each(ways)("is kept once before %s replaces it", async (_, save) => {
    put("dump.rdb", file);
    const { server, client } = await started("--save", "3600 1000");
    expect(await ask(client, "SET", "other", "1")).toBe("OK");
    await save(client);
    await until("the file to be replaced", () => !readFileSync(path()).equals(file));
    expect(readFileSync(path()).toString("latin1")).toStartWith("RUSKSNAP");
    holds("dump.rdb.found", file);
    expect(server.log()).toContain(
      "dump.rdb is about to be replaced, and is kept as dump.rdb.found. To give the data back to " +
        "Redis: rusk export FILE.rdb, or snapshot-format rdb",
    );
    client.close();
  });

  test("is kept beside an older one, also when it comes while the server runs", async () => {
    put("dump.rdb", file);
    const { client } = await started();
    expect(await ask(client, "SAVE")).toBe("OK");
    const second = rdbFile("REDIS0011", KEY, joined(0, string("l"), string("w")));
    const third = rdbFile("VALKEY080", KEY);
    for (const other of [second, third]) {
      put("dump.rdb", other);
      expect(await ask(client, "SAVE")).toBe("OK");
      expect(await ask(client, "SAVE")).toBe("OK");
    }
    holds("dump.rdb.found", file);
    holds("dump.rdb.found.2", second);
    holds("dump.rdb.found.3", third);
    expect(namesIn(inFolder())).toHaveLength(4);
    client.close();
  });

  test("stays the snapshot with snapshot-format rdb: nothing has to be kept", async () => {
    put("dump.rdb", file);
    const { client } = await started("--snapshot-format", "rdb");
    expect(await ask(client, "SAVE")).toBe("OK");
    expect(namesIn(inFolder())).toEqual(["dump.rdb"]);
    client.close();
  });

  test("is told from those that Rusk writes as RDB, which are not kept", async () => {
    const snapshot = ["--snapshot-format", "rdb", "--appendonly", "yes"];
    const { client, server } = await started(...snapshot);
    await ask(client, "SET", "k", "v");
    for (let round = 1; round <= 3; round++) {
      for (const format of ["rdb", "rusk"]) {
        await ask(client, "CONFIG", "SET", "snapshot-format", format);
        expect(await ask(client, "SAVE")).toBe("OK");
        await ask(client, "BGREWRITEAOF");
        const rewrites = 2 * round - (format === "rdb" ? 1 : 0);
        await untilInfo(client, "persistence", new RegExp(`aof_rewrites:${rewrites}\\r`));
      }
    }
    await ask(client, "CONFIG", "SET", "snapshot-format", "rdb");
    expect(await ask(client, "SAVE")).toBe("OK");
    client.close();
    await server.stop();
    const { client: again } = await started();
    expect(await ask(again, "GET", "k")).toBe("v");
    expect(await ask(again, "SAVE")).toBe("OK");
    expect(readFileSync(path()).toString("latin1")).toStartWith("RUSKSNAP");
    expect(namesIn(inFolder())).toEqual(["appendonlydir", "dump.rdb"]);
    again.close();
  });

  test.skipIf(redisBinary() === null)("of what Rusk has written is kept", async () => {
    const { client, server } = await started("--snapshot-format", "rdb");
    await ask(client, "SET", "k", "v");
    expect(await ask(client, "SAVE")).toBe("OK");
    client.close();
    await server.stop();
    const { client: redis, server: other } = await startedWith(startRedis);
    expect(await ask(redis, "GET", "k")).toBe("v");
    expect(await ask(redis, "SAVE")).toBe("OK");
    redis.close();
    await other.stop();
    const written = readFileSync(path());
    const { client: last } = await started();
    expect(await ask(last, "SAVE")).toBe("OK");
    holds("dump.rdb.found", written);
    last.close();
  });

  test("is not replaced when it cannot be kept", async () => {
    put("dump.rdb", file);
    const { client, server } = await started();
    for (let i = 1; i <= 1000; i++)
      put(`dump.rdb.found${i === 1 ? "" : `.${i}`}`, Buffer.from("x"));
    expect(await ask(client, "SAVE")).toBeInstanceOf(Error);
    expect(await ask(client, "BGSAVE")).toBeInstanceOf(Error);
    expect(server.log()).toContain("there are 1000 files dump.rdb.found.* already");
    holds("dump.rdb", file);
    client.close();
  });

  test("goes with rusk import only after it has another name", () => {
    put("dump.rdb", file);
    const imported = rusk("import", "dump.rdb", "--force");
    expect(imported.out).toContain(
      "dump.rdb is about to be replaced, and is kept as dump.rdb.found",
    );
    expect(imported.status).toBe(0);
    holds("dump.rdb.found", file);
    expect(readFileSync(path()).toString("latin1")).toStartWith("RUSKSNAP");
  });

  test.skipIf(redisBinary() === null)("as a log that Redis goes on with", async () => {
    const { server: first, client: writer } = await startedWith(startRedis, "--appendonly", "yes");
    for (const line of ["SET a 1", "BGREWRITEAOF"]) await ask(writer, ...line.split(" "));
    await untilInfo(writer, "persistence", /aof_rewrite_in_progress:0\r[\s\S]*aof_rewrites:1\r/);
    await ask(writer, "SET", "b", "2");
    writer.close();
    await first.stop();
    const { client, server } = await started("--appendonly", "yes");
    await ask(client, "SET", "c", "3");
    await ask(client, "BGREWRITEAOF");
    await untilInfo(client, "persistence", /aof_rewrites:1\r/);
    await ask(client, "SET", "d", "4");
    client.close();
    await server.stop();
    const again = ["--appendonly", "yes", "--appenddirname", "appendonlydir.found"];
    const { client: reader } = await startedWith(startRedis, ...again);
    expect(await ask(reader, "MGET", "a", "b", "c", "d")).toEqual(["1", "2", "3", null]);
    reader.close();
  });
});

describe("the tools", () => {
  test("import, export and check-snapshot tell of what they cannot keep", () => {
    const file = rdbFile("REDIS0010", KEY, MODULE_KEY);
    put("from.rdb", file);
    const refused = rusk("import", "from.rdb");
    expect(refused).toMatchObject({ status: 1, out: "" });
    expect(refused.error).toContain(
      'it holds key "json" of module AAAAAAAAA, which cannot be kept',
    );
    expect(existsSync(path())).toBe(false);
    const checked = rusk("check-snapshot", "from.rdb");
    expect(checked.out).toContain("It is sound. Only with --incomplete, or load-incomplete yes");
    expect(rusk("export", "to.rdb", "--dbfilename", "from.rdb").status).toBe(1);
    expect(existsSync(path("to.rdb"))).toBe(false);
    const imported = rusk("import", "from.rdb", "--incomplete");
    expect(imported.error).toContain('The RDB file holds key "json" of module AAAAAAAAA');
    expect(imported.out).toContain("1 key of ");
    expect(imported.status).toBe(0);
  });

  test("keys that have expired, and collections that are empty, are counted", () => {
    const expired = joined(0xfc, integer(1000, 8), 0, string("old"), string("v"));
    const empty = joined(1, string("empty"), 0);
    put("dump.rdb", rdbFile("REDIS0010", KEY, expired, expired, empty));
    const { out, error, status } = rusk("export", "out.rdb");
    expect(out).toContain("1 key of dump.rdb is in ");
    expect(error).toBe(
      "Keys of dump.rdb that have expired, and are left out: 2\n" +
        "Keys of dump.rdb without elements, left out: 1\n",
    );
    expect(status).toBe(0);
  });

  test("a disk without room is told of, and nothing is replaced", () => {
    put("dump.rdb", Buffer.from("old"));
    const size = 3 << 20;
    const big = joined(0, string("big"), string("x".repeat(size)));
    put("from.rdb", rdbFile("REDIS0010", big));
    const [program, ...first] = ruskCommand();
    const limited = spawnSync(
      "sh",
      [
        "-c",
        `ulimit -f 1024; exec "$@"`,
        "sh",
        program,
        ...first,
        "import",
        "from.rdb",
        "--force",
        "--rdbcompression",
        "no",
      ],
      { cwd: inFolder(), encoding: "utf8" },
    );
    expect(limited.stderr + String(limited.signal)).toMatch(/File too large|SIGXFSZ/);
    expect(limited.status).not.toBe(0);
    holds("dump.rdb", Buffer.from("old"));
  });
});
