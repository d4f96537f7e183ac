/**
 * Purpose: a client that reads when it is told to and not before, so that what a server sends it
 * piles up on the server's side. It counts and checks the bytes as they come, and keeps none.
 */

import type { Socket } from "bun";

export class SlowClient {
  closed = false;
  /** Bytes received. */
  size = 0;
  private readonly socket: Socket;
  private unsent: Uint8Array[] = [];
  /** Told of all that arrives. */
  private onBytes: (bytes: Uint8Array) => void = () => {};
  private wake: () => void = () => {};

  private constructor(socket: Socket) {
    this.socket = socket;
  }

  /** Connects, and does not read. */
  static async open(port: number): Promise<SlowClient> {
    let client: SlowClient | undefined;
    const send = () => {
      if (client !== undefined) client.send();
    };
    const ended = () => {
      if (client === undefined) return;
      client.closed = true;
      client.wake();
    };
    const socket = await Bun.connect({
      hostname: "127.0.0.1",
      port,
      socket: {
        open(opened) {
          opened.pause();
        },
        data(_, bytes) {
          if (client === undefined) return;
          client.size += bytes.length;
          client.onBytes(bytes);
          client.wake();
        },
        drain: send,
        close: ended,
        end: ended,
        error: ended,
      },
    });
    client = new SlowClient(socket);
    return client;
  }

  /** Sends bytes, now or when the server takes them. */
  write(bytes: Uint8Array): void {
    this.unsent.push(bytes);
    this.send();
  }

  /** Bytes that the server has not taken yet. */
  get unsentSize(): number {
    return this.unsent.reduce((sum, bytes) => sum + bytes.length, 0);
  }

  /** Reads until at least so many bytes have come in all, or the connection ends; then rests. */
  async readTo(size: number, onBytes: (bytes: Uint8Array) => void = () => {}): Promise<void> {
    this.onBytes = onBytes;
    this.socket.resume();
    while (this.size < size && !this.closed) {
      await new Promise<void>((resolve) => {
        this.wake = resolve;
      });
    }
    this.socket.pause();
  }

  close(): void {
    this.socket.terminate();
  }

  private send(): void {
    while (this.unsent.length > 0) {
      const [first] = this.unsent;
      const taken = Math.max(0, this.socket.write(first));
      if (taken < first.length) {
        this.unsent[0] = first.subarray(taken);
        return;
      }
      this.unsent.shift();
    }
  }
}
