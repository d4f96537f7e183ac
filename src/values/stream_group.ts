/**
 * The groups of a stream, their consumers, and the entries that were delivered and are not yet
 * acknowledged (pending).
 *
 * Groups are entries of a dict by name, consumers of a dict of their group. The values of both are
 * words in the entry:
 *
 *   group     0         16     24        28          32        36
 *             | last ID | read | pending | consumers | by time | serial |
 *
 *   consumer  0        8         16
 *             | seen   | active  | pending |
 *
 * last ID    the highest that was delivered
 * read       how many entries were read up to it, a signed 64-bit integer; -1: not known
 * by time    the pending entries by when they were delivered, or NIL: it is made when it is first
 *            asked for, and kept from then on. Its keys are a time and a serial number (of 32 bits,
 *            in the form of an ID), its rows the IDs; `serial` is the last of those numbers
 * seen       Unix ms at which the consumer was last heard of; active: and got entries, or -1
 * pending    trees by ID (structures/id_tree.ts), NIL while nothing was delivered. Rows of a
 *            group's say when an entry was delivered, how often, and to which consumer; those of a
 *            consumer's are IDs
 *
 * An entry that is pending is in the tree of its group and in that of one consumer of the group.
 */
import * as arena from "../arena/arena.ts";
import { f64, i32, NIL, SEGMENT_BITS, SEGMENT_MASK } from "../arena/arena.ts";
import { assert } from "../base/assert.ts";
import { hashBytes } from "../base/hash.ts";
import { safeInteger } from "../base/numbers.ts";
import type { Args } from "../protocol/args.ts";
import type { Reply } from "../protocol/reply.ts";
import type { TreeRef } from "../structures/btree.ts";
import * as btree from "../structures/btree.ts";
import type { DictRef } from "../structures/dict.ts";
import * as dict from "../structures/dict.ts";
import type { EntryRef } from "../structures/entry.ts";
import * as entry from "../structures/entry.ts";
import * as frozen from "../structures/frozen.ts";
import type { RowRef } from "../structures/id_tree.ts";
import * as idTree from "../structures/id_tree.ts";
import { compareKeys } from "../structures/score_tree.ts";
import { ID_WORDS, StreamId } from "../structures/stream_id.ts";

const GROUP_AREA = 40;
const LAST_ID = 0;
const READ_LOW = 4;
const READ_HIGH = 5;
const GROUP_PENDING = 6;
const CONSUMERS = 7;
const BY_TIME = 8;
const SERIAL = 9;

const CONSUMER_AREA = 20;
const SEEN = 0;
const ACTIVE = 2;
const CONSUMER_PENDING = 4;

/**
 * A row of a group's pending entries: when delivered (a double), how often (64 bits), to whom, and
 * the serial number of its row by time.
 */
const PENDING_WORDS = 6;
const COUNT_LOW = 2;
const COUNT_HIGH = 3;
const CONSUMER = 4;
const ROW_SERIAL = 5;
/** A row by time: the ID. */
const BY_TIME_WORDS = ID_WORDS;

const WORD = 2 ** 32;
/** Consumers, or slices of pending entries, that are freed in one slice. */
const SLICE_STEPS = 16;
/** `entriesRead` of a group for which it is not known. */
export const UNKNOWN = -1n;

const wordAt = (e: EntryRef, name: number) =>
  ((e & SEGMENT_MASK) << 1) + (entry.valueAt(e) >>> 2) + name;
const wordOf = (e: EntryRef, name: number) => i32[e >>> SEGMENT_BITS][wordAt(e, name)];
const setWordOf = (e: EntryRef, name: number, value: number) => {
  i32[e >>> SEGMENT_BITS][wordAt(e, name)] = value;
};

/** A time in two words; -1 is no time. */
const timeOf = (e: EntryRef, name: number) => wordOf(e, name + 1) * WORD + (wordOf(e, name) >>> 0);
function setTimeOf(e: EntryRef, name: number, ms: number): void {
  setWordOf(e, name, ms | 0);
  setWordOf(e, name + 1, Math.floor(ms / WORD));
}

const scratch = new StreamId();

/** The entry with the name in an argument, of groups or of consumers (which may be NIL), or NIL. */
export function find(names: DictRef, args: Args, index: number): EntryRef {
  if (names === NIL) return NIL as EntryRef;
  const { bytes, view } = args;
  const start = args.start[index];
  const size = args.size[index];
  return dict.find(names, bytes, view, start, size, hashBytes(bytes, view, start, size));
}

/** Adds an entry with the name in an argument, which is not there. */
function add(names: DictRef, args: Args, index: number, area: number): EntryRef {
  const { bytes, view } = args;
  const start = args.start[index];
  const size = args.size[index];
  const e = entry.create(
    bytes,
    view,
    start,
    size,
    hashBytes(bytes, view, start, size),
    area,
    false,
  );
  dict.insert(names, e);
  return e;
}

const named = new dict.DictCursor();
/** So many are sorted here, which saves a call of the runtime for each comparison. */
const FEW = 8;

/** The groups, or consumers, in the order of their names. */
export function inOrder(names: DictRef): EntryRef[] {
  const all: EntryRef[] = [];
  if (names === NIL) return all;
  named.start(names);
  for (let e = named.next(); e !== NIL; e = named.next()) all.push(e);
  if (all.length > FEW) return all.sort(compareKeys);
  for (let i = 1; i < all.length; i++) {
    const moved = all[i];
    let at = i;
    for (; at > 0 && compareKeys(all[at - 1], moved) > 0; at--) all[at] = all[at - 1];
    all[at] = moved;
  }
  return all;
}

/** Adds a group with the name in an argument, which is not there. */
export function create(
  groups: DictRef,
  args: Args,
  index: number,
  lastId: StreamId,
  read: bigint,
): EntryRef {
  const group = add(groups, args, index, GROUP_AREA);
  setLastId(group, lastId);
  setEntriesRead(group, read);
  setWordOf(group, GROUP_PENDING, NIL);
  setWordOf(group, CONSUMERS, dict.create());
  setWordOf(group, BY_TIME, NIL);
  setWordOf(group, SERIAL, 0);
  return group;
}

/** Takes the highest ID that was delivered to the group. */
export const loadLastId = (group: EntryRef, into: StreamId) =>
  into.read(i32[group >>> SEGMENT_BITS], wordAt(group, LAST_ID));

export function setLastId(group: EntryRef, id: StreamId): void {
  const words = i32[group >>> SEGMENT_BITS];
  const at = wordAt(group, LAST_ID);
  words[at] = id.msHigh;
  words[at + 1] = id.msLow;
  words[at + 2] = id.seqHigh;
  words[at + 3] = id.seqLow;
}

/** How many entries the group has read, or UNKNOWN. */
export const entriesRead = (group: EntryRef) =>
  (BigInt(wordOf(group, READ_HIGH)) << 32n) | BigInt(wordOf(group, READ_LOW) >>> 0);

/** Replies with `entriesRead`. */
export const replyRead = (group: EntryRef, to: Reply) =>
  to.int64(wordOf(group, READ_HIGH), wordOf(group, READ_LOW));

/** `entriesRead` as a number; NaN if it is unknown, or 2^53 or more. */
export const safeRead = (group: EntryRef) =>
  safeInteger(wordOf(group, READ_HIGH), wordOf(group, READ_LOW));

export function setEntriesRead(group: EntryRef, count: bigint): void {
  setWordOf(group, READ_LOW, Number(BigInt.asIntN(32, count)));
  setWordOf(group, READ_HIGH, Number(BigInt.asIntN(32, count >> 32n)));
}

/** Whether `entriesRead` is known. */
export const isReadKnown = (group: EntryRef) =>
  (wordOf(group, READ_LOW) & wordOf(group, READ_HIGH)) !== -1;

/** So many entries more were read. */
export function countRead(group: EntryRef, count: number): void {
  const before = wordOf(group, READ_LOW);
  const low = (before + count) | 0;
  setWordOf(group, READ_LOW, low);
  if (low >>> 0 < before >>> 0) setWordOf(group, READ_HIGH, (wordOf(group, READ_HIGH) + 1) | 0);
}

/** The consumers of a group by name. */
export const consumersOf = (group: EntryRef) => wordOf(group, CONSUMERS) as DictRef;

export const consumerCount = (group: EntryRef) => dict.count(consumersOf(group));

/** Adds a consumer with the name in an argument, which is not there. */
export function createConsumer(
  group: EntryRef,
  args: Args,
  index: number,
  nowMs: number,
): EntryRef {
  const consumer = add(consumersOf(group), args, index, CONSUMER_AREA);
  setTimeOf(consumer, SEEN, nowMs);
  setTimeOf(consumer, ACTIVE, -1);
  setWordOf(consumer, CONSUMER_PENDING, NIL);
  return consumer;
}

/** When the consumer was last heard of, in Unix ms. */
export const seenMs = (consumer: EntryRef) => timeOf(consumer, SEEN);
export const setSeenMs = (consumer: EntryRef, ms: number) => setTimeOf(consumer, SEEN, ms);
/** When the consumer was last given entries, in Unix ms, or -1. */
export const activeMs = (consumer: EntryRef) => timeOf(consumer, ACTIVE);
export const setActiveMs = (consumer: EntryRef, ms: number) => setTimeOf(consumer, ACTIVE, ms);

/** The pending entries of a group, or NIL. */
export const pendingOf = (group: EntryRef) => wordOf(group, GROUP_PENDING) as TreeRef;
/** The IDs that are pending for a consumer, or NIL. */
export const pendingIdsOf = (consumer: EntryRef) => wordOf(consumer, CONSUMER_PENDING) as TreeRef;

const countIn = (t: TreeRef) => (t === NIL ? 0 : btree.count(t));
export const pendingCount = (group: EntryRef) => countIn(pendingOf(group));
export const consumerPendingCount = (consumer: EntryRef) => countIn(pendingIdsOf(consumer));

/** Of a row of a group's pending entries: when it was delivered, in Unix ms. */
export const deliveredMs = (row: RowRef) => f64[row >>> SEGMENT_BITS][idTree.payloadAt(row) >>> 1];

const rowWord = (row: RowRef, name: number) =>
  i32[row >>> SEGMENT_BITS][idTree.payloadAt(row) + name];
const setRowWord = (row: RowRef, name: number, value: number) => {
  i32[row >>> SEGMENT_BITS][idTree.payloadAt(row) + name] = value;
};

/** Of a row: how often it was delivered, a 64-bit integer that is printed as a signed one. */
export const deliveryCount = (row: RowRef) =>
  (BigInt(rowWord(row, COUNT_HIGH)) << 32n) | BigInt(rowWord(row, COUNT_LOW) >>> 0);

/** Replies with `deliveryCount`. */
export const replyDeliveries = (row: RowRef, to: Reply) =>
  to.int64(rowWord(row, COUNT_HIGH), rowWord(row, COUNT_LOW));

export function setDeliveryCount(row: RowRef, count: bigint): void {
  setRowWord(row, COUNT_LOW, Number(BigInt.asIntN(32, count)));
  setRowWord(row, COUNT_HIGH, Number(BigInt.asIntN(32, count >> 32n)));
}

/** Counts one delivery more. */
export function countDelivery(row: RowRef): void {
  const low = (rowWord(row, COUNT_LOW) + 1) | 0;
  setRowWord(row, COUNT_LOW, low);
  if (low === 0) setRowWord(row, COUNT_HIGH, (rowWord(row, COUNT_HIGH) + 1) | 0);
}

/** Of a row: to whom it was delivered. */
export const consumerOf = (row: RowRef) => rowWord(row, CONSUMER) as EntryRef;

/** The row of an entry that is pending, to be changed, or NIL. */
export function findPending(group: EntryRef, id: StreamId): RowRef {
  const pending = pendingOf(group);
  return pending === NIL ? (NIL as RowRef) : idTree.find(pending, id);
}

/** The entry of this ID, whose row this is, was delivered at this time, in Unix ms. */
export function setDeliveredMs(group: EntryRef, row: RowRef, id: StreamId, ms: number): void {
  if (byTimeOf(group) !== NIL) removeByTime(group, row);
  noteDelivered(group, row, id, ms);
}

function noteDelivered(group: EntryRef, row: RowRef, id: StreamId, ms: number): void {
  f64[row >>> SEGMENT_BITS][idTree.payloadAt(row) >>> 1] = ms;
  if (byTimeOf(group) !== NIL) addByTime(group, row, id);
}

const byTimeOf = (group: EntryRef) => wordOf(group, BY_TIME) as TreeRef;

/** The key of a row by time. */
function setTimeKey(key: StreamId, ms: number, serial: number): void {
  key.setTime(ms);
  key.seqLow = serial;
}

function addByTime(group: EntryRef, row: RowRef, id: StreamId): void {
  const serial = (wordOf(group, SERIAL) + 1) | 0;
  setWordOf(group, SERIAL, serial);
  setRowWord(row, ROW_SERIAL, serial);
  setTimeKey(timeKey, deliveredMs(row), serial);
  const entryRow = idTree.insert(byTimeOf(group), timeKey);
  id.store(entryRow, ID_WORDS);
}

function removeByTime(group: EntryRef, row: RowRef): void {
  setTimeKey(timeKey, deliveredMs(row), rowWord(row, ROW_SERIAL));
  const byTime = byTimeOf(group);
  idTree.removeFound(byTime, idTree.find(byTime, timeKey));
}

const timeKey = new StreamId();

/**
 * Puts the cursor at the pending entry that was delivered first; the first call for a group takes
 * O(n log n). `loadByTime` reads what is there.
 */
export function seekOldest(group: EntryRef, at: idTree.IdCursor): void {
  if (byTimeOf(group) === NIL) makeByTime(group);
  scratch.setZero();
  at.seek(byTimeOf(group), scratch);
}

function makeByTime(group: EntryRef): void {
  setWordOf(group, BY_TIME, idTree.create(BY_TIME_WORDS));
  const pending = pendingOf(group);
  scratch.setZero();
  if (pending !== NIL) cursor.seek(pending, scratch);
  else cursor.clear();
  for (; cursor.row !== NIL; cursor.next()) {
    scratch.load(cursor.row, 0);
    addByTime(group, cursor.row, scratch);
  }
}

/** Of a row by time: takes the entry's ID; returns when it was delivered, in Unix ms. */
export function loadByTime(row: RowRef, into: StreamId): number {
  into.load(row, 0);
  const ms = (into.msHigh >>> 0) * WORD + (into.msLow >>> 0);
  into.load(row, ID_WORDS);
  return ms;
}

/** An entry is pending for a consumer, as delivered for the first time, whatever it was before. */
export function deliver(group: EntryRef, consumer: EntryRef, id: StreamId, nowMs: number): void {
  if (pendingOf(group) === NIL) setWordOf(group, GROUP_PENDING, idTree.create(PENDING_WORDS));
  let row = idTree.insert(pendingOf(group), id);
  if (idTree.wasThere) {
    row = assign(group, row, consumer, id);
    setDeliveredMs(group, row, id, nowMs);
  } else {
    setRowWord(row, CONSUMER, consumer);
    noteDelivered(group, row, id, nowMs);
    addId(consumer, id);
  }
  setRowWord(row, COUNT_LOW, 1);
  setRowWord(row, COUNT_HIGH, 0);
}

/** Adds a row for an entry that is not pending, delivered at a time (Unix ms), and so often. */
export function addPending(
  group: EntryRef,
  consumer: EntryRef,
  id: StreamId,
  ms: number,
  count: bigint,
): RowRef {
  if (pendingOf(group) === NIL) setWordOf(group, GROUP_PENDING, idTree.create(PENDING_WORDS));
  const row = idTree.insert(pendingOf(group), id);
  setRowWord(row, CONSUMER, consumer);
  setDeliveryCount(row, count);
  noteDelivered(group, row, id, ms);
  addId(consumer, id);
  return row;
}

function addId(consumer: EntryRef, id: StreamId): void {
  if (pendingIdsOf(consumer) === NIL) setWordOf(consumer, CONSUMER_PENDING, idTree.create(0));
  idTree.insert(pendingIdsOf(consumer), id);
}

function removeId(consumer: EntryRef, id: StreamId): void {
  const ids = pendingIdsOf(consumer);
  idTree.removeFound(ids, idTree.find(ids, id));
}

/**
 * Gives the row of this ID to a consumer, who may have it already; returns the row, which may have
 * moved, to be changed.
 */
export function assign(group: EntryRef, row: RowRef, consumer: EntryRef, id: StreamId): RowRef {
  const own = frozen.isAny ? findPending(group, id) : row;
  if (DEBUG) assert(findPending(group, id) === own, "the row is of another ID");
  const holder = consumerOf(own);
  if (holder === consumer) return own;
  removeId(holder, id);
  addId(consumer, id);
  setRowWord(own, CONSUMER, consumer);
  return own;
}

/** The entry of this ID is pending no longer; false if it was not. */
export function acknowledge(group: EntryRef, id: StreamId): boolean {
  const row = findPending(group, id);
  if (row === NIL) return false;
  const consumer = consumerOf(row);
  removeRow(group, row, id);
  removeId(consumer, id);
  return true;
}

/** Removes a row of the group's, the one that was found last. */
function removeRow(group: EntryRef, row: RowRef, id: StreamId): void {
  const pending = pendingOf(group);
  if (byTimeOf(group) === NIL) {
    idTree.removeFound(pending, row);
    return;
  }
  removeByTime(group, row);
  idTree.removeFound(pending, idTree.find(pending, id));
}

const cursor = new idTree.IdCursor();

/** Removes a consumer and forgets what is pending for it; returns how many entries that were. */
export function removeConsumer(group: EntryRef, consumer: EntryRef): number {
  const ids = pendingIdsOf(consumer);
  const pending = countIn(ids);
  if (ids !== NIL) {
    if (pending > pendingCount(group) / 2) keepOthers(group, consumer);
    else forgetIds(group, ids);
    idTree.release(ids);
  }
  dict.remove(consumersOf(group), consumer);
  entry.release(consumer);
  return pending;
}

function forgetIds(group: EntryRef, ids: TreeRef): void {
  scratch.setZero();
  for (cursor.seek(ids, scratch); cursor.row !== NIL; cursor.next()) {
    scratch.load(cursor.row, 0);
    removeRow(group, findPending(group, scratch), scratch);
  }
}

/** Keeps the rows of other consumers only, in a new tree: for a consumer who has most of them. */
function keepOthers(group: EntryRef, consumer: EntryRef): void {
  const kept = idTree.create(PENDING_WORDS);
  scratch.setZero();
  for (cursor.seek(pendingOf(group), scratch); cursor.row !== NIL; cursor.next()) {
    if (consumerOf(cursor.row) === consumer) continue;
    scratch.load(cursor.row, 0);
    idTree.copyPayload(cursor.row, idTree.insert(kept, scratch), PENDING_WORDS);
  }
  const isKeptByTime = byTimeOf(group) !== NIL;
  while (releaseRows(group));
  setWordOf(group, GROUP_PENDING, kept);
  if (isKeptByTime) makeByTime(group);
}

/** Frees some of those rows; false when none is left. */
function releaseRows(group: EntryRef): boolean {
  for (const name of [GROUP_PENDING, BY_TIME]) {
    const rows = wordOf(group, name) as TreeRef;
    if (rows === NIL) continue;
    if (!idTree.releaseSlice(rows)) setWordOf(group, name, NIL);
    return true;
  }
  return false;
}

/** Removes a group with all it knows. */
export function remove(groups: DictRef, group: EntryRef): void {
  while (releaseSliceOf(group));
  dict.remove(groups, group);
  entry.release(group);
}

/** Frees some of what a group owns outside its entry; false once nothing is left. */
function releaseSliceOf(group: EntryRef): boolean {
  if (releaseRows(group)) return true;
  const consumers = consumersOf(group);
  walk.start(consumers);
  const consumer = walk.next();
  if (consumer === NIL) {
    dict.release(consumers);
    return false;
  }
  const ids = pendingIdsOf(consumer);
  if (ids !== NIL && idTree.releaseSlice(ids)) return true;
  dict.remove(consumers, consumer);
  entry.release(consumer);
  return true;
}

const walk = new dict.DictCursor();

/** Frees a part of all groups; false once all are gone, and the dict with them. */
export function releaseSlice(groups: DictRef): boolean {
  for (let step = 0; step < SLICE_STEPS; step++) {
    walk.start(groups);
    const group = walk.next();
    if (group === NIL) {
      dict.release(groups);
      return false;
    }
    if (releaseSliceOf(group)) continue;
    dict.remove(groups, group);
    entry.release(group);
  }
  return true;
}

/** A group as it was when `freeze` was called. */
export interface FrozenGroup {
  readonly name: Uint8Array;
  readonly lastId: StreamId;
  readonly entriesRead: bigint;
  readonly pendingCount: number;
  /** Leaves of its pending entries, for `idTree.thaw`: rows of `deliveredMs`, `deliveryCount`. */
  readonly pending: Int32Array;
  readonly consumers: readonly FrozenConsumer[];
}

/** A consumer as it was then. */
export interface FrozenConsumer {
  readonly name: Uint8Array;
  readonly seenMs: number;
  readonly activeMs: number;
  readonly pendingCount: number;
  /** Leaves of the IDs that are pending for it, for `idTree.thaw`. */
  readonly pending: Int32Array;
}

/** All groups, in the order of their names, with what is pending frozen. */
export function freeze(groups: DictRef): FrozenGroup[] {
  return inOrder(groups).map((group) => {
    const lastId = new StreamId();
    loadLastId(group, lastId);
    return {
      name: entry.keyBytes(group),
      lastId,
      entriesRead: entriesRead(group),
      pendingCount: pendingCount(group),
      pending: idTree.freeze(pendingOf(group)),
      consumers: inOrder(consumersOf(group)).map(freezeConsumer),
    };
  });
}

function freezeConsumer(consumer: EntryRef): FrozenConsumer {
  return {
    name: entry.keyBytes(consumer),
    seenMs: seenMs(consumer),
    activeMs: activeMs(consumer),
    pendingCount: consumerPendingCount(consumer),
    pending: idTree.freeze(pendingIdsOf(consumer)),
  };
}

/** Consumers and pending entries of all groups: what freeing them costs. */
export function cost(groups: DictRef): number {
  let total = 0;
  dict.each(groups, (group) => {
    total += 1 + dict.count(consumersOf(group)) + pendingCount(group);
  });
  return total;
}

/** The bytes of all blocks that groups own, their dict's too. */
export function ownedSize(groups: DictRef): number {
  let size = namesSize(groups);
  const ofTree = (t: TreeRef) => (t === NIL ? 0 : idTree.ownedSize(t));
  dict.each(groups, (group) => {
    size += ofTree(pendingOf(group)) + ofTree(byTimeOf(group)) + namesSize(consumersOf(group));
    dict.each(consumersOf(group), (consumer) => {
      size += ofTree(pendingIdsOf(consumer));
    });
  });
  return size;
}

/** The bytes of a dict with its entries. */
function namesSize(names: DictRef): number {
  let size = dict.ownedSize(names);
  dict.each(names, (e) => {
    const block = entry.keyBlock(e);
    size += arena.capacity(e) + (block === e ? 0 : arena.capacity(block));
  });
  return size;
}

/** A deep copy of all groups. */
export function copyAll(groups: DictRef): DictRef {
  const copied = dict.create(dict.count(groups));
  dict.each(groups, (group) => {
    const twin = entry.twin(group, GROUP_AREA);
    entry.copyValue(group, twin, GROUP_AREA);
    dict.insert(copied, twin);
    const consumers = dict.create(dict.count(consumersOf(group)));
    const twins = new Map<number, EntryRef>();
    dict.each(consumersOf(group), (consumer) => {
      const other = entry.twin(consumer, CONSUMER_AREA);
      entry.copyValue(consumer, other, CONSUMER_AREA);
      setWordOf(other, CONSUMER_PENDING, NIL);
      dict.insert(consumers, other);
      twins.set(consumer, other);
    });
    setWordOf(twin, CONSUMERS, consumers);
    setWordOf(twin, GROUP_PENDING, NIL);
    setWordOf(twin, BY_TIME, NIL);
    copyPending(group, twin, twins);
  });
  return copied;
}

function copyPending(from: EntryRef, to: EntryRef, twins: ReadonlyMap<number, EntryRef>): void {
  const pending = pendingOf(from);
  if (pending === NIL) return;
  const copying = new idTree.IdCursor();
  scratch.setZero();
  for (copying.seek(pending, scratch); copying.row !== NIL; copying.next()) {
    const { row } = copying;
    scratch.load(row, 0);
    const consumer = twins.get(consumerOf(row)) as EntryRef;
    addPending(to, consumer, scratch, deliveredMs(row), deliveryCount(row));
  }
}

/** Walks all groups and throws on the first thing that is wrong. For tests. */
export function verifyAll(groups: DictRef): void {
  dict.verify(groups);
  for (const group of inOrder(groups)) {
    dict.verify(consumersOf(group));
    let total = 0;
    for (const consumer of inOrder(consumersOf(group))) {
      const ids = pendingIdsOf(consumer);
      if (ids === NIL) continue;
      idTree.verify(ids);
      total += btree.count(ids);
      scratch.setZero();
      for (cursor.seek(ids, scratch); cursor.row !== NIL; cursor.next()) {
        scratch.load(cursor.row, 0);
        const row = findPending(group, scratch);
        assert(row !== NIL, "an ID is pending for a consumer and not for its group");
        assert(consumerOf(row) === consumer, "an ID is pending for two consumers");
      }
    }
    if (pendingOf(group) !== NIL) idTree.verify(pendingOf(group));
    assert(total === pendingCount(group), "an entry is pending for no consumer");
    if (byTimeOf(group) !== NIL) verifyByTime(group);
  }
}

function verifyByTime(group: EntryRef): void {
  const byTime = byTimeOf(group);
  idTree.verify(byTime);
  assert(btree.count(byTime) === pendingCount(group), "not all that is pending is there by time");
  for (seekOldest(group, cursor); cursor.row !== NIL; cursor.next()) {
    const ms = loadByTime(cursor.row, scratch);
    const row = findPending(group, scratch);
    assert(row !== NIL && deliveredMs(row) === ms, "a row by time of what is not pending");
  }
}
