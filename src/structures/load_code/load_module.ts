/**
 * The WebAssembly module of load_code.ts: what lies where in its memory, and its functions.
 *
 *   memory  | results | sum | state | places | tables of CRC-64 | classes | regions |
 *
 * Each region has some bytes of slack behind it.
 */
import { moduleOf } from "../../base/wasm_code.ts";
import { checkListCode, checkStreamCode } from "./checks_code.ts";
import { crc64Code, TABLES_SIZE } from "./crc64_code.ts";
import { copyEntriesCode, takeLeafCode } from "./entries_code.ts";
import { type LeafPlaces, takeRunCode } from "./leaves_code.ts";
import { lzfCode } from "./lzf_code.ts";
import { encodeRunCode } from "./messages_code.ts";
import { passRunCode, trimCode } from "./packed_code.ts";
import { COMPARED_PAIRS, checkPairsCode } from "./pairs_code.ts";

/** Addresses. */
export const RESULTS_AT = 0;
export const TRAITS_AT = 64;
export const SUM_AT = 128;
export const LEAVES_AT = 144;
/** Of fields that are compared, a word each. */
const PLACES_AT = 176;
export const TABLES_AT = PLACES_AT + 4 * COMPARED_PAIRS + 16;
export const CLASSES_AT = TABLES_AT + TABLES_SIZE;
/** Elements of no more bytes are made a leaf of a list. */
export const LEAF_SIZE_MAX = 16 << 10;
export const CLASSES_COUNT = LEAF_SIZE_MAX / 8 + 8;
export const REGIONS_AT = CLASSES_AT + 2 * CLASSES_COUNT;
/** Copies pass the end of what they write, and reads that of what they read, by less. */
export const SLACK = 64;
/** These are the first two regions. */
export const STAGED_SIZE = 128 << 10;
const STAGED_AT = REGIONS_AT;
const TRIMMED_AT = STAGED_AT + STAGED_SIZE + SLACK;

export const SCRATCH_SIZE = 64 << 10;
export const BLOB_SIZE = 128 << 10;
export const ENTRIES_SIZE = 128 << 10;
/** Writers close a block when it has 256 KiB or more: nearly all are not much larger. */
export const BLOCK_SIZE = 320 << 10;
const PAGES = 17;

const LEAF_PLACES: LeafPlaces = {
  stateAt: LEAVES_AT,
  stagedAt: STAGED_AT,
  madeAt: TRIMMED_AT,
  madeEnd: TRIMMED_AT + STAGED_SIZE,
  classesAt: CLASSES_AT,
};

const functions = () => ({
  crc64: crc64Code(SUM_AT, TABLES_AT),
  unpack: lzfCode,
  passRun: passRunCode(RESULTS_AT),
  trim: trimCode,
  takeRun: takeRunCode(LEAF_PLACES),
  copyEntries: copyEntriesCode(TRAITS_AT),
  takeLeaf: takeLeafCode(TRAITS_AT),
  encodeRun: encodeRunCode(RESULTS_AT),
  checkList: checkListCode,
  checkStream: checkStreamCode,
  checkPairs: checkPairsCode(RESULTS_AT, PLACES_AT),
});

/** The module's bytes: 10 KB, which take 15 ms in a new process. */
export const loadModule = (): Uint8Array<ArrayBuffer> => moduleOf(PAGES, functions());
