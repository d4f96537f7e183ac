/** How bytes of a benchmark go: over the server's own event loop, or, for TLS, the runtime's. */

import type { DialEvents, DialTo, EventLoop, Socket } from "../runtime/net.ts";
import {
  type ClientTls,
  connectStream,
  type StreamConnection,
} from "../runtime/stream_connection.ts";
import { systemReason } from "../runtime/system_error.ts";

/** Whom a wire tells, never before it was returned. */
export interface WireEvents {
  connected(): void;
  /** Bytes have come, which stay there until it returns. */
  received(bytes: Uint8Array, size: number): void;
  /** There will be no connection, for this reason. */
  failed(reason: string): void;
  /** The other side has ended it. */
  closed(): void;
}

export interface Wire {
  /** Sends bytes, which stay as they are until all of them are sent. */
  send(bytes: Uint8Array): void;
  /** Ends it; nothing is told any more. */
  close(): void;
}

const INPUT_SIZE = 64 << 10;
/** What comes for all wires, one after the other. */
const input = new Uint8Array(INPUT_SIZE);

export const openWire = (
  loop: EventLoop,
  to: DialTo,
  tls: ClientTls | null,
  events: WireEvents,
): Wire => (tls === null ? new SocketWire(loop, to, events) : new StreamWire(to, tls, events));

class SocketWire implements Wire, DialEvents {
  private readonly events: WireEvents;
  private readonly socket: Socket;
  private unsent: Uint8Array | null = null;
  private isOver = false;

  constructor(loop: EventLoop, to: DialTo, events: WireEvents) {
    this.events = events;
    this.socket = loop.dial(to, this);
  }

  connected(): void {
    this.events.connected();
  }

  failed(code: string): void {
    if (!this.isOver) this.events.failed(systemReason({ code }));
  }

  readable(): void {
    const size = this.socket.read(input, 0, INPUT_SIZE);
    if (size > 0 && !this.isOver) this.events.received(input, size);
  }

  drain(): void {
    const { unsent } = this;
    this.unsent = null;
    if (unsent !== null) this.send(unsent);
  }

  closed(): void {
    if (!this.isOver) this.events.closed();
  }

  send(bytes: Uint8Array): void {
    const sent = this.socket.write(bytes, 0, bytes.length);
    if (sent < bytes.length) this.unsent = bytes.subarray(sent);
  }

  close(): void {
    this.isOver = true;
    this.socket.destroy();
  }
}

class StreamWire implements Wire {
  private readonly events: WireEvents;
  private stream: StreamConnection | null = null;
  private isOver = false;

  constructor(to: DialTo, tls: ClientTls, events: WireEvents) {
    this.events = events;
    void this.run(to, tls);
  }

  private async run(to: DialTo, tls: ClientTls): Promise<void> {
    try {
      this.stream = await connectStream(to, tls);
    } catch (error) {
      if (!this.isOver) this.events.failed((error as Error).message);
      return;
    }
    if (!this.isOver) this.events.connected();
    while (!this.isOver) {
      const piece = await this.stream.read().catch(() => null);
      if (this.isOver) break;
      if (piece === null) this.events.closed();
      else this.events.received(piece, piece.length);
      if (piece === null) return;
    }
    this.stream.close();
  }

  send(bytes: Uint8Array): void {
    // Copied, since it may be kept until the socket takes it.
    void this.stream?.write(bytes.slice()).catch(() => {});
  }

  close(): void {
    this.isOver = true;
    this.stream?.close();
  }
}
