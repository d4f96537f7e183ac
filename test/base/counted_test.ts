// Purpose: nouns beside counts (src/base/counted.ts).

import { expect, test } from "bun:test";
import { counted } from "../../src/base/counted.ts";

test("one thing is not several, and none are several", () => {
  expect(counted(1, "key")).toBe("1 key");
  expect(counted(0, "key")).toBe("0 keys");
  expect(counted(2, "hash", "hashes")).toBe("2 hashes");
  expect(counted(1, "hash", "hashes")).toBe("1 hash");
});
