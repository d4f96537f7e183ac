/**
 * What every connection shares: the parser, the dispatcher and the writers, the turn that sends
 * what they wrote, and the limits. The server is the one that there is; a connection knows no more
 * of it.
 */
import type { Clock } from "../base/clock.ts";
import type { LogLevel } from "../base/log.ts";
import type { Client } from "../calls/client.ts";
import type { ServerFigures } from "../calls/server_figures.ts";
import type { Dispatcher } from "../dispatch/dispatcher.ts";
import type { Keyspace } from "../keyspace/keyspace.ts";
import type { Reply } from "../protocol/reply.ts";
import type { RequestParser } from "../protocol/request.ts";
import type { Backlog } from "./backlog.ts";
import type { ClientRegistry } from "./client_registry.ts";
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

export interface Engine {
  readonly clock: Clock;
  readonly keyspace: Keyspace;
  readonly figures: ServerFigures;
  readonly parser: RequestParser;
  readonly dispatcher: Dispatcher;
  /** The writer of replies to the command that runs. */
  readonly reply: Reply;
  /** Replies to clients that waited: another client's command may be in the midst of its own. */
  readonly answers: Reply;
  readonly turn: Turn;
  readonly backlog: Backlog;
  readonly clients: ClientRegistry;
  /** Where what arrives is read to and parsed. */
  readonly input: Uint8Array;
  readonly inputView: DataView;
  /** The connection whose commands are being run, and where its replies of now begin. */
  running: { readonly client: Client } | null;
  runningFrom: number;
  /** The most bytes of a command that has not arrived whole. */
  readonly queryBufferSizeMax: number;
  /** Of normal clients. */
  readonly outputLimit: OutputLimit;
  /** Calls `run` when all that has arrived in this turn has been read. */
  endOfTurn(run: () => void): void;
  /** A client as the log names it: the line of CLIENT LIST. */
  lineOf(client: Client): string;
  log(level: LogLevel, text: string): void;
}
