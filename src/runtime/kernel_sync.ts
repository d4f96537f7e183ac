/**
 * fdatasync by the kernel's own threads (Linux AIO, io_submit(2) with IOCB_CMD_FDSYNC, from 4.18
 * on), told of through the event loop: no thread of the process has to be woken, twice, for each,
 * which costs more than a small write does.
 */
import { EPOLLIN, type Watcher, type WatchingLoop } from "./epoll_watch.ts";
import type { Libc } from "./libc.ts";
import type { SyncFile } from "./net.ts";
import { systemFailure } from "./system_error.ts";

/** The numbers of the system's calls, which the C library has no names for. */
const CALLS: Readonly<Record<string, { setup: number; submit: number; events: number }>> = {
  x64: { setup: 206, submit: 209, events: 208 },
  arm64: { setup: 0, submit: 2, events: 4 },
};

const EFD_NONBLOCK = 0x800;
const EFD_CLOEXEC = 0x80000;

// struct iocb:
//  0      8     12         16       18         20   24    32     40       48         56      60
//  | data | key | rw_flags | opcode | priority | fd | buf | size | offset | reserved | flags | fd |
const IOCB_SIZE = 64;
const IOCB_DATA = 0;
const IOCB_OPCODE = 16;
const IOCB_FD = 20;
const IOCB_FLAGS = 56;
const IOCB_RESULT_FD = 60;
const IOCB_CMD_FDSYNC = 3;
const IOCB_FLAG_RESFD = 1;

// struct io_event: | data | iocb | result | result 2 |
const EVENT_SIZE = 32;
const EVENT_RESULT = 16;
/** Syncs that may go on at once: more files than are ever written at a time. */
const DEPTH = 16;

type Done = (problem: Error | null) => void;

/** Such a sync, or null where the system or its settings have none. */
export function kernelSync(loop: WatchingLoop, arch: string): SyncFile | null {
  const calls = CALLS[arch];
  if (calls === undefined) return null;
  const { libc } = loop;
  const context = new BigUint64Array(1);
  if (libc.calls.syscall(calls.setup, DEPTH, libc.addressOf(context), 0, 0) !== 0) return null;
  const eventFd = libc.calls.eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
  if (eventFd < 0) return null;
  const syncs = new KernelSyncs(libc, calls, Number(context[0]), eventFd, loop.nextSerial());
  loop.watch(eventFd, EPOLLIN, syncs);
  return (fd, done) => syncs.sync(fd, done);
}

class KernelSyncs implements Watcher {
  readonly serial: number;
  private readonly libc: Libc;
  private readonly calls: { submit: number; events: number };
  private readonly context: number;
  private readonly eventFd: number;
  private readonly request = new Uint8Array(IOCB_SIZE);
  private readonly requestView = new DataView(this.request.buffer);
  private readonly requests = new BigUint64Array(1);
  private readonly events = new Uint8Array(EVENT_SIZE * DEPTH);
  private readonly eventsView = new DataView(this.events.buffer);
  private readonly counter = new Uint8Array(8);
  /** By the number that a request has in its data. */
  private readonly waiting = new Map<number, Done>();
  private count = 0;

  constructor(
    libc: Libc,
    calls: { submit: number; events: number },
    context: number,
    eventFd: number,
    serial: number,
  ) {
    this.libc = libc;
    this.calls = calls;
    this.context = context;
    this.eventFd = eventFd;
    this.serial = serial;
  }

  /** The kernel takes a copy of the request: it may be filled anew at once. */
  sync(fd: number, done: Done): void {
    const { libc, requestView, requests } = this;
    const id = ++this.count;
    requestView.setBigUint64(IOCB_DATA, BigInt(id), true);
    requestView.setUint16(IOCB_OPCODE, IOCB_CMD_FDSYNC, true);
    requestView.setInt32(IOCB_FD, fd, true);
    requestView.setUint32(IOCB_FLAGS, IOCB_FLAG_RESFD, true);
    requestView.setInt32(IOCB_RESULT_FD, this.eventFd, true);
    requests[0] = BigInt(libc.addressOf(this.request));
    const { submit } = this.calls;
    const taken = libc.calls.syscall(submit, this.context, 1, libc.addressOf(requests), 0);
    if (taken === 1) this.waiting.set(id, done);
    // In a turn of its own, as any other outcome.
    else setImmediate(() => done(systemFailure(libc.errorCode())));
  }

  onEvents(): void {
    const { libc, eventsView } = this;
    libc.calls.read(this.eventFd, libc.addressOf(this.counter), this.counter.length);
    const { events } = this.calls;
    const address = libc.addressOf(this.events);
    const count = libc.calls.syscall(events, this.context, 0, DEPTH, address);
    for (let i = 0; i < count; i++) {
      const id = Number(eventsView.getBigUint64(i * EVENT_SIZE, true));
      const result = Number(eventsView.getBigInt64(i * EVENT_SIZE + EVENT_RESULT, true));
      const done = this.waiting.get(id);
      this.waiting.delete(id);
      done?.(result < 0 ? systemFailure(libc.errorName(-result)) : null);
    }
  }
}
