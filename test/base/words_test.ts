import { expect, test } from "bun:test";
import { quoted } from "../../src/base/quoted.ts";
import { cString, splitWords } from "../../src/base/words.ts";

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

test("a C string ends before its first zero byte", () => {
  expect(cString("ab")).toBe("ab");
  expect(cString("a\0b")).toBe("a");
  expect(cString("\0")).toBe("");
});
