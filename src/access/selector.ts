/**
 * A selector: one set of permissions, of which a user has one or more. A call is allowed if one
 * selector allows all of it: the command, its keys and its channels.
 */
import { cString } from "../base/words.ts";
import type { SelectorRules } from "../calls/users.ts";
import { CommandSet } from "./command_set.ts";
import { describeCommands } from "./describe_commands.ts";
import type { KnownCommands } from "./known_commands.ts";
import { Patterns, readUse } from "./patterns.ts";
import { RuleError } from "./rule_errors.ts";
import { hasSpaces } from "./rules.ts";

/** What selectors need of the server's users. */
export interface SelectorContext {
  readonly known: KnownCommands;
  /** New selectors allow all channels (acl-pubsub-default). */
  readonly allChannelsByDefault: boolean;
  /** A rule allows a command with one first argument only, which Redis warns of. */
  firstArgumentAllowed(rule: string): void;
}

export class Selector implements SelectorRules {
  readonly commands: CommandSet;
  readonly keys = new Patterns(false);
  readonly channels: Patterns;
  private readonly context: SelectorContext;

  /** Allows nothing, but what is allowed by default. */
  constructor(context: SelectorContext) {
    this.context = context;
    this.commands = new CommandSet(context.known);
    this.channels = new Patterns(context.allChannelsByDefault);
  }

  copy(): Selector {
    const copy = new Selector(this.context);
    copy.commands.copyFrom(this.commands);
    copy.keys.copyFrom(this.keys);
    copy.channels.copyFrom(this.channels);
    return copy;
  }

  get allowsAll(): boolean {
    return this.keys.all && this.channels.all && this.commands.isFull;
  }

  /** Applies a rule about commands, keys or channels; on an error nothing has changed. */
  apply(rule: string): RuleError | null {
    if (this.applyWord(cString(rule).toLowerCase())) return null;
    switch (rule[0]) {
      case "~":
      case "%":
        return this.addKeys(rule);
      case "&":
        return this.addChannels(rule);
      case "+":
        return rule[1] === "@" ? this.setCategory(rule) : this.allow(cString(rule.slice(1)));
      case "-":
        return rule[1] === "@" ? this.setCategory(rule) : this.forbid(cString(rule.slice(1)));
      default:
        return RuleError.syntax;
    }
  }

  /** As in ACL LIST: keys, channels, commands. */
  describe(): string {
    const channels = this.channels.all ? "" : "resetchannels";
    const parts = [this.describeKeys(), channels, this.describeChannels(), this.describeCommands()];
    return parts.filter((part) => part !== "").join(" ");
  }

  describeCommands(): string {
    return describeCommands(this.context.known, this.commands);
  }

  describeKeys(): string {
    return this.keys.all ? "~*" : this.keys.describe();
  }

  describeChannels(): string {
    return this.channels.all ? "&*" : this.channels.describe();
  }

  /** Rules that are one word: false if this is none. */
  private applyWord(word: string): boolean {
    switch (word) {
      case "allkeys":
      case "~*":
        this.keys.setAll(true);
        return true;
      case "resetkeys":
        this.keys.setAll(false);
        return true;
      case "allchannels":
      case "&*":
        this.channels.setAll(true);
        return true;
      case "resetchannels":
        this.channels.setAll(false);
        return true;
      case "allcommands":
      case "+@all":
        this.commands.setAll(true);
        return true;
      case "nocommands":
      case "-@all":
        this.commands.setAll(false);
        return true;
      default:
        return false;
    }
  }

  private addKeys(rule: string): RuleError | null {
    if (this.keys.all) return RuleError.keysAfterAll;
    const prefix = readUse(rule);
    if (prefix === null) return RuleError.syntax;
    const text = rule.slice(prefix.size);
    if (hasSpaces(text)) return RuleError.syntax;
    this.keys.add(text, prefix.use);
    return null;
  }

  private addChannels(rule: string): RuleError | null {
    if (this.channels.all) return RuleError.channelsAfterAll;
    const text = rule.slice(1);
    if (hasSpaces(text)) return RuleError.syntax;
    this.channels.add(text, 0);
    return null;
  }

  private setCategory(rule: string): RuleError | null {
    const category = this.context.known.findCategory(cString(rule.slice(2)));
    if (category === undefined) return RuleError.unknown;
    this.commands.setCategory(category, rule[0] === "+");
    return null;
  }

  private forbid(name: string): RuleError | null {
    const command = this.context.known.find(name);
    if (command === undefined) return RuleError.unknown;
    this.commands.setCommand(command, false);
    return null;
  }

  /** Of a command that has no subcommands, "name|argument" allows it with that first argument. */
  private allow(name: string): RuleError | null {
    const { known } = this.context;
    const bar = name.lastIndexOf("|");
    if (bar >= 0) {
      const first = known.find(name.slice(0, bar));
      if (first === undefined) return RuleError.unknown;
      if (first.container !== null) return RuleError.firstArgument;
      if (bar === name.length - 1) return RuleError.syntax;
      if (first.subcommands === null) {
        this.context.firstArgumentAllowed(`+${name}`);
        this.commands.addFirstArgument(first, name.slice(bar + 1));
        return null;
      }
    }
    const command = known.find(name);
    if (command === undefined) return RuleError.unknown;
    this.commands.setCommand(command, true);
    return null;
  }
}
