/**
 * Purpose: what redis-cli shows, and what it reads. Replies are printed as it prints them to a
 * terminal, and a typed line is split into words as it does it.
 */

import type { Reply } from "./resp.ts";

const ESCAPES: Readonly<Record<number, string>> = {
  7: "\\a",
  8: "\\b",
  9: "\\t",
  10: "\\n",
  13: "\\r",
  34: '\\"',
  92: "\\\\",
};
const UNESCAPES: Readonly<Record<string, string>> = {
  a: "\x07",
  b: "\b",
  n: "\n",
  r: "\r",
  t: "\t",
};

/** Commands whose text redis-cli prints as it is, by their words in lower case. */
const RAW_OUTPUT = [
  /^info\b/,
  /^lolwut\b/,
  /^debug htstats\b/,
  /^debug htstats-key\b/,
  /^debug client-eviction\b/,
  /^memory (malloc-stats|doctor)\b/,
  /^latency (graph|doctor)\b/,
  /^client (list|info)\b/,
  /^cluster (info|nodes)\b/,
  /^proxy info\b/,
];

/** Bytes between double quotes, with everything unprintable as an escape. */
export function quoted(bytes: Uint8Array): string {
  let text = '"';
  for (const byte of bytes) {
    const short = ESCAPES[byte];
    if (short !== undefined) text += short;
    else if (byte >= 32 && byte < 127) text += String.fromCharCode(byte);
    else text += `\\x${byte.toString(16).padStart(2, "0")}`;
  }
  return `${text}"`;
}

/** A word as it may be typed: bare where that is the same, else quoted. */
export function typed(bytes: Uint8Array): string {
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString("latin1");
  return /^[!#-&(-[\]-~]+$/.test(text) ? text : quoted(bytes);
}

/**
 * Splits a typed line into words of raw bytes. "…" knows \n \r \t \b \a, \xHH, and \ before any
 * other character; '…' knows \'. Null when quotes are unbalanced.
 */
export function typedWords(line: string): Buffer[] | null {
  const text = Buffer.from(line).toString("latin1"); // a character per byte
  const words: Buffer[] = [];
  const token = /\s*(?:"((?:\\[\s\S]|[^"\\])*)"(?=\s|$)|'((?:\\'|[^'])*)'(?=\s|$)|([^\s"']+))/y;
  while (token.lastIndex < text.length) {
    if (/^\s*$/.test(text.slice(token.lastIndex))) break;
    const match = token.exec(text);
    if (match === null) return null;
    const [, double, single, bare] = match;
    const word =
      double !== undefined ? unescaped(double) : (single?.replaceAll("\\'", "'") ?? bare);
    words.push(Buffer.from(word, "latin1"));
    if (bare !== undefined && /["']/.test(text[token.lastIndex] ?? "")) return null;
  }
  return words;
}

function unescaped(text: string): string {
  return text.replace(/\\(?:x([0-9a-fA-F]{2})|([\s\S]))/g, (_, hex?: string, char?: string) =>
    hex === undefined
      ? (UNESCAPES[char ?? ""] ?? char ?? "")
      : String.fromCharCode(parseInt(hex, 16)),
  );
}

/**
 * A reply as redis-cli prints it, without the last line feed. `command` is the line it answers:
 * a few commands have their text printed as it is.
 */
export function formatReply(reply: Reply, command = ""): string {
  const raw = RAW_OUTPUT.some((pattern) => pattern.test(command.trim().toLowerCase()));
  if (raw && (reply.type === "bulk" || reply.type === "verbatim")) return reply.value.toString();
  return format(reply, "");
}

function format(reply: Reply, indent: string): string {
  switch (reply.type) {
    case "error":
      return `(error) ${reply.value}`;
    case "integer":
      return `(integer) ${reply.value}`;
    case "double":
      return `(double) ${reply.value}`;
    case "boolean":
      return reply.value ? "(true)" : "(false)";
    case "nil":
      return "(nil)";
    case "bulk":
      return quoted(reply.value);
    case "verbatim":
      return reply.value.toString();
    case "simple":
    case "bignum":
      return reply.value;
    case "map":
    case "attribute":
      return formatPairs(reply.value, indent);
    default:
      return formatItems(reply.value, reply.type, indent);
  }
}

const SEPARATORS = { array: ")", set: "~", push: ">" } as const;

function formatItems(items: Reply[], type: keyof typeof SEPARATORS, indent: string): string {
  if (items.length === 0) return `(empty ${type})`;
  const width = String(items.length).length;
  const inner = indent + " ".repeat(width + 2);
  return items
    .map((item, index) => {
      const label = `${String(index + 1).padStart(width)}${SEPARATORS[type]} `;
      return `${index === 0 ? "" : indent}${label}${format(item, inner)}`;
    })
    .join("\n");
}

function formatPairs(pairs: [Reply, Reply][], indent: string): string {
  if (pairs.length === 0) return "(empty hash)";
  const width = String(pairs.length).length;
  const inner = indent + " ".repeat(width + 2);
  return pairs
    .map(([key, value], index) => {
      const label = `${index === 0 ? "" : indent}${String(index + 1).padStart(width)}# `;
      const gap = hasSeveral(value) ? `\n${inner}` : "";
      return `${label}${format(key, inner)} => ${gap}${format(value, inner)}`;
    })
    .join("\n");
}

/** Whether redis-cli starts a new line for a value of a map. */
function hasSeveral(reply: Reply): boolean {
  return "value" in reply && Array.isArray(reply.value) && reply.value.length > 1;
}
