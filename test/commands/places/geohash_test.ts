// Purpose: geohashes against BigInt arithmetic bit by bit, and known places.

import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { latin1 } from "../../../src/base/bytes.ts";
import * as geohash from "../../../src/commands/places/geohash.ts";

/** At the very end of its range a place is in a cell that there is not, as in Redis. */
const longitudes = fc.double({ min: -180, max: 179.999999, noNaN: true });
const latitudes = fc.double({ min: -85.05112878, max: 85.051128, noNaN: true });

/** Alternating bits of two numbers, the first one's higher. */
function plainInterleaved(x: number, y: number): bigint {
  let bits = 0n;
  for (let bit = 0n; bit < 32n; bit++) {
    bits |= ((BigInt(y) >> bit) & 1n) << (2n * bit);
    bits |= ((BigInt(x) >> bit) & 1n) << (2n * bit + 1n);
  }
  return bits;
}

const LETTERS = "0123456789bcdefghjkmnpqrstuvwxyz";
const letters = new Uint8Array(geohash.TEXT_SIZE);

function textOf(longitude: number, latitude: number): string {
  geohash.writeText(letters, longitude, latitude);
  return latin1(letters, 0, letters.length);
}

const cellOf = (value: number, most: number) => Math.floor(((value + most) / (2 * most)) * 2 ** 26);

describe("a geohash", () => {
  test("is the alternating bits of two cells", () => {
    const cell = fc.oneof(
      fc.integer({ min: 0, max: 2 ** 26 }),
      fc.constantFrom(0, 2 ** 26, 2 ** 26 - 1),
    );
    fc.assert(
      fc.property(cell, cell, fc.constantFrom(0, 1), (x, y, added) => {
        const wanted = plainInterleaved(x, y) + BigInt(added);
        expect(geohash.interleaved(x, y, added)).toBe(Number(wanted));
      }),
      { numRuns: 2000 },
    );
  });

  test("of a place decodes to a place within half a cell of it", () => {
    fc.assert(
      fc.property(longitudes, latitudes, (longitude, latitude) => {
        geohash.decode(geohash.encode(longitude, latitude));
        expect(Math.abs(geohash.place.longitude - longitude)).toBeLessThanOrEqual(360 / 2 ** 26);
        expect(Math.abs(geohash.place.latitude - latitude)).toBeLessThanOrEqual(171 / 2 ** 26);
      }),
      { numRuns: 2000 },
    );
  });

  test("of the middle of a cell is the cell's", () => {
    const score = fc.maxSafeInteger().map((value) => Math.abs(value) % 2 ** 52);
    fc.assert(
      fc.property(score, (value) => {
        geohash.decode(value);
        expect(geohash.encode(geohash.place.longitude, geohash.place.latitude)).toBe(value);
      }),
      { numRuns: 2000 },
    );
  });

  test("is known for some places, also as text", () => {
    expect(geohash.encode(13.361389, 38.115556)).toBe(3479099956230698);
    expect(geohash.encode(-180, -85.05112878)).toBe(0);
    expect(geohash.encode(180, 85.05112878)).toBe(3 * 2 ** 52);
    expect(textOf(-5.6, 42.6)).toBe("ezs42e44yx0");
    expect(textOf(180, 90)).toHaveLength(11);
  });

  test("has as its text five bits in each letter, the highest first", () => {
    const latitude = fc.double({ min: -90, max: 90, noNaN: true });
    fc.assert(
      fc.property(fc.oneof(longitudes, fc.constant(180)), latitude, (x, y) => {
        const bits = plainInterleaved(cellOf(x, 180), cellOf(y, 90));
        let wanted = "";
        for (let shift = 47n; shift > 0n; shift -= 5n) {
          wanted += LETTERS[Number((bits >> shift) & 31n)];
        }
        expect(textOf(x, y)).toBe(`${wanted}0`);
      }),
      { numRuns: 2000 },
    );
  });

  test("of any score is some place on the map", () => {
    fc.assert(
      fc.property(fc.double({ noNaN: true }), (score) => {
        geohash.decode(score);
        expect(Math.abs(geohash.place.longitude)).toBeLessThanOrEqual(180);
        expect(Math.abs(geohash.place.latitude)).toBeLessThanOrEqual(85.05112878);
      }),
      { numRuns: 1000 },
    );
  });
});
