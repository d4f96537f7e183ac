// Purpose: what the program is besides a server, by its options, its first word, and the name of
// the link that it is started by (src/tools/programs.ts, run_program.ts).

import { describe, expect, test } from "bun:test";
import { spawnSync } from "node:child_process";
import { readFileSync, symlinkSync } from "node:fs";
import { programOf, TOOL_NAMES } from "../../src/tools/programs.ts";
import { ruskCommand } from "../client/server.ts";
import { folderOfEachTest } from "../server/folder.ts";

const { path, rusk } = folderOfEachTest();

/** Runs the program by a link of this name. */
function linked(name: string, ...words: string[]) {
  const [program, ...first] = ruskCommand();
  symlinkSync(program, path(name));
  const { status, stdout, stderr } = spawnSync(path(name), [...first, ...words], {
    cwd: path(),
    encoding: "latin1",
    input: "",
  });
  return { status, out: stdout, error: stderr };
}

describe("what a command line asks for", () => {
  const asked = (startedAs: string, ...args: string[]) => {
    const { tool, args: words, actsAs } = programOf(startedAs, args);
    return [tool, actsAs, ...words];
  };

  test("a server, unless it says otherwise", () => {
    expect(asked("rusk")).toEqual([null, null]);
    expect(asked("/opt/rusk", "a.conf", "cli")).toEqual([null, null, "a.conf", "cli"]);
    expect(asked("/usr/bin/redis-server", "cli")).toEqual([null, "redis-server", "cli"]);
    expect(asked("/redis-cli/rusk", "-")).toEqual([null, null, "-"]);
  });

  test("tools by their names, as the first word", () => {
    for (const name of TOOL_NAMES) expect(asked("rusk", name, "-h")).toEqual([name, null, "-h"]);
    expect(asked("bun", "--port", "cli")).toEqual([null, null, "--port", "cli"]);
  });

  test("the programs of Redis and Valkey, by the name of the link", () => {
    for (const name of ["sentinel", "cli", "benchmark", "check-aof", "check-rdb"]) {
      expect(asked(`/usr/bin/redis-${name}`, "x")).toEqual([name, `redis-${name}`, "x"]);
      expect(asked(`valkey-${name}-7.0`, "x")).toEqual([name, `redis-${name}`, "x"]);
    }
  });

  test("what is asked for instead of a server, and sentinel mode", () => {
    expect(asked("rusk", "--check-system")).toEqual(["check-system", null]);
    expect(asked("redis-server", "-v")).toEqual(["version", "redis-server"]);
    expect(asked("redis-server", "a.conf", "--sentinel")[0]).toBe("sentinel");
  });
});

describe("help", () => {
  test("names every tool; each tool tells of itself", () => {
    const { status, out } = rusk(["--help"]);
    expect(status).toBe(0);
    for (const name of TOOL_NAMES) {
      expect(out).toMatch(new RegExp(`^  ${name} +[A-Z]`, "m"));
      const own = rusk([name, "--help"]);
      expect([own.status, own.error]).toEqual([0, ""]);
      expect(own.out).toContain(` rusk ${name} `);
    }
    for (const line of out.split("\n")) expect(line.length).toBeLessThanOrEqual(100);
  });

  test("of redis-server is an error, as its version is told in Redis's words", () => {
    const help = linked("redis-server", "--help");
    expect([help.status, help.out]).toEqual([1, ""]);
    expect(help.error).toStartWith("Usage: ");
    const version = linked("redis-server-7", "--version");
    expect(version).toEqual({
      status: 0,
      out: "Redis server v=7.0.15 sha=00000000:0 malloc=arena bits=64 build=0\n",
      error: "",
    });
  });
});

test("Sentinel is refused in a sentence", () => {
  for (const run of [linked("redis-sentinel", "x.conf"), rusk(["x.conf", "--sentinel"])]) {
    expect(run.status).toBe(1);
    expect(run.error).toStartWith("There is no Sentinel in Rusk: ");
  }
});

test("the redis-server link starts a server, and takes its words", () => {
  const { status, error } = linked("redis-server", "nosuch.conf");
  expect(status).toBe(1);
  expect(error).toStartWith("Fatal error, can't open config file 'nosuch.conf': ");
});

describe("--test-memory", () => {
  test("tests as much as it is told", () => {
    const { status, out } = rusk(["--test-memory", "2"]);
    expect(status).toBe(0);
    expect(out).toStartWith("Your memory passed this test.\n");
  });

  test.each([[[]], [["0"]], [["x"]], [["1", "2"]]])("%p is no amount", (words: string[]) => {
    const { status, error } = rusk(["--test-memory", ...words]);
    expect(status).toBe(1);
    expect(error).toStartWith("Please specify the amount of memory to test in megabytes.\n");
  });

  test("more than there is, is told", () => {
    const { status, error } = rusk(["--test-memory", "900000000"]);
    expect([status, error]).toEqual([
      1,
      "The system does not give 900000000 megabytes of memory.\n",
    ]);
  });
});

test("--check-system names each check, and is well if all are", () => {
  const { status, out } = rusk(["--check-system"]);
  const checks = [...out.matchAll(/^\[([\w-]+)\]\.\.\.(OK|skipped|WARNING:)$/gm)];
  expect(checks.map(([, name]) => name)).toEqual([
    "slow-clocksource",
    "xen-clocksource",
    "overcommit",
    "THP",
    "open-files",
    "connection-backlog",
  ]);
  expect(status).toBe(checks.some(([, , found]) => found === "WARNING:") ? 1 : 0);
  const overcommit = readFileSync("/proc/sys/vm/overcommit_memory", "utf8").trim();
  expect(out.includes("[overcommit]...OK")).toBe(overcommit !== "2");
});
