/** What several commands do to a set: store one that was computed, and delete an empty one. */
import { NIL } from "../../arena/arena.ts";
import type { Call } from "../../calls/call.ts";
import type { EntryRef } from "../../structures/entry.ts";
import { ChangeKind, type KeyEvent } from "../../values/key_event.ts";
import * as loose from "../../values/loose.ts";
import * as setValue from "../../values/set_value.ts";

/** Deletes a key whose set has lost its last member: no key holds an empty one. */
export function deleteIfEmpty(call: Call, e: EntryRef): void {
  if (setValue.count(e) > 0) return;
  call.keyspace.changing(call.db, e, "del", ChangeKind.uncounted);
  call.db.delete(e);
}

/**
 * Puts a loose set in the place of the key in argument 1, whatever that holds, and replies with its
 * count; an empty set deletes the key. The loose set is gone then.
 */
export function storeResult(call: Call, result: EntryRef, event: KeyEvent): void {
  const { db, args, keyspace } = call;
  const count = setValue.count(result);
  loose.end();
  const keyHash = db.hash(args, 1);
  const old = db.peek(args, 1, keyHash);
  if (old !== NIL) {
    if (count === 0) keyspace.changing(db, old, "del");
    else keyspace.changing(db, old, null, ChangeKind.uncounted);
    db.delete(old);
  }
  if (count === 0) keyspace.disposeLoose(result);
  else setValue.adopt(db, args, 1, keyHash, event, result);
  call.reply.integer(count);
}
