// Purpose: many connections at once, each with a pipeline of its own that is cut at random places
// while commands are held back and let go: each gets exactly its replies, byte for byte.

import { afterAll, beforeAll, expect, test } from "bun:test";
import { type Client, connect } from "../client/client.ts";
import { requestOf } from "../client/resp.ts";
import { type Server, startServer } from "../client/server.ts";
import { Wire } from "../client/wire.ts";
import { Random } from "../fuzz/random.ts";

let server: Server;
let admin: Client;

beforeAll(async () => {
  server = await startServer({ args: ["--client-output-buffer-limit", "normal", "0", "0", "0"] });
  admin = await connect(server);
});

afterAll(async () => {
  admin?.close();
  await server?.stop();
});

const bulk = (value: Buffer) =>
  Buffer.concat([Buffer.from(`$${value.length}\r\n`), value, Buffer.from("\r\n")]);

/** Random commands on keys of one's own, and the replies to them. */
class Script {
  readonly requests: Buffer[] = [];
  readonly replies: Buffer[] = [];
  private readonly values = new Map<string, Buffer>();
  private readonly random: Random;
  private readonly prefix: string;

  constructor(random: Random, prefix: string) {
    this.random = random;
    this.prefix = prefix;
  }

  add(): void {
    const random = this.random;
    const key = `${this.prefix}:${random.below(5)}`;
    const kind = random.below(10);
    if (kind < 4) this.step(this.simple(key));
    else if (kind < 6)
      this.step(this.set(key, this.value(random.pick([10, 100, 70_000, 400_000]))));
    else if (kind < 7) this.step([Buffer.from("PING\r\n"), Buffer.from("+PONG\r\n")]);
    else if (kind < 8) this.step([Buffer.from(`GET "${key}"\r\n`), this.get(key)]);
    else if (kind < 9) this.step([Buffer.from("\r\n*0\r\n"), Buffer.alloc(0)]);
    else this.transaction(key);
  }

  private step([request, reply]: [Buffer, Buffer]): void {
    this.requests.push(request);
    this.replies.push(reply);
  }

  private value(sizeMax: number): Buffer {
    return Buffer.alloc(
      this.random.below(sizeMax),
      String.fromCharCode(this.random.between(33, 126)),
    );
  }

  private get(key: string): Buffer {
    const value = this.values.get(key);
    return value === undefined ? Buffer.from("$-1\r\n") : bulk(value);
  }

  private set(key: string, value: Buffer): [Buffer, Buffer] {
    this.values.set(key, value);
    return [requestOf(["SET", key, value]), Buffer.from("+OK\r\n")];
  }

  private simple(key: string): [Buffer, Buffer] {
    const size = this.values.get(key)?.length ?? 0;
    switch (this.random.below(4)) {
      case 0:
        return [requestOf(["STRLEN", key]), Buffer.from(`:${size}\r\n`)];
      case 1: {
        const tail = this.value(50);
        if (tail.length === 0) return [requestOf(["GET", key]), this.get(key)];
        this.values.set(key, Buffer.concat([this.values.get(key) ?? Buffer.alloc(0), tail]));
        return [requestOf(["APPEND", key, tail]), Buffer.from(`:${size + tail.length}\r\n`)];
      }
      case 2: {
        const was = this.values.delete(key) ? 1 : 0;
        return [requestOf(["DEL", key]), Buffer.from(`:${was}\r\n`)];
      }
      default:
        return [
          requestOf(["NOSUCH"]),
          Buffer.from("-ERR unknown command 'NOSUCH', with args beginning with: \r\n"),
        ];
    }
  }

  private transaction(key: string): void {
    const steps = Array.from({ length: this.random.between(0, 4) }, () =>
      this.random.chance(0.5)
        ? this.set(key, this.value(1000))
        : ([requestOf(["GET", key]), this.get(key)] as [Buffer, Buffer]),
    );
    this.step([requestOf(["MULTI"]), Buffer.from("+OK\r\n")]);
    for (const [request] of steps) this.step([request, Buffer.from("+QUEUED\r\n")]);
    const all = [Buffer.from(`*${steps.length}\r\n`), ...steps.map(([, reply]) => reply)];
    this.step([requestOf(["EXEC"]), Buffer.concat(all)]);
  }
}

/** Sends bytes in pieces of random sizes, with random waits. */
async function sendCut(wire: Wire, bytes: Buffer, random: Random): Promise<void> {
  for (let at = 0; at < bytes.length; ) {
    const most = random.pick([3, 50, 5000, 200_000]);
    const size = random.between(1, most);
    wire.write(bytes.subarray(at, at + size));
    at += size;
    if (random.chance(most < 100 ? 0.3 : 0.6)) await Bun.sleep(random.below(2));
  }
}

test("every connection gets its replies", async () => {
  const seed = Math.floor(Math.random() * 1e9);
  let over = false;
  const pausing = (async () => {
    const random = new Random(seed, 999);
    while (!over) {
      await admin.command("CLIENT", "PAUSE", 1000, random.pick(["WRITE", "ALL"]));
      await Bun.sleep(random.below(4));
      await admin.command("CLIENT", "UNPAUSE");
      await Bun.sleep(random.below(30));
    }
  })();
  const all = Array.from({ length: 24 }, async (_, index) => {
    const random = new Random(seed, index);
    const script = new Script(random, `c${index}`);
    for (let count = 0; count < 150; count++) script.add();
    const expected = Buffer.concat(script.replies);
    const wire = await Wire.open(server);
    const receiving = wire.bytes(expected.length);
    await sendCut(wire, Buffer.concat(script.requests), random);
    const got = await receiving;
    const differs = got.findIndex((byte, at) => byte !== expected[at]);
    expect([seed, index, differs]).toEqual([seed, index, -1]);
    wire.close();
  });
  await Promise.all(all);
  over = true;
  await pausing;
});
