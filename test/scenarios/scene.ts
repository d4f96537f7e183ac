/**
 * Purpose: what the stream scenarios share: a server, the connections to it, and waits for what
 * must come. No wait asserts by its length: its limit is only for what never comes.
 */

import { type Server, startServer } from "../client/server.ts";
import { until } from "../client/until.ts";
import type { Driver, StreamClient } from "./stream_clients.ts";

/** For a whole test, also on a machine that does much else. */
export const TEST_LIMIT_MS = 300_000;

/** A server and the connections that a test opens to it. */
export class Scene {
  readonly server: Server;
  private readonly opened: StreamClient[] = [];

  private constructor(server: Server) {
    this.server = server;
  }

  static async start(): Promise<Scene> {
    return new Scene(await startServer());
  }

  async open(driver: Driver): Promise<StreamClient> {
    const client = await driver.open(this.server);
    this.opened.push(client);
    return client;
  }

  openAll(driver: Driver, count: number): Promise<StreamClient[]> {
    return Promise.all(Array.from({ length: count }, () => this.open(driver)));
  }

  /** An empty server and no connection: for afterEach. */
  async clear(): Promise<void> {
    for (const client of this.opened.splice(0)) client.die();
    const client = await this.server.connect();
    await client.command("FLUSHALL");
    client.close();
  }

  async stop(): Promise<void> {
    await this.server.stop();
  }
}

/** Waits until so many clients wait for something. */
export function untilBlocked(client: StreamClient, count: number): Promise<void> {
  return until(`${count} blocked clients`, async () => {
    const info = String(await client.command("INFO", "clients"));
    return info.includes(`blocked_clients:${count}\r\n`);
  });
}

/** `prefix0`, `prefix1`, … */
export function names(prefix: string, count: number): string[] {
  return Array.from({ length: count }, (_, index) => `${prefix}${index}`);
}

/** What is there more than once. */
export function twice(items: readonly string[]): string[] {
  const seen = new Set<string>();
  return items.filter((item) => seen.size === seen.add(item).size);
}

/** Pieces of `size` items, in order. */
export function pieces<T>(items: readonly T[], size: number): T[][] {
  const count = Math.ceil(items.length / size);
  return Array.from({ length: count }, (_, index) => items.slice(index * size, (index + 1) * size));
}
