// Sessions of a web server, as Express has them: they outlive a restart of it, and end in time.

import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { RedisStore } from "connect-redis";
import session from "express-session";
import { createClient } from "redis";
import { same } from "./same.ts";

interface Visit extends IncomingMessage {
  session: { visits?: number; destroy(done: () => void): void };
}

const client = createClient({ url: process.argv[2] });
await client.connect();

async function serve(): Promise<{ url: string; server: Server }> {
  const store = new RedisStore({ client, prefix: "sess:", ttl: 100 });
  const sessions = session({ store, secret: "secret", resave: false, saveUninitialized: false });
  const server = createServer((request, response: ServerResponse) => {
    sessions(request, response, () => {
      const visit = request as Visit;
      const end = (text: string) => response.end(text);
      if (request.url === "/leave") return visit.session.destroy(() => end("left"));
      visit.session.visits = (visit.session.visits ?? 0) + 1;
      return end(String(visit.session.visits));
    });
  });
  await new Promise<void>((settle) => server.listen(0, "127.0.0.1", settle));
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, server };
}

const first = await serve();
const answer = await fetch(first.url);
const cookie = String(answer.headers.get("set-cookie")).split(";")[0];
const visit = async (url: string) => (await fetch(url, { headers: { cookie } })).text();
same(await answer.text(), "1");
same(await visit(first.url), "2");
first.server.close();

const second = await serve();
same(await visit(second.url), "3");
const keys = await client.keys("sess:*");
same(keys.length, 1);
const ttl = await client.ttl(keys[0]);
same(ttl > 90 && ttl <= 100, true);
same(await visit(`${second.url}/leave`), "left");
same(await client.exists(keys), 0);
same(await visit(second.url), "1");
second.server.close();
client.destroy();
