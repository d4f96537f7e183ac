// What is sent to streams, with the only right reply to each: their entries have explicit IDs, so
// that both servers answer the same bytes.

import { requestOf } from "./control.ts";
import type { Batch } from "./exchange.ts";

/** Entries that one XREADGROUP reads and one XACK acknowledges. */
export const GROUP_READ_COUNT = 10;
/** The group of every stream of the load. */
export const GROUP = "g";

/** The ID of an entry: 13 digits, as the milliseconds of today have. */
export function entryId(index: number): string {
  return `1${String(index).padStart(12, "0")}-0`;
}

/** The fields of an entry: three names that repeat, and values of usual kinds. */
export function entryFields(index: number): string[] {
  const user = `user:${String((index * 617_051) % 1_000_003).padStart(12, "0")}`;
  const state = index % 3 === 0 ? "accepted" : "delivered";
  return ["user", user, "amount", String((index * 7919) % 10_000), "state", state];
}

/** XADD of an entry with its ID. */
export function addRequest(key: string, index: number): string {
  return requestOf(["XADD", key, entryId(index), ...entryFields(index)]);
}

/** A string in a reply. */
export function bulk(text: string): string {
  return `$${text.length}\r\n${text}\r\n`;
}

/** An array in a reply, of replies. */
export function array(items: readonly string[]): string {
  return `*${items.length}\r\n${items.join("")}`;
}

/** What XREAD and XREADGROUP answer with these entries of one stream. */
export function readReply(key: string, first: number, count: number): string {
  const entries = Array.from({ length: count }, (_, index) =>
    array([bulk(entryId(first + index)), array(entryFields(first + index).map(bulk))]),
  );
  return array([array([bulk(key), array(entries)])]);
}

/** The stream that the load reads over one of its connections. */
export function groupStream(connection: number): string {
  return `stream:${String(connection).padStart(4, "0")}`;
}

/**
 * Batches that read a stream of `entries` from its start to its end through the group, each read
 * with the XACK of what it gave. The last one sets the group back to the start, so that the
 * batches can be sent again and again.
 */
export function groupBatches(connection: number, pairs: number, entries: number): Batch[] {
  const key = groupStream(connection);
  const read = ["XREADGROUP", "GROUP", GROUP, "c", "COUNT", String(GROUP_READ_COUNT)];
  const readRequest = requestOf([...read, "STREAMS", key, ">"]);
  const batches: Batch[] = [];
  for (let first = 0; first < entries; ) {
    let request = "";
    let reply = "";
    let operations = 0;
    for (; operations < pairs && first < entries; operations++, first += GROUP_READ_COUNT) {
      const count = Math.min(GROUP_READ_COUNT, entries - first);
      const ids = Array.from({ length: count }, (_, index) => entryId(first + index));
      request += readRequest + requestOf(["XACK", key, GROUP, ...ids]);
      reply += `${readReply(key, first, count)}:${count}\r\n`;
    }
    if (first >= entries) {
      request += requestOf(["XGROUP", "SETID", key, GROUP, "0", "ENTRIESREAD", "0"]);
      reply += "+OK\r\n";
    }
    const [requestBytes, replyBytes] = [request, reply].map((text) => Buffer.from(text, "latin1"));
    batches.push({ request: requestBytes as Buffer, reply: replyBytes as Buffer, operations });
  }
  return batches;
}
