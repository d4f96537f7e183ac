/**
 * Brings runtimes.json up to date when package.json, and so package-lock.json, names another Bun:
 * fetches the runtimes of that version, whose integrity the lock file tells.
 *
 *     node_modules/.bin/bun packaging/binary/pin_runtimes.ts
 */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import manifest from "../../package.json";
import { fetchRuntime, sha256 } from "./runtimes.ts";
import { TARGETS } from "./targets.ts";

const ROOT = join(import.meta.dir, "../..");

const version = manifest.devDependencies.bun;
const lock = JSON.parse(readFileSync(join(ROOT, "package-lock.json"), "utf8")) as {
  packages: Readonly<Record<string, { version: string; integrity: string }>>;
};
const folder = mkdtempSync(join(tmpdir(), "rusk-runtimes-"));
try {
  const packages = TARGETS.map((target) => {
    const locked = lock.packages[`node_modules/${target.runtime}`];
    if (locked?.version !== version) {
      throw new Error(`package-lock.json does not tell ${target.runtime}@${version}`);
    }
    const { integrity } = locked;
    const path = join(folder, target.name);
    fetchRuntime(target, version, integrity, path);
    return [target.runtime, { integrity, sha256: sha256(readFileSync(path)) }] as const;
  });
  const text = JSON.stringify({ version, packages: Object.fromEntries(packages) }, null, 2);
  writeFileSync(join(import.meta.dir, "runtimes.json"), `${text}\n`);
} finally {
  rmSync(folder, { recursive: true });
}
