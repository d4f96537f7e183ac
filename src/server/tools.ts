/**
 * What the program does besides serving: `rusk export`, `rusk import` and `rusk check-snapshot`,
 * which load a file whole, so that they need the memory that a server would; and `rusk check-aof`.
 */
import type { Clock } from "../base/clock.ts";
import type { LogLevel } from "../commands/server_context.ts";
import type { Config } from "../config/config.ts";
import { Keyspace } from "../keyspace/keyspace.ts";
import { TYPE_NAMES } from "../keyspace/types.ts";
import { RDB_VERSION } from "../persistence/rdb_format.ts";
import { isSnapshot } from "../persistence/snapshot_format.ts";
import { SnapshotLoader } from "../persistence/snapshot_loader.ts";
import { blocksTo } from "../persistence/snapshot_saver.ts";
import type { Disk } from "../runtime/files.ts";
import * as dict from "../structures/dict.ts";
import * as entry from "../structures/entry.ts";
import { CHECK_LOG_HELP, checkLog } from "./check_log.ts";
import { isRedisFile, keepFile } from "./found_files.ts";
import { peeked, type RdbRules, rdbLoader } from "./loading.ts";
import { ownSaverTo, rdbSaverTo, type Saver, saveAll } from "./savers.ts";
import { applyCollectionSettings } from "./settings.ts";

/** Keys loaded between two looks at the clock. */
const STEP_COUNT = 4096;
/** Words that are no options of the server's. */
const FORCE = "--force";
const INCOMPLETE = "--incomplete";
const CHECK_LOG = "check-aof";

/** What a tool works with. */
export interface ToolParts {
  readonly disk: Disk;
  readonly clock: Clock;
  /** Numbers from 0 up to 1. */
  readonly random: () => number;
  /** The path as it is wherever the folder changes to. */
  readonly absolutePath: (path: string) => string;
  /** The configuration that the words after a tool's own give; ends the process if they are bad. */
  readonly readConfig: (args: readonly string[]) => Config;
  /** The next line of standard input, "" at its end. */
  readonly readInputLine: () => string;
  readonly writeOut: (text: string) => void;
  readonly writeError: (text: string) => void;
}

/** What the words of a command line ask for. */
interface Request {
  /** The file that it is about. */
  readonly file: string;
  readonly config: Config;
  /** A file that is there is replaced. */
  readonly isForced: boolean;
  /** What cannot be kept is left out; else a file that holds such things is refused. */
  readonly allowsLoss: boolean;
}

type Tool = (request: Request, parts: ToolParts) => void;

const TOOLS: Readonly<Record<string, Tool>> = {
  export: exportRdb,
  import: importFile,
  "check-snapshot": checkSnapshot,
};

/** How the tools are called, for the program's help. */
export const TOOLS_HELP = `\
       rusk export FILE.rdb [--incomplete] [/path/to/redis.conf] [options]
       rusk import FILE.rdb [--force] [--incomplete] [/path/to/redis.conf] [options]
       rusk check-snapshot FILE [options]
${CHECK_LOG_HELP}`;

/** Whether the first word of a command line is a tool's name. */
export const isTool = (name: string | undefined) =>
  name !== undefined && (name === CHECK_LOG || Object.hasOwn(TOOLS, name));

/** Runs the tool that a command line names; returns the exit code. */
export function runTool(args: readonly string[], parts: ToolParts): number {
  const [name, file, ...words] = args;
  if (name !== CHECK_LOG && (file === undefined || file.startsWith("-"))) {
    parts.writeError(`Usage:\n${TOOLS_HELP}`);
    return 1;
  }
  try {
    if (name === CHECK_LOG) return checkLog(args.slice(1), parts);
    TOOLS[name](requestOf(name, file, words, parts), parts);
    return 0;
  } catch (error) {
    parts.writeError(`rusk ${name}: ${(error as Error).message}\n`);
    return 1;
  }
}

function requestOf(name: string, file: string, words: string[], parts: ToolParts): Request {
  // The configuration may go to another folder.
  const path = parts.absolutePath(file);
  const known = name === "import" ? [FORCE, INCOMPLETE] : name === "export" ? [INCOMPLETE] : [];
  const own = words.filter((word) => known.includes(word));
  const config = parts.readConfig(words.filter((word) => !known.includes(word)));
  applyCollectionSettings(config);
  return {
    file: path,
    config,
    isForced: own.includes(FORCE),
    allowsLoss: own.includes(INCOMPLETE) || config.flag("load-incomplete"),
  };
}

/** What is told of a file that was loaded. */
interface Loaded {
  readonly keyspace: Keyspace;
  readonly what: string;
  readonly size: number;
  readonly keys: number;
  readonly lost: number;
}

/** Loads a file of either format, and tells what is noteworthy. Throws what is wrong with it. */
function load(path: string, config: Config, parts: ToolParts, rules: RdbRules): Loaded {
  const { disk, clock, random, writeError } = parts;
  const keyspace = new Keyspace(config.number("databases"), clock, random);
  keyspace.lfu = config.text("maxmemory-policy").endsWith("lfu");
  const log = {
    add: (level: LogLevel, text: string) => {
      if (level === "warning") writeError(`${text}\n`);
    },
  };
  const file = opened(path, disk);
  try {
    const { head, source } = peeked(file);
    const isOwn = isSnapshot(head);
    const loader = isOwn
      ? new SnapshotLoader(source, keyspace, rules)
      : rdbLoader(source, keyspace, log, rules);
    try {
      while (loader.step(STEP_COUNT)) clock.tick();
    } catch (error) {
      const { message } = error as Error;
      throw new Error(`${path} cannot be loaded: after ${loader.figures.keys} keys: ${message}`);
    }
    const { keys, lost } = loader.figures;
    const what = `${isOwn ? "a snapshot of Rusk's" : "an RDB file"}, version ${loader.version}`;
    return { keyspace, what, size: file.size, keys, lost };
  } finally {
    file.close();
  }
}

function opened(path: string, disk: Disk) {
  try {
    return disk.openInput(path);
  } catch (error) {
    throw new Error(`${path}: ${(error as Error).message}`);
  }
}

/** Writes a file of all data whole: it replaces one that is there, or nothing happens. */
function write(
  path: string,
  keyspace: Keyspace,
  disk: Disk,
  saverTo: (write: (bytes: Uint8Array) => void) => Saver,
): void {
  try {
    const file = disk.createFile(path);
    try {
      saveAll(saverTo(file.write), keyspace);
      file.commit();
    } finally {
      file.abandon();
    }
  } catch (error) {
    throw new Error(`${path}: ${(error as Error).message}`);
  }
}

/** The snapshot in the configured folder, to an RDB file that Redis 7.0 loads. */
function exportRdb({ file: path, config, allowsLoss }: Request, parts: ToolParts): void {
  const from = config.text("dbfilename");
  const { keyspace, keys } = load(from, config, parts, { allowsLoss });
  const hashes = keyspace.databases.reduce((sum, db) => sum + db.fieldExpires.count, 0);
  if (hashes > 0) {
    parts.writeError(
      `The fields of ${hashes} hashes expire, which Redis 7.0 does not know: they stay for good\n`,
    );
  }
  write(path, keyspace, parts.disk, (to) => rdbSaverTo(to, keyspace, config, RDB_VERSION));
  parts.writeOut(`${keys} keys of ${from} are in ${path}\n`);
}

/** An RDB file, or a snapshot, to a snapshot in the configured folder. */
function importFile({ file: path, config, isForced, allowsLoss }: Request, parts: ToolParts): void {
  const to = config.text("dbfilename");
  const { disk } = parts;
  if (disk.fileExists(to) && !isForced) {
    throw new Error(`${to} is there already, and is only replaced with ${FORCE}`);
  }
  const { keyspace, keys } = load(path, config, parts, { allowsLoss });
  if (isRedisFile(disk, to)) keepFile(disk, to, (text) => parts.writeOut(`${text}\n`));
  const packs = config.flag("rdbcompression");
  write(to, keyspace, disk, (sink) => ownSaverTo(blocksTo(sink, packs), keyspace));
  parts.writeOut(`${keys} keys of ${path} are in ${to}\n`);
}

/** Tells what is in a file of either format, or where it is broken. */
function checkSnapshot({ file: path, config }: Request, parts: ToolParts): void {
  const rules = { keepsExpired: true, allowsLoss: true };
  const { keyspace, what, size, keys, lost } = load(path, config, parts, rules);
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
    `${path} is ${what}, ${size} bytes\n` +
      `keys: ${keys}, in ${used.length} databases; ${mortal} expire\n` +
      `types: ${types}\n` +
      (libraries === 0 ? "" : `libraries of functions: ${libraries}\n`) +
      `It is sound.${isWhole}\n`,
  );
}
