/** What DEBUG HTSTATS, HTSTATS-KEY and JMAP show of the inside of the server. */
import { figures } from "../../arena/arena.ts";
import { counted } from "../../base/counted.ts";
import type { Database } from "../../keyspace/database.ts";
import type { DictRef } from "../../structures/dict.ts";
import * as dict from "../../structures/dict.ts";
import type { EntryRef } from "../../structures/entry.ts";
import * as entry from "../../structures/entry.ts";
import { refOf } from "../../values/collection.ts";
import * as setValue from "../../values/set_value.ts";
import { Type } from "../../values/types.ts";
import * as values from "../../values/values.ts";

/** The shape of a database's hash table, in the form that Redis's tests read. */
export function tableStats(db: Database): string {
  db.lookAtAll();
  const expires = `A heap, not a table, of ${counted(db.expires.count, "key")} with an expiry\n`;
  return `[Dictionary HT]\n${dictStats(db.keys)}[Expires HT]\n${expires}`;
}

/** The shape of the hash table that a value is kept in; null if it is kept in another way. */
export function valueTableStats(e: EntryRef): string | null {
  const encoding = values.encodingName(e);
  if (encoding !== "hashtable" && encoding !== "skiplist") return null;
  if (entry.type(e) === Type.set && entry.encoding(e) === setValue.PACKED) {
    return "A small set, packed in one block instead of a hash table\n";
  }
  return dictStats(refOf(e) as DictRef);
}

function dictStats(table: DictRef): string {
  const main = chainStats(table, 0, "main hash table");
  if (!dict.tableFigures(table).rehashing) return main;
  return main + chainStats(table, 1, "rehashing target");
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
