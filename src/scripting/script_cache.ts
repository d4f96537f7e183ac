/**
 * Scripts that were sent, to be run again by their SHA-1: those of EVAL, of which the latest are
 * kept, and those of SCRIPT LOAD, which stay until SCRIPT FLUSH.
 */
import { fromLatin1 } from "../base/bytes.ts";
import { SHA1_SIZE, sha1 } from "../base/sha1.ts";
import { compileScript, type Script } from "./script.ts";

/** So many scripts of EVAL are kept. */
const EVALUATED_COUNT_MAX = 500;

export interface CachedScript {
  /** In lower case. */
  readonly sha: string;
  readonly source: string;
  readonly script: Script;
  /** SCRIPT LOAD has brought it. */
  isLoaded: boolean;
}

export class ScriptCache {
  /** Scripts of EVAL that went, since others came. */
  evictedCount = 0;
  private readonly bySha = new Map<string, CachedScript>();
  private readonly bySource = new Map<string, CachedScript>();

  get count(): number {
    return this.bySha.size;
  }

  /** The script with this SHA-1, in any case; null if there is none. */
  find(sha: string): CachedScript | null {
    return this.bySha.get(sha.toLowerCase()) ?? null;
  }

  /** Throws a CompileError. */
  ofSource(source: string, isLoaded: boolean): CachedScript {
    const known = this.bySource.get(source);
    if (known !== undefined) {
      if (isLoaded) known.isLoaded = true;
      return known;
    }
    const sha = shaOf(source);
    const added = { sha, source, script: compileScript(source, "script"), isLoaded };
    this.bySha.set(sha, added);
    this.bySource.set(source, added);
    if (this.bySha.size > EVALUATED_COUNT_MAX) this.evict();
    return added;
  }

  clear(): void {
    this.bySha.clear();
    this.bySource.clear();
  }

  private evict(): void {
    for (const { sha, source, isLoaded } of this.bySha.values()) {
      if (isLoaded) continue;
      this.bySha.delete(sha);
      this.bySource.delete(source);
      this.evictedCount++;
      return;
    }
  }
}

/** The SHA-1 of a byte string, in 40 hexadecimal digits. */
export function shaOf(text: string): string {
  const digest = new Uint8Array(SHA1_SIZE);
  sha1(digest, fromLatin1(text), 0, text.length);
  let hex = "";
  for (const byte of digest) hex += byte.toString(16).padStart(2, "0");
  return hex;
}
