/**
 * Searches for places: GEOSEARCH, GEOSEARCHSTORE, and the older GEORADIUS and its kin. The members
 * whose scores lie in the cells that cover a shape are looked at; those inside it are noted as rank
 * and distance, sorted if wanted, and then replied with, or stored.
 */
import { ensureMore, NIL } from "../../arena/arena.ts";
import { sortPart } from "../../base/partial_sort.ts";
import { stage, staging } from "../../base/range.ts";
import type { Call } from "../../calls/call.ts";
import { type ArgumentWords, KeyFlag, type KeyRef } from "../../calls/key_specs.ts";
import { CommandError, SYNTAX } from "../../protocol/errors.ts";
import type { EntryRef } from "../../structures/entry.ts";
import type { KeyEvent } from "../../values/key_event.ts";
import { Type } from "../../values/types.ts";
import * as zsetValue from "../../values/zset_value.ts";
import { storeResult } from "../sorted_sets/sorted_set_change.ts";
import {
  findPlace,
  parseNumber,
  parsePlace,
  parseUnit,
  replyDistance,
  replyPlace,
} from "./geo_arguments.ts";
import { cells, cover, distanceInside, setBox, setCentre, setCircle } from "./geo_shape.ts";
import * as geohash from "./geohash.ts";

const BAD_RADIUS = new CommandError("ERR need numeric radius");
const BAD_WIDTH = new CommandError("ERR need numeric width");
const BAD_HEIGHT = new CommandError("ERR need numeric height");
const NEGATIVE_RADIUS = new CommandError("ERR radius cannot be negative");
const NEGATIVE_SIZE = new CommandError("ERR height or width cannot be negative");
const BAD_COUNT = new CommandError("ERR COUNT must be > 0");
const ANY_ALONE = new CommandError("ERR the ANY argument requires COUNT argument");
const NO_MEMBER = new CommandError("ERR could not decode requested zset member");

/** What is done with a key to store to. */
const WRITES = KeyFlag.OW | KeyFlag.update;

const UNSORTED = 0;
const ASCENDING = 1;
const DESCENDING = -1;

/** What kind of command it is: what its options may be. */
const Kind = { radius: 0, radiusReadOnly: 1, search: 2, searchStore: 3 } as const;

/** What the arguments ask for. */
const wanted = {
  withDistance: false,
  withHash: false,
  withPlace: false,
  order: UNSORTED,
  /** 0: all. */
  count: 0,
  any: false,
  /** The argument that names the key to store to; 0: reply. */
  storeIndex: 0,
  storesDistance: false,
  hasCentre: false,
  hasShape: false,
  /** GEOSEARCH's centre was a member, so that it may not be a place. */
  fromMember: false,
  isBox: false,
  /** Metres of the unit of the reply. */
  unit: 1,
};

/** What was found: ranks and distances, in the order of the search; `order` sorts them. */
const KEPT_FOUND = 1 << 14;
const found = { count: 0, ranks: new Int32Array(256), distances: new Float64Array(256) };
let order = new Int32Array(256);

const cursor = new zsetValue.ZsetCursor();

export function georadius(call: Call): void {
  radius(call, Kind.radius, false);
}

export function georadiusRo(call: Call): void {
  radius(call, Kind.radiusReadOnly, false);
}

export function georadiusbymember(call: Call): void {
  radius(call, Kind.radius, true);
}

export function georadiusbymemberRo(call: Call): void {
  radius(call, Kind.radiusReadOnly, true);
}

export function geosearch(call: Call): void {
  search(call, Kind.search, 1);
}

export function geosearchstore(call: Call): void {
  search(call, Kind.searchStore, 2);
}

/** The keys of GEORADIUS and GEORADIUSBYMEMBER: the set, and those to store to. */
export function keysOfGeoradius(argumentCount: number, words: ArgumentWords): KeyRef[] {
  const keys = [{ index: 1, flags: KeyFlag.RO | KeyFlag.access }];
  for (const word of ["store", "storedist"]) {
    let index = 5;
    while (index < argumentCount && !words.is(index, word)) index++;
    if (index + 1 < argumentCount) keys.push({ index: index + 1, flags: WRITES });
  }
  return keys;
}

/** GEORADIUS, or that by a member: the shape comes first, at its place. */
function radius(call: Call, kind: number, byMember: boolean): void {
  const e = call.db.readTyped(call.args, 1, Type.zset);
  forget();
  const options = byMember ? 5 : 6;
  if (!byMember) setCentreAt(call, 2);
  else if (e !== NIL) setMember(call, e, 2);
  // Without a key, only the options of GEORADIUSBYMEMBER are looked at.
  if (!byMember || e !== NIL) parseCircle(call, options - 2);
  parseOptions(call, kind, e, options);
  checkOptions(call, kind);
  answer(call, e, "georadiusstore");
}

function search(call: Call, kind: number, keyIndex: number): void {
  const e = call.db.readTyped(call.args, keyIndex, Type.zset);
  forget();
  if (kind === Kind.searchStore) wanted.storeIndex = 1;
  parseOptions(call, kind, e, keyIndex + 1);
  checkOptions(call, kind);
  answer(call, e, "geosearchstore");
}

function forget(): void {
  wanted.withDistance = false;
  wanted.withHash = false;
  wanted.withPlace = false;
  wanted.order = UNSORTED;
  wanted.count = 0;
  wanted.any = false;
  wanted.storeIndex = 0;
  wanted.storesDistance = false;
  wanted.hasCentre = false;
  wanted.hasShape = false;
}

function setCentreAt(call: Call, index: number): void {
  const { longitude, latitude } = parsePlace(call, index);
  setCentre(longitude, latitude);
}

function setMember(call: Call, e: EntryRef, index: number): void {
  if (!findPlace(call, e, index)) throw NO_MEMBER;
  setCentre(geohash.place.longitude, geohash.place.latitude);
}

function parseCircle(call: Call, index: number): void {
  const size = parseNumber(call, index, BAD_RADIUS);
  if (size < 0) throw NEGATIVE_RADIUS;
  wanted.unit = parseUnit(call, index + 1);
  setCircle(size, wanted.unit);
}

function parseBox(call: Call, index: number): void {
  const width = parseNumber(call, index, BAD_WIDTH);
  const height = parseNumber(call, index + 1, BAD_HEIGHT);
  if (width < 0 || height < 0) throw NEGATIVE_SIZE;
  wanted.unit = parseUnit(call, index + 2);
  setBox(width, height, wanted.unit);
}

function parseOptions(call: Call, kind: number, e: EntryRef, from: number): void {
  for (let index = from; index < call.argc; ) {
    const used = parseOption(call, index) || parseSpecial(call, kind, e, index);
    if (used === 0 || index + used > call.argc) throw SYNTAX;
    index += used;
  }
}

/** Reads an option that all commands have; returns how many arguments it takes, 0 for none. */
function parseOption(call: Call, index: number): number {
  if (call.is(index, "withdist")) wanted.withDistance = true;
  else if (call.is(index, "withhash")) wanted.withHash = true;
  else if (call.is(index, "withcoord")) wanted.withPlace = true;
  else if (call.is(index, "any")) wanted.any = true;
  else if (call.is(index, "asc")) wanted.order = ASCENDING;
  else if (call.is(index, "desc")) wanted.order = DESCENDING;
  else if (call.is(index, "count")) {
    if (index + 1 === call.argc) return 0;
    wanted.count = call.integer(index + 1);
    if (wanted.count <= 0) throw BAD_COUNT;
    return 2;
  } else return 0;
  return 1;
}

/** As `parseOption`, of those that only some commands have. */
function parseSpecial(call: Call, kind: number, e: EntryRef, index: number): number {
  const left = call.argc - index;
  if (kind === Kind.radius && left > 1) {
    const withDistance = call.is(index, "storedist");
    if (!withDistance && !call.is(index, "store")) return 0;
    wanted.storeIndex = index + 1;
    wanted.storesDistance = withDistance;
    return 2;
  }
  if (kind < Kind.search) return 0;
  if (kind === Kind.searchStore && call.is(index, "storedist")) {
    wanted.storesDistance = true;
    return 1;
  }
  return parseCentre(call, e, index, left) || parseShape(call, index, left);
}

function parseCentre(call: Call, e: EntryRef, index: number, left: number): number {
  if (left > 1 && call.is(index, "frommember") && (!wanted.hasCentre || wanted.fromMember)) {
    // Without a key, what is wrong with the other options comes first.
    if (e !== NIL) setMember(call, e, index + 1);
    wanted.hasCentre = true;
    wanted.fromMember = true;
    return 2;
  }
  if (left > 2 && call.is(index, "fromlonlat") && (!wanted.hasCentre || !wanted.fromMember)) {
    setCentreAt(call, index + 1);
    wanted.hasCentre = true;
    wanted.fromMember = false;
    return 3;
  }
  return 0;
}

function parseShape(call: Call, index: number, left: number): number {
  if (left > 2 && call.is(index, "byradius") && (!wanted.hasShape || !wanted.isBox)) {
    parseCircle(call, index + 1);
    wanted.hasShape = true;
    wanted.isBox = false;
    return 3;
  }
  if (left > 3 && call.is(index, "bybox") && (!wanted.hasShape || wanted.isBox)) {
    parseBox(call, index + 1);
    wanted.hasShape = true;
    wanted.isBox = true;
    return 4;
  }
  return 0;
}

function checkOptions(call: Call, kind: number): void {
  const isSearch = kind >= Kind.search;
  if (wanted.storeIndex > 0 && (wanted.withDistance || wanted.withHash || wanted.withPlace)) {
    const what = isSearch ? "GEOSEARCHSTORE" : "STORE option in GEORADIUS";
    throw new CommandError(
      `ERR ${what} is not compatible with WITHDIST, WITHHASH and WITHCOORD options`,
    );
  }
  if (isSearch && !wanted.hasCentre) throw exactlyOne(call, "FROMMEMBER or FROMLONLAT");
  if (isSearch && !wanted.hasShape) throw exactlyOne(call, "BYRADIUS and BYBOX");
  if (wanted.any && wanted.count === 0) throw ANY_ALONE;
}

/** The command's name is shown as the client wrote it. */
function exactlyOne(call: Call, options: string): CommandError {
  return new CommandError(`ERR exactly one of ${options} can be specified for ${call.cText(0)}`);
}

/** Searches, and replies or stores. */
function answer(call: Call, e: EntryRef, event: KeyEvent): void {
  const { count, any, storeIndex } = wanted;
  if (count > 0 && !any && wanted.order === UNSORTED) wanted.order = ASCENDING;
  found.count = 0;
  if (e !== NIL) {
    cover();
    find(e, any ? count : Number.POSITIVE_INFINITY);
  }
  const returned = count === 0 ? found.count : Math.min(count, found.count);
  sort(returned);
  if (storeIndex === 0) replyFound(call, e, returned);
  else storeFound(call, e, returned, event);
  if (found.ranks.length > KEPT_FOUND) makeRoom(KEPT_FOUND);
}

/** Notes the members inside the shape, at most `limit`. */
function find(e: EntryRef, limit: number): void {
  for (let i = 0; i < cells.count && found.count < limit; i++) {
    const end = cells.max[i];
    let rank = zsetValue.countBelow(e, cells.min[i], false);
    for (cursor.seek(e, rank); cursor.isValid && found.count < limit; cursor.next(), rank++) {
      const { score } = cursor;
      if (score >= end) break;
      geohash.decode(score);
      const metres = distanceInside(geohash.place.longitude, geohash.place.latitude);
      // Rounding can make the distance to the other end of the world NaN, which is inside.
      if (!(metres < 0)) note(rank, metres);
    }
  }
}

function note(rank: number, metres: number): void {
  if (found.count === found.ranks.length) makeRoom(found.count * 2);
  found.ranks[found.count] = rank;
  found.distances[found.count++] = metres;
}

/** Gives `found` room for so many; what it holds stays, as far as it fits. */
function makeRoom(room: number): void {
  const { ranks, distances } = found;
  const kept = Math.min(room, found.count);
  found.ranks = new Int32Array(room);
  found.distances = new Float64Array(room);
  found.ranks.set(ranks.subarray(0, kept));
  found.distances.set(distances.subarray(0, kept));
  order = new Int32Array(room);
}

const nearestFirst = (a: number, b: number) => found.distances[a] - found.distances[b];
const farthestFirst = (a: number, b: number) => found.distances[b] - found.distances[a];

/** Makes `order` the places of `found` as they are wanted; the first `returned` are right. */
function sort(returned: number): void {
  for (let i = 0; i < found.count; i++) order[i] = i;
  if (wanted.order === UNSORTED || returned === 0) return;
  const compare = wanted.order === ASCENDING ? nearestFirst : farthestFirst;
  if (returned < found.count) sortPart(order, found.count, compare, 0, returned - 1);
  else order.subarray(0, returned).sort(compare);
}

/** Puts the cursor on the n-th result. */
function seekFound(e: EntryRef, n: number): void {
  const rank = found.ranks[order[n]];
  if (n > 0 && cursor.isValid && found.ranks[order[n - 1]] === rank - 1) cursor.next();
  else cursor.seek(e, rank);
}

function replyFound(call: Call, e: EntryRef, returned: number): void {
  const { reply } = call;
  const { withDistance, withHash, withPlace } = wanted;
  const extras = (withDistance ? 1 : 0) + (withHash ? 1 : 0) + (withPlace ? 1 : 0);
  reply.array(returned);
  for (let n = 0; n < returned; n++) {
    seekFound(e, n);
    if (extras > 0) reply.array(extras + 1);
    cursor.replyMember(reply);
    if (withDistance) replyDistance(call, found.distances[order[n]] / wanted.unit);
    if (withHash) replyHash(call, Math.trunc(cursor.score));
    if (withPlace) {
      geohash.decode(cursor.score);
      replyPlace(call);
    }
  }
}

function replyHash(call: Call, hash: number): void {
  if (Number.isSafeInteger(hash)) call.reply.integer(hash);
  else call.reply.bigint(BigInt(hash));
}

/** Makes the key to store to a sorted set of the results, with their scores or distances. */
function storeFound(call: Call, e: EntryRef, returned: number, event: KeyEvent): void {
  const { keyspace } = call;
  const { storeIndex, storesDistance, unit } = wanted;
  const result = zsetValue.createUnordered();
  for (let n = 0; n < returned; n++) {
    seekFound(e, n);
    const score = storesDistance ? found.distances[order[n]] / unit : cursor.score;
    const { bytes, offset, size } = cursor.member();
    stage(bytes, offset, size);
    ensureMore(size);
    zsetValue.put(result, staging.bytes, staging.view, 0, size, score);
  }
  storeResult(call, storeIndex, result, event);
  if (returned > 0) keyspace.dirty += returned - 1;
}
