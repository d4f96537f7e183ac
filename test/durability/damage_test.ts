// Purpose: some of the damaged logs of `make durability` (damage.ts), beside the real server.
// DAMAGES=10000 tries so many.

import { expect, setDefaultTimeout, test } from "bun:test";
import { redisBinary } from "../client/server.ts";
import { Random } from "../fuzz/random.ts";
import { damaged, differsFromReal, endingOf, problemWith, soundLog } from "./damage.ts";
import { Timeline } from "./sim_server.ts";

setDefaultTimeout(3_600_000);

const DAMAGES = Number(process.env.DAMAGES ?? 600);
const seed = Number(process.env.DURABILITY_SEED ?? Math.floor(Math.random() * 2 ** 32));
/** Starts of the real server, which take their time. */
const REAL_MAX = 300;
const time = new Timeline();

test("a log cut at every byte is loaded to where it is whole, and the rest is kept", () => {
  const random = new Random(seed, 1);
  const log = soundLog(random);
  const step = Math.max(1, Math.floor(log.length / DAMAGES));
  for (let cut = 0; cut <= log.length; cut += step) {
    expect([seed, cut, problemWith(log.slice(0, cut), time)]).toEqual([seed, cut, null]);
    expect(endingOf(log.slice(0, cut)).ending).not.toBe("other");
  }
});

test(`${DAMAGES} logs in which something was changed, seed ${seed}`, () => {
  const random = new Random(seed, 2);
  for (let i = 0; i < DAMAGES; i++) {
    const text = damaged(soundLog(random), random);
    expect([seed, i, problemWith(text, time)]).toEqual([seed, i, null]);
  }
});

test.skipIf(redisBinary() === null)("what the real server does with some of them", async () => {
  const random = new Random(seed, 3);
  for (let i = 0; i < Math.min(DAMAGES / 60, REAL_MAX); i++) {
    const text = damaged(soundLog(random), random);
    expect([seed, i, text, await differsFromReal(text, time)]).toEqual([seed, i, text, null]);
  }
});
