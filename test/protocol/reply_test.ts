// Purpose: every method of the reply writer, byte by byte, in RESP2 and RESP3; and that it writes
// the same wherever its buffer happens to end.

import { describe, expect, test } from "bun:test";
import { fromLatin1, latin1 } from "../../src/base/bytes.ts";
import { Reply } from "../../src/protocol/reply.ts";
import { Random } from "../fuzz/random.ts";

type Write = (reply: Reply) => void;

function written(protocol: number, write: Write): string {
  const reply = new Reply();
  reply.protocol = protocol;
  write(reply);
  return latin1(reply.bytes, 0, reply.at);
}

const text = (size: number) => "x".repeat(size);

/** What is written, in RESP2 and in RESP3; one text where they are the same. */
const CASES: [string, Write, string, string?][] = [
  ["ok", (r) => r.ok(), "+OK\r\n"],
  ["simple", (r) => r.simple("QUEUED"), "+QUEUED\r\n"],
  ["simple, latin1", (r) => r.simple("\xff"), "+\xff\r\n"],
  ["error", (r) => r.error("ERR no"), "-ERR no\r\n"],
  ["nil", (r) => r.nil(), "$-1\r\n", "_\r\n"],
  ["nilArray", (r) => r.nilArray(), "*-1\r\n", "_\r\n"],
  ["truth: yes", (r) => r.truth(true), ":1\r\n"],
  ["truth: no", (r) => r.truth(false), ":0\r\n"],
  [
    "a message between the beginning of an array and its first element",
    (r) => {
      const mark = r.beginArray();
      r.message(fromLatin1(">1\r\n+m\r\n"), 0, 8);
      r.integer(1);
      r.endArray(mark, 1);
    },
    ">1\r\n+m\r\n*1\r\n:1\r\n",
  ],
  ["boolean: yes", (r) => r.boolean(true), ":1\r\n", "#t\r\n"],
  ["boolean: no", (r) => r.boolean(false), ":0\r\n", "#f\r\n"],
  ["bigint", (r) => r.bigint(-(2n ** 63n)), ":-9223372036854775808\r\n"],
  ["array", (r) => r.array(2), "*2\r\n"],
  ["array, empty", (r) => r.array(0), "*0\r\n"],
  ["array, large", (r) => r.array(1048576), "*1048576\r\n"],
  ["map", (r) => r.map(6), "*12\r\n", "%6\r\n"],
  ["set", (r) => r.set(10), "*10\r\n", "~10\r\n"],
  ["push", (r) => r.push(3), "*3\r\n", ">3\r\n"],
  ["attribute", (r) => r.attribute(1), "|1\r\n"],
  ["double", (r) => r.double(3.5), "$3\r\n3.5\r\n", ",3.5\r\n"],
  ["double, infinite", (r) => r.double(-Infinity), "$4\r\n-inf\r\n", ",-inf\r\n"],
  ["double, large", (r) => r.double(-1e20), "$6\r\n-1e+20\r\n", ",-1e+20\r\n"],
  ["double, integer", (r) => r.double(-1200), "$5\r\n-1200\r\n", ",-1200\r\n"],
  ["double, minus zero", (r) => r.double(-0), "$2\r\n-0\r\n", ",-0\r\n"],
  ["bulkDouble", (r) => r.bulkDouble(0.5), "$3\r\n0.5\r\n"],
  ["bulkDouble, integer", (r) => r.bulkDouble(2 ** 53 - 1), "$16\r\n9007199254740991\r\n"],
  ["pairs", (r) => r.pairs(3), "*6\r\n", "*3\r\n"],
  ["pair", (r) => r.pair(), "", "*2\r\n"],
  ["bigNumber", (r) => r.bigNumber("-12"), "$3\r\n-12\r\n", "(-12\r\n"],
  ["verbatim", (r) => r.verbatim("txt", "a\r\n"), "$3\r\na\r\n\r\n", "=7\r\ntxt:a\r\n\r\n"],
  ["bulkText", (r) => r.bulkText("\0\r\n\xff"), "$4\r\n\0\r\n\xff\r\n"],
  ["bulkText, empty", (r) => r.bulkText(""), "$0\r\n\r\n"],
  ["bulkBytes", (r) => r.bulkBytes(Uint8Array.of(0, 255)), "$2\r\n\0\xff\r\n"],
  ["bulk", (r) => r.bulk(fromLatin1("abcd"), 1, 2), "$2\r\nbc\r\n"],
  ["raw", (r) => r.raw(fromLatin1("a+OK\r\nb"), 1, 5), "+OK\r\n"],
  [
    "bulkWords",
    (r) => r.bulkWords(Int32Array.of(0, 0x64636261, 0x68676665), 1, 5),
    "$5\r\nabcde\r\n",
  ],
  ["bulkWords, empty", (r) => r.bulkWords(Int32Array.of(1), 0, 0), "$0\r\n\r\n"],
];

describe.each([2, 3])("RESP%d", (protocol) => {
  test.each(CASES)("%s", (_, write, resp2, resp3 = resp2) => {
    expect(written(protocol, write)).toBe(protocol === 2 ? resp2 : resp3);
  });

  test("integers, alone and as bulk strings", () => {
    const values = [0, -1, 1, 2 ** 31, -(2 ** 31), 2 ** 53 - 1, -(2 ** 53 - 1)];
    for (let power = 1; power < 1e15; power *= 10) values.push(power - 1, power, -power, 1 - power);
    for (const value of values) {
      const digits = String(value);
      expect(written(protocol, (r) => r.integer(value))).toBe(`:${digits}\r\n`);
      expect(written(protocol, (r) => r.bulkInteger(value))).toBe(
        `$${digits.length}\r\n${digits}\r\n`,
      );
    }
  });

  test("bulk strings of every size around the ways of writing them", () => {
    const sizes = [1, 3, 4, 9, 10, 11, 63, 64, 99, 100, 101, 191, 192, 193, 999, 1000, 70_000];
    for (const size of sizes) {
      const expected = `$${size}\r\n${text(size)}\r\n`;
      const bytes = fromLatin1(`<${text(size)}>`);
      const words = new Int32Array(Math.ceil(size / 4) + 1).fill(0x78787878);
      expect(written(protocol, (r) => r.bulk(bytes, 1, size))).toBe(expected);
      expect(written(protocol, (r) => r.bulkText(text(size)))).toBe(expected);
      expect(written(protocol, (r) => r.bulkWords(words, 0, size))).toBe(expected);
      // Memory that ends where the string does: nothing beyond may be read.
      const apart = fromLatin1(`#${text(size)}`);
      const view = new DataView(apart.buffer);
      expect(written(protocol, (r) => r.bulkView(apart, view, 1, size))).toBe(expected);
    }
  });

  test.each([0, 1, 9, 10, 99, 100, 100_000])("arrays and sets whose count %d comes last", (n) => {
    const array: Write = (r) => {
      r.ok();
      const mark = r.beginArray();
      for (let i = 0; i < n; i++) r.integer(i % 10);
      r.endArray(mark, n);
      r.ok();
    };
    const items = Array.from({ length: n }, (_, i) => `:${i % 10}\r\n`).join("");
    expect(written(protocol, array)).toBe(`+OK\r\n*${n}\r\n${items}+OK\r\n`);
    const set: Write = (r) => {
      const mark = r.beginArray();
      r.raw(fromLatin1(items), 0, items.length);
      r.endSet(mark, n);
    };
    expect(written(protocol, set)).toBe(`${protocol === 3 ? "~" : "*"}${n}\r\n${items}`);
  });
});

test("the buffer grows at any place, and nothing written before is lost", () => {
  const random = new Random(5);
  const long = fromLatin1(text(300));
  const moved: [string, Write, string][] = [
    ...CASES.map(([name, write, resp2]): [string, Write, string] => [name, write, resp2]),
    ["long", (r) => r.bulk(long, 0, 300), `$300\r\n${text(300)}\r\n`],
    [
      "nested",
      (r) => {
        const outer = r.beginArray();
        r.bulkText("abc");
        const inner = r.beginArray();
        r.endArray(inner, 0);
        r.endArray(outer, 2);
      },
      "*2\r\n$3\r\nabc\r\n*0\r\n",
    ],
    [
      "scan",
      (r) => {
        const mark = r.beginArray();
        r.bulkText("abc");
        r.integer(5);
        r.endScan(mark, 4294967295, 2);
      },
      "*2\r\n$10\r\n4294967295\r\n*2\r\n$3\r\nabc\r\n:5\r\n",
    ],
  ];
  for (let round = 0; round < 3000; round++) {
    const reply = new Reply();
    reply.bytes = new Uint8Array(random.between(1, 120));
    reply.view = new DataView(reply.bytes.buffer);
    let expected = "";
    for (let count = random.between(1, 12); count > 0; count--) {
      const [, write, output] = random.pick(moved);
      write(reply);
      expected += output;
    }
    expect(latin1(reply.bytes, 0, reply.at)).toBe(expected);
  }
});

test("after large replies the buffer is small again, and the view is over it", () => {
  const reply = new Reply();
  const room = 1 << 20;
  expect(reply.bytes.length).toBeLessThan(room);
  reply.bulk(new Uint8Array(room * 8), 0, room * 8);
  expect(reply.bytes.length).toBeGreaterThan(room * 8);
  reply.clear();
  expect(reply.bytes.length).toBe(room);
  reply.ok();
  expect(latin1(reply.bytes, 0, reply.at)).toBe("+OK\r\n");
  expect(reply.view.buffer).toBe(reply.bytes.buffer);
  reply.bulk(new Uint8Array(room), 0, room);
  const kept = reply.bytes;
  reply.clear();
  expect(reply.bytes === kept).toBe(true);
});
