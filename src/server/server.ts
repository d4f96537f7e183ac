/** The running server: its parts, and what they need of each other. */
import { isShortage } from "../arena/shortage.ts";
import type { Clock } from "../base/clock.ts";
import {
  INPUT_BUFFER_SIZE,
  OUTPUT_MEMORY_PART,
  REPLY_PIECE_SIZE,
  SLICE_MS,
} from "../base/limits.ts";
import type { Log, LogLevel } from "../base/log.ts";
import type { Call, CallServer, Wait } from "../calls/call.ts";
import { type Client, Gate } from "../calls/client.ts";
import { clientLine } from "../calls/client_line.ts";
import { DEFAULT_DEBUG_SETTINGS, type DebugSettings } from "../calls/debug_settings.ts";
import type { Durability, LoadingProgress, ShutdownOptions } from "../calls/durability.ts";
import { usedMemory } from "../calls/memory_use.ts";
import { Targets } from "../calls/migrate_target.ts";
import type { ServerControl } from "../calls/server_control.ts";
import type { CommandTable } from "../calls/table.ts";
import type { Config } from "../config/config.ts";
import { BlockedClients } from "../dispatch/blocked_clients.ts";
import { Dispatcher } from "../dispatch/dispatcher.ts";
import { ServerGate } from "../dispatch/gates.ts";
import { Replay } from "../dispatch/replay.ts";
import { guardReply } from "../dispatch/reply_guard.ts";
import { AppendOnly } from "../durability/append_only.ts";
import { Loading, type Steps } from "../durability/loading.ts";
import { Progress } from "../durability/progress.ts";
import { Shutdown } from "../durability/shutdown.ts";
import { Snapshots } from "../durability/snapshots.ts";
import { ActiveExpiry } from "../keyspace/active_expiry.ts";
import { ChangeFeed } from "../keyspace/change_feed.ts";
import { Keyspace } from "../keyspace/keyspace.ts";
import type { Args } from "../protocol/args.ts";
import { Reply } from "../protocol/reply.ts";
import { PADDING, RequestParser } from "../protocol/request.ts";
import type { Host, HostFacts } from "../runtime/host.ts";
import type { EventLoop, Socket } from "../runtime/net.ts";
import { Backlog } from "./backlog.ts";
import { clientFeatures } from "./client_features.ts";
import { ClientPause } from "./client_pause.ts";
import { ClientRegistry } from "./client_registry.ts";
import { Connection } from "./connection.ts";
import type { Engine, OutputLimit } from "./engine.ts";
import { Figures } from "./figures.ts";
import { Turn } from "./turn.ts";

export interface Parts {
  readonly clock: Clock;
  readonly config: Config;
  readonly table: CommandTable;
  readonly host: Host;
  readonly log: Log;
  readonly loop: Pick<EventLoop, "endOfTurn" | "later">;
  /** Numbers from 0 up to 1, which clients may see. */
  readonly random: () => number;
  /** Stops listening, cleans up and ends the process. */
  readonly leave: (options: ShutdownOptions) => void;
}

/** Loading goes on for so long at once, and then answers clients that it does. */
const LOADING_SLICE_MS = 10;
/** What found no memory is tried again after so long, and warned of no more often than that. */
const SHORTAGE_RETRY_MS = 100;
const SHORTAGE_WARNING_MS = 30_000;

export class Server implements CallServer, Engine {
  readonly clock: Clock;
  readonly config: Config;
  readonly table: CommandTable;
  readonly host: HostFacts;
  readonly keyspace: Keyspace;
  readonly figures: Figures;
  readonly pause: ClientPause;
  readonly clients: ClientRegistry;
  readonly feed: ChangeFeed;
  readonly reply = new Reply(REPLY_PIECE_SIZE);
  readonly answers = new Reply(REPLY_PIECE_SIZE);
  readonly parser = new RequestParser();
  readonly blocked: BlockedClients;
  readonly dispatcher: Dispatcher;
  readonly turn: Turn;
  readonly backlog: Backlog;
  readonly expiry: ActiveExpiry;
  readonly debug: DebugSettings = { ...DEFAULT_DEBUG_SETTINGS };
  readonly control: ServerControl;
  running: Engine["running"] = null;
  runningFrom = 0;
  readonly input = new Uint8Array(INPUT_BUFFER_SIZE + PADDING);
  readonly inputView = new DataView(this.input.buffer);
  queryBufferSizeMax = 2 ** 30;
  readonly outputLimit: OutputLimit = { hardSize: Infinity, softSize: Infinity, softSeconds: 0 };
  /** Whether the timer has to look at it. */
  outputIsLimited = false;
  passwordRequired = false;
  keepAliveSeconds = 300;
  maxClients = 10_000;
  /** Clients from other machines are turned away: no password is set, and no address is bound. */
  protectedMode = false;
  readonly durability: Durability;
  readonly snapshots: Snapshots;
  readonly targets: Targets;
  readonly appendLog: AppendOnly;
  readonly progress: Progress;
  private readonly loader: Loading;
  private readonly ending: Shutdown;
  private readonly logFile: Log;
  private readonly loop: Parts["loop"];
  private clientId = 0;
  /** Detached data is being freed, or will be. */
  private reclaiming = false;
  /** When it was last warned of a shortage of memory; monotonic. */
  private shortageMs = -Infinity;

  constructor({ clock, config, table, host, log, loop, random, leave }: Parts) {
    this.clock = clock;
    this.config = config;
    this.table = table;
    this.host = host;
    this.logFile = log;
    this.loop = loop;
    this.keyspace = new Keyspace(config.number("databases"), clock, random);
    this.feed = new ChangeFeed(this.keyspace.unsynced);
    this.keyspace.onReclaim = () => this.reclaim();
    this.keyspace.expiryFeed = this.feed;
    this.figures = new Figures(clock, table, host.secretWords);
    const later = (ms: number, run: () => void) => this.later(ms, run);
    this.pause = new ClientPause(this.figures, (isOn) => this.applyPause(isOn));
    this.clients = new ClientRegistry(this);
    this.blocked = new BlockedClients(this, this.answers, later);
    this.dispatcher = new Dispatcher(this, this.reply, clock, this.blocked);
    const { keyspace, feed } = this;
    const loading = new Loading({ keyspace, config, disk: host, log, replay: new Replay(this) });
    this.loader = loading;
    this.progress = new Progress(keyspace);
    const { progress } = this;
    this.snapshots = new Snapshots(keyspace, config, host, log, loading, progress, later);
    this.appendLog = new AppendOnly({
      keyspace,
      config,
      host,
      log,
      feed,
      loading,
      progress,
      later,
      beforeWrite: () => {
        const { logWriteDelayMs } = this.debug;
        if (logWriteDelayMs > 0) host.sleep(logWriteDelayMs);
      },
      flushLater: () => this.turn.arm(),
      onSafe: () => {
        this.turn.release();
        if (this.backlog.isOn) this.turn.arm();
      },
      // Not at once: the turn may be in the midst of sending what was replied before.
      onSynced: () => {
        if (this.blocked.awaitsSync) loop.endOfTurn(() => this.blocked.serveSynced());
      },
    });
    this.reply.guard = (writer, lacks) => this.guardRunning(writer, lacks);
    const endOfTurn = (run: () => void) => loop.endOfTurn(run);
    this.backlog = new Backlog({
      size: () => this.appendLog.pendingSize + this.turn.held.size,
      isRefusing: () => this.appendLog.problem !== null,
      monotonicMs: () => clock.monotonicMs(),
      onChange: () => this.applyBacklog(),
      warn: (text) => this.log("warning", text),
    });
    this.dispatcher.onBacklog = () => this.backlog.begin();
    for (const feature of clientFeatures(this)) this.clients.addFeature(feature);
    const { writer } = this.appendLog;
    this.turn = new Turn(this.reply, this.answers, endOfTurn, writer, () => this.backlog.check());
    this.targets = new Targets(host, clock);
    this.ending = new Shutdown({
      monotonicMs: () => clock.monotonicMs(),
      log: (level, text) => this.log(level, text),
      progress,
      snapshots: this.snapshots,
      appendLog: this.appendLog,
      leave,
      abandon: () => host.exit(1),
    });
    this.durability = this.durabilityOf(loading);
    this.expiry = new ActiveExpiry(this.keyspace, later, (ms) => this.afterExpiry(ms));
    this.control = {
      sleep: host.sleep,
      exit: host.exit,
      expireByItself: (on) => this.expiry.enable(on),
    };
  }

  private durabilityOf(loading: Loading): Durability {
    const { snapshots, appendLog, ending } = this;
    return {
      snapshots,
      appendLog,
      get loading() {
        return loading.progress;
      },
      shutdown: (options) => ending.run(options),
      abortShutdown: () => ending.abort(),
    };
  }

  execute(client: Client, args: Args): void {
    this.dispatcher.executeNested(client, args);
  }

  block(call: Call, wait: Wait, first: number, count: number, timeoutMs: number): void {
    const elapsedUs = this.dispatcher.closeBlockedRun();
    this.blocked.add(call, wait, first, count, timeoutMs, elapsedUs);
  }

  /** The most that any client's output may be, whatever is configured. */
  get outputSizeMax(): number {
    // Where the system does not tell how much it has, 0.
    return this.host.systemMemorySize() * OUTPUT_MEMORY_PART || Infinity;
  }

  private guardRunning(writer: Reply, lacks: boolean): void {
    if (this.running !== null) guardReply(this.running.client, writer, this.runningFrom, lacks);
  }

  get loading(): LoadingProgress | null {
    return this.loader.progress;
  }

  /**
   * Loads what there was when the server ended last: the append-only log where it is in use, else
   * the snapshot. Clients are told meanwhile that it goes on. `done` is told what is wrong, or
   * null.
   */
  load(done: (problem: string | null) => void): void {
    const isLogged = this.config.flag("appendonly");
    this.snapshots.removeLeftovers();
    const problem = isLogged ? this.appendLog.find() : null;
    if (problem !== null) {
      done(problem);
      return;
    }
    this.progress.go("load");
    const steps = isLogged ? this.appendLog.load() : this.snapshots.loadSteps();
    this.dispatcher.setGate(ServerGate.loading, true);
    this.loadSlice(steps, done);
  }

  private loadSlice(steps: Steps, done: (problem: string | null) => void): void {
    const endMs = this.clock.monotonicMs() + LOADING_SLICE_MS;
    while (!this.loader.isHeldBack) {
      const { done: isDone, value } = steps.next();
      if (isDone) {
        this.dispatcher.setGate(ServerGate.loading, false);
        this.progress.go("loaded");
        this.snapshots.noteLoaded();
        const isSound = value === null && this.config.flag("appendonly");
        done(isSound ? this.appendLog.begin() : value);
        return;
      }
      if (this.clock.monotonicMs() >= endMs) break;
    }
    const pauseMs = this.loader.isHeldBack ? LOADING_SLICE_MS : 0;
    this.later(pauseMs, () => this.loadSlice(steps, done));
  }

  log(level: LogLevel, text: string): void {
    this.logFile.add(level, text);
  }

  /** A signal asks for the end of the process. */
  signal(name: "SIGINT" | "SIGTERM"): void {
    const chosen = name === "SIGINT" ? "shutdown-on-sigint" : "shutdown-on-sigterm";
    this.ending.signal(name, this.config.value(chosen));
  }

  nextClientId(): number {
    return ++this.clientId;
  }

  /** Takes a new connection, or turns it away with a reason. */
  accept(socket: Socket, path: string | null): Connection {
    this.figures.connectionsReceived++;
    const connection = new Connection(this, socket, path);
    const refusal = this.refusalOf(connection);
    if (refusal !== null) {
      this.figures.connectionsRejected++;
      const bytes = new TextEncoder().encode(`-${refusal}\r\n`);
      socket.write(bytes, 0, bytes.length);
      connection.closing = true;
      socket.end();
      return connection;
    }
    this.clients.add(connection);
    connection.client.setGate(Gate.auth, this.passwordRequired);
    connection.setKeepAlive(this.keepAliveSeconds);
    return connection;
  }

  private applyPause(isOn: boolean): void {
    this.dispatcher.setGate(ServerGate.pause, isOn);
    this.applyExpiring();
  }

  private applyBacklog(): void {
    this.dispatcher.setGate(ServerGate.backlog, this.backlog.isOn);
    this.applyExpiring();
  }

  /** Keys do not go while nobody can be told of it: while writing is paused, or has to wait. */
  private applyExpiring(): void {
    this.keyspace.mayExpire = this.pause.mode === "none" && !this.backlog.isFull;
  }

  endOfTurn(run: () => void): void {
    this.loop.endOfTurn(run);
  }

  lineOf(client: Client): string {
    return clientLine(this, client, null);
  }

  /** Notes the figures of a server that has just started. */
  begin(): void {
    this.figures.startUsedSize = usedMemory(this);
  }

  /** Has `run` called in so many ms, and again if there was no memory for it. */
  private later(ms: number, run: () => void): () => void {
    let callOff = this.loop.later(ms, () => {
      if (!this.attempt(run)) callOff = this.later(SHORTAGE_RETRY_MS, run);
    });
    return () => callOff();
  }

  /** Does what the server does by itself; false when there was no memory for it. */
  private attempt(run: () => void): boolean {
    try {
      run();
      return true;
    } catch (error) {
      if (!isShortage(error)) throw error;
      this.warnOfShortage((error as Error).message);
      return false;
    }
  }

  private warnOfShortage(reason: string): void {
    const nowMs = this.clock.monotonicMs();
    if (nowMs - this.shortageMs < SHORTAGE_WARNING_MS) return;
    this.shortageMs = nowMs;
    this.log("warning", `There is no memory for work in the background, which waits: ${reason}`);
  }

  /** The timer's work, `hz` times a second. */
  tick(): void {
    if (!this.debug.cronPaused) this.attempt(() => this.workOfTimer());
  }

  private workOfTimer(): void {
    this.clock.tick();
    const { nowMs } = this.clock;
    this.ending.check();
    this.targets.closeIdle();
    if (this.loading === null) {
      // What is scheduled of the log comes first, as in Redis.
      this.appendLog.check();
      this.snapshots.check();
    }
    this.figures.cronLoops++;
    this.figures.expireMs = this.expiry.spentMs;
    this.figures.sample(this.clock.monotonicMs());
    this.figures.peakUsedSize = Math.max(this.figures.peakUsedSize, usedMemory(this));
    this.pause.check(nowMs);
    this.backlog.warn();
    this.clients.closeIdle(this.config.number("timeout") * 1000, nowMs);
    if (this.outputIsLimited) this.clients.checkOutputs(nowMs);
    // What is loaded goes to tables that are made for all of it, and are nearly empty until then.
    if (!this.config.flag("activerehashing") || this.loading !== null) return;
    const end = this.clock.monotonicMs() + SLICE_MS;
    while (this.keyspace.rehashSlice() && this.clock.monotonicMs() < end);
  }

  /** A slice of removing expired keys took so long. */
  private afterExpiry(ms: number): void {
    this.figures.latency.addIfSlow("expire-cycle", ms);
    if (this.keyspace.waits.hasReady) this.dispatcher.serveReady(null);
  }

  private refusalOf(connection: Connection): string | null {
    if (this.clients.count >= this.maxClients) return "ERR max number of clients reached";
    if (!this.protectedMode || connection.unix || isLoopback(connection.remote)) return null;
    return (
      "DENIED Rusk is running in protected mode because protected mode is enabled and no " +
      "password is set for the default user. In this mode connections are only accepted from the " +
      "loopback interface. Set a password (requirepass), or turn protected-mode off, to accept " +
      "connections from elsewhere."
    );
  }

  /** Frees detached data in slices until none is left. */
  private reclaim(): void {
    if (this.reclaiming) return;
    this.reclaiming = true;
    const slice = () => {
      const end = this.clock.monotonicMs() + SLICE_MS;
      let more = true;
      while (more && this.clock.monotonicMs() < end) more = this.keyspace.reclaimSlice();
      this.reclaiming = more;
      if (more) this.later(SLICE_MS, slice);
    };
    this.later(0, slice);
  }
}

function isLoopback(endpoint: string): boolean {
  return (
    endpoint.startsWith("127.") ||
    endpoint.startsWith("[::1]") ||
    endpoint.startsWith("[::ffff:127.")
  );
}
