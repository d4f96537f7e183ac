/**
 * What the value of a key was before a script changed it. One that is a single block is copied; a
 * long string is shared as it is (structures/frozen.ts: who changes it takes a copy); one of many
 * blocks is kept in parts, so that the first change of a large value costs little:
 *
 *   hash, set, sorted set   elements, each before it changes (values/kept_members.ts)
 *   list, stream            the refs of their leaves, which are frozen
 */
import { capacity, NIL } from "../arena/arena.ts";
import type { DictRef } from "../structures/dict.ts";
import type { EntryRef } from "../structures/entry.ts";
import * as entry from "../structures/entry.ts";
import * as frozen from "../structures/frozen.ts";
import { AREA, refOf } from "../values/collection.ts";
import * as hashValue from "../values/hash_value.ts";
import type { KeptMembers, KeptMeter } from "../values/kept_members.ts";
import type { KeyEvent } from "../values/key_event.ts";
import * as listValue from "../values/list_value.ts";
import * as setValue from "../values/set_value.ts";
import * as streamValue from "../values/stream_value.ts";
import * as stringValue from "../values/string_value.ts";
import { Type } from "../values/types.ts";
import * as values from "../values/values.ts";
import * as zsetValue from "../values/zset_value.ts";

/** What a leaf that is kept takes beside it. */
const LEAF_SIZE = 4;
/** What a string, with its record, takes beside its block. */
export const RECORD_SIZE = 32;
/** Elements that are put back at once. */
const SLICE_ELEMENTS = 64;

/** A value that is kept in parts. */
export interface KeptParts {
  /** The key changes again, and still has the value, or has not any more. */
  changing(e: EntryRef, event: KeyEvent | null): void;
  /** The value of the key is about to be freed, so that what it was takes its place. */
  replacing(e: EntryRef): void;
  /** Gives an entry, which has the room and owns no value, what the value was, in slices. */
  restore(e: EntryRef): Generator<void, void, void>;
  /** Frees what is kept: nothing is to be put back. */
  drop(): void;
}

/**
 * A string, with its key, clock and, if it expires, room for that: an entry of no database, for
 * `restoreString` or `dropString`. Nothing is left when it throws.
 */
export function keptString(e: EntryRef, withTtl: boolean): EntryRef {
  if (!stringValue.ownsBlock(e)) {
    return entry.replica(e, stringValue.areaOf(e), withTtl);
  }
  const block = stringValue.blockOf(e);
  const kept = entry.replica(e, stringValue.areaOf(e), withTtl);
  try {
    frozen.freezeOrCopy(Int32Array.of(block), () => {
      stringValue.duplicate(e, kept);
      return stringValue.blockOf(kept);
    });
  } catch (error) {
    entry.release(kept);
    throw error;
  }
  return kept;
}

/** What was kept is the string's value again, which has no other. */
export function restoreString(kept: EntryRef): void {
  if (stringValue.ownsBlock(kept)) frozen.takeBack(stringValue.blockOf(kept));
}

/** What was kept of a string need not be. */
export function dropString(kept: EntryRef): void {
  if (stringValue.ownsBlock(kept)) frozen.done(stringValue.blockOf(kept));
  entry.release(kept);
}

/** An entry as of `keptString`, of a value of any other type that is copied whole. */
export function keptCopy(e: EntryRef, withTtl: boolean): EntryRef {
  const kept = keptShell(e, values.areaOf(e), withTtl);
  try {
    values.duplicate(e, kept);
  } catch (error) {
    entry.release(kept);
    throw error;
  }
  return kept;
}

/** As `keptString`, without a value. */
export function keptShell(e: EntryRef, area: number, withTtl: boolean): EntryRef {
  const kept = entry.twin(e, area, withTtl);
  entry.startClock(kept, entry.clock(e), 0);
  return kept;
}

/** What a whole value takes. */
export const keptSize = (kept: EntryRef) =>
  RECORD_SIZE + capacity(kept) + (entry.type(kept) === Type.string ? 0 : values.ownedSize(kept));

/** Keeps a value in parts; null for one that is a single block. */
export function partsOf(e: EntryRef, event: KeyEvent | null, all: Collections): KeptParts | null {
  switch (entry.type(e)) {
    case Type.list: {
      const leaves = listValue.keepLeaves(e);
      if (leaves === null) return null;
      all.meter.add(leaves.length * LEAF_SIZE);
      return new ListParts(leaves);
    }
    case Type.stream:
      return new StreamParts(e, event, all.meter);
    default: {
      const members = keptMembers(e);
      return members === null ? null : new MemberParts(members, all);
    }
  }
}

function keptMembers(e: EntryRef): KeptMembers | null {
  if (entry.type(e) === Type.set) return setValue.keepMembers(e);
  if (entry.type(e) === Type.zset) return zsetValue.keepMembers(e);
  return entry.type(e) === Type.hash ? hashValue.keepMembers(e) : null;
}

class ListParts implements KeptParts {
  private readonly leaves: Int32Array;

  constructor(leaves: Int32Array) {
    this.leaves = leaves;
  }

  changing(): void {}

  replacing(): void {}

  // biome-ignore lint/correctness/useYield: it is done at once, as loading a list's leaves is
  *restore(e: EntryRef): Generator<void, void, void> {
    listValue.restoreLeaves(e, this.leaves);
  }

  drop(): void {
    listValue.dropLeaves(this.leaves);
  }
}

/** The groups are kept when an event is more than that an entry is added. */
class StreamParts implements KeptParts {
  private readonly kept: streamValue.KeptStream;
  private readonly meter: KeptMeter;

  constructor(e: EntryRef, event: KeyEvent | null, meter: KeptMeter) {
    this.kept = streamValue.keepStream(e);
    this.meter = meter;
    meter.add(this.kept.leaves.length * LEAF_SIZE);
    this.changing(e, event);
  }

  changing(e: EntryRef, event: KeyEvent | null): void {
    const { kept, meter } = this;
    if (event === "xadd" || kept.groups !== null || meter.problem !== null) return;
    try {
      meter.add(streamValue.keepGroups(e, kept));
    } catch (error) {
      meter.fail(error);
    }
  }

  replacing(e: EntryRef): void {
    streamValue.takeGroups(e, this.kept);
  }

  // biome-ignore lint/correctness/useYield: it is done at once, as loading a stream's leaves is
  *restore(e: EntryRef): Generator<void, void, void> {
    streamValue.restoreStream(e, this.kept);
  }

  drop(): void {
    streamValue.dropStream(this.kept);
  }
}

/**
 * The collections of which members are kept, each by its dict: who keeps those of one since a later
 * time comes before who has kept them from before.
 */
export class Collections {
  readonly meter: KeptMeter;
  private readonly byDict = new Map<DictRef, MemberParts>();

  constructor(meter: KeptMeter) {
    this.meter = meter;
  }

  get isAny(): boolean {
    return this.byDict.size > 0;
  }

  /** Who keeps what the value of an entry is, or null. */
  of(e: EntryRef): MemberParts | null {
    if (entry.type(e) === Type.string) return null;
    return this.byDict.get(refOf(e) as DictRef) ?? null;
  }

  get(members: DictRef): MemberParts | null {
    return this.byDict.get(members) ?? null;
  }

  set(members: DictRef, parts: MemberParts | null): void {
    if (parts === null) this.byDict.delete(members);
    else this.byDict.set(members, parts);
  }
}

export class MemberParts implements KeptParts {
  /** An entry of no database that has the collection, or NIL while a key has it. */
  home = NIL as EntryRef;
  private readonly kept: KeptMembers;
  private readonly all: Collections;
  private readonly previous: MemberParts | null;

  constructor(kept: KeptMembers, all: Collections) {
    this.kept = kept;
    this.all = all;
    this.previous = all.get(kept.members);
    all.set(kept.members, this);
    kept.listen(all.meter);
  }

  changing(): void {}

  replacing(): void {}

  *restore(e: EntryRef): Generator<void, void, void> {
    const { kept, home } = this;
    this.end();
    for (let left = SLICE_ELEMENTS; !kept.isEmpty; left--) {
      kept.putBack(home);
      if (left > 0) continue;
      left = SLICE_ELEMENTS;
      yield;
    }
    entry.copyValue(home, e, AREA);
    entry.release(home);
    this.previous?.kept.listen(this.all.meter);
  }

  drop(): void {
    this.end();
    this.kept.drop();
  }

  private end(): void {
    this.kept.listen(null);
    this.all.set(this.kept.members, this.previous);
  }
}
