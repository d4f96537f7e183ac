// Purpose: what people run on Redis works against the server: sessions of websites, a cache with
// namespaces, limits of rates. The libraries that test/clients/apps names are installed when this
// runs, outside of what is a part of the repository.

import { afterAll, beforeAll, expect, test } from "bun:test";
import { spawnSync } from "node:child_process";
import { cpSync, existsSync, readFileSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { type Server, startServer } from "../client/server.ts";
import { binaryCommand } from "../durability/binary.ts";

const SOURCES = join(import.meta.dir, "apps");
/** Below the repository's root, so that its own ioredis and node-redis are found. */
const APPS = resolve(import.meta.dir, "../../dist/test-apps");
/** Far above what any takes. */
const LIMIT_MS = 100_000;

const run = (program: string, ...args: string[]) =>
  spawnSync(program, args, { cwd: APPS, encoding: "utf8", timeout: LIMIT_MS });

/** Whether the libraries are there, as package-lock.json has them. */
function install(): boolean {
  cpSync(SOURCES, APPS, { recursive: true });
  const wanted = readFileSync(join(APPS, "package-lock.json"), "utf8");
  const done = join(APPS, "node_modules/.installed");
  if (existsSync(done) && readFileSync(done, "utf8") === wanted) return true;
  const { status, stderr } = run("npm", "ci", "--ignore-scripts");
  if (status === 0) writeFileSync(done, wanted);
  else if (process.env.CI) throw new Error(`npm ci: ${stderr}`);
  else console.warn(`The libraries of test/clients/apps are not tested: npm ci says ${stderr}`);
  return status === 0;
}

const isInstalled = install();
let server: Server;

beforeAll(async () => {
  server = await startServer({ command: binaryCommand() });
});
afterAll(() => server?.stop());

test.skipIf(!isInstalled).each([
  ["express-session with connect-redis", "sessions.ts"],
  ["keyv", "cache.ts"],
  ["rate-limiter-flexible", "rate_limits.ts"],
])("%s", (_, program) => {
  const { status, stderr } = run(
    process.execPath,
    program,
    `redis://${server.host}:${server.port}`,
  );
  expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
});
