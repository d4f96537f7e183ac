/**
 * All that generated code calls, by the names that it has for them: $p_ methods, $g_ methods that
 * can pause, $ns_ and $nsg_ functions of namespaces, $gf_ functions of none. They are parameters of
 * the function that a script becomes; nothing else of the host is in its reach.
 */

import { methods, pausingMethods } from "./builtins/methods.ts";
import {
  globalFunctions,
  namespaceFunctions,
  type PlainFunction,
  pausingFunctions,
} from "./builtins/namespaces.ts";
import { callCommand } from "./builtins/redis_call.ts";
import * as calls from "./guards/calls.ts";
import * as construction from "./guards/construction.ts";
import { nameOf, numberOf, stringOf } from "./guards/conversion.ts";
import { caught, throwOverflow, throwValue } from "./guards/errors.ts";
import { tick } from "./guards/meter.ts";
import * as operators from "./guards/operators.ts";
import * as properties from "./guards/properties.ts";
import { run } from "./guards/run_state.ts";
import { GeneratorObject, type ScriptFunction, ScriptObject } from "./value.ts";

/** A built-in function as a value: it is called as the script's own are, with the depth. */
function asValue(builtin: PlainFunction): ScriptFunction {
  return (_depth, ...args) => builtin(...args);
}

/** Built-in functions that a script can name without calling them. */
const functionValues: Record<string, ScriptFunction> = {
  "redis.call": (_depth, ...args) => callCommand(run.l, args, false),
  "redis.pcall": (_depth, ...args) => callCommand(run.l, args, true),
};

export const helpers: Record<string, unknown> = {
  $: run,
  $tick: tick,
  $O: ScriptObject,
  $G: GeneratorObject,
  $n: numberOf,
  $s: stringOf,
  $key: nameOf,
  $add: operators.add,
  $cat: operators.concatenate,
  $mod: operators.remainder,
  $lt: operators.less,
  $le: operators.lessOrEqual,
  $gt: operators.greater,
  $ge: operators.greaterOrEqual,
  $seq: operators.strictEqual,
  $eq: operators.equal,
  $in: operators.isIn,
  $sw: operators.switchValue,
  $len: properties.lengthOf,
  $get: properties.get,
  $gp: properties.getNamed,
  $set: properties.set,
  $sp: properties.setNamed,
  $del: properties.deleteProperty,
  $keys1: properties.getFromVector,
  $obj: construction.makeObject,
  $oa: construction.addProperty,
  $os: construction.addAll,
  $rest: construction.restOfObject,
  $arr: construction.countedArray,
  $iter: construction.iterated,
  $spread: construction.spread,
  $spreadArgs: construction.spreadArguments,
  $forin: construction.enumerated,
  $dest: construction.destructured,
  $slice: construction.restOfArray,
  $fn: calls.callable,
  $U: calls.PENDING,
  $cu: calls.callPending,
  $nu: calls.notPending,
  $cm: calls.callUnknown,
  $cd: calls.callComputed,
  $throw: throwValue,
  $caught: caught,
  $so: throwOverflow,
  $newArray: construction.newArray,
  $call: callCommand,
  $fv: functionValues,
};

for (const name in methods) helpers[`$p_${name}`] = methods[name];
for (const name in pausingMethods) helpers[`$g_${name}`] = pausingMethods[name];
for (const name in globalFunctions) {
  helpers[`$gf_${name}`] = globalFunctions[name];
  functionValues[name] = asValue(globalFunctions[name]);
}
for (const namespace in namespaceFunctions) {
  for (const name in namespaceFunctions[namespace]) {
    helpers[`$ns_${namespace}_${name}`] = namespaceFunctions[namespace][name];
    functionValues[`${namespace}.${name}`] = asValue(namespaceFunctions[namespace][name]);
  }
}
for (const namespace in pausingFunctions) {
  for (const name in pausingFunctions[namespace]) {
    helpers[`$nsg_${namespace}_${name}`] = pausingFunctions[namespace][name];
    functionValues[`${namespace}.${name}`] = pausingFunctions[namespace][name];
  }
}
