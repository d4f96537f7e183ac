/**
 * HELP of a container: its subcommands with their arguments and summaries, from the table. Clients
 * and tests know the shape: a header, then pairs of lines, the second indented, HELP as the last.
 */
import { synopsis } from "./argument_grammar.ts";
import type { Call } from "./call.ts";
import { argumentsOf, type Command, fitsArity } from "./command.ts";
import type { CommandEntry } from "./table.ts";

const HELP_SUMMARY = "Prints this help.";

/** The entry of a container's HELP, which Redis has had since that version. */
export function helpEntry(since: string): CommandEntry {
  return {
    run: help,
    arity: 2,
    flags: ["loading", "stale"],
    since,
    complexity: "O(1)",
    summary: HELP_SUMMARY,
  };
}

/** Replies the help of the command that was called: pairs of a subcommand's syntax and its text. */
export function replyHelp(call: Call, lines: readonly (readonly string[])[]): void {
  const { reply } = call;
  const name = call.cText(0).toUpperCase();
  reply.array(1 + 2 * lines.length + 2);
  reply.simple(`${name} <subcommand> [<arg> [value] [opt] ...]. Subcommands are:`);
  for (const [syntax, text] of [...lines, ["HELP", HELP_SUMMARY]]) {
    reply.simple(syntax);
    reply.simple(`    ${text}`);
  }
}

function help(call: Call): void {
  const container = call.command.container as Command;
  const lines: string[][] = [];
  if (fitsArity(container, 1)) lines.push(["(no subcommand)", container.entry.summary]);
  for (const command of container.subcommands?.values() ?? []) {
    if (!command.name.endsWith("|help")) lines.push([syntaxOf(command), command.entry.summary]);
  }
  replyHelp(call, lines);
}

function syntaxOf(command: Command): string {
  const word = command.name.slice(command.name.indexOf("|") + 1).toUpperCase();
  return `${word} ${synopsis(argumentsOf(command))}`.trimEnd();
}
