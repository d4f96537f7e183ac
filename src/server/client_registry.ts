/** All connections, and what concerns them together: their features, their memory, their pause. */
import { countClients } from "../arena/memory_limit.ts";
import { Deadlines, type Timed } from "../base/deadlines.ts";
import type { LogLevel } from "../base/log.ts";
import type { Client, ConnectionPort } from "../calls/client.ts";
import type { ClientFeature } from "../calls/client_feature.ts";
import type { Clients, PauseMode } from "../calls/clients.ts";
import type { ServerFigures } from "../calls/server_figures.ts";
import type { ClientPause } from "./client_pause.ts";

type Port = Pick<ConnectionPort, "closing" | "kill" | "lastActiveMs">;

/** A connection, as the registry knows it. */
export interface RegisteredConnection extends Timed, Port {
  readonly client: Client;
  /** Bytes of memory that the client takes. */
  readonly memorySize: number;
  /** What is counted of `memorySize`; only the registry's. */
  accountedSize: number;
  /** Closes it when its output has been too much for too long. */
  checkOutput(nowMs: number): void;
}

/** What the registry needs of the server. */
export interface RegistryHost {
  readonly pause: ClientPause;
  readonly dispatcher: { readonly monitors: { add(client: Client): void } };
  readonly figures: ServerFigures;
  /** A client as the log names it: the line of CLIENT LIST. */
  lineOf(client: Client): string;
  log(level: LogLevel, text: string): void;
}

export class ClientRegistry implements Clients {
  private memoryMax = 0;
  /** It counts for maxmemory. */
  private countsForLimit = false;
  private memoryTotal = 0;
  /** Clients that may be closed for their memory, the largest first, while that is limited. */
  private readonly largest = new Deadlines<RegisteredConnection>();
  private readonly host: RegistryHost;
  private readonly connections = new Map<number, RegisteredConnection>();
  private readonly features: ClientFeature[] = [];

  constructor(host: RegistryHost) {
    this.host = host;
  }

  /** Has a feature told of clients that leave or are reset, after those that are known already. */
  addFeature(feature: ClientFeature): void {
    this.features.push(feature);
  }

  get count(): number {
    return this.connections.size;
  }

  add(connection: RegisteredConnection): void {
    this.connections.set(connection.client.id, connection);
  }

  /** The connection is gone. */
  remove(connection: RegisteredConnection): void {
    const { client } = connection;
    this.connections.delete(client.id);
    this.note(connection, 0);
    this.largest.remove(connection);
    for (const feature of this.features) feature.left(client);
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

  totalMemorySize(): number {
    let size = 0;
    for (const connection of this.connections.values()) size += connection.memorySize;
    return size;
  }

  get pauseMode(): PauseMode {
    return this.host.pause.mode;
  }

  pause(mode: PauseMode, untilMs: number): void {
    this.host.pause.begin(mode, untilMs);
  }

  unpause(): void {
    this.host.pause.end();
  }

  addPaused(client: Client): void {
    this.host.pause.add(client);
  }

  monitor(client: Client): void {
    this.host.dispatcher.monitors.add(client);
  }

  reset(client: Client): void {
    for (const feature of this.features) feature.reset(client);
  }

  /**
   * Closes clients that have been idle for longer than so many seconds, unless that is 0. Seconds
   * of the clock are counted, as in Redis: with 1, a command of a second is still replied to.
   */
  closeIdle(timeout: number, nowMs: number): void {
    if (timeout === 0) return;
    const now = Math.floor(nowMs / 1000);
    for (const connection of this.connections.values()) {
      const { client } = connection;
      if (client.monitoring || client.subscribed || client.blocked !== null) continue;
      if (now - Math.floor(connection.lastActiveMs / 1000) <= timeout) continue;
      this.host.log("verbose", "Closing idle client");
      connection.kill();
    }
  }

  /** Closes clients whose output has been too much for too long. */
  checkOutputs(nowMs: number): void {
    for (const connection of [...this.connections.values()]) connection.checkOutput(nowMs);
  }

  /**
   * Counts the memory of a client that has changed while maxmemory-clients or maxmemory is set, and
   * closes the largest clients when all together take more than the former.
   */
  account(connection: RegisteredConnection): void {
    if (this.memoryMax === 0) {
      if (this.countsForLimit) this.note(connection, connection.memorySize);
      return;
    }
    this.rank(connection);
    if (this.memoryTotal > this.memoryMax) this.evict();
  }

  /** Whether the memory of all clients counts for maxmemory, which is set then. */
  countForLimit(isCounting: boolean): void {
    if (isCounting === this.countsForLimit) return;
    if (!isCounting) countClients(-this.memoryTotal);
    this.countsForLimit = isCounting;
    if (isCounting) countClients(this.memoryTotal);
    if (!isCounting || this.memoryMax > 0) return;
    for (const connection of this.connections.values()) {
      this.note(connection, connection.memorySize);
    }
  }

  /** Takes maxmemory-clients, in bytes; 0 for no limit. */
  limitMemory(max: number): void {
    this.memoryMax = max;
    for (const connection of this.connections.values()) {
      this.largest.remove(connection);
      if (max > 0) this.rank(connection);
      else this.note(connection, this.countsForLimit ? connection.memorySize : 0);
    }
    if (max > 0) this.evict();
  }

  /** Counts the client's memory as of now, and puts it where it belongs. */
  private rank(connection: RegisteredConnection): void {
    this.largest.remove(connection);
    this.note(connection, connection.memorySize);
    if (!connection.client.noEvict) this.largest.add(connection);
  }

  /** The client's memory counts as so much. */
  private note(connection: RegisteredConnection, size: number): void {
    const change = size - connection.accountedSize;
    if (change === 0) return;
    connection.accountedSize = size;
    this.memoryTotal += change;
    if (this.countsForLimit) countClients(change);
  }

  private evict(): void {
    while (this.memoryTotal > this.memoryMax) {
      const largest = this.largest.first;
      if (largest === undefined) return;
      this.largest.remove(largest);
      if (largest.closing) continue;
      this.host.log("notice", `Evicting client: ${this.host.lineOf(largest.client)}`);
      this.host.figures.evictedClients++;
      // It may be in the midst of a command, and go when that is over.
      this.note(largest, 0);
      largest.kill();
    }
  }
}
