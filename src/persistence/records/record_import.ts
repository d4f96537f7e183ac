/**
 * Turns records (docs/records.md) into a snapshot, from which SnapshotLoader makes keys: it sees to
 * what cannot be, here only the shape of records is looked at.
 *
 *   const importer = new RecordImport(strings, write);
 *   importer.add(record);     for each record
 *   importer.end();           throws if the last one has not come
 *
 * Of a value that comes in several records, all are kept, in the form that they have in a snapshot,
 * until it is whole. All functions throw RecordError.
 */
import { counted } from "../../base/counted.ts";
import { OUTSIDE_SIZE } from "../../structures/entry.ts";
import { TYPE_NAMES } from "../../values/types.ts";
import { MessageWriter } from "../snapshot/message_writer.ts";
import { BlockWriter } from "../snapshot/snapshot_block.ts";
import { BLOCK_SIZE, BlockKind, RecordKind } from "../snapshot/snapshot_format.ts";
import { PartWriter } from "./part_writer.ts";
import {
  integerOf,
  isObject,
  listOf,
  RECORDS_VERSION,
  RecordError,
  type Strings,
  scoreOf,
  shown,
} from "./record_form.ts";
import { StreamRecords } from "./record_import_stream.ts";

type Record = { readonly [field: string]: unknown };

/** What concerns a key besides its value. */
interface Traits {
  readonly key: Uint8Array;
  readonly kind: number;
  readonly expiry: bigint | null;
}

/** A value of which more records are to come, or one that always comes in parts. */
interface OpenValue extends Traits {
  readonly parts: PartWriter;
  /** Of a string. */
  readonly pieces: Uint8Array[];
  readonly stream: StreamRecords | null;
  /** Elements, or bytes of a string. */
  count: number;
}

/** See above. */
export class RecordImport {
  private readonly strings: Strings;
  private readonly blocks: BlockWriter;
  private readonly to = new MessageWriter(new Uint8Array(2 * BLOCK_SIZE));
  private hasHead = false;
  private isOver = false;
  private keys = 0;
  private db = -1;
  private open: OpenValue | null = null;

  /** `write` gets the bytes of a snapshot, good until it returns. */
  constructor(strings: Strings, write: (bytes: Uint8Array) => void) {
    this.strings = strings;
    this.blocks = new BlockWriter(write, false);
    this.to.map(1);
    this.to.text("clocks");
    this.to.text("lru");
    this.flush(BlockKind.head);
  }

  add(record: unknown): void {
    if (this.isOver) throw new RecordError("there is more after the last record");
    if (!isObject(record)) throw new RecordError(`no record: ${shown(record)}`);
    if (!this.hasHead) this.readHead(record);
    else if (this.open !== null) this.continue(this.open, record);
    else if (record.end !== undefined) this.readEnd(record);
    else if (record.library !== undefined) this.readLibrary(record.library);
    else this.begin(record);
    if (this.to.size >= BLOCK_SIZE) this.flush(BlockKind.records);
  }

  /** All records have come. */
  end(): void {
    if (!this.isOver) throw new RecordError("it ends too early: the last record is missing");
    if (this.to.size > 0) this.flush(BlockKind.records);
    this.blocks.end(this.keys);
  }

  private flush(kind: number): void {
    this.blocks.block(kind, this.to.bytes.subarray(0, this.to.size));
    this.to.size = 0;
  }

  private readHead({ records }: Record): void {
    if (records === undefined) throw new RecordError("these are no records of Rusk's");
    if (records !== RECORDS_VERSION) {
      throw new RecordError(
        `records of version ${shown(records)}, and this is known up to ${RECORDS_VERSION}: ` +
          "it needs a newer Rusk",
      );
    }
    this.hasHead = true;
  }

  private readEnd({ end }: Record): void {
    if (end !== this.keys) {
      throw new RecordError(
        `${counted(this.keys, "key")} came, and the last record says ${shown(end)}`,
      );
    }
    this.isOver = true;
  }

  private readLibrary(code: unknown): void {
    this.to.array(2);
    this.to.integer(RecordKind.library);
    writeString(this.to, this.strings.read(code));
  }

  private begin(record: Record): void {
    const { db, type, more, value } = record;
    const kind = (TYPE_NAMES as readonly unknown[]).indexOf(type);
    if (kind < 0) throw new RecordError(`no type: ${shown(type)}`);
    this.select(Number(integerOf(db, "db", 0n)));
    const expiry = record.expiry === undefined ? null : integerOf(record.expiry, "expiry", 0n);
    const key = this.strings.read(record.key);
    this.keys++;
    const actual = kind === RecordKind.hash && hasDeadlines(value) ? RecordKind.expiringHash : kind;
    const traits = { key, kind: actual, expiry };
    if (more !== true && kind !== RecordKind.stream) {
      if (kind === RecordKind.string) this.string(traits, this.strings.read(value));
      else this.collection(traits, value);
      return;
    }
    const parts = new PartWriter(this.keys);
    const stream = kind === RecordKind.stream ? new StreamRecords(parts, this.strings) : null;
    this.open = { ...traits, parts, stream, pieces: [], count: 0 };
    this.addTo(this.open, record);
  }

  private select(db: number): void {
    if (db === this.db) return;
    this.db = db;
    this.to.array(4);
    this.to.integer(RecordKind.database);
    this.to.integer(db);
    this.to.integer(0);
    this.to.integer(0);
  }

  private string(traits: Traits, bytes: Uint8Array): void {
    this.beginWhole(traits);
    writeString(this.to, bytes);
  }

  private collection(traits: Traits, value: unknown): void {
    this.beginWhole(traits);
    writeElements(this.to, traits.kind, value, this.strings);
  }

  /** Begins a value that is one record. */
  private beginWhole(traits: Traits): void {
    this.to.array(5);
    this.to.integer(traits.kind);
    this.writeTraits(traits);
  }

  private writeTraits({ key, expiry }: Traits): void {
    writeString(this.to, key);
    if (expiry === null) this.to.nil();
    else this.to.bigint(expiry);
    this.to.nil();
  }

  private continue(open: OpenValue, record: Record): void {
    if (record.key !== undefined || record.end !== undefined) {
      throw new RecordError("the value before it should go on");
    }
    this.addTo(open, record);
  }

  private addTo(open: OpenValue, { value, more }: Record): void {
    const { kind, parts, pieces, stream } = open;
    if (stream !== null) {
      stream.add(value);
    } else if (kind === RecordKind.string) {
      const bytes = this.strings.read(value);
      pieces.push(bytes);
      open.count += bytes.length;
    } else {
      open.count += parts.record(RecordKind.part, 1, (to) =>
        writeElements(to, kind, value, this.strings),
      );
    }
    if (more !== true) this.close(open);
  }

  private close(open: OpenValue): void {
    const { kind, parts, pieces, stream, count } = open;
    this.open = null;
    stream?.end();
    if (kind === RecordKind.string && count < OUTSIDE_SIZE) {
      this.string(open, joined(pieces, count));
      return;
    }
    for (const piece of pieces) parts.record(RecordKind.part, 1, (to) => writeString(to, piece));
    parts.record(RecordKind.end, 0, () => {});
    const to = this.to;
    to.array(7);
    to.integer(RecordKind.begin);
    to.integer(parts.number);
    to.integer(kind);
    this.writeTraits(open);
    to.integer(stream?.entryCount ?? count);
    this.flush(BlockKind.records);
    parts.writeTo(this.blocks);
  }
}

function writeString(to: MessageWriter, bytes: Uint8Array): void {
  to.binary(bytes, 0, bytes.length);
}

/** Whether some field of a hash in a record can have a deadline. */
const hasDeadlines = (value: unknown) =>
  Array.isArray(value) && value.some((row) => Array.isArray(row) && row.length === 3);

/** Writes elements as an array; returns how many there are. */
function writeElements(to: MessageWriter, kind: number, value: unknown, strings: Strings): number {
  const elements = listOf(value, TYPE_NAMES[kind === RecordKind.expiringHash ? 4 : kind]);
  if (kind === RecordKind.list || kind === RecordKind.set) {
    to.longArray(elements.length);
    for (const element of elements) writeString(to, strings.read(element));
    return elements.length;
  }
  const hasDeadline = kind === RecordKind.expiringHash;
  to.longArray(elements.length * (hasDeadline ? 3 : 2));
  for (const element of elements) {
    const row = listOf(element, "pair");
    if (row.length !== 2 && !(hasDeadline && row.length === 3)) {
      throw new RecordError(`no pair: ${shown(row)}`);
    }
    const [name, second, deadline] = row;
    writeString(to, strings.read(name));
    if (kind === RecordKind.zset) to.double(scoreOf(second));
    else writeString(to, strings.read(second));
    if (!hasDeadline) continue;
    if (deadline === undefined || deadline === null) to.nil();
    else to.bigint(integerOf(deadline, "deadline", 0n));
  }
  return elements.length;
}

function joined(pieces: readonly Uint8Array[], size: number): Uint8Array {
  const all = new Uint8Array(size);
  let at = 0;
  for (const piece of pieces) {
    all.set(piece, at);
    at += piece.length;
  }
  return all;
}
