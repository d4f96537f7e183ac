// Purpose: `rusk check-aof` (src/tools/check_log.ts), beside what redis-check-aof says.

import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import { spawnSync } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { plain } from "../client/resp.ts";
import { ruskCommand, startServer } from "../client/server.ts";

const HEAD = "*2\r\n$6\r\nSELECT\r\n$1\r\n0\r\n*3\r\n$3\r\nSET\r\n$1\r\na\r\n$1\r\n1\r\n";
const MULTI = "*1\r\n$5\r\nMULTI\r\n";
const EXEC = "*1\r\n$4\r\nEXEC\r\n";
const LOGS: Readonly<Record<string, string>> = {
  whole: HEAD,
  empty: "",
  "of a time": `#TS:100\r\n${HEAD}#TS:200\r\n${HEAD}`,
  "with a transaction": HEAD + MULTI + HEAD + EXEC,
  "cut in an argument": `${HEAD}*3\r\n$3\r\nSET\r\n$1\r\na\r\n$5\r\n1`,
  "cut in a size": `${HEAD}*2\r\n$6`,
  "cut in a count": `${HEAD}*2`,
  "cut in a transaction": HEAD + MULTI + HEAD,
  "with something else": `${HEAD}hello`,
  "with zeros": `${HEAD}\0\0\0`,
  "without a size": `${HEAD}*2\r\n#6\r\nSELECT\r\n$1\r\n0\r\n`,
  "with lines that end with LF alone": `${HEAD}*1\n$4\nPING\n${HEAD}`,
  "with other bytes after an argument": `${HEAD}*1\r\n$4\r\nPINGxx${HEAD}`,
  "with CR without LF after a count": `${HEAD}*1\rX$4\r\nPING\r\n${HEAD}`,
  "with CR without LF after a size": `${HEAD}*1\r\n$4\rXPING\r\n${HEAD}`,
  "with a line as people type them": `${HEAD}FLUSHALL\r\n${HEAD}`,
  "with EXEC alone": HEAD + EXEC + HEAD,
  "with MULTI twice": HEAD + MULTI + MULTI + HEAD,
};

let folder = "";

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "rusk-check-"));
});

afterEach(() => {
  rmSync(folder, { recursive: true, force: true });
});

const [PROGRAM, ...FIRST] = ruskCommand();
const hasOracle = spawnSync("redis-check-aof").error === undefined;

function run(program: string, args: readonly string[], input: string) {
  const { status, stdout, stderr } = spawnSync(program, args, {
    cwd: folder,
    encoding: "latin1",
    input,
  });
  return { status, out: stdout + stderr };
}

const rusk = (args: readonly string[], input = "") =>
  run(PROGRAM, [...FIRST, "check-aof", ...args], input);

/** An error, and its place, are told in other words; Redis keeps nothing of what it cuts. */
const essential = (out: string) =>
  out
    .split("\n")
    .filter((line) => !/^0x|^What is cut off| format error$/.test(line))
    .join("\n");

function fileOf(name: string, text: string): string {
  writeFileSync(join(folder, name), text, "latin1");
  return name;
}

const contents = (name: string) => readFileSync(join(folder, name), "latin1");

describe.skipIf(!hasOracle)("as redis-check-aof", () => {
  for (const [what, text] of Object.entries(LOGS)) {
    for (const options of [[], ["--fix"], ["--truncate-to-timestamp", "150"]]) {
      test(`a log ${what} ${options.join(" ")}`, () => {
        fileOf("log.aof", text);
        const mine = rusk([...options, "log.aof"], "y\n");
        const left = contents("log.aof");
        fileOf("log.aof", text);
        const theirs = run("redis-check-aof", [...options, "log.aof"], "y\n");
        expect(essential(mine.out)).toBe(essential(theirs.out));
        expect(mine.status).toBe(theirs.status);
        expect(left).toBe(contents("log.aof"));
      });
    }
  }

  test("a file that is not there, seconds that are none, a time before all", () => {
    fileOf("log.aof", LOGS["of a time"]);
    for (const args of [
      ["--truncate-to-timestamp", "x", "log.aof"],
      ["--truncate-to-timestamp", "99", "log.aof"],
    ]) {
      expect(rusk(args)).toEqual(run("redis-check-aof", args, ""));
    }
    expect(rusk(["missing"])).toEqual({
      status: 1,
      out: `Cannot open file ${join(folder, "missing")}: No such file or directory, aborting...\n`,
    });
  });

  test("only the last file of a manifest is cut", () => {
    const manifest = fileOf(
      "log.manifest",
      "file base seq 1 type b\nfile one seq 1 type i\nfile two seq 2 type i\n",
    );
    const check = (options: string[]) => {
      const args = [...options, manifest];
      const mine = rusk(args, "y\n");
      const theirs = run("redis-check-aof", args, "y\n");
      // It counts the lines of all files on, as if they were one.
      const withoutLine = (out: string) => essential(out).replace(/ok_up_to_line=\d+/g, "");
      expect(withoutLine(mine.out)).toBe(withoutLine(theirs.out));
      expect(mine.status).toBe(theirs.status);
    };
    fileOf("base", HEAD);
    fileOf("one", HEAD);
    fileOf("two", HEAD);
    check([]);
    fileOf("one", `${HEAD}more`);
    check(["--fix"]);
    fileOf("base", "");
    check([]);
  });
});

describe.skipIf(!hasOracle)("the last file of a manifest, as redis-check-aof", () => {
  const CASES: Readonly<Record<string, [text: string, options: readonly string[]]>> = {
    "cut in a command": [`${HEAD}*3`, ["--fix"]],
    "with something else": [`${HEAD}hello`, ["--fix"]],
    "cut in a transaction": [HEAD + MULTI, ["--fix"]],
    "of another time": [LOGS["of a time"], ["--truncate-to-timestamp", "150"]],
  };
  for (const [what, [text, options]] of Object.entries(CASES)) {
    for (const type of ["i", "b"]) {
      test(`an ${type === "i" ? "increment" : "only base"} ${what} is truncated`, () => {
        fileOf("log.manifest", `file log.aof seq 1 type ${type}\n`);
        fileOf("log.aof", text);
        const mine = rusk([...options, "log.manifest"], "y\n");
        const left = contents("log.aof");
        fileOf("log.aof", text);
        const theirs = run("redis-check-aof", [...options, "log.manifest"], "y\n");
        expect(essential(mine.out)).toBe(essential(theirs.out));
        expect(mine.out).toContain("Successfully truncated AOF log.aof");
        expect(mine.status).toBe(0);
        expect(left).toBe(contents("log.aof"));
      });
    }
  }
});

/** Manifests that Redis takes, or does not. */
const MANIFESTS: Readonly<Record<string, string>> = {
  "two increments": "file a seq 1 type i\nfile a seq 2 type i\n",
  "numbers that are left out": "file a seq 3 type i\nfile a seq 9 type i\n",
  "two increments of one number": "file a seq 1 type i\nfile a seq 1 type i\n",
  "numbers that go down": "file a seq 2 type i\nfile a seq 1 type i\n",
  "a base and an increment of one number": "file a seq 1 type b\nfile a seq 1 type i\n",
  "a base of number 0": "file a seq 0 type b\n",
  "two bases": "file a seq 1 type b\nfile a seq 2 type b\n",
  "two of the history of one number": "file a seq 1 type h\nfile b seq 1 type h\n",
  "words in another order": "file a type i seq 1\nfile a Seq 2 TYPE i more 1\n",
  "an odd number of words": "file a seq 1 type\n",
  "a path": "file x/a seq 1 type i\n",
  "a name in quotes": 'file "a" seq 1 type i\n',
  "no line end": "file a seq 1 type i",
  "an empty line": "file a seq 1 type i\n\n",
  comments: "# one\nfile a seq 1 type i\n# two\n",
};

describe.skipIf(!hasOracle)("a manifest, as redis-check-aof", () => {
  for (const [what, text] of Object.entries(MANIFESTS)) {
    test(what, () => {
      fileOf("a", HEAD);
      fileOf("log.manifest", text);
      const mine = rusk(["log.manifest"]);
      const theirs = run("redis-check-aof", ["log.manifest"], "");
      // It tells what is wrong as a server's log does.
      const lastLine = (out: string) => out.trim().replace(/^.*\n(\d+:C .* # )?/s, "");
      expect(lastLine(mine.out)).toBe(lastLine(theirs.out));
      expect(mine.status).toBe(theirs.status);
    });
  }
});

test("what is wrong, and where", () => {
  fileOf("log.aof", LOGS["with EXEC alone"]);
  expect(rusk(["log.aof"])).toEqual({
    status: 1,
    out:
      "Start checking Old-Style AOF\n" +
      "0x              40: Unexpected EXEC in the append only file\n" +
      "AOF log.aof format error\n" +
      "AOF analyzed: filename=log.aof, size=114, ok_up_to=50, ok_up_to_line=16, diff=64\n" +
      "AOF log.aof is not valid. Use the --fix option to try fixing it.\n",
  });
  fileOf("log.aof", LOGS["cut in a size"]);
  expect(rusk(["log.aof"]).out).toContain(
    "\n0x              36: Reached EOF within a command\nAOF analyzed: ",
  );
});

test("nothing is cut when the answer is not yes", () => {
  fileOf("log.aof", LOGS["with something else"]);
  for (const answer of ["", "n\n", "\ny\n"]) {
    const { status, out } = rusk(["--fix", "log.aof"], answer);
    expect(out).toEndWith("Continue? [y/N]: Aborting...\n");
    expect(status).toBe(1);
    expect(contents("log.aof")).toBe(LOGS["with something else"]);
  }
});

test("without a file, and a manifest that is broken", () => {
  const usage = rusk([]);
  expect(usage.status).toBe(1);
  expect(usage.out).toStartWith("Usage:\n       rusk check-aof [--fix|--truncate-to-timestamp");
  expect(rusk(["--fix"])).toEqual(usage);
  fileOf("log.manifest", "file x seq 1 type q\n");
  expect(rusk(["log.manifest"])).toEqual({
    status: 1,
    out:
      "Start checking Multi Part AOF\n" +
      "*** FATAL AOF MANIFEST FILE ERROR ***\n" +
      "Reading the manifest file, at line 1\n" +
      ">>> 'file x seq 1 type q'\n" +
      "Unknown AOF file type\n",
  });
});

/** A server with a log in the folder. */
const started = (...args: string[]) =>
  startServer({ args: ["--dir", folder, "--appendonly", "yes", "--save", "", ...args] });

test("a log of a second ago: it is cut to a time, and loaded", async () => {
  const server = await started("--aof-timestamp-enabled", "yes");
  const client = await server.connect();
  await client.command("SET", "kept", "1");
  const [seconds] = plain(await client.command("TIME")) as string[];
  await Bun.sleep(1200);
  await client.command("SET", "kept", "2");
  await client.command("FLUSHALL");
  client.close();
  await server.stop();

  const manifest = join(folder, "appendonlydir", "appendonly.aof.manifest");
  const whole = rusk([manifest]);
  expect(whole.out).toEndWith(
    "INCR AOF appendonly.aof.1.incr.aof is valid\nAll AOF files and manifest are valid\n",
  );
  expect(whole.out).toContain("RDB preamble is OK, proceeding with AOF tail...\n");
  expect(whole.status).toBe(0);
  const cut = rusk(["--truncate-to-timestamp", String(seconds), manifest]);
  expect(cut.out).toContain(
    `\nSuccessfully truncated AOF appendonly.aof.1.incr.aof to timestamp ${seconds}\n`,
  );
  expect(cut.out).toEndWith("\nAll AOF files and manifest are valid\n");
  expect(cut.status).toBe(0);

  const again = await started();
  const after = await again.connect();
  expect(plain(await after.command("GET", "kept"))).toBe("1");
  expect(plain(await after.command("DBSIZE"))).toBe(1);
  after.close();
  await again.stop();
});

for (const format of ["rusk", "rdb"]) {
  test(`a base in the format ${format}, with commands behind it, and broken`, async () => {
    const server = await started("--snapshot-format", format);
    const client = await server.connect();
    await client.command("SET", "a", "1");
    client.close();
    await server.stop();
    const logs = join(folder, "appendonlydir");
    const base = readdirSync(logs).find((name) => name.includes(".base.")) as string;
    const bytes = readFileSync(join(logs, base));
    fileOf("single.aof", bytes.toString("latin1") + HEAD);
    const size = bytes.length + HEAD.length;
    const { status, out } = rusk(["single.aof"]);
    // Only Redis's own format may be followed by something.
    expect(out).toEndWith(
      format === "rdb"
        ? "RDB preamble is OK, proceeding with AOF tail...\n" +
            `AOF analyzed: filename=single.aof, size=${size}, ok_up_to=${size}, ` +
            "ok_up_to_line=13, diff=0\nAOF single.aof is valid\n"
        : "RDB preamble of AOF file is not sane, aborting.\n",
    );
    expect(status).toBe(format === "rdb" ? 0 : 1);

    bytes[bytes.length - 1] ^= 1;
    writeFileSync(join(logs, base), bytes);
    const broken = rusk(["--fix", join(logs, "appendonly.aof.manifest")], "y\n");
    expect(broken.out).toEndWith("RDB preamble of AOF file is not sane, aborting.\n");
    expect(broken.status).toBe(1);
    expect(statSync(join(logs, base)).size).toBe(bytes.length);
  });
}
