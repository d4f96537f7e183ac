/**
 * Purpose: all that came on a connection as a list of texts that are the same when both servers did
 * the same: without addresses, ages and the order of hash tables.
 */

import { commandTable } from "../../src/commands/all.ts";
import { formatReply, quoted } from "../client/format.ts";
import { parseReply, type Reply } from "../client/resp.ts";

/** A reply or message, and where in the stream it begins. */
export interface Piece {
  text: string;
  offset: number;
}

/** What came on a connection, each in its order. */
export interface Received {
  replies: Piece[];
  /** What was published. */
  messages: Piece[];
  /** Which keys are not to be kept any more; among the replies when their places count. */
  invalidations: Piece[];
}

/** A piece and what it is, where neighbours may come in another order. */
interface Raw extends Piece {
  /** Pieces of one group that follow each other come in the order of a hash table. */
  group: string;
  /** What is given to the piece that takes this one's place: how many are left. */
  count: string;
}

/** Fields of CLIENT LIST that say nothing of time, place and memory. */
const CLIENT_FIELDS = new Set(
  "id name flags db sub psub ssub multi cmd user redir resp".split(" "),
);
/** Where messages stand among the replies of who causes them is up to the command in Redis. */
const MESSAGE = /^[ps]?message /;
/** Commands that rules may name, and Redis 7.0 has not got. */
const LATER = new Set(
  commandTable.all.flatMap(({ name, entry }) => (entry.since > "7.1" ? [name] : [])),
);
const INVALIDATION = "invalidate";
const BROKEN = "tracking-redir-broken";
const AGGREGATE = /^[*%~>]/;

/**
 * What a stream holds; bytes at its end that are no whole reply are the last piece. Arrays are
 * taken apart: a message can stand among the replies of EXEC, which does not count it.
 * `placesCount`: where invalidations stand among replies is the same in both servers.
 */
export function received(bytes: Buffer, placesCount: boolean): Received {
  const found: Raw[] = [];
  for (let offset = 0; offset < bytes.length; ) {
    try {
      offset = read(bytes, offset, found);
    } catch {
      // What is left is shown as it is.
      const text = `(no reply) ${quoted(bytes.subarray(offset))}`;
      found.push({ text, offset, group: "", count: "" });
      break;
    }
  }
  const told = found.filter(({ text }) => !text.includes(BARRIER));
  const partOf = ({ text, group }: Raw): keyof Received => {
    if (group === INVALIDATION || group === BROKEN)
      return placesCount ? "replies" : "invalidations";
    return MESSAGE.test(text) ? "messages" : "replies";
  };
  const part = (name: keyof Received) => inOneOrder(told.filter((raw) => partOf(raw) === name));
  return {
    replies: part("replies"),
    messages: part("messages"),
    invalidations: part("invalidations"),
  };
}

/** Reads a reply, or the beginning of one that has parts; returns where the next one begins. */
function read(bytes: Buffer, offset: number, found: Raw[]): number {
  const { reply, end } = parseReply(bytes, offset);
  const special = specialPiece(reply, offset);
  if (special !== null) {
    found.push(special);
    return end;
  }
  const head = bytes.toString("latin1", offset, bytes.indexOf("\r\n", offset));
  if (AGGREGATE.test(head)) {
    found.push({ text: head, offset, group: "", count: "" });
    return offset + head.length + 2;
  }
  const isAge = found.at(-1)?.text === '"age-seconds"';
  found.push({ text: isAge ? "?" : textOf(reply), offset, group: "", count: "" });
  return end;
}

/** Of a message of some kind, all of it. */
function specialPiece(reply: Reply, offset: number): Raw | null {
  if (reply.type !== "push" && reply.type !== "array") return null;
  const [kind, ...rest] = reply.value.map((item) => formatReply(item));
  const name = kind?.slice(1, -1) ?? "";
  const text = `${name} ${rest.join(" ")}`;
  if (name === INVALIDATION || rest[0] === '"__redis__:invalidate"') {
    if (name === INVALIDATION || name === "message") {
      return { text, offset, group: INVALIDATION, count: "" };
    }
  }
  if (name === BROKEN) return { text, offset, group: BROKEN, count: "" };
  if (/^s?message$/.test(name)) return { text, offset, group: "", count: "" };
  if (name === "pmessage") return { text, offset, group: `${rest[1]} ${rest[2]}`, count: "" };
  if (/^[ps]?unsubscribe$/.test(name) && rest.length === 2) {
    return { text: `${name} ${rest[0]}`, offset, group: name, count: ` ${rest[1]}` };
  }
  return null;
}

/** What the connection says that tells when a step is over: MONITOR shows it. */
export const BARRIER = "all-is-done";

function inOneOrder(found: readonly Raw[]): Piece[] {
  const ordered: Piece[] = [];
  for (let start = 0; start < found.length; ) {
    let end = start + 1;
    const { group, offset } = found[start];
    while (group !== "" && end < found.length && found[end].group === group) end++;
    const run = found.slice(start, end);
    // As many times as there are turns in which something was to be told.
    if (group === BROKEN) ordered.push(run[0]);
    else if (group === INVALIDATION) ordered.push({ text: invalidated(run), offset });
    else {
      const texts = run.map(({ text }) => text).sort();
      ordered.push(...run.map((one, at) => ({ text: texts[at] + one.count, offset: one.offset })));
    }
    start = end;
  }
  return ordered;
}

/** Which keys go into one message is up to which commands are carried out in one turn. */
function invalidated(run: readonly Raw[]): string {
  const keys = run.flatMap(
    ({ text }) =>
      text.replace('"__redis__:invalidate"', "").match(/"(?:\\.|[^"\\])*"|\(nil\)/g) ?? [],
  );
  return `invalidate ${[...new Set(keys)].sort().join(" ")}`;
}

/** A reply as redis-cli shows it, without what differs though the servers do the same. */
export function textOf(reply: Reply): string {
  return plainer(formatReply(reply), reply);
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
        .map((field) => field.replace(/^flags=u$/, "flags=N").replace(/^(flags=.*)u/, "$1"))
        .join(" "),
    )
    .replace(/("age-seconds"(?: =>|\n *\d+\)) )"[\d.]+"/g, "$1?")
    .replace(/( [+-][a-z][\w|-]*)+/g, (rules) =>
      rules
        .split(" ")
        .filter((rule) => !LATER.has(rule.slice(1)))
        .sort()
        .join(" "),
    )
    .replace(/\b[0-9a-f]{40}\b/g, "(sha)");
}
