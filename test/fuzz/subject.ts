/**
 * Purpose: the two servers of a run: started alike, brought back to the same state before each
 * sequence, and replaced when one dies.
 */

import { connect } from "../client/client.ts";
import { parseReply, type Reply } from "../client/resp.ts";
import type { Server } from "../client/server.ts";
import { Wire } from "../client/wire.ts";
import { commandNames } from "./grammar.ts";
import { INITIAL_SETTINGS } from "./policies.ts";
import { requestText } from "./sequence.ts";

/** Arguments with which both servers start: nothing slow, logged or left to their own taste. */
export const SERVER_ARGS = [
  "--enable-debug-command yes",
  "--slowlog-log-slower-than -1",
  "--latency-monitor-threshold 0",
].flatMap((text) => text.split(" "));

/**
 * What is sent before each sequence. Keys expire only when they are looked at, since when else it
 * happens is up to the server; and counting starts last.
 */
const RESET: readonly (readonly string[])[] = [
  ["CLIENT", "UNPAUSE"],
  ...INITIAL_SETTINGS.map((pair) => ["CONFIG", "SET", ...pair]),
  ["SELECT", "0"],
  ["FLUSHALL", "SYNC"],
  ["DEBUG", "SET-ACTIVE-EXPIRE", "0"],
  ["INFO", "persistence"],
  ["CONFIG", "RESETSTAT"],
];

/** A counter that goes on from sequence to sequence. */
export const CHANGES = "rdb_changes_since_last_save";

/** The fields of a reply to INFO. */
export function infoFields(reply: Reply): Map<string, string> {
  const text = reply.type === "bulk" || reply.type === "verbatim" ? reply.value.toString() : "";
  const fields = [...text.matchAll(/^([^#\s:][^:\r\n]*):([^\r\n]*)/gm)];
  return new Map(fields.map(([, name, value]) => [name, value]));
}

/** A server that takes longer than this for a PING counts as dead. */
const ANSWER_LIMIT_MS = 30_000;

/** One of the two servers. */
export class Subject {
  readonly name: string;
  server: Server;
  /** What the counter CHANGES was when the sequence began. */
  changesAtReset = 0;
  private control: Wire | null = null;
  private readonly startServer: () => Promise<Server>;

  private constructor(name: string, start: () => Promise<Server>, server: Server) {
    this.name = name;
    this.startServer = start;
    this.server = server;
  }

  /** Starts a server. */
  static async start(name: string, start: () => Promise<Server>): Promise<Subject> {
    return new Subject(name, start, await start());
  }

  /** The commands that the server lists. */
  async commands(): Promise<Set<string>> {
    const client = await connect(this.server);
    try {
      return await commandNames(client);
    } finally {
      client.close();
    }
  }

  /** Brings the server to the state in which every sequence starts. */
  async reset(): Promise<void> {
    const replies = await this.ask(RESET);
    this.changesAtReset = Number(infoFields(replies[RESET.length - 2]).get(CHANGES));
  }

  /** A new connection. */
  connect(): Promise<Wire> {
    return Wire.open(this.server);
  }

  /** Sends commands (a character per byte) on the connection that is kept for such questions. */
  async ask(commands: readonly (readonly string[])[], limitMs?: number): Promise<Reply[]> {
    if (commands.length === 0) return [];
    if (this.control === null || this.control.closed) this.control = await this.connect();
    this.control.write(Buffer.from(commands.map(requestText).join(""), "latin1"));
    const replies = await this.control.replies(commands.length, limitMs);
    return replies.map((bytes) => parseReply(bytes).reply);
  }

  /** Whether the server still answers. */
  async answers(): Promise<boolean> {
    try {
      const [reply] = await this.ask([["PING"]], ANSWER_LIMIT_MS);
      return reply.type === "simple";
    } catch {
      return false;
    }
  }

  /** The end of what the server has printed. */
  lastWords(): string {
    return this.server.log().trim().split("\n").slice(-15).join("\n");
  }

  /** Stops the server, whatever is left of it, and starts another. */
  async restart(): Promise<void> {
    this.server.signal("SIGKILL");
    await this.stop();
    this.server = await this.startServer();
  }

  async stop(): Promise<void> {
    this.control?.close();
    this.control = null;
    await this.server.stop();
  }
}
