/** The checksum of persistence/crc64.ts as WebAssembly: 64 bits at a time, by its tables. */
import {
  add,
  and,
  byteAt,
  type Code,
  endWith,
  isAtMost,
  isBelow,
  Label,
  lowWord,
  type Scope,
  setWide,
  shiftedWide,
  shiftLeft,
  subtract,
  type Value,
  whileTrue,
  wideAt,
  widenedUnsigned,
  xorWide,
} from "../../base/wasm_code.ts";

/** Eight tables of 256 entries of 8 bytes. */
export const TABLES_SIZE = 8 * 256 * 8;
const TABLE_SIZE = 256 * 8;

/** Adds the bytes up to `end` to the checksum at `sumAt`. */
export const crc64Code =
  (sumAt: number, tablesAt: number) =>
  (f: Scope): readonly Code[] => {
    const { at, end } = f.parameters("at", "end");
    const { sum } = f.wide("sum");
    const { byte } = f.locals("byte");
    const entry = (table: number, index: Value) =>
      wideAt(shiftLeft(index, 3), tablesAt + table * TABLE_SIZE);
    const lookUp = (table: number) =>
      entry(table, and(lowWord(shiftedWide(sum, 8 * (7 - table))), 0xff));
    let next: Value = lookUp(7);
    for (let table = 6; table >= 0; table--) next = xorWide(next, lookUp(table));
    const lowByte = and(lowWord(xorWide(sum, widenedUnsigned(byte))), 0xff);
    return [
      sum.set(wideAt(sumAt)),
      whileTrue(
        isAtMost(at, subtract(end, 8)),
        new Label(),
        sum.set(xorWide(sum, wideAt(at))),
        sum.set(next),
        at.set(add(at, 8)),
      ),
      whileTrue(
        isBelow(at, end),
        new Label(),
        byte.set(byteAt(at)),
        sum.set(xorWide(shiftedWide(sum, 8), entry(0, lowByte))),
        at.set(add(at, 1)),
      ),
      setWide(sumAt, sum),
      endWith(0),
    ];
  };
