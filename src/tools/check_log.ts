/**
 * `rusk check-aof`: tells whether an append-only log is whole, and cuts it back to what is, or to
 * what was written until a second; it says what redis-check-aof says. The commands are read as they
 * come, and nothing is made of them; the keys of a snapshot at a file's beginning are led through
 * memory.
 */
import { latin1 } from "../base/bytes.ts";
import { counted } from "../base/counted.ts";
import type { LogLevel } from "../base/log.ts";
import type { Config } from "../config/config.ts";
import type { ByteSource } from "../persistence/byte_source.ts";
import { AppendLoader, FormatError } from "../persistence/log/append_loader.ts";
import { ManifestError, type Part, parseManifest } from "../persistence/log/append_manifest.ts";
import { cutFile, keepEnd } from "../persistence/log/cut_file.ts";
import {
  type FileRules,
  formatOf,
  openLoader,
  PeekedSource,
  readHead,
} from "../persistence/open_loader.ts";
import type { InputFile } from "../runtime/files.ts";
import { Owned, whileLogOwned } from "./owned.ts";
import { PassageError, passThrough } from "./passage.ts";
import { ProgressBar } from "./progress_bar.ts";
import { openInput } from "./read_data.ts";
import { isPacked, STANDARD, type ToolInput } from "./tool_files.ts";
import { usageOf } from "./tool_help.ts";
import type { ToolParts } from "./tool_parts.ts";
import { mayBeLog } from "./wrong_file.ts";

/** Commands, or keys, between two looks at the clock. */
const STEP_COUNT = 4096;
/** A manifest's comments, before the first file that it names, are shorter. */
const MANIFEST_HEAD_SIZE = 64 << 10;

/** What ends the check; it is told like all else. */
class Stop extends Error {}

interface Request {
  readonly file: string;
  readonly fixes: boolean;
  /** What was written after this Unix time goes; null: nothing does. */
  readonly toSeconds: number | null;
  /** The words after the file: directives. */
  readonly words: readonly string[];
}

/** Checks the log that the words after `check-aof` name; returns the exit code. */
export async function checkLog(args: readonly string[], parts: ToolParts): Promise<number> {
  let input: ToolInput | null = null;
  try {
    const request = requestOf(args);
    if (request === null) {
      parts.writeOut(`Usage:\n${usageOf("check-aof")}`);
      return 1;
    }
    // The configuration may go to another folder.
    const path = request.file === STANDARD ? STANDARD : parts.absolutePath(request.file);
    const config = parts.readConfig(request.words);
    if (path !== STANDARD && !parts.isNoFile(path) && !isPacked(path, parts.disk)) {
      const check = () => new LogCheck(request, config, parts).run(path);
      await (cuts(request) ? whileLogOwned(path, parts, check) : check());
      return 0;
    }
    if (cuts(request)) {
      throw new Stop("Only a file that is not packed can be cut, aborting...");
    }
    input = await opened(path, config, parts);
    await new LogCheck({ ...request, file: input.name }, config, parts).run(input.path);
    return 0;
  } catch (error) {
    if (!(error instanceof Stop || error instanceof Owned)) throw error;
    parts.writeOut(`${error.message}\n`);
    return 1;
  } finally {
    input?.close();
  }
}

const cuts = ({ fixes, toSeconds }: Request) => fixes || toSeconds !== null;

async function opened(path: string, config: Config, parts: ToolParts): Promise<ToolInput> {
  try {
    return await openInput(path, config.text("dbfilename"), parts, false);
  } catch (error) {
    throw new Stop(`Cannot read ${(error as Error).message}`);
  }
}

function requestOf(args: readonly string[]): Request | null {
  const fixes = args[0] === "--fix";
  const cuts = args[0] === "--truncate-to-timestamp";
  const toSeconds = cuts ? Number(args[1]) : null;
  if (cuts && (!/^\d+$/.test(args[1] ?? "") || toSeconds === 0)) {
    throw new Stop("Invalid timestamp, aborting...");
  }
  const [file, ...words] = args.slice(fixes ? 1 : cuts ? 2 : 0);
  if (file === undefined || (file.startsWith("-") && file !== STANDARD)) return null;
  return { file, fixes, toSeconds, words };
}

/** A file of the log. */
interface Checked {
  readonly path: string;
  /** As it is told. */
  readonly name: string;
  /** What it is of the log. */
  readonly kind: string;
  readonly isLast: boolean;
  readonly size: number;
}

class LogCheck {
  private readonly request: Request;
  private readonly config: Config;
  private readonly parts: ToolParts;

  constructor(request: Request, config: Config, parts: ToolParts) {
    this.request = request;
    this.config = config;
    this.parts = parts;
  }

  /** Checks a single file, or all that a manifest names. Throws Stop. */
  async run(path: string): Promise<void> {
    if (this.isManifest(path)) {
      await this.runParts(path);
      return;
    }
    this.say("Start checking Old-Style AOF");
    await this.check(path, this.request.file, "AOF", true);
  }

  private async runParts(path: string): Promise<void> {
    this.say("Start checking Multi Part AOF");
    const { parts } = this.manifest(path);
    const pathOf = ({ name }: Part) => `${path.slice(0, path.lastIndexOf("/"))}/${name}`;
    for (const [index, part] of parts.entries()) {
      const isBase = part.type === "b";
      if (isBase) {
        this.say(`Start to check BASE AOF (${this.formatOf(pathOf(part))} format).`);
      } else if (parts[index - 1]?.type !== "i") {
        this.say("Start to check INCR files.");
      }
      const kind = isBase ? "BASE AOF" : "INCR AOF";
      await this.check(pathOf(part), part.name, kind, index === parts.length - 1);
    }
    this.say("All AOF files and manifest are valid");
  }

  private say(line: string): void {
    this.parts.writeOut(`${line}\n`);
  }

  private open(path: string): InputFile {
    try {
      return this.parts.disk.openInput(path);
    } catch (error) {
      throw new Stop(`Cannot open file ${path}: ${(error as Error).message}, aborting...`);
    }
  }

  /** What is looked at of a file. */
  private look<Result>(path: string, at: (file: InputFile) => Result): Result {
    const file = this.open(path);
    try {
      return at(file);
    } catch (error) {
      throw new Stop(`Cannot read file ${path}: ${(error as Error).message}`);
    } finally {
      file.close();
    }
  }

  private textOf(path: string, size: number): string {
    return this.look(path, (file) => {
      const bytes = new Uint8Array(size);
      return latin1(bytes, 0, file.read(bytes, 0, size));
    });
  }

  private isManifest(path: string): boolean {
    const lines = this.textOf(path, MANIFEST_HEAD_SIZE).split("\n");
    return lines.find((line) => !line.startsWith("#"))?.startsWith("file") === true;
  }

  private formatOf(path: string): string {
    return this.look(path, (file) => formatOf(readHead(file))) ?? "RESP";
  }

  private manifest(path: string) {
    const file = this.open(path);
    file.close();
    try {
      return parseManifest(this.textOf(path, file.size));
    } catch (error) {
      if (!(error instanceof ManifestError)) throw error;
      throw new Stop([...error.place, error.message].join("\n"));
    }
  }

  /** Checks one file; `kind` is what it is called. */
  private async check(path: string, name: string, kind: string, isLast: boolean): Promise<void> {
    const file = this.open(path);
    const checked: Checked = { path, name, kind, isLast, size: file.size };
    if (file.size === 0) {
      file.close();
      this.say(`${kind} ${name} is empty`);
      return;
    }
    let loader: AppendLoader;
    let isLater = false;
    try {
      const { source, offset } = await this.preamble(file, path, name);
      const onTime = (seconds: number) => {
        isLater = seconds > (this.request.toSeconds ?? Infinity);
        return !isLater;
      };
      loader = new AppendLoader(source, { onTime }, offset);
      await this.readAll(loader, checked);
    } finally {
      file.close();
    }
    if (isLater) this.cutLater(checked, loader);
    else this.judge(checked, loader);
  }

  /** Reads a file to its end, or to what is wrong, and says that. */
  private async readAll(loader: AppendLoader, { name, size }: Checked): Promise<void> {
    const { clock, pause } = this.parts;
    const bar = new ProgressBar(`checking ${name}`, this.parts);
    try {
      while (loader.step(STEP_COUNT)) {
        clock.tick();
        bar.note(loader.offset, size);
        await pause();
      }
      bar.clear();
      if (loader.isInTransaction) {
        this.sayAt(loader.offset, "Reached EOF before reading EXEC for MULTI");
      } else if (loader.isCut) {
        this.sayAt(loader.offset, "Reached EOF within a command");
      }
    } catch (error) {
      bar.clear();
      if (!(error instanceof FormatError)) throw new Stop(`${name}: ${(error as Error).message}`);
      this.sayAt(error.offset, error.message);
      this.say(`AOF ${name} format error`);
    }
  }

  private sayAt(offset: number, what: string): void {
    this.say(`0x${offset.toString(16).padStart(16)}: ${what}`);
  }

  /** Reads the snapshot that a file begins with, if it does; where its commands are. */
  private async preamble(
    file: InputFile,
    path: string,
    name: string,
  ): Promise<{ source: ByteSource; offset: number }> {
    const source = new PeekedSource(file);
    if (source.format === null) return { source, offset: 0 };
    this.say(`[offset 0] Checking ${source.format} file ${name}`);
    const bar = new ProgressBar(`checking ${name}`, this.parts);
    const opened: InputFile[] = [];
    try {
      const loader = await passThrough(
        {
          open: (keyspace, again) => {
            if (again) opened.push(this.open(path));
            const from = again ? new PeekedSource(opened[0]) : source;
            return openLoader(from, keyspace, this.rules(again, bar));
          },
          show: (_, { offset }) => bar.note(offset, file.size),
          databases: this.config.number("databases"),
          lfu: false,
          temporary: `${this.config.text("dbfilename")}.tmp-${this.parts.processId}-keys`,
        },
        this.parts,
      );
      bar.clear();
      this.say(`[info] ${loader.figures.keys} keys read`);
      this.say("RDB preamble is OK, proceeding with AOF tail...");
      return { source: source.after(loader), offset: loader.offset };
    } catch (error) {
      bar.clear();
      if (!(error instanceof PassageError)) throw error;
      this.say(`[offset ${error.loader.offset}] ${error.message}`);
      throw new Stop("RDB preamble of AOF file is not sane, aborting.");
    } finally {
      for (const again of opened) again.close();
    }
  }

  private rules(again: boolean, bar: ProgressBar): FileRules {
    const add = (_: LogLevel, text: string) => {
      if (again) return;
      bar.clear();
      this.say(`[info] ${text}`);
    };
    return { keepsExpired: true, allowsLoss: true, log: { add }, passesOn: () => {} };
  }

  /** The file goes on after the second to which it is to be cut. */
  private cutLater(checked: Checked, loader: AppendLoader): void {
    const { name, isLast } = checked;
    const { toSeconds } = this.request;
    if (loader.commandCount === 0) {
      throw new Stop(`AOF ${name} has nothing before timestamp ${toSeconds}, aborting...`);
    }
    if (!isLast) {
      throw new Stop(
        `Failed to truncate AOF ${name} to timestamp ${toSeconds} to offset ` +
          `${loader.soundSize} because it is not the last file.\n` +
          "To do so all the same, remove the files after it and their lines in the manifest, " +
          "and check again.",
      );
    }
    this.cut(checked, loader.soundSize, ` to timestamp ${toSeconds}`);
  }

  /** Says whether a file is whole, and cuts it back if that is wanted. */
  private judge(checked: Checked, loader: AppendLoader): void {
    const { name, kind, isLast, size } = checked;
    const { fixes, toSeconds } = this.request;
    const { soundSize, line } = loader;
    const excess = size - soundSize;
    if (excess === 0 && toSeconds !== null) {
      this.say(`Truncate nothing in AOF ${name} to timestamp ${toSeconds}`);
      this.say(`${kind} ${name} is valid`);
      return;
    }
    this.say(
      `AOF analyzed: filename=${name}, size=${size}, ok_up_to=${soundSize}, ` +
        `ok_up_to_line=${line}, diff=${excess}`,
    );
    if (excess === 0) {
      this.say(`${kind} ${name} is valid`);
      return;
    }
    if (fixes && soundSize === 0) this.demandLog(checked);
    if (!fixes) throw new Stop(`AOF ${name} is not valid. Use the --fix option to try fixing it.`);
    if (!isLast) throw new Stop(`Failed to truncate AOF ${name} because it is not the last file`);
    this.say(
      `This will shrink the AOF ${name} from ${size} bytes, with ${excess} bytes, ` +
        `to ${soundSize} bytes`,
    );
    this.parts.writeOut("Continue? [y/N]: ");
    if (!/^y/i.test(this.parts.readInputLine())) throw new Stop("Aborting...");
    this.cut(checked, soundSize, "");
  }

  /** Nothing would be left of a file; so it has to be a log in the first place. */
  private demandLog({ path, name }: Checked): void {
    const [first] = this.look(path, (file) => readHead(file));
    if (mayBeLog(first)) return;
    throw new Stop(`${name} is no AOF: it does not begin as one, and nothing of it would be left`);
  }

  /** Cuts a file back, once what is cut off is on the disk under another name; `to` is said. */
  private cut({ path, name, size }: Checked, toSize: number, to: string): void {
    const { disk, clock } = this.parts;
    const file = this.open(path);
    try {
      clock.tick();
      const copying = keepEnd(disk, file, path, toSize, clock.nowSeconds);
      let step = copying.next();
      while (!step.done) step = copying.next();
      cutFile(disk, path, toSize);
      this.say(`Successfully truncated AOF ${name}${to}`);
      this.say(`What is cut off, ${counted(size - toSize, "byte")}, is kept in ${step.value}`);
    } catch (error) {
      throw new Stop(`Failed to truncate AOF ${name}: ${(error as Error).message}`);
    } finally {
      file.close();
    }
  }
}
