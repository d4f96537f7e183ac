/** The event loop and the sockets of node:net: under Deno, and where there is no epoll. */
import { chmodSync, closeSync, openSync, statSync } from "node:fs";
import { connect, createServer, type Socket as NodeSocket, type Server } from "node:net";
import { nativePath } from "./files.ts";
import type {
  DialEvents,
  DialTo,
  EventLoop,
  ListenAt,
  Listener,
  Socket,
  SocketEvents,
} from "./net.ts";
import { endpointText } from "./socket_address.ts";
import { systemCode } from "./system_error.ts";

/** However much it is given, node:net takes all of it: this much at once, until it has enough. */
const WRITE_SIZE = 64 << 10;

class NodeConnection implements Socket {
  readonly descriptor = -1;
  private readonly socket: NodeSocket;
  /** What arrived and is not yet read. */
  private chunk: Uint8Array = new Uint8Array();
  private isPaused = false;
  /** Offers what is left of the chunk, in the next turn; null when nothing is. */
  private offerRest: (() => void) | null = null;

  constructor(socket: NodeSocket) {
    this.socket = socket;
  }
  get remote() {
    return endpointText(this.socket.remoteAddress ?? "", this.socket.remotePort ?? 0);
  }
  get local() {
    return endpointText(this.socket.localAddress ?? "", this.socket.localPort ?? 0);
  }

  /** Has `events` read all of what arrived, in this turn or in later ones. */
  offer(chunk: Uint8Array, events: SocketEvents): void {
    this.chunk = chunk;
    let left: number;
    do {
      left = this.chunk.length;
      events.readable();
    } while (this.chunk.length > 0 && this.chunk.length < left);
    const isBehind = this.chunk.length > 0;
    this.offerRest = isBehind ? () => this.offerLater(events) : null;
    this.flow();
  }

  private offerLater(events: SocketEvents): void {
    setImmediate(() => {
      const isOver = this.socket.destroyed || this.chunk.length === 0;
      if (!this.isPaused && !isOver) this.offer(this.chunk, events);
    });
  }

  private flow(): void {
    if (this.isPaused || this.offerRest !== null) this.socket.pause();
    else if (this.socket.isPaused()) this.socket.resume();
    if (!this.isPaused) this.offerRest?.();
  }

  read(into: Uint8Array, offset: number, size: number): number {
    const taken = Math.min(size, this.chunk.length);
    into.set(this.chunk.subarray(0, taken), offset);
    this.chunk = this.chunk.subarray(taken);
    return taken;
  }

  write(bytes: Uint8Array, offset: number, size: number): number {
    const end = offset + size;
    let at = offset;
    while (at < end && !this.socket.writableNeedDrain) {
      // The bytes are kept until sent, and the caller's buffer is used again at once.
      const next = Math.min(end, at + WRITE_SIZE);
      this.socket.write(bytes.slice(at, next));
      at = next;
    }
    return at - offset;
  }
  pause(): void {
    this.isPaused = true;
    this.flow();
  }
  resume(): void {
    this.isPaused = false;
    this.flow();
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

/** Has `events` told of what arrives, and of the end. */
function attach(opened: NodeSocket, connection: NodeConnection, events: SocketEvents): void {
  // What came with the end is still answered, at the end of this turn.
  opened.on("end", () => setImmediate(() => connection.end()));
  opened.on("data", (chunk) => connection.offer(chunk as Uint8Array, events));
  opened.on("drain", () => events.drain());
  opened.on("close", () => events.closed());
  opened.on("error", () => {});
}

function dial(to: DialTo, events: DialEvents): Socket {
  const place = "path" in to ? { path: nativePath(to.path) } : to;
  const opened = connect({ ...place, allowHalfOpen: true, noDelay: true });
  const connection = new NodeConnection(opened);
  let code: string | null = null;
  const fail = (error: Error) => {
    code = systemCode(error);
  };
  const end = () => {
    if (code === null) events.closed();
    else events.failed(code);
  };
  opened.once("error", fail);
  opened.once("close", end);
  opened.once("connect", () => {
    opened.off("error", fail);
    opened.off("close", end);
    attach(opened, connection, events);
    events.connected();
  });
  return connection;
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
 * Throws when the address cannot be listened on: node:net says so only later. Under Deno `::` is
 * always for IPv4 as well, and so is a missing address where that is taken.
 */
function probe({ host, port }: { host: string; port: number }): void {
  const { Deno } = globalThis as unknown as { Deno?: DenoListen };
  if (Deno === undefined) return;
  if (host === ALL_IPV6 && ipv4Ports.has(port)) {
    throw Object.assign(new Error("Not possible under Deno"), { code: "EADDRNOTAVAIL" });
  }
  Deno.listen({ hostname: host, port }).close();
}

/** After the last file that may be opened was taken, it is looked so often whether one is free. */
const FILES_RETRY_MS = 100;

/** Whether no file can be opened, or connection taken, any more. */
function isOutOfFiles(): boolean {
  try {
    closeSync(openSync("/dev/null", "r"));
    return false;
  } catch (error) {
    return ["EMFILE", "ENFILE"].includes(systemCode(error));
  }
}

class NodeListener implements Listener {
  ready: Promise<void>;
  private server: Server;
  private timer: ReturnType<typeof setTimeout> | null = null;
  /** Deno tells nobody that it could not take a connection, and never takes another. */
  private readonly watch: ReturnType<typeof setInterval>;
  private readonly at: ListenAt;
  private readonly backlog: number;
  private readonly accept: (socket: Socket) => SocketEvents;

  constructor(at: ListenAt, backlog: number, accept: (socket: Socket) => SocketEvents) {
    if ("port" in at) {
      probe(at);
      if (at.host === ALL_IPV4) ipv4Ports.add(at.port);
    }
    this.at = at;
    this.backlog = backlog;
    this.accept = accept;
    [this.server, this.ready] = this.open();
    this.watch = setInterval(() => this.look(), FILES_RETRY_MS);
  }

  private open(): [Server, Promise<void>] {
    const { at, backlog } = this;
    const options = { noDelay: true, allowHalfOpen: true };
    const server = createServer(options, (opened) => this.accepted(opened));
    const place =
      "path" in at ? { path: nativePath(at.path) } : { ...at, ipv6Only: at.host === "::" };
    const ready = new Promise<void>((resolve, reject) => {
      server.once("error", reject);
      server.listen({ ...place, backlog }, resolve);
    });
    return [server, ready];
  }

  private accepted(opened: NodeSocket): void {
    const connection = new NodeConnection(opened);
    attach(opened, connection, this.accept(connection));
    this.look();
  }

  private look(): void {
    if (isOutOfFiles()) this.renewLater();
  }

  private renewLater(): void {
    this.timer ??= setTimeout(() => {
      this.timer = null;
      if (isOutOfFiles()) this.renewLater();
      else this.renew();
    }, FILES_RETRY_MS);
  }

  /** Listens anew at the same place; connections stay. */
  private renew(): void {
    const { at } = this;
    const mode = "path" in at ? statSync(nativePath(at.path)).mode : 0;
    this.server.close();
    [this.server, this.ready] = this.open();
    const restore = () => {
      if ("path" in at) chmodSync(nativePath(at.path), mode);
    };
    this.ready.then(restore, () => this.renewLater());
  }

  close(): void {
    clearInterval(this.watch);
    if (this.timer !== null) clearTimeout(this.timer);
    this.server.close();
    const { at } = this;
    if ("port" in at && at.host === ALL_IPV4) ipv4Ports.delete(at.port);
  }
}

export const nodeLoop: EventLoop = {
  listen: (at, backlog, accept) => new NodeListener(at, backlog, accept),
  dial,
  pair: () => null,
  connect: null,
  syncFile: null,
  crowd: null,
  endOfTurn(run) {
    setImmediate(run);
  },
  later(ms, run) {
    const timer = setTimeout(run, ms);
    return () => clearTimeout(timer);
  },
};
