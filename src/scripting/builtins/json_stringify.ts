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
import { KeyVector, LargeInteger, type Running, ScriptObject, type ScriptValue } from "../value.ts";
import { ownNames } from "./object.ts";
import { Pieces } from "./pieces.ts";

const GAP_SIZE_MAX = 10;
/** How much of a string is written before time is asked for again, in bytes. */
const STRETCH = 65536;

/** A container whose values are being written: an object if it has `keys`. */
interface Open {
  readonly container: ScriptValue[] | ScriptObject;
  readonly keys: string[] | null;
  readonly count: number;
  /** How many of its values have been looked at. */
  index: number;
  isEmpty: boolean;
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
  while (!writer.advance()) yield;
  return writer.out.text();
}

/** What each level is set in by. */
function gapOf(space: ScriptValue): string {
  if (space === undefined || space === null) return "";
  if (typeof space !== "number") return stringOf(space).slice(0, GAP_SIZE_MAX);
  return " ".repeat(Math.min(GAP_SIZE_MAX, Math.max(0, integerOf(space))));
}

function isLeftOut(value: ScriptValue): boolean {
  return value === undefined || typeof value === "function";
}

class JsonWriter {
  readonly out = new Pieces();
  private readonly gap: string;
  private readonly open: Open[] = [];
  private value: ScriptValue;
  /** How much of a long string has been written. */
  private written = 0;

  constructor(value: ScriptValue, gap: string) {
    this.value = value;
    this.gap = gap;
  }

  /** Goes on until all is written, or until time is up; whether all is. */
  advance(): boolean {
    for (;;) {
      if (--run.f < 0 && tick()) return false;
      if (!this.write(this.value)) continue;
      if (!this.findNext()) return true;
    }
  }

  /** Writes a value, or opens it; whether a string has been written to its end. */
  private write(value: ScriptValue): boolean {
    if (typeof value === "string") return this.writeString(value);
    if (typeof value === "number") this.out.add(Number.isFinite(value) ? `${value}` : "null");
    else if (typeof value === "boolean") this.out.add(value ? "true" : "false");
    else if (value === null || value === undefined) this.out.add("null");
    else if (typeof value === "function") this.out.add("null");
    else if (value instanceof LargeInteger) this.out.add(`${value.value}`);
    else this.begin(value);
    return true;
  }

  private writeString(text: string): boolean {
    if (text.length <= STRETCH) {
      charge(text.length >> 6);
      this.out.add(JSON.stringify(text));
      return true;
    }
    // A byte is escaped by itself, so that a string can be written in parts.
    if (this.written === 0) {
      touchWhole(text);
      this.out.add('"');
    }
    const end = this.written + STRETCH;
    const quoted = JSON.stringify(text.slice(this.written, end));
    this.out.add(quoted.slice(1, -1));
    charge(STRETCH >> 6);
    if (end < text.length) {
      this.written = end;
      return false;
    }
    this.out.add('"');
    this.written = 0;
    return true;
  }

  private begin(value: ScriptValue[] | ScriptObject | KeyVector): void {
    if (this.open.length >= NESTING_MAX) {
      throw typeError("JSON.stringify: nested too deeply or a cycle");
    }
    const container = value instanceof KeyVector ? value.a.slice(1) : value;
    const keys = container instanceof ScriptObject ? ownNames(container) : null;
    if (value instanceof KeyVector) countArray(value.a.length);
    const count = keys === null ? (container as ScriptValue[]).length : keys.length;
    this.out.add(keys === null ? "[" : "{");
    this.open.push({
      container: container as ScriptValue[] | ScriptObject,
      keys,
      count,
      index: 0,
      isEmpty: true,
    });
  }

  /** Finds what is written next, and writes what is before it; false if all is written. */
  private findNext(): boolean {
    for (;;) {
      const inner = this.open[this.open.length - 1];
      if (inner === undefined) return false;
      if (inner.index < inner.count) {
        if (inner.keys === null) {
          this.value = (inner.container as ScriptValue[])[inner.index++];
          this.separate(inner);
          return true;
        }
        if (this.findMember(inner, inner.keys)) return true;
        continue;
      }
      this.open.pop();
      if (!inner.isEmpty) this.breakLine();
      this.out.add(inner.keys === null ? "]" : "}");
    }
  }

  /** The next member, unless it is left out. */
  private findMember(inner: Open, keys: string[]): boolean {
    const key = keys[inner.index++];
    const value = (inner.container as ScriptObject)[key];
    charge(1);
    if (isLeftOut(value)) return false;
    this.value = value;
    this.separate(inner);
    this.out.add(JSON.stringify(key) + (this.gap === "" ? ":" : ": "));
    return true;
  }

  private separate(inner: Open): void {
    if (!inner.isEmpty) this.out.add(",");
    inner.isEmpty = false;
    this.breakLine();
  }

  private breakLine(): void {
    if (this.gap !== "") this.out.add(`\n${this.gap.repeat(this.open.length)}`);
  }
}
