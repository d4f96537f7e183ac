// Purpose: glob patterns: fixed cases, and random ones compared with the real server's.

import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { fromLatin1 } from "../../src/base/bytes.ts";
import { globMatch, matchGlob } from "../../src/base/glob.ts";
import { ownCpuMs } from "../client/process.ts";
import { hasRedis, RedisServer } from "../config/redis_server.ts";

const match = (pattern: string, text: string) => matchGlob(pattern, text, false);

test.each([
  ["a", "a", true],
  ["a", "b", false],
  ["", "", true],
  ["*", "", false],
  ["**", "", false],
  ["", "a", false],
  ["*", "abc", true],
  ["a*", "a", true],
  ["a***", "a", true],
  ["*a", "ba", true],
  ["*a", "ab", false],
  ["a*b*c", "a1b2c", true],
  ["a*b*c", "a1c2b", false],
  ["*ab*ab", "ababxab", true],
  ["?", "", false],
  ["?b?", "abc", true],
  ["[abc]", "b", true],
  ["[^abc]", "b", false],
  ["[^abc]", "d", true],
  ["[a-c]", "b", true],
  ["[c-a]", "b", true],
  ["[a-]", "]", true],
  ["[a-]", "^", true],
  ["[a-]", "-", false],
  ["[]a]", "a]", false],
  ["[^]a", "xa", true],
  ["[", "[", false],
  ["[a", "a", true],
  ["[^", "a", true],
  ["[\\]]", "]", true],
  ["[\\", "\\", true],
  ["\\*", "*", true],
  ["\\*", "a", false],
  ["\\", "\\", true],
  ["[\x80-\xff]", "\x90", true],
  ["[a-\xff]", "b", false],
  ["[a-\xff]", "\x00", true],
])("%p on %p: %p", (pattern, text, expected) => {
  expect(match(pattern as string, text as string)).toBe(expected as boolean);
});

test("letters match in either case when asked to", () => {
  expect(matchGlob("AbC*", "aBcD", true)).toBe(true);
  expect(matchGlob("[A-C]x", "bX", true)).toBe(true);
  expect(matchGlob("[a-c]x", "BX", true)).toBe(true);
  expect(matchGlob("[\\A]", "a", true)).toBe(false);
  expect(matchGlob("a", "A", false)).toBe(false);
});

test("a pattern and a text may lie inside longer runs of bytes", () => {
  const bytes = fromLatin1("xx*a[b]yyzzabzz");
  expect(globMatch(bytes, 2, 5, bytes, 11, 2, false)).toBe(true);
  expect(globMatch(bytes, 2, 5, bytes, 11, 3, false)).toBe(false);
  expect(globMatch(bytes, 4, 2, bytes, 5, 1, false)).toBe(true);
});

test("a pattern of many stars ends soon", () => {
  const text = "a".repeat(20_000);
  const started = ownCpuMs();
  expect(match(`${"a*".repeat(200)}b`, text)).toBe(false);
  expect(ownCpuMs() - started).toBeLessThan(1000);
});

test("a pattern of more than a thousand separate stars matches nothing", () => {
  expect(match(`${"*a".repeat(1000)}`, "a".repeat(1000))).toBe(true);
  expect(match(`${"*a".repeat(1001)}`, "a".repeat(1001))).toBe(false);
  expect(match(`${"*a".repeat(1000)}*`, "a".repeat(1000))).toBe(true);
});

/** A small generator of random numbers below `limit`, so that a failure can be repeated. */
function generator(seed: number): (limit: number) => number {
  let state = seed;
  return (limit) => {
    state = (Math.imul(state, 1664525) + 1013904223) | 0;
    return ((state >>> 8) % limit) | 0;
  };
}

describe.skipIf(!hasRedis)("compared with redis-server", () => {
  const redis = new RedisServer();
  const seed = Date.now() | 0;
  const next = generator(seed);
  const random = (alphabet: string, size: number) =>
    Array.from({ length: next(size) }, () => alphabet[next(alphabet.length)]).join("");

  beforeAll(() => redis.start([]));
  afterAll(() => redis.stop());

  test(`KEYS finds the same (seed ${seed})`, async () => {
    const alphabet = "aab-]^\\[*?\x80\xff";
    const keys = [...new Set(Array.from({ length: 300 }, () => random(alphabet, 6)))];
    await redis.call("mset", ...keys.flatMap((key) => [key, ""]));
    const stars = ["*a".repeat(1000), "*a".repeat(1001), `${"*a".repeat(1000)}*`];
    const longKeys = ["a".repeat(1000), "a".repeat(1001)];
    await redis.call("mset", ...longKeys.flatMap((key) => [key, ""]));
    for (let i = 0; i < 3000; i++) {
      const pattern = i < stars.length ? stars[i] : random(`${alphabet}*[[?`, 9);
      // KEYS takes a single star for all keys, without asking the matcher.
      if (pattern === "*") continue;
      const theirs = ((await redis.call("keys", pattern)) as string[]).sort();
      const ours = [...keys, ...longKeys].filter((key) => match(pattern, key)).sort();
      expect([pattern, ours]).toEqual([pattern, theirs]);
    }
  });

  test(`names in either case are found by the same patterns (seed ${seed})`, async () => {
    const names = (await redis.call("command", "list")) as string[];
    for (let i = 0; i < 1000; i++) {
      const pattern = `${random("*aA[^-GgZz]?\\\x80\xfe\xff", 7)}*`;
      const theirs = await redis.call("command", "list", "filterby", "pattern", pattern);
      const ours = names.filter((name) => matchGlob(pattern, name, true)).sort();
      expect([pattern, ours]).toEqual([pattern, (theirs as string[]).sort()]);
    }
  });
});
