/** Cutting a file of a log back to what is sound of it. */
import type { Disk, InputFile } from "../../runtime/files.ts";

/** Bytes that are copied at once. */
const COPY_SIZE = 256 << 10;

/** Cuts a file of a log back; it is so on the disk when this returns. Throws what the disk says. */
export function cutFile(disk: Pick<Disk, "openAppend">, path: string, size: number): void {
  const file = disk.openAppend(path, false);
  try {
    file.truncate(size);
    file.sync();
  } finally {
    file.close();
  }
}

/**
 * Copies what a file of this path has from `from` on, in steps, to a file beside it that tells when
 * that was; returns its path when it is on the disk. Throws what the disk says.
 */
export function* keepEnd(
  disk: Pick<Disk, "createFile" | "fileExists">,
  file: InputFile,
  path: string,
  from: number,
  nowSeconds: number,
): Generator<void, string> {
  let kept = `${path}.cut-${nowSeconds}`;
  while (disk.fileExists(kept)) kept += "+";
  const copy = disk.createFile(kept);
  try {
    const piece = new Uint8Array(Math.min(COPY_SIZE, file.size - from));
    for (let at = from; at < file.size; ) {
      const count = file.readAt(piece, 0, piece.length, at);
      if (count === 0) break;
      copy.write(piece.subarray(0, count));
      at += count;
      yield;
    }
    copy.commit();
  } catch (error) {
    copy.abandon();
    throw error;
  }
  return kept;
}
