// Purpose: replies that wait for the disk under `appendfsync always`: which wait, in what order
// they come, and what becomes of them when a client, the log or the policy goes. Syncs end by hand
// here; unsynced_test.ts asks every command.

import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import { BACKLOG_SIZE_MAX } from "../../src/base/limits.ts";
import { HeldServer } from "./held_server.ts";
import type { SimClient } from "./sim_server.ts";

const OK = "+OK\r\n";

let held: HeldServer;
beforeEach(() => {
  held = new HeldServer();
});
afterEach(() => held.server.dispose());

/** Replies of a client now, and when all is on the disk. */
function outcome(client: SimClient): [now: string, then: string] {
  held.turn();
  const now = client.replies.join("");
  held.syncAll();
  return [now, client.replies.join("")];
}

describe("a reply waits that shows", () => {
  const cases: [what: string, given: string[], change: string[], line: string, reply: string][] = [
    ["a new value", [], ["SET k v"], "GET k", "$1\r\nv\r\n"],
    ["that a key is gone", ["SET k v"], ["DEL k"], "GET k", "$-1\r\n"],
    ["that a key has another name", ["SET k v"], ["RENAME k t"], "EXISTS k", ":0\r\n"],
    ["the new name", ["SET k v"], ["RENAME k t"], "GET t", "$1\r\nv\r\n"],
    ["a copy", ["SET k v"], ["COPY k t"], "GET t", "$1\r\nv\r\n"],
    ["that a key has moved", ["SET k v"], ["MOVE k 1"], "TYPE k", "+none\r\n"],
    ["that a member was added before", [], ["SADD k m"], "SADD k m", ":0\r\n"],
    ["that a key stood against SET NX", [], ["SET k v"], "SET k w NX", "$-1\r\n"],
    ["that it had none to change", ["SET k v"], ["DEL k"], "SET k w XX", "$-1\r\n"],
    ["another type", [], ["LPUSH k v"], "INCR k", "-WRONGTYPE"],
    ["that a key is busy", [], ["SET k v"], 'RESTORE k 0 "\\x00\\x01x"', "-"],
    ["that a group is there", [], ["XGROUP CREATE k g $ MKSTREAM"], "XGROUP CREATE k g $", "-BUSY"],
    ["what was pushed and taken", [], ["RPUSH k a b", "LPOP k"], "LRANGE k 0 -1", "*1"],
    ["that all is gone", ["SET k v"], ["FLUSHALL"], "GET k", "$-1\r\n"],
    ["that a database is empty", ["SET k v"], ["FLUSHDB"], "EXISTS other", ":0\r\n"],
    ["that databases have changed places", ["SET k v"], ["SWAPDB 0 1"], "GET k", "$-1\r\n"],
    [
      "entries that others have read",
      ["XADD k 1 f v", "XGROUP CREATE k g 0"],
      ["XREADGROUP GROUP g a STREAMS k >"],
      "XREADGROUP GROUP g b STREAMS k >",
      "*-1\r\n",
    ],
  ];
  for (const [what, given, change, line, reply] of cases) {
    test(what, () => {
      held.setUp(given);
      held.write(...change);
      held.turn();
      const [now, then] = outcome(held.client(line));
      expect(now).toBe("");
      expect(then.startsWith(reply)).toBe(true);
    });
  }

  test("that a key has expired, though nobody asked", () => {
    held.setUp(["SET k v PX 50"]);
    for (let i = 0; i < 10; i++) held.server.turn(20);
    expect(held.server.state.size).toBe(0);
    expect(outcome(held.client("EXISTS k"))).toEqual(["", ":0\r\n"]);
  });

  test("that a watched key has changed: EXEC", () => {
    const client = held.client("WATCH k", "MULTI", "PING");
    held.turn();
    held.write("SET k v");
    client.send(["EXEC"]);
    expect(outcome(client)).toEqual([
      "+OK\r\n+OK\r\n+QUEUED\r\n",
      "+OK\r\n+OK\r\n+QUEUED\r\n*-1\r\n",
    ]);
  });

  test("that all keys were watched and are gone: EXEC", () => {
    held.setUp(["SET k v"]);
    const client = held.client("WATCH k", "MULTI", "PING");
    held.write("FLUSHALL");
    client.send(["EXEC"]);
    const [now, then] = outcome(client);
    expect(now).not.toContain("*-1");
    expect(then).toEndWith("*-1\r\n");
  });

  for (const how of ["TIMEOUT", "ERROR"]) {
    test(`a new value, in a transaction that then frees a blocked client with ${how}`, () => {
      const blocked = held.client("BLPOP other 0");
      held.turn();
      held.write("SET k v");
      const id = blocked.connection.client.id;
      const client = held.client("MULTI", "GET k", `CLIENT UNBLOCK ${id} ${how}`, "EXEC");
      const queued = "+OK\r\n+QUEUED\r\n+QUEUED\r\n";
      const [now, then] = outcome(client);
      expect(now).not.toContain("$1");
      expect(then).toBe(`${queued}*2\r\n$1\r\nv\r\n:1\r\n`);
    });
  }

  test("a command to MONITOR", () => {
    const monitor = held.client("MONITOR");
    held.syncAll();
    held.write("SET k v", "MULTI", "SET k w", "EXEC");
    const [now, then] = outcome(monitor);
    expect(now).toBe(OK);
    expect(then).toContain('"SET" "k" "w"');
  });

  const TRACKING: [mode: string, change: string, told: string][] = [
    ["", "SET k w", "*1\r\n$1\r\nk\r\n"],
    ["", "DEL k", "*1\r\n$1\r\nk\r\n"],
    ["", "FLUSHALL", "_\r\n"],
    [" BCAST", "SET k w", "*1\r\n$1\r\nk\r\n"],
    [" BCAST", "FLUSHDB", "_\r\n"],
  ];
  for (const [mode, change, told] of TRACKING) {
    test(`what CLIENT TRACKING${mode} tells of ${change}`, () => {
      held.setUp(["SET k v"]);
      const client = held.client("HELLO 3", `CLIENT TRACKING ON${mode}`, "GET k");
      held.syncAll();
      const before = client.replies.join("");
      held.write(change);
      const [now, then] = outcome(client);
      expect(now).toBe(before);
      expect(then).toBe(`${before}>2\r\n$10\r\ninvalidate\r\n${told}`);
    });
  }

  test("what CLIENT TRACKING tells of a change that the log is not told of, for no longer", () => {
    held.setUp(["SET k v"]);
    const client = held.client("HELLO 3", "CLIENT TRACKING ON", "GET k");
    held.syncAll();
    const before = client.replies.join("");
    held.client("CONFIG SET enable-debug-command yes", "DEBUG RELOAD");
    held.turn();
    expect(client.replies.join("")).toBe(`${before}>2\r\n$10\r\ninvalidate\r\n_\r\n`);
  });

  test("what CLIENT TRACKING tells of a change of its own, after the reply", () => {
    held.setUp(["SET k v"]);
    const client = held.client("HELLO 3", "CLIENT TRACKING ON", "GET k");
    held.syncAll();
    const before = client.replies.join("");
    client.send(["SET", "k", "w"]);
    client.send(["PING"]);
    const [now, then] = outcome(client);
    expect(now).toBe(before);
    const message = ">2\r\n$10\r\ninvalidate\r\n*1\r\n$1\r\nk\r\n";
    expect(then).toBe(`${before}${OK}${message}+PONG\r\n`);
  });
});

describe("an event of a key waits for the disk", () => {
  const channel = (event: string) => `__keyevent@0__:${event}`;
  /** What a listener is told of an event, now, and when all is on the disk. */
  function told(event: string, ...lines: string[]): [now: string, then: string] {
    const listener = held.client(`SUBSCRIBE ${channel(event)}`);
    held.syncAll();
    listener.replies.length = 0;
    held.write(...lines);
    return outcome(listener);
  }
  const message = (event: string, key: string) =>
    ["message", channel(event), key].reduce(
      (text, word) => `${text}$${word.length}\r\n${word}\r\n`,
      "*3\r\n",
    );

  beforeEach(() => held.setUp(["CONFIG SET notify-keyspace-events EAmn"]));

  test("of a change", () => {
    expect(told("set", "SET k v")).toEqual(["", message("set", "k")]);
  });

  test("that makes a key, told before it is one", () => {
    held.setUp(["SET k v"]);
    const made = { n: "SET n v", l: "RPUSH l a", h: "HSET h f v", c: "COPY k c", a: "MSET a 1" };
    for (const [key, line] of Object.entries(made)) {
      expect({ line, told: told("new", line) }).toEqual({ line, told: ["", message("new", key)] });
    }
    expect(told("new", "MULTI", "SADD s a", "EXEC")).toEqual(["", message("new", "s")]);
    expect(told("new", `EVAL "redis.call('SET', 'e', 1)" 0`)).toEqual(["", message("new", "e")]);
  });

  test("in a transaction, and in a script", () => {
    expect(told("set", "MULTI", "SET k v", "EXEC")).toEqual(["", message("set", "k")]);
    expect(told("del", `EVAL "redis.call('DEL', 'k')" 0`)).toEqual(["", message("del", "k")]);
  });

  test("in a script that may run long", () => {
    const script = "for (const key of ['k', 't']) redis.call('SET', key, 'v')";
    const both = message("set", "k") + message("set", "t");
    expect(told("set", `EVAL "${script}" 0`)).toEqual(["", both]);
  });

  test("that a key was not there, which was deleted before", () => {
    held.setUp(["SET k v"]);
    expect(told("keymiss", "DEL k", "GET k")).toEqual(["", message("keymiss", "k")]);
    expect(told("keymiss", "GET k")).toEqual([message("keymiss", "k"), message("keymiss", "k")]);
  });

  test("that it has expired, though nobody asked", () => {
    held.setUp(["SET k v PX 50"]);
    const listener = held.client(`SUBSCRIBE ${channel("expired")}`);
    held.syncAll();
    listener.replies.length = 0;
    for (let i = 0; i < 10; i++) held.server.turn(20);
    expect(held.server.state.size).toBe(0);
    expect(outcome(listener)).toEqual(["", message("expired", "k")]);
  });
});

describe("a message waits for the disk", () => {
  const message = (text: string) =>
    ["message", "c", text].reduce(
      (bytes, word) => `${bytes}$${word.length}\r\n${word}\r\n`,
      "*3\r\n",
    );

  function told(...lines: string[]): [now: string, then: string] {
    const listener = held.client("SUBSCRIBE c");
    held.syncAll();
    listener.replies.length = 0;
    held.write(...lines);
    return outcome(listener);
  }

  beforeEach(() => held.setUp([]));

  test("that comes after a change, of whom it may", () => {
    expect(told("SET k v", "PUBLISH c 1")).toEqual(["", message("1")]);
    expect(told("MULTI", "SET k v", "PUBLISH c 2", "EXEC")).toEqual(["", message("2")]);
    const script = "redis.call('SET', 'k', 1); redis.call('PUBLISH', 'c', '3')";
    expect(told(`EVAL "${script}" 0`)).toEqual(["", message("3")]);
    const long = "for (const i of ['4', '5']) { redis.call('SET', 'k', i);";
    expect(told(`EVAL "${long} redis.call('PUBLISH', 'c', i) }" 0`)).toEqual([
      "",
      message("4") + message("5"),
    ]);
  });

  test("and those that come after it", () => {
    expect(told("PUBLISH c 0", "SET k v", "PUBLISH c 1", "PUBLISH c 2")).toEqual([
      message("0"),
      message("0") + message("1") + message("2"),
    ]);
  });

  test("but not where nothing is to be waited for", () => {
    expect(told("PUBLISH c 1")).toEqual([message("1"), message("1")]);
  });
});

describe("who waited for a key", () => {
  test("has its reply when what it took is on the disk", () => {
    const client = held.client("BLPOP k 0");
    held.turn();
    held.write("RPUSH k a");
    expect(outcome(client)).toEqual(["", "*2\r\n$1\r\nk\r\n$1\r\na\r\n"]);
  });

  test("though nothing is taken: XREAD", () => {
    const client = held.client("XREAD BLOCK 0 STREAMS k $");
    held.turn();
    held.write("XADD k 1-1 f v");
    const [now, then] = outcome(client);
    expect(now).toBe("");
    expect(then).toContain("1-1");
  });

  test("or its key is gone: XREADGROUP", () => {
    held.setUp(["XGROUP CREATE k g $ MKSTREAM"]);
    const client = held.client("XREADGROUP GROUP g c BLOCK 0 STREAMS k >");
    held.turn();
    held.write("DEL k");
    const [now, then] = outcome(client);
    expect(now).toBe("");
    expect(then).toStartWith("-UNBLOCKED");
  });

  test("or its time is over after the key was emptied", () => {
    held.setUp(["RPUSH k a"]);
    const client = held.client("BLPOP k 0.01");
    held.turn();
    expect(client.replies).toEqual([]);
    held.syncAll();
    const late = held.client("BLPOP k 0.05");
    held.write("MULTI", "RPUSH k b", "LPOP k", "EXEC");
    for (let i = 0; i < 20; i++) held.server.turn(20);
    expect(late.replies).toEqual([]);
    held.syncAll();
    expect(late.replies).toEqual(["*-1\r\n"]);
  });

  test("has changed what it took: WAITAOF waits for that", () => {
    held.client("CONFIG SET appendfsync everysec");
    held.setUp([]);
    held.turn();
    const client = held.client("BLPOP k 0");
    held.write("RPUSH k a");
    held.turn();
    client.send(["WAITAOF", "1", "0", "0"]);
    held.turn();
    expect(client.replies.length).toBe(1);
    for (let i = 0; i < 20; i++) held.server.turn(100);
    held.syncAll();
    expect(client.replies[1]).toBe("*2\r\n:1\r\n:0\r\n");
  });

  test("WAITAOF comes with the sync", () => {
    expect(outcome(held.client("SET k v", "WAITAOF 1 0 0"))).toEqual([
      "",
      "+OK\r\n*2\r\n:1\r\n:0\r\n",
    ]);
  });
});

describe("others", () => {
  test("are answered at once, and find what is on the disk", () => {
    held.setUp(["SET other v"]);
    held.touch("k");
    const lines = ["GET other", "EXISTS nosuch", "SET other w NX", "TYPE other", "PING"];
    const client = held.client(...lines);
    held.turn();
    expect(client.replies.length).toBe(5);
  });

  test("in another database", () => {
    held.touch("k");
    const client = held.client("SELECT 1", "GET k", "DBSIZE", "SCAN 0", "KEYS *");
    held.turn();
    expect(client.replies.length).toBe(5);
  });

  test("are not held up by a change that the log is not told of", () => {
    held.setUp(["PFADD k a b c"]);
    // What PFCOUNT keeps in the value is no change of the data.
    held.write("PFADD k d", "PFCOUNT k", "DEBUG SET-ACTIVE-EXPIRE 1");
    held.syncAll();
    held.server.server.keyspace.unsynced.note(0, 7);
    held.server.server.keyspace.unsynced.noteAll(0);
    const [, then] = outcome(held.client("GET k"));
    expect(then).not.toBe("");
    expect(held.server.server.keyspace.unsynced.isAny).toBe(false);
  });

  test("nor by one that comes while a sync goes on", () => {
    held.touch("other");
    held.server.server.keyspace.unsynced.noteAll(0);
    const client = held.client("GET k");
    held.turn();
    expect(client.replies).toEqual([]);
    held.sync();
    expect(client.replies).toEqual(["$-1\r\n"]);
  });

  test("two marks: who saw the first change does not wait for the second", () => {
    held.write("SET a 1");
    held.turn();
    held.write("SET b 1");
    const first = held.client("GET a");
    const second = held.client("GET b");
    held.turn();
    held.sync();
    expect([first.replies.length, second.replies.length]).toEqual([1, 0]);
    held.sync();
    expect(second.replies.length).toBe(1);
  });
});

describe("the order of a client's replies", () => {
  test("stays, whatever waits", () => {
    held.touch("k");
    const client = held.client("ECHO 1", "GET k");
    held.turn();
    client.send(["ECHO", "2"]);
    held.turn();
    client.send(["GET", "k"]);
    client.send(["ECHO", "3"]);
    held.syncAll();
    expect(client.replies.join("")).toBe("$1\r\n1\r\n$-1\r\n$1\r\n2\r\n$-1\r\n$1\r\n3\r\n");
  });

  test("with what MONITOR shows in between", () => {
    const client = held.client("MONITOR");
    held.syncAll();
    client.send(["ECHO", "1"]);
    held.touch("other");
    client.send(["ECHO", "2"]);
    held.turn();
    const all = () => client.replies.join("");
    expect(all()).toMatch(/\r\n\$1\r\n1\r\n\+[^\n]* "ECHO" "1"\r\n\+[^\n]* "MULTI"\r\n$/);
    held.syncAll();
    expect(all()).toMatch(/"SET" "other"[\s\S]*"EXEC"\r\n\$1\r\n2\r\n\+[^\n]* "ECHO" "2"\r\n$/);
  });

  test("with replies that are off or skipped", () => {
    held.touch("k");
    const lines = ["CLIENT REPLY SKIP", "GET k", "ECHO 1", "CLIENT REPLY OFF", "GET k"];
    const client = held.client(...lines, "CLIENT REPLY ON", "ECHO 2");
    expect(outcome(client)).toEqual(["", "$1\r\n1\r\n+OK\r\n$1\r\n2\r\n"]);
  });
});

describe("what waits", () => {
  const omemOf = (client: SimClient) => client.connection.outputSize;

  test("counts as output of its client, and is dropped with it", () => {
    held.setUp(["SET k 12345678"]);
    held.touch("k");
    const client = held.client("GET k", "GET k");
    held.turn();
    expect(omemOf(client)).toBe(2 * "$8\r\n12345678\r\n".length);
    const list = held.client("CLIENT LIST");
    held.turn();
    expect(list.replies[0]).toContain(" omem=28 ");
    expect(held.server.server.turn.held.size).toBeGreaterThanOrEqual(28);
    client.connection.kill();
    held.syncAll();
    expect(held.server.server.turn.held.size).toBe(0);
    expect(client.replies).toEqual([]);
  });

  test("counts against client-output-buffer-limit", () => {
    held.write("CONFIG SET client-output-buffer-limit 'normal 1000 0 0'");
    held.setUp([`SET k ${"x".repeat(400)}`]);
    held.touch("k");
    const client = held.client("GET k", "GET k");
    held.turn();
    expect(client.connection.closing).toBe(false);
    client.send(["GET", "k"]);
    held.turn();
    expect(client.connection.closing).toBe(true);
    expect(held.server.lines.join("")).toContain("output buffer limits");
  });

  test("is sent before the connection is closed", () => {
    held.touch("k");
    expect(outcome(held.client("GET k", "QUIT"))).toEqual(["", "$-1\r\n+OK\r\n"]);
  });

  test("comes when the policy no longer asks for it", () => {
    held.touch("k");
    const client = held.client("GET k");
    held.turn();
    expect(client.replies).toEqual([]);
    held.client("CONFIG SET appendfsync everysec");
    held.turn();
    expect(client.replies).toEqual(["$-1\r\n"]);
  });

  test("comes when the log is turned off", () => {
    held.touch("k");
    const client = held.client("GET k");
    held.turn();
    held.client("CONFIG SET appendonly no");
    held.turn();
    expect(client.replies).toEqual(["$-1\r\n"]);
  });

  test("never comes when the sync fails", () => {
    const { disk } = held;
    // The first is the write.
    disk.fault = { at: disk.operations.length + 2, kind: "broken", isDone: false };
    held.touch("k");
    const client = held.client("GET k");
    held.syncAll();
    expect(client.replies).toEqual([]);
    expect(held.server.exitCode).toBe(1);
  });

  test("begins when the policy asks for it, and ends with it", () => {
    const { unsynced } = held.server.server.keyspace;
    held.client("CONFIG SET appendfsync everysec");
    held.turn();
    expect(unsynced.isOn).toBe(false);
    held.client("CONFIG SET appendfsync always");
    held.turn();
    held.write("SET k v");
    held.turn();
    expect(outcome(held.client("GET k"))).toEqual(["", "$1\r\nv\r\n"]);
  });

  test("what was written under another policy is on the disk when `always` holds", () => {
    held.client("CONFIG SET appendfsync everysec");
    held.turn();
    held.write("SET k v");
    held.client("CONFIG SET appendfsync always");
    held.turn();
    const client = held.client("GET k");
    held.turn();
    expect(client.replies).toEqual(["$1\r\nv\r\n"]);
    const text = [...held.disk.afterPowerCut(null).contents().entries()]
      .map(([, bytes]) => Buffer.from(bytes).toString("latin1"))
      .join("");
    expect(text).toContain("$1\r\nk\r\n$1\r\nv\r\n");
  });
});

describe("while the disk stands still", () => {
  const value = "x".repeat(8 << 20);

  /** Has so many changes of 8 MB wait for a sync, by a client of each. */
  function pile(count: number): SimClient[] {
    held.touch("first");
    return Array.from({ length: count }, (_, i) => {
      const client = held.client(`SET key${i} ${value}`, `SET key${i} ${value}`);
      held.turn(1);
      return client;
    });
  }

  const COUNT = BACKLOG_SIZE_MAX / value.length + 4;
  const pendingSize = () => held.server.server.appendLog.pendingSize;

  test("who writes waits, others do not, and keys do not expire, since that would be told", () => {
    held.setUp(["SET other v", "SET brief v PX 400"]);
    const clients = pile(COUNT);
    const size = pendingSize();
    expect(size).toBeGreaterThan(BACKLOG_SIZE_MAX);
    expect(size).toBeLessThan(BACKLOG_SIZE_MAX + 2 * value.length);
    for (let i = 0; i < 20; i++) held.server.turn(100);
    expect(pendingSize()).toBe(size);
    expect(held.server.lines.join("")).toContain("The disk is too slow");

    const reader = held.client("GET other", "GET brief", "INFO persistence", "CLIENT LIST");
    held.turn();
    expect(reader.replies.length).toBe(4);
    expect(reader.replies[1]).toBe("$-1\r\n");

    const { backlog } = held.server.server;
    const { count } = backlog;
    clients.pop()?.connection.kill();
    expect([count > 0, backlog.count]).toEqual([true, count - 1]);
    held.syncAll();
    held.syncAll();
    for (const client of clients) expect(client.replies).toEqual([OK, OK]);
    for (let i = 0; i < 5; i++) held.server.turn(100);
    expect(held.server.state.has("brief")).toBe(false);
    expect(held.server.server.turn.held.size).toBe(0);
  });

  test("who reads what is not on it has no more read than its limit", () => {
    held.setUp([`SET k ${value}`]);
    held.touch("k");
    const clients = Array.from({ length: 4 }, () => held.client());
    for (let i = 0; i < COUNT; i++) {
      for (const client of clients) client.send(["GET", "k"]);
      held.turn(1);
    }
    const { size } = held.server.server.turn.held;
    expect(size).toBeGreaterThan(BACKLOG_SIZE_MAX);
    expect(size).toBeLessThan(BACKLOG_SIZE_MAX + 5 * value.length);
    held.syncAll();
    for (let i = 0; i < COUNT; i++) held.turn(1);
    for (const client of clients) expect(client.replies.length).toBe(COUNT);
  });

  test("who waits behind replies alone goes on with them", () => {
    held.setUp([`SET k ${value.slice(0, 4 << 20)}`]);
    held.touch("k");
    const clients = Array.from({ length: 20 }, () => held.client("GET k"));
    held.turn();
    const last = clients[clients.length - 1];
    last.send(["ECHO", "x"]);
    held.turn();
    expect(held.server.server.backlog.count).toBe(1);
    held.sync();
    expect(last.replies.length).toBe(2);
  });

  test("under everysec, more than that in one turn is no matter", () => {
    held.client("CONFIG SET appendfsync everysec");
    held.turn();
    const client = held.client(...Array.from({ length: COUNT }, (_, i) => `SET key${i} ${value}`));
    held.turn(10);
    expect(client.replies).toEqual(Array.from({ length: COUNT }, () => OK));
  });

  test("nor is it when the disk is full: writes are refused", () => {
    held.client("CONFIG SET appendfsync everysec");
    held.turn();
    held.disk.isFull = true;
    const client = held.client(...Array.from({ length: COUNT }, (_, i) => `SET key${i} ${value}`));
    held.turn(10);
    expect(client.replies.length).toBe(COUNT);
    expect(client.replies[COUNT - 1]).toStartWith("-MISCONF");
    expect(pendingSize()).toBeLessThan(BACKLOG_SIZE_MAX + 2 * value.length);
  });

  test("a policy that does not wait lets all go on", () => {
    const clients = pile(COUNT);
    held.client("CONFIG SET appendfsync no");
    held.turn(10);
    for (const client of clients) expect(client.replies).toEqual([OK, OK]);
  });
});
