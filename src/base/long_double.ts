/**
 * The 80-bit extended doubles of x86-64, which INCRBYFLOAT counts in: parsing as strtold does,
 * addition, and printing as `%.17Lf` does, each rounded once, half to even, from exact values.
 *
 * A finite number is mantissa * 2^exponent with a mantissa of up to 64 bits; zero has mantissa 0.
 * Everything is BigInt arithmetic: for cold paths.
 */

export interface LongDouble {
  readonly kind: "finite" | "infinite" | "nan";
  readonly negative: boolean;
  readonly mantissa: bigint;
  readonly exponent: number;
}

const MANTISSA_BITS = 64;
const MANTISSA_END = 1n << 64n;
/** The exponents of the largest number's last bit, and of the smallest number. */
const EXPONENT_MAX = 16383 - 63;
const EXPONENT_MIN = -16382 - 63;
/** Powers of ten beyond these are infinite, or zero, whatever digits there may be. */
const POWER_MAX = 5000;
const POWER_MIN = -5100;
/** No longer text is a number: Redis reads them through a buffer of 5 KiB with a final zero. */
export const NUMBER_SIZE_MAX = 5 * 1024 - 1;
/** The decimals that are printed, before zeros at the end go. */
const DECIMALS = 17;

const DECIMAL = /^([+-]?)(?=\.?\d)(\d*)(?:\.(\d*))?(?:e([+-]?\d+))?$/i;
const HEXADECIMAL = /^([+-]?)0x(?=\.?[\da-f])([\da-f]*)(?:\.([\da-f]*))?(?:p([+-]?\d+))?$/i;
const INFINITE = /^([+-]?)inf(?:inity)?$/i;

/**
 * The number that the whole text spells: decimal, hexadecimal or infinite. Null for other texts,
 * for NaN, and for numbers too large or too small to be told from infinity or zero.
 */
export function parseLongDouble(text: string): LongDouble | null {
  if (text.length > NUMBER_SIZE_MAX) return null;
  const infinite = INFINITE.exec(text);
  if (infinite !== null) return special("infinite", infinite[1] === "-");
  const decimal = DECIMAL.exec(text);
  if (decimal !== null) return parseDigits(decimal, 10);
  const hexadecimal = HEXADECIMAL.exec(text);
  return hexadecimal === null ? null : parseDigits(hexadecimal, 16);
}

/** The sum, rounded; NaN for infinities of opposite signs. */
export function addLongDoubles(a: LongDouble, b: LongDouble): LongDouble {
  if (a.kind === "nan" || b.kind === "nan") return special("nan", false);
  if (a.kind === "infinite") {
    return b.kind === "infinite" && a.negative !== b.negative ? special("nan", false) : a;
  }
  if (b.kind === "infinite") return b;
  const exponent = Math.min(a.exponent, b.exponent);
  const sum = scaled(a, exponent) + scaled(b, exponent);
  const size = sum < 0n ? -sum : sum;
  const shift = BigInt(Math.abs(exponent));
  return exponent >= 0
    ? rounded(sum < 0n, size << shift, 1n)
    : rounded(sum < 0n, size, 1n << shift);
}

/**
 * A number times an integer, rounded as the numbers are, and then up to a whole number; null when
 * that is infinite.
 */
export function ceilProduct(value: LongDouble, factor: bigint): bigint | null {
  const shift = BigInt(Math.abs(value.exponent));
  const exact = value.mantissa * factor;
  const product =
    value.exponent >= 0
      ? rounded(value.negative, exact << shift, 1n)
      : rounded(value.negative, exact, 1n << shift);
  if (value.kind !== "finite" || product.kind !== "finite") return null;
  // A right shift rounds down, so the negated number is shifted.
  const negated = product.negative ? product.mantissa : -product.mantissa;
  const places = BigInt(Math.abs(product.exponent));
  return -(product.exponent >= 0 ? negated << places : negated >> places);
}

/** A finite number with up to 17 decimals, without zeros at the end; no number is "-0". */
export function formatLongDouble(value: LongDouble): string {
  const scale = 10n ** BigInt(DECIMALS);
  const shift = BigInt(Math.abs(value.exponent));
  const digits =
    value.exponent >= 0
      ? (value.mantissa << shift) * scale
      : divideHalfEven(value.mantissa * scale, 1n << shift);
  const text = digits.toString().padStart(DECIMALS + 1, "0");
  const whole = text.slice(0, -DECIMALS);
  const decimals = text.slice(-DECIMALS).replace(/0+$/, "");
  const spelled = decimals === "" ? whole : `${whole}.${decimals}`;
  return value.negative && digits !== 0n ? `-${spelled}` : spelled;
}

function special(kind: "infinite" | "nan", negative: boolean): LongDouble {
  return { kind, negative, mantissa: 0n, exponent: 0 };
}

/** From the groups sign, digits, digits after the point, power (of ten, or of two). */
function parseDigits(groups: RegExpExecArray, base: 10 | 16): LongDouble | null {
  const [, sign, whole, decimals = "", powerText = "0"] = groups;
  const negative = sign === "-";
  const digits = `${whole}${decimals}`.replace(/^0+/, "");
  if (digits === "") return rounded(negative, 0n, 1n);
  const mantissa = BigInt(base === 16 ? `0x${digits}` : digits);
  const written = Number(powerText);
  const power = base === 16 ? written - 4 * decimals.length : written - decimals.length;
  // The power that the number is about: of ten, as log10(2) is about 0.3.
  const magnitude = base === 16 ? (power + 4 * digits.length) * 0.3 : power + digits.length;
  if (magnitude > POWER_MAX || magnitude < POWER_MIN) return null;
  const factor = (base === 16 ? 2n : 10n) ** BigInt(Math.abs(power));
  const value =
    power >= 0 ? rounded(negative, mantissa * factor, 1n) : rounded(negative, mantissa, factor);
  return value.kind === "infinite" || value.mantissa === 0n ? null : value;
}

/** The signed mantissa for a smaller exponent. */
function scaled(value: LongDouble, exponent: number): bigint {
  const mantissa = value.mantissa << BigInt(value.exponent - exponent);
  return value.negative ? -mantissa : mantissa;
}

/** The number nearest to numerator / denominator. */
function rounded(negative: boolean, numerator: bigint, denominator: bigint): LongDouble {
  if (numerator === 0n) return { kind: "finite", negative, mantissa: 0n, exponent: 0 };
  const bits = bitCount(numerator) - bitCount(denominator);
  // The quotient has `bits` bits or one more: the first exponent may be one too small.
  for (let exponent = Math.max(bits - MANTISSA_BITS, EXPONENT_MIN); ; exponent++) {
    const shift = BigInt(Math.abs(exponent));
    const mantissa =
      exponent >= 0
        ? divideHalfEven(numerator, denominator << shift)
        : divideHalfEven(numerator << shift, denominator);
    if (mantissa >= MANTISSA_END) continue;
    if (exponent > EXPONENT_MAX) return special("infinite", negative);
    return { kind: "finite", negative, mantissa, exponent };
  }
}

function divideHalfEven(numerator: bigint, denominator: bigint): bigint {
  const quotient = numerator / denominator;
  const twice = (numerator % denominator) * 2n;
  const up = twice > denominator || (twice === denominator && (quotient & 1n) === 1n);
  return up ? quotient + 1n : quotient;
}

function bitCount(value: bigint): number {
  const hex = value.toString(16);
  return (hex.length - 1) * 4 + parseInt(hex[0], 16).toString(2).length;
}
