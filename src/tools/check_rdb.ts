/**
 * What redis-check-rdb does, for who starts the program by that name: it tells what a snapshot
 * holds, in that program's words, or where it is broken.
 */
import { REDIS_VERSION } from "../base/version.ts";
import type { Keyspace } from "../keyspace/keyspace.ts";
import type { Loader } from "../persistence/loader.ts";
import { PeekedSource } from "../persistence/open_loader.ts";
import { RdbLoader } from "../persistence/rdb/rdb_file.ts";
import { RDB_VERSION_CHECKSUM } from "../persistence/rdb/rdb_format.ts";
import { SnapshotLoader } from "../persistence/snapshot/snapshot_loader.ts";
import type { InputFile } from "../runtime/files.ts";
import * as dict from "../structures/dict.ts";
import { PassageError, passThrough } from "./passage.ts";
import type { ToolParts } from "./tool_parts.ts";

const USAGE = "Usage: redis-check-rdb <rdb-file-name>\n";
const CHECKSUM_SIZE = 8;
/** More than servers are configured to have. */
const DATABASES = 1 << 10;
/** The loader's messages end with the place, which is told before them here. */
const PLACE = / \(at byte \d+\)$/;

/** Checks the file that the words name; returns the exit status. */
export async function checkRdb(words: readonly string[], parts: ToolParts): Promise<number> {
  const [name] = words;
  if (words.length !== 1) {
    parts.writeError(USAGE);
    return 1;
  }
  if (name === "-v" || name === "--version") {
    parts.writeOut(`redis-check-rdb ${REDIS_VERSION}\n`);
    return 0;
  }
  const check = new RdbCheck(name, parts);
  try {
    return await check.run();
  } finally {
    check.close();
  }
}

class RdbCheck {
  private readonly name: string;
  private readonly parts: ToolParts;
  private readonly opened: InputFile[] = [];
  private expiring = 0;
  private expired = 0;

  constructor(name: string, parts: ToolParts) {
    this.name = name;
    this.parts = parts;
  }

  async run(): Promise<number> {
    const { parts } = this;
    const config = parts.readConfig([]);
    try {
      const loader = await passThrough(
        {
          open: (keyspace, again) => this.open(keyspace, again),
          show: (keyspace) => this.count(keyspace),
          databases: DATABASES,
          lfu: false,
          temporary: `${config.text("dbfilename")}.tmp-${parts.processId}-keys`,
        },
        parts,
      );
      this.tellChecksum(loader);
      this.say(loader.offset, "\\o/ RDB looks OK! \\o/");
      this.tellFigures(loader);
      return 0;
    } catch (error) {
      if (error instanceof PassageError) {
        parts.writeOut("--- RDB ERROR DETECTED ---\n");
        this.say(error.loader.offset, error.message.replace(PLACE, ""));
        this.tellFigures(error.loader);
      } else {
        parts.writeError(`${this.name}: ${(error as Error).message}\n`);
      }
      return 1;
    }
  }

  private say(offset: number, text: string): void {
    this.parts.writeOut(`[offset ${offset}] ${text}\n`);
  }

  private open(keyspace: Keyspace, again: boolean): Loader {
    const tell = (text: string) => {
      if (!again) this.say(loader.offset, text);
    };
    if (!again) this.say(0, `Checking RDB file ${this.name}`);
    const file = this.parts.disk.openInput(this.name);
    this.opened.push(file);
    const source = new PeekedSource(file);
    const rules = { keepsExpired: true, passesOn: () => {} };
    const loader: Loader =
      source.format === "snapshot"
        ? new SnapshotLoader(source, keyspace, rules)
        : new RdbLoader(source, keyspace, {
            ...rules,
            aux: (name, value) => tell(`AUX FIELD ${name} = '${value}'`),
            selected: (id) => tell(`Selecting DB ID ${id}`),
            mended: (key, what) => tell(`key ${JSON.stringify(key)}: ${what}`),
            lost: (what) => tell(`It holds ${what}`),
          });
    return loader;
  }

  private count({ databases, clock }: Keyspace): void {
    for (const db of databases) {
      this.expiring += db.expires.count;
      if (db.expires.count === 0) continue;
      dict.each(db.keys, (e) => {
        const expiryMs = db.expiryOf(e);
        if (expiryMs >= 0 && expiryMs < clock.nowMs) this.expired++;
      });
    }
  }

  private tellChecksum(loader: Loader): void {
    if (loader instanceof RdbLoader && loader.version < RDB_VERSION_CHECKSUM) return;
    const sum = new Uint8Array(CHECKSUM_SIZE);
    this.opened[0].readAt(sum, 0, CHECKSUM_SIZE, loader.offset - CHECKSUM_SIZE);
    const isThere = !(loader instanceof RdbLoader) || sum.some((byte) => byte !== 0);
    const unchecked = "RDB file was saved with checksum disabled: no check performed.";
    this.say(loader.offset, isThere ? "Checksum OK" : unchecked);
  }

  private tellFigures({ figures }: Loader): void {
    this.parts.writeOut(
      `[info] ${figures.keys} keys read\n` +
        `[info] ${this.expiring} expires\n` +
        `[info] ${this.expired} already expired\n`,
    );
  }

  close(): void {
    for (const file of this.opened) file.close();
  }
}
