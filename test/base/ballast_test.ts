// Purpose: memory that is kept for a shortage (src/base/ballast.ts): who must have some gets it in
// its place, and who can do without gets none meanwhile.

import { afterEach, expect, test } from "bun:test";
import * as ballast from "../../src/base/ballast.ts";

const { ArrayBuffer: OwnArrayBuffer, Uint8Array: OwnUint8Array } = globalThis;
const MIB = 1 << 20;

/** The next so many buffers cannot be had. */
function failing<Kind extends object>(kind: Kind, times: number): Kind {
  let left = times;
  return new Proxy(kind, {
    construct: (target, args) => {
      if (left-- > 0) throw new RangeError("Out of memory");
      return Reflect.construct(target as new () => object, args);
    },
  });
}

afterEach(() => {
  Object.assign(globalThis, { ArrayBuffer: OwnArrayBuffer, Uint8Array: OwnUint8Array });
  ballast.keep(0, () => {});
});

test("what must be had takes the place of the ballast, which comes back when it can", () => {
  let changes = 0;
  ballast.keep(16 * MIB, () => changes++);
  expect([ballast.isKept(), ballast.isGone(), changes]).toEqual([true, false, 1]);
  globalThis.ArrayBuffer = failing(OwnArrayBuffer, 1);
  expect(ballast.bufferOf(5000).byteLength).toBe(5000);
  expect([ballast.isGone(), changes]).toEqual([true, 2]);
  expect(ballast.recover()).toBe(true);
  expect([ballast.isGone(), changes]).toEqual([false, 3]);
});

test("what must be had and cannot be, even without the ballast, is a RangeError", () => {
  ballast.keep(16 * MIB, () => {});
  globalThis.ArrayBuffer = failing(OwnArrayBuffer, 3);
  expect(() => ballast.bufferOf(5000)).toThrow(RangeError);
  expect(() => ballast.bufferOf(5000)).toThrow(RangeError);
});

test("while the ballast is gone, only little is had by who can do without", () => {
  ballast.keep(16 * MIB, () => {});
  globalThis.ArrayBuffer = failing(OwnArrayBuffer, 1);
  ballast.bufferOf(5000);
  globalThis.Uint8Array = failing(OwnUint8Array, 1);
  expect(() => ballast.spareBytes(MIB)).toThrow(new RangeError("Out of memory"));
  expect(ballast.isGone()).toBe(true);
  expect(ballast.spareBytes(1000).length).toBe(1000);
  expect(ballast.isGone()).toBe(true);
  expect(ballast.spareBytes(MIB).length).toBe(MIB);
  expect(ballast.isGone()).toBe(false);
});

test("without a ballast nobody is refused anything for it", () => {
  expect([ballast.isKept(), ballast.isGone()]).toEqual([false, false]);
  expect(ballast.spareBytes(MIB).length).toBe(MIB);
});
