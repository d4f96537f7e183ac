/**
 * Writes values as the commands that make them, the same that Redis 7.0 writes when it rewrites an
 * append-only file without a snapshot at its head: byte for byte where the order of elements is
 * defined. Large values take many commands, of at most 64 elements each.
 *
 * A value may also be written in parts, with other things in between: each of `writeElements`,
 * `writeMembers`, `writeScored`, `writeFields` and `writeEntries` writes the elements that it is
 * told, in commands of their own. Of a stream, `writeStreamEnd` comes after the entries.
 *
 * Deadlines of hash fields, which Redis 7.0 has not, follow the fields as HPEXPIREAT.
 */
import { NIL, segmentOf, u8 } from "../arena/arena.ts";
import { assert } from "../base/assert.ts";
import * as hashValue from "../keyspace/hash_value.ts";
import * as listValue from "../keyspace/list_value.ts";
import * as setValue from "../keyspace/set_value.ts";
import * as streamGroup from "../keyspace/stream_group.ts";
import * as streamValue from "../keyspace/stream_value.ts";
import * as stringValue from "../keyspace/string_value.ts";
import { Type } from "../keyspace/types.ts";
import * as zsetValue from "../keyspace/zset_value.ts";
import * as btree from "../structures/btree.ts";
import { type EntryRef, keyBlock, keyOffset, keySize, type } from "../structures/entry.ts";
import { IdCursor } from "../structures/id_tree.ts";
import { StreamId } from "../structures/stream_id.ts";
import type { StreamLeafRef } from "../structures/stream_leaf.ts";
import * as streamLeaf from "../structures/stream_leaf.ts";
import { type CommandWriter, wordOf } from "./command_writer.ts";

/** Elements of one command: what a server does at once when it loads them stays short. */
const ITEMS_MAX = 64;

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
      writeElements(to, e, 0, listValue.count(e));
      return;
    case Type.set:
      members.start(e);
      writeMembers(to, e, members, setValue.count(e));
      return;
    case Type.zset:
      writeScored(to, e, 0, zsetValue.count(e));
      return;
    case Type.hash:
      fields.start(e);
      writeFields(to, e, fields, hashValue.count(e));
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

/** At the first element of each command: begins it, with as many of those left as it may have. */
function beginItems(
  to: CommandWriter,
  name: Uint8Array,
  e: EntryRef,
  done: number,
  count: number,
  wordsEach: number,
): void {
  if (done % ITEMS_MAX !== 0) return;
  to.command(2 + wordsEach * Math.min(count - done, ITEMS_MAX));
  to.word(name);
  writeName(to, e);
}

const elements = new listValue.ListCursor();

/** Elements of a list from an index on. */
export function writeElements(to: CommandWriter, e: EntryRef, from: number, count: number): void {
  elements.seek(e, from);
  for (let i = 0; i < count; i++) {
    beginItems(to, RPUSH, e, i, count, 1);
    to.range(elements.element());
    elements.next();
  }
}

const members = new setValue.SetCursor();

/** The next so many members of a set. */
export function writeMembers(
  to: CommandWriter,
  e: EntryRef,
  at: setValue.SetCursor,
  count: number,
): void {
  for (let i = 0; i < count && at.next(); i++) {
    beginItems(to, SADD, e, i, count, 1);
    to.range(at.member());
  }
}

const scored = new zsetValue.ZsetCursor();

/** Members of a sorted set from a rank on. */
export function writeScored(to: CommandWriter, e: EntryRef, from: number, count: number): void {
  scored.seek(e, from);
  for (let i = 0; i < count; i++) {
    beginItems(to, ZADD, e, i, count, 2);
    to.double(scored.score);
    to.range(scored.member());
    scored.next();
  }
}

const fields = new hashValue.HashCursor();
/** The places of the fields of one command that have a deadline. */
const mortal: number[] = [];
const again = new hashValue.HashCursor();

/** The next so many fields of a hash, and their deadlines. */
export function writeFields(
  to: CommandWriter,
  e: EntryRef,
  at: hashValue.HashCursor,
  count: number,
): void {
  const expires = hashValue.firstDeadline(e) !== Infinity;
  for (let i = 0; i < count && at.next(); i++) {
    if (i % ITEMS_MAX === 0) writeDeadlines(to, e);
    beginItems(to, HMSET, e, i, count, 2);
    to.range(at.field());
    to.range(at.value());
    if (expires && hashValue.deadlineOf(e, at.place) >= 0) mortal.push(at.place);
  }
  writeDeadlines(to, e);
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
export function writeEntries(to: CommandWriter, e: EntryRef, leaf: StreamLeafRef): void {
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
export function writeStreamEnd(to: CommandWriter, e: EntryRef): void {
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
