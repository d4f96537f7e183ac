// A connection that sends prepared bytes and knows byte for byte what must come back. Counting and
// comparing whole chunks costs the client next to nothing, so the server is what is measured.

import { BatchConnection } from "./batch_connection.ts";

/** Bytes to send, and the bytes that the server must answer. */
export interface Batch {
  request: Buffer;
  reply: Buffer;
  /** Count of operations in the batch, however the load counts them. */
  operations: number;
}

export class Exchange extends BatchConnection {
  private reply: Buffer = Buffer.alloc(0);
  private receivedSize = 0;

  /** Connects to 127.0.0.1. */
  static async open(port: number): Promise<Exchange> {
    const exchange = new Exchange();
    await exchange.connect(port);
    return exchange;
  }

  /** Sends the batch; resolves when its whole reply is in, rejects when the reply differs. */
  send(batch: Batch): Promise<void> {
    this.reply = batch.reply;
    this.receivedSize = 0;
    return this.sendBatch(batch.request);
  }

  protected onData(chunk: Buffer): void {
    const offset = this.receivedSize;
    const end = offset + chunk.length;
    const fits = end <= this.reply.length;
    if (!fits || chunk.compare(this.reply, offset, end) !== 0) {
      this.failReply(chunk);
      return;
    }
    this.receivedSize = end;
    if (end === this.reply.length) this.done();
  }
}
