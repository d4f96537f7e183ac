/**
 * Runs of words, 128 bits at a time. JavaScript has integers of 32 bits; WebAssembly has vectors of
 * 128, integers of 64, and an instruction that counts the one-bits of these. It has a memory of its
 * own: operands are copied there and results back, which costs less than is gained from some
 * hundred words on (docs/decisions/0028). The code is made when it is first asked for.
 *
 *   memory   0: left, PIECE_SIZE bytes | right, as many
 */
import { isKept } from "./ballast.ts";
import {
  END as END_OF_BLOCK,
  I32,
  I64,
  type ModuleFunction,
  moduleBytes,
  NOTHING,
  signed,
  unsigned,
} from "./wasm_module.ts";

/** 8 KiB: two of them stay in the processor's nearest cache. */
const PIECE_WORDS = 2048;
const PIECE_SIZE = PIECE_WORDS * 4;

/** The functions work on so many words at a time. */
export const WIDE_STEP = 16;

/** What `combine` makes of the left words and the right ones, as the left ones. */
export const Wide = { and: 0, or: 1, xor: 2, without: 3, from: 4, flip: 5 } as const;
export type Wide = (typeof Wide)[keyof typeof Wide];

export interface WideWords {
  readonly left: Int32Array;
  readonly right: Int32Array;
  /** One of Wide for the first `count` words, rounded up to WIDE_STEP. */
  combine(how: Wide, count: number): void;
  /** The one-bits of the first `count` words on the left, a multiple of WIDE_STEP. */
  ones(count: number): number;
}

let made: WideWords | null | undefined;

/** Null where address space is limited: a memory reserves 4 GiB of that, untouched. */
export function wideWords(): WideWords | null {
  if (made === undefined) made = isKept() ? null : makeWideWords();
  return made;
}

/** Null where there are no vectors in WebAssembly: the runtime, or the processor, lacks them. */
export function makeWideWords(): WideWords | null {
  try {
    const { exports } = new WebAssembly.Instance(
      new WebAssembly.Module(moduleBytes(1, allFunctions())),
    );
    return overExports(exports as unknown as Exports);
  } catch {
    return null;
  }
}

/** The functions take where to stop, in bytes, and work at least once. */
interface Exports {
  memory: WebAssembly.Memory;
  ones(end: number): number;
  combine0(end: number): void;
  combine1(end: number): void;
  combine2(end: number): void;
  combine3(end: number): void;
  combine4(end: number): void;
  combine5(end: number): void;
}

function overExports(exports: Exports): WideWords {
  const { memory, ones } = exports;
  const { combine0, combine1, combine2, combine3, combine4, combine5 } = exports;
  const functions = [combine0, combine1, combine2, combine3, combine4, combine5];
  return {
    left: new Int32Array(memory.buffer, 0, PIECE_WORDS),
    right: new Int32Array(memory.buffer, PIECE_SIZE, PIECE_WORDS),
    combine: (how, count) => functions[how](count * 4),
    ones: (count) => ones(count * 4),
  };
}

const Op = {
  loop: 0x03,
  branchIf: 0x0d,
  getLocal: 0x20,
  setLocal: 0x21,
  load64: 0x29,
  constant32: 0x41,
  isLess: 0x48,
  add32: 0x6a,
  onesIn: 0x7b,
  add64: 0x7c,
  low32: 0xa7,
  ofVectors: 0xfd,
} as const;

/** These follow `ofVectors`; `without` is the one below on the stack and not the one on top. */
const Vector = { load: 0, store: 11, not: 77, and: 78, without: 79, or: 80, xor: 81 } as const;

/** Loads and stores are said to be aligned to 2^3 bytes, those of vectors to 2^4. */
const ALIGNMENT_64 = 3;
const ALIGNMENT_128 = 4;
const STEP_SIZE = WIDE_STEP * 4;

// Locals: the argument, where to stop; how far it is, in bytes; the ones so far.
const END = 0;
const AT = 1;
const SUM = 2;

function combineCode(how: Wide): ModuleFunction {
  const body: number[] = [];
  for (let offset = 0; offset < STEP_SIZE; offset += 16) {
    const to = [ALIGNMENT_128, ...unsigned(offset)];
    body.push(Op.getLocal, AT, ...combined(how, offset), Op.ofVectors, Vector.store, ...to);
  }
  return {
    name: `combine${how}`,
    parameters: [I32],
    results: [],
    locals: [I32],
    body: loopOf(body),
  };
}

/** Makes of the vectors at `AT + offset` on both sides one, on the stack. */
function combined(how: Wide, offset: number): number[] {
  const left = load(offset);
  const right = load(PIECE_SIZE + offset);
  switch (how) {
    case Wide.and:
      return [...left, ...right, Op.ofVectors, ...unsigned(Vector.and)];
    case Wide.or:
      return [...left, ...right, Op.ofVectors, ...unsigned(Vector.or)];
    case Wide.xor:
      return [...left, ...right, Op.ofVectors, ...unsigned(Vector.xor)];
    case Wide.without:
      return [...left, ...right, Op.ofVectors, ...unsigned(Vector.without)];
    case Wide.from:
      return [...right, ...left, Op.ofVectors, ...unsigned(Vector.without)];
    case Wide.flip:
      return [...left, Op.ofVectors, ...unsigned(Vector.not)];
  }
}

function load(offset: number): number[] {
  const from = [ALIGNMENT_128, ...unsigned(offset)];
  return [Op.getLocal, AT, Op.ofVectors, Vector.load, ...from];
}

function onesCode(): ModuleFunction {
  const body: number[] = [Op.getLocal, SUM];
  for (let offset = 0; offset < STEP_SIZE; offset += 8) {
    const from = [ALIGNMENT_64, ...unsigned(offset)];
    body.push(Op.getLocal, AT, Op.load64, ...from, Op.onesIn, Op.add64);
  }
  body.push(Op.setLocal, SUM);
  return {
    name: "ones",
    parameters: [I32],
    results: [I32],
    locals: [I32, I64],
    body: [...loopOf(body), Op.getLocal, SUM, Op.low32],
  };
}

/** Does it for AT = 0, STEP_SIZE ... while that is below END. */
function loopOf(body: readonly number[]): number[] {
  const next = [Op.getLocal, AT, Op.constant32, ...signed(STEP_SIZE), Op.add32, Op.setLocal, AT];
  const again = [Op.getLocal, AT, Op.getLocal, END, Op.isLess, Op.branchIf, 0];
  return [Op.loop, NOTHING, ...body, ...next, ...again, END_OF_BLOCK];
}

const allFunctions = () => [onesCode(), ...Object.values(Wide).map(combineCode)];
