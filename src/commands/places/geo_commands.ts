/** Geo commands: the table of all of them, and those that are not searches. */
import { NIL } from "../../arena/arena.ts";
import type { Call } from "../../calls/call.ts";
import * as propagate from "../../calls/propagate.ts";
import { group } from "../../calls/table.ts";
import { SYNTAX } from "../../protocol/errors.ts";
import { Type } from "../../values/types.ts";
import * as zsetValue from "../../values/zset_value.ts";
import { findPlace, parsePlace, parseUnit, replyDistance, replyPlace } from "./geo_arguments.ts";
import {
  georadius,
  georadiusbymember,
  georadiusbymemberRo,
  georadiusRo,
  geosearch,
  geosearchstore,
  keysOfGeoradius,
} from "./geo_search.ts";
import { distance } from "./geo_shape.ts";
import * as geohash from "./geohash.ts";

const UNIT = "unit:{M | KM | FT | MI}";
const WITH = "[WITHCOORD] [WITHDIST] [WITHHASH]";
const COUNT_SINCE = "count:[COUNT count [ANY@6.2.0]]";
const COUNT = "count:[COUNT count [ANY]]";
const ORDER = "order:[ASC | DESC]";
const STORE = "[STORE key#1] [STOREDIST key#2]";
const FROM = "from:{FROMMEMBER member | FROMLONLAT {longitude:double latitude:double}}";
const BY = `by:{
  circle:{BYRADIUS radius:double ${UNIT}} | box:{BYBOX width:double height:double ${UNIT}}
}`;

const RADIUS_COMPLEXITY =
  "O(N+log(M)) where N is the number of elements inside the bounding box of the circular area " +
  "delimited by center and radius and M is the number of items inside the index.";
const SEARCH_COMPLEXITY =
  "O(N+log(M)) where N is the number of elements in the grid-aligned bounding box area around " +
  "the shape provided as the filter and M is the number of items inside the shape";

export const geoCommands = group("geo", {
  GEOADD: {
    run: geoadd,
    arity: -5,
    flags: ["write", "denyoom", "replies_first"],
    keys: [{ at: 1, flags: ["RW", "update"] }],
    args: `key condition:[NX | XX]@6.2.0 [change:CH@6.2.0]
      {longitude:double latitude:double member}...`,
    since: "3.2.0",
    complexity:
      "O(log(N)) for each item added, where N is the number of elements in the sorted set.",
    summary: "Adds places to a sorted set, or moves them.",
    history: [["6.2.0", "Added the `CH`, `NX` and `XX` options."]],
  },
  GEODIST: {
    run: geodist,
    arity: -4,
    flags: ["readonly"],
    keys: [{ at: 1, flags: ["RO", "access"] }],
    args: "key member1 member2 unit:[M | KM | FT | MI]",
    since: "3.2.0",
    complexity: "O(log(N))",
    summary: "Tells the distance between two places.",
  },
  GEOHASH: {
    run: geohashes,
    arity: -2,
    flags: ["readonly"],
    keys: [{ at: 1, flags: ["RO", "access"] }],
    args: "key member ...",
    since: "3.2.0",
    complexity:
      "O(log(N)) for each member requested, where N is the number of elements in the sorted set.",
    summary: "Tells places as geohash texts.",
  },
  GEOPOS: {
    run: geopos,
    arity: -2,
    flags: ["readonly"],
    keys: [{ at: 1, flags: ["RO", "access"] }],
    args: "key member ...",
    since: "3.2.0",
    complexity: "O(N) where N is the number of members requested.",
    summary: "Tells longitude and latitude of places.",
  },
  GEORADIUS: {
    run: georadius,
    arity: -6,
    flags: ["write", "denyoom"],
    keys: [
      { at: 1, flags: ["RO", "access"] },
      { at: { keyword: "STORE", from: 6 }, flags: ["OW", "update"] },
      { at: { keyword: "STOREDIST", from: 6 }, flags: ["OW", "update"] },
    ],
    findKeys: keysOfGeoradius,
    args: `key longitude:double latitude:double radius:double ${UNIT} ${WITH} ${COUNT_SINCE}
      ${ORDER} ${STORE}`,
    since: "3.2.0",
    complexity: RADIUS_COMPLEXITY,
    summary: "Finds, and may store, the places within a circle.",
    history: [
      ["6.2.0", "Added the `ANY` option for `COUNT`."],
      ["7.0.0", "Added support for uppercase unit names."],
    ],
    deprecated: {
      since: "6.2.0",
      replacedBy: "`GEOSEARCH` and `GEOSEARCHSTORE` with the `BYRADIUS` argument",
    },
  },
  GEORADIUSBYMEMBER: {
    run: georadiusbymember,
    arity: -5,
    flags: ["write", "denyoom"],
    keys: [
      { at: 1, flags: ["RO", "access"] },
      { at: { keyword: "STORE", from: 5 }, flags: ["OW", "update"] },
      { at: { keyword: "STOREDIST", from: 5 }, flags: ["OW", "update"] },
    ],
    findKeys: keysOfGeoradius,
    args: `key member radius:double ${UNIT} ${WITH} ${COUNT} ${ORDER} ${STORE}`,
    since: "3.2.0",
    complexity: RADIUS_COMPLEXITY,
    summary: "Finds, and may store, the places within a circle round one of them.",
    history: [["7.0.0", "Added support for uppercase unit names."]],
    deprecated: {
      since: "6.2.0",
      replacedBy: "`GEOSEARCH` and `GEOSEARCHSTORE` with the `BYRADIUS` and `FROMMEMBER` arguments",
    },
  },
  GEORADIUSBYMEMBER_RO: {
    run: georadiusbymemberRo,
    arity: -5,
    flags: ["readonly"],
    keys: [{ at: 1, flags: ["RO", "access"] }],
    args: `key member radius:double ${UNIT} ${WITH} ${COUNT} ${ORDER}`,
    since: "3.2.10",
    complexity: RADIUS_COMPLEXITY,
    summary: "Finds the places within a circle round one of them.",
    deprecated: {
      since: "6.2.0",
      replacedBy: "`GEOSEARCH` with the `BYRADIUS` and `FROMMEMBER` arguments",
    },
  },
  GEORADIUS_RO: {
    run: georadiusRo,
    arity: -6,
    flags: ["readonly"],
    keys: [{ at: 1, flags: ["RO", "access"] }],
    args: `key longitude:double latitude:double radius:double ${UNIT} ${WITH} ${COUNT_SINCE}
      ${ORDER}`,
    since: "3.2.10",
    complexity: RADIUS_COMPLEXITY,
    summary: "Finds the places within a circle.",
    history: [["6.2.0", "Added the `ANY` option for `COUNT`."]],
    deprecated: { since: "6.2.0", replacedBy: "`GEOSEARCH` with the `BYRADIUS` argument" },
  },
  GEOSEARCH: {
    run: geosearch,
    arity: -7,
    flags: ["readonly"],
    keys: [{ at: 1, flags: ["RO", "access"] }],
    args: `key ${FROM} ${BY} ${ORDER} ${COUNT} ${WITH}`,
    since: "6.2.0",
    complexity: SEARCH_COMPLEXITY,
    summary: "Finds the places within a circle or a box.",
    history: [["7.0.0", "Added support for uppercase unit names."]],
  },
  GEOSEARCHSTORE: {
    run: geosearchstore,
    arity: -8,
    flags: ["write", "denyoom"],
    keys: [
      { at: 1, flags: ["OW", "update"] },
      { at: 2, flags: ["RO", "access"] },
    ],
    args: `destination source ${FROM} ${BY} ${ORDER} ${COUNT} [STOREDIST]`,
    since: "6.2.0",
    complexity: SEARCH_COMPLEXITY,
    summary: "Stores the places within a circle or a box.",
    history: [["7.0.0", "Added support for uppercase unit names."]],
  },
});

/** The scores of the places of the call at hand, since all are read before anything changes. */
const KEPT_SCORES = 1 << 13;
let scores = new Float64Array(256);

function geoadd(call: Call): void {
  const { argc } = call;
  let onlyNew = false;
  let onlyOld = false;
  let countsChanges = false;
  let first = 2;
  for (; first < argc; first++) {
    if (call.is(first, "nx")) onlyNew = true;
    else if (call.is(first, "xx")) onlyOld = true;
    else if (call.is(first, "ch")) countsChanges = true;
    else break;
  }
  const count = (argc - first) / 3;
  if (count === 0 || !Number.isInteger(count) || (onlyNew && onlyOld)) throw SYNTAX;
  readPlaces(call, first, count);
  addPlaces(call, first, count, onlyNew, onlyOld, countsChanges);
}

function readPlaces(call: Call, first: number, count: number): void {
  if (count > scores.length || (scores.length > KEPT_SCORES && count <= KEPT_SCORES)) {
    scores = new Float64Array(Math.max(count, KEPT_SCORES));
  }
  for (let i = 0; i < count; i++) {
    const { longitude, latitude } = parsePlace(call, first + 3 * i);
    scores[i] = geohash.encode(longitude, latitude);
  }
}

function addPlaces(
  call: Call,
  first: number,
  count: number,
  onlyNew: boolean,
  onlyOld: boolean,
  countsChanges: boolean,
): void {
  const { db, args, keyspace, reply } = call;
  const { bytes, view, start, size } = args;
  const keyHash = db.hash(args, 1);
  let e = db.writeTyped(args, 1, keyHash, Type.zset);
  const isNew = e === NIL;
  if (isNew && !onlyOld) e = zsetValue.create(db, args, 1, keyHash, "zadd");
  let added = 0;
  let changed = 0;
  for (let i = 0; i < count && e !== NIL; i++) {
    const index = first + 3 * i + 2;
    const old = zsetValue.score(e, bytes, view, start[index], size[index]);
    const isAbsent = Number.isNaN(old);
    if ((isAbsent ? onlyOld : onlyNew) || old === scores[i]) continue;
    if (!isNew && added + changed === 0) keyspace.changing(db, e, "zadd");
    zsetValue.putSought(e, bytes, view, start[index], size[index], scores[i]);
    if (isAbsent) added++;
    else changed++;
  }
  if (added + changed > 1) keyspace.dirty += added + changed - 1;
  if (call.feed.active && added + changed > 0) propagatePlaces(call, first, count);
  reply.integer(countsChanges ? added + changed : added);
}

/** Places are told as what they are: members with scores. */
function propagatePlaces(call: Call, first: number, count: number): void {
  const out = propagate.beginCommand(call, "zadd", first + 2 * count);
  propagate.writeArguments(call, out, 2, first);
  for (let i = 0; i < count; i++) {
    out.bulkInteger(scores[i]);
    propagate.writeArgument(call, out, first + 3 * i + 2);
  }
}

function geodist(call: Call): void {
  const { db, args, argc, reply } = call;
  const unit = argc === 5 ? parseUnit(call, 4) : 1;
  if (argc > 5) throw SYNTAX;
  const e = db.readTyped(args, 1, Type.zset);
  if (e === NIL || !findPlace(call, e, 2)) {
    reply.nil();
    return;
  }
  const { longitude, latitude } = geohash.place;
  if (!findPlace(call, e, 3)) {
    reply.nil();
    return;
  }
  const metres = distance(longitude, latitude, geohash.place.longitude, geohash.place.latitude);
  replyDistance(call, metres / unit);
}

/** Where the text of a geohash is spelled. */
const letters = new Uint8Array(geohash.TEXT_SIZE);

function geohashes(call: Call): void {
  const { reply } = call;
  const e = call.db.readTyped(call.args, 1, Type.zset);
  reply.array(call.argc - 2);
  for (let index = 2; index < call.argc; index++) {
    if (e === NIL || !findPlace(call, e, index)) {
      reply.nil();
      continue;
    }
    geohash.writeText(letters, geohash.place.longitude, geohash.place.latitude);
    reply.bulkBytes(letters);
  }
}

function geopos(call: Call): void {
  const e = call.db.readTyped(call.args, 1, Type.zset);
  call.reply.array(call.argc - 2);
  for (let index = 2; index < call.argc; index++) {
    if (e === NIL || !findPlace(call, e, index)) call.reply.nilArray();
    else replyPlace(call);
  }
}
