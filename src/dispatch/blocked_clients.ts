/**
 * The clients that wait: for keys, for the disk, until a time is over, or some of these.
 *
 * A command that finds nothing hands its `Wait` over and returns. After each command that makes an
 * awaited key ready, `serveReady` carries the waiting commands out, as if they came just then: the
 * keys in the order in which they became ready, the clients of a key in the order in which they
 * came. What a served command makes ready in turn goes to the end of the same queue, so that chains
 * of any length are served in one go, without recursion.
 *
 * Replies to those who waited go to a writer of their own, since another client's command may be
 * in the midst of its reply.
 */
import { NIL } from "../arena/arena.ts";
import { assert } from "../base/assert.ts";
import { Deadlines, type Timed } from "../base/deadlines.ts";
import { Call, type CallServer, type Wait } from "../calls/call.ts";
import { type BlockedState, type Client, Gate } from "../calls/client.ts";
import type { ClientFeature } from "../calls/client_feature.ts";
import { type Command, Flag } from "../calls/command.ts";
import type { WaitedKey, Waiter } from "../keyspace/waits.ts";
import { type Args, keptArgs } from "../protocol/args.ts";
import { CommandError } from "../protocol/errors.ts";
import type { Reply } from "../protocol/reply.ts";
import type { EntryRef } from "../structures/entry.ts";
import * as entry from "../structures/entry.ts";
import * as loose from "../values/loose.ts";
import { Type } from "../values/types.ts";
import { guardReply } from "./reply_guard.ts";
import { replyFor, spaceRefusal } from "./space_gate.ts";

const UNBLOCKED = new CommandError("UNBLOCKED client unblocked via CLIENT UNBLOCK");
/** The longest that a timer is set for: what is due later is looked at again. */
const DELAY_MAX_MS = 3_600_000;
/** While nobody is served, who would look again looks so often whether that has changed. */
const HELD_RETRY_MS = 10;
/** In place of the type of a key that is not there: nobody waits for it. */
const NO_TYPE = -1;
/** In place of the argument that is a key: the disk has more. */
const NO_KEY = -1;
/** Bytes of memory for each key that is waited for, besides its name. */
const WAIT_SIZE = 500;

/** Has `run` called in so many ms; returns what calls it off. */
type Schedule = (delayMs: number, run: () => void) => () => void;

/** A client that waits, and its command. */
class Waiting implements Waiter, Timed, BlockedState {
  readonly unblockable = true;
  readonly reply = null;
  readonly waited: WaitedKey[] = [];
  readonly client: Client;
  readonly command: Command;
  readonly args: Args;
  readonly wait: Wait;
  /** When its time is over: monotonic time, as the next one. */
  readonly timeoutMs: number;
  /** When to look at it: then, or earlier to try again. */
  deadlineMs: number;
  slot = -1;
  /** What the command took before it waited. */
  readonly elapsedUs: number;
  private readonly room: BlockedClients;

  constructor(room: BlockedClients, call: Call, wait: Wait, timeoutMs: number, elapsedUs: number) {
    this.room = room;
    this.client = call.client;
    this.command = call.command;
    this.args = keptArgs(call.args);
    this.wait = wait;
    this.timeoutMs = timeoutMs;
    this.deadlineMs = timeoutMs;
    this.elapsedUs = elapsedUs;
  }

  get type(): number {
    return this.wait.type;
  }

  get awaitsEnd(): boolean {
    return this.wait.miss !== undefined;
  }

  get argumentsSize(): number {
    return this.args.totalSize;
  }

  get memorySize(): number {
    return this.argumentsSize + this.waited.length * WAIT_SIZE;
  }

  unblock(withError: boolean): void {
    this.room.release(this, withError);
  }

  cancel(): void {
    this.room.remove(this);
  }
}

export class BlockedClients implements ClientFeature {
  /** While it is set nobody is served, though time may be over: keys are not to be looked at. */
  isHeld = false;
  private readonly server: CallServer;
  private readonly reply: Reply;
  private readonly call: Call;
  private readonly schedule: Schedule;
  /** Where the reply begins that is being written. */
  private from = 0;
  private readonly deadlines = new Deadlines<Waiting>();
  /** Those who wait for the disk. */
  private readonly syncWaits = new Set<Waiting>();
  /** When the timer rings, and what calls it off. */
  private alarmMs = Infinity;
  private callOff: () => void = () => {};
  private readonly ringBound = () => this.ring();

  /** `reply` is the writer of replies to those who waited, and of nothing else. */
  constructor(server: CallServer, reply: Reply, schedule: Schedule) {
    this.server = server;
    this.reply = reply;
    this.call = new Call(server, reply);
    this.schedule = schedule;
    reply.guard = (writer, lacks) => guardReply(this.call.client, writer, this.from, lacks);
  }

  /** The client of a call waits, see waitForKeys; its command took so long until now. */
  add(
    call: Call,
    wait: Wait,
    first: number,
    count: number,
    timeoutMs: number,
    elapsedUs: number,
  ): void {
    const { client, db, keyspace, server } = call;
    const nowMs = server.clock.monotonicMs();
    const overMs = timeoutMs === 0 ? Infinity : nowMs + timeoutMs;
    const waiting = new Waiting(this, call, wait, overMs, elapsedUs);
    for (let i = first; i < first + count; i++) keyspace.waits.add(waiting, db, waiting.args, i);
    if (wait.synced !== undefined) this.syncWaits.add(waiting);
    this.expect(waiting, call, nowMs);
    client.blocked = waiting;
    client.connection.suspend();
    server.figures.blockedClients++;
    server.figures.blockedWithTimeout = this.deadlines.count;
  }

  /** Notes when to look at a wait that has a time. */
  private expect(waiting: Waiting, call: Call, nowMs: number): void {
    const { wait, timeoutMs } = waiting;
    const retryMs = nowMs + (wait.retryInMs?.(call) ?? Infinity);
    waiting.deadlineMs = Math.min(timeoutMs, retryMs);
    if (waiting.deadlineMs === Infinity) return;
    this.deadlines.add(waiting);
    this.arm(nowMs);
  }

  left(client: Client): void {
    client.blocked?.cancel();
  }

  /** Who is blocked runs no command. */
  reset(): void {}

  /** Serves those who wait for keys that have become ready. */
  serveReady(): void {
    const { waits } = this.server.keyspace;
    for (let key = waits.nextReady(); key !== null; key = waits.nextReady()) this.serveKey(key);
  }

  /** Whether anybody waits for the disk. */
  get awaitsSync(): boolean {
    return this.syncWaits.size > 0;
  }

  /** Serves those who wait for the disk: more is on it, or what they wait for will not come. */
  serveSynced(): void {
    for (const waiting of this.syncWaits) {
      if (!waiting.client.connection.closing) this.serve(waiting, NO_KEY, NIL as EntryRef);
    }
  }

  /** Ends a wait from outside, as its timeout would or with an error. */
  release(waiting: Waiting, withError: boolean): void {
    const from = this.begin(waiting);
    if (withError) this.fail(UNBLOCKED);
    else waiting.wait.giveUp(this.call);
    this.server.figures.commands.failed[waiting.command.id]++;
    this.server.figures.commands.recordUnblocked(waiting.command, waiting.elapsedUs, 0);
    this.end(waiting, from);
  }

  /** Forgets a wait, with nothing replied. */
  remove(waiting: Waiting): void {
    const { figures, keyspace } = this.server;
    keyspace.waits.remove(waiting);
    this.deadlines.remove(waiting);
    this.syncWaits.delete(waiting);
    waiting.client.blocked = null;
    figures.blockedClients--;
    figures.blockedWithTimeout = this.deadlines.count;
  }

  private serveKey(key: WaitedKey): void {
    const db = this.server.keyspace.databases[key.databaseId];
    if (key.count === 0) return;
    let e = key.write(db);
    const type = e === NIL ? NO_TYPE : entry.type(e);
    for (const [waiter, index] of key.waitersFor(type)) {
      const waiting = waiter as Waiting;
      if (waiting.client.connection.closing) continue;
      this.serve(waiting, index, e);
      e = key.write(db);
      if (e === NIL || entry.type(e) !== type) break;
    }
    const isStream = e !== NIL && entry.type(e) === Type.stream;
    if (key.missCount > 0 && !isStream) this.tellMisses(key);
  }

  /** Serves those who want to know that the key holds no stream any more. */
  private tellMisses(key: WaitedKey): void {
    for (const [waiter, index] of key.waitersFor(Type.stream)) {
      const waiting = waiter as Waiting;
      const isOpen = !waiting.client.connection.closing;
      if (isOpen && waiting.awaitsEnd) this.serve(waiting, index, NIL as EntryRef);
    }
  }

  /** Carries out the command of a client that waited; it may be that it has to wait on. */
  private serve(waiting: Waiting, index: number, e: EntryRef): void {
    const { call, server } = this;
    const { command, wait } = waiting;
    const from = this.begin(waiting);
    const startMs = server.clock.monotonicMs();
    const { feed } = call;
    if (feed.active) feed.beginUnit();
    let isServed = false;
    let hasFailed = false;
    const { tracking } = server;
    const { current } = tracking;
    const { dirty } = server.keyspace;
    tracking.current = waiting.client;
    tracking.isServing = true;
    try {
      const refusal = spaceRefusal(command, command.flags);
      if (refusal !== null) throw refusal;
      isServed = this.attempt(wait, index, e);
    } catch (error) {
      loose.abandon();
      const problem = replyFor(error, server.keyspace.dirty !== dirty);
      server.figures.commands.failed[command.id]++;
      this.reply.truncate(from);
      this.fail(problem);
      hasFailed = true;
    }
    tracking.current = current;
    tracking.isServing = false;
    if (feed.active) this.tell(isServed);
    if (!isServed && !hasFailed) {
      if (DEBUG) assert(this.reply.position === from, "a reply to a client that waits on");
      return;
    }
    this.account(waiting, (server.clock.monotonicMs() - startMs) * 1000);
    this.end(waiting, from);
    tracking.commandOver(waiting.client);
  }

  private attempt(wait: Wait, index: number, e: EntryRef): boolean {
    const { call } = this;
    if (index === NO_KEY) return wait.synced?.(call) === true;
    if (e === NIL) return wait.miss?.(call, index) === true;
    return wait.serve(call, index, e);
  }

  /** Has the feed know of what was done for a client that waited. */
  private tell(isServed: boolean): void {
    const { feed, client, command, args } = this.call;
    feed.commandRan(client.db, args, isServed && (command.flags & Flag.write) !== 0);
    if (feed.endUnit()) client.changed(feed.mark);
  }

  /** The time that a client waited is nobody's; that of the command counts as of any other. */
  private account(waiting: Waiting, us: number): void {
    const { commands, latency, slowlog } = this.server.figures;
    const { command } = waiting;
    const totalUs = waiting.elapsedUs + us;
    commands.recordUnblocked(command, totalUs, us);
    latency.addIfSlow("command-unblocking", us / 1000);
    if (slowlog.thresholdUs < 0 || totalUs < slowlog.thresholdUs) return;
    if ((command.flags & Flag.skip_slowlog) === 0) {
      slowlog.record(command, waiting.args, Math.round(totalUs), waiting.client);
    }
  }

  /**
   * Makes `call` and the writer this client's; returns where its reply begins. Whatever it is, it
   * shows what has become of the keys that were waited for.
   */
  private begin(waiting: Waiting): number {
    const { call, reply } = this;
    const { unsynced } = this.server.keyspace;
    // Not by `look`: CLIENT UNBLOCK may be in the midst of a transaction, which has looked as well.
    for (const { databaseId, hash } of waiting.waited) {
      waiting.client.shows(unsynced.markOf(databaseId, hash));
    }
    call.client = waiting.client;
    call.args = waiting.args;
    call.command = waiting.command;
    reply.protocol = waiting.client.protocol;
    this.from = reply.position;
    return this.from;
  }

  /** The client has its reply, from `from` on, and goes on. */
  private end(waiting: Waiting, from: number): void {
    const { client } = waiting;
    this.remove(waiting);
    if ((client.gates & Gate.reply) !== 0) {
      if (client.isSilent) this.reply.truncate(from);
      client.endSkip();
    }
    client.connection.resumeWithAnswer(from);
  }

  private fail(error: CommandError): void {
    this.server.figures.commands.countError(error.code);
    error.replyTo(this.reply);
  }

  /** Sets the timer for the earliest deadline, unless it rings before that. */
  private arm(nowMs: number): void {
    const { first } = this.deadlines;
    if (first === undefined || first.deadlineMs >= this.alarmMs) return;
    this.callOff();
    this.alarmMs = first.deadlineMs;
    const delayMs = Math.min(Math.max(0, first.deadlineMs - nowMs), DELAY_MAX_MS);
    this.callOff = this.schedule(delayMs, this.ringBound);
  }

  /** Lets go those whose time is over. */
  private ring(): void {
    const { clock } = this.server;
    this.alarmMs = Infinity;
    clock.tick();
    const nowMs = clock.monotonicMs();
    for (;;) {
      const { first } = this.deadlines;
      if (first === undefined || first.deadlineMs > nowMs) break;
      if (first.timeoutMs > nowMs) {
        this.retry(first, nowMs);
        continue;
      }
      const from = this.begin(first);
      first.wait.giveUp(this.call);
      this.end(first, from);
    }
    this.arm(nowMs);
  }

  /** Tries to serve a client though nothing happened to its keys. */
  private retry(waiting: Waiting, nowMs: number): void {
    const { client, type } = waiting;
    this.deadlines.remove(waiting);
    if (this.isHeld) {
      waiting.deadlineMs = Math.min(waiting.timeoutMs, nowMs + HELD_RETRY_MS);
      this.deadlines.add(waiting);
      return;
    }
    for (const key of [...waiting.waited]) {
      const index = key.indexFor(waiting) as number;
      const db = this.server.keyspace.databases[key.databaseId];
      const e = db.write(waiting.args, index, key.hash);
      if (e !== NIL && entry.type(e) === type) this.serve(waiting, index, e);
      if (client.blocked !== waiting) return;
    }
    this.begin(waiting);
    this.expect(waiting, this.call, nowMs);
  }
}
