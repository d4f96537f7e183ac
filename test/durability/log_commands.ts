/**
 * Purpose: commands of every type that change data, with arguments of sizes around every limit of
 * buffers and encodings, drawn from chance; and requests in every spelling that a server takes.
 * Words hold bytes, one per character.
 */
import type { Random } from "../fuzz/random.ts";
import { KINDS } from "../persistence/plans.ts";

type Words = string[];

const KEY_COUNT = 6;
const TYPES = ["s", "l", "t", "z", "h", "x"] as const;
/** Where one-byte counts, words, copies, packed elements, pieces and chunks have their limits. */
const SIZES = [
  0, 1, 3, 4, 9, 10, 11, 44, 45, 63, 64, 65, 99, 100, 101, 127, 128, 191, 192, 193, 255, 256, 999,
  1000, 1001, 4095, 4096,
];
const LARGE_SIZES = [
  8191, 16_383, 16_384, 32_768, 65_535, 65_536, 65_537, 262_143, 262_144, 262_145, 300_000,
];
const INTEGERS = [
  "0",
  "1",
  "-1",
  "12",
  "127",
  "128",
  "-129",
  "32767",
  "65536",
  "2147483648",
  "-2147483649",
  "4294967296",
  "9007199254740993",
  "9223372036854775807",
  "-9223372036854775808",
  "007",
  "+1",
];
const SCORES = ["0", "1", "-1.5", "3.0000000000000004", "inf", "-inf", "1e300", "17", "1e-300"];
const FAR_MS = "99999999999999";

function textOf(random: Random, size: number): string {
  const first = random.below(256);
  const step = random.pick([0, 1, 7]);
  let text = "";
  for (let i = 0; i < Math.min(size, 300); i++) {
    text += String.fromCharCode((first + step * i) & 255);
  }
  return text.length === 0 ? "" : text.repeat(Math.ceil(size / text.length)).slice(0, size);
}

/** A value, a member or a field. */
function word(random: Random): string {
  if (random.chance(0.3)) return random.pick(INTEGERS);
  if (random.chance(0.3)) return `w${random.below(20)}`;
  return textOf(random, random.pick(random.chance(0.02) ? LARGE_SIZES : SIZES));
}

const words = (random: Random, max: number) =>
  Array.from({ length: random.between(1, max) }, () => word(random));

const keyOf = (random: Random, type: string) => {
  const index = random.below(KEY_COUNT);
  if (index === 0) return `${type}\r\n\0\xff`;
  return index === 1 ? type + "long key ".repeat(30) : type + index;
};

const id = (random: Random) => `${random.between(1, 300)}-${random.below(3)}`;
const small = (random: Random) => String(random.below(5));

/** What changes a key of a type; `k` is one of its names, `o` another. */
type Maker = (r: Random, k: string, o: string) => Words;

const MAKERS: Readonly<Record<string, readonly Maker[]>> = {
  s: [
    (r, k) => ["SET", k, word(r)],
    (r, k) => ["SET", k, word(r), "PX", FAR_MS],
    (r, k) => ["set", k, word(r), "KEEPTTL", "GET"],
    (r, k) => ["SETEX", k, "99999999", word(r)],
    (r, k) => ["APPEND", k, word(r)],
    (r, k) => ["SETRANGE", k, r.pick(["0", "3", "300", "70000"]), word(r)],
    (r, k) => ["SETBIT", k, r.pick(["0", "7", "9999", "600000"]), "1"],
    (r, k) => ["INCRBY", k, r.pick(INTEGERS)],
    (r, k) => ["INCRBYFLOAT", k, r.pick(["0.1", "-3e3", "17"])],
    (_, k) => ["GETEX", k, "PXAT", FAR_MS],
    (_, k) => ["GETDEL", k],
    (r, k, o) => ["MSET", k, word(r), o, word(r)],
    (r, k, o) => ["BITOP", r.pick(["AND", "XOR", "NOT"]), k, o],
    (r, k) => ["BITFIELD", k, "SET", "u8", small(r), "200", "INCRBY", "i5", "20", "9"],
    (r, k) => ["PFADD", k, ...words(r, 9)],
  ],
  l: [
    (r, k) => ["RPUSH", k, ...words(r, 30)],
    (r, k) => ["LPUSH", k, ...words(r, 5)],
    (r, k) => ["LSET", k, small(r), word(r)],
    (r, k) => ["LINSERT", k, "BEFORE", word(r), word(r)],
    (r, k) => ["LREM", k, small(r), word(r)],
    (r, k) => ["LTRIM", k, small(r), String(20 + r.below(99))],
    (r, k, o) => ["LMOVE", k, o, r.pick(["LEFT", "RIGHT"]), "LEFT"],
    (r, k) => ["LPOP", k, small(r)],
    (r, k, o) => ["LMPOP", "2", k, o, "RIGHT", "COUNT", String(1 + r.below(4))],
    (r, k, o) => ["SORT", k, "ALPHA", "LIMIT", "0", "50", "STORE", r.chance(0.5) ? k : o],
  ],
  t: [
    (r, k) => ["SADD", k, ...words(r, 30)],
    (r, k) => ["SADD", k, ...Array.from({ length: 20 }, () => r.pick(INTEGERS))],
    (r, k) => ["SREM", k, ...words(r, 5)],
    (r, k) => ["SPOP", k, String(1 + r.below(12))],
    (_, k) => ["SPOP", k],
    (r, k, o) => ["SMOVE", k, o, word(r)],
    (r, k, o) => [r.pick(["SUNIONSTORE", "SDIFFSTORE", "SINTERSTORE"]), k, o, k],
  ],
  z: [
    (r, k) => ["ZADD", k, ...words(r, 30).flatMap((member) => [r.pick(SCORES), member])],
    (r, k) => ["ZADD", k, "GT", "CH", r.pick(SCORES), word(r)],
    (r, k) => ["ZINCRBY", k, r.pick(["1", "-0.5", "1e10"]), word(r)],
    (r, k) => ["ZREM", k, ...words(r, 5)],
    (r, k) => ["ZPOPMAX", k, small(r)],
    (r, k) => ["ZREMRANGEBYRANK", k, small(r), small(r)],
    (_, k, o) => ["ZRANGESTORE", o, k, "0", "20"],
    (r, k, o) => ["ZUNIONSTORE", k, "2", o, k, "AGGREGATE", r.pick(["MAX", "MIN"])],
    (r, k) => ["GEOADD", k, "13.3", "38.1", word(r), "15", "37", word(r)],
  ],
  h: [
    (r, k) => ["HSET", k, ...words(r, 20).flatMap((field) => [field, word(r)])],
    (r, k) => ["HMSET", k, word(r), word(r)],
    (r, k) => ["HSETNX", k, word(r), word(r)],
    (r, k) => ["HINCRBY", k, word(r), r.pick(["1", "-77"])],
    (r, k) => ["HINCRBYFLOAT", k, word(r), "0.25"],
    (r, k) => ["HDEL", k, ...words(r, 5)],
  ],
  x: [
    (r, k) => ["XADD", k, "*", ...words(r, 3).flatMap((field) => [field, word(r)])],
    (r, k) => ["XADD", k, id(r), "a", word(r), "b", word(r)],
    (r, k) => ["XADD", k, "MAXLEN", "~", String(10 + r.below(200)), "*", "a", word(r)],
    (r, k) => ["XDEL", k, id(r), id(r)],
    (r, k) => ["XTRIM", k, "MAXLEN", "=", String(r.below(150))],
    (r, k) => ["XGROUP", "CREATE", k, `g${small(r)}`, r.pick(["0", "$"]), "MKSTREAM"],
    (r, k) => ["XGROUP", "CREATECONSUMER", k, `g${small(r)}`, word(r)],
    (r, k) => [
      "XREADGROUP",
      "GROUP",
      `g${small(r)}`,
      `c${small(r)}`,
      "COUNT",
      "9",
      "STREAMS",
      k,
      ">",
    ],
    (r, k) => ["XACK", k, `g${small(r)}`, id(r), id(r)],
    (r, k) => ["XCLAIM", k, `g${small(r)}`, `c${small(r)}`, "0", id(r), id(r), "RETRYCOUNT", "3"],
    (r, k) => ["XAUTOCLAIM", k, `g${small(r)}`, `c${small(r)}`, "0", "0", "COUNT", "3"],
    (r, k) => ["XGROUP", "DELCONSUMER", k, `g${small(r)}`, `c${small(r)}`],
    (_, k) => ["XSETID", k, "99999999999999-5"],
  ],
};

/** What concerns keys of any type. */
const OF_KEYS: readonly Maker[] = [
  (_, k) => ["DEL", k],
  (_, k, o) => ["UNLINK", k, o],
  (_, k) => ["PEXPIREAT", k, FAR_MS],
  (_, k) => ["EXPIRE", k, "99999999"],
  (_, k) => ["PERSIST", k],
  (_, k) => ["EXPIRE", k, "-1"],
  (_, k, o) => ["RENAME", k, o],
  (_, k, o) => ["COPY", k, o, "REPLACE"],
  (r, k) => ["MOVE", k, small(r)],
  (r, k) => ["COPY", k, k, "DB", small(r)],
];
const OF_DATABASES: readonly ((random: Random) => Words)[] = [
  (r) => ["SELECT", small(r)],
  (r) => ["SELECT", small(r)],
  (r) => ["SWAPDB", small(r), small(r)],
];

/** Fields that expire, which Redis 7.0 has not. */
const NEWER: readonly Maker[] = [
  (r, k) => ["HPEXPIREAT", k, FAR_MS, "FIELDS", "2", word(r), word(r)],
  (r, k) => ["HGETEX", k, "EX", "99999999", "FIELDS", "1", word(r)],
  (r, k) => ["HSETEX", k, "PXAT", FAR_MS, "FIELDS", "2", word(r), word(r), word(r), word(r)],
  (r, k) => ["HPERSIST", k, "FIELDS", "1", word(r)],
];

/** A command that may change something; with `newer` perhaps one that Redis 7.0 does not know. */
export function commandOf(random: Random, newer: boolean): Words {
  const chance = random.below(100);
  if (chance < 3) return random.pick(OF_DATABASES)(random);
  const type = random.pick(TYPES);
  const [key, other] = [keyOf(random, type), keyOf(random, type)];
  if (chance < 12) return random.pick(OF_KEYS)(random, key, other);
  if (newer && chance < 18) return random.pick(NEWER)(random, keyOf(random, "h"), other);
  return random.pick(MAKERS[type])(random, key, other);
}

/** The commands that make a value of some kind, small or large. */
export function planOf(random: Random): Words[] {
  const key = `v${random.below(30)}`;
  const plan = random.pick(KINDS).plan(random);
  const bytes = (one: unknown) =>
    one instanceof Uint8Array ? Buffer.from(one).toString("latin1") : String(one);
  const made = plan.map((line) =>
    line.map((one, i) => {
      const text = bytes(one);
      // A score of -0 is 0 once it was in a small set, as it may be when it is loaded.
      return text === "k" && (i === 1 || i === 2) ? key : text === "-0" ? "0" : text;
    }),
  );
  return [["DEL", key], ...made];
}

/** Bytes that no reader of requests looks at. */
const UNSEEN = ["x", "\0", "\n", "\r", "*", "$", "\xff", "1"];
/** Far below what is taken of a line. */
const LINE_SIZE_MAX = 10_000;
const INLINE = /^[!-~]+$/;

/** A request of these words: as it should be, in another spelling that is taken, or as a line. */
export function spelled(random: Random, list: readonly string[]): Buffer {
  const isOdd = random.chance(0.5);
  const unseen = () => (isOdd && random.chance(0.4) ? random.pick(UNSEEN) : null);
  const isLine = list.every((one) => INLINE.test(one) && !/["'*]/.test(one));
  const line = list.join(random.pick([" ", "  ", "\t"])) + random.pick(["\n", "\r\n"]);
  if (isLine && line.length < LINE_SIZE_MAX && random.chance(0.2)) return Buffer.from(line);
  const end = () => {
    const [first, second] = [unseen(), unseen()];
    return `${first ?? "\r"}${second ?? "\n"}`;
  };
  const lineEnd = () => `\r${unseen() ?? "\n"}`;
  const bulks = list.map((one) => `$${one.length}${lineEnd()}${one}${end()}`);
  const empty = random.chance(0.02) ? random.pick(["*0\r\n", "\r\n", "*-1\r\n"]) : "";
  return Buffer.from(`${empty}*${list.length}${lineEnd()}${bulks.join("")}`, "latin1");
}
