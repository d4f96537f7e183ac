/**
 * The pages of the program that the process holds. Most were needed for the start alone, and each
 * touch had some neighbours mapped as well: given back, those that are used come again, from the
 * system's file cache.
 */
import { readFileSync } from "node:fs";
import process from "node:process";
import { type Foreign, type ForeignSignatures, openLibrary } from "./foreign.ts";

const MADV_DONTNEED = 4;

const SIGNATURES: ForeignSignatures = {
  madvise: { takes: ["long", "long", "int"], returns: "int" },
};

interface Calls {
  madvise(address: number, size: number, advice: number): number;
}

/** A mapping of a file in smaps, see proc(5): nobody writes there, and nobody has. */
const UNWRITTEN = /^([0-9a-f]+)-([0-9a-f]+) r-[x-]p \S+ \S+ [1-9]\d* [\s\S]*?^Anonymous: +0 kB$/m;

/** Gives back the pages of the program and its libraries; nothing where that is not known. */
export function giveBackCode(foreign: Foreign | null): void {
  if (typeof Bun === "undefined" || process.platform !== "linux" || foreign === null) return;
  const calls = openLibrary(foreign, SIGNATURES) as Calls | null;
  if (calls === null) return;
  for (const [from, to] of unwrittenMappings(readFileSync("/proc/self/smaps", "latin1"))) {
    calls.madvise(from, to - from, MADV_DONTNEED);
  }
}

/** From where to where files are mapped of which no page was changed, by a text as smaps is. */
export function unwrittenMappings(smaps: string): [from: number, to: number][] {
  const found: [number, number][] = [];
  for (const mapping of smaps.split(/^(?=[0-9a-f]+-[0-9a-f]+ )/m)) {
    const match = UNWRITTEN.exec(mapping);
    if (match !== null) found.push([Number.parseInt(match[1], 16), Number.parseInt(match[2], 16)]);
  }
  return found;
}
