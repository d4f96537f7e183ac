/** What several commands do to a sorted set: take ranks away, and store one that was computed. */

import { NIL } from "../../arena/arena.ts";
import type { Call } from "../../calls/call.ts";
import type { Database } from "../../keyspace/database.ts";
import type { Keyspace } from "../../keyspace/keyspace.ts";
import type { EntryRef } from "../../structures/entry.ts";
import type { KeyEvent } from "../../values/key_event.ts";
import * as loose from "../../values/loose.ts";
import * as zsetValue from "../../values/zset_value.ts";

/** Removes `n` members (at least one) from rank `from` on, announced as `event`. */
export function removeRanks(
  keyspace: Keyspace,
  db: Database,
  e: EntryRef,
  from: number,
  n: number,
  event: KeyEvent,
): void {
  keyspace.changing(db, e, event);
  keyspace.dirty += n - 1;
  if (n === zsetValue.count(e)) {
    db.removeEmpty(e);
  } else {
    zsetValue.removeRanks(e, from, n);
  }
}

/**
 * Puts an unordered set, which is gone then, in the place of the key in an argument, whatever that
 * holds, and replies with its count; an empty set deletes the key.
 */
export function storeResult(call: Call, index: number, result: EntryRef, event: KeyEvent): void {
  const { db, args, keyspace } = call;
  const count = zsetValue.count(result);
  if (count > 0 && zsetValue.block(result) === NIL) {
    zsetValue.order(result);
    zsetValue.packIfSmall(result);
  }
  loose.end();
  if (count > 0) {
    const keyHash = db.hash(args, index);
    const replaces = db.vacate(args, index, keyHash);
    zsetValue.adopt(db, args, index, keyHash, event, result, replaces);
  } else {
    db.removeUnseen(args, index);
    keyspace.disposeLoose(result);
  }
  call.reply.integer(count);
}
