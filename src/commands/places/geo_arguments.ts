/** What geo commands share: reading places, units and members, and replying with places. */
import { parseDouble } from "../../base/doubles.ts";
import { formatFixed, formatTrimmed } from "../../base/fixed.ts";
import { writeInteger } from "../../base/numbers.ts";
import type { Call } from "../../calls/call.ts";
import { CommandError, NOT_FLOAT } from "../../protocol/errors.ts";
import { putLatin1 } from "../../runtime/texts.ts";
import type { EntryRef } from "../../structures/entry.ts";
import * as zsetValue from "../../values/zset_value.ts";
import * as geohash from "./geohash.ts";

const { LATITUDE_MAX, LONGITUDE_MAX } = geohash;

const BAD_UNIT = new CommandError("ERR unsupported unit provided. please use M, KM, FT, MI");

/** Decimals of a place, and of a place in an error. */
const PLACE_DECIMALS = 17;
const ERROR_DECIMALS = 6;

const DISTANCE_DECIMALS = 4;
const DISTANCE_SCALE = 10_000;
const DOT = 46;

/** The place that `parsePlace` read. */
const parsed = { longitude: 0, latitude: 0 };

/** A double in an argument; throws `otherwise` when it is none. */
export function parseNumber(call: Call, index: number, otherwise: Error): number {
  const { bytes, start, size } = call.args;
  const value = parseDouble(bytes, start[index], size[index]);
  if (Number.isNaN(value)) throw otherwise;
  return value;
}

/** The longitude and latitude in an argument and the next; throws when no such place is mapped. */
export function parsePlace(call: Call, index: number): typeof parsed {
  const longitude = parseNumber(call, index, NOT_FLOAT);
  const latitude = parseNumber(call, index + 1, NOT_FLOAT);
  if (Math.abs(longitude) > LONGITUDE_MAX || Math.abs(latitude) > LATITUDE_MAX) {
    const x = formatFixed(longitude, ERROR_DECIMALS);
    const y = formatFixed(latitude, ERROR_DECIMALS);
    throw new CommandError(`ERR invalid longitude,latitude pair ${x},${y}`);
  }
  parsed.longitude = longitude;
  parsed.latitude = latitude;
  return parsed;
}

/** The metres of the unit in an argument. */
export function parseUnit(call: Call, index: number): number {
  if (call.is(index, "m")) return 1;
  if (call.is(index, "km")) return 1000;
  if (call.is(index, "ft")) return 0.3048;
  if (call.is(index, "mi")) return 1609.34;
  throw BAD_UNIT;
}

/** Makes `geohash.place` that of the member in an argument; false when it is not there. */
export function findPlace(call: Call, e: EntryRef, index: number): boolean {
  const { bytes, view, start, size } = call.args;
  const score = zsetValue.score(e, bytes, view, start[index], size[index]);
  if (Number.isNaN(score)) return false;
  geohash.decode(score);
  return true;
}

/** Where a distance is spelled: the largest double has 309 digits, a point, and decimals. */
const spelled = new Uint8Array(320);

/** Replies with a distance, with four decimals. */
export function replyDistance(call: Call, value: number): void {
  call.reply.bulk(spelled, 0, writeDistance(spelled, value));
}

/**
 * Writes a distance with four decimals to the first bytes, as Redis rounds it: times 10000, which
 * is rounded to a double, and then to an integer, halves to the even one. Returns how many it took.
 */
export function writeDistance(to: Uint8Array, value: number): number {
  const scaled = value * DISTANCE_SCALE;
  if (!(scaled < Number.MAX_SAFE_INTEGER)) {
    const text = formatFixed(value, DISTANCE_DECIMALS);
    putLatin1(to, 0, text);
    return text.length;
  }
  let rounded = Math.round(scaled);
  if (rounded - scaled === 0.5 && rounded % 2 === 1) rounded--;
  const whole = Math.floor(rounded / DISTANCE_SCALE);
  const point = writeInteger(to, 0, whole);
  // With one digit before the decimals these keep their zeros, and the point takes its place.
  const end = writeInteger(to, point, DISTANCE_SCALE + rounded - whole * DISTANCE_SCALE);
  to[point] = DOT;
  return end;
}

/** Replies with `geohash.place` as a pair of doubles. */
export function replyPlace(call: Call): void {
  call.reply.array(2);
  call.reply.doubleText(formatTrimmed(geohash.place.longitude, PLACE_DECIMALS));
  call.reply.doubleText(formatTrimmed(geohash.place.latitude, PLACE_DECIMALS));
}
