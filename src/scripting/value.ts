/**
 * What a script can hold: nothing of the host's own. Strings are byte strings: each character is
 * one byte, 0 to 255. Guards (guards/) see to it that no other value gets into a script's hands,
 * and that the host never converts one of these by rules of its own.
 */
import { SObj, Vec1 } from "./prototype/runtime.ts";

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
 * `constructor` or `__proto__` are names as all others, absent until set.
 */
export interface ScriptObject {
  [name: string]: ScriptValue;
}
export const ScriptObject = SObj as unknown as new () => ScriptObject;

/** KEYS or ARGV: read only, and counts from 1; `a[0]` is not used. */
export interface KeyVector {
  readonly a: readonly string[];
  readonly name: string;
}
export const KeyVector = Vec1 as unknown as new (a: readonly string[], name: string) => KeyVector;

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

/** A function of a script; only the runtime calls it, with the depth as its first argument. */
export type ScriptFunction = (depth: number, ...args: ScriptValue[]) => unknown;
