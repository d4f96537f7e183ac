// Purpose: of a hash of which very many fields expire at once, every command sees what is left, and
// none removes more than a few; what is told to those who WATCH it, and to the log, fits. Against a
// model, over random commands; blocks of memory are counted, not time.

import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import * as arena from "../../../src/arena/arena.ts";
import type { Client } from "../../client/client.ts";
import { plain } from "../../client/resp.ts";
import { startServer } from "../../client/server.ts";
import { Random } from "../../fuzz/random.ts";
import { InnerServer } from "../../persistence/inner_server.ts";

const COUNT = 10_000;
const CHUNK = 1000;
/** Blocks that a command may free of what has expired: for each field it has one or two. */
const BLOCKS_MAX = 200;

let inner: InnerServer;

beforeEach(() => {
  inner = new InnerServer(1);
  inner.server.control.expireByItself(false);
});

afterEach(() => {
  inner.run("FLUSHALL");
  while (inner.keyspace.reclaimSlice());
});

const blocks = () => arena.figures().blockCount;

/** Makes a hash of fields that are over in 10 ms, and of `living` others. */
function makeHash(key: string, living: number): void {
  for (let from = 0; from < COUNT; from += CHUNK) {
    const fields = Array.from({ length: CHUNK }, (_, i) => `f${from + i}`);
    inner.run("HSET", key, ...fields.flatMap((field) => [field, "7"]));
    inner.run("HPEXPIRE", key, "10", "FIELDS", `${CHUNK}`, ...fields);
  }
  for (let i = 0; i < living; i++) inner.run("HSET", key, `living${i}`, `${i}`);
}

const bulk = (text: string) => `$${text.length}\r\n${text}\r\n`;

/** What commands reply when `living0` and `living1`, which are 0 and 1, are all that is left. */
const REPLIES: readonly (readonly [string, string])[] = [
  ["HLEN h", ":2\r\n"],
  ["HGET h f0", "$-1\r\n"],
  ["HGET h living1", bulk("1")],
  ["HMGET h f1 living0", `*2\r\n$-1\r\n${bulk("0")}`],
  ["HEXISTS h f2", ":0\r\n"],
  ["HSTRLEN h f3", ":0\r\n"],
  ["HDEL h f4", ":0\r\n"],
  ["HSETNX h f5 new", ":1\r\n"],
  ["HSET h f6 new", ":1\r\n"],
  ["HINCRBY h f7 3", ":3\r\n"],
  ["HINCRBYFLOAT h f8 1.5", bulk("1.5")],
  ["HSETEX h FNX FIELDS 1 f9 new", ":1\r\n"],
  ["HSETEX h FXX FIELDS 1 f9 new", ":0\r\n"],
  ["HGETDEL h FIELDS 1 f10", "*1\r\n$-1\r\n"],
  ["HGETEX h PERSIST FIELDS 1 f11", "*1\r\n$-1\r\n"],
  ["HPEXPIRE h 100 FIELDS 1 f12", "*1\r\n:-2\r\n"],
  ["HPTTL h FIELDS 1 f13", "*1\r\n:-2\r\n"],
  ["HPERSIST h FIELDS 1 f14", "*1\r\n:-2\r\n"],
  ["EXISTS h", ":1\r\n"],
  ["TYPE h", "+hash\r\n"],
  ["OBJECT ENCODING h", bulk("hashtable")],
];

describe("10,000 fields are over at one moment, and two are left", () => {
  test.each(REPLIES)("%s", (line, reply) => {
    makeHash("h", 2);
    inner.wait(20);
    const before = blocks();
    expect(inner.run(...line.split(" "))).toBe(reply);
    expect(before - blocks()).toBeLessThanOrEqual(BLOCKS_MAX);
  });

  test("what lists fields lists those that are left, and their number fits", () => {
    makeHash("h", 2);
    inner.wait(20);
    const start = blocks();
    const pairs = ["living0", "0", "living1", "1"];
    const words = (line: string) => {
      const reply = inner.run(...line.split(" "));
      return [...reply.matchAll(/^\$\d+\r\n(.*)\r\n/gm)].map(([, word]) => word).sort();
    };
    expect(words("HGETALL h")).toEqual([...pairs].sort());
    expect(words("HKEYS h")).toEqual(["living0", "living1"]);
    expect(words("HVALS h")).toEqual(["0", "1"]);
    expect(words("HRANDFIELD h 10")).toEqual(["living0", "living1"]);
    expect(new Set(words("HRANDFIELD h -100"))).toEqual(new Set(["living0", "living1"]));
    expect(["living0", "living1"]).toContain(words("HRANDFIELD h")[0]);
    expect(words("HSCAN h 0 COUNT 100000").filter((word) => word.startsWith("f"))).toEqual([]);
    inner.run("COPY", "h", "twin");
    expect(words("HKEYS twin")).toEqual(["living0", "living1"]);
    inner.run("RENAME", "h", "other");
    expect(words("HKEYS other")).toEqual(["living0", "living1"]);
    expect(inner.run("HLEN", "h")).toBe(":0\r\n");
    expect(start - blocks()).toBeLessThanOrEqual(5 * BLOCKS_MAX);
  });

  test("who watches the hash is told once, and not of what was over when it began", () => {
    makeHash("h", 2);
    inner.run("WATCH", "h");
    inner.wait(20);
    inner.run("MULTI");
    inner.run("PING");
    expect(inner.run("EXEC")).toBe("*-1\r\n");
    inner.run("WATCH", "h");
    inner.run("HLEN", "h");
    for (let slice = 0; slice < 20; slice++) inner.keyspace.databases[0].expireDue(64);
    inner.run("MULTI");
    inner.run("PING");
    expect(inner.run("EXEC")).toBe("*1\r\n+PONG\r\n");
  });

  test("all are over: the key is gone at once, and its memory in slices", () => {
    makeHash("h", 0);
    inner.wait(20);
    const before = blocks();
    expect(inner.run("LPUSH", "h", "element")).toBe(":1\r\n");
    expect(before - blocks()).toBeLessThanOrEqual(BLOCKS_MAX);
    expect(inner.keyspace.reclaimCount).toBe(1);
    expect(inner.run("INFO", "stats")).toContain(`expired_keys:0`);
    expect(inner.keyspace.stats.expiredFields).toBe(COUNT);
  });

  test("the clock is set back: nothing is lost or counted twice", () => {
    makeHash("h", 2);
    inner.wait(20);
    expect(inner.run("HLEN", "h")).toBe(":2\r\n");
    inner.wait(-15);
    inner.run("HSET", "h", "later", "1");
    inner.run("HPEXPIRE", "h", "5", "FIELDS", "1", "later");
    expect(inner.run("HEXISTS", "h", "later")).toBe(":1\r\n");
    inner.wait(30);
    expect(inner.run("HLEN", "h")).toBe(":2\r\n");
    inner.pass(0);
    expect(inner.run("HLEN", "h")).toBe(":2\r\n");
  });
});

/** A hash as it must look, with Unix ms for fields that expire. */
class Model {
  readonly fields = new Map<string, { value: number; overMs: number }>();

  /** Takes away what is over. */
  settle(nowMs: number): void {
    for (const [name, { overMs }] of this.fields) if (overMs <= nowMs) this.fields.delete(name);
  }
}

const SEED = Number(process.env.FIELDS_SEED ?? Date.now() % 1_000_000);

describe.each([0, 1, 2, 3].map((n) => SEED + n))("random commands, FIELDS_SEED=%d", (seed) => {
  test("every reply is the model's", () => {
    const random = new Random(seed);
    const model = new Model();
    const field = () => `f${random.below(600)}`;
    const steps: (() => [string[], string])[] = [
      () => {
        const many = [...new Set(Array.from({ length: random.between(1, 300) }, field))];
        const added = many.filter((name) => !model.fields.has(name)).length;
        for (const name of many) model.fields.set(name, { value: 1, overMs: Infinity });
        return [["HSET", "h", ...many.flatMap((name) => [name, "1"])], `:${added}\r\n`];
      },
      () => {
        const name = field();
        const known = model.fields.has(name);
        if (!known) model.fields.set(name, { value: 5, overMs: Infinity });
        return [["HSETNX", "h", name, "5"], `:${known ? 0 : 1}\r\n`];
      },
      () => {
        const name = field();
        const { value, overMs } = model.fields.get(name) ?? { value: 0, overMs: Infinity };
        model.fields.set(name, { value: value + 2, overMs });
        return [["HINCRBY", "h", name, "2"], `:${value + 2}\r\n`];
      },
      () => {
        const name = field();
        return [["HDEL", "h", name], `:${model.fields.delete(name) ? 1 : 0}\r\n`];
      },
      () => {
        const many = [...new Set(Array.from({ length: random.between(1, 400) }, field))];
        const overMs = inner.nowMs + random.between(1, 30);
        let replies = "";
        for (const name of many) {
          const known = model.fields.get(name);
          if (known !== undefined) known.overMs = overMs;
          replies += `:${known === undefined ? -2 : 1}\r\n`;
        }
        const words = ["HPEXPIREAT", "h", `${overMs}`, "FIELDS", `${many.length}`, ...many];
        return [words, `*${many.length}\r\n${replies}`];
      },
      () => [["HLEN", "h"], `:${model.fields.size}\r\n`],
      () => {
        const name = field();
        const known = model.fields.get(name);
        return [["HGET", "h", name], known === undefined ? "$-1\r\n" : bulk(`${known.value}`)];
      },
      () => [["EXISTS", "h"], `:${model.fields.size > 0 ? 1 : 0}\r\n`],
    ];
    for (let step = 0; step < 1500; step++) {
      if (random.chance(0.3)) inner.wait(random.below(15));
      if (random.chance(0.2)) inner.keyspace.databases[0].expireDue(random.between(1, 40));
      model.settle(inner.nowMs);
      const [words, reply] = random.pick(steps)();
      const before = blocks();
      expect([words.slice(0, 3), inner.run(...words)]).toEqual([words.slice(0, 3), reply]);
      if (words[0] === "HLEN") expect(before - blocks()).toBeLessThanOrEqual(BLOCKS_MAX);
      if (random.chance(0.05)) checkAll(model, random);
    }
  });
});

/** All that lists fields lists those of the model. */
function checkAll(model: Model, random: Random): void {
  const names = [...model.fields.keys()].sort();
  const listed = (reply: string) =>
    [...reply.matchAll(/^\$\d+\r\n(.*)\r\n/gm)].map(([, word]) => word).sort();
  expect(listed(inner.run("HKEYS", "h"))).toEqual(names);
  const count = random.between(1, 700);
  const drawn = listed(inner.run("HRANDFIELD", "h", `${count}`));
  expect(drawn.length).toBe(Math.min(count, names.length));
  expect(new Set(drawn).size).toBe(drawn.length);
  for (const name of drawn) expect(names).toContain(name);
}

/** The hashes, whatever the order of their fields, and the lists. */
async function contents(client: Client): Promise<unknown[]> {
  const found = [];
  for (const key of ["h", "copied", "twin", "other"]) {
    const words = plain(await client.command("HGETALL", key)) as string[];
    found.push(
      words
        .map((word, i) => [word, words[i + 1]])
        .filter((_, i) => i % 2 === 0)
        .sort(),
    );
  }
  for (const key of ["sorted", "gone"]) {
    found.push(plain(await client.command("LRANGE", key, "0", "-1")));
  }
  return found;
}

test("after a kill there is what clients saw, though fields were hidden", async () => {
  const args = ["--appendonly", "yes", "--appendfsync", "always"];
  args.push("--enable-debug-command", "yes", "--dir", "{dir}");
  const server = await startServer({ args });
  try {
    const client = await server.connect();
    const ask = async (line: string) => plain(await client.command(...line.split(" ")));
    await ask("DEBUG SET-ACTIVE-EXPIRE 0");
    for (const key of ["h", "gone", "emptied", "copied", "renamed"]) {
      const fields = Array.from({ length: 1000 }, (_, i) => `f${i}`);
      await ask(`HSET ${key} ${fields.map((field) => `${field} 7`).join(" ")}`);
      if (key !== "gone") await ask(`HSET ${key} living 1`);
      await ask(`HPEXPIRE ${key} 30 FIELDS 1000 ${fields.join(" ")}`);
    }
    await ask("RPUSH names h");
    await Bun.sleep(60);
    expect(await ask("HLEN h")).toBe(1);
    expect(await ask("HSETNX h f500 new")).toBe(1);
    expect(await ask("HINCRBY h f501 1")).toBe(1);
    expect(await ask("HSETEX h FNX FIELDS 1 f502 new")).toBe(1);
    expect(await ask("HSET h f503 new")).toBe(1);
    await ask("HSET h f400 9");
    const gets = "GET *->f500 GET *->f400 GET *->f700";
    expect(await ask(`SORT names BY nosort ${gets} STORE sorted`)).toBe(3);
    expect(await ask("LPUSH gone element")).toBe(1);
    expect(await ask("HDEL emptied living")).toBe(1);
    expect(await ask("LPUSH emptied element")).toBe(1);
    expect(await ask("COPY copied twin")).toBe(1);
    expect(await ask("HINCRBY twin f600 2")).toBe(2);
    expect(await ask("RENAME renamed other")).toBe("OK");
    expect(await ask("HINCRBY other f601 3")).toBe(3);
    const seen = await contents(client);
    expect(seen.at(-2)).toEqual(["new", "9", ""]);
    expect(seen.at(-1)).toEqual(["element"]);
    server.signal("SIGKILL");
    await server.exited;
    const again = await startServer({ args: ["--dir", server.dir, ...args.slice(0, -2)] });
    try {
      const other = await again.connect();
      expect(await contents(other)).toEqual(seen);
      expect(plain(await other.command("TYPE", "emptied"))).toBe("list");
    } finally {
      await again.stop();
    }
  } finally {
    await server.stop();
  }
});
