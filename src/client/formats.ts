/** Replies as redis-cli shows them: for a person, raw, as CSV and as JSON. */
import { quoted } from "../base/quoted.ts";
import type { ListKind, Reply } from "./reply.ts";

export type OutputFormat = "standard" | "raw" | "csv" | "json" | "quoted-json";

/** What stands between replies, and between the elements of one, in the raw format. */
export interface Delimiters {
  readonly reply: string;
  readonly element: string;
}

/** A reply as a whole output; `isVerbatim` is for those of commands that reply with text. */
export function formatReply(
  reply: Reply,
  format: OutputFormat,
  isVerbatim: boolean,
  delimiters: Delimiters,
): string {
  if (isVerbatim) return rawOf(reply, delimiters.element);
  if (format === "standard") return personOf(reply, "");
  if (format === "raw") return rawOf(reply, delimiters.element) + delimiters.reply;
  if (format === "csv") return `${csvOf(reply)}\n`;
  return `${jsonOf(reply, format === "json" ? jsonString : jsonOfQuoted)}\n`;
}

const EMPTY: Readonly<Record<ListKind, string>> = {
  array: "(empty array)\n",
  map: "(empty hash)\n",
  set: "(empty set)\n",
  push: "(empty push)\n",
};
const NUMBER_ENDS: Readonly<Record<ListKind, string>> = {
  array: ")",
  map: "#",
  set: "~",
  push: ")",
};

/** For a person; lines after the first one begin with `indent`. */
function personOf(reply: Reply, indent: string): string {
  switch (reply.kind) {
    case "error":
      return `(error) ${reply.text}\n`;
    case "status":
    case "verbatim":
      return `${reply.text}\n`;
    case "integer":
    case "double":
      return `(${reply.kind}) ${reply.text}\n`;
    case "bignum":
      return `(big number) ${reply.text}\n`;
    case "string":
      return `${quoted(reply.text)}\n`;
    case "nil":
      return "(nil)\n";
    case "bool":
      return reply.value ? "(true)\n" : "(false)\n";
    default:
      return listForPerson(reply.kind, reply.items, indent);
  }
}

function listForPerson(kind: ListKind, items: readonly Reply[], indent: string): string {
  if (items.length === 0) return EMPTY[kind];
  const isMap = kind === "map";
  const count = isMap ? items.length / 2 : items.length;
  const width = String(count).length;
  const inner = indent + " ".repeat(width + 2);
  const parts: string[] = [];
  for (let i = 0; i < count; i++) {
    parts.push(i === 0 ? "" : indent, `${i + 1}`.padStart(width), NUMBER_ENDS[kind], " ");
    if (isMap) {
      parts.push(personOf(items[2 * i], inner).slice(0, -1), " => ");
      const value = personOf(items[2 * i + 1], inner);
      const takesLines = value.indexOf("\n") < value.length - 1;
      parts.push(takesLines ? `\n${inner}` : "", value);
    } else {
      parts.push(personOf(items[i], inner));
    }
  }
  return parts.join("");
}

function rawOf(reply: Reply, delimiter: string): string {
  switch (reply.kind) {
    case "nil":
      return "";
    case "error":
      return `${reply.text}\n`;
    case "bool":
      return reply.value ? "(true)" : "(false)";
    case "array":
    case "set":
    case "push":
      return reply.items.map((item) => rawOf(item, delimiter)).join(delimiter);
    case "map":
      return pairsOf(reply.items)
        .map(([key, value]) => `${rawOf(key, delimiter)} ${rawOf(value, delimiter)}`)
        .join(delimiter);
    default:
      return reply.text;
  }
}

function csvOf(reply: Reply): string {
  switch (reply.kind) {
    case "error":
      return `ERROR,${quoted(reply.text)}`;
    case "status":
    case "string":
    case "verbatim":
      return quoted(reply.text);
    case "nil":
      return "NULL";
    case "bool":
      return String(reply.value);
    case "array":
    case "set":
    case "push":
    case "map":
      return reply.items.map(csvOf).join(",");
    default:
      return reply.text;
  }
}

function jsonOf(reply: Reply, string: (text: string) => string): string {
  switch (reply.kind) {
    case "error":
      return `error:${string(reply.text)}`;
    case "status":
    case "string":
    case "verbatim":
      return string(reply.text);
    case "nil":
      return "null";
    case "bool":
      return String(reply.value);
    case "array":
    case "set":
    case "push":
      return `[${reply.items.map((item) => jsonOf(item, string)).join(",")}]`;
    case "map":
      return `{${pairsOf(reply.items)
        .map(([key, value]) => `${jsonKey(key, string)}:${jsonOf(value, string)}`)
        .join(",")}}`;
    default:
      return reply.text;
  }
}

/** Keys of JSON are strings: of anything else, the string of its JSON. */
function jsonKey(key: Reply, string: (text: string) => string): string {
  const isText = key.kind === "string" || key.kind === "status" || key.kind === "verbatim";
  return isText || key.kind === "error" ? jsonOf(key, string) : string(jsonOf(key, string));
}

function pairsOf(items: readonly Reply[]): [Reply, Reply][] {
  const pairs: [Reply, Reply][] = [];
  for (let i = 0; i + 1 < items.length; i += 2) pairs.push([items[i], items[i + 1]]);
  return pairs;
}

const JSON_ESCAPES: Readonly<Record<string, string>> = {
  "\\": "\\\\",
  '"': '\\"',
  "\n": "\\n",
  "\r": "\\r",
  "\t": "\\t",
  "\b": "\\b",
  "\f": "\\f",
};

/** Bytes from 32 on stand as they are: what is no UTF-8 gives what is no JSON, as in Redis. */
const jsonString = (text: string) =>
  `"${text.replace(/[\\"]|[^ -\xff]/g, (byte) => JSON_ESCAPES[byte] ?? hexEscape(byte))}"`;

const hexEscape = (byte: string) => `\\u${byte.charCodeAt(0).toString(16).padStart(4, "0")}`;

/** A string of ASCII alone, whose value is the quoted text without its quotes. */
const jsonOfQuoted = (text: string) => quoted(text).replaceAll("\\", "\\\\");
