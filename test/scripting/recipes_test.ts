// Purpose: the recipes of docs/scripting.md say what is so: each, in Lua on redis-server and in
// JavaScript here, gives the session that the page shows; and what else the page shows runs.

import { afterAll, beforeAll, beforeEach, describe, expect, test } from "bun:test";
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { plain } from "../client/resp.ts";
import { redisBinary, type Server, startRedis, startServer } from "../client/server.ts";

const PAGE = readFileSync(join(import.meta.dir, "../../docs/scripting.md"), "utf8");

/** The blocks of code of a piece of the page, by language. */
function blocks(text: string): Map<string, string> {
  const found = [...text.matchAll(/^```(\w+)\n([\s\S]*?)^```$/gm)];
  return new Map(found.map(([, language, code]) => [language, code]));
}

const recipes = PAGE.slice(PAGE.indexOf("\n## Recipes"))
  .split("\n### ")
  .slice(1)
  .map((text) => ({ name: text.slice(0, text.indexOf("\n")), code: blocks(text) }));

/** Runs a recipe's session with its script. */
async function run(server: Server, script: string, session: string): Promise<void> {
  const client = await server.connect();
  const sha = createHash("sha1").update(script).digest("hex");
  expect(plain(await client.command("SCRIPT", "LOAD", script))).toBe(sha);
  client.close();
  await server.session(session.replaceAll(/^> SCRIPT /gm, `> EVALSHA ${sha} `));
}

describe("recipes", () => {
  let rusk: Server;
  let redis: Server | null = null;

  beforeAll(async () => {
    rusk = await startServer();
    if (redisBinary() !== null) redis = await startRedis();
  });
  beforeEach(async () => {
    for (const server of [rusk, redis]) {
      const client = await server?.connect();
      await client?.command("FLUSHALL");
      client?.close();
    }
  });
  afterAll(async () => {
    await rusk?.stop();
    await redis?.stop();
  });

  test("there are eight, each in both languages, with a session", () => {
    expect(recipes.map(({ code }) => [...code.keys()])).toEqual(
      Array(8).fill(["lua", "js", "console"]),
    );
  });

  for (const { name, code } of recipes) {
    test(`${name}, in JavaScript`, () =>
      run(rusk, code.get("js") ?? "", code.get("console") ?? ""));
    test.skipIf(redisBinary() === null)(`${name}, in Lua on redis-server`, async () => {
      if (redis !== null) await run(redis, code.get("lua") ?? "", code.get("console") ?? "");
    });
  }

  test("the library of the page", async () => {
    const functions = PAGE.slice(PAGE.indexOf("\n## Functions"), PAGE.indexOf("\n## Long scripts"));
    const client = await rusk.connect();
    const ask = async (...words: (string | number)[]) => plain(await client.command(...words));
    expect(await ask("FUNCTION", "LOAD", blocks(functions).get("js") ?? "")).toBe("shop");
    await ask("MSET", "price:rusk", 3, "price:bun", 2);
    expect(await ask("FCALL", "total", 0, "rusk", "bun")).toBe(5);
    expect(await ask("FCALL_RO", "price", 0, "bun")).toBe(2);
    client.close();
  });

  test("the first session of the page", () => {
    const [session] = [...blocks(PAGE.slice(0, PAGE.indexOf("\n## "))).values()];
    return rusk.session(session.replaceAll(/^127\.0\.0\.1:6379> /gm, "> "));
  });
});
