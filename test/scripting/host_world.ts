// Purpose: that scripts leave the host as it was, and get nothing of it.

import {
  KeyVector,
  LargeInteger,
  ScriptObject,
  type ScriptValue,
} from "../../src/scripting/value.ts";

const PROTOTYPES: Record<string, object> = {
  Array: Array.prototype,
  Boolean: Boolean.prototype,
  Error: Error.prototype,
  Function: Function.prototype,
  Number: Number.prototype,
  Object: Object.prototype,
  String: String.prototype,
  ScriptObject: ScriptObject.prototype,
  KeyVector: KeyVector.prototype,
  LargeInteger: LargeInteger.prototype,
};

/** All properties of the global object and of what values inherit from, with what they hold. */
export function hostWorld(): Map<string, unknown> {
  const world = new Map<string, unknown>();
  for (const [name, object] of Object.entries({ ...PROTOTYPES, global: globalThis })) {
    for (const key of Reflect.ownKeys(object)) {
      const property = Object.getOwnPropertyDescriptor(object, key);
      world.set(`${name}.${String(key)}`, property?.value ?? property?.get);
    }
  }
  return world;
}

/** What is there, gone or another since `before`. */
export function worldChanges(before: Map<string, unknown>): string[] {
  const after = hostWorld();
  const names = new Set([...before.keys(), ...after.keys()]);
  return [...names].filter((name) => !Object.is(before.get(name), after.get(name)));
}

/** What is wrong with a value that a script has: it is not one that scripts may hold. */
export function misfit(value: unknown, depth = 0): string | null {
  if (typeof value === "string") {
    // biome-ignore lint/suspicious/noControlCharactersInRegex: all bytes are meant.
    return /^[\x00-\xff]*$/.test(value) ? null : `a string that is no bytes: ${value}`;
  }
  if (typeof value === "bigint" || typeof value === "symbol") return typeof value;
  if (typeof value !== "object" || value === null || depth > 20) return null;
  if (value instanceof KeyVector || value instanceof LargeInteger) return null;
  const prototype = Object.getPrototypeOf(value);
  if (Array.isArray(value)) {
    if (prototype !== Array.prototype) return "an array of another kind";
    if (Reflect.ownKeys(value).length !== value.length + 1) return "an array with holes or names";
  } else if (prototype !== ScriptObject.prototype) {
    return `an object of the host's: ${Object.prototype.toString.call(value)}`;
  }
  for (const key of Reflect.ownKeys(value)) {
    const inner = misfit((value as Record<string | symbol, ScriptValue>)[key], depth + 1);
    if (inner !== null) return inner;
  }
  return null;
}
