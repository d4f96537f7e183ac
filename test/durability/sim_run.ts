/**
 * Purpose: one run of a script against a server on a simulated disk, with at most one fault, and
 * what a server that is started on what is left has to hold.
 *
 * The data after each command make a history. What is found later must be one of its states (so no
 * transaction is half there, and nothing is missing in between), and not one before the last change
 * of which anybody was told, whoever made it, as far as the settings promise that, or that WAITAOF
 * told to be on the disk.
 */

import { findKeysBySpecs } from "../../src/calls/key_specs.ts";
import { commandTable } from "../../src/commands/all.ts";
import { Random } from "../fuzz/random.ts";
import { type Fault, SimDisk } from "./sim_disk.ts";
import { CLIENT_COUNT, type Step } from "./sim_script.ts";
import { SimClient, SimServer, type State, Timeline } from "./sim_server.ts";

export type Policy = "always" | "everysec" | "no";

/** Under everysec nothing older is lost: a second, and the time that a sync takes here. */
const EVERYSEC_LOSS_MS_MAX = 4000;
/** Enough for a rewriting of the log to end. */
const GOING_ON_TURNS = 20;
/** A disk that is full has room again after so many turns. */
const FULL_TURNS = 12;
/** What WAITAOF replies when all is on the disk. */
const SYNCED = "*2\r\n:1\r\n:0\r\n";
/** Refusals that need no fault. */
const USUAL = new RegExp(
  "^([+]QUEUED|-ERR (Another child process|Background .* already in progress|WAITAOF cannot|" +
    "There is no append only file to load|No shutdown in progress))",
);

/** Commands whose replies show something of all keys. */
const ABOUT_ALL = new Set(["DBSIZE", "KEYS", "SCAN", "RANDOMKEY"]);

/** A command without its reply, and the moment after it. */
interface Awaited {
  readonly at: number;
  readonly name: string;
  readonly words: readonly string[];
}

function keysOf(words: readonly string[]): string[] {
  const command = commandTable.resolve(words.length, (i) => words[i]);
  const found = findKeysBySpecs(command?.entry.keys ?? [], words.length, (i) => words[i]) ?? [];
  return found.map(({ index }) => words[index]);
}

/** What may write a snapshot of the data as they are. */
const SAVING = /^(SAVE|BGSAVE|DEBUG RELOAD|SHUTDOWN|EXEC)/;

/** The data at some moment of the history. */
interface Moment {
  readonly state: State;
  readonly timeMs: number;
}

/** Something came about at one of these moments. */
interface Span {
  readonly from: number;
  readonly to: number;
}

const START: Span = { from: 0, to: 0 };

export class SimRun {
  policy: Policy;
  readonly seed: number;
  readonly time = new Timeline();
  readonly disk = new SimDisk();
  readonly history: Moment[];
  /** The last moment of which a client was told, by whatever reply, */
  confirmed = 0;
  /** the last of which all is with the system, written, */
  written = 0;
  /** and the last that WAITAOF has told to be on the disk. */
  synced = 0;
  /**
   * Where the log was turned on, and has no base yet; what is on the disk then is `offAt`, or
   * `offCutAt` after a power cut: a disk that does not take what was told has less.
   */
  waitingSince: number | null = null;
  offAt: Span = START;
  offCutAt: Span = START;
  isLogged = true;
  /** When the last snapshot that is whole was made, */
  private snapshotAt: Span = START;
  /** the one that is written in the background, and those that were tried since. */
  private backgroundAt: Span = START;
  private tried: Span[] = [];
  /** Where the log is, below the folder that all is in. */
  private home = "";
  private hasMoved = false;
  hadFault = false;
  /** Nothing can be said any more of what there must be. */
  private isVoid = false;
  server!: SimServer;
  /** What went wrong that is not the disk's fault. */
  readonly faults: string[] = [];
  private clients: SimClient[] = [];
  /** What each client is to send once it no longer waits. */
  private queues: (readonly string[])[][] = [];
  /** When bases were begun that are written while the log is off, since one came about. */
  private asides: Span[] = [];
  /** `confirmed` before the command that runs. */
  private confirmedBefore = 0;
  private rewriteCount = 0;
  /** The end of the process was asked for. */
  private isEndAsked = false;
  private saveCount = 0;
  private saving: unknown = null;
  private rewriting: unknown = null;
  private fullTurns = 0;
  private expired = 0;

  /** `isLogged`: it is started with the log. */
  constructor(seed: number, policy: Policy, fault: Fault | null, isLogged = true) {
    this.isLogged = isLogged;
    this.seed = seed;
    this.policy = policy;
    this.disk.fault = fault;
    this.disk.addFolder("other");
    this.history = [{ state: new Map(), timeMs: this.time.ms }];
  }

  get last(): number {
    return this.history.length - 1;
  }

  /** Carries a script out, as far as the fault lets it. */
  play(script: readonly Step[]): void {
    this.start();
    for (const step of script) {
      if (this.server.hasEnded && !this.restarts(step)) break;
      this.step(step);
    }
    this.hadFault = this.disk.operations.length >= (this.disk.fault?.at ?? Infinity);
    const { exitCode } = this.server;
    if (exitCode === null || this.hadFault || (exitCode === 0 && this.isEndAsked)) return;
    this.faults.push(`ends by itself, with ${exitCode}\n${this.server.lines.join("")}`);
  }

  private restarts(step: Step): boolean {
    return step.kind === "start" && this.server.exitCode === 0;
  }

  private start(): void {
    this.server = new SimServer(this.disk, this.time, new Random(this.seed, 3), this.args());
    const problem = this.server.start();
    this.isEndAsked = false;
    if (problem !== null && !this.server.hasEnded) {
      // As main does it.
      this.server.exitCode = 1;
      if (this.disk.fault === null) this.faults.push(`does not start: ${problem}`);
    }
    this.saveCount = 0;
    this.rewriteCount = 0;
    this.saving = null;
    this.rewriting = null;
    this.expired = this.server.server.keyspace.stats.expired;
    this.clients = Array.from({ length: CLIENT_COUNT }, () => new SimClient(this.server));
    this.queues = this.clients.map(() => []);
  }

  private args(): string[] {
    const log = ["--appendonly", this.isLogged ? "yes" : "no", "--appendfsync", this.policy];
    return [...log, "--hz", "10", "--busy-reply-threshold", "1"];
  }

  private step(step: Step): void {
    if (step.kind === "start") {
      this.server.dispose();
      this.start();
    } else if (step.kind === "signal") {
      this.isEndAsked = true;
      this.server.guard(() => this.server.server.signal(step.name));
    } else {
      for (const client of this.queues.keys()) this.sendQueued(client);
      for (const { client, words } of step.commands) {
        this.queues[client].push(words);
        this.sendQueued(client);
      }
      this.turn(step.ms);
    }
  }

  /** A command is sent when it is carried out at once, so that the data after it are known. */
  private sendQueued(index: number): void {
    const client = this.clients[index];
    const queue = this.queues[index];
    while (queue.length > 0 && !client.isWaiting) this.command(client, queue.shift() ?? []);
  }

  private command(client: SimClient, words: readonly string[]): void {
    if (this.server.hasEnded) return;
    const name = words.join(" ").toUpperCase();
    if (name.startsWith("SHUTDOWN")) this.isEndAsked = true;
    if (name.startsWith("CONFIG SET DIR")) this.hasMoved = true;
    // Nothing more is promised from now on.
    if (name === "CONFIG SET APPENDFSYNC NO") this.policy = "no";
    const before = this.last;
    this.confirmedBefore = this.confirmed;
    this.awaited(client).push({ at: this.last + 1, name, words });
    if (SAVING.test(name)) this.tried.push({ from: before, to: before });
    client.send(words);
    // What a script has done in its middle is nothing that anybody may find.
    while (this.isSuspended && !this.server.hasEnded) this.server.turn(1);
    if (this.isSuspended) return;
    this.note();
    // With save points it is saved what there is then.
    if (name === "FLUSHALL") this.tried.push({ from: this.last, to: this.last });
    this.follow({ from: before, to: this.last }, true);
  }

  private get isSuspended(): boolean {
    return this.server.server.scripts.isSuspended;
  }

  /** Commands of a client whose replies have not come. */
  private awaited(client: SimClient): Awaited[] {
    let list = this.waiting.get(client);
    if (list === undefined) {
      list = [];
      this.waiting.set(client, list);
      const own = list;
      let changedAt = 0;
      // To load all is no change.
      client.onReply = (reply) => {
        const { at, name, words } = own.shift() as Awaited;
        if (/^(-|\+QUEUED)/.test(reply)) this.refused(name, reply);
        else if (name.startsWith("WAITAOF")) {
          if (reply === SYNCED) this.synced = Math.max(this.synced, changedAt);
        } else if (!name.startsWith("DEBUG")) {
          this.confirmed = Math.max(this.confirmed, this.shownBy(words, at));
          if (this.hasChanged(at)) changedAt = at;
        }
      };
    }
    return list;
  }

  private hasChanged(at: number): boolean {
    return this.history[at].state !== this.history[at - 1].state;
  }

  /** The last moment that a reply tells of: that of the command, or of the keys that it shows. */
  private shownBy(words: readonly string[], at: number): number {
    if (this.hasChanged(at)) return at;
    const isOfAll = ABOUT_ALL.has(words[0]);
    const keys = isOfAll ? [] : keysOf(words);
    let last = at;
    while (last > 0 && !(isOfAll ? this.hasChanged(last) : this.haveChanged(keys, last))) last--;
    return last;
  }

  /** Whether one of these keys has changed at a moment. */
  private haveChanged(keys: readonly string[], at: number): boolean {
    if (!this.hasChanged(at)) return false;
    const { state } = this.history[at];
    const before = this.history[at - 1].state;
    return keys.some((key) => {
      const now = state.get(key);
      const then = before.get(key);
      return now?.digest !== then?.digest || now?.expiryMs !== then?.expiryMs;
    });
  }

  private readonly waiting = new Map<SimClient, Awaited[]>();

  private refused(name: string, reply: string): void {
    // What could not be loaded is not there, and the log does not know.
    if (name.startsWith("DEBUG") && !USUAL.test(reply)) this.isVoid = true;
    const isForBase = name.startsWith("SHUTDOWN") && this.waitingSince !== null;
    const isUsual = USUAL.test(reply) || isForBase;
    if (this.disk.fault === null && !isUsual) {
      this.faults.push(`${name} is refused: ${reply.trim()}`);
    }
  }

  private turn(ms: number): void {
    const from = this.last;
    const finalSaves = this.finalSaves;
    this.server.turn(ms);
    if (this.disk.isFull && ++this.fullTurns === FULL_TURNS) this.disk.isFull = false;
    const { stats } = this.server.server.keyspace;
    if (stats.expired !== this.expired) this.note();
    this.expired = stats.expired;
    this.follow({ from, to: this.last }, false);
    // A shutdown that a signal has asked for may have saved, though it said that it could not.
    const isOver = this.isEndAsked && this.server.hasEnded;
    if (isOver || this.finalSaves > finalSaves) this.tried.push({ from, to: this.last });
    const { appendLog } = this.server.server;
    const isWritten = appendLog.problem === null && appendLog.pendingSize === 0;
    if (isWritten && !this.server.hasEnded) this.written = this.last;
  }

  /** How often a shutdown has begun to save. */
  private get finalSaves(): number {
    return this.server.lines.filter((line) => line.includes("Saving the final")).length;
  }

  private note(): void {
    this.history.push({ state: this.server.state, timeMs: this.time.ms });
  }

  /** The log is turned off. What it has of what was told depends on the disk, if that is faulty. */
  private noteOff(): void {
    const { last, confirmedBefore } = this;
    const isFaulty = this.disk.operations.length >= (this.disk.fault?.at ?? Infinity);
    const cutFrom = this.policy === "always" ? confirmedBefore : 0;
    this.offAt = { from: isFaulty ? Math.min(this.written, confirmedBefore) : last, to: last };
    this.offCutAt = { from: isFaulty ? cutFrom : last, to: last };
    this.asides = [];
  }

  /** Notes whether the log is on, and what was begun or is whole since the last look: `when`. */
  private follow(when: Span, isCommand: boolean): void {
    if (this.server.hasEnded) return;
    const { config, appendLog, snapshots, progress } = this.server.server;
    const isLogged = config.flag("appendonly");
    // Of a log that had no base yet nothing stays.
    if (this.isLogged && !isLogged && this.waitingSince === null) this.noteOff();
    if (!isLogged && appendLog.rewriteCount !== this.rewriteCount) {
      this.offAt = this.asides.at(-1) ?? START;
      this.offCutAt = this.offAt;
      this.asides = [];
    }
    this.rewriteCount = appendLog.rewriteCount;
    const isBegun = progress.rewriting !== null && progress.rewriting !== this.rewriting;
    if (isBegun && !isLogged) this.asides.push(when);
    this.rewriting = progress.rewriting;
    if (!this.isLogged && isLogged) this.waitingSince = this.last;
    if (!isLogged || !appendLog.isWaiting) this.waitingSince = null;
    this.isLogged = isLogged;
    this.home = this.server.at(appendLog.folder).replace(/\/?appendonlydir$/, "");
    if (snapshots.saveCount !== this.saveCount) {
      this.snapshotAt = isCommand ? when : this.backgroundAt;
      if (!isCommand) this.tried = [];
    }
    this.saveCount = snapshots.saveCount;
    if (progress.saving !== this.saving && progress.saving !== null) {
      // One that failed at its very end may have put its file in place.
      this.tried.push(this.backgroundAt);
      this.backgroundAt = when;
    }
    this.saving = progress.saving;
  }

  /**
   * Starts a server on what is left after a power cut, or after the process was killed; what is
   * wrong with it, or null. `again`: the first such server meets a fault at this operation.
   */
  recover(cutsPower: boolean, again: Fault | null): string | null {
    const random = new Random(this.seed, this.disk.operations.length + 7);
    let disk = this.leftOf(this.disk, cutsPower, random);
    this.server.dispose();
    if (again !== null) {
      disk.fault = again;
      const first = this.starter(disk, this.isLogged);
      first.start();
      first.dispose();
      disk = this.leftOf(disk, cutsPower, random);
    }
    if (this.isVoid) return null;
    const problem = this.checkLog(disk, cutsPower);
    // In which folder the last snapshot is was not noted.
    return problem === null && !this.hasMoved ? this.checkSnapshot(disk) : problem;
  }

  private leftOf(disk: SimDisk, cutsPower: boolean, random: Random): SimDisk {
    const left = cutsPower ? disk.afterPowerCut(random) : disk.afterKill();
    left.pid = disk.pid + 1;
    return left;
  }

  private starter(disk: SimDisk, isLogged: boolean): SimServer {
    const log = isLogged ? [...this.args(), "--appendonly", "yes"] : ["--appendonly", "no"];
    const args = isLogged && this.home !== "" ? [...log, "--dir", this.home] : log;
    return new SimServer(disk, this.time, new Random(this.seed, 4), args);
  }

  private checkLog(disk: SimDisk, cutsPower: boolean): string | null {
    let server = this.starter(disk, this.isLogged);
    try {
      let problem = server.start();
      if (problem !== null && cutsPower && emptiedZeros(disk)) {
        server.dispose();
        server = this.starter(disk, this.isLogged);
        problem = server.start();
      }
      if (problem !== null) return `does not start: ${problem}\n${server.lines.join("")}`;
      if (!this.isLogged && this.hasMoved) return null;
      const first = this.isLogged ? this.allowed(cutsPower) : null;
      const difference = this.compare(server.state, first, cutsPower);
      if (difference !== null || !this.isLogged) return difference;
      return this.goesOn(server);
    } finally {
      server.dispose();
    }
  }

  /** What is started goes on where the other has ended, and clears up; what is wrong, or null. */
  private goesOn(server: SimServer): string | null {
    const client = new SimClient(server);
    const commands = [["INCR", "probe"], ["BGREWRITEAOF"], ["INCR", "probe"]];
    for (const words of commands) {
      client.send(words);
      for (let i = 0; i < GOING_ON_TURNS; i++) server.turn(20);
    }
    const replies = client.replies.join("");
    const started = "+Background append only file rewriting started\r\n";
    if (replies !== `:1\r\n${started}:2\r\n`) return `replies after the start: ${replies}`;
    const stray = this.hasMoved ? [] : strayFiles(server.disk);
    if (stray.length > 0) return `left behind: ${stray.join(", ")}`;
    const { state } = server;
    const next = this.starter(server.disk.afterKill(), true);
    try {
      const problem = next.start();
      if (problem !== null) return `does not start again: ${problem}\n${next.lines.join("")}`;
      const found = textOf(next.state, this.time.ms);
      // Time has passed: keys may have expired meanwhile.
      return found === textOf(state, this.time.ms)
        ? null
        : `holds other data when it is started again: ${found}`;
    } finally {
      next.dispose();
    }
  }

  /** A server without the log finds one snapshot or the other. */
  private checkSnapshot(disk: SimDisk): string | null {
    const server = this.starter(disk, false);
    try {
      const problem = server.start();
      if (problem !== null) return `does not load its snapshot: ${problem}`;
      const temporary = disk.listFolder(".").filter((name) => !/^dump\.rdb(\.found)?$/.test(name));
      if (temporary.length > 0) return `left behind: ${temporary}`;
      return this.compare(server.state, null, false);
    } finally {
      server.dispose();
    }
  }

  /** The first moment that may be found in the log. */
  private allowed(cutsPower: boolean): number {
    if (this.waitingSince !== null && this.hadFault) return this.waitingSince;
    return Math.max(this.synced, this.promised(cutsPower));
  }

  /** The first that `appendfsync` promises. */
  private promised(cutsPower: boolean): number {
    const { policy } = this;
    if (!cutsPower) return Math.min(this.confirmed, this.hadFault ? this.written : Infinity);
    if (policy === "always") return this.confirmed;
    if (policy === "no" || this.hadFault) return 0;
    const limitMs = this.time.ms - EVERYSEC_LOSS_MS_MAX;
    const found = this.history.findLastIndex(({ timeMs }) => timeMs < limitMs);
    return Math.min(this.confirmed, Math.max(found, 0));
  }

  /** `first`: the first moment allowed of the log's; null: it is a snapshot. */
  private compare(found: State, first: number | null, cutsPower: boolean): string | null {
    const moments: number[] = [];
    const pushAll = ({ from, to }: Span) => {
      for (let at = from; at <= to; at++) moments.push(at);
    };
    if (first === null) {
      pushAll(this.snapshotAt);
      pushAll(this.backgroundAt);
      this.tried.forEach(pushAll);
    } else {
      for (let at = this.last; at >= first; at--) moments.push(at);
      if (this.waitingSince !== null) {
        pushAll(cutsPower ? this.offCutAt : this.offAt);
        this.asides.forEach(pushAll);
        // Where the log was turned on in another folder, there is none of an earlier time.
        if (this.hasMoved) pushAll(START);
      }
    }
    const nowMs = this.time.ms;
    const text = textOf(found, nowMs);
    for (const at of moments) if (textOf(this.history[at].state, nowMs) === text) return null;
    const was = this.history.findLastIndex(({ state }) => textOf(state, nowMs) === text);
    const range = first === null ? `of the moments ${moments}` : `from ${first} to ${this.last}`;
    const source = first === null ? "the snapshot" : "the log";
    const nearest = was >= 0 ? `those of ${was}` : `others: ${this.difference(found)}`;
    return `${source} must hold the data ${range}, and holds ${nearest}`;
  }

  /** How what is found differs from the moment that it differs least from. */
  private difference(found: State): string {
    const linesOf = (state: State) => new Set(textOf(state, this.time.ms).split("; "));
    const there = linesOf(found);
    const all = this.history.map(({ state }, at) => {
      const wanted = linesOf(state);
      const missing = [...wanted].filter((line) => !there.has(line));
      const added = [...there].filter((line) => !wanted.has(line));
      return { at, missing, added };
    });
    const size = ({ missing, added }: (typeof all)[0]) => missing.length + added.length;
    const { at, missing, added } = all.sort((a, b) => size(a) - size(b))[0];
    return `${at} without ${missing.join("; ")} but with ${added.join("; ")}`;
  }
}

/** The data without what has expired by then. */
function textOf(state: State, nowMs: number): string {
  const lines: string[] = [];
  for (const [name, { digest, expiryMs }] of state) {
    if (expiryMs > nowMs) lines.push(`${name} ${digest.slice(0, 12)} ${expiryMs}`);
  }
  return lines.sort().join("; ");
}

/**
 * A start refuses a file of nothing but zeros, since it cannot know whether that was all there ever
 * was. After a power cut the last increment, of which nothing was synced, may be one; it is emptied
 * here, as by `rusk check-aof --fix`. Whether there was one.
 */
function emptiedZeros(disk: SimDisk): boolean {
  const increments = [...disk.contents()].filter(([path]) => path.endsWith(".incr.aof"));
  const zeros = increments.filter(([, bytes]) => bytes.length > 0 && bytes.every((b) => b === 0));
  for (const [path] of zeros) disk.put(path, new Uint8Array(0));
  return zeros.length > 0;
}

/**
 * What a start has cut off a log, or a save was to replace, is kept; and a base that no manifest
 * names where there is none, as it may be all that is left of a log.
 */
const KEPT =
  /\.cut-\d+\+*$|\.found\/|\.aof\.1\..+\.found(\.\d+)?$|\/appendonly\.aof\.1\.base\.aof$/;

/** Files that nobody will ever need. */
export function strayFiles(disk: SimDisk): string[] {
  const files = disk.contents();
  const manifest = files.get("appendonlydir/appendonly.aof.manifest");
  const named = manifest === undefined ? "" : new TextDecoder().decode(manifest);
  return [...files.keys()].filter((path) => {
    if (path === "dump.rdb" || path.endsWith(".manifest") || KEPT.test(path)) return false;
    return !named.includes(` ${path.slice(path.lastIndexOf("/") + 1)} `);
  });
}
