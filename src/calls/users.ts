/** The users of the server as commands see them; src/access/ has them. Texts are latin1. */
import type { Args } from "../protocol/args.ts";
import type { Command } from "./command.ts";

/** What a user may not use, when a command is refused. */
export type Denial = "command" | "key" | "channel";

/** What a client's user may do: all that the path of a command asks. */
export interface Permissions {
  /** The user's name. */
  readonly name: string;
  /** Nothing is denied: who asks may do without. Changes with the user's rules. */
  readonly mayDoAll: boolean;
  /**
   * What is against a call of the command, null if nothing is. The number of arguments is one that
   * the command takes. Makes no object.
   */
  check(command: Command, args: Args): Denial | null;
  /** Of the last call that `check` denied: the argument with the key or channel, else 0. */
  readonly deniedAt: number;
  /**
   * Whether the call is allowed, and the user may read whatever key it is: for commands that read
   * keys which their arguments do not name (SORT BY, GET).
   */
  mayReadAllKeys(command: Command, args: Args): boolean;
}

/** One set of a user's permissions; each part in the words of rules, parted by blanks. */
export interface SelectorRules {
  describeCommands(): string;
  describeKeys(): string;
  describeChannels(): string;
}

export interface AccessUser extends Permissions {
  /** It may log in. */
  readonly enabled: boolean;
  /** Any password is right. */
  readonly needsNoPassword: boolean;
  /** SHA-256, as 64 hexadecimal digits. */
  readonly passwords: readonly string[];
  /** "on" or "off", "nopass" and so on, as ACL GETUSER shows them. */
  readonly flags: readonly string[];
  /** The first is the user's own; each of the others came as a whole. */
  readonly selectors: readonly SelectorRules[];
  /**
   * Applies a rule: one word, or a selector in parentheses, which may hold several. Returns what is
   * wrong with it, in Redis's words; nothing has changed then. Null: it is right.
   */
  apply(rule: string): string | null;
  /**
   * Whether it may log in with a password. How long that takes tells nothing of those that are
   * right.
   */
  accepts(password: Uint8Array): boolean;
  /** Rules that make this user of a new one: what follows the name in ACL LIST and in files. */
  describe(): string;
}

/** Whether a subscription, to a channel or a pattern of channels, may stay. */
export type ChannelLimits = (channel: string, isPattern: boolean) => boolean;

export interface AccessUsers {
  /** The user of who has not said otherwise; always this one object. */
  readonly default: AccessUser;
  /** New users and selectors may use all channels (acl-pubsub-default). */
  allChannelsByDefault: boolean;
  get(name: string): AccessUser | undefined;
  /** In the order of their names' bytes. */
  sorted(): AccessUser[];
  /** A user that is not one of the server's yet: without any permission. */
  newUser(name: string): AccessUser;
  /** The default user as it is at first: may log in without a password, and do all. */
  newDefault(): AccessUser;
  /** A copy, for trying rules on. */
  copyOf(user: AccessUser): AccessUser;
  /**
   * Makes the server's user of that name as this one is: the one that is there, which clients
   * keep, is changed; else this one is taken. Returns the server's.
   */
  put(user: AccessUser): AccessUser;
  /** False if there is none of that name. The default user cannot be removed. */
  remove(name: string): boolean;
  /**
   * What subscriptions of a user's clients may stay when it becomes as `after`; null when all may.
   * Channels of all selectors count, whatever else these allow.
   */
  channelLimits(before: AccessUser, after: AccessUser): ChannelLimits | null;
}
