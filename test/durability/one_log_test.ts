// Purpose: two servers never write one append-only log: the second one to come ends, and says why.

import { expect, test } from "bun:test";
import { spawnSync } from "node:child_process";
import { mkdirSync, symlinkSync } from "node:fs";
import { ruskCommand, startServer } from "../client/server.ts";
import { ask, folderOfEachTest, untilInfo } from "../server/folder.ts";

const { path, started } = folderOfEachTest();
const LOG = ["--appendonly", "yes"];

const [program, ...first] = ruskCommand();
const second = (...args: string[]) =>
  spawnSync(program, [...first, "--port", "0", "--unixsocket", "s", ...LOG, ...args], {
    encoding: "latin1",
  });

test.skipIf(process.platform !== "linux")(
  "a second server on the same log ends with a sentence, and nothing is lost",
  async () => {
    mkdirSync(path("data"));
    symlinkSync(path("data"), path("link"));
    const { client } = await started(startServer, ...LOG, "--dir", path("data"));
    await ask(client, "SET", "a", "1");
    for (const dir of ["data", "link"]) {
      const { status, stdout } = second("--dir", path(dir));
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
  },
);

test.skipIf(process.platform !== "linux")(
  "a log of another server is not taken by CONFIG SET appendonly or dir either",
  async () => {
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
  },
);

test("a server that was killed leaves the log to the next one", async () => {
  for (const count of [1, 2, 3]) {
    const { server, client } = await started(startServer, ...LOG);
    expect(await ask(client, "INCR", "n")).toBe(count);
    server.signal("SIGKILL");
    await server.exited;
  }
});
