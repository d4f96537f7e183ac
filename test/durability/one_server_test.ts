// Purpose: two servers never write one log or snapshot: the second one to come ends, and says why.

import { expect, test } from "bun:test";
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, renameSync, rmSync, symlinkSync } from "node:fs";
import type { Client } from "../client/client.ts";
import { ruskCommand, startServer } from "../client/server.ts";
import { ask, folderOfEachTest, untilInfo } from "../server/folder.ts";

const { path, started } = folderOfEachTest();
const LOG = ["--appendonly", "yes"];
const SAVES = ["--save", "3600 1"];

const [program, ...first] = ruskCommand();
const START = [...first, "--port", "0", "--unixsocket", "s"];
const second = (...args: string[]) =>
  spawnSync(program, [...START, ...args], { encoding: "latin1", timeout: 20_000 });
/** In a network of its own, as a container is. */
const apart = (...args: string[]) =>
  spawnSync("unshare", ["--net", "--map-root-user", program, ...START, ...args], {
    encoding: "latin1",
  });
const hasNetworks =
  spawnSync("unshare", ["--net", "--map-root-user", "true"], { encoding: "latin1" }).status === 0;

/** What CONFIG SET, SAVE ... reply, be it an error. */
const reply = (client: Client, ...words: string[]) => ask(client, ...words).then(String, String);

test("a second server on the same log ends with a sentence, and nothing is lost", async () => {
  mkdirSync(path("data"));
  symlinkSync(path("data"), path("link"));
  const { client } = await started(startServer, ...LOG, "--dir", path("data"));
  await ask(client, "SET", "a", "1");
  for (const dir of ["data", "link"]) {
    const { status, stdout } = second(...LOG, "--dir", path(dir));
    expect(status).toBe(1);
    const log = `log appendonlydir/appendonly.aof in ${path("data")}. `;
    expect(stdout).toContain(`# Another server is writing the append-only ${log}`);
    expect(stdout).not.toContain("Ready to accept");
  }
  await ask(client, "SET", "b", "2");
  await ask(client, "DEBUG", "LOADAOF");
  expect(await ask(client, "DBSIZE")).toBe(2);
  // One of another name beside it, and none at all, are fine.
  const other = await started(startServer, "--dir", path("data"), ...LOG, "--appenddirname", "o");
  expect(await ask(other.client, "SET", "c", "3")).toBe("OK");
  const none = await started(startServer, "--dir", path("data"));
  expect(await ask(none.client, "PING")).toBe("PONG");
});

test("a log of another server is not taken by CONFIG SET appendonly or dir either", async () => {
  for (const folder of ["data", "own"]) mkdirSync(path(folder));
  const { client } = await started(startServer, ...LOG, "--dir", path("data"));
  await ask(client, "SET", "a", "1");
  const none = await started(startServer, "--dir", path("data"));
  const movable = ["--dir", path("own"), "--enable-protected-configs", "yes"];
  const other = await started(startServer, ...LOG, ...movable);
  const attempts = [
    [none, "appendonly", "yes", "no"],
    [other, "dir", path("data"), path("own")],
  ] as const;
  for (const [{ client: second }, name, value, kept] of attempts) {
    const refusal = await ask(second, "CONFIG", "SET", name, value).catch((error) => error);
    expect(String(refusal)).toContain("Another server is writing the append-only log");
    expect(await ask(second, "CONFIG", "GET", name)).toEqual([name, kept]);
    expect(await ask(second, "SET", "b", "2")).toBe("OK");
  }
  await ask(client, "SET", "c", "3");
  await ask(client, "DEBUG", "LOADAOF");
  expect(await ask(client, "DBSIZE")).toBe(2);
  // The one that has it turns it off and on as it likes.
  for (const value of ["no", "yes"]) {
    expect(await ask(client, "CONFIG", "SET", "appendonly", value)).toBe("OK");
  }
  // A server does not end before its first base is written.
  await untilInfo(client, "persistence", /aof_rewrite_in_progress:0/);
});

test.each([LOG, SAVES])(
  "a server that was killed leaves its files to the next one: %s",
  async (...args) => {
    for (const count of [1, 2, 3]) {
      const { server, client } = await started(startServer, ...args);
      expect(await ask(client, "INCR", "n")).toBe(count);
      if (args[0] === "--save") await ask(client, "SAVE");
      server.signal("SIGKILL");
      await server.exited;
    }
  },
);

test("a second server that saves to the same snapshot ends with a sentence", async () => {
  const { server, client } = await started(startServer, ...SAVES);
  await ask(client, "SET", "a", "1");
  for (const start of hasNetworks ? [second, apart] : [second]) {
    const { status, stdout } = start(...SAVES, "--dir", path());
    expect(status).toBe(1);
    expect(stdout).toContain(
      `# Another server saves to the snapshot dump.rdb in ${path()}. Give each server a dir or ` +
        'dbfilename of its own; one that keeps nothing needs: save ""',
    );
    expect(stdout).not.toContain("Ready to accept");
  }
  const other = await started(startServer, ...SAVES, "--dbfilename", "other.rdb");
  expect(await ask(other.client, "SAVE")).toBe("OK");
  server.signal("SIGTERM");
  expect(await server.exited).toBe(0);
  // The one that ended in order leaves nothing but the snapshot.
  const names = readdirSync(path()).sort();
  expect(names).toEqual(["dump.rdb", "other.rdb", "other.rdb.lock"]);
});

test("who ends when its folder was moved leaves the lock of who works in a new one", async () => {
  mkdirSync(path("data"));
  const { server } = await started(startServer, ...SAVES, "--dir", path("data"));
  renameSync(path("data"), path("moved"));
  mkdirSync(path("data"));
  await started(startServer, ...SAVES, "--dir", path("data"));
  server.signal("SIGTERM");
  expect(await server.exited).toBe(0);
  const { status, stdout } = second(...SAVES, "--dir", path("data"));
  expect(stdout).toContain("# Another server saves to the snapshot dump.rdb");
  expect(status).toBe(1);
});

test("a snapshot of another server is not replaced by commands either", async () => {
  const { client } = await started(startServer, ...SAVES);
  await ask(client, "SET", "a", "1");
  expect(await ask(client, "SAVE")).toBe("OK");
  const none = await started(startServer, "--enable-protected-configs", "yes");
  const problem = `Another server saves to the snapshot dump.rdb in ${path()}`;
  for (const words of [["SAVE"], ["BGSAVE"], ["DEBUG", "RELOAD"]]) {
    expect({ words, reply: await reply(none.client, ...words) }).toEqual({
      words,
      reply: "Error: ERR",
    });
  }
  expect(none.server.log()).toContain(`Error saving the DB to ${path("dump.rdb")}: ${problem}`);
  expect(await reply(none.client, "CONFIG", "SET", "save", "1 1")).toContain(problem);
  expect(await ask(none.client, "CONFIG", "SET", "dbfilename", "own.rdb", "save", "1 1")).toBe(
    "OK",
  );
  expect(await reply(none.client, "CONFIG", "SET", "dbfilename", "dump.rdb")).toContain(problem);
  expect(await ask(none.client, "SAVE")).toBe("OK");
  await ask(client, "DEBUG", "RELOAD", "NOSAVE");
  expect(await ask(client, "DBSIZE")).toBe(1);
});

test("beside its log a server leaves a snapshot to the one that has it", async () => {
  const { client } = await started(startServer, ...SAVES);
  await ask(client, "SET", "a", "1");
  const { server, client: logged } = await started(startServer, ...LOG, ...SAVES);
  expect(server.log()).toContain(`in ${path()}: save points have no effect here`);
  await ask(logged, "SET", "b", "1");
  expect(await reply(logged, "SAVE")).toBe("Error: ERR");
  server.signal("SIGTERM");
  expect(await server.exited).toBe(0);
  expect(existsSync(path("dump.rdb"))).toBe(false);
});

test("BGREWRITEAOF without a log replaces none of another server's", async () => {
  const { client } = await started(startServer, ...LOG);
  await ask(client, "SET", "a", "1");
  const { server, client: none } = await started(startServer);
  expect(await reply(none, "BGREWRITEAOF")).toStartWith(
    "Error: ERR Can't execute an AOF background",
  );
  expect(server.log()).toContain("Another server is writing the append-only log appendonlydir/");
  await ask(client, "DEBUG", "LOADAOF");
  expect(await ask(client, "DBSIZE")).toBe(1);
});

test("a file that cannot be locked is told, and the server starts", async () => {
  symlinkSync(path("nowhere/lock"), path("dump.rdb.lock"));
  const { server, client } = await started(startServer, ...SAVES);
  expect(server.log()).toContain(
    "dump.rdb.lock cannot be locked: No such file or directory. Nothing keeps another server " +
      "from the same files",
  );
  await ask(client, "SET", "a", "1");
  expect(await ask(client, "SAVE")).toBe("OK");
});

test("what could not be locked at the start is left to another server that can", async () => {
  symlinkSync(path("later/lock"), path("dump.rdb.lock"));
  const { server, client: first } = await started(startServer, ...SAVES);
  mkdirSync(path("later"));
  const { client: other } = await started(startServer, ...SAVES);
  await ask(other, "SET", "a", "1");
  expect(await ask(other, "SAVE")).toBe("OK");
  expect(await reply(first, "SAVE")).toBe("Error: ERR");
  // It would not end without saving.
  server.signal("SIGKILL");
  await server.exited;
});

test("a lock that was removed is there again with the next file", async () => {
  const { server, client } = await started(startServer, ...SAVES, ...LOG);
  const locks = [path("dump.rdb.lock"), path("appendonlydir/appendonly.aof.lock")];
  for (const lock of locks) rmSync(lock);
  expect(await ask(client, "SAVE")).toBe("OK");
  await ask(client, "BGREWRITEAOF");
  await untilInfo(client, "persistence", /aof_rewrite_in_progress:0/);
  for (const lock of locks) expect(existsSync(lock)).toBe(true);
  expect(second(...LOG, "--dir", path()).status).toBe(1);
  expect(second(...SAVES, "--dir", path()).status).toBe(1);
  server.signal("SIGTERM");
  expect(await server.exited).toBe(0);
  for (const lock of locks) expect(existsSync(lock)).toBe(false);
});
