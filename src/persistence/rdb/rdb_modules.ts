/**
 * What modules of Redis have saved, which nobody here can read: since version 2 of their format it
 * tells how long it is, and can be passed over.
 */
import { Malformed } from "./rdb_format.ts";
import type { RdbReader } from "./rdb_reader.ts";

const Part = { end: 0, signed: 1, unsigned: 2, float: 3, double: 4, string: 5 } as const;
const FLOAT_SIZE = 4;
const DOUBLE_SIZE = 8;
/** A module's name: nine letters of 6 bits each, above 10 bits that are its version. */
const LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
const NAME_SIZE = 9;
const LETTER_BITS = 6n;
const VERSION_BITS = 10n;

/** Passes over a value of a module; returns the module's name. */
export function skipModuleValue(reader: RdbReader): string {
  const name = moduleName(reader);
  skipParts(reader);
  return name;
}

/** Passes over what a module keeps beside the keys; returns the module's name. */
export function skipModuleAux(reader: RdbReader): string {
  const name = moduleName(reader);
  if (reader.length() !== Part.unsigned) throw new Malformed("a module's data of no known form");
  reader.length();
  skipParts(reader);
  return name;
}

function moduleName(reader: RdbReader): string {
  reader.length();
  let rest = BigInt.asUintN(64, reader.bigint) >> VERSION_BITS;
  let name = "";
  for (let i = 0; i < NAME_SIZE; i++, rest >>= LETTER_BITS) {
    name = LETTERS[Number(rest & 63n)] + name;
  }
  return name;
}

function skipParts(reader: RdbReader): void {
  for (;;) {
    switch (reader.length()) {
      case Part.end:
        return;
      case Part.signed:
      case Part.unsigned:
        reader.length();
        break;
      case Part.float:
        reader.skip(FLOAT_SIZE);
        break;
      case Part.double:
        reader.skip(DOUBLE_SIZE);
        break;
      case Part.string:
        reader.skipString();
        break;
      default:
        throw new Malformed("a module's data of no known form");
    }
  }
}
