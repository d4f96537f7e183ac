/** Listening sockets and connections on the epoll loop. */
import {
  EPOLLERR,
  EPOLLHUP,
  EPOLLIN,
  EPOLLOUT,
  type EpollLoop,
  type Watcher,
} from "./epoll_loop.ts";
import type { Connect, ListenAt, Listener, Socket, SocketEvents } from "./net.ts";
import {
  ADDRESS_SIZE,
  type Endpoint,
  endpointOf,
  fileAddress,
  withInternetAddress,
} from "./socket_address.ts";
import { systemFailure } from "./system_error.ts";

const SOCK_STREAM = 1;
/** Non-blocking, and closed in a child process. */
const SOCK_FLAGS = 0x800 | 0x80000;
const MSG_NOSIGNAL = 0x4000;
const AF_UNIX = 1;
const AF_INET6 = 10;
const SOL_SOCKET = 1;
const SO_REUSEADDR = 2;
const SO_KEEPALIVE = 9;
const IPPROTO_TCP = 6;
const TCP_NODELAY = 1;
const TCP_KEEPIDLE = 4;
const TCP_KEEPINTVL = 5;
const TCP_KEEPCNT = 6;
const IPPROTO_IPV6 = 41;
const IPV6_V6ONLY = 26;

/** Connections taken at once, so that a flood of them does not keep the others waiting. */
const ACCEPTS_MAX = 1000;
/** After an error of `accept` (no more files may be open), the next is tried so much later. */
const ACCEPT_RETRY_MS = 100;
/** As in Redis: three probes, at intervals of a third of the time after which the first is sent. */
const KEEPALIVE_PROBES = 3;

/** Where a call writes an address, and its size. */
const addressBytes = new Uint8Array(ADDRESS_SIZE);
const addressSize = new Int32Array(1);
const option = new Int32Array(1);

function setOption(loop: EpollLoop, fd: number, level: number, name: number, value: number): void {
  const { calls, addressOf } = loop.libc;
  option[0] = value;
  calls.setsockopt(fd, level, name, addressOf(option), option.byteLength);
}

export class EpollListener implements Listener, Watcher {
  readonly ready = Promise.resolve();
  readonly serial: number;
  private readonly loop: EpollLoop;
  private readonly fd: number;
  private readonly isTcp: boolean;
  private readonly accept: (socket: Socket) => SocketEvents;
  private callOffRetry = () => {};

  /** Throws when nothing can listen there, with the system's `code`. */
  constructor(
    loop: EpollLoop,
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
        if (this.isTcp) setOption(this.loop, fd, IPPROTO_TCP, TCP_NODELAY, 1);
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
function bound(loop: EpollLoop, family: number, address: number, size: number): number {
  const { calls, errorCode } = loop.libc;
  const fd = calls.socket(family, SOCK_STREAM | SOCK_FLAGS, 0);
  if (fd < 0) throw systemFailure(errorCode());
  // One listener for each family, so that `*` and `::*` may both be bound.
  if (family === AF_INET6) setOption(loop, fd, IPPROTO_IPV6, IPV6_V6ONLY, 1);
  if (family !== AF_UNIX) setOption(loop, fd, SOL_SOCKET, SO_REUSEADDR, 1);
  if (calls.bind(fd, address, size) === 0) return fd;
  const code = errorCode();
  calls.close(fd);
  throw systemFailure(code);
}

function bindPort(loop: EpollLoop, { host, port }: { host: string; port: number }): number {
  return withInternetAddress(loop.libc, host, port, (family, address, size) =>
    bound(loop, family, address, size),
  );
}

function bindFile(loop: EpollLoop, path: string): number {
  const bytes = fileAddress(path);
  return bound(loop, AF_UNIX, loop.libc.addressOf(bytes), bytes.length);
}

/** Two sockets that are connected to each other; throws with the system's `code`. */
export function connectedPair(loop: EpollLoop): [Connect, Connect] {
  const { calls, addressOf, errorCode } = loop.libc;
  const fds = new Int32Array(2);
  const made = calls.socketpair(AF_UNIX, SOCK_STREAM | SOCK_FLAGS, 0, addressOf(fds));
  if (made < 0) throw systemFailure(errorCode());
  const [one, other] = [new EpollSocket(loop, fds[0]), new EpollSocket(loop, fds[1])];
  return [(accept) => one.open(accept), (accept) => other.open(accept)];
}

class EpollSocket implements Socket, Watcher {
  readonly descriptor: number;
  readonly serial: number;
  private readonly loop: EpollLoop;
  private events: SocketEvents | null = null;
  private interest = EPOLLIN;
  private isOpen = true;
  private remote: Endpoint | null = null;
  private local: Endpoint | null = null;

  constructor(loop: EpollLoop, fd: number) {
    this.loop = loop;
    this.descriptor = fd;
    this.serial = loop.nextSerial();
  }

  get remoteAddress(): string {
    this.remote ??= this.endpoint("getpeername");
    return this.remote.address;
  }
  get remotePort(): number {
    this.remote ??= this.endpoint("getpeername");
    return this.remote.port;
  }
  get localAddress(): string {
    this.local ??= this.endpoint("getsockname");
    return this.local.address;
  }
  get localPort(): number {
    this.local ??= this.endpoint("getsockname");
    return this.local.port;
  }

  /** Finds out who is told of its events, and begins to watch for them. */
  open(accept: (socket: Socket) => SocketEvents): void {
    this.events = accept(this);
    if (this.isOpen) this.loop.watch(this.descriptor, this.interest, this);
  }

  onEvents(events: number): void {
    const lost = (events & (EPOLLERR | EPOLLHUP)) !== 0;
    if ((this.interest & EPOLLIN) !== 0) this.events?.readable();
    else if (lost) this.destroy();
    if (!this.isOpen || (events & this.interest & EPOLLOUT) === 0) return;
    this.setInterest(this.interest & ~EPOLLOUT);
    this.events?.drain();
  }

  read(into: Uint8Array, offset: number, size: number): number {
    if (!this.isOpen) return 0;
    const { calls, addressOf, errorCode } = this.loop.libc;
    const got = calls.recv(this.descriptor, addressOf(into) + offset, size, 0);
    if (got > 0) return got;
    if (got < 0) {
      const code = errorCode();
      if (code === "EAGAIN" || code === "EINTR") return 0;
    }
    this.destroy();
    return 0;
  }

  write(bytes: Uint8Array, offset: number, size: number): number {
    if (!this.isOpen) return 0;
    const { calls, addressOf } = this.loop.libc;
    const sent = calls.send(this.descriptor, addressOf(bytes) + offset, size, MSG_NOSIGNAL);
    if (sent === size) return sent;
    // An error is told of by the next reading.
    if ((this.interest & EPOLLOUT) === 0) this.setInterest(this.interest | EPOLLOUT);
    return Math.max(0, sent);
  }

  pause(): void {
    this.setInterest(this.interest & ~EPOLLIN);
  }
  resume(): void {
    this.setInterest(this.interest | EPOLLIN);
  }
  end(): void {
    // What the system has taken it still sends.
    this.destroy();
  }
  destroy(): void {
    if (!this.isOpen) return;
    this.isOpen = false;
    this.loop.close(this.descriptor);
    this.events?.closed();
  }

  keepAlive(seconds: number): void {
    const { loop, descriptor } = this;
    setOption(loop, descriptor, SOL_SOCKET, SO_KEEPALIVE, seconds > 0 ? 1 : 0);
    if (seconds <= 0) return;
    const interval = Math.max(1, Math.floor(seconds / KEEPALIVE_PROBES));
    setOption(loop, descriptor, IPPROTO_TCP, TCP_KEEPIDLE, seconds);
    setOption(loop, descriptor, IPPROTO_TCP, TCP_KEEPINTVL, interval);
    setOption(loop, descriptor, IPPROTO_TCP, TCP_KEEPCNT, KEEPALIVE_PROBES);
  }

  private setInterest(interest: number): void {
    this.interest = interest;
    if (this.isOpen && this.events !== null) {
      this.loop.rewatch(this.descriptor, interest, this.serial);
    }
  }

  private endpoint(call: "getpeername" | "getsockname"): Endpoint {
    const { calls, addressOf } = this.loop.libc;
    addressSize[0] = ADDRESS_SIZE;
    addressBytes.fill(0);
    calls[call](this.descriptor, addressOf(addressBytes), addressOf(addressSize));
    return endpointOf(this.loop.libc, addressBytes);
  }
}
