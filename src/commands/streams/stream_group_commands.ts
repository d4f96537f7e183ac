/** XGROUP: makes and removes the groups of a stream, and their consumers. */

import { NIL } from "../../arena/arena.ts";
import type { Call } from "../../calls/call.ts";
import { helpEntry } from "../../calls/help.ts";
import { group } from "../../calls/table.ts";
import { CommandError, wrongSubcommand } from "../../protocol/errors.ts";
import type { EntryRef } from "../../structures/entry.ts";
import { StreamId } from "../../structures/stream_id.ts";
import { ChangeKind } from "../../values/key_event.ts";
import * as streamGroup from "../../values/stream_group.ts";
import * as streamValue from "../../values/stream_value.ts";
import { Type } from "../../values/types.ts";
import { groupOf, idOf, idOrEndOf, isByte } from "./stream_arguments.ts";

export const streamGroupCommands = group("stream", {
  XGROUP: {
    arity: -2,
    since: "5.0.0",
    complexity: "Depends on subcommand.",
    summary: "Makes and removes groups of consumers.",
    subcommands: {
      CREATE: {
        run: xgroupCreate,
        arity: -5,
        flags: ["write", "denyoom", "replies_first"],
        keys: [{ at: 2, flags: ["RW", "insert"] }],
        args: `key groupname id:{id | new_id:$}
          [MKSTREAM]
          [ENTRIESREAD entries_read:integer]`,
        since: "5.0.0",
        complexity: "O(1)",
        summary: "Makes a group that reads on after an ID.",
        history: [["7.0.0", "Added the `entries_read` named argument."]],
      },
      CREATECONSUMER: {
        run: xgroupCreateConsumer,
        arity: 5,
        flags: ["write", "denyoom"],
        keys: [{ at: 2, flags: ["RW", "insert"] }],
        args: "key groupname consumername",
        since: "6.2.0",
        complexity: "O(1)",
        summary: "Makes a consumer of a group.",
      },
      DELCONSUMER: {
        run: xgroupDelConsumer,
        arity: 5,
        flags: ["write"],
        keys: [{ at: 2, flags: ["RW", "delete"] }],
        args: "key groupname consumername",
        since: "5.0.0",
        complexity: "O(1)",
        summary: "Removes a consumer, and forgets what is pending for it.",
      },
      DESTROY: {
        run: xgroupDestroy,
        arity: 4,
        flags: ["write", "replies_first"],
        keys: [{ at: 2, flags: ["RW", "delete"] }],
        args: "key groupname",
        since: "5.0.0",
        complexity:
          "O(N) where N is the number of entries in the group's pending entries list (PEL).",
        summary: "Removes a group with its consumers.",
      },
      HELP: helpEntry("5.0.0"),
      SETID: {
        run: xgroupSetId,
        arity: -5,
        flags: ["write", "replies_first"],
        keys: [{ at: 2, flags: ["RW", "update"] }],
        args: "key groupname id:{id | new_id:$} [ENTRIESREAD entries_read:integer]",
        since: "5.0.0",
        complexity: "O(1)",
        summary: "Has a group read on after another ID.",
        history: [["7.0.0", "Added the optional `entries_read` argument."]],
      },
    },
  },
});

const DOLLAR = 36;
const KEY = 2;
/** Words of a call: an option that is repeated is too many. */
const CREATE_WORDS_MAX = 8;
const SETID_WORDS_MAX = 7;
const GROUP = 3;

const NEGATIVE_READ = new CommandError("ERR value for ENTRIESREAD must be positive or -1");
const KEY_MISSING = new CommandError(
  "ERR The XGROUP subcommand requires the key to exist. Note that for CREATE you may want to " +
    "use the MKSTREAM option to create an empty stream automatically.",
);
const BUSY_GROUP = new CommandError("BUSYGROUP Consumer Group name already exists");

const id = new StreamId();

/** What `parseOptions` found. */
const options = { makesStream: false, read: streamGroup.UNKNOWN };

function parseOptions(call: Call, mayMakeStream: boolean): void {
  options.makesStream = false;
  options.read = streamGroup.UNKNOWN;
  for (let at = 5; at < call.argc; at++) {
    if (mayMakeStream && call.is(at, "mkstream")) {
      options.makesStream = true;
    } else if (at + 1 < call.argc && call.is(at, "entriesread")) {
      options.read = call.int64(++at);
      if (options.read < 0n && options.read !== streamGroup.UNKNOWN) throw NEGATIVE_READ;
    } else {
      throw wrongSubcommand(call.args);
    }
  }
}

/** The stream, which must be there. */
function streamOf({ db, args }: Call): EntryRef {
  const e = db.writeTyped(args, KEY, db.hash(args, KEY), Type.stream);
  if (e === NIL) throw KEY_MISSING;
  return e;
}

/** The group of the stream, which must be there. */
function existingGroup(call: Call, e: EntryRef): EntryRef {
  const found = groupOf(call, e, GROUP);
  if (found === NIL) throw noSuchGroup(call, KEY, GROUP);
  return found;
}

/** There is no such group of a stream that there is: the names in these arguments. */
export function noSuchGroup(call: Call, keyIndex: number, groupIndex: number): CommandError {
  const name = call.cText(groupIndex);
  return new CommandError(
    `NOGROUP No such consumer group '${name}' for key name '${call.cText(keyIndex)}'`,
  );
}

/** Takes the ID after which a group is to read on, if it is `$`; the stream may be NIL. */
function isLastId(call: Call, e: EntryRef): boolean {
  if (!isByte(call, 4, DOLLAR)) return false;
  if (e === NIL) id.setZero();
  else streamValue.loadLastId(e, id);
  return true;
}

function xgroupCreate(call: Call): void {
  const { db, args, keyspace } = call;
  parseOptions(call, true);
  const keyHash = db.hash(args, KEY);
  let e = db.writeTyped(args, KEY, keyHash, Type.stream);
  if (e === NIL && !options.makesStream) throw KEY_MISSING;
  if (call.argc > CREATE_WORDS_MAX) throw wrongSubcommand(call.args);
  if (!isLastId(call, e)) idOf(call, 4, id);
  if (groupOf(call, e, GROUP) !== NIL) throw BUSY_GROUP;
  if (e === NIL) e = streamValue.create(db, args, KEY, keyHash, "xgroup-create");
  else keyspace.changing(db, e, "xgroup-create", ChangeKind.unwatched);
  streamGroup.create(streamValue.madeGroups(e), args, GROUP, id, options.read);
  call.reply.ok();
}

function xgroupSetId(call: Call): void {
  parseOptions(call, false);
  const e = streamOf(call);
  const readers = existingGroup(call, e);
  if (call.argc > SETID_WORDS_MAX) throw wrongSubcommand(call.args);
  if (!isLastId(call, e)) idOrEndOf(call, 4, id);
  call.keyspace.changing(call.db, e, "xgroup-setid", ChangeKind.unwatched);
  streamGroup.setLastId(readers, id);
  streamGroup.setEntriesRead(readers, options.read);
  call.reply.ok();
}

function xgroupDestroy(call: Call): void {
  const { db, keyspace, reply } = call;
  const e = streamOf(call);
  const readers = groupOf(call, e, GROUP);
  if (readers === NIL) {
    reply.integer(0);
    return;
  }
  keyspace.changing(db, e, "xgroup-destroy", ChangeKind.unwatched);
  streamGroup.remove(streamValue.groupsOf(e), readers);
  // Whoever waits for entries of the group waits in vain, and is told.
  keyspace.appeared(db, e);
  reply.integer(1);
}

function xgroupCreateConsumer(call: Call): void {
  const { db, args, keyspace, reply } = call;
  const e = streamOf(call);
  const readers = existingGroup(call, e);
  if (streamGroup.find(streamGroup.consumersOf(readers), args, 4) !== NIL) {
    reply.integer(0);
    return;
  }
  keyspace.changing(db, e, "xgroup-createconsumer", ChangeKind.unwatched);
  streamGroup.createConsumer(readers, args, 4, call.nowMs);
  reply.integer(1);
}

function xgroupDelConsumer(call: Call): void {
  const { db, args, keyspace, reply } = call;
  const e = streamOf(call);
  const readers = existingGroup(call, e);
  const consumer = streamGroup.find(streamGroup.consumersOf(readers), args, 4);
  if (consumer === NIL) {
    reply.integer(0);
    return;
  }
  keyspace.changing(db, e, "xgroup-delconsumer", ChangeKind.unwatched);
  reply.integer(streamGroup.removeConsumer(readers, consumer));
}
