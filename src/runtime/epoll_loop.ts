/**
 * An event loop over Linux's epoll (epoll(7)), which the runtime's own loop calls turn by turn: one
 * `recv` for each socket that has something to read, one `send` for each answer, and nothing else
 * between the system and the server.
 *
 * It waits in place of the runtime's loop. What that has to do meanwhile (a signal, a message of a
 * worker) wakes it, since it watches the runtime's own epoll descriptors as well; the runtime's
 * timers do not, so all timers of the server are kept here.
 */
import { readdirSync, readlinkSync } from "node:fs";
import process from "node:process";
import { connectBlocking } from "./blocking_socket.ts";
import { dialFrom } from "./epoll_dial.ts";
import { EpollListener } from "./epoll_listener.ts";
import { connectedPair } from "./epoll_socket.ts";
import { EPOLLIN, type Watcher, type WatchingLoop } from "./epoll_watch.ts";
import { kernelSync } from "./kernel_sync.ts";
import type { Libc } from "./libc.ts";
import type {
  BlockingSocket,
  Connect,
  CrowdEvents,
  DialEvents,
  DialTo,
  EventLoop,
  ListenAt,
  Listener,
  Socket,
  SocketEvents,
  SyncFile,
} from "./net.ts";
import { systemFailure } from "./system_error.ts";

const EPOLL_CLOEXEC = 0x80000;
const EPOLL_CTL_ADD = 1;
const EPOLL_CTL_MOD = 3;
const EPOLLET = 1 << 31;
/** struct epoll_event is packed on x86-64 only. In words of 32 bits. */
const EVENT_WORDS = process.arch === "x64" ? 3 : 4;
const EVENT_DATA = EVENT_WORDS - 2;
/** Events taken at once; more are taken in the next turn. */
const EVENTS_MAX = 1024;
/** Turns before the runtime's own loop has one, while there is always something to read. */
const TURNS_MAX = 16;
/**
 * After a turn the loop looks this many times for what arrives next before it sleeps: to be woken
 * costs both sides more than these looks do.
 */
const LOOKS_MAX = 4;
/** The longest wait: a timer of the runtime's own would be late by no more. */
const WAIT_MS_MAX = 1000;

interface Timer {
  readonly atMs: number;
  run: () => void;
}

export class EpollLoop implements EventLoop, WatchingLoop {
  readonly libc: Libc;
  readonly syncFile: SyncFile | null;
  crowd: CrowdEvents | null = null;
  private readonly epoll: number;
  private readonly events = new Int32Array(EVENTS_MAX * EVENT_WORDS);
  private readonly event = new Int32Array(EVENT_WORDS);
  private readonly watchers: (Watcher | null)[] = [];
  private serial = 0;
  private timers: Timer[] = [];
  private endings: (() => void)[] = [];
  private spareEndings: (() => void)[] = [];
  private running = false;
  /** The runtime's own loop has something to do. */
  private isCalledAway = false;

  constructor(libc: Libc) {
    this.libc = libc;
    const runtimes = epollDescriptors();
    this.epoll = libc.calls.epoll_create1(EPOLL_CLOEXEC);
    if (this.epoll < 0) throw systemFailure(libc.errorCode());
    for (const fd of runtimes) {
      const callAway = () => {
        this.isCalledAway = true;
      };
      this.watch(fd, EPOLLIN | EPOLLET, { serial: this.nextSerial(), onEvents: callAway });
    }
    this.syncFile = kernelSync(this, process.arch);
  }

  nextSerial(): number {
    this.serial = (this.serial + 1) | 0;
    return this.serial;
  }

  listen(at: ListenAt, backlog: number, accept: (socket: Socket) => SocketEvents): Listener {
    const listener = new EpollListener(this, at, backlog, accept);
    this.begin();
    return listener;
  }

  dial(to: DialTo, events: DialEvents): Socket {
    this.begin();
    return dialFrom(this, to, events);
  }

  pair(): [Connect, Connect] {
    this.begin();
    return connectedPair(this);
  }

  readonly connect = (host: string, port: number, timeoutMs: number): BlockingSocket =>
    connectBlocking(this.libc, host, port, timeoutMs);

  endOfTurn(run: () => void): void {
    this.endings.push(run);
  }

  later(ms: number, run: () => void): () => void {
    const timer: Timer = { atMs: performance.now() + ms, run };
    const { timers } = this;
    let at = timers.length;
    while (at > 0 && timers[at - 1].atMs > timer.atMs) at--;
    timers.splice(at, 0, timer);
    return () => {
      // It may be among those that are due, and taken out already.
      timer.run = () => {};
      this.timers = this.timers.filter((other) => other !== timer);
    };
  }

  watch(fd: number, interest: number, watcher: Watcher): void {
    this.watchers[fd] = watcher;
    this.control(EPOLL_CTL_ADD, fd, interest, watcher.serial);
  }

  rewatch(fd: number, interest: number, serial: number): void {
    this.control(EPOLL_CTL_MOD, fd, interest, serial);
  }

  close(fd: number): void {
    this.watchers[fd] = null;
    this.libc.calls.close(fd);
  }

  private begin(): void {
    if (!this.running) setImmediate(this.turns);
    this.running = true;
  }

  private control(operation: number, fd: number, interest: number, serial: number): void {
    const { event, libc } = this;
    event[0] = interest;
    event[EVENT_DATA] = fd;
    event[EVENT_DATA + 1] = serial;
    const done = libc.calls.epoll_ctl(this.epoll, operation, fd, libc.addressOf(event));
    if (done < 0) throw systemFailure(libc.errorCode());
  }

  /** Some turns, of which only the first may wait: a promise goes on only between two calls. */
  private readonly turns = (): void => {
    let waitMs = this.waitMs();
    this.isCalledAway = false;
    let looks = 0;
    for (let i = 0; i < TURNS_MAX && looks < LOOKS_MAX && !this.isCalledAway; ) {
      if (this.turn(waitMs) > 0) {
        looks = 0;
        i++;
      } else {
        // Nothing came while it waited: there is no rush.
        looks = waitMs === 0 ? looks + 1 : LOOKS_MAX;
      }
      waitMs = 0;
    }
    setImmediate(this.turns);
  };

  /** Waits for events, and has them dealt with; returns how many there were. */
  private turn(waitMs: number): number {
    const { events, libc, watchers } = this;
    const count = libc.calls.epoll_wait(this.epoll, libc.addressOf(events), EVENTS_MAX, waitMs);
    const crowd = count > 1 ? this.crowd : null;
    crowd?.crowdBegins();
    for (let i = 0, at = 0; i < count; i++, at += EVENT_WORDS) {
      const watcher = watchers[events[at + EVENT_DATA]];
      if (watcher != null && watcher.serial === events[at + EVENT_DATA + 1]) {
        watcher.onEvents(events[at]);
      }
    }
    crowd?.crowdEnds();
    this.runTimers();
    this.runEndings();
    return count;
  }

  private waitMs(): number {
    if (this.endings.length > 0) return 0;
    if (this.timers.length === 0) return WAIT_MS_MAX;
    const ms = Math.ceil(this.timers[0].atMs - performance.now());
    // Times are no integers to the runtime: what waits has been compiled for 0.
    return Math.max(0, Math.min(ms, WAIT_MS_MAX)) | 0;
  }

  private runTimers(): void {
    const { timers } = this;
    if (timers.length === 0 || timers[0].atMs > performance.now()) return;
    const nowMs = performance.now();
    let due = 1;
    while (due < timers.length && timers[due].atMs <= nowMs) due++;
    for (const timer of timers.splice(0, due)) timer.run();
  }

  private runEndings(): void {
    const { endings } = this;
    if (endings.length === 0) return;
    // What they add is for the end of the next turn.
    this.endings = this.spareEndings;
    for (let i = 0; i < endings.length; i++) endings[i]();
    endings.length = 0;
    this.spareEndings = endings;
  }
}

/** The process's epoll descriptors so far. */
function epollDescriptors(): number[] {
  const found: number[] = [];
  for (const name of readdirSync("/proc/self/fd")) {
    try {
      if (readlinkSync(`/proc/self/fd/${name}`).includes("eventpoll")) found.push(Number(name));
    } catch {
      // The descriptor by which the folder was read.
    }
  }
  return found;
}
