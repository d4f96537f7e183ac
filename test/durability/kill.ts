/**
 * Purpose: kills the server again and again under load, and looks at what it has after the next
 * start: no write that was confirmed is missing, whatever appendfsync says (the system lives on),
 * and what was written at once is there at once.
 *
 * Each client writes unit after unit to keys of its own. From what its keys hold follows which unit
 * was the last: one between the last that was confirmed and the last that was sent.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { connect, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Client } from "../client/client.ts";
import { plain, replyEnd, requestOf } from "../client/resp.ts";
import { type Server, startServer } from "../client/server.ts";
import { Random } from "../fuzz/random.ts";
import { binaryCommand } from "./binary.ts";
import { POLICIES } from "./sweep.ts";

const CLIENTS = 4;
/** Units that a client has on the way. */
const WINDOW = 24;
/** The list of a client keeps so many elements; more come until it is trimmed again. */
const LIST_SIZE = 30;
const FIELDS = ["f0", "f1", "f2", "f3", "f4"];
/** Keys that nobody changes, so that snapshots and rewriting take their time. */
const FILLER_COUNT = 3000;
const FILLER_VALUE = "x".repeat(100);
const CHECK_EVERY_MS = 1;

export interface KillOptions {
  readonly rounds: number;
  readonly seed: number;
  readonly onRound?: (round: number) => void;
}

export interface KillOutcome {
  /** Units that were confirmed, in all rounds. */
  confirmed: number;
  /** Units that were there though nobody had been told. */
  unconfirmed: number;
  readonly faults: string[];
}

/** A unit of the number `n`, and how many replies it has. */
function unitOf(id: number, n: number): { words: (string | number)[][]; replies: number } {
  const fields = FIELDS.flatMap((field) => [field, n]);
  if (n % 3 === 1) return { words: [["HSET", `h${id}`, ...fields]], replies: 1 };
  if (n % 3 === 2) return { words: [["RPUSH", `l${id}`, n]], replies: 1 };
  const words = [
    ["MULTI"],
    ["SET", `a${id}`, n],
    ["HSET", `h${id}`, ...fields],
    ["LTRIM", `l${id}`, -LIST_SIZE, -1],
    ["SET", `b${id}`, n],
    ["EXEC"],
  ];
  return { words, replies: words.length };
}

/** What a client's keys hold after unit `n`, without the list's beginning. */
function wanted(n: number): string {
  const third = n - (n % 3);
  const hash = n % 3 === 0 ? n : third + 1;
  const last = n % 3 === 2 ? n : third - 1;
  return `${third || null} ${third || null} ${n === 0 ? "" : hash} ${last < 2 ? "" : last}`;
}

/** One client's units: sent, and confirmed. */
class Writer {
  readonly id: number;
  /** Where this round began. */
  began = 0;
  sent = 0;
  confirmed = 0;
  private socket: Socket | null = null;
  /** Replies that are still to come of each unit on the way. */
  private readonly due: number[] = [];
  private input = Buffer.alloc(0);

  constructor(id: number) {
    this.id = id;
  }

  /** Goes on after the unit that was the last, until the server is gone. */
  start(port: number, last: number): void {
    this.sent = last;
    this.confirmed = last;
    this.began = last;
    this.due.length = 0;
    this.input = Buffer.alloc(0);
    const socket = connect(port, "127.0.0.1");
    this.socket = socket;
    socket.on("error", () => {});
    socket.on("connect", () => this.fill());
    socket.on("data", (bytes: Buffer) => {
      this.take(bytes);
      this.fill();
    });
  }

  stop(): void {
    this.socket?.destroy();
  }

  private fill(): void {
    const requests: Uint8Array[] = [];
    while (this.due.length < WINDOW) {
      const { words, replies } = unitOf(this.id, ++this.sent);
      for (const request of words) requests.push(requestOf(request));
      this.due.push(replies);
    }
    if (requests.length > 0) this.socket?.write(Buffer.concat(requests));
  }

  private take(bytes: Buffer): void {
    this.input = Buffer.concat([this.input, bytes]);
    let at = 0;
    while (at < this.input.length) {
      const end = replyEnd(this.input, at);
      if (end < 0) break;
      if (this.input[at] === "-".charCodeAt(0)) {
        throw new Error(`refused: ${this.input.toString("latin1", at, end)}`);
      }
      at = end;
      if (--this.due[0] > 0) continue;
      this.due.shift();
      this.confirmed++;
    }
    this.input = this.input.subarray(at);
  }
}

/** Kills as often as asked for; the faults say what was missing. */
export async function killRounds({ rounds, seed, onRound }: KillOptions): Promise<KillOutcome> {
  const random = new Random(seed);
  const dir = mkdtempSync(join(tmpdir(), "rusk-kill-"));
  const writers = Array.from({ length: CLIENTS }, (_, id) => new Writer(id));
  const outcome: KillOutcome = { confirmed: 0, unconfirmed: 0, faults: [] };
  try {
    for (let round = 0; round < rounds && outcome.faults.length === 0; round++) {
      await killRound(dir, round, random, writers, outcome);
      onRound?.(round);
    }
    const server = await startIn(dir, "always");
    await check(server, writers, outcome);
    await server.stop();
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
  return outcome;
}

function startIn(dir: string, policy: string, noWait = false): Promise<Server> {
  const log = ["--appendonly", "yes", "--appendfsync", policy];
  const growth = ["--auto-aof-rewrite-min-size", "256kb", "--auto-aof-rewrite-percentage", "100"];
  return startServer({ command: binaryCommand(), args: ["--dir", dir, ...log, ...growth], noWait });
}

async function killRound(
  dir: string,
  round: number,
  random: Random,
  writers: Writer[],
  outcome: KillOutcome,
): Promise<void> {
  const policy = POLICIES[round % POLICIES.length];
  if (random.chance(0.2)) {
    // One that is killed while it starts leaves all as it was.
    const early = await startIn(dir, policy, true);
    await Bun.sleep(random.below(120));
    await kill(early);
  }
  const server = await startIn(dir, policy);
  const client = await server.connect();
  try {
    const ends = await check(server, writers, outcome);
    if (round === 0) await fillUp(client);
    for (const writer of writers) writer.start(server.port, ends[writer.id]);
    await disturb(client, random);
  } finally {
    await kill(server);
    client.close();
    for (const writer of writers) writer.stop();
  }
}

/** Lets the writers write for a moment, and has snapshots and rewriting begin meanwhile. */
async function disturb(client: Client, random: Random): Promise<void> {
  const untilMs = performance.now() + random.between(10, 160);
  while (performance.now() < untilMs) {
    await Bun.sleep(CHECK_EVERY_MS);
    // Whether it is refused, as another goes on, does not matter.
    if (random.chance(0.06)) await client.command("BGREWRITEAOF");
    else if (random.chance(0.04)) await client.command("BGSAVE");
  }
}

async function kill(server: Server): Promise<void> {
  server.signal("SIGKILL");
  await server.exited;
  await server.stop();
}

async function fillUp(client: Client): Promise<void> {
  for (let i = 0; i < FILLER_COUNT; i++) client.send("SET", `filler:${i}`, FILLER_VALUE);
  for (let i = 0; i < FILLER_COUNT; i++) await client.reply();
}

/** Which unit was the last of each writer, after a start. */
async function check(server: Server, writers: Writer[], outcome: KillOutcome): Promise<number[]> {
  const client = await server.connect();
  const ends: number[] = [];
  for (const writer of writers) {
    const { id, confirmed, sent } = writer;
    const [a, b] = plain(await client.command("MGET", `a${id}`, `b${id}`)) as unknown[];
    const hash = plain(await client.command("HVALS", `h${id}`)) as string[];
    const list = (plain(await client.command("LRANGE", `l${id}`, 0, -1)) as string[]).map(Number);
    const values = [...new Set(hash)].join(",");
    const found = `${a} ${b} ${values} ${list[list.length - 1] ?? ""}`;
    let last = confirmed;
    while (last <= sent && wanted(last) !== found) last++;
    const isWhole = list.every((n, at) => at === 0 || n === list[at - 1] + 3);
    const isThere = values === "" || hash.length === FIELDS.length;
    if (last > sent || !isWhole || !isThere) {
      const range = `${confirmed} (${wanted(confirmed)}) to ${sent}`;
      outcome.faults.push(`client ${id} must have units ${range}, and has: ${found}; ${list}`);
    }
    outcome.confirmed += confirmed - writer.began;
    outcome.unconfirmed += last - confirmed;
    ends.push(last);
  }
  const fillers = plain(await client.command("EXISTS", "filler:0", `filler:${FILLER_COUNT - 1}`));
  if (ends.some((end) => end > 0) && fillers !== 2) outcome.faults.push("filler keys are missing");
  client.close();
  return ends;
}
