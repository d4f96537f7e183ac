/** LCS: the longest common subsequence of two strings, by the usual table of prefixes. */
import { NIL } from "../../arena/arena.ts";
import type { Call } from "../../calls/call.ts";
import { CommandError, SYNTAX } from "../../protocol/errors.ts";
import type { EntryRef } from "../../structures/entry.ts";
import * as entry from "../../structures/entry.ts";
import * as stringValue from "../../values/string_value.ts";
import { Type } from "../../values/types.ts";

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

  const table = prefixTable(a, b);
  const commonSize = table[cells - 1];
  if (options.length) call.reply.integer(commonSize);
  else if (options.indexes) replyMatches(call, matchesOf(a, b, table), commonSize, options);
  else call.reply.bulkBytes(joined(a, matchesOf(a, b, table), commonSize));
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

/** Row i, column j: the size of the longest common subsequence of the first i and j bytes. */
function prefixTable(a: Uint8Array, b: Uint8Array): Uint16Array | Uint32Array {
  const width = b.length + 1;
  const cells = (a.length + 1) * width;
  // No cell is above the size of the shorter string.
  const isNarrow = Math.min(a.length, b.length) < 1 << 16;
  let table: Uint16Array | Uint32Array;
  try {
    table = isNarrow ? new Uint16Array(cells) : new Uint32Array(cells);
  } catch {
    throw NO_MEMORY;
  }
  for (let i = 1; i <= a.length; i++) {
    const byte = a[i - 1];
    let at = i * width + 1;
    for (let j = 0; j < b.length; j++, at++) {
      table[at] =
        b[j] === byte ? table[at - width - 1] + 1 : Math.max(table[at - width], table[at - 1]);
    }
  }
  return table;
}

/** The runs of the common subsequence that Redis picks, from the last to the first. */
function matchesOf(a: Uint8Array, b: Uint8Array, table: Uint16Array | Uint32Array): Match[] {
  const width = b.length + 1;
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
    } else if (table[(i - 1) * width + j] > table[i * width + j - 1]) {
      i--;
    } else {
      j--;
    }
  }
  return matches;
}

/** The common subsequence itself. */
function joined(a: Uint8Array, matches: readonly Match[], size: number): Uint8Array {
  const common = new Uint8Array(size);
  let end = size;
  for (const match of matches) {
    end -= match.size;
    common.set(a.subarray(match.offsetA, match.offsetA + match.size), end);
  }
  return common;
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
