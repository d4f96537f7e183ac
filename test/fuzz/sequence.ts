/**
 * Purpose: random sequences of steps over a few connections. What a connection does is planned in
 * small scripts (one command, a transaction, a key that expires ...) whose steps are interleaved;
 * every step names its connection, so a sequence always runs in the same order.
 */

import { quoted, typed } from "../client/format.ts";
import type { Command } from "./grammar.ts";
import { LOW_THRESHOLDS, policyOf } from "./policies.ts";
import { Random } from "./random.ts";
import { LEX_KEYS, Renderer } from "./render.ts";
import {
  fillStream,
  type Line,
  nodeBytes,
  openStreams,
  readersWait,
  type Scene,
  sizeNodes,
  workOnStream,
} from "./stream_plans.ts";
import { anyValue } from "./values.ts";
import { BULK_NAMES, bulkCommand } from "./words.ts";

/** A command on one of the connections that last for the sequence. */
export interface CommandStep {
  kind: "command";
  connection: number;
  /** One character per byte. */
  args: string[];
  /** Sent as a line instead of an array of bulk strings. */
  inline: boolean;
  /** Sent in one write with the step before it, if that is of the same connection. */
  joined: boolean;
  /** It makes a key expire within 2 ms: nothing follows until that has surely happened. */
  expires: boolean;
}

/** Bytes that need not be commands, on a connection of their own. */
export interface StrayStep {
  kind: "stray";
  parts: StrayPart[];
  /** Where the bytes are cut into several writes. */
  cuts: number[];
  /** What it sends does not end with a whole command. */
  unfinished: boolean;
}

/** A command, or other bytes (one character per byte). */
export type StrayPart = { args: string[] } | { bytes: string };

export type Step = CommandStep | StrayStep;

const CONNECTIONS_MOST = 3;

/** The steps of sequence number `index` of a seed. */
export function generate(
  seed: number,
  index: number,
  length: number,
  commands: readonly Command[],
): Step[] {
  return new Author(new Random(seed, index), commands).write(length);
}

/** The bytes of a command as it is sent. */
export function requestText(args: readonly string[]): string {
  let text = `*${args.length}\r\n`;
  for (const arg of args) text += `$${arg.length}\r\n${arg}\r\n`;
  return text;
}

/** The bytes of a command as an inline one: a line as it may be typed. */
export function inlineText(args: readonly string[]): string {
  return `${args.map(word).join(" ")}\r\n`;
}

/** A word as it may be typed; escapes stand for all bytes that are not printable ASCII. */
export function word(text: string): string {
  return typed(Buffer.from(text, "latin1"));
}

interface Planned {
  args: string[];
  expires?: boolean;
  /** The connection that goes on after this step. */
  next?: number;
}

/** As planned; what goes on from earlier steps is made when it is its turn. */
type Turn = Omit<Planned, "args"> & { args: Line };

const planned = (lines: readonly Line[]): Turn[] => lines.map((args) => ({ args }));

class Author {
  private readonly random: Random;
  private readonly renderer: Renderer;
  private readonly commands: readonly Command[];
  private readonly plans: Turn[][];
  private readonly names: ReadonlySet<string>;
  /** The commands that a stray connection sends: those whose replies are compared exactly. */
  private readonly exact: Renderer;
  /** Groups of commands that the sequence is about. */
  private readonly focus: readonly string[];

  constructor(random: Random, known: readonly Command[]) {
    const isLeft = random.weighted(LEFT_OUT);
    const kept = known.filter((command) => !isLeft(command));
    const commands = kept.length > 0 ? kept : known;
    this.random = random;
    this.commands = commands;
    // Most sequences are about few types, so that their commands find much to work on.
    const groups = [...new Set(commands.map(({ group }) => group))].filter((name) =>
      DATA_GROUPS.includes(name),
    );
    const focus = groups.length > 0 && random.chance(0.8) ? random.shuffled(groups) : [];
    this.focus = focus.slice(0, random.between(1, 2));
    this.renderer = new Renderer(random, commands, this.focus);
    this.exact = new Renderer(
      random,
      commands.filter(({ name, words }) => isExact(name) && isExact(words[0])),
    );
    this.names = new Set(commands.map((command) => command.name));
    this.plans = Array.from({ length: random.between(1, CONNECTIONS_MOST) }, () => []);
  }

  write(length: number): Step[] {
    const random = this.random;
    const steps: Step[] = [];
    let connection = 0;
    if (this.isAbout("stream") && random.chance(0.5)) {
      const step = { connection, inline: false, joined: false, expires: false };
      steps.push({ kind: "command", args: nodeBytes(random), ...step });
    }
    if (this.names.has("hello")) {
      for (const plan of this.plans) if (random.chance(0.5)) plan.push({ args: ["HELLO", "3"] });
    }
    if (this.names.has("config|set") && random.chance(this.isAbout("stream") ? 0.7 : 0.4)) {
      this.plans[0].push(...this.lowThresholds());
    }
    if (this.isAbout("stream") && this.names.has("xgroup|create")) {
      const sizes = random.chance(0.6) ? sizeNodes(random) : [];
      this.plans[0].push(...planned([...sizes, ...openStreams(random)]));
    }
    while (steps.length < length) {
      if (random.chance(0.006)) steps.push(this.stray());
      if (random.chance(0.1)) connection = random.below(this.plans.length);
      const plan = this.plans[connection];
      if (plan.length === 0) plan.push(...this.plan(connection));
      const now = plan.shift();
      if (now === undefined) continue;
      const args = typeof now.args === "function" ? now.args() : now.args;
      const short = args.reduce((size, arg) => size + arg.length, 0) < 2000;
      steps.push({
        kind: "command",
        connection,
        args,
        inline: short && random.chance(0.04),
        joined: random.chance(0.95),
        expires: now.expires ?? false,
      });
      connection = now.next ?? connection;
    }
    return steps;
  }

  private plan(connection: number): Turn[] {
    return this.random.weighted<() => Turn[]>([
      [80, () => [{ args: this.renderer.next() }]],
      [4, () => this.transaction()],
      [2, () => this.bulk()],
      [this.isAbout("stream") ? 3 : 0.5, () => this.streams()],
      [this.isAbout("stream") ? 3 : 1, () => this.wait(connection)],
      [1, () => this.expiry()],
      [1, () => [{ args: this.unknownCommand() }]],
      [1, () => [{ args: this.unknownSubcommand() }]],
    ])();
  }

  /** Has collections change their encoding early in the sequence. */
  private lowThresholds(): Planned[] {
    const random = this.random;
    return LOW_THRESHOLDS.filter(() => random.chance(0.5)).map(([name, values]) => ({
      args: ["CONFIG", "SET", name, random.pick(values)],
    }));
  }

  /** A large collection, with some commands that probably meet it. */
  private bulk(): Planned[] {
    const random = this.random;
    const known = BULK_NAMES.filter((name) => this.names.has(name));
    if (this.names.has("zadd") && random.chance(0.2)) return this.sameScores();
    if (known.length === 0) return [{ args: this.renderer.next() }];
    return [{ args: bulkCommand(random, random.pick(known)) }];
  }

  private isAbout(group: string): boolean {
    return this.focus.includes(group);
  }

  /** A stream that fills, or a group of readers at work. */
  private streams(): Turn[] {
    const random = this.random;
    if (!this.names.has("xreadgroup")) return [{ args: this.renderer.next() }];
    return planned(random.weighted(STREAM_PLANS)(random));
  }

  /** A command that waits, and on other connections more that wait, and what may wake them. */
  private wait(connection: number): Turn[] {
    const random = this.random;
    const others = random.shuffled([...this.plans.keys()].filter((other) => other !== connection));
    const scene = this.scene();
    if (scene === null || others.length === 0) return [{ args: this.renderer.next() }];
    const waker = others.pop() ?? 0;
    const waits = [connection, ...others.filter(() => random.chance(0.7))];
    for (const [index, other] of waits.entries()) {
      const next = waits[index + 1] ?? waker;
      if (other !== connection) this.plans[other].unshift({ args: scene.wait(), next });
    }
    const wakers = Array.from({ length: random.between(1, 4) }, scene.wake);
    const inTransaction = random.chance(0.3) && this.names.has("multi") && this.names.has("exec");
    const queued = wakers.filter(([name]) => name !== "FLUSHDB"); // see LEFT_OUT
    const all = inTransaction ? [["MULTI"], ...queued, ["EXEC"]] : wakers;
    this.plans[waker].unshift(...planned(all), ...planned(scene.after));
    const first = { args: scene.wait(), next: waits[1] ?? waker };
    return [...planned(scene.before), first];
  }

  /** Null when none of the commands waits. */
  private scene(): Scene | null {
    const random = this.random;
    const known = WAITING.filter(([name]) => this.names.has(name.toLowerCase()));
    const mayRead = this.names.has("xreadgroup") && !this.names.has("swapdb");
    if (mayRead && (known.length === 0 || random.chance(this.isAbout("stream") ? 0.9 : 0.2))) {
      return readersWait(random);
    }
    if (known.length === 0) return null;
    return {
      before: random.chance(0.7) ? [["DEL", ...WAITED_KEYS]] : [],
      wait: () => random.pick(known),
      wake: () => random.pick(WAKING),
      after: [],
    };
  }

  /** Members with one score, whose order is that of their bytes, and ranges of them. */
  private sameScores(): Planned[] {
    const random = this.random;
    const key = `lex:${random.between(1, LEX_KEYS)}`;
    if (key === `lex:${LEX_KEYS}`) return [{ args: ["SET", key, "string"] }];
    const members = Array.from({ length: random.pick([3, 10, 150]) }, () =>
      random.pick([
        "a",
        "b",
        "c",
        `e${random.below(400)}`,
        "",
        "\xff",
        "a\0",
        `${random.below(20)}`,
      ]),
    );
    const plan = [{ args: ["ZADD", key, ...members.flatMap((member) => ["0", member])] }];
    const ranges = this.commands.filter(({ name }) => /^z.*lex/.test(name));
    for (let left = random.between(1, 5); left > 0 && ranges.length > 0; left--) {
      plan.push({ args: this.renderer.line(random.pick(ranges)) });
    }
    return plan;
  }

  private transaction(): Planned[] {
    const random = this.random;
    const known = (name: string) => this.names.has(name);
    if (!known("multi") || !known("exec")) return [{ args: this.renderer.next() }];
    const plan: Planned[] = [];
    if (known("watch") && random.chance(0.5)) {
      plan.push(this.rendered("watch"));
      while (random.chance(0.4)) plan.push({ args: this.renderer.next() });
      if (random.chance(0.1)) plan.push(this.rendered("unwatch"));
    }
    plan.push({ args: ["MULTI"] });
    for (let left = random.between(0, 6); left > 0; left--) {
      plan.push({ args: random.chance(0.03) ? this.unknownCommand() : this.renderer.next() });
    }
    plan.push({ args: [random.chance(0.85) || !known("discard") ? "EXEC" : "DISCARD"] });
    return plan;
  }

  /** A key that expires at once, with something that looks at it before and after. */
  private expiry(): Planned[] {
    const random = this.random;
    const key = this.key();
    const ms = random.pick(["1", "2"]);
    const ways: [string, string[]][] = [
      ["set", ["SET", key, "short-lived", "PX", ms]],
      ["psetex", ["PSETEX", key, ms, "short-lived"]],
      ["pexpire", ["PEXPIRE", key, ms]],
      ["getex", ["GETEX", key, "PX", ms]],
    ];
    const known = ways.filter(([name]) => this.names.has(name));
    if (known.length === 0) return [{ args: this.renderer.next() }];
    const plan: Planned[] = [];
    if (this.names.has("watch") && random.chance(0.1)) plan.push({ args: ["WATCH", key] });
    plan.push({ args: random.pick(known)[1], expires: true });
    for (let left = random.between(1, 2); left > 0; left--) {
      // A command on the expired key: what it was rendered with is replaced where it has a key.
      const { name, words, arguments: grammar } = random.pick(this.commands);
      if (policyOf(name).deny !== undefined || grammar[0]?.type !== "key") continue;
      const args = this.rendered(name).args;
      // Those have keys of their own.
      if (args.some((word) => /lex/i.test(word))) continue;
      plan.push({ args: args.length > words.length ? args.with(words.length, key) : args });
    }
    return plan;
  }

  private rendered(name: string): Planned {
    const command = this.commands.find((candidate) => candidate.name === name);
    return { args: command ? this.renderer.line(command) : [name] };
  }

  private key(): string {
    const random = this.random;
    const isStream = this.isAbout("stream") && random.chance(0.5);
    const prefix = isStream
      ? "stream"
      : random.pick(["string", "string", "hash", "list", "set", "zset", "geo", "hll", "stream"]);
    return `${prefix}:${random.between(1, 3)}`;
  }

  private unknownCommand(): string[] {
    const random = this.random;
    const sample = random.pick(this.commands);
    // No known name followed by a zero byte: Redis finds it or not, as its hash seed will have it.
    const name = random.pick([
      ...["nosuch", "", " ", "GET ", "\r\n", "get\x01", "\xff\xfe", "SETT", "'", "a b", "%s%d%n"],
      ...["x".repeat(200), `${sample.words[0]}x`, "nosuch\r\n+OK", sample.name.replace("|", " ")],
    ]);
    if (this.names.has(name.toLowerCase())) return [`${name}~`];
    const count = random.pick([0, 1, 2, 3, 20, 40]);
    return [name, ...Array.from({ length: count }, () => anyValue(random, sample))];
  }

  private unknownSubcommand(): string[] {
    const random = this.random;
    const containers = this.commands.filter(({ words }) => words.length > 1);
    if (containers.length === 0) return this.unknownCommand();
    const sample = random.pick(containers);
    // By itself it replies which commands there are, and those differ.
    const alone = random.chance(0.1) && sample.words[0] !== "COMMAND";
    if (alone) return [sample.words[0]];
    const sub = random.pick(["nosuch", "", "\r\n", " ", "\0", "x".repeat(200), "HELPx", "%s", "'"]);
    const count = random.pick([0, 1, 2, 5]);
    return [sample.words[0], sub, ...Array.from({ length: count }, () => anyValue(random, sample))];
  }

  /**
   * A connection that sends some commands and some bytes that are none. It is not both silenced
   * and told to close: Redis closes when the last reply is written, so it never would.
   */
  private stray(): StrayStep {
    const random = this.random;
    const silenced = random.chance(0.15);
    const parts = Array.from({ length: random.between(1, 5) }, () =>
      random.weighted<() => StrayPart>([
        [4, () => ({ args: this.strayCommand() })],
        [1, () => ({ args: ["HELLO", "3"] })],
        [silenced ? 3 : 0, () => ({ args: ["CLIENT", "REPLY", random.pick(REPLY_MODES)] })],
        [silenced ? 0 : 1, () => ({ args: random.chance(0.5) ? ["QUIT"] : ["QUIT", "x"] })],
        [silenced ? 0 : 6, () => ({ bytes: this.garbage() })],
      ])(),
    );
    const cuts = random.chance(0.3)
      ? Array.from({ length: random.between(1, 3) }, () => random.between(1, 60))
      : [];
    const unfinished = !silenced && random.chance(0.1);
    if (unfinished) parts.push({ bytes: this.longLine() });
    return { kind: "stray", parts, cuts: cuts.sort((a, b) => a - b), unfinished };
  }

  /** A command that is harmless even when bytes before it have each of its words read as a line. */
  private strayCommand(): string[] {
    for (;;) {
      const args = this.exact.next();
      if (args.every(isExact)) return args;
    }
  }

  /** A line that is as long as is allowed, or one byte longer, and has no end. */
  private longLine(): string {
    const random = this.random;
    const start = random.pick(["*1", "*1\r\n$1", "PING "]);
    const before = start.lastIndexOf("\n") + 1;
    const size = LINE_SIZE_MOST + random.below(2) - (start.length - before);
    return start + random.pick(["0", "1"]).repeat(size);
  }

  private garbage(): string {
    const random = this.random;
    const size = () =>
      random.pick([
        ...["0", "1", "2", "3", "-1", "-2", "-0", "+1", "01", " 1", "1 ", "", "x", "1x", "1.0"],
        ...["1048576", "1048577", "2147483647", "2147483648", "-2147483649", "536870912"],
        ...["536870913", "9223372036854775807", "9223372036854775808", "0x1", "1\0"],
      ]);
    const end = () => (random.chance(0.9) ? "\r\n" : random.pick(["\n", "\r", "", "\r\r\n", "xx"]));
    return random.weighted([
      [3, () => `*${size()}${end()}`],
      [3, () => `*2\r\n$3\r\nGET\r\n$${size()}${end()}`],
      [2, () => `*1\r\n$${size()}${end()}PING${end()}`],
      [2, () => `*1\r\n$4${end()}PING${end()}`],
      [1, () => `*1\r\n${random.pick([":1", "+PING", "-x", "_", "", "$", "\0", "\r"])}${end()}`],
      [2, () => `${random.pick(INLINE)}${end()}`],
      [1, () => end()],
      [1, () => "*3\r\n$3\r\nSET\r\n$6\r\nstring"],
      [1, () => `*1\r\n$${"0".repeat(32)}`],
      [1, () => Array.from({ length: 20 }, () => String.fromCharCode(random.below(256))).join("")],
    ])();
  }
}

/**
 * Whether a command of that name, if it is one, is sent and its reply compared byte for byte, with
 * nothing to be sent before it.
 */
function isExact(name: string): boolean {
  const { deny, compare, prepare } = policyOf(name.toLowerCase());
  return deny === undefined && compare === undefined && prepare === undefined;
}

/** Groups of commands on data of some type. */
const DATA_GROUPS: readonly string[] =
  "string bitmap hash list set sorted-set geo hyperloglog stream".split(" ");

const lines = (...texts: readonly string[]) => texts.map((text) => text.split(" "));

/** What waits, for one of few keys, and without end. */
const WAITING = lines(
  "BLPOP list:1 list:2 0",
  "BLPOP list:2 0",
  "BRPOP list:2 list:1 zset:1 0",
  "BLMOVE list:1 list:2 LEFT RIGHT 0",
  "BLMOVE list:2 list:2 RIGHT LEFT 0",
  "BRPOPLPUSH list:1 list:2 0",
  "BRPOPLPUSH list:2 zset:1 0",
  "BLMPOP 0 2 list:1 list:2 LEFT COUNT 2",
  "BLMPOP 0 1 list:2 RIGHT",
  "BZPOPMIN zset:1 zset:2 0",
  "BZPOPMAX zset:2 list:1 0",
  "BZMPOP 0 2 zset:2 zset:1 MIN COUNT 2",
);

/** What may wake it. (No other types: Redis wakes nobody when a key of such a type is replaced.) */
const WAKING = lines(
  "RPUSH list:1 a b c",
  "LPUSH list:2 1",
  "LPUSH list:1 1 2 3 4 5",
  "ZADD zset:1 1 a 2 b",
  "ZADD zset:2 5 x",
  "ZINCRBY zset:2 1 y",
  "LMOVE list:1 list:2 LEFT LEFT",
  "RPUSH list:3 from elsewhere",
  "RENAME list:3 list:1",
  "COPY list:3 list:2",
  "SORT list:3 BY nosort STORE list:1",
  "ZUNIONSTORE zset:1 2 zset:2 zset:3",
  "ZRANGESTORE zset:2 zset:1 0 -1",
  "DEL list:1 zset:1",
  "LPOP list:1",
  "ZPOPMIN zset:1",
  "EXPIRE list:1 -1",
  "MOVE list:1 1",
  "CLIENT UNBLOCK 0",
);

const STREAM_PLANS = [
  [4, fillStream],
  [6, workOnStream],
  [1, openStreams],
  [0.5, sizeNodes],
] as const;

const WAITED_KEYS = ["list:1", "list:2", "zset:1", "zset:2"];

/** Those that may do so when an option says it are sent without that. */
function isBlocking({ name }: Command): boolean {
  return policyOf(name).blocks === true;
}

/**
 * What a sequence does without. Where databases are exchanged, or emptied in a transaction that
 * fills streams thereafter, which of several keys wakes a client is up to a hash table.
 */
const LEFT_OUT: readonly [number, (command: Command) => boolean][] = [
  [3, isBlocking],
  [4, ({ name }) => ["swapdb", "flushdb", "flushall"].includes(name)],
  [3, ({ name }) => ["swapdb", "xread", "xreadgroup"].includes(name)],
];

const REPLY_MODES = ["OFF", "OFF", "SKIP", "SKIP", "ON", "nosuch"];

/** Lines may have so many bytes. */
const LINE_SIZE_MOST = 65_536;

/** Lines that try the splitting of inline commands into words. */
const INLINE = [
  "PING",
  "  PING  ",
  "\tPING\t",
  'ECHO "a b"',
  'ECHO "a\\x41\\n\\q"',
  "ECHO 'it\\'s'",
  "ECHO 'a' 'b'",
  'ECHO "a"b',
  "ECHO 'a'b",
  'ECHO "a',
  "ECHO 'a",
  'ECHO a"b',
  'ECHO ""',
  "''",
  '""',
  "ECHO \\x41",
  'ECHO "\\x4"',
  'ECHO "\\xzz"',
  "ECHO \xff",
  "ECHO a\0b",
  "\0",
  "PING\0PING",
  "ECHO a\rb",
  "ECHO a\vb",
  "$4",
  "+PING",
  "POST / HTTP/1.1",
  "Host: example",
  "GET",
  "ECHO  a   ",
  "*",
  "**1",
];

/** A sequence as it might be typed into redis-cli, one line a step. */
export function stepText(step: Step): string {
  if (step.kind === "command") {
    const marks = `${step.inline ? " (inline)" : ""}${step.joined ? " (pipelined)" : ""}`;
    return `${connectionName(step.connection)}> ${step.args.map(word).join(" ")}${marks}`;
  }
  const parts = step.parts.map((part) =>
    "args" in part
      ? part.args.map(word).join(" ")
      : `bytes ${quoted(Buffer.from(part.bytes, "latin1"))}`,
  );
  const cuts = step.cuts.length > 0 ? ` (cut at ${step.cuts.join(", ")})` : "";
  return `stray> ${parts.join("; ")}${cuts}${step.unfinished ? " (and no more)" : ""}`;
}

/** The first connection has the plain prompt. */
function connectionName(connection: number): string {
  return ["", "b", "c", "d"][connection] ?? `c${connection}`;
}
