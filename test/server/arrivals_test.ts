// Purpose: clients whose commands are read together, before the first of them runs, get the replies
// that they get when each is read and run by itself, whatever these commands do to the others.

import { describe, expect, test } from "bun:test";
import { Random } from "../fuzz/random.ts";
import { START_MS } from "../keyspace/worlds.ts";
import { InnerClient, innerServer } from "../persistence/inner_server.ts";

const CLIENTS = 90;

class World {
  readonly clients: InnerClient[] = [];
  private nowMs = START_MS;
  private readonly isTogether: boolean;
  private readonly endings: (() => void)[] = [];
  private readonly server;

  constructor(isTogether: boolean) {
    this.isTogether = isTogether;
    this.server = innerServer({
      seed: 1,
      nowMs: () => this.nowMs,
      loop: { endOfTurn: (run) => this.endings.push(run), later: () => () => {} },
    });
    this.server.readAhead.usedSizeMin = isTogether ? 0 : Infinity;
    for (let i = 0; i < CLIENTS; i++) this.clients.push(this.connect());
  }

  connect(): InnerClient {
    return new InnerClient(this.server, () => this.endTurn());
  }

  private endTurn(): void {
    for (const run of this.endings.splice(0)) run();
  }

  /** A turn in which these clients have sent that; returns what each of all was sent. */
  turn(sent: ReadonlyMap<number, Uint8Array>): string[] {
    const { arrivals } = this.server;
    for (const client of this.clients) client.replied = "";
    if (this.isTogether) arrivals.crowdBegins();
    for (const [index, bytes] of sent) this.clients[index].arrives(bytes);
    if (this.isTogether) arrivals.crowdEnds();
    this.endTurn();
    return this.clients.map(({ replied }) => replied);
  }

  /** Lets time pass, and who waited go on; replaces some, and those that are gone: which. */
  settle(leaving: readonly number[]): number[] {
    this.nowMs += 50;
    this.server.clock.tick();
    this.server.pause.check(this.nowMs);
    for (const index of leaving) this.clients[index].close();
    for (let left = 3; left > 0; left--) this.endTurn();
    const gone: number[] = [];
    for (const [i, { connection }] of this.clients.entries()) {
      if (!connection.closing) continue;
      gone.push(i);
      this.clients[i] = this.connect();
    }
    return gone;
  }
}

const WORDS = ["a", "b", "12", "x".repeat(200), "y".repeat(700)];

/** With K for a key, W for a word, and C for a client's number. */
const COMMANDS = [
  ...["GET K", "GET K", "GET K", "SET K W", "INCR K", "MGET K K K", "DEL K", "APPEND K W"],
  ...["HSET h W W", "HGET h W", "SADD s W", "ZADD z 1 W", "LPUSH l W", "RPOP l", "BLPOP l 0"],
  ...["MULTI", "EXEC", "EXEC", "DISCARD", "WATCH K", "FLUSHALL", "SELECT 1", "SELECT 0"],
  ...["SWAPDB 0 1", "MOVE K 1", "RENAME K K", "COPY K K", "DBSIZE", "PING", "ECHO W"],
  ...[
    "CLIENT KILL ID C",
    "CLIENT UNBLOCK C",
    "CLIENT PAUSE 40 WRITE",
    "CLIENT UNPAUSE",
    "CLIENT ID",
  ],
  ...["CLIENT UNPAUSE", "CLIENT REPLY SKIP", "CLIENT NO-TOUCH ON", "CLIENT TRACKING ON"],
  ...["CLIENT LIST ID C", "CLIENT INFO", "SUBSCRIBE W", "UNSUBSCRIBE W", "PUBLISH W W", "QUIT"],
  ...["RESET", "HELLO 2", "HELLO 3", "AUTH W", "NOSUCH K", "GET", "EVAL W 1 K", "UNWATCH"],
];
const ODD = ["PING\r\n", "\r\n", "*0\r\n", "SET a 'b c'\r\n", "*1\r\n$-1\r\n", "*x\r\n"];

function request(random: Random): string {
  if (random.chance(0.02)) return random.pick(ODD);
  const words = random.pick(COMMANDS).split(" ");
  const filled = words.map((word) => {
    if (word === "K") return `key:${random.below(12)}`;
    if (word === "C") return String(1 + random.below(CLIENTS));
    return word === "W" ? random.pick(WORDS) : word;
  });
  return `*${filled.length}\r\n${filled.map((w) => `$${w.length}\r\n${w}\r\n`).join("")}`;
}

describe.each([1, 2, 3, 4])("seed %d", (seed) => {
  test("replies are those of clients read one by one", () => {
    const random = new Random(seed);
    const worlds = [new World(false), new World(true)];
    let replySize = 0;
    /** By client: what is left of a request that was cut. */
    const rests = new Map<number, string>();
    for (let round = 0; round < 150; round++) {
      const sent = new Map<number, Uint8Array>();
      for (let left = random.pick([1, 2, 20, 80]); left > 0; left--) {
        const index = random.below(CLIENTS);
        if (sent.has(index)) continue;
        let text = rests.get(index) ?? "";
        for (let more = random.pick([1, 1, 1, 2, 5, 40]); more > 0; more--) text += request(random);
        const cut = random.chance(0.05) ? random.below(text.length) : text.length;
        rests.set(index, text.slice(cut));
        sent.set(index, Buffer.from(text.slice(0, cut), "latin1"));
      }
      const [plain, together] = worlds.map((world) => world.turn(sent));
      expect(together).toEqual(plain);
      for (const text of plain) replySize += text.length;
      const leaving = Array.from({ length: 5 }, () => random.below(CLIENTS));
      const [gone, alsoGone] = worlds.map((world) => world.settle(leaving));
      expect(alsoGone).toEqual(gone);
      for (const index of gone) rests.delete(index);
    }
    expect(replySize).toBeGreaterThan(30_000);
  });
});
