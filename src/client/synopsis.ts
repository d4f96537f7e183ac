/** What follows the name of a command, as redis-cli puts it: `key value [NX|XX] [EX seconds]`. */
import type { Argument } from "../calls/argument_grammar.ts";
import { argumentsOf } from "../calls/command.ts";
import type { TableCommand } from "../calls/table.ts";

/** The arguments of a command, each as a text of its own. */
export const argumentTexts = (command: TableCommand): string[] =>
  argumentsOf(command).map(argumentText);

/** A command's name as it is typed: CONFIG GET. */
export const typedName = ({ name }: TableCommand) => name.replace("|", " ").toUpperCase();

function argumentText(argument: Argument): string {
  const { token, optional, multiple, multipleToken } = argument;
  const own = valueText(argument);
  const announced = token === undefined ? own : `${token || '""'}${own === "" ? "" : ` ${own}`}`;
  let text = announced;
  if (multiple) text += ` [${multipleToken ? announced : own} ...]`;
  return optional ? `[${text}]` : text;
}

function valueText({ type, name, members }: Argument): string {
  if (type === "pure-token") return "";
  if (type === "block") return members.map(argumentText).join(" ");
  if (type === "oneof") return members.map(argumentText).join("|");
  return name;
}
