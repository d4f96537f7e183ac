/**
 * The namespace bit: operations on 32 bits, as Lua's BitOp has them. JavaScript has operators for
 * most of it; this is for what is carried over, and gives the same results bit by bit.
 */
import { typeError } from "../guards/errors.ts";
import { kindOf, type ScriptValue } from "../value.ts";
import { numberArgument } from "./number_argument.ts";

type BitFunction = (...values: ScriptValue[]) => number | string;

/** Added to a number it has the lowest bits of the mantissa be those of the nearest integer. */
const TO_INTEGER = 2 ** 52 + 2 ** 51;
const sum = new Float64Array(1);
const sumBits = new Int32Array(sum.buffer);
const HEX_DIGITS = 8;

/** The 32 bits of argument `index` of function `name`, from 0 on. */
function bitsOf(values: ScriptValue[], index: number, name: string): number {
  sum[0] = argument(values, index, name) + TO_INTEGER;
  return sumBits[0] as number;
}

function argument(values: ScriptValue[], index: number, name: string): number {
  const value = values[index];
  const number = numberArgument(value);
  if (typeof value === "number" || !Number.isNaN(number)) return number;
  const got = index < values.length ? kindOf(value) : "no value";
  throw typeError(`bad argument #${index + 1} to '${name}' (number expected, got ${got})`);
}

/** A function of one number. */
function unary(name: string, compute: (bits: number) => number): BitFunction {
  return (...values) => compute(bitsOf(values, 0, name)) | 0;
}

/** A function of one number or more, from the left. */
function folded(name: string, compute: (left: number, right: number) => number): BitFunction {
  return (...values) => {
    let bits = bitsOf(values, 0, name);
    for (let index = 1; index < values.length; index++) {
      bits = compute(bits, bitsOf(values, index, name));
    }
    return bits;
  };
}

/** A function of a number and of how far it is moved, of which 5 bits count. */
function shift(name: string, compute: (bits: number, distance: number) => number): BitFunction {
  return (...values) => {
    const bits = bitsOf(values, 0, name);
    return compute(bits, bitsOf(values, 1, name) & 31) | 0;
  };
}

function swapped(bits: number): number {
  return (bits >>> 24) | ((bits >>> 8) & 0xff00) | ((bits & 0xff00) << 8) | (bits << 24);
}

/** The lowest hexadecimal digits of a number: 8, or as many as said, in capitals if negative. */
function toHex(...values: ScriptValue[]): string {
  const bits = bitsOf(values, 0, "tohex");
  const wanted = values.length < 2 ? HEX_DIGITS : bitsOf(values, 1, "tohex");
  const count = Math.min(Math.abs(wanted), HEX_DIGITS);
  const digits = (bits >>> 0)
    .toString(16)
    .padStart(HEX_DIGITS, "0")
    .slice(HEX_DIGITS - count);
  return wanted < 0 ? digits.toUpperCase() : digits;
}

export const bitFunctions: Readonly<Record<string, BitFunction>> = {
  arshift: shift("arshift", (bits, distance) => bits >> distance),
  band: folded("band", (left, right) => left & right),
  bnot: unary("bnot", (bits) => ~bits),
  bor: folded("bor", (left, right) => left | right),
  bswap: unary("bswap", swapped),
  bxor: folded("bxor", (left, right) => left ^ right),
  lshift: shift("lshift", (bits, distance) => bits << distance),
  rol: shift("rol", (bits, distance) => (bits << distance) | (bits >>> (32 - distance))),
  ror: shift("ror", (bits, distance) => (bits >>> distance) | (bits << (32 - distance))),
  rshift: shift("rshift", (bits, distance) => bits >>> distance),
  tobit: unary("tobit", (bits) => bits),
  tohex: toHex,
};
