// Purpose: the search in what was typed before, step by step.

import { expect, test } from "bun:test";
import { HistorySearch } from "../../src/client/history_search.ts";

const LINES = ["get apple", "set apple 1", "get pear", "get apple", "get apple"];

test("the newest line is found first, then older ones that are others", () => {
  const search = new HistorySearch(LINES);
  expect(search.found).toBe(null);
  search.type("a");
  search.type("pple");
  expect([search.found, search.before]).toEqual(["get apple", "get "]);
  search.older();
  expect([search.found, search.before, search.hasFailed]).toEqual(["set apple 1", "set ", false]);
  search.older();
  expect(search.found).toBe("get apple");
  search.older();
  expect([search.found, search.hasFailed]).toEqual(["get apple", true]);
});

test("a longer text keeps the line if it has it, and a shorter one begins anew", () => {
  const search = new HistorySearch(LINES);
  search.type("pe");
  expect(search.found).toBe("get pear");
  search.type("ar");
  expect(search.found).toBe("get pear");
  search.type("s");
  expect([search.sought, search.found, search.hasFailed]).toEqual(["pears", "get pear", true]);
  search.erase();
  expect([search.sought, search.found, search.hasFailed]).toEqual(["pear", "get pear", false]);
  for (let i = 0; i < 3; i++) search.erase();
  expect([search.sought, search.found]).toEqual(["p", "get apple"]);
  search.erase();
  expect([search.sought, search.found, search.before]).toEqual(["", null, ""]);
  search.erase();
  expect(search.sought).toBe("");
});

test("nothing is found where there is nothing", () => {
  const search = new HistorySearch([]);
  search.older();
  expect([search.found, search.hasFailed]).toEqual([null, false]);
  search.type("日");
  expect([search.found, search.hasFailed]).toEqual([null, true]);
  search.erase();
  expect(search.sought).toBe("");
});
