/**
 * One line at a terminal: moving about in it, the lines before it, a search in these, completion
 * with the tab key, and a hint behind it. What is too long for the terminal is shown in part. Keys
 * are those of Emacs.
 */
import { charactersOf, columnsOf, widthOf } from "./columns.ts";
import { HistorySearch } from "./history_search.ts";
import type { InputBytes } from "./input_bytes.ts";
import { CR, control, DELETE, type Key, LF, nextKey, TAB } from "./terminal_keys.ts";

export interface Screen {
  columns(): number;
  setRaw(isRaw: boolean): void;
  write(text: string): void;
}

/** What is known of the line as it stands. */
export interface Knowledge {
  hint(line: string): string;
  completions(line: string): string[];
}

const ERASE_RIGHT = "\x1b[0K";
const GREY = "\x1b[0;90;49m";
const PLAIN = "\x1b[0m";
/** Of too wide a prompt the end is shown, so that there are so many columns for the line. */
const LINE_WIDTH_MIN = 6;
const BELL = "\x07";
const CLEAR_SCREEN = "\x1b[H\x1b[2J";

export class LineEditor {
  private readonly input: InputBytes;
  private readonly screen: Screen;
  private readonly knowledge: Knowledge;
  private prompt = "";
  /** The characters of the line, and the place in it. */
  private line: string[] = [];
  private at = 0;
  /** What was typed before, and how far back in it this is: 0 is the line itself. */
  private older: readonly string[] = [];
  private back = 0;
  private typed: string[] = [];

  constructor(input: InputBytes, screen: Screen, knowledge: Knowledge) {
    this.input = input;
    this.screen = screen;
    this.knowledge = knowledge;
  }

  /** The line that is typed; null if the person wants to end. */
  async edit(prompt: string, older: readonly string[]): Promise<string | null> {
    this.prompt = prompt;
    this.older = older;
    this.back = 0;
    this.line = [];
    this.at = 0;
    this.screen.setRaw(true);
    try {
      this.draw(true);
      return await this.readLine();
    } finally {
      this.screen.setRaw(false);
    }
  }

  private async readLine(): Promise<string | null> {
    let key = await nextKey(this.input);
    for (;;) {
      if (key === null) return this.finish(null);
      if ("code" in key) {
        if (key.code === TAB) {
          key = await this.complete();
          continue;
        }
        if (key.code === control("R")) {
          key = await this.search();
          continue;
        }
        if (key.code === CR || key.code === LF) return this.finish(this.line.join(""));
        if (key.code === control("C")) return this.finish(null);
        if (key.code === control("D") && this.line.length === 0) return this.finish(null);
      }
      this.apply(key);
      this.draw(true);
      key = await nextKey(this.input);
    }
  }

  private finish(line: string | null): string | null {
    this.at = this.line.length;
    this.draw(false);
    this.screen.write("\r\n");
    return line;
  }

  private apply(key: Key): void {
    if ("text" in key) this.insert(key.text);
    else this.actions[("name" in key ? key.name : String(key.code)) as string]?.();
  }

  private readonly actions: Readonly<Record<string, () => void>> = {
    up: () => this.recall(1),
    down: () => this.recall(-1),
    left: () => this.moveTo(this.at - 1),
    right: () => this.moveTo(this.at + 1),
    home: () => this.moveTo(0),
    end: () => this.moveTo(this.line.length),
    delete: () => this.cut(this.at, this.at + 1),
    "word-left": () => this.moveTo(this.wordStart()),
    "word-right": () => this.moveTo(this.wordEnd()),
    [control("A")]: () => this.moveTo(0),
    [control("B")]: () => this.moveTo(this.at - 1),
    [control("D")]: () => this.cut(this.at, this.at + 1),
    [control("E")]: () => this.moveTo(this.line.length),
    [control("F")]: () => this.moveTo(this.at + 1),
    [control("H")]: () => this.cut(this.at - 1, this.at),
    [DELETE]: () => this.cut(this.at - 1, this.at),
    [control("K")]: () => this.cut(this.at, this.line.length),
    [control("L")]: () => this.screen.write(CLEAR_SCREEN),
    [control("N")]: () => this.recall(-1),
    [control("P")]: () => this.recall(1),
    [control("T")]: () => this.swap(),
    [control("U")]: () => this.cut(0, this.line.length),
    [control("W")]: () => this.cut(this.wordStart(), this.at),
  };

  private insert(text: string): void {
    // An accent that comes alone is one with the letter before it.
    const before = charactersOf(this.line.slice(0, this.at).join("") + text);
    const after = this.line.slice(this.at);
    this.line = [...before, ...after];
    this.at = before.length;
  }

  private moveTo(place: number): void {
    this.at = Math.max(0, Math.min(this.line.length, place));
  }

  private cut(from: number, to: number): void {
    if (from < 0) return;
    this.line.splice(from, to - from);
    this.at = Math.min(from, this.line.length);
  }

  private swap(): void {
    if (this.at === 0 || this.at >= this.line.length) return;
    const [a, b] = [this.line[this.at - 1], this.line[this.at]];
    this.line.splice(this.at - 1, 2, b, a);
    this.moveTo(this.at + 1);
  }

  private wordStart(): number {
    let place = this.at;
    while (place > 0 && this.line[place - 1] === " ") place--;
    while (place > 0 && this.line[place - 1] !== " ") place--;
    return place;
  }

  private wordEnd(): number {
    let place = this.at;
    while (place < this.line.length && this.line[place] === " ") place++;
    while (place < this.line.length && this.line[place] !== " ") place++;
    return place;
  }

  /** Shows the line so many further back in what was typed. */
  private recall(step: number): void {
    const back = this.back + step;
    if (back < 0 || back > this.older.length) return;
    if (this.back === 0) this.typed = this.line;
    this.back = back;
    const old = this.older[this.older.length - back];
    this.line = back === 0 ? this.typed : charactersOf(old);
    this.at = this.line.length;
  }

  /** Offers completions, one after the other; returns the key that ends that. */
  private async complete(): Promise<Key | null> {
    const typed = this.line;
    const offers = this.knowledge.completions(typed.join(""));
    if (offers.length === 0) {
      this.screen.write(BELL);
      return nextKey(this.input);
    }
    for (let index = 0; ; index = (index + 1) % (offers.length + 1)) {
      const isOffer = index < offers.length;
      this.line = isOffer ? charactersOf(offers[index]) : typed;
      this.at = this.line.length;
      this.draw(true);
      if (!isOffer) this.screen.write(BELL);
      const key = await nextKey(this.input);
      if (key === null || !("code" in key) || key.code !== TAB) return key;
    }
  }

  /** Seeks in the lines before; returns the key that ends that, and the line is what was found. */
  private async search(): Promise<Key | null> {
    const { prompt, line, at } = this;
    const search = new HistorySearch(this.older);
    let key: Key | null;
    for (;;) {
      const failed = search.hasFailed ? "failed " : "";
      this.prompt = `(${failed}reverse-i-search)'${search.sought}': `;
      this.draw(false);
      key = await nextKey(this.input);
      if (!follow(search, key)) break;
      if (search.hasFailed) this.screen.write(BELL);
      this.line = search.found === null ? line : charactersOf(search.found);
      this.at = search.found === null ? at : charactersOf(search.before).length;
    }
    this.prompt = prompt;
    const isGivenUp = key !== null && "code" in key && key.code === control("G");
    if (isGivenUp) {
      this.line = line;
      this.at = at;
    }
    this.draw(true);
    return key;
  }

  /** Shows the line around the place in it, and behind it, if there is room, a hint. */
  private draw(showsHint: boolean): void {
    const { line, at } = this;
    const columns = this.screen.columns();
    const prompt = lastOf(charactersOf(this.prompt), columns - LINE_WIDTH_MIN);
    const promptWidth = widthOf(prompt);
    const room = Math.max(1, columns - promptWidth - 1);
    let from = at;
    let column = 0;
    while (from > 0 && column + columnsOf(line[from - 1]) <= room)
      column += columnsOf(line[--from]);
    let end = at;
    let width = column;
    while (end < line.length && width + columnsOf(line[end]) <= room) {
      width += columnsOf(line[end++]);
    }
    const hint = showsHint && from === 0 ? this.knowledge.hint(line.join("")) : "";
    const fits = hint.slice(0, end < line.length ? 0 : room - width);
    this.screen.write(
      `\r${prompt.join("")}${line.slice(from, end).join("")}` +
        `${fits === "" ? "" : GREY + fits + PLAIN}${ERASE_RIGHT}\r` +
        (promptWidth + column > 0 ? `\x1b[${promptWidth + column}C` : ""),
    );
  }
}

/** The last of these characters that fit into so many columns. */
function lastOf(characters: readonly string[], columns: number): string[] {
  let from = characters.length;
  let width = 0;
  while (from > 0) {
    width += columnsOf(characters[from - 1]);
    if (width > columns) break;
    from--;
  }
  return characters.slice(from);
}

/** Whether a search goes on with this key. */
function follow(search: HistorySearch, key: Key | null): boolean {
  if (key === null || "name" in key) return false;
  if ("text" in key) search.type(key.text);
  else if (key.code === control("R")) search.older();
  else if (key.code === control("H") || key.code === DELETE) search.erase();
  else return false;
  return true;
}
