/** Bitmap commands: the table of all of them, and those that read or set bits of one string. */
import { NIL } from "../../arena/arena.ts";
import { parseSafe } from "../../base/numbers.ts";
import type { Call } from "../../calls/call.ts";
import { group } from "../../calls/table.ts";
import { CommandError, SYNTAX } from "../../protocol/errors.ts";
import * as rawString from "../../values/raw_string.ts";
import * as stringValue from "../../values/string_value.ts";
import { Type } from "../../values/types.ts";
import { bitfield, bitfieldRo, keyOfBitfield } from "./bitmap_field.ts";
import { bitOffset, byteOf } from "./bitmap_offset.ts";
import { bitop } from "./bitmap_operation.ts";
import { countOnes, findBit } from "./bits.ts";

export const bitmapCommands = group("bitmap", {
  BITCOUNT: {
    run: bitcount,
    arity: -2,
    flags: ["readonly"],
    keys: [{ at: 1, flags: ["RO", "access"] }],
    args: "key index:[start:integer end:integer index_unit:[BYTE | BIT]@7.0.0]",
    since: "2.6.0",
    complexity: "O(N)",
    summary: "Counts the bits that are set in a string, or in a range of it.",
    history: [["7.0.0", "Added the `BYTE|BIT` option."]],
  },
  BITFIELD: {
    run: bitfield,
    arity: -2,
    flags: ["write", "denyoom"],
    keys: [
      {
        at: 1,
        flags: ["RW", "access", "update", "variable_flags"],
        notes: "This command allows both access and modification of the key",
      },
    ],
    findKeys: keyOfBitfield,
    args: `key
      operation:[
        GET {encoding offset}
        | write:{
          [OVERFLOW {WRAP | SAT | FAIL}]
          write_operation:{
            SET {encoding offset value:integer}
            | INCRBY {encoding offset increment:integer}
          }
        }
      ]...`,
    since: "3.2.0",
    complexity: "O(1) for each subcommand specified",
    summary: "Reads and changes integers of any width inside a string.",
  },
  BITFIELD_RO: {
    run: bitfieldRo,
    arity: -2,
    flags: ["readonly", "fast"],
    keys: [{ at: 1, flags: ["RO", "access"] }],
    args: "key [GET {encoding offset}]...",
    since: "6.0.0",
    complexity: "O(1) for each subcommand specified",
    summary: "Reads integers of any width inside a string.",
  },
  BITOP: {
    run: bitop,
    arity: -4,
    flags: ["write", "denyoom"],
    keys: [
      { at: 2, flags: ["OW", "update"] },
      { at: 3, last: -1, flags: ["RO", "access"] },
    ],
    args: "operation destkey:key key ...",
    since: "2.6.0",
    complexity: "O(N)",
    summary: "Combines strings bit by bit and stores the result.",
  },
  BITPOS: {
    run: bitpos,
    arity: -3,
    flags: ["readonly"],
    keys: [{ at: 1, flags: ["RO", "access"] }],
    args: `key bit:integer
      index:[start:integer end_index:[end:integer index_unit:[BYTE | BIT]@7.0.0]]`,
    since: "2.8.7",
    complexity: "O(N)",
    summary: "Finds the first bit that is set, or clear, in a string or a range of it.",
    history: [["7.0.0", "Added the `BYTE|BIT` option."]],
  },
  GETBIT: {
    run: getbit,
    arity: 3,
    flags: ["readonly", "fast"],
    keys: [{ at: 1, flags: ["RO", "access"] }],
    args: "key offset",
    since: "2.2.0",
    complexity: "O(1)",
    summary: "Reads one bit of a string.",
  },
  SETBIT: {
    run: setbit,
    arity: 4,
    // Not brief: it may make and clear 512 MB.
    flags: ["write", "denyoom"],
    keys: [{ at: 1, flags: ["RW", "access", "update"] }],
    args: "key offset value:integer",
    since: "2.2.0",
    complexity: "O(1)",
    summary: "Sets or clears one bit of a string.",
  },
});

const BYTE_BITS = 8;

const BAD_BIT = new CommandError("ERR bit is not an integer or out of range");
const NO_BIT = new CommandError("ERR The bit argument must be 1 or 0.");

function getbit(call: Call): void {
  const at = bitOffset(call, 2, 0);
  const e = call.db.readTyped(call.args, 1, Type.string);
  if (e === NIL) {
    call.reply.integer(0);
    return;
  }
  const { bytes, offset, size } = stringValue.rangeOf(e);
  const byte = byteOf(at);
  call.reply.integer(byte < size ? (bytes[offset + byte] >>> (7 - (at % BYTE_BITS))) & 1 : 0);
}

function setbit(call: Call): void {
  const { db, args, keyspace, reply } = call;
  const at = bitOffset(call, 2, 0);
  const bit = parseSafe(args.bytes, args.start[3], args.size[3]);
  if (bit !== 0 && bit !== 1) throw BAD_BIT;
  const byte = byteOf(at);
  const shift = 7 - (at % BYTE_BITS);

  const keyHash = db.hash(args, 1);
  let e = db.writeTyped(args, 1, keyHash, Type.string);
  let isTold = true;
  stringValue.ensureRoom(
    call.keyspace.isWalked,
    e,
    Math.max(byte + 1, e === NIL ? 0 : stringValue.size(e)),
  );
  if (e === NIL) {
    e = rawString.addZeros(db, args, 1, keyHash, byte + 1, "setbit");
  } else {
    isTold = byte >= stringValue.size(e);
    if (isTold) keyspace.changing(db, e, "setbit");
    // Also where no bit changes: Redis calls the string raw from here on.
    e = rawString.extend(db, e, byte + 1);
  }
  const own = stringValue.rangeOf(e);
  const isSet = (own.bytes[own.offset + byte] >>> shift) & 1;
  if (isSet !== bit) {
    if (!isTold) keyspace.changing(db, e, "setbit");
    rawString.open(db, e);
    const { bytes, offset } = stringValue.rangeOf(e);
    bytes[offset + byte] ^= 1 << shift;
  }
  reply.integer(isSet);
}

/** The bits [from, to) that arguments mean. */
const span = { from: 0, to: 0 };

/**
 * Reads the range of a string of `size` bytes from arguments `at` and, if it is there, the next;
 * the one after that tells the unit. Throws when they are no integers or no unit.
 */
function parseSpan(call: Call, at: number, size: number): void {
  const { argc } = call;
  const first = call.integer(at);
  const inBits = at + 2 < argc && isBits(call, at + 2);
  const total = inBits ? size * BYTE_BITS : size;
  const last = at + 1 < argc ? call.integer(at + 1) : total - 1;
  const from = Math.max(0, first < 0 ? first + total : first);
  const to = Math.min(total - 1, Math.max(0, last < 0 ? last + total : last)) + 1;
  const unit = inBits ? 1 : BYTE_BITS;
  span.from = from * unit;
  span.to = to * unit;
}

function isBits(call: Call, index: number): boolean {
  if (call.is(index, "bit")) return true;
  if (call.is(index, "byte")) return false;
  throw SYNTAX;
}

function bitcount(call: Call): void {
  const { db, args, argc, reply } = call;
  const e = db.readTyped(args, 1, Type.string);
  if (e === NIL) {
    reply.integer(0);
    return;
  }
  const { words, at, size } = rawString.wordsOf(e);
  if (argc === 2) {
    reply.integer(countOnes(words, at, 0, size * BYTE_BITS));
    return;
  }
  if (argc !== 4 && argc !== 5) throw SYNTAX;
  if (isBackward(call)) {
    reply.integer(0);
    return;
  }
  parseSpan(call, 2, size);
  reply.integer(countOnes(words, at, span.from, span.to));
}

/** Whether both ends of BITCOUNT's range are negative, and the first after the last. */
function isBackward(call: Call): boolean {
  const first = call.integer(2);
  const last = call.integer(3);
  if (first >= 0 || last >= 0) return false;
  if (first !== last || Number.isSafeInteger(first)) return first > last;
  return call.int64(2) > call.int64(3);
}

function bitpos(call: Call): void {
  const { db, args, argc, reply } = call;
  const bit = call.integer(2);
  if (bit !== 0 && bit !== 1) throw NO_BIT;
  const e = db.readTyped(args, 1, Type.string);
  if (e === NIL) {
    reply.integer(bit === 1 ? -1 : 0);
    return;
  }
  const { words, at, size } = rawString.wordsOf(e);
  if (argc > 6) throw SYNTAX;
  if (argc > 3) {
    parseSpan(call, 3, size);
  } else {
    span.from = 0;
    span.to = size * BYTE_BITS;
  }
  const found = findBit(words, at, span.from, span.to, bit);
  // Behind a string whose end was not asked for, zeros go on.
  const goesOn = bit === 0 && argc < 5 && span.from < span.to;
  reply.integer(found < 0 && goesOn ? span.to : found);
}
