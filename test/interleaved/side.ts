/**
 * Purpose: one of the two servers: its connections in a run, and one more that prepares it, tells
 * when a step is over, and looks at what is left.
 */

import { parseReplies, type Reply } from "../client/resp.ts";
import type { Server } from "../client/server.ts";
import { BARRIER } from "./canonical.ts";
import { bytesOf, type Words } from "./step.ts";
import { Stream } from "./stream.ts";

/** Whom the connection that looks is logged in as, whatever becomes of others. */
const WATCHER = "watcher";
const PONG_SIZE = `$${BARRIER.length}\r\n${BARRIER}\r\n`.length;
const PING = bytesOf([["PING", BARRIER]], new Map());

/** Of its log, in an error. */
const LAST_WORDS_SIZE = 4000;

/** The server does not answer any more. */
export class ServerDied extends Error {
  readonly side: Side;

  constructor(side: Side, log: string) {
    super(`the server does not answer: ${log}`);
    this.side = side;
  }
}

/** A server, and its connections by number. */
export class Side {
  readonly server: Server;
  /** Every connection of the run, in the order in which they were opened. */
  opened: Stream[] = [];
  private readonly byNumber = new Map<number, Stream>();
  /** The numbers of clients, by connection. */
  private readonly ids = new Map<number, string>();
  private nextId = 0;
  private readonly control: Stream;

  private constructor(server: Server, control: Stream) {
    this.server = server;
    this.control = control;
  }

  /** Connects to a server that was just started. */
  static async of(server: Server): Promise<Side> {
    const side = new Side(server, await Stream.open(server));
    const rules = ["on", "nopass", "~*", "&*", "+@all"];
    const [made] = await side.ask(["ACL", "SETUSER", WATCHER, ...rules]);
    if (made.type !== "error") await side.ask(["AUTH", WATCHER, "x"]);
    return side;
  }

  /** Sends commands as the one that watches. */
  async ask(...commands: readonly Words[]): Promise<Reply[]> {
    const { control } = this;
    control.write(bytesOf(commands, this.ids));
    while (await control.until(control.size + 1)) {
      const replies = wholeReplies(control.bytes);
      if (replies.length < commands.length) continue;
      control.take();
      return replies;
    }
    throw this.died;
  }

  /** The number of a client that connects for a moment. */
  async newId(): Promise<number> {
    const stream = await Stream.open(this.server);
    stream.write(bytesOf([["CLIENT", "ID"]], this.ids));
    await stream.until(":1\r\n".length);
    stream.close();
    return Number(stream.bytes.toString().slice(1));
  }

  /** Of the client that connects next. */
  startAt(id: number): void {
    this.nextId = id;
  }

  /** Of all clients that there were. */
  get clientIds(): string[] {
    return [...this.ids.values()];
  }

  /** Whether the connection is there. */
  has(number: number): boolean {
    return this.byNumber.get(number)?.ended === false;
  }

  async connect(number: number): Promise<void> {
    const stream = await Stream.open(this.server);
    stream.number = number;
    this.opened.push(stream);
    this.byNumber.set(number, stream);
    this.ids.set(number, String(this.nextId++));
  }

  send(number: number, commands: readonly Words[]): void {
    this.byNumber.get(number)?.write(bytesOf(commands, this.ids));
  }

  close(number: number): void {
    this.byNumber.get(number)?.close();
    this.byNumber.delete(number);
  }

  /**
   * Returns when all that was sent before has been carried out; with `turns` above 1, and when its
   * replies have gone out.
   */
  async settle(turns: number): Promise<void> {
    for (; turns > 0; turns--) {
      this.control.write(PING);
      const isAnswered = await this.control.until(PONG_SIZE);
      this.control.take();
      if (!isAnswered) throw this.died;
    }
  }

  /** Notes where each connection is after a step. */
  mark(step: number): void {
    for (const stream of this.byNumber.values()) stream.mark(step);
  }

  /** Closes all connections of the run. */
  leave(): void {
    for (const stream of this.opened) stream.close();
    this.opened = [];
    this.byNumber.clear();
    this.ids.clear();
  }

  private get died(): ServerDied {
    return new ServerDied(this, this.server.log().slice(0, LAST_WORDS_SIZE));
  }
}

function wholeReplies(bytes: Buffer): Reply[] {
  try {
    return parseReplies(bytes);
  } catch {
    return []; // not all of it has come
  }
}
