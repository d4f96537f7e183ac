/**
 * Reading the configuration at the start: files, the standard input and the command line, in
 * this order; what is said last counts. Texts hold bytes, one character each.
 */
import { matchGlob } from "../base/glob.ts";
import { quoted } from "../base/quoted.ts";
import { splitWords } from "../base/words.ts";
import type { Config } from "./config.ts";
import { DIRECTIVES, NAMES, type Name } from "./directives.ts";
import { Refusal } from "./kinds.ts";
import { OF_MODULES, OTHER_VERSIONS, type OtherDirective } from "./other_versions.ts";

/** How deep files may include files: a file that includes itself would never end. */
const MAX_INCLUDES = 32;

/** The line that stops the start. */
interface Place {
  source: string;
  /** From 1. */
  line: number;
  text: string;
}

/** Why the server cannot start with this configuration. */
export class ConfigError extends Error {
  readonly place: Place | null;

  constructor(reason: string, place: Place | null = null) {
    super(reason);
    this.place = place;
  }

  /** What to print; `server` is its name and version. */
  report(server: string): string {
    const banner = `\n*** FATAL CONFIG FILE ERROR (${server}) ***\n`;
    if (this.place === null) return `${banner}${this.message}\n`;
    const { source, line, text } = this.place;
    const where = `Reading the configuration file, at line ${line} of ${source}`;
    return `${banner}${where}\n>>> '${text}'\n${this.message}\n`;
  }
}

/** A file that cannot be read, which is said in one line. */
export class UnreadableFile extends ConfigError {
  override report(): string {
    return `${this.message}\n`;
  }
}

/** Where the configuration comes from. */
export interface CommandLine {
  /** The path of the configuration file as it was given, or null. */
  file: string | null;
  readsStandardInput: boolean;
  /** The options as lines of a configuration file. */
  options: string;
}

/**
 * Takes the arguments after the program's name apart. The first is a file unless it begins with
 * a dash; `-`, first or last, is the standard input; `--name value ...` is a line of a file. A
 * value may begin with `--` where the option before it has none yet; only for `--save` does that
 * mean that its value is empty.
 */
export function parseCommandLine(args: readonly string[]): CommandLine {
  const isFile = args.length > 0 && !args[0].startsWith("-");
  const line: CommandLine = {
    file: isFile ? args[0] : null,
    readsStandardInput: false,
    options: "",
  };
  let lacksValue = false;
  for (let i = isFile ? 1 : 0; i < args.length; i++) {
    const arg = args[i];
    const isLast = i === args.length - 1;
    if (arg === "-" && (i === 0 || isLast)) {
      line.readsStandardInput = true;
    } else if (arg.startsWith("--") && !lacksValue) {
      if (line.options !== "") line.options += "\n";
      line.options += `${arg.slice(2)} `;
      lacksValue = splitWords(arg)?.length === 1;
      if (arg.toLowerCase() === "--save" && (isLast || args[i + 1].startsWith("--"))) {
        line.options += '""';
        lacksValue = false;
      }
    } else {
      line.options += `${quoted(arg)} `;
      lacksValue = false;
    }
  }
  return line;
}

/** Refuses what this server cannot be; throws a ConfigError. */
export function checkMeaning(config: Config): void {
  for (const name of Object.keys(DIRECTIVES) as Name[]) {
    const refusal = config.refusal(name);
    if (refusal === null) continue;
    throw new ConfigError(`'${name} ${config.text(name)}' is refused. ${refusal}`);
  }
}

/** Reads all that the command line names into `config`; throws a ConfigError. */
export function loadConfig(config: Config, line: CommandLine): void {
  if (line.file !== null) loadFile(config, line.file, 0);
  if (line.readsStandardInput) {
    loadText(config, config.host.readStandardInput(), "the standard input", 0);
  }
  loadText(config, line.options, "the command line", 0);
  checkTogether(config);
}

/** What only all lines together can tell. */
function checkTogether(config: Config): void {
  if (config.flag("cluster-enabled") && config.value("replicaof") !== null) {
    throw new ConfigError("replicaof directive not allowed in cluster mode");
  }
}

function loadFile(config: Config, path: string, depth: number): void {
  let text: string;
  try {
    text = config.host.readFile(path);
  } catch (error) {
    const reason = (error as Error).message;
    throw new UnreadableFile(`Fatal error, can't open config file '${path}': ${reason}`);
  }
  loadText(config, text, path, depth);
}

function loadText(config: Config, content: string, source: string, depth: number): void {
  for (const [index, raw] of content.split("\n").entries()) {
    const text = raw.replace(/^[\t\r ]+|[\t\r ]+$/g, "");
    if (text === "" || text.startsWith("#")) continue;
    try {
      obey(config, splitWords(text), depth);
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      throw new ConfigError(error.message, { source, line: index + 1, text });
    }
  }
}

/** Does what the words of a line say; throws a Refusal, or a ConfigError for a file included. */
function obey(config: Config, words: readonly string[] | null, depth: number): void {
  if (words === null) throw new Refusal("Unbalanced quotes in configuration line");
  if (words.length === 0) return;
  const given = words[0].toLowerCase();
  const other = OTHER_VERSIONS.get(given);
  const statement = other !== undefined && "is" in other ? other.is : given;
  const name = NAMES.get(statement);
  if (name === undefined) {
    obeyStatement(config, statement, words.slice(1), depth);
  } else if (!DIRECTIVES[name].manyWords) {
    if (words.length !== 2) throw new Refusal("wrong number of arguments");
    config.assign(name, words.slice(1));
  } else {
    const isOneText = words.length === 2 && words[1] !== "";
    config.assign(name, isOneText ? (splitWords(words[1]) ?? []) : words.slice(1));
  }
}

function obeyStatement(
  config: Config,
  statement: string,
  words: readonly string[],
  depth: number,
): void {
  const count = words.length;
  const other = OTHER_VERSIONS.get(statement);
  if (other !== undefined && count > 0) {
    obeyOther(config, statement, other, words);
  } else if (statement === "include" && count === 1) {
    include(config, words[0], depth + 1);
  } else if (statement === "rename-command" && count === 2) {
    const reason = config.host.renameCommand(words[0], words[1]);
    if (reason !== null) throw new Refusal(reason);
  } else if (statement === "user" && count >= 1) {
    const problem = config.host.userProblem(words, config.users);
    if (problem !== null) throw new Refusal(problem);
    config.users.push(words);
  } else if (statement === "loadmodule" && count >= 1) {
    throw new Refusal(`Can't load module from ${words[0]}: there are no modules`);
  } else if (statement.includes(".") && count === 0) {
    throw new Refusal("Module config specified without value");
  } else if (statement.includes(".")) {
    throw new Refusal("Module configuration without a module: there are no modules");
  } else if (OF_MODULES.test(statement)) {
    throw new Refusal("This directive is a module's: there are no modules");
  } else if (statement === "sentinel") {
    throw new Refusal("sentinel directive while not in sentinel mode");
  } else {
    throw new Refusal("Bad directive or wrong number of arguments");
  }
}

/** A directive of another version, of which there is none here. */
function obeyOther(
  config: Config,
  statement: string,
  other: OtherDirective,
  words: readonly string[],
): void {
  if ("kept" in other) config.ignored.set(statement, other.kept);
  else if ("refused" in other && !other.unless.includes(words[0].toLowerCase())) {
    const [first, ...rest] = other.refused;
    throw new Refusal(`This cannot be had: ${first.toLowerCase()}${rest.join("")}`);
  }
}

function include(config: Config, path: string, depth: number): void {
  if (depth > MAX_INCLUDES) throw new Refusal(`Files include files ${MAX_INCLUDES} deep`);
  const paths = isPattern(path) ? expand(config, path) : [path];
  for (const each of paths) loadFile(config, each, depth);
}

function isPattern(text: string): boolean {
  return /[*?[]/.test(text);
}

/** The paths that exist and match a pattern, in order, part by part. */
function expand(config: Config, pattern: string): string[] {
  let folders = [pattern.startsWith("/") ? "/" : ""];
  const parts = pattern.split("/").filter((part) => part !== "");
  const firstPattern = parts.findIndex(isPattern);
  for (const [index, part] of parts.entries()) {
    const tail = index < parts.length - 1 ? "/" : "";
    folders = folders.flatMap((folder) => {
      if (index < firstPattern) return [folder + part + tail];
      const names = config.host.listFolder(folder === "" ? "." : folder);
      return names.filter((name) => matchesPart(part, name)).map((name) => folder + name + tail);
    });
  }
  return folders.sort();
}

/** As in the shell: a name that begins with a dot is found only by a pattern that does too. */
function matchesPart(part: string, name: string): boolean {
  if (!isPattern(part)) return part === name;
  if (name.startsWith(".") && !part.startsWith(".")) return false;
  return matchGlob(part.replaceAll("[!", "[^"), name, false);
}
