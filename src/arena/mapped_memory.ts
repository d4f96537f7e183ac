/**
 * The arena's memory as mappings of our own, of which parts may be in huge pages: a processor finds
 * its way through large data with far fewer misses then.
 *
 *   chunk   64 MiB in a row, at a multiple of that, carved into pieces of a segment's size
 *   unit    2 MiB, a huge page: two pieces
 *   area    a mapping of its own for one block that is larger than a quarter of a chunk
 *
 * Chunks are dense or sparse. In dense ones pages may be huge, so that a piece that is hardly used
 * may take all of its unit: they are for who has filled several already, and give a unit back only
 * when both of its pieces are vacant, since half a huge page cannot be had back. In sparse ones
 * pages are small, and a piece is given back by itself.
 *
 * Each piece has a buffer of its own while it is taken, which is detached before the piece is given
 * back: what still refers to it finds it empty, as with the runtime's own buffers.
 */
import { assert } from "../base/assert.ts";
import { giveBack } from "../base/buffers.ts";
import type { Mappings } from "../runtime/mappings.ts";

const PIECE_SIZE = 1 << 20;
const UNIT_SIZE = 2 << 20;
const UNIT_PIECES = UNIT_SIZE / PIECE_SIZE;
const CHUNK_SIZE = 64 << 20;
const CHUNK_PIECES = CHUNK_SIZE / PIECE_SIZE;
const AREA_SIZE_MIN = CHUNK_SIZE / 4;
/** No more than this part of a block is left over in its last huge page. */
const REST_DIVISOR = 8;
/** Small pages are given back in steps of this size: some 100 to 300 us each. */
const STEP_SIZE = 4 << 20;

const VACANT = 0;
const TAKEN = 1;

interface Chunk {
  readonly address: number;
  readonly isDense: boolean;
  readonly pieces: Uint8Array;
  /** The pieces that hold what they held when they were last taken: they are not zero. */
  readonly soiled: Uint8Array;
  vacantCount: number;
}

interface Area {
  readonly address: number;
  size: number;
}

export class MappedMemory {
  private readonly mappings: Mappings;
  readonly hasHugePages: boolean;
  private readonly later: (run: () => void) => void;
  private readonly chunks: Chunk[] = [];
  /** Sizes of areas, by their address. */
  private readonly areas = new Map<number, number>();
  /** Areas of small pages that nothing uses any more. */
  private readonly leaving: Area[] = [];
  private size = 0;

  /** `later` has something done when the server has nothing else to do. */
  constructor(mappings: Mappings, hasHugePages: boolean, later: (run: () => void) => void) {
    this.mappings = mappings;
    this.hasHugePages = hasHugePages;
    this.later = later;
  }

  /** Bytes of address space that are mapped. */
  get mappedSize(): number {
    return this.size;
  }

  /** Bytes of that which are in memory: the system is asked about each page. */
  get residentSize(): number {
    const { mappings } = this;
    let size = 0;
    for (const { address } of this.chunks) size += mappings.residentSize(address, CHUNK_SIZE);
    for (const [address, areaSize] of this.areas) size += mappings.residentSize(address, areaSize);
    for (const area of this.leaving) size += mappings.residentSize(area.address, area.size);
    return size;
  }

  /**
   * The address of so many bytes, at a multiple of a piece's size; 0 when the system refuses them.
   * They are zero if that is wanted. `isDense` says that nearly all of them will be used.
   */
  take(size: number, isDense: boolean, isZeroed: boolean): number {
    const dense = isDense && this.hasHugePages;
    if (size > AREA_SIZE_MIN) return this.takeArea(size, dense);
    const count = Math.ceil(size / PIECE_SIZE);
    for (const chunk of this.chunks) {
      if (chunk.isDense !== dense || chunk.vacantCount < count) continue;
      const first = vacantRun(chunk, count);
      if (first >= 0) return this.takePieces(chunk, first, count, isZeroed);
    }
    const chunk = this.addChunk(dense);
    return chunk === null ? 0 : this.takePieces(chunk, 0, count, isZeroed);
  }

  /** The buffer over what was taken. */
  bufferAt(address: number, size: number): ArrayBuffer {
    return this.mappings.bufferAt(address, size);
  }

  /** Takes back what `take` gave. Nothing may refer to it any more. */
  give(address: number, size: number): void {
    const areaSize = this.areas.get(address);
    if (areaSize !== undefined) {
      this.giveArea(address, areaSize);
      return;
    }
    const chunkAddress = address - (address % CHUNK_SIZE);
    const chunk = this.chunks.find((each) => each.address === chunkAddress) as Chunk;
    const first = (address - chunkAddress) / PIECE_SIZE;
    const count = Math.ceil(size / PIECE_SIZE);
    if (DEBUG) {
      const isTaken = chunk.pieces.subarray(first, first + count).every((state) => state === TAKEN);
      assert(isTaken, "a piece of memory is given back twice");
    }
    chunk.pieces.fill(VACANT, first, first + count);
    chunk.vacantCount += count;
    this.giveBackPages(chunk, first, count);
    this.dropVacantChunk(chunk);
  }

  private takePieces(chunk: Chunk, first: number, count: number, isZeroed: boolean): number {
    const { pieces, soiled, address } = chunk;
    const at = address + first * PIECE_SIZE;
    if (isZeroed && soiled.subarray(first, first + count).includes(1)) {
      const bytes = new Uint8Array(this.bufferAt(at, count * PIECE_SIZE)).fill(0);
      giveBack(bytes);
    }
    pieces.fill(TAKEN, first, first + count);
    soiled.fill(1, first, first + count);
    chunk.vacantCount -= count;
    return at;
  }

  /** Gives the pages of vacant pieces back: of a dense chunk, those of units that are vacant. */
  private giveBackPages(chunk: Chunk, first: number, count: number): void {
    const { pieces, soiled, address, isDense } = chunk;
    let from = first;
    let to = first + count;
    if (isDense) {
      from -= from % UNIT_PIECES;
      to += (UNIT_PIECES - (to % UNIT_PIECES)) % UNIT_PIECES;
      if (pieces[from] !== VACANT || pieces[from + 1] !== VACANT) from += UNIT_PIECES;
      if (pieces[to - 1] !== VACANT || pieces[to - 2] !== VACANT) to -= UNIT_PIECES;
      if (to <= from) return;
    }
    const size = (to - from) * PIECE_SIZE;
    if (this.mappings.giveBack(address + from * PIECE_SIZE, size)) soiled.fill(0, from, to);
  }

  private addChunk(isDense: boolean): Chunk | null {
    const address = this.map(CHUNK_SIZE, CHUNK_SIZE);
    if (address === 0) return null;
    // Where all memory may be huge, that which is hardly used must not.
    this.mappings.adviseHuge(address, CHUNK_SIZE, isDense);
    const chunk = {
      address,
      isDense,
      pieces: new Uint8Array(CHUNK_PIECES),
      soiled: new Uint8Array(CHUNK_PIECES),
      vacantCount: CHUNK_PIECES,
    };
    this.chunks.push(chunk);
    return chunk;
  }

  /** Of each kind one vacant chunk stays, which takes address space only. */
  private dropVacantChunk(chunk: Chunk): void {
    if (chunk.vacantCount < CHUNK_PIECES) return;
    const isSpare = (each: Chunk) =>
      each !== chunk && each.isDense === chunk.isDense && each.vacantCount === CHUNK_PIECES;
    if (!this.chunks.some(isSpare)) return;
    this.chunks.splice(this.chunks.indexOf(chunk), 1);
    this.unmap(chunk.address, CHUNK_SIZE);
  }

  private takeArea(wanted: number, isDense: boolean): number {
    const size = Math.ceil(wanted / UNIT_SIZE) * UNIT_SIZE;
    const address = this.map(size, UNIT_SIZE);
    if (address === 0) return 0;
    this.mappings.adviseHuge(address, size, isDense);
    this.areas.set(address, size);
    return address;
  }

  /** Huge pages are gone at once; small ones, of which there may be many, by and by. */
  private giveArea(address: number, size: number): void {
    this.areas.delete(address);
    if (this.hasHugePages) {
      this.unmap(address, size);
      return;
    }
    this.leaving.push({ address, size });
    if (this.leaving.length === 1) this.later(this.giveBackSome);
  }

  private readonly giveBackSome = (): void => {
    const area = this.leaving[this.leaving.length - 1];
    const step = Math.min(STEP_SIZE, area.size);
    area.size -= step;
    this.unmap(area.address + area.size, step);
    if (area.size === 0) this.leaving.pop();
    if (this.leaving.length > 0) this.later(this.giveBackSome);
  };

  private map(size: number, alignment: number): number {
    const address = this.mappings.map(size, alignment);
    if (address !== 0) this.size += size;
    return address;
  }

  private unmap(address: number, size: number): void {
    this.mappings.unmap(address, size);
    this.size -= size;
  }
}

/** Whether a block of so many bytes nearly fills its huge pages. */
export function fillsHugePages(size: number): boolean {
  const rest = Math.ceil(size / UNIT_SIZE) * UNIT_SIZE - size;
  return rest * REST_DIVISOR <= size;
}

/**
 * The first of so many vacant pieces in a row, -1 when there are none; several in a dense chunk
 * begin with a unit.
 */
function vacantRun({ pieces, isDense }: Chunk, count: number): number {
  const step = isDense && count > 1 ? UNIT_PIECES : 1;
  for (let first = 0; first + count <= CHUNK_PIECES; first += step) {
    let length = 0;
    while (length < count && pieces[first + length] === VACANT) length++;
    if (length === count) return first;
  }
  return -1;
}
