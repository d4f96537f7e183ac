/**
 * Purpose: all that came on a connection as a list of texts that are the same when both servers did
 * the same: without addresses, ages and the order of hash tables.
 */

import { formatReply, quoted } from "../client/format.ts";
import { parseReply, type Reply } from "../client/resp.ts";

/** A reply or message, and where in the stream it begins. */
export interface Piece {
  text: string;
  offset: number;
}

/** Pieces of one group that follow each other come in the order of a hash table. */
interface Grouped extends Piece {
  group: string;
  /** Of such a piece, what is given to the one that takes its place: how many are left. */
  count: string;
}

/** Fields of CLIENT LIST that say nothing of time, place and memory. */
const CLIENT_FIELDS = new Set(
  "id name flags db sub psub ssub multi cmd user redir resp".split(" "),
);

/** The pieces of a stream; bytes at its end that are no whole reply are the last one. */
export function pieces(bytes: Buffer): Piece[] {
  const found: Grouped[] = [];
  for (let offset = 0; offset < bytes.length; ) {
    try {
      const { reply, end } = parseReply(bytes, offset);
      found.push(...piecesOf(reply, offset));
      offset = end;
    } catch {
      // What is left is shown as it is.
      const text = `(no reply) ${quoted(bytes.subarray(offset))}`;
      found.push({ text, offset, group: "", count: "" });
      break;
    }
  }
  return inOneOrder(found.filter(({ text }) => !text.includes(BARRIER)));
}

/**
 * Mostly one. A message stands among the replies of EXEC, which does not count it: so what follows
 * may, or may not, be within.
 */
function piecesOf(reply: Reply, offset: number): Grouped[] {
  const isMixed = reply.type === "array" && reply.value.some((item) => orderOf(item).group !== "");
  if (!isMixed) return [{ text: textOf(reply), offset, ...orderOf(reply) }];
  const head = { text: `(array of ${reply.value.length})`, offset, group: "", count: "" };
  return [head, ...reply.value.flatMap((item) => piecesOf(item, offset))];
}

/** What the connection says that tells when a step is over: MONITOR shows it. */
export const BARRIER = "all-is-done";

function inOneOrder(found: Grouped[]): Piece[] {
  const ordered: Piece[] = [];
  for (let start = 0; start < found.length; ) {
    let end = start + 1;
    const { group } = found[start];
    while (group !== "" && end < found.length && found[end].group === group) end++;
    const run = found.slice(start, end);
    const texts = run.map(({ text }) => text).sort();
    for (const [at, { offset, count }] of run.entries()) {
      ordered.push({ text: texts[at] + count, offset });
    }
    start = end;
  }
  return ordered;
}

function orderOf(reply: Reply): { group: string; count: string } {
  if (reply.type !== "push" && reply.type !== "array") return { group: "", count: "" };
  const [kind, ...rest] = reply.value.map((item) => formatReply(item));
  if (kind === '"pmessage"' && rest.length === 3) {
    return { group: `pmessage ${rest[1]} ${rest[2]}`, count: "" };
  }
  if (/^"[ps]?unsubscribe"$/.test(kind ?? "") && rest.length === 2) {
    return { group: kind, count: ` ${rest[1]}` };
  }
  return { group: "", count: "" };
}

/** A reply as redis-cli shows it, without what differs though the servers do the same. */
export function textOf(reply: Reply): string {
  if ((reply.type === "array" || reply.type === "push") && reply.value.length === 3) {
    const [kind, name, count] = reply.value;
    const isUnsubscribe = kind.type === "bulk" && /^[ps]?unsubscribe$/.test(String(kind.value));
    if (isUnsubscribe && count.type === "integer") {
      return `${reply.type} ${kind.value} ${formatReply(name)}`;
    }
  }
  return plainer(formatReply(reply, "client list"), reply);
}

function plainer(text: string, reply: Reply): string {
  if (reply.type === "simple" && /^\d+\.\d{6} \[/.test(text)) {
    return text.replace(/^\S+ \[(\d+) [^\]]*\]/, "(monitor) [$1]");
  }
  return text
    .replace(/id=\d+ addr=[^\n"\\]*/g, (line) =>
      line
        .split(" ")
        .filter((field) => CLIENT_FIELDS.has(field.split("=")[0]))
        // Of a moment: it was blocked, and what it sent meanwhile is still to be carried out.
        .map((field) => field.replace("flags=u", "flags=N"))
        .join(" "),
    )
    .replace(/("age-seconds"(?: =>|\n *\d+\)) )"[\d.]+"/g, "$1?")
    .replace(/("age-seconds" => )\(double\) \S+/g, "$1?")
    .replace(/( [+-][a-z][\w|-]*){2,}/g, (rules) => rules.split(" ").sort().join(" "))
    .replace(/\b[0-9a-f]{40}\b/g, "(sha)");
}
