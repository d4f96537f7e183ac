/**
 * Writes values for snapshots, in MessagePack: straight from the arena, since five million keys as
 * objects for a library would be five million objects. A small value is one thing; of a large one
 * the elements go to `ValueParts`, in pieces.
 */
import { NIL, segmentOf, u8 } from "../../arena/arena.ts";
import type { Range } from "../../base/range.ts";
import type { EntryRef } from "../../structures/entry.ts";
import * as entry from "../../structures/entry.ts";
import * as intset from "../../structures/intset.ts";
import type { PackedRef } from "../../structures/packed.ts";
import * as packed from "../../structures/packed.ts";
import * as hashValue from "../../values/hash_value.ts";
import * as listValue from "../../values/list_value.ts";
import * as setValue from "../../values/set_value.ts";
import * as stringValue from "../../values/string_value.ts";
import { Type } from "../../values/types.ts";
import * as zsetValue from "../../values/zset_value.ts";
import type { MessageWriter } from "./message_writer.ts";
import { PART_SIZE, RecordKind } from "./snapshot_format.ts";

/** The elements of a large value go here, one after the other. */
export interface ValueParts {
  readonly to: MessageWriter;
  /** What an array has so many more elements of was written: it may end here, and another begin. */
  added(elements: number): void;
}

/** The RecordKind of a value. */
export const kindOf = (e: EntryRef) => kindOfType(entry.type(e), isHash(e) && expires(e));

const isHash = (e: EntryRef) => entry.type(e) === Type.hash;

/** The RecordKind of values of a type; `hasDeadlines`: it is a hash of which fields expire. */
export function kindOfType(type: number, hasDeadlines: boolean): number {
  switch (type) {
    case Type.list:
      return RecordKind.list;
    case Type.set:
      return RecordKind.set;
    case Type.zset:
      return RecordKind.zset;
    case Type.hash:
      return hasDeadlines ? RecordKind.expiringHash : RecordKind.hash;
    case Type.stream:
      return RecordKind.stream;
    default:
      return RecordKind.string;
  }
}

const expires = (e: EntryRef) => hashValue.firstDeadline(e) !== Infinity;

/** Whether a value is written whole: a small one, in one block. */
export function isWhole(e: EntryRef): boolean {
  switch (entry.type(e)) {
    case Type.string:
      return stringValue.size(e) <= PART_SIZE;
    case Type.list:
      return isSmall(listValue.block(e));
    case Type.set:
      return setValue.integers(e) !== NIL
        ? intset.size(setValue.integers(e)) <= PART_SIZE
        : isSmall(setValue.block(e));
    case Type.zset:
      return isSmall(zsetValue.block(e));
    case Type.hash:
      return isSmall(hashValue.block(e));
    default:
      return false;
  }
}

const isSmall = (p: PackedRef) => p !== NIL && packed.size(p) <= PART_SIZE;

/** Writes a value that is whole. */
export function writeWhole(to: MessageWriter, e: EntryRef): void {
  switch (entry.type(e)) {
    case Type.string:
      writeString(to, e);
      break;
    case Type.list:
      writeBlock(to, listValue.block(e));
      break;
    case Type.set:
      if (setValue.integers(e) !== NIL) writeIntegers(to, e);
      else writeBlock(to, setValue.block(e));
      break;
    case Type.zset:
      writeScored(to, e);
      break;
    default:
      writeBlock(to, hashValue.block(e));
  }
}

function writeString(to: MessageWriter, e: EntryRef): void {
  if (entry.encoding(e) !== stringValue.INT) {
    writeText(to, stringValue.rangeOf(e));
    return;
  }
  const value = stringValue.readInt(e);
  if (Number.isNaN(value)) to.bigint(stringValue.readBigInt(e));
  else to.integer(value);
}

/** Writes bytes as a string. */
export function writeText(to: MessageWriter, { bytes, offset, size }: Range): void {
  to.binary(bytes, offset, size);
}

/** Writes an element of a packed block: an integer where it is stored as one. */
export function writeElement(to: MessageWriter, p: PackedRef, at: number): void {
  const value = packed.integer(p, at);
  if (Number.isNaN(value)) writeText(to, packed.range(p, at));
  else to.integer(value);
}

function writeBlock(to: MessageWriter, p: PackedRef): void {
  to.longArray(packed.count(p));
  for (let at = packed.first(p); at !== 0; at = packed.next(p, at)) writeElement(to, p, at);
}

function writeIntegers(to: MessageWriter, e: EntryRef): void {
  const s = setValue.integers(e);
  const count = intset.count(s);
  to.longArray(count);
  for (let i = 0; i < count; i++) to.words(intset.highAt(s, i), intset.lowAt(s, i));
}

const scored = new zsetValue.ZsetCursor();

function writeScored(to: MessageWriter, e: EntryRef): void {
  to.longArray(2 * zsetValue.count(e));
  for (scored.seek(e, 0); scored.isValid; scored.next()) {
    writeText(to, scored.member());
    to.double(scored.score);
  }
}

/** What a large value begins with: its elements, members, fields, or bytes. */
export function countOf(e: EntryRef): number {
  switch (entry.type(e)) {
    case Type.string:
      return stringValue.size(e);
    case Type.list:
      return listValue.count(e);
    case Type.set:
      return setValue.count(e);
    case Type.zset:
      return zsetValue.count(e);
    default:
      return hashValue.count(e);
  }
}

/** Writes the elements of a large set, sorted set or hash. */
export function writeParts(parts: ValueParts, e: EntryRef): void {
  switch (entry.type(e)) {
    case Type.set:
      writeMembers(parts, e);
      break;
    case Type.zset:
      writeScores(parts, e);
      break;
    default:
      writeFields(parts, e);
  }
}

/** Writes elements of a list. */
export function writeListBlock(parts: ValueParts, p: PackedRef): void {
  for (let at = packed.first(p); at !== 0; at = packed.next(p, at)) {
    writeElement(parts.to, p, at);
    parts.added(1);
  }
}

const members = new setValue.SetCursor();

function writeMembers(parts: ValueParts, e: EntryRef): void {
  members.start(e);
  while (members.next()) {
    writeMember(parts, members.member());
  }
}

/** Writes a member of a set. */
export function writeMember(parts: ValueParts, member: Range): void {
  writeText(parts.to, member);
  parts.added(1);
}

function writeScores(parts: ValueParts, e: EntryRef): void {
  for (scored.seek(e, 0); scored.isValid; scored.next()) {
    writeScoredMember(parts, scored.member(), scored.score);
  }
}

/** Writes a member of a sorted set. */
export function writeScoredMember(parts: ValueParts, member: Range, score: number): void {
  writeText(parts.to, member);
  parts.to.double(score);
  parts.added(2);
}

const fields = new hashValue.HashCursor();

/** Fields and values; and deadlines, if there are any: Unix ms, or nil. */
function writeFields(parts: ValueParts, e: EntryRef): void {
  const { to } = parts;
  const withDeadlines = expires(e);
  fields.start(e);
  while (fields.next()) {
    writeText(to, fields.field());
    writeText(to, fields.value());
    if (withDeadlines) writeDeadline(to, hashValue.deadlineOf(e, fields.place));
    parts.added(withDeadlines ? 3 : 2);
  }
}

/** Writes when a field expires: Unix ms, or -1 for never. */
export function writeDeadline(to: MessageWriter, timeMs: number): void {
  if (timeMs < 0) to.nil();
  else to.integer(timeMs);
}

/** Writes the key of an entry. */
export function writeKey(to: MessageWriter, e: EntryRef): void {
  to.binary(u8[segmentOf(entry.keyBlock(e))], entry.keyOffset(e), entry.keySize(e));
}
