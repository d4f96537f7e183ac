// Purpose: elements of snapshots made elements of packed blocks at once, many in a run, as they are
// one by one (src/persistence/snapshot/message_elements.ts); where a run ends.

import { expect, test } from "bun:test";
import fc from "fast-check";
import { Packr } from "msgpackr";
import { encodeRun, run } from "../../../src/persistence/snapshot/message_elements.ts";
import { READ_SLACK } from "../../../src/persistence/snapshot/message_reader.ts";
import * as element from "../../../src/structures/packed_element.ts";

type Element = number | string;

const ROOM = 8192;
const packr = new Packr({ useRecords: false });
const encoded = (one: Element): Uint8Array =>
  packr.pack(typeof one === "number" ? one : Buffer.from(one, "latin1"));

/** What `encodeRun` makes of elements; `count` at most, in so much room. */
function ran(elements: readonly Element[], count = elements.length, room = ROOM) {
  const message = Buffer.concat(elements.map(encoded));
  const bytes = new Uint8Array(message.length + READ_SLACK);
  bytes.set(message);
  const to = new Uint8Array(ROOM + READ_SLACK);
  encodeRun(bytes, new DataView(bytes.buffer), 0, message.length, to, 1, 1 + room, count);
  return { ...run, made: Buffer.from(to.subarray(1, run.end)), size: message.length };
}

function oneByOne(elements: readonly Element[]): Buffer {
  const to = new Uint8Array(ROOM);
  const view = new DataView(to.buffer);
  let at = 0;
  for (const one of elements) {
    const text = Buffer.from(String(one), "latin1");
    const span = element.measure(text, 0, text.length);
    element.write(to, view, at, text, 0, text.length);
    at += span;
  }
  return Buffer.from(to.subarray(0, at));
}

/** As they are in one run. */
function check(elements: readonly Element[]): void {
  const { at, count, isFull, made, size } = ran(elements);
  expect({ at, count, isFull }).toEqual({ at: size, count: elements.length, isFull: false });
  expect(made.equals(oneByOne(elements))).toBe(true);
}

const EDGES = [7, 8, 12, 15, 16, 23, 24, 31].flatMap((bits) =>
  [-1, 0, 1].flatMap((by) => [2 ** bits + by, -(2 ** bits) + by]),
);
const INTEGERS = [0, 1, -1, -32, -33, ...EDGES.filter((value) => value === (value | 0))];
const TEXTS = ["a", "", "x".repeat(63), "y".repeat(64), "z".repeat(255), "\xff\0"];

test.each(INTEGERS)("the integer %d, between others", (value) => check([value, 5, value, "a"]));

test("strings of all sizes", () => check(TEXTS.filter((text) => text !== "")));

test("any of them, in one run", () => {
  const text = fc.constantFrom(...TEXTS.filter((one) => one !== ""));
  const one = fc.oneof(fc.constantFrom(...INTEGERS), fc.integer(), text);
  fc.assert(fc.property(fc.array(one, { maxLength: 30 }), check));
});

test("what is rare ends the run before it", () => {
  for (const rare of [2 ** 31, 2 ** 32, "12", "x".repeat(256)]) {
    const { at, count, isFull, made } = ran([1, -7, "a", rare, 2]);
    expect({ at, count, isFull }).toEqual({ at: 5, count: 3, isFull: false });
    expect(made.equals(oneByOne([1, -7, "a"]))).toBe(true);
  }
});

test("so does the most that there may be, and the room for them", () => {
  expect(ran([1, 2, 3], 2)).toMatchObject({ at: 2, count: 2, isFull: true });
  expect(ran([1, 200, 300, "abc"], 4, 7)).toMatchObject({ count: 2, isFull: true });
  expect(ran([1, 200, 300], 3, 8)).toMatchObject({ count: 3, isFull: false });
});
