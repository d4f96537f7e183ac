/**
 * The lines of a section of INFO. Most fields are what they were when they were last shown: their
 * lines are copied from there, in runs, which halves what INFO takes (percmd's server/INFO).
 */
import type { ByteText } from "../../base/byte_text.ts";

/** A field of INFO; a number is shown by `show`, if there is one, asked when it changes. */
export type Field = readonly [
  name: string,
  value: string | number,
  show?: (value: number) => string,
];

/** What INFO shows of a field. */
export function shownValue([, value, show]: Field): string | number {
  return show === undefined || typeof value === "string" ? value : show(value);
}

export class FieldLines {
  /** What was written last; its lines, where each begins in them, and where the last one ends. */
  private fields: readonly Field[] = [];
  private bytes = new Uint8Array(0);
  private starts: number[] = [0];
  /** The array for the next starts. */
  private spare: number[] = [];

  /** Adds a line `name:value` for each field to a text. */
  write(fields: readonly Field[], text: ByteText): void {
    const { bytes, starts, spare } = this;
    const from = text.size;
    let at = 0;
    let run = 0;
    for (let i = 0; i < fields.length; i++) {
      spare[i] = at;
      if (this.isAsBefore(i, fields[i])) {
        at += starts[i + 1] - starts[i];
        continue;
      }
      if (i > run) text.addBytes(bytes, starts[run], starts[i]);
      addLine(fields[i], text);
      at = text.size - from;
      run = i + 1;
    }
    if (fields.length > run) text.addBytes(bytes, starts[run], starts[fields.length]);
    if (run === 0) return;
    spare[fields.length] = at;
    this.fields = fields;
    this.starts = spare;
    this.spare = starts;
    this.remember(text, from);
  }

  private isAsBefore(i: number, field: Field): boolean {
    if (i >= this.fields.length) return false;
    const before = this.fields[i];
    return before[0] === field[0] && isSame(before[1], field[1]) && before[2] === field[2];
  }

  private remember(text: ByteText, from: number): void {
    const size = text.size - from;
    if (size > this.bytes.length) this.bytes = new Uint8Array(size * 2);
    this.bytes.set(text.bytes.subarray(from, text.size));
  }
}

/** `===`, by the types, which saves a call for each number. */
function isSame(a: string | number, b: string | number): boolean {
  if (typeof a === "number") return typeof b === "number" && a === b;
  return typeof b === "string" && a === b;
}

function addLine(field: Field, text: ByteText): void {
  const value = shownValue(field);
  text.add(field[0]);
  text.add(":");
  if (typeof value === "number") text.addNumber(value);
  else text.add(value);
  text.add("\r\n");
}
