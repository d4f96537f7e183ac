/**
 * Purpose: the connection of the soak: it reads replies of tens of kilobytes at tens of nanoseconds
 * per word, so that the server is what the run waits for. A reply becomes a tape of its words
 * (where each lies in the received bytes), which is read at once, before the next reply comes.
 */

import type { Socket } from "bun";

const CR = 13;
const MINUS = 45;

export const Kind = { bulk: 36, array: 42, integer: 58, simple: 43, error: 45, nil: 0 } as const;

/** The words of one reply, in their order on the wire. Valid until the next reply is read. */
export class Tape {
  count = 0;
  kinds = new Uint8Array(8192);
  /** Where the word begins with its header. */
  heads = new Int32Array(8192);
  /** Where the text of a bulk, simple or error reply begins. */
  starts = new Int32Array(8192);
  /** The length of a text, the count of an array, or the integer. */
  sizes = new Int32Array(8192);
  bytes: Buffer = Buffer.alloc(0);

  push(kind: number, head: number, start: number, size: number): void {
    if (this.count === this.kinds.length) this.grow();
    const at = this.count++;
    this.kinds[at] = kind;
    this.heads[at] = head;
    this.starts[at] = start;
    this.sizes[at] = size;
  }

  text(at: number): string {
    const start = this.starts[at];
    return this.bytes.toString("latin1", start, start + this.sizes[at]);
  }

  /** The integer, or the count of an array. */
  number(at: number): number {
    return this.sizes[at];
  }

  private grow(): void {
    const { kinds, heads, starts, sizes } = this;
    const length = 2 * kinds.length;
    this.kinds = new Uint8Array(length);
    this.heads = new Int32Array(length);
    this.starts = new Int32Array(length);
    this.sizes = new Int32Array(length);
    this.kinds.set(kinds);
    this.heads.set(heads);
    this.starts.set(starts);
    this.sizes.set(sizes);
  }
}

/** A RESP command from words. */
export function commandOf(...words: (string | number)[]): Buffer {
  const texts = words.map(String);
  const bulks = texts.map((text) => `$${Buffer.byteLength(text)}\r\n${text}\r\n`);
  return Buffer.from(`*${texts.length}\r\n${bulks.join("")}`);
}

interface Waiting {
  left: number;
  read: (tape: Tape) => void;
  resolve: () => void;
  reject: (error: Error) => void;
}

/** A connection over which any number of commands may be under way. */
export class SoakConnection {
  closed = false;
  private readonly tape = new Tape();
  private socket: Socket | null = null;
  private unsent: Uint8Array[] = [];
  /** Received and not yet read; replies before `#from` are done. */
  private bytes: Buffer = Buffer.allocUnsafe(1 << 17);
  private size = 0;
  private from = 0;
  private at = 0;
  private missing = 1;
  private waiting: Waiting[] = [];
  private next = 0;

  static async open(port: number): Promise<SoakConnection> {
    const connection = new SoakConnection();
    connection.socket = await Bun.connect({
      hostname: "127.0.0.1",
      port,
      socket: {
        data: (_, chunk) => connection.onData(chunk),
        drain: () => connection.flush(),
        close: () => connection.fail(new Error("the server closed the connection")),
        error: (_, error) => connection.fail(error),
      },
    });
    return connection;
  }

  /**
   * Sends commands that have `count` replies, and has each read. Rejects when one is an error, or
   * when the connection ends first.
   */
  send(request: Uint8Array, count: number, read: (tape: Tape) => void): Promise<void> {
    return new Promise((resolve, reject) => {
      if (this.closed) {
        reject(new Error("the connection is closed"));
        return;
      }
      this.waiting.push({ left: count, read, resolve, reject });
      this.write(request);
    });
  }

  /** Sends a command and returns what is read from its reply. */
  async ask<T>(request: Uint8Array, read: (tape: Tape) => T): Promise<T> {
    let result: { value: T } | null = null;
    await this.send(request, 1, (tape) => {
      result = { value: read(tape) };
    });
    return (result as unknown as { value: T }).value;
  }

  /** Sends commands and does not care what becomes of them. */
  throwAway(request: Uint8Array): void {
    this.write(request);
  }

  /** Ends the connection at once; what is under way is never answered. */
  destroy(): void {
    this.closed = true;
    this.waiting = [];
    this.socket?.terminate();
  }

  private write(request: Uint8Array): void {
    this.unsent.push(request);
    if (this.unsent.length === 1) this.flush();
  }

  private flush(): void {
    const socket = this.socket as Socket;
    while (this.unsent.length > 0 && !this.closed) {
      const [first] = this.unsent;
      const sent = Math.max(0, socket.write(first));
      if (sent < first.length) {
        this.unsent[0] = first.subarray(sent);
        return;
      }
      this.unsent.shift();
    }
  }

  private fail(error: Error): void {
    this.closed = true;
    const waiting = this.waiting.slice(this.next);
    this.waiting = [];
    this.next = 0;
    for (const { reject } of waiting) reject(error);
  }

  private onData(chunk: Uint8Array): void {
    if (this.closed) return;
    this.append(chunk);
    while (this.at < this.size && this.scan()) {
      const tape = this.tape;
      tape.bytes = this.bytes;
      this.onReply(tape);
      tape.count = 0;
      this.missing = 1;
      this.from = this.at;
      if (this.closed) return;
    }
  }

  private append(chunk: Uint8Array): void {
    // Only between replies, so that the tape's places stay right.
    if (this.from === this.size) this.from = this.at = this.size = 0;
    const needed = this.size + chunk.length;
    if (needed > this.bytes.length) {
      const larger = Buffer.allocUnsafe(2 * needed);
      larger.set(this.bytes.subarray(0, this.size));
      this.bytes = larger;
    }
    this.bytes.set(chunk, this.size);
    this.size = needed;
  }

  private onReply(tape: Tape): void {
    const waiting = this.waiting[this.next];
    if (waiting === undefined) throw new Error("a reply that nobody waits for");
    let failure: Error | null = null;
    try {
      if (tape.kinds[0] === Kind.error) throw new Error(tape.text(0));
      waiting.read(tape);
    } catch (error) {
      failure = error as Error;
    }
    if (failure === null && --waiting.left > 0) return;
    this.next++;
    if (this.next === this.waiting.length) {
      this.waiting.length = 0;
      this.next = 0;
    }
    if (failure === null) waiting.resolve();
    else waiting.reject(failure);
  }

  /** Puts words on the tape; true when the reply is whole. Goes on where it stopped. */
  private scan(): boolean {
    const bytes = this.bytes;
    const size = this.size;
    const tape = this.tape;
    let at = this.at;
    let missing = this.missing;
    while (missing > 0) {
      const kind = bytes[at];
      let end = at + 1;
      let value = 0;
      for (; end < size && bytes[end] !== CR; end++) value = value * 10 + bytes[end] - 48;
      if (end + 1 >= size) break;
      let next = end + 2;
      const isNil = bytes[at + 1] === MINUS && kind !== Kind.integer;
      if (kind === Kind.bulk && !isNil) {
        next += value + 2;
        if (next > size) break;
        tape.push(kind, at, end + 2, value);
      } else if (kind === Kind.array && !isNil) {
        missing += value;
        tape.push(kind, at, at, value);
      } else if (kind === Kind.integer) {
        tape.push(kind, at, at, value);
      } else if (kind === Kind.simple || kind === Kind.error) {
        tape.push(kind, at, at + 1, end - at - 1);
      } else if (isNil) {
        tape.push(Kind.nil, at, at, 0);
      } else {
        throw new Error(`no reply begins with the byte ${kind}`);
      }
      at = next;
      missing--;
      if (at >= size) break;
    }
    this.at = at;
    this.missing = missing;
    return missing === 0;
  }
}
