/**
 * Purpose: writes random steps of several connections. What a connection does is planned in small
 * pieces (a transaction, a wait, some commands ...), which are interleaved with those of others.
 */

import { Random } from "../fuzz/random.ts";
import { FEATURES, type Feature } from "./features.ts";
import type { Scene, Turn } from "./scene.ts";
import type { Step, Words } from "./step.ts";
import { DATA, filled, SELDOM } from "./words.ts";

const CONNECTIONS_LEAST = 2;
const CONNECTIONS_MOST = 6;
/** Of commands in one write. */
const BATCH_MOST = 5;

/** Names of commands that may wait. */
const WAITING = /^(b[lrz]|xread)/i;

/** The steps of number `index` of a seed, with about so many commands. */
export function write(
  seed: number,
  index: number,
  commands: number,
  features: readonly string[] = Object.keys(FEATURES),
): Step[] {
  return new Author(new Random(seed, index), features).write(commands);
}

/** Of a connection that was just opened. */
const NEW = { waits: false, listens: false, isResp3: false, isSilent: false };
/** Of commands, in a plan for who may do nothing but listen. */
const LISTENING_SHARE = 0.8;

/** What is known of a connection, so that most of what it sends makes sense. */
interface Connection {
  turns: Turn[];
  /** It probably waits for others. */
  waits: boolean;
  /** It has subscribed to something. */
  listens: boolean;
  isResp3: boolean;
  /** It gets no replies. */
  isSilent: boolean;
}

class Author implements Scene {
  readonly random: Random;
  readonly count: number;
  private readonly connections: Connection[];
  /** Commands of features that are mixed with those on data. */
  private moreData: readonly Words[];
  private readonly features: (readonly [number, Feature])[];

  constructor(random: Random, features: readonly string[]) {
    this.random = random;
    this.count = random.between(CONNECTIONS_LEAST, CONNECTIONS_MOST);
    this.connections = Array.from({ length: this.count }, () => ({
      turns: [],
      ...NEW,
    }));
    // Most sequences are about few features, which so meet each other.
    this.features = features.map((name) => [random.pick([0, 0, 0.3, 1, 3]), FEATURES[name]]);
    this.moreData = this.features.flatMap(([weight, { data }]) => (weight > 0 ? (data ?? []) : []));
    if (this.moreData.length === 0) this.moreData = DATA;
    for (const [weight, { open }] of this.features) if (weight > 0) open?.(this);
    for (const { turns } of this.connections) {
      if (random.chance(0.5)) turns.unshift(["HELLO", "3"]);
    }
  }

  write(length: number): Step[] {
    const { random } = this;
    const steps: Step[] = [];
    let connection = 0;
    for (let left = length; left > 0; ) {
      if (random.chance(0.5)) connection = random.below(this.count);
      if (this.connections[connection].waits && random.chance(0.8)) {
        connection = random.below(this.count);
      }
      const now = this.steps(connection);
      for (const step of now) left -= step.kind === "send" ? step.commands.length : 0;
      steps.push(...now);
    }
    return steps;
  }

  data(): Words {
    return this.fill(this.random.pick(this.random.chance(0.9) ? DATA : this.moreData));
  }

  fill(template: Words): Words {
    return filled(this.random, template, this.count);
  }

  listens(connection: number): boolean {
    const { listens, isResp3 } = this.connections[connection];
    return listens && !isResp3;
  }

  other(connection: number): number {
    return (connection + this.random.between(1, this.count - 1)) % this.count;
  }

  next(connection: number, ...turns: readonly Turn[]): void {
    this.connections[connection].turns.unshift(...turns);
  }

  private steps(connection: number): Step[] {
    const { random } = this;
    const one = this.connections[connection];
    const commands: Words[] = [];
    const most = random.pick([1, 1, 2, BATCH_MOST]);
    while (commands.length < most) {
      if (one.turns.length === 0) one.turns.push(...this.plan(connection));
      const [turn] = one.turns;
      if (turn === undefined || (!isCommand(turn) && commands.length > 0)) break;
      one.turns.shift();
      if (!isCommand(turn)) {
        Object.assign(one, NEW);
        return "close" in turn ? [{ kind: "close", connection }] : [...turn.steps];
      }
      // What is told at the end of a turn depends on these: see run.ts on turns.
      if (one.waits && (turn[0] === "HELLO" || turn[1] === "KILL")) continue;
      // Redis closes when it has written the last reply, and so not at all.
      if (one.isSilent && (turn[0] === "QUIT" || turn[1] === "KILL")) continue;
      commands.push(turn);
      this.note(one, turn);
      if (one.waits) break;
    }
    return commands.length === 0 ? [] : [{ kind: "send", connection, commands, thenMs: 0 }];
  }

  private note(one: Connection, words: Words): void {
    const [name = "", first = "", second = ""] = words;
    if (WAITING.test(name)) one.waits = true;
    if (/^[ps]?subscribe$/i.test(name)) one.listens = true;
    if (first === "REPLY" && second !== "nosuch") one.isSilent = second !== "ON";
    if (name === "HELLO") one.isResp3 = first === "3";
    if (name === "RESET" || name === "QUIT") Object.assign(one, NEW);
    const freed = /^\{id:(\d+)\}$/.exec(first === "UNBLOCK" ? second : "");
    if (freed !== null) this.connections[Number(freed[1])].waits = false;
  }

  private plan(connection: number): Turn[] {
    const { random } = this;
    if (this.listens(connection) && random.chance(LISTENING_SHARE)) {
      return FEATURES.pubsub.plan(this, connection);
    }
    const own = random.weighted<(() => Turn[]) | null>([
      [4, () => [this.data()]],
      [0.3, () => [this.fill(random.pick(SELDOM))]],
      [0.03, () => [{ close: true }]],
      ...this.features.map(([weight, { plan }]) => [weight, () => plan(this, connection)] as const),
    ]);
    return own?.() ?? [];
  }
}

const isCommand = (turn: Turn): turn is Words => Array.isArray(turn);
