/**
 * Connections to the servers that MIGRATE sends keys to. One that was used stays open for a while,
 * since whoever moves keys moves many. All calls wait for the other side, and with them the whole
 * server, as in Redis: nothing can change a key between its copy and its removal.
 */
import { copyBytes, fromLatin1 } from "../base/bytes.ts";
import type { Clock } from "../base/clock.ts";
import type { Host } from "../runtime/host.ts";
import type { BlockingSocket } from "../runtime/net.ts";

/** As in Redis: so many connections are kept, each for so long after its last use. */
const TARGETS_MAX = 64;
const IDLE_MS_MAX = 10_000;
/** Bytes sent and taken at once; each time has the whole timeout, as in Redis. */
const PIECE_SIZE = 64 << 10;
/** What is kept of a line; the rest of a longer one is passed over. */
const LINE_SIZE_MAX = 1023;
/** No database: the next exchange selects one. -1 as in Redis, where -1 is thus never selected. */
export const NO_DATABASE = -1n;
const LINE_FEED = 10;

/** A connection that is of no use any more. */
export class Lost extends Error {
  readonly verb: "writing" | "reading";
  /** The other side has ended it, which it may have done before: another may do better. */
  readonly isClosed: boolean;

  constructor(verb: "writing" | "reading", isClosed: boolean) {
    super("the connection is lost");
    this.verb = verb;
    this.isClosed = isClosed;
  }
}

const isTimeout = (error: unknown) => (error as { code?: string }).code === "ETIMEDOUT";

/** One connection. What is written leaves when a piece is full, or with `flush`. */
export class Target {
  /** The database that commands are for, if it is known. */
  database = NO_DATABASE;
  /** A call has thrown Lost: what would come next belongs to nothing. */
  isLost = false;
  timeoutMs = 0;
  usedMs = 0;
  private readonly socket: BlockingSocket;
  private readonly clock: Clock;
  private readonly output = new Uint8Array(PIECE_SIZE);
  private outputSize = 0;
  private readonly input = new Uint8Array(PIECE_SIZE);
  private inputAt = 0;
  private inputEnd = 0;

  constructor(socket: BlockingSocket, clock: Clock) {
    this.socket = socket;
    this.clock = clock;
  }

  /** Begins a command of so many words, which are to follow. */
  command(count: number): void {
    this.text(`*${count}\r\n`);
  }

  /** Writes a word of a command. */
  word(bytes: Uint8Array, offset: number, size: number): void {
    this.text(`$${size}\r\n`);
    this.write(bytes, offset, size);
    this.text("\r\n");
  }

  wordOf(text: string): void {
    this.word(fromLatin1(text), 0, text.length);
  }

  /** Sends what was written. Throws Lost. */
  flush(): void {
    this.send(this.output, 0, this.outputSize);
    this.outputSize = 0;
  }

  /**
   * The next line of what the other side says, without its end. Throws Lost when it takes longer
   * than the timeout, is empty, or says neither that all is well (`+`) nor why not (`-`): then it
   * is no server of this kind. (Redis takes whatever is no error for success, and deletes the key.)
   */
  line(): string {
    const endMs = this.clock.monotonicMs() + this.timeoutMs;
    let text = "";
    for (;;) {
      if (this.inputAt === this.inputEnd) this.receive(endMs - this.clock.monotonicMs());
      const byte = this.input[this.inputAt++];
      if (byte === LINE_FEED) break;
      if (text.length < LINE_SIZE_MAX) text += String.fromCharCode(byte);
    }
    if (text[0] !== "+" && text[0] !== "-") throw this.lost("reading", false);
    return text.replace(/\r$/, "");
  }

  close(): void {
    this.socket.close();
  }

  private lost(verb: Lost["verb"], isClosed: boolean): Lost {
    this.isLost = true;
    return new Lost(verb, isClosed);
  }

  private text(text: string): void {
    this.write(fromLatin1(text), 0, text.length);
  }

  private write(bytes: Uint8Array, offset: number, size: number): void {
    if (this.outputSize + size > PIECE_SIZE) this.flush();
    if (size > PIECE_SIZE) {
      this.send(bytes, offset, size);
      return;
    }
    copyBytes(bytes, offset, size, this.output, this.outputSize);
    this.outputSize += size;
  }

  private send(bytes: Uint8Array, offset: number, size: number): void {
    const end = offset + size;
    try {
      for (let at = offset; at < end; at += PIECE_SIZE) {
        this.socket.send(bytes, at, Math.min(PIECE_SIZE, end - at), this.timeoutMs);
      }
    } catch (error) {
      throw this.lost("writing", !isTimeout(error));
    }
  }

  private receive(leftMs: number): void {
    let isClosed = true;
    try {
      this.inputEnd = this.socket.receive(this.input, 0, PIECE_SIZE, Math.max(0, leftMs));
    } catch (error) {
      this.inputEnd = 0;
      isClosed = !isTimeout(error);
    }
    this.inputAt = 0;
    if (this.inputEnd === 0) throw this.lost("reading", isClosed);
  }
}

/** All that are open, by host and port as they were given. */
export class Targets {
  private readonly open = new Map<string, Target>();
  private readonly host: Pick<Host, "connect">;
  private readonly clock: Clock;

  constructor(host: Pick<Host, "connect">, clock: Clock) {
    this.host = host;
    this.clock = clock;
  }

  get count(): number {
    return this.open.size;
  }

  /** Whether this system has what it takes. */
  get arePossible(): boolean {
    return this.host.connect !== null;
  }

  /**
   * A connection to there, whose calls wait for `timeoutMs` at most; null when there is nobody.
   */
  get(host: string, port: number, timeoutMs: number): Target | null {
    const name = nameOf(host, port);
    const target = this.open.get(name) ?? this.connect(host, port, timeoutMs);
    if (target === null) return null;
    // Those used last stand last.
    this.open.delete(name);
    this.open.set(name, target);
    target.timeoutMs = timeoutMs;
    target.usedMs = this.clock.nowMs;
    return target;
  }

  /** Closes the connection to there, if there is one. */
  drop(host: string, port: number): void {
    const name = nameOf(host, port);
    this.open.get(name)?.close();
    this.open.delete(name);
  }

  /** From the timer: closes those that have not been used for long. */
  closeIdle(): void {
    const { nowMs } = this.clock;
    for (const [name, target] of this.open) {
      if (nowMs - target.usedMs <= IDLE_MS_MAX) continue;
      target.close();
      this.open.delete(name);
    }
  }

  private connect(host: string, port: number, timeoutMs: number): Target | null {
    if (this.open.size >= TARGETS_MAX) this.closeOldest();
    try {
      const socket = this.host.connect?.(host, port, timeoutMs);
      return socket === undefined ? null : new Target(socket, this.clock);
    } catch {
      return null;
    }
  }

  private closeOldest(): void {
    for (const [name, target] of this.open) {
      target.close();
      this.open.delete(name);
      return;
    }
  }
}

const nameOf = (host: string, port: number) => `${host}:${port}`;
