// Purpose: a keyspace with a clock and chance of the test's own, and strings put in and read back.

import { NIL } from "../../src/arena/arena.ts";
import { latin1 } from "../../src/base/bytes.ts";
import { Clock } from "../../src/base/clock.ts";
import type { Database } from "../../src/keyspace/database.ts";
import { Keyspace } from "../../src/keyspace/keyspace.ts";
import { argsOf } from "../../src/protocol/args.ts";
import * as dict from "../../src/structures/dict.ts";
import type { EntryRef } from "../../src/structures/entry.ts";
import * as stringValue from "../../src/values/string_value.ts";
import { Random } from "../fuzz/random.ts";

export const START_MS = 1_700_000_000_000;

export class World {
  wallMs = START_MS;
  monotonicMs = 0;
  readonly random: Random;
  readonly clock: Clock;
  readonly keyspace: Keyspace;

  constructor(seed = 1, databases = 2) {
    this.random = new Random(seed);
    this.clock = new Clock({
      wallMs: () => this.wallMs,
      wallUs: () => this.wallMs * 1000,
      monotonicMs: () => this.monotonicMs,
    });
    const random = () => this.random.uint32() / 2 ** 32;
    this.keyspace = new Keyspace(databases, this.clock, random);
  }

  db(id = 0): Database {
    return this.keyspace.databases[id];
  }

  /** Lets time pass. */
  pass(ms: number): void {
    this.wallMs += ms;
    this.monotonicMs += ms;
    this.clock.tick();
  }

  /** Frees all that waits to be freed, and empties the databases. */
  end(): void {
    for (const db of this.keyspace.databases) this.keyspace.flush(db);
    while (this.keyspace.reclaimSlice());
  }

  verify(): void {
    for (const db of this.keyspace.databases) {
      dict.verify(db.keys);
      db.expires.verify();
      db.fieldExpires.verify();
    }
  }
}

/** Stores a string as SET does, but keeps the expiry. */
export function put(db: Database, key: string, value: string): EntryRef {
  const args = argsOf([key, value]);
  const { bytes, view } = args;
  const keyHash = db.hash(args, 0);
  const area = Math.max(stringValue.areaFor(value.length), stringValue.INT_AREA);
  let e = db.write(args, 0, keyHash);
  if (e === NIL) {
    e = db.add(args, 0, keyHash, area, false, "set");
  } else {
    stringValue.release(e);
    e = db.resize(e, area, 0);
  }
  if (/^(0|-?[1-9]\d{0,14})$/.test(value)) stringValue.writeInt(e, Number(value));
  else stringValue.writeBytes(e, bytes, view, args.start[1], value.length);
  return e;
}

/** The entry of a live key, or NIL. */
export function look(db: Database, key: string): EntryRef {
  const args = argsOf([key]);
  return db.peek(args, 0, db.hash(args, 0));
}

/** The string of a live key, or null. */
export function get(db: Database, key: string): string | null {
  const e = look(db, key);
  if (e === NIL) return null;
  const { bytes, offset, size } = stringValue.rangeOf(e);
  return latin1(bytes, offset, size);
}
