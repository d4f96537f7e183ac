/**
 * JSON.stringify, without a replacer; toJSON is a member like others. The writer keeps the
 * containers that are open in a list, and can stop before each value and within a long string.
 *
 * Strings are bytes: those from 0x80 on are written as they are. Large integers are written in
 * full.
 */
import { integerOf, stringOf } from "../guards/conversion.ts";
import { typeError } from "../guards/errors.ts";
import { charge, countArray, tick, touchWhole } from "../guards/meter.ts";
import { run } from "../guards/run_state.ts";
import { NESTING_MAX } from "../limits.ts";
import {
  KeyVector,
  LargeInteger,
  type Running,
  type ScriptObject,
  type ScriptValue,
} from "../value.ts";
import { ByteWriter } from "./byte_writer.ts";
import { ownNames } from "./object.ts";

const GAP_SIZE_MAX = 10;
/** How much of a string is written before time is asked for again, in bytes. */
const STRETCH = 65536;

const OPEN_BRACKET = 91;
const CLOSE_BRACKET = 93;
const OPEN_BRACE = 123;
const CLOSE_BRACE = 125;
const QUOTE = 34;
const COMMA = 44;
const COLON = 58;

/** A container whose values are being written: an object if it has `keys`. */
interface Open {
  readonly container: ScriptValue[] | ScriptObject;
  readonly keys: string[] | null;
  readonly count: number;
  /** How many of its values have been looked at. */
  index: number;
  isEmpty: boolean;
  readonly outer: Open | null;
}

/**
 * The text of a value; undefined for what JSON has no text for. Throws a TypeError of the script.
 */
export function* stringifyJson(
  _depth: number,
  value: ScriptValue,
  replacer?: ScriptValue,
  space?: ScriptValue,
): Running {
  if (replacer !== undefined && replacer !== null) {
    throw typeError("JSON.stringify: a replacer is not supported");
  }
  if (isLeftOut(value)) return undefined;
  const writer = new JsonWriter(value, gapOf(space));
  while (!writer.advance()) {
    writer.out.flush();
    yield;
  }
  return writer.out.take();
}

/** What each level is set in by. */
function gapOf(space: ScriptValue): string {
  if (space === undefined || space === null) return "";
  if (typeof space !== "number") return stringOf(space).slice(0, GAP_SIZE_MAX);
  return " ".repeat(Math.min(GAP_SIZE_MAX, Math.max(0, integerOf(space))));
}

function opened(container: ScriptValue[] | ScriptObject, outer: Open | null): Open {
  const keys = Array.isArray(container) ? null : ownNames(container);
  const count = keys === null ? (container as ScriptValue[]).length : keys.length;
  return { container, keys, count, index: 0, isEmpty: true, outer };
}

function isLeftOut(value: ScriptValue): boolean {
  return value === undefined || typeof value === "function";
}

class JsonWriter {
  readonly out = new ByteWriter();
  private readonly gap: string;
  /** The innermost open container; the outermost is a list of the one value, without brackets. */
  private inner: Open;
  private depth = 0;
  /** A long string that is being written, and how much of it is. */
  private long: string | null = null;
  private written = 0;

  constructor(value: ScriptValue, gap: string) {
    this.inner = opened([value], null);
    this.gap = gap;
  }

  /** Goes on until all is written, or until time is up; whether all is. */
  advance(): boolean {
    for (;;) {
      if (--run.f < 0 && tick()) return false;
      const { inner } = this;
      if (this.long !== null) {
        this.writeMore(this.long);
      } else if (inner.index < inner.count) {
        if (inner.keys === null) this.writeElement(inner);
        else this.writeMember(inner);
      } else {
        if (inner.outer === null) return true;
        this.close(inner, inner.outer);
      }
    }
  }

  private writeElement(inner: Open): void {
    const value = (inner.container as ScriptValue[])[inner.index++];
    if (inner.outer !== null) this.separate(inner);
    this.write(value);
  }

  private writeMember(inner: Open): void {
    const key = (inner.keys as string[])[inner.index++];
    const value = (inner.container as ScriptObject)[key];
    if (isLeftOut(value)) return;
    this.separate(inner);
    this.out.quoted(key);
    this.out.byte(COLON);
    if (this.gap !== "") this.out.text(" ");
    this.write(value);
  }

  private separate(inner: Open): void {
    if (!inner.isEmpty) this.out.byte(COMMA);
    inner.isEmpty = false;
    if (this.gap !== "") this.breakLine();
  }

  private breakLine(): void {
    this.out.text(`\n${this.gap.repeat(this.depth)}`);
  }

  /** Writes a value, or opens it: a container, or a long string. */
  private write(value: ScriptValue): void {
    if (typeof value === "string") this.writeString(value);
    else if (typeof value === "number") this.writeNumber(value);
    else if (typeof value === "boolean") this.out.text(value ? "true" : "false");
    else if (value === null || value === undefined) this.out.text("null");
    else if (typeof value === "function") this.out.text("null");
    else if (value instanceof LargeInteger) this.out.text(`${value.value}`);
    else if (value instanceof KeyVector) this.begin(elementsOf(value));
    else this.begin(value);
  }

  private writeNumber(value: number): void {
    if (Number.isFinite(value)) this.out.number(value);
    else this.out.text("null");
  }

  private writeString(text: string): void {
    if (text.length <= STRETCH) {
      charge(text.length >> 6);
      this.out.quoted(text);
    } else {
      touchWhole(text);
      this.long = text;
      this.written = 0;
      this.out.byte(QUOTE);
    }
  }

  /** The next part of a long string: a byte is escaped by itself, so it can be cut anywhere. */
  private writeMore(text: string): void {
    const end = this.written + STRETCH;
    this.out.text(JSON.stringify(text.slice(this.written, end)).slice(1, -1));
    charge(STRETCH >> 6);
    this.written = end;
    if (end < text.length) return;
    this.long = null;
    this.out.byte(QUOTE);
  }

  private begin(container: ScriptValue[] | ScriptObject): void {
    if (this.depth >= NESTING_MAX) throw typeError("JSON.stringify: nested too deeply or a cycle");
    this.depth++;
    this.inner = opened(container, this.inner);
    this.out.byte(this.inner.keys === null ? OPEN_BRACKET : OPEN_BRACE);
  }

  private close(inner: Open, outer: Open): void {
    this.depth--;
    this.inner = outer;
    if (!inner.isEmpty && this.gap !== "") this.breakLine();
    this.out.byte(inner.keys === null ? CLOSE_BRACKET : CLOSE_BRACE);
  }
}

function elementsOf(vector: KeyVector): ScriptValue[] {
  countArray(vector.a.length);
  return vector.a.slice(1);
}
