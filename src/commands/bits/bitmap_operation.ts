/** BITOP: what is asked for, and where the result goes. */
import { byteOffset, ensure, NIL, SEGMENT_BITS, u8 } from "../../arena/arena.ts";
import type { Call } from "../../calls/call.ts";
import { CommandError, SYNTAX, WRONG_TYPE } from "../../protocol/errors.ts";
import type { EntryRef } from "../../structures/entry.ts";
import * as entry from "../../structures/entry.ts";
import * as rawString from "../../values/raw_string.ts";
import * as stringValue from "../../values/string_value.ts";
import { Type } from "../../values/types.ts";
import { expect, made, makePiece, Op, PIECE_SIZE } from "./bit_pieces.ts";

const NAMES = ["and", "or", "xor", "not", "diff", "diff1", "andor", "one"] as const;

const ONE_SOURCE = new CommandError("ERR BITOP NOT must be called with a single source key.");
const TWO_SOURCES: Readonly<Record<number, CommandError>> = {
  [Op.diff]: needsTwo("DIFF"),
  [Op.diff1]: needsTwo("DIFF1"),
  [Op.andor]: needsTwo("ANDOR"),
};

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
  expect(size);
  if (!isLarge) {
    makePiece(op, sources, count, 0, (size + 3) >>> 2);
    rawString.place(db, e, made.bytes, made.view, size);
    return;
  }
  const block = rawString.blockFor(found, size);
  const to = u8[block >>> SEGMENT_BITS];
  const start = byteOffset(block);
  for (let at = 0; at < size; at += PIECE_SIZE) {
    const pieceSize = Math.min(PIECE_SIZE, size - at);
    makePiece(op, sources, count, at >>> 2, (pieceSize + 3) >>> 2);
    to.set(pieceSize === PIECE_SIZE ? made.bytes : made.bytes.subarray(0, pieceSize), start + at);
  }
  rawString.placeBlock(db, e, block, size);
}
