// Purpose: the first session of README.md gives what the page shows, by the client that it uses.

import { afterAll, beforeAll, expect, test } from "bun:test";
import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { ruskCommand, type Server, startServer } from "../client/server.ts";

const PAGE = join(import.meta.dir, "../../README.md");
const PROMPT = "127.0.0.1:6379> ";

/** Commands of the page's session, each with what comes after it. */
function session(): { command: string; shown: string }[] {
  const block = readFileSync(PAGE, "utf8").match(/```console\n(.*?)```/s)?.[1] ?? "";
  const [, ...steps] = block.split(PROMPT);
  return steps.map((step) => {
    const end = step.indexOf("\n");
    return { command: step.slice(0, end), shown: step.slice(end + 1) };
  });
}

let server: Server;
beforeAll(async () => {
  server = await startServer();
});
afterAll(() => server.stop());

test("the first session of the page", () => {
  const steps = session();
  expect(steps.length).toBeGreaterThan(5);
  const [program = "", ...args] = [...ruskCommand(), "cli", "--no-raw", "-p", `${server.port}`];
  const given = steps.map(({ command }) => {
    const { stdout } = spawnSync(program, args, { input: `${command}\n`, encoding: "utf8" });
    return { command, shown: stdout };
  });
  expect(given).toEqual(steps);
});
