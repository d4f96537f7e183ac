/**
 * Writes WebAssembly modules: functions over integers of 32 bits and one memory, as expressions.
 *
 *   const bytes = moduleOf(1, {
 *     sum: (f) => {
 *       const { at, end } = f.parameters("at", "end");
 *       const { total } = f.locals("total");
 *       const each = [total.set(add(total, byteAt(at))), at.set(add(at, 1))];
 *       return [whileTrue(isBelow(at, end), new Label(), ...each), endWith(total)];
 *     },
 *   });
 *
 * Every function takes and returns integers of 32 bits; locals may have 64. The forms of
 * instructions are those of chapter 5 of the WebAssembly specification. Nothing is checked but by
 * the runtime that compiles the module.
 */
import {
  END,
  I32,
  I64,
  type ModuleFunction,
  moduleBytes,
  NOTHING,
  signed,
  unsigned,
} from "./wasm_module.ts";

/** Writes instructions; `labels` are those of the blocks around them, the innermost last. */
export type Code = (out: number[], labels: readonly Label[]) => void;
export type Value = Code | Local | number;

/** What `leave` and `again` name: a block of code. */
export class Label {}

/** A variable of a function. */
export class Local {
  readonly index: number;
  constructor(index: number) {
    this.index = index;
  }

  set(value: Value): Code {
    return instruction([value], 0x21, ...unsigned(this.index));
  }
}

export type Locals<Name extends string> = Readonly<Record<Name, Local>>;

/** Declares the variables of a function: all parameters first. */
export class Scope {
  readonly types: number[] = [];
  parameterCount = 0;

  parameters<Name extends string>(...names: readonly Name[]): Locals<Name> {
    this.parameterCount += names.length;
    return this.declare(names, I32);
  }

  locals<Name extends string>(...names: readonly Name[]): Locals<Name> {
    return this.declare(names, I32);
  }

  /** Locals of 64 bits. */
  wide<Name extends string>(...names: readonly Name[]): Locals<Name> {
    return this.declare(names, I64);
  }

  private declare<Name extends string>(names: readonly Name[], type: number): Locals<Name> {
    const made: Partial<Record<Name, Local>> = {};
    for (const name of names) made[name] = new Local(this.types.push(type) - 1);
    return made as Locals<Name>;
  }
}

function write(value: Value, out: number[], labels: readonly Label[]): void {
  if (typeof value === "number") out.push(0x41, ...signed(value));
  else if (value instanceof Local) out.push(0x20, ...unsigned(value.index));
  else value(out, labels);
}

/** An instruction with what it takes from the stack. */
function instruction(taken: readonly Value[], ...bytes: number[]): Code {
  return (out, labels) => {
    for (const value of taken) write(value, out, labels);
    out.push(...bytes);
  };
}

const binary = (code: number) => (a: Value, b: Value) => instruction([a, b], code);

export const add = binary(0x6a);
export const subtract = binary(0x6b);
export const multiply = binary(0x6c);
export const and = binary(0x71);
export const or = binary(0x72);
export const shiftLeft = binary(0x74);
export const shiftRight = binary(0x76);
export const shiftRightSigned = binary(0x75);
export const isEqual = binary(0x46);
export const isOther = binary(0x47);
/** Comparisons with a sign. */
export const isLess = binary(0x48);
export const isMore = binary(0x4a);
/** Comparisons without a sign. */
export const isBelow = binary(0x49);
export const isAbove = binary(0x4b);
export const isAtMost = binary(0x4d);
export const isAtLeast = binary(0x4f);
export const isZero = (a: Value) => instruction([a], 0x45);

/** Loads from memory, of an address and a constant. */
export const byteAt = (at: Value, more = 0) => instruction([at], 0x2d, 0, ...unsigned(more));
export const wordAt = (at: Value, more = 0) => instruction([at], 0x28, 0, ...unsigned(more));
export const wideAt = (at: Value, more = 0) => instruction([at], 0x29, 0, ...unsigned(more));
export const setByte = (at: Value, value: Value, more = 0) =>
  instruction([at, value], 0x3a, 0, ...unsigned(more));
export const setWord = (at: Value, value: Value, more = 0) =>
  instruction([at, value], 0x36, 0, ...unsigned(more));
export const setWide = (at: Value, value: Value, more = 0) =>
  instruction([at, value], 0x37, 0, ...unsigned(more));

/** Copies `size` bytes, which may overlap. */
export const copyMemory = (to: Value, from: Value, size: Value) =>
  instruction([to, from, size], 0xfc, 10, 0, 0);

/** Of 64 bits. */
export const addWide = binary(0x7c);
export const xorWide = binary(0x85);
const shiftRightWide = binary(0x88);
/** Shifted right by a constant. */
export const shiftedWide = (a: Value, by: number) =>
  shiftRightWide(a, (out) => out.push(0x42, ...signed(by)));
export const lowWord = (a: Value) => instruction([a], 0xa7);
export const widened = (a: Value) => instruction([a], 0xac);
export const widenedUnsigned = (a: Value) => instruction([a], 0xad);

/** Some instructions in a row. */
export const row =
  (...codes: readonly Code[]): Code =>
  (out, labels) => {
    for (const code of codes) code(out, labels);
  };

function nested(opening: number, label: Label, codes: readonly Code[]): Code {
  return (out, labels) => {
    out.push(opening, NOTHING);
    const inner = [...labels, label];
    for (const code of codes) code(out, inner);
    out.push(END);
  };
}

const branch =
  (code: number, label: Label): Code =>
  (out, labels) =>
    out.push(code, ...unsigned(labels.length - 1 - labels.lastIndexOf(label)));

/** A block that `leave(label)` leaves. */
export const block = (label: Label, ...codes: readonly Code[]) => nested(0x02, label, codes);
export const leave = (label: Label) => branch(0x0c, label);
export const leaveIf = (label: Label, condition: Value) =>
  row(instruction([condition]), branch(0x0d, label));

/** Repeats the codes while the condition holds; `leave(label)` ends it. */
export function whileTrue(condition: Value, label: Label, ...codes: readonly Code[]): Code {
  const again = new Label();
  const loop = nested(0x03, again, [leaveIf(label, isZero(condition)), ...codes, leave(again)]);
  return block(label, loop);
}

/** Does it if the condition holds, else the other thing. */
export function ifTrue(condition: Value, yes: readonly Code[], no: readonly Code[] = []): Code {
  return (out, labels) => {
    write(condition, out, labels);
    out.push(0x04, NOTHING);
    const inner = [...labels, new Label()];
    for (const code of yes) code(out, inner);
    if (no.length > 0) out.push(0x05);
    for (const code of no) code(out, inner);
    out.push(END);
  };
}

/** Ends the function with a result. */
export const endWith = (value: Value) => instruction([value], 0x0f);

export type FunctionCode = (scope: Scope) => readonly Code[];

/** A module of these functions, by their names, and of a memory of so many pages of 64 KiB. */
export function moduleOf(
  pages: number,
  functions: Readonly<Record<string, FunctionCode>>,
): Uint8Array<ArrayBuffer> {
  return moduleBytes(
    pages,
    Object.entries(functions).map(([name, code]) => compiled(name, code)),
  );
}

function compiled(name: string, code: FunctionCode): ModuleFunction {
  const scope = new Scope();
  const body: number[] = [];
  for (const step of code(scope)) step(body, []);
  // Every way out is an `endWith`: the end is not reached.
  body.push(0x00);
  return {
    name,
    parameters: scope.types.slice(0, scope.parameterCount),
    results: [I32],
    locals: scope.types.slice(scope.parameterCount),
    body,
  };
}
