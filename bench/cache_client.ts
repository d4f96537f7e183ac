// A program that has a server for its cache: it looks keys up, and sets those that are not there.

import type { Socket } from "bun";
import { requestOf } from "./control.ts";

const MISSED = "$-1\r\n";
const SET = "+OK\r\n";
const DOLLAR = "$".charCodeAt(0);
const PLUS = "+".charCodeAt(0);
const MINUS = "-".charCodeAt(0);

/** One connection, with one batch at a time in flight. */
export class CacheClient {
  private socket: Socket | null = null;
  private unsent: Buffer = Buffer.alloc(0);
  private received: Buffer = Buffer.alloc(0);
  private waiting: { resolve: () => void; reject: (error: Error) => void } | null = null;
  private failure: Error | null = null;
  private readonly value: string;
  private readonly hitSize: number;
  /** Replies that the batch in flight is to get, those of its SETs first. */
  private replyCount = 0;
  private asked: readonly string[] = [];
  private missed: string[] = [];

  private constructor(value: string) {
    this.value = value;
    this.hitSize = `$${value.length}\r\n${value}\r\n`.length;
  }

  /** Connects to 127.0.0.1; `value` is what every key gets. */
  static async open(port: number, value: string): Promise<CacheClient> {
    const client = new CacheClient(value);
    client.socket = await Bun.connect({
      hostname: "127.0.0.1",
      port,
      socket: {
        data: (_, chunk) => client.onData(chunk),
        drain: () => client.write(),
        close: () => client.fail(new Error("the server closed the connection")),
        error: (_, error) => client.fail(error),
      },
    });
    return client;
  }

  /**
   * Sets what was not there the last time, and looks these keys up; resolves to how many of them
   * were there.
   */
  lookUp(keys: readonly string[]): Promise<number> {
    const { missed, value } = this;
    const sets = missed.map((key) => requestOf(["SET", key, value]));
    const gets = keys.map((key) => requestOf(["GET", key]));
    this.replyCount = missed.length + keys.length;
    this.asked = keys;
    this.missed = [];
    return new Promise((resolve, reject) => {
      if (this.failure !== null) {
        reject(this.failure);
        return;
      }
      this.waiting = { resolve: () => resolve(keys.length - this.missed.length), reject };
      this.unsent = Buffer.from(sets.join("") + gets.join(""), "latin1");
      this.write();
    });
  }

  /** Closes the connection. */
  close(): void {
    this.waiting = null;
    this.socket?.end();
  }

  private write(): void {
    if (this.unsent.length === 0) return;
    const sentSize = (this.socket as Socket).write(this.unsent);
    this.unsent = this.unsent.subarray(Math.max(sentSize, 0));
  }

  private onData(chunk: Buffer): void {
    const bytes = this.received.length === 0 ? chunk : Buffer.concat([this.received, chunk]);
    let at = 0;
    while (at + MISSED.length <= bytes.length) {
      const end = at + this.replySize(bytes, at);
      if (end > bytes.length) break;
      if (bytes[at + 1] === MINUS) this.missed.push(this.askedNow());
      this.replyCount--;
      at = end;
    }
    this.received = Buffer.from(bytes.subarray(at));
    if (this.replyCount > 0) return;
    const waiting = this.waiting;
    this.waiting = null;
    waiting?.resolve();
  }

  /** The size of the reply that begins there; fails if it is neither of the three. */
  private replySize(bytes: Buffer, at: number): number {
    const isSet = this.replyCount > this.asked.length;
    if (isSet && bytes[at] === PLUS) return SET.length;
    if (!isSet && bytes[at] === DOLLAR) {
      return bytes[at + 1] === MINUS ? MISSED.length : this.hitSize;
    }
    this.fail(new Error(`not the expected reply: ${bytes.toString("latin1", at, at + 200)}`));
    return Infinity;
  }

  /** The key whose reply is the next one. */
  private askedNow(): string {
    return this.asked[this.asked.length - this.replyCount] as string;
  }

  private fail(error: Error): void {
    this.failure ??= error;
    this.waiting?.reject(this.failure);
    this.waiting = null;
  }
}
