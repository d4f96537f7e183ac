/**
 * Files in .gz and .zip, by fflate, for the tools. What is unpacked is compared with the checksum
 * that came with it. All functions throw PackingError.
 */
import { Gunzip, Gzip, Inflate, Zip, ZipDeflate } from "fflate";
import { crc32 } from "../runtime/deflate.ts";
import type { InputFile } from "../runtime/files.ts";
import { textOfUtf8 } from "../runtime/texts.ts";

/** What is wrong with a packed file. */
class PackingError extends Error {}

type Bytes = Uint8Array<ArrayBuffer>;

const NO_BYTES = new Uint8Array(0);
const ALTERED = "it was cut short or altered: its checksum is another";
/** Numbers of 32 bits, lowest byte first. */
const wordAt = (bytes: Uint8Array, at: number) =>
  (bytes[at] | (bytes[at + 1] << 8) | (bytes[at + 2] << 16) | (bytes[at + 3] << 24)) >>> 0;
const shortAt = (bytes: Uint8Array, at: number) => bytes[at] | (bytes[at + 1] << 8);

/** How a file begins that is packed so. */
export const isGzip = (head: Uint8Array) => head[0] === 0x1f && head[1] === 0x8b;
export const isZip = (head: Uint8Array) => wordAt(head, 0) === LOCAL_HEAD;

/** Packs what is written to it as .gz; `done` is called once. */
export interface Packer {
  write(bytes: Uint8Array): void;
  done(): void;
}

export function gzipPacker(write: (bytes: Uint8Array) => void): Packer {
  const gzip = new Gzip({ mtime: 0 }, (bytes) => write(bytes));
  return {
    write: (bytes) => gzip.push(bytes as Bytes),
    done: () => gzip.push(NO_BYTES, true),
  };
}

/** Sizes in a .zip have 32 bits, but for an extension that not all programs read. */
const ZIP_SIZE_MAX = 0xffff_fffe;

/** Packs as a .zip with one file of this name in it. */
export function zipPacker(name: string, write: (bytes: Uint8Array) => void): Packer {
  const take = (error: Error | null, bytes: Uint8Array) => {
    if (error !== null) throw new PackingError(error.message);
    write(bytes);
  };
  const zip = new Zip(take);
  const file = new ZipDeflate(name);
  zip.add(file);
  let size = 0;
  return {
    write(bytes) {
      size += bytes.length;
      if (size > ZIP_SIZE_MAX) throw new PackingError("more than 4 GiB do not go into a .zip");
      file.push(bytes as Bytes);
    },
    done() {
      file.push(NO_BYTES, true);
      zip.end();
    },
  };
}

/** At a member's end: the CRC-32 and the size of what it holds. */
const TRAILER_SIZE = 8;

/** Unpacks a .gz as it passes, also one of several members. */
export class GzipStream extends TransformStream<Uint8Array, Uint8Array> {
  constructor() {
    const state = { crc: 0, size: 0, passed: 0, window: NO_BYTES as Uint8Array };
    let out: TransformStreamDefaultController<Uint8Array>;
    const gunzip = new Gunzip((bytes) => {
      state.crc = crc32(bytes, state.crc);
      state.size = (state.size + bytes.length) >>> 0;
      if (bytes.length > 0) out.enqueue(bytes);
    });
    /** A member ends at this byte of the file. */
    const checkTo = (end: number) => {
      const at = end - TRAILER_SIZE - (state.passed - state.window.length);
      const { crc, size, window } = state;
      if (wordAt(window, at) !== crc || wordAt(window, at + 4) !== size) {
        throw new PackingError(ALTERED);
      }
      state.crc = state.size = 0;
    };
    gunzip.onmember = checkTo;
    const push = (bytes: Uint8Array, isLast: boolean) => {
      try {
        gunzip.push(bytes as Bytes, isLast);
      } catch (error) {
        throw error instanceof PackingError ? error : new PackingError((error as Error).message);
      }
    };
    super({
      transform(bytes, controller) {
        out = controller;
        state.passed += bytes.length;
        state.window = joined(state.window.subarray(-2 * TRAILER_SIZE), bytes);
        push(bytes, false);
      },
      flush(controller) {
        out = controller;
        push(NO_BYTES, true);
        checkTo(state.passed);
      },
    });
  }
}

function joined(a: Uint8Array, b: Uint8Array): Uint8Array {
  const all = new Uint8Array(a.length + b.length);
  all.set(a);
  all.set(b, a.length);
  return all;
}

const LOCAL_HEAD = 0x04034b50;
const CENTRAL_HEAD = 0x02014b50;
const END_HEAD = 0x06054b50;
const LOCAL_SIZE = 30;
const CENTRAL_SIZE = 46;
const END_SIZE = 22;
/** The end of a .zip may be followed by a comment of up to so many bytes. */
const COMMENT_SIZE_MAX = 0xffff;
const STORED = 0;
const DEFLATED = 8;
const PIECE_SIZE = 64 << 10;
const MORE_BITS = 0xffff_ffff;

/** A file in a .zip. */
interface ZipEntry {
  readonly name: string;
  readonly method: number;
  readonly crc: number;
  readonly packedSize: number;
  readonly size: number;
  /** Where its local head begins. */
  readonly offset: number;
}

function readFrom(file: InputFile, from: number, size: number): Uint8Array {
  const bytes = new Uint8Array(size);
  for (let at = 0; at < size; ) {
    const count = file.readAt(bytes, at, size - at, from + at);
    if (count <= 0) throw new PackingError("it ends too early: it was cut short");
    at += count;
  }
  return bytes;
}

/** The one file in a .zip. */
function entryOf(file: InputFile): ZipEntry {
  const tailSize = Math.min(file.size, END_SIZE + COMMENT_SIZE_MAX);
  const tail = readFrom(file, file.size - tailSize, tailSize);
  let end = tailSize - END_SIZE;
  while (end >= 0 && wordAt(tail, end) !== END_HEAD) end--;
  if (end < 0) throw new PackingError("it ends too early: it was cut short");
  const count = shortAt(tail, end + 10);
  if (count !== 1) throw new PackingError(`it holds ${count} files, and should hold one`);
  const head = readFrom(file, wordAt(tail, end + 16), CENTRAL_SIZE);
  if (wordAt(head, 0) !== CENTRAL_HEAD) throw new PackingError("its directory is broken");
  const sizes = [wordAt(head, 20), wordAt(head, 24), wordAt(head, 42)] as const;
  if (sizes.includes(MORE_BITS)) throw new PackingError("it is larger than 4 GiB");
  const [packedSize, size, offset] = sizes;
  const nameAt = wordAt(tail, end + 16) + CENTRAL_SIZE;
  const name = textOfUtf8(readFrom(file, nameAt, shortAt(head, 28))) ?? "a file";
  return { name, method: shortAt(head, 10), crc: wordAt(head, 16), packedSize, size, offset };
}

/** What is in a .zip of one file, piece by piece. */
export function* unzipped(file: InputFile): Generator<Uint8Array> {
  const { name, method, crc, packedSize, size, offset } = entryOf(file);
  if (method !== STORED && method !== DEFLATED) {
    throw new PackingError(`${name} is packed in a way that is not known`);
  }
  const head = readFrom(file, offset, LOCAL_SIZE);
  if (wordAt(head, 0) !== LOCAL_HEAD) throw new PackingError("its directory is broken");
  if ((shortAt(head, 6) & 1) !== 0) throw new PackingError(`${name} is encrypted`);
  const start = offset + LOCAL_SIZE + shortAt(head, 26) + shortAt(head, 28);
  let sum = 0;
  let unpackedSize = 0;
  let found: Uint8Array[] = [];
  const inflate = new Inflate((bytes) => found.push(bytes));
  for (let at = 0; at < packedSize || at === 0; at += PIECE_SIZE) {
    const piece = readFrom(file, start + at, Math.min(PIECE_SIZE, packedSize - at));
    if (method === STORED) found.push(piece);
    else pushed(inflate, piece, at + piece.length === packedSize);
    for (const bytes of found) {
      sum = crc32(bytes, sum);
      unpackedSize += bytes.length;
      if (bytes.length > 0) yield bytes;
    }
    found = [];
  }
  if (sum !== crc || unpackedSize !== size) throw new PackingError(ALTERED);
}

function pushed(inflate: Inflate, piece: Uint8Array, isLast: boolean): void {
  try {
    inflate.push(piece as Bytes, isLast);
  } catch (error) {
    throw new PackingError((error as Error).message);
  }
}
