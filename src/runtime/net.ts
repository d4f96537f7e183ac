/**
 * What the server needs of the system's sockets and of its event loop, the same for both runtimes.
 * Nothing here knows what the bytes mean.
 */

import type { ByteParts } from "./parts.ts";

/** What the owner of a connection is told. */
export interface SocketEvents {
  /** Bytes can be read; said again in the next turn while some are left. */
  readable(): void;
  /** The socket takes bytes again after a short `write`. */
  drain(): void;
  /** The connection is gone; nothing follows. */
  closed(): void;
}

/** What who has many connections is told, besides. */
export interface CrowdEvents {
  /** `readable` of more than one of them follows. */
  crowdBegins(): void;
  /** All of these have been told. */
  crowdEnds(): void;
}

/** What who dials is told, never before `dial` has returned. */
export interface DialEvents extends SocketEvents {
  /** The connection is there, and bytes can be sent. */
  connected(): void;
  /** It will not be, for the system's reason (ECONNREFUSED, ENOTFOUND ...); nothing follows. */
  failed(code: string): void;
}

export interface Socket {
  /** The file descriptor, or -1 where the runtime does not tell. */
  readonly descriptor: number;
  /** Both ends, while it is open: an address and a port, as `endpointText` has them. */
  readonly remote: string;
  readonly local: string;
  /** Takes bytes that arrived; returns how many: 0 when there are none, or the other side ended. */
  read(into: Uint8Array, offset: number, size: number): number;
  /** Sends bytes; returns how many were taken: the rest is to be offered again after `drain`. */
  write(bytes: Uint8Array, offset: number, size: number): number;
  /** As `write`, of bytes from several places; left out where they are sent one by one. */
  writeParts?(parts: ByteParts): number;
  /** Stops and starts reading. */
  pause(): void;
  resume(): void;
  /** Closes once what was taken is sent. */
  end(): void;
  /** Closes at once. */
  destroy(): void;
  keepAlive(seconds: number): void;
}

export interface Listener {
  /** Rejects when it turns out later that nothing can listen there (node:net). */
  readonly ready: Promise<void>;
  close(): void;
}

/** Where to listen: an address and port, or a socket file's path (bytes, one per character). */
export type ListenAt = { host: string; port: number } | { path: string };

/** Whom to connect to: as ListenAt; the host may be a name, of whose addresses one is tried. */
export type DialTo = { host: string; port: number } | { path: string };

/** Opens a socket: whoever takes it says who is told of it. */
export type Connect = (accept: (socket: Socket) => SocketEvents) => void;

/**
 * A connection whose calls wait for the other side, and the whole server with them: for what has to
 * be done in the midst of one command. A call throws with the system's `code`; that is ETIMEDOUT
 * when there was nothing to go on with for `timeoutMs`.
 */
export interface BlockingSocket {
  /** Sends all of the bytes. */
  send(bytes: Uint8Array, offset: number, size: number, timeoutMs: number): void;
  /** Takes bytes that arrive; returns how many: 0 when the other side has ended. */
  receive(into: Uint8Array, offset: number, size: number, timeoutMs: number): number;
  close(): void;
}

/** Opens such a connection to a host (a name or an address). Throws as its calls do. */
export type BlockingConnect = (host: string, port: number, timeoutMs: number) => BlockingSocket;

/** Sees on another thread that what was written to a file is on the disk. */
export type SyncFile = (fd: number, done: (problem: Error | null) => void) => void;

export interface EventLoop {
  /**
   * Listens; `accept` is called for each connection and says who is told of it. Throws when it
   * cannot, with the system's `code` (EADDRINUSE ...).
   */
  listen(at: ListenAt, backlog: number, accept: (socket: Socket) => SocketEvents): Listener;
  /**
   * Connects to another server, without waiting for it. Until `connected` nothing may be asked of
   * the socket but its end, which `closed` tells of, as ever. How long to wait is the caller's
   * business (`later`, and `destroy`).
   */
  dial(to: DialTo, events: DialEvents): Socket;
  /** Two sockets, what is written to one of which is read from the other; null if it has none. */
  pair(): [Connect, Connect] | null;
  /** Null where there are no such connections. */
  readonly connect: BlockingConnect | null;
  /** Null where the loop has no way of its own. */
  readonly syncFile: SyncFile | null;
  /** Who is told when several sockets can be read in one turn, if the loop can tell. */
  crowd: CrowdEvents | null;
  /** Calls `run` when all that has arrived in this turn has been read. */
  endOfTurn(run: () => void): void;
  /** Calls `run` in so many ms; returns what calls it off. */
  later(ms: number, run: () => void): () => void;
}
