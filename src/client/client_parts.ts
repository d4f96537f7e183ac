/** What the client needs of the world. */
import type { TableCommand } from "../calls/table.ts";
import type { NewFile } from "../runtime/files.ts";
import type { DialTo } from "../runtime/net.ts";
import type { ClientTls, StreamConnection } from "../runtime/stream_connection.ts";

/** The terminal and the environment, see runtime/terminal.ts. */
export interface Terminal {
  environment(name: string): string | null;
  homeFolder(): string;
  isInputTerminal(): boolean;
  isOutputTerminal(): boolean;
  terminalColumns(): number;
  setRawInput(isRaw: boolean): void;
  /** The next byte of standard input, waiting for it; -1 at its end. */
  readInputByte(): number;
}

export interface ClientParts {
  readonly terminal: Terminal;
  /** The name by which the client was started, for its own messages. */
  readonly programName: string;
  /** What it tells of its options. */
  readonly usage: () => Promise<string>;
  readonly commands: readonly TableCommand[];
  readonly connect: (to: DialTo, tls: ClientTls | null) => Promise<StreamConnection>;
  /** Ms that have passed since some moment, with fractions. */
  readonly monotonicMs: () => number;
  readonly pause: (ms: number) => Promise<void>;
  readonly secretWords: (count: number) => Uint32Array;
  readonly readFile: (path: string) => string;
  /** Writes a file that only its owner may read. */
  readonly writePrivateFile: (path: string, text: string) => void;
  readonly createFile: (path: string) => NewFile;
  /** All of standard input. */
  readonly readStandardInput: () => string;
  readonly standardInput: () => AsyncIterable<Uint8Array>;
  readonly writeStandardOutput: (bytes: Uint8Array) => void;
  readonly writeError: (text: string) => void;
  /** Calls `run` instead of ending the process when the person interrupts it (Ctrl-C). */
  readonly onInterrupt: (run: () => void) => void;
  readonly exit: (code: number) => never;
}
