/**
 * Purpose: a connection of which everything that comes is kept, with marks that tell when it came.
 */

import type { Socket } from "bun";
import type { Address } from "../client/wire.ts";

/** How long anything waited for may take. */
const LIMIT_MS = 20_000;

/** A connection to one server. */
export class Stream {
  /** The number of its connection in the steps. */
  number = -1;
  /** Whether the server has ended it. */
  ended = false;
  /** Bytes that came so far. */
  size = 0;
  /** After which step how many bytes had come, where that is more than before. */
  readonly marks: { step: number; size: number }[] = [];
  private parts: Buffer[] = [];
  private socket: Socket | null = null;
  private changed: (() => void) | null = null;

  /** Connects. */
  static async open(address: Address & { port: number }): Promise<Stream> {
    const stream = new Stream();
    const over = () => {
      stream.ended = true;
      stream.changed?.();
    };
    stream.socket = await Bun.connect({
      hostname: "127.0.0.1",
      port: address.port,
      socket: {
        data: (_, bytes) => {
          stream.parts.push(Buffer.from(bytes));
          stream.size += bytes.length;
          stream.changed?.();
        },
        close: over,
        end: over,
        error: over,
      },
    });
    stream.socket.setNoDelay(true);
    return stream;
  }

  write(bytes: Buffer): void {
    if (this.ended) return;
    const written = this.socket?.write(bytes) ?? 0;
    if (written !== bytes.length && !this.ended) throw new Error("the server does not read");
  }

  /** Notes that what came came with this step or before. */
  mark(step: number): void {
    if ((this.marks.at(-1)?.size ?? 0) < this.size) this.marks.push({ step, size: this.size });
  }

  /** The step with which the byte at this place came. */
  stepOf(offset: number): number {
    return this.marks.find(({ size }) => size > offset)?.step ?? Infinity;
  }

  /** All that came. */
  get bytes(): Buffer {
    return Buffer.concat(this.parts);
  }

  /** All that came, which is forgotten. */
  take(): Buffer {
    const { bytes } = this;
    this.parts = [];
    this.size = 0;
    return bytes;
  }

  /** Waits until so much has come; false when it does not, or the server ends the connection. */
  async until(size: number): Promise<boolean> {
    if (this.size < size && !this.ended) {
      const { promise, resolve } = Promise.withResolvers<void>();
      const timer = setTimeout(resolve, LIMIT_MS);
      this.changed = () => {
        if (this.size >= size || this.ended) resolve();
      };
      await promise;
      clearTimeout(timer);
      this.changed = null;
    }
    return this.size >= size;
  }

  close(): void {
    this.socket?.terminate();
    this.socket = null;
  }
}
