import type { Disk } from "../../runtime/files.ts";

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
