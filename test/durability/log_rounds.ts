/**
 * Purpose: what the server writes, it loads: rounds of commands from chance, in every spelling that
 * is taken and with sizes around every limit, under each policy and format; the data of a server
 * that is started on the log, on a rewritten log, or on a snapshot, must be the same, and so must
 * those of the real server, which is given the log.
 */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { plain, requestOf } from "../client/resp.ts";
import { redisBinary, startRedis } from "../client/server.ts";
import { Random } from "../fuzz/random.ts";
import { commandOf, planOf, spelled } from "./log_commands.ts";
import { SimDisk } from "./sim_disk.ts";
import { SimClient, SimServer, Timeline } from "./sim_server.ts";

const FOLDER = "appendonlydir";
const CLIENTS = 3;
const COMMANDS_PER_ROUND = 250;
const TURNS_MAX = 5000;
/** One of so many rounds, of those that it may, shows its log to the real server. */
const REAL_EVERY = 5;
const SHOWN = 160;

export interface LogOutcome {
  /** Commands carried out, and starts whose data were compared. */
  commands: number;
  starts: number;
  /** Starts of the real server among them. */
  real: number;
  readonly faults: string[];
}

interface Options {
  readonly seed: number;
  /** Commands, at least. */
  readonly commands: number;
  onRound?(outcome: LogOutcome): void;
}

/** Runs rounds until there were so many commands; goes on after a fault with the next round. */
export async function logRounds({ seed, commands, onRound }: Options): Promise<LogOutcome> {
  const outcome: LogOutcome = { commands: 0, starts: 0, real: 0, faults: [] };
  for (let round = 0; outcome.commands < commands; round++) {
    const one = new Round(seed, round, outcome);
    try {
      await one.run();
    } catch (error) {
      outcome.faults.push(`seed ${seed}, round ${round}: ${(error as Error).message}`);
    }
    one.dispose();
    onRound?.(outcome);
  }
  return outcome;
}

class Round {
  private readonly random: Random;
  private readonly time = new Timeline();
  private readonly outcome: LogOutcome;
  private readonly round: number;
  /** Commands that Redis 7.0 has not may be among them. */
  private readonly isNewer: boolean;
  private readonly servers: SimServer[] = [];
  private server: SimServer;

  constructor(seed: number, round: number, outcome: LogOutcome) {
    this.random = new Random(seed, round);
    this.round = round;
    this.outcome = outcome;
    this.isNewer = this.random.chance(0.5);
    this.server = this.start(new SimDisk(), true);
  }

  dispose(): void {
    for (const server of this.servers.splice(0)) server.dispose();
  }

  /** What a server may be set to, from chance. */
  private settings(): string[] {
    const { random } = this;
    const yesNo = () => random.pick(["yes", "no"]);
    return [
      ...["--appendfsync", random.pick(["always", "everysec", "no"])],
      ...["--snapshot-format", random.pick(["rusk", "rdb"])],
      ...["--aof-use-rdb-preamble", yesNo(), "--rdbcompression", yesNo()],
      ...["--aof-timestamp-enabled", yesNo(), "--rdbchecksum", yesNo()],
      ...["--list-max-listpack-size", random.pick(["-2", "3", "128", "-5"])],
      ...["--set-max-intset-entries", random.pick(["4", "512"])],
      ...["--hash-max-listpack-entries", random.pick(["4", "128"])],
      ...["--zset-max-listpack-entries", random.pick(["4", "128"])],
      ...["--stream-node-max-entries", random.pick(["3", "100"])],
      ...["--proto-max-bulk-len", random.pick(["1mb", "512mb", "1gb"])],
    ];
  }

  private start(disk: SimDisk, isLogged: boolean): SimServer {
    for (const server of this.servers.splice(0)) server.dispose();
    const args = ["--appendonly", isLogged ? "yes" : "no", ...this.settings()];
    const server = new SimServer(disk, this.time, new Random(this.round), args);
    this.servers.push(server);
    const problem = server.start();
    if (problem !== null) throw new Error(`does not start: ${problem} (${args.join(" ")})`);
    return server;
  }

  async run(): Promise<void> {
    this.fill();
    const data = this.digest(this.server);
    const told = [`the log`, `a log that was rewritten`, `a snapshot`];
    this.restart(data, told[0]);
    await this.showToReal(data);
    this.ask(["BGREWRITEAOF"]);
    this.settle();
    this.restart(data, told[1]);
    await this.showToReal(data);
    if (this.random.chance(0.3)) {
      this.ask(["DEBUG", this.random.pick(["RELOAD", "LOADAOF"])]);
      this.compare(data, "DEBUG RELOAD or LOADAOF");
    }
    this.ask([this.random.pick(["SAVE", "BGSAVE"])]);
    this.settle();
    this.server = this.start(this.server.disk.afterKill(), false);
    this.compare(data, told[2]);
  }

  /** Starts another server on what there is after a kill. */
  private restart(data: string, what: string): void {
    this.settle();
    const disk = this.server.disk.afterKill();
    this.server = this.start(disk, true);
    this.compare(data, what);
    const cut = [...disk.contents().keys()].filter((path) => path.includes(".cut-"));
    if (cut.length > 0) throw new Error(`${what} was cut: ${cut}`);
  }

  private compare(data: string, what: string): void {
    this.outcome.starts++;
    const found = this.digest(this.server);
    if (found !== data) throw new Error(`${what} holds other data: ${found} in place of ${data}`);
  }

  /** Carries commands out, of some clients in turns. */
  private fill(): void {
    const { random, server } = this;
    const clients = Array.from({ length: CLIENTS }, () => new SimClient(server));
    for (let count = 0; count < COMMANDS_PER_ROUND; ) {
      const client = random.pick(clients);
      const list = random.chance(0.01)
        ? planOf(random)
        : Array.from({ length: random.between(1, 3) }, () => commandOf(random, this.isNewer));
      const isUnit = list.length < 20 && random.chance(0.15);
      const all = isUnit ? [["MULTI"], ...list, ["EXEC"]] : list;
      for (const words of all) this.write(client, spelled(random, words));
      count += all.length;
      this.outcome.commands += all.length;
      server.turn(random.below(10));
    }
    this.settle();
    const broken = clients.find(({ replies }) =>
      replies.some((reply) => reply.startsWith("-ERR Protocol error")),
    );
    if (broken !== undefined) throw new Error(`a request was refused: ${broken.replies.at(-1)}`);
  }

  /** Sends bytes whole, or in pieces of some size. */
  private write(client: SimClient, bytes: Buffer): void {
    const { random } = this;
    const isCut = random.chance(0.2) && bytes.length < 10_000;
    const size = isCut ? random.between(1, 50) : bytes.length;
    for (let at = 0; at < bytes.length; at += size) client.write(bytes.subarray(at, at + size));
  }

  /** Lets turns pass until nothing is under way. */
  private settle(): void {
    const { appendLog, snapshots } = this.server.server;
    const isBusy = () =>
      appendLog.pendingSize > 0 || appendLog.isRewriting || snapshots.progress !== null;
    for (let i = 0; i < 3 || isBusy(); i++) {
      if (i > TURNS_MAX) throw new Error("something is under way that does not end");
      this.server.turn(20);
    }
    if (this.server.hasEnded) throw new Error("the server has ended");
    if (appendLog.lastRewriteFailed) throw new Error(`BGREWRITEAOF: ${this.lastLines()}`);
    if (snapshots.lastFailed) throw new Error(`a save: ${this.lastLines()}`);
  }

  private lastLines(): string {
    return this.server.lines.slice(-3).join("");
  }

  /** What a command replies, as its bytes. */
  private ask(words: readonly string[], server = this.server): string {
    const client = new SimClient(server);
    client.write(requestOf(words));
    for (let i = 0; client.replies.length === 0; i++) {
      if (i > TURNS_MAX) throw new Error(`${words.join(" ")} gets no reply`);
      server.turn(5);
    }
    const [reply] = client.replies;
    if (reply.startsWith("-")) throw new Error(`${words.join(" ")}: ${reply.slice(0, SHOWN)}`);
    return reply;
  }

  private digest(server: SimServer): string {
    return this.ask(["DEBUG", "DIGEST"], server).slice(1, -2);
  }

  /** The real server must load the log, if it knows all that is in it. */
  private async showToReal(data: string): Promise<void> {
    const files = this.server.disk.contents();
    const isKnown = !this.isNewer && ![...files.values()].some(isOwnSnapshot);
    if (!isKnown || redisBinary() === null || this.round % REAL_EVERY !== 0) return;
    const folder = mkdtempSync(join(tmpdir(), "rusk-log-"));
    try {
      for (const [path, bytes] of files) {
        if (!path.startsWith(FOLDER)) continue;
        mkdirSync(dirname(join(folder, path)), { recursive: true });
        writeFileSync(join(folder, path), bytes);
      }
      const args = ["--dir", folder, "--appendonly", "yes", "--enable-debug-command", "yes"];
      const real = await startRedis({ args });
      const client = await real.connect();
      const found = String(plain(await client.command("DEBUG", "DIGEST")));
      client.close();
      await real.stop();
      this.outcome.starts++;
      this.outcome.real++;
      if (found !== data) throw new Error(`the real server has other data: ${found}, not ${data}`);
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  }
}

const isOwnSnapshot = (bytes: Uint8Array) =>
  Buffer.from(bytes.subarray(0, 8)).toString("latin1") === "RUSKSNAP";
