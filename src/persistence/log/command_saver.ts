/**
 * Writes a keyspace as commands that make it anew: what Redis 7.0 writes when it rewrites an
 * append-only file and `aof-use-rdb-preamble` is `no`. There is no head to
 * begin with:
 *
 *   const saver = new CommandSaver(sink);
 *   saver.database(db, keys, expiring);
 *   saver.entry(db, keyspace, e);            for each key of the database, in any order
 *   saver.end();
 *
 * Access clocks of keys are not told: there is no command for them. Values: command_encode.ts.
 */
import type { Database } from "../../keyspace/database.ts";
import type { Keyspace } from "../../keyspace/keyspace.ts";
import type { EntryRef } from "../../structures/entry.ts";
import * as entry from "../../structures/entry.ts";
import type { ByteSink } from "../rdb/rdb_writer.ts";
import type { Saver } from "../saver.ts";
import { writeCommands, writeName } from "./command_encode.ts";
import { CommandWriter, wordOf } from "./command_writer.ts";

const FUNCTION = wordOf("FUNCTION");
const LOAD = wordOf("LOAD");
const SELECT = wordOf("SELECT");
const PEXPIREAT = wordOf("PEXPIREAT");

/** Writes one file: see above. What the sink is given is good until it returns. */
export class CommandSaver implements Saver {
  readonly large = null;
  private readonly writer: CommandWriter;

  constructor(sink: ByteSink) {
    this.writer = new CommandWriter(sink);
  }

  /** Bytes of the file so far. */
  get size(): number {
    return this.writer.total;
  }

  get commands(): number {
    return this.writer.commands;
  }

  library(code: Uint8Array): void {
    this.writer.command(3);
    this.writer.word(FUNCTION);
    this.writer.word(LOAD);
    this.writer.bulk(code, 0, code.length);
  }

  /** How many keys there are is not told. */
  database({ id }: Database, _keys: number, _expiring: number): void {
    this.select(id);
  }

  select(id: number): void {
    this.writer.command(2);
    this.writer.word(SELECT);
    this.writer.integer(id);
  }

  entry(db: Database, _keyspace: Keyspace, e: EntryRef): void {
    writeCommands(this.writer, e);
    if (!entry.hasTtl(e)) return;
    this.writer.command(3);
    this.writer.word(PEXPIREAT);
    writeName(this.writer, e);
    const farMs = db.farExpiryOf(e);
    if (farMs === undefined) this.writer.integer(db.expiryOf(e));
    else this.writer.text(String(farMs));
  }

  /** The sink has all then. */
  end(): void {
    this.writer.flush();
  }
}
