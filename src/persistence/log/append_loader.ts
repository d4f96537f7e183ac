/**
 * Reads a file of an append-only log: perhaps a snapshot first, then commands as RESP.
 *
 *   const loader = new AppendLoader(source, run);
 *   while (loader.step(1000));
 *   loader.soundSize        where the last command ends that is whole, with its transaction
 *   loader.isCut            the file ends within a command, or within a transaction
 *
 * The commands of a transaction are held until its EXEC, so that one that is cut leaves nothing. A
 * step throws AppendError where the file is not such a log: cut is one that ends within a command
 * of which there is nothing but its first bytes. Lines that begin with # tell the time of what
 * follows: `#TS:1628217470`.
 *
 * Arguments may be of any size, and commands of any that the server writes.
 */
import { Args, NOT_CANONICAL } from "../../protocol/args.ts";
import { CommandQueue } from "../../protocol/command_queue.ts";
import { PADDING, type Partial } from "../../protocol/partial.ts";
import { COMMAND, MORE, RequestParser } from "../../protocol/request.ts";
import type { ByteSource } from "../byte_source.ts";
import { ANNOTATION_SIZE_MAX, CommandFrames, LOGGED_SIZE_MAX } from "./append_frames.ts";

const CHUNK_SIZE = 256 << 10;
const STAR = 42;
const HASH = 35;
const CR = 13;
const LF = 10;

/** The line that tells the time, in Unix seconds, of what follows. */
export const timeLine = (seconds: number) => `#TS:${seconds}\r\n`;

/** Why a log cannot be carried out, and where. */
export class AppendError extends Error {
  /** Bytes of the file before what is wrong. */
  readonly offset: number;

  constructor(reason: string, offset: number) {
    super(reason);
    this.offset = offset;
  }
}

/** What is not of the form of a log. */
export class FormatError extends AppendError {}

export interface LoaderHooks {
  /** Carries a command out; why it cannot be one, or null. Without it the form alone is read. */
  run?(args: Args): string | null;
  /** Whether the last one is not over: a script that runs long. What follows it waits. */
  isMidway?(): boolean;
  /** A line tells that what follows is of this time, in Unix seconds; false ends the reading. */
  onTime?(seconds: number): boolean;
}

export class AppendLoader {
  /** Bytes up to the end of the last command that is whole and not within a transaction. */
  soundSize: number;
  /** The file has ended within a command or a transaction. */
  isCut = false;
  /** It has ended within a transaction. */
  isInTransaction = false;
  commandCount = 0;
  private lineCount = 0;
  private readonly source: ByteSource;
  private readonly hooks: LoaderHooks;
  private readonly parser = new RequestParser();
  private readonly chunk = new Uint8Array(CHUNK_SIZE + PADDING);
  private readonly view = new DataView(this.chunk.buffer);
  private partial: Partial | null = null;
  /** Bytes of the file before those that the parser has. */
  private base: number;
  private isHolding = false;
  /** The commands of the transaction whose EXEC is to come. */
  private readonly held = new CommandQueue();
  private isRunningHeld = false;
  private readonly heldArgs = new Args(this.chunk, this.view);
  private readonly frames = new CommandFrames();
  private isAtEnd = false;

  /** `offset`: bytes of the file before the source's first. */
  constructor(source: ByteSource, hooks: LoaderHooks, offset = 0) {
    this.source = source;
    this.hooks = hooks;
    this.base = offset;
    this.soundSize = offset;
    this.parser.bulkSizeMax = LOGGED_SIZE_MAX;
    this.parser.commandSizeMax = LOGGED_SIZE_MAX;
    this.parser.start(this.chunk, this.view, 0);
  }

  /** Bytes of the file read so far. */
  get offset(): number {
    return this.base + this.parser.at;
  }

  /** Counting from 1, the line of the file that is read next, or at its end, or that is wrong. */
  get line(): number {
    return this.lineCount + this.frames.lines + 1;
  }

  /** Carries out up to `limit` commands, or fewer if one is not over; false at the file's end. */
  step(limit: number): boolean {
    for (let i = 0; i < limit && !this.isMidway; ) {
      if (this.isAtEnd) return false;
      if (this.isRunningHeld) this.runHeld();
      else if (this.next()) i++;
    }
    return true;
  }

  private get isMidway(): boolean {
    return this.hooks.isMidway?.() ?? false;
  }

  /** Takes the next command, or more of the file; whether there was a command. */
  private next(): boolean {
    const { parser } = this;
    const first = parser.expected === 0 && parser.at < parser.end ? this.byteAt(parser.at) : STAR;
    if (first === HASH) {
      this.annotation();
      return false;
    }
    if (first !== STAR) throw new FormatError(BAD_FORMAT, this.offset);
    const begin = parser.expected === 0 ? parser.at : parser.begin;
    const found = parser.next();
    if (found === MORE) {
      this.readMore();
      return false;
    }
    if (found !== COMMAND || parser.args.requestStart === NOT_CANONICAL)
      throw this.fault(begin, parser.end);
    this.commandCount++;
    this.take(parser.args);
    return true;
  }

  private get bytes(): Uint8Array {
    return this.partial?.bytes ?? this.chunk;
  }

  private byteAt(at: number): number {
    return this.bytes[at];
  }

  /** What is wrong with the command that begins there; the bytes that are here end at `end`. */
  private fault(begin: number, end: number): FormatError {
    const { frames } = this;
    frames.reset();
    frames.take(this.bytes, begin, end);
    return new FormatError(BAD_FORMAT, this.base + begin + Math.max(frames.fault, 0));
  }

  private take(args: Args): void {
    this.lineCount += 1 + 2 * args.count;
    if (args.is(0, "multi")) {
      if (this.isHolding) throw new FormatError(UNEXPECTED_MULTI, this.offset);
      this.isHolding = true;
      return;
    }
    if (args.is(0, "exec")) {
      if (!this.isHolding) throw new FormatError(UNEXPECTED_EXEC, this.offset);
      this.isHolding = false;
      this.held.rewind();
      this.runHeld();
    } else if (!this.isHolding) {
      this.run(args);
    } else if (this.hooks.run !== undefined) {
      this.held.add(args, 0);
    }
    if (!this.isHolding) this.soundSize = this.offset;
  }

  /** Runs what is left of a transaction. */
  private runHeld(): void {
    const { held, heldArgs } = this;
    this.isRunningHeld = true;
    while (held.next(heldArgs)) {
      this.run(heldArgs);
      if (this.isMidway) return;
    }
    this.isRunningHeld = false;
    held.clear();
  }

  private run(args: Args): void {
    const reason = this.hooks.run?.(args) ?? null;
    if (reason !== null) throw new AppendError(reason, this.offset);
  }

  /** Passes over a line that begins with #, once it is whole. */
  private annotation(): void {
    const { parser } = this;
    let end = parser.at;
    while (end < parser.end && this.byteAt(end) !== LF) end++;
    if (end - parser.at >= ANNOTATION_SIZE_MAX) throw new FormatError(BAD_FORMAT, this.offset);
    if (end === parser.end) {
      parser.begin = parser.at;
      parser.needed = parser.end - parser.at + 1;
      this.readMore();
      return;
    }
    let line = "";
    for (let at = parser.at; at < end && this.byteAt(at) !== CR; at++) {
      line += String.fromCharCode(this.byteAt(at));
    }
    const seconds = /^#TS:(\d+)$/.exec(line)?.[1];
    if (seconds !== undefined && this.hooks.onTime?.(Number(seconds)) === false) {
      this.isAtEnd = true;
      return;
    }
    parser.at = end + 1;
    parser.begin = parser.at;
    if (!this.isHolding) this.soundSize = this.offset;
  }

  /** Reads on, behind what is left of a command that is cut. */
  private readMore(): void {
    const { parser, source } = this;
    const start = this.base + parser.begin;
    const last = this.partial;
    const partial = parser.suspend(last);
    if (partial !== last) last?.release();
    this.base = start;
    if (partial === null) {
      this.partial = null;
      const size = source.read(this.chunk, 0, CHUNK_SIZE);
      parser.start(this.chunk, this.view, size);
      if (size === 0) this.end(false);
      return;
    }
    this.partial = partial;
    // A size in the file may be anything: no more is reserved than the file can still fill.
    const left = Math.max(source.size - start - partial.size, 1);
    const wanted = Math.min(Math.max(partial.missing, CHUNK_SIZE), left);
    partial.reserve(wanted);
    const size = source.read(partial.bytes, partial.size, wanted);
    partial.size += size;
    parser.resume(partial);
    if (size > 0) return;
    const { frames } = this;
    frames.reset();
    if (!frames.take(partial.bytes, 0, partial.size)) throw this.fault(0, partial.size);
    this.end(true);
  }

  private end(isInCommand: boolean): void {
    this.isAtEnd = true;
    this.isInTransaction = this.isHolding;
    this.isCut = isInCommand || this.isInTransaction;
  }
}

export const BAD_FORMAT = "Bad file format reading the append only file";
const UNEXPECTED_MULTI = "Unexpected MULTI in the append only file";
const UNEXPECTED_EXEC = "Unexpected EXEC in the append only file";
