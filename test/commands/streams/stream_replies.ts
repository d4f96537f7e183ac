/**
 * Purpose: replies of stream commands as redis-cli shows them: what the tests of streams write in
 * RESP3 as RESP2 has it, and without what nobody can know beforehand.
 */

export const INVALID_ID = "(error) ERR Invalid stream ID specified as stream command argument";
export const SMALLER_ID =
  "(error) ERR The ID specified in XADD is equal or smaller than the target stream top item";
export const EXHAUSTED =
  "(error) ERR The stream has exhausted the last possible ID, unable to add more items";
export const LARGEST_ID = "18446744073709551615-18446744073709551615";
export const NO_KEY =
  "(error) ERR The XGROUP subcommand requires the key to exist. Note that for CREATE you may " +
  "want to use the MKSTREAM option to create an empty stream automatically.";

/** A shown reply: a line as it stands, items, or the keys and values of a map. */
type Shown = string | Shown[] | [string, Shown][] | ShownMap;

class ShownMap {
  readonly pairs: [string, Shown][];

  constructor(pairs: [string, Shown][]) {
    this.pairs = pairs;
  }
}

const PROMPT = /^ *(?:[a-z][a-z0-9]*)?(?:> (.*)|<)$/;
const LABEL = /^ *\d+([)#]) /;
/** A map's key, and what stands between it and its value. */
const KEY = /^("(?:\\.|[^"\\])*"|\S+) => ?/;

/**
 * Reads a shown reply. The lines of an item that follow its first have the indentation of its
 * depth, wherever the first began.
 */
class Reader {
  private readonly lines: readonly string[];
  private line = 0;
  private column = 0;

  constructor(lines: readonly string[]) {
    this.lines = lines;
  }

  read(indent = 0): Shown {
    const [label, kind] = LABEL.exec(this.rest()) ?? [];
    if (label === undefined) return this.rest();
    const items: Shown[] = [];
    const pairs: [string, Shown][] = [];
    for (;;) {
      this.column += label.length;
      if (kind === "#") pairs.push(this.pair(indent + label.length));
      else items.push(this.read(indent + label.length));
      const next = this.lines[this.line + 1] ?? "";
      if (next.slice(0, indent).trim() !== "") break;
      if (LABEL.exec(next.slice(indent))?.[0].length !== label.length) break;
      this.line++;
      this.column = indent;
    }
    return kind === "#" ? new ShownMap(pairs) : items;
  }

  private pair(indent: number): [string, Shown] {
    const [whole, key] = KEY.exec(this.rest()) ?? [];
    if (whole === undefined) throw new Error(`no key and value: ${this.rest()}`);
    this.column += whole.length;
    if (this.rest().trim() === "") {
      this.line++;
      this.column = indent;
    }
    return [key, this.read(indent)];
  }

  private rest(): string {
    return (this.lines[this.line] ?? "").slice(this.column);
  }
}

function read(lines: readonly string[]): Shown {
  return new Reader(lines).read();
}

/** As redis-cli prints it, see format.ts. */
function show(shown: Shown, indent = ""): string {
  if (typeof shown === "string") return shown;
  const pairs = shown instanceof ShownMap ? shown.pairs : null;
  const count = pairs?.length ?? (shown as Shown[]).length;
  const width = String(count).length;
  const inner = indent + " ".repeat(width + 2);
  const lines = Array.from({ length: count }, (_, index) => {
    const label = `${index === 0 ? "" : indent}${String(index + 1).padStart(width)}`;
    if (pairs === null) return `${label}) ${show((shown as Shown[])[index], inner)}`;
    const [key, value] = pairs[index];
    const several = value instanceof ShownMap ? value.pairs : Array.isArray(value) ? value : [];
    const gap = several.length > 1 ? `\n${inner}` : " ";
    return `${label}# ${key} =>${gap}${show(value, inner)}`;
  });
  return lines.join("\n");
}

/** As RESP2 has it: a map of streams to entries is an array of pairs, all others are flat. */
function flat(shown: Shown): Shown {
  if (shown instanceof ShownMap) {
    const pairs = shown.pairs.map(([key, value]): [string, Shown] => [key, flat(value)]);
    const first = shown.pairs[0][1];
    return Array.isArray(first) || first === "(empty array)" ? pairs : pairs.flat();
  }
  if (Array.isArray(shown)) return (shown as Shown[]).map(flat);
  return shown === "(empty hash)" ? "(empty array)" : shown;
}

/** A session's text, written as RESP3 shows it, for either protocol. */
export function inProtocol(text: string, protocol: number): string {
  if (protocol === 3) return text;
  const lines = text.split("\n");
  const indent = " ".repeat(lines.find((line) => PROMPT.test(line))?.search(/\S/) ?? 0);
  const out: string[] = [];
  for (let at = 0; at < lines.length; ) {
    const prompt = lines[at++];
    out.push(prompt);
    if (!PROMPT.test(prompt)) continue;
    const end = lines.findIndex((each, index) => index >= at && PROMPT.test(each));
    const reply = lines.slice(at, end < 0 ? lines.length : end);
    while (reply.at(-1)?.trim() === "") reply.pop();
    at += reply.length;
    if (reply.length === 0) continue;
    const shown = show(flat(read(reply.map((each) => each.slice(indent.length)))));
    out.push(...shown.split("\n").map((each) => indent + each));
  }
  return out.join("\n");
}

/** What XINFO tells of a time or of the inside of a server, and what stands for it. */
const VARIABLE: Readonly<Record<string, string>> = {
  '"idle"': "(integer) ms",
  '"seen-time"': "(integer) time",
  '"radix-tree-nodes"': "(integer) nodes",
};
/** Fields of XINFO that Redis 7.0.15 has not: left out, with a test of their own. */
const LATER_FIELDS = ['"inactive"', '"active-time"'];
/** Times between these are those of today, and not of a test. */
const RECENT_MS = [1.6e12, 1e13] as const;

function masked(shown: Shown): Shown {
  if (shown instanceof ShownMap) {
    const kept = shown.pairs.filter(([key]) => !LATER_FIELDS.includes(key));
    return new ShownMap(kept.map(([key, value]) => [key, VARIABLE[key] ?? masked(value)]));
  }
  if (!Array.isArray(shown)) {
    const number = Number(/^\(integer\) (\d+)$/.exec(shown)?.[1]);
    return number > RECENT_MS[0] && number < RECENT_MS[1] ? "(integer) time" : shown;
  }
  const items = shown as Shown[];
  const isField = (item: Shown | undefined) => typeof item === "string" && item.startsWith('"');
  return items.flatMap((item, index) => {
    const before = items[index - 1];
    const key = index % 2 === 1 && isField(before) ? (before as string) : "";
    if (LATER_FIELDS.includes(key)) return [];
    if (index % 2 === 0 && LATER_FIELDS.includes(item as string)) return [];
    return [VARIABLE[key] ?? masked(item)];
  });
}

/**
 * A reply to a typed line, with a word in the place of what differs from one run to the next: idle
 * times in XPENDING and XINFO, other times of today, and the nodes of a radix tree.
 */
export function withoutTimes(reply: string, line: string): string {
  if (/^xinfo (stream|groups|consumers) /i.test(line)) return show(masked(read(reply.split("\n"))));
  if (!/^xpending /i.test(line)) return reply;
  return reply.replace(/^( +3\)) \(integer\) \d+$/gm, "$1 (integer) ms");
}

/** The fields of a reply that is a map, in either protocol. */
export function fieldsOf(reply: unknown): Record<string, unknown> {
  if (reply instanceof Map) return Object.fromEntries(reply);
  const flat = reply as unknown[];
  const pairs = flat.flatMap((key, index) => (index % 2 === 0 ? [[key, flat[index + 1]]] : []));
  return Object.fromEntries(pairs);
}
