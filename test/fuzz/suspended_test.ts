// Purpose: random commands of several clients, among them scripts that are suspended, alone and in
// EXEC, while others are refused or watch keys: all is as if no script were ever suspended. Data,
// replies and what the log is told are compared. SUSPENDED_SEED chooses another seed.

import { expect, test } from "bun:test";
import { latin1 } from "../../src/base/bytes.ts";
import type { ChangeCursor, ChangeTaker } from "../../src/keyspace/change_feed.ts";
import { type ScriptClient, ScriptWorld } from "../dispatch/script_world.ts";
import { Random } from "./random.ts";

const FIRST_SEED = Number(process.env.SUSPENDED_SEED ?? 1);
const ROUNDS = 8;
const STEPS = 60;
const CLIENTS = 3;
/** After so many without a script all that was sent has been carried out. */
const IDLE_TURNS = 4;
const WAIT = "for (let i = 0; i < 4e5; i++);";

type Words = readonly string[];

/** What one client sends at once. */
interface Sent {
  readonly client: number;
  readonly commands: readonly Words[];
}

/** Takes what is told: commands, each with its database, and where transactions begin and end. */
class Told implements ChangeTaker {
  readonly commands: string[] = [];
  private readonly cursor: ChangeCursor;
  private db = "";

  constructor(world: ScriptWorld) {
    this.cursor = world.server.feed.attach(this);
  }

  told(): void {}

  take(): void {
    let text = "";
    this.cursor.show((bytes, offset, size) => {
      text += latin1(bytes, offset, size);
      return false;
    });
    this.cursor.taken();
    for (const command of text.split(/\*\d+\r\n/).slice(1)) {
      const words = command.split(/\$\d+\r\n/).slice(1);
      const line = words.map((word) => word.trimEnd()).join(" ");
      if (line.startsWith("SELECT ")) this.db = line.slice(7);
      else this.commands.push(/^(MULTI|EXEC)$/.test(line) ? line : `${this.db}: ${line}`);
    }
  }
}

/** Clients of a server, and what they were replied. */
class Run {
  readonly world = new ScriptWorld(["--enable-debug-command", "yes"]);
  readonly told = new Told(this.world);
  readonly replies: string[] = [];
  private readonly clients: ScriptClient[] = [];

  constructor(thresholdMs: number) {
    this.world.server.scripts.thresholdMs = thresholdMs;
    for (let i = 0; i < CLIENTS; i++) this.clients.push(this.world.client());
  }

  get isSuspended(): boolean {
    return this.world.server.scripts.isSuspended;
  }

  /** `meanwhile` is done while a script in it is suspended. */
  send({ client, commands }: Sent, meanwhile = () => {}): void {
    const sender = this.clients[client];
    sender.pipeline(...commands);
    // What came after a script goes on in a turn of its own, and may be suspended in its turn.
    for (let idle = 0; idle < IDLE_TURNS; idle++) {
      if (this.isSuspended) {
        idle = 0;
        meanwhile();
      }
      this.told.take();
      this.world.turn();
    }
    this.told.take();
    this.replies.push(sender.replied);
  }

  /** Looked at by a client that does nothing else. */
  get state(): string[] {
    const looker = this.world.client();
    return [0, 1].map((db) => {
      looker.run("SELECT", String(db));
      return looker.run("DEBUG", "DIGEST") + looker.run("DBSIZE");
    });
  }
}

const key = (random: Random) => `k${random.below(4)}`;

function write(random: Random): string[] {
  const n = String(random.below(100));
  return random.pick([
    ["SET", `s${key(random)}`, n],
    ["INCR", `c${key(random)}`],
    ["RPUSH", `l${key(random)}`, n, n],
    ["LPOP", `l${key(random)}`],
    ["HSET", `h${key(random)}`, n, n],
    ["DEL", `s${key(random)}`, `l${key(random)}`],
    ["GET", `s${key(random)}`],
    ["SELECT", String(random.below(2))],
    ["INCR", `s${key(random)}`, "wrong"],
  ]);
}

function script(random: Random): string[] {
  let text = "";
  for (let i = random.below(4); i > 0; i--) {
    text += `redis.pcall(${write(random)
      .map((word) => `'${word}'`)
      .join(", ")}); `;
    if (random.chance(0.6)) text += WAIT;
  }
  if (random.chance(0.1)) text += "throw 'oh'; ";
  return ["EVAL", `${text}return redis.pcall('LLEN', 'lk1')`, "0"];
}

function sent(random: Random): Sent {
  const commands: Words[] = [];
  const isTransaction = random.chance(0.4);
  if (isTransaction) commands.push(["MULTI"]);
  for (let i = random.between(1, 5); i > 0; i--) {
    commands.push(random.chance(0.4) ? script(random) : write(random));
  }
  if (isTransaction) commands.push(["EXEC"]);
  if (random.chance(0.3)) commands.push(["PING"]);
  return { client: random.below(CLIENTS), commands };
}

test("what is suspended is as what is not", () => {
  let suspended = 0;
  for (let seed = FIRST_SEED; seed < FIRST_SEED + ROUNDS; seed++) {
    const random = new Random(seed);
    const one = new Run(5);
    const other = new Run(Infinity);
    const stranger = one.world.client();
    for (let step = 0; step < STEPS; step++) {
      const what = sent(random);
      one.send(what, () => {
        suspended++;
        const words = random.pick([["GET", "sk1"], ["SET", "sk1", "x"], ["EXEC"], ["FLUSHALL"]]);
        expect(stranger.run(...words)).toContain("BUSY Redis is busy");
        if (random.chance(0.3)) expect(stranger.run("WATCH", "sk1")).toBe("+OK\r\n");
      });
      other.send(what);
    }
    expect({ seed, replies: one.replies }).toEqual({ seed, replies: other.replies });
    expect({ seed, state: one.state }).toEqual({ seed, state: other.state });
    expect({ seed, told: one.told.commands }).toEqual({ seed, told: other.told.commands });
  }
  expect(suspended).toBeGreaterThan(ROUNDS * STEPS);
});
