/**
 * What a script has without declaring it: namespaces, whose members are functions and constants,
 * and functions. The compiler knows no other names. A plain function takes the script's arguments;
 * one that can stop, or calls a script's function, is a generator whose first argument is the
 * depth.
 */
import { stringOf } from "../guards/conversion.ts";
import { errorObject } from "../guards/errors.ts";
import type { Running, ScriptValue } from "../value.ts";
import * as array from "./array.ts";
import { bitFunctions } from "./bit.ts";
import { parseJson } from "./json_parse.ts";
import { stringifyJson } from "./json_stringify.ts";
import { mathConstants, mathFunctions } from "./math.ts";
import { pack as packMessage } from "./msgpack_pack.ts";
import { unpackAll, unpack as unpackMessage } from "./msgpack_unpack.ts";
import * as number from "./number.ts";
import * as object from "./object.ts";
import { redisConstants, redisFunctions } from "./redis.ts";
import { sha1Hex } from "./sha1_hex.ts";
import * as struct from "./struct.ts";

export type PlainFunction = (...values: ScriptValue[]) => ScriptValue;
export type PausingFunction = (depth: number, ...values: ScriptValue[]) => Running;
type Table<Member> = Readonly<Record<string, Readonly<Record<string, Member>>>>;

/**
 * Plain functions of namespaces: a namespace is here, if with none. redis has call and pcall, too.
 */
export const namespaceFunctions: Table<PlainFunction> = {
  Array: { isArray: array.isArray, of: array.of },
  JSON: {},
  Math: mathFunctions,
  Number: number.numberFunctions,
  Object: {
    hasOwn: object.hasOwn,
    is: object.isSame,
    keys: object.keys,
  },
  String: { fromCharCode: number.fromCharCode },
  bit: bitFunctions,
  msgpack: {},
  redis: redisFunctions,
  struct: { pack: struct.pack, size: struct.size, unpack: struct.unpack },
};

/** Generators of namespaces. */
export const pausingFunctions: Table<PausingFunction> = {
  Array: { from: array.from },
  JSON: { parse: parseJson, stringify: stringifyJson },
  Object: {
    assign: object.assign,
    entries: object.entries,
    fromEntries: object.fromEntries,
    values: object.values,
  },
  msgpack: { pack: packMessage, unpack: unpackMessage, unpackAll },
  redis: { sha1hex: sha1Hex, sha1Hex },
};

/** Constants of namespaces. */
export const namespaceConstants: Table<number | string> = {
  Math: mathConstants,
  Number: number.numberConstants,
  redis: redisConstants,
};

/** Functions that belong to no namespace. With `new` or without, the last three make an error. */
export const globalFunctions: Readonly<Record<string, PlainFunction>> = {
  Boolean: number.toBoolean,
  Number: number.toNumber,
  String: number.toText,
  isFinite: number.isFiniteNumber,
  isNaN: number.isNotNumber,
  parseFloat: number.parseDecimal,
  parseInt: number.parseInteger,
  Error: errorMaker("Error"),
  RangeError: errorMaker("RangeError"),
  TypeError: errorMaker("TypeError"),
};

function errorMaker(name: string): PlainFunction {
  return (message) => errorObject(name, message === undefined ? "" : stringOf(message));
}
