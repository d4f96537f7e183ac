// Purpose: a node of a stream as Redis keeps it: entries in a plain array, and the listpack that
// they would be in, made element by element. What leaves of streams are held against.

import { fromLatin1 } from "../../src/base/bytes.ts";
import { argsOf } from "../../src/protocol/args.ts";
import * as packed from "../../src/structures/packed.ts";
import { SEQ_MAX } from "./stream_ids.ts";

/** Names and values in turn. */
export type Texts = readonly string[];

export interface Entry {
  id: bigint;
  texts: Texts;
  isDeleted: boolean;
}

const SAME_FIELDS = 2;

export const namesOf = (texts: Texts) => texts.filter((_, i) => i % 2 === 0);
const valuesOf = (texts: Texts) => texts.filter((_, i) => i % 2 === 1);

/** The difference of two unsigned integers of 64 bits, as C stores it: a signed one. */
const difference = (a: bigint, b: bigint) => BigInt.asIntN(64, a - b);

/** The arguments of XADD for an entry; names and values begin at index 2. */
export const argsFor = (texts: Texts) => argsOf(["xadd", "key", ...texts]);

/** Bytes of the names and values. */
export const sizeOf = (texts: Texts) => texts.reduce((sum, text) => sum + text.length, 0);

export class Node {
  readonly entries: Entry[] = [];
  readonly master: bigint;
  private readonly isLarge: boolean;
  private names: Texts = [];
  private pack = packed.create();

  /** With `isLarge` the counters are written by `count` only. */
  constructor(id: bigint, texts: Texts, isLarge = false) {
    this.master = id;
    this.isLarge = isLarge;
    this.names = namesOf(texts);
    const counters = ["0", "0", String(this.names.length)];
    for (const text of [...counters, ...this.names, "0"]) this.append(text);
    this.add(id, texts);
  }

  private append(text: string): void {
    this.pack = packed.append(this.pack, fromLatin1(text), 0, text.length);
  }

  get live(): number {
    return this.entries.filter((entry) => !entry.isDeleted).length;
  }

  get last(): bigint {
    return this.entries[this.entries.length - 1].id;
  }

  add(id: bigint, texts: Texts): void {
    const names = namesOf(texts);
    const isSame =
      names.length === this.names.length && names.every((name, i) => name === this.names[i]);
    const elements = isSame ? valuesOf(texts) : [String(names.length), ...texts];
    const all = [
      String(isSame ? SAME_FIELDS : 0),
      String(difference(id >> 64n, this.master >> 64n)),
      String(difference(id & SEQ_MAX, this.master & SEQ_MAX)),
      ...elements,
    ];
    for (const text of all) this.append(text);
    this.append(String(all.length));
    this.entries.push({ id, texts, isDeleted: false });
    if (!this.isLarge) this.count();
  }

  delete(entry: Entry): void {
    entry.isDeleted = true;
    if (!this.isLarge) this.count();
  }

  /** Writes the counters of the master entry. A flag of one bit more changes no size. */
  count(): void {
    const { live } = this;
    for (const [index, count] of [live, this.entries.length - live].entries()) {
      const text = String(count);
      const at = packed.seek(this.pack, index);
      this.pack = packed.replace(this.pack, at, fromLatin1(text), 0, text.length);
    }
  }

  /** The bytes of the listpack. */
  get size(): number {
    return packed.listpack(this.pack).size;
  }

  release(): void {
    packed.release(this.pack);
  }
}

/** Names and values of all kinds that are stored in different ways. */
export const TEXTS = [0n, 1n, 127n, 128n, 4095n, 4096n, 32767n, 32768n, 2n ** 23n, 2n ** 31n]
  .concat([2n ** 53n, 2n ** 63n - 1n, 2n ** 63n])
  .flatMap((edge) => [String(edge), String(-edge), String(-edge - 1n)])
  .concat(["", "-", "-0", "01", "+1", "1.5", " 1", "12345678901234567x", "99999999999999999999"])
  .concat(["a", "name", "\0", "\xff\xfe\0\r\n", "temperature", "élan"])
  .concat([62, 63, 64, 126, 127, 128, 300, 4095, 4096, 5000].map((size) => "x".repeat(size)));
