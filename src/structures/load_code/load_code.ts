/**
 * What loading does to each byte, as WebAssembly. A new server loads its data before the runtime
 * has compiled its loops; these are quick after some hundred rounds (docs/decisions/0033). Each
 * has a twin in JavaScript, which does the same to bytes that lie elsewhere, or where there is no
 * such code.
 *
 *   memory  | results | sum | tables of CRC-64 | regions, each with some bytes of slack … |
 */
import { isKept } from "../../base/ballast.ts";
import { moduleOf } from "../../base/wasm_code.ts";
import { crc64Code, TABLES_SIZE } from "./crc64_code.ts";
import { copyEntriesCode, Entries } from "./entries_code.ts";
import { lzfCode } from "./lzf_code.ts";
import { encodeEntriesCode, encodeRunCode, Messages } from "./messages_code.ts";
import { passRunCode, trimCode } from "./packed_code.ts";

/** A part of the memory: `at` is the address of its first byte. */
export interface Region {
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly view: DataView<ArrayBuffer>;
  readonly at: number;
}

const RESULTS_AT = 0;
const TRAITS_AT = 64;
const SUM_AT = 128;
const TABLES_AT = 256;
const REGIONS_AT = TABLES_AT + TABLES_SIZE;
/** Copies pass the end of what they write, and reads that of what they read, by less. */
const SLACK = 64;

const SCRATCH_SIZE = 64 << 10;
const BLOB_SIZE = 128 << 10;
const STAGED_SIZE = 128 << 10;
const ENTRIES_SIZE = 128 << 10;
/** Writers close a block when it has 256 KiB or more: nearly all are not much larger. */
const BLOCK_SIZE = 320 << 10;
/** Entries are encoded until so many bytes are full, and one more, which takes at most so many. */
const PACKED_SIZE = 16 << 10;
const PACKED_ENTRY_SIZE = 4 << 10;
const PAGES = 17;

interface Exports {
  readonly memory: WebAssembly.Memory;
  crc64(at: number, end: number): number;
  unpack(from: number, end: number, to: number, limit: number): number;
  passRun(from: number, end: number, sizeMax: number, countMax: number): number;
  trim(start: number, end: number, prefix: number, to: number): number;
  copyEntries(from: number, end: number, most: number): number;
  encodeRun(at: number, end: number, into: number, toEnd: number, countMax: number): number;
  encodeEntries(from: number, end: number, to: number, room: number, most: number): number;
}

const FUNCTIONS = {
  crc64: crc64Code(SUM_AT, TABLES_AT),
  unpack: lzfCode,
  passRun: passRunCode(RESULTS_AT),
  trim: trimCode,
  copyEntries: copyEntriesCode(TRAITS_AT),
  encodeRun: encodeRunCode(RESULTS_AT),
  encodeEntries: encodeEntriesCode(TRAITS_AT, PACKED_ENTRY_SIZE),
};

/** The code with its memory. */
export class LoadCode {
  /** What was put together of a file; elements of a leaf; a leaf without its prefix. */
  readonly blob: Region;
  readonly staged: Region;
  readonly trimmed: Region;
  /** Bytes to be unpacked, and those to be added to a checksum. */
  readonly scratch: Region;
  readonly summed: Region;
  /** Entries of a stream as its leaf has them, and as Redis has. */
  readonly entries: Region;
  readonly packedEntries: Region;
  /** A block of a snapshot. */
  readonly block: Region;
  readonly code: Exports;
  /** Who has the block's region. */
  blockOwner: object | null = null;
  private readonly words: Int32Array;
  private readonly memory: ArrayBuffer;
  private regionsEnd = REGIONS_AT;

  constructor() {
    const module = new WebAssembly.Module(moduleOf(PAGES, FUNCTIONS));
    this.code = new WebAssembly.Instance(module).exports as unknown as Exports;
    this.memory = this.code.memory.buffer as ArrayBuffer;
    this.words = new Int32Array(this.memory, 0, TABLES_AT / 4);
    this.blob = this.region(BLOB_SIZE);
    this.staged = this.region(STAGED_SIZE);
    this.trimmed = this.region(STAGED_SIZE);
    this.scratch = this.region(SCRATCH_SIZE);
    this.summed = this.region(SCRATCH_SIZE);
    this.entries = this.region(ENTRIES_SIZE);
    this.packedEntries = this.region(PACKED_SIZE + PACKED_ENTRY_SIZE);
    this.block = this.region(BLOCK_SIZE);
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

export { Entries, Messages, PACKED_ENTRY_SIZE, PACKED_SIZE, SCRATCH_SIZE };

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
