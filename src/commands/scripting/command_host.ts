/** Runs the commands of scripts: each as a command inside the one that has started the script. */
import { figures } from "../../arena/arena.ts";
import type { CallServer } from "../../calls/call.ts";
import type { Client } from "../../calls/client.ts";
import { type Command, Flag, fitsArity, HiddenFlag } from "../../calls/command.ts";
import type {
  CommandHost,
  ScriptCaller,
  ScriptProgram,
  ScriptRules,
  ScriptRun,
} from "../../calls/scripts.ts";
import type { Denial } from "../../calls/users.ts";
import type { Args } from "../../protocol/args.ts";
import { CommandError } from "../../protocol/errors.ts";
import { Reply } from "../../protocol/reply.ts";
import type { Execution } from "../../scripting/execution.ts";
import { charge } from "../../scripting/guards/meter.ts";
import { FUEL } from "../../scripting/limits.ts";
import { ScriptFlag } from "../../scripting/script_flags.ts";
import { isError, ScriptObject, type ScriptValue } from "../../scripting/value.ts";
import { CommandArguments } from "./command_arguments.ts";
import { replyValue } from "./reply_values.ts";
import { scriptClient } from "./script_client.ts";
import { CommandRun } from "./script_run.ts";

const LOG_LEVELS = ["debug", "verbose", "notice", "warning"] as const;
/** A bit of redis.set_repl: the log is told. */
const REPL_AOF = 1;
const REPL_ALL = 3;
/** The longest reply that a command may give a script, in bytes. */
const REPLY_SIZE_MAX = 512 << 20;
/**
 * What a command that is not fast takes: each may last for many ms, so the clock is looked at after
 * a few of them.
 */
const SLOW_COMMAND_FUEL = FUEL >> 3;

/** Commands with none of these may run, whatever the script and the server are. */
const ASKED = Flag.noscript | Flag.write | Flag.denyoom | HiddenFlag.may_replicate;

const UNKNOWN = new CommandError("ERR Unknown Redis command called from script");
const WRONG_COUNT = new CommandError("ERR Wrong number of args calling Redis command from script");
const NOT_ALLOWED = new CommandError("ERR This Redis command is not allowed from script");
const READ_ONLY = new CommandError("ERR Write commands are not allowed from read-only scripts.");
const DENIED: Readonly<Record<Denial, CommandError>> = {
  command: new CommandError(
    "ERR The user executing the script can't run this command or subcommand",
  ),
  key: new CommandError(
    "ERR The user executing the script can't access at least one of the keys mentioned in the " +
      "command arguments",
  ),
  channel: new CommandError(
    "ERR The user executing the script can't publish to the channel mentioned in the command",
  ),
};
const NO_SUCH_COMMAND = "ERR Invalid command passed to redis.acl_check_cmd()";
const REPLY_TOO_LARGE = "ERR the reply of a command is too large for a script";

export class ServerCommandHost implements CommandHost {
  /** Scripts register no functions. */
  readonly register = null;
  private readonly server: CallServer;
  private readonly rules: ScriptRules;
  private readonly onKeptTooMuch: () => void;
  private readonly client: Client;
  private readonly inner = new Reply();
  private readonly args = new CommandArguments();
  /** Who has started the script. */
  private caller: Client;
  private program!: ScriptProgram;
  private readonly run: CommandRun;
  private isReadOnly = false;
  private isTold = true;

  /** `onKeptTooMuch` is told when what a command has changed was too much to be kept. */
  constructor(server: CallServer, rules: ScriptRules, onKeptTooMuch: () => void) {
    this.onKeptTooMuch = onKeptTooMuch;
    this.server = server;
    this.rules = rules;
    this.client = scriptClient(server.keyspace.databases[0]);
    this.caller = this.client;
    this.run = new CommandRun(this.client, this.inner, server.figures);
    this.inner.guard = (reply, lacks) => {
      if (lacks || reply.position > REPLY_SIZE_MAX) reply.discard(0);
    };
  }

  begin(caller: ScriptCaller, program: ScriptProgram, isReadOnly: boolean): void {
    const refusal = this.rules.refuseStart(program, isReadOnly);
    if (refusal !== null) throw refusal;
    const { client, inner } = this;
    if (client.db !== caller.client.db) client.db = caller.client.db;
    if (client.user !== caller.client.user) client.user = caller.client.user;
    if (this.caller !== caller.client) this.caller = caller.client;
    client.protocol = 2;
    this.server.tracking.scriptBegins(client, caller);
    inner.protocol = 2;
    if (inner.isOversized) inner.clear();
    this.args.rest();
    this.program = program;
    this.isReadOnly = isReadOnly || ((program.flags ?? 0) & ScriptFlag.no_writes) !== 0;
    this.run.begin(program, this.isReadOnly, caller.command);
    this.isTold = true;
  }

  runOf(execution: Execution): ScriptRun {
    this.run.execution = execution;
    return this.run;
  }

  call(values: string[]): ScriptValue {
    const { inner, server } = this;
    const args = this.args.of(values);
    inner.truncate(0);
    const command = server.lookUp(args);
    const refusal = this.refusal(command, args);
    if (command !== null && (command.flags & Flag.fast) === 0) charge(SLOW_COMMAND_FUEL);
    if (refusal !== null) this.refuse(command, refusal);
    else if (this.isTold) server.executeFound(this.client, args, command as Command);
    else server.feed.untold(() => server.executeFound(this.client, args, command as Command));
    if (server.keyspace.keeper?.isOver) this.onKeptTooMuch();
    if (inner.isDiscarding) return this.tooLarge();
    const value = replyValue(inner);
    if (isError(value)) this.run.hasCounted(value);
    return value;
  }

  private refusal(command: Command | null, args: Args): CommandError | null {
    if (command === null) return UNKNOWN;
    if (!fitsArity(command, args.count)) return WRONG_COUNT;
    const { flags } = command;
    const { user } = this.client;
    if ((flags & ASKED) === 0 && user.mayDoAll) return null;
    if ((flags & Flag.noscript) !== 0 && !this.server.debug.scriptsMayAll) return NOT_ALLOWED;
    const denied = user.mayDoAll ? null : user.check(command, args);
    if (denied !== null) {
      this.server.access.noteDenied(this.caller, user, denied, "lua", command, args);
      return DENIED[denied];
    }
    if (this.isReadOnly && (flags & (Flag.write | HiddenFlag.may_replicate)) !== 0) {
      return READ_ONLY;
    }
    // One that has changed something can no longer be refused what it does next.
    if (this.run.hasWritten) return null;
    const refusal = this.rules.refuseCommand(command, this.program);
    if (refusal === null && (flags & Flag.write) !== 0) this.run.hasWritten = true;
    return refusal;
  }

  private refuse(command: Command | null, { code, message }: CommandError): void {
    const { commands } = this.server.figures;
    if (command !== null) commands.rejected[command.id]++;
    commands.countError(code);
    this.inner.error(message);
  }

  private tooLarge(): ScriptObject {
    const error = new ScriptObject();
    error.err = REPLY_TOO_LARGE;
    return error;
  }

  now(): number {
    return this.server.clock.monotonicMs();
  }

  /** Without the data, which maxmemory is for, and without what the log is to be told of them. */
  memorySize(): number {
    const { host, feed } = this.server;
    return host.residentSize() - figures().reservedSize - feed.size;
  }

  collect(): void {
    this.server.host.collectGarbage();
  }

  log(level: number, text: string): void {
    this.server.log(LOG_LEVELS[level] ?? "warning", text);
  }

  setProtocol(version: 2 | 3): void {
    this.client.protocol = version;
    this.inner.protocol = version;
  }

  setReplication(mask: number): void {
    this.isTold = (mask & REPL_ALL & REPL_AOF) !== 0;
  }

  mayRun(values: string[]): ScriptValue {
    const args = this.args.of(values);
    const command = this.server.lookUp(args);
    if (command !== null) return this.client.user.check(command, args) === null;
    const error = new ScriptObject();
    error.err = NO_SUCH_COMMAND;
    return error;
  }
}
