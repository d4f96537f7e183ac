/**
 * BITOP. The result is made piece by piece in a buffer that stays in the processor's cache: all
 * sources are combined for one piece before the next. So the result may take the place of one of
 * its sources, piece by piece.
 */
import { byteOffset, ensure, NIL, SEGMENT_BITS, u8 } from "../../arena/arena.ts";
import type { Call } from "../../calls/call.ts";
import { CommandError, SYNTAX, WRONG_TYPE } from "../../protocol/errors.ts";
import type { EntryRef } from "../../structures/entry.ts";
import * as entry from "../../structures/entry.ts";
import * as rawString from "../../values/raw_string.ts";
import * as stringValue from "../../values/string_value.ts";
import { Type } from "../../values/types.ts";

/** 8 KiB: large enough for any string that is kept in its entry. */
const PIECE_WORDS = 2048;
const PIECE_SIZE = PIECE_WORDS * 4;

const Op = { and: 0, or: 1, xor: 2, not: 3, diff: 4, diff1: 5, andor: 6, one: 7 } as const;
const NAMES = ["and", "or", "xor", "not", "diff", "diff1", "andor", "one"] as const;

/** How a source changes the piece that the others have made. */
const Step = { take: 0, and: 1, or: 2, xor: 3, without: 4, from: 5, once: 6 } as const;

const ONE_SOURCE = new CommandError("ERR BITOP NOT must be called with a single source key.");
const TWO_SOURCES: Readonly<Record<number, CommandError>> = {
  [Op.diff]: needsTwo("DIFF"),
  [Op.diff1]: needsTwo("DIFF1"),
  [Op.andor]: needsTwo("ANDOR"),
};

const piece = new Int32Array(PIECE_WORDS);
const pieceBytes = new Uint8Array(piece.buffer);
const pieceView = new DataView(piece.buffer);
/** A source's piece, where the source ends within it: zeros follow. */
const padded = new Int32Array(PIECE_WORDS);
/** Bits that more than one source has, for ONE. */
const repeated = new Int32Array(PIECE_WORDS);

/** The entries of the sources; NIL where there is no key. */
let sources = new Int32Array(16);

function needsTwo(name: string): CommandError {
  return new CommandError(`ERR BITOP ${name} must be called with at least two source keys.`);
}

export function bitop(call: Call): void {
  const { db, args, reply, argc } = call;
  const op = operation(call);
  const count = argc - 3;
  if (op === Op.not && count !== 1) throw ONE_SOURCE;
  if (count === 1 && TWO_SOURCES[op] !== undefined) throw TWO_SOURCES[op];
  const size = findSources(call, count);

  if (size > 0) {
    const keyHash = db.hash(args, 2);
    store(call, keyHash, db.write(args, 2, keyHash), size, op, count);
  } else {
    db.removeUnseen(args, 2);
  }
  reply.integer(size);
}

function operation(call: Call): number {
  for (let op = 0; op < NAMES.length; op++) if (call.is(1, NAMES[op])) return op;
  throw SYNTAX;
}

/** Looks the sources up; returns the size of the largest. */
function findSources(call: Call, count: number): number {
  if (count > sources.length) sources = new Int32Array(count * 2);
  let sizeMax = 0;
  for (let i = 0; i < count; i++) {
    const e = call.db.read(call.args, i + 3);
    sources[i] = e;
    if (e === NIL) continue;
    if (entry.type(e) !== Type.string) throw WRONG_TYPE;
    sizeMax = Math.max(sizeMax, stringValue.size(e));
  }
  return sizeMax;
}

/** Makes the key of argument 2, whose entry (or NIL) is `found`, the result. */
function store(
  call: Call,
  keyHash: number,
  found: EntryRef,
  size: number,
  op: number,
  count: number,
): void {
  const { db, args } = call;
  const isLarge = size >= entry.OUTSIDE_SIZE;
  ensure(size);
  let e = found;
  if (e === NIL) {
    e = db.add(args, 2, keyHash, stringValue.areaFor(size), false, "set");
  } else {
    call.keyspace.changing(db, e, "set");
    db.clearExpiry(e);
  }
  if (!isLarge) {
    makePiece(op, count, 0, (size + 3) >>> 2);
    rawString.place(db, e, pieceBytes, pieceView, size);
    return;
  }
  const block = rawString.blockFor(found, size);
  const to = u8[block >>> SEGMENT_BITS];
  const start = byteOffset(block);
  for (let at = 0; at < size; at += PIECE_SIZE) {
    const pieceSize = Math.min(PIECE_SIZE, size - at);
    makePiece(op, count, at >>> 2, (pieceSize + 3) >>> 2);
    to.set(pieceSize === PIECE_SIZE ? pieceBytes : pieceBytes.subarray(0, pieceSize), start + at);
  }
  rawString.placeBlock(db, e, block, size);
}

/** Fills the piece with words [from, from + n) of the result. */
function makePiece(op: number, count: number, from: number, n: number): void {
  switch (op) {
    case Op.not:
      combine(Step.take, 0, 1, from, n);
      for (let i = 0; i < n; i++) piece[i] = ~piece[i];
      break;
    case Op.one:
      combine(Step.take, 0, 1, from, n);
      repeated.fill(0);
      combine(Step.once, 1, count, from, n);
      for (let i = 0; i < n; i++) piece[i] &= ~repeated[i];
      break;
    case Op.diff:
    case Op.diff1:
    case Op.andor:
      combine(Step.take, 1, 2, from, n);
      combine(Step.or, 2, count, from, n);
      combine(
        op === Op.diff ? Step.from : op === Op.diff1 ? Step.without : Step.and,
        0,
        1,
        from,
        n,
      );
      break;
    default:
      combine(Step.take, 0, 1, from, n);
      combine(op === Op.and ? Step.and : op === Op.or ? Step.or : Step.xor, 1, count, from, n);
  }
}

/** Lets the sources [first, end) change the piece. */
function combine(step: number, first: number, end: number, from: number, n: number): void {
  for (let i = first; i < end; i++) {
    const { words, at, size } = rawString.wordsOf(sources[i] as EntryRef);
    const left = size - from * 4;
    if (left >= n * 4) {
      apply(step, words, at + from, n);
      continue;
    }
    const whole = left > 0 ? left >>> 2 : 0;
    for (let w = 0; w < whole; w++) padded[w] = words[at + from + w];
    padded.fill(0, whole, n);
    if (left > 0 && (left & 3) !== 0) {
      padded[whole] = words[at + from + whole] & ((1 << ((left & 3) * 8)) - 1);
    }
    apply(step, padded, 0, n);
  }
}

function apply(step: number, words: Int32Array, at: number, n: number): void {
  switch (step) {
    case Step.take:
      for (let i = 0; i < n; i++) piece[i] = words[at + i];
      break;
    case Step.and:
      for (let i = 0; i < n; i++) piece[i] &= words[at + i];
      break;
    case Step.or:
      for (let i = 0; i < n; i++) piece[i] |= words[at + i];
      break;
    case Step.xor:
      for (let i = 0; i < n; i++) piece[i] ^= words[at + i];
      break;
    case Step.without:
      for (let i = 0; i < n; i++) piece[i] &= ~words[at + i];
      break;
    case Step.from:
      for (let i = 0; i < n; i++) piece[i] = words[at + i] & ~piece[i];
      break;
    default:
      for (let i = 0; i < n; i++) {
        repeated[i] |= piece[i] & words[at + i];
        piece[i] |= words[at + i];
      }
  }
}
