// Purpose: what MEMORY STATS tells of the process's memory explains what the system counts.

import { afterEach, expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import type { Client } from "../client/client.ts";
import { plain } from "../client/resp.ts";
import { type Server, startServer } from "../client/server.ts";
import { until } from "../client/until.ts";
import { binaryCommand } from "../durability/binary.ts";

const CHUNK_SIZE = 64 << 20;
const PARTS = ["program", "data", "heap", "runtime"] as const;

let server: Server;
afterEach(() => server.stop());

async function stats(client: Client): Promise<Map<string, number>> {
  const flat = plain(await client.command("MEMORY", "STATS")) as (string | number)[];
  const pairs = flat.flatMap((name, i) => (i % 2 === 0 ? [[name, flat[i + 1]]] : []));
  return new Map(pairs as [string, number][]);
}

/** INFO's allocator_resident; what it tells beside that follows from it. */
async function infoResident(client: Client): Promise<number> {
  const text = String(plain(await client.command("INFO", "memory")));
  const field = (name: string) => Number(new RegExp(`^${name}:(.*)\r$`, "m").exec(text)?.[1]);
  const resident = field("allocator_resident");
  const active = field("allocator_active");
  const all = field("used_memory_rss");
  expect(field("allocator_rss_bytes")).toBe(resident - active);
  expect(field("allocator_rss_ratio")).toBeCloseTo(resident / active, 1);
  expect(field("rss_overhead_bytes")).toBe(all - resident);
  expect(field("rss_overhead_ratio")).toBeCloseTo(all / resident, 1);
  return resident;
}

/** Bytes that the system counts in memory; `counts` takes a mapping's size and its name. */
function residentSize(counts: (size: number, name: string) => boolean): number {
  let size = 0;
  let isCounted = false;
  for (const line of readFileSync(`/proc/${server.pid}/smaps`, "latin1").split("\n")) {
    const head = /^([0-9a-f]+)-([0-9a-f]+) \S+ \S+ \S+ \S+ *(.*)$/.exec(line);
    if (head !== null) {
      const [, from, to, name] = head;
      isCounted = counts(Number.parseInt(to, 16) - Number.parseInt(from, 16), name);
    }
    const [, kib] = /^Rss: +(\d+) kB$/.exec(line) ?? [];
    if (isCounted && kib !== undefined) size += Number(kib) * 1024;
  }
  return size;
}

/** Of the mappings that data lie in; the runtime's own are larger than what is asked for here. */
const isOfData = (size: number, name: string) =>
  name === "" && size % CHUNK_SIZE === 0 && size < 8 * CHUNK_SIZE;
const isOfAny = () => true;
const isOfFile = (_: number, name: string) => name.startsWith("/");

/** As near to each other as 5 %, or 4 MB. */
const isNear = (a: number, b: number) => Math.abs(a - b) <= Math.max(0.05 * b, 4 << 20);

test.skipIf(process.platform !== "linux")(
  "the parts of resident memory are those that the system counts",
  async () => {
    server = await startServer({
      command: binaryCommand(),
      args: ["--enable-debug-command", "yes"],
    });
    const client = await server.connect();
    for (const words of [
      ["PING"],
      ["DEBUG", "POPULATE", "300000", "key", "300"],
      ["FLUSHALL"],
      ["DEBUG", "POPULATE", "10", "large", "10000000"],
    ]) {
      await client.command(...words);
      await client.command("MEMORY", "PURGE");
      // The runtime gives memory back when it has time for it: both have told the same then.
      await until(`parts that explain what there is after ${words}`, async () => {
        const told = await stats(client);
        const part = (name: (typeof PARTS)[number]) => told.get(`resident.${name}`) ?? 0;
        const sum = PARTS.reduce((all, name) => all + part(name), 0);
        expect(told.get("allocator.resident")).toBe(part("data"));
        return (
          isNear(sum, residentSize(isOfAny)) &&
          isNear(part("data"), residentSize(isOfData)) &&
          isNear(part("program"), residentSize(isOfFile)) &&
          isNear(await infoResident(client), part("data"))
        );
      });
    }
  },
);
