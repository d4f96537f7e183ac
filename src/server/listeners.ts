/**
 * Where the server listens, as the configuration says: each kind of connection at addresses and a
 * port of its own, or at a socket file.
 */
import type { Config } from "../config/config.ts";
import type { NameOf } from "../config/directives.ts";
import type { EventLoop, Listener, Socket, SocketEvents } from "../runtime/net.ts";
import { systemCode, systemReason } from "../runtime/system_error.ts";

/** One kind of connections: what is spoken there, and which directives say where it listens. */
export interface ConnectionKind {
  /** As the log names it. */
  readonly name: string;
  /** Addresses, `*` and `::*` for all; one with a leading `-` may be missing. */
  readonly addresses: NameOf<readonly string[]>;
  /** 0 is none. */
  readonly port: NameOf<bigint>;
  /** A socket file and its permissions, 0 for those that it comes with; null if it has none. */
  readonly file: { readonly path: NameOf<string | null>; readonly mode: NameOf<bigint> } | null;
  /**
   * Sees, before it is listened for, that connections can be taken; false, with the reason in the
   * log, when they cannot. Null when they always can.
   */
  readonly prepare: (() => boolean) | null;
  /**
   * Takes a connection, through the socket file of this path or, null, by TCP; returns who is told
   * of what arrives.
   */
  accept(socket: Socket, path: string | null): SocketEvents;
}

/** What the system says of an address or a family of addresses that this machine does not have. */
const MISSING_ADDRESS = ["EADDRNOTAVAIL", "EAFNOSUPPORT", "ENOPROTOOPT", "EPROTONOSUPPORT"];

/** Of the path of a socket file, with the zero at its end: sizeof sun_path of Linux. */
const SOCKET_PATH_SIZE = 108;

/** All kinds. */
export class Listeners {
  readonly kinds: readonly KindListeners[];

  /** `report` is told, in one line, why an address can not be listened on. */
  constructor(
    loop: Pick<EventLoop, "listen">,
    config: Config,
    kinds: readonly ConnectionKind[],
    report: (problem: string) => void,
  ) {
    this.kinds = kinds.map((kind) => new KindListeners(loop, config, kind, report));
  }

  get count(): number {
    return this.kinds.reduce((count, each) => count + each.count, 0);
  }

  /** Listens elsewhere whenever CONFIG SET says so; connections stay. */
  followConfig(): void {
    for (const each of this.kinds) each.followConfig();
  }

  close(): void {
    for (const each of this.kinds) each.close();
  }
}

/** Those of one kind. */
export class KindListeners {
  readonly kind: ConnectionKind;
  private readonly loop: Pick<EventLoop, "listen">;
  private readonly config: Config;
  private readonly report: (problem: string) => void;
  private tcp: Listener[] = [];
  /** The port that these listen on; null before, and when they are closed. */
  private openPort: number | null = null;
  private file: Listener | null = null;

  constructor(
    loop: Pick<EventLoop, "listen">,
    config: Config,
    kind: ConnectionKind,
    report: (problem: string) => void,
  ) {
    this.loop = loop;
    this.config = config;
    this.kind = kind;
    this.report = report;
  }

  get port(): number {
    return this.config.number(this.kind.port);
  }

  private get backlog(): number {
    return this.config.number("tcp-backlog");
  }

  /** As `ConnectionKind.prepare`, if it is to be listened for. */
  prepare(): boolean {
    const { prepare } = this.kind;
    return prepare === null || this.port === 0 || prepare();
  }

  /**
   * Listens on every address, in place of those before; false, and those before stay, when one
   * that must be there can not be listened on.
   */
  openTcp(): boolean {
    const { kind, port, backlog } = this;
    const opened: Listener[] = [];
    if (port !== 0) {
      for (const name of this.config.value(kind.addresses)) {
        const optional = name.startsWith("-");
        const host = hostOf(optional ? name.slice(1) : name);
        try {
          const accept = (socket: Socket) => kind.accept(socket, null);
          opened.push(this.loop.listen({ host, port }, backlog, accept));
        } catch (error) {
          if (optional && MISSING_ADDRESS.includes(systemCode(error))) continue;
          this.reportTcp(` ${name}:${port}`, error);
          for (const listener of opened) listener.close();
          return false;
        }
      }
    }
    this.closeTcp();
    this.tcp = opened;
    this.openPort = port;
    return true;
  }

  /** Listens on a socket file; false when it can not. */
  openFile(path: string): boolean {
    const { kind } = this;
    if (path.length >= SOCKET_PATH_SIZE) {
      const reason = `unix socket path too long (${path.length})`;
      this.report(`Failed opening Unix socket: ${reason}, must be under ${SOCKET_PATH_SIZE}`);
      return false;
    }
    try {
      const accept = (socket: Socket) => kind.accept(socket, path);
      this.file = this.loop.listen({ path }, this.backlog, accept);
      return true;
    } catch (error) {
      this.reportFile(error);
      return false;
    }
  }

  /** Whether all really listen, which Deno tells only later. */
  async ready(): Promise<boolean> {
    try {
      await Promise.all(this.tcp.map((listener) => listener.ready));
    } catch (error) {
      this.reportTcp("", error);
      return false;
    }
    try {
      await this.file?.ready;
    } catch (error) {
      this.reportFile(error);
      return false;
    }
    return true;
  }

  followConfig(): void {
    const { config, kind } = this;
    config.onChange([kind.port], () => {
      if (!this.prepare()) return "Unable to update TLS configuration. Check server logs.";
      // Addresses that have changed with it may listen there already.
      const isOpen = this.openPort === this.port || this.openTcp();
      return isOpen ? null : "Unable to listen on this port. Check server logs.";
    });
    config.onChange([kind.addresses], () => {
      // The old and the new addresses may overlap: the old go first, and come back if need be.
      this.closeTcp();
      return this.openTcp() ? null : "Failed to bind to specified addresses.";
    });
  }

  private reportTcp(place: string, error: unknown): void {
    this.report(`Could not create server TCP listening socket${place}: ${systemReason(error)}`);
  }

  private reportFile(error: unknown): void {
    this.report(`Failed opening Unix socket: bind: ${systemReason(error)}`);
  }

  get count(): number {
    return this.tcp.length + (this.file === null ? 0 : 1);
  }

  close(): void {
    this.closeTcp();
    this.file?.close();
    this.file = null;
  }

  /** Stops listening on the addresses; connections stay. */
  private closeTcp(): void {
    for (const listener of this.tcp) listener.close();
    this.tcp = [];
    this.openPort = null;
  }
}

function hostOf(name: string): string {
  if (name === "*") return "0.0.0.0";
  return name === "::*" ? "::" : name;
}
