/** The lines that a person has typed, kept in a file from one session to the next. */
import type { ClientParts } from "./client_parts.ts";

const HISTORY_FILE = ".rediscli_history";
const NO_FILE = "/dev/null";
const LINES_MAX = 1000;

export interface History {
  /** The oldest first; bytes, one per character. */
  readonly lines: string[];
  add(line: string): void;
}

/** The history of the file that REDISCLI_HISTFILE names, or of the person's own. */
export function openHistory(parts: ClientParts, isKept: boolean): History {
  const { terminal } = parts;
  const path =
    terminal.environment("REDISCLI_HISTFILE") ?? `${terminal.homeFolder()}/${HISTORY_FILE}`;
  const keepsFile = isKept && path !== NO_FILE && path !== "";
  const lines = keepsFile ? readLines(parts, path) : [];
  const add = (line: string) => {
    if (lines.at(-1) === line) return;
    lines.push(line);
    if (lines.length > LINES_MAX) lines.splice(0, lines.length - LINES_MAX);
    if (!keepsFile) return;
    try {
      parts.writePrivateFile(path, lines.map((kept) => `${kept}\n`).join(""));
    } catch {
      // It will be there until the end of this session.
    }
  };
  return { lines, add };
}

function readLines({ readFile }: ClientParts, path: string): string[] {
  try {
    return readFile(path)
      .split("\n")
      .filter((line) => line !== "")
      .slice(-LINES_MAX);
  } catch {
    return [];
  }
}
