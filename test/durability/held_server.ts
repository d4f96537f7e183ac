/**
 * Purpose: a server under `appendfsync always` on a simulated disk whose syncs end when a test says
 * so.
 */
import { expect } from "bun:test";
import { typedWords } from "../client/format.ts";
import { Random } from "../fuzz/random.ts";
import { SimDisk } from "./sim_disk.ts";
import { SimClient, SimServer, Timeline } from "./sim_server.ts";

/** The words of a line, a character per byte. */
export const wordsOf = (line: string): string[] =>
  (typedWords(line) ?? []).map((word) => word.toString("latin1"));

export class HeldServer {
  readonly disk = new SimDisk();
  readonly server: SimServer;
  readonly writer: SimClient;
  private readonly syncs: (() => void)[] = [];

  constructor(...args: string[]) {
    const always = ["--appendonly", "yes", "--appendfsync", "always", "--hz", "10"];
    const random = new Random(1);
    this.server = new SimServer(this.disk, new Timeline(), random, [...always, ...args]);
    expect(this.server.start()).toBe(null);
    this.disk.defer = (run) => void this.syncs.push(run);
    this.writer = new SimClient(this.server);
  }

  /** So many turns of the event loop. */
  turn(count = 3): void {
    for (let i = 0; i < count; i++) this.server.turn(1);
  }

  /** One sync ends, if one goes on. */
  sync(): void {
    const run = this.syncs.shift();
    if (run !== undefined) this.server.guard(run);
    this.turn();
  }

  /** Everything is on the disk. */
  syncAll(): void {
    this.turn();
    while (this.syncs.length > 0) this.sync();
  }

  /** A client that has sent these lines. */
  client(...lines: string[]): SimClient {
    const client = new SimClient(this.server);
    for (const line of lines) client.send(wordsOf(line));
    return client;
  }

  write(...lines: string[]): void {
    for (const line of lines) this.writer.send(wordsOf(line));
  }

  /** Nothing but the data that these lines make, all of it synced. */
  setUp(lines: readonly string[]): void {
    this.write("FLUSHALL", ...lines);
    this.syncAll();
  }

  /** Changes a key, though its value is as before, and lets the sync of that go on. */
  touch(key: string): void {
    const { server } = this;
    const there = [["PEXPIRE", key, "100000000"]];
    const gone = [["MULTI"], ["SET", key, "x"], ["DEL", key], ["EXEC"]];
    for (const words of server.state.has(key) ? there : gone) this.writer.send(words);
    this.turn();
    expect(server.server.keyspace.unsynced.isAny).toBe(true);
  }
}
