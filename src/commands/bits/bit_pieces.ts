/**
 * Strings combined bit by bit, a piece at a time: all sources are combined for one piece before the
 * next, so that it stays in the processor's cache and the result may take the place of a source.
 */
import { Wide, type WideWords, wideWords } from "../../base/wide_words.ts";
import type { EntryRef } from "../../structures/entry.ts";
import * as rawString from "../../values/raw_string.ts";

/** 8 KiB: large enough for any string that is kept in its entry. */
const PIECE_WORDS = 2048;
export const PIECE_SIZE = PIECE_WORDS * 4;

export const Op = { and: 0, or: 1, xor: 2, not: 3, diff: 4, diff1: 5, andor: 6, one: 7 } as const;

/** How a source changes the piece that the others have made. */
const Step = { ...Wide, take: 6, once: 7 } as const;
type Step = (typeof Step)[keyof typeof Step];

/** From so many words on they are combined by WideWords. */
const WIDE_LEAST = 256;
/** From so many words on two sources are combined at once: none of them is an INT then. */
const PAIR_LEAST = 8;

/** What the sources have made. */
let piece: Int32Array = new Int32Array(PIECE_WORDS);
/** A source's piece, where the source ends within it: zeros follow. */
let padded: Int32Array = new Int32Array(PIECE_WORDS);
/** Bits that more than one source has, for ONE. */
const repeated = new Int32Array(PIECE_WORDS);
/** If it is there, `piece` and `padded` are its left and right. */
let wide: WideWords | null = null;

export interface Piece {
  bytes: Uint8Array;
  view: DataView;
}

/** The bytes of what `makePiece` has made; borrowed. */
export const made: Piece = { bytes: bytesOf(piece), view: new DataView(piece.buffer) };

function bytesOf(words: Int32Array): Uint8Array {
  return new Uint8Array(words.buffer, words.byteOffset, words.byteLength);
}

/** Says how many bytes are to come, in all: many are combined by WideWords, if there are such. */
export function expect(size: number): void {
  if (size < WIDE_LEAST * 4) return;
  const by = wideWords();
  if (by === wide) return;
  wide = by;
  piece = by?.left ?? new Int32Array(PIECE_WORDS);
  padded = by?.right ?? new Int32Array(PIECE_WORDS);
  made.bytes = bytesOf(piece);
  made.view = new DataView(piece.buffer, piece.byteOffset, piece.byteLength);
}

/**
 * Makes words [from, from + n) of the result of `op`, an Op, for the first `count` of the sources:
 * entries of strings, or NIL.
 */
export function makePiece(
  op: number,
  sources: Int32Array,
  count: number,
  from: number,
  n: number,
): void {
  switch (op) {
    case Op.not:
      combine(Step.take, sources, 0, 1, from, n);
      apply(Step.flip, piece, 0, n);
      break;
    case Op.one:
      combine(Step.take, sources, 0, 1, from, n);
      repeated.fill(0);
      combine(Step.once, sources, 1, count, from, n);
      for (let i = 0; i < n; i++) piece[i] &= ~repeated[i];
      break;
    case Op.diff:
    case Op.diff1:
    case Op.andor: {
      const last = op === Op.diff ? Step.from : op === Op.diff1 ? Step.without : Step.and;
      combine(Step.take, sources, 1, 2, from, n);
      combine(Step.or, sources, 2, count, from, n);
      combine(last, sources, 0, 1, from, n);
      break;
    }
    default:
      combineAll(
        op === Op.and ? Step.and : op === Op.or ? Step.or : Step.xor,
        sources,
        count,
        from,
        n,
      );
  }
}

const isPlain = (n: number) => n < WIDE_LEAST || wide === null;

/** Combines all sources by a step, whose order is the same to it. */
function combineAll(step: Step, sources: Int32Array, count: number, from: number, n: number): void {
  let done = 1;
  if (count > 1 && isPlain(n) && combinePair(step, sources, from, n)) done = 2;
  else combine(Step.take, sources, 0, 1, from, n);
  combine(step, sources, done, count, from, n);
}

/** Combines the first two sources, if none of them ends within the piece. */
function combinePair(step: Step, sources: Int32Array, from: number, n: number): boolean {
  const least = (from + Math.max(n, PAIR_LEAST)) * 4;
  const first = rawString.wordsOf(sources[0] as EntryRef);
  if (first.size < least) return false;
  const { words, at } = first;
  const second = rawString.wordsOf(sources[1] as EntryRef);
  if (second.size < least) return false;
  applyPair(step, words, at + from, second.words, second.at + from, n);
  return true;
}

function applyPair(
  step: Step,
  a: Int32Array,
  atA: number,
  b: Int32Array,
  atB: number,
  n: number,
): void {
  const to = piece;
  if (step === Step.and) for (let i = 0; i < n; i++) to[i] = a[atA + i] & b[atB + i];
  else if (step === Step.or) for (let i = 0; i < n; i++) to[i] = a[atA + i] | b[atB + i];
  else for (let i = 0; i < n; i++) to[i] = a[atA + i] ^ b[atB + i];
}

/** Lets the sources [first, end) change the piece. */
function combine(
  step: Step,
  sources: Int32Array,
  first: number,
  end: number,
  from: number,
  n: number,
): void {
  for (let i = first; i < end; i++) {
    const { words, at, size } = rawString.wordsOf(sources[i] as EntryRef);
    const left = size - from * 4;
    if (left >= n * 4) {
      apply(step, words, at + from, n);
      continue;
    }
    const whole = left > 0 ? left >>> 2 : 0;
    for (let w = 0; w < whole; w++) padded[w] = words[at + from + w];
    padded.fill(0, whole, n);
    if (left > 0 && (left & 3) !== 0) {
      padded[whole] = words[at + from + whole] & ((1 << ((left & 3) * 8)) - 1);
    }
    apply(step, padded, 0, n);
  }
}

function apply(step: Step, words: Int32Array, at: number, n: number): void {
  if (wide === null || isPlain(n) || step === Step.once) {
    applyPlain(step, words, at, n);
  } else if (step === Step.take) {
    piece.set(words.subarray(at, at + n));
  } else {
    if (step !== Step.flip && words !== padded) padded.set(words.subarray(at, at + n));
    wide.combine(step, n);
  }
}

/** As `apply`, whatever there is. */
function applyPlain(step: Step, words: Int32Array, at: number, n: number): void {
  const to = piece;
  switch (step) {
    case Step.take:
      for (let i = 0; i < n; i++) to[i] = words[at + i];
      break;
    case Step.and:
      for (let i = 0; i < n; i++) to[i] &= words[at + i];
      break;
    case Step.or:
      for (let i = 0; i < n; i++) to[i] |= words[at + i];
      break;
    case Step.xor:
      for (let i = 0; i < n; i++) to[i] ^= words[at + i];
      break;
    case Step.without:
      for (let i = 0; i < n; i++) to[i] &= ~words[at + i];
      break;
    case Step.from:
      for (let i = 0; i < n; i++) to[i] = words[at + i] & ~to[i];
      break;
    case Step.flip:
      for (let i = 0; i < n; i++) to[i] = ~to[i];
      break;
    default:
      for (let i = 0; i < n; i++) {
        repeated[i] |= to[i] & words[at + i];
        to[i] |= words[at + i];
      }
  }
}
