/**
 * Purpose: the books of the soak. Each message carries a number; two bits per number say whether it
 * was delivered and whether it was acknowledged, and what may not happen is noted as a fault.
 */

/** Acknowledged batches that are remembered, to tell a race from a fault. */
const REMEMBERED = 4096;
const FAULTS_SHOWN = 20;

interface Acknowledged {
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
  /** Counts confirmed acknowledgements, to say what was before what. */
  clock = 0;
  readonly #delivered: Uint8Array;
  readonly #acknowledged: Uint8Array;
  readonly #recent: Acknowledged[] = [];

  constructor(entries: number) {
    this.entries = entries;
    this.#delivered = new Uint8Array((entries >> 3) + 1);
    this.#acknowledged = new Uint8Array((entries >> 3) + 1);
  }

  get isDone(): boolean {
    return this.acknowledged === this.entries;
  }

  fault(text: string): void {
    this.faultCount++;
    if (this.faults.length < FAULTS_SHOWN) this.faults.push(text);
  }

  /**
   * Messages have come, as the reply to a request that was sent at `sentClock`; null when only
   * messages may come that never came before.
   */
  deliver(numbers: Int32Array, sentClock: number | null): void {
    for (const number of numbers) this.#deliver(number, sentClock);
  }

  /** The server has replied to the XACK of a batch. */
  confirm(numbers: Int32Array, reply: number): void {
    this.replied += reply;
    this.acknowledge(numbers);
  }

  /** The server no longer has these as pending: it has replied to their XACK, or XPENDING says. */
  acknowledge(numbers: Int32Array): void {
    this.clock++;
    for (const number of numbers) {
      const at = number >> 3;
      const bit = 1 << (number & 7);
      if ((this.#acknowledged[at] & bit) !== 0) continue;
      this.#acknowledged[at] |= bit;
      this.acknowledged++;
    }
    if (this.#recent.length === REMEMBERED) this.#recent.splice(0, REMEMBERED / 2);
    this.#recent.push({ clock: this.clock, numbers });
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

  #deliver(number: number, sentClock: number | null): void {
    if (!(number >= 0 && number < this.produced)) {
      this.fault(`message ${number} was never sent`);
      return;
    }
    const at = number >> 3;
    const bit = 1 << (number & 7);
    if ((this.#delivered[at] & bit) === 0) {
      this.#delivered[at] |= bit;
      this.delivered++;
      return;
    }
    this.redelivered++;
    if (sentClock === null) this.fault(`message ${number} came twice as new`);
    else if ((this.#acknowledged[at] & bit) !== 0 && !this.#wasRace(number, sentClock)) {
      this.fault(`message ${number} came again after it was acknowledged`);
    }
  }

  /**
   * Whether the acknowledgement may have come after the request was handled: when the request was
   * sent before the acknowledgement was confirmed. Then the message was taken from a slow
   * consumer, which is what XAUTOCLAIM is for.
   */
  #wasRace(number: number, sentClock: number): boolean {
    return this.#recent.some(({ clock, numbers }) => clock > sentClock && numbers.includes(number));
  }
}
