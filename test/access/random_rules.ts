// Purpose: random rules of users, most of them such as people write, some of them not.

import { Category } from "../../src/calls/command.ts";
import type { Random } from "../fuzz/random.ts";

const WORDS = [
  ...["on", "off", "nopass", "resetpass", "reset", "sanitize-payload", "skip-sanitize-payload"],
  ...["clearselectors"],
];
const SELECTOR_WORDS = [
  ...["allkeys", "~*", "resetkeys", "allchannels", "&*", "resetchannels"],
  ...["allcommands", "+@all", "nocommands", "-@all", "%RW~*", "%R~*", "%W~*"],
];
const PREFIXES = ["~", "~", "~", "%R~", "%W~", "%RW~", "%wr~", "%r~", "%~", "%RWR~", "%x~", "%R"];
const PATTERNS = ["a", "a*", "b", "*b", "ab", "a?", "[ab]", "[^a]*", "\\*", "**", "", "x y", "**a"];
const PASSWORDS = ["p", "q", "", "p q", "\xff", "a".repeat(100)];
/** Of the passwords "p" and "q", and what is none. */
const DIGESTS = [
  "148de9c5a7a44d19e56cd9ae1a554bf67847afb0c58f6e12fa29ac7ddfca9940",
  "8e35c2cd3bf6641bdb0e2050b76932cbb2e6034a0ddacc1d9bea82a6ba57f7cf",
  "148DE9C5A7A44D19E56CD9AE1A554BF67847AFB0C58F6E12FA29AC7DDFCA9940",
  `${"a".repeat(63)}\n`,
  "a".repeat(65),
  "",
];
const MARKS = [
  "\0",
  " ",
  "|",
  "@",
  "+",
  "(",
  ")",
  '"',
  "'",
  "\\",
  "~",
  "%",
  "\xff",
  "\t",
  "a",
  "*",
];

export class RandomRules {
  private readonly random: Random;
  private readonly names: readonly string[];

  /** `names` are those of commands. */
  constructor(random: Random, names: readonly string[]) {
    this.random = random;
    this.names = names;
  }

  /** Words of ACL SETUSER after the user's name. */
  words(): string[] {
    const count = this.random.between(0, 4);
    return Array.from({ length: count }, () => this.word());
  }

  /** Rules that are right, without selectors. */
  rightRules(): string[] {
    const { random } = this;
    const rules: string[] = [];
    if (random.chance(0.4)) rules.push("+@all");
    for (let count = random.between(1, 12); count > 0; count--) {
      rules.push(this.sign() + (random.chance(0.4) ? this.category() : random.pick(this.names)));
    }
    if (random.chance(0.2)) rules.push("+select|1", "+get|a");
    const prefixes = ["~", "%R~", "%W~"];
    for (let count = random.between(0, 4); count > 0; count--) {
      rules.push(random.pick(prefixes) + random.pick(["a*", "b*", "*1", "?", "[a-c]?", "c1"]));
      rules.push(`&${random.pick(["a*", "b?", "c1", "*"])}`);
    }
    if (random.chance(0.2)) rules.push("allkeys");
    if (random.chance(0.2)) rules.push("allchannels");
    return rules;
  }

  private word(): string {
    const { random } = this;
    const word = random.weighted([
      [2, () => random.pick(WORDS)],
      [2, () => random.pick([">", "<"]) + random.pick(PASSWORDS)],
      [1, () => random.pick(["#", "!"]) + random.pick(DIGESTS)],
      [3, () => this.selector()],
      [12, () => this.selectorRule()],
    ])();
    return random.chance(0.05) ? this.mutated(word) : word;
  }

  private selector(): string {
    const { random } = this;
    const rules = Array.from({ length: random.between(0, 4) }, () => this.selectorRule());
    const quoted = rules.map((rule) => (random.chance(0.05) ? JSON.stringify(rule) : rule));
    return `(${quoted.join(" ")}${random.chance(0.05) ? "" : ")"}`;
  }

  private selectorRule(): string {
    const { random } = this;
    return random.weighted([
      [2, () => random.pick(SELECTOR_WORDS)],
      [3, () => random.pick(PREFIXES) + random.pick(PATTERNS)],
      [2, () => `&${random.pick(PATTERNS)}`],
      [4, () => this.sign() + this.category()],
      [5, () => this.sign() + this.cased(random.pick(this.names))],
      [1, () => `${this.sign()}${random.pick(this.names)}|${random.pick(["a", "B", "get", "0"])}`],
    ])();
  }

  private sign = (): string => (this.random.chance(0.6) ? "+" : "-");

  private category(): string {
    const { random } = this;
    return `@${random.chance(0.05) ? "none" : this.cased(random.pick(Object.keys(Category)))}`;
  }

  private cased = (word: string): string => (this.random.chance(0.1) ? word.toUpperCase() : word);

  private mutated(word: string): string {
    const { random } = this;
    const at = random.below(word.length + 1);
    const rest = word.slice(at + (random.chance(0.5) ? 1 : 0));
    return word.slice(0, at) + (random.chance(0.7) ? random.pick(MARKS) : "") + rest;
  }
}
