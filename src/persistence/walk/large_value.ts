/**
 * Large values as they were when a snapshot began, written in slices while commands change them.
 *
 * A value is frozen, which takes a moment however large it is, and then shown to a saver bit by
 * bit. What may change meanwhile is the affair of the modules that own it: blocks are left alone
 * while they are frozen (structures/frozen.ts), and of elements of dicts that change, copies are
 * kept (values/frozen_dict.ts). So a value that nobody changes takes no memory, and one that is
 * changed all over takes as much again at most, until it is written.
 *
 * Values that are one block, however large the thresholds let it grow, are not divided.
 */
import { byteOffset, NIL, type Ref, segmentOf, u8 } from "../../arena/arena.ts";
import type { Range } from "../../base/range.ts";
import type { Database } from "../../keyspace/database.ts";
import type { Keyspace } from "../../keyspace/keyspace.ts";
import * as btree from "../../structures/btree.ts";
import * as dict from "../../structures/dict.ts";
import type { EntryRef } from "../../structures/entry.ts";
import * as entry from "../../structures/entry.ts";
import * as frozen from "../../structures/frozen.ts";
import * as idTree from "../../structures/id_tree.ts";
import * as scoreTree from "../../structures/score_tree.ts";
import { StreamId } from "../../structures/stream_id.ts";
import type { FrozenDict } from "../../values/frozen_dict.ts";
import * as hashValue from "../../values/hash_value.ts";
import * as listValue from "../../values/list_value.ts";
import * as setValue from "../../values/set_value.ts";
import * as streamGroup from "../../values/stream_group.ts";
import * as streamValue from "../../values/stream_value.ts";
import * as stringValue from "../../values/string_value.ts";
import { Type } from "../../values/types.ts";
import * as values from "../../values/values.ts";
import * as zsetValue from "../../values/zset_value.ts";
import type { LargeKey, LargeSaver, StreamState } from "../saver.ts";

/** From which size on a value is written in slices: it has more than so many elements, or bytes. */
export interface LargeSizes {
  readonly elements: number;
  readonly bytes: number;
  /** Bytes of a string, which is not packed any more then. */
  readonly string: number;
}

/** What is smaller is written within a millisecond or so. */
export const LARGE_SIZES: LargeSizes = { elements: 512, bytes: 64 << 10, string: 256 << 10 };

/** Elements, or bytes, that are written at once; both are some 20 µs of work, or little more. */
const SLICE_ELEMENTS = 64;
const SLICE_SIZE = 32 << 10;
/** Positions of a dict, most of them empty in one that has shrunk, that are passed at once. */
const SLICE_POSITIONS = 256;

/** Whom to show it to: nobody, when the snapshot is called off, or when the saver has thrown. */
export class Audience {
  saver: LargeSaver | null;
  private readonly failed: (error: Error) => void;

  /** `failed` is told what the saver threw. */
  constructor(saver: LargeSaver | null, failed: (error: Error) => void) {
    this.saver = saver;
    this.failed = failed;
  }

  /** Does something with the saver, if there is one still. */
  show(run: (saver: LargeSaver) => void): void {
    if (this.saver === null) return;
    try {
      run(this.saver);
    } catch (error) {
      this.fail(error as Error);
    }
  }

  /** The snapshot cannot go on: nothing is shown any more. */
  fail(error: Error): void {
    this.saver = null;
    this.failed(error);
  }
}

/** A key with a large value, frozen. */
export interface LargeEntry {
  readonly key: LargeKey;
  /**
   * Shows the value to the saver, a little at each `next`, then gives back what was frozen. It must
   * be gone through to its end.
   */
  readonly parts: Generator<void, void, void>;
}

/**
 * Freezes the value of a key if it is large, and can be divided; null otherwise. Throws when there
 * is no memory for it: nothing is frozen then.
 */
export function freezeLarge(
  db: Database,
  database: number,
  keyspace: Keyspace,
  e: EntryRef,
  sizes: LargeSizes,
  to: Audience,
): LargeEntry | null {
  if (!isLarge(e, sizes)) return null;
  const firstDeadline = entry.type(e) === Type.hash ? hashValue.firstDeadline(e) : Infinity;
  const name = entry.keyBytes(e);
  const value = frozen.allOrNone(() => freezeValue(keyspace, e, to));
  if (value === null) return null;
  const key: LargeKey = {
    database,
    key: name,
    type: entry.type(e),
    count: value.count,
    elements: value.elements,
    expiryMs: db.expiryOf(e),
    farExpiryMs: db.farExpiryOf(e),
    idleSeconds: keyspace.idleSeconds(e),
    frequency: keyspace.frequency(e),
    firstDeadline,
  };
  return { key, parts: value.parts };
}

function isLarge(e: EntryRef, sizes: LargeSizes): boolean {
  if (entry.type(e) === Type.string) return stringValue.size(e) > sizes.string;
  return values.count(e) > sizes.elements || values.ownedSize(e) > sizes.bytes;
}

interface FrozenValue {
  /** Both as LargeKey has it. */
  readonly count: number;
  readonly elements: () => number;
  readonly parts: Generator<void, void, void>;
}

function freezeValue(keyspace: Keyspace, e: EntryRef, to: Audience): FrozenValue | null {
  switch (entry.type(e)) {
    case Type.string:
      return freezeString(e, to);
    case Type.list:
      return freezeList(e, to);
    case Type.set:
      return ofDict(setValue.freeze(e), (own) => dictParts(own, showMember, keyspace, to));
    case Type.zset:
      return ofDict(zsetValue.freeze(e), (own) => zsetParts(own, keyspace, to));
    case Type.hash:
      return ofDict(hashValue.freeze(e), (own) => dictParts(own, showField, keyspace, to));
    default:
      return freezeStream(e, to);
  }
}

function ofDict(
  own: FrozenDict | null,
  partsOf: (own: FrozenDict) => Generator<void, void, void>,
): FrozenValue | null {
  if (own === null) return null;
  const { count } = own;
  return { count, elements: () => count, parts: partsOf(own) };
}

function freezeString(e: EntryRef, to: Audience): FrozenValue | null {
  if (entry.encoding(e) !== stringValue.BLOCK) return null;
  const block = stringValue.blockOf(e);
  const size = stringValue.size(e);
  frozen.freeze(Int32Array.of(block));
  return { count: size, elements: () => size, parts: stringParts(block, size, to) };
}

function* stringParts(block: Ref, size: number, to: Audience): Generator<void, void, void> {
  for (let at = 0; at < size && to.saver !== null; at += SLICE_SIZE) {
    const piece = Math.min(SLICE_SIZE, size - at);
    to.show((saver) => saver.piece(u8[segmentOf(block)], byteOffset(block) + at, piece));
    yield;
  }
  frozen.done(block);
}

function freezeList(e: EntryRef, to: Audience): FrozenValue | null {
  const leaves = listValue.freeze(e);
  if (leaves === null) return null;
  const count = listValue.count(e);
  return { count: leaves.length, elements: () => count, parts: listParts(leaves, to) };
}

function* listParts(leaves: Int32Array, to: Audience): Generator<void, void, void> {
  for (const leaf of leaves) {
    listValue.thaw(leaf, (block) => to.show((saver) => saver.block(block)));
    yield;
  }
}

/** Shows an element of a dict to a saver; returns about how many bytes it has. */
type Shower = (saver: LargeSaver, element: EntryRef, deadlineMs: number) => number;

const shown: Range = { bytes: new Uint8Array(0), offset: 0, size: 0 };

function keyOf(e: EntryRef): Range {
  shown.bytes = u8[segmentOf(entry.keyBlock(e))];
  shown.offset = entry.keyOffset(e);
  shown.size = entry.keySize(e);
  return shown;
}

const showMember: Shower = (saver, element) => {
  saver.member(keyOf(element));
  return shown.size;
};

const showScored: Shower = (saver, element) => {
  saver.scored(keyOf(element), scoreTree.scoreOf(element));
  return shown.size;
};

const showField: Shower = (saver, element, deadlineMs) => {
  const value = stringValue.rangeOf(element);
  saver.field(keyOf(element), value, deadlineMs);
  return shown.size + value.size;
};

/** Shows copies that were kept, if there are any, for one slice. */
function showKept(own: FrozenDict, show: Shower, to: Audience): boolean {
  if (own.problem !== null && to.saver !== null) to.fail(own.problem);
  if (own.keptCount === 0) return false;
  let size = 0;
  for (let left = SLICE_ELEMENTS; left > 0 && own.keptCount > 0 && size < SLICE_SIZE; left--) {
    own.takeKept((element, deadlineMs) => {
      to.show((saver) => {
        size += show(saver, element, deadlineMs);
      });
    });
  }
  return true;
}

/** Shows those of a hash or a set; copies that were kept come first, so that they are few. */
function* dictParts(
  own: FrozenDict,
  show: Shower,
  keyspace: Keyspace,
  to: Audience,
): Generator<void, void, void> {
  let cursor = 0;
  do {
    while (showKept(own, show, to)) yield;
    to.show((saver) => {
      cursor = showPositions(own, show, saver, cursor);
    });
    yield;
  } while (cursor !== 0 && to.saver !== null);
  while (showKept(own, show, to)) yield;
  endDict(own, keyspace);
}

/** Shows elements from a position of the dict on, for one slice; returns the next position. */
function showPositions(own: FrozenDict, show: Shower, saver: LargeSaver, from: number): number {
  let size = 0;
  let elements = 0;
  const visit = (element: EntryRef) => {
    if (entry.isStamped(element)) return;
    size += show(saver, element, own.deadlineOf(element));
    elements++;
    entry.setStamped(element);
  };
  let cursor = from;
  let left = SLICE_POSITIONS;
  do cursor = dict.scan(own.members, cursor, visit);
  while (cursor !== 0 && --left > 0 && elements < SLICE_ELEMENTS && size < SLICE_SIZE);
  return cursor;
}

function endDict(own: FrozenDict, keyspace: Keyspace): void {
  const orphan = own.end();
  if (orphan !== NIL) keyspace.dispose(orphan);
}

/**
 * Shows the members of a sorted set, a leaf at once, from the highest on. Where it goes on is told
 * by a copy of the member that it has come to, since the tree changes meanwhile.
 */
function* zsetParts(
  own: FrozenDict,
  keyspace: Keyspace,
  to: Audience,
): Generator<void, void, void> {
  const { tree } = own;
  let rank = btree.count(tree);
  while (rank > 0 && to.saver !== null) {
    const leaf = scoreTree.byRank(tree, rank - 1);
    const last = rank - 1 - btree.before();
    to.show((saver) => showLeaf(saver, leaf, last));
    const first = scoreTree.entryAt(leaf, 0);
    let place = NIL as EntryRef;
    to.show(() => {
      place = entry.twin(first);
    });
    const score = scoreTree.scoreAt(leaf, 0);
    yield;
    while (showKept(own, showScored, to)) yield;
    if (place === NIL) break;
    rank = scoreTree.rank(tree, score, place);
    entry.release(place);
  }
  while (showKept(own, showScored, to)) yield;
  endDict(own, keyspace);
}

/** Shows members of a leaf from an index down. */
function showLeaf(saver: LargeSaver, leaf: scoreTree.LeafRef, last: number): void {
  for (let i = last; i >= 0; i--) {
    const member = scoreTree.entryAt(leaf, i);
    if (entry.isStamped(member)) continue;
    showScored(saver, member, -1);
    entry.setStamped(member);
  }
}

function freezeStream(e: EntryRef, to: Audience): FrozenValue {
  const leaves = streamValue.freeze(e);
  const groups = streamValue.groupsOf(e);
  const state = {
    length: streamValue.length(e),
    lastId: new StreamId(),
    firstId: new StreamId(),
    maxDeletedId: new StreamId(),
    entriesAdded: streamValue.entriesAdded(e),
    groups: groups === NIL ? [] : streamGroup.freeze(groups),
  };
  streamValue.loadLastId(e, state.lastId);
  streamValue.loadFirstId(e, state.firstId);
  streamValue.loadMaxDeletedId(e, state.maxDeletedId);
  const elements = () => streamValue.countIn(leaves);
  return { count: leaves.length, elements, parts: streamParts(leaves, state, to) };
}

const id = new StreamId();

function showPending(saver: LargeSaver, row: idTree.RowRef): void {
  id.load(row, 0);
  saver.pending(id, streamGroup.deliveredMs(row), streamGroup.deliveryCount(row));
}

function showPendingId(saver: LargeSaver, row: idTree.RowRef): void {
  id.load(row, 0);
  saver.pendingId(id);
}

function* streamParts(
  leaves: Int32Array,
  state: StreamState,
  to: Audience,
): Generator<void, void, void> {
  for (const leaf of leaves) {
    streamValue.thaw(leaf, (entries) => to.show((saver) => saver.leaf(entries)));
    yield;
  }
  to.show((saver) => saver.streamState(state));
  for (const group of state.groups) {
    to.show((saver) => saver.beginGroup(group));
    for (const leaf of group.pending) {
      idTree.thaw(leaf, (row) => to.show((saver) => showPending(saver, row)));
      yield;
    }
    for (const consumer of group.consumers) {
      to.show((saver) => saver.beginConsumer(consumer));
      for (const leaf of consumer.pending) {
        idTree.thaw(leaf, (row) => to.show((saver) => showPendingId(saver, row)));
        yield;
      }
      yield;
    }
    yield;
  }
}
