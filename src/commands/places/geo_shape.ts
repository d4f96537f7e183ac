/**
 * Searching places within a circle or a box: distances on a sphere, and the cells of a geohash that
 * cover such a shape. Distances are in metres, angles in degrees unless said otherwise. Every digit
 * is Redis's as long as sines are those of the C library, as they are under Bun: not under Deno.
 *
 * The cells are that of the shape's centre and its eight neighbours, at the smallest size for which
 * these nine hold the whole shape. Cells that lie wholly outside are left out.
 */
import {
  interleaved,
  latitudeCell,
  latitudeOf,
  longitudeCell,
  longitudeOf,
  STEP_MAX,
} from "./geohash.ts";

const EARTH_RADIUS = 6372797.560856;
const RADIANS = Math.PI / 180;
/** Half of the earth's circumference on the map: the size of the largest cells. */
const MAP_RADIUS = 20037726.37;
/** Towards the poles cells are narrower, and have to be larger from these latitudes on. */
const NARROW_LATITUDE = 66;
const NARROWER_LATITUDE = 80;
/** Distances computed in two ways agree to this, by far. */
const TOLERANCE = 1 + 1e-9;

/** What is searched: a circle, or a box that is as wide as it says at each latitude. */
export const shape = {
  isBox: false,
  longitude: 0,
  latitude: 0,
  /** Of a circle; of a box, half of its diagonal. */
  radius: 0,
  width: 0,
  height: 0,
};

/** In radians: the shape's centre; and the cosine of its latitude. */
let centreLongitude = 0;
let centreLatitude = 0;
let centreCosine = 1;

const CELLS_MAX = 9;
/** The order in which cells are searched: the centre, then N, S, E, W, NE, NW, SE, SW. */
const EAST = [0, 0, 0, 1, -1, 1, -1, 1, -1];
const NORTH = [0, 1, -1, 0, 0, 1, 1, -1, -1];

/** The cells that cover the shape: the first `count` are scores from `min` on, below `max`. */
export const cells = {
  count: 0,
  min: new Float64Array(CELLS_MAX),
  max: new Float64Array(CELLS_MAX),
};

const bounds = { west: 0, south: 0, east: 0, north: 0 };

/** Puts the shape's centre there. */
export function setCentre(longitude: number, latitude: number): void {
  shape.longitude = longitude;
  shape.latitude = latitude;
  centreLongitude = longitude * RADIANS;
  centreLatitude = latitude * RADIANS;
  centreCosine = Math.cos(centreLatitude);
}

/** Makes the shape a circle; `unit` is the metres of the radius's unit. */
export function setCircle(radius: number, unit: number): void {
  shape.isBox = false;
  shape.radius = radius * unit;
}

/** Makes the shape a box. */
export function setBox(width: number, height: number, unit: number): void {
  shape.isBox = true;
  shape.width = width * unit;
  shape.height = height * unit;
  shape.radius = Math.sqrt((width / 2) * (width / 2) + (height / 2) * (height / 2)) * unit;
}

/** The distance between two places. */
export function distance(
  longitude1: number,
  latitude1: number,
  longitude2: number,
  latitude2: number,
): number {
  const v = Math.sin((longitude2 * RADIANS - longitude1 * RADIANS) / 2);
  const from = latitude1 * RADIANS;
  const to = latitude2 * RADIANS;
  // On one meridian there is a shorter way, which Redis takes: its digits are a little others.
  if (v === 0) return EARTH_RADIUS * Math.abs(to - from);
  return arc(v, from, Math.cos(from), to);
}

/** The haversine formula: `v` is the sine of half of what the longitudes, in radians, differ by. */
function arc(v: number, from: number, fromCosine: number, to: number): number {
  const u = Math.sin((to - from) / 2);
  return 2 * EARTH_RADIUS * Math.asin(Math.sqrt(u * u + fromCosine * Math.cos(to) * v * v));
}

/** `distance` from the shape's centre. */
function fromCentre(longitude: number, latitude: number): number {
  const v = Math.sin((longitude * RADIANS - centreLongitude) / 2);
  const to = latitude * RADIANS;
  if (v === 0) return EARTH_RADIUS * Math.abs(to - centreLatitude);
  return arc(v, centreLatitude, centreCosine, to);
}

/** The distance of a place from the shape's centre, or -1 when it is outside of the shape. */
export function distanceInside(longitude: number, latitude: number): number {
  const { isBox, width, height, radius } = shape;
  const climb = Math.abs(latitude - shape.latitude) * RADIANS * EARTH_RADIUS;
  // No place is nearer than its latitude: most of those outside need no sine.
  if (climb > (isBox ? height / 2 : radius) * TOLERANCE) return -1;
  if (!isBox) {
    const found = fromCentre(longitude, latitude);
    return found > radius ? -1 : found;
  }
  if (distance(longitude, latitude, shape.longitude, latitude) > width / 2) return -1;
  if (distance(longitude, latitude, longitude, shape.latitude) > height / 2) return -1;
  return fromCentre(longitude, latitude);
}

/** Finds the `cells` that cover the shape. */
export function cover(): void {
  findBounds();
  const { longitude, latitude } = shape;
  let step = stepFor(shape.radius, latitude);
  let x = longitudeCell(longitude, step);
  let y = latitudeCell(latitude, step);
  if (step > 1 && isTooNarrow(x, y, step)) {
    step--;
    x = longitudeCell(longitude, step);
    y = latitudeCell(latitude, step);
  }
  const isSmall = step >= 2;
  const noWest = isSmall && longitudeOf(x, step) < bounds.west;
  const noEast = isSmall && longitudeOf(x + 1, step) > bounds.east;
  const noSouth = isSmall && latitudeOf(y, step) < bounds.south;
  const noNorth = isSmall && latitudeOf(y + 1, step) > bounds.north;
  cells.count = 0;
  for (let i = 0; i < CELLS_MAX; i++) {
    const east = EAST[i];
    const north = NORTH[i];
    if (east < 0 ? noWest : east > 0 && noEast) continue;
    if (north < 0 ? noSouth : north > 0 && noNorth) continue;
    addCell(moved(x, east, step), moved(y, north, step), step);
  }
}

/** The longitudes and latitudes that the shape reaches. */
function findBounds(): void {
  const { longitude, latitude, isBox } = shape;
  const height = (isBox ? shape.height / 2 : shape.radius) / EARTH_RADIUS;
  const width = (isBox ? shape.width / 2 : shape.radius) / EARTH_RADIUS;
  const climb = height / RADIANS;
  // A degree is shortest at the edge that is nearer to a pole.
  const edge = latitude < 0 ? latitude - climb : latitude + climb;
  const sweep = width / Math.cos(edge * RADIANS) / RADIANS;
  bounds.west = longitude - sweep;
  bounds.east = longitude + sweep;
  bounds.south = latitude - climb;
  bounds.north = latitude + climb;
}

/** The step at which cells are about as large as a circle. */
function stepFor(radius: number, latitude: number): number {
  if (radius === 0) return STEP_MAX;
  let step = -1;
  for (let size = radius; size < MAP_RADIUS; size *= 2) step++;
  const pole = Math.abs(latitude);
  if (pole > NARROW_LATITUDE) step--;
  if (pole > NARROWER_LATITUDE) step--;
  return Math.min(STEP_MAX, Math.max(1, step));
}

/** Whether the cells round x, y do not reach all that the shape does. */
function isTooNarrow(x: number, y: number, step: number): boolean {
  return (
    latitudeOf(moved(y, 1, step) + 1, step) < bounds.north ||
    latitudeOf(moved(y, -1, step), step) > bounds.south ||
    longitudeOf(moved(x, 1, step) + 1, step) < bounds.east ||
    longitudeOf(moved(x, -1, step), step) > bounds.west
  );
}

/** The cell beside one; beyond the last comes the first. */
function moved(cell: number, by: number, step: number): number {
  return by === 0 ? cell : (cell + by) & (2 ** step - 1);
}

function addCell(x: number, y: number, step: number): void {
  const size = 2 ** (2 * (STEP_MAX - step));
  const { count, min, max } = cells;
  const from = interleaved(x, y, 0) * size;
  // Of a huge shape, neighbours can be the same. Redis leaves that out too, but for the centre.
  if (count > 1 && min[count - 1] === from) return;
  min[count] = from;
  max[count] = interleaved(x, y, 1) * size;
  cells.count++;
}
