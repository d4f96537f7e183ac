/** The log, in Redis's form: `pid:role date time level message`, to standard output or a file. */

import type { LocalTime } from "../runtime/local_time.ts";

export type LogLevel = "debug" | "verbose" | "notice" | "warning";

const LEVELS: readonly LogLevel[] = ["debug", "verbose", "notice", "warning"];
const MARKS = { debug: ".", verbose: "-", notice: "*", warning: "#" } as const;
export const MONTHS = "Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec".split(" ");

export class Log {
  level: LogLevel = "notice";
  /** Where messages go as well, if anywhere; not text that is written as it is. */
  also: ((level: LogLevel, text: string) => void) | null = null;
  /** What a time of the system's clock is here. */
  localTime: (ms: number) => LocalTime = localTimeOf;
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
    const ms = this.nowMs();
    const time = timestamp(this.localTime(ms), ms);
    this.write(`${this.pid}:M ${time} ${MARKS[level]} ${text}\n`);
    this.also?.(level, text);
  }

  /** Writes text as it is, whatever the level. */
  raw(text: string): void {
    this.write(`${text}\n`);
  }
}

export const twoDigits = (value: number) => String(value).padStart(2, "0");

/** `01 Jan 2026 00:00:00.000`. */
function timestamp({ year, month, day, hour, minute, second }: LocalTime, ms: number): string {
  const time = [hour, minute, second].map(twoDigits).join(":");
  const milliseconds = String(Math.floor(ms) % 1000).padStart(3, "0");
  return `${twoDigits(day)} ${MONTHS[month]} ${year} ${time}.${milliseconds}`;
}

/** As JavaScript's dates have it. */
export function localTimeOf(ms: number): LocalTime {
  const date = new Date(ms);
  return {
    year: date.getFullYear(),
    month: date.getMonth(),
    day: date.getDate(),
    hour: date.getHours(),
    minute: date.getMinutes(),
    second: date.getSeconds(),
  };
}
