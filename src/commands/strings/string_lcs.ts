/** LCS: the longest common subsequence of two strings. */
import { NIL } from "../../arena/arena.ts";
import type { Call } from "../../calls/call.ts";
import { CommandError, SYNTAX } from "../../protocol/errors.ts";
import type { EntryRef } from "../../structures/entry.ts";
import * as entry from "../../structures/entry.ts";
import * as stringValue from "../../values/string_value.ts";
import { Type } from "../../values/types.ts";
import { CommonTable } from "./common_table.ts";

const NO_STRINGS = new CommandError("ERR The specified keys must contain string values");
const LENGTH_AND_INDEXES = new CommandError(
  "ERR If you want both the length and indexes, please just use IDX.",
);
const TOO_LARGE = new CommandError(
  "ERR Insufficient memory, transient memory for LCS exceeds proto-max-bulk-len",
);
const NO_MEMORY = new CommandError(
  "ERR Insufficient memory, failed allocating transient memory for LCS",
);

/** Redis's table has cells of this size; its limit is in bytes of that table. */
const CELL_SIZE = 4;

interface LcsOptions {
  length: boolean;
  indexes: boolean;
  withSizes: boolean;
  /** Shorter matches are not listed. */
  leastSize: number;
}

/** A run of bytes that both strings have, within the common subsequence. */
interface Match {
  offsetA: number;
  offsetB: number;
  size: number;
}

export function lcs(call: Call): void {
  // Both are looked up, and count as a hit or miss, before either is found to be no string.
  const first = call.db.read(call.args, 1);
  const second = call.db.read(call.args, 2);
  const a = stringOf(first);
  const b = stringOf(second);
  const options = lcsOptions(call);
  const cells = (a.length + 1) * (b.length + 1);
  if (cells * CELL_SIZE > call.server.config.number("proto-max-bulk-len")) throw TOO_LARGE;

  const table = tableOf(a, b, options.length);
  const { commonSize } = table;
  if (options.length) call.reply.integer(commonSize);
  else if (options.indexes) replyMatches(call, matchesOf(a, b, table), commonSize, options);
  else call.reply.bulkBytes(common(a, b, table));
}

/** A copy of the entry's string, empty when there is no entry. */
function stringOf(e: EntryRef): Uint8Array {
  if (e === NIL) return new Uint8Array(0);
  if (entry.type(e) !== Type.string) throw NO_STRINGS;
  const { bytes, offset, size } = stringValue.rangeOf(e);
  return bytes.slice(offset, offset + size);
}

function lcsOptions(call: Call): LcsOptions {
  const options = { length: false, indexes: false, withSizes: false, leastSize: 0 };
  for (let index = 3; index < call.argc; index++) {
    if (call.is(index, "idx")) options.indexes = true;
    else if (call.is(index, "len")) options.length = true;
    else if (call.is(index, "withmatchlen")) options.withSizes = true;
    else if (call.is(index, "minmatchlen") && index + 1 < call.argc) {
      options.leastSize = call.integer(++index);
    } else throw SYNTAX;
  }
  if (options.length && options.indexes) throw LENGTH_AND_INDEXES;
  return options;
}

function tableOf(a: Uint8Array, b: Uint8Array, sizeOnly: boolean): CommonTable {
  try {
    return new CommonTable(a, b, sizeOnly);
  } catch {
    throw NO_MEMORY;
  }
}

/**
 * The runs of the common subsequence that Redis picks, from the last to the first: where neither
 * byte belongs to it, Redis passes over the second string's, unless that would make it shorter.
 */
function matchesOf(a: Uint8Array, b: Uint8Array, table: CommonTable): Match[] {
  const matches: Match[] = [];
  let i = a.length;
  let j = b.length;
  while (i > 0 && j > 0) {
    if (a[i - 1] === b[j - 1]) {
      const last = matches.at(-1);
      i--;
      j--;
      if (last?.offsetA === i + 1 && last.offsetB === j + 1) {
        last.offsetA = i;
        last.offsetB = j;
        last.size++;
      } else {
        matches.push({ offsetA: i, offsetB: j, size: 1 });
      }
    } else if (table.isGreater(i, j)) {
      i--;
    } else {
      j--;
    }
  }
  return matches;
}

/** The common subsequence itself: the bytes of `matchesOf`. */
function common(a: Uint8Array, b: Uint8Array, table: CommonTable): Uint8Array {
  const bytes = new Uint8Array(table.commonSize);
  let end = bytes.length;
  let i = a.length;
  let j = b.length;
  while (end > 0) {
    if (a[i - 1] === b[j - 1]) {
      bytes[--end] = a[--i];
      j--;
    } else if (table.isGreater(i, j)) {
      i--;
    } else {
      j--;
    }
  }
  return bytes;
}

function replyMatches(
  call: Call,
  matches: readonly Match[],
  commonSize: number,
  { leastSize, withSizes }: LcsOptions,
): void {
  const { reply } = call;
  const listed = matches.filter(({ size }) => size >= leastSize);
  reply.map(2);
  reply.bulkText("matches");
  reply.array(listed.length);
  for (const { offsetA, offsetB, size } of listed) {
    reply.array(withSizes ? 3 : 2);
    for (const offset of [offsetA, offsetB]) {
      reply.array(2);
      reply.integer(offset);
      reply.integer(offset + size - 1);
    }
    if (withSizes) reply.integer(size);
  }
  reply.bulkText("len");
  reply.integer(commonSize);
}
