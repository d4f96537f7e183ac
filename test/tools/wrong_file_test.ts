// Purpose: a tool that is given another tool's file, a pipe or a device says what is wrong, with a
// status that is not 0, and leaves everything as it was.

import { expect, test } from "bun:test";
import { spawnSync } from "node:child_process";
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { resolve } from "node:path";
import { gzipSync } from "node:zlib";
import { until } from "../client/until.ts";
import { binaryCommand } from "../durability/binary.ts";
import { folderOfEachTest, type ToolRun } from "../server/folder.ts";

const GOLDEN = resolve(import.meta.dir, "../../snapshots/version-1.rusk");
const LOG = "*3\r\n$3\r\nSET\r\n$1\r\na\r\n$1\r\n1\r\n";
const { path, rusk: runTool } = folderOfEachTest();
const rusk = (words: readonly string[], run: ToolRun = {}) =>
  runTool(words, { command: binaryCommand(), ...run });

const write = (name: string, content: string | Uint8Array) => writeFileSync(path(name), content);

/** Runs a command line of the shell in the folder. */
function shell(line: string): { status: number | null; out: string; error: string } {
  const command = ["sh", "-c", line, "sh", ...binaryCommand()] as const;
  const { status, stdout, stderr } = spawnSync(command[0], command.slice(1), { cwd: path() });
  return { status, out: String(stdout), error: String(stderr) };
}

test("check-snapshot and import, of what is no data", () => {
  write("log", LOG);
  write("manifest", "file a.aof seq 1 type b\n");
  write("empty", "");
  write("text", "return 1\n");
  for (const [name, what] of [
    ["log", "it is an append-only log: rusk check-aof tells of it"],
    ["manifest", "it is the manifest of an append-only log: rusk check-aof tells of that"],
    ["empty", "it is empty"],
    ["text", "it is no RDB file, no snapshot of Rusk's, and no records"],
    [".", "Is a directory"],
  ]) {
    for (const tool of ["check-snapshot", "import"]) {
      const { status, out, error } = rusk([tool, name]);
      expect([status, out]).toEqual([1, ""]);
      expect(error).toContain(what);
      expect(error).toStartWith(`rusk ${tool}: `);
    }
  }
  expect(readdirSync(path()).sort()).toEqual(["empty", "log", "manifest", "text"]);
});

test("script-check, of what is no text, and of what is too long", () => {
  write("a", readFileSync(GOLDEN));
  write("b", "REDIS0010");
  write("c", gzipSync("return 1"));
  write("d", `return ${"1".repeat(1 << 20)}`);
  for (const [name, what] of [
    ["a", "a: this is no script: it is a snapshot of Rusk's\n"],
    ["b", "b: this is no script: it is an RDB file\n"],
    ["c", "c: this is no script: it is packed\n"],
    ["d", "d:1:1: script too long (limit 262144 bytes)\n"],
  ]) {
    const { status, error } = rusk(["script-check", name]);
    expect(status).toBe(1);
    expect(error).toStartWith(what);
  }
});

test("check-aof --fix does not empty what never was a log", () => {
  write("notes.txt", "remember\n");
  const { status, out } = rusk(["check-aof", "--fix", "notes.txt"], { input: Buffer.from("y\n") });
  expect(out).toEndWith(
    "notes.txt is no AOF: it does not begin as one, and nothing of it would be left\n",
  );
  expect(status).toBe(1);
  expect(readFileSync(path("notes.txt"), "utf8")).toBe("remember\n");
});

test("a snapshot that goes on as a log is not imported without that", () => {
  write("dump.rdb", readFileSync(GOLDEN));
  rusk(["export", "a.rdb"]);
  const rdb = readFileSync(path("a.rdb"));
  write("both.aof", Buffer.concat([rdb, Buffer.from(LOG)]));
  const words = ["import", "both.aof", "--dbfilename", "new.rusk"];
  const refused = rusk(words);
  expect(refused.error).toContain("goes on as an append-only log after its snapshot");
  expect(refused.status).toBe(1);
  const taken = rusk([...words, "--incomplete"]);
  expect(taken.error).toBe(`27 bytes after the end of ${path("both.aof")}, left out\n`);
  expect(taken.status).toBe(0);
  write("junk.rdb", Buffer.concat([rdb, Buffer.from("?")]));
  const checked = rusk(["check-snapshot", "junk.rdb"]);
  expect(checked.error).toBe(`1 byte after the end of ${path("junk.rdb")}, left out\n`);
  expect(checked.out).toEndWith("It is sound.\n");
});

test("who imports where a log is in use is told that it is not loaded", () => {
  write("a.rusk", readFileSync(GOLDEN));
  const { status, error } = rusk(["import", "a.rusk", "--appendonly", "yes"]);
  expect(error).toStartWith("appendonly is yes: a server loads its log, and not this file. ");
  expect(status).toBe(0);
});

test("pipes are read to their end, and nothing takes a pipe's or a device's place", () => {
  write("dump.rdb", readFileSync(GOLDEN));
  const piped = shell('mkfifo p q; cat dump.rdb > p & "$@" check-snapshot p');
  expect(piped.out).toContain("p is a snapshot of Rusk's, version 1, ");
  expect(piped.status).toBe(0);
  const filled = shell('cat q > out.json & "$@" export q --format json && wait && test -p q');
  expect(filled.status).toBe(0);
  expect(readFileSync(path("out.json"), "utf8")).toEndWith('{"end":22}\n');
  expect(shell('"$@" export /dev/null && test -c /dev/null').status).toBe(0);
  expect(readdirSync(path()).sort()).toEqual(["dump.rdb", "out.json", "p", "q"]);
});

test("a full disk in the middle leaves what there was, and nothing else", () => {
  write("dump.rdb", readFileSync(GOLDEN));
  // Blocks of 512 bytes: more than the head of each file, and less than the file.
  for (const name of ["a.rdb", "a.json", "a.json.gz", "a.msgpack.zip"]) {
    const { status, error } = shell(`ulimit -f 1; "$@" export ${name}`);
    expect(error).toEndWith(`rusk export: ${path(name)}: File too large\n`);
    expect(status).toBe(1);
  }
  rusk(["export", "a.json"]);
  for (const input of ["a.json", "dump.rdb"]) {
    const { status, error } = shell(`ulimit -f 1; "$@" import ${input} --force`);
    expect(error).toContain("File too large\n");
    expect(status).toBe(1);
  }
  expect(readFileSync(path("dump.rdb"))).toEqual(readFileSync(GOLDEN));
  expect(readdirSync(path()).sort()).toEqual(["a.json", "dump.rdb"]);
});

test.each(["SIGINT", "SIGTERM", "SIGHUP"] as const)(
  "%s leaves nothing half made",
  async (signal) => {
    write("dump.rdb", readFileSync(GOLDEN));
    const command = [...binaryCommand(), "import", "-", "--force"];
    const tool = Bun.spawn(command, { cwd: path(), stdin: "pipe", stderr: "pipe" });
    tool.stdin.write(readFileSync(GOLDEN).subarray(0, 600));
    tool.stdin.flush();
    await until("a temporary file", async () => readdirSync(path()).length === 2);
    tool.kill(signal);
    expect(await tool.exited).toBe(1);
    expect(readdirSync(path())).toEqual(["dump.rdb"]);
    expect(readFileSync(path("dump.rdb"))).toEqual(readFileSync(GOLDEN));
  },
);
