/**
 * What a script can hold: nothing of the host's own. Strings are byte strings: each character is
 * one byte, 0 to 255. Guards (guards/) see to it that no other value gets into a script's hands,
 * and that the host never converts one of these by rules of its own.
 */

export type ScriptValue =
  | undefined
  | null
  | boolean
  | number
  | string
  | ScriptValue[]
  | ScriptObject
  | KeyVector
  | LargeInteger
  | ScriptFunction;

/**
 * An object of a script: its own properties, and a frozen prototype without any, so that
 * `constructor` or `__proto__` are names as all others, absent until set. Made by a constructor,
 * since `Object.create(null)` takes V8 twenty times as long.
 */
export interface ScriptObject {
  [name: string]: ScriptValue;
}
function ObjectOfScript(): void {}
ObjectOfScript.prototype = Object.freeze(Object.create(null));
export const ScriptObject = ObjectOfScript as unknown as new () => ScriptObject;

/** Whether it is an error, as commands have it that fail: an object with `err`. */
export function isError(value: ScriptValue): value is ScriptObject {
  return value instanceof ScriptObject && typeof (value as ScriptObject).err === "string";
}

/** KEYS or ARGV: read only, and counts from 1; `a[0]` is not used. */
export class KeyVector {
  readonly a: readonly string[];
  /** What messages call it. */
  readonly name: string;

  constructor(a: readonly string[], name: string) {
    this.a = a;
    this.name = name;
  }
}

export const NO_KEYS = new KeyVector([""], "KEYS");
export const NO_ARGUMENTS = new KeyVector([""], "ARGV");

/**
 * An integer that a number would round, from a reply, JSON or msgpack: it can be passed on, written
 * and compared, and arithmetic with it is an error.
 */
export class LargeInteger {
  readonly value: bigint;

  constructor(value: bigint) {
    this.value = value;
  }
}

/**
 * A function of a script; only the runtime calls it, with the depth as its first argument. A leaf,
 * which neither loops nor calls another, returns its value; all others return a generator.
 */
export type ScriptFunction = (depth: number, ...args: ScriptValue[]) => CallResult;

/** A call that goes on: `yield*` gives its value, and yields when a time slice is over. */
export type Running = Generator<void, ScriptValue, void>;
export type CallResult = ScriptValue | Running;

/**
 * Generators are never values of a script, so "is the result one?" tells a running call from a
 * leaf's value. Only for `instanceof`.
 */
function AnyGenerator(): void {}
AnyGenerator.prototype = Object.getPrototypeOf(function* () {}).prototype;
export const GeneratorObject = AnyGenerator as unknown as new () => Running;

/** What messages call a value of this kind. */
export function kindOf(value: ScriptValue): string {
  if (value === null) return "null";
  if (typeof value === "function") return "a function";
  if (typeof value !== "object") return typeof value;
  if (Array.isArray(value)) return "an array";
  if (value instanceof KeyVector) return value.name;
  return value instanceof LargeInteger ? "a large integer" : "an object";
}
