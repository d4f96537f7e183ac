/** XDELEX and XACKDEL: the removal of entries that minds the groups which have them pending. */

import { NIL } from "../../arena/arena.ts";
import type { Call } from "../../calls/call.ts";
import { group } from "../../calls/table.ts";
import { CommandError, SYNTAX } from "../../protocol/errors.ts";
import type { EntryRef } from "../../structures/entry.ts";
import { StreamId } from "../../structures/stream_id.ts";
import { ChangeKind } from "../../values/key_event.ts";
import * as streamGroup from "../../values/stream_group.ts";
import * as streamValue from "../../values/stream_value.ts";
import { Type } from "../../values/types.ts";
import { groupOf, idOf } from "./stream_arguments.ts";
import { deleteEntry } from "./stream_commands.ts";
import { Condition, conditionAt, forget, groupsOf, isNeeded } from "./stream_references.ts";

export const streamDeleteCommands = group("stream", {
  XACKDEL: {
    run: xackdel,
    arity: -6,
    flags: ["write", "shrinking", "fast"],
    keys: [{ at: 1, flags: ["RW", "update", "delete"] }],
    args: "key group condition:[KEEPREF | DELREF | ACKED] IDS ids:{numids:integer id ...}",
    since: "8.2.0",
    complexity: "O(1) for each entry ID processed.",
    summary: "Tells that a group has done with entries, and removes them.",
  },
  XDELEX: {
    run: xdelex,
    arity: -5,
    flags: ["write", "shrinking", "fast"],
    keys: [{ at: 1, flags: ["RW", "delete"] }],
    args: "key condition:[KEEPREF | DELREF | ACKED] IDS ids:{numids:integer id ...}",
    since: "8.2.0",
    complexity: "O(1) for each single item to delete in the stream, regardless of the stream size.",
    summary: "Removes entries by their IDs, with or without what is pending of them.",
  },
});

const NO_IDS = new CommandError("ERR IDS option is required");
const NOT_POSITIVE = new CommandError("ERR Number of IDs must be a positive integer");
const NO_MATCH = new CommandError("ERR The `numids` parameter must match the number of arguments");

/** Replies for an ID. */
const ABSENT = -1;
const DELETED = 1;
const KEPT = 2;

/** What a call was told: where its IDs are, and what to do. */
const wanted = { first: 0, count: 0, condition: 0 };

const id = new StreamId();

function parse(call: Call, from: number): void {
  const { argc } = call;
  wanted.count = 0;
  wanted.condition = Condition.keepRef;
  let isConditional = false;
  for (let at = from; at < argc; at++) {
    const condition = conditionAt(call, at);
    if (condition >= 0 && !isConditional) {
      isConditional = true;
      wanted.condition = condition;
    } else if (wanted.count === 0 && at + 1 < argc && call.is(at, "ids")) {
      wanted.count = call.integerOr(at + 1, NOT_POSITIVE);
      if (wanted.count < 1) throw NOT_POSITIVE;
      wanted.first = at + 2;
      if (wanted.count > argc - wanted.first) throw NO_MATCH;
      at += 1 + wanted.count;
    } else {
      throw SYNTAX;
    }
  }
  if (wanted.count === 0) throw NO_IDS;
  for (let i = 0; i < wanted.count; i++) idOf(call, wanted.first + i, id);
}

function xdelex(call: Call): void {
  parse(call, 2);
  const { db, args } = call;
  const e = db.writeTyped(args, 1, db.hash(args, 1), Type.stream);
  replyForEach(call, e, (deleting) => {
    const exists = streamValue.has(e, id);
    if (exists && wanted.condition === Condition.acked && isNeeded(groupsOf(e), id)) return KEPT;
    if (wanted.condition === Condition.delRef) forget(call, e, groupsOf(e), id);
    if (!exists) return ABSENT;
    removeEntry(call, e, deleting);
    return DELETED;
  });
}

function xackdel(call: Call): void {
  parse(call, 3);
  const { db, args, keyspace } = call;
  const e = db.writeTyped(args, 1, db.hash(args, 1), Type.stream);
  const readers = groupOf(call, e, 2);
  replyForEach(call, readers === NIL ? (NIL as EntryRef) : e, (deleting) => {
    if (streamGroup.findPending(readers, id) === NIL) return ABSENT;
    keyspace.changing(db, e, null, ChangeKind.unwatched);
    streamGroup.acknowledge(readers, id);
    const exists = streamValue.has(e, id);
    if (exists && wanted.condition === Condition.acked && isNeeded(groupsOf(e), id)) return KEPT;
    if (wanted.condition === Condition.delRef) forget(call, e, groupsOf(e), id);
    if (exists) removeEntry(call, e, deleting);
    return DELETED;
  });
}

/**
 * Replies with an array of what `act` says of each ID, which it finds in `id`; without a stream,
 * with as many ABSENT. `act` is told whether an entry was removed before.
 */
function replyForEach(call: Call, e: EntryRef, act: (deleting: boolean) => number): void {
  const { reply } = call;
  let deleted = 0;
  reply.array(wanted.count);
  const before = e === NIL ? 0 : streamValue.length(e);
  for (let i = 0; i < wanted.count; i++) {
    idOf(call, wanted.first + i, id);
    reply.integer(e === NIL ? ABSENT : act(deleted > 0));
    deleted = e === NIL ? 0 : before - streamValue.length(e);
  }
  if (deleted > 0) streamValue.renewFirstId(e);
}

function removeEntry({ db, keyspace }: Call, e: EntryRef, deleting: boolean): void {
  if (deleting) keyspace.dirty++;
  else keyspace.changing(db, e, "xdel");
  deleteEntry(e, id);
}
