/**
 * The sizes of blocks that share memory, and the memory that they share, in units of 8 bytes.
 *
 * 8-byte steps up to 128 bytes, then eight classes per doubling up to 64 KiB and sixteen up to
 * 1 MiB, so that at most an eighth, or a sixteenth, of a block is wasted.
 */

/** log2 of the units in a segment: 2^17 units of 8 bytes are 1 MiB. */
export const SEGMENT_BITS = 17;
const SEGMENT_UNITS = 1 << SEGMENT_BITS;

/** Up to here `classFor` is a look-up; it is the size of most blocks. */
const TABLE_UNITS = 1024;
/** The largest block of which at least sixteen fill a segment of its own (64 KiB). */
const SMALL_UNITS_MAX = SEGMENT_UNITS / 16;
/** The largest block that shares memory with others (1 MiB). */
export const SLAB_UNITS_MAX = SEGMENT_UNITS;
/** No more of a slab than a part in so many is left over behind its last block. */
const REST_DIVISOR = 16;

const built = buildClasses();

/** By class, from 1 on: the units of its blocks. */
export const classUnits: Int32Array = built.units;
export const CLASS_COUNT = classUnits.length;
/** Classes up to here fill single segments; a slab of a higher one may span several. */
export const SINGLE_CLASS_MAX = built.singleMax;
/** By class: the segments of a slab, the fewest of which little enough is left over. */
export const slabSegments: Uint8Array = Uint8Array.from(classUnits, segmentsFor);

function buildClasses() {
  const units: number[] = [0];
  for (let size = 1; size <= 16; size++) units.push(size);
  let singleMax = 0;
  for (let last = 16; last < SLAB_UNITS_MAX; last *= 2) {
    if (last === SMALL_UNITS_MAX) singleMax = units.length - 1;
    const steps = last < SMALL_UNITS_MAX ? 8 : 16;
    for (let i = 1; i <= steps; i++) units.push(last + (last / steps) * i);
  }
  const table = new Uint8Array(TABLE_UNITS + 1);
  for (let size = 1, index = 1; size <= TABLE_UNITS; size++) {
    if (size > units[index]) index++;
    table[size] = index;
  }
  return { units: Int32Array.from(units), table, singleMax };
}

function segmentsFor(units: number): number {
  if (units <= SMALL_UNITS_MAX) return 1;
  let count = 1;
  while (((count * SEGMENT_UNITS) % units) * REST_DIVISOR > count * SEGMENT_UNITS) count++;
  return count;
}

/** The class of blocks of so many units: 1 to SLAB_UNITS_MAX. */
export function classFor(units: number): number {
  if (units <= TABLE_UNITS) return built.table[units];
  let low = 1;
  let high = CLASS_COUNT;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (classUnits[middle] < units) low = middle + 1;
    else high = middle;
  }
  return low;
}
