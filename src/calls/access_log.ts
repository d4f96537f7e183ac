/**
 * What was refused for want of permissions, for ACL LOG: the latest first. What happens again and
 * again is one entry with a count, which moves to the front.
 */
import type { Clock } from "../base/clock.ts";
import type { Denial } from "./users.ts";

/** What was not allowed: also to be the user who was named (AUTH). */
export type RefusalReason = Denial | "auth";

/** Where the command was. */
export type RefusalContext = "toplevel" | "multi" | "lua";

/** One refusal. Texts hold bytes. */
export interface Refused {
  readonly reason: RefusalReason;
  readonly context: RefusalContext;
  /** The command, the key, the channel, or the name by which AUTH was called. */
  readonly object: string;
  readonly user: string;
  /** The client's line in CLIENT LIST. */
  readonly clientLine: string;
}

/** Refusals that were alike. */
export interface AccessLogEntry extends Refused {
  readonly count: number;
  /** Of the last of them, in Unix ms. */
  readonly timeMs: number;
}

/** Only among so many of the latest is one looked for that is alike, and not for longer. */
const COMPARED_COUNT = 10;
const COMPARED_MS = 60_000;

export class AccessLog {
  /** acllog-max-len: heeded when the next entry comes. */
  maxCount = 128;
  /** The oldest first. */
  private entries: AccessLogEntry[] = [];
  private readonly clock: Pick<Clock, "nowMs">;

  constructor(clock: Pick<Clock, "nowMs">) {
    this.clock = clock;
  }

  add(refused: Refused): void {
    const { entries } = this;
    const timeMs = this.clock.nowMs;
    const index = this.findAlike(refused, timeMs);
    const count = index < 0 ? 1 : entries[index].count + 1;
    if (index >= 0) entries.splice(index, 1);
    entries.push({ ...refused, count, timeMs });
    if (index < 0 && entries.length > this.maxCount) {
      this.entries = this.maxCount === 0 ? [] : entries.slice(-this.maxCount);
    }
  }

  /** The latest `count` entries, latest first. */
  latest(count: number): AccessLogEntry[] {
    return count <= 0 ? [] : this.entries.slice(-count).reverse();
  }

  reset(): void {
    this.entries = [];
  }

  private findAlike({ reason, context, object, user }: Refused, timeMs: number): number {
    const { entries } = this;
    const first = Math.max(0, entries.length - COMPARED_COUNT);
    for (let i = entries.length - 1; i >= first; i--) {
      const entry = entries[i];
      if (entry.reason !== reason || entry.context !== context) continue;
      if (entry.object !== object || entry.user !== user) continue;
      if (Math.abs(timeMs - entry.timeMs) <= COMPARED_MS) return i;
    }
    return -1;
  }
}
