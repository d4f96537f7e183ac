/**
 * Purpose: tests that read like a session with redis-cli.
 *
 *   await session(server, `
 *     > SET board 1 NX
 *     OK
 *     other> GET board
 *     "1"
 *   `);
 *
 * A line `> words` is sent as typed, quotes and escapes included; the lines after it, up to the
 * next such line, are what redis-cli prints for the reply, exactly. A name before the `>` stands
 * for another connection, opened when it is first used. Indentation common to all lines does not
 * count, nor do blank lines at the start and the end, nor blanks at the end of a line.
 *
 * A reply of `...` says that the command waits: the session goes on when the server has the client
 * blocked (or at once, if it was before). What comes to it in the end stands after a line `name<`.
 */

import { type Client, connect } from "./client.ts";
import { formatReply, typedWords } from "./format.ts";
import type { Address } from "./wire.ts";

/** One exchange of a transcript. */
export interface Exchange {
  /** The connection's name; the plain prompt's is empty. */
  connection: string;
  /** Null when only a reply is waited for. */
  line: string | null;
  expected: string;
}

/** How a session is run. */
export interface SessionOptions {
  /** What every connection starts with. */
  protocol?: 2 | 3;
  /** Puts something fixed in the place of what a shown reply to a line has by chance. */
  mask?: (reply: string, line: string) => string;
}

const PROMPT = /^([a-z][a-z0-9]*)?(?:> (.*)|<)$/;
const WAITS = "...";
const BLOCKING_LIMIT_MS = 60_000;
const POLL_MS = 1;

/**
 * Runs a transcript on fresh connections. Throws, with the whole session and the differing lines
 * marked, when a reply is not what the transcript says.
 */
export async function session(
  server: Address,
  text: string,
  options: SessionOptions = {},
): Promise<void> {
  const exchanges = readTranscript(text);
  const clients = new Map<string, Client>();
  /** How many replies each connection still waits for. */
  const awaited = new Map<Client, number>();
  const got: string[] = [];
  const { mask = (reply: string) => reply } = options;
  try {
    for (const { connection, line, expected } of exchanges) {
      const client = clients.get(connection) ?? (await open(server, options));
      clients.set(connection, client);
      const waiting = awaited.get(client) ?? 0;
      if (line === null) {
        awaited.set(client, waiting - 1);
        got.push(mask(await answer(client, line), ""));
      } else if (expected !== WAITS) {
        got.push(mask(await answer(client, line), line));
      } else {
        awaited.set(client, waiting + 1);
        if (waiting > 0) client.send(...wordsOf(line));
        got.push(waiting > 0 ? WAITS : await waits(server, client, line));
      }
    }
  } finally {
    for (const client of clients.values()) client.close();
  }
  if (exchanges.some(({ expected }, index) => expected !== got[index])) {
    throw new Error(`the session went another way (- expected, + got):\n${diff(exchanges, got)}`);
  }
}

/** Reads a transcript. Throws when text stands before the first command. */
export function readTranscript(text: string): Exchange[] {
  const exchanges: Exchange[] = [];
  for (const line of dedent(text)) {
    const prompt = PROMPT.exec(line);
    const last = exchanges.at(-1);
    if (prompt) {
      exchanges.push({ connection: prompt[1] ?? "", line: prompt[2] ?? null, expected: "" });
    } else if (last === undefined) throw new Error(`no command before: ${line}`);
    else last.expected += last.expected === "" ? line : `\n${line}`;
  }
  return exchanges;
}

async function open(server: Address, options: SessionOptions): Promise<Client> {
  const client = await connect(server);
  if (options.protocol !== undefined) await client.command("HELLO", options.protocol);
  return client;
}

/** Sends the line, if there is one, and returns the next reply. */
async function answer(client: Client, line: string | null): Promise<string> {
  if (line !== null) client.send(...wordsOf(line));
  const reply = await client.reply();
  const pushes = client.pushesSoFar().map((push) => `${formatReply(push)}\n`);
  return (pushes.join("") + formatReply(reply, line ?? undefined)).replace(/[ \r]+$/gm, "");
}

function wordsOf(line: string): Buffer[] {
  const words = typedWords(line);
  if (words === null || words.length === 0) throw new Error(`not a command: ${line}`);
  return words;
}

/** Sends a command that waits; returns `...` when it does, and what went wrong otherwise. */
async function waits(server: Address, client: Client, line: string): Promise<string> {
  const id = formatReply(await client.command("CLIENT", "ID")).replace(/\D/g, "");
  const observer = await connect(server);
  client.send(...wordsOf(line));
  const end = performance.now() + BLOCKING_LIMIT_MS;
  let isBlocked = false;
  while (!isBlocked && performance.now() < end) {
    const list = formatReply(await observer.command("CLIENT", "LIST", "ID", id));
    isBlocked = / flags=[^ ]*b/.test(list);
    if (!isBlocked) await Bun.sleep(POLL_MS);
  }
  observer.close();
  return isBlocked ? WAITS : "(the client is not blocked)";
}

function dedent(text: string): string[] {
  const lines = text.split("\n").map((line) => line.trimEnd());
  while (lines[0] === "") lines.shift();
  while (lines.at(-1) === "") lines.pop();
  const indents = lines.filter((line) => line !== "").map((line) => line.search(/\S/));
  const indent = Math.min(...indents);
  return lines.map((line) => line.slice(indent));
}

function diff(exchanges: readonly Exchange[], got: readonly string[]): string {
  const marked = (mark: string, text: string) =>
    text === "" ? [] : text.split("\n").map((line) => `${mark} ${line}`);
  return exchanges
    .flatMap(({ connection, line, expected }, index) => {
      const same = expected === got[index];
      const reply = same
        ? marked(" ", expected)
        : [...marked("-", expected), ...marked("+", got[index])];
      return [line === null ? `  ${connection}<` : `  ${connection}> ${line}`, ...reply];
    })
    .join("\n");
}
