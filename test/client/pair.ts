/**
 * Purpose: Rusk and the real Redis side by side, for tests that send random commands to both and
 * want the same replies. Chance comes from a seed that every failure shows.
 */
import { Random } from "../fuzz/random.ts";
import type { Client } from "./client.ts";
import { formatReply } from "./format.ts";
import { type Reply, requestOf, type Word } from "./resp.ts";
import { type Server, startRedis, startServer } from "./server.ts";

/** Replies longer than this are not shown whole. */
const SHOWN_SIZE = 1000;

export class Pair {
  private readonly servers: readonly Server[];
  private readonly ours: Client;
  private readonly real: Client;

  private constructor(servers: readonly Server[], ours: Client, real: Client) {
    this.servers = servers;
    this.ours = ours;
    this.real = real;
  }

  /** Starts both, with a connection to each. */
  static async start(args: readonly string[] = []): Promise<Pair> {
    const servers = await Promise.all([startServer({ args }), startRedis({ args })]);
    return new Pair(servers, await servers[0].connect(), await servers[1].connect());
  }

  async stop(): Promise<void> {
    this.ours.close();
    this.real.close();
    await Promise.all(this.servers.map((server) => server.stop()));
  }

  /** Sends commands to both, and fails where replies differ; `note` is shown then. */
  async same(commands: readonly (readonly Word[])[], note: string): Promise<Reply[]> {
    const [ours, real] = await Promise.all([
      this.ours.pipeline(commands),
      this.real.pipeline(commands),
    ]);
    for (const [index, command] of commands.entries()) {
      const a = formatReply(ours[index]);
      const b = formatReply(real[index]);
      if (a === b) continue;
      const sent = requestOf(command).toString("latin1").slice(0, SHOWN_SIZE);
      const shown = [a, b].map((text) => around(text, a, b));
      throw new Error(
        `${note}: ${JSON.stringify(sent)}\n+ ours:\n${shown[0]}\n- real:\n${shown[1]}`,
      );
    }
    return ours;
  }
}

/** The part of a text where two others begin to differ. */
function around(text: string, a: string, b: string): string {
  let at = 0;
  while (at < a.length && a[at] === b[at]) at++;
  const from = Math.max(0, at - SHOWN_SIZE / 4);
  return text.slice(from, from + SHOWN_SIZE / 2);
}

/** Runs `body` with chance from a new seed, or from SEED, and a note that tells it. */
export async function withSeed(body: (random: Random, note: string) => Promise<void>) {
  const seed = Number(process.env.SEED ?? Date.now());
  await body(new Random(seed), `SEED=${seed}`);
}
