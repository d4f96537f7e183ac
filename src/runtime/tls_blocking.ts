/** A connection of TLS to another server whose calls wait for that: over one that waits. */
import type { Handle } from "./foreign.ts";
import type { BlockingSocket } from "./net.ts";
import { SslError } from "./openssl.ts";
import { systemFailure } from "./system_error.ts";
import { PART_SIZE, type TlsRoom } from "./tls_room.ts";

/** Takes over a connection, and closes it if the handshake is in vain. Throws as its calls do. */
export function secured(
  room: TlsRoom,
  inner: BlockingSocket,
  context: Handle,
  timeoutMs: number,
): BlockingSocket {
  const socket = new TlsBlockingSocket(room, inner, context);
  try {
    socket.greet(timeoutMs);
  } catch (error) {
    socket.close();
    throw error;
  }
  return socket;
}

class TlsBlockingSocket implements BlockingSocket {
  private readonly room: TlsRoom;
  private readonly inner: BlockingSocket;
  private readonly ssl: Handle;
  private readonly input: Handle;
  private readonly output: Handle;
  /** Both sides have agreed, and neither has broken the rules. */
  private isSound = false;

  constructor(room: TlsRoom, inner: BlockingSocket, context: Handle) {
    this.room = room;
    this.inner = inner;
    this.input = room.newMemory();
    this.output = room.newMemory();
    this.ssl = room.newSsl(context, this.input, this.output);
    room.openSsl.calls.SSL_set_connect_state(this.ssl);
  }

  greet(timeoutMs: number): void {
    const { calls } = this.room.openSsl;
    for (;;) {
      const result = calls.SSL_do_handshake(this.ssl);
      const isRefused = result <= 0 && !this.wantsMore(result);
      this.flush(timeoutMs);
      if (isRefused) throw systemFailure("EPROTO");
      if (result > 0) break;
      if (!this.takeMore(timeoutMs)) throw systemFailure("ECONNRESET");
    }
    this.isSound = true;
  }

  send(bytes: Uint8Array, offset: number, size: number, timeoutMs: number): void {
    const { calls, place } = this.room.openSsl;
    const end = offset + size;
    for (let at = offset; at < end; ) {
      const part = Math.min(end - at, PART_SIZE);
      if (calls.SSL_write(this.ssl, place(bytes, at), part) <= 0) this.fail();
      at += part;
      this.flush(timeoutMs);
    }
  }

  receive(into: Uint8Array, offset: number, size: number, timeoutMs: number): number {
    const { calls, place } = this.room.openSsl;
    for (;;) {
      const count = calls.SSL_read(this.ssl, place(into, offset), size);
      const error = count > 0 ? 0 : calls.SSL_get_error(this.ssl, count);
      this.flush(timeoutMs);
      if (count > 0) return count;
      if (error === SslError.peerEnded) return 0;
      if (error !== SslError.wantRead) this.fail();
      if (!this.takeMore(timeoutMs)) return 0;
    }
  }

  close(): void {
    const { calls } = this.room.openSsl;
    try {
      if (this.isSound && calls.SSL_shutdown(this.ssl) >= 0) this.flush(0);
    } catch {
      // It is gone, or does not take a goodbye.
    }
    calls.ERR_clear_error();
    calls.SSL_free(this.ssl);
    this.inner.close();
  }

  private fail(): never {
    this.isSound = false;
    this.room.openSsl.calls.ERR_clear_error();
    throw systemFailure("EPROTO");
  }

  /** Whether a call failed only because the other side has to say something first. */
  private wantsMore(result: number): boolean {
    const { calls } = this.room.openSsl;
    if (calls.SSL_get_error(this.ssl, result) === SslError.wantRead) return true;
    calls.ERR_clear_error();
    return false;
  }

  /** Waits for more; false when the other side has ended. */
  private takeMore(timeoutMs: number): boolean {
    const { received, openSsl } = this.room;
    const size = this.inner.receive(received, 0, received.length, timeoutMs);
    if (size > 0) openSsl.calls.BIO_write(this.input, openSsl.place(received, 0), size);
    return size > 0;
  }

  private flush(timeoutMs: number): void {
    const { records, openSsl } = this.room;
    for (;;) {
      const size = openSsl.calls.BIO_read(this.output, openSsl.place(records, 0), records.length);
      if (size <= 0) return;
      this.inner.send(records, 0, size, timeoutMs);
    }
  }
}
