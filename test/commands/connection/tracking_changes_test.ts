// Purpose: of which keys a client is told that has read them, or follows all (BCAST), and in which
// order, for every row of changes_rows.ts: as from Redis.

import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import type { Client } from "../../client/client.ts";
import { typedWords } from "../../client/format.ts";
import { plain } from "../../client/resp.ts";
import { redisBinary, type Server, startRedis, startServer } from "../../client/server.ts";
import { CHANGES } from "../changes_rows.ts";

const GIVEN = /^(?:given|and) (.*)$/;
const ROW = /^\d+ \S+ (.*)$/;
const NAMES = ["k", "t", "u"];

/** A server, with who changes keys, who has read them, and who follows all. */
class World {
  readonly server: Server;
  readonly writer: Client;
  private readonly reader: Client;
  private readonly follower: Client;

  private constructor(server: Server, clients: Client[]) {
    this.server = server;
    [this.writer, this.reader, this.follower] = clients;
  }

  static async open(server: Server): Promise<World> {
    const clients = await Promise.all([server.connect(), server.connect(), server.connect()]);
    const world = new World(server, clients);
    for (const client of clients) await client.command("HELLO", "3");
    // Else what has expired goes whenever the server's timer comes to it, which is told as well.
    await world.writer.command("DEBUG", "SET-ACTIVE-EXPIRE", "0");
    await world.reader.command("CLIENT", "TRACKING", "ON");
    await world.follower.command("CLIENT", "TRACKING", "ON", "BCAST");
    return world;
  }

  async run(line: string): Promise<void> {
    await this.writer.command(...(typedWords(line) ?? []));
  }

  /** What the two are told when a line is carried out, which their own replies come after. */
  async told(line: string): Promise<string> {
    await this.reader.command("MGET", ...NAMES);
    await this.shown();
    await this.run(line);
    return await this.shown();
  }

  private async shown(): Promise<string> {
    const shown: string[] = [];
    for (const client of [this.reader, this.follower]) {
      await client.command("PING");
      shown.push(JSON.stringify(client.pushesSoFar().map(plain)));
    }
    return shown.join(" ");
  }

  async close(): Promise<void> {
    for (const client of [this.writer, this.reader, this.follower]) client.close();
    await this.server.stop();
  }
}

describe.skipIf(redisBinary() === null)("as from Redis", () => {
  let own: World;
  let theirs: World;
  beforeAll(async () => {
    const servers = await Promise.all([startServer(), startRedis()]);
    [own, theirs] = [await World.open(servers[0]), await World.open(servers[1])];
  });
  afterAll(() => Promise.all([own.close(), theirs.close()]));

  test.each(Object.keys(CHANGES))("which keys are told: %s", async (kind) => {
    const rows: string[][] = [[], []];
    let given: string[] = [];
    for (const row of CHANGES[kind].trim().split(/ *\n */)) {
      const line = ROW.exec(row)?.[1];
      if (line === undefined) {
        const next = GIVEN.exec(row)?.[1];
        if (next === undefined) given = [];
        else if (next !== "nothing") given.push(next);
        continue;
      }
      for (const [i, world] of [own, theirs].entries()) {
        await world.run("FLUSHALL");
        for (const each of given) await world.run(each);
        rows[i].push(`${given.join("; ")}; ${line}: ${await world.told(line)}`);
      }
    }
    expect(rows[0]).toEqual(rows[1]);
  });
});
