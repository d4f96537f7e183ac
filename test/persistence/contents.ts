/** Purpose: all that a key holds as text, whatever it is encoded in: equal texts are equal data. */
import { NIL } from "../../src/arena/arena.ts";
import { latin1 } from "../../src/base/bytes.ts";
import type { Range } from "../../src/base/range.ts";
import type { Database } from "../../src/keyspace/database.ts";
import * as dict from "../../src/structures/dict.ts";
import type { EntryRef } from "../../src/structures/entry.ts";
import * as entry from "../../src/structures/entry.ts";
import { IdCursor } from "../../src/structures/id_tree.ts";
import { StreamId } from "../../src/structures/stream_id.ts";
import * as streamLeaf from "../../src/structures/stream_leaf.ts";
import * as hashValue from "../../src/values/hash_value.ts";
import * as listValue from "../../src/values/list_value.ts";
import * as setValue from "../../src/values/set_value.ts";
import * as streamGroup from "../../src/values/stream_group.ts";
import * as streamValue from "../../src/values/stream_value.ts";
import * as stringValue from "../../src/values/string_value.ts";
import { Type } from "../../src/values/types.ts";
import * as zsetValue from "../../src/values/zset_value.ts";

const text = ({ bytes, offset, size }: Range) => latin1(bytes, offset, size);

/** By "database key", the contents of all keys. */
export function contentsOf(databases: readonly Database[]): Map<string, string> {
  const all = new Map<string, string>();
  for (const db of databases) {
    dict.each(db.keys, (e) => {
      const value = BY_TYPE[entry.type(e)](e);
      all.set(`${db.id} ${entry.keyText(e)}`, `${db.expiryOf(e)} ${value}`);
    });
  }
  return all;
}

const BY_TYPE: Readonly<Record<number, (e: EntryRef) => string>> = {
  [Type.string]: (e) => text(stringValue.rangeOf(e)),
  [Type.list]: (e) => {
    const all: string[] = [];
    const cursor = new listValue.ListCursor();
    for (cursor.seek(e, 0); cursor.isValid; cursor.next()) all.push(text(cursor.element()));
    return `list ${all.join()}`;
  },
  [Type.set]: (e) => {
    const all: string[] = [];
    const cursor = new setValue.SetCursor();
    cursor.start(e);
    while (cursor.next()) all.push(text(cursor.member()));
    return `set ${all.sort().join()}`;
  },
  [Type.zset]: (e) => {
    const all: string[] = [];
    const cursor = new zsetValue.ZsetCursor();
    for (cursor.seek(e, 0); cursor.isValid; cursor.next()) {
      all.push(`${text(cursor.member())}=${cursor.score}`);
    }
    return `zset ${all.join()}`;
  },
  [Type.hash]: (e) => {
    const all: string[] = [];
    const cursor = new hashValue.HashCursor();
    cursor.start(e);
    while (cursor.next()) {
      const deadline = hashValue.deadlineOf(e, cursor.place);
      all.push(`${text(cursor.field())}=${text(cursor.value())}@${deadline}`);
    }
    return `hash ${all.sort().join()}`;
  },
  [Type.stream]: streamText,
};

function streamText(e: EntryRef): string {
  const all: string[] = [];
  const cursor = new streamLeaf.LeafCursor();
  streamValue.eachLeaf(e, (leaf) => {
    cursor.start(leaf);
    while (cursor.step()) {
      const fields: string[] = [];
      cursor.each((range) => fields.push(text(range)));
      all.push(`${cursor.id.text}${cursor.isDeleted ? "-" : ""}(${fields.join()})`);
    }
    all.push(`|${streamLeaf.packedSize(leaf)}`);
  });
  const id = new StreamId();
  for (const load of [
    streamValue.loadLastId,
    streamValue.loadFirstId,
    streamValue.loadMaxDeletedId,
  ]) {
    load(e, id);
    all.push(id.text);
  }
  all.push(String(streamValue.length(e)), String(streamValue.entriesAdded(e)));
  const groups = streamValue.groupsOf(e);
  if (groups !== NIL) for (const group of streamGroup.inOrder(groups)) all.push(groupText(group));
  return `stream ${all.join(" ")}`;
}

function groupText(group: EntryRef): string {
  const id = new StreamId();
  streamGroup.loadLastId(group, id);
  const all = [`\n${entry.keyText(group)} ${id.text} ${streamGroup.entriesRead(group)}:`];
  const rows = new IdCursor();
  const pending = streamGroup.pendingOf(group);
  id.setZero();
  if (pending !== NIL) rows.seek(pending, id);
  for (; rows.row !== NIL; rows.next()) {
    id.load(rows.row, 0);
    const consumer = entry.keyText(streamGroup.consumerOf(rows.row));
    const ms = streamGroup.deliveredMs(rows.row);
    all.push(`${id.text} ${consumer} ${ms} ${streamGroup.deliveryCount(rows.row)}`);
  }
  // Not when they were seen last: that is noted without a change of the key.
  for (const consumer of streamGroup.inOrder(streamGroup.consumersOf(group))) {
    all.push(`${entry.keyText(consumer)} ${streamGroup.activeMs(consumer)}`);
  }
  return all.join(",");
}
