/**
 * Notices keys that a file has twice though they are never in memory together: of each key it keeps
 * a fingerprint of 62 bits. A quarter of a million of them (2 MB) are in memory; what is more goes,
 * sorted, to a temporary file, and in the end all are compared, a part after the other.
 *
 * Different keys may have the same fingerprint: of a hundred million keys, two in one of a thousand
 * files. So whoever is told of one has to look again.
 */
import { segmentOf, u8, views } from "../arena/arena.ts";
import type { Disk, InputFile } from "../runtime/files.ts";
import type { EntryRef } from "../structures/entry.ts";
import * as entry from "../structures/entry.ts";
import { hash64, hashed } from "../structures/murmur.ts";

const PRINT_SIZE = 8;
/** Of a fingerprint's higher word: it is a finite double then, and they sort as their bits do. */
const HIGH_MASK = 0x3fff_ffff;
const FIRST_COUNT = 1 << 12;
const RUN_COUNT = 1 << 18;
/** Parts in which all are compared in the end, by the highest bits of the higher word. */
const PART_COUNT = 256;
const PART_SHIFT = 22;
/** Looked for again are at most so many. */
const TWINS_MAX = 256;

type Prints = Float64Array<ArrayBuffer>;

/** Fingerprints in their order: in the temporary file, or in memory where there can be none. */
interface Run {
  /** Where each part begins, and the last ends. */
  readonly starts: Int32Array;
  /** In the file, where they begin. */
  readonly offset: number;
  readonly prints: Prints | null;
}

const scratch = new Float64Array(1);
const scratchWords = new Int32Array(scratch.buffer);

/** The fingerprint of a key of the database of this number. */
export function fingerprint(database: number, e: EntryRef): number {
  const segment = segmentOf(entry.keyBlock(e));
  hash64(u8[segment], views[segment], entry.keyOffset(e), entry.keySize(e), database);
  scratchWords[0] = hashed.low;
  scratchWords[1] = entry.hash(e) & HIGH_MASK;
  return scratch[0];
}

/** See above. */
export class KeyCensus {
  private readonly disk: Disk;
  private readonly path: string;
  private readonly runCount: number;
  private readonly found = new Set<number>();
  private readonly runs: Run[] = [];
  private prints: Prints = new Float64Array(FIRST_COUNT);
  private count = 0;
  /** Bytes in the temporary file that count, and whether there is one. */
  private size = 0;
  private isMade = false;

  /** `path`: of the temporary file, if one is needed: for more than `runCount` keys. */
  constructor(disk: Disk, path: string, runCount = RUN_COUNT) {
    this.disk = disk;
    this.path = path;
    this.runCount = runCount;
  }

  /** Another key. */
  note(print: number): void {
    if (this.count === this.prints.length) {
      if (this.count >= this.runCount) this.endRun();
      else this.grow();
    }
    this.prints[this.count++] = print;
  }

  private grow(): void {
    const grown = new Float64Array(2 * this.prints.length);
    grown.set(this.prints);
    this.prints = grown;
  }

  /** Fingerprints that came more than once: all of them, or many. */
  twins(): ReadonlySet<number> {
    if (this.runs.length === 0) {
      this.lookAt(this.prints.subarray(0, this.count));
      return this.found;
    }
    this.endRun();
    const file = this.size > 0 ? this.disk.openInput(this.path) : null;
    try {
      for (let part = 0; part < PART_COUNT; part++) this.lookAt(this.partOf(part, file));
    } finally {
      file?.close();
    }
    return this.found;
  }

  /** Removes the temporary file. */
  close(): void {
    if (this.isMade) this.disk.removeFile(this.path);
    this.isMade = false;
  }

  /** Sorts fingerprints, and looks for those that are there twice. */
  private lookAt(prints: Prints): void {
    prints.sort();
    for (let i = 1; i < prints.length && this.found.size < TWINS_MAX; i++) {
      if (prints[i] === prints[i - 1]) this.found.add(prints[i]);
    }
  }

  private endRun(): void {
    const prints = this.prints.subarray(0, this.count);
    prints.sort();
    const offset = this.size;
    const starts = startsOf(prints);
    const isWritten = this.write(prints);
    this.runs.push({ starts, offset, prints: isWritten ? null : prints.slice() });
    this.count = 0;
  }

  /** Whether it could: a check of what others may read only is no reason to fail. */
  private write(prints: Prints): boolean {
    try {
      const file = this.disk.openAppend(this.path, this.size === 0);
      this.isMade = true;
      try {
        file.truncate(this.size);
        file.write(new Uint8Array(prints.buffer), 0, prints.length * PRINT_SIZE);
        this.size = file.size;
      } finally {
        file.close();
      }
      return true;
    } catch {
      return false;
    }
  }

  /** All fingerprints of a part. */
  private partOf(part: number, file: Pick<InputFile, "readAt"> | null): Prints {
    const sizes = this.runs.map(({ starts }) => starts[part + 1] - starts[part]);
    const all = new Float64Array(sizes.reduce((sum, size) => sum + size, 0));
    const bytes = new Uint8Array(all.buffer);
    let at = 0;
    for (const [index, { starts, offset, prints }] of this.runs.entries()) {
      const from = starts[part];
      const size = sizes[index] * PRINT_SIZE;
      if (prints !== null) all.set(prints.subarray(from, starts[part + 1]), at);
      else readWhole(file, bytes, at * PRINT_SIZE, size, offset + from * PRINT_SIZE);
      at += sizes[index];
    }
    return all;
  }
}

/** Where each part begins in sorted fingerprints. */
function startsOf(prints: Prints): Int32Array {
  const words = new Int32Array(prints.buffer);
  const starts = new Int32Array(PART_COUNT + 1);
  let part = 0;
  for (let i = 0; i < prints.length; i++) {
    for (const own = words[2 * i + 1] >>> PART_SHIFT; part < own; ) starts[++part] = i;
  }
  starts.fill(prints.length, part + 1);
  return starts;
}

/** Puts so many bytes of the file, from one on, at an offset of a buffer. */
function readWhole(
  file: Pick<InputFile, "readAt"> | null,
  into: Uint8Array,
  offset: number,
  size: number,
  from: number,
): void {
  for (let done = 0; done < size; ) {
    const count = file?.readAt(into, offset + done, size - done, from + done) ?? 0;
    if (count <= 0) throw new Error("a temporary file was cut short");
    done += count;
  }
}
