// Purpose: what a script has done is undone (src/dispatch/script_runner.ts): SCRIPT KILL FORCE,
// scripts that are atomic, script-undo-limit; and what others notice of it, which is nothing.

import { beforeEach, describe, expect, test } from "bun:test";
import { figures } from "../../src/arena/arena.ts";
import { asideSize } from "../../src/arena/memory_limit.ts";
import { contentsOf } from "../persistence/contents.ts";
import { type ScriptClient, ScriptWorld } from "./script_world.ts";

const FOREVER = "for (;;) {}";
const BUSY =
  "-BUSY Redis is busy running a script. You can only call SCRIPT KILL or SHUTDOWN NOSAVE.\r\n";
const UNKILLABLE = /^-UNKILLABLE Sorry the script already executed write commands/;
const KILLED =
  /^-ERR Script killed by user with SCRIPT KILL FORCE, and what it has done was undone/;

let world: ScriptWorld;
let caller: ScriptClient;
let other: ScriptClient;

beforeEach(() => {
  world = new ScriptWorld();
  caller = world.client();
  other = world.client();
});

const data = () => contentsOf(world.server.keyspace.databases);

/** Has a function that begins with `body` run, and its name be `f`. */
function load(body: string, flags = "[]"): void {
  const code = `#!js name=lib
    redis.registerFunction({ name: 'f', flags: ${flags}, callback: (keys, args) => { ${body} } })`;
  expect(other.run("FUNCTION", "LOAD", "REPLACE", code)).toBe("$3\r\nlib\r\n");
}

/** Data of all types, large and small. */
function fill(): void {
  for (const line of [
    "SET string v",
    "SET number 5 EX 1000",
    `SET long ${"x".repeat(10_000)}`,
    `SET late ${"x".repeat(10_000)}`,
    `RPUSH list ${"element ".repeat(2000).trim()}`,
    "RPUSH few a b c",
    `SADD set ${Array.from({ length: 2000 }, (_, i) => `m${i}`).join(" ")}`,
    `ZADD zset ${Array.from({ length: 2000 }, (_, i) => `${i} m${i}`).join(" ")}`,
    `HSET hash ${Array.from({ length: 2000 }, (_, i) => `f${i} v${i}`).join(" ")}`,
    "HEXPIRE hash 1000 FIELDS 2 f1 f2",
    "XADD stream 1-1 a b",
    "XGROUP CREATE stream g 0",
    "XREADGROUP GROUP g c STREAMS stream >",
  ]) {
    expect(other.run(...line.split(" "))).not.toMatch(/^-/);
  }
}

const CHANGES = [
  "SET string w",
  "INCR number",
  "EXPIRE late 100",
  "PERSIST number",
  "APPEND long y",
  "LPUSH list a",
  "LSET list 1000 b",
  "RPOP few",
  "DEL set",
  "SADD set new",
  "ZINCRBY zset 5 m7",
  "ZREMRANGEBYRANK zset 100 1500",
  "ZADD zset 1 new",
  "HDEL hash f1",
  "HPERSIST hash FIELDS 1 f2",
  "HSET hash f3 w new v",
  "HEXPIRE hash 5 FIELDS 1 f4",
  "XADD stream 2-1 a c",
  "XACK stream g 1-1",
  "RENAME hash renamed",
  "HSET renamed more v",
  "COPY zset zset2",
  "MOVE list 1",
  "SET made v",
];
const ALL = CHANGES.map((line) => {
  const words = line.split(" ").map((word) => `'${word}'`);
  return `redis.call(${words.join()});`;
}).join("\n");

describe("SCRIPT KILL FORCE", () => {
  test.each([
    ["all types", ALL],
    ["FLUSHALL", `${ALL} redis.call('FLUSHALL'); ${ALL.replaceAll("redis.call", "redis.pcall")}`],
    [
      "SWAPDB",
      `${ALL} redis.call('SWAPDB', 0, 1); redis.call('SELECT', 1); redis.call('DEL', 'long')`,
    ],
  ])("undoes what the script has done: %s", (_, changes) => {
    fill();
    const before = data();
    const aside = asideSize;
    const { dirty } = world.server.keyspace;
    expect(caller.run("EVAL", `${changes}; ${FOREVER}`, "0")).toBe("");
    expect(other.run("GET", "string")).toBe(BUSY);
    expect(other.run("SCRIPT", "KILL")).toMatch(UNKILLABLE);
    expect(other.run("FUNCTION", "KILL", "FORCE")).toBe(BUSY);
    expect(other.run("SCRIPT", "KILL", "FORCE")).toBe("+OK\r\n");
    world.untilOver();
    expect(caller.replied).toMatch(KILLED);
    expect(data()).toEqual(before);
    expect(asideSize).toBe(aside);
    expect(world.server.keyspace.dirty).toBe(dirty);
    expect(other.run("SCRIPT", "KILL", "FORCE")).toMatch(/^-NOTBUSY/);
    expect(caller.run("EVAL", "return redis.call('INCR', 'number')", "0")).toBe(":6\r\n");
  });

  test("ends one that has written nothing as SCRIPT KILL does", () => {
    caller.run("EVAL", FOREVER, "0");
    expect(other.run("SCRIPT", "KILL", "FORCE")).toBe("+OK\r\n");
    world.untilOver();
    expect(caller.replied).toMatch(/^-ERR Script killed by user with SCRIPT KILL\.\.\. /);
  });

  test("knows no other word, and takes it where nothing runs", () => {
    const wrong = "-ERR wrong number of arguments for 'script|kill' command\r\n";
    expect(other.run("SCRIPT", "KILL", "NOW")).toBe(wrong);
    expect(other.run("SCRIPT", "KILL", "FORCE", "FORCE")).toBe(wrong);
    const none = "-NOTBUSY No scripts in execution right now.\r\n";
    expect(other.run("SCRIPT", "KILL", "force")).toBe(none);
    expect(other.run("FUNCTION", "KILL", "FORCE")).toBe(none);
  });

  test("undoes in slices, between which others are told that it is busy", () => {
    world.server.scripts.thresholdMs = 2000;
    const many = "for (let i = 0; i < 5000; i++) redis.call('SET', 'k' + i, i);";
    caller.run("EVAL", `${many} ${FOREVER}`, "0");
    other.run("SCRIPT", "KILL", "FORCE");
    let turns = 0;
    while (world.server.scripts.isSuspended) {
      expect(other.run("PING")).toBe(BUSY);
      world.turn();
      turns++;
    }
    expect(turns).toBeGreaterThan(5);
    world.turn();
    expect(caller.replied).toMatch(KILLED);
    expect(other.run("DBSIZE")).toBe(":0\r\n");
  });

  test("leaves what came before it in the same EXEC, and what follows", () => {
    caller.run("MULTI");
    caller.run("SET", "before", "1");
    caller.run("EVAL", `redis.call('SET', 'k', 1); redis.call('INCR', 'before'); ${FOREVER}`, "0");
    caller.run("SET", "after", "1");
    expect(caller.run("EXEC")).toBe("");
    other.run("SCRIPT", "KILL", "FORCE");
    world.untilOver();
    expect(caller.replied).toMatch(/^\*3\r\n\+OK\r\n-ERR Script killed by user.*\r\n\+OK\r\n$/);
    expect(other.run("MGET", "before", "k", "after")).toBe("*3\r\n$1\r\n1\r\n$-1\r\n$1\r\n1\r\n");
  });

  test("neither fails EXEC of who watches, nor serves who waits", () => {
    const watcher = world.client();
    const waiter = world.client();
    watcher.run("WATCH", "k", "list", "gone");
    waiter.run("BLPOP", "list", "0");
    const changes = "redis.call('SET', 'k', 1); redis.call('RPUSH', 'list', 'x');";
    caller.run("EVAL", `${changes} redis.call('FLUSHALL'); ${FOREVER}`, "0");
    other.run("SCRIPT", "KILL", "FORCE");
    world.untilOver();
    expect(waiter.replied).toBe("");
    watcher.run("MULTI");
    expect(watcher.run("EXEC")).toBe("*0\r\n");
    other.run("RPUSH", "list", "y");
    expect(waiter.replied).toBe("*2\r\n$4\r\nlist\r\n$1\r\ny\r\n");
  });

  test("tells no event of what it did", () => {
    world.server.keyspace.events.configure("EA");
    const listener = world.client();
    listener.run("PSUBSCRIBE", "__keyevent@0__:*");
    const changes = "redis.call('SET', 'k', 1); redis.call('RPUSH', 'list', 'x');";
    caller.run("EVAL", `${changes} ${FOREVER}`, "0");
    other.run("SCRIPT", "KILL", "FORCE");
    world.untilOver();
    world.endTurn();
    expect(caller.replied).toMatch(KILLED);
    expect(listener.replied).toMatch(/^\*3\r\n\$10\r\npsubscribe\r\n.*\r\n:1\r\n$/s);
    caller.run("EVAL", `for (const i of [1, 2]) { ${changes} }`, "0");
    const events = listener.replied.match(/@0__:[a-z]+\r\n\$\d+\r\n[a-z]+/g) ?? [];
    expect(events.map((event) => event.replace(/\r\n\$\d+\r\n/, " ").slice(5))).toEqual([
      ...["set k", "rpush list", "set k", "rpush list"],
    ]);
  });

  test("sends no message about what it did, but those before that", () => {
    const listener = world.client();
    listener.run("SUBSCRIBE", "c");
    const texts = () => listener.replied.match(/(?<=\$1\r\nc\r\n\$\d\r\n)\w+/g) ?? [];
    const publish = (text: string) => `redis.call('PUBLISH', 'c', '${text}');`;
    const change = "redis.call('SET', 'k', 1);";
    caller.run("EVAL", `${publish("one")} ${change} ${publish("two")} ${FOREVER}`, "0");
    world.endTurn();
    expect(texts()).toEqual(["one"]);
    other.run("SCRIPT", "KILL", "FORCE");
    world.untilOver();
    world.endTurn();
    expect(caller.replied).toMatch(KILLED);
    expect(texts()).toEqual(["one"]);
    const counted = "let n = 0; for (const i of [1, 2]) n += ";
    const replied = caller.run("EVAL", `${change} ${counted} ${publish("six")} return n`, "0");
    expect(replied).toBe(":2\r\n");
    expect(texts()).toEqual(["one", "six", "six"]);
  });

  test("events are told at once of a script of which nothing is kept any more", () => {
    world.server.scripts.undoLimit = 1000;
    world.server.keyspace.events.configure("E$");
    const listener = world.client();
    listener.run("SUBSCRIBE", "__keyevent@0__:set");
    caller.run("EVAL", `for (let i = 0; i < 9; i++) redis.call('SET', 'k', i); ${FOREVER}`, "0");
    expect(other.run("SCRIPT", "KILL", "FORCE")).toMatch(UNKILLABLE);
    world.endTurn();
    expect(listener.replied.match(/\nk\r/g)?.length).toBe(9);
  });

  test("takes back what the log was told, and nothing else", () => {
    const { feed } = world.server;
    const told = feed.attach({ told: () => {} });
    const log = () => {
      const parts: string[] = [];
      told.show((bytes, offset, size) => {
        parts.push(Buffer.from(bytes.subarray(offset, offset + size)).toString("latin1"));
        return false;
      });
      told.taken();
      return parts
        .join("")
        .replace(/[*$]\d+\r\n/g, "")
        .replaceAll("\r\n", " ");
    };
    const changes =
      "redis.call('SET', 'k', 1); redis.call('SELECT', 1); redis.call('SET', 'k', 2);";
    caller.run("EVAL", `${changes} ${FOREVER}`, "0");
    other.run("SCRIPT", "KILL", "FORCE");
    world.untilOver();
    expect(log()).toBe("");
    for (const before of [["a"], ["a", "b"]]) {
      caller.run("MULTI");
      for (const key of before) caller.run("SET", key, "1");
      caller.run("EVAL", `${changes} ${FOREVER}`, "0");
      caller.run("EXEC");
      other.run("SCRIPT", "KILL", "FORCE");
      world.untilOver();
      const [first, second] = before.map((key) => `SET ${key} 1 `);
      const unit = second === undefined ? first : `MULTI ${first}${second}EXEC `;
      expect(log()).toBe(`SELECT 0 ${unit}`);
    }
    expect(other.run("SET", "c", "1")).toBe("+OK\r\n");
    expect(log()).toBe("SET c 1 ");
    told.detach();
  });

  test("FLUSHALL saves what is left only when the script has ended", () => {
    const { snapshots } = world.server.durability;
    const saved: string[] = [];
    Object.defineProperty(snapshots, "isConfigured", { value: true });
    snapshots.save = () => saved.push("saved") > 0;
    other.run("SET", "k", "1");
    caller.run("EVAL", `redis.call('FLUSHALL'); ${FOREVER}`, "0");
    other.run("SCRIPT", "KILL", "FORCE");
    world.untilOver();
    expect(saved).toEqual([]);
    expect(other.run("GET", "k")).toBe("$1\r\n1\r\n");
    caller.run("EVAL", "for (const i of [1]) redis.call('FLUSHALL')", "0");
    expect(saved).toEqual(["saved"]);
    expect(other.run("DBSIZE")).toBe(":0\r\n");
  });

  test("FUNCTION KILL FORCE does so with a function", () => {
    load(`redis.call('SET', 'k', 1); ${FOREVER}`);
    caller.run("FCALL", "f", "0");
    expect(other.run("SCRIPT", "KILL", "FORCE")).toMatch(/^-BUSY .* FUNCTION KILL /);
    expect(other.run("FUNCTION", "KILL")).toMatch(UNKILLABLE);
    expect(other.run("FUNCTION", "KILL", "FORCE")).toBe("+OK\r\n");
    world.untilOver();
    expect(caller.replied).toMatch(KILLED);
    expect(data().size).toBe(0);
  });

  test("is refused beyond script-undo-limit", () => {
    world.server.scripts.undoLimit = 1000;
    caller.run("EVAL", `for (let i = 0; ; i++) redis.call('SET', 'k' + i, i)`, "0");
    expect(other.run("SCRIPT", "KILL", "FORCE")).toMatch(UNKILLABLE);
    expect(other.run("FUNCTION", "KILL", "FORCE")).toMatch(UNKILLABLE);
  });
});

describe("a function that is atomic", () => {
  const before = new Map([["0 number", "-1 5"]]);

  beforeEach(() => {
    other.run("SET", "number", "5");
  });

  test.each([
    ["an error that leaves it", "throw new Error('no')", /^-ERR user_function:\d+: Error: no /],
    ["a command's error", "redis.call('LPUSH', 'number', 1)", /^-WRONGTYPE /],
    ["an error that it returns", "return redis.error_reply('NO way')", /^-NO way/],
    ["a value that is no reply", "return { a: 1 }", /^-ERR script returned an object/],
  ])("is undone by %s", (_, end, error) => {
    load(`redis.call('INCR', 'number'); redis.call('SET', 'k', 1); ${end}`, "['atomic']");
    expect(caller.run("FCALL", "f", "0")).toMatch(error);
    expect(data()).toEqual(before);
  });

  test("stays when it ends well, whatever it has caught", () => {
    load("redis.call('INCR', 'number'); redis.pcall('LPUSH', 'number', 1); return 7", "['atomic']");
    expect(caller.run("FCALL", "f", "0")).toBe(":7\r\n");
    expect(other.run("GET", "number")).toBe("$1\r\n6\r\n");
  });

  test("is ended by script-time-limit though it has written", () => {
    world.server.scripts.limitMs = 100;
    load(`redis.call('SET', 'k', 1); ${FOREVER}`, "['atomic']");
    caller.run("FCALL", "f", "0");
    world.untilOver();
    expect(caller.replied).toMatch(
      /^-ERR Script ended by script-time-limit after 100 ms, and .* undone/,
    );
    expect(data()).toEqual(before);
  });

  test("ends with an error beyond script-undo-limit, whatever it catches", () => {
    world.server.scripts.undoLimit = 5_000;
    world.server.scripts.thresholdMs = Infinity;
    const loop = "for (let i = 0; i < 200; i++) redis.call('SET', 'k' + i, i)";
    load(`try { ${loop} } catch (e) {} finally { redis.call('SET', 'f', 1) }`, "['atomic']");
    expect(caller.run("FCALL", "f", "0")).toMatch(
      /^-ERR .*This script has changed more than script-undo-limit \(5000 bytes\)/,
    );
    expect(data()).toEqual(before);
  });

  test("one that is not stays as far as it has come", () => {
    load("redis.call('INCR', 'number'); throw new Error('no')");
    expect(caller.run("FCALL", "f", "0")).toMatch(/^-ERR /);
    expect(other.run("GET", "number")).toBe("$1\r\n6\r\n");
  });
});

test("an atomic script says so in its first line", () => {
  const script = "#!js flags=atomic\nredis.call('SET', 'k', 1); throw new Error('no')";
  expect(caller.run("EVAL", script, "0")).toMatch(/^-ERR user_script:2: Error: no /);
  expect(data().size).toBe(0);
});

describe("what a script has thrown away goes when nobody can want it back", () => {
  const REMOVING = "for (const key of ['renamed', 'zset', 'zset2']) redis.call('DEL', key);";
  const rows = {
    "it ends well": [`#!js flags=atomic\n${ALL} ${REMOVING}`, /^[$]-1/],
    "it is undone": [`#!js flags=atomic\n${ALL} ${REMOVING} throw 'no'`, /^-ERR /],
    "it is long, and not atomic": [`${ALL} ${REMOVING} for (let i = 0; i < 9; i++) {}`, /^[$]-1/],
  } as const;

  /** Bytes in use after some rounds of it, when there is nothing left. */
  const usedAfter = (script: string, reply: RegExp, rounds: number): number => {
    for (let round = 0; round < rounds; round++) {
      fill();
      caller.run("EVAL", script, "0");
      world.untilOver();
      expect(caller.replied).toMatch(reply);
      other.run("FLUSHALL");
    }
    while (world.server.keyspace.reclaimSlice());
    return figures().usedSize;
  };

  for (const [name, [script, reply]] of Object.entries(rows)) {
    test(name, () => {
      const aside = asideSize;
      const before = usedAfter(script, reply, 1);
      expect(usedAfter(script, reply, 5)).toBe(before);
      expect(asideSize).toBe(aside);
    });
  }
});
