/** Where clients come in: they get a connection, or are turned away with a reason. */
import type { AccessControl } from "../access/access_control.ts";
import type { ServerFigures } from "../calls/server_figures.ts";
import type { Socket } from "../runtime/net.ts";
import type { ClientRegistry } from "./client_registry.ts";
import { Connection } from "./connection.ts";
import type { Engine } from "./engine.ts";

const TOO_MANY = "ERR max number of clients reached";
const PROTECTED =
  "DENIED Rusk is running in protected mode because protected mode is enabled and no " +
  "password is set for the default user. In this mode connections are only accepted from the " +
  "loopback interface. Set a password (requirepass), or turn protected-mode off, to accept " +
  "connections from elsewhere.";

export class Reception {
  maxClients = 10_000;
  /** Clients from other machines are turned away while the default user needs no password. */
  protectedMode = true;
  /** As `Socket.keepAlive`. */
  keepAliveSeconds = 300;
  private lastId = 0;
  private readonly engine: Engine;
  private readonly clients: ClientRegistry;
  private readonly access: Pick<AccessControl, "welcome" | "isOpen">;
  private readonly figures: ServerFigures;

  constructor(engine: Engine, clients: ClientRegistry, access: AccessControl) {
    this.engine = engine;
    this.access = access;
    this.clients = clients;
    this.figures = engine.figures;
  }

  /** `path` is the socket file's that it came through, or null. */
  accept(socket: Socket, path: string | null): Connection {
    const { engine, clients, figures } = this;
    figures.connectionsReceived++;
    const connection = new Connection(engine, ++this.lastId, socket, path);
    const refusal = this.refusalOf(connection);
    if (refusal !== null) {
      figures.connectionsRejected++;
      const bytes = new TextEncoder().encode(`-${refusal}\r\n`);
      const isSent = socket.write(bytes, 0, bytes.length) === bytes.length;
      // Too many are not kept waiting until their handshake is over.
      if (!isSent && refusal !== TOO_MANY) {
        clients.add(connection);
        connection.push(bytes, 0);
        connection.closeAfterReplies();
        return connection;
      }
      connection.closing = true;
      socket.end();
      return connection;
    }
    clients.add(connection);
    this.access.welcome(connection.client);
    connection.setKeepAlive(this.keepAliveSeconds);
    return connection;
  }

  private refusalOf({ unix, remote }: Connection): string | null {
    if (this.clients.count >= this.maxClients) return TOO_MANY;
    return !unix && this.isProtectedFrom(remote) ? PROTECTED : null;
  }

  /** Whether who comes from there, by TCP, is turned away by the protected mode. */
  isProtectedFrom(endpoint: string): boolean {
    return this.protectedMode && this.access.isOpen && !isLoopback(endpoint);
  }
}

/** `endpoint` is an address, with a port or without. */
const isLoopback = (endpoint: string) => /^(?:127\.|\[?::1(?:\]|$)|\[?::ffff:127\.)/.test(endpoint);
