// Purpose: libraries come, go and take each other's places at random, here and in the real Redis,
// where the same ones are in Lua: each command replies the same, and both then have the same.

import { afterAll, beforeAll, expect, test } from "bun:test";
import type { Client } from "../../client/client.ts";
import { plain, type Word } from "../../client/resp.ts";
import { redisBinary, type Server, startRedis, startServer } from "../../client/server.ts";
import { Random } from "../../fuzz/random.ts";

const ROUNDS = 1500;
const LIBRARIES = ["a", "b", "c", "A"];
const FUNCTIONS = ["f", "g", "h", "F"];
/** Payloads that are kept to be restored. */
const PAYLOADS_MAX = 8;

interface Side {
  readonly server: Server;
  readonly client: Client;
  readonly isRedis: boolean;
  readonly payloads: Uint8Array[];
}

const sides: Side[] = [];

beforeAll(async () => {
  for (const [index, make] of [startServer, startRedis].entries()) {
    if (index === 1 && redisBinary() === null) continue;
    const server = await make();
    sides.push({ server, client: await server.connect(), isRedis: index === 1, payloads: [] });
  }
});

afterAll(async () => {
  for (const { client, server } of sides) {
    client.close();
    await server.stop();
  }
});

async function ask({ client }: Side, ...words: Word[]): Promise<unknown> {
  const reply = plain(await client.command(...words));
  return reply instanceof Error ? reply.message : reply;
}

/** A library in either language. */
function codeOf(isRedis: boolean, name: string, functions: readonly string[], number: number) {
  const lines = functions.map((one) =>
    isRedis
      ? `redis.register_function('${one}', function() return ${number} end)`
      : `redis.registerFunction('${one}', () => ${number})`,
  );
  return `#!${isRedis ? "lua" : "js"} name=${name}\n${lines.join("\n")}`;
}

type Step = (side: Side) => Promise<unknown>;

function stepOf(random: Random, number: number): Step {
  const pick = <Item>(items: readonly Item[]) => random.pick(items);
  const name = pick(LIBRARIES);
  // No two of one library that differ in case only: of these Redis keeps one, by chance.
  const functions = FUNCTIONS.filter(() => random.below(3) === 0);
  const isAmbiguous = functions.includes("f") && functions.includes("F");
  const registered = isAmbiguous ? ["g"] : functions;
  const policy = pick([[], ["APPEND"], ["REPLACE"], ["REPLACE"], ["FLUSH"]]);
  const payload = random.below(PAYLOADS_MAX);
  switch (random.below(8)) {
    case 0:
      return (side) => ask(side, "FUNCTION", "DELETE", name);
    case 1:
      return async (side) => {
        const reply = await side.client.command("FUNCTION", "DUMP");
        if (reply.type === "bulk") side.payloads[payload] = reply.value;
        return reply.type;
      };
    case 2:
    case 3:
      return (side) => {
        const bytes = side.payloads[payload] ?? new Uint8Array(3);
        return ask(side, "FUNCTION", "RESTORE", bytes, ...policy);
      };
    default: {
      const replaces = random.below(2) === 0 ? ["REPLACE"] : [];
      return (side) => {
        const code = codeOf(side.isRedis, name, registered, number);
        return ask(side, "FUNCTION", "LOAD", ...replaces, code);
      };
    }
  }
}

/** Of the libraries of a payload the one that is told of is the first, in any order. */
const alike = (reply: unknown) =>
  String(reply).replace(/^ERR (Library|Function) \w+ /, "ERR $1 x ");

async function stateOf(side: Side): Promise<unknown> {
  const list = (await ask(side, "FUNCTION", "LIST", "WITHCODE")) as unknown[][];
  const libraries = list
    .map((one) => [
      one[1],
      String(one[7])
        .replace(/^#!\w+/, "")
        .split("\n").length,
    ])
    .sort();
  const results: unknown[] = [];
  for (const name of FUNCTIONS) results.push(await ask(side, "FCALL", name, 0));
  const stats = (await ask(side, "FUNCTION", "STATS")) as unknown[][];
  return { libraries, results, counts: stats[3][1] };
}

test("replies and libraries are the same", async () => {
  const seed = Number(process.env.SEED ?? 20_261_130);
  const random = new Random(seed);
  for (let round = 0; round < ROUNDS; round++) {
    const step = stepOf(random, round);
    const replies: unknown[] = [];
    for (const side of sides) replies.push([seed, round, alike(await step(side))]);
    expect(replies[0]).toEqual(replies[replies.length - 1]);
    if (round % 3 !== 0) continue;
    const states: unknown[] = [];
    for (const side of sides) states.push([seed, round, await stateOf(side)]);
    expect(states[0]).toEqual(states[states.length - 1]);
  }
});
