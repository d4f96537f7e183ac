// Purpose: a user who may use no key reaches none, whatever the arguments: where the key specs find
// no keys, the command finds none, either. Of all commands, also those of later versions.

import { afterAll, beforeAll, expect, test } from "bun:test";
import { type Command, Flag, takesKeys } from "../../src/calls/command.ts";
import { commandTable } from "../../src/commands/all.ts";
import type { Client } from "../client/client.ts";
import { plain } from "../client/resp.ts";
import { type Server, startServer } from "../client/server.ts";
import { Random } from "../fuzz/random.ts";
import { RandomCalls } from "./random_calls.ts";

const ROUNDS = Number(process.env.CASES ?? 10_000) / 200;
const SEED = Number(process.env.SEED ?? Date.now() % 1e6);

let server: Server;
let client: Client;

beforeAll(async () => {
  server = await startServer();
  client = await server.connect();
  for (const [name, ...words] of [
    ["SET", "a", "1"],
    ["RPUSH", "a1", "1", "2"],
    ["ZADD", "b", "1", "a"],
    ["HSET", "b1", "a", "1"],
    ["XADD", "c1", "*", "a", "1"],
    ["SADD", "ab", "1"],
  ]) {
    await client.command(name, ...words);
  }
  await client.command("ACL", "SETUSER", "u", "on", "nopass", "+@all", "&*");
  await client.command("AUTH", "u", "x");
});
afterAll(async () => {
  client?.close();
  await server?.stop();
});

/** All but those that may be called without a key. */
function needsKeys(command: Command): boolean {
  return takesKeys(command) && (command.flags & Flag.no_mandatory_keys) === 0;
}

test(`is refused whatever it tries, seed ${SEED}`, async () => {
  const calls = new RandomCalls(new Random(SEED), true);
  const commands = commandTable.all.filter(needsKeys);
  for (let round = 0; round < ROUNDS; round++) {
    const asked = commands.map((command) => calls.words(command));
    const replies = (await client.pipeline(asked)).map(plain);
    for (const [index, reply] of replies.entries()) {
      const shown = `${JSON.stringify(asked[index])} -> ${reply}`;
      expect(reply instanceof Error ? "" : shown).toBe("");
    }
  }
}, 3_600_000);
