// Purpose: every test that the real server passes in the units of exceptions.md is accounted for,
// either as one that passes (passing.tsv) or as one that cannot yet, with its reason.

import { expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { join } from "node:path";

const read = (name: string) => readFileSync(join(import.meta.dir, name), "utf8").split("\n");

/** Rows of a tab-separated file as "unit: test", those that `keep` accepts. */
function listed(name: string, keep: (fields: string[]) => boolean): string[] {
  return read(name)
    .filter((line) => line !== "" && !line.startsWith("#"))
    .map((line) => line.split("\t"))
    .filter(keep)
    .map(([unit, name]) => `${unit}: ${name}`);
}

/** The cells of exceptions.md's rows that start with a unit and have `columns` columns. */
function rows(columns: number): string[][] {
  return read("exceptions.md")
    .filter((line) => /^\| (unit|integration)\//.test(line))
    .map((line) => line.split(/(?<!\\)\|/).slice(1, -1))
    .filter((cells) => cells.length === columns)
    .map((cells) => cells.map((cell) => cell.trim().replaceAll("\\|", "|")));
}

const counts = rows(4);
const units = new Set(counts.map(([unit]) => unit));
const exceptions = rows(3).map(([unit, name]) => `${unit}: ${name}`);
const passing = listed("passing.tsv", ([unit]) => units.has(unit));
const expected = listed("baseline.tsv", ([unit, , result]) => units.has(unit) && result === "ok");

test("each exception is a test of the suite, is listed once and has a reason", () => {
  expect(exceptions.filter((name) => !expected.includes(name))).toEqual([]);
  expect(exceptions.length).toBe(new Set(exceptions).size);
  expect(rows(3).filter(([, , reason]) => reason === "")).toEqual([]);
});

test("the table of counts is true", () => {
  for (const [unit, base, excepted, must] of counts) {
    const of = (names: string[]) => names.filter((name) => name.startsWith(`${unit}: `)).length;
    expect([unit, base, excepted]).toEqual([unit, `${of(expected)}`, `${of(exceptions)}`]);
    expect(Number(must)).toBe(Number(base) - Number(excepted));
  }
});

test("no exception is among the tests that pass", () => {
  expect(exceptions.filter((name) => passing.includes(name))).toEqual([]);
});

test("what is skipped is an exception, or of those whose scripts are Lua", () => {
  const inLua = ["scripting/passing.tsv", "scripting/exceptions.tsv"].flatMap((list) =>
    listed(list, () => true),
  );
  const names = [...exceptions, ...inLua].map((name) => name.slice(name.indexOf(": ") + 2));
  expect(read("skip.txt").filter((name) => name !== "" && !names.includes(name))).toEqual([]);
});

test.skipIf(passing.length === 0)("every other test is among those that pass", () => {
  const known = new Set([...passing, ...exceptions]);
  expect(expected.filter((name) => !known.has(name))).toEqual([]);
});
