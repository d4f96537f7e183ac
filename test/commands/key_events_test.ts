// Purpose: what is published of keys, and in which order: for lines of every command what the real
// server publishes, on the channels of keys and of events, with all classes on.

import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import type { Client } from "../client/client.ts";
import { typedWords } from "../client/format.ts";
import { plain } from "../client/resp.ts";
import { redisBinary, type Server, startRedis } from "../client/server.ts";
import { InnerServer } from "../persistence/inner_server.ts";
import { ROWS, SETUP } from "./bad_input_rows.ts";
import { MORE_EVENTS } from "./key_event_rows.ts";

const CLASSES = "KEAmn";

const wordsOf = (line: string) => typedWords(line) ?? [];
const textsOf = (line: string) => wordsOf(line).map((word) => word.toString("latin1"));

/** What is published of some lines here: channels and messages. */
function eventsOf(lines: readonly string[]): string[] {
  const inner = new InnerServer(1);
  for (const each of SETUP) inner.run(...textsOf(each));
  const told: string[] = [];
  inner.keyspace.events.configure(CLASSES);
  inner.keyspace.events.publisher = {
    hasSubscribers: true,
    publish: (args, channel, message) => told.push(`${args.text(channel)} ${args.text(message)}`),
  };
  for (const line of lines) {
    const [name, ms] = textsOf(line);
    if (name === "WAIT-MS") inner.wait(Number(ms));
    else inner.run(...textsOf(line));
  }
  inner.keyspace.events.configure("");
  inner.run("FLUSHALL", "SYNC");
  return told;
}

describe.skipIf(redisBinary() === null)("the events of", () => {
  let real: Server;
  let client: Client;
  let listener: Client;

  beforeAll(async () => {
    real = await startRedis({
      args: ["--notify-keyspace-events", CLASSES, "--enable-debug-command", "yes"],
    });
    client = await real.connect();
    await client.command("DEBUG", "SET-ACTIVE-EXPIRE", "0");
    listener = await real.connect();
    await listener.command("HELLO", 3);
    listener.send("PSUBSCRIBE", "__key*@*__:*");
    await listener.command("PING");
  });

  afterAll(async () => {
    client?.close();
    listener?.close();
    await real?.stop();
  });

  /** What the real server has published since it was asked last. */
  async function published(): Promise<string[]> {
    await listener.command("PING");
    return listener
      .pushesSoFar()
      .map((push) => (plain(push) as unknown[]).map(String))
      .filter(([kind]) => kind === "pmessage")
      .map(([, , channel, key]) => `${channel} ${key}`);
  }

  async function carryOut(step: string): Promise<void> {
    const [name, ms] = textsOf(step);
    if (name === "WAIT-MS") await Bun.sleep(Number(ms));
    else await client.command(...wordsOf(step));
  }

  const lines = [...Object.values(ROWS).flatMap(({ good }) => good), ...MORE_EVENTS];
  test.each(lines)("%s", async (line) => {
    const steps = line.split(" | ");
    for (const each of SETUP) await client.command(...wordsOf(each));
    await published();
    for (const step of steps) await carryOut(step);
    await client.command("RESET");
    expect(eventsOf(steps)).toEqual(await published());
  });
});
