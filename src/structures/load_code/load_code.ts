/**
 * What loading does to each byte, as WebAssembly. A new server loads its data before the runtime
 * has compiled its loops; these are quick after some hundred rounds (docs/decisions/0033). Each
 * has a twin in JavaScript, which does the same to bytes that lie elsewhere, or where there is no
 * such code. What its memory holds is told in load_module.ts.
 */
import * as arena from "../../arena/arena.ts";
import { isKept } from "../../base/ballast.ts";
import { bytesOfBase64 } from "../../runtime/texts.ts";
import { TABLES_SIZE } from "./crc64_code.ts";
import { Entries } from "./entries_code.ts";
import { Leaves, MADE_HEAD_SIZE } from "./leaves_code.ts";
import {
  BLOB_SIZE,
  BLOCK_SIZE,
  CLASSES_AT,
  CLASSES_COUNT,
  ENTRIES_SIZE,
  LEAF_SIZE_MAX,
  LEAVES_AT,
  loadModule,
  REGIONS_AT,
  RESULTS_AT,
  SCRATCH_SIZE,
  SLACK,
  STAGED_SIZE,
  SUM_AT,
  TABLES_AT,
  TRAITS_AT,
} from "./load_module.ts";
import { Pairs } from "./pairs_code.ts";

declare global {
  /** The module's bytes in base64: given to a release build, which need not make them. */
  var LOAD_MODULE: string | undefined;
}

/** A part of the memory: `at` is the address of its first byte. */
export interface Region {
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly view: DataView<ArrayBuffer>;
  readonly at: number;
}

interface Exports {
  readonly memory: WebAssembly.Memory;
  crc64(at: number, end: number): number;
  unpack(from: number, end: number, to: number, limit: number): number;
  passRun(from: number, end: number, sizeMax: number, countMax: number): number;
  trim(start: number, end: number, prefix: number, to: number): number;
  takeRun(from: number, end: number): number;
  copyEntries(from: number, end: number, most: number): number;
  takeLeaf(from: number, end: number, to: number): number;
  encodeRun(at: number, end: number, into: number, toEnd: number, countMax: number): number;
  checkList(from: number, end: number): number;
  checkStream(from: number, end: number): number;
  checkPairs(from: number, end: number): number;
}

function moduleBytes(): Uint8Array<ArrayBuffer> {
  if (typeof LOAD_MODULE !== "string") return loadModule();
  return bytesOfBase64(LOAD_MODULE) as Uint8Array<ArrayBuffer>;
}

/** The code with its memory. */
export class LoadCode {
  /** Elements of a leaf; a leaf without its prefix, or leaves that were made. */
  readonly staged: Region;
  readonly trimmed: Region;
  /** What was put together of a file. */
  readonly blob: Region;
  /** A piece of a file that is read. */
  readonly chunk: Region;
  /** Bytes to be unpacked, and those to be added to a checksum, that do not lie there. */
  readonly scratch: Region;
  readonly summed: Region;
  /** Entries of a stream as its leaf has them, or a whole leaf. */
  readonly entries: Region;
  /** A block of a snapshot. */
  readonly block: Region;
  readonly code: Exports;
  /** Who has the regions of a block, and of a piece of a file. */
  blockOwner: object | null = null;
  chunkOwner: object | null = null;
  private readonly words: Int32Array;
  private readonly memory: ArrayBuffer;
  private regionsEnd = REGIONS_AT;

  constructor() {
    const module = new WebAssembly.Module(moduleBytes());
    this.code = new WebAssembly.Instance(module).exports as unknown as Exports;
    this.memory = this.code.memory.buffer as ArrayBuffer;
    this.words = new Int32Array(this.memory, 0, TABLES_AT / 4);
    this.staged = this.region(STAGED_SIZE);
    this.trimmed = this.region(STAGED_SIZE);
    this.blob = this.region(BLOB_SIZE);
    this.chunk = this.region(SCRATCH_SIZE);
    this.scratch = this.region(SCRATCH_SIZE);
    this.summed = this.region(SCRATCH_SIZE);
    this.entries = this.region(ENTRIES_SIZE);
    this.block = this.region(BLOCK_SIZE);
    const classes = new Uint16Array(this.memory, CLASSES_AT, CLASSES_COUNT);
    for (let units = 1; units < CLASSES_COUNT; units++) {
      classes[units] = arena.capacityFor(8 * units) / 8;
    }
  }

  private region(size: number): Region {
    const at = this.regionsEnd;
    this.regionsEnd += size + SLACK;
    return {
      bytes: new Uint8Array(this.memory, at, size),
      view: new DataView(this.memory, at, size),
      at,
    };
  }

  /** Words of what the functions return beside their result. */
  result(index: number): number {
    return this.words[RESULTS_AT / 4 + index];
  }
  trait(offset: number): number {
    return this.words[(TRAITS_AT + offset) / 4];
  }
  setTrait(offset: number, value: number): void {
    this.words[(TRAITS_AT + offset) / 4] = value;
  }
  leafState(offset: number): number {
    return this.words[(LEAVES_AT + offset) / 4];
  }
  setLeafState(offset: number, value: number): void {
    this.words[(LEAVES_AT + offset) / 4] = value;
  }
  /** The checksum's two words. */
  sum(index: number): number {
    return this.words[SUM_AT / 4 + index];
  }
  setSum(low: number, high: number): void {
    this.words[SUM_AT / 4] = low;
    this.words[SUM_AT / 4 + 1] = high;
  }
  setTables(lows: Int32Array, highs: Int32Array): void {
    const words = new Int32Array(this.memory, TABLES_AT, TABLES_SIZE / 4);
    for (let i = 0; i < lows.length; i++) {
      words[2 * i] = lows[i];
      words[2 * i + 1] = highs[i];
    }
  }
}

export { Entries, LEAF_SIZE_MAX, Leaves, MADE_HEAD_SIZE, Pairs, SCRATCH_SIZE };

/** The code, once it was made; null where there is none. */
export let loadCode: LoadCode | null = null;

/** Lets go of it. */
export function dropLoadCode(): void {
  loadCode = null;
}

/** Makes it, unless it is there, or address space is limited: a memory reserves 4 GiB of that. */
export function makeLoadCode(): void {
  if (loadCode !== null || isKept()) return;
  try {
    loadCode = new LoadCode();
  } catch {
    // The twins in JavaScript do it.
  }
}
