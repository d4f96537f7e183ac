// Purpose: what rules make of a user, and what it may then do. Texts are those that redis-server
// 7.0.15 shows.

import { describe, expect, test } from "bun:test";
import { RuleError } from "../../src/access/rule_errors.ts";
import { applyRules, mergeSelectors } from "../../src/access/rules.ts";
import type { User } from "../../src/access/user.ts";
import { Users } from "../../src/access/users.ts";
import { commandTable } from "../../src/commands/all.ts";
import { argsOf } from "../../src/protocol/args.ts";

const users = new Users(commandTable);

/** A new user, as these rules make it. */
function userOf(...rules: string[]): User {
  const user = users.newUser("ann");
  expect(applyRules(user, rules)).toBeNull();
  return user;
}

/** What is against a call, and the argument that it is. */
function denial(user: User, ...words: string[]): string {
  const command = commandTable.resolve(words.length, (index) => words[index]);
  if (command === undefined) throw new Error(`no such command: ${words}`);
  const denied = user.check(command, argsOf(words));
  return denied === null ? "" : `${denied} ${user.deniedAt}`;
}

describe("a user is described by rules", () => {
  const rows: [rules: string[], described: string][] = [
    [[], "off resetchannels -@all"],
    [["on", "nopass", "~*", "&*", "+@all"], "on nopass ~* &* +@all"],
    [["allkeys", "allchannels", "allcommands"], "off ~* &* +@all"],
    [["~a", "%R~b", "%W~a", "%wr~c", "%R~b"], "off ~a %R~b ~c resetchannels -@all"],
    [["&a", "&b", "&a"], "off resetchannels &a &b -@all"],
    [["+@all", "-@string", "+get"], "off resetchannels +@all -@string +get"],
    [["+@hash"], "off resetchannels -@all +@hash"],
    [["+select|0", "+SELECT|1", "+select|0"], "off resetchannels -@all +select|0 +select|1"],
    [["+config|get", "+config|SET", "-config|get"], "off resetchannels -@all +config|set"],
    [["+config", "-config|get"], "off resetchannels -@all +config -config|get"],
    [["(~x", "+get)"], "off resetchannels -@all (~x resetchannels -@all +get)"],
    [["()", "clearselectors"], "off resetchannels -@all"],
    [["skip-sanitize-payload", "~a"], "off skip-sanitize-payload ~a resetchannels -@all"],
    [["on", "~a", "()", "+@all", "reset"], "off sanitize-payload resetchannels -@all"],
    [
      [">x", "on"],
      "on #2d711642b726b04401627ca9fbac32f5c8530fb1903cc4db02258717921a4881 resetchannels -@all",
    ],
    [[">x", ">x", "nopass", ">y", "<y"], "off resetchannels -@all"],
  ];
  for (const [rules, described] of rows) {
    test(rules.join(" ") || "a new one", () => {
      expect(userOf(...(mergeSelectors(rules) as string[])).describe()).toBe(described);
    });
  }
});

describe("a rule that is wrong changes nothing", () => {
  const rows: [rule: string, error: string][] = [
    ["+nosuch", RuleError.unknown],
    ["-config|nosuch", RuleError.unknown],
    ["+get|a|b", RuleError.unknown],
    ["+config|get|a", RuleError.firstArgument],
    ["+@nosuch", RuleError.unknown],
    ["-get|a", RuleError.unknown],
    ["+get|", RuleError.syntax],
    ["word", RuleError.syntax],
    ["~a b", RuleError.syntax],
    ["%X~a", RuleError.syntax],
    ["%RR~a", RuleError.syntax],
    ["%~a", RuleError.syntax],
    ["(~a on)", RuleError.syntax],
    ["<x", RuleError.noSuchPassword],
    ["#abc", RuleError.badHash],
    [`!${"A".repeat(64)}`, RuleError.badHash],
  ];
  for (const [rule, error] of rows) {
    test(rule, () => {
      const user = userOf("on", "~k", "+get");
      const before = user.describe();
      expect(applyRules(user, [rule, "nopass"])).toEqual({ rule, reason: error });
      expect(user.describe()).toBe(before);
    });
  }

  test("a pattern after all", () => {
    const user = userOf("allkeys", "allchannels");
    expect(user.apply("~a")).toBe(RuleError.keysAfterAll);
    expect(user.apply("&a")).toBe(RuleError.channelsAfterAll);
  });

  test("a parenthesis that is not closed", () => {
    expect(mergeSelectors(["on", "(~a", "+get"])).toEqual({ unmatched: "(~a" });
  });
});

describe("what a user may do", () => {
  test("commands, subcommands, first arguments", () => {
    const user = userOf("+config|get", "+select|0", "+@hash", "allkeys");
    expect(denial(user, "CONFIG", "GET", "x")).toBe("");
    expect(denial(user, "CONFIG", "SET", "x", "y")).toBe("command 0");
    expect(denial(user, "SELECT", "0")).toBe("");
    expect(denial(user, "SELECT", "1")).toBe("command 0");
    expect(denial(user, "HGET", "a", "b")).toBe("");
    expect(denial(user, "AUTH", "x")).toBe("");
  });

  test("keys are read or written", () => {
    const user = userOf("+@all", "%R~r*", "%W~w*", "~b*");
    expect(denial(user, "GET", "r1")).toBe("");
    expect(denial(user, "GET", "w1")).toBe("key 1");
    expect(denial(user, "SET", "w1", "x")).toBe("");
    expect(denial(user, "SET", "w1", "x", "GET")).toBe("key 1");
    expect(denial(user, "SET", "r1", "x")).toBe("key 1");
    expect(denial(user, "COPY", "r1", "w1")).toBe("");
    expect(denial(user, "COPY", "b1", "r1")).toBe("key 2");
    expect(denial(user, "MGET", "r1", "b2", "x")).toBe("key 3");
    expect(denial(user, "EVAL", "x", "2", "b1", "a", "b")).toBe("key 4");
    expect(denial(user, "XREAD", "STREAMS", "r1", "w1", "0", "0")).toBe("key 3");
    expect(denial(user, "SORT", "r1", "STORE", "w1")).toBe("");
    expect(denial(user, "SORT", "r1", "STORE", "r1")).toBe("key 3");
    expect(denial(user, "TYPE", "w1")).toBe("");
  });

  test("what one selector allows in whole", () => {
    const user = userOf("+get", "~a", "(+set ~b)");
    expect(denial(user, "GET", "a")).toBe("");
    expect(denial(user, "SET", "b", "x")).toBe("");
    expect(denial(user, "GET", "b")).toBe("key 1");
    expect(denial(user, "SET", "a", "x")).toBe("key 1");
    expect(denial(user, "DEL", "a")).toBe("command 0");
  });

  test("reading keys that no argument names", () => {
    const sort = commandTable.find("sort");
    const asked = (...rules: string[]) =>
      sort !== undefined && userOf(...rules).mayReadAllKeys(sort, argsOf(["SORT", "a"]));
    expect(asked("+sort", "allkeys")).toBe(true);
    expect(asked("+sort", "%R~*")).toBe(true);
    expect(asked("+sort", "%W~*", "~a")).toBe(false);
    expect(asked("allkeys", "(+sort ~a)")).toBe(false);
  });

  test("all", () => {
    expect(users.default.mayDoAll).toBe(true);
    expect(userOf("+@all", "~*").mayDoAll).toBe(false);
    expect(userOf("(+@all ~* &*)").mayDoAll).toBe(true);
    expect(userOf("+@all", "~*", "&*", "-get").mayDoAll).toBe(false);
    expect(userOf("+@all", "~*", "&*", "-get", "+get").mayDoAll).toBe(true);
  });
});

describe("logging in", () => {
  const accepts = (user: User, password: string) => user.accepts(Buffer.from(password));

  test("with one of the passwords, when it is on", () => {
    const user = userOf("on", ">one", ">two");
    expect(["one", "two", "three", ""].map((word) => accepts(user, word))).toEqual([
      true,
      true,
      false,
      false,
    ]);
    user.apply("off");
    expect(accepts(user, "one")).toBe(false);
    expect(accepts(userOf("on", "nopass"), "whatever")).toBe(true);
    expect(accepts(userOf("on"), "")).toBe(false);
  });
});

describe("the users of a server", () => {
  test("stay the same objects when they are changed", () => {
    const list = new Users(commandTable);
    const ann = list.put(list.newUser("ann"));
    const tried = list.copyOf(ann);
    tried.apply("on");
    expect(ann.enabled).toBe(false);
    expect(list.put(tried)).toBe(ann);
    expect(ann.enabled).toBe(true);
    expect(list.sorted().map(({ name }) => name)).toEqual(["ann", "default"]);
    expect([list.remove("ann"), list.remove("ann"), list.remove("default")]).toEqual([
      true,
      false,
      false,
    ]);
    expect(list.get("ann")).toBeUndefined();
  });

  test("may use all channels by default, if that is said", () => {
    const list = new Users(commandTable);
    list.allChannelsByDefault = true;
    const user = list.newUser("ann");
    expect(user.describe()).toBe("off &* -@all");
    applyRules(user, ["resetchannels", "()", "reset"]);
    expect(user.describe()).toBe("off sanitize-payload &* -@all");
  });

  test("are told which subscriptions may stay", () => {
    const limits = users.channelLimits(userOf("&a*", "&b"), userOf("&a*", "(&c)"));
    expect(limits?.("ab", false)).toBe(true);
    expect(limits?.("b", false)).toBe(false);
    expect(limits?.("c", false)).toBe(true);
    expect(limits?.("a*", true)).toBe(true);
    expect(limits?.("ab*", true)).toBe(false);
    expect(users.channelLimits(userOf("&a"), userOf("(&a)"))?.("b", false)).toBe(false);
    expect(users.channelLimits(userOf(), userOf("&a"))).toBeNull();
    expect(users.channelLimits(userOf("&a"), userOf("allchannels"))).toBeNull();
    expect(users.channelLimits(userOf("allchannels"), userOf("&a"))?.("b", false)).toBe(false);
  });
});
