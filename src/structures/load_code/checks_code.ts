/**
 * Looks at leaves in a snapshot (docs/snapshot-format.md), whether they can be taken over as they
 * are, as WebAssembly. Of what is rare it does not tell: that has to be looked at element by
 * element.
 */
import {
  add,
  and,
  byteAt,
  type Code,
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
  leaveIf,
  or,
  row,
  type Scope,
  shiftLeft,
  subtract,
  type Value,
  whileTrue,
  wordAt,
} from "../../base/wasm_code.ts";
import { measure } from "./messages_code.ts";
import { isNoDigit, type Passing, passBody, passElement, passingLocals } from "./packed_code.ts";

/** A larger leaf is not looked at. */
const LEAF_SIZE_MAX = 64 << 10;

const FORM_SIZE = 1;
const COUNT = FORM_SIZE + 4;
const LISTPACK_HEAD_SIZE = 6;
const LISTPACK_SIZE_MIN = 8;
const LISTPACK_END = 0xff;
const SHORT_MAX = 63;
const STRING6 = 0x80;
const PREFIX_MIN = 4;
const NUMBER_SIZE_MAX = 20;
const ZERO = 48;
const MINUS = 45;

const declareList = (f: Scope) => ({
  ...f.parameters("from", "end"),
  ...passingLocals(f),
  ...f.locals("leaf", "size", "leafEnd", "count", "prefix", "i", "most"),
});
type ListLocals = ReturnType<typeof declareList>;

/** Sees that the prefix at `at` is one, and that nothing that begins so is a number. */
function passPrefix({ at, first, prefix, i }: ListLocals, stop: Label): Code {
  const isNoNumber = new Label();
  const leading = byteAt(at, 1);
  const code = byteAt(at);
  return row(
    first.set(code),
    leaveIf(stop, or(isBelow(first, STRING6 + PREFIX_MIN), isAbove(first, STRING6 + SHORT_MAX))),
    prefix.set(and(first, SHORT_MAX)),
    leaveIf(stop, isOther(byteAt(add(at, prefix), 1), add(prefix, 1))),
    i.set(1),
    whileTrue(
      and(
        isAtMost(prefix, NUMBER_SIZE_MAX),
        or(isEqual(leading, MINUS), and(isOther(leading, ZERO), isZero(isNoDigit(leading)))),
      ),
      isNoNumber,
      leaveIf(stop, isAtLeast(i, prefix)),
      leaveIf(isNoNumber, isNoDigit(byteAt(add(at, i), 1))),
      i.set(add(i, 1)),
    ),
    at.set(add(add(at, prefix), 2)),
  );
}

/** Passes over what follows the prefix in each element. */
function passRests({ at, leafEnd, count, prefix, most, first }: ListLocals, stop: Label): Code {
  return row(
    most.set(subtract(STRING6 + SHORT_MAX, prefix)),
    whileTrue(
      isBelow(at, leafEnd),
      new Label(),
      first.set(byteAt(at)),
      leaveIf(stop, or(isBelow(first, STRING6), isAbove(first, most))),
      at.set(subtract(add(at, first), STRING6 - 1)),
      leaveIf(stop, isOther(byteAt(at), subtract(first, STRING6 - 1))),
      at.set(add(at, 1)),
      count.set(add(count, 1)),
    ),
  );
}

/** Of a list: leaves from `from` up to `end`; returns where the first one begins that it leaves. */
export function checkListCode(f: Scope): readonly Code[] {
  const v = declareList(f);
  const { end, leaf, size, leafEnd, count, at, next } = v;
  const stop = new Label();
  const form = byteAt(leaf);
  return [
    leaf.set(v.from),
    whileTrue(
      isBelow(leaf, end),
      stop,
      leaveIf(stop, isAbove(form, 1)),
      size.set(wordAt(leaf, FORM_SIZE)),
      leaveIf(stop, or(isBelow(size, LISTPACK_SIZE_MIN), isAbove(size, LEAF_SIZE_MAX))),
      leafEnd.set(add(leaf, size)),
      leaveIf(stop, isAtLeast(leafEnd, end)),
      leaveIf(stop, isOther(byteAt(leafEnd), LISTPACK_END)),
      at.set(add(leaf, FORM_SIZE + LISTPACK_HEAD_SIZE)),
      count.set(0),
      ifTrue(
        form,
        [
          passPrefix(v, stop),
          passRests(v, stop),
          leaveIf(stop, isZero(count)),
          count.set(add(count, 1)),
        ],
        [
          whileTrue(
            isBelow(at, leafEnd),
            new Label(),
            passElement(v, leafEnd, stop),
            at.set(next),
            count.set(add(count, 1)),
          ),
        ],
      ),
      leaveIf(stop, isOther(at, leafEnd)),
      leaveIf(stop, isOther(count, and(wordAt(leaf, COUNT), 0xffff))),
      leaf.set(add(leafEnd, 1)),
    ),
    endWith(leaf),
  ];
}

/** Of a leaf of a stream (structures/stream_leaf.ts), in bytes. */
const Head = {
  live: 4,
  deleted: 8,
  packedSize: 12,
  fields: 16,
  entriesAt: 20,
  firstMs: 28,
  firstSeq: 36,
  lastMs: 44,
  lastSeq: 52,
  /** The high words of all. */
  firstMsHigh: 24,
  firstSeqHigh: 32,
  lastMsHigh: 40,
  lastSeqHigh: 48,
  size: 56,
} as const;

/** Heads of entries that are not deleted and have the leaf's names. */
const NEXT = 0;
const LATER = 4;
const APART = 8;
/** With more names, their number takes more than a byte in a listpack, or so the check goes. */
const NAMES_MAX = 124;
const LISTPACK_EMPTY_SIZE = 7;
/** What a small integer takes in a listpack. */
const SMALL_SIZE = 2;

const declareStream = (f: Scope) => ({
  ...f.parameters("from", "end"),
  ...passingLocals(f),
  ...f.locals("leaf", "leafEnd", "names", "left", "bodyEnd", "packed", "count", "head", "shift"),
  ...f.locals("ms", "seq", "firstMs", "firstSeq", "value", "newMs", "size"),
});
type StreamLocals = ReturnType<typeof declareStream>;

/** Takes a number in groups of 7 bits, the lowest first, and passes over it. */
function takeVarint({ at, shift, head }: StreamLocals, value: Local, stop: Label): Code {
  const over = new Label();
  return row(
    value.set(0),
    shift.set(0),
    whileTrue(
      1,
      over,
      leaveIf(stop, isAbove(shift, 28)),
      head.set(byteAt(at)),
      at.set(add(at, 1)),
      value.set(or(value, shiftLeft(and(head, 127), shift))),
      leaveIf(over, isBelow(head, 128)),
      shift.set(add(shift, 7)),
    ),
  );
}

/** Takes head and ID of the entry at `at`, which must be after the one before. */
function takeId(v: StreamLocals, stop: Label): Code {
  const { at, ms, seq, newMs, count, value } = v;
  const form = v.bodyEnd;
  const isBefore = or(isBelow(newMs, ms), and(isEqual(newMs, ms), isAtMost(value, seq)));
  return row(
    form.set(byteAt(at)),
    at.set(add(at, 1)),
    ifTrue(
      isEqual(form, NEXT),
      [seq.set(add(seq, 1)), leaveIf(stop, and(isZero(seq), isOther(count, 0)))],
      [
        leaveIf(stop, or(isZero(count), and(isOther(form, LATER), isOther(form, APART)))),
        takeVarint(v, newMs, stop),
        newMs.set(add(ms, newMs)),
        value.set(0),
        ifTrue(isEqual(form, APART), [takeVarint(v, value, stop)]),
        leaveIf(stop, isBefore),
        ms.set(newMs),
        seq.set(value),
      ],
    ),
  );
}

/** Adds what the difference of two words, as numbers without a sign, takes in a listpack. */
function addDifference(v: StreamLocals, from: Value, to: Value, stop: Label): Code {
  const { value, body, packed } = v;
  return row(
    value.set(subtract(to, from)),
    leaveIf(stop, isOther(isLess(value, 0), isBelow(to, from))),
    measure(value, body),
    packed.set(add(packed, add(body, 1))),
  );
}

/** Passes over bodies, as many as `left` says, that end by `end`. */
function passBodies(v: StreamLocals, end: Value, stop: Label): Code {
  const { at, next, body, left, packed } = v;
  const back = add(1, add(isAtLeast(body, 128), isAtLeast(body, 16383)));
  return whileTrue(
    left,
    new Label(),
    passBody(v as Passing, stop),
    leaveIf(stop, isAbove(next, end)),
    packed.set(add(packed, add(body, back))),
    at.set(next),
    left.set(subtract(left, 1)),
  );
}

/** Of a stream: as `checkListCode`. */
export function checkStreamCode(f: Scope): readonly Code[] {
  const v = declareStream(f);
  const { end, leaf, leafEnd, names, left, bodyEnd, packed, count, at, size } = v;
  const { ms, seq, firstMs, firstSeq, value } = v;
  const stop = new Label();
  const field = (name: keyof typeof Head) => wordAt(leaf, Head[name]);
  const isPlain = (name: "deleted" | "firstSeqHigh" | "lastSeqHigh") => leaveIf(stop, field(name));
  const isAs = (name: keyof typeof Head, wanted: Value) =>
    leaveIf(stop, isOther(field(name), wanted));
  return [
    leaf.set(v.from),
    whileTrue(
      isBelow(leaf, end),
      stop,
      leaveIf(stop, isAtMost(subtract(end, leaf), Head.size)),
      size.set(wordAt(leaf)),
      leaveIf(stop, or(isAtMost(size, Head.size), isAbove(size, LEAF_SIZE_MAX))),
      leafEnd.set(add(leaf, size)),
      leaveIf(stop, isAbove(leafEnd, end)),
      names.set(field("fields")),
      leaveIf(stop, isAbove(subtract(names, 1), NAMES_MAX - 1)),
      isPlain("deleted"),
      isPlain("firstSeqHigh"),
      isPlain("lastSeqHigh"),
      isAs("lastMsHigh", field("firstMsHigh")),
      packed.set(LISTPACK_EMPTY_SIZE + 2 * SMALL_SIZE),
      at.set(add(leaf, Head.size)),
      left.set(names),
      passBodies(v, leafEnd, stop),
      isAs("entriesAt", subtract(at, leaf)),
      firstMs.set(field("firstMs")),
      firstSeq.set(field("firstSeq")),
      ms.set(firstMs),
      seq.set(subtract(firstSeq, 1)),
      count.set(0),
      whileTrue(
        isBelow(at, leafEnd),
        new Label(),
        takeId(v, stop),
        addDifference(v, firstMs, ms, stop),
        addDifference(v, firstSeq, seq, stop),
        takeVarint(v, value, stop),
        leaveIf(stop, isAbove(value, LEAF_SIZE_MAX)),
        bodyEnd.set(add(at, value)),
        leaveIf(stop, isAbove(bodyEnd, leafEnd)),
        left.set(names),
        passBodies(v, bodyEnd, stop),
        leaveIf(stop, isOther(at, bodyEnd)),
        packed.set(add(packed, 2 * SMALL_SIZE)),
        count.set(add(count, 1)),
      ),
      leaveIf(stop, isOther(at, leafEnd)),
      leaveIf(stop, isZero(count)),
      isAs("live", count),
      isAs("lastMs", ms),
      isAs("lastSeq", seq),
      isAs("packedSize", packed),
      leaf.set(leafEnd),
    ),
    endWith(leaf),
  ];
}
