// Purpose: `rusk cli` and redis-cli run with the same words, to compare what they say.

import { spawn } from "node:child_process";
import { createServer, type Server as NetServer } from "node:net";
import { ruskCommand } from "../client/server.ts";

export const REDIS_CLI = Bun.which("redis-cli");
export const OUR_CLI = [...ruskCommand(), "cli"];
const LIMIT_MS = 60_000;

/** What a client has said, as bytes in latin1, and how it ended. */
export interface Said {
  readonly out: string;
  readonly problems: string;
  readonly status: number | null;
}

export interface RunOptions {
  readonly input?: string | Uint8Array;
  readonly env?: Readonly<Record<string, string>>;
  readonly cwd?: string;
}

/** Runs a client; standard output is no terminal, but FAKETTY has it seem one. */
export function runClient(
  command: readonly string[],
  args: readonly string[],
  { input = "", env = {}, cwd }: RunOptions = {},
): Promise<Said> {
  const [program, ...first] = command;
  const child = spawn(program, [...first, ...args], {
    cwd,
    env: { ...process.env, REDISCLI_RCFILE: "/nonexistent", ...env },
    timeout: LIMIT_MS,
  });
  const out: Buffer[] = [];
  const problems: Buffer[] = [];
  child.stdout.on("data", (piece: Buffer) => out.push(piece));
  child.stderr.on("data", (piece: Buffer) => problems.push(piece));
  child.stdin.on("error", () => {});
  child.stdin.end(input);
  return new Promise((resolve) => {
    child.once("close", (status) =>
      resolve({
        out: Buffer.concat(out).toString("latin1"),
        problems: Buffer.concat(problems).toString("latin1"),
        status,
      }),
    );
  });
}

/**
 * A server that replies to each command with the next of `replies`, whatever it was, and ends the
 * connection when there is none, or, with `endsThen`, after the last.
 */
export async function fakeServer(replies: readonly string[], endsThen = false): Promise<NetServer> {
  const server = createServer((socket) => {
    const left = [...replies];
    socket.on("error", () => {});
    socket.on("data", (bytes) => {
      const commands = bytes.toString("latin1").match(/\*\d+\r\n|^SYNC/g)?.length ?? 0;
      for (let i = 0; i < commands; i++) {
        const reply = left.shift();
        if (reply === undefined) socket.end();
        else socket.write(Buffer.from(reply, "latin1"));
        if (endsThen && left.length === 0) socket.end();
      }
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return server;
}

export const portOf = (server: NetServer) => (server.address() as { port: number }).port;
