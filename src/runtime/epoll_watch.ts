/** Watching descriptors on the epoll loop: what whoever has one needs of it. */
import type { Libc } from "./libc.ts";

/** What a watcher asks for or is told of. */
export const EPOLLIN = 0x1;
export const EPOLLOUT = 0x4;
export const EPOLLERR = 0x8;
export const EPOLLHUP = 0x10;

/** Who is told of a descriptor's events. */
export interface Watcher {
  /** Tells it from those that had the same descriptor before. */
  readonly serial: number;
  onEvents(events: number): void;
}

/** The loop, as whoever has a descriptor knows it. */
export interface WatchingLoop {
  readonly libc: Libc;
  nextSerial(): number;
  /** Has the watcher told of a descriptor's events until the descriptor is closed. */
  watch(fd: number, interest: number, watcher: Watcher): void;
  /** Changes what a watcher is told of. */
  rewatch(fd: number, interest: number, serial: number): void;
  /** Closes a descriptor; its watcher is told nothing more. */
  close(fd: number): void;
  /** Calls `run` in so many ms; returns what calls it off. */
  later(ms: number, run: () => void): () => void;
}
