/**
 * The snapshot file: written by SAVE, by a shutdown and by DEBUG RELOAD, loaded at the start. It is
 * an RDB file as Redis 7.0 writes them, so either server loads what the other has saved; only where
 * fields of hashes expire it is of version 12, which Redis 7.0 does not know.
 *
 * A file is written beside the old one and takes its place when it is whole and on the disk: a
 * crash at any moment leaves the one or the other.
 */

import { REDIS_VERSION } from "../base/version.ts";
import type { Host, SnapshotControl } from "../commands/server_context.ts";
import type { Config } from "../config/config.ts";
import type { Keyspace } from "../keyspace/keyspace.ts";
import { RdbSaver } from "../persistence/rdb_file.ts";
import * as dict from "../structures/dict.ts";
import { loadRdb } from "./loading.ts";
import type { Log } from "./log.ts";

/** The version that has deadlines of hash fields. */
const VERSION_WITH_DEADLINES = 12;

export class Snapshots implements SnapshotControl {
  lastSaveMs: number;
  saveCount = 0;
  private readonly keyspace: Keyspace;
  private readonly config: Config;
  private readonly host: Host;
  private readonly log: Log;
  /** `keyspace.dirty` when the last snapshot was made. */
  private savedDirty = 0;

  constructor(keyspace: Keyspace, config: Config, host: Host, log: Log) {
    this.keyspace = keyspace;
    this.config = config;
    this.host = host;
    this.log = log;
    this.lastSaveMs = keyspace.clock.nowMs;
  }

  get changes(): number {
    return this.keyspace.dirty - this.savedDirty;
  }

  get isConfigured(): boolean {
    return this.config.value("save").length > 0;
  }

  save(): boolean {
    const path = this.config.text("dbfilename");
    try {
      this.write(path);
    } catch (error) {
      // The disk is full, the folder is gone or not ours: the old file is as it was.
      this.log.add("warning", `Error saving the DB to ${path}: ${(error as Error).message}`);
      return false;
    }
    this.log.add("notice", "DB saved on disk");
    this.lastSaveMs = this.keyspace.clock.nowMs;
    this.savedDirty = this.keyspace.dirty;
    this.saveCount++;
    return true;
  }

  /** Throws what the system says when the file cannot be written. */
  private write(path: string): void {
    const { keyspace, config } = this;
    const file = this.host.createFile(path);
    try {
      const saver = new RdbSaver((bytes) => file.write(bytes), {
        clocks: keyspace.lfu ? "lfu" : "lru",
        packs: config.flag("rdbcompression"),
        sums: config.flag("rdbchecksum"),
        ...(this.hasFieldDeadlines ? { version: VERSION_WITH_DEADLINES } : {}),
      });
      saver.begin([
        ["redis-ver", REDIS_VERSION],
        ["redis-bits", "64"],
        ["ctime", String(keyspace.clock.nowSeconds)],
      ]);
      for (const db of keyspace.databases) {
        if (db.size === 0) continue;
        saver.database(db, db.size, db.expires.count);
        dict.each(db.keys, (e) => saver.entry(db, keyspace, e));
      }
      saver.end();
      file.commit();
    } catch (error) {
      file.abandon();
      throw error;
    }
  }

  private get hasFieldDeadlines(): boolean {
    return this.keyspace.databases.some((db) => db.fieldExpires.count > 0);
  }

  load(): string | null {
    const path = this.config.text("dbfilename");
    if (path === "" || !this.host.fileExists(path)) return null;
    try {
      loadRdb(this.host.openInput(path), this.keyspace, this.log);
    } catch (error) {
      return `Can't load ${path}: ${(error as Error).message}.`;
    }
    this.savedDirty = this.keyspace.dirty;
    return null;
  }
}
