/**
 * The path of one command:
 *
 *   look-up → arity → stations (only those that are on) → MULTI's queue, or handler → accounts
 *   → who waited
 *
 * While no gate is on (gates.ts) a command goes from arity straight to the handler; all that it may
 * have to pass besides is in stations/, in Redis's order.
 */
import { watchScarcity } from "../arena/arena.ts";
import { isAboveLimit } from "../arena/memory_limit.ts";
import { assert } from "../base/assert.ts";
import type { Clock } from "../base/clock.ts";
import { BACKLOG_SIZE_MAX } from "../base/limits.ts";
import { cString } from "../base/words.ts";
import { Call, type CallServer } from "../calls/call.ts";
import { type Client, Gate } from "../calls/client.ts";
import { type Command, Flag, HiddenFlag } from "../calls/command.ts";
import type { TableCommand } from "../calls/table.ts";
import { scriptEffects } from "../commands/scripting/script_effects.ts";
import type { ChangeFeed } from "../keyspace/change_feed.ts";
import type { Unsynced } from "../keyspace/unsynced.ts";
import type { Waits } from "../keyspace/waits.ts";
import { type Args, keptArgs } from "../protocol/args.ts";
import { CommandError, type Problem, problem, SHOWN_SIZE, wrongArity } from "../protocol/errors.ts";
import type { Reply } from "../protocol/reply.ts";
import * as loose from "../values/loose.ts";
import { Accounts, type SuspendedTiming } from "./accounts.ts";
import type { BlockedClients } from "./blocked_clients.ts";
import { COMMAND_GATES, ServerGate } from "./gates.ts";
import { CommandLookup, type DispatchServer } from "./lookup.ts";
import { MonitorFeed } from "./monitor_feed.ts";
import { Nesting } from "./nesting.ts";
import { ensureRoom, replyFor, SMALL_ARGUMENTS_SIZE } from "./space_gate.ts";
import { CHANGING, KEPT } from "./stations/station.ts";
import { Stations } from "./stations/stations.ts";

const QUEUED = "QUEUED";
/** Commands that act on the transaction itself and so are never queued. */
const TRANSACTION_COMMANDS = new Set(["exec", "discard", "multi", "watch", "quit", "reset"]);
/** HTTP requests are warned of once in so long. */
const HTTP_WARNING_MS = 60_000;

export class Dispatcher {
  /** Mask of ServerGate. */
  gates = 0;
  readonly stations: Stations;
  /** More changes wait for the disk than should: sees to it that ServerGate.backlog is on. */
  onBacklog: () => void = () => {};
  readonly monitors: MonitorFeed;
  readonly accounts: Accounts;
  private readonly server: CallServer;
  private readonly nesting: Nesting;
  readonly lookup: CommandLookup;
  /** Of the command that runs, not inside another; of the last one if none does. */
  readonly call: Call;
  private readonly clock: Clock;
  /** Where the command that runs writes to. */
  private reply: Reply;
  private readonly blocked: BlockedClients;
  private readonly waits: Waits;
  private readonly unsynced: Unsynced;
  private readonly feed: ChangeFeed;
  private httpWarnedMs = 0;

  constructor(server: DispatchServer, reply: Reply, clock: Clock, blocked: BlockedClients) {
    this.server = server;
    this.reply = reply;
    this.clock = clock;
    this.blocked = blocked;
    this.waits = server.keyspace.waits;
    this.unsynced = server.keyspace.unsynced;
    this.feed = server.feed;
    this.stations = new Stations(server);
    this.accounts = new Accounts(clock, server.figures);
    this.nesting = new Nesting(server, this.accounts);
    this.lookup = new CommandLookup(server.table.commands);
    this.call = new Call(server, reply);
    this.monitors = new MonitorFeed(clock, this.unsynced, (on) => {
      this.setGate(ServerGate.monitor, on);
    });
    watchScarcity((on) => this.setGate(ServerGate.space, on));
  }

  setGate(gate: number, on: boolean): void {
    this.gates = on ? this.gates | gate : this.gates & ~gate;
  }

  /** Whether a command inside another (EXEC) runs. */
  get isNesting(): boolean {
    return this.nesting.depth > 0;
  }

  /** Runs one command of a client and writes its reply. */
  execute(client: Client, args: Args): void {
    if (isAboveLimit()) this.makeRoom();
    const gates = client.gates | this.gates;
    if ((gates & ~Gate.access) !== 0) {
      this.executeGated(client, args, gates);
      return;
    }
    const command = this.find(client, args);
    if (command === null) return;
    if (((command.flags & COMMAND_GATES) | gates) !== 0 && !mayGoOn(client, args, command)) {
      this.askStations(client, args, command, gates);
      return;
    }
    this.run(this.call, client, args, command);
    if (this.accounts.isExact || (command.flags & HiddenFlag.brief) === 0) {
      this.accounts.closeRun(args);
      // CLIENT REPLY, or a command that does as much, is not brief.
      if ((client.gates & Gate.reply) !== 0) client.endSkip();
    }
    if (this.waits.hasReady) this.serveReady(args);
  }

  /** More is used than maxmemory allows: keys are evicted, or commands refused, see memory.ts. */
  private makeRoom(): void {
    this.setGate(ServerGate.memory, !this.stations.memory.makeRoom());
  }

  /**
   * Serves those who waited for what has been done: by a command with these arguments, or by none.
   */
  serveReady(args: Args | null): void {
    const { accounts } = this;
    accounts.closeRun(accounts.isSingle ? args : null);
    this.blocked.serveReady();
    accounts.openRun();
  }

  /** Serves them, if there are such. */
  serveWaiting(args: Args): void {
    if (this.waits.hasReady) this.serveReady(args);
  }

  private executeGated(client: Client, args: Args, gates: number): void {
    const from = this.reply.position;
    const wasSilent = client.isSilent;
    this.nesting.hasReplied = false;
    const { tracking } = this.server;
    tracking.current = client;
    const command = this.find(client, args);
    if (command !== null) this.askStations(client, args, command, gates);
    if ((gates & ServerGate.memory) !== 0 && !isAboveLimit())
      this.setGate(ServerGate.memory, false);
    const isOver = client.postponed === null && client.blocked === null;
    if ((client.gates & Gate.reply) !== 0 && isOver) {
      // Of commands inside another each has been silent or not.
      if (wasSilent && client.isSilent && !this.nesting.hasReplied) this.reply.truncate(from);
      client.endSkip();
    }
    tracking.current = null;
    if (isOver) tracking.commandOver(client);
    if (this.waits.hasReady) this.serveReady(args);
    this.reply.putAsideBack();
  }

  /** See CallServer. */
  enter(client: Client, reply: Reply): void {
    this.nesting.enter(client, this.reply, reply);
    // The engine takes for a constant what is never written to.
    if (reply !== this.reply) this.reply = reply;
  }

  /** See CallServer: runs a command inside, if the stations for such let it pass. */
  executeNested(client: Client, args: Args): void {
    this.accounts.beginInner();
    const command = this.find(client, args);
    if (command === null) return;
    this.runNested(this.nesting.call, client, args, command);
    // Time stands still until the command around this one is done.
    this.accounts.closeRun(args, false);
  }

  /** See CallServer. */
  lookUp(args: Args): TableCommand | null {
    const command = this.lookup.find(args);
    if (command === null || command.subcommands === null || args.count < 2) return command;
    return this.lookup.findSubcommand(command, args);
  }

  /** See CallServer: runs a command inside that `lookUp` has found. */
  executeFound(client: Client, args: Args, command: TableCommand): void {
    const { accounts } = this;
    const isMeasured = accounts.measuresInner || (command.flags & HiddenFlag.brief) === 0;
    if (isMeasured) accounts.beginInner();
    this.runNested(this.nesting.call, client, args, command);
    // Time stands still until the command around this one is done.
    if (isMeasured) accounts.closeRun(args, false);
    else accounts.endUnmeasured();
  }

  /** See CallServer. */
  leave(client: Client): void {
    const reply = this.nesting.leave(client);
    if (reply !== this.reply) this.reply = reply;
  }

  /**
   * A command that was suspended goes on (suspended_command.ts): `body` is a part of it. What it
   * throws ends the command, and takes the place of what was replied from `from` on.
   */
  resume(timing: SuspendedTiming, reply: Reply, from: number, body: () => void): void {
    const { reply: outer } = this;
    const { tracking } = this.server;
    this.reply = reply;
    const { current } = tracking;
    tracking.current = timing.client;
    this.accounts.resume(timing);
    try {
      body();
    } catch (error) {
      // Whatever it has changed was told, command by command.
      this.recover(timing.command, error, false, from);
    } finally {
      tracking.current = current;
      this.reply = outer;
    }
  }

  /** A command that was suspended is over, and has replied: what comes after any command. */
  endResumed(call: Call): void {
    const { client, args, command } = call;
    if (this.feed.active) {
      this.feed.joinUnit();
      this.tell(call, false);
    }
    if (this.monitors.active) this.monitors.feed(client, args, command);
    this.accounts.closeRun(args);
  }

  /** The script whose command is inside another is over: as after any command inside another. */
  endResumedInner(client: Client, args: Args): void {
    if (this.feed.active) this.feed.commandRan(client.db, args, false);
    this.accounts.closeRun(args, false);
  }

  private runNested(call: Call, client: Client, args: Args, command: TableCommand): void {
    const gates = client.gates | this.gates;
    const refusal = gates === 0 ? null : this.nestedRefusal(client, args, command, gates);
    if (refusal === null) {
      this.server.keyspace.accessHidden = hidesAccess(gates, command);
      if (gates !== 0) this.reply.beginCommand();
      this.run(call, client, args, command);
      if ((gates & Gate.tracking) !== 0) this.noteRead(client, args, command);
    } else if (client.isScript) {
      this.reject(client, args, command, refusal);
    } else {
      // It is the command around it (EXEC) that has failed.
      const { outerCommand } = this.nesting;
      if (outerCommand !== null) this.server.figures.commands.failed[outerCommand.id]++;
      this.fail(refusal);
    }
    if (this.monitors.active) this.monitors.feed(client, args, command);
  }

  /** A request without a command: what was for the next one is over, as in Redis. */
  passEmpty(client: Client): void {
    if ((client.gates & Gate.reply) !== 0) client.endSkip();
    if ((client.gates & Gate.tracking) !== 0) this.server.tracking.emptyOver(client);
  }

  /** Replies to what is no request at all; the connection then closes. */
  failProtocol(client: Client, fault: string): void {
    const from = this.reply.position;
    this.fail(problem(`ERR ${fault}`));
    if (client.isSilent) this.reply.truncate(from);
  }

  /**
   * Refuses a command: an error reply, which also fails the transaction it was meant for. One that
   * is part of another command fails alone.
   */
  private reject(client: Client, args: Args, command: Command | null, error: Problem): void {
    if (command !== null) this.server.figures.commands.rejected[command.id]++;
    if (this.isNesting) {
      this.fail(error);
      return;
    }
    this.noteNotRun(client, command);
    if (command?.name === "exec") {
      client.closeQueue();
      this.server.keyspace.unwatch(client);
      this.fail(aborted(error));
      // Who monitors has seen MULTI, and is to see that it is over.
      if (this.monitors.active) this.monitors.feed(client, args, command);
      return;
    }
    if (client.queue !== null) client.queueFailed = true;
    this.fail(error);
  }

  /** A command that is not run, or not now, is the client's last all the same. */
  private noteNotRun(client: Client, command: Command | null): void {
    this.accounts.breakRun();
    client.lastCommand = command;
  }

  private find(client: Client, args: Args): TableCommand | null {
    let command = this.lookup.find(args);
    if (command === null) {
      if (isHttp(args) && !this.isNesting) this.refuseHttp(client);
      else this.reject(client, args, null, unknownCommand(args));
      return null;
    }
    if (command.subcommands !== null && args.count > 1) {
      const found = this.lookup.findSubcommand(command, args);
      if (found === null) {
        this.reject(client, args, null, unknownSubcommand(args));
        return null;
      }
      command = found;
    }
    const { arity } = command;
    if ((arity >= 0 ? args.count !== arity : args.count < -arity) || command.run === null) {
      this.reject(client, args, command, wrongArity(command.name));
      return null;
    }
    return command;
  }

  /** Closes at once: what follows in the request is somebody else's to choose. */
  private refuseHttp(client: Client): void {
    const { nowMs } = this.clock;
    if (nowMs - this.httpWarnedMs > HTTP_WARNING_MS) {
      this.httpWarnedMs = nowMs;
      this.server.log(
        "warning",
        `Possible SECURITY ATTACK detected: ${client.connection.remote} sends POST or Host: as a ` +
          "web browser does that was made to talk to this port. Connection aborted.",
      );
    }
    client.connection.kill();
  }

  /** Asks the stations whose gates are on; then the command is refused, kept, or goes on. */
  private askStations(client: Client, args: Args, command: TableCommand, gates: number): void {
    const mask = gates | (command.flags & COMMAND_GATES);
    const effects =
      (command.flags & HiddenFlag.script) === 0
        ? effectsOf(client, command)
        : scriptEffects(this.server, command, args);
    const { stations } = this;
    for (let left = stations.withGates(mask); left !== 0; left &= left - 1) {
      const station = stations.first(left);
      const verdict = station.ask(client, command, args, effects);
      if (verdict === null) continue;
      if (verdict === KEPT) {
        this.noteNotRun(client, command);
        client.postponed = keptArgs(args);
        station.keep?.(client);
      } else {
        this.reject(client, args, command, verdict);
      }
      return;
    }
    this.pass(client, args, command, gates);
  }

  /** Why a command inside another may not run now; null when it may. */
  private nestedRefusal(
    client: Client,
    args: Args,
    command: Command,
    gates: number,
  ): Problem | null {
    const { stations } = this;
    for (let left = stations.withNestedGates(gates); left !== 0; left &= left - 1) {
      const station = stations.first(left);
      if (!station.nested) continue;
      const verdict = station.ask(client, command, args, command.flags);
      if (DEBUG) assert(verdict !== KEPT, "nothing can be kept inside another command");
      if (verdict !== null) return verdict as Problem;
    }
    return null;
  }

  /** Queues the command (MULTI), or runs it with what the client's modes ask for. */
  private pass(client: Client, args: Args, command: TableCommand, gates: number): void {
    const { flags } = command;
    if (client.queue !== null && !TRANSACTION_COMMANDS.has(command.name)) {
      // A transaction that is bound to fail need not be kept.
      if (!client.dirty && !client.queueFailed) {
        const isScript = (flags & HiddenFlag.script) !== 0;
        client.queue.add(args, isScript ? scriptEffects(this.server, command, args) : flags);
      }
      this.noteNotRun(client, command);
      this.reply.simple(QUEUED);
    } else {
      this.runGated(client, args, command, gates);
      if (client.isMidway) return;
      if (this.monitors.active) this.monitors.feed(client, args, command);
      if (this.accounts.isExact || (flags & HiddenFlag.brief) === 0) this.accounts.closeRun(args);
    }
  }

  private runGated(client: Client, args: Args, command: TableCommand, gates: number): void {
    const { keyspace } = this.server;
    keyspace.accessHidden = hidesAccess(gates, command);
    this.reply.beginCommand();
    try {
      this.run(this.call, client, args, command);
      if ((gates & Gate.tracking) !== 0) this.noteRead(client, args, command);
    } finally {
      keyspace.accessHidden = false;
    }
  }

  /** A client that is told of changes wants to know of those of what it has read. */
  private noteRead(client: Client, args: Args, command: Command): void {
    // What scripts read they say themselves.
    const kind = command.flags & (Flag.readonly | HiddenFlag.script);
    if (kind === Flag.readonly) this.server.tracking.hasRead(client, args, command);
  }

  private run(call: Call, client: Client, args: Args, command: TableCommand): void {
    const { accounts } = this;
    if (command !== accounts.command || client !== accounts.client) {
      accounts.changeRun(command, client, args.count);
      client.lastCommand = command;
    }
    accounts.count++;
    // Most calls are like the one before: comparing is cheaper than telling the collector.
    if (call.client !== client) call.client = client;
    if (call.args !== args) call.args = args;
    if (call.command !== command) call.command = command;
    const { dirty } = call.keyspace;
    if (this.feed.active && !call.nested) this.begin();
    const from = this.reply.position;
    try {
      if (args.bytes.length > SMALL_ARGUMENTS_SIZE) ensureRoom(command, args, this.feed.active);
      (command.run as (call: Call) => void)(call);
    } catch (error) {
      this.recover(command, error, call.keyspace.dirty !== dirty, from);
    }
    if (this.feed.active) this.tell(call, call.keyspace.dirty !== dirty);
  }

  /** A command that threw: its error is the reply; not part of `run`, which is to stay small. */
  private recover(command: Command, error: unknown, hasChanged: boolean, from: number): void {
    loose.abandon();
    const reason = replyFor(error, hasChanged);
    this.server.figures.commands.failed[command.id]++;
    // A reply that was begun is taken back; a mistake is found before there is any.
    this.reply.truncate(from);
    this.fail(reason);
  }

  /** A client's command begins: what it changes and looks at is its own. */
  private begin(): void {
    this.feed.beginUnit();
    this.unsynced.startLooking();
  }

  /** Has the feed know of a command that is over, and the client of what its reply waits for. */
  private tell(call: Call, hasChanged: boolean): void {
    const { feed } = this;
    const { client, command } = call;
    const isLogged = hasChanged && (command.flags & CHANGING) !== 0;
    feed.commandRan(client.db, call.args, isLogged);
    if (call.nested) return;
    // What changes something shows nothing newer than that.
    if (feed.endUnit()) client.changed(feed.mark);
    else if (this.unsynced.isAny) client.shows(this.unsynced.seenMark);
    if (feed.size > BACKLOG_SIZE_MAX) this.onBacklog();
  }

  private fail(error: Problem): void {
    this.server.figures.commands.countError(error.code);
    if (error instanceof CommandError) error.replyTo(this.reply);
    else this.reply.error(error.message);
  }
}

/**
 * Whether a client that has at most the gate of permissions need not pass the stations: most that
 * it sends is allowed.
 */
function mayGoOn({ user }: Client, args: Args, command: Command): boolean {
  return (command.flags & COMMAND_GATES) === 0 && user.check(command, args) === null;
}

/** The flags of the command, and of EXEC those of all it will run. */
function effectsOf(client: Client, { name, flags }: Command): number {
  return name === "exec" && client.queue !== null ? flags | client.queue.flags : flags;
}

/** Whether what the command looks at keeps its place in the LRU clock (CLIENT NO-TOUCH). */
function hidesAccess(gates: number, { name }: Command): boolean {
  return (gates & Gate.noTouch) !== 0 && name !== "touch";
}

/** What becomes of a transaction whose EXEC is refused. */
function aborted(error: Problem): Problem {
  const reason = error.message.replace(/^ERR /, "");
  return problem(`EXECABORT Transaction discarded because of: ${reason}`);
}

/** The words that begin an HTTP request with a body, and one of its first lines. */
function isHttp(args: Args): boolean {
  return args.is(0, "post") || args.is(0, "host:");
}

function unknownCommand(args: Args): Problem {
  let shown = "";
  for (let i = 1; i < args.count && shown.length < SHOWN_SIZE; i++) {
    shown += `'${cString(args.text(i, SHOWN_SIZE - shown.length))}' `;
  }
  const name = cString(args.text(0, SHOWN_SIZE));
  return problem(`ERR unknown command '${name}', with args beginning with: ${shown}`);
}

function unknownSubcommand(args: Args): Problem {
  const word = cString(args.text(1, SHOWN_SIZE));
  // As it was called: it may have been renamed.
  const name = cString(args.text(0)).toUpperCase();
  return problem(`ERR unknown subcommand '${word}'. Try ${name} HELP.`);
}
