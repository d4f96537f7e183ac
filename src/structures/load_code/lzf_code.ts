/** Unpacking of LZF (persistence/rdb/lzf.ts) as WebAssembly: copies 8 bytes at a time. */
import {
  add,
  and,
  byteAt,
  type Code,
  endWith,
  ifTrue,
  isAbove,
  isAtLeast,
  isBelow,
  isEqual,
  Label,
  or,
  type Scope,
  setByte,
  setWide,
  shiftLeft,
  shiftRight,
  subtract,
  whileTrue,
  wideAt,
} from "../../base/wasm_code.ts";

/** Writes, and reads of what is packed, pass the end by so much. */
export const LZF_SLACK = 8;
const LITERALS_MAX = 32;
const LONG_RUN = 0xe0;

/** Unpacks bytes to `to` and further; 1 if they are sound and fill it up to `limit`, else 0. */
export function lzfCode(f: Scope): readonly Code[] {
  const { from, end, to, limit } = f.parameters("from", "end", "to", "limit");
  const { at, head, stop, source, distance } = f.locals("at", "head", "stop", "source", "distance");
  const failed = endWith(0);
  const nextByte = [head.set(byteAt(from)), from.set(add(from, 1))];
  const copyWide = whileTrue(
    isBelow(at, stop),
    new Label(),
    setWide(at, wideAt(source)),
    at.set(add(at, 8)),
    source.set(add(source, 8)),
  );
  const copyBytes = whileTrue(
    isBelow(at, stop),
    new Label(),
    setByte(at, byteAt(source)),
    at.set(add(at, 1)),
    source.set(add(source, 1)),
  );
  const literals = [
    stop.set(add(add(at, head), 1)),
    source.set(from),
    from.set(add(add(from, head), 1)),
    ifTrue(or(isAbove(stop, limit), isAbove(from, end)), [failed]),
    copyWide,
  ];
  const run = [
    stop.set(add(at, add(shiftRight(head, 5), 2))),
    distance.set(shiftLeft(and(head, 31), 8)),
    ifTrue(isAtLeast(head, LONG_RUN), [
      ifTrue(isAtLeast(from, end), [failed]),
      stop.set(add(stop, byteAt(from))),
      from.set(add(from, 1)),
    ]),
    ifTrue(isAtLeast(from, end), [failed]),
    distance.set(add(add(distance, byteAt(from)), 1)),
    from.set(add(from, 1)),
    ifTrue(or(isAbove(distance, subtract(at, to)), isAbove(stop, limit)), [failed]),
    source.set(subtract(at, distance)),
    ifTrue(isBelow(distance, 8), [copyBytes], [copyWide]),
  ];
  return [
    at.set(to),
    whileTrue(
      isBelow(from, end),
      new Label(),
      ...nextByte,
      ifTrue(isBelow(head, LITERALS_MAX), literals, run),
      at.set(stop),
    ),
    endWith(isEqual(at, limit)),
  ];
}
