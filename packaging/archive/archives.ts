/**
 * Archives whose bytes follow from what is in them: files in the order of their names, all of one
 * time, of nobody, in ustar (POSIX 1003.1-1988), or in a .zip.
 */
import { type Zippable, zipSync } from "fflate";

/** A file in an archive. */
export interface ArchivedFile {
  /** With the folder that everything is in. */
  readonly path: string;
  readonly bytes: Uint8Array;
  readonly isExecutable: boolean;
}

const BLOCK_SIZE = 512;
const PATH_SIZE_MAX = 100;
/** Two blocks of zeros end an archive, and it is filled up to a whole record. */
const RECORD_SIZE = 20 * BLOCK_SIZE;

const modeOf = ({ isExecutable }: ArchivedFile) => (isExecutable ? 0o755 : 0o644);

const byPath = (files: readonly ArchivedFile[]) =>
  [...files].sort((a, b) => (a.path < b.path ? -1 : 1));

/** A tar archive; the time is Unix's, in seconds. */
export function tar(files: readonly ArchivedFile[], time: number): Uint8Array<ArrayBuffer> {
  const parts = byPath(files).flatMap((file) => [header(file, time), file.bytes, padding(file)]);
  const size = parts.reduce((sum, { length }) => sum + length, 2 * BLOCK_SIZE);
  const archive = new Uint8Array(Math.ceil(size / RECORD_SIZE) * RECORD_SIZE);
  let at = 0;
  for (const part of parts) {
    archive.set(part, at);
    at += part.length;
  }
  return archive;
}

const padding = ({ bytes }: ArchivedFile) => new Uint8Array(-bytes.length & (BLOCK_SIZE - 1));

//  0      100    108   116   124    136    148   156    157    257     263       265
//  | path | mode | uid | gid | size | time | sum | type | link | ustar | version | ...
function header(file: ArchivedFile, time: number): Uint8Array {
  const block = Buffer.alloc(BLOCK_SIZE);
  if (Buffer.byteLength(file.path) > PATH_SIZE_MAX) throw new Error(`${file.path} is too long`);
  block.write(file.path, 0);
  block.write(octal(modeOf(file), 8), 100);
  block.write(octal(0, 8), 108);
  block.write(octal(0, 8), 116);
  block.write(octal(file.bytes.length, 12), 124);
  block.write(octal(time, 12), 136);
  // The sum is taken with blanks where it will be.
  block.write("        0", 148);
  block.write("ustar\0" + "00", 257);
  const sum = block.reduce((total, byte) => total + byte, 0);
  block.write(`${octal(sum, 7)} `, 148);
  return block;
}

/** Digits and a 0 byte, `size` bytes together. */
const octal = (value: number, size: number) => `${value.toString(8).padStart(size - 1, "0")}\0`;

/** Of files in a zip: made on Unix, whose modes it then holds. */
const UNIX = 3;

/** A .zip, whose times are those of the time zone UTC. */
export function zip(files: readonly ArchivedFile[], time: number, level: ZipLevel): Uint8Array {
  const entries: Zippable = {};
  for (const file of byPath(files)) {
    const options = { level, mtime: utcAsLocal(time), os: UNIX, attrs: modeOf(file) << 16 };
    entries[file.path] = [file.bytes, options];
  }
  return zipSync(entries);
}

/** How hard to try, as zlib counts. */
export type ZipLevel = 1 | 9;

/** A zip holds what clocks show, which must not depend on where it is made. */
function utcAsLocal(time: number): Date {
  const date = new Date(time * 1000);
  return new Date(time * 1000 + date.getTimezoneOffset() * 60_000);
}
