/** Listening sockets on the epoll loop. */
import { EpollSocket } from "./epoll_socket.ts";
import { EPOLLIN, type Watcher, type WatchingLoop } from "./epoll_watch.ts";
import type { ListenAt, Listener, Socket, SocketEvents } from "./net.ts";
import { fileAddress, withInternetAddress } from "./socket_address.ts";
import {
  AF_INET6,
  AF_UNIX,
  IPPROTO_TCP,
  SOCK_FLAGS,
  SOCK_STREAM,
  SOL_SOCKET,
  setOption,
  TCP_NODELAY,
} from "./socket_calls.ts";
import { systemFailure } from "./system_error.ts";

const SO_REUSEADDR = 2;
const IPPROTO_IPV6 = 41;
const IPV6_V6ONLY = 26;

/** Connections taken at once, so that a flood of them does not keep the others waiting. */
const ACCEPTS_MAX = 1000;
/** After an error of `accept` (no more files may be open), the next is tried so much later. */
const ACCEPT_RETRY_MS = 100;

export class EpollListener implements Listener, Watcher {
  readonly ready = Promise.resolve();
  readonly serial: number;
  private readonly loop: WatchingLoop;
  private readonly fd: number;
  private readonly isTcp: boolean;
  private readonly accept: (socket: Socket) => SocketEvents;
  private callOffRetry = () => {};

  /** Throws when nothing can listen there, with the system's `code`. */
  constructor(
    loop: WatchingLoop,
    at: ListenAt,
    backlog: number,
    accept: (socket: Socket) => SocketEvents,
  ) {
    this.loop = loop;
    this.accept = accept;
    this.serial = loop.nextSerial();
    this.isTcp = "port" in at;
    this.fd = "port" in at ? bindPort(loop, at) : bindFile(loop, at.path);
    if (loop.libc.calls.listen(this.fd, backlog) < 0) {
      const code = loop.libc.errorCode();
      loop.libc.calls.close(this.fd);
      throw systemFailure(code);
    }
    loop.watch(this.fd, EPOLLIN, this);
  }

  onEvents(): void {
    const { calls, errorCode } = this.loop.libc;
    for (let i = 0; i < ACCEPTS_MAX; i++) {
      const fd = calls.accept4(this.fd, 0, 0, SOCK_FLAGS);
      if (fd >= 0) {
        if (this.isTcp) setOption(this.loop.libc, fd, IPPROTO_TCP, TCP_NODELAY, 1);
        new EpollSocket(this.loop, fd).open(this.accept);
        continue;
      }
      const code = errorCode();
      if (code === "EINTR" || code === "ECONNABORTED") continue;
      if (code !== "EAGAIN") this.retryLater();
      return;
    }
  }

  close(): void {
    this.callOffRetry();
    this.loop.close(this.fd);
  }

  private retryLater(): void {
    this.loop.rewatch(this.fd, 0, this.serial);
    this.callOffRetry = this.loop.later(ACCEPT_RETRY_MS, () => {
      this.loop.rewatch(this.fd, EPOLLIN, this.serial);
    });
  }
}

/** A socket of the family, bound to an address; throws with the system's `code`. */
function bound(loop: WatchingLoop, family: number, address: number, size: number): number {
  const { calls, errorCode } = loop.libc;
  const fd = calls.socket(family, SOCK_STREAM | SOCK_FLAGS, 0);
  if (fd < 0) throw systemFailure(errorCode());
  // One listener for each family, so that `*` and `::*` may both be bound.
  if (family === AF_INET6) setOption(loop.libc, fd, IPPROTO_IPV6, IPV6_V6ONLY, 1);
  if (family !== AF_UNIX) setOption(loop.libc, fd, SOL_SOCKET, SO_REUSEADDR, 1);
  if (calls.bind(fd, address, size) === 0) return fd;
  const code = errorCode();
  calls.close(fd);
  throw systemFailure(code);
}

function bindPort(loop: WatchingLoop, { host, port }: { host: string; port: number }): number {
  return withInternetAddress(loop.libc, host, port, (family, address, size) =>
    bound(loop, family, address, size),
  );
}

function bindFile(loop: WatchingLoop, path: string): number {
  const bytes = fileAddress(path);
  return bound(loop, AF_UNIX, loop.libc.addressOf(bytes), bytes.length);
}
