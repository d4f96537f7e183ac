/** Purpose: a server that speaks TLS as well, with certificates of the tests; and its clients. */

import { readFileSync } from "node:fs";
import { join } from "node:path";
import { type ConnectionOptions, connect as connectTls, type TLSSocket } from "node:tls";
import { Client } from "../client/client.ts";
import { freePort, type Server, type ServerOptions, startServer } from "../client/server.ts";
import { Wire } from "../client/wire.ts";

/** The path of a certificate or key of the tests. */
export const certificate = (name: string) => join(import.meta.dir, "certificates", name);

export const pem = (name: string) => readFileSync(certificate(name), "utf8");

/** How the client shows who it is. */
export const CLIENT = { cert: pem("client.crt"), key: pem("client.key") };

export interface SecureServer extends Server {
  readonly tlsPort: number;
}

/** Starts one, whose clients need no certificate unless `args` say so. */
export async function startSecureServer(
  args: readonly string[] = [],
  options: ServerOptions = {},
): Promise<SecureServer> {
  const tlsPort = await freePort();
  const server = await startServer({ ...options, args: [...tlsArgs(tlsPort), ...args] });
  return { ...server, tlsPort };
}

export const tlsArgs = (port: number) => [
  ...["--tls-port", String(port), "--tls-auth-clients", "no"],
  ...["--tls-cert-file", certificate("server.crt"), "--tls-key-file", certificate("server.key")],
  ...["--tls-ca-cert-file", certificate("authority.crt")],
];

/** Connects, and greets; rejects, with the reason, when the server will not. */
export function greet(port: number, options: ConnectionOptions = {}): Promise<TLSSocket> {
  return new Promise((resolve, reject) => {
    const trusted = { ca: pem("authority.crt"), host: "127.0.0.1", port };
    const socket = connectTls({ ...trusted, ...options });
    socket.once("error", reject);
    socket.once("close", () => reject(new Error("closed")));
    socket.once("secureConnect", () => resolve(socket));
  });
}

export async function secureClient(port: number, options: ConnectionOptions = {}): Promise<Client> {
  return new Client(Wire.over(await greet(port, options)));
}
