/**
 * Scripts that were sent, to be run again by their text or by its SHA-1. Of those of EVAL the
 * latest are kept; those of SCRIPT LOAD stay until SCRIPT FLUSH, though what was made of a text
 * (its compiled form takes many times as much) goes when others are used, and is made again.
 *
 * A script is found by the bytes that a request has, without making a string of them: a table has
 * places by a hash of a few of their words, in each the scripts that were there last, and the bytes
 * are compared. What is not in its place is looked up by its SHA-1.
 */
import { equalViews, latin1 } from "../base/bytes.ts";
import { SHA1_SIZE, sha1 } from "../base/sha1.ts";
import { putLatin1 } from "../runtime/texts.ts";
import { compileScript, type Script } from "./script.ts";
import { type ScriptHead, scriptHead } from "./script_head.ts";

/** So many scripts of EVAL are kept. */
const EVALUATED_COUNT_MAX = 500;
/** So many scripts are kept compiled. */
const COMPILED_COUNT_MAX = 1000;
const SHA_TEXT_SIZE = 2 * SHA1_SIZE;
/** About what a script takes beside its text: its SHA-1, its places in the tables. */
const SCRIPT_OVERHEAD = 256;
/** About what a compiled script takes. */
const COMPILED_SIZE = 16 << 10;

export class CachedScript {
  readonly kind = "script";
  /** Its SHA-1, in lower case. */
  readonly name: string;
  /** As ScriptProgram: what its first line says. */
  readonly flags: number | null;
  /** See Script. */
  readonly mayRunLong: boolean;
  /** The bytes of its SHA-1's text, and of its own from SHA_TEXT_SIZE on. */
  readonly view: DataView;
  /** Bytes of its text. */
  readonly size: number;
  /** SCRIPT LOAD has brought it: it is not dropped for others. */
  isLoaded = false;
  /** For the cache: compiled, unless that was dropped. */
  script: Script | null;
  /** For the cache: the one that was used before this, and after, of those in the same order. */
  older: CachedScript | null = null;
  newer: CachedScript | null = null;

  constructor(name: string, head: ScriptHead, view: DataView, script: Script) {
    this.name = name;
    this.flags = head.flags;
    this.view = view;
    this.size = view.byteLength - SHA_TEXT_SIZE;
    this.script = script;
    this.mayRunLong = script.mayRunLong;
  }

  get text(): string {
    return latin1(new Uint8Array(this.view.buffer), SHA_TEXT_SIZE, this.size);
  }
}

/** Scripts in the order in which they were used. */
class UseOrder {
  count = 0;
  oldest: CachedScript | null = null;
  private newest: CachedScript | null = null;

  /** It is used now; it may be new. */
  used(script: CachedScript): void {
    if (script === this.newest) return;
    if (script.newer !== null) this.remove(script);
    script.older = this.newest;
    if (this.newest === null) this.oldest = script;
    else this.newest.newer = script;
    this.newest = script;
    this.count++;
  }

  remove(script: CachedScript): void {
    const { older, newer } = script;
    if (older === null) this.oldest = newer;
    else older.newer = newer;
    if (newer === null) this.newest = older;
    else newer.older = older;
    script.older = null;
    script.newer = null;
    this.count--;
  }

  clear(): void {
    this.count = 0;
    this.oldest = null;
    this.newest = null;
  }
}

/** The scripts that were found last, by a hash: two for each. */
class Places {
  private readonly scripts = new Array<CachedScript | null>(2 * PLACE_COUNT).fill(null);

  /** The script in this place with these bytes, as it has them from `from` on. */
  find(
    place: number,
    from: number,
    view: DataView,
    offset: number,
    size: number,
  ): CachedScript | null {
    const { scripts } = this;
    const first = scripts[2 * place];
    if (first !== null && isSame(first, from, view, offset, size)) return first;
    const second = scripts[2 * place + 1];
    if (second !== null && isSame(second, from, view, offset, size)) return second;
    return null;
  }

  put(place: number, script: CachedScript): void {
    this.scripts[2 * place + 1] = this.scripts[2 * place];
    this.scripts[2 * place] = script;
  }

  empty(place: number, script: CachedScript): void {
    for (let i = 2 * place; i < 2 * place + 2; i++) {
      if (this.scripts[i] === script) this.scripts[i] = null;
    }
  }

  clear(): void {
    this.scripts.fill(null);
  }
}

const PLACE_COUNT = 1024;

function isSame(
  script: CachedScript,
  from: number,
  view: DataView,
  offset: number,
  size: number,
): boolean {
  if (from === SHA_TEXT_SIZE && size !== script.size) return false;
  return equalViews(script.view, from, view, offset, size);
}

export class ScriptCache {
  /** Scripts of EVAL that were dropped for others. */
  evictedCount = 0;
  private readonly bySha = new Map<string, CachedScript>();
  /** Those of EVAL, and those of SCRIPT LOAD that are compiled. */
  private readonly evaluated = new UseOrder();
  private readonly loaded = new UseOrder();
  private readonly shaPlaces = new Places();
  private readonly textPlaces = new Places();
  private textSize = 0;

  get count(): number {
    return this.bySha.size;
  }

  /** Bytes that scripts take, but for their compiled forms; about. */
  get size(): number {
    return this.textSize + this.count * SCRIPT_OVERHEAD;
  }

  /** Bytes that compiled forms take; about. */
  get compiledSize(): number {
    return (this.evaluated.count + this.loaded.count) * COMPILED_SIZE;
  }

  /**
   * The script whose SHA-1 these bytes are, as text in any case; null if there is none. `view` is
   * over the same memory.
   */
  withSha(bytes: Uint8Array, view: DataView, offset: number, size: number): CachedScript | null {
    if (size !== SHA_TEXT_SIZE) return null;
    const place = placeOfSha(view, offset);
    const last = this.shaPlaces.find(place, 0, view, offset, size);
    if (last !== null) return last;
    const found = this.bySha.get(latin1(bytes, offset, size).toLowerCase());
    if (found === undefined) return null;
    if (placeOfSha(found.view, 0) === place) this.shaPlaces.put(place, found);
    return found;
  }

  /** The script of this text; null if it is not known. */
  withText(bytes: Uint8Array, view: DataView, offset: number, size: number): CachedScript | null {
    const place = placeOfText(view, offset, size);
    const last = this.textPlaces.find(place, SHA_TEXT_SIZE, view, offset, size);
    return last ?? this.bySha.get(shaOf(bytes, offset, size)) ?? null;
  }

  /**
   * As `withText`; a text that is not known is taken up. Throws a CompileError, or a CommandError
   * for what its first line says.
   */
  ofText(bytes: Uint8Array, view: DataView, offset: number, size: number): CachedScript {
    const place = placeOfText(view, offset, size);
    const last = this.textPlaces.find(place, SHA_TEXT_SIZE, view, offset, size);
    if (last !== null) return last;
    const name = shaOf(bytes, offset, size);
    const script = this.bySha.get(name) ?? this.add(name, bytes, offset, size);
    this.textPlaces.put(place, script);
    return script;
  }

  private add(name: string, bytes: Uint8Array, offset: number, size: number): CachedScript {
    const text = latin1(bytes, offset, size);
    const head = scriptHead(text);
    const script = compileScript(text, "script");
    const kept = new Uint8Array(SHA_TEXT_SIZE + size);
    putLatin1(kept, 0, name);
    kept.set(bytes.subarray(offset, offset + size), SHA_TEXT_SIZE);
    const added = new CachedScript(name, head, new DataView(kept.buffer), script);
    this.bySha.set(name, added);
    this.evaluated.used(added);
    this.textSize += size;
    if (this.evaluated.count > EVALUATED_COUNT_MAX) this.dropOldest();
    return added;
  }

  /** Keeps it until `clear`. */
  keep(script: CachedScript): void {
    if (script.isLoaded) return;
    script.isLoaded = true;
    this.evaluated.remove(script);
    this.useLoaded(script);
  }

  /** The script is about to run: what runs it. */
  used(cached: CachedScript): Script {
    if (!cached.isLoaded) this.evaluated.used(cached);
    else if (cached.script !== null) this.loaded.used(cached);
    return cached.script ?? this.compiledAgain(cached);
  }

  clear(): void {
    this.bySha.clear();
    this.evaluated.clear();
    this.loaded.clear();
    this.shaPlaces.clear();
    this.textPlaces.clear();
    this.textSize = 0;
  }

  private compiledAgain(cached: CachedScript): Script {
    const script = compileScript(cached.text, "script");
    cached.script = script;
    this.useLoaded(cached);
    return script;
  }

  /** One more is compiled: the one that was used longest ago need not be any longer. */
  private useLoaded(cached: CachedScript): void {
    const { loaded } = this;
    loaded.used(cached);
    const { oldest } = loaded;
    if (loaded.count <= COMPILED_COUNT_MAX || oldest === null) return;
    loaded.remove(oldest);
    oldest.script = null;
  }

  private dropOldest(): void {
    const oldest = this.evaluated.oldest as CachedScript;
    const { view, size, name } = oldest;
    this.evaluated.remove(oldest);
    this.bySha.delete(name);
    this.textSize -= size;
    this.evictedCount++;
    this.shaPlaces.empty(placeOfSha(view, 0), oldest);
    this.textPlaces.empty(placeOfText(view, SHA_TEXT_SIZE, size), oldest);
  }
}

/** The SHA-1 of bytes, in 40 hexadecimal digits. */
export function shaOf(bytes: Uint8Array, offset = 0, size = bytes.length): string {
  sha1(digest, bytes, offset, size);
  for (let i = 0; i < SHA1_SIZE; i++) {
    shaText[2 * i] = HEX_DIGITS.charCodeAt(digest[i] >> 4);
    shaText[2 * i + 1] = HEX_DIGITS.charCodeAt(digest[i] & 15);
  }
  return latin1(shaText, 0, SHA_TEXT_SIZE);
}

const HEX_DIGITS = "0123456789abcdef";
const digest = new Uint8Array(SHA1_SIZE);
const shaText = new Uint8Array(SHA_TEXT_SIZE);

function placeOfSha(view: DataView, offset: number): number {
  return placeOf(view.getInt32(offset, true) ^ view.getInt32(offset + 4, true));
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
