/**
 * Purpose: the client of the tests: sends commands, and hands out replies with their type on the
 * wire, or as raw bytes. It knows no command; HELLO 3 switches the protocol because the replies
 * say what they are.
 */

import { parseReply, type Reply, requestOf, type Word } from "./resp.ts";
import { type Address, Wire } from "./wire.ts";

/** A connection that sends commands. Push messages are kept apart from replies. */
export class Client {
  readonly wire: Wire;
  private readonly pushes: Reply[] = [];

  constructor(wire: Wire) {
    this.wire = wire;
  }

  /** Sends a command and returns its reply; an error reply is a reply, too. */
  async command(...words: Word[]): Promise<Reply> {
    this.send(...words);
    return await this.reply();
  }

  /** Sends commands in one write and returns their replies. */
  async pipeline(commands: readonly (readonly Word[])[]): Promise<Reply[]> {
    this.wire.write(Buffer.concat(commands.map(requestOf)));
    const replies: Reply[] = [];
    for (let count = 0; count < commands.length; count++) replies.push(await this.reply());
    return replies;
  }

  /** Sends a command without waiting for a reply. */
  send(...words: Word[]): void {
    this.wire.write(requestOf(words));
  }

  /** The next reply. Rejects when the connection ends first. */
  async reply(): Promise<Reply> {
    for (;;) {
      const reply = await this.next();
      if (reply.type !== "push") return reply;
      this.pushes.push(reply);
    }
  }

  /** The next push message that was or will be received. */
  async push(): Promise<Reply> {
    const push = this.pushes.shift() ?? (await this.next());
    if (push.type !== "push") throw new Error(`a ${push.type} came instead of a push message`);
    return push;
  }

  /** The push messages received while replies were awaited, oldest first; they are taken away. */
  pushesSoFar(): Reply[] {
    return this.pushes.splice(0);
  }

  /**
   * Sends raw bytes, and returns the raw bytes of `count` replies; without a count, all bytes up
   * to where the server closes the connection.
   */
  async raw(bytes: Uint8Array | string, count?: number): Promise<Buffer> {
    this.wire.write(typeof bytes === "string" ? Buffer.from(bytes) : bytes);
    if (count === undefined) return await this.wire.rest();
    return Buffer.concat(await this.wire.replies(count));
  }

  /** Closes the connection. */
  close(): void {
    this.wire.close();
  }

  private async next(): Promise<Reply> {
    const [bytes] = await this.wire.replies(1);
    return parseReply(bytes).reply;
  }
}

/** Connects to a server. Rejects when nothing listens there. */
export async function connect(address: Address): Promise<Client> {
  return new Client(await Wire.open(address));
}
