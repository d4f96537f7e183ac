/**
 * One call of a command: its arguments, the client and database it is for, and the reply. There is
 * one Call for the server, filled anew for each command, and one more for each depth of commands
 * inside others (EXEC); handlers keep nothing of it.
 */
import { INT64_MAX, parseInt64, parseSafe } from "../base/numbers.ts";
import { cString } from "../base/words.ts";
import type { ChangeFeed } from "../keyspace/change_feed.ts";
import type { Database } from "../keyspace/database.ts";
import type { Keyspace } from "../keyspace/keyspace.ts";
import type { Args } from "../protocol/args.ts";
import { NOT_INTEGER } from "../protocol/errors.ts";
import type { Reply } from "../protocol/reply.ts";
import type { EntryRef } from "../structures/entry.ts";
import type { Client } from "./client.ts";
import type { Command } from "./command.ts";
import type { ServerContext } from "./server_context.ts";

export class Call {
  args!: Args;
  client!: Client;
  command!: Command;
  /** Where its reply goes; inside another command, where that one wants it. */
  reply: Reply;
  readonly server: CallServer;
  readonly keyspace: Keyspace;
  /** Where a command that must not be carried out again as it came says what it did. */
  readonly feed: ChangeFeed;
  /** Inside another command (EXEC): what would keep the client waiting is refused. */
  readonly nested: boolean;

  constructor(server: CallServer, reply: Reply, nested = false) {
    this.server = server;
    this.nested = nested;
    this.keyspace = server.keyspace;
    this.feed = server.feed;
    this.reply = reply;
  }

  /** The client's selected database. */
  get db(): Database {
    return this.client.db;
  }

  /** Number of arguments with the command's name. */
  get argc(): number {
    return this.args.count;
  }

  /** Unix ms, standing still during the command. */
  get nowMs(): number {
    return this.keyspace.clock.nowMs;
  }

  /** Whether a time set now, in Unix ms, is over already: what gets it then goes at once. */
  isOver(timeMs: number): boolean {
    return timeMs <= this.nowMs && !this.keyspace.isReplaying;
  }

  /** An argument as latin1 text: for paths that may allocate. */
  text(index: number): string {
    return this.args.text(index);
  }

  /** As `text`, for what is read as a C string: up to a zero byte. */
  cText(index: number): string {
    return cString(this.args.text(index));
  }

  /** A copy of an argument's bytes. */
  bytesOf(index: number): Uint8Array {
    return this.args.copy(index);
  }

  /** Whether the argument is this lower-case word, in any case. */
  is(index: number, word: string): boolean {
    return this.args.is(index, word);
  }

  /**
   * A signed 64-bit integer argument, rounded to a double if it is beyond 2^53 (so only good for
   * limits and positions); throws when it is none.
   */
  integer(index: number): number {
    return this.integerOr(index, NOT_INTEGER);
  }

  /**
   * As `integer`, with an error of the caller's choice.
   *
   * One of 32 bits is returned as such: the engine boxes what may be NaN as a double, and code that
   * then counts positions in doubles is several times slower, for good.
   */
  integerOr(index: number, otherwise: Error): number {
    const { bytes, start, size } = this.args;
    const safe = parseSafe(bytes, start[index], size[index]);
    const small = safe | 0;
    if (small === safe) return small;
    if (!Number.isNaN(safe)) return safe;
    const value = parseInt64(bytes, start[index], size[index]);
    if (value === null) throw otherwise;
    return Number(value);
  }

  /** A signed 64-bit integer argument, exact; throws when it is none. */
  int64(index: number): bigint {
    const { bytes, start, size } = this.args;
    const value = parseInt64(bytes, start[index], size[index]);
    if (value === null) throw NOT_INTEGER;
    return value;
  }

  /** An integer argument that must lie in 0..limit; throws `otherwise` beyond. */
  count(index: number, otherwise: Error, limit = Number(INT64_MAX)): number {
    const value = this.integer(index);
    if (value < 0 || value > limit) throw otherwise;
    return value;
  }
}

/** The server as a call reaches it: its facets, and what only a command that runs may ask for. */
export interface CallServer extends ServerContext {
  /**
   * The command that runs is about to run others inside (EXEC), which write to `reply`. When they
   * are over, `leave` has to be called, whatever they have thrown.
   */
  enter(client: Client, reply: Reply): void;
  /**
   * Runs one of them, with arguments from elsewhere; an error is a reply as well. It is accounted
   * for as any command.
   */
  execute(client: Client, args: Args): void;
  leave(client: Client): void;
  /** The command, or subcommand, that arguments name; null if there is none. */
  lookUp(args: Args): Command | null;
  /** As `execute`, of a command that was looked up, and takes so many arguments. */
  executeFound(client: Client, args: Args, command: Command): void;
  /** Has the client of a call, which is not nested, wait: see waitForKeys in blocking.ts. */
  block(call: Call, wait: Wait, first: number, count: number, timeoutMs: number): void;
}

/**
 * How a command that waits goes on. The calls that these functions are given have the arguments of
 * the first call, copied, and write to the client that waited.
 */
export interface Wait {
  /** The type of the values waited for (types.ts); without keys, any. */
  readonly type: number;
  /**
   * Carries the command out on the key in argument `index`, whose entry `e` is of the type; false,
   * with nothing replied, when there is nothing for this client, which then goes on waiting.
   */
  serve(call: Call, index: number, e: EntryRef): boolean;
  /** Replies that the time is over. */
  giveUp(call: Call): void;
  /**
   * As `serve`, when the key is gone, or holds another type: for who waits for more of a value that
   * is there. Without it the client waits for the key to come back.
   */
  miss?(call: Call, index: number): boolean;
  /**
   * In how many ms to try `serve` again on all keys though nothing happens to them: for who waits
   * for time to pass as well. Asked anew after each try.
   */
  retryInMs?(call: Call): number;
  /**
   * As `serve`, without a key, tried whenever more of the log is on the disk than before, or the
   * log is turned off: for who waits for that. It may throw a CommandError, which ends the wait.
   */
  synced?(call: Call): boolean;
}
