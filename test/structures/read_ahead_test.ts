// Purpose: what is read ahead is what a look-up then finds, while the table grows and shrinks.

import { expect, test } from "bun:test";
import { NIL } from "../../src/arena/arena.ts";
import * as dict from "../../src/structures/dict.ts";
import type { EntryRef } from "../../src/structures/entry.ts";
import * as entry from "../../src/structures/entry.ts";
import { AHEAD_MAX, readEntries, readSlots } from "../../src/structures/read_ahead.ts";
import { Random } from "../fuzz/random.ts";
import { entryFor, findIn } from "./entries.ts";

const KEYS = Array.from({ length: 3000 }, (_, i) => `key:${i}`);

test("entries of many hashes, in one table and in two", () => {
  const random = new Random(5);
  const keys = dict.create();
  const model = new Map<string, EntryRef>();
  const hashes = new Int32Array(AHEAD_MAX);
  const entries = new Int32Array(AHEAD_MAX);
  const lookedFor = KEYS.map((key) => entryFor(key));
  let found = 0;
  let sought = 0;
  let rehashing = 0;
  for (let step = 0; step < 6000; step++) {
    const index = random.below(KEYS.length);
    const key = KEYS[index];
    const known = model.get(key);
    if (known === undefined && step < 4000) {
      const e = entryFor(key, random.below(100));
      dict.insert(keys, e);
      model.set(key, e);
    } else if (known !== undefined && step >= 4000) {
      dict.remove(keys, known);
      entry.release(known);
      model.delete(key);
    }
    if (dict.tableFigures(keys).rehashing) rehashing++;
    const wanted = Array.from({ length: random.between(1, 40) }, () => random.below(KEYS.length));
    for (const [i, at] of wanted.entries()) hashes[i] = entry.hash(lookedFor[at]);
    readSlots(keys, hashes, entries, wanted.length);
    readEntries(hashes, entries, wanted.length);
    for (const [i, at] of wanted.entries()) {
      const e = findIn(keys, KEYS[at]);
      if (entries[i] !== NIL) expect(entries[i]).toBe(e);
      if (e !== NIL) sought++;
      if (e !== NIL && entries[i] === e) found++;
    }
  }
  expect(rehashing).toBeGreaterThan(500);
  // All but those far down a long chain, or in the table that was not looked at.
  expect(found / sought).toBeGreaterThan(0.9);
  for (const e of [...model.values(), ...lookedFor]) entry.release(e);
  dict.release(keys);
});
