// SHA-1 against the runtime's own.

import { expect, test } from "bun:test";
import { createHash } from "node:crypto";
import { SHA1_SIZE, Sha1, sha1 } from "../../src/base/sha1.ts";

const SIZES = [0, 1, 3, 54, 55, 56, 63, 64, 65, 118, 119, 120, 127, 128, 1000, 100_000];

test.each(SIZES)("sha1 of %i bytes", (size) => {
  const bytes = Uint8Array.from({ length: size + 7 }, (_, i) => (i * 31) & 255);
  const digest = new Uint8Array(SHA1_SIZE);
  for (const offset of [0, 5]) {
    sha1(digest, bytes, offset, size);
    expect(Buffer.from(digest).toString("hex")).toBe(
      createHash("sha1")
        .update(bytes.subarray(offset, offset + size))
        .digest("hex"),
    );
  }
});

test.each(SIZES)("of %i bytes in parts, with other digests between them", (size) => {
  const bytes = Uint8Array.from({ length: size }, (_, i) => (i * 31) & 255);
  const sum = new Sha1();
  const digest = new Uint8Array(SHA1_SIZE);
  let at = 0;
  for (; size - at > 192; at += 192) {
    sum.add(bytes, at, 192);
    sha1(digest, bytes, 0, 100);
  }
  sum.end(digest, bytes, at, size - at);
  const expected = createHash("sha1").update(bytes).digest("hex");
  expect(Buffer.from(digest).toString("hex")).toBe(expected);
});
