/**
 * The system's own calls, for the release's event loop: those of the C library that Linux's
 * distributions share, through Bun's foreign functions. An address is a number; who passes one
 * keeps what lies there until the call returns.
 */
import type { Pointer } from "bun:ffi";
import { constants } from "node:os";
import process from "node:process";

/** Calls return -1 for an error, as in C. */
export interface Calls {
  socket(family: number, type: number, protocol: number): number;
  socketpair(family: number, type: number, protocol: number, fds: number): number;
  bind(fd: number, address: number, size: number): number;
  listen(fd: number, backlog: number): number;
  connect(fd: number, address: number, size: number): number;
  accept4(fd: number, address: number, size: number, flags: number): number;
  recv(fd: number, bytes: number, size: number, flags: number): number;
  send(fd: number, bytes: number, size: number, flags: number): number;
  sendmsg(fd: number, message: number, flags: number): number;
  close(fd: number): number;
  poll(watched: number, count: number, timeoutMs: number): number;
  setsockopt(fd: number, level: number, name: number, value: number, size: number): number;
  getsockopt(fd: number, level: number, name: number, value: number, size: number): number;
  getsockname(fd: number, address: number, size: number): number;
  getpeername(fd: number, address: number, size: number): number;
  inet_ntop(family: number, address: number, text: number, size: number): number;
  getaddrinfo(host: number, service: number, hints: number, found: number): number;
  freeaddrinfo(found: number): void;
  read(fd: number, bytes: number, size: number): number;
  eventfd(count: number, flags: number): number;
  /** A call that the library has no name for, by its number; it takes four arguments at most. */
  syscall(number: number, a: number, b: number, c: number, d: number): number;
  epoll_create1(flags: number): number;
  epoll_ctl(epoll: number, operation: number, fd: number, event: number): number;
  epoll_wait(epoll: number, events: number, count: number, timeoutMs: number): number;
}

export interface Libc {
  readonly calls: Calls;
  /** The address of an array's first byte. */
  addressOf(array: NodeJS.TypedArray): number;
  /** Reads memory that the library has written, at an address. */
  readInt32(address: number, offset: number): number;
  readAddress(address: number, offset: number): number;
  /** The error of the last call that returned -1, by its name (ENOENT ...). */
  errorCode(): string;
  /** An error's name by its number. */
  errorName(number: number): string;
}

const LIBRARY = "libc.so.6";

const SIGNATURES = {
  socket: { args: ["i32", "i32", "i32"], returns: "i32" },
  socketpair: { args: ["i32", "i32", "i32", "ptr"], returns: "i32" },
  bind: { args: ["i32", "ptr", "u32"], returns: "i32" },
  listen: { args: ["i32", "i32"], returns: "i32" },
  connect: { args: ["i32", "ptr", "u32"], returns: "i32" },
  accept4: { args: ["i32", "ptr", "ptr", "i32"], returns: "i32" },
  recv: { args: ["i32", "ptr", "u64", "i32"], returns: "i32" },
  send: { args: ["i32", "ptr", "u64", "i32"], returns: "i32" },
  sendmsg: { args: ["i32", "ptr", "i32"], returns: "i32" },
  close: { args: ["i32"], returns: "i32" },
  poll: { args: ["ptr", "u64", "i32"], returns: "i32" },
  setsockopt: { args: ["i32", "i32", "i32", "ptr", "u32"], returns: "i32" },
  getsockopt: { args: ["i32", "i32", "i32", "ptr", "ptr"], returns: "i32" },
  getsockname: { args: ["i32", "ptr", "ptr"], returns: "i32" },
  getpeername: { args: ["i32", "ptr", "ptr"], returns: "i32" },
  inet_ntop: { args: ["i32", "ptr", "ptr", "u32"], returns: "ptr" },
  getaddrinfo: { args: ["ptr", "ptr", "ptr", "ptr"], returns: "i32" },
  freeaddrinfo: { args: ["ptr"], returns: "void" },
  read: { args: ["i32", "ptr", "u64"], returns: "i32" },
  eventfd: { args: ["u32", "i32"], returns: "i32" },
  // The fifth argument of io_getevents is a time to wait, which is none.
  syscall: { args: ["i64", "i64", "i64", "i64", "i64", "i64"], returns: "i64" },
  epoll_create1: { args: ["i32"], returns: "i32" },
  epoll_ctl: { args: ["i32", "i32", "i32", "ptr"], returns: "i32" },
  epoll_wait: { args: ["i32", "ptr", "i32", "i32"], returns: "i32" },
  __errno_location: { args: [], returns: "ptr" },
} as const;

/** The library, or null where there is none that this knows: another system, another runtime. */
export async function openLibc(): Promise<Libc | null> {
  if (typeof Bun === "undefined" || process.platform !== "linux") return null;
  const { dlopen, ptr, read } = await import("bun:ffi");
  const symbols = open(() => dlopen(LIBRARY, SIGNATURES).symbols);
  if (symbols === null) return null;
  const { __errno_location, syscall } = symbols;
  const { errno } = constants;
  const names = new Map(Object.entries(errno).map(([name, value]) => [value as number, name]));
  // The same number has this second name.
  names.set(errno.EAGAIN, "EAGAIN");
  const errorName = (number: number) => names.get(number) ?? "";
  return {
    calls: {
      ...(symbols as unknown as Calls),
      syscall: (number, a, b, c, d) => Number(syscall(number, a, b, c, d, 0)),
    },
    addressOf: (array) => ptr(array as NodeJS.TypedArray<ArrayBuffer>),
    readInt32: (address, offset) => read.i32(address as Pointer, offset),
    readAddress: (address, offset) => read.ptr(address as Pointer, offset),
    errorCode: () => errorName(read.i32(__errno_location() as Pointer, 0)),
    errorName,
  };
}

/** What `load` returns, or null where there is no such library. */
function open<T>(load: () => T): T | null {
  try {
    return load();
  } catch {
    return null;
  }
}
