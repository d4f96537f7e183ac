/**
 * maxmemory in the running server: keys are evicted before a command, as far as its time allows,
 * and then between turns until there is room. When that has lasted for long in a turn, whose
 * command had to wait lets the others have theirs.
 */
import { limitMemory } from "../arena/memory_limit.ts";
import type { Clock } from "../base/clock.ts";
import { humanSize } from "../base/human_size.ts";
import { EVICTION_TURN_MS } from "../base/limits.ts";
import type { LogLevel } from "../base/log.ts";
import { Eviction, type EvictionPolicy, Room } from "../keyspace/eviction.ts";
import type { Keyspace } from "../keyspace/keyspace.ts";
import type { HostFacts } from "../runtime/host.ts";

/** As in Redis: who gives less has mostly forgotten the unit. */
const LIMIT_WARNED_BELOW = 1 << 20;

interface EvictingParts {
  readonly keyspace: Keyspace;
  readonly clock: Clock;
  readonly host: Pick<HostFacts, "systemMemorySize">;
  readonly clients: {
    /** Whether the memory of all clients counts for maxmemory. */
    countForLimit(isCounting: boolean): void;
  };
  readonly figures: {
    readonly aboveMaxmemory: { sample(isAbove: boolean, nowMs: number): void };
  };
  /** INFO's used_memory, less mem_not_counted_for_evict. */
  countedSize(): number;
  later(ms: number, run: () => void): void;
  /** Whose command runs goes on in the next turn only. */
  giveWay(): void;
  /** Serves those who waited for what became of keys. */
  serveReady(): void;
  log(level: LogLevel, text: string): void;
}

export class Evicting {
  readonly eviction: Eviction;
  private readonly parts: EvictingParts;
  private isUnderWay = false;
  /** Ms that was evicted in this turn by commands that had to go on before there was room. */
  private turnMs = 0;
  private isStarted = false;
  private isLimited = false;

  constructor(parts: EvictingParts) {
    this.parts = parts;
    this.eviction = new Eviction(parts.keyspace);
    this.eviction.onShortage = (isShort) => {
      parts.figures.aboveMaxmemory.sample(isShort, parts.clock.monotonicMs());
    };
  }

  /** Evicts for so long as a command may wait; the rest comes in the turns that follow. */
  makeRoom(): Room {
    const { eviction } = this;
    const room = eviction.makeRoom();
    if (room === Room.making) {
      this.goOn();
      this.turnMs += eviction.takenMs;
      if (this.turnMs > EVICTION_TURN_MS) this.parts.giveWay();
    }
    return room;
  }

  /** Sets maxmemory, 0 for no limit: at the start, and by CONFIG SET. */
  limit(max: number): void {
    const { parts } = this;
    this.isLimited = max > 0;
    this.chooseClock();
    parts.clients.countForLimit(max > 0);
    limitMemory(max || Infinity);
    if (max > 0) {
      this.warn(max);
      this.goOn();
    } else {
      this.eviction.makeRoom();
    }
    this.isStarted = true;
  }

  /** Takes maxmemory-policy. */
  follow(policy: EvictionPolicy): void {
    this.eviction.policy = policy;
    this.parts.keyspace.lfu = policy.endsWith("lfu");
    this.chooseClock();
  }

  /** In a cache that is filled within seconds, a second is too long to tell keys apart by. */
  private chooseClock(): void {
    this.parts.clock.setFine(this.isLimited && this.eviction.policy.endsWith("lru"));
  }

  private warn(max: number): void {
    const { host } = this.parts;
    const used = this.parts.countedSize();
    const total = host.systemMemorySize();
    const warn = (text: string) => this.parts.log("warning", `WARNING: ${text}`);
    if (!this.isStarted && max < LIMIT_WARNED_BELOW) {
      warn(
        `You specified a maxmemory value that is less than 1MB (current value is ${max} bytes). ` +
          "Are you sure this is what you really want?",
      );
    }
    if (this.isStarted && max < used) {
      warn(
        `the new maxmemory value set via CONFIG SET (${max}) is smaller than the current memory ` +
          `usage (${used}). This will result in key eviction and/or the inability to accept new ` +
          "write commands depending on the maxmemory-policy.",
      );
    }
    if (total > 0 && max > total) {
      warn(
        `maxmemory (${humanSize(max)}) is more than all the memory that this server may have ` +
          `(${humanSize(total)}): it will not be kept by eviction.`,
      );
    }
  }

  /** Goes on when what is there to be served has been. */
  private goOn(): void {
    if (this.isUnderWay) return;
    this.isUnderWay = true;
    this.parts.later(0, () => {
      this.isUnderWay = false;
      this.turnMs = 0;
      this.parts.clock.tick();
      this.makeRoom();
      this.parts.serveReady();
    });
  }
}
