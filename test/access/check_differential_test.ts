// Purpose: users of random rules may call the same here as in the real server: all commands, with
// random arguments, asked by ACL DRYRUN there. No command runs that the rules deny. CASES says how
// many calls, SEED which.

import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { applyRules } from "../../src/access/rules.ts";
import type { User } from "../../src/access/user.ts";
import { Users } from "../../src/access/users.ts";
import type { Command, Commands } from "../../src/calls/command.ts";
import { argsOf } from "../../src/protocol/args.ts";
import { hasRedis, RedisServer } from "../config/redis_server.ts";
import { Random } from "../fuzz/random.ts";
import { allCommands } from "./all_commands.ts";
import { isOnlyPfmerge, RandomCalls } from "./random_calls.ts";
import { RandomRules } from "./random_rules.ts";

const CASES = Number(process.env.CASES ?? 20000);
const SEED = Number(process.env.SEED ?? Date.now() % 1e6);

describe.skipIf(!hasRedis)("compared with redis-server", () => {
  const redis = new RedisServer();
  let commands: Commands;
  /** Those that can be called, of those that the real server has. */
  let callable: Command[];

  beforeAll(async () => {
    await redis.start([]);
    commands = allCommands(await redis.call("COMMAND"));
    const names = new Set((await redis.call("COMMAND", "LIST")) as string[]);
    callable = commands.all.filter(({ name, subcommands }) => names.has(name) && !subcommands);
  });
  afterAll(() => redis.stop());

  test(`${CASES} random calls, seed ${SEED}`, async () => {
    const users = new Users(commands);
    const random = new Random(SEED);
    const rules = new RandomRules(
      random,
      callable.map(({ name }) => name),
    );
    const calls = new RandomCalls(random);
    let allowed = 0;
    for (let done = 0; done < CASES; ) {
      const selectors = Array.from({ length: random.below(3) }, () => rules.rightRules());
      const all = [...rules.rightRules(), ...selectors.map((words) => `(${words.join(" ")})`)];
      const user = users.newUser("u");
      const refused = applyRules(user, all);
      const reply = await redis.call("ACL", "SETUSER", "u", "reset", ...all);
      expect([all, refused === null]).toEqual([all, reply === "OK"]);
      if (refused !== null) continue;
      const asked = callable.map((command) => ({ command, words: calls.words(command) }));
      const theirs = await Promise.all(
        asked.map(({ words }) => redis.call("ACL", "DRYRUN", "u", ...words)),
      );
      for (const [index, { command, words }] of asked.entries()) {
        // What newer versions take more of.
        if (String(theirs[index]).startsWith("ERR wrong number of arguments")) continue;
        if (isOnlyPfmerge(words)) continue;
        const shown = `${JSON.stringify(words)} by ${all.join(" ")}`;
        const ours = verdict(user, command, words);
        expect(`${ours} ${shown}`).toBe(`${theirs[index]} ${shown}`);
        if (ours === "OK") allowed++;
      }
      done += asked.length;
    }
    expect(allowed).toBeGreaterThan(0);
  }, 3_600_000);
});

/** What ACL DRYRUN replies. */
function verdict(user: User, command: Command, words: string[]): string {
  const denied = user.check(command, argsOf(words));
  if (denied === null) return "OK";
  if (denied === "command") {
    return `This user has no permissions to run the '${command.name}' command`;
  }
  const object = words[user.deniedAt].split("\0")[0];
  return `This user has no permissions to access the '${object}' ${denied}`;
}
