/**
 * The value that a command makes and no key has yet: the result of a union, say. While there is
 * one, memory that is short is told early (`setAside` in arena.ts), and whoever gives a command up
 * has the value freed here, so that nothing is left of it.
 */
import { NIL, setAside } from "../arena/arena.ts";
import type { EntryRef } from "../structures/entry.ts";

let current = NIL as EntryRef;
let discardCurrent = (_: EntryRef) => {};

/** An entry of no database is made; `discard` is what frees it. There is one at a time. */
export function begin(e: EntryRef, discard: (e: EntryRef) => void): void {
  end();
  current = e;
  discardCurrent = discard;
  setAside(true);
}

/** It is a key's now, or freed. */
export function end(): void {
  if (current === NIL) return;
  current = NIL as EntryRef;
  setAside(false);
}

/** Frees it, if there is one. */
export function abandon(): void {
  const e = current;
  end();
  if (e !== NIL) discardCurrent(e);
}
