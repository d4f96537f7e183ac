/**
 * The value that a command makes and no key has yet: the result of a union, say. Its maker asks
 * `ensureMore` of arena.ts for each element, before it is made; whoever gives the command up has
 * the value freed here, so that nothing is left of it.
 */
import { NIL } from "../arena/arena.ts";
import type { EntryRef } from "../structures/entry.ts";

let current = NIL as EntryRef;
let discardCurrent = (_: EntryRef) => {};

/** An entry of no database is made; `discard` is what frees it. There is one at a time. */
export function begin(e: EntryRef, discard: (e: EntryRef) => void): void {
  current = e;
  discardCurrent = discard;
}

/** It is freed, or all of it is there: what follows changes data, and must not fail. */
export function end(): void {
  current = NIL as EntryRef;
}

/** Frees it, if there is one. */
export function abandon(): void {
  const e = current;
  end();
  if (e !== NIL) discardCurrent(e);
}
