/**
 * Makes what writes files of all data (saver.ts). Snapshots are in the format that the
 * configuration says (snapshot-format): Rusk's own, or an RDB file as Redis 7.0 writes them, so
 * that either server loads what the other has saved; only where fields of hashes expire it is of
 * version 12, which Redis 7.0 does not know.
 */
import { fromLatin1, latin1 } from "../base/bytes.ts";
import { REDIS_VERSION, RUSK_VERSION } from "../base/version.ts";
import type { Config } from "../config/config.ts";
import type { Keyspace } from "../keyspace/keyspace.ts";
import { BackgroundFile, type DiskHost } from "./disk/background_file.ts";
import { timeLine } from "./log/append_loader.ts";
import { CommandSaver } from "./log/command_saver.ts";
import { RdbSaver } from "./rdb/rdb_file.ts";
import type { Saver } from "./saver.ts";
import { type BlockSink, blocksTo, SnapshotSaver } from "./snapshot/snapshot_saver.ts";

/** The version that has deadlines of hash fields. */
const RDB_VERSION_WITH_DEADLINES = 12;

type Write = (bytes: Uint8Array) => void;

/** The first field of RDB files that Rusk writes; Redis passes over it, and does not write it. */
const RUSK_FIELD = "rusk";
/** An RDB file's magic and version; its first field follows: an opcode, a size, a name. */
const RDB_HEAD = /^REDIS\d{4}/;
const RDB_HEAD_SIZE = 9;
const OWN_FIELD = `\xfa\x04${RUSK_FIELD}`;

/** Whether snapshots are to be in Rusk's own format. */
export const isOwnFormat = (config: Config) => config.value("snapshot-format") === "rusk";

/** What a file holds: a snapshot, or the base of an append-only log, which may be of commands. */
export type Content = "snapshot" | "commands";

/** A saver that gives what it writes to a function at once, and has written the head. */
export function openSaver(
  write: Write,
  keyspace: Keyspace,
  config: Config,
  content: Content,
): Saver {
  if (content === "commands") return openCommandSaver(write, keyspace, config);
  if (!isOwnFormat(config)) return openRdbSaver(write, keyspace, config);
  return openOwnSaver(blocksTo(write, config.flag("rdbcompression")), keyspace);
}

/**
 * A file for the disk worker, which takes the place of the one of this path, and its saver, which
 * has written the head and how many keys there are. Throws what the disk says.
 */
export function openBackground(
  host: DiskHost,
  path: string,
  keyspace: Keyspace,
  config: Config,
  content: Content,
): { file: BackgroundFile; saver: Saver } {
  const fileKind = content === "commands" ? "commands" : isOwnFormat(config) ? "blocks" : "rdb";
  const file = new BackgroundFile(host, path, fileKind, config.flag("rdbcompression"));
  try {
    const saver: Saver =
      fileKind === "blocks"
        ? openOwnSaver(file, keyspace)
        : openSaver((bytes) => file.write(bytes), keyspace, config, content);
    file.countCommands = () => saver.commands;
    for (const db of keyspace.databases) {
      if (db.size > 0) saver.database(db, db.size, db.expires.count);
    }
    return { file, saver };
  } catch (error) {
    file.abandon();
    throw error;
  }
}

/** A saver in Rusk's own format, which has written head and libraries. */
export function openOwnSaver(sink: BlockSink, keyspace: Keyspace): Saver {
  const saver = new SnapshotSaver(sink, keyspace.lfu ? "lfu" : "lru");
  saver.begin([
    [RUSK_FIELD, RUSK_VERSION],
    ["redis", REDIS_VERSION],
    ["ctime", String(keyspace.clock.nowSeconds)],
  ]);
  for (const code of keyspace.libraries.each()) saver.library(code);
  return saver;
}

/** Whether what begins so (`readHead`) is an RDB file that Rusk wrote. */
export function isOwnRdb(head: Uint8Array): boolean {
  const text = latin1(head, 0, head.length);
  return RDB_HEAD.test(text) && text.startsWith(OWN_FIELD, RDB_HEAD_SIZE);
}

/** The access clocks that an RDB file has: only those by which keys are evicted, as in Redis. */
function clocksFor(config: Config): "none" | "lru" | "lfu" {
  const policy = config.text("maxmemory-policy");
  if (policy.endsWith("lru")) return "lru";
  return policy.endsWith("lfu") ? "lfu" : "none";
}

/** A saver of an RDB file, which has written head and libraries. */
export function openRdbSaver(
  write: Write,
  keyspace: Keyspace,
  config: Config,
  version?: number,
): Saver {
  const hasFieldDeadlines = keyspace.databases.some((db) => db.fieldExpires.count > 0);
  const wanted = version ?? (hasFieldDeadlines ? RDB_VERSION_WITH_DEADLINES : undefined);
  const saver = new RdbSaver(write, {
    clocks: clocksFor(config),
    packs: config.flag("rdbcompression"),
    sums: config.flag("rdbchecksum"),
    ...(wanted === undefined ? {} : { version: wanted }),
  });
  saver.begin([
    [RUSK_FIELD, RUSK_VERSION],
    ["redis-ver", REDIS_VERSION],
    ["redis-bits", "64"],
    ["ctime", String(keyspace.clock.nowSeconds)],
  ]);
  for (const code of keyspace.libraries.each()) saver.library(code);
  return saver;
}

/** A saver of commands, which has written libraries, and before them the time if that is told. */
function openCommandSaver(write: Write, keyspace: Keyspace, config: Config): Saver {
  const { nowSeconds } = keyspace.clock;
  if (config.flag("aof-timestamp-enabled")) write(fromLatin1(timeLine(nowSeconds)));
  const saver = new CommandSaver(write);
  for (const code of keyspace.libraries.each()) saver.library(code);
  return saver;
}
