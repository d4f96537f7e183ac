/**
 * The first line of a script or library that says what it is: `#!js name=mylib`, or
 * `#!js flags=no-writes,allow-oom`.
 */
import { splitWords } from "../base/words.ts";

const MARK = "#!";

/** Whether a text begins with such a line, be it sound or not. */
export function hasShebang(text: string): boolean {
  return text.startsWith(MARK);
}

export interface Shebang {
  readonly engine: string;
  /** What follows, as words: `name=mylib`. */
  readonly options: readonly string[];
}

/** Reads the line that `hasShebang` has seen; why it is none, in the last cases. */
export function readShebang(text: string): Shebang | "unended" | "unreadable" {
  const end = text.indexOf("\n");
  if (end < 0) return "unended";
  const words = splitWords(text.slice(0, end));
  if (words === null) return "unreadable";
  const [mark, ...options] = words;
  return { engine: mark.slice(MARK.length), options };
}
