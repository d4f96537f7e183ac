// Purpose: what can happen to a client that waits (src/dispatch/blocked_clients.ts): timeouts,
// CLIENT UNBLOCK, KILL, PAUSE and REPLY, its end; the accounts of its command; and many of them.
// It holds for the real Redis as well: RUSK_BINARY=redis-server runs it against it.

import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "bun:test";
import type { Client } from "../client/client.ts";
import { plain, requestOf, type Word } from "../client/resp.ts";
import { type Server, startServer } from "../client/server.ts";
import { atLeastOnce, until } from "../client/until.ts";

const PROTOCOLS = [2, 3] as const;
const isRedis = /redis-server/.test(process.env.RUSK_BINARY ?? "");

let server: Server;
let client: Client;
let opened: Client[] = [];

beforeAll(async () => {
  server = await startServer({ args: ["--enable-debug-command", "yes"] });
  client = await server.connect();
});

beforeEach(async () => {
  await client.command("FLUSHALL");
  await client.command("CONFIG", "RESETSTAT");
});

afterEach(async () => {
  for (const one of opened) one.close();
  opened = [];
  await until(
    "0 blocked clients",
    async () => (await infoField("clients", "blocked_clients")) === "0",
  );
});

afterAll(async () => {
  client?.close();
  await server?.stop();
});

const ask = async (who: Client, ...words: Word[]) => plain(await who.command(...words));

async function infoField(section: string, name: string): Promise<string> {
  const text = String(await ask(client, "INFO", section));
  return new RegExp(`^${name}:(.*?)\r?$`, "m").exec(text)?.[1] ?? "";
}

async function connect(protocol = 2): Promise<Client> {
  const one = await server.connect();
  if (protocol === 3) await one.command("HELLO", "3");
  opened.push(one);
  return one;
}

interface Blocked {
  client: Client;
  id: string;
}

/** A connection that waits in a command. */
async function blockedIn(line: string, protocol = 2): Promise<Blocked> {
  const one = await connect(protocol);
  const id = String(await ask(one, "CLIENT", "ID"));
  one.send(...line.split(" "));
  await until("a client that waits", async () =>
    / flags=[^ ]*b/.test(String(await ask(client, "CLIENT", "LIST", "ID", id))),
  );
  return { client: one, id };
}

test("no array in RESP2 for who waited in vain, no value inside MULTI for a move", async () => {
  const one = await connect();
  const raw = async (...words: string[]) => String(await one.raw(requestOf(words), 1));
  expect(await raw("BLMOVE", "a", "b", "LEFT", "LEFT", "0.01")).toBe("*-1\r\n");
  expect(await raw("BRPOPLPUSH", "a", "b", "0.01")).toBe("*-1\r\n");
  expect(await raw("BLPOP", "a", "0.01")).toBe("*-1\r\n");
  await one.command("MULTI");
  await one.command("BLMOVE", "a", "b", "LEFT", "LEFT", "0");
  await one.command("BRPOPLPUSH", "a", "b", "0");
  await one.command("BLPOP", "a", "0");
  await one.command("BZMPOP", "0", "1", "a", "MIN");
  expect(await raw("EXEC")).toBe("*4\r\n$-1\r\n$-1\r\n*-1\r\n*-1\r\n");
});

describe("timeouts", () => {
  test("end in the order of their lengths", async () => {
    const ends: string[] = [];
    const lengths = ["0.6", "0.2", "0.4", "0.2"];
    const clients = await Promise.all(lengths.map(() => connect()));
    const startMs = performance.now();
    const waits = lengths.map(async (seconds, i) => {
      expect(await ask(clients[i], "BLPOP", "none", seconds)).toBeNull();
      expect(performance.now() - startMs).toBeGreaterThanOrEqual(Number(seconds) * 1000 - 1);
      ends.push(seconds);
    });
    await Promise.all(waits);
    expect(ends).toEqual(["0.2", "0.2", "0.4", "0.6"]);
  });

  // Redis looks at them when its timer wakes it up, ten times a second.
  test.skipIf(isRedis)("are kept to some ms, most of the time at least", async () => {
    const one = await connect();
    await atLeastOnce("most of 15 waits less than 30 ms too long", async () => {
      const late: number[] = [];
      for (let round = 0; round < 15; round++) {
        const startMs = performance.now();
        expect(await ask(one, "BLPOP", "none", "0.02")).toBeNull();
        late.push(performance.now() - startMs - 20);
      }
      late.sort((a, b) => a - b);
      return late[7] < 30;
    });
  });

  test("of a shorter wait that comes later are not missed", async () => {
    const long = await blockedIn("BLPOP none 30");
    const short = await connect();
    expect(await ask(short, "BLPOP", "none", "0.02")).toBeNull();
    // The reply to the longer one would come only after 30 s, more than a reply may take here.
    expect(await infoField("clients", "clients_in_timeout_table")).toBe("1");
    await client.command("RPUSH", "none", "x");
    expect(plain(await long.client.reply())).toEqual(["none", "x"]);
    expect(await infoField("clients", "clients_in_timeout_table")).toBe("0");
  });

  test("pass while the server is paused", async () => {
    const one = await blockedIn("BLPOP none 0.1");
    await client.command("CLIENT", "PAUSE", "10000", "WRITE");
    expect(plain(await one.client.reply())).toBeNull();
    await client.command("CLIENT", "UNPAUSE");
  });
});

describe("CLIENT", () => {
  test("LIST shows who waits, and in what", async () => {
    const { id } = await blockedIn("BRPOP none 0");
    const line = String(await ask(client, "CLIENT", "LIST", "ID", id));
    expect(line).toContain(" flags=b ");
    expect(line).toContain(" cmd=brpop ");
    expect(await infoField("clients", "blocked_clients")).toBe("1");
    expect(await infoField("clients", "clients_in_timeout_table")).toBe("0");
  });

  test.each(PROTOCOLS)(
    "UNBLOCK ends a wait as its timeout would, or by an error (RESP%d)",
    async (protocol) => {
      const one = await blockedIn("BLPOP none 0", protocol);
      expect(await ask(client, "CLIENT", "UNBLOCK", one.id)).toBe(1);
      expect(plain(await one.client.reply())).toBeNull();
      expect(await ask(client, "CLIENT", "UNBLOCK", one.id)).toBe(0);
      one.client.send("BLPOP", "none", "0");
      await until(
        "1 blocked clients",
        async () => (await infoField("clients", "blocked_clients")) === "1",
      );
      expect(await ask(client, "CLIENT", "UNBLOCK", one.id, "TIMEOUT")).toBe(1);
      expect(plain(await one.client.reply())).toBeNull();
      one.client.send("BLMOVE", "none", "none", "LEFT", "LEFT", "0");
      await until(
        "1 blocked clients",
        async () => (await infoField("clients", "blocked_clients")) === "1",
      );
      expect(await ask(client, "CLIENT", "UNBLOCK", one.id, "ERROR")).toBe(1);
      expect(await one.client.reply()).toEqual({
        type: "error",
        value: "UNBLOCKED client unblocked via CLIENT UNBLOCK",
      });
      expect(await ask(one.client, "PING")).toBe("PONG");
    },
  );

  test("UNBLOCK inside EXEC: what follows is not for who was let go", async () => {
    const one = await blockedIn("BLPOP key 0");
    const two = await blockedIn("BLPOP key 0");
    await client.command("MULTI");
    await client.command("CLIENT", "UNBLOCK", one.id);
    await client.command("RPUSH", "key", "x");
    await client.command("CLIENT", "UNBLOCK", one.id);
    expect(await ask(client, "EXEC")).toEqual([1, 1, 0]);
    expect(plain(await one.client.reply())).toBeNull();
    expect(plain(await two.client.reply())).toEqual(["key", "x"]);
  });

  test("UNBLOCK by a client whose own replies are off", async () => {
    const one = await blockedIn("BLPOP key 0");
    const silent = await connect();
    silent.send("CLIENT", "REPLY", "OFF");
    silent.send("CLIENT", "UNBLOCK", one.id);
    expect(plain(await one.client.reply())).toBeNull();
    const two = await blockedIn("BLPOP key 0");
    silent.send("RPUSH", "key", "x");
    expect(plain(await two.client.reply())).toEqual(["key", "x"]);
  });

  test("KILL, and a client that goes away: nothing is lost to them", async () => {
    const killed = await blockedIn("BLPOP key 0");
    const gone = await blockedIn("BRPOP key 0");
    const left = await blockedIn("BLPOP key 0");
    expect(await ask(client, "CLIENT", "KILL", "ID", killed.id)).toBe(1);
    expect(await killed.client.wire.untilClosed()).toBe(true);
    gone.client.close();
    await until(
      "1 blocked clients",
      async () => (await infoField("clients", "blocked_clients")) === "1",
    );
    expect(await ask(client, "RPUSH", "key", "a", "b")).toBe(2);
    expect(plain(await left.client.reply())).toEqual(["key", "a"]);
    expect(await ask(client, "LRANGE", "key", "0", "-1")).toEqual(["b"]);
  });

  test("KILL of who waits and the push in one EXEC", async () => {
    const killed = await blockedIn("BLPOP key 0");
    await client.command("MULTI");
    await client.command("RPUSH", "key", "a");
    await client.command("CLIENT", "KILL", "ID", killed.id);
    expect(await ask(client, "EXEC")).toEqual([1, 1]);
    expect(await ask(client, "LRANGE", "key", "0", "-1")).toEqual(["a"]);
  });

  test("PAUSE holds the pushes back, and a wait that begins", async () => {
    const one = await blockedIn("BLPOP key 0");
    const two = await connect();
    await client.command("CLIENT", "PAUSE", "10000", "WRITE");
    two.send("BLPOP", "key", "0");
    const pusher = await connect();
    pusher.send("RPUSH", "key", "a", "b");
    await until(
      "3 blocked clients",
      async () => (await infoField("clients", "blocked_clients")) === "3",
    );
    await client.command("CLIENT", "UNPAUSE");
    expect(plain(await one.client.reply())).toEqual(["key", expect.anything()]);
    expect(plain(await two.reply())).toEqual(["key", expect.anything()]);
    expect(plain(await pusher.reply())).toEqual(expect.anything());
  });

  test("REPLY OFF: who waits is served, and hears nothing of it", async () => {
    const one = await connect();
    const id = String(await ask(one, "CLIENT", "ID"));
    one.send("CLIENT", "REPLY", "OFF");
    one.send("BLPOP", "key", "0");
    one.send("CLIENT", "REPLY", "ON");
    await until("a client that waits", async () =>
      /flags=b/.test(String(await ask(client, "CLIENT", "LIST", "ID", id))),
    );
    expect(await ask(client, "RPUSH", "key", "a")).toBe(1);
    expect(plain(await one.reply())).toBe("OK");
    expect(await ask(client, "EXISTS", "key")).toBe(0);
  });

  test("REPLY SKIP is for the reply to the command that waits", async () => {
    const one = await connect();
    const id = String(await ask(one, "CLIENT", "ID"));
    one.send("CLIENT", "REPLY", "SKIP");
    one.send("BLPOP", "key", "0");
    one.send("ECHO", "heard");
    await until("a client that waits", async () =>
      /flags=b/.test(String(await ask(client, "CLIENT", "LIST", "ID", id))),
    );
    expect(await ask(client, "RPUSH", "key", "a")).toBe(1);
    expect(plain(await one.reply())).toBe("heard");
    expect(await ask(client, "EXISTS", "key")).toBe(0);
  });
});

describe("accounts", () => {
  /** The time that a client waits is far longer than what a busy machine makes of some µs. */
  const WAITED_MS = 500;
  const TAKEN_US_MAX = 400_000;

  const figures = async (command: string) => {
    const line = await infoField("commandstats", `cmdstat_${command}`);
    return line.replace(/,usec.*?(?=,rejected)/, "");
  };

  test("a command that waited counts once", async () => {
    const one = await blockedIn("BLPOP key 0");
    expect(await figures("blpop")).toBe("calls=1,rejected_calls=0,failed_calls=0");
    expect(await infoField("latencystats", "latency_percentiles_usec_blpop")).toBe("");
    await Bun.sleep(WAITED_MS);
    await client.command("RPUSH", "key", "x");
    await one.client.reply();
    expect(await figures("blpop")).toBe("calls=1,rejected_calls=0,failed_calls=0");
    const latency = await infoField("latencystats", "latency_percentiles_usec_blpop");
    expect(Number(/p99=([\d.]+)/.exec(latency)?.[1])).toBeLessThan(TAKEN_US_MAX);
    const short = await connect();
    await short.command("BLPOP", "key", "0.01");
    expect(await figures("blpop")).toBe("calls=2,rejected_calls=0,failed_calls=0");
    const brief = await blockedIn("BZPOPMIN key 0");
    await client.command("ZADD", "key", "1", "x");
    await brief.client.reply();
    expect(await figures("bzpopmin")).toBe("calls=1,rejected_calls=0,failed_calls=0");
  });

  test("an error counts as failed, and so does CLIENT UNBLOCK", async () => {
    const one = await blockedIn("BLMOVE from to LEFT LEFT 0");
    await client.command("SET", "to", "x");
    await client.command("RPUSH", "from", "x");
    await one.client.reply();
    expect(await figures("blmove")).toBe("calls=1,rejected_calls=0,failed_calls=1");
    expect(await infoField("errorstats", "errorstat_WRONGTYPE")).toBe("count=1");
    const two = await blockedIn("BLPOP none 0");
    await client.command("CLIENT", "UNBLOCK", two.id);
    expect(await figures("blpop")).toBe("calls=1,rejected_calls=0,failed_calls=1");
    const three = await blockedIn("BLPOP none 0");
    await client.command("CLIENT", "UNBLOCK", three.id, "ERROR");
    expect(await figures("blpop")).toBe("calls=2,rejected_calls=0,failed_calls=2");
    expect(await infoField("errorstats", "errorstat_UNBLOCKED")).toBe("count=1");
    expect(await figures("client\\|unblock")).toBe("calls=2,rejected_calls=0,failed_calls=1");
  });

  test("the slow log has it when it was served, without the time it waited", async () => {
    await client.command("CONFIG", "SET", "slowlog-log-slower-than", "0");
    await client.command("SLOWLOG", "RESET");
    const one = await blockedIn("BLPOP key 0");
    await Bun.sleep(WAITED_MS);
    const logged = async () =>
      ((await ask(client, "SLOWLOG", "GET", "-1")) as [number, number, number, string[]][]).filter(
        ([, , , words]) => words[0] === "BLPOP",
      );
    expect(await logged()).toEqual([]);
    await client.command("RPUSH", "key", "x");
    await one.client.reply();
    const [[, , us, words]] = await logged();
    expect(words).toEqual(["BLPOP", "key", "0"]);
    expect(us).toBeLessThan(TAKEN_US_MAX);
    await client.command("CONFIG", "SET", "slowlog-log-slower-than", "10000");
  });

  test("MONITOR shows the command when it comes, and not again", async () => {
    const monitor = await connect();
    await monitor.command("MONITOR");
    const one = await blockedIn("BLPOP key 0");
    await client.command("RPUSH", "key", "x");
    await one.client.reply();
    await client.command("ECHO", "last");
    const lines: string[] = [];
    while (!lines.at(-1)?.includes("last")) lines.push(String(plain(await monitor.reply())));
    const shown = lines.map((line) => line.replace(/^.*?\] /, "")).filter((l) => /key/.test(l));
    expect(shown).toEqual(['"BLPOP" "key" "0"', '"RPUSH" "key" "x"']);
  });

  test("what a client that waited takes counts among the changes as Redis counts it", async () => {
    const dirty = async () => Number(await infoField("persistence", "rdb_changes_since_last_save"));
    const changesOf = async (waiting: string, ...change: string[]) => {
      const one = await blockedIn(waiting);
      const before = await dirty();
      await client.command(...change);
      await one.client.reply();
      return (await dirty()) - before;
    };
    expect(await changesOf("BLMPOP 0 1 key LEFT COUNT 2", "RPUSH", "key", "1", "2")).toBe(4);
    expect(await changesOf("BLPOP key 0", "RPUSH", "key", "1")).toBe(1);
    expect(await changesOf("BRPOP key 0", "RPUSH", "key", "1")).toBe(1);
    expect(await changesOf("BLMOVE key to LEFT LEFT 0", "RPUSH", "key", "1")).toBe(1);
    expect(await changesOf("BRPOPLPUSH key to 0", "RPUSH", "key", "1")).toBe(1);
    expect(await changesOf("BZPOPMIN key 0", "ZADD", "key", "1", "a")).toBe(2);
    expect(await changesOf("BZMPOP 0 1 key MAX", "ZADD", "key", "1", "a")).toBe(2);
  });
});

describe("many", () => {
  test("a pipeline of pushes serves as many clients, in the order in which they came", async () => {
    const waiters: Blocked[] = [];
    for (let i = 0; i < 20; i++) waiters.push(await blockedIn("BLPOP key 0", 2 + (i % 2)));
    const pushes = Array.from({ length: 20 }, (_, i) => ["RPUSH", "key", String(i)]);
    const replies = await client.pipeline([...pushes, ["PING"]]);
    expect(replies.map(plain)).toEqual([...Array(20).fill(1), "PONG"]);
    for (let i = 0; i < 20; i++) {
      expect(plain(await waiters[i].client.reply())).toEqual(["key", String(i)]);
    }
  });

  test("replies keep their order, though what is waited for comes at the same time", async () => {
    const one = await connect();
    for (let i = 0; i < 50; i++) {
      const before = [
        ["ECHO", `before ${i}`],
        ["BLPOP", "key", "0"],
        ["ECHO", `after ${i}`],
      ];
      one.wire.write(Buffer.concat(before.map(requestOf)));
      client.send("RPUSH", "key", String(i));
      expect(plain(await one.reply())).toBe(`before ${i}`);
      expect(plain(await one.reply())).toEqual(["key", String(i)]);
      expect(plain(await one.reply())).toBe(`after ${i}`);
      await client.reply();
    }
  });

  test("one push of many elements serves all who wait", async () => {
    const waiters: Blocked[] = [];
    for (let i = 0; i < 10; i++) waiters.push(await blockedIn("BLPOP key 0"));
    const elements = Array.from({ length: 15 }, (_, i) => String(i));
    expect(await ask(client, "RPUSH", "key", ...elements)).toBe(15);
    for (let i = 0; i < 10; i++) {
      expect(plain(await waiters[i].client.reply())).toEqual(["key", String(i)]);
    }
    expect(await ask(client, "LLEN", "key")).toBe(5);
  });

  test("a chain of many moves is followed to its end", async () => {
    const waiters: Blocked[] = [];
    for (let i = 0; i < 200; i++) {
      const one = await connect();
      one.send("BLMOVE", `chain${i}`, `chain${i + 1}`, "LEFT", "LEFT", "0");
      waiters.push({ client: one, id: "" });
    }
    await until(
      "200 blocked clients",
      async () => (await infoField("clients", "blocked_clients")) === "200",
    );
    await client.command("RPUSH", "chain0", "x");
    for (const { client: one } of waiters) expect(plain(await one.reply())).toBe("x");
    expect(await ask(client, "LRANGE", "chain200", "0", "-1")).toEqual(["x"]);
  });

  test("elements larger than a turn's replies reach those who waited", async () => {
    const big = Buffer.alloc(3 << 20, "x");
    const waiters: Blocked[] = [];
    for (let i = 0; i < 5; i++) waiters.push(await blockedIn("BLPOP big 0"));
    expect(await ask(client, "RPUSH", "big", big, big, big, big, big)).toBe(5);
    for (const { client: one } of waiters) {
      expect((plain(await one.reply()) as string[])[1].length).toBe(big.length);
    }
  });

  test("keys of any bytes and sizes, longer than any entry holds in place", async () => {
    const keys = ["", "a\0b", "x".repeat(5000), "\xff\xfe"].map((key) =>
      Buffer.from(key, "latin1"),
    );
    const one = await connect();
    for (const key of keys) {
      one.send("BLPOP", ...keys, "0");
      await until(
        "1 blocked clients",
        async () => (await infoField("clients", "blocked_clients")) === "1",
      );
      await client.command("RPUSH", key, "v");
      const reply = await one.reply();
      if (reply.type !== "array" || reply.value[0].type !== "bulk") throw new Error("no array");
      expect(reply.value[0].value.equals(key)).toBe(true);
    }
  });
});
