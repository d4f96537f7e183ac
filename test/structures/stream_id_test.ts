// Purpose: stream IDs against integers of any size: arithmetic, order, memory, text and replies;
// and how texts are read, against C's rules, followed character by character.

import { describe, expect, test } from "bun:test";
import * as arena from "../../src/arena/arena.ts";
import { fromLatin1, latin1 } from "../../src/base/bytes.ts";
import { Reply } from "../../src/protocol/reply.ts";
import { ID_SIZE, parsed, parseId, replyId, StreamId } from "../../src/structures/stream_id.ts";
import { Random } from "../fuzz/random.ts";
import * as ids from "./stream_ids.ts";
import { EDGES, ID_MAX, idAt, idOf, integerOf, randomId, SEQ_MAX, textOfId } from "./stream_ids.ts";

const EDGE_IDS = EDGES.flatMap((ms) => EDGES.map((seq) => idAt(ms, seq)));

const sign = (value: number | bigint) => (value > 0 ? 1 : value < 0 ? -1 : 0);

describe("arithmetic", () => {
  const random = new Random(1);
  const some = EDGE_IDS.concat(Array.from({ length: 2000 }, () => randomId(random)));

  test("the next ID, and the one before", () => {
    for (const value of some) {
      const id = idOf(value);
      expect(integerOf(id)).toBe(value);
      expect(id.increment()).toBe(value !== ID_MAX);
      expect(integerOf(id)).toBe(value === ID_MAX ? value : value + 1n);
      idOf(value, id);
      expect(id.decrement()).toBe(value !== 0n);
      expect(integerOf(id)).toBe(value === 0n ? value : value - 1n);
    }
  });

  test("the ends of the scale", () => {
    for (const value of some) {
      const id = idOf(value);
      expect(id.isZero).toBe(value === 0n);
      expect(id.isMax).toBe(value === ID_MAX);
      expect(id.isLastOfMs).toBe((value & SEQ_MAX) === SEQ_MAX);
    }
    const id = new StreamId();
    id.setMax();
    expect(integerOf(id)).toBe(ID_MAX);
    id.setZero();
    expect(integerOf(id)).toBe(0n);
  });

  test("a time of any size has sequence number 0", () => {
    const id = idOf(ID_MAX);
    for (const ms of [0, 1, 2 ** 31, 2 ** 32 - 1, 2 ** 32, 1.7e12, 2 ** 53 - 1]) {
      id.setTime(ms);
      expect(integerOf(id)).toBe(idAt(ms, 0));
    }
  });

  test("the order, of IDs and of those in memory", () => {
    const words = new Int32Array(6);
    const both: [bigint, bigint][] = some.map((value) => [value, random.pick(some)]);
    for (const value of some) both.push([value, value], [value, value ^ (1n << 127n)]);
    for (const value of some) both.push([value, value ^ (1n << BigInt(random.below(128)))]);
    for (const [a, b] of both) {
      const id = idOf(a);
      const other = idOf(b);
      expect(sign(id.compare(other))).toBe(sign(a - b));
      words.set([7, other.msHigh, other.msLow, other.seqHigh, other.seqLow, 7]);
      expect(sign(id.compareTo(words, 1))).toBe(sign(a - b));
    }
  });

  test("stored in a block and loaded again", () => {
    const blocks = Array.from({ length: 50 }, () => arena.alloc(3 * ID_SIZE));
    for (const value of some.slice(0, 500)) {
      const block = random.pick(blocks);
      const at = random.below(9);
      idOf(value).store(block, at);
      const id = new StreamId();
      id.load(block, at);
      expect(integerOf(id)).toBe(value);
      const first = arena.byteOffset(block) / 4 + at;
      const words = arena.i32[arena.segmentOf(block)];
      id.setZero();
      id.read(words, first);
      expect(integerOf(id)).toBe(value);
      expect(id.compareTo(words, first)).toBe(0);
      const copy = new StreamId();
      copy.copy(id);
      expect(integerOf(copy)).toBe(value);
    }
    for (const block of blocks) arena.free(block);
  });

  test("text and reply", () => {
    const reply = new Reply();
    for (const value of some) {
      const text = textOfId(value);
      const id = idOf(value);
      expect(id.text).toBe(text);
      reply.clear();
      replyId(id, reply);
      expect(latin1(reply.bytes, 0, reply.at)).toBe(`$${text.length}\r\n${text}\r\n`);
    }
  });
});

const isDigit = (char: string) => char >= "0" && char <= "9";

/** Redis's string2ll: the decimal form of a signed 64-bit integer, and nothing beside it. */
function string2ll(text: string): bigint | null {
  if (text.length === 0 || text.length >= 21) return null;
  if (text === "0") return 0n;
  const isNegative = text[0] === "-";
  const digits = isNegative ? text.slice(1) : text;
  if (digits === "" || digits[0] === "0" || ![...digits].every(isDigit)) return null;
  const value = isNegative ? -BigInt(digits) : BigInt(digits);
  return value === BigInt.asIntN(64, value) ? value : null;
}

/** C's strtoull, when it takes the whole of a text that is not empty and reports no error. */
function strtoull(text: string): bigint | null {
  let at = 0;
  while (at < text.length && " \t\n\v\f\r".includes(text[at])) at++;
  const isNegative = text[at] === "-";
  if (isNegative || text[at] === "+") at++;
  if (at === text.length) return null;
  let value = 0n;
  for (; at < text.length; at++) {
    if (!isDigit(text[at])) return null;
    value = value * 10n + BigInt(text[at]);
    if (value > SEQ_MAX) return null;
  }
  return BigInt.asUintN(64, isNegative ? -value : value);
}

function string2ull(text: string): bigint | null {
  const value = string2ll(text);
  if (value !== null) return value < 0n ? null : value;
  return strtoull(text);
}

/** The ID that Redis reads, or null; whether the sequence is `*`. */
function expected(text: string, lastOfMs: boolean, starAllowed: boolean): [bigint | null, boolean] {
  if (text.length > 127) return [null, false];
  const read = text.split("\0")[0];
  const dash = read.indexOf("-");
  const ms = string2ull(dash < 0 ? read : read.slice(0, dash));
  if (ms === null) return [null, false];
  if (dash < 0) return [idAt(ms, lastOfMs ? SEQ_MAX : 0n), false];
  const rest = read.slice(dash + 1);
  if (starAllowed && rest === "*") return [idAt(ms, 0n), true];
  const seq = string2ull(rest);
  return [seq === null ? null : idAt(ms, seq), false];
}

function checkText(text: string): void {
  // Digits on both sides: whoever reads beyond the text is found out.
  const bytes = fromLatin1(`9${text}9`);
  const id = new StreamId();
  for (const isSet of [false, true]) {
    const isId = parseId(bytes, 1, text.length, id, isSet, isSet);
    const found = [isId ? integerOf(id) : null, isId && parsed.sequenceIsStar];
    const wanted = expected(text, isSet, isSet);
    if (found[0] !== wanted[0] || found[1] !== wanted[1]) {
      throw new Error(`${JSON.stringify(text)}: ${found} and not ${wanted}`);
    }
  }
}

describe("parseId", () => {
  test.each([
    ["0", 0n, 0n],
    ["5", 5n, 0n],
    ["5-1", 5n, 1n],
    ["1526919030474-55", 1526919030474n, 55n],
    ["18446744073709551615-18446744073709551615", SEQ_MAX, SEQ_MAX],
    [" 5-1", 5n, 1n],
    ["+5-1", 5n, 1n],
    ["1-+2", 1n, 2n],
    ["5- 1", 5n, 1n],
    ["007-01", 7n, 1n],
    ["1--01", 1n, SEQ_MAX],
    ["1- -1", 1n, SEQ_MAX],
    ["1--18446744073709551615", 1n, 1n],
    ["5-1\0x", 5n, 1n],
    ["5\0-1", 5n, 0n],
  ])("%j is an ID", (text, ms, seq) => {
    const id = new StreamId();
    expect(parseId(fromLatin1(text), 0, text.length, id, false)).toBe(true);
    expect(integerOf(id)).toBe(idAt(ms, seq));
    checkText(text);
  });

  test.each([
    "",
    "-",
    "+",
    "*",
    "5-",
    "-5",
    "1--1",
    "5 ",
    "5-1 ",
    "5-*",
    "5-1-1",
    "0x5",
    "5.0",
    "\0",
  ])("%j is none", (text) => {
    expect(parseId(fromLatin1(text), 0, text.length, new StreamId(), false)).toBe(false);
    checkText(text);
  });

  test("all integers at the edges", () => {
    const texts = EDGES.concat([2n ** 64n, 2n ** 64n + 1n, 2n ** 65n, 10n ** 20n]).map(String);
    for (const ms of texts) {
      checkText(ms);
      for (const seq of texts) {
        for (const minus of ["", "-", " -", "-0", "+"]) checkText(`${ms}-${minus}${seq}`);
      }
    }
  });

  test("texts of any length", () => {
    for (let length = 1; length < 140; length++) {
      const zeros = "0".repeat(length - 1);
      for (const text of [`${zeros}7`, `1-${zeros}7`, `1-7\0${zeros}`, " ".repeat(length)]) {
        checkText(text);
      }
      checkText(`${" ".repeat(length)}12-3`);
      checkText("9".repeat(length));
      checkText(`1-${"9".repeat(length)}`);
    }
  });

  test.each([1, 2, 3, 4])("random spellings, seed %d", (seed) => {
    const random = new Random(seed);
    const some = (texts: string, chance: number) => {
      let made = "";
      while (random.chance(chance)) made += random.pick([...texts]);
      return made;
    };
    const number = () =>
      some(" \t\n\v\f\r", 0.1) +
      (random.chance(0.1) ? random.pick(["+", "-", "--", "+-"]) : "") +
      some("0", 0.1) +
      (random.chance(0.95) ? ids.random64(random) : "") +
      some(" \0*x0-+", 0.05);
    for (let i = 0; i < 5000; i++) {
      checkText(random.chance(0.2) ? number() : `${number()}-${number()}`);
      checkText(some("0159-+* \0\t", 0.85));
    }
  });
});
