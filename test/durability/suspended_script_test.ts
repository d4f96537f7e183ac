// Purpose: what becomes of files and replies while a script is suspended in its middle: nobody is
// told, and no file shows, what it has done before it is over; what others did does not wait.

import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import { requestOf } from "../client/resp.ts";
import { Random } from "../fuzz/random.ts";
import { HeldServer, wordsOf } from "./held_server.ts";
import { SimDisk } from "./sim_disk.ts";
import { SimClient, SimServer, Timeline } from "./sim_server.ts";

/** Some hundred ms of the simulated clock, which goes on when somebody looks at it. */
const LONG = "for (let i = 0; i < 2e7; i++);";
const BUSY = "-BUSY";
const THRESHOLD = ["--busy-reply-threshold", "5"];

const servers: SimServer[] = [];
afterEach(() => {
  for (const server of servers.splice(0)) server.dispose();
});

function start(disk: SimDisk, time: Timeline, ...args: string[]): SimServer {
  const server = new SimServer(disk, time, new Random(1), [...THRESHOLD, ...args]);
  servers.push(server);
  expect(server.start()).toBe(null);
  return server;
}

/** Sends a script, which then is suspended. */
function suspend(server: SimServer, script: string): SimClient {
  const client = new SimClient(server);
  client.send(["EVAL", script, "0"]);
  expect(server.server.scripts.isSuspended).toBe(true);
  return client;
}

function untilOver(server: SimServer): void {
  for (let i = 0; server.server.scripts.isSuspended && !server.hasEnded; i++) {
    if (i > 1000) throw new Error("the script does not end");
    server.turn();
  }
}

/** What a client is replied to one command. */
function ask(server: SimServer, line: string): string {
  const client = new SimClient(server);
  client.send(wordsOf(line));
  for (let i = 0; client.replies.length === 0 && i < 100; i++) server.turn();
  return client.replies.join("");
}

/** A server as before, after the process was killed. */
function restarted(server: SimServer, ...args: string[]): SimServer {
  return start(server.disk.afterKill(), server.time, ...args);
}

describe("under appendfsync always", () => {
  let held: HeldServer;
  beforeEach(() => {
    held = new HeldServer(...THRESHOLD);
    servers.push(held.server);
  });

  const scripts = () => held.server.server.scripts;

  test("who wrote before the script, in the same turn, does not wait for its end", () => {
    held.write("SET x 1");
    const client = suspend(held.server, `redis.call('SET', 'k', '1'); for (;;) {}`);
    held.syncAll();
    expect(held.writer.replies).toEqual(["+OK\r\n"]);
    expect(scripts().isSuspended).toBe(true);
    expect(client.replies).toEqual([]);
  });

  test("its events wait for its end, and then for the disk", () => {
    held.write("CONFIG SET notify-keyspace-events Eg$");
    const listener = held.client("PSUBSCRIBE __keyevent@0__:*");
    held.syncAll();
    const told = () =>
      [...listener.replies.join("").matchAll(/@0__:([a-z_]+)\r\n\$\d+\r\n(\w+)/g)]
        .map(([, event, key]) => `${event} ${key}`)
        .join();
    suspend(held.server, `redis.call('SET', 'k', '1'); ${LONG} redis.call('RENAME', 'k', 't')`);
    held.syncAll();
    expect(told()).toBe("");
    untilOver(held.server);
    held.turn();
    expect(told()).toBe("");
    held.syncAll();
    expect(told()).toBe("set k,rename_from k,rename_to t");
  });

  test("who looks afterwards waits for what the script has changed, early and late", () => {
    held.write("SET x 1");
    suspend(held.server, `redis.call('SET', 'k', '1'); ${LONG} redis.call('SET', 'l', '1')`);
    held.syncAll();
    while (scripts().isSuspended) held.turn();
    for (const key of ["k", "l"]) {
      const reader = held.client(`GET ${key}`);
      held.turn();
      expect(reader.replies).toEqual([]);
      held.touch("other");
    }
    const reader = held.client("GET k");
    held.syncAll();
    expect(reader.replies).toEqual(["$1\r\n1\r\n"]);
  });

  test("the script's own reply waits for what it has changed", () => {
    const client = suspend(held.server, `redis.call('SET', 'k', '1'); ${LONG} return 7`);
    while (scripts().isSuspended) held.turn();
    held.turn();
    expect(client.replies).toEqual([]);
    held.syncAll();
    expect(client.replies).toEqual([":7\r\n"]);
  });

  test("that of one that only reads waits for what it has seen", () => {
    held.setUp(["SET k 1"]);
    held.touch("k");
    const client = suspend(held.server, `${LONG} return redis.call('GET', 'k')`);
    while (scripts().isSuspended) held.turn();
    held.turn();
    held.syncAll();
    expect(client.replies).toEqual(["$1\r\n1\r\n"]);
  });

  test("replies to those who are refused, or watch what it changes, do not wait", () => {
    suspend(held.server, `redis.call('SET', 'k', '1'); for (;;) {}`);
    held.turn();
    const other = held.client("WATCH k", "GET k", "MULTI", "DISCARD");
    held.turn();
    expect(other.replies.map((reply) => reply.slice(0, 5))).toEqual([
      "+OK\r\n",
      BUSY,
      "+OK\r\n",
      "+OK\r\n",
    ]);
  });
});

test("a process that is killed in the middle of a script leaves nothing of it in the log", () => {
  const server = start(new SimDisk(), new Timeline(), "--appendonly", "yes");
  expect(ask(server, "SET before 1")).toBe("+OK\r\n");
  suspend(server, `redis.call('SET', 'k', '1'); redis.call('SET', 'l', '1'); for (;;) {}`);
  for (let i = 0; i < 20; i++) server.turn();
  const next = restarted(server, "--appendonly", "yes");
  expect([...next.state.keys()]).toEqual(["before"]);
});

test("a script that is over is in the log as one, with all of its EXEC", () => {
  const server = start(new SimDisk(), new Timeline(), "--appendonly", "yes");
  const client = new SimClient(server);
  const script = `redis.call('INCR', 'n'); ${LONG} redis.call('INCR', 'n')`;
  const commands = [
    ["SET", "a", "1"],
    ["EVAL", script, "0"],
    ["EVAL", script, "0"],
  ];
  for (const words of [["MULTI"], ...commands, ["SET", "b", "1"], ["EXEC"]]) client.send(words);
  expect(server.server.scripts.isSuspended).toBe(true);
  untilOver(server);
  for (let i = 0; i < 5; i++) server.turn();
  const names = [...server.disk.contents()].find(([path]) => path.includes(".incr."));
  const log = Buffer.from(names?.[1] ?? []).toString("latin1");
  expect(log.match(/MULTI|EXEC|SET|INCR/g)).toEqual([
    "MULTI",
    "SET",
    ...["INCR", "INCR", "INCR", "INCR"],
    "SET",
    "EXEC",
  ]);
  expect(ask(restarted(server, "--appendonly", "yes"), "GET n")).toBe("$1\r\n4\r\n");
});

describe("files of all data", () => {
  const fill = (server: SimServer) => {
    for (let i = 0; i < 300; i++) ask(server, `SET key${i} old`);
  };
  const change = "for (let i = 0; i < 300; i++) redis.call('SET', 'key' + i, 'new');";

  test("a BGSAVE that goes on holds what there was before, and may end meanwhile", () => {
    const server = start(new SimDisk(), new Timeline());
    fill(server);
    expect(ask(server, "BGSAVE")).toStartWith("+Background saving started");
    suspend(server, `${change} for (;;) {}`);
    for (let i = 0; server.server.snapshots.progress !== null; i++) {
      expect(i).toBeLessThan(1000);
      server.turn();
    }
    expect(server.server.scripts.isSuspended).toBe(true);
    const next = restarted(server);
    expect(next.state.size).toBe(300);
    for (let i = 0; i < 300; i++) expect(ask(next, `GET key${i}`)).toBe("$3\r\nold\r\n");
  });

  test("a save point that is due waits for the end", () => {
    const server = start(new SimDisk(), new Timeline(), "--save", "1 1");
    ask(server, "SET k 1");
    suspend(server, `redis.call('SET', 'k', '2'); ${LONG} ${LONG}`);
    server.turn(5000);
    for (let i = 0; i < 5; i++) server.turn(100);
    expect(server.server.scripts.isSuspended).toBe(true);
    expect(server.server.keyspace.stats.walks).toBe(0);
    untilOver(server);
    for (let i = 0; i < 50; i++) server.turn(100);
    expect(ask(restarted(server), "GET k")).toBe("$1\r\n2\r\n");
  });

  test("a rewriting that goes on ends meanwhile, and the script is in what follows it", () => {
    const server = start(new SimDisk(), new Timeline(), "--appendonly", "yes");
    fill(server);
    expect(ask(server, "BGREWRITEAOF")).toStartWith("+Background");
    suspend(server, `${change} ${LONG}`);
    untilOver(server);
    for (let i = 0; i < 300; i++) server.turn(10);
    const next = restarted(server, "--appendonly", "yes");
    for (let i = 0; i < 300; i++) expect(ask(next, `GET key${i}`)).toBe("$3\r\nnew\r\n");
  });

  test("a rewriting that is scheduled begins afterwards", () => {
    const server = start(new SimDisk(), new Timeline(), "--appendonly", "yes");
    fill(server);
    ask(server, "BGSAVE");
    const walks = server.server.keyspace.stats.walks;
    expect(ask(server, "BGREWRITEAOF")).toContain("scheduled");
    suspend(server, "for (;;) {}");
    for (let i = 0; i < 300; i++) server.turn(1);
    expect(server.server.keyspace.stats.walks).toBe(walks);
    new SimClient(server).send(["SCRIPT", "KILL"]);
    untilOver(server);
    for (let i = 0; i < 50; i++) server.turn(100);
    expect(server.server.keyspace.stats.walks).toBe(walks + 1);
  });
});

describe("scripts in a log, as Redis up to 6 writes them", () => {
  const args = ["--appendonly", "yes"];

  /** The disk of a server whose log ends with these commands. */
  function logged(...commands: string[][]): SimDisk {
    const server = start(new SimDisk(), new Timeline(), ...args);
    expect(ask(server, "SET first 1")).toBe("+OK\r\n");
    const disk = server.disk.afterKill();
    const [path, bytes] = [...disk.contents()].find(([name]) => name.includes(".incr.")) as [
      string,
      Uint8Array,
    ];
    disk.put(path, Buffer.concat([bytes, ...commands.map((words) => requestOf(words))]));
    return disk;
  }

  const SLOW = `redis.call('INCR', 'n'); ${LONG} redis.call('INCR', 'n')`;

  test("are run as they came, however long, while others are told that data are loaded", () => {
    const disk = logged(["EVAL", SLOW, "0"], ["INCR", "n"]);
    const server = new SimServer(disk, new Timeline(), new Random(1), [...THRESHOLD, ...args]);
    servers.push(server);
    const client = new SimClient(server);
    let turns = 0;
    server.onTurn = () => {
      if (server.server.scripts.isReplayed) turns++;
      client.send(["GET", "n"]);
    };
    expect(server.start()).toBe(null);
    expect(turns).toBeGreaterThan(5);
    expect(new Set(client.replies.slice(0, turns))).toEqual(
      new Set(["-LOADING Redis is loading the dataset in memory\r\n"]),
    );
    expect(ask(server, "GET n")).toBe("$1\r\n3\r\n");
    expect(server.lines.join("")).toContain("Slow script detected");
  });

  test("within a transaction, too", () => {
    const commands = [["MULTI"], ["EVAL", SLOW, "0"], ["SET", "a", "1"], ["EVAL", SLOW, "0"]];
    const server = start(logged(...commands, ["EXEC"], ["INCR", "n"]), new Timeline(), ...args);
    expect(ask(server, "MGET n a")).toBe("*2\r\n$1\r\n5\r\n$1\r\n1\r\n");
  });

  test("that fail have failed before, and what follows is loaded", () => {
    const script = `redis.call('SET', 'k', '1'); ${LONG} throw 'oh'`;
    const server = start(logged(["EVAL", script, "0"], ["SET", "l", "1"]), new Timeline(), ...args);
    expect([...server.state.keys()].sort()).toEqual(["first", "k", "l"]);
  });

  test.each([
    ["are another language's", ["EVAL", "local x = 1 return x", "0"], "Error compiling script"],
    ["are not there", ["EVALSHA", "0".repeat(40), "0"], "NOSCRIPT"],
  ])("that %s stop the loading", (_what, command, reason) => {
    const server = new SimServer(logged(command), new Timeline(), new Random(1), args);
    servers.push(server);
    const problem = server.start();
    expect(problem).toContain("A script that cannot be run here");
    expect(problem).toContain(reason);
  });
});

describe("a signal that asks for the end", () => {
  test("waits for the script's end, whose changes are saved then", () => {
    const server = start(new SimDisk(), new Timeline(), "--save", "1000 1");
    suspend(server, `redis.call('SET', 'k', '1'); ${LONG}`);
    server.guard(() => server.server.signal("SIGTERM"));
    for (let i = 0; i < 3; i++) server.turn(100);
    expect(server.hasEnded).toBe(false);
    untilOver(server);
    for (let i = 0; !server.hasEnded; i++) {
      expect(i).toBeLessThan(100);
      server.turn(100);
    }
    expect(server.exitCode).toBe(0);
    expect(ask(restarted(server), "GET k")).toBe("$1\r\n1\r\n");
  });

  test("ends a script that has written nothing", () => {
    const server = start(new SimDisk(), new Timeline(), "--save", "1000 1");
    ask(server, "SET k 1");
    suspend(server, "redis.call('GET', 'k'); for (;;) {}");
    server.guard(() => server.server.signal("SIGTERM"));
    for (let i = 0; !server.hasEnded; i++) {
      expect(i).toBeLessThan(100);
      server.turn(100);
    }
    expect(server.exitCode).toBe(0);
    expect(server.lines.join("")).toContain("Script ended since the server shuts down.");
    expect(ask(restarted(server), "GET k")).toBe("$1\r\n1\r\n");
  });

  test("SHUTDOWN NOSAVE does not", () => {
    const server = start(new SimDisk(), new Timeline());
    suspend(server, "redis.call('SET', 'k', '1'); for (;;) {}");
    expect(ask(server, "SHUTDOWN")).toStartWith(BUSY);
    new SimClient(server).send(["SHUTDOWN", "NOSAVE"]);
    expect(server.exitCode).toBe(0);
  });
});
