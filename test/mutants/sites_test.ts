// Purpose: the mutants tool: which changes it makes, and which tests it asks.

import { expect, test } from "bun:test";
import { join } from "node:path";
import { isSame, readEquivalents } from "./equivalent.ts";
import { Mapping } from "./mapping.ts";
import { sitesOf } from "./sites.ts";

const ROOT = join(import.meta.dir, "../..");

/** The lines that changes make of a text of one line. */
function changed(text: string): string[] {
  return sitesOf("a.ts", text)
    .flat()
    .map(({ start, end, after }) => text.slice(0, start) + after + text.slice(end));
}

test.each([
  ["if (a < b) c = 2;", ["if (true) c = 2;", "if (false) c = 2;", "if (a <= b) c = 2;"]],
  ["x = a >= b", ["x = a > b", "x = a < b"]],
  ["x = a /* > */ > (b)", ["x = a /* > */ >= (b)", "x = a /* > */ <= (b)"]],
  ["x = a === b", ["x = a !== b"]],
  ["x = (a || b) && !c", ["x = (a || b) || !c", "x = (a && b) && !c", "x = (a || b) && c"]],
  ["run(a, b);", [";", "run(b, a);"]],
  ["x = new Run(a, a, b)", ["x = new Run(a, b, a)"]],
  ["x = run(...a, b)", []],
  ["x = 5 + 0", ["x = 6 + 0", "x = 4 + 0", "x = 5 + 1"]],
  ["x = 0xff", ["x = 0x100", "x = 0xfe"]],
  ["x = { 5: y }", []],
  ["while (a) continue;", ["while (false) continue;", "while (a) ;"]],
  ["f = () => { return; }", ["f = () => { ; }"]],
])("the changes of %p", (text, expected) => {
  const all = changed(text);
  for (const one of expected) expect(all).toContain(one);
  if (expected.length === 0) expect(all).toEqual([]);
});

test("what is there for types, or in debug builds, is left alone", () => {
  expect(changed("if (DEBUG) assert(a < 1, b);")).toEqual([]);
  expect(changed('assert(a < 1, "why");')).toEqual([]);
  expect(changed("export function verify(t) { if (t < 1) run(); }")).toEqual([]);
  expect(changed("type A = 1 | 2; interface B { c: 3 }")).toEqual([]);
  expect(changed("x = (a < 1) as never")).toContain("x = (a <= 1) as never");
});

test("a change is known by its line, also where it is not the first of its node", () => {
  const [site] = sitesOf("a.ts", "// one\nx =\n  a &&\n  b;\n");
  expect(site).toEqual([
    { file: "a.ts", start: 15, end: 17, line: 3, before: "&&", after: "||", lineText: "a &&" },
  ]);
});

test("a file's own tests are asked first, the fastest first, and none that cannot see it", () => {
  const mapping = new Mapping(ROOT);
  const testsOf = (file: string, msOf: (test: string) => number) =>
    mapping.testsOf(file, msOf).map(({ test }) => test);
  const tests = testsOf("src/structures/btree.ts", () => 1000);
  expect(tests[0]).toBe("test/structures/btree_test.ts");
  expect(tests).toContain("test/commands/lists/list_test.ts");
  expect(tests).not.toContain("test/base/glob_test.ts");
  expect(tests.at(-1)).toBe("test/fuzz/fuzz_test.ts");
  const slow = (test: string) => (test === "test/commands/sets/set_test.ts" ? 9000 : 1000);
  const [first, second] = testsOf("src/commands/sets/set_commands.ts", slow);
  expect([first, second]).not.toContain("test/commands/sets/set_test.ts");
  expect(testsOf("src/commands/sets/set_commands.ts", () => 1)).toContain(
    "test/commands/sets/set_test.ts",
  );
  // Only who reads snapshots calls some of it.
  const ofElements = testsOf("src/structures/packed_element.ts", () => 1000);
  expect(ofElements).toContain("test/persistence/snapshot/snapshot_file_test.ts");
  const ofBits = testsOf("src/commands/bits/bitmap_offset.ts", () => 1);
  const [family, others] = ["bits/hyperloglog", "lists/list"].map((name) =>
    ofBits.indexOf(`test/commands/${name}_test.ts`),
  );
  expect(family).toBeGreaterThan(-1);
  expect(family).toBeLessThan(others);
  expect(testsOf("src/main.ts", () => 1)[0]).toStartWith("test/server/");
});

test("a row tells of a change by its file, line and texts", () => {
  for (const row of readEquivalents()) expect(row.file).toStartWith("src/");
  const [[not]] = sitesOf("src/a.ts", "  if (!a) run(\n    b,\n  );\n").filter(
    ([{ before }]) => before === "!",
  );
  const row = {
    file: "src/a.ts",
    lineText: "if (!a) run(",
    before: "!",
    after: "",
    reason: "none",
  };
  expect(isSame(row, not)).toBe(true);
  expect(isSame({ ...row, lineText: "if (!b) run(" }, not)).toBe(false);
  expect(isSame({ ...row, file: "src/b.ts" }, not)).toBe(false);
});
