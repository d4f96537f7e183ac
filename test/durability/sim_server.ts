/**
 * Purpose: the whole server in this process, on a simulated disk, with an event loop that is
 * stepped by hand and a clock of its own.
 */
import { NIL } from "../../src/arena/arena.ts";
import { Clock } from "../../src/base/clock.ts";
import { Log } from "../../src/base/log.ts";
import { commandTable } from "../../src/commands/all.ts";
import { digestOfValue } from "../../src/commands/server/debug_digest.ts";
import type { Database } from "../../src/keyspace/database.ts";
import { KeySlot } from "../../src/keyspace/observers.ts";
import type { FromDisk } from "../../src/persistence/disk/disk_messages.ts";
import { argsOf } from "../../src/protocol/args.ts";
import type { Host } from "../../src/runtime/host.ts";
import type { Socket } from "../../src/runtime/net.ts";
import type { Connection } from "../../src/server/connection.ts";
import { Server } from "../../src/server/server.ts";
import { applySettings } from "../../src/server/settings.ts";
import * as dict from "../../src/structures/dict.ts";
import type { EntryRef } from "../../src/structures/entry.ts";
import * as entry from "../../src/structures/entry.ts";
import { followThresholds } from "../../src/values/thresholds.ts";
import { replyEnd, requestOf, type Word } from "../client/resp.ts";
import { configOf, fakeHost } from "../config/fake_host.ts";
import type { Random } from "../fuzz/random.ts";
import type { SimDisk } from "./sim_disk.ts";
import { SimWorker } from "./sim_worker.ts";

/** Each reading of the fine clock takes so long: what works in slices is interrupted. */
const READING_MS = 0.2;
const LOADING_TURNS_MAX = 10_000;

/** Absolute paths begin so; relative ones are in the folder that `dir` names. */
const ROOT = "/";
/** What `dir` is at first: the folder of the disk that all are in. */
const HOME = "/home";

const ALLOWED = ["--enable-debug-command", "yes", "--enable-protected-configs", "yes"];

const inFolder = (folder: string, name: string) => (folder === "" ? name : `${folder}/${name}`);

/** Time goes on from one server to the next. */
export class Timeline {
  ms = 1_700_000_000_000;
}

/** The process has ended: by exit, or with the machine. */
export class Ended extends Error {}

interface Timer {
  dueMs: number;
  run: () => void;
}

/** A key's value, and when it expires, in Unix ms or Infinity. */
export interface KeyState {
  readonly digest: string;
  readonly expiryMs: number;
}

/** By key: all are in database 0. */
export type State = ReadonlyMap<string, KeyState>;

/** One end of a connection: commands go in, replies come out. */
export class SimClient {
  /** Replies that have come, each as its bytes. */
  readonly replies: string[] = [];
  /** Told of each reply, as it comes. */
  onReply: (reply: string) => void = () => {};
  /** It takes nothing of what it is sent. */
  isStuck = false;
  readonly connection: Connection;
  private input: Uint8Array = new Uint8Array(0);
  private output = Buffer.alloc(0);
  private readonly server: SimServer;

  constructor(server: SimServer) {
    this.server = server;
    const socket: Socket = {
      descriptor: -1,
      remote: "127.0.0.1:1",
      local: "127.0.0.1:1",
      read: (into, offset, size) => {
        const taken = this.input.subarray(0, size);
        into.set(taken, offset);
        this.input = this.input.subarray(taken.length);
        return taken.length;
      },
      write: (bytes, offset, size) => {
        if (this.isStuck) return 0;
        if (!server.hasEnded) this.take(bytes.subarray(offset, offset + size));
        return size;
      },
      pause: () => {},
      resume: () => {},
      end: () => {},
      destroy: () => {},
      keepAlive: () => {},
    };
    this.connection = server.server.accept(socket, null);
  }

  /** Whether a command waits: what is sent now is carried out after it. */
  get isWaiting(): boolean {
    return this.connection.client.blocked !== null;
  }

  /** Has the server run a command; its reply comes at the end of a turn. */
  send(words: readonly Word[]): void {
    this.write(requestOf(words));
  }

  /** Sends bytes, which need be no whole command. */
  write(bytes: Uint8Array): void {
    this.input = bytes;
    this.server.guard(() => {
      while (this.input.length > 0) this.connection.readable();
    });
  }

  /** Takes what it is sent again. */
  loosen(): void {
    this.isStuck = false;
    this.server.guard(() => this.connection.drain());
  }

  private take(bytes: Uint8Array): void {
    this.output = Buffer.concat([this.output, bytes]);
    for (;;) {
      const end = this.output.length === 0 ? -1 : replyEnd(this.output, 0);
      if (end < 0) return;
      const reply = this.output.toString("latin1", 0, end);
      this.output = this.output.subarray(end);
      this.replies.push(reply);
      this.onReply(reply);
    }
  }
}

export class SimServer {
  readonly server: Server;
  readonly disk: SimDisk;
  readonly time: Timeline;
  readonly lines: string[] = [];
  /** Told when a turn begins. */
  onTurn: () => void = () => {};
  /** The exit code, once it has ended by itself. */
  exitCode: number | null = null;
  private readonly configHost = fakeHost();
  private readonly random: Random;
  private timers: Timer[] = [];
  private ends: (() => void)[] = [];
  private syncs: (() => void)[] = [];
  /** The last one that was started: there is no more than one that has something to do. */
  private worker: SimWorker | null = null;
  private known: State = new Map();
  private readonly touched = new Set<string>();
  private isAllTouched = true;

  constructor(disk: SimDisk, time: Timeline, random: Random, args: readonly string[]) {
    this.disk = disk;
    this.time = time;
    this.random = random;
    disk.defer = (run) => void this.syncs.push(run);
    const clock = new Clock({
      wallMs: () => Math.floor(time.ms),
      wallUs: () => Math.floor(time.ms * 1000),
      monotonicMs: () => {
        time.ms += READING_MS;
        return time.ms;
      },
    });
    const config = configOf(this.configHost, "--save", "", ...ALLOWED, ...args);
    const log = new Log(
      disk.pid,
      () => time.ms,
      (line) => void this.lines.push(line),
    );
    this.server = new Server({
      clock,
      config,
      table: commandTable,
      host: this.host(),
      log,
      loop: {
        endOfTurn: (run) => void this.ends.push(run),
        later: (ms, run) => this.later(ms, run),
      },
      random: () => random.uint32() / 2 ** 32,
      leave: () => this.exit(0),
    });
    applySettings(this.server, log);
    this.watch();
  }

  /** The folder that relative paths are in. */
  private get folder(): string {
    return this.configHost.folder.slice(HOME.length + 1);
  }

  /** A path of the server's as the disk has it. */
  at(path: string): string {
    if (path.startsWith(ROOT)) return path.slice(ROOT.length);
    const { folder } = this;
    return path === "." ? folder || "." : inFolder(folder, path);
  }

  /** Of the system no more is there than what the server asks for here. */
  private host(): Host {
    const { disk } = this;
    const at = (path: string) => this.at(path);
    const host = {
      fileExists: (path: string) => disk.fileExists(at(path)),
      openInput: (path: string) => disk.openInput(at(path)),
      createFile: (path: string) => disk.createFile(at(path)),
      openAppend: (path: string, afresh: boolean) => disk.openAppend(at(path), afresh),
      renameFile: (from: string, to: string) => disk.renameFile(at(from), at(to)),
      linkFile: (from: string, to: string) => disk.linkFile(at(from), at(to)),
      removeFile: (path: string) => disk.removeFile(at(path)),
      makeFolder: (path: string) => disk.makeFolder(at(path)),
      listFolder: (path: string) => disk.listFolder(at(path)),
      syncFolder: (path: string) => disk.syncFolder(at(path)),
      reserveFile: (path: string) => ROOT + disk.reserveFile(at(path)),
      lockFile: () => ({ release: () => {} }),
      holdFolder: () => {
        const { folder } = this;
        return { within: (name: string) => ROOT + inFolder(folder, name), release: () => {} };
      },
      startDiskWorker: (told: (message: FromDisk) => void) => {
        this.worker = new SimWorker(disk, told);
        return this.worker;
      },
      pid: disk.pid,
      configFile: "",
      secretWords: this.random.words,
      residentSize: () => 0,
      recentResidentSize: () => 0,
      programSize: () => 0,
      heapSize: () => 0,
      valuesSize: () => 0,
      collectGarbage: () => {},
      collectGarbageLater: () => {},
      systemMemorySize: () => 0,
      cpuSeconds: () => ({ user: 0, system: 0 }),
      threadCpuSeconds: () => ({ user: 0, system: 0 }),
      os: "",
      executable: "",
      runtimeName: "",
      supervisor: { name: "no", status: () => {}, keepAlive: () => {} },
      isRunning: (pid: number) => pid === disk.pid,
      sleep: () => {},
      exit: (code: number) => this.exit(code),
    };
    return host as Partial<Host> as Host;
  }

  private exit(code: number): never {
    if (!this.disk.isStopped) this.exitCode = code;
    throw new Ended();
  }

  get hasEnded(): boolean {
    return this.exitCode !== null || this.disk.isStopped;
  }

  /** Loads what there is. What is wrong, or null; "" when it has ended instead. */
  start(): string | null {
    let outcome: string | null | undefined;
    this.guard(() => {
      this.tick();
      this.server.load((problem) => {
        outcome = problem;
      });
    });
    for (let i = 0; outcome === undefined && !this.hasEnded; i++) {
      if (i > LOADING_TURNS_MAX) throw new Error("loading does not end");
      this.turn();
    }
    if (outcome === undefined || this.hasEnded) return "";
    if (outcome === null) this.server.begin();
    return outcome;
  }

  private tick(): void {
    this.server.tick();
    this.later(1000 / this.server.config.number("hz"), () => this.tick());
  }

  private later(ms: number, run: () => void): () => void {
    const timer = { dueMs: this.time.ms + ms, run };
    this.timers.push(timer);
    return () => {
      this.timers = this.timers.filter((other) => other !== timer);
    };
  }

  /** Runs some of the server's code, until the process ends. */
  guard(run: () => void): void {
    if (this.hasEnded) return;
    try {
      run();
    } catch (error) {
      if (!this.hasEnded) throw error;
    }
  }

  /** The end of a turn of the event loop, and the timers of the next. */
  turn(ms = 0): void {
    this.time.ms += ms;
    this.onTurn();
    for (const run of this.ends.splice(0)) this.guard(run);
    for (const run of this.syncs.splice(0)) {
      if (this.random.chance(0.5)) this.guard(run);
      else this.syncs.push(run);
    }
    for (let i = this.random.below(4); i > 0; i--) this.guard(() => this.worker?.step());
    for (const timer of [...this.timers].sort((a, b) => a.dueMs - b.dueMs)) {
      if (timer.dueMs > this.time.ms || !this.timers.includes(timer)) continue;
      this.timers = this.timers.filter((other) => other !== timer);
      this.guard(timer.run);
    }
    for (const run of this.ends.splice(0)) this.guard(run);
  }

  /** What the databases hold. */
  get state(): State {
    if (this.isAllTouched) this.lookAtAll();
    else if (this.touched.size > 0) this.lookAtTouched();
    this.isAllTouched = false;
    this.touched.clear();
    return this.known;
  }

  private lookAtAll(): void {
    const state = new Map<string, KeyState>();
    for (const db of this.server.keyspace.databases) {
      if (db.size > 0) dict.each(db.keys, (e) => state.set(entry.keyText(e), stateOf(db, e)));
    }
    this.known = state;
  }

  private lookAtTouched(): void {
    const state = new Map(this.known);
    const db = this.server.keyspace.databases[0];
    for (const key of this.touched) {
      const args = argsOf([key]);
      const { bytes, view, start, size } = args;
      const e = dict.find(db.keys, bytes, view, start[0], size[0], db.hash(args, 0));
      if (e === NIL) state.delete(key);
      else state.set(key, stateOf(db, e));
    }
    this.known = state;
  }

  /** Notes which keys change, so that not all have to be looked at after each command. */
  private watch(): void {
    const { keyspace } = this.server;
    keyspace.observers.attach(KeySlot.others, {
      changing: (_db, e) => this.touched.add(entry.keyText(e)),
      replacing: () => {
        this.isAllTouched = true;
      },
      swapped: () => {},
    });
  }

  /** Gives the memory back: the arena is that of all servers of this process. */
  dispose(): void {
    const { keyspace } = this.server;
    this.timers = [];
    this.ends = [];
    keyspace.endWalk();
    keyspace.onReclaim = () => {};
    for (const db of keyspace.databases) keyspace.flush(db);
    while (keyspace.reclaimSlice());
    // They are the process's, and the next that runs in it has other directives.
    followThresholds(configOf(fakeHost()));
  }
}

const stateOf = (db: Database, e: EntryRef): KeyState => ({
  digest: digestOfValue(e),
  expiryMs: entry.hasTtl(e) ? db.expiryOf(e) : Infinity,
});
