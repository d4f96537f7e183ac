/**
 * Purpose: reading requests in the plainest way, to compare RequestParser with: the whole stream
 * is there, and each step looks for the line's end from where it is. It does not know the limit
 * of a line, which depends on what has arrived when.
 */

import { plainWords } from "../base/plain_words.ts";

/** What a stream says: commands, then perhaps a protocol error, after which nothing is read. */
export interface Requests {
  commands: string[][];
  /** Of each command, whether it came exactly as RESP spells its arguments. */
  canonical: boolean[];
  problem: string | null;
}

export interface Limits {
  bulkSizeMax: number;
  unauthenticated: boolean;
}

/** The requests of a stream of bytes, one per character; a cut one at its end is left out. */
export function plainRequests(stream: string, limits: Limits): Requests {
  const commands: string[][] = [];
  const canonical: boolean[] = [];
  let at = 0;
  for (;;) {
    const isInline = at < stream.length && stream[at] !== "*";
    const found = isInline ? plainInline(stream, at) : plainArray(stream, at, limits);
    if (found === null) return { commands, canonical, problem: null };
    if (typeof found === "string") {
      return { commands, canonical, problem: `Protocol error: ${found}` };
    }
    if (found.words.length > 0) {
      commands.push(found.words);
      canonical.push(stream.slice(at, found.end) === spelled(found.words));
    }
    at = found.end;
  }
}

const spelled = (words: string[]) =>
  `*${words.length}\r\n${words.map((word) => `$${word.length}\r\n${word}\r\n`).join("")}`;

type Found = { words: string[]; end: number } | string | null;

function plainInline(stream: string, at: number): Found {
  const line = lineAt(stream, at, "\n");
  if (line === null) return null;
  const words = plainWords(line.endsWith("\r") ? line.slice(0, -1) : line);
  if (words === null) return "unbalanced quotes in request";
  return { words, end: at + line.length + 1 };
}

function plainArray(stream: string, start: number, limits: Limits): Found {
  const head = lineAt(stream, start, "\r");
  if (head === null) return null;
  const count = integer(head.slice(1));
  if (count === null || count > 2147483647n) return "invalid multibulk length";
  if (count > 10n && limits.unauthenticated) return "unauthenticated multibulk length";
  const words: string[] = [];
  let at = start + head.length + 2;
  while (BigInt(words.length) < count) {
    const line = lineAt(stream, at, "\r");
    if (line === null) return null;
    if (stream[at] !== "$") return `expected '$', got '${stream[at].replace(/[\r\n]/, " ")}'`;
    const size = integer(line.slice(1));
    if (size === null || size < 0n || size > limits.bulkSizeMax) return "invalid bulk length";
    if (size > 16384n && limits.unauthenticated) return "unauthenticated bulk length";
    at += line.length + 2;
    const end = at + Number(size);
    if (end + 2 > stream.length) return null;
    words.push(stream.slice(at, end));
    at = end + 2;
  }
  return { words, end: at };
}

/** The text up to `mark`, a carriage return being one of two; null when it is cut or hidden. */
function lineAt(stream: string, at: number, mark: string): string | null {
  const end = stream.indexOf(mark, at);
  if (end < 0 || (mark === "\r" && end + 1 >= stream.length)) return null;
  const line = stream.slice(at, end);
  return line.includes("\0") ? null : line;
}

function integer(text: string): bigint | null {
  if (!/^(0|-?[1-9]\d*)$/.test(text)) return null;
  const value = BigInt(text);
  return BigInt.asIntN(64, value) === value ? value : null;
}
