/** How many columns of a terminal a text takes, and what of it is one character to who reads it. */

/** Marks over and under others, what steers others, and vowels and ends of Hangul in parts. */
const NOTHING = /[\p{Mn}\p{Me}\p{Cf}\u1160-\u11ff]/u;
/** Forms that are half as wide as others of their script. */
const HALF = /[\uff61-\uffdc]/;
const WIDE_SIGNS = /[\p{Emoji_Presentation}\u3000-\u303e\uff01-\uff60\uffe0-\uffe6]/u;
const WIDE_LETTERS =
  /[\p{sc=Han}\p{sc=Hiragana}\p{sc=Katakana}\p{sc=Hangul}\p{sc=Bopomofo}\p{sc=Yi}]/u;
/** All before are letters and signs of one column each. */
const FIRST_OTHER = 0x300;

let segmenter: Intl.Segmenter | null = null;

/** The characters as people see them: a letter with its accents is one, and so is a flag. */
export function charactersOf(text: string): string[] {
  if (/^[ -~]*$/.test(text)) return text.split("");
  segmenter ??= new Intl.Segmenter(undefined, { granularity: "grapheme" });
  return Array.from(segmenter.segment(text), ({ segment }) => segment);
}

/** The columns that such a character takes: 2 at most, whatever it is put together from. */
export function columnsOf(character: string): number {
  let columns = 0;
  for (const part of character) columns += columnsOfPart(part);
  return Math.min(columns, 2);
}

function columnsOfPart(part: string): number {
  if ((part.codePointAt(0) as number) < FIRST_OTHER) return 1;
  if (NOTHING.test(part)) return 0;
  const isWide = (WIDE_LETTERS.test(part) && !HALF.test(part)) || WIDE_SIGNS.test(part);
  return isWide ? 2 : 1;
}

/** The columns of these characters together. */
export function widthOf(characters: readonly string[]): number {
  return characters.reduce((sum, character) => sum + columnsOf(character), 0);
}
