// Purpose: the parts of `rusk benchmark` alone: replies in pieces, and its histogram.

import { expect, test } from "bun:test";
import { fromLatin1 } from "../../src/base/bytes.ts";
import { Latencies } from "../../src/benchmark/latencies.ts";
import { ReplyCounter } from "../../src/benchmark/reply_counter.ts";

/** Replies, each of which counts once. */
const REPLIES = [
  "+OK\r\n",
  ":1\r\n",
  "$5\r\nhe\r\no\r\n",
  "$0\r\n\r\n",
  "$-1\r\n",
  "*-1\r\n",
  "*0\r\n",
  "*3\r\n$1\r\na\r\n*2\r\n+b\r\n:-2\r\n_\r\n",
  "%2\r\n+a\r\n:1\r\n+b\r\n*1\r\n,1.5\r\n",
  "~1\r\n#t\r\n",
  "=7\r\ntxt:abc\r\n",
  "|1\r\n+ttl\r\n:3\r\n+OK\r\n",
  "(12345678901234567890\r\n",
];
const PUSH = ">2\r\n$10\r\ninvalidate\r\n*1\r\n$1\r\nk\r\n";

test("replies are counted in pieces of any size, and pushes are not", () => {
  const bytes = fromLatin1(REPLIES.join(PUSH));
  for (let size = 1; size <= bytes.length; size++) {
    const counter = new ReplyCounter();
    let count = 0;
    for (let at = 0; at < bytes.length; at += size) {
      count += counter.take(bytes, at, Math.min(at + size, bytes.length));
    }
    expect([size, count, counter.error]).toEqual([size, REPLIES.length, null]);
  }
});

test("the first error is kept, in one piece or several", () => {
  const bytes = fromLatin1("+OK\r\n-ERR no \r\n-ERR other\r\n");
  for (const cut of [bytes.length, 9, 13]) {
    const counter = new ReplyCounter();
    counter.take(bytes, 0, cut);
    counter.take(bytes, cut, bytes.length);
    expect(counter.error).toBe("ERR no ");
  }
});

test("latencies are told in redis-benchmark's steps", () => {
  const latencies = new Latencies(3);
  for (const value of [24, 25, 90, 90, 90, 705, 710, 2500]) latencies.add(value, 1);
  expect([latencies.min, latencies.max, latencies.atPercentile(50)]).toEqual([24, 2503, 95]);
  expect(latencies.percentileSteps().map(({ value, count }) => [value, count])).toEqual([
    [31, 2],
    [95, 5],
    [711, 7],
    [2503, 8],
    [2503, 8],
  ]);
  const linear = latencies.linearSteps().filter(({ count }, i, all) => count !== all[i - 1]?.count);
  expect(linear.map(({ value, count }) => [value, count])).toEqual([
    [103, 5],
    [807, 7],
    [3103, 8],
  ]);
});

test("a value is told as the highest that is kept alike", () => {
  for (const [value, told] of [
    [16_000, 16_007],
    [20_000, 20_015],
    [1_000_000, 1_000_447],
  ]) {
    const latencies = new Latencies(3);
    latencies.add(value, 1);
    expect(latencies.max).toBe(told);
  }
});

test("values of every size stay within the digits that are kept", () => {
  const latencies = new Latencies(2);
  for (let value = 1; value < 3_000_000; value = Math.ceil(value * 1.7)) {
    const one = new Latencies(3);
    one.add(value, 3);
    expect(one.min).toBeLessThanOrEqual(value);
    expect(one.max).toBeGreaterThanOrEqual(value);
    expect(one.max - one.min).toBeLessThanOrEqual(Math.max(8, value / 500));
    latencies.add(value, 1);
  }
  latencies.add(9_000_000, 1);
  expect(latencies.max).toBeGreaterThanOrEqual(3_000_000);
  expect(latencies.atPercentile(100)).toBe(latencies.max);
});
