/** Purpose: what the clients of a simulated server do, drawn from a seed. */
import type { Random } from "../fuzz/random.ts";

export interface Command {
  readonly client: number;
  readonly words: readonly string[];
}

/**
 * A turn of the event loop with the commands that arrive in it, a signal, or a start after a
 * shutdown.
 */
export type Step =
  | { readonly kind: "turn"; readonly ms: number; readonly commands: readonly Command[] }
  | { readonly kind: "signal"; readonly name: "SIGTERM" | "SIGINT" }
  | { readonly kind: "start" };

/** What begins, changes or ends something that is in progress. */
export const CHANGES: readonly (readonly string[])[] = [
  ["BGSAVE"],
  ["BGSAVE", "SCHEDULE"],
  ["SAVE"],
  ["BGREWRITEAOF"],
  ["CONFIG", "SET", "appendonly", "yes"],
  ["CONFIG", "SET", "appendonly", "no"],
  ["CONFIG", "SET", "dir", "/home/other"],
  ["CONFIG", "SET", "dir", "/home"],
  ["DEBUG", "RELOAD"],
  ["DEBUG", "LOADAOF"],
  ["FLUSHALL"],
  ["SWAPDB", "0", "0"],
  ["CONFIG", "SET", "save", "3600 1000000"],
  ["CONFIG", "SET", "save", "1 1"],
  ["CONFIG", "SET", "save", ""],
  ["CONFIG", "SET", "appendfsync", "no"],
  ["CONFIG", "SET", "aof-use-rdb-preamble", "no"],
  ["CONFIG", "SET", "snapshot-format", "rdb"],
  ["CONFIG", "SET", "auto-aof-rewrite-min-size", "1"],
  ["MULTI", "BGSAVE"],
  ["MULTI", "BGREWRITEAOF"],
  ["MULTI", "CONFIG SET appendonly yes"],
  ["MULTI", "CONFIG SET appendonly no"],
  ["SHUTDOWN"],
  ["SHUTDOWN", "NOSAVE"],
  ["SHUTDOWN", "SAVE"],
  ["SHUTDOWN", "NOW", "FORCE"],
  ["SHUTDOWN", "ABORT"],
  ["SIGTERM"],
  ["SIGINT"],
];

/** Changes one after the other, each so many turns after the one before, among what writes. */
export function sequenceOf(
  random: Random,
  changes: readonly { readonly words: readonly string[]; readonly after: number }[],
): Step[] {
  const steps: Step[] = [];
  const openBlocks = new Array<number>(CLIENTS).fill(0);
  const turn = (words?: readonly string[]) => {
    const commands = writes(random, openBlocks, words === undefined ? 0 : 1);
    if (words?.[0] === "MULTI") {
      const lines = [["MULTI"], words[1].split(" "), ["EXEC"]];
      for (const line of lines) commands.push({ client: OPERATOR, words: line });
    } else if (words !== undefined) commands.push({ client: OPERATOR, words });
    steps.push({ kind: "turn", ms: random.chance(0.1) ? 600 : random.below(3), commands });
  };
  for (let i = 0; i < 3; i++) turn();
  for (const { words, after } of changes) {
    for (let i = 0; i < after; i++) turn();
    const [name] = words;
    if (name === "SIGTERM" || name === "SIGINT") steps.push({ kind: "signal", name });
    else turn(words);
  }
  for (let i = 0; i < LAST_TURNS; i++) turn();
  return steps;
}

/** Those that write. */
const CLIENTS = 3;
/** One more only looks at what they have written. */
const OBSERVER = CLIENTS;
/** And one, which never waits, has the events done. */
const OPERATOR = CLIENTS + 1;
export const CLIENT_COUNT = CLIENTS + 2;
const TURNS = 110;
/** After the last change: what it has begun may end, or not. */
const LAST_TURNS = 12;

/** What happens at certain turns besides the writing. */
const EVENTS: Readonly<Record<number, readonly string[]>> = {
  8: ["SAVE"],
  14: ["BGSAVE"],
  22: ["BGREWRITEAOF"],
  34: ["CONFIG", "SET", "appendonly", "no"],
  38: ["BGSAVE"],
  44: ["CONFIG", "SET", "appendonly", "yes"],
  54: ["BGREWRITEAOF"],
  57: ["DEBUG", "LOADAOF"],
  62: ["BGSAVE"],
  68: ["DEBUG", "RELOAD"],
  76: ["SHUTDOWN", "NOSAVE"],
  84: ["BGREWRITEAOF"],
  90: ["FLUSHALL"],
  96: ["BGREWRITEAOF"],
  104: ["CONFIG", "SET", "aof-use-rdb-preamble", "no"],
};

export function scriptOf(random: Random): Step[] {
  const steps: Step[] = [];
  const openBlocks = new Array<number>(CLIENTS).fill(0);
  for (let turn = 0; turn < TURNS; turn++) {
    const event = EVENTS[turn];
    const commands = writes(random, openBlocks, event === undefined ? 1 : 0);
    if (event !== undefined) commands.push({ client: OPERATOR, words: event });
    steps.push({ kind: "turn", ms: passing(random), commands });
    if (event?.[0] !== "SHUTDOWN") continue;
    openBlocks.fill(0);
    steps.push({ kind: "start" });
  }
  return steps;
}

/** What arrives of clients that write, at least so much, and of who looks at it. */
function writes(random: Random, openBlocks: number[], least: number): Command[] {
  const commands: Command[] = [];
  for (let i = random.between(least, 4); i > 0; i--) {
    const client = random.below(CLIENTS);
    const words = wordsOf(random, openBlocks, client);
    commands.push({ client, words });
    if (words.length < 2 || random.chance(0.5)) continue;
    const key = words[0] === "EVAL" ? words[FIRST_KEY] : words[1];
    commands.push({ client: OBSERVER, words: lookAt(random, key) });
  }
  return commands;
}

const passing = (random: Random) => (random.chance(0.1) ? 600 : random.between(1, 40));

/** The next command of a client; some are within a transaction of three. */
function wordsOf(random: Random, openBlocks: number[], client: number): string[] {
  if (openBlocks[client] > 1) {
    openBlocks[client]--;
    return write(random);
  }
  if (openBlocks[client] === 1) {
    openBlocks[client] = 0;
    return ["EXEC"];
  }
  if (random.chance(0.15)) {
    openBlocks[client] = random.between(2, 4);
    return ["MULTI"];
  }
  if (random.chance(0.06)) return longScript(random);
  if (random.chance(0.1)) return ["WAITAOF", "1", "0", String(random.between(1, 1500))];
  return random.chance(0.15) ? look(random) : write(random);
}

/** The place of a script's first key. */
const FIRST_KEY = 3;

/** It writes, waits for turns of the event loop in its middle, and writes again. */
function longScript(random: Random): string[] {
  const n = String(random.below(8));
  const script =
    "redis.call('SET', KEYS[1], ARGV[1]); for (let i = 0; i < 1e6; i++); " +
    "redis.call('INCR', KEYS[2]); redis.call('RPUSH', KEYS[3], ARGV[1])";
  return ["EVAL", script, "3", `s${n}`, `c${n}`, `l${n}`, `v${random.uint32()}`];
}

/** A command that changes nothing, or not always; its reply shows what is there. */
function look(random: Random): string[] {
  const n = String(random.below(8));
  const kinds = [
    ["GET", `s${n}`],
    ["MGET", `s${n}`, `a${n}`, "s0"],
    ["LRANGE", `l${n}`, "0", "-1"],
    ["HGETALL", `h${n}`],
    ["SADD", `t${n}`, `v${random.below(2)}`],
    ["SET", `s${n}`, "new", "NX"],
    ["SUNION", `t${n}`, "t0"],
    ["DBSIZE"],
    ["KEYS", "*"],
  ];
  return kinds[random.below(kinds.length)];
}

/** As `look`, at a key that has been written just now, of any type. */
function lookAt(random: Random, key: string): string[] {
  const kinds = [
    ["EXISTS", key],
    ["TYPE", key],
    ["PTTL", key],
    ["DUMP", key],
    ["TOUCH", "no", key],
  ];
  return kinds[random.below(kinds.length)];
}

function write(random: Random): string[] {
  const n = String(random.below(8));
  const value = `v${random.uint32()}`;
  const kinds = [
    ["SET", `s${n}`, value.repeat(random.between(1, 9))],
    ["SET", `s${n}`, value, "PX", String(random.between(20, 1500))],
    ["INCR", `c${n}`],
    ["APPEND", `a${n}`, value],
    ["RPUSH", `l${n}`, value, value],
    ["LPOP", `l${n}`],
    ["HSET", `h${n}`, `f${random.below(9)}`, value],
    ["SADD", `t${n}`, value],
    ["SPOP", `t${n}`],
    ["SMOVE", `t${n}`, `t${random.below(8)}`, value],
    ["ZADD", `z${n}`, n, value],
    ["XADD", `x${n}`, "*", "field", value],
    ["PEXPIRE", `c${n}`, String(random.between(20, 2500))],
    ["DEL", `s${n}`, `h${n}`],
    ["SETBIT", `b${n}`, "20", "1"],
    ["INCRBYFLOAT", `f${n}`, "0.5"],
  ];
  return kinds[random.below(kinds.length)];
}
