/**
 * What clients watch, wait for and subscribe to is in JavaScript's heap, which the runtime collects
 * late once it has been large, and hardly gives back. When very many of those names have gone it is
 * told to collect: beside what goes on, and as a whole, which takes some ten milliseconds, once
 * nobody asks for anything.
 */

/** A collection is worth it. */
const GONE_COUNT = 10_000;
/** No command has run for so long: nobody asks for anything. */
const IDLE_MS = 100;

/** What is looked at, and what is done about it. */
export interface NamesParts {
  /** How many names there are. */
  count(): number;
  /** How many commands have run. */
  commandCount(): number;
  monotonicMs(): number;
  /** Collects garbage at once, or soon. */
  collect(): void;
  collectLater(): void;
}

export class NamesGone {
  private readonly parts: NamesParts;
  /** The most names there have been since it was noticed that many had gone. */
  private countMax = 0;
  /** Many have gone, and garbage is to be collected when nobody asks for anything. */
  private isDue = false;
  /** As of the last look at which commands had run, and when that was. */
  private commandCount = 0;
  private commandsMs = 0;

  constructor(parts: NamesParts) {
    this.parts = parts;
  }

  /** To be called now and then, between commands. */
  check(): void {
    const { parts } = this;
    const count = parts.count();
    if (count > this.countMax) this.countMax = count;
    const isIdle = this.isIdle();
    if (this.countMax - count >= GONE_COUNT) {
      this.countMax = count;
      this.isDue = true;
      if (!isIdle) parts.collectLater();
    }
    if (!this.isDue || !isIdle) return;
    this.isDue = false;
    parts.collect();
  }

  private isIdle(): boolean {
    const { parts } = this;
    const nowMs = parts.monotonicMs();
    const commandCount = parts.commandCount();
    if (commandCount !== this.commandCount) {
      this.commandCount = commandCount;
      this.commandsMs = nowMs;
    }
    return nowMs - this.commandsMs >= IDLE_MS;
  }
}
