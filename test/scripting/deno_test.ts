// Purpose: the engine under Deno: all that is compared with the host's own, abuse, and endings.

import { expect, test } from "bun:test";
import { execFileSync } from "node:child_process";
import { existsSync } from "node:fs";
import { join, resolve } from "node:path";

const ROOT = resolve(import.meta.dir, "../..");
const DENO = join(ROOT, "node_modules/.bin/deno");

test.skipIf(!existsSync(DENO))("all cases of the engine hold under Deno, too", () => {
  const program = join(ROOT, "test/scripting/engine_check.ts");
  const output = execFileSync(DENO, ["run", "-A", program], { encoding: "utf8" });
  expect(output).toMatch(/^\d{3} cases, 0 problems\n$/);
});
