// Purpose: MessagePack as snapshots have it: what is written is what msgpackr reads, and the other
// way round.

import { expect, test } from "bun:test";
import fc from "fast-check";
import { Packr, Unpackr } from "msgpackr";
import { latin1 } from "../../../src/base/bytes.ts";
import {
  Chunk,
  MessageReader,
  READ_SLACK,
} from "../../../src/persistence/snapshot/message_reader.ts";
import { MessageWriter } from "../../../src/persistence/snapshot/message_writer.ts";

const unpackr = new Unpackr({ int64AsType: "bigint", useRecords: false });
const packr = new Packr({ useRecords: false, variableMapSize: true });

function written(write: (to: MessageWriter) => void): Uint8Array {
  const to = new MessageWriter(new Uint8Array(1));
  write(to);
  return to.bytes.slice(0, to.size);
}

function reader(bytes: Uint8Array): MessageReader {
  const padded = new Uint8Array(bytes.length + READ_SLACK);
  padded.set(bytes);
  const made = new MessageReader();
  made.open(padded, new DataView(padded.buffer), bytes.length);
  return made;
}

const INT64 = fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n });
const EDGES = [7, 8, 15, 16, 31, 32, 53, 63].flatMap((bits) =>
  [-1n, 0n, 1n].flatMap((by) => [2n ** BigInt(bits) + by, -(2n ** BigInt(bits)) + by]),
);

const isInt64 = (value: bigint) => value === BigInt.asIntN(64, value);

test("integers of any size", () => {
  const check = (value: bigint) => {
    const bytes = written((to) => to.bigint(value));
    expect(BigInt(unpackr.unpack(bytes) as bigint)).toBe(value);
    const read = reader(bytes);
    expect(read.integer()).toBe(Number(value));
    expect(read.bigint).toBe(value);
    expect(read.isAtEnd).toBe(true);
    if (Number.isSafeInteger(Number(value))) {
      expect(written((to) => to.integer(Number(value)))).toEqual(bytes);
      expect(reader(packr.pack(Number(value))).integer()).toBe(Number(value));
    }
  };
  for (const value of EDGES.filter(isInt64)) check(value);
  fc.assert(fc.property(INT64, check));
});

test.each([
  [1, [0n, 127n, -1n, -32n]],
  [2, [128n, 255n, -33n, -128n]],
  [3, [256n, 65_535n, -129n, -32_768n]],
  [5, [65_536n, 4_294_967_295n, -32_769n, -2_147_483_648n]],
  [9, [4_294_967_296n, -2_147_483_649n, 2n ** 63n - 1n, -(2n ** 63n)]],
])("integers of %d bytes are as short as they can be", (size, integers) => {
  for (const value of integers) {
    const bytes = written((to) => to.bigint(value));
    expect([value, bytes.length]).toEqual([value, size]);
    if (!Number.isSafeInteger(Number(value))) continue;
    expect(written((to) => to.integer(Number(value)))).toEqual(bytes);
  }
});

test("unsigned integers of 64 bits in two words", () => {
  const bytes = written((to) => to.unsignedWords(-1, -2));
  expect(unpackr.unpack(bytes)).toBe(2n ** 64n - 2n);
  const read = reader(bytes);
  expect(read.integer()).toBe(2 ** 64);
  expect([read.high, read.low]).toEqual([-1, -2]);
});

test("numbers", () => {
  const check = (value: number) => {
    const bytes = written((to) => to.double(value));
    expect(Object.is(Number(unpackr.unpack(bytes)), value)).toBe(true);
    expect(Object.is(reader(bytes).double(), value)).toBe(true);
    expect(reader(packr.pack(value)).double() === value).toBe(true);
  };
  for (const value of [-0, 0, 1.5, Infinity, -Infinity, 1e100, 2 ** 53, 5e-324]) check(value);
  fc.assert(fc.property(fc.double({ noNaN: true }), check));
});

test("strings, as bytes, texts or integers", () => {
  const chunk = new Chunk();
  const shown = () => latin1(chunk.bytes, chunk.offset, chunk.size);
  for (const size of [0, 1, 31, 32, 255, 256, 65535, 65536, 70000]) {
    const value = Buffer.alloc(size, "x");
    const bytes = written((to) => to.binary(value, 0, size));
    expect(Buffer.from(unpackr.unpack(bytes) as Uint8Array).equals(value)).toBe(true);
    reader(bytes).string(chunk);
    expect(shown()).toBe(value.toString());
    reader(packr.pack(value.toString())).string(chunk);
    expect(shown()).toBe(value.toString());
  }
  for (const value of [0, -17, 2 ** 40, -(2 ** 53) + 1]) {
    reader(packr.pack(value)).string(chunk);
    expect(shown()).toBe(String(value));
  }
});

test("arrays, maps and nil", () => {
  for (const count of [0, 15, 16, 65535, 65536]) {
    const bytes = written((to) => {
      to.longArray(count);
      for (let i = 0; i < count; i++) to.nil();
    });
    expect(unpackr.unpack(bytes)).toEqual(Array(count).fill(null));
    expect(reader(bytes).array()).toBe(count);
  }
  const map = written((to) => {
    to.map(2);
    for (const word of ["a", "b", "c".repeat(40), "d"]) to.text(word);
  });
  expect(unpackr.unpack(map)).toEqual({ a: "b", ["c".repeat(40)]: "d" });
  expect([...reader(map).map()]).toEqual([
    ["a", "b"],
    ["c".repeat(40), "d"],
  ]);
  expect(reader(Uint8Array.of(0xc0)).nil()).toBe(true);
});

test("what is none, or is cut off, is refused", () => {
  const chunk = new Chunk();
  expect(() => reader(Uint8Array.of(0xc0)).integer()).toThrow("there should be an integer");
  expect(() => reader(Uint8Array.of(0xc0)).array()).toThrow("there should be an array");
  expect(() => reader(Uint8Array.of(0xdd, 0, 1, 0, 0)).array()).toThrow("ends within a record");
  expect(() => reader(Uint8Array.of(0xc4, 5, 1)).string(chunk)).toThrow("ends within a record");
  expect(() => reader(Uint8Array.of(0xcf, 1)).integer()).toThrow("ends within a record");
  expect(() => reader(new Uint8Array(0)).integer()).toThrow("ends within a record");
});
