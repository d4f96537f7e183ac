// SHA-1 against the runtime's own.

import { expect, test } from "bun:test";
import { createHash } from "node:crypto";
import { sha1 } from "../../src/base/sha1.ts";

test.each([0, 1, 3, 55, 56, 63, 64, 65, 119, 120, 1000, 100_000])("sha1 of %i bytes", (size) => {
  const bytes = Uint8Array.from({ length: size }, (_, i) => (i * 31) & 255);
  expect(Buffer.from(sha1(bytes)).toString("hex")).toBe(
    createHash("sha1").update(bytes).digest("hex"),
  );
});
