// Purpose: docs/compatibility.md keeps step with the table of commands and with the lists of
// Redis's own tests. Its tables are made here, and written anew by
// `UPDATE_DOCS=1 node_modules/.bin/bun test test/conformance/compatibility_test.ts`.

import { expect, test } from "bun:test";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { TableCommand } from "../../src/calls/table.ts";
import { commandTable } from "../../src/commands/all.ts";
import { recording, type Tree } from "../commands/server/oracle/reply_tree.ts";

const PAGE = join(import.meta.dir, "../../docs/compatibility.md");
const MARK = "<!-- From here on, made by test/conformance/compatibility_test.ts. -->\n";

const lines = (path: string) => readFileSync(path, "utf8").split("\n").filter(Boolean);
const code = (name: string) => `\`${name.toUpperCase().replace("|", " ")}\``;

/** Redis's commands, as its COMMAND DOCS names them, with their groups. */
async function redisCommands(): Promise<Map<string, string>> {
  const group = (docs: Tree) => {
    const { "%": fields } = docs as { "%": [string, string][] };
    return fields.find(([name]) => name === "group")?.[1] ?? "";
  };
  const docs = await recording<string>("command_docs.jsonl");
  return new Map(docs.map(([name, tree]) => [name, group(tree)]));
}

/** Ours, subcommands as "container|name". */
function ourCommands(): Map<string, TableCommand> {
  return new Map(commandTable.all.map((command) => [command.name, command]));
}

async function commandRows(): Promise<string[]> {
  const theirs = await redisCommands();
  const ours = ourCommands();
  const groups = new Set([...theirs.values(), ...[...ours.values()].map(({ group }) => group)]);
  const listed = (names: string[]) => names.sort().map(code).join(", ");
  return [...groups].sort().map((group) => {
    const there = [...theirs].filter(([, of]) => of === group).map(([name]) => name);
    const later = [...ours.values()]
      .filter((command) => command.group === group && !theirs.has(command.name))
      .map(({ name }) => name);
    const missing = there.filter((name) => !ours.has(name));
    const known = there.filter((name) => ours.has(name) && !name.includes("|"));
    return `| ${group} | ${listed(known)} | ${listed(later)} | ${listed(missing)} |`;
  });
}

/** How many tests of each unit a list of them names. */
function counts(list: string, wanted: (result: string) => boolean): Map<string, number> {
  const found = new Map<string, number>();
  for (const line of lines(join(import.meta.dir, list))) {
    const [unit = "", , result = ""] = line.split("\t");
    if (!line.startsWith("#") && wanted(result)) found.set(unit, (found.get(unit) ?? 0) + 1);
  }
  return found;
}

function unitRows(): string[] {
  const base = counts("baseline.tsv", (result) => result === "ok");
  const passing = counts("passing.tsv", () => true);
  const translated = counts("scripting/passing.tsv", () => true);
  const row = (title: string, units: string[]) => {
    const sum = (of: Map<string, number>) => units.reduce((n, unit) => n + (of.get(unit) ?? 0), 0);
    const left = sum(base) - sum(passing) - sum(translated);
    return `| ${title} | ${sum(base)} | ${sum(passing)} | ${sum(translated)} | ${left} |`;
  };
  const units = [...base.keys()].sort();
  return [...units.map((unit) => row(unit, [unit])), row("**all**", units)];
}

async function tables(): Promise<string> {
  const commands = [
    "## Commands, by Redis's groups\n",
    "| group | as in Redis 7.0.15 | from later versions, or Rusk's own | not yet |",
    "|---|---|---|---|",
    ...(await commandRows()),
  ];
  const units = [
    "\n## Redis's own tests, by unit\n",
    "| unit | Redis passes | Rusk passes | in JavaScript | not yet |",
    "|---|---:|---:|---:|---:|",
    ...unitRows(),
  ];
  return `\n${[...commands, ...units].join("\n")}\n`;
}

test("docs/compatibility.md shows what is there", async () => {
  const page = readFileSync(PAGE, "utf8");
  expect(page).toContain(MARK);
  const [intro, shown] = page.split(MARK);
  if (process.env.UPDATE_DOCS === "1") writeFileSync(PAGE, `${intro}${MARK}${await tables()}`);
  else expect(shown).toBe(await tables());
});
