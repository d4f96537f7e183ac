/** A connection to a server: words go out as commands, replies come back in their order. */
import { fromLatin1 } from "../base/bytes.ts";
import type { StreamConnection } from "../runtime/stream_connection.ts";
import { type Reply, ReplyParser } from "./reply.ts";

/** The server has ended the connection. */
export class ConnectionClosed extends Error {
  constructor() {
    super("Server closed the connection");
  }
}

/** A command as RESP. */
export function encodeCommand(words: readonly string[]): string {
  const parts = [`*${words.length}\r\n`];
  for (const word of words) parts.push(`$${word.length}\r\n`, word, "\r\n");
  return parts.join("");
}

export class Link {
  private readonly stream: StreamConnection;
  readonly parser = new ReplyParser();
  /** Told of what the server pushes where a reply is waited for; null: it counts as a reply. */
  onPush: ((push: Reply) => void) | null = null;

  constructor(stream: StreamConnection) {
    this.stream = stream;
  }

  /** Whether bytes have come that nobody has looked at. */
  get hasMore() {
    return this.stream.hasMore;
  }

  send(words: readonly string[]): Promise<void> {
    return this.sendBytes(fromLatin1(encodeCommand(words)));
  }

  sendBytes(bytes: Uint8Array): Promise<void> {
    return this.stream.write(bytes);
  }

  /** The next reply. Throws ConnectionClosed, a ProtocolError, or the system's reason. */
  async receive(): Promise<Reply> {
    for (;;) {
      const reply = this.parser.next();
      if (reply === null) await this.more();
      else if (reply.kind === "push" && this.onPush !== null) this.onPush(reply);
      else return reply;
    }
  }

  /** The reply to a command. */
  async ask(...words: string[]): Promise<Reply> {
    await this.send(words);
    return this.receive();
  }

  /** Takes the next bytes that come into the parser. */
  async more(): Promise<void> {
    const piece = await this.stream.read();
    if (piece === null) throw new ConnectionClosed();
    this.parser.add(piece);
  }

  close(): void {
    this.stream.close();
  }
}
