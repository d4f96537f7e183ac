/**
 * What COMMAND INFO and COMMAND DOCS tell about a command: its table entry, written as a reply.
 * Redis shows flags and categories as simple strings, names and texts as bulk strings.
 */

import type { Argument } from "../../calls/argument_grammar.ts";
import { argumentsOf, Category, type Command, Flag } from "../../calls/command.ts";
import { KeyFlag, type KeySpec, maskOf, namesIn } from "../../calls/key_specs.ts";
import type { Reply } from "../../protocol/reply.ts";

/** Fields of a map in their order; a function replies the value itself, undefined is left out. */
type Fields = Readonly<Record<string, string | number | undefined | (() => void)>>;

/** Ten elements: name, arity, flags, key range, categories, tips, key specs, subcommands. */
export function replyInfo(reply: Reply, command: Command): void {
  const { entry, subcommands } = command;
  reply.array(10);
  reply.bulkText(command.name);
  reply.integer(command.arity);
  replyNames(reply, namesIn(Flag, command.flags));
  reply.integer(command.firstKey);
  reply.integer(command.lastKey);
  reply.integer(command.keyStep);
  const categories = namesIn(Category, command.categories);
  replyNames(
    reply,
    categories.map((name) => `@${name}`),
  );
  const tips = entry.tips ?? [];
  reply.set(tips.length);
  for (const tip of tips) reply.bulkText(tip);
  const keys = entry.keys ?? [];
  reply.set(keys.length);
  for (const spec of keys) replyKeySpec(reply, spec);
  if (subcommands === null) {
    reply.set(0);
    return;
  }
  reply.array(subcommands.size);
  for (const subcommand of subcommands.values()) replyInfo(reply, subcommand);
}

/** What a call does with a key (a mask of KeyFlag), as a set. */
export function replyKeyFlags(reply: Reply, mask: number): void {
  replyNames(reply, namesIn(KeyFlag, mask));
}

/** A map of what the command is for, how it came to be so, and its arguments. */
export function replyDocs(reply: Reply, command: Command): void {
  const { summary, since, complexity, history, deprecated, syscmd } = command.entry;
  const args = argumentsOf(command);
  const docFlags = [...(deprecated ? ["deprecated"] : []), ...(syscmd ? ["syscmd"] : [])];
  const { subcommands } = command;
  replyFields(reply, {
    summary,
    since,
    group: command.group,
    complexity,
    doc_flags: docFlags.length > 0 ? () => replyNames(reply, docFlags) : undefined,
    deprecated_since: deprecated?.since,
    replaced_by: deprecated?.replacedBy,
    history: history && (() => replyHistory(reply, history)),
    arguments: args.length > 0 ? () => replyArguments(reply, args) : undefined,
    subcommands: subcommands ? () => replyAllDocs(reply, [...subcommands.values()]) : undefined,
  });
}

/** The docs of several commands, by full name. */
export function replyAllDocs(reply: Reply, commands: readonly Command[]): void {
  reply.map(commands.length);
  for (const command of commands) {
    reply.bulkText(command.name);
    replyDocs(reply, command);
  }
}

function replyFields(reply: Reply, fields: Fields): void {
  const names = Object.keys(fields).filter((name) => fields[name] !== undefined);
  reply.map(names.length);
  for (const name of names) {
    reply.bulkText(name);
    const value = fields[name];
    if (typeof value === "string") reply.bulkText(value);
    else if (typeof value === "number") reply.integer(value);
    else value?.();
  }
}

function replyNames(reply: Reply, names: readonly string[]): void {
  reply.set(names.length);
  for (const name of names) reply.simple(name);
}

function replyKeySpec(reply: Reply, spec: KeySpec): void {
  const { at, step: keystep = 1 } = spec;
  let begin: [string, Fields] = ["unknown", {}];
  if (typeof at === "number") begin = ["index", { index: at }];
  else if (at !== "unknown") begin = ["keyword", { keyword: at.keyword, startfrom: at.from }];
  let find: [string, Fields] = ["unknown", {}];
  if ("numkeys" in spec) {
    find = ["keynum", { keynumidx: spec.numkeys, firstkey: spec.first, keystep }];
  } else if (at !== "unknown") {
    find = ["range", { lastkey: spec.last ?? 0, keystep, limit: spec.limit ?? 0 }];
  }
  replyFields(reply, {
    notes: spec.notes,
    flags: () => replyKeyFlags(reply, maskOf(KeyFlag, spec.flags)),
    begin_search: () => replySearch(reply, ...begin),
    find_keys: () => replySearch(reply, ...find),
  });
}

function replySearch(reply: Reply, type: string, spec: Fields): void {
  replyFields(reply, { type, spec: () => replyFields(reply, spec) });
}

function replyHistory(reply: Reply, history: readonly (readonly [string, string])[]): void {
  reply.set(history.length);
  for (const [version, change] of history) {
    reply.array(2);
    reply.bulkText(version);
    reply.bulkText(change);
  }
}

function replyArguments(reply: Reply, args: readonly Argument[]): void {
  reply.array(args.length);
  for (const arg of args) {
    const flags: string[] = [];
    if (arg.optional) flags.push("optional");
    if (arg.multiple) flags.push("multiple");
    if (arg.multipleToken) flags.push("multiple_token");
    replyFields(reply, {
      name: arg.name,
      type: arg.type,
      key_spec_index: arg.keySpecIndex,
      token: arg.token,
      since: arg.since,
      deprecated_since: arg.deprecatedSince,
      flags: flags.length > 0 ? () => replyNames(reply, flags) : undefined,
      arguments: arg.members.length > 0 ? () => replyArguments(reply, arg.members) : undefined,
    });
  }
}
