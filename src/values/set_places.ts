/**
 * Lists of places in a set (see set_value.ts): some chosen at random, or those at a cursor of a
 * scan. There is one list, which the next call makes anew; it is good until the set changes.
 */
import { NIL } from "../arena/arena.ts";
import type { DictRef } from "../structures/dict.ts";
import * as dict from "../structures/dict.ts";
import type { EntryRef } from "../structures/entry.ts";
import * as entry from "../structures/entry.ts";
import { refOf } from "./collection.ts";
import { count, DICT, type RandomBelow, randomPlace, SetCursor } from "./set_value.ts";

/** Places that the list keeps room for between calls. */
const KEPT_COUNT = 1 << 16;
/** Drawing a member costs about as much as walking past so many. */
const DRAW_COST = 10;

/** The places, in places.at[0..places.count). */
export const places = { at: new Int32Array(KEPT_COUNT), count: 0 };

function clear(): void {
  places.count = 0;
  if (places.at.length > KEPT_COUNT) places.at = new Int32Array(KEPT_COUNT);
}

function add(place: number): void {
  if (places.count === places.at.length) {
    const grown = new Int32Array(places.at.length * 2);
    grown.set(places.at);
    places.at = grown;
  }
  places.at[places.count++] = place;
}

const cursor = new SetCursor();

/** Lists all places. */
export function listAll(e: EntryRef): void {
  clear();
  cursor.start(e);
  while (cursor.next()) add(cursor.place);
}

/**
 * Lists `wanted` places of different members, at most as many as there are; all choices of so many
 * are equally likely. O(wanted) in a DICT with many more members, else O(members).
 */
export function listSome(e: EntryRef, wanted: number, random: RandomBelow): void {
  clear();
  const total = count(e);
  if (entry.encoding(e) === DICT && wanted * DRAW_COST < total) {
    drawSome(e, wanted, random);
    return;
  }
  let missing = wanted;
  cursor.start(e);
  for (let left = total; missing > 0 && cursor.next(); left--) {
    if (random(left) >= missing) continue;
    add(cursor.place);
    missing--;
  }
}

/** Draws members until as many different ones as wanted came, which are marked meanwhile. */
function drawSome(e: EntryRef, wanted: number, random: RandomBelow): void {
  while (places.count < wanted) {
    const member = randomPlace(e, random) as EntryRef;
    if (entry.isMarked(member)) continue;
    entry.setMarked(member, true);
    add(member);
  }
  for (let i = 0; i < places.count; i++) entry.setMarked(places.at[i] as EntryRef, false);
}

/**
 * Lists the members at a cursor of a scan, and at those after it until there are `wanted` or so
 * many positions were passed; returns the next cursor. 0 begins and ends. A member that is there
 * during a whole scan is listed at least once. A set that is no DICT is listed whole.
 */
export function listScanned(e: EntryRef, from: number, wanted: number, positions: number): number {
  if (entry.encoding(e) !== DICT) {
    listAll(e);
    return 0;
  }
  clear();
  const members = refOf(e) as number as DictRef;
  let next = from;
  let left = positions;
  do {
    next = dict.scan(members, next, add);
  } while (next !== NIL && left-- > 0 && places.count < wanted);
  return next;
}
