// Purpose: what the server rehearses after its start are commands that succeed, and nothing of it
// is to be seen; which pages of the program may be given back.

import { afterEach, expect, test } from "bun:test";
import { localTimeOf } from "../../src/base/log.ts";
import { unwrittenMappings } from "../../src/runtime/code_pages.ts";
import { openForeign } from "../../src/runtime/foreign.ts";
import { openLocalTime } from "../../src/runtime/local_time.ts";
import { SCENES } from "../../src/server/rehearsal_scenes.ts";
import { plain } from "../client/resp.ts";
import { type Server, startServer } from "../client/server.ts";
import { until } from "../client/until.ts";
import { binaryCommand } from "../durability/binary.ts";

let server: Server | null = null;
afterEach(async () => {
  await server?.stop();
  server = null;
});

test("every command that is rehearsed succeeds, but the script that is undone", async () => {
  server = await startServer();
  const client = await server.connect();
  const failed: string[] = [];
  for (const { made, calls } of SCENES) {
    for (const command of [...made, ...calls, ...calls]) {
      const reply = await client.command(...command.split(" "));
      if (reply instanceof Error) failed.push(`${command.slice(0, 20)} ${reply.message}`);
    }
    await client.command("FLUSHDB");
  }
  expect(failed.filter((each) => !each.includes("undone"))).toEqual([]);
});

test("a server that has rehearsed holds nothing of it", async () => {
  server = await startServer({ command: binaryCommand() });
  const client = await server.connect();
  await Bun.sleep(500);
  await until("its data are gone", async () => {
    const info = String(plain(await client.command("INFO", "memory")));
    return Number(/^used_memory:(\d+)/m.exec(info)?.[1]) < 64 << 10;
  });
  expect(plain(await client.command("DBSIZE"))).toBe(0);
  expect(String(plain(await client.command("INFO", "commandstats")))).not.toContain("cmdstat_zadd");
  expect(String(plain(await client.command("INFO", "stats")))).toContain(
    "keyspace_hits:0\r\nkeyspace_misses:0\r\n",
  );
});

test("mappings of files are given back unless they can be written, or were", () => {
  const mapping = (head: string, anonymous: number) =>
    `${head}\nSize:  4 kB\nRss:  4 kB\nAnonymous:      ${anonymous} kB\nVmFlags: rd ex\n`;
  const smaps = [
    mapping("00200000-01a39000 r--p 00000000 fe:00 2211868    /usr/bin/rusk", 0),
    mapping("01a40000-0684a000 r-xp 01838000 fe:00 2211868    /usr/bin/rusk", 0),
    mapping("06850000-06860000 r--p 05000000 fe:00 2211868    /usr/bin/rusk", 64),
    mapping("06867000-072b5000 rw-p 0665e000 fe:00 2211868    /usr/bin/rusk", 0),
    mapping("7fed1d7f2000-7fed5d7f2000 r-xp 00000000 00:00 0 ", 0),
  ].join("");
  expect(unwrittenMappings(smaps)).toEqual([
    [0x200000, 0x1a39000],
    [0x1a40000, 0x684a000],
  ]);
});

test("the C library's local time is that of JavaScript's dates", async () => {
  const localTime = openLocalTime(await openForeign());
  if (localTime === null) return;
  for (const ms of [0, 951_782_400_000, 1_800_000_000_123, 2_500_000_000_999]) {
    expect(localTime(ms)).toEqual(localTimeOf(ms));
  }
});
