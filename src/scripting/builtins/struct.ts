/**
 * The namespace struct: numbers and strings as bytes, in the formats of struct_format.ts. Integers
 * have 64 bits, of which shorter ones take the lowest; beyond 8 bytes the others are zero.
 * Positions in the data count from 1, as in Redis.
 */
import { numberOf, primitiveString } from "../guards/conversion.ts";
import { rangeError, typeError } from "../guards/errors.ts";
import { countArray, countMemory, touchWhole } from "../guards/meter.ts";
import { kindOf, LargeInteger, type ScriptValue } from "../value.ts";
import { doubleAt, floatAt } from "./binary.ts";
import { ByteWriter } from "./byte_writer.ts";
import { integerOfWords } from "./large_integers.ts";
import { numberArgument } from "./number_argument.ts";
import { StructFormat } from "./struct_format.ts";

const WORD_SIZE = 8;
const INTEGERS = new Set("bBhHlLTiI");
const SIGNED = new Set("bhli");
const INTEGER_MIN = -(2 ** 63);
const INTEGER_END = 2 ** 64;
const VALUE_COST = 16;

/** The values that a call of struct.pack has been given, beside its format. */
class Arguments {
  private at = 1;
  private readonly values: ScriptValue[];
  private readonly format: StructFormat;

  constructor(values: ScriptValue[], format: StructFormat) {
    this.values = values;
    this.format = format;
  }

  /** Where the last one that was taken stands among all arguments, from 1 on. */
  get place(): number {
    return this.at;
  }

  takeNumber(): number | LargeInteger {
    const value = this.values[this.at++];
    if (typeof value === "number" || value instanceof LargeInteger) return value;
    const number = numberArgument(value);
    if (Number.isNaN(number)) throw this.wrong("number", value);
    return number;
  }

  takeString(): string {
    const value = this.values[this.at++];
    if (typeof value === "string") return value;
    if (typeof value === "number" || value instanceof LargeInteger) return primitiveString(value);
    throw this.wrong("string", value);
  }

  private wrong(expected: string, value: ScriptValue) {
    const got = this.at <= this.values.length ? kindOf(value) : "no value";
    return this.format.argumentError(this.at, `${expected} expected, got ${got}`);
  }
}

/** A string, or a number as one, among the arguments of `name`, from 0 on. */
function stringAt(values: ScriptValue[], index: number, name: string): string {
  const value = values[index];
  if (typeof value === "string") return value;
  if (typeof value === "number" || value instanceof LargeInteger) return primitiveString(value);
  const got = index < values.length ? kindOf(value) : "no value";
  throw typeError(`bad argument #${index + 1} to '${name}' (string expected, got ${got})`);
}

/** struct.pack(format, ...values): the bytes. */
export function pack(...values: ScriptValue[]): string {
  const format = new StructFormat(stringAt(values, 0, "pack"), "pack");
  const given = new Arguments(values, format);
  const out = new ByteWriter();
  while (format.next()) {
    const { letter } = format;
    const padding = format.padding(out.size);
    if (padding > 0) out.text("\0".repeat(padding));
    if (INTEGERS.has(letter)) addInteger(out, given.takeNumber(), format);
    else if (letter === "f" || letter === "d") addDecimal(out, given.takeNumber(), format);
    else if (letter === "x") out.byte(0);
    else if (letter === "s" || letter === "c") addString(out, given, format);
    else format.control();
  }
  return out.take();
}

function addInteger(out: ByteWriter, value: number | LargeInteger, format: StructFormat): void {
  const { isLittleEndian, size } = format;
  let low: number;
  let high: number;
  if (typeof value === "number" && Number.isSafeInteger(value)) {
    low = value | 0;
    high = Math.floor(value / 2 ** 32) | 0;
  } else {
    const bits = bitsOf(value);
    low = Number(bits & 0xffff_ffffn) | 0;
    high = Number(bits >> 32n) | 0;
  }
  for (let at = 0; at < size; at++) {
    const place = isLittleEndian ? at : size - 1 - at;
    if (place < 4) out.byte(low >> (8 * place));
    else out.byte(place < WORD_SIZE ? high >> (8 * place - 32) : 0);
  }
}

/** The 64 bits of an integer, a number's toward zero. */
function bitsOf(value: number | LargeInteger): bigint {
  const isInside =
    typeof value === "number"
      ? value >= INTEGER_MIN && value < INTEGER_END
      : value.value >= INTEGER_MIN && value.value < INTEGER_END;
  if (!isInside) throw rangeError("struct.pack: an integer has at most 64 bits");
  return BigInt.asUintN(64, typeof value === "number" ? BigInt(Math.trunc(value)) : value.value);
}

function addDecimal(out: ByteWriter, value: number | LargeInteger, format: StructFormat): void {
  const number = typeof value === "number" ? value : numberOf(value);
  if (format.letter === "f") out.float32(number, format.isLittleEndian);
  else out.float64(number, format.isLittleEndian);
}

function addString(out: ByteWriter, given: Arguments, format: StructFormat): void {
  const text = given.takeString();
  touchWhole(text);
  const size = format.size === 0 ? text.length : format.size;
  if (text.length < size) throw format.argumentError(given.place + 1, "string too short");
  out.text(size === text.length ? text : text.slice(0, size));
  if (format.letter === "s") out.byte(0);
}

/** struct.unpack(format, data, position = 1): the values, and at last the next position. */
export function unpack(...values: ScriptValue[]): ScriptValue[] {
  const format = new StructFormat(stringAt(values, 0, "unpack"), "unpack");
  const data = stringAt(values, 1, "unpack");
  touchWhole(data);
  let at = positionOf(values, format) - 1;
  const found: ScriptValue[] = [];
  while (format.next()) {
    at += format.padding(at);
    if (format.size > data.length - at || at > data.length) throw tooShort(format);
    const { letter } = format;
    countMemory(VALUE_COST);
    if (INTEGERS.has(letter)) found.push(integerAt(data, at, format));
    else if (letter === "f" || letter === "d") found.push(decimalAt(data, at, format));
    else if (letter === "s") found.push(stringUpToZero(data, at, format));
    else if (letter === "c") found.push(stringOfSize(data, at, format, found));
    else if (letter !== "x") format.control();
    at += format.size;
  }
  found.push(at + 1);
  countArray(found.length);
  return found;
}

function positionOf(values: ScriptValue[], format: StructFormat): number {
  const value = values[2];
  if (value === undefined || value === null) return 1;
  const position = Math.trunc(numberArgument(value));
  if (Number.isNaN(position)) {
    throw format.argumentError(3, `number expected, got ${kindOf(value)}`);
  }
  if (position < 1) throw format.argumentError(3, "offset must be 1 or greater");
  return position;
}

function tooShort(format: StructFormat) {
  return format.argumentError(2, "data string too short");
}

function integerAt(data: string, at: number, format: StructFormat): number | LargeInteger {
  const { letter, size, isLittleEndian } = format;
  let high = 0;
  let low = 0;
  for (let i = 0; i < size; i++) {
    const byte = data.charCodeAt(isLittleEndian ? at + size - 1 - i : at + i);
    high = ((high << 8) | (low >>> 24)) >>> 0;
    low = ((low << 8) | byte) >>> 0;
  }
  if (!SIGNED.has(letter) || size === 0) return integerOfWords(high, low);
  // What is above the sign of a short integer is moved out and comes back as copies of it.
  const unused = 64 - 8 * Math.min(size, WORD_SIZE);
  if (unused >= 32) return (low << (unused - 32)) >> (unused - 32);
  return integerOfWords((high << unused) >> unused, low);
}

function decimalAt(data: string, at: number, format: StructFormat): number {
  const { isLittleEndian, letter } = format;
  return letter === "f" ? floatAt(data, at, isLittleEndian) : doubleAt(data, at, isLittleEndian);
}

function stringUpToZero(data: string, at: number, format: StructFormat): string {
  const end = data.indexOf("\0", at);
  if (end < 0) throw typeError("unfinished string in data");
  format.size = end + 1 - at;
  return data.slice(at, end);
}

/** A string of the format's size, or for `c0` of the size that was found before. */
function stringOfSize(
  data: string,
  at: number,
  format: StructFormat,
  found: ScriptValue[],
): string {
  if (format.size === 0) format.size = takeSize(found, data.length - at, format);
  return data.slice(at, at + format.size);
}

function takeSize(found: ScriptValue[], rest: number, format: StructFormat): number {
  const value = found.pop();
  if (value instanceof LargeInteger) throw tooShort(format);
  const size = numberArgument(value);
  if (typeof value !== "number" && Number.isNaN(size)) {
    throw typeError("format 'c0' needs a previous size");
  }
  if (!(size > -1 && size <= rest)) throw tooShort(format);
  return Math.trunc(size);
}

/** struct.size(format): how many bytes it takes, if that is the same for all values. */
export function size(...values: ScriptValue[]): number {
  const format = new StructFormat(stringAt(values, 0, "size"), "size");
  let position = 0;
  while (format.next()) {
    const { letter } = format;
    position += format.padding(position);
    if (letter === "s" || (letter === "c" && format.size === 0)) {
      const option = letter === "s" ? "s" : "c0";
      throw format.argumentError(1, `option '${option}' has no fixed size`);
    }
    if (!/[a-zA-Z0-9]/.test(letter)) format.control();
    position += format.size;
  }
  return position;
}
