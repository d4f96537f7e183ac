/** `encodeRun` of persistence/snapshot/message_elements.ts as WebAssembly. */
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
  isLess,
  Label,
  type Local,
  type Locals,
  leave,
  leaveIf,
  or,
  row,
  type Scope,
  setByte,
  setWide,
  setWord,
  shiftLeft,
  shiftRight,
  shiftRightSigned,
  type Value,
  whileTrue,
  wideAt,
} from "../../base/wasm_code.ts";

const BIN8 = 0xc4;
const UINT8 = 0xcc;
const UINT32 = 0xce;
const UINT64 = 0xcf;
const INT8 = 0xd0;
const INT32 = 0xd2;
const NEGATIVE = 0xe0;
const SHORT_SIZE = 64;
const NUMBER_SIZE_MAX = 20;
const NINE = 57;

const extended = (value: Value, unused: number) =>
  shiftRightSigned(shiftLeft(value, unused), unused);
const short = (at: Value, more: number) => or(shiftLeft(byteAt(at, more), 8), byteAt(at, more + 1));
const bigWord = (at: Value, more: number) =>
  or(shiftLeft(short(at, more), 16), short(at, more + 2));

/** Sets `body` to the bytes that the body of an integer takes. */
export function measure(value: Local, body: Local): Code {
  const within = (limit: Value, size: number, no: readonly Code[]) =>
    ifTrue(limit, [body.set(size)], no);
  return within(isBelow(value, 128), 1, [
    within(isBelow(add(value, 4096), 8192), 2, [
      within(isEqual(extended(value, 16), value), 3, [
        within(isEqual(extended(value, 8), value), 4, [body.set(5)]),
      ]),
    ]),
  ]);
}

/** Writes the body of an integer to `into`. */
function putInteger(into: Local, value: Value, body: Local): Code {
  return ifTrue(
    isEqual(body, 1),
    [setByte(into, value)],
    [
      ifTrue(
        isEqual(body, 2),
        [setByte(into, or(0xc0, and(shiftRight(value, 8), 0x1f))), setByte(into, value, 1)],
        [setByte(into, add(body, 0xf1 - 3)), setWord(into, value, 1)],
      ),
    ],
  );
}

type ElementLocals = Locals<"at" | "end" | "into" | "toEnd" | "countMax" | "count" | "isFull">;
type OwnLocals = Locals<"code" | "next" | "body" | "value" | "size" | "text" | "back">;

/** Measures the string at `at`; leaves `stop` if it may be the text of an integer. */
function measureString({ at, end }: ElementLocals, own: OwnLocals, stop: Label): readonly Code[] {
  const { next, body, size, text } = own;
  const isNoNumber = new Label();
  return [
    size.set(byteAt(at, 1)),
    next.set(add(add(at, 2), size)),
    leaveIf(stop, isAbove(next, end)),
    ifTrue(isBelow(size, NUMBER_SIZE_MAX + 1), [
      block(
        isNoNumber,
        text.set(add(at, 2)),
        whileTrue(
          isBelow(text, next),
          new Label(),
          leaveIf(isNoNumber, isAbove(byteAt(text), NINE)),
          text.set(add(text, 1)),
        ),
        leave(stop),
      ),
    ]),
    body.set(add(size, add(1, isAtLeast(size, SHORT_SIZE)))),
  ];
}

/** Reads the integer at `at`, of 1, 2 or 4 bytes after its code, and measures it. */
function takeInteger({ at, end }: ElementLocals, own: OwnLocals, stop: Label): readonly Code[] {
  const { code, next, body, value, size } = own;
  const isSigned = isAtLeast(code, INT8);
  const read = (text: Value, unused: number) => [
    value.set(text),
    ifTrue(isSigned, [value.set(extended(value, unused))]),
  ];
  return [
    leaveIf(stop, or(isBelow(code, UINT8), isAbove(code, INT32))),
    leaveIf(stop, isEqual(code, UINT64)),
    size.set(and(code, 3)),
    next.set(add(add(at, 1), shiftLeft(1, size))),
    leaveIf(stop, isAbove(next, end)),
    ifTrue(isEqual(size, 0), read(byteAt(at, 1), 24), [
      ifTrue(isEqual(size, 1), read(short(at, 1), 16), [value.set(bigWord(at, 1))]),
    ]),
    leaveIf(stop, and(isEqual(code, UINT32), isLess(value, 0))),
    measure(value, body),
  ];
}

/** Writes the body of the string at `at`. */
function putString({ at, into }: ElementLocals, { next, size, text, back }: OwnLocals): Code {
  return row(
    ifTrue(
      isBelow(size, SHORT_SIZE),
      [setByte(into, or(0x80, size)), text.set(add(into, 1))],
      [setByte(into, 0xe0), setByte(into, size, 1), text.set(add(into, 2))],
    ),
    back.set(add(at, 2)),
    whileTrue(
      isBelow(back, next),
      new Label(),
      setWide(text, wideAt(back)),
      text.set(add(text, 8)),
      back.set(add(back, 8)),
    ),
  );
}

/** Turns strings and integers into elements, as long as they are plain and there is room. */
function elements(f: Scope, locals: ElementLocals): Code {
  const { at, end, into, toEnd, countMax, count, isFull } = locals;
  const own = f.locals("code", "next", "body", "value", "size", "text", "back");
  const { code, next, body, value } = own;
  const stop = new Label();
  const small = [next.set(add(at, 1)), value.set(extended(code, 24)), measure(value, body)];
  const isSmall = or(isBelow(code, 0x80), isAtLeast(code, NEGATIVE));
  const putBack = ifTrue(
    isBelow(body, 128),
    [setByte(into, body), into.set(add(into, 1))],
    [
      setByte(into, shiftRight(body, 7)),
      setByte(into, or(and(body, 127), 128), 1),
      into.set(add(into, 2)),
    ],
  );
  const room = add(add(into, body), add(1, isAtLeast(body, 128)));
  return whileTrue(
    isBelow(at, end),
    stop,
    isFull.set(0),
    code.set(byteAt(at)),
    ifTrue(isEqual(code, BIN8), measureString(locals, own, stop), [
      ifTrue(isSmall, small, takeInteger(locals, own, stop)),
    ]),
    isFull.set(or(isEqual(count, countMax), isAbove(room, toEnd))),
    leaveIf(stop, isFull),
    ifTrue(isEqual(code, BIN8), [putString(locals, own)], [putInteger(into, value, body)]),
    into.set(add(into, body)),
    putBack,
    at.set(next),
    count.set(add(count, 1)),
  );
}

/** Puts where it ends, the number of elements and whether there is no room at `resultAt`. */
export const encodeRunCode =
  (resultAt: number) =>
  (f: Scope): readonly Code[] => {
    const { at, end, into } = f.parameters("at", "end", "into");
    const { toEnd, countMax } = f.parameters("toEnd", "countMax");
    const { count, isFull } = f.locals("count", "isFull");
    return [
      elements(f, { at, end, into, toEnd, countMax, count, isFull }),
      setWord(0, into, resultAt),
      setWord(0, count, resultAt + 4),
      setWord(0, isFull, resultAt + 8),
      endWith(at),
    ];
  };
