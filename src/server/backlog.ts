/**
 * Back-pressure on those who write: while more than BACKLOG_SIZE_MAX waits for the disk (changes
 * that are not written, replies that are held back), whoever would add to it waits, and is not read
 * from. Others are served as ever.
 *
 * A disk that takes nothing at all is another matter: writes are refused then (MISCONF).
 */
import { BACKLOG_SIZE_MAX } from "../base/limits.ts";
import type { Client } from "../calls/client.ts";
import type { ClientFeature } from "../calls/client_feature.ts";

/** After so long it is logged that clients wait, and every so often. */
const WARNED_AFTER_MS = 1000;
const WARNED_EVERY_MS = 30_000;

/** What is looked at, and what is told. */
export interface BacklogHooks {
  /** Bytes that wait for the disk. */
  size(): number;
  /** Whether writes are refused. */
  isRefusing(): boolean;
  monotonicMs(): number;
  /** `isFull` or `isOn` has changed. */
  onChange(): void;
  warn(text: string): void;
}

/** A connection, as this knows it. */
export interface BacklogConnection {
  readonly client: Client;
  /** Less waits for the disk: it may go on. */
  goOnAfterDisk(): void;
}

export class Backlog implements ClientFeature {
  /** More waits than should: nothing is to be added that can be put off. */
  isFull = false;
  /** Clients that would add to it have to wait. */
  isOn = false;
  private sinceMs = 0;
  private warnedMs = -Infinity;
  private readonly waiting = new Map<Client, BacklogConnection>();
  private readonly hooks: BacklogHooks;

  constructor(hooks: BacklogHooks) {
    this.hooks = hooks;
  }

  /** How many wait. */
  get count(): number {
    return this.waiting.size;
  }

  /** The connection waits, until it is told to go on, or its client leaves. */
  add(connection: BacklogConnection): void {
    this.waiting.set(connection.client, connection);
  }

  left(client: Client): void {
    this.waiting.delete(client);
  }

  /** Who waits runs no command. */
  reset(): void {}

  /** When more waits than should, whoever writes next has to wait, if only until the turn ends. */
  begin(): void {
    if (this.isOn || this.hooks.size() <= BACKLOG_SIZE_MAX) return;
    this.sinceMs = this.hooks.monotonicMs();
    this.isOn = true;
    this.hooks.onChange();
  }

  /** Looks at what waits; not in the midst of a command, which would see keys that expire stay. */
  check(): void {
    const { hooks, waiting } = this;
    const isFull = hooks.size() > BACKLOG_SIZE_MAX;
    const isOn = isFull && !hooks.isRefusing();
    if (isOn) this.begin();
    if (isFull !== this.isFull || isOn !== this.isOn) {
      this.isFull = isFull;
      this.isOn = isOn;
      hooks.onChange();
    }
    if (isOn) return;
    for (const [client, connection] of waiting) {
      waiting.delete(client);
      connection.goOnAfterDisk();
    }
  }

  /** From the timer: says so when clients wait for long. */
  warn(): void {
    // In a long turn it may be written by now though nobody has looked.
    if (!this.isOn || this.hooks.size() <= BACKLOG_SIZE_MAX) return;
    const nowMs = this.hooks.monotonicMs();
    if (nowMs - this.sinceMs < WARNED_AFTER_MS || nowMs - this.warnedMs < WARNED_EVERY_MS) return;
    this.warnedMs = nowMs;
    this.hooks.warn(
      `The disk is too slow: ${this.hooks.size()} bytes of changes and replies wait for it; ` +
        `clients that write and wait: ${this.count}`,
    );
  }
}
