/**
 * Files that were there before Rusk, or that it could not take in whole: nothing replaces them
 * before they have another name as well (docs/decisions/0017_the_only_copy.md). The first save in
 * Rusk's own format would else take from Redis what it could go back to.
 */
import { Manifest, type Part } from "../persistence/log/append_manifest.ts";
import { formatOf, readHead } from "../persistence/open_loader.ts";
import { isOwnRdb } from "../persistence/open_saver.ts";
import { type Disk, folderOf } from "../runtime/files.ts";

/** What is added to a name; from the second time on with a number. */
const SUFFIX = ".found";
/** Whoever has so many of them is to look through them first. */
const COPIES_MAX = 1000;

type Note = (text: string) => void;

/** Whether a file is there that Redis wrote, or might have written. Throws what the disk says. */
export function isRedisFile(disk: Disk, path: string): boolean {
  if (!disk.fileExists(path)) return false;
  const file = disk.openInput(path);
  try {
    const head = readHead(file);
    return formatOf(head) === "RDB" && !isOwnRdb(head);
  } finally {
    file.close();
  }
}

/** Gives a file another name as well, which is on the disk then. Throws what the disk says. */
export function keepFile(disk: Disk, path: string, note: Note): void {
  const name = freeName(disk, path);
  disk.linkFile(path, name);
  disk.syncFolder(folderOf(path));
  note(
    `${path} is about to be replaced, and is kept as ${name}. To give the data back to Redis: ` +
      "rusk export FILE.rdb, or snapshot-format rdb",
  );
}

/** Gives a file another name, which is on the disk then. Throws what the disk says. */
export function moveAside(disk: Disk, path: string, note: Note): void {
  const name = freeName(disk, path);
  disk.renameFile(path, name);
  disk.syncFolder(folderOf(path));
  note(`${path} is not named by any manifest, and is kept as ${name}`);
}

/**
 * Keeps the files of a log that a manifest names, with a manifest of their own, in a folder beside
 * the log's: with its name as appenddirname it is the log as it was. Throws what the disk says.
 */
export function keepLog(
  disk: Disk,
  folder: string,
  manifestName: string,
  base: Part,
  increments: readonly Part[],
  note: Note,
): void {
  const to = freeName(disk, folder);
  disk.makeFolder(to);
  const manifest = new Manifest();
  manifest.base = base;
  manifest.increments = [...increments];
  for (const { name } of manifest.parts) disk.linkFile(`${folder}/${name}`, `${to}/${name}`);
  const file = disk.createFile(`${to}/${manifestName}`);
  try {
    file.write(Uint8Array.from(manifest.toString(), (character) => character.charCodeAt(0)));
    file.commit();
  } finally {
    file.abandon();
  }
  note(`The log as it was found is about to be replaced, and is kept in ${to}`);
}

function freeName(disk: Disk, path: string): string {
  for (let number = 1; number <= COPIES_MAX; number++) {
    const name = number === 1 ? path + SUFFIX : `${path}${SUFFIX}.${number}`;
    if (!disk.fileExists(name)) return name;
  }
  throw new Error(`there are ${COPIES_MAX} files ${path}${SUFFIX}.* already`);
}
