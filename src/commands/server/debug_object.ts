/** What DEBUG OBJECT, LISTPACK and QUICKLIST show of how a value is stored. */
import { fromLatin1 } from "../../base/bytes.ts";
import { counted } from "../../base/counted.ts";
import { formatDouble } from "../../base/doubles.ts";
import { parseSafe } from "../../base/numbers.ts";
import type { Range } from "../../base/range.ts";
import type { EntryRef } from "../../structures/entry.ts";
import * as entry from "../../structures/entry.ts";
import * as packed from "../../structures/packed.ts";
import { ID_SIZE } from "../../structures/stream_id.ts";
import * as listValue from "../../values/list_value.ts";
import * as streamValue from "../../values/stream_value.ts";
import * as stringValue from "../../values/string_value.ts";
import { thresholds } from "../../values/thresholds.ts";
import { Type } from "../../values/types.ts";
import * as values from "../../values/values.ts";
import {
  hashCursor,
  listCursor,
  setCursor,
  startStream,
  streamCursor,
  zsetCursor,
} from "./value_cursors.ts";

/** OBJECT REFCOUNT of the integers that Redis shares. */
const SHARED_COUNT = 2 ** 31 - 1;
const UNIT_SIZE = 8;
/** Strings of at most this size are saved as integers when they are such. */
const SAVED_INTEGER_SIZE_MAX = 11;
const SCORE_SIZE = 8;
/** Header of an intset, and of a listpack with its end mark. */
const INTSET_HEADER_SIZE = 8;

/** DEBUG OBJECT's line: `clock` as it is stored, and the seconds since the last access. */
export function objectLine(e: EntryRef, clock: number, idleSeconds: number): string {
  const address = (e * UNIT_SIZE).toString(16);
  const isShared = entry.type(e) === Type.string && stringValue.isSharedInteger(e);
  return (
    `Value at:0x${address} refcount:${isShared ? SHARED_COUNT : 1} ` +
    `encoding:${values.encodingName(e)} serializedlength:${savedSize(e)} lru:${clock} ` +
    `lru_seconds_idle:${idleSeconds}${entry.type(e) === Type.list ? leavesOf(e) : ""}`
  );
}

/** What a list adds to the line: its leaves, none of which is compressed. */
function leavesOf(e: EntryRef): string {
  const leaves = listValue.leafCount(e);
  const mean = (listValue.count(e) / leaves).toFixed(2);
  return (
    ` ql_nodes:${leaves} ql_avg_node:${mean} ql_listpack_max:${thresholds.listPackedSize} ` +
    `ql_compressed:0 ql_uncompressed_size:${packedSize(e) + (leaves - 1) * packed.EMPTY_SIZE}`
  );
}

/**
 * Bytes of a value in Redis's snapshot format, not compressed; those of what has many leaves about,
 * and without the groups of a stream.
 */
function savedSize(e: EntryRef): number {
  if (entry.type(e) === Type.string) return savedStringSize(stringValue.rangeOf(e));
  const encoding = values.encodingName(e);
  if (encoding === "listpack") return savedBlockSize(packedSize(e));
  if (encoding === "intset") return savedBlockSize(intsetSize(e));
  if (entry.type(e) === Type.list) {
    return savedLeavesSize(listValue.leafCount(e), packedSize(e), 1);
  }
  if (entry.type(e) === Type.stream) {
    return savedLeavesSize(streamValue.leafCount(e), streamValue.packedSize(e), 1 + ID_SIZE);
  }
  let size = lengthSize(values.count(e));
  const ofScore = entry.type(e) === Type.zset ? SCORE_SIZE : 0;
  eachElement(e, (element, isScore) => {
    size += isScore ? ofScore : savedStringSize(element);
  });
  return size;
}

/** Bytes of leaves with so many bytes in all, each with some beside it. */
function savedLeavesSize(leaves: number, size: number, beside: number): number {
  const ofLeaf = leaves === 0 ? 0 : Math.ceil(size / leaves);
  return lengthSize(leaves) + leaves * (beside + savedBlockSize(ofLeaf));
}

/** Bytes of the value in one packed block. */
function packedSize(e: EntryRef): number {
  let size = packed.EMPTY_SIZE;
  eachElement(e, ({ bytes, offset, size: length }) => {
    size += packed.addedSize(bytes, offset, length);
  });
  return size;
}

function intsetSize(e: EntryRef): number {
  let width = 2;
  setCursor.start(e);
  while (setCursor.next()) {
    const { bytes, offset, size } = setCursor.member();
    const value = parseSafe(bytes, offset, size);
    const fits = (bits: number) => value >= -(2 ** (bits - 1)) && value < 2 ** (bits - 1);
    if (!fits(16)) width = Math.max(width, fits(32) ? 4 : 8);
  }
  return INTSET_HEADER_SIZE + width * values.count(e);
}

/** Visits the texts that a collection is made of; scores of a sorted set are announced. */
function eachElement(e: EntryRef, visit: (text: Range, isScore: boolean) => void): void {
  switch (entry.type(e)) {
    case Type.list:
      for (listCursor.seek(e, 0); listCursor.isValid; listCursor.next()) {
        visit(listCursor.element(), false);
      }
      break;
    case Type.set:
      setCursor.start(e);
      while (setCursor.next()) visit(setCursor.member(), false);
      break;
    case Type.zset:
      for (zsetCursor.seek(e, 0); zsetCursor.isValid; zsetCursor.next()) {
        visit(zsetCursor.member(), false);
        const score = fromLatin1(formatDouble(zsetCursor.score));
        visit({ bytes: score, offset: 0, size: score.length }, true);
      }
      break;
    case Type.stream:
      startStream(e);
      while (streamCursor.next()) streamCursor.each((text) => visit(text, false));
      break;
    default:
      hashCursor.start(e);
      while (hashCursor.next()) {
        visit(hashCursor.field(), false);
        visit(hashCursor.value(), false);
      }
  }
}

function savedStringSize({ bytes, offset, size }: Range): number {
  if (size <= SAVED_INTEGER_SIZE_MAX) {
    const value = parseSafe(bytes, offset, size);
    if (value >= -(2 ** 7) && value < 2 ** 7) return 2;
    if (value >= -(2 ** 15) && value < 2 ** 15) return 3;
    if (value >= -(2 ** 31) && value < 2 ** 31) return 5;
  }
  return savedBlockSize(size);
}

function savedBlockSize(size: number): number {
  return lengthSize(size) + size;
}

/** Bytes of a length: it is written with 6, 14 or 32 bits. */
function lengthSize(length: number): number {
  if (length < 2 ** 6) return 1;
  return length < 2 ** 14 ? 2 : 5;
}

/** What the log is told of a value that is packed in one block, or of a list's leaves. */
export function structureLine(e: EntryRef): string {
  const elements = entry.type(e) === Type.list ? listValue.count(e) : values.count(e);
  const leaves = entry.type(e) === Type.list ? listValue.leafCount(e) : 1;
  const encoding = values.encodingName(e);
  const shape = `${counted(elements, "element")} in ${counted(leaves, "block")}`;
  return `${encoding}: ${shape}, ${packedSize(e)} bytes`;
}
