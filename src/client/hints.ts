/** What may follow a line that a person types: hints of arguments, and completions of names. */
import type { TableCommand } from "../calls/table.ts";
import { groupNames } from "./help.ts";
import { argumentTexts, typedName } from "./synopsis.ts";

const HELP = /^(\s*help\s+)(.*)$/is;

/** The arguments that may follow; "" when nothing is known. */
export function hintFor(line: string, commands: readonly TableCommand[]): string {
  const words = line.split(/\s+/).filter((word) => word !== "");
  const endsInBlank = /\s$/.test(line);
  if (words.length === 0) return "";
  const command = commandOf(words, commands);
  if (command === null) return "";
  const nameCount = command.name.split("|").length;
  let hint = argumentTexts(command).join(" ");
  for (let typed = words.length - nameCount; typed > 0; typed--) {
    if (hint === "" || hint.startsWith("[")) break;
    const blank = hint.indexOf(" ");
    hint = blank < 0 ? "" : hint.slice(blank + 1);
  }
  return hint === "" || endsInBlank ? hint : ` ${hint}`;
}

/** The command with the longest name that these words begin with. */
function commandOf(words: string[], commands: readonly TableCommand[]): TableCommand | null {
  const [first, second] = words.map((word) => word.toLowerCase());
  const name = commands.find((command) => command.name === first);
  return name?.subcommands?.get(`${second}`) ?? name ?? null;
}

/** Whole lines that this one may be the beginning of. */
export function completionsOf(line: string, commands: readonly TableCommand[]): string[] {
  const help = HELP.exec(line);
  const [before, wanted] = help === null ? ["", line] : [help[1], help[2]];
  const names = commands.map(typedName).sort();
  const topics = help === null ? names : [...groupNames(commands), ...names];
  const begin = wanted.toUpperCase();
  return topics
    .filter((topic) => topic.toUpperCase().startsWith(begin))
    .map((topic) => before + topic);
}
