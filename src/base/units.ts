/** Sizes in bytes with a unit, as configuration writes them: 1k is 1000 bytes, 1kb is 1024. */

const UNITS = new Map([
  ["", 1n],
  ["b", 1n],
  ["k", 1000n],
  ["kb", 1024n],
  ["m", 1000n ** 2n],
  ["mb", 1024n ** 2n],
  ["g", 1000n ** 3n],
  ["gb", 1024n ** 3n],
]);
const MAX_DIGITS = 127;
const UINT64_MAX = 2n ** 64n - 1n;

/**
 * The bytes that a size such as `64mb` or `1GB` stands for, or null if it is not one. As in
 * Redis, no digits are 0, digits beyond 64 bits are the largest number of 64 bits, and the
 * product with the unit wraps around at 64 bits.
 */
export function parseMemory(text: string): bigint | null {
  const match = /^(\d*)([a-z]*)$/i.exec(text);
  if (match === null) return null;
  const [, digits, name] = match;
  const unit = UNITS.get(name.toLowerCase());
  if (unit === undefined || digits.length > MAX_DIGITS) return null;
  const count = BigInt(digits === "" ? 0 : digits);
  return BigInt.asUintN(64, (count < UINT64_MAX ? count : UINT64_MAX) * unit);
}

/** Bytes in the largest of gb, mb and kb that divides them, as `parseMemory` reads them back. */
export function formatMemory(bytes: bigint): string {
  if (bytes === 0n) return "0";
  for (const name of ["gb", "mb", "kb"]) {
    const unit = UNITS.get(name) ?? 1n;
    if (bytes % unit === 0n) return `${bytes / unit}${name}`;
  }
  return String(bytes);
}
