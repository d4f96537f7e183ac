/**
 * The bytes that a string literal or a template stands for. A script's text is bytes, and its
 * strings are: a character that is written as itself is its UTF-8, \xHH is that one byte, and
 * \uHHHH and \u{...} are the UTF-8 of a character.
 */
import { utf8Of } from "../../builtins/utf8.ts";

/** What acorn has found to be valid between the quotes. */
export function bytesOfLiteral(raw: string): string {
  if (!raw.includes("\\") && !raw.includes("\r")) return raw;
  return raw.replace(ESCAPE, (written) => bytesOfEscape(written));
}

/** Two halves of a character outside Unicode's first plane are read together. */
const ESCAPE = new RegExp(
  [
    String.raw`\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}`,
    String.raw`\\u\{[0-9a-fA-F]+\}`,
    String.raw`\\u[0-9a-fA-F]{4}`,
    String.raw`\\x[0-9a-fA-F]{2}`,
    String.raw`\\\r\n|\\[\s\S]|\r\n?`,
  ].join("|"),
  "g",
);

const SIMPLE = new Map([
  ["n", "\n"],
  ["t", "\t"],
  ["r", "\r"],
  ["b", "\b"],
  ["f", "\f"],
  ["v", "\v"],
  ["0", "\0"],
  ["\n", ""],
  ["\r", ""],
  ["\r\n", ""],
]);

function bytesOfEscape(written: string): string {
  if (written[0] === "\r") return "\n"; // the end of a line within a template
  const rest = written.slice(1);
  if (rest[0] === "x" && rest.length === 3) return String.fromCharCode(hex(rest.slice(1)));
  if (rest[0] !== "u" || rest.length === 1) return SIMPLE.get(rest) ?? rest;
  if (rest[1] === "{") return utf8Of(hex(rest.slice(2, -1)));
  const first = hex(rest.slice(1, 5));
  if (rest.length === 5) return utf8Of(first);
  const second = hex(written.slice(8));
  return utf8Of(0x10000 + ((first - 0xd800) << 10) + (second - 0xdc00));
}

const hex = (digits: string): number => Number.parseInt(digits, 16);
