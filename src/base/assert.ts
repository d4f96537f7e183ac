/**
 * Assertions for our own bugs, never for a client's mistakes.
 *
 * DEBUG is a global so that a release build (`--define DEBUG=false`) drops every
 * `if (DEBUG) assert(…)` whole, message included.
 */
declare global {
  var DEBUG: boolean;
}
globalThis.DEBUG ??= true;

/** Throws when `ok` is false: the server has a bug, described by `why`. */
export function assert(ok: boolean, why: string): asserts ok {
  if (!ok) throw new Error(`Bug: ${why}`);
}
