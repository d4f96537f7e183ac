/**
 * The words of a configuration line: separated by blanks, quoted with "…" (where \n, \r, \t, \b,
 * \a, \xHH and \ before any other character are escapes) or '…' (where only \' is one).
 * Texts hold bytes, one character each.
 */

const WORD = new RegExp(
  [
    /[ \n\r\t\v\f]*/,
    /([^ \n\r\t"']*)/,
    /(?:"((?:\\x[0-9a-fA-F]{2}|\\[\s\S]|[^"\\])*)"|'((?:\\'|[^'\\]|\\(?!'))*)')?/,
  ]
    .map((part) => part.source)
    .join(""),
  "y",
);
const ESCAPE = /\\(?:x([0-9a-fA-F]{2})|([\s\S]))/g;
const ESCAPED: Record<string, string> = { n: "\n", r: "\r", t: "\t", b: "\b", a: "\x07" };

/**
 * The words of a line, up to a zero byte; null when a quote is not closed or something follows a
 * closing quote. A quote may begin inside a word: `a"b c"` is the word `ab c`.
 */
export function splitWords(line: string): string[] | null {
  const text = cString(line);
  const words: string[] = [];
  let at = 0;
  for (;;) {
    WORD.lastIndex = at;
    const match = WORD.exec(text);
    if (match === null) return null;
    const [whole, bare, double, single] = match;
    at += whole.length;
    const isQuoted = double !== undefined || single !== undefined;
    if (at < text.length && !/[ \n\r\t\v\f]/.test(text[at])) return null;
    if (bare !== "" || isQuoted) words.push(bare + unquote(double, single));
    if (at === text.length) return words;
  }
}

function unquote(double: string | undefined, single: string | undefined): string {
  if (single !== undefined) return single.replaceAll("\\'", "'");
  if (double === undefined) return "";
  return double.replace(ESCAPE, (_, hex: string | undefined, other: string) =>
    hex === undefined ? (ESCAPED[other] ?? other) : String.fromCharCode(Number.parseInt(hex, 16)),
  );
}

/** A text up to its first zero byte: what is left of it where Redis keeps a C string. */
export function cString(text: string): string {
  const zero = text.indexOf("\0");
  return zero < 0 ? text : text.slice(0, zero);
}
