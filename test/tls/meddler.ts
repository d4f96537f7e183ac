/** Purpose: what stands between a client and a server, hands bytes on, and meddles when told to. */

import { createServer, connect as dial, type Server as Listener, type Socket } from "node:net";
import { freePort } from "../client/server.ts";

/** What becomes of bytes that the client sends; null cuts the connection. */
export type Meddling = (bytes: Buffer) => Buffer | null;

const HONEST: Meddling = (bytes) => bytes;

export class Meddler {
  readonly port: number;
  /** What is done to the bytes that come from now on. */
  meddle: Meddling = HONEST;
  private readonly listener: Listener;
  private readonly sockets: Socket[] = [];

  private constructor(port: number, listener: Listener) {
    this.port = port;
    this.listener = listener;
  }

  /** Stands before the server at this port. */
  static async before(port: number): Promise<Meddler> {
    const own = await freePort();
    const listener = createServer();
    const meddler = new Meddler(own, listener);
    listener.on("connection", (client) => meddler.join(client, port));
    await new Promise<void>((done) => listener.listen(own, "127.0.0.1", done));
    return meddler;
  }

  private join(client: Socket, port: number): void {
    const server = dial({ host: "127.0.0.1", port });
    this.sockets.push(client, server);
    for (const socket of [client, server]) socket.on("error", () => {});
    client.on("data", (bytes: Buffer) => {
      const changed = this.meddle(bytes);
      if (changed !== null) server.write(changed);
      else for (const socket of [client, server]) socket.destroy();
    });
    server.on("data", (bytes: Buffer) => client.write(bytes));
    client.on("close", () => server.destroy());
    server.on("close", () => client.end());
  }

  close(): void {
    this.listener.close();
    for (const socket of this.sockets) socket.destroy();
  }
}

/** What a client says first. */
export async function firstWords(greet: (port: number) => Promise<unknown>): Promise<Buffer> {
  const port = await freePort();
  return await new Promise((found) => {
    const listener = createServer((socket) => {
      socket.on("error", () => {});
      socket.once("data", (bytes: Buffer) => {
        socket.destroy();
        listener.close();
        found(bytes);
      });
    });
    listener.listen(port, "127.0.0.1", () => void greet(port).catch(() => {}));
  });
}
