// Purpose: what programs do with the stream commands that came after Redis 7: one read gives a
// worker what others have abandoned and what is new (CLAIM), and entries leave the stream with
// their acknowledgement (XACKDEL), or once every group is done with them (ACKED). The tests are
// skipped where the server has no such commands.

import {
  afterAll,
  afterEach,
  beforeAll,
  describe,
  expect,
  setDefaultTimeout,
  test,
} from "bun:test";
import { names, Scene, TEST_LIMIT_MS, twice, untilBlocked } from "./scene.ts";
import { DRIVERS, type Entry, type StreamClient } from "./stream_clients.ts";

setDefaultTimeout(TEST_LIMIT_MS);

const HOUR_MS = 3_600_000;

const scene = await Scene.start();
const hasNewer = await (async () => {
  const client = await scene.open(DRIVERS[0]);
  const info = (await client.command("COMMAND", "INFO", "XACKDEL")) as unknown[];
  await scene.clear();
  return info[0] !== null;
})();
if (!hasNewer) console.log("skipped: this server has no XACKDEL");

beforeAll(() => scene.clear());
afterEach(() => scene.clear());
afterAll(() => scene.stop());

const idsOf = (entries: readonly Entry[]) => entries.map(({ id }) => id);
const textsOf = (entries: readonly Entry[]) => entries.map(({ fields }) => fields?.text ?? null);

const fill = (client: StreamClient, texts: readonly string[]) =>
  client.addAll(
    "jobs",
    texts.map((text) => ({ text })),
  );

async function take(
  client: StreamClient,
  group: string,
  consumer: string,
  options: { count?: number; claimMs?: number; blockMs?: number },
): Promise<Entry[]> {
  const batches = await client.readGroup(group, consumer, { jobs: ">" }, options);
  return batches.flatMap(({ entries }) => entries);
}

describe.skipIf(!hasNewer).each(DRIVERS.map((driver) => [driver.name, driver] as const))(
  "%s",
  (_, driver) => {
    test("CLAIM: what is abandoned comes first, then what is new, in one read", async () => {
      const [client, second] = await scene.openAll(driver, 2);
      await client.createGroup("jobs", "g", "$");
      const ids = await fill(client, names("m", 10));
      await take(client, "g", "dead", { count: 4 });
      // Nothing is abandoned yet.
      const fresh = await take(second, "g", "w", { count: 2, claimMs: HOUR_MS });
      expect(idsOf(fresh)).toEqual(ids.slice(4, 6));
      expect(fresh.map(({ idleMs, deliveries }) => [idleMs, deliveries])).toEqual([
        [0, 0],
        [0, 0],
      ]);
      await client.claim("jobs", "g", "dead", 0, ids.slice(0, 3), { idle: 2 * HOUR_MS });
      const mixed = await take(second, "g", "w", { count: 5, claimMs: HOUR_MS });
      expect(idsOf(mixed)).toEqual([...ids.slice(0, 3), ...ids.slice(6, 8)]);
      expect(textsOf(mixed)).toEqual(["m0", "m1", "m2", "m6", "m7"]);
      expect(mixed.map(({ deliveries }) => deliveries)).toEqual([2, 2, 2, 0, 0]);
      for (const { idleMs } of mixed.slice(0, 3))
        expect(idleMs).toBeGreaterThanOrEqual(2 * HOUR_MS);
      expect((await client.pendingSummary("jobs", "g")).consumers).toEqual({ dead: 1, w: 7 });
      const tries = (await client.pending("jobs", "g", 100)).map(({ deliveries }) => deliveries);
      expect(tries).toEqual([3, 3, 3, 1, 1, 1, 1, 1]);
    });

    test("CLAIM and BLOCK: a worker waits for either, and wakes for what gets old", async () => {
      const [client, second] = await scene.openAll(driver, 2);
      await client.createGroup("jobs", "g", "$");
      const ids = await fill(client, ["old"]);
      await take(client, "g", "dead", {});
      // It becomes old while the worker waits, and nothing new comes.
      expect(idsOf(await take(second, "g", "w", { claimMs: 300, blockMs: 0 }))).toEqual(ids);
      const reading = take(second, "g", "w", { claimMs: HOUR_MS, blockMs: 0 });
      await untilBlocked(client, 1);
      await fill(client, ["new"]);
      expect(textsOf(await reading)).toEqual(["new"]);
    });

    test("workers with one read and XACKDEL: the stream is empty when all is done", async () => {
      const [control, ...workers] = await scene.openAll(driver, 5);
      await control.createGroup("jobs", "g", "$");
      const all = names("m", 1000);
      const done: string[] = [];
      // Some die with what they have; that is what the others' reads will find.
      const dead = await scene.open(driver);
      await fill(control, all.slice(0, 100));
      expect((await take(dead, "g", "dead", { count: 40 })).length).toBe(40);
      dead.die();
      const working = workers.map(async (client, index) => {
        while (done.length < all.length) {
          const options = { count: 7, claimMs: 200, blockMs: 50 };
          const entries = await take(client, "g", `w${index}`, options);
          if (entries.length === 0) continue;
          const codes = await client.ackDelete("KEEPREF", "jobs", "g", idsOf(entries));
          // Another may have been quicker with what this worker was slow with.
          entries.forEach(({ fields }, at) => {
            if (codes[at] === 1) done.push(fields?.text ?? "");
          });
        }
      });
      for (let from = 100; from < all.length; from += 30) {
        await fill(control, all.slice(from, from + 30));
      }
      await Promise.all(working);
      expect(twice(done)).toEqual([]);
      expect(done.sort()).toEqual(all.sort());
      expect(await control.length("jobs")).toBe(0);
      expect((await control.pendingSummary("jobs", "g")).count).toBe(0);
    });

    test("ACKED: an entry goes when the last group is done with it", async () => {
      const client = await scene.open(driver);
      for (const group of ["a", "b"]) await client.createGroup("jobs", group, "$");
      const ids = await fill(client, names("m", 6));
      await take(client, "a", "w", {});
      expect(await client.ackDelete("ACKED", "jobs", "a", ids.slice(0, 3))).toEqual([2, 2, 2]);
      // Not even delivered to the other group.
      expect(await client.length("jobs")).toBe(6);
      expect(await client.deleteBy("ACKED", "jobs", [...ids.slice(0, 2), "1-1"])).toEqual([
        2, 2, -1,
      ]);
      await take(client, "b", "w", {});
      expect(await client.ackDelete("ACKED", "jobs", "b", ids.slice(0, 2))).toEqual([1, 1]);
      expect(idsOf(await client.range("jobs", "-", "+"))).toEqual(ids.slice(2));
      // Both must be done: the first has acknowledged only one of these two.
      expect(await client.ack("jobs", "b", ids.slice(2, 4))).toBe(2);
      expect(await client.deleteBy("ACKED", "jobs", ids.slice(2, 4))).toEqual([1, 2]);
      expect(idsOf(await client.range("jobs", "-", "+"))).toEqual(ids.slice(3));
      expect((await client.pendingSummary("jobs", "a")).count).toBe(3);
    });

    test("DELREF takes an entry from the stream and from all groups", async () => {
      const client = await scene.open(driver);
      for (const group of ["a", "b"]) {
        await client.createGroup("jobs", group, "0");
      }
      const ids = await fill(client, names("m", 4));
      for (const group of ["a", "b"]) await take(client, group, "w", {});
      expect(await client.deleteBy("DELREF", "jobs", [ids[0]])).toEqual([1]);
      expect(await client.ackDelete("DELREF", "jobs", "a", [ids[1]])).toEqual([1]);
      for (const group of ["a", "b"]) {
        expect((await client.pendingSummary("jobs", group)).count).toBe(2);
      }
      expect(await client.deleteBy("KEEPREF", "jobs", [ids[2]])).toEqual([1]);
      expect(await client.ackDelete("KEEPREF", "jobs", "a", [ids[3]])).toEqual([1]);
      expect(await client.length("jobs")).toBe(0);
      expect(textsOf(await client.history("jobs", "a", "w", "0"))).toEqual([null]);
      expect(textsOf(await client.history("jobs", "b", "w", "0"))).toEqual([null, null]);
    });
  },
);
