/**
 * One turn of the event loop: the replies written in it lie in one buffer, each connection's in
 * ranges, and leave together at its end, after whatever must come first (the append-only log).
 */
import type { Reply } from "../protocol/reply.ts";
import type { Connection } from "./connection.ts";

const FIRST_ROOM = 1024;

export class Turn {
  private readonly reply: Reply;
  private readonly schedule: (run: () => void) => void;
  private readonly connections: Connection[] = [];
  private starts = new Int32Array(FIRST_ROOM);
  private ends = new Int32Array(FIRST_ROOM);
  private count = 0;
  private armed = false;
  private waiting: Connection[] = [];
  private readonly flushNow = () => this.flush();

  /** `schedule` has a function called when all that has arrived in this turn has been read. */
  constructor(reply: Reply, schedule: (run: () => void) => void) {
    this.reply = reply;
    this.schedule = schedule;
  }

  /** Whether something has been run in this turn already: the clock has been read for it. */
  get isOpen(): boolean {
    return this.armed;
  }

  /** The connection's next replies are the bytes from `start` to where the writer is now. */
  add(connection: Connection, start: number): void {
    const end = this.reply.at;
    if (start !== end) {
      if (this.count === this.starts.length) this.grow();
      this.connections[this.count] = connection;
      this.starts[this.count] = start;
      this.ends[this.count++] = end;
      connection.rangeCount++;
    }
    this.arm();
  }

  /** The connection has output of its own queue to send. */
  addWaiting(connection: Connection): void {
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

  /** Moves the connection's ranges to its own queue, so that other output can follow them. */
  settle(connection: Connection): void {
    for (let i = 0; i < this.count; i++) {
      if (this.connections[i] !== connection) continue;
      connection.output.append(this.reply.bytes, this.starts[i], this.ends[i] - this.starts[i]);
      this.ends[i] = this.starts[i];
    }
    connection.rangeCount = 0;
  }

  /** Sends every range. */
  flush(): void {
    this.armed = false;
    const { bytes } = this.reply;
    const { count } = this;
    this.count = 0;
    for (let i = 0; i < count; i++) {
      const connection = this.connections[i];
      connection.rangeCount = 0;
      // The last range may be kept where it lies.
      connection.send(bytes, this.starts[i], this.ends[i] - this.starts[i], i === count - 1);
    }
    this.connections.length = 0;
    this.reply.clear();
    if (this.waiting.length === 0) return;
    const { waiting } = this;
    this.waiting = [];
    for (const connection of waiting) {
      connection.awaitsFlush = false;
      connection.send(bytes, 0, 0, false);
    }
  }

  private grow(): void {
    const starts = new Int32Array(this.starts.length * 2);
    const ends = new Int32Array(this.starts.length * 2);
    starts.set(this.starts);
    ends.set(this.ends);
    this.starts = starts;
    this.ends = ends;
  }
}
