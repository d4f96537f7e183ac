/**
 * The reply writer. Handlers say what they mean (an integer, a map of n pairs, no value) and the
 * writer knows how RESP2 and RESP3 spell it. All replies of an event-loop turn go into one buffer;
 * whoever runs a command takes the range that it wrote.
 *
 *    0                  pieces.size        position
 *   | piece | piece | … | bytes [0, at) → |
 *
 * A buffer that is full is put aside as a piece, and another follows, so that a reply may be as
 * long as there is memory for. A large value is lent: the piece is where the value lies, between
 * two of the buffer. Nearly always there is none, and a position is an offset in `bytes`.
 *
 * Sizes and offsets that come in are made integers of 32 bits (`| 0`), though they are whole: the
 * runtime may have one as a double, which a division or a large number elsewhere made of it. `at`
 * would become a double, too; and where it has met one, a DataView is never again read or written
 * by code of the compiler's own: all replies took three times as long, from the first GETRANGE on
 * (docs/decisions/0034).
 */
import { assert } from "../base/assert.ts";
import { bufferOf, spareBytes } from "../base/ballast.ts";
import { giveBack } from "../base/buffers.ts";
import { BULK_COPY_SIZE, WORD_SLACK } from "../base/bytes.ts";
import { DOUBLE_SIZE_MAX, writeDouble } from "../base/doubles.ts";
import { digitCount, safeInteger, writeInteger } from "../base/numbers.ts";
import { type Lender, NOT_LENT, ReplyPieces, type TakePart } from "./reply_pieces.ts";

const CR = 13;
const LF = 10;
const FIRST_ROOM = 1 << 20;
/** Of one that nothing was written to so far: most servers never need more. */
const SMALL_ROOM = 64 << 10;
/** After a large reply the buffer goes back to FIRST_ROOM. */
const KEPT_ROOM_MAX = 4 << 20;
/** The longest head of a reply: a type byte, 17 digits, CR LF, and the slack of word copies. */
const HEAD_ROOM = 32;
/** Values from this size on are lent: to send them from another place takes time, too. */
const LENT_SIZE_MIN = 8 << 10;
/** Bytes of the head of a scan's reply beside its numbers: four lines. */
const SCAN_HEAD_SIZE = 12;
/** In place of a position: everything that is written is wanted. */
const NOWHERE = -1;

const TYPE = {
  array: 42,
  bulk: 36,
  simple: 43,
  error: 45,
  integer: 58,
  null: 95,
  double: 44,
  boolean: 35,
  map: 37,
  set: 126,
  push: 62,
  attribute: 124,
  verbatim: 61,
  bigNumber: 40,
} as const;

/** Where a double is spelled whose size comes before it. */
const spelled = new Uint8Array(DOUBLE_SIZE_MAX);

/** Is asked before a writer takes more memory; `lacks`: there was none. It may call `discard`. */
export type ReplyGuard = (reply: Reply, lacks: boolean) => void;

export class Reply {
  bytes: Uint8Array;
  view: DataView;
  /** Where the next byte goes. */
  at = 0;
  /** The protocol of the client being answered: 2 or 3. */
  protocol = 2;
  /** What was written before what is in `bytes`, from `from` on. */
  readonly pieces: ReplyPieces;
  private from = 0;
  /** The position of the first of `bytes`. */
  private base = 0;
  private readonly lender: Lender | null;
  /** Bytes that were lent since the guard was asked. */
  private lentSize = 0;
  /**
   * Without one, what is written must be kept, whatever it takes; when it cannot be, what is thrown
   * is no RangeError, since nobody may go on as if it were.
   */
  guard: ReplyGuard | null = null;
  private readonly pieceSize: number;
  /** From where on everything is dropped, or NOWHERE. */
  private discardFrom = NOWHERE;
  /** What comes before this position cannot be taken back: it ends with a message. */
  private settled = 0;
  /** Messages that come when the reply of the command that runs is there, or is dropped. */
  private readonly aside: Uint8Array[] = [];
  /** Where the reply of the command that runs begins; kept only for who may get messages. */
  private begun = 0;

  /**
   * A buffer that has grown to `pieceSize` is put aside; without it all stays in one, if there is
   * no `lender` either, by whom values are lent.
   */
  constructor(pieceSize = Infinity, lender: Lender | null = null) {
    this.pieceSize = pieceSize;
    this.lender = lender;
    this.pieces = new ReplyPieces(lender);
    this.bytes = new Uint8Array(Math.min(SMALL_ROOM, pieceSize));
    this.view = new DataView(this.bytes.buffer);
  }

  /** Bytes written since `clear`. */
  get position(): number {
    return this.base + this.at;
  }

  /** Whether all that was written is in `bytes`, so that positions are offsets in it. */
  get isInOne(): boolean {
    return this.pieces.size === 0;
  }

  /** Whether what is written now is dropped, so that a handler need not go on with it. */
  get isDiscarding(): boolean {
    return this.discardFrom !== NOWHERE;
  }

  /** Whether the buffer is larger than what is kept after `clear`. */
  get isOversized(): boolean {
    return this.bytes.length > KEPT_ROOM_MAX;
  }

  /** The buffer is somebody else's from now on, bytes and all; another takes its place. */
  handedOver(): void {
    this.use(this.needed(FIRST_ROOM));
  }

  /** Forgets all that was written; called when the turn's ranges have been sent or kept. */
  clear(): void {
    this.at = 0;
    this.from = 0;
    this.base = 0;
    this.lentSize = 0;
    this.settled = 0;
    this.begun = 0;
    this.discardFrom = NOWHERE;
    if (this.pieces.size > 0) this.pieces.clear();
    if (this.isOversized) {
      giveBack(this.bytes);
      this.use(this.needed(FIRST_ROOM));
    }
  }

  /**
   * Forgets pieces that end before a position or at it; by how much all positions are less then:
   * the bytes of these pieces.
   */
  dropPieces(before: number): number {
    const size = this.pieces.dropFirst(before);
    this.base -= size;
    this.settled = Math.max(0, this.settled - size);
    this.begun = Math.max(0, this.begun - size);
    return size;
  }

  /** Forgets what was written from a position on, but for messages and what came before them. */
  truncate(from: number): void {
    const position = Math.max(from, this.settled);
    if (this.discardFrom !== NOWHERE) {
      // What was dropped already cannot be found again.
      if (position > this.discardFrom) return;
      this.discardFrom = NOWHERE;
    }
    if (position >= this.pieces.size) {
      this.at = position - this.base;
      return;
    }
    this.pieces.truncate(position);
    if (position === 0) this.from = 0;
    this.at = this.from;
    this.base = position - this.from;
  }

  /**
   * Forgets what was written from a position on, and drops what is still to be written, until
   * `truncate` goes back to that position or further.
   */
  discard(position: number): void {
    this.truncate(position);
    if (this.at > this.from) this.putAside(this.needed(FIRST_ROOM));
    this.discardFrom = position;
    if (this.at < this.bytes.length) this.at++;
  }

  /** A command begins whose client may get messages. */
  beginCommand(): void {
    this.begun = this.position;
  }

  /** Whether the reply of that command has begun, or messages wait for its end. */
  get isAmid(): boolean {
    return this.position > this.begun || this.aside.length > 0;
  }

  /** A message between two replies: it stays whatever becomes of the reply after it. */
  message(bytes: Uint8Array, offset: number, size: number): void {
    this.raw(bytes, offset, size);
    this.settled = this.position;
    this.begun = this.position;
  }

  /** A message that comes by `putAsideBack`. */
  messageAside(bytes: Uint8Array): void {
    this.aside.push(bytes);
  }

  /** Makes a message of what was written from a position on, while replies are dropped. */
  setAside(from: number): void {
    if (this.isDiscarding) return;
    this.aside.push(this.copied(from));
    this.truncate(from);
  }

  /** A command is over, its reply written or dropped: the messages that wait for that follow. */
  putAsideBack(): void {
    if (this.aside.length === 0) return;
    for (const bytes of this.aside) this.message(bytes, 0, bytes.length);
    this.aside.length = 0;
  }

  /** Moves what was written from a position on, messages and all, to the end of another writer. */
  moveTo(to: Reply, position: number): void {
    if (this.isDiscarding) to.discard(0);
    this.show(position, this.position, (bytes, offset, size) => {
      to.raw(bytes, offset, size);
      return false;
    });
    this.settled = Math.min(this.settled, position);
    this.truncate(position);
  }

  /**
   * Shows the bytes from one position to before another, as they lie; see TakePart. Those in
   * `bytes` are never the last.
   */
  show(from: number, to: number, take: TakePart): void {
    const { pieces } = this;
    if (from < pieces.size) pieces.show(from, to, take);
    const start = Math.max(this.from, from - this.base);
    const end = to - this.base;
    if (end > start) take(this.bytes, start, end - start, false, NOT_LENT);
  }

  ok(): void {
    this.room(HEAD_ROOM);
    const { view, at } = this;
    view.setInt32(at, 0x0d4b4f2b, true);
    this.bytes[at + 4] = LF;
    this.at = at + 5;
  }

  /** A status of latin1 text without CR or LF. */
  simple(text: string): void {
    if (DEBUG) assert(!/[\r\n]/.test(text), "a status is one line");
    this.line(TYPE.simple, text);
  }

  /** An error: the text begins with its code and holds no CR or LF. */
  error(text: string): void {
    if (DEBUG) assert(!/[\r\n]/.test(text), "an error is one line");
    this.line(TYPE.error, text);
  }

  integer(value: number): void {
    this.head(TYPE.integer, value);
  }

  /** A 64-bit integer. */
  bigint(value: bigint): void {
    this.line(TYPE.integer, value.toString());
  }

  /** A signed 64-bit integer, of which these are the words. */
  int64(high: number, low: number): void {
    const safe = safeInteger(high, low);
    if (!Number.isNaN(safe)) this.head(TYPE.integer, safe);
    else this.bigint((BigInt(high) << 32n) | BigInt(low >>> 0));
  }

  /** 1 or 0. */
  truth(value: boolean): void {
    this.head(TYPE.integer, value ? 1 : 0);
  }

  /** A bulk string from memory; `view` is over the same memory as `bytes`. */
  bulk(bytes: Uint8Array, offset: number, size: number): void {
    if (size >= BULK_COPY_SIZE) {
      this.head(TYPE.bulk, size);
      this.rawLong(bytes, offset | 0, size | 0);
    } else {
      this.bulkHead(size);
      this.raw(bytes, offset, size);
    }
    this.lineEnd();
  }

  /** As `bulk`, of bytes in a block that can be held (structures/frozen.ts). */
  bulkOfBlock(bytes: Uint8Array, offset: number, size: number, block: number): void {
    const { lender } = this;
    if (lender === null || size < LENT_SIZE_MIN) {
      this.bulk(bytes, offset, size);
      return;
    }
    this.head(TYPE.bulk, size);
    this.lend(lender, bytes, offset, size, block);
    this.room(HEAD_ROOM);
    this.lineEnd();
  }

  private lend(
    lender: Lender,
    bytes: Uint8Array,
    offset: number,
    size: number,
    block: number,
  ): void {
    this.lentSize += size;
    if (this.lentSize > this.pieceSize) {
      this.lentSize = 0;
      if (!this.isDiscarding) this.guard?.(this, false);
    }
    if (this.isDiscarding) return;
    lender.hold(block);
    const { pieces, at } = this;
    if (at > this.from) pieces.add(this.bytes, this.from, at, true);
    pieces.lend(bytes, offset, size, block);
    this.from = at;
    this.base = pieces.size - at;
  }

  /** As `bulk`, quicker for short strings of any alignment; `view` is over the same memory. */
  bulkView(bytes: Uint8Array, view: DataView, offset: number, size: number): void {
    if (size < 4 || size >= BULK_COPY_SIZE) {
      this.bulk(bytes, offset, size);
      return;
    }
    this.bulkHead(size);
    this.words(view, offset | 0, size | 0);
    this.lineEnd();
  }

  /** A bulk string from the arena's words: `from` is the index of the first. */
  bulkWords(words: Int32Array, from: number, size: number): void {
    this.bulkHead(size);
    const { view } = this;
    const end = this.at + (size | 0);
    let index = from | 0;
    for (let at = this.at; at < end; at += 4) view.setInt32(at, words[index++], true);
    this.at = end;
    this.lineEnd();
  }

  bulkBytes(bytes: Uint8Array): void {
    this.bulk(bytes, 0, bytes.length);
  }

  /** A bulk string of latin1 text. */
  bulkText(text: string): void {
    this.bulkHead(text.length);
    this.text(text);
    this.lineEnd();
  }

  /** A safe integer as a bulk string. */
  bulkInteger(value: number): void {
    const size = digitCount(Math.abs(value)) + (value < 0 ? 1 : 0);
    this.bulkHead(size);
    this.at = writeInteger(this.bytes, this.at, value);
    this.lineEnd();
  }

  /** No value. */
  nil(): void {
    if (this.protocol === 3) this.line(TYPE.null, "");
    else this.line(TYPE.bulk, "-1");
  }

  /** No array. */
  nilArray(): void {
    if (this.protocol === 3) this.line(TYPE.null, "");
    else this.line(TYPE.array, "-1");
  }

  /** An array; `count` replies follow. */
  array(count: number): void {
    this.head(TYPE.array, count);
  }

  /** A map; `count` pairs of replies follow. */
  map(count: number): void {
    if (this.protocol === 3) this.head(TYPE.map, count);
    else this.head(TYPE.array, count * 2);
  }

  /** A set; `count` replies follow. */
  set(count: number): void {
    this.head(this.protocol === 3 ? TYPE.set : TYPE.array, count);
  }

  /** An array of pairs; `count` pairs of replies follow, each after a call of `pair`. */
  pairs(count: number): void {
    this.head(TYPE.array, this.protocol === 3 ? count : count * 2);
  }

  /** Begins a pair: an array of two in RESP3, nothing in RESP2. */
  pair(): void {
    if (this.protocol === 3) this.head(TYPE.array, 2);
  }

  /** One of the parts of what `endKeyed` ends, a key and its value: two replies follow. */
  keyed(): void {
    if (this.protocol !== 3) this.head(TYPE.array, 2);
  }

  /** Out-of-band data; `count` replies follow. */
  push(count: number): void {
    this.head(this.protocol === 3 ? TYPE.push : TYPE.array, count);
  }

  /** Attributes of the next reply; `count` pairs follow. RESP3 only. */
  attribute(count: number): void {
    this.head(TYPE.attribute, count);
  }

  /** A double; in RESP2 a bulk string of its shortest 17-digit form. */
  double(value: number): void {
    if (this.protocol !== 3) {
      this.bulkDouble(value);
      return;
    }
    this.room(HEAD_ROOM);
    this.bytes[this.at] = TYPE.double;
    this.at = writeDouble(this.bytes, this.at + 1, value);
    this.lineEnd();
  }

  /** A double that is spelled already. */
  doubleText(text: string): void {
    if (this.protocol === 3) this.line(TYPE.double, text);
    else this.bulkText(text);
  }

  /** A double as a bulk string, also in RESP3. */
  bulkDouble(value: number): void {
    if (Number.isSafeInteger(value) && !Object.is(value, -0)) this.bulkInteger(value);
    else this.bulk(spelled, 0, writeDouble(spelled, 0, value));
  }

  boolean(value: boolean): void {
    if (this.protocol === 3) this.line(TYPE.boolean, value ? "t" : "f");
    else this.integer(value ? 1 : 0);
  }

  /** A number of any size, in decimal. */
  bigNumber(digits: string): void {
    if (this.protocol === 3) this.line(TYPE.bigNumber, digits);
    else this.bulkText(digits);
  }

  /** Text for people; `format` is three letters such as txt. Latin1. */
  verbatim(format: string, text: string): void {
    if (this.protocol !== 3) {
      this.bulkText(text);
      return;
    }
    this.head(TYPE.verbatim, text.length + 4);
    this.room(text.length + HEAD_ROOM);
    this.text(`${format}:`);
    this.text(text);
    this.lineEnd();
  }

  /** As `verbatim`, of bytes. */
  verbatimBytes(format: string, bytes: Uint8Array, offset: number, size: number): void {
    if (this.protocol !== 3) {
      this.bulk(bytes, offset, size);
      return;
    }
    this.head(TYPE.verbatim, size + format.length + 1);
    this.room(HEAD_ROOM);
    this.text(`${format}:`);
    this.raw(bytes, offset, size);
    this.lineEnd();
  }

  /**
   * Makes room for the head of an array (or set) whose count is not known yet; returns the mark
   * for `endArray`. What was written between is moved, once.
   */
  beginArray(): number {
    return this.position;
  }

  endArray(mark: number, count: number): void {
    this.insertHead(TYPE.array, mark, count);
  }

  /** Ends keys with their values: a map in RESP3, an array of arrays of two in RESP2. */
  endKeyed(mark: number, count: number): void {
    this.insertHead(this.protocol === 3 ? TYPE.map : TYPE.array, mark, count);
  }

  endSet(mark: number, count: number): void {
    this.insertHead(this.protocol === 3 ? TYPE.set : TYPE.array, mark, count);
  }

  /** The reply of a step of a scan that shows the whole: `count` replies follow. */
  wholeScan(count: number): void {
    this.array(2);
    this.bulkInteger(0);
    this.array(count);
  }

  /**
   * Ends the reply of a step of a scan: an array of the next cursor and of an array of `count`
   * replies, which were written since the mark.
   */
  endScan(mark: number, cursor: number, count: number): void {
    const begun = this.afterMessages(mark);
    const digits = digitCount(cursor);
    const size = SCAN_HEAD_SIZE + digitCount(digits) + digits + digitCount(count);
    this.room(size + HEAD_ROOM);
    if (this.isDiscarding) return;
    const isAhead = begun < this.pieces.size;
    const end = this.at;
    const at = isAhead ? end : begun - this.base;
    if (!isAhead) this.bytes.copyWithin(at + size, at, end);
    this.at = at;
    this.exactHead(TYPE.array, 2);
    this.exactHead(TYPE.bulk, digits);
    this.at = writeInteger(this.bytes, this.at, cursor);
    this.lineEnd();
    this.exactHead(TYPE.array, count);
    if (DEBUG) assert(this.at === at + size, "the head takes as much as it was said to");
    if (isAhead) this.moveBack(this.base + end, begun);
    else this.at = end + size;
  }

  /** A mark, or the end of what came at it while nothing of the reply was there: messages. */
  private afterMessages(mark: number): number {
    return Math.max(mark, this.settled);
  }

  /** Moves what was written from `from` on, which is little, to before what came since the mark. */
  moveBack(from: number, mark: number): void {
    if (this.isDiscarding || from === mark) return;
    const moved = this.copied(from);
    if (mark < this.pieces.size) {
      this.truncate(from);
      this.pieces.insert(mark, moved, (size) => this.needed(size));
      this.base += moved.length;
      return;
    }
    const to = mark - this.base;
    this.bytes.copyWithin(to + moved.length, to, from - this.base);
    this.bytes.set(moved, to);
  }

  /** Bytes that are a reply, or part of one, already. */
  raw(bytes: Uint8Array, offset: number, size: number): void {
    const from = offset | 0;
    const length = size | 0;
    if (length >= BULK_COPY_SIZE) {
      this.rawLong(bytes, from, length);
      return;
    }
    this.room(length + HEAD_ROOM);
    const { at } = this;
    const to = this.bytes;
    for (let i = 0; i < length; i++) to[at + i] = bytes[from + i];
    this.at = at + length;
  }

  /** Fills the buffer to its end before it is put aside. */
  private rawLong(bytes: Uint8Array, offset: number, size: number): void {
    const end = offset + size;
    for (let from = offset; from < end; ) {
      let part = Math.min(end - from, this.pieceSize - this.at - HEAD_ROOM) | 0;
      if (part <= 0) part = Math.min(end - from, Math.max(1, this.pieceSize - HEAD_ROOM)) | 0;
      this.room(part + HEAD_ROOM);
      if (this.isDiscarding) return;
      this.bytes.set(bytes.subarray(from, from + part), this.at);
      this.at += part;
      from += part;
    }
  }

  /** As `raw`, quicker for short ones; `view` is over the same memory. */
  rawView(bytes: Uint8Array, view: DataView, offset: number, size: number): void {
    if (size < 4 || size >= BULK_COPY_SIZE) {
      this.raw(bytes, offset, size);
      return;
    }
    this.room(size + HEAD_ROOM);
    this.words(view, offset | 0, size | 0);
  }

  /** Copies at least four bytes, for which there is room. */
  private words(view: DataView, offset: number, size: number): void {
    const { at } = this;
    const to = this.view;
    // The last word ends where the bytes do, so that nothing beyond is read.
    const last = size - 4;
    for (let i = 0; i < last; i += 4) to.setInt32(at + i, view.getInt32(offset + i, true), true);
    to.setInt32(at + last, view.getInt32(offset + last, true), true);
    this.at = at + size;
  }

  private bulkHead(length: number): void {
    const size = length | 0;
    this.room(size + HEAD_ROOM);
    const { bytes, view, at } = this;
    if (size < 10) {
      view.setInt32(at, 0x0a0d3024 + (size << 8), true);
      this.at = at + 4;
    } else if (size < 100) {
      const tens = (size / 10) | 0;
      view.setInt32(at, 0x0d303024 + (tens << 8) + ((size - tens * 10) << 16), true);
      bytes[at + 4] = LF;
      this.at = at + 5;
    } else {
      this.head(TYPE.bulk, size);
    }
  }

  private head(type: number, value: number): void {
    this.room(HEAD_ROOM);
    const { bytes, at } = this;
    bytes[at] = type;
    if (value >= 0 && value < 10) {
      this.view.setInt32(at + 1, 0x0a0d30 + (value | 0), true);
      this.at = at + 4;
      return;
    }
    this.at = writeInteger(bytes, at + 1, value);
    this.lineEnd();
  }

  private line(type: number, text: string): void {
    this.room(text.length + HEAD_ROOM);
    this.bytes[this.at++] = type;
    this.text(text);
    this.lineEnd();
  }

  private text(text: string): void {
    const { bytes } = this;
    let at = this.at;
    for (let i = 0; i < text.length; i++) bytes[at++] = text.charCodeAt(i);
    this.at = at;
  }

  private lineEnd(): void {
    const { bytes, at } = this;
    bytes[at] = CR;
    bytes[at + 1] = LF;
    this.at = at + 2;
  }

  private insertHead(type: number, begun: number, count: number): void {
    const mark = this.afterMessages(begun);
    const size = digitCount(count) + 3;
    this.room(size + WORD_SLACK);
    if (this.isDiscarding) return;
    const at = mark - this.base;
    if (mark < this.pieces.size) {
      const end = this.position;
      this.head(type, count);
      this.moveBack(end, mark);
      return;
    }
    this.bytes.copyWithin(at + size, at, this.at);
    const end = this.at + size;
    this.at = at;
    this.exactHead(type, count);
    this.at = end;
  }

  /** As `head`, without a byte beyond it, since what follows is there; there is room. */
  private exactHead(type: number, value: number): void {
    this.bytes[this.at] = type;
    this.at = writeInteger(this.bytes, this.at + 1, value);
    this.lineEnd();
  }

  /** The bytes from a position on. */
  private copied(from: number): Uint8Array {
    const copy = this.needed(this.position - from);
    let size = 0;
    this.show(from, this.position, (bytes, offset, partSize) => {
      copy.set(bytes.subarray(offset, offset + partSize), size);
      size += partSize;
      return false;
    });
    return copy;
  }

  private room(size: number): void {
    if (this.at + size > this.bytes.length) this.grow(size);
  }

  private grow(size: number): void {
    if (!this.isDiscarding) this.guard?.(this, false);
    if (this.isDiscarding) this.restart(size);
    else this.makeRoom(size);
  }

  private makeRoom(size: number): void {
    const { bytes, at, pieceSize } = this;
    // What pieces show stays where it is.
    const isFull = at + size > pieceSize || this.from > 0;
    const grownSize = Math.max(Math.min(bytes.length * 2, pieceSize), at + size);
    const wanted = isFull ? Math.max(Math.min(pieceSize, bytes.length), size) : grownSize;
    const fresh = this.guard === null ? this.needed(wanted) : allocate(wanted);
    if (fresh === null) {
      this.guard?.(this, true);
      if (!this.isDiscarding) throw new RangeError("there is no memory for a reply");
      this.restart(size);
    } else if (isFull) {
      this.putAside(fresh);
    } else {
      fresh.set(bytes.subarray(0, at));
      giveBack(bytes);
      this.use(fresh);
    }
  }

  /**
   * While everything is dropped the same room is written to again and again, but for its first
   * byte, so that who goes back to where it began is told from who went on from there.
   */
  private restart(size: number): void {
    this.at = this.from;
    if (this.at + 1 + size > this.bytes.length) this.putAside(this.needed(size + 1));
    this.at++;
  }

  /** Keeps what the buffer holds as a piece, and goes on with another. */
  private putAside(fresh: Uint8Array): void {
    const { bytes, from, at } = this;
    const isShared = from > 0;
    if (at > from) this.pieces.add(bytes, from, at, isShared);
    else if (!isShared) giveBack(bytes);
    this.use(fresh);
    this.at = 0;
    this.from = 0;
    this.base = this.pieces.size;
  }

  /** Memory without which there is no going on: what was done cannot be told of. */
  private needed(size: number): Uint8Array {
    try {
      return new Uint8Array(bufferOf(size));
    } catch (error) {
      if (this.guard !== null) throw error;
      throw new Error("there is no memory for what must be kept", { cause: error });
    }
  }

  private use(fresh: Uint8Array): void {
    this.bytes = fresh;
    this.view = new DataView(fresh.buffer);
  }
}

/** Null when there is no memory. */
function allocate(size: number): Uint8Array | null {
  try {
    return spareBytes(size);
  } catch (error) {
    if (error instanceof RangeError) return null;
    throw error;
  }
}
