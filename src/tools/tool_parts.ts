/** What the tools need of the world. */
import type { Clock } from "../base/clock.ts";
import type { Config } from "../config/config.ts";
import type { FileLocks } from "../runtime/file_locks.ts";
import type { FileParts } from "./tool_files.ts";

/** What a tool works with. */
export interface ToolParts extends FileParts {
  readonly clock: Clock;
  /** Numbers from 0 up to 1. */
  readonly random: () => number;
  /** The content of a small file, bytes as characters; throws why not. */
  readonly readFile: (path: string) => string;
  /** The path as it is wherever the folder changes to. */
  readonly absolutePath: (path: string) => string;
  /** The configuration that the words after a tool's own give; ends the process if they are bad. */
  readonly readConfig: (args: readonly string[]) => Config;
  /** What keeps the files of servers from being replaced; what cannot be locked is told. */
  readonly openLocks: () => Promise<FileLocks>;
  /** Whether there is anything at a path: a link as well that leads nowhere. */
  readonly isTaken: (path: string) => boolean;
  /** Whether there is a process of this number. */
  readonly isRunning: (processId: number) => boolean;
  /** The next line of standard input, "" at its end. */
  readonly readInputLine: () => string;
  /** The program of Redis's that it was started as; null: as itself. */
  readonly actsAs: string | null;
  /** Standard output is a terminal. */
  readonly isTerminal: boolean;
  readonly openFilesMax: number;
  /** Bytes of the machine's memory. */
  readonly memorySize: number;
  readonly writeOut: (text: string) => void;
  readonly writeError: (text: string) => void;
  /** Has `tidyUp` called before a signal ends the process. */
  readonly onEndSignal: (tidyUp: () => void) => void;
  /** Lets signals come. */
  readonly pause: () => Promise<void>;
  /** The width of the terminal that errors go to; 0 if they go elsewhere. */
  readonly terminalWidth: () => number;
}
