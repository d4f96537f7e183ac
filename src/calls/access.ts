/** What is done with users: logging in, changing them, keeping them. Texts hold bytes. */
import type { Args } from "../protocol/args.ts";
import type { AccessLog, RefusalContext } from "./access_log.ts";
import type { Client } from "./client.ts";
import type { Command } from "./command.ts";
import type { Denial, Permissions } from "./users.ts";

export interface Access {
  /** What was refused. */
  readonly log: AccessLog;
  /**
   * Logs a client in as that user, with the password in an argument; false, and noted, if that
   * is not to be. `args` are those of the command that it has sent.
   */
  logIn(client: Client, name: string, args: Args, password: number): boolean;
  /** Notes that a user was denied this call of a client's, or of its script's, just now. */
  noteDenied(
    client: Client,
    user: Permissions,
    denied: Denial,
    context: RefusalContext,
    command: Command,
    args: Args,
  ): void;
  /**
   * Changes a user, or makes it, by rules; nothing changes unless all of them can be applied:
   * else a CommandError is thrown. Clients that have subscribed to channels which it may no longer
   * use are closed.
   */
  change(name: string, rules: readonly string[], asker: Client): void;
  /**
   * Removes a user, and closes its clients; false if there is none. The client that asks for it
   * (as for other changes) is closed when it has been replied to.
   */
  remove(name: string, asker: Client): boolean;
  /** Reads the users anew from `aclfile`; throws a CommandError, and all stay as they are. */
  load(asker: Client): void;
  /** Writes them there; throws a CommandError. */
  save(): void;
  /** A password of so many bits that nobody can foresee, in hexadecimal digits. */
  newPassword(bits: number): string;
}
