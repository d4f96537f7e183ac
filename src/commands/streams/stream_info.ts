/** XINFO: what there is to know of a stream, its groups and their consumers. */
import { NIL } from "../../arena/arena.ts";
import type { Call } from "../../calls/call.ts";
import { helpEntry } from "../../calls/help.ts";
import { group } from "../../calls/table.ts";
import { NO_SUCH_KEY, wrongSubcommand } from "../../protocol/errors.ts";
import { type Label, labels, replyLabel } from "../../protocol/labels.ts";
import type { TreeRef } from "../../structures/btree.ts";
import type { EntryRef } from "../../structures/entry.ts";
import * as entry from "../../structures/entry.ts";
import { IdCursor } from "../../structures/id_tree.ts";
import { replyId, StreamId } from "../../structures/stream_id.ts";
import * as streamGroup from "../../values/stream_group.ts";
import * as streamValue from "../../values/stream_value.ts";
import { Type } from "../../values/types.ts";
import { groupOf } from "./stream_arguments.ts";
import { replyEntry, replyRange } from "./stream_entries.ts";
import { noSuchGroup } from "./stream_group_commands.ts";

export const streamInfoCommands = group("stream", {
  XINFO: {
    arity: -2,
    since: "5.0.0",
    complexity: "Depends on subcommand.",
    summary: "Tells about streams, groups and consumers.",
    subcommands: {
      CONSUMERS: {
        run: xinfoConsumers,
        arity: 4,
        flags: ["readonly"],
        keys: [{ at: 2, flags: ["RO", "access"] }],
        args: "key groupname",
        since: "5.0.0",
        complexity: "O(1)",
        summary: "Lists the consumers of a group.",
        tips: ["nondeterministic_output"],
      },
      GROUPS: {
        run: xinfoGroups,
        arity: 3,
        flags: ["readonly"],
        keys: [{ at: 2, flags: ["RO", "access"] }],
        args: "key",
        since: "5.0.0",
        complexity: "O(1)",
        summary: "Lists the groups of a stream.",
        history: [["7.0.0", "Added the `entries-read` and `lag` fields"]],
      },
      HELP: helpEntry("5.0.0"),
      STREAM: {
        run: xinfoStream,
        arity: -3,
        flags: ["readonly"],
        keys: [{ at: 2, flags: ["RO", "access"] }],
        args: "key [FULL full:{[COUNT count]}]",
        since: "5.0.0",
        complexity: "O(1)",
        summary: "Tells about a stream.",
        history: [
          ["6.0.0", "Added the `FULL` modifier."],
          [
            "7.0.0",
            "Added the `max-deleted-entry-id`, `entries-added`, `recorded-first-entry-id`, " +
              "`entries-read` and `lag` fields",
          ],
        ],
      },
    },
  },
});

/** FULL shows so many entries, and pending ones, if nothing is said. */
const FULL_COUNT = 10;

const LABEL = labels(
  "name",
  "entries-read",
  "lag",
  "entries-added",
  "entries",
  "groups",
  "pending",
  "consumers",
  "idle",
  "inactive",
  "last-delivered-id",
  "length",
  "radix-tree-keys",
  "radix-tree-nodes",
  "last-generated-id",
  "max-deleted-entry-id",
  "recorded-first-entry-id",
  "first-entry",
  "last-entry",
  "pel-count",
  "seen-time",
  "active-time",
);

const id = new StreamId();
const end = new StreamId();
const rows = new IdCursor();
const edge = new streamValue.StreamCursor();

function streamOf({ db, args }: Call): EntryRef {
  const e = db.readTyped(args, 2, Type.stream);
  if (e === NIL) throw NO_SUCH_KEY;
  return e;
}

/** The groups, or consumers, in the order in which Redis keeps them. */
const named = (e: EntryRef) => streamGroup.inOrder(streamValue.groupsOf(e));

function xinfoConsumers(call: Call): void {
  const { reply, nowMs } = call;
  const e = streamOf(call);
  const readers = groupOf(call, e, 3);
  if (readers === NIL) throw noSuchGroup(call, 2, 3);
  const consumers = streamGroup.inOrder(streamGroup.consumersOf(readers));
  reply.array(consumers.length);
  for (const consumer of consumers) {
    reply.map(4);
    replyLabel(LABEL.name, reply);
    entry.replyKey(consumer, reply);
    integer(call, LABEL.pending, streamGroup.consumerPendingCount(consumer));
    integer(call, LABEL.idle, Math.max(0, nowMs - streamGroup.seenMs(consumer)));
    const activeMs = streamGroup.activeMs(consumer);
    integer(call, LABEL.inactive, activeMs < 0 ? -1 : Math.max(0, nowMs - activeMs));
  }
}

function integer({ reply }: Call, name: Label, value: number): void {
  replyLabel(name, reply);
  reply.integer(value);
}

/** A field that is an ID, which is in `id`. */
function idField({ reply }: Call, name: Label): void {
  replyLabel(name, reply);
  replyId(id, reply);
}

function xinfoGroups(call: Call): void {
  const { reply } = call;
  const e = streamOf(call);
  const groups = named(e);
  reply.array(groups.length);
  for (const readers of groups) {
    reply.map(6);
    replyLabel(LABEL.name, reply);
    entry.replyKey(readers, reply);
    integer(call, LABEL.consumers, streamGroup.consumerCount(readers));
    integer(call, LABEL.pending, streamGroup.pendingCount(readers));
    streamGroup.loadLastId(readers, id);
    idField(call, LABEL["last-delivered-id"]);
    replyProgress(call, e, readers);
  }
}

/** How many entries a group has read, and how many are left to it, as far as that is known. */
function replyProgress(call: Call, e: EntryRef, readers: EntryRef): void {
  const { reply } = call;
  const isKnown = streamGroup.isReadKnown(readers);
  replyLabel(LABEL["entries-read"], reply);
  if (isKnown) streamGroup.replyRead(readers, reply);
  else reply.nil();
  replyLabel(LABEL.lag, reply);
  streamGroup.loadLastId(readers, id);
  const isExact = isKnown && !streamValue.hasTombstones(e, id);
  const safeLag = streamValue.safeAdded(e) - streamGroup.safeRead(readers);
  if (isExact && !Number.isNaN(safeLag) && streamValue.safeAdded(e) > 0) {
    reply.integer(safeLag);
    return;
  }
  const lag = lagOf(e, readers, isExact);
  if (lag === null) reply.nil();
  else reply.bigint(lag);
}

/** Where `id` is the last that the group has read. */
function lagOf(e: EntryRef, readers: EntryRef, isExact: boolean): bigint | null {
  const added = streamValue.entriesAdded(e);
  if (added === 0n) return 0n;
  if (isExact) return wrapped(added - streamGroup.entriesRead(readers));
  const upTo = streamValue.addedUpTo(e, id);
  return upTo === streamGroup.UNKNOWN ? null : wrapped(added - upTo);
}

const wrapped = (value: bigint) => BigInt.asIntN(64, value);

function xinfoStream(call: Call): void {
  const { reply, argc } = call;
  const isFull = argc > 3;
  const e = streamOf(call);
  const count = isFull ? fullCount(call) : 0;
  const leaves = streamValue.leafCount(e);
  reply.map(isFull ? 9 : 10);
  integer(call, LABEL.length, streamValue.length(e));
  integer(call, LABEL["radix-tree-keys"], leaves);
  integer(call, LABEL["radix-tree-nodes"], streamValue.nodeCount(e));
  streamValue.loadLastId(e, id);
  idField(call, LABEL["last-generated-id"]);
  streamValue.loadMaxDeletedId(e, id);
  idField(call, LABEL["max-deleted-entry-id"]);
  replyLabel(LABEL["entries-added"], reply);
  streamValue.replyAdded(e, reply);
  streamValue.loadFirstId(e, id);
  idField(call, LABEL["recorded-first-entry-id"]);
  if (isFull) {
    replyFull(call, e, count);
    return;
  }
  integer(call, LABEL.groups, streamValue.groupCount(e));
  replyEdge(call, LABEL["first-entry"], e, false);
  replyEdge(call, LABEL["last-entry"], e, true);
}

/** Reads `FULL [COUNT n]`; 0 is no limit. */
function fullCount(call: Call): number {
  const { argc } = call;
  const fits = (argc === 4 || argc === 6) && call.is(3, "full");
  if (!fits || (argc === 6 && !call.is(4, "count"))) throw wrongSubcommand(call.args);
  const count = argc === 6 ? call.integer(5) : FULL_COUNT;
  return count < 0 ? FULL_COUNT : count;
}

function replyEdge({ reply }: Call, name: Label, e: EntryRef, isLast: boolean): void {
  replyLabel(name, reply);
  if (!isLast) {
    id.setZero();
    end.setMax();
    edge.start(e, id, end, false);
  }
  if (isLast ? edge.toLast(e) : edge.next()) replyEntry(edge, reply);
  else reply.nil();
}

function replyFull(call: Call, e: EntryRef, count: number): void {
  const { reply } = call;
  const limit = count === 0 ? Infinity : count;
  replyLabel(LABEL.entries, reply);
  id.setZero();
  end.setMax();
  replyRange(e, id, end, limit, false, reply);
  replyLabel(LABEL.groups, reply);
  const groups = named(e);
  reply.array(groups.length);
  for (const readers of groups) {
    reply.map(7);
    replyLabel(LABEL.name, reply);
    entry.replyKey(readers, reply);
    streamGroup.loadLastId(readers, id);
    idField(call, LABEL["last-delivered-id"]);
    replyProgress(call, e, readers);
    integer(call, LABEL["pel-count"], streamGroup.pendingCount(readers));
    replyLabel(LABEL.pending, reply);
    replyRows(call, readers, streamGroup.pendingOf(readers), limit, true);
    replyConsumers(call, readers, limit);
  }
}

function replyConsumers(call: Call, readers: EntryRef, limit: number): void {
  const { reply } = call;
  const consumers = streamGroup.inOrder(streamGroup.consumersOf(readers));
  replyLabel(LABEL.consumers, reply);
  reply.array(consumers.length);
  for (const consumer of consumers) {
    reply.map(5);
    replyLabel(LABEL.name, reply);
    entry.replyKey(consumer, reply);
    integer(call, LABEL["seen-time"], streamGroup.seenMs(consumer));
    integer(call, LABEL["active-time"], streamGroup.activeMs(consumer));
    integer(call, LABEL["pel-count"], streamGroup.consumerPendingCount(consumer));
    replyLabel(LABEL.pending, reply);
    replyRows(call, readers, streamGroup.pendingIdsOf(consumer), limit, false);
  }
}

/** Replies with pending entries; with their consumers, if the rows are those of the group. */
function replyRows(
  { reply }: Call,
  readers: EntryRef,
  pending: TreeRef,
  limit: number,
  isOfGroup: boolean,
): void {
  const mark = reply.beginArray();
  let count = 0;
  id.setZero();
  if (pending === NIL) rows.clear();
  else rows.seek(pending, id);
  for (; rows.row !== NIL && count < limit; rows.next()) {
    id.load(rows.row, 0);
    const row = isOfGroup ? rows.row : streamGroup.findPending(readers, id);
    reply.array(isOfGroup ? 4 : 3);
    replyId(id, reply);
    if (isOfGroup) entry.replyKey(streamGroup.consumerOf(row), reply);
    reply.integer(streamGroup.deliveredMs(row));
    streamGroup.replyDeliveries(row, reply);
    count++;
  }
  reply.endArray(mark, count);
}
