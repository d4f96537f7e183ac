/**
 * Leads the keys of a file through memory, a batch after the other: whoever wants them is shown
 * each batch, and then it goes. So a file of any size takes no more memory than a batch, or its
 * largest value.
 *
 * That a key is there twice is noticed all the same, when all have been seen: then the file is read
 * again, up to the second of the two, so that it is told where that is.
 */
import { usedSize } from "../arena/arena.ts";
import { Keyspace } from "../keyspace/keyspace.ts";
import type { Loader } from "../persistence/loader.ts";
import * as dict from "../structures/dict.ts";
import type { EntryRef } from "../structures/entry.ts";
import { fingerprint, KeyCensus } from "./key_census.ts";
import type { ToolParts } from "./tool_parts.ts";

/** A batch ends after so many keys, or bytes of them. */
const BATCH_COUNT = 4096;
const BATCH_SIZE = 8 << 20;

/** What is done on the way. */
export interface Passage {
  /** Begins to load the file from its start; `again`: a second time, to find what was wrong. */
  open(keyspace: Keyspace, again: boolean): Loader;
  /** Is shown the keys of each batch, which are in the keyspace and go when it returns. */
  show(keyspace: Keyspace, loader: Loader): void;
  /** Of the file's databases; keys are taken out of them. */
  readonly databases: number;
  /** Whether access clocks of keys are counters. */
  readonly lfu: boolean;
  /** Path of a temporary file, should one be needed. */
  readonly temporary: string;
}

type Census = Pick<KeyCensus, "note" | "twins" | "close">;
type PassageParts = Pick<ToolParts, "clock" | "random" | "pause" | "disk" | "unfinished">;

/** The file is not sound, or cannot be read: what loaded it knows where. */
export class PassageError extends Error {
  readonly loader: Loader;

  constructor(message: string, loader: Loader) {
    super(message);
    this.loader = loader;
  }
}

/**
 * Leads all keys through; returns what loaded them. Throws PassageError where the file is not
 * sound, and what `show` throws.
 */
export async function passThrough(
  passage: Passage,
  parts: PassageParts,
  census: Census = new KeyCensus(parts.disk, passage.temporary),
): Promise<Loader> {
  const close = () => census.close();
  parts.unfinished.add(close);
  try {
    const loader = await lead(passage, parts, (keyspace, loader) => {
      for (const db of keyspace.databases) {
        dict.each(db.keys, (e) => census.note(fingerprint(db.id, e)));
      }
      passage.show(keyspace, loader);
      empty(keyspace);
    });
    const twins = census.twins();
    if (twins.size > 0) await lookAgain(passage, parts, twins);
    return loader;
  } finally {
    close();
    parts.unfinished.delete(close);
  }
}

/** Reads the file again, and keeps keys of these fingerprints: the loader says if one is twice. */
async function lookAgain(
  passage: Passage,
  parts: PassageParts,
  prints: ReadonlySet<number>,
): Promise<void> {
  const again = { ...passage, open: (keyspace: Keyspace) => passage.open(keyspace, true) };
  await lead(again, parts, (keyspace) => {
    for (const db of keyspace.databases) {
      const others: EntryRef[] = [];
      dict.each(db.keys, (e) => {
        if (!prints.has(fingerprint(db.id, e))) others.push(e);
      });
      for (const e of others) db.drop(e);
    }
    while (keyspace.reclaimSlice());
  });
}

/** Loads batch after batch; `onBatch` takes the keys away. */
async function lead(
  { open, databases, lfu }: Pick<Passage, "open" | "databases" | "lfu">,
  { clock, random, pause }: PassageParts,
  onBatch: (keyspace: Keyspace, loader: Loader) => void,
): Promise<Loader> {
  const keyspace = new Keyspace(databases, clock, random);
  keyspace.lfu = lfu;
  const loader = open(keyspace, false);
  for (let more = true; more; ) {
    more = loadBatch(loader);
    clock.tick();
    onBatch(keyspace, loader);
    await pause();
  }
  return loader;
}

/** Whether there is more. */
function loadBatch(loader: Loader): boolean {
  const sizeMax = usedSize() + BATCH_SIZE;
  try {
    for (let i = 0; i < BATCH_COUNT && usedSize() < sizeMax; i++) {
      if (!loader.step(1)) return false;
    }
    return true;
  } catch (error) {
    throw new PassageError((error as Error).message, loader);
  }
}

function empty(keyspace: Keyspace): void {
  for (const db of keyspace.databases) if (db.size > 0) db.clear();
  while (keyspace.reclaimSlice());
}
