/** Reads a file of data of any format for the tools: see passage.ts for how. */
import { counted } from "../base/counted.ts";
import type { LogLevel } from "../base/log.ts";
import type { Config } from "../config/config.ts";
import type { Keyspace } from "../keyspace/keyspace.ts";
import type { Loader } from "../persistence/loader.ts";
import { type FileRules, openLoader, PeekedSource } from "../persistence/open_loader.ts";
import type { InputFile } from "../runtime/files.ts";
import { PassageError, passThrough } from "./passage.ts";
import { ProgressBar } from "./progress_bar.ts";
import {
  innerName,
  openToolInput,
  STANDARD,
  STANDARD_INPUT_NAME,
  type ToolInput,
} from "./tool_files.ts";
import type { ToolParts } from "./tool_parts.ts";
import { isLog } from "./wrong_file.ts";

const GOES_ON =
  "goes on as an append-only log after its snapshot, which would be lost: a server with " +
  "appendonly yes loads both; with --incomplete the log is left out";
/** Bytes that tell what follows. */
const HEAD_SIZE = 64;

/** What is read, and who wants it. */
export interface Reading {
  readonly input: ToolInput;
  readonly config: Config;
  readonly rules: Omit<FileRules, "log">;
  /** What is being done, as it is told while it takes long. */
  readonly verb: string;
  /** Is shown a batch of keys, which are in the keyspace and go when it returns. */
  show(keyspace: Keyspace): void;
}

/** What is told of a file that was read. */
export interface Read {
  /** What it is. */
  readonly what: string;
  readonly size: number;
  readonly keys: number;
  /** Things that cannot be kept. */
  readonly lost: number;
}

/** As openToolInput; a line tells how far it is. */
export async function openInput(
  word: string,
  place: string,
  parts: ToolParts,
  isOfData: boolean,
): Promise<ToolInput> {
  const name = word === STANDARD ? STANDARD_INPUT_NAME : innerName(word);
  const bar = new ProgressBar(`reading ${name}`, parts);
  try {
    return await openToolInput(word, place, parts, isOfData, (size) => bar.note(size, 0));
  } finally {
    bar.clear();
  }
}

/** Reads a file whole, and tells what is noteworthy. Throws what is wrong with it. */
export async function readData(reading: Reading, parts: ToolParts): Promise<Read> {
  const { input, config, verb } = reading;
  const { name, records } = input;
  const bar = new ProgressBar(`${verb} ${innerName(name)}`, parts);
  const tell = (text: string) => {
    bar.clear();
    parts.writeError(`${text}\n`);
  };
  const files = new DataFiles(reading, parts, tell);
  try {
    const loader = await passThrough(
      {
        open: (keyspace, again) => files.open(keyspace, again),
        show: (keyspace, loader) => {
          reading.show(keyspace);
          bar.note(loader.offset, files.size);
        },
        databases: config.number("databases"),
        lfu: config.text("maxmemory-policy").endsWith("lfu"),
        temporary: `${config.text("dbfilename")}.tmp-${parts.processId}-keys`,
      },
      parts,
    );
    const { keys, lost, expired, empty } = loader.figures;
    const after = files.after(loader.offset);
    if (after.isLog && !reading.rules.allowsLoss) throw new Error(`${name} ${GOES_ON}`);
    if (after.size > 0) tell(`${counted(after.size, "byte")} after the end of ${name}, left out`);
    if (expired > 0) tell(`Keys of ${name} that have expired, and are left out: ${expired}`);
    if (empty > 0) tell(`Keys of ${name} without elements, left out: ${empty}`);
    const what = records?.what ?? `${files.kind}, version ${loader.version}`;
    return { what, size: records?.size ?? files.size, keys, lost };
  } catch (error) {
    if (!(error instanceof PassageError)) throw error;
    const done = counted(error.loader.figures.keys, "key");
    throw new Error(`${name} cannot be loaded: after ${done}: ${error.message}`);
  } finally {
    bar.clear();
    files.close();
  }
}

/** The file, opened for each pass. */
class DataFiles {
  size = 0;
  /** What kind of file it is. */
  kind = "";
  private readonly reading: Reading;
  private readonly parts: ToolParts;
  private readonly tell: (text: string) => void;
  private readonly opened: InputFile[] = [];

  constructor(reading: Reading, parts: ToolParts, tell: (text: string) => void) {
    this.reading = reading;
    this.parts = parts;
    this.tell = tell;
  }

  open(keyspace: Keyspace, again: boolean): Loader {
    const { input, rules } = this.reading;
    const file = this.parts.disk.openInput(input.path);
    this.opened.push(file);
    this.size = file.size;
    const source = new PeekedSource(file);
    this.kind = source.format === "snapshot" ? "a snapshot of Rusk's" : "an RDB file";
    const add = (level: LogLevel, text: string) => {
      if (level === "warning" && !again) this.tell(text);
    };
    return openLoader(source, keyspace, { ...rules, log: { add } });
  }

  /** What there is from an offset on, where the data end. */
  after(offset: number): { readonly size: number; readonly isLog: boolean } {
    const head = new Uint8Array(HEAD_SIZE);
    const count = this.opened[0].readAt(head, 0, HEAD_SIZE, offset);
    return { size: this.size - offset, isLog: isLog(head.subarray(0, count)) };
  }

  close(): void {
    for (const file of this.opened) file.close();
  }
}
