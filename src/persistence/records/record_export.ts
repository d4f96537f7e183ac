/**
 * Turns the blocks of a snapshot, as SnapshotSaver gives them, into records as docs/records.md
 * tells them: one for each key, and more where a value is large.
 */
import { Unpackr } from "msgpackr/unpack";
import { RUSK_VERSION } from "../../base/version.ts";
import { TYPE_NAMES } from "../../values/types.ts";
import {
  BLOCK_SIZE,
  BlockKind,
  ENTRY_BEGINS_LEAF,
  ENTRY_DELETED,
  ENTRY_SAME_NAMES,
  PART_SIZE,
  RecordKind,
} from "../snapshot/snapshot_format.ts";
import { type BlockSink, newBlock } from "../snapshot/snapshot_saver.ts";
import { widthOf } from "../snapshot/snapshot_values.ts";
import { integerIn, RECORDS_VERSION, type Strings, scoreIn } from "./record_form.ts";

type Integer = number | bigint;
/** A string in a snapshot: an integer stands for its decimal form. */
type Text = Uint8Array | Integer;

/** The parts of a stream, as they stand in a record. */
interface StreamPart {
  entries?: unknown[];
  lastId?: string;
  maxDeletedId?: string;
  entriesAdded?: unknown;
  groups?: GroupPart[];
}

interface GroupPart {
  name: unknown;
  lastId?: string;
  entriesRead?: unknown;
  consumers: ConsumerPart[];
}

interface ConsumerPart {
  name: unknown;
  seen?: unknown;
  active?: unknown;
  pending: unknown[];
}

/** A record that is written when it is known whether its value goes on. */
interface Pending {
  readonly traits: Record<string, unknown>;
  value: unknown;
}

const ENTRY_ITEMS = 4;
const PENDING_ITEMS = 4;
/** About what each item takes in a record beside the bytes of strings, and a pending entry. */
const ITEM_SIZE = 8;
const PENDING_SIZE = 40;

const idOf = (ms: Integer, sequence: Integer) => `${ms}-${sequence}`;

/** Takes the blocks of a snapshot and gives records to a function, and a last one at the end. */
export class RecordExport implements BlockSink {
  readonly takesElements = true;
  private readonly write: (record: Record<string, unknown>) => void;
  private readonly strings: Strings;
  private readonly messages = new Unpackr({ mapsAsObjects: true, int64AsType: "bigint" });
  private db = 0;
  /** The kind of the value that comes in parts, and its record that is to be written next. */
  private kind = 0;
  private pending: Pending | null = null;
  /** About the bytes of the value in that record. */
  private size = 0;
  /** The names of the last entry of a stream that has some of its own, as they stand in records. */
  private names: unknown[] = [];

  constructor(strings: Strings, write: (record: Record<string, unknown>) => void) {
    this.strings = strings;
    this.write = write;
  }

  take(kind: number, bytes: Uint8Array<ArrayBuffer>, size: number): Uint8Array<ArrayBuffer> {
    if (kind === BlockKind.head) this.write({ records: RECORDS_VERSION, rusk: RUSK_VERSION });
    if (kind === BlockKind.records) {
      this.messages.unpackMultiple(bytes.subarray(0, size), (record) => this.record(record));
    }
    return bytes.length > 2 * BLOCK_SIZE ? newBlock() : bytes;
  }

  end(keys: number): void {
    this.write({ end: keys });
  }

  private text(text: Text): unknown {
    const bytes = text instanceof Uint8Array ? text : digitsOf(text);
    this.size += bytes.length + ITEM_SIZE;
    return this.strings.write(bytes);
  }

  private record(record: unknown[]): void {
    const [kind, second, third] = record as [number, unknown, unknown];
    switch (kind) {
      case RecordKind.database:
        this.db = Number(second);
        return;
      case RecordKind.library:
        this.write({ library: this.text(second as Text) });
        return;
      case RecordKind.begin: {
        const [key, expiry] = record.slice(3) as [Text, Integer | null];
        this.kind = third as number;
        this.pending = { traits: this.traits(this.kind, key, expiry), value: undefined };
        this.size = 0;
        return;
      }
      case RecordKind.end:
        this.flush(false);
        return;
      case RecordKind.part:
        this.addPart(third);
        return;
      case RecordKind.streamState:
      case RecordKind.group:
      case RecordKind.consumer:
      case RecordKind.pending:
        this.addToStream(kind, record);
        return;
      default: {
        const [, key, expiry, , value] = record as [number, Text, Integer | null, unknown, unknown];
        this.write({ ...this.traits(kind, key, expiry), value: this.value(kind, value) });
      }
    }
  }

  private traits(kind: number, key: Text, expiry: Integer | null): Record<string, unknown> {
    const type = TYPE_NAMES[kind === RecordKind.expiringHash ? RecordKind.hash : kind];
    const traits = { db: this.db, key: this.text(key), type };
    return expiry === null ? traits : { ...traits, expiry: integerIn(expiry) };
  }

  /** A value, or a part of it, but for those of streams. */
  private value(kind: number, value: unknown): unknown {
    if (kind === RecordKind.string) return this.text(value as Text);
    const items = value as Text[];
    const width = widthOf(kind);
    if (width === 1) return items.map((item) => this.text(item));
    const rows: unknown[][] = [];
    for (let i = 0; i < items.length; i += width) {
      const name = this.text(items[i]);
      if (kind === RecordKind.zset) {
        rows.push([name, scoreIn(Number(items[i + 1]))]);
        continue;
      }
      const row = [name, this.text(items[i + 1])];
      const deadline = items[i + 2] as Integer | null;
      if (width === 3) row.push(deadline === null ? null : integerIn(deadline));
      rows.push(row);
    }
    return rows;
  }

  /** Writes the record of the value in parts; `more`: the next one goes on with it. */
  private flush(more: boolean): void {
    if (this.pending === null) return;
    const { traits, value } = this.pending;
    this.write(more ? { ...traits, more, value } : { ...traits, value });
    this.pending = more ? { traits: {}, value: undefined } : null;
    this.size = 0;
  }

  private addPart(part: unknown): void {
    if (this.pending?.value !== undefined) this.flush(true);
    const pending = this.pending as Pending;
    if (this.kind !== RecordKind.stream) {
      pending.value = this.value(this.kind, part);
      return;
    }
    const items = part as [Integer, Integer, number, Text[]];
    const entries: unknown[] = [];
    for (let i = 0; i < items.length; i += ENTRY_ITEMS) {
      const [ms, sequence, flags, fields] = items.slice(i, i + ENTRY_ITEMS) as typeof items;
      const told = this.fields(flags, fields);
      if ((flags & ENTRY_DELETED) === 0) entries.push([idOf(ms, sequence), told]);
    }
    this.stream().entries = entries;
  }

  /** Names and values in turn of an entry, also where only values are told. */
  private fields(flags: number, fields: readonly Text[]): unknown[] {
    const told = fields.map((text) => this.text(text));
    if ((flags & ENTRY_SAME_NAMES) !== 0) {
      return told.flatMap((value, index) => [this.names[index], value]);
    }
    if ((flags & ENTRY_BEGINS_LEAF) !== 0) this.names = told.filter((_, i) => i % 2 === 0);
    return told;
  }

  private stream(): StreamPart {
    const pending = this.pending as Pending;
    pending.value ??= {};
    return pending.value as StreamPart;
  }

  private addToStream(kind: number, record: unknown[]): void {
    switch (kind) {
      case RecordKind.streamState: {
        const [ms, sequence, deletedMs, deletedSequence, added] = record.slice(2) as Integer[];
        this.stream().lastId = idOf(ms, sequence);
        this.stream().maxDeletedId = idOf(deletedMs, deletedSequence);
        this.stream().entriesAdded = integerIn(added);
        return;
      }
      case RecordKind.group: {
        const [name, ms, sequence, read] = record.slice(2) as [Text, Integer, Integer, Integer];
        this.makeRoom();
        const head = { name: this.text(name), lastId: idOf(ms, sequence) };
        this.groups().push({ ...head, entriesRead: integerIn(read), consumers: [] });
        return;
      }
      case RecordKind.consumer: {
        const [name, seen, active] = record.slice(2) as [Text, Integer, Integer];
        this.makeRoom();
        const times = { seen: Number(seen), active: Number(active) };
        this.consumers().push({ name: this.text(name), ...times, pending: [] });
        return;
      }
      default:
        this.addPending(record[2] as Integer[]);
    }
  }

  private addPending(items: readonly Integer[]): void {
    this.makeRoom();
    const { pending } = this.consumers().at(-1) as ConsumerPart;
    for (let i = 0; i < items.length; i += PENDING_ITEMS) {
      const [ms, sequence, deliveredMs, count] = items.slice(i, i + PENDING_ITEMS);
      pending.push([idOf(ms, sequence), Number(deliveredMs), integerIn(count)]);
    }
    this.size += (items.length / PENDING_ITEMS) * PENDING_SIZE;
  }

  /** The groups in the record; the caller adds one, or something to the last. */
  private groups(): GroupPart[] {
    const stream = this.stream();
    stream.groups ??= [];
    return stream.groups;
  }

  private consumers(): ConsumerPart[] {
    return (this.groups().at(-1) as GroupPart).consumers;
  }

  /**
   * Goes on in another record when this one is full. Of the group and the consumer that were told
   * last, it repeats the names.
   */
  private makeRoom(): void {
    if (this.size < PART_SIZE) return;
    const group = this.stream().groups?.at(-1);
    const consumer = group?.consumers.at(-1);
    this.flush(true);
    if (group === undefined) return;
    const consumers = consumer === undefined ? [] : [{ name: consumer.name, pending: [] }];
    this.groups().push({ name: group.name, consumers });
  }
}

function digitsOf(value: Integer): Uint8Array {
  const text = String(value);
  const bytes = new Uint8Array(text.length);
  for (let i = 0; i < text.length; i++) bytes[i] = text.charCodeAt(i);
  return bytes;
}
