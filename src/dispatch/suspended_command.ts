/**
 * A client's command that goes on in later turns of the event loop: one that runs a script for
 * long, or EXEC with such a one inside. Nothing of it is left on the stack meanwhile:
 *
 *   its arguments    a copy, in a call of its own
 *   its reply        in a writer of its own, from what it had replied until then
 *   its time         accounts.ts, from its beginning to its end
 *   its changes      ChangeFeed.holdUnit
 *   its client       waits as one that is blocked, and sends what it likes: that is for later
 *
 * A client that leaves does not end it: it goes on, and its reply is nobody's.
 */
import { REPLY_PIECE_SIZE } from "../base/limits.ts";
import { Call, type CallServer } from "../calls/call.ts";
import { type BlockedState, Gate } from "../calls/client.ts";
import type { ScriptCaller } from "../calls/scripts.ts";
import { keptArgs } from "../protocol/args.ts";
import { Reply } from "../protocol/reply.ts";
import type { SuspendedTiming } from "./accounts.ts";
import type { Dispatcher } from "./dispatcher.ts";
import { guardReply } from "./reply_guard.ts";

export class SuspendedCommand implements BlockedState {
  readonly unblockable = false;
  readonly call: Call;
  private readonly dispatcher: Dispatcher;
  private timing: SuspendedTiming;

  /** The command of a call is suspended; what it has replied is from `start` on. */
  constructor(server: CallServer, dispatcher: Dispatcher, caller: ScriptCaller, start: number) {
    const { client, command } = caller;
    const reply = new Reply(REPLY_PIECE_SIZE);
    reply.protocol = client.protocol;
    reply.guard = (writer, lacks) => guardReply(client, writer, 0, lacks);
    this.dispatcher = dispatcher;
    this.call = new Call(server, reply);
    this.call.client = client;
    this.call.command = command;
    this.call.args = keptArgs(caller.args);
    this.timing = dispatcher.accounts.suspend();
    caller.reply.moveTo(reply, start);
    client.blocked = this;
    client.connection.suspend();
  }

  get argumentsSize(): number {
    return this.call.args.totalSize;
  }

  get memorySize(): number {
    return this.argumentsSize;
  }

  get reply(): Reply {
    return this.call.reply;
  }

  unblock(): void {}

  cancel(): void {}

  /** Does a part of the command; whether it is over then: else `isSuspended` says so. */
  goOn(body: () => void, isSuspended: () => boolean): boolean {
    const { accounts } = this.dispatcher;
    let isOver = true;
    this.dispatcher.resume(this.timing, this.call.reply, 0, () => {
      body();
      isOver = !isSuspended();
      if (!isOver) this.timing = accounts.suspend();
    });
    return isOver;
  }

  /** What it has looked at until now its reply shows. */
  noteLooks(): void {
    const { client, feed, keyspace } = this.call;
    const { unsynced } = keyspace;
    if (feed.active && unsynced.isAny) client.shows(unsynced.seenMark);
  }

  /** It is over: the client has its reply, and goes on. */
  end(): void {
    const { call } = this;
    const { client, reply } = call;
    this.dispatcher.endResumed(call);
    client.blocked = null;
    if ((client.gates & Gate.reply) !== 0) {
      // Of commands inside EXEC each has been silent or not.
      if (client.isSilent && call.command.name !== "exec") reply.truncate(0);
      client.endSkip();
    }
    reply.putAsideBack();
    client.connection.resumeWithAnswer(0, reply);
    call.server.tracking.commandOver(client);
  }
}
