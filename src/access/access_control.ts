/**
 * Users in the running server: who each client is, who logs in, and what becomes of clients when
 * users change. What users may do is in user.ts.
 */
import { latin1 } from "../base/bytes.ts";
import type { Clock } from "../base/clock.ts";
import type { LogLevel } from "../base/log.ts";
import { cString } from "../base/words.ts";
import type { Access } from "../calls/access.ts";
import { AccessLog, type RefusalContext } from "../calls/access_log.ts";
import { type Client, Gate } from "../calls/client.ts";
import type { Clients } from "../calls/clients.ts";
import type { Command } from "../calls/command.ts";
import type { PubSub } from "../calls/pubsub.ts";
import type { Denial, Permissions } from "../calls/users.ts";
import type { Config } from "../config/config.ts";
import type { Args } from "../protocol/args.ts";
import { CommandError } from "../protocol/errors.ts";
import { readUsers, textOfUsers } from "./acl_file.ts";
import { makeConfigUsers } from "./config_users.ts";
import { applyRules, hasSpaces, mergeSelectors } from "./rules.ts";
import type { User } from "./user.ts";
import type { Users } from "./users.ts";

const BAD_NAME = new CommandError("ERR Usernames can't contain spaces or null characters");
const NO_FILE = new CommandError(
  "ERR This Redis instance is not configured to use an ACL file. You may want to specify users " +
    "via the ACL SETUSER command and then issue a CONFIG REWRITE (assuming you have a Redis " +
    "configuration file set) in order to store users in the Redis configuration.",
);
const NOT_SAVED = new CommandError(
  "ERR There was an error trying to save the ACLs. Please check the server logs for more " +
    "information",
);
const TWO_SOURCES =
  "Configuring Redis with users defined in redis.conf and at the same setting an ACL file path " +
  "is invalid. This setup is very likely to lead to configuration errors and security holes, " +
  "please define either an ACL file or declare users directly in your redis.conf, but not both.";

/** Of a hexadecimal digit, and digits of a random word. */
const DIGIT_BITS = 4;
const WORD_DIGITS = 8;
/** Bytes of a key, a channel or a name that ACL LOG keeps. */
const OBJECT_SIZE_MAX = 64 << 10;
const CRITICAL = "Critical error while loading ACLs. Exiting.";

/** What it needs of the server. */
export interface AccessHost {
  readonly users: Users;
  readonly config: Config;
  readonly clients: Pick<Clients, "all">;
  readonly clock: Pick<Clock, "nowMs">;
  readonly pubsub: Pick<PubSub, "topics">;
  /** As `Host.secretWords`. */
  secretWords(count: number): Uint32Array;
  log(level: LogLevel, text: string): void;
  /** The client's line in CLIENT LIST, while it sends a command with these arguments. */
  lineOf(client: Client, args: Args | null): string;
}

export class AccessControl implements Access {
  readonly log: AccessLog;
  private readonly users: Users;
  private readonly host: AccessHost;

  constructor(host: AccessHost) {
    this.host = host;
    this.users = host.users;
    this.log = new AccessLog(host.clock);
    this.users.firstArgumentAllowed = (rule) =>
      host.log(
        "warning",
        "Deprecation warning: Allowing a first arg of an otherwise blocked command is a misuse " +
          `of ACL and may get disabled in the future (offender: ${rule})`,
      );
  }

  /** Whether a new client has to log in. */
  get isLoginRequired(): boolean {
    const { enabled, needsNoPassword } = this.users.default;
    return !(enabled && needsNoPassword);
  }

  /** Whether anybody who reaches the server may be the default user: see protected-mode. */
  get isOpen(): boolean {
    return this.users.default.needsNoPassword;
  }

  /** A client is new, or as new. */
  welcome(client: Client): void {
    client.user = this.users.default;
    client.authenticated = !this.isLoginRequired;
    this.applyTo(client);
  }

  /** requirepass: the one password of the default user; empty for none. */
  setPassword(password: string): void {
    const user = this.users.default;
    user.apply(password === "" ? "nopass" : "resetpass");
    if (password !== "") user.apply(`>${password}`);
    this.applyToAll();
  }

  /** The users of the configuration, at the start: why it cannot start with them, or null. */
  start(): string | null {
    const { config, log } = this.host;
    if (config.users.length > 0 && config.text("aclfile") !== "") return TWO_SOURCES;
    if (!makeConfigUsers(config.users, this.users, log)) return CRITICAL;
    if (config.text("aclfile") !== "") {
      const errors = this.read(null);
      if (errors !== null) return `Aborting Redis startup because of ACL errors: ${errors}`;
    }
    this.applyToAll();
    return null;
  }

  logIn(client: Client, name: string, args: Args, password: number): boolean {
    const user = this.users.get(name);
    if (user?.accepts(args.copy(password))) {
      client.user = user;
      client.authenticated = true;
      this.applyTo(client);
      return true;
    }
    this.log.add({
      reason: "auth",
      context: client.queue === null ? "toplevel" : "multi",
      object: args.text(0),
      user: name.slice(0, OBJECT_SIZE_MAX),
      clientLine: this.host.lineOf(client, args),
    });
    return false;
  }

  noteDenied(
    client: Client,
    { name, deniedAt }: Permissions,
    denied: Denial,
    context: RefusalContext,
    command: Command,
    args: Args,
  ): void {
    // It is part of the line; a script's are not.
    if (context !== "lua") client.lastCommand = command;
    this.log.add({
      reason: denied,
      context,
      object: denied === "command" ? command.name : args.text(deniedAt, OBJECT_SIZE_MAX),
      user: name,
      clientLine: this.host.lineOf(client, context === "lua" ? null : args),
    });
  }

  change(name: string, rules: readonly string[], asker: Client): void {
    if (hasSpaces(name)) throw BAD_NAME;
    const before = this.users.get(name);
    const after = before === undefined ? this.users.newUser(name) : this.users.copyOf(before);
    const merged = mergeSelectors(rules);
    if ("unmatched" in merged) {
      throw new CommandError(
        `ERR Unmatched parenthesis in acl selector starting at '${cString(merged.unmatched)}'.`,
      );
    }
    const refused = applyRules(after, merged);
    if (refused !== null) {
      const { rule, reason } = refused;
      throw new CommandError(`ERR Error in ACL SETUSER modifier '${cString(rule)}': ${reason}`);
    }
    if (before !== undefined) this.closeSubscribers(before, after, asker);
    this.users.put(after);
    this.applyToAll();
  }

  remove(name: string, asker: Client): boolean {
    const user = this.users.get(name);
    if (user === undefined || !this.users.remove(name)) return false;
    this.closeClientsOf(new Set([user]), asker);
    return true;
  }

  load(asker: Client): void {
    if (this.host.config.text("aclfile") === "") throw NO_FILE;
    const errors = this.read(asker);
    if (errors !== null) throw new CommandError(`ERR ${errors}`);
  }

  save(): void {
    const { config, log } = this.host;
    const path = config.text("aclfile");
    if (path === "") throw NO_FILE;
    try {
      config.host.writeFile(path, textOfUsers(this.users));
    } catch (error) {
      log("warning", `Writing ACL file for ACL SAVE: ${(error as Error).message}`);
      throw NOT_SAVED;
    }
  }

  newPassword(bits: number): string {
    const digitCount = Math.ceil(bits / DIGIT_BITS);
    const words = this.host.secretWords(Math.ceil(digitCount / WORD_DIGITS));
    const digits = Array.from(words, (word) => word.toString(16).padStart(WORD_DIGITS, "0"));
    return digits.join("").slice(0, digitCount);
  }

  /** Makes the users those of the file, or tells its errors; the clients of all others go. */
  private read(asker: Client | null): string | null {
    const { config } = this.host;
    const path = config.text("aclfile");
    let text: string;
    try {
      text = config.host.readFile(path);
    } catch (error) {
      return `Error loading ACLs, opening file '${path}': ${(error as Error).message}`;
    }
    const read = readUsers(text, path, this.users);
    if (typeof read === "string") return read;
    const gone = new Set(this.users.sorted());
    gone.delete(this.users.default);
    for (const { name } of gone) this.users.remove(name);
    for (const user of read.values()) this.users.put(user);
    this.closeClientsOf(gone, asker);
    this.applyToAll();
    return null;
  }

  /**
   * Users are gone, and their clients go at the end of the turn, as in Redis: a PUBLISH until then
   * counts them. `asker` goes when it has been replied to.
   */
  private closeClientsOf(users: ReadonlySet<User>, asker: Client | null): void {
    for (const client of [...this.host.clients.all()]) {
      if (!users.has(client.user as User)) continue;
      client.user = this.users.default;
      client.authenticated = false;
      this.applyTo(client);
      if (client === asker) client.connection.closeAfterReplies();
      else client.connection.killAfterTurn();
    }
  }

  /** Closes those clients of a user who have subscribed to what its new rules do not allow. */
  private closeSubscribers(before: User, after: User, asker: Client): void {
    const mayStay = this.users.channelLimits(before, after);
    if (mayStay === null) return;
    const closed = new Set<Client>();
    for (const kind of ["pattern", "channel", "shard"] as const) {
      for (const { name, clients } of this.host.pubsub.topics(kind)) {
        if (mayStay(latin1(name, 0, name.length), kind === "pattern")) continue;
        for (const client of clients) if (client.user === before) closed.add(client);
      }
    }
    for (const { connection } of closed) {
      if (connection === asker.connection) connection.closeAfterReplies();
      else connection.kill();
    }
  }

  /** Sets the client's gates. */
  private applyTo(client: Client): void {
    client.setGate(Gate.auth, !client.authenticated && this.isLoginRequired);
    client.setGate(Gate.access, !client.user.mayDoAll);
  }

  private applyToAll(): void {
    for (const client of this.host.clients.all()) this.applyTo(client);
  }
}
