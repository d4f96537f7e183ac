/**
 * The manifest of an append-only log: which files it is in, as Redis 7 writes it.
 *
 *   file appendonly.aof.2.base.rdb seq 2 type b
 *   file appendonly.aof.1.incr.aof seq 1 type h
 *   file appendonly.aof.3.incr.aof seq 3 type i
 *
 * One base (b), the data at some moment; increments (i), the commands since, in the order of their
 * numbers; history (h), files that are replaced and wait to be removed. Names that need it are in
 * quotes. Lines that begin with # are comments; words that are not known are skipped.
 */
import { quoted } from "../../base/quoted.ts";
import { splitWords } from "../../base/words.ts";

/** What a file of the log is: the letter in the manifest. */
export type PartType = "b" | "h" | "i";

export interface Part {
  readonly name: string;
  readonly sequence: number;
  readonly type: PartType;
}

/** As long as Redis reads a line. */
const LINE_SIZE_MAX = 1024;
const WORDS_MIN = 6;
const INCREMENT_NAME = /\.incr\.aof$/;

/** A manifest that cannot be read. */
export class ManifestError extends Error {
  /** Lines that tell where it is, to come before the message. */
  readonly place: readonly string[];

  /** `lineNumber` counts from 1. */
  constructor(reason: string, lineNumber: number, line: string) {
    super(reason);
    this.place = [
      "*** FATAL AOF MANIFEST FILE ERROR ***",
      `Reading the manifest file, at line ${lineNumber}`,
      `>>> '${line}'`,
    ];
  }
}

export class Manifest {
  base: Part | null = null;
  history: Part[] = [];
  increments: Part[] = [];
  /** The highest numbers given so far. */
  baseSequence = 0;
  incrementSequence = 0;

  /** Nothing was ever written. */
  get isEmpty(): boolean {
    return this.base === null && this.increments.length === 0;
  }

  /** The files with the data, in the order in which they are loaded. */
  get parts(): Part[] {
    return this.base === null ? this.increments : [this.base, ...this.increments];
  }

  /** A manifest of its own, to change and to write before it is in force. */
  clone(): Manifest {
    const twin = new Manifest();
    Object.assign(twin, this);
    twin.history = [...this.history];
    twin.increments = [...this.increments];
    return twin;
  }

  /** Adds an increment after the others, named as Redis names it. */
  addIncrement(fileName: string): Part {
    const sequence = ++this.incrementSequence;
    const part: Part = { name: `${fileName}.${sequence}.incr.aof`, sequence, type: "i" };
    this.increments.push(part);
    return part;
  }

  /** Replaces the base; the old one becomes history. `isSnapshot`: it is not of commands. */
  replaceBase(fileName: string, isSnapshot: boolean): Part {
    const sequence = ++this.baseSequence;
    const name = `${fileName}.${sequence}.base.${isSnapshot ? "rdb" : "aof"}`;
    if (this.base !== null) this.history.push({ ...this.base, type: "h" });
    this.base = { name, sequence, type: "b" };
    return this.base;
  }

  /** Increments before the last `kept` become history: a new base has what they hold. */
  retireIncrements(kept: number): void {
    const count = this.increments.length - kept;
    for (const part of this.increments.splice(0, count)) {
      this.history.push({ ...part, type: "h" });
    }
  }

  toString(): string {
    const parts = [...this.history, ...this.increments];
    if (this.base !== null) parts.unshift(this.base);
    return parts.map(lineOf).join("");
  }
}

function lineOf({ name, sequence, type }: Part): string {
  const shown = /^[!#-&(-[\]-~]+$/.test(name) ? name : quoted(name);
  return `file ${shown} seq ${sequence} type ${type}\n`;
}

/** Reads a manifest. Throws ManifestError where it is not sound. */
export function parseManifest(text: string): Manifest {
  const manifest = new Manifest();
  const lines = text.split("\n");
  // What follows the last line's end is no line.
  const rest = lines.pop() as string;
  if (rest !== "") lines.push(rest);
  if (lines.length === 0) throw new ManifestError("Found an empty AOF manifest", 0, "");
  for (const [index, line] of lines.entries()) {
    if (line.startsWith("#")) continue;
    const fail = (reason: string): never => {
      throw new ManifestError(reason, index + 1, line);
    };
    const isCut = rest !== "" && index === lines.length - 1;
    if (line.length >= LINE_SIZE_MAX || isCut) {
      fail("The AOF manifest file contains too long line");
    }
    add(manifest, parseLine(line, fail), fail);
  }
  // A name is not given again while a file of that name waits to be removed.
  for (const { name, sequence } of manifest.history) {
    if (INCREMENT_NAME.test(name))
      manifest.incrementSequence = Math.max(manifest.incrementSequence, sequence);
    else manifest.baseSequence = Math.max(manifest.baseSequence, sequence);
  }
  return manifest;
}

function parseLine(line: string, fail: (reason: string) => never): Part {
  const words = splitWords(line.trim());
  if (words === null || words.length < WORDS_MIN || words.length % 2 !== 0) {
    return fail("Invalid AOF manifest file format");
  }
  let name = "";
  let sequence = 0;
  let type = "";
  for (let i = 0; i < words.length; i += 2) {
    const value = words[i + 1];
    const word = words[i].toLowerCase();
    if (word === "file") name = value;
    else if (word === "seq") sequence = Number.parseInt(value, 10) || 0;
    else if (word === "type") type = value.charAt(0);
  }
  if (name.includes("/")) fail("File can't be a path, just a filename");
  if (name === "" || sequence === 0 || type === "") fail("Invalid AOF manifest file format");
  if (type !== "b" && type !== "h" && type !== "i") return fail("Unknown AOF file type");
  return { name, sequence, type };
}

function add(manifest: Manifest, part: Part, fail: (reason: string) => never): void {
  const { sequence, type } = part;
  if (type === "h") {
    manifest.history.push(part);
  } else if (type === "b") {
    if (manifest.base !== null) fail("Found duplicate base file information");
    manifest.base = part;
    manifest.baseSequence = sequence;
  } else {
    if (sequence <= manifest.incrementSequence) fail("Found a non-monotonic sequence number");
    manifest.increments.push(part);
    manifest.incrementSequence = sequence;
  }
}
