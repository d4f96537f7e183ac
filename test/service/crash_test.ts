// Purpose: what a server leaves behind that cannot go on: its report, its exit status, its data.

import { afterEach, describe, expect, test } from "bun:test";
import { join, resolve } from "node:path";
import { type Server, type ServerOptions, startServer } from "../client/server.ts";
import { ask } from "./ask.ts";

const ROOT = resolve(import.meta.dir, "../..");
const START = "=== RUSK BUG REPORT START: Cut & paste starting from here ===\n";
const END = "=== RUSK BUG REPORT END. Make sure to include from START to END. ===\n";
const SECTIONS = [
  "STACK TRACE",
  "INFO OUTPUT",
  "CLIENT LIST OUTPUT",
  "CURRENT CLIENT INFO",
  "ARENA OUTPUT",
  "CONFIG OUTPUT",
];

const servers: Server[] = [];

afterEach(async () => {
  await Promise.all(servers.splice(0).map((server) => server.stop()));
});

async function start(options: ServerOptions = {}): Promise<Server> {
  const args = ["--enable-debug-command", "yes", ...(options.args ?? [])];
  const server = await startServer({ ...options, args });
  servers.push(server);
  return server;
}

/** How a server ends that is sent a command which ends it. */
async function endBy(server: Server, ...words: string[]): Promise<number | string> {
  const client = await server.connect();
  client.command(...words).catch(() => {});
  const code = await server.exited;
  client.close();
  return code;
}

/** The report without its ends, and the parts of it by their titles. */
function reportOf(server: Server): [report: string, sections: Map<string, string>] {
  const log = server.log();
  const report = log.slice(log.indexOf(START) + START.length, log.indexOf(END));
  const [, ...parts] = report.split("\n------ ");
  return [report, new Map(parts.map((part) => part.split(" ------\n") as [string, string]))];
}

describe("DEBUG", () => {
  test.each([
    ["SEGFAULT", "SIGSEGV", / # Rusk \S+ \(Redis 7\.0\.15\) crashed by signal: 11\n/],
    ["PANIC", "SIGABRT", / # Guru Meditation: DEBUG PANIC called at Unix time \d+\n/],
    ["ASSERT", "SIGABRT", / # === ASSERTION FAILED ===\n\S+ .* # ==> '1 == 2' is not true\n/],
  ])("%s ends by %s, with a report", async (name, signal, why) => {
    const server = await start({ args: ["--save", "1000 1", "--timeout", "77"] });
    await ask(server, "SET", "a", "b");
    expect(await endBy(server, "DEBUG", name, 'x"y')).toBe(signal);
    const [report, sections] = reportOf(server);
    expect(report).toMatch(why);
    expect([...sections.keys()]).toEqual(SECTIONS);
    expect(sections.get("STACK TRACE")).toMatch(/ at \w+ \(/);
    expect(sections.get("INFO OUTPUT")).toContain("# Keyspace\ndb0:keys=1,expires=0");
    expect(sections.get("CLIENT LIST OUTPUT")).toMatch(/^id=\d+ addr=.* cmd=debug/);
    const words = `argc: '3'\nargv[0]: '"DEBUG"'\nargv[1]: '"${name}"'\nargv[2]: '"x\\"y"'\n`;
    expect(sections.get("CURRENT CLIENT INFO")).toEndWith(words);
    expect(sections.get("ARENA OUTPUT")).toMatch(/^usedSize: \d+\n/);
    expect(sections.get("CONFIG OUTPUT")).toContain("timeout 77\n");
    expect(server.log()).not.toContain("Saving the final RDB snapshot");
  });

  test("PANIC exits with a status where that is wanted", async () => {
    const server = await start({ args: ["--use-exit-on-panic", "yes"] });
    expect(await endBy(server, "DEBUG", "PANIC")).toBe(1);
    expect(server.log()).toContain(END);
  });

  test("without crash-log-enabled there is no report", async () => {
    const quiet = ["--crash-log-enabled", "no"];
    const server = await start({ args: quiet });
    expect(await endBy(server, "DEBUG", "SEGFAULT")).toBe("SIGSEGV");
    const other = await start({ args: quiet });
    expect(await endBy(other, "DEBUG", "PANIC")).toBe("SIGABRT");
    expect(other.log()).toContain("# Guru Meditation: ");
    expect(server.log() + other.log()).not.toContain("BUG REPORT");
  });

  test("what is a secret, or is to be hidden, is not in the report", async () => {
    const server = await start({ args: ["--hide-user-data-from-log", "yes"] });
    await ask(server, "CONFIG", "SET", "requirepass", "hushhush");
    const client = await server.connect();
    await client.command("AUTH", "hushhush");
    client.command("DEBUG", "SEGFAULT", "whispered").catch(() => {});
    expect(await server.exited).toBe("SIGSEGV");
    client.close();
    const [report, sections] = reportOf(server);
    expect(sections.get("CURRENT CLIENT INFO")).toEndWith(
      "argv[0]: '\"DEBUG\"'\nargv[1]: '8 bytes'\nargv[2]: '9 bytes'\n",
    );
    expect(report).not.toMatch(/hushhush|whispered/);
  });
});

test("SIGABRT of others is reported, too", async () => {
  const server = await start();
  server.signal("SIGABRT");
  expect(await server.exited).toBe("SIGABRT");
  const [report, sections] = reportOf(server);
  expect(report).toMatch(/ # Rusk .* crashed by signal: 6\n/);
  expect(sections.get("CURRENT CLIENT INFO")).toBe("\n");
});

describe("what nobody was to catch", () => {
  const preload = join(import.meta.dir, "faults.ts");
  const command = [process.execPath, "--preload", preload, join(ROOT, "src/main.ts")];
  const args = ["--save", "1000 1", "--appendonly", "yes"];

  /** What a server has that starts with what another has left. */
  async function kept(server: Server, key: string): Promise<unknown> {
    expect(server.log()).not.toContain("Saving the final RDB snapshot");
    const next = await start({ args: ["--dir", server.dir, "--appendonly", "yes"] });
    return ask(next, "GET", key);
  }

  test("is reported; nothing is saved but what the log has", async () => {
    const server = await start({ command, args });
    await ask(server, "SET", "a", "b");
    server.signal("SIGUSR2");
    expect(await server.exited).toBe(1);
    const [report, sections] = reportOf(server);
    expect(report).toContain("crashed by an exception: TypeError: nobody was to catch this\n");
    expect(sections.get("STACK TRACE")).toContain("faults.ts:");
    expect(sections.get("CURRENT CLIENT INFO")).toBe("\n");
    expect(await kept(server, "a")).toBe("b");
  });

  test("shows the command that threw it, of which the log has nothing", async () => {
    const server = await start({ command, args });
    await ask(server, "SET", "a", "b");
    expect(await endBy(server, "APPEND", "a", "c".repeat(200))).toBe(1);
    const [report, sections] = reportOf(server);
    // What is thrown for want of memory is a reply, unless data have changed.
    expect(report).toContain("crashed by an exception: Error: there is no memory to end a command");
    expect(sections.get("STACK TRACE")).toContain("\nCaused by RangeError: half done\n    at ");
    expect(sections.get("CURRENT CLIENT INFO")).toEndWith(
      `argc: '3'\nargv[0]: '"APPEND"'\nargv[1]: '"a"'\nargv[2]: '"${"c".repeat(128)}"'\n`,
    );
    expect(await kept(server, "a")).toBe("b");
  });
});
