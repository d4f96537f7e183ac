/**
 * Purpose: a connection to a server, in bytes: what is written goes out as it is, and what comes
 * in is cut into replies but not read. The client, the fuzzer and the bad-input tests stand on it.
 */

import { connect, type Socket } from "node:net";
import { replyEnd } from "./resp.ts";

/** Where a server listens: a port of `host` (default 127.0.0.1), or a Unix socket. */
export type Address = { port: number; host?: string } | { path: string };

/** How long a reply may take before the wait for it fails. */
const REPLY_LIMIT_MS = 60_000;

/**
 * The connection ended, took too long, or sent what is no reply. `replies` are the whole replies
 * that came before, `rest` the bytes after them.
 */
export class WireError extends Error {
  readonly replies: readonly Buffer[];
  readonly rest: Buffer;

  constructor(message: string, replies: readonly Buffer[], rest: Buffer) {
    super(message);
    this.replies = replies;
    this.rest = rest;
  }
}

/** A connection that sends and receives bytes. One wait at a time. */
export class Wire {
  /** Whether the server has ended the connection. */
  closed = false;
  private readonly socket: Socket;
  private received: Buffer = Buffer.alloc(0);
  private onChange: (() => void) | null = null;

  private constructor(socket: Socket) {
    this.socket = socket;
    socket.setNoDelay(true);
    socket.on("data", (bytes: Buffer) => {
      this.received = this.received.length === 0 ? bytes : Buffer.concat([this.received, bytes]);
      this.onChange?.();
    });
    const ended = () => {
      this.closed = true;
      this.onChange?.();
    };
    socket.on("end", ended);
    socket.on("error", ended);
    socket.on("close", ended);
  }

  /** Connects; rejects when nothing listens there. */
  static open(address: Address): Promise<Wire> {
    return new Promise((resolve, reject) => {
      const socket = connect(
        "path" in address
          ? { path: address.path, allowHalfOpen: true }
          : { port: address.port, host: address.host ?? "127.0.0.1", allowHalfOpen: true },
      );
      socket.once("error", reject);
      socket.once("connect", () => {
        socket.removeListener("error", reject);
        resolve(new Wire(socket));
      });
    });
  }

  /** Over a socket that is connected already, and may be one of TLS. */
  static over(socket: Socket): Wire {
    return new Wire(socket);
  }

  /** Sends bytes as they are. After the end of the connection this does nothing. */
  write(bytes: Uint8Array): void {
    if (!this.closed) this.socket.write(bytes);
  }

  /**
   * The bytes of the next `count` replies, each by itself; an attribute belongs to the reply it
   * precedes, and so do push messages with `joinPushes`. Throws WireError when they do not come.
   */
  async replies(count: number, limitMs = REPLY_LIMIT_MS, joinPushes = false): Promise<Buffer[]> {
    const found: Buffer[] = [];
    let malformed: Error | null = null;
    const enough = () => {
      while (found.length < count) {
        let end = -1;
        try {
          end = replyEnd(this.received, 0, joinPushes);
        } catch (error) {
          malformed = error as Error;
          return true;
        }
        if (end < 0) return false;
        found.push(this.take(end));
      }
      return true;
    };
    await this.until(enough, limitMs);
    if (found.length === count) return found;
    throw new WireError(this.why(malformed), found, this.take(this.received.length));
  }

  /** The next `size` bytes. Throws WireError when they do not come. */
  async bytes(size: number, limitMs = REPLY_LIMIT_MS): Promise<Buffer> {
    await this.until(() => this.received.length >= size, limitMs);
    if (this.received.length >= size) return this.take(size);
    throw new WireError(this.why(null), [], this.take(this.received.length));
  }

  /** All bytes up to where the server closes, or until none came for `quietMs`. */
  async rest(quietMs = REPLY_LIMIT_MS, isLast?: (bytes: Buffer) => boolean): Promise<Buffer> {
    let size = -1;
    while (!this.closed && size !== this.received.length && !isLast?.(this.received)) {
      size = this.received.length;
      await this.until(() => this.received.length > size, quietMs);
    }
    return this.take(this.received.length);
  }

  /** Waits until the server closes; false when it does not within the limit. */
  async untilClosed(limitMs = REPLY_LIMIT_MS): Promise<boolean> {
    await this.until(() => this.closed, limitMs);
    return this.closed;
  }

  /** Tells the server that nothing more is coming; what it sends can still be read. */
  end(): void {
    this.socket.end();
  }

  /** Ends the connection in both directions at once. */
  close(): void {
    this.closed = true;
    this.socket.destroy();
  }

  private why(malformed: Error | null): string {
    if (malformed) return `not a reply: ${malformed.message}`;
    return this.closed ? "the server closed the connection" : "no reply came in time";
  }

  private take(size: number): Buffer {
    const taken = this.received.subarray(0, size);
    this.received = this.received.subarray(size);
    return taken;
  }

  /** Waits until `done`, the end of the connection, or the limit. */
  private async until(done: () => boolean, limitMs: number): Promise<void> {
    if (done() || this.closed) return;
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, limitMs);
      this.onChange = () => {
        if (!done() && !this.closed) return;
        clearTimeout(timer);
        resolve();
      };
    });
    this.onChange = null;
  }
}
