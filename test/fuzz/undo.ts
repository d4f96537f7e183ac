/**
 * Purpose: what a script has done is taken back (src/keyspace/undo.ts). A server in this process
 * has data of all types; then random commands run as a script's would, with a snapshot in progress
 * or not, and are undone. After that the data, their times to expire and access clocks, the blocks
 * of the arena, what the log is told, who watches and who waits must be as if they had never run,
 * and so must be what the snapshot saves.
 */
import * as arena from "../../src/arena/arena.ts";
import { isShortage } from "../../src/arena/shortage.ts";
import type { Client } from "../../src/calls/client.ts";
import type { ChangeCursor } from "../../src/keyspace/change_feed.ts";
import { SnapshotLoader } from "../../src/persistence/snapshot/snapshot_loader.ts";
import { blocksTo, SnapshotSaver } from "../../src/persistence/snapshot/snapshot_saver.ts";
import { SnapshotWalk } from "../../src/persistence/walk/snapshot_walk.ts";
import { argsOf } from "../../src/protocol/args.ts";
import { Reply } from "../../src/protocol/reply.ts";
import * as dict from "../../src/structures/dict.ts";
import * as entry from "../../src/structures/entry.ts";
import * as frozen from "../../src/structures/frozen.ts";
import { thresholds } from "../../src/values/thresholds.ts";
import { World } from "../keyspace/worlds.ts";
import { contentsOf } from "../persistence/contents.ts";
import { InnerClient, InnerServer } from "../persistence/inner_server.ts";
import { Random } from "./random.ts";
import { grammar, LOW, lines, VERIFY } from "./shortage.ts";

/** Values from so few elements on are frozen by a walk. */
const SIZES = { elements: 8, bytes: 400, string: 4200 };
/** Blocks above this are huge: they are refused, while the reserve holds smaller ones. */
const HUGE_SIZE = arena.SEGMENT_SIZE + 100_000;
const SCRIPTS = 12;
const COMMANDS_MAX = 30;

const ALL_KEYS: readonly (readonly string[])[] = [
  ["FLUSHDB"],
  ["FLUSHALL"],
  ["SWAPDB", "0", "1"],
  ["SELECT", "0"],
  ["SELECT", "1"],
];

export interface UndoOptions {
  seed: number;
  /** Scripts in all. */
  cases: number;
  /** Run this sequence of the seed and no other. */
  sequence?: number;
}

/** Throws on the first thing that is wrong, with the seed and the sequence. */
export async function sweepUndo(options: UndoOptions): Promise<number> {
  const commands = await grammar();
  const asBefore = { ...thresholds };
  let cases = 0;
  const only = options.sequence;
  for (let index = only ?? 0; cases < options.cases; index++) {
    const source = lines(options.seed, index, commands);
    const rounds = new Rounds(options.seed, index, source);
    try {
      for (let i = 0; i < SCRIPTS; i++, cases++) rounds.script();
      rounds.end();
    } catch (error) {
      const { ran } = rounds;
      throw new Error(`seed ${options.seed} sequence ${index}: ${ran.join("\n")}`, {
        cause: error,
      });
    } finally {
      arena.failAt(Infinity);
      Object.assign(thresholds, asBefore);
    }
    if (only !== undefined) break;
  }
  return cases;
}

class Rounds {
  /** The commands of the script. */
  readonly ran: string[] = [];
  private readonly random: Random;
  private readonly inner: InnerServer;
  private readonly client: InnerClient;
  private readonly watcher: InnerClient;
  private readonly source: Iterator<readonly string[]>;
  private readonly blocksBefore = arena.figures().blockCount;
  private readonly told: ChangeCursor;
  private walk: SnapshotWalk | null = null;
  private isWalkOver = false;
  /** Null if it has failed. */
  private saver: SnapshotSaver | null = null;
  private readonly pieces: Buffer[] = [];
  private walkedMs = 0;
  private wanted = new Map<string, string>();

  constructor(seed: number, index: number, source: Iterator<readonly string[]>) {
    this.random = new Random(seed, index + 3_000_000);
    this.source = source;
    this.inner = new InnerServer(seed);
    const { server } = this.inner;
    if (this.random.chance(0.6)) Object.assign(thresholds, LOW);
    this.told = server.feed.attach({ told: () => {} });
    this.client = new InnerClient(server, () => {});
    this.watcher = new InnerClient(server, () => this.inner.endTurn());
  }

  private nextCommand(): readonly string[] {
    if (this.random.chance(0.02)) return this.random.pick(ALL_KEYS);
    const next = this.source.next();
    return next.done ? ["SET", "k", "v"] : next.value;
  }

  script(): void {
    for (let left = this.random.below(20); left > 0; left--) this.inner.run(...this.nextCommand());
    this.inner.run("SELECT", "0");
    this.inner.pass(this.random.below(50));
    while (this.inner.keyspace.reclaimSlice());
    this.told.taken();
    if (this.walk === null && this.random.chance(0.4)) this.beginWalk();
    this.stepWalk(this.random.below(6));
    const before = this.state();
    const { blockCount } = arena.figures();
    if (!this.runScript()) return;
    if (this.walk !== null) {
      this.expectSame(this.state(), before, "with a snapshot");
      if (this.isWalkOver || this.random.chance(0.7)) this.endWalk();
      return;
    }
    while (this.inner.keyspace.reclaimSlice());
    this.expectSame(this.state(), before, "after");
    const left = arena.figures().blockCount - blockCount;
    // The tree of a list or stream, and a table, may be of other blocks.
    if (left > 40) throw new Error(`${left} blocks more`);
    if (frozen.frozenCount() > 0) throw new Error("blocks stay frozen");
  }

  /** Whether it was undone. */
  private runScript(): boolean {
    const { server } = this.inner;
    const { undo } = server.scripts;
    const { client } = this.client.connection;
    const inner = new Reply();
    this.ran.length = 0;
    this.watcher.run("WATCH", "string:1", "list:1", "hash:1", "set:1", "zset:1", "stream:1");
    const isInTransaction = this.random.chance(0.5);
    server.feed.beginUnit();
    if (isInTransaction) server.feed.tellInstead(client.db, 1).bulkText("FIRST");
    const told = this.bytesTold();
    const isStrict = this.random.chance(0.5);
    const isShort = this.random.chance(0.3);
    undo.begin(isStrict, Infinity);
    if (isShort) arena.failAt(this.random.below(300), HUGE_SIZE);
    server.enter(client, inner);
    this.runCommands(client);
    server.leave(client);
    if (undo.problem !== null && !isShort) throw undo.problem;
    const isUndone = undo.canUndo && this.random.chance(0.9);
    if (!isUndone) {
      if (!undo.canUndo && !isShort) throw new Error("it cannot be undone");
      this.endScript();
      return false;
    }
    while (undo.undo(() => this.random.chance(0.5)));
    arena.failAt(Infinity);
    if (this.bytesTold() !== told) throw new Error(`the log was told ${this.bytesTold()}`);
    server.feed.endUnit();
    this.told.taken();
    client.db = this.inner.keyspace.databases[0];
    this.watcher.run("MULTI");
    if (this.watcher.run("EXEC") !== "*0\r\n") throw new Error("a watched key has changed");
    return true;
  }

  private runCommands(client: Client): void {
    const { server } = this.inner;
    for (let left = this.random.between(1, COMMANDS_MAX); left > 0; left--) {
      const words = this.nextCommand();
      this.ran.push(JSON.stringify(words.map((word) => word.slice(0, 60))));
      server.execute(client, argsOf([...words]));
      if (this.random.chance(0.2)) this.stepWalk(1);
      if (this.random.chance(0.1)) this.inner.keyspace.reclaimSlice();
      if (this.random.chance(0.05)) server.clock.tick();
    }
  }

  /** What the script has done stays as it is. */
  private endScript(): void {
    const { server } = this.inner;
    arena.failAt(Infinity);
    const before = this.state();
    server.scripts.undo.end();
    this.expectSame(this.state(), before, "that stays");
    server.feed.endUnit();
    this.told.taken();
    this.client.connection.client.db = this.inner.keyspace.databases[0];
    this.watcher.run("UNWATCH");
  }

  private bytesTold(): string {
    const parts: Uint8Array[] = [];
    this.told.show((bytes, offset, size) => {
      parts.push(bytes.slice(offset, offset + size));
      return false;
    });
    return Buffer.concat(parts).toString("latin1");
  }

  /** All that must be as it was. */
  private state(): Map<string, string> {
    const { keyspace } = this.inner;
    const all = contentsOf(keyspace.databases);
    for (const db of keyspace.databases) {
      dict.verify(db.keys);
      db.expires.verify();
      db.fieldExpires.verify();
      dict.each(db.keys, (e) => {
        VERIFY[entry.type(e)](e);
        all.set(`clock ${db.id} ${entry.keyText(e)}`, String(entry.clock(e)));
      });
    }
    all.set("changes", String(keyspace.dirty));
    all.set("expired", `${keyspace.stats.expired} ${keyspace.stats.expiredFields}`);
    all.set("ready", String(keyspace.waits.readyCount));
    return all;
  }

  private beginWalk(): void {
    const { keyspace, nowMs } = this.inner;
    this.walkedMs = nowMs;
    this.wanted = contentsOf(keyspace.databases);
    this.pieces.length = 0;
    const saver = new SnapshotSaver(
      blocksTo((bytes) => this.pieces.push(Buffer.from(bytes)), false),
      "lru",
    );
    saver.begin([]);
    this.saver = saver;
    this.walk = new SnapshotWalk(
      keyspace,
      (db, id, e) => {
        saver.select(id);
        saver.entry(db, keyspace, e);
      },
      saver,
      (error) => {
        if (!isShortage(error)) throw error;
        this.saver = null;
        this.walk?.abandon();
      },
      SIZES,
    );
  }

  /** What has been saved, loaded by another. */
  private savedContents(saver: SnapshotSaver): Map<string, string> {
    saver.end();
    const bytes = Buffer.concat(this.pieces);
    const world = new World(1, this.inner.keyspace.databases.length);
    world.pass(this.walkedMs - world.wallMs);
    let at = 0;
    const read = (into: Uint8Array, offset: number, size: number) => {
      const piece = bytes.subarray(at, at + size);
      into.set(piece, offset);
      at += piece.length;
      return piece.length;
    };
    const loader = new SnapshotLoader({ size: bytes.length, read }, world.keyspace);
    while (loader.step(10));
    const contents = contentsOf(world.keyspace.databases);
    world.end();
    for (const { keys } of world.keyspace.databases) dict.release(keys);
    return contents;
  }

  private stepWalk(count: number): void {
    for (let left = count; left > 0 && this.walk !== null && !this.isWalkOver; left--) {
      this.isWalkOver = !this.walk.step();
    }
  }

  private endWalk(): void {
    while (this.walk !== null && !this.isWalkOver) this.stepWalk(1);
    if (this.walk !== null && this.saver !== null) {
      this.expectSame(this.savedContents(this.saver), this.wanted, "of the snapshot");
    }
    this.walk = null;
    this.isWalkOver = false;
  }

  private expectSame(
    found: ReadonlyMap<string, string>,
    wanted: ReadonlyMap<string, string>,
    what: string,
  ): void {
    for (const name of new Set([...found.keys(), ...wanted.keys()])) {
      const [is, was] = [found.get(name) ?? "none", wanted.get(name) ?? "none"];
      if (is === was) continue;
      const shown = (text: string) => JSON.stringify(text.slice(0, 400));
      throw new Error(`${what}: ${name} is ${shown(is)}, not ${shown(was)}`);
    }
  }

  end(): void {
    this.endWalk();
    const { keyspace } = this.inner;
    for (const db of keyspace.databases) keyspace.flush(db);
    while (keyspace.reclaimSlice());
    for (const { keys } of keyspace.databases) dict.release(keys);
    arena.verify();
    if (arena.figures().blockCount !== this.blocksBefore) throw new Error("blocks are lost");
  }
}
