/**
 * What redis-cli does with a command line: sends it, shows the reply, and keeps in mind what it has
 * changed of the connection (the database, MULTI, the protocol), for the prompt and for the time
 * after the connection was lost.
 */
import { fromLatin1 } from "../base/bytes.ts";
import type { ClientParts } from "./client_parts.ts";
import { formatReply } from "./formats.ts";
import { helpFor } from "./help.ts";
import { ConnectionClosed, Link } from "./link.ts";
import { type ClientOptions, leadingInteger } from "./options.ts";
import { SyncRefused, showReplica } from "./replica.ts";
import type { Reply } from "./reply.ts";
import { isTextual, lower } from "./words.ts";

/** Ends the client at once, having told why. */
export class ClientExit extends Error {
  readonly code: number;
  constructor(code: number) {
    super("exit");
    this.code = code;
  }
}

export class Session {
  readonly options: ClientOptions;
  readonly parts: ClientParts;
  link: Link | null = null;
  /** A person talks with the client. */
  isInteractive = false;
  /** The database that is chosen, as the server has confirmed it. */
  database = 0;
  isInTransaction = false;
  /** RESP3 was asked for, by option or by HELLO. */
  private protocol: 0 | 2 | 3;
  /** MONITOR, or a subscription, goes on. */
  private isMonitoring = false;
  private isSubscribed = false;
  private isShuttingDown = false;
  /** -MOVED or -ASK has named another server: the command is to be sent there. */
  private isRedirected = false;
  private isInterrupted = false;
  private isAsking = false;
  lastReply: Reply | null = null;

  constructor(options: ClientOptions, parts: ClientParts) {
    this.options = options;
    this.parts = parts;
    const { protocol, prefersResp3 } = options;
    this.protocol = protocol === 3 || (protocol === 0 && prefersResp3) ? 3 : 0;
    this.database = options.database;
  }

  get format() {
    return this.options.format ?? "standard";
  }

  print(text: string): void {
    this.parts.writeStandardOutput(fromLatin1(text));
  }

  /** Where the server is, for messages. */
  get place(): string {
    const { socketPath, host, port } = this.options;
    if (socketPath !== null) return socketPath;
    return host.includes(":") ? `[${host}]:${port}` : `${host}:${port}`;
  }

  get prompt(): string {
    if (this.link === null) return "not connected> ";
    const { socketPath } = this.options;
    const place = socketPath === null ? this.place : `redis ${socketPath}`;
    const database = this.database === 0 ? "" : `[${this.database}]`;
    return `${place}${database}${this.isInTransaction ? "(TX)" : ""}> `;
  }

  /** Connects and greets, if there is no connection; false when that fails, which it tells. */
  async connect(): Promise<boolean> {
    if (this.link !== null) return true;
    const link = await this.dial();
    if (link === null) return false;
    this.link = link;
    this.isInTransaction = false;
    try {
      await this.greet(link);
    } catch (error) {
      this.fail(error);
      return false;
    }
    return true;
  }

  /** A connection of its own, ungreeted; null when there is none, which it tells. */
  async dial(): Promise<Link | null> {
    const { socketPath, host, port, usesTls, tls } = this.options;
    const to = socketPath === null ? { host, port } : { path: socketPath };
    try {
      const link = new Link(await this.parts.connect(to, usesTls ? tls : null));
      link.onPush = (push) => this.showPush(push);
      return link;
    } catch (error) {
      const { message } = error as Error;
      this.parts.writeError(`Could not connect to Redis at ${this.place}: ${message}\n`);
      return null;
    }
  }

  /** AUTH, HELLO and SELECT, as the options say. */
  async greet(link: Link): Promise<void> {
    const { user, password } = this.options;
    if (password !== null) {
      const words = user === null ? ["AUTH", password] : ["AUTH", user, password];
      const reply = await link.ask(...words);
      if (reply.kind === "error") this.parts.writeError(`AUTH failed: ${reply.text}\n`);
    }
    if (this.protocol === 3) {
      const reply = await link.ask("HELLO", "3");
      if (reply.kind === "error") this.parts.writeError(`HELLO 3 failed: ${reply.text}\n`);
    }
    if (this.database !== 0) await this.select(link, this.database);
  }

  async select(link: Link, database: number): Promise<void> {
    const reply = await link.ask("SELECT", String(database));
    if (reply.kind !== "error") return;
    this.parts.writeError(`SELECT ${database} failed: ${reply.text}\n`);
    this.database = 0;
  }

  /** Sends a command, again if it was repeated; false when the connection was lost, as is told. */
  async run(words: readonly string[], repeat: number): Promise<boolean> {
    if (lower(words[0]) === "help" || words[0] === "?") {
      this.print(helpFor(words.slice(1), this.parts.commands, this.parts.programName));
      return true;
    }
    for (;;) {
      if (this.link === null && !(await this.connect())) return false;
      const link = this.link as Link | null;
      if (link === null) return false;
      try {
        this.isRedirected = false;
        if (this.isAsking) await this.asking(link);
        await this.runOn(link, words, repeat);
      } catch (error) {
        if (error instanceof ClientExit || error instanceof SyncRefused) throw error;
        if (this.isInterrupted) return this.goOn();
        this.fail(error);
        return false;
      }
      if (!this.isRedirected) return true;
      this.link?.close();
      this.link = null;
    }
  }

  /** Ends what goes on and on; false if nothing does. */
  interrupt(): boolean {
    if (!this.isMonitoring && !this.isSubscribed) return false;
    this.isInterrupted = true;
    this.link?.close();
    return true;
  }

  /** After an interrupt: a new connection is as the old one was. */
  private goOn(): Promise<boolean> {
    this.isInterrupted = false;
    this.isMonitoring = false;
    this.isSubscribed = false;
    this.link = null;
    return this.connect();
  }

  private async asking(link: Link): Promise<void> {
    this.isAsking = false;
    await link.ask("ASKING");
  }

  /** The connection is of no use any more. */
  private fail(error: unknown): void {
    this.link?.close();
    this.link = null;
    const isClosed = error instanceof ConnectionClosed;
    this.parts.writeError(`Error: ${(error as Error).message}\n`);
    if (!this.isInteractive || !(isClosed || isReset(error))) throw new ClientExit(1);
  }

  private async runOn(link: Link, words: readonly string[], repeat: number): Promise<void> {
    const name = lower(words[0]);
    const isVerbatim = isTextual(words);
    this.isShuttingDown = name === "shutdown";
    this.isMonitoring = name === "monitor";
    this.isSubscribed = ["subscribe", "psubscribe", "ssubscribe"].includes(name);
    const isReplica = name === "sync" || name === "psync";
    for (let left = repeat; left !== 0; left--) {
      await link.send(words);
      if (this.isMonitoring) await this.showMonitor(link, isVerbatim);
      if (this.isSubscribed) {
        await this.showMessages(link);
        continue;
      }
      if (isReplica) {
        this.print("Entering replica output mode...  (press Ctrl-C to quit)\n");
        const tell = (text: string) => this.parts.writeError(text);
        await showReplica(link, { print: (text) => this.print(text), tell }, async () => {});
        return;
      }
      if (name !== "monitor" && !(await this.show(link, isVerbatim))) return;
      this.keepInMind(words);
      if (this.isRedirected) return;
      if (this.options.intervalMs > 0) await this.parts.pause(this.options.intervalMs);
    }
  }

  /** Shows the next reply; false if the server has ended as it was asked to. */
  private async show(link: Link, isVerbatim: boolean): Promise<boolean> {
    let reply: Reply;
    try {
      reply = await link.receive();
    } catch (error) {
      if (!this.isShuttingDown) throw error;
      this.link = null;
      link.close();
      return false;
    }
    this.lastReply = reply;
    if (this.options.followsRedirections && this.redirect(reply)) return true;
    const text = formatReply(reply, this.format, isVerbatim, this.delimiters);
    if (reply.kind === "error" && this.options.failsOnError && !this.isInteractive) {
      this.parts.writeError(`${reply.text}\n`);
      throw new ClientExit(1);
    }
    this.print(text);
    return true;
  }

  get delimiters() {
    const { replyDelimiter, elementDelimiter } = this.options;
    return { reply: replyDelimiter, element: elementDelimiter };
  }

  private async showMonitor(link: Link, isVerbatim: boolean): Promise<void> {
    do {
      await this.show(link, isVerbatim);
      if (this.lastReply?.kind === "error") this.isMonitoring = false;
    } while (this.isMonitoring);
  }

  private async showMessages(link: Link): Promise<void> {
    if (this.format !== "raw") this.print("Reading messages... (press Ctrl-C to quit)\n");
    const { onPush } = link;
    link.onPush = null;
    do {
      await this.show(link, false);
      if (this.lastReply?.kind === "error") this.isSubscribed = false;
    } while (this.isSubscribed);
    link.onPush = onPush;
  }

  /** Whether a reply sends the client to another server, where it then belongs. */
  private redirect(reply: Reply): boolean {
    if (reply.kind !== "error") return false;
    const found = /^(MOVED|ASK) (\d+) (.*):(\d+)/.exec(reply.text);
    if (found === null) return false;
    const [, kind, slot, host, port] = found;
    if (host !== "") this.options.host = host;
    this.options.port = Number(port);
    this.options.socketPath = null;
    if (this.isInteractive) {
      this.print(`-> Redirected to slot [${slot}] located at ${this.place}\n`);
    }
    this.isAsking = kind === "ASK";
    this.isRedirected = true;
    return true;
  }

  /** What a command that the server has carried out means for those that follow. */
  private keepInMind(words: readonly string[]): void {
    const isDone = this.lastReply?.kind !== "error";
    const name = lower(words[0]);
    if (name === "select" && words.length === 2 && isDone) this.database = leadingInteger(words[1]);
    if (name === "multi" && words.length === 1 && isDone) this.isInTransaction = true;
    if (name === "exec" && words.length === 1) this.isInTransaction = false;
    if (name === "discard" && words.length === 1 && isDone) this.isInTransaction = false;
    if (name === "reset" && words.length === 1 && isDone) {
      this.isInTransaction = false;
      this.database = 0;
      this.protocol = 0;
    }
    if (name === "hello" && isDone) this.protocol = words[1] === "3" ? 3 : 2;
  }

  private showPush(push: Reply): void {
    if (push.kind !== "push" || this.options.showsPushes === false) return;
    const [what, keys] = push.items;
    const isInvalidation =
      this.format === "standard" &&
      push.items.length === 2 &&
      what.kind === "string" &&
      what.text === "invalidate" &&
      keys.kind === "array";
    if (!isInvalidation) {
      this.print(formatReply(push, this.format, false, this.delimiters));
      return;
    }
    const names = keys.items.map((key) => `'${"text" in key ? key.text : ""}'`);
    this.print(`-> invalidate: ${names.join(", ")}\n`);
  }
}

const isReset = (error: unknown) => {
  const { code } = ((error as Error).cause ?? {}) as { code?: string };
  return code === "ECONNRESET" || code === "EPIPE";
};
