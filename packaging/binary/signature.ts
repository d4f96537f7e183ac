/**
 * The signature of a Mach-O file: hashes of its pages, which macOS looks at before it runs one, on
 * Apple silicon always. Numbers in it have the high byte first. Source: XNU, kern/cs_blobs.h.
 */
import { createHash } from "node:crypto";

const SIGNATURE_COMMAND = 0x1d;
const SEGMENT_COMMAND = 0x19;
const SIGNATURE = 0xfade0cc0;
const DIRECTORY = 0xfade0c02;
const CODE_DIRECTORY = 0;
const SHA256 = 2;
const HASH_SIZE = 32;
const PAGE_BITS = 12;

// | SIGNATURE | size | 1 | CODE_DIRECTORY | offset | directory ...
const DIRECTORY_OFFSET = 20;
// The directory's head, of version 2.4, up to the name of the program, which the hashes follow:
//  0       4      8         12      16       20     24        28      32      36
//  | magic | size | version | flags | hashes | name | special | pages | limit | hash size ... |
//  40 ... 64           72             80              88
//         | text from | text to, each | flags of text | name
const HEAD_SIZE = 88;
const VERSION = 0x20400;
/** Signed by nobody: the hashes are all that there is. */
const AD_HOC = 2;
const MAIN_PROGRAM = 1n;
const NAME = "rusk\0";

/** Where a load command is in a Mach-O file. */
interface Command {
  readonly kind: number;
  readonly at: number;
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

function commands(view: DataView): Command[] {
  const found: Command[] = [];
  let at = 32;
  for (let left = view.getUint32(16, true); left > 0; left--) {
    found.push({ kind: view.getUint32(at, true), at });
    at += view.getUint32(at + 4, true);
  }
  return found;
}

function signatureCommand(view: DataView): number {
  const found = commands(view).find(({ kind }) => kind === SIGNATURE_COMMAND);
  if (found === undefined) throw new Error("It is not signed");
  return found.at;
}

/** Where the command is that tells of a segment. */
function segment(view: DataView, name: string): number {
  const found = commands(view).find(({ kind, at }) => {
    if (kind !== SEGMENT_COMMAND) return false;
    return [...name].every((each, index) => view.getUint8(at + 8 + index) === each.charCodeAt(0));
  });
  if (found === undefined) throw new Error(`It has no segment ${name}`);
  return found.at;
}

const sha256 = (bytes: Uint8Array) => createHash("sha256").update(bytes).digest();

/** Throws if a Mach-O file has no signature, or one of other bytes. */
export function checkSignature(bytes: Uint8Array): void {
  const view = viewOf(bytes);
  const directory = codeDirectory(view, view.getUint32(signatureCommand(view) + 8, true));
  const hashesAt = directory + view.getUint32(directory + 16);
  const count = view.getUint32(directory + 28);
  const limit = view.getUint32(directory + 32);
  if (view.getUint8(directory + 37) !== SHA256) throw new Error("Signed by hashes unknown here");
  const pageSize = 1 << view.getUint8(directory + 39);
  if (count !== Math.ceil(limit / pageSize)) throw new Error("Not all of it is signed");
  for (let page = 0; page < count; page++) {
    const content = bytes.subarray(page * pageSize, Math.min((page + 1) * pageSize, limit));
    const signed = bytes.subarray(hashesAt + page * HASH_SIZE, hashesAt + (page + 1) * HASH_SIZE);
    if (!sha256(content).equals(signed)) throw new Error(`Page ${page} is not what is signed`);
  }
}

function codeDirectory(view: DataView, signature: number): number {
  if (view.getUint32(signature) !== SIGNATURE) throw new Error("Its signature is none");
  for (let index = 0; index < view.getUint32(signature + 8); index++) {
    const at = signature + 12 + index * 8;
    if (view.getUint32(at) === CODE_DIRECTORY) return signature + view.getUint32(at + 4);
  }
  throw new Error("Its signature has no hashes");
}

/**
 * The file with a signature of its own in place of the one that its runtime had, which Bun leaves
 * as it was in files for Intel processors: macOS would end a program that its signature belies.
 */
export function signed(bytes: Uint8Array): Uint8Array {
  const limit = viewOf(bytes).getUint32(signatureCommand(viewOf(bytes)) + 8, true);
  const pages = Math.ceil(limit / (1 << PAGE_BITS));
  const hashesAt = HEAD_SIZE + NAME.length;
  const directorySize = hashesAt + pages * HASH_SIZE;
  const size = DIRECTORY_OFFSET + directorySize;
  const file = new Uint8Array(limit + size);
  file.set(bytes.subarray(0, limit));
  const view = viewOf(file);
  // The first page, which is signed as well, tells where the signature ends.
  view.setUint32(signatureCommand(view) + 12, size, true);
  growLast(view, file.length);
  [SIGNATURE, size, 1, CODE_DIRECTORY, DIRECTORY_OFFSET].forEach((word, index) => {
    view.setUint32(limit + 4 * index, word);
  });
  const directory = limit + DIRECTORY_OFFSET;
  const head = [DIRECTORY, directorySize, VERSION, AD_HOC, hashesAt, HEAD_SIZE, 0, pages, limit];
  head.forEach((word, index) => {
    view.setUint32(directory + 4 * index, word);
  });
  file.set([HASH_SIZE, SHA256, 0, PAGE_BITS], directory + 36);
  const text = segment(view, "__TEXT");
  view.setBigUint64(directory + 64, view.getBigUint64(text + 40, true));
  view.setBigUint64(directory + 72, view.getBigUint64(text + 48, true));
  view.setBigUint64(directory + 80, MAIN_PROGRAM);
  file.set(new TextEncoder().encode(NAME), directory + HEAD_SIZE);
  for (let page = 0; page < pages; page++) {
    const content = file.subarray(page << PAGE_BITS, Math.min((page + 1) << PAGE_BITS, limit));
    file.set(sha256(content), directory + hashesAt + page * HASH_SIZE);
  }
  return file;
}

/** Has the last segment, which the signature is in, reach the end of the file. */
function growLast(view: DataView, end: number): void {
  const last = segment(view, "__LINKEDIT");
  const size = end - Number(view.getBigUint64(last + 40, true));
  const pageSize = 1 << PAGE_BITS;
  view.setBigUint64(last + 32, BigInt(Math.ceil(size / pageSize) * pageSize), true);
  view.setBigUint64(last + 48, BigInt(size), true);
}
