// Purpose: large arguments that stand apart are those that came, however requests are cut and read,
// whoever shares the parser and whatever becomes of their blocks, each of which is given back once.

import { expect, test } from "bun:test";
import { fromLatin1 } from "../../src/base/bytes.ts";
import { type Args, NO_BLOCK, NOT_CANONICAL } from "../../src/protocol/args.ts";
import { type InputBlocks, PADDING, type Partial } from "../../src/protocol/partial.ts";
import { COMMAND, MORE, RequestParser } from "../../src/protocol/request.ts";
import { Random } from "../fuzz/random.ts";

const INPUT_SIZE = 8 << 10;
const LARGE = 32 << 10;
const POISON = 0xde;

/** Blocks with what was there before in them, of which there are none now and then. */
class StubBlocks implements InputBlocks {
  readonly lent = new Map<number, Uint8Array>();
  readonly taken: Uint8Array[] = [];
  private last = 0;
  private readonly random: Random;

  constructor(random: Random) {
    this.random = random;
  }

  take(size: number): number {
    if (this.random.chance(0.1)) return NO_BLOCK;
    const before = this.random.pick([8, 64]);
    const room = size + this.random.below(3) * 1000;
    const memory = new Uint8Array(before + room + 8).fill(0x55);
    this.lent.set(++this.last, memory.subarray(before, before + room));
    return this.last;
  }

  bytesOf(block: number): Uint8Array {
    const bytes = this.lent.get(block);
    if (bytes === undefined) throw new Error("the block is not there");
    return bytes;
  }

  giveBack(block: number, isTaken: boolean): void {
    const bytes = this.bytesOf(block);
    this.lent.delete(block);
    if (isTaken) this.taken.push(bytes);
    else bytes.fill(POISON);
  }
}

/** Reads as a connection does (server/connection.ts), as much at once as the network gives. */
class Reader {
  readonly got: string[][] = [];
  /** What arguments were taken for, and the block of each. */
  readonly kept: { text: string; bytes: Uint8Array }[] = [];
  partial: Partial | null = null;
  private readonly parser: RequestParser;
  private readonly blocks: StubBlocks;
  private readonly input: Uint8Array;
  private readonly view: DataView;
  private readonly random: Random;
  private coming: Uint8Array;

  constructor(
    stream: string,
    parser: RequestParser,
    blocks: StubBlocks,
    input: Uint8Array,
    random: Random,
  ) {
    this.coming = fromLatin1(stream);
    this.parser = parser;
    this.blocks = blocks;
    this.input = input;
    this.view = new DataView(input.buffer);
    this.random = random;
  }

  get isOver(): boolean {
    return this.coming.length === 0;
  }

  private read(into: Uint8Array, offset: number, room: number): number {
    const most = Math.min(room, this.coming.length);
    const size = this.random.chance(0.5) ? most : this.random.between(Math.min(1, most), most);
    into.set(this.coming.subarray(0, size), offset);
    this.coming = this.coming.subarray(size);
    return size;
  }

  turn(): void {
    const { partial, parser, input, view } = this;
    const room = INPUT_SIZE;
    if (partial === null) {
      parser.start(input, view, this.read(input, 0, room));
    } else if (partial.isDirect) {
      const wanted = partial.extend();
      expect(wanted).toBeGreaterThan(0);
      partial.size += this.read(partial.bytes, partial.size, wanted);
      if (partial.size < partial.needed) return;
      parser.resume(partial);
    } else if (partial.size < room / 2 && this.random.chance(0.7)) {
      const before = partial.size;
      const end = before + this.read(input, before, room - before);
      if (end < partial.needed) {
        partial.append(input.subarray(before, end));
        return;
      }
      input.set(partial.bytes.subarray(0, before));
      parser.resumeIn(partial, input, view, end);
    } else {
      partial.append(input.subarray(0, this.read(input, 0, room)));
      if (partial.size < partial.needed) return;
      parser.resume(partial);
    }
    this.run();
    input.fill(POISON);
  }

  private run(): void {
    const { parser, partial } = this;
    for (;;) {
      const found = parser.next();
      if (found === MORE) break;
      expect(found).toBe(COMMAND);
      this.note(parser.args);
      if (this.random.chance(0.8)) continue;
      parser.stop();
      break;
    }
    const rest = parser.suspend(partial);
    this.partial = rest;
    if (partial !== rest) partial?.release();
  }

  private note(args: Args): void {
    this.got.push(Array.from({ length: args.count }, (_, i) => args.text(i)));
    for (let i = 0; i < args.count; i++) {
      const block = args.blockOf(i);
      if (block === NO_BLOCK || this.random.chance(0.3)) continue;
      expect(args.requestStart).toBe(NOT_CANONICAL);
      args.isTaken = true;
      expect(args.blockOf(i)).toBe(NO_BLOCK);
      this.kept.push({ text: args.text(i), bytes: this.blocks.bytesOf(block) });
    }
  }

  /** What was kept is still what it was. */
  verify(): void {
    for (const { text, bytes } of this.kept) {
      expect(Buffer.from(bytes.subarray(0, text.length)).toString("latin1") === text).toBe(true);
    }
  }
}

function randomCommand(random: Random): string[] {
  const count = random.weighted([
    [5, random.between(1, 4)],
    [1, random.between(5, 12)],
  ]);
  return Array.from({ length: count }, (_, i) => {
    const size = random.weighted([
      [6, random.below(12)],
      [1, random.between(90, 3000)],
      [i > 0 ? 1.5 : 0, random.between(LARGE - 2, 3 * LARGE)],
    ]);
    const letter = String.fromCharCode(97 + random.below(26));
    return `${random.below(1e6)}`.slice(0, size).padEnd(size, letter);
  });
}

const requestOf = (words: string[]) =>
  `*${words.length}\r\n${words.map((word) => `$${word.length}\r\n${word}\r\n`).join("")}`;

test("arguments of all sizes, of connections that share a parser", () => {
  const random = new Random(Number(process.env.PARTIAL_SEED ?? 21));
  let keptCount = 0;
  for (let round = 0; round < 120; round++) {
    const blocks = new StubBlocks(random);
    const parser = new RequestParser(blocks);
    const input = new Uint8Array(INPUT_SIZE + PADDING);
    const all = Array.from({ length: random.between(1, 3) }, () => {
      const commands = Array.from({ length: random.between(1, 8) }, () => randomCommand(random));
      const stream = commands.map(requestOf).join("");
      return { commands, reader: new Reader(stream, parser, blocks, input, random) };
    });
    const open = () => all.filter(({ reader }) => !reader.isOver || reader.partial !== null);
    for (let left = open(), turns = 0; left.length > 0; left = open()) {
      random.pick(left).reader.turn();
      if (++turns > 1e5) throw new Error("it does not come to an end");
    }
    for (const { commands, reader } of all) {
      expect(JSON.stringify(reader.got) === JSON.stringify(commands)).toBe(true);
      reader.verify();
      keptCount += reader.kept.length;
    }
    expect(blocks.lent.size).toBe(0);
  }
  expect(keptCount).toBeGreaterThan(100);
});

test("an argument that is large has a block of its own, with little more than it needs", () => {
  const blocks = new StubBlocks(new Random(1));
  blocks.take = (size) => {
    expect(size).toBeLessThan(LARGE + 64);
    blocks.lent.set(1, new Uint8Array(size));
    return 1;
  };
  const parser = new RequestParser(blocks);
  const bytes = new Uint8Array(100 + PADDING);
  const head = fromLatin1(`*3\r\n$3\r\nSET\r\n$1\r\nk\r\n$${LARGE}\r\nabc`);
  bytes.set(head);
  parser.start(bytes, new DataView(bytes.buffer), head.length);
  expect(parser.next()).toBe(MORE);
  const partial = parser.suspend(null) as Partial;
  expect(partial.isDirect).toBe(true);
  expect(partial.extend()).toBe(LARGE + 2 - 3);
  partial.release();
  expect(blocks.lent.size).toBe(0);
});

/** What is left of text that came at once. */
function leftOf(parser: RequestParser, text: string): Partial {
  const bytes = new Uint8Array(text.length + PADDING);
  bytes.set(fromLatin1(text));
  parser.start(bytes, new DataView(bytes.buffer), text.length);
  expect(parser.next()).toBe(MORE);
  return parser.suspend(null) as Partial;
}

test("what is announced gets a block that is as large as who announces it is trusted", () => {
  const blocks = new StubBlocks(new Random(1));
  const asked: number[] = [];
  blocks.take = (size) => {
    asked.push(size);
    blocks.lent.set(asked.length, new Uint8Array(size));
    return asked.length;
  };
  const parser = new RequestParser(blocks);
  const size = 100 << 20;
  const partial = leftOf(parser, `*3\r\n$3\r\nSET\r\n$1\r\nk\r\n$${size}\r\nabc`);
  expect(Math.max(...asked)).toBeLessThan((16 << 20) + 1000);
  while (partial.missing > 0) {
    const room = partial.extend();
    const after = partial.size + room;
    expect(Math.max(...asked)).toBeLessThan(Math.max(17 << 20, 4 * partial.size + 1000));
    partial.bytes.fill(120, partial.size, after);
    partial.size = after;
    if (partial.size >= size) break;
  }
  expect(partial.isLarge).toBe(true);
  partial.release();
  expect(blocks.lent.size).toBe(0);
});

test("memory of a long command is not kept for the few bytes behind it", () => {
  const parser = new RequestParser(null);
  const words = Array.from({ length: 200 }, (_, i) => `${i}`.padEnd(1000, "x"));
  const text = requestOf(words);
  const partial = leftOf(parser, text.slice(0, 1000));
  partial.append(fromLatin1(`${text.slice(1000)}*2\r\n$4`));
  expect(partial.bytes.length).toBeGreaterThan(200_000);
  parser.resume(partial);
  expect([parser.next(), parser.next()]).toEqual([COMMAND, MORE]);
  const rest = parser.suspend(partial) as Partial;
  expect(rest.bytes.length).toBeLessThan(1000);
  expect([rest.size, rest === partial]).toEqual(["*2\r\n$4".length, false]);
  partial.release();
  rest.append(fromLatin1("\r\nECHO\r\n$1\r\na\r\n"));
  parser.resume(rest);
  expect([parser.next(), parser.args.text(0), parser.args.text(1)]).toEqual([COMMAND, "ECHO", "a"]);
  rest.release();
});
