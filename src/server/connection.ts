/**
 * One connection: bytes in, commands run one after the other, replies out at the end of the turn.
 *
 * States: open → closing (what was replied is still sent, nothing more is run) → closed. While its
 * commands wait (`Hold`) nothing is run; what arrives is kept, or is left to the system.
 */

import { isShortage } from "../arena/shortage.ts";
import { copyBytes } from "../base/bytes.ts";
import {
  HEAD_READ_SIZE,
  JOINED_SIZE_MAX,
  RUN_OUTPUT_SIZE_MAX,
  TURN_OUTPUT_SIZE_MAX,
  UNREAD_OUTPUT_SIZE_MAX,
} from "../base/limits.ts";
import { Client, type ConnectionPort, type SharedBlock } from "../calls/client.ts";
import { COMMAND_SIZE_MAX, PADDING, type Partial } from "../protocol/partial.ts";
import type { Reply } from "../protocol/reply.ts";
import { NOT_LENT, type TakePart } from "../protocol/reply_pieces.ts";
import { BROKEN, COMMAND, MORE } from "../protocol/request.ts";
import type { Socket, SocketEvents } from "../runtime/net.ts";
import { ByteParts, writeParts } from "../runtime/parts.ts";
import { ARRIVED_SIZE_MAX, type Arrivals, type ArrivedConnection } from "./arrivals.ts";
import type { BacklogConnection } from "./backlog.ts";
import type { RegisteredConnection } from "./client_registry.ts";
import type { Engine, OutputLimit } from "./engine.ts";
import type { HeldConnection } from "./held_replies.ts";
import { OutputQueue } from "./output_queue.ts";
import { followsReply } from "./own_events.ts";
import type { TurnConnection } from "./turn.ts";

/** Memory that a client takes besides its buffers: its objects, and what garbage they leave. */
const CLIENT_BASE_SIZE = 1024;
/** And for each watched key, and for each subscription and prefix, besides its bytes. */
const WATCH_SIZE = 360;
const SUBSCRIPTION_SIZE = 440;

/** What is sent at once. */
const parts = new ByteParts();
const addPart: TakePart = (bytes, offset, size) => {
  parts.add(bytes, offset, size);
  return false;
};

/** The output of all connections whose replies have always been taken at once. */
const NOTHING_QUEUED = new OutputQueue();

/** Why a connection's commands wait. */
const Hold = {
  /** CLIENT PAUSE, or a blocking command. */
  suspended: 1 << 0,
  /** Too much output is unread: nothing is read either, until the client has taken half. */
  throttled: 1 << 1,
  /** It goes on after this turn: its run has lasted long enough, or it no longer has to wait. */
  yielded: 1 << 2,
  /** Too much waits for the disk: nothing is read, either. */
  backlog: 1 << 3,
  /** Much is to be evicted: others have their turn first. Nothing is read, either. */
  evicting: 1 << 4,
} as const;

/** While any is set, nothing is read. */
const UNREAD = Hold.throttled | Hold.backlog | Hold.evicting;

export class Connection
  implements
    SocketEvents,
    ConnectionPort,
    TurnConnection,
    HeldConnection,
    BacklogConnection,
    ArrivedConnection,
    RegisteredConnection
{
  readonly client: Client;
  readonly remote: string;
  readonly local: string;
  readonly unix: boolean;
  readonly descriptor: number;
  output = NOTHING_QUEUED;
  readonly createdMs: number;
  lastActiveMs: number;
  outputPeakSize = 0;
  closing = false;
  rangeCount = 0;
  lastRange = 0;
  accountedHeldSize = 0;
  heldPlace = 0;
  awaitsFlush = false;
  isDoomed = false;
  /** Bytes of the reply that was too much. */
  private refusedSize = 0;
  accountedSize = 0;
  /** Its place among those that the registry may close, the largest first; only the registry's. */
  slot = -1;
  /** The second in which the output was first above the soft limit; 0 while it is not. */
  private softLimitSince = 0;
  private readonly engine: Engine;
  private readonly socket: Socket;
  private partial: Partial | null = null;
  private isClosed = false;
  /** Mask of Hold: while any is set, what arrives is kept and nothing is run. */
  private holds = 0;
  /** The turn in which it last was told to go on. */
  private resumedTurn = -1;
  /** Bytes of replies sent in the middle of the run that is going on. */
  private spilledSize = 0;
  /** Its last request was a large one: the next may be, too. */
  private readsHeads = false;

  /** `path` is the socket file's for a connection through one. */
  constructor(engine: Engine, id: number, socket: Socket, path: string | null) {
    this.engine = engine;
    this.socket = socket;
    this.descriptor = socket.descriptor;
    this.unix = path !== null;
    this.remote = path === null ? socket.remote : `${path}:0`;
    this.local = path === null ? socket.local : this.remote;
    this.createdMs = engine.clock.nowMs;
    this.lastActiveMs = this.createdMs;
    this.client = new Client(id, engine.keyspace.databases[0], this);
  }

  get queryBufferSize(): number {
    const { engine } = this;
    if (engine.running === this) return engine.parser.end - engine.parser.origin;
    return this.partial === null ? 0 : this.partial.size - this.partial.at;
  }

  get queryBufferRoom(): number {
    return this.partial === null ? 0 : this.partial.bytes.length - this.partial.size;
  }

  get argumentsSize(): number {
    const { partial } = this;
    const isWhole = partial === null || this.engine.running === this;
    return this.heldArgumentsSize + (isWhole ? 0 : (partial.args?.totalSize ?? 0));
  }

  /** Arguments of a command that waits. */
  private get heldArgumentsSize(): number {
    const { blocked, postponed } = this.client;
    return blocked?.argumentsSize ?? postponed?.totalSize ?? 0;
  }

  get repliedSize(): number {
    const { engine } = this;
    const ranges = engine.turn.rangesSize(this);
    return engine.running === this ? ranges + engine.reply.position - engine.runningFrom : ranges;
  }

  get outputSize(): number {
    return this.output.size + this.refusedSize;
  }

  /** To be added to. */
  private get ownOutput(): OutputQueue {
    if (this.output === NOTHING_QUEUED) this.output = new OutputQueue();
    return this.output;
  }

  private get outputLimit(): OutputLimit {
    const { outputLimits } = this.engine;
    return this.client.subscribed ? outputLimits.pubsub : outputLimits.normal;
  }

  get isFreed(): boolean {
    return this.resumedTurn === this.engine.turn.number;
  }

  get heldSize(): number {
    return this.output.heldSize;
  }

  get outputCount(): number {
    return this.output.pieceCount;
  }

  /** For the registry's order. */
  get deadlineMs(): number {
    return -this.accountedSize;
  }

  /** Bytes of memory that this client takes. */
  get memorySize(): number {
    const queue = this.client.queue?.size ?? 0;
    const { blocked } = this.client;
    const held = blocked === null ? this.heldArgumentsSize : blocked.memorySize;
    const input = (this.partial?.bytes.length ?? 0) + held;
    const watched = this.client.watchedSize + this.client.watched.length * WATCH_SIZE;
    const modes = queue + watched + this.subscriptionsSize + this.prefixesSize;
    return CLIENT_BASE_SIZE + input + this.output.room + modes;
  }

  private get subscriptionsSize(): number {
    const { subscriptions } = this.client;
    if (subscriptions === null) return 0;
    const { channel, pattern, shard, nameSize } = subscriptions;
    return (channel.size + pattern.size + shard.size) * SUBSCRIPTION_SIZE + nameSize;
  }

  private get prefixesSize(): number {
    const { tracking } = this.client;
    if (tracking === null) return 0;
    return tracking.prefixes.size * SUBSCRIPTION_SIZE + tracking.prefixesSize;
  }

  /** Bytes can be read: runs every command that is whole. */
  readable(): void {
    try {
      this.receive();
    } catch (error) {
      this.giveUp(error);
    }
  }

  private receive(): void {
    const { arrivals } = this.engine;
    if (arrivals.isOpen) {
      const isIdle = !this.closing && this.partial === null && this.holds === 0;
      if (isIdle && !this.readsHeads) {
        this.arrive(arrivals);
        return;
      }
      // What came before runs before, and the input is needed.
      arrivals.run();
    }
    if (this.closing) {
      this.discard();
      return;
    }
    const { partial } = this;
    if (partial === null) {
      if (!this.readFirst()) return;
      if (this.holds === 0) this.process();
      else this.keep();
    } else if (this.holds === 0 && !partial.isDirect && partial.size <= JOINED_SIZE_MAX) {
      this.readBehind(partial);
    } else if (this.readMore(partial)) {
      this.received(partial);
    }
  }

  /** Reads what is there; if it is little, it runs when that of others has been read as well. */
  private arrive(arrivals: Arrivals): void {
    const { input } = this.engine;
    const from = arrivals.end;
    const size = this.read(input, from, input.length - PADDING - from);
    if (size === 0) return;
    if (size <= ARRIVED_SIZE_MAX) {
      arrivals.add(this, size);
      return;
    }
    arrivals.run();
    this.hasArrived(from, from + size, 0, 0);
  }

  runArrived(from: number, end: number, batchFrom: number, batchEnd: number): void {
    try {
      this.hasArrived(from, end, batchFrom, batchEnd);
    } catch (error) {
      this.giveUp(error);
    }
  }

  private hasArrived(from: number, end: number, batchFrom: number, batchEnd: number): void {
    const { input, inputView, parser } = this.engine;
    const { partial } = this;
    if (this.closing) return;
    if (partial !== null) {
      partial.append(input.subarray(from, end));
      this.received(partial);
      return;
    }
    parser.start(input, inputView, end, from);
    if (this.holds !== 0) {
      this.keep();
      return;
    }
    parser.takeBatched(batchFrom, batchEnd);
    this.process();
  }

  /** More of a command has arrived where it is kept. */
  private received(partial: Partial): void {
    const { engine } = this;
    const isTooLong = partial.size > COMMAND_SIZE_MAX;
    if (isTooLong || this.queryBufferSize > engine.queryBufferSizeMax) {
      this.overflowInput();
      return;
    }
    if (this.holds !== 0 || partial.size < partial.needed) {
      engine.clients.account(this);
      return;
    }
    engine.parser.resume(partial);
    this.process();
  }

  private overflowInput(): void {
    const { engine } = this;
    engine.figures.queryBufferLimitDisconnections++;
    engine.log(
      "warning",
      `Closing client that reached max query buffer length: ${engine.lineOf(this.client)}`,
    );
    this.kill();
  }

  /** The socket takes bytes again. */
  drain(): void {
    this.lastActiveMs = this.engine.clock.nowMs;
    this.sendQueued();
    this.afterSend();
  }

  /** The connection is gone, whoever ended it. */
  closed(): void {
    if (this.isClosed) return;
    this.isClosed = true;
    this.closing = true;
    this.output.clear();
    this.engine.turn.held.account(this);
    // While its command runs the arguments are there: `finish` gives them back.
    if (this.engine.running !== this && this.partial !== null) {
      this.partial.release();
      this.partial = null;
    }
    this.engine.clients.remove(this);
  }

  /**
   * Sends what a writer has written between two positions, after what waits; `isLast`: nobody needs
   * more of it. What the socket does not take is kept.
   */
  sendReply(writer: Reply, start: number, end: number, isLast: boolean): void {
    if (writer.isInOne) {
      const mayAdopt = isLast && writer.isOversized;
      if (this.offer(writer.bytes, start, end - start, mayAdopt)) writer.handedOver();
    } else {
      this.offerPieces(writer, start, end);
    }
    if (this.output.size > 0) this.afterSend();
  }

  /** Sends what waits; then closes if it was to. */
  sendWaiting(): void {
    const { figures, keyspace } = this.engine;
    figures.writesProcessed++;
    // What it waited for may have been confirmed since, in this turn, before it counted as held.
    this.output.release(keyspace.unsynced.safeMark);
    this.sendQueued();
    this.afterSend();
  }

  /** Without memory for its output the client is closed. */
  private failToKeep(error: unknown): void {
    if (!(error instanceof RangeError)) throw error;
    this.lacksMemory();
    this.kill();
  }

  /** Offers bytes to the socket, and keeps what it does not take: as `OutputQueue.add`. */
  private offer(bytes: Uint8Array, offset: number, size: number, mayAdopt: boolean): boolean {
    if (this.isClosed || this.isDoomed) return false;
    const { figures } = this.engine;
    figures.netOutputSize += size;
    figures.writesProcessed++;
    let sent = 0;
    if (this.output.size === 0 && size > 0) sent = this.socket.write(bytes, offset, size);
    return sent < size && this.keepOutput(bytes, offset + sent, size - sent, mayAdopt, 0);
  }

  /** As `offer`, of what lies in several places. */
  private offerPieces(writer: Reply, start: number, end: number): void {
    if (this.isClosed || this.isDoomed) return;
    const { figures } = this.engine;
    figures.netOutputSize += end - start;
    figures.writesProcessed++;
    let from = start;
    for (let isOpen = this.output.size === 0; isOpen && from < end; ) {
      writer.show(from, end, addPart);
      const taken = writeParts(this.socket, parts);
      isOpen = taken === parts.size;
      parts.clear();
      from += taken;
    }
    if (from === end) return;
    writer.show(from, end, (bytes, offset, size, isPieceOver, block) =>
      this.keepOutput(bytes, offset, size, isPieceOver, 0, block),
    );
  }

  /** Keeps what a writer has written there until changes up to `mark` may be told of. */
  hold(writer: Reply, start: number, end: number, mark: number): void {
    if (this.isClosed) return;
    this.engine.figures.netOutputSize += end - start;
    this.engine.figures.writesProcessed++;
    writer.show(start, end, (bytes, offset, size, isPieceOver, block) =>
      this.keepOutput(bytes, offset, size, isPieceOver, mark, block),
    );
    this.afterSend();
  }

  /** As `OutputQueue.hold`; without memory for it the client is closed. */
  private keepOutput(
    bytes: Uint8Array,
    offset: number,
    size: number,
    mayAdopt: boolean,
    mark: number,
    block = NOT_LENT,
  ): boolean {
    if (this.isClosed || this.isDoomed) return false;
    try {
      return this.ownOutput.hold(bytes, offset, size, mayAdopt, mark, block);
    } catch (error) {
      this.failToKeep(error);
      return false;
    }
  }

  /** Changes up to `mark` may be told of: sends what waited for that. */
  release(mark: number): void {
    if (!this.output.release(mark)) return;
    this.sendQueued();
    this.afterSend();
  }

  /** Counts what has changed of the output. */
  private account(): void {
    if (this.isClosed || this.isDoomed) return;
    this.engine.turn.held.account(this);
    this.engine.clients.account(this);
  }

  push(bytes: Uint8Array, mark: number): void {
    if (this.closing) {
      this.endSilence();
      return;
    }
    const inside = this.replyOfNow;
    if (inside !== null) {
      this.deliverInside(inside, bytes, 0, bytes.length, mark);
      return;
    }
    try {
      if (this.rangeCount > 0) this.engine.turn.settle(this);
      this.keepOutput(bytes, 0, bytes.length, false, mark);
      this.queued(bytes.length);
    } catch (error) {
      this.giveUp(error);
    }
  }

  deliver(block: SharedBlock, from: number, to: number, mark: number): void {
    if (this.closing) {
      this.endSilence();
      return;
    }
    const inside = this.replyOfNow;
    if (inside !== null) {
      this.deliverInside(inside, block.bytes, from, to - from, mark);
      return;
    }
    try {
      if (this.rangeCount > 0) this.engine.turn.settle(this);
      this.ownOutput.deliver(block, from, to, mark);
      this.queued(to - from);
    } catch (error) {
      this.giveUp(error);
    }
    if (!this.isClosed && this.outgrows(0)) this.killAfterTurn();
  }

  /**
   * Something would have been sent to who is about to close: in Redis who closes in silence
   * (CLIENT REPLY OFF) is gone only then.
   */
  private endSilence(): void {
    if (!this.isClosed && !this.isDoomed) this.engine.turn.addWaiting(this);
  }

  /** Where a command of this client replies to that runs, or is suspended; null without one. */
  private get replyOfNow(): Reply | null {
    const { client, engine } = this;
    if (engine.running === this) return engine.reply;
    return client.blocked === null ? null : client.blocked.reply;
  }

  /** A message to who runs a command: before or after that one's reply, but not within it. */
  private deliverInside(
    reply: Reply,
    bytes: Uint8Array,
    offset: number,
    size: number,
    mark: number,
  ): void {
    const { client, engine } = this;
    client.shows(mark);
    const { lastCommand } = client;
    const { event } = engine.keyspace.events;
    const follows = lastCommand !== null && followsReply(lastCommand, event);
    const comesLater = client.isSilent || reply.isAmid || follows;
    if (comesLater && client.gates !== 0) reply.messageAside(bytes.slice(offset, offset + size));
    else reply.message(bytes, offset, size);
  }

  /** So many bytes have been added to the queue. */
  private queued(size: number): void {
    const { engine } = this;
    engine.figures.netOutputSize += size;
    this.output.release(engine.keyspace.unsynced.safeMark);
    engine.turn.addWaiting(this);
  }

  closeAfterReplies(): void {
    this.closing = true;
    this.client.halted = true;
    // Else `finish` knows whether there is a reply.
    if (this.engine.running !== this) this.engine.turn.addWaiting(this);
  }

  kill(): void {
    if (this.isClosed) return;
    this.closing = true;
    this.client.halted = true;
    this.isDoomed = true;
    // The arguments of the command that runs are still needed: `finish` comes back here.
    if (this.engine.running === this) return;
    this.socket.destroy();
    this.closed();
  }

  killAfterTurn(): void {
    if (this.isClosed) return;
    this.closing = true;
    this.client.halted = true;
    this.isDoomed = true;
    // It gets nothing of it: of messages to many, what is let go now serves for those that follow.
    this.output.clear();
    this.engine.turn.held.account(this);
    this.engine.endOfTurn(() => this.kill());
  }

  suspend(): void {
    this.holds |= Hold.suspended;
    this.client.halted = true;
  }

  /** Goes on, in a turn of its own, with the command that was put off and what came after it. */
  resume(): void {
    if ((this.holds & Hold.suspended) === 0 || this.isClosed) return;
    this.holds &= ~Hold.suspended;
    this.resumedTurn = this.engine.turn.number;
    this.client.halted = this.closing;
    if (this.partial === null && this.client.postponed === null) return;
    this.engine.turn.goesOn = true;
    this.goOnLater();
  }

  awaitDisk(): void {
    this.client.halted = true;
    this.stopReading(Hold.backlog);
    this.engine.backlog.add(this);
  }

  /** The command that was put off is carried out, and what came after it. */
  goOnAfterDisk(): void {
    if (this.isClosed) return;
    this.client.halted = this.closing;
    this.readAgain(Hold.backlog);
    this.goOnLater();
  }

  giveWay(): void {
    if ((this.holds & Hold.evicting) !== 0) return;
    this.stopReading(Hold.evicting);
    const { engine } = this;
    // What has been replied leaves first.
    engine.turn.arm();
    engine.endOfTurn(() => {
      if (this.isClosed) return;
      this.readAgain(Hold.evicting);
      this.runKept();
    });
  }

  resumeWithAnswer(from: number, writer?: Reply): void {
    const { engine } = this;
    if (this.isOverflowing(writer ?? engine.answers, from)) return;
    try {
      if (writer === undefined) engine.turn.addAnswer(this, from);
      else engine.turn.addFrom(writer, this, from);
    } catch (error) {
      this.giveUp(error);
      return;
    }
    this.lastActiveMs = engine.clock.nowMs;
    this.resume();
  }

  /** Runs what was kept while the connection had to wait. */
  private runKept(): void {
    try {
      this.goOn();
    } catch (error) {
      this.giveUp(error);
    }
  }

  private goOn(): void {
    this.holds &= ~Hold.yielded;
    if (this.closing || this.holds !== 0) return;
    const { engine, client } = this;
    const { parser } = engine;
    const { postponed } = client;
    if (this.partial === null) parser.start(engine.input, engine.inputView, 0);
    else parser.resume(this.partial);
    if (postponed === null) {
      this.process();
      return;
    }
    client.postponed = null;
    this.begin();
    engine.dispatcher.execute(client, postponed);
    if (!client.halted) this.runParsed();
    this.finish();
  }

  setKeepAlive(seconds: number): void {
    if (!this.unix) this.socket.keepAlive(seconds);
  }

  /** Reads the first bytes of a command to where they are parsed; whether there were any. */
  private readFirst(): boolean {
    const { input, inputView, parser } = this.engine;
    const size = this.read(input, 0, this.readsHeads ? HEAD_READ_SIZE : input.length - PADDING);
    if (size > 0) parser.start(input, inputView, size);
    return size > 0;
  }

  /** Reads what follows behind a copy of what is there, which is little, and has it run. */
  private readBehind(partial: Partial): void {
    const { input, inputView, parser, queryBufferSizeMax } = this.engine;
    const before = partial.size;
    const size = this.read(input, before, input.length - PADDING - before);
    if (size === 0) return;
    const end = before + size;
    if (end < partial.needed || end - partial.at > queryBufferSizeMax) {
      partial.append(input.subarray(before, end));
      this.received(partial);
      return;
    }
    copyBytes(partial.bytes, 0, before, input, 0);
    parser.resumeIn(partial, input, inputView, end);
    this.process();
  }

  /** Reads what follows to where it is kept; whether there was anything. */
  private readMore(partial: Partial): boolean {
    const { input } = this.engine;
    let size: number;
    if (partial.isDirect) {
      const room = partial.extend();
      size = this.read(partial.bytes, partial.size, room);
      partial.size += size;
    } else {
      size = this.read(input, 0, input.length - PADDING);
      if (size > 0) partial.append(input.subarray(0, size));
    }
    return size > 0;
  }

  private read(into: Uint8Array, offset: number, room: number): number {
    const { figures, clock } = this.engine;
    const size = this.socket.read(into, offset, room);
    if (size === 0) return 0;
    figures.netInputSize += size;
    figures.readsProcessed++;
    this.lastActiveMs = clock.nowMs;
    return size;
  }

  /** Keeps what was read, since nothing may be run now. */
  private keep(): void {
    const { parser, clients } = this.engine;
    parser.stop();
    this.partial = parser.suspend(null);
    clients.account(this);
  }

  /** What still comes to a connection that is being closed is not looked at. */
  private discard(): void {
    const { input } = this.engine;
    this.socket.read(input, 0, input.length);
  }

  private process(): void {
    this.begin();
    this.runParsed();
    this.finish();
  }

  private begin(): void {
    const { engine } = this;
    if (!engine.turn.isOpen) engine.clock.tick();
    engine.running = this;
    engine.runningFrom = engine.reply.position;
    engine.reply.protocol = this.client.protocol;
    engine.parser.peer = this.client;
    this.spilledSize = 0;
    engine.dispatcher.accounts.openRun();
  }

  private runParsed(): void {
    const { engine, client } = this;
    const { parser, dispatcher, readAhead } = engine;
    const isAhead = readAhead.isUseful && !engine.arrivals.isRunning;
    for (;;) {
      if (isAhead && parser.batched === 0 && parser.expected === 0)
        readAhead.read(parser, client.db);
      const found = parser.next();
      if (found === COMMAND) {
        dispatcher.execute(client, parser.args);
        if (engine.reply.position > TURN_OUTPUT_SIZE_MAX) this.spill();
        if (client.halted || this.holds !== 0) {
          parser.stop();
          return;
        }
      } else if (found === MORE) {
        return;
      } else if (found === BROKEN) {
        dispatcher.failProtocol(client, parser.problem);
        this.closeAfterReplies();
        return;
      } else {
        dispatcher.passEmpty(client);
      }
    }
  }

  private finish(): void {
    const { engine } = this;
    const { parser } = engine;
    const { accounts } = engine.dispatcher;
    accounts.closeRun(accounts.isSingle ? parser.args : null);
    engine.reply.putAsideBack();
    engine.running = null;
    const { partial } = this;
    const rest = this.closing ? null : parser.suspend(partial);
    this.partial = rest;
    this.readsHeads = partial?.isLarge ?? false;
    if (partial !== rest) partial?.release();
    if (this.isOverflowing(engine.reply, engine.runningFrom)) return;
    engine.turn.add(this, engine.runningFrom);
    if (this.closing && this.hasReplied) engine.turn.addWaiting(this);
    this.account();
  }

  /** Whether there is something to send, or was in the run that is over. */
  private get hasReplied(): boolean {
    return this.rangeCount > 0 || this.output.size > 0 || this.spilledSize > 0;
  }

  /**
   * What was to be done for the connection has thrown. If there was no memory for it (for what has
   * arrived, or is queued) the client is closed, and the server lives on; all else is thrown on.
   */
  private giveUp(error: unknown): void {
    if (!isShortage(error)) throw error;
    const { engine } = this;
    if (engine.running === this) {
      engine.running = null;
      engine.dispatcher.accounts.closeRun(null);
      engine.reply.truncate(engine.runningFrom);
    }
    const reason = (error as Error).message;
    const line = engine.lineOf(this.client);
    engine.log("warning", `Closing client for which there is no memory (${reason}): ${line}`);
    this.kill();
  }

  outgrows(size: number): boolean {
    const { engine } = this;
    if (size > this.outputPeakSize) this.outputPeakSize = size;
    if (this.output.size + size <= this.outputLimit.hardSize) return false;
    if (!this.isDoomed) {
      engine.figures.outputBufferLimitDisconnections++;
      this.refusedSize = size;
      this.doom("for overcoming of output buffer limits");
    }
    return true;
  }

  /** The timer asks whether the output has been too much, or too much for too long. */
  checkOutput(nowMs: number): void {
    const { engine } = this;
    const { hardSize, softSeconds } = this.outputLimit;
    this.watchSoftLimit(nowMs);
    // Redis counts whole seconds, and so never closes a client too early.
    const isSoft = this.softLimitSince > 0 && secondOf(nowMs) - this.softLimitSince > softSeconds;
    if (this.output.size <= hardSize && !isSoft) return;
    engine.figures.outputBufferLimitDisconnections++;
    const line = engine.lineOf(this.client);
    engine.log("warning", `Client ${line} closed for overcoming of output buffer limits.`);
    this.kill();
  }

  /** Notes since when the output is above the soft limit, and that it no longer is. */
  private watchSoftLimit(nowMs: number): void {
    if (this.output.size <= this.outputLimit.softSize) this.softLimitSince = 0;
    else if (this.softLimitSince === 0) this.softLimitSince = secondOf(nowMs);
  }

  lacksMemory(): void {
    if (!this.isDoomed) this.doom("since there is no memory for its output");
  }

  /** The client gets nothing more, and is closed as soon as its command is over. */
  private doom(why: string): void {
    const line = this.engine.lineOf(this.client);
    this.engine.log("warning", `Client ${line} scheduled to be closed ASAP ${why}.`);
    this.isDoomed = true;
    this.closing = true;
    this.client.halted = true;
  }

  /** Closes the client in place of replying what was written from `from` on, if it is too much. */
  private isOverflowing(reply: Reply, from: number): boolean {
    if (!this.isDoomed && !this.outgrows(reply.position - from)) return false;
    reply.truncate(from);
    this.killAfterTurn();
    return true;
  }

  /** Sends what has been replied so far, in the middle of a turn. */
  private spill(): void {
    const { engine } = this;
    this.spilledSize += engine.reply.position - engine.runningFrom;
    if (this.isOverflowing(engine.reply, engine.runningFrom)) return;
    engine.turn.add(this, engine.runningFrom);
    engine.turn.flush();
    engine.runningFrom = engine.reply.position;
    if (this.spilledSize < RUN_OUTPUT_SIZE_MAX || this.holds !== 0) return;
    this.goOnLater();
  }

  /** Has what was kept run after this turn; what arrives until then waits behind it. */
  private goOnLater(): void {
    this.holds |= Hold.yielded;
    this.engine.endOfTurn(() => this.runKept());
  }

  /** Offers the socket what waits; what it would still take in the next turn. */
  private sendQueued(): void {
    if (this.isDoomed) return;
    try {
      if (this.output.sendTo(this.socket)) this.engine.turn.addWaiting(this);
    } catch (error) {
      this.failToKeep(error);
    }
  }

  private afterSend(): void {
    const { size } = this.output;
    this.account();
    if (this.isClosed || this.isDoomed) return;
    if (size === 0 && this.closing) {
      // What was replied in this turn is still to be sent.
      if (this.rangeCount === 0) this.socket.end();
      return;
    }
    if (this.outgrows(0)) {
      this.kill();
      return;
    }
    this.watchSoftLimit(this.engine.clock.nowMs);
    const throttled = (this.holds & Hold.throttled) !== 0;
    if (!throttled && size > UNREAD_OUTPUT_SIZE_MAX) {
      this.stopReading(Hold.throttled);
    } else if (throttled && size < UNREAD_OUTPUT_SIZE_MAX / 2) {
      this.readAgain(Hold.throttled);
      this.goOnLater();
    }
  }

  /** Nothing is read while one of these holds is set. */
  private stopReading(hold: number): void {
    if ((this.holds & UNREAD) === 0) this.socket.pause();
    this.holds |= hold;
  }

  private readAgain(hold: number): void {
    this.holds &= ~hold;
    if ((this.holds & UNREAD) === 0) this.socket.resume();
  }
}

function secondOf(unixMs: number): number {
  return Math.floor(unixMs / 1000);
}
