/** The notation of arguments; that it carries all of Redis's docs is shown in table_test.ts. */
import { describe, expect, test } from "bun:test";
import { type Argument, parseArguments, synopsis } from "../../src/calls/argument_grammar.ts";

/** An argument in short: what differs from an ordinary string. */
function short(arg: Argument): unknown {
  const entries = Object.entries(arg).filter(
    ([name, value]) => name !== "members" && value !== undefined && value !== false,
  );
  const members = arg.members.length > 0 ? { members: arg.members.map(short) } : {};
  return { ...Object.fromEntries(entries), ...members };
}

function parsed(text: string, keySpecCount = 1): unknown[] {
  return parseArguments(text, keySpecCount).map(short);
}

const nx = { name: "nx", type: "pure-token", token: "NX" };
const xx = { name: "xx", type: "pure-token", token: "XX" };

describe("a word", () => {
  test("has the type of its name, else string, else what it says", () => {
    expect(parsed("seconds value score:double")).toEqual([
      { name: "seconds", type: "integer" },
      { name: "value", type: "string" },
      { name: "score", type: "double" },
    ]);
  });

  test("keeps a colon that no type follows", () => {
    expect(parsed("[ADDR ip:port]")).toEqual([
      { name: "ip:port", type: "string", token: "ADDR", optional: true },
    ]);
  });

  test("that is a key belongs to the key spec of its rank, or the last, or the named", () => {
    const index = (text: string, count: number) =>
      parseArguments(text, count).map((arg) => arg.keySpecIndex);
    expect(index("key newkey", 2)).toEqual([0, 1]);
    expect(index("key1:key key2:key", 1)).toEqual([0, 0]);
    expect(index("key [BY pattern#1] [STORE destination#2]", 3)).toEqual([0, 1, 2]);
  });

  test("carries versions", () => {
    expect(parsed("count@6.2.0 old!2.8.12 both@1.0.0!2.0.0")).toEqual([
      { name: "count", type: "integer", since: "6.2.0" },
      { name: "old", type: "string", deprecatedSince: "2.8.12" },
      { name: "both", type: "string", since: "1.0.0", deprecatedSince: "2.0.0" },
    ]);
  });
});

describe("a token", () => {
  test("stands for itself, named in lower case or as written", () => {
    expect(parsed('{NX} increment:INCR auto_id:* empty:""')).toEqual([
      nx,
      { name: "increment", type: "pure-token", token: "INCR" },
      { name: "auto_id", type: "pure-token", token: "*" },
      { name: "empty", type: "pure-token", token: "" },
    ]);
  });

  test("announces the word or group after it", () => {
    expect(parsed("[EX seconds@2.6.12] GROUP {group consumer}")).toEqual([
      { name: "seconds", type: "integer", token: "EX", since: "2.6.12", optional: true },
      {
        name: "group_consumer",
        type: "block",
        token: "GROUP",
        members: [
          { name: "group", type: "string" },
          { name: "consumer", type: "string" },
        ],
      },
    ]);
  });

  test("does not announce another token", () => {
    expect(parsed("NO ONE")).toEqual([
      { name: "no", type: "pure-token", token: "NO" },
      { name: "one", type: "pure-token", token: "ONE" },
    ]);
  });
});

describe("a group", () => {
  test("of choices is named after them, or as written", () => {
    const choice = { type: "oneof", members: [nx, xx] };
    expect(parsed("[NX | XX]")).toEqual([{ name: "nx_xx", ...choice, optional: true }]);
    expect(parsed("condition:{NX | XX}@7.0.0")).toEqual([
      { name: "condition", ...choice, since: "7.0.0" },
    ]);
  });

  test("of one member is that member, unless it has a name", () => {
    expect(parsed("[NX@6.2.0]")).toEqual([{ ...nx, since: "6.2.0", optional: true }]);
    expect(parsed("full:[NX]")).toEqual([
      { name: "full", type: "block", members: [nx], optional: true },
    ]);
  });

  test("may repeat, with or without its token", () => {
    const prefix = { name: "prefix", type: "string", token: "PREFIX", optional: true };
    expect(parsed("[PREFIX prefix ...]")).toEqual([{ ...prefix, multiple: true }]);
    expect(parsed("[PREFIX prefix]...")).toEqual([
      { ...prefix, multiple: true, multipleToken: true },
    ]);
    expect(parsed("{key value} ...")).toEqual([
      {
        name: "key_value",
        type: "block",
        multiple: true,
        members: [
          { name: "key", type: "key", keySpecIndex: 0 },
          { name: "value", type: "string" },
        ],
      },
    ]);
  });

  test("of choices may have several words in one", () => {
    expect(parsed("from:{MEMBER member | x y}")).toEqual([
      {
        name: "from",
        type: "oneof",
        members: [
          { name: "member", type: "string", token: "MEMBER" },
          {
            name: "x_y",
            type: "block",
            members: [
              { name: "x", type: "string" },
              { name: "y", type: "string" },
            ],
          },
        ],
      },
    ]);
  });

  test("must be closed by its own bracket", () => {
    expect(() => parsed("[key")).toThrow("ends early");
    expect(() => parsed("[key}")).toThrow("do not match");
    expect(() => parsed("key]")).toThrow("unbalanced");
  });
});

describe("the synopsis of", () => {
  const cases: [string, string][] = [
    ["key [SAMPLES count]", "<key> [SAMPLES <count>]"],
    ["[command-name ...]", "[<command-name> ...]"],
    ["{parameter value} ...", "<parameter> <value> [<parameter> <value> ...]"],
    ["enabled:{ON | OFF}", "(ON|OFF)"],
    ["timeout:integer mode:[WRITE | ALL]@6.2.0", "<timeout> [WRITE|ALL]"],
    ["[TYPE {NORMAL | MASTER}]", "[TYPE (NORMAL|MASTER)]"],
    ["filter:{ip:port | new:{[ID id] | [USER name]}}", "(<ip:port>|(ID <id>|USER <name>))"],
  ];
  for (const [text, expected] of cases) {
    test(text, () => expect(synopsis(parseArguments(text, 1))).toBe(expected));
  }
});
