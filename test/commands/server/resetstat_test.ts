// Purpose: CONFIG RESETSTAT begins every counter anew, also one that somebody adds and forgets.

import { describe, expect, test } from "bun:test";
import type { Client } from "../../client/client.ts";
import { plain } from "../../client/resp.ts";
import { redisBinary, type Server, startRedis, startServer } from "../../client/server.ts";
import { until } from "../../client/until.ts";
import { SimDisk } from "../../durability/sim_disk.ts";
import { SimClient, SimServer, Timeline } from "../../durability/sim_server.ts";
import { Random } from "../../fuzz/random.ts";
import { InnerServer } from "../../persistence/inner_server.ts";

/** More than the reset itself, and what the test does after it, can count. */
const MUCH = 1_000_000;

/** What is no count of what has happened: times, states, and what Redis keeps as well. */
const KEPT = [
  "figures.startMs",
  "figures.startUsedSize",
  "figures.peakUsedSize",
  "figures.blockedClients",
  "figures.blockedWithTimeout",
  "figures.cronLoops",
  "keyspace.loadedKeys",
  "keyspace.loadedExpired",
];

test("every figure is reset, or named here as one that is kept", () => {
  const inner = new InnerServer(1);
  const { figures, keyspace } = inner.server;
  const holders = { figures, commands: figures.commands, keyspace: keyspace.stats };
  const counters = Object.entries(holders).flatMap(([title, holder]) => {
    const values = holder as unknown as Record<string, unknown>;
    const names = Object.keys(values).filter((name) => typeof values[name] === "number");
    return names.map((name) => ({ title: `${title}.${name}`, values, name }));
  });
  for (const { values, name } of counters) values[name] = MUCH;
  expect(inner.run("CONFIG", "RESETSTAT")).toBe("+OK\r\n");
  const kept = counters.filter(({ values, name }) => (values[name] as number) >= MUCH);
  expect(kept.map(({ title }) => title).sort()).toEqual([...KEPT].sort());
});

test("rewritings are forgotten, and failures in a row, but not how the last one went", () => {
  const disk = new SimDisk();
  const server = new SimServer(disk, new Timeline(), new Random(1), ["--appendonly", "yes"]);
  const { appendLog } = server.server;
  const client = new SimClient(server);
  const pass = () => {
    for (let i = 0; i < 10; i++) server.turn(10);
  };
  expect(server.start()).toBeNull();
  client.send(["BGREWRITEAOF"]);
  pass();
  client.send(["BGREWRITEAOF"]);
  disk.fault = { at: disk.operations.length + 1, kind: "broken", isDone: false };
  pass();
  expect([appendLog.rewriteCount > 0, appendLog.consecutiveFailures]).toEqual([true, 1]);
  client.send(["CONFIG", "RESETSTAT"]);
  const { rewriteCount, consecutiveFailures, lastRewriteFailed } = appendLog;
  expect([rewriteCount, consecutiveFailures, lastRewriteFailed]).toEqual([0, 0, true]);
  server.dispose();
});

describe.skipIf(redisBinary() === null)("against Redis", () => {
  /** Has what can be counted happen; the figures before CONFIG RESETSTAT and after it. */
  async function figuresAround(server: Server, client: Client) {
    const figures = async () => {
      const text = plain(await client.command("INFO", "everything")) as string;
      const pairs = [...text.matchAll(/^([a-z_]+):([\d.]+)\r$/gm)];
      return new Map(pairs.map(([, name, value]) => [name, Number(value)]));
    };
    const ask = (line: string) => client.command(...line.split(" "));
    for (const line of [
      "SET key 1",
      "GET key",
      "GET missing",
      "NOSUCH",
      "DEBUG POPULATE 20000",
      "FLUSHALL ASYNC",
      "SET gone 1 PX 1",
    ]) {
      await ask(line);
    }
    await until("the key to expire", async () => (await figures()).get("expired_keys") === 1);
    for (const line of ["BGSAVE", "BGREWRITEAOF"]) {
      await ask(line);
      await until("the disk", async () => {
        const now = await figures();
        return now.get("rdb_bgsave_in_progress") === 0 && now.get("aof_rewrite_in_progress") === 0;
      });
    }
    await ask("CONFIG SET maxclients 1");
    const refused = await server.connect().catch(() => null);
    await refused?.command("PING").catch(() => {});
    refused?.close();
    const before = await figures();
    await ask("CONFIG RESETSTAT");
    return { before, after: await figures() };
  }

  /** Those that were something and are nothing, or what the test has done since. */
  const resetOnes = ({ before, after }: Awaited<ReturnType<typeof figuresAround>>) =>
    [...before].filter(([name, value]) => value > 0 && after.get(name) === 0).map(([name]) => name);

  test("what Redis resets of what both count is reset", async () => {
    const around = async (start: typeof startServer) => {
      const args = ["--enable-debug-command", "yes", "--appendonly", "yes", "--save", ""];
      const server = await start({ args });
      const client = await server.connect();
      const found = await figuresAround(server, client);
      client.close();
      await server.stop();
      return found;
    };
    const [redis, rusk] = [await around(startRedis), await around(startServer)];
    const counted = resetOnes(redis).filter((name) => (rusk.before.get(name) ?? 0) > 0);
    const reset = resetOnes(rusk);
    expect(counted.filter((name) => !reset.includes(name))).toEqual([]);
    for (const name of ["rdb_saves", "aof_rewrites", "expired_keys", "rejected_connections"]) {
      expect(counted).toContain(name);
    }
  });
});
