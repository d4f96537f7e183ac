/**
 * One turn of the event loop: the replies written in it lie in one buffer, and those to clients
 * that waited in another, each connection's in ranges; they leave together at its end, in the order
 * in which they were written, after whatever must come first (the append-only log).
 */
import { TURN_OUTPUT_SIZE_MAX } from "../base/limits.ts";
import type { Reply } from "../protocol/reply.ts";
import { HeldReplies } from "./held_replies.ts";

const FIRST_ROOM = 1024;

/** The log of changes, as replies see it: AppendWriter. */
export interface ChangeGate {
  /** Changes up to this mark may be told of: see unsynced.ts. */
  readonly safeMark: number;
  /** Sees to what was told; whether some of it may not be told of yet. */
  flush(): boolean;
}

/** A connection, as a turn knows it. */
export interface TurnConnection {
  readonly client: { readonly shownMark: number };
  /** Ranges of this turn's replies that are this connection's; only the turn's. */
  rangeCount: number;
  /** The last of them, while there are any; only the turn's. */
  lastRange: number;
  /** The turn will have it send what is queued; only the turn's. */
  awaitsFlush: boolean;
  /** Sends what a writer has written between two positions; `isLast`: nobody needs more of it. */
  sendReply(writer: Reply, start: number, end: number, isLast: boolean): void;
  /** Queues what a writer has written there until changes up to `mark` may be told of. */
  hold(writer: Reply, start: number, end: number, mark: number): void;
  /** Sends what is queued. */
  sendWaiting(): void;
}

export class Turn {
  readonly held = new HeldReplies();
  /** How many turns are over. */
  number = 0;
  /** A client that waited goes on after this turn: to Redis what it does then is part of it. */
  goesOn = false;
  private readonly reply: Reply;
  private readonly answers: Reply;
  private readonly schedule: (run: () => void) => void;
  private readonly connections: TurnConnection[] = [];
  /** Positions in what its writer has written. */
  private starts = new Float64Array(FIRST_ROOM);
  private ends = new Float64Array(FIRST_ROOM);
  /** The range before it of the same connection, if that has more than one. */
  private previous = new Int32Array(FIRST_ROOM);
  /** The writer of each range. */
  private readonly writers: Reply[] = [];
  private count = 0;
  private armed = false;
  private waiting: TurnConnection[] = [];
  private readonly log: ChangeGate;
  private readonly onEnd: () => void;
  private readonly flushNow = () => {
    this.number++;
    this.flush();
    this.onEnd();
  };

  /**
   * `answers` is the writer for clients that waited; `schedule` has a function called when all that
   * has arrived in this turn has been read; `log` is told before any reply leaves, and `onEnd` is
   * called when all have left that may.
   */
  constructor(
    reply: Reply,
    answers: Reply,
    schedule: (run: () => void) => void,
    log: ChangeGate,
    onEnd: () => void,
  ) {
    this.log = log;
    this.onEnd = onEnd;
    this.reply = reply;
    this.answers = answers;
    this.schedule = schedule;
  }

  /** Whether something has been run in this turn already: the clock has been read for it. */
  get isOpen(): boolean {
    return this.armed;
  }

  /** The connection's next replies are what was written from position `start` on. */
  add(connection: TurnConnection, start: number): void {
    this.addRange(connection, this.reply, start);
  }

  /** As `add`, of the writer for clients that waited. */
  addAnswer(connection: TurnConnection, start: number): void {
    const { answers } = this;
    this.addRange(connection, answers, start);
    if (answers.position <= TURN_OUTPUT_SIZE_MAX) return;
    // The other writer may be in the midst of a reply: it keeps what it has.
    this.sendRanges(false);
    answers.clear();
  }

  /** As `add`, of a writer that is nobody else's, and is done. */
  addFrom(writer: Reply, connection: TurnConnection, start: number): void {
    this.addRange(connection, writer, start);
  }

  private addRange(connection: TurnConnection, writer: Reply, start: number): void {
    const end = writer.position;
    if (start !== end) {
      if (this.count === this.starts.length) this.grow();
      this.connections[this.count] = connection;
      this.writers[this.count] = writer;
      this.starts[this.count] = start;
      this.previous[this.count] = connection.lastRange;
      connection.lastRange = this.count;
      this.ends[this.count++] = end;
      connection.rangeCount++;
    }
    this.arm();
  }

  /** The connection has output of its own queue to send. */
  addWaiting(connection: TurnConnection): void {
    if (!connection.awaitsFlush) this.waiting.push(connection);
    connection.awaitsFlush = true;
    this.arm();
  }

  /** Has `flush` called at the end of this turn. */
  arm(): void {
    if (this.armed) return;
    this.armed = true;
    this.schedule(this.flushNow);
  }

  /** Bytes of the connection's ranges. */
  rangesSize(connection: TurnConnection): number {
    let size = 0;
    let range = connection.lastRange;
    for (let left = connection.rangeCount; left > 0; left--) {
      size += this.ends[range] - this.starts[range];
      range = this.previous[range];
    }
    return size;
  }

  /** Moves the connection's ranges to its own queue, so that other output can follow them. */
  settle(connection: TurnConnection): void {
    const ranges: number[] = [];
    let range = connection.lastRange;
    for (let left = connection.rangeCount; left > 0; left--) {
      ranges.push(range);
      range = this.previous[range];
    }
    while (ranges.length > 0) this.holdRange(ranges.pop() as number);
  }

  private holdRange(i: number): void {
    const connection = this.connections[i];
    const start = this.starts[i];
    const end = this.ends[i];
    connection.rangeCount = 0;
    this.ends[i] = start;
    if (end > start) connection.hold(this.writers[i], start, end, connection.client.shownMark);
  }

  /** Sends every range. */
  flush(): void {
    this.armed = false;
    this.sendRanges(true);
    this.reply.clear();
    if (this.answers.position > 0) this.answers.clear();
    if (this.waiting.length === 0) return;
    const { waiting } = this;
    this.waiting = [];
    for (const connection of waiting) {
      connection.awaitsFlush = false;
      connection.sendWaiting();
    }
  }

  /** Sends every range; `isEnd`: the last may be kept where it lies. */
  private sendRanges(isEnd: boolean): void {
    const { count, reply } = this;
    if (count > 0 || isEnd) {
      if (this.log.flush()) this.hold();
    }
    this.count = 0;
    for (let i = 0; i < count; i++) {
      const connection = this.connections[i];
      const writer = this.writers[i];
      const isLast = isEnd && i === count - 1 && writer === reply;
      connection.rangeCount = 0;
      connection.sendReply(writer, this.starts[i], this.ends[i], isLast);
    }
    this.connections.length = 0;
  }

  /** Sets the ranges apart that must wait until a change is on the disk. */
  private hold(): void {
    const { safeMark } = this.log;
    for (let i = 0; i < this.count; i++) {
      if (this.connections[i].client.shownMark > safeMark) this.holdRange(i);
    }
  }

  /** Changes may be told of: sends what waited for that. */
  release(): void {
    this.held.release(this.log.safeMark);
  }

  private grow(): void {
    const starts = new Float64Array(this.starts.length * 2);
    const ends = new Float64Array(this.starts.length * 2);
    const previous = new Int32Array(this.starts.length * 2);
    previous.set(this.previous);
    this.previous = previous;
    starts.set(this.starts);
    ends.set(this.ends);
    this.starts = starts;
    this.ends = ends;
  }
}
