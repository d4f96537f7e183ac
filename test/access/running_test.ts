// Purpose: no command runs that the rules deny, however it is sent: alone, queued, queued before
// the rules change, or by a script. Which are denied the real server says (ACL DRYRUN). CASES says
// how many calls, SEED which.

import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { type Command, Flag, HiddenFlag } from "../../src/calls/command.ts";
import { commandTable } from "../../src/commands/all.ts";
import type { Client } from "../client/client.ts";
import { plain, type Word } from "../client/resp.ts";
import { type Server, startServer } from "../client/server.ts";
import { hasRedis, RedisServer } from "../config/redis_server.ts";
import { Random } from "../fuzz/random.ts";
import { isOnlyPfmerge, RandomCalls } from "./random_calls.ts";
import { RandomRules } from "./random_rules.ts";

const CASES = Number(process.env.CASES ?? 6000);
const SEED = Number(process.env.SEED ?? Date.now() % 1e6);
const LIMIT_MS = 3_600_000;

/** Groups of commands that only touch data, and so may run. */
const DATA = ["string", "list", "set", "sorted-set", "hash", "stream", "bitmap", "geo", "generic"];
/** What ends a transaction or a connection, or takes other servers or time. */
const NEVER_QUEUED = /^(multi|exec|discard|watch|quit|reset|auth|hello|shutdown)$/;
const NEVER_RUN = /^(migrate|wait|waitaof)$/;
const SCRIPT = "return redis.pcall(...ARGV)";

describe.skipIf(!hasRedis)("what the real server denies", () => {
  const redis = new RedisServer();
  let server: Server;
  let admin: Client;
  /** Of the user with the random rules. */
  let client: Client;
  /** Of commands that both have. */
  let names: Set<string>;

  beforeAll(async () => {
    await redis.start([]);
    const theirs = (await redis.call("COMMAND", "LIST")) as string[];
    names = new Set(theirs.filter((name) => commandTable.find(name) !== undefined));
    server = await startServer();
    admin = await server.connect();
    client = await server.connect();
    await admin.command("ACL", "SETUSER", "u", "on", "nopass", "+@all", "~*", "&*");
    await client.command("AUTH", "u", "x");
  });
  afterAll(async () => {
    admin?.close();
    client?.close();
    await server?.stop();
    await redis.stop();
  });

  const known = (fits: (command: Command) => boolean) =>
    commandTable.all.filter(
      (command) => names.has(command.name) && !command.subcommands && fits(command),
    );
  const isQueued = ({ name, flags }: Command) =>
    (flags & (Flag.no_multi | HiddenFlag.protected)) === 0 && !NEVER_QUEUED.test(name);
  const isData = ({ name, group, flags }: Command) =>
    DATA.includes(group) && !NEVER_RUN.test(name) && (flags & Flag.blocking) === 0;

  /**
   * Asks both servers about random calls of such commands, by users of random rules and these: the
   * real one which it denies, and Rusk by `run`, which tells the same.
   */
  async function compare(
    fits: (command: Command) => boolean,
    more: readonly string[],
    run: (calls: string[][], rules: string[]) => Promise<boolean[]>,
  ): Promise<void> {
    const random = new Random(SEED);
    const commands = known(fits);
    const rules = new RandomRules(random, [...names]);
    const makeCalls = new RandomCalls(random);
    let denied = 0;
    for (let done = 0; done < CASES; ) {
      const inSelector = random.chance(0.4) ? [`(${rules.rightRules().join(" ")})`] : [];
      const all = ["reset", "on", "nopass", ...rules.rightRules(), ...more, ...inSelector];
      if ((await redis.call("ACL", "SETUSER", "u", ...all)) !== "OK") continue;
      const calls = commands
        .map((command) => makeCalls.words(command))
        .filter((words) => !isOnlyPfmerge(words));
      const ask = (call: string[]) => redis.call("ACL", "DRYRUN", "u", ...call);
      const verdicts = await Promise.all(calls.map(ask));
      // What newer versions take more of.
      const isAsked = (_: unknown, index: number) => !`${verdicts[index]}`.startsWith("ERR wrong");
      const asked = calls.filter(isAsked);
      const theirs = verdicts.filter(isAsked).map((verdict) => verdict !== "OK");
      const ours = await run(asked, all);
      for (const [index, call] of asked.entries()) {
        const shown = `${JSON.stringify(call)} by ${all.join(" ")}`;
        expect(`${ours[index]} ${shown}`).toBe(`${theirs[index]} ${shown}`);
        if (ours[index]) denied++;
      }
      done += asked.length;
    }
    expect(denied).toBeGreaterThan(0);
  }

  async function setRules(rules: string[]): Promise<void> {
    expect(plain(await admin.command("ACL", "SETUSER", "u", ...rules))).toBe("OK");
  }

  async function ask(calls: Word[][]): Promise<string[]> {
    return (await client.pipeline(calls)).map((reply) => String(plain(reply)));
  }

  const isDenied = (reply: string) => reply.startsWith("Error: NOPERM");

  test(
    `is not queued (seed ${SEED})`,
    () =>
      compare(isQueued, ["+multi", "+discard"], async (calls, rules) => {
        await setRules(rules);
        const [begun, ...replies] = await ask([["MULTI"], ...calls, ["DISCARD"]]);
        expect([begun, replies.pop()]).toEqual(["OK", "OK"]);
        for (const reply of replies) expect(reply).toMatch(/^QUEUED|^Error: NOPERM/);
        return replies.map(isDenied);
      }),
    LIMIT_MS,
  );

  test(
    `does not run (seed ${SEED})`,
    () =>
      compare(isData, [], async (calls, rules) => {
        await setRules(rules);
        return (await ask(calls)).map(isDenied);
      }),
    LIMIT_MS,
  );

  test(
    `does not run if it was queued before it was denied (seed ${SEED})`,
    () =>
      compare(isData, ["+multi", "+exec"], async (calls, rules) => {
        await setRules(["reset", "on", "nopass", "+@all", "~*", "&*"]);
        await ask([["MULTI"], ...calls]);
        await setRules(rules);
        const replies = plain(await client.command("EXEC")) as unknown[];
        return replies.map((reply) => isDenied(String(reply)));
      }),
    LIMIT_MS,
  );

  test(
    `does not run by a script (seed ${SEED})`,
    () =>
      compare(
        (command) => isData(command) && (command.flags & Flag.noscript) === 0,
        ["+eval"],
        async (calls, rules) => {
          await setRules(rules);
          const replies = await ask(calls.map((call) => ["EVAL", SCRIPT, 0, ...call]));
          return replies.map((reply) => /The user executing the script/.test(reply));
        },
      ),
    LIMIT_MS,
  );
});
