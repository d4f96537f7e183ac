// Purpose: the fuzzer itself: that two equal servers show no difference, and that each kind of
// difference is found and made small. The server that differs is the real one behind a proxy
// which changes bytes in passing.

import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { connect as connectSocket, createServer, type Server as NetServer } from "node:net";
import { connect } from "../client/client.ts";
import type { Reply } from "../client/resp.ts";
import { redisBinary, type Server, startRedis } from "../client/server.ts";
import {
  anyOrder,
  type Comparison,
  exact,
  hello,
  helpFrame,
  pairsInAnyOrder,
  pendingTimes,
  sameType,
  sample,
  scanStep,
  sortReply,
  streamTimes,
  withinElapsed,
} from "./compare.ts";
import { type FuzzOptions, fuzz } from "./fuzzer.ts";
import { type Command, readGrammar } from "./grammar.ts";
import { policyOf } from "./policies.ts";
import { Random } from "./random.ts";
import { generate, type Step, stepText } from "./sequence.ts";
import { fewer, shrink } from "./shrink.ts";
import { blockOption } from "./stream_words.ts";

const installed = redisBinary() !== null;
const why = installed ? "" : " (skipped: redis-server is not installed)";

/** Commands that this repository's first servers know. */
const ONLY = (
  "append,copy,dbsize,decrby,del,echo,exec,exists,expire,get,getex,getrange,hello,incr,keys,mget," +
  "multi,object|encoding,object|refcount,pexpireat,pexpire,ping,psetex,rename,scan,select,set," +
  "setrange,strlen,ttl,type"
).split(",");

type Change = (text: string) => string;

interface Changes {
  request?: Change;
  reply?: Change;
  /** Requests at which the connection is closed. */
  end?: RegExp;
}

/** The real server behind a proxy that changes requests and replies (a character per byte). */
async function startAltered(args: readonly string[], changes: Changes): Promise<Server> {
  const server = await startRedis({ args });
  const changed = (change: Change | undefined, bytes: Buffer) =>
    change ? Buffer.from(change(bytes.toString("latin1")), "latin1") : bytes;
  const proxy: NetServer = createServer((client) => {
    const upstream = connectSocket({ host: "127.0.0.1", port: server.port });
    client.on("data", (bytes: Buffer) => {
      if (changes.end?.test(bytes.toString("latin1"))) client.destroy();
      else upstream.write(changed(changes.request, bytes));
    });
    upstream.on("data", (bytes: Buffer) => client.write(changed(changes.reply, bytes)));
    for (const [from, to] of [
      [client, upstream],
      [upstream, client],
    ]) {
      from.on("error", () => to.destroy());
      from.on("close", () => to.destroy());
    }
  });
  await new Promise<void>((ready) => proxy.listen(0, "127.0.0.1", ready));
  const address = { host: "127.0.0.1", port: (proxy.address() as { port: number }).port };
  const stop = async () => {
    proxy.close();
    await server.stop();
  };
  return { ...server, ...address, connect: () => connect(address), stop };
}

const fuzzRedis = (options: Partial<FuzzOptions>) =>
  fuzz({
    seed: 1,
    commands: 3000,
    lanes: 1,
    only: ONLY,
    start: (args) => startRedis({ args }),
    ...options,
  });

const fuzzAltered = (changes: Changes, options = {}) =>
  fuzzRedis({ start: (args) => startAltered(args, changes), stopAfter: 1, ...options });

describe.skipIf(!installed)(`differences${why}`, () => {
  test("two servers that are the same show none", async () => {
    const { findings, commandsRun } = await fuzzRedis({ print: (text) => console.log(text) });
    expect(findings).toEqual([]);
    expect(commandsRun).toBeGreaterThanOrEqual(3000);
  });

  test("a reply that differs is reduced to the command that has it", async () => {
    const lines: string[] = [];
    const { findings } = await fuzzAltered(
      {
        reply: (text) => text.replaceAll("-ERR offset is out of range", "-ERR offset out of range"),
      },
      { print: (text: string) => lines.push(text) },
    );
    const [{ difference, steps, reproduced }] = findings;
    expect(reproduced).toBe(true);
    expect([difference.kind, difference.command]).toEqual(["reply", "setrange"]);
    expect(steps.length).toBe(1);
    expect(lines.join("\n")).toMatch(
      /> SETRANGE [\s\S]*redis: \(error\) ERR offset is out of range/i,
    );
    expect(lines.join("\n")).toMatch(/again: make fuzz SEED=1 ARGS="--sequence \d+ --only append/);
  });

  test("an expiry that no reply shows is found in the state", async () => {
    const { findings } = await fuzzAltered(
      { request: (text) => text.replaceAll("4102444800000", "4102444900000") },
      { only: ["set", "pexpireat", "get"] },
    );
    const [{ difference, steps }] = findings;
    expect(difference.kind).toMatch(/^(expiry|reply)$/);
    expect(steps.length).toBeLessThanOrEqual(3);
    expect(steps.map(stepText).join("\n")).toContain("4102444800000");
  });

  test("an encoding that differs is found in the state", async () => {
    const { findings } = await fuzzAltered(
      { reply: (text) => text.replaceAll("$6\r\nembstr", "$3\r\nraw") },
      { only: ["set", "append"] },
    );
    const [{ difference, steps }] = findings;
    expect(difference.kind).toBe("encoding");
    expect(steps.length).toBe(1);
  });

  test("where a group of a stream stands is found in the state", async () => {
    const { findings } = await fuzzAltered(
      {
        request: (text) =>
          text.replaceAll(/(CREATE\r\n.*\r\n.*\r\n.*\r\n.*\r\n\$1\r\n)\$\r\n/gi, "$10\r\n"),
      },
      { only: ["xadd", "xgroup|create"] },
    );
    const [{ difference, steps }] = findings;
    expect(difference.kind).toBe("value");
    expect(difference.real.replace(/^.*"last-delivered-id"/s, "")).toMatch(/"[1-9]/);
    expect(steps.length).toBeLessThanOrEqual(3);
  });

  test("a connection that is closed is found, with the command that closes it", async () => {
    const { findings } = await fuzzAltered({ end: /\r\nGETDEL\r\n/i }, { only: ["set", "getdel"] });
    const [{ difference, steps }] = findings;
    expect(difference.kind).toBe("connection");
    expect(difference.tested).toContain("the server closed the connection");
    expect(steps.length).toBe(1);
    expect(stepText(steps[0])).toMatch(/getdel/i);
  });

  test("a server that dies is found and replaced", async () => {
    const { findings } = await fuzzAltered(
      {
        request: (text) =>
          text.replace("*1\r\n$4\r\nROLE\r\n", "*2\r\n$8\r\nSHUTDOWN\r\n$6\r\nNOSAVE\r\n"),
      },
      { only: ["set", "role"] },
    );
    const [{ difference, steps }] = findings;
    expect(difference.kind).toBe("died");
    expect(difference.tested).toContain("ready to exit");
    expect(steps.map(stepText)).toEqual([expect.stringContaining("> ROLE")]);
  });

  test("a bad frame that is answered differently is found", async () => {
    const { findings } = await fuzzAltered(
      { reply: (text) => text.replaceAll("invalid multibulk length", "bad multibulk length") },
      { only: ["ping", "echo"], commands: 30_000 },
    );
    const [{ difference, steps }] = findings;
    expect([difference.kind, difference.command]).toEqual(["stray", "stray"]);
    expect(steps.length).toBe(1);
  });
});

describe.skipIf(!installed)(`sequences${why}`, () => {
  let server: Server;
  let commands: Command[];
  beforeAll(async () => {
    server = await startRedis();
    const client = await server.connect();
    commands = await readGrammar(client, client);
    client.close();
  });
  afterAll(async () => {
    await server?.stop();
  });

  test("are the same for the same seed and number, and others for others", () => {
    const text = (seed: number, index: number) =>
      generate(seed, index, 300, commands).map(stepText).join("\n");
    expect(text(7, 3)).toBe(text(7, 3));
    expect(text(7, 3)).not.toBe(text(7, 4));
    expect(text(7, 3)).not.toBe(text(8, 3));
  });

  test("the grammar is that of COMMAND DOCS", () => {
    const set = commands.find(({ name }) => name === "set");
    expect(set?.arguments.map(({ name, type }) => `${name} ${type}`)).toEqual([
      "key key",
      "value string",
      "condition oneof",
      "get pure-token",
      "expiration oneof",
    ]);
    expect(set?.tokens).toEqual(["NX", "XX", "GET", "EX", "PX", "EXAT", "PXAT", "KEEPTTL"]);
    expect(commands.find(({ name }) => name === "client|setname")?.words).toEqual([
      "CLIENT",
      "SETNAME",
    ]);
  });

  test("no command is sent that a policy denies", () => {
    const denied = commands.filter(({ name }) => policyOf(name).deny !== undefined);
    const names = denied.map(({ words }) => words.join(" "));
    // A name with a blank in it is no command.
    const single = names.filter((name) => !name.includes(" "));
    for (let index = 0; index < 20; index++) {
      for (const step of generate(1, index, 300, commands)) {
        if (step.kind === "stray") continue;
        const [first = "", second = ""] = step.args.map((arg) => arg.toUpperCase());
        expect(single).not.toContain(first);
        expect(names).not.toContain(`${first} ${second}`);
      }
    }
  });

  test("no time to live runs out while a sequence runs, unless that is waited for", () => {
    for (let index = 0; index < 50; index++) {
      for (const step of generate(2, index, 300, commands)) {
        if (step.kind === "stray" || step.expires) continue;
        const line = step.args.join(" ");
        expect(line).not.toMatch(/^(p?setex|p?expire) \S+ [1-9]\d{0,3}( |$)/i);
        expect(line).not.toMatch(/^(set \S+ \S+|getex \S+).* p?ex [1-9]\d{0,3}( |$)/i);
      }
    }
  });
});

describe.skipIf(!installed)(`streams in sequences${why}`, () => {
  const steps: string[][] = [];
  beforeAll(async () => {
    const server = await startRedis();
    const client = await server.connect();
    const known = await readGrammar(client, client);
    client.close();
    await server.stop();
    const streams = known.filter(({ name }) => name.startsWith("x"));
    for (let index = 0; index < 100; index++) {
      for (const commands of [known, streams]) {
        for (const step of generate(3, index, 300, commands)) {
          if (step.kind === "command") steps.push(step.args);
        }
      }
    }
  });
  const named = (pattern: RegExp) => steps.filter(([name]) => pattern.test(name ?? ""));

  test("an ID that is left to the clock follows one that is ahead of it", () => {
    const left = named(/^xadd$/i).filter((args) => args.slice(2).includes("*"));
    expect(left.length).toBeGreaterThan(100);
    const { prepare } = policyOf("xadd");
    for (const args of left) {
      const ahead = ["XADD", args[1], "99999999999999-1", "a", "future"];
      expect(prepare?.(args)).toEqual(ahead);
    }
    expect(prepare?.(["XADD", "*", "1-1", "a", "b"])).toBe(null);
  });

  test("who waits does so for a moment or until woken", () => {
    const values = named(/^xread(group)?$/i).map(blockOption);
    const numbers = values.filter((value) => value !== undefined).map(Number);
    expect(numbers.filter((ms) => ms === 0).length).toBeGreaterThan(100);
    expect(numbers.filter((ms) => ms > 20 && ms < 1e8)).toEqual([]);
  });

  test("no limit is near to how long an entry has been pending", () => {
    const limits = [
      ...named(/^x(auto)?claim$/i).map((args) => args[4]),
      ...named(/^xpending$/i)
        .filter((args) => args[3]?.toLowerCase() === "idle")
        .map((args) => args[4]),
    ];
    expect(limits.length).toBeGreaterThan(100);
    const near = limits.map(Number).filter((ms) => ms > 0 && ms < 500_000);
    expect(near).toEqual([]);
  });
});

describe("shrinking", () => {
  const step = (...args: string[]): Step => ({
    kind: "command",
    connection: 0,
    args,
    inline: false,
    joined: true,
    expires: false,
  });

  test("leaves the items that are needed", async () => {
    const items = Array.from({ length: 100 }, (_, index) => index);
    let trials = 0;
    const rest = await fewer(items, async (candidate) => {
      trials++;
      return [3, 50, 99].every((item) => candidate.includes(item));
    });
    expect(rest).toEqual([3, 50, 99]);
    expect(trials).toBeLessThan(200);
  });

  test("leaves the words that are needed", async () => {
    const steps = [step("PING"), step("SET", "key", "x".repeat(100), "NX", "GET"), step("PING")];
    const rest = await shrink(steps, async (candidate) =>
      candidate.some((one) => "args" in one && one.args[0] === "SET" && one.args.includes("GET")),
    );
    expect(rest.map((one) => ("args" in one ? one.args : []))).toEqual([["SET", "GET"]]);
  });

  test("stops after so many trials", async () => {
    let trials = 0;
    const steps = Array.from({ length: 64 }, (_, index) => step("SET", `key:${index}`));
    await shrink(steps, async () => ++trials % 3 === 0, 20);
    expect(trials).toBe(20);
  });
});

describe("comparisons", () => {
  const bulk = (text: string): Reply => ({ type: "bulk", value: Buffer.from(text) });
  const integer = (value: number): Reply => ({ type: "integer", value });
  const error = (value: string): Reply => ({ type: "error", value });
  const array = (...value: Reply[]): Reply => ({ type: "array", value });
  const alike = (comparison: Comparison, a: Reply, b: Reply, args: string[] = []) =>
    comparison(a, b, { args, elapsedMs: 10 });

  test("exact tells types, nils and bytes apart", () => {
    expect(alike(exact, bulk("a"), bulk("a"))).toBe(true);
    expect(alike(exact, bulk("a"), { type: "simple", value: "a" })).toBe(false);
    expect(alike(exact, { type: "nil", nil: "bulk" }, { type: "nil", nil: "array" })).toBe(false);
    expect(alike(exact, integer(1), bulk("1"))).toBe(false);
    expect(alike(exact, array(bulk("\xff")), array(bulk("\xfe")))).toBe(false);
  });

  test("sameType compares errors exactly", () => {
    expect(alike(sameType, integer(1), integer(2))).toBe(true);
    expect(alike(sameType, integer(1), bulk("1"))).toBe(false);
    expect(alike(sameType, error("ERR a"), error("ERR b"))).toBe(false);
    expect(alike(sameType, error("ERR a"), integer(1))).toBe(false);
  });

  test("times may differ by as much as the sequence took", () => {
    expect(alike(withinElapsed(1), integer(100_000), integer(100_011))).toBe(true);
    expect(alike(withinElapsed(1), integer(100_000), integer(100_012))).toBe(false);
    expect(alike(withinElapsed(1000), integer(100), integer(101))).toBe(true);
    expect(alike(withinElapsed(1000), integer(100), integer(102))).toBe(false);
    expect(alike(withinElapsed(1), integer(-1), integer(-2))).toBe(false);
    expect(alike(withinElapsed(1), integer(-1), integer(1))).toBe(false);
  });

  test("orders that do not count", () => {
    expect(alike(anyOrder, array(bulk("a"), bulk("b")), array(bulk("b"), bulk("a")))).toBe(true);
    expect(alike(anyOrder, array(bulk("a"), bulk("a")), array(bulk("a")))).toBe(false);
    const [a, b, c, d] = ["a", "b", "c", "d"].map(bulk);
    expect(alike(pairsInAnyOrder, array(a, b, c, d), array(c, d, a, b))).toBe(true);
    expect(alike(pairsInAnyOrder, array(a, b, c, d), array(a, d, c, b))).toBe(false);
  });

  test("of a help the header and the end are compared", () => {
    const lines = (...texts: string[]) => array(...texts.map(bulk));
    const help = lines("X <subcommand>", "GET", "    Reads.", "HELP", "    Prints this help.");
    const other = lines("X <subcommand>", "SET", "    Writes.", "HELP", "    Prints this help.");
    expect(alike(helpFrame, help, other)).toBe(true);
    expect(alike(helpFrame, help, lines("X <subcommand>", "HELP", "    Help."))).toBe(false);
    expect(alike(helpFrame, help, lines("Y", "HELP", "    Prints this help."))).toBe(false);
  });

  test("a whole scan is compared, part of one is not", () => {
    const step = (cursor: string, ...keys: string[]) =>
      array(bulk(cursor), array(...keys.map(bulk)));
    const args = ["SCAN", "0"];
    expect(alike(scanStep(1, 1), step("0", "a", "b"), step("0", "b", "a"), args)).toBe(true);
    expect(alike(scanStep(1, 1), step("0", "a"), step("0", "b"), args)).toBe(false);
    expect(alike(scanStep(1, 1), step("4", "a"), step("0", "b"), args)).toBe(true);
    expect(alike(scanStep(1, 1), step("0"), bulk("0"), args)).toBe(false);
    const ofHash = ["HSCAN", "hash", "0"];
    const [real, same, other] = [
      ["f", "1", "g", "2"],
      ["g", "2", "f", "1"],
      ["f", "2", "g", "1"],
    ];
    expect(alike(scanStep(2, 2), step("0", ...real), step("0", ...same), ofHash)).toBe(true);
    expect(alike(scanStep(2, 2), step("0", ...real), step("0", ...other), ofHash)).toBe(false);
  });

  test("elements chosen by chance are as many, and different ones", () => {
    const [a, b, c] = ["a", "b", "c"].map(bulk);
    const args = ["SRANDMEMBER", "set", "2"];
    expect(alike(sample, array(a, b), array(c, a), args)).toBe(true);
    expect(alike(sample, array(a, b), array(a, a), args)).toBe(false);
    expect(alike(sample, array(a, b), array(a), args)).toBe(false);
    expect(alike(sample, array(a), array(b), args)).toBe(false);
    expect(alike(sample, array(a, a), array(b, c), ["SRANDMEMBER", "set", "-2"])).toBe(true);
    const pairs = ["HRANDFIELD", "hash", "3", "WITHVALUES"];
    expect(alike(sample, array(a, b, b, a), array(b, a, a, b), pairs)).toBe(true);
    expect(alike(sample, array(a, b, b, a), array(a, a, b, b), pairs)).toBe(false);
    expect(alike(sample, bulk("a"), bulk("b"), ["SPOP", "set"])).toBe(true);
  });

  test("SORT has an order unless nothing tells elements apart", () => {
    const [a, b] = ["a", "b"].map(bulk);
    const sorted = (...words: string[]) =>
      alike(sortReply, array(a, b), array(b, a), ["SORT", "set", ...words]);
    expect(sorted("ALPHA")).toBe(false);
    expect(sorted("BY", "w_*")).toBe(false);
    expect(sorted("BY", "nosort")).toBe(true);
    expect(sorted("BY", "w_*", "ALPHA")).toBe(true);
    expect(alike(sortReply, array(a), array(b), ["SORT", "set", "BY", "nosort"])).toBe(false);
    expect(alike(sortReply, array(a), array(b), "SORT s BY x LIMIT 0 1".split(" "))).toBe(true);
  });

  test("times in streams may differ by as much as the sequence took", () => {
    const map = (...pairs: [string, Reply][]): Reply => ({
      type: "map",
      value: pairs.map(([name, value]) => [bulk(name), value]),
    });
    const flat = (...pairs: [string, Reply][]) =>
      array(...pairs.flatMap(([name, value]) => [bulk(name), value]));
    for (const form of [map, flat]) {
      const info = (time: number, count: number, ...more: [string, Reply][]) =>
        form(
          ["length", integer(1)],
          ["radix-tree-nodes", integer(time)],
          [
            "groups",
            array(
              form(
                ["name", bulk("g")],
                ["pending", array(array(bulk("1-1"), bulk("c"), integer(time), integer(count)))],
                [
                  "consumers",
                  array(
                    form(["name", bulk("idle")], ["seen-time", integer(time)], ...more, [
                      "pending",
                      array(array(bulk("1-1"), integer(time), integer(count))),
                    ]),
                  ),
                ],
              ),
            ),
          ],
        );
      expect(alike(streamTimes, info(1000, 1), info(1011, 1, ["active-time", integer(1)]))).toBe(
        true,
      );
      expect(alike(streamTimes, info(1000, 1), info(1012, 1))).toBe(false);
      expect(alike(streamTimes, info(1000, 1), info(1000, 2))).toBe(false);
      const consumer = (pending: number, idle: number, ...more: [string, Reply][]) =>
        array(
          form(
            ["name", bulk("length")],
            ["pending", integer(pending)],
            ["idle", integer(idle)],
            ...more,
          ),
        );
      const inactive: [string, Reply] = ["inactive", integer(-1)];
      expect(alike(streamTimes, consumer(1, 5), consumer(1, 16, inactive))).toBe(true);
      expect(alike(streamTimes, consumer(1, 5), consumer(1, 17, inactive))).toBe(false);
      expect(alike(streamTimes, consumer(1, 5), consumer(2, 5, inactive))).toBe(false);
    }
    const pending = (idle: number, count: number) =>
      array(array(bulk("1-1"), bulk("c"), integer(idle), integer(count)));
    expect(alike(pendingTimes, pending(5, 1), pending(16, 1))).toBe(true);
    expect(alike(pendingTimes, pending(5, 1), pending(17, 1))).toBe(false);
    expect(alike(pendingTimes, pending(5, 1), pending(5, 2))).toBe(false);
    const summary = (total: number) => array(integer(total), bulk("1-1"), bulk("1-1"), array());
    expect(alike(pendingTimes, summary(1), summary(2))).toBe(false);
  });

  test("HELLO may number connections differently, and nothing else", () => {
    const reply = (id: number, mode: string) =>
      array(bulk("id"), integer(id), bulk("mode"), bulk(mode));
    expect(alike(hello, reply(1, "x"), reply(22, "x"))).toBe(true);
    expect(alike(hello, reply(1, "x"), reply(1, "y"))).toBe(false);
  });
});

describe("chance", () => {
  test("is the same for a seed and evenly spread", () => {
    const numbers = (seed: number) => {
      const random = new Random(seed);
      return Array.from({ length: 5 }, () => random.uint32());
    };
    expect(numbers(1)).toEqual(numbers(1));
    expect(numbers(1)).not.toEqual(numbers(2));
    expect(numbers(1)).not.toEqual(numbers(1 + 2 ** 32));
    const random = new Random(42);
    const counts = new Array(10).fill(0);
    for (let count = 0; count < 10_000; count++) counts[random.below(10)]++;
    for (const count of counts) expect(Math.abs(count - 1000)).toBeLessThan(150);
    expect(random.shuffled([1, 2, 3]).sort()).toEqual([1, 2, 3]);
  });
});
