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
 * Who first touches a huge page waits until the system has found 2 MiB in one piece and cleared
 * them. So, as data grow, some units are faulted in ahead by another thread, and dense pieces are
 * given out of these: small pages will do where there are none. A block that is large itself can be
 * prepared. What is faulted in is taken meanwhile, as if somebody used it.
 *
 * Each piece has a buffer of its own while it is taken, which is detached before the piece is given
 * back: what still refers to it finds it empty, as with the runtime's own buffers.
 */
import { assert } from "../base/assert.ts";
import { giveBack } from "../base/buffers.ts";
import { SLICE_MS } from "../base/limits.ts";
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
/** Of dense pieces so many have one ahead of them, up to a number of units. */
const AHEAD_DIVISOR = 8;
const AHEAD_UNITS_MAX = 4;
/** What was prepared and is not taken within this time is given back. */
const PREPARED_MS = 1000;
/** So many pieces in a row are small in place of dense. */
const SMALL_MAX = 4;

const VACANT = 0;
const TAKEN = 1;

interface Chunk {
  readonly address: number;
  readonly isDense: boolean;
  readonly pieces: Uint8Array;
  /** The pieces that hold what they held when they were last taken: they are not zero. */
  readonly soiled: Uint8Array;
  vacantCount: number;
  /** Of a dense chunk: the pieces whose pages are in memory, as far as is known. */
  readonly present: Uint8Array;
  /** The units that are vacant and present. */
  readyCount: number;
}

interface Area {
  readonly address: number;
  size: number;
}

/** A block that is taken before somebody wants it, and so many bytes of it are in memory. */
interface Prepared {
  readonly address: number;
  readonly size: number;
  presentSize: number;
}

export class MappedMemory {
  private readonly mappings: Mappings;
  readonly hasHugePages: boolean;
  private readonly later: (ms: number, run: () => void) => void;
  private readonly chunks: Chunk[] = [];
  /** Sizes of areas, by their address. */
  private readonly areas = new Map<number, number>();
  /** Areas of small pages that nothing uses any more. */
  private readonly leaving: Area[] = [];
  private size = 0;
  /** Dense pieces that are taken, and units of all chunks that are ready. */
  private denseCount = 0;
  private readyCount = 0;
  /** A dense piece was wanted when none was ready. */
  private isShort = false;
  /** So many times since one was made ready. */
  private smallCount = 0;
  private prepared: Prepared | null = null;
  /** Another thread is at it: one unit at a time. */
  private isFaultingIn = false;

  /** `later` has something done after so many ms. */
  constructor(
    mappings: Mappings,
    hasHugePages: boolean,
    later: (ms: number, run: () => void) => void,
  ) {
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
    if (dense && this.isPrepared(size)) return this.takePrepared();
    if (size > AREA_SIZE_MIN) return this.takeArea(size, dense);
    const count = Math.ceil(size / PIECE_SIZE);
    const address = dense ? this.takeDense(count, isZeroed) : this.takeRun(count, false, isZeroed);
    this.goAhead();
    return address;
  }

  /**
   * Whether `take` of so many dense bytes would give what is in memory already, or nothing can be
   * done about it. If not, that begins: who can wait asks again, and takes it within PREPARED_MS.
   */
  prepare(size: number): boolean {
    if (this.mappings.faultIn === null || !this.hasHugePages || this.isPrepared(size)) return true;
    // One at a time: others wait until it is taken, or given back.
    if (this.prepared !== null) return false;
    const address = this.take(size, true, true);
    if (address === 0) return true;
    this.prepared = { address, size, presentSize: 0 };
    this.goAhead();
    return this.isPrepared(size);
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
    const chunk = this.chunkAt(address);
    const first = (address - chunk.address) / PIECE_SIZE;
    const count = Math.ceil(size / PIECE_SIZE);
    if (DEBUG) {
      const isTaken = chunk.pieces.subarray(first, first + count).every((state) => state === TAKEN);
      assert(isTaken, "a piece of memory is given back twice");
    }
    this.isShort = false;
    if (chunk.isDense) this.denseCount -= count;
    this.vacate(chunk, first, count);
    if (!chunk.isDense) this.giveBackPages(chunk, first, count);
    this.trim();
    this.dropVacantChunk(chunk);
  }

  private chunkAt(address: number): Chunk {
    const chunkAddress = address - (address % CHUNK_SIZE);
    return this.chunks.find((each) => each.address === chunkAddress) as Chunk;
  }

  /**
   * Where none is ready, a piece of small pages will do. But not for much at a time: who loads, or
   * fills so much in one turn, has the time for a huge page.
   */
  private takeDense(count: number, isZeroed: boolean): number {
    for (const chunk of this.chunks) {
      if (!chunk.isDense || chunk.vacantCount < count) continue;
      const first = vacantRun(chunk, count, true);
      if (first >= 0) return this.takePieces(chunk, first, count, isZeroed);
    }
    if (count > 1 || this.mappings.faultIn === null) return this.takeRun(count, true, isZeroed);
    this.isShort = true;
    return this.takeRun(count, ++this.smallCount > SMALL_MAX, isZeroed);
  }

  private takeRun(count: number, isDense: boolean, isZeroed: boolean): number {
    for (const chunk of this.chunks) {
      if (chunk.isDense !== isDense || chunk.vacantCount < count) continue;
      const first = vacantRun(chunk, count, false);
      if (first >= 0) return this.takePieces(chunk, first, count, isZeroed);
    }
    const chunk = this.addChunk(isDense);
    return chunk === null ? 0 : this.takePieces(chunk, 0, count, isZeroed);
  }

  private takePieces(chunk: Chunk, first: number, count: number, isZeroed: boolean): number {
    const { soiled, address } = chunk;
    const at = address + first * PIECE_SIZE;
    if (isZeroed && soiled.subarray(first, first + count).includes(1)) {
      const bytes = new Uint8Array(this.bufferAt(at, count * PIECE_SIZE)).fill(0);
      giveBack(bytes);
    }
    soiled.fill(1, first, first + count);
    if (chunk.isDense) this.denseCount += count;
    this.occupy(chunk, first, count);
    return at;
  }

  private occupy(chunk: Chunk, first: number, count: number): void {
    chunk.pieces.fill(TAKEN, first, first + count);
    chunk.vacantCount -= count;
    if (!chunk.isDense) return;
    // Who touches one of the pieces in a huge page has the other in memory as well.
    const end = first + count;
    chunk.present.fill(1, first - (first % UNIT_PIECES), end + (end % UNIT_PIECES));
    this.recount(chunk);
  }

  private vacate(chunk: Chunk, first: number, count: number): void {
    chunk.pieces.fill(VACANT, first, first + count);
    chunk.vacantCount += count;
    if (chunk.isDense) this.recount(chunk);
  }

  private recount(chunk: Chunk): void {
    this.readyCount -= chunk.readyCount;
    chunk.readyCount = 0;
    for (let at = 0; at < CHUNK_PIECES; at += UNIT_PIECES)
      if (isReady(chunk, at)) chunk.readyCount++;
    this.readyCount += chunk.readyCount;
  }

  /** How many units are to be ready. */
  private get wantedCount(): number {
    const count = Math.floor(this.denseCount / (UNIT_PIECES * AHEAD_DIVISOR));
    return Math.max(this.isShort ? 1 : 0, Math.min(count, AHEAD_UNITS_MAX));
  }

  /** Gives back the pages of units that are ready and not wanted. */
  private trim(): void {
    for (let i = this.chunks.length - 1; i >= 0 && this.readyCount > this.wantedCount; i--) {
      const chunk = this.chunks[i];
      if (chunk.readyCount === 0) continue;
      for (let at = CHUNK_PIECES - UNIT_PIECES; at >= 0; at -= UNIT_PIECES) {
        if (this.readyCount <= this.wantedCount) return;
        if (isReady(chunk, at)) this.giveBackPages(chunk, at, UNIT_PIECES);
      }
    }
  }

  /** Gives the pages of vacant pieces back: of a dense chunk, those of whole units. */
  private giveBackPages(chunk: Chunk, first: number, count: number): void {
    const at = chunk.address + first * PIECE_SIZE;
    if (!this.mappings.giveBack(at, count * PIECE_SIZE)) return;
    chunk.soiled.fill(0, first, first + count);
    chunk.present.fill(0, first, first + count);
    if (chunk.isDense) this.recount(chunk);
  }

  /** Has one unit more faulted in, if any is wanted, and then the next. */
  private goAhead(): void {
    if (this.isFaultingIn || this.mappings.faultIn === null) return;
    const { prepared } = this;
    if (prepared !== null && prepared.presentSize < prepared.size) this.prepareMore(prepared);
    else if (this.readyCount < this.wantedCount) this.makeReady();
  }

  private prepareMore(prepared: Prepared): void {
    this.faultIn(prepared.address + prepared.presentSize, () => {
      prepared.presentSize += UNIT_SIZE;
      if (prepared.presentSize < prepared.size) return;
      this.later(PREPARED_MS, () => {
        if (this.prepared === prepared) this.give(this.takePrepared(), prepared.size);
      });
    });
  }

  private isPrepared(size: number): boolean {
    const { prepared } = this;
    return prepared !== null && prepared.size === size && prepared.presentSize >= size;
  }

  private takePrepared(): number {
    const { address } = this.prepared as Prepared;
    this.prepared = null;
    return address;
  }

  private makeReady(): void {
    let chunk: Chunk | null | undefined = this.chunks.find((each) => coldUnit(each) >= 0);
    // No other time is as good for it: a mapping cannot be changed while it is faulted in.
    chunk ??= this.addChunk(true);
    if (chunk === null) return;
    const unit = coldUnit(chunk);
    const { address } = chunk;
    this.occupy(chunk, unit, UNIT_PIECES);
    this.faultIn(address + unit * PIECE_SIZE, () => {
      this.vacate(chunk, unit, UNIT_PIECES);
      this.trim();
      this.dropVacantChunk(chunk);
    });
  }

  private faultIn(address: number, done: () => void): void {
    this.isFaultingIn = true;
    this.mappings.faultIn?.(address, () => {
      this.isFaultingIn = false;
      this.smallCount = 0;
      done();
      this.goAhead();
    });
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
      present: new Uint8Array(CHUNK_PIECES),
      readyCount: 0,
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
    this.readyCount -= chunk.readyCount;
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
    if (this.leaving.length === 1) this.later(SLICE_MS, this.giveBackSome);
  }

  private readonly giveBackSome = (): void => {
    const area = this.leaving[this.leaving.length - 1];
    const step = Math.min(STEP_SIZE, area.size);
    area.size -= step;
    this.unmap(area.address + area.size, step);
    if (area.size === 0) this.leaving.pop();
    if (this.leaving.length > 0) this.later(SLICE_MS, this.giveBackSome);
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
 * begin with a unit. `isPresent`: only those whose pages are in memory.
 */
function vacantRun({ pieces, present, isDense }: Chunk, count: number, isPresent: boolean): number {
  const step = isDense && count > 1 ? UNIT_PIECES : 1;
  const least = isPresent ? 1 : 0;
  for (let first = 0; first + count <= CHUNK_PIECES; first += step) {
    let length = 0;
    for (let at = first; length < count; length++, at++) {
      if (pieces[at] !== VACANT || present[at] < least) break;
    }
    if (length === count) return first;
  }
  return -1;
}

/** Whether the unit that begins with this piece is vacant, and in memory. */
const isReady = ({ pieces, present }: Chunk, first: number): boolean =>
  pieces[first] === VACANT &&
  pieces[first + 1] === VACANT &&
  present[first] === 1 &&
  present[first + 1] === 1;

/** The first piece of a vacant unit of a dense chunk that is not in memory; -1: there is none. */
function coldUnit({ pieces, present, isDense, vacantCount }: Chunk): number {
  if (!isDense || vacantCount < UNIT_PIECES) return -1;
  for (let first = 0; first < CHUNK_PIECES; first += UNIT_PIECES) {
    const isVacant = pieces[first] === VACANT && pieces[first + 1] === VACANT;
    if (isVacant && present[first] + present[first + 1] === 0) return first;
  }
  return -1;
}
