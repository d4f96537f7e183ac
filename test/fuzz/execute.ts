/**
 * Purpose: runs a sequence on both servers and finds the first thing in which they differ.
 *
 * Both get the same bytes at the same places: the commands of a batch in one write, then nothing
 * until both have sent all its replies. Each sequence has connections of its own, so that none
 * depends on what came before.
 */

import { formatReply, quoted } from "../client/format.ts";
import { parseReplies, parseReply, type Reply } from "../client/resp.ts";
import { type Wire, WireError } from "../client/wire.ts";
import { type Circumstances, type Comparison, exact } from "./compare.ts";
import { policyOf } from "./policies.ts";
import { WAIT_SHORT } from "./render.ts";
import {
  type CommandStep,
  inlineText,
  requestText,
  type Step,
  type StrayStep,
  stepText,
} from "./sequence.ts";
import { compareCounters, compareState, type StateDifference } from "./state.ts";
import { blockOption } from "./stream_words.ts";
import { infoFields, type Subject } from "./subject.ts";

/** The first thing in which the servers differ. */
export interface Difference {
  /** reply, stray, connection, died, or what differs after the last step. */
  kind: string;
  /** Of the step that showed it; of the last step, when it showed only afterwards. */
  command: string;
  /** Index of that step; the number of steps, when it showed only afterwards. */
  step: number;
  /** Which key or counter it is, when it is no reply. */
  where: string;
  real: string;
  tested: string;
}

/** What a run of a sequence found, and what redis-cli would print for each step before that. */
export interface Outcome {
  difference: Difference | null;
  replies: string[];
}

/** How to run sequences. */
export interface ExecuteOptions {
  /** Names of containers, whose second word belongs to the command's name. */
  containers: ReadonlySet<string>;
  /** How long a stray connection may be silent before it counts as stuck. */
  quietMs: number;
  /** How long the tested server may take for the replies of a batch. */
  replyLimitMs: number;
  /**
   * Before each command so much time passes (0: none), so that times are set apart from each other
   * and may differ less.
   */
  paceMs: number;
  /** Whether counters (INFO commandstats and others) are compared after the sequence. */
  counters: boolean;
}

/** Longer than a key that is meant to expire lives. */
const EXPIRY_WAIT_MS = 4;
/** The real server takes no longer, unless the batch blocks, which none should. */
const REAL_LIMIT_MS = 20_000;
/** Commands that are sent in one write. */
export const BATCH_MOST = 64;
/** Both servers have a blocking command's reply by then, or know that it blocks. */
const BLOCKING_LIMIT_MS = 20_000;
const BLOCKING_POLL_MS = 1;
/** Stands for a reply that has not come yet. */
const WAITS = Buffer.from("+(waits)\r\n");
/** Between the pieces in which a stray connection's bytes are sent. */
const PIECE_WAIT_MS = 2;
/**
 * Commands that count keys, look at some of them by chance, or look without checking whether they
 * are over: those that are must be gone by then.
 */
const COUNT_KEYS = new Set(
  (
    "dbsize info randomkey flushall flushdb swapdb scan memory exec sort bitop debug " +
    "sunionstore sinterstore sdiffstore zunionstore zinterstore zdiffstore zrangestore " +
    "geosearchstore georadius georadiusbymember"
  ).split(" "),
);
/** Commands that can give a key an expiry that has passed; Redis keeps it until it is looked at. */
const SET_EXPIRY = new Set(
  "set getex setex psetex expire pexpire expireat pexpireat restore".split(" "),
);
/** Ends the bytes of a stray connection; its reply shows that all before it was dealt with. */
const LAST_WORD = "that-was-all";
const LAST_REPLY = Buffer.from(`$${LAST_WORD.length}\r\n${LAST_WORD}\r\n`);

/** Runs the steps, from empty servers on. Throws when the real server fails. */
export async function execute(
  real: Subject,
  tested: Subject,
  steps: readonly Step[],
  options: ExecuteOptions,
): Promise<Outcome> {
  const run = new Run(real, tested, steps, options);
  try {
    return await run.all();
  } finally {
    run.close();
  }
}

/** The full name of the command, in lower case: `client|list` for a subcommand. */
export function commandName(args: readonly string[], containers: ReadonlySet<string>): string {
  const first = (args[0] ?? "").toLowerCase();
  if (!containers.has(first) || args.length < 2) return first;
  return `${first}|${args[1].toLowerCase()}`;
}

/** A connection to each of the servers, with what is queued in its transaction. */
interface Pair {
  real: Wire;
  tested: Wire;
  queue: CommandStep[];
  /** Words of the commands that made a key expire at once, or will in EXEC. */
  expiring: string[];
  /** The number of the client in each of the servers. */
  ids: { real: string; tested: string };
  /** A command that has no reply yet, since it waits for what others do. */
  waiting: Waiting | null;
}

interface Waiting {
  step: CommandStep;
  index: number;
  real: Promise<Collected>;
  tested: Promise<Collected>;
  /** Who has replied meanwhile: `real`, `tested`, or both. */
  replied: Set<string>;
}

/** A command as it is sent: a step's own, or one in its company. */
interface Sent {
  step: CommandStep;
  /** Of the step. */
  index: number;
  isOwn: boolean;
}

/** Replies that came, and why no more did. */
interface Collected {
  replies: readonly Buffer[];
  failure: string | null;
  timedOut: boolean;
}

class Run {
  private readonly real: Subject;
  private readonly tested: Subject;
  private readonly steps: readonly Step[];
  private readonly options: ExecuteOptions;
  private readonly pairs = new Map<number, Pair>();
  private readonly replies: Buffer[] = [];
  private startedMs = 0;
  /** Words that may be names of keys that have expired. */
  private readonly overKeys = new Set<string>();

  constructor(real: Subject, tested: Subject, steps: readonly Step[], options: ExecuteOptions) {
    this.real = real;
    this.tested = tested;
    this.steps = steps;
    this.options = options;
  }

  async all(): Promise<Outcome> {
    this.startedMs = performance.now();
    await this.real.reset();
    let difference: Difference | null;
    try {
      await this.tested.reset();
      difference = (await this.allSteps()) ?? (await this.afterwards());
    } catch (error) {
      if (!(error instanceof WireError)) throw error;
      difference = this.at(this.replies.length, "connection", "(answers)", String(error));
    }
    if (difference !== null && !(await this.tested.answers())) {
      difference = { ...difference, kind: "died", tested: this.tested.lastWords() };
      await this.tested.restart();
    }
    if (!(await this.real.answers())) throw new Error("the real server does not answer");
    const replies = this.replies.map((bytes, index) => printed(bytes, this.steps[index]));
    return { difference, replies };
  }

  close(): void {
    for (const { real, tested } of this.pairs.values()) {
      real.close();
      tested.close();
    }
  }

  private async allSteps(): Promise<Difference | null> {
    for (let index = 0; index < this.steps.length; ) {
      const step = this.steps[index];
      const { paceMs } = this.options;
      if (paceMs > 0) await Bun.sleep(paceMs);
      const end = step.kind === "stray" || paceMs > 0 ? index + 1 : this.batchEnd(index);
      const difference =
        step.kind === "stray" ? await this.stray(index, step) : await this.batch(index, end);
      if (difference) return difference;
      index = end;
    }
    for (const pair of this.pairs.values()) {
      const difference = await this.wake(pair, this.steps.length);
      if (difference) return difference;
    }
    return null;
  }

  /** The index after the last step that is sent together with this one. */
  private batchEnd(start: number): number {
    const { connection } = this.steps[start] as CommandStep;
    for (let end = start + 1; ; end++) {
      const last = this.steps[end - 1] as CommandStep;
      const next = this.steps[end];
      if (last.expires || isExec(last) || mayBlock(last) || end - start === BATCH_MOST) return end;
      if (next?.kind !== "command" || !next.joined || next.connection !== connection) return end;
      if (countsKeys(next)) return end;
    }
  }

  private async batch(start: number, end: number): Promise<Difference | null> {
    const steps = this.steps.slice(start, end) as CommandStep[];
    const pair = await this.pair(steps[0].connection);
    const woken = await this.wake(pair, start);
    if (woken) return woken;
    if (this.overKeys.size > 0 && countsKeys(steps[0])) await this.reap();
    const sent = steps.flatMap((step, index) => withCompany(step, start + index));
    const bytes = Buffer.from(sent.map(({ step }) => bytesOf(step)).join(""), "latin1");
    pair.real.write(bytes);
    pair.tested.write(bytes);
    const last = steps[steps.length - 1];
    // Only the last step may block.
    const now = mayBlock(last) ? sent.slice(0, -1) : sent;
    const difference = await this.replyAll(pair, now);
    if (difference) return difference;
    if (now !== sent && !pair.real.closed && !pair.tested.closed) {
      const blocked = await this.replyOrWait(pair, last, end - 1);
      if (blocked) return blocked;
    }
    await this.letExpire(pair, last);
    return null;
  }

  private async replyAll(pair: Pair, sent: readonly Sent[]): Promise<Difference | null> {
    const [real, tested] = await Promise.all([
      collect(pair.real, sent.length, REAL_LIMIT_MS),
      collect(pair.tested, sent.length, this.options.replyLimitMs),
    ]);
    if (real.timedOut) {
      const { step } = sent[real.replies.length];
      throw new Error(`redis-server does not reply to: ${stepText(step)}`);
    }
    for (const [at, { step, index, isOwn }] of sent.entries()) {
      const [a, b] = [real.replies[at], tested.replies[at]];
      if (a === undefined && b === undefined && real.failure === tested.failure) break;
      const difference = this.compare(pair, step, index, [a, real], [b, tested]);
      if (difference) return difference;
      if (isOwn) this.replies[index] = a;
      if (isExec(step) && pair.expiring.length > 0) {
        pair.expiring.push(...pair.queue.flatMap(({ args }) => args));
      }
      note(pair, step, a);
      if (SET_EXPIRY.has(step.args[0]?.toLowerCase())) this.overKeys.add(step.args[1] ?? "");
    }
    return null;
  }

  /** Compares the replies to a command, each with how the connection was read. */
  private compare(
    pair: Pair,
    step: CommandStep,
    index: number,
    [a, real]: readonly [Buffer | undefined, Collected],
    [b, tested]: readonly [Buffer | undefined, Collected],
  ): Difference | null {
    if (a === undefined || b === undefined) {
      // Both have closed the connection, or one has.
      if (a === b && real.failure === tested.failure) return null;
      const [left, right] = [a ? print(a) : real.failure, b ? print(b) : tested.failure];
      return this.at(index, "connection", left ?? "", right ?? "", step);
    }
    if (a.equals(b) || this.alike(step, pair, a, b)) return null;
    return this.at(index, "reply", print(a), print(b), step);
  }

  /** Takes the reply of a command that may block, or leaves it waiting when it blocks in both. */
  private async replyOrWait(
    pair: Pair,
    step: CommandStep,
    index: number,
  ): Promise<Difference | null> {
    const real = collect(pair.real, 1, REAL_LIMIT_MS);
    const tested = collect(pair.tested, 1, REAL_LIMIT_MS);
    const replied = new Set<string>();
    const both = Promise.all([
      real.then(() => replied.add("real")),
      tested.then(() => replied.add("tested")),
    ]);
    const waiting: Waiting = { step, index, real, tested, replied };
    // A short wait is over soon: it is not left to end at any moment.
    if (waitsShortly(step)) return this.late(pair, waiting, index);
    const deadlineMs = performance.now() + BLOCKING_LIMIT_MS;
    while (performance.now() < deadlineMs) {
      await Promise.race([both, Bun.sleep(BLOCKING_POLL_MS)]);
      if (replied.size === 2) return this.late(pair, waiting, index);
      const counts = await Promise.all([this.real, this.tested].map(blockedClients));
      const others = this.stillWaiting();
      if (replied.size === 0 && counts.every((count) => count === others + 1)) {
        pair.waiting = waiting;
        this.replies[index] = WAITS;
        return null;
      }
    }
    const [left, right] = ["real", "tested"].map((name) =>
      replied.has(name) ? "(replies)" : "(waits)",
    );
    return this.at(index, "connection", left, right, step);
  }

  /** The commands that were left waiting, and have had no reply since. */
  private stillWaiting(): number {
    const waiting = [...this.pairs.values()].filter((pair) => pair.waiting?.replied.size === 0);
    return waiting.length;
  }

  /** Ends the wait of the connection's command, if it still waits; both must say the same. */
  private async wake(pair: Pair, index: number): Promise<Difference | null> {
    const { waiting } = pair;
    if (waiting === null) return null;
    pair.waiting = null;
    const [[a], [b]] = await Promise.all([
      this.real.ask([["CLIENT", "UNBLOCK", pair.ids.real]]),
      this.tested.ask([["CLIENT", "UNBLOCK", pair.ids.tested]]),
    ]);
    if (formatReply(a) !== formatReply(b)) {
      const end = (reply: Reply) =>
        formatReply(reply) === "(integer) 1" ? "(waits)" : "(replied)";
      return this.at(index, "connection", end(a), end(b), waiting.step);
    }
    return await this.late(pair, waiting, index);
  }

  /** Compares replies that are there; `at` is the step that showed them. */
  private async late(pair: Pair, waiting: Waiting, at: number): Promise<Difference | null> {
    const { step, index } = waiting;
    const [real, tested] = await Promise.all([waiting.real, waiting.tested]);
    const [a, b] = [real.replies[0], tested.replies[0]];
    const difference = this.compare(pair, step, at, [a, real], [b, tested]);
    if (difference || a === undefined) return difference;
    this.replies[index] = a;
    note(pair, step, a);
    return null;
  }

  private alike(step: CommandStep, pair: Pair, real: Buffer, tested: Buffer): boolean {
    const [a, ...pushedA] = parseReplies(real).reverse();
    const [b, ...pushedB] = parseReplies(tested).reverse();
    if (pushedA.length > 0 || pushedB.length > 0) return false;
    const [elapsedMs, apartMs] = [this.elapsedMs(), this.apartMs()];
    const compare = (args: string[], left: Reply, right: Reply) =>
      this.comparisonOf(args)(left, right, { args, elapsedMs, apartMs } satisfies Circumstances);
    if (isExec(step) && a.type === "array" && b.type === "array") {
      return (
        a.value.length === b.value.length &&
        a.value.every((item, index) => compare(pair.queue[index]?.args ?? [], item, b.value[index]))
      );
    }
    return compare(step.args, a, b);
  }

  private comparisonOf(args: readonly string[]): Comparison {
    return policyOf(commandName(args, this.options.containers)).compare ?? exact;
  }

  /** Waits until what was to expire at once is surely over. */
  private async letExpire(pair: Pair, last: CommandStep): Promise<void> {
    if (last.expires) pair.expiring.push(...last.args);
    if (pair.expiring.length === 0 || !(last.expires || isExec(last))) return;
    for (const word of pair.expiring) this.overKeys.add(word);
    await Bun.sleep(EXPIRY_WAIT_MS);
  }

  /** Has both servers look at the keys that are over, so that none of them is left. */
  private async reap(): Promise<void> {
    const keys = [...this.overKeys];
    const commands = Array.from({ length: 16 }, (_, db) => [
      ["SELECT", String(db)],
      ["EXISTS", ...keys],
    ]).flat();
    await Promise.all([this.real.ask(commands), this.tested.ask(commands)]);
  }

  private async stray(index: number, step: StrayStep): Promise<Difference | null> {
    const last = step.unfinished ? [] : [{ args: ["ECHO", LAST_WORD] }];
    const text = [...step.parts, ...last]
      .map((part) => ("args" in part ? requestText(part.args) : part.bytes))
      .join("");
    const bytes = Buffer.from(text, "latin1");
    const answer = (subject: Subject) => this.strayAnswer(subject, bytes, step.cuts);
    const [a, b] = await Promise.all([answer(this.real), answer(this.tested)]);
    if (!a.bytes.equals(b.bytes) || a.end !== b.end) {
      const print = ({ bytes, end }: typeof a) => `${quoted(bytes)} (${end})`;
      return this.at(index, "stray", print(a), print(b));
    }
    this.replies.push(a.bytes);
    return null;
  }

  private async strayAnswer(subject: Subject, bytes: Buffer, cuts: readonly number[]) {
    const wire = await subject.connect();
    let from = 0;
    for (const cut of cuts) {
      if (cut <= from || cut >= bytes.length) continue;
      wire.write(bytes.subarray(from, cut));
      from = cut;
      await Bun.sleep(PIECE_WAIT_MS);
    }
    wire.write(bytes.subarray(from));
    // However slow the server is: with the second answer it has taken the connection and its bytes.
    for (let count = 0; count < 2; count++) await subject.answers();
    const got = await wire.rest(this.options.quietMs, endsWithLastReply);
    const end = wire.closed ? "closed" : endsWithLastReply(got) ? "open" : "waits for more";
    wire.close();
    return { bytes: withoutId(got), end };
  }

  private async afterwards(): Promise<Difference | null> {
    const [real, tested] = [this.real, this.tested];
    const scans = this.steps.some(
      (step) => "args" in step && /scan$|^sort/i.test(step.args[0] ?? ""),
    );
    const counters = this.options.counters ? await compareCounters(real, tested, scans) : null;
    if (counters) return this.atEnd(counters);
    if (this.overKeys.size > 0) await this.reap();
    const state = await compareState(real, tested, () => this.apartMs());
    return state ? this.atEnd(state) : null;
  }

  private elapsedMs(): number {
    return performance.now() - this.startedMs;
  }

  /** How far apart times may be that both servers have set. */
  private apartMs(): number {
    const { paceMs } = this.options;
    return paceMs > 0 ? paceMs / 2 : this.elapsedMs();
  }

  private atEnd(found: StateDifference): Difference {
    const end = this.steps.length;
    return { ...this.at(end, found.aspect, found.real, found.tested), where: found.where };
  }

  private at(
    index: number,
    kind: string,
    real: string,
    tested: string,
    step = this.steps[Math.min(index, this.steps.length - 1)],
  ): Difference {
    const command =
      step?.kind === "command" ? commandName(step.args, this.options.containers) : "stray";
    return { kind, command, step: index, where: "", real, tested };
  }

  private async pair(connection: number): Promise<Pair> {
    const known = this.pairs.get(connection);
    if (known !== undefined) return known;
    const [real, tested] = await Promise.all([this.real.connect(), this.tested.connect()]);
    const ids = { real: await clientId(real), tested: await clientId(tested) };
    const pair: Pair = { real, tested, queue: [], expiring: [], ids, waiting: null };
    this.pairs.set(connection, pair);
    return pair;
  }
}

async function clientId(wire: Wire): Promise<string> {
  wire.write(Buffer.from(requestText(["CLIENT", "ID"])));
  const [reply] = await wire.replies(1);
  return formatReply(parseReply(reply).reply).replace("(integer) ", "");
}

async function blockedClients(subject: Subject): Promise<number> {
  const [reply] = await subject.ask([["INFO", "clients"]]);
  return Number(infoFields(reply).get("blocked_clients"));
}

/** The step's command, with what prepares it and what settles it when chance has had a part. */
function withCompany(step: CommandStep, index: number): Sent[] {
  const { prepare, settle } = policyOf(step.args[0]?.toLowerCase() ?? "");
  const before = prepare?.(step.args) ?? null;
  const after = settle?.(step.args) ?? null;
  const company = (args: readonly string[]) => ({
    step: { ...step, args: [...args], inline: false },
    index,
    isOwn: false,
  });
  return [
    ...(before ? [company(before)] : []),
    { step, index, isOwn: true },
    ...(after ? [company(after)] : []),
  ];
}

/** Whether the command's timeout, if it blocks, is a short one. */
function waitsShortly({ args }: CommandStep): boolean {
  const name = args[0].toLowerCase();
  if (policyOf(name).blocks === "option") return isShort(Number(blockOption(args)) / 1000);
  return isShort(Number(name.endsWith("mpop") ? args[1] : args[args.length - 1]));
}

const isShort = (seconds: number) => seconds > 0 && seconds <= WAIT_SHORT;

function mayBlock({ args }: CommandStep): boolean {
  const { blocks = false } = policyOf(args[0]?.toLowerCase() ?? "");
  return blocks === "option" ? blockOption(args) !== undefined : blocks;
}

async function collect(wire: Wire, count: number, limitMs: number): Promise<Collected> {
  try {
    return { replies: await wire.replies(count, limitMs, true), failure: null, timedOut: false };
  } catch (error) {
    if (!(error instanceof WireError)) throw error;
    const rest = error.rest.length > 0 ? `, after ${quoted(error.rest.subarray(0, 200))}` : "";
    return { replies: error.replies, failure: `(${error.message}${rest})`, timedOut: !wire.closed };
  }
}

/** Keeps track of the connection's transaction. */
function note(pair: Pair, step: CommandStep, reply: Buffer): void {
  if (reply.equals(QUEUED)) pair.queue.push(step);
  else if (isExec(step) || /^(discard|reset)$/i.test(step.args[0] ?? "")) pair.queue = [];
}

const QUEUED = Buffer.from("+QUEUED\r\n");

function bytesOf({ args, inline }: CommandStep): string {
  return inline ? inlineText(args) : requestText(args);
}

function isExec(step: CommandStep): boolean {
  return step.args[0]?.toLowerCase() === "exec";
}

function countsKeys(step: CommandStep): boolean {
  return COUNT_KEYS.has(step.args[0]?.toLowerCase() ?? "");
}

function endsWithLastReply(bytes: Buffer): boolean {
  return bytes.length >= LAST_REPLY.length && bytes.subarray(-LAST_REPLY.length).equals(LAST_REPLY);
}

/** Without the number that HELLO tells, which depends on how many connections there were. */
function withoutId(bytes: Buffer): Buffer {
  const text = bytes.toString("latin1");
  return Buffer.from(text.replace(/(\$2\r\nid\r\n:)\d+/g, "$1?"), "latin1");
}

/** As redis-cli prints it, and as it was sent. */
function print(bytes: Buffer): string {
  return `${formatted(bytes)}\n${quoted(bytes)}`;
}

function printed(bytes: Buffer, step: Step): string {
  return step.kind === "stray" ? quoted(bytes) : formatted(bytes);
}

function formatted(bytes: Buffer): string {
  return parseReplies(bytes)
    .map((reply) => formatReply(reply))
    .join("\n");
}
