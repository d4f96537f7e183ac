/** Who asks for figures by HTTP: few at a time, and of a page that is made a few times a second. */
import type { EventLoop, Socket, SocketEvents } from "../../runtime/net.ts";
import { MetricsConnection, type MetricsParts } from "./metrics_connection.ts";

/** So many at the same time; for another one the oldest goes. */
const CONNECTIONS_MAX = 10;
/** The page is at most so old; to ask more often costs no more. */
const PAGE_MS = 100;

export interface MetricsHost {
  readonly loop: Pick<EventLoop, "later">;
  monotonicMs(): number;
  /** Makes the page. */
  page(): string;
  /** Whether this one is turned away since the server is protected. */
  isProtectedFrom(socket: Socket): boolean;
}

export class MetricsService {
  private readonly host: MetricsHost;
  private readonly connections = new Set<MetricsConnection>();
  private readonly parts: MetricsParts;
  private page = "";
  private pageMs = -Infinity;

  constructor(host: MetricsHost) {
    this.host = host;
    this.parts = {
      loop: host.loop,
      page: () => this.currentPage(),
      refusal: (socket) => (host.isProtectedFrom(socket) ? PROTECTED : null),
      over: (connection) => this.connections.delete(connection),
    };
  }

  /** As `ConnectionKind.accept`. */
  accept(socket: Socket): SocketEvents {
    const { connections } = this;
    const [oldest] = connections;
    if (connections.size >= CONNECTIONS_MAX) oldest.destroy();
    const connection = new MetricsConnection(this.parts, socket);
    connections.add(connection);
    return connection;
  }

  private currentPage(): string {
    const { host } = this;
    const nowMs = host.monotonicMs();
    if (nowMs - this.pageMs >= PAGE_MS) {
      this.page = host.page();
      this.pageMs = nowMs;
    }
    return this.page;
  }
}

const PROTECTED =
  "Rusk is in protected mode: as long as the default user has no password, figures are shown on " +
  "this machine only. Set a password (requirepass), or turn protected-mode off.";
