/**
 * HyperLogLog commands. A dense one is changed where it lies; a sparse one, of 3000 bytes at most,
 * in a buffer, and goes back when it has changed.
 */
import { NIL } from "../../arena/arena.ts";
import type { Range } from "../../base/range.ts";
import { cString } from "../../base/words.ts";
import type { Call } from "../../calls/call.ts";
import { group } from "../../calls/table.ts";
import { CommandError } from "../../protocol/errors.ts";
import type { EntryRef } from "../../structures/entry.ts";
import * as hyperloglog from "../../structures/hyperloglog.ts";
import type { KeyEvent } from "../../values/key_event.ts";
import * as rawString from "../../values/raw_string.ts";
import * as stringValue from "../../values/string_value.ts";
import { Type } from "../../values/types.ts";
import { selfTest } from "./hyperloglog_check.ts";

export const hyperloglogCommands = group("hyperloglog", {
  PFADD: {
    run: pfadd,
    arity: -2,
    flags: ["write", "denyoom", "fast"],
    keys: [{ at: 1, flags: ["RW", "insert"] }],
    args: "key [element]...",
    since: "2.8.9",
    complexity: "O(1) to add every element.",
    summary: "Adds elements to a HyperLogLog.",
  },
  PFCOUNT: {
    run: pfcount,
    arity: -2,
    flags: ["readonly", "may_replicate"],
    keys: [
      {
        at: 1,
        last: -1,
        flags: ["RW", "access"],
        notes:
          "RW because it may change the internal representation of the key, and propagate to " +
          "replicas",
      },
    ],
    args: "key ...",
    since: "2.8.9",
    complexity:
      "O(1) with a very small average constant time when called with a single key. O(N) with N " +
      "being the number of keys, and much bigger constant times, when called with multiple keys.",
    summary: "Estimates how many elements HyperLogLogs have seen together.",
  },
  PFDEBUG: {
    run: pfdebug,
    arity: 3,
    flags: ["write", "denyoom", "admin"],
    keys: [{ at: 2, flags: ["RW", "access"] }],
    args: "subcommand key",
    since: "2.8.9",
    complexity: "N/A",
    summary: "Shows how a HyperLogLog is kept, for tests.",
    syscmd: true,
  },
  PFMERGE: {
    run: pfmerge,
    arity: -2,
    flags: ["write", "denyoom"],
    keys: [
      { at: 1, flags: ["RW", "access", "insert"] },
      { at: 2, last: -1, flags: ["RO", "access"] },
    ],
    args: "destkey:key sourcekey:key ...",
    since: "2.8.9",
    complexity: "O(N) to merge N HyperLogLogs, but with high constant times.",
    summary: "Adds to a HyperLogLog all that others have seen.",
  },
  PFSELFTEST: {
    run: pfselftest,
    arity: 1,
    flags: ["admin"],
    since: "2.8.9",
    complexity: "N/A",
    summary: "Checks the registers and estimates of HyperLogLogs.",
    syscmd: true,
  },
});

const { DENSE, DENSE_SIZE, EMPTY, REGISTER_COUNT, SPARSE, target } = hyperloglog;

/** The argument that is the first element of PFADD. */
const FIRST = 2;

/** The buffer begins with this room, enough for a dense one, and is not kept when it was larger. */
const WORK_SIZE = 16 << 10;

const NO_HYPERLOGLOG = new CommandError("WRONGTYPE Key is not a valid HyperLogLog string value.");
const CORRUPT = new CommandError("INVALIDOBJ Corrupted HLL object detected");
const NO_KEY = new CommandError("ERR The specified key does not exist");
const NOT_SPARSE = new CommandError("ERR HLL encoding is not sparse");

/** The one that is being changed; `size` bytes of it count. */
const work = workOf(WORK_SIZE);

/** Registers of several together, a byte each. */
const registers = new Uint8Array(REGISTER_COUNT);

function workOf(room: number) {
  const bytes = new Uint8Array(room);
  return { bytes, view: new DataView(bytes.buffer), size: 0, isCorrupt: false };
}

/** The bytes of a key's entry; throws when they are no HyperLogLog. */
function bytesOf(e: EntryRef): Range {
  const range = stringValue.rangeOf(e);
  if (!hyperloglog.isValid(range.bytes, range.offset, range.size)) throw NO_HYPERLOGLOG;
  return range;
}

const isDense = ({ bytes, offset }: Range) => hyperloglog.encodingOf(bytes, offset) === DENSE;

/** Makes sure that the buffer has so much room; its bytes stay. */
function reserve(room: number): void {
  if (room <= work.bytes.length) return;
  const { bytes, size } = work;
  Object.assign(work, workOf(room * 2));
  work.bytes.set(bytes.subarray(0, size));
  work.size = size;
}

/** Puts a HyperLogLog into the buffer. */
function load({ bytes, offset, size }: Range): void {
  if (work.bytes.length > WORK_SIZE) Object.assign(work, workOf(WORK_SIZE));
  work.size = 0;
  work.isCorrupt = false;
  reserve(size);
  work.bytes.set(bytes.subarray(offset, offset + size));
  work.size = size;
}

const empty: Range = { bytes: EMPTY, offset: 0, size: EMPTY.length };

/** Makes the one in the buffer the value of the key in argument 1, of entry `found` or NIL. */
function store(call: Call, keyHash: number, found: EntryRef, event: KeyEvent | null): void {
  const { db, args } = call;
  hyperloglog.forgetEstimate(work.bytes, 0);
  let e = found;
  if (e === NIL) e = db.add(args, 1, keyHash, stringValue.areaFor(work.size), false, event);
  else call.keyspace.changing(db, e, event);
  rawString.place(db, e, work.bytes, work.view, work.size);
}

function pfadd(call: Call): void {
  const { db, args, keyspace, reply } = call;
  const keyHash = db.hash(args, 1);
  const found = db.writeTyped(args, 1, keyHash, Type.string);
  const current = found === NIL ? empty : bytesOf(found);
  const changes = isDense(current)
    ? addInPlace(call, found, current)
    : addToSparse(call, keyHash, found, current);
  if (changes > 0) keyspace.dirty += changes - 1;
  reply.truth(changes > 0);
}

/** Adds all elements to a sparse one, the value of entry `found` or NIL; returns the changes. */
function addToSparse(call: Call, keyHash: number, found: EntryRef, sparse: Range): number {
  const first = found === NIL ? FIRST : firstNews(call, sparse);
  if (found !== NIL && first === call.argc) return 0;
  load(sparse);
  const changes = (found === NIL ? 1 : 0) + addToWork(call, first);
  if (changes > 0) store(call, keyHash, found, work.isCorrupt ? null : "pfadd");
  if (work.isCorrupt) {
    // What was added before that showed has been added, and is no change, as in Redis.
    if (changes > 0) call.keyspace.dirty--;
    throw CORRUPT;
  }
  return changes;
}

/** The first element that a sparse one must change for, if it is not corrupt; argc for none. */
function firstNews({ args, argc }: Call, { bytes, offset, size }: Range): number {
  hyperloglog.startRaising();
  for (let index = FIRST; index < argc; index++) {
    hyperloglog.locate(args.bytes, args.view, args.start[index], args.size[index]);
    const { index: register, value } = target;
    if (!hyperloglog.sparseHolds(bytes, offset, size, register, value)) return index;
  }
  return argc;
}

/** Adds all elements to a dense one; returns how many changed it. */
function addInPlace(call: Call, e: EntryRef, dense: Range): number {
  const { args } = call;
  let { bytes, offset } = dense;
  let changes = 0;
  for (let index = FIRST; index < call.argc; index++) {
    hyperloglog.locate(args.bytes, args.view, args.start[index], args.size[index]);
    if (hyperloglog.denseValue(bytes, offset, target.index) >= target.value) continue;
    if (changes++ === 0) ({ bytes, offset } = beginChange(call, e));
    hyperloglog.setDenseValue(bytes, offset, target.index, target.value);
  }
  return changes;
}

/** Announces that a dense one changes; its bytes, which may be written from here on. */
function beginChange(call: Call, e: EntryRef): Range {
  call.keyspace.changing(call.db, e, "pfadd");
  rawString.open(call.db, e);
  const dense = stringValue.rangeOf(e);
  hyperloglog.forgetEstimate(dense.bytes, dense.offset);
  return dense;
}

/**
 * Adds the elements from `first` on to the sparse one in the buffer, or those before it turns out
 * to be corrupt; returns how many changed it.
 */
function addToWork(call: Call, first: number): number {
  const { args, argc } = call;
  const sizeMax = call.server.config.number("hll-sparse-max-bytes");
  let changes = 0;
  hyperloglog.startRaising();
  for (let index = first; index < argc; index++) {
    hyperloglog.locate(args.bytes, args.view, args.start[index], args.size[index]);
    if (raise(target.index, target.value, sizeMax)) changes++;
    if (work.isCorrupt) break;
  }
  return changes;
}

/** Raises a register of the one in the buffer, which may become dense; whether it has changed. */
function raise(index: number, value: number, sizeMax: number): boolean {
  if (hyperloglog.encodingOf(work.bytes, 0) === DENSE) {
    if (hyperloglog.denseValue(work.bytes, 0, index) >= value) return false;
    hyperloglog.setDenseValue(work.bytes, 0, index, value);
    return true;
  }
  reserve(work.size + hyperloglog.SPARSE_GROWTH_MAX);
  const newSize = hyperloglog.sparseRaise(work.bytes, 0, work.size, sizeMax, index, value);
  if (newSize > 0) {
    work.size = newSize;
    return true;
  }
  if (newSize === hyperloglog.UNCHANGED) return false;
  work.isCorrupt = newSize === hyperloglog.CORRUPT || !makeWorkDense();
  if (work.isCorrupt) return false;
  hyperloglog.setDenseValue(work.bytes, 0, index, value);
  return true;
}

/** Makes the sparse one in the buffer dense; false when it is corrupt, and stays as it is. */
function makeWorkDense(): boolean {
  const dense = workOf(WORK_SIZE);
  if (!hyperloglog.makeDense(work.bytes, 0, work.size, dense.bytes)) return false;
  dense.size = DENSE_SIZE;
  Object.assign(work, dense);
  return true;
}

function pfcount(call: Call): void {
  const { db, args, argc, reply } = call;
  if (argc === 2) {
    countOne(call);
    return;
  }
  registers.fill(0);
  for (let index = 1; index < argc; index++) mergeKey(db.readTyped(args, index, Type.string));
  reply.integer(hyperloglog.estimateOf(registers));
}

/** Raises the registers to those of a key's entry, or NIL; whether it is a dense one. */
function mergeKey(e: EntryRef): boolean {
  if (e === NIL) return false;
  const range = bytesOf(e);
  const { bytes, offset, size } = range;
  if (!hyperloglog.mergeInto(registers, bytes, offset, size)) throw CORRUPT;
  return isDense(range);
}

function countOne(call: Call): void {
  const { db, args, reply } = call;
  const found = db.readTyped(args, 1, Type.string);
  if (found === NIL) {
    reply.integer(0);
    return;
  }
  let { bytes, offset } = bytesOf(found);
  if (!rawString.isRaw(found) || !hyperloglog.knowsEstimate(bytes, offset)) {
    ({ bytes, offset } = bytesOf(withEstimate(call, found)));
  }
  const count = hyperloglog.cachedEstimate(bytes, offset);
  if (Number.isSafeInteger(count)) reply.integer(count);
  else reply.bigint(hyperloglog.exactCachedEstimate(bytes, offset));
}

/** Makes a HyperLogLog raw, and one that knows its estimate; returns the entry, which may move. */
function withEstimate({ db, keyspace }: Call, found: EntryRef): EntryRef {
  const e = rawString.extend(db, found, 0);
  const { bytes, offset, size } = stringValue.rangeOf(e);
  if (hyperloglog.knowsEstimate(bytes, offset)) return e;
  const count = hyperloglog.estimate(bytes, offset, size);
  if (count === hyperloglog.CORRUPT) throw CORRUPT;
  // Not an event, though the bytes change: the estimate is kept in them.
  keyspace.changing(db, e, null);
  hyperloglog.cacheEstimate(bytes, offset, count);
  return e;
}

function pfmerge(call: Call): void {
  const { db, args, argc, reply } = call;
  let dense = false;
  registers.fill(0);
  for (let index = 1; index < argc; index++) {
    if (mergeKey(db.readTyped(args, index, Type.string))) dense = true;
  }
  const keyHash = db.hash(args, 1);
  const found = db.write(args, 1, keyHash);
  const current = found === NIL ? empty : bytesOf(found);
  if (isDense(current)) {
    const { bytes, offset } = beginChange(call, found);
    hyperloglog.setDenseValues(bytes, offset, registers);
  } else {
    load(current);
    if (!dense) dense = !raiseAll(call);
    if (dense) {
      if (hyperloglog.encodingOf(work.bytes, 0) === SPARSE && !makeWorkDense()) throw CORRUPT;
      hyperloglog.setDenseValues(work.bytes, 0, registers);
    }
    store(call, keyHash, found, "pfadd");
  }
  reply.ok();
}

/** Raises the sparse one in the buffer to the registers, one by one; false when it is dense now. */
function raiseAll(call: Call): boolean {
  const sizeMax = call.server.config.number("hll-sparse-max-bytes");
  hyperloglog.startRaising();
  for (let index = 0; index < REGISTER_COUNT; index++) {
    if (registers[index] === 0) continue;
    raise(index, registers[index], sizeMax);
    if (hyperloglog.encodingOf(work.bytes, 0) === DENSE) return false;
  }
  return true;
}

function pfdebug(call: Call): void {
  const { db, args, reply } = call;
  const found = db.writeTyped(args, 2, db.hash(args, 2), Type.string);
  if (found === NIL) throw NO_KEY;
  bytesOf(found);
  const e = rawString.extend(db, found, 0);
  const range = bytesOf(e);
  if (call.is(1, "getreg")) {
    const { bytes, offset } = isDense(range) ? range : convert(call, e, range);
    reply.array(REGISTER_COUNT);
    for (let index = 0; index < REGISTER_COUNT; index++) {
      reply.integer(hyperloglog.denseValue(bytes, offset, index));
    }
  } else if (call.is(1, "decode")) {
    if (isDense(range)) throw NOT_SPARSE;
    reply.bulkText(hyperloglog.describeRuns(range.bytes, range.offset, range.size));
  } else if (call.is(1, "encoding")) {
    reply.simple(isDense(range) ? "dense" : "sparse");
  } else if (call.is(1, "todense")) {
    const wasSparse = !isDense(range);
    if (wasSparse) convert(call, e, range);
    reply.truth(wasSparse);
  } else {
    throw new CommandError(`ERR Unknown PFDEBUG subcommand '${cString(call.text(1))}'`);
  }
}

/** Makes the sparse one of an entry dense; its bytes then. */
function convert(call: Call, e: EntryRef, range: Range): Range {
  load(range);
  if (!makeWorkDense()) throw CORRUPT;
  call.keyspace.changing(call.db, e, null);
  return bytesOf(rawString.place(call.db, e, work.bytes, work.view, work.size));
}

function pfselftest(call: Call): void {
  const failure = selfTest();
  if (failure !== null) throw new CommandError(`ERR TESTFAILED ${failure}`);
  call.reply.ok();
}
