/** How far a tool is, on a line of the terminal that is written over and is gone in the end. */
import type { ToolParts } from "./tool_parts.ts";

/** What is over soon shows nothing, and lines are not written more often than this. */
const FIRST_MS = 500;
const PERIOD_MS = 100;
const BAR_WIDTH = 20;
const MEGABYTE = 1e6;

type BarParts = Pick<ToolParts, "clock" | "terminalWidth" | "writeError">;

export class ProgressBar {
  private readonly what: string;
  private readonly parts: BarParts;
  private readonly width: number;
  private readonly startMs: number;
  private nextMs: number;
  private isShown = false;

  /** `what`: is being done. Without a terminal it shows nothing. */
  constructor(what: string, parts: BarParts) {
    this.what = what;
    this.parts = parts;
    this.width = parts.terminalWidth();
    this.startMs = parts.clock.monotonicMs();
    this.nextMs = this.startMs + FIRST_MS;
  }

  /** So many bytes are done of so many, or of it is not known how many: 0. */
  note(done: number, total: number): void {
    if (this.width === 0) return;
    const nowMs = this.parts.clock.monotonicMs();
    if (nowMs < this.nextMs) return;
    this.nextMs = nowMs + PERIOD_MS;
    this.isShown = true;
    const text = `${this.what}  ${progressText(done, total, nowMs - this.startMs)}`;
    this.parts.writeError(`\r${text.slice(0, this.width - 1)}\x1b[K`);
  }

  /** Makes room for other lines. */
  clear(): void {
    if (this.isShown) this.parts.writeError("\r\x1b[K");
    this.isShown = false;
  }
}

/** As a bar with a percentage and the time that is left, where the total is known. */
export function progressText(done: number, total: number, elapsedMs: number): string {
  const megabytes = `${Math.floor(done / MEGABYTE)} MB`;
  if (total <= 0) return megabytes;
  const part = Math.min(1, done / total);
  const filled = Math.floor(part * BAR_WIDTH);
  const bar = "#".repeat(filled) + "-".repeat(BAR_WIDTH - filled);
  const seconds = part > 0 ? Math.ceil((elapsedMs * (1 / part - 1)) / 1000) : 0;
  const percent = String(Math.floor(100 * part)).padStart(3);
  return `[${bar}] ${percent} % of ${Math.ceil(total / MEGABYTE)} MB, ${timeText(seconds)} left`;
}

function timeText(seconds: number): string {
  return seconds < 100 ? `${seconds} s` : `${Math.round(seconds / 60)} min`;
}
