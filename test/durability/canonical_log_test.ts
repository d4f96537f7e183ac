// Purpose: what reaches the append-only log is RESP as it should be, whatever bytes a request was
// made of, so that both servers load it.

import { afterEach, describe, expect, test } from "bun:test";
import { cpSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Client } from "../client/client.ts";
import { plain, requestOf } from "../client/resp.ts";
import { redisBinary, type Server, startRedis, startServer } from "../client/server.ts";

const LOG_ARGS = ["--appendonly", "yes", "--appendfsync", "no", "--enable-debug-command", "yes"];
const INCREMENT = join("appendonlydir", "appendonly.aof.1.incr.aof");
const SELECT = requestOf(["SELECT", "0"]).toString("latin1");

/** What two bytes may be after an argument, and one after CR: the server looks at none of them. */
const ENDS = ["xx", "\n\n", "\r\r", "\0\0", "*1", "$3", "\rx", "x\n"];
const LINE_ENDS = ["\r\n", "\rX", "\r\r", "\r\0", "\r$", "\r*", "\r1"];

interface Spelling {
  readonly name: string;
  readonly spell: (words: readonly string[]) => string;
}

function spelled(words: readonly string[], end: string, line: string, head = line): string {
  const bulks = words.map((word) => `$${word.length}${line}${word}${end}`);
  return `*${words.length}${head}${bulks.join("")}`;
}

const shown = (text: string) => JSON.stringify(text);
const SPELLINGS: readonly Spelling[] = [
  ...ENDS.map((end) => ({
    name: `arguments that end in ${shown(end)}`,
    spell: (words: readonly string[]) => spelled(words, end, "\r\n"),
  })),
  ...LINE_ENDS.flatMap((line) => [
    {
      name: `sizes that end in ${shown(line)}`,
      spell: (words: readonly string[]) => spelled(words, "\r\n", line, "\r\n"),
    },
    {
      name: `a count that ends in ${shown(line)}`,
      spell: (words: readonly string[]) => spelled(words, "\r\n", "\r\n", line),
    },
  ]),
  {
    name: "only the last argument's end",
    spell: (words) => `${spelled(words, "\r\n", "\r\n").slice(0, -1)}X`,
  },
  { name: "a line", spell: (words) => `${words.join(" ")}\n` },
  {
    name: "a line in quotes",
    spell: (words) => `${words.map((word) => `"${word}"`).join("\t")}\r\n`,
  },
];

/** Commands of one digit, two and three of arguments, and of sizes. */
const COMMANDS: readonly (readonly string[])[] = [
  ["SET", "a", "1"],
  ["SET", "b", "v".repeat(100)],
  ["RPUSH", "l", ...Array.from({ length: 9 }, (_, i) => `e${i}`)],
  ["RPUSH", "m", ...Array.from({ length: 120 }, (_, i) => `element ${i}`.replace(" ", "-"))],
];

let server: Server | null = null;
let client: Client;

afterEach(async () => {
  await server?.stop();
  server = null;
});

async function start(...args: string[]): Promise<Server> {
  server = await startServer({ args: [...LOG_ARGS, ...args] });
  client = await server.connect();
  return server;
}

const logOf = ({ dir }: Server) => readFileSync(join(dir, INCREMENT), "latin1");

async function digest(of: Server): Promise<string> {
  const other = await of.connect();
  const text = String(plain(await other.command("DEBUG", "DIGEST")));
  other.close();
  expect(text).toMatch(/^[0-9a-f]{40}$/);
  return text;
}

/** The data of a server that loads a copy of the log. */
async function digestAfter(of: Server, startOther: typeof startServer): Promise<string> {
  const folder = mkdtempSync(join(tmpdir(), "rusk-log-"));
  cpSync(join(of.dir, "appendonlydir"), join(folder, "appendonlydir"), { recursive: true });
  const other = await startOther({ args: [...LOG_ARGS, "--dir", folder] });
  const text = await digest(other);
  await other.stop();
  rmSync(folder, { recursive: true, force: true });
  return text;
}

describe("requests that are spelled otherwise", () => {
  const plainLog = COMMANDS.map((words) => requestOf(words).toString("latin1")).join("");

  test("reach the log as they should be", async () => {
    const one = await start();
    let before = SELECT.length;
    for (const { name, spell } of SPELLINGS) {
      for (const words of COMMANDS) {
        const reply = await client.raw(Buffer.from(spell(words), "latin1"), 1);
        expect([name, reply.toString()[0]]).not.toEqual([name, "-"]);
      }
      expect([name, logOf(one).slice(before)]).toEqual([name, plainLog]);
      before += plainLog.length;
    }
  });

  test("all of them, in transactions and blocked as well, are loaded by both servers", async () => {
    const one = await start("--snapshot-format", "rdb");
    const waiting = await one.connect();
    for (const [index, { spell }] of SPELLINGS.entries()) {
      const send = async (...words: string[]) =>
        await client.raw(Buffer.from(spell(words), "latin1"), 1);
      await send("SET", `s${index}`, "v");
      await send("MULTI");
      await send("INCR", `n${index}`);
      await send("INCR", "n");
      await send("EXEC");
      waiting.wire.write(Buffer.from(spell(["BLMOVE", "from", "to", "LEFT", "RIGHT", "0"])));
      await send("RPUSH", "from", `${index}`);
      await waiting.reply();
    }
    waiting.close();
    const expected = await digest(one);
    expect(plain(await client.command("LLEN", "to"))).toBe(SPELLINGS.length);
    expect(await digestAfter(one, startServer)).toBe(expected);
    if (redisBinary() !== null) expect(await digestAfter(one, startRedis)).toBe(expected);
  });
});

test("a request that came in pieces, after others, is spelled as it should be", async () => {
  const one = await start();
  const first = spelled(["SET", "a", "1"], "\r\n", "\r\n");
  const text = first + spelled(["SET", "b", "22"], "xx", "\rY");
  for (let cut = 1; cut < text.length; cut++) {
    client.wire.write(Buffer.from(text.slice(0, cut)));
    await Bun.sleep(1);
    client.wire.write(Buffer.from(text.slice(cut)));
    await client.reply();
    await client.reply();
  }
  const both = first + requestOf(["SET", "b", "22"]).toString("latin1");
  expect(logOf(one)).toBe(SELECT + both.repeat(text.length - 1));
});
