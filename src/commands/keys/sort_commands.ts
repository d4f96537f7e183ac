/** SORT and SORT_RO: the elements of a list, set or sorted set in another order, or by others. */

import { ensure, NIL } from "../../arena/arena.ts";
import type { Call } from "../../calls/call.ts";
import { type ArgumentWords, KeyFlag, type KeyRef, maskOf } from "../../calls/key_specs.ts";
import { group } from "../../calls/table.ts";
import { CommandError, SYNTAX, WRONG_TYPE } from "../../protocol/errors.ts";
import type { EntryRef } from "../../structures/entry.ts";
import * as entry from "../../structures/entry.ts";
import * as listLoad from "../../values/list_load.ts";
import * as listValue from "../../values/list_value.ts";
import * as setValue from "../../values/set_value.ts";
import { Type } from "../../values/types.ts";
import * as zsetValue from "../../values/zset_value.ts";
import { ByteList } from "./byte_list.ts";
import * as sorting from "./sort_order.ts";
import { ELEMENT, Pattern } from "./sort_pattern.ts";

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
  readOptions(call, true);
  sortKey(call);
}

function sortRo(call: Call): void {
  readOptions(call, false);
  sortKey(call);
}

/** What is asked for, of one command after the other. */
const options = {
  descending: false,
  alpha: false,
  offset: 0,
  /** Negative: all. */
  count: -1,
  by: null as Pattern | null,
  /** BY names nothing: elements stay in the order in which they are stored. */
  unsorted: false,
  gets: [] as Pattern[],
  /** The argument that is the destination; 0: none. */
  store: 0,
};

function readOptions(call: Call, mayStore: boolean): void {
  options.descending = false;
  options.alpha = false;
  options.offset = 0;
  options.count = -1;
  options.by = null;
  options.unsorted = false;
  if (options.gets.length > 0) options.gets = [];
  options.store = 0;
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
      i++;
      options.gets.push(call.is(i, "#") ? ELEMENT : new Pattern(call.bytesOf(i)));
      if (!mayReadAllKeys(call)) throw GET_DENIED;
    } else throw SYNTAX;
  }
}

/** Which keys patterns lead to only the elements tell. */
function mayReadAllKeys({ client, command, args }: Call): boolean {
  return client.user.mayDoAll || client.user.mayReadAllKeys(command, args);
}

/** The elements, their weights if these are texts, and what is to be stored. */
const elements = new ByteList();
const weights = new ByteList();
const stored = new ByteList();
/** The first place that is wanted of sorting.order, and the last, which may be before it. */
const wanted = { from: 0, to: -1 };

function sortKey(call: Call): void {
  wanted.from = 0;
  wanted.to = -1;
  elements.clear();
  const e = call.db.read(call.args, 1);
  if (e !== NIL) {
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
    choose(call, e, type);
  }
  finish(call);
}

/** Collects the elements, and puts them in order as far as they are wanted. */
function choose(call: Call, e: EntryRef, type: number): void {
  const { by, alpha, descending, unsorted, store } = options;
  const total = countOf(e, type);
  const from = Math.min(Math.max(options.offset, 0), total);
  const to = options.count < 0 ? total - 1 : Math.min(from + options.count, total) - 1;
  sorting.reserve(total);
  if (unsorted && type !== Type.set) {
    collect(e, type, from, to, descending, false);
    wanted.to = to - from;
    return;
  }
  collect(e, type, 0, total - 1, false, !unsorted && !alpha && by === null);
  wanted.from = from;
  wanted.to = to;
  if (unsorted) return;
  // Whatever is wanted, all elements must be such as can be sorted.
  if (!alpha) {
    if (by !== null) readNumbers(call, by);
    sorting.sortNumbers(elements, descending, to + 1);
    if (store !== 0 || options.gets.length > 0) {
      for (let place = from; place <= to; place++) sorting.spell(elements, sorting.order[place]);
    }
  } else if (by === null) {
    // Redis compares what it replies as C strings, and what it stores whole.
    sorting.sortTexts(elements, store === 0, descending, to + 1);
  } else {
    readWeights(call, by);
    // Not in Redis: who carries the command out again must store the same.
    const byElement = type === Type.set && store !== 0;
    sorting.sortByWeights(elements, weights, descending, store !== 0, byElement, from, to);
  }
}

function countOf(e: EntryRef, type: number): number {
  if (type === Type.list) return listValue.count(e);
  return type === Type.set ? setValue.count(e) : zsetValue.count(e);
}

const listCursor = new listValue.ListCursor();
const setCursor = new setValue.SetCursor();
const zsetCursor = new zsetValue.ZsetCursor();

/**
 * Copies the elements from one place to another, counted from the end if so wanted; and, also if so
 * wanted, the numbers that they are.
 */
function collect(
  e: EntryRef,
  type: number,
  from: number,
  to: number,
  backwards: boolean,
  withNumbers: boolean,
): void {
  if (type === Type.list) {
    collectList(e, from, to, backwards, withNumbers);
    return;
  }
  if (type === Type.set) {
    setCursor.start(e);
    while (setCursor.next()) {
      const { bytes, offset, size } = setCursor.member();
      elements.add(bytes, offset, size);
    }
  } else {
    zsetCursor.seek(e, backwards ? zsetValue.count(e) - 1 - from : from);
    for (let left = to - from + 1; left > 0; left--) {
      const { bytes, offset, size } = zsetCursor.member();
      elements.add(bytes, offset, size);
      if (backwards) zsetCursor.previous();
      else zsetCursor.next();
    }
  }
  if (!withNumbers) return;
  const { bytes, start, size, count } = elements;
  for (let i = 0; i < count; i++) sorting.numbers[i] = sorting.numberOf(bytes, start[i], size[i]);
}

/** As `collect`; what is stored as an integer is not spelled yet where numbers are wanted. */
function collectList(
  e: EntryRef,
  from: number,
  to: number,
  backwards: boolean,
  withNumbers: boolean,
): void {
  listCursor.seek(e, backwards ? listValue.count(e) - 1 - from : from);
  for (let i = 0; i <= to - from; i++) {
    let number = listCursor.integer();
    if (Number.isNaN(number)) {
      const { bytes, offset, size } = listCursor.element();
      elements.add(bytes, offset, size);
      if (withNumbers) number = sorting.numberOf(bytes, offset, size);
    } else if (withNumbers) {
      elements.addUnspelled();
    } else {
      elements.addInteger(number);
    }
    if (withNumbers) sorting.numbers[i] = number;
    if (backwards) listCursor.previous();
    else listCursor.next();
  }
}

/** The texts that BY names, where there are such. */
function readWeights(call: Call, by: Pattern): void {
  const { bytes, start, size, count } = elements;
  weights.clear();
  for (let i = 0; i < count; i++) {
    const found = by.find(call.db, bytes, start[i], size[i]);
    if (found === null) weights.addNone();
    else weights.add(found.bytes, found.offset, found.size);
  }
}

/** The numbers that BY names; 0 where it names none. */
function readNumbers(call: Call, by: Pattern): void {
  const { numbers } = sorting;
  const { bytes, start, size, count } = elements;
  for (let i = 0; i < count; i++) {
    numbers[i] = by.number(call.db, bytes, start[i], size[i]);
  }
}

/** Replies with the elements, or what GET names for each; or stores that as a list. */
function finish(call: Call): void {
  const { gets, store } = options;
  const { from, to } = wanted;
  if (store === 0) {
    call.reply.array((to - from + 1) * Math.max(gets.length, 1));
    replyAll(call);
  } else if (gets.length === 0) {
    storeList(call, store, elements, from, to);
  } else {
    noteAll(call);
    sorting.reserve(stored.count);
    storeList(call, store, stored, 0, stored.count - 1);
  }
}

/** Replies with each element that is wanted, or what each GET names for it. */
function replyAll(call: Call): void {
  const { reply, db } = call;
  const { gets } = options;
  const { bytes, start, size } = elements;
  for (let place = wanted.from; place <= wanted.to; place++) {
    const index = sorting.order[place];
    if (gets.length === 0) {
      if (elements.isSpelled(index)) reply.bulk(bytes, start[index], size[index]);
      else reply.bulkInteger(sorting.integerAt(index));
    }
    for (let i = 0; i < gets.length; i++) {
      const found = gets[i].find(db, bytes, start[index], size[index]);
      if (found === null) reply.nil();
      else reply.bulk(found.bytes, found.offset, found.size);
    }
  }
}

/** Notes what each GET names for each element that is wanted as to be stored. */
function noteAll({ db }: Call): void {
  const { gets } = options;
  const { bytes, start, size } = elements;
  stored.clear();
  for (let place = wanted.from; place <= wanted.to; place++) {
    const index = sorting.order[place];
    for (let i = 0; i < gets.length; i++) {
      const found = gets[i].find(db, bytes, start[index], size[index]);
      if (found === null) stored.add(bytes, 0, 0);
      else stored.add(found.bytes, found.offset, found.size);
    }
  }
}

/** What a list takes of memory for an element beside its bytes, at most. */
const ELEMENT_OVERHEAD = 32;

/**
 * Makes the key in an argument a list of texts, by sorting.order from place `from` to `to`; without
 * any, deletes it.
 */
function storeList(call: Call, index: number, texts: ByteList, from: number, to: number): void {
  const { db, keyspace, args } = call;
  const { order } = sorting;
  const { bytes, start, size } = texts;
  const count = to - from + 1;
  if (count === 0) {
    db.removeUnseen(args, index);
    call.reply.integer(0);
    return;
  }
  let total = 0;
  for (let place = from; place <= to; place++) total += size[order[place]] + ELEMENT_OVERHEAD;
  ensure(total);
  const keyHash = db.hash(args, index);
  const replaces = db.vacate(args, index, keyHash);
  const e = listValue.create(db, args, index, keyHash, "sortstore", 0, replaces);
  listLoad.begin(e);
  for (let place = from; place <= to; place++) {
    const text = order[place];
    listLoad.add(bytes, start[text], size[text]);
  }
  listLoad.finish();
  keyspace.dirty += count - 1;
  call.reply.integer(count);
}
