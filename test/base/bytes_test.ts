// Purpose: texts of bytes: each byte a character, whatever the size, and no more than there are.
import { describe, expect, test } from "bun:test";
import { fromLatin1, latin1 } from "../../src/base/bytes.ts";

const ALL = Uint8Array.from({ length: 256 }, (_, byte) => byte);

describe("a text of bytes", () => {
  for (const size of [0, 1, 23, 24, 25, 64, 65, 256]) {
    test(`of ${size}: each is a character, and back`, () => {
      const text = latin1(ALL, 256 - size, size);
      expect([...text].map((c) => c.charCodeAt(0))).toEqual([...ALL.subarray(256 - size)]);
      expect(fromLatin1(text)).toEqual(ALL.slice(256 - size));
    });
  }

  test("that passes the end has what there is", () => {
    expect(latin1(fromLatin1("abc"), 0, 5)).toBe("abc");
    expect(latin1(fromLatin1("abc"), 2, 500)).toBe("c");
    expect(latin1(fromLatin1("abc"), 7, 1)).toBe("");
  });
});
