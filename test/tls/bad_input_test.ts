// Purpose: what no client of TLS would send, and what a slow or hostile one does: greetings that
// are cut off, changed or never end, records that were changed on their way, a reader that does not
// read. Only the connection itself is concerned; the others are served as before.

import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from "bun:test";
import type { Client } from "../client/client.ts";
import { withSeed } from "../client/pair.ts";
import { residentSize } from "../client/process.ts";
import { plain, requestOf } from "../client/resp.ts";
import { atLeastOnce, until } from "../client/until.ts";
import { Wire } from "../client/wire.ts";
import { firstWords, Meddler } from "./meddler.ts";
import { greet, type SecureServer, secureClient, startSecureServer } from "./secure_server.ts";

const MB = 2 ** 20;
/** Long enough for what a busy machine does in between, and far from for ever. */
const PROMPT_MS = 2000;

let server: SecureServer;
let admin: Client;
let hello: Buffer;
const wires: Wire[] = [];

beforeAll(async () => {
  server = await startSecureServer(["--client-output-buffer-limit", "normal", "4mb", "0", "0"]);
  hello = await firstWords((port) => greet(port));
});
beforeEach(async () => {
  admin = await server.connect();
});
afterEach(async () => {
  for (const wire of wires.splice(0)) wire.close();
  // Nobody is left, and the server is well.
  await until("only this client is left", async () => (await clientCount()) === 1);
  const client = await secureClient(server.tlsPort);
  expect(plain(await client.command("PING"))).toBe("PONG");
  client.close();
  admin.close();
});
afterAll(() => server?.stop());

async function clientCount(): Promise<number> {
  const info = String(plain(await admin.command("INFO", "clients")));
  return Number(/connected_clients:(\d+)/.exec(info)?.[1]);
}

async function open(): Promise<Wire> {
  const wire = await Wire.open({ port: server.tlsPort });
  wires.push(wire);
  return wire;
}

/** Sends bytes, and the end; true when the server has closed. */
async function isClosedAfter(bytes: Uint8Array): Promise<boolean> {
  const wire = await open();
  wire.write(bytes);
  wire.end();
  return await wire.untilClosed();
}

test("a greeting that is cut off, after each of its bytes", async () => {
  for (let size = 0; size < hello.length; size += size < 200 ? 1 : 37) {
    expect(await isClosedAfter(hello.subarray(0, size))).toBe(true);
  }
  await until("the log says so", () => /unexpected eof while reading/.test(server.log()));
});

test("a greeting in which some bytes are others", () =>
  withSeed(async (random, note) => {
    for (let round = 0; round < 300; round++) {
      const changed = Buffer.from(hello);
      for (let count = random.between(1, 8); count > 0; count--) {
        changed[random.below(changed.length)] = random.below(256);
      }
      expect([note, await isClosedAfter(changed)]).toEqual([note, true]);
    }
  }));

test("bytes at random, with and without the head of a record", () =>
  withSeed(async (random, note) => {
    for (let round = 0; round < 200; round++) {
      const bytes = Buffer.from(random.words(random.between(1, 20_000)).buffer);
      if (random.chance(0.5)) Buffer.from([22, 3, random.below(5)]).copy(bytes);
      expect([note, await isClosedAfter(bytes)]).toEqual([note, true]);
    }
  }));

test("commands and HTTP, as if there were no TLS", async () => {
  for (const text of ["PING\r\n", "*1\r\n$4\r\nPING\r\n", "GET / HTTP/1.1\r\nHost: a\r\n\r\n"]) {
    const wire = await open();
    wire.write(Buffer.from(text));
    expect(await wire.untilClosed()).toBe(true);
  }
});

test("who greets slowly, or never, keeps nobody waiting, and counts as a client", async () => {
  const count = 200;
  for (let i = 0; i < count; i++) await open();
  await until("all are clients", async () => (await clientCount()) === count + 1);
  for (let at = 0; at < 100; at++) {
    for (const wire of wires) wire.write(hello.subarray(at, at + 1));
  }
  const client = await secureClient(server.tlsPort);
  await atLeastOnce("50 replies soon", async () => {
    const before = performance.now();
    for (let i = 0; i < 50; i++) await client.command("PING");
    return performance.now() - before < PROMPT_MS;
  });
  client.close();
  await admin.command("CLIENT", "KILL", "SKIPME", "yes", "TYPE", "normal");
  for (const wire of wires) expect(await wire.untilClosed()).toBe(true);
});

test("timeout is for those as well who never greet", async () => {
  await open();
  await admin.command("CONFIG", "SET", "timeout", "1");
  await until("it is closed", async () => (await clientCount()) === 1 && wires[0].closed);
  await admin.command("CONFIG", "SET", "timeout", "0");
});

test("too many are sent away, with and without a greeting", async () => {
  await admin.command("CONFIG", "SET", "maxclients", "1");
  const silent = await open();
  expect(await silent.untilClosed()).toBe(true);
  const reason = await greet(server.tlsPort).then(
    () => "welcome",
    () => "refused",
  );
  expect(reason).toBe("refused");
  await admin.command("CONFIG", "SET", "maxclients", "10000");
});

test("a record that was changed on its way ends the connection, and is not carried out", () =>
  withSeed(async (random, note) => {
    for (let round = 0; round < 50; round++) {
      const meddler = await Meddler.before(server.tlsPort);
      const client = await secureClient(meddler.port);
      expect(plain(await client.command("SET", "k", "good"))).toBe("OK");
      meddler.meddle = (bytes) => {
        const changed = Buffer.from(bytes);
        changed[random.below(changed.length)] ^= 1 << random.below(8);
        return changed;
      };
      client.send("SET", "k", "forged");
      // Of one whose length was changed the rest may be waited for.
      await Promise.race([client.wire.untilClosed(), Bun.sleep(50)]);
      client.close();
      meddler.close();
      const value = plain(await admin.command("GET", "k"));
      expect([note, value]).toEqual([note, "good"]);
    }
  }));

test("a connection that is cut off in a command: what was whole is carried out", async () => {
  const meddler = await Meddler.before(server.tlsPort);
  const client = await secureClient(meddler.port);
  expect(plain(await client.command("SET", "k", "1"))).toBe("OK");
  client.wire.write(Buffer.concat([requestOf(["INCR", "k"]), Buffer.from("*2\r\n$4\r\nINCR")]));
  await client.wire.replies(1);
  meddler.meddle = () => null;
  client.wire.write(Buffer.from("\r\n$1\r\nk\r\n"));
  expect(await client.wire.untilClosed()).toBe(true);
  expect(plain(await admin.command("GET", "k"))).toBe("2");
  meddler.close();
});

test("who never reads costs its limit, and no more", async () => {
  await admin.command("SET", "k", Buffer.alloc(MB));
  const before = residentSize(server.pid);
  const slow = await greet(server.tlsPort);
  slow.on("error", () => {});
  slow.pause();
  const request = Buffer.concat(Array.from({ length: 100 }, () => requestOf(["GET", "k"])));
  slow.write(request);
  await until("it is closed", async () => (await clientCount()) === 1);
  expect(/closed ASAP for overcoming of output buffer limits/.test(server.log())).toBe(true);
  slow.destroy();
  expect(residentSize(server.pid) - before).toBeLessThan(100 * MB);
});
