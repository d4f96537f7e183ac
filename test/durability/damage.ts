/**
 * Purpose: logs that were damaged: cut at a byte, with bytes altered, taken out or put in, with
 * something behind them. A start loads all of it, or cuts off what is the first bytes of a command
 * (or of a transaction, or zeros) and keeps them, or refuses and leaves every file as it was;
 * nothing else. What is what is told here by plain means, and by the real server.
 */
import { mkdtempSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fromLatin1 } from "../../src/base/bytes.ts";
import { plain, requestOf } from "../client/resp.ts";
import { startRedis } from "../client/server.ts";
import { Random } from "../fuzz/random.ts";
import { commandOf } from "./log_commands.ts";
import { SimDisk } from "./sim_disk.ts";
import { SimServer, Timeline } from "./sim_server.ts";

const NAME = "appendonly.aof.1.incr.aof";
const PATH = `appendonlydir/${NAME}`;
const MANIFEST = `file ${NAME} seq 1 type i\n`;
const COMMANDS_MAX = 12;
const COUNT_MAX = 2 ** 31 - 1;
const ARGUMENT_SIZE_MAX = 2 ** 31 - 2 ** 19 - 100;
/** Longer commands would make the damage rare. */
const SIZE_MAX = 3000;

/** What is at the end of a log: nothing more, the first bytes of a command, or something else. */
export type Ending = "whole" | "prefix" | "other";

/** Where the last command that is whole ends, and what follows it. */
export function endingOf(text: string): { sound: number; ending: Ending } {
  let at = 0;
  let sound = 0;
  let isOpen = false;
  for (;;) {
    if (at === text.length) return { sound, ending: isOpen ? "prefix" : "whole" };
    const found = text[at] === "#" ? lineOf(text, at) : wordsOf(text, at);
    if (typeof found === "string") return { sound, ending: found };
    const name = found.words[0]?.toLowerCase();
    if ((name === "multi" && isOpen) || (name === "exec" && !isOpen)) {
      return { sound, ending: "other" };
    }
    if (name === "multi") isOpen = true;
    if (name === "exec") isOpen = false;
    at = found.end;
    if (!isOpen) sound = at;
  }
}

type Found = { words: string[]; end: number } | "prefix" | "other";

function lineOf(text: string, from: number): Found {
  const end = text.indexOf("\n", from);
  if ((end < 0 ? text.length : end + 1) - from > 1024) return "other";
  return end < 0 ? "prefix" : { words: [], end: end + 1 };
}

function wordsOf(text: string, from: number): Found {
  const words: string[] = [];
  let at = from;
  const number = (mark: string, pattern: RegExp, max: number): number | "prefix" | "other" => {
    const head = text.slice(at, at + 14);
    if (head === mark) return "prefix";
    const [line, digits, end] = pattern.exec(head) ?? [];
    if (line === undefined || Number(digits) > max) return "other";
    at += line.length;
    if (end === "\r\n") return Number(digits);
    return at === text.length ? "prefix" : "other";
  };
  const count = number("*", /^\*([1-9]\d*)(\r\n?)?/, COUNT_MAX);
  if (typeof count === "string") return count;
  while (words.length < count) {
    if (at === text.length) return "prefix";
    const size = number("$", /^\$(0|[1-9]\d*)(\r\n?)?/, ARGUMENT_SIZE_MAX);
    if (typeof size === "string") return size;
    const end = text.slice(at + size, at + size + 2);
    if (!"\r\n".startsWith(end)) return "other";
    if (end.length < 2) return "prefix";
    words.push(text.slice(at, at + size));
    at += size + 2;
  }
  return { words, end: at };
}

/** A log of some commands, transactions and lines that tell the time. */
export function soundLog(random: Random): string {
  const parts = [["SELECT", "0"]];
  for (let left = random.between(1, COMMANDS_MAX); left > 0; left--) {
    const unit = [commandOf(random, false)];
    if (random.chance(0.3)) unit.unshift(["MULTI"], commandOf(random, false));
    if (unit.length > 1) unit.push(["EXEC"]);
    if (unit.flat().join("").length < SIZE_MAX) parts.push(...unit);
  }
  const spelled = parts.map((words) =>
    requestOf(words.map((word) => fromLatin1(word))).toString("latin1"),
  );
  const annotate = (one: string) => (random.chance(0.1) ? `#TS:1700000000\r\n${one}` : one);
  return spelled.map(annotate).join("");
}

const PIECES = [
  "*",
  "$",
  "\r\n",
  "\n",
  "\0",
  "*1\r\n",
  "$3\r\n",
  "#",
  "PING\r\n",
  "1",
  "x",
  "\xff",
];

/** The log with something changed. */
export function damaged(log: string, random: Random): string {
  const at = random.below(log.length + 1);
  const size = random.between(1, 6);
  const noise = () =>
    Array.from({ length: size }, () =>
      random.chance(0.6) ? random.pick(PIECES) : String.fromCharCode(random.below(256)),
    ).join("");
  const ways = [
    () => log.slice(0, at),
    () => log.slice(0, at) + "\0".repeat(random.between(1, 5000)),
    () => log + "\0".repeat(size),
    () => log + noise(),
    () => log.slice(0, at) + noise(),
    () => log.slice(0, at) + noise() + log.slice(at),
    () => log.slice(0, at) + log.slice(at + size),
    () => log.slice(0, at) + random.pick(PIECES) + log.slice(at + 1),
    () => "\0".repeat(at),
    () => log.replace(/\d/g, (digit) => (random.chance(0.05) ? String(random.below(10)) : digit)),
  ];
  return random.pick(ways)();
}

const latin1 = (bytes: Uint8Array | undefined) => Buffer.from(bytes ?? []).toString("latin1");

interface Outcome {
  readonly kind: "loads" | "cuts" | "refuses";
  readonly digest: string;
}

/** What a start makes of a log; throws when that is not one of what it may be. */
export function startOn(text: string, time: Timeline): Outcome {
  const disk = new SimDisk();
  disk.put("appendonlydir/appendonly.aof.manifest", fromLatin1(MANIFEST));
  disk.put(PATH, fromLatin1(text));
  const before = disk.contents();
  const server = new SimServer(disk, time, new Random(1), ["--appendonly", "yes"]);
  try {
    const problem = server.start();
    const files = disk.contents();
    const kept = [...files.keys()].filter((path) => path.includes(".cut-"));
    if (problem !== null) {
      const isSame = [...files].every(([path, bytes]) => before.get(path) === bytes);
      if (!isSame || files.size !== before.size) throw new Error("refused, and files were changed");
      return { kind: "refuses", digest: "" };
    }
    const left = latin1(files.get(PATH));
    const cut = kept.length === 0 ? "" : latin1(files.get(kept[0]));
    if (left + cut !== text) throw new Error("what was cut off is not kept");
    const digest = [...server.state].map(([key, { digest }]) => `${key} ${digest}`).sort();
    const told = server.lines.join("");
    if (cut !== "" && !told.includes(`is kept in ${kept[0]}`)) throw new Error("not told");
    check(text, left);
    return { kind: cut === "" ? "loads" : "cuts", digest: digest.join("; ") };
  } finally {
    server.dispose();
  }
}

/** What was loaded must be all that is whole, and what is not the first bytes of something. */
function check(text: string, left: string): void {
  const content = text.replace(/\0+$/, "");
  const { sound, ending } = endingOf(content);
  if (ending === "other") throw new Error("a log that is malformed was taken");
  if (text !== "" && content === "") throw new Error("a file of zeros was taken");
  if (left.length !== sound) throw new Error(`cut to ${left.length} in place of ${sound} bytes`);
}

/** What is wrong with what a start makes of a log, or null. */
export function problemWith(text: string, time: Timeline): string | null {
  try {
    const { kind } = startOn(text, time);
    const content = text.replace(/\0+$/, "");
    const { ending } = endingOf(content);
    const isZeros = text !== "" && content === "";
    if (kind === "refuses" && ending !== "other" && !isZeros && !hasUnknown(content)) {
      throw new Error(`refused, though it is ${ending}`);
    }
    return null;
  } catch (error) {
    return `${(error as Error).message}: ${JSON.stringify(text)}`;
  }
}

/** Whether damage has made a name of what is no command. */
function hasUnknown(text: string): boolean {
  const disk = new SimDisk();
  disk.put("appendonlydir/appendonly.aof.manifest", fromLatin1(MANIFEST));
  disk.put(PATH, fromLatin1(text));
  const server = new SimServer(disk, new Timeline(), new Random(1), ["--appendonly", "yes"]);
  const problem = server.start();
  server.dispose();
  return problem?.startsWith("Unknown command") === true;
}

/**
 * What is wrong beside what the real server makes of a log, or null. It takes more than a start
 * here: any two bytes after an argument, numbers with something around them, lines without an end.
 */
export async function differsFromReal(text: string, time: Timeline): Promise<string | null> {
  const { kind } = startOn(text, time);
  const folder = mkdtempSync(join(tmpdir(), "rusk-damage-"));
  try {
    const path = join(folder, "appendonly.aof");
    writeFileSync(path, text, "latin1");
    const args = ["--appendonly", "yes", "--dir", folder, "--enable-debug-command", "yes"];
    const isUp = await startsReal(args);
    const size = isUp ? statSync(join(folder, "appendonlydir", "appendonly.aof")).size : -1;
    const theirs = !isUp ? "refuses" : size === text.length ? "loads" : "cuts";
    const isZero = text.endsWith("\0");
    const isLine = /#[^\n]*$/.test(text);
    if (kind === "loads" && theirs !== "loads") return `loads, and the real server ${theirs}`;
    if (kind === "cuts" && theirs === "refuses" && !isZero) return "cuts, and the real one refuses";
    if (kind === "cuts" && theirs === "loads" && !isLine) return "cuts, and the real one loads all";
    return null;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

async function startsReal(args: readonly string[]): Promise<boolean> {
  try {
    const real = await startRedis({ args });
    const client = await real.connect();
    plain(await client.command("PING"));
    client.close();
    await real.stop();
    return true;
  } catch {
    return false;
  }
}
