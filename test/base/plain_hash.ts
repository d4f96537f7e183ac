// Purpose: a hash in BigInt arithmetic, for tests to compare with.

const MASK = (1n << 64n) - 1n;
/** The seed that Redis hashes the elements of HyperLogLogs with. */
export const SEED = 0xadc83b19;

/** MurmurHash64A as it is published, with that seed. */
export function plainHash(bytes: Uint8Array): bigint {
  const m = 0xc6a4a7935bd1e995n;
  const times = (a: bigint) => (a * m) & MASK;
  const word = (part: Uint8Array) =>
    part.reduceRight((sum, byte) => (sum << 8n) | BigInt(byte), 0n);
  let h = BigInt(SEED) ^ times(BigInt(bytes.length));
  const tail = bytes.length & ~7;
  for (let at = 0; at < tail; at += 8) {
    let k = times(word(bytes.subarray(at, at + 8)));
    k = times(k ^ (k >> 47n));
    h = times(h ^ k);
  }
  if (tail < bytes.length) h = times(h ^ word(bytes.subarray(tail)));
  h = times(h ^ (h >> 47n));
  return h ^ (h >> 47n);
}
