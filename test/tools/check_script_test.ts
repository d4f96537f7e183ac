// Purpose: `rusk script-check` (src/tools/check_script.ts): what it says of scripts and libraries,
// and how it ends.

import { afterEach, beforeEach, expect, test } from "bun:test";
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ruskCommand } from "../client/server.ts";

const [PROGRAM, ...FIRST] = ruskCommand();
let folder = "";

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "rusk-script-check-"));
});
afterEach(() => {
  rmSync(folder, { recursive: true, force: true });
});

function check(args: readonly string[], input = "") {
  const { status, stdout, stderr } = spawnSync(PROGRAM, [...FIRST, "script-check", ...args], {
    cwd: folder,
    encoding: "utf8",
    input,
  });
  return { status, out: stdout, problems: stderr };
}

function fileOf(name: string, text: string): string {
  writeFileSync(join(folder, name), text);
  return name;
}

test("a script and a library that compile: nothing is said", () => {
  const script = fileOf("get.js", "#!js flags=no-writes\nreturn redis.call('GET', KEYS[1]);\n");
  const library = fileOf(
    "library.js",
    "#!js name=mine\nredis.registerFunction('get', (keys) => redis.call('GET', keys[1]));\n",
  );
  expect(check([script, library])).toEqual({ status: 0, out: "", problems: "" });
});

test("an error is told with file, line, column, and the line with a mark below the place", () => {
  const name = fileOf("wrong.js", "const a = 1;\nreturn a +* 2;\n");
  const { status, out, problems } = check([name]);
  expect({ status, out }).toEqual({ status: 1, out: "" });
  const [first, line, mark] = problems.split("\n");
  expect(first).toMatch(/^wrong\.js:2:\d+: /);
  expect(line).toBe("  return a +* 2;");
  const column = Number(first.split(":")[2]);
  expect(mark).toBe(`${" ".repeat(column + 1)}^`);
});

test("columns count characters, not bytes; tabs stay tabs", () => {
  const { problems } = check([fileOf("umlaut.js", "\treturn 'größer' + nowhere;\n")]);
  expect(problems).toMatch(/^umlaut\.js:1:\d+: /);
  expect(problems.split("\n")[1]).toBe("  \treturn 'größer' + nowhere;");
});

test("of a long line a piece is shown", () => {
  const name = fileOf("long.js", `return '${"x".repeat(1000)}' + nowhere + '${"y".repeat(1000)}';`);
  for (const line of check([name]).problems.split("\n").slice(1)) {
    expect(line.length).toBeLessThan(100);
  }
});

test("all files are checked, and one that fails is enough", () => {
  const good = fileOf("good.js", "return 1");
  const bad = ["first.js", "second.js"].map((name) => fileOf(name, "return ("));
  const { status, problems } = check([bad[0], good, bad[1]]);
  expect(status).toBe(1);
  expect(problems).toContain("first.js:1:");
  expect(problems).toContain("second.js:1:");
  expect(problems).not.toContain("good.js");
});

test("the first line, which names a library, counts as a line", () => {
  const name = fileOf("library.js", "#!js name=mine\nredis.log(redis.LOG_NOTICE, nowhere);\n");
  expect(check([name]).problems).toMatch(/^library\.js:2:/);
});

test.each([
  ["#!js flags=no-such\nreturn 1", "Unexpected flag in script shebang: no-such"],
  ["#!lua\nreturn 1", "Unexpected engine in script shebang: #!lua"],
  ["#!lua name=mine\nreturn 1", "Engine 'lua' not found"],
  ["#!js name=a-b\n", "Library names can only contain letters, numbers, or underscores(_)"],
  ["#!js name=mine flags=no-writes\n", "Invalid metadata value given: flags=no-writes"],
])("a first line that EVAL or FUNCTION LOAD refuses: %j", (text, problem) => {
  const { status, problems } = check([fileOf("head.js", text)]);
  expect(status).toBe(1);
  expect(problems).toStartWith(`head.js:1:1: ${problem}`);
});

test("standard input", () => {
  expect(check(["-"], "return ARGV[1]").status).toBe(0);
  expect(check(["-"], "return (").problems).toMatch(/^standard input:1:/);
});

test("a file that is not there, no file, an unknown option, and help", () => {
  expect(check(["nowhere.js"]).problems).toBe("nowhere.js: No such file or directory\n");
  expect(check(["nowhere.js"]).status).toBe(1);
  expect(check(["nowhere.js", fileOf("bad.js", "return (")]).problems).toContain("bad.js:1:");
  for (const words of [[], ["--fix"]]) {
    expect(check(words).status).toBe(1);
    expect(check(words).problems).toStartWith("Usage:\n       rusk script-check ");
  }
  expect(check(["--help"])).toMatchObject({ status: 0, problems: "" });
});
