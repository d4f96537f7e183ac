/**
 * Purpose: a consumer of the soak. It reads, acknowledges, and now and then takes over what others
 * have left, until it is killed at random: its connection breaks with entries pending, in one of
 * four moments. Its replacement recovers them, by history or by XAUTOCLAIM.
 */

import type { Random } from "../fuzz/random.ts";
import { commandOf, Kind, SoakConnection, type Tape } from "./soak_connection.ts";
import type { Ledger } from "./soak_ledger.ts";

export const STREAM = "soak";
export const GROUP = "group";

/** Digits of a message's number. */
export const DIGITS = 8;
/** What stands around the number in a message's second field. */
export const BODY = ["order ", " of the soak"] as const;
const BODY_SIZE = BODY[0].length + DIGITS + BODY[1].length;

const BLOCK_MS = 50;
/** What is pending for longer than this may be taken over. */
const ABANDONED_MS = 200;
const SWEEP_EVERY = 100;

/** What all consumers share. */
export interface Run {
  port: number;
  ledger: Ledger;
  random: Random;
  /** Entries per read. */
  count: number;
  /** For each entry that is read. */
  killChance: number;
  kills: number[];
  recoveries: { history: number; claim: number };
  claimed: number;
  /** Set when the run has failed. */
  failed: boolean;
}

/** Entries that were read and wait to be acknowledged. */
interface Batch {
  numbers: Int32Array;
  /** Their IDs as words of a command. */
  ids: Buffer;
  first: string;
  last: string;
}

/** How consumers are killed. */
const MOMENTS = ["before XACK", "after a part of it", "during XACK", "during the next read"];

export class Consumer {
  readonly name: string;
  private readonly run: Run;
  private connection: SoakConnection | null = null;
  private id = 0;
  private read: Buffer;
  /** The batch whose XACK may or may not have arrived. */
  private unsure: Batch | null = null;

  constructor(run: Run, name: string) {
    this.run = run;
    this.name = name;
    this.read = this.readFrom(">", BLOCK_MS);
  }

  /** Reads until all is done (true), or until it is killed (false). */
  async work(): Promise<boolean> {
    const { ledger, random, killChance } = this.run;
    await this.open();
    let batch = await this.take(this.read, newEntries, true);
    for (let turn = 1; !this.run.failed; turn++) {
      if (batch === null && ledger.isDone) return true;
      if (batch !== null && random.chance(killChance * batch.numbers.length)) {
        await this.die(batch);
        return false;
      }
      if (batch === null || turn % SWEEP_EVERY === 0) await this.sweep();
      batch = await this.next(batch);
    }
    return true;
  }

  /** Takes over from a consumer that was killed; returns who goes on. */
  async replacement(newName: string): Promise<Consumer> {
    const byHistory = this.run.random.chance(0.5);
    const next = new Consumer(this.run, byHistory ? this.name : newName);
    await next.open();
    await next.untilGone(this.id);
    if (this.unsure !== null) await next.settle(this.unsure);
    if (byHistory) await next.recoverByHistory();
    else await next.recoverFrom(this.name);
    next.close();
    return next;
  }

  close(): void {
    this.connection?.destroy();
    this.connection = null;
  }

  private get to(): SoakConnection {
    return this.connection as SoakConnection;
  }

  private async open(): Promise<void> {
    this.connection = await SoakConnection.open(this.run.port);
    this.id = await this.to.ask(commandOf("CLIENT", "ID"), (tape) => tape.number(0));
  }

  private readFrom(from: string, blockMs: number): Buffer {
    const options = ["COUNT", this.run.count, "BLOCK", blockMs];
    return commandOf("XREADGROUP", "GROUP", GROUP, this.name, ...options, "STREAMS", STREAM, from);
  }

  /** Sends a command that delivers entries, and notes them; null when there are none. */
  private async take(
    request: Uint8Array,
    find: (tape: Tape) => number,
    areNew: boolean,
  ): Promise<Batch | null> {
    const { ledger } = this.run;
    const sentClock = ledger.clock;
    const batch = await this.to.ask(request, (tape) => batchAt(tape, find(tape), ledger));
    if (batch === null) return null;
    if (areNew) ledger.deliver(batch.numbers, sentClock);
    else ledger.recover(batch.numbers, sentClock);
    return batch;
  }

  private async acknowledge(batch: Batch): Promise<void> {
    const { ledger } = this.run;
    await this.to.ask(acknowledgement(batch), (tape) => {
      ledger.confirm(batch.numbers, tape.number(0));
    });
  }

  /** Acknowledges a batch and reads the next, both in one go. */
  private async next(batch: Batch | null): Promise<Batch | null> {
    if (batch === null) return await this.take(this.read, newEntries, true);
    const { ledger } = this.run;
    const sentClock = ledger.clock;
    let next: Batch | null = null;
    let replies = 0;
    await this.to.send(Buffer.concat([acknowledgement(batch), this.read]), 2, (tape) => {
      if (replies++ === 0) ledger.confirm(batch.numbers, tape.number(0));
      else next = batchAt(tape, newEntries(tape), ledger);
    });
    if (next !== null) ledger.deliver((next as Batch).numbers, sentClock);
    return next;
  }

  /** Takes over what has been pending for long, whoever had it. */
  private async sweep(): Promise<void> {
    let from = "0-0";
    do {
      const claim = ["XAUTOCLAIM", STREAM, GROUP, this.name, ABANDONED_MS, from];
      let deleted = 0;
      const request = commandOf(...claim, "COUNT", this.run.count);
      const entriesAt = (tape: Tape) => {
        from = tape.text(1);
        deleted = tape.number(tape.count - 1);
        return 2;
      };
      const batch = await this.take(request, entriesAt, false);
      if (deleted !== 0) this.run.ledger.fault("XAUTOCLAIM met deleted entries");
      if (batch === null) continue;
      this.run.claimed += batch.numbers.length;
      await this.acknowledge(batch);
    } while (from !== "0-0");
  }

  private async die(batch: Batch): Promise<void> {
    const moment = this.run.random.below(MOMENTS.length);
    this.run.kills[moment]++;
    if (MOMENTS[moment] === "after a part of it") {
      await this.acknowledge(firstOf(batch, Math.ceil(batch.numbers.length / 2)));
    } else if (MOMENTS[moment] === "during XACK") {
      this.unsure = batch;
      this.run.ledger.unanswered += batch.numbers.length;
      this.to.throwAway(acknowledgement(batch));
    } else if (MOMENTS[moment] === "during the next read") {
      await this.acknowledge(batch);
      this.to.throwAway(this.read);
    }
    this.to.destroy();
  }

  /** Waits until the server has noticed the death of a connection: then nothing of it follows. */
  private async untilGone(id: number): Promise<void> {
    const list = commandOf("CLIENT", "LIST", "ID", id);
    while (await this.to.ask(list, (tape) => tape.text(0).includes(`id=${id} `))) {
      await Bun.sleep(1);
    }
  }

  /** Finds out what has become of an XACK that nobody has the reply of. */
  private async settle({ numbers, ids, first, last }: Batch): Promise<void> {
    const pending = new Set<string>();
    const size = numbers.length;
    await this.to.send(commandOf("XPENDING", STREAM, GROUP, first, last, size), 1, (tape) => {
      for (let at = 1; at < tape.count; at += 5) pending.add(tape.text(at + 1));
    });
    const words = ids.toString("latin1").split("\r\n");
    this.run.ledger.acknowledge(numbers.filter((_, index) => !pending.has(words[2 * index + 1])));
  }

  private async recoverByHistory(): Promise<void> {
    this.run.recoveries.history++;
    // What is acknowledged leaves the history, so that it ends.
    for (;;) {
      const batch = await this.take(this.readFrom("0", 0), newEntries, false);
      if (batch === null) return;
      await this.acknowledge(batch);
    }
  }

  private async recoverFrom(dead: string): Promise<void> {
    this.run.recoveries.claim++;
    const left = commandOf("XPENDING", STREAM, GROUP, "-", "+", 1, dead);
    while ((await this.to.ask(left, (tape) => tape.number(0))) > 0) {
      await this.sweep();
      await Bun.sleep(5);
    }
    const remove = commandOf("XGROUP", "DELCONSUMER", STREAM, GROUP, dead);
    const lost = await this.to.ask(remove, (tape) => tape.number(0));
    if (lost !== 0) this.run.ledger.fault(`${lost} entries went with ${dead}`);
  }
}

/** The array of entries in the reply of XREADGROUP, or -1 for nil. */
function newEntries(tape: Tape): number {
  return tape.kinds[0] === Kind.nil ? -1 : 3;
}

/** The entries of the array at a place of the tape; null when there are none. */
function batchAt(tape: Tape, at: number, ledger: Ledger): Batch | null {
  const size = at < 0 ? 0 : tape.number(at);
  if (size === 0) return null;
  const { kinds, heads, starts, sizes, bytes } = tape;
  const numbers = new Int32Array(size);
  const ids = Buffer.allocUnsafe(32 * size);
  let used = 0;
  // Each entry: an array of two, the ID, an array of four, "n", number, "body", text.
  for (let index = 0; index < size; index++) {
    const entry = at + 1 + 7 * index;
    const number = numberAt(bytes, starts[entry + 4]);
    const isWhole =
      kinds[entry] === Kind.array &&
      sizes[entry + 2] === 4 &&
      sizes[entry + 4] === DIGITS &&
      sizes[entry + 6] === BODY_SIZE &&
      number === numberAt(bytes, starts[entry + 6] + BODY[0].length);
    if (!isWhole) ledger.fault(`an entry is not what was sent: ${tape.text(entry + 1)}`);
    numbers[index] = number;
    const end = heads[entry + 2];
    for (let from = heads[entry + 1]; from < end; from++) ids[used++] = bytes[from];
  }
  const last = tape.text(at + 1 + 7 * (size - 1) + 1);
  return { numbers, ids: ids.subarray(0, used), first: tape.text(at + 2), last };
}

function numberAt(bytes: Uint8Array, start: number): number {
  let number = 0;
  for (let at = start; at < start + DIGITS; at++) number = number * 10 + bytes[at] - 48;
  return number;
}

const XACK = commandOf("XACK", STREAM, GROUP).subarray("*3\r\n".length);

function acknowledgement({ numbers, ids }: Batch): Buffer {
  return Buffer.concat([Buffer.from(`*${numbers.length + 3}\r\n`), XACK, ids]);
}

/** The first `count` entries of a batch. */
function firstOf(batch: Batch, count: number): Batch {
  const words = batch.ids
    .toString("latin1")
    .split("\r\n")
    .slice(0, 2 * count);
  const ids = Buffer.from(`${words.join("\r\n")}\r\n`, "latin1");
  return { ...batch, numbers: batch.numbers.slice(0, count), ids };
}
