/**
 * Purpose: attacks on the sandbox, each a script that is sent to a server over a socket, and what
 * may come of it. Whatever it was: afterwards the server answers at once, and its memory has a
 * bound.
 */

import type { Client } from "../client/client.ts";
import { cpuMs, residentSize } from "../client/process.ts";
import { plain, type Reply } from "../client/resp.ts";
import { type Server, startServer } from "../client/server.ts";
import { until } from "../client/until.ts";

/** What may come of a script. */
export interface Expectation {
  /**
   * error: any error reply. value: this reply. nil. safe: anything that shows nothing of the host.
   * busy: it goes on until it is killed. unkillable: it goes on, has written, and cannot be killed.
   */
  readonly kind:
    | "error"
    | "value"
    | "nil"
    | "safe"
    | "busy"
    | "unkillable"
    | "nil_or_error"
    | "value_or_error"
    | "error_or_busy";
  /** Bulk strings as texts, nil as null. */
  readonly value?: unknown;
  /** What the reply's text must be like, and must not. */
  readonly match?: string;
  readonly notMatch?: string;
}

export interface Attack {
  readonly name: string;
  readonly script: string;
  readonly expect: Expectation;
  readonly keys?: readonly string[];
  readonly args?: readonly string[];
  /** Commands before it. */
  readonly setup?: readonly (readonly string[])[];
  /** A script after it, by which it shows what the first has left behind. */
  readonly then?: { readonly script: string; readonly expect: Expectation };
}

/** After so long a script is busy: other clients are answered. */
const BUSY_MS = 200;
/** How long the server may leave a client without an answer when a script has ended. */
const ANSWER_LIMIT_MS = 500;
/** How long a script may take that ends by itself, be it by a limit. */
const END_LIMIT_MS = 30_000;
/** What may end by itself or not gets so long before it is killed. */
const PATIENCE_MS = 600;
/** By how much one attack may make the process grow. */
const GROWTH_MAX_SIZE = 2 ** 30;
/**
 * Below which growth memory comes again when attacks of before are collected: V8 does so late, and
 * only when something is allocated.
 */
const ALL_GROWTH_MAX_SIZE = 2 ** 31;
/** Harmless, and makes the collector's work worth its while. */
const ALLOCATING = "let n = 0; for (let i = 0; i < 1e5; i++) n += [i, i].length; return n";
/** What no reply may show. */
const HOST_WORDS = /native code|\[object/;

/** A server under attack. One that does not survive is replaced: the next attack is told. */
export class Target {
  private readonly command: readonly string[];
  private server: Server | null = null;
  private attacker: Client | null = null;
  private bystander: Client | null = null;
  private initialSize = 0;

  constructor(command: readonly string[]) {
    this.command = command;
  }

  async stop(): Promise<void> {
    const server = this.server;
    this.attacker?.close();
    this.bystander?.close();
    this.server = null;
    server?.signal("SIGKILL");
    await server?.stop();
  }

  /** Carries one out; what was wrong, an empty list if nothing. */
  async suffer(attack: Attack): Promise<string[]> {
    const problems: string[] = [];
    try {
      await this.start();
      const sizeBefore = this.size();
      for (const words of attack.setup ?? []) await this.bystanding().command(...words);
      const { keys = [], args = [] } = attack;
      problems.push(...(await this.run(attack.script, attack.expect, keys, args)));
      if (attack.then !== undefined) {
        const later = await this.run(attack.then.script, attack.then.expect, [], []);
        problems.push(...later.map((problem) => `afterwards: ${problem}`));
      }
      problems.push(...(await this.look(sizeBefore)));
    } catch (error) {
      problems.push(`${error}; the server's log ends: ${this.server?.log().slice(-1000)}`);
    }
    if (problems.length > 0) await this.stop();
    return problems;
  }

  private async start(): Promise<void> {
    if (this.server !== null) return;
    const args = ["--busy-reply-threshold", String(BUSY_MS)];
    this.server = await startServer({ command: this.command, args });
    this.attacker = await this.server.connect();
    this.bystander = await this.server.connect();
    // What an engine builds when it first runs scripts is none's growth.
    await this.attacker.command("EVAL", "return [1, 2].map((x) => x + 1)", 0);
    this.initialSize = this.size();
  }

  private bystanding(): Client {
    if (this.bystander === null) throw new Error("no connection");
    return this.bystander;
  }

  /** Sends a script, and has it killed if it does not end. */
  private async run(
    script: string,
    expectation: Expectation,
    keys: readonly string[],
    args: readonly string[],
  ): Promise<string[]> {
    if (this.attacker === null) throw new Error("no connection");
    let reply: Reply | null = null;
    const coming = this.attacker
      .command("EVAL", script, keys.length, ...keys, ...args)
      .then((came) => {
        reply = came;
      });
    const { kind } = expectation;
    const mayStay = kind === "busy" || kind === "unkillable" || kind === "error_or_busy";
    const patienceMs = kind === "error_or_busy" ? PATIENCE_MS : mayStay ? 0 : END_LIMIT_MS;
    await Promise.race([coming, Bun.sleep(patienceMs)]);
    if (reply !== null) return judge(reply, expectation);
    if (!mayStay) return [`no reply within ${patienceMs} ms`];
    await until("BUSY", async () => reply !== null || (await this.isBusy()));
    if (reply !== null) return judge(reply, expectation);
    const killed = await this.kill();
    if (kind === "unkillable")
      return killed.startsWith("UNKILLABLE") ? [] : [`KILL says ${killed}`];
    // It may have ended by itself a moment ago.
    if (killed !== "OK" && !killed.startsWith("NOTBUSY")) return [`SCRIPT KILL says ${killed}`];
    await coming;
    if (kind === "error_or_busy") return judge(reply ?? NONE, expectation);
    const text = textOf(reply);
    return text.includes("killed by user") ? [] : [`killed, it replies ${text}`];
  }

  /** Whether other clients are told that a script is running. */
  private async isBusy(): Promise<boolean> {
    const text = textOf(await this.bystanding().command("PING"));
    return text.startsWith("BUSY");
  }

  private size = () => residentSize(this.server?.pid ?? 0);

  private kill = async () => textOf(await this.bystanding().command("SCRIPT", "KILL"));

  /** Whether the server is well. */
  private async look(sizeBefore: number): Promise<string[]> {
    if (this.server === null) return [];
    const problems: string[] = [];
    const { pid } = this.server;
    const began = cpuMs(pid);
    const answer = textOf(await this.bystanding().command("PING"));
    const tookMs = cpuMs(pid) - began;
    if (answer !== "PONG") problems.push(`PING says ${answer}`);
    if (tookMs > ANSWER_LIMIT_MS) problems.push(`PING took ${Math.round(tookMs)} ms`);
    const size = this.size();
    if (size - sizeBefore > GROWTH_MAX_SIZE) {
      problems.push(
        `memory grew from ${Math.round(sizeBefore / 2 ** 20)} to ${Math.round(size / 2 ** 20)} MB`,
      );
    }
    await until("memory of attacks before is given back", async () => {
      if (this.size() - this.initialSize < ALL_GROWTH_MAX_SIZE) return true;
      await this.bystanding().command("EVAL", ALLOCATING, 0);
      return false;
    });
    return problems;
  }
}

const NONE: Reply = { type: "nil", nil: "bulk" };

/** A reply as a text: of an error what it says. */
function textOf(reply: Reply | null): string {
  if (reply === null) return "nothing";
  if (reply.type === "error") return reply.value;
  return typeof plain(reply) === "string" ? `${plain(reply)}` : Bun.inspect(plain(reply));
}

/** What is wrong with a reply. */
export function judge(reply: Reply, { kind, value, match, notMatch }: Expectation): string[] {
  const isError = reply.type === "error";
  const shown = textOf(reply);
  const isValue = Bun.deepEquals(plain(reply), value);
  const isRight: Readonly<Record<Expectation["kind"], boolean>> = {
    error: isError,
    error_or_busy: isError,
    value: !isError && isValue,
    nil: reply.type === "nil",
    nil_or_error: reply.type === "nil" || isError,
    value_or_error: isError || isValue,
    safe: true,
    busy: false,
    unkillable: false,
  };
  const problems: string[] = [];
  if (!isRight[kind]) {
    problems.push(`${kind} ${JSON.stringify(value) ?? ""} is expected; the reply is ${shown}`);
  }
  if (match !== undefined && !new RegExp(match).test(shown))
    problems.push(`${shown} lacks ${match}`);
  if (notMatch !== undefined && new RegExp(notMatch).test(shown)) {
    problems.push(`${shown} has ${notMatch}`);
  }
  if (HOST_WORDS.test(shown)) problems.push(`${shown} shows something of the host`);
  return problems.map((problem) => problem.slice(0, 500));
}
