/**
 * Purpose: values for arguments. A generator is looked up by command and argument name, then by
 * the argument's name, then by its type; a new data type adds rows to the tables and no code.
 *
 * All texts here are strings of bytes: one character (0 to 255) for each byte that is sent.
 */

import type { Argument, Command } from "./grammar.ts";
import type { Random } from "./random.ts";
import {
  ALL_BYTES,
  BIT_OFFSETS,
  BIT_TYPES,
  DURATIONS,
  FLOATS,
  from,
  INTEGERS,
  LATITUDES,
  LENGTHS,
  LONGITUDES,
  MEMBER_ENDS,
  MOMENTS,
  PATTERNS,
  SCORE_ENDS,
  SCORES,
  SIZES,
  SORT_PATTERNS,
} from "./texts.ts";

/** Makes a value for an argument. */
export type Generator = (random: Random, command: Command) => string;

/** A value for the argument of the command. */
export function valueFor(random: Random, command: Command, argument: Argument): string {
  const generator =
    BY_COMMAND[`${command.name} ${argument.name}`] ??
    BY_NAME[argument.name] ??
    BY_TYPE[argument.type] ??
    text;
  return generator(random, command);
}

/** A value that fits nowhere in particular, to stand where another is expected. */
export function anyValue(random: Random, command: Command): string {
  return random.weighted(ANY)(random, command);
}

const integer: Generator = (random) => from(random, INTEGERS);
const float: Generator = (random) => from(random, FLOATS);
const pattern: Generator = (random) => from(random, PATTERNS);
const duration: Generator = (random) => from(random, DURATIONS);
const moment: Generator = (random) => from(random, MOMENTS);

/** Mostly small numbers: for counts, positions and limits. */
const count: Generator = (random, command) =>
  random.chance(0.7) ? String(random.between(-3, 12)) : integer(random, command);

/** Positions in a string: around its ends, or nowhere. Never so far that much memory is needed. */
const position: Generator = (random, command) =>
  random.weighted<Generator>([
    [6, () => String(random.between(-12, 12))],
    [2, () => String(from(random, SIZES) * (random.chance(0.3) ? -1 : 1))],
    [2, integer],
  ])(random, command);

const bytes: Generator = (random) =>
  Array.from({ length: random.between(1, 24) }, () => String.fromCharCode(random.below(256))).join(
    "",
  );

const sized: Generator = (random) => {
  const size = random.chance(0.9) ? from(random, SIZES.slice(0, 2)) : random.pick(SIZES.flat());
  const unit = random.pick(["x", "ab", "0", "12345", ALL_BYTES, "\r\n", "long text "]);
  return unit.repeat(Math.ceil(size / unit.length)).slice(0, size);
};

const word: Generator = (random) =>
  random.pick(["a", "b", "c", "abc", "ABC", "foo", "bar", "hello world", "ohmytext", "mynewtext"]);

const special: Generator = (random) =>
  random.pick([
    "",
    "\r\n",
    "\0",
    "\xff",
    '"',
    "'",
    "\\",
    "%s%n",
    "*1\r\n$4\r\nPING\r\n",
    ALL_BYTES,
  ]);

const text: Generator = (random, command) =>
  random.weighted<Generator>([
    [6, word],
    [4, integer],
    [2, float],
    [2, sized],
    [1, bytes],
    [1, special],
  ])(random, command);

/**
 * Names of keys: few, so that commands meet. Each group of commands has its own, in which it
 * mostly finds its type, and goes to those of other groups now and then. Commands on keys of any
 * type take them all.
 */
const key: Generator = (random, command) =>
  random.weighted<Generator>([
    [14, () => `${KEY_PREFIX[command.group] ?? anyPrefix(random)}:${random.between(1, 4)}`],
    [2, () => `${anyPrefix(random)}:${random.between(1, 3)}`],
    [
      1,
      () => random.pick(["", "nosuch", "{tag}:1", "a b", "\0\r\n\xff", "k".repeat(300), "10", "*"]),
    ],
  ])(random, command);

const KEY_PREFIX: Readonly<Record<string, string>> = {
  string: "string",
  bitmap: "string",
  hash: "hash",
  list: "list",
  set: "set",
  "sorted-set": "zset",
  geo: "geo",
  stream: "stream",
  hyperloglog: "hll",
};

const anyPrefix = (random: Random) =>
  random.chance(0.3) ? "string" : random.pick(Object.values(KEY_PREFIX));

/** Sorted sets of places are sorted sets, and sets count as such. */
const zsetKey: Generator = (random, command) =>
  random.chance(0.85)
    ? key(random, command)
    : `${random.pick(["geo", "set", "zset"])}:${random.between(1, 4)}`;

const ANY: readonly (readonly [number, Generator])[] = [
  [4, text],
  [3, integer],
  [2, float],
  [2, key],
  [1, special],
  [1, pattern],
];

const oneOf =
  (...values: readonly string[]): Generator =>
  (random) =>
    random.pick(values);

const database: Generator = (random) =>
  random.chance(0.8)
    ? random.pick(["0", "1", "2", "0", "1", "2", "15"])
    : random.pick(["16", "-1", "1000000000000", "9223372036854775808", "abc", "", "1.5", "01"]);

/**
 * Elements of collections: few short ones, so that they meet; one of some hundred, of which large
 * collections are made; and some of each other kind.
 */
const element: Generator = (random, command) =>
  random.weighted<Generator>([
    [10, () => random.pick(["a", "b", "c", "d", "e", "1", "2", "3"])],
    [3, () => `e${random.between(1, 400)}`],
    [3, () => String(random.between(-200, 400))],
    [3, text],
  ])(random, command);

/** Values of fields: small numbers among them, so that some can be added to. */
const value: Generator = (random, command) =>
  random.weighted<Generator>([
    [2, () => String(random.between(-20, 20))],
    [1, element],
    [2, text],
  ])(random, command);

const score: Generator = (random) => from(random, SCORES);
const scoreEnd: Generator = (random) => from(random, SCORE_ENDS);
const memberEnd: Generator = (random) => from(random, MEMBER_ENDS);
const sortPattern: Generator = (random) => from(random, SORT_PATTERNS);

/** Positions in a collection: near its ends, far within it, or nowhere. */
const rank: Generator = (random, command) =>
  random.weighted<Generator>([
    [12, () => String(random.between(-8, 8))],
    [3, () => String(random.between(-400, 400))],
    [2, integer],
  ])(random, command);

const BY_TYPE: Readonly<Record<string, Generator>> = {
  key,
  integer,
  double: float,
  pattern,
  "unix-time": moment,
  string: text,
};

const BY_NAME: Readonly<Record<string, Generator>> = {
  count,
  seconds: duration,
  milliseconds: duration,
  ttl: duration,
  offset: position,
  start: position,
  end: position,
  stop: position,
  index: rank,
  rank,
  limit: count,
  len: count,
  "num-matches": count,
  db: database,
  index1: database,
  index2: database,
  "destination-db": database,
  cursor: (random, command) => (random.chance(0.8) ? "0" : integer(random, command)),
  "client-id": oneOf("0", "-1", "1000000000000", "9223372036854775807", "9223372036854775808", "x"),
  protover: oneOf("2", "3", "3", "2", "1", "4", "0", "-1", "abc", "", "9223372036854775808"),
  type: oneOf("string", "STRING", "list", "set", "zset", "hash", "stream", "nosuch", ""),
  username: oneOf("default", "DEFAULT", "nosuch", "", "a b"),
  password: oneOf("", "secret", "\0"),
  clientname: oneOf("name", "", "a b", "a\n", "\x7f", "\xff", "~", "!"),
  "connection-name": oneOf("name", "", "a b", "a\n", "\x7f", "\xff", "~", "!"),
  field: element,
  member: element,
  member1: element,
  member2: element,
  element,
  pivot: element,
  score,
  weight: score,
  longitude: (random) => from(random, LONGITUDES),
  latitude: (random) => from(random, LATITUDES),
  radius: (random) => from(random, LENGTHS),
  width: (random) => from(random, LENGTHS),
  height: (random) => from(random, LENGTHS),
  encoding: (random) => from(random, BIT_TYPES),
  bit: oneOf("0", "1", "0", "1", "2", "-1", "", "x", "01"),
  operation: oneOf("AND", "OR", "XOR", "NOT", "and", "not", "nosuch", ""),
  // Waits are short enough not to hold up a run, and mostly without end: who waits is woken.
  timeout: oneOf("0", "0", "0", "0.001", "0.01", "0.02", "-1", "abc", "", "inf", "1e400", "-0.1"),
};

/** Both ends of a range, for commands that name them alike. */
const ends = (generator: Generator, ...commands: readonly string[]) =>
  Object.fromEntries(
    commands.flatMap((name) => [
      [`${name} min`, generator],
      [`${name} max`, generator],
    ]),
  );

const positions = (...commands: readonly string[]) =>
  Object.fromEntries(
    commands.flatMap((name) => [
      [`${name} start`, rank],
      [`${name} stop`, rank],
    ]),
  );

/** The argument called key, for commands that take sorted sets from others as well. */
const zsetKeys = (...commands: readonly string[]) =>
  Object.fromEntries(commands.map((name) => [`${name} key`, zsetKey]));

const BY_COMMAND: Readonly<Record<string, Generator>> = {
  "object|freq key": key,
  "hset value": value,
  "hmset value": value,
  "hsetnx value": value,
  "zincrby increment": score,
  "bitfield offset": (random) => from(random, BIT_OFFSETS),
  "bitfield_ro offset": (random) => from(random, BIT_OFFSETS),
  "setbit value": oneOf("0", "1", "1", "0", "2", "-1", "", "x"),
  ...ends(scoreEnd, "zcount", "zrangebyscore", "zrevrangebyscore", "zremrangebyscore"),
  ...ends(memberEnd, "zlexcount", "zrangebylex", "zrevrangebylex", "zremrangebylex"),
  ...positions("lrange", "ltrim", "zrevrange", "zremrangebyrank"),
  ...zsetKeys("zunion", "zinter", "zdiff", "zunionstore", "zinterstore", "zdiffstore"),
  ...zsetKeys("zintercard", "zmpop", "zrange", "zscore", "zrank", "zadd"),
};

/** Values that the arguments written by hand in policies.ts are made of. */
export const make = {
  key,
  zsetKey,
  element,
  count,
  rank,
  score,
  scoreEnd,
  memberEnd,
  sortPattern,
  integer,
} as const;
