/**
 * What loads a file of data into a keyspace, in steps, so that whoever loads can see to other
 * things in between:
 *
 *   const loader = openLoader(source, keyspace, rules);      open_loader.ts
 *   while (loader.step(1000));
 *   loader.figures, loader.rest()
 *
 * A step throws when the file is not sound; the message says where, and what is wrong. What was
 * loaded until then is in the keyspace, each key whole: the caller empties it, or exits. Nothing is
 * announced, nothing counts as a change.
 */

/** What is done with some keys. */
export interface LoadingRules {
  /** Whether keys whose time is over are loaded all the same, since what follows may need them. */
  readonly keepsExpired?: boolean;
  /** Whether a key, or a library, that is there already is replaced; else the file is refused. */
  readonly replaces?: boolean;
  /**
   * Given if keys are taken away again between steps, so that no room is made for all of them. Told
   * of each database that the file names, and how many keys it is said to have, and of them expire:
   * 0 where that is not known.
   */
  readonly passesOn?: (database: number, keys: number, expiring: number) => void;
}

/** What came of a file. */
export interface LoadedFigures {
  readonly keys: number;
  /** Keys that were passed over: their time was over, they had no elements, a module has them. */
  readonly expired: number;
  readonly empty: number;
  readonly module: number;
  /** All that was passed over though it is lost with that. */
  readonly lost: number;
}

/** Loads one file: see above. */
export interface Loader {
  readonly figures: LoadedFigures;
  /** Of the format, once a step was done. */
  readonly version: number;
  /** Bytes of the file read so far. */
  readonly offset: number;
  /** Loads up to `limit` keys, or records; false when the file is at its end. */
  step(limit: number): boolean;
  /** At the end: what was read from the source and does not belong to the data. */
  rest(): Uint8Array;
}
