// Purpose: the latency monitor is told of all that may hold the server up besides commands. Each
// reading of the simulated clock takes a part of a millisecond, so that everything takes a while.

import { afterEach, expect, test } from "bun:test";
import { Random } from "../fuzz/random.ts";
import { wordsOf } from "./held_server.ts";
import { SimDisk } from "./sim_disk.ts";
import { SimClient, SimServer, Timeline } from "./sim_server.ts";

let server: SimServer;
afterEach(() => server.dispose());

function start(...args: string[]): void {
  server = new SimServer(new SimDisk(), new Timeline(), new Random(1), args);
  expect(server.start()).toBe(null);
  server.server.figures.latency.thresholdMs = 0.1;
}

function send(...lines: string[]): void {
  for (const line of lines) {
    const client = new SimClient(server);
    client.send(wordsOf(line));
    for (let i = 0; client.replies.length === 0; i++) {
      if (i > 100) throw new Error(`no reply to ${line}`);
      server.turn();
    }
  }
}

function untilIdle(): void {
  for (let i = 0; !server.server.progress.isIdle; i++) {
    if (i > 1000) throw new Error("it does not end");
    server.turn(5);
  }
}

/** Names of events since the last time, less those of commands. */
function seen(): string[] {
  const { events } = server.server.figures.latency;
  const names = [...events.keys()].filter((name) => !/command$/.test(name));
  events.clear();
  return names.sort();
}

test("keys that expire, and saving", () => {
  start();
  send("SET a 1 PX 5", "SET b 1 PX 50");
  expect(seen()).toEqual([]);
  server.turn(10);
  expect(seen()).toEqual(["expire-cycle", "expire-del"]);
  send("BGSAVE");
  untilIdle();
  expect(seen()).toContain("save-slice");
});

test("beginning to save, and calling it off", () => {
  start();
  send("SET a 1");
  seen();
  server.guard(() => void server.server.snapshots.saveInBackground());
  expect(seen()).toEqual(["fork"]);
  server.guard(() => server.server.snapshots.abandon());
  expect(seen()).toEqual(["rdb-unlink-temp-file"]);
});

test("the log under everysec: its writes, each with what else goes on, and its new base", () => {
  start("--appendonly", "yes");
  send("SET a 1");
  expect(seen()).toEqual(["aof-write", "aof-write-alone"]);
  server.guard(() => void server.server.snapshots.saveInBackground());
  send("SET a 2");
  expect(seen()).toEqual(expect.arrayContaining(["aof-write", "aof-write-active-child", "fork"]));
  untilIdle();
  send("BGREWRITEAOF");
  untilIdle();
  expect(seen()).toContain("aof-rename");
});

test("the log under always: what its syncs take", () => {
  start("--appendonly", "yes", "--appendfsync", "always");
  send("SET a 1");
  const client = new SimClient(server);
  client.send(["LATENCY", "DOCTOR"]);
  server.turn();
  const [report] = client.replies;
  expect(report).toContain("- aof-fsync-always: 1 time; ");
  expect(report).toContain("Whoever writes waits for the disk, as appendfsync always says");
  expect(seen()).toEqual(["aof-fsync-always", "aof-write", "aof-write-alone"]);
});

test("large values that are freed in slices", () => {
  start();
  send(`RPUSH list ${"x ".repeat(50_000)}`, "UNLINK list");
  server.turn(5);
  expect(seen()).toContain("free-slice");
});

test("the timer, while a script runs long", () => {
  start("--busy-reply-threshold", "5");
  new SimClient(server).send(["EVAL", "for (let i = 0; i < 2e7; i++);", "0"]);
  expect(server.server.scripts.isSuspended).toBe(true);
  server.turn(100);
  expect(seen()).toContain("while-blocked-cron");
});

test("nothing is told without a threshold", () => {
  start("--appendonly", "yes");
  server.server.figures.latency.thresholdMs = 0;
  send("SET a 1 PX 5", "BGSAVE");
  untilIdle();
  expect(seen()).toEqual([]);
});
