/**
 * Purpose: many clients, keys that are watched or waited for, timers and databases within one
 * process, and what each way to use them costs: the steps of a scenario, as JSON. Run with
 * counting.ts; the arguments are the number of things and, if wanted, parts of scenarios' names.
 */
import { SnapshotWalk } from "../../src/persistence/walk/snapshot_walk.ts";
import type { Server } from "../../src/server/server.ts";
import { InnerClient, innerServer } from "../persistence/inner_server.ts";

/** A server whose time passes when the scenario says so. */
class World {
  nowMs = 1_700_000_000_000;
  readonly server: Server;
  private readonly endings: (() => void)[] = [];
  private readonly timers = new Set<{ atMs: number; run: () => void }>();

  constructor(databases: number) {
    this.server = innerServer({
      seed: 1,
      args: ["--databases", String(databases), "--save", ""],
      nowMs: () => this.nowMs,
      loop: {
        endOfTurn: (run) => void this.endings.push(run),
        later: (ms, run) => {
          const timer = { atMs: this.nowMs + ms, run };
          this.timers.add(timer);
          return () => this.timers.delete(timer);
        },
      },
    });
    this.server.reception.maxClients = Infinity;
  }

  /** Ends turns until nothing is left to do in one. */
  private endTurns(): void {
    while (this.endings.length > 0) for (const run of this.endings.splice(0)) run();
  }

  /** Lets time pass, and the timers ring that are due. */
  pass(ms: number): void {
    this.nowMs += ms;
    for (let rung = true; rung; ) {
      rung = false;
      for (const timer of [...this.timers]) {
        if (timer.atMs > this.nowMs || !this.timers.delete(timer)) continue;
        timer.run();
        rung = true;
      }
      this.endTurns();
    }
    this.server.tick();
    this.endTurns();
  }

  clients(count: number): InnerClient[] {
    return Array.from({ length: count }, () => new InnerClient(this.server, () => this.endTurns()));
  }
}

/** Throws unless a reply is as expected. */
function must(reply: string, expected: string): void {
  if (reply !== expected) throw new Error(`${JSON.stringify(reply)}, not ${expected}`);
}

/** Makes a client wait for something. */
function waits(peer: InnerClient, ...words: string[]): void {
  must(peer.run(...words), "");
}

type Scenario = (world: World, n: number) => void;

/** One client that watches `n` keys, and another. */
function watcher(world: World, n: number): [InnerClient, InnerClient] {
  const [one, other] = world.clients(2);
  for (let i = 0; i < n; i++) one.run("WATCH", `key:${i}`);
  return [one, other];
}

const SCENARIOS: Readonly<Record<string, Scenario>> = {
  "one client watches many keys, each of which is set"(world, n) {
    const [one, other] = watcher(world, n);
    for (let i = 0; i < n; i++) other.run("SET", `key:${i}`, "v");
    one.run("MULTI");
    must(one.run("EXEC"), "*-1\r\n");
  },
  "one client watches many keys, and all are flushed"(world, n) {
    const other = world.clients(1)[0];
    for (let i = 0; i < n; i++) other.run("SET", `key:${i}`, "v");
    const [one] = watcher(world, n);
    other.run("FLUSHALL");
    one.run("MULTI");
    must(one.run("EXEC"), "*-1\r\n");
  },
  "one client watches many keys, and databases are exchanged"(world, n) {
    const [one, other] = watcher(world, n);
    other.run("SWAPDB", "0", "1");
    one.run("UNWATCH");
  },
  "many clients watch a key each, which is set"(world, n) {
    const many = world.clients(n);
    for (const [i, peer] of many.entries()) peer.run("WATCH", `key:${i}`);
    const other = world.clients(1)[0];
    for (let i = 0; i < n; i++) other.run("SET", `key:${i}`, "v");
    other.run("FLUSHDB");
    for (const peer of many) peer.close();
  },
  "many clients watch one key"(world, n) {
    const many = world.clients(n);
    for (const peer of many) peer.run("WATCH", "key");
    world.clients(1)[0].run("SET", "key", "v");
    for (const peer of many) peer.run("UNWATCH");
    for (const peer of many) peer.close();
  },
  "one client watches the same key in every database"(world, n) {
    const one = world.clients(1)[0];
    for (let i = 0; i < n; i++) {
      one.run("SELECT", `${i}`);
      one.run("WATCH", "key");
    }
    for (let i = 0; i < n; i++) {
      one.run("SELECT", `${i}`);
      one.run("SET", "key", "v");
    }
    one.run("FLUSHALL");
    one.run("UNWATCH");
  },
  "many keys watched with a limit on clients' memory"(world, n) {
    world.server.clients.limitMemory(2 ** 40);
    watcher(world, n);
  },
  "many clients wait for a list each"(world, n) {
    const many = world.clients(n);
    for (const [i, peer] of many.entries()) waits(peer, "BLPOP", `key:${i}`, "0");
    const other = world.clients(1)[0];
    for (let i = 0; i < n; i++) other.run("RPUSH", `key:${i}`, "v");
    for (const peer of many) peer.close();
  },
  "many clients wait for one list, served one by one"(world, n) {
    const many = world.clients(n);
    for (const peer of many) waits(peer, "BLPOP", "key", "0");
    const other = world.clients(1)[0];
    for (let i = 0; i < n; i++) must(other.run("RPUSH", "key", "v"), ":1\r\n");
  },
  "the same while others wait for another type, and for a stream's end"(world, n) {
    const [other, reader, ...many] = world.clients(n * 2);
    other.run("XGROUP", "CREATE", "stream", "group", "$", "MKSTREAM");
    waits(reader, "XREADGROUP", "GROUP", "group", "one", "BLOCK", "0", "STREAMS", "stream", ">");
    for (const [i, peer] of many.entries())
      waits(peer, i % 2 === 0 ? "BZPOPMIN" : "BLPOP", "key", "0");
    for (let i = 0; i < n / 2; i++) other.run("RPUSH", "key", "v");
  },
  "one client waits for many lists"(world, n) {
    const [one, other] = world.clients(2);
    const keys = Array.from({ length: n }, (_, i) => `key:${i}`);
    for (let round = 0; round < 2; round++) {
      waits(one, "BLPOP", ...keys, "0");
      other.run("RPUSH", `key:${n - 1}`, "v");
    }
  },
  "clients wait for the same key in every database"(world, n) {
    const many = world.clients(n);
    for (const [i, peer] of many.entries()) {
      peer.run("SELECT", `${i}`);
      waits(peer, "BLPOP", "key", "0");
    }
    const other = world.clients(1)[0];
    for (let i = 0; i < n; i++) {
      other.run("SELECT", `${i}`);
      other.run("RPUSH", "key", "v");
    }
  },
  "many clients wait for streams, and all is flushed"(world, n) {
    const [other, ...many] = world.clients(n + 1);
    for (const [i, peer] of many.entries()) {
      other.run("XGROUP", "CREATE", `s:${i}`, "g", "$", "MKSTREAM");
      waits(peer, "XREADGROUP", "GROUP", "g", "c", "BLOCK", "0", "STREAMS", `s:${i}`, ">");
    }
    other.run("FLUSHALL");
    for (const peer of many) if (peer.connection.client.blocked !== null) throw new Error("waits");
  },
  "many clients wait until their time is over"(world, n) {
    const many = world.clients(n);
    for (const [i, peer] of many.entries()) waits(peer, "BLPOP", "key", `${1 + (i % 100)}`);
    for (let second = 0; second < 102; second++) world.pass(1000);
    for (const peer of many) if (peer.connection.client.blocked !== null) throw new Error("waits");
  },
  "many clients wait, and are unblocked one by one"(world, n) {
    const [other, ...many] = world.clients(n + 1);
    for (const peer of many) waits(peer, "BLPOP", "key", "0");
    for (const peer of many) must(other.run("CLIENT", "UNBLOCK", peer.id), ":1\r\n");
  },
  "many clients are killed one by one"(world, n) {
    const [other, ...many] = world.clients(n + 1);
    for (const peer of many) must(other.run("CLIENT", "KILL", "ID", peer.id), ":1\r\n");
  },
  "many clients are killed together"(world, n) {
    const [other] = world.clients(n + 1);
    must(other.run("CLIENT", "KILL", "TYPE", "normal"), `:${n}\r\n`);
  },
  "many clients come, are listed, and go"(world, n) {
    const many = world.clients(n);
    many[0].run("CLIENT", "LIST");
    for (const peer of many) peer.close();
  },
  "many clients wait for the disk"(world, n) {
    const [other, ...many] = world.clients(n + 1);
    for (const peer of many) waits(peer, "WAIT", "1", "0");
    for (const peer of many) must(other.run("CLIENT", "UNBLOCK", peer.id), ":1\r\n");
  },
  "many clients are paused"(world, n) {
    const [other, ...many] = world.clients(n + 1);
    other.run("CLIENT", "PAUSE", "100000", "WRITE");
    for (const peer of many) waits(peer, "SET", "key", "v");
    other.run("CLIENT", "UNPAUSE");
    world.pass(100);
    for (const peer of many) must(peer.replied, "+OK\r\n");
  },
  "many clients monitor"(world, n) {
    const [other, ...many] = world.clients(n + 1);
    for (const peer of many) peer.run("MONITOR");
    other.run("SET", "key", "v");
    for (const peer of many) peer.close();
  },
  "many clients are closed for their memory"(world, n) {
    const [other, ...many] = world.clients(n + 1);
    world.server.clients.limitMemory(2 ** 40);
    for (const [i, peer] of many.entries()) peer.run("WATCH", "k".repeat(1 + (i % 50)));
    world.server.clients.limitMemory(1);
    if (world.server.clients.count > 0) throw new Error("not all are closed");
    other.close();
  },
  "many clients that may not be closed for their memory"(world, n) {
    const many = world.clients(n);
    for (const peer of many) peer.run("CLIENT", "NO-EVICT", "ON");
    world.server.clients.limitMemory(1);
    for (const peer of many) peer.run("PING");
  },
  "keys expire in many databases"(world, n) {
    const one = world.clients(1)[0];
    for (let i = 0; i < n; i++) {
      one.run("SELECT", `${i}`);
      one.run("SET", "key", "v", "PX", `${1 + (i % 200)}`);
    }
    for (let i = 0; i < 60; i++) world.pass(5);
    if (world.server.keyspace.stats.expired !== n) throw new Error("keys are left");
  },
  "fields expire in many databases"(world, n) {
    const one = world.clients(1)[0];
    for (let i = 0; i < n; i++) {
      one.run("SELECT", `${i}`);
      one.run("HSETEX", "key", "PX", `${1 + (i % 200)}`, "FIELDS", "1", "f", "v");
    }
    for (let i = 0; i < 60; i++) world.pass(5);
    if (world.server.keyspace.stats.expiredFields !== n) throw new Error("fields are left");
  },
  "many keys expire"(world, n) {
    const one = world.clients(1)[0];
    for (let i = 0; i < n; i++) one.run("SET", `key:${i}`, "v", "PX", `${1 + (i % 200)}`);
    for (let i = 0; i < 60; i++) world.pass(5);
    if (world.server.keyspace.stats.expired !== n) throw new Error("keys are left");
  },
  "many databases are flushed, and freed"(world, n) {
    const one = world.clients(1)[0];
    for (let i = 0; i < n; i++) {
      one.run("SELECT", `${i}`);
      one.run("SET", "key", "v");
    }
    one.run("FLUSHALL");
    const { keyspace } = world.server;
    while (keyspace.reclaimSlice()) if (keyspace.reclaimCount > n) throw new Error("too many");
  },
  "many databases are exchanged"(world, n) {
    const one = world.clients(1)[0];
    for (let i = 0; i + 1 < n; i++) {
      one.run("SELECT", `${i}`);
      one.run("SET", "key", "v", "EX", `${100 + i}`);
      one.run("SWAPDB", `${i}`, `${i + 1}`);
    }
  },
  "a snapshot of many databases, which change meanwhile"(world, n) {
    const one = world.clients(1)[0];
    const set = (i: number) => {
      one.run("SELECT", `${i}`);
      one.run("SET", "key", `${i}`);
    };
    for (let i = 0; i < n; i++) set(i);
    let seen = 0;
    const walk = new SnapshotWalk(world.server.keyspace, () => void seen++);
    for (let i = 0; i < n; i++) set(i);
    one.run("FLUSHALL");
    while (walk.step());
    if (seen !== n) throw new Error("not all are seen");
  },
  "the timer, with many databases"(world, n) {
    for (let i = 0; i < 100; i++) world.server.keyspace.rehashSlice();
    if (world.server.keyspace.databases.length < n) throw new Error("too few");
  },
  "large values go one after the other"(world, n) {
    const one = world.clients(1)[0];
    const members = Array.from({ length: 70 }, (_, i) => `m${i}`);
    for (let i = 0; i < n / 10; i++)
      one.run("SADD", `key:${i}`, "text", ...members, "x".repeat(99));
    for (let i = 0; i < n / 10; i++) one.run("SET", `key:${i}`, "v");
    while (world.server.keyspace.reclaimSlice());
  },
  "many commands in a transaction"(world, n) {
    const one = world.clients(1)[0];
    one.run("MULTI");
    for (let i = 0; i < n; i++) one.run("SET", `key:${i}`, "v");
    one.run("EXEC");
  },
  "the slow log is long, and full"(world, n) {
    const one = world.clients(1)[0];
    world.server.figures.slowlog.thresholdUs = 0;
    world.server.figures.slowlog.maxLength = n / 2;
    for (let i = 0; i < n; i++) one.run("PING");
    one.run("SLOWLOG", "GET", "-1");
  },
};

/** Scenarios that need as many databases as there are things. */
const OF_DATABASES = /database/;

const [count, ...wanted] = process.argv.slice(2);
const n = Number(count);
const found: Record<string, number> = {};
for (const [name, scenario] of Object.entries(SCENARIOS)) {
  if (wanted.length > 0 && !wanted.some((part) => name.includes(part))) continue;
  const world = new World(OF_DATABASES.test(name) ? Math.max(n, 16) : 16);
  const before = globalThis.steps;
  scenario(world, n);
  found[name] = globalThis.steps - before;
}
console.log(JSON.stringify(found));
