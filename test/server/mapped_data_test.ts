// Purpose: what the log says of the memory that data lie in, for each system and setting; and from
// outside that a server with and without huge pages holds, gives back and tells of large data.

import { afterEach, expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { useMappings } from "../../src/arena/arena.ts";
import type { HugePages, Mappings } from "../../src/runtime/mappings.ts";
import { mapData } from "../../src/server/mapped_data.ts";
import type { Client } from "../client/client.ts";
import { plain, type Word } from "../client/resp.ts";
import { type Server, startServer } from "../client/server.ts";
import { until } from "../client/until.ts";
import { binaryCommand } from "../durability/binary.ts";

const MIB = 2 ** 20;
const onLinux = test.skipIf(process.platform !== "linux");
const servers: Server[] = [];

afterEach(async () => {
  useMappings(null);
  for (const server of servers.splice(0)) await server.stop();
});

const never = () => {
  throw new Error("nothing is to be mapped");
};
const mappingsOf = (hugePages: HugePages): Mappings => ({
  hugePages,
  map: never,
  unmap: never,
  giveBack: never,
  adviseHuge: never,
  residentSize: never,
  faultIn: never,
  bufferAt: never,
});

function said(mappings: Mappings | null, isLimited: boolean, wantsHugePages: boolean): string[] {
  const lines: string[] = [];
  const log = (level: string, text: string) => lines.push(`${level}: ${text}`);
  mapData({ mappings, isLimited, wantsHugePages, later: never, log });
  return lines;
}

test("the log says which pages data lie in", () => {
  expect(said(null, false, true)).toEqual([]);
  for (const hugePages of ["always", "madvise", "unknown"] as const) {
    expect(said(mappingsOf(hugePages), false, true)).toEqual([
      "notice: Large data lie in huge pages.",
    ]);
  }
  expect(said(mappingsOf("never"), false, true)).toEqual([
    "notice: The system has no huge pages for this process, without which large data take more " +
      "CPU time. To have them, run 'echo madvise > " +
      "/sys/kernel/mm/transparent_hugepage/enabled' as root, and then restart Rusk.",
  ]);
  for (const hugePages of ["madvise", "never"] as const) {
    expect(said(mappingsOf(hugePages), false, false)).toEqual([
      "notice: Data lie in small pages (huge-pages no).",
    ]);
  }
  expect(said(mappingsOf("madvise"), true, true)).toEqual([
    "notice: The memory of the process is limited (ulimit -v, or vm.overcommit_memory is 2): " +
      "data are not mapped, and lie in no huge pages.",
  ]);
});

async function start(command: string[], ...args: string[]): Promise<[Server, Client]> {
  const server = await startServer({ command, args });
  servers.push(server);
  return [server, await server.connect()];
}

const ask = async (client: Client, ...words: Word[]) => plain(await client.command(...words));

async function field(client: Client, name: string): Promise<number> {
  const info = String(await ask(client, "INFO", "memory"));
  return Number(new RegExp(`^${name}:(\\d+)`, "m").exec(info)?.[1]);
}

const residentSize = ({ pid }: Server) =>
  Number(/^VmRSS:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, "latin1"))?.[1]) * 1024;

for (const huge of ["yes", "no"]) {
  onLinux(`large data come and go, huge-pages ${huge}`, async () => {
    const [server, client] = await start(binaryCommand(), "--huge-pages", huge);
    expect(await ask(client, "CONFIG", "GET", "huge-pages")).toEqual(["huge-pages", huge]);
    const before = residentSize(server);
    const large = new Uint8Array(40 * MIB).fill(120);
    const small = Array.from({ length: 30_000 }, (_, i) => ["SET", `key:${i}`, "y".repeat(1000)]);
    for (let round = 0; round < 2; round++) {
      expect(await ask(client, "SET", "large", large)).toBe("OK");
      for (const reply of await client.pipeline(small)) expect(plain(reply)).toBe("OK");
      expect(await ask(client, "GETRANGE", "large", 40 * MIB - 3, -1)).toBe("xxx");
      expect(await ask(client, "GET", "key:29999")).toBe("y".repeat(1000));
      expect(await field(client, "rusk_data_mapped")).toBeGreaterThan(64 * MIB);
      expect(residentSize(server)).toBeGreaterThan(before + 60 * MIB);
      expect(await ask(client, "FLUSHALL", round === 0 ? "SYNC" : "ASYNC")).toBe("OK");
      await until("memory to be given back", () => residentSize(server) < before + 40 * MIB);
    }
  });
}

onLinux("under a limit on its memory the server maps nothing, and says so", async () => {
  const limited = ["sh", "-c", `ulimit -v 90000000; exec "$0" "$@"`, ...binaryCommand()];
  const [server, client] = await start(limited);
  expect(server.log()).toContain("data are not mapped");
  expect(await ask(client, "SET", "key", "x".repeat(3 * MIB))).toBe("OK");
  expect(await field(client, "rusk_data_mapped")).toBe(0);
  expect(await field(client, "rusk_huge_pages")).toBe(0);
});
