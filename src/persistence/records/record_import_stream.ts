/** Turns the parts of a stream in records (docs/records.md) into those of a snapshot. */
import { thresholds } from "../../values/thresholds.ts";
import type { MessageWriter } from "../snapshot/message_writer.ts";
import { ENTRY_BEGINS_LEAF, RecordKind } from "../snapshot/snapshot_format.ts";
import type { PartWriter } from "./part_writer.ts";
import { integerOf, isObject, listOf, RecordError, type Strings, shown } from "./record_form.ts";

const ID = /^(\d{1,20})-(\d{1,20})$/;
const WORD_BITS = 32n;
const NO_ID = "0-0";
/** Not known. */
const NEVER = -1n;

/** A stream of which records come; the first error leaves it as it is. */
export class StreamRecords {
  /** Entries told so far. */
  entryCount = 0;
  private readonly parts: PartWriter;
  private readonly strings: Strings;
  private hasState = false;
  /** The group and the consumer that came last. */
  private group: Uint8Array | null = null;
  private consumer: Uint8Array | null = null;
  /** Entries of the leaf that is being filled, and about their bytes. */
  private leafCount = 0;
  private leafSize = 0;

  constructor(parts: PartWriter, strings: Strings) {
    this.parts = parts;
    this.strings = strings;
  }

  /** Adds what a record tells of it: entries, then the state, then groups. */
  add(value: unknown): void {
    if (!isObject(value)) throw new RecordError(`no stream: ${shown(value)}`);
    if (value.entries !== undefined) this.addEntries(listOf(value.entries, "entries"));
    if (value.lastId !== undefined) this.setState(value);
    const groups = value.groups === undefined ? [] : listOf(value.groups, "groups");
    for (const [index, group] of groups.entries()) this.addGroup(group, index === 0);
  }

  /** Nothing follows. */
  end(): void {
    if (!this.hasState) throw new RecordError("a stream without lastId");
  }

  private addEntries(entries: readonly unknown[]): void {
    if (this.hasState) throw new RecordError("entries of a stream after its lastId");
    if (entries.length === 0) return;
    this.parts.record(RecordKind.part, 1, (to) => {
      to.longArray(4 * entries.length);
      for (const entry of entries) this.addEntry(to, entry);
    });
  }

  private addEntry(to: MessageWriter, entry: unknown): void {
    const [id, fields, ...more] = listOf(entry, "entry");
    const texts = listOf(fields, "fields").map((text) => this.strings.read(text));
    if (more.length > 0) throw new RecordError(`no entry: ${shown(entry)}`);
    writeId(to, id);
    to.integer(this.beginsLeaf(texts) ? ENTRY_BEGINS_LEAF : 0);
    to.longArray(texts.length);
    for (const text of texts) to.binary(text, 0, text.length);
    this.entryCount++;
  }

  /** Whether an entry begins a leaf, as it would if it were added now. */
  private beginsLeaf(texts: readonly Uint8Array[]): boolean {
    const { streamNodeBytes, streamNodeEntries } = thresholds;
    const isFull =
      (streamNodeEntries > 0 && this.leafCount >= streamNodeEntries) ||
      (streamNodeBytes > 0 && this.leafSize >= streamNodeBytes);
    const begins = isFull || this.entryCount === 0;
    if (begins) this.leafCount = this.leafSize = 0;
    this.leafCount++;
    for (const { length } of texts) this.leafSize += length;
    return begins;
  }

  private setState({ lastId, maxDeletedId, entriesAdded }: Record<string, unknown>): void {
    if (this.hasState) throw new RecordError("a stream with two lastId");
    const added = entriesAdded ?? this.entryCount;
    this.parts.record(RecordKind.streamState, 5, (to) => {
      writeId(to, lastId);
      writeId(to, maxDeletedId ?? NO_ID);
      to.bigint(integerOf(added, "entriesAdded", 0n));
    });
    this.hasState = true;
  }

  /** Adds a group, or goes on with the last one where a record begins with its name. */
  private addGroup(group: unknown, mayGoOn: boolean): void {
    if (!isObject(group)) throw new RecordError(`no group: ${shown(group)}`);
    const name = this.strings.read(group.name);
    const goesOn = mayGoOn && isSame(name, this.group);
    if (!goesOn) {
      this.parts.record(RecordKind.group, 4, (to) => {
        to.binary(name, 0, name.length);
        writeId(to, group.lastId);
        to.bigint(integerOf(group.entriesRead ?? NEVER, "entriesRead", NEVER));
      });
      this.group = name;
      this.consumer = null;
    }
    const consumers = group.consumers === undefined ? [] : listOf(group.consumers, "consumers");
    for (const [index, consumer] of consumers.entries()) {
      this.addConsumer(consumer, goesOn && index === 0);
    }
  }

  private addConsumer(consumer: unknown, mayGoOn: boolean): void {
    if (!isObject(consumer)) throw new RecordError(`no consumer: ${shown(consumer)}`);
    const name = this.strings.read(consumer.name);
    if (!(mayGoOn && isSame(name, this.consumer))) {
      this.parts.record(RecordKind.consumer, 3, (to) => {
        to.binary(name, 0, name.length);
        to.bigint(integerOf(consumer.seen ?? NEVER, "seen", NEVER));
        to.bigint(integerOf(consumer.active ?? NEVER, "active", NEVER));
      });
      this.consumer = name;
    }
    const pending = consumer.pending === undefined ? [] : listOf(consumer.pending, "pending");
    if (pending.length === 0) return;
    this.parts.record(RecordKind.pending, 1, (to) => {
      to.longArray(4 * pending.length);
      for (const row of pending) {
        const [id, deliveredMs, count, ...more] = listOf(row, "pending entry");
        if (more.length > 0) throw new RecordError(`no pending entry: ${shown(row)}`);
        writeId(to, id);
        to.bigint(integerOf(deliveredMs, "time", NEVER));
        to.bigint(integerOf(count, "count", 0n));
      }
    });
  }
}

function writeId(to: MessageWriter, value: unknown): void {
  const [, ms, sequence] = (typeof value === "string" ? ID.exec(value) : null) ?? [];
  if (ms === undefined) throw new RecordError(`no ID: ${shown(value)}`);
  for (const text of [ms, sequence]) {
    const part = BigInt(text);
    if (part !== BigInt.asUintN(64, part)) throw new RecordError(`no ID: ${shown(value)}`);
    to.unsignedWords(Number(part >> WORD_BITS), Number(BigInt.asIntN(32, part)));
  }
}

const isSame = (a: Uint8Array, b: Uint8Array | null) =>
  b !== null && a.length === b.length && a.every((byte, index) => byte === b[index]);
