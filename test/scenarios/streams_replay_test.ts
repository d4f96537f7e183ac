// Purpose: streams are read again, from the start, the middle or from now; they are trimmed by
// length and by time while consumers lag; and several streams share the work as partitions, with
// the order kept within each.

import {
  afterAll,
  afterEach,
  beforeAll,
  describe,
  expect,
  setDefaultTimeout,
  test,
} from "bun:test";
import { Random } from "../fuzz/random.ts";
import { names, pieces, Scene, TEST_LIMIT_MS, untilBlocked } from "./scene.ts";
import { DRIVERS, type Entry, type Fields, type StreamClient } from "./stream_clients.ts";

setDefaultTimeout(TEST_LIMIT_MS);

let scene: Scene;
beforeAll(async () => {
  scene = await Scene.start();
});
afterEach(() => scene.clear());
afterAll(() => scene?.stop());

const idsOf = (entries: readonly Entry[]) => entries.map(({ id }) => id);
const textsOf = (entries: readonly Entry[]) => entries.map(({ fields }) => fields?.text ?? null);

async function take(client: StreamClient, group: string, count: number, consumer = "w") {
  const batches = await client.readGroup(group, consumer, { log: ">" }, { count });
  return batches.flatMap(({ entries }) => entries);
}

/** Reads and acknowledges all there is. */
async function takeAll(client: StreamClient, group: string, consumer = "w"): Promise<Entry[]> {
  const all: Entry[] = [];
  for (;;) {
    const entries = await take(client, group, 100, consumer);
    if (entries.length === 0) return all;
    expect(await client.ack("log", group, idsOf(entries))).toBe(entries.length);
    all.push(...entries);
  }
}

const groupOf = async (client: StreamClient, group: string) =>
  (await client.groups("log")).find(({ name }) => name === group);

/** Adds messages to "log" whose IDs are these milliseconds. */
async function addAt(client: StreamClient, times: readonly number[]): Promise<void> {
  for (const ms of times) await client.add("log", { text: `at ${ms}` }, `${ms}-0`);
}

/** count, count + step, … */
const steps = (first: number, count: number, step: number) =>
  Array.from({ length: count }, (_, index) => first + index * step);

describe.each(DRIVERS.map((driver) => [driver.name, driver] as const))("%s", (_, driver) => {
  describe("replay", () => {
    test("from the start: all again, also what was acknowledged", async () => {
      const client = await scene.open(driver);
      await client.createGroup("log", "g", "0");
      const ids = await client.addAll(
        "log",
        names("m", 500).map((text) => ({ text })),
      );
      const first = await takeAll(client, "g");
      expect(textsOf(first)).toEqual(names("m", 500));
      expect(await groupOf(client, "g")).toMatchObject({ lag: 0, entriesRead: 500, pending: 0 });
      await client.setGroup("log", "g", "0");
      expect(await groupOf(client, "g")).toMatchObject({ lastDelivered: "0-0", lag: 500 });
      expect(await takeAll(client, "g")).toEqual(first);
      expect(await groupOf(client, "g")).toMatchObject({ lag: 0, entriesRead: 500, pending: 0 });
      // Another group begins where it likes, and does not disturb this one.
      await client.createGroup("log", "late", ids[399]);
      expect(idsOf(await takeAll(client, "late"))).toEqual(ids.slice(400));
      expect(await take(client, "g", 10)).toEqual([]);
    });

    test("from the middle, by ID and by time", async () => {
      const client = await scene.open(driver);
      const times = steps(1000, 200, 10);
      await client.createGroup("log", "g", "0");
      await addAt(client, times);
      await takeAll(client, "g");
      await client.setGroup("log", "g", "1500-0");
      expect(idsOf(await takeAll(client, "g"))).toEqual(
        steps(1510, 149, 10).map((ms) => `${ms}-0`),
      );
      // A time alone is its first ID, and what has just this ID counts as delivered.
      await client.setGroup("log", "g", "2000");
      expect(idsOf(await take(client, "g", 1))).toEqual(["2010-0"]);
      await client.setGroup("log", "g", "1999");
      expect(idsOf(await take(client, "g", 1))).toEqual(["2000-0"]);
      const range = await client.range("log", "1200", "1249");
      expect(idsOf(range)).toEqual(["1200-0", "1210-0", "1220-0", "1230-0", "1240-0"]);
      const [{ entries }] = await client.read({ log: "1495-7" }, { count: 2 });
      expect(idsOf(entries)).toEqual(["1500-0", "1510-0"]);
    });

    test("from now: what lags is skipped, what is new comes", async () => {
      const [client, waiting] = await scene.openAll(driver, 2);
      await client.createGroup("log", "g", "0");
      await addAt(client, steps(1000, 100, 1));
      expect(textsOf(await take(client, "g", 3))).toEqual(["at 1000", "at 1001", "at 1002"]);
      expect(await groupOf(client, "g")).toMatchObject({ lag: 97, pending: 3, entriesRead: 3 });
      await client.setGroup("log", "g", "$");
      expect(await groupOf(client, "g")).toMatchObject({
        lag: 0,
        pending: 3,
        lastDelivered: "1099-0",
      });
      expect(await take(client, "g", 10)).toEqual([]);
      const reading = waiting.readGroup("g", "other", { log: ">" }, { blockMs: 0 });
      await untilBlocked(client, 1);
      await client.add("log", { text: "new" }, "2000-1");
      const entries = [{ id: "2000-1", fields: { text: "new" } }];
      expect(await reading).toEqual([{ stream: "log", entries }]);
      // What was pending still is.
      const summary = { count: 4, first: "1000-0", last: "2000-1", consumers: { w: 3, other: 1 } };
      expect(await client.pendingSummary("log", "g")).toEqual(summary);
    });

    test("what is pending when it is delivered anew moves to who gets it now", async () => {
      const client = await scene.open(driver);
      await client.createGroup("log", "g", "0");
      await addAt(client, steps(1000, 20, 1));
      await take(client, "g", 10, "a");
      await client.claim("log", "g", "a", 0, ["1000-0"], { retryCount: 9 });
      await client.setGroup("log", "g", "0");
      expect((await take(client, "g", 6, "b")).length).toBe(6);
      const pending = await client.pending("log", "g", 100);
      expect(pending.map(({ consumer }) => consumer)).toEqual([..."bbbbbbaaaa"]);
      expect(pending.map(({ deliveries }) => deliveries)).toEqual(Array(10).fill(1));
      expect(await client.history("log", "g", "a", "0")).toHaveLength(4);
      expect((await client.pendingSummary("log", "g")).consumers).toEqual({ a: 4, b: 6 });
    });

    test("a plain reader pages through the past and then follows what comes", async () => {
      const [client, producer] = await scene.openAll(driver, 2);
      await client.addAll(
        "log",
        names("old", 330).map((text) => ({ text })),
      );
      const got: Entry[] = [];
      for (let from = "-"; ; from = `(${got.at(-1)?.id}`) {
        const page = await client.range("log", from, "+", 100);
        got.push(...page);
        if (page.length < 100) break;
      }
      expect(textsOf(got)).toEqual(names("old", 330));
      const following = client.read({ log: got[329].id }, { blockMs: 0 });
      await untilBlocked(producer, 1);
      await producer.add("log", { text: "new" });
      expect(textsOf((await following)[0].entries)).toEqual(["new"]);
    });
  });

  describe("trimming while consumers lag", () => {
    test("by length: who lags misses what was cut, and gets the rest in order", async () => {
      const client = await scene.open(driver);
      await client.createGroup("log", "g", "0");
      for (const text of names("m", 50)) await client.addCapped("log", { text }, 100, false);
      expect(textsOf(await take(client, "g", 10))).toEqual(names("m", 10));
      for (const text of names("n", 400)) await client.addCapped("log", { text }, 100, false);
      expect(await client.length("log")).toBe(100);
      expect(textsOf(await takeAll(client, "g"))).toEqual(names("n", 400).slice(300));
      // As Redis counts: what was cut unread stays a lag, until the group is set somewhere.
      expect(await groupOf(client, "g")).toMatchObject({ entriesRead: 110, lag: 340 });
      await client.setGroup("log", "g", "$");
      expect(await groupOf(client, "g")).toMatchObject({ lag: 0, pending: 10 });
      // What it had taken before is still its own to acknowledge, though it is gone.
      expect(textsOf(await client.history("log", "g", "w", "0"))).toEqual(Array(10).fill(null));
      const claimed = await client.autoClaim("log", "g", "w", 0, "0-0", 100);
      expect([claimed.entries.length, claimed.deleted.length, claimed.next]).toEqual([
        0,
        10,
        "0-0",
      ]);
      expect((await client.pendingSummary("log", "g")).count).toBe(0);
      expect(await client.trim("log", { maxLen: 0 })).toBe(100);
      expect(await client.length("log")).toBe(0);
      expect((await groupOf(client, "g"))?.lag).toBe(0);
      await client.add("log", { text: "after" });
      expect(textsOf(await takeAll(client, "g"))).toEqual(["after"]);
    });

    test("about a length: never less is kept, and not much more", async () => {
      const client = await scene.open(driver);
      await client.createGroup("log", "g", "0");
      for (const part of pieces(names("m", 5000), 500)) {
        await Promise.all(part.map((text) => client.addCapped("log", { text }, 1000, true)));
      }
      const length = await client.length("log");
      expect(length).toBeGreaterThanOrEqual(1000);
      expect(length).toBeLessThan(1200);
      expect(textsOf(await takeAll(client, "g"))).toEqual(names("m", 5000).slice(-length));
      await client.trim("log", { maxLen: 10, about: true });
      expect(await client.length("log")).toBeGreaterThanOrEqual(10);
      await client.trim("log", { maxLen: 10 });
      expect(textsOf(await client.range("log", "-", "+"))).toEqual(names("m", 5000).slice(-10));
    });

    test("a capped stream under load: nobody gets anything twice or out of order", async () => {
      const [producer, fast, slow, reader] = await scene.openAll(driver, 4);
      const all = names("m", 3000);
      for (const group of ["fast", "slow"]) await producer.createGroup("log", group, "$");
      const got = { fast: [] as string[], slow: [] as string[], reader: [] as string[] };
      const isLast = (texts: readonly string[]) => texts.at(-1) === all.at(-1);
      const consume = async (client: StreamClient, group: "fast" | "slow", count: number) => {
        while (!isLast(got[group])) {
          const options = { count, blockMs: 0 };
          for (const { entries } of await client.readGroup(group, "w", { log: ">" }, options)) {
            got[group].push(...(textsOf(entries) as string[]));
            await client.ack("log", group, idsOf(entries));
            // A slow worker does other things in between.
            for (let pause = 0; group === "slow" && pause < 5; pause++) await client.length("log");
          }
        }
      };
      const follow = async () => {
        for (let last = "0-0"; !isLast(got.reader); ) {
          const [{ entries }] = await reader.read({ log: last }, { count: 40, blockMs: 0 });
          got.reader.push(...(textsOf(entries) as string[]));
          last = entries.at(-1)?.id ?? last;
        }
      };
      const consuming = [consume(fast, "fast", 100), consume(slow, "slow", 3), follow()];
      for (const part of pieces(all, 50)) {
        await Promise.all(part.map((text) => producer.addCapped("log", { text }, 300, true)));
      }
      await Promise.all(consuming);
      for (const texts of Object.values(got)) {
        const places = texts.map((text) => Number(text.slice(1)));
        expect(places.every((place, at) => at === 0 || place > places[at - 1])).toBe(true);
        expect(texts.length).toBeGreaterThanOrEqual(300);
      }
      const entriesRead = got.slow.length;
      const lag = all.length - entriesRead;
      expect(await groupOf(producer, "slow")).toMatchObject({ entriesRead, lag, pending: 0 });
    });

    test("by time: what is older than an ID goes, whether it was read or not", async () => {
      const client = await scene.open(driver);
      await client.createGroup("log", "g", "0");
      await addAt(client, steps(1000, 300, 10));
      expect((await take(client, "g", 20)).length).toBe(20);
      expect(await client.trim("log", { minId: "2000" })).toBe(100);
      expect(await client.length("log")).toBe(200);
      expect(idsOf(await client.range("log", "-", "+", 1))).toEqual(["2000-0"]);
      expect(idsOf(await takeAll(client, "g"))).toEqual(
        steps(2000, 200, 10).map((ms) => `${ms}-0`),
      );
      // IDs from before what was cut are not to be had again.
      const refused = client.add("log", { text: "old" }, "1500-0");
      await expect(refused).rejects.toThrow("equal or smaller than the target stream top item");
      expect(await client.trim("log", { minId: "9999-1" })).toBe(200);
      await expect(client.add("log", { text: "old" }, "1500-0")).rejects.toThrow("target stream");
      expect(await client.add("log", { text: "new" }, "10000-0")).toBe("10000-0");
    });

    test("behind the oldest pending entry of all groups: nobody misses anything", async () => {
      const client = await scene.open(driver);
      const groups = ["a", "b", "c"];
      for (const group of groups) await client.createGroup("log", group, "0");
      const random = new Random(4);
      const got = new Map<string, string[]>(groups.map((group) => [group, []]));
      const open = new Map<string, string[]>(groups.map((group) => [group, []]));
      let longest = 0;
      for (let round = 0; round < 300; round++) {
        await addAt(client, steps(1000 + 10 * round, 10, 1));
        for (const group of groups) {
          // Some lag, some leave entries open for a while.
          const entries = await take(client, group, random.between(5, 16));
          got.get(group)?.push(...idsOf(entries));
          const waiting = [...(open.get(group) ?? []), ...idsOf(entries)];
          const done = waiting.splice(0, random.between(0, waiting.length));
          if (done.length > 0) expect(await client.ack("log", group, done)).toBe(done.length);
          open.set(group, waiting);
        }
        const needed = (await client.groups("log")).map(async ({ name, lastDelivered }) => {
          const { first } = await client.pendingSummary("log", name);
          return Number((first ?? lastDelivered).split("-")[0]);
        });
        const minId = String(Math.min(...(await Promise.all(needed))));
        await client.trim("log", { minId, about: round % 2 === 0 });
        longest = Math.max(longest, await client.length("log"));
        for (const group of groups) {
          const history = await client.history("log", group, "w", "0");
          expect(history.every(({ fields }) => fields !== null)).toBe(true);
        }
      }
      expect(longest).toBeLessThan(3000);
      for (const group of groups) got.get(group)?.push(...idsOf(await takeAll(client, group)));
      for (const ids of got.values()) {
        expect(ids).toEqual(steps(1000, 3000, 1).map((ms) => `${ms}-0`));
      }
    });
  });

  describe("several streams as partitions", () => {
    const PARTITIONS = names("part:", 6);
    const USERS = names("user", 40);

    /** FNV-1a: the same key goes to the same partition, whoever sends it. */
    const partitionOf = (key: string): string => {
      let hash = 0x811c9dc5;
      for (const byte of Buffer.from(key)) hash = Math.imul(hash ^ byte, 0x01000193) >>> 0;
      return PARTITIONS[hash % PARTITIONS.length];
    };

    /** Each user's events count up; users take turns at random. */
    const eventsOf = (seed: number, users: readonly string[], count: number): Fields[] => {
      const random = new Random(seed);
      const next = new Map(users.map((user) => [user, 0]));
      return Array.from({ length: count }, () => {
        const user = random.pick(users);
        const number = next.get(user) ?? 0;
        next.set(user, number + 1);
        return { user, number: String(number) };
      });
    };

    const produce = async (client: StreamClient, events: readonly Fields[]) => {
      for (const part of pieces(events, 20)) {
        // One producer's messages arrive in its order, also those of different streams.
        await Promise.all(part.map((event) => client.add(partitionOf(event.user), event)));
      }
    };

    /** That each user's events came in order and none was missing. */
    const expectInOrder = (events: readonly Fields[], sent: readonly Fields[]) => {
      for (const user of USERS) {
        const numbers = (of: readonly Fields[]) =>
          of.filter((event) => event.user === user).map(({ number }) => number);
        expect(numbers(events)).toEqual(numbers(sent));
      }
      expect(events.length).toBe(sent.length);
    };

    test("workers own some each: each key's messages come to one, in order", async () => {
      const [control, ...rest] = await scene.openAll(driver, 6);
      const producers = rest.slice(0, 2);
      const workers = rest.slice(2);
      for (const part of PARTITIONS) await control.createGroup(part, "g", "$");
      const halves = [USERS.slice(0, 20), USERS.slice(20)];
      const sent = halves.map((users, index) => eventsOf(index, users, 900));
      const all = sent.flat();
      const owners = new Map<string, Set<number>>(USERS.map((user) => [user, new Set()]));
      const got: Fields[] = [];
      const working = workers.map(async (client, index) => {
        const own = PARTITIONS.filter((_part, at) => at % workers.length === index);
        const from = Object.fromEntries(own.map((part) => [part, ">"]));
        while (got.length < all.length) {
          const batches = await client.readGroup("g", `w${index}`, from, { count: 9, blockMs: 50 });
          for (const { stream, entries } of batches) {
            for (const { fields } of entries) {
              owners.get(fields?.user ?? "")?.add(index);
              got.push(fields ?? {});
            }
            expect(await client.ack(stream, "g", idsOf(entries))).toBe(entries.length);
          }
        }
      });
      await Promise.all(producers.map((client, index) => produce(client, sent[index])));
      await Promise.all(working);
      expectInOrder(got, all);
      for (const set of owners.values()) expect(set.size).toBe(1);
      const lengths = await Promise.all(PARTITIONS.map((part) => control.length(part)));
      expect(lengths.reduce((sum, length) => sum + length, 0)).toBe(all.length);
      for (const part of PARTITIONS) {
        expect((await control.groups(part))[0]).toMatchObject({ lag: 0, pending: 0 });
      }
    });

    test("an owner dies: another takes its partitions over, pending first, in order", async () => {
      const [control, producer, first, second] = await scene.openAll(driver, 4);
      for (const part of PARTITIONS) await control.createGroup(part, "g", "$");
      const sent = eventsOf(7, USERS, 1200);
      await produce(producer, sent.slice(0, 600));
      const got: Fields[] = [];
      const handle = async (client: StreamClient, stream: string, entries: readonly Entry[]) => {
        if (entries.length === 0) return;
        got.push(...entries.map(({ fields }) => fields ?? {}));
        expect(await client.ack(stream, "g", idsOf(entries))).toBe(entries.length);
      };
      const own = [PARTITIONS.slice(0, 3), PARTITIONS.slice(3)];
      const news = (parts: readonly string[]) =>
        Object.fromEntries(parts.map((part) => [part, ">"]));
      const left: string[] = [];
      for (const { stream, entries } of await first.readGroup("g", "a", news(own[0]), {
        count: 30,
      })) {
        // It dies in the middle of its work on each of its partitions.
        await handle(first, stream, entries.slice(0, 11));
        left.push(...idsOf(entries.slice(11)));
      }
      first.die();
      for (const { stream, entries } of await second.readGroup("g", "b", news(own[1]), {
        count: 40,
      })) {
        await handle(second, stream, entries);
      }
      const recovered: string[] = [];
      for (const part of own[0]) {
        const pending = await second.pending(part, "g", 1000, "a");
        const ids = pending.map(({ id }) => id);
        const entries = ids.length === 0 ? [] : await second.claim(part, "g", "b", 0, ids);
        recovered.push(...idsOf(entries));
        await handle(second, part, entries);
      }
      expect(recovered).toEqual(left);
      const sending = produce(producer, sent.slice(600));
      while (got.length < sent.length) {
        const from = news(PARTITIONS);
        for (const batch of await second.readGroup("g", "b", from, { count: 25, blockMs: 0 })) {
          await handle(second, batch.stream, batch.entries);
        }
      }
      await sending;
      expectInOrder(got, sent);
    });
  });
});
