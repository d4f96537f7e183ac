// Purpose: the command table with those commands of the real server that Rusk has not got yet, so
// that rules mean the same to both.

import { Category, type Command, type Commands, Flag } from "../../src/calls/command.ts";
import { maskOf } from "../../src/calls/key_specs.ts";
import { commandTable } from "../../src/commands/all.ts";
import type { Reply } from "../config/redis_server.ts";

/** An item of COMMAND's reply. */
interface Info {
  name: string;
  arity: number;
  flags: (keyof typeof Flag)[];
  categories: (keyof typeof Category)[];
  subcommands: Reply[];
}

/** `infos` is the reply to COMMAND of the real server. */
export function allCommands(infos: Reply): Commands {
  const all: Command[] = commandTable.all.map((command) => ({ ...command }));
  const byName = new Map(all.map((command) => [command.name, command]));
  for (const each of all) {
    const subcommands = [...(each.subcommands ?? [])].map(
      ([word, { name }]) => [word, byName.get(name) ?? each] as const,
    );
    const container = each.container && (byName.get(each.container.name) ?? null);
    const isContainer = each.subcommands !== null;
    Object.assign(each, { container, subcommands: isContainer ? new Map(subcommands) : null });
  }
  const add = (info: Info, container: Command | null): void => {
    let command = byName.get(info.name);
    if (command === undefined) {
      command = plainCommand(info, all.length, container);
      all.push(command);
      byName.set(info.name, command);
      const siblings = container?.subcommands as Map<string, Command> | undefined;
      siblings?.set(info.name.split("|")[1], command);
    }
    for (const subcommand of info.subcommands) add(infoOf(subcommand), command);
  };
  for (const info of infos as Reply[]) add(infoOf(info), null);
  return {
    all,
    commands: new Map(all.filter((command) => !command.container).map((each) => [each.name, each])),
    find: (fullName) => byName.get(fullName.toLowerCase()),
    resolve(argumentCount, text) {
      const first = byName.get(text(0).toLowerCase());
      if (!first?.subcommands || argumentCount === 1) return first;
      return first.subcommands.get(text(1).toLowerCase());
    },
  };
}

function infoOf(reply: Reply): Info {
  const [name, arity, flags, , , , categories, , , subcommands] = reply as never[];
  const names = (categories as string[]).map((category) => category.slice(1));
  return { name, arity, flags, categories: names as Info["categories"], subcommands };
}

/** A command without keys. */
function plainCommand(info: Info, id: number, container: Command | null): Command {
  const { name, arity } = info;
  return {
    id,
    name,
    group: "server",
    arity,
    flags: maskOf(Flag, info.flags),
    categories: maskOf(Category, info.categories),
    firstKey: 0,
    lastKey: 0,
    keyStep: 0,
    container,
    subcommands: info.subcommands.length > 0 ? new Map() : null,
    entry: { arity, since: "1.0.0", summary: "" },
  };
}
