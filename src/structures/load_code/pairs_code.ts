/** Looks at the pairs of a small hash, whether a field is there twice, as WebAssembly. */
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
  isZero,
  Label,
  leaveIf,
  or,
  row,
  type Scope,
  setWord,
  shiftLeft,
  subtract,
  whileTrue,
  wordAt,
} from "../../base/wasm_code.ts";

/** Of more pairs it does not tell. */
export const COMPARED_PAIRS = 16;
/** What `checkPairs` returns. */
export const Pairs = { distinct: 0, twice: 1, unknown: 2 } as const;

const STRING6 = 0x80;
const INT13 = 0xc0;
const STRING12 = 0xe0;
const INT16 = 0xf1;

const declare = (f: Scope) => ({
  ...f.parameters("from", "end"),
  ...f.locals("at", "next", "first", "body", "size", "largest", "places", "known", "other", "i"),
  ...f.locals("result"),
});
type PairLocals = ReturnType<typeof declare>;

/** Passes over the element that `next` has come to, and begins there; it is a sound one. */
function passSound({ at, next, first, body, size, largest }: PairLocals): Code {
  const long = or(shiftLeft(and(first, 15), 8), byteAt(at, 1));
  return row(
    at.set(next),
    first.set(byteAt(at)),
    body.set(1),
    size.set(0),
    ifTrue(isAtLeast(first, STRING6), [
      ifTrue(
        isBelow(first, INT13),
        [size.set(and(first, 63)), body.set(add(size, 1))],
        [
          body.set(2),
          ifTrue(isAtLeast(first, STRING12), [
            ifTrue(
              isBelow(first, INT16),
              [size.set(long), body.set(add(size, 2))],
              [body.set(subtract(first, INT16 - 3))],
            ),
          ]),
        ],
      ),
    ]),
    ifTrue(isAbove(size, largest), [largest.set(size)]),
    next.set(add(add(at, body), add(1, isAtLeast(body, 128)))),
  );
}

/** Leaves `isTwice` when the field at `at` is one of those before, whose places are known. */
function compare(v: PairLocals, placesAt: number, isTwice: Label): Code {
  const { at, body, places, known, other, i } = v;
  const isAlike = isEqual(byteAt(add(other, i)), byteAt(add(at, i)));
  return row(
    known.set(placesAt),
    whileTrue(
      isBelow(known, places),
      new Label(),
      other.set(wordAt(known)),
      // From the end on: most names are as long as others, begin alike and end differently.
      i.set(body),
      whileTrue(isAlike, new Label(), leaveIf(isTwice, isZero(i)), i.set(subtract(i, 1))),
      known.set(add(known, 4)),
    ),
  );
}

/**
 * Of fields and values that are sound and stored as packed blocks store them: see Pairs. Puts the
 * bytes of the longest string at `resultAt`, unless one is there twice; notes places from
 * `placesAt` on.
 */
export const checkPairsCode =
  (resultAt: number, placesAt: number) =>
  (f: Scope): readonly Code[] => {
    const v = declare(f);
    const { end, at, next, largest, places, result } = v;
    const isTwice = new Label();
    return [
      next.set(v.from),
      places.set(placesAt),
      block(
        isTwice,
        whileTrue(
          isBelow(next, end),
          new Label(),
          passSound(v),
          compare(v, placesAt, isTwice),
          ifTrue(
            isBelow(places, placesAt + 4 * COMPARED_PAIRS),
            [setWord(places, at), places.set(add(places, 4))],
            [result.set(Pairs.unknown)],
          ),
          passSound(v),
        ),
        setWord(0, largest, resultAt),
        endWith(result),
      ),
      endWith(Pairs.twice),
    ];
  };
