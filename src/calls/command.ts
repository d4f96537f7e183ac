/** What a command is, as data: its name, arguments, flags, keys. Its handler is in table.ts. */
import { type Argument, parseArguments } from "./argument_grammar.ts";
import {
  type ArgumentText,
  findKeysBySpecs,
  type KeyFinder,
  type KeyRef,
  type KeySpec,
  wordsOf,
} from "./key_specs.ts";

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
  /**
   * Writes, and only takes away: it may run when little space is left (space_gate.ts). It needs
   * memory for a moment at most: for a leaf that two become, or of which a snapshot still needs the
   * old one.
   */
  shrinking: 1 << 22,
  /** Runs a script or function, whose own flags may say what it does. */
  script: 1 << 23,
  /** Its client gets most messages of what it does to keys after its reply: own_events.ts. */
  replies_first: 1 << 24,
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

type WrittenFlag = Exclude<keyof typeof Flag | keyof typeof HiddenFlag, "movablekeys">;
type CategoryName = keyof typeof Category;

/** The category that a group stands for. */
export const CATEGORY_OF_GROUP = {
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

/** A command as its author describes it. Versions are Redis's. */
export interface CommandDescription {
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
}

/** A command as the server reads it: its description with all that follows from that. */
export interface Command {
  /** Place in Commands.all: an index for counters and for sets of commands. */
  readonly id: number;
  /** In lower case; a subcommand's with its container's: "client|kill". */
  readonly name: string;
  readonly group: GroupName;
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
  readonly entry: CommandDescription;
}

/** All commands of the server, whoever carries them out (table.ts). */
export interface Commands {
  /** Commands and subcommands, each container before its own; `all[command.id] === command`. */
  readonly all: readonly Command[];
  /** The commands without their subcommands, by name in lower case. */
  readonly commands: ReadonlyMap<string, Command>;
  /** The command of that full name ("get", "client|kill"), in any case; undefined if none is. */
  find(fullName: string): Command | undefined;
  /**
   * The command that a call means: `text(0)` is its name and, of a container, `text(1)` its
   * subcommand. Undefined if there is no such command or subcommand.
   */
  resolve(argumentCount: number, text: ArgumentText): Command | undefined;
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
  if (ownFinder !== undefined) return ownFinder(argumentCount, wordsOf(text));
  return findKeysBySpecs(keys ?? [], argumentCount, text);
}

/** The command's arguments, read from its entry; for cold paths. */
export function argumentsOf(command: Command): Argument[] {
  const { args, keys } = command.entry;
  return args === undefined ? [] : parseArguments(args, keys?.length ?? 0);
}
