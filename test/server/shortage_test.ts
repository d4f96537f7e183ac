// Purpose: what becomes of clients, saves and reloading when there is no memory for them: the one
// client is closed, the one file is not written, and the server lives on with all of its data. The
// sweep over everything is test/fuzz/shortage_turns.ts.

import { afterEach, expect, spyOn, test } from "bun:test";
import * as arena from "../../src/arena/arena.ts";
import { requestOf } from "../client/resp.ts";
import { SimDisk } from "../durability/sim_disk.ts";
import { SimClient, SimServer, Timeline } from "../durability/sim_server.ts";
import { Random } from "../fuzz/random.ts";
import { Shortage } from "../fuzz/shortage_buffers.ts";

const LONG = "x".repeat(300_000);
const TURNS = 60;
let server: SimServer;

function start(...args: string[]): SimClient {
  server = new SimServer(new SimDisk(), new Timeline(), new Random(1), args);
  expect(server.start()).toBeNull();
  return new SimClient(server);
}

afterEach(() => {
  arena.failAt(Infinity);
  server.dispose();
});

function ask(client: SimClient, ...words: string[]): string {
  client.send(words);
  for (let i = 0; client.replies.length === 0 && i < TURNS; i++) server.turn();
  return client.replies.splice(0).join("");
}

/** Something is done in which the n-th large buffer cannot be had; whether it came to that. */
function without(n: number, run: () => void): boolean {
  const shortage = new Shortage({ kind: "buffer", at: n, blocks: 0, parts: 1 });
  try {
    shortage.during(run);
  } finally {
    shortage.end();
  }
  return shortage.hasStruck;
}

const goOn = () => {
  for (let i = 0; i < TURNS; i++) server.turn(10);
};
const wasLogged = (text: string) => server.lines.some((line) => line.includes(text));
const status = (client: SimClient) =>
  /rdb_last_bgsave_status:(\w+)/.exec(ask(client, "INFO", "persistence"))?.[1];
const temporary = () => [...server.disk.contents().keys()].filter((path) => /tmp/.test(path));
const elements = Array.from({ length: 2000 }, (_, i) => `element:${i}`);

test("a client is closed when what it has sent of a command cannot be kept", () => {
  const client = start();
  const other = new SimClient(server);
  expect(ask(client, "SET", "key", "value")).toBe("+OK\r\n");
  const request = requestOf(["SET", "key", LONG]);
  // No block of the arena can be spared for it, nor is there any other memory.
  arena.failAt(-1);
  expect(without(0, () => client.write(request.subarray(0, 200_000)))).toBe(true);
  arena.failAt(Infinity);
  expect(client.connection.closing).toBe(true);
  expect(wasLogged("Closing client for which there is no memory (Out of memory): id=1 ")).toBe(
    true,
  );
  expect(ask(other, "GET", "key")).toBe("$5\r\nvalue\r\n");
});

test("a client is closed when its transaction cannot be kept, and nothing of it is done", () => {
  const client = start();
  const other = new SimClient(server);
  expect(ask(client, "MULTI")).toBe("+OK\r\n");
  expect(ask(client, "SET", "key", "value")).toBe("+QUEUED\r\n");
  expect(without(0, () => client.send(["RPUSH", "list", ...elements]))).toBe(true);
  expect(client.connection.closing).toBe(true);
  expect(ask(other, "EXISTS", "key", "list")).toBe(":0\r\n");
});

test("who monitors is closed when a command cannot be shown, and the command is done", () => {
  const client = start();
  const monitor = new SimClient(server);
  expect(ask(monitor, "MONITOR")).toBe("+OK\r\n");
  client.write(requestOf(["SET", "key", LONG]).subarray(0, 100));
  const rest = requestOf(["SET", "key", LONG]).subarray(100);
  expect(without(0, () => client.write(rest))).toBe(true);
  expect(ask(client, "STRLEN", "key")).toBe("+OK\r\n:300000\r\n");
  expect(monitor.connection.closing).toBe(true);
});

test("who is to get a message is closed when it cannot be had, and the command is done", () => {
  const client = start();
  const listener = new SimClient(server);
  expect(ask(listener, "SUBSCRIBE", "c")).toBe("*3\r\n$9\r\nsubscribe\r\n$1\r\nc\r\n:1\r\n");
  const request = requestOf(["PUBLISH", "c", LONG]);
  client.write(request.subarray(0, 100));
  expect(without(0, () => client.write(request.subarray(100)))).toBe(true);
  goOn();
  expect(client.replies.splice(0).join("")).toBe(":1\r\n");
  expect(listener.connection.closing).toBe(true);
  expect(wasLogged("there is no memory for its output")).toBe(true);
  expect(ask(client, "PUBLISH", "c", LONG)).toBe(":0\r\n");
});

test("BGSAVE: whatever cannot be had, it fails with a reason, and the next one does not", () => {
  const client = start();
  expect(ask(client, "RPUSH", "list", ...elements)).toBe(":2000\r\n");
  expect(ask(client, "ZADD", "set", ...elements.flatMap((member) => ["1", member]))).toBe(
    ":2000\r\n",
  );
  let failures = 0;
  for (let n = 0; ; n++) {
    const hasStruck = without(n, () => {
      client.send(["BGSAVE"]);
      goOn();
    });
    client.replies.length = 0;
    if (!hasStruck) break;
    if (status(client) === "err") failures++;
    expect(temporary()).toEqual([]);
  }
  expect(failures).toBeGreaterThan(2);
  expect(wasLogged("Error saving the DB to /home/dump.rdb: Out of memory")).toBe(true);
  expect(wasLogged("Background saving error")).toBe(true);
  expect(status(client)).toBe("ok");
});

test("an element that changes and cannot be kept for a snapshot: the snapshot fails", () => {
  const client = start();
  expect(ask(client, "SADD", "set", ...elements)).toBe(":2000\r\n");
  client.send(["BGSAVE"]);
  arena.failAt(-1);
  client.send(["SREM", "set", ...elements.slice(500)]);
  arena.failAt(Infinity);
  goOn();
  expect(client.replies.splice(0)).toEqual(["+Background saving started\r\n", ":1500\r\n"]);
  expect(status(client)).toBe("err");
  expect(temporary()).toEqual([]);
  expect(ask(client, "SCARD", "set")).toBe(":500\r\n");
  expect(ask(client, "BGSAVE")).toBe("+Background saving started\r\n");
  goOn();
  expect(status(client)).toBe("ok");
});

test("DEBUG RELOAD that cannot load the snapshot has the data that the log has", () => {
  const client = start("--appendonly", "yes");
  expect(ask(client, "SET", "key", LONG)).toBe("+OK\r\n");
  expect(ask(client, "RPUSH", "list", ...elements)).toBe(":2000\r\n");
  let failures = 0;
  for (let n = 0; ; n++) {
    const shortage = new Shortage({ kind: "buffer", at: n, blocks: 0, parts: 0 });
    shortage.during(() => client.send(["DEBUG", "RELOAD"]));
    shortage.end();
    if (!shortage.hasStruck) break;
    server.turn();
    expect(server.hasEnded).toBe(false);
    if (client.replies.splice(0)[0].startsWith("-ERR Error trying to load")) failures++;
    expect(ask(client, "STRLEN", "key")).toBe(":300000\r\n");
    expect(ask(client, "LLEN", "list")).toBe(":2000\r\n");
  }
  expect(failures).toBeGreaterThan(0);
});

test("keys do not go by themselves while hardly anything of the reserve is left", () => {
  const client = start();
  expect(ask(client, "SET", "key", "value", "PX", "5")).toBe("+OK\r\n");
  const [db] = server.server.keyspace.databases;
  const left = spyOn(arena, "segmentsLeft").mockReturnValue(arena.SHRINKING_SEGMENTS);
  goOn();
  left.mockRestore();
  expect(db.size).toBe(1);
  goOn();
  expect(db.size).toBe(0);
});
