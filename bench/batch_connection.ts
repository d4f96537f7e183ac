// A connection to a server on this machine on which one batch at a time is in flight.

import type { Socket } from "bun";

/** Who knows what is sent, and what must come back. */
export abstract class BatchConnection {
  private socket: Socket | null = null;
  private unsent: Buffer = Buffer.alloc(0);
  private waiting: { resolve: () => void; reject: (error: Error) => void } | null = null;
  private failure: Error | null = null;

  /** Bytes have come: calls `done` with the last of a batch, `fail` when they are wrong. */
  protected abstract onData(chunk: Buffer): void;

  /** Connects to 127.0.0.1. */
  protected async connect(port: number): Promise<void> {
    this.socket = await Bun.connect({
      hostname: "127.0.0.1",
      port,
      socket: {
        data: (_, chunk) => this.onData(chunk),
        drain: () => this.write(),
        close: () => this.fail(new Error("the server closed the connection")),
        error: (_, error) => this.fail(error),
      },
    });
  }

  /** Sends a batch; resolves at `done`, rejects at `fail`. */
  protected sendBatch(request: Buffer): Promise<void> {
    return new Promise((resolve, reject) => {
      if (this.failure !== null) {
        reject(this.failure);
        return;
      }
      this.waiting = { resolve, reject };
      this.unsent = request;
      this.write();
    });
  }

  /** All that the batch was to get has come. */
  protected done(): void {
    const { waiting } = this;
    this.waiting = null;
    waiting?.resolve();
  }

  /** This batch fails, and all that follow. */
  protected fail(error: Error): void {
    this.failure ??= error;
    this.waiting?.reject(this.failure);
    this.waiting = null;
  }

  /** These bytes are not what must come back. */
  protected failReply(bytes: Buffer): void {
    this.fail(new Error(`not the expected reply: ${bytes.toString("latin1", 0, 200)}`));
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
}
