// Purpose: the cells of shapes: whatever is inside a shape lies in them; and distances.

import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import {
  cells,
  cover,
  distance,
  distanceInside,
  setBox,
  setCentre,
  setCircle,
} from "../../../src/commands/places/geo_shape.ts";
import * as geohash from "../../../src/commands/places/geohash.ts";

const longitudes = fc.double({ min: -180, max: 180, noNaN: true });
const latitudes = fc.double({ min: -85.05112878, max: 85.05112878, noNaN: true });

describe("a shape", () => {
  /** Whether a score lies in one of the cells that cover the shape. */
  function isCovered(score: number): boolean {
    for (let i = 0; i < cells.count; i++) {
      if (score >= cells.min[i] && score < cells.max[i]) return true;
    }
    return false;
  }

  // Like Redis's, the cells can miss places when a shape reaches round a pole, and the first cells
  // of all when its centre is on the very edge of the map.
  const inland = fc.double({ min: -179.9, max: 179.9, noNaN: true });
  const tempered = fc.double({ min: -60, max: 60, noNaN: true });
  const size = fc.double({ min: 1, max: 1_500_000, noNaN: true });
  const turn = fc.double({ min: -1, max: 1, noNaN: true });

  test("has all places inside of it in the cells that cover it", () => {
    let inside = 0;
    fc.assert(
      fc.property(inland, tempered, size, size, turn, turn, (x, y, width, height, dx, dy) => {
        setCentre(x, y);
        if (dx > 0) setCircle(width, 1);
        else setBox(width, height, 1);
        cover();
        expect(cells.count).toBeGreaterThan(0);
        expect(cells.count).toBeLessThanOrEqual(9);
        const degrees = width / 111_000;
        const longitude = ((((x + dx * degrees * 2 + 180) % 360) + 360) % 360) - 180;
        const latitude = Math.max(-85, Math.min(85, y + dy * degrees));
        const score = geohash.encode(longitude, latitude);
        geohash.decode(score);
        if (distanceInside(geohash.place.longitude, geohash.place.latitude) < 0) return;
        inside++;
        expect(isCovered(score)).toBe(true);
      }),
      { numRuns: 3000 },
    );
    expect(inside).toBeGreaterThan(300);
  });

  test("tells the distance of what is inside", () => {
    fc.assert(
      fc.property(longitudes, latitudes, longitudes, latitudes, size, (x, y, x2, y2, radius) => {
        const metres = distance(x, y, x2, y2);
        expect(Math.abs(distance(x2, y2, x, y) - metres)).toBeLessThan(1e-6);
        setCentre(x, y);
        setCircle(radius, 1);
        expect(distanceInside(x2, y2)).toBe(metres > radius ? -1 : metres);
      }),
      { numRuns: 2000 },
    );
  });
});
