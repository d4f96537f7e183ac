/**
 * What several clients have sent by the same turn, a command each or a few: all of it is read, side
 * by side in the input, before the first of these commands runs. So what they need is read ahead
 * for all of them together (dispatch/read_ahead.ts), and what reads from sockets and what runs
 * commands are not fetched by turns. Commands run in the order in which they would have.
 */
import type { Client } from "../calls/client.ts";
import type { Database } from "../keyspace/database.ts";
import type { RequestParser } from "../protocol/request.ts";
import type { CrowdEvents } from "../runtime/net.ts";

/** Bytes: who has sent more has a pipeline, which is read ahead by itself. */
export const ARRIVED_SIZE_MAX = 256;
/** Clients at once. */
const CLIENTS_MAX = 64;

export interface ArrivedConnection {
  readonly client: Client;
  /** Runs what the input has from `from` to `end`, the first commands of it from the batch. */
  runArrived(from: number, end: number, batchFrom: number, batchEnd: number): void;
}

interface ArrivalsHost {
  readonly parser: RequestParser;
  readonly readAhead: {
    readonly isUseful: boolean;
    readBatch(parser: RequestParser, db: Database): void;
  };
  readonly input: Uint8Array;
  readonly inputView: DataView;
}

export class Arrivals implements CrowdEvents {
  /** What is read may wait for what others have sent. */
  isOpen = false;
  /** The parser's batch is theirs: nobody else may fill it. */
  isRunning = false;
  /** Where in the input the next bytes are to be read to. */
  end = 0;
  private count = 0;
  private db: Database | null = null;
  private readonly connections: (ArrivedConnection | null)[] = new Array(CLIENTS_MAX).fill(null);
  /** By connection: where its bytes begin, and its commands in the batch. */
  private readonly starts = new Int32Array(CLIENTS_MAX + 1);
  private readonly first = new Int32Array(CLIENTS_MAX + 1);
  private readonly host: ArrivalsHost;

  constructor(host: ArrivalsHost) {
    this.host = host;
  }

  crowdBegins(): void {
    this.isOpen = this.host.readAhead.isUseful;
  }

  crowdEnds(): void {
    this.isOpen = false;
    this.run();
  }

  /** So many bytes have been read at `end`. */
  add(connection: ArrivedConnection, size: number): void {
    const { host, count, end, starts, first } = this;
    const { batch } = host.parser;
    const { db, unauthenticated } = connection.client;
    if (count === 0) {
      batch.count = 0;
      this.db = db;
    }
    this.connections[count] = connection;
    starts[count] = end;
    first[count] = batch.count;
    if (db === this.db && !unauthenticated) batch.fill(host.input, host.inputView, end, end + size);
    this.end = end + size;
    this.count = count + 1;
    starts[this.count] = this.end;
    first[this.count] = batch.count;
    if (this.count === CLIENTS_MAX || batch.isNearlyFull) this.run();
  }

  /** Runs what has been read so far. */
  run(): void {
    const { host, count, connections, starts, first } = this;
    if (count === 0) return;
    const { parser, readAhead, input, inputView } = host;
    parser.start(input, inputView, this.end);
    readAhead.readBatch(parser, this.db as Database);
    this.count = 0;
    this.end = 0;
    this.isRunning = true;
    for (let i = 0; i < count; i++) {
      const connection = connections[i] as ArrivedConnection;
      connections[i] = null;
      connection.runArrived(starts[i], starts[i + 1], first[i], first[i + 1]);
    }
    this.isRunning = false;
  }
}
