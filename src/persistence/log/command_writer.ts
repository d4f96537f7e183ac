/**
 * Writes commands as clients send them (arrays of bulk strings), as an append-only file holds them.
 * What was written goes to the sink in pieces:
 *
 *   *3 CR LF $3 CR LF SET CR LF $1 CR LF k CR LF $1 CR LF v CR LF
 *
 * Whoever begins a command writes as many words as were announced.
 */
import { copyBytes, fromLatin1 } from "../../base/bytes.ts";
import { DOUBLE_SIZE_MAX, writeDouble } from "../../base/doubles.ts";
import { writeInteger } from "../../base/numbers.ts";
import type { Range } from "../../base/range.ts";
import { type StreamId, spell, spelled } from "../../structures/stream_id.ts";
import type { ByteSink } from "../rdb/rdb_writer.ts";

const PIECE_SIZE = 64 << 10;
const ARRAY = 42;
const BULK = 36;
const CR = 13;
const LF = 10;
/** A sign or a type, the digits of a safe integer, and CR LF. */
const HEAD_SIZE_MAX = 20;

/** A word that is written often, in the form that `word` takes. */
export const wordOf = (text: string) => fromLatin1(`$${text.length}\r\n${text}\r\n`);

export class CommandWriter {
  /** Commands begun so far. */
  commands = 0;
  /** Bytes that the sink was given. */
  private passed = 0;
  private size = 0;
  private readonly bytes = new Uint8Array(PIECE_SIZE);
  private readonly sink: ByteSink;
  private readonly digits = new Uint8Array(DOUBLE_SIZE_MAX);

  constructor(sink: ByteSink) {
    this.sink = sink;
  }

  /** Bytes written so far. */
  get total(): number {
    return this.passed + this.size;
  }

  /** Gives the sink what was written. */
  flush(): void {
    if (this.size === 0) return;
    this.sink(this.bytes.subarray(0, this.size));
    this.passed += this.size;
    this.size = 0;
  }

  /** Begins a command of so many words, its name among them. */
  command(words: number): void {
    this.commands++;
    this.head(ARRAY, words);
  }

  /** A word that `wordOf` has made. */
  word(bytes: Uint8Array): void {
    this.raw(bytes, 0, bytes.length);
  }

  bulk(bytes: Uint8Array, offset: number, size: number): void {
    this.head(BULK, size);
    this.raw(bytes, offset, size);
    this.room(2);
    this.end();
  }

  range({ bytes, offset, size }: Range): void {
    this.bulk(bytes, offset, size);
  }

  /** A safe integer in decimal. */
  integer(value: number): void {
    this.bulk(this.digits, 0, writeInteger(this.digits, 0, value));
  }

  /** A double with 17 digits. */
  double(value: number): void {
    this.bulk(this.digits, 0, writeDouble(this.digits, 0, value));
  }

  /** A latin1 text. */
  text(text: string): void {
    this.bulk(fromLatin1(text), 0, text.length);
  }

  id(id: StreamId): void {
    this.bulk(spelled, 0, spell(id));
  }

  private room(size: number): void {
    if (this.size + size > PIECE_SIZE) this.flush();
  }

  private raw(bytes: Uint8Array, offset: number, size: number): void {
    this.room(size);
    if (size > PIECE_SIZE) {
      this.sink(bytes.subarray(offset, offset + size));
      this.passed += size;
      return;
    }
    copyBytes(bytes, offset, size, this.bytes, this.size);
    this.size += size;
  }

  private head(type: number, count: number): void {
    this.room(HEAD_SIZE_MAX);
    this.bytes[this.size++] = type;
    this.size = writeInteger(this.bytes, this.size, count);
    this.end();
  }

  private end(): void {
    this.bytes[this.size++] = CR;
    this.bytes[this.size++] = LF;
  }
}
