/**
 * The table against the real server: what COMMAND INFO and COMMAND DOCS tell of every command we
 * have must be what a recorded Redis 7.0.15 told. What came to Redis later is left out first; that
 * it is described at all is all one can ask.
 */
import { describe, expect, test } from "bun:test";
import { argumentsOf, Category, type Command } from "../../src/calls/command.ts";
import { CommandTable, group } from "../../src/calls/table.ts";
import { commandTable } from "../../src/commands/all.ts";
import { replyDocs, replyInfo } from "../../src/commands/server/command_docs.ts";
import {
  recording,
  type Tree,
  withoutFields,
  written,
} from "../commands/server/oracle/reply_tree.ts";

const ORACLE_VERSION = "7.0.15";

const infos = new Map(await recording<string>("command_info.jsonl"));
const docs = new Map(await recording<string>("command_docs.jsonl"));

function isLater(version: string): boolean {
  return version.localeCompare(ORACLE_VERSION, "en", { numeric: true }) > 0;
}

function infoOf(command: Command): Tree[] {
  return written((reply) => replyInfo(reply, command)) as Tree[];
}

function docsOf(command: Command): Tree {
  return written((reply) => replyDocs(reply, command));
}

/** The names of our subcommands in a recorded list; any other shape stays as it is. */
function namesWeHave(subcommands: Tree): Tree {
  if (!Array.isArray(subcommands)) return subcommands;
  return subcommands.filter((name) => commandTable.find(name as string));
}

function namesOf(subcommands: Tree): Tree {
  if (!Array.isArray(subcommands)) return subcommands;
  const names = subcommands.map((info) => (info as Tree[])[0] as string);
  return names.filter((name) => infos.has(name)).sort();
}

function field(map: Tree, name: string): Tree | undefined {
  const { "%": fields } = map as { "%": [string, Tree][] };
  return fields.find(([each]) => each === name)?.[1];
}

/** Drops the arguments and changes of later versions. */
function asOfOracle(doc: Tree): Tree {
  const { "%": fields } = doc as { "%": [string, Tree][] };
  const kept: [string, Tree][] = [];
  for (const [name, value] of fields) {
    if (name === "arguments") {
      const args = (value as Tree[]).filter(
        (arg) => !isLater((field(arg, "since") as string) ?? ""),
      );
      if (args.length > 0) kept.push([name, args.map(asOfOracle)]);
    } else if (name === "history") {
      const { "~": all } = value as { "~": [string, string][] };
      const changes = all.filter(([version]) => !isLater(version));
      if (changes.length > 0) kept.push([name, { "~": changes }]);
    } else {
      kept.push([name, value]);
    }
  }
  return { "%": kept };
}

for (const command of commandTable.all) {
  if (isLater(command.entry.since)) continue;
  test(`COMMAND INFO ${command.name} replies as recorded`, () => {
    const ours = infoOf(command);
    const theirs = infos.get(command.name) as Tree[];
    // With later arguments a command may take more than it did.
    const takesMore = argumentsOf(command).some(({ since }) => isLater(since ?? ""));
    if (takesMore && ours[1] === -Number(theirs[1])) ours[1] = theirs[1];
    expect([...ours.slice(0, 9), namesOf(ours[9])]).toEqual([
      ...theirs.slice(0, 9),
      namesWeHave(theirs[9]),
    ]);
  });

  test(`COMMAND DOCS ${command.name} replies as recorded`, () => {
    const ours = withoutFields(docsOf(command), ["summary", "subcommands"]);
    expect(asOfOracle(ours)).toEqual(docs.get(command.name) as Tree);
  });
}

test("every command has a summary of its own, one sentence", () => {
  for (const { name, entry } of commandTable.all) {
    expect(`${name}: ${entry.summary}`).toMatch(/: [A-Z][^\n]*\.$/);
    expect(entry.summary.length).toBeLessThan(80);
  }
});

test("COMMAND DOCS names a container's subcommands in full, with their docs", () => {
  const container = commandTable.find("object") as Command;
  const subcommands = field(docsOf(container), "subcommands") as { "%": [string, Tree][] };
  const names = [...(container.subcommands?.keys() ?? [])];
  expect(subcommands["%"].map(([name]) => name)).toEqual(names.map((name) => `object|${name}`));
  expect(field(subcommands["%"][0][1], "group")).toBe("generic");
});

describe("a table", () => {
  const run = (): void => {};
  const entry = { arity: 1, since: "1.0.0", summary: "Test." };
  const table = new CommandTable([
    group("list", {
      PLAIN: { ...entry, run, arity: 2, flags: ["readonly", "blocking", "may_replicate"] },
      BOX: { ...entry, arity: -2, subcommands: { "PUT-IN": { ...entry, run, acl: [] } } },
    }),
    group("scripting", { SCRIPTED: { ...entry, run, flags: ["readonly", "fast"] } }),
  ]);
  const text = (line: string) => (index: number) => line.split(" ")[index];

  test("numbers its commands as it lists them", () => {
    expect(table.all.map(({ name }) => name)).toEqual(["plain", "box", "box|put-in", "scripted"]);
    expect(table.all.map(({ id }) => id)).toEqual([0, 1, 2, 3]);
  });

  test("finds commands by full name in any case", () => {
    expect(table.find("Box|Put-In")).toBe(table.all[2]);
    expect(table.find("box|put-in|x")).toBeUndefined();
    expect(table.find("box|")).toBeUndefined();
    expect(table.find("plain|x")).toBeUndefined();
    expect(table.find("put-in")).toBeUndefined();
  });

  test("resolves a call, with the subcommand of a container", () => {
    expect(table.resolve(2, text("pLAIN x"))).toBe(table.all[0]);
    expect(table.resolve(1, text("box"))).toBe(table.all[1]);
    expect(table.resolve(3, text("box put-IN x"))).toBe(table.all[2]);
    expect(table.resolve(2, text("box nosuch"))).toBeUndefined();
    expect(table.resolve(1, text("nosuch"))).toBeUndefined();
  });

  test("derives categories from group and flags, and none from the group for a container", () => {
    const [plain, box, putIn, scripted] = table.all.map(({ categories }) => categories);
    expect(plain).toBe(Category.list | Category.read | Category.blocking | Category.slow);
    expect(box).toBe(Category.slow);
    expect(putIn).toBe(Category.slow);
    expect(scripted).toBe(Category.scripting | Category.fast);
  });

  test("gives a command another name, but none that there is, or takes it away", () => {
    const a = group("list", { A: { ...entry, run }, B: { ...entry, run } });
    const renamed = new CommandTable([a]);
    const [first, second] = renamed.all;
    expect(renamed.rename("none", "c")).toBe("No such command in rename-command");
    expect(renamed.rename("a", "B")).toBe("Target command name already exists");
    expect(renamed.rename("a", "A")).toBeNull();
    expect([renamed.find("a"), renamed.find("b")]).toEqual([first, second]);
    expect(renamed.rename("A", "C")).toBeNull();
    expect([renamed.find("a"), renamed.find("c")]).toEqual([undefined, first]);
    expect(renamed.rename("b", "")).toBeNull();
    expect([...renamed.commands.keys()]).toEqual(["c"]);
  });

  test("shows no hidden flags", () => {
    expect(infoOf(table.all[0])[2]).toEqual({ "~": [{ "+": "readonly" }, { "+": "blocking" }] });
  });

  test("refuses a name twice, and a command without a handler", () => {
    const twice = group("list", { A: { ...entry, run } });
    expect(() => new CommandTable([twice, twice])).toThrow("two commands are named a");
    expect(() => new CommandTable([group("list", { B: entry })])).toThrow("b has no handler");
  });
});
