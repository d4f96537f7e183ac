/** The namespace Math: the host's functions, given numbers only. */
import { numberOf } from "../guards/conversion.ts";
import { charge } from "../guards/meter.ts";
import { nextRandom } from "../random.ts";
import type { ScriptValue } from "../value.ts";

type MathFunction = (...values: ScriptValue[]) => number;

/** Functions of one number. */
const UNARY = [
  "abs",
  "acos",
  "acosh",
  "asin",
  "asinh",
  "atan",
  "atanh",
  "cbrt",
  "ceil",
  "clz32",
  "cos",
  "cosh",
  "exp",
  "expm1",
  "floor",
  "fround",
  "log",
  "log10",
  "log1p",
  "log2",
  "round",
  "sign",
  "sin",
  "sinh",
  "sqrt",
  "tan",
  "tanh",
  "trunc",
] as const;

function unary(name: (typeof UNARY)[number]): MathFunction {
  const compute = Math[name];
  return (value) => compute(numberOf(value));
}

/** The largest number (of `sign` 1) or the smallest (-1); NaN if there is one. */
function extreme(values: ScriptValue[], sign: 1 | -1): number {
  charge(values.length >> 2);
  const choose = sign === 1 ? Math.max : Math.min;
  let found = sign * Number.NEGATIVE_INFINITY;
  for (const value of values) found = choose(found, numberOf(value));
  return found;
}

export const mathFunctions: Readonly<Record<string, MathFunction>> = {
  ...Object.fromEntries(UNARY.map((name) => [name, unary(name)])),
  atan2: (y, x) => Math.atan2(numberOf(y), numberOf(x)),
  hypot: (...values) => Math.hypot(...values.map(numberOf)),
  imul: (a, b) => Math.imul(numberOf(a), numberOf(b)),
  max: (...values) => extreme(values, 1),
  min: (...values) => extreme(values, -1),
  pow: (base, exponent) => numberOf(base) ** numberOf(exponent),
  random: () => nextRandom(),
};

export const mathConstants: Readonly<Record<string, number>> = {
  E: Math.E,
  LN10: Math.LN10,
  LN2: Math.LN2,
  LOG10E: Math.LOG10E,
  LOG2E: Math.LOG2E,
  PI: Math.PI,
  SQRT1_2: Math.SQRT1_2,
  SQRT2: Math.SQRT2,
};
