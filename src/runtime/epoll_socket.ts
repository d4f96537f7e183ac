/** Connections on the epoll loop. */
import {
  EPOLLERR,
  EPOLLHUP,
  EPOLLIN,
  EPOLLOUT,
  type Watcher,
  type WatchingLoop,
} from "./epoll_watch.ts";
import type { Connect, DialEvents, Socket, SocketEvents } from "./net.ts";
import type { ByteParts } from "./parts.ts";
import { sendMessage } from "./send_message.ts";
import { ADDRESS_SIZE, endpointOf } from "./socket_address.ts";
import {
  AF_UNIX,
  connectProblem,
  IPPROTO_TCP,
  MSG_NOSIGNAL,
  SOCK_FLAGS,
  SOCK_STREAM,
  SOL_SOCKET,
  setOption,
} from "./socket_calls.ts";
import { systemFailure } from "./system_error.ts";

const SO_KEEPALIVE = 9;
const TCP_KEEPIDLE = 4;
const TCP_KEEPINTVL = 5;
const TCP_KEEPCNT = 6;

/** As in Redis: three probes, at intervals of a third of the time after which the first is sent. */
const KEEPALIVE_PROBES = 3;

/** Where a call writes an address, and its size. */
const addressBytes = new Uint8Array(ADDRESS_SIZE);
const addressSize = new Int32Array(1);
/** Nearly all connections have the same local end: one text of it is enough. */
let lastLocal = "";

/** Two sockets that are connected to each other; throws with the system's `code`. */
export function connectedPair(loop: WatchingLoop): [Connect, Connect] {
  const { calls, addressOf, errorCode } = loop.libc;
  const fds = new Int32Array(2);
  const made = calls.socketpair(AF_UNIX, SOCK_STREAM | SOCK_FLAGS, 0, addressOf(fds));
  if (made < 0) throw systemFailure(errorCode());
  const [one, other] = [new EpollSocket(loop, fds[0]), new EpollSocket(loop, fds[1])];
  return [(accept) => one.open(accept), (accept) => other.open(accept)];
}

export class EpollSocket implements Socket, Watcher {
  descriptor: number;
  readonly serial: number;
  private readonly loop: WatchingLoop;
  private events: SocketEvents | null = null;
  /** Who is to be told that the connection is there; null once it is, or if it always was. */
  private dialing: DialEvents | null = null;
  private interest = EPOLLIN;
  isOpen = true;

  constructor(loop: WatchingLoop, fd: number) {
    this.loop = loop;
    this.descriptor = fd;
    this.serial = loop.nextSerial();
  }

  get remote(): string {
    return this.endpoint("getpeername");
  }
  get local(): string {
    const local = this.endpoint("getsockname");
    if (local !== lastLocal) lastLocal = local;
    return lastLocal;
  }

  /** Finds out who is told of its events, and begins to watch for them. */
  open(accept: (socket: Socket) => SocketEvents): void {
    this.events = accept(this);
    if (this.isOpen) this.loop.watch(this.descriptor, this.interest, this);
  }

  /** Is to be connected: `connecting` is called with what is being connected, or `fail`. */
  beginDialing(events: DialEvents): void {
    this.events = events;
    this.dialing = events;
    // Nothing is read before.
    this.interest = EPOLLOUT;
  }

  /** A descriptor is being connected, and is this one's from now on. */
  connecting(fd: number): void {
    this.descriptor = fd;
    this.loop.watch(fd, this.interest, this);
  }

  /** There will be no connection. */
  fail(code: string): void {
    if (!this.isOpen) return;
    this.isOpen = false;
    if (this.descriptor >= 0) this.loop.close(this.descriptor);
    this.dialing?.failed(code);
  }

  private connected(dialing: DialEvents): void {
    const problem = connectProblem(this.loop.libc, this.descriptor);
    if (problem !== "") {
      this.fail(problem);
      return;
    }
    this.dialing = null;
    this.setInterest(EPOLLIN);
    dialing.connected();
  }

  onEvents(events: number): void {
    const lost = (events & (EPOLLERR | EPOLLHUP)) !== 0;
    if ((this.interest & EPOLLIN) !== 0) this.events?.readable();
    else if (this.dialing !== null) {
      this.connected(this.dialing);
      return;
    } else if (lost) this.destroy();
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
    return this.taken(sent, size);
  }

  writeParts(parts: ByteParts): number {
    if (!this.isOpen) return 0;
    return this.taken(sendMessage(this.loop.libc, this.descriptor, parts), parts.size);
  }

  /** How many of the bytes were taken, by what the system has returned. */
  private taken(sent: number, size: number): number {
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
    if (this.descriptor >= 0) this.loop.close(this.descriptor);
    this.events?.closed();
  }

  keepAlive(seconds: number): void {
    const { loop, descriptor } = this;
    setOption(loop.libc, descriptor, SOL_SOCKET, SO_KEEPALIVE, seconds > 0 ? 1 : 0);
    if (seconds <= 0) return;
    const interval = Math.max(1, Math.floor(seconds / KEEPALIVE_PROBES));
    setOption(loop.libc, descriptor, IPPROTO_TCP, TCP_KEEPIDLE, seconds);
    setOption(loop.libc, descriptor, IPPROTO_TCP, TCP_KEEPINTVL, interval);
    setOption(loop.libc, descriptor, IPPROTO_TCP, TCP_KEEPCNT, KEEPALIVE_PROBES);
  }

  private setInterest(interest: number): void {
    this.interest = interest;
    if (this.isOpen && this.events !== null) {
      this.loop.rewatch(this.descriptor, interest, this.serial);
    }
  }

  private endpoint(call: "getpeername" | "getsockname"): string {
    const { calls, addressOf } = this.loop.libc;
    addressSize[0] = ADDRESS_SIZE;
    addressBytes.fill(0);
    calls[call](this.descriptor, addressOf(addressBytes), addressOf(addressSize));
    return endpointOf(this.loop.libc, addressBytes);
  }
}
