/** `rusk export`, `rusk import` and `rusk check-snapshot`. */
import { counted } from "../base/counted.ts";
import type { Config } from "../config/config.ts";
import { isRedisFile, keepFile } from "../durability/found_files.ts";
import type { Keyspace } from "../keyspace/keyspace.ts";
import { openOwnSaver, openRdbSaver } from "../persistence/open_saver.ts";
import { RDB_VERSION } from "../persistence/rdb/rdb_format.ts";
import { blocksTo } from "../persistence/snapshot/snapshot_saver.ts";
import * as dict from "../structures/dict.ts";
import * as entry from "../structures/entry.ts";
import { TYPE_NAMES } from "../values/types.ts";
import { whileSnapshotOwned } from "./owned.ts";
import { type OpenSaver, Pouring } from "./pouring.ts";
import { openInput, type Read, type Reading, readData } from "./read_data.ts";
import { openToolOutput, STANDARD } from "./tool_files.ts";
import type { ToolParts } from "./tool_parts.ts";

/** A word that is no option of the server's. */
export const FORCE = "--force";
export const RDB = "rdb";

const IGNORED =
  "appendonly is yes: a server loads its log, and not this file. To have it taken in, start one " +
  "with --appendonly no, and then: CONFIG SET appendonly yes\n";

/** What the words of a command line ask for. */
export interface Request {
  /** The file that it is about. */
  readonly file: string;
  readonly config: Config;
  /** In which an export is. */
  readonly format: string;
  /** A file that is there is replaced. */
  readonly isForced: boolean;
  /** What cannot be kept is left out; else a file that holds such things is refused. */
  readonly allowsLoss: boolean;
}

/** What a tool says when it is done. */
const moved = (keys: number, from: string, to: string) =>
  `${counted(keys, "key")} of ${from} ${keys === 1 ? "is" : "are"} in ${to}\n`;

const replacedOnly = (name: string) =>
  `${name} is there already, and is only replaced with ${FORCE}`;

const nameOf = (word: string) => (word === STANDARD ? "standard output" : word);

/** Opens an input, and reads it with its name. */
async function readFrom(
  word: string,
  request: Request,
  parts: ToolParts,
  reading: Omit<Reading, "input" | "config">,
): Promise<Read & { readonly name: string }> {
  const { config } = request;
  const input = await openInput(word, config.text("dbfilename"), parts, true);
  try {
    return { ...(await readData({ input, config, ...reading }, parts)), name: input.name };
  } finally {
    input.close();
  }
}

/** The snapshot in the configured folder, to an RDB file that Redis 7.0 loads, or to records. */
export async function exportFile(request: Request, parts: ToolParts): Promise<void> {
  const { file: word, isForced } = request;
  if (word === STANDARD || parts.isNoFile(word)) return exportTo(request, parts);
  if (parts.isTaken(word) && !isForced) throw new Error(replacedOnly(word));
  return whileSnapshotOwned(parts.realPath(word), parts, () => exportTo(request, parts));
}

async function exportTo(request: Request, parts: ToolParts): Promise<void> {
  const { file: word, config, format, allowsLoss } = request;
  const from = config.text("dbfilename");
  const to = nameOf(word);
  const openSaver: OpenSaver =
    format === RDB
      ? (write, keyspace) => openRdbSaver(write, keyspace, config, RDB_VERSION)
      : await recordSaver(format);
  const pouring = new Pouring(to, () => openToolOutput(word, parts), openSaver);
  let hashes = 0;
  const { keys } = await pouring.fill(parts.unfinished, async () => {
    const read = await readFrom(from, request, parts, {
      verb: "exporting",
      rules: { allowsLoss, passesOn: pouring.expect },
      show(keyspace) {
        for (const db of keyspace.databases) hashes += db.fieldExpires.count;
        pouring.add(keyspace);
      },
    });
    if (format === RDB && hashes > 0) tellLosses(hashes, parts);
    return read;
  });
  const tell = word === STANDARD ? parts.writeError : parts.writeOut;
  tell(moved(keys, from, to));
}

function tellLosses(hashes: number, { writeError }: ToolParts): void {
  writeError(
    `Fields of ${counted(hashes, "hash", "hashes")} expire, which Redis 7.0 does not know: ` +
      "they stay for good\n",
  );
}

/** What makes a saver of records. */
async function recordSaver(format: string): Promise<OpenSaver> {
  const { RECORD_FORMATS } = await import("../persistence/records/record_codec.ts");
  const { RecordExport } = await import("../persistence/records/record_export.ts");
  const { strings, encode } = RECORD_FORMATS[format];
  return (write, keyspace) =>
    openOwnSaver(new RecordExport(strings, (record) => write(encode(record))), keyspace);
}

/** A file of any format to a snapshot in the configured folder. */
export async function importFile(request: Request, parts: ToolParts): Promise<void> {
  const { config, isForced } = request;
  const to = config.text("dbfilename");
  if (parts.disk.fileExists(to) && !isForced) throw new Error(replacedOnly(to));
  await whileSnapshotOwned(to, parts, () => importTo(to, request, parts));
}

async function importTo(to: string, request: Request, parts: ToolParts): Promise<void> {
  const { file: word, config, allowsLoss } = request;
  const { disk } = parts;
  const packs = config.flag("rdbcompression");
  const pouring = new Pouring(
    to,
    () => disk.createFile(to),
    (write, keyspace) => openOwnSaver(blocksTo(write, packs), keyspace),
  );
  const { keys, name } = await pouring.fill(parts.unfinished, async () => {
    const read = await readFrom(word, request, parts, {
      verb: "importing",
      rules: { allowsLoss, passesOn: pouring.expect },
      show: (keyspace) => pouring.add(keyspace),
    });
    if (config.flag("appendonly")) parts.writeError(IGNORED);
    if (isRedisFile(disk, to)) keepFile(disk, to, (text) => parts.writeOut(`${text}\n`));
    return read;
  });
  parts.writeOut(moved(keys, name, to));
}

/** Tells what is in a file of any format, or where it is broken. */
export async function checkSnapshot(request: Request, parts: ToolParts): Promise<void> {
  const contents = new Contents();
  const { name, what, size, keys, lost } = await readFrom(request.file, request, parts, {
    verb: "checking",
    rules: { keepsExpired: true, allowsLoss: true, passesOn: () => {} },
    show: (keyspace) => contents.add(keyspace),
  });
  const isWhole =
    lost === 0 ? "" : " Only with --incomplete, or load-incomplete yes, is it loaded.";
  parts.writeOut(
    `${name} is ${what}, ${size} bytes\n` +
      `keys: ${keys}, ${contents.text}\n` +
      `It is sound.${isWhole}\n`,
  );
}

/** Counts what a file holds. */
class Contents {
  private readonly counts = TYPE_NAMES.map(() => 0);
  private readonly databases = new Set<number>();
  private mortal = 0;
  private libraries = 0;

  add({ databases, libraries }: Keyspace): void {
    this.libraries = libraries.count;
    for (const db of databases) {
      if (db.size === 0) continue;
      this.databases.add(db.id);
      this.mortal += db.expires.count;
      dict.each(db.keys, (e) => this.counts[entry.type(e)]++);
    }
  }

  /** In lines, the first of which goes on after the number of keys. */
  get text(): string {
    const types = TYPE_NAMES.map((name, type) => `${name} ${this.counts[type]}`).join(", ");
    const libraries = this.libraries === 0 ? "" : `\nlibraries of functions: ${this.libraries}`;
    return (
      `in ${counted(this.databases.size, "database")}; with an expiry: ${this.mortal}\n` +
      `types: ${types}${libraries}`
    );
  }
}
