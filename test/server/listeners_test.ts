// Purpose: connections of another kind beside those of clients: each kind listens at places of its
// own, and is concerned by the directives that name these only.

import { afterAll, expect, test } from "bun:test";
import { latin1 } from "../../src/base/bytes.ts";
import type { Socket, SocketEvents } from "../../src/runtime/net.ts";
import { nodeLoop } from "../../src/runtime/node_loop.ts";
import { openTls } from "../../src/runtime/tls.ts";
import { connectionKinds } from "../../src/server/connection_kinds.ts";
import { type ConnectionKind, Listeners } from "../../src/server/listeners.ts";
import { TlsService } from "../../src/server/tls_service.ts";
import { freePort } from "../client/server.ts";
import { Wire } from "../client/wire.ts";
import { innerServer } from "../persistence/inner_server.ts";

const HOST = "127.0.0.1";

/** Answers each line with its length. */
class LineLengths implements SocketEvents {
  private readonly socket: Socket;
  private readonly input = new Uint8Array(100);
  private line = "";

  constructor(socket: Socket) {
    this.socket = socket;
  }

  readable(): void {
    const size = this.socket.read(this.input, 0, this.input.length);
    const lines = (this.line + latin1(this.input, 0, size)).split("\n");
    this.line = lines.pop() ?? "";
    const replies = new TextEncoder().encode(lines.map((line) => `${line.length}\n`).join(""));
    this.socket.write(replies, 0, replies.length);
  }

  drain(): void {}
  closed(): void {}
}

/** Its port is that of a directive which nobody else asks for. */
const lengthsKind: ConnectionKind = {
  name: "LENGTHS",
  addresses: "bind",
  port: "cluster-announce-port",
  file: null,
  prepare: null,
  accept: (socket) => new LineLengths(socket),
};

const [port, lengthsPort, laterPort] = [await freePort(), await freePort(), await freePort()];
const server = innerServer({
  seed: 1,
  args: ["--bind", HOST, "--port", String(port)],
  nowMs: () => Date.now(),
  loop: nodeLoop,
});
server.config.assign("cluster-announce-port", [String(lengthsPort)]);
const problems: string[] = [];
const tls = new TlsService(
  await openTls(nodeLoop),
  server.config,
  (text) => void problems.push(text),
);
const accept: Parameters<typeof connectionKinds>[0] = (socket, path) => server.accept(socket, path);
const [clientsKind] = connectionKinds(accept, tls, server.metrics);
const kinds = [clientsKind, lengthsKind];
const listeners = new Listeners(nodeLoop, server.config, kinds, (text) => void problems.push(text));
const [clients, lengths] = listeners.kinds;
listeners.followConfig();

afterAll(() => listeners.close());

async function ask(atPort: number, text: string, size: number): Promise<string> {
  const wire = await Wire.open({ host: HOST, port: atPort });
  wire.write(Buffer.from(text));
  const reply = (await wire.bytes(size)).toString();
  wire.close();
  return reply;
}

const ping = (atPort: number) => ask(atPort, "PING\r\n", 7);
const askLengths = () => ask(lengthsPort, "one\ntwelve chars\n\n", 7);
const isRefused = (atPort: number) =>
  ping(atPort).then(
    () => false,
    () => true,
  );

test("each kind answers at its own port", async () => {
  for (const each of listeners.kinds)
    expect([each.openTcp(), await each.ready()]).toEqual([true, true]);
  expect(listeners.count).toBe(2);
  expect(await ping(port)).toBe("+PONG\r\n");
  expect(await askLengths()).toBe("3\n12\n0\n");
});

test("another port is one of its kind only, and connections stay", async () => {
  const wire = await Wire.open({ host: HOST, port: lengthsPort });
  wire.write(Buffer.from("a\n"));
  expect((await wire.bytes(2)).toString()).toBe("1\n");
  expect(await ask(port, `CONFIG SET port ${laterPort}\r\n`, 5)).toBe("+OK\r\n");
  expect(await ping(laterPort)).toBe("+PONG\r\n");
  expect(await isRefused(port)).toBe(true);
  expect(await askLengths()).toBe("3\n12\n0\n");
  wire.write(Buffer.from("ab\n"));
  expect((await wire.bytes(2)).toString()).toBe("2\n");
  wire.close();
});

test("other addresses are those of all kinds that go by the directive", async () => {
  const set = "CONFIG SET bind 127.0.0.2\r\n";
  expect(await ask(laterPort, set, 5)).toBe("+OK\r\n");
  expect([await isRefused(laterPort), await isRefused(lengthsPort)]).toEqual([true, true]);
  server.config.assign("bind", [HOST]);
  for (const each of listeners.kinds) each.openTcp();
  expect(await ping(laterPort)).toBe("+PONG\r\n");
  expect(await askLengths()).toBe("3\n12\n0\n");
});

test("closing one kind leaves the other, and none is counted that has no port", async () => {
  lengths.close();
  expect(await isRefused(lengthsPort)).toBe(true);
  expect(await ping(laterPort)).toBe("+PONG\r\n");
  expect([listeners.count, lengths.count]).toEqual([1, 0]);
  server.config.assign("cluster-announce-port", ["0"]);
  expect([lengths.openTcp(), lengths.count, clients.count]).toEqual([true, 0, 1]);
  expect(problems).toEqual([]);
});
