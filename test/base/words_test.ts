// Purpose: splitting a line into words: by example, against a plain splitter over random lines,
// and in place, where nothing outside the line may change.

import { expect, test } from "bun:test";
import { fromLatin1, latin1 } from "../../src/base/bytes.ts";
import { quoted } from "../../src/base/quoted.ts";
import { cString, splitInPlace, splitWords } from "../../src/base/words.ts";
import { Random } from "../fuzz/random.ts";
import { plainWords } from "./plain_words.ts";

test.each([
  ["", []],
  [" \t\v\f\r\n", []],
  ["a b\tc\nd\re", ["a", "b", "c", "d", "e"]],
  ["  a\vb  ", ["a\vb"]],
  ['"a b" c', ["a b", "c"]],
  ["'a b' c", ["a b", "c"]],
  ['a"b c"', ["ab c"]],
  ["a'b c'", ["ab c"]],
  ['""', [""]],
  ["'' \"\"", ["", ""]],
  ['"\\x41\\x4g\\n\\r\\t\\b\\a\\q\\"\\\\"', ['Ax4g\n\r\t\b\x07q"\\']],
  ['"\\X41"', ["X41"]],
  ["'\\n\\'\\x41'", ["\\n'\\x41"]],
  ["'a\"b'", ['a"b']],
  ['"a\'b"', ["a'b"]],
  ["a\\ b", ["a\\", "b"]],
  ["a \0 b", ["a"]],
  ['"a"\vb', ["a", "b"]],
  ['"a', null],
  ["'a", null],
  ["'a\\'", null],
  ['"a\\"', null],
  ['"a"b', null],
  ["'a'b", null],
  ["'a''b'", null],
  ['"a\0"', null],
  ['a "', null],
])("the words of %p are %p", (line, words) => {
  expect(splitWords(line as string)).toEqual(words as string[] | null);
});

test("every text that is quoted is one word again", () => {
  const all = Array.from({ length: 256 }, (_, code) => String.fromCharCode(code)).join("");
  for (const text of ["", all, "a b", "'", '"', "\\x41"]) {
    expect(splitWords(quoted(text))).toEqual([text]);
  }
});

/** A line of few different characters, those that mean something above all. */
function randomLine(random: Random): string {
  const characters = "ab \\\\\"\"''xn4f\t\v\0\xff";
  const size = random.below(random.chance(0.5) ? 8 : 40);
  let line = "";
  while (line.length < size) {
    const next = characters[random.below(characters.length)];
    if (next !== "\0" || random.chance(0.2)) line += next;
  }
  return line;
}

test("random lines are split as a plain splitter does it", () => {
  const random = new Random(20260101);
  let unbalanced = 0;
  for (let count = 0; count < 50_000; count++) {
    const line = randomLine(random);
    const expected = plainWords(line);
    if (expected === null) unbalanced++;
    expect([line, splitWords(line)]).toEqual([line, expected]);
  }
  expect(unbalanced).toBeGreaterThan(10_000);
  expect(unbalanced).toBeLessThan(45_000);
});

test("words are moved together in place, and what surrounds the line stays", () => {
  const random = new Random(3);
  for (let count = 0; count < 20_000; count++) {
    const line = randomLine(random);
    const bytes = fromLatin1(`a'"\\${line}"'b `);
    const found: [number, number][] = [];
    const push = (offset: number, size: number) => found.push([offset, size]);
    const isWhole = splitInPlace(bytes, 4, 4 + line.length, { push });
    expect(latin1(bytes, 0, 4)).toBe(`a'"\\`);
    expect(latin1(bytes, 4 + line.length, 4)).toBe(`"'b `);
    const words = found.map(([offset, size]) => latin1(bytes, offset, size));
    if (isWhole) expect(words).toEqual(plainWords(line) as string[]);
    else expect(plainWords(line)).toBeNull();
  }
});

test("a C string ends before its first zero byte", () => {
  expect(cString("ab")).toBe("ab");
  expect(cString("a\0b")).toBe("a");
  expect(cString("\0")).toBe("");
});
