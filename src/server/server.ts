/** The running server: its parts, and what they need of each other. */
import { AccessControl, type AccessHost } from "../access/access_control.ts";
import { Users } from "../access/users.ts";
import { figures as arenaFigures } from "../arena/arena.ts";
import type { Clock } from "../base/clock.ts";
import { INPUT_BUFFER_SIZE, REPLY_PIECE_SIZE } from "../base/limits.ts";
import type { Log, LogLevel } from "../base/log.ts";
import type { Call, CallServer, Wait } from "../calls/call.ts";
import { type Client, Gate } from "../calls/client.ts";
import { clientLine } from "../calls/client_line.ts";
import type { Command } from "../calls/command.ts";
import { DEFAULT_DEBUG_SETTINGS, type DebugSettings } from "../calls/debug_settings.ts";
import type { Durability, ShutdownOptions } from "../calls/durability.ts";
import { countedMemory, usedMemory } from "../calls/memory_use.ts";
import { Targets } from "../calls/migrate_target.ts";
import type { ServerControl } from "../calls/server_control.ts";
import type { CommandTable, TableCommand } from "../calls/table.ts";
import type { Config } from "../config/config.ts";
import { BlockedClients } from "../dispatch/blocked_clients.ts";
import { Dispatcher } from "../dispatch/dispatcher.ts";
import { ServerGate } from "../dispatch/gates.ts";
import { PubSubHub } from "../dispatch/pub_sub.ts";
import { ReadAhead } from "../dispatch/read_ahead.ts";
import { Replay } from "../dispatch/replay.ts";
import { guardReply } from "../dispatch/reply_guard.ts";
import { ScriptRunner } from "../dispatch/script_runner.ts";
import { ClientSideCaching } from "../dispatch/tracking/tracking.ts";
import { AppendOnly } from "../durability/append_only.ts";
import { Loading } from "../durability/loading.ts";
import { Progress } from "../durability/progress.ts";
import { Shutdown } from "../durability/shutdown.ts";
import { Snapshots } from "../durability/snapshots.ts";
import { startLoading } from "../durability/start_loading.ts";
import { ActiveExpiry } from "../keyspace/active_expiry.ts";
import { ChangeFeed } from "../keyspace/change_feed.ts";
import { Keyspace } from "../keyspace/keyspace.ts";
import type { Args } from "../protocol/args.ts";
import { PADDING } from "../protocol/partial.ts";
import { Reply } from "../protocol/reply.ts";
import { RequestParser } from "../protocol/request.ts";
import type { Host, HostFacts } from "../runtime/host.ts";
import type { EventLoop, Socket } from "../runtime/net.ts";
import { FunctionRegistry } from "../scripting/function_registry.ts";
import { Arrivals } from "./arrivals.ts";
import { BackgroundWork } from "./background_work.ts";
import { Backlog } from "./backlog.ts";
import { clientFeatures } from "./client_features.ts";
import { ClientPause } from "./client_pause.ts";
import { ClientRegistry } from "./client_registry.ts";
import { SlicedCompaction } from "./compacting.ts";
import type { Connection } from "./connection.ts";
import { Crashes } from "./crashes.ts";
import { type Engine, noOutputLimit, type OutputLimits } from "./engine.ts";
import { Evicting } from "./evicting.ts";
import { Figures } from "./figures.ts";
import { blockLender, inputBlocks } from "./input_blocks.ts";
import { metricsPage } from "./metrics/metrics_page.ts";
import { MetricsService } from "./metrics/metrics_service.ts";
import { NamesGone } from "./names_gone.ts";
import { Reception } from "./reception.ts";
import { reclaimInSlices } from "./reclaiming.ts";
import { doTimerWork } from "./timer_work.ts";
import { Turn } from "./turn.ts";

export interface ServerParts {
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

export class Server implements CallServer, Engine {
  readonly clock: Clock;
  readonly config: Config;
  readonly table: CommandTable;
  readonly host: HostFacts;
  readonly keyspace: Keyspace;
  readonly figures: Figures;
  readonly pause: ClientPause;
  readonly clients: ClientRegistry;
  readonly access: AccessControl;
  readonly reception: Reception;
  readonly metrics: MetricsService;
  readonly feed: ChangeFeed;
  readonly reply = new Reply(REPLY_PIECE_SIZE, blockLender);
  readonly answers = new Reply(REPLY_PIECE_SIZE, blockLender);
  readonly parser = new RequestParser(inputBlocks);
  readonly tracking: ClientSideCaching;
  readonly evicting: Evicting;
  readonly blocked: BlockedClients;
  readonly dispatcher: Dispatcher;
  readonly readAhead: ReadAhead;
  readonly arrivals = new Arrivals(this);
  readonly turn: Turn;
  readonly backlog: Backlog;
  private readonly expiry: ActiveExpiry;
  readonly debug: DebugSettings = { ...DEFAULT_DEBUG_SETTINGS };
  readonly control: ServerControl;
  running: Engine["running"] = null;
  runningFrom = 0;
  readonly input = new Uint8Array(INPUT_BUFFER_SIZE + PADDING);
  readonly inputView = new DataView(this.input.buffer);
  queryBufferSizeMax = 2 ** 30;
  readonly outputLimits: OutputLimits = { normal: noOutputLimit(), pubsub: noOutputLimit() };
  readonly pubsub = new PubSubHub();
  readonly namesGone = new NamesGone({
    count: () => {
      const { watches, waits } = this.keyspace;
      return watches.keyCount + waits.keyCount + this.pubsub.nameCount;
    },
    commandCount: () => this.figures.commands.commandCount,
    monotonicMs: () => this.clock.monotonicMs(),
    collect: () => this.host.collectGarbage(),
    collectLater: () => this.host.collectGarbageLater(),
  });
  readonly durability: Durability;
  readonly compaction: SlicedCompaction;
  readonly snapshots: Snapshots;
  readonly users: Users;
  readonly targets: Targets;
  readonly scripts: ScriptRunner;
  readonly functions: FunctionRegistry;
  readonly appendLog: AppendOnly;
  readonly progress: Progress;
  readonly ending: Shutdown;
  readonly crashes: Crashes;
  private readonly background: BackgroundWork;
  private readonly loading: Loading;
  private readonly logger: Log;
  private readonly loop: ServerParts["loop"];

  constructor({ clock, config, table, host, log, loop, random, leave }: ServerParts) {
    this.clock = clock;
    this.config = config;
    this.table = table;
    this.host = host;
    this.logger = log;
    this.loop = loop;
    this.keyspace = new Keyspace(config.number("databases"), clock, random);
    this.feed = new ChangeFeed(this.keyspace.unsynced);
    this.keyspace.expiryFeed = this.feed;
    this.keyspace.events.publisher = this.pubsub;
    this.figures = new Figures(clock, table, host.secretWords);
    this.keyspace.delays = this.figures.latency;
    this.background = new BackgroundWork(clock, loop, log);
    const { later } = this.background;
    reclaimInSlices(this.keyspace, clock, later);
    this.compaction = this.compactionOf(later);
    this.pause = new ClientPause(this.figures, (isOn) => this.applyPause(isOn));
    this.clients = new ClientRegistry(this);
    this.evicting = this.evictingOf();
    this.users = new Users(table);
    this.access = new AccessControl(this.accessHostOf(host));
    this.reception = new Reception(this, this.clients, this.access);
    this.metrics = this.metricsOf();
    this.tracking = this.trackingOf();
    this.blocked = new BlockedClients(this, this.answers, later);
    this.dispatcher = new Dispatcher(this, this.reply, clock, this.blocked);
    this.readAhead = new ReadAhead(table, this.dispatcher.lookup);
    const { keyspace } = this;
    this.scripts = this.scriptRunnerOf(later);
    this.functions = new FunctionRegistry(keyspace.libraries, this.scripts.host, {
      processSize: () => host.residentSize() - arenaFigures().usedSize,
      valuesSize: () => host.valuesSize(arenaFigures().reservedSize),
      collect: () => host.collectGarbage(),
    });
    const { functions } = this;
    const replay = new Replay(this, this.scripts);
    const loading = new Loading({ keyspace, config, disk: host, log, replay, functions });
    this.loading = loading;
    this.progress = new Progress(keyspace);
    const { progress } = this;
    this.snapshots = new Snapshots({ keyspace, config, host, log, loading, progress, later });
    this.appendLog = this.appendLogOf(host, later);
    this.reply.guard = (writer, lacks) => this.guardRunning(writer, lacks);
    const endOfTurn = (run: () => void) => loop.endOfTurn(() => this.endTurn(run));
    this.backlog = this.backlogOf();
    this.dispatcher.onBacklog = () => this.backlog.begin();
    for (const feature of clientFeatures(this)) this.clients.addFeature(feature);
    const { writer } = this.appendLog;
    // Who waited for the disk goes on when it can, and a script that is in the midst of it is over.
    const onEnd = () => {
      if (!this.scripts.isSuspended) this.backlog.check();
      if (DEBUG) this.compaction.turnOver();
    };
    this.turn = new Turn(this.reply, this.answers, endOfTurn, writer, onEnd);
    this.targets = new Targets(host, clock);
    this.ending = new Shutdown({
      monotonicMs: () => clock.monotonicMs(),
      log: (level, text) => this.log(level, text),
      status: (text) => host.supervisor.status(text),
      progress,
      snapshots: this.snapshots,
      appendLog: this.appendLog,
      leave,
      abandon: () => host.exit(1),
    });
    this.durability = this.durabilityOf(loading);
    this.expiry = new ActiveExpiry(this.keyspace, later, (ms) => this.afterExpiry(ms));
    this.crashes = new Crashes(this, log, host);
    this.control = {
      sleep: host.sleep,
      exit: host.exit,
      crash: (kind) => this.crashes.pretend(kind),
      expireByItself: (on) => this.expiry.enable(on),
    };
  }

  private compactionOf(later: BackgroundWork["later"]): SlicedCompaction {
    const isSuspended = () => this.scripts.isSuspended || this.loading.progress !== null;
    return new SlicedCompaction(this.keyspace, this.clock, later, isSuspended);
  }

  private accessHostOf({ secretWords }: Host): AccessHost {
    const { users, config, clients, clock, pubsub } = this;
    return {
      users,
      config,
      clients,
      clock,
      pubsub,
      secretWords,
      log: (level, text) => this.log(level, text),
      lineOf: (client, args) => {
        const nested = client.queue !== null && (client.gates & Gate.multi) === 0;
        return clientLine(this, client, args === null ? null : { client, args, nested });
      },
    };
  }

  private metricsOf(): MetricsService {
    const { clock, loop, reception } = this;
    return new MetricsService({
      loop,
      monotonicMs: () => clock.monotonicMs(),
      page: () => metricsPage(this),
      isProtectedFrom: ({ remote }) => reception.isProtectedFrom(remote),
    });
  }

  private evictingOf(): Evicting {
    const { keyspace, clock, host, clients, figures } = this;
    return new Evicting({
      keyspace,
      clock,
      host,
      clients,
      figures,
      countedSize: () => countedMemory(this),
      later: this.background.later,
      giveWay: () => this.running?.giveWay(),
      serveReady: () => this.serveReady(),
      log: (level, text) => this.log(level, text),
    });
  }

  private trackingOf(): ClientSideCaching {
    const { keyspace, clients } = this;
    const tracking = new ClientSideCaching({
      keyspace,
      clients,
      isInScript: () => this.scripts.running !== null,
      running: () => this.running?.client ?? null,
      atEndOfTurn: () => this.turn.arm(),
    });
    keyspace.onFlush = () => tracking.flushed();
    return tracking;
  }

  /** What is told at the end of a turn, whatever was done in it, leaves with its replies. */
  private endTurn(run: () => void): void {
    const { turn, tracking } = this;
    const { goesOn } = turn;
    turn.goesOn = false;
    if (!goesOn) tracking.broadcast();
    run();
    if (goesOn && tracking.isToBroadcast) turn.arm();
  }

  private scriptRunnerOf(later: BackgroundWork["later"]): ScriptRunner {
    const { dispatcher } = this;
    const stand = (isStill: boolean) => this.stand(isStill);
    // Sockets are looked at between two timers, and not always between two ends of a turn.
    const nextTurn = (run: () => void) => later(0, () => this.endOfTurn(run));
    return new ScriptRunner({ server: this, dispatcher, nextTurn, stand });
  }

  private appendLogOf(host: Host, later: BackgroundWork["later"]): AppendOnly {
    const { keyspace, config, logger: log, feed, loading, progress } = this;
    return new AppendOnly({
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
        if (this.blocked.awaitsSync) this.loop.endOfTurn(() => this.blocked.serveSynced());
      },
    });
  }

  private backlogOf(): Backlog {
    return new Backlog({
      size: () => this.appendLog.pendingSize + this.turn.held.size,
      isRefusing: () => this.appendLog.problem !== null,
      monotonicMs: () => this.clock.monotonicMs(),
      onChange: () => this.applyBacklog(),
      warn: (text) => this.log("warning", text),
    });
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
      resetFigures: () => {
        snapshots.saveCount = 0;
        appendLog.resetFigures();
      },
    };
  }

  enter(client: Client, reply: Reply): void {
    this.dispatcher.enter(client, reply);
  }

  execute(client: Client, args: Args): void {
    this.dispatcher.executeNested(client, args);
  }

  leave(client: Client): void {
    this.dispatcher.leave(client);
  }

  lookUp(args: Args): Command | null {
    return this.dispatcher.lookUp(args);
  }

  executeFound(client: Client, args: Args, command: Command): void {
    this.dispatcher.executeFound(client, args, command as TableCommand);
  }

  block(call: Call, wait: Wait, first: number, count: number, timeoutMs: number): void {
    const elapsedUs = this.dispatcher.accounts.closeBlockedRun();
    this.blocked.add(call, wait, first, count, timeoutMs, elapsedUs);
  }

  private guardRunning(writer: Reply, lacks: boolean): void {
    if (this.running !== null) guardReply(this.running.client, writer, this.runningFrom, lacks);
  }

  /** As `startLoading`. */
  load(done: (problem: string | null) => void): void {
    const { clock, config, snapshots, appendLog, progress, loading } = this;
    const { later } = this.background;
    const onLoading = (isOn: boolean) => this.dispatcher.setGate(ServerGate.loading, isOn);
    const parts = { clock, config, snapshots, appendLog, progress, loading, later, onLoading };
    startLoading(parts, done);
  }

  log(level: LogLevel, text: string): void {
    this.logger.add(level, text);
  }

  /** A signal asks for the end of the process. */
  signal(name: "SIGINT" | "SIGTERM"): void {
    const chosen = name === "SIGINT" ? "shutdown-on-sigint" : "shutdown-on-sigterm";
    this.ending.signal(name, this.config.value(chosen));
  }

  /** As `ConnectionKind.accept`, of clients. */
  accept(socket: Socket, path: string | null): Connection {
    return this.reception.accept(socket, path);
  }

  private applyPause(isOn: boolean): void {
    this.dispatcher.setGate(ServerGate.pause, isOn);
    this.applyExpiring();
  }

  private applyBacklog(): void {
    this.dispatcher.setGate(ServerGate.backlog, this.backlog.isOn);
    this.applyExpiring();
  }

  /**
   * Keys do not go while nobody can be told of it: while writing is paused, or has to wait. Nor
   * between two slices of a script, which runs alone.
   */
  private applyExpiring(): void {
    const isBetween = this.scripts.isSuspended;
    this.keyspace.mayExpire = this.pause.mode === "none" && !this.backlog.isFull && !isBetween;
  }

  /** A script is suspended, or goes on: meanwhile nobody else looks at data, or changes them. */
  private stand(isStill: boolean): void {
    const { blocked, dispatcher, keyspace } = this;
    dispatcher.setGate(ServerGate.busy, isStill);
    blocked.isHeld = isStill;
    if (isStill) keyspace.waits.hold();
    else keyspace.waits.goOn();
    this.applyExpiring();
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

  /** The timer's work, `hz` times a second. */
  tick(): void {
    if (!this.debug.cronPaused) this.background.attempt(() => doTimerWork(this));
  }

  /** A slice of removing expired keys took so long. */
  private afterExpiry(ms: number): void {
    this.figures.expireMs += ms;
    this.figures.latency.addIfSlow("expire-cycle", ms);
    this.serveReady();
  }

  /** Serves those who waited for what became of keys without a command. */
  private serveReady(): void {
    if (this.keyspace.waits.hasReady) this.dispatcher.serveReady(null);
  }
}
