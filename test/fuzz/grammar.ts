/**
 * Purpose: the grammar of commands, as the real server's COMMAND DOCS tells it.
 */

import type { Client } from "../client/client.ts";
import { plain } from "../client/resp.ts";

/** One argument, or a group of them. */
export interface Argument {
  name: string;
  /** As in COMMAND DOCS: key, string, integer, double, pattern, unix-time, pure-token ... */
  type: string;
  token: string | undefined;
  optional: boolean;
  multiple: boolean;
  /** With `multiple`: the token is repeated, too. */
  multipleToken: boolean;
  members: Argument[];
}

/** A command, or a subcommand with its container's name. */
export interface Command {
  /** In lower case; `client|list` for a subcommand. */
  name: string;
  /** Its first words: ["CLIENT", "LIST"]. */
  words: string[];
  group: string;
  arguments: Argument[];
  /** All tokens of its arguments. */
  tokens: string[];
}

/** The grammar of every command and subcommand that both servers list, in order of names. */
export async function readGrammar(real: Client, tested: Client): Promise<Command[]> {
  const known = await commandNames(tested);
  const docs = docsOf(plain(await docsReply(real)));
  const commands: Command[] = [];
  for (const [name, doc] of docs) {
    const subcommands = doc.get("subcommands");
    if (subcommands === undefined) commands.push(readCommand(name, doc));
    else for (const [full, sub] of docsOf(subcommands)) commands.push(readCommand(full, sub));
  }
  return commands.filter(({ name }) => known.has(name)).sort((a, b) => (a.name < b.name ? -1 : 1));
}

/** The names in COMMAND LIST, in lower case. Throws when the server has no such command. */
export async function commandNames(client: Client): Promise<Set<string>> {
  const reply = await client.command("COMMAND", "LIST");
  if (reply.type !== "array") throw new Error(`COMMAND LIST replied ${JSON.stringify(reply)}`);
  return new Set((plain(reply) as string[]).map((name) => name.toLowerCase()));
}

type Doc = Map<string, unknown>;

async function docsReply(client: Client) {
  await client.command("HELLO", 3);
  const reply = await client.command("COMMAND", "DOCS");
  await client.command("HELLO", 2);
  return reply;
}

function docsOf(value: unknown): Map<string, Doc> {
  return value as Map<string, Doc>;
}

function readCommand(name: string, doc: Doc): Command {
  const args = ((doc.get("arguments") ?? []) as Doc[]).map(readArgument);
  return {
    name,
    words: name.toUpperCase().split("|"),
    group: String(doc.get("group")),
    arguments: args,
    tokens: [...new Set(args.flatMap(tokensOf))],
  };
}

function readArgument(doc: Doc): Argument {
  const flags = [...((doc.get("flags") ?? []) as Iterable<string>)];
  return {
    name: String(doc.get("name")),
    type: String(doc.get("type")),
    token: doc.get("token") as string | undefined,
    optional: flags.includes("optional"),
    multiple: flags.includes("multiple"),
    multipleToken: flags.includes("multiple_token"),
    members: ((doc.get("arguments") ?? []) as Doc[]).map(readArgument),
  };
}

function tokensOf(argument: Argument): string[] {
  const own = argument.token ? [argument.token] : [];
  return [...own, ...argument.members.flatMap(tokensOf)];
}
