/** The log, in Redis's form: `pid:role date time level message`, to standard output or a file. */

export type LogLevel = "debug" | "verbose" | "notice" | "warning";

const LEVELS: readonly LogLevel[] = ["debug", "verbose", "notice", "warning"];
const MARKS = { debug: ".", verbose: "-", notice: "*", warning: "#" } as const;
const MONTHS = "Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec".split(" ");

export class Log {
  level: LogLevel = "notice";
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
  }

  /** Writes text as it is, whatever the level. */
  raw(text: string): void {
    this.write(`${text}\n`);
  }
}

/** `01 Jan 2026 00:00:00.000`, in local time. */
function timestamp(ms: number): string {
  const date = new Date(ms);
  const two = (value: number) => String(value).padStart(2, "0");
  const day = `${two(date.getDate())} ${MONTHS[date.getMonth()]} ${date.getFullYear()}`;
  const time = `${two(date.getHours())}:${two(date.getMinutes())}:${two(date.getSeconds())}`;
  return `${day} ${time}.${String(date.getMilliseconds()).padStart(3, "0")}`;
}
