/**
 * Commands inside another one: those of EXEC, later those of a script, which EXEC may run in turn.
 * Each depth has a Call of its own, made once, so that who runs commands inside finds its own as it
 * was; all that is said of the command that runs is put aside meanwhile, and back afterwards.
 */
import { Call, type CallServer } from "../calls/call.ts";
import type { Client } from "../calls/client.ts";
import type { Command } from "../calls/command.ts";
import type { ChangeFeed } from "../keyspace/change_feed.ts";
import type { Keyspace } from "../keyspace/keyspace.ts";
import type { Reply } from "../protocol/reply.ts";
import type { Accounts } from "./accounts.ts";

/** Commands that run inside another, and what is put aside of that one. */
interface Inner {
  readonly call: Call;
  /** Where that one writes to. */
  outerReply: Reply;
  lastCommand: Command | null;
  accessHidden: boolean;
  isTold: boolean;
}

export class Nesting {
  /** How many commands are at work around the one that runs. */
  depth = 0;
  /**
   * Whether one inside another has written its reply into that one's since this was set to false
   * (EXEC; commands of scripts do not).
   */
  hasReplied = false;
  private readonly server: CallServer;
  private readonly keyspace: Keyspace;
  private readonly feed: ChangeFeed;
  private readonly accounts: Accounts;
  /** By depth. */
  private readonly inners: Inner[] = [];

  constructor(server: CallServer, accounts: Accounts) {
    this.server = server;
    this.keyspace = server.keyspace;
    this.feed = server.feed;
    this.accounts = accounts;
  }

  /**
   * Commands of this client begin inside the one that runs, which writes to `outerReply`, and are
   * to write to `reply`. Whatever comes of them, `leave` has to be called.
   */
  enter(client: Client, outerReply: Reply, reply: Reply): void {
    const inner = this.inners[this.depth] ?? this.addDepth(reply);
    const { keyspace, feed } = this;
    if (inner.call.reply !== reply) inner.call.reply = reply;
    if (inner.outerReply !== outerReply) inner.outerReply = outerReply;
    if (inner.lastCommand !== client.lastCommand) inner.lastCommand = client.lastCommand;
    inner.accessHidden = keyspace.accessHidden;
    inner.isTold = feed.beginInner();
    this.accounts.enter();
    this.depth++;
    if (reply === outerReply) this.hasReplied = true;
  }

  /** The call of the commands inside. */
  get call(): Call {
    return this.inners[this.depth - 1].call;
  }

  /** The command around them. */
  get outerCommand(): Command | null {
    return this.inners[this.depth - 1].lastCommand;
  }

  /** They are over, or one has thrown. Returns where the command around them writes to. */
  leave(client: Client): Reply {
    const { outerReply, lastCommand, accessHidden, isTold } = this.inners[--this.depth];
    const { keyspace, feed } = this;
    client.lastCommand = lastCommand;
    keyspace.accessHidden = accessHidden;
    feed.endInner(isTold);
    this.accounts.leave();
    return outerReply;
  }

  private addDepth(reply: Reply): Inner {
    const call = new Call(this.server, reply, true);
    const inner = {
      call,
      outerReply: reply,
      lastCommand: null,
      accessHidden: false,
      isTold: false,
    };
    this.inners.push(inner);
    return inner;
  }
}
