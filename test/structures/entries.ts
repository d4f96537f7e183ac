// Purpose: what the tests of structures make entries with and look at them by: keys as latin1 text.

import { type Ref, segmentOf, u8 } from "../../src/arena/arena.ts";
import { latin1 } from "../../src/base/bytes.ts";
import { hashBytes } from "../../src/base/hash.ts";
import { type Args, argsOf } from "../../src/protocol/args.ts";
import type { DictRef } from "../../src/structures/dict.ts";
import * as dict from "../../src/structures/dict.ts";
import type { EntryRef } from "../../src/structures/entry.ts";
import * as entry from "../../src/structures/entry.ts";

export function hashOf(args: Args, index = 0): number {
  return hashBytes(args.bytes, args.view, args.start[index], args.size[index]);
}

/** A new entry of that key. */
export function entryFor(key: string, valueArea = 8, withTtl = false): EntryRef {
  const args = argsOf([key]);
  const { bytes, view } = args;
  return entry.create(bytes, view, 0, key.length, hashOf(args), valueArea, withTtl);
}

export function keyOf(e: EntryRef): string {
  return latin1(u8[segmentOf(entry.keyBlock(e))], entry.keyOffset(e), entry.keySize(e));
}

export function isKey(e: EntryRef, key: string): boolean {
  const { bytes, view } = argsOf([key]);
  return entry.keyIs(e, bytes, view, 0, key.length);
}

export function findIn(keys: DictRef, key: string): EntryRef {
  const args = argsOf([key]);
  return dict.find(keys, args.bytes, args.view, 0, key.length, hashOf(args));
}

/** The bytes of a value's area. */
export function valueBytes(e: EntryRef, size: number): Uint8Array {
  const at = ((e & 0x1ffff) << 3) + entry.valueAt(e);
  return u8[segmentOf(e as Ref)].subarray(at, at + size);
}
