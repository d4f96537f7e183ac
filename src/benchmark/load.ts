/** One test: connections that send the same requests until there have been enough. */
import type { DialTo, EventLoop } from "../runtime/net.ts";
import type { ClientTls } from "../runtime/stream_connection.ts";
import { Latencies } from "./latencies.ts";
import { ReplyCounter } from "./reply_counter.ts";
import { Request } from "./request.ts";
import { openWire, type Wire } from "./wire.ts";

/** Why it cannot go on: what to say. */
export class LoadError extends Error {}

/** What a load is of. */
export interface LoadPlan {
  readonly loop: EventLoop;
  readonly to: DialTo;
  /** As it is told. */
  readonly place: string;
  readonly tls: ClientTls | null;
  readonly clients: number;
  readonly requests: number;
  readonly pipeline: number;
  readonly keepsAlive: boolean;
  /** What every connection sends first, and how many replies come to that. */
  readonly greeting: Uint8Array;
  readonly greetings: number;
  /** Null: connections are only kept. */
  readonly request: Uint8Array | null;
  /** Random numbers in it are below this; null: there are none. */
  readonly keyspace: number | null;
  readonly random: () => number;
  readonly precision: number;
  readonly monotonicMs: () => number;
}

/** The load of a plan; `run` resolves when it is over, and rejects with a LoadError. */
export class Load {
  readonly plan: LoadPlan;
  readonly latencies: Latencies;
  /** Requests that have been replied to. */
  finished = 0;
  /** Their latencies in µs, added up. */
  latencySum = 0;
  /** Whole ms, from the first connection to the last reply. */
  elapsedMs = 0;
  private issued = 0;
  private isOver = false;
  private readonly flows = new Set<Flow>();
  private startMs = 0;
  private resolve: () => void = () => {};
  private reject: (error: LoadError) => void = () => {};

  constructor(plan: LoadPlan) {
    this.plan = plan;
    this.latencies = new Latencies(plan.precision);
  }

  run(): Promise<void> {
    return new Promise((resolve, reject) => {
      this.resolve = resolve;
      this.reject = reject;
      this.startMs = this.plan.monotonicMs();
      const count = Math.max(1, this.plan.clients);
      for (let i = 0; i < count && !this.isOver; i++) this.open();
    });
  }

  /** Connections that are there. */
  get clients(): number {
    return this.flows.size;
  }

  get sinceMs(): number {
    return this.plan.monotonicMs() - this.startMs;
  }

  /** Whether a connection may send its requests once more; if so they count as sent. */
  issue(): boolean {
    if (this.isOver || this.issued >= this.plan.requests) return false;
    this.issued += this.plan.pipeline;
    return true;
  }

  /** So many requests have been replied to, all after so many µs. */
  replied(count: number, latencyUs: number): void {
    const counted = Math.min(count, this.plan.requests - this.finished);
    if (counted > 0) this.latencies.add(latencyUs, counted);
    this.finished += count;
    this.latencySum += count * latencyUs;
  }

  /** A connection has got all that it asked for. */
  done(flow: Flow): void {
    if (this.finished >= this.plan.requests) this.end();
    else if (this.plan.keepsAlive) flow.ask();
    else {
      flow.close();
      this.flows.delete(flow);
      this.open();
    }
  }

  fail(message: string): void {
    if (this.isOver) return;
    this.close();
    this.reject(new LoadError(message));
  }

  private open(): void {
    this.flows.add(new Flow(this));
  }

  private end(): void {
    this.elapsedMs = Math.floor(this.sinceMs);
    this.close();
    this.resolve();
  }

  private close(): void {
    this.isOver = true;
    for (const flow of this.flows) flow.close();
    this.flows.clear();
  }
}

/** One connection of a load. */
class Flow {
  private readonly load: Load;
  private readonly wire: Wire;
  private readonly request: Request | null;
  private readonly counter = new ReplyCounter();
  /** Replies that are to come, with those to its greeting, which do not count. */
  private pending = 0;
  private greetings: number;
  private sentMs = 0;
  /** Until the first bytes came; negative: none have. */
  private latencyUs = -1;

  constructor(load: Load) {
    const { loop, to, tls, request, keyspace, random, greetings } = load.plan;
    this.load = load;
    const own = keyspace === null ? request : (request?.slice() ?? null);
    this.request = own === null ? null : new Request(own, keyspace, random);
    this.greetings = greetings;
    this.wire = openWire(loop, to, tls, this);
  }

  connected(): void {
    if (this.request !== null) this.ask(this.load.plan.greeting);
    else if (this.greetings > 0) this.wire.send(this.load.plan.greeting);
  }

  /** Sends its requests once more, with something before them; or nothing, if there are enough. */
  ask(before: Uint8Array | null = null): void {
    const { request, load } = this;
    if (request === null || !load.issue()) return;
    request.shuffle();
    this.latencyUs = -1;
    this.pending = load.plan.pipeline + this.greetings;
    this.sentMs = load.plan.monotonicMs();
    if (before === null || before.length === 0) this.wire.send(request.bytes);
    else this.wire.send(joined(before, request.bytes));
  }

  received(bytes: Uint8Array, size: number): void {
    const { load, counter } = this;
    if (this.latencyUs < 0) {
      this.latencyUs = Math.floor((load.plan.monotonicMs() - this.sentMs) * 1000);
    }
    const count = counter.take(bytes, 0, size);
    if (counter.error !== null) {
      load.fail(`Error from server: ${counter.error}\n`);
      return;
    }
    const greetings = Math.min(count, this.greetings);
    this.greetings -= greetings;
    if (this.request === null) return;
    this.pending -= count;
    if (count > greetings) load.replied(count - greetings, this.latencyUs);
    if (this.pending === 0) load.done(this);
  }

  failed(reason: string): void {
    this.load.fail(`Could not connect to Redis at ${this.load.plan.place}: ${reason}\n`);
  }

  closed(): void {
    this.load.fail("Error: Server closed the connection\n");
  }

  close(): void {
    this.wire.close();
  }
}

function joined(one: Uint8Array, other: Uint8Array): Uint8Array {
  const both = new Uint8Array(one.length + other.length);
  both.set(one);
  both.set(other, one.length);
  return both;
}
