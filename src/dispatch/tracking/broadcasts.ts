/**
 * Prefixes of which clients want to know every key that changes (CLIENT TRACKING BCAST), and the
 * keys that have changed in this turn. A change costs one look-up for each length that prefixes
 * have, however many there are, and next to nothing if none begins as the key does.
 */
import type { Client } from "../../calls/client.ts";

const BYTE_VALUES = 256;

/** A prefix, and what has become of its keys since the last broadcast. */
export class Prefix {
  readonly text: string;
  readonly clients = new Set<Client>();
  /** The names that have changed, with who has changed each last; null is no client. */
  readonly changed = new Map<string, Client | null>();

  constructor(text: string) {
    this.text = text;
  }

  /** The names, without those that `except` has changed, in the order of their bytes. */
  names(except: Client | null): string[] {
    const names: string[] = [];
    for (const [name, by] of this.changed) if (except === null || by !== except) names.push(name);
    return names.sort();
  }
}

export class Broadcasts {
  /** By length, then text. */
  private readonly byLength = new Map<number, Map<string, Prefix>>();
  private readonly noted = new Set<Prefix>();
  /** How many prefixes begin with each byte; the empty one begins with any. */
  private readonly byFirst = new Int32Array(BYTE_VALUES);
  private hasEmpty = false;
  count = 0;

  /** Whether a key was noted since `takeNoted`. */
  get hasNoted(): boolean {
    return this.noted.size > 0;
  }

  add(client: Client, text: string): void {
    const { length } = text;
    const ofLength = this.byLength.get(length) ?? new Map<string, Prefix>();
    this.byLength.set(length, ofLength);
    let prefix = ofLength.get(text);
    if (prefix === undefined) {
      prefix = new Prefix(text);
      ofLength.set(text, prefix);
      this.tally(text, 1);
    }
    prefix.clients.add(client);
  }

  /** The client, which was added for it, wants to know no more of a prefix. */
  remove(client: Client, text: string): void {
    const ofLength = this.byLength.get(text.length);
    const prefix = ofLength?.get(text);
    if (ofLength === undefined || prefix === undefined) return;
    prefix.clients.delete(client);
    if (prefix.clients.size > 0) return;
    this.noted.delete(prefix);
    ofLength.delete(text);
    if (ofLength.size === 0) this.byLength.delete(text.length);
    this.tally(text, -1);
  }

  private tally(text: string, change: number): void {
    this.count += change;
    if (text === "") this.hasEmpty = change > 0;
    else this.byFirst[text.charCodeAt(0)] += change;
  }

  /** Whether a key of the first byte `first` may have a prefix of somebody's. */
  mayConcern(first: number): boolean {
    return this.hasEmpty || this.byFirst[first] > 0;
  }

  /** A key has changed, by a client or, for null, by none. */
  note(name: string, by: Client | null): void {
    for (const [length, ofLength] of this.byLength) {
      if (length > name.length) continue;
      const prefix = ofLength.get(name.slice(0, length));
      if (prefix === undefined) continue;
      prefix.changed.set(name, by);
      this.noted.add(prefix);
    }
  }

  /** The prefixes whose keys have changed, in order; who takes them empties `changed`. */
  takeNoted(): Prefix[] {
    const prefixes = [...this.noted].sort((a, b) => (a.text < b.text ? -1 : 1));
    this.noted.clear();
    return prefixes;
  }
}
