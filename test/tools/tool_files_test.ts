// Purpose: what the tools read and write (src/tools/tool_files.ts, packing.ts): records, .gz and
// .zip, standard input and output; and that what fails says so, and leaves nothing behind.

import { describe, expect, test } from "bun:test";
import { spawnSync } from "node:child_process";
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { resolve } from "node:path";
import { gunzipSync, gzipSync } from "node:zlib";
import { unzipSync, zipSync } from "fflate";
import { startServer } from "../client/server.ts";
import { binaryCommand } from "../durability/binary.ts";
import { ask, folderOfEachTest, type ToolRun } from "../server/folder.ts";

const GOLDEN = resolve(import.meta.dir, "../../snapshots/version-1.rusk");
const TOLD = "keys: 22, in 2 databases; with an expiry: 2\n";

const { path, started, rusk: runTool } = folderOfEachTest();
const rusk = (words: readonly string[], run: ToolRun = {}) =>
  runTool(words, { command: binaryCommand(), ...run });

const read = (name: string) => readFileSync(path(name));

/** Puts a snapshot that every server must load into the folder. */
function golden(): void {
  writeFileSync(path("dump.rdb"), readFileSync(GOLDEN));
}

test("what is exported in one format after the other is the same in the end", async () => {
  golden();
  const { client } = await started((options) =>
    startServer({ ...options, command: binaryCommand() }),
  );
  const digest = async () => {
    await ask(client, "DEBUG", "RELOAD", "NOSAVE");
    return String(await ask(client, "DEBUG", "DIGEST"));
  };
  const goThrough = (name: string) => {
    const there = rusk(["export", name]);
    expect([there.out, there.status]).toEqual([`22 keys of dump.rdb are in ${path(name)}\n`, 0]);
    const checked = rusk(["check-snapshot", name]).out;
    expect(checked).toContain(TOLD);
    const inside = /\.(json|msgpack)$/.exec(name)?.[1];
    if (inside !== undefined) {
      const format = inside === "json" ? "JSON" : "MessagePack";
      expect(checked).toStartWith(
        `${path(name)} is records in ${format}, ${read(name).length} bytes\n`,
      );
    }
    const back = rusk(["import", name, "--force"]);
    expect([back.out, back.status]).toEqual([`22 keys of ${path(name)} are in dump.rdb\n`, 0]);
  };
  const before = await digest();
  const records = ["a.json", "b.msgpack", "c.json.gz", "d.msgpack.zip"];
  records.forEach(goThrough);
  expect(await digest()).toBe(before);
  // RDB as Redis 7.0 has it does not know fields that expire.
  await ask(client, "HPERSIST", "hash:expiring", "FIELDS", "2", "f", "g");
  await ask(client, "SAVE");
  const plainly = await digest();
  goThrough("e.rdb.gz");
  goThrough("f.zip");
  expect(await digest()).toBe(plainly);
  const names = [...records, "e.rdb.gz", "f.zip"];
  expect(readdirSync(path()).sort()).toEqual([...names, "dump.rdb"].sort());
});

test("others read what is packed, and pack what is read", () => {
  golden();
  rusk(["export", "a.json.gz"]);
  const json = gunzipSync(read("a.json.gz"));
  expect(String(json).split("\n").at(-2)).toBe('{"end":22}');
  rusk(["export", "a.msgpack.zip"]);
  const zip = unzipSync(read("a.msgpack.zip"));
  expect(Object.keys(zip)).toEqual(["a.msgpack"]);
  writeFileSync(path("other.gz"), gzipSync(json, { level: 9 }));
  // One file of several parts, each packed by itself.
  const half = json.length >> 1;
  const parts = [gzipSync(json.subarray(0, half)), gzipSync(json.subarray(half))];
  writeFileSync(path("parts.gz"), Buffer.concat(parts));
  writeFileSync(path("other.zip"), zipSync({ a: zip["a.msgpack"] }));
  writeFileSync(path("stored.zip"), zipSync({ a: json }, { level: 0, comment: "x" }));
  for (const name of ["other.gz", "parts.gz", "other.zip", "stored.zip"]) {
    expect([name, rusk(["check-snapshot", name]).out]).toEqual([
      name,
      expect.stringContaining(TOLD),
    ]);
  }
});

describe("standard input and output", () => {
  test("export - and import - , in every format", () => {
    golden();
    const zip = zipSync({ "a.rusk": readFileSync(GOLDEN) });
    for (const format of ["rdb", "json", "msgpack"]) {
      const { bytes, error, status } = rusk(["export", "-", "--format", format]);
      expect(error).toContain("22 keys of dump.rdb are in standard output\n");
      expect(status).toBe(0);
      for (const input of [bytes, gzipSync(bytes)]) {
        expect(
          rusk(["import", "-", "--force", "--dbfilename", "other.rdb"], { input }),
        ).toMatchObject({
          status: 0,
          out: "22 keys of standard input are in other.rdb\n",
          error: "",
        });
      }
    }
    const { out } = rusk(["check-snapshot", "-"], { input: zip });
    expect(out).toStartWith("standard input is a snapshot of Rusk's, version 1, ");
    expect(out).toContain(TOLD);
    expect(readdirSync(path()).sort()).toEqual(["dump.rdb", "other.rdb"]);
  });

  test("check-aof - , and of a packed log", () => {
    const log = Buffer.from(
      "*2\r\n$6\r\nSELECT\r\n$1\r\n0\r\n*3\r\n$3\r\nSET\r\n$1\r\na\r\n$1\r\n1\r\n",
    );
    const whole = rusk(["check-aof", "-"], { input: log });
    expect(whole.out).toContain("AOF analyzed: filename=standard input, size=50, ok_up_to=50");
    expect(whole.status).toBe(0);
    const cut = rusk(["check-aof", "-"], { input: gzipSync(log.subarray(0, 40)) });
    expect(cut.out).toContain("size=40, ok_up_to=23");
    expect(cut.status).toBe(1);
    writeFileSync(path("a.aof.gz"), gzipSync(log));
    expect(rusk(["check-aof", "a.aof.gz"])).toMatchObject({ status: 0 });
    const fix = rusk(["check-aof", "--fix", "a.aof.gz"]);
    expect(fix).toMatchObject({
      status: 1,
      out: "Only a file that is not packed can be cut, aborting...\n",
    });
    expect(rusk(["check-aof", "-"])).toMatchObject({ out: expect.stringContaining("is empty") });
    expect(readdirSync(path())).toEqual(["a.aof.gz"]);
  });
});

describe("what fails", () => {
  test("says so, and leaves nothing, where the file is broken", () => {
    golden();
    rusk(["export", "a.json"]);
    const json = read("a.json");
    const gzip = gzipSync(json);
    const altered = Buffer.from(gzip);
    altered[altered.length - 6] ^= 1; // in the checksum
    const zip = Buffer.from(zipSync({ a: json }));
    const alteredZip = Buffer.from(zip);
    const central = alteredZip.lastIndexOf(Buffer.from("PK\x01\x02"));
    alteredZip[central + 16] ^= 1;
    const cases: readonly (readonly [Uint8Array, string | RegExp])[] = [
      [json.subarray(0, 1000), / records?: /],
      [json.subarray(0, json.lastIndexOf("{")), "the last record is missing"],
      [gzip.subarray(0, gzip.length >> 1), /unexpected EOF|cut short or altered/],
      [altered, "altered: its checksum is another"],
      [zip.subarray(0, zip.length - 30), "it was cut short"],
      [alteredZip, "altered: its checksum is another"],
      [zipSync({ a: json, b: json }), "it holds 2 files, and should hold one"],
      [Buffer.from("something else"), "it is no RDB file"],
    ];
    for (const [bytes, problem] of cases) {
      writeFileSync(path("broken"), bytes);
      for (const words of [
        ["import", "broken"],
        ["import", "-"],
      ]) {
        const { status, error, out } = rusk([...words, "--dbfilename", "other.rdb"], {
          input: bytes,
        });
        expect(error).toMatch(problem);
        expect(error).toStartWith("rusk import: ");
        expect([status, out]).toEqual([1, ""]);
      }
    }
    expect(readdirSync(path()).sort()).toEqual(["a.json", "broken", "dump.rdb"]);
  });

  test("says so where nothing can be written", () => {
    golden();
    const missing = rusk(["export", "nowhere/a.json.gz"]);
    expect(missing.error).toContain("nowhere/a.json.gz: No such file or directory");
    expect(missing.status).toBe(1);
    const full = Bun.file("/dev/full").size >= 0 ? "/dev/full" : null;
    if (full !== null) {
      const shell = `"$@" > ${full}`;
      const [program, ...first] = binaryCommand();
      const { status, stderr } = spawnSync(
        "sh",
        ["-c", shell, "sh", program, ...first, "export", "-", "--format", "json"],
        { cwd: path() },
      );
      expect(String(stderr)).toBe("rusk export: standard output: No space left on device\n");
      expect(status).toBe(1);
    }
    const known = "one of rdb, json, msgpack\n";
    for (const [words, error] of [
      [["export", "a", "--format", "xml"], `export: --format xml is unknown: ${known}`],
      [["export", "a", "--format"], `export: --format needs a word: ${known}`],
      [["check-snapshot", "a", "--force"], "check-snapshot: --force means nothing here\n"],
      [["import", "a", "--format", "json"], "import: --format means nothing here\n"],
      [
        ["check-snapshot", "a", "--incomplete"],
        "check-snapshot: --incomplete means nothing here\n",
      ],
    ] as const) {
      expect(rusk([...words])).toMatchObject({ status: 1, error: `rusk ${error}` });
    }
    expect(readdirSync(path())).toEqual(["dump.rdb"]);
  });
});
