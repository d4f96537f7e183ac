// Purpose: the workers of docs/streams.md do what the page says, as they stand there: they handle
// what comes, take over what a dead worker left, put aside what has failed too often, and end.

import { describe, expect, test } from "bun:test";
import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Client } from "../client/client.ts";
import { plain } from "../client/resp.ts";
import { type Server, startServer } from "../client/server.ts";
import { until } from "../client/until.ts";

const ROOT = join(import.meta.dir, "../..");
const PYTHON = "/usr/bin/python3";
const hasRedisPy = spawnSync(PYTHON, ["-c", "import redis"]).status === 0;
const ABANDONED_MS = 60_000;
const ATTEMPTS_MAX = 5;

const LANGUAGES = [
  { block: "ts", file: "worker.ts", program: process.execPath, isThere: true },
  { block: "python", file: "worker.py", program: PYTHON, isThere: hasRedisPy },
];

function guide(block: string): string {
  const page = readFileSync(join(ROOT, "docs/streams.md"), "utf8");
  const code = page.match(new RegExp(`\`\`\`${block}\\n(.*?)\`\`\``, "s"))?.[1];
  if (code === undefined) throw new Error(`docs/streams.md shows no ${block}`);
  return code;
}

/** An entry that a consumer without a process has had for long, delivered so often. */
async function abandon(client: Client, name: string, deliveries: number): Promise<void> {
  const id = plain(await client.command("XADD", "jobs", "*", "kind", "mail", "to", name));
  await client.command("XREADGROUP", "GROUP", "mailers", "dead", "STREAMS", "jobs", ">");
  const since = ["IDLE", 2 * ABANDONED_MS, "RETRYCOUNT", deliveries];
  await client.command("XCLAIM", "jobs", "mailers", "dead", 0, `${id}`, ...since);
}

async function groupIsIdle(client: Client): Promise<boolean> {
  const [group] = plain(await client.command("XINFO", "GROUPS", "jobs")) as unknown[][];
  const field = (name: string) => group?.[group.indexOf(name) + 1];
  return field("pending") === 0 && field("lag") === 0;
}

async function useWorker(server: Server, worker: ChildProcess): Promise<string> {
  const client = await server.connect();
  let said = "";
  worker.stdout?.on("data", (bytes) => {
    said += bytes;
  });
  worker.stderr?.on("data", (bytes) => {
    said += bytes;
  });
  await client.command("XADD", "jobs", "*", "kind", "mail", "to", "late");
  await until("all entries", () => groupIsIdle(client));
  worker.kill("SIGTERM");
  const [code] = await once(worker, "exit");
  expect({ code, said }).toEqual({ code: 0, said });
  return said;
}

describe("the worker of docs/streams.md", () => {
  for (const { block, file, program, isThere } of LANGUAGES) {
    test.skipIf(!isThere)(`in ${block}`, async () => {
      // Within the project, so that it finds the client library there.
      const folder = mkdtempSync(join(ROOT, "node_modules", ".guide-"));
      writeFileSync(join(folder, file), guide(block));
      const server = await startServer();
      const client = await server.connect();
      await client.command("XGROUP", "CREATE", "jobs", "mailers", "0", "MKSTREAM");
      await abandon(client, "left", 1);
      await abandon(client, "hopeless", ATTEMPTS_MAX);
      const env = { ...process.env, REDIS_URL: `redis://127.0.0.1:${server.port}` };
      const worker = spawn(program, [join(folder, file)], { env });
      try {
        const said = await useWorker(server, worker);
        expect([...said.matchAll(/mail to (\w+)/g)].map(([, name]) => name)).toEqual([
          "left",
          "late",
        ]);
        const failed = plain(await client.command("XRANGE", "jobs:failed", "-", "+"));
        expect(JSON.stringify(failed)).toContain('"kind","mail","to","hopeless"]');
        const info = plain(await client.command("XINFO", "CONSUMERS", "jobs", "mailers"));
        expect((info as unknown[][]).map(([, name]) => name)).toEqual(["dead"]);
      } finally {
        worker.kill("SIGKILL");
        await server.stop();
        rmSync(folder, { recursive: true });
      }
    });
  }
});
