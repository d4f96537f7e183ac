/**
 * Purpose: the real Redis and Rusk side by side, both with an append-only log: each command goes to
 * both, and what both have then told their logs is compared.
 */
import { parseReply, type Reply } from "../client/resp.ts";
import { startRedis, startServer } from "../client/server.ts";
import type { Wire } from "../client/wire.ts";
import { SERVER_ARGS, Subject } from "../fuzz/subject.ts";
import { bytesOf, isSame, LogTail, namesPopped, print, type Told } from "./log_tail.ts";

/** Logs that begin with commands, and that only a test rewrites. */
export const LOG_ARGS = [
  ...SERVER_ARGS,
  ...["--appendonly", "yes", "--aof-use-rdb-preamble", "no"],
  ...["--auto-aof-rewrite-percentage", "0", "--appendfsync", "no"],
];

const REPLY_LIMIT_MS = 20_000;
/** A command that may wait does so if it has no reply after this. */
const WAIT_MS = 40;
/** Times that the logs are looked at before they differ: what is told after a reply comes late. */
const LOOKS = 1000;
const LOOK_MS = 15;

interface Pair {
  readonly real: Wire;
  readonly tested: Wire;
  isWaiting: boolean;
}

interface Side {
  readonly subject: Subject;
  readonly tail: LogTail;
}

export class Twins {
  readonly real: Side;
  readonly tested: Side;
  /** Commands that the real server has told. */
  toldCount = 0;
  /** Words among which are the keys whose time is over, and which may go at any moment. */
  readonly over = new Set<string>();
  private readonly pairs = new Map<number, Pair>();
  /** The last replies, of the real server and of the other. */
  private replies: Reply[] = [];

  private constructor(real: Side, tested: Side) {
    this.real = real;
    this.tested = tested;
  }

  static async start(args: readonly string[] = []): Promise<Twins> {
    const all = [...LOG_ARGS, ...args];
    const side = (subject: Subject) => ({ subject, tail: new LogTail(subject.server) });
    const real = side(await Subject.start("redis", () => startRedis({ args: all })));
    const tested = side(await Subject.start("rusk", () => startServer({ args: all })));
    return new Twins(real, tested);
  }

  /** Empties both, closes all connections, and passes over what was told until now. */
  async reset(): Promise<void> {
    for (const { real, tested } of this.pairs.values()) {
      real.close();
      tested.close();
    }
    this.pairs.clear();
    this.over.clear();
    await this.real.subject.reset();
    await this.tested.subject.reset();
    await this.differences([]);
  }

  /** Whether the connection's last command still waits: it can send no other then. */
  isWaiting(connection: number): boolean {
    return this.pairs.get(connection)?.isWaiting === true;
  }

  /** Sends a command to both; waits for the replies, unless it `mayWait` and does so. */
  async send(connection: number, args: readonly string[], mayWait = false): Promise<void> {
    const pair = await this.pair(connection);
    const bytes = bytesOf(args);
    pair.real.write(bytes);
    pair.tested.write(bytes);
    const wires = [pair.real, pair.tested];
    const replies = Promise.all(wires.map((wire) => wire.replies(1, REPLY_LIMIT_MS)));
    if (mayWait) {
      pair.isWaiting = true;
      const over = replies.then(() => false).catch(() => false);
      over.then(() => {
        pair.isWaiting = false;
      });
      if (await Promise.race([over, Bun.sleep(WAIT_MS).then(() => true)])) return;
    }
    this.replies = (await replies).map(([reply]) => parseReply(reply).reply);
  }

  /** What both told since the last call, as texts, if it is not the same; else nothing. */
  async differences(args: readonly string[]): Promise<string[]> {
    const pops = /^(spop|exec)$/i.test(args[0] ?? "");
    const real: Told[] = [];
    const tested: Told[] = [];
    for (let look = 0; look < LOOKS; look++) {
      real.push(...this.real.tail.next());
      tested.push(...this.tested.tail.next());
      if (isSame(real, tested, pops, this.over)) break;
      await Bun.sleep(LOOK_MS);
    }
    this.toldCount += real.length;
    const [ofReal, ofTested] = this.replies;
    const isPop = /^spop$/i.test(args[0] ?? "");
    const isNamed = !isPop || (namesPopped(real, ofReal) && namesPopped(tested, ofTested));
    if (isSame(real, tested, pops, this.over) && isNamed) return [];
    return [args.join(" "), ...print(real, "redis"), ...print(tested, "rusk")];
  }

  async stop(): Promise<void> {
    await this.real.subject.stop();
    await this.tested.subject.stop();
  }

  private async pair(connection: number): Promise<Pair> {
    const known = this.pairs.get(connection);
    if (known !== undefined) return known;
    const [real, tested] = [await this.real.subject.connect(), await this.tested.subject.connect()];
    const pair = { real, tested, isWaiting: false };
    this.pairs.set(connection, pair);
    return pair;
  }
}
