/** Names that clients give themselves: shown in CLIENT LIST, so in one word. */
import { CommandError } from "../../protocol/errors.ts";

const BAD_NAME = new CommandError(
  "ERR Client names cannot contain spaces, newlines or special characters.",
);

/** Whether the text has nothing but printable ASCII other than the blank. */
export function isOneWord(text: string): boolean {
  return /^[!-~]*$/.test(text);
}

/** The text as a client's name, "" for none; throws when it can be none. */
export function nameOf(text: string): string {
  if (!isOneWord(text)) throw BAD_NAME;
  return text;
}
