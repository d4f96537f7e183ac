/** What DEBUG HTSTATS, JMAP and OBJECT show of the inside of the server. */
import { figures } from "../arena/arena.ts";
import { parseSafe } from "../base/numbers.ts";
import type { Database } from "../keyspace/database.ts";
import * as stringValue from "../keyspace/string_value.ts";
import * as values from "../keyspace/values.ts";
import type { DictRef } from "../structures/dict.ts";
import * as dict from "../structures/dict.ts";
import type { EntryRef } from "../structures/entry.ts";

/** OBJECT REFCOUNT of the integers that Redis shares. */
const SHARED_COUNT = 2 ** 31 - 1;
const UNIT_SIZE = 8;
/** Strings of at most this size are saved as integers when they are such. */
const SAVED_INTEGER_SIZE_MAX = 11;

/** The shape of a database's hash table, in the form that Redis's tests read. */
export function tableStats(db: Database): string {
  const rehashing = dict.tableFigures(db.keys).rehashing;
  const tables = [chainStats(db.keys, 0, "main hash table")];
  if (rehashing) tables.push(chainStats(db.keys, 1, "rehashing target"));
  const expires = `A heap, not a table, of ${db.expires.count} keys that expire\n`;
  return `[Dictionary HT]\n${tables.join("")}[Expires HT]\n${expires}`;
}

function chainStats(keys: DictRef, into: number, title: string): string {
  const heading = `Hash table ${into} stats (${title}):\n`;
  const chains = dict.chainLengths(keys, into);
  const slots = chains.reduce((sum, count) => sum + count, 0);
  const elements = chains.reduce((sum, count, length) => sum + count * length, 0);
  if (elements === 0) return `${heading}No stats available for empty dictionaries\n`;
  const usedSlots = slots - chains[0];
  const mean = (elements / usedSlots).toFixed(2);
  const lines = [
    ` table size: ${slots}`,
    ` number of elements: ${elements}`,
    ` different slots: ${usedSlots}`,
    ` max chain length: ${chains.length - 1}`,
    ` avg chain length (counted): ${mean}`,
    ` avg chain length (computed): ${mean}`,
    " Chain length distribution:",
  ];
  for (const [length, count] of chains.entries()) {
    const percent = ((count * 100) / slots).toFixed(2);
    if (count > 0) lines.push(`   ${length}: ${count} (${percent}%)`);
  }
  return `${heading}${lines.join("\n")}\n`;
}

/** The arena's segments and blocks. */
export function memoryMap(): string {
  const { usedSize, reservedSize, peakSize, blockCount, segmentCount } = figures();
  return (
    `segments: ${segmentCount} (${reservedSize} bytes)\n` +
    `blocks: ${blockCount} (${usedSize} bytes)\n` +
    `peak: ${peakSize} bytes\n`
  );
}

/** DEBUG OBJECT's line: `clock` as it is stored, and the seconds since the last access. */
export function objectLine(e: EntryRef, clock: number, idleSeconds: number): string {
  const address = (e * UNIT_SIZE).toString(16);
  const count = stringValue.isSharedInteger(e) ? SHARED_COUNT : 1;
  return (
    `Value at:0x${address} refcount:${count} encoding:${values.encodingName(e)} ` +
    `serializedlength:${savedSize(e)} lru:${clock} lru_seconds_idle:${idleSeconds}`
  );
}

/** Bytes of a string in Redis's snapshot format, not compressed. */
function savedSize(e: EntryRef): number {
  const size = stringValue.size(e);
  if (size <= SAVED_INTEGER_SIZE_MAX) {
    const { bytes, offset } = stringValue.rangeOf(e);
    const value = parseSafe(bytes, offset, size);
    if (value >= -(2 ** 7) && value < 2 ** 7) return 2;
    if (value >= -(2 ** 15) && value < 2 ** 15) return 3;
    if (value >= -(2 ** 31) && value < 2 ** 31) return 5;
  }
  if (size < 2 ** 6) return size + 1;
  return size + (size < 2 ** 14 ? 2 : 5);
}
