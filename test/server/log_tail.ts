/**
 * Purpose: reads what servers add to their append-only files, command by command, and tells whether
 * two of them have told the same.
 */
import { closeSync, existsSync, openSync, readdirSync, readSync, statSync } from "node:fs";
import { join } from "node:path";
import { type Reply, requestOf } from "../client/resp.ts";
import type { Server } from "../client/server.ts";

/** The words of a command, a character per byte, and the database that it is for. */
export interface Told {
  db: string;
  words: string[];
}

/** These are for no database; where they stand beside a SELECT may differ. */
const FRAME = /^(MULTI|EXEC)$/;

/** Commands of a log file in turn. */
export class LogTail {
  private readonly server: Server;
  private offset = 0;
  private rest = Buffer.alloc(0);
  private db = "";

  constructor(server: Server) {
    this.server = server;
  }

  /** The commands added since the last call; SELECT only says for which database they are. */
  next(): Told[] {
    this.read();
    const told: Told[] = [];
    for (;;) {
      const words = this.command();
      if (words === null) return told;
      if (words[0] === "SELECT") this.db = words[1];
      else told.push({ db: FRAME.test(words.join(" ")) ? "" : this.db, words });
    }
  }

  /** Takes the bytes that are new. */
  private read(): void {
    const path = this.path();
    if (path === null) return;
    const size = statSync(path).size - this.offset;
    if (size === 0) return;
    const added = Buffer.alloc(size);
    const file = openSync(path, "r");
    this.offset += readSync(file, added, 0, size, this.offset);
    closeSync(file);
    this.rest = Buffer.concat([this.rest, added]);
  }

  private path(): string | null {
    const folder = join(this.server.dir, "appendonlydir");
    if (!existsSync(folder)) return null;
    const name = readdirSync(folder).find((file) => file.endsWith(".incr.aof"));
    return name === undefined ? null : join(folder, name);
  }

  /** Takes the next whole command away, or gives null. */
  private command(): string[] | null {
    const bytes = this.rest;
    let at = 0;
    const number = (type: string) => {
      const end = bytes.indexOf("\r\n", at, "latin1");
      if (end < 0) return -1;
      const line = bytes.toString("latin1", at, end);
      if (line[0] !== type || !/^.\d+$/.test(line)) throw new Error(`not a ${type}: ${line}`);
      at = end + 2;
      return Number(line.slice(1));
    };
    if (bytes.length === 0) return null;
    const count = number("*");
    const words: string[] = [];
    while (words.length < count) {
      if (at >= bytes.length) return null;
      const size = number("$");
      if (size < 0 || at + size + 2 > bytes.length) return null;
      words.push(bytes.toString("latin1", at, at + size));
      at += size + 2;
    }
    if (count < 0) return null;
    this.rest = bytes.subarray(at);
    return words;
  }
}

/** How a key goes whose time has come. */
const EXPIRED = /^(DEL|UNLINK)$/;

/** How far apart times may be that both servers took from their clocks. */
const TIME_SLACK_MS = 5000;
const TIME = /^(\d{12,19})(-\d+)?$/;

/** Whether two words are the same, or times that are nearly so. */
function isAlike(a: string, b: string): boolean {
  if (a === b) return true;
  const [left, right] = [TIME.exec(a), TIME.exec(b)];
  if (left === null || right === null) return false;
  if ((left[2] === undefined) !== (right[2] === undefined)) return false;
  return Math.abs(Number(left[1]) - Number(right[1])) < TIME_SLACK_MS;
}

/**
 * Whether two servers have told the same; members that SPOP chose may be others. When keys in
 * `over`, whose time has come, go depends on which of them a command looks at.
 */
export function isSame(
  real: readonly Told[],
  tested: readonly Told[],
  pops: boolean,
  over: ReadonlySet<string>,
): boolean {
  if (isEqual(real, tested, pops)) return true;
  const rest = (told: readonly Told[]) =>
    told.filter(
      ({ words }) => words.length !== 2 || !EXPIRED.test(words[0]) || !over.has(words[1]),
    );
  const [a, b] = [rest(real), rest(tested)];
  if (a.length === real.length && b.length === tested.length) return false;
  // What is left over may be a single command, which is in no frame.
  const unframed = (told: readonly Told[]) =>
    told.filter(({ words }) => !FRAME.test(words.join(" ")));
  return isEqual(unframed(a), unframed(b), pops);
}

function isEqual(real: readonly Told[], tested: readonly Told[], pops: boolean): boolean {
  if (real.length !== tested.length) return false;
  return real.every(({ db, words }, i) => {
    const other = tested[i];
    if (db !== other.db) return false;
    // An expired key that is to be overwritten goes first here: there it makes way for nothing.
    if (/store$/i.test(words[0]) && EXPIRED.test(other.words[0])) {
      return other.words.length === 2 && words.includes(other.words[1]);
    }
    if (words.length !== other.words.length) return false;
    return words.every(
      (word, at) => (pops && words[0] === "SREM" && at === 2) || isAlike(word, other.words[at]),
    );
  });
}

export const print = (told: readonly Told[], name: string) =>
  told.map(
    ({ db, words }) => `${name} [${db}] ${words.map((word) => JSON.stringify(word)).join(" ")}`,
  );

export const bytesOf = (args: readonly string[]) =>
  requestOf(args.map((arg) => Buffer.from(arg, "latin1")));

/** Whether the members that SREM removes are those that a reply names. */
export function namesPopped(told: readonly Told[], reply: Reply): boolean {
  const popped = JSON.stringify(reply, (_, value) =>
    typeof value === "bigint" ? String(value) : value,
  );
  return told.every(({ words }) => {
    if (words[0] !== "SREM") return true;
    return popped.includes(JSON.stringify(Buffer.from(words[2], "latin1")));
  });
}
