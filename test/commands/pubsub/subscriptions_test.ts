// UNSUBSCRIBE and its kin of a client without subscriptions: raw, as one command has many replies.

import { afterAll, beforeAll, expect, test } from "bun:test";
import type { Client } from "../../client/client.ts";
import { type Server, startServer } from "../../client/server.ts";

let server: Server;
beforeAll(async () => {
  server = await startServer();
});
afterAll(() => server.stop());

const raw = async (client: Client, request: string, count: number) =>
  String(await client.raw(request, count));

const message = (head: string, kind: string, channel: string) =>
  `${head}3\r\n$${kind.length}\r\n${kind}\r\n${channel}\r\n:0\r\n`;

for (const kind of ["unsubscribe", "punsubscribe", "sunsubscribe"]) {
  test(`${kind} in RESP2: a message for each channel, or one for none`, async () => {
    const client = await server.connect();
    const none = message("*", kind, "$-1");
    expect(await raw(client, `${kind}\r\n`, 1)).toBe(none);
    const each = message("*", kind, "$1\r\na") + message("*", kind, "$2\r\nbc");
    expect(await raw(client, `${kind} a bc\r\n`, 2)).toBe(each);
    expect(await raw(client, `MULTI\r\n${kind}\r\nEXEC\r\n`, 3)).toEndWith(`*1\r\n${none}`);
    client.close();
  });

  test(`${kind} in RESP3: push messages`, async () => {
    const client = await server.connect();
    await client.command("HELLO", "3");
    expect(await raw(client, `${kind} a\r\n${kind}\r\n`, 2)).toBe(
      message(">", kind, "$1\r\na") + message(">", kind, "_"),
    );
    client.close();
  });
}
