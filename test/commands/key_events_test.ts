// Purpose: as which of Redis's keyspace events changes are told to observers of keys: what the real
// server publishes for lines of every command on collections, bitmaps, places, HyperLogLogs and
// streams, and for some on keys and strings.

import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { KeySlot } from "../../src/keyspace/observers.ts";
import * as entry from "../../src/structures/entry.ts";
import type { Client } from "../client/client.ts";
import { typedWords } from "../client/format.ts";
import { plain } from "../client/resp.ts";
import { redisBinary, type Server, startRedis } from "../client/server.ts";
import { InnerServer } from "../persistence/inner_server.ts";
import { ROWS, SETUP } from "./bad_input_rows.ts";

/** Of commands that have no row. */
const MORE: readonly string[] = [
  "SET text x",
  "SETNX new x",
  "GETSET text x",
  "MSET text x new y",
  "MSETNX new x newer y",
  "APPEND text x",
  "APPEND new x",
  "SETRANGE text 2 x",
  "INCR new",
  "DECRBY new 3",
  "INCRBYFLOAT new 1.5",
  "GETDEL text",
  "GETEX text EX 100",
  "GETEX text PERSIST",
  "DEL text list nosuch",
  "UNLINK text",
  "EXPIRE text 100",
  "EXPIRE text -1",
  "PERSIST text",
  "RENAME text new",
  "RENAMENX text new",
  "COPY text new",
  "MOVE text 1",
  "PFMERGE new hll",
];

const wordsOf = (line: string) => (typedWords(line) ?? []).map((word) => word.toString("latin1"));

/** What is told of a line here: events and keys. */
function eventsOf(line: string): string[] {
  const inner = new InnerServer(1);
  for (const each of SETUP) inner.run(...wordsOf(each));
  const told: string[] = [];
  inner.keyspace.observers.attach(KeySlot.others, {
    changing(_, e, event) {
      if (event !== null) told.push(`${event} ${entry.keyText(e)}`);
    },
    replacing() {},
    swapped() {},
  });
  inner.run(...wordsOf(line));
  inner.keyspace.observers.detach(KeySlot.others);
  inner.run("FLUSHALL", "SYNC");
  return told.sort();
}

describe.skipIf(redisBinary() === null)("the events of", () => {
  let real: Server;
  let client: Client;
  let listener: Client;

  beforeAll(async () => {
    real = await startRedis({ args: ["--notify-keyspace-events", "EA"] });
    client = await real.connect();
    listener = await real.connect();
    await listener.command("HELLO", 3);
    listener.send("PSUBSCRIBE", "__keyevent@*__:*");
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
      .map(([, , channel, key]) => `${channel.slice(channel.indexOf(":") + 1)} ${key}`)
      .sort();
  }

  const lines = [...Object.values(ROWS).flatMap(({ good }) => good), ...MORE];
  test.each(lines)("%s", async (line) => {
    for (const each of SETUP) await client.command(...wordsOf(each));
    await published();
    await client.command(...wordsOf(line));
    expect(eventsOf(line)).toEqual(await published());
  });
});
