/** COMMAND and its subcommands: what the server tells clients about its commands. */
import { matchGlob } from "../../base/glob.ts";
import type { Call } from "../../calls/call.ts";
import {
  Category,
  type Command,
  Flag,
  findKeys,
  fitsArity,
  takesKeys,
} from "../../calls/command.ts";
import { helpEntry } from "../../calls/help.ts";
import type { KeyRef } from "../../calls/key_specs.ts";
import { group } from "../../calls/table.ts";
import { CommandError, SYNTAX } from "../../protocol/errors.ts";
import { replyAllDocs, replyInfo, replyKeyFlags } from "./command_docs.ts";

const NO_SUCH_COMMAND = new CommandError("ERR Invalid command specified");
const NO_KEYS = new CommandError("ERR The command has no key arguments");
const BAD_ARITY = new CommandError("ERR Invalid number of arguments specified for command");
const BAD_ARGUMENTS = new CommandError("ERR Invalid arguments specified for command");

export const commandCommands = group("server", {
  COMMAND: {
    run: command,
    arity: -1,
    flags: ["loading", "stale"],
    acl: ["connection"],
    since: "2.8.13",
    complexity: "O(N) where N is the total number of Redis commands",
    summary: "Describes every command of the server.",
    tips: ["nondeterministic_output_order"],
    subcommands: {
      COUNT: {
        run: commandCount,
        arity: 2,
        flags: ["loading", "stale"],
        acl: ["connection"],
        since: "2.8.13",
        complexity: "O(1)",
        summary: "Counts the commands of the server.",
      },
      DOCS: {
        run: commandDocs,
        arity: -2,
        flags: ["loading", "stale"],
        acl: ["connection"],
        args: "[command-name ...]",
        since: "7.0.0",
        complexity: "O(N) where N is the number of commands to look up",
        summary: "Documents the named commands, or all.",
        tips: ["nondeterministic_output_order"],
      },
      GETKEYS: {
        run: commandGetkeys,
        arity: -4,
        flags: ["loading", "stale"],
        acl: ["connection"],
        since: "2.8.13",
        complexity: "O(N) where N is the number of arguments to the command",
        summary: "Lists the keys in a full command that follows.",
      },
      GETKEYSANDFLAGS: {
        run: commandGetkeysandflags,
        arity: -4,
        flags: ["loading", "stale"],
        acl: ["connection"],
        since: "7.0.0",
        complexity: "O(N) where N is the number of arguments to the command",
        summary: "Lists the keys in a full command that follows, and how it uses each.",
      },
      INFO: {
        run: commandInfo,
        arity: -2,
        flags: ["loading", "stale"],
        acl: ["connection"],
        args: "[command-name ...]",
        since: "2.8.13",
        complexity: "O(N) where N is the number of commands to look up",
        summary: "Describes the named commands, or all.",
        history: [["7.0.0", "Allowed to be called with no argument to get info on all commands."]],
        tips: ["nondeterministic_output_order"],
      },
      LIST: {
        run: commandList,
        arity: -2,
        flags: ["loading", "stale"],
        acl: ["connection"],
        args: "[FILTERBY filterby:{MODULE module-name | ACLCAT category | PATTERN pattern}]",
        since: "7.0.0",
        complexity: "O(N) where N is the total number of Redis commands",
        summary: "Names the commands of the server, or those that a filter keeps.",
        tips: ["nondeterministic_output_order"],
      },
      HELP: { ...helpEntry("5.0.0"), acl: ["connection"] },
    },
  },
});

function command({ reply, server }: Call): void {
  const { commands } = server.table;
  reply.array(commands.size);
  for (const each of commands.values()) replyInfo(reply, each);
}

function commandCount({ reply, server }: Call): void {
  reply.integer(server.table.commands.size);
}

function commandInfo(call: Call): void {
  const { reply } = call;
  if (call.argc === 2) {
    command(call);
    return;
  }
  reply.array(call.argc - 2);
  for (let index = 2; index < call.argc; index++) {
    const found = call.server.table.find(call.text(index));
    if (found === undefined) reply.nil();
    else replyInfo(reply, found);
  }
}

function commandDocs(call: Call): void {
  const { table } = call.server;
  if (call.argc === 2) {
    replyAllDocs(call.reply, [...table.commands.values()]);
    return;
  }
  const named: Command[] = [];
  for (let index = 2; index < call.argc; index++) {
    const found = table.find(call.text(index));
    if (found !== undefined) named.push(found);
  }
  replyAllDocs(call.reply, named);
}

function commandList(call: Call): void {
  const keeps = listFilter(call);
  const names = call.server.table.all.filter(keeps).map(({ name }) => name);
  call.reply.array(names.length);
  for (const name of names) call.reply.bulkText(name);
}

function listFilter(call: Call): (command: Command) => boolean {
  if (call.argc === 2) return () => true;
  if (call.argc !== 5 || !call.is(2, "filterby")) throw SYNTAX;
  switch (call.cText(3).toLowerCase()) {
    case "module":
      return () => false; // there are no modules
    case "aclcat": {
      const names: Readonly<Record<string, number>> = Category;
      const wanted = call.cText(4).toLowerCase();
      const category = Object.hasOwn(names, wanted) ? names[wanted] : 0;
      return ({ categories }) => (categories & category) !== 0;
    }
    case "pattern": {
      const pattern = call.text(4);
      return ({ name }) => matchGlob(pattern, name, true);
    }
    default:
      throw SYNTAX;
  }
}

function commandGetkeys(call: Call): void {
  const keys = keysOfCall(call);
  call.reply.array(keys.length);
  for (const { index } of keys) call.reply.bulkText(call.text(index + 2));
}

function commandGetkeysandflags(call: Call): void {
  const keys = keysOfCall(call);
  call.reply.array(keys.length);
  for (const { index, flags } of keys) {
    call.reply.array(2);
    call.reply.bulkText(call.text(index + 2));
    replyKeyFlags(call.reply, flags);
  }
}

/** The keys of the command that stands in the arguments from 2 on. */
function keysOfCall(call: Call): KeyRef[] {
  const count = call.argc - 2;
  const text = (index: number): string => call.text(index + 2);
  const named = call.server.table.resolve(count, text);
  if (named === undefined) throw NO_SUCH_COMMAND;
  if (!takesKeys(named)) throw NO_KEYS;
  if (!fitsArity(named, count)) throw BAD_ARITY;
  const keys = findKeys(named, count, text) ?? [];
  if (keys.length === 0 && (named.flags & Flag.no_mandatory_keys) === 0) throw BAD_ARGUMENTS;
  return keys;
}
