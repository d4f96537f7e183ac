// Purpose: what tools replace, and what not (src/tools/owned.ts).

import { expect, test } from "bun:test";
import {
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { resolve } from "node:path";
import { startServer } from "../client/server.ts";
import { ask, folderOfEachTest, namesIn } from "../server/folder.ts";

const GOLDEN = resolve(import.meta.dir, "../../snapshots/version-1.rusk");
/** No process has this number. */
const GONE = 2 ** 22 + 1;
const SAVES = ["--save", "3600 1"];

const { path, started, rusk } = folderOfEachTest();

const golden = () => writeFileSync(path("dump.rdb"), readFileSync(GOLDEN));
const isGolden = () => readFileSync(path("dump.rdb")).equals(readFileSync(GOLDEN));

test("import replaces no snapshot of a server that runs, forced or not", async () => {
  golden();
  const { server } = await started(startServer, ...SAVES);
  writeFileSync(path("a.rusk"), readFileSync(GOLDEN));
  const refused = rusk(["import", "a.rusk", "--force"]);
  expect(refused.error).toBe("rusk import: A server that runs writes dump.rdb: end it first\n");
  expect(refused).toMatchObject({ status: 1, out: "" });
  expect(isGolden()).toBe(true);
  server.signal("SIGKILL");
  await server.exited;
  expect(rusk(["import", "a.rusk", "--force"])).toMatchObject({ status: 0, error: "" });
  expect(namesIn(path())).toEqual(["a.rusk", "dump.rdb"]);
});

test("beside a server that saves nothing by itself it may", async () => {
  golden();
  const { client } = await started(startServer);
  await ask(client, "SAVE");
  writeFileSync(path("a.rusk"), readFileSync(GOLDEN));
  expect(rusk(["import", "a.rusk", "--force"])).toMatchObject({ status: 0, error: "" });
  await ask(client, "FLUSHALL");
  await ask(client, "DEBUG", "RELOAD", "NOSAVE");
  expect(await ask(client, "DBSIZE")).toBeGreaterThan(20);
});

test("export replaces a file only when it is told to", async () => {
  golden();
  const words = ["export", "dump.rdb", "--format", "rdb"];
  const refused = rusk(words);
  expect(refused.error).toBe(
    `rusk export: ${path("dump.rdb")} is there already, and is only replaced with --force\n`,
  );
  expect(refused.status).toBe(1);
  expect(isGolden()).toBe(true);
  const { server } = await started(startServer, ...SAVES);
  const forced = rusk([...words, "--force"]);
  expect(forced.error).toBe(
    `rusk export: A server that runs writes ${path("dump.rdb")}: end it first\n`,
  );
  expect(forced.status).toBe(1);
  expect(isGolden()).toBe(true);
  server.signal("SIGKILL");
  await server.exited;
  expect(rusk([...words, "--force"]).status).toBe(0);
  expect(readFileSync(path("dump.rdb"), "latin1")).toStartWith("REDIS0010");
});

test("export through a link writes what it leads to, and the link stays", () => {
  golden();
  mkdirSync(path("there"));
  writeFileSync(path("there/a.json"), "precious");
  symlinkSync(path("there/a.json"), path("a.json"));
  symlinkSync(path("there/none.json"), path("none.json"));
  for (const name of ["a.json", "none.json"]) {
    expect(rusk(["export", name]).error).toContain("is only replaced with --force");
  }
  expect(readFileSync(path("there/a.json"), "utf8")).toBe("precious");
  expect(rusk(["export", "a.json", "--force"]).status).toBe(0);
  expect(lstatSync(path("a.json")).isSymbolicLink()).toBe(true);
  expect(readFileSync(path("there/a.json"), "utf8")).toEndWith('{"end":22}\n');
  expect(readdirSync(path("there"))).toEqual(["a.json"]);
});

test("what tools that were killed have left is removed", async () => {
  golden();
  const left = [`dump.rdb.tmp-${GONE}-1`, `dump.rdb.tmp-${GONE}-keys`, `a.json.tmp-${GONE}-x1`];
  for (const name of left) writeFileSync(path(name), "");
  expect(rusk(["export", "a.json"]).status).toBe(0);
  expect(namesIn(path())).toEqual(["a.json", "dump.rdb", ...left.slice(0, 2)]);
  expect(rusk(["import", "a.json", "--force"]).status).toBe(0);
  expect(namesIn(path())).toEqual(["a.json", "dump.rdb"]);
  for (const name of left.slice(0, 2)) writeFileSync(path(name), "");
  const { client } = await started(startServer);
  await ask(client, "SAVE");
  expect(namesIn(path())).toEqual(["a.json", "dump.rdb"]);
});

test("check-aof --fix cuts no log of a server that runs, and keeps what it cuts", async () => {
  const { server, client } = await started(startServer, "--appendonly", "yes");
  await ask(client, "SET", "a", "1");
  const logs = path("appendonlydir");
  const manifest = `${logs}/appendonly.aof.manifest`;
  const increment = `${logs}/appendonly.aof.1.incr.aof`;
  for (const file of [manifest, increment]) {
    const { out, status } = rusk(["check-aof", "--fix", file], { input: Buffer.from("y\n") });
    expect(out).toEndWith(`A server that runs writes ${file}: end it first\n`);
    expect(status).toBe(1);
    expect(rusk(["check-aof", file]).status).toBe(0);
  }
  server.signal("SIGKILL");
  await server.exited;
  const whole = readFileSync(increment);
  writeFileSync(increment, Buffer.concat([whole, Buffer.from("*3\r\n$3\r\nSET")]));
  const { out, status } = rusk(["check-aof", "--fix", manifest], { input: Buffer.from("y\n") });
  const [, kept] = /What is cut off, 11 bytes, is kept in (\S+)\n/.exec(out) ?? [];
  expect(kept).toStartWith(`${increment}.cut-`);
  expect(readFileSync(kept, "latin1")).toBe("*3\r\n$3\r\nSET");
  expect(readFileSync(increment).equals(whole)).toBe(true);
  expect(status).toBe(0);
  expect(existsSync(`${logs}/appendonly.aof.lock`)).toBe(false);
});
