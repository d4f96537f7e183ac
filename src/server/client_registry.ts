/** All connections, and what concerns them together: pausing, monitoring, their memory. */
import { Deadlines } from "../base/deadlines.ts";
import { type Client, Gate } from "../calls/client.ts";
import type { Clients, PauseMode } from "../calls/server_context.ts";
import type { Connection } from "./connection.ts";
import type { Server } from "./server.ts";

export class ClientRegistry implements Clients {
  pauseMode: PauseMode = "none";
  private pauseUntilMs = 0;
  private memoryMax = 0;
  private memoryTotal = 0;
  /** Clients that may be closed for their memory, the largest first, while that is limited. */
  private readonly largest = new Deadlines<Connection>();
  private readonly server: Server;
  private readonly connections = new Map<number, Connection>();
  private readonly paused = new Set<Connection>();

  constructor(server: Server) {
    this.server = server;
  }

  get count(): number {
    return this.connections.size;
  }

  add(connection: Connection): void {
    this.connections.set(connection.client.id, connection);
  }

  remove(connection: Connection): void {
    const { client } = connection;
    this.connections.delete(client.id);
    this.memoryTotal -= connection.accountedSize;
    this.largest.remove(connection);
    this.forgetPaused(connection);
    this.server.backlog.forget(connection);
    client.blocked?.cancel();
    this.server.keyspace.watches.remove(client);
    if (client.monitoring) this.server.dispatcher.monitors.remove(client);
  }

  /** The connections, oldest first. */
  each(): IterableIterator<Connection> {
    return this.connections.values();
  }

  *all(): Iterable<Client> {
    for (const connection of this.connections.values()) yield connection.client;
  }

  byId(id: number): Client | undefined {
    return this.connections.get(id)?.client;
  }

  memorySize(client: Client): number {
    return this.connections.get(client.id)?.memorySize ?? 0;
  }

  /** The stronger mode and the later end of two pauses hold. */
  pause(mode: PauseMode, untilMs: number): void {
    if (this.pauseMode !== "all") this.pauseMode = mode;
    this.pauseUntilMs = Math.max(this.pauseUntilMs, untilMs);
    this.server.setPaused(true);
  }

  unpause(): void {
    if (this.pauseMode === "none") return;
    this.pauseMode = "none";
    this.pauseUntilMs = 0;
    this.server.setPaused(false);
    for (const connection of [...this.paused]) {
      this.forgetPaused(connection);
      connection.resume();
    }
  }

  /** Ends a pause whose time is over. */
  checkPause(nowMs: number): void {
    if (this.pauseMode !== "none" && nowMs >= this.pauseUntilMs) this.unpause();
  }

  /** A client waits for the end of the pause. */
  addPaused(client: Client): void {
    const connection = this.connections.get(client.id);
    if (connection === undefined) return;
    this.paused.add(connection);
    this.server.figures.blockedClients++;
  }

  monitor(client: Client): void {
    this.server.dispatcher.monitors.add(client);
  }

  reset(client: Client): void {
    const { server } = this;
    server.keyspace.watches.remove(client);
    if (client.monitoring) server.dispatcher.monitors.remove(client);
    client.closeQueue();
    client.dirty = false;
    client.gates = server.passwordRequired ? Gate.auth : 0;
    client.setSilence(0);
    client.noTouch = false;
    client.name = "";
    client.user = "default";
    client.db = server.keyspace.databases[0];
    client.protocol = 2;
    server.reply.protocol = 2;
  }

  /** Closes clients that have been idle for longer than `timeout`. */
  closeIdle(timeoutMs: number, nowMs: number): void {
    if (timeoutMs === 0) return;
    for (const connection of this.connections.values()) {
      const { client } = connection;
      if (client.monitoring || client.blocked !== null) continue;
      if (nowMs - connection.lastActiveMs <= timeoutMs) continue;
      this.server.log("verbose", "Closing idle client");
      connection.kill();
    }
  }

  /**
   * Counts the memory of a client that has changed while maxmemory-clients is set, and closes the
   * largest clients when all together take more than that.
   */
  account(connection: Connection): void {
    if (this.memoryMax === 0) return;
    this.memoryTotal -= connection.accountedSize;
    this.rank(connection);
    if (this.memoryTotal > this.memoryMax) this.evict();
  }

  /** Takes maxmemory-clients, in bytes; 0 for no limit. */
  limitMemory(max: number): void {
    this.memoryMax = max;
    this.memoryTotal = 0;
    for (const connection of this.connections.values()) {
      this.largest.remove(connection);
      connection.accountedSize = 0;
      if (max > 0) this.rank(connection);
    }
    if (max > 0) this.evict();
  }

  /** Counts the client's memory as of now, and puts it where it belongs. */
  private rank(connection: Connection): void {
    this.largest.remove(connection);
    connection.accountedSize = connection.memorySize;
    this.memoryTotal += connection.accountedSize;
    if (!connection.client.noEvict) this.largest.add(connection);
  }

  private evict(): void {
    while (this.memoryTotal > this.memoryMax) {
      const largest = this.largest.first;
      if (largest === undefined) return;
      this.largest.remove(largest);
      if (largest.closing) continue;
      this.server.log("notice", `Evicting client: id=${largest.client.id} addr=${largest.remote}`);
      this.server.figures.evictedClients++;
      // It may be in the midst of a command, and go when that is over.
      this.memoryTotal -= largest.accountedSize;
      largest.accountedSize = 0;
      largest.kill();
    }
  }

  private forgetPaused(connection: Connection): void {
    if (this.paused.delete(connection)) this.server.figures.blockedClients--;
  }
}
