/**
 * Replies as trees that tell every kind of element apart, as the recordings hold them. In JSON: a
 * bulk string is a string, an integer a number, null null, an array an array; the other kinds are
 * objects with the kind's RESP3 sign as their only key.
 */
import { latin1 } from "../../../../src/base/bytes.ts";
import { Reply } from "../../../../src/protocol/reply.ts";

export type Tree =
  | string
  | number
  | null
  | Tree[]
  | { "+": string }
  | { "-": string }
  | { "~": Tree[] }
  | { "%": [Tree, Tree][] };

/** A map without some of its fields. */
export function withoutFields(map: Tree, names: readonly string[]): Tree {
  const { "%": fields } = map as { "%": [string, Tree][] };
  return { "%": fields.filter(([name]) => !names.includes(name)) };
}

/** The lines of a recording: pairs of what was asked and what the reply was. */
export async function recording<Asked>(file: string): Promise<[Asked, Tree][]> {
  const text = await Bun.file(new URL(file, import.meta.url)).text();
  return text
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line));
}

/** The reply that begins at `from` in RESP3 (as latin1), and where it ends; null: it is cut off. */
export function decode(text: string, from = 0): { tree: Tree; end: number } | null {
  const lineEnd = text.indexOf("\r\n", from);
  if (lineEnd < 0) return null;
  const kind = text[from];
  const rest = text.slice(from + 1, lineEnd);
  let end = lineEnd + 2;
  if (kind === ":") return { tree: Number(rest), end };
  if (kind === "+") return { tree: { "+": rest }, end };
  if (kind === "-") return { tree: { "-": rest }, end };
  if (kind === "_") return { tree: null, end };
  if (kind === "$") {
    const start = end;
    end += Number(rest) + 2;
    return text.length < end ? null : { tree: text.slice(start, end - 2), end };
  }
  if (kind !== "*" && kind !== "~" && kind !== "%") throw new Error(`unexpected ${kind}${rest}`);
  const items: Tree[] = [];
  const count = Number(rest) * (kind === "%" ? 2 : 1);
  while (items.length < count) {
    const item = decode(text, end);
    if (item === null) return null;
    items.push(item.tree);
    end = item.end;
  }
  return { tree: aggregate(kind, items), end };
}

/** What a reply writer was told to write, which must be one reply. */
export function written(write: (reply: Reply) => void): Tree {
  const reply = new Reply();
  reply.protocol = 3;
  write(reply);
  const decoded = decode(latin1(reply.bytes, 0, reply.at));
  if (decoded === null || decoded.end !== reply.at) throw new Error("not exactly one reply");
  return decoded.tree;
}

function aggregate(kind: "*" | "~" | "%", items: Tree[]): Tree {
  if (kind === "*") return items;
  if (kind === "~") return { "~": items };
  const pairs: [Tree, Tree][] = [];
  for (let index = 0; index < items.length; index += 2) {
    pairs.push([items[index], items[index + 1]]);
  }
  return { "%": pairs };
}
