// Purpose: the pool of eviction keeps the best of all that it was offered, in order, and no key
// twice (src/keyspace/eviction_pool.ts).

import { expect, test } from "bun:test";
import { EvictionPool } from "../../src/keyspace/eviction_pool.ts";
import * as entry from "../../src/structures/entry.ts";
import { Random } from "../fuzz/random.ts";
import { entryFor } from "../structures/entries.ts";

const ROOM = 16;

interface Offer {
  score: number;
  database: number;
  entry: number;
}

test("the best are kept, and the one that was offered last of equals is taken first", () => {
  const random = new Random(3);
  const entries = Array.from({ length: 40 }, (_, i) => entryFor(`key:${i}`));
  const pool = new EvictionPool();
  let model: Offer[] = [];
  let full = 0;
  for (let step = 0; step < 5000; step++) {
    if (random.chance(0.002)) {
      pool.clear();
      model = [];
    } else if (random.chance(0.2) && model.length > 0) {
      const { score, database, entry: e } = model.pop() as Offer;
      const [taken, which] = [pool.takeBest(), entries.indexOf(pool.entry as (typeof entries)[0])];
      expect([taken, pool.database, pool.entry]).toEqual([score, database, e]);
      expect(pool.hash).toBe(entry.hash(entries[which]));
    } else {
      const offer = { score: random.below(20), database: random.below(2), entry: 0 };
      const e = random.pick(entries);
      offer.entry = e;
      pool.offer(offer.score, offer.database, e);
      const isThere = model.some((o) => o.entry === e && o.database === offer.database);
      const isWorse = model.length === ROOM && offer.score <= model[0].score;
      if (isThere || isWorse) continue;
      model.splice(model.filter(({ score }) => score <= offer.score).length, 0, offer);
      if (model.length > ROOM) model.shift();
      if (model.length === ROOM) full++;
    }
    expect(pool.isEmpty).toBe(model.length === 0);
  }
  expect(full).toBeGreaterThan(100);
  for (const e of entries) entry.release(e);
});
