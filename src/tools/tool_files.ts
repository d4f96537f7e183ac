/**
 * The files that tools read and write. `-` is standard input, or output; what is packed as .gz or
 * .zip is unpacked, and packed where the name asks for it; records (docs/records.md) become a
 * snapshot. What loads data needs a file: where there is none, a temporary one stands in.
 */
import { concatReadableStreams } from "@std/streams";
import { counted } from "../base/counted.ts";
import { formatOf } from "../persistence/open_loader.ts";
import type { RecordFormat } from "../persistence/records/record_codec.ts";
import type { WholeFile } from "../persistence/saver.ts";
import type { Disk, InputFile } from "../runtime/files.ts";
import {
  GzipStream,
  gzipPacker,
  isGzip,
  isZip,
  type Packer,
  unzipped,
  zipPacker,
} from "./packing.ts";
import { otherThanData } from "./wrong_file.ts";

/** In the place of a file's name. */
export const STANDARD = "-";
/** As it is told. */
export const STANDARD_INPUT_NAME = "standard input";
const PIECE_SIZE = 64 << 10;
/** Bytes that tell what a file is. */
const HEAD_SIZE = 64;

/** What reading and writing files needs. */
export interface FileParts {
  readonly disk: Disk;
  readonly processId: number;
  readonly standardInput: () => AsyncIterable<Uint8Array>;
  readonly writeStandardOutput: (bytes: Uint8Array) => void;
  /** Whether there is something else than a file at a path: a pipe, a device, a folder. */
  readonly isNoFile: (path: string) => boolean;
  /** A path without the links on the way, if it leads to something. */
  readonly realPath: (path: string) => string;
  /** What is to be done first should the process be told to end: removes what is half made. */
  readonly unfinished: Set<() => void>;
}

/** A file that can be loaded. */
export interface ToolInput {
  readonly path: string;
  /** As it is told. */
  readonly name: string;
  /** What it was made of, where that is records, and their bytes. */
  readonly records: { readonly what: string; readonly size: number } | null;
  /** Removes a temporary one. */
  close(): void;
}

const NO_DATA = "no RDB file, no snapshot of Rusk's, and no records";

type Bytes = ReadableStream<Uint8Array>;

/** Whether a file is packed; false also where it cannot be read. */
export function isPacked(path: string, disk: Disk): boolean {
  try {
    const file = disk.openInput(path);
    try {
      const head = new Uint8Array(HEAD_SIZE);
      file.read(head, 0, HEAD_SIZE);
      return isGzip(head) || isZip(head);
    } finally {
      file.close();
    }
  } catch {
    return false;
  }
}

/**
 * Opens what a word of the command line names. `place`: the path that temporary files are named
 * after, and lie beside; `isOfData`: it is to be a snapshot or records, else it may be anything.
 * `note` is told how many bytes have come so far of what has to be read whole first. Throws what
 * is wrong with it, and leaves nothing then.
 */
export async function openToolInput(
  word: string,
  place: string,
  parts: FileParts,
  isOfData: boolean,
  note: (size: number) => void,
): Promise<ToolInput> {
  const name = word === STANDARD ? STANDARD_INPUT_NAME : word;
  const temporary = new TemporaryFiles(place, parts);
  try {
    const plain = await unpacked(word, temporary, parts);
    const { head, bytes } = await looked(plain.bytes);
    const records = isOfData ? await recordsIn(head) : null;
    if (isOfData && records === null && formatOf(head) === null) {
      throw new Error(`it is ${otherThanData(head) ?? NO_DATA}`);
    }
    if (records === null && plain.path !== null) {
      await bytes.cancel();
      return { path: plain.path, name, records: null, close: () => temporary.remove() };
    }
    const file = temporary.make();
    let size = 0;
    const measured = measuredBy(bytes, (count) => {
      size += count;
      note(size);
    });
    if (records !== null) await importRecords(records, measured, file.write);
    else for await (const piece of measured) file.write(piece);
    file.close();
    const told = records === null ? null : { what: `records in ${records.name}`, size };
    return { path: file.path, name, records: told, close: () => temporary.remove() };
  } catch (error) {
    temporary.remove();
    throw new Error(`${name}: ${(error as Error).message}`);
  }
}

/** The format of the records that begin so; null: these are none. */
async function recordsIn(head: Uint8Array): Promise<RecordFormat | null> {
  if (formatOf(head) !== null) return null;
  const { recordFormatOf } = await import("../persistence/records/record_codec.ts");
  return recordFormatOf(head[0]);
}

/** The same bytes; `note` is told how many each piece has. */
function measuredBy(bytes: Bytes, note: (count: number) => void): Bytes {
  return bytes.pipeThrough(
    new TransformStream<Uint8Array, Uint8Array>({
      transform(piece, controller) {
        note(piece.length);
        controller.enqueue(piece);
      },
    }),
  );
}

/** Writes a snapshot of what records tell. */
async function importRecords(
  { strings, decode }: RecordFormat,
  bytes: Bytes,
  write: (bytes: Uint8Array) => void,
): Promise<void> {
  const { RecordImport } = await import("../persistence/records/record_import.ts");
  const importer = new RecordImport(strings, write);
  let count = 0;
  try {
    for await (const record of decode(bytes)) {
      importer.add(record);
      count++;
    }
    importer.end();
  } catch (error) {
    throw new Error(`after ${counted(count, "record")}: ${(error as Error).message}`);
  }
}

/** Files that are gone in the end. */
class TemporaryFiles {
  private readonly place: string;
  private readonly parts: FileParts;
  private readonly paths: string[] = [];

  constructor(place: string, parts: FileParts) {
    this.place = place;
    this.parts = parts;
    parts.unfinished.add(this.remove);
  }

  /** A server that starts here later removes it if this process could not. */
  make() {
    const { disk, processId } = this.parts;
    const path = `${this.place}.tmp-${processId}-${this.paths.length + 1}`;
    const file = disk.openAppend(path, true);
    this.paths.push(path);
    return {
      path,
      write: (bytes: Uint8Array) => file.write(bytes, 0, bytes.length),
      close: () => file.close(),
    };
  }

  readonly remove = (): void => {
    for (const path of this.paths) this.parts.disk.removeFile(path);
    this.parts.unfinished.delete(this.remove);
  };
}

/** The bytes of a file as they are unpacked; its path if it is not packed. */
async function unpacked(
  word: string,
  temporary: TemporaryFiles,
  parts: FileParts,
): Promise<{ bytes: Bytes; path: string | null }> {
  const isStandard = word === STANDARD;
  // What comes from a pipe comes once only.
  const isPassing = isStandard || parts.isNoFile(word);
  const source = isStandard ? streamOf(parts.standardInput()) : piecesOf(word, parts.disk);
  const { head, bytes } = await looked(source);
  if (isGzip(head)) return { bytes: bytes.pipeThrough(new GzipStream()), path: null };
  if (!isZip(head)) return { bytes, path: isPassing ? null : word };
  // Its directory is at its end.
  let path = word;
  if (isPassing) {
    const file = temporary.make();
    for await (const piece of bytes) file.write(piece);
    file.close();
    path = file.path;
  } else {
    await bytes.cancel();
  }
  return { bytes: streamOf(unzippedFrom(path, parts.disk)), path: null };
}

function* unzippedFrom(path: string, disk: Disk): Generator<Uint8Array> {
  const file = disk.openInput(path);
  try {
    yield* unzipped(file);
  } finally {
    file.close();
  }
}

/** The first bytes of a stream, and all of it. */
async function looked(source: Bytes): Promise<{ head: Uint8Array; bytes: Bytes }> {
  const reader = source.getReader();
  const first: Uint8Array[] = [];
  let size = 0;
  while (size < HEAD_SIZE) {
    const { done, value } = await reader.read();
    if (done) break;
    first.push(value);
    size += value.length;
  }
  reader.releaseLock();
  const head = new Uint8Array(HEAD_SIZE);
  let at = 0;
  for (const piece of first) {
    head.set(piece.subarray(0, HEAD_SIZE - at), at);
    at = Math.min(at + piece.length, HEAD_SIZE);
  }
  return { head: head.subarray(0, at), bytes: concatReadableStreams(streamOf(first), source) };
}

/** What an iteration gives, as a stream, which is asked for when it is wanted. */
function streamOf(source: AsyncIterable<Uint8Array> | Iterable<Uint8Array>): Bytes {
  let pieces: AsyncIterator<Uint8Array> | Iterator<Uint8Array> | null = null;
  const begin = () =>
    Symbol.asyncIterator in source ? source[Symbol.asyncIterator]() : source[Symbol.iterator]();
  return new ReadableStream<Uint8Array>({
    async pull(controller) {
      pieces ??= begin();
      const { done, value } = await pieces.next();
      if (done === true) controller.close();
      else controller.enqueue(value);
    },
    async cancel() {
      await pieces?.return?.();
    },
  });
}

function* pieces(file: InputFile): Generator<Uint8Array> {
  try {
    for (;;) {
      const piece = new Uint8Array(PIECE_SIZE);
      const count = file.read(piece, 0, PIECE_SIZE);
      if (count <= 0) return;
      yield piece.subarray(0, count);
    }
  } finally {
    file.close();
  }
}

const piecesOf = (path: string, disk: Disk): Bytes => streamOf(pieces(disk.openInput(path)));

/** Opens what a word of the command line names, a path or `-`, to be written. */
export function openToolOutput(word: string, parts: FileParts): WholeFile {
  const { disk, realPath, writeStandardOutput } = parts;
  if (word === STANDARD) {
    const buffered = new Buffered(writeStandardOutput);
    return { write: (bytes) => buffered.write(bytes), commit: () => buffered.done(), abandon() {} };
  }
  // A link stays one.
  const file = parts.isNoFile(word) ? openPassage(disk, word) : disk.createFile(realPath(word));
  const packer = packerFor(word, (bytes) => file.write(bytes));
  const buffered = new Buffered((bytes) => (packer ?? file).write(bytes));
  return {
    write: (bytes) => buffered.write(bytes),
    commit: () => {
      buffered.done();
      packer?.done();
      file.commit();
    },
    abandon: () => file.abandon(),
  };
}

/** What nothing may take the place of: a pipe, a device. */
function openPassage(disk: Disk, path: string): WholeFile {
  const file = disk.openAppend(path, false);
  return {
    write: (bytes) => file.write(bytes, 0, bytes.length),
    commit: () => file.close(),
    abandon: () => file.close(),
  };
}

function packerFor(path: string, write: (bytes: Uint8Array) => void): Packer | null {
  if (path.endsWith(".gz")) return gzipPacker(write);
  if (!path.endsWith(".zip")) return null;
  return zipPacker(innerName(path), write);
}

/** The name of a file without its folder and without what tells that it is packed. */
export const innerName = (path: string) =>
  path.slice(path.lastIndexOf("/") + 1).replace(/\.(?:gz|zip)$/, "");

/** Writes pieces of some size, whatever comes. */
class Buffered {
  private readonly bytes = new Uint8Array(PIECE_SIZE);
  private size = 0;
  private readonly to: (bytes: Uint8Array) => void;

  constructor(to: (bytes: Uint8Array) => void) {
    this.to = to;
  }

  write(bytes: Uint8Array): void {
    if (this.size + bytes.length > PIECE_SIZE) this.done();
    if (bytes.length > PIECE_SIZE) {
      this.to(bytes);
      return;
    }
    this.bytes.set(bytes, this.size);
    this.size += bytes.length;
  }

  done(): void {
    if (this.size > 0) this.to(this.bytes.subarray(0, this.size));
    this.size = 0;
  }
}
