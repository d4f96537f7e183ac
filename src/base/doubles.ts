/** Printing of doubles as C's printf does it, which is what Redis's replies show. */

/** The digits of Redis's double replies. */
const REPLY_DIGITS = 17;

/** A double as `%.17g`, with `inf`, `-inf` and `nan`. */
export function formatDouble(value: number): string {
  if (Number.isNaN(value)) return "nan";
  if (!Number.isFinite(value)) return value > 0 ? "inf" : "-inf";
  if (value === 0) return Object.is(value, -0) ? "-0" : "0";
  const [mantissa, power] = value.toExponential(REPLY_DIGITS - 1).split("e");
  const exponent = Number(power);
  if (exponent < -4 || exponent >= REPLY_DIGITS) {
    const sign = exponent < 0 ? "-" : "+";
    return `${trimZeros(mantissa)}e${sign}${String(Math.abs(exponent)).padStart(2, "0")}`;
  }
  return trimZeros(value.toFixed(REPLY_DIGITS - 1 - exponent));
}

function trimZeros(text: string): string {
  return text.includes(".") ? text.replace(/\.?0+$/, "") : text;
}
