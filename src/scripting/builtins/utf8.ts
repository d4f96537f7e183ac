/** The bytes, each a character, that a character of Unicode is in UTF-8; its half, if it is one. */
export function utf8Of(code: number): string {
  const of = String.fromCharCode;
  if (code < 0x80) return of(code);
  const last = 0x80 | (code & 63);
  if (code < 0x800) return of(0xc0 | (code >> 6), last);
  const second = 0x80 | ((code >> 6) & 63);
  if (code < 0x10000) return of(0xe0 | (code >> 12), second, last);
  return of(0xf0 | (code >> 18), 0x80 | ((code >> 12) & 63), second, last);
}
