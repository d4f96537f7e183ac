/** Client-side caching (CLIENT TRACKING), as commands see it. */
import type { Args } from "../protocol/args.ts";
import type { Client } from "./client.ts";
import type { ScriptCaller } from "./scripts.ts";

/** How a client wants to be told of keys. */
export interface TrackingOptions {
  /** The number of the client that is told in its place; 0 for none. */
  readonly redirect: number;
  /** Of all keys with some prefix, and not of those that it has read. */
  readonly isBroadcast: boolean;
  /** Keys are followed only after CLIENT CACHING YES, or unless after CLIENT CACHING NO. */
  readonly isOptIn: boolean;
  readonly isOptOut: boolean;
  /** Not of changes by itself. */
  readonly noLoop: boolean;
  /** With `isBroadcast`; none means all keys. */
  readonly prefixes: readonly string[];
}

export interface Tracking {
  /** Figures of INFO: clients, keys that were read, pairs of those and clients, prefixes. */
  readonly clientCount: number;
  readonly keyCount: number;
  readonly pairCount: number;
  readonly prefixCount: number;
  /** The client whose command runs, with all that is inside of it; null while it cannot matter. */
  current: Client | null;
  /** What `current` does was waited for: its command came before the one that runs. */
  isServing: boolean;
  /** Tracking is on from now on, with these options in place of others, but for prefixes. */
  enable(client: Client, options: TrackingOptions): void;
  disable(client: Client): void;
  /**
   * A command has run that only reads, for a client with Gate.tracking; of a script, for its client
   * without a connection.
   */
  hasRead(client: Client, args: Args, command: ScriptCaller["command"]): void;
  /** A script begins, whose commands are run as another client than its caller. */
  scriptBegins(client: Client, caller: ScriptCaller): void;
  /** A client's command is over, and has replied: it is told what it changed itself. */
  commandOver(client: Client): void;
  /** An empty request of the client is over: what CLIENT CACHING said was for it. */
  emptyOver(client: Client): void;
}
