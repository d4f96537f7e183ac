// Purpose: which changes AppendWriter tells to be on the disk (`syncedMark`, for WAITAOF), and
// when, on a simulated disk whose syncs on another thread are stepped by hand.

import { beforeEach, describe, expect, test } from "bun:test";
import { Clock } from "../../../src/base/clock.ts";
import { NO_DELAYS } from "../../../src/base/delays.ts";
import { LOG_PIECE_SIZE } from "../../../src/base/limits.ts";
import { ChangeFeed } from "../../../src/keyspace/change_feed.ts";
import type { Database } from "../../../src/keyspace/database.ts";
import { Looks } from "../../../src/keyspace/looks.ts";
import { KeyObservers } from "../../../src/keyspace/observers.ts";
import { Unsynced } from "../../../src/keyspace/unsynced.ts";
import { AppendWriter } from "../../../src/persistence/log/append_writer.ts";
import type { AppendFile } from "../../../src/runtime/files.ts";
import { SimDisk } from "../../durability/sim_disk.ts";

const db = { id: 0 } as Database;

let disk: SimDisk;
let feed: ChangeFeed;
let writer: AppendWriter;
let timeMs: number;
let syncs: (() => void)[];
/** What `syncedMark` was each time the hook was called. */
let heard: number[];

beforeEach(() => {
  disk = new SimDisk();
  syncs = [];
  heard = [];
  timeMs = 10_000;
  disk.defer = (run) => void syncs.push(run);
  const unsynced = new Unsynced(1, new KeyObservers(), new Looks());
  feed = new ChangeFeed(unsynced);
  const clock = new Clock({
    wallMs: () => timeMs,
    wallUs: () => timeMs * 1000,
    monotonicMs: () => timeMs,
  });
  writer = new AppendWriter(feed, unsynced, clock, {
    log: () => {},
    beforeWrite: () => {},
    flushLater: () => {},
    onSafe: () => {},
    onSynced: () => void heard.push(writer.syncedMark),
    onProblem: () => {},
    isInForce: () => true,
    fail: () => {},
    isSaving: () => false,
    delays: NO_DELAYS,
  });
  writer.open(disk.openAppend("first", false));
});

/** A change; returns its mark. */
function change(): number {
  feed.beginUnit();
  feed.tellInstead(db, 1).bulkText("FLUSHALL");
  feed.endUnit();
  return feed.mark;
}

/** A change, written, and a sync begun if one is due; returns its mark. */
function flushed(): number {
  const mark = change();
  writer.flush();
  return mark;
}

function pass(ms: number): void {
  timeMs += ms;
  writer.flush();
}

/** The sync that was begun first ends. */
const endSync = () => syncs.shift()?.();

/** The disk's next operation but so many fails. */
function breakNext(after = 0): void {
  disk.fault = { at: disk.operations.length + 1 + after, kind: "broken", isDone: false };
}

describe("what is synced", () => {
  test("under everysec is what was written when a sync began that has ended", () => {
    writer.choose("everysec");
    const first = flushed();
    expect(writer.safeMark).toBe(first);
    expect(writer.syncedMark).toBe(0);
    const second = flushed();
    endSync();
    expect(writer.syncedMark).toBe(first);
    pass(999);
    expect(syncs.length).toBe(0);
    pass(1);
    expect(writer.syncedMark).toBe(first);
    endSync();
    expect(writer.syncedMark).toBe(second);
    expect(heard).toEqual([first, second]);
    pass(5000);
    expect(syncs.length).toBe(0);
  });

  test("under always as well", () => {
    writer.choose("always");
    const first = flushed();
    const second = change();
    writer.flush();
    endSync();
    expect(writer.syncedMark).toBe(first);
    writer.flush();
    endSync();
    expect(writer.syncedMark).toBe(second);
    expect(writer.safeMark).toBe(second);
  });

  test("under no is nothing, until another policy comes or the file is changed", () => {
    writer.choose("no");
    const first = flushed();
    pass(10_000);
    expect(syncs.length).toBe(0);
    expect(writer.safeMark).toBe(first);
    expect(writer.syncedMark).toBe(0);
    writer.choose("everysec");
    pass(100);
    endSync();
    expect(writer.syncedMark).toBe(first);
    writer.choose("no");
    const second = flushed();
    pass(10_000);
    expect(writer.syncedMark).toBe(first);
    writer.settle();
    expect(writer.syncedMark).toBe(second);
  });

  test("is nothing while the disk is left to others", () => {
    writer.choose("everysec");
    writer.isDiskBusy = true;
    const mark = flushed();
    pass(5000);
    expect(syncs.length).toBe(0);
    writer.isDiskBusy = false;
    pass(100);
    endSync();
    expect(writer.syncedMark).toBe(mark);
  });
});

describe("a failure", () => {
  test("to write: what is kept to be tried again is not synced, though it may be confirmed", () => {
    writer.choose("everysec");
    const first = flushed();
    breakNext();
    const second = flushed();
    expect(writer.safeMark).toBe(second);
    expect(writer.problem).toBe("Input/output error");
    endSync();
    expect(writer.syncedMark).toBe(first);
    pass(1000);
    endSync();
    expect(writer.syncedMark).toBeGreaterThanOrEqual(second);
  });

  test("to write while all before waits for its sync", () => {
    writer.choose("no");
    const first = flushed();
    breakNext();
    const second = flushed();
    writer.choose("everysec");
    // The write is tried again later than this sync begins.
    pass(500);
    endSync();
    expect(writer.syncedMark).toBe(first);
    expect(writer.safeMark).toBe(second);
  });

  test("to sync: only the next that succeeds counts", () => {
    writer.choose("everysec");
    breakNext(1);
    const mark = flushed();
    endSync();
    expect(writer.syncedMark).toBe(0);
    pass(1000);
    expect(writer.syncedMark).toBe(0);
    endSync();
    expect(writer.syncedMark).toBe(mark);
  });

  test("to sync at once, before another file", () => {
    writer.choose("no");
    flushed();
    breakNext();
    expect(() => writer.settle()).toThrow("Input/output error");
    expect(writer.syncedMark).toBe(0);
    expect(heard).toEqual([]);
  });
});

describe("more than one piece holds", () => {
  /** What a unit of two commands, each larger than half a piece, is in the log. */
  const SIZE = Math.floor(LOG_PIECE_SIZE * 0.6);
  const value = (byte: string) => Buffer.alloc(SIZE, byte);

  /** A file that takes so many bytes until it is full, and may keep what it took of a write. */
  class FullFile implements AppendFile {
    readonly parts: Buffer[] = [];
    size = 0;
    room = Infinity;
    write(bytes: Uint8Array, offset: number, size: number): void {
      const taken = Math.min(size, this.room);
      this.parts.push(Buffer.from(bytes.subarray(offset, offset + taken)));
      this.size += taken;
      this.room -= taken;
      if (taken < size) throw new Error("No space left on device");
    }
    truncate(): void {
      throw new Error("Input/output error");
    }
    sync(): void {}
    syncLater(done: (problem: string | null) => void): void {
      done(null);
    }
    close(): void {}
  }

  function tellTwo(): Buffer {
    feed.beginUnit();
    for (const byte of ["a", "b"]) {
      const out = feed.tellInstead(db, 2);
      out.bulkText("ECHO");
      out.bulkBytes(value(byte));
    }
    feed.endUnit();
    const command = (byte: string) => [`*2\r\n$4\r\nECHO\r\n$${SIZE}\r\n`, value(byte), "\r\n"];
    return Buffer.concat(
      ["*2\r\n$6\r\nSELECT\r\n$1\r\n0\r\n", "*1\r\n$5\r\nMULTI\r\n"]
        .concat(command("a") as string[], command("b") as string[], "*1\r\n$4\r\nEXEC\r\n")
        .map((part) => Buffer.from(part)),
    );
  }

  for (const room of [Infinity, 20, LOG_PIECE_SIZE >> 1, LOG_PIECE_SIZE + 4096]) {
    test(`is written whole and in order, when ${room} bytes fit at first`, () => {
      const file = new FullFile();
      writer.open(file);
      file.room = room;
      const expected = tellTwo();
      expect(feed.size).toBeGreaterThan(LOG_PIECE_SIZE);
      writer.flush();
      expect(writer.pendingSize).toBe(Math.max(0, expected.length - room));
      file.room = Infinity;
      pass(1000);
      expect(writer.pendingSize).toBe(0);
      expect(Buffer.concat(file.parts).equals(expected)).toBe(true);
    });
  }
});

describe("another file", () => {
  /** A second file is synced on its own: a sync of the first says nothing of it. */
  function goOnInAnother(mark: number): void {
    writer.open(disk.openAppend("second", false));
    const next = flushed();
    endSync();
    expect(writer.syncedMark).toBe(mark);
    pass(1000);
    endSync();
    expect(writer.syncedMark).toBe(next);
  }

  test("comes after a sync of all that was told", () => {
    writer.choose("everysec");
    flushed();
    const mark = change();
    writer.settle();
    expect(writer.syncedMark).toBe(mark);
    goOnInAnother(mark);
  });

  test("is not held for synced by a sync of the first that fails late", () => {
    writer.choose("everysec");
    breakNext(1);
    flushed();
    writer.settle();
    const mark = writer.syncedMark;
    goOnInAnother(mark);
  });

  test("after the log was given up begins with a base, which has all from before", () => {
    writer.choose("everysec");
    const mark = change();
    writer.abandon();
    expect(writer.syncedMark).toBe(mark);
    writer.open(disk.openAppend("second", false));
    const next = flushed();
    expect(writer.syncedMark).toBe(mark);
    endSync();
    expect(writer.syncedMark).toBe(next);
  });
});
