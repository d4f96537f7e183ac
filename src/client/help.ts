/** HELP of the client: what it knows of commands, from the command table. */

import { RUSK_VERSION } from "../base/version.ts";
import type { TableCommand } from "../calls/table.ts";
import { argumentTexts, typedName } from "./synopsis.ts";

const BOLD = "\x1b[1m";
const GREY = "\x1b[90m";
const YELLOW = "\x1b[33m";
const PLAIN = "\x1b[0m";
const GROUP_MARK = "@";

/** What `help` shows: of a command, of a group (`@list`), or of itself. */
export function helpFor(
  words: readonly string[],
  commands: readonly TableCommand[],
  programName: string,
): string {
  if (words.length === 0) return generalHelp(programName);
  const first = words[0];
  if (first.startsWith(GROUP_MARK)) {
    const group = first.slice(1).toLowerCase().replaceAll("_", "-");
    const known = sorted(commands).filter((command) => command.group === group);
    return `${known.map((command) => helpOf(command, false)).join("")}\r\n`;
  }
  const wanted = words.map((word) => word.toLowerCase());
  const found = sorted(commands).filter(({ name }) => {
    const parts = name.split("|");
    return wanted.length <= parts.length && wanted.every((word, i) => word === parts[i]);
  });
  return `${found.map((command) => helpOf(command, true)).join("")}\r\n`;
}

/** The groups that `help` takes, with their mark. */
export const groupNames = (commands: readonly TableCommand[]): string[] =>
  [...new Set(commands.map(({ group }) => group))].map((group) => GROUP_MARK + group).sort();

const sorted = (commands: readonly TableCommand[]) =>
  commands.toSorted((a, b) => (typedName(a) < typedName(b) ? -1 : 1));

function helpOf(command: TableCommand, tellsGroup: boolean): string {
  const { entry, group } = command;
  const syntax = argumentTexts(command).join(" ");
  const line = (name: string, text: string) => `  ${YELLOW}${name}:${PLAIN} ${text}\r\n`;
  return (
    `\r\n  ${BOLD}${typedName(command)}${PLAIN} ${GREY}${syntax}${PLAIN}\r\n` +
    line("summary", entry.summary) +
    line("since", entry.since) +
    (tellsGroup ? line("group", group) : "")
  );
}

const generalHelp = (programName: string) => `${programName} ${RUSK_VERSION}
To get help about Redis commands type:
      "help @<group>" to get a list of commands in <group>
      "help <command>" for help on <command>
      "help <tab>" to get a list of possible help topics
      "quit" to exit

To set ${programName} preferences:
      ":set hints" enable online hints
      ":set nohints" disable online hints
Set your preferences in ~/.redisclirc
`;
