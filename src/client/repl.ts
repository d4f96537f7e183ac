/** The interactive client: lines that a person types are commands, until one says `quit`. */

import { fromLatin1, latin1 } from "../base/bytes.ts";
import { splitWords } from "../base/words.ts";
import { completionsOf, hintFor } from "./hints.ts";
import { openHistory } from "./history.ts";
import { InputBytes } from "./input_bytes.ts";
import { LineEditor } from "./line_editor.ts";
import { leadingInteger } from "./options.ts";
import type { Session } from "./session.ts";
import { holdsSecret, lower } from "./words.ts";

const RC_FILE = ".redisclirc";
/** From this time on it is told how long a command took. */
const SLOW_MS = 500;
const NO_RESTART = "Use 'restart' only in Lua debugging mode.\n";
const CLEAR_SCREEN = "\x1b[H\x1b[2J";

interface Preferences {
  showsHints: boolean;
}

/** Gives the next line, without its end; null when there is none any more. */
type NextLine = (prompt: string) => Promise<string | null>;

/** Talks with a person until the end of what they type; resolves to the exit status. */
export async function talk(session: Session): Promise<number> {
  session.isInteractive = true;
  const { terminal, onInterrupt, exit } = session.parts;
  onInterrupt(() => {
    if (!session.interrupt()) exit(1);
  });
  const preferences: Preferences = { showsHints: true };
  const isPerson = terminal.isInputTerminal();
  const history = openHistory(session.parts, isPerson);
  if (isPerson) readPreferences(session, preferences);
  const next = lineSource(session, preferences, history.lines);
  for (;;) {
    const line = await next(session.prompt);
    if (line === null) return 0;
    if (line === "") continue;
    const words = splitWords(line);
    if (words === null) {
      history.add(line);
      session.print("Invalid argument(s)\n");
      continue;
    }
    if (words.length === 0) continue;
    const { command, repeat } = repeated(words);
    if (command === null) {
      session.print("Invalid redis-cli repeat command option value.\n");
      continue;
    }
    if (!holdsSecret(command)) history.add(line);
    const name = lower(command[0]);
    if (name === "quit" || name === "exit") return 0;
    if (command[0].startsWith(":")) prefer(session, preferences, words, true);
    else if (name === "connect" && words.length === 3) await reconnect(session, words);
    else if (name === "restart" && words.length === 1) session.print(NO_RESTART);
    else if (name === "clear" && words.length === 1) session.print(CLEAR_SCREEN);
    else await runTimed(session, command, repeat);
  }
}

/** A number before a command repeats it; null for one that cannot. */
function repeated(words: string[]): { command: string[] | null; repeat: number } {
  if (words.length < 2 || !/^\s*[+-]?\d+$/.test(words[0])) return { command: words, repeat: 1 };
  const repeat = Number(words[0]);
  const isSound = repeat > 0 && Number.isSafeInteger(repeat);
  return { command: isSound ? words.slice(1) : null, repeat };
}

async function runTimed(session: Session, words: string[], repeat: number): Promise<void> {
  const startMs = session.parts.monotonicMs();
  await session.run(words, repeat);
  const elapsedMs = session.parts.monotonicMs() - startMs;
  if (elapsedMs >= SLOW_MS && session.format === "standard") {
    session.print(`(${(elapsedMs / 1000).toFixed(2)}s)\n`);
  }
}

async function reconnect(session: Session, [, host, port]: string[]): Promise<void> {
  session.link?.close();
  session.link = null;
  session.options.host = host;
  session.options.port = leadingInteger(port);
  session.options.socketPath = null;
  await session.connect();
}

/** Lines from an editor, from a terminal that can do nothing, or from no terminal at all. */
function lineSource(session: Session, preferences: Preferences, history: string[]): NextLine {
  const { parts } = session;
  const { terminal } = parts;
  const input = new InputBytes(parts.standardInput());
  const isPerson = terminal.isInputTerminal();
  const isSimple = ["dumb", "cons25", "emacs"].includes(terminal.environment("TERM") ?? "");
  if (!isPerson || isSimple) {
    return (prompt) => {
      if (isPerson) session.print(prompt);
      return input.line();
    };
  }
  const editor = new LineEditor(
    input,
    {
      columns: terminal.terminalColumns,
      setRaw: terminal.setRawInput,
      write: (text) => parts.writeStandardOutput(new TextEncoder().encode(text)),
    },
    {
      hint: (line) => (preferences.showsHints ? hintFor(line, parts.commands) : ""),
      completions: (line) => completionsOf(line, parts.commands),
    },
  );
  return async (prompt) => {
    const line = await editor.edit(prompt, history.map(textOf));
    return line === null ? null : bytesOf(line);
  };
}

/** What a person sees of bytes, and the bytes of what they type. */
const textOf = (bytes: string) => new TextDecoder().decode(fromLatin1(bytes));
function bytesOf(text: string): string {
  const bytes = new TextEncoder().encode(text);
  return latin1(bytes, 0, bytes.length);
}

/** Carries out `:set ...` of the file of preferences. */
function readPreferences(session: Session, preferences: Preferences): void {
  const { terminal, readFile } = session.parts;
  const path = terminal.environment("REDISCLI_RCFILE") ?? `${terminal.homeFolder()}/${RC_FILE}`;
  let text = "";
  try {
    text = readFile(path);
  } catch {
    return;
  }
  for (const line of text.split("\n")) {
    const words = splitWords(line);
    if (words !== null && words.length > 0) prefer(session, preferences, words, false);
  }
}

function prefer(
  session: Session,
  preferences: Preferences,
  words: readonly string[],
  isTyped: boolean,
): void {
  const [name, value] = words.map(lower);
  if (name === ":set" && value === "hints") preferences.showsHints = true;
  else if (name === ":set" && value === "nohints") preferences.showsHints = false;
  else if (name === ":set" && value !== undefined) {
    session.print(`${isTyped ? "" : ".redisclirc: "}unknown redis-cli preference '${words[1]}'\n`);
  } else {
    session.print(
      `${isTyped ? "" : ".redisclirc: "}unknown redis-cli internal command '${words[0]}'\n`,
    );
  }
}
