// Purpose: libraries of functions outlive the process in every format; what cannot run is kept, and
// told of; no reply tells of a library that is not on the disk.

import { afterEach, describe, expect, test } from "bun:test";
import { readFileSync, writeFileSync } from "node:fs";
import type { Client } from "../client/client.ts";
import { plain, type Word } from "../client/resp.ts";
import { redisBinary, type Server, startRedis, startServer } from "../client/server.ts";
import { Random } from "../fuzz/random.ts";
import { rdbFile, string } from "../persistence/payloads.ts";
import { folderOfEachTest, untilInfo } from "../server/folder.ts";
import { HeldServer } from "./held_server.ts";

const { path, started, rusk } = folderOfEachTest();

const library = (name: string, functionName: string, body = "1") =>
  `#!js name=${name}\nredis.registerFunction('${functionName}', () => ${body})`;
const LUA = "#!lua name=old\nredis.register_function('old', function() return 1 end)";
const BROKEN = library("broken", "b", "let");
const TAKEN = library("taken", "F");

async function ask(client: Client, ...words: Word[]): Promise<unknown> {
  const reply = plain(await client.command(...words));
  return reply instanceof Error ? reply.message : reply;
}

async function names(client: Client): Promise<unknown[]> {
  const list = (await ask(client, "FUNCTION", "LIST")) as unknown[][];
  return list.map(([, name]) => name).sort();
}

async function payloadOf(client: Client): Promise<Uint8Array> {
  const reply = await client.command("FUNCTION", "DUMP");
  if (reply.type !== "bulk") throw new Error("no payload");
  return reply.value;
}

async function stopped({ server, client }: { server: Server; client: Client }): Promise<void> {
  client.close();
  await server.stop();
}

/** The server is killed, as by a crash of it alone. */
async function killed({ server, client }: { server: Server; client: Client }): Promise<void> {
  server.signal("SIGKILL");
  await server.exited;
  client.close();
}

describe("libraries are there after a restart", () => {
  test.each(["rusk", "rdb"])("from a snapshot: %s", async (format) => {
    const args = ["--snapshot-format", format];
    const first = await started(startServer, ...args);
    await ask(first.client, "FUNCTION", "LOAD", library("one", "f"));
    await ask(first.client, "FUNCTION", "LOAD", library("two", "g", "2"));
    await ask(first.client, "SET", "k", "v");
    expect(await ask(first.client, "SAVE")).toBe("OK");
    await killed(first);
    const second = await started(startServer, ...args);
    expect(await names(second.client)).toEqual(["one", "two"]);
    expect(await ask(second.client, "FCALL", "g", 0)).toBe(2);
    expect(second.server.log()).not.toContain("does not run");
    expect(rusk(["check-snapshot", path("dump.rdb")]).out).toContain("libraries of functions: 2");
    await stopped(second);
  });

  test.each(["yes", "no"])("from a log (aof-use-rdb-preamble %s)", async (preamble) => {
    const args = ["--appendonly", "yes", "--appendfsync", "always"];
    args.push("--aof-use-rdb-preamble", preamble, "--auto-aof-rewrite-percentage", "0");
    const first = await started(startServer, ...args);
    const { client } = first;
    const fn = (...words: Word[]) => ask(client, "FUNCTION", ...words);
    await fn("LOAD", library("one", "f"));
    const payload = await payloadOf(client);
    await fn("LOAD", library("gone", "g"));
    await fn("DELETE", "gone");
    await fn("FLUSH", "ASYNC");
    await fn("LOAD", library("two", "g", "2"));
    await fn("LOAD", "REPLACE", library("two", "g", "3"));
    expect(await fn("RESTORE", payload, "REPLACE")).toBe("OK");
    expect(await ask(client, "FLUSHALL")).toBe("OK");
    await killed(first);
    const second = await started(startServer, ...args);
    expect(await names(second.client)).toEqual(["one", "two"]);
    expect(await ask(second.client, "FCALL", "g", 0)).toBe(3);
    expect(await ask(second.client, "BGREWRITEAOF")).toContain("started");
    await untilInfo(second.client, "persistence", /aof_rewrites:1\r/);
    await ask(second.client, "FUNCTION", "LOAD", library("three", "h", "4"));
    expect(await ask(second.client, "DEBUG", "LOADAOF")).toBe("OK");
    expect(await names(second.client)).toEqual(["one", "three", "two"]);
    await killed(second);
    const third = await started(startServer, ...args);
    expect(await names(third.client)).toEqual(["one", "three", "two"]);
    expect(await ask(third.client, "FCALL", "h", 0)).toBe(4);
    await stopped(third);
  });

  test("after DEBUG RELOAD, with their variables as they began", async () => {
    const all = await started(startServer);
    const { client } = all;
    const code = "#!js name=l\nlet n = 0; redis.registerFunction('f', () => ++n)";
    await ask(client, "FUNCTION", "LOAD", code);
    for (const expected of [1, 2]) expect(await ask(client, "FCALL", "f", 0)).toBe(expected);
    expect(await ask(client, "DEBUG", "RELOAD")).toBe("OK");
    expect(await ask(client, "FCALL", "f", 0)).toBe(1);
    await stopped(all);
  });

  test("after DEBUG RELOAD NOFLUSH, which wants MERGE", async () => {
    const all = await started(startServer);
    const { client } = all;
    await ask(client, "FUNCTION", "LOAD", library("one", "f"));
    await ask(client, "SAVE");
    await ask(client, "FUNCTION", "LOAD", "REPLACE", library("one", "f", "2"));
    await ask(client, "FUNCTION", "LOAD", library("two", "g"));
    expect(await ask(client, "DEBUG", "RELOAD", "NOSAVE", "NOFLUSH")).toStartWith("ERR");
    expect(await ask(client, "FCALL", "f", 0)).toBe(2);
    expect(await ask(client, "DEBUG", "RELOAD", "NOSAVE", "NOFLUSH", "MERGE")).toBe("OK");
    expect(await ask(client, "FCALL", "f", 0)).toBe(1);
    expect(await names(client)).toEqual(["one", "two"]);
    await ask(client, "FUNCTION", "DELETE", "one");
    expect(await ask(client, "DEBUG", "RELOAD", "NOSAVE", "NOFLUSH")).toBe("OK");
    expect(await names(client)).toEqual(["one", "two"]);
    await stopped(all);
  });

  test("through rusk export and import", async () => {
    const first = await started(startServer);
    await ask(first.client, "FUNCTION", "LOAD", library("one", "f", "'\xe9\\xff'"));
    await ask(first.client, "SAVE");
    await stopped(first);
    expect(rusk(["export", "data.json"]).status).toBe(0);
    expect(readFileSync(path("data.json"), "utf8")).toContain("#!js name=one");
    const other = ["--dbfilename", "other.rdb"];
    expect(rusk(["import", "data.json", ...other]).status).toBe(0);
    const second = await started(startServer, ...other);
    expect(await names(second.client)).toEqual(["one"]);
    const reply = await second.client.command("FCALL", "f", 0);
    expect(reply.type === "bulk" && reply.value).toEqual(Buffer.from("c3a9ff", "hex"));
    await stopped(second);
  });
});

describe("libraries that do not run", () => {
  const file = (...codes: string[]) => {
    const parts = codes.flatMap((code) => [0xf5, string(code)]);
    writeFileSync(path("dump.rdb"), rdbFile("REDIS0010", ...parts));
  };

  test("are kept and named, and the others run", async () => {
    file(LUA, library("one", "f"), BROKEN, TAKEN);
    for (const format of ["rusk", "rdb", "rusk"]) {
      const all = await started(startServer, "--snapshot-format", format);
      const log = all.server.log();
      expect(log).toContain("Library 'old' is kept as it is, and does not run: Engine 'lua' not");
      expect(log).toContain("Library 'broken' is kept as it is, and does not run: Error compiling");
      expect(log).toContain(
        "Library 'taken' is kept as it is, and does not run: Function F already",
      );
      expect(await names(all.client)).toEqual(["one"]);
      expect(await ask(all.client, "FCALL", "f", 0)).toBe(1);
      expect(await ask(all.client, "FCALL", "old", 0)).toBe("ERR Function not found");
      await ask(all.client, "SET", "k", "v");
      expect(await ask(all.client, "SAVE")).toBe("OK");
      await stopped(all);
    }
    const { out } = rusk(["check-snapshot", path("dump.rdb")]);
    expect(out).toContain("libraries of functions: 4");
  });

  test.each([
    ["a snapshot", "no"],
    ["a log", "yes"],
  ])("refuse a start with %s, if load-foreign-functions is no", async (_what, appendOnly) => {
    file(LUA, library("one", "f"));
    const args = ["--appendonly", appendOnly];
    if (appendOnly === "yes") {
      // The first start with a log makes one of the snapshot.
      const first = await started(startServer);
      await ask(first.client, "CONFIG", "SET", "appendonly", "yes");
      await untilInfo(first.client, "persistence", /aof_rewrite_in_progress:0/);
      await stopped(first);
    }
    const refusing = ["--dir", path(), ...args, "--load-foreign-functions", "no"];
    const server = await startServer({ args: refusing, noWait: true });
    expect(await server.exited).toBe(1);
    expect(server.log()).toContain("Library 'old' does not run, and load-foreign-functions is no");
    await server.stop();
    const all = await started(startServer, ...args);
    expect(await names(all.client)).toEqual(["one"]);
    await stopped(all);
  });

  test("are removed or replaced only when that is said", async () => {
    file(LUA, BROKEN);
    const all = await started(startServer);
    const fn = (...words: Word[]) => ask(all.client, "FUNCTION", ...words);
    const refusal =
      "ERR Library 'old' already exists, though it does not run here: LOAD REPLACE takes its " +
      "place, DELETE removes it";
    expect(await fn("LOAD", library("old", "f"))).toBe(refusal);
    expect(await fn("LOAD", "REPLACE", library("old", "f"))).toBe("old");
    expect(await names(all.client)).toEqual(["old"]);
    expect(await fn("DELETE", "broken")).toBe("OK");
    expect(await fn("DELETE", "broken")).toBe("ERR Library not found");
    await ask(all.client, "SAVE");
    await stopped(all);
    expect(rusk(["check-snapshot", path("dump.rdb")]).out).toContain("libraries of functions: 1");

    file(LUA);
    const again = await started(startServer);
    expect(await ask(again.client, "FUNCTION", "FLUSH")).toBe("OK");
    await ask(again.client, "SAVE");
    await stopped(again);
    expect(rusk(["check-snapshot", path("dump.rdb")]).out).not.toContain("libraries");
  });
});

test.skipIf(redisBinary() === null)("a real Redis says why it does not load ours", async () => {
  const all = await started(startServer, "--snapshot-format", "rdb");
  await ask(all.client, "FUNCTION", "LOAD", library("one", "f"));
  const payload = await payloadOf(all.client);
  await ask(all.client, "SAVE");
  await stopped(all);
  const server = await startRedis({ args: ["--dir", path()], noWait: true });
  await server.exited;
  expect(server.log()).toContain("Engine 'js' not found");
  await server.stop();
  const other = await startRedis();
  const client = await other.connect();
  expect(await ask(client, "FUNCTION", "RESTORE", payload)).toBe("ERR Engine 'js' not found");
  await ask(client, "FUNCTION", "LOAD", LUA);
  const back = await payloadOf(client);
  await stopped({ server: other, client });
  const here = await started(startServer, "--dbfilename", "none.rdb");
  expect(await ask(here.client, "FUNCTION", "RESTORE", back)).toBe("ERR Engine 'lua' not found");
  await stopped(here);
});

test("FUNCTION RESTORE of damaged payloads is an error, or takes what could be sound", async () => {
  const { client } = await started(startServer, "--sanitize-dump-payload", "yes");
  await ask(client, "FUNCTION", "LOAD", library("one", "f"));
  await ask(client, "FUNCTION", "LOAD", library("two", "g"));
  const payload = await payloadOf(client);
  await ask(client, "DEBUG", "SET-SKIP-CHECKSUM-VALIDATION", "1");
  const random = new Random(20_261_129);
  for (let round = 0; round < 2000; round++) {
    const damaged = Buffer.from(payload);
    for (let i = random.below(3); i >= 0; i--) {
      damaged[random.below(damaged.length)] = random.below(256);
    }
    const cut = random.below(4) === 0 ? damaged.subarray(random.below(damaged.length)) : damaged;
    const reply = await ask(client, "FUNCTION", "RESTORE", cut, "FLUSH");
    if (reply !== "OK") expect(reply).toStartWith("ERR ");
  }
  expect(await ask(client, "PING")).toBe("PONG");
  client.close();
});

describe("under appendfsync always", () => {
  let held: HeldServer;
  afterEach(() => held.server.dispose());

  const load = (name: string) =>
    `FUNCTION LOAD "#!js name=${name}\\nredis.registerFunction('f', () => 7)"`;

  test.each([
    ["FUNCTION LIST", "*1"],
    ["FUNCTION STATS", "*4"],
    ["FUNCTION DUMP", "$"],
    ["FCALL f 0", ":7"],
    ["FCALL nosuch 0", "-ERR Function not found"],
    ["FUNCTION DELETE nosuch", "-ERR Library not found"],
    [load("one"), "-ERR Library"],
  ])("%s waits for a library that is not on the disk", (line, reply) => {
    held = new HeldServer();
    held.write(load("one"));
    held.turn();
    expect(held.writer.replies).toEqual([]);
    const client = held.client(line);
    const other = held.client("GET k");
    held.turn();
    expect(client.replies).toEqual([]);
    expect(other.replies).toEqual(["$-1\r\n"]);
    held.syncAll();
    expect(held.writer.replies).toEqual(["$3\r\none\r\n"]);
    expect(client.replies.join("")).toStartWith(reply);
  });
});
