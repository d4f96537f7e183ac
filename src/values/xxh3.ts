/**
 * XXH3, 64 bits, without a seed (Y. Collet, "xxHash fast digest algorithm", the specification of
 * XXH3): what DIGEST replies.
 *
 * Up to 240 bytes there is a formula for each range of sizes, in BigInts. Longer runs go in stripes
 * of 64 bytes through eight accumulators of 64 bits, each kept as two words of 32, so that nothing
 * is allocated per stripe.
 */
import { fromLatin1 } from "../base/bytes.ts";

const MASK = 2n ** 64n - 1n;
const PRIME32_1 = 0x9e3779b1;
const PRIME32_2 = 0x85ebca77;
const PRIME32_3 = 0xc2b2ae3d;
const PRIME64_1 = 0x9e3779b185ebca87n;
const PRIME64_2 = 0xc2b2ae3d27d4eb4fn;
const PRIME64_3 = 0x165667b19e3779f9n;
const PRIME64_4 = 0x85ebca77c2b2ae63n;
const PRIME64_5 = 0x27d4eb2f165667c5n;
const PRIME_MX1 = 0x165667919e3779f9n;
const PRIME_MX2 = 0x9fb21c651e98df25n;

/** The secret of the specification, 192 bytes. */
const SECRET_HEX =
  "b8fe6c3923a44bbe7c01812cf721ad1cded46de9839097db7240a4a4b7b3671f" +
  "cb79e64eccc0e578825ad07dccff7221b8084674f743248ee03590e6813a264c" +
  "3c2852bb91c300cb88d0658b1b532ea371644897a20df94e3819ef46a9deacd8" +
  "a8fa763fe39c343ff9dcbbc7c70b4f1d8a51e04bcdb45931c89f7ec9d9787364" +
  "eac5ac8334d3ebc3c581a0fffa1363eb170ddd51b7f0da49d316552629d4689e" +
  "2b16be587d47a1fc8ff8b8d17ad031ce45cb3a8f95160428afd7fbcabb4b407e";

const SHORT_MAX = 16;
const MIDDLE_MAX = 128;
const FORMULA_MAX = 240;
const STRIPE = 64;
const LANES = 8;
/** Where the secret of the last stripe, of the end and of a scrambling begins. */
const LAST_SECRET = 192 - STRIPE - 7;
const MERGE_SECRET = 11;
const SCRAMBLE_SECRET = 192 - STRIPE;
/** The secret moves on by so much a stripe; so many stripes on, the accumulators are scrambled. */
const SECRET_STEP = 8;
const BLOCK_STRIPES = SCRAMBLE_SECRET / SECRET_STEP;
/** Where the middle sizes read the secret for their second half, and for their last 16 bytes. */
const SECOND_HALF_SECRET = 3;
const MIDDLE_LAST_SECRET = 136 - 17;

const secretBytes = fromLatin1(
  SECRET_HEX.replace(/../g, (hex) => String.fromCharCode(Number.parseInt(hex, 16))),
);
const secret = new DataView(secretBytes.buffer);

const lows = new Int32Array(LANES);
const highs = new Int32Array(LANES);

const secretAt = (at: number) => secret.getBigUint64(at, true);
const shifted = (value: bigint, bits: bigint) => value ^ (value >> bits);
const rotated = (value: bigint, bits: bigint) => ((value << bits) | (value >> (64n - bits))) & MASK;

/** The halves of the product of two numbers of 64 bits, one over the other. */
function folded(a: bigint, b: bigint): bigint {
  const product = a * b;
  return (product & MASK) ^ (product >> 64n);
}

const avalanche = (hash: bigint) => shifted((shifted(hash, 37n) * PRIME_MX1) & MASK, 32n);

/** The avalanche of XXH64, which the smallest sizes end with. */
function avalanche64(hash: bigint): bigint {
  const first = (shifted(hash, 33n) * PRIME64_2) & MASK;
  return shifted((shifted(first, 29n) * PRIME64_3) & MASK, 32n);
}

/** The hash of a run of bytes as 16 hexadecimal digits; `view` is over the same memory. */
export function xxh3Hex(view: DataView, offset: number, size: number): string {
  return xxh3(view, offset, size).toString(16).padStart(16, "0");
}

function xxh3(view: DataView, at: number, size: number): bigint {
  if (size > FORMULA_MAX) return ofLong(view, at, size);
  if (size > MIDDLE_MAX) return ofUpTo240(view, at, size);
  if (size > SHORT_MAX) return ofUpTo128(view, at, size);
  if (size > 8) return ofUpTo16(view, at, size);
  if (size >= 4) return ofUpTo8(view, at, size);
  return size > 0 ? ofUpTo3(view, at, size) : avalanche64(secretAt(56) ^ secretAt(64));
}

function ofUpTo3(view: DataView, at: number, size: number): bigint {
  const [first, middle, last] = [0, size >> 1, size - 1].map((i) => view.getUint8(at + i));
  const combined = ((first << 16) | (middle << 24) | last | (size << 8)) >>> 0;
  const flip = secret.getUint32(0, true) ^ secret.getUint32(4, true);
  return avalanche64(BigInt((combined ^ flip) >>> 0));
}

function ofUpTo8(view: DataView, at: number, size: number): bigint {
  const first = BigInt(view.getUint32(at, true));
  const last = BigInt(view.getUint32(at + size - 4, true));
  let hash = (last + (first << 32n)) ^ secretAt(8) ^ secretAt(16);
  hash ^= rotated(hash, 49n) ^ rotated(hash, 24n);
  hash = (hash * PRIME_MX2) & MASK;
  hash ^= (hash >> 35n) + BigInt(size);
  return shifted((hash * PRIME_MX2) & MASK, 28n);
}

function ofUpTo16(view: DataView, at: number, size: number): bigint {
  const low = view.getBigUint64(at, true) ^ secretAt(24) ^ secretAt(32);
  const high = view.getBigUint64(at + size - 8, true) ^ secretAt(40) ^ secretAt(48);
  return avalanche((BigInt(size) + swapped(low) + high + folded(low, high)) & MASK);
}

/** The bytes of 64 bits in the opposite order. */
function swapped(value: bigint): bigint {
  let result = 0n;
  for (let i = 0n; i < 64n; i += 8n) result = (result << 8n) | ((value >> i) & 0xffn);
  return result;
}

/** What 16 bytes add to the hash. */
function mixed(view: DataView, at: number, secretOffset: number): bigint {
  const low = view.getBigUint64(at, true) ^ secretAt(secretOffset);
  const high = view.getBigUint64(at + 8, true) ^ secretAt(secretOffset + 8);
  return folded(low, high);
}

function ofUpTo128(view: DataView, at: number, size: number): bigint {
  let hash = BigInt(size) * PRIME64_1;
  // From both ends towards the middle.
  for (let i = (size - 1) >> 5; i >= 0; i--) {
    hash += mixed(view, at + 16 * i, 32 * i);
    hash += mixed(view, at + size - 16 * (i + 1), 32 * i + 16);
  }
  return avalanche(hash & MASK);
}

function ofUpTo240(view: DataView, at: number, size: number): bigint {
  let hash = BigInt(size) * PRIME64_1;
  for (let i = 0; i < 8; i++) hash += mixed(view, at + 16 * i, 16 * i);
  let rest = mixed(view, at + size - 16, MIDDLE_LAST_SECRET);
  for (let i = 8; i < size >> 4; i++) {
    rest += mixed(view, at + 16 * i, 16 * (i - 8) + SECOND_HALF_SECRET);
  }
  return avalanche((avalanche(hash & MASK) + rest) & MASK);
}

function ofLong(view: DataView, at: number, size: number): bigint {
  start();
  const stripes = Math.floor((size - 1) / STRIPE);
  for (let i = 0; i < stripes; i++) {
    const step = i % BLOCK_STRIPES;
    accumulate(view, at + i * STRIPE, step * SECRET_STEP);
    if (step === BLOCK_STRIPES - 1) scramble();
  }
  accumulate(view, at + size - STRIPE, LAST_SECRET);
  let hash = BigInt(size) * PRIME64_1;
  for (let i = 0; i < LANES; i += 2) {
    const secretOffset = MERGE_SECRET + 8 * i;
    hash += folded(lane(i) ^ secretAt(secretOffset), lane(i + 1) ^ secretAt(secretOffset + 8));
  }
  return avalanche(hash & MASK);
}

const FIRST = [
  BigInt(PRIME32_3),
  PRIME64_1,
  PRIME64_2,
  PRIME64_3,
  PRIME64_4,
  BigInt(PRIME32_2),
  PRIME64_5,
  BigInt(PRIME32_1),
];

function start(): void {
  for (let i = 0; i < LANES; i++) {
    lows[i] = Number(BigInt.asIntN(32, FIRST[i]));
    highs[i] = Number(BigInt.asIntN(32, FIRST[i] >> 32n));
  }
}

function lane(i: number): bigint {
  return (BigInt(highs[i] >>> 0) << 32n) | BigInt(lows[i] >>> 0);
}

/** Adds 64 bits, in two halves, to a lane. */
function add(i: number, low: number, high: number): void {
  const sum = (lows[i] + low) | 0;
  highs[i] += high + (sum >>> 0 < low >>> 0 ? 1 : 0);
  lows[i] = sum;
}

/** The high half of the product of two numbers of 32 bits; the low half is their `Math.imul`. */
function timesHigh(a: number, b: number): number {
  const a0 = a & 0xffff;
  const a1 = a >>> 16;
  const b0 = b & 0xffff;
  const b1 = b >>> 16;
  // No sum goes beyond 32 bits.
  const cross = a1 * b0 + ((a0 * b0) >>> 16);
  const middle = a0 * b1 + (cross & 0xffff);
  return a1 * b1 + (cross >>> 16) + (middle >>> 16);
}

function accumulate(view: DataView, at: number, secretOffset: number): void {
  for (let i = 0; i < LANES; i++) {
    const low = view.getInt32(at + 8 * i, true);
    const high = view.getInt32(at + 8 * i + 4, true);
    const keyLow = low ^ secret.getInt32(secretOffset + 8 * i, true);
    const keyHigh = high ^ secret.getInt32(secretOffset + 8 * i + 4, true);
    add(i ^ 1, low, high);
    add(i, Math.imul(keyLow, keyHigh), timesHigh(keyLow, keyHigh));
  }
}

function scramble(): void {
  for (let i = 0; i < LANES; i++) {
    // A shift by 47 bits is one by 15 from the high half to the low one.
    const low = lows[i] ^ (highs[i] >>> 15) ^ secret.getInt32(SCRAMBLE_SECRET + 8 * i, true);
    const high = highs[i] ^ secret.getInt32(SCRAMBLE_SECRET + 8 * i + 4, true);
    lows[i] = Math.imul(low, PRIME32_1);
    highs[i] = timesHigh(low, PRIME32_1) + Math.imul(high, PRIME32_1);
  }
}
