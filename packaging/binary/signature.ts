/**
 * The signature of a Mach-O file: hashes of its pages, which macOS looks at before it runs one, on
 * Apple silicon always. Numbers in it have the high byte first. Source: XNU, kern/cs_blobs.h.
 */
import { createHash } from "node:crypto";

const SIGNATURE_COMMAND = 0x1d;
const SIGNATURE = 0xfade0cc0;
const CODE_DIRECTORY = 0;
const SHA256 = 2;

/** Throws if a Mach-O file has no signature, or one of other bytes. */
export function checkSignature(bytes: Uint8Array): void {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const directory = codeDirectory(view, signatureOffset(view));
  const hashesAt = directory + view.getUint32(directory + 16);
  const count = view.getUint32(directory + 28);
  const limit = view.getUint32(directory + 32);
  const hashSize = view.getUint8(directory + 36);
  if (view.getUint8(directory + 37) !== SHA256) throw new Error("Signed by hashes unknown here");
  const pageSize = 1 << view.getUint8(directory + 39);
  if (count !== Math.ceil(limit / pageSize)) throw new Error("Not all of it is signed");
  for (let page = 0; page < count; page++) {
    const content = bytes.subarray(page * pageSize, Math.min((page + 1) * pageSize, limit));
    const signed = bytes.subarray(hashesAt + page * hashSize, hashesAt + (page + 1) * hashSize);
    if (createHash("sha256").update(content).digest().equals(signed)) continue;
    throw new Error(`Page ${page} is not what is signed`);
  }
}

function signatureOffset(view: DataView): number {
  const commands = view.getUint32(16, true);
  for (let index = 0, at = 32; index < commands; index++) {
    if (view.getUint32(at, true) === SIGNATURE_COMMAND) return view.getUint32(at + 8, true);
    at += view.getUint32(at + 4, true);
  }
  throw new Error("It is not signed");
}

function codeDirectory(view: DataView, signature: number): number {
  if (view.getUint32(signature) !== SIGNATURE) throw new Error("Its signature is none");
  for (let index = 0; index < view.getUint32(signature + 8); index++) {
    const at = signature + 12 + index * 8;
    if (view.getUint32(at) === CODE_DIRECTORY) return signature + view.getUint32(at + 4);
  }
  throw new Error("Its signature has no hashes");
}
