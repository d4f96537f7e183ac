/** `rusk cli`: a client as redis-cli is one. Loaded when it is asked for: no server has it. */
import { REDIS_VERSION, RUSK_VERSION } from "../base/version.ts";
import type { ClientParts } from "./client_parts.ts";
import { MODES } from "./modes.ts";
import { type ClientOptions, OptionError, parseOptions, unquoted } from "./options.ts";
import { talk } from "./repl.ts";
import { SyncRefused } from "./replica.ts";
import { ClientExit, Session } from "./session.ts";

/** Runs the client with the words of its command line; resolves to the exit status. */
export async function talkToServer(args: readonly string[], parts: ClientParts): Promise<number> {
  try {
    return await run(args, parts);
  } catch (error) {
    if (error instanceof ClientExit) return error.code;
    if (error instanceof OptionError || error instanceof SyncRefused) {
      parts.writeError(`${error.message}\n`);
      return 1;
    }
    const { message } = error as Error;
    // Nobody reads any more.
    if (message !== "Broken pipe") parts.writeError(`Error: ${message}\n`);
    return 1;
  }
}

async function run(args: readonly string[], parts: ClientParts): Promise<number> {
  const options = parseOptions(args);
  if (options.mode === "help" || options.mode === "version") {
    const text = options.mode === "help" ? await parts.usage() : versionLine(parts);
    parts.writeStandardOutput(new TextEncoder().encode(text));
    return 0;
  }
  const { terminal } = parts;
  const looksLikeTerminal = terminal.isOutputTerminal() || terminal.environment("FAKETTY") !== null;
  options.format ??= looksLikeTerminal ? "standard" : "raw";
  options.showsPushes ??= looksLikeTerminal;
  takePassword(options, parts);
  const session = new Session(options, parts);
  if (options.mode !== null) {
    return MODES[options.mode](session);
  }
  if (options.words.length === 0) {
    await session.connect();
    return talk(session);
  }
  const words = wordsToSend(options, parts);
  if (words === null) {
    session.print("Invalid quoted string\n");
    return 1;
  }
  return (await session.run(words, options.repeat)) ? 0 : 1;
}

const versionLine = ({ programName }: ClientParts) =>
  programName === "redis-cli"
    ? `redis-cli ${REDIS_VERSION}\n`
    : `${programName} ${RUSK_VERSION} (redis-cli ${REDIS_VERSION})\n`;

/** From the option, the environment or the person. */
function takePassword(options: ClientOptions, parts: ClientParts): void {
  if (options.isPasswordShown && options.warnsOfPassword) {
    parts.writeError(
      "Warning: Using a password with '-a' or '-u' option on the command line interface " +
        "may not be safe.\n",
    );
  }
  if (options.asksPassword) options.password = askPassword(parts);
  else options.password ??= parts.terminal.environment("REDISCLI_AUTH");
}

const ENTER = [10, 13];
const BACKSPACES = [8, 127];
const INTERRUPT = 3;

function askPassword({ terminal, writeError }: ClientParts): string {
  let password = "";
  // Before the question: who types at once must not see it.
  terminal.setRawInput(true);
  try {
    writeError("Please input password: ");
    for (;;) {
      const byte = terminal.readInputByte();
      if (byte < 0 || ENTER.includes(byte)) break;
      if (byte === INTERRUPT) throw new ClientExit(1);
      if (BACKSPACES.includes(byte)) {
        if (password !== "") writeError("\b \b");
        password = password.slice(0, -1);
        continue;
      }
      password += String.fromCharCode(byte);
      if (terminal.isInputTerminal()) writeError("*");
    }
  } finally {
    terminal.setRawInput(false);
    writeError("\n");
  }
  return password;
}

/** The command, with what comes on standard input in its place; null if quotes are wrong. */
function wordsToSend(options: ClientOptions, parts: ClientParts): string[] | null {
  const { inputTag } = options;
  const words = options.isInputQuoted ? unquotedWords(options.words) : [...options.words];
  if (words === null) return null;
  if (options.readsLastArgument) return [...words, parts.readStandardInput()];
  if (inputTag === null) return words;
  const at = words.lastIndexOf(inputTag);
  if (at < 0) throw new OptionError("Using -X option but stdin tag not match.");
  return words.with(at, parts.readStandardInput());
}

function unquotedWords(words: readonly string[]): string[] | null {
  const plain = words.map(unquoted);
  return plain.includes(null) ? null : (plain as string[]);
}
