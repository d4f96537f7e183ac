/** The tests that are run when no command is given: redis-benchmark's, in its order. */

export interface BenchmarkTest {
  /** As it is told. */
  readonly title: string;
  /** The names by which -t asks for it. */
  readonly names: readonly string[];
  /** The command; a text is sent as it is. `data` stands for the value. */
  readonly command: (data: string) => readonly string[] | string;
}

/** Stands for a random number in a command's words. */
export const RANDOM_MARK = "__rand_int__";
const MSET_KEYS = 10;

const test = (title: string, names: string, command: BenchmarkTest["command"]): BenchmarkTest => ({
  title,
  names: names.split(" "),
  command,
});

const range = (count: number) =>
  test(`LRANGE_${count} (first ${count} elements)`, `lrange lrange_${count}`, () => [
    "LRANGE",
    "mylist",
    "0",
    String(count - 1),
  ]);

export const TESTS: readonly BenchmarkTest[] = [
  test("PING_INLINE", "ping_inline ping", () => "PING\r\n"),
  test("PING_MBULK", "ping_mbulk ping", () => ["PING"]),
  test("SET", "set", (data) => ["SET", `key:${RANDOM_MARK}`, data]),
  test("GET", "get", () => ["GET", `key:${RANDOM_MARK}`]),
  test("INCR", "incr", () => ["INCR", `counter:${RANDOM_MARK}`]),
  test("LPUSH", "lpush", (data) => ["LPUSH", "mylist", data]),
  test("RPUSH", "rpush", (data) => ["RPUSH", "mylist", data]),
  test("LPOP", "lpop", () => ["LPOP", "mylist"]),
  test("RPOP", "rpop", () => ["RPOP", "mylist"]),
  test("SADD", "sadd", () => ["SADD", "myset", `element:${RANDOM_MARK}`]),
  test("HSET", "hset", (data) => ["HSET", "myhash", `element:${RANDOM_MARK}`, data]),
  test("SPOP", "spop", () => ["SPOP", "myset"]),
  test("ZADD", "zadd", () => ["ZADD", "myzset", "0", `element:${RANDOM_MARK}`]),
  test("ZPOPMIN", "zpopmin", () => ["ZPOPMIN", "myzset"]),
  test(
    "LPUSH (needed to benchmark LRANGE)",
    "lrange lrange_100 lrange_300 lrange_500 lrange_600",
    (data) => ["LPUSH", "mylist", data],
  ),
  range(100),
  range(300),
  range(500),
  range(600),
  test("MSET (10 keys)", "mset", (data) => [
    "MSET",
    ...Array.from({ length: MSET_KEYS }, () => [`key:${RANDOM_MARK}`, data]).flat(),
  ]),
];

/** The tests that -t asks for; null: all. With random numbers ZADD has random scores as well. */
export const testsOf = (asked: string | null): readonly BenchmarkTest[] =>
  TESTS.filter(({ names }) => asked === null || names.some((name) => asked.includes(`,${name},`)));
