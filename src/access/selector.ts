/**
 * A selector: one set of permissions, of which a user has one or more. A call is allowed if one
 * selector allows all of it: the command, its keys and its channels.
 */
import { cString } from "../base/words.ts";
import type { SelectorRules } from "../calls/users.ts";
import { CommandSet } from "./command_set.ts";
import { describeCommands } from "./describe_commands.ts";
import type { KnownCommands } from "./known_commands.ts";
import { KeyPattern, KeyUse, Pattern, readUse } from "./patterns.ts";
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
  /** While all keys (channels) are allowed there are no patterns of them. */
  allKeys = false;
  keys: KeyPattern[] = [];
  allChannels: boolean;
  channels: Pattern[] = [];
  private readonly context: SelectorContext;

  /** Allows nothing, but what is allowed by default. */
  constructor(context: SelectorContext) {
    this.context = context;
    this.commands = new CommandSet(context.known);
    this.allChannels = context.allChannelsByDefault;
  }

  copy(): Selector {
    const copy = new Selector(this.context);
    copy.commands.copyFrom(this.commands);
    copy.allKeys = this.allKeys;
    copy.keys = this.keys.map(({ text, use }) => new KeyPattern(text, use));
    copy.allChannels = this.allChannels;
    copy.channels = [...this.channels];
    return copy;
  }

  get allowsAll(): boolean {
    return this.allKeys && this.allChannels && this.commands.isFull;
  }

  /** Whether any key may be read. */
  get allowsReadingAll(): boolean {
    const isForAll = ({ text, use }: KeyPattern) => text === "*" && (use & KeyUse.read) !== 0;
    return this.allKeys || this.keys.some(isForAll);
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
    const channels = this.allChannels ? "" : "resetchannels";
    const parts = [this.describeKeys(), channels, this.describeChannels(), this.describeCommands()];
    return parts.filter((part) => part !== "").join(" ");
  }

  describeCommands(): string {
    return describeCommands(this.context.known, this.commands);
  }

  describeKeys(): string {
    return this.allKeys ? "~*" : this.keys.map((pattern) => pattern.describe()).join(" ");
  }

  describeChannels(): string {
    return this.allChannels ? "&*" : this.channels.map(({ text }) => `&${text}`).join(" ");
  }

  /** Rules that are one word: false if this is none. */
  private applyWord(word: string): boolean {
    switch (word) {
      case "allkeys":
      case "~*":
        this.setAllKeys(true);
        return true;
      case "resetkeys":
        this.setAllKeys(false);
        return true;
      case "allchannels":
      case "&*":
        this.setAllChannels(true);
        return true;
      case "resetchannels":
        this.setAllChannels(false);
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

  private setAllKeys(allowed: boolean): void {
    this.allKeys = allowed;
    this.keys = [];
  }

  private setAllChannels(allowed: boolean): void {
    this.allChannels = allowed;
    this.channels = [];
  }

  private addKeys(rule: string): RuleError | null {
    if (this.allKeys) return RuleError.keysAfterAll;
    const prefix = readUse(rule);
    if (prefix === null) return RuleError.syntax;
    const text = rule.slice(prefix.size);
    if (hasSpaces(text)) return RuleError.syntax;
    const present = this.keys.find((pattern) => pattern.text === text);
    if (present !== undefined) present.use |= prefix.use;
    else this.keys.push(new KeyPattern(text, prefix.use));
    return null;
  }

  private addChannels(rule: string): RuleError | null {
    if (this.allChannels) return RuleError.channelsAfterAll;
    const text = rule.slice(1);
    if (hasSpaces(text)) return RuleError.syntax;
    if (!this.channels.some((pattern) => pattern.text === text)) {
      this.channels.push(new Pattern(text));
    }
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
