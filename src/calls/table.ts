/**
 * The command table: every command with its handler, and all that follows from its description.
 *
 * A command is one entry of a group, beside its handler. Only what Redis does not imply is written
 * there; flags imply ACL categories, key specs imply the legacy key range and `movablekeys`, the
 * line of arguments (argument_grammar.ts) implies COMMAND DOCS. CommandTable puts the groups
 * together, once, at start.
 */
import { assert } from "../base/assert.ts";
import type { Call } from "./call.ts";
import {
  CATEGORY_OF_GROUP,
  Category,
  type Command,
  type CommandDescription,
  type Commands,
  Flag,
  type GroupName,
  HiddenFlag,
} from "./command.ts";
import { type ArgumentText, legacyRange, maskOf } from "./key_specs.ts";

/** Carries out one call: parses, finds keys, changes, replies. */
export type Handler = (call: Call) => void;

const ALL_FLAGS = { ...Flag, ...HiddenFlag };

/** A command as its author writes it. */
export interface CommandEntry extends CommandDescription {
  /** Only a container may do without: its subcommands are all it has. */
  readonly run?: Handler;
  /** By name in upper case, as they are to be shown by HELP. */
  readonly subcommands?: Readonly<Record<string, CommandEntry>>;
}

/** The entries of one group, by name in upper case. */
export interface CommandGroup {
  readonly name: GroupName;
  readonly entries: Readonly<Record<string, CommandEntry>>;
}

/** Declares commands of group `name`; one group may be declared in several files. */
export function group(
  name: GroupName,
  entries: Readonly<Record<string, CommandEntry>>,
): CommandGroup {
  return { name, entries };
}

/** A command of the table: what it is, and its handler. */
export interface TableCommand extends Command {
  /** Null for a container that is nothing but its subcommands. */
  readonly run: Handler | null;
  readonly subcommands: ReadonlyMap<string, TableCommand> | null;
}

/** All commands of the server, with their handlers. */
export class CommandTable implements Commands {
  readonly all: readonly TableCommand[];
  get commands(): ReadonlyMap<string, TableCommand> {
    return this.commandsByName;
  }

  private readonly commandsByName: Map<string, TableCommand>;

  /** Throws when two entries have the same name, or one can not be run. */
  constructor(groups: readonly CommandGroup[]) {
    const all: TableCommand[] = [];
    const commands = new Map<string, TableCommand>();
    for (const { name: groupName, entries } of groups) {
      for (const [name, entry] of Object.entries(entries)) {
        const command = addCommand(all, groupName, name.toLowerCase(), entry, null);
        assert(!commands.has(command.name), `two commands are named ${command.name}`);
        commands.set(command.name, command);
      }
    }
    this.all = all;
    this.commandsByName = commands;
  }

  /**
   * Gives a command another name, or takes it away when `to` is empty (rename-command); the reason
   * why that can not be, or null.
   */
  rename(from: string, to: string): string | null {
    const command = this.commandsByName.get(from.toLowerCase());
    if (command === undefined) return "No such command in rename-command";
    const [oldName, newName] = [from.toLowerCase(), to.toLowerCase()];
    if (newName !== oldName && this.commandsByName.has(newName)) {
      return "Target command name already exists";
    }
    this.commandsByName.delete(oldName);
    if (newName !== "") this.commandsByName.set(newName, command);
    return null;
  }

  find(fullName: string): TableCommand | undefined {
    const [name, subcommand, ...rest] = fullName.toLowerCase().split("|");
    const command = this.commands.get(name);
    if (subcommand === undefined) return command;
    return rest.length === 0 ? command?.subcommands?.get(subcommand) : undefined;
  }

  resolve(argumentCount: number, text: ArgumentText): TableCommand | undefined {
    const command = this.commands.get(text(0).toLowerCase());
    if (!command?.subcommands || argumentCount === 1) return command;
    return command.subcommands.get(text(1).toLowerCase());
  }
}

function addCommand(
  all: TableCommand[],
  groupName: GroupName,
  name: string,
  entry: CommandEntry,
  container: Command | null,
): TableCommand {
  assert(entry.run !== undefined || entry.subcommands !== undefined, `${name} has no handler`);
  const range = legacyRange(entry.keys ?? []);
  let flags = maskOf(ALL_FLAGS, entry.flags) | (range.movable ? Flag.movablekeys : 0);
  // Whether a command waits must be known before the next one.
  if ((flags & (Flag.fast | Flag.blocking)) === Flag.fast) flags |= HiddenFlag.brief;
  const subcommands = entry.subcommands ? new Map<string, TableCommand>() : null;
  const command: TableCommand = {
    id: all.length,
    name,
    group: groupName,
    run: entry.run ?? null,
    arity: entry.arity,
    flags,
    categories: categoriesOf(groupName, entry, flags),
    firstKey: range.first,
    lastKey: range.last,
    keyStep: range.step,
    container,
    subcommands,
    entry,
  };
  all.push(command);
  for (const [word, subentry] of Object.entries(entry.subcommands ?? {})) {
    const lower = word.toLowerCase();
    subcommands?.set(lower, addCommand(all, groupName, `${name}|${lower}`, subentry, command));
  }
  return command;
}

/** The written categories, or else the group's, and those that flags imply. */
function categoriesOf(groupName: GroupName, entry: CommandEntry, flags: number): number {
  let mask = maskOf(Category, entry.acl);
  const ofGroup = CATEGORY_OF_GROUP[groupName];
  if (entry.acl === undefined && ofGroup !== null && entry.run !== undefined) {
    mask |= Category[ofGroup];
  }
  if ((flags & Flag.write) !== 0) mask |= Category.write;
  if ((flags & Flag.readonly) !== 0 && (mask & Category.scripting) === 0) mask |= Category.read;
  if ((flags & Flag.admin) !== 0) mask |= Category.admin | Category.dangerous;
  if ((flags & Flag.pubsub) !== 0) mask |= Category.pubsub;
  if ((flags & Flag.blocking) !== 0) mask |= Category.blocking;
  return mask | ((flags & Flag.fast) !== 0 ? Category.fast : Category.slow);
}
