// Purpose: MIGRATE over TLS, which tls-cluster asks for: to Rusk and to Redis, with certificates
// that the other side wants, and to those that speak no TLS, are of another authority, or say
// nothing.

import { afterAll, beforeAll, expect, test } from "bun:test";
import { createServer } from "node:net";
import { plain } from "../client/resp.ts";
import { freePort, redisBinary, type Server, startRedis } from "../client/server.ts";
import { certificate, type SecureServer, startSecureServer, tlsArgs } from "./secure_server.ts";

const NOT_CONNECTED = "IOERR error or timeout connecting to the client";
const OURS = [
  ...["--tls-cluster", "yes", "--tls-client-cert-file", certificate("client.crt")],
  ...["--tls-client-key-file", certificate("client.key")],
];

let from: SecureServer;
let to: SecureServer;

beforeAll(async () => {
  from = await startSecureServer(OURS);
  to = await startSecureServer(["--tls-auth-clients", "yes"]);
});
afterAll(async () => {
  await Promise.all([from?.stop(), to?.stop()]);
});

async function run(server: Server, ...words: (string | number | Uint8Array)[]): Promise<unknown> {
  const client = await server.connect();
  const reply = await client.command(...words);
  client.close();
  return reply.type === "error" ? reply.value : plain(reply);
}

const migrate = (port: number, timeoutMs = 5000) =>
  run(from, "MIGRATE", "127.0.0.1", port, "", 0, timeoutMs, "REPLACE", "KEYS", "small", "large");

const LARGE = Buffer.from(Uint8Array.from({ length: 3 << 20 }, (_, i) => i * i));

async function fill(): Promise<void> {
  await run(from, "SET", "small", "v");
  await run(from, "SET", "large", LARGE);
}

async function arrived(server: Server): Promise<unknown[]> {
  return [await run(server, "GET", "small"), await run(server, "STRLEN", "large")];
}

test("to a server that wants a certificate, twice over one connection", async () => {
  for (let i = 0; i < 2; i++) {
    await fill();
    expect(await migrate(to.tlsPort)).toBe("OK");
    expect(await arrived(to)).toEqual(["v", LARGE.length]);
    expect(await run(from, "EXISTS", "small", "large")).toBe(0);
  }
});

test.skipIf(redisBinary() === null)("to Redis", async () => {
  const port = await freePort();
  const redis = await startRedis({ args: [...tlsArgs(port), "--tls-auth-clients", "yes"] });
  await fill();
  expect(await migrate(port)).toBe("OK");
  expect(await arrived(redis)).toEqual(["v", LARGE.length]);
  await redis.stop();
});

test("to those that will not have it: the keys stay", async () => {
  await fill();
  const stranger = await startSecureServer([
    ...["--tls-cert-file", certificate("stranger.crt")],
    ...["--tls-key-file", certificate("stranger.key")],
  ]);
  const silent = createServer();
  await new Promise<void>((done) => silent.listen(0, "127.0.0.1", done));
  const address = silent.address();
  const silentPort = typeof address === "object" && address !== null ? address.port : 0;
  const ports = [to.port, stranger.tlsPort, silentPort, await freePort()];
  for (const port of ports) expect(await migrate(port, 300)).toBe(NOT_CONNECTED);
  expect(await run(from, "EXISTS", "small", "large")).toBe(2);
  silent.close();
  await stranger.stop();
});

test("without tls-cluster there is no TLS", async () => {
  await fill();
  expect(await run(from, "CONFIG", "SET", "tls-cluster", "no")).toBe("OK");
  expect(await migrate(to.port)).toBe("OK");
  expect(await run(from, "CONFIG", "SET", "tls-cluster", "yes")).toBe("OK");
});
