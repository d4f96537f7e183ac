// Purpose: the feed of changes with more than one taker: what each gets, and when, whatever the
// others do. The log as its only taker is in test/persistence/log/append_writer_test.ts.

import { beforeEach, describe, expect, test } from "bun:test";
import { LOG_PIECE_SIZE } from "../../src/base/limits.ts";
import { type ChangeCursor, ChangeFeed, type ChangeTaker } from "../../src/keyspace/change_feed.ts";
import type { Database } from "../../src/keyspace/database.ts";
import { Random } from "../fuzz/random.ts";

const database = (id: number) => ({ id }) as Database;

/** Collects what it takes. */
class Collector implements ChangeTaker {
  readonly cursor: ChangeCursor;
  private readonly parts: Buffer[] = [];
  /** How often it was told that there is something. */
  toldCount = 0;

  constructor(feed: ChangeFeed) {
    this.cursor = feed.attach(this);
  }

  told(): void {
    this.toldCount++;
  }

  /** Takes all; its mark. */
  take(): number {
    this.cursor.show((bytes, offset, size) => {
      this.parts.push(Buffer.from(bytes.subarray(offset, offset + size)));
      return false;
    });
    return this.cursor.taken();
  }

  get bytes(): Buffer {
    return Buffer.concat(this.parts);
  }

  /** The words of what was taken, a command a line. */
  get text(): string {
    const commands = this.bytes
      .toString("latin1")
      .split(/\*\d+\r\n/)
      .slice(1);
    const wordsOf = (command: string) => command.split(/\$\d+\r\n/).slice(1);
    return commands
      .map((command) => wordsOf(command).join("").trim().split("\r\n").join(" "))
      .join("\n");
  }
}

let feed: ChangeFeed;

beforeEach(() => {
  feed = new ChangeFeed({
    mark: 1,
    hiddenFrom: Infinity,
    setApart() {
      this.mark++;
    },
  });
});

function tell(db: number, ...words: (string | Buffer)[]): void {
  const out = feed.tellInstead(database(db), words.length);
  for (const word of words) out.bulkBytes(Buffer.from(word));
}

/** A unit of commands of one word, for a database; its mark. */
function unit(db: number, ...commands: string[]): number {
  feed.beginUnit();
  for (const command of commands) tell(db, command);
  feed.endUnit();
  return feed.mark;
}

describe("two takers", () => {
  test("get every byte in order, each at its own time", () => {
    const one = new Collector(feed);
    const other = new Collector(feed);
    unit(0, "a");
    unit(0, "b", "c");
    one.take();
    unit(1, "d");
    one.take();
    expect(other.bytes.length).toBe(0);
    other.take();
    const all = "SELECT 0\na\nMULTI\nb\nc\nEXEC\nSELECT 1\nd";
    expect([one.text, other.text]).toEqual([all, all]);
    expect(feed.size).toBe(0);
  });

  test("of which one is slow: it alone keeps what it has not taken, in whole pieces", () => {
    const quick = new Collector(feed);
    const slow = new Collector(feed);
    const value = Buffer.alloc(Math.floor(LOG_PIECE_SIZE * 0.6), "v");
    for (let i = 0; i < 4; i++) {
      feed.beginUnit();
      tell(0, `first${i}`, value);
      tell(0, `second${i}`, value);
      feed.endUnit();
      quick.take();
      expect(quick.cursor.pendingSize).toBe(0);
      if (i === 1) slow.take();
    }
    expect(slow.cursor.pendingSize).toBeGreaterThan(4 * value.length);
    expect(feed.size).toBeLessThan(4 * value.length + LOG_PIECE_SIZE);
    slow.take();
    expect(feed.size).toBe(0);
    expect(slow.bytes.equals(quick.bytes)).toBe(true);
    expect(quick.text.match(/MULTI|EXEC|first\d|second\d/g)?.join(" ")).toBe(
      [0, 1, 2, 3].map((i) => `MULTI first${i} second${i} EXEC`).join(" "),
    );
  });

  test("at random times get the same as one that takes at once", () => {
    const random = new Random(7);
    const takers = [new Collector(feed), new Collector(feed), new Collector(feed)];
    for (let i = 0; i < 2000; i++) {
      unit(random.below(2), ...Array.from({ length: random.between(1, 3) }, () => `c${i}`));
      takers[0].take();
      for (const taker of takers.slice(1)) if (random.chance(0.2)) taker.take();
    }
    for (const taker of takers) taker.take();
    expect(takers[1].text).toBe(takers[0].text);
    expect(takers[2].text).toBe(takers[0].text);
    expect(feed.size).toBe(0);
  });

  test("are told once that there is something, until somebody takes", () => {
    const one = new Collector(feed);
    const other = new Collector(feed);
    unit(0, "a");
    unit(0, "b");
    expect([one.toldCount, other.toldCount]).toEqual([1, 1]);
    one.take();
    unit(0, "c");
    expect([one.toldCount, other.toldCount]).toEqual([2, 2]);
  });
});

describe("a unit that is held", () => {
  /** It tells commands for a database, is held, and tells more when it goes on. */
  function holdAfter(db: number, ...commands: string[]): void {
    feed.beginUnit();
    for (const command of commands) tell(db, command);
    feed.holdUnit();
  }

  function end(db: number, ...commands: string[]): void {
    feed.goOnWithUnit();
    for (const command of commands) tell(db, command);
    feed.joinUnit();
    feed.endUnit();
  }

  test("is whole when it ends, after what others have told, and for its own database", () => {
    const one = new Collector(feed);
    unit(0, "a");
    holdAfter(2, "b", "c");
    one.take();
    expect(one.text).toBe("SELECT 0\na");
    unit(0, "d");
    feed.goOnWithUnit();
    tell(1, "e");
    feed.holdUnit();
    one.take();
    unit(0, "f");
    end(1, "g");
    unit(1, "h");
    one.take();
    expect(one.text).toBe("SELECT 0\na\nd\nf\nSELECT 2\nMULTI\nb\nc\nSELECT 1\ne\ng\nEXEC\nh");
  });

  test.each([
    ["nothing", [], [], ""],
    ["one command before", ["b"], [], "SELECT 3\nb\n"],
    ["one command after", [], ["c"], "SELECT 3\nc\n"],
    ["one before and one after", ["b"], ["c"], "SELECT 3\nMULTI\nb\nc\nEXEC\n"],
  ])("that tells %s is a transaction only if it needs one", (_what, before, after, told) => {
    const one = new Collector(feed);
    unit(3, "a");
    one.take();
    holdAfter(3, ...before);
    end(3, ...after);
    unit(3, "d");
    one.take();
    expect(one.text).toBe(`SELECT 3\na\n${told}d`);
  });

  test("has a mark of its own, which what is taken meanwhile does not reach", () => {
    const one = new Collector(feed);
    const before = unit(0, "a");
    holdAfter(0, "b");
    expect(one.take()).toBe(before);
    expect(one.take()).toBe(before);
    end(0);
    expect(feed.mark).toBe(before + 1);
    expect(one.take()).toBe(before + 1);
  });

  test("is told of when it ends, though nobody has told anything since", () => {
    const one = new Collector(feed);
    holdAfter(0, "a");
    one.take();
    const told = one.toldCount;
    end(0);
    expect(one.toldCount).toBeGreaterThan(told);
  });

  test("goes to another place if that has been changed", () => {
    const one = new Collector(feed);
    holdAfter(4, "a");
    one.take();
    one.cursor.restart();
    end(4, "b");
    one.take();
    expect(one.text).toBe("SELECT 4\nMULTI\na\nb\nEXEC");
  });

  test("is lost with the last who takes", () => {
    const one = new Collector(feed);
    holdAfter(0, "a");
    one.cursor.detach();
    feed.goOnWithUnit();
    feed.joinUnit();
    const other = new Collector(feed);
    unit(0, "b");
    other.take();
    expect(other.text).toBe("SELECT 0\nb");
  });
});

describe("one that attaches in the midst", () => {
  test("gets what is told from then on, begun with a SELECT, which the other does not get", () => {
    const one = new Collector(feed);
    unit(3, "a");
    const late = new Collector(feed);
    expect(late.cursor.pendingSize).toBe(0);
    unit(3, "b");
    for (const taker of [one, late]) taker.take();
    unit(3, "c");
    for (const taker of [one, late]) taker.take();
    expect(one.text).toBe("SELECT 3\na\nb\nc");
    expect(late.text).toBe("SELECT 3\nb\nc");
  });

  test("gets of an open unit what follows, and neither gets half of one", () => {
    const one = new Collector(feed);
    feed.beginUnit();
    for (const command of ["a", "b"]) tell(0, command);
    const late = new Collector(feed);
    for (const command of ["c", "d"]) tell(0, command);
    feed.endUnit();
    for (const taker of [one, late]) taker.take();
    expect(one.text).toBe("SELECT 0\nMULTI\na\nb\nEXEC\nMULTI\nc\nd\nEXEC");
    expect(late.text).toBe("SELECT 0\nMULTI\nc\nd\nEXEC");
  });

  test("goes on at another place as at the first", () => {
    const one = new Collector(feed);
    const other = new Collector(feed);
    unit(1, "a");
    for (const taker of [one, other]) taker.take();
    other.cursor.restart();
    unit(1, "b");
    for (const taker of [one, other]) taker.take();
    expect(one.text).toBe("SELECT 1\na\nb");
    expect(other.text).toBe("SELECT 1\na\nSELECT 1\nb");
  });
});

describe("one that detaches", () => {
  test("gets no more, and gives up what only it had not taken", () => {
    const one = new Collector(feed);
    const other = new Collector(feed);
    unit(0, "a");
    one.take();
    other.cursor.detach();
    expect(feed.size).toBe(0);
    unit(0, "b");
    one.take();
    expect(one.text).toBe("SELECT 0\na\nb");
    expect(feed.active).toBe(true);
    other.cursor.detach();
    one.cursor.detach();
    expect(feed.active).toBe(false);
  });

  test("in the midst of a unit leaves the other one that is whole", () => {
    const one = new Collector(feed);
    const other = new Collector(feed);
    feed.beginUnit();
    for (const command of ["a", "b"]) tell(0, command);
    other.cursor.detach();
    for (const command of ["c", "d"]) tell(0, command);
    feed.endUnit();
    one.take();
    expect(one.text).toBe("SELECT 0\nMULTI\na\nb\nEXEC\nMULTI\nc\nd\nEXEC");
  });

  test("as the last ends the unit, whose end nobody tells", () => {
    const one = new Collector(feed);
    feed.beginUnit();
    tell(0, "a");
    one.cursor.detach();
    expect([feed.active, feed.size]).toEqual([false, 0]);
    const next = new Collector(feed);
    unit(0, "b");
    next.take();
    expect(next.text).toBe("SELECT 0\nb");
  });
});

describe("marks", () => {
  test("say of each take what it has: all up to its mark, and nothing that is later", () => {
    const one = new Collector(feed);
    const other = new Collector(feed);
    const first = unit(0, "a");
    expect(one.take()).toBe(first);
    const second = unit(0, "b");
    expect(second).toBeGreaterThan(first);
    expect(other.take()).toBe(second);
    const third = unit(0, "c");
    expect(third).toBeGreaterThan(second);
    expect(one.take()).toBe(third);
    expect(other.take()).toBeGreaterThanOrEqual(third);
  });

  test("may not change within a unit of which something was told", () => {
    const one = new Collector(feed);
    feed.beginUnit();
    tell(0, "a");
    expect(() => one.take()).toThrow("a unit has one mark");
    feed.cut();
    expect(one.take()).toBe(1);
    feed.endUnit();
  });
});

test("a part that was passed is not shown again, the SELECT of a late one included", () => {
  const one = new Collector(feed);
  unit(0, "a");
  const late = new Collector(feed);
  unit(0, "b");
  const whole = late.cursor.pendingSize;
  late.cursor.passed(30);
  expect(late.cursor.pendingSize).toBe(whole - 30);
  late.take();
  one.take();
  expect(late.bytes.toString("latin1")).toBe(
    "*2\r\n$6\r\nSELECT\r\n$1\r\n0\r\n*1\r\n$1\r\nb\r\n".slice(30),
  );
});

test("what is done untold is told to nobody, and what follows is", () => {
  const one = new Collector(feed);
  expect(feed.untold(() => feed.active)).toBe(false);
  expect(feed.active).toBe(true);
  one.cursor.detach();
  feed.untold(() => {});
  expect(feed.active).toBe(false);
});
