/**
 * Digests of keys and databases as DEBUG DIGEST of Redis 7.0 makes them: equal data give equal
 * digests, in either server, whatever the order of keys.
 */
import { fromLatin1 } from "../base/bytes.ts";
import { formatDouble } from "../base/doubles.ts";
import type { Range } from "../base/range.ts";
import { SHA1_SIZE, sha1 } from "../base/sha1.ts";
import type { Database } from "../keyspace/database.ts";
import * as hashValue from "../keyspace/hash_value.ts";
import * as listValue from "../keyspace/list_value.ts";
import * as setValue from "../keyspace/set_value.ts";
import * as streamValue from "../keyspace/stream_value.ts";
import * as stringValue from "../keyspace/string_value.ts";
import { Type } from "../keyspace/types.ts";
import * as zsetValue from "../keyspace/zset_value.ts";
import * as dict from "../structures/dict.ts";
import type { EntryRef } from "../structures/entry.ts";
import * as entry from "../structures/entry.ts";
import { StreamId } from "../structures/stream_id.ts";

/** Redis's numbers of types, which are part of the digest: in the order of `Type`. */
const REDIS_TYPES = [0, 1, 2, 3, 4, 6];
const EXPIRES = fromLatin1("!!expire!!");
const FIELD_EXPIRES = fromLatin1("!!hexpire!!");

const listCursor = new listValue.ListCursor();
const setCursor = new setValue.SetCursor();
const zsetCursor = new zsetValue.ZsetCursor();
const hashCursor = new hashValue.HashCursor();
const streamCursor = new streamValue.StreamCursor();
const firstId = new StreamId();
const lastId = new StreamId();
lastId.setMax();

/** The digest of all databases, in hexadecimal. */
export function digestOfAll(databases: readonly Database[]): string {
  const digest = new Uint8Array(SHA1_SIZE);
  for (const db of databases) {
    db.lookAtAll();
    if (db.size === 0) continue;
    mix(digest, bigEndian(db.id));
    dict.each(db.keys, (e) => {
      const own = new Uint8Array(SHA1_SIZE);
      mix(own, fromLatin1(entry.keyText(e)));
      addValue(own, e);
      add(digest, own);
    });
  }
  return hexadecimal(digest);
}

/** The digest of a value and whether it expires, in hexadecimal; zeros without an entry (0). */
export function digestOfValue(e: EntryRef): string {
  const digest = new Uint8Array(SHA1_SIZE);
  if (e !== 0) addValue(digest, e);
  return hexadecimal(digest);
}

function addValue(digest: Uint8Array, e: EntryRef): void {
  mix(digest, bigEndian(REDIS_TYPES[entry.type(e)]));
  ADD_BY_TYPE[entry.type(e)](digest, e);
  if (entry.hasTtl(e)) add(digest, EXPIRES);
}

type AddValue = (digest: Uint8Array, e: EntryRef) => void;

/** By type; the order of elements matters in lists and streams only. */
const ADD_BY_TYPE: Readonly<Record<number, AddValue>> = {
  [Type.string]: (digest, e) => mix(digest, bytesOf(stringValue.rangeOf(e))),
  [Type.list]: (digest, e) => {
    for (listCursor.seek(e, 0); listCursor.isValid; listCursor.next()) {
      mix(digest, bytesOf(listCursor.element()));
    }
  },
  [Type.set]: (digest, e) => {
    setCursor.start(e);
    while (setCursor.next()) add(digest, bytesOf(setCursor.member()));
  },
  [Type.zset]: (digest, e) => {
    for (zsetCursor.seek(e, 0); zsetCursor.isValid; zsetCursor.next()) {
      const own = new Uint8Array(SHA1_SIZE);
      mix(own, bytesOf(zsetCursor.member()));
      mix(own, fromLatin1(formatDouble(zsetCursor.score)));
      add(digest, own);
    }
  },
  [Type.hash]: (digest, e) => {
    hashCursor.start(e);
    while (hashCursor.next()) {
      const own = new Uint8Array(SHA1_SIZE);
      mix(own, bytesOf(hashCursor.field()));
      mix(own, bytesOf(hashCursor.value()));
      if (hashValue.deadlineOf(e, hashCursor.place) >= 0) add(own, FIELD_EXPIRES);
      add(digest, own);
    }
  },
  [Type.stream]: (digest, e) => {
    streamCursor.start(e, firstId, lastId, false);
    while (streamCursor.next()) {
      mix(digest, fromLatin1(streamCursor.id.text.replace("-", ".")));
      streamCursor.each((text) => mix(digest, bytesOf(text)));
    }
  },
};

function bytesOf({ bytes, offset, size }: Range): Uint8Array {
  return bytes.slice(offset, offset + size);
}

/** Adds bytes whose order among others does not matter. */
function add(digest: Uint8Array, bytes: Uint8Array): void {
  const own = sha1(bytes);
  for (let i = 0; i < SHA1_SIZE; i++) digest[i] ^= own[i];
}

/** Adds bytes whose order matters. */
function mix(digest: Uint8Array, bytes: Uint8Array): void {
  add(digest, bytes);
  digest.set(sha1(digest));
}

function bigEndian(value: number): Uint8Array {
  const bytes = new Uint8Array(4);
  new DataView(bytes.buffer).setUint32(0, value);
  return bytes;
}

function hexadecimal(bytes: Uint8Array): string {
  return [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}
