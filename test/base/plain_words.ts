/** Splitting a line into words in the plainest way, to compare src/base/words.ts with. */

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

/** The words of a text up to its first zero byte, or null. */
export function plainWords(line: string): string[] | null {
  const text = line.split("\0")[0];
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
