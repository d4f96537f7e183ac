/**
 * What the program does besides serving: `rusk export`, `rusk import` and `rusk check-snapshot`,
 * which load a file whole, so that they need the memory that a server would; `rusk check-aof`, and
 * `rusk script-check`.
 */
import { counted } from "../base/counted.ts";
import type { LogLevel } from "../base/log.ts";
import type { Config } from "../config/config.ts";
import { isRedisFile, keepFile } from "../durability/found_files.ts";
import { Keyspace } from "../keyspace/keyspace.ts";
import { type FileRules, openLoader, PeekedSource } from "../persistence/open_loader.ts";
import { openOwnSaver, openRdbSaver } from "../persistence/open_saver.ts";
import { RDB_VERSION } from "../persistence/rdb/rdb_format.ts";
import { type Saver, saveWhole, type WholeFile } from "../persistence/saver.ts";
import { blocksTo } from "../persistence/snapshot/snapshot_saver.ts";
import * as dict from "../structures/dict.ts";
import * as entry from "../structures/entry.ts";
import { followThresholds } from "../values/thresholds.ts";
import { TYPE_NAMES } from "../values/types.ts";
import { checkLog } from "./check_log.ts";
import { checkScripts } from "./check_script.ts";
import {
  innerName,
  openToolInput,
  openToolOutput,
  STANDARD,
  type ToolInput,
} from "./tool_files.ts";
import { usageOf } from "./tool_help.ts";
import type { ToolParts } from "./tool_parts.ts";

/** Keys loaded between two looks at the clock. */
const STEP_COUNT = 4096;
/** Words that are no options of the server's. */
const FORCE = "--force";
const INCOMPLETE = "--incomplete";
const FORMAT = "--format";
const RDB = "rdb";
const FORMATS = [RDB, "json", "msgpack"];

/** What the words of a command line ask for. */
interface Request {
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

type Tool = (request: Request, parts: ToolParts) => Promise<void>;

const TOOLS: Readonly<Record<string, Tool>> = {
  export: exportFile,
  import: importFile,
  "check-snapshot": checkSnapshot,
};

/** The words that each tool knows and the server does not. */
const OWN_WORDS: Readonly<Record<string, readonly string[]>> = {
  export: [FORMAT, INCOMPLETE],
  import: [FORCE, INCOMPLETE],
  "check-snapshot": [],
};

/** Runs the tool that a command line names; returns the exit code. */
export async function runTool(args: readonly string[], parts: ToolParts): Promise<number> {
  const [name, file, ...words] = args;
  const isOfData = Object.hasOwn(TOOLS, name);
  if (isOfData && (file === undefined || (file.startsWith("-") && file !== STANDARD))) {
    parts.writeError(`Usage:\n${usageOf(name)}`);
    return 1;
  }
  try {
    if (name === "check-aof") return await checkLog(args.slice(1), parts);
    if (name === "script-check") return await checkScripts(args.slice(1), parts);
    await TOOLS[name](requestOf(name, file, words, parts), parts);
    return 0;
  } catch (error) {
    parts.writeError(`rusk ${name}: ${(error as Error).message}\n`);
    return 1;
  }
}

function requestOf(name: string, file: string, words: string[], parts: ToolParts): Request {
  // The configuration may go to another folder.
  const path = file === STANDARD ? file : parts.absolutePath(file);
  const stray = words.find(
    (word) => !OWN_WORDS[name].includes(word) && Object.values(OWN_WORDS).flat().includes(word),
  );
  if (stray !== undefined) throw new Error(`${stray} means nothing here`);
  const { format, others } = formatIn(words);
  const own = others.filter((word) => OWN_WORDS[name].includes(word));
  const config = parts.readConfig(others.filter((word) => !OWN_WORDS[name].includes(word)));
  followThresholds(config);
  return {
    file: path,
    config,
    format: format ?? formatOfName(path),
    isForced: own.includes(FORCE),
    allowsLoss: own.includes(INCOMPLETE) || config.flag("load-incomplete"),
  };
}

/** What `--format` says, if it is there, and the words without it. */
function formatIn(words: string[]): { format: string | null; others: string[] } {
  const at = words.indexOf(FORMAT);
  if (at < 0) return { format: null, others: words };
  const format = words[at + 1];
  if (!FORMATS.includes(format)) {
    const what = format === undefined ? "needs a word" : `${format} is unknown`;
    throw new Error(`${FORMAT} ${what}: one of ${FORMATS.join(", ")}`);
  }
  return { format, others: words.toSpliced(at, 2) };
}

/** The format that a file's name asks for. */
function formatOfName(path: string): string {
  const name = innerName(path);
  return FORMATS.find((format) => name.endsWith(`.${format}`)) ?? RDB;
}

/** What is told of a file that was loaded. */
interface Loaded {
  readonly keyspace: Keyspace;
  /** Of the file, as it is told. */
  readonly name: string;
  readonly what: string;
  readonly size: number;
  readonly keys: number;
  readonly lost: number;
}

type LoadRules = Omit<FileRules, "log">;

/** Loads a file of any format, and tells what is noteworthy. Throws what is wrong with it. */
async function load(word: string, config: Config, parts: ToolParts, rules: LoadRules) {
  const input = await openToolInput(word, config.text("dbfilename"), parts);
  try {
    return loadInput(input, config, parts, rules);
  } finally {
    input.close();
  }
}

function loadInput(
  { path, name, records }: ToolInput,
  config: Config,
  { disk, clock, random, writeError }: ToolParts,
  rules: LoadRules,
): Loaded {
  const keyspace = new Keyspace(config.number("databases"), clock, random);
  keyspace.lfu = config.text("maxmemory-policy").endsWith("lfu");
  const log = {
    add: (level: LogLevel, text: string) => {
      if (level === "warning") writeError(`${text}\n`);
    },
  };
  const file = disk.openInput(path);
  try {
    const source = new PeekedSource(file);
    const loader = openLoader(source, keyspace, { ...rules, log });
    try {
      while (loader.step(STEP_COUNT)) clock.tick();
    } catch (error) {
      const { message } = error as Error;
      const read = counted(loader.figures.keys, "key");
      throw new Error(`${name} cannot be loaded: after ${read}: ${message}`);
    }
    const { keys, lost, expired, empty } = loader.figures;
    if (expired > 0)
      writeError(`Keys of ${name} that have expired, and are left out: ${expired}\n`);
    if (empty > 0) writeError(`Keys of ${name} without elements, left out: ${empty}\n`);
    const kind = source.format === "snapshot" ? "a snapshot of Rusk's" : "an RDB file";
    const what = records?.what ?? `${kind}, version ${loader.version}`;
    return { keyspace, name, what, size: records?.size ?? file.size, keys, lost };
  } finally {
    file.close();
  }
}

/** Writes all data to a file whole: it replaces one that is there, or nothing happens. */
function write(
  name: string,
  open: () => WholeFile,
  keyspace: Keyspace,
  saverTo: (write: (bytes: Uint8Array) => void) => Saver,
): void {
  try {
    saveWhole(open(), keyspace, saverTo);
  } catch (error) {
    throw new Error(`${name}: ${(error as Error).message}`);
  }
}

/** What a tool says when it is done. */
const moved = (keys: number, from: string, to: string) =>
  `${counted(keys, "key")} of ${from} ${keys === 1 ? "is" : "are"} in ${to}\n`;

const nameOf = (word: string) => (word === STANDARD ? "standard output" : word);

/** The snapshot in the configured folder, to an RDB file that Redis 7.0 loads, or to records. */
async function exportFile(request: Request, parts: ToolParts): Promise<void> {
  const { file: word, config, format, allowsLoss } = request;
  const from = config.text("dbfilename");
  const { keyspace, keys } = await load(from, config, parts, { allowsLoss });
  if (format === RDB) tellLosses(keyspace, parts);
  const saverTo =
    format === RDB
      ? (to: (bytes: Uint8Array) => void) => openRdbSaver(to, keyspace, config, RDB_VERSION)
      : await recordSaver(format, keyspace);
  write(nameOf(word), () => openToolOutput(word, parts), keyspace, saverTo);
  const tell = word === STANDARD ? parts.writeError : parts.writeOut;
  tell(moved(keys, from, nameOf(word)));
}

function tellLosses({ databases }: Keyspace, { writeError }: ToolParts): void {
  const hashes = databases.reduce((sum, db) => sum + db.fieldExpires.count, 0);
  if (hashes === 0) return;
  writeError(
    `Fields of ${counted(hashes, "hash", "hashes")} expire, which Redis 7.0 does not know: ` +
      "they stay for good\n",
  );
}

/** What makes a saver of records. */
async function recordSaver(format: string, keyspace: Keyspace) {
  const { RECORD_FORMATS } = await import("../persistence/records/record_codec.ts");
  const { RecordExport } = await import("../persistence/records/record_export.ts");
  const { strings, encode } = RECORD_FORMATS[format];
  return (to: (bytes: Uint8Array) => void) =>
    openOwnSaver(new RecordExport(strings, (record) => to(encode(record))), keyspace);
}

/** A file of any format to a snapshot in the configured folder. */
async function importFile(request: Request, parts: ToolParts): Promise<void> {
  const { file: word, config, isForced, allowsLoss } = request;
  const to = config.text("dbfilename");
  const { disk } = parts;
  if (disk.fileExists(to) && !isForced) {
    throw new Error(`${to} is there already, and is only replaced with ${FORCE}`);
  }
  const { keyspace, keys, name } = await load(word, config, parts, { allowsLoss });
  if (isRedisFile(disk, to)) keepFile(disk, to, (text) => parts.writeOut(`${text}\n`));
  const packs = config.flag("rdbcompression");
  const saverTo = (sink: (bytes: Uint8Array) => void) =>
    openOwnSaver(blocksTo(sink, packs), keyspace);
  write(to, () => disk.createFile(to), keyspace, saverTo);
  parts.writeOut(moved(keys, name, to));
}

/** Tells what is in a file of any format, or where it is broken. */
async function checkSnapshot({ file, config }: Request, parts: ToolParts): Promise<void> {
  const rules = { keepsExpired: true, allowsLoss: true };
  const loaded = await load(file, config, parts, rules);
  const { keyspace, name, what, size, keys, lost } = loaded;
  const counts = TYPE_NAMES.map(() => 0);
  let mortal = 0;
  const used = keyspace.databases.filter((db) => db.size > 0);
  for (const db of used) {
    mortal += db.expires.count;
    dict.each(db.keys, (e) => counts[entry.type(e)]++);
  }
  const types = TYPE_NAMES.map((name, type) => `${name} ${counts[type]}`).join(", ");
  const libraries = keyspace.libraries.count;
  const isWhole =
    lost === 0 ? "" : " Only with --incomplete, or load-incomplete yes, is it loaded.";
  parts.writeOut(
    `${name} is ${what}, ${size} bytes\n` +
      `keys: ${keys}, in ${counted(used.length, "database")}; with an expiry: ${mortal}\n` +
      `types: ${types}\n` +
      (libraries === 0 ? "" : `libraries of functions: ${libraries}\n`) +
      `It is sound.${isWhole}\n`,
  );
}
