// Purpose: what is published of keys, and in which order: for lines of every command what the real
// server publishes, on the channels of keys and of events, with all classes on; for a command
// alone, in a transaction and in a script; and with other keys and words in place of those.

import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import type { Client } from "../client/client.ts";
import { typed, typedWords } from "../client/format.ts";
import { plain, requestOf } from "../client/resp.ts";
import { redisBinary, type Server, startRedis, startServer } from "../client/server.ts";
import { policyOf } from "../fuzz/policies.ts";
import { ROWS, SETUP } from "./bad_input_rows.ts";
import { MORE_EVENTS, WAITING_EVENTS } from "./key_event_rows.ts";

const ARGS = "--enable-debug-command yes --notify-keyspace-events KEAmn".split(" ");
/** Tells where the events of a line begin and end. */
const MARK = "__mark__";
/** Words that take the place of every other one. */
const STRANGE = ["list", "zset", "nosuch"];

type Words = readonly Buffer[];
/** Some commands one after the other; a number is a time to wait, in ms. */
type Line = readonly (Words | number)[];

function wordsOf(text: string): Buffer[] {
  const words = typedWords(text);
  if (words === null) throw new Error(`unbalanced quotes: ${text}`);
  return words;
}

const nameOf = (words: Words) => words[0].toString("latin1").toLowerCase();

function lineOf(text: string): Line {
  return text.split(" | ").map((step) => {
    const words = wordsOf(step);
    return nameOf(words) === "wait-ms" ? Number(words[1].toString()) : words;
  });
}

const shown = (line: Line) =>
  line.map((step) => (typeof step === "number" ? step : step.map(typed).join(" "))).join(" | ");

const BEFORE = [["RESET"], ...SETUP.map(wordsOf), ["PUBLISH", MARK, "begin"]].map(requestOf);
const AFTER = [["RESET"], ["PUBLISH", MARK, "end"]].map(requestOf);
const REQUESTS_AT_ONCE = 2000;

const GOOD = [...Object.values(ROWS).flatMap(({ good }) => good), ...MORE_EVENTS].map(lineOf);

/** Some of them with another word; those but for what depends on the order of a hash. */
const CHANGED = Object.values(ROWS)
  .flatMap(({ good }) => good.map(wordsOf))
  .flatMap((words) =>
    words.flatMap((_, at) =>
      at === 0 ? [] : STRANGE.map((word) => [words.with(at, Buffer.from(word))]),
    ),
  )
  .filter((line) => !/^SORT.* zset .*\*/.test(shown(line)));

/** MULTI, then commands with ; between them, then EXEC. */
function transactionOf([multi, ...words]: Words): Buffer[] {
  const commands = words
    .map((word) => word.toString("latin1"))
    .join(" ")
    .split(" ; ");
  return [[multi], ...commands.map(wordsOf), ["EXEC"]].map(requestOf);
}

/** A server of which somebody listens to all events. */
class Side {
  private readonly server: Server;
  private readonly client: Client;
  private readonly listener: Client;
  /** Calls the command in its arguments. */
  private readonly script: string;

  private constructor(server: Server, client: Client, listener: Client, script: string) {
    this.server = server;
    this.client = client;
    this.listener = listener;
    this.script = script;
  }

  static async start(server: Server, script: string): Promise<Side> {
    const client = await server.connect();
    await client.command("DEBUG", "SET-ACTIVE-EXPIRE", "0");
    const listener = await server.connect();
    await listener.command("HELLO", 3);
    listener.send("PSUBSCRIBE", "__key*@*__:*", MARK);
    await listener.command("PING");
    return new Side(server, client, listener, script);
  }

  async stop(): Promise<void> {
    this.client.close();
    this.listener.close();
    await this.server.stop();
  }

  asItIs = (words: Words): Buffer[] => [requestOf(words)];
  inTransaction = (words: Words): Buffer[] => [["MULTI"], words, ["EXEC"]].map(requestOf);
  inScript = (words: Words): Buffer[] => [requestOf(["EVAL", this.script, "0", ...words])];

  /** What is published for each line, of which each command is sent so. */
  async eventsOf(lines: readonly Line[], sent: (words: Words) => Buffer[]): Promise<string[][]> {
    this.listener.pushesSoFar();
    const requests: Buffer[] = [];
    for (const line of lines) {
      requests.push(...BEFORE);
      for (const step of line) {
        if (typeof step === "number") {
          await this.carryOut(requests.splice(0));
          await Bun.sleep(step);
        } else {
          requests.push(...(policyOf(nameOf(step)).blocks ? this.inTransaction(step) : sent(step)));
        }
      }
      requests.push(...AFTER);
      if (requests.length > REQUESTS_AT_ONCE) await this.carryOut(requests.splice(0));
    }
    await this.carryOut(requests);
    await this.listener.command("PING");
    return this.published();
  }

  /** What is published when the last command comes for which the others wait. */
  async waitingEvents(text: string): Promise<string[]> {
    const steps = text.split(" | ").map(wordsOf);
    const last = steps.pop() as Words;
    await this.carryOut(BEFORE);
    const waiting: Client[] = [];
    for (const words of steps) {
      if (nameOf(words) === "xgroup") {
        await this.carryOut([requestOf(words)]);
        continue;
      }
      const client = await this.server.connect();
      waiting.push(client);
      client.send(...words);
      while (!(await this.blockedCount(waiting.length))) await Bun.sleep(1);
    }
    await this.carryOut([
      ...(nameOf(last) === "multi" ? transactionOf(last) : [requestOf(last)]),
      ...AFTER,
    ]);
    await this.listener.command("PING");
    for (const client of waiting) client.close();
    while (!(await this.blockedCount(0))) await Bun.sleep(1);
    return this.published()[0];
  }

  private async blockedCount(count: number): Promise<boolean> {
    const info = String(plain(await this.client.command("INFO", "clients")));
    return info.includes(`blocked_clients:${count}\r`);
  }

  private async carryOut(requests: readonly Buffer[]): Promise<void> {
    this.client.wire.write(Buffer.concat(requests));
    await this.client.wire.replies(requests.length);
  }

  /** What was published between marks. */
  private published(): string[][] {
    const events: string[][] = [];
    let isOpen = false;
    for (const push of this.listener.pushesSoFar()) {
      const [, , channel, message] = (plain(push) as unknown[]).map(String);
      if (channel === MARK) {
        isOpen = message === "begin";
        if (isOpen) events.push([]);
      } else if (isOpen) {
        events[events.length - 1].push(`${channel} ${message}`);
      }
    }
    return events;
  }
}

describe.skipIf(redisBinary() === null)("key events", () => {
  let ours: Side;
  let real: Side;

  beforeAll(async () => {
    ours = await Side.start(await startServer({ args: ARGS }), "return redis.pcall(...ARGV)");
    real = await Side.start(await startRedis({ args: ARGS }), "return redis.pcall(unpack(ARGV))");
  });

  afterAll(async () => {
    await ours?.stop();
    await real?.stop();
  });

  describe("of who waited", () => {
    test.each(WAITING_EVENTS)("%s", async (text) => {
      const [told, expected] = [await ours.waitingEvents(text), await real.waitingEvents(text)];
      expect(told).toEqual(expected);
      expect(told.length).toBeGreaterThan(0);
    });
  });

  /** Compares what both publish. */
  async function compare(
    lines: readonly Line[],
    sentBy: (side: Side) => (words: Words) => Buffer[],
  ): Promise<void> {
    const sides = [ours, real].map((side) => side.eventsOf(lines, sentBy(side)));
    const [told, expected] = await Promise.all(sides);
    expect(told.length).toBe(lines.length);
    const textOf = (events: readonly string[][], index: number) => events[index].join(", ");
    const different = lines
      .map((line, index) => [shown(line), textOf(told, index), textOf(expected, index)])
      .filter(([, a, b]) => a !== b)
      .map(([line, a, b]) => `${line}\n  ours: ${a}\n  real: ${b}`);
    expect(different.join("\n")).toBe("");
  }

  test("of every command are the real server's", () => compare(GOOD, (side) => side.asItIs));

  test("in a transaction, too", () =>
    compare(
      GOOD.filter((line) => !/MULTI/.test(shown(line))),
      (side) => side.inTransaction,
    ));

  test("in a script, too", () => compare(GOOD, (side) => side.inScript));

  test("are the real server's whatever key or word there is", () =>
    compare(CHANGED, (side) => side.asItIs));
});
