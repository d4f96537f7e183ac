/** What several commands do to a sorted set: take ranks away, and store one that was computed. */
import { NIL } from "../../arena/arena.ts";
import type { Call } from "../../calls/call.ts";
import type { Database } from "../../keyspace/database.ts";
import type { Keyspace } from "../../keyspace/keyspace.ts";
import type { EntryRef } from "../../structures/entry.ts";
import { ChangeKind, type KeyEvent } from "../../values/key_event.ts";
import * as loose from "../../values/loose.ts";
import * as zsetValue from "../../values/zset_value.ts";

/** Deletes a key whose sorted set has lost its last member: no key holds an empty one. */
export function deleteIfEmpty(keyspace: Keyspace, db: Database, e: EntryRef): void {
  if (zsetValue.count(e) > 0) return;
  keyspace.changing(db, e, "del", ChangeKind.uncounted);
  db.delete(e);
}

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
    keyspace.changing(db, e, "del", ChangeKind.uncounted);
    db.delete(e);
  } else {
    zsetValue.removeRanks(e, from, n);
  }
}

/**
 * Puts an unordered set in the place of the key in argument 1, whatever that holds, and replies
 * with its count; an empty set deletes the key.
 */
export function storeResult(call: Call, result: EntryRef, event: KeyEvent): void {
  const { db, args, keyspace } = call;
  const count = zsetValue.count(result);
  if (count > 0) {
    zsetValue.order(result);
    zsetValue.packIfSmall(result);
  }
  loose.end();
  const keyHash = db.hash(args, 1);
  const old = db.peek(args, 1, keyHash);
  if (old !== NIL) {
    if (count === 0) keyspace.changing(db, old, "del");
    else keyspace.changing(db, old, null, ChangeKind.uncounted);
    db.delete(old);
  }
  if (count === 0) keyspace.disposeLoose(result);
  else zsetValue.adopt(db, args, 1, keyHash, event, result, old !== NIL);
  call.reply.integer(count);
}
