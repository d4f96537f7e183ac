/** `passRun` of packed_element.ts, and the writing of trimmed leaves, as WebAssembly. */
import {
  add,
  and,
  block,
  byteAt,
  type Code,
  endWith,
  ifTrue,
  isAbove,
  isAtLeast,
  isBelow,
  isEqual,
  isMore,
  isOther,
  isZero,
  Label,
  type Locals,
  leave,
  leaveIf,
  or,
  row,
  type Scope,
  setByte,
  setWord,
  shiftLeft,
  shiftRight,
  shiftRightSigned,
  subtract,
  type Value,
  whileTrue,
  wordAt,
} from "../../base/wasm_code.ts";

const STRING6 = 0x80;
const INT13 = 0xc0;
const STRING12 = 0xe0;
const STRING32 = 0xf0;
const INT16 = 0xf1;
const INT64 = 0xf4;
const SHORT_SIZE = 64;
const INT64_TEXT = 20;
const ZERO = 48;
const NINE = 57;
const MINUS = 45;

/** Leaves `stop` when the integer whose code is `first` could be stored in less. */
function leaveIfSmaller(stop: Label, first: Value, at: Value): Code {
  const fits = (value: Value, unused: number) =>
    isEqual(shiftRightSigned(shiftLeft(value, unused), unused), value);
  return ifTrue(
    isEqual(first, INT16),
    [leaveIf(stop, fits(shiftRightSigned(shiftLeft(wordAt(at, 1), 16), 16), 19))],
    [
      ifTrue(
        isEqual(first, INT16 + 1),
        [leaveIf(stop, fits(shiftRightSigned(wordAt(at), 8), 16))],
        [leaveIf(stop, fits(wordAt(at, 1), 8))],
      ),
    ],
  );
}

/** What `passBody` and `passElement` work with. */
export type Passing = Locals<"at" | "next" | "first" | "body" | "text">;

/** The locals of `passElement`. */
export const passingLocals = (f: Scope): Passing => f.locals("at", "next", "first", "body", "text");

/** Whether the byte is no digit. */
export const isNoDigit = (byte: Value) => isAbove(subtract(byte, ZERO), NINE - ZERO);

/** Leaves `stop` when the short string at `at`, whose body ends at `next`, may be an integer. */
function leaveIfNumber({ at, next, first, text }: Passing, stop: Label): Code {
  const isNoNumber = new Label();
  const leading = byteAt(at, 1);
  return block(
    isNoNumber,
    text.set(add(at, 2)),
    // After a zero there is no more to a number.
    leaveIf(isNoNumber, and(isEqual(leading, ZERO), isAbove(first, STRING6 + 1))),
    leaveIf(isNoNumber, and(isNoDigit(leading), isOther(leading, MINUS))),
    whileTrue(
      isBelow(text, next),
      new Label(),
      leaveIf(isNoNumber, isNoDigit(byteAt(text))),
      text.set(add(text, 1)),
    ),
    leave(stop),
  );
}

/**
 * Sees that the body at `at` is one that a packed block would have: then `body` is its size, and
 * `next` where it ends, which may be anywhere. Else it leaves `stop`.
 */
export function passBody(passing: Passing, stop: Label): Code {
  const { at, next, first, body } = passing;
  const string6 = [
    body.set(add(and(first, 63), 1)),
    next.set(add(at, body)),
    ifTrue(isAtLeast(INT64_TEXT + 1, body), [leaveIfNumber(passing, stop)]),
  ];
  const int13 = [
    body.set(2),
    leaveIf(stop, isZero(or(and(first, 0x1f), shiftRight(byteAt(at, 1), 7)))),
  ];
  const string12 = [
    body.set(add(or(shiftLeft(and(first, 15), 8), byteAt(at, 1)), 2)),
    leaveIf(stop, isBelow(body, SHORT_SIZE + 2)),
  ];
  const integer = [
    leaveIf(stop, or(isEqual(first, STRING32), isAtLeast(first, INT64))),
    body.set(subtract(first, INT16 - 3)),
    leaveIfSmaller(stop, first, at),
  ];
  const others = ifTrue(isBelow(first, STRING12), int13, [
    ifTrue(isBelow(first, STRING32), string12, integer),
  ]);
  return row(
    first.set(byteAt(at)),
    body.set(1),
    ifTrue(isAtLeast(first, STRING6), [ifTrue(isBelow(first, INT13), string6, [others])]),
    next.set(add(at, body)),
  );
}

/** As `passBody`, of an element: `next` is after its `back`, by `end`. */
export function passElement(passing: Passing, end: Value, stop: Label): Code {
  const { next, body } = passing;
  const back = ifTrue(
    isBelow(body, 128),
    [leaveIf(stop, isOther(byteAt(next), body)), next.set(add(next, 1))],
    [
      leaveIf(stop, isOther(byteAt(next), shiftRight(body, 7))),
      leaveIf(stop, isOther(byteAt(next, 1), or(and(body, 127), 128))),
      next.set(add(next, 2)),
    ],
  );
  return row(passBody(passing, stop), back, leaveIf(stop, isAbove(next, end)));
}

/** Puts the number of elements at `resultAt`, and whether it was for the limits after that. */
export const passRunCode =
  (resultAt: number) =>
  (f: Scope): readonly Code[] => {
    const { from, end, sizeMax, countMax } = f.parameters("from", "end", "sizeMax", "countMax");
    const { count, isFull } = f.locals("count", "isFull");
    const passing = passingLocals(f);
    const { at, next } = passing;
    const stop = new Label();
    return [
      at.set(from),
      whileTrue(
        isBelow(at, end),
        stop,
        passElement(passing, end, stop),
        isFull.set(or(isEqual(count, countMax), isMore(subtract(next, from), sizeMax))),
        leaveIf(stop, isFull),
        at.set(next),
        count.set(add(count, 1)),
      ),
      setWord(0, count, resultAt),
      setWord(0, isFull, resultAt + 4),
      endWith(at),
    ];
  };

const LEAST = STRING6;
const OVERHEAD = 2;

/** What `putTrimmed` works with. */
export type Trimming = Locals<
  "from" | "next" | "least" | "code" | "i" | "lastWord" | "rest" | "textEnd"
>;

/** The locals of `putTrimmed`. */
export const trimmingLocals = (f: Scope): Trimming =>
  f.locals("from", "next", "least", "code", "i", "lastWord", "rest", "textEnd");

/**
 * Writes the first `prefix` bytes (4 or more) of the first element from `start` on, then what
 * follows them in each up to `end`, to `to`; `from` is where it stopped, `next` where what it wrote
 * ends.
 */
export function putTrimmed(
  { from, next, least, code, i, lastWord, rest, textEnd }: Trimming,
  { start, end, prefix, to }: Locals<"start" | "end" | "prefix" | "to">,
): Code {
  const stop = new Label();
  const isOtherWord = isOther(wordAt(add(start, i), 1), wordAt(add(from, i), 1));
  return row(
    least.set(or(LEAST, prefix)),
    lastWord.set(subtract(prefix, 4)),
    setByte(to, least),
    i.set(0),
    whileTrue(
      isBelow(i, prefix),
      new Label(),
      setByte(add(to, i), byteAt(add(start, i), 1), 1),
      i.set(add(i, 1)),
    ),
    next.set(add(add(to, prefix), OVERHEAD)),
    setByte(subtract(next, 1), add(prefix, 1)),
    from.set(start),
    whileTrue(
      isBelow(from, end),
      stop,
      code.set(byteAt(from)),
      leaveIf(stop, or(isBelow(code, least), isAtLeast(code, INT13))),
      i.set(0),
      whileTrue(isBelow(i, lastWord), new Label(), leaveIf(stop, isOtherWord), i.set(add(i, 4))),
      i.set(lastWord),
      leaveIf(stop, isOtherWord),
      rest.set(subtract(code, least)),
      setByte(next, or(LEAST, rest)),
      next.set(add(next, 1)),
      i.set(add(add(from, prefix), 1)),
      textEnd.set(add(i, rest)),
      whileTrue(
        isBelow(i, textEnd),
        new Label(),
        setByte(next, byteAt(i)),
        next.set(add(next, 1)),
        i.set(add(i, 1)),
      ),
      setByte(next, add(rest, 1)),
      next.set(add(next, 1)),
      from.set(add(textEnd, 1)),
    ),
  );
}

/** As `putTrimmed`; returns where it stopped. */
export function trimCode(f: Scope): readonly Code[] {
  const places = f.parameters("start", "end", "prefix", "to");
  const trimming = trimmingLocals(f);
  return [putTrimmed(trimming, places), endWith(trimming.from)];
}
