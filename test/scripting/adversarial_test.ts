// Purpose: scripts that try to get out of the sandbox, to stop the server or to fill its memory, on
// both runtimes: adversarial.json, and those of attacks.ts, several of every kind.

import { afterAll, describe, expect, test } from "bun:test";
import { existsSync } from "node:fs";
import { join, resolve } from "node:path";
import { binaryCommand } from "../durability/binary.ts";
import adversarial from "./adversarial.json";
import { type Attack, Target } from "./attack.ts";
import { attacks } from "./attacks.ts";

const ROOT = resolve(import.meta.dir, "../..");
const DENO = join(ROOT, "node_modules/.bin/deno");
const RUNTIMES: Readonly<Record<string, readonly string[]>> = {
  Bun: binaryCommand(),
  Deno: [DENO, "run", "-A", join(ROOT, "src/main.ts")],
};

for (const [name, command] of Object.entries(RUNTIMES)) {
  describe.skipIf(name === "Deno" && !existsSync(DENO))(name, () => {
    const target = new Target(command);
    afterAll(() => target.stop());
    for (const attack of [...(adversarial as Attack[]), ...attacks]) {
      test(attack.name, async () => {
        expect(await target.suffer(attack)).toEqual([]);
      });
    }
  });
}
