/** The log, in Redis's form: `pid:role date time level message`, to standard output or a file. */

export type LogLevel = "debug" | "verbose" | "notice" | "warning";

const LEVELS: readonly LogLevel[] = ["debug", "verbose", "notice", "warning"];
const MARKS = { debug: ".", verbose: "-", notice: "*", warning: "#" } as const;
export const MONTHS = "Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec".split(" ");

export class Log {
  level: LogLevel = "notice";
  /** Where messages go as well, if anywhere; not text that is written as it is. */
  also: ((level: LogLevel, text: string) => void) | null = null;
  private readonly pid: number;
  private readonly nowMs: () => number;
  private readonly write: (line: string) => void;

  /** `write` appends a line, with its end, to wherever the log goes now. */
  constructor(pid: number, nowMs: () => number, write: (line: string) => void) {
    this.pid = pid;
    this.nowMs = nowMs;
    this.write = write;
  }

  /** Logs a message unless its level is below the log's. */
  add(level: LogLevel, text: string): void {
    if (LEVELS.indexOf(level) < LEVELS.indexOf(this.level)) return;
    this.write(`${this.pid}:M ${timestamp(this.nowMs())} ${MARKS[level]} ${text}\n`);
    this.also?.(level, text);
  }

  /** Writes text as it is, whatever the level. */
  raw(text: string): void {
    this.write(`${text}\n`);
  }
}

export const twoDigits = (value: number) => String(value).padStart(2, "0");

/** `01 Jan 2026 00:00:00.000`, in local time. */
function timestamp(ms: number): string {
  const date = new Date(ms);
  const day = `${twoDigits(date.getDate())} ${MONTHS[date.getMonth()]} ${date.getFullYear()}`;
  const time = [date.getHours(), date.getMinutes(), date.getSeconds()].map(twoDigits).join(":");
  return `${day} ${time}.${String(date.getMilliseconds()).padStart(3, "0")}`;
}
