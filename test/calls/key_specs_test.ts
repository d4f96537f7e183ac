/** Key specs against the real server: every recorded command, also those we do not have yet. */
import { describe, expect, test } from "bun:test";
import {
  findKeysBySpecs,
  KeyFlag,
  type KeyFlagName,
  type KeySpec,
  legacyRange,
  namesIn,
} from "../../src/calls/key_specs.ts";
import { recording, type Tree } from "../commands/server/oracle/reply_tree.ts";

/** Their keys depend on more than specs can say; the server has code of its own for them. */
const OWN_FINDER = ["SET", "SORT", "GEORADIUS", "MIGRATE", "BITFIELD"];

const infos = await recording<string>("command_info.jsonl");
const calls = await recording<string[]>("command_getkeys.jsonl");

type Recorded = { "%": [string, Tree][] };

function fields(map: Tree): Record<string, Tree> {
  return Object.fromEntries((map as Recorded)["%"]);
}

function flagsOf(set: Tree): KeyFlagName[] {
  return (set as { "~": { "+": KeyFlagName }[] })["~"].map((flag) => flag["+"]);
}

/** The spec that a recorded one describes. */
function specOf(recorded: Tree): KeySpec {
  const { flags, begin_search, find_keys } = fields(recorded);
  const begin = fields(fields(begin_search).spec) as Record<string, number | string>;
  const find = fields(fields(find_keys).spec) as Record<string, number>;
  let at: KeySpec["at"] = "unknown";
  if ("index" in begin) at = Number(begin.index);
  if ("keyword" in begin) at = { keyword: String(begin.keyword), from: Number(begin.startfrom) };
  const use = { at, flags: flagsOf(flags), step: find.keystep };
  if ("keynumidx" in find) return { ...use, numkeys: find.keynumidx, first: find.firstkey };
  return { ...use, last: find.lastkey, limit: find.limit || undefined };
}

function specsOf(info: Tree): KeySpec[] {
  return ((info as Tree[])[8] as { "~": Tree[] })["~"].map(specOf);
}

describe("the legacy key range follows from the key specs", () => {
  for (const [name, info] of infos) {
    test(name, () => {
      const [, , flags, first, last, step] = info as Tree[];
      const movable = (flags as { "~": { "+": string }[] })["~"].some(
        (flag) => flag["+"] === "movablekeys",
      );
      expect(legacyRange(specsOf(info))).toEqual({ first, last, step, movable } as never);
    });
  }
});

describe("the keys of a call follow from the key specs", () => {
  const specs = new Map(infos.map(([name, info]) => [name, specsOf(info)]));
  for (const [[, subcommand, ...args], reply] of calls) {
    const wanted = specs.get(args[0].toLowerCase()) ?? [];
    if (subcommand !== "GETKEYSANDFLAGS" || wanted.length === 0) continue;
    if (OWN_FINDER.includes(args[0])) continue;
    const isRefused =
      !Array.isArray(reply) && (reply as { "-": string })["-"].includes("number of");
    if (isRefused) continue;
    test(args.join(" "), () => {
      const keys = findKeysBySpecs(wanted, args.length, (index) => args[index]) ?? [];
      const ours = keys.map(({ index, flags }) => [args[index], namesIn(KeyFlag, flags)]);
      const theirs = Array.isArray(reply) ? (reply as [string, Tree][]) : [];
      expect(ours).toEqual(theirs.map(([key, flags]) => [key, flagsOf(flags)]));
    });
  }
});

describe("a key spec", () => {
  const find = (spec: Partial<KeySpec>, line: string): number[] | undefined => {
    const args = line.split(" ");
    const whole = { at: 1, flags: ["RO"], ...spec } as KeySpec;
    return findKeysBySpecs([whole], args.length, (index) => args[index])?.map(({ index }) => index);
  };

  test("that counts keys by an argument steps over what lies between them", () => {
    const spec = { numkeys: 0, first: 1, step: 2 };
    expect(find(spec, "msetex 2 a 1 b 2 EX 5")).toEqual([2, 4]);
    expect(find(spec, "msetex 3 a 1 b 2")).toBeUndefined();
    expect(find(spec, "msetex 0 a 1")).toBeUndefined();
    expect(find(spec, "msetex -1 a 1")).toBeUndefined();
    expect(find(spec, "msetex 99999999999 a 1")).toBeUndefined();
  });

  test("finds its keyword backwards from the end, in any case", () => {
    const spec = { at: { keyword: "KEYS", from: -2 }, last: -1 };
    expect(find(spec, "migrate KEYS 1 keys a b")).toEqual([4, 5]);
    expect(find(spec, "migrate host a")).toBeUndefined();
  });

  test("that is incomplete or unknown finds nothing", () => {
    expect(find({ flags: ["RO", "incomplete"] }, "cmd a")).toBeUndefined();
    expect(find({ at: "unknown" }, "cmd a")).toBeUndefined();
  });

  test("whose keys would lie outside finds nothing", () => {
    expect(find({ last: 1 }, "cmd a")).toBeUndefined();
    expect(find({ at: 2 }, "cmd a")).toBeUndefined();
  });

  test("of what only looks like a key is passed over", () => {
    expect(find({ flags: ["not_key"] }, "spublish c m")).toEqual([]);
  });
});
