// Purpose: the pages of the program go when nobody needs them, and come back.

import { afterEach, expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { bundleOf } from "../../src/runtime/code_pages.ts";
import { keepProgramSmall } from "../../src/server/program_pages.ts";
import { plain } from "../client/resp.ts";
import { type Server, startServer } from "../client/server.ts";
import { until } from "../client/until.ts";
import { binaryCommand } from "../durability/binary.ts";

const MIB = 1 << 20;

let server: Server | null = null;
afterEach(async () => {
  await server?.stop();
  server = null;
});

test("pages go once after the start, then when many are there in a quiet time", () => {
  let commandCount = 0;
  let programSize = 40 * MIB;
  let given = 0;
  let due: (() => void)[] = [];
  const look = () => {
    const [next] = due;
    due = [];
    next();
  };
  keepProgramSmall({
    loop: {
      later: (_, run) => {
        due.push(run);
        return () => {};
      },
    },
    commandCount: () => commandCount,
    programSize: () => programSize,
    giveBack: () => {
      given++;
      programSize = 10 * MIB;
    },
  });
  expect(given).toBe(0);
  commandCount = 1000;
  look();
  expect(given).toBe(1);
  // Few are there.
  programSize = 18 * MIB;
  look();
  expect(given).toBe(1);
  // Many are, but clients have much to ask.
  programSize = 30 * MIB;
  commandCount += 100;
  look();
  expect(given).toBe(1);
  commandCount += 99;
  look();
  expect(given).toBe(2);
  // Where the system does not tell, once is enough.
  programSize = 0;
  look();
  expect(given).toBe(2);
  expect(due.length).toBe(1);
});

/** Of the mapping that begins there: what may be done in it, and how much of it was written. */
function mappingAt(pid: number | undefined, address: number): { rights: string; written: number } {
  const smaps = readFileSync(`/proc/${pid}/smaps`, "latin1");
  const mapping = smaps.slice(smaps.indexOf(`${address.toString(16).padStart(8, "0")}-`));
  const [, rights, kib] = /^\S+ (\S+)[\s\S]*?^Anonymous: +(\d+) kB$/m.exec(mapping) ?? [];
  return { rights, written: Number(kib) * 1024 };
}

test("an idle server holds few pages of its program, and they come back", async () => {
  const command = binaryCommand();
  server = await startServer({ command });
  const client = await server.connect();
  const programSize = () =>
    Number(readFileSync(`/proc/${server?.pid}/statm`, "latin1").split(" ")[2]) * 4096;
  await until("the pages are given back", () => programSize() < 22 * MIB);
  const bundle = process.platform === "linux" ? bundleOf(command[0]) : null;
  if (bundle !== null) {
    expect(mappingAt(server.pid, bundle[0])).toEqual({ rights: "r--p", written: 0 });
  }
  const script = "let sum = 0; for (const each of ARGV) sum += Number(each); return sum";
  expect(plain(await client.command("EVAL", script, "0", "1", "2", "39"))).toBe(42);
  expect(plain(await client.command("ZADD", "board", "1", "a", "2", "b"))).toBe(2);
  expect(plain(await client.command("GEOADD", "places", "13.4", "52.5", "here"))).toBe(1);
  expect(plain(await client.command("XADD", "stream", "1-1", "a", "b"))).toBe("1-1");
  expect(String(plain(await client.command("INFO")))).toContain("db0:keys=3");
  const count = plain(await client.command("COMMAND", "COUNT"));
  expect((plain(await client.command("COMMAND")) as unknown[]).length).toBe(Number(count));
});

test("what is no executable has no bundle", () => {
  expect(bundleOf(import.meta.path)).toBeNull();
});
