/** The users of the server, by name. There is always one named "default", who clients are first. */
import type { Commands } from "../calls/command.ts";
import type { AccessUsers, ChannelLimits } from "../calls/users.ts";
import { channelLimits } from "./channel_limits.ts";
import { CallCheck } from "./check.ts";
import { KnownCommands } from "./known_commands.ts";
import { User, type UserContext } from "./user.ts";

export const DEFAULT_USER = "default";

export class Users implements AccessUsers, UserContext {
  readonly known: KnownCommands;
  readonly check: CallCheck;
  allChannelsByDefault = false;
  /** Told of a rule that allows a command with one first argument only, which Redis warns of. */
  firstArgumentAllowed: (rule: string) => void = () => {};
  /** The user of who has not said otherwise; always this one object. */
  readonly default: User;
  private readonly byName = new Map<string, User>();

  constructor(commands: Commands) {
    this.known = new KnownCommands(commands);
    this.check = new CallCheck(this.known.all);
    this.default = this.newDefault();
    this.byName.set(DEFAULT_USER, this.default);
  }

  get(name: string): User | undefined {
    return this.byName.get(name);
  }

  /** In the order of their names' bytes. */
  sorted(): User[] {
    return [...this.byName.values()].sort((a, b) => (a.name < b.name ? -1 : 1));
  }

  /** A user that is not one of the server's yet: without any permission. */
  newUser(name: string): User {
    return new User(name, this);
  }

  /** The default user as it is at first: may log in without a password, and do all. */
  newDefault(): User {
    const user = this.newUser(DEFAULT_USER);
    for (const rule of ["+@all", "~*", "&*", "on", "nopass"]) user.apply(rule);
    return user;
  }

  /** A copy, for trying rules on. */
  copyOf(user: User): User {
    const copy = this.newUser(user.name);
    copy.copyFrom(user);
    return copy;
  }

  /**
   * Makes the server's user of that name as this one is: the one that is there, which clients
   * keep, is changed; else this one is taken. Returns the server's.
   */
  put(user: User): User {
    const present = this.byName.get(user.name);
    if (present === undefined) this.byName.set(user.name, user);
    else present.copyFrom(user);
    return present ?? user;
  }

  /** False if there is none of that name. The default user cannot be removed. */
  remove(name: string): boolean {
    return name !== DEFAULT_USER && this.byName.delete(name);
  }

  channelLimits(before: User, after: User): ChannelLimits | null {
    return channelLimits(before, after);
  }
}
