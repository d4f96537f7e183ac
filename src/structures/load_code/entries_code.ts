/** `copyEntries` of stream_leaf_writer.ts as WebAssembly, and what takes a whole leaf over. */
import {
  add,
  addWide,
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
  isLess,
  isOther,
  isZero,
  Label,
  type Local,
  leave,
  leaveIf,
  lowWord,
  multiply,
  or,
  row,
  type Scope,
  setByte,
  setWide,
  setWord,
  shiftedWide,
  shiftLeft,
  shiftRight,
  shiftRightSigned,
  subtract,
  type Value,
  whileTrue,
  wideAt,
  widened,
  widenedUnsigned,
  wordAt,
} from "../../base/wasm_code.ts";
import { passElement, passingLocals } from "./packed_code.ts";

/** Where the words are that go in and come out, from the address of all on. */
export const Entries = {
  names: 0,
  baseMs: 4,
  baseSeq: 8,
  isNew: 12,
  ms: 16,
  seq: 20,
  toAt: 24,
  taken: 28,
  firstMs: 32,
  firstSeq: 36,
  /** For `takeLeaf`. */
  baseMsHigh: 40,
} as const;

const SAME_FIELDS = 2;
const FIXED_ELEMENTS = 3;
const FORM_LATER = 1;
const FORM_APART = 2;
const FORM_SHIFT = 2;
const NO_SMALL = -(2 ** 31);

/** Takes an integer of up to 32 bits at `at`, and passes over it; leaves `stop` at all else. */
function takeSmall(at: Local, value: Local, first: Local, stop: Label): Code {
  const wide = (code: number, read: Value, span: number, no: readonly Code[]) =>
    ifTrue(isEqual(first, code), [value.set(read), at.set(add(at, span))], no);
  const int13 = shiftRightSigned(shiftLeft(or(shiftLeft(first, 8), byteAt(at, 1)), 19), 19);
  const int16 = shiftRightSigned(shiftLeft(wordAt(at, 1), 16), 16);
  const longer = wide(0xf1, int16, 4, [
    wide(0xf2, shiftRightSigned(wordAt(at), 8), 5, [wide(0xf3, wordAt(at, 1), 6, [leave(stop)])]),
  ]);
  return row(
    first.set(byteAt(at)),
    ifTrue(
      isBelow(first, 0x80),
      [value.set(first), at.set(add(at, 2))],
      [
        leaveIf(stop, isBelow(first, 0xc0)),
        ifTrue(isBelow(first, 0xe0), [value.set(int13), at.set(add(at, 3))], [longer]),
        leaveIf(stop, isEqual(value, NO_SMALL)),
      ],
    ),
  );
}

/** Writes a number in groups of 7 bits, the lowest first, at `at`, which passes over it. */
function putVarint(at: Local, value: Value, rest: Local): Code {
  return row(
    rest.set(value),
    whileTrue(
      isAtLeast(rest, 128),
      new Label(),
      setByte(at, or(rest, 128)),
      at.set(add(at, 1)),
      rest.set(shiftRight(rest, 7)),
    ),
    setByte(at, rest),
    at.set(add(at, 1)),
  );
}

/** The bytes of the body at `next`, whose first is `first`. */
function measureBody(next: Local, first: Local, body: Local): Code {
  const string12 = or(shiftLeft(and(first, 15), 8), byteAt(next, 1));
  const integer = ifTrue(
    isEqual(first, 0xf4),
    [body.set(9)],
    [body.set(subtract(first, 0xf1 - 3))],
  );
  const longer = ifTrue(
    isBelow(first, 0xf0),
    [body.set(add(string12, 2))],
    [ifTrue(isEqual(first, 0xf0), [body.set(add(wordAt(next, 1), 5))], [integer])],
  );
  return ifTrue(
    isBelow(first, 0xc0),
    [body.set(add(and(first, 63), 1))],
    [ifTrue(isBelow(first, 0xe0), [body.set(2)], [longer])],
  );
}

const declare = (f: Scope) => ({
  ...f.parameters("from", "end", "most"),
  ...f.wide("baseMs", "baseSeq", "newMs", "newSeq"),
  ...f.locals("names", "told", "isNew", "ms", "seq", "at", "toAt", "taken"),
  ...f.locals("next", "into", "first", "value", "body", "left", "bodyAt", "rest"),
  ...f.locals("nextMs", "nextSeq", "source"),
});
type EntryLocals = ReturnType<typeof declare>;

/** Takes the two parts of an ID, by `take` each, which must be after the one before. */
function takeId(v: EntryLocals, stop: Label, take: Code): Code {
  const { newMs, newSeq, nextMs, nextSeq, isNew, ms, seq, value } = v;
  const isBeyond = (sum: Local) => isOther(lowWord(shiftedWide(sum, 32)), 0);
  const isBefore = or(isBelow(nextMs, ms), and(isEqual(nextMs, ms), isAtMost(nextSeq, seq)));
  return row(
    take,
    newMs.set(addWide(v.baseMs, widened(value))),
    take,
    newSeq.set(addWide(v.baseSeq, widened(value))),
    leaveIf(stop, or(isBeyond(newMs), isBeyond(newSeq))),
    nextMs.set(lowWord(newMs)),
    nextSeq.set(lowWord(newSeq)),
    leaveIf(stop, and(isZero(isNew), isBefore)),
  );
}

/** Writes the head, and the ID as it follows the one before. */
function putHead({ into, toAt, isNew, ms, seq, nextMs, nextSeq, rest }: EntryLocals): Code {
  const isNextId = and(isEqual(nextMs, ms), isEqual(nextSeq, add(seq, 1)));
  const apart = [setByte(toAt, FORM_APART << FORM_SHIFT), putVarint(into, nextSeq, rest)];
  return row(
    into.set(add(toAt, 1)),
    ifTrue(
      or(isNew, isNextId),
      [setByte(toAt, 0)],
      [
        setByte(toAt, FORM_LATER << FORM_SHIFT),
        putVarint(into, subtract(nextMs, ms), rest),
        ifTrue(nextSeq, apart),
      ],
    ),
  );
}

/** Copies a body of `body` bytes from `from` to `into`, and passes over what it wrote. */
function copyBody(from: Value, { into, body, rest, source }: EntryLocals): Code {
  return row(
    source.set(from),
    rest.set(add(into, body)),
    whileTrue(
      isBelow(into, rest),
      new Label(),
      setWide(into, wideAt(source)),
      into.set(add(into, 8)),
      source.set(add(source, 8)),
    ),
    into.set(rest),
  );
}

/** Copies the bodies of as many values as there are names; leaves in `left` how many lack. */
function copyBodies(v: EntryLocals): Code {
  const { next, end, into, first, body, left } = v;
  const others = [
    measureBody(next, first, body),
    copyBody(next, v),
    next.set(add(add(next, body), add(1, add(isAtLeast(body, 128), isAtLeast(body, 16383))))),
  ];
  return whileTrue(
    and(isOther(left, 0), isBelow(next, end)),
    new Label(),
    first.set(byteAt(next)),
    ifTrue(
      isBelow(first, 128),
      [setByte(into, first), into.set(add(into, 1)), next.set(add(next, 2))],
      others,
    ),
    left.set(subtract(left, 1)),
  );
}

/** Writes the size of the bodies, for which one byte was left; if it takes more, all is moved. */
function putSize({ into, bodyAt, body, source, rest }: EntryLocals): Code {
  return row(
    body.set(subtract(into, bodyAt)),
    ifTrue(
      isBelow(body, 128),
      [setByte(subtract(bodyAt, 1), body)],
      [
        source.set(add(bodyAt, add(1, isAtLeast(body, 1 << 14)))),
        copyMemory(source, bodyAt, body),
        into.set(add(source, body)),
        source.set(subtract(bodyAt, 1)),
        putVarint(source, body, rest),
      ],
    ),
  );
}

/** Takes entries from `from` up to `end`, at most `most`; returns where it stopped. */
export const copyEntriesCode =
  (traitsAt: number) =>
  (f: Scope): readonly Code[] => {
    const v = declare(f);
    const { end, most, names, told, isNew, ms, seq, at, toAt, taken, next, into, left } = v;
    const stop = new Label();
    const load = (name: keyof typeof Entries) => wordAt(0, traitsAt + Entries[name]);
    const save = (name: keyof typeof Entries, local: Local) =>
      setWord(0, local, traitsAt + Entries[name]);
    return [
      names.set(load("names")),
      told.set(add(names, FIXED_ELEMENTS)),
      v.baseMs.set(widenedUnsigned(load("baseMs"))),
      v.baseSeq.set(widenedUnsigned(load("baseSeq"))),
      isNew.set(load("isNew")),
      ms.set(load("ms")),
      seq.set(load("seq")),
      toAt.set(load("toAt")),
      at.set(v.from),
      whileTrue(
        and(isBelow(taken, most), isBelow(at, end)),
        stop,
        leaveIf(stop, isOther(byteAt(at), SAME_FIELDS)),
        next.set(add(at, 2)),
        takeId(v, stop, takeSmall(next, v.value, v.first, stop)),
        putHead(v),
        into.set(add(into, 1)),
        v.bodyAt.set(into),
        left.set(names),
        copyBodies(v),
        leaveIf(stop, or(left, or(isAtLeast(next, end), isOther(byteAt(next), told)))),
        putSize(v),
        at.set(add(next, 2)),
        toAt.set(into),
        ifTrue(isNew, [save("firstMs", v.nextMs), save("firstSeq", v.nextSeq), isNew.set(0)]),
        ms.set(v.nextMs),
        seq.set(v.nextSeq),
        taken.set(add(taken, 1)),
      ),
      save("ms", ms),
      save("seq", seq),
      save("toAt", toAt),
      save("taken", taken),
      endWith(at),
    ];
  };

/** The parts of a leaf's head (structures/stream_leaf.ts), in bytes. */
const Head = {
  live: 4,
  deleted: 8,
  packedSize: 12,
  fields: 16,
  entriesAt: 20,
  first: 24,
  last: 40,
  size: 56,
} as const;
const NAMES_MAX = 124;
const LISTPACK_EMPTY_SIZE = 7;
/** What a small integer takes as an element. */
const SMALL_SIZE = 2;

const declareLeaf = (f: Scope) => {
  const { from, end, to } = f.parameters("from", "end", "to");
  return {
    ...{ from, end, to, most: to },
    ...passingLocals(f),
    ...f.wide("baseMs", "baseSeq", "newMs", "newSeq"),
    ...f.locals("names", "told", "isNew", "ms", "seq", "toAt", "taken", "into", "value", "left"),
    ...f.locals("bodyAt", "rest", "nextMs", "nextSeq", "source", "live", "frameSize"),
  };
};
type LeafLocals = ReturnType<typeof declareLeaf>;

/** Takes an integer that is sound into `value`. */
const takeSound = (v: LeafLocals, stop: Label): Code =>
  row(passElement(v, v.end, stop), takeSmall(v.at, v.value, v.first, stop));

/** Passes over a small integer, which must be this one. */
const passSmall = ({ at }: LeafLocals, stop: Label, wanted: Value): Code =>
  row(
    leaveIf(stop, or(isOther(byteAt(at), wanted), isOther(byteAt(at, 1), 1))),
    at.set(add(at, SMALL_SIZE)),
  );

/** Copies the bodies of as many elements as there are names. */
function copySound(v: LeafLocals, stop: Label): Code {
  const { at, next, end, left, names } = v;
  return row(
    left.set(names),
    whileTrue(
      and(isOther(left, 0), isBelow(at, end)),
      new Label(),
      passElement(v, end, stop),
      copyBody(at, v),
      at.set(next),
      left.set(subtract(left, 1)),
    ),
    leaveIf(stop, left),
  );
}

/** Takes what stands before the entries. */
function takeNames(v: LeafLocals, stop: Label): Code {
  const { from, to, at, value, live, frameSize, names, told, into, toAt } = v;
  return row(
    at.set(from),
    takeSound(v, stop),
    live.set(value),
    frameSize.set(add(subtract(at, from), SMALL_SIZE)),
    passSmall(v, stop, 0),
    takeSound(v, stop),
    names.set(value),
    leaveIf(stop, or(isLess(live, 1), isAbove(subtract(names, 1), NAMES_MAX - 1))),
    told.set(add(names, FIXED_ELEMENTS)),
    into.set(add(to, Head.size)),
    copySound(v, stop),
    passSmall(v, stop, 0),
    setWord(to, subtract(into, to), Head.entriesAt),
    toAt.set(into),
    v.isNew.set(1),
  );
}

/** Writes an ID of the leaf's head. */
const setId = ({ to }: LeafLocals, where: number, msHigh: Value, ms: Value, seq: Value): Code =>
  row(
    setWord(to, msHigh, where),
    setWord(to, ms, where + 4),
    setWord(to, 0, where + 8),
    setWord(to, seq, where + 12),
  );

/** Takes the next entry. */
function takeEntry(v: LeafLocals, stop: Label, msHigh: Value): Code {
  const { live, taken, into, told, toAt, ms, seq } = v;
  return row(
    leaveIf(stop, isEqual(taken, live)),
    passSmall(v, stop, SAME_FIELDS),
    takeId(v, stop, takeSound(v, stop)),
    ifTrue(v.isNew, [setId(v, Head.first, msHigh, v.nextMs, v.nextSeq)]),
    putHead(v),
    v.isNew.set(0),
    into.set(add(into, 1)),
    v.bodyAt.set(into),
    copySound(v, stop),
    passSmall(v, stop, told),
    putSize(v),
    toAt.set(into),
    ms.set(v.nextMs),
    seq.set(v.nextSeq),
    taken.set(add(taken, 1)),
  );
}

/**
 * Makes a leaf, at `to`, of a listpack's elements from `from` up to `end`, if they are sound,
 * stored as a packed block stores them, and none of the entries is deleted or has names of its own.
 * Returns how many elements there are, or 0; the leaf takes `toAt` bytes.
 */
export const takeLeafCode =
  (traitsAt: number) =>
  (f: Scope): readonly Code[] => {
    const v = declareLeaf(f);
    const { from, end, to, at, live, frameSize, taken, toAt, names } = v;
    const stop = new Label();
    const load = (name: keyof typeof Entries) => wordAt(0, traitsAt + Entries[name]);
    const packedSize = subtract(add(subtract(end, from), LISTPACK_EMPTY_SIZE), frameSize);
    return [
      block(
        stop,
        v.baseMs.set(widenedUnsigned(load("baseMs"))),
        v.baseSeq.set(widenedUnsigned(load("baseSeq"))),
        takeNames(v, stop),
        whileTrue(isBelow(at, end), new Label(), takeEntry(v, stop, load("baseMsHigh"))),
        leaveIf(stop, or(isOther(at, end), isOther(taken, live))),
        setWord(to, subtract(toAt, to)),
        setWord(to, live, Head.live),
        setWord(to, 0, Head.deleted),
        setWord(to, packedSize, Head.packedSize),
        setWord(to, names, Head.fields),
        setId(v, Head.last, load("baseMsHigh"), v.ms, v.seq),
        setWord(0, subtract(toAt, to), traitsAt + Entries.toAt),
        endWith(multiply(add(live, 1), add(names, FIXED_ELEMENTS + 1))),
      ),
      endWith(0),
    ];
  };
