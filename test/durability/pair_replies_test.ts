// Purpose: what begins, changes or ends a save, a rewriting or the log while another goes on is
// answered as redis-server answers it, and leads to the same state. Both servers are held in the
// first by rdb-key-save-delay, so that nothing depends on how fast they are.

import { afterAll, expect, test } from "bun:test";
import type { Client } from "../client/client.ts";
import { plain } from "../client/resp.ts";
import { redisBinary, type Server, startRedis, startServer } from "../client/server.ts";
import { binaryCommand } from "./binary.ts";

const DELAY = "rdb-key-save-delay";
/** With so few keys, a file in the background takes longer than any test may. */
const KEYS = 20;
const HELD_US = 30_000_000;
const FIELDS = [
  "aof_enabled",
  "aof_rewrite_in_progress",
  "aof_rewrite_scheduled",
  "rdb_bgsave_in_progress",
];
const STATE_LIMIT_MS = 20_000;
const CLOSED = "closed";

/** From where each second command is sent: commands whose files are held back. */
const BEGINNINGS: readonly (readonly string[])[] = [
  [],
  ["BGSAVE"],
  ["BGREWRITEAOF"],
  ["BGSAVE", "BGREWRITEAOF"],
  ["BGREWRITEAOF", "BGSAVE SCHEDULE"],
  ["CONFIG SET appendonly yes"],
  ["BGSAVE", "CONFIG SET appendonly yes"],
];

/** Second commands; one that writes a file in the foreground is not held back. */
const SECONDS: readonly (readonly string[])[] = [
  ["BGSAVE"],
  ["BGSAVE SCHEDULE"],
  ["BGSAVE NOW"],
  ["BGREWRITEAOF"],
  ["CONFIG SET appendonly yes"],
  ["CONFIG SET appendonly no"],
  ["CONFIG SET dir ."],
  ["CONFIG SET dir /nowhere"],
  ["CONFIG SET dbfilename a/b"],
  ["CONFIG SET appendfsync no"],
  ["CONFIG SET aof-use-rdb-preamble no"],
  ["FLUSHALL"],
  ["SWAPDB 0 1"],
  ["SHUTDOWN ABORT"],
  ["SHUTDOWN ABORT NOW"],
  ["SHUTDOWN SAVE NOSAVE"],
  ["MULTI", "BGSAVE", "BGREWRITEAOF", "EXEC"],
  ["MULTI", "BGREWRITEAOF", "BGSAVE", "BGSAVE SCHEDULE", "EXEC"],
  ["MULTI", "SAVE", "EXEC"],
  ["MULTI", "CONFIG SET appendonly yes", "CONFIG SET appendonly no", "EXEC"],
  ["MULTI", "SHUTDOWN", "EXEC"],
];
const IN_FOREGROUND: readonly (readonly string[])[] = [
  ["SAVE"],
  ["DEBUG RELOAD"],
  ["DEBUG RELOAD NOSAVE"],
  ["SHUTDOWN"],
  ["SHUTDOWN NOSAVE"],
  ["SHUTDOWN SAVE"],
  ["SHUTDOWN NOW"],
  ["SHUTDOWN NOSAVE FORCE"],
];

class Subject {
  private readonly start: () => Promise<Server>;
  private readonly holdsForeground: boolean;
  private server: Server | null = null;
  private client: Client | null = null;

  /** `holdsForeground`: the delay is also that of files which are written in the foreground. */
  constructor(start: () => Promise<Server>, holdsForeground: boolean) {
    this.start = start;
    this.holdsForeground = holdsForeground;
  }

  async stop(): Promise<void> {
    // While a log gets its first base, a signal does not end the server.
    if (this.client !== null) await this.ask("SHUTDOWN NOSAVE FORCE").catch(() => CLOSED);
    this.client?.close();
    await this.server?.stop();
    this.client = null;
    this.server = null;
  }

  /** Brings a server to where nothing is in progress and the log is on, or off, and begins. */
  async begin(isLogged: boolean, beginning: readonly string[]): Promise<void> {
    this.server ??= await this.start();
    this.client ??= await this.server.connect();
    await this.quiet();
    for (let i = 0; i < KEYS; i++) await this.ask(`SET key:${i} value`);
    await this.ask("SAVE");
    if (isLogged) await this.ask("CONFIG SET appendonly yes");
    await this.untilState(/^aof_enabled:., .*:0, .*:0, .*:0$/);
    await this.ask(`CONFIG SET ${DELAY} ${HELD_US}`);
    for (const line of beginning) await this.ask(line);
  }

  /** Replies to the lines; CLOSED when the server ended, and is to be started again. */
  async replies(lines: readonly string[], inForeground: boolean): Promise<string[]> {
    if (inForeground && this.holdsForeground) await this.ask(`CONFIG SET ${DELAY} 0`);
    const replies: string[] = [];
    for (const line of lines) {
      const reply = await this.ask(line).catch(() => CLOSED);
      replies.push(reply);
      if (reply !== CLOSED) continue;
      await this.stop();
      break;
    }
    return replies;
  }

  /** What is in progress. */
  async state(): Promise<string> {
    if (this.client === null) return CLOSED;
    const info = await this.ask("INFO persistence");
    return FIELDS.map((name) => new RegExp(`${name}:\\d`).exec(info)?.[0]).join(", ");
  }

  async untilState(pattern: RegExp): Promise<void> {
    const endMs = Date.now() + STATE_LIMIT_MS;
    while (!pattern.test(await this.state())) {
      if (Date.now() > endMs) throw new Error(`the state stays ${await this.state()}`);
      await Bun.sleep(2);
    }
  }

  private async quiet(): Promise<void> {
    await this.ask(`CONFIG SET ${DELAY} 0`);
    await this.ask("CONFIG SET aof-use-rdb-preamble yes appendfsync everysec");
    // A rewriting ends with the log, and a save with the data.
    for (const line of ["yes", "no"]) await this.ask(`CONFIG SET appendonly ${line}`);
    await this.ask("FLUSHALL");
    await this.untilState(/^aof_enabled:0, .*:0, .*:0, .*:0$/);
  }

  private async ask(line: string): Promise<string> {
    if (this.client === null) throw new Error("there is no server");
    const reply = plain(await this.client.command(...line.split(" ")));
    return Array.isArray(reply) ? reply.map(String).join(" | ") : String(reply);
  }
}

const args = ["--enable-debug-command", "yes", "--enable-protected-configs", "yes", "--hz", "500"];
const ours = new Subject(() => startServer({ command: binaryCommand(), args }), false);
const real = new Subject(() => startRedis({ args }), true);

afterAll(async () => {
  await Promise.all([ours.stop(), real.stop()]);
});

/** The same state in both, as soon as what was killed has been looked after. */
async function sameState(): Promise<[string, string]> {
  const endMs = Date.now() + STATE_LIMIT_MS;
  for (;;) {
    const [a, b] = await Promise.all([ours.state(), real.state()]);
    if (a === b || Date.now() > endMs) return [a, b];
    await Bun.sleep(2);
  }
}

/** Before a log that was turned on has a base, Rusk ends by force only (docs/decisions/0015). */
const isKept = (lines: readonly string[], [second]: readonly string[]) =>
  Bun.deepEquals(lines, ["BGSAVE", "CONFIG SET appendonly yes"]) && /^SHUTDOWN\b/.test(second);
const KEPT = ["Error: ERR Errors trying to SHUTDOWN. Check logs."];
/** Here the save ends with the data that it is of; in Redis a copy of the process goes on. */
const isReloadDuringSave = (lines: readonly string[], [second]: readonly string[]) =>
  lines.includes("BGSAVE") && second.startsWith("DEBUG RELOAD");

const cases = [false, true].flatMap((isLogged) =>
  BEGINNINGS.filter((lines) => !isLogged || !lines.some((line) => line.endsWith("yes"))).map(
    (lines) => ({ isLogged, lines, name: `log ${isLogged ? "on" : "off"}, ${lines.join(", ")}` }),
  ),
);

test.skipIf(redisBinary() === null).each(cases)(
  "$name",
  async ({ isLogged, lines }) => {
    const differences: unknown[] = [];
    for (const second of [...SECONDS, ...IN_FOREGROUND]) {
      const inForeground = IN_FOREGROUND.includes(second);
      await Promise.all([ours, real].map((subject) => subject.begin(isLogged, lines)));
      const before = await sameState();
      const [our, their] = await Promise.all(
        [ours, real].map((subject) => subject.replies(second, inForeground)),
      );
      if (isKept(lines, second) && Bun.deepEquals([our, their], [KEPT, [CLOSED]])) continue;
      const after = isReloadDuringSave(lines, second) ? before : await sameState();
      if (before[0] !== before[1] || after[0] !== after[1] || !Bun.deepEquals(our, their)) {
        differences.push({ second, our, their, before, after });
      }
      // What is scheduled, which no figure shows, would begin in the midst of the next pair.
      if (lines.includes("BGSAVE SCHEDULE") || our.join().includes("scheduled")) {
        await Promise.all([ours.stop(), real.stop()]);
      }
    }
    expect(differences).toEqual([]);
  },
  300_000,
);
