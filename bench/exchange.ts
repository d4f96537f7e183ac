// A connection that sends prepared bytes and knows byte for byte what must come back. Counting and
// comparing whole chunks costs the client next to nothing, so the server is what is measured.

import type { Socket } from "bun";

/** Bytes to send, and the bytes that the server must answer. */
export interface Batch {
  request: Buffer;
  reply: Buffer;
  /** Count of operations in the batch, however the load counts them. */
  operations: number;
}

/** A connection on which one batch at a time is in flight. */
export class Exchange {
  private socket: Socket | null = null;
  private unsent: Buffer = Buffer.alloc(0);
  private reply: Buffer = Buffer.alloc(0);
  private receivedSize = 0;
  private waiting: { resolve: () => void; reject: (error: Error) => void } | null = null;
  private failure: Error | null = null;

  /** Connects to 127.0.0.1. */
  static async open(port: number): Promise<Exchange> {
    const exchange = new Exchange();
    exchange.socket = await Bun.connect({
      hostname: "127.0.0.1",
      port,
      socket: {
        data: (_, chunk) => exchange.onData(chunk),
        drain: () => exchange.write(),
        close: () => exchange.fail(new Error("the server closed the connection")),
        error: (_, error) => exchange.fail(error),
      },
    });
    return exchange;
  }

  /** Sends the batch; resolves when its whole reply is in, rejects when the reply differs. */
  send(batch: Batch): Promise<void> {
    return new Promise((resolve, reject) => {
      if (this.failure !== null) {
        reject(this.failure);
        return;
      }
      this.waiting = { resolve, reject };
      this.reply = batch.reply;
      this.receivedSize = 0;
      this.unsent = batch.request;
      this.write();
    });
  }

  /** Closes the connection. */
  close(): void {
    this.waiting = null;
    this.socket?.end();
  }

  private write(): void {
    if (this.unsent.length === 0) return;
    const sentSize = (this.socket as Socket).write(this.unsent);
    this.unsent = this.unsent.subarray(Math.max(sentSize, 0));
  }

  private onData(chunk: Buffer): void {
    const offset = this.receivedSize;
    const end = offset + chunk.length;
    const fits = end <= this.reply.length;
    if (!fits || chunk.compare(this.reply, offset, end) !== 0) {
      this.fail(new Error(`not the expected reply: ${chunk.toString("latin1").slice(0, 200)}`));
      return;
    }
    this.receivedSize = end;
    if (end < this.reply.length) return;
    const waiting = this.waiting;
    this.waiting = null;
    waiting?.resolve();
  }

  private fail(error: Error): void {
    this.failure ??= error;
    this.waiting?.reject(this.failure);
    this.waiting = null;
  }
}
