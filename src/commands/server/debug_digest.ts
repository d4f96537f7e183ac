/**
 * Digests of keys and databases as DEBUG DIGEST of Redis 7.0 makes them: equal data give equal
 * digests, in either server, whatever the order of keys.
 */
import { segmentOf, u8 } from "../../arena/arena.ts";
import { fromLatin1 } from "../../base/bytes.ts";
import { formatDouble } from "../../base/doubles.ts";
import type { Range } from "../../base/range.ts";
import { SHA1_SIZE, sha1 } from "../../base/sha1.ts";
import type { Database } from "../../keyspace/database.ts";
import * as dict from "../../structures/dict.ts";
import type { EntryRef } from "../../structures/entry.ts";
import * as entry from "../../structures/entry.ts";
import * as hashValue from "../../values/hash_value.ts";
import * as stringValue from "../../values/string_value.ts";
import { Type } from "../../values/types.ts";
import {
  hashCursor,
  listCursor,
  setCursor,
  startStream,
  streamCursor,
  zsetCursor,
} from "./value_cursors.ts";

/**
 * One digest in the making for each depth of what is digested, since a digest of millions of keys
 * should not leave millions of them to the collector.
 */
const ofKey = new Uint8Array(SHA1_SIZE);
const ofElement = new Uint8Array(SHA1_SIZE);
const ofText = new Uint8Array(SHA1_SIZE);

/** Redis's numbers of types, which are part of the digest: in the order of `Type`. */
const REDIS_TYPES = [0, 1, 2, 3, 4, 6];
const EXPIRES = fromLatin1("!!expire!!");
const FIELD_EXPIRES = fromLatin1("!!hexpire!!");

/** The digest of all databases, in hexadecimal. */
export function digestOfAll(databases: readonly Database[]): string {
  const digest = new Uint8Array(SHA1_SIZE);
  for (const db of databases) {
    db.lookAtAll();
    if (db.size === 0) continue;
    mix(digest, bigEndian(db.id));
    dict.each(db.keys, (e) => {
      ofKey.fill(0);
      mixBytes(ofKey, u8[segmentOf(entry.keyBlock(e))], entry.keyOffset(e), entry.keySize(e));
      addValue(ofKey, e);
      add(digest, ofKey);
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
  [Type.string]: (digest, e) => mixText(digest, stringValue.rangeOf(e)),
  [Type.list]: (digest, e) => {
    for (listCursor.seek(e, 0); listCursor.isValid; listCursor.next()) {
      mixText(digest, listCursor.element());
    }
  },
  [Type.set]: (digest, e) => {
    setCursor.start(e);
    while (setCursor.next()) addText(digest, setCursor.member());
  },
  [Type.zset]: (digest, e) => {
    for (zsetCursor.seek(e, 0); zsetCursor.isValid; zsetCursor.next()) {
      ofElement.fill(0);
      mixText(ofElement, zsetCursor.member());
      mix(ofElement, fromLatin1(formatDouble(zsetCursor.score)));
      add(digest, ofElement);
    }
  },
  [Type.hash]: (digest, e) => {
    hashCursor.start(e);
    while (hashCursor.next()) {
      ofElement.fill(0);
      mixText(ofElement, hashCursor.field());
      mixText(ofElement, hashCursor.value());
      if (hashValue.deadlineOf(e, hashCursor.place) >= 0) add(ofElement, FIELD_EXPIRES);
      add(digest, ofElement);
    }
  },
  [Type.stream]: (digest, e) => {
    startStream(e);
    while (streamCursor.next()) {
      mix(digest, fromLatin1(streamCursor.id.text.replace("-", ".")));
      streamCursor.each((text) => mixText(digest, text));
    }
  },
};

/** Adds bytes whose order among others does not matter. */
function add(digest: Uint8Array, bytes: Uint8Array): void {
  addBytes(digest, bytes, 0, bytes.length);
}

function addText(digest: Uint8Array, { bytes, offset, size }: Range): void {
  addBytes(digest, bytes, offset, size);
}

/** Adds bytes whose order matters. */
function mix(digest: Uint8Array, bytes: Uint8Array): void {
  mixBytes(digest, bytes, 0, bytes.length);
}

function mixText(digest: Uint8Array, { bytes, offset, size }: Range): void {
  mixBytes(digest, bytes, offset, size);
}

function addBytes(digest: Uint8Array, bytes: Uint8Array, offset: number, size: number): void {
  sha1(ofText, bytes, offset, size);
  for (let i = 0; i < SHA1_SIZE; i++) digest[i] ^= ofText[i];
}

function mixBytes(digest: Uint8Array, bytes: Uint8Array, offset: number, size: number): void {
  addBytes(digest, bytes, offset, size);
  sha1(digest, digest, 0, SHA1_SIZE);
}

function bigEndian(value: number): Uint8Array {
  const bytes = new Uint8Array(4);
  new DataView(bytes.buffer).setUint32(0, value);
  return bytes;
}

function hexadecimal(bytes: Uint8Array): string {
  return [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}
