/** Bytes with two decimals of the largest unit that they reach. */
export function humanSize(size: number): string {
  if (size < 1024) return `${size}B`;
  let value = size / 1024;
  for (const unit of "KMGT") {
    if (value < 1024) return `${value.toFixed(2)}${unit}`;
    value /= 1024;
  }
  return `${value.toFixed(2)}P`;
}
