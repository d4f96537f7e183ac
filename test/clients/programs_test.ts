// Purpose: what applications do with the clients of other languages, as Debian has them, works
// against the server: values, pipelines, transactions, pub/sub, a stream's group, scripts.

import { afterAll, beforeAll, expect, test } from "bun:test";
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Server, startServer } from "../client/server.ts";
import { binaryCommand } from "../durability/binary.ts";

const PROGRAMS = join(import.meta.dir, "programs");
const PARTS = ["values", "pipelines", "transactions", "messages", "streams", "scripts"];
/** Far above what any takes. */
const LIMIT_MS = 100_000;

let server: Server;
const folder = mkdtempSync(join(tmpdir(), "rusk-clients-"));

beforeAll(async () => {
  server = await startServer({ command: binaryCommand() });
});
afterAll(async () => {
  await server?.stop();
  rmSync(folder, { recursive: true });
});

function run(program: string, ...args: string[]) {
  const env = { ...process.env, LC_ALL: "C.UTF-8" };
  const { status, stdout, stderr } = spawnSync(program, args, {
    encoding: "utf8",
    env,
    timeout: LIMIT_MS,
  });
  return { status, stdout, stderr };
}

const compiled = join(folder, "client");
const source = join(PROGRAMS, "client.c");

/** Each with what shows whether it can run here, and what runs it. */
const CLIENTS = [
  {
    name: "redis-py",
    needs: "python3-redis",
    probe: ["/usr/bin/python3", "-c", "import redis"],
    command: ["/usr/bin/python3", "-B", join(PROGRAMS, "client.py")],
  },
  {
    name: "phpredis",
    needs: "php-redis and php-cli",
    probe: ["php", "-r", "new Redis();"],
    command: ["php", join(PROGRAMS, "client.php")],
  },
  {
    name: "redis-rb",
    needs: "ruby-redis",
    probe: ["ruby", "-e", "require 'redis'"],
    command: ["ruby", join(PROGRAMS, "client.rb")],
  },
  {
    name: "hiredis",
    needs: "libhiredis-dev and a C compiler",
    probe: ["cc", "-Wall", "-Wextra", "-o", compiled, source, "-lhiredis"],
    command: [compiled],
  },
] as const;

for (const { name, needs, probe, command } of CLIENTS) {
  const [checker, ...options] = probe;
  const isThere = run(checker, ...options).status === 0;
  if (!isThere) console.warn(`${name} is not tested: it needs Debian's ${needs}.`);

  test.skipIf(!isThere)(name, () => {
    const [program, ...args] = command;
    expect(run(program, ...args, String(server.port))).toEqual({
      status: 0,
      stdout: PARTS.map((part) => `${part}\n`).join(""),
      stderr: "",
    });
  });
}

test("docs/clients.md shows the scripts that stand in the place of redis-py's", () => {
  const page = readFileSync(join(import.meta.dir, "../../docs/clients.md"), "utf8");
  expect(page).toContain(readFileSync(join(PROGRAMS, "rusk_locks.py"), "utf8"));
});
