/**
 * The pages of the program that the process holds. Most were needed for the start alone, and each
 * touch had some neighbours mapped as well: given back, those that are used come again, from the
 * system's file cache.
 */
import { Buffer } from "node:buffer";
import { closeSync, openSync, readSync } from "node:fs";
import process from "node:process";
import { type Foreign, type ForeignSignatures, openLibrary } from "./foreign.ts";

const PROT_READ = 1;
const MADV_DONTNEED = 4;
const PAGE_SIZE = 4096;

const SIGNATURES: ForeignSignatures = {
  madvise: { takes: ["long", "long", "int"], returns: "int" },
  mprotect: { takes: ["long", "long", "int"], returns: "int" },
};

interface Calls {
  madvise(address: number, size: number, advice: number): number;
  mprotect(address: number, size: number, protection: number): number;
}

/** From where to where something lies in memory. */
type Range = readonly [from: number, to: number];

/**
 * So much of smaps is read, in which an executable that is not moved comes first: of what follows,
 * as the data, the system would look at each page.
 */
const SMAPS_SIZE = 16 << 10;

/** A mapping of a file in smaps, see proc(5): nobody writes there, and nobody has. */
const UNWRITTEN = /^([0-9a-f]+)-([0-9a-f]+) r-[x-]p \S+ \S+ [1-9]\d* [\s\S]*?^Anonymous: +0 kB$/m;

/** Where the runtime keeps the JavaScript of a program that it was compiled into. */
const BUNDLE_SECTION = ".bun";

/** Fields of an ELF file of 64 bits, see elf(5). */
const ELF_HEADER_SIZE = 64;
const ELF_MAGIC = 0x7f454c46;
const ELF_64_LITTLE_ENDIAN = 0x0201;
/** An executable that lies where it says. */
const ET_EXEC = 2;

/** What gives back the program's pages; null where that is not known. */
export function openCodePages(foreign: Foreign | null): (() => void) | null {
  if (typeof Bun === "undefined" || process.platform !== "linux" || foreign === null) return null;
  const calls = openLibrary(foreign, SIGNATURES) as Calls | null;
  if (calls === null) return null;
  let isSealed = false;
  return () => {
    try {
      if (!isSealed) sealBundle(calls);
      isSealed = true;
      for (const [from, to] of unwrittenMappings(beginningOf("/proc/self/smaps", SMAPS_SIZE))) {
        calls.madvise(from, to - from, MADV_DONTNEED);
      }
    } catch {
      // No file may be opened: the pages stay.
    }
  };
}

/**
 * The bundle lies among what can be written, though nobody does: from now on nobody can, so that
 * its pages can go without a change getting lost.
 */
function sealBundle(calls: Calls): void {
  // Not its path, where another may lie by now.
  const bundle = bundleOf("/proc/self/exe");
  if (bundle !== null) calls.mprotect(bundle[0], bundle[1] - bundle[0], PROT_READ);
}

/** From where to where files are mapped of which no page was changed, by a text as smaps is. */
export function unwrittenMappings(smaps: string): Range[] {
  const found: Range[] = [];
  for (const mapping of smaps.split(/^(?=[0-9a-f]+-[0-9a-f]+ )/m)) {
    const match = UNWRITTEN.exec(mapping);
    if (match !== null) found.push([Number.parseInt(match[1], 16), Number.parseInt(match[2], 16)]);
  }
  return found;
}

function beginningOf(path: string, size: number): string {
  const bytes = Buffer.alloc(size);
  const fd = openSync(path, "r");
  try {
    let length = 0;
    for (let count = 1; count > 0 && length < size; length += count) {
      count = readSync(fd, bytes, length, size - length, null);
    }
    return bytes.toString("latin1", 0, length);
  } finally {
    closeSync(fd);
  }
}

/** The whole pages of an executable's bundle, where they are in memory; null if there is none. */
export function bundleOf(path: string): Range | null {
  const fd = openSync(path, "r");
  try {
    const header = partOf(fd, 0, ELF_HEADER_SIZE);
    const isElf =
      header.readUInt32BE(0) === ELF_MAGIC && header.readUInt16BE(4) === ELF_64_LITTLE_ENDIAN;
    if (!isElf || header.readUInt16LE(16) !== ET_EXEC) return null;
    const entrySize = header.readUInt16LE(58);
    const count = header.readUInt16LE(60);
    const sections = partOf(fd, Number(header.readBigUInt64LE(40)), entrySize * count);
    const field = (section: number, at: number) =>
      Number(sections.readBigUInt64LE(section * entrySize + at));
    const contents = (section: number) => partOf(fd, field(section, 24), field(section, 32));
    const names = contents(header.readUInt16LE(62));
    for (let i = 0; i < count; i++) {
      const name = names.subarray(sections.readUInt32LE(i * entrySize));
      if (name.toString("latin1", 0, name.indexOf(0)) !== BUNDLE_SECTION) continue;
      const from = Math.ceil(field(i, 16) / PAGE_SIZE) * PAGE_SIZE;
      const to = Math.floor((field(i, 16) + field(i, 32)) / PAGE_SIZE) * PAGE_SIZE;
      return to > from ? [from, to] : null;
    }
    return null;
  } finally {
    closeSync(fd);
  }
}

function partOf(fd: number, at: number, size: number): Buffer {
  const bytes = Buffer.alloc(size);
  readSync(fd, bytes, 0, size, at);
  return bytes;
}
