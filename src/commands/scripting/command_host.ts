/** Runs the commands of scripts: each as a command inside the one that has started the script. */
import type { CallServer } from "../../calls/call.ts";
import { Client, type ConnectionPort } from "../../calls/client.ts";
import { type Command, Flag, fitsArity, HiddenFlag } from "../../calls/command.ts";
import type {
  CommandHost,
  ScriptCaller,
  ScriptKind,
  ScriptRun,
  ScriptStart,
} from "../../calls/scripts.ts";
import { Args } from "../../protocol/args.ts";
import { CommandError, inOneLine } from "../../protocol/errors.ts";
import { Reply } from "../../protocol/reply.ts";
import type { Execution } from "../../scripting/execution.ts";
import type { FunctionDefinition } from "../../scripting/host.ts";
import { shaOf } from "../../scripting/script_cache.ts";
import { ScriptFlag } from "../../scripting/script_flags.ts";
import { ScriptObject, type ScriptValue } from "../../scripting/value.ts";
import { replyValue } from "./reply_values.ts";
import { writeValue } from "./value_replies.ts";

/** No client of the server has this number. */
const SCRIPT_CLIENT_ID = -2;
const FIRST_ROOM = 4096;
/** After longer arguments, or a longer reply, the buffer becomes small again. */
const KEPT_ROOM_MAX = 1 << 20;
/** Bytes after the last argument, so that words may be read past its end. */
const PADDING = 8;
const LOG_LEVELS = ["debug", "verbose", "notice", "warning"] as const;

const UNKNOWN = new CommandError("ERR Unknown Redis command called from script");
const WRONG_COUNT = new CommandError("ERR Wrong number of args calling Redis command from script");
const NOT_ALLOWED = new CommandError("ERR This Redis command is not allowed from script");
const READ_ONLY = new CommandError("ERR Write commands are not allowed from read-only scripts.");

/** Scripts have no connection; MONITOR shows their commands as from "lua", as Redis does. */
const scriptConnection: ConnectionPort = {
  remote: "lua",
  local: "",
  unix: false,
  closing: false,
  descriptor: -1,
  queryBufferSize: 0,
  queryBufferRoom: 0,
  argumentsSize: 0,
  outputSize: 0,
  outputCount: 0,
  heldSize: 0,
  outputPeakSize: 0,
  createdMs: 0,
  lastActiveMs: 0,
  closeAfterReplies: () => {},
  kill: () => {},
  suspend: () => {},
  resume: () => {},
  awaitDisk: () => {},
  resumeWithAnswer: () => {},
  outgrows: () => false,
  lacksMemory: () => {},
  push: () => {},
};

class Run implements ScriptRun {
  hasWritten = false;
  readonly execution: Execution;
  readonly kind: ScriptKind;
  readonly name: string;
  readonly client: Client;
  readonly inner: Reply;
  readonly isAtomic: boolean;
  readonly mayRunLong: boolean;

  constructor(
    execution: Execution,
    start: ScriptStart,
    isReadOnly: boolean,
    client: Client,
    inner: Reply,
  ) {
    this.execution = execution;
    this.kind = start.kind;
    this.name = start.name;
    this.client = client;
    this.inner = inner;
    this.isAtomic = !isReadOnly && ((start.flags ?? 0) & ScriptFlag.atomic) !== 0;
    this.mayRunLong = !isReadOnly && start.mayRunLong;
  }

  finish(reply: Reply): boolean {
    const { execution } = this;
    const { failure, value } = execution;
    const from = reply.position;
    if (failure !== null) {
      this.fail(reply, failure.message, failure.isReply, failure.line);
      return false;
    }
    try {
      writeValue(reply, value, this.client.protocol);
      return !(value instanceof ScriptObject && typeof value.err === "string");
    } catch (error) {
      if (!(error instanceof CommandError)) throw error;
      reply.truncate(from);
      this.fail(reply, error.message, true, 1);
      return false;
    }
  }

  private fail(reply: Reply, message: string, isReply: boolean, line: number): void {
    const file = this.kind === "script" ? "user_script" : "user_function";
    const place = isReply ? "" : `${file}:${line}: `;
    const text = isReply ? message : message.replace(/^ERR /, `ERR ${place}`);
    reply.error(inOneLine(`${text} script: ${this.name}, on @${file}:${line}.`));
  }
}

export class ServerCommandHost implements CommandHost {
  register: ((definition: FunctionDefinition) => void) | null = null;
  private readonly server: CallServer;
  private readonly client: Client;
  private readonly inner = new Reply();
  private readonly args: Args;
  private start!: ScriptStart;
  private run: Run | null = null;
  private isReadOnly = false;
  private readonly afterKept: () => void;

  /** `afterKept` is told when a command has been run while it is kept what it changes. */
  constructor(server: CallServer, afterKept: () => void) {
    this.server = server;
    this.afterKept = afterKept;
    this.client = new Client(SCRIPT_CLIENT_ID, server.keyspace.databases[0], scriptConnection);
    const bytes = new Uint8Array(FIRST_ROOM);
    this.args = new Args(bytes, new DataView(bytes.buffer));
  }

  begin(call: ScriptCaller, start: ScriptStart): void {
    const { client } = this;
    client.db = call.client.db;
    client.user = call.client.user;
    client.protocol = 2;
    this.inner.protocol = 2;
    this.start = start;
    const flags = start.flags ?? 0;
    this.isReadOnly = start.isReadOnly || (flags & ScriptFlag.no_writes) !== 0;
  }

  runOf(execution: Execution): ScriptRun {
    this.run = new Run(execution, this.start, this.isReadOnly, this.client, this.inner);
    return this.run;
  }

  call(values: string[]): ScriptValue {
    const { args, client, inner, server } = this;
    this.put(values);
    inner.at = 0;
    const command = server.lookUp(args);
    const refusal = this.refusal(command);
    if (refusal === null) server.executeFound(client, args, command as Command);
    else this.refuse(command, refusal);
    if (server.keyspace.keeper !== null) this.afterKept();
    return replyValue(inner);
  }

  private refusal(command: Command | null): CommandError | null {
    if (command === null) return UNKNOWN;
    const { flags } = command;
    if (!fitsArity(command, this.args.count)) return WRONG_COUNT;
    if ((flags & Flag.noscript) !== 0) return NOT_ALLOWED;
    if (this.isReadOnly && (flags & (Flag.write | HiddenFlag.may_replicate)) !== 0) {
      return READ_ONLY;
    }
    if ((flags & Flag.write) !== 0 && this.run !== null) this.run.hasWritten = true;
    return null;
  }

  private refuse(command: Command | null, error: CommandError): void {
    const { commands } = this.server.figures;
    if (command !== null) commands.rejected[command.id]++;
    commands.countError(error.code);
    this.inner.error(error.message);
  }

  private put(values: string[]): void {
    const { args } = this;
    let size = PADDING;
    for (let i = 0; i < values.length; i++) size += values[i].length;
    if (size > args.bytes.length || args.bytes.length > KEPT_ROOM_MAX) this.makeRoom(size);
    const { bytes } = args;
    args.count = 0;
    let at = 0;
    for (let i = 0; i < values.length; i++) {
      const value = values[i];
      args.push(at, value.length);
      for (let j = 0; j < value.length; j++) bytes[at++] = value.charCodeAt(j);
    }
  }

  private makeRoom(size: number): void {
    this.args.bytes = new Uint8Array(Math.max(size, FIRST_ROOM));
    this.args.view = new DataView(this.args.bytes.buffer);
  }

  now(): number {
    return this.server.clock.monotonicMs();
  }

  memorySize(): number {
    return this.server.host.residentSize();
  }

  collect(): void {
    this.server.host.collectGarbage();
  }

  log(level: number, text: string): void {
    this.server.log(LOG_LEVELS[level] ?? "warning", text);
  }

  sha1(text: string): string {
    return shaOf(text);
  }

  setProtocol(version: 2 | 3): void {
    this.client.protocol = version;
    this.inner.protocol = version;
  }

  setReplication(_mask: number): void {}

  mayRun(_args: string[]): ScriptValue {
    return new ScriptObject();
  }
}
