/**
 * Memory that the process maps itself (mmap(2)): Linux, in the release. The runtime neither clears
 * nor frees it, the system does: pages are zero when first touched, and again when they were given
 * back.
 */
import type { Pointer } from "bun:ffi";
import { openSync, read, readFileSync } from "node:fs";
import process from "node:process";
import { type Foreign, type ForeignSignatures, openLibrary, type Place } from "./foreign.ts";

/** What large pages the system has for who asks for them; "unknown" where it does not tell. */
export type HugePages = "always" | "madvise" | "never" | "unknown";

export interface Mappings {
  readonly hugePages: HugePages;
  /** Maps so many bytes at a multiple of `alignment`; 0 when the system refuses them. */
  map(size: number, alignment: number): number;
  /** Nothing may refer to what lies there any more. */
  unmap(address: number, size: number): void;
  /** Gives the pages back, whole ones; they are zero from now on. False: they are as they were. */
  giveBack(address: number, size: number): boolean;
  /** Whether the pages there may be huge ones. */
  adviseHuge(address: number, size: number, mayBeHuge: boolean): void;
  /** Bytes of the pages there that are in memory; the address is that of a page. */
  residentSize(address: number, size: number): number;
  /**
   * Has the page at this address be in memory, by another thread, and tells in a turn of its own
   * when it is: zero is written there, so nobody may use it until then, nor may it be unmapped.
   * Null where there is no way.
   */
  readonly faultIn: ((address: number, done: () => void) => void) | null;
  /** A buffer over what lies there. It is never freed: detach it before it is unmapped. */
  bufferAt(address: number, size: number): ArrayBuffer;
}

/** Of the system's, the same on all its processors that there is a release for. */
const PROT_READ_WRITE = 3;
const MAP_PRIVATE_ANONYMOUS_NORESERVE = 0x4022;
const MADV_DONTNEED = 4;
const MADV_HUGEPAGE = 14;
const MADV_NOHUGEPAGE = 15;
const PR_GET_THP_DISABLE = 42;
const MAP_FAILED = -1;
const PAGE_SIZE = 4096;
/** So many pages are asked about at once. */
const ASKED_PAGES = 1 << 14;

const SIGNATURES: ForeignSignatures = {
  mmap: { takes: ["long", "long", "int", "int", "int", "long"], returns: "long" },
  munmap: { takes: ["long", "long"], returns: "int" },
  madvise: { takes: ["long", "long", "int"], returns: "int" },
  mincore: { takes: ["long", "long", "bytes"], returns: "int" },
  prctl: { takes: ["int", "long", "long", "long", "long"], returns: "int" },
};

interface Calls {
  mmap(
    at: number,
    size: number,
    protection: number,
    flags: number,
    fd: number,
    offset: number,
  ): number | bigint;
  munmap(address: number, size: number): number;
  madvise(address: number, size: number, advice: number): number;
  /** Sets the lowest bit of a byte for each page that is in memory. */
  mincore(address: number, size: number, states: Place): number;
  prctl(option: number, b: number, c: number, d: number, e: number): number;
}

/** Null where memory is the runtime's alone: another system, or another runtime than Bun. */
export async function openMappings(foreign: Foreign | null): Promise<Mappings | null> {
  if (typeof Bun === "undefined" || process.platform !== "linux" || foreign === null) return null;
  const calls = openLibrary(foreign, SIGNATURES) as Calls | null;
  if (calls === null) return null;
  const { toArrayBuffer } = await import("bun:ffi");
  const bufferAt = (address: number, size: number) =>
    toArrayBuffer(address as Pointer, 0, size) as ArrayBuffer;
  return {
    hugePages: calls.prctl(PR_GET_THP_DISABLE, 0, 0, 0, 0) === 1 ? "never" : systemsHugePages(),
    map: (size, alignment) => mapAligned(calls, size, alignment),
    unmap: (address, size) => {
      calls.munmap(address, size);
    },
    giveBack: (address, size) => calls.madvise(address, size, MADV_DONTNEED) === 0,
    adviseHuge: (address, size, mayBeHuge) => {
      calls.madvise(address, size, mayBeHuge ? MADV_HUGEPAGE : MADV_NOHUGEPAGE);
    },
    residentSize: residentSizeBy(calls, foreign),
    faultIn: faultInBy(bufferAt),
    bufferAt,
  };
}

/**
 * The runtime's threads read files, also one that is nothing but zeros: the page that a byte of it
 * goes to is there then, and it is that thread which has waited for it.
 */
function faultInBy(bufferAt: Mappings["bufferAt"]): Mappings["faultIn"] {
  let zeros: number;
  try {
    zeros = openSync("/dev/zero", "r");
  } catch {
    return null;
  }
  return (address, done) => {
    const byte = new Uint8Array(bufferAt(address, 1));
    // Whether it could is no matter: who uses the page would have it come.
    read(zeros, byte, 0, 1, null, () => {
      byte.buffer.transfer(0);
      done();
    });
  };
}

function residentSizeBy(calls: Calls, foreign: Foreign): Mappings["residentSize"] {
  const states = new Uint8Array(ASKED_PAGES);
  return (address, size) => {
    let count = 0;
    const step = ASKED_PAGES * PAGE_SIZE;
    for (let at = 0; at < size; at += step) {
      const pages = Math.ceil(Math.min(step, size - at) / PAGE_SIZE);
      if (calls.mincore(address + at, pages * PAGE_SIZE, foreign.place(states, 0)) !== 0) continue;
      for (let i = 0; i < pages; i++) count += states[i] & 1;
    }
    return count * PAGE_SIZE;
  };
}

/** Maps more than is wanted, and gives up what is before and behind it. */
function mapAligned(calls: Calls, size: number, alignment: number): number {
  const flags = MAP_PRIVATE_ANONYMOUS_NORESERVE;
  const mapped = Number(calls.mmap(0, size + alignment, PROT_READ_WRITE, flags, -1, 0));
  if (mapped === MAP_FAILED) return 0;
  const address = Math.ceil(mapped / alignment) * alignment;
  const before = address - mapped;
  if (before > 0) calls.munmap(mapped, before);
  if (before < alignment) calls.munmap(address + size, alignment - before);
  return address;
}

function systemsHugePages(): HugePages {
  try {
    const text = readFileSync("/sys/kernel/mm/transparent_hugepage/enabled", "latin1");
    const chosen = /\[(\w+)\]/.exec(text)?.[1];
    return chosen === "always" || chosen === "madvise" || chosen === "never" ? chosen : "unknown";
  } catch {
    return "unknown";
  }
}
