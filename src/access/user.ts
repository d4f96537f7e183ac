/**
 * A user: whether it may log in, with which passwords, and what it may do. It is changed by rules,
 * one after the other, each a word; Redis's documentation of ACL SETUSER tells them all.
 */
import { fromLatin1, isSecret } from "../base/bytes.ts";
import { cString, splitWords } from "../base/words.ts";
import type { Command } from "../calls/command.ts";
import type { AccessUser, Denial } from "../calls/users.ts";
import type { Args } from "../protocol/args.ts";
import { sha256Hex } from "../runtime/digest.ts";
import type { CallCheck } from "./check.ts";
import { RuleError } from "./rule_errors.ts";
import { Selector, type SelectorContext } from "./selector.ts";

/** What users need of the server. */
export interface UserContext extends SelectorContext {
  readonly check: CallCheck;
}

/** What was said of the payloads of RESTORE; without effect, as they are always checked. */
type Sanitizing = "sanitize-payload" | "skip-sanitize-payload";

const DIGEST = /^[0-9a-f]{64}$/;

export class User implements AccessUser {
  readonly name: string;
  enabled = false;
  /** Any password is right. */
  needsNoPassword = false;
  /** SHA-256, as 64 hexadecimal digits. */
  passwords: string[] = [];
  sanitizing: Sanitizing | null = null;
  /** The first is the user's own, which rules change; each of the others has come as a whole. */
  selectors: Selector[];
  mayDoAll = false;
  private readonly context: UserContext;

  /** A user that may neither log in nor do anything. */
  constructor(name: string, context: UserContext) {
    this.name = name;
    this.context = context;
    this.selectors = [new Selector(context)];
  }

  check(command: Command, args: Args): Denial | null {
    return this.context.check.check(this.selectors, command, args);
  }

  get deniedAt(): number {
    return this.context.check.deniedAt;
  }

  mayReadAllKeys(command: Command, args: Args): boolean {
    return this.context.check.allowsReadingAll(this.selectors, command, args);
  }

  /**
   * Whether it may log in with a password. How long that takes tells nothing of those that are
   * right.
   */
  accepts(password: Uint8Array): boolean {
    if (!this.enabled) return false;
    if (this.needsNoPassword) return true;
    const digest = fromLatin1(sha256Hex(password));
    let isRight = false;
    for (const right of this.passwords) {
      if (isSecret(digest, 0, digest.length, right)) isRight = true;
    }
    return isRight;
  }

  /** Becomes as another user, but for the name. */
  copyFrom(other: User): void {
    this.enabled = other.enabled;
    this.needsNoPassword = other.needsNoPassword;
    this.passwords = [...other.passwords];
    this.sanitizing = other.sanitizing;
    this.selectors = other.selectors.map((selector) => selector.copy());
    this.mayDoAll = other.mayDoAll;
  }

  /**
   * Applies a rule: one word, or a selector in parentheses, which may hold several. On an error
   * nothing has changed.
   */
  apply(rule: string): RuleError | null {
    const error = this.applyRule(rule);
    this.mayDoAll = this.selectors.some((selector) => selector.allowsAll);
    return error;
  }

  /** The words of what was said of the user itself, as ACL GETUSER shows them. */
  get flags(): string[] {
    const flags = [this.enabled ? "on" : "off"];
    if (this.needsNoPassword) flags.push("nopass");
    if (this.sanitizing !== null) flags.push(this.sanitizing);
    return flags;
  }

  /** Rules that make this user of a new one: what follows the name in ACL LIST and in files. */
  describe(): string {
    const [own, ...others] = this.selectors.map((selector) => selector.describe());
    const passwords = this.passwords.map((digest) => `#${digest}`);
    return [...this.flags, ...passwords, own, ...others.map((other) => `(${other})`)].join(" ");
  }

  private applyRule(rule: string): RuleError | null {
    if (rule === "" || this.applyWord(cString(rule).toLowerCase())) return null;
    switch (rule[0]) {
      case ">":
      case "#":
      case "<":
      case "!":
        return this.changePasswords(rule);
      case "(":
        return rule.endsWith(")") ? this.addSelector(rule.slice(1, -1)) : RuleError.syntax;
      default:
        return this.selectors[0].apply(rule);
    }
  }

  /** Rules about the user itself that are one word: false if this is none. */
  private applyWord(word: string): boolean {
    switch (word) {
      case "on":
      case "off":
        this.enabled = word === "on";
        return true;
      case "nopass":
      case "resetpass":
        this.needsNoPassword = word === "nopass";
        this.passwords = [];
        return true;
      case "sanitize-payload":
      case "skip-sanitize-payload":
        this.sanitizing = word;
        return true;
      case "clearselectors":
        this.selectors.length = 1;
        return true;
      case "reset":
        this.reset();
        return true;
      default:
        return false;
    }
  }

  private reset(): void {
    this.enabled = false;
    this.needsNoPassword = false;
    this.passwords = [];
    this.sanitizing = "sanitize-payload";
    this.selectors = [new Selector(this.context)];
  }

  /** ">password" and "#digest" add one, "<password" and "!digest" take one away. */
  private changePasswords(rule: string): RuleError | null {
    const isDigest = rule[0] === "#" || rule[0] === "!";
    const text = rule.slice(1);
    if (isDigest && !DIGEST.test(text)) return RuleError.badHash;
    const digest = isDigest ? text : sha256Hex(fromLatin1(text));
    const index = this.passwords.indexOf(digest);
    if (rule[0] === "<" || rule[0] === "!") {
      if (index < 0) return RuleError.noSuchPassword;
      this.passwords.splice(index, 1);
      return null;
    }
    if (index < 0) this.passwords.push(digest);
    this.needsNoPassword = false;
    return null;
  }

  /** What cannot be split into words (an open quote) makes a selector without rules. */
  private addSelector(rules: string): RuleError | null {
    const selector = new Selector(this.context);
    for (const rule of splitWords(rules) ?? []) {
      const error = selector.apply(rule);
      if (error !== null) return error;
    }
    this.selectors.push(selector);
    return null;
  }
}
