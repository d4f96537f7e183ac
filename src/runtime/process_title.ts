/**
 * The title of the process: what ps shows in place of the command line. On Linux that is the memory
 * in which the process got its arguments, and behind them its environment: other bytes are written
 * there, through the file in which the system shows that memory.
 */
import { Buffer } from "node:buffer";
import { closeSync, openSync, readFileSync, writeSync } from "node:fs";
import process from "node:process";
import { type Foreign, type ForeignSignatures, openLibrary, type Place } from "./foreign.ts";

/** Fields of /proc/self/stat after the program's name, see proc(5). */
const ARGUMENTS_FIELD = 45;
const ENVIRONMENT_END_FIELD = 48;

const SIGNATURES: ForeignSignatures = {
  setenv: { takes: ["bytes", "bytes", "int"], returns: "int" },
};

interface Calls {
  setenv(name: Place, value: Place, replaces: number): number;
}

export interface ProcessTitle {
  /** Shows a title (bytes, one per character), as much of it as there is room for. */
  show(title: string): void;
}

/** Null where there is no such memory, or it cannot be written. */
export function openProcessTitle(foreign: Foreign | null): ProcessTitle | null {
  try {
    const stat = readFileSync("/proc/self/stat", "latin1").split(") ").at(-1) ?? "";
    const places = stat
      .split(" ")
      .slice(ARGUMENTS_FIELD, ENVIRONMENT_END_FIELD + 1)
      .map(Number);
    return new ArgumentMemory(places, foreign);
  } catch {
    return null;
  }
}

class ArgumentMemory implements ProcessTitle {
  private readonly start: number;
  /** The bytes of the arguments, and those that may be written. */
  private readonly argumentsSize: number;
  private size: number;
  private readonly wholeSize: number;
  private writtenSize = 0;
  private readonly foreign: Foreign | null;

  constructor(places: readonly number[], foreign: Foreign | null) {
    const [start, argumentsEnd, , environmentEnd] = places;
    this.start = start;
    this.argumentsSize = argumentsEnd - start;
    this.size = this.argumentsSize;
    this.wholeSize = environmentEnd - start;
    this.foreign = foreign;
  }

  show(title: string): void {
    if (title.length >= this.size && this.moveEnvironment()) this.size = this.wholeSize;
    const shown = title.slice(0, this.size - 1);
    // A zero at its end, and at the end of the arguments unless the title goes beyond them.
    const size = Math.max(this.argumentsSize, shown.length + 1, this.writtenSize);
    const bytes = Buffer.alloc(size);
    bytes.write(shown, "latin1");
    const file = openSync("/proc/self/mem", "r+");
    try {
      writeSync(file, bytes, 0, size, this.start);
    } finally {
      closeSync(file);
    }
    this.writtenSize = size;
  }

  /** Has the C library keep the environment elsewhere; whether it could be had. */
  private moveEnvironment(): boolean {
    const { foreign } = this;
    const calls = foreign && (openLibrary(foreign, SIGNATURES) as Calls | null);
    if (foreign === null || calls === null) return this.size === this.wholeSize;
    const { place } = foreign;
    for (const [name, value] of Object.entries(process.env)) {
      const bytes = [name, value ?? ""].map((word) => place(Buffer.from(`${word}\0`, "utf8"), 0));
      calls.setenv(bytes[0], bytes[1], 1);
    }
    return true;
  }
}
