// Purpose: random rules do the same here as in the real server: the same error, which leaves the
// user as it was, or the same user. CASES says how many, SEED which.

import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { applyRules, mergeSelectors } from "../../src/access/rules.ts";
import type { User } from "../../src/access/user.ts";
import { Users } from "../../src/access/users.ts";
import type { Commands } from "../../src/calls/command.ts";
import { CommandError } from "../../src/protocol/errors.ts";
import { hasRedis, RedisServer, type Reply } from "../config/redis_server.ts";
import { Random } from "../fuzz/random.ts";
import { allCommands } from "./all_commands.ts";
import { RandomRules } from "./random_rules.ts";

const CASES = Number(process.env.CASES ?? 3000);
const SEED = Number(process.env.SEED ?? Date.now() % 1e6);
const NAMES = Array.from({ length: 20 }, (_, index) => `u${index}`);

describe.skipIf(!hasRedis)("compared with redis-server", () => {
  const redis = new RedisServer();
  let commands: Commands;
  let names: Set<string>;
  /** Commands that the real server has not got. */
  let later: Set<string>;

  beforeAll(async () => {
    await redis.start([]);
    commands = allCommands(await redis.call("COMMAND"));
    names = new Set((await redis.call("COMMAND", "LIST")) as string[]);
    later = new Set(commands.all.map(({ name }) => name).filter((name) => !names.has(name)));
  });
  afterAll(() => redis.stop());

  test(`${CASES} random rules, seed ${SEED}`, async () => {
    const users = new Users(commands);
    const random = new Random(SEED);
    const rules = new RandomRules(random, [...names]);
    for (let done = 0; done < CASES; done++) {
      const name = random.pick(NAMES);
      const words = rules.words();
      if (random.chance(0.1)) words.unshift("reset");
      const asked = `case ${done}: ACL SETUSER ${name} ${JSON.stringify(words)}`;
      const theirs = await redis.call("ACL", "SETUSER", name, ...words);
      expect(`${asked} -> ${setUser(users, name, words)}`).toBe(`${asked} -> ${theirs}`);
      const present = users.get(name);
      const shown = await redis.call("ACL", "GETUSER", name);
      expect([asked, present ? shownOf(present) : null]).toEqual([
        asked,
        comparable(shown) as never,
      ]);
    }
  }, 3_600_000);

  /** What ACL SETUSER replies. */
  function setUser(users: Users, name: string, words: string[]): string {
    const merged = mergeSelectors(words);
    if ("unmatched" in merged) {
      const error = `ERR Unmatched parenthesis in acl selector starting at '${merged.unmatched}'.`;
      return new CommandError(error).message;
    }
    const present = users.get(name);
    const tried = present === undefined ? users.newUser(name) : users.copyOf(present);
    const refused = applyRules(tried, merged);
    if (refused === null) {
      users.put(tried);
      return "OK";
    }
    const { rule, reason } = refused;
    return new CommandError(`ERR Error in ACL SETUSER modifier '${rule}': ${reason}`).message;
  }

  /** What ACL GETUSER replies. */
  function shownOf(user: User): Reply {
    const [own, ...others] = user.selectors.map((selector) => [
      "commands",
      inOneOrder(selector.describeCommands()),
      "keys",
      selector.describeKeys(),
      "channels",
      selector.describeChannels(),
    ]);
    const { flags, passwords } = user;
    return ["flags", flags, "passwords", passwords, ...own, "selectors", others];
  }

  function comparable(shown: Reply): Reply {
    if (!Array.isArray(shown)) return shown;
    const isCommands = (index: number) => shown[index - 1] === "commands";
    return shown.map((item, index) =>
      isCommands(index) ? inOneOrder(String(item)) : comparable(item),
    );
  }

  /** Rules with single commands sorted, which the real server tells in no order. */
  function inOneOrder(rules: string): string {
    const all = rules.split(" ");
    const isCategory = (rule: string) => rule[1] === "@";
    const isKnown = (rule: string) => {
      const [name, subcommand] = rule.slice(1).split("|");
      return names.has(`${name}|${subcommand}`) || (names.has(name) && !later.has(rule.slice(1)));
    };
    const singles = all.filter((rule) => !isCategory(rule) && isKnown(rule)).sort();
    return [...all.filter(isCategory), ...singles].join(" ");
  }
});
