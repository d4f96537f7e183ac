/**
 * Makes what loads a file, by what the file begins with: a snapshot in Rusk's own format or an RDB
 * file, either of which may stand before the commands of a log.
 */
import type { Log } from "../base/log.ts";
import type { Keyspace } from "../keyspace/keyspace.ts";
import { dropLoadCode, loadCode, makeLoadCode } from "../structures/load_code/load_code.ts";
import { type ByteSource, Rejoined } from "./byte_source.ts";
import type { Loader, LoadingRules } from "./loader.ts";
import { isRdb, RdbLoader } from "./rdb/rdb_file.ts";
import { settleValues } from "./rdb/rdb_values.ts";
import { isSnapshot } from "./snapshot/snapshot_format.ts";
import { SnapshotLoader } from "./snapshot/snapshot_loader.ts";

/** Bytes of a file that tell what it is. */
const HEAD_SIZE = 16;
/** The code for loading is made for files of this size or more. */
const LOAD_CODE_SIZE_MIN = 256 << 10;
const LOST_HINT =
  "which cannot be kept here; with `load-incomplete yes` (rusk import --incomplete) the rest is " +
  "loaded, and the file is kept under another name before it is replaced";

/** The formats of data, as they are told. */
export type DataFormat = "snapshot" | "RDB";

/** Of a file that begins with these bytes; null: it is neither. */
export function formatOf(head: Uint8Array): DataFormat | null {
  if (isSnapshot(head)) return "snapshot";
  return isRdb(head) ? "RDB" : null;
}

/** Reads the first bytes of a source: fewer if there are no more. */
export function readHead(source: ByteSource): Uint8Array {
  const head = new Uint8Array(HEAD_SIZE);
  let size = 0;
  for (let count = 1; count > 0 && size < HEAD_SIZE; size += count) {
    count = source.read(head, size, HEAD_SIZE - size);
  }
  return head.subarray(0, size);
}

/** A source of which is known what it begins with; it gives all its bytes. */
export class PeekedSource extends Rejoined {
  readonly format: DataFormat | null;
  private readonly source: ByteSource;

  /** Reads the first bytes of the source. */
  constructor(source: ByteSource) {
    const head = readHead(source);
    super(head, source);
    this.format = formatOf(head);
    this.source = source;
  }

  /** What follows the data, which the loader has loaded to their end. */
  after(loader: Loader): ByteSource {
    return new Rejoined(loader.rest(), this.source);
  }
}

/** What is done with some things in files of data. */
export interface FileRules extends LoadingRules {
  /** What cannot be kept is left out; else a file that holds such things is refused. */
  readonly allowsLoss: boolean;
  /** Is told what is noteworthy. */
  readonly log: Pick<Log, "add">;
}

/** A loader of what a source begins with; of neither format, one that says so at its first step. */
export function openLoader(source: PeekedSource, keyspace: Keyspace, rules: FileRules): Loader {
  if (source.size >= LOAD_CODE_SIZE_MIN) beginLoading();
  return source.format === "snapshot"
    ? new SnapshotLoader(source, keyspace, rules)
    : rdbLoader(source, keyspace, rules);
}

/** Gets ready to load much; the code and its memory stay until `endLoading`. */
export function beginLoading(): void {
  makeLoadCode();
  settleValues(loadCode);
}

/** Nothing is loaded for now. */
export function endLoading(): void {
  dropLoadCode();
  settleValues(null);
}

function rdbLoader(source: ByteSource, keyspace: Keyspace, rules: FileRules): RdbLoader {
  const { log, allowsLoss, keepsExpired, replaces, passesOn } = rules;
  return new RdbLoader(source, keyspace, {
    aux: (name: string, value: string) => {
      if (name === "redis-ver") log.add("notice", `Loading RDB produced by version ${value}`);
    },
    empty: (key: string) => log.add("notice", `skipping empty key: ${key}`),
    mended: (key: string, what: string) =>
      log.add("warning", `key ${JSON.stringify(key)}: ${what}`),
    lost: (what: string) => {
      if (!allowsLoss) throw new Error(`it holds ${what}, ${LOST_HINT}`);
      log.add("warning", `The RDB file holds ${what}, which is left out`);
    },
    keepsExpired,
    replaces,
    passesOn,
  });
}
