// Purpose: handshakes: a client that comes again need not greet in full, many at once keep nobody
// waiting, and who is refused hears why when the handshake is over.

import { afterAll, beforeAll, expect, test } from "bun:test";
import { execFileSync } from "node:child_process";
import { networkInterfaces } from "node:os";
import { openForeign } from "../../src/runtime/foreign.ts";
import { openOpenSsl } from "../../src/runtime/openssl.ts";
import { TlsRoom } from "../../src/runtime/tls_room.ts";
import type { Client } from "../client/client.ts";
import { plain, requestOf } from "../client/resp.ts";
import { Wire } from "../client/wire.ts";
import { greet, type SecureServer, startSecureServer } from "./secure_server.ts";

/** An address of this machine that is not the loopback's. */
const outer = Object.values(networkInterfaces())
  .flat()
  .find((each) => each !== undefined && !each.internal && each.family === "IPv4")?.address;

let server: SecureServer;
let admin: Client;

beforeAll(async () => {
  server = await startSecureServer();
  admin = await server.connect();
});
afterAll(async () => {
  admin?.close();
  await server?.stop();
});

/** What OpenSSL's client says of six connections with one session. */
function reconnect(...args: string[]): string {
  const all = ["s_client", "-connect", `127.0.0.1:${server.tlsPort}`, "-reconnect", ...args];
  return execFileSync("openssl", all, { input: "", stdio: ["pipe", "pipe", "ignore"] }).toString();
}

const count = (text: string, word: RegExp) => text.match(word)?.length ?? 0;

test.skipIf(Bun.which("openssl") === null)(
  "sessions are resumed, unless told otherwise",
  async () => {
    const withTickets = reconnect("-tls1_2");
    expect([count(withTickets, /^New, /gm), count(withTickets, /^Reused, /gm)]).toEqual([1, 5]);
    const cached = reconnect("-tls1_2", "-no_ticket");
    expect([count(cached, /^New, /gm), count(cached, /^Reused, /gm)]).toEqual([1, 5]);
    await admin.command("CONFIG", "SET", "tls-session-caching", "no");
    const uncached = reconnect("-tls1_2", "-no_ticket");
    expect([count(uncached, /^New, /gm), count(uncached, /^Reused, /gm)]).toEqual([6, 0]);
    await admin.command("CONFIG", "SET", "tls-session-caching", "yes");
  },
);

test("of many handshakes some are done in a turn, and the others in later ones", async () => {
  const foreign = await openForeign();
  const openSsl = foreign === null ? null : openOpenSsl(foreign);
  if (openSsl === null) throw new Error("OpenSSL is not here");
  const endings: (() => void)[] = [];
  const room = new TlsRoom(openSsl, { endOfTurn: (run) => void endings.push(run) });
  const greeted: number[] = [];
  const longMs = 1.5;
  for (let i = 0; i < 10; i++) {
    const greet = () => {
      const untilMs = performance.now() + longMs;
      while (performance.now() < untilMs);
      greeted.push(i);
    };
    room.greetLater({ greet });
  }
  let turns = 0;
  for (let run = endings.shift(); run !== undefined; run = endings.shift()) {
    const before = greeted.length;
    run();
    turns++;
    expect(greeted.length - before).toBeWithin(1, 3);
  }
  expect(greeted).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
  expect(turns).toBeGreaterThanOrEqual(5);
});

test.skipIf(outer === undefined)("protected mode refuses after the handshake", async () => {
  const socket = await greet(server.tlsPort, { host: outer, rejectUnauthorized: false });
  const wire = Wire.over(socket);
  expect(String(await wire.rest())).toStartWith("-DENIED ");
  expect(wire.closed).toBe(true);
  const open = await greet(server.tlsPort);
  const local = Wire.over(open);
  local.write(requestOf(["PING"]));
  expect(String(await local.bytes(7))).toBe("+PONG\r\n");
  expect(plain(await admin.command("CONFIG", "SET", "protected-mode", "no"))).toBe("OK");
  const other = Wire.over(await greet(server.tlsPort, { host: outer, rejectUnauthorized: false }));
  other.write(requestOf(["PING"]));
  expect(String(await other.bytes(7))).toBe("+PONG\r\n");
  for (const each of [local, other]) each.close();
});
