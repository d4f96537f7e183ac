// Purpose: every test of the units on scripts that the real server passes is accounted for: it
// passes as it is, or with its script in JavaScript, or exceptions.tsv says why it cannot yet.

import { expect, test } from "bun:test";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

const UNITS = ["unit/scripting", "unit/functions"];

const rows = (path: string) =>
  readFileSync(join(import.meta.dir, path), "utf8")
    .split("\n")
    .filter((line) => line !== "" && !line.startsWith("#"))
    .map((line) => line.split("\t"));
const names = (found: string[][]) => found.map(([unit, name]) => `${unit}: ${name}`);

const translated = rows("passing.tsv");
const exceptions = rows("exceptions.tsv");
const baseline = rows("../baseline.tsv").filter(([, , result]) => result === "ok");
const asTheyAre = names(rows("../passing.tsv"));

test("each test of the units on scripts is in one list", () => {
  const expected = names(baseline.filter(([unit]) => UNITS.includes(unit)));
  const known = [...asTheyAre, ...names(translated), ...names(exceptions)].filter((name) =>
    UNITS.some((unit) => name.startsWith(`${unit}: `)),
  );
  expect(known.toSorted()).toEqual(expected.toSorted());
});

test("what passes when it is translated does not pass as it is, and is of the suite", () => {
  expect(names(translated).filter((name) => asTheyAre.includes(name))).toEqual([]);
  expect(names(translated).filter((name) => !names(baseline).includes(name))).toEqual([]);
});

test("each exception has a reason", () => {
  expect(exceptions.filter(([, , reason]) => (reason ?? "") === "")).toEqual([]);
});

test("exceptions.md names as Lua what passes in JavaScript, and nothing else", () => {
  const page = readFileSync(join(import.meta.dir, "../exceptions.md"), "utf8");
  const lua = [...page.matchAll(/^\| (\S+) \| (.*) \| Lua;/gm)].map(
    ([, unit, name]) => `${unit}: ${name.replaceAll("\\|", "|")}`,
  );
  const others = translated.filter(([unit]) => !UNITS.includes(unit));
  expect(lua.toSorted()).toEqual(names(others).toSorted());
});

test("each table is of a unit in which a test passes", () => {
  const tables = readdirSync(import.meta.dir).filter((name) => /^\w+\..*\.txt$/.test(name));
  const units = tables.map((name) => name.slice(0, -".txt".length).replaceAll(".", "/"));
  expect(units.toSorted()).toEqual([...new Set(translated.map(([unit]) => unit))].toSorted());
});
