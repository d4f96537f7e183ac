/**
 * Purpose: the books of the soak. Each message carries a number; two bits per number say whether it
 * was delivered and whether it was acknowledged, and what may not happen is noted as a fault.
 */

/** Batches that are remembered, to tell a race from a fault. */
const REMEMBERED = 1 << 14;
const FAULTS_SHOWN = 20;

/** What happened to some messages, and when. */
interface Happened {
  clock: number;
  numbers: Int32Array;
}

export class Ledger {
  readonly entries: number;
  produced = 0;
  delivered = 0;
  acknowledged = 0;
  /** Deliveries of what had been delivered before. */
  redelivered = 0;
  /** Sum of what XACK has replied. */
  replied = 0;
  /** Entries in XACKs whose reply nobody has read, because their sender died. */
  unanswered = 0;
  readonly faults: string[] = [];
  faultCount = 0;
  /** Counts what is known to have happened, to say what was before what. */
  clock = 0;
  private readonly deliveredFlags: Uint8Array;
  private readonly acknowledgedFlags: Uint8Array;
  private readonly acknowledgements: Happened[] = [];
  private readonly recoveries: Happened[] = [];

  constructor(entries: number) {
    this.entries = entries;
    this.deliveredFlags = new Uint8Array((entries >> 3) + 1);
    this.acknowledgedFlags = new Uint8Array((entries >> 3) + 1);
  }

  get isDone(): boolean {
    return this.acknowledged === this.entries;
  }

  fault(text: string): void {
    this.faultCount++;
    if (this.faults.length < FAULTS_SHOWN) this.faults.push(text);
  }

  /** Messages have come as new ones, as the reply to a request that was sent at `sentClock`. */
  deliver(numbers: Int32Array, sentClock: number): void {
    for (const number of numbers) {
      if (this.isFirst(number) || this.happened(this.recoveries, number, sentClock)) continue;
      this.fault(`message ${number} came twice as new`);
    }
  }

  /** Pending messages have come, by history or by XAUTOCLAIM. */
  recover(numbers: Int32Array, sentClock: number): void {
    for (const number of numbers) {
      if (
        this.isFirst(number) ||
        (this.acknowledgedFlags[number >> 3] & (1 << (number & 7))) === 0
      ) {
        continue;
      }
      if (this.happened(this.acknowledgements, number, sentClock)) continue;
      this.fault(`message ${number} came again after it was acknowledged`);
    }
    this.note(this.recoveries, numbers);
  }

  /** The server has replied to the XACK of a batch. */
  confirm(numbers: Int32Array, reply: number): void {
    this.replied += reply;
    this.acknowledge(numbers);
  }

  /** The server no longer has these as pending: it has replied to their XACK, or XPENDING says. */
  acknowledge(numbers: Int32Array): void {
    for (const number of numbers) {
      const at = number >> 3;
      const bit = 1 << (number & 7);
      if ((this.acknowledgedFlags[at] & bit) !== 0) continue;
      this.acknowledgedFlags[at] |= bit;
      this.acknowledged++;
    }
    this.note(this.acknowledgements, numbers);
  }

  /** What is wrong when all is over. */
  check(): void {
    const { entries, replied, unanswered } = this;
    if (this.delivered !== entries) this.fault(`${entries - this.delivered} messages were lost`);
    if (this.acknowledged !== entries) {
      this.fault(`${entries - this.acknowledged} messages were not acknowledged`);
    }
    if (replied > entries || replied + unanswered < entries) {
      this.fault(`XACK counted ${replied} and at most ${unanswered} more of ${entries} messages`);
    }
  }

  /** Marks a message as delivered; whether it had not been. */
  private isFirst(number: number): boolean {
    if (!(number >= 0 && number < this.produced)) {
      this.fault(`message ${number} was never sent`);
      return true;
    }
    const at = number >> 3;
    const bit = 1 << (number & 7);
    if ((this.deliveredFlags[at] & bit) === 0) {
      this.deliveredFlags[at] |= bit;
      this.delivered++;
      return true;
    }
    this.redelivered++;
    return false;
  }

  private note(history: Happened[], numbers: Int32Array): void {
    if (history.length === REMEMBERED) history.splice(0, REMEMBERED / 2);
    history.push({ clock: ++this.clock, numbers });
  }

  /**
   * Whether it has become known since `sentClock`. What the reply to a request that was sent then
   * says may be older: replies of different connections overtake each other. So a message that was
   * taken from a slow consumer, which is what XAUTOCLAIM is for, may have been acknowledged before
   * that consumer sees it.
   */
  private happened(history: readonly Happened[], number: number, sentClock: number): boolean {
    for (let at = history.length - 1; at >= 0 && history[at].clock > sentClock; at--) {
      if (history[at].numbers.includes(number)) return true;
    }
    return false;
  }
}
