/**
 * The command table: what a command is, as data, and all that follows from it.
 *
 * A command is one entry of a group, beside its handler. Only what Redis does not imply is written
 * there; flags imply ACL categories, key specs imply the legacy key range and `movablekeys`, the
 * line of arguments (argument_grammar.ts) implies COMMAND DOCS. CommandTable puts the groups
 * together, once, at start.
 */
import { assert } from "../base/assert.ts";
import { type Argument, parseArguments } from "./argument_grammar.ts";
import type { Call } from "./call.ts";
import {
  type ArgumentText,
  findKeysBySpecs,
  type KeyFinder,
  type KeyRef,
  type KeySpec,
  legacyRange,
  maskOf,
} from "./key_specs.ts";

/** Carries out one call: parses, finds keys, changes, replies. */
export type Handler = (call: Call) => void;

/** Command flags, in the order of replies. */
export const Flag = {
  write: 1 << 0,
  readonly: 1 << 1,
  denyoom: 1 << 2,
  admin: 1 << 3,
  pubsub: 1 << 4,
  noscript: 1 << 5,
  blocking: 1 << 6,
  loading: 1 << 7,
  stale: 1 << 8,
  skip_monitor: 1 << 9,
  skip_slowlog: 1 << 10,
  asking: 1 << 11,
  fast: 1 << 12,
  no_auth: 1 << 13,
  no_mandatory_keys: 1 << 14,
  no_async_loading: 1 << 15,
  no_multi: 1 << 16,
  movablekeys: 1 << 17,
  allow_busy: 1 << 18,
} as const;

/** Flags that the server minds and no reply shows. */
export const HiddenFlag = {
  /** Refused unless a directive of its own (enable-debug-command) allows it. */
  protected: 1 << 19,
  /** Not a write, but what it does may reach replicas (PUBLISH, EVAL). */
  may_replicate: 1 << 20,
  /** Takes about as long as a look-up: calls in a row are timed together. Fast commands do. */
  brief: 1 << 21,
} as const;

/** ACL categories, in the order of replies. */
export const Category = {
  keyspace: 1 << 0,
  read: 1 << 1,
  write: 1 << 2,
  set: 1 << 3,
  sortedset: 1 << 4,
  list: 1 << 5,
  hash: 1 << 6,
  string: 1 << 7,
  bitmap: 1 << 8,
  hyperloglog: 1 << 9,
  geo: 1 << 10,
  stream: 1 << 11,
  pubsub: 1 << 12,
  admin: 1 << 13,
  fast: 1 << 14,
  slow: 1 << 15,
  blocking: 1 << 16,
  dangerous: 1 << 17,
  connection: 1 << 18,
  transaction: 1 << 19,
  scripting: 1 << 20,
} as const;

const ALL_FLAGS = { ...Flag, ...HiddenFlag };

type WrittenFlag = Exclude<keyof typeof ALL_FLAGS, "movablekeys">;
type CategoryName = keyof typeof Category;

/** The category that a group stands for. */
const CATEGORY_OF_GROUP = {
  string: "string",
  list: "list",
  set: "set",
  "sorted-set": "sortedset",
  hash: "hash",
  stream: "stream",
  bitmap: "bitmap",
  hyperloglog: "hyperloglog",
  geo: "geo",
  generic: "keyspace",
  pubsub: "pubsub",
  scripting: "scripting",
  connection: "connection",
  transactions: "transaction",
  server: null,
  cluster: null,
} as const;

/** Command groups, as COMMAND DOCS names them. */
export type GroupName = keyof typeof CATEGORY_OF_GROUP;

/** A command as its author writes it. Versions are Redis's. */
export interface CommandEntry {
  /** Only a container may do without: its subcommands are all it has. */
  readonly run?: Handler;
  /** Number of arguments with the name (and subcommand); negative: at least so many. */
  readonly arity: number;
  readonly flags?: readonly WrittenFlag[];
  /** ACL categories in place of the group's; those that flags imply are never written. */
  readonly acl?: readonly CategoryName[];
  readonly keys?: readonly KeySpec[];
  /** Finds the keys where specs cannot tell them all, or not their flags. */
  readonly findKeys?: KeyFinder;
  /** The arguments, in the notation of argument_grammar.ts. */
  readonly args?: string;
  readonly since: string;
  readonly complexity?: string;
  readonly summary: string;
  /** Pairs of version and what changed in it. */
  readonly history?: readonly (readonly [string, string])[];
  readonly deprecated?: { readonly since: string; readonly replacedBy: string };
  /** Documented as a command of the system, which applications do not send. */
  readonly syscmd?: boolean;
  /** Hints for clients and proxies. */
  readonly tips?: readonly string[];
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

/** A command as the server reads it: an entry with all that follows from it. */
export interface Command {
  /** Place in CommandTable.all: an index for counters and for sets of commands. */
  readonly id: number;
  /** In lower case; a subcommand's with its container's: "client|kill". */
  readonly name: string;
  readonly group: GroupName;
  /** Null for a container that is nothing but its subcommands. */
  readonly run: Handler | null;
  readonly arity: number;
  /** Mask of Flag and HiddenFlag. */
  readonly flags: number;
  /** Mask of Category. */
  readonly categories: number;
  /** The legacy key range: positions of the first and last key, 0 if there are none. */
  readonly firstKey: number;
  readonly lastKey: number;
  readonly keyStep: number;
  readonly container: Command | null;
  /** By name in lower case, in the order of the table; null unless a container. */
  readonly subcommands: ReadonlyMap<string, Command> | null;
  readonly entry: CommandEntry;
}

/** All commands of the server. */
export class CommandTable {
  /** Commands and subcommands, each container before its own; `all[command.id] === command`. */
  readonly all: readonly Command[];
  /** The commands without their subcommands, by name in lower case. */
  get commands(): ReadonlyMap<string, Command> {
    return this.commandsByName;
  }

  private readonly commandsByName: Map<string, Command>;

  /** Throws when two entries have the same name, or one can not be run. */
  constructor(groups: readonly CommandGroup[]) {
    const all: Command[] = [];
    const commands = new Map<string, Command>();
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
    if (to !== "" && this.commandsByName.has(to.toLowerCase())) {
      return "Target command name already exists";
    }
    this.commandsByName.delete(from.toLowerCase());
    if (to !== "") this.commandsByName.set(to.toLowerCase(), command);
    return null;
  }

  /** The command of that full name ("get", "client|kill"), in any case; undefined if none is. */
  find(fullName: string): Command | undefined {
    const [name, subcommand, ...rest] = fullName.toLowerCase().split("|");
    const command = this.commands.get(name);
    if (subcommand === undefined) return command;
    return rest.length === 0 ? command?.subcommands?.get(subcommand) : undefined;
  }

  /**
   * The command that a call means: `text(0)` is its name and, of a container, `text(1)` its
   * subcommand. Undefined if there is no such command or subcommand.
   */
  resolve(argumentCount: number, text: ArgumentText): Command | undefined {
    const command = this.commands.get(text(0).toLowerCase());
    if (!command?.subcommands || argumentCount === 1) return command;
    return command.subcommands.get(text(1).toLowerCase());
  }
}

function addCommand(
  all: Command[],
  groupName: GroupName,
  name: string,
  entry: CommandEntry,
  container: Command | null,
): Command {
  assert(entry.run !== undefined || entry.subcommands !== undefined, `${name} has no handler`);
  const range = legacyRange(entry.keys ?? []);
  let flags = maskOf(ALL_FLAGS, entry.flags) | (range.movable ? Flag.movablekeys : 0);
  // Whether a command waits must be known before the next one.
  if ((flags & (Flag.fast | Flag.blocking)) === Flag.fast) flags |= HiddenFlag.brief;
  const subcommands = entry.subcommands ? new Map<string, Command>() : null;
  const command: Command = {
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

/** Whether some argument of the command can be a key. */
export function takesKeys(command: Command): boolean {
  const { findKeys, keys } = command.entry;
  return findKeys !== undefined || (keys ?? []).some((spec) => !spec.flags.includes("not_key"));
}

/** Whether `argumentCount` arguments, with the names, are a number the command accepts. */
export function fitsArity(command: Command, argumentCount: number): boolean {
  const { arity } = command;
  return arity >= 0 ? argumentCount === arity : argumentCount >= -arity;
}

/**
 * The keys of a call of the command, and what it does with them; null when the arguments are not
 * such as the command takes.
 */
export function findKeys(
  command: Command,
  argumentCount: number,
  text: ArgumentText,
): KeyRef[] | null {
  const { findKeys: ownFinder, keys } = command.entry;
  if (ownFinder !== undefined) return ownFinder(argumentCount, text);
  return findKeysBySpecs(keys ?? [], argumentCount, text);
}

/** The command's arguments, read from its entry; for cold paths. */
export function argumentsOf(command: Command): Argument[] {
  const { args, keys } = command.entry;
  return args === undefined ? [] : parseArguments(args, keys?.length ?? 0);
}
