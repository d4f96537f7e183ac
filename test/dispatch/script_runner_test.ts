// Purpose: scripts that run long (src/dispatch/script_runner.ts, suspended_command.ts): what others
// are told, how one is ended, what stands still meanwhile, and what becomes of its client. In
// process, where a look at the clock is a millisecond: nothing depends on how fast a script runs.

import { beforeEach, describe, expect, test } from "bun:test";
import { OUT_OF_SPACE } from "../../src/arena/arena.ts";
import { Flag } from "../../src/calls/command.ts";
import { CommandError } from "../../src/protocol/errors.ts";
import type { Execution } from "../../src/scripting/execution.ts";
import { type ScriptClient, ScriptWorld } from "./script_world.ts";

const BUSY =
  "-BUSY Redis is busy running a script. You can only call SCRIPT KILL or SHUTDOWN NOSAVE.\r\n";
const ENDLESS = "for(;;){}";
const SHA = "9df0d50331b24ade657de432df93db35b3671bc1";
const PLACE = `script: ${SHA}, on @user_script:1.\r\n`;
const KILLED = `-ERR Script killed by user with SCRIPT KILL... ${PLACE}`;
/** About a second of this clock. */
const LONG = "for(let i=0;i<2e7;i++);";

let world: ScriptWorld;
let caller: ScriptClient;
let other: ScriptClient;

beforeEach(() => {
  world = new ScriptWorld(["--enable-debug-command", "yes"]);
  caller = world.client();
  other = world.client();
});

describe("a script that runs long", () => {
  test("is replied to when it is over, and what was sent after it in its turn", () => {
    caller.run("SET", "k", "1");
    const script = `${LONG} return redis.call('INCR', 'k')`;
    expect(caller.pipeline(["EVAL", script, "0"], "INCR k", "GET k")).toBe("");
    world.untilOver();
    expect(caller.replied).toBe(":2\r\n:3\r\n$1\r\n3\r\n");
  });

  test("is suspended after busy-reply-threshold, not before", () => {
    world.server.scripts.thresholdMs = Infinity;
    expect(caller.run("EVAL", `${LONG} return 1`, "0")).toBe(":1\r\n");
    world.server.scripts.thresholdMs = 10;
    expect(caller.run("EVAL", `${LONG} return 1`, "0")).toBe("");
    world.untilOver();
    expect(caller.replied).toBe(":1\r\n");
  });

  test("is suspended soon if its commands take long, however few they are", () => {
    world.server.scripts.thresholdMs = 1;
    for (const work of ["redis.call('KEYS', '*')", "redis.call('EXISTS', s)"]) {
      const text = `const s = 'x'.repeat(100000); for (let i = 0; i < 500; i++) ${work}; return 1`;
      expect(caller.run("EVAL", text, "0")).toBe("");
      world.untilOver();
      expect(caller.replied).toBe(":1\r\n");
    }
  });

  test("has others told so, until it is over", () => {
    caller.run("EVAL", `${LONG} redis.call('SET', 'k', 'done')`, "0");
    expect(other.run("GET", "k")).toBe(BUSY);
    world.turn();
    expect(other.run("PING")).toBe(BUSY);
    world.untilOver();
    expect(other.run("GET", "k")).toBe("$4\r\ndone\r\n");
  });

  test("is ended by SCRIPT KILL, and nothing of it runs", () => {
    const script = "try { for(;;){} } catch (e) {} finally { redis.call('SET', 'k', '1') }";
    caller.run("EVAL", script, "0");
    expect(other.run("SCRIPT", "KILL")).toBe("+OK\r\n");
    world.untilOver();
    expect(caller.replied).toContain("-ERR Script killed by user with SCRIPT KILL... script: ");
    expect(other.run("EXISTS", "k")).toBe(":0\r\n");
    expect(other.run("SCRIPT", "KILL")).toBe("-NOTBUSY No scripts in execution right now.\r\n");
    expect(caller.run("PING")).toBe("+PONG\r\n");
  });

  test("is told by which command it was killed", () => {
    caller.run("EVAL", ENDLESS, "0");
    other.run("SCRIPT", "KILL");
    world.untilOver();
    expect(caller.replied).toBe(KILLED);
  });

  test("is not ended by SCRIPT KILL once it has written", () => {
    caller.run("EVAL", `redis.call('SET', 'k', '1'); ${LONG} return 5`, "0");
    expect(other.run("SCRIPT", "KILL")).toStartWith(
      "-UNKILLABLE Sorry the script already executed",
    );
    world.untilOver();
    expect(caller.replied).toBe(":5\r\n");
  });

  test.each([1, Infinity])("replies as its client wants it (BUSY after %s ms)", (thresholdMs) => {
    world.server.scripts.thresholdMs = thresholdMs;
    caller.run("HELLO", "3");
    caller.run("CLIENT", "REPLY", "SKIP");
    caller.pipeline(["EVAL", `${LONG} return 1`, "0"], "PING");
    world.untilOver();
    expect(caller.replied).toBe("+PONG\r\n");
    caller.pipeline("CLIENT REPLY OFF", ["EVAL", `${LONG} return 1`, "0"], "CLIENT REPLY ON");
    world.untilOver();
    expect(caller.replied).toBe("+OK\r\n");
    caller.run("EVAL", `${LONG} redis.setresp(3); return true`, "0");
    world.untilOver();
    expect(caller.replied).toBe("#t\r\n");
    caller.run("EVAL", `${LONG} return null`, "0");
    world.untilOver();
    expect(caller.replied).toBe("_\r\n");
  });

  test("goes on when its client is gone", () => {
    caller.run("EVAL", `${LONG} redis.call('SET', 'k', 'done')`, "0");
    caller.inner.close();
    expect(other.run("PING")).toBe(BUSY);
    world.untilOver();
    expect(other.run("GET", "k")).toBe("$4\r\ndone\r\n");
  });

  test("is one command to the figures, with all the time that it took", () => {
    caller.run("CONFIG", "RESETSTAT");
    caller.run("SLOWLOG", "RESET");
    caller.run("EVAL", `${LONG} return redis.call('GET', 'k')`, "0");
    world.wait(500);
    world.untilOver();
    const stats = caller.run("INFO", "commandstats");
    const us = /cmdstat_eval:calls=1,usec=(\d+)/.exec(stats)?.[1];
    expect(Number(us)).toBeGreaterThan(1_000_000);
    expect(stats).toContain("cmdstat_get:calls=1,");
    expect(caller.run("SLOWLOG", "GET", "1")).toContain("EVAL");
  });
});

describe("an accident in a later slice", () => {
  /** The next slice throws. */
  function haveThrown(error: Error): void {
    const execution = world.server.scripts.running?.execution as Execution;
    execution.step = () => {
      throw error;
    };
  }

  test("is the reply, and the next script runs", () => {
    caller.pipeline(["EVAL", ENDLESS, "0"], "PING");
    haveThrown(new CommandError("ERR accident"));
    world.untilOver();
    expect(caller.replied).toBe("-ERR accident\r\n+PONG\r\n");
    expect(other.run("EVAL", "return 1", "0")).toBe(":1\r\n");
    expect(other.run("INFO", "commandstats")).toContain("failed_calls=1");
  });

  test("within EXEC takes the place of its reply alone", () => {
    caller.pipeline("MULTI", "SET k 1", ["EVAL", ENDLESS, "0"], "GET k");
    caller.run("EXEC");
    haveThrown(OUT_OF_SPACE);
    world.untilOver();
    expect(caller.replied).toMatch(/^\*3\r\n\+OK\r\n-OOM.*\r\n\$1\r\n1\r\n$/);
    expect(other.run("EVAL", "return 1", "0")).toBe(":1\r\n");
  });
});

describe("what may be asked meanwhile", () => {
  test.each([
    ["AUTH x", "-ERR AUTH"],
    ["HELLO 3", "%7"],
    ["RESET", "+RESET"],
    ["WATCH k", "+OK"],
    ["UNWATCH", "+OK"],
    ["DISCARD", "-ERR DISCARD without MULTI"],
    ["SHUTDOWN", "-BUSY"],
    ["SHUTDOWN SAVE", "-BUSY"],
    ["SHUTDOWN ABORT", "-ERR No shutdown in progress."],
    ["SHUTDOWN NOSAVE SAVE", "-ERR syntax error"],
    ["NOSUCH", "-ERR unknown command"],
    ["GET", "-ERR wrong number of arguments"],
    ["EXEC", "-EXECABORT Transaction discarded because of: BUSY"],
    ["EVAL 1 0", "-BUSY"],
    ["SCRIPT FLUSH", "-BUSY"],
    ["CONFIG GET dir", "-BUSY"],
    ["BGSAVE", "-BUSY"],
    ["BGREWRITEAOF", "-BUSY"],
    ["INFO", "-BUSY"],
    ["DEBUG RELOAD", "-BUSY"],
    ["CLIENT LIST", "-BUSY"],
    ["SELECT 1", "-BUSY"],
    ["SCRIPT KILL", "+OK"],
  ])("%s: %s", (command, reply) => {
    caller.run("EVAL", ENDLESS, "0");
    expect(other.run(...command.split(" "))).toStartWith(reply);
    other.run("SCRIPT", "KILL");
    world.untilOver();
  });

  test("MULTI opens a queue, into which nothing comes that is refused", () => {
    caller.run("EVAL", ENDLESS, "0");
    expect(other.pipeline("MULTI", "GET k", "EXEC")).toBe(
      `+OK\r\n${BUSY}-EXECABORT Transaction discarded because of: ${BUSY.slice(1)}`,
    );
    expect(other.pipeline("MULTI", "SCRIPT KILL", "DISCARD")).toBe("+OK\r\n+QUEUED\r\n+OK\r\n");
    expect(other.run("SCRIPT", "KILL")).toBe("+OK\r\n");
    world.untilOver();
  });

  test("a transaction that was begun before fails as a whole", () => {
    other.pipeline("MULTI", "SET k 1");
    caller.run("EVAL", ENDLESS, "0");
    expect(other.run("SET", "k", "2")).toBe(BUSY);
    const third = world.client();
    third.run("SCRIPT", "KILL");
    world.untilOver();
    expect(other.run("EXEC")).toBe(
      "-EXECABORT Transaction discarded because of previous errors.\r\n",
    );
  });
});

test("who is refused is told BUSY, though there is no memory either", () => {
  caller.run("EVAL", ENDLESS, "0");
  world.server.evicting.limit(1);
  expect(other.run("SET", "k", "1")).toBe(BUSY);
  expect(other.run("SCRIPT", "KILL")).toBe("+OK\r\n");
  world.untilOver();
  expect(other.run("SET", "k", "1")).toStartWith("-OOM");
});

test("every command is refused unless its flags say otherwise", () => {
  caller.run("EVAL", ENDLESS, "0");
  const apart = ["shutdown", "debug", "module"];
  for (const command of world.server.table.all) {
    const { name, arity, flags, run, subcommands } = command;
    if (run === null || subcommands !== null || apart.includes(name.split("|")[0])) continue;
    // Those end the script, and FUNCTION STATS has BUSY for scripts that are no functions.
    if (["script|kill", "function|kill", "function|stats"].includes(name)) continue;
    const client = world.client();
    const words = name.split("|");
    while (words.length < Math.abs(arity)) words.push("1");
    const isBusy = client.run(...words).includes("BUSY Redis is busy running a script.");
    expect([name, isBusy]).toEqual([name, (flags & Flag.allow_busy) === 0]);
  }
  other.run("SCRIPT", "KILL");
  world.untilOver();
});

describe("EXEC with scripts that run long", () => {
  const script = `${LONG} return redis.call('INCR', 'k')`;

  test("goes on in its middle, once for each", () => {
    caller.pipeline(
      "MULTI",
      "SET k 1",
      ["EVAL", script, "0"],
      "GET k",
      ["EVAL", script, "0"],
      "INCR k",
    );
    expect(caller.pipeline("EXEC", "PING")).toBe("");
    expect(other.run("GET", "k")).toBe(BUSY);
    world.untilOver();
    expect(caller.replied).toBe("*5\r\n+OK\r\n:2\r\n$1\r\n2\r\n:3\r\n:4\r\n+PONG\r\n");
    expect(other.run("GET", "k")).toBe("$1\r\n4\r\n");
    expect(caller.run("EXEC")).toBe("-ERR EXEC without MULTI\r\n");
  });

  test("goes on when one of them is killed", () => {
    caller.pipeline("MULTI", ["EVAL", ENDLESS, "0"], "SET k after");
    caller.run("EXEC");
    other.run("SCRIPT", "KILL");
    world.untilOver();
    expect(caller.replied).toBe(`*2\r\n${KILLED}+OK\r\n`);
  });

  test("goes on to its end when its client is gone", () => {
    caller.pipeline("MULTI", ["EVAL", script, "0"], "SET done 1");
    caller.run("EXEC");
    caller.inner.close();
    world.untilOver();
    expect(other.run("MGET", "k", "done")).toBe("*2\r\n$1\r\n1\r\n$1\r\n1\r\n");
  });

  test("leaves out what its client does not want to know", () => {
    caller.pipeline("MULTI", "CLIENT REPLY OFF", ["EVAL", script, "0"], "CLIENT REPLY ON", "PING");
    caller.run("EXEC");
    world.untilOver();
    expect(caller.replied).toBe("*4\r\n+OK\r\n+PONG\r\n");
  });

  test("counts each command once", () => {
    caller.run("CONFIG", "RESETSTAT");
    caller.pipeline("MULTI", ["EVAL", script, "0"], ["EVAL", script, "0"], "PING");
    caller.run("EXEC");
    world.untilOver();
    const stats = caller.run("INFO", "commandstats");
    for (const figure of ["exec:calls=1,", "eval:calls=2,", "incr:calls=2,", "ping:calls=1,"]) {
      expect(stats).toContain(`cmdstat_${figure}`);
    }
  });

  test("is shown to who monitors when it is over", () => {
    other.run("MONITOR");
    caller.pipeline("MULTI", ["EVAL", script, "0"], "PING");
    caller.run("EXEC");
    world.untilOver();
    const shown = [...other.replied.matchAll(/\] "(\w+)"/g)].map((match) => match[1]);
    expect(shown.slice(-2)).toEqual(["PING", "EXEC"]);
    expect(shown.filter((name) => name === "EXEC")).toHaveLength(1);
  });
});

test("messages of a transaction that is suspended come where they were sent", () => {
  caller.pipeline("HELLO 3", "SUBSCRIBE c");
  caller.pipeline("MULTI", "PUBLISH c one", ["EVAL", `${LONG} return 7`, "0"], "PUBLISH c two");
  caller.run("EXEC");
  world.untilOver();
  world.endTurn();
  const message = (text: string) => `>3\r\n$7\r\nmessage\r\n$1\r\nc\r\n$3\r\n${text}\r\n`;
  expect(caller.replied).toBe(`*3\r\n${message("one")}:1\r\n:7\r\n${message("two")}:1\r\n`);
});

describe("a client that has more output than it may", () => {
  const large = "redis.call('SET', 'k', 'x'.repeat(5000));";

  beforeEach(() => {
    world.server.outputLimits.normal.hardSize = 4000;
  });

  test("is closed in place of the script's reply", () => {
    caller.run("EVAL", `${large} ${LONG} return redis.call('GET', 'k')`, "0");
    world.untilOver();
    expect([caller.replied, caller.inner.connection.closing]).toEqual(["", true]);
    expect(other.run("STRLEN", "k")).toBe(":5000\r\n");
  });

  test("is closed when EXEC is over, which goes on", () => {
    caller.run("EVAL", large, "0");
    caller.pipeline("MULTI", ["EVAL", LONG, "0"], "GET k", ["EVAL", LONG, "0"], "SET done 1");
    caller.run("EXEC");
    world.untilOver();
    expect([caller.replied, caller.inner.connection.closing]).toEqual(["", true]);
    expect(other.run("GET", "done")).toBe("$1\r\n1\r\n");
  });
});

describe("what stands still meanwhile", () => {
  test("keys do not expire, for others or the script, which sees one time", () => {
    caller.run("SET", "k", "1", "PX", "200");
    const left = "redis.call('PTTL', 'k')";
    const script = `const t = ${left}; ${LONG} return [redis.call('EXISTS', 'k'), t - ${left}]`;
    caller.run("EVAL", script, "0");
    world.wait(1000);
    for (let i = 0; i < 3; i++) world.turn();
    expect(world.server.keyspace.databases[0].size).toBe(1);
    world.untilOver();
    expect(caller.replied).toBe("*2\r\n:1\r\n:0\r\n");
    expect(other.run("EXISTS", "k")).toBe(":0\r\n");
  });

  test("who waits for a key is served when the script is over", () => {
    other.run("BLPOP", "list", "0");
    caller.run(
      "EVAL",
      `redis.call('RPUSH', 'list', 'a'); ${LONG} redis.call('LPUSH', 'list', 'b')`,
      "0",
    );
    const third = world.client();
    for (let i = 0; i < 3; i++) {
      third.run("WATCH", "k");
      world.turn();
    }
    expect(other.replied).toBe("");
    world.untilOver();
    expect(other.replied).toBe("*2\r\n$4\r\nlist\r\n$1\r\nb\r\n");
  });

  test("who waits for a key is let go when its time is over", () => {
    other.run("BLPOP", "list", "0.2");
    caller.run("EVAL", ENDLESS, "0");
    world.wait(300);
    for (let i = 0; i < 3; i++) world.turn();
    expect(other.replied).toBe("*-1\r\n");
    expect(other.run("SCRIPT", "KILL")).toBe("+OK\r\n");
    world.untilOver();
  });

  test("who waits for time to pass as well is not served in the middle, but afterwards", () => {
    caller.run("XGROUP", "CREATE", "s", "g", "0", "MKSTREAM");
    caller.run("XADD", "s", "1-0", "f", "v");
    caller.run("XREADGROUP", "GROUP", "g", "a", "STREAMS", "s", ">");
    const words = "XREADGROUP GROUP g b BLOCK 0 CLAIM 300 STREAMS s >".split(" ");
    other.run(...words);
    caller.run("EVAL", `${LONG} ${LONG}`, "0");
    world.wait(500);
    for (let i = 0; i < 50; i++) world.turn();
    expect(world.server.scripts.isSuspended).toBe(true);
    expect(other.replied).toBe("");
    world.untilOver();
    world.wait(50);
    world.turn();
    world.turn();
    expect(other.replied).toContain("1-0");
  });

  test("a pause that ends has nobody go on who would be refused", () => {
    other.run("CLIENT", "PAUSE", "100", "WRITE");
    const third = world.client();
    third.run("SET", "k", "1");
    caller.run("EVAL_RO", LONG, "0");
    world.wait(1000);
    world.server.tick();
    world.turn();
    expect(third.replied).toBe("");
    world.untilOver();
    world.server.tick();
    world.turn();
    world.turn();
    expect(third.replied).toBe("+OK\r\n");
  });
});

describe("script-time-limit", () => {
  beforeEach(() => {
    world.server.scripts.limitMs = 100;
  });

  test.each([[50], [Infinity]])("ends a script by itself (BUSY after %s ms)", (thresholdMs) => {
    world.server.scripts.thresholdMs = thresholdMs;
    caller.run("EVAL", ENDLESS, "0");
    world.untilOver();
    expect(caller.replied).toBe(`-ERR Script ended by script-time-limit after 100 ms... ${PLACE}`);
  });

  test.each([[50], [Infinity]])("undoes what it has written (BUSY after %s ms)", (thresholdMs) => {
    world.server.scripts.thresholdMs = thresholdMs;
    caller.run("SET", "k", "before");
    caller.run("EVAL", `redis.call('SET', 'k', '1'); ${ENDLESS}`, "0");
    world.untilOver();
    expect(caller.replied).toMatch(/limit after 100 ms, and what it has done was undone\.\.\. /);
    expect(other.run("GET", "k")).toBe("$6\r\nbefore\r\n");
  });

  test("leaves one alone that has written more than can be undone", () => {
    world.server.scripts.undoLimit = 0;
    caller.run("EVAL", `redis.call('SET', 'k', '1'); ${LONG} return 1`, "0");
    world.untilOver();
    expect(caller.replied).toBe(":1\r\n");
  });
});
