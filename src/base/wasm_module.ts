/**
 * WebAssembly modules in bytes, as chapter 5 of the WebAssembly specification writes them: some
 * functions, and a memory. What the functions do is the business of wide_words.ts and wasm_code.ts.
 */

/** Types of values. */
export const I32 = 0x7f;
export const I64 = 0x7e;
/** The type of a block that leaves nothing. */
export const NOTHING = 0x40;
/** Ends a block, or a function. */
export const END = 0x0b;

const FUNCTION = 0x60;
const MEMORY = 2;
const Section = { types: 1, functions: 3, memories: 5, exports: 7, code: 10 } as const;

/** A function, which is exported by its name. */
export interface ModuleFunction {
  readonly name: string;
  readonly parameters: readonly number[];
  readonly results: readonly number[];
  /** The types of its other variables. */
  readonly locals: readonly number[];
  /** Instructions, without the last END. */
  readonly body: readonly number[];
}

/** A module of these functions and of a memory, exported as such, of so many pages of 64 KiB. */
export function moduleBytes(
  pages: number,
  functions: readonly ModuleFunction[],
): Uint8Array<ArrayBuffer> {
  const exports = functions.map(({ name }, index) => [...text(name), 0, ...unsigned(index)]);
  return Uint8Array.from([
    ...[0, ...new TextEncoder().encode("asm"), 1, 0, 0, 0],
    ...section(Section.types, functions.map(typeOf)),
    ...section(
      Section.functions,
      functions.map((_, index) => unsigned(index)),
    ),
    ...section(Section.memories, [[1, ...unsigned(pages), ...unsigned(pages)]]),
    ...section(Section.exports, [[...text("memory"), MEMORY, 0], ...exports]),
    ...section(Section.code, functions.map(codeOf)),
  ]);
}

const bytesOf = (types: readonly number[]) => vector(types.map((type) => [type]));
const typeOf = ({ parameters, results }: ModuleFunction) => [
  FUNCTION,
  ...bytesOf(parameters),
  ...bytesOf(results),
];
const codeOf = ({ locals, body }: ModuleFunction) =>
  sized([...vector(locals.map((type) => [1, type])), ...body, END]);

const section = (id: number, items: readonly number[][]) => [id, ...sized(vector(items))];
const vector = (items: readonly number[][]) => [...unsigned(items.length), ...items.flat()];
const text = (name: string) => sized([...new TextEncoder().encode(name)]);
const sized = (bytes: readonly number[]) => [...unsigned(bytes.length), ...bytes];

/** LEB128: seven bits a byte, the lowest first; the highest bit says that more follow. */
export function unsigned(value: number): number[] {
  return value < 0x80 ? [value] : [(value & 0x7f) | 0x80, ...unsigned(value >>> 7)];
}

/** As `unsigned`, of two's complement: it ends when the rest is copies of the last byte's bit 6. */
export function signed(value: number): number[] {
  if (value >= -0x40 && value < 0x40) return [value & 0x7f];
  return [(value & 0x7f) | 0x80, ...signed(value >> 7)];
}
