// Purpose: streams carry messages in the four shapes that programs use them in, one or many
// producers to one or many consumers: each message goes to every group and to every plain reader,
// within a group to exactly one consumer, in order, and whoever waits is woken.

import {
  afterAll,
  afterEach,
  beforeAll,
  describe,
  expect,
  setDefaultTimeout,
  test,
} from "bun:test";
import { names, pieces, Scene, TEST_LIMIT_MS, twice, untilBlocked } from "./scene.ts";
import { DRIVERS, type Entry, type StreamClient } from "./stream_clients.ts";

setDefaultTimeout(TEST_LIMIT_MS);

let scene: Scene;
beforeAll(async () => {
  scene = await Scene.start();
});
afterEach(() => scene.clear());
afterAll(() => scene?.stop());

const texts = (entries: readonly Entry[]) => entries.map(({ fields }) => fields?.text ?? "");

/** Adds messages, some at a time, as a program does that has several to send now and then. */
async function produce(client: StreamClient, stream: string, all: readonly string[], size = 9) {
  for (const piece of pieces(all, size)) {
    await client.addAll(
      stream,
      piece.map((text) => ({ kind: "order", text })),
    );
  }
}

/** Reads like a program that keeps the last ID it has seen, until it has `count` messages. */
async function follow(client: StreamClient, stream: string, from: string, count: number) {
  const got: string[] = [];
  let last = from;
  while (got.length < count) {
    const batches = await client.read({ [stream]: last }, { count: 50, blockMs: 0 });
    for (const { entries } of batches) {
      got.push(...texts(entries));
      last = entries.at(-1)?.id ?? last;
    }
  }
  return got;
}

/** What the consumers of a group have taken between them, and how much is still to come. */
class Work {
  readonly taken: Record<string, string[]> = {};
  readonly ids: string[] = [];
  left: number;

  constructor(count: number) {
    this.left = count;
  }

  get all(): string[] {
    return Object.values(this.taken).flat();
  }
}

/** A worker's loop: wait, take some, do the work, acknowledge. */
async function consume(
  client: StreamClient,
  stream: string,
  group: string,
  consumer: string,
  work: Work,
  count: number,
) {
  work.taken[consumer] = [];
  const options = { count, blockMs: 100 };
  while (work.left > 0) {
    for (const { entries } of await client.readGroup(group, consumer, { [stream]: ">" }, options)) {
      work.taken[consumer].push(...texts(entries));
      const ids = entries.map(({ id }) => id);
      work.ids.push(...ids);
      expect(await client.ack(stream, group, ids)).toBe(ids.length);
      work.left -= entries.length;
    }
  }
}

async function expectDone(client: StreamClient, stream: string, group: string, count: number) {
  const summary = { count: 0, first: null, last: null, consumers: {} };
  expect(await client.pendingSummary(stream, group)).toEqual(summary);
  const info = (await client.groups(stream)).find(({ name }) => name === group);
  expect(info).toMatchObject({ pending: 0, lag: 0, entriesRead: count });
}

describe.each(DRIVERS.map((driver) => [driver.name, driver] as const))("%s", (_, driver) => {
  describe("one producer to one consumer", () => {
    test("a plain reader that remembers where it was sees all, in order", async () => {
      const [producer, reader] = await scene.openAll(driver, 2);
      const all = names("m", 3000);
      const following = follow(reader, "log", "0", all.length);
      await untilBlocked(producer, 1);
      await produce(producer, "log", all);
      expect(await following).toEqual(all);
      expect(await producer.length("log")).toBe(all.length);
      expect(texts(await producer.range("log", "-", "+"))).toEqual(all);
    });

    test("the only consumer of a group gets all, in order", async () => {
      const [producer, worker] = await scene.openAll(driver, 2);
      const all = names("m", 3000);
      await producer.createGroup("jobs", "workers", "$");
      const work = new Work(all.length);
      const working = consume(worker, "jobs", "workers", "w", work, 20);
      await untilBlocked(producer, 1);
      await produce(producer, "jobs", all);
      await working;
      expect(work.taken.w).toEqual(all);
      await expectDone(producer, "jobs", "workers", all.length);
    });

    test("a message at a time: it is there before the next is sent", async () => {
      const [producer, reader] = await scene.openAll(driver, 2);
      await producer.createGroup("jobs", "workers", "$");
      for (const text of names("m", 300)) {
        const from = { jobs: ">" };
        const reading = reader.readGroup("workers", "w", from, { blockMs: 0, noAck: true });
        await untilBlocked(producer, 1);
        const id = await producer.add("jobs", { text });
        const entries = [{ id, fields: { text } }];
        expect(await reading).toEqual([{ stream: "jobs", entries }]);
      }
      await expectDone(producer, "jobs", "workers", 300);
    });
  });

  describe("one producer to many consumers", () => {
    test("in a group, each message goes to exactly one", async () => {
      const [producer, ...workers] = await scene.openAll(driver, 6);
      const all = names("m", 4000);
      await producer.createGroup("jobs", "workers", "0");
      const work = new Work(all.length);
      const working = workers.map((client, index) =>
        consume(client, "jobs", "workers", `w${index}`, work, 10),
      );
      await untilBlocked(producer, workers.length);
      await produce(producer, "jobs", all);
      await Promise.all(working);
      expect(twice(work.all)).toEqual([]);
      expect(twice(work.ids)).toEqual([]);
      expect(work.all.sort()).toEqual(all.sort());
      await expectDone(producer, "jobs", "workers", all.length);
    });

    test("without a group, each gets every message", async () => {
      const [producer, ...readers] = await scene.openAll(driver, 6);
      const all = names("m", 1500);
      const following = readers.map((client) => follow(client, "news", "0", all.length));
      await untilBlocked(producer, readers.length);
      await produce(producer, "news", all);
      for (const got of await Promise.all(following)) expect(got).toEqual(all);
    });

    test("every group gets every message, whatever the others have done with it", async () => {
      const [producer, ...workers] = await scene.openAll(driver, 7);
      const all = names("m", 1500);
      const groups = ["mail", "search", "bill"];
      for (const group of groups) await producer.createGroup("orders", group, "$");
      const works = groups.map(() => new Work(all.length));
      const working = workers.map((client, index) =>
        consume(client, "orders", groups[index % 3], `w${index}`, works[index % 3], 7),
      );
      await untilBlocked(producer, workers.length);
      await produce(producer, "orders", all);
      await Promise.all(working);
      for (const [index, work] of works.entries()) {
        expect(twice(work.all)).toEqual([]);
        expect(work.all.sort()).toEqual(all.toSorted());
        await expectDone(producer, "orders", groups[index], all.length);
      }
    });

    test("those who wait longest are served first", async () => {
      const [producer, ...workers] = await scene.openAll(driver, 6);
      await producer.createGroup("jobs", "workers", "$");
      const options = { count: 1, blockMs: 0 };
      const waiting: Promise<string[]>[] = [];
      for (const [index, client] of workers.entries()) {
        const reading = client.readGroup("workers", `w${index}`, { jobs: ">" }, options);
        waiting.push(reading.then(([{ entries }]) => texts(entries)));
        await untilBlocked(producer, index + 1);
      }
      for (const text of names("m", 3)) await producer.add("jobs", { text });
      await producer.addTogether("jobs", [{ text: "m3" }, { text: "m4" }]);
      expect(await Promise.all(waiting)).toEqual([["m0"], ["m1"], ["m2"], ["m3"], ["m4"]]);
      expect((await producer.pendingSummary("jobs", "workers")).consumers).toEqual({
        w0: 1,
        w1: 1,
        w2: 1,
        w3: 1,
        w4: 1,
      });
    });

    test("who only wants what is new sees nothing of what was", async () => {
      const [producer, ...readers] = await scene.openAll(driver, 4);
      await producer.add("news", { text: "old" });
      const reading = readers.map((client) => client.read({ news: "$" }, { blockMs: 0 }));
      await untilBlocked(producer, readers.length);
      const id = await producer.add("news", { text: "new" });
      const expected = [{ stream: "news", entries: [{ id, fields: { text: "new" } }] }];
      for (const got of await Promise.all(reading)) expect(got).toEqual(expected);
    });
  });

  describe("many producers to one consumer", () => {
    test("all arrive, each producer's in its order, IDs rise", async () => {
      const [reader, worker, ...producers] = await scene.openAll(driver, 8);
      await reader.createGroup("all", "workers", "$");
      const parts = producers.map((_, index) => names(`p${index}:`, 500));
      const count = parts.flat().length;
      const following = follow(reader, "all", "0", count);
      const work = new Work(count);
      const working = consume(worker, "all", "workers", "w", work, 100);
      await untilBlocked(producers[0], 2);
      await Promise.all(producers.map((client, index) => produce(client, "all", parts[index], 3)));
      await working;
      const got = await following;
      expect(work.taken.w).toEqual(got);
      for (const [index, part] of parts.entries()) {
        expect(got.filter((text) => text.startsWith(`p${index}:`))).toEqual(part);
      }
      const places = work.ids.map((id) => id.split("-").map(Number));
      const falls = places.slice(1).filter(([ms, sequence], index) => {
        const [before, sequenceBefore] = places[index];
        return ms < before || (ms === before && sequence <= sequenceBefore);
      });
      expect(falls).toEqual([]);
      await expectDone(reader, "all", "workers", count);
    });

    test("one reader waits for many streams at once", async () => {
      const [reader, ...producers] = await scene.openAll(driver, 5);
      const streams = names("stream", producers.length);
      for (const stream of streams) await reader.createGroup(stream, "workers", "$");
      const parts = producers.map((_, index) => names(`p${index}:`, 300));
      const sending = producers.map((client, index) =>
        produce(client, streams[index], parts[index]),
      );
      const from = Object.fromEntries(streams.map((stream) => [stream, ">"]));
      const got = new Map<string, string[]>(streams.map((stream) => [stream, []]));
      for (let left = parts.flat().length; left > 0; ) {
        const batches = await reader.readGroup("workers", "w", from, { count: 8, blockMs: 0 });
        for (const { stream, entries } of batches) {
          left -= entries.length;
          got.get(stream)?.push(...texts(entries));
          const ids = entries.map(({ id }) => id);
          expect(await reader.ack(stream, "workers", ids)).toBe(ids.length);
        }
      }
      await Promise.all(sending);
      expect([...got.values()]).toEqual(parts);
      for (const stream of streams) await expectDone(reader, stream, "workers", 300);
    });
  });

  describe("many producers to many consumers", () => {
    test("two groups of four: each message once in each, nothing left over", async () => {
      const [control, ...rest] = await scene.openAll(driver, 13);
      const producers = rest.slice(0, 4);
      const workers = rest.slice(4);
      const parts = producers.map((_, index) => names(`p${index}:`, 600));
      const all = parts.flat().sort();
      const groups = ["a", "b"];
      for (const group of groups) await control.createGroup("mesh", group, "$");
      const works = groups.map(() => new Work(all.length));
      const working = workers.map((client, index) =>
        consume(client, "mesh", groups[index % 2], `w${index}`, works[index % 2], 5),
      );
      await Promise.all(producers.map((client, index) => produce(client, "mesh", parts[index], 4)));
      await Promise.all(working);
      for (const [index, work] of works.entries()) {
        expect(twice(work.all)).toEqual([]);
        expect(work.all.sort()).toEqual(all);
        await expectDone(control, "mesh", groups[index], all.length);
      }
    });

    test("consumers come and go by themselves: no message is lost with them", async () => {
      const [control, producer, ...workers] = await scene.openAll(driver, 6);
      const all = names("m", 1200);
      await control.createGroup("jobs", "workers", "$");
      const work = new Work(all.length);
      const shift = async (client: StreamClient, index: number) => {
        // Each works for a while under a name, leaves, and comes back under another.
        for (let turn = 0; work.left > 0; turn++) {
          const name = `w${index}.${turn}`;
          const taken: string[] = [];
          work.taken[name] = taken;
          while (taken.length < 40 && work.left > 0) {
            const options = { count: 6, blockMs: 20 };
            const batches = await client.readGroup("workers", name, { jobs: ">" }, options);
            for (const { entries } of batches) {
              taken.push(...texts(entries));
              const ids = entries.map(({ id }) => id);
              expect(await client.ack("jobs", "workers", ids)).toBe(ids.length);
              work.left -= ids.length;
            }
          }
          expect(await client.deleteConsumer("jobs", "workers", name)).toBe(0);
        }
      };
      const working = workers.map(shift);
      await produce(producer, "jobs", all);
      await Promise.all(working);
      expect(twice(work.all)).toEqual([]);
      expect(work.all.sort()).toEqual(all.sort());
      expect((await control.groups("jobs"))[0]).toMatchObject({ consumers: 0, pending: 0, lag: 0 });
    });
  });

  test("a stream or a group that goes away ends the wait of its consumers", async () => {
    const [control, first, second, plain] = await scene.openAll(driver, 4);
    await control.createGroup("jobs", "a", "$");
    await control.createGroup("jobs", "b", "$");
    const options = { blockMs: 0 };
    const failures = [first.readGroup("a", "w", { jobs: ">" }, options).catch(String)];
    await untilBlocked(control, 1);
    const waiting = second.readGroup("b", "w", { jobs: ">" }, options).catch(String);
    const reading = plain.read({ jobs: "$" }, options);
    await untilBlocked(control, 3);
    expect(await control.destroyGroup("jobs", "a")).toBe(1);
    expect(await Promise.all(failures)).toEqual([
      expect.stringContaining("NOGROUP the consumer group this client was blocked on no longer"),
    ]);
    await untilBlocked(control, 2);
    await control.command("DEL", "jobs");
    expect(await waiting).toContain("UNBLOCKED the stream key no longer exists");
    // A plain reader goes on waiting, and sees what begins anew.
    await untilBlocked(control, 1);
    const id = await control.add("jobs", { text: "again" });
    expect(await reading).toEqual([
      { stream: "jobs", entries: [{ id, fields: { text: "again" } }] },
    ]);
  });

  test("a wait that ends without news gives nothing, and takes nothing later", async () => {
    const [control, worker] = await scene.openAll(driver, 2);
    await control.createGroup("jobs", "workers", "$");
    expect(await worker.readGroup("workers", "w", { jobs: ">" }, { blockMs: 5 })).toEqual([]);
    expect(await worker.read({ jobs: "$" }, { blockMs: 5 })).toEqual([]);
    await control.add("jobs", { text: "late" });
    expect((await control.pendingSummary("jobs", "workers")).count).toBe(0);
    const [{ entries }] = await worker.readGroup("workers", "w", { jobs: ">" });
    expect(texts(entries)).toEqual(["late"]);
  });
});
