// Purpose: hashes against a Map, over random operations in every encoding, with `verify` after
// each; and fields that expire, through every way in which a key can move.

import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import * as arena from "../../src/arena/arena.ts";
import { NIL } from "../../src/arena/arena.ts";
import { latin1 } from "../../src/base/bytes.ts";
import type { Range } from "../../src/base/range.ts";
import type { Database } from "../../src/keyspace/database.ts";
import { argsOf } from "../../src/protocol/args.ts";
import type { EntryRef } from "../../src/structures/entry.ts";
import * as entry from "../../src/structures/entry.ts";
import * as hashValue from "../../src/values/hash_value.ts";
import { thresholds } from "../../src/values/thresholds.ts";
import { Type } from "../../src/values/types.ts";
import type { Random } from "../fuzz/random.ts";
import { look, put, START_MS, World } from "../keyspace/worlds.ts";

const NONE = NIL as EntryRef;
const DEFAULTS = { ...thresholds };

interface Field {
  value: string;
  /** Unix ms, or -1. */
  deadline: number;
}
type Model = Map<string, Field>;

let blocks = 0;

beforeEach(() => {
  blocks = arena.figures().blockCount;
});

afterEach(() => {
  Object.assign(thresholds, DEFAULTS);
  expect(arena.figures().blockCount).toBe(blocks);
});

const textOf = ({ bytes, offset, size }: Range) => latin1(bytes, offset, size);

/** A world that is at an end when the test is. */
function within(seed: number, run: (world: World) => void): void {
  const before = arena.figures().blockCount;
  const world = new World(seed);
  const own = arena.figures().blockCount - before;
  run(world);
  world.end();
  blocks += own;
}

function create(db: Database, key: string): EntryRef {
  const args = argsOf([key]);
  return hashValue.create(db, args, 0, db.hash(args, 0), "hset");
}

function find(e: EntryRef, field: string): number {
  return hashValue.find(e, argsOf([field]), 0);
}

function set(e: EntryRef, field: string, value: string): boolean {
  return hashValue.put(e, argsOf([field]), 0, argsOf([value]), 0);
}

/** Sets some fields in one go where the hash lets it, and the rest one by one. */
function setPairs(e: EntryRef, pairs: readonly (readonly [string, string])[], model: Model): void {
  const args = argsOf(pairs.flat());
  const end = hashValue.putPairs(e, args, 0);
  const before = model.size;
  const note = ([field, value]: readonly [string, string]) =>
    model.set(field, { value, deadline: -1 });
  for (const pair of pairs.slice(0, end / 2)) note(pair);
  expect(hashValue.putAsPairs.added).toBe(model.size - before);
  check(e, model);
  for (let i = end; i < args.count; i += 2) {
    expect(hashValue.put(e, args, i, args, i + 1)).toBe(!model.has(pairs[i / 2][0]));
    note(pairs[i / 2]);
  }
}

/** All fields in order of their names. */
function fieldsOf(e: EntryRef): [string, Field][] {
  const cursor = new hashValue.HashCursor();
  const found: [string, Field][] = [];
  cursor.start(e);
  while (cursor.next()) {
    const field = textOf(cursor.field());
    const deadline = hashValue.deadlineOf(e, cursor.place);
    found.push([field, { value: textOf(cursor.value()), deadline }]);
  }
  return found.sort(byName);
}

const byName = ([a]: [string, unknown], [b]: [string, unknown]) => (a < b ? -1 : 1);
const sorted = (model: Model) => [...model].sort(byName);

function check(e: EntryRef, model: Model): void {
  hashValue.verify(e);
  expect(hashValue.count(e)).toBe(model.size);
}

/** Texts that are stored in different ways: short, long, longer than an entry, integers. */
function textFor(random: Random): string {
  const kind = random.below(10);
  if (kind < 3) return `${random.below(200) - 100}`;
  if (kind === 3)
    return `${random.pick(["9223372036854775807", "-9007199254740991", "007", "-0"])}`;
  if (kind === 4) return random.chance(0.2) ? "v".repeat(4090 + random.below(12)) : "";
  if (kind === 5) return "v".repeat(random.below(300));
  return `value ${random.below(1000)}`;
}

function fieldOf(random: Random): string {
  const number = random.below(90);
  if (number === 0) return "";
  if (number === 1) return "f".repeat(4095);
  if (number === 2) return "f".repeat(200);
  return number < 20 ? `${number}` : `field:${number}`;
}

describe.each([
  ["packed", 1, 10_000, 10_000],
  ["packed", 2, 10_000, 10_000],
  ["converted", 3, 40, 64],
  ["converted", 4, 20, 4096],
  ["dict", 5, 0, 64],
  ["dict", 6, 0, 0],
])("random operations, %s, seed %d", (_, seed, entries, size) => {
  test("behaves as a Map", () => {
    thresholds.hashPackedEntries = entries;
    thresholds.hashPackedValue = size;
    within(seed, (world) => {
      const { random } = world;
      const model: Model = new Map();
      let e = create(world.db(), "hash");
      for (let step = 0; step < 4000; step++) {
        const field = fieldOf(random);
        const known = model.get(field);
        const at = find(e, field);
        expect(at !== 0).toBe(known !== undefined);
        if (known !== undefined) {
          expect(textOf(hashValue.range(e, at))).toBe(known.value);
          expect(hashValue.size(e, at)).toBe(known.value.length);
        }
        const growing = step % 1000 < 600;
        if (random.chance(growing ? 0.6 : 0.2)) {
          const value = textFor(random);
          expect(set(e, field, value)).toBe(known === undefined);
          model.set(field, { value, deadline: -1 });
          const more = random.chance(0.3) ? random.below(6) : 0;
          const pair = () => [fieldOf(random), textFor(random)] as const;
          setPairs(e, Array.from({ length: more }, pair), model);
        } else if (known !== undefined && random.chance(0.5)) {
          known.value = textFor(random);
          hashValue.set(e, at, argsOf([known.value]), 0);
          if (random.chance(0.5)) {
            const integer = random.pick([0, -1, 12, 2 ** 31, -(2 ** 40), Number.MAX_SAFE_INTEGER]);
            hashValue.setInteger(e, find(e, field), integer);
            expect(hashValue.integer(e, find(e, field))).toBe(integer);
            known.value = `${integer}`;
          }
        } else if (known !== undefined && !growing) {
          hashValue.removeAt(e, at);
          model.delete(field);
        }
        check(e, model);
        if (step % 50 === 0) expect(fieldsOf(e)).toEqual(sorted(model));
        if (model.size === 0 && random.chance(0.1)) {
          world.db().drop(e);
          e = create(world.db(), "hash");
        }
      }
    });
  });
});

test("converts above either threshold, and stays converted", () => {
  within(1, (world) => {
    thresholds.hashPackedEntries = 3;
    thresholds.hashPackedValue = 5;
    const e = create(world.db(), "hash");
    for (const field of ["a", "b", "12345"]) set(e, field, "12345");
    expect(hashValue.encodingName(e)).toBe("listpack");
    expect(set(e, "a", "again")).toBe(false);
    expect(hashValue.encodingName(e)).toBe("listpack");
    set(e, "d", "1");
    expect(hashValue.encodingName(e)).toBe("hashtable");
    hashValue.removeAt(e, find(e, "d"));
    expect(hashValue.encodingName(e)).toBe("hashtable");

    const longField = create(world.db(), "long field");
    set(longField, "123456", "1");
    expect(hashValue.encodingName(longField)).toBe("hashtable");
    const longValue = create(world.db(), "long value");
    set(longValue, "1", "123456");
    expect(hashValue.encodingName(longValue)).toBe("hashtable");
    const counted = create(world.db(), "counted");
    set(counted, "1", "99999");
    hashValue.setInteger(counted, find(counted, "1"), 100000);
    expect(hashValue.encodingName(counted)).toBe("hashtable");
  });
});

test.each([3, 200])("a random field of %d is any of them", (count) => {
  thresholds.hashPackedEntries = 10;
  within(2, (world) => {
    const e = create(world.db(), "hash");
    for (let i = 0; i < count; i++) set(e, `field:${i}`, `${i}`);
    const cursor = new hashValue.HashCursor();
    const drawn = new Set<string>();
    for (let draw = 0; draw < count * 30; draw++) {
      cursor.seekRandom(e, world.keyspace.randomBelow);
      drawn.add(textOf(cursor.field()));
    }
    expect(drawn.size).toBe(count);
  });
});

test("a scan of a hash visits every field", () => {
  for (const count of [5, 300]) {
    thresholds.hashPackedEntries = 10;
    within(3, (world) => {
      const e = create(world.db(), "hash");
      for (let i = 0; i < count; i++) set(e, `field:${i}`, `${i}`);
      const seen = new Set<string>();
      const cursor = new hashValue.HashCursor();
      let position = 0;
      do {
        position = hashValue.scan(e, position, (at) => {
          cursor.seek(e, at);
          seen.add(`${textOf(cursor.field())}=${textOf(cursor.value())}`);
        });
      } while (position !== 0);
      expect(seen.size).toBe(count);
    });
  }
});

test("a large hash is freed in slices, and its size is told", () => {
  within(4, (world) => {
    const e = create(world.db(), "hash");
    for (let i = 0; i < 5000; i++) set(e, `field:${i}`, i % 2 === 0 ? `${i}` : "v".repeat(5000));
    const known = hashValue.ownedSize(e);
    expect(known).toBeGreaterThan(2500 * 5000);
    expect(known).toBeLessThan(2500 * 5000 * 1.5);
    for (let i = 0; i < 100; i++) hashValue.setDeadline(e, find(e, `field:${i}`), START_MS + 10);
    world.db().rescheduled(e);
    world.db().unlink(e);
    let slices = 0;
    while (hashValue.releaseSlice(e)) slices++;
    expect(slices).toBeGreaterThan(10);
    entry.release(e);
  });
});

describe("fields that expire", () => {
  /** Sets a field that expires at a time. */
  function expiring(db: Database, e: EntryRef, field: string, deadline: number): void {
    set(e, field, "value");
    hashValue.unpackToExpire(e);
    hashValue.setDeadline(e, find(e, field), deadline);
    db.rescheduled(e);
  }

  const names = (e: EntryRef) => fieldsOf(e).map(([name]) => name);

  test("go when their time has come, and the key with the last", () => {
    within(1, (world) => {
      const db = world.db();
      const e = create(db, "hash");
      set(e, "stays", "1");
      expiring(db, e, "a", START_MS + 10);
      expiring(db, e, "b", START_MS + 20);
      world.verify();
      expect(db.nextExpiry()).toBe(START_MS + 10);
      world.pass(9);
      expect(names(look(db, "hash"))).toEqual(["a", "b", "stays"]);
      world.pass(1);
      expect(names(look(db, "hash"))).toEqual(["b", "stays"]);
      expect(db.nextExpiry()).toBe(START_MS + 20);
      hashValue.setDeadline(e, find(e, "stays"), START_MS + 20);
      db.rescheduled(e);
      world.pass(10);
      expect(db.isOver(e)).toBe(true);
      expect(db.expireDue(1)).toBe(1);
      expect(hashValue.count(e)).toBe(1);
      expect(db.size).toBe(1);
      expect(look(db, "hash")).toBe(NONE);
      expect(db.size).toBe(0);
      expect(db.nextExpiry()).toBe(Infinity);
      expect(world.keyspace.stats.expiredFields).toBe(3);
      expect(world.keyspace.stats.expired).toBe(0);
    });
  });

  test("leave a hash that has none as it was", () => {
    within(1, (world) => {
      const db = world.db();
      const e = create(db, "hash");
      expiring(db, e, "a", START_MS + 10);
      expect(entry.isMortal(e)).toBe(true);
      expect(hashValue.persist(e, find(e, "a"))).toBe(true);
      expect(hashValue.persist(e, find(e, "a"))).toBe(false);
      db.rescheduled(e);
      expect(entry.isMortal(e)).toBe(false);
      expect(db.nextExpiry()).toBe(Infinity);
      expiring(db, e, "a", START_MS + 10);
      set(e, "a", "another value");
      db.rescheduled(e);
      expect(entry.isMortal(e)).toBe(false);
      world.pass(20);
      expect(names(look(db, "hash"))).toEqual(["a"]);
      hashValue.verify(e);
    });
  });

  test("hide while nothing may expire", () => {
    within(1, (world) => {
      const db = world.db();
      const e = create(db, "hash");
      for (let i = 0; i < 100; i++) {
        if (i % 10 === 0) set(e, `field:${i}`, "1");
        else expiring(db, e, `field:${i}`, START_MS + 10);
      }
      const gone = create(db, "gone");
      expiring(db, gone, "a", START_MS + 10);
      world.keyspace.mayExpire = false;
      world.pass(10);
      expect(look(db, "gone")).toBe(NONE);
      expect(look(db, "hash")).toBe(e);
      expect(hashValue.count(e)).toBe(10);
      expect(names(e)).toEqual([...Array(10).keys()].map((i) => `field:${i * 10}`));
      expect(find(e, "field:1")).toBe(0);
      expect(find(e, "field:10")).not.toBe(0);
      const cursor = new hashValue.HashCursor();
      const drawn = new Set<string>();
      for (let i = 0; i < 300; i++) {
        cursor.seekRandom(e, world.keyspace.randomBelow);
        drawn.add(textOf(cursor.field()));
      }
      expect(drawn.size).toBe(10);
      let scanned = 0;
      let position = 0;
      do position = hashValue.scan(e, position, () => scanned++);
      while (position !== 0);
      expect(scanned).toBe(10);
      expect(db.size).toBe(2);
      world.keyspace.mayExpire = true;
      expect(look(db, "gone")).toBe(NONE);
      expect(look(db, "hash")).toBe(e);
      expect(hashValue.count(e)).toBe(10);
      expect(db.size).toBe(1);
    });
  });

  test("a hash of which nothing is over is not looked through", () => {
    within(1, (world) => {
      const db = world.db();
      const e = create(db, "hash");
      expiring(db, e, "a", START_MS + 10);
      set(e, "b", "1");
      world.pass(10);
      expect(db.isOver(e)).toBe(false);
      expect(db.randomKey()).toBe(e);
      expect(names(e)).toEqual(["b"]);
    });
  });
});

describe.each([1, 2, 3, 4, 5, 6])("fields that expire, random operations, seed %d", (seed) => {
  const KEYS = ["a", "b", "c", "d"];

  /** All hashes of a database, as `fieldsOf` tells them. */
  function contents(db: Database): [string, unknown][] {
    const found: [string, unknown][] = [];
    for (const key of KEYS) {
      const e = look(db, key);
      if (e === NIL) continue;
      hashValue.verify(e);
      found.push([key, [db.expiryOf(e), fieldsOf(e)]]);
    }
    return found;
  }

  test("behave as a Map with times", () => {
    within(seed, (world) => {
      const { random, keyspace } = world;
      thresholds.hashPackedEntries = random.pick([0, 4, 512]);
      interface Key {
        expiry: number;
        fields: Model;
      }
      const models: Map<string, Key>[] = [new Map(), new Map()];

      const passed = () => {
        for (const model of models) {
          for (const [key, { expiry, fields }] of model) {
            for (const [field, { deadline }] of fields) {
              if (deadline >= 0 && deadline <= world.wallMs) fields.delete(field);
            }
            if (fields.size === 0 || (expiry >= 0 && expiry <= world.wallMs)) model.delete(key);
          }
        }
      };
      const copyOf = ({ expiry, fields }: Key): Key => ({
        expiry,
        fields: new Map([...fields].map(([name, field]) => [name, { ...field }])),
      });

      for (let step = 0; step < 3000; step++) {
        const id = random.below(2);
        const db = world.db(id);
        const model = models[id];
        const key = random.pick(KEYS);
        const known = model.get(key);
        const args = argsOf([key, random.pick(KEYS)]);
        const other = args.text(1);
        const e = look(db, key);
        expect(e !== NIL).toBe(known !== undefined);
        const choice = random.below(20);
        if (choice < 9) {
          const home = e === NIL ? create(db, key) : e;
          const fields = known?.fields ?? new Map();
          if (known === undefined) model.set(key, { expiry: -1, fields });
          const field = `field:${random.below(12)}`;
          const value = textFor(random);
          if (random.chance(0.2) && fields.has(field)) {
            hashValue.set(home, find(home, field), argsOf([value]), 0);
            fields.set(field, { value, deadline: fields.get(field).deadline });
          } else {
            set(home, field, value);
            fields.set(field, { value, deadline: -1 });
          }
          if (random.chance(0.7)) {
            const deadline = world.wallMs + 1 + random.below(60);
            hashValue.unpackToExpire(home);
            hashValue.setDeadline(home, find(home, field), deadline);
            fields.set(field, { value, deadline });
          }
          db.rescheduled(home);
        } else if (choice < 11 && known !== undefined) {
          const field = random.pick([...known.fields.keys()]);
          hashValue.removeAt(e, find(e, field));
          known.fields.delete(field);
          if (known.fields.size > 0) db.rescheduled(e);
          else {
            db.drop(e);
            model.delete(key);
          }
        } else if (choice < 12 && known !== undefined) {
          const expiry = world.wallMs + 1 + random.below(60);
          db.setExpiry(e, expiry);
          known.expiry = expiry;
        } else if (choice < 13 && known !== undefined && look(db, other) === NIL) {
          db.rekey(e, args, 1, db.hash(args, 1));
          model.delete(key);
          model.set(other, known);
        } else if (choice < 14 && known !== undefined) {
          const target = world.db(1 - id);
          if (look(target, key) === NIL) {
            target.moveFrom(db, e);
            model.delete(key);
            models[1 - id].set(key, known);
          }
        } else if (choice < 15 && known !== undefined) {
          const target = world.db(1 - id);
          if (look(target, other) === NIL) {
            target.copyFrom(db, e, args, 1, target.hash(args, 1));
            models[1 - id].set(other, copyOf(known));
          }
        } else if (choice < 16 && random.chance(0.2)) {
          keyspace.swap(world.db(0), world.db(1));
          models.reverse();
        } else if (choice < 17 && random.chance(0.05)) {
          keyspace.flush(db);
          model.clear();
        } else if (choice < 18 && known !== undefined && random.chance(0.2)) {
          db.drop(e);
          model.delete(key);
        } else {
          world.pass(random.below(10));
          passed();
          if (random.chance(0.5)) for (const each of keyspace.databases) each.expireDue(3);
          if (random.chance(0.3)) while (keyspace.reclaimSlice());
        }
        world.verify();
        if (step % 20 === 0) {
          for (const [index, each] of models.entries()) {
            const expected = [...each].map(([name, { expiry, fields }]) => [
              name,
              [expiry, sorted(fields)],
            ]);
            expect(contents(world.db(index))).toEqual(expected.sort(byName as never) as never);
          }
        }
      }
      world.pass(100);
      for (const db of keyspace.databases) db.expireDue(Infinity);
      expect(keyspace.nextExpiry()).toBe(Infinity);
    });
  });
});

test("a hash and a string of the same database are told apart", () => {
  within(1, (world) => {
    const db = world.db();
    put(db, "string", "text");
    const e = create(db, "hash");
    set(e, "a", "1");
    expect(entry.type(e)).toBe(Type.hash);
    expect(entry.type(look(db, "string"))).toBe(Type.string);
  });
});
