/** Methods that more than one kind of value has: strings, arrays, numbers. */
import { callOwn } from "../guards/calls.ts";
import {
  integerOf,
  numberOf,
  primitiveString,
  stringArgument,
  stringOf,
} from "../guards/conversion.ts";
import { rangeError } from "../guards/errors.ts";
import { charge, countString, touch } from "../guards/meter.ts";
import { concatenate } from "../guards/operators.ts";
import { LargeInteger, type ScriptValue } from "../value.ts";
import { concatenated, lastPlaceOf, placeOf, sliceOf } from "./array_methods.ts";
import { type Method, relativeIndex } from "./method.ts";
import { find, Pattern } from "./search.ts";
import { part } from "./string_methods.ts";

function startOf(text: string, value: ScriptValue): number {
  return Math.min(Math.max(0, integerOf(value)), text.length);
}

function lastIn(text: string, args: ScriptValue[]): number {
  const pattern = stringArgument(args[0], "lastIndexOf");
  const start = numberOf(args[1]);
  const end = Number.isNaN(start) ? text.length : Math.max(0, Math.trunc(start));
  touch(text);
  return new Pattern(pattern).findLast(text, Math.min(end, text.length));
}

function inRadix(value: number, radix: ScriptValue): string {
  const base = integerOf(radix, 10);
  if (base < 2 || base > 36) throw rangeError("toString: radix must be 2..36");
  return countedDigits(value.toString(base));
}

/** What a number spells may be a thousand digits, which take microseconds. */
function countedDigits(text: string): string {
  charge(text.length >> 2);
  countString(text.length);
  return text;
}

const FIXED_DIGITS_MAX = 100;

export const sharedMethods: Record<string, Method> = {
  at(receiver, ...args) {
    if (typeof receiver === "string") touch(receiver);
    else if (!Array.isArray(receiver)) return callOwn(receiver, "at", args);
    const index = integerOf(args[0]);
    return receiver[index < 0 ? receiver.length + index : index];
  },
  slice(receiver, ...args) {
    if (Array.isArray(receiver)) return sliceOf(receiver, args[0], args[1]);
    if (typeof receiver !== "string") return callOwn(receiver, "slice", args);
    const { length } = receiver;
    const start = relativeIndex(integerOf(args[0]), length);
    return part(receiver, start, relativeIndex(integerOf(args[1], length), length));
  },
  indexOf(receiver, ...args) {
    if (Array.isArray(receiver)) return placeOf(receiver, args[0], args[1]);
    if (typeof receiver !== "string") return callOwn(receiver, "indexOf", args);
    return find(receiver, stringArgument(args[0], "indexOf"), startOf(receiver, args[1]));
  },
  lastIndexOf(receiver, ...args) {
    if (Array.isArray(receiver)) return lastPlaceOf(receiver, args);
    if (typeof receiver !== "string") return callOwn(receiver, "lastIndexOf", args);
    return lastIn(receiver, args);
  },
  includes(receiver, ...args) {
    const [sought, from] = args;
    if (Array.isArray(receiver)) {
      // Unlike indexOf, it finds NaN.
      if (!Number.isNaN(sought)) return placeOf(receiver, sought, from) >= 0;
      charge(receiver.length >> 5);
      return receiver.includes(sought, integerOf(from));
    }
    if (typeof receiver !== "string") return callOwn(receiver, "includes", args);
    return find(receiver, stringArgument(sought, "includes"), startOf(receiver, from)) >= 0;
  },
  concat(receiver, ...args) {
    if (Array.isArray(receiver)) return concatenated(receiver, args);
    if (typeof receiver !== "string") return callOwn(receiver, "concat", args);
    let result = receiver;
    for (const value of args) result = concatenate(result, stringOf(value));
    return result;
  },
  toString(receiver: ScriptValue, ...args: ScriptValue[]) {
    if (typeof receiver === "number") return inRadix(receiver, args[0]);
    if (typeof receiver === "boolean" || receiver instanceof LargeInteger) {
      return primitiveString(receiver);
    }
    if (typeof receiver === "string" || Array.isArray(receiver)) return stringOf(receiver);
    return callOwn(receiver, "toString", args);
  },
  toFixed(receiver, ...args) {
    if (typeof receiver !== "number") return callOwn(receiver, "toFixed", args);
    const digits = integerOf(args[0]);
    if (digits < 0 || digits > FIXED_DIGITS_MAX) {
      throw rangeError(`toFixed: digits must be 0..${FIXED_DIGITS_MAX}`);
    }
    return countedDigits(receiver.toFixed(digits));
  },
};
