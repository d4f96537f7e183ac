// Purpose: workers die with entries pending, and nothing is lost with them: XPENDING shows what
// they left, their successors read it as history or take it over with XCLAIM and XAUTOCLAIM, what
// kills every worker ends in a dead-letter stream, and what was acknowledged never returns.

import {
  afterAll,
  afterEach,
  beforeAll,
  describe,
  expect,
  setDefaultTimeout,
  test,
} from "bun:test";
import { until } from "../client/until.ts";
import { Random } from "../fuzz/random.ts";
import { names, Scene, TEST_LIMIT_MS, twice, untilBlocked } from "./scene.ts";
import { DRIVERS, type Driver, type Entry, type StreamClient } from "./stream_clients.ts";

setDefaultTimeout(TEST_LIMIT_MS);

const HOUR_MS = 3_600_000;

let scene: Scene;
beforeAll(async () => {
  scene = await Scene.start();
});
afterEach(() => scene.clear());
afterAll(() => scene?.stop());

const idsOf = (entries: readonly Entry[]) => entries.map(({ id }) => id);
const textsOf = (entries: readonly Entry[]) => entries.map(({ fields }) => fields?.text ?? null);

/** Adds messages with these texts to "jobs"; the group "workers" is to get all of them. */
async function fill(client: StreamClient, texts: readonly string[]): Promise<string[]> {
  await client.createGroup("jobs", "workers", "$");
  const messages = texts.map((text) => ({ text }));
  return await client.addAll("jobs", messages);
}

async function take(client: StreamClient, consumer: string, count: number): Promise<Entry[]> {
  const batches = await client.readGroup("workers", consumer, { jobs: ">" }, { count });
  return batches.flatMap(({ entries }) => entries);
}

/** All that XAUTOCLAIM gives when it is called until its cursor is back at the start. */
async function claimAll(
  client: StreamClient,
  consumer: string,
  minIdleMs: number,
  count = 100,
): Promise<{ entries: Entry[]; deleted: string[]; calls: number }> {
  const entries: Entry[] = [];
  const deleted: string[] = [];
  for (let next = "0-0", calls = 1; ; calls++) {
    const part = await client.autoClaim("jobs", "workers", consumer, minIdleMs, next, count);
    entries.push(...part.entries);
    deleted.push(...part.deleted);
    next = part.next;
    if (next === "0-0") return { entries, deleted, calls };
  }
}

/** The deliveries of each pending entry, by consumer. */
async function deliveries(client: StreamClient): Promise<Record<string, number[]>> {
  const counts: Record<string, number[]> = {};
  for (const { consumer, deliveries: count } of await client.pending("jobs", "workers", 10_000)) {
    counts[consumer] = [...(counts[consumer] ?? []), count];
  }
  return counts;
}

/** Ends a connection, and waits until the server has noticed. */
async function kill(control: StreamClient, victim: StreamClient): Promise<void> {
  const id = String(await victim.command("CLIENT", "ID"));
  victim.die();
  await until("the death to be noticed", async () => {
    return !String(await control.command("CLIENT", "LIST", "ID", id)).includes(`id=${id} `);
  });
}

/** That none of these can come back in any way. */
async function expectNeverAgain(client: StreamClient, acknowledged: readonly string[]) {
  const gone = new Set(acknowledged);
  const seen: string[] = [];
  seen.push(...(await client.pending("jobs", "workers", 10_000)).map(({ id }) => id));
  for (const consumer of ["a", "b", "w"]) {
    seen.push(...idsOf(await client.history("jobs", "workers", consumer, "0")));
  }
  seen.push(...idsOf((await claimAll(client, "w", 0)).entries));
  seen.push(...idsOf(await client.claim("jobs", "workers", "w", 0, acknowledged)));
  seen.push(...idsOf(await take(client, "w", 10_000)));
  expect(seen.filter((id) => gone.has(id))).toEqual([]);
  expect(await client.ack("jobs", "workers", acknowledged)).toBe(0);
}

describe.each(DRIVERS.map((driver) => [driver.name, driver] as const))("%s", (_, driver) => {
  test("XPENDING shows what a dead worker has left; successors find it as history", async () => {
    const [control, first, second] = await scene.openAll(driver, 3);
    const ids = await fill(control, names("m", 30));
    const taken = await take(first, "a", 10);
    expect(idsOf(taken)).toEqual(ids.slice(0, 10));
    expect(await first.ack("jobs", "workers", [ids[0], ids[4], ids[9]])).toBe(3);
    await kill(control, first);

    const left = [1, 2, 3, 5, 6, 7, 8].map((index) => ids[index]);
    const summary = { count: 7, first: left[0], last: left[6], consumers: { a: 7 } };
    expect(await control.pendingSummary("jobs", "workers")).toEqual(summary);
    const pending = await control.pending("jobs", "workers", 100, "a");
    expect(pending.map(({ id }) => id)).toEqual(left);
    for (const { consumer, deliveries: count, idleMs } of pending) {
      expect([consumer, count]).toEqual(["a", 1]);
      expect(idleMs).toBeGreaterThanOrEqual(0);
    }
    expect(await control.pending("jobs", "workers", 100, "b")).toEqual([]);

    const history = await second.history("jobs", "workers", "a", "0");
    expect(history).toEqual(taken.filter(({ id }) => left.includes(id)));
    expect(idsOf(await second.history("jobs", "workers", "a", left[2]))).toEqual(left.slice(3));
    // Being read as history is a delivery, too.
    expect(await deliveries(control)).toEqual({ a: [2, 2, 2, 3, 3, 3, 3] });
    expect(await second.ack("jobs", "workers", left)).toBe(7);
    expect(await second.history("jobs", "workers", "a", "0")).toEqual([]);
    expect(idsOf(await take(second, "a", 100))).toEqual(ids.slice(10));
    await expectNeverAgain(control, ids.slice(0, 10));
  });

  test("XCLAIM moves entries by name, when they have been idle for long enough", async () => {
    const [control, first, second] = await scene.openAll(driver, 3);
    const ids = await fill(control, names("m", 10));
    const taken = await take(first, "a", 10);
    await kill(control, first);
    expect(await second.claim("jobs", "workers", "b", HOUR_MS, ids)).toEqual([]);
    expect(await deliveries(control)).toEqual({ a: Array(10).fill(1) });

    const some = [ids[2], ids[5]];
    const claimed = await second.claim("jobs", "workers", "b", 0, [...some, "1-1"]);
    expect(claimed).toEqual([taken[2], taken[5]]);
    expect((await control.pendingSummary("jobs", "workers")).consumers).toEqual({ a: 8, b: 2 });
    expect(await deliveries(control)).toEqual({ a: Array(8).fill(1), b: [2, 2] });
    expect(idsOf(await second.history("jobs", "workers", "a", "0"))).not.toContain(some[0]);

    // What is marked as idle since long is what goes next.
    const marked = { idle: 2 * HOUR_MS, retryCount: 7 };
    await second.claim("jobs", "workers", "a", 0, [ids[0]], marked);
    const [{ id, idleMs, deliveries: count }] = await control.pending("jobs", "workers", 1);
    expect([id, count]).toEqual([ids[0], 7]);
    expect(idleMs).toBeGreaterThanOrEqual(2 * HOUR_MS);
    expect(idsOf(await second.claim("jobs", "workers", "b", HOUR_MS, ids))).toEqual([ids[0]]);
    expect(await second.ack("jobs", "workers", ids)).toBe(10);
    await expectNeverAgain(control, ids);
  });

  test("XAUTOCLAIM takes over from several dead workers, some at a time", async () => {
    const [control, rescuer, ...workers] = await scene.openAll(driver, 5);
    const ids = await fill(control, names("m", 250));
    const left: string[] = [];
    for (const [index, worker] of workers.entries()) {
      const taken = idsOf(await take(worker, `dead${index}`, 80));
      const done = taken.filter((_, at) => at % 4 === 0);
      expect(await worker.ack("jobs", "workers", done)).toBe(20);
      left.push(...taken.filter((_, at) => at % 4 !== 0));
      await kill(control, worker);
    }
    expect((await control.pendingSummary("jobs", "workers")).consumers).toEqual({
      dead0: 60,
      dead1: 60,
      dead2: 60,
    });
    expect(await claimAll(rescuer, "w", HOUR_MS)).toMatchObject({ entries: [], deleted: [] });
    const claimed = await claimAll(rescuer, "w", 0, 25);
    expect(idsOf(claimed.entries)).toEqual(left);
    expect(textsOf(claimed.entries)).toEqual(left.map((id) => `m${ids.indexOf(id)}`));
    expect(claimed.calls).toBeGreaterThanOrEqual(8);
    expect(await deliveries(control)).toEqual({ w: Array(180).fill(2) });
    for (const index of [0, 1, 2]) {
      expect(await control.deleteConsumer("jobs", "workers", `dead${index}`)).toBe(0);
    }
    expect(await rescuer.ack("jobs", "workers", left)).toBe(180);
    expect(idsOf(await take(rescuer, "w", 100))).toEqual(ids.slice(240));
    await expectNeverAgain(control, ids.slice(0, 240));
  });

  test("delivery counts rise, and poison goes to a dead-letter stream", async () => {
    const control = await scene.open(driver);
    const texts = names("m", 60).map((text, at) => (at % 13 === 5 ? `poison ${text}` : text));
    const poison = texts.filter((text) => text.startsWith("poison"));
    const ids = await fill(control, texts);
    const done: string[] = [];
    const deaths: string[] = [];
    const LIMIT = 3;

    /** What is pending and was tried too often is put aside; the rest is tried again. */
    const bury = async (client: StreamClient, entry: Entry): Promise<boolean> => {
      const pending = await client.pending("jobs", "workers", 100);
      const tries = pending.find(({ id }) => id === entry.id)?.deliveries ?? 0;
      if (tries <= LIMIT) return false;
      const letter = { text: entry.fields?.text ?? "", was: entry.id, tries: String(tries - 1) };
      await client.add("dead", letter);
      expect(await client.ack("jobs", "workers", [entry.id])).toBe(1);
      return true;
    };
    /** A worker's life; true when there is nothing left to do. */
    const live = async (client: StreamClient, name: string): Promise<boolean> => {
      for (;;) {
        const left = (await claimAll(client, name, 0)).entries;
        const entries = left.length > 0 ? left : await take(client, name, 1);
        if (entries.length === 0) return true;
        for (const entry of entries) {
          if (await bury(client, entry)) continue;
          const text = entry.fields?.text ?? "";
          if (text.startsWith("poison")) {
            deaths.push(text);
            return false;
          }
          done.push(text);
          expect(await client.ack("jobs", "workers", [entry.id])).toBe(1);
        }
      }
    };
    for (let life = 0, isDone = false; !isDone; life++) {
      const client = await scene.open(driver);
      isDone = await live(client, `w${life}`);
      await kill(control, client);
    }
    expect(deaths).toEqual(poison.flatMap((text) => [text, text, text]));
    expect(done).toEqual(texts.filter((text) => !text.startsWith("poison")));
    const letters = await control.range("dead", "-", "+");
    expect(letters.map(({ fields }) => fields)).toEqual(
      poison.map((text) => ({ text, was: ids[texts.indexOf(text)], tries: "3" })),
    );
    expect((await control.pendingSummary("jobs", "workers")).count).toBe(0);
    await expectNeverAgain(control, ids);
  });

  test("a worker that dies while it waits takes nothing with it", async () => {
    const [control, dying, waiting] = await scene.openAll(driver, 3);
    await control.createGroup("jobs", "workers", "$");
    const options = { blockMs: 0 };
    const never = dying.readGroup("workers", "a", { jobs: ">" }, options).catch(() => "dead");
    await untilBlocked(control, 1);
    const reading = waiting.readGroup("workers", "b", { jobs: ">" }, options);
    await untilBlocked(control, 2);
    dying.die();
    expect(await never).toBe("dead");
    await untilBlocked(control, 1);
    const id = await control.add("jobs", { text: "m" });
    expect(await reading).toEqual([{ stream: "jobs", entries: [{ id, fields: { text: "m" } }] }]);
    expect((await control.pendingSummary("jobs", "workers")).consumers).toEqual({ b: 1 });
  });

  test("entries that were deleted or trimmed while they were pending", async () => {
    const [control, worker] = await scene.openAll(driver, 2);
    const ids = await fill(control, names("m", 10));
    await take(worker, "a", 8);
    expect(await control.trim("jobs", { minId: ids[2] })).toBe(2);
    expect(await control.delete("jobs", [ids[4]])).toBe(1);
    const gone = [ids[0], ids[1], ids[4]];
    // They are pending until somebody looks after them; as history they have no fields.
    expect((await control.pendingSummary("jobs", "workers")).count).toBe(8);
    const history = await worker.history("jobs", "workers", "a", "0");
    expect(idsOf(history)).toEqual(ids.slice(0, 8));
    expect(textsOf(history)).toEqual([null, null, "m2", "m3", null, "m5", "m6", "m7"]);
    // XCLAIM drops them, XAUTOCLAIM drops them and says so.
    expect(idsOf(await worker.claim("jobs", "workers", "b", 0, [ids[0], ids[2]]))).toEqual([
      ids[2],
    ]);
    expect((await control.pendingSummary("jobs", "workers")).consumers).toEqual({ a: 6, b: 1 });
    const claimed = await claimAll(worker, "b", 0);
    expect(claimed.deleted).toEqual(gone.slice(1));
    expect(textsOf(claimed.entries)).toEqual(["m2", "m3", "m5", "m6", "m7"]);
    expect((await control.pendingSummary("jobs", "workers")).consumers).toEqual({ b: 5 });
    expect(await worker.ack("jobs", "workers", ids)).toBe(5);
    expect(textsOf(await take(worker, "a", 10))).toEqual(["m8", "m9"]);
  });

  test("removing a consumer forgets what it had pending; entries stay", async () => {
    const [control, worker] = await scene.openAll(driver, 2);
    const ids = await fill(control, names("m", 6));
    await take(worker, "a", 4);
    expect(await control.deleteConsumer("jobs", "workers", "a")).toBe(4);
    expect((await control.pendingSummary("jobs", "workers")).count).toBe(0);
    expect((await claimAll(worker, "b", 0)).entries).toEqual([]);
    expect(idsOf(await take(worker, "b", 10))).toEqual(ids.slice(4));
    await control.setGroup("jobs", "workers", "0");
    expect(idsOf(await take(worker, "b", 10))).toEqual(ids);
  });

  test("workers die at random while messages flow: each is acknowledged exactly once", async () => {
    const seed = Math.floor(Math.random() * 2 ** 32);
    const random = new Random(seed);
    const [control, producer] = await scene.openAll(driver, 2);
    await control.createGroup("jobs", "workers", "$");
    const all = names("m", 1500);
    const run = { acknowledged: [] as string[], deaths: 0, again: 0 };
    const working = names("w", 4).map((name) =>
      keepWorking(driver, control, name, random, all, run),
    );
    for (let from = 0; from < all.length; from += 10) {
      await producer.addAll(
        "jobs",
        all.slice(from, from + 10).map((text) => ({ text })),
      );
    }
    await Promise.all(working);
    expect({ seed, twice: twice(run.acknowledged) }).toEqual({ seed, twice: [] });
    expect(run.acknowledged.sort()).toEqual(all.sort());
    expect(run.deaths).toBeGreaterThan(0);
    expect((await control.pendingSummary("jobs", "workers")).count).toBe(0);
    expect((await control.groups("jobs"))[0]).toMatchObject({ lag: 0, entriesRead: all.length });
    await expectNeverAgain(control, idsOf(await control.range("jobs", "-", "+")));
  });
});

/** A worker of whom one in ten reads is the last; the next life begins with what it has left. */
async function keepWorking(
  driver: Driver,
  control: StreamClient,
  name: string,
  random: Random,
  all: readonly string[],
  run: { acknowledged: string[]; deaths: number; again: number },
): Promise<void> {
  let own = name;
  for (let life = 0; run.acknowledged.length < all.length; life++) {
    const client = await scene.open(driver);
    const handle = async (entries: readonly Entry[]) => {
      if (entries.length === 0) return;
      expect(await client.ack("jobs", "workers", idsOf(entries))).toBe(entries.length);
      run.acknowledged.push(...entries.map(({ fields }) => fields?.text ?? ""));
    };
    if (life > 0 && random.chance(0.5)) {
      const left = await client.history("jobs", "workers", own, "0");
      run.again += left.length;
      await handle(left);
    } else if (life > 0) {
      // Under another name, it takes over exactly what the dead has left.
      const before = own;
      own = `${name}.${life}`;
      const left = await client.pending("jobs", "workers", 100, before);
      const ids = left.map(({ id }) => id);
      run.again += ids.length;
      if (ids.length > 0) await handle(await client.claim("jobs", "workers", own, 0, ids));
      expect(await client.deleteConsumer("jobs", "workers", before)).toBe(0);
    }
    while (run.acknowledged.length < all.length) {
      const options = { count: 5, blockMs: 20 };
      const batches = await client.readGroup("workers", own, { jobs: ">" }, options);
      const entries = batches.flatMap(({ entries: some }) => some);
      if (entries.length > 0 && random.chance(0.1)) {
        // It dies before, or after it has done a part of the work.
        await handle(entries.slice(0, random.below(entries.length)));
        run.deaths++;
        break;
      }
      await handle(entries);
    }
    await kill(control, client);
  }
}
