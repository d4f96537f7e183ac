// Purpose: what an encoder is told (src/persistence/saver.ts), by one that only notes it down: of
// all data at once, in the background, with large values in parts or whole, and when it fails.

import { beforeEach, describe, expect, test } from "bun:test";
import { BackgroundSave } from "../../src/durability/background_save.ts";
import type { Database } from "../../src/keyspace/database.ts";
import type { Keyspace } from "../../src/keyspace/keyspace.ts";
import { type LargeSaver, type Saver, saveAll, saveWhole } from "../../src/persistence/saver.ts";
import type { EntryRef } from "../../src/structures/entry.ts";
import * as entry from "../../src/structures/entry.ts";
import { configOf, fakeHost } from "../config/fake_host.ts";
import { InnerServer } from "./inner_server.ts";

const MEMBERS = 2000;

/** Notes down what it is told. */
class Notes implements Saver {
  readonly told: string[] = [];
  readonly commands = 0;
  readonly large: LargeSaver | null;

  constructor(takesParts: boolean) {
    this.large = takesParts ? this.largeSide() : null;
  }

  library(): void {
    this.told.push("library");
  }

  database(db: Database, keys: number, expiring: number): void {
    this.told.push(`database ${db.id} ${keys} ${expiring}`);
  }

  select(id: number): void {
    this.told.push(`select ${id}`);
  }

  entry(_db: Database, _keyspace: Keyspace, e: EntryRef): void {
    this.told.push(`entry ${Buffer.from(entry.keyBytes(e))}`);
  }

  end(): void {
    this.told.push("end");
  }

  /** Notes each call by its name, and members by their number at the end. */
  private largeSide(): LargeSaver {
    let members = 0;
    const note = (name: string) => () => void this.told.push(name);
    return {
      beginLarge: ({ key, count }) =>
        void this.told.push(`beginLarge ${Buffer.from(key)} ${count}`),
      member: () => void members++,
      endLarge: () => void this.told.push(`endLarge after ${members}`),
      piece: note("piece"),
      block: note("block"),
      scored: note("scored"),
      field: note("field"),
      leaf: note("leaf"),
      streamState: note("streamState"),
      beginGroup: note("beginGroup"),
      pending: note("pending"),
      beginConsumer: note("beginConsumer"),
      pendingId: note("pendingId"),
    };
  }
}

let inner: InnerServer;

beforeEach(() => {
  inner = new InnerServer(1);
  inner.run("SET", "small", "value");
  inner.run("SELECT", "2");
  inner.run("SADD", "large", ...Array.from({ length: MEMBERS }, (_, i) => `member${i}`));
  inner.run("EXPIRE", "large", "100");
  inner.run("SELECT", "0");
});

/** Saves in the background, when `meanwhile` has happened first; what `done` is told. */
function saveBehind(saver: Saver, meanwhile = () => {}): string | null | undefined {
  const queue: (() => void)[] = [];
  let told: string | null | undefined;
  const file = { syncLater: (done: (problem: null) => void) => done(null), abandon: () => {} };
  new BackgroundSave(
    inner.keyspace,
    configOf(fakeHost()),
    (_ms, run) => void queue.push(run),
    file,
    saver,
    (problem) => {
      told = problem;
    },
  );
  meanwhile();
  for (let run = queue.shift(); run !== undefined; run = queue.shift()) run();
  return told;
}

describe("an encoder is told", () => {
  test("of every database with keys, and of each key, when all is saved at once", () => {
    const notes = new Notes(false);
    saveAll(notes, inner.keyspace);
    expect(notes.told).toEqual([
      "database 0 1 0",
      "entry small",
      "database 2 1 1",
      "entry large",
      "end",
    ]);
  });

  test("of large values in parts, after all else, if it takes them so", () => {
    const notes = new Notes(true);
    const removed = () => void inner.run("DEL", "small");
    expect(saveBehind(notes, removed)).toBe(null);
    expect(notes.told).toEqual([
      "select 0",
      "entry small",
      `beginLarge large ${MEMBERS}`,
      `endLarge after ${MEMBERS}`,
      "end",
    ]);
  });

  test("of large values whole, if it does not", () => {
    const notes = new Notes(false);
    expect(saveBehind(notes)).toBe(null);
    expect(notes.told).toEqual(["select 0", "entry small", "select 2", "entry large", "end"]);
  });
});

test("what an encoder throws ends the file, and is told", () => {
  const notes = new Notes(true);
  notes.entry = () => {
    throw new Error("No space left on device");
  };
  expect(saveBehind(notes)).toBe("No space left on device");
  expect(notes.told).not.toContain("end");
  const events: string[] = [];
  const file = {
    write: () => {},
    commit: () => void events.push("commit"),
    abandon: () => void events.push("abandon"),
  };
  expect(() => saveWhole(file, inner.keyspace, () => notes)).toThrow("No space left on device");
  saveWhole(file, inner.keyspace, () => new Notes(false));
  expect(events).toEqual(["abandon", "commit"]);
});
