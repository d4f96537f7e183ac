/** A search backwards in the lines that were typed before, as Ctrl-R begins it. */

/** What is sought, and where the line is in which it was found. */
export class HistorySearch {
  /** The text that is sought, as typed so far. */
  sought = "";
  /** Nothing older has it: what was found before is shown still. */
  hasFailed = false;
  private readonly lines: readonly string[];
  /** The line that was found; the count of lines if it is none yet. */
  private index: number;

  /** The oldest line first. */
  constructor(lines: readonly string[]) {
    this.lines = lines;
    this.index = lines.length;
  }

  /** The line that was found last; null if none was. */
  get found(): string | null {
    return this.lines[this.index] ?? null;
  }

  /** What of that line is before the text. */
  get before(): string {
    const found = this.found ?? "";
    return found.slice(0, Math.max(0, found.lastIndexOf(this.sought)));
  }

  /** Seeks a longer text: the line that was found may have it. */
  type(text: string): void {
    this.sought += text;
    this.seekFrom(Math.min(this.index, this.lines.length - 1));
  }

  /** Seeks the text without its last character, from the newest line on. */
  erase(): void {
    this.sought = [...this.sought].slice(0, -1).join("");
    this.index = this.lines.length;
    this.seekFrom(this.lines.length - 1);
  }

  /** Seeks an older line, other than the one that was found. */
  older(): void {
    const { found } = this;
    let from = this.index - 1;
    while (from >= 0 && this.lines[from] === found) from--;
    this.seekFrom(from);
  }

  private seekFrom(from: number): void {
    this.hasFailed = false;
    if (this.sought === "") return;
    for (let index = from; index >= 0; index--) {
      if (!this.lines[index].includes(this.sought)) continue;
      this.index = index;
      return;
    }
    this.hasFailed = true;
  }
}
