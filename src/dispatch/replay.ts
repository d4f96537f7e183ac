/**
 * Carries out commands that were carried out before, of an append-only log: without the stations
 * that a client's commands pass, without accounts, and without replies.
 */
import { OUT_OF_SPACE, RESERVED_SEGMENTS, segmentsLeft } from "../arena/arena.ts";
import { Call } from "../calls/call.ts";
import { Client } from "../calls/client.ts";
import { fitsArity, HiddenFlag } from "../calls/command.ts";
import { noConnection } from "../calls/no_connection.ts";
import { replayFunction } from "../persistence/log/library_commands.ts";
import type { Args } from "../protocol/args.ts";
import { CommandError } from "../protocol/errors.ts";
import { Reply } from "../protocol/reply.ts";
import { CommandLookup, type DispatchServer } from "./lookup.ts";

/** No client of the server has this number. */
const REPLAY_ID = -1;
const SHOWN_NAME_SIZE = 128;
/** The server that wrote the log took no more writes long before so little was left. */
const SEGMENTS_LEFT_MIN = RESERVED_SEGMENTS >> 2;
const NO_SPACE = "The data take more memory than this server can hold or get";

/** Redis up to 6 writes scripts to its log; later versions and Rusk write what they have done. */
const FOREIGN =
  "A script that cannot be run here; the server that wrote the log puts what it has done in its " +
  "place by BGREWRITEAOF";

/** What it needs of who runs scripts. */
interface ReplayedScripts {
  readonly isReplayed: boolean;
  goOnReplayed(): boolean;
}

export class Replay {
  private readonly scripts: ReplayedScripts;
  private readonly lookup: CommandLookup;
  private readonly call: Call;

  constructor(server: DispatchServer, scripts: ReplayedScripts) {
    this.scripts = scripts;
    this.lookup = new CommandLookup(server.table.commands);
    this.call = new Call(server, new Reply(), true);
    this.call.client = new Client(REPLAY_ID, server.keyspace.databases[0], noConnection(""));
  }

  /** A log begins: its commands are for database 0 until it selects another. */
  begin(): void {
    this.call.client.db = this.call.keyspace.databases[0];
  }

  /**
   * Carries a command out; why there is no such command, or null. That it fails is no matter: it
   * may have failed where it comes from.
   */
  run(args: Args): string | null {
    const { call } = this;
    let command = this.lookup.find(args);
    if (command === null ? args.is(0, "function") : command.name === "function") {
      return this.runFunction(args);
    }
    if (command?.subcommands != null && args.count > 1) {
      command = this.lookup.findSubcommand(command, args);
    }
    if (command === null || command.run === null) {
      return `Unknown command '${args.text(0).slice(0, SHOWN_NAME_SIZE)}'`;
    }
    if (!fitsArity(command, args.count)) return null;
    call.args = args;
    call.command = command;
    call.reply.at = 0;
    try {
      command.run(call);
    } catch (error) {
      if (error === OUT_OF_SPACE) return NO_SPACE;
      if (!(error instanceof CommandError)) throw error;
      // What a script of another language has changed, nobody can tell.
      if ((command.flags & HiddenFlag.script) !== 0) return `${FOREIGN} (${error.message})`;
    }
    return segmentsLeft() <= SEGMENTS_LEFT_MIN ? NO_SPACE : null;
  }

  /** Whether the last command is not over: a script that runs long. */
  get isMidway(): boolean {
    return this.scripts.isReplayed;
  }

  /** Goes on with it, for a while; whether it is not over then. */
  goOn(): boolean {
    return this.scripts.goOnReplayed();
  }

  private runFunction(args: Args): string | null {
    try {
      return replayFunction(args, this.call.keyspace.libraries);
    } catch (error) {
      if (error === OUT_OF_SPACE) return NO_SPACE;
      throw error;
    }
  }
}
