// What the programs of this folder check by.

import { isDeepStrictEqual } from "node:util";

/** Throws unless the two are alike. */
export function same(got: unknown, wanted: unknown): void {
  if (isDeepStrictEqual(got, wanted)) return;
  throw new Error(`got ${JSON.stringify(got)}, not ${JSON.stringify(wanted)}`);
}
