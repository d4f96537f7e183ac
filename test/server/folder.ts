/**
 * Purpose: a folder for each test of a file, and the servers and tools that work in it.
 *
 *   const { path, started, rusk } = folderOfEachTest();
 *   const { client } = await started(startServer, "--save", "");
 *   rusk(["check-snapshot", path("dump.rdb")]);
 */
import { afterEach, beforeEach } from "bun:test";
import { spawnSync } from "node:child_process";
import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Client } from "../client/client.ts";
import { plain, type Word } from "../client/resp.ts";
import { ruskCommand, type Server, type startServer } from "../client/server.ts";
import { until } from "../client/until.ts";

const DEBUG = ["--enable-debug-command", "yes"];

/** How a tool is run. */
export interface ToolRun {
  /** The program, and its first words. */
  readonly command?: readonly string[];
  readonly input?: Uint8Array;
  /** A descriptor for its standard output. */
  readonly output?: number;
}

/** What is in a folder, in order; without the files that servers lock while they run. */
export const namesIn = (folder: string): string[] =>
  readdirSync(folder)
    .filter((name) => !name.endsWith(".lock"))
    .sort();

/** Called at the top of a test file: the folder is there before each test, and gone after it. */
export function folderOfEachTest() {
  let folder = "";
  const servers: Server[] = [];

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "rusk-folder-"));
  });

  afterEach(async () => {
    for (const server of servers.splice(0)) await server.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  return {
    path: (name = "") => join(folder, name),
    /** A server in the folder, which ends with the test, and a client of it. */
    async started(make: typeof startServer, ...args: string[]) {
      const server = await make({ args: ["--dir", folder, ...DEBUG, ...args] });
      servers.push(server);
      return { server, client: await server.connect() };
    },
    /** Runs one of the program's tools to its end. */
    rusk(words: readonly string[], { command = ruskCommand(), input, output }: ToolRun = {}) {
      const [program, ...first] = command;
      const { status, stdout, stderr } = spawnSync(program, [...first, ...words], {
        cwd: folder,
        input: input ?? "",
        stdio: ["pipe", output ?? "pipe", "pipe"],
        maxBuffer: 1 << 28,
      });
      return { status, bytes: stdout, out: String(stdout ?? ""), error: String(stderr) };
    },
  };
}

/** The reply to a command, as a plain value. */
export const ask = async (client: Client, ...words: Word[]) =>
  plain(await client.command(...words));

/** Waits until a section of INFO shows something. */
export async function untilInfo(client: Client, section: string, pattern: RegExp): Promise<void> {
  await until(`INFO ${section} to show ${pattern}`, async () =>
    pattern.test(String(await ask(client, "INFO", section))),
  );
}
