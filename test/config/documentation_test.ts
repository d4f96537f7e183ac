// Purpose: docs/configuration.md and packaging/rusk.conf keep step with the table of directives.
// The tables of the one are made here, the other by packaging/config_file.ts; both are written anew
// by `UPDATE_DOCS=1 node_modules/.bin/bun test test/config/documentation_test.ts`.

import { expect, test } from "bun:test";
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { configFile } from "../../packaging/config_file.ts";
import {
  type AnyDirective,
  DIRECTIVES,
  FILE_STATEMENTS,
  SECTIONS,
} from "../../src/config/directives.ts";
import type { Meaning } from "../../src/config/kinds.ts";
import { OTHER_VERSIONS, type OtherDirective } from "../../src/config/other_versions.ts";

const PAGE = join(import.meta.dir, "../../docs/configuration.md");
const CONFIG_FILE = join(import.meta.dir, "../../packaging/rusk.conf");
const SOURCES = join(import.meta.dir, "../../src");
const MARK = "<!-- From here on, made by test/config/documentation_test.ts. -->\n";

const code = (text: string) => `\`${text}\``;

function meaningOf(traits: Meaning): [state: string, text: string] {
  if ("does" in traits) return ["in force", traits.does];
  if ("anyway" in traits) return ["so anyway", traits.anyway];
  return "refused" in traits ? ["refused", traits.refused] : ["no effect", traits.kept];
}

function row(name: string, { traits, grammar, initial, print }: AnyDirective): string {
  const notes = [
    traits.immutable && "Set at start only.",
    traits.protected && "Protected.",
    traits.sensitive && "Secret.",
    traits.hidden && "Hidden.",
    traits.own && "Rusk's own.",
    traits.since && `As in Redis ${traits.since}.`,
  ].filter(Boolean);
  const names = [name, traits.alias].filter((each) => each !== undefined).map(code);
  const [state, meaning] = meaningOf(traits);
  const value = name === "dir" ? "where it was started" : code(print(initial) || '""');
  const cells = [names.join(", "), grammar, value, state, [meaning, ...notes].join(" ")];
  return `| ${cells.join(" | ")} |`;
}

/** What becomes of a directive of another version. */
function fate(other: OtherDirective): string {
  if ("is" in other) return `As ${code(other.is)}.`;
  if ("kept" in other) return `Read, and told of at the start. ${other.kept}.`;
  return `Stops the start, unless it is ${other.unless.join(" or ")}. ${other.refused}.`;
}

function tables(): string {
  const sections = Object.entries(SECTIONS).map(([title, directives]) => {
    const rows = Object.entries(directives).map(([name, directive]) => row(name, directive));
    const head = "| directive | value | default | here | meaning |\n|---|---|---|---|---|";
    return `## ${title}\n${head}\n${rows.join("\n")}\n`;
  });
  const statements = Object.entries(FILE_STATEMENTS).map(
    ([name, meaning]) => `| ${code(name)} | ${meaning} |`,
  );
  const others = [...OTHER_VERSIONS].map(([name, each]) => `| ${code(name)} | ${fate(each)} |`);
  const other = `## In files only\n| statement | meaning |\n|---|---|\n${statements.join("\n")}`;
  const head = "## Of other versions\nIn files only.\n\n| directive | here |\n|---|---|";
  const foreign = `${head}\n${others.join("\n")}`;
  return `${sections.join("\n")}\n${other}\n\n${foreign}\n`;
}

test("every directive belongs to one section", () => {
  const names = Object.values(SECTIONS).flatMap((directives) => Object.keys(directives));
  expect(names.sort()).toEqual(Object.keys(DIRECTIVES).sort());
});

test("docs/configuration.md shows the table of directives", () => {
  const page = readFileSync(PAGE, "utf8");
  expect(page).toContain(MARK);
  const [intro, shown] = page.split(MARK);
  if (process.env.UPDATE_DOCS === "1") writeFileSync(PAGE, `${intro}${MARK}\n${tables()}`);
  else expect(shown).toBe(`\n${tables()}`);
});

test("packaging/rusk.conf shows the table of directives", () => {
  if (process.env.UPDATE_DOCS === "1") writeFileSync(CONFIG_FILE, configFile("plain"));
  else expect(readFileSync(CONFIG_FILE, "utf8")).toBe(configFile("plain"));
});

test("a directive that does something is asked for where it does it", () => {
  const sources = readdirSync(SOURCES, { recursive: true, encoding: "utf8" })
    .filter((name) => name.endsWith(".ts") && !/^config.directives/.test(name))
    .map((name) => readFileSync(join(SOURCES, name), "utf8"))
    .join("\n");
  const unasked = Object.entries(DIRECTIVES)
    .filter(([, { traits }]) => "does" in traits)
    .map(([name]) => name)
    .filter((name) => !sources.includes(`"${name}"`));
  expect(unasked).toEqual([]);
});
