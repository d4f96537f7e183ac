/**
 * Who holds a value, as the modules of types see it: a database, which has the entry in its dict
 * and announces what happens to it. They know no more of it, so that the layer above may change.
 */
import type { Args } from "../protocol/args.ts";
import type { EntryRef } from "../structures/entry.ts";
import type { ChangeKind, KeyEvent } from "./key_event.ts";

/** See Database, which says what each of these does. */
export interface ValueHolder {
  add(
    args: Args,
    index: number,
    keyHash: number,
    valueArea: number,
    withTtl: boolean,
    event: KeyEvent | null,
    kind?: ChangeKind,
  ): EntryRef;
  appeared(e: EntryRef): void;
  resize(e: EntryRef, valueArea: number, keep: number): EntryRef;
  dropValue(e: EntryRef): void;
}
