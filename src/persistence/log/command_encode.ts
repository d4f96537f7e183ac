/**
 * Writes values as the commands that make them, the same that Redis 7.0 writes when it rewrites an
 * append-only file without a snapshot at its head: byte for byte where the order of elements is
 * defined. Large values take many commands, of at most 64 elements and some megabytes each, so that
 * whoever loads them finds none that is larger than a client could have sent.
 *
 * Deadlines of hash fields, which Redis 7.0 has not, follow the fields as HPEXPIREAT.
 */
import { NIL, segmentOf, u8 } from "../../arena/arena.ts";
import { assert } from "../../base/assert.ts";
import * as btree from "../../structures/btree.ts";
import { type EntryRef, keyBlock, keyOffset, keySize, type } from "../../structures/entry.ts";
import { IdCursor } from "../../structures/id_tree.ts";
import { StreamId } from "../../structures/stream_id.ts";
import type { StreamLeafRef } from "../../structures/stream_leaf.ts";
import * as streamLeaf from "../../structures/stream_leaf.ts";
import * as hashValue from "../../values/hash_value.ts";
import * as listValue from "../../values/list_value.ts";
import * as setValue from "../../values/set_value.ts";
import * as streamGroup from "../../values/stream_group.ts";
import * as streamValue from "../../values/stream_value.ts";
import * as stringValue from "../../values/string_value.ts";
import { Type } from "../../values/types.ts";
import * as zsetValue from "../../values/zset_value.ts";
import { type CommandWriter, wordOf } from "./command_writer.ts";

/** Elements of one command: what a server does at once when it loads them stays short. */
const ITEMS_MAX = 64;
/**
 * Bytes of the elements of one command, unless it has one alone: for the same reason, and far below
 * what a log can hold (LOGGED_SIZE_MAX).
 */
const SIZE_MAX = 1 << 20;

const SET = wordOf("SET");
const RPUSH = wordOf("RPUSH");
const SADD = wordOf("SADD");
const ZADD = wordOf("ZADD");
const HMSET = wordOf("HMSET");
const HPEXPIREAT = wordOf("HPEXPIREAT");
const FIELDS = wordOf("FIELDS");
const XADD = wordOf("XADD");
const MAXLEN = wordOf("MAXLEN");
const XSETID = wordOf("XSETID");
const ENTRIES_ADDED = wordOf("ENTRIESADDED");
const MAX_DELETED_ID = wordOf("MAXDELETEDID");
const XGROUP = wordOf("XGROUP");
const CREATE = wordOf("CREATE");
const CREATE_CONSUMER = wordOf("CREATECONSUMER");
const ENTRIES_READ = wordOf("ENTRIESREAD");
const XCLAIM = wordOf("XCLAIM");
const TIME = wordOf("TIME");
const RETRY_COUNT = wordOf("RETRYCOUNT");
const JUST_ID = wordOf("JUSTID");
const FORCE = wordOf("FORCE");
const ZERO = wordOf("0");
const ONE = wordOf("1");
/** The ID, name and value of an entry that is trimmed as soon as it is added. */
const NO_ENTRY = [wordOf("0-1"), wordOf("x"), wordOf("y")];

/** The name of an entry: of a key, a group or a consumer. */
export function writeName(to: CommandWriter, e: EntryRef): void {
  to.bulk(u8[segmentOf(keyBlock(e))], keyOffset(e), keySize(e));
}

/** Writes a value, from its first command to its last. */
export function writeCommands(to: CommandWriter, e: EntryRef): void {
  switch (type(e)) {
    case Type.list:
      writeElements(to, e);
      return;
    case Type.set:
      writeMembers(to, e);
      return;
    case Type.zset:
      writeScored(to, e);
      return;
    case Type.hash:
      writeFields(to, e);
      return;
    case Type.stream:
      streamValue.eachLeaf(e, (leaf) => writeEntries(to, e, leaf));
      writeStreamEnd(to, e);
      return;
    default:
      to.command(3);
      to.word(SET);
      writeName(to, e);
      to.range(stringValue.rangeOf(e));
  }
}

/**
 * How many of the elements to come the next command takes: some, or one that is as large as all of
 * them may be together. A cursor that runs ahead tells their sizes.
 */
class Batch {
  /** The size of an element that is for the next command, or -1. */
  private kept = -1;
  private readonly nextSize: () => number;

  constructor(nextSize: () => number) {
    this.nextSize = nextSize;
  }

  /** Before the first element of a value. */
  reset(): void {
    this.kept = -1;
  }

  next(left: number): number {
    const countMax = Math.min(left, ITEMS_MAX);
    let size = 0;
    for (let count = 0; count < countMax; count++) {
      const more = this.kept < 0 ? this.nextSize() : this.kept;
      this.kept = -1;
      size += more;
      if (count > 0 && size > SIZE_MAX) {
        this.kept = more;
        return count;
      }
    }
    return countMax;
  }
}

/** Begins a command of so many elements. */
function beginItems(
  to: CommandWriter,
  name: Uint8Array,
  e: EntryRef,
  count: number,
  wordsEach: number,
): void {
  to.command(2 + wordsEach * count);
  to.word(name);
  writeName(to, e);
}

const elements = new listValue.ListCursor();
const elementsAhead = new listValue.ListCursor();
const elementBatch = new Batch(() => {
  const { size } = elementsAhead.element();
  elementsAhead.next();
  return size;
});

/** All elements of a list. */
function writeElements(to: CommandWriter, e: EntryRef): void {
  elements.seek(e, 0);
  elementsAhead.seek(e, 0);
  elementBatch.reset();
  for (let left = listValue.count(e); left > 0; ) {
    const count = elementBatch.next(left);
    beginItems(to, RPUSH, e, count, 1);
    for (let i = 0; i < count; i++) {
      to.range(elements.element());
      elements.next();
    }
    left -= count;
  }
}

const members = new setValue.SetCursor();
const membersAhead = new setValue.SetCursor();
const memberBatch = new Batch(() => (membersAhead.next() ? membersAhead.member().size : 0));

/** All members of a set. */
function writeMembers(to: CommandWriter, e: EntryRef): void {
  members.start(e);
  membersAhead.start(e);
  memberBatch.reset();
  for (let left = setValue.count(e); left > 0; ) {
    const count = memberBatch.next(left);
    beginItems(to, SADD, e, count, 1);
    for (let i = 0; i < count && members.next(); i++) to.range(members.member());
    left -= count;
  }
}

const scored = new zsetValue.ZsetCursor();
const scoredAhead = new zsetValue.ZsetCursor();
const scoredBatch = new Batch(() => {
  const { size } = scoredAhead.member();
  scoredAhead.next();
  return size;
});

/** All members of a sorted set, from the lowest on. */
function writeScored(to: CommandWriter, e: EntryRef): void {
  scored.seek(e, 0);
  scoredAhead.seek(e, 0);
  scoredBatch.reset();
  for (let left = zsetValue.count(e); left > 0; ) {
    const count = scoredBatch.next(left);
    beginItems(to, ZADD, e, count, 2);
    for (let i = 0; i < count; i++) {
      to.double(scored.score);
      to.range(scored.member());
      scored.next();
    }
    left -= count;
  }
}

const fields = new hashValue.HashCursor();
const fieldsAhead = new hashValue.HashCursor();
const fieldBatch = new Batch(() => {
  if (!fieldsAhead.next()) return 0;
  const { size } = fieldsAhead.field();
  return size + fieldsAhead.value().size;
});
/** The places of the fields of one command that have a deadline. */
const mortal: number[] = [];
const again = new hashValue.HashCursor();

/** All fields of a hash, and their deadlines. */
function writeFields(to: CommandWriter, e: EntryRef): void {
  const expires = hashValue.firstDeadline(e) !== Infinity;
  fields.start(e);
  fieldsAhead.start(e);
  fieldBatch.reset();
  for (let left = hashValue.count(e); left > 0; ) {
    const count = fieldBatch.next(left);
    beginItems(to, HMSET, e, count, 2);
    for (let i = 0; i < count && fields.next(); i++) {
      to.range(fields.field());
      to.range(fields.value());
      if (expires && hashValue.deadlineOf(e, fields.place) >= 0) mortal.push(fields.place);
    }
    writeDeadlines(to, e);
    left -= count;
  }
}

function writeDeadlines(to: CommandWriter, e: EntryRef): void {
  for (const place of mortal) {
    again.seek(e, place);
    to.command(6);
    to.word(HPEXPIREAT);
    writeName(to, e);
    to.integer(hashValue.deadlineOf(e, place));
    to.word(FIELDS);
    to.word(ONE);
    to.range(again.field());
  }
  mortal.length = 0;
}

const entries = new streamLeaf.LeafCursor();
const id = new StreamId();
const rows = new IdCursor();

/** The entries of a leaf that are not deleted, one command each. */
function writeEntries(to: CommandWriter, e: EntryRef, leaf: StreamLeafRef): void {
  entries.start(leaf);
  while (entries.next()) {
    to.command(3 + 2 * entries.fieldCount);
    to.word(XADD);
    writeName(to, e);
    to.id(entries.id);
    entries.each((text) => to.range(text));
  }
}

/** What is to be told of a stream once its entries are there: its figures, and its groups. */
function writeStreamEnd(to: CommandWriter, e: EntryRef): void {
  if (streamValue.length(e) === 0) {
    to.command(7);
    to.word(XADD);
    writeName(to, e);
    to.word(MAXLEN);
    to.word(ZERO);
    for (const word of NO_ENTRY) to.word(word);
  }
  to.command(7);
  to.word(XSETID);
  writeName(to, e);
  streamValue.loadLastId(e, id);
  to.id(id);
  to.word(ENTRIES_ADDED);
  to.text(String(streamValue.entriesAdded(e)));
  to.word(MAX_DELETED_ID);
  streamValue.loadMaxDeletedId(e, id);
  to.id(id);
  for (const group of streamGroup.inOrder(streamValue.groupsOf(e))) writeGroup(to, e, group);
}

function writeGroup(to: CommandWriter, e: EntryRef, group: EntryRef): void {
  to.command(7);
  to.word(XGROUP);
  to.word(CREATE);
  writeName(to, e);
  writeName(to, group);
  streamGroup.loadLastId(group, id);
  to.id(id);
  to.word(ENTRIES_READ);
  to.text(String(streamGroup.entriesRead(group)));
  for (const consumer of streamGroup.inOrder(streamGroup.consumersOf(group))) {
    if (streamGroup.consumerPendingCount(consumer) > 0) writePending(to, e, group, consumer);
    else writeConsumer(to, e, group, consumer);
  }
}

function writeConsumer(to: CommandWriter, e: EntryRef, group: EntryRef, consumer: EntryRef): void {
  to.command(5);
  to.word(XGROUP);
  to.word(CREATE_CONSUMER);
  writeName(to, e);
  writeName(to, group);
  writeName(to, consumer);
}

/** What is pending for a consumer, who is made by it, one command each. */
function writePending(to: CommandWriter, e: EntryRef, group: EntryRef, consumer: EntryRef): void {
  const ids = streamGroup.pendingIdsOf(consumer);
  if (DEBUG) assert(btree.count(ids) > 0, "nothing is pending");
  id.setZero();
  for (rows.seek(ids, id); rows.row !== NIL; rows.next()) {
    id.load(rows.row, 0);
    const row = streamGroup.findPending(group, id);
    to.command(12);
    to.word(XCLAIM);
    writeName(to, e);
    writeName(to, group);
    writeName(to, consumer);
    to.word(ZERO);
    to.id(id);
    to.word(TIME);
    to.integer(streamGroup.deliveredMs(row));
    to.word(RETRY_COUNT);
    to.text(String(streamGroup.deliveryCount(row)));
    to.word(JUST_ID);
    to.word(FORCE);
  }
}
