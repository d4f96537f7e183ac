/** Printing of doubles with a fixed number of decimals, as C's printf does it. */

/** From here on, toFixed prints powers of ten; every double is an integer by then. */
const WHOLE_BEGIN = 1e21;

/** A double as `%.nf`: rounded from its exact value, half to even. */
export function formatFixed(value: number, decimals: number): string {
  if (Number.isNaN(value)) return "nan";
  if (!Number.isFinite(value)) return value > 0 ? "inf" : "-inf";
  if (value < 0 || Object.is(value, -0)) return `-${formatFixed(-value, decimals)}`;
  if (value >= WHOLE_BEGIN) return `${BigInt(value)}.${"0".repeat(decimals)}`;
  const text = value.toFixed(decimals);
  // toFixed rounds up where a double lies exactly between two texts: at an odd multiple of
  // 2^-(decimals + 1). An odd last digit then shows that it should have been the one below.
  const twice = value * 2 ** (decimals + 1);
  if (!Number.isInteger(twice) || twice % 2 === 0 || (text.charCodeAt(text.length - 1) & 1) === 0) {
    return text;
  }
  const digits = BigInt(text.replace(".", "")) - 1n;
  const padded = digits.toString().padStart(decimals + 1, "0");
  return `${padded.slice(0, -decimals)}.${padded.slice(-decimals)}`;
}

/** A double as `%.nf`, without zeros at the end of its decimals. */
export function formatTrimmed(value: number, decimals: number): string {
  return formatFixed(value, decimals).replace(/\.?0+$/, "");
}
