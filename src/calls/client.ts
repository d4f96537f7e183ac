/** One client's session, as commands and dispatch see it; the server owns the connection below. */
import type { Database } from "../keyspace/database.ts";
import { NOTHING_WATCHED, type Watcher } from "../keyspace/watch.ts";
import type { Args } from "../protocol/args.ts";
import { CommandQueue } from "../protocol/command_queue.ts";
import type { Reply } from "../protocol/reply.ts";
import type { ClientTracking } from "./client_tracking.ts";
import type { Command } from "./command.ts";
import { WITHOUT_LIMITS } from "./without_limits.ts";

/**
 * What a command of this client must pass besides look-up and arity. A client without gates goes
 * straight to the handler, so a station that is off costs nothing.
 */
export const Gate = {
  /** Not authenticated. */
  auth: 1 << 0,
  /** Inside MULTI: commands are queued. */
  multi: 1 << 1,
  /** Replies are off, or skipped once (CLIENT REPLY). */
  reply: 1 << 2,
  /** Accesses leave no trace in the LRU clock (CLIENT NO-TOUCH). */
  noTouch: 1 << 3,
  /** Is shown what others do (MONITOR). */
  monitor: 1 << 4,
  /** Its user may not do everything. */
  access: 1 << 5,
  /** Has subscribed to something. */
  subscribed: 1 << 6,
  /** Is told of keys that change (CLIENT TRACKING). */
  tracking: 1 << 7,
} as const;

/** A queue that has grown beyond this is not kept for the next transaction. */
const KEPT_QUEUE_SIZE = 64 << 10;

/** What the server offers of a client's connection. */
export interface ConnectionPort {
  readonly remote: string;
  readonly local: string;
  readonly unix: boolean;
  /** It closes once what was replied is sent, or at once. */
  readonly closing: boolean;
  /** It gets nothing more: it closes once its command, or the turn, is over. */
  readonly isDoomed: boolean;
  /** It had to wait until now: it goes on with what has arrived when this turn is over. */
  readonly isFreed: boolean;
  /** The system's number for the socket, or -1: the runtime does not tell it. */
  readonly descriptor: number;
  /**
   * Bytes that have arrived, arguments that are whole left aside, and the room for more. Of who
   * runs commands it is all that has been read for them.
   */
  readonly queryBufferSize: number;
  readonly queryBufferRoom: number;
  /** Arguments of a command that waits, or has not arrived whole, in bytes. */
  readonly argumentsSize: number;
  /** Bytes of replies that have not been offered to the socket yet: of this turn. */
  readonly repliedSize: number;
  /** Reply bytes not yet taken by the socket, and the pieces they are in. */
  readonly outputSize: number;
  readonly outputCount: number;
  /** Those of them that wait for the disk. */
  readonly heldSize: number;
  readonly outputPeakSize: number;
  readonly createdMs: number;
  readonly lastActiveMs: number;
  /**
   * Runs nothing more, and closes when what was replied is sent. A command that replies nothing
   * (CLIENT REPLY OFF) leaves it open, as in Redis, until there is something else to send.
   */
  closeAfterReplies(): void;
  /** Closes at once, dropping what was not sent. */
  kill(): void;
  /** As `kill`, at the end of this turn: until then others find the client, but it gets nothing. */
  killAfterTurn(): void;
  /** Stops running this client's commands until `resume`; what arrives meanwhile is kept. */
  suspend(): void;
  resume(): void;
  /**
   * Replies with what has been written from `from` on for clients that waited, and goes on; or with
   * what is in a writer of its own, to which nothing more is written.
   */
  resumeWithAnswer(from: number, writer?: Reply): void;
  /** As `suspend`, until less waits for the disk; until then nothing is read, either. */
  awaitDisk(): void;
  /**
   * A reply of at least so many bytes is being written: whether that is more than the client may
   * have waiting. It is closed for it then, once the command is over.
   */
  outgrows(size: number): boolean;
  /** There is no memory for the reply that is being written: the client is closed as well. */
  lacksMemory(): void;
  /**
   * Appends bytes to the client's output outside its own replies (MONITOR, push messages): they
   * show changes up to `mark`, and leave when those may be told of.
   */
  push(bytes: Uint8Array, mark: number): void;
  /**
   * As `push`, of a message that many get: bytes [from, to) of a block that is theirs together. To
   * who runs a command it goes where its replies are now.
   */
  deliver(block: SharedBlock, from: number, to: number, mark: number): void;
}

/** Messages that connections have still to send lie in here: it is used anew when none has. */
export interface SharedBlock {
  readonly bytes: Uint8Array;
  /** How many connections will send some of it at the end of the turn. */
  users: number;
  /** Some connection keeps bytes of it for longer: they stay as they are. */
  isKept: boolean;
}

/** What CLIENT REPLY asked for: a mask. Gate.reply is set while it is not 0. */
export const Silence = {
  off: 1 << 0,
  /** The command that runs is not replied to. */
  skip: 1 << 1,
  /** Nor is the one after it: becomes `skip` when it is over. */
  skipNext: 1 << 2,
} as const;

/** What a client is to the server. */
export type ClientType = "normal" | "master" | "replica" | "pubsub";

export class Client implements Watcher {
  readonly id: number;
  readonly connection: ConnectionPort;
  name = "";
  libraryName = "";
  libraryVersion = "";
  user = WITHOUT_LIMITS;
  /** It has logged in, or had not to when it came; see Gate.auth. */
  authenticated = false;
  type: ClientType = "normal";
  db: Database;
  protocol = 2;
  /** Mask of Gate. */
  gates = 0;
  /** Set when no further command of what has arrived may run: closing, or suspended. */
  halted = false;
  /** Mask of Silence. */
  silence = 0;
  /** It has no connection: commands of scripts are run as this client's. */
  isScript = false;
  noEvict = false;
  noTouch = false;
  /**
   * The commands queued by MULTI; null outside one. While EXEC runs them it is still here, though
   * Gate.multi is off.
   */
  queue: CommandQueue | null = null;
  /** A queued command was refused: EXEC aborts. */
  queueFailed = false;
  watched = NOTHING_WATCHED;
  watchedSize = 0;
  /** A watched key has changed: EXEC fails. */
  dirty = false;
  /** What the client is blocked on; null while it is not. */
  blocked: BlockedState | null = null;
  /** The last command looked up; null before the first. */
  lastCommand: Command | null = null;
  /** What it is told of keys that change; null for one that has never asked. */
  tracking: ClientTracking | null = null;
  /** The command that waits for the end of a pause. */
  postponed: Args | null = null;
  /** What it has subscribed to; null if it never has. */
  subscriptions: Subscriptions | null = null;
  /** `ChangeFeed.mark` of the last change by this client; 0 before the first. */
  changeMark = 0;
  /** Of the last change, by whoever, that a reply of this client may show: it waits for that. */
  shownMark = 0;
  /** The queue of the last transaction, for the next one. */
  private spareQueue: CommandQueue | null = null;

  constructor(id: number, db: Database, connection: ConnectionPort) {
    this.id = id;
    this.db = db;
    this.connection = connection;
  }

  /** Whether the client is on this machine. */
  get isLocal(): boolean {
    const { unix, remote } = this.connection;
    return unix || remote.startsWith("127.") || remote.startsWith("[::1]:");
  }

  get unauthenticated(): boolean {
    return (this.gates & Gate.auth) !== 0;
  }

  /** Whether it has subscribed to something. */
  get subscribed(): boolean {
    return (this.gates & Gate.subscribed) !== 0;
  }

  get monitoring(): boolean {
    return (this.gates & Gate.monitor) !== 0;
  }

  /** The client has made a change with this mark. */
  changed(mark: number): void {
    this.changeMark = mark;
    this.shows(mark);
  }

  /** The client's next reply may show a change with this mark, whoever made it. */
  shows(mark: number): void {
    if (mark > this.shownMark) this.shownMark = mark;
  }

  setGate(gate: number, on: boolean): void {
    this.gates = on ? this.gates | gate : this.gates & ~gate;
  }

  setSilence(silence: number): void {
    this.silence = silence;
    this.setGate(Gate.reply, silence !== 0);
  }

  /** Whether what is replied now is dropped. */
  get isSilent(): boolean {
    return (this.silence & (Silence.off | Silence.skip)) !== 0;
  }

  /** Whether its command is suspended in its middle: a script that runs long. */
  get isMidway(): boolean {
    return this.blocked !== null && !this.blocked.unblockable;
  }

  /** A command is over that was not run by another one: to be told while Gate.reply is set. */
  endSkip(): void {
    const next = (this.silence & Silence.skipNext) === 0 ? 0 : Silence.skip;
    this.setSilence((this.silence & Silence.off) | next);
  }

  /** MULTI: commands are queued from now on. */
  openQueue(): void {
    this.queue = this.spareQueue ?? new CommandQueue();
    this.spareQueue = this.queue;
    this.queue.clear();
    this.queueFailed = false;
    this.setGate(Gate.multi, true);
  }

  /** The transaction is over. */
  closeQueue(): void {
    if (this.queue !== null && this.queue.size > KEPT_QUEUE_SIZE) this.spareQueue = null;
    this.queue = null;
    this.queueFailed = false;
    this.setGate(Gate.multi, false);
  }
}

/** A client's subscriptions, as others count them. */
export interface Subscriptions {
  readonly channel: { readonly size: number };
  readonly pattern: { readonly size: number };
  readonly shard: { readonly size: number };
  /** Bytes of all their names. */
  readonly nameSize: number;
}

/** A blocked client: how it is let go from outside. */
export interface BlockedState {
  /** Whether CLIENT UNBLOCK may end it: not what waits in its middle for its next turn. */
  readonly unblockable: boolean;
  /** Bytes of the command's arguments. */
  readonly argumentsSize: number;
  /** Bytes of memory: of these, and of what is kept for each key that is waited for. */
  readonly memorySize: number;
  /** Where its reply goes, of what waits in its middle; else null. */
  readonly reply: Reply | null;
  /** Ends it as its timeout would, or with an UNBLOCKED error. */
  unblock(withError: boolean): void;
  /** Ends it, with nothing replied: the client is gone. */
  cancel(): void;
}
