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
  leave,
  leaveIf,
  or,
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
const NINE = 57;

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

/** Puts the number of elements at `resultAt`, and whether it was for the limits after that. */
export const passRunCode =
  (resultAt: number) =>
  (f: Scope): readonly Code[] => {
    const { from, end, sizeMax, countMax } = f.parameters("from", "end", "sizeMax", "countMax");
    const { at, count, first, body } = f.locals("at", "count", "first", "body");
    const { next, isFull, text } = f.locals("next", "isFull", "text");
    const stop = new Label();
    const isNoNumber = new Label();
    const string6 = [
      body.set(add(and(first, 63), 1)),
      ifTrue(isAtLeast(INT64_TEXT + 1, body), [
        block(
          isNoNumber,
          text.set(add(at, 1)),
          next.set(add(at, body)),
          whileTrue(
            isBelow(text, next),
            new Label(),
            leaveIf(isNoNumber, isAbove(byteAt(text), NINE)),
            text.set(add(text, 1)),
          ),
          leave(stop),
        ),
      ]),
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
    const back = ifTrue(
      isBelow(body, 128),
      [leaveIf(stop, isOther(byteAt(next), body)), next.set(add(next, 1))],
      [
        leaveIf(stop, isOther(byteAt(next), shiftRight(body, 7))),
        leaveIf(stop, isOther(byteAt(next, 1), or(and(body, 127), 128))),
        next.set(add(next, 2)),
      ],
    );
    return [
      at.set(from),
      whileTrue(
        isBelow(at, end),
        stop,
        first.set(byteAt(at)),
        body.set(1),
        ifTrue(isAtLeast(first, STRING6), [ifTrue(isBelow(first, INT13), string6, [others])]),
        next.set(add(at, body)),
        back,
        leaveIf(stop, isAbove(next, end)),
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

/**
 * Writes the first `prefix` bytes (4 or more) of the first element from `start` on, then what
 * follows them in each up to `end`, to `to`; returns where it stopped.
 */
export function trimCode(f: Scope): readonly Code[] {
  const { start, end, prefix, to } = f.parameters("start", "end", "prefix", "to");
  const { from, next, least, code } = f.locals("from", "next", "least", "code");
  const { i, lastWord, rest, textEnd } = f.locals("i", "lastWord", "rest", "textEnd");
  const stop = new Label();
  const isOtherWord = isOther(wordAt(add(start, i), 1), wordAt(add(from, i), 1));
  return [
    least.set(or(LEAST, prefix)),
    lastWord.set(subtract(prefix, 4)),
    setByte(to, least),
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
    endWith(from),
  ];
}
