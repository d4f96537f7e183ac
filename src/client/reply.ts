/** What a server replies, in RESP2 or RESP3, as a value; texts are bytes, one per character. */
import { latin1 } from "../base/bytes.ts";

export type TextKind = "status" | "error" | "string" | "verbatim" | "integer" | "double" | "bignum";
export type ListKind = "array" | "map" | "set" | "push";

export type Reply =
  | { readonly kind: TextKind; readonly text: string }
  | { readonly kind: ListKind; readonly items: readonly Reply[] }
  | { readonly kind: "bool"; readonly value: boolean }
  | { readonly kind: "nil" };

/** What came is no RESP; the message is how hiredis says it. */
class ProtocolError extends Error {}

interface OpenList {
  readonly kind: ListKind | "attribute";
  readonly items: Reply[];
  left: number;
}

const LINE_KINDS: Readonly<Record<string, TextKind>> = {
  "+": "status",
  "-": "error",
  ":": "integer",
  ",": "double",
  "(": "bignum",
};
const LIST_KINDS: Readonly<Record<string, OpenList["kind"]>> = {
  "*": "array",
  "%": "map",
  "~": "set",
  ">": "push",
  "|": "attribute",
};
const BULK_KINDS: Readonly<Record<string, TextKind>> = {
  $: "string",
  "=": "verbatim",
  "!": "error",
};
const CARRIAGE_RETURN = 13;
const ROOM_MIN = 64 << 10;
/** Before the text of a verbatim string: its format and a colon. */
const FORMAT_SIZE = 4;
const NIL: Reply = { kind: "nil" };

/** Makes replies of bytes that come in pieces of any size. */
export class ReplyParser {
  private buffer = new Uint8Array(ROOM_MIN);
  private from = 0;
  private end = 0;
  private readonly open: OpenList[] = [];
  /** The bulk whose header has been read, and whose bytes are to come. */
  private bulk: { readonly kind: TextKind; readonly size: number } | null = null;

  /** Bytes that have come and belong to no reply yet. */
  get waiting(): Uint8Array {
    return this.buffer.subarray(this.from, this.end);
  }

  add(piece: Uint8Array): void {
    if (this.end + piece.length > this.buffer.length) this.makeRoom(piece.length);
    this.buffer.set(piece, this.end);
    this.end += piece.length;
  }

  /** Takes so many of the bytes that have come, at most, as they are. */
  takeBytes(sizeMax: number): Uint8Array {
    const size = Math.min(sizeMax, this.end - this.from);
    this.from += size;
    return this.buffer.slice(this.from - size, this.from);
  }

  /** The next line that has come, without its end; null if it has not. */
  takeLine(): string | null {
    const at = this.buffer.indexOf(CARRIAGE_RETURN, this.from);
    if (at < 0 || at + 1 >= this.end) return null;
    const line = latin1(this.buffer, this.from, at - this.from);
    this.from = at + 2;
    return line;
  }

  /** The next whole reply; null when more has to come. Throws a ProtocolError. */
  next(): Reply | null {
    for (;;) {
      const one = this.bulk === null ? this.takeItem() : this.takeBulk();
      if (one === "incomplete") return null;
      if (one === "begun") continue;
      const whole = this.close(one);
      if (whole !== null) return whole;
    }
  }

  /** Puts a value into the list that is open; what is whole by that, or null. */
  private close(one: Reply): Reply | null {
    let value = one;
    for (;;) {
      const list = this.open.at(-1);
      if (list === undefined) return value;
      list.items.push(value);
      if (--list.left > 0) return null;
      this.open.pop();
      if (list.kind === "attribute") return null;
      value = { kind: list.kind, items: list.items };
    }
  }

  private takeItem(): Reply | "incomplete" | "begun" {
    const line = this.takeLine();
    if (line === null) return "incomplete";
    const [mark, rest] = [line[0] ?? "", line.slice(1)];
    const kind = LINE_KINDS[mark];
    if (kind !== undefined) return { kind, text: rest };
    if (mark === "_") return NIL;
    if (mark === "#") return { kind: "bool", value: rest === "t" };
    const size = Number(rest);
    if (BULK_KINDS[mark] !== undefined) {
      if (size < 0) return NIL;
      this.bulk = { kind: BULK_KINDS[mark], size };
      return "begun";
    }
    const list = LIST_KINDS[mark];
    if (list === undefined) {
      throw new ProtocolError(`Protocol error, got ${shownByte(mark)} as reply type byte`);
    }
    if (size < 0) return NIL;
    const left = list === "map" || list === "attribute" ? size * 2 : size;
    if (left === 0) return list === "attribute" ? "begun" : { kind: list, items: [] };
    this.open.push({ kind: list, items: [], left });
    return "begun";
  }

  private takeBulk(): Reply | "incomplete" {
    const { kind, size } = this.bulk as { kind: TextKind; size: number };
    if (this.end - this.from < size + 2) return "incomplete";
    const skipped = kind === "verbatim" ? FORMAT_SIZE : 0;
    const text = latin1(this.buffer, this.from + skipped, size - skipped);
    this.from += size + 2;
    this.bulk = null;
    return { kind, text };
  }

  private makeRoom(size: number): void {
    const used = this.end - this.from;
    const old = this.buffer;
    if (used + size > old.length) {
      this.buffer = new Uint8Array(Math.max(old.length * 2, used + size));
    }
    this.buffer.set(old.subarray(this.from, this.end));
    this.from = 0;
    this.end = used;
  }
}

const shownByte = (mark: string) =>
  mark >= " " && mark <= "~"
    ? JSON.stringify(mark)
    : `"\\x${mark.charCodeAt(0).toString(16).padStart(2, "0")}"`;
