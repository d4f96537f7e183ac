/**
 * Turns strings and integers of MessagePack, one after the other, into elements as packed blocks
 * have them (structures/packed_element.ts), which differ little. What is rare is left to others:
 * long strings, integers above 32 bits, and strings that may spell integers.
 */
import { BULK_COPY_SIZE, copyBytes } from "../../base/bytes.ts";
import { loadCode } from "../../structures/load_code/load_code.ts";
import * as element from "../../structures/packed_element.ts";

const BIN8 = 0xc4;
const UINT8 = 0xcc;
const INT8 = 0xd0;
const INT32 = 0xd2;
const SMALL_END = 0x80;
const NEGATIVE = 0xe0;
const HEAD_SIZE = 2;

/** What `encodeRun` has done: where it stopped reading and writing, and how many elements. */
export const run = { at: 0, end: 0, count: 0, isFull: false };

/**
 * Encodes what lies from `at` up to `end`, as elements from `toAt` up to `toEnd`, at most
 * `countMax`: see `run`. `isFull`: it stopped since there is no room, or that are enough. `view` is
 * over the memory of `bytes`, which has 8 bytes after `end`.
 */
export function encodeRun(
  bytes: Uint8Array,
  view: DataView,
  at: number,
  end: number,
  to: Uint8Array,
  toAt: number,
  toEnd: number,
  countMax: number,
): void {
  if (loadCode !== null && bytes === loadCode.block.bytes && to === loadCode.staged.bytes) {
    const { block, staged, code } = loadCode;
    const into = staged.at + toAt;
    const stop = code.encodeRun(block.at + at, block.at + end, into, staged.at + toEnd, countMax);
    run.at = stop - block.at;
    run.end = loadCode.result(0) - staged.at;
    run.count = loadCode.result(1);
    run.isFull = loadCode.result(2) !== 0;
    return;
  }
  let from = at;
  let into = toAt;
  let count = 0;
  let isFull = false;
  while (from < end) {
    const code = bytes[from];
    let next = from + HEAD_SIZE;
    let body = 1;
    let value = code;
    if (code === BIN8) {
      const size = bytes[from + 1];
      next += size;
      if (next > end || element.mayBeNumber(bytes, from + HEAD_SIZE, size)) break;
      body = size + (size < element.SHORT_SIZE ? 1 : 2);
    } else if (code < SMALL_END || code >= NEGATIVE) {
      next = from + 1;
      value = (code << 24) >> 24;
      body = element.bodyOfInteger(value);
    } else if (code >= UINT8 && code <= INT32) {
      const width = 1 << (code & 3);
      next = from + 1 + width;
      if (next > end || width > 4) break;
      value = read(view, from + 1, code);
      if (value > 0x7fffffff) break;
      body = element.bodyOfInteger(value);
    } else {
      break;
    }
    const back = body < 128 ? 1 : 2;
    isFull = count === countMax || into + body + back > toEnd;
    if (isFull) break;
    if (code === BIN8) writeString(bytes, from + 1, to, into);
    else element.writeSmall(to, into, value, body);
    into += body;
    if (back === 1) {
      to[into++] = body;
    } else {
      to[into++] = body >> 7;
      to[into++] = (body & 127) | 128;
    }
    from = next;
    count++;
  }
  run.at = from;
  run.end = into;
  run.count = count;
  run.isFull = isFull;
}

function read(view: DataView, at: number, code: number): number {
  switch (code) {
    case UINT8:
      return view.getUint8(at);
    case UINT8 + 1:
      return view.getUint16(at);
    case UINT8 + 2:
      return view.getUint32(at);
    case INT8:
      return view.getInt8(at);
    case INT8 + 1:
      return view.getInt16(at);
    default:
      return view.getInt32(at);
  }
}

/** Writes the body of a string, whose size, of a byte, is at `at`. */
function writeString(bytes: Uint8Array, at: number, to: Uint8Array, start: number): void {
  const size = bytes[at];
  const into = element.writeStringHead(to, start, size);
  if (size < BULK_COPY_SIZE) for (let i = 0; i < size; i++) to[into + i] = bytes[at + 1 + i];
  else copyBytes(bytes, at + 1, size, to, into);
}
