/**
 * Scripts that were sent, to be run again by their text or by its SHA-1. Of those of EVAL the
 * latest are kept; those of SCRIPT LOAD stay until SCRIPT FLUSH, though what was made of a text
 * (its compiled form takes many times as much) goes when others are used, and is made again.
 *
 * A script is found by the bytes that a request has, without making a string of them: a table has
 * places by a hash of a few of its words, in each the script that was there last, and the bytes are
 * compared. What is not in its place is looked up as text.
 */
import { equalViews, fromLatin1, latin1 } from "../base/bytes.ts";
import { SHA1_SIZE, sha1 } from "../base/sha1.ts";
import { compileScript, type Script } from "./script.ts";
import { type ScriptHead, scriptHead } from "./script_head.ts";

/** So many scripts of EVAL are kept. */
const EVALUATED_COUNT_MAX = 500;
/** So many scripts are kept compiled. */
const COMPILED_COUNT_MAX = 1000;
const PLACE_COUNT = 1024;
const SHA_TEXT_SIZE = 2 * SHA1_SIZE;
/** About what a script takes beside its text: its SHA-1, its places in the maps. */
const SCRIPT_OVERHEAD = 256;
/** About what a compiled script takes. */
const COMPILED_SIZE = 16 << 10;

export class CachedScript {
  readonly kind = "script";
  /** Its SHA-1, in lower case. */
  readonly name: string;
  readonly nameView: DataView;
  /** As ScriptProgram: what its first line says. */
  readonly flags: number | null;
  readonly bytes: Uint8Array;
  readonly view: DataView;
  /** See Script. */
  readonly mayRunLong: boolean;
  /** SCRIPT LOAD has brought it: it is not dropped for others. */
  isLoaded = false;
  /** When it was used last, in uses of any script. */
  lastUse = 0;
  /** For the cache: compiled, unless that was dropped. */
  script: Script | null;

  constructor(name: string, head: ScriptHead, bytes: Uint8Array, script: Script) {
    this.name = name;
    this.nameView = new DataView(fromLatin1(name).buffer);
    this.flags = head.flags;
    this.bytes = bytes;
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
    this.script = script;
    this.mayRunLong = script.mayRunLong;
  }
}

export class ScriptCache {
  /** Scripts of EVAL that were dropped for others. */
  evictedCount = 0;
  private readonly bySha = new Map<string, CachedScript>();
  private readonly byText = new Map<string, CachedScript>();
  /** Those of EVAL. */
  private readonly evaluated = new Set<CachedScript>();
  private readonly compiled = new Set<CachedScript>();
  private readonly shaPlaces = new Array<CachedScript | null>(PLACE_COUNT).fill(null);
  private readonly textPlaces = new Array<CachedScript | null>(PLACE_COUNT).fill(null);
  private textSize = 0;
  private useCount = 0;

  get count(): number {
    return this.bySha.size;
  }

  /** Bytes that scripts take, but for their compiled forms; about. */
  get size(): number {
    return this.textSize + this.count * SCRIPT_OVERHEAD;
  }

  /** Bytes that compiled forms take; about. */
  get compiledSize(): number {
    return this.compiled.size * COMPILED_SIZE;
  }

  /**
   * The script whose SHA-1 these bytes are, as text in any case; null if there is none. `view` is
   * over the same memory.
   */
  withSha(bytes: Uint8Array, view: DataView, offset: number, size: number): CachedScript | null {
    if (size !== SHA_TEXT_SIZE) return null;
    const place = placeOfSha(view, offset);
    const last = this.shaPlaces[place];
    if (last !== null && equalViews(last.nameView, 0, view, offset, size)) return last;
    const found = this.bySha.get(latin1(bytes, offset, size).toLowerCase());
    if (found === undefined) return null;
    this.shaPlaces[place] = found;
    return found;
  }

  /** The script of this text; null if it is not known. */
  withText(bytes: Uint8Array, view: DataView, offset: number, size: number): CachedScript | null {
    const place = placeOfText(view, offset, size);
    const last = this.textPlaces[place];
    if (last !== null && last.bytes.length === size) {
      if (equalViews(last.view, 0, view, offset, size)) return last;
    }
    const found = this.byText.get(latin1(bytes, offset, size));
    if (found === undefined) return null;
    this.textPlaces[place] = found;
    return found;
  }

  /** Takes up a text that is not known. Throws a CompileError, or a CommandError for its head. */
  add(bytes: Uint8Array): CachedScript {
    const text = latin1(bytes, 0, bytes.length);
    const head = scriptHead(text);
    const added = new CachedScript(shaOf(bytes), head, bytes, compileScript(text, "script"));
    this.bySha.set(added.name, added);
    this.byText.set(text, added);
    this.evaluated.add(added);
    this.textSize += bytes.length;
    this.hasCompiled(added);
    this.used(added);
    if (this.evaluated.size > EVALUATED_COUNT_MAX) this.dropOldest();
    return added;
  }

  /** Keeps it until `clear`. */
  keep(script: CachedScript): void {
    script.isLoaded = true;
    this.evaluated.delete(script);
  }

  /** The script is about to run: what runs it. */
  used(cached: CachedScript): Script {
    cached.lastUse = ++this.useCount;
    return cached.script ?? this.compiledAgain(cached);
  }

  clear(): void {
    this.bySha.clear();
    this.byText.clear();
    this.evaluated.clear();
    this.compiled.clear();
    this.shaPlaces.fill(null);
    this.textPlaces.fill(null);
    this.textSize = 0;
  }

  private compiledAgain(cached: CachedScript): Script {
    const script = compileScript(latin1(cached.bytes, 0, cached.bytes.length), "script");
    cached.script = script;
    this.hasCompiled(cached);
    return script;
  }

  /** One more is compiled: another, used longest ago of some, need not be. */
  private hasCompiled(cached: CachedScript): void {
    this.compiled.add(cached);
    if (this.compiled.size <= COMPILED_COUNT_MAX) return;
    const oldest = oldestOf(this.compiled);
    this.compiled.delete(oldest);
    oldest.script = null;
  }

  private dropOldest(): void {
    const oldest = oldestOf(this.evaluated);
    this.evaluated.delete(oldest);
    this.compiled.delete(oldest);
    this.bySha.delete(oldest.name);
    this.byText.delete(latin1(oldest.bytes, 0, oldest.bytes.length));
    this.textSize -= oldest.bytes.length;
    this.evictedCount++;
    const { nameView, bytes, view } = oldest;
    empty(this.shaPlaces, placeOfSha(nameView, 0), oldest);
    empty(this.textPlaces, placeOfText(view, 0, bytes.length), oldest);
  }
}

/** The one that was used longest ago. */
function oldestOf(scripts: Iterable<CachedScript>): CachedScript {
  let oldest: CachedScript | null = null;
  for (const script of scripts) {
    if (oldest === null || script.lastUse < oldest.lastUse) oldest = script;
  }
  return oldest as CachedScript;
}

/** The SHA-1 of bytes, in 40 hexadecimal digits. */
export function shaOf(bytes: Uint8Array): string {
  const digest = new Uint8Array(SHA1_SIZE);
  sha1(digest, bytes, 0, bytes.length);
  let hex = "";
  for (const byte of digest) hex += HEX[byte];
  return hex;
}

const HEX = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, "0"));

function placeOfSha(view: DataView, offset: number): number {
  return placeOf(view.getInt32(offset, true) ^ view.getInt32(offset + 4, true));
}

function empty(places: (CachedScript | null)[], place: number, script: CachedScript): void {
  if (places[place] === script) places[place] = null;
}

/** Scripts that clients make differ in their middle more than in their first and last words. */
function placeOfText(view: DataView, offset: number, size: number): number {
  let hash = size;
  const step = Math.max(4, size >> 3);
  for (let at = 0; at + 4 <= size; at += step) {
    hash = Math.imul(hash ^ view.getInt32(offset + at, true), SPREAD);
    hash ^= hash >>> 15;
  }
  return placeOf(hash);
}

/** 2^32 divided by the golden ratio. */
const SPREAD = 0x9e3779b1;

function placeOf(hash: number): number {
  const spread = Math.imul(hash, SPREAD);
  return (spread ^ (spread >>> 15)) & (PLACE_COUNT - 1);
}
