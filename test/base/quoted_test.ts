// Purpose: bytes in quotes (src/base/quoted.ts), as Redis shows them in MONITOR and in its logs.

import { expect, test } from "bun:test";
import { fromLatin1, latin1 } from "../../src/base/bytes.ts";
import { quoted, quotedSize, writeQuoted } from "../../src/base/quoted.ts";

test("all bytes that are no printable ASCII are escaped, some by a letter", () => {
  expect(quoted("")).toBe('""');
  expect(quoted("plain 'text' ~!")).toBe(`"plain 'text' ~!"`);
  expect(quoted('a"b\\c')).toBe(String.raw`"a\"b\\c"`);
  expect(quoted("\n\r\t\x07\b")).toBe(String.raw`"\n\r\t\a\b"`);
  expect(quoted("\x00\x0b\x1f\x7f\x80\xff")).toBe(String.raw`"\x00\x0b\x1f\x7f\x80\xff"`);
});

test("a run amid others is written where it is to be, and takes what was told", () => {
  const bytes = fromLatin1('xx\n"\x00zz');
  const size = quotedSize(bytes, 2, 3);
  expect(size).toBe(10);
  const to = fromLatin1("-".repeat(20));
  expect(writeQuoted(bytes, 2, 3, to, 5)).toBe(5 + size);
  expect(latin1(to, 0, 20)).toBe(String.raw`-----"\n\"\x00"-----`);
});
