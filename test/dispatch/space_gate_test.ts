// Purpose: what a server does when little space is left (src/dispatch/space_gate.ts): which
// commands begin, transactions and clients that wait, what is loaded, and large strings.

import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import type { Ref } from "../../src/arena/arena.ts";
import * as arena from "../../src/arena/arena.ts";
import { Flag, HiddenFlag } from "../../src/calls/command.ts";
import { commandTable } from "../../src/commands/all.ts";
import { Replay } from "../../src/dispatch/replay.ts";
import { RdbLoader, RdbSaver } from "../../src/persistence/rdb/rdb_file.ts";
import { SnapshotLoader } from "../../src/persistence/snapshot/snapshot_loader.ts";
import { blocksTo, SnapshotSaver } from "../../src/persistence/snapshot/snapshot_saver.ts";
import { argsOf } from "../../src/protocol/args.ts";
import * as dict from "../../src/structures/dict.ts";
import { World } from "../keyspace/worlds.ts";
import { InnerServer } from "../persistence/inner_server.ts";

const REFUSED = `-${arena.OUT_OF_SPACE.message}\r\n`;

let inner: InnerServer;
let held: Ref[] = [];

/** Takes segments until so many are left; they are not written to. */
function leave(count: number): void {
  while (arena.segmentsLeft() < count) arena.free(held.pop() as Ref);
  while (arena.segmentsLeft() > count) held.push(arena.alloc(arena.SEGMENT_SIZE + 8));
}

beforeEach(() => {
  inner = new InnerServer(1);
  inner.run("SET", "string", "value");
  inner.run("RPUSH", "list", "a", "b", "c");
  inner.run("SADD", "set", "a", "b", "c");
});

afterEach(() => {
  arena.failAt(Infinity);
  // Freed blocks are written to in debug builds.
  globalThis.DEBUG = false;
  for (const ref of held) arena.free(ref);
  globalThis.DEBUG = true;
  held = [];
});

describe("by what is left", () => {
  const { RESERVED_SEGMENTS } = arena;

  test("of more than the reserve, every command begins", () => {
    leave(RESERVED_SEGMENTS + 1);
    expect(inner.run("SET", "other", "value")).toBe("+OK\r\n");
  });

  test("of the reserve, none that makes the data grow", () => {
    leave(RESERVED_SEGMENTS);
    expect(inner.run("SET", "other", "value")).toBe(REFUSED);
    expect(inner.run("LMOVE", "list", "list", "LEFT", "RIGHT")).toBe(REFUSED);
    expect(inner.run("SUNIONSTORE", "other", "set")).toBe(REFUSED);
    expect(inner.run("EXPIRE", "string", "100")).toBe(":1\r\n");
    expect(inner.run("SMOVE", "set", "other", "a")).toBe(":1\r\n");
    expect(inner.run("SUNION", "set", "other")).toBe("*3\r\n$1\r\nb\r\n$1\r\nc\r\n$1\r\na\r\n");
    expect(inner.run("GET", "string")).toBe("$5\r\nvalue\r\n");
    expect(inner.run("EXISTS", "other")).toBe(":1\r\n");
  });

  test("of half of the reserve, only those that take away", () => {
    leave(RESERVED_SEGMENTS / 2);
    expect(inner.run("EXPIRE", "string", "100")).toBe(REFUSED);
    expect(inner.run("SMOVE", "set", "other", "a")).toBe(REFUSED);
    expect(inner.run("ZUNION", "2", "set", "set")).toBe(REFUSED);
    expect(inner.run("SMEMBERS", "set")).toBe("*3\r\n$1\r\na\r\n$1\r\nb\r\n$1\r\nc\r\n");
    expect(inner.run("LPOP", "list")).toBe("$1\r\na\r\n");
    expect(inner.run("DEL", "set")).toBe(":1\r\n");
  });

  test("of an eighth of it, none that changes anything", () => {
    leave(RESERVED_SEGMENTS / 8);
    expect(inner.run("DEL", "set")).toBe(REFUSED);
    expect(inner.run("GET", "string")).toBe("$5\r\nvalue\r\n");
    leave(RESERVED_SEGMENTS + 1);
    expect(inner.run("DEL", "set")).toBe(":1\r\n");
    expect(inner.run("SET", "other", "value")).toBe("+OK\r\n");
  });

  test("INFO memory tells the limit, the reserve and what is left", () => {
    leave(RESERVED_SEGMENTS + 3);
    const info = (name: string) => {
      const text = infoOf(inner);
      return Number(new RegExp(`^${name}:(\\d+)\\r?$`, "m").exec(text)?.[1]);
    };
    const reserve = RESERVED_SEGMENTS * arena.SEGMENT_SIZE;
    expect(info("rusk_data_limit")).toBe(2 ** 34 - reserve);
    expect(info("rusk_data_reserve")).toBe(reserve);
    expect(info("rusk_data_left")).toBe(3 * arena.SEGMENT_SIZE);
  });
});

function infoOf({ server }: InnerServer): string {
  server.host.systemMemorySize = () => 0;
  server.host.residentSize = () => 0;
  server.host.heapSize = () => 0;
  return inner.run("INFO", "memory");
}

test("commands that only take away are writing ones that do not make the data grow", () => {
  const shrinking = commandTable.all.filter(({ flags }) => (flags & HiddenFlag.shrinking) !== 0);
  expect(shrinking.length).toBeGreaterThanOrEqual(36);
  for (const { name, flags } of shrinking) {
    expect([name, flags & (Flag.write | Flag.denyoom)]).toEqual([name, Flag.write]);
  }
});

describe("what was there before", () => {
  test("commands of a log that need more than there is end the loading", () => {
    const replay = new Replay(inner.server, inner.server.scripts);
    replay.begin();
    expect(replay.run(argsOf(["SET", "other", "value"]))).toBeNull();
    arena.failAt(-1);
    const problem = "The data take more memory than this server can hold or get";
    expect(replay.run(argsOf(["SET", "another", "value"]))).toBe(problem);
  });

  test.each(["rusk", "rdb"] as const)("so does a snapshot, %s", (format) => {
    const pieces: Buffer[] = [];
    const { keyspace } = inner;
    const sink = (bytes: Uint8Array) => void pieces.push(Buffer.from(bytes));
    const saver =
      format === "rdb" ? new RdbSaver(sink) : new SnapshotSaver(blocksTo(sink, true), "lru");
    saver.begin([]);
    saver.select(0);
    dict.each(keyspace.databases[0].keys, (e) => saver.entry(keyspace.databases[0], keyspace, e));
    saver.end();
    const bytes = Buffer.concat(pieces);
    let refused = 0;
    for (let count = -1; refused === count + 1; count++) {
      let at = 0;
      const read = (into: Uint8Array, offset: number, size: number) => {
        const piece = bytes.subarray(at, at + size);
        into.set(piece, offset);
        at += piece.length;
        return piece.length;
      };
      const world = new World();
      const before = arena.figures().blockCount;
      const Loader = format === "rdb" ? RdbLoader : SnapshotLoader;
      arena.failAt(count);
      try {
        const loader = new Loader({ size: bytes.length, read }, world.keyspace);
        while (loader.step(10));
      } catch (error) {
        expect(error).toBe(arena.OUT_OF_SPACE);
        refused++;
      }
      arena.failAt(Infinity);
      world.end();
      expect(arena.figures().blockCount).toBe(before);
    }
    expect(refused).toBeGreaterThan(3);
  });
});

describe("a transaction", () => {
  test("is refused whole when one of its commands makes the data grow", () => {
    for (const words of [["MULTI"], ["DEL", "list"], ["SET", "other", "value"]])
      inner.run(...words);
    arena.failAt(-1);
    expect(inner.run("EXEC")).toBe(
      `-EXECABORT Transaction discarded because of: ${arena.OUT_OF_SPACE.message}\r\n`,
    );
    expect(inner.run("EXISTS", "list", "other")).toBe(":1\r\n");
  });

  test("each of its commands is asked about when its turn comes", () => {
    const cursor = inner.server.feed.attach({ told: () => {} });
    // Blocks of its size are at hand, so that it needs no other segment.
    for (const key of ["before", "first", "after"]) inner.run("SET", key, "x".repeat(5000));
    inner.run("DEL", "first");
    cursor.taken();
    inner.run("MULTI");
    inner.run("RPUSH", "list", "d");
    inner.run("SET", "first", "x".repeat(5000));
    inner.run("SET", "second", "value");
    inner.run("LPOP", "list");
    inner.run("LMOVE", "list", "target", "LEFT", "RIGHT");
    arena.failAt(1);
    const refused = REFUSED.slice(0, -2);
    const replies = ["*5", ":4", "+OK", refused, "$1", "a", refused, ""];
    expect(inner.run("EXEC").split("\r\n")).toEqual(replies);
    arena.failAt(Infinity);
    expect(inner.run("LRANGE", "list", "0", "-1")).toBe("*3\r\n$1\r\nb\r\n$1\r\nc\r\n$1\r\nd\r\n");
    let told = "";
    cursor.show((bytes, offset, size) => {
      told += Buffer.from(bytes.subarray(offset, offset + size)).toString("latin1");
      return false;
    });
    expect(told.match(/\r\n(MULTI|RPUSH|SET|LPOP|LMOVE|EXEC|first|second)\b/g)?.join("")).toBe(
      "\r\nMULTI\r\nRPUSH\r\nSET\r\nfirst\r\nLPOP\r\nEXEC",
    );
  });

  test("of commands that only take away is carried out", () => {
    inner.run("MULTI");
    inner.run("DEL", "list");
    arena.failAt(-1);
    expect(inner.run("EXEC")).toBe("*1\r\n:1\r\n");
  });
});
