/** `rusk benchmark`: its tests, or a command of one's own, one after the other. */
import { fromLatin1 } from "../base/bytes.ts";
import { REDIS_VERSION } from "../base/version.ts";
import { encodeCommand, Link } from "../client/link.ts";
import type { Reply } from "../client/reply.ts";
import type { DialTo, EventLoop } from "../runtime/net.ts";
import { connectStream } from "../runtime/stream_connection.ts";
import { Load, LoadError } from "./load.ts";
import { BadValue, type BenchmarkOptions, OptionError, parseOptions } from "./options.ts";
import { CSV_HEADER, type HostConfiguration, Progress, reportOf } from "./report.ts";
import { requestBytes } from "./request.ts";
import { RANDOM_MARK, testsOf } from "./tests.ts";

/** What a benchmark needs of the world. */
export interface BenchmarkParts {
  readonly programName: string;
  /** What it tells of its options. */
  readonly usage: () => Promise<string>;
  readonly openEventLoop: () => Promise<EventLoop>;
  readonly monotonicMs: () => number;
  readonly random: () => number;
  readonly readStandardInput: () => string;
  readonly writeOut: (text: string) => void;
  readonly writeError: (text: string) => void;
}

const PROGRESS_MS = 250;
const FIRST_PROGRESS_MS = 1;

/** Runs it; returns the exit status. */
export async function benchmark(args: readonly string[], parts: BenchmarkParts): Promise<number> {
  try {
    const options = parseOptions(args);
    if (options.tellsVersion) {
      parts.writeOut(`${parts.programName} ${REDIS_VERSION}\n`);
      return 0;
    }
    if (options.readsLastArgument && options.words.length > 0) {
      return await new Benchmark(options, parts, parts.readStandardInput()).run();
    }
    return await new Benchmark(options, parts, null).run();
  } catch (error) {
    if (error instanceof LoadError || error instanceof BadValue) parts.writeError(error.message);
    else if (error instanceof OptionError) parts.writeOut(error.message + (await parts.usage()));
    else throw error;
    return error.message === "" ? 0 : 1;
  }
}

class Benchmark {
  private readonly options: BenchmarkOptions;
  private readonly parts: BenchmarkParts;
  /** What stands behind the words of a command of one's own. */
  private readonly lastArgument: string | null;
  private readonly to: DialTo;
  private readonly place: string;
  private configuration: HostConfiguration | null = null;

  constructor(options: BenchmarkOptions, parts: BenchmarkParts, lastArgument: string | null) {
    const { host, port, socketPath } = options;
    this.options = options;
    this.parts = parts;
    this.lastArgument = lastArgument;
    this.to = socketPath === null ? { host, port } : { path: socketPath };
    this.place = socketPath ?? `${host}:${port}`;
  }

  async run(): Promise<number> {
    const { options, parts } = this;
    this.configuration = await this.fetchConfiguration();
    for (const warning of options.warnings) parts.writeError(warning);
    if (!options.keepsAlive) {
      parts.writeError(
        "WARNING: Keepalive disabled. Each connection takes a port of the system's for a while: " +
          "with many requests there may be none left, unless net.ipv4.tcp_tw_reuse is 1.\n",
      );
    }
    const loop = await parts.openEventLoop();
    if (options.isIdle) {
      parts.writeOut(
        `Creating ${options.clients} idle connections and waiting forever (Ctrl+C when done)\n`,
      );
      await this.load("", null, loop);
    }
    if (options.isCsv) parts.writeOut(CSV_HEADER);
    do {
      if (options.words.length > 0) await this.ownCommand(loop);
      else await this.tests(loop);
    } while (options.loops);
    return 0;
  }

  private async tests(loop: EventLoop): Promise<void> {
    const { options, parts } = this;
    const data = dataOf(options.dataSize);
    for (const { title, command } of testsOf(options.tests)) {
      const words = command(data);
      const isRandom = options.keyspace !== null && words[0] === "ZADD";
      await this.load(title, isRandom ? (words as string[]).with(2, RANDOM_MARK) : words, loop);
    }
    if (!options.isCsv) parts.writeOut("\n");
  }

  private ownCommand(loop: EventLoop): Promise<void> {
    const { words } = this.options;
    const all = this.lastArgument === null ? words : [...words, this.lastArgument];
    return this.load(words.join(" "), all, loop);
  }

  /** Runs a command as often as is asked for, and tells of it; null: keeps connections for ever. */
  private async load(
    title: string,
    command: readonly string[] | string | null,
    loop: EventLoop,
  ): Promise<void> {
    const { options, parts } = this;
    const greetings = greetingsOf(options);
    const load = new Load({
      ...options,
      loop,
      to: this.to,
      place: this.place,
      tls: options.usesTls ? options.tls : null,
      greeting: fromLatin1(greetings.map(encodeCommand).join("")),
      greetings: greetings.length,
      request: command === null ? null : requestBytes(command, options.pipeline),
      random: parts.random,
      monotonicMs: parts.monotonicMs,
    });
    const progress = new Progress();
    let stop = () => {};
    const show = () => {
      if (!options.isCsv) parts.writeOut(progress.line(title, load, command === null));
      stop = loop.later(PROGRESS_MS, show);
    };
    stop = loop.later(FIRST_PROGRESS_MS, show);
    try {
      await load.run();
    } finally {
      stop();
    }
    if (!options.isCsv) parts.writeOut(progress.clear());
    parts.writeOut(reportOf(title, load, options, this.configuration));
  }

  /** What the server's configuration says; null if it does not tell. */
  private async fetchConfiguration(): Promise<HostConfiguration | null> {
    const { options, parts } = this;
    const link = await this.connect();
    try {
      for (const words of accessOf(options)) this.refuse(await link.ask(...words));
      const replies = [
        await link.ask("CONFIG", "GET", "save"),
        await link.ask("CONFIG", "GET", "appendonly"),
      ];
      for (const reply of replies) if (isAccessError(reply)) this.refuse(reply);
      const [save, appendOnly] = replies.map(configured);
      if (save !== null && appendOnly !== null) return { save, appendOnly };
    } catch (error) {
      if (error instanceof LoadError) throw error;
    } finally {
      link.close();
    }
    parts.writeError("WARNING: Could not fetch server CONFIG\n");
    return null;
  }

  private async connect(): Promise<Link> {
    const { usesTls, tls } = this.options;
    try {
      return new Link(await connectStream(this.to, usesTls ? tls : null));
    } catch (error) {
      const reason = (error as Error).message;
      throw new LoadError(`Could not connect to Redis at ${this.place}: ${reason}\n`);
    }
  }

  /** Ends it if a reply is an error. */
  private refuse(reply: Reply): void {
    if (reply.kind !== "error") return;
    throw new LoadError(`Node ${this.place} replied with error:\n${reply.text}\n`);
  }
}

const accessOf = ({ user, password }: BenchmarkOptions): string[][] =>
  password === null ? [] : [["AUTH", ...(user === null ? [] : [user]), password]];

/** What every connection says first. */
function greetingsOf(options: BenchmarkOptions): string[][] {
  const greetings = accessOf(options);
  if (options.tracks) greetings.push(["CLIENT", "TRACKING", "on"]);
  if (options.database > 0) greetings.push(["SELECT", String(options.database)]);
  if (options.speaksResp3) greetings.push(["HELLO", "3"]);
  return greetings;
}

const isAccessError = (reply: Reply) =>
  reply.kind === "error" && /^(NOAUTH|WRONGPASS|NOPERM)/.test(reply.text);

/** The value of the only name that CONFIG GET tells of. */
function configured(reply: Reply): string | null {
  if (reply.kind !== "array" && reply.kind !== "map") return null;
  const value = reply.items[1];
  return value !== undefined && "text" in value ? value.text : null;
}

/** A value of so many bytes, always the same, of no use to who packs data. */
function dataOf(size: number): string {
  let state = 1;
  let text = "";
  for (let i = 0; i < size; i++) {
    state = (Math.imul(state, 0x41c64e6d) + 12345) & 0x7fffffff;
    text += String.fromCharCode(48 + ((state >>> 16) & 63));
  }
  return text;
}
