// A program that has a server for its cache: it looks keys up, and sets those that are not there.

import { BatchConnection } from "./batch_connection.ts";
import { requestOf } from "./control.ts";

const MISSED = "$-1\r\n";
const SET = "+OK\r\n";
const DOLLAR = "$".charCodeAt(0);
const PLUS = "+".charCodeAt(0);
const MINUS = "-".charCodeAt(0);

export class CacheClient extends BatchConnection {
  private received: Buffer = Buffer.alloc(0);
  private readonly value: string;
  private readonly hitSize: number;
  /** Replies that the batch in flight is to get, those of its SETs first. */
  private replyCount = 0;
  private asked: readonly string[] = [];
  private missed: string[] = [];

  private constructor(value: string) {
    super();
    this.value = value;
    this.hitSize = `$${value.length}\r\n${value}\r\n`.length;
  }

  /** Connects to 127.0.0.1; `value` is what every key gets. */
  static async open(port: number, value: string): Promise<CacheClient> {
    const client = new CacheClient(value);
    await client.connect(port);
    return client;
  }

  /**
   * Sets what was not there the last time, and looks these keys up; resolves to how many of them
   * were there.
   */
  async lookUp(keys: readonly string[]): Promise<number> {
    const { missed, value } = this;
    const sets = missed.map((key) => requestOf(["SET", key, value]));
    const gets = keys.map((key) => requestOf(["GET", key]));
    this.replyCount = missed.length + keys.length;
    this.asked = keys;
    this.missed = [];
    await this.sendBatch(Buffer.from(sets.join("") + gets.join(""), "latin1"));
    return keys.length - this.missed.length;
  }

  protected onData(chunk: Buffer): void {
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
    if (this.replyCount === 0) this.done();
  }

  /** The size of the reply that begins there; fails if it is neither of the three. */
  private replySize(bytes: Buffer, at: number): number {
    const isSet = this.replyCount > this.asked.length;
    if (isSet && bytes[at] === PLUS) return SET.length;
    if (!isSet && bytes[at] === DOLLAR) {
      return bytes[at + 1] === MINUS ? MISSED.length : this.hitSize;
    }
    this.failReply(bytes.subarray(at));
    return Infinity;
  }

  /** The key whose reply is the next one. */
  private askedNow(): string {
    return this.asked[this.asked.length - this.replyCount] as string;
  }
}
