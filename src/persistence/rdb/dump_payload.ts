/**
 * What DUMP gives and RESTORE takes: a value as RDB has it, and what it can be checked by.
 *
 *   | type: 1 | value … | version: 2 | CRC-64 of all before: 8 |
 *
 * Version and checksum are written lowest byte first. What FUNCTION DUMP gives has libraries, as
 * RDB files have them, in the place of type and value.
 */
import { NIL } from "../../arena/arena.ts";
import type { EntryRef } from "../../structures/entry.ts";
import { Crc64 } from "../crc64.ts";
import { Text } from "../text.ts";
import { hasFieldDeadlines, rdbTypeOf, writeValue } from "./rdb_encode.ts";
import {
  Malformed,
  Opcode,
  RDB_VERSION,
  RDB_VERSION_FIELD_DEADLINES,
  RDB_VERSION_MAX,
} from "./rdb_format.ts";
import { RdbReader } from "./rdb_reader.ts";
import { failureOf, isKnownType, type LoadedKey, readValue } from "./rdb_values.ts";
import { RdbWriter } from "./rdb_writer.ts";

const FOOTER_SIZE = 10;
const CHECKSUM_SIZE = 8;
const NO_TYPE = -1;

/** What is wrong with a payload that holds something else than libraries. */
export const NO_LIBRARY = "something that is no library";

const writer = new RdbWriter();
const reader = new RdbReader();
const sum = new Crc64();

/**
 * The payload of a value: `bytes` up to `size`, good until the next is made. Of version 10, which
 * Redis takes from 7.0 on; a hash with deadlines of fields is of version 12, of Redis 7.4.
 */
export function dumpPayload(e: EntryRef, packs: boolean): { bytes: Uint8Array; size: number } {
  const version = hasFieldDeadlines(e) ? RDB_VERSION_FIELD_DEADLINES : RDB_VERSION;
  writer.reset(version);
  writer.packs = packs;
  writer.byte(rdbTypeOf(e, version));
  writeValue(writer, e);
  writer.byte(version & 0xff);
  writer.byte(version >> 8);
  writer.checksum();
  return writer;
}

/** Whether the footer is of a version that is known, and the checksum right, if it is looked at. */
export function isIntact(
  bytes: Uint8Array,
  offset: number,
  size: number,
  looksAtChecksum: boolean,
): boolean {
  if (size < FOOTER_SIZE) return false;
  const footer = offset + size - FOOTER_SIZE;
  const version = bytes[footer] | (bytes[footer + 1] << 8);
  if (version > RDB_VERSION_MAX) return false;
  if (!looksAtChecksum) return true;
  const end = offset + size - CHECKSUM_SIZE;
  sum.reset();
  sum.update(bytes, offset, end);
  return sum.equals(bytes, end);
}

/**
 * An entry of the key with the value of a payload that is intact, which no database has: it is the
 * caller's; `view` is over the memory of `bytes`. Throws Malformed, to be logged, when there is no
 * value in it that could be one.
 */
export function restorePayload(
  bytes: Uint8Array,
  view: DataView,
  offset: number,
  size: number,
  key: LoadedKey,
): EntryRef {
  reader.openMemory(bytes, view, offset, size - FOOTER_SIZE);
  const type = size > FOOTER_SIZE ? reader.byte() : NO_TYPE;
  try {
    if (!isKnownType(type)) throw new Malformed("a value of no known type");
    const made = readValue(reader, type, key);
    if (made === NIL) throw new Malformed("a collection without elements");
    return made;
  } catch (error) {
    if (error instanceof Malformed) throw new Malformed(failureOf(type, error));
    throw error;
  } finally {
    reader.close();
  }
}

/** The payload of libraries with this code: `bytes` up to `size`, good until the next is made. */
export function libraryPayload(
  codes: Iterable<Uint8Array>,
  packs: boolean,
): { bytes: Uint8Array; size: number } {
  writer.reset(RDB_VERSION);
  writer.packs = packs;
  for (const code of codes) {
    writer.byte(Opcode.function2);
    writer.string(code, 0, code.length);
  }
  writer.byte(RDB_VERSION & 0xff);
  writer.byte(RDB_VERSION >> 8);
  writer.checksum();
  return writer;
}

/** The code of the libraries of an intact payload of FUNCTION DUMP; throws Malformed. */
export function librariesOf(bytes: Uint8Array): Uint8Array[] {
  const codes: Uint8Array[] = [];
  const text = new Text();
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  reader.openMemory(bytes, view, 0, bytes.length - FOOTER_SIZE);
  try {
    while (reader.left > 0) {
      if (reader.byte() !== Opcode.function2) throw new Malformed(NO_LIBRARY);
      reader.string(text);
      codes.push(text.bytes.slice(0, text.size));
    }
    return codes;
  } finally {
    reader.close();
  }
}
