/** Writes what is led through memory (passage.ts) to a file, batch by batch. */
import type { Keyspace } from "../keyspace/keyspace.ts";
import type { Saver, WholeFile } from "../persistence/saver.ts";
import * as dict from "../structures/dict.ts";

interface Expected {
  readonly keys: number;
  readonly expiring: number;
}

/** Makes a saver that has written head and libraries. */
export type OpenSaver = (write: (bytes: Uint8Array) => void, keyspace: Keyspace) => Saver;

/** A file that is being filled, which has its name when it is whole, or is not there. */
export class Pouring {
  private readonly name: string;
  private readonly open: () => WholeFile;
  private readonly openSaver: OpenSaver;
  private file: WholeFile | null = null;
  private saver: Saver | null = null;
  /** Libraries that are written. */
  private libraries = 0;
  private selected = -1;
  /** What is known of databases of which nothing is written yet. */
  private readonly expected = new Map<number, Expected>();

  /** `name`: of the file, as it is told; it is opened when there is something to write. */
  constructor(name: string, open: () => WholeFile, openSaver: OpenSaver) {
    this.name = name;
    this.open = open;
    this.openSaver = openSaver;
  }

  /**
   * Has `run` add all there is, and gives the file its name then; returns what it returns. Throws
   * what it throws, or what the disk says; the file is given up then. In `unfinished` is meanwhile
   * how to do that.
   */
  async fill<Result>(unfinished: Set<() => void>, run: () => Promise<Result>): Promise<Result> {
    const abandon = () => this.file?.abandon();
    unfinished.add(abandon);
    try {
      const result = await run();
      this.attempt(() => {
        this.saver?.end();
        this.file?.commit();
      });
      return result;
    } catch (error) {
      abandon();
      throw error;
    } finally {
      unfinished.delete(abandon);
    }
  }

  /** A database will have so many keys, about. */
  readonly expect = (database: number, keys: number, expiring: number): void => {
    if (keys > 0) this.expected.set(database, { keys, expiring });
  };

  /** Writes all keys of the moment. To be called once at least. */
  add(keyspace: Keyspace): void {
    this.attempt(() => {
      const saver = this.saverFor(keyspace);
      for (const db of keyspace.databases) {
        if (db.size === 0) continue;
        const expected = this.expected.get(db.id);
        if (expected !== undefined) saver.database(db, expected.keys, expected.expiring);
        else if (db.id !== this.selected) saver.select(db.id);
        this.expected.delete(db.id);
        this.selected = db.id;
        dict.each(db.keys, (e) => saver.entry(db, keyspace, e));
      }
    });
  }

  /** The saver, which has written all libraries that there are. */
  private saverFor(keyspace: Keyspace): Saver {
    const { libraries } = keyspace;
    if (this.saver === null) {
      const file = this.open();
      this.file = file;
      this.saver = this.openSaver((bytes) => file.write(bytes), keyspace);
    } else if (libraries.count > this.libraries) {
      for (const code of [...libraries.each()].slice(this.libraries)) this.saver.library(code);
    }
    this.libraries = libraries.count;
    return this.saver;
  }

  private attempt(run: () => void): void {
    try {
      run();
    } catch (error) {
      throw new Error(`${this.name}: ${(error as Error).message}`);
    }
  }
}
