/**
 * Listening sockets, the same for both runtimes: Bun's own sockets in the release, node:net under
 * Deno. Nothing here knows what the bytes mean.
 */
import { createServer, type Socket as NodeSocket, type Server } from "node:net";
import { nativePath } from "./files.ts";

/** What the owner of a connection is told. */
export interface SocketEvents {
  /** Bytes arrived; the chunk is the receiver's until it returns. */
  data(chunk: Uint8Array): void;
  /** The socket takes bytes again after a short `write`. */
  drain(): void;
  /** The connection is gone; nothing follows. */
  closed(): void;
}

export interface Socket {
  readonly remoteAddress: string;
  readonly remotePort: number;
  readonly localAddress: string;
  readonly localPort: number;
  /** Sends bytes; returns how many were taken: the rest is to be offered again after `drain`. */
  write(bytes: Uint8Array, offset: number, size: number): number;
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
  /** Rejects when it turns out later that nothing can listen there (Deno; Bun throws at once). */
  readonly ready: Promise<void>;
  close(): void;
}

/** Where to listen: an address and port, or a socket file's path (bytes, one per character). */
export type ListenAt = { host: string; port: number } | { path: string };

/**
 * Listens; `accept` is called for each connection and says who is told of it. Throws when it can
 * not, with the system's `code` (EADDRINUSE ...). Bun takes no `backlog`: it always uses 512.
 */
export function listen(
  at: ListenAt,
  backlog: number,
  accept: (socket: Socket) => SocketEvents,
): Listener {
  const place = "path" in at ? { path: nativePath(at.path) } : at;
  if (typeof Bun !== "undefined") return listenBun(place, accept);
  return listenNode(place, backlog, accept);
}

/**
 * From this size on, what arrived is given back at once: the collector, which does not know how
 * large it is, would let hundreds of megabytes pile up while a large value comes in.
 */
const LARGE_CHUNK_SIZE = 64 << 10;

type BunSocket = Bun.Socket<SocketEvents>;

class BunConnection implements Socket {
  private readonly socket: BunSocket;
  constructor(socket: BunSocket) {
    this.socket = socket;
  }
  get remoteAddress() {
    return this.socket.remoteAddress ?? "";
  }
  get remotePort() {
    return this.socket.remotePort ?? 0;
  }
  get localAddress() {
    return this.socket.localAddress ?? "";
  }
  get localPort() {
    return this.socket.localPort ?? 0;
  }
  write(bytes: Uint8Array, offset: number, size: number): number {
    return Math.max(0, this.socket.write(bytes, offset, size));
  }
  pause(): void {
    this.socket.pause();
  }
  resume(): void {
    this.socket.resume();
  }
  end(): void {
    this.socket.end();
  }
  destroy(): void {
    this.socket.terminate();
  }
  keepAlive(seconds: number): void {
    this.socket.setKeepAlive(seconds > 0, seconds * 1000);
  }
}

/** One listener for each family, so that `*` and `::*` may both be bound. */
function tcpOptions({ host, port }: { host: string; port: number }) {
  const options = { hostname: host, port, ipv6Only: host === "::" };
  return options as Pick<Bun.TCPSocketListenOptions, "hostname" | "port">;
}

function listenBun(at: ListenAt, accept: (socket: Socket) => SocketEvents): Listener {
  const socket = {
    open(opened: BunSocket) {
      opened.data = accept(new BunConnection(opened));
    },
    data(from: BunSocket, chunk: Uint8Array) {
      from.data.data(chunk);
      if (chunk.length >= LARGE_CHUNK_SIZE) (chunk.buffer as ArrayBuffer).transfer(0);
    },
    drain(drained: BunSocket) {
      drained.data.drain();
    },
    close(closed: BunSocket) {
      closed.data.closed();
    },
    error() {},
  };
  const listener =
    "path" in at
      ? Bun.listen<SocketEvents>({ unix: at.path, socket })
      : Bun.listen<SocketEvents>({ ...tcpOptions(at), socket });
  return { ready: Promise.resolve(), close: () => listener.stop() };
}

/** However much it is given, node:net takes all of it: this much at once, until it has enough. */
const NODE_WRITE_SIZE = 64 << 10;

class NodeConnection implements Socket {
  private readonly socket: NodeSocket;
  constructor(socket: NodeSocket) {
    this.socket = socket;
  }
  get remoteAddress() {
    return this.socket.remoteAddress ?? "";
  }
  get remotePort() {
    return this.socket.remotePort ?? 0;
  }
  get localAddress() {
    return this.socket.localAddress ?? "";
  }
  get localPort() {
    return this.socket.localPort ?? 0;
  }
  write(bytes: Uint8Array, offset: number, size: number): number {
    const end = offset + size;
    let at = offset;
    while (at < end && !this.socket.writableNeedDrain) {
      // The bytes are kept until sent, and the caller's buffer is used again at once.
      const next = Math.min(end, at + NODE_WRITE_SIZE);
      this.socket.write(bytes.slice(at, next));
      at = next;
    }
    return at - offset;
  }
  pause(): void {
    this.socket.pause();
  }
  resume(): void {
    this.socket.resume();
  }
  end(): void {
    // Without waiting for the other side, which may never close.
    this.socket.end(() => this.socket.destroy());
  }
  destroy(): void {
    this.socket.destroy();
  }
  keepAlive(seconds: number): void {
    this.socket.setKeepAlive(seconds > 0, seconds * 1000);
  }
}

/** What is used of Deno itself. */
interface DenoListen {
  listen(at: { hostname: string; port: number }): { close(): void };
}

const ALL_IPV4 = "0.0.0.0";
const ALL_IPV6 = "::";
/** Ports listened on for all addresses of IPv4. */
const ipv4Ports = new Set<number>();

/**
 * Throws when the address can not be listened on: node:net says so only later. Under Deno `::` is
 * always for IPv4 as well, and so is a missing address where that is taken.
 */
function probe({ host, port }: { host: string; port: number }): void {
  if (host === ALL_IPV6 && ipv4Ports.has(port)) {
    throw Object.assign(new Error("Not possible under Deno"), { code: "EADDRNOTAVAIL" });
  }
  (globalThis as unknown as { Deno: DenoListen }).Deno.listen({ hostname: host, port }).close();
}

function listenNode(
  at: ListenAt,
  backlog: number,
  accept: (socket: Socket) => SocketEvents,
): Listener {
  if ("port" in at) {
    probe(at);
    if (at.host === ALL_IPV4) ipv4Ports.add(at.port);
  }
  const server: Server = createServer({ noDelay: true, allowHalfOpen: true }, (opened) => {
    const connection = new NodeConnection(opened);
    const events = accept(connection);
    // What came with the end is still answered, at the end of this turn.
    opened.on("end", () => setImmediate(() => connection.end()));
    opened.on("data", (chunk) => events.data(chunk as Uint8Array));
    opened.on("drain", () => events.drain());
    opened.on("close", () => events.closed());
    opened.on("error", () => {});
  });
  const ready = new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen({ ...at, backlog }, resolve);
  });
  const close = () => {
    server.close();
    if ("port" in at && at.host === ALL_IPV4) ipv4Ports.delete(at.port);
  };
  return { ready, close };
}
