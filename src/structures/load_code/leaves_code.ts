/** Leaves of a list made of elements that pass by (values/list_load.ts), as WebAssembly. */
import {
  add,
  and,
  block,
  byteAt,
  type Code,
  copyMemory,
  endWith,
  ifTrue,
  isAbove,
  isAtLeast,
  isAtMost,
  isBelow,
  isEqual,
  isMore,
  isOther,
  isZero,
  Label,
  type Local,
  leave,
  leaveIf,
  multiply,
  or,
  row,
  type Scope,
  setByte,
  setWord,
  shiftLeft,
  shiftRight,
  subtract,
  type Value,
  whileTrue,
  wordAt,
} from "../../base/wasm_code.ts";
import { passElement, passingLocals, putTrimmed, trimmingLocals } from "./packed_code.ts";

/** Where the words are that go in and come out, from the address of all on. */
export const Leaves = {
  /** Where the elements end that wait for a leaf, how many there are, and what a leaf may hold. */
  stagedEnd: 0,
  count: 4,
  sizeMax: 8,
  countMax: 12,
  /** So many of the leaves that come next stay with all that their elements have in common. */
  plain: 16,
  /** Leaves that were made; elements that have passed; whether it stopped for want of room. */
  made: 20,
  passed: 24,
  isFull: 28,
} as const;

/**
 * What stands before a leaf that was made: the bytes of its block, and how many elements it has,
 * below zero if it is trimmed. Each begins at a multiple of 8.
 */
export const MADE_HEAD_SIZE = 8;
/** A block's gap, size and count, as packed.ts has them, and the byte at its end. */
const BLOCK_HEAD_SIZE = 8;
const LISTPACK_OVERHEAD = 7;
const BLOCK_END = 0xff;
/** What a leaf takes besides its elements, and more. */
const ROOM = 256;

const STRING6 = 0x80;
const CODE_MASK = 0xc0;
const SIZE_MASK = 0x3f;
const PREFIX_MIN = 4;
const PREFIX_OVERHEAD = 2;

/** Where all lies: addresses. */
export interface LeafPlaces {
  readonly stateAt: number;
  readonly stagedAt: number;
  readonly madeAt: number;
  readonly madeEnd: number;
  /** The units of a block of so many, two bytes each. */
  readonly classesAt: number;
}

const declare = (f: Scope) => ({
  ...f.parameters("from", "end"),
  ...f.locals("stagedEnd", "count", "sizeMax", "countMax", "plain", "made", "passed", "isFull"),
  ...f.locals("runAt", "out", "start", "leafEnd", "size", "to", "prefix", "last", "isTrimmed"),
});
type LeafLocals = ReturnType<typeof declare>;

/** Sets `prefix` to the bytes that the first element and another have in common, or fewer. */
function putCommon(prefix: Local, start: Value, other: Value, i: Local): Code {
  const most = and(byteAt(other), SIZE_MASK);
  const isSame = isEqual(byteAt(add(start, i), 1), byteAt(add(other, i), 1));
  return row(
    ifTrue(isOther(and(byteAt(other), CODE_MASK), STRING6), [prefix.set(0)]),
    ifTrue(isAbove(prefix, most), [prefix.set(most)]),
    i.set(0),
    whileTrue(and(isBelow(i, prefix), isSame), new Label(), i.set(add(i, 1))),
    prefix.set(i),
  );
}

/** Writes the elements of a leaf without what they have in common, if that is worth it. */
function putRests(f: Scope, v: LeafLocals, classesAt: number): Code {
  const { start, leafEnd, size, to, prefix, last, isTrimmed, count } = v;
  const trimming = trimmingLocals(f);
  const { i } = trimming;
  const over = new Label();
  const units = (elements: Value) => {
    const index = shiftRight(add(elements, BLOCK_HEAD_SIZE + 1 + 7), 3);
    return and(wordAt(shiftLeft(index, 1), classesAt), 0xffff);
  };
  const rests = add(subtract(size, multiply(subtract(count, 1), prefix)), PREFIX_OVERHEAD);
  const isWorthIt = isAtMost(multiply(units(last), 8), multiply(units(size), 7));
  return block(
    over,
    // Of a short string one byte says where it began.
    last.set(byteAt(subtract(leafEnd, 1))),
    leaveIf(over, isAtLeast(last, 128)),
    last.set(subtract(subtract(leafEnd, 1), last)),
    leaveIf(over, isOther(and(byteAt(start), CODE_MASK), STRING6)),
    prefix.set(and(byteAt(start), SIZE_MASK)),
    putCommon(prefix, start, last, i),
    whileTrue(
      isAtLeast(prefix, PREFIX_MIN),
      over,
      putTrimmed(trimming, { start, end: leafEnd, prefix, to }),
      ifTrue(isEqual(trimming.from, leafEnd), [
        last.set(rests),
        ifTrue(isWorthIt, [size.set(last), isTrimmed.set(1)]),
        leave(over),
      ]),
      putCommon(prefix, start, trimming.from, i),
    ),
  );
}

/** Makes a leaf of the elements that wait, and those from `runAt` up to `at`. */
function makeLeaf(f: Scope, v: LeafLocals, at: Local, { stagedAt, classesAt }: LeafPlaces): Code {
  const { stagedEnd, count, plain, made, runAt, out, start, leafEnd, size, to, isTrimmed } = v;
  const run = subtract(at, runAt);
  const whole = add(size, LISTPACK_OVERHEAD);
  return row(
    ifTrue(
      isEqual(stagedEnd, stagedAt),
      [start.set(runAt), leafEnd.set(at)],
      [
        copyMemory(stagedEnd, runAt, run),
        start.set(stagedAt),
        leafEnd.set(add(stagedEnd, run)),
        stagedEnd.set(stagedAt),
      ],
    ),
    size.set(subtract(leafEnd, start)),
    to.set(add(out, MADE_HEAD_SIZE + BLOCK_HEAD_SIZE)),
    isTrimmed.set(0),
    ifTrue(plain, [plain.set(subtract(plain, 1))], [putRests(f, v, classesAt)]),
    ifTrue(isZero(isTrimmed), [copyMemory(to, start, size)]),
    setWord(out, add(size, BLOCK_HEAD_SIZE + 1)),
    setWord(out, count, 4),
    ifTrue(isTrimmed, [setWord(out, subtract(0, count), 4)]),
    setWord(out, shiftLeft(whole, 16), MADE_HEAD_SIZE),
    setWord(
      out,
      or(shiftRight(whole, 16), shiftLeft(add(count, isTrimmed), 16)),
      MADE_HEAD_SIZE + 4,
    ),
    setByte(add(to, size), BLOCK_END),
    out.set(and(add(add(to, size), 1 + 7), -8)),
    made.set(add(made, 1)),
    count.set(0),
    runAt.set(at),
  );
}

/**
 * Passes over elements from `from` on that end by `end`, are sound, and are stored as a packed
 * block stores them, and makes leaves of them and of those that waited; what is left waits. Returns
 * where it stopped.
 */
export const takeRunCode =
  (places: LeafPlaces) =>
  (f: Scope): readonly Code[] => {
    const { stateAt, stagedAt, madeAt, madeEnd } = places;
    const v = declare(f);
    const { stagedEnd, count, sizeMax, countMax, passed, isFull, runAt, out } = v;
    const passing = passingLocals(f);
    const { at, next } = passing;
    const stop = new Label();
    const load = (name: "stagedEnd" | "count" | "sizeMax" | "countMax" | "plain") =>
      v[name].set(wordAt(0, stateAt + Leaves[name]));
    const save = (name: keyof typeof Leaves) => setWord(0, v[name], stateAt + Leaves[name]);
    const sizeWith = subtract(add(stagedEnd, subtract(next, runAt)), stagedAt);
    return [
      ...(["stagedEnd", "count", "sizeMax", "countMax", "plain"] as const).map(load),
      at.set(v.from),
      runAt.set(at),
      out.set(madeAt),
      whileTrue(
        isBelow(at, v.end),
        stop,
        passElement(passing, v.end, stop),
        ifTrue(
          or(isEqual(count, countMax), isMore(sizeWith, sizeMax)),
          [
            isFull.set(1),
            leaveIf(stop, or(isZero(count), isAbove(add(add(out, sizeMax), ROOM), madeEnd))),
            isFull.set(0),
            makeLeaf(f, v, at, places),
          ],
          [at.set(next), count.set(add(count, 1)), passed.set(add(passed, 1))],
        ),
      ),
      copyMemory(stagedEnd, runAt, subtract(at, runAt)),
      stagedEnd.set(add(stagedEnd, subtract(at, runAt))),
      ...(["stagedEnd", "count", "made", "passed", "isFull"] as const).map(save),
      endWith(at),
    ];
  };
