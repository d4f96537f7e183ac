/**
 * What every connection shares: the parser, the dispatcher and the writers, the turn that sends
 * what they wrote, and the limits. The server is the one that there is; a connection knows no more
 * of it.
 */
import type { Clock } from "../base/clock.ts";
import type { LogLevel } from "../base/log.ts";
import type { Client } from "../calls/client.ts";
import type { ServerFigures } from "../calls/server_figures.ts";
import type { Database } from "../keyspace/database.ts";
import type { Args } from "../protocol/args.ts";
import type { Reply } from "../protocol/reply.ts";
import type { RequestParser } from "../protocol/request.ts";
import type { KeyEvent } from "../values/key_event.ts";
import type { Arrivals } from "./arrivals.ts";
import type { BacklogConnection } from "./backlog.ts";
import type { RegisteredConnection } from "./client_registry.ts";
import type { Turn } from "./turn.ts";

/** client-output-buffer-limit of one kind of clients; Infinity, or all memory, for none. */
export interface OutputLimit {
  hardSize: number;
  softSize: number;
  /** For so long the output may be above `softSize`. */
  softSeconds: number;
  /** Whether the timer has to look at it. */
  isConfigured: boolean;
}

export type OutputLimits = Readonly<Record<"normal" | "pubsub", OutputLimit>>;

export function noOutputLimit(): OutputLimit {
  return { hardSize: Infinity, softSize: Infinity, softSeconds: 0, isConfigured: false };
}

/** Who runs commands and writes their replies: the dispatcher. */
export interface CommandRunner {
  execute(client: Client, args: Args): void;
  /** A request has come that is empty: nothing runs. */
  passEmpty(client: Client): void;
  /** Replies to what is no request at all. */
  failProtocol(client: Client, problem: string): void;
  /** What they take. */
  readonly accounts: RunAccounts;
}

export interface RunAccounts {
  /** Commands follow, until `closeRun`. */
  openRun(): void;
  /** They are over; `args` are those of the only one, null when they are gone. */
  closeRun(args: Args | null): void;
  /** Whether it was one command only. */
  readonly isSingle: boolean;
}

/** Who reads ahead what commands will need: ReadAhead. */
export interface Foresight {
  /** Whether it is worth it. */
  readonly isUseful: boolean;
  /** To be called between commands, before the next is taken. */
  read(parser: RequestParser, db: Database): void;
  /** As `read`, when the parser's batch has been filled. */
  readBatch(parser: RequestParser, db: Database): void;
}

/** A connection whose commands are being run. */
export interface RunningConnection {
  readonly client: Client;
  /** What follows the command of now waits for the next turn; until then nothing is read. */
  giveWay(): void;
}

export interface Engine {
  readonly clock: Pick<Clock, "nowMs" | "tick">;
  readonly keyspace: {
    readonly databases: readonly Database[];
    /** Up to this mark changes may be told of. */
    readonly unsynced: { readonly safeMark: number };
    /** The event that is being published, if one is. */
    readonly events: { readonly event: KeyEvent | null };
  };
  readonly figures: ServerFigures;
  readonly parser: RequestParser;
  readonly dispatcher: CommandRunner;
  readonly readAhead: Foresight;
  readonly arrivals: Arrivals;
  /** The writer of replies to the command that runs. */
  readonly reply: Reply;
  /** Replies to clients that waited: another client's command may be in the midst of its own. */
  readonly answers: Reply;
  readonly turn: Turn;
  readonly backlog: { add(connection: BacklogConnection): void };
  readonly clients: {
    /** Counts what has changed of the client's memory. */
    account(connection: RegisteredConnection): void;
    /** It is gone. */
    remove(connection: RegisteredConnection): void;
  };
  /** Where what arrives is read to and parsed. */
  readonly input: Uint8Array;
  readonly inputView: DataView;
  /** The connection whose commands are being run, and where its replies of now begin. */
  running: RunningConnection | null;
  runningFrom: number;
  /** The most bytes of a command that has not arrived whole. */
  readonly queryBufferSizeMax: number;
  /** By the class of clients. */
  readonly outputLimits: OutputLimits;
  /** Calls `run` when all that has arrived in this turn has been read. */
  endOfTurn(run: () => void): void;
  /** A client as the log names it: the line of CLIENT LIST. */
  lineOf(client: Client): string;
  log(level: LogLevel, text: string): void;
}
