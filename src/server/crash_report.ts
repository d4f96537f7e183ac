/**
 * What is written to the log when the server cannot go on: Redis's kind of report, from which its
 * cause can be found. It shows what was asked for last and by whom, but no secrets.
 */
import { figures as arenaFigures } from "../arena/arena.ts";
import type { Log } from "../base/log.ts";
import { quoted } from "../base/quoted.ts";
import { REDIS_VERSION, RUSK_VERSION } from "../base/version.ts";
import type { CallServer } from "../calls/call.ts";
import type { Client } from "../calls/client.ts";
import { REDACTED, secretIndexes } from "../calls/secrets.ts";
import type { ServerContext } from "../calls/server_context.ts";
import { infoText } from "../commands/server/info_command.ts";
import { DIRECTIVES, type Name } from "../config/directives.ts";
import type { Args } from "../protocol/args.ts";
import type { Engine } from "./engine.ts";

/** Of each argument of the command that ran, and of how many, as much as the log can bear. */
const SHOWN_SIZE = 128;
const SHOWN_COUNT = 128;

/** The server that is reported on. */
export interface CrashingServer
  extends ServerContext,
    Pick<CallServer, "lookUp">,
    Pick<Engine, "running" | "lineOf"> {
  readonly dispatcher: { readonly call: { readonly client: Client; readonly args: Args } };
}

/** Why the server cannot go on: what is told of it in the log, line by line, and where it was. */
export interface Crash {
  readonly lines: readonly string[];
  readonly stack: string;
}

/** What was thrown, and nobody was to catch. */
export function crashBy(error: unknown): Crash {
  const what = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
  return {
    lines: [`Rusk ${RUSK_VERSION} (Redis ${REDIS_VERSION}) crashed by an exception: ${what}`],
    stack: stackOf(error),
  };
}

/** With the stacks of what has caused it. */
function stackOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const own = error.stack ?? String(error);
  return error.cause === undefined ? own : `${own}\nCaused by ${stackOf(error.cause)}`;
}

/** A signal that was sent; `stack` is of whoever sees it, since it does not say where it came. */
export function crashBySignal(number: number): Crash {
  return {
    lines: [`Rusk ${RUSK_VERSION} (Redis ${REDIS_VERSION}) crashed by signal: ${number}`],
    stack: stackHere(),
  };
}

/** What the program itself finds to be beyond remedy. */
export function panic(...lines: string[]): Crash {
  return { lines, stack: stackHere() };
}

const stackHere = () => new Error("called from").stack ?? "";

/** Writes the report, or with `isWhole` false only why. */
export function writeCrashReport(
  server: CrashingServer,
  log: Log,
  crash: Crash,
  isWhole: boolean,
): void {
  if (!isWhole) {
    for (const line of crash.lines) log.add("warning", line);
    log.add("warning", crash.stack);
    return;
  }
  log.raw("\n\n=== RUSK BUG REPORT START: Cut & paste starting from here ===");
  for (const line of crash.lines) log.add("warning", line);
  section(log, "STACK TRACE", () => crash.stack);
  section(log, "INFO OUTPUT", () => infoText(server, new Set(["everything"])));
  section(log, "CLIENT LIST OUTPUT", () => clientList(server));
  section(log, "CURRENT CLIENT INFO", () => currentCall(server));
  section(log, "ARENA OUTPUT", arenaText);
  section(log, "CONFIG OUTPUT", () => changedDirectives(server));
  log.raw(
    "\n=== RUSK BUG REPORT END. Make sure to include from START to END. ===\n\n" +
      "       Please report the crash with all of this.\n\n" +
      "  Suspect RAM error? Use rusk --test-memory to verify it.\n\n" +
      "  Some other issues could be detected by rusk --check-system",
  );
}

/** What is broken may be what a section looks at: the others are written all the same. */
function section(log: Log, title: string, text: () => string): void {
  log.raw(`\n------ ${title} ------`);
  try {
    log.raw(text().replaceAll("\r", "").trimEnd());
  } catch (error) {
    log.raw(`not to be had: ${String(error)}`);
  }
}

function clientList(server: CrashingServer): string {
  return [...server.clients.all()].map((client) => server.lineOf(client)).join("\n");
}

/** Who asked for what; nothing if it came to pass without anybody. */
function currentCall(server: CrashingServer): string {
  const call = server.running === null ? null : server.dispatcher.call;
  if (call === null || call.client !== server.running?.client) return "";
  const { args, client } = call;
  // Of a command that had not begun its name alone tells what is a secret.
  const command = server.lookUp(args);
  const secrets = command === null ? [] : secretIndexes(command, args);
  const areHidden = command === null || server.config.flag("hide-user-data-from-log");
  const lines = [server.lineOf(client), `argc: '${args.count}'`];
  for (let i = 0; i < Math.min(args.count, SHOWN_COUNT); i++) {
    const shown = areHidden && i > 0 ? `${args.size[i]} bytes` : quoted(args.text(i, SHOWN_SIZE));
    lines.push(`argv[${i}]: '${secrets.includes(i) ? REDACTED : shown}'`);
  }
  if (args.count > SHOWN_COUNT) lines.push(`and ${args.count - SHOWN_COUNT} more`);
  return lines.join("\n");
}

function arenaText(): string {
  const figures = Object.entries(arenaFigures());
  return figures.map(([name, value]) => `${name}: ${value}`).join("\n");
}

/** Directives that are not as they come, without secrets. */
function changedDirectives({ config }: CrashingServer): string {
  const names = (Object.keys(DIRECTIVES) as Name[]).filter((name) => {
    const { initial, print, traits } = DIRECTIVES[name];
    return traits.sensitive !== true && config.text(name) !== print(initial);
  });
  return names.map((name) => `${name} ${config.text(name)}`).join("\n");
}
