/**
 * The notation of a command's arguments: one line that reads like a synopsis and still carries all
 * that COMMAND DOCS tells about each argument.
 *
 *   key value condition:[NX | XX]@2.6.12 [GET@6.2.0] [EX seconds | PERSIST] [PREFIX prefix]...
 *
 *   word         an argument of that name; its type is what TYPE_OF_NAME says, else string
 *   word:type    the same with its type; `word:key#2` names the key spec that finds the key
 *   TOKEN        a word without lower-case letters is sent as it stands: a pure token, named as the
 *                token in lower case unless written `name:TOKEN`
 *   TOKEN word   an argument announced by a token; so does `TOKEN {…}` for a group
 *   {a | b}      one of several; {a b}: several that belong together. A group is named after its
 *                members, joined by `_`, unless written `name:{…}`
 *   [a]          optional; [a | b] and [a b] are optional groups
 *   a ...        once or more; after a bracket, [TOKEN a]..., the token is repeated as well
 *   a@1.2.3      accepted since that version; a!1.2.3: deprecated since
 *
 * A bracket round a single argument and without a name is no group of its own.
 */
import { assert } from "../base/assert.ts";

/** The types of Redis's documentation. */
export type ArgumentType =
  | "string"
  | "integer"
  | "double"
  | "key"
  | "pattern"
  | "unix-time"
  | "pure-token"
  | "oneof"
  | "block";

/**
 * One argument as COMMAND DOCS shows it. (A token may be empty: MIGRATE has such a one.)
 */
export interface Argument {
  name: string;
  type: ArgumentType;
  keySpecIndex: number | undefined;
  token: string | undefined;
  since: string | undefined;
  deprecatedSince: string | undefined;
  optional: boolean;
  multiple: boolean;
  multipleToken: boolean;
  members: readonly Argument[];
}

const TYPES: readonly string[] = ["string", "integer", "double", "key", "pattern", "unix-time"];

/** Words that mean the same wherever they stand. */
const TYPE_OF_NAME: Readonly<Record<string, ArgumentType>> = {
  key: "key",
  source: "key",
  destination: "key",
  newkey: "key",
  pattern: "pattern",
  seconds: "integer",
  milliseconds: "integer",
  "unix-time-seconds": "unix-time",
  "unix-time-milliseconds": "unix-time",
  count: "integer",
  cursor: "integer",
  numkeys: "integer",
  offset: "integer",
  "client-id": "integer",
};

const SYMBOL = /\.\.\.|[{}[\]|]|[^\s{}[\]|]+/g;
const MARKS = /^([^#@!]*)(?:#(\d+))?(?:@([\d.]+))?(?:!([\d.]+))?$/;

/**
 * Reads the notation. `keySpecCount` is the number of the command's key specs: the n-th key
 * argument belongs to the n-th of them, or to the last.
 */
export function parseArguments(text: string, keySpecCount: number): Argument[] {
  const parser = new Parser(text, keySpecCount);
  const parsed = parser.sequence();
  assert(parser.atEnd(), `unbalanced brackets in "${text}"`);
  return parsed;
}

class Parser {
  private readonly symbols: readonly string[];
  private readonly text: string;
  private readonly keySpecCount: number;
  private keyCount = 0;
  private index = 0;

  constructor(text: string, keySpecCount: number) {
    this.text = text;
    this.symbols = text.match(SYMBOL) ?? [];
    this.keySpecCount = keySpecCount;
  }

  atEnd(): boolean {
    return this.index === this.symbols.length;
  }

  sequence(): Argument[] {
    const units: Argument[] = [];
    while (!this.atEnd() && !"|}]".includes(this.peek())) units.push(this.unit());
    return units;
  }

  private peek(): string {
    return this.symbols[this.index] ?? "";
  }

  private next(): string {
    assert(!this.atEnd(), `"${this.text}" ends early`);
    return this.symbols[this.index++];
  }

  private unit(): Argument {
    const symbol = this.peek();
    let unit: Argument;
    let bracketed = false;
    if (isToken(symbol) && this.tokenAnnounces()) {
      this.next();
      unit = this.unit();
      unit.token = unquoted(symbol);
      return unit;
    }
    if (opensGroup(symbol)) {
      unit = this.group();
      bracketed = unit.token !== undefined && unit.type !== "pure-token";
    } else {
      unit = this.word();
    }
    if ("@!".includes(this.peek()[0] ?? "-")) applyMarks(unit, this.next());
    if (this.peek() === "...") {
      this.next();
      unit.multiple = true;
      unit.multipleToken = bracketed;
    }
    return unit;
  }

  /** Whether what follows the token at hand is its argument: a plain word or a group in braces. */
  private tokenAnnounces(): boolean {
    const after = this.symbols[this.index + 1] ?? "";
    if (after === "{") return true;
    if (after.endsWith(":")) return this.symbols[this.index + 2] === "{";
    if (!/[a-z]/.test(after)) return false;
    const colon = after.lastIndexOf(":");
    return colon < 0 || !isToken(after.slice(colon + 1));
  }

  private group(): Argument {
    const name = this.peek().endsWith(":") ? this.next().slice(0, -1) : "";
    const open = this.next();
    const choices = [this.sequence()];
    while (this.peek() === "|") {
      this.next();
      choices.push(this.sequence());
    }
    const close = this.next();
    assert(close === (open === "{" ? "}" : "]"), `brackets of "${this.text}" do not match`);
    const unit = grouped(name, choices);
    if (open === "[") unit.optional = true;
    return unit;
  }

  private word(): Argument {
    const [, body, keySpec, since, deprecated] = MARKS.exec(this.next()) ?? [];
    assert(body !== undefined, `a word of "${this.text}" has marks out of order`);
    const colon = body.lastIndexOf(":");
    const suffix = body.slice(colon + 1);
    let unit: Argument;
    if (isToken(suffix)) {
      const token = unquoted(suffix);
      unit = argument(colon < 0 ? token.toLowerCase() : body.slice(0, colon), "pure-token");
      unit.token = token;
    } else if (colon >= 0 && TYPES.includes(suffix)) {
      unit = argument(body.slice(0, colon), suffix as ArgumentType);
    } else {
      unit = argument(body, TYPE_OF_NAME[body] ?? "string");
    }
    unit.since = since;
    unit.deprecatedSince = deprecated;
    if (keySpec !== undefined) unit.keySpecIndex = Number(keySpec);
    else if (unit.type === "key") {
      unit.keySpecIndex = Math.min(this.keyCount, this.keySpecCount - 1);
    }
    if (unit.type === "key") this.keyCount++;
    return unit;
  }
}

function argument(name: string, type: ArgumentType, members: readonly Argument[] = []): Argument {
  return {
    name,
    type,
    keySpecIndex: undefined,
    token: undefined,
    since: undefined,
    deprecatedSince: undefined,
    optional: false,
    multiple: false,
    multipleToken: false,
    members,
  };
}

function grouped(name: string, choices: readonly (readonly Argument[])[]): Argument {
  if (choices.length === 1 && choices[0].length === 1 && name === "") return choices[0][0];
  const members = choices.map((choice) =>
    choice.length === 1 ? choice[0] : argument(joinedName(choice), "block", choice),
  );
  if (choices.length > 1) return argument(name || joinedName(members), "oneof", members);
  return argument(name || joinedName(choices[0]), "block", choices[0]);
}

function joinedName(members: readonly Argument[]): string {
  return members.map((member) => member.name).join("_");
}

function applyMarks(unit: Argument, marks: string): void {
  const [, , , since, deprecated] = MARKS.exec(marks) ?? [];
  if (since !== undefined) unit.since = since;
  if (deprecated !== undefined) unit.deprecatedSince = deprecated;
}

function opensGroup(symbol: string): boolean {
  return symbol === "{" || symbol === "[" || symbol.endsWith(":");
}

function isToken(symbol: string): boolean {
  return symbol !== "" && !"{}[]|".includes(symbol[0]) && !/[a-z]|:$/.test(symbol);
}

function unquoted(symbol: string): string {
  const token = symbol.replace(/[@!].*$/, "");
  return token === '""' ? "" : token;
}

/** The arguments as a help text shows them: `<key> [SAMPLES <count>]`. */
export function synopsis(args: readonly Argument[]): string {
  return args.map(synopsisOf).join(" ");
}

function synopsisOf(arg: Argument): string {
  const { token, members } = arg;
  let text = `<${arg.name}>`;
  if (arg.type === "pure-token") text = token || '""';
  else if (arg.type === "block") text = synopsis(members);
  else if (arg.type === "oneof") text = members.map(requiredSynopsis).join("|");
  const isChoice = arg.type === "oneof";
  if (isChoice && (token !== undefined || !arg.optional || arg.multiple)) text = `(${text})`;
  if (token !== undefined && arg.type !== "pure-token") text = `${token} ${text}`;
  if (arg.multiple) text = arg.optional ? `${text} ...` : `${text} [${text} ...]`;
  return arg.optional ? `[${text}]` : text;
}

/** Inside a choice, that a member may be left out goes without saying. */
function requiredSynopsis(arg: Argument): string {
  return synopsisOf({ ...arg, optional: false });
}
