// Purpose: one command to a server, over a connection of its own.

import { plain } from "../client/resp.ts";
import type { Server } from "../client/server.ts";

/** What the server replies. */
export async function ask(server: Server, ...words: string[]): Promise<unknown> {
  const client = await server.connect();
  const value = plain(await client.command(...words));
  client.close();
  return value;
}
