// Purpose: files that are larger than what is in memory of them at once (src/tools/passage.ts):
// everything comes through, keys that are there twice are noticed, and memory does not grow.

import { describe, expect, test } from "bun:test";
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { Clock } from "../../src/base/clock.ts";
import { openLoader, PeekedSource } from "../../src/persistence/open_loader.ts";
import * as files from "../../src/runtime/files.ts";
import { passThrough } from "../../src/tools/passage.ts";
import { startServer } from "../client/server.ts";
import { binaryCommand } from "../durability/binary.ts";
import { ask, folderOfEachTest, type ToolRun } from "../server/folder.ts";

const { path, started, rusk: runTool } = folderOfEachTest();
const rusk = (words: readonly string[], run: ToolRun = {}) =>
  runTool(words, { command: binaryCommand(), ...run });
/** More than a batch. */
const COUNT = 10_000;

const bytesOf = (text: string) => Buffer.concat([Buffer.from([text.length]), Buffer.from(text)]);
const key = (name: string, value: string) =>
  Buffer.concat([Buffer.from([0]), bytesOf(name), bytesOf(value)]);
/** A library, which may be anywhere in a file. */
const library = (name: string) => {
  const code = Buffer.from(`#!js name=${name}\nredis.register_function('${name}', () => 1)`);
  return Buffer.concat([Buffer.from([245, 0x40, code.length]), code]);
};

/** An RDB file of parts. */
function writeRdb(name: string, parts: readonly Uint8Array[]): void {
  const head = Buffer.from("REDIS0010\xfe\x00", "latin1");
  const end = Buffer.from([255, 0, 0, 0, 0, 0, 0, 0, 0]);
  writeFileSync(path(name), Buffer.concat([head, ...parts, end]));
}

const keys = (count = COUNT, value = "value") =>
  Array.from({ length: count }, (_, i) => key(`key:${i}`, value));

/** Switches to a database. */
const database = (id: number) => Buffer.from([0xfe, id]);

test("what is exported and imported in many batches is the same", async () => {
  const { client } = await started(startServer, "--save", "");
  await ask(client, "DEBUG", "POPULATE", COUNT, "first", 20);
  await ask(client, "SELECT", 3);
  await ask(client, "DEBUG", "POPULATE", COUNT, "second", 500);
  await ask(client, "SADD", "set", ...Array.from({ length: 3000 }, (_, i) => `member:${i}`));
  await ask(client, "SET", "mortal", "x", "PXAT", "7000000000000");
  await ask(client, "FUNCTION", "LOAD", "#!js name=lib\nredis.register_function('f', () => 1)");
  await ask(client, "SAVE");
  const digest = String(await ask(client, "DEBUG", "DIGEST"));
  const count = 2 * COUNT + 2;
  for (const name of ["a.rdb", "b.json", "c.msgpack.gz"]) {
    const there = rusk(["export", name]);
    expect(there.out).toBe(`${count} keys of dump.rdb are in ${path(name)}\n`);
    const back = rusk(["import", name, "--force"]);
    expect(back).toMatchObject({ status: 0, error: "" });
    await ask(client, "FLUSHALL");
    await ask(client, "FUNCTION", "FLUSH");
    await ask(client, "DEBUG", "RELOAD", "NOSAVE");
    expect([name, String(await ask(client, "DEBUG", "DIGEST"))]).toEqual([name, digest]);
    expect(String(await ask(client, "FUNCTION", "LIST"))).toContain("lib");
  }
  expect(rusk(["check-snapshot", "dump.rdb"]).out).toContain(
    `keys: ${count}, in 2 databases; with an expiry: 1\n` +
      `types: string ${count - 1}, list 0, set 1, zset 0, hash 0, stream 0\n` +
      "libraries of functions: 1\nIt is sound.\n",
  );
});

describe("a key that is there twice", () => {
  test("is noticed, and where, however far the two are from each other", () => {
    writeRdb("twice.rdb", [...keys(), key("key:5", "other")]);
    for (const tool of ["check-snapshot", "import"]) {
      const { error, status, out } = rusk([tool, "twice.rdb"]);
      expect(error).toContain(`${path("twice.rdb")} cannot be loaded: `);
      expect(error).toContain("the key is there twice");
      expect([status, out]).toEqual([1, ""]);
    }
    expect(readdirSync(path())).toEqual(["twice.rdb"]);
  });

  test("in a log's base as well", () => {
    writeRdb("twice.aof", [...keys(), key("key:5", "other")]);
    const { out, status } = rusk(["check-aof", "twice.aof"]);
    expect(out).toMatch(/\[offset \d+\] .*: the key is there twice, in key "key:5" /);
    expect(out).toEndWith("RDB preamble of AOF file is not sane, aborting.\n");
    expect(status).toBe(1);
  });

  test("in records, too", () => {
    const records = Array.from({ length: COUNT }, (_, i) => {
      return `{"db":0,"key":"key:${i}","type":"string","value":"v"}\n`;
    });
    const all = ['{"records":1}\n', ...records, records[5], `{"end":${COUNT + 1}}\n`];
    const { error, status } = rusk(["import", "-"], { input: Buffer.from(all.join("")) });
    expect(error).toContain('key "key:5" is there twice');
    expect(status).toBe(1);
    expect(readdirSync(path())).toEqual([]);
  });

  test("is none in two databases", () => {
    writeRdb("two.rdb", [...keys(), database(1), ...keys()]);
    expect(rusk(["check-snapshot", "two.rdb"]).out).toContain(`keys: ${2 * COUNT}, in 2 databases`);
  });

  test("is none where only the fingerprints are the same", async () => {
    writeRdb("same.rdb", keys());
    let opened = 0;
    let print = 0;
    const clock = new Clock({ wallMs: () => 0, wallUs: () => 0, monotonicMs: () => 0 });
    const census = {
      note: (each: number) => {
        if (print === 0) print = each;
      },
      twins: () => new Set([print]),
      close: () => {},
    };
    const loader = await passThrough(
      {
        open: (keyspace) => {
          opened++;
          const rules = { allowsLoss: false, log: { add: () => {} }, passesOn: () => {} };
          return openLoader(new PeekedSource(files.openInput(path("same.rdb"))), keyspace, rules);
        },
        show: () => {},
        databases: 1,
        lfu: false,
        temporary: path("keys"),
      },
      { clock, random: Math.random, pause: async () => {}, disk: files, unfinished: new Set() },
      census,
    );
    expect(opened).toBe(2);
    expect(loader.figures.keys).toBe(COUNT);
  });
});

test("libraries may come after keys", () => {
  writeRdb("late.rdb", [library("one"), ...keys(), library("two")]);
  expect(rusk(["import", "late.rdb"]).error).toBe("");
  const { out } = rusk(["check-snapshot", "dump.rdb"]);
  expect(out).toContain(`keys: ${COUNT}, `);
  expect(out).toContain("libraries of functions: 2\n");
  expect(rusk(["export", "back.rdb"]).status).toBe(0);
  const bytes = readFileSync(path("back.rdb"), "latin1");
  expect(bytes).toContain("#!js name=one");
  expect(bytes).toContain("#!js name=two");
});

test("a file that is said to be huge takes no room for that, nor does what is made of it", () => {
  const said = Buffer.from([0xfb, 0x81, 0, 0, 1, 0, 0, 0, 0, 0, 0x81, 0, 0, 1, 0, 0, 0, 0, 0]);
  writeRdb("huge.rdb", [said, ...keys(10)]);
  expect(rusk(["import", "huge.rdb"]).status).toBe(0);
  expect(rusk(["export", "small.rdb"]).status).toBe(0);
  const bytes = readFileSync(path("small.rdb"));
  const at = bytes.indexOf(Buffer.from([0xfe, 0, 0xfb]));
  // No more than could be in the file, in one byte or two.
  expect(bytes[at + 3]).toBeLessThan(0x80);
});

test("memory does not grow with the file", () => {
  const resident = (tool: string, name: string) => {
    const [program, ...first] = binaryCommand();
    const words = [...first, tool, name, "--dbfilename", "other.rdb"];
    const { exitCode, resourceUsage } = Bun.spawnSync([program, ...words], { cwd: path() });
    expect(exitCode).toBe(0);
    return resourceUsage.maxRSS / 1e6;
  };
  writeRdb("small.rdb", keys(20_000, "v".repeat(60)));
  writeRdb("large.rdb", keys(700_000, "v".repeat(60)));
  const before = resident("check-snapshot", "small.rdb");
  // The file alone has 50 MB more, and as keys in memory 80.
  expect(resident("check-snapshot", "large.rdb") - before).toBeLessThan(48);
});
