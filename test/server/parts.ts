/** Purpose: a socket that takes bytes of one place at a time, where several may be offered. */
import { type Parts, writeParts } from "../../src/runtime/parts.ts";

/** What takes parts by a function that takes bytes, until it takes fewer than it is offered. */
export const oneByOne =
  (write: (bytes: Uint8Array, offset: number, size: number) => number) =>
  (parts: Parts): number =>
    writeParts({ write }, parts);
