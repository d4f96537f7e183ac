// Purpose: the request parser against a plain one, over random streams cut at random places and
// at every byte; its limits; and that no way of cutting a large request makes it slow.

import { describe, expect, test } from "bun:test";
import { fromLatin1 } from "../../src/base/bytes.ts";
import { type Args, NOT_CANONICAL } from "../../src/protocol/args.ts";
import { PADDING, type Partial } from "../../src/protocol/partial.ts";
import { BROKEN, COMMAND, MORE, RequestParser } from "../../src/protocol/request.ts";
import { ownCpuMs } from "../client/process.ts";
import { Random } from "../fuzz/random.ts";
import { type Limits, plainRequests, type Requests } from "./plain_parser.ts";

const MB = 2 ** 20;
const LIMITS: Limits = { bulkSizeMax: 512 * MB, unauthenticated: false };

/** What a connection does with what arrives, and all that it makes of it. */
class Reader {
  readonly commands: string[][] = [];
  readonly canonical: boolean[] = [];
  problem: string | null = null;
  partial: Partial | null = null;
  /** Commands are parsed ahead. */
  isAhead = false;
  readonly parser: RequestParser;
  private readonly limits: Limits;
  /** Shared by all chunks, as the server's is by all clients. */
  private readonly input: Uint8Array;
  private readonly keep: (parser: RequestParser) => void;

  constructor(
    limits: Limits,
    inputSize = 64 * 1024,
    keep?: (parser: RequestParser) => void,
    parser = new RequestParser(),
  ) {
    this.parser = parser;
    this.limits = limits;
    this.input = new Uint8Array(inputSize + PADDING);
    this.keep = keep ?? (({ args }) => this.note(args));
  }

  private note(args: Args): void {
    this.commands.push(wordsOf(args));
    this.canonical.push(args.requestStart !== NOT_CANONICAL);
  }

  /** What it has made of all that came. */
  get requests(): Requests {
    return { commands: this.commands, canonical: this.canonical, problem: this.problem };
  }

  /** Takes a chunk; with `stopAfter`, no more than so many commands are run of it. */
  add(chunk: Uint8Array, stopAfter = Infinity): void {
    if (this.problem !== null) return;
    if (this.partial === null) {
      this.input.set(chunk);
      this.parser.start(this.input, new DataView(this.input.buffer), chunk.length);
    } else {
      this.partial.append(chunk);
      if (this.partial.size < this.partial.needed) return;
      this.parser.resume(this.partial);
    }
    this.run(stopAfter);
    // Whoever has borrowed from the buffer of all chunks finds other bytes there from now on.
    this.input.fill(0x2a, 0, chunk.length + PADDING);
  }

  /** Goes on after `stopAfter`. */
  goOn(): void {
    if (this.problem !== null || this.partial === null) return;
    this.parser.resume(this.partial);
    this.run(Infinity);
  }

  private run(stopAfter: number): void {
    this.parser.bulkSizeMax = this.limits.bulkSizeMax;
    this.parser.peer = this.limits;
    let left = stopAfter;
    for (;;) {
      const isBetween = this.parser.expected === 0 && this.parser.batched === 0;
      if (this.isAhead && isBetween) this.parser.parseAhead();
      const found = this.parser.next();
      if (found === MORE) break;
      if (found === BROKEN) {
        this.problem = this.parser.problem;
        return;
      }
      if (found !== COMMAND) continue;
      this.keep(this.parser);
      if (--left > 0) continue;
      this.parser.stop();
      break;
    }
    this.partial = this.parser.suspend(this.partial);
  }
}

const wordsOf = (args: Args) => Array.from({ length: args.count }, (_, index) => args.text(index));

/** Reads a stream in pieces of the sizes that `sizeOf` gives. */
function readIn(stream: string, limits: Limits, sizeOf: () => number, isAhead = false): Requests {
  const bytes = fromLatin1(stream);
  const reader = new Reader(limits, Math.max(bytes.length, 1));
  reader.isAhead = isAhead;
  for (let at = 0; at < bytes.length; ) {
    const size = Math.min(sizeOf(), bytes.length - at);
    reader.add(bytes.subarray(at, at + size));
    at += size;
  }
  return reader.requests;
}

const BYTES = ["a", "b", "\r", "\n", "\0", "\xff", "*", "$", "1", " ", '"', "'", "\\"];

function randomBytes(random: Random, size: number): string {
  let text = "";
  while (text.length < size) text += random.pick(BYTES);
  return text;
}

/** What ends a line, and an argument: seldom what should, which is taken all the same. */
const lineEnd = (random: Random) => `\r${random.chance(0.98) ? "\n" : random.pick(BYTES)}`;
const argumentEnd = (random: Random) => (random.chance(0.98) ? "\r\n" : randomBytes(random, 2));

function bulk(random: Random): string {
  const size = random.weighted([
    [6, random.below(4)],
    [3, random.below(40)],
    [1, random.between(95, 130)],
    [0.2, random.between(990, 1010)],
    [0.1, random.between(16380, 16390)],
  ]);
  return `$${size}${lineEnd(random)}${randomBytes(random, size)}${argumentEnd(random)}`;
}

function array(random: Random): string {
  const count = random.weighted([
    [10, random.between(1, 4)],
    [1, random.between(8, 12)],
    [0.3, random.between(98, 102)],
  ]);
  return `*${count}${lineEnd(random)}${Array.from({ length: count }, () => bulk(random)).join("")}`;
}

const INLINE = ["PING", "SET a b", 'ECHO "a\\x00\\n"', "a 'b\\'c' d", "  x\ty  ", "", " ", '""'];
const MALFORMED = [
  "*x\r\n",
  "*01\r\n",
  "*-0\r\n",
  "*2147483648\r\n",
  "*99999999999999999999\r\n",
  "*-9223372036854775809\r\n",
  "*1\r\n$-1\r\n",
  "*1\r\n$1x\r\n",
  "*1\r\n$01\r\n",
  "*1\r\n$536870913\r\n",
  "*1\r\n\r\n$1\r\n",
  "*1\r\n\nxx\r\n",
  "*1\r\n*1\r\n$1\r\na\r\n",
  "*2\r\n$1\r\na\r\nPING\r\n",
  'PING "\r\n',
  "'a'b\n",
  "PI\0NG\r\n",
  "*1\0\r\n",
];
const EMPTY = ["\r\n", "\n", "*0\r\n", "*-1\r\n", "*-10\r\n", "*-9223372036854775808\r\n", " \r\n"];

function randomStream(random: Random): string {
  const count = random.between(1, 12);
  let stream = "";
  for (let i = 0; i < count; i++) {
    stream += random.weighted([
      [10, array(random)],
      [4, `${random.pick(INLINE)}${random.pick(["\r\n", "\n"])}`],
      [2, random.pick(EMPTY)],
      [0.5, random.pick(MALFORMED)],
      [0.3, randomBytes(random, random.below(12))],
    ]);
  }
  return random.chance(0.3) ? stream.slice(0, random.below(stream.length + 1)) : stream;
}

describe("random streams", () => {
  test.each([false, true])("whole and cut at random places, unauthenticated: %p", (is) => {
    const random = new Random(is ? 11 : 12);
    const limits = { ...LIMITS, unauthenticated: is };
    let problems = 0;
    for (let round = 0; round < 1500; round++) {
      const stream = randomStream(random);
      const expected = plainRequests(stream, limits);
      if (expected.problem !== null) problems++;
      const most = random.pick([2, 10, 100, 5000]);
      const sizes = [() => stream.length, () => random.between(1, most)];
      for (const sizeOf of sizes) {
        for (const isAhead of [false, true]) {
          expect(readIn(stream, limits, sizeOf, isAhead)).toEqual(expected);
        }
      }
    }
    expect(problems).toBeGreaterThan(200);
  });

  test("byte by byte", () => {
    const random = new Random(13);
    for (let round = 0; round < 300; round++) {
      const stream = randomStream(random);
      expect(readIn(stream, LIMITS, () => 1)).toEqual(plainRequests(stream, LIMITS));
    }
  });

  test("cut in two at every place", () => {
    const parts = [
      ...MALFORMED,
      ...EMPTY,
      "SET a 'b c'\r\n",
      "*2\r\n$3\r\nGET\r\n$11\r\n0123456789a\r\n",
    ];
    for (const part of parts) {
      const stream = `*1\r\n$4\r\nPING\r\n${part}PING\r\n*1\r\n$4\r\nPING\r\n`;
      const expected = plainRequests(stream, LIMITS);
      for (let cut = 1; cut < stream.length; cut++) {
        let size = 0;
        const sizeOf = () => {
          size = size === 0 ? cut : stream.length;
          return size;
        };
        const isAhead = cut % 2 === 0;
        expect([part, cut, readIn(stream, LIMITS, sizeOf, isAhead)]).toEqual([part, cut, expected]);
      }
    }
  });

  test("stopped after any command, and gone on with later", () => {
    const random = new Random(14);
    for (let round = 0; round < 1000; round++) {
      const stream = randomStream(random);
      const bytes = fromLatin1(stream);
      const reader = new Reader(LIMITS, Math.max(bytes.length, 1));
      reader.isAhead = random.chance(0.5);
      for (let at = 0; at < bytes.length; ) {
        const size = random.between(1, bytes.length - at);
        reader.add(bytes.subarray(at, at + size), random.between(1, 3));
        if (random.chance(0.7)) reader.goOn();
        at += size;
      }
      reader.goOn();
      expect(reader.requests).toEqual(plainRequests(stream, LIMITS));
    }
  });
});

test("connections that share a parser, each cut at random places", () => {
  const random = new Random(15);
  for (let round = 0; round < 300; round++) {
    const parser = new RequestParser();
    const all = Array.from({ length: random.between(2, 5) }, () => {
      const stream = randomStream(random);
      const bytes = fromLatin1(stream);
      const reader = new Reader(LIMITS, bytes.length, undefined, parser);
      reader.isAhead = random.chance(0.5);
      return { stream, bytes, reader, at: 0 };
    });
    const open = () => all.filter(({ at, bytes }) => at < bytes.length);
    for (let left = open(); left.length > 0; left = open()) {
      const one = random.pick(left);
      const size = random.between(1, random.pick([2, 20, 200]));
      one.reader.add(one.bytes.subarray(one.at, one.at + size), random.pick([1, Infinity]));
      one.at += size;
    }
    for (const { stream, reader } of all) {
      reader.goOn();
      expect(reader.requests).toEqual(plainRequests(stream, LIMITS));
    }
  }
});

describe("limits", () => {
  const problemOf = (stream: string, limits: Limits = LIMITS, size = stream.length) =>
    readIn(stream, limits, () => size).problem;

  test("of an argument's size", () => {
    const limits = { ...LIMITS, bulkSizeMax: MB };
    expect(problemOf(`*1\r\n$${MB}\r\n`, limits)).toBeNull();
    expect(problemOf(`*1\r\n$${MB + 1}\r\n`, limits)).toBe("Protocol error: invalid bulk length");
  });

  test("of a command's size, which offsets can hold", () => {
    const limits = { ...LIMITS, bulkSizeMax: 2 ** 40 };
    expect(problemOf(`*1\r\n$${2 ** 31}\r\n`, limits)).toBe("Protocol error: too big request");
  });

  test("before authentication", () => {
    const limits = { ...LIMITS, unauthenticated: true };
    const ten = `*10\r\n${"$1\r\na\r\n".repeat(10)}`;
    expect(readIn(ten, limits, () => 1)).toEqual({
      commands: ["a".repeat(10).split("")],
      canonical: [true],
      problem: null,
    });
    expect(problemOf("*11\r\n", limits)).toBe("Protocol error: unauthenticated multibulk length");
    expect(problemOf("*1\r\n$16384\r\n", limits)).toBeNull();
    expect(problemOf("*1\r\n$16385\r\n", limits)).toBe(
      "Protocol error: unauthenticated bulk length",
    );
  });

  test("authentication counts from the next command on", () => {
    const peer = { bulkSizeMax: MB, unauthenticated: true };
    const reader = new Reader(peer, 1024, () => {
      peer.unauthenticated = false;
    });
    reader.add(fromLatin1("AUTH a\r\n*11\r\n$1\r\na\r\n"));
    expect(reader.problem).toBeNull();
  });

  test.each([
    ["an inline command", "a", "too big inline request"],
    ["a count", "*1", "too big mbulk count string"],
    ["a size", "*1\r\n$1", "too big bulk count string"],
    ["a size without its sign", "*1\r\n1", "too big bulk count string"],
    ["a line with a zero byte", "a\0\r\n", "too big inline request"],
  ])("of %s that does not end", (_, begin, problem) => {
    const head = begin.startsWith("*1\r\n") ? 4 : 0;
    const fits = begin.padEnd(head + 65536, "1");
    expect(problemOf(fits)).toBeNull();
    expect(problemOf(fits, LIMITS, 1000)).toBeNull();
    expect(problemOf(`${fits}1`)).toBe(`Protocol error: ${problem}`);
    expect(problemOf(`${fits}1`, LIMITS, 1000)).toBe(`Protocol error: ${problem}`);
  });

  test("a line that is there whole may be longer by one reading", () => {
    const line = (size: number) => `ECHO ${"a".repeat(size - 5)}`;
    expect(readIn(`${line(81919)}\n`, LIMITS, () => 90_000).commands[0][1].length).toBe(81914);
    expect(problemOf(`${line(81920)}\n`)).toBe("Protocol error: too big inline request");
  });
});

describe("large requests", () => {
  /** Milliseconds that reading takes, and how many arguments of what size there were. */
  function timed(pieces: Iterable<Uint8Array>) {
    let count = 0;
    let size = 0;
    const reader = new Reader(LIMITS, 64 * 1024, ({ args }) => {
      count += args.count;
      for (let i = 0; i < args.count; i++) size += args.size[i];
    });
    const start = ownCpuMs();
    for (const piece of pieces) reader.add(piece);
    return { count, size, ms: ownCpuMs() - start };
  }

  function* piecesOf(bytes: Uint8Array, size: number): Generator<Uint8Array> {
    for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
  }

  function manyArguments(count: number): Uint8Array {
    return Buffer.from(`*${count}\r\n${"$1\r\na\r\n".repeat(count)}`);
  }

  test("of 100,000 arguments, in chunks of 1000 bytes", () => {
    const { count, ms } = timed(piecesOf(manyArguments(100_000), 1000));
    expect(count).toBe(100_000);
    expect(ms).toBeLessThan(500);
  });

  test("of 20,000 arguments, byte by byte", () => {
    const { count, ms } = timed(piecesOf(manyArguments(20_000), 1));
    expect(count).toBe(20_000);
    expect(ms).toBeLessThan(1000);
  });

  test("of many arguments of 1 MB, in chunks of 64 KB: twice as many take twice as long", () => {
    const argument = Buffer.concat([Buffer.from(`$${MB}\r\n`), new Uint8Array(MB + 2)]);
    const read = (count: number) => {
      const bytes = Buffer.concat([Buffer.from(`*${count}\r\n`), ...Array(count).fill(argument)]);
      const result = timed(piecesOf(bytes, 64 * 1024));
      expect(result).toMatchObject({ count, size: count * MB });
      return result.ms;
    };
    read(16);
    const few = read(16);
    expect(read(128)).toBeLessThan(Math.max(few * 8 * 3, 400));
  });

  test("what is kept of one takes no more memory than it needs", () => {
    const reader = new Reader(LIMITS);
    reader.add(Buffer.from(`*2\r\n$3\r\nGET\r\n$${8 * MB}\r\nabc`));
    expect(reader.partial?.bytes.length).toBeLessThan(8 * MB + 100);
    reader.add(Buffer.alloc(60_000));
    expect(reader.partial?.bytes.length).toBeLessThan(8 * MB + 100);
  });

  test("what one announces takes memory as it comes", () => {
    const reader = new Reader(LIMITS);
    reader.add(Buffer.from(`*2\r\n$3\r\nSET\r\n$${512 * MB}\r\nabc`));
    const partial = reader.partial as Partial;
    const rooms = [partial.bytes.length];
    while (partial.missing > 0) {
      const room = partial.extend();
      expect(room).toBeGreaterThan(0);
      expect(partial.bytes.length).toBeGreaterThanOrEqual(partial.size + room + PADDING);
      partial.size += room;
      if (partial.bytes.length !== rooms.at(-1)) rooms.push(partial.bytes.length);
    }
    const announced = 512 * MB + partial.at + 2 + PADDING;
    expect(rooms.map((size) => Math.floor(size / MB))).toEqual([16, 64, 512]);
    expect(rooms.at(-1)).toBe(announced);
  });

  test("a pipeline of small commands is kept in little more than its size", () => {
    const reader = new Reader(LIMITS);
    for (let i = 0; i < 200; i++) reader.add(Buffer.from("*1\r\n$4\r\nPING\r\n".repeat(9)), 1);
    const { size, bytes } = reader.partial as Partial;
    expect(bytes.length).toBeLessThan(size * 2 + 100);
  });
});

test("of who no longer has authenticated, less is taken than was parsed ahead", () => {
  const bytes = fromLatin1(`*1\r\n$5\r\nRESET\r\n*11\r\n${"$1\r\na\r\n".repeat(11)}`);
  const padded = new Uint8Array(bytes.length + PADDING);
  padded.set(bytes);
  const parser = new RequestParser();
  parser.start(padded, new DataView(padded.buffer), bytes.length);
  expect(parser.parseAhead()).toBe(2);
  expect(parser.next()).toBe(COMMAND);
  expect(parser.args.text(0)).toBe("RESET");
  parser.peer = { unauthenticated: true };
  expect(parser.next()).toBe(BROKEN);
  expect(parser.problem).toBe("Protocol error: unauthenticated multibulk length");
});
