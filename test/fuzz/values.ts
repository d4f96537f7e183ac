/**
 * Purpose: values for arguments. A generator is looked up by command and argument name, then by
 * the argument's name, then by its type; a new data type adds rows to the tables and no code.
 *
 * All texts here are strings of bytes: one character (0 to 255) for each byte that is sent.
 */

import type { Argument, Command } from "./grammar.ts";
import type { Random } from "./random.ts";

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

const ALL_BYTES = Array.from({ length: 256 }, (_, byte) => String.fromCharCode(byte)).join("");

/** Texts that are integers, or nearly so. */
const INTEGERS = [
  ["0", "1", "-1", "2", "3", "5", "7", "10", "16", "100", "-2", "-3", "-10", "-100"],
  ["127", "128", "-128", "-129", "255", "256", "9999", "10000", "32767", "32768", "65536"],
  ["2147483647", "2147483648", "-2147483648", "-2147483649", "4294967295", "4294967296"],
  ["9007199254740991", "9007199254740992", "9007199254740993", "999999999999999999"],
  ["9223372036854775806", "9223372036854775807", "9223372036854775808"],
  ["-9223372036854775807", "-9223372036854775808", "-9223372036854775809"],
  ["18446744073709551615", "18446744073709551616", "123456789012345678901234567890"],
  [
    "-0",
    "+1",
    "+0",
    "00",
    "01",
    "-01",
    "007",
    " 1",
    "1 ",
    "1x",
    "0x10",
    "1e3",
    "1.0",
    "- 1",
    "--1",
  ],
  ["", " ", "-", "+", ".", "1_000", "1,0", "\0", "1\0", "abc", "\xb2", "1\r\n"],
];

/** Texts that are floating-point numbers, or nearly so. */
const FLOATS = [
  ["0", "1", "-1", "3.0", "0.1", "-0.1", "1.5", "5.0e3", "1e3", "2.5e-3", "10000000000", "1e17"],
  ["3.14159265358979312", "0.30000000000000004", "1.7976931348623157", "123456789.123456789"],
  [
    "1e308",
    "1.7976931348623157e308",
    "1.8e308",
    "-1e308",
    "1e-308",
    "5e-324",
    "4.9e-324",
    "1e-400",
  ],
  ["1e4932", "1e5000", "-1e5000", "1e20", "1e21", "1e22", "99999999999999999999", "1e-17", "1e-18"],
  ["nan", "NaN", "-nan", "inf", "+inf", "-inf", "INF", "Infinity", "-infinity", "infin"],
  ["-0", "-0.0", "+1.5", ".5", "5.", "00.5", "0x1p3", "0x1.8p1", "0xA", "1e", "1e+", "e5", "."],
  ["", " ", " 1", "1 ", "1.5x", "1..5", "1,5", "\0", "1\0", "abc", "--1", "1.0.0", "1_0"],
];

/** Sizes around which encodings, buffers and headers change. */
const SIZES = [
  [1, 2, 3, 10, 20, 21, 31, 32, 33, 43, 44, 45, 46, 63, 64, 65],
  [127, 128, 129, 191, 192, 255, 256, 257, 511, 512, 513, 1023, 1024, 1025],
  [4093, 4094, 4095, 4096, 4097, 8191, 8192, 8193],
  [10_000, 16_383, 16_384, 16_385, 20_000, 32_767, 32_768, 32_769, 65_535, 65_536, 65_537],
];

const PATTERNS = [
  ["*", "?", "**", "*:1", "string:*", "*:?", "*ng:[12]", "[a-z]*", "[^s]*", "s*1", "key*", ""],
  [
    "[",
    "[]",
    "[^]",
    "[a",
    "[a-",
    "[z-a]*",
    "\\",
    "\\*",
    "\\[",
    "a\\",
    "*\\",
    "[\\]]",
    "[^\\",
    "*[*",
  ],
  ["nosuch", "??????", "*a*b*c*", "{tag}*", "\x00*", "\xff", "*\r\n*", "[\x00-\xff]*", "***?***"],
];

/** Seconds and milliseconds: never one that could run out while a sequence runs. */
const DURATIONS = [
  ["100000", "500000", "1000000", "86400000", "1000000000", "123456789"],
  ["0", "-1", "-100", "-9223372036854775808", "-9223372036854775"],
  ["9223372036854775807", "9223372036854775808", "9223372036854775", "9223372036854776"],
  [
    "9223370399119966",
    "9223372036854775000",
    "4611686018427387904",
    "1e10",
    "1.5",
    "abc",
    "",
    " 1",
  ],
];

/** Unix times in seconds or milliseconds: long ago, far ahead, or none. */
const MOMENTS = [
  ["4102444800", "4102444800000", "9999999999", "9999999999999", "32503680000", "32503680000123"],
  ["0", "1", "-1", "100", "1000000000", "-9223372036854775808", "-9223372036854775"],
  ["9223372036854775807", "9223372036854775808", "9223372036854775", "9223372036854776"],
  ["9007199254740993", "9223372036854775805", "4611686018427387905", "2000000000000001"],
  ["9223372036854774784", "99999999999999", "1e10", "1.5", "abc", "", " 1", "0x10"],
];

/** The first list of a family is as likely as all others together. */
function from<T>(random: Random, lists: readonly (readonly T[])[]): T {
  return random.pick(random.chance(0.5) ? lists[0] : random.pick(lists));
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
 * mostly finds its type, and goes to those of other groups now and then.
 */
const key: Generator = (random, command) =>
  random.weighted<Generator>([
    [14, () => `${KEY_PREFIX[command.group] ?? "string"}:${random.between(1, 4)}`],
    [3, () => `${random.pick(Object.values(KEY_PREFIX))}:${random.between(1, 3)}`],
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
  geo: "zset",
  stream: "stream",
  hyperloglog: "hll",
};

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

/** Elements of collections: few short ones, so that they meet, and some of each other kind. */
const element: Generator = (random, command) =>
  random.chance(0.6)
    ? random.pick(["a", "b", "c", "d", "e", "1", "2", "3"])
    : text(random, command);

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
  index: position,
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
  // Waits are short enough not to hold up a run, and never without end.
  timeout: oneOf("0.001", "0.01", "0.02", "-1", "abc", "", "inf", "1e400"),
};

const wait: Generator = oneOf("1", "2", "10", "-1", "abc", "");

const BY_COMMAND: Readonly<Record<string, Generator>> = {
  "xread milliseconds": wait,
  "xreadgroup milliseconds": wait,
  "object|freq key": key,
};
