/** Files as the server writes them. */
import { expect, test } from "bun:test";
import { chmodSync, mkdtempSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { readFile, writeFile } from "../../src/runtime/files.ts";

test("a file that replaces another keeps who may read it", () => {
  const folder = mkdtempSync(join(tmpdir(), "rusk-files-"));
  const path = join(folder, "secrets");
  writeFile(path, "old");
  chmodSync(path, 0o600);
  writeFile(path, "new");
  expect(statSync(path).mode & 0o777).toBe(0o600);
  expect(readFile(path)).toBe("new");
  rmSync(folder, { recursive: true });
});
