/** Names that clients give themselves: shown in CLIENT LIST, so in one word. */
import { CommandError } from "../../protocol/errors.ts";

const BAD_NAME = new CommandError(
  "ERR Client names cannot contain spaces, newlines or special characters.",
);

/** `!` and `~`: a blank comes before them. */
const FIRST_PRINTABLE = 33;
const LAST_PRINTABLE = 126;

/** Whether the text has nothing but printable ASCII other than the blank. */
export function isOneWord(text: string): boolean {
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (code < FIRST_PRINTABLE || code > LAST_PRINTABLE) return false;
  }
  return true;
}

/** The text as a client's name, "" for none; throws when it can be none. */
export function nameOf(text: string): string {
  if (!isOneWord(text)) throw BAD_NAME;
  return text;
}
