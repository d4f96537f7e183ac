/**
 * Keys of databases that clients have to do with, whether they are there or not: those that are
 * watched, those that are waited for. They are found by the hash that every entry has at hand, so
 * that a change of another key makes no object and compares no bytes, and so that clients cannot
 * choose names that collide. All operations are O(1) expected, whatever the number of databases,
 * and a walk over those of one database costs nothing for others.
 */
import type { Args } from "../protocol/args.ts";
import * as dict from "../structures/dict.ts";
import type { EntryRef } from "../structures/entry.ts";
import * as entry from "../structures/entry.ts";
import type { Database } from "./database.ts";

/** A key of a database, by its name. */
export abstract class NamedKey {
  databaseId: number;
  hash: number;
  /** Another key of the database with the same hash; the registry's alone. */
  next: this | null = null;

  constructor(databaseId: number, hash: number) {
    this.databaseId = databaseId;
    this.hash = hash;
  }

  /** Arguments of which one is the name: until those of another key are asked for. */
  protected abstract get args(): Args;
  /** Which one. */
  protected abstract get index(): number;

  /** The bytes of the name. */
  get size(): number {
    return this.args.size[this.index];
  }

  isEntry(e: EntryRef): boolean {
    const { bytes, view, start, size } = this.args;
    return entry.keyIs(e, bytes, view, start[this.index], size[this.index]);
  }

  /** The entry of the key in a database, though its time may have come; or NIL. */
  entryIn(db: Database): EntryRef {
    const { bytes, view, start, size } = this.args;
    return dict.find(db.keys, bytes, view, start[this.index], size[this.index], this.hash);
  }

  /** The live entry of the key in a database, for a command that will change it; or NIL. */
  write(db: Database): EntryRef {
    return db.write(this.args, this.index, this.hash);
  }

  isArgument(args: Args, index: number): boolean {
    const own = this.args;
    const size = own.size[this.index];
    if (size !== args.size[index]) return false;
    const from = own.start[this.index];
    const other = args.start[index];
    for (let i = 0; i < size; i++) {
      if (own.bytes[from + i] !== args.bytes[other + i]) return false;
    }
    return true;
  }
}

export class NamedKeys<K extends NamedKey> {
  /** The first key of each hash, by database. */
  private readonly byDatabase: (Map<number, K> | undefined)[] = [];
  private total = 0;

  /** How many keys are in here. */
  get count(): number {
    return this.total;
  }

  /** The key in an argument, or null. */
  find(databaseId: number, args: Args, index: number, hash: number): K | null {
    let key = this.first(databaseId, hash);
    while (key !== null && !key.isArgument(args, index)) key = key.next;
    return key;
  }

  /** The key of an entry, or null. */
  ofEntry(databaseId: number, e: EntryRef): K | null {
    let key = this.first(databaseId, entry.hash(e));
    while (key !== null && !key.isEntry(e)) key = key.next;
    return key;
  }

  /** Adds a key that is not in here. */
  add(key: K): void {
    this.total++;
    const { databaseId, hash } = key;
    let byHash = this.byDatabase[databaseId];
    if (byHash === undefined) {
      byHash = new Map();
      this.byDatabase[databaseId] = byHash;
    }
    key.next = byHash.get(hash) ?? null;
    byHash.set(hash, key);
  }

  /** Takes out a key that is in here. */
  remove(key: K): void {
    this.total--;
    const { databaseId, hash } = key;
    const byHash = this.byDatabase[databaseId] as Map<number, K>;
    let before: K | null = null;
    for (let at = byHash.get(hash) as K; at !== key; at = at.next as K) before = at;
    if (before !== null) before.next = key.next;
    else if (key.next !== null) byHash.set(hash, key.next);
    else byHash.delete(hash);
  }

  /** All keys of a database. */
  *of(databaseId: number): Generator<K> {
    const byHash = this.byDatabase[databaseId];
    if (byHash === undefined) return;
    for (const first of byHash.values()) {
      for (let key: K | null = first; key !== null; key = key.next) yield key;
    }
  }

  private first(databaseId: number, hash: number): K | null {
    return this.byDatabase[databaseId]?.get(hash) ?? null;
  }
}
