/** Connections whose calls wait for the other side: poll(2) until a call can go on. */
import type { Libc } from "./libc.ts";
import type { BlockingSocket } from "./net.ts";
import { withInternetAddress } from "./socket_address.ts";
import {
  beginConnecting,
  IPPROTO_TCP,
  MSG_NOSIGNAL,
  setOption,
  TCP_NODELAY,
} from "./socket_calls.ts";
import { systemFailure } from "./system_error.ts";

const POLLIN = 1;
const POLLOUT = 4;
/** The longest wait that `poll` knows (24 days). */
const WAIT_MS_MAX = 2 ** 31 - 1;

/** struct pollfd: the descriptor, and what is watched for. */
const watched = new Int32Array(2);

/**
 * A connection to the first of a host's addresses that the system will try. As in Redis, one that
 * is refused may be told of by the first call only. Throws with the system's `code`.
 */
export function connectBlocking(
  libc: Libc,
  host: string,
  port: number,
  timeoutMs: number,
): BlockingSocket {
  const fd = withInternetAddress(libc, host, port, (family, address, size) =>
    orNull(() => beginConnecting(libc, family, address, size)),
  );
  const socket = new LibcSocket(libc, fd);
  try {
    socket.wait(POLLOUT, timeoutMs);
  } catch (error) {
    socket.close();
    throw error;
  }
  setOption(libc, fd, IPPROTO_TCP, TCP_NODELAY, 1);
  return socket;
}

/** What `begin` returns, or null when the system will not try. */
function orNull(begin: () => number): number | null {
  try {
    return begin();
  } catch {
    return null;
  }
}

class LibcSocket implements BlockingSocket {
  private readonly libc: Libc;
  private readonly fd: number;

  constructor(libc: Libc, fd: number) {
    this.libc = libc;
    this.fd = fd;
  }

  send(bytes: Uint8Array, offset: number, size: number, timeoutMs: number): void {
    const { calls, addressOf } = this.libc;
    const end = offset + size;
    for (let at = offset; at < end; ) {
      const sent = calls.send(this.fd, addressOf(bytes) + at, end - at, MSG_NOSIGNAL);
      if (sent >= 0) at += sent;
      else this.waitOrThrow(POLLOUT, timeoutMs);
    }
  }

  receive(into: Uint8Array, offset: number, size: number, timeoutMs: number): number {
    const { calls, addressOf } = this.libc;
    for (;;) {
      const got = calls.recv(this.fd, addressOf(into) + offset, size, 0);
      if (got >= 0) return got;
      this.waitOrThrow(POLLIN, timeoutMs);
    }
  }

  close(): void {
    this.libc.calls.close(this.fd);
  }

  /** Waits until a call that has just failed may be tried again; throws if it is not to be. */
  private waitOrThrow(events: number, timeoutMs: number): void {
    const code = this.libc.errorCode();
    if (code === "EAGAIN") this.wait(events, timeoutMs);
    else if (code !== "EINTR") throw systemFailure(code);
  }

  /** Waits for events, or for an error, of which the next call tells. */
  wait(events: number, timeoutMs: number): void {
    const { calls, addressOf, errorCode } = this.libc;
    const endMs = performance.now() + timeoutMs;
    for (;;) {
      const leftMs = Math.min(Math.max(0, Math.ceil(endMs - performance.now())), WAIT_MS_MAX);
      watched[0] = this.fd;
      watched[1] = events;
      const count = calls.poll(addressOf(watched), 1, leftMs);
      if (count > 0) return;
      if (count === 0) throw systemFailure("ETIMEDOUT");
      const code = errorCode();
      // A signal: the runtime's own threads use some.
      if (code !== "EINTR") throw systemFailure(code);
    }
  }
}
