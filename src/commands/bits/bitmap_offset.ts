/** Offsets of bits as arguments: SETBIT, GETBIT and BITFIELD share them. */
import { parseInt64, parseSafe } from "../../base/numbers.ts";
import type { Call } from "../../calls/call.ts";
import { CommandError } from "../../protocol/errors.ts";

const BYTE_BITS = 8;
const HASH = 35;
/** Below, an offset is good whatever the configuration: no proto-max-bulk-len is lower. */
const BITS_LIMIT_LEAST = (1 << 20) * BYTE_BITS;

const BAD_OFFSET = new CommandError("ERR bit offset is not an integer or out of range");

/** The byte that holds a bit; an integer to the engine where the offset is one (0034). */
export function byteOf(bitOffset: number): number {
  const small = bitOffset | 0;
  return small === bitOffset ? small >>> 3 : Math.floor(bitOffset / BYTE_BITS);
}

/**
 * The offset of a bit in an argument. With a `width` above 0, it may be written `#n`: so many times
 * that width. Throws for what is no offset into a string of the size that may be.
 */
export function bitOffset(call: Call, index: number, width: number): number {
  const { bytes, start, size } = call.args;
  const isMultiple = width > 0 && size[index] > 0 && bytes[start[index]] === HASH;
  const skipped = isMultiple ? 1 : 0;
  const from = start[index] + skipped;
  const factor = isMultiple ? width : 1;
  let offset = parseSafe(bytes, from, size[index] - skipped) * factor;
  if (offset >= 0 && offset < BITS_LIMIT_LEAST) return offset | 0;
  if (!Number.isSafeInteger(offset)) {
    const count = parseInt64(bytes, from, size[index] - skipped);
    if (count === null) throw BAD_OFFSET;
    // What goes beyond 64 bits wraps around, and may come to lie in the string.
    offset = Number(BigInt.asIntN(64, count * BigInt(factor)));
  }
  if (offset < 0 || byteOf(offset) >= call.server.config.number("proto-max-bulk-len")) {
    throw BAD_OFFSET;
  }
  return offset;
}
