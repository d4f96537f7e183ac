// Purpose: what is said over TLS: requests and replies of any size, pipelines, slow readers, either
// side's end, several ports at once; with redis-cli and ioredis, and under both runtimes.

import { afterAll, afterEach, beforeAll, describe, expect, test } from "bun:test";
import { execFileSync } from "node:child_process";
import { existsSync } from "node:fs";
import { join, resolve } from "node:path";
import { Redis } from "ioredis";
import type { Client } from "../client/client.ts";
import { plain, requestOf } from "../client/resp.ts";
import { until } from "../client/until.ts";
import { Wire } from "../client/wire.ts";
import {
  certificate,
  greet,
  pem,
  type SecureServer,
  secureClient,
  startSecureServer,
} from "./secure_server.ts";

const ROOT = resolve(import.meta.dir, "../..");
const DENO = join(ROOT, "node_modules/.bin/deno");
const MB = 2 ** 20;

/** Bytes that no other run of them is like. */
const various = (size: number) => Buffer.from(Uint8Array.from({ length: size }, (_, i) => i * i));

const RUNTIMES: readonly (readonly [string, readonly string[] | null])[] = [
  ["the server", null],
  ["under Deno", [DENO, "run", "-A", join(ROOT, "src/main.ts")]],
];

for (const [name, command] of RUNTIMES) {
  const skipped = command !== null && !existsSync(DENO);
  describe.skipIf(skipped)(name, () => {
    let server: SecureServer;
    const clients: Client[] = [];

    beforeAll(async () => {
      server = await startSecureServer([], command === null ? {} : { command });
    });
    afterEach(() => {
      for (const client of clients.splice(0)) client.close();
    });
    afterAll(() => server?.stop());

    async function open(): Promise<Client> {
      const client = await secureClient(server.tlsPort);
      clients.push(client);
      return client;
    }

    test("a session in both protocols", async () => {
      const client = await open();
      expect(plain(await client.command("SET", "k", "v"))).toBe("OK");
      expect(plain(await client.command("GET", "k"))).toBe("v");
      expect(await client.command("HELLO", "3")).toMatchObject({ type: "map" });
      expect(await client.command("NOSUCH")).toMatchObject({ type: "error" });
      expect(String(plain(await client.command("CLIENT", "INFO")))).toMatch(
        new RegExp(` addr=127\\.0\\.0\\.1:\\d+ laddr=127\\.0\\.0\\.1:${server.tlsPort} `),
      );
    });

    test("values of all sizes around those of records and buffers", async () => {
      const client = await open();
      const base = [1, 16_384, 32_768, 65_536, 131_072];
      const sizes = base.flatMap((size) => [size - 1, size, size + 1]);
      for (const size of [...sizes, 8 * MB]) {
        const value = various(size);
        expect(plain(await client.command("SET", "k", value))).toBe("OK");
        client.send("GET", "k");
        const head = Buffer.from(`$${size}\r\n`);
        const reply = await client.wire.bytes(head.length + size + 2);
        expect(reply.equals(Buffer.concat([head, value, Buffer.from("\r\n")]))).toBe(true);
      }
    });

    test("a pipeline that is longer than a buffer, in pieces of odd sizes", async () => {
      const client = await open();
      const words = Array.from({ length: 20_000 }, (_, i) => ["ECHO", `number ${i}`]);
      const bytes = Buffer.concat(words.map(requestOf));
      for (let at = 0, size = 1; at < bytes.length; at += size, size = (size * 7) % 30_011) {
        client.wire.write(bytes.subarray(at, at + size));
      }
      const replies = await client.wire.replies(words.length);
      expect(replies.map(String)).toEqual(
        words.map(([, text]) => `$${text.length}\r\n${text}\r\n`),
      );
    });

    test("who does not read gets all of it later, and holds up nobody", async () => {
      const [slow, other] = [await greet(server.tlsPort), await open()];
      await other.command("SET", "k", various(MB));
      slow.pause();
      for (let i = 0; i < 50; i++) slow.write(requestOf(["GET", "k"]));
      await until("much waits", async () => {
        const list = String(plain(await other.command("CLIENT", "LIST")));
        return / omem=\d{7,} /.test(list);
      });
      let received = 0;
      slow.on("data", (bytes: Buffer) => {
        received += bytes.length;
      });
      slow.resume();
      await until("all came", () => received >= 50 * (MB + 12));
      expect(received).toBe(50 * (MB + 12));
      slow.destroy();
    });

    test("what came with the end is answered", async () => {
      const socket = await greet(server.tlsPort);
      const wire = Wire.over(socket);
      socket.end(Buffer.concat([requestOf(["PING"]), requestOf(["ECHO", "last"])]));
      expect(String(await wire.rest())).toBe("+PONG\r\n$4\r\nlast\r\n");
      expect(wire.closed).toBe(true);
    });

    test("QUIT is answered, and then the connection is closed", async () => {
      const client = await open();
      client.send("QUIT");
      expect(String(await client.wire.rest())).toBe("+OK\r\n");
    });

    test("one that is killed is told that nothing follows", async () => {
      const [socket, killer] = [await greet(server.tlsPort), await open()];
      const errors: Error[] = [];
      socket.on("error", (error) => errors.push(error));
      const ended = new Promise((done) => socket.once("end", done));
      const { localPort } = socket;
      socket.resume();
      expect(plain(await killer.command("CLIENT", "KILL", "ADDR", `127.0.0.1:${localPort}`))).toBe(
        1,
      );
      await ended;
      expect(errors).toEqual([]);
    });

    test("those without TLS are served at their own port only", async () => {
      expect(plain(await (await server.connect()).command("PING"))).toBe("PONG");
      const wire = await Wire.open({ port: server.tlsPort });
      wire.write(requestOf(["PING"]));
      expect(await wire.untilClosed()).toBe(true);
    });

    test("redis-cli", () => {
      const args = ["--tls", "--cacert", certificate("authority.crt"), "-h", "127.0.0.1"];
      const run = (...words: string[]) =>
        execFileSync("redis-cli", [...args, "-p", String(server.tlsPort), ...words]).toString();
      expect(run("SET", "from", "redis-cli")).toBe("OK\n");
      expect(run("GET", "from")).toBe("redis-cli\n");
    });

    test("ioredis", async () => {
      const tls = { ca: pem("authority.crt") };
      const redis = new Redis({ host: "127.0.0.1", port: server.tlsPort, tls });
      redis.on("error", () => {});
      expect(await redis.set("k", "v")).toBe("OK");
      const replies = await redis.pipeline().get("k").incr("n").exec();
      expect(replies).toEqual([
        [null, "v"],
        [null, 1],
      ]);
      redis.disconnect();
    });
  });
}
