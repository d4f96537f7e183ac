// Purpose: a writer that puts pieces aside writes the same bytes as one that keeps all in one
// buffer, whatever the reply is made of and wherever the pieces end; what is dropped takes no room,
// and what is dropped or taken back leaves no trace.

import { expect, test } from "bun:test";
import { giveBack, LARGE_BUFFER_SIZE } from "../../src/base/buffers.ts";
import { fromLatin1, latin1 } from "../../src/base/bytes.ts";
import { Reply } from "../../src/protocol/reply.ts";
import { type Lender, ReplyPieces } from "../../src/protocol/reply_pieces.ts";
import { Random } from "../fuzz/random.ts";

const SEED = Number(process.env.REPLY_SEED ?? Date.now() % 1e9);
const ROUNDS = Number(process.env.REPLY_ROUNDS ?? 2000);
const PIECE_SIZE_MIN = 40;

type Write = (reply: Reply) => void;

/** Values that are lent, and how many hold each. */
class Loans implements Lender {
  readonly holders = new Map<number, number>();

  hold(block: number): void {
    this.holders.set(block, (this.holders.get(block) ?? 0) + 1);
  }

  release(block: number): void {
    const left = (this.holders.get(block) ?? 0) - 1;
    expect(left).toBeGreaterThanOrEqual(0);
    if (left === 0) this.holders.delete(block);
    else this.holders.set(block, left);
  }
}

const LENT = Array.from({ length: 3 }, (_, i) => new Uint8Array(20_000).fill(65 + i));

/** All that was written, from a position on. */
function textOf(reply: Reply, from = 0): string {
  let text = "";
  reply.show(from, reply.position, (bytes, offset, size) => {
    text += latin1(bytes, offset, size);
    return false;
  });
  return text;
}

function leaf(random: Random): Write {
  const number = random.pick([0, 7, -1, 10, 12345, 2 ** 40]);
  const size = random.pick([0, 1, 5, 40, 191, 192, 193, 400, 1000]);
  const text = Array.from({ length: size }, (_, i) => String.fromCharCode(97 + (i % 26))).join("");
  const bytes = fromLatin1(text);
  return random.pick<Write>([
    (r) => r.ok(),
    (r) => r.integer(number),
    (r) => r.bulkInteger(number),
    (r) => r.double(number / 8),
    (r) => r.nil(),
    (r) => r.bulkText(text),
    (r) => r.verbatim("txt", text),
    (r) => r.error(`ERR ${text}`),
    (r) => r.bulk(bytes, 0, size),
    (r) => r.bulk(bytes, 0, size),
    (r) => r.bulkOfBlock(LENT[size % 3], size, 8190 + (number & 3), (size % 3) + 1),
    (r) => r.bulkView(bytes, new DataView(bytes.buffer), 0, size),
  ]);
}

/** A reply with others in it: where the count comes first, last, or with something before it. */
function tree(random: Random, depth: number): Write {
  if (depth === 0 || random.between(0, 3) === 0) return leaf(random);
  const parts = Array.from({ length: random.between(0, 6) }, () => tree(random, depth - 1));
  const count = parts.length;
  const all: Write = (r) => {
    for (const part of parts) part(r);
  };
  const within = (end: (r: Reply, mark: number) => void): Write => {
    return (r) => {
      const mark = r.beginArray();
      all(r);
      end(r, mark);
    };
  };
  return random.pick<Write>([
    (r) => {
      r.array(count);
      all(r);
    },
    within((r, mark) => r.endArray(mark, count)),
    within((r, mark) => r.endSet(mark, count * 100)),
    within((r, mark) => r.endKeyed(mark, count)),
    within((r, mark) => r.endScan(mark, 2 ** 40, count)),
    within((r, mark) => {
      const from = r.position;
      r.array(3);
      r.bulkText("0-0");
      r.moveBack(from, mark);
      r.array(0);
    }),
    // Something was written and then taken back.
    (r) => {
      const from = r.position;
      all(r);
      r.truncate(from);
      r.ok();
    },
  ]);
}

test(`pieces are the same bytes as one buffer (REPLY_SEED=${SEED})`, () => {
  const random = new Random(SEED);
  const plain = new Reply();
  let cut = 0;
  for (let round = 0; round < ROUNDS; round++) {
    plain.clear();
    const loans = new Loans();
    const pieced = new Reply(random.between(PIECE_SIZE_MIN, 600), random.pick([null, loans]));
    plain.protocol = random.between(2, 3);
    pieced.protocol = plain.protocol;
    for (let count = random.between(1, 4); count > 0; count--) {
      const write = tree(random, 4);
      const from = plain.position;
      write(plain);
      write(pieced);
      expect(pieced.position).toBe(plain.position);
      expect(textOf(pieced, from)).toBe(textOf(plain, from));
    }
    if (pieced.pieces.size > 0) cut++;
    expect(textOf(pieced)).toBe(latin1(plain.bytes, 0, plain.at));
    pieced.clear();
    expect([pieced.position, loans.holders.size]).toEqual([0, 0]);
    leaf(random)(pieced);
  }
  expect(cut).toBeGreaterThan(ROUNDS / 4);
});

test("dropping ends for who goes back to where it began, not for who went on from there", () => {
  const reply = new Reply();
  reply.ok();
  const from = reply.position;
  reply.discard(from);
  for (let i = 0; i < 3000; i++) {
    const within = reply.position;
    reply.bulkText("some text");
    reply.truncate(within);
    expect(reply.isDiscarding).toBe(true);
    reply.bulkText("some text");
  }
  reply.truncate(from);
  expect([reply.isDiscarding, reply.position]).toEqual([false, from]);
  expect(textOf(reply, 0)).toBe("+OK\r\n");
});

test(`what is dropped from some point on leaves no trace (REPLY_SEED=${SEED})`, () => {
  const random = new Random(SEED + 1);
  let dropped = 0;
  for (let round = 0; round < ROUNDS; round++) {
    const loans = new Loans();
    const reply = new Reply(random.between(PIECE_SIZE_MIN, 600), loans);
    let expected = "";
    for (let count = random.between(1, 4); count > 0; count--) {
      const write = tree(random, 4);
      const from = reply.position;
      const limit = random.between(0, 3000);
      const isWhole = random.between(0, 1) === 0;
      reply.guard = (r) => {
        if (r.position - from < limit) return;
        dropped++;
        r.discard(isWhole ? from : r.position);
      };
      write(reply);
      reply.guard = null;
      if (!reply.isDiscarding) {
        expected += textOf(reply, from);
        continue;
      }
      // As what a silent part of it would do.
      const within = reply.position;
      leaf(random)(reply);
      if (!isWhole) reply.truncate(within + 1_000_000);
      reply.truncate(from);
      expect(String(reply.isDiscarding)).toBe("false");
      expect(reply.position).toBe(from);
    }
    expect(textOf(reply)).toBe(expected);
    reply.truncate(0);
    expect(loans.holders.size).toBe(0);
    expect(reply.position).toBe(0);
  }
  expect(dropped).toBeGreaterThan(ROUNDS / 10);
});

test("a piece is as long as was said, and the next reply's buffer is as it was", () => {
  const size = 1 << 20;
  const reply = new Reply(size);
  const long = new Uint8Array(10 * size + 5).fill(1);
  reply.bulk(long, 0, long.length);
  const sizes: number[] = [];
  reply.show(0, reply.position, (bytes, _offset, shown) => {
    sizes.push(shown);
    expect(bytes.buffer.byteLength).toBe(size);
    return false;
  });
  expect(sizes.length).toBe(11);
  for (const one of sizes.slice(0, -1)) expect(one).toBeGreaterThan(size - 64);
  reply.clear();
  expect(reply.bytes.length).toBe(size);
});

test("what is lent is shown where it lies, and the guard is asked about it, too", () => {
  const loans = new Loans();
  const reply = new Reply(1 << 20, loans);
  const room = reply.bytes.length;
  const value = new Uint8Array(1 << 20).fill(1);
  let asked = 0;
  reply.guard = (r) => {
    if (++asked === 3) r.discard(0);
  };
  for (let i = 0; i < 2; i++) reply.bulkOfBlock(value, 100, 300_000, 5);
  const shown: boolean[] = [];
  reply.show(0, reply.position, (bytes, _offset, _size, isLast, block) => {
    shown.push(bytes === value, isLast, block === 5);
    return false;
  });
  const own = [false, false, false];
  const lent = [true, false, true];
  expect(shown).toEqual([own, lent, own, lent, own].flat());
  expect(loans.holders.get(5)).toBe(2);
  while (!reply.isDiscarding) reply.bulkOfBlock(value, 0, value.length, 5);
  expect([asked, loans.holders.size]).toEqual([3, 0]);
  expect(reply.bytes.length).toBe(room);
});

test("what is dropped takes no room, however long it is", () => {
  const reply = new Reply(4096);
  reply.ok();
  let asked = 0;
  reply.guard = (r) => {
    asked++;
    r.discard(r.position);
  };
  const value = new Uint8Array(100_000).fill(2);
  for (let i = 0; i < 100_000; i++) reply.bulk(value, 0, value.length);
  expect(asked).toBe(1);
  expect(reply.bytes.length).toBeLessThan(2 ** 21);
  reply.truncate(5);
  expect(textOf(reply)).toBe("+OK\r\n");
});

test("without memory for more, the guard may drop the reply", () => {
  const reply = new Reply(4096);
  reply.ok();
  const from = reply.position;
  const lacking: boolean[] = [];
  reply.guard = (r, lacks) => {
    lacking.push(lacks);
    if (lacks) r.discard(from);
  };
  const { Uint8Array: real } = globalThis;
  const value = new Uint8Array(10_000).fill(3);
  try {
    // No memory for anything larger than what a writer begins with.
    globalThis.Uint8Array = new Proxy(real, {
      construct(target, args: [number]) {
        if (args[0] === 4096) throw new RangeError("Out of memory");
        return Reflect.construct(target, args);
      },
    });
    reply.bulk(value, 0, value.length);
    expect(reply.isDiscarding).toBe(true);
    reply.truncate(from);
  } finally {
    globalThis.Uint8Array = real;
  }
  expect(lacking).toEqual([false, true]);
  expect(textOf(reply)).toBe("+OK\r\n");
});

test("a piece whose memory was taken and given back keeps its place until all is forgotten", () => {
  const pieces = new ReplyPieces();
  pieces.add(new Uint8Array(LARGE_BUFFER_SIZE), 0, LARGE_BUFFER_SIZE, false);
  pieces.add(Uint8Array.of(0, 1, 2, 3), 1, 4, false);
  pieces.show(0, LARGE_BUFFER_SIZE, (bytes) => {
    giveBack(bytes);
    return true;
  });
  const shown: number[] = [];
  pieces.show(LARGE_BUFFER_SIZE, LARGE_BUFFER_SIZE + 3, (bytes, offset, size) => {
    shown.push(...bytes.subarray(offset, offset + size));
    return false;
  });
  expect(shown).toEqual([1, 2, 3]);
  pieces.clear();
  expect(pieces.size).toBe(0);
});

test("pieces that end before a position are dropped, and what follows stays as it was", () => {
  for (const before of [0, 99, 100, 101, 299, 300, 301, 599, 600, 10_000]) {
    const pieces = new ReplyPieces();
    const texts = ["a".repeat(100), "b".repeat(200), "c".repeat(300)];
    for (const text of texts) pieces.add(fromLatin1(text), 0, text.length, false);
    const whole = texts.join("");
    const dropped = [600, 300, 100, 0].find((end) => end <= before) as number;
    expect(pieces.dropFirst(before)).toBe(dropped);
    expect(pieces.size).toBe(600 - dropped);
    let left = "";
    pieces.show(0, pieces.size, (bytes, offset, size) => {
      left += latin1(bytes, offset, size);
      return false;
    });
    expect(left).toBe(whole.slice(dropped));
  }
});

test(`ranges are shown in any order while pieces come and go (REPLY_SEED=${SEED})`, () => {
  const random = new Random(SEED);
  const pieces = new ReplyPieces();
  let model = "";
  let at = 0;
  for (let round = 0; round < ROUNDS * 10; round++) {
    const size = random.between(1, 30);
    const bytes = fromLatin1(`..${model.length}${"abcdefghij".repeat(3)}`).subarray(0, size + 2);
    random.weighted<() => void>([
      [
        4,
        () => {
          pieces.add(bytes, 2, bytes.length, true);
          model += latin1(bytes, 2, bytes.length - 2);
        },
      ],
      [
        0.3,
        () => {
          model = model.slice(0, random.between(0, model.length));
          pieces.truncate(model.length);
        },
      ],
      [
        0.5,
        () => {
          model = model.slice(pieces.dropFirst(random.between(0, model.length)));
        },
      ],
      [
        0.3,
        () => {
          if (model === "") return;
          const position = random.below(model.length);
          pieces.insert(position, bytes, (count) => new Uint8Array(count));
          model = model.slice(0, position) + latin1(bytes, 0, size + 2) + model.slice(position);
        },
      ],
    ])();
    // Nearly always what follows, as the ranges of a turn.
    const from = random.chance(0.8) && at <= model.length ? at : random.between(0, model.length);
    at = random.between(from, model.length + 5);
    let text = "";
    pieces.show(from, at, (shown, offset, count) => {
      text += latin1(shown, offset, count);
      return false;
    });
    if (text !== model.slice(from, at)) expect(text).toBe(model.slice(from, at));
  }
  expect(pieces.size).toBe(model.length);
});
