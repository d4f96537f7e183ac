/** Keys of a terminal, one by one. */
import type { InputBytes } from "./input_bytes.ts";

/** A key: what was typed, or the name of what an escape sequence stands for. */
export type Key = { readonly code: number } | { readonly text: string } | { readonly name: string };

/** The code of a letter that is typed with Ctrl. */
export const control = (letter: string) => letter.charCodeAt(0) & 31;
export const DELETE = 127;
export const CR = 13;
export const LF = 10;
export const TAB = 9;
const ESCAPE = 27;

const SEQUENCES: Readonly<Record<string, string>> = {
  "[A": "up",
  "[B": "down",
  "[C": "right",
  "[D": "left",
  "[H": "home",
  "[F": "end",
  OH: "home",
  OF: "end",
  "[1~": "home",
  "[7~": "home",
  "[4~": "end",
  "[8~": "end",
  "[3~": "delete",
  "[1;5C": "word-right",
  "[1;5D": "word-left",
  f: "word-right",
  b: "word-left",
};

/** The next key; null at the end of the input. */
export async function nextKey(input: InputBytes): Promise<Key | null> {
  const byte = await input.byte();
  if (byte < 0) return null;
  if (byte === ESCAPE) return escaped(input);
  if (byte < 32 || byte === DELETE) return { code: byte };
  if (byte < 128) return { text: String.fromCharCode(byte) };
  const bytes = [byte];
  for (let left = continuationsOf(byte); left > 0; left--) bytes.push(await input.byte());
  return { text: new TextDecoder().decode(Uint8Array.from(bytes)) };
}

async function escaped(input: InputBytes): Promise<Key | null> {
  let sequence = "";
  for (;;) {
    const byte = await input.byte();
    if (byte < 0) return null;
    sequence += String.fromCharCode(byte);
    const isWhole = /^(?:[^[O]|O.|\[[\d;]*[^\d;])$/s.test(sequence);
    if (isWhole) return { name: SEQUENCES[sequence] ?? "" };
  }
}

/** Bytes that follow the first one of a character in UTF-8. */
function continuationsOf(byte: number): number {
  if (byte >= 0xf0) return 3;
  if (byte >= 0xe0) return 2;
  return byte >= 0xc0 ? 1 : 0;
}
