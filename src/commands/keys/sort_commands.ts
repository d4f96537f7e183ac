/** SORT and SORT_RO: the elements of a list, set or sorted set in another order, or by others. */

import { ensure, NIL } from "../../arena/arena.ts";
import { latin1 } from "../../base/bytes.ts";
import { parseDouble } from "../../base/doubles.ts";
import { type Compare, sortPart } from "../../base/partial_sort.ts";
import type { Call } from "../../calls/call.ts";
import { type ArgumentWords, KeyFlag, type KeyRef, maskOf } from "../../calls/key_specs.ts";
import { group } from "../../calls/table.ts";
import { CommandError, SYNTAX, WRONG_TYPE } from "../../protocol/errors.ts";
import type { EntryRef } from "../../structures/entry.ts";
import * as entry from "../../structures/entry.ts";
import { compareBytes } from "../../structures/score_tree.ts";
import * as listValue from "../../values/list_value.ts";
import * as setValue from "../../values/set_value.ts";
import { Type } from "../../values/types.ts";
import * as zsetValue from "../../values/zset_value.ts";
import { ByteList } from "./byte_list.ts";
import { Pattern } from "./sort_pattern.ts";

const NO_NUMBER = new CommandError("ERR One or more scores can't be converted into double");
const PATTERN_NOTES =
  "For the optional BY/GET keyword. It is marked 'unknown' because the key names derive from " +
  "the content of the key we sort";
const STORE_NOTES =
  "For the optional STORE keyword. It is marked 'unknown' because the keyword can appear " +
  "anywhere in the argument array";
const COMPLEXITY =
  "O(N+M*log(M)) where N is the number of elements in the list or set to sort, and M the number " +
  "of returned elements. When the elements are not sorted, complexity is O(N).";
const CLAUSES =
  "[BY pattern#1] [LIMIT {offset count}] [GET pattern#1]... " +
  "order:[ASC | DESC] [sorting:ALPHA]";

/** The smallest double of full precision: below it, C reports that a text is out of range. */
const NORMAL_MIN = 2 ** -1022;
const DECIMAL = /^\s*[+-]?[\d.]/;
const HEXADECIMAL = /0x/i;

export const sortCommands = group("generic", {
  SORT: {
    run: sort,
    arity: -2,
    flags: ["write", "denyoom"],
    acl: ["set", "sortedset", "list", "dangerous"],
    keys: [
      { at: 1, flags: ["RO", "access"] },
      { at: "unknown", flags: ["RO", "access"], notes: PATTERN_NOTES },
      { at: "unknown", flags: ["OW", "update"], notes: STORE_NOTES },
    ],
    findKeys: findSortKeys,
    args: `key ${CLAUSES} [STORE destination#2]`,
    since: "1.0.0",
    complexity: COMPLEXITY,
    summary: "Sorts the elements of a list, set or sorted set.",
  },
  SORT_RO: {
    run: sortRo,
    arity: -2,
    flags: ["readonly"],
    acl: ["set", "sortedset", "list", "dangerous"],
    keys: [
      { at: 1, flags: ["RO", "access"] },
      { at: "unknown", flags: ["RO", "access"], notes: PATTERN_NOTES },
    ],
    findKeys: () => [SOURCE],
    args: `key ${CLAUSES}`,
    since: "7.0.0",
    complexity: COMPLEXITY,
    summary: "As SORT, without STORE: it only reads.",
  },
});

const BY_DENIED = new CommandError(
  "ERR BY option of SORT denied due to insufficient ACL permissions.",
);
const GET_DENIED = new CommandError(
  "ERR GET option of SORT denied due to insufficient ACL permissions.",
);
const SOURCE: KeyRef = { index: 1, flags: maskOf(KeyFlag, ["RO", "access"]) };
/** Clauses whose words are no clauses themselves, with how many there are. */
const CLAUSES_WITH_WORDS = [
  { word: "limit", size: 2 },
  { word: "get", size: 1 },
  { word: "by", size: 1 },
];

/** The key to sort, and that of the last STORE. */
function findSortKeys(argumentCount: number, words: ArgumentWords): KeyRef[] {
  let destination = 0;
  for (let i = 2; i < argumentCount; i++) {
    const clause = CLAUSES_WITH_WORDS.find(({ word }) => words.is(i, word));
    if (clause !== undefined) i += clause.size;
    else if (words.is(i, "store") && i + 1 < argumentCount) destination = i + 1;
  }
  if (destination === 0) return [SOURCE];
  return [SOURCE, { index: destination, flags: maskOf(KeyFlag, ["OW", "update"]) }];
}

function sort(call: Call): void {
  sortKey(call, optionsOf(call, true));
}

function sortRo(call: Call): void {
  sortKey(call, optionsOf(call, false));
}

interface Options {
  descending: boolean;
  alpha: boolean;
  offset: number;
  /** Negative: all. */
  count: number;
  by: Pattern | null;
  /** BY names nothing: elements stay in the order in which they are stored. */
  unsorted: boolean;
  gets: Pattern[];
  /** The argument that is the destination; 0: none. */
  store: number;
}

function optionsOf(call: Call, mayStore: boolean): Options {
  const options: Options = {
    descending: false,
    alpha: false,
    offset: 0,
    count: -1,
    by: null,
    unsorted: false,
    gets: [],
    store: 0,
  };
  for (let i = 2; i < call.argc; i++) {
    const left = call.argc - i - 1;
    if (call.is(i, "asc")) options.descending = false;
    else if (call.is(i, "desc")) options.descending = true;
    else if (call.is(i, "alpha")) options.alpha = true;
    else if (call.is(i, "limit") && left >= 2) {
      options.offset = call.integer(++i);
      options.count = call.integer(++i);
    } else if (mayStore && call.is(i, "store") && left >= 1) options.store = ++i;
    else if (call.is(i, "by") && left >= 1) {
      options.by = new Pattern(call.bytesOf(++i));
      if (options.by.isFixed) options.unsorted = true;
      else if (!mayReadAllKeys(call)) throw BY_DENIED;
    } else if (call.is(i, "get") && left >= 1) {
      options.gets.push(new Pattern(call.bytesOf(++i)));
      if (!mayReadAllKeys(call)) throw GET_DENIED;
    } else throw SYNTAX;
  }
  return options;
}

/** Which keys patterns lead to only the elements tell. */
function mayReadAllKeys({ client, command, args }: Call): boolean {
  return client.user.mayDoAll || client.user.mayReadAllKeys(command, args);
}

function sortKey(call: Call, options: Options): void {
  const e = call.db.read(call.args, 1);
  if (e === NIL) {
    finish(call, options, NOTHING);
    return;
  }
  const type = entry.type(e);
  if (type !== Type.list && type !== Type.set && type !== Type.zset) throw WRONG_TYPE;
  // Redis sorts a sorted set in its large encoding only, and leaves it so.
  if (type === Type.zset) zsetValue.toTree(e);
  // What is stored, or given to a script, must not depend on a hash table's order.
  const isTold = options.store !== 0 || call.client.isScript;
  if (options.unsorted && type === Type.set && isTold) {
    options.unsorted = false;
    options.alpha = true;
    options.by = null;
  }
  finish(call, options, chosen(call, e, type, options));
}

/** Elements, the order of some, and which of the places in it are wanted. */
interface Chosen {
  elements: ByteList;
  order: Int32Array;
  /** The first place and the last; none if the last is before the first. */
  from: number;
  to: number;
}

const NOTHING: Chosen = { elements: new ByteList(), order: new Int32Array(0), from: 0, to: -1 };

function chosen(call: Call, e: EntryRef, type: number, options: Options): Chosen {
  const total = countOf(e, type);
  const from = Math.min(Math.max(options.offset, 0), total);
  const to = options.count < 0 ? total - 1 : Math.min(from + options.count, total) - 1;
  if (options.unsorted && type !== Type.set) {
    const elements = part(e, type, from, to, options.descending);
    return { elements, order: identity(elements.count), from: 0, to: to - from };
  }
  const elements = part(e, type, 0, total - 1, false);
  const order = identity(total);
  if (options.unsorted) return { elements, order, from, to };
  // Whatever is wanted, all elements must be such as can be sorted.
  const compare = comparison(call, elements, options, type === Type.set);
  const isPart = options.by !== null && (from !== 0 || to !== total - 1);
  if (isPart) sortPart(order, total, compare, from, to);
  else order.sort(compare);
  return { elements, order, from, to };
}

function countOf(e: EntryRef, type: number): number {
  if (type === Type.list) return listValue.count(e);
  return type === Type.set ? setValue.count(e) : zsetValue.count(e);
}

function identity(count: number): Int32Array {
  const order = new Int32Array(count);
  for (let i = 0; i < count; i++) order[i] = i;
  return order;
}

const listCursor = new listValue.ListCursor();
const setCursor = new setValue.SetCursor();
const zsetCursor = new zsetValue.ZsetCursor();

/** Copies of the elements from one place to another, counted from the end if so wanted. */
function part(e: EntryRef, type: number, from: number, to: number, backwards: boolean): ByteList {
  const elements = new ByteList();
  if (type === Type.set) {
    setCursor.start(e);
    while (setCursor.next()) {
      const { bytes, offset, size } = setCursor.member();
      elements.add(bytes, offset, size);
    }
    return elements;
  }
  const isList = type === Type.list;
  const first = backwards ? countOf(e, type) - 1 - from : from;
  const cursor = isList ? listCursor : zsetCursor;
  cursor.seek(e, first);
  for (let left = to - from + 1; left > 0; left--) {
    const { bytes, offset, size } = isList ? listCursor.element() : zsetCursor.member();
    elements.add(bytes, offset, size);
    if (backwards) cursor.previous();
    else cursor.next();
  }
  return elements;
}

/**
 * How two elements, by their index, compare; `ofSet`: they come in no order of their own. Throws
 * when one has no number to sort by.
 */
function comparison(call: Call, elements: ByteList, options: Options, ofSet: boolean): Compare {
  const sign = options.descending ? -1 : 1;
  if (!options.alpha) {
    const scores = scoresOf(call, elements, options.by);
    // Elements of the same score have the order of their bytes.
    return (a, b) => {
      if (scores[a] > scores[b]) return sign;
      if (scores[a] < scores[b]) return -sign;
      return sign * compareTexts(elements, elements.size, a, b);
    };
  }
  const texts = options.by === null ? elements : weightsOf(call, elements, options.by);
  // Redis compares what it replies as C strings, and what it stores whole.
  const sizes = options.store === 0 ? sizesInC(texts) : texts.size;
  const compare: Compare = (a, b) => {
    const hasA = texts.has(a);
    const hasB = texts.has(b);
    if (hasA && hasB) return sign * compareTexts(texts, sizes, a, b);
    if (hasA === hasB) return 0;
    return hasA ? sign : -sign;
  };
  if (!ofSet || options.store === 0) return compare;
  // Not in Redis: who carries the command out again must store the same.
  return (a, b) => compare(a, b) || sign * compareTexts(elements, elements.size, a, b);
}

function compareTexts(texts: ByteList, sizes: Int32Array, a: number, b: number): number {
  const { bytes, start } = texts;
  return compareBytes(bytes, start[a], sizes[a], bytes, start[b], sizes[b]);
}

function sizesInC(texts: ByteList): Int32Array {
  const sizes = texts.size.slice(0, texts.count);
  for (let i = 0; i < texts.count; i++) {
    for (let at = 0; at < sizes[i]; at++) {
      if (texts.bytes[texts.start[i] + at] === 0) sizes[i] = at;
    }
  }
  return sizes;
}

/** The texts that BY names, where there are such. */
function weightsOf(call: Call, elements: ByteList, by: Pattern): ByteList {
  const weights = new ByteList();
  for (let i = 0; i < elements.count; i++) {
    const found = by.find(call.db, elements.bytes, elements.start[i], elements.size[i]);
    if (found === null) weights.addNone();
    else weights.add(found.bytes, found.offset, found.size);
  }
  return weights;
}

/** The numbers that the elements are, or that BY names; 0 where it names none. */
function scoresOf(call: Call, elements: ByteList, by: Pattern | null): Float64Array {
  const scores = new Float64Array(elements.count);
  let isBad = false;
  for (let i = 0; i < elements.count; i++) {
    const start = elements.start[i];
    const size = elements.size[i];
    if (by === null) {
      scores[i] = scoreOf(elements.bytes, start, size);
    } else {
      const found = by.find(call.db, elements.bytes, start, size);
      if (found !== null) scores[i] = scoreOf(found.bytes, found.offset, found.size);
    }
    if (Number.isNaN(scores[i])) isBad = true;
  }
  if (isBad) throw NO_NUMBER;
  return scores;
}

/**
 * The number that C's strtod reads, if that is all there is up to a zero byte: blanks may come
 * first, and nothing at all is 0. NaN for all else, and for what is out of a double's range.
 */
function scoreOf(bytes: Uint8Array, offset: number, size: number): number {
  let end = offset;
  while (end < offset + size && bytes[end] !== 0) end++;
  if (end === offset) return 0;
  let from = offset;
  while (from < end && (bytes[from] === 32 || (bytes[from] >= 9 && bytes[from] <= 13))) from++;
  const value = parseDouble(bytes, from, end - from);
  if (value === 0 || Math.abs(value) >= NORMAL_MIN) return value;
  const text = latin1(bytes, from, end - from);
  return DECIMAL.test(text) && !HEXADECIMAL.test(text) ? Number.NaN : value;
}

/** Replies with the elements, or what GET names for each; or stores that as a list. */
function finish(call: Call, options: Options, { elements, order, from, to }: Chosen): void {
  const { reply, db } = call;
  const { gets, store } = options;
  const columns = Math.max(gets.length, 1);
  const stored = store === 0 ? null : new ByteList();
  if (stored === null) reply.array((to - from + 1) * columns);
  for (let place = from; place <= to; place++) {
    const index = order[place];
    const start = elements.start[index];
    const size = elements.size[index];
    if (gets.length === 0) {
      if (stored === null) reply.bulk(elements.bytes, start, size);
      else stored.add(elements.bytes, start, size);
    }
    for (const pattern of gets) {
      const found = pattern.find(db, elements.bytes, start, size);
      if (stored !== null) {
        if (found === null) stored.add(elements.bytes, start, 0);
        else stored.add(found.bytes, found.offset, found.size);
      } else if (found === null) reply.nil();
      else reply.bulk(found.bytes, found.offset, found.size);
    }
  }
  if (stored !== null) storeList(call, store, stored);
}

/** What a list takes of memory for an element beside its bytes, at most. */
const ELEMENT_OVERHEAD = 32;

/** Makes the key in an argument a list of the elements; without any, deletes it. */
function storeList(call: Call, index: number, elements: ByteList): void {
  const { db, keyspace, args } = call;
  const { count, bytes, start, size } = elements;
  if (count === 0) {
    db.removeUnseen(args, index);
    call.reply.integer(0);
    return;
  }
  let total = 0;
  for (let i = 0; i < count; i++) total += size[i] + ELEMENT_OVERHEAD;
  ensure(total);
  const keyHash = db.hash(args, index);
  const replaces = db.vacate(args, index, keyHash, false);
  const e = listValue.create(db, args, index, keyHash, "sortstore", size[0], replaces);
  for (let i = 0; i < count; i++) listValue.push(e, false, bytes, start[i], size[i]);
  keyspace.dirty += count - 1;
  call.reply.integer(count);
}
