/** COMMAND and its subcommands, called on the server's own table. */
import { expect, test } from "bun:test";
import { Call, type CallServer } from "../../../src/calls/call.ts";
import { fitsArity } from "../../../src/calls/command.ts";
import type { TableCommand } from "../../../src/calls/table.ts";
import { commandTable } from "../../../src/commands/all.ts";
import { argsOf } from "../../../src/protocol/args.ts";
import { CommandError, wrongArity } from "../../../src/protocol/errors.ts";
import { recording, type Tree, written } from "./oracle/reply_tree.ts";

/** Replies to the call as dispatch would, as far as COMMAND needs it. */
function ask(...args: string[]): Tree {
  const command = commandTable.resolve(args.length, (index) => args[index]) as TableCommand;
  return written((reply) => {
    const call = new Call({ table: commandTable } as Partial<CallServer> as CallServer, reply);
    call.args = argsOf(args);
    call.command = command;
    try {
      if (!fitsArity(command, args.length)) throw wrongArity(command.name);
      command.run?.(call);
    } catch (error) {
      if (!(error instanceof CommandError)) throw error;
      reply.error(error.message);
    }
  });
}

function names(tree: Tree): Tree[] {
  return (tree as Tree[][]).map((info) => info[0]);
}

test("COMMAND describes every command, COMMAND INFO without names too", () => {
  const all = [...commandTable.commands.keys()];
  expect(names(ask("COMMAND"))).toEqual(all);
  expect(names(ask("COMMAND", "INFO"))).toEqual(all);
});

test("COMMAND COUNT counts commands without their subcommands", () => {
  expect(ask("COMMAND", "COUNT")).toBe(commandTable.commands.size);
});

test("COMMAND INFO replies nil for what is no command", () => {
  const reply = ask("COMMAND", "INFO", "nosuch", "GeT", "config|", "CONFIG|Get", "config|get|x");
  const [nosuch, get, noSubcommand, configGet, tooLong] = reply as Tree[][];
  expect([nosuch, noSubcommand, tooLong]).toEqual([null, null, null] as never);
  expect([get[0], configGet[0]]).toEqual(["get", "config|get"]);
});

test("COMMAND DOCS leaves out what is no command and repeats what is named twice", () => {
  const docNames = (tree: Tree) => (tree as { "%": [Tree, Tree][] })["%"].map(([name]) => name);
  expect(ask("COMMAND", "DOCS", "nosuch")).toEqual({ "%": [] });
  expect(docNames(ask("COMMAND", "DOCS", "GET", "nosuch", "get"))).toEqual(["get", "get"]);
  expect(docNames(ask("COMMAND", "DOCS"))).toEqual([...commandTable.commands.keys()]);
});

test("COMMAND LIST names commands and subcommands", () => {
  expect(ask("COMMAND", "LIST")).toEqual(commandTable.all.map(({ name }) => name));
});

test("COMMAND LIST FILTERBY PATTERN matches full names in any case", () => {
  expect(ask("COMMAND", "LIST", "FILTERBY", "PATTERN", "OBJECT|*q")).toEqual(["object|freq"]);
  expect(ask("command", "list", "filterby", "pattern", "mset?x")).toEqual(["msetex", "msetnx"]);
  expect(ask("COMMAND", "LIST", "FILTERBY", "PATTERN", "")).toEqual([]);
});

test("COMMAND LIST FILTERBY ACLCAT names the commands of a category", () => {
  expect(ask("COMMAND", "LIST", "FILTERBY", "ACLCAT", "Transaction")).toEqual([
    "multi",
    "exec",
    "discard",
    "watch",
    "unwatch",
  ]);
  expect(ask("COMMAND", "LIST", "FILTERBY", "ACLCAT", "@transaction")).toEqual([]);
  expect(ask("COMMAND", "LIST", "FILTERBY", "ACLCAT", "tostring")).toEqual([]);
});

test("a zero byte ends the words of COMMAND LIST, but not a pattern", () => {
  const filter = (pattern: string) => ask("COMMAND", "LIST", "FILTERBY\0", "pattern\0x", pattern);
  expect(filter("OBJECT|*q")).toEqual(["object|freq"]);
  expect(filter("OBJECT|*q\0")).toEqual([]);
  expect(ask("COMMAND", "LIST", "FilterBy", "ACLCAT\0", "Transaction\0")).toContain("multi");
});

test("COMMAND LIST FILTERBY MODULE is empty: there are no modules", () => {
  expect(ask("COMMAND", "LIST", "FILTERBY", "MODULE", "any")).toEqual([]);
});

test("COMMAND LIST refuses other filters", () => {
  const syntax = { "-": "ERR syntax error" };
  expect(ask("COMMAND", "LIST", "BY", "PATTERN", "x")).toEqual(syntax);
  expect(ask("COMMAND", "LIST", "FILTERBY", "NAME", "x")).toEqual(syntax);
  expect(ask("COMMAND", "LIST", "FILTERBY", "PATTERN")).toEqual(syntax);
  expect(ask("COMMAND", "LIST", "FILTERBY", "PATTERN", "x", "y")).toEqual(syntax);
});

for (const [args, reply] of await recording<string[]>("command_getkeys.jsonl")) {
  // NOSUCH itself is asked for; a command that is still to come would be as unknown.
  const known = args[2] === "NOSUCH" || commandTable.find(args[2].split("|")[0]) !== undefined;
  if (known)
    test(`${args.join(" ")} replies as recorded`, () => expect(ask(...args)).toEqual(reply));
}

test("COMMAND GETKEYSANDFLAGS tells that SET with a condition reads the key", () => {
  const flags = [{ "+": "RW" }, { "+": "access" }, { "+": "update" }];
  expect(ask("COMMAND", "GETKEYSANDFLAGS", "SET", "k", "v", "IFEQ", "w")).toEqual([
    ["k", { "~": flags }],
  ]);
});

test("COMMAND GETKEYS finds the keys of MSETEX by their count", () => {
  expect(ask("COMMAND", "GETKEYS", "MSETEX", "2", "a", "1", "b", "2", "EX", "5")).toEqual([
    "a",
    "b",
  ]);
  expect(ask("COMMAND", "GETKEYS", "MSETEX", "3", "a", "1", "b", "2")).toEqual({
    "-": "ERR Invalid arguments specified for command",
  });
});

test("HELP is a header and pairs of lines, the last about HELP", () => {
  for (const container of commandTable.commands.values()) {
    // Without a cluster, CLUSTER HELP is refused as all else of CLUSTER is.
    if (container.subcommands?.get("help") === undefined || container.name === "cluster") continue;
    const lines = (ask(container.name, "HELP") as { "+": string }[]).map((line) => line["+"]);
    expect(lines[0]).toBe(
      `${container.name.toUpperCase()} <subcommand> [<arg> [value] [opt] ...]. Subcommands are:`,
    );
    const own = container.run === null ? 0 : 1;
    expect(lines.length).toBe(1 + 2 * (container.subcommands.size + own));
    for (let index = 1; index < lines.length; index += 2) {
      expect(lines[index]).toMatch(/^[A-Z(]/);
      expect(lines[index + 1]).toMatch(/^ {4}[A-Z].*\.$/);
    }
    expect(lines.slice(-2)).toEqual(["HELP", "    Prints this help."]);
  }
});

test("HELP shows the arguments of a subcommand", () => {
  const lines = ask("MEMORY", "HELP") as Tree[];
  expect(lines).toContainEqual({ "+": "USAGE <key> [SAMPLES <count>]" });
});

test("COMMAND HELP begins with what COMMAND does without a subcommand", () => {
  const [, first, text] = ask("COMMAND", "HELP") as { "+": string }[];
  const { summary } = commandTable.find("command")?.entry ?? {};
  expect([first["+"], text["+"]]).toEqual(["(no subcommand)", `    ${summary}`]);
});
