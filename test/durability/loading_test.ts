// Purpose: what goes on in a server while it loads its data.

import { describe, expect, test } from "bun:test";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import * as dict from "../../src/structures/dict.ts";
import type { Client } from "../client/client.ts";
import { plain } from "../client/resp.ts";
import { redisBinary, type ServerOptions, startRedis, startServer } from "../client/server.ts";
import { Random } from "../fuzz/random.ts";
import { SimDisk } from "./sim_disk.ts";
import { SimClient, SimServer, Timeline } from "./sim_server.ts";

/** So many that the first of the slices in which they are loaded leaves the table nearly empty. */
const KEYS = 300_000;

test.each(["SAVE", "BGSAVE"])(
  "the table made for all keys of a %s stays while it fills",
  (save) => {
    const time = new Timeline();
    const disk = new SimDisk();
    const start = () => new SimServer(disk, time, new Random(1), ["--hz", "500"]);
    const writer = start();
    expect(writer.start()).toBeNull();
    const client = new SimClient(writer);
    client.send(["DEBUG", "POPULATE", String(KEYS)]);
    client.send([save]);
    const { snapshots } = writer.server;
    do writer.turn(1);
    while (snapshots.progress !== null);
    expect(client.replies[0]).toBe("+OK\r\n");
    expect(snapshots.changes).toBe(0);
    writer.dispose();

    const loader = start();
    const loopsBefore = loader.server.figures.cronLoops;
    expect(loader.start()).toBeNull();
    expect(loader.server.figures.cronLoops).toBeGreaterThan(loopsBefore + 1);
    const { keys } = loader.server.keyspace.databases[0];
    expect(dict.tableFigures(keys)).toEqual({
      slots0: 2 ** 19,
      slots1: 0,
      used0: KEYS,
      used1: 0,
      rehashing: false,
    });
    loader.dispose();
  },
);

describe.each([
  ["Rusk", startServer, true],
  ["redis-server", startRedis, redisBinary() !== null],
] as const)("%s", (_, startOne, isThere) => {
  test.if(isThere)("takes its time for each key as key-load-delay says", async () => {
    const dir = mkdtempSync(join(tmpdir(), "rusk-loading-"));
    const common = ["--dir", dir, "--enable-debug-command", "yes", "--enable-protected-configs"];
    const start = (options: ServerOptions, ...args: string[]) =>
      startOne({ args: [...common, "yes", ...args], ...options });
    const writer = await start({});
    const first = await writer.connect();
    expect(plain(await first.command("DEBUG", "POPULATE", "10000"))).toBe("OK");
    expect(plain(await first.command("SAVE"))).toBe("OK");
    first.close();
    await writer.stop();

    // Ten minutes in all: what is asked here is asked long before that.
    const loader = await start(
      { noWait: true },
      "--key-load-delay",
      "60000",
      "--loading-process-events-interval-bytes",
      "1024",
    );
    let client: Client | null = null;
    while (client === null) {
      // It does not listen at once.
      client = await loader.connect().catch(() => null);
      await Bun.sleep(10);
    }
    const ask = async (...words: string[]) => {
      const reply = await (client as Client).command(...words);
      return reply.type === "error" ? reply.value : plain(reply);
    };
    const loading = "LOADING Redis is loading the dataset in memory";
    expect(await ask("GET", "key:1")).toBe(loading);
    expect(await ask("CONFIG", "SET", "loglevel", "debug")).toBe("OK");
    expect(await ask("CONFIG", "SET", "dir", "/")).toBe(loading);
    expect(await ask("CONFIG", "SET", "appendonly", "yes", "nosuch", "1")).toBe(loading);
    expect(await ask("CONFIG", "SET", "nosuch", "1", "appendonly", "yes")).toBe(
      "ERR Unknown option or number of arguments for CONFIG SET - 'nosuch'",
    );
    // Nothing is refused for want of memory meanwhile.
    const words = [["CONFIG", "SET", "maxmemory", "1"], ["MULTI"], ["SELECT", "1"], ["EXEC"]];
    const replies = await client.pipeline([...words, ["SET", "key:1", "value"]]);
    expect(replies.map(plain)).toEqual(["OK", "OK", "QUEUED", ["OK"], new Error(loading)]);
    expect(String(await ask("INFO", "persistence"))).toContain("loading:1\r\n");
    client.close();
    loader.signal("SIGKILL");
    await loader.stop();
    rmSync(dir, { recursive: true });
  });
});
