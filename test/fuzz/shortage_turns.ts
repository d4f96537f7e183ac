/**
 * Purpose: what becomes of everything outside of commands when memory runs out: what is read and
 * kept of connections, queues of transactions, blocked replies, replies that wait for the disk,
 * steps of saving, timers. A server on a simulated disk is led through a script
 * (shortage_script.ts), once with memory, then again and again, each time with another buffer or
 * block that cannot be had (shortage_buffers.ts).
 *
 * Whatever that is, nothing may be thrown out of a part of the server's work. In the end, with
 * memory again, each client is closed or has all its replies; a log that is rewritten, a snapshot
 * and the log as it was all hold the data that there are; and no block is lost.
 */
import * as arena from "../../src/arena/arena.ts";
import * as dict from "../../src/structures/dict.ts";
import * as frozen from "../../src/structures/frozen.ts";
import * as frozenDict from "../../src/values/frozen_dict.ts";
import { requestOf } from "../client/resp.ts";
import type { SimDisk } from "../durability/sim_disk.ts";
import { SimDisk as Disk } from "../durability/sim_disk.ts";
import { SimClient, SimServer, type State, Timeline } from "../durability/sim_server.ts";
import { Random } from "./random.ts";
import { type Failure, Shortage } from "./shortage_buffers.ts";
import { CLIENTS, type Step, scriptOf } from "./shortage_script.ts";

const LENGTH = 40;
/** Blocks that a part may still have, when blocks fail in it. */
const BLOCKS = [-1, 0, 1, 2, 5, 10, 30, 100, 400];
/** Of buffers in one script so many are tried at most, evenly; of parts half as many. */
const TRIED_MAX = 400;
const SETTLE_TURNS_MAX = 400;
/** All that waits gives up, and all that expires does. */
const QUIET_MS = 2000;
const ARGS = ["--appendonly", "yes"];
const NOTHING: Failure = { kind: "buffer", at: -1, blocks: 0, parts: 0 };

export interface TurnsOptions {
  seed: number;
  /** Runs in all, about. */
  cases: number;
  /** Run this script of the seed and no other, and of it this failure alone. */
  sequence?: number;
  failure?: Failure;
}

export interface TurnsSummary {
  cases: number;
  /** Runs in which something was refused. */
  struck: number;
  /** Clients that were closed, saves and rewritings that failed, commands that were refused. */
  closed: number;
  unsaved: number;
  refused: number;
}

/** Throws on the first thing that is wrong, with the seed, the sequence and the failure. */
export function sweepTurns({ seed, cases, sequence, failure }: TurnsOptions): TurnsSummary {
  const summary: TurnsSummary = { cases: 0, struck: 0, closed: 0, unsaved: 0, refused: 0 };
  for (let index = sequence ?? 0; summary.cases < cases; index++) {
    const script = scriptOf(new Random(seed, index + 3_000_000), LENGTH);
    const run = (one: Failure) => {
      try {
        return runScript(script, seed, index, one, summary);
      } catch (error) {
        const where = `seed ${seed} sequence ${index} failure ${JSON.stringify(one)}`;
        throw new Error(where, { cause: error });
      }
    };
    if (failure !== undefined) {
      run(failure);
      break;
    }
    const { buffers, parts } = run(NOTHING);
    for (const one of failuresOf(new Random(seed, index + 4_000_000), buffers, parts)) {
      if (summary.cases >= cases && sequence === undefined) break;
      run(one);
    }
    if (sequence !== undefined) break;
  }
  return summary;
}

/** Every buffer, and parts, as far as there are not too many, in any order. */
function failuresOf(random: Random, buffers: number, parts: number): Failure[] {
  const failures: Failure[] = [];
  const strides = [Math.ceil(buffers / TRIED_MAX), Math.ceil((2 * parts) / TRIED_MAX)];
  for (let at = random.below(strides[0]); at < buffers; at += strides[0]) {
    failures.push({ kind: "buffer", at, blocks: 0, parts: random.pick([0, 1, 1, 4, 20]) });
  }
  for (let at = random.below(strides[1]); at < parts; at += strides[1]) {
    failures.push({ kind: "block", at, blocks: random.pick(BLOCKS), parts: random.pick([1, 4]) });
  }
  return random.shuffled(failures);
}

function runScript(
  script: readonly Step[],
  seed: number,
  index: number,
  failure: Failure,
  summary: TurnsSummary,
): Shortage {
  const { blockCount } = arena.figures();
  const shortage = new Shortage(failure);
  try {
    const run = new Run(new Random(seed, index), shortage);
    for (const step of script) run.step(step);
    shortage.end();
    run.end(summary);
  } finally {
    shortage.end();
  }
  summary.cases++;
  if (shortage.hasStruck) summary.struck++;
  arena.verify();
  const lost = arena.figures().blockCount - blockCount;
  if (lost !== 0) throw new Error(`${lost} blocks are lost`);
  return shortage;
}

/** A server of whose work each part may be the one in which memory is short. */
class ShortServer extends SimServer {
  shortage: Shortage | null = null;

  override guard(run: () => void): void {
    if (this.shortage === null) super.guard(run);
    else this.shortage.during(() => super.guard(run));
  }
}

class Run {
  private readonly random: Random;
  private readonly time = new Timeline();
  private readonly disk = new Disk();
  private readonly server: ShortServer;
  private readonly clients: SimClient[] = [];
  /** Commands that each has sent. */
  private readonly sent: number[] = [];
  private closed = 0;
  /** What there was when a snapshot was last to be loaded, and does not expire. */
  private beforeReload: State = new Map();

  constructor(random: Random, shortage: Shortage) {
    this.random = random;
    this.server = new ShortServer(this.disk, this.time, random, ARGS);
    const problem = this.server.start();
    if (problem !== null) throw new Error(problem);
    for (let i = 0; i < CLIENTS; i++) this.open(i);
    this.server.shortage = shortage;
  }

  private open(index: number): SimClient {
    this.clients[index] = new SimClient(this.server);
    this.sent[index] = 0;
    return this.clients[index];
  }

  /** The client of this number, or one that comes in its place. */
  private client(index: number): SimClient {
    const client = this.clients[index];
    if (!client.connection.closing) return client;
    this.closed++;
    return this.open(index);
  }

  step(step: Step): void {
    if (this.server.hasEnded) return;
    if (step.kind === "turns") {
      for (let i = 0; i < step.count; i++) this.server.turn(step.ms);
      return;
    }
    const client = this.client(step.client);
    if (step.kind === "stuck") {
      if (step.isStuck) client.isStuck = true;
      else client.loosen();
      return;
    }
    if (step.kind === "send") {
      if (step.commands[0][1] === "RELOAD") this.beforeReload = lasting(this.server.state);
      this.sent[step.client] += step.commands.length;
      client.write(Buffer.concat(step.commands.map(requestOf)));
    } else {
      this.sent[step.client]++;
      this.sendPieces(client, requestOf(step.command), step.cuts);
    }
    if (this.random.chance(0.5)) this.server.turn();
  }

  private sendPieces(client: SimClient, request: Buffer, cuts: readonly number[]): void {
    let from = 0;
    for (const share of [...cuts, 1]) {
      const to = Math.floor(share * request.length);
      if (client.connection.closing) return;
      if (to > from) client.write(request.subarray(from, to));
      this.server.turn();
      from = to;
    }
  }

  end(summary: TurnsSummary): void {
    const server = this.server;
    server.shortage = null;
    if (server.hasEnded) this.checkEnd();
    else this.checkAll(summary);
    discard(server);
  }

  /** Where neither the snapshot nor the log can be loaded, both are left as they are. */
  private checkEnd(): void {
    const { lines } = this.server;
    const last = lines[lines.length - 1];
    const isUnread = lines.some((line) => line.includes("# Can't load dump.rdb"));
    if (!isUnread || !last.includes("# Can't load appendonly")) {
      throw new Error(`the process has ended: ${last}`);
    }
    expectSame(lasting(this.restarted(ARGS)), this.beforeReload, "the log");
  }

  private checkAll(summary: TurnsSummary): void {
    const server = this.server;
    for (const client of this.clients) client.loosen();
    this.settle();
    this.checkClients(summary);
    const { snapshots, appendLog } = server.server;
    summary.closed += this.closed;
    if (snapshots.lastFailed || appendLog.lastRewriteFailed) summary.unsaved++;
    if (frozen.frozenCount() > 0 || frozenDict.isAny) throw new Error("something stays frozen");
    for (const { keys } of server.server.keyspace.databases) dict.verify(keys);
    this.checkRestart("the log", ARGS);
    this.file(["BGREWRITEAOF"]);
    if (this.random.chance(0.3)) this.checkRestart("the log that was rewritten", ARGS);
    this.file(["BGSAVE"]);
    if (snapshots.lastFailed || appendLog.lastRewriteFailed) throw new Error("it fails for ever");
    this.checkRestart("the snapshot", []);
  }

  /** Until nothing is in progress any more, and nothing waits or expires. */
  private settle(): void {
    for (let ms = 0; ms < QUIET_MS; ms += 50) this.server.turn(50);
    const { progress } = this.server.server;
    for (let i = 0; !progress.isIdle; i++) {
      if (i > SETTLE_TURNS_MAX) throw new Error("something is in progress for ever");
      this.server.turn(10);
    }
    for (let i = 0; i < 20; i++) this.server.turn(10);
  }

  private checkClients(summary: TurnsSummary): void {
    for (const [index, client] of this.clients.entries()) {
      if (client.connection.closing) {
        this.closed++;
        continue;
      }
      const { length } = client.replies;
      const sent = this.sent[index];
      if (length !== sent) throw new Error(`client ${index} has ${length} replies of ${sent}`);
      summary.refused += client.replies.filter((reply) => reply.startsWith("-OOM")).length;
    }
  }

  /** Has a file written by a client that is new. */
  private file(command: string[]): void {
    const client = new SimClient(this.server);
    client.send(command);
    this.settle();
    if (!client.replies[0]?.startsWith("+Background")) throw new Error(client.replies[0]);
  }

  /** What a server has that is started on what there is. */
  private restarted(args: readonly string[]): State {
    const disk: SimDisk = this.disk.afterKill();
    const next = new SimServer(disk, this.time, this.random, args);
    try {
      const problem = next.start();
      if (problem !== null) throw new Error(problem);
      return next.state;
    } finally {
      discard(next);
    }
  }

  private checkRestart(what: string, args: readonly string[]): void {
    expectSame(this.restarted(args), this.server.state, what);
  }
}

/** What is there as long as nobody changes it: of hashes, fields may expire. */
const lasting = (state: State): State =>
  new Map([...state].filter(([key, { expiryMs }]) => expiryMs === Infinity && !/^hash/.test(key)));

/** Gives all blocks of a server back. */
function discard(server: SimServer): void {
  server.dispose();
  for (const { keys } of server.server.keyspace.databases) dict.release(keys);
}

function expectSame(found: State, wanted: State, what: string): void {
  for (const key of new Set([...found.keys(), ...wanted.keys()])) {
    if (found.get(key)?.digest !== wanted.get(key)?.digest) {
      throw new Error(`${what} has another ${key}: ${found.has(key)} ${wanted.has(key)}`);
    }
  }
}
