// Purpose: the manual and the completions of shells keep step with the tables of options, tools and
// directives (packaging/pages/), from which `UPDATE_DOCS=1 node_modules/.bin/bun test
// test/packages/pages_test.ts` makes them anew; and shells and man take them.

import { expect, test } from "bun:test";
import { spawnSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import {
  bashCompletions,
  fishCompletions,
  zshCompletions,
} from "../../packaging/pages/completions.ts";
import { manualPage } from "../../packaging/pages/manual.ts";
import { TOOL_NAMES } from "../../src/tools/programs.ts";

const FOLDER = join(import.meta.dir, "../../packaging");
const path = (name: string) => join(FOLDER, name);

const has = (program: string) => Bun.which(program) !== null;

function run(program: string, args: readonly string[], input = "") {
  const { status, stdout, stderr } = spawnSync(program, args, { encoding: "utf8", input });
  return { status, out: stdout, error: stderr };
}

test.each([
  ["man/rusk.1", manualPage],
  ["completions/rusk.bash", bashCompletions],
  ["completions/_rusk", zshCompletions],
  ["completions/rusk.fish", fishCompletions],
])("packaging/%s is what its table says", (name, page) => {
  if (process.env.UPDATE_DOCS === "1") writeFileSync(path(name), page());
  expect(readFileSync(path(name), "utf8")).toBe(page());
});

test.skipIf(!has("mandoc"))("mandoc finds nothing wrong with the manual", () => {
  expect(run("mandoc", ["-Tlint", "-Wwarning", path("man/rusk.1")])).toEqual({
    status: 0,
    out: "",
    error: "",
  });
});

test.skipIf(!has("man"))("man shows it without warnings, with every tool", () => {
  const { out, error } = run("man", ["--warnings", "-E", "UTF-8", "-l", path("man/rusk.1")]);
  expect(error).toBe("");
  for (const name of TOOL_NAMES) expect(out).toContain(`rusk ${name}`);
});

/** What bash offers for the last of some words. */
function offered(...words: string[]): string[] {
  const script =
    `. ${path("completions/rusk.bash")}\n` +
    `COMP_WORDS=(${words.map((word) => `'${word}'`).join(" ")})\n` +
    `COMP_CWORD=${words.length - 1}\n_rusk\nprintf '%s\\n' "\${COMPREPLY[@]}"\n`;
  return run("bash", ["-c", script]).out.trim().split("\n");
}

test("bash completes tools, options, directives and their values", () => {
  expect(offered("rusk", "check-")).toEqual(["check-snapshot", "check-aof"]);
  expect(offered("rusk", "--check-")).toEqual(["--check-system"]);
  expect(offered("rusk", "--appendfs")).toEqual(["--appendfsync"]);
  expect(offered("rusk", "--appendfsync", "e")).toEqual(["everysec"]);
  expect(offered("rusk", "export", "--format", "")).toEqual(["rdb", "json", "msgpack"]);
  expect(offered("rusk", "benchmark", "--cs")).toEqual(["--csv"]);
  expect(offered("rusk", "cli", "--bigk")).toEqual(["--bigkeys"]);
  expect(offered("rusk", "import", "--fo")).toEqual(["--force"]);
});

test.skipIf(!has("zsh"))("zsh takes its file", () => {
  expect(run("zsh", ["-n", path("completions/_rusk")])).toMatchObject({ status: 0, error: "" });
});

test.skipIf(!has("fish"))("fish completes as well", () => {
  const script = `source ${path("completions/rusk.fish")}; complete -C $argv[1]`;
  const completed = (line: string) =>
    run("fish", ["--no-config", "-c", script, line])
      .out.trim()
      .split("\n")
      .map((each) => each.split("\t")[0]);
  expect(completed("rusk script")).toEqual(["script-check"]);
  expect(completed("rusk --appendfs")).toEqual(["--appendfsync"]);
  expect(completed("rusk --appendfsync e")).toEqual(["everysec"]);
  expect(completed("rusk export --form")).toEqual(["--format"]);
});
