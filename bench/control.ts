// A minimal client for the commands around a measurement: requests with a reply of one line.

import { connect, type Socket } from "node:net";

/** A connection for commands that answer with one line (status, integer or error). */
export class Control {
  private readonly socket: Socket;
  private received = "";
  private waiting: { resolve: (line: string) => void; reject: (error: Error) => void } | null =
    null;
  private failure: Error | null = null;

  private constructor(socket: Socket) {
    this.socket = socket;
    socket.setEncoding("latin1");
    socket.setNoDelay(true);
    socket.on("data", (text: string) => this.onData(text));
    socket.on("error", (error) => this.fail(error));
    socket.on("close", () => this.fail(new Error("the server closed the connection")));
  }

  /** Connects to 127.0.0.1; rejects when nothing listens there. */
  static open(port: number): Promise<Control> {
    return new Promise((resolve, reject) => {
      const socket = connect({ host: "127.0.0.1", port });
      socket.once("error", reject);
      socket.once("connect", () => {
        socket.removeListener("error", reject);
        resolve(new Control(socket));
      });
    });
  }

  /** Sends one command and returns the line of its reply, with its type byte. One at a time. */
  ask(...words: string[]): Promise<string> {
    return new Promise((resolve, reject) => {
      if (this.failure !== null) {
        reject(this.failure);
        return;
      }
      this.waiting = { resolve, reject };
      this.socket.write(requestOf(words));
    });
  }

  /** As `ask`, for a command that must succeed: throws its error reply. */
  async must(...words: string[]): Promise<string> {
    const line = await this.ask(...words);
    if (line.startsWith("-")) throw new Error(`${words.join(" ")}: ${line.slice(1)}`);
    return line;
  }

  /** A field of a section of INFO. */
  async info(section: string, field: string): Promise<string> {
    const size = Number((await this.must("INFO", section)).slice(1));
    while (this.received.length < size + 2) await Bun.sleep(1);
    const text = this.received.slice(0, size);
    this.received = this.received.slice(size + 2);
    const found = new RegExp(`^${field}:(.*?)\r?$`, "m").exec(text)?.[1];
    if (found === undefined) throw new Error(`INFO ${section} has no ${field}`);
    return found;
  }

  /** The number of keys in database 0. */
  async databaseSize(): Promise<number> {
    return Number((await this.must("DBSIZE")).slice(1));
  }

  /** Closes the connection. */
  close(): void {
    this.socket.destroy();
  }

  private onData(text: string): void {
    this.received += text;
    const end = this.received.indexOf("\r\n");
    if (end < 0) return;
    const line = this.received.slice(0, end);
    this.received = this.received.slice(end + 2);
    const waiting = this.waiting;
    this.waiting = null;
    waiting?.resolve(line);
  }

  private fail(error: Error): void {
    this.failure ??= error;
    this.waiting?.reject(this.failure);
    this.waiting = null;
  }
}

/** A command as RESP bytes, one byte per character of its words. */
export function requestOf(words: readonly string[]): string {
  return `*${words.length}\r\n${words.map((word) => `$${word.length}\r\n${word}\r\n`).join("")}`;
}
