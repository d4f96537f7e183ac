// Purpose: what the tests of streams make IDs with: as one integer of 128 bits, `ms * 2^64 + seq`,
// which plain arrays sort and compare.

import { StreamId } from "../../src/structures/stream_id.ts";
import type { Random } from "../fuzz/random.ts";

export const SEQ_MAX = 2n ** 64n - 1n;
export const ID_MAX = 2n ** 128n - 1n;

/** The integer of an ID. */
export const idAt = (ms: bigint | number, seq: bigint | number) =>
  (BigInt(ms) << 64n) | BigInt(seq);

const word = (value: bigint, shift: bigint) => Number(BigInt.asIntN(32, value >> shift));

/** The ID of an integer: an object of its own, or `into`. */
export function idOf(value: bigint, into = new StreamId()): StreamId {
  into.set(word(value, 96n), word(value, 64n), word(value, 32n), word(value, 0n));
  return into;
}

const wide = (high: number, low: number) => (BigInt(high >>> 0) << 32n) | BigInt(low >>> 0);

/** The integer of an ID. */
export const integerOf = (id: StreamId) =>
  (wide(id.msHigh, id.msLow) << 64n) | wide(id.seqHigh, id.seqLow);

export const textOfId = (value: bigint) => `${value >> 64n}-${value & SEQ_MAX}`;

/** Where words, signs and doubles end. */
export const EDGES = [0n, 1n, 2n ** 31n, 2n ** 32n, 2n ** 53n, 2n ** 63n, 2n ** 64n]
  .concat([10n ** 15n, 10n ** 16n, 10n ** 19n])
  .flatMap((edge) => [edge - 2n, edge - 1n, edge, edge + 1n])
  .filter((edge) => edge >= 0n && edge <= SEQ_MAX);

/** An unsigned integer of 64 bits, of any magnitude. */
export function random64(random: Random): bigint {
  if (random.chance(0.3)) return random.pick(EDGES);
  const value = wide(random.uint32(), random.uint32());
  return value >> BigInt(random.below(64));
}

export const randomId = (random: Random) => idAt(random64(random), random64(random));
